/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../stream/cursor.h"
#include "objects.h"

#define MAX_PATH 1024
#define MAX_ELEMENTS (1u << 20)	/* of one field */

struct walk {
	struct running *r;
	const struct space *s;
	struct arena *arena;
	struct objects *out;
	size_t cap;
	struct objects_budget *left;
	bool all, deep;
	char path[MAX_PATH];
};

/* What is being walked through. */
struct at {
	const struct desc *desc;
	uint64_t object;
	int version;
	unsigned depth;
	size_t path;		/* length of the path up to here */
	enum tri written;
	const char *whether;
	const struct desc *pre_save;
};

static const char *say(struct walk *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static const char *say(struct walk *w, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return arena_intern_str(w->arena, text);
}

static size_t put(struct walk *w, size_t at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static size_t put(struct walk *w, size_t at, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(w->path + at, sizeof(w->path) - at, fmt, ap);
	va_end(ap);
	at += n > 0 ? (size_t)n : 0;
	return at < sizeof(w->path) ? at : sizeof(w->path) - 1;
}

/* The path of what lies in @at and is called @name. */
static size_t component(struct walk *w, const struct at *at, const char *name)
{
	return put(w, at->path, "%s%s", at->path ? " › " : "", name);
}

static struct leaf *add_leaf(struct walk *w, const struct at *at,
			     const struct desc_field *f, size_t path)
{
	static struct leaf none;
	struct leaf *l;

	if (!w->left->leaves || w->left->bytes < path) {
		w->out->cut = "more fields than are read";
		return &none;
	}
	w->left->leaves--;
	w->left->bytes -= path;
	w->out->leaves = grow_array(w->out->leaves, &w->cap, w->out->n + 1,
				    sizeof(*w->out->leaves));
	l = &w->out->leaves[w->out->n++];
	*l = (struct leaf){
		.path = arena_intern(w->arena, w->path, path), .desc = at->desc,
		.field = f, .object = at->object,
		.type = f && f->type ? f->type : "?", .n = 1,
		.written = at->written, .whether = at->whether,
		.pre_save = at->pre_save,
	};
	return l;
}

/* ---- values ---- */

/* Infos of migration/vmstate-types.c whose value is an integer in memory. */
static unsigned integer_size(const char *type)
{
	static const char *const types[] = {
		"bool", "int8", "int16", "int32", "int64", "uint8", "uint16",
		"uint32", "uint64", "int32 equal", "int32 le", "int64 equal",
		"uint8 equal", "uint16 equal", "uint32 equal", "uint64 equal",
		/* the upper half goes first, whatever the host's order */
		"CPU_Double_U",
		/* QEMUTimer begins with expire_time; -1: not pending */
		"timer",
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!strcmp(types[i], type))
			return desc_type_size(type);
	}
	return 0;
}

/* Does an element of @f take up in memory what the type says? */
static bool size_agrees(const struct desc_field *f, unsigned size)
{
	return !strcmp(f->type, "timer") || f->flags & VMS_ARRAY_OF_POINTER ||
		f->size == size;
}

static bool get(const struct walk *w, uint64_t addr, unsigned n, uint64_t *v)
{
	return addr && !space_uint(w->s, addr, n, v);
}

static const char *missing(struct walk *w, uint64_t addr)
{
	return running_memory(w->r)->pid ?
		say(w, "nothing is mapped at 0x%" PRIx64, addr) :
		say(w, "0x%" PRIx64 " is not in the core", addr);
}

/* Room for @n bytes of values, or NULL. */
static uint8_t *room(struct walk *w, uint64_t n)
{
	if (n > w->left->bytes)
		return NULL;
	w->left->bytes -= n;
	return arena_alloc(w->arena, n ? n : 1);
}

static void be_store(uint8_t *p, unsigned n, uint64_t v)
{
	while (n--) {
		p[n] = (uint8_t)v;
		v >>= 8;
	}
}

/* Bytes as they are. */
static void take_bytes(struct walk *w, struct leaf *l, uint64_t addr,
		       uint64_t n)
{
	uint8_t *p = room(w, n);

	l->addr = addr;
	if (!p)
		l->why = say(w, "%" PRIu64 " bytes: more than are read", n);
	else if (n && w->s->read(w->s, addr, p, n))
		l->why = missing(w, addr);
	else
		l->wire = p;
	l->len = n;
}

/* put_bitmap(): words of 64 bits, the lowest bits first. */
static void take_bitmap(struct walk *w, struct leaf *l, uint64_t addr,
			uint64_t bits)
{
	uint64_t words = (bits + 63) / 64;
	unsigned n = w->s->ptr_size;
	uint8_t *p;

	l->addr = addr;
	l->len = words * 8;
	p = words > MAX_ELEMENTS ? NULL : room(w, words * 8);
	if (!p) {
		l->why = say(w, "%" PRIu64 " bits: more than are read", bits);
		return;
	}
	for (uint64_t i = 0; i < words; i++) {
		uint64_t v, high = 0;

		if (!get(w, addr + i * 8, n, &v) ||
		    (n == 4 && i * 64 + 32 < bits &&
		     !get(w, addr + i * 8 + 4, n, &high))) {
			l->why = missing(w, addr + i * 8);
			return;
		}
		be_store(p + i * 8, 8, v | high << 32);
	}
	l->wire = p;
}

/* put_pci_config_device(): the field is a pointer to so many bytes. */
static void take_pci_config(struct walk *w, struct leaf *l, uint64_t addr,
			    uint64_t n)
{
	uint64_t to;

	if (!get(w, addr, w->s->ptr_size, &to))
		l->why = missing(w, addr);
	else
		take_bytes(w, l, to, n);
}

/* ---- arrays ---- */

/* vmstate_n_elems(); -1 after a leaf that says why it is not known. */
static int64_t elements(struct walk *w, const struct at *at,
			const struct desc_field *f, const char **why)
{
	int64_t n = 1;

	if (f->flags & VMS_ARRAY) {
		n = f->num;
	} else if (f->flags & VMS_VARRAY) {
		uint64_t v, from = at->object + f->num_offset;
		unsigned size = f->count_size;

		if (!get(w, from, size, &v)) {
			*why = say(w, "how many there are is not known: %s",
				   missing(w, from));
			return -1;
		}
		n = f->flags & VMS_VARRAY_INT32 && size == 4 ?
			(int32_t)(uint32_t)v : (int64_t)v;
	}
	if (f->flags & VMS_MULTIPLY_ELEMENTS)
		n *= f->multiplier;
	if (n < 0 || n > MAX_ELEMENTS) {
		*why = say(w, "there would be %" PRId64 " of them", n);
		return -1;
	}
	return n;
}

/* vmstate_size() */
static int64_t element_size(struct walk *w, const struct at *at,
			    const struct desc_field *f, const char **why)
{
	uint64_t v, from = at->object + f->size_offset;

	if (f->flags & VMS_ARRAY_OF_POINTER)
		return w->s->ptr_size;
	if (!(f->flags & VMS_VBUFFER))
		return (int64_t)(f->size & INT64_MAX);
	if (!get(w, from, f->count_size ? f->count_size : 4, &v)) {
		*why = say(w, "how large it is is not known: %s",
			   missing(w, from));
		return -1;
	}
	v = (uint64_t)(int64_t)(int32_t)(uint32_t)v;
	if (f->flags & VMS_MULTIPLY)
		v *= f->multiplier;
	if (v > INT32_MAX) {
		*why = say(w, "its size would be %" PRId64, (int64_t)v);
		return -1;
	}
	return (int64_t)v;
}

/* ---- descriptors ---- */

static void walk_desc(struct walk *w, const struct at *at);

static enum tri both(enum tri a, enum tri b)
{
	return a == TRI_NO || b == TRI_NO ? TRI_NO :
		a == TRI_UNKNOWN || b == TRI_UNKNOWN ? TRI_UNKNOWN : TRI_YES;
}

/* Ask a condition, and remember what it depends on. */
static enum tri ask(struct walk *w, uint64_t fn, const char *name,
		    uint64_t object, int version, const char **whether)
{
	struct predicate_trace why;
	enum tri t;

	if (!w->left->questions) {
		*whether = "more conditions than are followed";
		return TRI_UNKNOWN;
	}
	w->left->questions--;
	t = running_ask(w->r, fn, object, version, &why);

	if (t == TRI_UNKNOWN)
		*whether = name ? say(w, "%s(): %s", name, why.why) :
			say(w, "(0x%" PRIx64 ")(): %s", fn, why.why);
	else if (t == TRI_NO)
		*whether = name ? say(w, "%s() says no", name) :
			say(w, "(0x%" PRIx64 ")() says no", fn);
	return t;
}

static void walk_struct(struct walk *w, const struct at *at,
			const struct desc_field *f, const struct desc *d,
			uint64_t object, int version, size_t path)
{
	struct at below = *at;

	if (at->depth >= OBJECTS_MAX_DEPTH || w->out->cut) {
		add_leaf(w, at, f, path)->why = "nested too deeply";
		return;
	}
	below.desc = d;
	below.object = object;
	below.version = version;
	below.depth++;
	below.path = path;
	walk_desc(w, &below);
}

/* put_qtailq(), put_qlist(): both begin with the first, and go on at .start. */
static void walk_list(struct walk *w, const struct at *at,
		      const struct desc_field *f, uint64_t head, size_t path)
{
	uint64_t elem;

	if (!get(w, head, w->s->ptr_size, &elem)) {
		add_leaf(w, at, f, path)->why = missing(w, head);
		return;
	}
	for (unsigned i = 0; elem; i++) {
		size_t below = put(w, path, "[%u]", i);

		if (i == MAX_ELEMENTS || w->out->cut) {
			add_leaf(w, at, f, path)->why = "a list without end";
			return;
		}
		walk_struct(w, at, f, f->desc, elem, f->desc->version, below);
		if (!get(w, elem + f->start, w->s->ptr_size, &elem)) {
			add_leaf(w, at, f, path)->why =
				missing(w, elem + f->start);
			return;
		}
	}
}

static const char *unread_why(struct walk *w, const struct desc_field *f)
{
	if (!f->type)
		return "of a type that is not known";
	if (!strcmp(f->type, "tmp"))
		return "made for the moment of saving, by the pre_save of "
			"what is in it";
	if (!strcmp(f->type, "gtree"))
		return "a tree of glib's";
	return say(w, "what '%s' writes is code, and need not be in memory",
		   f->type);
}

/* All elements of a field that is no structure are one leaf. */
static void walk_plain(struct walk *w, const struct at *at,
		       const struct desc_field *f, uint64_t first, int64_t n,
		       int64_t size, size_t path)
{
	unsigned bytes = f->type ? integer_size(f->type) : 0;
	struct leaf *l = add_leaf(w, at, f, path);
	uint8_t *p;

	l->n = (uint64_t)n;
	l->addr = first;
	if (f->type && !strcmp(f->type, "pci config") && n == 1) {
		take_pci_config(w, l, first, (uint64_t)size);
		return;
	}
	if (f->type && !strcmp(f->type, "buffer") &&
	    !(f->flags & VMS_ARRAY_OF_POINTER)) {
		take_bytes(w, l, first, (uint64_t)n * (uint64_t)size);
		return;
	}
	if (f->type && !strcmp(f->type, "unused_buffer")) {
		l->addr = 0;
		l->len = (uint64_t)(n * size);
		l->wire = n == 1 ? room(w, l->len) : NULL;
		if (l->wire)
			memset((uint8_t *)l->wire, 0, l->len);
		else
			l->why = "larger than what is read";
		return;
	}
	if (f->type && !strcmp(f->type, "bitmap") && n == 1) {
		take_bitmap(w, l, first, (uint64_t)size);
		return;
	}
	if (!bytes || !size_agrees(f, bytes)) {
		l->why = unread_why(w, f);
		return;
	}
	p = room(w, (uint64_t)n * bytes);
	l->len = (uint64_t)n * bytes;
	for (int64_t i = 0; p && i < n; i++) {
		uint64_t addr = first + (uint64_t)(i * size), v;

		if (f->flags & VMS_ARRAY_OF_POINTER &&
		    !get(w, addr, w->s->ptr_size, &addr)) {
			l->why = missing(w, addr);
			return;
		}
		/* "nullptr" is another type, of another size */
		if (f->flags & VMS_ARRAY_OF_POINTER && !addr) {
			l->why = say(w, "pointer %" PRId64 " is null", i);
			return;
		}
		if (!get(w, addr, bytes, &v)) {
			l->why = missing(w, addr);
			return;
		}
		be_store(p + (uint64_t)i * bytes, bytes, v);
	}
	l->wire = p;
	if (!p)
		l->why = "larger than what is read";
}

static void walk_elements(struct walk *w, const struct at *at,
			  const struct desc_field *f, uint64_t first,
			  int64_t n, int64_t size, size_t path)
{
	int version = f->flags & VMS_VSTRUCT ? f->struct_version :
		f->desc->version;

	for (int64_t i = 0; i < n && !w->out->cut; i++) {
		uint64_t addr = first + (uint64_t)(i * size);
		/* a single one is not numbered in a stream, either */
		size_t below = n != 1 ? put(w, path, "[%" PRId64 "]", i) : path;
		struct leaf *l;

		if (f->flags & VMS_ARRAY_OF_POINTER &&
		    !get(w, addr, w->s->ptr_size, &addr)) {
			add_leaf(w, at, f, below)->why = missing(w, addr);
			continue;
		}
		if (addr || !size) {
			walk_struct(w, at, f, f->desc, addr, version, below);
			continue;
		}
		l = add_leaf(w, at, f, below);
		l->type = "nullptr";
		l->len = 1;
		l->wire = (const uint8_t *)"0";
	}
}

static bool in_objects_list(const struct desc_field *f)
{
	return f->type && f->desc && (!strcmp(f->type, "qtailq") ||
				      !strcmp(f->type, "qlist"));
}

static void walk_field(struct walk *w, const struct at *at,
		       const struct desc_field *f)
{
	uint64_t first = at->object + f->offset;
	size_t path = component(w, at, f->name);
	const char *why = NULL;
	int64_t n, size;

	n = elements(w, at, f, &why);
	size = n < 0 ? -1 : element_size(w, at, f, &why);
	if (size < 0) {
		add_leaf(w, at, f, path)->why = why;
		return;
	}
	if (f->flags & VMS_POINTER) {
		uint64_t to;

		if (!get(w, first, w->s->ptr_size, &to)) {
			add_leaf(w, at, f, path)->why = missing(w, first);
			return;
		}
		first = to;
		if (!first && n && size) {
			add_leaf(w, at, f, path)->why = "a null pointer (it "
				"would not be saved so)";
			return;
		}
	}
	if (!n && f->flags & VMS_VARRAY && at->pre_save) {
		add_leaf(w, at, f, path)->why = "none now, but a pre_save may "
			"compute how many there are";
		return;
	}
	/* xhci alone has half a million fields in slots that are not in use */
	if (f->flags & (VMS_STRUCT | VMS_VSTRUCT) && n > 1 && !w->deep &&
	    at->written == TRI_NO) {
		add_leaf(w, at, f, path)->why = say(w, "%" PRId64 " structures "
			"that would not be written: ask for it by name", n);
		return;
	}
	if (f->flags & (VMS_STRUCT | VMS_VSTRUCT)) {
		if (f->desc)
			walk_elements(w, at, f, first, n, size, path);
		else
			add_leaf(w, at, f, path)->why =
				"its descriptor is not known";
	} else if (in_objects_list(f) && n == 1) {
		walk_list(w, at, f, first, path);
	} else {
		walk_plain(w, at, f, first, n, size, path);
	}
}

/* Is @f written by a descriptor of that version? */
static enum tri field_written(struct walk *w, const struct at *at,
			      const struct desc_field *f, const char **whether)
{
	if (f->exists == EXISTS_BY_VERSION) {
		if (f->version <= at->version)
			return TRI_YES;
		*whether = say(w, "since version %d", f->version);
		return TRI_NO;
	}
	if (!f->exists_fn) {
		*whether = "a condition that is not known";
		return TRI_UNKNOWN;
	}
	return ask(w, f->exists_fn, f->exists_name, at->object, at->version,
		   whether);
}

static void walk_sub(struct walk *w, const struct at *at,
		     const struct desc *sub)
{
	struct at below = *at;
	const char *whether = at->whether;
	enum tri t = TRI_YES;

	if (sub->needed_fn)
		t = ask(w, sub->needed_fn, sub->needed_name, at->object, 0,
			&whether);
	below.written = both(at->written, t);
	below.whether = below.written == TRI_YES ? NULL : whether;
	if (t == TRI_NO && !w->all)
		return;
	below.path = component(w, at, sub->name);
	walk_struct(w, &below, NULL, sub, at->object, sub->version,
		    below.path);
}

static void walk_desc(struct walk *w, const struct at *outer)
{
	const struct desc *d = outer->desc;
	struct at at = *outer;

	if (!w->left->structures) {
		w->out->cut = "more structures than are read";
		return;
	}
	w->left->structures--;
	if (d->pre_save_fn && !at.pre_save)
		at.pre_save = d;
	for (size_t i = 0; i < d->nfields && !w->out->cut; i++) {
		const struct desc_field *f = &d->fields[i];
		struct at here = at;
		const char *whether = at.whether;
		enum tri t;

		/* VMSTATE_VALIDATE: a check, no state */
		if (f->flags & VMS_MUST_EXIST)
			continue;
		t = field_written(w, &at, f, &whether);
		here.written = both(at.written, t);
		here.whether = here.written == TRI_YES ? NULL : whether;
		if (t == TRI_NO && !w->all)
			continue;
		walk_field(w, &here, f);
	}
	for (size_t i = 0; i < d->nsubs && !w->out->cut; i++)
		walk_sub(w, &at, d->subs[i]);
}

void objects_walk(struct objects *ret, struct running *r,
		  const struct savevm_entry *e, struct arena *a,
		  const struct objects_opts *opts)
{
	struct walk w = {
		.r = r, .s = running_space(r), .arena = a, .out = ret,
		.all = opts->all, .deep = opts->deep, .left = opts->budget,
	};
	struct at at = {
		.desc = e->desc, .object = e->opaque,
	};

	memset(ret, 0, sizeof(*ret));
	ret->written = TRI_YES;
	if (!e->desc) {
		ret->cut = e->vmsd ? e->why : "state of an old style: what "
			"its functions write is not in any descriptor";
		return;
	}
	/* vmstate_section_needed() */
	if (e->desc->needed_fn)
		ret->written = ask(&w, e->desc->needed_fn,
				   e->desc->needed_name, e->opaque, 0,
				   &ret->whether);
	if (opts->entry_only)
		return;
	at.version = e->desc->version;
	at.written = ret->written;
	at.whether = ret->written == TRI_YES ? NULL : ret->whether;
	walk_desc(&w, &at);
}

void objects_release(struct objects *o)
{
	free(o->leaves);
	memset(o, 0, sizeof(*o));
}
