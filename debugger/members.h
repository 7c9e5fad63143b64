/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * members.h - the C members behind the sides of divergences, where an
 * executable with debug information is there.
 */
#ifndef VMSDB_MEMBERS_H
#define VMSDB_MEMBERS_H

#include "analysis.h"

/*
 * Fill in .member and .declared of @a's divergences on the side whose timeline
 * is @t and whose executable is @img (NULL: nothing is done).  Answers how
 * many; none where there is no debug information.
 */
size_t members_of_destination(struct analysis *a, struct desc_image *img,
			      const struct timeline *t, const char *debug_dir);
size_t members_of_source(struct analysis *a, struct desc_image *img,
			 const struct timeline *t, const char *debug_dir);

#endif
