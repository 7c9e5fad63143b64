/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * members.h - the C members behind the destination's side of divergences,
 * where its executable has debug information.
 */
#ifndef VMSDB_MEMBERS_H
#define VMSDB_MEMBERS_H

#include "analysis.h"

/*
 * Fill in .member and .declared of @a's divergences.  Answers how many; none
 * where the destination has no executable or that no debug information.
 */
size_t analysis_members(struct analysis *a, const struct destination *dest,
			const struct timeline *load, const char *debug_dir);

#endif
