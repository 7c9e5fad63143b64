/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * records.h - what commands write (debugger/out.h), as text for people or as
 * JSON, one object a line.
 */
#ifndef VMSDB_RECORDS_H
#define VMSDB_RECORDS_H

#include <stdio.h>

#include "../debugger/out.h"

/*
 * Text: the lines, control characters escaped, in colour or not; after each
 * @height lines (0: never) more() is asked whether to go on.
 */
struct text_writer {
	struct out out;		/* first: this is one */
	FILE *f, *errors;
	bool colour;
	bool raw;		/* what is written is ours: nothing is escaped */
	unsigned height;
	bool (*more)(void *ctx);
	void *ctx;
	unsigned lines, column;
};

void text_writer_init(struct text_writer *w, FILE *f, FILE *errors);

/*
 * JSON: each record is an object with "record" and its keys on a line of its
 * own; lines outside of records are {"record": "text", "text": ...}, errors
 * {"record": "error", "message": ...}.
 */
struct json_writer {
	struct out out;
	FILE *f;
	struct json_t *stack[16];
	unsigned depth;
	char *line;		/* of text outside of a record */
	size_t line_len, line_cap;
	bool heading;		/* nothing but a table's heading stands on it */
};

void json_writer_init(struct json_writer *w, FILE *f);
void json_writer_release(struct json_writer *w);

#endif
