/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fodder.h - a stream that cannot be given as it is.
 *
 * The capability mapped-ram (QEMU 9.0) puts pages at places of their own in a
 * file, and the destination has to seek: from a socket it takes no such
 * stream.  Its devices are as ever, though.  So a destination without that
 * capability is given ordinary pages in the place of the section that lists
 * the blocks, and another capability's name, which nobody compares; every byte
 * besides is the file's own, and all offsets are those of the file.
 */
#ifndef VMSDB_FODDER_H
#define VMSDB_FODDER_H

#include "../timeline.h"
#include "../../stream/ram.h"
#include "../../stream/source.h"

/* In the place of [off, off + len) of the stream. */
struct fodder_part {
	uint64_t off, len;
	const struct ram_section *pages;	/* NULL: the other name */
};

struct fodder {
	const struct source *src;
	const struct ram *ram;
	struct fodder_part *parts;	/* by offset */
	size_t nparts, cap;
	/* what is being made of parts[.part] */
	size_t part, run;
	uint64_t page;
	unsigned stage;
	uint8_t *buf;
	size_t len, pos;	/* of .buf: made, and given */
};

/*
 * What to give instead of some of @src; with most streams nothing.  -1 with
 * @err if such a stream is too damaged to be told in other words.
 */
int fodder_init(struct fodder *f, const struct source *src,
		const struct ram *ram, const struct timeline *t,
		struct err *err);
void fodder_release(struct fodder *f);

/* The part that @off lies in, or else the next one; NULL: no more. */
const struct fodder_part *fodder_at(const struct fodder *f, uint64_t off);

/*
 * The next bytes in the place of the current part (parts are asked for in
 * their order); 0: that was all.  What was given of them: fodder_take().
 */
size_t fodder_next(struct fodder *f, const uint8_t **ret);
void fodder_take(struct fodder *f, size_t n);

#endif
