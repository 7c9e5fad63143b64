/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * devices-member.c - structures and members out of debug information in every
 * form that packages carry it in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../devices/member.h"

#define DIR "build/image"
#define CC "gcc -O2 -std=gnu11 -DDESC=70 -DFIELD=212 -DEND=0 tests/data/image/vmstate.c -o " DIR "/m "

static const struct {
	const char *what, *cmd;
	const char *err;	/* part of the message, or NULL: it works */
	const char *need;	/* a program */
} cases[] = {
	{ "DWARF 5", CC "-g -gdwarf-5", NULL, NULL },
	{ "DWARF 4", CC "-g -gdwarf-4", NULL, NULL },
	{ "DWARF 4, strict", CC "-g -gdwarf-4 -gstrict-dwarf", NULL, NULL },
	{ "DWARF 3", CC "-g -gdwarf-3", NULL, NULL },
	{ "DWARF 2", CC "-g -gdwarf-2", NULL, NULL },
	{ "clang", "clang-14 -g -O2 -DDESC=70 -DFIELD=212 -DEND=0 tests/data/image/vmstate.c -o " DIR "/m", NULL, "clang-14" },
	{ "zlib", CC "-g -gz=zlib", NULL, NULL },
	{ "zlib-gnu", CC "-g -gz=zlib-gnu", NULL, NULL },
	{ "zstd", CC "-g && objcopy --compress-debug-sections=zstd " DIR "/m", NULL, NULL },
	{ "type units, DWARF 5", CC "-g -gdwarf-5 -fdebug-types-section", NULL, NULL },
	{ "type units, DWARF 4", CC "-g -gdwarf-4 -fdebug-types-section", NULL, NULL },
	{ "link-time optimization", CC "-g -flto", NULL, NULL },
	{ "no PIE", CC "-g -no-pie", NULL, NULL },
	{ "debug link", CC "-g && cd " DIR " && objcopy --only-keep-debug m m.debug && strip -g m && objcopy --add-gnu-debuglink=m.debug m", NULL, NULL },
	{ "stripped, debug link", CC "-g && cd " DIR " && objcopy --only-keep-debug m m.debug && strip m && objcopy --add-gnu-debuglink=m.debug m", NULL, NULL },
	{ "dwz", CC "-g && dwz " DIR "/m", NULL, "dwz" },
	{ "dwz -m", CC "-g && cd " DIR " && cp m m2 && dwz -m m.common m m2", NULL, "dwz" },
	{ "dwz -m, gone", CC "-g && cd " DIR " && cp m m2 && dwz -m m.common m m2 && rm m.common", "m.common, which is not there", "dwz" },
	{ "none", CC "-s", "no debug information", NULL },
	{ "-g1", CC "-g1", NULL, NULL },
	{ "split, DWARF 5", CC "-g -gsplit-dwarf -gdwarf-5", NULL, NULL },
	{ "split, DWARF 4", CC "-g -gsplit-dwarf -gdwarf-4", NULL, NULL },
	{ "split, gone", CC "-g -gsplit-dwarf && rm " DIR "/m*.dwo", "1 of 1 of which are missing", NULL },
	{ "split, another's", CC "-g -gsplit-dwarf && cp " DIR "/m-vmstate.dwo " DIR "/x && " CC "-g -gsplit-dwarf -gdwarf-5 -DDESC=104 && mv " DIR "/x " DIR "/m-vmstate.dwo", "of another compilation", NULL },
	{ "package", CC "-g -gsplit-dwarf -gdwarf-4 && dwp -e " DIR "/m && rm " DIR "/*.dwo", NULL, "dwp" },
};

static const struct desc *find(struct desc_image *img, const char *name)
{
	const struct desc_set *set = desc_image_set(img);

	for (size_t i = 0; i < set->nitems; i++)
		if (!strcmp(set->items[i].desc->name, name))
			return set->items[i].desc;
	fail_msg("no %s", name);
	return NULL;
}

static void check_type(struct member_map *map, struct desc_image *img,
		       const char *what, const char *name, const char *want)
{
	const struct desc *d = find(img, name);
	const struct ctype *const *types;
	size_t n = member_types(map, d, &types);
	char buf[100];

	if (n != 1)
		fail_msg("%s: %s: %zu types", what, name, n);
	member_type_name(map, d, types[0], buf, sizeof(buf));
	if (strcmp(buf, want))
		fail_msg("%s: %s is %s, not %s", what, name, buf, want);
}

static void check_members(struct member_map *map, struct desc_image *img,
			  const char *what)
{
	const struct desc *toy = find(img, "toy");
	const struct ctype *const *types;
	struct member_place at;
	char buf[100];
	uint32_t line;
	size_t found = 0;

	member_types(map, toy, &types);
	for (size_t i = 0; i < toy->nfields; i++)
		found += member_of_field(types[0], &toy->fields[i],
					 &at);
	if (found != toy->nfields - 1)
		fail_msg("%s: %zu members", what, found);
	assert_true(member_of_field(types[0], &toy->fields[10], &at));
	assert_string_equal(at.path, "ports");
	assert_string_equal(ctype_print(at.type, buf,
					sizeof(buf)), "struct Port [2]");
	assert_int_equal(at.offset, 140);
	assert_true(member_at(types[0], 152, &at));
	assert_string_equal(at.path, "ports[1].level");
	assert_non_null(member_source(map, toy, &line));
	assert_non_null(strstr(member_source(map, toy, &line), "vmstate.c"));
	assert_true(line > 200);
}

static void forms(void **state)
{
	(void)state;
	mkdir("build", 0777);
	mkdir(DIR, 0777);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *what = cases[i].what;
		struct desc_image *img;
		struct member_map *map;
		struct err err = { 0 };
		char cmd[600];

		snprintf(cmd, sizeof(cmd), "command -v %s >/dev/null",
			 cases[i].need ? cases[i].need : "true");
		if (system(cmd)) {
			print_message("no %s: not tested\n", cases[i].need);
			continue;
		}
		snprintf(cmd, sizeof(cmd), "rm -f %s/m %s/m.*; (%s) 2>/dev/null",
			 DIR, DIR, cases[i].cmd);
		if (system(cmd))
			fail_msg("%s: %s", what, cmd);
		if (desc_image_open(&img, DIR "/m", NULL, &err))
			fail_msg("%s: %s", what, err.msg);
		if (member_map_open(&map, img, NULL, &err)) {
			if (!cases[i].err || !strstr(err.msg, cases[i].err))
				fail_msg("%s: %s", what, err.msg);
			desc_image_close(img);
			continue;
		}
		if (cases[i].err)
			fail_msg("%s: no error", what);
		if (strcmp(what, "-g1")) {
			check_type(map, img, what, "toy", "struct Toy");
			check_type(map, img, what, "toy/port", "struct Port");
			check_type(map, img, what, "toy/late", "struct Toy");
			check_members(map, img, what);
		}
		member_map_close(map);
		desc_image_close(img);
	}
}

/* Debug information that is cut, or has bytes changed. */
static void broken(void **state)
{
	static uint8_t p[1 << 20], q[1 << 20];
	uint32_t seed = 1;
	FILE *f;
	size_t n;

	(void)state;
	assert_int_equal(system(CC "-g"), 0);
	f = fopen(DIR "/m", "rb");
	n = fread(p, 1, sizeof(p), f);
	fclose(f);
	for (unsigned i = 0; i < 400; i++) {
		struct desc_image *img;
		struct member_map *map;
		struct err err = { 0 };

		memcpy(q, p, n);
		for (unsigned k = 0; k < 20; k++) {
			size_t at;

			seed = seed * 1664525 + 1013904223;
			/* debug sections lie behind the data */
			at = 0x3000 + (seed >> 8) % (n - 0x3000);
			seed = seed * 1664525 + 1013904223;
			q[at] = (uint8_t)(seed >> 24);
		}
		f = fopen(DIR "/broken", "wb");
		fwrite(q, 1, i % 4 ? n : n - (seed >> 8) % (n / 2), f);
		fclose(f);
		if (desc_image_open(&img, DIR "/broken", NULL, &err))
			continue;
		if (!member_map_open(&map, img, NULL, &err))
			member_map_close(map);
		else
			assert_true(err.msg[0]);
		desc_image_close(img);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
