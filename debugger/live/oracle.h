/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oracle.h - what a real destination makes of a whole stream, to the byte.
 *
 * Feeds a fresh emulator along the prediction.  Events that came somewhere
 * else are then known to a range only, so the emulator is started again and
 * fed in smaller steps there, until each stands at its byte.
 */
#ifndef VMSDB_ORACLE_H
#define VMSDB_ORACLE_H

#include "feed.h"

struct oracle {
	struct feed *feed;	/* the last pass, over: its events, its end */
	unsigned passes;
	size_t inexact;		/* events that are known to a range only */
	bool end_exact;		/* feed->fed is where it gave up, to the byte */
	bool repeats;		/* every pass said the same */
	double seconds;
	unsigned long steps;	/* monitor round trips of all passes */
};

int oracle_run(struct oracle *ret, const struct feed_opts *opts,
	       struct err *err);
void oracle_release(struct oracle *o);

#endif
