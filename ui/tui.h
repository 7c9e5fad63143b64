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
 * Run until the user leaves (s->quit is set).  Takes the session's host
 * (command.h) for itself; a caller that goes on sets its own again.  Answers
 * 0, or -1 with @err if the terminal cannot be used: then nothing was done,
 * and a line debugger may take over.
 */
int tui_run(struct session *s, struct err *err);

/*
 * Write the screen to a file: text, or in colour if @path ends in .html or
 * .svg.  Outside of tui_run() it is drawn for the purpose, as large as the
 * settings width and height say (120x36 if they say nothing).  Fits
 * host.save_screen but for its context.
 */
int tui_save_screen(struct session *s, const char *path, struct err *err);

#endif
