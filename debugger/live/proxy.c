/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../stream/cursor.h"
#include "../../stream/stream.h"
#include "proxy.h"
#include "qmp.h"
#include "recorder.h"
#include "sieve.h"

#define MAX_CHANNELS 300	/* multifd has at most 255 */
#define CHUNK (256 * 1024)	/* that is looked at at once */
#define SOCKET_ROOM (1 << 20)
#define STACK_SIZE (256 * 1024)
#define LOOK_MS 200		/* how often a waiting thread looks up */
#define LINGER_MS 1000		/* for further channels after the last has closed */

/* ---- flows ---- */

/*
 * One direction of one channel, in a thread of its own that waits in the kernel:
 * two calls for each piece that goes through, and no channel waits for another.
 */
struct flow {
	struct relay *relay;
	struct channel *channel;
	int in, out;		/* sockets */
	int pipe[2];
	size_t held;		/* bytes in the pipe */
	size_t teed;		/* ... of which so many are recorded already */
	uint64_t came, passed;	/* bytes that came in, went out */
	bool forward;		/* from source to destination */
	bool record;
	pthread_t thread;
	bool started;
};

struct channel {
	int source, destination;
	struct flow there, back;
	unsigned flowing;	/* of the two: with the relay's lock */
	bool refused;		/* the destination has closed its end */
};

struct relay {
	const struct proxy_opts *opts;
	struct proxy *result;
	struct recorder *rec;
	struct channel *channels;
	size_t n, nopen;
	int listener;
	int wake[2];		/* a byte for each channel that has ended */
	pthread_mutex_t lock;	/* result, nopen, flowing, tell() */
	atomic_bool stop;
	atomic_bool holding, let_go;
	int forgiven;		/* interruptions that let a held stream flow on */
	/* the main channel's thread only, until it has ended */
	bool recording;
	struct sieve sieve;	/* holding */
	uint64_t hold_at;
	uint8_t tail[600];
	size_t ntail;
	bool was_held;
};

static void tell(struct relay *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void tell(struct relay *r, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&r->lock);
	if (r->opts->tell)
		r->opts->tell(r->opts->ctx, text);
	pthread_mutex_unlock(&r->lock);
}

static void stop_recording(struct relay *r, const char *why)
{
	if (!r->recording)
		return;
	r->recording = false;
	recorder_lose(r->rec, why);
	tell(r, "recording stopped: %s; the migration goes on",
	     recorder_why(r->rec));
}

/* Double the front of the pipe. */
static void record(struct relay *r, struct flow *f)
{
	while (r->recording && f->held && !f->teed) {
		ssize_t n = recorder_tee(r->rec, f->pipe[0], f->held);

		if (n < 0)
			break;
		f->teed = (size_t)n;
	}
	if (r->recording && recorder_lost(r->rec))
		stop_recording(r, NULL);
}

/* ---- what kind of channel ---- */

enum kind { KIND_OTHER, KIND_MAIN, KIND_TLS };

static enum kind kind_of(struct relay *r, const uint8_t *b, ssize_t n)
{
	enum kind k = KIND_OTHER;

	pthread_mutex_lock(&r->lock);
	if (n >= 4 && be_load(b, 4) == STREAM_MAGIC && !r->result->found_main) {
		r->result->found_main = true;
		k = KIND_MAIN;
	} else if (n >= 3 && b[0] == 0x16 && b[1] == 3 && !r->result->tls) {
		r->result->tls = true;
		k = KIND_TLS;
	}
	pthread_mutex_unlock(&r->lock);
	return k;
}

/* Waits for the first bytes. */
static void recognise(struct relay *r, struct flow *f)
{
	uint8_t b[8];
	unsigned peeks = 0;
	ssize_t n = 0;

	while (!r->stop) {
		n = recv(f->in, b, sizeof(b), MSG_PEEK);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0 || n >= 4 || ++peeks == 100)
			break;
		usleep(500);
	}
	if (n <= 0)
		return;
	switch (kind_of(r, b, n)) {
	case KIND_MAIN:
		f->record = true;
		tell(r, "the main channel is here");
		break;
	case KIND_TLS:
		tell(r, "the migration is encrypted (TLS): it is passed "
		     "through and cannot be read or recorded");
		break;
	case KIND_OTHER:
		break;
	}
}

/* ---- holding ---- */

static int scan_put(void *ctx, const void *p, size_t n)
{
	struct relay *r = ctx;
	const char *want = r->opts->hold_section;
	size_t len = strlen(want), total;
	uint8_t *all;

	/* behind RAM only devices come, so this finds no page's content */
	if (r->sieve.at != SIEVE_PASS || r->hold_at != UINT64_MAX)
		return 0;
	all = malloc(r->ntail + n);
	if (!all)
		return 0;
	memcpy(all, r->tail, r->ntail);
	memcpy(all + r->ntail, p, n);
	total = r->ntail + n;
	for (size_t i = 0; i + 6 + len <= total; i++) {
		if ((all[i] == SECTION_FULL || all[i] == SECTION_START) &&
		    all[i + 5] == len && !memcmp(all + i + 6, want, len)) {
			r->hold_at = r->sieve.taken + i - r->ntail;
			break;
		}
	}
	r->ntail = total < sizeof(r->tail) ? total : sizeof(r->tail);
	memcpy(r->tail, all + total - r->ntail, r->ntail);
	free(all);
	return 0;
}

/* Look into what was spliced: it was peeked at before. */
static void scan(struct relay *r, const void *p, size_t n)
{
	if (sieve_feed(&r->sieve, p, n, NULL) < 0) {
		tell(r, "this stream cannot be followed: it is not held");
		r->was_held = true;
	}
}

static bool wants_scan(const struct relay *r, const struct flow *f)
{
	return r->opts->hold_section && f->record &&
	       r->hold_at == UINT64_MAX && !r->was_held;
}

/* How much may go out now: waits while the stream is held. */
static uint64_t allowance(struct relay *r, const struct flow *f)
{
	struct pollfd p = { .fd = r->opts->hold_fd, .events = POLLIN };
	int64_t until;

	if (!f->record || r->was_held || r->hold_at == UINT64_MAX)
		return UINT64_MAX;
	if (f->passed < r->hold_at)
		return r->hold_at - f->passed;
	r->was_held = true;
	if (f->passed > r->hold_at)
		return UINT64_MAX;
	/* what came before it shall be in the file */
	recorder_submit(r->rec);
	until = now_ms() + r->opts->hold_ms;
	r->result->held = true;
	r->holding = true;
	tell(r, "held at byte 0x%" PRIx64 " (%" PRIu64 ") for at most %g s; "
	     "%s lets it flow on", r->hold_at, r->hold_at,
	     r->opts->hold_ms / 1000.0,
	     r->opts->hold_fd >= 0 ? "Enter (or an interrupt)" :
				     "an interrupt");
	while (!r->stop && !r->let_go && now_ms() < until &&
	       poll(&p, 1, 5) <= 0)
		;
	r->holding = false;
	tell(r, "it flows on");
	return UINT64_MAX;
}

/* ---- moving bytes ---- */

/* 1: bytes are in the pipe, 0: none now, -1: no more, -2: it is broken. */
static int pull(struct relay *r, struct flow *f)
{
	static uint8_t seen[CHUNK];	/* the main channel's */
	bool scans = wants_scan(r, f);
	ssize_t n = RECORDER_PIPE;

	if (scans)
		n = recv(f->in, seen, sizeof(seen), MSG_PEEK);
	if (n > 0)
		n = splice(f->in, NULL, f->pipe[1], NULL, (size_t)n,
			   SPLICE_F_MOVE);
	if (n > 0) {
		f->held = (size_t)n;
		f->came += (uint64_t)n;
		f->teed = 0;
		if (scans)
			scan(r, seen, (size_t)n);
		return 1;
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return -2;
	/* what is little and late shall be in the file, too */
	if (f->record)
		recorder_submit(r->rec);
	return n ? 0 : -1;
}

static int push(struct relay *r, struct flow *f)
{
	uint64_t most, may;
	ssize_t n;
	int code;

	if (f->record)
		record(r, f);
	most = f->record && r->recording ? f->teed : f->held;
	may = allowance(r, f);
	n = splice(f->pipe[0], NULL, f->out, NULL, may < most ? may : most,
		   SPLICE_F_MOVE);
	code = errno;
	/* while the other side is busy with them */
	if (f->record && r->recording)
		recorder_keep(r->rec);
	if (n < 0)
		return code == EAGAIN || code == EINTR ? 0 : -1;
	f->held -= (size_t)n;
	f->teed -= f->teed < (size_t)n ? f->teed : (size_t)n;
	f->passed += (uint64_t)n;
	return 0;
}

/* Until it ends, the connection is broken, or all shall stop. */
static enum proxy_end carry(struct relay *r, struct flow *f)
{
	while (!r->stop) {
		int got = pull(r, f);

		if (got < 0)
			return got == -1 ? PROXY_END_SOURCE : PROXY_END_BROKEN;
		while (f->held && !r->stop) {
			if (push(r, f) < 0)
				return PROXY_END_DESTINATION;
		}
	}
	return PROXY_END_INTERRUPTED;
}

/* ---- channels ---- */

static void close_channel(struct channel *c)
{
	struct flow *flows[] = { &c->there, &c->back };

	close(c->source);
	close(c->destination);
	for (size_t i = 0; i < 2; i++) {
		if (flows[i]->pipe[0] >= 0) {
			close(flows[i]->pipe[0]);
			close(flows[i]->pipe[1]);
		}
	}
}

/* Wakes whoever waits for the channel's sockets.  With the lock held. */
static void break_channel(struct channel *c)
{
	shutdown(c->source, SHUT_RDWR);
	shutdown(c->destination, SHUT_RDWR);
}

static void end_flow(struct relay *r, struct flow *f, enum proxy_end end)
{
	struct channel *c = f->channel;

	pthread_mutex_lock(&r->lock);
	if (f->forward)
		r->result->forward_bytes += f->passed;
	else
		r->result->back_bytes += f->passed;
	if (f->record) {
		r->result->main_bytes = f->came;
		/* the way back is closed at once, and breaks this one */
		if (end == PROXY_END_BROKEN && c->refused)
			end = PROXY_END_DESTINATION;
		r->result->end = r->stop ? PROXY_END_INTERRUPTED : end;
	}
	if (!f->forward && end != PROXY_END_INTERRUPTED)
		c->refused = true;
	if (end == PROXY_END_SOURCE)
		shutdown(f->out, SHUT_WR);
	else
		break_channel(c);
	if (!--c->flowing) {
		close_channel(c);
		r->nopen--;
		(void)!write(r->wake[1], "", 1);
	}
	pthread_mutex_unlock(&r->lock);
}

static void *run_flow(void *arg)
{
	struct flow *f = arg;
	struct relay *r = f->relay;

	if (f->forward)
		recognise(r, f);
	end_flow(r, f, carry(r, f));
	return NULL;
}

/*
 * A local socket takes 200 KiB at once, two of the source's writes: then source,
 * relay and destination take turns, and each turn costs wake-ups.  TCP finds its
 * own size.
 */
static void make_room(int fd)
{
	int domain, size = SOCKET_ROOM;
	socklen_t n = sizeof(domain);

	if (!getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) &&
	    domain == AF_UNIX)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static int open_flow(struct relay *r, struct channel *c, bool forward)
{
	struct timeval t = { .tv_usec = LOOK_MS * 1000 };
	struct flow *f = forward ? &c->there : &c->back;

	*f = (struct flow){
		.relay = r, .channel = c, .forward = forward,
		.in = forward ? c->source : c->destination,
		.out = forward ? c->destination : c->source,
	};
	if (pipe2(f->pipe, O_CLOEXEC) < 0) {
		f->pipe[0] = f->pipe[1] = -1;
		return -1;
	}
	fcntl(f->pipe[0], F_SETPIPE_SZ, RECORDER_PIPE);
	return setsockopt(f->in, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
}

static void join_flows(struct channel *c)
{
	struct flow *const flows[] = { &c->there, &c->back };

	for (int i = 0; i < 2; i++) {
		if (flows[i]->started)
			pthread_join(flows[i]->thread, NULL);
		flows[i]->started = false;
	}
}

/* Two threads for it, which end it.  -1: none of them runs. */
static int start_flows(struct relay *r, struct channel *c)
{
	pthread_attr_t attr;

	if (pthread_attr_init(&attr))
		return -1;
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	c->flowing = 2;
	c->back.started = !pthread_create(&c->back.thread, &attr, run_flow,
					  &c->back);
	c->there.started = c->back.started &&
		!pthread_create(&c->there.thread, &attr, run_flow, &c->there);
	pthread_attr_destroy(&attr);
	if (c->back.started && !c->there.started)
		end_flow(r, &c->there, PROXY_END_BROKEN);
	return c->back.started ? 0 : -1;
}

/* The place of a channel that has ended, or a new one. */
static struct channel *take_place(struct relay *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct channel *c = &r->channels[i];
		bool ended;

		pthread_mutex_lock(&r->lock);
		ended = !c->flowing;
		pthread_mutex_unlock(&r->lock);
		if (!ended)
			continue;
		join_flows(c);
		return c;
	}
	return &r->channels[r->n];
}

static void open_channel(struct relay *r)
{
	struct channel *c = take_place(r);
	bool fresh = c == &r->channels[r->n];
	struct err err;
	int fd = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	recorder_begin(r->rec);
	memset(c, 0, sizeof(*c));
	c->source = fd;
	c->destination = !fresh || r->n < MAX_CHANNELS ?
		socket_connect(r->opts->forward, &err) :
		err_set(&err, ERR_LIMIT, ERR_NO_OFFSET, "too many channels");
	if (c->destination < 0) {
		tell(r, "the destination takes no connection: %s", err.msg);
		close(fd);
		return;
	}
	make_room(c->destination);
	pthread_mutex_lock(&r->lock);
	r->nopen++;
	r->result->channels++;
	pthread_mutex_unlock(&r->lock);
	c->there.pipe[0] = c->back.pipe[0] = -1;
	if (open_flow(r, c, true) < 0 || open_flow(r, c, false) < 0 ||
	    start_flows(r, c) < 0) {
		tell(r, "this channel cannot be carried: %s", strerror(errno));
		close_channel(c);
		pthread_mutex_lock(&r->lock);
		r->nopen--;
		c->flowing = 0;
		pthread_mutex_unlock(&r->lock);
		return;
	}
	if (fresh)
		r->n++;
}

static void wait_all(struct relay *r)
{
	struct pollfd p[] = {
		{ .fd = r->listener, .events = POLLIN },
		{ .fd = r->wake[0], .events = POLLIN },
	};
	char bytes[64];

	if (poll(p, 2, LOOK_MS) <= 0)
		return;
	if (p[1].revents & POLLIN)
		(void)!read(r->wake[0], bytes, sizeof(bytes));
	if (p[0].revents & POLLIN)
		open_channel(r);
}

/* Is there a channel?  Is it known what the migration is? */
static size_t channels_open(struct relay *r, bool *known)
{
	size_t n;

	pthread_mutex_lock(&r->lock);
	n = r->nopen;
	*known = r->result->main_bytes || r->result->tls;
	pthread_mutex_unlock(&r->lock);
	return n;
}

/* An interruption while the stream is held lets it flow on; the next one ends it. */
static bool interrupted(struct relay *r)
{
	int n = r->opts->interrupted ? *r->opts->interrupted : 0;

	if (n == r->forgiven)
		return false;
	if (r->holding && !r->let_go) {
		r->forgiven = n;
		r->let_go = true;
		return false;
	}
	return true;
}

static void loop(struct relay *r)
{
	int64_t began = now_ms(), start = 0, idle = 0;
	bool known;

	while (!interrupted(r)) {
		wait_all(r);
		if (r->n && !start)
			start = now_ms();
		if (channels_open(r, &known)) {
			idle = 0;
		} else if (r->n) {
			if (!idle)
				idle = now_ms();
			if (known || now_ms() - idle > LINGER_MS)
				break;
		} else if (r->opts->wait_ms &&
			   now_ms() - began > r->opts->wait_ms) {
			break;
		}
	}
	r->result->seconds = start ? (double)(now_ms() - start) / 1000 : 0;
}

/* Whatever still flows is cut. */
static void end_all(struct relay *r)
{
	r->stop = true;
	for (size_t i = 0; i < r->n; i++) {
		struct channel *c = &r->channels[i];

		pthread_mutex_lock(&r->lock);
		if (c->flowing)
			break_channel(c);
		pthread_mutex_unlock(&r->lock);
		join_flows(c);
	}
}

/* Six descriptors a channel: as many as may be had. */
static void raise_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

int proxy_run(struct proxy *ret, const struct proxy_opts *opts, struct err *err)
{
	struct relay r = {
		.opts = opts, .result = ret, .hold_at = opts->hold_at,
		.wake = { -1, -1 }, .listener = -1,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
	int status = -1;

	memset(ret, 0, sizeof(*ret));
	r.channels = calloc(MAX_CHANNELS + 1, sizeof(*r.channels));
	sieve_init(&r.sieve);
	r.sieve.put = scan_put;
	r.sieve.ctx = &r;
	if (!r.channels || pipe2(r.wake, O_CLOEXEC | O_NONBLOCK) < 0)
		err_set(err, ERR_IO, ERR_NO_OFFSET, "cannot begin: %s",
			strerror(errno));
	else if (!recorder_open(&r.rec, opts->out, opts->buffer, err))
		r.listener = socket_listen(opts->listen, err);
	if (r.listener >= 0) {
		raise_files();
		if (opts->out >= 0)	/* a device, a pipe: not at all */
			(void)!ftruncate(opts->out, 0);
		tell(&r, "listening at %s", opts->listen);
		fcntl(r.listener, F_SETFL, O_NONBLOCK);
		r.recording = opts->out >= 0;
		loop(&r);
		status = 0;
	}
	end_all(&r);
	for (int i = 0; i < 2; i++) {
		if (r.wake[i] >= 0)
			close(r.wake[i]);
	}
	if (r.listener >= 0) {
		close(r.listener);
		socket_unlink(opts->listen);
	}
	if (r.rec) {
		ret->recorded = recorder_finish(r.rec, opts->interrupted);
		ret->complete = ret->found_main && !recorder_lost(r.rec) &&
				ret->recorded == ret->main_bytes &&
				ret->end == PROXY_END_SOURCE;
		snprintf(ret->lost, sizeof(ret->lost), "%s",
			 recorder_why(r.rec));
	}
	recorder_close(r.rec);
	sieve_release(&r.sieve);
	free(r.channels);
	return status;
}
