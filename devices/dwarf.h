/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dwarf.h - C types, variables and functions out of debug information.
 *
 * Only what is asked for is read: dwarf_open() passes once over the top level
 * of all units, in several threads, for the variables and functions at given
 * addresses; the types of a unit, and the members of a type, are read when
 * first needed.  What has been read lives until dwarf_close().
 *
 * What dwz moved to another file (_alt and _sup forms) is read there, types
 * in type units are found by their signature, split units in their .dwo files
 * or a package.
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

struct dwarf;
struct ctype;

/* Of all but the name and reference, nothing is filled in yet: ctype_member(). */
struct cmember {
	const char *name;	/* "": anonymous */
	uint64_t die;
	const struct ctype *type;
	uint64_t offset;
	uint32_t bit_offset;	/* of a bit field, from offset's bit 0 */
	uint32_t bit_size;	/* 0: none */
	uint32_t line;
	bool read;
};

struct cenum {
	const char *name;
	int64_t value;
};

struct ctype {
	struct dwarf *dw;	/* which has read it */
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
};

/* A variable or function at an address that was asked for. */
struct dwarf_var {
	uint64_t addr;
	const char *name;
	uint64_t ref;		/* its type; 0 none */
	uint64_t die;
	uint64_t decl;		/* where file_index and line are from */
	uint32_t unit, file_index, line;
	bool function;
	uint8_t depth;		/* declarations that it took this from */
};

/*
 * Open the debug information of the executable @path and find what stands at
 * the @n addresses @addrs (the file's own).  ERR_USAGE where there is none.
 */
int dwarf_open(struct dwarf **ret, const char *path, const char *debug_dir,
	       const uint64_t *addrs, size_t n, struct err *err);
void dwarf_close(struct dwarf *dw);

/*
 * Call @work in several threads, each with a struct dwarf of its own for the
 * same file.  Types are of the one that has read them: when all threads have
 * ended, and not before, any thread may use them.  A reference, a unit's
 * number and a struct dwarf_var are the same in each.
 */
void dwarf_parallel(struct dwarf *dw, void (*work)(struct dwarf *, void *),
		    void *ctx);

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
const struct ctype *ctype_below(const struct ctype *t);

/* Member number @i, all of it. */
const struct cmember *ctype_member(const struct ctype *t, size_t i);

/* Typedefs and qualifiers taken off. */
const struct ctype *ctype_bare(const struct ctype *t);

/* Size in memory, through typedefs and arrays. */
uint64_t ctype_size(const struct ctype *t);

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

/*
 * The typedef of @unit (too large: of the type's own unit) that stands for
 * exactly this type, or NULL.
 */
const char *dwarf_typedef_of(const struct ctype *t, uint32_t unit);

/* The file that a type's or a variable's declaration is in, or NULL. */
uint32_t ctype_line(const struct ctype *t);
const char *ctype_file(const struct ctype *t);
const char *dwarf_var_file(struct dwarf *dw, const struct dwarf_var *v);

/* Are units and references of the one those of the other? */
bool dwarf_same_file(const struct dwarf *a, const struct dwarf *b);

/* The file that was read, and what could not be read in it (or NULL). */
const char *dwarf_path(const struct dwarf *dw);
const char *dwarf_warning(const struct dwarf *dw);

#endif
