/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "shadow.h"

/* Where predicates find the objects: far from images and from their stack. */
#define OBJECTS UINT64_C(0x2000000000000000)
#define MIDDLE UINT64_C(0x80000000)
#define MAX_TOUCHED 32
#define MAX_OBJECTS (1u << 24)
#define MAX_LINES (1u << 20)	/* 64 MiB of one section */
#define LINE 64
#define MAX_PUT 4096u	/* of one field; predicates do not look into buffers */

struct line {
	uint32_t object;	/* 0: free */
	int64_t number;		/* offset / LINE */
	uint8_t data[LINE], from[LINE];
};

struct shadow {
	struct desc_image *img;
	const struct space *space;
	struct predicate_code code;
	bool can_ask;
	struct line *lines;
	size_t nlines, cap;
	uint32_t nobjects;
	struct shadow_ref touched[MAX_TOUCHED];
	size_t ntouched;	/* more than MAX_TOUCHED: anything may be */
};

static const char *symbol(void *ctx, uint64_t addr)
{
	const struct elf_symbol *sym = space_elf_at(ctx, addr);

	return sym ? sym->name : NULL;
}

struct shadow *shadow_new(struct desc_image *img)
{
	struct shadow *s = calloc(1, sizeof(*s));
	struct space_elf *elf = desc_image_space(img);

	if (!s)
		abort();
	s->img = img;
	s->space = space_elf_space(elf);
	s->code = (struct predicate_code){
		.space = s->space, .symbol = symbol, .ctx = elf,
		.machine = space_elf_file(elf, 0)->machine,
	};
	s->can_ask = predicate_supported(space_elf_file(elf, 0)->machine);
	return s;
}

void shadow_free(struct shadow *s)
{
	if (s)
		free(s->lines);
	free(s);
}

static size_t slot_of(const struct shadow *s, uint32_t object, int64_t number)
{
	uint64_t h = ((uint64_t)object << 32 ^ (uint64_t)number) *
		0x9e3779b97f4a7c15u;
	size_t i = (size_t)(h ^ h >> 29) & (s->cap - 1);

	while (s->lines[i].object && (s->lines[i].object != object ||
				      s->lines[i].number != number))
		i = (i + 1) & (s->cap - 1);
	return i;
}

static void grow(struct shadow *s)
{
	struct shadow bigger = { .cap = s->cap ? s->cap * 2 : 256 };

	bigger.lines = calloc(bigger.cap, sizeof(*bigger.lines));
	if (!bigger.lines)
		abort();
	for (size_t i = 0; i < s->cap; i++) {
		const struct line *l = &s->lines[i];

		if (l->object)
			bigger.lines[slot_of(&bigger, l->object, l->number)] = *l;
	}
	free(s->lines);
	s->lines = bigger.lines;
	s->cap = bigger.cap;
}

/* Offsets may be negative (container_of); a line's number rounds down. */
static int64_t number_of(int64_t offset)
{
	return offset >> 6;
}

static struct line *line_find(const struct shadow *s, uint32_t object,
			      int64_t offset)
{
	struct line *l;

	if (!s->cap)
		return NULL;
	l = &s->lines[slot_of(s, object, number_of(offset))];
	return l->object ? l : NULL;
}

static struct line *line_make(struct shadow *s, uint32_t object,
			      int64_t offset)
{
	struct line *l = line_find(s, object, offset);

	if (l || s->nlines >= MAX_LINES)
		return l;
	if (s->nlines * 2 >= s->cap)
		grow(s);
	l = &s->lines[slot_of(s, object, number_of(offset))];
	l->object = object;
	l->number = number_of(offset);
	s->nlines++;
	return l;
}

struct shadow_ref shadow_object(struct shadow *s)
{
	if (s->nobjects >= MAX_OBJECTS)
		return (struct shadow_ref){ 0 };
	return (struct shadow_ref){ .object = ++s->nobjects };
}

struct shadow_ref shadow_reset(struct shadow *s)
{
	if (s->cap > 4096) {
		free(s->lines);
		s->lines = NULL;
		s->cap = 0;
	} else if (s->nlines) {
		memset(s->lines, 0, s->cap * sizeof(*s->lines));
	}
	s->nlines = 0;
	s->nobjects = 0;
	s->ntouched = 0;
	return shadow_object(s);
}

static uint64_t address_of(struct shadow_ref at)
{
	return OBJECTS + ((uint64_t)at.object << 32) + MIDDLE +
		(uint64_t)at.base;
}

static bool object_at(const struct shadow *s, uint64_t addr, uint32_t *object,
		      int64_t *offset)
{
	addr -= OBJECTS;
	*object = (uint32_t)(addr >> 32);
	*offset = (int64_t)(addr & UINT32_MAX) - (int64_t)MIDDLE;
	return addr >> 32 && addr >> 32 <= s->nobjects;
}

void shadow_put(struct shadow *s, struct shadow_ref at, uint64_t offset,
		const uint8_t *p, size_t n, enum shadow_from from)
{
	int64_t o = (int64_t)((uint64_t)at.base + offset);

	if (!at.object)
		return;
	for (size_t i = 0; i < n && i < MAX_PUT; i++, o++) {
		struct line *l = line_make(s, at.object, o);

		if (!l)
			return;
		if (from < l->from[o & (LINE - 1)])
			continue;
		l->data[o & (LINE - 1)] = p[i];
		l->from[o & (LINE - 1)] = (uint8_t)from;
	}
}

void shadow_put_wire(struct shadow *s, struct shadow_ref at, uint64_t offset,
		     const char *type, const uint8_t *p, size_t n,
		     enum shadow_from from)
{
	uint8_t buf[8];

	if (!type || !at.object)
		return;
	if (!strcmp(type, "buffer")) {
		shadow_put(s, at, offset, p, n, from);
		return;
	}
	/* "uint64_as_uint32", "timer": another size in memory, or elsewhere */
	if ((strncmp(type, "uint", 4) && strncmp(type, "int", 3) &&
	     strcmp(type, "bool")) || strstr(type, "_as_") || n > 8)
		return;
	for (size_t i = 0; i < n; i++)
		buf[s->space->big_endian ? i : n - 1 - i] = p[i];
	if (!strcmp(type, "bool") && n == 1)
		buf[0] = p[0] != 0;	/* so does get_bool(), in C */
	shadow_put(s, at, offset, buf, n, from);
}

/* What is known less surely than @floor is not known. */
static enum shadow_from get(const struct shadow *s, uint32_t object,
			    int64_t o, size_t n, enum shadow_from floor,
			    uint8_t *out, uint8_t *known)
{
	enum shadow_from least = SHADOW_LOADED;

	for (size_t i = 0; i < n; i++, o++) {
		const struct line *l = line_find(s, object, o);
		enum shadow_from from = l ? l->from[o & (LINE - 1)] :
			SHADOW_UNKNOWN;

		if (from < floor)
			from = SHADOW_UNKNOWN;
		out[i] = from ? l->data[o & (LINE - 1)] : 0;
		known[i] = from ? 0xff : 0;
		if (from < least)
			least = from;
	}
	return least;
}

enum shadow_from shadow_uint(const struct shadow *s, struct shadow_ref at,
			     uint64_t offset, unsigned n, uint64_t *ret)
{
	uint8_t buf[8], known[8];
	enum shadow_from from;

	*ret = 0;
	if (!at.object)
		return SHADOW_UNKNOWN;
	from = get(s, at.object, (int64_t)((uint64_t)at.base + offset), n,
		   SHADOW_OWN, buf, known);
	*ret = space_load(s->space, buf, n);
	return from;
}

void shadow_point(struct shadow *s, struct shadow_ref at, uint64_t offset,
		  struct shadow_ref to)
{
	uint8_t buf[8];

	if (!at.object || !to.object || s->space->ptr_size != 8)
		return;
	space_store(s->space, buf, 8, address_of(to));
	shadow_put(s, at, offset, buf, 8, SHADOW_LOADED);
}

struct shadow_ref shadow_follow(struct shadow *s, struct shadow_ref at,
				uint64_t offset)
{
	struct shadow_ref to = { 0 };
	uint64_t addr;

	if (!at.object || s->space->ptr_size != 8)
		return to;
	if (shadow_uint(s, at, offset, 8, &addr) &&
	    object_at(s, addr, &to.object, &to.base))
		return to;
	to = shadow_object(s);
	shadow_point(s, at, offset, to);
	return to;
}

/* ---- predicates ---- */

struct question {
	const struct shadow *s;
	struct shadow_ref at;
	enum shadow_from floor;
};

static void read_object(void *ctx, int64_t offset, size_t n, uint8_t *out,
			uint8_t *known)
{
	struct question *q = ctx;

	get(q->s, q->at.object, q->at.base + offset, n, q->floor, out, known);
}

static void read_abs(void *ctx, uint64_t addr, size_t n, uint8_t *out,
		     uint8_t *known)
{
	struct question *q = ctx;
	uint32_t object;
	int64_t offset;

	if (object_at(q->s, addr, &object, &offset))
		get(q->s, object, offset, n, q->floor, out, known);
}

enum tri shadow_ask(const struct shadow *s, struct shadow_ref at, uint64_t fn,
		    int version, bool supposed, struct predicate_trace *why)
{
	struct question q = {
		s, at, supposed ? SHADOW_SUPPOSED : SHADOW_OWN,
	};
	struct object_memory mem = {
		.read = read_object, .read_abs = read_abs, .ctx = &q,
		.size = at.size,
	};

	memset(why, 0, sizeof(*why));
	if (!s->can_ask || !fn)
		return TRI_UNKNOWN;
	return predicate_eval(&s->code, fn, version, &mem, why);
}

/* An object of which nothing is known but one pointer. */
struct one_pointer {
	const struct space *space;
	int64_t offset;
	uint64_t value;
};

static void read_pointer(void *ctx, int64_t offset, size_t n, uint8_t *out,
			 uint8_t *known)
{
	const struct one_pointer *p = ctx;
	uint8_t buf[8];

	space_store(p->space, buf, p->space->ptr_size, p->value);
	for (size_t i = 0; i < n; i++) {
		int64_t at = offset + (int64_t)i - p->offset;

		if (at < 0 || at >= p->space->ptr_size)
			continue;
		out[i] = buf[at];
		known[i] = 0xff;
	}
}

bool shadow_asks_pointer(const struct shadow *s, uint64_t fn, uint64_t offset)
{
	struct one_pointer p = { s->space, (int64_t)offset, 0 };
	struct object_memory mem = { .read = read_pointer, .ctx = &p };
	struct predicate_trace why;

	if (!s->can_ask || !fn ||
	    predicate_eval(&s->code, fn, 0, &mem, &why) != TRI_NO)
		return false;
	p.value = OBJECTS;
	return predicate_eval(&s->code, fn, 0, &mem, &why) == TRI_YES;
}

void shadow_touched(struct shadow *s, struct shadow_ref at)
{
	if (s->ntouched < MAX_TOUCHED)
		s->touched[s->ntouched] = at;
	if (s->ntouched <= MAX_TOUCHED)
		s->ntouched++;
}

static bool is_touched(const struct shadow *s, uint32_t object, int64_t at)
{
	for (size_t i = 0; i < s->ntouched && i < MAX_TOUCHED; i++) {
		const struct shadow_ref *t = &s->touched[i];

		if (t->object == object && (!t->size || (at >= t->base &&
		    (uint64_t)(at - t->base) < t->size)))
			return true;
	}
	return s->ntouched > MAX_TOUCHED;
}

static void read_untouched(void *ctx, int64_t offset, size_t n, uint8_t *out,
			   uint8_t *known)
{
	struct question *q = ctx;

	read_object(ctx, offset, n, out, known);
	for (size_t i = 0; i < n; i++)
		if (is_touched(q->s, q->at.object, q->at.base + offset +
			       (int64_t)i))
			known[i] = 0;
}

static void read_abs_untouched(void *ctx, uint64_t addr, size_t n, uint8_t *out,
			       uint8_t *known)
{
	struct question *q = ctx;
	uint32_t object;
	int64_t offset;

	if (!object_at(q->s, addr, &object, &offset))
		return;
	get(q->s, object, offset, n, q->floor, out, known);
	for (size_t i = 0; i < n; i++)
		if (is_touched(q->s, object, offset + (int64_t)i))
			known[i] = 0;
}

enum hook_end shadow_hook(const struct shadow *s, struct shadow_ref at,
			  uint64_t fn, bool errp, int version,
			  struct predicate_trace *why, int *ret)
{
	struct question q = { s, at, SHADOW_LOADED };
	struct object_memory mem = {
		.read = read_untouched, .read_abs = read_abs_untouched,
		.ctx = &q, .size = at.size,
	};

	memset(why, 0, sizeof(*why));
	if (!s->can_ask || !fn || !at.object)
		return HOOK_UNKNOWN;
	return predicate_hook(&s->code, fn, errp, version, &mem, why, ret);
}

/* The byte that alone is not known of what was read; NULL. */
static const struct predicate_read *one_unknown(const struct predicate_trace *t)
{
	const struct predicate_read *r = NULL;

	if (t->nreads > PREDICATE_MAX_READS)
		return NULL;
	for (unsigned i = 0; i < t->nreads; i++) {
		if (t->reads[i].known)
			continue;
		if (t->reads[i].size != 1 ||
		    (r && r->offset != t->reads[i].offset))
			return NULL;
		r = &t->reads[i];
	}
	return r;
}

static void set_supposed(struct shadow *s, struct shadow_ref at, int64_t offset,
			 uint8_t v, enum shadow_from from)
{
	int64_t o = at.base + offset;
	struct line *l = line_make(s, at.object, o);

	if (l && l->from[o & (LINE - 1)] <= SHADOW_SUPPOSED) {
		l->data[o & (LINE - 1)] = v;
		l->from[o & (LINE - 1)] = (uint8_t)from;
	}
}

void shadow_suppose(struct shadow *s, struct shadow_ref at, uint64_t fn,
		    int version, bool answer)
{
	struct predicate_trace why;
	const struct predicate_read *r;
	enum tri said[2];
	int64_t offset;

	if (!at.object || shadow_ask(s, at, fn, version, true, &why) ||
	    !(r = one_unknown(&why)))
		return;
	offset = r->offset;
	for (uint8_t v = 0; v < 2; v++) {
		set_supposed(s, at, offset, v, SHADOW_SUPPOSED);
		said[v] = shadow_ask(s, at, fn, version, true, &why);
	}
	if (said[0] && said[1] && said[0] != said[1])
		set_supposed(s, at, offset, said[1] == (answer ? TRI_YES : TRI_NO),
			     SHADOW_SUPPOSED);
	else
		set_supposed(s, at, offset, 0, SHADOW_UNKNOWN);
}
