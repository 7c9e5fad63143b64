/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the views have in common.
 */
#include <inttypes.h>
#include <string.h>

#include "view.h"

const struct view *const views[PANES_COUNT] = {
	[PANE_TREE] = &view_tree, [PANE_SIDES] = &view_sides,
	[PANE_BYTES] = &view_bytes, [PANE_MEMBERS] = &view_members,
	[PANE_DIVERGENCES] = &view_divergences,
	[PANE_BREAKPOINTS] = &view_breakpoints,
	[PANE_CHANGES] = &view_changes,
	[PANE_MESSAGES] = &view_messages,
};

const char *pane_name(enum pane p)
{
	static const char *const names[] = {
#define X(id, name) name,
		PANES(X)
#undef X
	};

	return names[p];
}

/* ---- panes with a number of lines ---- */

int pane_height(const struct screen *sc, enum pane p)
{
	int h = sc->panes[p].at.h - 1;

	return h > 0 ? h : 0;
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

void lines_move(struct screen *sc, enum pane p, enum motion m, uint64_t n,
		uint64_t total)
{
	struct pane_state *ps = &sc->panes[p];
	uint64_t page = (uint64_t)pane_height(sc, p);

	page = page > 2 ? page - 1 : 1;
	switch (m) {
	case MOTION_UP: ps->cursor = less(ps->cursor, n); break;
	case MOTION_DOWN: ps->cursor += n; break;
	case MOTION_PAGE_UP: ps->cursor = less(ps->cursor, page); break;
	case MOTION_PAGE_DOWN: ps->cursor += page; break;
	case MOTION_HALF_UP: ps->cursor = less(ps->cursor, (page + 1) / 2); break;
	case MOTION_HALF_DOWN: ps->cursor += (page + 1) / 2; break;
	case MOTION_TOP: ps->cursor = 0; break;
	case MOTION_BOTTOM: ps->cursor = total; break;
	default: return;
	}
	if (ps->cursor >= total)
		ps->cursor = total ? total - 1 : 0;
	ps->wandered = true;
}

void lines_scroll(struct pane_state *ps, int height, uint64_t total, int margin)
{
	uint64_t h = height > 0 ? (uint64_t)height : 1, m = (uint64_t)margin;

	if (ps->cursor >= total)
		ps->cursor = total ? total - 1 : 0;
	if (m > (h - 1) / 2)
		m = (h - 1) / 2;
	if (ps->cursor + h < ps->top || ps->cursor > ps->top + 2 * h)
		ps->top = less(ps->cursor, h / 2);	/* far: in the middle */
	if (ps->cursor < ps->top + m)
		ps->top = less(ps->cursor, m);
	if (ps->cursor + m + 1 > ps->top + h)
		ps->top = ps->cursor + m + 1 - h;
	if (ps->top + h > total)
		ps->top = less(total, h);
}

void lines_cursor(const struct screen *sc, struct canvas *c, enum pane p,
		  struct rect r, uint64_t line, bool focus)
{
	const struct pane_state *ps = &sc->panes[p];

	if (ps->cursor != line || (!focus && !ps->wandered))
		return;
	canvas_back(c, r.x, r.y + (int)(line - ps->top), r.w,
		    focus ? BACK_CURSOR : BACK_MARK);
}

/* ---- events ---- */

bool event_hides_part(const struct screen *sc, uint32_t event)
{
	size_t i = events_from(sc->parts, sc->nparts, event + 1);

	return i < sc->nparts && sc->parts[i] < sc->s->t->events[event].end;
}

static bool event_is_part(const struct screen *sc, uint32_t event)
{
	size_t i = events_from(sc->parts, sc->nparts, event);

	return i < sc->nparts && sc->parts[i] == event;
}

struct mark event_mark(struct screen *sc, uint32_t event)
{
	const struct event *e = &sc->s->t->events[event];

	sc->work++;
	switch (e->outcome) {
	case OUT_FAILED: case OUT_LOOKUP: case OUT_CHILD: case OUT_TOO_NEW:
	case OUT_TOO_OLD: case OUT_CUT_OFF: case OUT_NO_DEVICE:
		return (struct mark){ GLYPH_FAIL, INK_BAD };
	case OUT_GUESS:
		return (struct mark){ GLYPH_GUESS, INK_WARN };
	case OUT_ABSENT:
		return (struct mark){ GLYPH_ABSENT, INK_DIM };
	case OUT_UNREAD:
		return (struct mark){ GLYPH_UNREAD, INK_DIM };
	}
	if (event_is_part(sc, event))
		return (struct mark){ GLYPH_DIVERGE, INK_BAD };
	return (struct mark){ GLYPH_LEAF, INK_DIM };
}

struct mark stop_mark(const struct screen *sc, uint32_t event)
{
	const struct breakpoint *b = breakpoint_at(sc->s, event);

	if (b)
		return (struct mark){ b->enabled ? GLYPH_BREAK :
				      GLYPH_BREAK_OFF, INK_BAD };
	for (size_t i = 0; i < sc->s->nremarks; i++) {
		if (sc->s->remarks[i].event == event)
			return (struct mark){ GLYPH_REMARK, INK_KEY };
	}
	return (struct mark){ GLYPH_LEAF, INK_DIM };
}

static bool is_element(const struct timeline *t, const struct event *e)
{
	const struct event *p = e->parent == EVENT_NONE ? NULL :
		&t->events[e->parent];

	return e->kind == EV_STRUCT && p && p->kind == EV_FIELD && p->is_array;
}

void event_label(const struct timeline *t, uint32_t event, char *buf,
		 size_t size)
{
	const struct event *e = &t->events[event];
	const char *kind = event_kind_name((enum event_kind)e->kind);
	const char *name = e->name && *e->name ? e->name : kind;

	switch (e->kind) {
	case EV_FIELD:
		if (e->is_array && e->outcome != OUT_ABSENT)
			snprintf(buf, size, "%s[%" PRIu32 "]", name, e->n);
		else
			snprintf(buf, size, "%s", name);
		break;
	case EV_STRUCT:
		if (is_element(t, e))
			snprintf(buf, size, "[%" PRIu32 "] %s v%" PRId32,
				 e->elem, name, e->version);
		else
			snprintf(buf, size, "%s v%" PRId32, name, e->version);
		break;
	case EV_SECTION:
		if (e->instance)
			snprintf(buf, size, "%s#%" PRIu32, name, e->instance);
		else
			snprintf(buf, size, "%s", name);
		break;
	case EV_PROBE:
		snprintf(buf, size, "subsection of %s?", name);
		break;
	case EV_SUBSECTION:
		snprintf(buf, size, "subsection %s", name);
		break;
	default:
		snprintf(buf, size, "%s", name);
	}
}

bool event_is_beyond(const struct screen *sc, uint32_t event)
{
	return event >= sc->beyond;
}
