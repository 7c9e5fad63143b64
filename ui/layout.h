/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout.h - where on the screen the panes are.
 */
#ifndef VMSDB_LAYOUT_H
#define VMSDB_LAYOUT_H

#include "view.h"

/* X(name, "layout NAME") */
#define LAYOUTS(X) \
	X(OVERVIEW, "overview") \
	X(COMPARE, "compare") \
	X(STRUCTURE, "structure") \
	X(LISTS, "lists") \
	X(CHANGES, "changes")

enum screen_layout {
#define X(id, name) LAYOUT_##id,
	LAYOUTS(X)
#undef X
	LAYOUTS_COUNT
};

const char *layout_name(enum screen_layout l);

/* The smallest screen on which there are panes. */
enum { LAYOUT_MIN_W = 20, LAYOUT_MIN_H = 6 };

/*
 * Place the panes on @w columns and @h lines: each with a line for its title,
 * and a free column between neighbours.  Those without a place get no height.
 */
void layout_place(enum screen_layout l, int w, int h, struct rect panes[PANES_COUNT]);

#endif
