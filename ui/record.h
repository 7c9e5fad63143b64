/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record.h - make a recording, and complain if that fails.
 */
#ifndef VMSDB_RECORD_H
#define VMSDB_RECORD_H

#include "../debugger/recording.h"

/* -1 after having said why. */
int record_load(const char *path, const struct account *source,
		const struct destination *dest, const struct timeline *t,
		const struct analysis *a, const struct recording_opts *opts);

#endif
