/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "location.h"
#include "search.h"
#include "session.h"

#define NAMES 4096
#define PARENTS 1024

struct search {
	const struct timeline *t;
	const char *text;
	bool is_path, is_glob;
	char tail[256];		/* what the last name of a path has in it */
	bool tail_in_index;	/* "scanout[1": the match may end in an index */
	/* Answers, by address of the name and by number of the event. */
	struct { const char *s; bool yes; } names[NAMES];
	struct { uint32_t event; bool yes; } parents[PARENTS];
};

static bool has(struct search *q, const char *s, const char *what)
{
	size_t slot = ((uintptr_t)s >> 2) % NAMES;

	if (!s)
		return false;
	if (q->names[slot].s != s) {
		q->names[slot].s = s;
		q->names[slot].yes = strcasestr(s, what) != NULL;
	}
	return q->names[slot].yes;
}

static bool path_fits(struct search *q, uint32_t i)
{
	char path[2048];

	session_path(q->t, i, path, sizeof(path));
	return q->is_glob ? location_glob(q->text, path) :
		strcasestr(path, q->text) != NULL;
}

/*
 * A path has the text if the path of what is around it has, or if the text
 * ends in the name that it adds.
 */
static bool fits(struct search *q, uint32_t i)
{
	const struct event *e = &q->t->events[i];
	uint32_t p = e->parent;
	size_t slot = p % PARENTS;
	bool named = location_names_itself(q->t, i);

	if (e->kind == EV_SECTION || p == EVENT_NONE)
		return path_fits(q, i);
	if (named && (has(q, e->name, q->tail) ||
		      (q->tail_in_index && e->kind == EV_STRUCT)))
		return path_fits(q, i);
	if (named && q->is_glob)
		return false;
	/* its path is its parent's, or that and a name which has nothing */
	if (q->parents[slot].event != p) {
		bool yes = fits(q, p);

		q->parents[slot].event = p;
		q->parents[slot].yes = yes;
	}
	return q->parents[slot].yes;
}

static bool matches(struct search *q, uint32_t i)
{
	const struct event *e = &q->t->events[i];

	if (q->is_path)
		return fits(q, i);
	return has(q, e->name, q->text) || has(q, e->type, q->text) ||
		has(q, e->text, q->text);
}

/* Behind the last separator or wildcard, and before an index. */
static void set_tail(struct search *q)
{
	const char *from = q->text;

	for (const char *s = q->text; *s; s++) {
		if (strchr("/.*?", *s))
			from = s + 1;
	}
	q->tail_in_index = strchr(from, '[') != NULL;
	snprintf(q->tail, sizeof(q->tail), "%.*s", (int)strcspn(from, "[#"),
		 from);
}

uint32_t search_load(const struct timeline *t, uint32_t from, const char *text,
		     bool forward)
{
	struct search *q = calloc(1, sizeof(*q));
	uint32_t i = from, found = EVENT_NONE;

	if (!q)
		abort();
	q->t = t;
	q->text = text;
	q->is_glob = strpbrk(text, "*?") != NULL;
	q->is_path = q->is_glob || strpbrk(text, "/.[") != NULL;
	set_tail(q);
	for (size_t k = 0; k < PARENTS; k++)
		q->parents[k].event = EVENT_NONE;
	for (uint32_t k = 0; k < t->n && found == EVENT_NONE; k++) {
		i = forward ? (i + 1) % t->n : (i + t->n - 1) % t->n;
		if (matches(q, i))
			found = i;
	}
	free(q);
	return found;
}
