/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * escape.h - names out of files, made fit for a terminal.
 *
 * UTF-8 stays as it is.  Control characters (C0, DEL, C1, and those that turn
 * the direction of writing), the backslash, and what is no UTF-8 become \xNN,
 * so that two different names never look alike.
 */
#ifndef VMSDB_ESCAPE_H
#define VMSDB_ESCAPE_H

#include <stddef.h>

#include "arena.h"

const char *escape_bytes(struct arena *a, const void *p, size_t n);

/* The same into @buf, cut at @size (at least 1); returns @buf. */
const char *escape_text(char *buf, size_t size, const void *p, size_t n);

#endif
