/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compare-ram.h - what compare.c asks of RAM.
 *
 * A stream may give a page several times; the last one counts.  ram_map_init()
 * resolves that into segments which do not overlap.  A page that nobody gave
 * is zero, as it is to a destination that has just been started.
 */
#ifndef VMSDB_COMPARE_RAM_H
#define VMSDB_COMPARE_RAM_H

#include "../stream/ram.h"

/* @n pages from @addr on, as the run @run gives them. */
struct ram_seg {
	uint64_t addr, n, off, stride;
	uint32_t run;
	uint8_t kind;
};

struct ram_map {
	const struct source *src;
	const struct ram *ram;
	uint64_t page;
	/* of block i: segs[first[i] .. first[i + 1]) by address */
	struct ram_seg *segs;
	size_t nsegs, cap;
	size_t *first;
	/* the same without pages that build on an older content; NULL if none */
	struct ram_map *below;
	uint32_t *older;	/* of a delta's run: the delta before it */
};

void ram_map_init(struct ram_map *m, const struct source *src,
		  const struct ram *ram);
void ram_map_release(struct ram_map *m);

/*
 * The page at @addr of @block, in place where that is possible, else in @buf
 * (a page long); NULL if its bytes cannot be had (damaged compression).
 */
const uint8_t *ram_map_page(const struct ram_map *m, size_t block,
			    uint64_t addr, uint8_t *buf);

struct ram_range {
	uint64_t addr, len;
};

/*
 * The ranges of block @a of @ma that differ from block @b of @mb; either may
 * be SIZE_MAX, a block of zeros then.  *@compared gets the number of pages
 * that were looked at.  Free @ret.
 */
size_t ram_compare(const struct ram_map *ma, size_t a, const struct ram_map *mb,
		   size_t b, unsigned threads, struct ram_range **ret,
		   uint64_t *compared, const struct source_opts *progress);

#endif
