/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * c-index.h - what all descriptors of an executable are in C: an index of its
 * debug information, kept on disk.
 *
 * libdwarf is run in a process of its own, which writes the index; whatever
 * the debug information does to it, it does there.  The index of a file with a
 * build-id is kept as $XDG_CACHE_HOME/vmsdb/BUILD-ID.types (an SQLite file,
 * written beside and moved into place), and checked when it is read: another
 * build of vmsdb, other modules, or a damaged file, makes it anew.  What could
 * not be read in full is not kept.
 */
#ifndef VMSDB_C_INDEX_H
#define VMSDB_C_INDEX_H

#include "../devices/desc-image.h"
#include "../stream/source.h"

struct c_type {
	const char *name;	/* "VirtIOGPU (struct VirtIOGPU)" */
	uint64_t size;
	int64_t id;		/* of c_index_struct() */
};

/* A field of a descriptor, and the member of the first type that it is. */
struct c_field {
	const char *name;
	int dup;		/* as desc_field's */
	const char *path;	/* "vq[3].vring.num"; NULL: no member */
	const char *type;	/* as declared */
	uint64_t offset, size;
	uint32_t bit_offset, bit_size;
	const char *file;	/* of its declaration, or NULL */
	uint32_t line;
};

struct c_desc {
	uint64_t addr;		/* of the VMStateDescription */
	const char *name, *symbol;	/* symbol: NULL if there is none */
	const char *file;	/* of its variable, or NULL */
	uint32_t line;
	const struct c_type *types;	/* none, one, or several that fit */
	size_t ntypes;
	const struct c_field *fields;	/* in the descriptor's order */
	size_t nfields;
};

/* A member of a structure or union. */
struct c_part {
	const char *name;	/* "": anonymous */
	const char *type;	/* as declared */
	uint64_t offset, size;
	uint32_t bit_offset, bit_size;	/* .bit_size 0: no bit field */
	uint32_t line;
	/*
	 * Of one element: 'u' unsigned, 's' signed, 'b' bool, 'c' char, 'f'
	 * floating, 'e' enum, 'p' pointer, 'S' structure or union, '?' other.
	 */
	char kind;
	uint64_t n, step;	/* elements of an array, else 1; bytes of one */
	int64_t below;		/* 'S': its id; 'p': of what it points to, or 0 */
};

struct c_struct {
	int64_t id;
	const char *name;	/* "struct PCIDevice", "union {}" */
	uint64_t size;
	const char *file;	/* of its declaration, or NULL */
	const struct c_part *parts;
	size_t nparts;
};

struct c_index;

/*
 * Of the executable at @path; @img, if it is open already, saves time.  The
 * callback of @progress may be called with an amount of 0.
 */
int c_index_open(struct c_index **ret, const char *path,
		 struct desc_image *img, const struct desc_image_opts *images,
		 const struct source_opts *progress, struct err *err);
void c_index_close(struct c_index *x);

/* Why some descriptors have no structure: what could not be read; or NULL. */
const char *c_index_warning(const struct c_index *x);

/* NULL if there is none.  They live as long as the index. */
const struct c_desc *c_index_at(struct c_index *x, uint64_t addr);
/* By name or symbol, which may be a glob: all (names repeat), or the first. */
size_t c_index_find_all(struct c_index *x, const char *name,
			const struct c_desc **ret, size_t max);
const struct c_desc *c_index_find(struct c_index *x, const char *name);

/* A structure by its id; NULL.  It lives as long as the index. */
const struct c_struct *c_index_struct(struct c_index *x, int64_t id);
/*
 * By tag ("PCIDevice", "struct PCIDevice") or by a typedef that a descriptor or
 * a member uses; several may have one name.
 */
size_t c_index_structs(struct c_index *x, const char *name,
		       const struct c_struct **ret, size_t max);
/* The member of that name, or NULL. */
const struct c_part *c_struct_part(const struct c_struct *s, const char *name);

/* A variable of DWARF_NAMED: its address in the image; .id 0: no structure. */
bool c_index_variable(struct c_index *x, const char *name, uint64_t *addr,
		      uint64_t *size, int64_t *id);
/* The enumerator of the variable @name's type, or NULL. */
const char *c_index_enumerator(struct c_index *x, const char *name,
			       int64_t value);

/*
 * Compilers are told paths such as "build/../source/hw/core/irq.c": a copy
 * without the way there and back.  Those of an index are such already; NULL
 * stays NULL.
 */
const char *c_index_path(struct arena *a, const char *s);

/* Where indexes are kept, or NULL if there is no place; to be freed. */
char *c_index_dir(void);

#define C_INDEX_SUFFIX ".types"

#endif
