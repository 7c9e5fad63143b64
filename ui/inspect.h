/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inspect.h - `vmsdb attach PID|CORE`, beside the other `attach`.
 */
#ifndef VMSDB_UI_INSPECT_H
#define VMSDB_UI_INSPECT_H

#include "subcommand.h"

/* Does the command line name a process or a core, and no destination? */
bool inspect_wanted(int argc, char **argv);
int inspect_main(const struct subcommand *self, int argc, char **argv);

/* Its options beside those of the other, for the help. */
#define INSPECT_OPTIONS \
	{ "--exe", "FILE", "PID, CORE: the executable that runs, if it is " \
	  "not where it was" }, \
	{ "--all", NULL, "PID, CORE: what would not be written, too" }, \
	{ "--around", NULL, "PID, CORE: the C structures around the fields" }, \
	{ "--stop", NULL, "PID: stop its threads while they are read; --qmp: a " \
	  "running guest may be paused for a moment" }

#endif
