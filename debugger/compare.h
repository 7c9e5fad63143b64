/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compare.h - two snapshots side by side, and three.
 *
 * Each is read by its own description (by the other's where it has none).
 * What belongs together is found by entry and path, never by byte: sections
 * by idstr and instance, fields by name, elements of an array by index where
 * both have the same number, otherwise (and in lists) by their content.
 * Sections that cannot be read are compared as bytes.  RAM is compared page
 * by page without copying; both cores take part.
 *
 * Cost: one pass over each timeline, one over the pages that either side
 * wrote.  Memory: what differs, and the index of RAM.
 *
 * A location is "idstr/field.field[3].field"; "idstr#2/..." for instance 2;
 * "ram/BLOCK" for RAM.  A pattern is a glob over it (fnmatch(3), where '*'
 * also takes '/' and '.') that matches the location, or a leading part of it
 * that ends with a component.  A pattern without '/' also matches one
 * component, or the idstr behind its last '/'.  "type:timer" matches a type.
 */
#ifndef VMSDB_COMPARE_H
#define VMSDB_COMPARE_H

#include "account.h"

#define DIFFERENCE_KINDS(X) \
	X(CHANGED, "changed") \
	X(ADDED, "added") \
	X(REMOVED, "removed")

#define DIFFERENCE_WHATS(X) \
	X(SECTION, "section") \
	X(SUBSECTION, "subsection") \
	X(VERSION, "version") \
	X(FIELD, "field") \
	X(ELEMENT, "element") \
	X(BYTES, "bytes") \
	X(COMMAND, "command") \
	X(BLOCK, "ram-block")

/* Three-way only: which of the two differs from the base. */
#define DIFFERENCE_WHOS(X) \
	X(NOBODY, "") \
	X(A, "a") \
	X(B, "b") \
	X(BOTH, "both") \
	X(CONFLICT, "conflict")

#define X(id, name) DIFFERENCE_##id,
enum difference_kind { DIFFERENCE_KINDS(X) };
enum difference_what { DIFFERENCE_WHATS(X) };
#undef X
#define X(id, name) WHO_##id,
enum difference_who { DIFFERENCE_WHOS(X) };
#undef X

const char *difference_kind_name(enum difference_kind k);
const char *difference_what_name(enum difference_what w);
const char *difference_who_name(enum difference_who w);

struct difference_side {
	bool there;
	uint64_t off, len;	/* of the bytes meant, in its stream */
	uint32_t event;		/* in its timeline; EVENT_NONE */
	const char *type;	/* NULL: none */
	const char *value;	/* decoded, fit for a terminal */
};

enum { SIDE_A, SIDE_B, SIDE_BASE };

struct difference {
	enum difference_kind kind;
	enum difference_what what;
	enum difference_who who;
	const char *section;	/* idstr, raw */
	uint32_t instance;
	const char *path;	/* the location, raw */
	const char *type;
	struct difference_side side[3];
	const char *ignored;	/* the pattern that says so, or NULL */
};

/* Pages [addr, addr + len) of a block. */
struct ram_difference {
	const char *block;
	uint64_t addr, len;
	enum difference_who who;
};

struct ram_block_difference {
	const char *block;
	uint64_t a_len, b_len;	/* 0: not there */
	uint64_t compared, changed;	/* pages that either side wrote, that differ */
	size_t first, n;	/* its ranges */
	const char *ignored;
};

struct compare_opts {
	const char *const *ignore, *const *only;
	size_t nignore, nonly;
	bool no_stock;		/* nothing is ignored of itself */
	bool no_ram;
	unsigned threads;	/* 0: one for each core, at most 8 */
	const struct source_opts *progress;
};

struct comparison {
	struct arena arena;
	const struct timeline *t[3];	/* by SIDE_*; [2] NULL without a base */
	struct difference *v;	/* in the order of A, what B has in between */
	size_t n, cap;
	struct ram_difference *ram;
	size_t nram, ram_cap;
	struct ram_block_difference *blocks;
	size_t nblocks, blocks_cap;
	uint64_t page_size;
	size_t shown, ignored;	/* differences that count, that are ignored */
	size_t ram_changed;	/* pages that count */
	size_t conflicts;
	bool truncated;		/* more differences than are kept */
	const char *note;	/* what could not be compared, or NULL */
	struct timeline *loads[3];	/* made here, as are ... */
	struct destination *dests[3];
};

/*
 * Compare.  Nothing of @opts is kept but its strings.  Never fails: what
 * cannot be read is compared as bytes.  @base may be NULL.
 */
struct comparison *compare(const struct account *a, const struct account *b,
			   const struct account *base,
			   const struct compare_opts *opts);
void comparison_close(struct comparison *c);

/* Does anything count that differs? */
bool comparison_differs(const struct comparison *c);

/* Open several accounts at once, one thread each; @ret[i] NULL where it failed. */
int compare_open(struct account **ret, const char *const *paths, size_t n,
		 const struct source_opts *opts, struct err *err);

/*
 * The row at or behind (@dir > 0), or before (@dir < 0), row @from that is not
 * ignored; SIZE_MAX if there is none.
 */
size_t comparison_next(const struct comparison *c, size_t from, int dir);

/* What always differs between two snapshots of one guest; NULL-terminated. */
extern const char *const compare_stock[];

/* Does @pattern match the location @path of section @idstr? */
bool compare_matches(const char *pattern, const char *idstr, const char *path,
		     const char *type);

#endif
