/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debuginfod.h - debug information from servers, by build-id.
 *
 * Nothing is asked of the network unless the user has said so in this process;
 * that DEBUGINFOD_URLS is set is not saying so.  The client library
 * (libdebuginfod, of elfutils) is loaded when it is first needed: without it
 * all else works.  It keeps what it has fetched below ~/.cache.
 */
#ifndef VMSDB_DEBUGINFOD_H
#define VMSDB_DEBUGINFOD_H

#include <stdbool.h>
#include <stdint.h>

#include "../stream/err.h"

void debuginfod_allow(void);
bool debuginfod_allowed(void);

/*
 * Fetch the debug information of that build-id: the path of a file, to be
 * freed, or NULL with @err set.  Takes as long as servers take: a minute and
 * a half for one that is silent (DEBUGINFOD_TIMEOUT).
 */
char *debuginfod_fetch(const uint8_t *id, unsigned len, struct err *err);

#endif
