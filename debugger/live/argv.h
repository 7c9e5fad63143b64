/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * argv.h - the user's own command line of an emulator, less what is ours to
 * say: -incoming and -daemonize go, ZERO becomes an all-zero firmware file, a
 * display that nobody asked for is none.
 */
#ifndef VMSDB_ARGV_H
#define VMSDB_ARGV_H

#include "../../stream/arena.h"

struct argv {
	struct arena *arena;
	const char **words;	/* NULL-terminated; free() it */
	size_t n, cap;
	int zero;		/* ZERO's file, to be inherited; -1: none */
};

void argv_begin(struct argv *ret, struct arena *a, const char *const *given);
void argv_add(struct argv *v, const char *word);
/* Frees the list and closes ZERO's file. */
void argv_end(struct argv *v);

#endif
