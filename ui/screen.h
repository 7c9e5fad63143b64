/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * screen.h - the full-screen debugger without a terminal: keys in, cells out.
 */
#ifndef VMSDB_SCREEN_H
#define VMSDB_SCREEN_H

#include "view.h"

void screen_init(struct screen *sc, struct session *s);
void screen_release(struct screen *sc);

/* Draw all of it, in the size that the canvas has. */
void screen_draw(struct screen *sc, struct canvas *c);

/* A key (keys.h) was typed.  s->quit tells whether to go on. */
void screen_key(struct screen *sc, uint32_t key);
/* The mouse: a click, the second of two, the wheel (-1 up, 1 down). */
void screen_click(struct screen *sc, int x, int y, bool twice);
void screen_wheel(struct screen *sc, int x, int y, int direction);

/* Run a line: one of the screen's own words, else a command's. */
void screen_run(struct screen *sc, const char *line);

/* The screen's own words, ended by a NULL name. */
struct screen_word {
	const char *name, *args, *help;
	void (*run)(struct screen *sc, const char *args);
};

extern const struct screen_word screen_words[];

#endif
