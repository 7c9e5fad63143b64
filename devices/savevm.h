/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * savevm.h - the registry of a running emulator: savevm_state of
 * migration/savevm.c, the list that it saves and loads by.
 *
 * Debug information tells where it is and how its entries are laid out.
 * Without it the list is looked for in the emulator's own data by its shape,
 * which every release from 5.2 to 11.1 has in common, and believed only where
 * each of its entries stands up to a check and no second list does.
 */
#ifndef VMSDB_SAVEVM_H
#define VMSDB_SAVEVM_H

#include "running.h"

#define SAVEVM_MAX_ENTRIES 65536
#define SAVEVM_NOWHERE UINT16_MAX

/* X(enumerator, member of SaveStateEntry) */
#define SAVEVM_MEMBERS(X) \
	X(SE_NEXT, "entry")	/* QTAILQ: the next, then where ours is told */ \
	X(SE_IDSTR, "idstr") \
	X(SE_INSTANCE, "instance_id") \
	X(SE_ALIAS, "alias_id") \
	X(SE_VERSION, "version_id") \
	X(SE_LOAD_VERSION, "load_version_id") \
	X(SE_SECTION, "section_id") \
	X(SE_LOAD_SECTION, "load_section_id") \
	X(SE_OPS, "ops") \
	X(SE_VMSD, "vmsd") \
	X(SE_OPAQUE, "opaque") \
	X(SE_COMPAT, "compat") \
	X(SE_IS_RAM, "is_ram")

enum {
#define X(id, name) id,
	SAVEVM_MEMBERS(X)
#undef X
	SE_NMEMBERS
};

/* As debug information has it. */
struct savevm_layout {
	uint64_t handlers;	/* the image's address of savevm_state.handlers */
	uint16_t off[SE_NMEMBERS];	/* SAVEVM_NOWHERE: there is none */
	uint16_t idstr_size;
	uint16_t compat_instance;	/* in CompatEntry, whose idstr is first */
	uint16_t compat_idstr_size;
};

struct savevm_entry {
	uint64_t addr;		/* of the SaveStateEntry */
	const char *idstr;
	uint32_t instance;
	uint32_t alias;		/* ALIAS_NONE: -1 */
	int32_t version, load_version, section, load_section;
	const char *compat;	/* or NULL */
	uint32_t compat_instance;
	uint64_t ops, vmsd, opaque;
	bool is_ram;
	const struct desc *desc;	/* NULL: ops alone, or not readable */
	const char *why;	/* why there is no descriptor, or NULL */
};

struct savevm {
	struct arena arena;
	uint64_t handlers;	/* where the list's head is */
	bool from_dwarf;
	struct savevm_entry *entries;	/* in the list's order */
	size_t nentries;
	const char *cut;	/* why there are not all of them, or NULL */
	const char *machine;	/* "pc-q35-7.2"; NULL: not told */
};

/*
 * Read the registry.  @layout may be NULL: by its shape.  What cannot be told
 * for certain is an error; a core that lacks some of it gives those entries
 * that come before, if debug information tells where the list is.
 */
int savevm_read(struct savevm *ret, struct running *r,
		const struct savevm_layout *layout, struct err *err);
void savevm_release(struct savevm *sv);

#endif
