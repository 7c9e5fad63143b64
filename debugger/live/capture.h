/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture.h - the state of a running emulator, out of its monitor.
 *
 * All of it is done by a child, the keeper, which outlives us: it alone holds
 * the monitor, and when we are gone (kill -9) it stops what was begun, puts
 * everything back and leaves.  Should the keeper be killed instead, we connect
 * again and do that.  The guest is never stopped with `stop`: the emulator
 * itself pauses it while it saves and lets it run again, even when both of us
 * are dead.
 *
 *  devices alone	`xen-save-devices-state` into memory of ours (add-fd);
 *			live:false, or else a paused guest's disks are inactivated
 *  all			`migrate fd:` into a socket pair of ours (getfd), whose
 *			return path answers, once all has come, that the load
 *			failed: a migration that has failed leaves the guest
 *			where it was, one that has completed does not
 */
#ifndef VMSDB_CAPTURE_H
#define VMSDB_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "../../stream/err.h"

struct capture_opts {
	const char *qmp;	/* the monitor's socket; must be a UNIX one */
	bool may_stop;		/* a running guest may be paused for a moment */
	bool all;		/* with configuration and description */
	bool keep_ram;
	bool ours;		/* nobody minds what is left of it */
	int timeout_ms;		/* without any progress; 0: 30000 */
	volatile const int *interrupted;
};

struct capture {
	char found[32];		/* runstate before, and after */
	char left[32];
	uint64_t taken, kept, pages;
	int release;		/* 702: the emulator's; 0 not told */
	char note[200];		/* what is odd about the result, or "" */
};

/*
 * Write what was captured to @out.  -1 with @err: nothing of use was written;
 * the emulator is as it was found, or the message says what is not.
 */
int capture_run(struct capture *ret, const struct capture_opts *opts, int out,
		struct err *err);

#endif
