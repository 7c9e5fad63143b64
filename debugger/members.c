/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "c-index.h"
#include "members.h"

#define BUCKETS 4096

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

/* ---- in words ---- */

const char *c_member_print(const struct c_member *c, char *buf, size_t size)
{
	size_t n;

	if (!c->path) {
		snprintf(buf, size, "%s", c->structure ? c->structure : "");
		return buf;
	}
	n = (size_t)snprintf(buf, size, "%s.%s: %s at +0x%" PRIx64,
			     c->structure, c->path, c->type, c->offset);
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

		if (!c || !c->path)
			continue;
		s->member = arena_strdup(&a->arena, c_member_print(c, buf,
								   sizeof(buf)));
		c_member_where(c, buf, sizeof(buf));
		s->declared = *buf ? arena_strdup(&a->arena, buf) : NULL;
		n++;
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

void members_admit(struct analysis *a, const struct timeline *t, bool source,
		   const char *path, bool opened)
{
	const char *why = arena_printf(&a->arena, opened ?
		"unknown: the debug information of %s does not tell" :
		"unknown: no debug information in %s", path);

	for (size_t i = 0; t && i < a->ndivergences; i++) {
		struct side *s = source ? &a->divergences[i].source :
			&a->divergences[i].destination;

		if (s->there && !s->member && is_of_field(t, s->event))
			s->no_member = why;
	}
}
