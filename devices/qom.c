/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "qom.h"

#define MAX_NAME 256
#define MAX_TYPES 20000u
#define MAX_GLOBALS 4096u	/* of one machine type */
#define MAX_ALL_GLOBALS 200000u
#define MAX_PROPS 512u		/* of one table */
#define MAX_DESCS 16u
#define MAX_CPU_OPS 24u
#define MAX_UP 64
#define MAX_WALKED UINT64_C(100000000)
#define MAX_SIZE (UINT64_C(1) << 28)

struct qom {
	struct arena arena;
	struct desc_image *img;
	struct space_elf *elf;
	const struct space *s;
	struct predicate_code code;
	struct qom_type *types;	/* by name */
	size_t ntypes, types_cap;
	struct qom_machine *machines;
	size_t nmachines;
	struct global *globals;	/* all that were met, by address */
	size_t nglobals_all;
	unsigned prop_shape;
	uint64_t budget;	/* instructions that may still be walked */
};

/* ---- words ---- */

static bool word(const struct qom *q, uint64_t addr, uint64_t *ret)
{
	return space_uint(q->s, addr, q->s->ptr_size, ret) == 0;
}

static uint64_t word_of(const struct qom *q, uint64_t addr)
{
	uint64_t v = 0;

	return word(q, addr, &v) ? v : 0;
}

static const char *text_of(struct qom *q, uint64_t addr)
{
	char buf[MAX_NAME];
	int n = addr ? space_text(q->s, addr, buf, sizeof(buf)) : -1;

	return n > 0 ? arena_intern(&q->arena, buf, (size_t)n) : NULL;
}

/* A word that begins with bools: the first one is its lowest byte. */
static bool bools(const struct qom *q, uint64_t addr, uint64_t *ret)
{
	uint8_t b[8];

	if (q->s->read(q->s, addr, b, q->s->ptr_size))
		return false;
	*ret = 0;
	for (unsigned i = 0; i < q->s->ptr_size; i++)
		*ret |= (uint64_t)b[i] << i * 8;
	return true;
}

static bool is_code(const struct qom *q, uint64_t addr)
{
	enum space_kind k = q->s->kind(q->s, addr);

	return k == SPACE_CODE || k == SPACE_MIXED;
}

static bool code_or_null(const struct qom *q, uint64_t addr)
{
	return !addr || is_code(q, addr);
}

/* ---- TypeInfo ---- */

/*
 * Words of a TypeInfo: name, parent, instance_size, since 5.1 instance_align,
 * instance_init, instance_post_init, instance_finalize, abstract, class_size,
 * class_init, class_base_init, class_data, interfaces.
 */
enum { TYPE_ALIGNED, TYPE_PLAIN, TYPE_SHAPES };

/*
 * Quick, for every word that holds an address.  A name is letters, digits and
 * some signs.
 */
static const char *type_name(struct qom *q, uint64_t addr)
{
	const char *s = text_of(q, addr);

	if (!s)
		return NULL;
	for (const char *p = s; *p; p++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789-_.,:+/@", *p))
			return NULL;
	return s;
}

static bool type_read(struct qom *q, uint64_t at, unsigned shape,
		      struct qom_type *t)
{
	unsigned w = q->s->ptr_size, k = shape == TYPE_ALIGNED ? 4 : 3;
	uint64_t v[13] = { 0 };

	for (unsigned i = 0; i < k + 9; i++)
		if (!(i == k + 3 ? bools : word)(q, at + (uint64_t)i * w, &v[i]))
			return false;
	if (v[2] > MAX_SIZE || (shape == TYPE_ALIGNED && v[3] > 4096) ||
	    !code_or_null(q, v[k]) || !code_or_null(q, v[k + 1]) ||
	    !code_or_null(q, v[k + 2]) || (v[k + 3] & 0xff) > 1 ||
	    v[k + 3] > UINT32_MAX || v[k + 4] > MAX_SIZE ||
	    !code_or_null(q, v[k + 5]) || !code_or_null(q, v[k + 6]) ||
	    (v[k + 8] && (v[k + 8] < 4096 || is_code(q, v[k + 8]))))
		return false;
	/* an alignment is a power of two; without any of the rest it is none */
	if (shape == TYPE_ALIGNED && (v[3] & (v[3] - 1)))
		return false;
	if (!v[2] && !v[k] && !v[k + 4] && !v[k + 5] && !v[k + 8] && !v[k + 3])
		return false;
	*t = (struct qom_type){
		.name = type_name(q, v[0]), .parent = type_name(q, v[1]),
		.instance_init = v[k], .class_init = v[k + 5],
		.class_data = v[k + 7], .size = v[2], .abstract = v[k + 3] & 1,
	};
	return t->name && t->parent;
}

static void type_add(struct qom *q, const struct qom_type *t)
{
	if (q->ntypes >= MAX_TYPES)
		return;
	q->types = grow_array(q->types, &q->types_cap, q->ntypes + 1,
			      sizeof(*q->types));
	q->types[q->ntypes++] = *t;
}

/*
 * VirtioPCIDeviceTypeInfo: base_name, generic_name, transitional_name,
 * non_transitional_name, parent, instance_size, class_size, instance_init,
 * since 6.0 instance_finalize, class_init, interfaces.
 */
static bool proxy_read(struct qom *q, uint64_t at)
{
	unsigned w = q->s->ptr_size;
	uint64_t v[10];
	const char *name[5];
	struct qom_type t = { 0 };
	char base[MAX_NAME + 16];

	for (unsigned i = 0; i < 10; i++)
		if (!word(q, at + (uint64_t)i * w, &v[i]))
			return false;
	if (!v[1] || v[5] < 64 || v[5] > MAX_SIZE || v[6] > MAX_SIZE ||
	    !v[7] || !is_code(q, v[7]) || !code_or_null(q, v[8]))
		return false;
	for (unsigned i = 0; i < 5; i++) {
		name[i] = v[i] ? type_name(q, v[i]) : NULL;
		if (v[i] && !name[i])
			return false;
	}
	t.instance_init = v[7];
	t.size = v[5];
	t.class_init = is_code(q, v[9]) && v[9] ? v[9] : v[8];
	if (!t.class_init || (strncmp(name[1], "virtio", 6) != 0 &&
			      strncmp(name[1], "vhost", 5) != 0))
		return false;
	snprintf(base, sizeof(base), "%s-base-type", name[1]);
	t.name = name[0] ? name[0] : arena_strdup(&q->arena, base);
	t.parent = name[4] ? name[4] : "virtio-pci";
	type_add(q, &t);
	for (unsigned i = 1; i < 4; i++) {
		struct qom_type sub = {
			.name = name[i], .parent = t.name,
			.instance_init = t.instance_init,
		};

		if (name[i])
			type_add(q, &sub);
	}
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct qom_type *x = a, *y = b;

	return strcmp(x->name, y->name);
}

const struct qom_type *qom_find(const struct qom *q, const char *name)
{
	struct qom_type key = { .name = name };

	return q->ntypes ? bsearch(&key, q->types, q->ntypes,
				   sizeof(*q->types), by_name) : NULL;
}

static int by_walked_name(const void *a, const void *b)
{
	const struct qom_type *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	if (c || (c = y->walked - x->walked) || (c = strcmp(x->parent, y->parent)))
		return c;
	return x->class_init < y->class_init ? -1 : x->class_init > y->class_init;
}

static bool is_root(const char *name)
{
	static const char *const roots[] = { "object", "interface", "device" };

	for (size_t k = 0; k < 3; k++)
		if (!strcmp(name, roots[k]))
			return true;
	return false;
}

/*
 * Is one of that name already known to hang below a root?  Of several with one
 * name such a one is the first.
 */
static bool hangs(const struct qom *q, const char *name)
{
	size_t lo = 0, hi = q->ntypes;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(q->types[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < q->ntypes && q->types[lo].walked &&
		!strcmp(q->types[lo].name, name);
}

/*
 * What is below a root is a tree; the rest goes.  That includes look-alikes,
 * which have a true name and, read out of some number, any parent: they must
 * not take the true one's place.
 */
static void keep_tree(struct qom *q)
{
	size_t n = 0;
	bool more = q->ntypes > 0;

	for (unsigned depth = 0; more && depth < MAX_UP; depth++) {
		qsort(q->types, q->ntypes, sizeof(*q->types), by_walked_name);
		more = false;
		for (size_t i = 0; i < q->ntypes; i++) {
			struct qom_type *t = &q->types[i];

			if (t->walked || !(is_root(t->parent) ||
					   hangs(q, t->parent)))
				continue;
			t->walked = more = true;
		}
	}
	for (size_t i = 0; i < q->ntypes; i++)	/* a second one of a name goes */
		if (q->types[i].walked &&
		    (!n || strcmp(q->types[n - 1].name, q->types[i].name)))
			q->types[n++] = q->types[i];
	q->ntypes = n;
	for (size_t i = 0; i < q->ntypes; i++) {
		q->types[i].walked = false;
		q->types[i].up = qom_find(q, q->types[i].parent);
	}
}

/* Its first word may be NULL, and then holds no address. */
static void found_proxy(struct qom *q, uint64_t slot)
{
	if (!proxy_read(q, slot))
		proxy_read(q, slot - q->s->ptr_size);
}

static int find_types(struct qom *q, struct err *err)
{
	size_t best = 0, n;
	unsigned shape = 0;

	for (unsigned i = 0; i <= TYPE_SHAPES; i++) {
		struct elf_walk walk = { 0 };
		unsigned now = i == TYPE_SHAPES ? shape : i;

		q->ntypes = 0;
		while (space_elf_next_pointer(q->elf, &walk)) {
			struct qom_type t;

			if (type_read(q, walk.slot, now, &t))
				type_add(q, &t);
			else if (i == TYPE_SHAPES)
				found_proxy(q, walk.slot);
		}
		keep_tree(q);
		n = q->ntypes;
		if (n > best) {
			best = n;
			shape = now;
		}
	}
	if (!best)
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
			       "no TypeInfo is found in it");
	return 0;
}

bool qom_is_a(const struct qom_type *t, const char *ancestor)
{
	for (unsigned i = 0; t && i < MAX_UP; i++, t = t->up)
		if (!strcmp(t->name, ancestor) || !strcmp(t->parent, ancestor))
			return true;
	return false;
}

/* ---- Property ---- */

/*
 * name, info, offset are the first three words.  The rest moved: 5.2 has
 * bitnr and set_default beside each other, 6.0 put bitmask between them, 10.0
 * put what is small behind the rest and no longer ends a table.
 */
static const struct prop_shape {
	uint8_t size, bitnr, set_default, defval;
	bool counted;
} prop_shapes[] = {
	{ 72, 24, 25, 32, false },
	{ 88, 24, 40, 48, false },
	{ 72, 64, 65, 40, true },
};

#define NPROP_SHAPES (sizeof(prop_shapes) / sizeof(*prop_shapes))

static unsigned info_size(const char *type)
{
	static const struct { const char *name; unsigned size; } sizes[] = {
		{ "bool", 1 }, { "uint8", 1 }, { "uint16", 2 }, { "int32", 4 },
		{ "uint32", 4 }, { "int64", 8 }, { "uint64", 8 },
		{ "size", 8 }, { "size32", 4 },
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		if (!strcmp(type, sizes[i].name))
			return sizes[i].size;
	return 0;
}

/* 1, 0 at the end of a table, -1 if it is no property. */
static int prop_read(struct qom *q, uint64_t at, const struct prop_shape *sh,
		     struct qom_prop *p)
{
	uint64_t name, info, offset, bit, def, text, about;
	const char *d;

	if (q->s->ptr_size != 8 || !word(q, at, &name))
		return -1;
	if (!name)
		return 0;
	if (!word(q, at + 8, &info) || !word(q, at + 16, &offset) ||
	    space_uint(q->s, at + sh->bitnr, 1, &bit) ||
	    space_uint(q->s, at + sh->set_default, 1, &def) ||
	    !word(q, at + sh->defval, &p->value) || def > 1 || bit > 63 ||
	    !info || !word(q, info, &text) || !word(q, info + 8, &about) ||
	    offset + MAX_SIZE > 2 * MAX_SIZE)
		return -1;
	p->name = type_name(q, name);
	/* e1000e fills in its own PropertyInfo when it is run */
	p->type = text ? text_of(q, text) : "?";
	if (!p->name || !p->type)
		return -1;
	d = text_of(q, about);
	p->offset = (int64_t)offset;
	p->has_default = def;
	p->info = info;
	/* since 9.0 a plain bool's info is described so, too: tell_bits() */
	p->bit = !strcmp(p->type, "bool") && d && !strcmp(d, "on/off") ?
		(int)bit : -1;
	if (p->bit < 0 && bit)
		return -1;
	p->size = info_size(p->type);
	return 1;
}

static size_t props_count(struct qom *q, uint64_t at, size_t limit,
			  const struct prop_shape *sh)
{
	struct qom_prop p;
	size_t n = 0;

	while (n < limit && n < MAX_PROPS &&
	       prop_read(q, at + n * sh->size, sh, &p) == 1)
		n++;
	return n;
}

/* ---- what a class_init does ---- */

struct walk {
	struct qom *q;
	struct qom_type *t;
	const struct desc *descs[MAX_DESCS];
	size_t ndescs;
	uint64_t props;
	size_t nprops;		/* 0: up to its end */
	uint64_t *globals;
	size_t nglobals, globals_cap;
	const char *child, *cpu;
	bool is_cpu;
	bool cpus;		/* the last name of a CPU is wanted */
	bool cpus_differ;	/* there was another one before */
	bool too_much;
};

static bool global_read(struct qom *q, uint64_t at, struct global *g)
{
	unsigned w = q->s->ptr_size;
	uint64_t flags;

	if (!bools(q, at + 3 * w, &flags) || flags & ~UINT64_C(0x101))
		return false;
	g->addr = at;
	g->driver = text_of(q, word_of(q, at));
	g->property = text_of(q, word_of(q, at + w));
	g->value = text_of(q, word_of(q, at + 2 * w));
	if (!g->value && g->driver && g->property &&
	    !space_uint(q->s, word_of(q, at + 2 * w), 1, &flags) && !flags)
		g->value = "";
	return g->driver && g->property && g->value;
}

static void met_global(struct walk *w, uint64_t at)
{
	for (size_t i = 0; i < w->nglobals; i++)
		if (w->globals[i] == at)
			return;
	if (w->nglobals >= MAX_GLOBALS) {
		w->too_much = true;
		return;
	}
	w->globals = grow_array(w->globals, &w->globals_cap, w->nglobals + 1,
				sizeof(*w->globals));
	w->globals[w->nglobals++] = at;
}

/* device_class_set_props(class, properties [, count]) */
static bool met_props(struct walk *w, const struct predicate_arg args[4])
{
	struct qom *q = w->q;
	size_t limit = MAX_PROPS, n;

	if (!args[0].object || !args[1].known || args[1].object ||
	    is_code(q, args[1].value) || q->prop_shape >= NPROP_SHAPES)
		return false;
	if (prop_shapes[q->prop_shape].counted)
		limit = args[2].known ? args[2].value : 0;
	n = props_count(q, args[1].value, limit, &prop_shapes[q->prop_shape]);
	if (!n)
		return false;
	w->props = args[1].value;
	w->nprops = n;
	return true;
}

/*
 * The text that a call is given; NULL: none.  The first bytes of an address
 * may look like one.
 */
static const char *text_arg(struct qom *q, const struct predicate_arg *a)
{
	if (!a->known || a->object ||
	    (q->s->pointer && q->s->pointer(q->s, a->value)))
		return NULL;
	return text_of(q, a->value);
}

static enum predicate_call on_call(void *ctx, uint64_t to, bool external,
				   const struct predicate_arg args[4])
{
	struct walk *w = ctx;
	struct qom *q = w->q;
	struct global g;
	const char *type;
	bool about = args[0].object && args[0].known;
	bool global = args[1].known && !args[1].object &&
		global_read(q, args[1].value, &g);

	(void)to;
	/* g_ptr_array_add(compat_props, &props[i]) */
	if (external) {
		if (global)
			met_global(w, args[1].value);
		return CALL_SKIP;
	}
	if (met_props(w, args))
		return CALL_SKIP;
	/* a cast: (object or class, name ...) */
	type = global ? NULL : text_arg(q, &args[1]);
	if (type && qom_find(q, type))
		return CALL_FIRST;
	/* object_class_property_add(class, name ...) and the like */
	if (type)
		return CALL_SKIP;
	/* virtio_instance_init_common(proxy, child, size, type) */
	if (about && args[1].object && args[3].known && !args[3].object &&
	    (type = type_name(q, args[3].value)) && qom_find(q, type) &&
	    !w->child)
		w->child = type;
	/* compat_props_add(), where it is no loop */
	if (global && args[2].known && args[2].value &&
	    args[2].value <= MAX_GLOBALS) {
		for (size_t n = 0; n < args[2].value &&
		     global_read(q, args[1].value + n * 4 * q->s->ptr_size, &g);
		     n++)
			met_global(w, g.addr);
		return CALL_SKIP;
	}
	return about ? CALL_FOLLOW : CALL_OTHER;
}

/* "qemu64-x86_64-cpu", as MachineClass::default_cpu_type is set */
static const char *cpu_name(struct qom *q, uint64_t addr)
{
	const char *s = q->s->kind(q->s, addr) == SPACE_DATA ?
		type_name(q, addr) : NULL;
	size_t n = s ? strlen(s) : 0;

	return n > 4 && !strcmp(s + n - 4, "-cpu") ? s : NULL;
}

/*
 * Since 6.1 a CPU's class has its descriptor in a table of operations,
 * SysemuCPUOps::legacy_vmsd.
 */
static const struct desc *legacy_vmsd(const struct walk *w, uint64_t table)
{
	unsigned size = w->q->s->ptr_size;
	uint64_t v;

	if (!w->is_cpu || w->q->s->kind(w->q->s, table) != SPACE_DATA)
		return NULL;
	for (unsigned i = 0; i < MAX_CPU_OPS; i++) {
		const struct desc *d;

		if (!word(w->q, table + (uint64_t)i * size, &v))
			return NULL;
		d = v ? desc_image_at(w->q->img, v) : NULL;
		if (d)
			return !strcmp(d->name, "cpu") ? d : NULL;
		/* all others are functions */
		if (!code_or_null(w->q, v))
			return NULL;
	}
	return NULL;
}

static void on_store(void *ctx, int64_t offset, unsigned size, uint64_t v)
{
	struct walk *w = ctx;
	const struct desc *d;
	const char *cpu;

	if (offset < 0 || size != w->q->s->ptr_size || !v)
		return;
	cpu = w->cpus ? cpu_name(w->q, v) : NULL;
	w->cpus_differ |= cpu && w->cpu && strcmp(cpu, w->cpu) != 0;
	if (cpu)
		w->cpu = cpu;
	d = desc_image_at(w->q->img, v);
	if (!d)
		d = legacy_vmsd(w, v);
	if (!d)
		return;
	for (size_t i = 0; i < w->ndescs; i++)
		if (w->descs[i] == d)
			return;
	if (w->ndescs < MAX_DESCS)
		w->descs[w->ndescs++] = d;
}

/* Properties of a table that ends as tables of this shape do; else 0. */
static size_t table_score(struct qom *q, const struct predicate_arg args[4],
			  const struct prop_shape *sh)
{
	size_t limit = MAX_PROPS, n;
	struct qom_prop p;

	if (sh->counted)
		limit = args[2].known ? args[2].value : 0;
	n = props_count(q, args[1].value, limit, sh);
	if (sh->counted)
		return n == limit ? n : 0;
	return prop_read(q, args[1].value + n * sh->size, sh, &p) ? 0 : n;
}

/* Which shape the tables of properties have: the one that most parse in. */
static enum predicate_call count_call(void *ctx, uint64_t to, bool external,
				      const struct predicate_arg args[4])
{
	struct walk *w = ctx;
	enum predicate_call how;

	if (args[0].object && args[1].known && !args[1].object &&
	    w->q->s->kind(w->q->s, args[1].value) == SPACE_DATA) {
		size_t *score = (size_t *)(void *)w->t;

		for (unsigned i = 0; i < NPROP_SHAPES; i++)
			score[i] += table_score(w->q, args, &prop_shapes[i]);
	}
	how = on_call(ctx, to, external, args);
	return how;
}

static void find_prop_shape(struct qom *q)
{
	size_t score[NPROP_SHAPES] = { 0 }, best = 0;
	struct walk w = { .q = q, .t = (void *)score };
	struct predicate_watch watch = {
		count_call, on_store, &w, &q->budget,
	};

	q->prop_shape = NPROP_SHAPES;	/* none yet */
	for (size_t i = 0; i < q->ntypes && best < 400; i++) {
		if (!q->types[i].class_init)
			continue;
		predicate_walk(&q->code, q->types[i].class_init,
			       q->types[i].class_data, &watch);
		w.nglobals = 0;
		for (unsigned k = 0; k < NPROP_SHAPES; k++)
			if (score[k] > best) {
				best = score[k];
				q->prop_shape = k;
			}
	}
	free(w.globals);
}

static int by_machine(const void *a, const void *b)
{
	const struct qom_machine *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void keep_machine(struct qom *q, const struct walk *w, bool complete)
{
	struct qom_machine *m = &q->machines[q->nmachines++];
	size_t len = strlen(w->t->name) - strlen("-machine");
	const struct global **v;

	m->name = arena_intern(&q->arena, w->t->name, len);
	m->complete = complete && !w->too_much;
	v = arena_calloc(&q->arena, w->nglobals + 1, sizeof(*v));
	for (size_t i = 0; i < w->nglobals &&
	     q->nglobals_all < MAX_ALL_GLOBALS; i++) {
		struct global *g = arena_calloc(&q->arena, 1, sizeof(*g));
		const struct elf_symbol *sym;

		if (!global_read(q, w->globals[i], g))
			continue;
		sym = space_elf_around(q->elf, g->addr);
		g->array = sym ? sym->name : NULL;
		v[m->nglobals++] = g;
		q->nglobals_all++;
	}
	m->globals = v;
}

static bool is_machine(const struct qom_type *t)
{
	size_t n = strlen(t->name);

	return n > 8 && !strcmp(t->name + n - 8, "-machine") &&
		qom_is_a(t, "machine");
}

static void keep_type(struct qom *q, const struct walk *w)
{
	struct qom_type *t = w->t;
	struct qom_prop *p;

	t->descs = arena_memdup(&q->arena, w->descs,
				w->ndescs * sizeof(*w->descs));
	t->ndescs = w->ndescs;
	if (t->walked || !w->cpus_differ)
		t->cpu = w->cpu;
	if (!w->nprops)
		return;
	p = arena_calloc(&q->arena, w->nprops, sizeof(*p));
	for (size_t i = 0; i < w->nprops; i++)
		prop_read(q, w->props + i * prop_shapes[q->prop_shape].size,
			  &prop_shapes[q->prop_shape], &p[i]);
	t->props = p;
	t->nprops = w->nprops;
}

static void walk_type(struct qom *q, struct qom_type *t)
{
	struct walk w = { .q = q, .t = t, .cpus = qom_is_a(t, "machine"),
			  .is_cpu = qom_is_a(t, "cpu") };
	struct predicate_watch watch = {
		on_call, on_store, &w, &q->budget,
	};

	t->walked = !t->class_init ||
		predicate_walk(&q->code, t->class_init, t->class_data, &watch);
	keep_type(q, &w);
	if (is_machine(t))
		keep_machine(q, &w, t->walked);
	free(w.globals);
	w.globals = NULL;
	w.nglobals = w.globals_cap = 0;
	if (!t->instance_init || strncmp(t->name, "virtio-", 7) != 0)
		return;
	predicate_walk(&q->code, t->instance_init, 0, &watch);
	free(w.globals);
	t->child = w.child;
}

struct bit_infos {
	uint64_t v[16];
	size_t n;
};

static bool bit_info(const struct qom *q, const struct bit_infos *b,
		     const struct qom_prop *p)
{
	const struct elf_symbol *sym = space_elf_at(q->elf, p->info);

	if (sym && !strncmp(sym->name, "qdev_prop_b", 11))
		return strcmp(sym->name, "qdev_prop_bool") != 0;
	for (size_t i = 0; i < b->n; i++)
		if (b->v[i] == p->info)
			return true;
	return false;
}

/* Bytes of the numbers whose bits a PropertyInfo is for; 0: not known. */
static unsigned info_bits_size(const struct qom *q, uint64_t info)
{
	const struct elf_symbol *sym = space_elf_at(q->elf, info);

	if (!sym)
		return 0;
	return !strcmp(sym->name, "qdev_prop_bit") ? 4 :
	       !strcmp(sym->name, "qdev_prop_bit64") ? 8 : 0;
}

/*
 * A bool is a byte, or a bit of a number: the PropertyInfo says which.  One
 * that some property uses for another bit than 0 is that of bits.
 */
static void tell_bits(struct qom *q)
{
	struct bit_infos b = { .n = 0 };

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < q->ntypes; i++) {
			struct qom_prop *v = (void *)q->types[i].props;

			for (size_t k = 0; k < q->types[i].nprops; k++) {
				if (v[k].bit < 0)
					continue;
				if (pass && !bit_info(q, &b, &v[k]))
					v[k].bit = -1;
				else if (pass)
					v[k].size = info_bits_size(q, v[k].info);
				else if (!pass && v[k].bit > 0 && b.n < 16 &&
					 !bit_info(q, &b, &v[k]))
					b.v[b.n++] = v[k].info;
			}
		}
}

/* A machine type's own class_init() comes after those of what it is. */
static void name_cpu(const struct qom *q, struct qom_machine *m)
{
	char name[MAX_NAME + 16];
	const struct qom_type *t;

	snprintf(name, sizeof(name), "%s-machine", m->name);
	t = qom_find(q, name);
	for (unsigned i = 0; t && i < MAX_UP && !m->cpu; i++, t = t->up) {
		m->cpu = t->cpu;
		if (!t->walked)
			break;
	}
}

static const char *symbol(void *ctx, uint64_t addr)
{
	const struct elf_symbol *s = space_elf_at(ctx, addr);

	return s ? s->name : NULL;
}

int qom_open(struct qom **ret, struct desc_image *img, struct err *err)
{
	struct qom *q = calloc(1, sizeof(*q));
	struct space_elf *elf = desc_image_space(img);

	*ret = NULL;
	if (!q)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET, "no memory");
	arena_init(&q->arena);
	q->img = img;
	q->budget = MAX_WALKED;
	q->elf = elf;
	q->s = space_elf_space(elf);
	q->code = (struct predicate_code){
		.space = q->s, .symbol = symbol, .ctx = elf,
		.machine = space_elf_file(elf, 0)->machine,
	};
	if (!predicate_supported(space_elf_file(elf, 0)->machine)) {
		qom_close(q);
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
			       "%s: which machine type sets which property is "
			       "learned from the code of x86-64, aarch64, "
			       "ppc64le and s390x hosts, and this is of another "
			       "one (e_machine %u)",
			       space_elf_file(elf, 0)->path,
			       space_elf_file(elf, 0)->machine);
	}
	if (find_types(q, err) < 0) {
		err_prefix(err, "%s", space_elf_file(elf, 0)->path);
		qom_close(q);
		return -1;
	}
	q->machines = arena_calloc(&q->arena, q->ntypes + 1,
				   sizeof(*q->machines));
	find_prop_shape(q);
	for (size_t i = 0; i < q->ntypes; i++)
		walk_type(q, &q->types[i]);
	tell_bits(q);
	for (size_t i = 0; i < q->nmachines; i++)
		name_cpu(q, &q->machines[i]);
	qsort(q->machines, q->nmachines, sizeof(*q->machines), by_machine);
	*ret = q;
	return 0;
}

void qom_close(struct qom *q)
{
	if (!q)
		return;
	free(q->types);
	arena_release(&q->arena);
	free(q);
}

/* ---- questions ---- */

const struct desc_set *qom_set(const struct qom *q)
{
	return desc_image_set(q->img);
}

const struct elf_file *qom_file(const struct qom *q)
{
	return space_elf_file(q->elf, 0);
}

size_t qom_ntypes(const struct qom *q)
{
	return q->ntypes;
}

const struct qom_type *qom_type(const struct qom *q, size_t i)
{
	return &q->types[i];
}

size_t qom_nmachines(const struct qom *q)
{
	return q->nmachines;
}

const struct qom_machine *qom_machine(const struct qom *q, size_t i)
{
	return &q->machines[i];
}

const struct qom_machine *qom_machine_find(const struct qom *q,
					   const char *name)
{
	struct qom_machine key = { .name = name };

	return bsearch(&key, q->machines, q->nmachines, sizeof(key),
		       by_machine);
}

const struct qom_prop *qom_prop_find(const struct qom_type *t,
				     const char *name)
{
	for (unsigned i = 0; t && i < MAX_UP; i++, t = t->up)
		for (size_t k = 0; k < t->nprops; k++)
			if (!strcmp(t->props[k].name, name))
				return &t->props[k];
	return NULL;
}

size_t qom_descs(const struct qom_type *t, const struct desc *const **ret,
		 bool *known)
{
	bool all = true;
	size_t n = 0;

	*ret = NULL;
	for (unsigned i = 0; t && i < MAX_UP && !n; i++, t = t->up) {
		all &= t->walked;
		n = t->ndescs;
		*ret = t->descs;
	}
	if (known)
		*known = all;
	return n;
}

/* ---- descriptors of another structure than the object ---- */

struct embedded {
	const struct desc *desc;
	uint64_t size;
};

static int by_desc(const void *a, const void *b)
{
	const struct embedded *x = a, *y = b;

	return x->desc < y->desc ? -1 : x->desc > y->desc;
}

/* VMSTATE_STRUCT() and arrays of structures tell the structure's size. */
static bool embeds(const struct desc_field *f)
{
	return f->desc && f->flags & (VMS_STRUCT | VMS_VSTRUCT) &&
		!(f->flags & (VMS_POINTER | VMS_ARRAY_OF_POINTER)) && f->size &&
		f->from_layout >= DESC_FROM_BINARY;
}

static struct embedded *embedded_in(const struct desc_set *set, size_t *n)
{
	struct embedded *v = NULL;
	size_t cap = 0;

	*n = 0;
	for (size_t i = 0; i < set->nitems; i++) {
		const struct desc *d = set->items[i].desc;

		for (size_t k = 0; k < d->nfields; k++) {
			if (!embeds(&d->fields[k]))
				continue;
			v = grow_array(v, &cap, *n + 1, sizeof(*v));
			v[(*n)++] = (struct embedded){
				d->fields[k].desc, d->fields[k].size,
			};
		}
	}
	if (*n)
		qsort(v, *n, sizeof(*v), by_desc);
	return v;
}

/* The one size that all who embed @d give it; 0: nobody does, or they differ. */
static uint64_t embedded_size(const struct embedded *v, size_t n,
			      const struct desc *d)
{
	struct embedded key = { d, 0 }, *e;
	uint64_t size;

	e = n ? bsearch(&key, v, n, sizeof(key), by_desc) : NULL;
	if (!e)
		return 0;
	while (e > v && e[-1].desc == d)
		e--;
	size = e->size;
	for (; e < v + n && e->desc == d; e++)
		if (e->size != size)
			return 0;
	return size;
}

/* Is @t's object, or the beginning that it has from what it is, so large? */
static bool has_size(const struct qom_type *t, uint64_t size)
{
	bool any = false;

	for (unsigned i = 0; t && i < MAX_UP; i++, t = t->up) {
		if (t->size == size)
			return true;
		any |= t->size != 0;
	}
	return !any;
}

size_t qom_foreign(const struct qom *q, struct arena *a,
		   const struct qom_foreign **ret)
{
	const struct desc_set *set = desc_image_set(q->img);
	struct qom_foreign *found = NULL;
	size_t n, count = 0, cap = 0;
	struct embedded *v = embedded_in(set, &n);

	for (size_t i = 0; i < q->ntypes; i++) {
		const struct qom_type *t = &q->types[i];

		for (size_t k = 0; k < t->ndescs; k++) {
			uint64_t size = embedded_size(v, n, t->descs[k]);

			if (!size || has_size(t, size))
				continue;
			found = grow_array(found, &cap, count + 1,
					   sizeof(*found));
			found[count++] = (struct qom_foreign){
				t, t->descs[k], size,
			};
		}
	}
	*ret = arena_memdup(a, found, count * sizeof(*found));
	free(found);
	free(v);
	return count;
}

const struct global *qom_set_by(const struct qom_machine *m,
				const struct qom_type *t,
				const struct qom_type *proxy,
				const char *name)
{
	const struct global *own = NULL, *through = NULL;

	for (size_t i = 0; m && i < m->nglobals; i++) {
		const struct global *g = m->globals[i];

		if (strcmp(g->property, name))
			continue;
		if (qom_is_a(t, g->driver))
			own = g;
		/* a child's property under the same name, unless it has one */
		else if (proxy && qom_is_a(proxy, g->driver) &&
			 !qom_prop_find(proxy, name))
			through = g;
	}
	/* the child is made, and its properties set, first */
	return through ? through : own;
}

bool qom_parse(const struct qom_prop *p, const char *value, uint64_t *ret)
{
	static const char *const yes[] = { "on", "yes", "true", "y" };
	static const char *const no[] = { "off", "no", "false", "n" };
	char *end;

	if (p->bit >= 0 || !strcmp(p->type, "bool")) {
		for (unsigned i = 0; i < 4; i++) {
			*ret = !strcasecmp(value, yes[i]);
			if (*ret || !strcasecmp(value, no[i]))
				return true;
		}
		return false;
	}
	if (!p->size || !*value)
		return false;
	*ret = strtoull(value, &end, 0);
	return !*end;
}

/* The value of @p of @o's type; false: not known. */
static bool value_of(const struct qom_object *o, const struct qom_prop *p,
		     uint64_t *v)
{
	const struct global *g = qom_set_by(o->machine, o->type, o->proxy,
					    p->name);

	if (g)
		return qom_parse(p, g->value, v);
	if (o->machine && !o->machine->complete)
		return false;
	*v = p->value;
	return p->has_default;
}

/*
 * A bit lies in a number of four or eight bytes; only where the lowest come
 * first does it not matter which.
 */
static unsigned bits_size(const struct qom_object *o, const struct qom_prop *p)
{
	return o->big_endian || p->bit < 0 ? p->size : 8;
}

static void put_bits(struct qom_object *o, const struct qom_prop *p, int64_t at,
		     size_t n, uint8_t *out, uint8_t *known)
{
	unsigned size = bits_size(o, p);
	bool met = false;
	uint64_t v;

	if (!size || p->offset + (int64_t)size <= at ||
	    p->offset >= at + (int64_t)n || !value_of(o, p, &v))
		return;
	for (unsigned i = 0; i < size; i++) {
		unsigned from = o->big_endian ? size - 1 - i : i;
		int64_t k = p->offset + from - at;
		uint8_t mask = 0xff, byte = (uint8_t)(v >> i * 8);

		if (p->bit >= 0) {
			mask = (unsigned)p->bit / 8 == i ?
				(uint8_t)(1u << p->bit % 8) : 0;
			byte = v ? mask : 0;
		}
		if (k < 0 || k >= (int64_t)n || !mask)
			continue;
		out[k] = (uint8_t)((out[k] & ~mask) | (byte & mask));
		known[k] |= mask;
		met = true;
	}
	for (unsigned i = 0; met && i < o->nseen; i++)
		met = o->seen[i] != p;
	if (met && o->nseen < sizeof(o->seen) / sizeof(*o->seen))
		o->seen[o->nseen++] = p;
}

void qom_object_read(void *ctx, int64_t offset, size_t n, uint8_t *out,
		     uint8_t *known)
{
	struct qom_object *o = ctx;
	const struct qom_type *t = o->type;

	memset(out, 0, n);
	memset(known, 0, n);
	if (__builtin_add_overflow(offset, o->base, &offset))
		return;
	for (unsigned i = 0; t && i < MAX_UP; i++, t = t->up)
		for (size_t k = 0; k < t->nprops; k++)
			put_bits(o, &t->props[k], offset, n, out, known);
}

enum tri qom_ask(const struct qom *q, struct qom_object *o, uint64_t fn,
		 int version, struct predicate_trace *why)
{
	struct object_memory mem = { .read = qom_object_read, .ctx = o };

	o->nseen = 0;
	o->big_endian = q->s->big_endian;
	return predicate_eval(&q->code, fn, version, &mem, why);
}
