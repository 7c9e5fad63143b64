/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "../stream/arena.h"
#include "aligned.h"

struct walk {
	const struct session *s;
	const struct timeline *src, *t;
	uint32_t si, di;
};

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool is_leaf(const struct timeline *t, uint32_t i)
{
	return t->events[i].end == i + 1;
}

/* Do the next two stand on one line? */
static bool side_by_side(const struct walk *w)
{
	const struct event *a = &w->src->events[w->si],
		*b = &w->t->events[w->di];

	if (session_source_event(w->s, w->di) == w->si)
		return a->off == b->off || w->si == 0;
	/* whose own twin is still to come waits for it */
	if (a->off != b->off || !a->len != !b->len)
		return false;
	if (is_leaf(w->src, w->si) != is_leaf(w->t, w->di))
		return false;
	return a->len || a->kind == b->kind;
}

/* Which side goes first where they do not? */
static bool source_first(const struct walk *w)
{
	const struct event *a = &w->src->events[w->si],
		*b = &w->t->events[w->di];
	uint32_t twin;

	if (a->off != b->off)
		return a->off < b->off;
	/* the same offset: what takes no bytes stands before what does */
	if (!a->len != !b->len)
		return !a->len;
	/* and what is around others before them */
	if (is_leaf(w->src, w->si) != is_leaf(w->t, w->di))
		return !is_leaf(w->src, w->si);
	twin = session_source_event(w->s, w->di);
	return twin == EVENT_NONE || twin > w->si;
}

/*
 * The destination finds its way again, behind which the source is already:
 * the source's event to go back to, or EVENT_NONE.
 */
static uint32_t start_again(const struct walk *w)
{
	const struct event *b = &w->t->events[w->di];
	uint32_t twin;

	if (b->kind != EV_SECTION)
		return EVENT_NONE;
	twin = session_source_event(w->s, w->di);
	return twin < w->si && w->src->events[twin].off == b->off ? twin :
		EVENT_NONE;
}

static void add(struct aligned *a, uint32_t source, uint32_t dest)
{
	a->rows = grow_array(a->rows, &a->cap, a->n + 1, sizeof(*a->rows));
	if (dest != EVENT_NONE)
		a->of_dest[dest] = (uint32_t)a->n;
	a->rows[a->n++] = (struct aligned_row){ source, dest };
}

void aligned_build(struct aligned *a, const struct session *s)
{
	struct walk w = { s, session_source(s), s->t, 0, 0 };
	uint32_t ns = w.src ? w.src->n : 0;

	a->n = 0;
	a->of_dest = grow_array(a->of_dest, &a->of_cap, s->t->n + 1,
				sizeof(*a->of_dest));
	while (w.si < ns || w.di < s->t->n) {
		/* damage may make it start again all the time */
		if (w.src && w.di < s->t->n &&
		    a->n < 4 * ((size_t)ns + s->t->n) &&
		    start_again(&w) != EVENT_NONE)
			w.si = start_again(&w);
		if (w.si >= ns)
			add(a, EVENT_NONE, w.di++);
		else if (w.di >= s->t->n)
			add(a, w.si++, EVENT_NONE);
		else if (side_by_side(&w))
			add(a, w.si++, w.di++);
		else if (source_first(&w))
			add(a, w.si++, EVENT_NONE);
		else
			add(a, EVENT_NONE, w.di++);
	}
}

void aligned_release(struct aligned *a)
{
	free(a->rows);
	free(a->of_dest);
	*a = (struct aligned){ 0 };
}

uint32_t aligned_source(const struct aligned *a, const struct session *s,
			uint32_t dest_event)
{
	const struct timeline *src = session_source(s);
	uint64_t off = s->t->events[dest_event].off;
	size_t row = a->of_dest[dest_event];
	uint32_t i = a->rows[row].source;

	if (i != EVENT_NONE || !src)
		return i;
	for (int near = 0; near < 64 && row--; near++) {
		i = a->rows[row].source;
		if (i != EVENT_NONE && is_leaf(src, i) &&
		    off >= src->events[i].off &&
		    off - src->events[i].off < src->events[i].len)
			return i;
	}
	return EVENT_NONE;
}

/* Framing is called the same whatever it holds. */
static bool same_name(const struct event *a, const struct event *b)
{
	return a->kind == b->kind && same_text(a->name, b->name) &&
		(a->kind != EV_FIELD || same_text(a->type, b->type));
}

enum aligned_mark aligned_mark(const struct session *s,
			       const struct aligned_row *r)
{
	const struct timeline *src = session_source(s);
	const struct event *a, *b;

	if (!src)
		return ALIGNED_SAME;
	if (r->source == EVENT_NONE)
		return s->t->events[r->dest].len ? ALIGNED_ONLY_DEST :
			ALIGNED_NOTHING;
	a = &src->events[r->source];
	if (r->dest == EVENT_NONE)
		return a->len ? ALIGNED_ONLY_SOURCE : ALIGNED_NOTHING;
	b = &s->t->events[r->dest];
	if (a->len != b->len && is_leaf(src, r->source) &&
	    is_leaf(s->t, r->dest))
		return ALIGNED_DIFFERENT;
	return same_name(a, b) ? ALIGNED_SAME : ALIGNED_OTHER_NAME;
}
