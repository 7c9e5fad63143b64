/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dwarf.h - C types, variables and functions out of debug information.
 *
 * Only what is asked for is read: dwarf_open() passes once over the top level
 * of all units for the variables and functions at given addresses; the types
 * of a unit, and the members of a type, are read when first needed.  What has
 * been read lives as long as the struct dwarf.  One thread at a time.
 *
 * What dwz moved to another file (_alt and _sup forms) is read there, types
 * in type units are found by their signature.
 */
#ifndef VMSDB_DWARF_H
#define VMSDB_DWARF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../stream/err.h"

enum ctype_kind {
	CTYPE_VOID, CTYPE_BASE, CTYPE_POINTER, CTYPE_STRUCT, CTYPE_UNION,
	CTYPE_ARRAY, CTYPE_TYPEDEF, CTYPE_ENUM, CTYPE_QUALIFIER, CTYPE_OTHER,
};

struct ctype;

struct cmember {
	const char *name;	/* "": anonymous */
	const struct ctype *type;	/* through cmember_type() */
	uint64_t ref;
	uint64_t offset;
	uint32_t bit_offset;	/* of a bit field, from offset's bit 0 */
	uint32_t bit_size;	/* 0: none */
	uint32_t line;
};

struct cenum {
	const char *name;
	int64_t value;
};

struct ctype {
	enum ctype_kind kind;
	const char *name;	/* tag, or a typedef's or base type's name; "" */
	uint64_t size;
	uint64_t ref;		/* of the type below: see ctype_below() */
	const struct ctype *below;
	uint64_t dims[4];	/* array: elements */
	unsigned ndims;
	struct cmember *members;
	size_t nmembers;
	struct cenum *enums;
	size_t nenums;
	bool declaration;	/* no more than a name */
	bool is_signed, is_bool;
	uint64_t key;		/* where it stands: equal for no other */
	uint32_t unit, file_index, line;
};

/* A variable or function at an address that was asked for. */
struct dwarf_var {
	uint64_t addr;
	const char *name;
	uint64_t ref;		/* its type; 0 none */
	uint64_t die;
	uint32_t unit, file_index, line;
	bool function;
	uint8_t depth;		/* declarations that it took this from */
};

struct dwarf;

/*
 * Open the debug information of the executable @path and find what stands at
 * the @n addresses @addrs (the file's own).  ERR_USAGE where there is none.
 */
int dwarf_open(struct dwarf **ret, const char *path, const char *debug_dir,
	       const uint64_t *addrs, size_t n, struct err *err);
void dwarf_close(struct dwarf *dw);

/* The variable (function) that begins at @addr, or NULL. */
const struct dwarf_var *dwarf_at(const struct dwarf *dw, uint64_t addr);

/*
 * Those variables are found by name, too, wherever they are: of the emulator's
 * registry and of its state.
 */
#define DWARF_NAMED(X) X("savevm_state") X("current_run_state")

/* NULL: there is none, or there are several. */
const struct dwarf_var *dwarf_named(const struct dwarf *dw, const char *name);

/* The type at a reference (0: void); never NULL. */
const struct ctype *dwarf_type(struct dwarf *dw, uint64_t ref);
const struct ctype *ctype_below(struct dwarf *dw, const struct ctype *t);
const struct ctype *cmember_type(struct dwarf *dw, struct cmember *m);

/* Typedefs and qualifiers taken off. */
const struct ctype *ctype_bare(struct dwarf *dw, const struct ctype *t);

/* Size in memory, through typedefs and arrays. */
uint64_t ctype_size(struct dwarf *dw, const struct ctype *t);

/*
 * All structures and unions at the top level of @unit, complete ones only.
 * Answers how many; *@ret stays valid.
 */
size_t dwarf_unit_structs(struct dwarf *dw, uint32_t unit,
			  const struct ctype *const **ret);

/*
 * Those in type units, which nothing need refer to: any unit's may be there.
 */
size_t dwarf_type_unit_structs(struct dwarf *dw,
			       const struct ctype *const **ret);

/* The structures that local variables and parameters of a function point to. */
size_t dwarf_locals(struct dwarf *dw, const struct dwarf_var *function,
		    const struct ctype **ret, size_t max);

/* The typedef of @unit that stands for exactly this type, or NULL. */
const char *dwarf_typedef_of(struct dwarf *dw, uint32_t unit,
			     const struct ctype *t);

/* The name of file number @index of a unit, or NULL. */
const char *dwarf_file(struct dwarf *dw, uint32_t unit, uint32_t index);

/* The file that was read, and what could not be read in it (or NULL). */
const char *dwarf_path(const struct dwarf *dw);
const char *dwarf_warning(const struct dwarf *dw);

#endif
