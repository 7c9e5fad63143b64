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
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "memory-left.h"
#include "qmp.h"		/* now_ms() */
#include "recorder.h"

#define BUFFER_LEAST (UINT64_C(256) << 20)
#define BUFFER_MOST (UINT64_C(4) << 30)
#define PIECE (1u << 20)	/* handed to the writers at once */
#define PREPARED (1u << 30)	/* bytes of memory that are ready for use, */
#define PREPARE_STEP (8u << 20)
#define PREPARE_MS 400		/* waited for so long */
#define LAG (16u << 20)		/* the file's, behind a stream that is not fast, */
#define STALE_MS 2000		/* and in time: then it does not give way any more */
#define QUIET_MS 20		/* nothing came for so long: the file's turn */
#define FAST (256u << 10)	/* bytes in a millisecond that keep processors busy */
#define NWRITERS 2
#define LOOK_MS 200		/* how often a waiting thread looks up */
#define STALL_MS 2000

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23	/* Linux 5.14 */
#endif

/*
 * What was doubled goes into a ring at once, while the caches still have it, and
 * from there to the file.  To keep it by reference, in pipes, costs more: the
 * sender's kernel gets no page back and has to fill fresh ones, and so does page
 * cache that is written meanwhile.  A ring of huge pages that are there already
 * takes 768 MiB in 0.1 s of a processor.
 */
struct recorder {
	int out;
	uint8_t *ring;
	uint64_t max;		/* its bytes */
	int pipe[2];		/* on the way into it, */
	size_t teed;		/* with so many bytes */
	uint64_t head;		/* all that came: the relay's own */
	struct writer {
		struct recorder *rec;
		pthread_t thread;
		bool started, relaxed;
	} writers[NWRITERS];
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool writing;		/* one of them */
	bool prepared;
	uint64_t submitted;	/* of the head */
	_Atomic uint64_t written;
	unsigned running;	/* writers */
	bool is_file;		/* that takes all at once */
	int64_t from_ms, last_ms;	/* of what is measured; of what came last */
	int64_t wrote_ms;	/* last, or when something came to wait */
	uint64_t came;		/* since .from_ms */
	bool fast;		/* it comes as fast as processors go */
	bool end;		/* nothing more will come */
	atomic_bool begun;	/* the migration */
	atomic_bool lost;	/* set once; the rest is thrown away */
	char why[160];
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

/* Bytes that wait for the file.  With the lock held. */
static uint64_t queued(const struct recorder *r)
{
	return r->submitted - r->written;
}

void recorder_submit(struct recorder *r)
{
	bool first;

	if (r->head == r->submitted)
		return;
	pthread_mutex_lock(&r->lock);
	first = !queued(r);
	if (first)
		r->wrote_ms = now_ms();
	measure(r, r->head - r->submitted);
	r->submitted = r->head;
	/* who waits for a pause looks up by himself */
	if (first || queued(r) > r->max / 2)
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

/* With the lock held: wait for a change, but not for ever. */
static void wait_ms(struct recorder *r, int ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += ms * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_cond_clockwait(&r->change, &r->lock, CLOCK_MONOTONIC, &until);
}

/*
 * Fresh memory costs more than what is copied into it.  Before the first bytes
 * come there is time to ask for it, and where huge pages can be had it is little.
 */
static void prepare(struct recorder *r)
{
	uint64_t left = memory_left() / 2, n = left < PREPARED ? left : PREPARED;

	n = r->max < n ? r->max : n;
	for (uint64_t at = 0; at < n && !r->begun && !r->lost;
	     at += PREPARE_STEP) {
		if (madvise(r->ring + at, n - at < PREPARE_STEP ? n - at :
			    PREPARE_STEP, MADV_POPULATE_WRITE))
			break;
	}
	pthread_mutex_lock(&r->lock);
	r->prepared = true;
	pthread_cond_broadcast(&r->change);
	pthread_mutex_unlock(&r->lock);
}

/* With the lock held: has the file a turn now? */
static bool may_write(const struct recorder *r, bool relaxed)
{
	bool must = r->end || queued(r) > r->max / 2 ||
		(!r->fast && queued(r) > LAG) ||
		now_ms() - r->wrote_ms > STALE_MS;
	bool hasty = r->fast && now_ms() - r->last_ms < QUIET_MS;

	return queued(r) && !r->writing && (must || (relaxed && !hasty));
}

/*
 * With the lock held: waits until there is something to write; false at the end.
 * While the migration runs, processors that it needs are its own.  Where it comes
 * as fast as they go, it is kept in memory until there is a pause.  Else a relaxed
 * writer takes the time that is left.  The other helps once half of the memory is
 * used, the file lags behind a stream that is not fast, or nothing was written for a
 * while.
 */
static bool await_piece(struct recorder *r, bool relaxed)
{
	while (!r->lost && (queued(r) || !r->end)) {
		if (may_write(r, relaxed))
			return true;
		if (queued(r))
			wait_ms(r, relaxed ? QUIET_MS : LOOK_MS);
		else
			pthread_cond_wait(&r->change, &r->lock);
	}
	return false;
}

static void *write_file(void *arg)
{
	const struct writer *w = arg;
	struct recorder *r = w->rec;
	struct sched_param none = { 0 };

	if (w->relaxed) {
		prepare(r);
		/* refused: then it is not relaxed, and nothing worse */
		sched_setscheduler(0, SCHED_IDLE, &none);
	}
	pthread_mutex_lock(&r->lock);
	while (await_piece(r, w->relaxed)) {
		uint64_t at = r->written % r->max, n = queued(r);
		char why[160];
		bool ok;

		n = n < PIECE ? n : PIECE;
		n = n < r->max - at ? n : r->max - at;
		r->writing = true;
		pthread_mutex_unlock(&r->lock);
		ok = write_all(r, r->ring + at, n);
		if (!ok)
			snprintf(why, sizeof(why), "cannot write: %s",
				 strerror(errno));
		pthread_mutex_lock(&r->lock);
		r->writing = false;
		r->wrote_ms = now_ms();
		pthread_cond_broadcast(&r->change);
		if (!ok)
			lose_locked(r, why);
	}
	r->running--;
	pthread_cond_broadcast(&r->change);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* An eighth of the memory that is free, within bounds. */
static uint64_t buffer_default(void)
{
	uint64_t n = memory_left() / 8;

	if (n < BUFFER_LEAST)
		return BUFFER_LEAST;
	return n < BUFFER_MOST ? n : BUFFER_MOST;
}

/* Address space, and memory as it is used; less than asked for if need be. */
static int take_ring(struct recorder *r, struct err *err)
{
	void *p = MAP_FAILED;

	if (r->max > SIZE_MAX / 4)
		r->max = SIZE_MAX / 4;
	while (r->max) {
		p = mmap(NULL, (size_t)r->max, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (p != MAP_FAILED)
			break;
		r->max /= 2;
	}
	if (p == MAP_FAILED)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET, "no memory to "
			       "keep it in");
	r->ring = p;
	/* a wish: kernels without them have small ones */
	madvise(p, (size_t)r->max, MADV_HUGEPAGE);
	return 0;
}

static int start_writers(struct recorder *r, struct err *err)
{
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

static int start(struct recorder *r, struct err *err)
{
	int64_t until = now_ms() + PREPARE_MS;
	struct stat st;

	r->is_file = !fstat(r->out, &st) && S_ISREG(st.st_mode);
	if (pipe2(r->pipe, O_CLOEXEC) < 0) {
		r->pipe[0] = r->pipe[1] = -1;
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "pipe: %s",
			       strerror(errno));
	}
	fcntl(r->pipe[1], F_SETPIPE_SZ, RECORDER_PIPE);
	if (take_ring(r, err) < 0 || start_writers(r, err) < 0)
		return -1;
	pthread_mutex_lock(&r->lock);
	while (!r->prepared && now_ms() < until)
		wait_ms(r, QUIET_MS);
	pthread_mutex_unlock(&r->lock);
	return 0;
}

int recorder_open(struct recorder **ret, int out, uint64_t max, struct err *err)
{
	struct recorder *r = calloc(1, sizeof(*r));

	*ret = NULL;
	if (!r)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET, "no memory");
	*r = (struct recorder){
		.out = out, .max = max ? max : buffer_default(),
		.pipe = { -1, -1 },
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
	uint64_t room = r->max - (r->head - r->written);
	ssize_t got;

	if (!room)
		lose(r, "the file takes the bytes more slowly than they come");
	if (r->lost)
		return -1;
	got = tee(pipe, r->pipe[1], n < room ? n : (size_t)room,
		  SPLICE_F_NONBLOCK);
	if (got < 0 && errno == EINTR)
		return 0;
	if (got <= 0) {
		lose(r, got ? strerror(errno) : "no bytes");
		return -1;
	}
	r->teed = (size_t)got;
	return got;
}

void recorder_keep(struct recorder *r)
{
	while (r->teed && !r->lost) {
		uint64_t at = r->head % r->max, n = r->teed;

		n = n < r->max - at ? n : r->max - at;
		if (!read_all(r->pipe[0], r->ring + at, n))
			lose(r, strerror(errno));
		r->teed -= n;
		r->head += n;
	}
	if (r->head - r->submitted >= (PIECE < r->max / 4 ? PIECE : r->max / 4))
		recorder_submit(r);
}

void recorder_begin(struct recorder *r)
{
	r->begun = true;
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
		wait_ms(r, QUIET_MS);
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
	if (r->ring)
		munmap(r->ring, (size_t)r->max);
	for (size_t i = 0; i < 2; i++) {
		if (r->pipe[i] >= 0)
			close(r->pipe[i]);
	}
	free(r);
}
