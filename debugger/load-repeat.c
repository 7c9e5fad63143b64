/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What makes a load fast.  The loader asks the same about an info's name for
 * every element: that is worked out once for each name.  And a device with a
 * thousand queues has a thousand equal structures, of which nothing but the
 * place differs: those are not read again, their events are copied.
 */
#include <string.h>

#include "load-impl.h"

/* "uint32 equal", "int32 le": the value is compared with the destination's. */
static bool must_equal(const char *type)
{
	size_t n = strlen(type);

	return n > 6 && (!strcmp(type + n - 6, " equal") ||
			 !strcmp(type, "int32 le"));
}

/*
 * Names live as long as the accounts, so their addresses tell them apart; the
 * same name at two addresses is worked out twice.
 */
static struct load_type classify(const char *type)
{
	struct load_type t = { .name = type };

	if (!type)
		return t;
	t.fixed = desc_type_size(type);
	t.null = desc_type_is_null(type);
	t.structure = !strcmp(type, "struct") || !strcmp(type, "vstruct");
	t.must_equal = must_equal(type);
	t.plain = !t.null && (t.fixed || !strcmp(type, "buffer") ||
			      !strcmp(type, "unused_buffer"));
	if (!t.plain && !t.structure)
		t.codec = codec_find(type);
	return t;
}

const struct load_type *load_type(struct load *l, const char *type)
{
	size_t slot = ((uintptr_t)type >> 4) %
		(sizeof(l->types) / sizeof(l->types[0]));
	struct load_type *t = &l->types[slot];

	if (!type || t->name != type)
		*t = classify(type);
	return t;
}

/* ---- a load of which only the values count ---- */

void load_thin_out(struct load *l, uint32_t section)
{
	struct timeline *t = l->t;
	uint32_t to = section + 1;

	if (section == EVENT_NONE || t->events[section].outcome != OUT_LOADED)
		return;
	for (uint32_t i = to; i < t->n; i++) {
		const struct load_type *type = load_type(l, t->events[i].type);
		struct event *e;

		if (t->events[i].kind != EV_FIELD ||
		    (!type->codec && !type->must_equal))
			continue;
		e = &t->events[to++];
		*e = t->events[i];
		e->parent = section;
		e->depth = (uint8_t)(t->events[section].depth + 1);
		e->end = to;
	}
	t->n = to;
	t->events[section].end = to;
}

/* ---- equal structures in a row ---- */

/* Does this field read the same number of bytes whatever they are? */
static bool is_steady(struct load *l, const struct desc_field *f)
{
	const struct load_type *t = load_type(l, f->type);

	return f->exists == EXISTS_BY_VERSION && !f->desc && !f->nelem_descs &&
		t->plain && !t->must_equal &&
		!(f->flags & (VMS_VARRAY | VMS_VBUFFER | VMS_MUST_EXIST |
			      VMS_ARRAY_OF_POINTER));
}

bool load_is_steady(struct load *l, const struct desc *d)
{
	/* values that somebody keeps, or asks about, are looked at one by one */
	if (l->shadow || l->o->nassumptions || judge_hooked(l, d))
		return false;
	for (size_t i = 0; i < d->nfields; i++) {
		if (!is_steady(l, &d->fields[i]))
			return false;
	}
	return true;
}

static bool all_is_well(const struct load *l, uint32_t from)
{
	for (uint32_t i = from; i < l->t->n; i++) {
		const struct event *e = &l->t->events[i];

		if (e->outcome != (e->kind == EV_PROBE ? OUT_GOOD : OUT_LOADED))
			return false;
	}
	return from < l->t->n;
}

static void copy_block(struct load *l, uint32_t from, uint32_t n, uint64_t len,
		       uint32_t elem)
{
	struct timeline *t = l->t;

	t->events = grow_array(t->events, &t->cap, (size_t)t->n + n,
			       sizeof(*t->events));
	memcpy(&t->events[t->n], &t->events[from], n * sizeof(*t->events));
	for (struct event *e = &t->events[t->n]; e < &t->events[t->n + n]; e++) {
		e->off += len;
		e->end += n;
		if (e->parent >= from)
			e->parent += n;
	}
	t->events[t->n].elem = elem;
	t->n += n;
	l->c.pos += len;
}

uint64_t load_repeat(struct load *l, uint32_t from, uint64_t len,
		     uint64_t elem, uint64_t most)
{
	uint32_t n = l->t->n - from;
	uint64_t k = 0;

	if (!len || !all_is_well(l, from))
		return 0;
	/* behind the last one, a subsection is looked for */
	while (k < most && (uint64_t)l->t->n + n <= l->max_events) {
		int after = cursor_left(&l->c) < len ? -1 :
			cursor_peek(&l->c, len);

		if (after < 0 || after == SECTION_SUBSECTION)
			break;
		copy_block(l, l->t->n - n, n, len, (uint32_t)(elem + k));
		k++;
	}
	if (k && l->peeked < l->c.pos + 1)
		l->peeked = l->c.pos + 1;
	return k;
}
