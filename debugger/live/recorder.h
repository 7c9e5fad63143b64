/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recorder.h - a channel's bytes, doubled on their way and written to a file.
 *
 * Nobody who lets bytes flow ever waits for the file: what it has not taken yet
 * is kept in memory, and where that is not enough the recording is lost, for
 * good.  One thread gives the bytes, in their order; others write them.
 */
#ifndef VMSDB_RECORDER_H
#define VMSDB_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../stream/err.h"

#define RECORDER_PIPE (1 << 20)	/* bytes of a pipe, at best */

struct recorder;

/*
 * @out stays the caller's; < 0: nothing is written.  @max: bytes in memory; 0:
 * an eighth of what is free, 256 MiB to 4 GiB.  Its memory is made ready
 * until recorder_begin().  recorder_close() frees.
 */
int recorder_open(struct recorder **ret, int out, uint64_t max, struct err *err);

/* The migration begins: the processors are its own. */
void recorder_begin(struct recorder *r);

/*
 * Take up to @n (> 0) of the bytes in @pipe, which stay there, by reference.  How
 * many; 0: none yet, again; -1: the recording is lost.  recorder_keep() has to
 * follow, once they are on their way: it copies them, so that whoever sends gets
 * his memory back.
 */
ssize_t recorder_tee(struct recorder *r, int pipe, size_t n);
void recorder_keep(struct recorder *r);

/* What was taken so far is to be written though it is little. */
void recorder_submit(struct recorder *r);

/* The recording ends here, as lost; @why may be NULL if it is already. */
void recorder_lose(struct recorder *r, const char *why);
bool recorder_lost(const struct recorder *r);
const char *recorder_why(const struct recorder *r);	/* ""; never NULL */

/*
 * All bytes have come: wait until they are written.  Once *@interrupted is set
 * (NULL: never) the rest is lost where the file takes nothing for a while.
 * Answers how many bytes were written.
 */
uint64_t recorder_finish(struct recorder *r, volatile const int *interrupted);
void recorder_close(struct recorder *r);

#endif
