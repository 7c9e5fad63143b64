/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "c-index.h"
#include "members.h"

#define BUCKETS 4096

/* In the place of a field's: asked of the descriptor as a whole. */
#define DUP_WHOLE (-1000)

/* What was asked once, whether there was an answer or not. */
struct known {
	struct known *next;
	const char *desc, *field;
	int dup;
	uint64_t addr;		/* of the descriptor, 0 not told */
	const struct c_member *answer;
};

struct members {
	struct arena arena;
	struct desc_image *img;		/* NULL: of a recording */
	struct c_index *index;
	struct known *buckets[BUCKETS];
};

/* ---- what is known already ---- */

static size_t bucket_of(const char *desc, const char *field, int dup)
{
	uint64_t h = 0xcbf29ce484222325u + (unsigned)dup;

	for (const char *s = desc; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3u;
	for (const char *s = field; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3u;
	return (h >> 20) % BUCKETS;
}

static struct known *look_up(const struct members *m, const char *desc,
			     const char *field, int dup, uint64_t addr)
{
	struct known *k = m->buckets[bucket_of(desc, field, dup)];

	/* a recording keeps names only */
	while (k && ((m->img && k->addr != addr) || k->dup != dup ||
		     strcmp(k->desc, desc) || strcmp(k->field, field)))
		k = k->next;
	return k;
}

static void remember(struct members *m, const char *desc, const char *field,
		     int dup, uint64_t addr, const struct c_member *answer)
{
	struct known **b = &m->buckets[bucket_of(desc, field, dup)];
	struct known *k = arena_alloc(&m->arena, sizeof(*k));

	k->next = *b;
	k->desc = arena_intern_str(&m->arena, desc);
	k->field = arena_intern_str(&m->arena, field);
	k->dup = dup;
	k->addr = addr;
	k->answer = answer;
	*b = k;
}

static const char *copy(struct members *m, const char *s)
{
	return s ? arena_intern_str(&m->arena, s) : NULL;
}

static const struct c_member *keep(struct members *m, const struct c_member *c)
{
	struct c_member *x = arena_memdup(&m->arena, c, sizeof(*c));

	x->structure = copy(m, c->structure);
	x->path = copy(m, c->path);
	x->type = copy(m, c->type);
	x->file = c_index_path(&m->arena, c->file);
	x->desc_file = c_index_path(&m->arena, c->desc_file);
	return x;
}

/* ---- debug information ---- */

/* The descriptors of events are copies: back to the image's own. */
static const struct desc_field *own_field(const struct desc *d,
					  const struct desc_field *f)
{
	for (size_t i = 0; d && i < d->nfields; i++) {
		if (d->fields[i].offset == f->offset &&
		    d->fields[i].dup == f->dup &&
		    !strcmp(d->fields[i].name, f->name))
			return &d->fields[i];
	}
	return NULL;
}

/* The image's field for one of any account's. */
static const struct desc_field *image_field(struct desc_image *img,
					    const struct desc **d,
					    const struct desc_field *field)
{
	const struct desc_set *set = desc_image_set(img);
	const struct desc *asked = *d;
	const struct desc_field *f;

	*d = asked->addr ? desc_image_at(img, asked->addr) : NULL;
	if (*d)
		return own_field(*d, field);
	/* a description has names only: all of its that fit must be one */
	for (size_t i = 0; i < set->nitems; i++) {
		if (strcmp(set->items[i].desc->name, asked->name))
			continue;
		f = desc_find_field(set->items[i].desc, field->name);
		if (!f)
			continue;
		if (*d)
			return NULL;
		*d = set->items[i].desc;
	}
	return *d ? desc_find_field(*d, field->name) : NULL;
}

static const struct c_member *describe(struct members *m, const struct desc *d,
				       const struct desc_field *f)
{
	const struct c_desc *c = c_index_at(m->index, d->addr);
	size_t i = (size_t)(f - d->fields);
	const struct c_field *x = c && i < c->nfields ? &c->fields[i] : NULL;
	struct c_member r = { 0 };

	if (!c || (!c->ntypes && !c->file))
		return NULL;
	r.desc_file = c->file;
	r.desc_line = c->line;
	r.candidates = (unsigned)c->ntypes;
	r.structure = c->ntypes ? c->types[0].name : NULL;
	if (x && x->path && !strcmp(x->name, f->name)) {
		r.path = x->path;
		r.type = x->type;
		r.offset = x->offset;
		r.size = x->size;
		r.bit_offset = x->bit_offset;
		r.bit_size = x->bit_size;
		r.file = x->file;
		r.line = x->line;
	}
	return keep(m, &r);
}

int members_open(struct members **ret, struct desc_image *img,
		 const char *debug_dir, const struct source_opts *progress,
		 struct err *err)
{
	const struct desc_image_opts images = { .debug_dir = debug_dir };
	struct members *m = members_new();

	if (c_index_open(&m->index, desc_image_set(img)->path, img, &images,
			 progress, err) < 0) {
		members_close(m);
		return -1;
	}
	m->img = img;
	*ret = m;
	return 0;
}

const char *members_warning(const struct members *m)
{
	return m->index ? c_index_warning(m->index) : NULL;
}

struct members *members_new(void)
{
	struct members *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	arena_init(&m->arena);
	return m;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

void members_add(struct members *m, const char *desc, const char *field,
		 int dup, const struct c_member *c)
{
	struct known *k = look_up(m, desc, field, dup, 0);

	if (!k)
		remember(m, desc, field, dup, 0, keep(m, c));
	else if (k->answer && (!same_text(k->answer->structure, c->structure) ||
			       !same_text(k->answer->path, c->path)))
		k->answer = NULL;	/* two descriptors of one name */
}

void members_close(struct members *m)
{
	if (!m)
		return;
	c_index_close(m->index);
	arena_release(&m->arena);
	free(m);
}

const struct c_member *members_find(struct members *m, const struct desc *d,
				    const struct desc_field *f)
{
	const struct desc *asked = d;
	const struct desc_field *own;
	const struct c_member *c;
	struct known *k;

	if (!m || !d || !f || !d->name || !f->name)
		return NULL;
	k = look_up(m, d->name, f->name, f->dup, d->addr);
	if (k)
		return k->answer;
	own = m->img ? image_field(m->img, &d, f) : NULL;
	c = own ? describe(m, d, own) : NULL;
	remember(m, asked->name, f->name, f->dup, asked->addr, c);
	return c;
}

const struct c_member *members_of_event(struct members *m,
					const struct timeline *t,
					uint32_t event)
{
	while (m && event < t->n) {
		const struct event *e = &t->events[event];

		if (e->kind == EV_FIELD && e->desc && e->field)
			return members_find(m, e->desc, e->field);
		if (e->kind == EV_SECTION)
			break;
		event = e->parent;
	}
	return NULL;
}

/* ---- whole descriptors ---- */

static bool has_fields(const struct desc *d, const struct desc *of)
{
	for (size_t i = 0; i < of->nfields; i++) {
		if (!desc_find_field(d, of->fields[i].name))
			return false;
	}
	return true;
}

/* The image's descriptor for one of any account's; NULL: none, or several. */
static const struct desc *image_desc(struct desc_image *img,
				     const struct desc *d)
{
	const struct desc_set *set = desc_image_set(img);
	const struct desc *named = NULL, *fits = NULL;
	size_t nnamed = 0, nfits = 0;

	if (d->addr)
		return desc_image_at(img, d->addr);
	for (size_t i = 0; i < set->nitems; i++) {
		const struct desc *x = set->items[i].desc;

		if (strcmp(x->name, d->name))
			continue;
		named = x;
		nnamed++;
		if (has_fields(x, d)) {
			fits = x;
			nfits++;
		}
	}
	/* one of that name: its fields may have another spelling */
	return nnamed == 1 ? named : nfits == 1 ? fits : NULL;
}

static const struct c_member *describe_image(struct members *m,
					     const struct desc *d)
{
	const struct desc *own = image_desc(m->img, d);
	const struct c_desc *c = own ? c_index_at(m->index, own->addr) : NULL;
	struct c_member r = { 0 };

	if (!c || (!c->ntypes && !c->file))
		return NULL;
	r.structure = c->ntypes ? c->types[0].name : NULL;
	r.candidates = (unsigned)c->ntypes;
	r.desc_file = c->file;
	r.desc_line = c->line;
	return keep(m, &r);
}

/* A recording has fields only: what all of them say. */
static const struct c_member *describe_fields(struct members *m,
					      const struct desc *d)
{
	const struct c_member *c, *first = NULL;
	struct c_member r = { 0 };

	for (size_t i = 0; i < d->nfields; i++) {
		c = members_find(m, d, &d->fields[i]);
		if (c && first && (!same_text(c->structure, first->structure) ||
				   !same_text(c->desc_file, first->desc_file) ||
				   c->desc_line != first->desc_line))
			return NULL;
		first = c ? c : first;
	}
	if (!first)
		return NULL;
	r.structure = first->structure;
	r.candidates = first->candidates;
	r.desc_file = first->desc_file;
	r.desc_line = first->desc_line;
	return keep(m, &r);
}

const struct c_member *members_describe(struct members *m, const struct desc *d)
{
	const struct c_member *c;
	struct known *k;

	if (!m || !d || !d->name)
		return NULL;
	k = look_up(m, d->name, "", DUP_WHOLE, d->addr);
	/* descriptors of one name have other fields */
	if (k && (d->addr || !m->img))
		return k->answer;
	c = m->img ? describe_image(m, d) : describe_fields(m, d);
	if (!k)
		remember(m, d->name, "", DUP_WHOLE, d->addr, c);
	return c;
}

const struct desc *members_desc_at(const struct timeline *t, uint32_t event)
{
	const struct event *e;
	uint32_t s, next;

	if (event >= t->n)
		return NULL;
	e = &t->events[event];
	next = e->end;
	/* a subsection's own object follows its header */
	if (e->kind == EV_SUBSECTION && next < t->n &&
	    t->events[next].kind == EV_STRUCT &&
	    t->events[next].parent == e->parent)
		return t->events[next].desc;
	for (uint32_t i = event; i != EVENT_NONE; i = t->events[i].parent) {
		if (t->events[i].kind == EV_STRUCT)
			return t->events[i].desc;
	}
	s = timeline_section(t, event);
	for (uint32_t i = s; s != EVENT_NONE && i < t->events[s].end; i++) {
		if (t->events[i].kind == EV_STRUCT)
			return t->events[i].desc;
	}
	return NULL;
}

/* ---- in words ---- */

const char *c_member_print(const struct c_member *c, char *buf, size_t size)
{
	size_t n;

	n = (size_t)(c->path ?
		snprintf(buf, size, "%s.%s: %s at +0x%" PRIx64, c->structure,
			 c->path, c->type, c->offset) :
		snprintf(buf, size, "%s", c->structure ? c->structure : ""));
	if (n < size && c->bit_size)
		n += (size_t)snprintf(buf + n, size - n, ", bits %" PRIu32
				      "-%" PRIu32, c->bit_offset,
				      c->bit_offset + c->bit_size - 1);
	if (n < size && c->candidates > 1)
		snprintf(buf + n, size - n, " (%u other structure%s)",
			 c->candidates - 1,
			 c->candidates == 2 ? " fits" : "s fit");
	return buf;
}

const char *c_member_where(const struct c_member *c, char *buf, size_t size)
{
	const char *file = c->file ? c->file : c->desc_file;

	*buf = '\0';
	if (file)
		snprintf(buf, size, "%s:%" PRIu32, file,
			 c->file ? c->line : c->desc_line);
	return buf;
}

static void add_struct(struct members *m, struct analysis *a, struct side *s,
		       const struct desc *d)
{
	const struct c_member *c = members_describe(m, d);
	struct side_struct *x;
	char buf[1200];

	if (!c || s->nstructs == sizeof(s->structs) / sizeof(s->structs[0]))
		return;
	x = &s->structs[s->nstructs++];
	x->desc = arena_strdup(&a->arena, d->name);
	c_member_print(c, buf, sizeof(buf));
	x->structure = *buf ? arena_strdup(&a->arena, buf) : NULL;
	c_member_where(c, buf, sizeof(buf));
	x->described = *buf ? arena_strdup(&a->arena, buf) : NULL;
}

/* The structures whose last byte stands right before the event. */
static void add_ended(struct members *m, struct analysis *a, struct side *s,
		      const struct timeline *t)
{
	uint32_t section = timeline_section(t, s->event), i = s->event;

	if (section == EVENT_NONE || i <= section)
		return;
	/* what is around the event begins here, and ends behind it */
	for (i--; i > section && (!t->events[i].len ||
				  t->events[i].end > s->event); )
		i--;
	for (; i != EVENT_NONE && t->events[i].end <= s->event;
	     i = t->events[i].parent) {
		if (t->events[i].kind == EV_STRUCT && t->events[i].desc)
			add_struct(m, a, s, t->events[i].desc);
	}
	s->ends = s->nstructs != 0;
}

/* May a structure have ended on this side where the other one reads on? */
static bool may_end(const struct divergence *d, bool source)
{
	return d->kind == DIVERGE_NESTED_VERSION ||
		d->kind == (source ? DIVERGE_TOO_MUCH : DIVERGE_NOT_READ);
}

static void fill_structs(struct members *m, struct analysis *a,
			 const struct divergence *d, struct side *s,
			 const struct timeline *t, bool source)
{
	const struct desc *at = members_desc_at(t, s->event);

	s->nstructs = 0;	/* filled in before, perhaps */
	s->ends = false;
	if (may_end(d, source))
		add_ended(m, a, s, t);
	if (!s->nstructs && (at || s->desc))
		add_struct(m, a, s, at ? at : s->desc);
}

size_t members_fill(struct members *m, struct analysis *a,
		    const struct timeline *t, bool source)
{
	char buf[1200];
	size_t n = 0;

	for (size_t i = 0; m && t && i < a->ndivergences; i++) {
		struct side *s = source ? &a->divergences[i].source :
			&a->divergences[i].destination;
		const struct c_member *c = s->there ?
			members_of_event(m, t, s->event) : NULL;

		if (s->event < t->n && (s->there || s->desc))
			fill_structs(m, a, &a->divergences[i], s, t, source);
		n += s->nstructs != 0;
		if (!c || !c->path)
			continue;
		s->member = arena_strdup(&a->arena, c_member_print(c, buf,
								   sizeof(buf)));
		c_member_where(c, buf, sizeof(buf));
		s->declared = *buf ? arena_strdup(&a->arena, buf) : NULL;
		n += !s->nstructs;
	}
	return n;
}

static bool is_of_field(const struct timeline *t, uint32_t event)
{
	while (event < t->n && t->events[event].kind != EV_SECTION) {
		if (t->events[event].kind == EV_FIELD)
			return true;
		event = t->events[event].parent;
	}
	return false;
}

static bool has_desc(const struct side *s, const struct timeline *t)
{
	return s->desc || members_desc_at(t, s->event);
}

void members_admit(struct analysis *a, const struct timeline *t, bool source,
		   const char *path, bool opened)
{
	const char *why = arena_printf(&a->arena, opened ?
		"unknown: the debug information of %s does not tell" :
		"unknown: no debug information in %s", path);

	for (size_t i = 0; t && i < a->ndivergences; i++) {
		struct side *s = source ? &a->divergences[i].source :
			&a->divergences[i].destination;

		/* a field wants a member, all else is content with a structure */
		if ((s->there || s->desc) && !s->member &&
		    (is_of_field(t, s->event) ||
		    (!s->nstructs && has_desc(s, t))))
			s->no_member = why;
	}
}
