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

size_t analysis_members(struct analysis *a, const struct destination *dest,
			const struct timeline *load, const char *debug_dir)
{
	struct member_map *map;
	struct err err;
	size_t n = 0;

	if (!dest->image || !a->ndivergences ||
	    member_map_open(&map, dest->image, debug_dir, &err) < 0)
		return 0;
	for (size_t i = 0; i < a->ndivergences; i++) {
		struct side *s = &a->divergences[i].destination;
		const struct desc *d;
		const struct desc_field *f;
		uint32_t e = s->event;

		if (!s->there)
			continue;
		while (e < load->n && load->events[e].parent != EVENT_NONE &&
		       (load->events[e].kind != EV_FIELD ||
			!load->events[e].desc || !load->events[e].desc->addr))
			e = load->events[e].parent;
		if (e >= load->n || load->events[e].kind != EV_FIELD)
			continue;
		d = desc_image_at(dest->image, load->events[e].desc->addr);
		f = own_field(d, load->events[e].field);
		n += f && describe(a, map, d, f, s);
	}
	member_map_close(map);
	return n;
}
