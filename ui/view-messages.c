/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the last command has printed; in a pane, and on the whole screen where
 * that is more than a pane holds.
 */
#include "view.h"

/* Indented as it was: a margin of one column. */
static void draw_lines(struct screen *sc, struct canvas *c, struct rect r,
		       uint64_t top)
{
	for (int y = 0; y < r.h && top + (uint64_t)y < sc->log.n; y++) {
		struct pen p = pen_at(c, r.x + 1, r.y + y, r.w - 1);

		log_draw(&sc->log, top + (uint64_t)y, &p);
	}
}

static void draw(struct screen *sc, struct canvas *c, struct rect r, bool focus)
{
	struct pane_state *ps = &sc->panes[PANE_MESSAGES];

	/* the end says most: why we stopped there */
	if (!ps->wandered)
		ps->top = sc->log.n - sc->log.start > (size_t)r.h ?
			sc->log.n - (size_t)r.h : sc->log.start;
	else if (ps->top + (uint64_t)r.h > sc->log.n)
		ps->top = sc->log.n > (size_t)r.h ?
			sc->log.n - (uint64_t)r.h : 0;
	draw_lines(sc, c, r, ps->top);
	if (focus && !sc->log.n) {
		struct pen p = pen_at(c, r.x + 1, r.y, r.w - 1);

		pen_text(&p, INK_DIM, "nothing yet");
	}
}

static void title(struct screen *sc, struct pen *p)
{
	size_t n = sc->log.n - sc->log.start;
	int h = pane_height(sc, PANE_MESSAGES);

	pen_text(p, INK_TITLE, "messages");
	if (h > 0 && n > (size_t)h)
		pen_print(p, INK_DIM, "  %zu more above: F8 z", n - (size_t)h);
}

/* There is no line to choose: the text itself moves. */
static void move(struct screen *sc, enum motion m, uint64_t n)
{
	struct pane_state *ps = &sc->panes[PANE_MESSAGES];
	int h = pane_height(sc, PANE_MESSAGES);

	ps->cursor = ps->top;
	if (m == MOTION_HERE)
		return;
	lines_move(sc, PANE_MESSAGES, m, n,
		   sc->log.n > (size_t)h ? sc->log.n - (size_t)h + 1 : 1);
	ps->top = ps->cursor;
}

static void follow(struct screen *sc)
{
	sc->panes[PANE_MESSAGES].wandered = false;
}

static bool enter(struct screen *sc, char *line, size_t size)
{
	(void)sc;
	(void)line;
	(void)size;
	return false;
}

static void click(struct screen *sc, int x, int y)
{
	(void)sc;
	(void)x;
	(void)y;
}

const struct view view_messages = {
	.title = title, .draw = draw, .move = move, .enter = enter,
	.follow = follow, .click = click,
};

uint64_t pager_lines(const struct screen *sc)
{
	return sc->log.n - sc->log.start;
}

void view_pager(struct screen *sc, struct canvas *c, struct rect r)
{
	uint64_t total = pager_lines(sc), h = (uint64_t)(r.h > 0 ? r.h - 1 : 0);
	struct pen p = pen_at(c, r.x, r.y, r.w);

	if (sc->overlay_top + h > total)
		sc->overlay_top = total > h ? total - h : 0;
	pen_text(&p, INK_PLAIN, " ");
	if (sc->log.start)
		log_draw(&sc->log, sc->log.start - 1, &p);
	pen_print(&p, INK_DIM, "  lines %llu to %llu of %llu%s",
		  (unsigned long long)sc->overlay_top + 1,
		  (unsigned long long)(sc->overlay_top + h < total ?
				       sc->overlay_top + h : total),
		  (unsigned long long)total,
		  sc->log.overflow ? ", the rest was left out" : "");
	pen_right(&p, INK_KEY, "q closes ");
	canvas_back(c, r.x, r.y, r.w, BACK_FOCUS);
	r.y++;
	r.h--;
	draw_lines(sc, c, r, sc->log.start + sc->overlay_top);
}
