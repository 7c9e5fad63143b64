/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All divergences; all breakpoints.
 */
#include <inttypes.h>
#include <string.h>

#include "view.h"

static void click_line(struct screen *sc, enum pane p, int y)
{
	sc->panes[p].cursor = sc->panes[p].top + (uint64_t)y;
	sc->panes[p].wandered = true;
}

static void say(struct canvas *c, struct rect r, enum ink ink, const char *text)
{
	struct pen p = pen_at(c, r.x + 2, r.y, r.w - 2);

	pen_text(&p, ink, text);
}

/* ---- divergences ---- */

static void draw_divergence(struct screen *sc, struct canvas *c, struct rect r,
			    int y, uint64_t i)
{
	const struct divergence *d = &sc->s->a->divergences[i];
	const char *place = d->place.path && *d->place.path ? d->place.path :
		d->place.idstr ? d->place.idstr : "";
	bool here = session_divergence_event(sc->s, i) == sc->s->at;
	struct pen p = pen_at(c, r.x, y, r.w);

	sc->work++;
	pen_glyph(&p, INK_HERE, here ? GLYPH_HERE : GLYPH_LEAF);
	pen_glyph(&p, d->note ? INK_WARN : INK_BAD,
		  d->note ? GLYPH_NOTE : GLYPH_DIVERGE);
	pen_text(&p, INK_PLAIN, " ");
	pen_cell(&p, INK_NUMBER, 7, "0x%" PRIx64, d->place.offset);
	if (r.w >= 40)
		pen_cell(&p, d->note ? INK_DIM : INK_BAD, r.w >= 90 ? 18 : 10,
			 "%s", divergence_name(d->kind));
	pen_text(&p, d->note ? INK_PLAIN : INK_HERE, place);
	if (d->text)
		pen_print(&p, INK_DIM, "  %s", d->text);
	if (here)
		canvas_back(c, r.x, y, r.w, BACK_HERE);
}

static void draw_divergences(struct screen *sc, struct canvas *c,
			     struct rect r, bool focus)
{
	struct pane_state *ps = &sc->panes[PANE_DIVERGENCES];
	uint64_t total = sc->s->a->ndivergences;

	lines_scroll(ps, r.h, total, 1);
	for (int y = 0; y < r.h && ps->top + (uint64_t)y < total; y++) {
		draw_divergence(sc, c, r, r.y + y, ps->top + (uint64_t)y);
		lines_cursor(sc, c, PANE_DIVERGENCES, r, ps->top + (uint64_t)y,
			     focus);
	}
	if (!total)
		say(c, r, INK_DIM, "none: the two sides agree");
}

static void title_divergences(struct screen *sc, struct pen *p)
{
	const struct analysis *a = sc->s->a;
	size_t notes = 0;

	for (size_t i = 0; i < a->ndivergences; i++)
		notes += a->divergences[i].note;
	pen_text(p, INK_TITLE, "divergences");
	pen_print(p, a->ndivergences > notes ? INK_BAD : INK_GOOD, "  %zu",
		  a->ndivergences - notes);
	if (notes)
		pen_print(p, INK_DIM, ", %zu without consequence", notes);
}

static void move_divergences(struct screen *sc, enum motion m, uint64_t n)
{
	lines_move(sc, PANE_DIVERGENCES, m, n, sc->s->a->ndivergences);
}

/* The last one at or before the place; the first that matters at the start. */
static void follow_divergences(struct screen *sc)
{
	const struct analysis *a = sc->s->a;
	size_t best = a->first == SIZE_MAX ? 0 : a->first;
	uint32_t nearest = 0;

	for (size_t i = 0; i < a->ndivergences; i++) {
		uint32_t e = session_divergence_event(sc->s, i);

		if (e <= sc->s->at && e >= nearest) {
			nearest = e;
			best = i;
		}
	}
	sc->panes[PANE_DIVERGENCES].cursor = best;
	sc->panes[PANE_DIVERGENCES].wandered = false;
}

static bool enter_divergences(struct screen *sc, char *line, size_t size)
{
	uint64_t i = sc->panes[PANE_DIVERGENCES].cursor;

	if (i >= sc->s->a->ndivergences)
		return false;
	snprintf(line, size, "goto %" PRIu32,
		 session_divergence_event(sc->s, i));
	return true;
}

static void click_divergences(struct screen *sc, int x, int y)
{
	(void)x;
	click_line(sc, PANE_DIVERGENCES, y);
}

const struct view view_divergences = {
	.title = title_divergences, .draw = draw_divergences,
	.move = move_divergences, .enter = enter_divergences,
	.follow = follow_divergences, .click = click_divergences,
};

/* ---- breakpoints ---- */

static void draw_breakpoint(struct screen *sc, struct canvas *c, struct rect r,
			    int y, const struct breakpoint *b)
{
	struct pen p = pen_at(c, r.x, y, r.w);
	bool here = breakpoint_at(sc->s, sc->s->at) == b;

	pen_glyph(&p, INK_HERE, here ? GLYPH_HERE : GLYPH_LEAF);
	pen_glyph(&p, b->enabled ? INK_BAD : INK_DIM,
		  b->enabled ? GLYPH_BREAK : GLYPH_BREAK_OFF);
	pen_print(&p, INK_NUMBER, " %u ", b->number);
	pen_print(&p, b->enabled ? INK_PLAIN : INK_DIM, "%s%s%s",
		  b->watch ? "watch " : "", b->temporary ? "once " : "",
		  b->location);
	if (b->condition)
		pen_print(&p, INK_WARN, " if %s", b->condition);
	/* an event's number says little: tell what it is */
	if (b->where.n == 1 && strspn(b->location, "0123456789") ==
	    strlen(b->location)) {
		char path[2048];

		session_path(sc->s->t, b->where.events[0], path, sizeof(path));
		if (!*path)
			snprintf(path, sizeof(path), "(%s)", event_kind_name(
				 (enum event_kind)sc->s->t->events[
					b->where.events[0]].kind));
		pen_print(&p, INK_DIM, "  %s", path);
	}
	if (b->where.n != 1)
		pen_print(&p, INK_DIM, ", %zu places", b->where.n);
	if (b->hits)
		pen_print(&p, INK_DIM, ", hit %" PRIu64 " time%s", b->hits,
			  b->hits == 1 ? "" : "s");
}

static void draw_breakpoints(struct screen *sc, struct canvas *c,
			     struct rect r, bool focus)
{
	struct pane_state *ps = &sc->panes[PANE_BREAKPOINTS];
	const struct breakpoints *l = &sc->s->breakpoints;

	lines_scroll(ps, r.h, l->n, 0);
	for (int y = 0; y < r.h && ps->top + (uint64_t)y < l->n; y++) {
		draw_breakpoint(sc, c, r, r.y + y, l->list[ps->top +
				(uint64_t)y]);
		lines_cursor(sc, c, PANE_BREAKPOINTS, r, ps->top + (uint64_t)y,
			     focus);
	}
	if (!l->n)
		say(c, r, INK_DIM, "none: b sets one here, B anywhere");
}

static void title_breakpoints(struct screen *sc, struct pen *p)
{
	pen_text(p, INK_TITLE, "breakpoints");
	if (sc->s->breakpoints.n)
		pen_print(p, INK_DIM, "  %zu", sc->s->breakpoints.n);
}

static void move_breakpoints(struct screen *sc, enum motion m, uint64_t n)
{
	lines_move(sc, PANE_BREAKPOINTS, m, n, sc->s->breakpoints.n);
}

static void follow_breakpoints(struct screen *sc)
{
	sc->panes[PANE_BREAKPOINTS].wandered = false;
}

static bool enter_breakpoints(struct screen *sc, char *line, size_t size)
{
	const struct breakpoints *l = &sc->s->breakpoints;
	uint64_t i = sc->panes[PANE_BREAKPOINTS].cursor;

	if (i >= l->n)
		return false;
	snprintf(line, size, "goto %s", l->list[i]->location);
	return true;
}

static void click_breakpoints(struct screen *sc, int x, int y)
{
	(void)x;
	click_line(sc, PANE_BREAKPOINTS, y);
}

const struct view view_breakpoints = {
	.title = title_breakpoints, .draw = draw_breakpoints,
	.move = move_breakpoints, .enter = enter_breakpoints,
	.follow = follow_breakpoints, .click = click_breakpoints,
};
