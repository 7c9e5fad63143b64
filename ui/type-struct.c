/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb type` of a C structure: its members, or those of two executables side
 * by side.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "subcommand.h"
#include "type.h"

#define MAX_NESTING 16
#define MAX_LINES 100000

struct line {
	const struct c_part *p;
	const char *file;
	uint64_t offset;	/* in the structure asked for */
};

/* Members, with those of anonymous ones in their place. */
struct lines {
	struct line *v;
	size_t n, cap;
	/* of an array that an index picked one element of */
	struct c_part element;
	char element_type[200];
};

struct two {
	struct c_index *a, *b;
	struct pair {
		int64_t a, b;	/* .a 0: free */
		bool differ;
	} *seen;
	size_t nseen;
};

#define MAX_PAIRS (1u << 15)

/* ---- finding ---- */

static void flatten(struct lines *l, struct c_index *x,
		    const struct c_struct *s, uint64_t base, unsigned depth)
{
	for (size_t i = 0; s && i < s->nparts && l->n < MAX_LINES; i++) {
		const struct c_part *p = &s->parts[i];

		if (!*p->name && p->kind == 'S' && p->n == 1 && p->below &&
		    depth < MAX_NESTING) {
			flatten(l, x, c_index_struct(x, p->below),
				base + p->offset, depth + 1);
			continue;
		}
		l->v = grow_array(l->v, &l->cap, l->n + 1, sizeof(*l->v));
		l->v[l->n++] = (struct line){ p, s->file, base + p->offset };
	}
}

size_t type_find_struct(struct type_place *p, struct c_index *x,
			const char *path, const char *name)
{
	const char *dot = strchr(name, '.');
	char buf[512];

	*p = (struct type_place){ .x = x, .path = path };
	if (dot) {
		snprintf(buf, sizeof(buf), "%.*s", (int)(dot - name), name);
		if ((size_t)(dot - name) >= sizeof(buf))
			return 0;
		p->member = dot + 1;
	}
	p->n = c_index_structs(x, dot ? buf : name, p->all,
			       sizeof(p->all) / sizeof(p->all[0]));
	return p->n;
}

/*
 * The member @path of @s; false if there is none.  @ret's offset is that of the
 * element that an index names, and *@below the structure that it is, or NULL.
 */
static bool find_member(struct c_index *x, const struct c_struct *s,
			const char *path, struct line *ret, bool *element,
			const struct c_struct **below)
{
	uint64_t base = 0;

	while (s) {
		size_t n = strcspn(path, ".[");
		struct lines l = { 0 };
		bool found = false;
		uint64_t index = 0;

		flatten(&l, x, s, base, 0);
		for (size_t i = 0; i < l.n && !found; i++) {
			found = n && !strncmp(l.v[i].p->name, path, n) &&
				!l.v[i].p->name[n];
			if (found)
				*ret = l.v[i];
		}
		free(l.v);
		if (!found)
			return false;
		path += n;
		*element = *path == '[';
		if (*element) {
			char *end;

			index = strtoull(path + 1, &end, 0);
			if (*end != ']' || end == path + 1 ||
			    index >= ret->p->n)
				return false;
			path = end + 1;
			ret->offset += index * ret->p->step;
		}
		*below = ret->p->kind == 'S' ?
			c_index_struct(x, ret->p->below) : NULL;
		if (!*path)
			return true;
		if (*path++ != '.')
			return false;
		s = *below;
		base = ret->offset;
	}
	return false;
}

/* ---- one ---- */

static void print_head(const struct c_struct *s)
{
	printf("%s, %" PRIu64 " bytes", type_safe(s->name), s->size);
	if (s->file)
		printf("  %s", type_safe(s->file));
	putchar('\n');
}

static void print_line(const struct line *l)
{
	const struct c_part *p = l->p;

	printf("  +0x%-6" PRIx64 "%5" PRIu64 "  %-28s %s", l->offset, p->size,
	       *p->name ? type_safe(p->name) : "(anonymous)",
	       type_safe(p->type));
	if (p->bit_size)
		printf(" : %" PRIu32 " (bit %" PRIu32 ")", p->bit_size,
		       p->bit_offset);
	if (l->file && p->line)
		printf("  %s:%" PRIu32, type_safe(l->file), p->line);
	putchar('\n');
}

static json_t *line_json(const struct line *l)
{
	const struct c_part *p = l->p;
	json_t *o = json_object();

	type_set_text(o, "member", p->name);
	type_set_text(o, "type", p->type);
	json_object_set_new(o, "offset", json_integer((json_int_t)l->offset));
	json_object_set_new(o, "size", json_integer((json_int_t)p->size));
	if (p->bit_size) {
		json_object_set_new(o, "bit_offset",
				    json_integer(p->bit_offset));
		json_object_set_new(o, "bit_size", json_integer(p->bit_size));
	}
	if (l->file && p->line) {
		type_set_text(o, "file", l->file);
		json_object_set_new(o, "line", json_integer(p->line));
	}
	return o;
}

static json_t *head_json(const struct c_struct *s)
{
	json_t *o = json_object();

	type_set_text(o, "structure", s->name);
	json_object_set_new(o, "size", json_integer((json_int_t)s->size));
	type_set_text(o, "file", s->file);
	return o;
}

/* "uint8_t [6]": the length of "uint8_t". */
static size_t element_name(const char *type)
{
	size_t n = strcspn(type, "[");

	while (n && type[n - 1] == ' ')
		n--;
	return n;
}

/* What is to be shown of a structure: all members, or one and what is in it. */
static bool collect(const struct type_place *p, const struct c_struct *s,
		    struct lines *l)
{
	const struct c_struct *below;
	struct line one;
	bool element;

	*l = (struct lines){ 0 };
	if (!p->member) {
		flatten(l, p->x, s, 0, 0);
		return true;
	}
	if (!find_member(p->x, s, p->member, &one, &element, &below))
		return false;
	if (element) {
		snprintf(l->element_type, sizeof(l->element_type), "%.*s",
			 (int)element_name(one.p->type), one.p->type);
		l->element = *one.p;
		l->element.type = l->element_type;
		l->element.size = one.p->step;
		l->element.n = 1;
		one.p = &l->element;
	}
	l->v = grow_array(l->v, &l->cap, 1, sizeof(*l->v));
	l->v[l->n++] = one;
	if (below)
		flatten(l, p->x, below, one.offset, 0);
	return true;
}

static json_t *show_one(const struct type_place *p, const struct c_struct *s,
			bool json, bool first, size_t *shown)
{
	json_t *o = NULL, *list = NULL;
	struct lines l;

	if (!collect(p, s, &l))
		return NULL;
	++*shown;
	if (json) {
		o = head_json(s);
		list = json_array();
		json_object_set_new(o, "members", list);
	} else {
		if (!first)
			putchar('\n');
		print_head(s);
	}
	for (size_t i = 0; i < l.n; i++) {
		if (json)
			json_array_append_new(list, line_json(&l.v[i]));
		else
			print_line(&l.v[i]);
	}
	free(l.v);
	return o;
}

static int no_member(const struct type_place *p)
{
	complain("%s: '%s' has no member '%s'", p->path, p->all[0]->name,
		 p->member);
	return 1;
}

int type_show_struct(const struct type_place *p, bool json)
{
	json_t *o = NULL, *others = json_array();
	size_t shown = 0;

	for (size_t i = 0; i < p->n; i++) {
		json_t *x = show_one(p, p->all[i], json, !shown, &shown);

		if (x && o)
			json_array_append_new(others, x);
		else if (x)
			o = x;
	}
	if (o) {
		if (json_array_size(others))
			json_object_set(o, "others", others);
		json_dumpf(o, stdout, JSON_INDENT(1));
		putchar('\n');
		json_decref(o);
	}
	json_decref(others);
	return shown ? 0 : no_member(p);
}

/* ---- two ---- */

static bool differ(struct two *t, int64_t a, int64_t b, unsigned depth);

static bool parts_differ(struct two *t, const struct c_part *p,
			 const struct c_part *q, unsigned depth)
{
	if (p->offset != q->offset || p->size != q->size || p->n != q->n ||
	    p->bit_offset != q->bit_offset || p->bit_size != q->bit_size ||
	    strcmp(p->name, q->name) || strcmp(p->type, q->type))
		return true;
	return p->kind == 'S' && q->kind == 'S' &&
		differ(t, p->below, q->below, depth + 1);
}

static struct pair *pair_of(struct two *t, int64_t a, int64_t b)
{
	size_t i = ((uint64_t)a * UINT64_C(0x9e3779b97f4a7c15) ^
		    (uint64_t)b * UINT64_C(0xff51afd7ed558ccd)) >> 17;

	if (!t->seen) {
		t->seen = calloc(MAX_PAIRS * 2, sizeof(*t->seen));
		if (!t->seen)
			abort();
	}
	for (i &= MAX_PAIRS * 2 - 1; t->seen[i].a; i = (i + 1) &
	     (MAX_PAIRS * 2 - 1)) {
		if (t->seen[i].a == a && t->seen[i].b == b)
			break;
	}
	return &t->seen[i];
}

/* Do the two structures differ inside?  Each pair is looked at once. */
static bool differ(struct two *t, int64_t a, int64_t b, unsigned depth)
{
	const struct c_struct *s, *u;
	struct pair *k;
	bool d;

	if (!a || !b)
		return !a != !b;
	k = pair_of(t, a, b);
	if (k->a)
		return k->differ;	/* false while it is being looked at */
	s = c_index_struct(t->a, a);
	u = c_index_struct(t->b, b);
	if (!s || !u || t->nseen >= MAX_PAIRS || depth > 100)
		return true;
	*k = (struct pair){ a, b, false };
	t->nseen++;
	d = s->nparts != u->nparts || s->size != u->size;
	for (size_t i = 0; !d && i < s->nparts; i++)
		d = parts_differ(t, &s->parts[i], &u->parts[i], depth);
	pair_of(t, a, b)->differ = d;
	return d;
}

/* Either may be NULL: not there. */
static const char *what_changed(struct two *t, const struct line *a,
				const struct line *b)
{
	if (!a || !b)
		return a ? "gone" : "new";
	if (a->p->size != b->p->size || a->p->bit_size != b->p->bit_size)
		return "resized";
	if (strcmp(a->p->type, b->p->type))
		return "retyped";
	if (a->p->kind == 'S' && b->p->kind == 'S' &&
	    differ(t, a->p->below, b->p->below, 0))
		return "inside";
	return a->offset != b->offset || a->p->bit_offset != b->p->bit_offset ?
		"moved" : "";
}

static void side_text(const struct line *l, char *buf, size_t size)
{
	size_t n;

	if (!l) {
		snprintf(buf, size, "-");
		return;
	}
	n = (size_t)snprintf(buf, size, "+0x%-6" PRIx64 "%5" PRIu64 "  %s",
			     l->offset, l->p->size, l->p->type);
	if (n < size && l->p->bit_size)
		snprintf(buf + n, size - n, " : %" PRIu32 " (bit %" PRIu32 ")",
			 l->p->bit_size, l->p->bit_offset);
}

static void put_two(struct two *t, const struct line *a, const struct line *b,
		    json_t *list)
{
	const char *name = (a ? a : b)->p->name, *change = what_changed(t, a, b);
	char left[300], right[300];
	json_t *o;

	if (!list) {
		side_text(a, left, sizeof(left));
		side_text(b, right, sizeof(right));
		printf("  %-9s%-28s %-36s %s\n", change,
		       *name ? type_safe(name) : "(anonymous)",
		       type_safe(left), type_safe(right));
		return;
	}
	o = json_object();
	type_set_text(o, "member", name);
	type_set_text(o, "change", change);
	json_object_set_new(o, "old", a ? line_json(a) : json_null());
	json_object_set_new(o, "new", b ? line_json(b) : json_null());
	json_array_append_new(list, o);
}

static int by_name(const void *a, const void *b)
{
	const struct line *x = *(const struct line *const *)a;
	const struct line *y = *(const struct line *const *)b;
	int r = strcmp(x->p->name, y->p->name);

	return r ? r : x < y ? -1 : x > y;
}

static const struct line **sorted(const struct lines *l)
{
	const struct line **v = calloc(l->n + 1, sizeof(*v));

	if (!v)
		abort();
	for (size_t i = 0; i < l->n; i++)
		v[i] = &l->v[i];
	qsort(v, l->n, sizeof(*v), by_name);
	return v;
}

/*
 * Which line of @b each of @a is, by name (members without one in their
 * order); SIZE_MAX none.
 */
static size_t *match(const struct lines *a, const struct lines *b)
{
	const struct line **x = sorted(a), **y = sorted(b);
	size_t *twin = calloc(a->n + 1, sizeof(*twin)), k = 0;

	if (!twin)
		abort();
	for (size_t i = 0; i < a->n; i++) {
		int r = 1;

		while (k < b->n && (r = strcmp(y[k]->p->name,
					       x[i]->p->name)) < 0)
			k++;
		twin[x[i] - a->v] = k < b->n && !r ? (size_t)(y[k++] - b->v) :
			SIZE_MAX;
	}
	free(x);
	free(y);
	return twin;
}

/* In the old order; what is new stands where it stands in the new one. */
static void put_all(struct two *t, const struct lines *a, const struct lines *b,
		    json_t *list)
{
	size_t *twin = match(a, b), next = 0;
	bool *taken = calloc(b->n + 1, sizeof(*taken));

	if (!taken)
		abort();
	for (size_t i = 0; i < a->n; i++) {
		if (twin[i] != SIZE_MAX)
			taken[twin[i]] = true;
	}
	for (size_t i = 0; i <= a->n; i++) {
		size_t to = i == a->n ? b->n : twin[i];

		for (; to != SIZE_MAX && next < to; next++) {
			if (!taken[next])
				put_two(t, NULL, &b->v[next], list);
		}
		if (i < a->n)
			put_two(t, &a->v[i], to == SIZE_MAX ? NULL :
				&b->v[to], list);
	}
	free(taken);
	free(twin);
}

static const char *last_name(const char *file)
{
	const char *slash = file ? strrchr(file, '/') : NULL;

	return slash ? slash + 1 : file ? file : "";
}

/* Of several, that of the same file. */
static const struct c_struct *same_struct(const struct type_place *b,
					  const struct c_struct *s)
{
	for (size_t i = 0; i < b->n; i++) {
		if (!strcmp(last_name(b->all[i]->file), last_name(s->file)))
			return b->all[i];
	}
	return b->all[0];
}

int type_show_structs(const struct type_place *a, const struct type_place *b,
		      bool json)
{
	const struct c_struct *s = a->all[0], *u = same_struct(b, s);
	json_t *o = NULL, *list = NULL;
	struct two t = { .a = a->x, .b = b->x };
	struct lines l, m;
	bool old = collect(a, s, &l), new = collect(b, u, &m);

	if (a->n > 1 || b->n > 1)
		complain("'%s': %zu and %zu structures have this name; of one "
			 "file are compared", s->name, a->n, b->n);
	if (!old && !new)
		return no_member(a);
	if (json) {
		o = json_object();
		list = json_array();
		json_object_set_new(o, "old", head_json(s));
		json_object_set_new(o, "new", head_json(u));
		json_object_set_new(o, "members", list);
	} else {
		print_head(s);
		print_head(u);
	}
	put_all(&t, &l, &m, list);
	if (json) {
		json_dumpf(o, stdout, JSON_INDENT(1));
		putchar('\n');
		json_decref(o);
	}
	free(l.v);
	free(m.v);
	free(t.seen);
	return 0;
}
