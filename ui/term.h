/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * term.h - the terminal: cells out, keys in.
 *
 * Whatever happens, the terminal is given back as it was: on every return, on
 * exit(), and when a signal ends the program.
 */
#ifndef VMSDB_TERM_H
#define VMSDB_TERM_H

#include "../stream/err.h"
#include "canvas.h"

enum term_colours { TERM_COLOURS_AUTO, TERM_COLOURS_ON, TERM_COLOURS_OFF };

int term_open(enum term_colours colours, struct err *err);
void term_close(void);

/* Is it no terminal for UTF-8? */
bool term_is_ascii(void);
void term_size(int *w, int *h);

/* Show a canvas; all of it anew if @redraw. */
void term_show(const struct canvas *c, bool redraw);

/* The next key (keys.h); waits for one.  K_NONE: look again. */
uint32_t term_key(void);
/* Was Ctrl-C typed since the last key? */
bool term_interrupted(void);
/* After K_MOUSE: where, and what. */
struct term_mouse {
	int x, y;
	enum { MOUSE_NOTHING, MOUSE_CLICK, MOUSE_DOUBLE, MOUSE_WHEEL_UP,
	       MOUSE_WHEEL_DOWN } what;
};

struct term_mouse term_mouse(void);

/* Lend the terminal to another program, and take it back. */
void term_suspend(void);
void term_resume(void);

#endif
