/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of the stream, with what both sides take for the current field
 * lit: [ ] is what the destination reads, ( ) what the source wrote there,
 * { } both.  ~ stands before a byte that another snapshot has otherwise.
 */
#include <inttypes.h>
#include <string.h>

#include "view.h"

struct range {
	uint64_t from, to;	/* [from, to) */
};

struct lit {
	struct range dest, source;
	bool is_leaf;	/* of what holds others only the ends are marked */
	uint64_t bad;	/* where the sides part, or the load fails */
	const struct session *s;	/* NULL: nothing is compared */
};

static struct range range_of(const struct timeline *t, uint32_t i)
{
	const struct event *e = i == EVENT_NONE ? NULL : &t->events[i];

	return e ? (struct range){ e->off, e->off + e->len } :
		(struct range){ 1, 0 };
}

static struct lit lit_now(const struct screen *sc)
{
	const struct session *s = sc->s;
	struct lit l = { .dest = range_of(s->t, s->at), .bad = UINT64_MAX };
	size_t d = session_divergence_at(s, s->at);

	l.s = session_compared(s) ? s : NULL;
	l.is_leaf = s->t->events[s->at].end == s->at + 1;
	l.source = range_of(session_source(s),
			    aligned_source(&sc->rows, s, s->at));
	if (d != SIZE_MAX && s->a->divergences[d].place.there)
		l.bad = s->a->divergences[d].place.offset;
	return l;
}

static bool holds(const struct range *r, uint64_t at)
{
	return at >= r->from && at < r->to;
}

static bool is_same(const struct lit *l)
{
	return l->dest.from == l->source.from && l->dest.to == l->source.to;
}

/* What stands between byte @at - 1 and @at. */
static char bracket(const struct lit *l, uint64_t at, bool first, bool last,
		    enum ink *ink)
{
	bool dest = l->dest.from < l->dest.to;
	bool source = l->source.from < l->source.to;

	*ink = INK_DEST;
	if (dest && source && is_same(l)) {
		*ink = INK_BOLD;
		if (at == l->dest.from && !last)
			return '{';
		return at == l->dest.to && !first ? '}' : ' ';
	}
	if (dest && at == l->dest.from && !last)
		return '[';
	if (dest && at == l->dest.to && !first)
		return ']';
	*ink = INK_SOURCE;
	if (source && at == l->source.from && !last)
		return '(';
	if (source && at == l->source.to && !first)
		return ')';
	return ' ';
}

static enum back back_of(const struct lit *l, uint64_t at)
{
	bool d = holds(&l->dest, at), s = holds(&l->source, at);

	if (!l->is_leaf)
		return BACK_NONE;
	return d && s ? BACK_BOTH : d ? BACK_DEST : s ? BACK_SOURCE : BACK_NONE;
}

static enum ink ink_of(const struct lit *l, uint64_t at, uint8_t byte)
{
	if (at == l->bad)
		return INK_BAD;
	if (l->s && session_byte_changed(l->s, at))
		return INK_WARN;
	if (back_of(l, at) != BACK_NONE)
		return INK_HERE;
	return byte ? INK_PLAIN : INK_DIM;
}

static int offset_digits(const struct source *src)
{
	return src->len >> 32 ? 10 : src->len >> 24 ? 8 : 6;
}

/* Bytes in a row of this width: offset, " xx" each, " ", text. */
static unsigned per_row(const struct source *src, int width)
{
	int fixed = 1 + offset_digits(src) + 3;
	unsigned n = 32;

	while (n > 4 && fixed + (int)n * 4 > width)
		n /= 2;
	return n;
}

static uint64_t total_rows(const struct screen *sc)
{
	return (sc->s->t->src->len + sc->bytes_per_row - 1) / sc->bytes_per_row;
}

static void draw_hex(struct canvas *c, struct pen *p, const struct source *src,
		     uint64_t at, unsigned n, const struct lit *l)
{
	for (unsigned i = 0; i <= n; i++) {
		bool inside = i < n && at + i < src->len;
		enum ink ink;
		char b[2] = { bracket(l, at + i, !i, i == n, &ink), '\0' };
		int x = p->x;

		if (b[0] == ' ' && inside && l->s &&
		    session_byte_changed(l->s, at + i)) {
			b[0] = '~';
			ink = INK_WARN;
		}

		pen_text(p, ink, b);
		/* the blank inside of a range is lit as well */
		if (b[0] == ' ' && i && inside &&
		    back_of(l, at + i) != BACK_NONE &&
		    back_of(l, at + i) == back_of(l, at + i - 1))
			canvas_back(c, x, p->y, 1, back_of(l, at + i));
		if (i == n)
			break;
		if (!inside) {
			pen_text(p, INK_PLAIN, "  ");
			continue;
		}
		x = p->x;
		pen_print(p, ink_of(l, at + i, src->data[at + i]), "%02x",
			  src->data[at + i]);
		canvas_back(c, x, p->y, 2, back_of(l, at + i));
	}
}

static void draw_text(struct canvas *c, struct pen *p, const struct source *src,
		      uint64_t at, unsigned n, const struct lit *l)
{
	for (unsigned i = 0; i < n && at + i < src->len; i++) {
		uint8_t b = src->data[at + i];
		bool shows = b >= 0x20 && b < 0x7f && b != '\\';
		char s[2] = { shows ? (char)b : '.', '\0' };

		canvas_back(c, p->x, p->y, 1, back_of(l, at + i));
		/* one column each, a backslash too */
		pen_safe(p, shows || b == '\\' ? ink_of(l, at + i, b) : INK_DIM,
			 b == '\\' ? "\\" : s);
	}
}

static void draw(struct screen *sc, struct canvas *c, struct rect r, bool focus)
{
	struct pane_state *ps = &sc->panes[PANE_BYTES];
	const struct source *src = sc->s->t->src;
	struct lit l = lit_now(sc);
	unsigned n = per_row(src, r.w);

	if (n != sc->bytes_per_row) {
		ps->cursor = ps->cursor * sc->bytes_per_row / n;
		ps->top = ps->top * sc->bytes_per_row / n;
		sc->bytes_per_row = n;
	}
	lines_scroll(ps, r.h, total_rows(sc), 1);
	for (int y = 0; y < r.h; y++) {
		uint64_t at = (ps->top + (uint64_t)y) * n;
		struct pen p = pen_at(c, r.x + 1, r.y + y, r.w - 1);

		if (at >= src->len)
			break;
		pen_print(&p, INK_NUMBER, "%0*" PRIx64 " ", offset_digits(src),
			  at);
		draw_hex(c, &p, src, at, n, &l);
		pen_text(&p, INK_PLAIN, " ");
		draw_text(c, &p, src, at, n, &l);
		if (focus && ps->cursor == ps->top + (uint64_t)y)
			canvas_back(c, r.x, r.y + y, offset_digits(src) + 2,
				    BACK_CURSOR);
	}
}

static void put_range(struct pen *p, enum ink ink, const char *what,
		      const struct range *r, const char *brackets)
{
	pen_print(p, ink, "  %c", brackets[0]);
	pen_print(p, ink, "%s 0x%" PRIx64 " +%" PRIu64, what, r->from,
		  r->to - r->from);
	pen_print(p, ink, "%c", brackets[1]);
}

static void title(struct screen *sc, struct pen *p)
{
	struct lit l = lit_now(sc);
	bool source = l.source.from <= l.source.to;

	pen_text(p, INK_TITLE, "bytes");
	if (l.dest.from == l.dest.to)
		pen_print(p, INK_DEST, "  at 0x%" PRIx64 ", none", l.dest.from);
	else if (source && is_same(&l))
		put_range(p, INK_BOLD, "both", &l.dest, "{}");
	else
		put_range(p, INK_DEST, "destination", &l.dest, "[]");
	if (source && !is_same(&l) && l.source.from < l.source.to)
		put_range(p, INK_SOURCE, "source", &l.source, "()");
	if (l.s)
		pen_text(p, INK_WARN, "  ~changed");
}

static void move(struct screen *sc, enum motion m, uint64_t n)
{
	lines_move(sc, PANE_BYTES, m, n, total_rows(sc));
}

static void follow(struct screen *sc)
{
	struct pane_state *ps = &sc->panes[PANE_BYTES];

	if (!sc->bytes_per_row)
		sc->bytes_per_row = 16;
	ps->cursor = sc->s->t->events[sc->s->at].off / sc->bytes_per_row;
	ps->wandered = false;
}

static bool enter(struct screen *sc, char *line, size_t size)
{
	snprintf(line, size, "goto 0x%" PRIx64,
		 sc->panes[PANE_BYTES].cursor * sc->bytes_per_row);
	return true;
}

static void click(struct screen *sc, int x, int y)
{
	struct pane_state *ps = &sc->panes[PANE_BYTES];

	(void)x;
	ps->cursor = ps->top + (uint64_t)y;
	ps->wandered = true;
}

const struct view view_bytes = {
	.title = title, .draw = draw, .move = move, .enter = enter,
	.follow = follow, .click = click,
};
