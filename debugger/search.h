/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * search.h - text in a load: names, types, explanations and paths.
 */
#ifndef VMSDB_SEARCH_H
#define VMSDB_SEARCH_H

#include "timeline.h"

/*
 * The next event behind @from (before it, if not @forward) that has @text,
 * whatever the case, in its name, type or explanation; or, if @text looks like
 * a path (has one of /.[*?), in its path; a pattern matches whole paths.  Goes
 * once round, @from last.  EVENT_NONE: there is none.
 *
 * A million events take some milliseconds: names come again and again, so each
 * is looked at once, and paths are made only where the last name fits.
 */
uint32_t search_load(const struct timeline *t, uint32_t from, const char *text,
		     bool forward);

#endif
