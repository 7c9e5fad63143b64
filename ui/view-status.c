/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two last lines: what is typed, and where we are.
 */
#include <inttypes.h>
#include <string.h>

#include "../debugger/live/real.h"
#include "keys.h"
#include "view.h"

static const struct {
	enum back back;
	enum glyph glyph;
} verdicts[] = {
	[VERDICT_LOADS] = { BACK_GOOD, GLYPH_OK },
	[VERDICT_FAILS] = { BACK_BAD, GLYPH_FAIL },
	[VERDICT_SILENT] = { BACK_BAD, GLYPH_DIVERGE },
	[VERDICT_UNKNOWN] = { BACK_WARN, GLYPH_GUESS },
};

static const char *stop_words(const struct session *s, char *buf, size_t size)
{
	switch (s->stop) {
	case STOP_BREAKPOINT:
		snprintf(buf, size, "breakpoint %u", s->stop_number);
		return buf;
	case STOP_WATCH:
		snprintf(buf, size, "watch %u", s->stop_number);
		return buf;
	case STOP_DIVERGENCE: return "divergence";
	case STOP_FAILURE: return "failure";
	case STOP_START: return "start";
	case STOP_END: return "end";
	case STOP_EDGE: return "edge";
	case STOP_PARTED: return "reality differs";
	case STOP_REAL: return "unpredicted";
	case STOP_VERDICT: return "verdict";
	default: return "";
	}
}

static void right_part(const struct screen *sc, int width, char *buf,
		       size_t size)
{
	const struct session *s = sc->s;
	const struct event *e = &s->t->events[s->at];
	char stop[40];
	const char *why = stop_words(s, stop, sizeof(stop));
	int n = 0;

	if (width >= 70 && *why)
		n = snprintf(buf, size, "%s  ", why);
	n += snprintf(buf + n, size - (size_t)n, "%" PRIu32 "/%" PRIu32
		      "  0x%" PRIx64, s->at, s->t->n - 1, e->off);
	if (width >= 100)
		n += snprintf(buf + n, size - (size_t)n, "  rules %s",
			      rules_name(s->rules));
	if (width >= 100 && s->nassumptions)
		n += snprintf(buf + n, size - (size_t)n, ", %zu assumed",
			      s->nassumptions);
	snprintf(buf + n, size - (size_t)n, " ");
}

/* The end of a path says most: cut its beginning. */
static void put_path(struct pen *p, const char *path, int room)
{
	if (text_width(p->canvas, path) > room && room > 2) {
		pen_glyph(p, INK_DIM, GLYPH_MORE);
		while (text_width(p->canvas, path) > room - 1)
			text_next(&path);
	}
	pen_text(p, INK_BOLD, path);
}

void view_status(struct screen *sc, struct canvas *c, int y)
{
	const struct session *s = sc->s;
	enum verdict v = s->a->verdict;
	struct pen p = pen_at(c, 0, y, c->w);
	char path[2048], right[200];
	int from;

	canvas_back(c, 0, y, c->w, BACK_STATUS);
	pen_text(&p, INK_INVERSE, " ");
	pen_glyph(&p, INK_INVERSE, verdicts[v].glyph);
	pen_print(&p, INK_INVERSE, " %s%s ", s->real ? "predicted: " : "",
		  verdict_name(v));
	canvas_back(c, 0, y, p.x, verdicts[v].back);
	if (s->real) {
		from = p.x;
		if (real_where(s) == REAL_ENDED)
			pen_print(&p, INK_INVERSE, " really: %s ",
				  feed_state_name(s->real->feed->state));
		else
			pen_print(&p, INK_INVERSE, " %s ",
				  real_where_name(real_where(s)));
		canvas_back(c, from, y, p.x - from, BACK_CURSOR);
	}
	from = p.x;
	pen_text(&p, INK_PLAIN, " ");
	right_part(sc, c->w, right, sizeof(right));
	session_path(s->t, s->at, path, sizeof(path));
	if (!*path)
		snprintf(path, sizeof(path), "(%s)", event_kind_name(
			 (enum event_kind)s->t->events[s->at].kind));
	put_path(&p, path, c->w - from - 3 - text_width(c, right));
	if (event_is_beyond(sc, s->at) && c->w - p.x - text_width(c, right) > 26)
		pen_text(&p, INK_WARN, "  never reached");
	pen_right(&p, INK_NUMBER, right);
}

/* ---- the line above ---- */

static void put_typed(struct screen *sc, struct pen *p)
{
	static const char *const signs[] = {
		[PROMPT_COMMAND] = ":", [PROMPT_SEARCH] = "/",
		[PROMPT_REVERSE] = "?", [PROMPT_FILTER] = "find key: ",
	};
	const struct edit *e = &sc->edit;
	const char *line = e->line;
	int room, before;
	char head[EDIT_MAX];

	if (e->seeking)
		pen_print(p, INK_KEY, "(reverse-i-search '%s') ", e->sought);
	pen_text(p, INK_KEY, signs[sc->prompt]);
	/* the cursor stays in sight */
	room = p->end - p->x - 2;
	snprintf(head, sizeof(head), "%.*s", (int)e->at, line);
	before = text_width(p->canvas, head);
	for (const char *h = head; before > room && *h; line = e->line +
	     (h - head)) {
		text_next(&h);
		before = text_width(p->canvas, h);
	}
	before += p->x;
	pen_text(p, INK_PLAIN, line);
	canvas_back(p->canvas, before, p->y, 1, BACK_CURSOR);
	if (*e->choices) {
		pen_text(p, INK_PLAIN, "   ");
		pen_text(p, INK_DIM, e->choices);
	}
}

static void put_hints(struct screen *sc, struct pen *p)
{
	static const struct {
		const char *key, *what;
	} hints[] = {
		{ "?", "keys" }, { ":", "command" }, { "s", "step" },
		{ "n", "next" }, { "f", "finish" }, { "c", "continue" },
		{ "S N F C", "back" }, { "] [", "divergence" },
		{ "} {", "section" }, { "/", "search" }, { "b", "break" },
		{ "w", "why" }, { "Tab", "pane" }, { "z", "zoom" },
		{ "|", "layout" }, { "q", "quit" },
	};

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		int n = (int)(strlen(hints[i].key) + strlen(hints[i].what)) + 3;

		if (p->x + n > p->end)
			break;
		pen_print(p, INK_KEY, " %s", hints[i].key);
		pen_print(p, INK_DIM, " %s ", hints[i].what);
	}
	(void)sc;
}

void view_command_line(struct screen *sc, struct canvas *c, int y)
{
	struct pen p = pen_at(c, 0, y, c->w);
	char name[16];

	if (sc->prompt) {
		put_typed(sc, &p);
	} else if (sc->prefix || sc->count) {
		if (sc->count)
			pen_print(&p, INK_KEY, " %" PRIu64, sc->count);
		if (sc->prefix)
			pen_print(&p, INK_KEY, " %s", key_to_text(sc->prefix, name,
							      sizeof(name)));
		pen_glyph(&p, INK_DIM, GLYPH_MORE);
	} else if (sc->searching) {
		pen_print(&p, INK_KEY, " %c%s", sc->search_back ? '?' : '/',
			  sc->search);
		pen_text(&p, INK_DIM, "   n next  N before  / ? another  "
			 "Esc ends the search");
	} else {
		put_hints(sc, &p);
	}
}
