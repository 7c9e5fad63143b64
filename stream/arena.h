/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arena.h - memory with one lifetime, and strings kept once.
 *
 * Nothing in an arena is freed alone.  Allocation never returns NULL: running
 * out of memory ends the program with a message (exit status 130), here and
 * nowhere else.  All memory is zeroed and aligned for any object.
 */
#ifndef VMSDB_ARENA_H
#define VMSDB_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
	struct arena_block *head;
	size_t used;		/* bytes handed out, for tests and bounds */
	struct intern_slot *names;	/* interned strings, open addressing */
	size_t nnames, names_cap;
};

void arena_init(struct arena *a);
void arena_release(struct arena *a);

void *arena_alloc(struct arena *a, size_t size);
void *arena_calloc(struct arena *a, size_t n, size_t size);
char *arena_strdup(struct arena *a, const char *s);
void *arena_memdup(struct arena *a, const void *p, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The one copy of these @n bytes in @a, with a NUL behind: equal strings
 * interned in one arena have equal addresses.
 */
const char *arena_intern(struct arena *a, const void *s, size_t n);
const char *arena_intern_str(struct arena *a, const char *s);

/*
 * Grow a plain (not arena) array to hold at least @want elements of @size;
 * *@cap is updated.  Never fails (see above).  Free it with free().
 */
void *grow_array(void *p, size_t *cap, size_t want, size_t size);

/*
 * A plain array of @n zeros of @size.  Never fails.  Large ones cost nothing
 * where nothing is put into them.
 */
void *zero_array(size_t n, size_t size);

#endif
