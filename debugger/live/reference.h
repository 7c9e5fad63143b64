/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reference.h - a reference stream and a dump, out of the destination's own
 * command line: the emulator is started paused, asked for its state, and ended.
 */
#ifndef VMSDB_REFERENCE_H
#define VMSDB_REFERENCE_H

#include "../../stream/err.h"

struct reference {
	char dir[64];		/* a private directory; "" none */
	char path[400];		/* the stream; named after the emulator */
	char dump[400];		/* what -dump-vmstate says; "": it does not */
	int release;		/* 702: the emulator's; 0 not told */
	/* Its own executable behind whatever launches it, QEMU_MODULE_DIR; "" */
	char binary[400], modules[400];
};

/*
 * Run @argv (NULL-terminated; ZERO: an all-zero firmware file) and let it
 * write.  -1 with @err, which has what it said.  RAM's pages are left out.
 */
int reference_make(struct reference *ret, const char *const *argv,
		   volatile const int *interrupted, struct err *err);
/* Removes the files; a stream that is open stays readable. */
void reference_remove(struct reference *r);

#endif
