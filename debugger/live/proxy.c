/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../stream/cursor.h"
#include "../../stream/stream.h"
#include "proxy.h"
#include "qmp.h"
#include "sieve.h"

#define MAX_CHANNELS 300	/* multifd has at most 255 */
#define PIPE_SIZE (1 << 20)
#define CHUNK (256 * 1024)
#define BUFFER_DEFAULT (UINT64_C(256) << 20)
#define TEE_PATIENCE_MS 20
#define LINGER_MS 1000		/* for further channels after the last has closed */

/* ---- the recorder: pipe -> memory -> file ---- */

struct chunk {
	struct chunk *next;
	size_t len;
	uint8_t data[];
};

struct recorder {
	int pipe[2];
	int out;
	uint64_t max;
	pthread_t reader, writer;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct chunk *first, **last;
	struct chunk *spare;	/* fresh memory costs more than the copying */
	uint64_t queued, written;
	bool end;		/* nothing more will be queued */
	bool lost;		/* set once; the rest is thrown away */
	char why[160];
};

static bool is_lost(struct recorder *r)
{
	bool lost;

	pthread_mutex_lock(&r->lock);
	lost = r->lost;
	pthread_mutex_unlock(&r->lock);
	return lost;
}

static void lose(struct recorder *r, const char *why)
{
	pthread_mutex_lock(&r->lock);
	if (!r->lost && why)
		snprintf(r->why, sizeof(r->why), "%s", why);
	r->lost = true;
	pthread_mutex_unlock(&r->lock);
}

/* False: there is no room for it. */
static bool queue(struct recorder *r, struct chunk *c)
{
	bool fits;

	pthread_mutex_lock(&r->lock);
	fits = r->queued + c->len <= r->max && !r->lost;
	if (fits) {
		c->next = NULL;
		*r->last = c;
		r->last = &c->next;
		r->queued += c->len;
		pthread_cond_signal(&r->more);
	}
	pthread_mutex_unlock(&r->lock);
	return fits;
}

static struct chunk *take_chunk(struct recorder *r)
{
	struct chunk *c;

	pthread_mutex_lock(&r->lock);
	c = r->spare;
	if (c)
		r->spare = c->next;
	pthread_mutex_unlock(&r->lock);
	return c ? c : malloc(sizeof(*c) + CHUNK);
}

static void spare_chunk(struct recorder *r, struct chunk *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&r->lock);
	c->next = r->spare;
	r->spare = c;
	pthread_mutex_unlock(&r->lock);
}

static void free_chunks(struct chunk *c)
{
	while (c) {
		struct chunk *next = c->next;

		free(c);
		c = next;
	}
}

/* Never waits for the file, so that the pipe is always empty soon. */
static void *read_pipe(void *arg)
{
	struct recorder *r = arg;

	for (;;) {
		struct chunk *c = take_chunk(r);
		static uint8_t nowhere[4096];
		ssize_t n = c ? read(r->pipe[0], c->data, CHUNK) :
				read(r->pipe[0], nowhere, sizeof(nowhere));

		if (n <= 0) {
			spare_chunk(r, c);
			if (n < 0 && errno == EINTR)
				continue;
			break;
		}
		if (c)
			c->len = (size_t)n;
		if (!c || !queue(r, c)) {
			lose(r, "the file takes the bytes more slowly than "
			     "they come");
			spare_chunk(r, c);
		}
	}
	pthread_mutex_lock(&r->lock);
	r->end = true;
	pthread_cond_signal(&r->more);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

static struct chunk *dequeue(struct recorder *r)
{
	struct chunk *c;

	pthread_mutex_lock(&r->lock);
	while (!r->first && !r->end)
		pthread_cond_wait(&r->more, &r->lock);
	c = r->first;
	if (c) {
		r->first = c->next;
		if (!r->first)
			r->last = &r->first;
	}
	pthread_mutex_unlock(&r->lock);
	return c;
}

static void write_chunk(struct recorder *r, const struct chunk *c)
{
	char why[160];
	size_t done = 0;

	while (done < c->len) {
		ssize_t n = write(r->out, c->data + done, c->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			snprintf(why, sizeof(why), "cannot write: %s",
				 strerror(n ? errno : ENOSPC));
			lose(r, why);
			r->out = -1;
			return;
		}
		done += (size_t)n;
		r->written += (uint64_t)n;
	}
}

static void *write_file(void *arg)
{
	struct recorder *r = arg;
	struct chunk *c;

	while ((c = dequeue(r))) {
		if (r->out >= 0)
			write_chunk(r, c);
		pthread_mutex_lock(&r->lock);
		r->queued -= c->len;
		pthread_mutex_unlock(&r->lock);
		spare_chunk(r, c);
	}
	return NULL;
}

static int recorder_start(struct recorder *r, int out, uint64_t max,
			  struct err *err)
{
	*r = (struct recorder){
		.pipe = { -1, -1 }, .out = out, .last = &r->first,
		.max = max ? max : BUFFER_DEFAULT,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.more = PTHREAD_COND_INITIALIZER,
	};
	if (out < 0)
		return 0;
	if (pipe2(r->pipe, O_CLOEXEC) < 0)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "pipe: %s",
			       strerror(errno));
	fcntl(r->pipe[1], F_SETFL, O_NONBLOCK);
	fcntl(r->pipe[1], F_SETPIPE_SZ, PIPE_SIZE);
	if (pthread_create(&r->reader, NULL, read_pipe, r) ||
	    pthread_create(&r->writer, NULL, write_file, r))
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "no more threads");
	r->started = true;
	return 0;
}

/* The migration is over: now there is time to wait for the file. */
static void recorder_stop(struct recorder *r)
{
	if (r->pipe[1] >= 0)
		close(r->pipe[1]);
	if (r->started) {
		pthread_join(r->reader, NULL);
		pthread_join(r->writer, NULL);
	}
	if (r->pipe[0] >= 0)
		close(r->pipe[0]);
	free_chunks(r->spare);
	free_chunks(r->first);
}

/* ---- flows ---- */

struct flow {
	int in, out;		/* sockets */
	int pipe[2];
	size_t held;		/* bytes in the pipe */
	size_t teed;		/* ... of which so many are recorded already */
	uint64_t passed;	/* bytes that went out */
	bool eof, done;
	bool record;
	bool known;		/* looked at what kind of channel it is */
	unsigned peeks;
	uint64_t *total;
};

struct channel {
	int source, destination;
	struct flow there, back;
	bool open;
};

struct relay {
	const struct proxy_opts *opts;
	struct proxy *result;
	struct recorder rec;
	struct channel *channels;
	size_t n, nopen;
	int listener;
	bool recording;
	/* holding */
	struct sieve sieve;
	uint64_t hold_at;
	uint8_t tail[600];
	size_t ntail;
	int64_t held_until;	/* 0: not holding */
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
	if (r->opts->tell)
		r->opts->tell(r->opts->ctx, text);
}

static void stop_recording(struct relay *r, const char *why)
{
	if (!r->recording)
		return;
	r->recording = false;
	lose(&r->rec, why);
	tell(r, "recording stopped: %s; the migration goes on", r->rec.why);
}

/* Double the front of the pipe. */
static void record(struct relay *r, struct flow *f)
{
	int64_t until = 0;

	while (r->recording && f->record && f->held && !f->teed) {
		struct pollfd p = { .fd = r->rec.pipe[1], .events = POLLOUT };
		ssize_t n = tee(f->pipe[0], r->rec.pipe[1], f->held,
				SPLICE_F_NONBLOCK);

		if (n > 0) {
			f->teed = (size_t)n;
		} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
			stop_recording(r, strerror(errno));
		} else {	/* only ever as long as copying memory takes */
			if (!until)
				until = now_ms() + TEE_PATIENCE_MS;
			poll(&p, 1, 1);
			if (now_ms() > until)
				stop_recording(r, "this machine is too busy "
					       "to copy the bytes");
		}
		if (is_lost(&r->rec))
			stop_recording(r, NULL);
	}
}

/* ---- what kind of channel ---- */

static void recognise(struct relay *r, struct flow *f)
{
	uint8_t b[8];
	ssize_t n = recv(f->in, b, sizeof(b), MSG_PEEK | MSG_DONTWAIT);

	if (n <= 0)
		return;
	if (n < 4 && ++f->peeks < 100) {
		usleep(500);
		return;
	}
	f->known = true;
	if (n >= 4 && be_load(b, 4) == STREAM_MAGIC && !r->result->found_main) {
		r->result->found_main = true;
		f->record = true;
		tell(r, "the main channel is here");
	} else if (n >= 3 && b[0] == 0x16 && b[1] == 3 && !r->result->tls) {
		r->result->tls = true;
		tell(r, "the migration is encrypted (TLS): it is passed "
		     "through and cannot be read or recorded");
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

/* How much may go out now: 0 while the stream is held. */
static uint64_t allowance(struct relay *r, struct flow *f)
{
	struct pollfd p = { .fd = r->opts->hold_fd, .events = POLLIN };

	if (!f->record || r->was_held || r->hold_at == UINT64_MAX)
		return UINT64_MAX;
	if (f->passed < r->hold_at)
		return r->hold_at - f->passed;
	if (f->passed > r->hold_at) {
		r->was_held = true;
		return UINT64_MAX;
	}
	if (!r->held_until) {
		r->held_until = now_ms() + r->opts->hold_ms;
		tell(r, "held at byte 0x%" PRIx64 " (%" PRIu64 ") for at most "
		     "%d s; Enter lets it flow on", r->hold_at, r->hold_at,
		     r->opts->hold_ms / 1000);
	}
	if (now_ms() < r->held_until &&
	    (p.fd < 0 || poll(&p, 1, 0) <= 0))
		return 0;
	r->was_held = true;
	tell(r, "it flows on");
	return UINT64_MAX;
}

/* ---- moving bytes ---- */

static void finish_flow(struct flow *f)
{
	f->done = true;
	shutdown(f->out, SHUT_WR);
}

/* 1: something moved, 0: nothing to do now, -1: the connection is broken. */
static int pull(struct relay *r, struct flow *f)
{
	static uint8_t seen[CHUNK];
	size_t want = PIPE_SIZE;
	bool scans;
	ssize_t n;

	if (f->eof || f->held)
		return 0;
	if (!f->known && f->total == &r->result->forward_bytes)
		recognise(r, f);
	if (!f->known && f->total == &r->result->forward_bytes) {
		uint8_t b;

		n = recv(f->in, &b, 1, MSG_PEEK | MSG_DONTWAIT);
		if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
			return 0;
	}
	scans = wants_scan(r, f);
	if (scans) {
		n = recv(f->in, seen, sizeof(seen), MSG_PEEK | MSG_DONTWAIT);
		if (n > 0)
			want = (size_t)n;
	}
	n = splice(f->in, NULL, f->pipe[1], NULL, want,
		   SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
	if (n > 0) {
		f->held = (size_t)n;
		f->teed = 0;
		if (scans)
			scan(r, seen, (size_t)n);
		return 1;
	}
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	f->eof = true;
	return 1;
}

static int push(struct relay *r, struct flow *f)
{
	uint64_t most;
	ssize_t n;

	if (!f->held)
		return 0;
	if (f->record)
		record(r, f);
	most = r->recording && f->record ? f->teed : f->held;
	if (allowance(r, f) < most)
		most = allowance(r, f);
	if (!most)
		return 0;
	n = splice(f->pipe[0], NULL, f->out, NULL, most,
		   SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	f->held -= (size_t)n;
	f->teed -= f->teed < (size_t)n ? f->teed : (size_t)n;
	f->passed += (uint64_t)n;
	*f->total += (uint64_t)n;
	if (f->record)
		r->result->main_bytes = f->passed;
	return n > 0;
}

static int move(struct relay *r, struct flow *f)
{
	for (int i = 0; i < 32 && !f->done; i++) {
		int a = push(r, f), b;

		if (a < 0)
			return -1;
		b = pull(r, f);
		if (b < 0)
			return -1;
		if (f->eof && !f->held)
			finish_flow(f);
		if (!a && !b)
			break;
	}
	return 0;
}

/* ---- channels ---- */

static int open_flow(struct flow *f, int in, int out, uint64_t *total)
{
	*f = (struct flow){ .in = in, .out = out, .total = total };
	if (pipe2(f->pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	fcntl(f->pipe[0], F_SETPIPE_SZ, PIPE_SIZE);
	return 0;
}

static void close_flow(struct flow *f)
{
	if (f->pipe[1] > 0) {
		close(f->pipe[0]);
		close(f->pipe[1]);
	}
}

static void close_channel(struct relay *r, struct channel *c)
{
	if (!c->open)
		return;
	close(c->source);
	close(c->destination);
	close_flow(&c->there);
	close_flow(&c->back);
	c->open = false;
	r->nopen--;
}

static void open_channel(struct relay *r)
{
	struct channel *c = &r->channels[r->n];
	struct err err;
	int fd = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	memset(c, 0, sizeof(*c));
	c->source = fd;
	c->destination = r->n < MAX_CHANNELS ?
		socket_connect(r->opts->forward, &err) :
		err_set(&err, ERR_LIMIT, ERR_NO_OFFSET, "too many channels");
	if (c->destination < 0) {
		tell(r, "the destination takes no connection: %s", err.msg);
		close(fd);
		return;
	}
	fcntl(c->destination, F_SETFL, O_NONBLOCK);
	c->open = true;
	r->n++;
	r->nopen++;
	r->result->channels++;
	if (open_flow(&c->there, fd, c->destination,
		      &r->result->forward_bytes) < 0 ||
	    open_flow(&c->back, c->destination, fd,
		      &r->result->back_bytes) < 0) {
		tell(r, "pipe: %s", strerror(errno));
		close_channel(r, c);
	}
}

static short events_of(const struct flow *f, bool in)
{
	if (f->done)
		return 0;
	if (in)
		return !f->held && !f->eof ? POLLIN : 0;
	return f->held ? POLLOUT : 0;
}

static void serve(struct relay *r, struct channel *c)
{
	if (move(r, &c->there) < 0 || move(r, &c->back) < 0 ||
	    (c->there.done && c->back.done))
		close_channel(r, c);
}

static void wait_all(struct relay *r, struct pollfd *p, int ms)
{
	bool holding = r->held_until && !r->was_held;
	nfds_t n = 0;

	p[n++] = (struct pollfd){ .fd = r->listener, .events = POLLIN };
	for (size_t i = 0; i < r->n; i++) {
		const struct channel *c = &r->channels[i];
		short s, d;

		if (!c->open)
			continue;
		s = events_of(&c->there, true) | events_of(&c->back, false);
		d = events_of(&c->back, true) | events_of(&c->there, false);
		/* a held stream's socket is writable all the time */
		if (holding && c->there.record)
			d &= (short)~POLLOUT;
		p[n++] = (struct pollfd){ .fd = s ? c->source : -1,
					  .events = s };
		p[n++] = (struct pollfd){ .fd = d ? c->destination : -1,
					  .events = d };
	}
	poll(p, n, holding ? 5 : ms);
	if (p[0].revents & POLLIN)
		open_channel(r);
}

static void loop(struct relay *r)
{
	struct pollfd *p = calloc(2 * MAX_CHANNELS + 3, sizeof(*p));
	int64_t began = now_ms(), start = 0, idle = 0;

	while (p && !(r->opts->interrupted && *r->opts->interrupted)) {
		wait_all(r, p, 200);
		for (size_t i = 0; i < r->n; i++) {
			if (r->channels[i].open)
				serve(r, &r->channels[i]);
		}
		if (r->n && !start)
			start = now_ms();
		if (r->nopen) {
			idle = 0;
		} else if (r->n) {
			if (!idle)
				idle = now_ms();
			if (r->result->main_bytes || r->result->tls ||
			    now_ms() - idle > LINGER_MS)
				break;
		} else if (r->opts->wait_ms &&
			   now_ms() - began > r->opts->wait_ms) {
			break;
		}
	}
	r->result->seconds = start ? (double)(now_ms() - start) / 1000 : 0;
	free(p);
}

int proxy_run(struct proxy *ret, const struct proxy_opts *opts, struct err *err)
{
	struct relay r = {
		.opts = opts, .result = ret, .hold_at = opts->hold_at,
	};
	int status = -1;

	memset(ret, 0, sizeof(*ret));
	r.channels = calloc(MAX_CHANNELS + 1, sizeof(*r.channels));
	sieve_init(&r.sieve);
	r.sieve.put = scan_put;
	r.sieve.ctx = &r;
	r.listener = socket_listen(opts->listen, err);
	if (r.listener >= 0 && r.channels &&
	    !recorder_start(&r.rec, opts->out, opts->buffer, err)) {
		fcntl(r.listener, F_SETFL, O_NONBLOCK);
		r.recording = opts->out >= 0;
		loop(&r);
		status = 0;
	}
	for (size_t i = 0; i < r.n; i++)
		close_channel(&r, &r.channels[i]);
	if (r.listener >= 0) {
		close(r.listener);
		if (!strncmp(opts->listen, "unix:", 5))
			unlink(opts->listen + 5);
		recorder_stop(&r.rec);
	}
	ret->recorded = r.rec.written;
	ret->complete = ret->found_main && ret->recorded == ret->main_bytes &&
			!r.rec.lost;
	snprintf(ret->lost, sizeof(ret->lost), "%s", r.rec.why);
	sieve_release(&r.sieve);
	free(r.channels);
	return status;
}
