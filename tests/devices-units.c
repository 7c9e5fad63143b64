/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * devices-units.c - unit headers and the indexes of packages, byte by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../devices/dwarf-units.h"

/* Two compile units and a type unit of DWARF 5, 24 bytes each at the most. */
static const uint8_t info[] = {
	/* 0: compile unit 0x11 */
	0x11, 0, 0, 0, 5, 0, 5, 8, 0, 0, 0, 0, 0x11, 0, 0, 0, 0, 0, 0, 0, 0,
	/* 21: compile unit 0x22 */
	0x11, 0, 0, 0, 5, 0, 5, 8, 0, 0, 0, 0, 0x22, 0, 0, 0, 0, 0, 0, 0, 0,
	/* 42: type unit 0x33, its type at 24 */
	0x15, 0, 0, 0, 5, 0, 6, 8, 0, 0, 0, 0, 0x33, 0, 0, 0, 0, 0, 0, 0,
	24, 0, 0, 0, 0,
};

/* Version 5, columns INFO and ABBREV: 0x11 and 0x22, abbreviations apart. */
static const uint8_t cu_index[] = {
	5, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0,
	0x11, 0, 0, 0, 0, 0, 0, 0, 0x22, 0, 0, 0, 0, 0, 0, 0,
	1, 0, 0, 0, 2, 0, 0, 0,
	1, 0, 0, 0, 3, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 21, 0, 0, 0, 4, 0, 0, 0,
	21, 0, 0, 0, 4, 0, 0, 0, 21, 0, 0, 0, 4, 0, 0, 0,
};

/* 0x33 has the abbreviations of 0x11. */
static const uint8_t tu_index[] = {
	5, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0,
	0x33, 0, 0, 0, 0, 0, 0, 0,
	1, 0, 0, 0,
	1, 0, 0, 0, 3, 0, 0, 0,
	42, 0, 0, 0, 0, 0, 0, 0,
	25, 0, 0, 0, 4, 0, 0, 0,
};

static const uint8_t abbrev[8];

#define SECTION(n, d) { .name = n, .data = d, .size = sizeof(d) }

static void slices(void **state)
{
	struct debug_section sections[] = {
		SECTION(".debug_info.dwo", info),
		SECTION(".debug_abbrev.dwo", abbrev),
		SECTION(".debug_cu_index", cu_index),
		SECTION(".debug_tu_index", tu_index),
	};
	struct debug_file f = {
		.path = "x.dwp", .sections = sections, .nsections = 4,
		.ptr_size = 8,
	};
	struct dwarf_units du = { 0 };
	const struct debug_section *s;
	struct dwp_row *rows;
	struct err err = { 0 };
	size_t n;

	(void)state;
	assert_int_equal(dwp_read(&f, &rows, &n, &err), 0);
	assert_int_equal(n, 3);
	/* by group: 0x11 and its type, which is not next to it, then 0x22 */
	assert_int_equal(rows[0].id, 0x11);
	assert_int_equal(rows[1].id, 0x33);
	assert_true(rows[1].types);
	assert_int_equal(rows[2].id, 0x22);
	assert_int_equal(dwarf_units_add_rows(&du, &f, rows, 2, &err), 0);
	assert_int_equal(dwarf_units_add_rows(&du, &f, rows + 2, 1, &err), 1);
	s = dwarf_object_section(&du.objects[0], "info");
	assert_int_equal(s->size, 21 + 25);
	assert_memory_equal(s->data, info, 21);
	assert_memory_equal(s->data + 21, info + 42, 25);
	s = dwarf_object_section(&du.objects[1], "info");
	assert_ptr_equal(s->data, info + 21);
	assert_int_equal(dwarf_units_read(&du, 0, &err), 0);
	assert_int_equal(dwarf_units_read(&du, 1, &err), 0);
	dwarf_units_sort(&du);
	assert_int_equal(du.nunits, 3);
	assert_int_equal(du.units[0].kind, UNIT_SPLIT);
	assert_int_equal(du.units[0].id, 0x11);
	assert_int_equal(du.units[1].kind, UNIT_TYPE);
	assert_int_equal(dwarf_units_type(&du, 0x33), 21 + 24);
	assert_int_equal(dwarf_units_type(&du, 0x34), 0);
	assert_int_equal(du.units[2].start, REF_OBJECT(1));
	assert_ptr_equal(dwarf_units_of(&du, REF_OBJECT(1) + 5), &du.units[2]);
	assert_null(dwarf_units_of(&du, REF_OBJECT(1) + 21));
	dwarf_units_release(&du);
	free(rows);
}

/* Cut at every length, in a buffer of that size: an error or less, no crash. */
static void cut(void **state)
{
	(void)state;
	for (unsigned which = 0; which < 4; which++) {
		for (size_t len = 0; ; len++) {
			struct debug_section sections[] = {
				SECTION(".debug_info.dwo", info),
				SECTION(".debug_abbrev.dwo", abbrev),
				SECTION(".debug_cu_index", cu_index),
				SECTION(".debug_tu_index", tu_index),
			};
			struct debug_file f = {
				.path = "x.dwp", .sections = sections,
				.nsections = 4, .ptr_size = 8,
			};
			struct dwarf_units du = { 0 };
			struct dwp_row *rows;
			struct err err = { 0 };
			uint8_t *copy = malloc(len ? len : 1);
			size_t n;

			if (len >= sections[which].size) {
				free(copy);
				break;
			}
			memcpy(copy, sections[which].data, len);
			sections[which].data = copy;
			sections[which].size = len;
			if (dwp_read(&f, &rows, &n, &err) == 0) {
				assert_true(which < 2);
				if (dwarf_units_add_rows(&du, &f, rows, 2,
							 &err) < 0 ||
				    dwarf_units_read(&du, 0, &err) < 0)
					assert_true(err.msg[0]);
				else
					assert_true(which < 2 && len >= 4);
				free(rows);
			} else {
				assert_true(err.msg[0]);
			}
			dwarf_units_release(&du);
			free(copy);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slices),
		cmocka_unit_test(cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
