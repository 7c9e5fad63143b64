/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

#define MAX_PATH 2048

/* ---- paths ---- */

bool location_names_itself(const struct timeline *t, uint32_t i)
{
	const struct event *e = &t->events[i];
	const struct event *p = e->parent == EVENT_NONE ? NULL :
		&t->events[e->parent];

	switch (e->kind) {
	case EV_FIELD:
	case EV_ITEM:
	case EV_GROUP:
	case EV_SUBSECTION:
		return e->name && e->name[0];
	case EV_STRUCT:
		return p && ((p->kind == EV_FIELD && p->is_array) ||
			     p->kind == EV_PROBE || p->kind == EV_GROUP);
	default:
		return false;
	}
}

static size_t put(char *buf, size_t size, size_t pos, const char *s)
{
	size_t n = strlen(s);

	if (pos + n < size)
		memcpy(buf + pos, s, n + 1);
	return pos + n < size ? pos + n : pos;
}

static size_t put_component(const struct timeline *t, uint32_t i, char *buf,
			    size_t size, size_t pos)
{
	const struct event *e = &t->events[i];
	char elem[32];

	if (e->kind == EV_STRUCT && t->events[e->parent].kind == EV_FIELD) {
		snprintf(elem, sizeof(elem), "[%" PRIu32 "]", e->elem);
		return put(buf, size, pos, elem);
	}
	if (pos && e->name[0] != '[')
		pos = put(buf, size, pos, ".");
	return put(buf, size, pos, e->name);
}

char *location_field_path(const struct timeline *t, uint32_t event, char *buf,
			  size_t size)
{
	uint32_t stack[128];
	int n = 0;
	size_t pos = 0;

	buf[0] = '\0';
	for (uint32_t i = event; i < t->n && n < 128; i = t->events[i].parent) {
		if (location_names_itself(t, i))
			stack[n++] = i;
	}
	while (n--)
		pos = put_component(t, stack[n], buf, size, pos);
	return buf;
}

char *session_path(const struct timeline *t, uint32_t event, char *buf,
		   size_t size)
{
	uint32_t s = timeline_section(t, event);
	size_t pos = 0;

	buf[0] = '\0';
	if (event >= t->n || s == EVENT_NONE || !t->events[s].name)
		return buf;
	pos = put(buf, size, pos, t->events[s].name);
	/* one of several instances says which */
	if (t->events[s].instance && pos + 16 < size)
		pos += (size_t)snprintf(buf + pos, size - pos, "#%" PRIu32,
					t->events[s].instance);
	if (pos + 2 >= size)
		return buf;
	location_field_path(t, event, buf + pos + 1, size - pos - 1);
	if (buf[pos + 1])
		buf[pos] = '/';
	return buf;
}

bool location_glob(const char *pattern, const char *text)
{
	char quoted[2 * MAX_PATH + 2], *q = quoted;

	if (!strcmp(pattern, text))
		return true;
	if (!strpbrk(pattern, "*?"))
		return false;
	for (; *pattern && q < quoted + 2 * MAX_PATH; pattern++) {
		if (*pattern == '[' || *pattern == ']' || *pattern == '\\')
			*q++ = '\\';
		*q++ = *pattern;
	}
	*q = '\0';
	return !fnmatch(quoted, text, 0);
}

/* ---- sets of events ---- */

size_t events_from(const uint32_t *events, size_t n, uint32_t event)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (events[mid] < event)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void add(struct locations *l, uint32_t event)
{
	if (l->n && l->events[l->n - 1] == event)
		return;
	l->events = grow_array(l->events, &l->cap, l->n + 1,
			       sizeof(*l->events));
	l->events[l->n++] = event;
}

void locations_release(struct locations *l)
{
	free(l->events);
	*l = (struct locations){ 0 };
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void sort(struct locations *l)
{
	size_t n = 0;

	if (l->n)
		qsort(l->events, l->n, sizeof(*l->events), by_number);
	for (size_t i = 0; i < l->n; i++) {
		if (!n || l->events[i] != l->events[n - 1])
			l->events[n++] = l->events[i];
	}
	l->n = n;
}

/* "cpu#1" names instance 1 of "cpu", "cpu" all of them. */
static bool is_section(const struct event *e, const char *pattern)
{
	char name[1100];

	if (e->kind != EV_SECTION || !e->name)
		return false;
	if (location_glob(pattern, e->name))
		return true;
	snprintf(name, sizeof(name), "%s#%" PRIu32, e->name, e->instance);
	return location_glob(pattern, name);
}

static uint32_t next_section(const struct timeline *t, uint32_t i)
{
	for (i++; i < t->n; i++) {
		if (t->events[i].kind == EV_SECTION)
			return i;
		/* sections stand below the load, or in a packaged command */
		if (t->events[i].kind != EV_COMMAND &&
		    t->events[i].kind != EV_LOAD)
			i = t->events[i].end - 1;
	}
	return EVENT_NONE;
}

static void find_sections(const struct timeline *t, const char *pattern,
			  struct locations *l)
{
	for (uint32_t i = 0; (i = next_section(t, i)) != EVENT_NONE; ) {
		if (is_section(&t->events[i], pattern))
			add(l, i);
		i = t->events[i].end - 1;
	}
}

/* ---- fields within one section ---- */

struct path_walk {
	const struct timeline *t;
	const char *pattern;
	bool glob, anywhere;	/* a tail of the path is enough */
	struct locations *l;
};

static bool path_fits(const struct path_walk *w, const char *path)
{
	if (w->glob ? location_glob(w->pattern, path) :
	    !strcmp(w->pattern, path))
		return true;
	if (!w->anywhere)
		return false;
	while ((path = strpbrk(path, "."))) {
		path++;
		if (w->glob ? location_glob(w->pattern, path) :
		    !strcmp(w->pattern, path))
			return true;
	}
	return false;
}

/*
 * All events below @root whose path fits.  Paths grow at their end while we
 * go down, so each component is put down once.
 */
static void walk_paths(struct path_walk *w, uint32_t root)
{
	const struct timeline *t = w->t;
	uint32_t open[256];
	size_t lens[256], depth = 0, len = 0;
	char path[MAX_PATH] = "";

	for (uint32_t i = root + 1; i < t->events[root].end; i++) {
		while (depth && t->events[open[depth - 1]].end <= i)
			len = lens[--depth];
		path[len] = '\0';
		if (depth < 256) {
			open[depth] = i;
			lens[depth++] = len;
		}
		if (!location_names_itself(t, i))
			continue;
		len = put_component(t, i, path, sizeof(path), len);
		/* the structure behind a subsection's header is the same place */
		if (t->events[i].kind == EV_STRUCT &&
		    t->events[t->events[i].parent].kind == EV_PROBE)
			continue;
		if (path_fits(w, path))
			add(w->l, i);
	}
}

static void find_path(const struct timeline *t, uint32_t section,
		      const char *pattern, bool anywhere, struct locations *l)
{
	struct path_walk w = { t, pattern, strpbrk(pattern, "*?") != NULL,
			       anywhere, l };

	walk_paths(&w, section);
}

/* "idstr/path": every slash may be the one, as both sides may hold some. */
static void find_in_sections(const struct timeline *t, char *text,
			     struct locations *l)
{
	for (char *slash = text + strlen(text); slash-- > text; ) {
		if (*slash != '/' || !slash[1])
			continue;
		*slash = '\0';
		for (uint32_t i = 0; (i = next_section(t, i)) != EVENT_NONE; ) {
			if (is_section(&t->events[i], text))
				find_path(t, i, slash + 1, false, l);
			i = t->events[i].end - 1;
		}
		*slash = '/';
	}
}

static void find_anywhere(const struct session *s, const char *text,
			  struct locations *l)
{
	const struct timeline *t = s->t;
	uint32_t here = timeline_section(t, s->at);

	if (here != EVENT_NONE)
		find_path(t, here, text, false, l);
	if (!l->n && here != EVENT_NONE)
		find_path(t, here, text, true, l);
	for (uint32_t i = 0; !l->n || strpbrk(text, "*?"); ) {
		i = next_section(t, i);
		if (i == EVENT_NONE)
			break;
		find_path(t, i, text, true, l);
		i = t->events[i].end - 1;
	}
	sort(l);
}

/* After this many, they are many. */
static void find_anywhere_all(const struct timeline *t, const char *text,
			      struct locations *l)
{
	for (uint32_t i = 0; (i = next_section(t, i)) != EVENT_NONE; ) {
		find_path(t, i, text, true, l);
		i = t->events[i].end - 1;
	}
}

/* ---- words ---- */

static bool find_kind(const struct timeline *t, const char *name,
		      struct locations *l)
{
	int kind = -1;

	for (int k = 0; k < EVENT_KINDS_COUNT; k++) {
		if (!strcmp(name, event_kind_name((enum event_kind)k)))
			kind = k;
	}
	if (kind < 0)
		return false;
	for (uint32_t i = 0; i < t->n; i++) {
		if (t->events[i].kind == kind)
			add(l, i);
	}
	return true;
}

static void find_type(const struct timeline *t, const char *name,
		      struct locations *l)
{
	for (uint32_t i = 0; i < t->n; i++) {
		const struct event *e = &t->events[i];

		if ((e->kind == EV_FIELD || e->kind == EV_ITEM) && e->type &&
		    location_glob(name, e->type))
			add(l, i);
	}
}

static void find_divergences(const struct session *s, struct locations *l)
{
	for (size_t i = 0; i < s->a->ndivergences; i++) {
		if (!s->a->divergences[i].note)
			add(l, session_divergence_event(s, i));
	}
	sort(l);
}

static void find_failures(const struct session *s, struct locations *l)
{
	for (size_t i = 0; i < s->t->nfailures; i++)
		add(l, session_failure_event(s, i));
	sort(l);
}

/* "descriptor:field"; descriptors' names may hold colons, as may idstrs. */
static void find_of_descriptor(const struct timeline *t, const char *text,
			       struct locations *l)
{
	const char *colon = strrchr(text, ':');
	char name[512];

	if (!colon || colon == text || !colon[1] ||
	    (size_t)(colon - text) >= sizeof(name))
		return;
	memcpy(name, text, (size_t)(colon - text));
	name[colon - text] = '\0';
	for (uint32_t i = 0; i < t->n; i++) {
		const struct event *e = &t->events[i];

		if (e->kind == EV_FIELD && e->desc && e->name &&
		    location_glob(name, e->desc->name) &&
		    location_glob(colon + 1, e->name))
			add(l, i);
	}
}

/* Keywords; false if @text is none of them. */
static bool find_word(const struct session *s, const char *text,
		      struct locations *l)
{
	if (!strcmp(text, "start") || !strcmp(text, "end")) {
		l->single = true;
		add(l, *text == 's' ? 0 : s->t->n - 1);
	} else if (!strcmp(text, "divergence")) {
		find_divergences(s, l);
	} else if (!strcmp(text, "failure")) {
		find_failures(s, l);
	} else if (!strcmp(text, "subsection") || !strcmp(text, "struct")) {
		find_kind(s->t, text, l);
	} else if (!strncmp(text, "type:", 5)) {
		find_type(s->t, text + 5, l);
	} else if (!strncmp(text, "kind:", 5)) {
		return find_kind(s->t, text + 5, l);
	} else {
		return false;
	}
	return true;
}

static int none_of(struct err *err, const char *text)
{
	static const struct {
		const char *word, *why;
	} reasons[] = {
		{ "divergence", "the two sides part nowhere" },
		{ "failure", "the destination refuses nothing of this stream" },
		{ "subsection", "the load has no subsection" },
		{ "struct", "the load has no structure" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (!strcmp(text, reasons[i].word))
			return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "%s",
				       reasons[i].why);
	}
	if (!strncmp(text, "type:", 5) || !strncmp(text, "kind:", 5))
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "no event of this load has the %.4s '%s'", text,
			       text + 5);
	return -1;
}

/* A number: 0xOFFSET or an event; false if @text is none. */
static bool find_number(const struct session *s, const char *text,
			struct locations *l, struct err *err, int *ret)
{
	bool offset = !strncmp(text, "0x", 2) || !strncmp(text, "0X", 2);
	char *end;
	uint64_t v;
	uint32_t e;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	v = strtoull(text, &end, offset ? 16 : 10);
	if (*end || errno)
		return false;
	*ret = 0;
	l->single = true;
	if (!offset && v < s->t->n) {
		add(l, (uint32_t)v);
		return true;
	}
	if (!offset) {
		*ret = err_set(err, ERR_USAGE, ERR_NO_OFFSET, "no event %" PRIu64
			       ": the last one is %" PRIu32 " (an offset is "
			       "written 0x%" PRIx64 ")", v, s->t->n - 1, v);
		return true;
	}
	e = timeline_at(s->t, v);
	if (e == EVENT_NONE)
		*ret = err_set(err, ERR_USAGE, ERR_NO_OFFSET, v >= s->t->src->len ?
			       "0x%" PRIx64 " is behind the stream's end, 0x%"
			       PRIx64 : "no event reads 0x%" PRIx64
			       " of 0x%" PRIx64, v, s->t->src->len);
	else
		add(l, e);
	return true;
}

/* ---- what else could have been meant ---- */

static const char *last_part(const char *text)
{
	const char *p = text + strlen(text);

	while (p > text && p[-1] != '/' && p[-1] != '.' && p[-1] != ':')
		p--;
	return p;
}

static int not_found(const struct session *s, const char *text,
		     struct err *err)
{
	const struct timeline *t = s->t;
	const char *part = last_part(text);
	struct locations l = { 0 };
	char path[MAX_PATH];

	if (part != text && *part)
		find_anywhere_all(t, part, &l);
	for (uint32_t i = 0; !l.n && (i = next_section(t, i)) != EVENT_NONE;
	     i = t->events[i].end - 1) {
		if (t->events[i].name && strcasestr(t->events[i].name, text))
			add(&l, i);
	}
	if (l.n)
		err_set(err, ERR_USAGE, ERR_NO_OFFSET, "this load has no '%s'; "
			"there is '%s'%s", text, session_path(t, l.events[0],
			path, sizeof(path)), l.n > 1 ? " and more" : "");
	else
		err_set(err, ERR_USAGE, ERR_NO_OFFSET, "this load has no '%s' "
			"(no section, path or descriptor:field fits)", text);
	locations_release(&l);
	return -1;
}

/* "idstr › a › b[1]", as printed elsewhere, into "idstr/a.b[1]". */
static void normalise(char *buf, size_t size, const char *text)
{
	static const char mark[] = " \xe2\x80\xba ";
	bool first = true;
	size_t n = 0;

	while (*text && n + 1 < size) {
		if (!strncmp(text, mark, sizeof(mark) - 1)) {
			buf[n++] = first ? '/' : '.';
			first = false;
			text += sizeof(mark) - 1;
		} else {
			buf[n++] = *text++;
		}
	}
	buf[n] = '\0';
}

int location_find(const struct session *s, const char *text,
		  struct locations *ret, struct err *err)
{
	char buf[MAX_PATH];
	int r;

	*ret = (struct locations){ 0 };
	normalise(buf, sizeof(buf), text);
	if (!*buf)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "a location is missing ('help locations')");
	if (find_number(s, buf, ret, err, &r))
		return r;
	if (find_word(s, buf, ret))
		return ret->n ? 0 : none_of(err, buf);
	find_sections(s->t, buf, ret);
	if (!ret->n || strpbrk(buf, "*?"))
		find_in_sections(s->t, buf, ret);
	if (!ret->n)
		find_of_descriptor(s->t, buf, ret);
	if (!ret->n)
		find_anywhere(s, buf, ret);
	sort(ret);
	return ret->n ? 0 : not_found(s, text, err);
}

uint32_t location_one(const struct session *s, const char *text,
		      uint32_t from, struct err *err)
{
	struct locations l;
	uint32_t found;

	if (location_find(s, text, &l, err) < 0) {
		locations_release(&l);
		return EVENT_NONE;
	}
	found = l.events[0];
	for (size_t i = 0; i < l.n; i++) {
		if (l.events[i] > from) {
			found = l.events[i];
			break;
		}
	}
	locations_release(&l);
	return found;
}

uint32_t location_exact(const struct timeline *t, const char *path)
{
	struct locations l = { 0 };
	char buf[MAX_PATH];
	uint32_t e;

	snprintf(buf, sizeof(buf), "%s", path);
	find_sections(t, buf, &l);
	if (!l.n)
		find_in_sections(t, buf, &l);
	e = l.n ? l.events[0] : EVENT_NONE;
	locations_release(&l);
	return e;
}
