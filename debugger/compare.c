/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fnmatch.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../stream/cursor.h"
#include "../stream/escape.h"
#include "../stream/stream.h"
#include "compare-ram.h"
#include "compare.h"
#include "value.h"

#define MAX_DIFFERENCES 1000000u
#define MAX_LCS (4u << 20)	/* cells of the table */
#define MAX_SHOWN_BYTES 16u

#define X(id, name) name,
const char *difference_kind_name(enum difference_kind k)
{
	static const char *const names[] = { DIFFERENCE_KINDS(X) };

	return names[k];
}

const char *difference_what_name(enum difference_what w)
{
	static const char *const names[] = { DIFFERENCE_WHATS(X) };

	return names[w];
}

const char *difference_who_name(enum difference_who w)
{
	static const char *const names[] = { DIFFERENCE_WHOS(X) };

	return names[w];
}
#undef X

/*
 * Clocks tick and rings turn between any two snapshots of a running guest.
 * Names are those of QEMU's descriptors, 5.2 to 11.1.
 */
const char *const compare_stock[] = {
	"type:timer", "timer", "kvmclock", "icount",
	"*/env.tsc", "*/env.tsc_deadline", "*/env.system_time_msr",
	/* i8254 */
	"*.count_load_time", "*.next_transition_time",
	/* apic */
	"*.initial_count_load_time", "*.next_time", "*/initial_count_load_time",
	/* mc146818rtc, m48t59, pl031 */
	"mc146818rtc/cmos_data[[]0x[0-9]+0x?]", "mc146818rtc/base_rtc",
	"mc146818rtc/last_update", "mc146818rtc/offset",
	"mc146818rtc/next_alarm_time", "*/tick_offset_vmstate", "*/tick_offset",
	/* hpet, acpi, timers of other boards */
	"*/hpet_counter", "*/hpet_offset", "*.period_last", "*/overflow_time",
	"*/last_event", "*/next_event", "*.last_event", "*.next_event",
	/* rings of virtio, usb, nics */
	"*last_avail_idx", "*used_idx", "*shadow_avail_idx", "*signalled_used",
	"*/frnum", "*/frindex", "*mfindex*", "*/last_run_ns",
	"slirp/slirp.curtime", NULL,
};

/* ---- patterns ---- */

static bool ends_component(char c)
{
	return !c || c == '/' || c == '.' || c == '[';
}

/* The pattern over leading parts of @path that end with a component. */
static bool matches_leading(const char *pattern, const char *path, size_t from)
{
	char buf[2048];
	size_t n = strlen(path);

	if (!fnmatch(pattern, path, 0))
		return true;
	if (n >= sizeof(buf))
		return false;
	memcpy(buf, path, n + 1);
	while (n-- > from) {
		if (!ends_component(buf[n]))
			continue;
		buf[n] = '\0';
		if (!fnmatch(pattern, buf, 0))
			return true;
	}
	return false;
}

static bool matches_component(const char *pattern, const char *path)
{
	char buf[512];

	while (*path) {
		size_t n = strcspn(path, "/.[");

		if (n && n < sizeof(buf)) {
			memcpy(buf, path, n);
			buf[n] = '\0';
			if (!fnmatch(pattern, buf, 0))
				return true;
		}
		path += n + (path[n] != '\0');
	}
	return false;
}

bool compare_matches(const char *pattern, const char *idstr, const char *path,
		     const char *type)
{
	const char *last = strrchr(idstr, '/');

	if (!strncmp(pattern, "type:", 5))
		return type && !fnmatch(pattern + 5, type, 0);
	if (matches_leading(pattern, path, strlen(idstr)))
		return true;
	if (strchr(pattern, '/'))
		return false;
	return !fnmatch(pattern, idstr, 0) ||
		(last && !fnmatch(pattern, last + 1, 0)) ||
		matches_component(pattern, path + strlen(idstr)) ||
		/* "env.regs" is one name, though it looks like two */
		!fnmatch(pattern, path + strlen(idstr) +
			 (path[strlen(idstr)] == '/'), 0);
}

struct pair {
	struct comparison *c;
	const struct compare_opts *o;
	const struct timeline *t[2];
	int side[2];		/* SIDE_* of the two */
	bool split;		/* a row for each element */
	const char *section;
	uint32_t instance;
	char path[2048];
	size_t path_len;
	/* where rows go: c's own, or a list for a three-way join */
	struct difference *v;
	size_t n, cap;
};

static const char *ignored_by(const struct compare_opts *o, const char *idstr,
			      const char *path, const char *type)
{
	bool wanted = !o->nonly;

	for (size_t i = 0; i < o->nonly && !wanted; i++)
		wanted = compare_matches(o->only[i], idstr, path, type);
	if (!wanted)
		return "--only";
	for (size_t i = 0; i < o->nignore; i++) {
		if (compare_matches(o->ignore[i], idstr, path, type))
			return o->ignore[i];
	}
	for (size_t i = 0; !o->no_stock && compare_stock[i]; i++) {
		if (compare_matches(compare_stock[i], idstr, path, type))
			return compare_stock[i];
	}
	return NULL;
}

/* ---- paths ---- */

static size_t push(struct pair *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static size_t push(struct pair *p, const char *fmt, ...)
{
	size_t old = p->path_len, room = sizeof(p->path) - old;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(p->path + old, room, fmt, ap);
	va_end(ap);
	p->path_len = n < 0 || (size_t)n >= room ? sizeof(p->path) - 1 :
		old + (size_t)n;
	return old;
}

static void pop(struct pair *p, size_t to)
{
	p->path_len = to;
	p->path[to] = '\0';
}

static size_t push_name(struct pair *p, const char *name)
{
	/* the first component of a section follows a slash, others a dot */
	bool first = !strchr(p->path + strlen(p->section), '/');

	return push(p, "%c%s", first ? '/' : '.', name ? name : "");
}

/* ---- rows ---- */

/* What is shown of one side. */
struct part {
	uint32_t event;
	uint64_t off, len, n;
	const char *type;
	const char *text;	/* instead of a value */
};

static const char *bytes_text(struct arena *a, const uint8_t *p, uint64_t len)
{
	char buf[MAX_SHOWN_BYTES * 3 + 8];
	size_t at = 0;

	for (uint64_t i = 0; i < len && i < MAX_SHOWN_BYTES; i++)
		at += (size_t)snprintf(buf + at, sizeof(buf) - at,
				       i ? " %02x" : "%02x", p[i]);
	if (len > MAX_SHOWN_BYTES)
		snprintf(buf + at, sizeof(buf) - at, " ...");
	return arena_strdup(a, at ? buf : "empty");
}

static const char *part_value(struct pair *p, int k, const struct part *x)
{
	struct arena *a = &p->c->arena;
	const struct timeline *t = p->t[k];
	char buf[1024], safe[2048];

	if (x->text)
		return escape_bytes(a, x->text, strlen(x->text));
	if (x->off > t->src->len || x->len > t->src->len - x->off)
		return "";
	value_format(x->type, t->src->data + x->off, x->len, x->n, buf,
		     sizeof(buf));
	return arena_strdup(a, escape_text(safe, sizeof(safe), buf,
					   strlen(buf)));
}

static struct difference *add(struct pair *p, enum difference_kind kind,
			      enum difference_what what, const struct part *a,
			      const struct part *b)
{
	const struct part *part[2] = { a, b };
	struct difference *d;

	if (p->n >= MAX_DIFFERENCES) {
		p->c->truncated = true;
		return NULL;
	}
	p->v = grow_array(p->v, &p->cap, p->n + 1, sizeof(*p->v));
	d = &p->v[p->n++];
	*d = (struct difference){
		.kind = kind, .what = what, .section = p->section,
		.instance = p->instance,
		.path = arena_strdup(&p->c->arena, p->path),
		.type = a && a->type ? a->type : b ? b->type : NULL,
	};
	for (int k = 0; k < 3; k++)
		d->side[k].event = EVENT_NONE;
	for (int k = 0; k < 2; k++) {
		struct difference_side *s = &d->side[p->side[k]];

		if (!part[k])
			continue;
		*s = (struct difference_side){
			.there = true, .off = part[k]->off,
			.len = part[k]->len, .event = part[k]->event,
			.type = part[k]->type,
			.value = part_value(p, k, part[k]),
		};
	}
	d->ignored = ignored_by(p->o, p->section, d->path, d->type);
	return d;
}

static const struct event *ev_at(const struct pair *p, int k, uint32_t i)
{
	return &p->t[k]->events[i];
}

static const uint8_t *data_at(const struct pair *p, int k, uint64_t off)
{
	return p->t[k]->src->data + off;
}

static bool same_bytes(const struct pair *p, const struct event *a,
		       const struct event *b)
{
	return a->len == b->len &&
		!memcmp(data_at(p, 0, a->off), data_at(p, 1, b->off), a->len);
}

static struct part part_of(const struct pair *p, int k, uint32_t i)
{
	const struct event *e = ev_at(p, k, i);

	return (struct part){ i, e->off, e->len, e->n, e->type, NULL };
}

/* Bytes of no known shape: one row for each range that differs. */
static void compare_bytes(struct pair *p, enum difference_what what,
			  struct part a, struct part b)
{
	const uint8_t *x = data_at(p, 0, a.off), *y = data_at(p, 1, b.off);
	uint64_t n = a.len < b.len ? a.len : b.len, i = 0, rows = 0;

	while (i < n && rows < 16) {
		uint64_t from, to, k;
		struct part pa = a, pb = b;
		size_t mark;

		while (i < n && x[i] == y[i])
			i++;
		if (i == n)
			break;
		from = i;
		to = ++i;
		/* eight equal bytes end a range */
		for (k = 0; i < n && k < 8; i++) {
			k = x[i] == y[i] ? k + 1 : 0;
			if (!k)
				to = i + 1;
		}
		if (++rows == 16 && i < n)
			to = n;
		pa.off += from;
		pb.off += from;
		pa.len = pb.len = to - from;
		pa.text = bytes_text(&p->c->arena, x + from, to - from);
		pb.text = bytes_text(&p->c->arena, y + from, to - from);
		mark = push(p, "[0x%" PRIx64 "+0x%" PRIx64 "]", from, to - from);
		add(p, DIFFERENCE_CHANGED, what, &pa, &pb);
		pop(p, mark);
	}
	if (a.len == b.len)
		return;
	a.text = arena_printf(&p->c->arena, "%" PRIu64 " bytes", a.len);
	b.text = arena_printf(&p->c->arena, "%" PRIu64 " bytes", b.len);
	add(p, DIFFERENCE_CHANGED, what, &a, &b);
}

static void add_elements(struct pair *p, enum difference_kind kind,
			 const struct part *a, const struct part *b,
			 unsigned size, uint64_t from, uint64_t n)
{
	struct part pa = *a, pb = *b;
	size_t mark = n == 1 ? push(p, "[%" PRIu64 "]", from) :
		push(p, "[%" PRIu64 "..%" PRIu64 "]", from, from + n - 1);

	pa.off += from * size;
	pb.off += from * size;
	pa.len = pb.len = n * size;
	pa.n = pb.n = n;
	add(p, kind, DIFFERENCE_ELEMENT,
	    kind == DIFFERENCE_ADDED ? NULL : &pa,
	    kind == DIFFERENCE_REMOVED ? NULL : &pb);
	pop(p, mark);
}

/* Arrays of numbers: neighbours that changed make one row. */
static void compare_elements(struct pair *p, const struct part *a,
			     const struct part *b, unsigned size)
{
	const uint8_t *x = data_at(p, 0, a->off), *y = data_at(p, 1, b->off);
	uint64_t na = a->len / size, nb = b->len / size;
	uint64_t n = na < nb ? na : nb, i = 0;

	while (i < n) {
		uint64_t from;

		if (!memcmp(x + i * size, y + i * size, size)) {
			i++;
			continue;
		}
		from = i++;
		while (i < n && !p->split &&
		       memcmp(x + i * size, y + i * size, size))
			i++;
		add_elements(p, DIFFERENCE_CHANGED, a, b, size, from, i - from);
	}
	if (na > n)
		add_elements(p, DIFFERENCE_REMOVED, a, b, size, n, na - n);
	if (nb > n)
		add_elements(p, DIFFERENCE_ADDED, a, b, size, n, nb - n);
}

static bool same_type(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void compare_leaf(struct pair *p, uint32_t i, uint32_t j)
{
	struct part a = part_of(p, 0, i), b = part_of(p, 1, j);
	unsigned size = a.type ? desc_type_size(a.type) : 0;

	if (!same_type(a.type, b.type)) {
		add(p, DIFFERENCE_CHANGED, DIFFERENCE_FIELD, &a, &b);
		return;
	}
	if (size && (a.n > 1 || b.n > 1) && a.len % size == 0 &&
	    b.len % size == 0)
		compare_elements(p, &a, &b, size);
	else if (size || a.len + b.len <= 2 * MAX_SHOWN_BYTES)
		add(p, DIFFERENCE_CHANGED, DIFFERENCE_FIELD, &a, &b);
	else
		compare_bytes(p, DIFFERENCE_FIELD, a, b);
}

/* ---- children: what a container holds, with what tells them apart ---- */

enum child_class { CHILD_NAMED, CHILD_SUB, CHILD_ELEMENT };

struct child {
	uint32_t event, nth;	/* nth of this name */
	const char *name;
	uint32_t mate;		/* index on the other side; UINT32_MAX none */
	uint32_t elem;		/* its number in the array */
	uint32_t instance;	/* of a section; 0 of what is in one */
	uint8_t class;		/* or a section's kind: START and FULL are one */
	uint64_t body, end;	/* a section's, without footer */
};

struct children {
	struct child *v;
	size_t n, cap;
	bool list;		/* elements have no places of their own */
};

static void add_child(struct children *l, const struct timeline *t,
		      uint32_t event, enum child_class class)
{
	const struct event *e = &t->events[event];

	l->v = grow_array(l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = (struct child){
		.event = event, .mate = UINT32_MAX, .elem = e->elem,
		.name = class != CHILD_ELEMENT && e->name ? e->name : "",
		.class = (uint8_t)class,
	};
}

static void collect(const struct timeline *t, uint32_t parent,
		    struct children *l)
{
	const struct event *up = &t->events[parent];

	for (uint32_t i = parent + 1; i < up->end; i = t->events[i].end) {
		const struct event *e = &t->events[i];

		if (e->outcome == OUT_ABSENT)
			continue;
		switch (e->kind) {
		case EV_FIELD:
		case EV_ITEM:
		case EV_GROUP:
		case EV_GAP:
			add_child(l, t, i, CHILD_NAMED);
			break;
		case EV_STRUCT:
			if (up->kind == EV_PROBE)
				add_child(l, t, i, CHILD_SUB);
			else if (up->kind == EV_FIELD && up->is_array)
				add_child(l, t, i, CHILD_ELEMENT);
			else if (up->kind == EV_GROUP)
				add_child(l, t, i, CHILD_NAMED);
			else
				collect(t, i, l);
			break;
		case EV_MARKER:
			l->list = true;
			break;
		case EV_PROBE:
			collect(t, i, l);
			break;
		}
	}
}

static int child_cmp(const struct child *a, const struct child *b)
{
	int r;

	if (a->class != b->class)
		return a->class - b->class;
	r = strcmp(a->name, b->name);
	if (!r && a->instance != b->instance)
		return a->instance < b->instance ? -1 : 1;
	return r ? r : a->nth < b->nth ? -1 : a->nth > b->nth;
}

static int by_name(const void *x, const void *y, void *arg)
{
	const struct child *v = arg;
	const struct child *a = &v[*(const uint32_t *)x];
	const struct child *b = &v[*(const uint32_t *)y];
	int r = child_cmp(a, b);

	return r ? r : a < b ? -1 : a > b;
}

static uint32_t *sorted(struct children *l)
{
	uint32_t *order = malloc((l->n + 1) * sizeof(*order));

	if (!order)
		abort();
	for (size_t i = 0; i < l->n; i++)
		order[i] = (uint32_t)i;
	qsort_r(order, l->n, sizeof(*order), by_name, l->v);
	/* equal ones lie in the stream's order; the sort stays valid */
	for (size_t i = 1; i < l->n; i++) {
		struct child *c = &l->v[order[i]], *prev = &l->v[order[i - 1]];

		if (c->class == prev->class && !strcmp(c->name, prev->name) &&
		    c->instance == prev->instance)
			c->nth = prev->nth + 1;
	}
	return order;
}

static void match_names(struct children *a, struct children *b)
{
	uint32_t *oa = sorted(a), *ob = sorted(b);
	size_t i = 0, j = 0;

	while (i < a->n && j < b->n) {
		int r = child_cmp(&a->v[oa[i]], &b->v[ob[j]]);

		if (!r) {
			a->v[oa[i]].mate = ob[j];
			b->v[ob[j]].mate = oa[i];
		}
		i += r <= 0;
		j += r >= 0;
	}
	free(oa);
	free(ob);
}

static bool same_child(const struct pair *p, const struct child *a,
		       const struct child *b)
{
	return same_bytes(p, ev_at(p, 0, a->event), ev_at(p, 1, b->event));
}

static void mate(struct children *a, struct children *b, size_t i, size_t j)
{
	a->v[i].mate = (uint32_t)j;
	b->v[j].mate = (uint32_t)i;
}

/*
 * The longest common subsequence of a[i .. ie) and b[j .. je) by content;
 * what lies between two matches is paired in order as far as it goes.
 */
static void match_middle(const struct pair *p, struct children *a,
			 struct children *b, size_t i, size_t ie, size_t j,
			 size_t je)
{
	size_t n = ie - i, m = je - j, w = m + 1;
	uint32_t *len;

	if (!n || !m || n + 1 > MAX_LCS / w) {
		for (; i < ie && j < je; i++, j++)
			mate(a, b, i, j);
		return;
	}
	len = calloc((n + 1) * w, sizeof(*len));
	if (!len)
		abort();
	for (size_t x = n; x-- > 0; ) {
		for (size_t y = m; y-- > 0; ) {
			uint32_t right = len[x * w + y + 1];
			uint32_t down = len[(x + 1) * w + y];

			len[x * w + y] = right > down ? right : down;
			if (same_child(p, &a->v[i + x], &b->v[j + y]))
				len[x * w + y] = len[(x + 1) * w + y + 1] + 1;
		}
	}
	for (size_t x = 0, y = 0, fx = 0, fy = 0; ; ) {
		bool end = x == n || y == m;

		if (end || same_child(p, &a->v[i + x], &b->v[j + y])) {
			size_t tx = end ? n : x, ty = end ? m : y;

			for (; fx < tx && fy < ty; fx++, fy++)
				mate(a, b, i + fx, j + fy);
			if (end)
				break;
			mate(a, b, i + x, j + y);
			fx = ++x;
			fy = ++y;
		} else if (len[(x + 1) * w + y] >= len[x * w + y + 1]) {
			x++;
		} else {
			y++;
		}
	}
	free(len);
}

static void match_content(const struct pair *p, struct children *a,
			  struct children *b)
{
	size_t i = 0, ie = a->n, je = b->n;

	while (i < ie && i < je && same_child(p, &a->v[i], &b->v[i])) {
		mate(a, b, i, i);
		i++;
	}
	while (ie > i && je > i &&
	       same_child(p, &a->v[ie - 1], &b->v[je - 1])) {
		ie--;
		je--;
		mate(a, b, ie, je);
	}
	match_middle(p, a, b, i, ie, i, je);
}

static bool all_elements(const struct children *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i].class != CHILD_ELEMENT)
			return false;
	}
	return true;
}

/* ---- walking two trees ---- */

static bool compare_children(struct pair *p, uint32_t i, uint32_t j);

static size_t push_child(struct pair *p, const struct children *l, size_t i)
{
	const struct child *c = &l->v[i];

	if (c->class == CHILD_ELEMENT)
		return push(p, "[%" PRIu32 "]", c->elem);
	if (c->nth) {
		size_t old = push_name(p, c->name);

		push(p, "~%" PRIu32, c->nth + 1);
		return old;
	}
	return push_name(p, c->name);
}

static enum difference_what what_of(const struct child *c)
{
	return c->class == CHILD_SUB ? DIFFERENCE_SUBSECTION :
		c->class == CHILD_ELEMENT ? DIFFERENCE_ELEMENT :
		DIFFERENCE_FIELD;
}

/* A container that only one side has is told by its size. */
static void add_lonely(struct pair *p, int k, const struct children *l,
		       size_t i)
{
	const struct child *c = &l->v[i];
	struct part x = part_of(p, k, c->event);
	struct children inside = { 0 };
	size_t mark = push_child(p, l, i);

	collect(p->t[k], c->event, &inside);
	if (inside.n)
		x.text = arena_printf(&p->c->arena, "%" PRIu64 " bytes in %zu "
				      "fields", x.len, inside.n);
	add(p, k ? DIFFERENCE_ADDED : DIFFERENCE_REMOVED, what_of(c),
	    k ? NULL : &x, k ? &x : NULL);
	free(inside.v);
	pop(p, mark);
}

static void compare_version(struct pair *p, uint32_t i, uint32_t j)
{
	struct part a = part_of(p, 0, i), b = part_of(p, 1, j);
	int32_t va = ev_at(p, 0, i)->version, vb = ev_at(p, 1, j)->version;

	if (va == vb)
		return;
	a.text = arena_printf(&p->c->arena, "version %" PRId32, va);
	b.text = arena_printf(&p->c->arena, "version %" PRId32, vb);
	add(p, DIFFERENCE_CHANGED, DIFFERENCE_VERSION, &a, &b);
}

static void compare_pair(struct pair *p, const struct children *la, size_t i,
			 const struct children *lb, size_t j)
{
	const struct child *a = &la->v[i], *b = &lb->v[j];
	size_t mark = push_child(p, la, i);

	if (a->class == CHILD_SUB)
		compare_version(p, a->event, b->event);
	if (!same_bytes(p, ev_at(p, 0, a->event), ev_at(p, 1, b->event)) &&
	    !compare_children(p, a->event, b->event))
		compare_leaf(p, a->event, b->event);
	pop(p, mark);
}

static void walk_children(struct pair *p, struct children *a,
			  struct children *b)
{
	size_t i = 0, j = 0;

	while (i < a->n || j < b->n) {
		if (i < a->n && a->v[i].mate == UINT32_MAX)
			add_lonely(p, 0, a, i++);
		else if (j < b->n && b->v[j].mate == UINT32_MAX)
			add_lonely(p, 1, b, j++);
		else if (j < b->n && (i >= a->n || b->v[j].mate < i))
			j++;
		else {
			compare_pair(p, a, i, b, a->v[i].mate);
			j += j < b->n && b->v[j].mate == i;
			i++;
		}
	}
}

/*
 * Do the two containers' children tell what differs?  False when they have
 * none, or when bytes outside of them are the reason: then the container's
 * own bytes have to be shown.
 */
static bool compare_children(struct pair *p, uint32_t i, uint32_t j)
{
	struct children a = { 0 }, b = { 0 };
	size_t before = p->n;

	collect(p->t[0], i, &a);
	collect(p->t[1], j, &b);
	if (a.n + b.n) {
		bool elements = all_elements(&a) && all_elements(&b);

		if (elements && (a.list || b.list || a.n != b.n))
			match_content(p, &a, &b);
		else if (elements)
			for (size_t k = 0; k < a.n; k++)
				mate(&a, &b, k, k);
		else
			match_names(&a, &b);
		walk_children(p, &a, &b);
	}
	free(a.v);
	free(b.v);
	return p->n > before;
}

/* ---- sections ---- */

static uint64_t body_of(const struct event *e)
{
	return e->off + (e->section_kind == SECTION_START ||
			 e->section_kind == SECTION_FULL ?
			 14 + strlen(e->name ? e->name : "") : 5);
}

static void add_share(const struct timeline *t, uint32_t i, uint64_t end,
		      struct children *l)
{
	const struct event *e = &t->events[i];
	struct child s = {
		.event = i, .name = e->name ? e->name : "",
		.instance = e->instance, .mate = UINT32_MAX,
		.class = e->kind != EV_SECTION ? 0x80 | e->kind :
			e->section_kind == SECTION_FULL ? SECTION_START :
			e->section_kind,
		.body = e->kind == EV_SECTION ? body_of(e) : e->off, .end = end,
	};
	uint32_t last = e->end - 1;

	if (s.body > end)
		s.body = end;
	if (e->kind == EV_SECTION && e->end > i + 1 &&
	    t->events[last].kind == EV_FOOTER &&
	    t->events[last].outcome == OUT_LOADED && e->off + e->len == end)
		s.end = t->events[last].off;
	else if (e->kind == EV_SECTION && end - s.body >= 5 &&
		 t->src->data[end - 5] == SECTION_FOOTER &&
		 be_load(t->src->data + end - 4, 4) == e->n)
		s.end = end - 5;
	l->v = grow_array(l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = s;
}

/* A section that could not be read ends where the next thing begins. */
static uint64_t share_end(const struct timeline *t, uint32_t i, uint32_t stop)
{
	uint32_t next = t->events[i].end;

	while (next < stop && t->events[next].kind == EV_GAP)
		next = t->events[next].end;
	return next < stop ? t->events[next].off :
		t->events[i].off + t->events[i].len;
}

static void collect_shares(const struct timeline *t, uint32_t parent,
			   struct children *l)
{
	uint32_t stop = t->events[parent].end;

	for (uint32_t i = parent + 1; i < stop; i = t->events[i].end) {
		const struct event *e = &t->events[i];

		if (e->kind == EV_SECTION || e->kind == EV_CONFIGURATION)
			add_share(t, i, share_end(t, i, stop), l);
		else if (e->kind == EV_COMMAND && e->end > i + 1)
			collect_shares(t, i, l);
		else if (e->kind == EV_COMMAND || e->kind == EV_TAIL)
			add_share(t, i, e->off + e->len, l);
	}
}

static void enter_share(struct pair *p, const struct child *s)
{
	p->section = s->name;
	p->instance = s->instance;
	pop(p, 0);
	push(p, "%s", s->name);
	if (s->instance)
		push(p, "#%" PRIu32, s->instance);
	if (s->class == SECTION_PART || s->class == SECTION_END)
		push(p, "{%s %" PRIu32 "}", s->class == SECTION_PART ? "part" :
		     "end", s->nth + 1);
	else if (s->nth)
		push(p, "{%" PRIu32 "}", s->nth + 1);
}

static bool readable(const struct timeline *t, const struct child *s)
{
	const struct event *e = &t->events[s->event];
	uint64_t footer = s->end + 5;

	return e->outcome == OUT_LOADED &&
		(e->kind != EV_SECTION || e->off + e->len == s->end ||
		 e->off + e->len == footer);
}

static void lonely_share(struct pair *p, int k, const struct child *s)
{
	struct part x = { s->event, s->body, s->end - s->body, 1, NULL, NULL };
	bool section = !(s->class & 0x80) ||
		s->class == (0x80 | EV_CONFIGURATION);

	enter_share(p, s);
	x.text = arena_printf(&p->c->arena, "%" PRIu64 " bytes", x.len);
	add(p, k ? DIFFERENCE_ADDED : DIFFERENCE_REMOVED,
	    section ? DIFFERENCE_SECTION : DIFFERENCE_COMMAND, k ? NULL : &x,
	    k ? &x : NULL);
}

static void compare_share(struct pair *p, const struct child *a,
			  const struct child *b)
{
	struct part pa = { a->event, a->body, a->end - a->body, 1, NULL, NULL };
	struct part pb = { b->event, b->body, b->end - b->body, 1, NULL, NULL };
	bool same = pa.len == pb.len &&
		!memcmp(data_at(p, 0, pa.off), data_at(p, 1, pb.off), pa.len);

	enter_share(p, a);
	if (a->class == SECTION_START)
		compare_version(p, a->event, b->event);
	if (same)
		return;
	if (readable(p->t[0], a) && readable(p->t[1], b) &&
	    compare_children(p, a->event, b->event))
		return;
	compare_bytes(p, a->class & 0x80 &&
		      a->class != (0x80 | EV_CONFIGURATION) ?
		      DIFFERENCE_COMMAND : DIFFERENCE_BYTES, pa, pb);
}

static bool is_ram(const struct child *s)
{
	return !(s->class & 0x80) && !strcmp(s->name, "ram");
}

static void compare_shares(struct pair *p)
{
	struct children a = { 0 }, b = { 0 };
	size_t i = 0, j = 0;

	collect_shares(p->t[0], 0, &a);
	collect_shares(p->t[1], 0, &b);
	match_names(&a, &b);
	while (i < a.n || j < b.n) {
		if (i < a.n && is_ram(&a.v[i]))
			i++;
		else if (j < b.n && is_ram(&b.v[j]))
			j++;
		else if (i < a.n && a.v[i].mate == UINT32_MAX)
			lonely_share(p, 0, &a.v[i++]);
		else if (j < b.n && b.v[j].mate == UINT32_MAX)
			lonely_share(p, 1, &b.v[j++]);
		else if (j < b.n && (i >= a.n || b.v[j].mate < i))
			j++;
		else {
			compare_share(p, &a.v[i], &b.v[a.v[i].mate]);
			j += j < b.n && b.v[j].mate == i;
			i++;
		}
	}
	free(a.v);
	free(b.v);
}

/* ---- two and three ways ---- */

static void pair_run(struct pair *p, struct comparison *c,
		     const struct compare_opts *o, int a, int b, bool split)
{
	*p = (struct pair){
		.c = c, .o = o, .t = { c->t[a], c->t[b] }, .side = { a, b },
		.split = split, .section = "",
	};
	if (c->t[a]->n && c->t[b]->n)
		compare_shares(p);
}

static int by_path(const void *x, const void *y, void *arg)
{
	const struct difference *v = arg;
	const struct difference *a = &v[*(const uint32_t *)x];
	const struct difference *b = &v[*(const uint32_t *)y];
	int r = strcmp(a->path, b->path);

	return r ? r : (int)a->what - (int)b->what;
}

static int diff_cmp(const struct difference *a, const struct difference *b)
{
	int r = strcmp(a->path, b->path);

	return r ? r : (int)a->what - (int)b->what;
}

static uint32_t *order_of(const struct pair *p)
{
	uint32_t *v = malloc((p->n + 1) * sizeof(*v));

	if (!v)
		abort();
	for (size_t i = 0; i < p->n; i++)
		v[i] = (uint32_t)i;
	qsort_r(v, p->n, sizeof(*v), by_path, p->v);
	return v;
}

static bool alike(const struct comparison *c, const struct difference *a,
		  const struct difference *b)
{
	const struct difference_side *x = &a->side[SIDE_A];
	const struct difference_side *y = &b->side[SIDE_B];

	if (x->there != y->there || x->len != y->len ||
	    a->what == DIFFERENCE_VERSION)
		return x->there == y->there && x->value && y->value &&
			!strcmp(x->value, y->value);
	return !x->there || !memcmp(c->t[SIDE_A]->src->data + x->off,
				    c->t[SIDE_B]->src->data + y->off, x->len);
}

/* What differs from the base in A, in B, in both. */
static void join_three(struct comparison *c, struct pair *a, struct pair *b)
{
	uint32_t *oa = order_of(a), *ob = order_of(b);
	size_t i = 0, j = 0, n = 0;
	uint64_t x = 0, y = 0;	/* where in the base; what it lacks stays near */

	for (i = 0; i < a->n; i++)
		a->v[i].who = WHO_A;
	for (i = 0; i < b->n; i++)
		b->v[i].who = WHO_B;
	for (i = 0; i < a->n && j < b->n; ) {
		struct difference *d = &a->v[oa[i]], *e = &b->v[ob[j]];
		int r = diff_cmp(d, e);

		if (!r) {
			d->who = alike(c, d, e) ? WHO_BOTH : WHO_CONFLICT;
			d->side[SIDE_B] = e->side[SIDE_B];
			e->who = WHO_NOBODY;	/* told by d */
			if (d->kind != e->kind)
				d->kind = DIFFERENCE_CHANGED;
		}
		i += r <= 0;
		j += r >= 0;
	}
	free(oa);
	free(ob);
	c->v = grow_array(NULL, &c->cap, a->n + b->n + 1, sizeof(*c->v));
	for (i = j = 0; i < a->n || j < b->n; ) {
		if (i < a->n && a->v[i].side[SIDE_BASE].there)
			x = a->v[i].side[SIDE_BASE].off;
		if (j < b->n && b->v[j].side[SIDE_BASE].there)
			y = b->v[j].side[SIDE_BASE].off;
		if (j < b->n && b->v[j].who == WHO_NOBODY)
			j++;
		else if (j >= b->n || (i < a->n && x <= y))
			c->v[n++] = a->v[i++];
		else
			c->v[n++] = b->v[j++];
	}
	c->n = n;
}

/* ---- RAM ---- */

struct ram_side {
	struct ram_map map;
	const struct account *acc;
};

static int block_of(const struct ram_side *s, const char *name)
{
	return s ? ram_find_block(s->acc ? &s->acc->ram : s->map.ram, name) : -1;
}

static uint64_t block_len(const struct ram_side *s, int i)
{
	return i < 0 ? 0 : s->map.ram->blocks[i].len;
}

static void add_ram(struct comparison *c, const char *block, uint64_t addr,
		    uint64_t len, enum difference_who who)
{
	struct ram_difference *r;

	if (c->nram >= MAX_DIFFERENCES) {
		c->truncated = true;
		return;
	}
	c->ram = grow_array(c->ram, &c->ram_cap, c->nram + 1, sizeof(*c->ram));
	r = &c->ram[c->nram++];
	*r = (struct ram_difference){ block, addr, len, who };
}

struct ranges {
	struct ram_range *v;
	size_t n, i;
};

/* Is @at inside?  *@upto becomes where that may change. */
static bool inside(struct ranges *r, uint64_t at, uint64_t *upto)
{
	while (r->i < r->n && r->v[r->i].addr + r->v[r->i].len <= at)
		r->i++;
	if (r->i >= r->n)
		return false;
	if (r->v[r->i].addr > at) {
		if (r->v[r->i].addr < *upto)
			*upto = r->v[r->i].addr;
		return false;
	}
	if (r->v[r->i].addr + r->v[r->i].len < *upto)
		*upto = r->v[r->i].addr + r->v[r->i].len;
	return true;
}

static uint64_t join_ram(struct comparison *c, const char *block,
			 struct ranges *a, struct ranges *b, struct ranges *ab)
{
	uint64_t at = 0, changed = 0;

	for (;;) {
		uint64_t upto = UINT64_MAX;
		bool x = inside(a, at, &upto), y = inside(b, at, &upto);
		bool z = inside(ab, at, &upto);

		if (upto == UINT64_MAX)
			break;
		if (x || y) {
			add_ram(c, block, at, upto - at,
				x && y ? z ? WHO_CONFLICT : WHO_BOTH :
				x ? WHO_A : WHO_B);
			changed += upto - at;
		}
		at = upto;
	}
	return changed / c->page_size;
}

static struct ranges ranges_of(const struct compare_opts *o,
			       const struct ram_side *a,
			       const struct ram_side *b, const char *block,
			       uint64_t *compared)
{
	int i = block_of(a, block), j = block_of(b, block);
	struct ranges r = { 0 };

	r.n = ram_compare(&a->map, i < 0 ? SIZE_MAX : (size_t)i, &b->map,
			  j < 0 ? SIZE_MAX : (size_t)j, o->threads, &r.v,
			  compared, o->progress);
	return r;
}

static void compare_block(struct comparison *c, const struct compare_opts *o,
			  const struct ram_side *s, const char *name)
{
	const struct ram_side *base = c->t[SIDE_BASE] ? &s[SIDE_BASE] : NULL;
	int i = block_of(&s[SIDE_A], name), j = block_of(&s[SIDE_B], name);
	struct ram_block_difference d = {
		.block = name, .a_len = block_len(&s[SIDE_A], i),
		.b_len = block_len(&s[SIDE_B], j), .first = c->nram,
	};
	const char *path = arena_printf(&c->arena, "ram/%s", name);
	struct ranges ab;
	uint64_t n;

	d.ignored = ignored_by(o, "ram", path, NULL);
	if (d.ignored)
		goto out;
	ab = ranges_of(o, &s[SIDE_A], &s[SIDE_B], name, &d.compared);
	if (base) {
		struct ranges ra = ranges_of(o, base, &s[SIDE_A], name, &n);
		struct ranges rb = ranges_of(o, base, &s[SIDE_B], name, &n);

		d.changed = join_ram(c, name, &ra, &rb, &ab);
		free(ra.v);
		free(rb.v);
	} else {
		for (size_t k = 0; k < ab.n; k++) {
			add_ram(c, name, ab.v[k].addr, ab.v[k].len, WHO_NOBODY);
			d.changed += ab.v[k].len / c->page_size;
		}
	}
	free(ab.v);
	d.n = c->nram - d.first;
	c->ram_changed += d.changed;
out:
	c->blocks = grow_array(c->blocks, &c->blocks_cap, c->nblocks + 1,
			       sizeof(*c->blocks));
	c->blocks[c->nblocks++] = d;
}

/* A block that one side lacks, or has with another length. */
static void compare_lists(struct comparison *c, const struct compare_opts *o,
			  const struct ram_side *s)
{
	struct pair p = {
		.c = c, .o = o, .section = "ram",
		.t = { c->t[SIDE_A], c->t[SIDE_B] },
		.side = { SIDE_A, SIDE_B },
		.v = c->v, .n = c->n, .cap = c->cap,
	};

	for (size_t i = 0; i < c->nblocks; i++) {
		const struct ram_block_difference *d = &c->blocks[i];
		int x = block_of(&s[SIDE_A], d->block);
		int y = block_of(&s[SIDE_B], d->block);
		struct part a = { EVENT_NONE, 0, 0, 1, NULL, NULL }, b = a;

		if (x >= 0 && y >= 0 && d->a_len == d->b_len)
			continue;
		pop(&p, 0);
		push(&p, "ram/%s", d->block);
		a.text = arena_printf(&c->arena, "0x%" PRIx64 " bytes", d->a_len);
		b.text = arena_printf(&c->arena, "0x%" PRIx64 " bytes", d->b_len);
		add(&p, x < 0 ? DIFFERENCE_ADDED : y < 0 ? DIFFERENCE_REMOVED :
		    DIFFERENCE_CHANGED, DIFFERENCE_BLOCK, x < 0 ? NULL : &a,
		    y < 0 ? NULL : &b);
	}
	c->v = p.v;
	c->n = p.n;
	c->cap = p.cap;
}

static void compare_ram(struct comparison *c, const struct compare_opts *o,
			const struct account *const acc[3])
{
	struct ram_side s[3] = { 0 };

	c->page_size = 1ull << acc[SIDE_A]->ram.page_bits;
	for (int k = 0; k < 3; k++) {
		if (acc[k] && acc[k]->ram.page_bits !=
		    acc[SIDE_A]->ram.page_bits) {
			c->note = "RAM is not compared: the page sizes differ";
			return;
		}
	}
	for (int k = 0; k < 3; k++) {
		s[k].acc = acc[k];
		if (acc[k])
			ram_map_init(&s[k].map, acc[k]->src, &acc[k]->ram);
	}
	for (int k = 0; k < 2; k++) {
		const struct ram *ram = &acc[k]->ram;

		for (size_t i = 0; i < ram->nblocks; i++) {
			if (!k || block_of(&s[SIDE_A], ram->blocks[i].name) < 0)
				compare_block(c, o, s, ram->blocks[i].name);
		}
	}
	compare_lists(c, o, s);
	for (int k = 0; k < 3; k++) {
		if (acc[k])
			ram_map_release(&s[k].map);
	}
}

/* ---- the whole ---- */

/* A stream without a description is read by another's. */
static const struct timeline *timeline_of(struct comparison *c, int k,
					  const struct account *const acc[3])
{
	const struct account *guide = acc[k];
	struct destination *d;
	struct err err;

	if (acc[k]->self)
		return acc[k]->self;
	for (int i = 0; i < 3 && !guide->self; i++) {
		if (acc[i] && acc[i]->self)
			guide = acc[i];
	}
	c->note = guide->self ?
		"a stream without a description was read by the other's" :
		"no stream carries a description: sections are compared as "
		"bytes";
	if (destination_open(&d, NULL, 0, guide, NULL, &err) < 0)
		return NULL;
	c->loads[k] = destination_load(d, acc[k], RULES_CURRENT, NULL);
	/* its events point into the registry's descriptors for good */
	c->dests[k] = d;
	return c->loads[k];
}

static void count(struct comparison *c)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->v[i].ignored)
			c->ignored++;
		else
			c->shown++;
		if (!c->v[i].ignored && c->v[i].who == WHO_CONFLICT)
			c->conflicts++;
	}
	for (size_t i = 0; i < c->nram; i++)
		c->conflicts += c->ram[i].who == WHO_CONFLICT;
}

struct comparison *compare(const struct account *a, const struct account *b,
			   const struct account *base,
			   const struct compare_opts *opts)
{
	static const struct compare_opts none;
	const struct account *const acc[3] = { a, b, base };
	struct comparison *c = calloc(1, sizeof(*c));
	struct pair p, q;

	if (!c)
		abort();
	if (!opts)
		opts = &none;
	arena_init(&c->arena);
	for (int k = 0; k < 3; k++) {
		if (acc[k])
			c->t[k] = timeline_of(c, k, acc);
	}
	if (base) {
		pair_run(&p, c, opts, SIDE_BASE, SIDE_A, true);
		pair_run(&q, c, opts, SIDE_BASE, SIDE_B, true);
		join_three(c, &p, &q);
		free(p.v);
		free(q.v);
	} else {
		pair_run(&p, c, opts, SIDE_A, SIDE_B, false);
		c->v = p.v;
		c->n = p.n;
		c->cap = p.cap;
	}
	if (!opts->no_ram)
		compare_ram(c, opts, acc);
	count(c);
	return c;
}

void comparison_close(struct comparison *c)
{
	if (!c)
		return;
	for (int k = 0; k < 3; k++) {
		timeline_close(c->loads[k]);
		destination_close(c->dests[k]);
	}
	free(c->v);
	free(c->ram);
	free(c->blocks);
	arena_release(&c->arena);
	free(c);
}

bool comparison_differs(const struct comparison *c)
{
	return c->shown || c->ram_changed || c->truncated;
}

size_t comparison_next(const struct comparison *c, size_t from, int dir)
{
	if (dir > 0) {
		for (; from < c->n; from++) {
			if (!c->v[from].ignored)
				return from;
		}
		return SIZE_MAX;
	}
	for (from = from < c->n ? from : c->n; from-- > 0; ) {
		if (!c->v[from].ignored)
			return from;
	}
	return SIZE_MAX;
}

/* ---- opening ---- */

struct opening {
	struct account **ret;
	const char *path;
	const struct source_opts *opts;
	struct err err;
	int result;
	bool started;
	pthread_t thread;
};

static void *open_one(void *arg)
{
	struct opening *o = arg;

	o->result = account_open(o->ret, o->path, DESC_FROM_SOURCE, o->opts,
				 &o->err);
	return NULL;
}

int compare_open(struct account **ret, const char *const *paths, size_t n,
		 const struct source_opts *opts, struct err *err)
{
	struct source_opts quiet = opts ? *opts : (struct source_opts){ 0 };
	struct opening o[3] = { 0 };
	int result = 0;

	quiet.progress = NULL;	/* one thread tells how far it is */
	for (size_t i = 0; i < n && i < 3; i++) {
		ret[i] = NULL;
		o[i] = (struct opening){
			.ret = &ret[i], .path = paths[i],
			.opts = i ? &quiet : opts,
		};
		o[i].started = i && !pthread_create(&o[i].thread, NULL,
						    open_one, &o[i]);
	}
	for (size_t i = 0; i < n && i < 3; i++) {
		if (!o[i].started)
			open_one(&o[i]);
	}
	for (size_t i = 0; i < n && i < 3; i++) {
		if (o[i].started)
			pthread_join(o[i].thread, NULL);
		if (o[i].result < 0 && !result) {
			*err = o[i].err;
			err_prefix(err, "%s", paths[i]);
			result = -1;
		}
	}
	for (size_t i = 0; result && i < n && i < 3; i++) {
		account_close(ret[i]);
		ret[i] = NULL;
	}
	return result;
}
