/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dwarf-die.h"

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

/* 0.11 counts sections further. */
#if NEW_LIBDWARF && DW_LIBDWARF_VERSION_MINOR >= 11
typedef Dwarf_Unsigned obj_index;
#else
typedef Dwarf_Half obj_index;
#endif

/* ---- what libdwarf reads through ---- */

struct handle {
	obj_access access;
	struct dwarf_units *du;
	unsigned object;
	bool windowed;		/* .debug_info is [base, base + len) of it */
	uint64_t base, len;
	Dwarf_Debug dbg;	/* NULL: refused */
};

static const struct dwarf_object *object_of(void *obj)
{
	const struct handle *h = obj;

	return &h->du->objects[h->object];
}

static bool is_window(void *obj, const struct debug_section *s)
{
	return ((struct handle *)obj)->windowed &&
	       !strcmp(s->name, ".debug_info");
}

/* As in ELF, section 0 is none. */
static int obj_info(void *obj, obj_index i, obj_section *ret, int *error)
{
	const struct dwarf_object *o = object_of(obj);
	static const struct debug_section none = { .name = "" };
	const struct debug_section *s;

	(void)error;
	if (i > o->nsections)
		return DW_DLV_NO_ENTRY;
	memset(ret, 0, sizeof(*ret));
	s = i ? &o->sections[i - 1] : &none;
#if NEW_LIBDWARF
	ret->as_name = s->name;
	ret->as_size = is_window(obj, s) ? ((struct handle *)obj)->len :
		       s->size;
#else
	ret->name = s->name;
	ret->size = is_window(obj, s) ? ((struct handle *)obj)->len : s->size;
#endif
	return DW_DLV_OK;
}

#if NEW_LIBDWARF
static Dwarf_Small obj_order(void *obj)
{
	return object_of(obj)->big_endian ? DW_END_big : DW_END_little;
}

static Dwarf_Unsigned obj_filesize(void *obj)
{
	const struct dwarf_object *o = object_of(obj);
	Dwarf_Unsigned n = 4096;

	/* decompressed sections count, too: it is a bound for sanity checks */
	for (unsigned i = 0; i < o->nsections; i++)
		n += o->sections[i].size;
	return n;
}
#else
static Dwarf_Endianness obj_order(void *obj)
{
	return object_of(obj)->big_endian ? DW_OBJECT_MSB : DW_OBJECT_LSB;
}
#endif

static Dwarf_Small obj_ptr_size(void *obj)
{
	return object_of(obj)->ptr_size;
}

static Dwarf_Unsigned obj_count(void *obj)
{
	return object_of(obj)->nsections + 1;
}

static int obj_load(void *obj, obj_index i, Dwarf_Small **ret, int *error)
{
	const struct dwarf_object *o = object_of(obj);

	(void)error;
	if (!i || i > o->nsections)
		return DW_DLV_NO_ENTRY;
	*ret = (Dwarf_Small *)o->sections[i - 1].data;
	if (is_window(obj, &o->sections[i - 1]))
		*ret += ((struct handle *)obj)->base;
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

static void handle_free(struct handle *h)
{
	if (h && h->dbg) {
#if NEW_LIBDWARF
		dwarf_object_finish(h->dbg);
#else
		dwarf_object_finish(h->dbg, NULL);
#endif
	}
	free(h);
}

/* Where the handle for a reference is kept; *@window is set if it is one. */
static struct handle **slot_of(struct dwarf *dw, uint64_t ref, size_t *window,
			       bool *windowed)
{
	const struct dwarf_units *du = &dw->sh->du;
	unsigned object = ref_object(ref);
	size_t n = du->nobjects, cap = 0;

	*windowed = false;
	if (object >= n)
		return NULL;
	if (object < OBJECT_SPLIT && !(ref & REF_TYPES) &&
	    dwarf_window_of(&du->windows[object], ref & REF_OFFSET, window)) {
		*windowed = true;
		if (!dw->windows[object])
			dw->windows[object] = arena_calloc(&dw->arena,
				du->windows[object].n, sizeof(struct handle *));
		return &dw->windows[object][*window];
	}
	if (object >= dw->nhandles) {
		struct handle **more = grow_array(NULL, &cap, n,
						  sizeof(*more));

		memset(more, 0, n * sizeof(*more));
		if (dw->nhandles)
			memcpy(more, dw->handles,
			       dw->nhandles * sizeof(*more));
		free(dw->handles);
		dw->handles = more;
		dw->nhandles = n;
	}
	return &dw->handles[object];
}

void dwarf_handle_close(struct dwarf *dw, uint64_t ref)
{
	size_t window;
	bool windowed;
	struct handle **h = slot_of(dw, ref, &window, &windowed);

	if (h) {
		handle_free(*h);
		*h = NULL;
	}
}

void dwarf_handles_close(struct dwarf *dw)
{
	/* dwz's common file is tied to the others, which go before it */
	for (unsigned i = 0; i < OBJECT_SPLIT; i++)
		for (size_t k = 0; dw->windows[i] &&
		     k < dw->sh->du.windows[i].n; k++) {
			handle_free(dw->windows[i][k]);
			dw->windows[i][k] = NULL;
		}
	for (size_t i = 0; i < dw->nhandles; i++)
		handle_free(dw->handles[i]);
	free(dw->handles);
	dw->handles = NULL;
	dw->nhandles = 0;
}

/* libdwarf sorts sections into groups with the help of static variables. */
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

static struct handle *handle_open(struct dwarf *dw, unsigned object,
				  bool windowed, size_t window)
{
	struct handle *h = calloc(1, sizeof(*h));
	const struct unit_windows *w;
	Dwarf_Error e = NULL;
	int ret;

	if (!h)
		abort();
	h->du = &dw->sh->du;
	h->object = object;
	if (windowed) {
		w = &h->du->windows[object];
		h->windowed = true;
		h->base = w->starts[window];
		h->len = (window + 1 < w->n ? w->starts[window + 1] : w->end) -
			h->base;
	}
#if NEW_LIBDWARF
	h->access.ai_object = h;
	h->access.ai_methods = &methods;
#else
	h->access.object = h;
	h->access.methods = &methods;
#endif
	pthread_mutex_lock(&opening);
	ret = dwarf_object_init_b(&h->access, NULL, NULL, DW_GROUPNUMBER_ANY,
				  &h->dbg, &e);
	pthread_mutex_unlock(&opening);
	if (ret == DW_DLV_OK)
		return h;
	h->dbg = NULL;
	if (!*dw->problem)
		snprintf(dw->problem, sizeof(dw->problem),
			 "its debug information in %.200s cannot be read: %.80s",
			 object_of(h)->path, ret == DW_DLV_ERROR ?
			 dwarf_errmsg(e) : "there is none");
	return h;
}

static struct handle *handle_of(struct dwarf *dw, uint64_t ref)
{
	size_t window = 0;
	bool windowed;
	struct handle **h = slot_of(dw, ref, &window, &windowed);
	unsigned object = ref_object(ref);

	if (!h || *h)
		return h ? *h : NULL;
	*h = handle_open(dw, object, windowed, window);
	if ((*h)->dbg && object == OBJECT_MAIN && dw->sh->file->alt) {
		/* so that strings of _alt forms are read there */
		struct handle *alt = handle_of(dw, REF_OBJECT(OBJECT_ALT));
		Dwarf_Error e = NULL;

		if (alt && alt->dbg)
			dwarf_ok((*h)->dbg, dwarf_set_tied_dbg((*h)->dbg,
							alt->dbg, &e), &e);
	}
	return *h;
}

bool dwarf_can_read(struct dwarf *dw, unsigned object, struct err *err)
{
	struct handle *h = handle_of(dw, REF_OBJECT(object));

	if (h && h->dbg)
		return true;
	err_set(err, ERR_FORMAT, ERR_NO_OFFSET, "%s", dw->problem);
	return false;
}

/* ---- DIEs ---- */

bool dwarf_ok(Dwarf_Debug dbg, int ret, Dwarf_Error *e)
{
	if (ret == DW_DLV_ERROR && *e) {
		dwarf_dealloc(dbg, *e, DW_DLA_ERROR);
		*e = NULL;
	}
	return ret == DW_DLV_OK;
}

void die_free(struct die *d)
{
	if (d->die)
		dwarf_dealloc(d->dbg, d->die, DW_DLA_DIE);
	d->die = NULL;
}

bool die_at(struct dwarf *dw, uint64_t ref, struct die *ret)
{
	struct handle *h = handle_of(dw, ref);
	uint64_t offset = ref & REF_OFFSET;
	Dwarf_Error e = NULL;

	*ret = (struct die){ .dw = dw, .flags = ref & ~REF_OFFSET };
	if (!h || !h->dbg)
		return false;
	ret->dbg = h->dbg;
	ret->base = h->base;
	return dwarf_ok(ret->dbg, dwarf_offdie_b(ret->dbg, offset - h->base,
						 !(ref & REF_TYPES), &ret->die,
						 &e), &e);
}

bool die_child(const struct die *d, struct die *ret)
{
	Dwarf_Error e = NULL;

	*ret = *d;
	ret->die = NULL;
	return dwarf_ok(d->dbg, dwarf_child(d->die, &ret->die, &e), &e);
}

bool die_next(struct die *d)
{
	Dwarf_Die next = NULL;
	Dwarf_Error e = NULL;
	bool got = dwarf_ok(d->dbg, dwarf_siblingof_b(d->dbg, d->die,
						      !(d->flags & REF_TYPES),
						      &next, &e), &e);

	die_free(d);
	d->die = got ? next : NULL;
	return got;
}

unsigned die_tag(const struct die *d)
{
	Dwarf_Half tag = 0;
	Dwarf_Error e = NULL;

	dwarf_ok(d->dbg, dwarf_tag(d->die, &tag, &e), &e);
	return tag;
}

uint64_t die_ref(const struct die *d)
{
	Dwarf_Off off = 0;
	Dwarf_Error e = NULL;

	dwarf_ok(d->dbg, dwarf_dieoffset(d->die, &off, &e), &e);
	return ((off + d->base) & REF_OFFSET) | d->flags;
}

static Dwarf_Attribute attr(const struct die *d, Dwarf_Half name)
{
	Dwarf_Attribute a = NULL;
	Dwarf_Error e = NULL;

	return dwarf_ok(d->dbg, dwarf_attr(d->die, name, &a, &e), &e) ? a :
									NULL;
}

static void attr_free(const struct die *d, Dwarf_Attribute a)
{
	dwarf_dealloc(d->dbg, a, DW_DLA_ATTR);
}

static Dwarf_Half form_of(const struct die *d, Dwarf_Attribute a)
{
	Dwarf_Error e = NULL;
	Dwarf_Half form = 0;

	dwarf_ok(d->dbg, dwarf_whatform(a, &form, &e), &e);
	return form;
}

const char *die_text(const struct die *d, Dwarf_Half name)
{
	Dwarf_Attribute a = attr(d, name);
	Dwarf_Error e = NULL;
	const char *text = "";
	char *s = NULL;

	if (!a)
		return "";
	/* strings are of the sections, or of the alternate's: not freed */
	if (dwarf_ok(d->dbg, dwarf_formstring(a, &s, &e), &e) && s)
		text = arena_intern_str(&d->dw->arena, s);
	attr_free(d, a);
	return text;
}

const char *die_name(const struct die *d)
{
	return die_text(d, DW_AT_name);
}

bool die_uint(const struct die *d, Dwarf_Half name, uint64_t *ret)
{
	Dwarf_Attribute a = attr(d, name);
	Dwarf_Error e = NULL;
	Dwarf_Unsigned u;
	Dwarf_Signed s;
	Dwarf_Off off;
	bool got = true;

	if (!a)
		return false;
	if (dwarf_ok(d->dbg, dwarf_formudata(a, &u, &e), &e))
		*ret = u;
	else if (dwarf_ok(d->dbg, dwarf_formsdata(a, &s, &e), &e))
		*ret = (uint64_t)s;
	else if (form_of(d, a) == DW_FORM_sec_offset &&
		 dwarf_ok(d->dbg, dwarf_global_formref(a, &off, &e), &e))
		*ret = off;
	else
		got = false;
	attr_free(d, a);
	return got;
}

uint64_t die_number(const struct die *d, Dwarf_Half name)
{
	uint64_t v = 0;

	die_uint(d, name, &v);
	return v;
}

/* ---- references ---- */

/* Looked up by ourselves: the type may be in any object. */
static uint64_t leads_by_sig(const struct die *d, Dwarf_Attribute a)
{
	const struct dwarf_shared *sh = d->dw->sh;
	bool big = sh->du.objects[ref_object(d->flags)].big_endian;
	Dwarf_Error e = NULL;
	uint64_t sig = 0;
	Dwarf_Sig8 s;

	if (!dwarf_ok(d->dbg, dwarf_formsig8(a, &s, &e), &e))
		return 0;
	for (unsigned i = 0; i < 8; i++)
		sig |= (uint64_t)(uint8_t)s.signature[i] <<
			8 * (big ? 7 - i : i);
	return dwarf_units_type(&sh->du, sig);
}

uint64_t die_leads_by_sig(const struct die *d, Dwarf_Half name)
{
	Dwarf_Attribute a = attr(d, name);
	uint64_t ref = 0;

	if (!a)
		return 0;
	if (form_of(d, a) == DW_FORM_ref_sig8)
		ref = leads_by_sig(d, a);
	attr_free(d, a);
	return ref;
}

/*
 * libdwarf answers the offset of an alternate's form as if it were one of this
 * file: look at the form first.
 */
uint64_t die_leads(const struct die *d, Dwarf_Half name)
{
	Dwarf_Attribute a = attr(d, name);
	Dwarf_Error e = NULL;
	Dwarf_Off off = 0;
	uint64_t ref = 0;
	Dwarf_Half form;

	if (!a)
		return 0;
	form = form_of(d, a);
	if (form == DW_FORM_ref_sig8) {
		ref = leads_by_sig(d, a);
	} else if (dwarf_ok(d->dbg, dwarf_global_formref(a, &off, &e), &e)) {
		/* all others count from their unit */
		if (form != DW_FORM_ref_addr && form != DW_FORM_data4 &&
		    form != DW_FORM_data8)
			ref = d->base;
		ref = ((ref + off) & REF_OFFSET) | d->flags;
		if (form == DW_FORM_GNU_ref_alt || form == DW_FORM_ref_sup4 ||
		    form == DW_FORM_ref_sup8)
			ref = (off & REF_OFFSET) | REF_OBJECT(OBJECT_ALT);
		else if (form == DW_FORM_ref_addr)
			ref &= ~REF_TYPES;
	}
	attr_free(d, a);
	return ref;
}

/* ---- expressions ---- */

/* The expression of an attribute, copied: its length, 0 if it has none. */
static size_t die_expr(const struct die *d, Dwarf_Half name, uint8_t *buf,
		       size_t cap)
{
	Dwarf_Attribute a = attr(d, name);
	Dwarf_Error e = NULL;
	Dwarf_Unsigned len = 0;
	Dwarf_Ptr p = NULL;
	Dwarf_Block *block = NULL;

	if (!a)
		return 0;
	if (!dwarf_ok(d->dbg, dwarf_formexprloc(a, &len, &p, &e), &e)) {
		len = 0;
		if (dwarf_ok(d->dbg, dwarf_formblock(a, &block, &e), &e)) {
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

static uint64_t word(const uint8_t *p, unsigned n, bool big)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v |= (uint64_t)p[i] << 8 * (big ? n - 1 - i : i);
	return v;
}

/*
 * An address by its number.  What is split has its table in the file itself,
 * where the skeleton says; libdwarf knows of no skeleton.
 */
static bool indexed_address(const struct die *d, uint64_t index, uint64_t *ret)
{
	const struct dwarf_units *du = &d->dw->sh->du;
	const struct dwarf_object *o = &du->objects[OBJECT_MAIN];
	const struct debug_section *s = dwarf_object_section(o, "addr");
	const struct dwarf_unit *u = dwarf_units_of(du, die_ref(d));
	Dwarf_Error e = NULL;
	Dwarf_Addr addr;
	uint64_t at;

	if (u && u->skeleton) {
		if (!s || index > s->size || u->addr_base > s->size)
			return false;
		at = u->addr_base + index * o->ptr_size;
		if (at > s->size || s->size - at < o->ptr_size)
			return false;
		*ret = word(s->data + at, o->ptr_size, o->big_endian);
		return true;
	}
	if (!dwarf_ok(d->dbg, dwarf_debug_addr_index_to_addr(d->die, index,
							     &addr, &e), &e))
		return false;
	*ret = addr;
	return true;
}

/* The address of a variable, if it has a fixed one. */
static bool location(const struct die *d, uint64_t *ret)
{
	const struct dwarf_object *o = &d->dw->sh->du.objects[OBJECT_MAIN];
	uint8_t buf[16];
	size_t n = die_expr(d, DW_AT_location, buf, sizeof(buf));

	if (n > 1 && (buf[0] == DW_OP_addrx || buf[0] == DW_OP_GNU_addr_index))
		return indexed_address(d, uleb(buf + 1, n - 1), ret);
	if (n != 1u + o->ptr_size || buf[0] != DW_OP_addr)
		return false;
	*ret = word(buf + 1, o->ptr_size, o->big_endian);
	return true;
}

static bool is_indexed(Dwarf_Half form)
{
	return form == DW_FORM_addrx || form == DW_FORM_GNU_addr_index ||
	       (form >= DW_FORM_addrx1 && form <= DW_FORM_addrx4);
}

bool die_address(const struct die *d, unsigned tag, uint64_t *ret)
{
	Dwarf_Unsigned index;
	Dwarf_Error e = NULL;
	Dwarf_Attribute a;
	Dwarf_Addr pc = 0;
	bool got;

	if (tag == DW_TAG_variable)
		return location(d, ret);
	if (tag != DW_TAG_subprogram || !(a = attr(d, DW_AT_low_pc)))
		return false;
	if (is_indexed(form_of(d, a))) {
		got = dwarf_ok(d->dbg, dwarf_get_debug_addr_index(a, &index,
								  &e), &e) &&
		      indexed_address(d, index, ret);
	} else {
		got = dwarf_ok(d->dbg, dwarf_formaddr(a, &pc, &e), &e);
		*ret = pc;
	}
	attr_free(d, a);
	return got;
}

/* DWARF 2 has an expression here. */
uint64_t die_member_offset(const struct die *d)
{
	uint64_t v = 0;
	uint8_t buf[12];
	size_t n;

	if (die_uint(d, DW_AT_data_member_location, &v))
		return v;
	n = die_expr(d, DW_AT_data_member_location, buf, sizeof(buf));
	return n > 1 && buf[0] == DW_OP_plus_uconst ? uleb(buf + 1, n - 1) : 0;
}
