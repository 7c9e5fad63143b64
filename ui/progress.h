/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * progress.h - what is said of work that takes over 300 ms, and how it is
 * stopped.  Fits struct source_opts.
 */
#ifndef VMSDB_PROGRESS_H
#define VMSDB_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct progress {
	/* Has the user had enough? */
	bool (*stopped)(void *ctx);
	/* Show "reading RAM: 35 %"; NULL takes it away again. */
	void (*show)(void *ctx, const char *text);
	void *ctx;
	struct timespec start, last;	/* of the work; of what was shown */
	bool shown;
};

/* Another piece of work begins, or has ended: nothing is shown any more. */
void progress_reset(struct progress *p);

/* The callback; its first argument is the struct progress. */
int progress_tell(void *p, const char *what, uint64_t done, uint64_t total);

/* For .show: a line on standard error, if that is a terminal. */
void progress_on_stderr(void *ctx, const char *text);

#endif
