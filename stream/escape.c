/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "escape.h"

/* How many bytes the character at @p has, or 0 where it is no UTF-8. */
static size_t utf8_len(const uint8_t *p, size_t n, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = *p < 0x80 ? 1 : *p < 0xc0 ? 0 : *p < 0xe0 ? 2 :
		     *p < 0xf0 ? 3 : *p < 0xf8 ? 4 : 0;

	if (!len || len > n)
		return 0;
	*code = len == 1 ? *p : *p & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (p[i] & 0x3f);
	}
	if (*code < least[len] || *code > 0x10ffff ||
	    (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return len;
}

static bool printable(uint32_t code)
{
	if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code == '\\')
		return false;
	/* line separators, and marks that reorder the text around them */
	return !(code >= 0x200e && code <= 0x200f) &&
	       !(code >= 0x2028 && code <= 0x202e) &&
	       !(code >= 0x2066 && code <= 0x2069);
}

const char *escape_text(char *buf, size_t size, const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *s = p;
	char *out = buf, *end = buf + size - 1;

	for (size_t i = 0; i < n; ) {
		uint32_t code = 0;
		size_t len = utf8_len(s + i, n - i, &code);
		bool plain = len && printable(code);

		if (!len)
			len = 1;
		if ((size_t)(end - out) < (plain ? len : len * 4))
			break;
		for (; len; len--, i++) {
			if (plain) {
				*out++ = (char)s[i];
				continue;
			}
			*out++ = '\\';
			*out++ = 'x';
			*out++ = digits[s[i] >> 4];
			*out++ = digits[s[i] & 15];
		}
	}
	*out = '\0';
	return buf;
}

const char *escape_bytes(struct arena *a, const void *p, size_t n)
{
	return escape_text(arena_calloc(a, n + 1, 4), (n + 1) * 4, p, n);
}
