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
#define CHUNK (256 * 1024)	/* that is looked at at once */
#define NBUCKETS 32
#define SOCKET_ROOM (1 << 20)
#define BUFFER_DEFAULT (UINT64_C(256) << 20)
#define LINGER_MS 1000		/* for further channels after the last has closed */

/* ---- the recorder: buckets -> file, or memory where the file is slow ---- */

/*
 * So many bytes of the stream, in order: by reference in a pipe, or copied into
 * memory where the file is slow and the pipes run out.  A pipe belongs to one
 * thread at a time, for splice() keeps it locked as long as the file takes.
 */
struct bucket {
	struct bucket *next;
	int pipe[2];
	uint8_t *data;		/* instead of what is in the pipe */
	size_t len;
	bool busy;		/* with the writer */
};

struct recorder {
	int out;
	uint64_t max;
	size_t most;		/* bytes of one bucket */
	pthread_t writer;
	bool has_writer;
	pthread_mutex_t lock;
	pthread_cond_t change;
	struct bucket *first, **last;	/* to be written */
	struct bucket *empty;	/* with pipes, nothing in them */
	struct bucket *filling;	/* the relay's own */
	struct spare *spare;	/* fresh memory costs more than the copying */
	uint64_t queued, written;
	bool end;		/* nothing more will be queued */
	bool lost;		/* set once; the rest is thrown away */
	char why[160];
};

struct spare {
	struct spare *next;
};

static bool is_lost(struct recorder *r)
{
	bool lost;

	pthread_mutex_lock(&r->lock);
	lost = r->lost;
	pthread_mutex_unlock(&r->lock);
	return lost;
}

/* With the lock held. */
static void lose_locked(struct recorder *r, const char *why)
{
	if (!r->lost && why)
		snprintf(r->why, sizeof(r->why), "%s", why);
	r->lost = true;
	pthread_cond_signal(&r->change);
}

static void lose(struct recorder *r, const char *why)
{
	pthread_mutex_lock(&r->lock);
	lose_locked(r, why);
	pthread_mutex_unlock(&r->lock);
}

static void lose_slow(struct recorder *r)
{
	lose_locked(r, "the file takes the bytes more slowly than they come");
}

static void bucket_free(struct bucket *b)
{
	if (b->pipe[0] >= 0) {
		close(b->pipe[0]);
		close(b->pipe[1]);
	}
	free(b->data);
	free(b);
}

static void buckets_free(struct bucket *b)
{
	while (b) {
		struct bucket *next = b->next;

		bucket_free(b);
		b = next;
	}
}

static struct bucket *bucket_new(void)
{
	struct bucket *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->pipe[0] = b->pipe[1] = -1;
	return b;
}

/* With the lock held. */
static void put_empty(struct recorder *r, struct bucket *b)
{
	b->len = 0;
	b->next = r->empty;
	r->empty = b;
}

/* Give the full bucket away. */
static void submit(struct recorder *r)
{
	struct bucket *b = r->filling;

	if (!b || !b->len)
		return;
	r->filling = NULL;
	b->next = NULL;
	pthread_mutex_lock(&r->lock);
	if (r->queued + b->len > r->max)
		lose_slow(r);
	*r->last = b;
	r->last = &b->next;
	r->queued += b->len;
	pthread_cond_signal(&r->change);
	pthread_mutex_unlock(&r->lock);
}

static bool read_all(int fd, uint8_t *p, size_t len)
{
	while (len) {
		ssize_t n = read(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static uint8_t *take_memory(struct recorder *r)
{
	struct spare *s = r->spare;

	if (!s)
		return malloc(r->most);
	r->spare = s->next;
	return (uint8_t *)s;
}

/*
 * With the lock held: have memory take the place of a pipe.  The last one, which
 * the writer comes to last and the caches still have.
 */
static bool copy_one(struct recorder *r)
{
	struct bucket *b = NULL, *pipe;

	for (struct bucket *i = r->first; i; i = i->next)
		if (!i->busy && !i->data)
			b = i;
	pipe = b ? bucket_new() : NULL;
	if (!pipe)
		return false;
	b->data = take_memory(r);
	if (!b->data || !read_all(b->pipe[0], b->data, b->len)) {
		free(b->data);
		b->data = NULL;
		free(pipe);
		return false;
	}
	memcpy(pipe->pipe, b->pipe, sizeof(b->pipe));
	b->pipe[0] = b->pipe[1] = -1;
	put_empty(r, pipe);
	return true;
}

/* The bucket to fill, or NULL: all is lost.  Waits for nobody. */
static struct bucket *take_empty(struct recorder *r)
{
	if (r->filling)
		return r->filling;
	pthread_mutex_lock(&r->lock);
	if (!r->lost && !r->empty && !copy_one(r))
		lose_locked(r, "no memory to keep it in");
	if (!r->lost) {
		r->filling = r->empty;
		r->empty = r->empty->next;
	}
	pthread_mutex_unlock(&r->lock);
	return r->filling;
}

static bool write_all(struct recorder *r, const uint8_t *p, size_t len)
{
	while (len) {
		ssize_t n = write(r->out, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n ? errno : ENOSPC;
			return false;
		}
		p += n;
		len -= (size_t)n;
		r->written += (uint64_t)n;
	}
	return true;
}

/* For what splice() cannot write to: a terminal, some file systems. */
static bool copy_out(struct recorder *r, int pipe, size_t len)
{
	uint8_t buf[16384];

	while (len) {
		size_t n = len < sizeof(buf) ? len : sizeof(buf);

		if (!read_all(pipe, buf, n) || !write_all(r, buf, n))
			return false;
		len -= n;
	}
	return true;
}

static bool splice_out(struct recorder *r, int pipe, size_t len)
{
	while (len) {
		ssize_t n = splice(pipe, NULL, r->out, NULL, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EINVAL)
			return copy_out(r, pipe, len);
		if (n <= 0) {
			errno = n ? errno : ENOSPC;
			return false;
		}
		len -= (size_t)n;
		r->written += (uint64_t)n;
	}
	return true;
}

/* With the lock held: waits for the next one; NULL at the end. */
static struct bucket *next_bucket(struct recorder *r)
{
	for (;;) {
		if (r->lost || (!r->first && r->end))
			return NULL;
		if (r->first)
			return r->first;
		pthread_cond_wait(&r->change, &r->lock);
	}
}

static void *write_file(void *arg)
{
	struct recorder *r = arg;
	struct bucket *b;

	pthread_mutex_lock(&r->lock);
	while ((b = next_bucket(r))) {
		char why[160];
		bool ok;

		b->busy = true;
		pthread_mutex_unlock(&r->lock);
		ok = b->data ? write_all(r, b->data, b->len) :
			       splice_out(r, b->pipe[0], b->len);
		if (!ok)
			snprintf(why, sizeof(why), "cannot write: %s",
				 strerror(errno));
		pthread_mutex_lock(&r->lock);
		b->busy = false;
		if (!ok) {
			lose_locked(r, why);
			break;
		}
		r->first = b->next;
		if (!r->first)
			r->last = &r->first;
		r->queued -= b->len;
		if (!b->data) {
			put_empty(r, b);
			continue;
		}
		((struct spare *)b->data)->next = r->spare;
		r->spare = (struct spare *)b->data;
		free(b);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

static int recorder_start(struct recorder *r, int out, uint64_t max,
			  struct err *err)
{
	*r = (struct recorder){
		.out = out, .last = &r->first,
		.max = max ? max : BUFFER_DEFAULT,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.change = PTHREAD_COND_INITIALIZER,
	};
	if (out < 0)
		return 0;
	r->most = r->max / 4 < PIPE_SIZE ? (size_t)(r->max / 4) : PIPE_SIZE;
	if (r->most < sizeof(struct spare))
		r->most = sizeof(struct spare);
	for (unsigned i = 0; i < NBUCKETS; i++) {
		struct bucket *b = bucket_new();

		if (!b || pipe2(b->pipe, O_CLOEXEC) < 0) {
			free(b);
			return err_set(err, ERR_IO, ERR_NO_OFFSET, "pipe: %s",
				       strerror(errno));
		}
		fcntl(b->pipe[1], F_SETPIPE_SZ, PIPE_SIZE);
		put_empty(r, b);
	}
	r->has_writer = !pthread_create(&r->writer, NULL, write_file, r);
	if (!r->has_writer)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "no more threads");
	return 0;
}

/* The migration is over: now there is time to wait for the file. */
static void recorder_stop(struct recorder *r)
{
	submit(r);
	pthread_mutex_lock(&r->lock);
	r->end = true;
	pthread_cond_signal(&r->change);
	pthread_mutex_unlock(&r->lock);
	if (r->has_writer)
		pthread_join(r->writer, NULL);
	buckets_free(r->first);
	buckets_free(r->empty);
	buckets_free(r->filling);
	while (r->spare) {
		struct spare *next = r->spare->next;

		free(r->spare);
		r->spare = next;
	}
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
	while (r->recording && f->held && !f->teed) {
		struct bucket *b = take_empty(&r->rec);
		size_t want;
		ssize_t n;

		if (!b)
			break;
		want = r->rec.most - b->len;
		n = tee(f->pipe[0], b->pipe[1], f->held < want ? f->held : want,
			SPLICE_F_NONBLOCK);
		if (n > 0) {
			f->teed = (size_t)n;
			b->len += (size_t)n;
		} else if (n == 0 || (errno != EAGAIN && errno != EINTR) ||
			   (errno == EAGAIN && !b->len)) {
			stop_recording(r, n ? strerror(errno) : "no bytes");
		}
		/* full, or too many small pieces for the pipe */
		if (b->len == r->rec.most || (n < 0 && errno == EAGAIN))
			submit(&r->rec);
	}
	if (r->recording && is_lost(&r->rec))
		stop_recording(r, NULL);
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
	make_room(c->destination);
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
	/* what is little and late shall be in the file, too */
	if (!poll(p, n, holding ? 5 : ms))
		submit(&r->rec);
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
	}
	recorder_stop(&r.rec);
	ret->recorded = r.rec.written;
	ret->complete = ret->found_main && ret->recorded == ret->main_bytes &&
			!r.rec.lost;
	snprintf(ret->lost, sizeof(ret->lost), "%s", r.rec.why);
	sieve_release(&r.sieve);
	free(r.channels);
	return status;
}
