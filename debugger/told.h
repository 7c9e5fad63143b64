/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * told.h - the descriptors that one file tells of, whichever kind it is: an
 * emulator's executable, its -dump-vmstate, a stream; or a process (by its
 * PID) or its core: of its executable and the modules that it has loaded.
 */
#ifndef VMSDB_TOLD_H
#define VMSDB_TOLD_H

#include "../devices/desc-dump.h"
#include "../devices/running.h"
#include "account.h"

struct told {
	const char *path;
	const struct desc_set *set;
	struct desc_image *image;	/* or NULL */
	struct running *running;	/* that has it, or NULL */
	struct dump dump;
	struct desc_set own;	/* of a stream */
	struct account *account;
	struct arena arena;
};

int told_open(struct told *ret, const char *path,
	      const struct desc_image_opts *images,
	      const struct source_opts *opts, struct err *err);
void told_close(struct told *t);

/* Does "e1000" or "vmstate_e1000" or a glob name this item? */
bool told_names(const struct desc_item *item, const char *name);

/* The @k-th item of that name, or NULL. */
const struct desc *told_find(const struct told *t, const char *name, size_t k);

#endif
