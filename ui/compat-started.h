/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compat-started.h - two emulators started alike, and what each writes loaded
 * (predicted) by the other: for what no executable tells, as which sections a
 * machine type has, under which names and instance numbers.
 */
#ifndef VMSDB_COMPAT_STARTED_H
#define VMSDB_COMPAT_STARTED_H

#include <jansson.h>

#include "live.h"

struct started {
	struct reference ref[2];	/* old, new */
	struct live_prediction to[2];	/* forward, backward */
	const char *machine, *const *words;
};

/*
 * Start the emulators @path[] paused with "-machine @machine" (NULL: none) and
 * @words (up to a NULL), and let them write.  -1 after a message.
 */
int started_open(struct started *s, const char *const path[2],
		 const char *machine, const char *const *words);

/* Predict both loads, with what @a says of modules and debug information. */
int started_compare(struct started *s, const struct args *a);
void started_close(struct started *s);

void started_print(const struct started *s);
json_t *started_json(const struct started *s);

#endif
