/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timeline.h"

const char *event_kind_name(enum event_kind kind)
{
	static const char *const names[] = {
#define X(id, name, help) name,
		EVENT_KINDS(X)
#undef X
	};

	return names[kind];
}

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[] = {
#define X(id, name, help) name,
		OUTCOMES(X)
#undef X
	};

	return names[outcome];
}

uint32_t timeline_section(const struct timeline *t, uint32_t event)
{
	return event < t->n ? t->events[event].section : EVENT_NONE;
}

/* Does this event add a component to a path? */
static bool has_component(const struct timeline *t, uint32_t i)
{
	const struct event *e = &t->events[i];

	switch (e->kind) {
	case EV_FIELD:
	case EV_ITEM:
	case EV_GROUP:
	case EV_SUBSECTION:
		return e->name && e->name[0];
	case EV_STRUCT:
		/* a subsection's own name; elements are shown with their field */
		return e->parent != EVENT_NONE &&
			(t->events[e->parent].kind == EV_PROBE ||
			 t->events[e->parent].kind == EV_GROUP ||
			 t->events[e->parent].kind == EV_FIELD);
	default:
		return false;
	}
}

static size_t put(char *buf, size_t size, size_t pos, const char *s)
{
	size_t n = strlen(s);

	if (pos + n < size)
		memcpy(buf + pos, s, n + 1);
	return pos + n;
}

static size_t put_component(const struct timeline *t, uint32_t i, char *buf,
			    size_t size, size_t pos)
{
	const struct event *e = &t->events[i];
	const struct event *p = e->parent != EVENT_NONE ?
		&t->events[e->parent] : NULL;
	char elem[32];

	if (e->kind == EV_STRUCT && p && p->kind == EV_FIELD) {
		if (!p->is_array)
			return pos;	/* the field's name stands there */
		snprintf(elem, sizeof(elem), "[%u]", e->elem);
		return put(buf, size, pos, elem);
	}
	if (pos)
		pos = put(buf, size, pos, " › ");
	return put(buf, size, pos, e->name ? e->name : "");
}

static char *build_path(const struct timeline *t, uint32_t event, char *buf,
			size_t size, size_t pos)
{
	uint32_t stack[128];
	int n = 0;

	for (uint32_t i = event; i != EVENT_NONE && n < 128;
	     i = t->events[i].parent) {
		if (has_component(t, i))
			stack[n++] = i;
	}
	while (n--)
		pos = put_component(t, stack[n], buf, size, pos);
	return buf;
}

char *timeline_path(const struct timeline *t, uint32_t event, char *buf,
		    size_t size)
{
	uint32_t s = timeline_section(t, event);
	size_t pos = 0;

	buf[0] = '\0';
	if (event >= t->n)
		return buf;
	if (s != EVENT_NONE && t->events[s].name)
		pos = put(buf, size, pos, t->events[s].name);
	return build_path(t, event, buf, size, pos);
}

char *timeline_field_path(const struct timeline *t, uint32_t event, char *buf,
			  size_t size)
{
	buf[0] = '\0';
	return event < t->n ? build_path(t, event, buf, size, 0) : buf;
}

uint32_t timeline_at(const struct timeline *t, uint64_t off)
{
	uint32_t best = EVENT_NONE, i = 0;

	while (i < t->n) {
		const struct event *e = &t->events[i];

		if (off >= e->off && off - e->off < e->len) {
			best = i++;
		} else {
			i = e->end;	/* not in here: over its descendants */
		}
	}
	return best;
}

const char *timeline_check(const struct timeline *t)
{
	for (uint32_t i = 0; i < t->n; i++) {
		const struct event *e = &t->events[i], *p;

		if (e->end <= i || e->end > t->n)
			return "an event's end is not behind it";
		if (e->parent == EVENT_NONE)
			continue;
		p = &t->events[e->parent];
		if (e->parent >= i || e->end > p->end)
			return "an event is not inside its parent";
		if (e->off < p->off || e->off + e->len > p->off + p->len)
			return "an event's bytes are not inside its parent's";
		if (e->end < p->end && t->events[e->end].off < e->off + e->len)
			return "two siblings overlap";
	}
	return NULL;
}

void timeline_close(struct timeline *t)
{
	if (!t)
		return;
	free(t->events);
	free(t->failures);
	free(t->unknowns);
	free(t->unjudged);
	free(t->written_off);
	arena_release(&t->arena);
	free(t);
}
