/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * out-json.h - results as JSON; the schemas stand in ui/vmsdb.1.
 */
#ifndef VMSDB_OUT_JSON_H
#define VMSDB_OUT_JSON_H

#include <stdio.h>

#include "../debugger/analysis.h"

/* One object: verdict, message, divergences ... */
void json_analysis(FILE *f, const struct analysis *a, const struct timeline *t);
/*
 * One object a line: every event with its range and value, and beside each
 * leaf what the source's own account (@source; may be NULL) says of its first
 * byte.
 */
void json_events(FILE *f, const struct timeline *t,
		 const struct timeline *source);
/* What a file holds: `show --json`.  @glob selects sections; NULL: all. */
void json_show(FILE *f, const struct account *acc, const struct timeline *t,
	       const char *glob);

#endif
