/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tui.h - the full-screen debugger.
 *
 * It has no powers of its own: every key runs a line of the command language
 * (keys.h), and what it shows is read from the session.
 */
#ifndef VMSDB_TUI_H
#define VMSDB_TUI_H

#include "../debugger/session.h"

/*
 * Run until the user leaves, and return the exit status.  Takes the session's
 * host (command.h) for itself.  On a terminal that cannot place a cursor it
 * is the line debugger.
 */
int tui_run(struct session *s);

/*
 * Write the screen to a file: text, or in colour if @path ends in .html or
 * .svg.  Outside of tui_run() it is drawn for the purpose, as large as the
 * settings width and height say (120x36 if they say nothing).  Fits
 * host.save_screen but for its context.
 */
int tui_save_screen(struct session *s, const char *path, struct err *err);

#endif
