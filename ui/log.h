/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log.h - what commands print, kept in lines with their styles for a screen.
 */
#ifndef VMSDB_LOG_H
#define VMSDB_LOG_H

#include "canvas.h"

#define LOG_MAX 20000	/* lines; the oldest go first */

struct log {
	struct out out;		/* first: this is a writer */
	/* escaped, and wrapped at .out.width; \001 and a letter: a style */
	char **lines;
	size_t n, cap;
	size_t start;		/* the first line of the last command */
	bool failed;		/* ... which has told an error */
	bool overflow;		/* lines were left out */
	char *open;		/* the line being written */
	size_t len, open_cap;
};

void log_init(struct log *l);
void log_release(struct log *l);
void log_clear(struct log *l);

/* A command begins: what it prints stands behind @line. */
void log_command(struct log *l, const char *line);
void log_text(struct log *l, enum style style, const char *text);

/* Draw one line. */
void log_draw(const struct log *l, size_t line, struct pen *p);
/* The line without styles; free() it. */
char *log_plain(const struct log *l, size_t line);

#endif
