/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ram.h - walks "ram" sections as ram_load_precopy() does, without keeping a
 * page: what is remembered is where each page's bytes lie.
 *
 * Pages that follow one another in the guest and in the file make one run, so
 * the index of a guest of any size stays small.  The walk itself touches one
 * word a page.
 */
#ifndef VMSDB_RAM_H
#define VMSDB_RAM_H

#include <stdbool.h>

#include "arena.h"
#include "cursor.h"
#include "source.h"

/* RAM_SAVE_FLAG_*: migration/ram.c */
enum ram_flag {
	RAM_FLAG_ZERO = 0x02,
	RAM_FLAG_MEM_SIZE = 0x04,
	RAM_FLAG_PAGE = 0x08,
	RAM_FLAG_EOS = 0x10,
	RAM_FLAG_CONTINUE = 0x20,
	RAM_FLAG_XBZRLE = 0x40,
	RAM_FLAG_HOOK = 0x80,
	RAM_FLAG_COMPRESS_PAGE = 0x100,	/* removed in 9.1 */
	RAM_FLAG_MULTIFD_FLUSH = 0x200,	/* since 8.1 */
};

/* The smallest pages of a target: avr's, until 10.0 (target/avr/cpu-param.h). */
#define RAM_PAGE_BITS_MIN 8

enum ram_kind { RAM_PAGE, RAM_ZERO, RAM_XBZRLE, RAM_COMPRESSED, RAM_MAPPED };

const char *ram_kind_name(enum ram_kind kind);

struct ram_block {
	const char *name;	/* interned, raw */
	uint64_t len;		/* used_length */
	uint64_t off;		/* where the stream lists it */
	uint64_t page_size;	/* of a huge-paged block under postcopy; 0 */
	uint64_t gpa;		/* x-ignore-shared; UINT64_MAX not told */
	/* mapped-ram: offsets in the file; 0 elsewhere */
	uint64_t bitmap_off, pages_off;
};

/*
 * @n pages of @kind from guest offset @addr of @block on; the bytes of page i
 * (the fill byte of a zero page) are at off + i * stride.  XBZRLE and
 * compressed pages have a run each, @stride is their length then.
 */
struct ram_run {
	uint64_t addr, off, n, stride;
	uint32_t block;
	uint8_t kind;
};

/* One section's walk. */
struct ram_section {
	uint64_t start, end;	/* of the body */
	uint64_t word;		/* where the last header read starts */
	int ret;		/* 0, or the loader's negative errno */
	size_t first_block, nblocks;	/* MEM_SIZE entries read here */
	size_t first_run, nruns;
	char lines[3][320];	/* what the emulator prints about it */
	unsigned nlines;
	/* The first of each that only some destinations take; .end 0: none. */
	struct ram_odd {
		uint64_t end;	/* how far they have read then */
		unsigned value;	/* the byte that fills a page; flags */
		bool plausible;	/* compressed data that looks like it */
	} filled, compressed;
};

struct ram {
	struct arena names;
	unsigned page_bits;	/* 12 unless told, or unless only another fits */
	bool page_bits_told;
	bool ignore_shared;	/* capability x-ignore-shared */
	bool mapped;		/* capability mapped-ram */
	bool postcopy;		/* POSTCOPY_ADVISE came: huge pages' sizes may be listed */
	bool little_endian_bitmap;	/* mapped-ram's bitmaps are host longs */
	struct ram_block *blocks;
	size_t nblocks, blocks_cap;
	struct ram_run *runs;
	size_t nruns, runs_cap;
	struct ram_section *sections;
	size_t nsections, sections_cap;
	uint64_t pages[5];	/* by enum ram_kind */
	uint64_t multifd_flushes;
	uint32_t last_block;	/* UINT32_MAX: none */
	const char *note;	/* that the page size is a guess, or NULL */
};

void ram_init(struct ram *ram);
void ram_release(struct ram *ram);

/* A description, a configuration section or the destination told it. */
void ram_page_bits(struct ram *ram, unsigned bits);

/*
 * Walk the section body at @at as a destination with the blocks that the
 * stream itself lists would.  Returns the section's record; its .end tells
 * how far the loader has read, .ret and .lines why it stopped there.  A body
 * that was walked before is answered from memory.  The page size is the
 * emulator's own and stands in no RAM section; a stream whose words make no
 * sense with 4096 bytes is tried with the sizes of other targets (1024: Arm,
 * 8192: Alpha and SPARC64) before it is called damaged.  @progress of @opts is
 * called now and then; an interrupted walk has .ret -EINTR.
 */
const struct ram_section *ram_walk(struct ram *ram, const struct source *src,
				   uint64_t at, const struct source_opts *opts);

/*
 * Would a destination that has the blocks of @dest take this section?
 * Returns 0, or a negative errno with the emulator's line in @line (320
 * bytes) and the offset behind the entry that it refuses in *@off.
 * *@unjudged becomes a reason where a size differs in a block that may be
 * resized up to a limit that nobody told.
 */
int ram_check(const struct ram *ram, const struct ram_section *s,
	      const struct ram *dest, char *line, uint64_t *off,
	      const char **unjudged);

/* The index of the block called @name, or -1. */
int ram_find_block(const struct ram *ram, const char *name);

#endif
