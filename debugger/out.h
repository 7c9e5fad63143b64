/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * out.h - where commands write: records for programs, lines for people.
 *
 * A handler writes both and cannot tell which of them will be seen:
 *
 *	out_begin(o, "breakpoint");
 *	out_number(o, "number", b->number);
 *	out_string(o, "location", b->location);
 *	out_line(o, "Breakpoint %u at %s", b->number, b->location);
 *	out_end(o);
 *
 * A writer for people takes the lines, one for JSON the keys, and a line
 * outside of a record is a record of its own there ("text").  Nothing is
 * escaped on this side: writers are, whatever they write to.
 */
#ifndef VMSDB_OUT_H
#define VMSDB_OUT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#define STYLES(X) \
	X(PLAIN, "plain") \
	X(DIM, "dim")		/* what does not matter */ \
	X(BOLD, "bold") \
	X(HEAD, "head")		/* of a table */ \
	X(PATH, "path") \
	X(NUMBER, "number") \
	X(SOURCE, "source")	/* what the source wrote */ \
	X(DEST, "dest")		/* what the destination reads */ \
	X(GOOD, "good") \
	X(WARN, "warn")		/* silent differences, guesses */ \
	X(BAD, "bad")		/* failures, divergences */ \
	X(HERE, "here")		/* the current event's mark */ \
	X(KEY, "key")		/* a command's name in help */

enum style {
#define X(id, name) STYLE_##id,
	STYLES(X)
#undef X
};

struct out;

struct out_ops {
	void (*begin)(struct out *o, const char *record);
	void (*end)(struct out *o);
	/* @value is NULL for JSON's null. */
	void (*string)(struct out *o, const char *key, const char *value);
	void (*number)(struct out *o, const char *key, int64_t value);
	void (*boolean)(struct out *o, const char *key, bool value);
	/* A list of objects or, with @key NULL inside a list, one of them. */
	void (*open)(struct out *o, const char *key, bool list);
	void (*close)(struct out *o);
	/* Raw text of a line, and its end. */
	void (*text)(struct out *o, enum style style, const char *s);
	void (*newline)(struct out *o);
	/* @message is complete, with file and line where there are some. */
	void (*error)(struct out *o, const char *message);
};

struct out {
	const struct out_ops *ops;
	unsigned width;		/* columns; 0: unbounded */
	bool stopped;		/* nobody reads on: stop producing */
	bool failed;		/* an error was written */
};

void out_begin(struct out *o, const char *record);
void out_end(struct out *o);
void out_string(struct out *o, const char *key, const char *value);
void out_number(struct out *o, const char *key, int64_t value);
void out_boolean(struct out *o, const char *key, bool value);
void out_list(struct out *o, const char *key);
void out_object(struct out *o, const char *key);	/* key NULL inside a list */
void out_close(struct out *o);

/* A part of a line. */
void out_text(struct out *o, enum style style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A cell of @width columns (negative: right-aligned) and a blank. */
void out_cell(struct out *o, enum style style, int width, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void out_newline(struct out *o);
/* A whole line, plain. */
void out_line(struct out *o, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void out_error(struct out *o, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Columns that @s takes on a terminal (UTF-8; escapes as they are printed). */
unsigned out_columns(const char *s);

#endif
