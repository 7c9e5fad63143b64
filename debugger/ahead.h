/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ahead.h - dumps that are read while the source still is.  A dump is a
 * megabyte of JSON that depends on nothing: on a machine with two cores its
 * reading costs no time.
 */
#ifndef VMSDB_AHEAD_H
#define VMSDB_AHEAD_H

#include "../devices/desc-dump.h"

struct ahead;

/*
 * Begin to read what looks like an uncompressed dump among @paths, which have
 * to stay where they are.  NULL if there is none, or no thread for it.
 */
struct ahead *ahead_begin(const char *const *paths, size_t n);

/*
 * Wait for @path.  Answers false if it was not read ahead; otherwise *@ret is
 * 0 and *@dump, which belongs to @a, what was read; or -1, and @err says why.
 */
bool ahead_take(struct ahead *a, const char *path, int *ret,
		const struct dump **dump, struct err *err);

/* Of NULL: nothing. */
void ahead_end(struct ahead *a);

#endif
