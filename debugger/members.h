/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * members.h - the C members behind fields: out of an executable with debug
 * information, or as a recording kept them.
 */
#ifndef VMSDB_MEMBERS_H
#define VMSDB_MEMBERS_H

#include "analysis.h"

/* What a field of a descriptor is in C.  Any text may be NULL: not known. */
struct c_member {
	const char *structure;	/* "VirtIOGPU (struct VirtIOGPU)" */
	unsigned candidates;	/* structures that fit; .structure is the first */
	const char *path;	/* "vq[3].vring.num" */
	const char *type;	/* as declared: "uint32_t" */
	uint64_t offset, size;	/* in the structure; bytes */
	uint32_t bit_offset, bit_size;	/* of a bit field; .bit_size 0: none */
	const char *file;	/* of its declaration */
	uint32_t line;
	const char *desc_file;	/* of the descriptor's variable */
	uint32_t desc_line;
};

struct members;

/*
 * Read the index of @img's debug information (c-index.h), or make it: for a
 * debug build of QEMU half a second.  @img has to outlive the result.
 */
int members_open(struct members **ret, struct desc_image *img,
		 const char *debug_dir, const struct source_opts *progress,
		 struct err *err);
/* Why some descriptors have no structure: what could not be read; or NULL. */
const char *members_warning(const struct members *m);
/* Nothing is known but what members_add() tells; it copies all of @c. */
struct members *members_new(void);
void members_add(struct members *m, const char *desc, const char *field,
		 int dup, const struct c_member *c);
void members_close(struct members *m);

/*
 * What @f of @d is; NULL if nothing is known.  @d may come from any account of
 * the emulator: without an address it is found by name, if only one fits.  The
 * answer lives as long as @m.  @m may be NULL.
 */
const struct c_member *members_find(struct members *m, const struct desc *d,
				    const struct desc_field *f);

/* The same of the field that the event is, or is a part of. */
const struct c_member *members_of_event(struct members *m,
					const struct timeline *t,
					uint32_t event);

/*
 * What @d as a whole is: without .path.  A descriptor of a description is one
 * of the image's by its name and its fields; NULL if several would do.
 */
const struct c_member *members_describe(struct members *m,
					const struct desc *d);

/*
 * The descriptor at work at an event: of the structure around it, of a
 * subsection that begins, or of the section's own object; NULL.
 */
const struct desc *members_desc_at(const struct timeline *t, uint32_t event);

/* "VirtIOGPU.scanout: struct virtio_gpu_scanout [16] at +0x2e8" in @buf. */
const char *c_member_print(const struct c_member *c, char *buf, size_t size);
/* "hw/display/virtio-gpu.c:1420", or "". */
const char *c_member_where(const struct c_member *c, char *buf, size_t size);

/*
 * Fill in .member, .declared and .structs of @a's divergences on the side whose
 * timeline is @t.  Answers how many.
 */
size_t members_fill(struct members *m, struct analysis *a,
		    const struct timeline *t, bool source);

/*
 * After it, or instead where @m could not be opened: say at fields without a
 * member, and at sections without a structure, that the executable at @path does not tell.
 */
void members_admit(struct analysis *a, const struct timeline *t, bool source,
		   const char *path, bool opened);

#endif
