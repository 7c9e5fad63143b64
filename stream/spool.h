/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spool.h - bytes of unknown number, put into a temporary file and mapped.
 *
 * The file lies in $TMPDIR, else in /var/tmp (where /tmp is often memory),
 * else in /tmp; it has no name, so it is gone when we are.  Runs of zeros
 * become holes.  Its length is bounded, and the bound counts holes too.
 */
#ifndef VMSDB_SPOOL_H
#define VMSDB_SPOOL_H

#include "source-impl.h"

#define SPOOL_MAX_DEFAULT (UINT64_C(64) << 30)

struct spool {
	int fd;
	uint64_t len;		/* so far */
	uint64_t max;
	const char *dir;	/* where it lies, for messages */
	const char *what;	/* what is spooled, for messages */
};

int spool_init(struct spool *sp, const char *what, uint64_t max,
	       struct err *err);
void spool_release(struct spool *sp);

int spool_write(struct spool *sp, const void *p, size_t n, struct err *err);
int spool_zeros(struct spool *sp, uint64_t n, struct err *err);

/* Map all of it into @ret, which owns the file from then on. */
int spool_map(struct spool *sp, struct layer *ret, struct err *err);

/* The bound that @src's options ask for. */
uint64_t spool_max(const struct source *src);

#endif
