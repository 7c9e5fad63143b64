/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "space.h"

int space_uint(const struct space *s, uint64_t addr, unsigned n, uint64_t *ret)
{
	uint8_t buf[8];
	uint64_t avail;
	const uint8_t *p = s->map ? s->map(s, addr, &avail) : NULL;

	if (p && avail >= n) {
		*ret = space_load(s, p, n);
		return 0;
	}
	if (s->read(s, addr, buf, n))
		return -1;
	*ret = space_load(s, buf, n);
	return 0;
}

/* Length of the printable string at the start of @p, or -1. */
static int text_len(const uint8_t *p, uint64_t avail, size_t cap)
{
	for (size_t i = 0; i < cap && i < avail; i++) {
		if (!p[i])
			return (int)i;
		if (p[i] < 0x20 || p[i] > 0x7e)
			return -1;
	}
	return -1;
}

int space_text(const struct space *s, uint64_t addr, char *buf, size_t cap)
{
	uint64_t avail;
	const uint8_t *p = s->map ? s->map(s, addr, &avail) : NULL;
	int n;

	if (p) {
		n = text_len(p, avail, cap);
		if (n >= 0)
			memcpy(buf, p, (size_t)n + 1);
		return n;
	}
	for (size_t i = 0; i < cap; i++) {
		if (s->read(s, addr + i, buf + i, 1))
			return -1;
		if (!buf[i])
			return (int)i;
		if (buf[i] < 0x20 || buf[i] > 0x7e)
			return -1;
	}
	return -1;
}
