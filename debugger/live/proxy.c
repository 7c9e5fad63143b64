/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../../stream/cursor.h"
#include "../../stream/stream.h"
#include "proxy.h"
#include "qmp.h"
#include "sieve.h"

#define MAX_CHANNELS 300	/* multifd has at most 255 */
#define PIPE_SIZE (1 << 20)
#define CHUNK (256 * 1024)	/* that is looked at at once */
#define NBUCKETS 32		/* pipes from the start */
#define SOCKET_ROOM (1 << 20)
#define BUFFER_LEAST (UINT64_C(256) << 20)
#define BUFFER_MOST (UINT64_C(4) << 30)
#define QUIET_MS 20		/* nothing came for so long: the file's turn */
#define FAST (256u << 10)	/* bytes in a millisecond that keep processors busy */
#define NWRITERS 2
#define STACK_SIZE (256 * 1024)
#define LOOK_MS 200		/* how often a waiting thread looks up */
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
	struct writer {
		struct recorder *rec;
		pthread_t thread;
		bool started, relaxed;
	} writers[NWRITERS];
	bool writing;		/* one of them */
	pthread_mutex_t lock;
	pthread_cond_t change;
	struct bucket *first, **last;	/* to be written */
	struct bucket *empty;	/* with pipes, nothing in them */
	size_t npipes, most_pipes;
	struct bucket *filling;	/* the relay's own */
	struct spare *spare;	/* fresh memory costs more than the copying */
	uint64_t queued, written;
	int64_t from_ms, last_ms;	/* of what is measured; of what came last */
	uint64_t came;		/* since .from_ms */
	bool fast;		/* it comes as fast as processors go */
	bool end;		/* nothing more will be queued */
	atomic_bool lost;	/* set once; the rest is thrown away */
	char why[160];
};

struct spare {
	struct spare *next;
};

/* With the lock held. */
static void lose_locked(struct recorder *r, const char *why)
{
	if (!r->lost && why)
		snprintf(r->why, sizeof(r->why), "%s", why);
	r->lost = true;
	pthread_cond_broadcast(&r->change);
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

/* NULL: no descriptor or no room in a pipe for it. */
static struct bucket *bucket_with_pipe(void)
{
	struct bucket *b = bucket_new();

	if (b && !pipe2(b->pipe, O_CLOEXEC) &&
	    fcntl(b->pipe[1], F_SETPIPE_SZ, PIPE_SIZE) >= PIPE_SIZE)
		return b;
	if (b)
		bucket_free(b);
	return NULL;
}

/* With the lock held. */
static void put_empty(struct recorder *r, struct bucket *b)
{
	b->len = 0;
	b->next = r->empty;
	r->empty = b;
}

/* With the lock held: @n more bytes have come. */
static void measure(struct recorder *r, size_t n)
{
	int64_t now = now_ms();

	r->last_ms = now;
	r->came += n;
	if (now - r->from_ms < QUIET_MS)
		return;
	r->fast = r->came / FAST >= (uint64_t)(now - r->from_ms);
	r->came = 0;
	r->from_ms = now;
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
	measure(r, b->len);
	pthread_cond_broadcast(&r->change);
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

/*
 * With the lock held.  A further pipe costs nothing but a descriptor: what is in
 * it need not be copied.  Users other than root may have 64 MiB of them.
 */
static bool open_one(struct recorder *r)
{
	struct bucket *b;

	if (r->npipes >= r->most_pipes)
		return false;
	b = bucket_with_pipe();
	if (!b) {
		r->most_pipes = r->npipes;
		return false;
	}
	r->npipes++;
	put_empty(r, b);
	return true;
}

/* The bucket to fill, or NULL: all is lost.  Waits for nobody. */
static struct bucket *take_empty(struct recorder *r)
{
	if (r->filling)
		return r->filling;
	pthread_mutex_lock(&r->lock);
	if (!r->lost && !r->empty && !open_one(r) && !copy_one(r))
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

/* With the lock held: wait for a change, but not for ever. */
static void wait_a_little(struct recorder *r)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += QUIET_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_cond_clockwait(&r->change, &r->lock, CLOCK_MONOTONIC, &until);
}

/*
 * With the lock held: waits for the next one; NULL at the end.  While the
 * migration runs, processors that it needs are its own.  Where it comes as fast
 * as they go, it is kept in memory until there is a pause, or half of that is
 * used.  Else a relaxed writer takes the time that is left, and the other helps
 * once half of the memory is used.
 */
static struct bucket *next_bucket(struct recorder *r, bool relaxed)
{
	for (;;) {
		bool must = r->end || r->queued > r->max / 2;
		bool hasty = r->fast && now_ms() - r->last_ms < QUIET_MS;

		if (r->lost || (!r->first && r->end))
			return NULL;
		if (r->first && !r->writing && (must || (relaxed && !hasty)))
			return r->first;
		if (r->first && relaxed)
			wait_a_little(r);
		else
			pthread_cond_wait(&r->change, &r->lock);
	}
}

static void *write_file(void *arg)
{
	const struct writer *w = arg;
	struct recorder *r = w->rec;
	struct sched_param none = { 0 };
	struct bucket *b;

	/* refused: then it is not relaxed, and nothing worse */
	if (w->relaxed)
		sched_setscheduler(0, SCHED_IDLE, &none);
	pthread_mutex_lock(&r->lock);
	while ((b = next_bucket(r, w->relaxed))) {
		char why[160];
		bool ok;

		b->busy = r->writing = true;
		pthread_mutex_unlock(&r->lock);
		ok = b->data ? write_all(r, b->data, b->len) :
			       splice_out(r, b->pipe[0], b->len);
		if (!ok)
			snprintf(why, sizeof(why), "cannot write: %s",
				 strerror(errno));
		pthread_mutex_lock(&r->lock);
		b->busy = r->writing = false;
		pthread_cond_broadcast(&r->change);
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

/* An eighth of the memory that is free, within bounds. */
static uint64_t buffer_default(void)
{
	long pages = sysconf(_SC_AVPHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	uint64_t n = pages > 0 && size > 0 ?
		(uint64_t)pages * (uint64_t)size / 8 : 0;

	if (n < BUFFER_LEAST)
		return BUFFER_LEAST;
	return n < BUFFER_MOST ? n : BUFFER_MOST;
}

/* All that the memory's bound allows; channels want descriptors, too. */
static size_t pipes_at_most(const struct recorder *r)
{
	struct rlimit files;
	uint64_t n = r->max / r->most;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return NBUCKETS;
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files) ||
	    files.rlim_cur < 8 * MAX_CHANNELS)
		return NBUCKETS;
	return n < files.rlim_cur / 8 ? (size_t)n : files.rlim_cur / 8;
}

static int recorder_start(struct recorder *r, int out, uint64_t max,
			  struct err *err)
{
	*r = (struct recorder){
		.out = out, .last = &r->first,
		.max = max ? max : buffer_default(),
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.change = PTHREAD_COND_INITIALIZER,
	};
	if (out < 0)
		return 0;
	r->most = r->max / 4 < PIPE_SIZE ? (size_t)(r->max / 4) : PIPE_SIZE;
	if (r->most < sizeof(struct spare))
		r->most = sizeof(struct spare);
	r->most_pipes = pipes_at_most(r);
	while (r->npipes < NBUCKETS) {
		struct bucket *b = bucket_new();

		if (!b || pipe2(b->pipe, O_CLOEXEC) < 0) {
			free(b);
			return err_set(err, ERR_IO, ERR_NO_OFFSET, "pipe: %s",
				       strerror(errno));
		}
		fcntl(b->pipe[1], F_SETPIPE_SZ, PIPE_SIZE);
		put_empty(r, b);
		r->npipes++;
	}
	for (size_t i = 0; i < NWRITERS; i++) {
		struct writer *w = &r->writers[i];

		w->rec = r;
		w->relaxed = i == 0;
		w->started = !pthread_create(&w->thread, NULL, write_file, w);
		if (!w->started)
			return err_set(err, ERR_IO, ERR_NO_OFFSET,
				       "no more threads");
	}
	return 0;
}

/* The migration is over: now there is time to wait for the file. */
static void recorder_stop(struct recorder *r)
{
	submit(r);
	pthread_mutex_lock(&r->lock);
	r->end = true;
	pthread_cond_broadcast(&r->change);
	pthread_mutex_unlock(&r->lock);
	for (size_t i = 0; i < NWRITERS; i++) {
		if (r->writers[i].started)
			pthread_join(r->writers[i].thread, NULL);
	}
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
	uint64_t passed;	/* bytes that went out */
	bool forward;		/* from source to destination */
	bool record;
	pthread_t thread;
	bool started;
};

struct channel {
	int source, destination;
	struct flow there, back;
	unsigned flowing;	/* of the two: with the relay's lock */
};

struct relay {
	const struct proxy_opts *opts;
	struct proxy *result;
	struct recorder rec;
	struct channel *channels;
	size_t n, nopen;
	int listener;
	int wake[2];		/* a byte for each channel that has ended */
	pthread_mutex_t lock;	/* result, nopen, flowing, tell() */
	atomic_bool stop;
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
	if (r->recording && r->rec.lost)
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
	submit(&r->rec);
	until = now_ms() + r->opts->hold_ms;
	tell(r, "held at byte 0x%" PRIx64 " (%" PRIu64 ") for at most "
	     "%d s; Enter lets it flow on", r->hold_at, r->hold_at,
	     r->opts->hold_ms / 1000);
	while (!r->stop && now_ms() < until && poll(&p, 1, 5) <= 0)
		;
	tell(r, "it flows on");
	return UINT64_MAX;
}

/* ---- moving bytes ---- */

/* 1: bytes are in the pipe, 0: none now, -1: no more, -2: it is broken. */
static int pull(struct relay *r, struct flow *f)
{
	static uint8_t seen[CHUNK];	/* the main channel's */
	bool scans = wants_scan(r, f);
	ssize_t n = PIPE_SIZE;

	if (scans)
		n = recv(f->in, seen, sizeof(seen), MSG_PEEK);
	if (n > 0)
		n = splice(f->in, NULL, f->pipe[1], NULL, (size_t)n,
			   SPLICE_F_MOVE);
	if (n > 0) {
		f->held = (size_t)n;
		f->teed = 0;
		if (scans)
			scan(r, seen, (size_t)n);
		return 1;
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return -2;
	/* what is little and late shall be in the file, too */
	if (f->record)
		submit(&r->rec);
	return n ? 0 : -1;
}

static int push(struct relay *r, struct flow *f)
{
	uint64_t most, may;
	ssize_t n;

	if (f->record)
		record(r, f);
	most = f->record && r->recording ? f->teed : f->held;
	may = allowance(r, f);
	n = splice(f->pipe[0], NULL, f->out, NULL, may < most ? may : most,
		   SPLICE_F_MOVE);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	f->held -= (size_t)n;
	f->teed -= f->teed < (size_t)n ? f->teed : (size_t)n;
	f->passed += (uint64_t)n;
	return 0;
}

/* True: to its end; false: the connection is broken, or all shall stop. */
static bool carry(struct relay *r, struct flow *f)
{
	while (!r->stop) {
		int got = pull(r, f);

		if (got < 0)
			return got == -1;
		while (f->held) {
			if (r->stop || push(r, f) < 0)
				return false;
		}
	}
	return false;
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

static void end_flow(struct relay *r, struct flow *f, bool whole)
{
	struct channel *c = f->channel;

	pthread_mutex_lock(&r->lock);
	if (f->forward)
		r->result->forward_bytes += f->passed;
	else
		r->result->back_bytes += f->passed;
	if (f->record)
		r->result->main_bytes = f->passed;
	if (whole)
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
	fcntl(f->pipe[0], F_SETPIPE_SZ, PIPE_SIZE);
	return setsockopt(f->in, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
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
		end_flow(r, &c->there, false);
	return c->back.started ? 0 : -1;
}

static void open_channel(struct relay *r)
{
	struct channel *c = &r->channels[r->n];
	struct err err;
	int fd = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC);

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
		r->nopen--;
		return;
	}
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

static void loop(struct relay *r)
{
	int64_t began = now_ms(), start = 0, idle = 0;
	bool known;

	while (!(r->opts->interrupted && *r->opts->interrupted)) {
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
		if (c->there.started)
			pthread_join(c->there.thread, NULL);
		if (c->back.started)
			pthread_join(c->back.thread, NULL);
	}
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
	else
		r.listener = socket_listen(opts->listen, err);
	if (r.listener >= 0 &&
	    !recorder_start(&r.rec, opts->out, opts->buffer, err)) {
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
