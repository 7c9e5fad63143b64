/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#if __has_include(<libdwarf/libdwarf.h>)
#include <libdwarf/dwarf.h>
#include <libdwarf/libdwarf.h>
#else	/* Debian 13: -I from pkg-config */
#include <dwarf.h>
#include <libdwarf.h>
#endif

#include "../stream/arena.h"
#include "debug-file.h"
#include "dwarf.h"

/* A reference is an offset into .debug_info and these: */
#define REF_ALT (UINT64_C(1) << 63)	/* of dwz's common file */
#define REF_TYPES (UINT64_C(1) << 62)	/* into .debug_types */
#define REF_OFFSET (REF_TYPES - 1)

#define MAX_UNITS (1u << 20)
#define MAX_CHILDREN (1u << 20)	/* members of one type */
#define MAX_IMPORTS 65536
#define MAX_CHAIN 64		/* typedefs of typedefs */

/* libdwarf 0.1 changed the names but for the _a, and dwarf_finish(). */
#ifdef DW_LIBDWARF_VERSION
typedef Dwarf_Obj_Access_Interface_a obj_access;
typedef Dwarf_Obj_Access_Methods_a obj_methods;
typedef Dwarf_Obj_Access_Section_a obj_section;
#define NEW_LIBDWARF 1
#else
typedef Dwarf_Obj_Access_Interface obj_access;
typedef Dwarf_Obj_Access_Methods obj_methods;
typedef Dwarf_Obj_Access_Section obj_section;
#define NEW_LIBDWARF 0
#endif

struct unit {
	uint64_t die;		/* of the unit itself */
	const struct ctype **structs;
	size_t nstructs, structs_cap;
	struct alias *aliases;
	size_t naliases, aliases_cap;
	const char **files;
	size_t nfiles;
	uint64_t *imports;	/* partial units that it is made of */
	size_t nimports, imports_cap;
	uint32_t mark;		/* the last unit that has taken this part */
	uint16_t version;
	bool loaded, files_loaded;
};

/* A typedef and what it stands for. */
struct alias {
	uint64_t ref;
	const char *name;
};

struct object {
	obj_access access;
	const struct debug_file *file;
	Dwarf_Debug dbg;
};

struct dwarf {
	struct arena arena;
	struct debug_file *file;
	struct object main, alt;
	struct unit *units;
	size_t nunits, units_cap;
	struct dwarf_var *vars;
	size_t nvars, vars_cap;
	struct ctype **types;	/* hash by key */
	size_t types_cap, ntypes;
	const uint64_t *addrs;	/* sorted, while opening */
	size_t naddrs;
	struct unit *parts;	/* partial units, in the order of their use */
	size_t nparts, parts_cap;
	uint32_t *part_slots;	/* hash: .die -> parts index + 1 */
	size_t part_slots_cap;
	const char *warning;
	bool split;
	uint64_t *type_units;	/* references to their first DIEs */
	size_t ntype_units, type_units_cap;
	struct unit loose;	/* what is in them */
};

static const struct ctype ctype_void = { .kind = CTYPE_VOID, .name = "void" };

/* ---- what libdwarf reads through ---- */

static int obj_info(void *obj, Dwarf_Half i, obj_section *ret, int *error)
{
	const struct debug_file *f = ((struct object *)obj)->file;

	(void)error;
	if (i >= f->nsections)
		return DW_DLV_NO_ENTRY;
	memset(ret, 0, sizeof(*ret));
#if NEW_LIBDWARF
	ret->as_name = f->sections[i].name;
	ret->as_addr = f->sections[i].addr;
	ret->as_size = f->sections[i].size;
#else
	ret->name = f->sections[i].name;
	ret->addr = f->sections[i].addr;
	ret->size = f->sections[i].size;
#endif
	return DW_DLV_OK;
}

#if NEW_LIBDWARF
static Dwarf_Small obj_order(void *obj)
{
	return ((struct object *)obj)->file->big_endian ? DW_END_big :
							  DW_END_little;
}

static Dwarf_Unsigned obj_filesize(void *obj)
{
	const struct debug_file *f = ((struct object *)obj)->file;
	Dwarf_Unsigned n = 4096;

	/* decompressed sections count, too: it is a bound for sanity checks */
	for (unsigned i = 0; i < f->nsections; i++)
		n += f->sections[i].size;
	return n;
}
#else
static Dwarf_Endianness obj_order(void *obj)
{
	return ((struct object *)obj)->file->big_endian ? DW_OBJECT_MSB :
							  DW_OBJECT_LSB;
}
#endif

static Dwarf_Small obj_ptr_size(void *obj)
{
	return ((struct object *)obj)->file->ptr_size;
}

static Dwarf_Unsigned obj_count(void *obj)
{
	return ((struct object *)obj)->file->nsections;
}

static int obj_load(void *obj, Dwarf_Half i, Dwarf_Small **ret, int *error)
{
	const struct debug_file *f = ((struct object *)obj)->file;

	(void)error;
	if (i >= f->nsections)
		return DW_DLV_NO_ENTRY;
	*ret = (Dwarf_Small *)f->sections[i].data;
	return DW_DLV_OK;
}

static const obj_methods methods = {
#if NEW_LIBDWARF
	.om_get_section_info = obj_info,
	.om_get_byte_order = obj_order,
	.om_get_length_size = obj_ptr_size,
	.om_get_pointer_size = obj_ptr_size,
	.om_get_filesize = obj_filesize,
	.om_get_section_count = obj_count,
	.om_load_section = obj_load,
#else
	.get_section_info = obj_info,
	.get_byte_order = obj_order,
	.get_length_size = obj_ptr_size,
	.get_pointer_size = obj_ptr_size,
	.get_section_count = obj_count,
	.load_section = obj_load,
#endif
};

static int object_open(struct object *o, const struct debug_file *file,
		       struct err *err)
{
	Dwarf_Error e = NULL;
	int ret;

	o->file = file;
#if NEW_LIBDWARF
	o->access.ai_object = o;
	o->access.ai_methods = &methods;
#else
	o->access.object = o;
	o->access.methods = &methods;
#endif
	ret = dwarf_object_init_b(&o->access, NULL, NULL, DW_GROUPNUMBER_ANY,
				  &o->dbg, &e);
	if (ret == DW_DLV_OK)
		return 0;
	err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
		"its debug information in %s cannot be read: %s", file->path,
		ret == DW_DLV_ERROR ? dwarf_errmsg(e) : "there is none");
	o->dbg = NULL;
	return -1;
}

static void object_close(struct object *o)
{
	if (!o->dbg)
		return;
#if NEW_LIBDWARF
	dwarf_object_finish(o->dbg);
#else
	dwarf_object_finish(o->dbg, NULL);
#endif
}

/* ---- small things ---- */

/* Every call of libdwarf's may leave an error that must be freed. */
static bool ok(Dwarf_Debug dbg, int ret, Dwarf_Error *e)
{
	if (ret == DW_DLV_ERROR && *e) {
		dwarf_dealloc(dbg, *e, DW_DLA_ERROR);
		*e = NULL;
	}
	return ret == DW_DLV_OK;
}

/* The file that a reference is into. */
static Dwarf_Debug dbg_of(const struct dwarf *dw, uint64_t ref)
{
	return ref & REF_ALT ? dw->alt.dbg : dw->main.dbg;
}

struct die {
	Dwarf_Die die;
	Dwarf_Debug dbg;
	uint64_t flags;		/* REF_ALT, REF_TYPES */
};

static void die_free(struct die *d)
{
	if (d->die)
		dwarf_dealloc(d->dbg, d->die, DW_DLA_DIE);
	d->die = NULL;
}

static bool die_at(struct dwarf *dw, uint64_t ref, struct die *ret)
{
	Dwarf_Error e = NULL;

	ret->dbg = dbg_of(dw, ref);
	ret->flags = ref & ~REF_OFFSET;
	ret->die = NULL;
	return ret->dbg && ok(ret->dbg,
		dwarf_offdie_b(ret->dbg, ref & REF_OFFSET,
			       !(ref & REF_TYPES), &ret->die, &e), &e);
}

static bool die_child(const struct die *d, struct die *ret)
{
	Dwarf_Error e = NULL;

	*ret = *d;
	ret->die = NULL;
	return ok(d->dbg, dwarf_child(d->die, &ret->die, &e), &e);
}

/* Replace @d by its next sibling; frees it either way. */
static bool die_next(struct die *d)
{
	Dwarf_Die next = NULL;
	Dwarf_Error e = NULL;
	bool got = ok(d->dbg, dwarf_siblingof_b(d->dbg, d->die,
						!(d->flags & REF_TYPES),
						&next, &e), &e);

	die_free(d);
	d->die = got ? next : NULL;
	return got;
}

static unsigned die_tag(const struct die *d)
{
	Dwarf_Half tag = 0;
	Dwarf_Error e = NULL;

	ok(d->dbg, dwarf_tag(d->die, &tag, &e), &e);
	return tag;
}

static uint64_t die_ref(const struct die *d)
{
	Dwarf_Off off = 0;
	Dwarf_Error e = NULL;

	ok(d->dbg, dwarf_dieoffset(d->die, &off, &e), &e);
	return off | d->flags;
}

static Dwarf_Attribute die_attr(const struct die *d, Dwarf_Half name)
{
	Dwarf_Attribute a = NULL;
	Dwarf_Error e = NULL;

	return ok(d->dbg, dwarf_attr(d->die, name, &a, &e), &e) ? a : NULL;
}

static bool die_has(const struct die *d, Dwarf_Half name)
{
	Dwarf_Error e = NULL;
	Dwarf_Bool has = false;

	return ok(d->dbg, dwarf_hasattr(d->die, name, &has, &e), &e) && has;
}

static void attr_free(const struct die *d, Dwarf_Attribute a)
{
	dwarf_dealloc(d->dbg, a, DW_DLA_ATTR);
}

static const char *die_name(struct dwarf *dw, const struct die *d)
{
	Dwarf_Attribute a = die_attr(d, DW_AT_name);
	Dwarf_Error e = NULL;
	const char *name = "";
	char *s = NULL;

	if (!a)
		return "";
	/* strings are of the sections, or of the alternate's: not freed */
	if (ok(d->dbg, dwarf_formstring(a, &s, &e), &e) && s)
		name = arena_intern_str(&dw->arena, s);
	attr_free(d, a);
	return name;
}

static bool attr_uint(const struct die *d, Dwarf_Half name, uint64_t *ret)
{
	Dwarf_Attribute a = die_attr(d, name);
	Dwarf_Error e = NULL;
	Dwarf_Unsigned u;
	Dwarf_Signed s;
	bool got = true;

	if (!a)
		return false;
	if (ok(d->dbg, dwarf_formudata(a, &u, &e), &e))
		*ret = u;
	else if (ok(d->dbg, dwarf_formsdata(a, &s, &e), &e))
		*ret = (uint64_t)s;
	else
		got = false;
	attr_free(d, a);
	return got;
}

static uint64_t die_uint(const struct die *d, Dwarf_Half name)
{
	uint64_t v = 0;

	attr_uint(d, name, &v);
	return v;
}

/* ---- references ---- */

static uint64_t ref_sig8(const struct die *d, Dwarf_Attribute a)
{
	Dwarf_Error e = NULL;
	Dwarf_Bool is_info = true;
	Dwarf_Die die = NULL;
	Dwarf_Sig8 sig;
	Dwarf_Off off = 0;

	if (!ok(d->dbg, dwarf_formsig8(a, &sig, &e), &e) ||
	    !ok(d->dbg, dwarf_find_die_given_sig8(d->dbg, &sig, &die, &is_info,
						  &e), &e))
		return 0;
	ok(d->dbg, dwarf_dieoffset(die, &off, &e), &e);
	dwarf_dealloc(d->dbg, die, DW_DLA_DIE);
	return off | (d->flags & REF_ALT) | (is_info ? 0 : REF_TYPES);
}

/*
 * Where an attribute leads.  libdwarf answers the offset of an alternate's
 * form as if it were one of this file: look at the form first.
 */
static uint64_t attr_ref(const struct die *d, Dwarf_Half name)
{
	Dwarf_Attribute a = die_attr(d, name);
	Dwarf_Error e = NULL;
	Dwarf_Half form = 0;
	Dwarf_Off off = 0;
	uint64_t ref = 0;

	if (!a)
		return 0;
	ok(d->dbg, dwarf_whatform(a, &form, &e), &e);
	if (form == DW_FORM_ref_sig8)
		ref = ref_sig8(d, a);
	else if (ok(d->dbg, dwarf_global_formref(a, &off, &e), &e))
		ref = off | d->flags;
	if (form == DW_FORM_GNU_ref_alt || form == DW_FORM_ref_sup4 ||
	    form == DW_FORM_ref_sup8)
		ref = (ref & REF_OFFSET) | REF_ALT;
	else if (form == DW_FORM_ref_addr)
		ref &= ~REF_TYPES;
	attr_free(d, a);
	return ref;
}

/* The expression of an attribute, copied: its length, 0 if it has none. */
static size_t attr_expr(const struct die *d, Dwarf_Half name, uint8_t *buf,
			size_t cap)
{
	Dwarf_Attribute a = die_attr(d, name);
	Dwarf_Error e = NULL;
	Dwarf_Unsigned len = 0;
	Dwarf_Ptr p = NULL;
	Dwarf_Block *block = NULL;

	if (!a)
		return 0;
	if (!ok(d->dbg, dwarf_formexprloc(a, &len, &p, &e), &e)) {
		len = 0;
		if (ok(d->dbg, dwarf_formblock(a, &block, &e), &e)) {
			len = block->bl_len;
			p = block->bl_data;
		}
	}
	if (len > cap)
		len = 0;
	if (len)
		memcpy(buf, p, len);
	if (block)
		dwarf_dealloc(d->dbg, block, DW_DLA_BLOCK);
	attr_free(d, a);
	return len;
}

static uint64_t uleb(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n && i < 9; i++) {
		v |= (uint64_t)(p[i] & 0x7f) << 7 * i;
		if (!(p[i] & 0x80))
			break;
	}
	return v;
}

/* The address of a variable, if it has a fixed one. */
static bool die_location(const struct dwarf *dw, const struct die *d,
			 uint64_t *ret)
{
	Dwarf_Error e = NULL;
	Dwarf_Addr addr;
	uint8_t buf[16];
	size_t n = attr_expr(d, DW_AT_location, buf, sizeof(buf));

	if (n > 1 && (buf[0] == DW_OP_addrx || buf[0] == DW_OP_GNU_addr_index)) {
		if (!ok(d->dbg, dwarf_debug_addr_index_to_addr(d->die,
					uleb(buf + 1, n - 1), &addr, &e), &e))
			return false;
		*ret = addr;
		return true;
	}
	if (n != 1u + dw->file->ptr_size || buf[0] != DW_OP_addr)
		return false;
	*ret = 0;
	for (unsigned i = 0; i < n - 1; i++)
		*ret |= (uint64_t)buf[1 + i] << 8 *
			(dw->file->big_endian ? n - 2 - i : i);
	return true;
}

/* DWARF 2 has an expression here. */
static uint64_t member_offset(const struct die *d)
{
	uint64_t v = 0;
	uint8_t buf[12];
	size_t n;

	if (attr_uint(d, DW_AT_data_member_location, &v))
		return v;
	n = attr_expr(d, DW_AT_data_member_location, buf, sizeof(buf));
	return n > 1 && buf[0] == DW_OP_plus_uconst ? uleb(buf + 1, n - 1) : 0;
}

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
static void member_bits(const struct dwarf *dw, const struct die *d,
			struct cmember *m)
{
	uint64_t v;

	m->bit_size = (uint32_t)die_uint(d, DW_AT_bit_size);
	if (attr_uint(d, DW_AT_data_bit_offset, &v)) {
		m->offset += v / 8;
		m->bit_offset = (uint32_t)(v % 8);
	} else if (attr_uint(d, DW_AT_bit_offset, &v)) {
		uint64_t size = die_uint(d, DW_AT_byte_size);

		if (!size)
			size = 4;
		m->bit_offset = dw->file->big_endian ? (uint32_t)v :
			(uint32_t)(size * 8 - v - m->bit_size);
	}
}

static void member_read(struct dwarf *dw, const struct die *d,
			struct cmember *m)
{
	m->name = die_name(dw, d);
	m->ref = attr_ref(d, DW_AT_type);
	m->offset = member_offset(d);
	m->line = (uint32_t)die_uint(d, DW_AT_decl_line);
	if (die_uint(d, DW_AT_bit_size))
		member_bits(dw, d, m);
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
			memset(&members[t->nmembers], 0, sizeof(*members));
			member_read(dw, &c, &members[t->nmembers++]);
			break;
		case DW_TAG_enumerator:
			enums = grow_array(enums, &ecap, t->nenums + 1,
					   sizeof(*enums));
			enums[t->nenums].name = die_name(dw, &c);
			enums[t->nenums++].value =
				(int64_t)die_uint(&c, DW_AT_const_value);
			break;
		case DW_TAG_subrange_type:
			v = 0;
			if (!attr_uint(&c, DW_AT_count, &v) &&
			    attr_uint(&c, DW_AT_upper_bound, &v))
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
	uint64_t sig = attr_ref(d, DW_AT_signature);

	t->kind = kind_of_tag(die_tag(d));
	t->name = die_name(dw, d);
	t->size = die_uint(d, DW_AT_byte_size);
	t->ref = attr_ref(d, DW_AT_type);
	t->declaration = die_uint(d, DW_AT_declaration);
	t->file_index = (uint32_t)die_uint(d, DW_AT_decl_file);
	t->line = (uint32_t)die_uint(d, DW_AT_decl_line);
	if (t->declaration && sig && sig != t->key) {
		/* a stub for what is in a type unit */
		t->kind = CTYPE_QUALIFIER;
		t->ref = sig;
		t->declaration = false;
	}
	if (t->kind == CTYPE_BASE) {
		uint64_t enc = die_uint(d, DW_AT_encoding);

		t->is_bool = enc == DW_ATE_boolean;
		t->is_signed = enc == DW_ATE_signed ||
			       enc == DW_ATE_signed_char;
	}
	if (t->kind == CTYPE_STRUCT || t->kind == CTYPE_UNION ||
	    t->kind == CTYPE_ARRAY || t->kind == CTYPE_ENUM)
		read_children(dw, d, t);
}

const struct ctype *dwarf_type(struct dwarf *dw, uint64_t ref)
{
	struct ctype **slot, *t;
	struct die d;

	if (!ref)
		return &ctype_void;
	types_grow(dw);
	slot = type_slot(dw, ref);
	if (*slot)
		return *slot;
	t = arena_calloc(&dw->arena, 1, sizeof(*t));
	t->kind = CTYPE_OTHER;
	t->name = "";
	t->key = ref;
	t->unit = UINT32_MAX;
	*slot = t;
	dw->ntypes++;
	if (die_at(dw, ref, &d)) {
		type_read(dw, &d, t);
		die_free(&d);
	}
	return t;
}

const struct ctype *ctype_below(struct dwarf *dw, const struct ctype *t)
{
	struct ctype *w = (struct ctype *)t;

	if (t == &ctype_void)
		return t;
	if (!t->below)
		w->below = dwarf_type(dw, t->ref);
	return t->below;
}

const struct ctype *cmember_type(struct dwarf *dw, struct cmember *m)
{
	if (!m->type)
		m->type = dwarf_type(dw, m->ref);
	return m->type;
}

const struct ctype *ctype_bare(struct dwarf *dw, const struct ctype *t)
{
	for (unsigned i = 0; i < MAX_CHAIN; i++) {
		if (t->kind != CTYPE_TYPEDEF && t->kind != CTYPE_QUALIFIER)
			return t;
		t = ctype_below(dw, t);
	}
	return &ctype_void;
}

uint64_t ctype_size(struct dwarf *dw, const struct ctype *t)
{
	uint64_t n = 1;

	for (unsigned i = 0; i < MAX_CHAIN; i++) {
		t = ctype_bare(dw, t);
		if (t->kind == CTYPE_POINTER)
			return n * (t->size ? t->size : dw->file->ptr_size);
		if (t->kind != CTYPE_ARRAY)
			return n * t->size;
		for (unsigned k = 0; k < t->ndims; k++)
			n *= t->dims[k];
		t = ctype_below(dw, t);
	}
	return 0;
}

/* ---- units ---- */

static void struct_add(struct dwarf *dw, struct unit *u, uint32_t unit,
		       uint64_t ref)
{
	const struct ctype *t = ctype_bare(dw, dwarf_type(dw, ref));

	if ((t->kind != CTYPE_STRUCT && t->kind != CTYPE_UNION) ||
	    t->declaration)
		return;
	if (t->unit == UINT32_MAX)
		((struct ctype *)t)->unit = unit;
	u->structs = grow_array(u->structs, &u->structs_cap, u->nstructs + 1,
				sizeof(*u->structs));
	u->structs[u->nstructs++] = t;
}

/* A structure in a type unit is of this unit if anything here refers to it. */
static void take_signature(struct dwarf *dw, struct unit *u, uint32_t unit,
			   const struct die *d)
{
	Dwarf_Attribute a = die_attr(d, DW_AT_type);
	Dwarf_Error e = NULL;
	Dwarf_Half form = 0;

	if (!a)
		return;
	ok(d->dbg, dwarf_whatform(a, &form, &e), &e);
	if (form == DW_FORM_ref_sig8)
		struct_add(dw, u, unit, ref_sig8(d, a));
	attr_free(d, a);
}

static void unit_take(struct dwarf *dw, struct unit *u, uint32_t unit,
		      const struct die *d)
{
	struct alias *a;

	switch (die_tag(d)) {
	case DW_TAG_structure_type: case DW_TAG_union_type:
	case DW_TAG_class_type:
		struct_add(dw, u, unit, die_ref(d));
		return;
	case DW_TAG_imported_unit:
		u->imports = grow_array(u->imports, &u->imports_cap,
					u->nimports + 1, sizeof(*u->imports));
		u->imports[u->nimports++] = attr_ref(d, DW_AT_import);
		return;
	case DW_TAG_typedef:
		u->aliases = grow_array(u->aliases, &u->aliases_cap,
					u->naliases + 1, sizeof(*u->aliases));
		a = &u->aliases[u->naliases++];
		a->ref = attr_ref(d, DW_AT_type);
		a->name = die_name(dw, d);
		/* fall through */
	default:
		if (dw->ntype_units)
			take_signature(dw, u, unit, d);
	}
}

/* What stands at the top level of the unit at @ref. */
static void unit_walk(struct dwarf *dw, struct unit *u, uint32_t unit,
		      uint64_t ref)
{
	struct die top, c;

	if (!die_at(dw, ref, &top))
		return;
	if (die_child(&top, &c)) {
		do
			unit_take(dw, u, unit, &c);
		while (die_next(&c));
		die_free(&c);
	}
	die_free(&top);
}

static uint32_t *part_slot(const struct dwarf *dw, uint64_t ref)
{
	size_t mask = dw->part_slots_cap - 1;
	size_t i = (size_t)(ref * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask;

	while (dw->part_slots[i] && dw->parts[dw->part_slots[i] - 1].die != ref)
		i = (i + 1) & mask;
	return &dw->part_slots[i];
}

static void part_slots_grow(struct dwarf *dw)
{
	size_t cap = 0;

	if (dw->nparts * 2 < dw->part_slots_cap)
		return;
	free(dw->part_slots);
	dw->part_slots_cap = dw->part_slots_cap ? dw->part_slots_cap * 2 : 1024;
	dw->part_slots = grow_array(NULL, &cap, dw->part_slots_cap,
				    sizeof(*dw->part_slots));
	memset(dw->part_slots, 0,
	       dw->part_slots_cap * sizeof(*dw->part_slots));
	for (size_t i = 0; i < dw->nparts; i++)
		*part_slot(dw, dw->parts[i].die) = (uint32_t)i + 1;
}

/* The partial unit at @ref, read once however many units import it. */
static size_t part_find(struct dwarf *dw, uint64_t ref, uint32_t unit)
{
	struct unit part = { .die = ref };
	uint32_t *slot;

	part_slots_grow(dw);
	slot = part_slot(dw, ref);
	if (*slot)
		return *slot - 1;
	unit_walk(dw, &part, unit, ref);
	dw->parts = grow_array(dw->parts, &dw->parts_cap, dw->nparts + 1,
			       sizeof(*dw->parts));
	dw->parts[dw->nparts++] = part;
	*slot = (uint32_t)dw->nparts;
	return dw->nparts - 1;
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

/* A unit is what stands in it and in the partial units that it imports. */
static void unit_load(struct dwarf *dw, uint32_t unit)
{
	struct unit *u = &dw->units[unit];

	if (u->loaded)
		return;
	u->loaded = true;
	unit_walk(dw, u, unit, u->die);
	for (size_t i = 0; i < u->nimports && i < MAX_IMPORTS; i++) {
		size_t part = part_find(dw, u->imports[i], unit);
		struct unit *p = &dw->parts[part];

		if (p->mark == unit + 1)
			continue;
		p->mark = unit + 1;
		u->structs = append(u->structs, &u->nstructs, &u->structs_cap,
				    p->structs, p->nstructs,
				    sizeof(*p->structs));
		u->aliases = append(u->aliases, &u->naliases, &u->aliases_cap,
				    p->aliases, p->naliases,
				    sizeof(*p->aliases));
		u->imports = append(u->imports, &u->nimports, &u->imports_cap,
				    p->imports, p->nimports,
				    sizeof(*p->imports));
	}
}

size_t dwarf_unit_structs(struct dwarf *dw, uint32_t unit,
			  const struct ctype *const **ret)
{
	if (unit >= dw->nunits)
		return 0;
	unit_load(dw, unit);
	*ret = dw->units[unit].structs;
	return dw->units[unit].nstructs;
}

size_t dwarf_type_unit_structs(struct dwarf *dw,
			       const struct ctype *const **ret)
{
	for (size_t i = 0; !dw->loose.loaded && i < dw->ntype_units; i++)
		unit_walk(dw, &dw->loose, UINT32_MAX, dw->type_units[i]);
	dw->loose.loaded = true;
	*ret = dw->loose.structs;
	return dw->loose.nstructs;
}

const char *dwarf_typedef_of(struct dwarf *dw, uint32_t unit,
			     const struct ctype *t)
{
	struct unit *u;

	if (unit >= dw->nunits)
		return NULL;
	unit_load(dw, unit);
	u = &dw->units[unit];
	for (size_t i = 0; i < u->naliases; i++)
		if (u->aliases[i].ref == t->key)
			return u->aliases[i].name;
	return NULL;
}

/* The table of files of a unit's line program. */
static void files_load(struct dwarf *dw, struct unit *u)
{
	Dwarf_Error e = NULL;
	Dwarf_Signed n = 0;
	char **names = NULL;
	struct die d;

	u->files_loaded = true;
	if (!die_at(dw, u->die, &d))
		return;
	if (ok(d.dbg, dwarf_srcfiles(d.die, &names, &n, &e), &e) && n > 0) {
		u->files = arena_calloc(&dw->arena, (size_t)n,
					sizeof(*u->files));
		u->nfiles = (size_t)n;
		for (Dwarf_Signed i = 0; i < n; i++) {
			u->files[i] = arena_intern_str(&dw->arena, names[i]);
			dwarf_dealloc(d.dbg, names[i], DW_DLA_STRING);
		}
		dwarf_dealloc(d.dbg, names, DW_DLA_LIST);
	}
	die_free(&d);
}

const char *dwarf_file(struct dwarf *dw, uint32_t unit, uint32_t index)
{
	struct unit *u;

	if (unit >= dw->nunits)
		return NULL;
	u = &dw->units[unit];
	if (!u->files_loaded)
		files_load(dw, u);
	/* DWARF 5 counts from 0 */
	if (u->version < 5 && index-- == 0)
		return NULL;
	return index < u->nfiles ? u->files[index] : NULL;
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
			t = ctype_bare(dw, dwarf_type(dw, attr_ref(&c,
							DW_AT_type)));
			if (t->kind != CTYPE_POINTER)
				continue;
			t = ctype_bare(dw, ctype_below(dw, t));
			if (t->kind == CTYPE_STRUCT)
				ret[n++] = t;
		} while (n < max && die_next(&c));
		die_free(&c);
	}
	die_free(&d);
	return n;
}

/* ---- the pass over all units ---- */

static bool wanted(const struct dwarf *dw, uint64_t addr)
{
	size_t lo = 0, hi = dw->naddrs;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (dw->addrs[mid] < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < dw->naddrs && dw->addrs[lo] == addr;
}

/*
 * A definition may leave its name and type to the declaration before it, or
 * (link-time optimization) to where it was compiled from.
 */
static void var_fill(struct dwarf *dw, const struct die *d,
		     struct dwarf_var *v)
{
	uint64_t origin = attr_ref(d, DW_AT_abstract_origin);
	uint64_t spec = attr_ref(d, DW_AT_specification);
	struct die s;

	if (!*v->name)
		v->name = die_name(dw, d);
	if (!v->ref)
		v->ref = attr_ref(d, DW_AT_type);
	if (!v->line) {
		v->file_index = (uint32_t)die_uint(d, DW_AT_decl_file);
		v->line = (uint32_t)die_uint(d, DW_AT_decl_line);
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

/* The unit that a DIE of .debug_info is in. */
static uint32_t unit_of(const struct dwarf *dw, uint64_t ref, uint32_t unit)
{
	size_t lo = 0, hi = dw->nunits;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (dw->units[mid].die <= ref)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? (uint32_t)lo - 1 : unit;
}

static bool die_address(const struct dwarf *dw, const struct die *d,
			unsigned tag, uint64_t *ret)
{
	Dwarf_Error e = NULL;
	Dwarf_Addr pc;

	if (tag == DW_TAG_variable)
		return die_location(dw, d, ret);
	if (tag != DW_TAG_subprogram ||
	    !ok(d->dbg, dwarf_lowpc(d->die, &pc, &e), &e))
		return false;
	*ret = pc;
	return true;
}

static bool is_named(struct dwarf *dw, const struct die *d)
{
	static const char *const names[] = {
#define X(name) name,
		DWARF_NAMED(X)
#undef X
	};
	const char *name = die_name(dw, d);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(names[i], name))
			return true;
	}
	return false;
}

static void scan_unit(struct dwarf *dw, const struct die *top, uint32_t unit)
{
	struct die c;

	if (!die_child(top, &c))
		return;
	do {
		unsigned tag = die_tag(&c);
		struct dwarf_var *v;
		uint64_t addr;

		if (!die_address(dw, &c, tag, &addr) ||
		    (!wanted(dw, addr) && (tag != DW_TAG_variable ||
					   !is_named(dw, &c))))
			continue;
		dw->vars = grow_array(dw->vars, &dw->vars_cap, dw->nvars + 1,
				      sizeof(*dw->vars));
		v = &dw->vars[dw->nvars++];
		memset(v, 0, sizeof(*v));
		v->addr = addr;
		v->unit = unit;
		v->die = die_ref(&c);
		v->function = tag == DW_TAG_subprogram;
		v->name = "";
		var_fill(dw, &c, v);
	} while (die_next(&c));
	die_free(&c);
}

/* The first DIE of the unit whose header was just read. */
static bool unit_die(Dwarf_Debug dbg, bool types, struct die *ret)
{
	Dwarf_Error e = NULL;

	*ret = (struct die){ .dbg = dbg, .flags = types ? REF_TYPES : 0 };
	return ok(dbg, dwarf_siblingof_b(dbg, NULL, !types, &ret->die, &e), &e);
}

static int take_unit(struct dwarf *dw, const struct die *top, unsigned version,
		     unsigned type, struct err *err)
{
	unsigned tag = die_tag(top);
	struct unit *u;

	if (dw->nunits == MAX_UNITS || dw->ntype_units == MAX_UNITS)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
			       "too many units in its debug information");
	if (tag == DW_TAG_type_unit) {
		dw->type_units = grow_array(dw->type_units,
					    &dw->type_units_cap,
					    dw->ntype_units + 1,
					    sizeof(*dw->type_units));
		dw->type_units[dw->ntype_units++] = die_ref(top);
		return 0;
	}
	dw->units = grow_array(dw->units, &dw->units_cap, dw->nunits + 1,
			       sizeof(*dw->units));
	u = &dw->units[dw->nunits++];
	memset(u, 0, sizeof(*u));
	u->die = die_ref(top);
	u->version = (uint16_t)version;
	if (type == DW_UT_skeleton || die_has(top, DW_AT_GNU_dwo_name))
		dw->split = true;
	if (tag == DW_TAG_compile_unit)
		scan_unit(dw, top, (uint32_t)dw->nunits - 1);
	return 0;
}

static int scan_units(struct dwarf *dw, bool types, struct err *err)
{
	Dwarf_Debug dbg = dw->main.dbg;

	for (;;) {
		Dwarf_Unsigned length, typeoffset, next;
		Dwarf_Half version, addr_size, offset_size, extension, type;
		Dwarf_Error e = NULL;
		Dwarf_Sig8 sig;
		Dwarf_Off abbrev;
		struct die top;
		int ret;

		ret = dwarf_next_cu_header_d(dbg, !types, &length, &version,
					     &abbrev, &addr_size, &offset_size,
					     &extension, &sig, &typeoffset,
					     &next, &type, &e);
		if (ret == DW_DLV_NO_ENTRY)
			return 0;
		if (ret != DW_DLV_OK) {
			err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
				"its debug information in %s is broken: %s",
				dw->file->path, dwarf_errmsg(e));
			ok(dbg, ret, &e);
			return -1;
		}
		if (!unit_die(dbg, types, &top))
			continue;
		ret = take_unit(dw, &top, version, type, err);
		die_free(&top);
		if (ret)
			return -1;
	}
}

static int by_var_addr(const void *a, const void *b)
{
	const struct dwarf_var *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static int by_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int dwarf_scan(struct dwarf *dw, const char *path,
		      const char *debug_dir, struct err *err)
{
	Dwarf_Error e = NULL;

	if (debug_file_open(&dw->file, path, debug_dir, err) ||
	    object_open(&dw->main, dw->file, err))
		return -1;
	if (dw->file->alt) {
		if (object_open(&dw->alt, dw->file->alt, err))
			return -1;
		/* so that strings of _alt forms are read there */
		ok(dw->main.dbg, dwarf_set_tied_dbg(dw->main.dbg, dw->alt.dbg,
						    &e), &e);
	}
	if (scan_units(dw, false, err) ||
	    (debug_file_section(dw->file, ".debug_types") &&
	     scan_units(dw, true, err)))
		return -1;
	if (dw->split && !dw->nvars)
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET,
			       "its debug information is split into .dwo files, which are not read yet");
	if (dw->split)
		dw->warning = "some of its debug information is split into .dwo files, which are not read yet";
	for (size_t i = 0; i < dw->nvars; i++)
		dw->vars[i].unit = unit_of(dw, dw->vars[i].die,
					   dw->vars[i].unit);
	if (dw->nvars)
		qsort(dw->vars, dw->nvars, sizeof(*dw->vars), by_var_addr);
	return 0;
}

int dwarf_open(struct dwarf **ret, const char *path, const char *debug_dir,
	       const uint64_t *addrs, size_t n, struct err *err)
{
	struct dwarf *dw = calloc(1, sizeof(*dw));
	uint64_t *sorted;
	size_t cap = 0;
	int got;

	if (!dw)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET, "out of memory");
	arena_init(&dw->arena);
	sorted = grow_array(NULL, &cap, n + 1, sizeof(*sorted));
	if (n)
		memcpy(sorted, addrs, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_u64);
	dw->addrs = sorted;
	dw->naddrs = n;
	got = dwarf_scan(dw, path, debug_dir, err);
	dw->addrs = NULL;
	dw->naddrs = 0;
	free(sorted);
	if (got) {
		dwarf_close(dw);
		return -1;
	}
	*ret = dw;
	return 0;
}

static void unit_free(struct unit *u)
{
	free(u->structs);
	free(u->aliases);
	free(u->imports);
}

void dwarf_close(struct dwarf *dw)
{
	if (!dw)
		return;
	for (size_t i = 0; i < dw->nunits; i++)
		unit_free(&dw->units[i]);
	for (size_t i = 0; i < dw->nparts; i++)
		unit_free(&dw->parts[i]);
	unit_free(&dw->loose);
	object_close(&dw->main);
	object_close(&dw->alt);
	debug_file_close(dw->file);
	free(dw->units);
	free(dw->vars);
	free(dw->types);
	free(dw->parts);
	free(dw->part_slots);
	free(dw->type_units);
	arena_release(&dw->arena);
	free(dw);
}

const struct dwarf_var *dwarf_at(const struct dwarf *dw, uint64_t addr)
{
	struct dwarf_var key = { .addr = addr };

	return dw->nvars ? bsearch(&key, dw->vars, dw->nvars,
				   sizeof(*dw->vars), by_var_addr) : NULL;
}

const struct dwarf_var *dwarf_named(const struct dwarf *dw, const char *name)
{
	const struct dwarf_var *found = NULL;

	for (size_t i = 0; i < dw->nvars; i++) {
		const struct dwarf_var *v = &dw->vars[i];

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
	return dw->file->path;
}

const char *dwarf_warning(const struct dwarf *dw)
{
	return dw->warning;
}
