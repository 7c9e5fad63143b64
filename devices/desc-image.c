/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desc-image.h"

#define MAX_NAME 512
#define MAX_WARNINGS 64
#define MAX_DESCS (1u << 20)
#define MAX_FIELDS 1500000u	/* of all descriptors together */
#define MAX_SEARCHED 512	/* fields of one that are compared with each other */
#define MAX_STAMP 128

/* One descriptor while it is being read. */
struct node {
	struct desc *desc;
	uint64_t addr;
	struct shape_desc raw;
	uint32_t unfolded;	/* fields below it, nested ones included */
	uint16_t height;
	enum { FRESH, OPEN, DONE } state;
	bool sure;		/* has fields or subsections that parse */
	bool bare;		/* no field, no subsection: weak evidence */
	bool referenced;
	bool dropped;
};

struct desc_image {
	struct arena arena;
	struct space_elf *elf;
	struct shape shape;
	struct desc_set set;
	struct node *nodes;
	size_t nnodes, nodes_cap;
	uint32_t *by_addr;	/* hash: address -> node + 1 */
	size_t by_addr_cap;
	size_t budget;		/* entries of lists that may still be looked at */
	size_t nfields;
	const char *warnings[MAX_WARNINGS];
	size_t nwarnings;
	/* the space and bias that descriptors are being read through */
	const struct space *s;
	uint64_t bias;
};

static void warn(struct desc_image *img, const char *msg)
{
	if (img->nwarnings < MAX_WARNINGS)
		img->warnings[img->nwarnings++] = msg;
}

/* ---- nodes ---- */

static uint32_t *addr_slot(const struct desc_image *img, uint64_t addr)
{
	size_t mask = img->by_addr_cap - 1;
	size_t i = (size_t)(addr * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask;

	while (img->by_addr[i] && img->nodes[img->by_addr[i] - 1].addr != addr)
		i = (i + 1) & mask;
	return &img->by_addr[i];
}

static struct node *node_find(const struct desc_image *img, uint64_t addr)
{
	uint32_t n = img->by_addr_cap ? *addr_slot(img, addr) : 0;

	return n ? &img->nodes[n - 1] : NULL;
}

/* The same for an address that a descriptor being read refers to. */
static struct node *node_below(const struct desc_image *img, uint64_t addr)
{
	struct node *n = node_find(img, addr);

	return n || !img->bias ? n : node_find(img, addr - img->bias);
}

static void nodes_rehash(struct desc_image *img)
{
	size_t cap = 0, want = img->by_addr_cap ? img->by_addr_cap * 2 : 4096;

	free(img->by_addr);
	img->by_addr = grow_array(NULL, &cap, want, sizeof(*img->by_addr));
	memset(img->by_addr, 0, want * sizeof(*img->by_addr));
	img->by_addr_cap = want;
	for (size_t i = 0; i < img->nnodes; i++)
		*addr_slot(img, img->nodes[i].addr) = (uint32_t)i + 1;
}

static void node_add(struct desc_image *img, const struct node *n)
{
	if (img->nnodes * 2 >= img->by_addr_cap)
		nodes_rehash(img);
	img->nodes = grow_array(img->nodes, &img->nodes_cap, img->nnodes + 1,
				sizeof(*img->nodes));
	img->nodes[img->nnodes++] = *n;
	*addr_slot(img, n->addr) = (uint32_t)img->nnodes;
}

/* Add the descriptor at @addr, if it is one and new. */
static void node_try(struct desc_image *img, uint64_t addr, bool referenced)
{
	struct node n = { .addr = addr, .referenced = referenced };
	struct node *old = node_below(img, addr);
	int64_t nfields = 0, nsubs = 0;

	if (old) {
		old->referenced |= referenced;
		return;
	}
	if (img->nnodes >= MAX_DESCS ||
	    !shape_read_desc(&img->shape, img->s, addr, &n.raw))
		return;
	if (n.raw.v[VMSD_FIELDS])
		nfields = shape_count_fields(&img->shape, img->s,
					     n.raw.v[VMSD_FIELDS],
					     &img->budget);
	if (n.raw.v[VMSD_SUBSECTIONS])
		nsubs = shape_count_subs(&img->shape, img->s,
					 n.raw.v[VMSD_SUBSECTIONS],
					 &img->budget);
	if (nfields < 0 || nsubs < 0)
		return;
	n.sure = nfields > 0 || nsubs > 0;
	n.bare = !n.sure;
	/* stubs/ has an all-zero one that acpi-ged refers to */
	if (!n.raw.v[VMSD_NAME] && !n.sure && !referenced)
		return;
	img->nfields += (size_t)nfields + (size_t)nsubs;
	if (img->nfields > MAX_FIELDS) {
		img->budget = 0;
		return;
	}
	n.desc = arena_calloc(&img->arena, 1, sizeof(*n.desc));
	n.desc->addr = addr;
	n.desc->nfields = (size_t)nfields;
	n.desc->nsubs = (size_t)nsubs;
	node_add(img, &n);
}

/* ---- reading one ---- */

static const char *text_at(struct desc_image *img, uint64_t addr)
{
	char buf[MAX_NAME];
	int n = space_text(img->s, addr, buf, sizeof(buf));

	return n < 0 ? "" : arena_intern(&img->arena, buf, (size_t)n);
}

/* The symbol of the function at @addr, or NULL. */
static const char *symbol_of(struct desc_image *img, uint64_t addr)
{
	const struct elf_symbol *sym;

	sym = addr ? space_elf_at(img->elf, addr - img->bias) : NULL;
	return sym ? sym->name : NULL;
}

/* The name of an info of another file; its contents are in none of ours. */
static const char *info_name(struct desc_image *img, uint64_t addr)
{
	uint64_t name;

	if (!addr || space_uint(img->s, addr, img->s->ptr_size, &name) || !name)
		return NULL;
	return text_at(img, name);
}

static bool has_keys(struct desc_image *img, const struct shape_field *raw)
{
	const char *type = info_name(img, raw->v[FIELD_INFO]);

	return raw->v[FIELD_START] && type && !strcmp(type, "gtree");
}

static const char *wire_type(struct desc_image *img,
			     const struct shape_field *raw, uint32_t flags)
{
	if (flags & VMS_STRUCT)
		return "struct";
	if (flags & VMS_VSTRUCT)
		return "vstruct";
	return info_name(img, raw->v[FIELD_INFO]);
}

static const struct desc *nested(struct desc_image *img, uint64_t addr)
{
	struct node *n = addr ? node_below(img, addr) : NULL;

	return n ? n->desc : NULL;
}

static int32_t as_int(uint64_t v)
{
	return (int32_t)(uint32_t)v;
}

static unsigned count_size(uint32_t flags)
{
	if (flags & VMS_VARRAY_UINT8)
		return 1;
	if (flags & VMS_VARRAY_UINT16)
		return 2;
	return 4;
}

/*
 * 11.1 has two ints for the one size_t: the offset, and how many bytes the
 * count has there.
 */
static uint64_t split_offset(const struct desc_image *img, uint64_t v,
			     struct desc_field *f)
{
	uint32_t first = (uint32_t)v, second = (uint32_t)(v >> 32);

	if (!v || img->s->ptr_size != 8 ||
	    img->shape.field.off[FIELD_ERR_HINT] != SHAPE_ABSENT)
		return v;
	if (img->s->big_endian) {
		first = second;
		second = (uint32_t)v;
	}
	if (second == 1 || second == 2 || second == 4 || second == 8)
		f->count_size = (uint8_t)second;
	return second <= 8 ? first : v;
}

static void read_field(struct desc_image *img, const struct shape_field *raw,
		       struct desc_field *f)
{
	const uint64_t *v = raw->v;

	f->name = text_at(img, v[FIELD_NAME]);
	f->flags = shape_flags(&img->shape, (uint32_t)v[FIELD_FLAGS]);
	f->type = wire_type(img, raw, f->flags);
	f->desc = nested(img, v[FIELD_VMSD]);
	f->exists = v[FIELD_EXISTS] ? EXISTS_PREDICATE : EXISTS_BY_VERSION;
	f->version = as_int(v[FIELD_VERSION]);
	f->struct_version = as_int(v[FIELD_STRUCT_VERSION]);
	f->size = v[FIELD_SIZE];
	f->offset = v[FIELD_OFFSET];
	f->count_size = f->flags & VMS_VARRAY ? (uint8_t)count_size(f->flags) : 4;
	f->num_offset = split_offset(img, v[FIELD_NUM_OFFSET], f);
	f->size_offset = split_offset(img, v[FIELD_SIZE_OFFSET], f);
	f->start = v[FIELD_START];
	f->num = f->flags & VMS_ARRAY ? as_int(v[FIELD_NUM]) : 1;
	if (f->flags & VMS_MULTIPLY)
		f->multiplier = (uint32_t)v[FIELD_SIZE];
	else if (f->flags & VMS_MULTIPLY_ELEMENTS)
		f->multiplier = (uint32_t)v[FIELD_NUM];
	f->exists_fn = v[FIELD_EXISTS];
	f->exists_name = symbol_of(img, f->exists_fn);
	f->from_type = f->from_exists = f->from_version = f->from_size =
		f->from_num = f->from_layout = f->from_desc =
		(uint8_t)img->set.from;
	if (f->flags & VMS_VARRAY)
		f->from_num = DESC_FROM_NOBODY;
	if (v[FIELD_VMSD] && !f->desc)
		f->from_desc = DESC_FROM_NOBODY;
	/*
	 * A tree's values come first in an array of two; its keys, where
	 * they are not plain pointers, second.
	 */
	if (has_keys(img, raw))
		f->key_desc = nested(img, v[FIELD_VMSD] + img->shape.desc.size);
}

/* The field of @d that holds what is at @offset of the object, or NULL. */
static const char *field_at(const struct desc *d, uint64_t offset,
			    unsigned size)
{
	for (size_t i = 0; i < d->nfields && i < MAX_SEARCHED; i++) {
		const struct desc_field *f = &d->fields[i];

		if (f->offset == offset && f->size == size && f->type &&
		    !f->desc && !(f->flags & (VMS_POINTER | VMS_ARRAY |
					      VMS_VARRAY | VMS_VBUFFER)))
			return f->name;
	}
	return NULL;
}

static void find_counts(const struct desc *d, struct desc_field *fields)
{
	size_t looked = 0;

	for (size_t i = 0; i < d->nfields; i++) {
		struct desc_field *f = &fields[i];

		if (!(f->flags & (VMS_VARRAY | VMS_VBUFFER)) ||
		    looked++ > MAX_SEARCHED)
			continue;
		f->count_field = f->flags & VMS_VARRAY ?
			field_at(d, f->num_offset, f->count_size) :
			field_at(d, f->size_offset, f->count_size);
		f->from_count = f->count_field ? (uint8_t)f->from_layout :
						 DESC_FROM_NOBODY;
	}
}

static void read_fields(struct desc_image *img, struct node *n)
{
	struct desc *d = n->desc;
	struct desc_field *fields;
	struct shape_field raw;

	fields = arena_calloc(&img->arena, d->nfields, sizeof(*fields));
	for (size_t i = 0; i < d->nfields; i++)
		if (shape_read_field(&img->shape, img->s,
				     n->raw.v[VMSD_FIELDS], i, &raw) == 1)
			read_field(img, &raw, &fields[i]);
	d->fields = fields;
	if (d->nfields <= MAX_SEARCHED)
		desc_number_names(fields, d->nfields);
	find_counts(d, fields);
}

static void read_subs(struct desc_image *img, struct node *n)
{
	const struct desc **subs;
	size_t k = 0;

	subs = arena_calloc(&img->arena, n->desc->nsubs, sizeof(*subs));
	for (size_t i = 0; i < n->desc->nsubs; i++) {
		uint64_t sub;

		if (space_uint(img->s, n->raw.v[VMSD_SUBSECTIONS] +
			       i * img->s->ptr_size, img->s->ptr_size, &sub))
			break;
		if (nested(img, sub))
			subs[k++] = nested(img, sub);
	}
	n->desc->all_subs = k == n->desc->nsubs;
	n->desc->nsubs = k;
	n->desc->subs = subs;
}

static void read_node(struct desc_image *img, struct node *n)
{
	const uint64_t *v = n->raw.v;
	struct desc *d = n->desc;

	d->name = v[VMSD_NAME] ? text_at(img, v[VMSD_NAME]) : "";
	d->version = as_int(v[VMSD_VERSION]);
	d->min_version = as_int(v[VMSD_MIN]);
	d->min_old = as_int(v[VMSD_MIN_OLD]);
	d->unmigratable = n->raw.unmigratable;
	d->early_setup = n->raw.early_setup;
	d->all_fields = true;
	d->from = d->from_version = d->from_min = (uint8_t)img->set.from;
	d->needed_fn = v[VMSD_NEEDED];
	d->pre_load_fn = v[VMSD_PRE_LOAD] ? v[VMSD_PRE_LOAD] :
					    v[VMSD_PRE_LOAD_ERRP];
	d->post_load_fn = v[VMSD_POST_LOAD] ? v[VMSD_POST_LOAD] :
					      v[VMSD_POST_LOAD_ERRP];
	d->pre_save_fn = v[VMSD_PRE_SAVE] ? v[VMSD_PRE_SAVE] :
					    v[VMSD_PRE_SAVE_ERRP];
	d->load_state_old_fn = v[VMSD_LOAD_OLD];
	d->needed_name = symbol_of(img, d->needed_fn);
	d->post_load_errp = !v[VMSD_POST_LOAD] && d->post_load_fn;
	d->post_load_name = symbol_of(img, d->post_load_fn);
	d->pre_load_name = symbol_of(img, d->pre_load_fn);
	d->pre_save_name = symbol_of(img, d->pre_save_fn);
	d->symbol = symbol_of(img, d->addr);
	read_fields(img, n);
	read_subs(img, n);
}

/* ---- finding all of them ---- */

/* Add what the descriptors from @first on refer to, and so on. */
static void follow_links(struct desc_image *img, size_t first)
{
	for (size_t i = first; i < img->nnodes; i++) {
		struct shape_desc raw = img->nodes[i].raw;
		size_t nfields = img->nodes[i].desc->nfields;
		size_t nsubs = img->nodes[i].desc->nsubs;
		struct shape_field f;
		uint64_t sub;

		for (size_t k = 0; k < nfields; k++) {
			if (shape_read_field(&img->shape, img->s,
					     raw.v[VMSD_FIELDS], k, &f) != 1 ||
			    !f.v[FIELD_VMSD])
				continue;
			node_try(img, f.v[FIELD_VMSD], true);
			if (has_keys(img, &f))
				node_try(img, f.v[FIELD_VMSD] +
					 img->shape.desc.size, true);
		}
		for (size_t k = 0; k < nsubs; k++)
			if (!space_uint(img->s, raw.v[VMSD_SUBSECTIONS] +
					k * img->s->ptr_size,
					img->s->ptr_size, &sub))
				node_try(img, sub, true);
	}
}

/*
 * How the compiler aligned descriptors: the largest power of two that nearly
 * all that are beyond doubt lie on (an array's second element need not).
 */
static uint64_t usual_alignment(const struct desc_image *img)
{
	for (uint64_t align = 64; align > 4; align /= 2) {
		size_t on = 0, off = 0;

		for (size_t i = 0; i < img->nnodes; i++) {
			if (!img->nodes[i].sure)
				continue;
			if (img->nodes[i].addr % align)
				off++;
			else
				on++;
		}
		if (off * 20 <= on)
			return align;
	}
	return 4;
}

/*
 * The last entry of a QemuOptsList has another one before it, which begins with
 * a name.  A single character is none, but perhaps code: where one segment has
 * code and texts, any function may look like that.
 */
static bool follows_option(const struct desc_image *img, const struct node *n)
{
	uint64_t v, before = n->addr - 4u * img->s->ptr_size;
	char name[256];

	return !space_uint(img->s, before, img->s->ptr_size, &v) && v &&
	       (!img->s->pointer || img->s->pointer(img->s, before)) &&
	       shape_is_text(img->s, v) &&
	       space_text(img->s, v, name, sizeof(name)) != 1;
}

/* An empty list: all zero up to 8.2, which is not much of a sign. */
static bool ends_list(struct desc_image *img, uint64_t addr)
{
	struct shape_field f;

	return addr && !shape_read_field(&img->shape, img->s, addr, 0, &f) &&
	       f.v[FIELD_FLAGS] == img->shape.end_flag;
}

/*
 * A descriptor with a name and nothing else ("unmigratable") looks like many
 * things: the last entry of a QemuOptsList, TCG's helpers.  Believe it where a
 * symbol says so or another descriptor refers to it, and otherwise only where
 * a compiler would have put it.
 */
static bool bare_is_real(struct desc_image *img, const struct node *n,
			 uint64_t align)
{
	const struct elf_file *file = space_elf_file_of(img->elf, n->addr);
	const struct elf_symbol *sym = space_elf_at(img->elf, n->addr);

	if (n->referenced)
		return true;
	if (sym && sym->object)
		return sym->size && sym->size % img->shape.desc.size == 0;
	if ((file && file->has_symtab) || follows_option(img, n))
		return false;
	return n->addr % align == 0 &&
	       (ends_list(img, n->raw.v[VMSD_FIELDS]) ||
		(n->raw.unmigratable && !n->raw.v[VMSD_FIELDS] &&
		 n->raw.v[VMSD_VERSION] < 1000 && n->raw.v[VMSD_MIN] < 1000));
}

static void drop_false(struct desc_image *img)
{
	uint64_t align = usual_alignment(img);

	for (size_t i = 0; i < img->nnodes; i++) {
		struct node *n = &img->nodes[i];

		if (n->bare && !bare_is_real(img, n, align))
			n->dropped = true;
	}
}

/*
 * eepro100's descriptor has no name until run time, so no string leads to it:
 * look from the lists of fields instead.
 */
static void find_nameless(struct desc_image *img)
{
	unsigned off = img->shape.desc.off[VMSD_FIELDS];
	unsigned ptr = img->s->ptr_size;
	int back = (int)(off / ptr);
	/* where the name would be, and the unmigratable word */
	struct elf_walk walk = {
		.numbers = { -back, 1 - back }, .nnumbers = 2,
	};
	struct shape_field f;
	const uint8_t *p;

	while ((p = space_elf_next_pointer(img->elf, &walk))) {
		uint64_t slot = walk.slot;

		/* many slots, few that follow zeros */
		if (walk.before < off || space_load(img->s, p - off, ptr) ||
		    space_load(img->s, p - off + ptr, 4) & ~UINT64_C(0x01010101) ||
		    node_find(img, slot - off))
			continue;
		if (shape_read_field(&img->shape, img->s,
				     space_load(img->s, p, ptr), 0, &f) == 1)
			node_try(img, slot - off, false);
	}
}

static int find_all(struct desc_image *img, const uint64_t *at, size_t n,
		    struct err *err)
{
	for (size_t i = 0; i < n; i++)
		node_try(img, at[i], false);
	find_nameless(img);
	follow_links(img, 0);
	if (!img->budget)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
			       "too much in it that looks like lists of fields");
	drop_false(img);
	for (size_t i = 0; i < img->nnodes; i++)
		read_node(img, &img->nodes[i]);
	return 0;
}

/* ---- cycles ---- */

/* A link from a descriptor to the one below: a field's, or a subsection. */
struct walk {
	uint32_t node;
	uint32_t next;		/* field number, then nfields + subsection */
};

static void cut_field(struct desc_image *img, struct node *n,
		      struct desc_field *f, const struct desc **link)
{
	char *msg = arena_printf(&img->arena,
		"descriptor %s: field %s holds its own descriptor again, or too many: left out below there",
		n->desc->name, f->name);

	warn(img, msg);
	*link = NULL;
	f->from_desc = DESC_FROM_NOBODY;
}

static void cut_sub(struct desc_image *img, struct node *n, size_t i)
{
	const struct desc **subs = (const struct desc **)n->desc->subs;

	warn(img, arena_printf(&img->arena,
		"descriptor %s: subsection %s holds its own parent, or too many: left out",
		n->desc->name, subs[i]->name));
	memmove(&subs[i], &subs[i + 1],
		(n->desc->nsubs - i - 1) * sizeof(*subs));
	n->desc->nsubs--;
	n->desc->all_subs = false;
}

/* May @n have @below below it?  Adds it up if so. */
static bool link_ok(struct node *n, const struct node *below)
{
	if (below->state == OPEN || below->dropped ||
	    below->height + 1 >= DESC_IMAGE_MAX_DEPTH ||
	    n->unfolded + below->unfolded > DESC_IMAGE_MAX_UNFOLDED)
		return false;
	n->unfolded += below->unfolded + 1;
	if (n->height <= below->height)
		n->height = (uint16_t)(below->height + 1);
	return true;
}

static const struct desc **link_of(struct node *n, uint32_t i)
{
	struct desc_field *fields = (struct desc_field *)n->desc->fields;
	size_t nfields = n->desc->nfields;

	if (i < nfields)
		return &fields[i].desc;
	if (i < 2 * nfields)
		return &fields[i - nfields].key_desc;
	if (i - 2 * nfields < n->desc->nsubs)
		return (const struct desc **)&n->desc->subs[i - 2 * nfields];
	return NULL;
}

static void cut_link(struct desc_image *img, struct node *n, uint32_t i)
{
	struct desc_field *fields = (struct desc_field *)n->desc->fields;
	size_t nfields = n->desc->nfields;

	if (i < 2 * nfields)
		cut_field(img, n, &fields[i % nfields], link_of(n, i));
	else
		cut_sub(img, n, i - 2 * nfields);
}

/* Visit everything below @root depth first, without recursion. */
static void cut_below(struct desc_image *img, size_t root)
{
	struct walk *stack = NULL;
	size_t depth = 0, cap = 0;

	stack = grow_array(stack, &cap, 1, sizeof(*stack));
	stack[depth++] = (struct walk){ .node = (uint32_t)root };
	img->nodes[root].state = OPEN;
	img->nodes[root].unfolded = (uint32_t)img->nodes[root].desc->nfields;
	while (depth) {
		struct walk *w = &stack[depth - 1];
		struct node *n = &img->nodes[w->node], *below;
		const struct desc **link = link_of(n, w->next);

		if (!link) {
			n->state = DONE;
			depth--;
			continue;
		}
		below = *link ? node_find(img, (*link)->addr) : NULL;
		if (!below) {
			w->next++;
		} else if (below->state == FRESH) {
			below->state = OPEN;
			below->unfolded = (uint32_t)below->desc->nfields;
			stack = grow_array(stack, &cap, depth + 1,
					   sizeof(*stack));
			stack[depth++] = (struct walk){
				.node = (uint32_t)(below - img->nodes),
			};
		} else if (link_ok(n, below)) {
			w->next++;
		} else {
			cut_link(img, n, w->next);
			if (w->next < 2 * n->desc->nfields)
				w->next++;
		}
	}
	free(stack);
}

static void cut_cycles(struct desc_image *img, size_t first)
{
	for (size_t i = first; i < img->nnodes; i++)
		if (img->nodes[i].state == FRESH)
			cut_below(img, i);
}

/* ---- modules ---- */

/* memmem(), where @what has a rare byte: memchr() is ten times as fast. */
static const uint8_t *find_rare(const uint8_t *p, uint64_t len,
				const char *what)
{
	size_t n = strlen(what), rare = strcspn(what, "qQ");
	const uint8_t *end = p + len, *hit;

	if (rare == n || len < n)
		return memmem(p, len, what, n);
	for (p += rare; (hit = memchr(p, what[rare], (size_t)(end - p)));
	     p = hit + 1)
		if ((size_t)(end - hit) >= n - rare &&
		    !memcmp(hit - rare, what, n))
			return hit - rare;
	return NULL;
}

/* Find @what in what the emulator cannot write; returns where, or NULL. */
static const uint8_t *constant_find(const struct desc_image *img,
				    const char *what, unsigned *segment,
				    const uint8_t *after, uint64_t *left)
{
	const uint8_t *p, *hit;
	uint64_t addr, len;

	while ((p = space_elf_constants(img->elf, *segment, &addr, &len))) {
		uint64_t skip = after ? (uint64_t)(after - p) : 0;

		hit = find_rare(p + skip, len - skip, what);
		if (hit) {
			*left = len - (uint64_t)(hit - p);
			return hit;
		}
		after = NULL;
		++*segment;
	}
	return NULL;
}

/*
 * Modules of one build carry a function of one name, qemu_stamp_HASH; the
 * emulator has the name as a string.  An emulator without it has no modules.
 */
static bool find_stamp(const struct desc_image *img, char *stamp, size_t cap)
{
	unsigned segment = 0;
	uint64_t left;
	const uint8_t *p = constant_find(img, "qemu_stamp_", &segment, NULL,
					 &left);
	size_t n;

	if (!p)
		return false;
	n = strnlen((const char *)p, left < cap ? left : cap);
	if (n >= cap || n >= left)
		return false;
	memcpy(stamp, p, n + 1);
	return true;
}

/* A module that this emulator may load (struct QemuModinfo). */
static bool in_modinfo(struct desc_image *img, const char *file)
{
	const struct elf_symbol *sym = space_elf_find(img->elf, "qemu_modinfo");
	unsigned n = img->s->ptr_size;
	char name[256];
	uint64_t ptr;

	if (!sym)
		return true;
	for (uint64_t i = 0; i < 4096; i++) {
		if (space_uint(img->s, sym->addr + i * 5 * n, n, &ptr) || !ptr)
			return false;
		if (space_text(img->s, ptr, name, sizeof(name)) > 0 &&
		    strlen(file) == strlen(name) + 3 &&
		    !strncmp(file, name, strlen(name)))
			return true;
	}
	return false;
}

struct module_dir {
	size_t same, other, broken;	/* modules of this build, of others */
	const char *why;	/* the last broken one */
};

/* Devices are in hw-*.so; audio, user interfaces and the like have none. */
static int is_module(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 6 && !strncmp(e->d_name, "hw-", 3) && !strcmp(e->d_name + n - 3, ".so");
}

/* Add the modules of @dir that are of this build. */
static void add_modules(struct desc_image *img, const char *dir,
			const char *stamp, struct module_dir *ret)
{
	struct dirent **names;
	int n = scandir(dir, &names, is_module, alphasort);

	memset(ret, 0, sizeof(*ret));
	for (int i = 0; i < n; i++) {
		struct err err = { 0 };
		char *path = arena_printf(&img->arena, "%s/%s", dir,
					  names[i]->d_name);
		int got = 0;

		if (in_modinfo(img, names[i]->d_name)) {
			got = space_elf_add(img->elf, path, stamp, &err);
			if (!got)
				ret->same++;
			else if (got > 0)
				ret->other++;
			else
				ret->broken++;
		}
		if (got < 0)
			ret->why = arena_printf(&img->arena, "%s: %s", path,
						err.msg);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

/* The directories of one look for modules. */
struct search {
	struct desc_image *img;
	const char *stamp;
	const char *home;	/* the emulator's own directory */
	bool found;
	const char *refused;	/* a directory with other builds' modules */
	size_t nrefused;
};

static void search_dir(struct search *se, const char *dir)
{
	struct module_dir m;

	if (se->found)
		return;
	add_modules(se->img, dir, se->stamp, &m);
	se->found = m.same > 0;
	if (m.broken)
		warn(se->img, arena_printf(&se->img->arena,
			"%zu of the modules in %s cannot be read: %s",
			m.broken, dir, m.why));
	if (!m.same && m.other) {
		se->refused = arena_strdup(&se->img->arena, dir);
		se->nrefused = m.other;
	}
}

/*
 * CONFIG_QEMU_MODDIR is among the strings: every absolute path that ends in
 * "/qemu" may be it.  As the emulator does, look first where it would be
 * relative to the emulator itself if CONFIG_BINDIR is /PREFIX/bin.
 */
static void search_moddir(struct search *se, bool relocated)
{
	struct desc_image *img = se->img;
	const uint8_t *p = NULL;
	unsigned segment = 0;
	uint64_t left;

	for (unsigned k = 0; k < 64 && !se->found; k++) {
		static const char end[] = "/qemu";
		const uint8_t *s;
		const char *rest;
		size_t n = 0;

		p = constant_find(img, end, &segment, p ? p + 1 : NULL, &left);
		if (!p)
			return;
		if (left <= strlen(end) || p[strlen(end)])
			continue;
		/* back to the string's first byte; a NUL lies before it */
		for (s = p; n < 256 && s[0] >= 0x20 && s[0] < 0x7f; n++) {
			uint64_t addr, len;
			const uint8_t *start = space_elf_constants(img->elf,
				segment, &addr, &len);

			if (s == start)
				break;
			s--;
		}
		if (*s)
			continue;
		s++;
		if (*s != '/' || !(rest = strstr((const char *)s, "/lib")))
			continue;
		search_dir(se, relocated ?
			   arena_printf(&img->arena, "%s/..%s", se->home, rest) :
			   (const char *)s);
	}
}

static void search_siblings(struct search *se)
{
	struct arena *a = &se->img->arena;
	struct dirent **names;
	int n;

	search_dir(se, arena_printf(a, "%s/../lib/qemu", se->home));
	search_dir(se, arena_printf(a, "%s/../lib64/qemu", se->home));
	n = scandir(arena_printf(a, "%s/../lib", se->home), &names, NULL,
		    alphasort);
	for (int i = 0; i < n; i++) {
		if (strchr(names[i]->d_name, '-'))
			search_dir(se, arena_printf(a, "%s/../lib/%s/qemu",
						    se->home,
						    names[i]->d_name));
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	search_dir(se, se->home);	/* a build tree */
}

/* The devices whose modules are known to exist and were not found. */
static void warn_missing(struct desc_image *img, const struct search *se)
{
	const struct elf_symbol *sym = space_elf_find(img->elf, "qemu_modinfo");
	unsigned n = img->s->ptr_size;
	char list[400] = "", name[256];
	size_t len = 0, count = 0;
	uint64_t ptr;

	for (uint64_t i = 0; sym && i < 4096; i++) {
		bool have = false;

		if (space_uint(img->s, sym->addr + i * 5 * n, n, &ptr) || !ptr)
			break;
		if (space_text(img->s, ptr, name, sizeof(name)) <= 0 ||
		    strncmp(name, "hw-", 3))
			continue;
		for (unsigned k = 1; space_elf_file(img->elf, k); k++) {
			const char *path = space_elf_file(img->elf, k)->path;
			const char *base = strrchr(path, '/');

			base = base ? base + 1 : path;
			if (strlen(base) == strlen(name) + 3 &&
			    !strncmp(base, name, strlen(name)))
				have = true;
		}
		if (have)
			continue;
		count++;
		if (len + strlen(name) + 3 < sizeof(list))
			len += (size_t)snprintf(list + len, sizeof(list) - len,
						"%s%s", len ? ", " : "", name);
	}
	if (se->refused && !se->found)
		warn(img, arena_printf(&img->arena,
			"%zu modules in %s are from another build and were not read",
			se->nrefused, se->refused));
	if (count)
		warn(img, arena_printf(&img->arena,
			"the devices of %zu modules are missing: %s", count,
			list));
	else if (!sym && !se->found && se->refused)
		warn(img, "devices in modules are missing");
}

static void add_module_files(struct desc_image *img, const char *const *files,
			     const char *stamp)
{
	for (; *files; files++) {
		struct err err = { 0 };

		if (space_elf_add(img->elf, *files, stamp, &err) < 0)
			warn(img, arena_printf(&img->arena, "%s: %s", *files,
					       err.msg));
	}
}

static int open_modules(struct desc_image *img,
			const struct desc_image_opts *opts, struct err *err)
{
	char stamp[MAX_STAMP];
	struct search se = { .img = img, .stamp = stamp };
	const char *path = space_elf_file(img->elf, 0)->path;
	char *real, *slash;

	if (!find_stamp(img, stamp, sizeof(stamp)))
		return 0;
	if (opts->module_files) {
		add_module_files(img, opts->module_files, stamp);
	} else if (opts->modules) {
		search_dir(&se, opts->modules);
	} else if (!opts->no_modules) {
		real = realpath(path, NULL);
		se.home = arena_strdup(&img->arena, real ? real : path);
		free(real);
		slash = strrchr(se.home, '/');
		if (slash)
			*slash = '\0';
		else
			se.home = ".";
		if (getenv("QEMU_MODULE_DIR"))
			search_dir(&se, getenv("QEMU_MODULE_DIR"));
		search_siblings(&se);
		search_moddir(&se, true);
		search_moddir(&se, false);
	}
	if (space_elf_relocate(img->elf, err))
		return -1;
	/* a process lacks those modules that it has not needed */
	if (!opts->module_files)
		warn_missing(img, &se);
	return 0;
}

/* ---- the whole ---- */

static size_t find_candidates(const struct desc_image *img, uint64_t **ret)
{
	unsigned ptr = img->s->ptr_size;
	size_t n = 0, cap = 0;
	/* the unmigratable word and minimum_version_id are none */
	struct elf_walk walk = {
		.numbers = { 1, ptr == 8 ? 2 : 3 }, .nnumbers = 2,
	};
	const uint8_t *p;

	*ret = NULL;
	while ((p = space_elf_next_pointer(img->elf, &walk))) {
		/* shape_maybe() in short: no bits but those of two bools */
		if (walk.after < ptr + 4 ||
		    space_load(img->s, p + ptr, 4) & ~UINT64_C(0x01010101) ||
		    !shape_maybe(img->s, walk.slot))
			continue;
		*ret = grow_array(*ret, &cap, n + 1, sizeof(**ret));
		(*ret)[n++] = walk.slot;
	}
	return n;
}

static int by_item_addr(const void *a, const void *b)
{
	const struct desc_item *x = a, *y = b;

	return x->desc->addr < y->desc->addr ? -1 :
	       x->desc->addr > y->desc->addr;
}

static void make_set(struct desc_image *img, const char *path)
{
	struct desc_item *items;
	size_t n = 0;

	items = arena_calloc(&img->arena, img->nnodes, sizeof(*items));
	for (size_t i = 0; i < img->nnodes; i++) {
		const struct desc *d = img->nodes[i].desc;

		if (img->nodes[i].dropped)
			continue;
		items[n].key = d->symbol ? d->symbol : d->name;
		items[n].desc = d;
		items[n].version = d->version;
		items[n].min_version = d->min_version;
		n++;
	}
	qsort(items, n, sizeof(*items), by_item_addr);
	img->set.path = arena_strdup(&img->arena, path);
	img->set.items = items;
	img->set.nitems = n;
}

static int image_read(struct desc_image *img, const char *path,
		      const struct desc_image_opts *opts, struct err *err)
{
	uint64_t *at = NULL;
	size_t n;
	int ret;

	if (space_elf_open(&img->elf, path, err) ||
	    space_elf_relocate(img->elf, err))
		return -1;
	img->s = space_elf_space(img->elf);
	if (open_modules(img, opts, err))
		return -1;
	n = find_candidates(img, &at);
	ret = shape_detect(&img->shape, img->s, at, n, NULL, err);
	if (!ret)
		ret = find_all(img, at, n, err);
	free(at);
	if (ret)
		return -1;
	cut_cycles(img, 0);
	make_set(img, path);
	return 0;
}

int desc_image_open(struct desc_image **ret, const char *path,
		    const struct desc_image_opts *opts, struct err *err)
{
	static const struct desc_image_opts none;
	struct desc_image *img = calloc(1, sizeof(*img));

	if (!img)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET, "out of memory");
	arena_init(&img->arena);
	img->set.from = DESC_FROM_BINARY;
	img->budget = 4u << 20;
	if (image_read(img, path, opts ? opts : &none, err)) {
		desc_image_close(img);
		return -1;
	}
	*ret = img;
	return 0;
}

void desc_image_close(struct desc_image *img)
{
	if (!img)
		return;
	space_elf_close(img->elf);
	free(img->nodes);
	free(img->by_addr);
	arena_release(&img->arena);
	free(img);
}

const struct desc_set *desc_image_set(const struct desc_image *img)
{
	return &img->set;
}

size_t desc_image_nwarnings(const struct desc_image *img)
{
	return img->nwarnings;
}

const char *desc_image_warning(const struct desc_image *img, size_t i)
{
	assert(i < img->nwarnings);
	return img->warnings[i];
}

const struct shape *desc_image_shape(const struct desc_image *img)
{
	return &img->shape;
}

struct space_elf *desc_image_space(struct desc_image *img)
{
	return img->elf;
}

int desc_image_release(const struct desc_image *img)
{
	/* softmmu/vl.c, version(): one string, whatever the package adds */
	static const char text[] = "QEMU emulator version ";
	unsigned segment = 0, major = 0, minor = 0;
	uint64_t left;
	const uint8_t *p = constant_find(img, text, &segment, NULL, &left);
	char buf[32];
	size_t n;

	if (!p)
		return 0;
	left -= strlen(text);
	n = left < sizeof(buf) - 1 ? left : sizeof(buf) - 1;
	memcpy(buf, p + strlen(text), n);
	buf[n] = '\0';
	if (sscanf(buf, "%3u.%2u", &major, &minor) != 2)
		return 0;
	return (int)(major * 100 + minor);
}

const struct desc *desc_image_at(const struct desc_image *img, uint64_t addr)
{
	struct node *n = node_find(img, addr);

	return n && !n->dropped ? n->desc : NULL;
}

const struct desc *desc_image_read(struct desc_image *img,
				   const struct space *s, uint64_t addr,
				   uint64_t bias, struct err *err)
{
	const struct space *old = img->s;
	const struct desc *d = desc_image_at(img, addr - bias);
	size_t first = img->nnodes;

	if (d)
		return d;
	img->s = s;
	img->bias = bias;
	img->set.from = DESC_FROM_PROCESS;
	node_try(img, addr, true);
	follow_links(img, first);
	for (size_t i = first; i < img->nnodes; i++)
		read_node(img, &img->nodes[i]);
	cut_cycles(img, first);
	img->s = old;
	img->bias = 0;
	img->set.from = DESC_FROM_BINARY;
	d = desc_image_at(img, addr);
	if (!d)
		err_set(err, ERR_FORMAT, addr,
			"no descriptor at 0x%" PRIx64, addr);
	return d;
}
