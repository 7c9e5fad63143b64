/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-impl.h"

static void release(struct breakpoint *b)
{
	locations_release(&b->where);
	free(b);
}

void breakpoints_release(struct breakpoints *b)
{
	for (size_t i = 0; i < b->n; i++)
		release(b->list[i]);
	free(b->list);
	*b = (struct breakpoints){ 0 };
}

/*
 * " if " that starts a condition; conditions have no location behind them, so
 * the first one counts.
 */
static const char *find_if(const char *text)
{
	const char *p = text;

	if (!strncmp(text, "if ", 3))
		return text;
	while ((p = strstr(p, " if"))) {
		if (p[3] == ' ' || p[3] == '(')
			return p + 1;
		p++;
	}
	return NULL;
}

/* A watch is on values: on the leaves of whatever was named. */
static void keep_leaves(const struct timeline *t, struct locations *l)
{
	struct locations leaves = { .single = l->single };
	uint32_t done = 0;

	for (size_t i = 0; i < l->n; i++) {
		uint32_t end = t->events[l->events[i]].end;

		if (done < l->events[i])
			done = l->events[i];
		for (; done < end; done++) {
			const struct event *e = &t->events[done];

			if (e->end != done + 1 ||
			    (e->kind != EV_FIELD && e->kind != EV_ITEM))
				continue;
			leaves.events = grow_array(leaves.events, &leaves.cap,
						   leaves.n + 1,
						   sizeof(*leaves.events));
			leaves.events[leaves.n++] = done;
		}
	}
	locations_release(l);
	*l = leaves;
}

static int resolve(const struct session *s, struct breakpoint *b,
		   struct err *err)
{
	locations_release(&b->where);
	if (location_find(s, b->location, &b->where, err) < 0)
		return -1;
	if (!b->watch)
		return 0;
	keep_leaves(s->t, &b->where);
	return b->where.n ? 0 : err_set(err, ERR_USAGE, ERR_NO_OFFSET,
		"there is no value to watch at '%s'", b->location);
}

/* "PATH VALUE": a number behind the last blank. */
static void split_value(struct breakpoint *b, char *text)
{
	char *blank = strrchr(text, ' '), *end;
	long long v;

	if (!blank)
		return;
	errno = 0;
	v = strtoll(blank + 1, &end, 0);
	if (errno == ERANGE)
		v = (long long)strtoull(blank + 1, &end, 0);
	if (*end || end == blank + 1)
		return;
	b->has_value = true;
	b->value = v;
	while (blank > text && blank[-1] == ' ')
		blank--;
	*blank = '\0';
}

static int set_up(struct session *s, struct breakpoint *b, const char *text,
		  struct err *err)
{
	const char *cond = find_if(text);
	char *where = arena_strdup(&s->arena, text);
	size_t n = cond ? (size_t)(cond - text) : strlen(text);

	while (n && where[n - 1] == ' ')
		n--;
	where[n] = '\0';
	if (b->watch)
		split_value(b, where);
	if (!*where && !b->watch) {
		/* as gdb's break without an argument: here */
		where = arena_printf(&s->arena, "%u", s->at);
	}
	b->location = where;
	if (cond && breakpoint_condition(s, b, cond + 2, err) < 0)
		return -1;
	if (b->watch && !b->has_value && !session_source(s))
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "the stream has "
			       "no description of what was written; give the "
			       "value to compare with");
	return resolve(s, b, err);
}

struct breakpoint *breakpoint_add(struct session *s, const char *text,
				  bool watch, bool temporary, struct err *err)
{
	struct breakpoints *l = &s->breakpoints;
	struct breakpoint *b = calloc(1, sizeof(*b));

	if (!b)
		abort();
	b->watch = watch;
	b->temporary = temporary;
	b->enabled = true;
	if (set_up(s, b, text, err) < 0) {
		release(b);
		return NULL;
	}
	b->number = l->next++;
	l->list = grow_array(l->list, &l->cap, l->n + 1, sizeof(*l->list));
	l->list[l->n++] = b;
	return b;
}

struct breakpoint *breakpoint_find(const struct session *s, unsigned number)
{
	for (size_t i = 0; i < s->breakpoints.n; i++) {
		if (s->breakpoints.list[i]->number == number)
			return s->breakpoints.list[i];
	}
	return NULL;
}

void breakpoint_delete(struct session *s, struct breakpoint *b)
{
	struct breakpoints *l = &s->breakpoints;

	for (size_t i = 0; i < l->n; i++) {
		if (l->list[i] != b)
			continue;
		memmove(&l->list[i], &l->list[i + 1],
			(l->n - i - 1) * sizeof(*l->list));
		l->n--;
		release(b);
		return;
	}
}

int breakpoint_condition(struct session *s, struct breakpoint *b,
			 const char *text, struct err *err)
{
	const struct expr *e;

	while (*text == ' ')
		text++;
	if (!*text) {
		b->condition = NULL;
		b->expr = NULL;
		return 0;
	}
	e = expr_parse(&s->arena, text, err);
	if (!e)
		return -1;
	b->condition = arena_strdup(&s->arena, text);
	b->expr = e;
	return 0;
}

void breakpoints_resolve(struct session *s)
{
	struct err err;

	/* not being there any more is no error: it may come back */
	for (size_t i = 0; i < s->breakpoints.n; i++)
		(void)resolve(s, s->breakpoints.list[i], &err);
}

const struct breakpoint *breakpoint_at(const struct session *s, uint32_t event)
{
	for (size_t i = 0; i < s->breakpoints.n; i++) {
		const struct breakpoint *b = s->breakpoints.list[i];
		size_t k = events_from(b->where.events, b->where.n, event);

		if (k < b->where.n && b->where.events[k] == event)
			return b;
	}
	return NULL;
}

/* Do the two sides' values differ here, or is it not the one that was given? */
static bool watch_fires(const struct session *s, const struct breakpoint *b,
			uint32_t event)
{
	const struct timeline *src = session_source(s);
	const struct event *d = &s->t->events[event], *o;
	const uint8_t *p = session_bytes(s->t, event), *q;
	uint32_t twin = session_source_event(s, event);
	int64_t v;

	if (b->has_value)
		return session_number(s->t, event, &v) && v != b->value;
	/* called something else by the source, but these very bytes? */
	if (twin == EVENT_NONE)
		twin = session_written_by(s, event);
	if (twin == EVENT_NONE)
		return d->outcome != OUT_ABSENT && d->len;
	o = &src->events[twin];
	q = session_bytes(src, twin);
	if (!p || !q)
		return d->len != o->len;
	return d->len != o->len || memcmp(p, q, d->len);
}

static bool fires(struct session *s, struct breakpoint *b, uint32_t event,
		  struct err *err)
{
	int r = 1;

	if (b->watch && !watch_fires(s, b, event))
		return false;
	if (b->expr)
		r = expr_holds(b->expr, s, event, err);
	if (r < 0) {
		err_prefix(err, "condition of breakpoint %u", b->number);
		b->hits++;
		return true;
	}
	if (!r)
		return false;
	b->hits++;
	if (!b->ignore)
		return true;
	b->ignore--;
	return false;
}

/* This breakpoint's next place in the direction of @to; EVENT_NONE. */
static uint32_t next_place(const struct breakpoint *b, uint32_t from,
			   int64_t to)
{
	const struct locations *l = &b->where;
	size_t i;

	if (!b->enabled)
		return EVENT_NONE;
	if (to > from) {
		i = events_from(l->events, l->n, from + 1);
		return i < l->n && l->events[i] < to ? l->events[i] : EVENT_NONE;
	}
	i = events_from(l->events, l->n, from);
	return i && l->events[i - 1] > to ? l->events[i - 1] : EVENT_NONE;
}

uint32_t breakpoints_next(struct session *s, uint32_t from, int64_t to,
			  struct breakpoint **ret, struct err *err)
{
	const struct breakpoints *l = &s->breakpoints;

	for (;;) {
		uint32_t best = EVENT_NONE;
		struct breakpoint *hit = NULL;

		for (size_t i = 0; i < l->n; i++) {
			uint32_t e = next_place(l->list[i], from, to);

			if (e != EVENT_NONE && (best == EVENT_NONE ||
			    (to > from ? e < best : e > best)))
				best = e;
		}
		if (best == EVENT_NONE)
			return EVENT_NONE;
		/* all that are met here count it */
		for (size_t i = 0; i < l->n; i++) {
			if (next_place(l->list[i], from, to) == best &&
			    fires(s, l->list[i], best, err) && !hit)
				hit = l->list[i];
		}
		if (hit) {
			*ret = hit;
			return best;
		}
		from = best;
	}
}
