/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the source wrote beside what the destination reads, by the bytes.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "view.h"

enum { GUTTER = 2, MIDDLE = 3 };

/* The columns of one side: as many as there is room for. */
struct columns {
	int offset, size, name, type;
};

static struct columns columns_of(int width)
{
	struct columns k = { .offset = width >= 22 ? 8 : 0 };
	int left;

	if (width >= 56)
		k.size = 6;
	if (width >= 66)
		k.type = 14;
	left = width - k.offset - k.size - k.type;
	k.name = left * 3 / 5;
	return k;
}

/* What stands behind the name; *@ink is its colour. */
static void value_of(const struct timeline *t, uint32_t i, char *buf,
		     size_t size, enum ink *ink)
{
	const struct event *e = &t->events[i];

	buf[0] = '\0';
	if (e->outcome == OUT_ABSENT) {
		*ink = INK_DIM;
		snprintf(buf, size, "not read");
	} else if (e->outcome != OUT_LOADED && e->outcome != OUT_GOOD) {
		*ink = e->outcome == OUT_GUESS || e->outcome == OUT_UNREAD ?
			INK_WARN : INK_BAD;
		snprintf(buf, size, "%s",
			 outcome_name((enum outcome)e->outcome));
	} else if (e->kind == EV_SECTION) {
		*ink = INK_DIM;
		snprintf(buf, size, "section %" PRIu32 " v%" PRId32, e->n,
			 e->version);
	} else {
		session_value(t, i, buf, size);
	}
}

static int min(int a, int b)
{
	return a < b ? a : b;
}

/* Name, type, value: the columns give way to a name that is longer. */
static void draw_words(struct pen *p, const struct timeline *t, uint32_t i,
		       const struct columns *k, int indent, enum ink ink)
{
	const struct event *e = &t->events[i];
	const char *type = k->type && e->type && e->kind != EV_PROBE ?
		e->type : "";
	int x = p->x, room = p->end - x, want, behind = 0;
	enum ink value_ink = ink;
	char label[600], value[400];
	struct pen name;

	event_label(t, i, label, sizeof(label));
	value_of(t, i, value, sizeof(value), &value_ink);
	want = indent + text_width(p->canvas, label) + 1;
	if (*type)
		behind += k->type;
	if (*value)
		behind += min(text_width(p->canvas, value), room / 2);
	if (want > k->name)
		want = min(want, room - behind);
	if (want < k->name)
		want = k->name;
	name = pen_at(p->canvas, x + indent, p->y, want - indent -
		      (behind ? 1 : 0));
	pen_text(&name, ink, label);
	p->x = name.x;
	pen_to(p, x + want);
	if (*type)
		pen_cell(p, INK_DIM, k->type - 1, "%s", type);
	else if (*value && want == k->name)
		pen_to(p, p->x + k->type);
	pen_text(p, value_ink, value);
}

static void draw_side(struct canvas *c, const struct timeline *t, uint32_t i,
		      struct rect r, enum ink ink, uint8_t base)
{
	const struct event *e = &t->events[i];
	struct columns k = columns_of(r.w);
	struct pen p = pen_at(c, r.x, r.y, r.w);
	int indent = e->depth > base ? e->depth - base : 0;
	char size[24];

	pen_cell(&p, INK_NUMBER, k.offset - 1, "0x%" PRIx64, e->off);
	snprintf(size, sizeof(size), "%" PRIu64, e->len);
	pen_cell(&p, INK_DIM, k.size - 1, "%*s", k.size - 1, size);
	if (r.w >= 66)
		indent *= 2;
	draw_words(&p, t, i, &k, min(indent, r.w / 5), ink);
}

static enum ink ink_of(const struct screen *sc, const struct timeline *t,
		       uint32_t i, enum aligned_mark m, enum ink side)
{
	const struct event *e = &t->events[i];

	if (m == ALIGNED_OTHER_NAME || m == ALIGNED_DIFFERENT ||
	    m == ALIGNED_ONLY_SOURCE || m == ALIGNED_ONLY_DEST)
		return side;
	if (e->kind == EV_PROBE || e->outcome == OUT_ABSENT ||
	    (t == sc->s->t && event_is_beyond(sc, i)))
		return INK_DIM;
	return e->kind == EV_SECTION ? INK_BOLD : INK_PLAIN;
}

static struct mark middle_mark(struct screen *sc, const struct aligned_row *r,
			       enum aligned_mark m)
{
	struct mark mark = { GLYPH_VERTICAL, INK_FRAME };

	if (r->dest != EVENT_NONE) {
		struct mark own = event_mark(sc, r->dest);

		if (own.glyph == GLYPH_DIVERGE || own.glyph == GLYPH_FAIL)
			return own;
	}
	switch (m) {
	case ALIGNED_OTHER_NAME:
		return (struct mark){ GLYPH_NOTE, INK_WARN };
	case ALIGNED_DIFFERENT:
		return (struct mark){ GLYPH_DIVERGE, INK_WARN };
	case ALIGNED_ONLY_SOURCE:
		return (struct mark){ GLYPH_ONLY_SOURCE, INK_SOURCE };
	case ALIGNED_ONLY_DEST:
		return (struct mark){ GLYPH_ONLY_DEST, INK_DEST };
	default:
		return mark;
	}
}

/* How far in the sections' own fields stand. */
static uint8_t base_depth(const struct timeline *t, uint32_t i)
{
	uint32_t section = timeline_section(t, i);

	return section == EVENT_NONE ? 1 : t->events[section].depth;
}

struct half {
	struct rect r;
	bool source;
};

static void draw_half(struct screen *sc, struct canvas *c, struct half h,
		      uint64_t line)
{
	const struct timeline *t = h.source ? session_source(sc->s) : sc->s->t;
	const struct aligned_row *row = &sc->rows.rows[line];
	uint32_t i = h.source ? row->source : row->dest;
	enum aligned_mark m = aligned_mark(sc->s, row);
	uint8_t here = sc->s->t->events[sc->s->at].depth, base;

	sc->work++;
	if (!t || i == EVENT_NONE)
		return;
	base = base_depth(t, i);
	/* narrow: what is around the place is seen, not how deep it lies */
	if (h.r.w < 48 && here > base + 2)
		base = (uint8_t)(here - 2);
	draw_side(c, t, i, h.r, ink_of(sc, t, i, m, h.source ? INK_SOURCE :
				       INK_DEST), base);
}

static void draw_gutter(struct screen *sc, struct canvas *c, struct rect r,
			int y, uint64_t line, bool with_middle)
{
	const struct aligned_row *row = &sc->rows.rows[line];
	struct pen p = pen_at(c, r.x, y, GUTTER);
	struct mark m;

	if (row->dest != EVENT_NONE) {
		m = stop_mark(sc, row->dest);
		pen_glyph(&p, INK_HERE, row->dest == sc->s->at ? GLYPH_HERE :
			  GLYPH_LEAF);
		pen_glyph(&p, m.ink, m.glyph);
	}
	if (!with_middle)
		return;
	m = middle_mark(sc, row, aligned_mark(sc->s, row));
	p = pen_at(c, r.x + GUTTER + (r.w - GUTTER - MIDDLE) / 2 + 1, y, 1);
	pen_glyph(&p, m.ink, m.glyph);
}

static uint64_t row_of(const struct screen *sc, uint32_t event)
{
	return sc->rows.of_dest[event];
}

static void draw_row(struct screen *sc, struct canvas *c, struct rect r, int y)
{
	const struct pane_state *ps = &sc->panes[PANE_SIDES];
	int half = (r.w - GUTTER - MIDDLE) / 2;
	uint64_t lines[2];

	lines[0] = lines[1] = ps->top + (uint64_t)y;
	if (sc->unlocked) {
		lines[0] = sc->side_top[0] + (uint64_t)y;
		lines[1] = sc->side_top[1] + (uint64_t)y;
	}
	if (!session_source(sc->s)) {	/* there is only one side */
		struct rect all = { r.x + GUTTER, r.y + y, r.w - GUTTER, 1 };

		if (lines[1] < sc->rows.n) {
			draw_gutter(sc, c, r, r.y + y, lines[1], false);
			draw_half(sc, c, (struct half){ all, false }, lines[1]);
		}
	} else {
		struct rect left = { r.x + GUTTER, r.y + y, half, 1 };
		struct rect right = left;

		right.x += half + MIDDLE;
		right.w = r.w - (right.x - r.x);
		if (lines[0] < sc->rows.n)
			draw_half(sc, c, (struct half){ left, true }, lines[0]);
		if (lines[1] < sc->rows.n) {
			draw_gutter(sc, c, r, r.y + y, lines[1],
				    !sc->unlocked);
			draw_half(sc, c, (struct half){ right, false },
				  lines[1]);
		}
		if (sc->unlocked)
			canvas_column(c, r.x + GUTTER + half + 1, r.y + y, 1,
				      GLYPH_VERTICAL);
	}
	if (lines[1] == row_of(sc, sc->s->at))
		canvas_back(c, sc->unlocked ? r.x + GUTTER + half + MIDDLE :
			    r.x, r.y + y, r.w, BACK_HERE);
}

static void draw(struct screen *sc, struct canvas *c, struct rect r, bool focus)
{
	struct pane_state *ps = &sc->panes[PANE_SIDES];

	lines_scroll(ps, r.h, sc->rows.n, 3);
	if (!sc->unlocked)
		sc->side_top[0] = sc->side_top[1] = ps->top;
	for (int y = 0; y < r.h; y++) {
		draw_row(sc, c, r, y);
		if (!sc->unlocked && ps->top + (uint64_t)y < sc->rows.n)
			lines_cursor(sc, c, PANE_SIDES, r, ps->top + (uint64_t)y,
				     focus);
	}
}

/* The last name of a path, which says most. */
static const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "";
}

static const char *destination_name(const struct session *s)
{
	if (s->dest->is_source)
		return "the source itself";
	if (s->nto)
		return base_name(s->to[0]);
	if (s->dest->reference)
		return base_name(s->dest->reference->src->path);
	return s->dest->ndumps ? base_name(s->dest->dumps[0].set.path) : "";
}

static void title(struct screen *sc, struct pen *p)
{
	/* as in draw_row(), from behind the mark of the focus */
	int half = (p->end - p->x + 1 - GUTTER - MIDDLE) / 2;
	int right = p->x - 1 + GUTTER + half + MIDDLE;
	struct pen left;

	pen_to(p, p->x - 1 + GUTTER);
	left = *p;

	if (!session_source(sc->s)) {
		pen_text(p, INK_DEST, "destination reads");
		pen_print(p, INK_DIM, "  %s", destination_name(sc->s));
		return;
	}
	left.end = right - MIDDLE;
	pen_text(&left, INK_SOURCE, "source wrote");
	if (sc->unlocked)
		pen_text(&left, sc->unlocked == 1 ? INK_KEY : INK_DIM,
			 "  unlocked");
	else
		pen_print(&left, INK_DIM, "  %s", base_name(sc->s->path));
	p->x = left.x;
	pen_to(p, right);
	pen_text(p, INK_DEST, "destination reads");
	if (sc->unlocked)
		pen_text(p, sc->unlocked == 2 ? INK_KEY : INK_DIM,
			 "  unlocked");
	else
		pen_print(p, INK_DIM, "  %s", destination_name(sc->s));
}

/* One side alone: as far as its lines go. */
static void move_side(struct screen *sc, enum motion m, uint64_t n)
{
	struct pane_state saved = sc->panes[PANE_SIDES];
	uint64_t *top = &sc->side_top[sc->unlocked - 1];

	sc->panes[PANE_SIDES].cursor = *top;
	lines_move(sc, PANE_SIDES, m, n, sc->rows.n);
	*top = sc->panes[PANE_SIDES].cursor;
	sc->panes[PANE_SIDES] = saved;
}

static void move(struct screen *sc, enum motion m, uint64_t n)
{
	if (!sc->unlocked)
		lines_move(sc, PANE_SIDES, m, n, sc->rows.n);
	else if (m == MOTION_LEFT || m == MOTION_RIGHT)
		sc->unlocked = m == MOTION_LEFT ? 1 : 2;
	else
		move_side(sc, m, n);
}

static void follow(struct screen *sc)
{
	struct pane_state *ps = &sc->panes[PANE_SIDES];

	sc->unlocked = 0;
	ps->cursor = row_of(sc, sc->s->at);
	ps->wandered = false;
}

static bool enter(struct screen *sc, char *line, size_t size)
{
	uint64_t i = sc->panes[PANE_SIDES].cursor;
	const struct aligned_row *row;

	if (sc->unlocked || i >= sc->rows.n)
		return false;
	row = &sc->rows.rows[i];
	if (row->dest == sc->s->at)
		snprintf(line, size, "down");
	else if (row->dest != EVENT_NONE)
		snprintf(line, size, "goto %" PRIu32, row->dest);
	else
		snprintf(line, size, "goto 0x%" PRIx64,
			 session_source(sc->s)->events[row->source].off);
	return true;
}

static void click(struct screen *sc, int x, int y)
{
	struct pane_state *ps = &sc->panes[PANE_SIDES];

	(void)x;
	ps->cursor = ps->top + (uint64_t)y;
	ps->wandered = true;
}

const struct view view_sides = {
	.title = title, .draw = draw, .move = move, .enter = enter,
	.follow = follow, .click = click,
};
