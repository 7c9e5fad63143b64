/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cursor.h - bounded big-endian reads that do not move on failure.
 *
 * A cursor is a value: copy it, read a whole record through the copy, look at
 * .bad once, and assign it back only when all is well.  After a read beyond
 * .end, .bad is set, the read and all later ones return 0, and .pos stays.
 */
#ifndef VMSDB_CURSOR_H
#define VMSDB_CURSOR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct cursor {
	const uint8_t *data;
	uint64_t pos, end;	/* data[pos .. end) is left */
	bool bad;
};

static inline struct cursor cursor_over(const uint8_t *data, uint64_t len)
{
	return (struct cursor){ .data = data, .pos = 0, .end = len };
}

static inline uint64_t cursor_left(const struct cursor *c)
{
	return c->end - c->pos;
}

/* The next @n bytes, or NULL. */
static inline const uint8_t *cursor_take(struct cursor *c, uint64_t n)
{
	const uint8_t *p = c->data + c->pos;

	if (c->bad || cursor_left(c) < n) {
		c->bad = true;
		return NULL;
	}
	c->pos += n;
	return p;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 1);

	return p ? *p : 0;
}

static inline uint64_t be_load(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static inline uint16_t cursor_be16(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 2);

	return p ? (uint16_t)be_load(p, 2) : 0;
}

static inline uint32_t cursor_be32(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 4);

	return p ? (uint32_t)be_load(p, 4) : 0;
}

static inline uint64_t cursor_be64(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 8);

	return p ? be_load(p, 8) : 0;
}

/* The byte at pos + @ahead, or -1 beyond the end; moves nothing. */
static inline int cursor_peek(const struct cursor *c, uint64_t ahead)
{
	return cursor_left(c) > ahead ? c->data[c->pos + ahead] : -1;
}

#endif
