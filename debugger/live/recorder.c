/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "qmp.h"		/* now_ms() */
#include "recorder.h"

#define NBUCKETS 32		/* pipes from the start */
#define BUFFER_LEAST (UINT64_C(256) << 20)
#define BUFFER_MOST (UINT64_C(4) << 30)
#define QUIET_MS 20		/* nothing came for so long: the file's turn */
#define FAST (256u << 10)	/* bytes in a millisecond that keep processors busy */
#define NWRITERS 2
#define LOOK_MS 200		/* how often a waiting thread looks up */
#define STALL_MS 2000

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
	size_t spare_files;	/* descriptors that are left to others */
	struct spare *spare;	/* fresh memory costs more than the copying */
	uint64_t queued;
	_Atomic uint64_t written;
	unsigned running;	/* writers */
	bool is_file;		/* that takes all at once */
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
	    fcntl(b->pipe[1], F_SETPIPE_SZ, RECORDER_PIPE) >= RECORDER_PIPE)
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

void recorder_submit(struct recorder *r)
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

/* A pipe's reader may be slow, or gone to sleep: wait, but not when all is lost. */
static bool wait_out(const struct recorder *r)
{
	struct pollfd p = { .fd = r->out, .events = POLLOUT };
	int n = 0;

	while (!r->lost && !n) {
		n = poll(&p, 1, LOOK_MS);
		if (n < 0 && errno == EINTR)
			n = 0;
	}
	return n > 0;
}

static bool write_all(struct recorder *r, const uint8_t *p, size_t len)
{
	while (len) {
		ssize_t n = -1;

		if (wait_out(r))
			n = write(r->out, p, r->is_file || len < PIPE_BUF ?
				  len : PIPE_BUF);
		if (n < 0 && r->lost)
			return false;
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
		ssize_t n = -1;

		if (wait_out(r))
			n = splice(pipe, NULL, r->out, NULL, len,
				   SPLICE_F_NONBLOCK);
		else if (r->lost)
			return false;
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
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
	r->running--;
	pthread_cond_broadcast(&r->change);
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
	    files.rlim_cur < r->spare_files)
		return NBUCKETS;
	return n < files.rlim_cur / 8 ? (size_t)n : files.rlim_cur / 8;
}

static int start(struct recorder *r, struct err *err)
{
	struct stat st;

	r->is_file = !fstat(r->out, &st) && S_ISREG(st.st_mode);
	r->most = r->max / 4 < RECORDER_PIPE ? (size_t)(r->max / 4) :
					       RECORDER_PIPE;
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
		fcntl(b->pipe[1], F_SETPIPE_SZ, RECORDER_PIPE);
		put_empty(r, b);
		r->npipes++;
	}
	for (size_t i = 0; i < NWRITERS; i++) {
		struct writer *w = &r->writers[i];

		w->rec = r;
		w->relaxed = i == 0;
		pthread_mutex_lock(&r->lock);
		w->started = !pthread_create(&w->thread, NULL, write_file, w);
		r->running += w->started;
		pthread_mutex_unlock(&r->lock);
		if (!w->started)
			return err_set(err, ERR_IO, ERR_NO_OFFSET,
				       "no more threads");
	}
	return 0;
}

int recorder_open(struct recorder **ret, int out, uint64_t max, size_t spare,
		  struct err *err)
{
	struct recorder *r = calloc(1, sizeof(*r));

	*ret = NULL;
	if (!r)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET, "no memory");
	*r = (struct recorder){
		.out = out, .last = &r->first, .spare_files = spare,
		.max = max ? max : buffer_default(),
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.change = PTHREAD_COND_INITIALIZER,
	};
	if (out >= 0 && start(r, err) < 0) {
		recorder_close(r);
		return -1;
	}
	*ret = r;
	return 0;
}

ssize_t recorder_tee(struct recorder *r, int pipe, size_t n)
{
	struct bucket *b = take_empty(r);
	size_t want;
	ssize_t got;

	if (!b)
		return -1;
	want = r->most - b->len;
	got = tee(pipe, b->pipe[1], n < want ? n : want, SPLICE_F_NONBLOCK);
	if (got > 0)
		b->len += (size_t)got;
	else if (got == 0 || (errno != EAGAIN && errno != EINTR) ||
		 (errno == EAGAIN && !b->len))
		lose(r, got ? strerror(errno) : "no bytes");
	/* full, or too many small pieces for the pipe */
	if (b->len == r->most || (got < 0 && errno == EAGAIN))
		recorder_submit(r);
	return got > 0 ? got : r->lost ? -1 : 0;
}

void recorder_lose(struct recorder *r, const char *why)
{
	lose(r, why);
}

bool recorder_lost(const struct recorder *r)
{
	return r->lost;
}

const char *recorder_why(const struct recorder *r)
{
	return r->why;
}

/* With the lock held, until all writers have ended. */
static void await_writers(struct recorder *r, volatile const int *interrupted)
{
	uint64_t last = r->written;
	int64_t moved = now_ms();

	while (r->running) {
		wait_a_little(r);
		if (r->written != last) {
			last = r->written;
			moved = now_ms();
		}
		if (interrupted && *interrupted && !r->lost &&
		    now_ms() - moved > STALL_MS)
			lose_locked(r, "interrupted while the file takes "
				    "nothing");
	}
}

uint64_t recorder_finish(struct recorder *r, volatile const int *interrupted)
{
	recorder_submit(r);
	pthread_mutex_lock(&r->lock);
	r->end = true;
	pthread_cond_broadcast(&r->change);
	await_writers(r, interrupted);
	pthread_mutex_unlock(&r->lock);
	for (size_t i = 0; i < NWRITERS; i++) {
		if (r->writers[i].started)
			pthread_join(r->writers[i].thread, NULL);
		r->writers[i].started = false;
	}
	return r->written;
}

void recorder_close(struct recorder *r)
{
	if (!r)
		return;
	recorder_finish(r, NULL);
	buckets_free(r->first);
	buckets_free(r->empty);
	buckets_free(r->filling);
	while (r->spare) {
		struct spare *next = r->spare->next;

		free(r->spare);
		r->spare = next;
	}
	free(r);
}
