/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "member.h"

#define MAX_CANDIDATES 64
#define MAX_ANONYMOUS 8		/* anonymous structures in each other */
#define MAX_VISITS 10000	/* of anonymous structures, for one name */
#define MAX_LOCALS 32
#define ROUNDS 6

/* What is known of one descriptor's structure. */
struct guess {
	const struct desc *desc;
	const struct ctype *types[MAX_CANDIDATES];
	size_t ntypes;
	struct dwarf *dw;	/* of the file that it is in, or NULL */
	const struct dwarf_var *var;
};

/* The executable, or a module. */
struct file_debug {
	const struct elf_file *file;
	struct dwarf *dw;	/* NULL: there is none */
	size_t ndescs;
};

struct member_map {
	struct desc_image *img;
	struct file_debug *files;
	size_t nfiles;
	char warning[1000];
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
	unsigned visits;	/* of anonymous structures */
};

/* ---- structures ---- */

static const struct ctype *find_member(const struct ctype *t,
				       const char *name, size_t len,
				       unsigned depth, struct place *at)
{
	for (size_t i = 0; i < t->nmembers; i++) {
		const char *called = t->members[i].name;
		const struct ctype *below, *found;
		const struct cmember *m;
		uint64_t before = at->offset;

		if (len && !strncmp(called, name, len) && !called[len]) {
			m = ctype_member(t, i);
			at->offset += m->offset;
			at->member = m;
			at->owner = t;
			return m->type;
		}
		if (*called || depth >= MAX_ANONYMOUS ||
		    at->visits++ >= MAX_VISITS)
			continue;
		m = ctype_member(t, i);
		below = ctype_bare(m->type);
		at->offset += m->offset;
		found = find_member(below, name, len, depth + 1, at);
		if (found)
			return found;
		at->offset = before;
	}
	return NULL;
}

/* The element of an array: of several dimensions, one index goes per time. */
static bool take_index(const char *text, size_t len,
		       size_t text_at, unsigned *dim, struct place *at)
{
	const struct ctype *t = ctype_bare(at->type);
	uint64_t size, count, n;
	char *end;

	if (t->kind != CTYPE_ARRAY || *dim >= t->ndims)
		return false;
	size = ctype_size(ctype_below(t));
	for (unsigned k = *dim + 1; k < t->ndims; k++)
		size *= t->dims[k];
	count = t->dims[*dim];
	if (++*dim == t->ndims) {
		at->type = ctype_below(t);
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
static bool resolve(const struct ctype *t, const char *text,
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
		t = ctype_bare(ret->type);
		if (!n || (t->kind != CTYPE_STRUCT && t->kind != CTYPE_UNION))
			return false;
		ret->type = find_member(t, s, n, 0, ret);
		if (!ret->type)
			return false;
		s += n;
		while (*s == '[') {
			n = strcspn(s, "]");
			if (!s[n] || !take_index(s + 1, n - 1,
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
	/* a buffer of variable length may have no size of its own */
	return !f->offset && !f->size && !f->desc &&
	       !(f->flags & VMS_VBUFFER);
}

static bool offset_fits(const struct place *at,
			const struct desc_field *f, bool *inside)
{
	uint64_t diff = f->offset - at->offset, size, step;
	const struct ctype *t = ctype_bare(at->type);

	*inside = false;
	if (at->step)
		return diff < at->limit && diff % at->step == 0;
	if (!diff || (f->start && diff == f->start))
		return true;
	if (t->kind != CTYPE_ARRAY)
		return false;
	/* VMSTATE_SUB_ARRAY: from the n-th element on */
	size = ctype_size(t);
	step = ctype_size(ctype_below(t));
	*inside = step && diff < size && diff % step == 0;
	return *inside;
}

static bool size_fits(const struct place *at,
		      const struct desc_field *f)
{
	const struct ctype *t = ctype_bare(at->type), *el = t;
	uint64_t count = 1;

	if (t->kind == CTYPE_ARRAY) {
		el = ctype_bare(ctype_below(t));
		for (unsigned i = 0; i < t->ndims; i++)
			count *= t->dims[i];
	}
	if (f->flags & VMS_ARRAY_OF_POINTER)
		return el->kind == CTYPE_POINTER;
	if (f->flags & VMS_VBUFFER && f->flags & VMS_POINTER)
		return t->kind == CTYPE_POINTER;
	if (f->flags & VMS_POINTER)
		return t->kind == CTYPE_POINTER &&
		       f->size == ctype_size(ctype_below(t));
	if (f->flags & (VMS_BUFFER | VMS_VBUFFER))
		return ctype_size(t) == f->size + f->start;
	if (f->flags & VMS_ARRAY)
		return ctype_size(el) == f->size &&
		       count == (uint64_t)f->num;
	if (f->flags & VMS_VARRAY)
		return ctype_size(el) == f->size;
	return ctype_size(t) == f->size;
}

/* 0: does not fit, 1: by name and offset, 2: in all; -1: tells nothing. */
static int field_score(const struct ctype *t,
		       const struct desc_field *f)
{
	struct place at;
	bool inside;

	if (memberless(f))
		return -1;
	if (!resolve(t, f->name, &at) || !offset_fits(&at, f, &inside))
		return 0;
	return !inside && size_fits(&at, f) ? 2 : 1;
}

/* The sum over the fields, 0 if one does not fit, -1 if none tells. */
static int desc_score(const struct ctype *t,
		      const struct desc *d)
{
	int sum = 0;
	bool any = false;

	for (size_t i = 0; i < d->nfields; i++) {
		int score = field_score(t, &d->fields[i]);

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
			  a->nmembers == b->nmembers &&
			  !strcmp(a->name, b->name) &&
			  ctype_line(a) == ctype_line(b));
}

static bool has_type(const struct guess *g, const struct ctype *t)
{
	for (size_t i = 0; i < g->ntypes; i++)
		if (same_struct(g->types[i], t))
			return true;
	return false;
}

static void choose(struct guess *g, const struct ctype *const *structs,
		   size_t n)
{
	int best = 1;

	for (size_t i = 0; i < n; i++) {
		int score = desc_score(structs[i], g->desc);

		if (score < best)
			continue;
		if (score > best)
			g->ntypes = 0;
		best = score;
		if (g->ntypes < MAX_CANDIDATES && !has_type(g, structs[i]))
			g->types[g->ntypes++] = structs[i];
	}
}

static void candidates(struct dwarf *dw, struct guess *g)
{
	const struct ctype *const *structs;
	size_t n;

	n = dwarf_unit_structs(dw, g->var->unit, &structs);
	choose(g, structs, n);
	if (g->ntypes)
		return;
	n = dwarf_type_unit_structs(dw, &structs);
	choose(g, structs, n);
}

/* Those of one file, by unit: what one thread takes. */
struct search {
	struct guess **order;
	size_t n;
	_Atomic size_t next;
};

static void search_units(struct dwarf *dw, void *ctx)
{
	struct search *s = ctx;

	for (;;) {
		size_t i = atomic_fetch_add(&s->next, 1);
		uint32_t unit;

		if (i >= s->n)
			return;
		unit = s->order[i]->var->unit;
		/* a unit is its first one's, so that nobody reads it twice */
		if (i && s->order[i - 1]->var->unit == unit)
			continue;
		for (; i < s->n && s->order[i]->var->unit == unit; i++)
			candidates(dw, s->order[i]);
	}
}

static int by_unit(const void *a, const void *b)
{
	const struct guess *const *x = a, *const *y = b;

	if ((*x)->var->unit != (*y)->var->unit)
		return (*x)->var->unit < (*y)->var->unit ? -1 : 1;
	return (*x)->desc->addr < (*y)->desc->addr ? -1 : 1;
}

static void search_file(struct member_map *map, struct dwarf *dw)
{
	struct search s = { .order = calloc(map->nguesses + 1, sizeof(*s.order)) };

	if (!s.order)
		abort();
	for (size_t i = 0; i < map->nguesses; i++)
		if (map->guesses[i].dw == dw && map->guesses[i].var)
			s.order[s.n++] = &map->guesses[i];
	qsort(s.order, s.n, sizeof(*s.order), by_unit);
	dwarf_parallel(dw, search_units, &s);
	free(s.order);
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
	if (g->ntypes ? !has_type(g, t) : !desc_score(t, d))
		return false;
	/* take the descriptor's own unit's */
	for (size_t i = 0; i < g->ntypes; i++)
		if (same_struct(g->types[i], t))
			t = g->types[i];
	g->types[0] = t;
	g->ntypes = 1;
	return true;
}

static const struct ctype *element(const struct ctype *t)
{
	t = ctype_bare(t);
	for (unsigned i = 0; i < 4 && (t->kind == CTYPE_ARRAY ||
				       t->kind == CTYPE_POINTER); i++)
		t = ctype_bare(ctype_below(t));
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
		    !memberless(f) && resolve(t, f->name, &at))
			any |= vote(map, f->desc, element(at.type));
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

static const struct dwarf_var *var_at(const struct member_map *map,
				      uint64_t addr, struct dwarf **dw)
{
	for (size_t i = 0; addr && i < map->nfiles; i++) {
		const struct file_debug *f = &map->files[i];

		if (!f->dw || addr < f->file->base || addr >= f->file->end)
			continue;
		*dw = f->dw;
		return dwarf_at(f->dw, addr - f->file->base);
	}
	return NULL;
}

/* What the callbacks cast their argument to, if that is one candidate. */
static void ask_callbacks(struct member_map *map, struct guess *g)
{
	const struct desc *d = g->desc;
	const uint64_t fns[] = { d->post_load_fn, d->pre_save_fn,
				 d->pre_load_fn, d->needed_fn };
	const struct ctype *locals[MAX_LOCALS], *found = NULL;

	for (unsigned i = 0; i < sizeof(fns) / sizeof(*fns); i++) {
		struct dwarf *dw;
		const struct dwarf_var *v = var_at(map, fns[i], &dw);
		size_t n = v ? dwarf_locals(dw, v, locals, MAX_LOCALS) : 0;

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

	for (size_t i = 0; i < map->nfiles; i++)
		if (map->files[i].dw)
			search_file(map, map->files[i].dw);
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

static size_t addresses(const struct desc_set *set, const struct elf_file *f,
			uint64_t *ret, size_t *ndescs)
{
	size_t n = 0;

	*ndescs = 0;
	for (size_t i = 0; i < set->nitems; i++) {
		const struct desc *d = set->items[i].desc;
		const uint64_t all[] = {
			d->addr, d->post_load_fn, d->pre_save_fn,
			d->pre_load_fn, d->needed_fn,
		};

		*ndescs += d->addr >= f->base && d->addr < f->end;
		for (unsigned k = 0; k < sizeof(all) / sizeof(*all); k++)
			if (all[k] >= f->base && all[k] < f->end)
				ret[n++] = all[k] - f->base;
	}
	return n;
}

static void warn(struct member_map *map, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void warn(struct member_map *map, const char *fmt, ...)
{
	size_t n = strlen(map->warning), room = sizeof(map->warning) - n;
	va_list ap;

	if (n && room > 2)
		n += (size_t)snprintf(map->warning + n, room, "; ");
	va_start(ap, fmt);
	vsnprintf(map->warning + n, sizeof(map->warning) - n, fmt, ap);
	va_end(ap);
}

/* Files without a descriptor are not looked at. */
static int open_files(struct member_map *map, const char *debug_dir,
		      uint64_t *addrs, struct err *err)
{
	const struct desc_set *set = desc_image_set(map->img);
	struct space_elf *se = desc_image_space(map->img);
	const struct elf_file *file;
	struct err first = { 0 };
	size_t cap = 0, opened = 0;

	for (unsigned i = 0; (file = space_elf_file(se, i)); i++) {
		struct file_debug *f;
		size_t n;

		map->files = grow_array(map->files, &cap, map->nfiles + 1,
					sizeof(*map->files));
		f = &map->files[map->nfiles++];
		*f = (struct file_debug){ .file = file };
		n = addresses(set, file, addrs, &f->ndescs);
		if (i && !f->ndescs)
			continue;
		if (dwarf_open(&f->dw, file->path, debug_dir, addrs, n, err)) {
			const char *base = strrchr(file->path, '/');

			f->dw = NULL;
			if (!*first.msg)
				first = *err;
			if (i || map->nfiles > 1)
				warn(map, "%zu descriptors of %.80s: %s",
				     f->ndescs, base ? base + 1 : file->path,
				     err->msg);
			continue;
		}
		opened++;
		if (dwarf_warning(f->dw))
			warn(map, "%s", dwarf_warning(f->dw));
	}
	if (opened) {
		if (map->files && !map->files[0].dw)
			warn(map, "the executable: %s", first.msg);
		return 0;
	}
	*err = first;
	return -1;
}

/* The variable of a descriptor; it may be an element of an array. */
static void find_var(struct member_map *map, struct guess *g, uint64_t size)
{
	g->var = var_at(map, g->desc->addr, &g->dw);
	for (uint64_t k = 1; !g->var && k < 64 && k * size < g->desc->addr; k++) {
		const struct dwarf_var *v = var_at(map, g->desc->addr - k * size,
						   &g->dw);
		const struct ctype *t = v ? ctype_bare(dwarf_type(g->dw,
								  v->ref)) :
					    NULL;

		if (!t)
			continue;
		if (t->kind == CTYPE_ARRAY && ctype_size(t) > k * size)
			g->var = v;
		break;
	}
}

int member_map_open(struct member_map **ret, struct desc_image *img,
		    const char *debug_dir, struct err *err)
{
	const struct desc_set *set = desc_image_set(img);
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
	if (open_files(map, debug_dir, addrs, err)) {
		free(addrs);
		member_map_close(map);
		return -1;
	}
	free(addrs);
	map->nguesses = set->nitems;
	for (size_t i = 0; i < set->nitems; i++) {
		map->guesses[i].desc = set->items[i].desc;
		find_var(map, &map->guesses[i], size);
	}
	infer(map);
	*ret = map;
	return 0;
}

void member_map_close(struct member_map *map)
{
	if (!map)
		return;
	for (size_t i = 0; i < map->nfiles; i++)
		dwarf_close(map->files[i].dw);
	free(map->files);
	free(map->guesses);
	free(map);
}

struct dwarf *member_dwarf(const struct member_map *map)
{
	return map->nfiles ? map->files[0].dw : NULL;
}

const char *member_warning(const struct member_map *map)
{
	return *map->warning ? map->warning : NULL;
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
	return dwarf_var_file(g->dw, g->var);
}

const char *member_type_name(struct member_map *map, const struct desc *d,
			     const struct ctype *t, char *buf, size_t cap)
{
	const struct guess *g = guess_of(map, d);
	const char *kind = t->kind == CTYPE_UNION ? "union" : "struct";
	uint32_t unit = g && g->var && dwarf_same_file(g->dw, t->dw) ?
		g->var->unit : UINT32_MAX;
	const char *alias = dwarf_typedef_of(t, unit);

	if (!alias)
		snprintf(buf, cap, "%s %s", kind, *t->name ? t->name : "{}");
	else if (!*t->name || !strcmp(alias, t->name))
		snprintf(buf, cap, "%s", alias);
	else
		snprintf(buf, cap, "%s (%s %s)", alias, kind, t->name);
	return buf;
}

/* ---- members ---- */

static void place_fill(const struct ctype *owner, const struct cmember *m,
		       struct member_place *ret)
{
	ret->bit_offset = m->bit_offset;
	ret->bit_size = m->bit_size;
	ret->line = m->line;
	ret->file = ctype_file(owner);
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

bool member_of_field(const struct ctype *t, const struct desc_field *f,
		     struct member_place *ret)
{
	struct place at;
	uint64_t diff;
	bool inside;

	memset(ret, 0, sizeof(*ret));
	if (memberless(f) || !resolve(t, f->name, &at) ||
	    !offset_fits(&at, f, &inside))
		return false;
	diff = f->offset - at.offset;
	print_path(f->name, &at, at.step ? diff / at.step : 0, ret->path,
		   sizeof(ret->path));
	if (inside) {
		const struct ctype *el = ctype_below(ctype_bare(at.type));
		size_t n = strlen(ret->path);

		snprintf(ret->path + n, sizeof(ret->path) - n,
			 "[%" PRIu64 "]", diff / ctype_size(el));
	}
	ret->type = at.type;
	ret->offset = f->offset;
	ret->size = ctype_size(at.type);
	place_fill(at.owner, at.member, ret);
	return true;
}

/* Go one member or element deeper; false where there is none. */
static bool descend(const struct ctype **t, uint64_t *offset,
		    struct member_place *ret)
{
	const struct ctype *s = ctype_bare(*t), *el;
	size_t len = strlen(ret->path);
	uint64_t size;

	if (s->kind == CTYPE_ARRAY) {
		el = ctype_below(s);
		size = ctype_size(el);
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
		const struct cmember *m = ctype_member(s, i);

		el = m->type;
		if (*offset < m->offset ||
		    *offset - m->offset >= ctype_size(el))
			continue;
		if (*m->name)
			snprintf(ret->path + len, sizeof(ret->path) - len,
				 "%s%s", len ? "." : "", m->name);
		*offset -= m->offset;
		*t = el;
		place_fill(s, m, ret);
		return true;
	}
	return false;
}

bool member_at(const struct ctype *t, uint64_t offset,
	       struct member_place *ret)
{
	uint64_t left = offset;

	memset(ret, 0, sizeof(*ret));
	for (unsigned i = 0; i < 32 && descend(&t, &left, ret); i++)
		;
	ret->type = t;
	ret->offset = offset - left;
	ret->size = ctype_size(t);
	return *ret->path && left < ret->size;
}

const char *ctype_print(const struct ctype *t, char *buf, size_t cap)
{
	char tail[128] = "", old[128];

	for (unsigned i = 0; i < 16; i++) {
		if (t->kind == CTYPE_QUALIFIER && !*t->name) {
			t = ctype_below(t);
		} else if (t->kind == CTYPE_POINTER) {
			snprintf(old, sizeof(old), "%s", tail);
			snprintf(tail, sizeof(tail), "*%.100s", old);
			t = ctype_below(t);
		} else if (t->kind == CTYPE_ARRAY) {
			for (unsigned k = 0; k < t->ndims; k++) {
				size_t n = strlen(tail);

				snprintf(tail + n, sizeof(tail) - n,
					 "[%" PRIu64 "]", t->dims[k]);
			}
			t = ctype_below(t);
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
