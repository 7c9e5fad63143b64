/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dwarf-split.h - finding what -gsplit-dwarf has put into other files.
 *
 * A skeleton unit names a .dwo file and the id of the unit in it.  It is taken
 * out of the package BINARY.dwp, if there is one, or from the file: where it
 * was compiled to, beside the executable, or below --debug-dir.  Only a unit
 * with that id is one: a file of another compilation is not.
 */
#ifndef VMSDB_DWARF_SPLIT_H
#define VMSDB_DWARF_SPLIT_H

#include "dwarf-die.h"

/*
 * Add all split units of @dw's main object to its units.  @exe is the
 * executable's path; what is missing goes into the warning.  Answers how many
 * skeletons there are, or -1.
 */
int dwarf_split_open(struct dwarf *dw, const char *exe, const char *debug_dir,
		     struct err *err);

/* Add to the warning: all of it is one line. */
void dwarf_warn(struct dwarf_shared *sh, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
