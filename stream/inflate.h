/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inflate.h - gzip, bzip2, xz, lzma, lzop, zstd, lz4.
 *
 * Members that follow one another give one output, as with the programs of
 * these names.  What follows the last member is ignored: a volume is larger
 * than the file in it.  Damaged or cut off data gives what came before the
 * damage, and a note; data that is damaged from its beginning is ERR_FORMAT.
 *
 * Memory is bounded (a window of 256 MiB, a block of 64 MiB); the length of
 * the output by the spool's bound.
 */
#ifndef VMSDB_INFLATE_H
#define VMSDB_INFLATE_H

#include "source-impl.h"

/* "gzip" etc., or NULL when @p is nothing compressed. */
const char *inflate_name(const uint8_t *p, uint64_t len);

bool inflate_match(const struct layer *at);
int inflate_peel(struct source *src, struct err *err);

/*
 * One raw deflate stream or one zstd frame into exactly @want bytes at @out
 * (qcow2's compressed clusters; padding may follow).  Returns 0, or -1 when
 * the data does not give that many.
 */
int inflate_deflate_block(const uint8_t *p, size_t len, uint8_t *out,
			  size_t want);
int inflate_zstd_block(const uint8_t *p, size_t len, uint8_t *out, size_t want);

#endif
