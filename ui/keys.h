/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keys.h - one table of keys: what each runs, and what help and manual say.
 *
 * A key runs a line: of the command language, or one of the screen's own
 * words, which only change what is looked at ("focus next").  Both can be
 * typed behind ":" as well.
 */
#ifndef VMSDB_KEYS_H
#define VMSDB_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* X(name in key tables, code, as people write it) */
#define KEYS(X) \
	X(UP, "Up") X(DOWN, "Down") X(LEFT, "Left") X(RIGHT, "Right") \
	X(PAGE_UP, "PgUp") X(PAGE_DOWN, "PgDn") X(HOME, "Home") X(END, "End") \
	X(INSERT, "Ins") X(DELETE, "Del") X(ENTER, "Enter") X(TAB, "Tab") \
	X(BACK_TAB, "S-Tab") X(BACKSPACE, "Backspace") X(ESCAPE, "Esc") \
	X(F1, "F1") X(F2, "F2") X(F3, "F3") X(F4, "F4") X(F5, "F5") \
	X(F6, "F6") X(F7, "F7") X(F8, "F8") X(F9, "F9") X(F10, "F10") \
	X(F11, "F11") X(F12, "F12") X(RESIZE, "(resize)") \
	X(MOUSE, "(mouse)") X(INTERRUPT, "C-c")

/* Characters are themselves; C-a is 1; with Alt, K_ALT is added. */
enum {
	K_NONE = 0, K_FIRST = 0x110000,
#define X(id, name) K_##id,
	KEYS(X)
#undef X
	K_LAST,
	K_ALT = 0x1000000,
};

#define KEY_GROUPS(X) \
	X(TIME, "Moving in time") \
	X(PLACES, "Divergences and sections") \
	X(BREAK, "Breakpoints") \
	X(SEARCH, "Searching") \
	X(LOOK, "Looking closer") \
	X(PANE, "In a pane") \
	X(SCREEN, "The screen")

enum key_group {
#define X(id, name) KEYS_##id,
	KEY_GROUPS(X)
#undef X
	KEY_GROUPS_COUNT
};

const char *key_group_name(enum key_group g);

enum key_flag {
	KEY_COUNTS = 1,		/* "5s" runs "step 5" */
	KEY_SEARCHING = 2,	/* only while a search is on */
};

struct key_binding {
	const char *keys;	/* "s", "S rs", "C-d PgDn"; "rs": one after the other */
	const char *line;
	const char *help;
	enum key_group group;
	unsigned flags;
};

extern const struct key_binding key_bindings[];	/* ended by NULL keys */

/*
 * What @key means, typed behind @prefix (K_NONE: none).  NULL if nothing;
 * *@more is set if it is the first of two.
 */
const struct key_binding *key_find(uint32_t prefix, uint32_t key,
				   bool searching, bool *more);

/* "s", "Up", "C-d", "M-x" into @buf, which is returned. */
const char *key_to_text(uint32_t key, char *buf, size_t size);

/* Does a binding contain all words of @filter (in keys, line or help)? */
bool key_matches(const struct key_binding *b, const char *filter);

/* The key section of the manual, in mdoc. */
void keys_dump_mdoc(FILE *f);

#endif
