/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * err.h - what went wrong, filled in where the fact is known.
 *
 * A function that can fail takes a struct err * last and returns -1 (or NULL)
 * after err_set().  The caller owns the struct; it holds no memory.  The
 * message is one line without the file's name: whoever knows the name puts it
 * in front.  err may be NULL where the caller does not care.
 */
#ifndef VMSDB_ERR_H
#define VMSDB_ERR_H

#include <stdint.h>

enum err_code {
	ERR_NONE,
	ERR_SHORT,		/* the input ends inside something */
	ERR_FORMAT,		/* the input is not what its format says */
	ERR_UNSUPPORTED,	/* well-formed, but nothing that we can read */
	ERR_LIMIT,		/* larger than a bound of ours */
	ERR_IO,			/* the system refused */
	ERR_USAGE,		/* the user asked for something impossible */
};

#define ERR_NO_OFFSET UINT64_MAX

struct err {
	enum err_code code;
	uint64_t off;		/* ERR_NO_OFFSET where there is none */
	char msg[480];
};

/* Fill @err; always returns -1, so that "return err_set(...)" reads well. */
int err_set(struct err *err, enum err_code code, uint64_t off,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Put "@fmt: " in front of the message that @err already holds. */
int err_prefix(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
