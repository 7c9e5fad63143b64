/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load.h - the engine: what one destination makes of one stream.
 *
 * load_run() reproduces qemu_loadvm_state() and vmstate_load_state() over the
 * bytes of a stream with the entries of a registry, quirks included, and
 * returns the finished timeline.  A broken stream is what our user came to
 * see: it is a failure in the timeline, never an error of load_run().
 */
#ifndef VMSDB_LOAD_H
#define VMSDB_LOAD_H

#include "../devices/desc-image.h"
#include "../devices/registry.h"
#include "../devices/rules.h"
#include "../stream/ram.h"
#include "timeline.h"

/*
 * What the user says of a field where no account tells it, or in spite of
 * them: the path is "idstr/path.to.field" or "descriptor:field", with globs.
 * The last one that matches wins.
 */
struct assumption {
	const char *path;
	enum { ASSUME_EXISTS, ASSUME_ABSENT, ASSUME_COUNT } what;
	int64_t count;
};

/* Numbers that codecs remember per entry: see wire.h. */
struct facts;
struct facts *facts_new(void);
void facts_free(struct facts *f);

struct load_opts {
	const struct source *src;
	struct ram *ram;	/* of this source; shared between loads of it */
	const struct registry *reg;
	enum rules rules;
	/*
	 * The description of this very stream is the guide: every field is
	 * read as it says that it was written (the source's own account, or
	 * a reference stream reading itself).  NULL: read as reg's
	 * destination would.
	 */
	const struct description *self;
	bool values_only;	/* with .self: nobody will look at the events */
	/* The source's account: its description and its own load; or NULL. */
	const struct description *source;
	const struct timeline *source_timeline;
	/* The destination's reference stream: description and own load. */
	const struct description *reference;
	const struct timeline *reference_timeline;
	const struct ram *reference_ram;
	struct facts *facts;	/* filled by this load */
	const struct facts *reference_facts, *source_facts;
	enum tri footers, configuration;	/* what the destination expects */
	/*
	 * Nobody tells which variants of the codecs wrote this: take those
	 * that end where their section ends.
	 */
	bool open_variants;
	const struct assumption *assumptions;	/* "set assume" */
	size_t nassumptions;
	/* The image that told reg's descriptors, or NULL. */
	struct desc_image *image;
	bool any_transport;	/* see struct destination */
	uint64_t max_events;	/* 0: a generous default */
	const struct source_opts *progress;
};

/*
 * What is wrong with the destination's own section @idstr, whatever is loaded
 * into it: a defect of released emulators.  NULL: none is known.
 */
const char *defect_find(const struct registry *reg, const char *idstr,
			struct arena *a);

/* Never NULL.  Close with timeline_close(). */
struct timeline *load_run(const struct load_opts *opts);

#endif
