/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bake.h - containers and streams out of one line of text, for tests.
 *
 *	items	:= item*, separated by blanks
 *	item	:= hex digits			those bytes
 *		 | 'text'			those characters
 *		 | QEVM				a stream's magic and version
 *		 | fill[BYTE,COUNT]		BYTE in hex
 *		 | noise[COUNT]			bytes that do not compress
 *		 | cut[COUNT](items)		without the last COUNT bytes
 *		 | poke[OFFSET,HEX](items)	with some bytes overwritten
 *		 | gzip(items), bzip2, xz, lzma, lzop, zstd, lz4
 *		 | libvirt[KEY=VALUE,...](items)
 *			be part v= fmt= xml= cookie= pad=
 *		 | qcow2[KEY=VALUE,...](items)	the items are the VM state
 *			v2 ext bits= disk= now= names=A+B-+... (-: no state)
 *			scatter holes zeros deflate zstd state= crypt= incompat=
 *		 | str8[TEXT], be16[N], be32[N], be64[N]
 *		 | config[MACHINE](subsections)
 *		 | full[ID,IDSTR,INSTANCE,VERSION](body), start
 *		 | part[ID](body), end		with footers; ",nf": without
 *		 | sub[NAME,VERSION](body), command[NUMBER](data), json(text)
 *
 * Numbers are as in C.  A mistake in the text ends the program.
 */
#ifndef VMSDB_TEST_BAKE_H
#define VMSDB_TEST_BAKE_H

#include <stddef.h>
#include <stdint.h>

struct dough {
	uint8_t *p;
	size_t len, cap;
};

void bake(struct dough *ret, const char *text);
void dough_release(struct dough *d);

void put_bytes(struct dough *d, const void *p, size_t n);
void put_be(struct dough *d, uint64_t v, unsigned n);

#endif
