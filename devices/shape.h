/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shape.h - where the members of VMStateDescription, VMStateField and
 * VMStateInfo lie in one build of the emulator.
 *
 * They have moved over QEMU's life and nothing in a stripped binary says how.
 * Debug information tells; without it every known layout is tried on what may
 * be descriptors.  A wrong one hardly ever parses, except where a release
 * only swapped members of one size: so what parses is also asked whether it
 * makes sense (a count offset belongs to a variable array, a subsection has a
 * needed()).  A layout that cannot be told is an error, never a guess.
 */
#ifndef VMSDB_SHAPE_H
#define VMSDB_SHAPE_H

#include "../stream/err.h"
#include "space.h"

/*
 * X(enumerator, C name, kind): t text, i int, u the unmigratable word (an int,
 * since 8.0 two bools), z size_t, f function, p pointer to data.
 */
#define VMSD_MEMBERS(X) \
	X(VMSD_NAME,		"name",			't') \
	X(VMSD_UNMIGRATABLE,	"unmigratable",		'u') \
	X(VMSD_VERSION,		"version_id",		'i') \
	X(VMSD_MIN,		"minimum_version_id",	'i') \
	X(VMSD_MIN_OLD,		"minimum_version_id_old", 'i') \
	X(VMSD_PRIORITY,	"priority",		'i') \
	X(VMSD_LOAD_OLD,	"load_state_old",	'f') \
	X(VMSD_PRE_LOAD,	"pre_load",		'f') \
	X(VMSD_PRE_LOAD_ERRP,	"pre_load_errp",	'f') \
	X(VMSD_POST_LOAD,	"post_load",		'f') \
	X(VMSD_POST_LOAD_ERRP,	"post_load_errp",	'f') \
	X(VMSD_PRE_SAVE,	"pre_save",		'f') \
	X(VMSD_PRE_SAVE_ERRP,	"pre_save_errp",	'f') \
	X(VMSD_POST_SAVE,	"post_save",		'f') \
	X(VMSD_NEEDED,		"needed",		'f') \
	X(VMSD_UNPLUG,		"dev_unplug_pending",	'f') \
	X(VMSD_FIELDS,		"fields",		'p') \
	X(VMSD_SUBSECTIONS,	"subsections",		'p')

#define FIELD_MEMBERS(X) \
	X(FIELD_NAME,		"name",			't') \
	X(FIELD_ERR_HINT,	"err_hint",		't') \
	X(FIELD_OFFSET,		"offset",		'z') \
	X(FIELD_SIZE,		"size",			'z') \
	X(FIELD_START,		"start",		'z') \
	X(FIELD_NUM,		"num",			'i') \
	X(FIELD_NUM_OFFSET,	"num_offset",		'z') \
	X(FIELD_SIZE_OFFSET,	"size_offset",		'z') \
	X(FIELD_INFO,		"info",			'p') \
	X(FIELD_FLAGS,		"flags",		'i') \
	X(FIELD_VMSD,		"vmsd",			'p') \
	X(FIELD_VERSION,	"version_id",		'i') \
	X(FIELD_STRUCT_VERSION,	"struct_version_id",	'i') \
	X(FIELD_EXISTS,		"field_exists",		'f')

#define SHAPE_ENUM(id, name, kind) id,
enum vmsd_member { VMSD_MEMBERS(SHAPE_ENUM) VMSD_NMEMBERS };
enum field_member { FIELD_MEMBERS(SHAPE_ENUM) FIELD_NMEMBERS };
#undef SHAPE_ENUM

#define SHAPE_MAX_MEMBERS VMSD_NMEMBERS
#define SHAPE_ABSENT UINT16_MAX
#define SHAPE_MAX_SIZE 512

/* Of one structure. */
struct layout {
	const char *name;	/* "7.0": the first release that had it */
	uint16_t size;
	uint16_t off[SHAPE_MAX_MEMBERS];	/* SHAPE_ABSENT: it has none */
	/* A bit for each word that is one, and no other. */
	uint64_t numbers, data, functions;
};

struct shape {
	struct layout desc, field;
	/*
	 * The bit that ends a list of fields: 0 before 8.2, where the last
	 * entry is all zero.
	 */
	uint32_t end_flag;
	bool from_dwarf;
	size_t parsed;		/* descriptors that spoke for it ... */
	size_t odd;		/* ... and things that are odd in them */
};

/* The members of one object by enumerator; absent ones are 0. */
struct shape_desc {
	uint64_t addr, v[VMSD_NMEMBERS];
	bool unmigratable, early_setup;
};

struct shape_field {
	uint64_t addr, v[FIELD_NMEMBERS];
};

/*
 * Find the layouts that fit what may be descriptors at @at[0 .. n).  @known
 * (from debug information) is checked instead of all others if not NULL.
 */
int shape_detect(struct shape *ret, const struct space *s, const uint64_t *at,
		 size_t n, const struct shape *known, struct err *err);

/*
 * Can what is at @addr be a descriptor in any layout?  Quick; the bytes up to
 * minimum_version_id have always been where they are.
 */
bool shape_maybe(const struct space *s, uint64_t addr);

/* Read what is at @addr: false if it cannot be a descriptor. */
bool shape_read_desc(const struct shape *sh, const struct space *s,
		     uint64_t addr, struct shape_desc *ret);

/* Is there a string at @addr that people could have written as a name? */
bool shape_is_text(const struct space *s, uint64_t addr);

/*
 * Read entry @i of the list of fields at @addr: 1, 0 at the list's end, -1 if
 * it cannot be a field.
 */
int shape_read_field(const struct shape *sh, const struct space *s,
		     uint64_t addr, size_t i, struct shape_field *ret);

/*
 * Fields in the list at @addr, or -1 if it is none.  *@budget is counted down
 * by the entries read; nothing is read when it is used up.
 */
int64_t shape_count_fields(const struct shape *sh, const struct space *s,
			   uint64_t addr, size_t *budget);

/* Descriptors in the list of subsections at @addr, or -1. */
int64_t shape_count_subs(const struct shape *sh, const struct space *s,
			 uint64_t addr, size_t *budget);

/* Flags as QEMU <= 10.0 has them. */
uint32_t shape_flags(const struct shape *sh, uint32_t flags);

#endif
