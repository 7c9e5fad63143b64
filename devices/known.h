/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * known.h - facts of QEMU's source that neither a stream nor a dump tells.
 *
 * Constant tables, each line with the releases that it was read from.  They
 * fill gaps (DESC_FROM_KNOWN) and never override what a destination's own
 * account says.
 */
#ifndef VMSDB_KNOWN_H
#define VMSDB_KNOWN_H

#include "desc.h"

/*
 * Where a VARRAY's or VBUFFER's count comes from: the field of the same
 * object whose value it is (NULL: not a migrated field).
 */
struct known_count {
	const char *desc, *field;
	const char *count_field;
	uint32_t flags;		/* VMS_VARRAY_*, VMS_VBUFFER, VMS_ALLOC ... */
	uint32_t multiplier;	/* MULTIPLY, MULTIPLY_ELEMENTS; 0 otherwise */
	const char *other_field;	/* count_field's name in other releases */
};

const struct known_count *known_count(const char *desc, const char *field);

/*
 * How many elements an array has when nobody sets the device's properties
 * otherwise, where its count is not on the wire; -1: not told.
 */
int known_usual_count(const char *desc, const char *field);

/* A field of a descriptor that no dump lists. */
struct known_field {
	const char *name;
	int32_t version;	/* version_id */
	bool predicate;		/* has field_exists */
	bool validate;		/* VMSTATE_VALIDATE: no bytes, may refuse */
	const char *type;	/* info's name, "struct", "vstruct"; NULL varies */
};

struct known_desc {
	const char *name;
	int32_t version, min_version;
	const struct known_field *fields;	/* all of them, in order */
	size_t nfields;
	const char *const *subs;	/* NULL-terminated; all of them */
	int release_min, release_max;	/* 502, 702, 1000: what it was read from */
	const char *arch;	/* "x86", "s390x", "ppc", "arm"; NULL: any */
};

/*
 * The descriptor called @name at version_id @version as releases between
 * @release_min and @release_max have it; NULL when there is none or several
 * that differ.
 */
const struct known_desc *known_desc(const char *name, int32_t version,
				    int release_min, int release_max);

/* The same for one architecture ("cpu/fpu" is several descriptors). */
const struct known_desc *known_desc_on(const char *arch, const char *name,
				       int32_t version, int release_min,
				       int release_max);

/*
 * What no table of fields above tells: elements of a fixed array, length of a
 * buffer, what a structure is made of.  0 and NULL: varies, or not told.
 */
struct known_shape {
	const char *desc, *field;
	int dup;		/* which of several fields of that name; -1 */
	const char *arch;	/* NULL: any */
	int num, size;
	const char *nested, *type;
};

const struct known_shape *known_shape(const char *arch, const char *desc,
				      const char *field, int dup);

/*
 * field_exists() functions that ask a value loaded before: whether the lower
 * of it and the version loaded lies between two bounds (hw/scsi/esp.c), or
 * (.nonzero) whether it is set.
 */
struct known_range {
	const char *desc, *field;
	const char *value;		/* field of the same descriptor ... */
	const char *outer_value;	/* ... or of the one around */
	int32_t min, max;
	bool nonzero;
};

const struct known_range *known_range(const char *desc, const char *field);

/*
 * Entries that also answer to an older number
 * (qdev_set_legacy_instance_id(), vmstate_register_with_alias_id()).
 */
struct known_alias {
	const char *desc;
	bool constant;
	uint32_t alias;		/* if constant */
	const char *field;	/* else: the migrated field that holds it, or NULL */
};

const struct known_alias *known_alias(const char *desc);

/*
 * The alias of the entry with this instance id where it is an I/O port that
 * is not migrated, as long as the devices stand at their usual ports (the
 * i-th "serial" of a PC, master and slave "i8259").
 */
bool known_alias_of(const char *desc, uint32_t instance, uint32_t *alias);

/* Is this the idstr of a register_savevm_live() entry ("ram", "slirp" ...)? */
bool known_old_style(const char *idstr);

#endif
