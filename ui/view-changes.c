/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between the source and the snapshot that it is compared with.
 */
#include <inttypes.h>
#include <string.h>

#include "../debugger/compare.h"
#include "view.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Widths of the columns: the path, and each side's value. */
static void widths(int w, int *path, int *value)
{
	*value = w >= 100 ? 24 : w >= 60 ? 14 : 8;
	*path = w - 12 - 2 * *value;
	if (*path < 16)
		*path = 16;
}

/* The end of a path tells more than its beginning. */
static void draw_path(struct pen *p, int width, enum ink ink, const char *path)
{
	size_t n = strlen(path);
	const char *from = path + n - (n < (size_t)width ? n :
				       (size_t)width - 3);

	/* whole characters, and rather whole names */
	if (from > path) {
		const char *next = strpbrk(from, "./");

		if (next && next[1] && next - from < width / 2)
			from = next + 1;
		while ((*from & 0xc0) == 0x80)
			from++;
		pen_cell(p, ink, width, "..%s", from);
	} else {
		pen_cell(p, ink, width, "%s", path);
	}
}

static void draw_side(struct pen *p, int width, enum ink ink,
		      const struct difference *d, int side)
{
	const struct difference_side *v = &d->side[side];

	if (!v->there)
		pen_cell(p, INK_DIM, width, "%s", "-");
	else
		pen_cell(p, ink, width, "%s", v->value ? v->value :
			 difference_what_name(d->what));
}

static void draw_change(struct screen *sc, struct canvas *c, struct rect r,
			int y, size_t i)
{
	const struct difference *d = session_change(sc->s, i);
	bool changed = d->kind == DIFFERENCE_CHANGED;
	uint32_t e = session_change_event(sc->s, i);
	bool here = e != EVENT_NONE && e == sc->s->at;
	struct pen p = pen_at(c, r.x, y, r.w);
	int path, value;

	sc->work++;
	widths(r.w, &path, &value);
	pen_glyph(&p, INK_HERE, here ? GLYPH_HERE : GLYPH_LEAF);
	pen_glyph(&p, changed ? INK_WARN : INK_BAD,
		  changed ? GLYPH_NOTE : GLYPH_DIVERGE);
	pen_text(&p, INK_PLAIN, " ");
	if (d->side[SIDE_A].there)
		pen_cell(&p, INK_NUMBER, 9, "0x%" PRIx64, d->side[SIDE_A].off);
	else
		pen_cell(&p, INK_DIM, 9, "%s", "added");
	draw_path(&p, path - 1, here ? INK_HERE : INK_PLAIN, d->path);
	pen_text(&p, INK_PLAIN, " ");
	draw_side(&p, value, INK_SOURCE, d, SIDE_A);
	draw_side(&p, value, INK_DEST, d, SIDE_B);
	if (here)
		canvas_back(c, r.x, y, r.w, BACK_HERE);
}

static void draw(struct screen *sc, struct canvas *c, struct rect r, bool focus)
{
	struct pane_state *ps = &sc->panes[PANE_CHANGES];
	uint64_t total = session_nchanges(sc->s);
	struct pen p = pen_at(c, r.x + 2, r.y, r.w - 2);

	lines_scroll(ps, r.h, total, 1);
	for (int y = 0; y < r.h && ps->top + (uint64_t)y < total; y++) {
		draw_change(sc, c, r, r.y + y, ps->top + (size_t)y);
		lines_cursor(sc, c, PANE_CHANGES, r, ps->top + (uint64_t)y,
			     focus);
	}
	if (!session_compared(sc->s))
		pen_text(&p, INK_DIM, "nothing is compared: ':compare FILE' "
			 "puts another snapshot beside this one");
	else if (!total)
		pen_text(&p, INK_DIM, "none that counts");
}

static void title(struct screen *sc, struct pen *p)
{
	const char *other = session_compared(sc->s);

	pen_text(p, INK_TITLE, "changes");
	if (!other)
		return;
	pen_print(p, session_nchanges(sc->s) ? INK_WARN : INK_GOOD, "  %zu",
		  session_nchanges(sc->s));
	if (session_nchanged_pages(sc->s))
		pen_print(p, INK_WARN, ", %zu page%s of RAM",
			  session_nchanged_pages(sc->s),
			  session_nchanged_pages(sc->s) == 1 ? "" : "s");
	pen_print(p, INK_SOURCE, "  %s", base_name(sc->s->path));
	pen_text(p, INK_DIM, " | ");
	pen_text(p, INK_DEST, base_name(other));
}

static void move(struct screen *sc, enum motion m, uint64_t n)
{
	lines_move(sc, PANE_CHANGES, m, n, session_nchanges(sc->s));
}

/* The change at the place, or the last one before it: they are in order. */
static void follow(struct screen *sc)
{
	size_t n = session_nchanges(sc->s), best = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t e = session_change_event(sc->s, i);

		if (e != EVENT_NONE && e <= sc->s->at)
			best = i;
		if (e != EVENT_NONE && e >= sc->s->at)
			break;
	}
	sc->panes[PANE_CHANGES].cursor = best;
	sc->panes[PANE_CHANGES].wandered = false;
}

static bool enter(struct screen *sc, char *line, size_t size)
{
	uint64_t i = sc->panes[PANE_CHANGES].cursor;
	uint32_t e = i < session_nchanges(sc->s) ?
		session_change_event(sc->s, i) : EVENT_NONE;

	if (e == EVENT_NONE)
		return false;	/* the other has it alone */
	snprintf(line, size, "goto %" PRIu32, e);
	return true;
}

static void click(struct screen *sc, int x, int y)
{
	struct pane_state *ps = &sc->panes[PANE_CHANGES];

	(void)x;
	ps->cursor = ps->top + (uint64_t)y;
	ps->wandered = true;
}

const struct view view_changes = {
	.title = title, .draw = draw, .move = move, .enter = enter,
	.follow = follow, .click = click,
};
