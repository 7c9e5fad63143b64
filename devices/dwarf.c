/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dwarf-die.h"
#include "dwarf-split.h"

#define MAX_CHILDREN (1u << 20)	/* members of one type */
#define MAX_IMPORTS 65536
#define MAX_LISTED (1u << 24)	/* structures in lists of units */
#define MAX_CHAIN 64		/* typedefs of typedefs */

/* What stands at the top level of a unit, or of one and what it imports. */
struct list {
	const struct ctype **structs;
	size_t nstructs, structs_cap;
	struct alias *aliases;
	size_t naliases, aliases_cap;
	uint64_t *imports;	/* partial units that it is made of */
	size_t nimports, imports_cap;
};

struct content {
	struct list own;	/* what stands in it */
	struct list all;	/* and in what it imports */
	bool all_there;
	uint32_t mark;		/* the last walk that has taken it */
	const char **files;
	size_t nfiles;
	bool files_read;
	bool files_from_0;	/* how the table counts */
};

/* A typedef and what it stands for. */
struct alias {
	uint64_t ref;
	const char *name;
};

static const struct ctype ctype_void = { .kind = CTYPE_VOID, .name = "void" };

/* ---- types ---- */

static struct ctype **type_slot(const struct dwarf *dw, uint64_t key)
{
	size_t mask = dw->types_cap - 1;
	size_t i = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask;

	while (dw->types[i] && dw->types[i]->key != key)
		i = (i + 1) & mask;
	return &dw->types[i];
}

static void types_grow(struct dwarf *dw)
{
	struct ctype **old = dw->types;
	size_t old_cap = dw->types_cap, cap = 0;

	if (dw->ntypes * 2 < old_cap)
		return;
	dw->types_cap = old_cap ? old_cap * 2 : 1 << 14;
	dw->types = grow_array(NULL, &cap, dw->types_cap, sizeof(*dw->types));
	memset(dw->types, 0, dw->types_cap * sizeof(*dw->types));
	for (size_t i = 0; i < old_cap; i++)
		if (old[i])
			*type_slot(dw, old[i]->key) = old[i];
	free(old);
}

/* DWARF 2's DW_AT_bit_offset counts from the other end of its storage. */
static void member_bits(const struct die *d, struct cmember *m)
{
	bool big = d->dw->sh->file->big_endian;
	uint64_t v;

	m->bit_size = (uint32_t)die_number(d, DW_AT_bit_size);
	if (die_uint(d, DW_AT_data_bit_offset, &v)) {
		m->offset += v / 8;
		m->bit_offset = (uint32_t)(v % 8);
	} else if (die_uint(d, DW_AT_bit_offset, &v)) {
		uint64_t size = die_number(d, DW_AT_byte_size);

		if (!size)
			size = 4;
		m->bit_offset = big ? (uint32_t)v :
			(uint32_t)(size * 8 - v - m->bit_size);
	}
}

const struct cmember *ctype_member(const struct ctype *t, size_t i)
{
	struct cmember *m = &t->members[i];
	struct die d;

	if (m->read)
		return m;
	m->read = true;
	m->type = &ctype_void;
	if (!die_at(t->dw, m->die, &d))
		return m;
	m->type = dwarf_type(t->dw, die_leads(&d, DW_AT_type));
	m->offset = die_member_offset(&d);
	m->line = (uint32_t)die_number(&d, DW_AT_decl_line);
	if (die_number(&d, DW_AT_bit_size))
		member_bits(&d, m);
	die_free(&d);
	return m;
}

static void read_children(struct dwarf *dw, const struct die *d,
			  struct ctype *t)
{
	struct cmember *members = NULL;
	struct cenum *enums = NULL;
	size_t mcap = 0, ecap = 0, n = 0;
	struct die c;

	if (!die_child(d, &c))
		return;
	do {
		uint64_t v;

		switch (die_tag(&c)) {
		case DW_TAG_member:
			members = grow_array(members, &mcap, t->nmembers + 1,
					     sizeof(*members));
			members[t->nmembers++] = (struct cmember){
				.name = die_name(&c), .die = die_ref(&c),
			};
			break;
		case DW_TAG_enumerator:
			enums = grow_array(enums, &ecap, t->nenums + 1,
					   sizeof(*enums));
			enums[t->nenums].name = die_name(&c);
			enums[t->nenums++].value =
				(int64_t)die_number(&c, DW_AT_const_value);
			break;
		case DW_TAG_subrange_type:
			v = 0;
			if (!die_uint(&c, DW_AT_count, &v) &&
			    die_uint(&c, DW_AT_upper_bound, &v))
				v++;
			if (t->kind == CTYPE_ARRAY && t->ndims < 4)
				t->dims[t->ndims++] = v;
			break;
		}
	} while (n++ < MAX_CHILDREN && die_next(&c));
	die_free(&c);
	t->members = arena_memdup(&dw->arena, members,
				  t->nmembers * sizeof(*members));
	t->enums = arena_memdup(&dw->arena, enums, t->nenums * sizeof(*enums));
	free(members);
	free(enums);
}

static enum ctype_kind kind_of_tag(unsigned tag)
{
	switch (tag) {
	case DW_TAG_base_type: return CTYPE_BASE;
	case DW_TAG_pointer_type: return CTYPE_POINTER;
	case DW_TAG_structure_type: case DW_TAG_class_type: return CTYPE_STRUCT;
	case DW_TAG_union_type: return CTYPE_UNION;
	case DW_TAG_array_type: return CTYPE_ARRAY;
	case DW_TAG_typedef: return CTYPE_TYPEDEF;
	case DW_TAG_enumeration_type: return CTYPE_ENUM;
	case DW_TAG_const_type: case DW_TAG_volatile_type:
	case DW_TAG_restrict_type: case DW_TAG_atomic_type:
		return CTYPE_QUALIFIER;
	default: return CTYPE_OTHER;
	}
}

static void type_read(struct dwarf *dw, const struct die *d, struct ctype *t)
{
	t->kind = kind_of_tag(die_tag(d));
	t->name = die_name(d);
	t->size = die_number(d, DW_AT_byte_size);
	t->declaration = die_number(d, DW_AT_declaration);
	if (t->kind != CTYPE_STRUCT && t->kind != CTYPE_UNION)
		t->ref = die_leads(d, DW_AT_type);
	if (t->declaration) {
		uint64_t sig = die_leads(d, DW_AT_signature);

		if (sig && sig != t->key) {
			/* a stub for what is in a type unit */
			t->kind = CTYPE_QUALIFIER;
			t->ref = sig;
			t->declaration = false;
		}
	}
	if (t->kind == CTYPE_BASE) {
		uint64_t enc = die_number(d, DW_AT_encoding);

		t->is_bool = enc == DW_ATE_boolean;
		t->is_signed = enc == DW_ATE_signed ||
			       enc == DW_ATE_signed_char;
	}
	if (t->kind == CTYPE_STRUCT || t->kind == CTYPE_UNION ||
	    t->kind == CTYPE_ARRAY || t->kind == CTYPE_ENUM)
		read_children(dw, d, t);
}

/* @d is the DIE at @ref, if it is at hand: libdwarf looks long for one. */
static const struct ctype *type_at(struct dwarf *dw, uint64_t ref,
				   const struct die *d)
{
	struct ctype **slot, *t;
	struct die found;

	if (!ref)
		return &ctype_void;
	types_grow(dw);
	slot = type_slot(dw, ref);
	if (*slot)
		return *slot;
	t = arena_calloc(&dw->arena, 1, sizeof(*t));
	t->dw = dw;
	t->kind = CTYPE_OTHER;
	t->name = "";
	t->key = ref;
	*slot = t;
	dw->ntypes++;
	if (d) {
		type_read(dw, d, t);
	} else if (die_at(dw, ref, &found)) {
		type_read(dw, &found, t);
		die_free(&found);
	}
	return t;
}

const struct ctype *dwarf_type(struct dwarf *dw, uint64_t ref)
{
	return type_at(dw, ref, NULL);
}

const struct ctype *ctype_below(const struct ctype *t)
{
	struct ctype *w = (struct ctype *)t;

	if (t == &ctype_void)
		return t;
	if (!t->below)
		w->below = dwarf_type(t->dw, t->ref);
	return t->below;
}

const struct ctype *ctype_bare(const struct ctype *t)
{
	for (unsigned i = 0; i < MAX_CHAIN; i++) {
		if (t->kind != CTYPE_TYPEDEF && t->kind != CTYPE_QUALIFIER)
			return t;
		t = ctype_below(t);
	}
	return &ctype_void;
}

uint64_t ctype_size(const struct ctype *t)
{
	uint64_t n = 1;

	for (unsigned i = 0; i < MAX_CHAIN; i++) {
		t = ctype_bare(t);
		if (t->kind == CTYPE_POINTER)
			return n * (t->size ? t->size :
				    t->dw->sh->file->ptr_size);
		if (t->kind != CTYPE_ARRAY)
			return n * t->size;
		for (unsigned k = 0; k < t->ndims; k++)
			n *= t->dims[k];
		t = ctype_below(t);
	}
	return 0;
}

/* ---- units ---- */

static struct content *content_of(struct dwarf *dw, uint32_t unit)
{
	if (!dw->contents)
		dw->contents = arena_calloc(&dw->arena, dw->sh->du.nunits,
					    sizeof(*dw->contents));
	if (!dw->contents[unit])
		dw->contents[unit] = arena_calloc(&dw->arena, 1,
						  sizeof(struct content));
	return dw->contents[unit];
}

static void struct_add(struct dwarf *dw, struct list *l, uint64_t ref,
		       const struct die *d)
{
	const struct ctype *t = ctype_bare(type_at(dw, ref, d));

	if ((t->kind != CTYPE_STRUCT && t->kind != CTYPE_UNION) ||
	    t->declaration || dw->listed++ > MAX_LISTED)
		return;
	l->structs = grow_array(l->structs, &l->structs_cap, l->nstructs + 1,
				sizeof(*l->structs));
	l->structs[l->nstructs++] = t;
}

static void unit_take(struct dwarf *dw, struct list *l, const struct die *d)
{
	struct alias *a;
	uint64_t ref;

	switch (die_tag(d)) {
	case DW_TAG_structure_type: case DW_TAG_union_type:
	case DW_TAG_class_type:
		struct_add(dw, l, die_ref(d), d);
		return;
	case DW_TAG_imported_unit:
		l->imports = grow_array(l->imports, &l->imports_cap,
					l->nimports + 1, sizeof(*l->imports));
		l->imports[l->nimports++] = die_leads(d, DW_AT_import);
		return;
	case DW_TAG_typedef:
		l->aliases = grow_array(l->aliases, &l->aliases_cap,
					l->naliases + 1, sizeof(*l->aliases));
		a = &l->aliases[l->naliases++];
		a->ref = die_leads(d, DW_AT_type);
		a->name = die_name(d);
		/* fall through */
	default:
		/* one in a type unit is of this unit if this refers to it */
		ref = dw->sh->du.nsigs ? die_leads_by_sig(d, DW_AT_type) : 0;
		if (ref)
			struct_add(dw, l, ref, NULL);
	}
}

/* What stands at the top level of the unit whose first DIE is at @ref. */
static void unit_walk(struct dwarf *dw, struct list *l, uint64_t ref)
{
	struct die top, c;

	if (!die_at(dw, ref, &top))
		return;
	if (die_child(&top, &c)) {
		do
			unit_take(dw, l, &c);
		while (die_next(&c));
		die_free(&c);
	}
	die_free(&top);
}

/* Read once, however many units import it. */
static struct content *unit_own(struct dwarf *dw, uint32_t unit)
{
	struct content *c = content_of(dw, unit);

	if (!c->mark) {
		c->mark = UINT32_MAX;
		unit_walk(dw, &c->own, dw->sh->du.units[unit].die);
	}
	return c;
}

static void *append(void *to, size_t *n, size_t *cap, const void *from,
		    size_t more, size_t size)
{
	to = grow_array(to, cap, *n + more, size);
	if (more)
		memcpy((char *)to + *n * size, from, more * size);
	*n += more;
	return to;
}

static void list_add(struct dwarf *dw, struct list *to, const struct list *from)
{
	if (from->nstructs + from->naliases > MAX_LISTED - dw->listed)
		return;
	dw->listed += from->nstructs + from->naliases;
	to->structs = append(to->structs, &to->nstructs, &to->structs_cap,
			     from->structs, from->nstructs,
			     sizeof(*from->structs));
	to->aliases = append(to->aliases, &to->naliases, &to->aliases_cap,
			     from->aliases, from->naliases,
			     sizeof(*from->aliases));
	to->imports = append(to->imports, &to->nimports, &to->imports_cap,
			     from->imports, from->nimports,
			     sizeof(*from->imports));
}

/* A unit is what stands in it and in the partial units that it imports. */
static const struct list *unit_all(struct dwarf *dw, uint32_t unit)
{
	const struct dwarf_units *du = &dw->sh->du;
	struct content *c = unit_own(dw, unit);
	uint32_t mark;

	if (c->all_there)
		return &c->all;
	c->all_there = true;
	mark = ++dw->marks;
	c->mark = mark;
	list_add(dw, &c->all, &c->own);
	for (size_t i = 0; i < c->all.nimports && i < MAX_IMPORTS; i++) {
		uint64_t ref = c->all.imports[i];
		const struct dwarf_unit *u = dwarf_units_of(du, ref);
		struct content *p;

		if (!u || u->die != ref)
			continue;
		p = unit_own(dw, (uint32_t)(u - du->units));
		if (p->mark == mark)
			continue;
		p->mark = mark;
		list_add(dw, &c->all, &p->own);
	}
	return &c->all;
}

size_t dwarf_unit_structs(struct dwarf *dw, uint32_t unit,
			  const struct ctype *const **ret)
{
	const struct list *l;

	if (unit >= dw->sh->du.nunits)
		return 0;
	l = unit_all(dw, unit);
	*ret = l->structs;
	return l->nstructs;
}

size_t dwarf_type_unit_structs(struct dwarf *dw,
			       const struct ctype *const **ret)
{
	const struct dwarf_units *du = &dw->sh->du;

	if (!dw->loose) {
		dw->loose = arena_calloc(&dw->arena, 1, sizeof(*dw->loose));
		for (size_t i = 0; i < du->nunits; i++)
			if (du->units[i].kind == UNIT_TYPE &&
			    dwarf_units_type(du, du->units[i].id) ==
			    du->units[i].type)
				unit_walk(dw, &dw->loose->own,
					  du->units[i].die);
	}
	*ret = dw->loose->own.structs;
	return dw->loose->own.nstructs;
}

const char *dwarf_typedef_of(const struct ctype *t, uint32_t unit)
{
	const struct list *l;

	if (!t->dw)
		return NULL;
	if (unit >= t->dw->sh->du.nunits) {
		const struct dwarf_units *du = &t->dw->sh->du;
		const struct dwarf_unit *u = dwarf_units_of(du, t->key);

		if (!u)
			return NULL;
		unit = (uint32_t)(u - du->units);
	}
	l = unit_all(t->dw, unit);
	for (size_t i = 0; i < l->naliases; i++)
		if (l->aliases[i].ref == t->key)
			return l->aliases[i].name;
	return NULL;
}

/*
 * Does the table of files count from 0?  That is the line program's version's
 * affair, not the unit's: gcc hands what it has to an assembler, and on some
 * hosts that writes version 3 for units of version 5.
 */
static bool counts_from_0(const struct dwarf *dw, const struct dwarf_unit *u,
			  const struct die *d)
{
	const struct dwarf_object *o =
		&dw->sh->du.objects[ref_object(die_ref(d))];
	const struct debug_section *s = dwarf_object_section(o, "line");
	uint64_t at = die_number(d, DW_AT_stmt_list);
	const uint8_t *p;

	if (!s || !s->data || s->size < 14 || at > s->size - 14)
		return u->version >= 5;
	p = s->data + at;
	/* unit_length: 4 bytes, or 12 beginning with 0xffffffff */
	p += !memcmp(p, "\xff\xff\xff\xff", 4) ? 12 : 4;
	return (o->big_endian ? p[0] << 8 | p[1] : p[1] << 8 | p[0]) >= 5;
}

/* The table of files of a unit's line program; a split unit's is its skeleton's. */
static void files_read(struct dwarf *dw, const struct dwarf_unit *u,
		       struct content *c)
{
	Dwarf_Error e = NULL;
	Dwarf_Signed n = 0;
	char **names = NULL;
	struct die d;

	c->files_read = true;
	if (!die_at(dw, u->skeleton ? u->skeleton : u->die, &d))
		return;
	c->files_from_0 = counts_from_0(dw, u, &d);
	if (dwarf_ok(d.dbg, dwarf_srcfiles(d.die, &names, &n, &e), &e) &&
	    n > 0) {
		c->files = arena_calloc(&dw->arena, (size_t)n,
					sizeof(*c->files));
		c->nfiles = (size_t)n;
		for (Dwarf_Signed i = 0; i < n; i++) {
			c->files[i] = arena_intern_str(&dw->arena, names[i]);
			dwarf_dealloc(d.dbg, names[i], DW_DLA_STRING);
		}
		dwarf_dealloc(d.dbg, names, DW_DLA_LIST);
	}
	die_free(&d);
}

/* File number @index of the unit that @ref is in. */
static const char *file_of(struct dwarf *dw, uint64_t ref, uint32_t index)
{
	const struct dwarf_units *du = &dw->sh->du;
	const struct dwarf_unit *u = dwarf_units_of(du, ref);
	struct content *c;

	if (!u)
		return NULL;
	c = content_of(dw, (uint32_t)(u - du->units));
	if (!c->files_read)
		files_read(dw, u, c);
	if (!c->files_from_0 && index-- == 0)
		return NULL;
	return index < c->nfiles ? c->files[index] : NULL;
}

uint32_t ctype_line(const struct ctype *t)
{
	struct die d;
	uint32_t line;

	if (!t->dw || !die_at(t->dw, t->key, &d))
		return 0;
	line = (uint32_t)die_number(&d, DW_AT_decl_line);
	die_free(&d);
	return line;
}

const char *ctype_file(const struct ctype *t)
{
	struct die d;
	uint32_t index;

	if (!t->dw || !die_at(t->dw, t->key, &d))
		return NULL;
	index = (uint32_t)die_number(&d, DW_AT_decl_file);
	die_free(&d);
	return file_of(t->dw, t->key, index);
}

const char *dwarf_var_file(struct dwarf *dw, const struct dwarf_var *v)
{
	return v->line ? file_of(dw, v->decl, v->file_index) : NULL;
}

size_t dwarf_locals(struct dwarf *dw, const struct dwarf_var *function,
		    const struct ctype **ret, size_t max)
{
	struct die d, c;
	size_t n = 0;

	if (!die_at(dw, function->die, &d))
		return 0;
	if (die_child(&d, &c)) {
		do {
			unsigned tag = die_tag(&c);
			const struct ctype *t;

			if (tag != DW_TAG_variable &&
			    tag != DW_TAG_formal_parameter)
				continue;
			t = ctype_bare(dwarf_type(dw, die_leads(&c,
							DW_AT_type)));
			if (t->kind != CTYPE_POINTER)
				continue;
			t = ctype_bare(ctype_below(t));
			if (t->kind == CTYPE_STRUCT)
				ret[n++] = t;
		} while (n < max && die_next(&c));
		die_free(&c);
	}
	die_free(&d);
	return n;
}

/* ---- threads ---- */

struct job {
	struct dwarf *dw;
	void (*work)(struct dwarf *, void *);
	void *ctx;
};

static void *job_run(void *arg)
{
	struct job *j = arg;

	j->work(j->dw, j->ctx);
	return NULL;
}

void dwarf_parallel(struct dwarf *dw, void (*work)(struct dwarf *, void *),
		    void *ctx)
{
	struct dwarf_shared *sh = dw->sh;
	struct job jobs[DWARF_VIEWS];
	pthread_t threads[DWARF_VIEWS];
	bool started[DWARF_VIEWS] = { false };

	for (unsigned i = 1; i < sh->nviews; i++) {
		jobs[i] = (struct job){ &sh->views[i], work, ctx };
		started[i] = !pthread_create(&threads[i], NULL, job_run,
					     &jobs[i]);
	}
	work(&sh->views[0], ctx);
	for (unsigned i = 1; i < sh->nviews; i++)
		if (started[i])
			pthread_join(threads[i], NULL);
}

/* ---- the pass over all units ---- */

static bool wanted(const struct dwarf_shared *sh, uint64_t addr)
{
	size_t lo = 0, hi = sh->naddrs;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (sh->addrs[mid] < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < sh->naddrs && sh->addrs[lo] == addr;
}

/*
 * A definition may leave its name and type to the declaration before it, or
 * (link-time optimization) to where it was compiled from.
 */
static void var_fill(struct dwarf *dw, const struct die *d,
		     struct dwarf_var *v)
{
	uint64_t origin = die_leads(d, DW_AT_abstract_origin);
	uint64_t spec = die_leads(d, DW_AT_specification);
	struct die s;

	if (!*v->name)
		v->name = die_name(d);
	if (!v->ref)
		v->ref = die_leads(d, DW_AT_type);
	if (!v->line) {
		v->decl = die_ref(d);
		v->file_index = (uint32_t)die_number(d, DW_AT_decl_file);
		v->line = (uint32_t)die_number(d, DW_AT_decl_line);
	}
	if (origin && origin != v->die)
		v->die = origin;
	else if (!spec || spec == v->die)
		return;
	if (v->depth++ > 4 || !die_at(dw, origin ? origin : spec, &s))
		return;
	var_fill(dw, &s, v);
	die_free(&s);
}

static void take_var(struct dwarf *dw, const struct die *d, uint64_t addr,
		     bool function, uint32_t unit)
{
	const struct dwarf_units *du = &dw->sh->du;
	const struct dwarf_unit *u;
	struct dwarf_var v = {
		.addr = addr, .unit = unit, .die = die_ref(d),
		.function = function, .name = "",
	};

	var_fill(dw, d, &v);
	/* its types are where it was compiled from */
	u = dwarf_units_of(du, v.die);
	if (u)
		v.unit = (uint32_t)(u - du->units);
	dw->vars = grow_array(dw->vars, &dw->vars_cap, dw->nvars + 1,
			      sizeof(*dw->vars));
	dw->vars[dw->nvars++] = v;
}

static bool is_named(const struct die *d)
{
	static const char *const names[] = {
#define X(name) name,
		DWARF_NAMED(X)
#undef X
	};
	const char *name = die_name(d);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(names[i], name))
			return true;
	}
	return false;
}

static void scan_unit(struct dwarf *dw, uint32_t unit)
{
	const struct dwarf_unit *u = &dw->sh->du.units[unit];
	size_t before = dw->nvars;
	struct die top, c;

	if (!die_at(dw, u->die, &top))
		return;
	if (die_tag(&top) == DW_TAG_compile_unit && die_child(&top, &c)) {
		do {
			unsigned tag = die_tag(&c);
			uint64_t addr;

			if (die_address(&c, tag, &addr) &&
			    (wanted(dw->sh, addr) ||
			     (tag == DW_TAG_variable && is_named(&c))))
				take_var(dw, &c, addr,
					 tag == DW_TAG_subprogram, unit);
		} while (die_next(&c));
		die_free(&c);
	}
	die_free(&top);
	if (u->skeleton && dw->nvars == before)
		dwarf_handle_close(dw, u->start);
}

/*
 * Units by the window: what libdwarf has to read for one of them serves all.
 * Where nothing was found it is not needed any more.
 */
static void scan_some(struct dwarf *dw, void *ctx)
{
	const struct dwarf_units *du = &dw->sh->du;
	_Atomic size_t *next = ctx;
	size_t first, end, before;

	while ((first = atomic_fetch_add(next, UNITS_PER_WINDOW)) <
	       du->nunits) {
		end = first + UNITS_PER_WINDOW;
		before = dw->nvars;
		for (size_t i = first; i < end && i < du->nunits; i++) {
			const struct dwarf_unit *u = &du->units[i];

			if (ref_object(u->start) != OBJECT_ALT &&
			    (u->kind == UNIT_COMPILE || u->kind == UNIT_SPLIT))
				scan_unit(dw, (uint32_t)i);
		}
		if (dw->nvars == before &&
		    ref_object(du->units[first].start) == OBJECT_MAIN)
			dwarf_handle_close(dw, du->units[first].start);
	}
}

static int by_var(const void *a, const void *b)
{
	const struct dwarf_var *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	/* several at one address: the same every time */
	return x->die < y->die ? -1 : x->die > y->die;
}

static int by_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void collect_vars(struct dwarf_shared *sh)
{
	size_t n = 0, cap = 0;

	for (unsigned i = 0; i < sh->nviews; i++)
		n += sh->views[i].nvars;
	sh->vars = grow_array(NULL, &cap, n + 1, sizeof(*sh->vars));
	for (unsigned i = 0; i < sh->nviews; i++) {
		struct dwarf *dw = &sh->views[i];

		if (dw->nvars)
			memcpy(sh->vars + sh->nvars, dw->vars,
			       dw->nvars * sizeof(*sh->vars));
		sh->nvars += dw->nvars;
		free(dw->vars);
		dw->vars = NULL;
	}
	qsort(sh->vars, sh->nvars, sizeof(*sh->vars), by_var);
}

static int read_units(struct dwarf *dw, const char *path, const char *debug_dir,
		      struct err *err)
{
	struct dwarf_shared *sh = dw->sh;

	if (debug_file_open(&sh->file, path, debug_dir, err) ||
	    dwarf_units_add_file(&sh->du, sh->file, err) != OBJECT_MAIN ||
	    dwarf_units_add_file(&sh->du, sh->file->alt, err) != OBJECT_ALT ||
	    dwarf_units_read(&sh->du, OBJECT_MAIN, err) ||
	    dwarf_units_read(&sh->du, OBJECT_ALT, err))
		return -1;
	dwarf_units_sort(&sh->du);
	if (!dwarf_can_read(dw, OBJECT_MAIN, err) ||
	    (sh->file->alt && !dwarf_can_read(dw, OBJECT_ALT, err)))
		return -1;
	return dwarf_split_open(dw, path, debug_dir, err);
}

static int dwarf_scan(struct dwarf *dw, const char *path,
		      const char *debug_dir, struct err *err)
{
	struct dwarf_shared *sh = dw->sh;
	_Atomic size_t next = 0;

	switch (read_units(dw, path, debug_dir, err)) {
	case -1:
		return -1;
	case 0:
		break;
	default:
		dwarf_units_sort(&sh->du);
	}
	dwarf_parallel(dw, scan_some, &next);
	collect_vars(sh);
	for (unsigned i = 0; i < sh->nviews && !sh->warning; i++)
		if (*sh->views[i].problem)
			dwarf_warn(sh, "%s", sh->views[i].problem);
	if (!sh->nvars && sh->warning)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "%s",
			       sh->warning);
	return 0;
}

static struct dwarf *new_shared(void)
{
	struct dwarf_shared *sh = calloc(1, sizeof(*sh));
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (!sh)
		abort();
	sh->nviews = cores < 1 ? 1 : cores > DWARF_VIEWS ? DWARF_VIEWS :
		(unsigned)cores;
	arena_init(&sh->arena);
	for (unsigned i = 0; i < sh->nviews; i++) {
		sh->views[i].sh = sh;
		arena_init(&sh->views[i].arena);
	}
	return &sh->views[0];
}

int dwarf_open(struct dwarf **ret, const char *path, const char *debug_dir,
	       const uint64_t *addrs, size_t n, struct err *err)
{
	struct dwarf *dw = new_shared();
	uint64_t *sorted;
	size_t cap = 0;
	int got;

	sorted = grow_array(NULL, &cap, n + 1, sizeof(*sorted));
	if (n)
		memcpy(sorted, addrs, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_u64);
	dw->sh->addrs = sorted;
	dw->sh->naddrs = n;
	got = dwarf_scan(dw, path, debug_dir, err);
	dw->sh->addrs = NULL;
	dw->sh->naddrs = 0;
	free(sorted);
	if (got) {
		dwarf_close(dw);
		return -1;
	}
	*ret = dw;
	return 0;
}

static void list_free(struct list *l)
{
	free(l->structs);
	free(l->aliases);
	free(l->imports);
}

static void view_close(struct dwarf *dw)
{
	for (size_t i = 0; dw->contents && i < dw->sh->du.nunits; i++) {
		if (!dw->contents[i])
			continue;
		list_free(&dw->contents[i]->own);
		list_free(&dw->contents[i]->all);
	}
	if (dw->loose)
		list_free(&dw->loose->own);
	dwarf_handles_close(dw);
	free(dw->types);
	free(dw->vars);
	arena_release(&dw->arena);
}

void dwarf_close(struct dwarf *dw)
{
	struct dwarf_shared *sh;

	if (!dw)
		return;
	sh = dw->sh;
	for (unsigned i = 0; i < sh->nviews; i++)
		view_close(&sh->views[i]);
	dwarf_units_release(&sh->du);
	for (size_t i = 0; i < sh->nsplit; i++)
		debug_file_close(sh->split[i]);
	free(sh->split);
	debug_file_close(sh->file);
	free(sh->vars);
	arena_release(&sh->arena);
	free(sh);
}

const struct dwarf_var *dwarf_at(const struct dwarf *dw, uint64_t addr)
{
	const struct dwarf_shared *sh = dw->sh;
	size_t lo = 0, hi = sh->nvars;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (sh->vars[mid].addr < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < sh->nvars && sh->vars[lo].addr == addr ? &sh->vars[lo] :
							     NULL;
}

bool dwarf_same_file(const struct dwarf *a, const struct dwarf *b)
{
	return a && b && a->sh == b->sh;
}

const struct dwarf_var *dwarf_named(const struct dwarf *dw, const char *name)
{
	const struct dwarf_var *found = NULL;

	for (size_t i = 0; i < dw->sh->nvars; i++) {
		const struct dwarf_var *v = &dw->sh->vars[i];

		if (v->function || strcmp(v->name, name))
			continue;
		if (found && found->addr != v->addr)
			return NULL;
		found = v;
	}
	return found;
}

const char *dwarf_path(const struct dwarf *dw)
{
	return dw->sh->file->path;
}

const char *dwarf_warning(const struct dwarf *dw)
{
	return dw->sh->warning;
}
