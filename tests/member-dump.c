/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * member-dump - print the structure of every descriptor and the member of
 * every field, one JSON object per line.  For check-members.py.
 *
 * usage: member-dump EMULATOR [DEBUG-DIR]
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../devices/member.h"

/* Fields that are no member of anything do not count. */
static size_t count_fields(const struct desc *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->nfields; i++) {
		const struct desc_field *f = &d->fields[i];

		n += !(f->flags & VMS_MUST_EXIST) &&
		     !(f->type && (!strcmp(f->type, "unused_buffer") ||
				   !strcmp(f->type, "tmp")));
	}
	return n;
}

static void print_desc(struct member_map *map, const struct desc *d)
{
	const struct ctype *const *types;
	size_t n = member_types(map, d, &types), members = 0;
	struct member_place at;
	uint32_t line = 0;
	const char *file = member_source(map, d, &line);
	char buf[256], type[256];

	printf("{\"name\":\"%s\",\"symbol\":\"%s\",\"file\":\"%s\",\"line\":%u,\"types\":[",
	       d->name, d->symbol ? d->symbol : "", file ? file : "", line);
	for (size_t i = 0; i < n; i++)
		printf("%s\"%s\"", i ? "," : "",
		       member_type_name(map, d, types[i], buf, sizeof(buf)));
	printf("],\"nfields\":%zu,\"members\":[", count_fields(d));
	for (size_t i = 0; n && i < d->nfields; i++) {
		if (!member_of_field(types[0], &d->fields[i], &at))
			continue;
		printf("%s[\"%s\",\"%s\",\"%s\",%" PRIu64 ",%u]",
		       members++ ? "," : "", d->fields[i].name, at.path,
		       ctype_print(at.type, type,
				   sizeof(type)), at.offset, at.line);
	}
	printf("]}\n");
}

int main(int argc, char **argv)
{
	const struct desc_set *set;
	struct desc_image *img;
	struct member_map *map;
	struct err err = { 0 };

	if (argc < 2 || argc > 3)
		return 2;
	if (desc_image_open(&img, argv[1], NULL, &err) ||
	    member_map_open(&map, img, argv[2], &err)) {
		fprintf(stderr, "member-dump: %s: %s\n", argv[1], err.msg);
		return 1;
	}
	set = desc_image_set(img);
	for (size_t i = 0; i < set->nitems; i++)
		print_desc(map, set->items[i].desc);
	member_map_close(map);
	desc_image_close(img);
	return 0;
}
