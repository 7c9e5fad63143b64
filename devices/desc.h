/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * desc.h - one model of a VMStateDescription, whoever told of it.
 *
 * A stream's device description, a -dump-vmstate, an emulator's binary and a
 * live process each know some attributes and not others.  Every attribute
 * therefore says where it came from, and DESC_FROM_NOBODY means that it is not
 * known: nobody may read a value whose origin is that.  Descriptors live in
 * the arena of the account that made them and are read-only once returned.
 *
 * Names and values follow include/migration/vmstate.h of QEMU; flags have the
 * bit values of QEMU <= 10.0 whatever the emulator's own are.
 */
#ifndef VMSDB_DESC_H
#define VMSDB_DESC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../stream/arena.h"

enum desc_from {
	DESC_FROM_NOBODY,	/* not known */
	DESC_FROM_GUESS,	/* inferred (from a size, a name); says so everywhere */
	DESC_FROM_SOURCE,	/* borrowed from what the source wrote */
	DESC_FROM_KNOWN,	/* a fact of QEMU's source, kept in our tables */
	DESC_FROM_REFERENCE,	/* the destination's own stream */
	DESC_FROM_DUMP,		/* its -dump-vmstate */
	DESC_FROM_BINARY,	/* its ELF image */
	DESC_FROM_PROCESS,	/* its memory, live or in a core */
};

/* "reference stream", "dump", ... for people. */
const char *desc_from_name(enum desc_from from);

enum vms_flag {
	VMS_SINGLE		= 0x001,
	VMS_POINTER		= 0x002,
	VMS_ARRAY		= 0x004,
	VMS_STRUCT		= 0x008,
	VMS_VARRAY_INT32	= 0x010,
	VMS_BUFFER		= 0x020,
	VMS_ARRAY_OF_POINTER	= 0x040,
	VMS_VARRAY_UINT16	= 0x080,
	VMS_VBUFFER		= 0x100,
	VMS_MULTIPLY		= 0x200,
	VMS_VARRAY_UINT8	= 0x400,
	VMS_VARRAY_UINT32	= 0x800,
	VMS_MUST_EXIST		= 0x1000,
	VMS_ALLOC		= 0x2000,
	VMS_MULTIPLY_ELEMENTS	= 0x4000,
	VMS_VSTRUCT		= 0x8000,
	/* QEMU 11.1, where bit 0x20000 ends a list; 0x10000 did so before */
	VMS_NEW_IN_11		= 0x10000,
	VMS_VARRAY = VMS_VARRAY_INT32 | VMS_VARRAY_UINT16 | VMS_VARRAY_UINT8 |
		     VMS_VARRAY_UINT32,
};

/* How one decides whether a field is on the wire. */
enum desc_exists {
	EXISTS_BY_VERSION,	/* field->version <= the version loaded */
	EXISTS_PREDICATE,	/* field_exists(opaque, version) */
	EXISTS_WRITTEN,		/* it was written; the condition is not known */
};

struct desc_field {
	const char *name;	/* as in the source code, without a "[n]" suffix */
	int dup;		/* which of several fields of that name; -1: the only one */
	const char *type;	/* info's name; "struct", "vstruct"; NULL unknown */
	const struct desc *desc;	/* nested: structs, tmp, qtailq, gtree ... */
	enum desc_exists exists;
	int32_t version;	/* version_id */
	int32_t struct_version;	/* of a vstruct */
	uint32_t flags;		/* enum vms_flag */
	uint64_t size;		/* of one element, in memory */
	int64_t num;		/* elements of a fixed array; 1 of a single field */
	/*
	 * VARRAY, VBUFFER: the field of the same descriptor that holds the
	 * count (size), if it is one; NULL not known.
	 */
	const char *count_field;
	uint32_t multiplier;	/* MULTIPLY: size_offset's value times this; MULTIPLY_ELEMENTS: num */
	/* Only where an image told (from_layout): */
	uint64_t offset, num_offset, size_offset, start;
	uint8_t count_size;	/* of what is at num_offset or size_offset */
	uint64_t exists_fn;	/* address of field_exists, 0 none */
	const char *exists_name;	/* its symbol, or NULL */
	/* Elements whose layouts differ (known only of one device): theirs. */
	const struct desc *const *elem_descs;
	size_t nelem_descs;
	/* Origins.  flags and offsets share from_layout. */
	uint8_t from_type, from_exists, from_version, from_size, from_num,
		from_count, from_layout, from_desc;
	const struct desc *key_desc;	/* gtree: of the keys; NULL: pointers */
};

struct desc {
	const char *name;
	int32_t version, min_version;
	const struct desc_field *fields;
	size_t nfields;
	const struct desc *const *subs;	/* subsections */
	size_t nsubs;
	bool all_fields;	/* also those that were not written are listed */
	bool all_subs;
	bool unmigratable, early_setup;
	uint8_t from, from_version, from_min;
	/* Only where an image told: */
	uint64_t addr;		/* of the VMStateDescription */
	uint64_t needed_fn, pre_load_fn, post_load_fn, pre_save_fn;
	bool post_load_errp;	/* it is post_load_errp: true is good */
	const char *needed_name, *post_load_name, *symbol, *file;
	int32_t min_old;	/* QEMU < 6.0: minimum_version_id_old */
	uint64_t load_state_old_fn;
	const char *pre_load_name, *pre_save_name;
};

/*
 * A named collection of descriptors: the qdev devices of a dump (key = the
 * device's type name), or everything found in an image (key = symbol or
 * name).  Several may have one descriptor name.
 */
struct desc_item {
	const char *key;
	const struct desc *desc;
	/* A dump repeats the version outside of the description. */
	int32_t version, min_version;
};

struct desc_set {
	const char *path;	/* the file that told */
	enum desc_from from;
	const char *machine;	/* dump: the machine type, or NULL */
	const struct desc_item *items;
	size_t nitems;
};

/* The subsection of exactly this name, or NULL. */
const struct desc *desc_find_sub(const struct desc *d, const char *name);

/* The field called @name (dup -1 or 0), or NULL. */
const struct desc_field *desc_find_field(const struct desc *d,
					 const char *name);

/* Size on the wire of one element of the info @type, or 0 when it varies. */
unsigned desc_type_size(const char *type);

/*
 * What stands for a null pointer in an array of pointers: "nullptr", which
 * 11.0 renamed to "ptr-marker".  @type may be NULL.
 */
bool desc_type_is_null(const char *type);

/*
 * Fill in .dup for all fields of @fields: call once the names are there.
 */
void desc_number_names(struct desc_field *fields, size_t n);

#endif
