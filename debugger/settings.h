/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * settings.h - what "set" changes and "show" shows.
 *
 * One list: the struct, the table behind set/show, completion and the manual.
 */
#ifndef VMSDB_SETTINGS_H
#define VMSDB_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "../stream/err.h"

/* X(C name, name, kind, default, help): b on|off, n number, c when */
#define SETTINGS(X) \
	X(pagination, "pagination", 'b', 1, "stop after each screenful") \
	X(width, "width", 'n', 0, "columns of the terminal; 0: as it says") \
	X(height, "height", 'n', 0, "lines of the terminal; 0: as it says") \
	X(colour, "color", 'c', 0, "auto, always or never") \
	X(listsize, "listsize", 'n', 15, "lines that list shows") \
	X(exit_on_error, "exit-on-error", 'b', 0, \
	  "end a script, and the session, at the first error (status 1)") \
	X(stop_at_divergence, "stop-at-divergence", 'b', 1, \
	  "continue stops where the two sides part") \
	X(stop_at_failure, "stop-at-failure", 'b', 1, \
	  "continue stops where the destination refuses the stream") \
	X(print_bytes, "print-bytes", 'n', 16, "bytes of a field shown in hex at each stop") \
	X(history_size, "history-size", 'n', 1000, "lines of history kept across runs")

struct settings {
#define X(id, name, kind, value, help) long id;
	SETTINGS(X)
#undef X
};

enum { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

struct setting_info {
	const char *name, *help;
	char kind;
	size_t offset;	/* of the long in struct settings */
};

extern const struct setting_info setting_infos[];	/* ended by a NULL name */

void settings_init(struct settings *s);
/* Find by name or unique beginning. */
const struct setting_info *setting_find(const char *name, struct err *err);
int setting_set(struct settings *s, const struct setting_info *i,
		const char *value, struct err *err);
/* "on", "80", "auto" ... into @buf, which is returned. */
const char *setting_get(const struct settings *s, const struct setting_info *i,
			char *buf, size_t size);

#endif
