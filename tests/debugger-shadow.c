/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an object's memory holds after bytes were loaded, supposed, or run over by
 * others, and what functions of an image (tests/data/image/vmstate.c) say to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../debugger/shadow.h"

#define EMULATOR "build/image/shadowed"

static struct desc_image *img;
static struct shadow *shadow;

static int open_image(void **state)
{
	struct err err;

	(void)state;
	if (system("mkdir -p build/image; gcc -O1 -DDESC=70 -DFIELD=212 -DEND=0 "
		   "-o " EMULATOR " tests/data/image/vmstate.c"))
		fail_msg("cannot compile it");
	if (desc_image_open(&img, EMULATOR, NULL, &err))
		fail_msg("%s", err.msg);
	shadow = shadow_new(img);
	return 0;
}

static int close_image(void **state)
{
	(void)state;
	shadow_free(shadow);
	desc_image_close(img);
	return 0;
}

/* The needed() of the subsection with this name. */
static uint64_t needed(const char *name)
{
	const struct desc_set *set = desc_image_set(img);

	for (size_t i = 0; i < set->nitems; i++) {
		const struct desc *d = set->items[i].desc;

		if (!strcmp(d->name, name))
			return d->needed_fn;
	}
	fail_msg("no %s", name);
	return 0;
}

/* struct Toy: where the needed() of "toy/mode" looks. */
#define MODE 6

/*
 * What was done, a word each: Lv, Sv, Ov put the mode (loaded, supposed, own), tN
 * says that N bytes from the mode on were touched (0: the whole object), bN the same
 * from a byte before, r resets.
 */
static const struct {
	const char *done;
	const char *ask, *ask_supposed, *hook;	/* 0, 1 or ? */
} tests[] = {
	{ "", "?", "?", "?" },
	{ "L3", "1", "1", "1" },
	{ "L2", "0", "0", "0" },
	{ "S3", "?", "1", "?" },
	{ "O3", "1", "1", "?" },
	{ "S3 L2", "0", "0", "0" },
	{ "L2 S3", "0", "0", "0" },
	{ "L2 O3", "0", "0", "0" },
	{ "L3 t1", "1", "1", "?" },
	{ "L3 t0", "1", "1", "?" },
	{ "L3 b1", "1", "1", "1" },
	{ "L3 b2", "1", "1", "?" },
	{ "L3 b0", "1", "1", "?" },
	{ "t1 L3", "1", "1", "?" },
	{ "L3 t1 r", "?", "?", "?" },
	{ "L3 t1 r L3", "1", "1", "1" },
	/* one too many to be kept: anything may be touched */
	{ "L3 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 "
	  "b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1", "1", "1", "1" },
	{ "L3 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 "
	  "b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1 b1", "1", "1", "?" },
};

static struct shadow_ref part(struct shadow_ref toy, int64_t at, uint64_t size)
{
	toy.base += at;
	toy.size = size;
	return toy;
}

static void run(struct shadow_ref *toy, const char *done)
{
	for (; *done; done += strcspn(done, " "), done += *done == ' ') {
		uint8_t v = (uint8_t)(done[1] - '0');

		switch (*done) {
		case 'L':
			shadow_put_wire(shadow, *toy, MODE, "uint8", &v, 1,
					SHADOW_LOADED);
			break;
		case 'S':
			shadow_put(shadow, *toy, MODE, &v, 1, SHADOW_SUPPOSED);
			break;
		case 'O':
			shadow_put(shadow, *toy, MODE, &v, 1, SHADOW_OWN);
			break;
		case 't':
			shadow_touched(shadow, part(*toy, MODE, v));
			break;
		case 'b':
			shadow_touched(shadow, part(*toy, MODE - 1, v));
			break;
		case 'r':
			*toy = shadow_reset(shadow);
			break;
		}
	}
}

static char answer(struct shadow_ref toy, bool supposed)
{
	struct predicate_trace why;
	enum tri t = shadow_ask(shadow, toy, needed("toy/mode"), 1,
				supposed, &why);

	return t == TRI_YES ? '1' : t == TRI_NO ? '0' : '?';
}

/* As if it were a post_load_errp(), which answers a bool, too. */
static char hook(struct shadow_ref toy)
{
	struct predicate_trace why;
	int ret = -1;

	if (shadow_hook(shadow, toy, needed("toy/mode"), true, 1, &why,
			&ret) != HOOK_RETURNS)
		return '?';
	return (char)('0' + ret);
}

static void what_counts(void **state)
{
	(void)state;
	if (!predicate_supported(space_elf_file(desc_image_space(img), 0)->
				 machine))
		skip();
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		struct shadow_ref toy = shadow_reset(shadow);

		run(&toy, tests[i].done);
		if (answer(toy, false) != *tests[i].ask ||
		    answer(toy, true) != *tests[i].ask_supposed ||
		    hook(toy) != *tests[i].hook)
			fail_msg("%s: %c %c %c", tests[i].done,
				 answer(toy, false), answer(toy, true),
				 hook(toy));
	}
}

/* What another object's bytes are, behind a pointer, is no part of this one. */
static void behind_pointers(void **state)
{
	struct shadow_ref toy = shadow_reset(shadow), to, again;
	uint8_t three = 3;
	uint64_t v;

	(void)state;
	to = shadow_follow(shadow, toy, 8);
	assert_int_not_equal(to.object, 0);
	assert_int_not_equal(to.object, toy.object);
	again = shadow_follow(shadow, toy, 8);
	assert_int_equal(again.object, to.object);
	shadow_put(shadow, to, MODE, &three, 1, SHADOW_LOADED);
	assert_int_equal(shadow_uint(shadow, toy, MODE, 1, &v), SHADOW_UNKNOWN);
	assert_int_equal(shadow_uint(shadow, again, MODE, 1, &v), SHADOW_LOADED);
	assert_int_equal(v, 3);
	shadow_touched(shadow, to);
	shadow_put(shadow, toy, MODE, &three, 1, SHADOW_LOADED);
	assert_int_equal(hook(toy), '1');
	assert_int_equal(hook(to), '?');
}

/* What one byte decides may be supposed, so that others agree; four may not. */
static void supposed(void **state)
{
	struct shadow_ref toy = shadow_reset(shadow);
	struct predicate_trace why;

	(void)state;
	shadow_suppose(shadow, toy, needed("toy/late"), 1, true);
	assert_int_equal(shadow_ask(shadow, toy, needed("toy/late"), 1,
				    true, &why), TRI_UNKNOWN);
	assert_int_equal(answer(toy, true), '?');
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(what_counts),
		cmocka_unit_test(behind_pointers),
		cmocka_unit_test(supposed),
	};

	return cmocka_run_group_tests(all, open_image, close_image);
}
