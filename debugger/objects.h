/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * objects.h - the fields of what a running emulator has registered, with the
 * values that they have in its memory.
 *
 * The walk is vmstate_save_state()'s, without its callbacks: nothing runs.
 * What pre_save() would compute first is therefore as it was left by the last
 * one, and marked; conditions are followed on paper (devices/predicate.h).
 */
#ifndef VMSDB_OBJECTS_H
#define VMSDB_OBJECTS_H

#include "../devices/savevm.h"

#define OBJECTS_MAX_DEPTH 64

/*
 * What may still be read: a core's numbers are anybody's.  A large machine has
 * some 100000 fields.
 */
struct objects_budget {
	size_t leaves, structures, questions;
	uint64_t bytes;		/* of values and paths */
};

#define OBJECTS_BUDGET { 2u << 20, 8u << 20, 200000, 512u << 20 }

struct leaf {
	const char *path;	/* as timeline_field_path() has it */
	const struct desc *desc;
	const struct desc_field *field;
	uint64_t object;	/* the address of what .desc describes */
	uint64_t addr;		/* of the (first) value; 0: nowhere */
	const char *type;	/* the info's name */
	uint64_t n;		/* elements */
	/*
	 * The value as it would be written, .len bytes; NULL: not known, and
	 * .why not.
	 */
	const uint8_t *wire;
	uint64_t len;
	const char *why;
	/* Would it be written?  Unknown: .whether says on what it depends. */
	enum tri written;
	const char *whether;
	/* pre_save() of this or an outer descriptor may compute it: whose. */
	const struct desc *pre_save;
};

struct objects {
	struct leaf *leaves;	/* in the order of the stream */
	size_t n;
	enum tri written;	/* the entry: its descriptor's needed() */
	const char *whether;
	const char *cut;	/* why there are not all leaves, or NULL */
};

struct objects_opts {
	bool all;		/* what would not be written, too */
	bool deep;		/* and arrays of structures in that */
	bool entry_only;	/* no leaves */
	struct objects_budget *budget;	/* for all walks together */
};

/* What is in the leaves lives as long as @a. */
void objects_walk(struct objects *ret, struct running *r,
		  const struct savevm_entry *e, struct arena *a,
		  const struct objects_opts *opts);
void objects_release(struct objects *o);

#endif
