/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desc-known.h"
#include "registry.h"

/*
 * The book of types: what a description somewhere said about a field of a
 * descriptor.  Keys are interned pointers in reg->arena.
 */
struct lesson {
	const char *desc, *field;
	int dup;
	uint64_t size;
	const char *type;
	const struct desc *nested;
	uint64_t num;
	uint8_t from;
	bool conflict;		/* told differently by two writers */
};

struct type_book {
	struct lesson *slots;
	size_t n, cap;
};

void registry_init(struct registry *reg, struct arena *a)
{
	*reg = (struct registry){
		.arena = a, .release_min = 0, .release_max = 9999,
	};
	reg->book = calloc(1, sizeof(*reg->book));
	if (!reg->book)
		abort();
}

void registry_release(struct registry *reg)
{
	free(reg->entries);
	if (reg->book)
		free(reg->book->slots);
	free(reg->book);
}

void registry_add_set(struct registry *reg, const struct desc_set *set)
{
	size_t i = reg->nsets;

	if (i >= sizeof(reg->sets) / sizeof(reg->sets[0]))
		return;
	/* who knows more stands behind, in whatever order they were given */
	for (; i && reg->sets[i - 1]->from > set->from; i--)
		reg->sets[i] = reg->sets[i - 1];
	reg->sets[i] = set;
	reg->nsets++;
}

static size_t lesson_hash(const char *desc, const char *field, int dup)
{
	uint64_t h = (uintptr_t)desc * 0x9e3779b97f4a7c15u;

	h ^= (uintptr_t)field * 0xc2b2ae3d27d4eb4fu;
	h ^= (uint64_t)(dup + 1) * 0x165667b19e3779f9u;
	return (size_t)(h ^ h >> 29);
}

static struct lesson *lesson_find(struct type_book *b, const char *desc,
				  const char *field, int dup)
{
	size_t i = lesson_hash(desc, field, dup) & (b->cap - 1);

	while (b->slots[i].desc &&
	       (b->slots[i].desc != desc || b->slots[i].field != field ||
		b->slots[i].dup != dup))
		i = (i + 1) & (b->cap - 1);
	return &b->slots[i];
}

static void book_grow(struct type_book *b)
{
	struct type_book bigger = { .cap = b->cap ? b->cap * 2 : 1024 };

	bigger.slots = calloc(bigger.cap, sizeof(*bigger.slots));
	if (!bigger.slots)
		abort();
	for (size_t i = 0; i < b->cap; i++) {
		struct lesson *l = &b->slots[i];

		if (l->desc)
			*lesson_find(&bigger, l->desc, l->field, l->dup) = *l;
	}
	bigger.n = b->n;
	free(b->slots);
	*b = bigger;
}

static void learn_field(struct registry *reg, const struct desc *d,
			const struct desc_field *f, enum desc_from from)
{
	struct type_book *b = reg->book;
	const char *desc = arena_intern_str(reg->arena, d->name);
	const char *name = arena_intern_str(reg->arena, f->name);
	struct lesson *l;

	if (!f->type || desc_type_is_null(f->type))
		return;
	if (b->n * 2 >= b->cap)
		book_grow(b);
	l = lesson_find(b, desc, name, f->dup);
	if (l->desc) {
		if (strcmp(l->type, f->type))
			l->conflict = true;
		if (!l->nested)
			l->nested = f->desc;
		return;
	}
	*l = (struct lesson){
		.desc = desc, .field = name, .dup = f->dup,
		.size = f->size, .type = f->type, .nested = f->desc,
		.num = (uint64_t)f->num, .from = (uint8_t)from,
	};
	b->n++;
}

static void learn_written(struct registry *reg, const struct written *w,
			  enum desc_from from)
{
	for (size_t i = 0; i < w->desc->nfields; i++)
		learn_field(reg, w->desc, &w->desc->fields[i], from);
	for (size_t i = 0; i < w->nfields; i++) {
		if (w->fields[i].sub)
			learn_written(reg, w->fields[i].sub, from);
	}
	for (size_t i = 0; i < w->nsubs; i++)
		learn_written(reg, w->subs[i], from);
}

void registry_learn(struct registry *reg, const struct description *d,
		    enum desc_from from)
{
	for (size_t i = 0; i < d->ndevices; i++) {
		if (d->devices[i].w)
			learn_written(reg, d->devices[i].w, from);
	}
}

struct entry *registry_add(struct registry *reg, const char *idstr,
			   uint32_t instance, int32_t version,
			   enum desc_from from)
{
	struct entry *e;

	reg->entries = grow_array(reg->entries, &reg->entries_cap,
				  reg->nentries + 1, sizeof(*e));
	e = &reg->entries[reg->nentries++];
	*e = (struct entry){
		.idstr = arena_intern_str(reg->arena, idstr),
		.instance = instance, .alias = ALIAS_NONE,
		.version = version,
		.from = (uint8_t)from, .from_version = (uint8_t)from,
	};
	return e;
}

/* ---- merging one account's descriptor with what was written under it ---- */

#define MAX_WITNESSES 64

struct witness {
	const struct written *w;
	size_t next;		/* its first field not yet matched */
};

struct merge {
	struct registry *reg;
	enum desc_from from;	/* of the witnesses */
	bool clash;		/* a witness has what the descriptor has not */
	bool vstruct;		/* the version written is the field's, not the descriptor's */
	unsigned depth;
};

static const struct desc *merge_desc(struct merge *m, const struct desc *d,
				     struct witness *w, size_t nw);

static void set_type(struct desc_field *f, const char *type,
		     const struct desc *nested, enum desc_from from)
{
	f->type = type;
	f->from_type = (uint8_t)from;
	f->flags &= ~(uint32_t)(VMS_STRUCT | VMS_VSTRUCT);
	if (!strcmp(type, "struct"))
		f->flags |= VMS_STRUCT;
	else if (!strcmp(type, "vstruct"))
		f->flags |= VMS_VSTRUCT;
	if (!f->desc && nested) {
		f->desc = nested;
		f->from_desc = (uint8_t)from;
	}
	if ((f->flags & VMS_VSTRUCT) && nested)
		f->struct_version = nested->version;
}

static void type_from_book(struct registry *reg, const struct desc *d,
			   struct desc_field *f)
{
	struct type_book *b = reg->book;
	const struct lesson *l;

	if (!b->cap)
		return;
	l = lesson_find(b, arena_intern_str(reg->arena, d->name),
			arena_intern_str(reg->arena, f->name), f->dup);
	if (!l->desc || l->conflict)
		return;
	/* another layout of the same name is no witness */
	if (f->from_size && desc_type_size(l->type) && f->size &&
	    strcmp(l->type, "timer") && f->size != desc_type_size(l->type) &&
	    f->size != 8)
		return;
	set_type(f, l->type, l->nested, (enum desc_from)l->from);
}

/*
 * A size alone says a lot: an info of 1, 2, 4 or 8 bytes in memory has that
 * many on the wire (a QEMUTimer pointer, too).
 */
static void type_from_size(struct desc_field *f)
{
	static const char *const types[] = {
		[1] = "uint8", [2] = "uint16", [4] = "uint32", [8] = "uint64",
	};

	if (f->desc) {
		set_type(f, "struct", NULL, DESC_FROM_GUESS);
	} else if (!strcmp(f->name, "unused")) {
		set_type(f, "unused_buffer", NULL, DESC_FROM_GUESS);
	} else if (strstr(f->name, "timer") && f->size >= 8) {
		set_type(f, "timer", NULL, DESC_FROM_GUESS);
	} else if (f->from_size && f->size <= 8 && f->size && types[f->size]) {
		set_type(f, types[f->size], NULL, DESC_FROM_GUESS);
	} else if (f->from_size && f->size > 8) {
		/* no plain info is longer: bytes as they stand */
		set_type(f, "buffer", NULL, DESC_FROM_GUESS);
	}
}

/* What releases that were read agree on, where this one's accounts are silent. */
static void shape_from_known(struct merge *m, const struct desc *d,
			     struct desc_field *f)
{
	const struct known_shape *s;

	if (f->from_type && f->from_num)
		return;
	s = known_shape(m->reg->arch, d->name, f->name, f->dup);
	if (!s)
		return;
	if (!f->from_type && s->type && (!s->nested == !f->desc) &&
	    (!desc_type_size(s->type) || !f->from_size ||
	     f->size == desc_type_size(s->type) || !strcmp(s->type, "timer")))
		set_type(f, s->type, NULL, DESC_FROM_KNOWN);
	if (!f->from_num && s->num > 1) {
		f->num = s->num;
		f->from_num = DESC_FROM_KNOWN;
	}
}

static void apply_known(const struct desc *d, struct desc_field *f)
{
	const struct known_count *k;

	if (f->from_count || f->from_layout)
		return;
	k = known_count(d->name, f->name);
	if (!k)
		return;
	f->count_field = k->count_field;
	if (k->other_field && !desc_find_field(d, k->count_field) &&
	    desc_find_field(d, k->other_field))
		f->count_field = k->other_field;
	f->flags |= k->flags;
	f->multiplier = k->multiplier;
	f->from_count = DESC_FROM_KNOWN;
}

/* The group of elements that one witness wrote for @f, from w->next on. */
static const struct written_field *take_group(struct witness *w,
					      const struct desc_field *f,
					      size_t *n)
{
	const struct written_field *first;
	size_t i = w->next;

	if (i >= w->w->nfields || !written_is_field(w->w->fields[i].name, f))
		return NULL;
	first = &w->w->fields[i];
	while (i < w->w->nfields && !strcmp(w->w->fields[i].name, first->name))
		i++;
	*n = i - w->next;
	w->next = i;
	return first;
}

static const struct desc *find_known(struct registry *reg,
				     struct witness *w, size_t nw,
				     enum desc_from from);

/* The first descriptor of this name and version below @d, @d included. */
static const struct desc *find_below(const struct desc *d, const char *name,
				     int32_t version, unsigned depth)
{
	const struct desc *found = NULL;

	if (d->version == version && !strcmp(d->name, name))
		return d;
	for (size_t i = 0; i < d->nfields && !found && depth < 64; i++) {
		if (d->fields[i].desc)
			found = find_below(d->fields[i].desc, name, version,
					   depth + 1);
	}
	for (size_t i = 0; i < d->nsubs && !found && depth < 64; i++)
		found = find_below(d->subs[i], name, version, depth + 1);
	return found;
}

/* A dump that lacks a device may show its parts under another one. */
static const struct desc *find_part(struct merge *m, struct witness *w,
				    size_t nw)
{
	for (size_t i = m->reg->nsets; i-- > 0; ) {
		const struct desc_set *set = m->reg->sets[i];
		const struct desc *d = NULL, *out;
		struct merge inner = { .reg = m->reg, .from = m->from,
				       .depth = m->depth };
		struct witness again[MAX_WITNESSES];

		for (size_t k = 0; k < set->nitems && !d; k++)
			d = find_below(set->items[k].desc, w[0].w->name,
				       w[0].w->version, 0);
		if (!d)
			continue;
		memcpy(again, w, nw * sizeof(*w));
		out = merge_desc(&inner, d, again, nw);
		if (!inner.clash)
			return out;
	}
	return NULL;
}

/*
 * What a structure is made of, where only those who wrote one tell.  Elements
 * that differ keep their own (see DESC_FROM_REFERENCE in the loader).
 */
static const struct desc *nested_of(struct merge *m, struct witness *w,
				    size_t nw)
{
	const struct desc *d = find_known(m->reg, w, nw, m->from);

	if (!d)
		d = find_part(m, w, nw);
	return d ? d : w[0].w->desc;
}

static void merge_field(struct merge *m, const struct desc *d,
			struct desc_field *f, struct witness *w, size_t nw)
{
	struct witness inner[MAX_WITNESSES];
	size_t ninner = 0;

	for (size_t i = 0; i < nw; i++) {
		size_t n = 0;
		const struct written_field *g = take_group(&w[i], f, &n);

		for (size_t k = 0; k < n; k++) {
			if (g[k].type && !desc_type_is_null(g[k].type) &&
			    !f->from_type)
				set_type(f, g[k].type, NULL, m->from);
			if (g[k].sub && ninner < MAX_WITNESSES)
				inner[ninner++] = (struct witness){ g[k].sub, 0 };
		}
	}
	m->vstruct = f->flags & VMS_VSTRUCT;
	if (f->desc && !(ninner && (f->from_desc == DESC_FROM_KNOWN ||
				    f->from_desc == m->from))) {
		f->desc = merge_desc(m, f->desc, inner, ninner);
	} else if (ninner && (d->from == DESC_FROM_KNOWN ||
			      d->from == m->from)) {
		/* the tables do not tell what is nested; the witness does */
		f->desc = nested_of(m, inner, ninner);
		/* "one element's own" only if it really is just that */
		f->from_desc = f->desc == inner[0].w->desc ? (uint8_t)m->from :
			DESC_FROM_KNOWN;
	} else if (ninner) {
		/* a dump never hides a nested descriptor: not this layout */
		m->clash = true;
	}
	if (!f->from_type)
		type_from_book(m->reg, d, f);
	shape_from_known(m, d, f);
	if (!f->from_type)
		type_from_size(f);
	if (f->flags & VMS_VSTRUCT && ninner)
		f->struct_version = inner[0].w->version;
	apply_known(d, f);
}

static size_t sub_witnesses(struct witness *w, size_t nw, const char *name,
			    struct witness *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < nw; i++) {
		for (size_t k = 0; k < w[i].w->nsubs; k++) {
			if (!strcmp(w[i].w->subs[k]->name, name) &&
			    n < MAX_WITNESSES)
				ret[n++] = (struct witness){ w[i].w->subs[k], 0 };
		}
	}
	return n;
}

static const struct desc *merge_desc(struct merge *m, const struct desc *d,
				     struct witness *w, size_t nw);

static bool has_twin(const struct desc *d, size_t i)
{
	for (size_t k = 0; k < d->nsubs; k++) {
		if (k != i && !strcmp(d->subs[k]->name, d->subs[i]->name))
			return true;
	}
	return false;
}

/*
 * Two subsections of one name (cpu/tlb6xx of ppc is two: the loader finds the first,
 * whoever wrote): which witnesses have written this one?
 */
static size_t fitting(struct merge *m, const struct desc *d,
		      struct witness *w, size_t n)
{
	bool clash = m->clash;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct witness one = w[i];

		m->clash = false;
		merge_desc(m, d, &one, 1);
		if (!m->clash)
			w[kept++] = w[i];
	}
	m->clash = clash;
	return kept;
}

static const struct desc *merge_desc(struct merge *m, const struct desc *d,
				     struct witness *w, size_t nw)
{
	struct arena *a = m->reg->arena;
	struct desc_field *fields;
	const struct desc **subs = arena_calloc(a, d->nsubs + 1, sizeof(*subs));
	struct desc *out;

	if (++m->depth > 64) {
		m->depth--;
		return d;
	}
	if (d->from == DESC_FROM_DUMP)
		d = desc_add_checks(a, d, m->reg->arch, m->reg->release_min,
				    m->reg->release_max);
	out = arena_memdup(a, d, sizeof(*d));
	fields = arena_memdup(a, d->fields, d->nfields * sizeof(*fields));
	for (size_t i = 0; i < nw; i++) {
		if (strcmp(w[i].w->name, d->name) ||
		    (!m->vstruct && w[i].w->version != d->version))
			m->clash = true;
	}
	for (size_t i = 0; i < d->nfields; i++)
		merge_field(m, d, &fields[i], w, nw);
	for (size_t i = 0; i < nw; i++) {
		if (w[i].next != w[i].w->nfields)
			m->clash = true;
		for (size_t k = 0; k < w[i].w->nsubs; k++) {
			if (!desc_find_sub(d, w[i].w->subs[k]->name))
				m->clash = true;
		}
	}
	for (size_t i = 0; i < d->nsubs; i++) {
		struct witness sw[MAX_WITNESSES];
		size_t n = sub_witnesses(w, nw, d->subs[i]->name, sw);

		m->vstruct = false;
		if (n && has_twin(d, i))
			n = fitting(m, d->subs[i], sw, n);
		/* the tables may hold another release's version of it */
		subs[i] = n && (d->from == DESC_FROM_KNOWN ||
				d->from == m->from) ?
			nested_of(m, sw, n) : merge_desc(m, d->subs[i], sw, n);
	}
	out->fields = fields;
	out->subs = subs;
	m->depth--;
	return out;
}

/*
 * Nobody but the writer tells what this descriptor is; its parts may be known
 * all the same.
 */
static const struct desc *merge_written(struct registry *reg,
					const struct written *w,
					enum desc_from from)
{
	struct merge m = { .reg = reg, .from = from };
	struct witness one = { w, 0 };
	const struct desc *d = merge_desc(&m, w->desc, &one, 1);

	return m.clash ? w->desc : d;
}

/* "0000:00:02.0/e1000" and "e1000": does the idstr belong to the descriptor? */
static bool idstr_is(const char *idstr, const char *name)
{
	size_t n = strlen(idstr), k = strlen(name);

	return n >= k && !strcmp(idstr + n - k, name) &&
		(n == k || idstr[n - k - 1] == '/');
}

static const struct desc *merge_set(struct registry *reg,
				    const struct desc_set *set, const char *name,
				    const struct written *w,
				    enum desc_from from)
{
	for (size_t i = 0; i < set->nitems; i++) {
		const struct desc *d = set->items[i].desc, *out;
		struct merge m = { .reg = reg, .from = from };
		struct witness one = { w, 0 };

		if (strcmp(d->name, name))
			continue;
		if (w && w->version != d->version)
			continue;
		out = merge_desc(&m, d, &one, w ? 1 : 0);
		if (!m.clash)
			return out;
	}
	return NULL;
}

static const struct desc *find_desc(struct registry *reg, const char *name,
				    const struct written *w,
				    enum desc_from from)
{
	/* later sets know more: an image was added behind a dump */
	for (size_t i = reg->nsets; i-- > 0; ) {
		const struct desc *d = merge_set(reg, reg->sets[i], name, w,
						 from);

		if (d)
			return d;
	}
	return NULL;
}

/* Does a descriptor of the tables account for all that was written? */
static const struct desc *try_known(struct registry *reg,
				    const struct known_desc *k,
				    struct witness *w, size_t nw,
				    enum desc_from from)
{
	struct merge m = { .reg = reg, .from = from };
	struct witness again[MAX_WITNESSES];
	const struct desc *d = desc_from_known(reg->arena, k, reg->arch,
					       reg->release_min,
					       reg->release_max), *out;

	memcpy(again, w, nw * sizeof(*w));
	out = merge_desc(&m, d, again, nw);
	return m.clash ? NULL : out;
}

/*
 * The tables' descriptor for what was written, if one fits.  Releases that
 * cannot be told apart by it have one layout for these fields; the first is
 * taken.
 */
static const struct desc *find_known(struct registry *reg,
				     struct witness *w, size_t nw,
				     enum desc_from from)
{
	static const int releases[] = { 502, 702, 1000 };
	const char *name = w[0].w->name;
	int32_t version = w[0].w->version;

	for (size_t i = 0; i < 3; i++) {
		const struct known_desc *k;
		const struct desc *d;
		int r = releases[i];

		/* between two releases that were read, the older layout */
		if (r > reg->release_max ||
		    (i < 2 && releases[i + 1] <= reg->release_min))
			continue;
		k = known_desc_on(reg->arch, name, version, r, r);
		d = k ? try_known(reg, k, w, nw, from) : NULL;
		if (d)
			return d;
	}
	return NULL;
}

const struct desc *registry_known_desc(const struct registry *reg,
				       const struct written *w)
{
	struct witness one = { w, 0 };

	return find_known((struct registry *)reg, &one, 1, DESC_FROM_SOURCE);
}

const struct desc *registry_known_name(const struct registry *reg,
				       const char *name, int32_t version)
{
	static const int releases[] = { 1000, 702, 502 };
	const struct known_desc *k = known_desc_on(reg->arch, name, version,
						   reg->release_min,
						   reg->release_max);
	struct merge m = { .reg = (struct registry *)reg };

	/* told apart by the release only: the newest possible */
	for (size_t i = 0; !k && i < 3; i++) {
		if (releases[i] <= reg->release_max)
			k = known_desc_on(reg->arch, name, version, releases[i],
					  releases[i]);
	}
	if (!k)
		return NULL;
	return merge_desc(&m, desc_from_known(reg->arena, k, reg->arch,
					      reg->release_min,
					      reg->release_max), NULL, 0);
}

/* Is @d what another descriptor of its own name embeds? */
static bool is_embedded(const struct desc_set *set, const struct desc *d)
{
	for (size_t i = 0; i < set->nitems; i++) {
		const struct desc *around = set->items[i].desc;

		if (around == d || strcmp(around->name, d->name))
			continue;
		for (size_t k = 0; k < around->nfields; k++) {
			if (around->fields[k].desc == d)
				return true;
		}
	}
	return false;
}

/*
 * Of several descriptors called @name the one that a section can have: "fdc"
 * is a structure within "fdc".  If that leaves several, the one that accounts
 * for what the source wrote, else the first.
 */
static const struct desc *choose_desc(struct registry *reg,
				      const struct desc_set *set,
				      const char *name,
				      const struct written *src)
{
	const struct desc *first = NULL, *fits = NULL;
	struct merge m = { .reg = reg };

	/* isa-vga's own is one that all other VGAs embed: then the embedded */
	for (size_t k = 0; k < set->nitems * 2 && !fits && (src || !first);
	     k++) {
		const struct desc *d = set->items[k % set->nitems].desc;
		bool embedded = k >= set->nitems;
		struct merge trial = { .reg = reg };
		struct witness one = { src, 0 };

		if (strcmp(d->name, name) || is_embedded(set, d) != embedded)
			continue;
		if (!first && !embedded)
			first = d;
		if (!src)
			continue;
		merge_desc(&trial, d, &one, 1);
		if (!trial.clash)
			fits = d;
	}
	if (fits)
		first = fits;
	return first ? merge_desc(&m, first, NULL, 0) : NULL;
}

/* The descriptor whose name is most of the idstr, in the last set with one. */
static const struct desc *best_named(const struct registry *reg,
				     const char *idstr,
				     const struct desc_set **ret)
{
	const struct desc *best = NULL;

	for (size_t i = reg->nsets; i-- > 0 && !best; ) {
		const struct desc_set *set = reg->sets[i];

		for (size_t k = 0; k < set->nitems; k++) {
			const struct desc *d = set->items[k].desc;

			if (idstr_is(idstr, d->name) &&
			    (!best || strlen(d->name) > strlen(best->name)))
				best = d;
		}
		*ret = set;
	}
	return best;
}

const struct desc *registry_desc_for(const struct registry *reg,
				     const char *idstr,
				     const struct written *src)
{
	const struct desc_set *set = NULL;
	const struct desc *best = best_named(reg, idstr, &set);

	return best ? choose_desc((struct registry *)reg, set, best->name,
				  src) : NULL;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* On the wire, as far as the fields of the descriptor itself tell. */
static bool same_layout(const struct desc *a, const struct desc *b)
{
	if (a->nfields != b->nfields || a->nsubs != b->nsubs ||
	    a->version != b->version || a->min_version != b->min_version)
		return false;
	for (size_t i = 0; i < a->nfields; i++) {
		const struct desc_field *f = &a->fields[i], *g = &b->fields[i];

		if (strcmp(f->name, g->name) || !same_text(f->type, g->type) ||
		    f->version != g->version || f->num != g->num ||
		    f->flags != g->flags || !f->desc != !g->desc ||
		    (f->desc && strcmp(f->desc->name, g->desc->name)))
			return false;
	}
	return true;
}

bool registry_desc_is_choice(const struct registry *reg, const char *idstr)
{
	const struct desc_set *set = NULL;
	const struct desc *best = best_named(reg, idstr, &set);

	for (size_t k = 0; best && k < set->nitems; k++) {
		const struct desc *d = set->items[k].desc;

		if (!strcmp(d->name, best->name) && !same_layout(d, best))
			return true;
	}
	return false;
}

/* The value of the first field of the entry, where an alias is made of it. */
static void set_alias(struct entry *e)
{
	const struct known_alias *k;

	if (e->old_style) {
		/* allocated zeroed, never set: migration/savevm.c */
		e->alias = 0;
		e->from_alias = DESC_FROM_KNOWN;
		return;
	}
	if (!e->desc || e->alias != ALIAS_NONE)
		return;
	k = known_alias(e->desc->name);
	if (k && k->constant)
		e->alias = k->alias;
	else if (!known_alias_of(e->desc->name, e->instance, &e->alias))
		return;
	e->from_alias = DESC_FROM_KNOWN;
}

static void set_compat(struct registry *reg, struct entry *e)
{
	const char *name = e->desc ? e->desc->name : NULL;
	uint32_t instance = 0;

	if (!name || !strcmp(name, e->idstr) || !idstr_is(e->idstr, name))
		return;
	for (struct entry *o = reg->entries; o < e; o++) {
		if (o->compat && !strcmp(o->compat, name) &&
		    o->compat_instance >= instance)
			instance = o->compat_instance + 1;
	}
	e->compat = name;
	e->compat_instance = instance;
}

/* The tables are per architecture; a machine's name tells which. */
static const char *arch_of(const char *machine)
{
	static const struct {
		const char *prefix, *arch;
	} machines[] = {
		{ "pc-", "x86" }, { "microvm", "x86" }, { "isapc", "x86" },
		{ "q35", "x86" }, { "x-remote", "x86" },
		{ "s390", "s390x" }, { "pseries", "ppc" }, { "mac99", "ppc" },
		{ "g3beige", "ppc" }, { "ppce500", "ppc" }, { "powernv", "ppc" },
		{ "40p", "ppc" }, { "sam460ex", "ppc" }, { "bamboo", "ppc" },
		{ "pegasos2", "ppc" }, { "amigaone", "ppc" },
	};

	for (size_t i = 0; machine &&
	     i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (!strncmp(machine, machines[i].prefix,
			     strlen(machines[i].prefix)))
			return machines[i].arch;
	}
	return NULL;
}

void registry_set_machine(struct registry *reg, const char *machine)
{
	reg->machine = machine;
	reg->arch = arch_of(machine);
}

/* An image holds all descriptors: an entry without one is old-style. */
static void desc_from_image(struct registry *reg, struct entry *e)
{
	if (!reg->nsets || e->seen || e->desc || known_old_style(e->idstr) ||
	    reg->sets[reg->nsets - 1]->from < DESC_FROM_BINARY)
		return;
	e->desc = registry_desc_for(reg, e->idstr, NULL);
	e->old_style = !e->desc;
}

void registry_finish(struct registry *reg)
{
	for (size_t i = 0; i < reg->nentries; i++) {
		struct entry *e = &reg->entries[i];
		const struct written *w = e->seen ? e->seen->w : NULL;
		struct merge m = { .reg = reg };

		/* nobody knows it better; the tables say what no image tells */
		if (e->from == DESC_FROM_PROCESS) {
			if (e->desc)
				e->desc = merge_desc(&m, e->desc, NULL, 0);
			continue;
		}
		if (w && !e->desc)
			e->desc = find_desc(reg, w->name, w,
					    (enum desc_from)e->from);
		if (w && !e->desc) {
			struct witness one = { w, 0 };

			e->desc = find_known(reg, &one, 1,
					     (enum desc_from)e->from);
		}
		if (w && !e->desc)
			e->desc = merge_written(reg, w,
						(enum desc_from)e->from);
		desc_from_image(reg, e);
		set_alias(e);
		set_compat(reg, e);
	}
}

const struct entry *registry_find(const struct registry *reg,
				  const char *idstr, uint32_t instance,
				  enum match *how)
{
	for (size_t i = 0; i < reg->nentries; i++) {
		const struct entry *e = &reg->entries[i];

		if (!strcmp(e->idstr, idstr) &&
		    (instance == e->instance || instance == e->alias)) {
			*how = instance == e->instance ? MATCH_INSTANCE :
				MATCH_ALIAS;
			return e;
		}
		if (e->compat && strstr(e->idstr, idstr) &&
		    !strcmp(e->compat, idstr) &&
		    (instance == e->compat_instance || instance == e->alias)) {
			*how = MATCH_COMPAT;
			return e;
		}
	}
	*how = MATCH_NONE;
	return NULL;
}

const struct entry *registry_find_idstr(const struct registry *reg,
					const char *idstr)
{
	for (size_t i = 0; i < reg->nentries; i++) {
		if (!strcmp(reg->entries[i].idstr, idstr))
			return &reg->entries[i];
	}
	return NULL;
}
