/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * space.h - the address space of an emulator.
 *
 * Whoever reads descriptors or runs predicates does not know whether the
 * bytes come from an ELF file, a live process or a core: it has a struct space
 * and asks it.  A space is embedded first in the object that answers, and is
 * read-only to its users.
 */
#ifndef VMSDB_SPACE_H
#define VMSDB_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum space_kind {
	SPACE_NONE,		/* nothing is there */
	SPACE_CODE,
	SPACE_DATA,
	SPACE_MIXED,		/* old linkers put constants beside the code */
	SPACE_EXTERN,		/* a symbol of a file that is not here (libc ...) */
};

struct space {
	/* All of [addr, addr+n) into @buf: 0, or -1 where some is missing. */
	int (*read)(const struct space *s, uint64_t addr, void *buf, size_t n);
	/*
	 * The bytes at @addr in place and how many are there, or NULL.  May be
	 * NULL itself, and may answer NULL where read() succeeds.
	 */
	const uint8_t *(*map)(const struct space *s, uint64_t addr,
			      uint64_t *avail);
	enum space_kind (*kind)(const struct space *s, uint64_t addr);
	/*
	 * Is the word at @slot known to hold an address (it is relocated)?
	 * NULL where nobody knows: any word may.
	 */
	bool (*pointer)(const struct space *s, uint64_t slot);
	/*
	 * The same for the @n <= 64 words from @slot on at once, a bit for each
	 * (and more bits, perhaps).  False, or NULL: ask for each.
	 */
	bool (*pointers)(const struct space *s, uint64_t slot, unsigned n,
			 uint64_t *ret);
	/* Can the byte at @addr not change any more?  NULL: any may. */
	bool (*constant)(const struct space *s, uint64_t addr);
	/*
	 * Is the word at @addr a slot of the GOT or PLT, which nobody but the
	 * dynamic linker writes?  NULL: none is.
	 */
	bool (*got)(const struct space *s, uint64_t addr);
	uint8_t ptr_size;	/* 4 or 8 */
	bool big_endian;
};

/* The unsigned integer of @n = 1, 2, 4 or 8 bytes at @p in its byte order. */
static inline uint64_t space_load(const struct space *s, const uint8_t *p,
				  unsigned n)
{
	bool swap = s->big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	uint64_t v8;
	uint32_t v4;
	uint16_t v2;

	switch (n) {
	case 8:
		memcpy(&v8, p, 8);
		return swap ? __builtin_bswap64(v8) : v8;
	case 4:
		memcpy(&v4, p, 4);
		return swap ? __builtin_bswap32(v4) : v4;
	case 2:
		memcpy(&v2, p, 2);
		return swap ? __builtin_bswap16(v2) : v2;
	default:
		return *p;
	}
}

static inline void space_store(const struct space *s, uint8_t *p, unsigned n,
			       uint64_t v)
{
	bool swap = s->big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	uint32_t v4 = (uint32_t)v;

	if (n == 8) {
		v = swap ? __builtin_bswap64(v) : v;
		memcpy(p, &v, 8);
	} else {
		v4 = swap ? __builtin_bswap32(v4) : v4;
		memcpy(p, &v4, 4);
	}
}

/* Read an unsigned integer of @n bytes: 0, or -1 where it is not there. */
int space_uint(const struct space *s, uint64_t addr, unsigned n, uint64_t *ret);

/*
 * Copy the NUL-terminated string at @addr into @buf of @cap bytes.  Returns
 * its length, or -1 when it is missing, longer, or not printable ASCII.
 */
int space_text(const struct space *s, uint64_t addr, char *buf, size_t cap);

#endif
