/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "../devices/member.h"
#include "members.h"

/* The descriptors of events are copies: back to the image's own. */
static const struct desc_field *own_field(const struct desc *d,
					  const struct desc_field *f)
{
	for (size_t i = 0; d && i < d->nfields; i++) {
		if (d->fields[i].offset == f->offset &&
		    d->fields[i].dup == f->dup &&
		    !strcmp(d->fields[i].name, f->name))
			return &d->fields[i];
	}
	return NULL;
}

static bool describe(struct analysis *a, struct member_map *map,
		     const struct desc *d, const struct desc_field *f,
		     struct side *s)
{
	const struct ctype *const *types;
	struct member_place at;
	char name[256], type[256];
	uint32_t line = 0;
	const char *file;

	if (!member_types(map, d, &types) ||
	    !member_of_field(map, d, types[0], f, &at))
		return false;
	s->member = arena_printf(&a->arena, "%s.%s: %s at +0x%" PRIx64,
		member_type_name(map, d, types[0], name, sizeof(name)),
		at.path, ctype_print(member_dwarf(map), at.type, type,
				     sizeof(type)), at.offset);
	file = at.file;
	line = at.line;
	if (!file)
		file = member_source(map, d, &line);
	if (file)
		s->declared = arena_printf(&a->arena, "%s:%" PRIu32, file, line);
	return true;
}

/* The image's field for what the event @e is about. */
static const struct desc_field *field_of(struct desc_image *img,
					 const struct event *e,
					 const struct desc **d)
{
	const struct desc_set *set = desc_image_set(img);
	const struct desc_field *f;

	*d = e->desc->addr ? desc_image_at(img, e->desc->addr) : NULL;
	if (*d)
		return own_field(*d, e->field);
	/* a description has names only: all of its that fit must be one */
	for (size_t i = 0; i < set->nitems; i++) {
		if (strcmp(set->items[i].desc->name, e->desc->name))
			continue;
		f = desc_find_field(set->items[i].desc, e->field->name);
		if (!f)
			continue;
		if (*d)
			return NULL;
		*d = set->items[i].desc;
	}
	return *d ? desc_find_field(*d, e->field->name) : NULL;
}

static bool names_field(const struct event *e)
{
	return e->kind == EV_FIELD && e->desc && e->field;
}

static size_t members_of(struct analysis *a, struct desc_image *img,
			 const struct timeline *t, const char *debug_dir,
			 bool source)
{
	struct member_map *map;
	struct err err;
	size_t n = 0;

	if (!img || !t || !a->ndivergences ||
	    member_map_open(&map, img, debug_dir, &err) < 0)
		return 0;
	for (size_t i = 0; i < a->ndivergences; i++) {
		struct side *s = source ? &a->divergences[i].source :
			&a->divergences[i].destination;
		const struct desc_field *f;
		const struct desc *d;
		uint32_t e = s->event;

		while (s->there && e < t->n && !names_field(&t->events[e]))
			e = t->events[e].parent;
		if (!s->there || e >= t->n)
			continue;
		f = field_of(img, &t->events[e], &d);
		n += f && describe(a, map, d, f, s);
	}
	member_map_close(map);
	return n;
}

size_t members_of_destination(struct analysis *a, struct desc_image *img,
			      const struct timeline *t, const char *debug_dir)
{
	return members_of(a, img, t, debug_dir, false);
}

size_t members_of_source(struct analysis *a, struct desc_image *img,
			 const struct timeline *t, const char *debug_dir)
{
	return members_of(a, img, t, debug_dir, true);
}
