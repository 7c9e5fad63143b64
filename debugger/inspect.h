/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inspect.h - a running emulator, or its core, taken in: its registry, and
 * what its debug information tells of it.
 */
#ifndef VMSDB_INSPECT_H
#define VMSDB_INSPECT_H

#include "../devices/savevm.h"
#include "c-index.h"

struct inspect_opts {
	struct running_opts running;
	const struct source_opts *progress;
	bool no_types;		/* only where nothing else finds the registry */
};

struct inspect {
	struct arena arena;
	struct inspect_opts opts;
	struct running *running;
	struct c_index *index;	/* NULL: no debug information */
	const char *no_index;	/* why not, or NULL */
	struct savevm registry;
	/* "paused"; without debug information "not running"; NULL: not known */
	const char *run_state;
	struct inspect_types *types;	/* asked for already */
};

/* Nothing is read of its objects yet.  @target: a core file, or a PID. */
int inspect_open(struct inspect *ret, const char *target,
		 const struct inspect_opts *opts, struct err *err);

/*
 * Read the registry.  With @stop a live process stands from now on until
 * inspect_resume().
 */
int inspect_read(struct inspect *in, bool stop, struct err *err);
void inspect_resume(struct inspect *in);

void inspect_close(struct inspect *in);

/* Is the guest known to run, so that what is read may not fit together? */
bool inspect_is_moving(const struct inspect *in);

/*
 * What @d is in C, or NULL.  A descriptor on the heap is a copy of one of the
 * executable's: that one's answer, if it is only one.
 */
const struct c_desc *inspect_type(struct inspect *in, const struct desc *d);

/* The member that a field is; NULL: no member, or not known. */
const struct c_field *inspect_member(struct inspect *in, const struct desc *d,
				     const struct desc_field *f);

/* The build-id of what runs, in hex; "" if it has none. */
const char *inspect_build_id(struct inspect *in);

#endif
