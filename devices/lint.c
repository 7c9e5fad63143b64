/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lint.h"
#include "predicate.h"
#include "qom.h"

#define MAX_FINDINGS 100000

struct linter {
	const struct desc_set *set;
	struct desc_image *img;
	struct predicate_code code;
	struct arena *arena;
	struct finding *found;
	size_t n, cap;
};

#define LINT_NAME(id, name, severity, text) name,
#define LINT_TEXT(id, name, severity, text) text,
#define LINT_SEVERITY(id, name, severity, text) severity,

const char *lint_rule_name(enum lint_rule rule)
{
	static const char *const names[] = { LINT_RULES(LINT_NAME) };

	return names[rule];
}

const char *lint_rule_text(enum lint_rule rule)
{
	static const char *const texts[] = { LINT_RULES(LINT_TEXT) };

	return texts[rule];
}

enum lint_severity lint_rule_severity(enum lint_rule rule)
{
	static const enum lint_severity all[] = { LINT_RULES(LINT_SEVERITY) };

	return all[rule];
}

static void add(struct linter *l, enum lint_rule rule, const struct desc *d,
		const struct desc_field *f, const struct desc *other,
		const char *msg)
{
	if (l->n == MAX_FINDINGS)
		return;
	l->found = grow_array(l->found, &l->cap, l->n + 1, sizeof(*l->found));
	l->found[l->n++] = (struct finding){ rule, d, f, other, msg };
}

static bool begins(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* Embedded as it is, by the version of the destination's own descriptor. */
static bool embedded(const struct desc_field *f)
{
	return f->desc && f->flags & VMS_STRUCT && !(f->flags & VMS_VSTRUCT);
}

/* ---- versions ---- */

static void check_versions(struct linter *l, const struct desc *d)
{
	if (d->min_version > d->version)
		add(l, LINT_MIN_VERSION, d, NULL, NULL,
		    arena_printf(l->arena, "%s: minimum version %d is above version %d",
				 d->name, d->min_version, d->version));
	for (size_t i = 0; i < d->nfields; i++) {
		const struct desc_field *f = &d->fields[i];

		if (f->exists == EXISTS_BY_VERSION && f->version > d->version)
			add(l, LINT_FIELD_VERSION, d, f, NULL,
			    arena_printf(l->arena, "%s: field %s is of version %d, the descriptor of %d",
					 d->name, f->name, f->version,
					 d->version));
		if (embedded(f) && f->desc->version > 1 &&
		    f->desc->version != f->desc->min_version)
			add(l, LINT_NESTED_VERSION, d, f, f->desc,
			    arena_printf(l->arena, "%s: field %s embeds %s, which has versions %d to %d, and does not say which",
					 d->name, f->name, f->desc->name,
					 f->desc->min_version,
					 f->desc->version));
	}
}

/* ---- subsections ---- */

static void check_subs(struct linter *l, const struct desc *d)
{
	for (size_t i = 0; i < d->nsubs; i++) {
		const struct desc *sub = d->subs[i];

		if (!begins(sub->name, d->name))
			add(l, LINT_SUB_NAME, d, NULL, sub,
			    arena_printf(l->arena, "%s: subsection %s does not begin with its name: it is sent, and never found",
					 d->name, sub->name));
		else if (sub->name[strlen(d->name)] != '/')
			add(l, LINT_SUB_SLASH, d, NULL, sub,
			    arena_printf(l->arena, "%s: subsection %s begins with its name, but no slash follows",
					 d->name, sub->name));
		for (size_t k = 0; k < i; k++)
			if (!strcmp(d->subs[k]->name, sub->name))
				add(l, LINT_SUB_TWICE, d, NULL, sub,
				    arena_printf(l->arena, "%s: two subsections are called %s: what the second writes is loaded as the first",
						 d->name, sub->name));
		if (!sub->needed_fn && sub->from == DESC_FROM_BINARY)
			add(l, LINT_SUB_ALWAYS, d, NULL, sub,
			    arena_printf(l->arena, "%s: subsection %s has no needed(): it is always sent",
					 d->name, sub->name));
	}
}

/*
 * The structure that ends the descriptor's fields looks for subsections of its
 * own; one of the parent's that begins with its name is an error there.
 */
static void check_embedded(struct linter *l, const struct desc *d)
{
	for (size_t i = 0; i < d->nfields; i++) {
		const struct desc_field *f = &d->fields[i];

		if (!embedded(f))
			continue;
		if (f->desc->nsubs && i + 1 < d->nfields)
			add(l, LINT_EMBEDDED_SUBS, d, f, f->desc,
			    arena_printf(l->arena, "%s: %s (%s) has subsections, and field %s follows",
					 d->name, f->name, f->desc->name,
					 d->fields[i + 1].name));
		for (size_t k = 0; i + 1 == d->nfields && k < d->nsubs; k++)
			if (begins(d->subs[k]->name, f->desc->name) &&
			    !desc_find_sub(f->desc, d->subs[k]->name))
				add(l, LINT_SUB_SHADOWED, d, f, d->subs[k],
				    arena_printf(l->arena, "%s: subsection %s begins with the name of %s, which ends the fields and looks for subsections first",
						 d->name, d->subs[k]->name,
						 f->desc->name));
	}
}

/* ---- counts ---- */

static bool is_compared(const struct desc_field *f)
{
	size_t n = f->type ? strlen(f->type) : 0;

	return n > 6 && !strcmp(f->type + n - 6, " equal");
}

static void check_counts(struct linter *l, const struct desc *d)
{
	for (size_t i = 0; i < d->nfields; i++) {
		const struct desc_field *f = &d->fields[i];
		bool before = false, after = false, compared = false;

		if (!(f->flags & (VMS_VARRAY | VMS_VBUFFER)) ||
		    f->from_layout == DESC_FROM_NOBODY)
			continue;
		for (size_t k = 0; f->count_field && k < d->nfields; k++) {
			if (strcmp(d->fields[k].name, f->count_field))
				continue;
			before |= k < i;
			after |= k > i;
			/* VMSTATE_INT32_EQUAL(): the reader's own count stands */
			compared |= k > i && is_compared(&d->fields[k]);
		}
		if (before)
			continue;
		if (compared) {
			add(l, LINT_COUNT_NEVER, d, f, NULL,
			    arena_printf(l->arena, "%s: %s is counted by %s, which is only compared, after it: where it differs, other data is read first",
					 d->name, f->name, f->count_field));
			continue;
		}
		add(l, after ? LINT_COUNT_LATE : LINT_COUNT_NEVER, d, f, NULL,
		    after ? arena_printf(l->arena, "%s: %s is counted by %s, which is loaded after it",
					 d->name, f->name, f->count_field) :
			    arena_printf(l->arena, "%s: %s is counted by a member at offset %" PRIu64 " that is not loaded with it",
					 d->name, f->name,
					 f->flags & VMS_VARRAY ?
					 f->num_offset : f->size_offset));
	}
}

/* ---- predicates ---- */

static const char *symbol(void *ctx, uint64_t addr)
{
	const struct elf_symbol *s = space_elf_at(ctx, addr);

	return s ? s->name : NULL;
}

static void check_fn(struct linter *l, const struct desc *d,
		     const struct desc_field *f, uint64_t fn, const char *name,
		     uint64_t size)
{
	struct object_memory mem = { .size = size };
	struct predicate_trace why;

	predicate_eval(&l->code, fn, d->version, &mem, &why);
	if (!why.outside)
		return;
	add(l, LINT_OUTSIDE, d, f, NULL,
	    arena_printf(l->arena, "%s%s%s: %s%s%s reads at offset %" PRId64 " of an object of %" PRIu64 " bytes",
			 d->name, f ? ": field " : "", f ? f->name : "",
			 f ? "its field_exists()" : "needed()",
			 name ? " " : "", name ? name : "", why.outside_offset, size));
}

/* @d is embedded as an element of @size bytes: that is all it may look at. */
static void check_predicates(struct linter *l, const struct desc *d,
			     uint64_t size)
{
	if (d->needed_fn)
		check_fn(l, d, NULL, d->needed_fn, d->needed_name, size);
	for (size_t i = 0; i < d->nfields; i++)
		if (d->fields[i].exists_fn)
			check_fn(l, d, &d->fields[i], d->fields[i].exists_fn,
				 d->fields[i].exists_name, size);
}

static int by_addr(const void *a, const void *b)
{
	const struct desc_item *x = a, *y = b;

	return x->desc->addr < y->desc->addr ? -1 :
	       x->desc->addr > y->desc->addr;
}

/*
 * How large the structure of each descriptor is, as far as fields that embed
 * it tell; of two sizes the larger is safe to assume.  An image's set is in the
 * order of addresses.
 */
static void embedded_sizes(const struct desc_set *set, uint64_t *sizes)
{
	for (size_t i = 0; i < set->nitems; i++) {
		const struct desc *p = set->items[i].desc;

		for (size_t k = 0; k < p->nfields; k++) {
			const struct desc_field *f = &p->fields[k];
			struct desc_item key = { .desc = f->desc }, *item;

			/* VMSTATE_STRUCT_POINTER has the pointer's size */
			if (!f->desc || !(f->flags & (VMS_STRUCT | VMS_VSTRUCT)) ||
			    f->flags & VMS_ARRAY_OF_POINTER ||
			    (f->flags & VMS_POINTER && !(f->flags & VMS_VARRAY)))
				continue;
			item = bsearch(&key, set->items, set->nitems,
				       sizeof(key), by_addr);
			if (item && f->size > sizes[item - set->items])
				sizes[item - set->items] = f->size;
		}
	}
}

static void check_all_predicates(struct linter *l)
{
	struct space_elf *se = desc_image_space(l->img);
	uint64_t *sizes;
	size_t cap = 0;

	if (!predicate_supported(space_elf_file(se, 0)->machine))
		return;
	l->code = (struct predicate_code){
		.space = space_elf_space(se), .symbol = symbol, .ctx = se,
		.machine = space_elf_file(se, 0)->machine,
	};
	sizes = grow_array(NULL, &cap, l->set->nitems + 1, sizeof(*sizes));
	memset(sizes, 0, (l->set->nitems + 1) * sizeof(*sizes));
	embedded_sizes(l->set, sizes);
	for (size_t i = 0; i < l->set->nitems; i++)
		if (sizes[i])
			check_predicates(l, l->set->items[i].desc, sizes[i]);
	free(sizes);
}

/* ---- names ---- */

static bool same_contents(const struct desc *a, const struct desc *b)
{
	if (a->version != b->version || a->nfields != b->nfields ||
	    a->nsubs != b->nsubs)
		return false;
	for (size_t i = 0; i < a->nfields; i++) {
		const struct desc_field *f = &a->fields[i], *g = &b->fields[i];

		if (strcmp(f->name, g->name) || f->size != g->size ||
		    f->num != g->num || f->version != g->version ||
		    (f->type && g->type && strcmp(f->type, g->type)))
			return false;
	}
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct desc *x = *(const struct desc *const *)a;
	const struct desc *y = *(const struct desc *const *)b;
	int c = strcmp(x->name, y->name);

	return c ? c : x->addr < y->addr ? -1 : x->addr > y->addr;
}

static void check_names(struct linter *l)
{
	size_t n = l->set->nitems, cap = 0;
	const struct desc **all = grow_array(NULL, &cap, n + 1, sizeof(*all));

	for (size_t i = 0; i < n; i++)
		all[i] = l->set->items[i].desc;
	qsort(all, n, sizeof(*all), by_name);
	for (size_t i = 1; i < n; i++)
		if (*all[i]->name && !strcmp(all[i - 1]->name, all[i]->name) &&
		    !same_contents(all[i - 1], all[i]))
			add(l, LINT_SAME_NAME, all[i], NULL, all[i - 1],
			    arena_printf(l->arena, "%s: two descriptors have this name and differ (%s and %s)",
					 all[i]->name,
					 all[i - 1]->symbol ? all[i - 1]->symbol : "one",
					 all[i]->symbol ? all[i]->symbol : "another"));
	free(all);
}

/* ---- types ---- */

/* Where types cannot be read (another host's code) there is nothing to say. */
static void check_types(struct linter *l)
{
	const struct qom_foreign *v;
	struct qom *q;
	struct err err;
	size_t n;

	if (qom_open(&q, l->img, &err) < 0)
		return;
	n = qom_foreign(q, l->arena, &v);
	for (size_t i = 0; i < n; i++)
		add(l, LINT_FOREIGN, v[i].desc, NULL, NULL,
		    arena_printf(l->arena, "%s: type %s registers it for its whole object, but it describes a structure of %" PRIu64 " bytes that others embed and the object neither is nor begins with",
				 v[i].desc->name, v[i].type->name,
				 v[i].size));
	qom_close(q);
}

size_t lint(const struct desc_set *set, struct desc_image *img,
	    struct arena *a, const struct finding **ret)
{
	struct linter l = { .set = set, .img = img, .arena = a };

	for (size_t i = 0; i < set->nitems; i++) {
		const struct desc *d = set->items[i].desc;

		check_versions(&l, d);
		check_subs(&l, d);
		check_embedded(&l, d);
		check_counts(&l, d);
	}
	check_names(&l);
	if (img) {
		check_all_predicates(&l);
		check_types(&l);
	}
	*ret = arena_memdup(a, l.found, l.n * sizeof(*l.found));
	free(l.found);
	return l.n;
}
