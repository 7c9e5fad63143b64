/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "real.h"

#define MAX_PATH 2048

/* ---- is it there yet ---- */

static void take_said(struct inside *i)
{
	const struct feed *f = i->session->real->feed;

	i->said = calloc(i->session->t->n, 1);
	if (!i->said)
		abort();
	for (size_t k = 0; k < f->nreal; k++) {
		if (f->real[k].predicted != FEED_NONE)
			i->said[f->predicted.events[f->real[k].predicted]
				.event] = 1;
	}
}

/*
 * Its own words are the best witness: the field around @event was announced
 * just as it was predicted.  What a codec reads has a field of a descriptor
 * around it, too.
 */
static bool was_said(const struct inside *i, uint32_t event)
{
	const struct timeline *t = i->session->t;

	while (event != EVENT_NONE && (t->events[event].kind != EV_FIELD ||
				       !t->events[event].desc))
		event = t->events[event].parent;
	return event == EVENT_NONE || i->said[event];
}

/* Has it loaded all of that event, for certain?  Why not: @err. */
static int check_loaded(const struct inside *i, uint32_t event,
			struct err *err)
{
	const struct session *s = i->session;
	const struct feed *f = s->real->feed;
	const struct event *e = &s->t->events[event];
	uint64_t end = e->off + e->len;
	const char *why = NULL;

	if (e->outcome == OUT_ABSENT)
		why = "it does not load this field";
	else if (end > f->fed || session_is_behind_failure(s, event))
		why = "it has not loaded this yet";
	else if (f->disagrees && f->wrong_at <= end)
		why = "prediction and reality have parted before: what it has "
			"loaded here is not known";
	else if (f->traced && !was_said(i, event))
		why = "it has not said that it loads this";
	return why ? err_set(err, ERR_SHORT, ERR_NO_OFFSET, "%s", why) : 0;
}

/* ---- where it is ---- */

int inside_open(struct inside *ret, const struct session *s, struct err *err)
{
	const struct inspect_opts opts = { .no_types = true };
	const struct feed *f = s->real->feed;
	pid_t pid = feed_process(f);
	char target[32];

	memset(ret, 0, sizeof(*ret));
	ret->session = s;
	ret->section = EVENT_NONE;
	if (!pid && f->attached)
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET, "which "
			       "process it is was not said: 'attach --pid PID'");
	if (!pid || (f->state != FEED_WAITING && f->state != FEED_LOADED &&
		     !f->alive))
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET,
			       "the destination has ended");
	snprintf(target, sizeof(target), "%d", (int)pid);
	if (inspect_open(&ret->in, target, &opts, err) < 0)
		return -1;
	if (inspect_read(&ret->in, false, err) < 0) {
		inspect_close(&ret->in);
		return -1;
	}
	take_said(ret);
	return 0;
}

void inside_close(struct inside *i)
{
	free(i->said);
	free(i->by_path);
	objects_release(&i->objects);
	inspect_close(&i->in);
}

/* find_se(): by its name, or by the name that it had once. */
static const struct savevm_entry *find_entry(const struct savevm *sv,
					     const struct event *section)
{
	const char *name = section->name ? section->name : "";

	for (size_t k = 0; k < sv->nentries; k++) {
		const struct savevm_entry *e = &sv->entries[k];

		if (!strcmp(e->idstr, name) &&
		    (e->instance == section->instance ||
		     e->alias == section->instance))
			return e;
		if (e->compat && !strcmp(e->compat, name) &&
		    (e->compat_instance == section->instance ||
		     e->alias == section->instance))
			return e;
	}
	return NULL;
}

static int by_path(const void *a, const void *b)
{
	const struct leaf *const *x = a, *const *y = b;
	int r = strcmp((*x)->path, (*y)->path);

	return r ? r : (*x > *y) - (*x < *y);
}

static void sort_leaves(struct inside *i)
{
	free(i->by_path);
	i->by_path = calloc(i->objects.n + 1, sizeof(*i->by_path));
	if (!i->by_path)
		abort();
	for (size_t k = 0; k < i->objects.n; k++)
		i->by_path[k] = &i->objects.leaves[k];
	qsort(i->by_path, i->objects.n, sizeof(*i->by_path), by_path);
}

static int walk_section(struct inside *i, uint32_t section, struct err *err)
{
	const struct event *e = &i->session->t->events[section];
	struct objects_budget budget = OBJECTS_BUDGET;
	/* what has been loaded may be what makes a condition false now */
	const struct objects_opts opts = {
		.all = true, .deep = true, .budget = &budget,
	};
	const struct savevm_entry *entry;

	if (i->section == section)
		return 0;
	entry = find_entry(&i->in.registry, e);
	if (!entry)
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET, "nothing is "
			       "registered as '%s' %" PRIu32 " in it", e->name ?
			       e->name : "", e->instance);
	objects_release(&i->objects);
	objects_walk(&i->objects, i->in.running, entry, &i->in.arena, &opts);
	sort_leaves(i);
	i->section = section;
	if (!i->objects.n && i->objects.cut)
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET, "%s",
			       i->objects.cut);
	return 0;
}

/* Is @outer @path, or what it lies in? */
static bool is_around(const char *outer, const char *path)
{
	size_t n = strlen(outer);

	return !strncmp(outer, path, n) &&
		(!path[n] || path[n] == '[' || !strncmp(path + n, " › ", 5));
}

/* Not a leaf itself: why the walk ended before. */
static const char *why_not(const struct inside *i, const char *path)
{
	for (size_t k = 0; k < i->objects.n; k++) {
		const struct leaf *l = &i->objects.leaves[k];

		if (l->why && is_around(l->path, path))
			return l->why;
		if (!strcmp(l->path, path))
			return "it has another length in memory";
	}
	return i->objects.cut ? i->objects.cut :
		"its descriptors have no such field";
}

/*
 * Several fields may have one name (versions of the same thing): the one that
 * the emulator's conditions choose, if they do.
 */
static const struct leaf *only_one(const struct inside *i, const char *path,
				   const struct event *e, size_t *n)
{
	const struct leaf *found = NULL, *written = NULL;
	size_t nwritten = 0, low = 0, high = i->objects.n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (strcmp(i->by_path[mid]->path, path) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*n = 0;
	for (; low < i->objects.n && !strcmp(i->by_path[low]->path, path);
	     low++) {
		const struct leaf *l = i->by_path[low];

		/* one of another length is another field */
		if (l->wire && l->len != e->len)
			continue;
		++*n;
		found = l;
		if (l->written == TRI_YES)
			nwritten++, written = l;
	}
	return *n == 1 ? found : nwritten == 1 ? written : NULL;
}

/*
 * What a codec makes of a field's bytes ("pci config") lies in that field.
 * EVENT_NONE: no field, or one that has structures in it.
 */
static uint32_t field_of(const struct timeline *t, uint32_t event)
{
	uint32_t i = event;

	while (i != EVENT_NONE && t->events[i].kind == EV_ITEM)
		i = t->events[i].parent;
	while (i != EVENT_NONE && t->events[i].kind == EV_GROUP)
		i = t->events[i].parent;
	return i == EVENT_NONE || t->events[i].kind != EV_FIELD ||
		!t->events[i].desc ? EVENT_NONE : i;
}

int inside_find(struct inside *i, uint32_t event, struct inside_place *ret,
		struct err *err)
{
	const struct timeline *t = i->session->t;
	const struct event *e = &t->events[event];
	uint32_t section = timeline_section(t, event);
	uint32_t field = field_of(t, event);
	char path[MAX_PATH];
	const struct leaf *l;
	uint64_t skip;
	size_t n;

	if (check_loaded(i, event, err) < 0)
		return -1;
	if (section == EVENT_NONE || field == EVENT_NONE ||
	    e->end != event + 1)
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET, "no field "
			       "of a descriptor: code reads it, and may keep "
			       "it anywhere");
	if (walk_section(i, section, err) < 0)
		return -1;
	timeline_field_path(t, field, path, sizeof(path));
	l = only_one(i, path, &t->events[field], &n);
	if (!l)
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET, "%s", n ?
			       "several fields of that name" :
			       why_not(i, path));
	if (!l->wire)
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET, "%s",
			       l->why ? l->why : "not read");
	if (!l->addr)
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET,
			       "it is kept nowhere");
	skip = e->off - t->events[field].off;
	*ret = (struct inside_place){ l, l->wire + skip, l->addr + skip };
	/* bytes as they are, or the first */
	if (skip && strcmp(l->type, "pci config") && strcmp(l->type, "buffer"))
		ret->addr = 0;
	return 0;
}
