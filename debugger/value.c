/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../devices/desc.h"
#include "../stream/cursor.h"
#include "text.h"
#include "value.h"

#define MAX_SHOWN 16

bool value_is_signed(const char *type)
{
	return type && (!strncmp(type, "int", 3) || !strcmp(type, "timer"));
}

bool value_integer(const char *type, const uint8_t *p, uint64_t len,
		   int64_t *ret)
{
	uint64_t v;

	if (!type || !desc_type_size(type) || desc_type_size(type) != len)
		return false;
	v = be_load(p, (unsigned)len);
	if (value_is_signed(type) && len < 8 && v >> (len * 8 - 1))
		v |= ~0ull << (len * 8);
	*ret = (int64_t)v;
	return true;
}

/* "le16", "le32", "le64": PCI configuration space is little-endian. */
static unsigned little_endian(const char *type)
{
	if (!type || strncmp(type, "le", 2))
		return 0;
	return !strcmp(type, "le16") ? 2 : !strcmp(type, "le32") ? 4 :
		!strcmp(type, "le64") ? 8 : 0;
}

static void put_little_endian(struct text *t, const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | p[n];
	text_put(t, v < 10 ? "%" PRIu64 : "0x%" PRIx64, v);
}

static void put_number(struct text *t, const char *type, const uint8_t *p,
		       unsigned n)
{
	int64_t v = 0;

	value_integer(type, p, n, &v);
	if (!strcmp(type, "bool"))
		text_put(t, p[0] <= 1 ? p[0] ? "true" : "false" : "%u", p[0]);
	else if (value_is_signed(type))
		text_put(t, "%" PRId64, v);
	else if ((uint64_t)v < 10)
		text_put(t, "%" PRIu64, (uint64_t)v);
	else
		text_put(t, "0x%" PRIx64, (uint64_t)v);
}

/* Equal neighbours are folded as gdb does. */
static void put_array(struct text *t, const char *type, const uint8_t *p,
		      unsigned size, uint64_t n)
{
	unsigned shown = 0;

	text_put(t, "{");
	for (uint64_t i = 0; i < n && shown < MAX_SHOWN; shown++) {
		uint64_t k = i + 1;

		while (k < n && !memcmp(p + i * size, p + k * size, size))
			k++;
		text_put(t, i ? ", " : "");
		put_number(t, type, p + i * size, size);
		if (k - i > 1)
			text_put(t, " <repeats %" PRIu64 " times>", k - i);
		i = k;
		if (shown + 1 == MAX_SHOWN && i < n)
			text_put(t, ", ...");
	}
	text_put(t, "}");
}

static bool printable(const uint8_t *p, uint64_t n)
{
	while (n && !p[n - 1])
		n--;
	if (!n)
		return false;
	for (uint64_t i = 0; i < n; i++) {
		if (p[i] < 0x20 || p[i] > 0x7e)
			return false;
	}
	return true;
}

static void put_buffer(struct text *t, const uint8_t *p, uint64_t len)
{
	uint64_t i = 0;

	if (len && printable(p, len)) {
		text_put(t, "\"");
		for (; i < len && i < 64 && p[i]; i++)
			text_put(t, p[i] == '"' || p[i] == '\\' ? "\\%c" : "%c",
				 p[i]);
		text_put(t, "\"%s", i < len && p[i] ? "..." : "");
		return;
	}
	for (i = 0; i < len && !p[i]; i++)
		;
	if (i == len) {
		text_put(t, len ? "all zero" : "empty");
		return;
	}
	for (i = 0; i < len && i < MAX_SHOWN; i++)
		text_put(t, i ? " %02x" : "%02x", p[i]);
	if (i < len)
		text_put(t, " ...");
}

char *value_format(const char *type, const uint8_t *p, uint64_t len,
		   uint64_t n, char *buf, size_t size)
{
	struct text t = { buf, size, 0 };
	unsigned fixed = type ? desc_type_size(type) : 0;

	buf[0] = '\0';
	if (little_endian(type) && len == little_endian(type))
		put_little_endian(&t, p, (unsigned)len);
	else if (fixed && n <= 1 && len == fixed)
		put_number(&t, type, p, fixed);
	else if (fixed && n && len / fixed == n && len % fixed == 0)
		put_array(&t, type, p, fixed, n);
	else
		put_buffer(&t, p, len);
	return buf;
}
