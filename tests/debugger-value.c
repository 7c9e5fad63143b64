/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of a leaf, written as bake.h's language has them, for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../debugger/value.h"
#include "support/bake.c"	/* here, so that every test is one file to link */

static const struct {
	const char *type, *bytes;
	unsigned n;
	const char *want;
} tests[] = {
	{ "uint8", "00", 1, "0" },
	{ "uint8", "09", 1, "9" },
	{ "uint8", "0a", 1, "0xa" },
	{ "uint8 equal", "ff", 1, "0xff" },
	{ "int8", "ff", 1, "-1" },
	{ "int8", "7f", 1, "127" },
	{ "bool", "00", 1, "false" },
	{ "bool", "01", 1, "true" },
	{ "bool", "02", 1, "2" },
	{ "uint16", "1234", 1, "0x1234" },
	{ "int16", "fffe", 1, "-2" },
	{ "uint32", "80000000", 1, "0x80000000" },
	{ "int32", "80000000", 1, "-2147483648" },
	{ "int32 le", "ffffffff", 1, "-1" },
	{ "uint64", "ffffffffffffffff", 1, "0xffffffffffffffff" },
	{ "int64", "8000000000000000", 1, "-9223372036854775808" },
	{ "timer", "ffffffffffffffff", 1, "-1" },
	{ "le16", "3412", 1, "0x1234" },
	{ "le32", "78563412", 1, "0x12345678" },
	{ "le64", "0100000000000000", 1, "1" },
	/* cut off, or not what the type says */
	{ "uint32", "1234", 1, "12 34" },
	{ "uint32", "", 1, "empty" },
	{ "uint8", "0102", 1, "01 02" },
	{ "le32", "1234", 1, "12 34" },
	/* arrays */
	{ "uint8", "010203", 3, "{1, 2, 3}" },
	{ "uint16", "000100010002", 3, "{1 <repeats 2 times>, 2}" },
	{ "int8", "fffefe", 3, "{-1, -2 <repeats 2 times>}" },
	{ "bool", "000101", 3, "{false, true <repeats 2 times>}" },
	{ "uint8", "fill[00,1000]", 1000, "{0 <repeats 1000 times>}" },
	{ "uint8", "000102030405060708090001020304050607", 18,
	  "{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, ...}" },
	{ "uint8", "00010203040506070809000102030405", 16,
	  "{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5}" },
	{ "uint16", "0001", 3, "00 01" },
	{ "uint8", "", 0, "empty" },
	/* bytes */
	{ "buffer", "'pc-q35'", 1, "\"pc-q35\"" },
	{ "buffer", "'pc' 000000", 1, "\"pc\"" },
	{ "buffer", "'a' 00 'b'", 1, "61 00 62" },
	{ "buffer", "22 5c", 1, "\"\\\"\\\\\"" },
	{ "buffer", "1b5b6d", 1, "1b 5b 6d" },
	{ "buffer", "c29b", 1, "c2 9b" },
	{ "buffer", "0000", 1, "all zero" },
	{ "buffer", "", 1, "empty" },
	{ "buffer", "fill[61,64]", 1,
	  "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"" },
	{ "buffer", "fill[61,65]", 1,
	  "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"..." },
	{ "buffer", "fill[ff,16]", 1,
	  "ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff" },
	{ "buffer", "fill[ff,17]", 1,
	  "ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ..." },
	{ "virtio", "01", 1, "01" },
	{ NULL, "0102", 1, "01 02" },
};

static void formats(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		struct dough d;
		uint8_t *exact;
		char got[512];

		bake(&d, tests[i].bytes);
		exact = malloc(d.len ? d.len : 1);
		if (d.len)
			memcpy(exact, d.p, d.len);
		value_format(tests[i].type, exact, d.len, tests[i].n, got,
			     sizeof(got));
		if (strcmp(got, tests[i].want)) {
			print_error("%s of %s:\n  got  %s\n  want %s\n",
				    tests[i].type ? tests[i].type : "(none)",
				    tests[i].bytes, got, tests[i].want);
			bad++;
		}
		/* whatever the room, it is kept */
		for (size_t size = 1; size < 40; size++) {
			char *small = malloc(size);

			value_format(tests[i].type, exact, d.len, tests[i].n,
				     small, size);
			assert_true(memchr(small, '\0', size) != NULL);
			free(small);
		}
		free(exact);
		dough_release(&d);
	}
	assert_int_equal(bad, 0);
}

static void integers(void **state)
{
	static const uint8_t ones[8] = { 255, 255, 255, 255, 255, 255, 255, 255 };
	int64_t v = 0;

	(void)state;
	assert_true(value_integer("uint8", ones, 1, &v));
	assert_true(v == 255);
	assert_true(value_integer("int32", ones, 4, &v));
	assert_true(v == -1);
	assert_true(value_integer("uint64", ones, 8, &v));
	assert_true(v == -1);
	assert_false(value_integer("uint32", ones, 2, &v));
	assert_false(value_integer("buffer", ones, 1, &v));
	assert_false(value_integer(NULL, ones, 1, &v));
	assert_true(value_is_signed("int8"));
	assert_true(value_is_signed("timer"));
	assert_false(value_is_signed("uint8"));
	assert_false(value_is_signed(NULL));
}

int main(void)
{
	static const struct CMUnitTest all[] = {
		cmocka_unit_test(formats), cmocka_unit_test(integers),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
