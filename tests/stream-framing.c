/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands between sections: headers, commands, boundaries, where reading
 * can go on, where the description is.  Input is bake.h's language; every line
 * is also read cut at every length, out of a buffer of exactly that size.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../stream/stream.h"
#include "support/bake.c"	/* here, so that every test is one file to link */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct test {
	const char *what, *text, *want;
};

/* The type byte, and what is behind it. */
static const struct test headers[] = {
	{ "full", "04 00000003 str8[rtc] 00000001 00000002", "4 3 rtc/1 v2 body 17" },
	{ "start", "01 00000003 str8[ram] 00000000 00000004 99", "1 3 ram/0 v4 body 17" },
	{ "part", "02 00000003 99", "2 3 /0 v0 body 5" },
	{ "end", "03 ffffffff", "3 4294967295 /0 v0 body 5" },
	{ "largest", "04 ffffffff str8[a] ffffffff ffffffff",
	  "4 4294967295 a/4294967295 v4294967295 body 15" },
	{ "no name", "04 00000003 00 00000001 00000002", "4 3 /1 v2 body 14" },
	{ "a name with a NUL", "04 00000003 05 7274630078 00000001 00000002",
	  "4 3 rtc/1 v2 body 19" },
	{ "a name of 255", "04 00000003 ff fill[61,255] 00000001 00000002",
	  "4 3 (255)/1 v2 body 269" },
};

static void read_header(char *got, size_t size, const uint8_t *p, size_t n)
{
	struct cursor c = cursor_over(p, n);
	struct arena names;
	struct section s;
	struct err err = { 0 };

	arena_init(&names);
	c.pos = 1;
	if (section_read(&c, (enum section_kind)p[0], &names, &s, &err) < 0) {
		snprintf(got, size, "%d at %" PRIu64 ": %s, cursor %" PRIu64,
			 err.code, err.off, err.msg, c.pos);
	} else {
		char name[32];

		if (strlen(s.name) < sizeof(name))
			strcpy(name, s.name);
		else
			snprintf(name, sizeof(name), "(%zu)", strlen(s.name));
		snprintf(got, size, "%d %" PRIu32 " %s/%" PRIu32 " v%" PRIu32
			 " body %" PRIu64, s.kind, s.id, name, s.instance,
			 s.version, s.body);
		assert_int_equal(c.pos, s.body);
		assert_int_equal(s.off, 0);
	}
	arena_release(&names);
}

static void section_headers(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++) {
		struct dough d;
		char got[600], want[300];
		size_t body = 0;

		bake(&d, headers[i].text);
		read_header(got, sizeof(got), d.p, d.len);
		if (strcmp(got, headers[i].want)) {
			print_error("%s:\n  got  %s\n  want %s\n",
				    headers[i].what, got, headers[i].want);
			bad++;
		}
		sscanf(strstr(headers[i].want, "body"), "body %zu", &body);
		for (size_t n = 1; n < body; n++) {
			uint8_t *part = malloc(n);

			memcpy(part, d.p, n);
			read_header(got, sizeof(got), part, n);
			snprintf(want, sizeof(want), "1 at 0: section header "
				 "cut off, stream ends at 0x%zx, cursor 1", n);
			if (strcmp(got, want)) {
				print_error("%s cut at %zu:\n  got  %s\n",
					    headers[i].what, n, got);
				bad++;
			}
			free(part);
		}
		dough_release(&d);
	}
	assert_int_equal(bad, 0);
}

static void commands_read(void **state)
{
	static const uint8_t ping[] = { 8, 0, 2, 0, 4, 0, 0, 0, 1 };
	struct command cmd;
	struct err err;

	(void)state;
	for (size_t n = 1; n <= sizeof(ping); n++) {
		uint8_t *part = malloc(n);
		struct cursor c = { part, 1, n, false };

		memcpy(part, ping, n);
		if (n < 5) {
			assert_int_equal(command_read(&c, &cmd, &err), -1);
			assert_int_equal(err.code, ERR_SHORT);
			assert_int_equal(c.pos, 1);
		} else {
			assert_int_equal(command_read(&c, &cmd, &err), 0);
			assert_int_equal(cmd.cmd, COMMAND_PING);
			assert_int_equal(cmd.len, 4);
			assert_int_equal(cmd.data, 5);
			assert_int_equal(c.pos, 5);
		}
		free(part);
	}
	for (unsigned k = 0; k < COMMAND_MAX; k++)
		assert_non_null(command_name(k));
	assert_null(command_name(COMMAND_MAX));
	assert_null(command_name(0xffff));
	assert_int_equal(command_length(COMMAND_PACKAGED), 4);
	assert_int_equal(command_length(COMMAND_MAX), -1);
}

/* Is there a boundary at the first byte? */
static const struct {
	const char *what, *text;
	bool want;
} boundaries[] = {
	{ "the end", "", true },
	{ "full", "full[1,rtc,0,1](00)", true },
	{ "start", "start[1,ram,0,4](00)", true },
	{ "a path", "full[1,0000:00:02.0/e1000,0,1]()", true },
	{ "one letter and digits", "full[1,i8259,0,1]()", true },
	{ "one letter", "full[1,s,0,1]()", true },
	{ "digits", "full[1,8259,0,1]()", false },
	{ "punctuation", "full[1,-=-,0,1]()", false },
	{ "control characters", "04 00000001 04 72740763 00000000 00000001 7e", false },
	{ "no name", "04 00000001 00 00000000 00000001", false },
	{ "an id of millions", "full[0x200000,rtc,0,1]()", false },
	{ "a version of millions", "full[1,rtc,0,0x10000000]()", false },
	{ "an instance of millions", "full[1,rtc,0x80000000,1]()", true },
	{ "cut off", "04 00000001 str8[rtc] 00000000 000001", false },
	{ "end mark at the end", "00", true },
	{ "end mark and description", "00 json('{}')", true },
	{ "end mark and something else", "00 01", false },
	{ "end mark and half a description", "00 06 00000004 '{}'", false },
	{ "end mark and no JSON", "00 json('hello')", false },
	{ "part of RAM", "02 00000001 0000000000001008 0000", true },
	{ "part of nothing", "02 00000001 0000000000000000 0000", false },
	{ "part cut off", "02 00000001 00000000000010", false },
	{ "PING", "command[2](00000001)", true },
	{ "PING of 3 bytes", "command[2](000001)", false },
	{ "POSTCOPY_RAM_DISCARD", "command[6](00 01)", true },
	{ "command 0", "command[0]()", false },
	{ "unknown command", "command[12]()", false },
	{ "a footer", "7e 00000001", false },
	{ "a subsection", "sub[a/b,1]()", false },
	{ "configuration", "config[pc]()", false },
};

static void boundary(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(boundaries); i++) {
		struct dough d;

		bake(&d, boundaries[i].text);
		if (stream_boundary_at(d.p, d.len, 0) != boundaries[i].want) {
			print_error("%s: %s\n", boundaries[i].what,
				    boundaries[i].want ? "none" : "one");
			bad++;
		}
		for (size_t n = 0; n < d.len; n++) {
			uint8_t *part = malloc(n ? n : 1);

			if (n)
				memcpy(part, d.p, n);
			stream_boundary_at(part, n, 0);
			assert_false(stream_boundary_at(part, n, n + 1));
			free(part);
		}
		dough_release(&d);
	}
	assert_int_equal(bad, 0);
}

/* From the first byte on, in section 7; "-": nowhere. */
static const struct test resyncs[] = {
	{ "nothing", "", "-" },
	{ "noise", "noise[64]", "-" },
	{ "at once", "full[1,rtc,0,1]()", "0 bytes that look like a section header" },
	{ "behind noise", "noise[40] full[1,rtc,0,1]()",
	  "40 bytes that look like a section header" },
	{ "behind the footer", "noise[40] 7e 00000007 full[8,rtc,0,1]()",
	  "45 footer of section 7 and what looks like a section behind it" },
	{ "the footer counts most", "full[1,fake,0,1,nf]() 7e 00000007 full[8,rtc,0,1]()",
	  "23 footer of section 7 and what looks like a section behind it" },
	{ "another section's footer", "noise[40] 7e 00000008 full[9,rtc,0,1]()",
	  "45 bytes that look like a section header" },
	{ "a footer with nothing behind it", "7e 00000007 99 full[9,rtc,0,1]()",
	  "6 bytes that look like a section header" },
	{ "a footer and the end", "99 7e 00000007",
	  "6 footer of section 7 and what looks like a section behind it" },
	{ "a footer and an end mark", "99 7e 00000007 00 55",
	  "6 footer of section 7 and what looks like a section behind it" },
	{ "an end mark and the description", "99 00 json('{}')",
	  "1 end mark and a device description" },
	{ "a footer cut off", "99 7e 000000", "-" },
};

static void resync(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(resyncs); i++) {
		struct dough d;
		char why[160] = "", got[200] = "-";
		uint64_t off;

		bake(&d, resyncs[i].text);
		off = stream_resync(d.p, d.len, 0, d.len, 7, why);
		if (off != UINT64_MAX)
			snprintf(got, sizeof(got), "%" PRIu64 " %s", off, why);
		if (strcmp(got, resyncs[i].want)) {
			print_error("%s:\n  got  %s\n  want %s\n",
				    resyncs[i].what, got, resyncs[i].want);
			bad++;
		}
		for (size_t n = 0; n < d.len; n++) {
			uint8_t *part = malloc(n ? n : 1);

			if (n)
				memcpy(part, d.p, n);
			off = stream_resync(part, n, 0, UINT64_MAX, 7, why);
			assert_true(off <= n || off == UINT64_MAX);
			free(part);
		}
		dough_release(&d);
	}
	assert_int_equal(bad, 0);
}

/* "OFFSET JSON+LENGTH"; "-": none. */
static const struct test descriptions[] = {
	{ "none", "QEVM 00", "-" },
	{ "at the end", "QEVM 00 json('{}')", "9 14+2" },
	{ "with a tail", "QEVM 00 json('{}') fill[00,500]", "9 14+2" },
	{ "with a tail of braces", "QEVM 00 json('{}') '{{{{{{{{{{'", "9 14+2" },
	{ "nested braces", "QEVM 00 json('{\"a\":{\"b\":{}}}')", "9 14+14" },
	{ "cut off", "QEVM 00 06 00000009 '{}'", "-" },
	{ "shorter than its length", "QEVM 00 06 00000001 '{}'", "-" },
	{ "no object", "QEVM 00 json('[{}]')", "-" },
	{ "the last one", "json('{}') json('{\"x\":1}')", "7 12+7" },
	{ "of 4 GiB", "06 ffffffff '{}'", "-" },
};

static void description(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(descriptions); i++) {
		struct description_range r;
		struct dough d;
		char got[64] = "-";

		bake(&d, descriptions[i].text);
		if (stream_find_description(d.p, d.len, 0, &r))
			snprintf(got, sizeof(got), "%" PRIu64 " %" PRIu64 "+%"
				 PRIu64, r.off, r.json, r.json_len);
		if (strcmp(got, descriptions[i].want)) {
			print_error("%s:\n  got  %s\n  want %s\n",
				    descriptions[i].what, got,
				    descriptions[i].want);
			bad++;
		}
		for (size_t n = 0; n < d.len; n++) {
			uint8_t *part = malloc(n ? n : 1);

			if (n)
				memcpy(part, d.p, n);
			if (stream_find_description(part, n, 0, &r))
				assert_true(r.json + r.json_len <= n);
			free(part);
		}
		dough_release(&d);
	}
	assert_int_equal(bad, 0);
}

int main(void)
{
	static const struct CMUnitTest all[] = {
		cmocka_unit_test(section_headers),
		cmocka_unit_test(commands_read), cmocka_unit_test(boundary),
		cmocka_unit_test(resync), cmocka_unit_test(description),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
