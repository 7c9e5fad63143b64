/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * desc-known.h - descriptors out of the tables of known.h, and what those
 * tables add to a dump's.
 */
#ifndef VMSDB_DESC_KNOWN_H
#define VMSDB_DESC_KNOWN_H

#include "known.h"

/*
 * @k as a descriptor.  Nested descriptors are not in the tables: .desc of a
 * struct field stays NULL.  Subsections are, where they are unambiguous
 * between @release_min and @release_max.
 */
const struct desc *desc_from_known(struct arena *a, const struct known_desc *k,
				   const char *arch, int release_min,
				   int release_max);

/*
 * Put the checks (VMSTATE_VALIDATE) that no dump lists between the fields of
 * a dump's descriptor.  Returns @d itself when there are none.
 */
const struct desc *desc_add_checks(struct arena *a, const struct desc *d,
				   const char *arch, int release_min,
				   int release_max);

/*
 * What the structures of @field of @desc are made of, where a description
 * shows none because the first was a null pointer; NULL if nobody told.
 */
const struct desc *desc_known_nested(struct arena *a, const char *desc,
				     const char *field, int dup);

#endif
