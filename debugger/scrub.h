/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scrub.h - which bytes of a stream are the guest's own business.
 *
 * It is easier to say what is not: framing, headers of subsections, the device
 * description, and numbers of fixed size that stand alone (or in arrays of at
 * most five) unless one of scrub_patterns matches their place.  Everything
 * else goes: RAM, buffers, longer arrays (register files, queues, tables),
 * whatever nobody could read.
 */
#ifndef VMSDB_SCRUB_H
#define VMSDB_SCRUB_H

#include "timeline.h"

/* Patterns as compare.h has them; NULL-terminated. */
extern const char *const scrub_patterns[];

struct byte_range {
	uint64_t off, end;
};

struct byte_ranges {
	struct byte_range *v;
	size_t n, cap;
};

void byte_ranges_add(struct byte_ranges *r, uint64_t off, uint64_t end);
/* Sort, join, drop empty ones. */
void byte_ranges_tidy(struct byte_ranges *r);
/* Take @what (tidy) out of @r (tidy). */
void byte_ranges_subtract(struct byte_ranges *r, const struct byte_ranges *what);

/* Is the value of this leaf the guest's own? */
bool scrub_is_private(const struct timeline *t, uint32_t event);

/*
 * The bytes that may be shown to anybody, tidy: what @self (the source's
 * account; NULL: @t) claims and is not private in either timeline.
 */
void scrub_public(struct byte_ranges *ret, const struct timeline *self,
		  const struct timeline *t);

#endif
