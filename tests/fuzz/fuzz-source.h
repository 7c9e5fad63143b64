/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Open what the fuzzer made, read every byte, and see that nothing was
 * promised that does not hold.
 */
#ifndef VMSDB_FUZZ_SOURCE_H
#define VMSDB_FUZZ_SOURCE_H

#include <stdlib.h>
#include <string.h>

#include "../../stream/source.h"

/* Far below what a target may use, far above what it needs. */
#define FUZZ_SPOOL_MAX (UINT64_C(4) << 20)

static inline void fuzz_read(const struct source *src)
{
	/* holes may be terabytes: all of the ends, a bit of what is between */
	const uint64_t step = src->len < (1 << 20) ? 1 : src->len / (1 << 12);
	volatile uint8_t sum = 0;

	for (uint64_t i = 0; i < src->len; i += step)
		sum = (uint8_t)(sum + src->data[i]);
	if (src->len)
		sum = (uint8_t)(sum + src->data[src->len - 1]);
	if (src->data != src->file + src->origin ||
	    src->len != src->file_len - src->origin)
		abort();
}

static inline int fuzz_source(const uint8_t *data, size_t size,
			      const char *snapshot)
{
	const struct source_opts opts = {
		.snapshot = snapshot, .spool_max = FUZZ_SPOOL_MAX,
	};
	struct source *src;
	struct err err = { 0 };

	if (source_open_memory(&src, "fuzz", data, size, &opts, &err) < 0) {
		/* one line that says something */
		if (!*err.msg || strchr(err.msg, '\n') || src)
			abort();
		return 0;
	}
	fuzz_read(src);
	source_close(src);
	return 0;
}

#endif
