/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * aligned.h - the two sides of a load, side by side: one row for what the
 * source wrote and what the destination reads from the same bytes.
 *
 * Made once for a load, in one walk over both timelines; every question after
 * that is an array's element.  Both sides stay in their own order; where the
 * destination has read too far and starts again at the next section, what the
 * source wrote there is shown a second time.
 */
#ifndef VMSDB_ALIGNED_H
#define VMSDB_ALIGNED_H

#include "../debugger/session.h"

struct aligned_row {
	uint32_t source, dest;	/* EVENT_NONE where a side has nothing */
};

struct aligned {
	struct aligned_row *rows;
	size_t n, cap;
	uint32_t *of_dest;	/* [destination's event]: its row */
	size_t of_cap;
};

void aligned_build(struct aligned *a, const struct session *s);
void aligned_release(struct aligned *a);

/*
 * The source's event that wrote the first of the bytes of @dest_event: the one
 * beside it, or a leaf some rows above.  EVENT_NONE if there is none near.
 */
uint32_t aligned_source(const struct aligned *a, const struct session *s,
			uint32_t dest_event);

/* What the two halves of a row are to one another. */
enum aligned_mark {
	ALIGNED_SAME,
	ALIGNED_OTHER_NAME,	/* the same bytes, called otherwise */
	ALIGNED_DIFFERENT,	/* they overlap, and differ in size */
	ALIGNED_ONLY_SOURCE,
	ALIGNED_ONLY_DEST,
	ALIGNED_NOTHING,	/* one side alone, and no bytes */
};

enum aligned_mark aligned_mark(const struct session *s,
			       const struct aligned_row *r);

#endif
