/* SPDX-License-Identifier: GPL-2.0-or-later */
/* devices-compat.c - pairs of small descriptors, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../devices/compat.h"

#define BIN DESC_FROM_BINARY
#define U32(n, ...) { .name = n, .dup = -1, .flags = VMS_SINGLE, .size = 4, \
	.num = 1, .type = "uint32", .from_layout = BIN, __VA_ARGS__ }
#define U16(n, ...) { .name = n, .dup = -1, .flags = VMS_SINGLE, .size = 2, \
	.num = 1, .type = "uint16", .from_layout = BIN, __VA_ARGS__ }
#define LIST(n, fl, ...) { .name = n, .dup = -1, .flags = VMS_##fl, .num = 1, \
	.from_layout = BIN, __VA_ARGS__ }
#define FIELDS(f) .fields = f, .nfields = sizeof(f) / sizeof((f)[0])
#define DESC(n, v, min, ...) { .name = n, .version = v, .min_version = min, \
	.from = BIN, .needed_fn = 1, __VA_ARGS__ }
#define SUBS(s) .subs = s, .nsubs = sizeof(s) / sizeof((s)[0])

static const struct desc_field ab[] = { U32("a"), U32("b") };
static const struct desc_field ac[] = { U32("a"), U32("c") };
static const struct desc_field ba[] = { U32("b"), U32("a") };
static const struct desc_field a_only[] = { U32("a") };
static const struct desc_field cut_up[] = { U16("a0"), U16("a1"), U32("b") };
static const struct desc_field ab_v2[] = { U32("a"), U32("b", .version = 2) };
static const struct desc_field ab_if[] = {
	U32("a"), U32("b", .exists = EXISTS_PREDICATE, .exists_fn = 1,
		      .exists_name = "has_b"),
};
static const struct desc_field ac_if[] = {
	U32("a"), U32("c", .exists = EXISTS_PREDICATE, .exists_fn = 5),
};
static const struct desc_field checked[] = {
	U32("a"), { .name = "a is small", .dup = -1, .flags = VMS_MUST_EXIST,
		    .exists = EXISTS_PREDICATE }, U32("b"),
};
static const struct desc part1 = DESC("part", 1, 1, FIELDS(ab_v2));
static const struct desc part2 = DESC("part", 2, 1, FIELDS(ab_v2));
static const struct desc_field with1[] = {
	LIST("p", STRUCT, .desc = &part1, .type = "struct"),
};
static const struct desc_field with2[] = {
	LIST("p", STRUCT, .desc = &part2, .type = "struct"),
};
static const struct desc_field array[] = {
	LIST("n", VARRAY_UINT32, .type = "uint32", .size = 4),
};
static const struct desc_field array8[] = {
	LIST("n", VARRAY_UINT32, .type = "uint8", .size = 1),
};
static const struct desc sub = DESC("x/s", 1, 1, .needed_name = "s_needed",
				    FIELDS(a_only));
static const struct desc sub_longer = DESC("x/s", 1, 1, FIELDS(ab));
static const struct desc sub_always = {
	.name = "x/t", .version = 1, .from = BIN, FIELDS(a_only),
};
static const struct desc *const subs[] = { &sub };
static const struct desc *const subs_longer[] = { &sub_longer };
static const struct desc *const subs_always[] = { &sub_always };

static const struct {
	const char *what;
	struct desc older, newer;
	const char *forward, *backward;
} cases[] = {
	{ "same", DESC("x", 1, 1, FIELDS(ab)), DESC("x", 1, 1, FIELDS(ab)), "yes", "yes" },
	{ "renamed", DESC("x", 1, 1, FIELDS(ab)), DESC("x", 1, 1, FIELDS(ac)), "yes", "yes" },
	{ "changed places", DESC("x", 1, 1, FIELDS(ab)), DESC("x", 1, 1, FIELDS(ba)), "silent", "silent" },
	{ "cut up", DESC("x", 1, 1, FIELDS(ab)), DESC("x", 1, 1, FIELDS(cut_up)), "yes", "yes" },
	{ "longer", DESC("x", 1, 1, FIELDS(a_only)), DESC("x", 1, 1, FIELDS(ab)), "no", "no" },
	{ "longer by version", DESC("x", 1, 1, FIELDS(a_only)), DESC("x", 2, 1, FIELDS(ab_v2)), "yes", "no" },
	{ "minimum raised", DESC("x", 1, 1, FIELDS(ab)), DESC("x", 2, 2, FIELDS(ab)), "no", "no" },
	{ "a check", DESC("x", 1, 1, FIELDS(ab)), DESC("x", 1, 1, FIELDS(checked)), "yes", "yes" },
	{ "same condition", DESC("x", 1, 1, FIELDS(ab_if)), DESC("x", 1, 1, FIELDS(ab_if)), "yes", "yes" },
	{ "condition of one side", DESC("x", 1, 1, FIELDS(a_only)), DESC("x", 1, 1, FIELDS(ab_if)), "depends", "depends" },
	{ "condition gone", DESC("x", 1, 1, FIELDS(ab_if)), DESC("x", 1, 1, FIELDS(ab)), "depends", "depends" },
	{ "nested version", DESC("x", 1, 1, FIELDS(with1)), DESC("x", 1, 1, FIELDS(with2)), "no", "no" },
	{ "elements of an array", DESC("x", 1, 1, FIELDS(array)), DESC("x", 1, 1, FIELDS(array8)), "no", "no" },
	{ "same array", DESC("x", 1, 1, FIELDS(array)), DESC("x", 1, 1, FIELDS(array)), "yes", "yes" },
	{ "new subsection", DESC("x", 1, 1, FIELDS(ab)), DESC("x", 1, 1, FIELDS(ab), SUBS(subs)), "yes", "depends" },
	{ "always sent", DESC("x", 1, 1, FIELDS(ab)), DESC("x", 1, 1, FIELDS(ab), SUBS(subs_always)), "yes", "no" },
	{ "longer subsection", DESC("x", 1, 1, SUBS(subs)), DESC("x", 1, 1, SUBS(subs_longer)), "depends", "depends" },
	{ "empty", DESC("x", 1, 1, .nfields = 0), DESC("x", 1, 1, .nfields = 0), "yes", "yes" },
};

static void pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a;
		struct compat_answer there, back;

		arena_init(&a);
		there = compat_ask(&a, &cases[i].older, &cases[i].newer);
		back = compat_ask(&a, &cases[i].newer, &cases[i].older);
		if (strcmp(compat_name(there.answer), cases[i].forward) ||
		    strcmp(compat_name(back.answer), cases[i].backward))
			fail_msg("%s: %s (%s), %s (%s)", cases[i].what,
				 compat_name(there.answer), there.why,
				 compat_name(back.answer), back.why);
		arena_release(&a);
	}
}

/* Sets: parts are not compared for themselves; names pair by version. */
static void sets(void **state)
{
	static const struct desc x1 = DESC("x", 1, 1, FIELDS(with1));
	static const struct desc x2 = DESC("x", 2, 2, FIELDS(ab), .addr = 8);
	static const struct desc y = DESC("y", 1, 1, FIELDS(ab));
	static const struct desc_item older[] = {
		{ "part", &part1, 1, 1 }, { "x", &x1, 1, 1 },
		{ "x", &x2, 2, 2 },
	};
	static const struct desc_item newer[] = {
		{ "x", &x2, 2, 2 }, { "x", &x1, 1, 1 }, { "y", &y, 1, 1 },
	};
	const struct desc_set o = { .from = BIN, .items = older, .nitems = 3 };
	const struct desc_set n = { .from = BIN, .items = newer, .nitems = 3 };
	const struct compat_pair *p;
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_int_equal(compat(&o, &n, &a, &p), 3);
	assert_int_equal(p[0].forward.answer, COMPAT_YES);
	assert_int_equal(p[1].forward.answer, COMPAT_YES);
	assert_null(p[2].older);
	assert_string_equal(p[2].name, "y");
	assert_int_equal(p[2].backward.answer, COMPAT_GONE);
	arena_release(&a);
}

/* What a machine type's properties say: 'y', 'n' or '?' for writer, reader. */
static enum tri say(void *ctx, const struct desc *d, const struct desc_field *f,
		    uint64_t base, int version)
{
	const char *how = ctx;

	(void)d;
	(void)f;
	(void)base;
	(void)version;
	return *how == 'y' ? TRI_YES : *how == 'n' ? TRI_NO : TRI_UNKNOWN;
}

static const struct desc_field either1[] = {
	U32("a", .exists = EXISTS_PREDICATE, .exists_fn = 1),
	U16("b", .exists = EXISTS_PREDICATE, .exists_fn = 2),
};
static const struct desc_field either2[] = {
	U32("a2", .exists = EXISTS_PREDICATE, .exists_fn = 3),
	U16("b2", .exists = EXISTS_PREDICATE, .exists_fn = 4), U32("c"),
};
static const struct desc_field c_only[] = { U16("b0"), U32("c0") };

static const struct {
	const char *what, *say;
	struct desc writer, reader;
	const char *want;
} told[] = {
	{ "reader has it", "?y", DESC("x", 1, 1, FIELDS(a_only)), DESC("x", 1, 1, FIELDS(ab_if)), "no" },
	{ "reader has it not", "?n", DESC("x", 1, 1, FIELDS(a_only)), DESC("x", 1, 1, FIELDS(ab_if)), "yes" },
	{ "nobody says", "??", DESC("x", 1, 1, FIELDS(a_only)), DESC("x", 1, 1, FIELDS(ab_if)), "depends" },
	{ "writer has it", "y?", DESC("x", 1, 1, FIELDS(ab_if)), DESC("x", 1, 1, FIELDS(a_only)), "no" },
	{ "both, otherwise", "yn", DESC("x", 1, 1, FIELDS(ab_if)), DESC("x", 1, 1, FIELDS(ab_if)), "no" },
	{ "one told, other alike", "y?", DESC("x", 1, 1, FIELDS(ab_if)), DESC("x", 1, 1, FIELDS(ab_if)), "yes" },
	{ "both alike", "nn", DESC("x", 1, 1, FIELDS(ab_if)), DESC("x", 1, 1, FIELDS(ab_if)), "yes" },
	{ "subsection is sent", "y?", DESC("x", 1, 1, FIELDS(ab), SUBS(subs)), DESC("x", 1, 1, FIELDS(ab)), "no" },
	{ "subsection is not sent", "n?", DESC("x", 1, 1, FIELDS(ab), SUBS(subs)), DESC("x", 1, 1, FIELDS(ab)), "yes" },
	{ "always sent, whoever says no", "n?", DESC("x", 1, 1, FIELDS(ab), SUBS(subs_always)), DESC("x", 1, 1, FIELDS(ab)), "no" },
	{ "some of several", "??", DESC("x", 1, 1, FIELDS(c_only)), DESC("x", 1, 1, FIELDS(either2)), "depends" },
	{ "condition renamed", "??", DESC("x", 1, 1, FIELDS(ab_if)), DESC("x", 1, 1, FIELDS(ac_if)), "yes" },
	{ "renamed and one told", "n?", DESC("x", 1, 1, FIELDS(ab_if)), DESC("x", 1, 1, FIELDS(ac_if)), "depends" },
	{ "none of several", "??", DESC("x", 1, 1, FIELDS(cut_up)), DESC("x", 1, 1, FIELDS(either1)), "no" },
	{ "never migrated", "??", DESC("x", 1, 1, .unmigratable = true), DESC("x", 2, 2, FIELDS(ab)), "never" },
};

static void machine(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		char how[2] = { told[i].say[0], told[i].say[1] };
		const struct compat_asker sides[2] = {
			{ say, &how[0] }, { say, &how[1] },
		};
		struct compat_answer c;
		struct arena a;

		arena_init(&a);
		c = compat_ask_with(&a, &told[i].writer, &told[i].reader,
				    sides);
		if (strcmp(compat_name(c.answer), told[i].want))
			fail_msg("%s: %s (%s)", told[i].what,
				 compat_name(c.answer), c.why);
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs), cmocka_unit_test(sets),
		cmocka_unit_test(machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
