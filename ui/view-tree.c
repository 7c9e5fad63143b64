/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The load sequence as a tree, closed where all is well.
 *
 * Lines have no numbers here: a line is an event, and the lines around it are
 * index arithmetic on the pre-order timeline.  So opening and closing changes
 * one bit, and a screenful costs a screenful.  What is around the current
 * event, or around a place where the sides part, is open by itself.
 */
#include <inttypes.h>
#include <string.h>

#include "view.h"

static bool bit(const uint8_t *bits, uint32_t i)
{
	return bits[i / 8] >> i % 8 & 1;
}

static void set_bit(uint8_t *bits, uint32_t i, bool on)
{
	if (on)
		bits[i / 8] |= (uint8_t)(1u << i % 8);
	else
		bits[i / 8] &= (uint8_t)~(1u << i % 8);
}

static bool has_children(const struct screen *sc, uint32_t i)
{
	return sc->s->t->events[i].end > i + 1;
}

static bool is_open(struct screen *sc, uint32_t i)
{
	const struct event *e = &sc->s->t->events[i];

	sc->work++;
	if (e->end <= i + 1 || bit(sc->closed, i))
		return false;
	return !i || bit(sc->opened, i) || (sc->s->at > i && sc->s->at < e->end) ||
		event_hides_part(sc, i);
}

static void set_open(struct screen *sc, uint32_t i, bool open)
{
	set_bit(sc->opened, i, open);
	set_bit(sc->closed, i, !open);
}

/* The line below; EVENT_NONE behind the last one. */
static uint32_t line_after(struct screen *sc, uint32_t i)
{
	uint32_t next = is_open(sc, i) ? i + 1 : sc->s->t->events[i].end;

	return next < sc->s->t->n ? next : EVENT_NONE;
}

/* The child of @parent that is, or contains, @i. */
static uint32_t child_around(struct screen *sc, uint32_t parent, uint32_t i)
{
	const struct event *v = sc->s->t->events;

	for (; v[i].parent != parent; i = v[i].parent)
		sc->work++;
	return i;
}

/* The line above; EVENT_NONE before the first one. */
static uint32_t line_before(struct screen *sc, uint32_t i)
{
	const struct event *v = sc->s->t->events;
	uint32_t parent = v[i].parent;

	if (parent == EVENT_NONE)
		return EVENT_NONE;
	if (i == parent + 1)
		return parent;
	i = child_around(sc, parent, i - 1);
	while (is_open(sc, i))
		i = child_around(sc, i, v[i].end - 1);
	return i;
}

/* The event itself, or the closed one around it. */
static uint32_t visible(struct screen *sc, uint32_t event)
{
	uint32_t found = event;

	for (uint32_t i = event; i != EVENT_NONE;
	     i = sc->s->t->events[i].parent) {
		if (i != event && !is_open(sc, i))
			found = i;
	}
	return found;
}

/* ---- the cursor ---- */

static uint32_t cursor_of(struct screen *sc)
{
	struct pane_state *ps = &sc->panes[PANE_TREE];

	if (ps->cursor >= sc->s->t->n)
		ps->cursor = sc->s->at;
	ps->cursor = visible(sc, (uint32_t)ps->cursor);
	return (uint32_t)ps->cursor;
}

static void go_lines(struct screen *sc, uint64_t n, bool down)
{
	uint32_t at = cursor_of(sc);

	/* nobody counts further than a screen can follow */
	for (n = n < 10000 ? n : 10000; n; n--) {
		uint32_t to = down ? line_after(sc, at) : line_before(sc, at);

		if (to == EVENT_NONE)
			break;
		at = to;
	}
	sc->panes[PANE_TREE].cursor = at;
}

static void go_left(struct screen *sc)
{
	uint32_t at = cursor_of(sc), parent = sc->s->t->events[at].parent;

	if (is_open(sc, at) && at)
		set_open(sc, at, false);
	else if (parent != EVENT_NONE)
		sc->panes[PANE_TREE].cursor = parent;
}

static void go_right(struct screen *sc)
{
	uint32_t at = cursor_of(sc);

	if (!has_children(sc, at))
		return;
	if (is_open(sc, at))
		sc->panes[PANE_TREE].cursor = at + 1;
	else
		set_open(sc, at, true);
}

static void move(struct screen *sc, enum motion m, uint64_t n)
{
	struct pane_state *ps = &sc->panes[PANE_TREE];
	uint64_t page = (uint64_t)pane_height(sc, PANE_TREE);

	ps->wandered = true;
	switch (m) {
	case MOTION_UP: go_lines(sc, n, false); break;
	case MOTION_DOWN: go_lines(sc, n, true); break;
	case MOTION_PAGE_UP: go_lines(sc, page, false); break;
	case MOTION_PAGE_DOWN: go_lines(sc, page, true); break;
	case MOTION_HALF_UP: go_lines(sc, page / 2, false); break;
	case MOTION_HALF_DOWN: go_lines(sc, page / 2, true); break;
	case MOTION_TOP: ps->cursor = 0; break;
	case MOTION_BOTTOM: ps->cursor = visible(sc, sc->s->t->n - 1); break;
	case MOTION_LEFT: go_left(sc); break;
	case MOTION_RIGHT: go_right(sc); break;
	default: break;
	}
}

/* A step into what the user has closed opens it. */
static void follow(struct screen *sc)
{
	struct pane_state *ps = &sc->panes[PANE_TREE];

	for (uint32_t i = sc->s->t->events[sc->s->at].parent; i != EVENT_NONE;
	     i = sc->s->t->events[i].parent)
		set_bit(sc->closed, i, false);
	ps->cursor = sc->s->at;
	ps->wandered = false;
}

/* Going there shows what is inside; there already, open or close it. */
static bool enter(struct screen *sc, char *line, size_t size)
{
	uint32_t at = cursor_of(sc);

	if (at == sc->s->at || !size) {
		if (has_children(sc, at) && at)
			set_open(sc, at, !is_open(sc, at));
		return false;
	}
	if (has_children(sc, at))
		set_open(sc, at, true);
	snprintf(line, size, "goto %" PRIu32, at);
	return true;
}

/* ---- drawing ---- */

/*
 * The first line, so that the cursor's is in sight: where it was if that will
 * do, else with the cursor in the middle.
 */
static uint32_t first_line(struct screen *sc, int height)
{
	struct pane_state *ps = &sc->panes[PANE_TREE];
	uint32_t cursor = cursor_of(sc), i = cursor, middle = cursor;
	int margin = height > 8 ? 2 : 0;

	for (int k = 0; k < height - margin; k++) {
		uint32_t up;

		if (i == ps->top && k >= (i ? margin : 0))
			return i;
		if (k <= height / 2)
			middle = i;
		up = line_before(sc, i);
		if (up == EVENT_NONE)
			break;
		i = up;
	}
	return middle;
}

/* The detail at the right: a version where there is one, else the size. */
static void put_detail(struct pen *p, const struct event *e)
{
	char buf[32];

	if (p->end - p->x < 6)
		return;
	if (e->kind == EV_SECTION || e->kind == EV_FIELD || e->kind == EV_RAM ||
	    e->kind == EV_ITEM || e->kind == EV_GROUP)
		snprintf(buf, sizeof(buf), " %" PRIu64, e->len);
	else
		return;
	pen_right(p, INK_DIM, buf);
}

static enum ink ink_of(const struct screen *sc, uint32_t i)
{
	const struct event *e = &sc->s->t->events[i];

	if (i == sc->s->at)
		return INK_HERE;
	if (event_is_beyond(sc, i) || e->kind == EV_PROBE ||
	    e->kind == EV_FOOTER || e->outcome == OUT_ABSENT)
		return INK_DIM;
	return e->kind == EV_SECTION ? INK_BOLD : INK_PLAIN;
}

static void draw_line(struct screen *sc, struct canvas *c, struct rect r,
		      int y, uint32_t i)
{
	const struct event *e = &sc->s->t->events[i];
	struct pen p = pen_at(c, r.x, y, r.w);
	struct mark stop = stop_mark(sc, i), mark = event_mark(sc, i);
	bool open = is_open(sc, i);
	bool here = i == sc->s->at ||
		(!open && sc->s->at > i && sc->s->at < e->end);
	char label[600];

	if (!open && mark.glyph == GLYPH_LEAF && event_hides_part(sc, i))
		mark = (struct mark){ GLYPH_DIVERGE, INK_BAD };
	pen_glyph(&p, here ? INK_HERE : stop.ink,
		  here ? GLYPH_HERE : stop.glyph);
	if (here && stop.glyph != GLYPH_LEAF)
		pen_glyph(&p, stop.ink, stop.glyph);
	else
		pen_glyph(&p, mark.ink, mark.glyph);
	for (int k = 1; k < e->depth && k < 24; k++)
		pen_text(&p, INK_PLAIN, r.w > 40 ? "  " : " ");
	pen_glyph(&p, INK_DIM, !has_children(sc, i) ? GLYPH_LEAF : open ?
		  GLYPH_OPEN : GLYPH_CLOSED);
	pen_text(&p, INK_PLAIN, " ");
	event_label(sc->s->t, i, label, sizeof(label));
	pen_text(&p, ink_of(sc, i), label);
	put_detail(&p, e);
	if (i == sc->s->at)
		canvas_back(c, r.x, y, r.w, BACK_HERE);
}

static void draw(struct screen *sc, struct canvas *c, struct rect r, bool focus)
{
	struct pane_state *ps = &sc->panes[PANE_TREE];
	uint32_t i = first_line(sc, r.h);

	ps->top = i;
	for (int y = 0; y < r.h && i != EVENT_NONE; y++) {
		draw_line(sc, c, r, r.y + y, i);
		if (i == ps->cursor && (focus || ps->wandered))
			canvas_back(c, r.x, r.y + y, r.w, focus ? BACK_CURSOR :
				    BACK_MARK);
		i = line_after(sc, i);
	}
}

static void title(struct screen *sc, struct pen *p)
{
	(void)sc;
	pen_text(p, INK_TITLE, "load sequence");
}

static void click(struct screen *sc, int x, int y)
{
	uint32_t i = (uint32_t)sc->panes[PANE_TREE].top;

	(void)x;
	while (y-- && i != EVENT_NONE)
		i = line_after(sc, i);
	if (i != EVENT_NONE)
		sc->panes[PANE_TREE].cursor = i;
	sc->panes[PANE_TREE].wandered = true;
}

const struct view view_tree = {
	.title = title, .draw = draw, .move = move, .enter = enter,
	.follow = follow, .click = click,
};
