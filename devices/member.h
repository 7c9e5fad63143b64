/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * member.h - which C structure a descriptor describes, and what member of it
 * a field is.
 *
 * A VMStateField holds offsets and the text of a member expression.  The
 * structure is the one of the descriptor's own unit in which all of them
 * resolve to the right offsets; sizes and counts, the type of the parent, and
 * what its callbacks cast their argument to, decide between several.  What
 * cannot be decided is answered as several.
 */
#ifndef VMSDB_MEMBER_H
#define VMSDB_MEMBER_H

#include "desc-image.h"
#include "dwarf.h"

struct member_map;

/*
 * Read the debug information of the image's files and find the structures of
 * all their descriptors.  An error if there is none for any of them.
 */
int member_map_open(struct member_map **ret, struct desc_image *img,
		    const char *debug_dir, struct err *err);
void member_map_close(struct member_map *map);

/* The executable's own debug information; NULL: it has none. */
struct dwarf *member_dwarf(const struct member_map *map);

/* What could not be read, so that some have no structure; or NULL. */
const char *member_warning(const struct member_map *map);

/* The structures that @d may describe: none, one, or several. */
size_t member_types(struct member_map *map, const struct desc *d,
		    const struct ctype *const **ret);

/*
 * "VirtIOGPU (struct VirtIOGPU)", as far as typedef and tag differ; into @buf
 * of @cap bytes.  Answers @buf.
 */
const char *member_type_name(struct member_map *map, const struct desc *d,
			     const struct ctype *t, char *buf, size_t cap);

/* The descriptor's variable: its declaration's file and line, or NULL. */
const char *member_source(struct member_map *map, const struct desc *d,
			  uint32_t *line);

struct member_place {
	char path[256];		/* "vq[3].vring.num" */
	const struct ctype *type;	/* the member's, as declared */
	uint64_t offset, size;
	uint32_t bit_offset, bit_size;
	const char *file;	/* of its declaration, or NULL */
	uint32_t line;
};

/* The member of @t that the field is, by its name and offset. */
bool member_of_field(const struct ctype *t, const struct desc_field *f,
		     struct member_place *ret);

/* The innermost member of @t at @offset. */
bool member_at(const struct ctype *t, uint64_t offset,
	       struct member_place *ret);

/* "uint32_t", "struct foo *", "uint8_t [6]" into @buf. */
const char *ctype_print(const struct ctype *t, char *buf, size_t cap);

#endif
