/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dwarf-units.h - the units of debug information, without libdwarf.
 *
 * A unit's header tells its length, kind and, where it can be found by one,
 * its signature; DIEs are not looked at.  Units come from several objects: the
 * file itself, dwz's common file, and each .dwo file, or what a package
 * (.dwp) keeps of one: an index says which slice of each section that is.
 *
 * DWARF 5, 7.5.1 and 7.3.5; of DWARF 4's GNU extensions (types in
 * .debug_types, packages of version 2) the layout is GCC's and binutils'.
 */
#ifndef VMSDB_DWARF_UNITS_H
#define VMSDB_DWARF_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../stream/err.h"
#include "debug-file.h"

/* A reference: object, offset, and which of the two sections with DIEs. */
#define REF_TYPES (UINT64_C(1) << 63)	/* .debug_types */
#define REF_SHIFT 40
#define REF_OFFSET ((UINT64_C(1) << REF_SHIFT) - 1)
#define REF_OBJECT(n) ((uint64_t)(n) << REF_SHIFT)

#define DWARF_MAX_OBJECTS (1u << 20)
#define DWARF_MAX_UNITS (1u << 21)

enum { OBJECT_MAIN, OBJECT_ALT, OBJECT_SPLIT };	/* the first of many */

static inline unsigned ref_object(uint64_t ref)
{
	return (unsigned)((ref & ~REF_TYPES) >> REF_SHIFT);
}

/* Sections that belong together. */
struct dwarf_object {
	const char *path;
	struct debug_section sections[8];
	unsigned nsections;
	uint8_t *joined[2];	/* info and types of several slices, or NULL */
	uint8_t ptr_size;
	bool big_endian, split;
};

enum unit_kind {
	UNIT_COMPILE,		/* or partial, before DWARF 5 */
	UNIT_PARTIAL, UNIT_TYPE, UNIT_SKELETON, UNIT_SPLIT,
};

struct dwarf_unit {
	uint64_t start, die, end;	/* references: header, first DIE, end */
	uint64_t id;		/* .dwo id (DWARF 5), or type's signature */
	uint64_t type;		/* UNIT_TYPE: where the type is */
	uint64_t skeleton;	/* split: its skeleton's DIE; else 0 */
	uint64_t addr_base;	/* split: of its addresses in .debug_addr */
	uint8_t version, offset_size, kind;
};

/*
 * Stretches of the main and the common file's .debug_info: libdwarf, which
 * goes through a section's units one by one to find an offset, is shown one at
 * a time.
 */
#define UNITS_PER_WINDOW 64

struct unit_windows {
	uint64_t *starts;	/* offsets, ascending */
	size_t n, cap;
	uint64_t end;		/* of the last */
};

struct dwarf_units {
	struct dwarf_object *objects;
	size_t nobjects, objects_cap;
	struct dwarf_unit *units;	/* by .start, once sorted */
	size_t nunits, units_cap;
	struct unit_sig { uint64_t sig, type; } *sigs;	/* by .sig */
	size_t nsigs, sigs_cap;
	struct unit_windows windows[OBJECT_SPLIT];
};

void dwarf_units_release(struct dwarf_units *du);

/* Add what is in @f, which has to live on.  Answers the object's number. */
int dwarf_units_add_file(struct dwarf_units *du, const struct debug_file *f,
			 struct err *err);

/* Read the headers of an object's units. */
int dwarf_units_read(struct dwarf_units *du, unsigned object, struct err *err);

/* After the last has been read; what follows works from then on. */
void dwarf_units_sort(struct dwarf_units *du);

/* The unit that @ref lies in, or NULL. */
struct dwarf_unit *dwarf_units_of(const struct dwarf_units *du, uint64_t ref);

/* The type of that signature; 0: there is none. */
uint64_t dwarf_units_type(const struct dwarf_units *du, uint64_t sig);

/* The window that @offset lies in; false if in none. */
bool dwarf_window_of(const struct unit_windows *w, uint64_t offset, size_t *ret);

/* The section ".debug_NAME" of an object, split or not, or NULL. */
const struct debug_section *dwarf_object_section(const struct dwarf_object *o,
						 const char *name);

/* ---- packages ---- */

struct dwp_row {
	uint64_t id;		/* of the unit, or its type's signature */
	bool types;		/* of .debug_tu_index */
	struct { uint32_t off, len; } info, abbrev, line, str_offsets;
	uint64_t group;		/* what came from one .dwo file has one */
};

/*
 * Read the indexes of a package: rows sorted by group, then place.  To be
 * freed.
 */
int dwp_read(const struct debug_file *f, struct dwp_row **ret, size_t *n,
	     struct err *err);

/* Add the object that @n rows of one group are. */
int dwarf_units_add_rows(struct dwarf_units *du, const struct debug_file *f,
			 const struct dwp_row *rows, size_t n,
			 struct err *err);

#endif
