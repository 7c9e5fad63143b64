/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The help of keys, made of their table; typing narrows it.
 */
#include <string.h>

#include "keys.h"
#include "view.h"

/* Lines of the help: a heading, its keys, a blank. */
struct lines {
	const struct key_binding *b[256];	/* NULL: a heading or a blank */
	int group[256];				/* of a heading; -1 */
	unsigned n;
};

static void add(struct lines *l, const struct key_binding *b, int group)
{
	if (l->n >= 256)
		return;
	l->b[l->n] = b;
	l->group[l->n++] = group;
}

static void collect(struct lines *l, const char *filter)
{
	for (int g = 0; g < KEY_GROUPS_COUNT; g++) {
		bool head = false;

		for (const struct key_binding *b = key_bindings; b->keys; b++) {
			if (b->group != (enum key_group)g ||
			    !key_matches(b, filter))
				continue;
			if (!head && l->n)
				add(l, NULL, -1);
			if (!head)
				add(l, NULL, g);
			head = true;
			add(l, b, -1);
		}
	}
}

static void draw_line(struct canvas *c, int x, int y, int w,
		      const struct lines *l, unsigned i)
{
	struct pen p = pen_at(c, x, y, w);
	const struct key_binding *b = l->b[i];

	if (!b && l->group[i] >= 0) {
		pen_print(&p, INK_BOLD, "%s",
			  key_group_name((enum key_group)l->group[i]));
		return;
	}
	if (!b)
		return;
	pen_text(&p, INK_PLAIN, "  ");
	pen_cell(&p, INK_KEY, 13, "%s", b->keys);
	pen_text(&p, INK_PLAIN, b->help);
	if (b->flags & KEY_SEARCHING)
		pen_text(&p, INK_DIM, ", while searching");
	if (w >= 76) {
		char line[64];

		snprintf(line, sizeof(line), "  %s", b->line);
		pen_right(&p, INK_DIM, line);
	}
}

void view_keys(struct screen *sc, struct canvas *c, struct rect r)
{
	struct lines l = { .n = 0 };
	struct pen p = pen_at(c, r.x, r.y, r.w);
	unsigned columns = r.w >= 156 ? 2 : 1, h, per;
	int w = r.w / (int)columns - 2;

	collect(&l, sc->prompt == PROMPT_FILTER ? sc->edit.line : "");
	h = r.h > 2 ? (unsigned)r.h - 2 : 1;
	per = columns == 1 ? l.n : (l.n + 1) / 2;
	if (sc->overlay_top + h > per)
		sc->overlay_top = per > h ? per - h : 0;
	pen_text(&p, INK_HERE, " keys");
	pen_text(&p, INK_PLAIN, "  type to search, arrows scroll");
	pen_right(&p, INK_KEY, "Esc closes ");
	canvas_back(c, r.x, r.y, r.w, BACK_FOCUS);
	for (unsigned col = 0; col < columns; col++) {
		for (unsigned y = 0; y < h; y++) {
			unsigned i = (unsigned)sc->overlay_top + y + col * per;

			if (i < l.n && (unsigned)sc->overlay_top + y < per)
				draw_line(c, r.x + 1 + (int)col * (w + 2),
					  r.y + 2 + (int)y, w, &l, i);
		}
	}
	if (!l.n) {
		p = pen_at(c, r.x + 2, r.y + 2, r.w - 2);
		pen_text(&p, INK_DIM, "no key does that; 'apropos' searches "
			 "the commands");
	}
}
