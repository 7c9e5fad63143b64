/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * value.h - the bytes of a leaf as a value for people.
 */
#ifndef VMSDB_VALUE_H
#define VMSDB_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Print the value of @n elements of info @type, @len bytes in all, into @buf:
 * numbers in decimal and hex, buffers as hex and text, at most some 16
 * elements.  Control characters are escaped.  Returns @buf.
 */
char *value_format(const char *type, const uint8_t *p, uint64_t len,
		   uint64_t n, char *buf, size_t size);

/* The number that an integer leaf of @type holds; false for other types. */
bool value_integer(const char *type, const uint8_t *p, uint64_t len,
		   int64_t *ret);

/* Is it printed as a number? signed? */
bool value_is_signed(const char *type);

#endif
