/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sha256.h - FIPS 180-4, to tell which file a recording was made of.
 */
#ifndef VMSDB_SHA256_H
#define VMSDB_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sha256 {
	uint32_t h[8];
	uint64_t len;
	uint8_t buf[64];
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *p, size_t n);
/* 64 hexadecimal digits and a NUL. */
void sha256_hex(struct sha256 *s, char ret[65]);

#endif
