/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * edit.h - the line that is being typed, with readline's keys, its history
 * and the command language's completion.
 */
#ifndef VMSDB_EDIT_H
#define VMSDB_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../debugger/session.h"

#define EDIT_MAX 2048

struct edit {
	char line[EDIT_MAX];
	size_t len, at;		/* bytes; .at is never inside of a character */
	char killed[EDIT_MAX];
	bool was_kill;		/* another kill adds to it */
	int history;		/* 0: the line itself, 1: the last one ... */
	char own[EDIT_MAX];	/* the line, while history shows another */
	/* Ctrl-R */
	bool seeking;
	char sought[128];
	/* words to choose from, after Tab; "" none */
	char choices[1024];
	size_t nchoices;
};

enum edit_result { EDIT_MORE, EDIT_DONE, EDIT_CANCELLED };

void edit_start(struct edit *e, const char *text);

/*
 * Take a key (keys.h).  @s completes its words with Tab; NULL: it does not.
 */
enum edit_result edit_key(struct edit *e, uint32_t key, struct session *s);

/* Put a line into the history that the line debugger has too. */
void edit_remember(const char *line);
/* That history's file: read it, and write its last @max lines. */
void edit_history_load(const char *path);
void edit_history_save(const char *path, int max);

#endif
