/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.h - a load in the emulator's own trace words, one event a line, as
 * -trace 'vmstate_*' -trace 'qemu_loadvm_*' prints them without the prefix.
 */
#ifndef VMSDB_TRACE_H
#define VMSDB_TRACE_H

#include <stdio.h>

#include "../debugger/timeline.h"
#include "../devices/registry.h"

/* In the words of the release that @reg is of, as far as that is known. */
void trace_print(FILE *f, const struct timeline *t, const struct registry *reg);

#endif
