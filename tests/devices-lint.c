/* SPDX-License-Identifier: GPL-2.0-or-later */
/* devices-lint.c - one small set of descriptors per rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../devices/lint.h"

#define BIN DESC_FROM_BINARY
#define FIELD(n, fl, ...) { .name = n, .flags = VMS_##fl, .size = 4, .num = 1, \
			    .type = "uint32", .from_layout = BIN, __VA_ARGS__ }
#define DESC(n, v, min, ...) { .name = n, .version = v, .min_version = min, \
			       .from = BIN, __VA_ARGS__ }

static const struct desc_field plain[] = { FIELD("a", SINGLE, .dup = -1) };
static const struct desc_field newer[] = {
	FIELD("a", SINGLE, .dup = -1), FIELD("b", SINGLE, .version = 3),
};
static const struct desc_field late[] = {
	FIELD("list", VARRAY_INT32, .count_field = "n"),
	FIELD("n", SINGLE, .dup = -1),
};
static const struct desc_field in_time[] = {
	FIELD("n", SINGLE, .dup = -1),
	FIELD("list", VARRAY_INT32, .count_field = "n"),
};
static const struct desc_field never[] = {
	FIELD("list", VARRAY_INT32, .num_offset = 64),
};

static const struct desc sub = DESC("x/sub", 1, 1, .needed_fn = 1), typo = DESC("y/sub", 1, 1, .needed_fn = 1),
	dot = DESC("x.sub", 1, 1, .needed_fn = 1), always = DESC("x/always", 1, 1, .needed_fn = 0),
	sub_too = DESC("x/sub", 1, 1, .needed_fn = 2),
	deeper = DESC("part/x", 1, 1, .needed_fn = 1);
static const struct desc *const subs[] = { &sub }, *const typos[] = { &typo },
	*const dots[] = { &dot }, *const twins[] = { &sub, &sub_too }, *const forever[] = { &always },
	*const shadow[] = { &deeper };
static const struct desc part = DESC("part", 3, 1, .needed_fn = 1, .fields = plain, .nfields = 1);
static const struct desc part_subs = DESC("x", 1, 1, .needed_fn = 1, .subs = subs, .nsubs = 1);
static const struct desc_field embeds[] = {
	FIELD("p", STRUCT, .desc = &part),
};
static const struct desc_field embeds_first[] = {
	FIELD("p", STRUCT, .desc = &part_subs),
	FIELD("a", SINGLE, .dup = -1),
};
static const struct desc_field versioned[] = {
	FIELD("p", VSTRUCT, .desc = &part),
};

static const struct {
	const char *what;
	struct desc d;
	const char *want;	/* rules found */
} cases[] = {
	{ "nothing", DESC("x", 1, 1, .needed_fn = 1, .fields = plain, .nfields = 1), "" },
	{ "good subsection", DESC("x", 1, 1, .needed_fn = 1, .subs = subs, .nsubs = 1), "" },
	{ "misspelt", DESC("x", 1, 1, .needed_fn = 1, .subs = typos, .nsubs = 1), "subsection-name" },
	{ "no slash", DESC("x", 1, 1, .needed_fn = 1, .subs = dots, .nsubs = 1), "subsection-slash" },
	{ "one name for two", DESC("x", 1, 1, .needed_fn = 1, .subs = twins, .nsubs = 2), "subsection-twice" },
	{ "no needed", DESC("x", 1, 1, .needed_fn = 1, .subs = forever, .nsubs = 1),
	  "subsection-always" },
	{ "newer field", DESC("x", 1, 1, .needed_fn = 1, .fields = newer, .nfields = 2),
	  "field-version" },
	{ "minimum", DESC("x", 1, 2, .needed_fn = 1), "minimum-version" },
	{ "embedded", DESC("x", 1, 1, .needed_fn = 1, .fields = embeds, .nfields = 1),
	  "nested-version" },
	{ "embedded, and said which", DESC("x", 1, 1, .needed_fn = 1, .fields = versioned, .nfields = 1), "" },
	{ "embedded, with subsections", DESC("y", 1, 1, .needed_fn = 1, .fields = embeds_first, .nfields = 2),
	  "embedded-subsections" },
	{ "mistaken", DESC("x", 1, 1, .needed_fn = 1, .fields = embeds, .nfields = 1, .subs = shadow, .nsubs = 1),
	  "nested-version subsection-name subsection-shadowed" },
	{ "count late", DESC("x", 1, 1, .needed_fn = 1, .fields = late, .nfields = 2), "count-late" },
	{ "count in time", DESC("x", 1, 1, .needed_fn = 1, .fields = in_time, .nfields = 2), "" },
	{ "count never", DESC("x", 1, 1, .needed_fn = 1, .fields = never, .nfields = 1),
	  "count-never" },
};

static void rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct desc_item item = { .key = "x", .desc = &cases[i].d };
		struct desc_set set = { .items = &item, .nitems = 1 };
		const struct finding *f;
		struct arena a;
		char got[300] = "";
		size_t n;

		arena_init(&a);
		n = lint(&set, NULL, &a, &f);
		for (size_t k = 0; k < n; k++) {
			strcat(got, k ? " " : "");
			strcat(got, lint_rule_name(f[k].rule));
			assert_true(f[k].msg[0]);
		}
		if (strcmp(got, cases[i].want))
			fail_msg("%s: \"%s\", not \"%s\"", cases[i].what, got,
				 cases[i].want);
		arena_release(&a);
	}
}

static void namesakes(void **state)
{
	static const struct desc a = DESC("x", 1, 1, .needed_fn = 1, .fields = plain, .nfields = 1),
		b = DESC("x", 1, 1, .needed_fn = 1, .addr = 8, .fields = newer, .nfields = 2);
	struct desc_item items[] = { { .desc = &a }, { .desc = &a } };
	struct desc_set set = { .items = items, .nitems = 2 };
	const struct finding *f;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	assert_int_equal(lint(&set, NULL, &arena, &f), 0);
	items[1].desc = &b;
	/* and b's field-version */
	assert_int_equal(lint(&set, NULL, &arena, &f), 2);
	assert_int_equal(f[1].rule, LINT_SAME_NAME);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules),
		cmocka_unit_test(namesakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
