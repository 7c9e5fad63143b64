/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * account.h - the accounts that somebody gave: streams taken in whole, dumps;
 * and the destination that several of them describe together.
 */
#ifndef VMSDB_ACCOUNT_H
#define VMSDB_ACCOUNT_H

#include "load.h"

/* A stream with what it says of itself. */
struct account {
	struct arena arena;
	struct source *src;
	struct ram ram;
	bool has_description;
	struct description description;
	struct registry registry;	/* entries as the description lists them */
	struct facts *facts;
	/* Its load by its own description; NULL if it has none. */
	struct timeline *self;
	const char *note;	/* why there is no description, or what is odd */
};

/*
 * Take a stream in.  @from is DESC_FROM_SOURCE or DESC_FROM_REFERENCE.
 * Returns -1 with @err only if the file cannot be read at all.
 */
int account_open(struct account **ret, const char *path, enum desc_from from,
		 const struct source_opts *opts, struct err *err);
/* The same for a source that is open already; it is closed with the account. */
int account_take(struct account **ret, struct source *src, enum desc_from from,
		 const struct source_opts *opts, struct err *err);
void account_close(struct account *a);

struct destination {
	struct arena arena;
	struct registry registry;
	struct account *reference;	/* the first reference stream, or NULL */
	/* its load by others' descriptors, if it has no description */
	struct timeline *blind;
	/* The same of a source without description. */
	struct timeline *source_blind;
	struct account *more[7];	/* further ones */
	size_t nmore;
	struct dump dumps[8];
	size_t ndumps;
	struct ahead *ahead;	/* where dumps were read; or NULL */
	struct desc_image *image;	/* its executable, or NULL */
	struct inspect *process;	/* itself or its core, or NULL: it has .image */
	bool is_source;		/* nothing was given: the source itself */
	const char *asked;	/* as in struct destination_opts, or NULL */
	/* Whether its pages are mapped-ram's is no question (live/fodder.h). */
	bool any_transport;
	/* What the user assumes of it; not owned. */
	const struct assumption *assumptions;
	size_t nassumptions;
};

/*
 * Build a destination from the files of --to, told apart by content; a number
 * that is no file is a process (or its core), whose registry is exact.  With
 * @n == 0 it is the source's own description.  @source may teach wire types
 * that nobody else tells.
 */
int destination_open(struct destination **ret, const char *const *paths,
		     size_t n, const struct account *source,
		     const struct source_opts *opts, struct err *err);

struct destination_opts {
	const struct source_opts *source;	/* or NULL */
	const struct desc_image_opts *images;	/* an executable's modules; or NULL */
	struct ahead *ahead;	/* ahead.h: taken over, also on failure; or NULL */
	int release;		/* that the emulator tells: 702; 0 */
	/* Files below here are an asked emulator's (live/reference.h); or NULL. */
	const char *asked;
};

int destination_open_with(struct destination **ret, const char *const *paths,
			  size_t n, const struct account *source,
			  const struct destination_opts *opts, struct err *err);
void destination_close(struct destination *d);

/*
 * How to show the path of one of its accounts, and what to say of it: what an
 * asked emulator has written has a name, but no file that stays.
 */
const char *destination_shown(const struct destination *d, const char *path,
			      const char **what);

/* Load @source into @dest. */
struct timeline *destination_load(const struct destination *dest,
				  const struct account *source,
				  enum rules rules,
				  const struct source_opts *opts);

#endif
