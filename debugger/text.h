/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text.h - a text that grows in a buffer of fixed size; what does not fit is
 * left out.
 */
#ifndef VMSDB_TEXT_H
#define VMSDB_TEXT_H

#include <stddef.h>

struct text {
	char *buf;
	size_t size, pos;	/* pos: .size or more once it is full */
};

void text_put(struct text *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
