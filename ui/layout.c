/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "layout.h"

const char *layout_name(enum screen_layout l)
{
	static const char *const names[] = {
#define X(id, name) name,
		LAYOUTS(X)
#undef X
	};

	return names[l];
}

static int clamp(int v, int min, int max)
{
	return v < min ? min : v > max ? max : v;
}

/* Cut @h lines off the lower end of @from. */
static struct rect cut_below(struct rect *from, int h)
{
	struct rect r = *from;

	r.h = clamp(h, 0, from->h);
	from->h -= r.h;
	r.y = from->y + from->h;
	return r;
}

/* Cut @w columns off the right, or left, and one for the line between. */
static struct rect cut_right(struct rect *from, int w)
{
	struct rect r = *from;

	r.w = w;
	from->w -= w + 1;
	r.x = from->x + from->w + 1;
	return r;
}

static struct rect cut_left(struct rect *from, int w)
{
	struct rect r = *from;

	r.w = w;
	from->x += w + 1;
	from->w -= w + 1;
	return r;
}

/* Messages with their title: what a stop prints, as far as there is room. */
static int message_lines(int h)
{
	return h < 18 ? 4 : h < 28 ? 6 : h < 44 ? 8 : 10;
}

static int byte_lines(int h)
{
	return h < 18 ? 3 : h < 28 ? 5 : clamp(h / 5, 6, 14);
}

static void place_wide(struct rect all, struct rect *p)
{
	struct rect right;

	p[PANE_TREE] = cut_left(&all, clamp(all.w * 22 / 100, 40, 64));
	right = cut_right(&all, clamp(all.w * 34 / 100, 56, 84));
	p[PANE_BREAKPOINTS] = cut_below(&right, clamp(right.h / 6, 3, 8));
	p[PANE_DIVERGENCES] = cut_below(&right, right.h / 2);
	p[PANE_MEMBERS] = right;
	p[PANE_BYTES] = cut_below(&all, clamp(all.h / 3, 6, 20));
	p[PANE_SIDES] = all;
}

static void place_medium(struct rect all, struct rect *p)
{
	struct rect below;

	p[PANE_TREE] = cut_left(&all, clamp(all.w * 27 / 100, 30, 46));
	below = cut_below(&all, byte_lines(all.h) + 1);
	if (all.w >= 116)
		p[PANE_DIVERGENCES] = cut_right(&below, all.w - 78);
	p[PANE_BYTES] = below;
	p[PANE_SIDES] = all;
}

static void place_overview(struct rect all, struct rect *p)
{
	p[PANE_MESSAGES] = cut_below(&all, message_lines(all.h));
	if (all.w >= 190) {
		place_wide(all, p);
	} else if (all.w >= 110) {
		place_medium(all, p);
	} else {
		p[PANE_BYTES] = cut_below(&all, byte_lines(all.h));
		p[PANE_SIDES] = all;
	}
}

static void place_compare(struct rect all, struct rect *p)
{
	p[PANE_MESSAGES] = cut_below(&all, clamp(all.h / 5, 3, 6));
	p[PANE_SIDES] = all;
}

static void place_structure(struct rect all, struct rect *p)
{
	p[PANE_MESSAGES] = cut_below(&all, clamp(all.h / 5, 3, 6));
	if (all.w >= 50)
		p[PANE_TREE] = cut_left(&all, clamp(all.w * 45 / 100, 24, 80));
	p[PANE_BYTES] = cut_below(&all, byte_lines(all.h));
	p[PANE_MEMBERS] = all;
}

static void place_lists(struct rect all, struct rect *p)
{
	p[PANE_MESSAGES] = cut_below(&all, clamp(all.h / 3, 4, 14));
	p[PANE_BREAKPOINTS] = cut_below(&all, clamp(all.h / 3, 3, 10));
	p[PANE_DIVERGENCES] = all;
}

static void place_changes(struct rect all, struct rect *p)
{
	p[PANE_MESSAGES] = cut_below(&all, clamp(all.h / 6, 3, 6));
	p[PANE_BYTES] = cut_below(&all, byte_lines(all.h));
	p[PANE_CHANGES] = all;
}

void layout_place(enum screen_layout l, int w, int h, struct rect panes[PANES_COUNT])
{
	struct rect all = { 0, 0, w, h };

	memset(panes, 0, sizeof(panes[0]) * PANES_COUNT);
	if (w < LAYOUT_MIN_W || h < LAYOUT_MIN_H - 2)
		return;
	switch (l) {
	case LAYOUT_COMPARE: place_compare(all, panes); break;
	case LAYOUT_STRUCTURE: place_structure(all, panes); break;
	case LAYOUT_LISTS: place_lists(all, panes); break;
	case LAYOUT_CHANGES: place_changes(all, panes); break;
	default: place_overview(all, panes);
	}
}
