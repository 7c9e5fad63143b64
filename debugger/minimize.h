/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * minimize.h - a failing stream shrunk to the least that fails the same way.
 *
 * Delta debugging, coarse to fine: the pages of RAM, whole sections, then
 * fields and subsections, level by level.  "The same way" means the same
 * verdict, the same section and the same first message up to numbers; where
 * nothing is printed, the same first divergence.  The device description is
 * rewritten along, so that the result is a stream like any other.
 *
 * Cost: some hundred loads, most of them of small streams.
 */
#ifndef VMSDB_MINIMIZE_H
#define VMSDB_MINIMIZE_H

#include "../stream/writer.h"
#include "analysis.h"

struct minimized {
	struct stream_writer out;	/* the stream */
	size_t sections_before, sections;
	size_t fields_before, fields;	/* those of the sections that are left */
	size_t loads;			/* how many were tried */
	char verdict[32], message[400];
};

/*
 * Shrink @source, which @dest does not load.  -1 with @err if it loads (there
 * is nothing to shrink) or if the user stops it.
 */
int minimize(struct minimized *ret, const struct account *source,
	     const struct destination *dest, enum rules rules,
	     const struct source_opts *progress, struct err *err);
void minimized_release(struct minimized *m);

#endif
