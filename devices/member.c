/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "member.h"

#define MAX_CANDIDATES 64
#define MAX_ANONYMOUS 8		/* anonymous structures in each other */
#define MAX_LOCALS 32
#define ROUNDS 6

/* What is known of one descriptor's structure. */
struct guess {
	const struct desc *desc;
	const struct ctype *types[MAX_CANDIDATES];
	size_t ntypes;
	const struct dwarf_var *var;
};

struct member_map {
	struct dwarf *dw;
	struct desc_image *img;
	struct guess *guesses;	/* by address of the descriptor */
	size_t nguesses;
};

/* Where a member expression leads in a structure. */
struct place {
	uint64_t offset;
	const struct ctype *type;	/* as declared, indices taken off */
	const struct cmember *member;	/* the last one */
	const struct ctype *owner;	/* the structure that it is declared in */
	/* an index that is no number: any multiple of step below limit */
	uint64_t step, limit;
	size_t index_at;	/* where the index is in the text */
};

/* ---- structures ---- */

static const struct ctype *find_member(struct dwarf *dw, const struct ctype *t,
				       const char *name, size_t len,
				       unsigned depth, struct place *at)
{
	for (size_t i = 0; i < t->nmembers; i++) {
		struct cmember *m = &t->members[i];
		const struct ctype *below, *found;
		uint64_t before = at->offset;

		if (strlen(m->name) == len && !strncmp(m->name, name, len) &&
		    len) {
			at->offset += m->offset;
			at->member = m;
			at->owner = t;
			return cmember_type(dw, m);
		}
		if (*m->name || depth >= MAX_ANONYMOUS)
			continue;
		below = ctype_bare(dw, cmember_type(dw, m));
		at->offset += m->offset;
		found = find_member(dw, below, name, len, depth + 1, at);
		if (found)
			return found;
		at->offset = before;
	}
	return NULL;
}

/* The element of an array: of several dimensions, one index goes per time. */
static bool take_index(struct dwarf *dw, const char *text, size_t len,
		       size_t text_at, unsigned *dim, struct place *at)
{
	const struct ctype *t = ctype_bare(dw, at->type);
	uint64_t size, count, n;
	char *end;

	if (t->kind != CTYPE_ARRAY || *dim >= t->ndims)
		return false;
	size = ctype_size(dw, ctype_below(dw, t));
	for (unsigned k = *dim + 1; k < t->ndims; k++)
		size *= t->dims[k];
	count = t->dims[*dim];
	if (++*dim == t->ndims) {
		at->type = ctype_below(dw, t);
		*dim = 0;
	}
	n = strtoull(text, &end, 0);
	if (isdigit((unsigned char)*text) && end == text + len) {
		at->offset += n * size;
		return true;
	}
	if (at->step)		/* two symbols: cannot be solved */
		return false;
	at->step = size;
	at->limit = size * count;
	at->index_at = text_at;
	return true;
}

/* Resolve a field's text in structure @t. */
static bool resolve(struct dwarf *dw, const struct ctype *t, const char *text,
		    struct place *ret)
{
	unsigned dim = 0;
	const char *s = text;

	memset(ret, 0, sizeof(*ret));
	ret->type = t;
	for (;;) {
		size_t n = 0;

		while (isalnum((unsigned char)s[n]) || s[n] == '_')
			n++;
		t = ctype_bare(dw, ret->type);
		if (!n || (t->kind != CTYPE_STRUCT && t->kind != CTYPE_UNION))
			return false;
		ret->type = find_member(dw, t, s, n, 0, ret);
		if (!ret->type)
			return false;
		s += n;
		while (*s == '[') {
			n = strcspn(s, "]");
			if (!s[n] || !take_index(dw, s + 1, n - 1,
						 (size_t)(s - text), &dim, ret))
				return false;
			s += n + 1;
		}
		if (!*s)
			return true;
		if (*s++ != '.')
			return false;
	}
}

/* ---- does a field fit? ---- */

/* Has the object no member for it?  ("unused", tmp, device-wide hooks) */
static bool memberless(const struct desc_field *f)
{
	if (f->flags & VMS_MUST_EXIST)
		return true;
	if (f->type && (!strcmp(f->type, "unused_buffer") ||
			!strcmp(f->type, "tmp")))
		return true;
	return !f->offset && !f->size && !f->desc;
}

static bool offset_fits(struct dwarf *dw, const struct place *at,
			const struct desc_field *f, bool *inside)
{
	uint64_t diff = f->offset - at->offset, size, step;
	const struct ctype *t = ctype_bare(dw, at->type);

	*inside = false;
	if (at->step)
		return diff < at->limit && diff % at->step == 0;
	if (!diff || (f->start && diff == f->start))
		return true;
	if (t->kind != CTYPE_ARRAY)
		return false;
	/* VMSTATE_SUB_ARRAY: from the n-th element on */
	size = ctype_size(dw, t);
	step = ctype_size(dw, ctype_below(dw, t));
	*inside = step && diff < size && diff % step == 0;
	return *inside;
}

static bool size_fits(struct dwarf *dw, const struct place *at,
		      const struct desc_field *f)
{
	const struct ctype *t = ctype_bare(dw, at->type), *el = t;
	uint64_t count = 1;

	if (t->kind == CTYPE_ARRAY) {
		el = ctype_bare(dw, ctype_below(dw, t));
		for (unsigned i = 0; i < t->ndims; i++)
			count *= t->dims[i];
	}
	if (f->flags & VMS_ARRAY_OF_POINTER)
		return el->kind == CTYPE_POINTER;
	if (f->flags & VMS_POINTER)
		return t->kind == CTYPE_POINTER &&
		       f->size == ctype_size(dw, ctype_below(dw, t));
	if (f->flags & (VMS_BUFFER | VMS_VBUFFER))
		return ctype_size(dw, t) == f->size + f->start;
	if (f->flags & VMS_ARRAY)
		return ctype_size(dw, el) == f->size &&
		       count == (uint64_t)f->num;
	if (f->flags & VMS_VARRAY)
		return ctype_size(dw, el) == f->size;
	return ctype_size(dw, t) == f->size;
}

/* 0: does not fit, 1: by name and offset, 2: in all; -1: tells nothing. */
static int field_score(struct dwarf *dw, const struct ctype *t,
		       const struct desc_field *f)
{
	struct place at;
	bool inside;

	if (memberless(f))
		return -1;
	if (!resolve(dw, t, f->name, &at) || !offset_fits(dw, &at, f, &inside))
		return 0;
	return !inside && size_fits(dw, &at, f) ? 2 : 1;
}

/* The sum over the fields, 0 if one does not fit, -1 if none tells. */
static int desc_score(struct dwarf *dw, const struct ctype *t,
		      const struct desc *d)
{
	int sum = 0;
	bool any = false;

	for (size_t i = 0; i < d->nfields; i++) {
		int score = field_score(dw, t, &d->fields[i]);

		if (!score)
			return 0;
		if (score > 0) {
			sum += score;
			any = true;
		}
	}
	return any ? sum : -1;
}

/* ---- candidates ---- */

/* The same structure, seen from several units? */
static bool same_struct(const struct ctype *a, const struct ctype *b)
{
	return a == b || (a->kind == b->kind && a->size == b->size &&
			  a->nmembers == b->nmembers && a->line == b->line &&
			  !strcmp(a->name, b->name));
}

static bool has_type(const struct guess *g, const struct ctype *t)
{
	for (size_t i = 0; i < g->ntypes; i++)
		if (same_struct(g->types[i], t))
			return true;
	return false;
}

static void choose(struct member_map *map, struct guess *g,
		   const struct ctype *const *structs, size_t n)
{
	int best = 1;

	for (size_t i = 0; i < n; i++) {
		int score = desc_score(map->dw, structs[i], g->desc);

		if (score < best)
			continue;
		if (score > best)
			g->ntypes = 0;
		best = score;
		if (g->ntypes < MAX_CANDIDATES && !has_type(g, structs[i]))
			g->types[g->ntypes++] = structs[i];
	}
}

static void candidates(struct member_map *map, struct guess *g)
{
	const struct ctype *const *structs;
	size_t n;

	if (!g->var)
		return;
	n = dwarf_unit_structs(map->dw, g->var->unit, &structs);
	choose(map, g, structs, n);
	if (g->ntypes)
		return;
	n = dwarf_type_unit_structs(map->dw, &structs);
	choose(map, g, structs, n);
}

static struct guess *guess_of(const struct member_map *map,
			      const struct desc *d)
{
	size_t lo = 0, hi = map->nguesses;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (map->guesses[mid].desc->addr < d->addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < map->nguesses && map->guesses[lo].desc == d ?
		&map->guesses[lo] : NULL;
}

/* Somebody says that @d describes @t: believe it where that decides. */
static bool vote(struct member_map *map, const struct desc *d,
		 const struct ctype *t)
{
	struct guess *g = d ? guess_of(map, d) : NULL;

	if (!g || g->ntypes == 1 || t->kind != CTYPE_STRUCT || t->declaration)
		return false;
	if (g->ntypes ? !has_type(g, t) : !desc_score(map->dw, t, d))
		return false;
	/* take the descriptor's own unit's */
	for (size_t i = 0; i < g->ntypes; i++)
		if (same_struct(g->types[i], t))
			t = g->types[i];
	g->types[0] = t;
	g->ntypes = 1;
	return true;
}

static const struct ctype *element(struct dwarf *dw, const struct ctype *t)
{
	t = ctype_bare(dw, t);
	for (unsigned i = 0; i < 4 && (t->kind == CTYPE_ARRAY ||
				       t->kind == CTYPE_POINTER); i++)
		t = ctype_bare(dw, ctype_below(dw, t));
	return t;
}

/*
 * Lists and trees do not show in the parent's members, but their fields tell
 * the size of the elements' structure.
 */
static bool vote_size(struct member_map *map, const struct desc *d,
		      uint64_t size)
{
	struct guess *g = d ? guess_of(map, d) : NULL;
	const struct ctype *found = NULL;

	for (size_t i = 0; g && g->ntypes > 1 && i < g->ntypes; i++) {
		if (g->types[i]->size != size)
			continue;
		if (found)
			return false;
		found = g->types[i];
	}
	return found && vote(map, d, found);
}

/* Subsections have their parent's type, embedded descriptors the member's. */
static bool propagate(struct member_map *map, const struct guess *g)
{
	const struct ctype *t = g->types[0];
	const struct desc *d = g->desc;
	bool any = false;

	for (size_t i = 0; i < d->nsubs; i++)
		any |= vote(map, d->subs[i], t);
	for (size_t i = 0; i < d->nfields; i++) {
		const struct desc_field *f = &d->fields[i];
		struct place at;

		if (f->desc && f->flags & (VMS_STRUCT | VMS_VSTRUCT) &&
		    !memberless(f) && resolve(map->dw, t, f->name, &at))
			any |= vote(map, f->desc, element(map->dw, at.type));
	}
	return any;
}

static bool ask_sizes(struct member_map *map, const struct desc *d)
{
	bool any = false;

	for (size_t i = 0; i < d->nfields; i++) {
		const struct desc_field *f = &d->fields[i];

		if (f->flags & (VMS_STRUCT | VMS_VSTRUCT) &&
		    f->flags & (VMS_POINTER | VMS_ARRAY_OF_POINTER))
			continue;
		any |= vote_size(map, f->desc, f->size);
		any |= vote_size(map, f->key_desc, f->start);
	}
	return any;
}

/* What the callbacks cast their argument to, if that is one candidate. */
static void ask_callbacks(struct member_map *map, struct guess *g)
{
	const struct desc *d = g->desc;
	const uint64_t fns[] = { d->post_load_fn, d->pre_save_fn,
				 d->pre_load_fn, d->needed_fn };
	const struct ctype *locals[MAX_LOCALS], *found = NULL;

	for (unsigned i = 0; i < sizeof(fns) / sizeof(*fns); i++) {
		const struct dwarf_var *v = fns[i] ?
			dwarf_at(map->dw, fns[i]) : NULL;
		size_t n = v ? dwarf_locals(map->dw, v, locals, MAX_LOCALS) : 0;

		for (size_t k = 0; k < n; k++) {
			if (!has_type(g, locals[k]))
				continue;
			if (found && !same_struct(found, locals[k]))
				return;
			found = locals[k];
		}
	}
	if (found)
		vote(map, d, found);
}

static void infer(struct member_map *map)
{
	bool any = true;

	for (size_t i = 0; i < map->nguesses; i++)
		candidates(map, &map->guesses[i]);
	for (unsigned round = 0; any && round < ROUNDS; round++) {
		any = false;
		for (size_t i = 0; i < map->nguesses; i++)
			if (map->guesses[i].ntypes == 1)
				any |= propagate(map, &map->guesses[i]);
		for (size_t i = 0; i < map->nguesses; i++)
			any |= ask_sizes(map, map->guesses[i].desc);
		for (size_t i = 0; i < map->nguesses; i++)
			if (map->guesses[i].ntypes > 1)
				ask_callbacks(map, &map->guesses[i]);
	}
}

/* ---- the whole ---- */

static size_t addresses(const struct desc_set *set, uint64_t *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < set->nitems; i++) {
		const struct desc *d = set->items[i].desc;

		ret[n++] = d->addr;
		ret[n++] = d->post_load_fn;
		ret[n++] = d->pre_save_fn;
		ret[n++] = d->pre_load_fn;
		ret[n++] = d->needed_fn;
	}
	return n;
}

int member_map_open(struct member_map **ret, struct desc_image *img,
		    const char *debug_dir, struct err *err)
{
	const struct desc_set *set = desc_image_set(img);
	const struct elf_file *file = space_elf_file(desc_image_space(img), 0);
	struct member_map *map = calloc(1, sizeof(*map));
	uint64_t *addrs = calloc(set->nitems + 1, 5 * sizeof(*addrs));
	uint64_t size = desc_image_shape(img)->desc.size;

	if (map)
		map->guesses = calloc(set->nitems + 1, sizeof(*map->guesses));
	if (!map || !addrs || !map->guesses) {
		free(addrs);
		member_map_close(map);
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET, "out of memory");
	}
	map->img = img;
	if (dwarf_open(&map->dw, file->path, debug_dir, addrs,
		       addresses(set, addrs), err)) {
		free(addrs);
		member_map_close(map);
		return -1;
	}
	free(addrs);
	map->nguesses = set->nitems;
	for (size_t i = 0; i < set->nitems; i++) {
		struct guess *g = &map->guesses[i];

		g->desc = set->items[i].desc;
		g->var = dwarf_at(map->dw, g->desc->addr);
		/* the second of an array */
		if (!g->var && g->desc->addr > size)
			g->var = dwarf_at(map->dw, g->desc->addr - size);
	}
	infer(map);
	*ret = map;
	return 0;
}

void member_map_close(struct member_map *map)
{
	if (!map)
		return;
	dwarf_close(map->dw);
	free(map->guesses);
	free(map);
}

struct dwarf *member_dwarf(struct member_map *map)
{
	return map->dw;
}

size_t member_types(struct member_map *map, const struct desc *d,
		    const struct ctype *const **ret)
{
	const struct guess *g = guess_of(map, d);

	*ret = g ? g->types : NULL;
	return g ? g->ntypes : 0;
}

const char *member_source(struct member_map *map, const struct desc *d,
			  uint32_t *line)
{
	const struct guess *g = guess_of(map, d);

	if (!g || !g->var)
		return NULL;
	*line = g->var->line;
	return dwarf_file(map->dw, g->var->unit, g->var->file_index);
}

const char *member_type_name(struct member_map *map, const struct desc *d,
			     const struct ctype *t, char *buf, size_t cap)
{
	const struct guess *g = guess_of(map, d);
	const char *kind = t->kind == CTYPE_UNION ? "union" : "struct";
	const char *alias = g && g->var ?
		dwarf_typedef_of(map->dw, g->var->unit, t) : NULL;

	if (!alias)
		snprintf(buf, cap, "%s %s", kind, *t->name ? t->name : "{}");
	else if (!*t->name || !strcmp(alias, t->name))
		snprintf(buf, cap, "%s", alias);
	else
		snprintf(buf, cap, "%s (%s %s)", alias, kind, t->name);
	return buf;
}

/* ---- members ---- */

static void place_fill(struct member_map *map, const struct ctype *owner,
		       const struct cmember *m, struct member_place *ret)
{
	ret->bit_offset = m->bit_offset;
	ret->bit_size = m->bit_size;
	ret->line = m->line;
	ret->file = map ? dwarf_file(map->dw, owner->unit, owner->file_index) :
			  NULL;
}

/* Put the number of a symbolic index in its place. */
static void print_path(const char *text, const struct place *at,
		       uint64_t index, char *buf, size_t cap)
{
	size_t len = at->index_at;

	if (!at->step) {
		snprintf(buf, cap, "%s", text);
		return;
	}
	snprintf(buf, cap, "%.*s[%" PRIu64 "]%s", (int)len, text, index,
		 text + len + strcspn(text + len, "]") + 1);
}

bool member_of_field(struct member_map *map, const struct desc *d,
		     const struct ctype *t, const struct desc_field *f,
		     struct member_place *ret)
{
	struct place at;
	uint64_t diff;
	bool inside;

	(void)d;
	memset(ret, 0, sizeof(*ret));
	if (memberless(f) || !resolve(map->dw, t, f->name, &at) ||
	    !offset_fits(map->dw, &at, f, &inside))
		return false;
	diff = f->offset - at.offset;
	print_path(f->name, &at, at.step ? diff / at.step : 0, ret->path,
		   sizeof(ret->path));
	if (inside) {
		const struct ctype *el = ctype_below(map->dw,
						     ctype_bare(map->dw, at.type));
		size_t n = strlen(ret->path);

		snprintf(ret->path + n, sizeof(ret->path) - n,
			 "[%" PRIu64 "]", diff / ctype_size(map->dw, el));
	}
	ret->type = at.type;
	ret->offset = f->offset;
	ret->size = ctype_size(map->dw, at.type);
	place_fill(map, at.owner, at.member, ret);
	return true;
}

/* Go one member or element deeper; false where there is none. */
static bool descend(struct dwarf *dw, const struct ctype **t, uint64_t *offset,
		    struct member_place *ret)
{
	const struct ctype *s = ctype_bare(dw, *t), *el;
	size_t len = strlen(ret->path);
	uint64_t size;

	if (s->kind == CTYPE_ARRAY) {
		el = ctype_below(dw, s);
		size = ctype_size(dw, el);
		if (!size)
			return false;
		snprintf(ret->path + len, sizeof(ret->path) - len,
			 "[%" PRIu64 "]", *offset / size);
		*offset %= size;
		*t = el;
		return true;
	}
	if (s->kind != CTYPE_STRUCT && s->kind != CTYPE_UNION)
		return false;
	for (size_t i = 0; i < s->nmembers; i++) {
		struct cmember *m = &s->members[i];

		el = cmember_type(dw, m);
		if (*offset < m->offset ||
		    *offset - m->offset >= ctype_size(dw, el))
			continue;
		if (*m->name)
			snprintf(ret->path + len, sizeof(ret->path) - len,
				 "%s%s", len ? "." : "", m->name);
		*offset -= m->offset;
		*t = el;
		place_fill(NULL, s, m, ret);
		return true;
	}
	return false;
}

bool member_at(struct dwarf *dw, const struct ctype *t, uint64_t offset,
	       struct member_place *ret)
{
	uint64_t left = offset;

	memset(ret, 0, sizeof(*ret));
	for (unsigned i = 0; i < 32 && descend(dw, &t, &left, ret); i++)
		;
	ret->type = t;
	ret->offset = offset - left;
	ret->size = ctype_size(dw, t);
	return *ret->path && left < ret->size;
}

const char *ctype_print(struct dwarf *dw, const struct ctype *t, char *buf,
			size_t cap)
{
	char tail[128] = "", old[128];

	for (unsigned i = 0; i < 16; i++) {
		if (t->kind == CTYPE_QUALIFIER && !*t->name) {
			t = ctype_below(dw, t);
		} else if (t->kind == CTYPE_POINTER) {
			snprintf(old, sizeof(old), "%s", tail);
			snprintf(tail, sizeof(tail), "*%.100s", old);
			t = ctype_below(dw, t);
		} else if (t->kind == CTYPE_ARRAY) {
			for (unsigned k = 0; k < t->ndims; k++) {
				size_t n = strlen(tail);

				snprintf(tail + n, sizeof(tail) - n,
					 "[%" PRIu64 "]", t->dims[k]);
			}
			t = ctype_below(dw, t);
		} else {
			break;
		}
	}
	snprintf(buf, cap, "%s%s%s%s", t->kind == CTYPE_STRUCT ? "struct " :
		 t->kind == CTYPE_UNION ? "union " :
		 t->kind == CTYPE_ENUM ? "enum " : "",
		 *t->name ? t->name : t->kind == CTYPE_OTHER ? "(function)" :
		 "{}", *tail ? " " : "", tail);
	return buf;
}
