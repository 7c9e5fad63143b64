/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conditions: a line each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../debugger/command-impl.h"

static struct session *session;
static uint32_t here;	/* a uint16 with the value 0xffff on both sides */

static const struct {
	const char *text;
	const char *want;	/* a number, "s:STRING", "unknown", or "!ERROR" */
} cases[] = {
	{ "1", "1" }, { "0x10", "16" }, { "010", "8" },
	{ "0xffffffffffffffff", "-1" },
	{ "1 + 2 * 3", "7" }, { "(1 + 2) * 3", "9" }, { "7 - 2 - 1", "4" },
	{ "7 / 2", "3" }, { "-7 / 2", "-3" }, { "-7 % 3", "-1" },
	{ "1 << 4 | 1", "17" }, { "6 & 3 ^ 1", "3" }, { "1 << 64", "0" },
	{ "-1 >> 63", "1" },
	{ "1 == 1 && 2 != 3", "1" }, { "1 > 2 || 2 >= 2", "1" },
	{ "3 < 4 == 1", "1" }, { "1 <= 0", "0" },
	{ "!0", "1" }, { "~0", "-1" }, { "- -3", "3" }, { "+3", "3" },
	{ "1 ? 2 : 3", "2" }, { "0 ? 2 : 0 ? 3 : 4", "4" },
	{ "0x8000000000000000 / -1", "-9223372036854775808" },
	{ "0x8000000000000000 % -1", "0" },
	{ "9223372036854775807 + 1", "-9223372036854775808" },
	{ "dst", "65535" }, { "src == dst", "1" }, { "size", "2" },
	{ "dst == 0xffff && size == 2", "1" },
	{ "name", "s:config_vector" }, { "type", "s:uint16" },
	{ "kind == \"item\"", "1" }, { "outcome != 'loaded'", "0" },
	{ "section =~ \"*virtio*\"", "1" }, { "path =~ '*.config_*'", "1" },
	{ "path =~ 'vq[0]'", "0" }, { "name ? 1 : 2", "1" },
	{ "0 && 1 / 0", "0" }, { "1 || 1 / 0", "1" },
	{ "1 / 0", "!division by zero" }, { "1 % 0", "!division by zero" },
	{ "name + 1", "!the string 'config_vector' stands where a number has "
	  "to be" },
	{ "name < 'x'", "!the string 'config_vector' stands where a number has "
	  "to be" },
	{ "-name", "!the string 'config_vector' stands where a number has to "
	  "be" },
	{ "1 =~ 2", "!=~ compares a string with a pattern" },
	{ "", "!the condition ends too early: a value is missing" },
	{ "1 +", "!the condition ends too early: a value is missing" },
	{ "(1", "!the condition ends too early: ')' is missing" },
	{ "1 ? 2", "!the condition ends too early: ':' is missing" },
	{ "size = 4", "!in the condition, at column 6 ('= 4'): an operator was "
	  "expected; comparing is ==" },
	{ "1 2", "!in the condition, at column 3 ('2'): an operator was "
	  "expected" },
	{ "12x", "!in the condition, at column 1 ('12x'): this is no number" },
	{ "99999999999999999999", "!in the condition, at column 1 "
	  "('99999999999999999999'): the number does not fit into 64 bits" },
	{ "'open", "!in the condition, at column 1 (''open'): the string has "
	  "no end" },
	{ "source", "!in the condition, at column 1 ('source'): no such name; "
	  "there are src dst offset size version elements event depth path "
	  "name type section kind outcome" },
};

static void word(const struct expr_value *v, char *buf, size_t size)
{
	if (v->kind == EXPR_NUMBER)
		snprintf(buf, size, "%lld", (long long)v->number);
	else if (v->kind == EXPR_STRING)
		snprintf(buf, size, "s:%s", v->string);
	else
		snprintf(buf, size, "unknown");
}

static void evaluate(const char *text, uint32_t event, char *buf, size_t size)
{
	struct expr_value v;
	struct arena a;
	struct err err = { .msg = "" };
	const struct expr *e;

	arena_init(&a);
	e = expr_parse(&a, text, &err);
	if (e && !expr_eval(e, session, event, &a, &v, &err))
		word(&v, buf, size);
	else
		snprintf(buf, size, "!%s", err.msg);
	arena_release(&a);
}

static void test_table(void **state)
{
	char got[600];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		evaluate(cases[i].text, here, got, sizeof(got));
		if (strcmp(got, cases[i].want))
			fail_msg("%s: %s, not %s", cases[i].text, got,
				 cases[i].want);
	}
}

/* What an event has not is unknown, and no condition. */
static void test_unknown(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "src", "unknown" }, { "src == dst", "unknown" },
		{ "!src", "unknown" }, { "src + 1", "unknown" },
		{ "type", "unknown" }, { "type == 'uint8'", "unknown" },
		{ "src || 1", "1" }, { "src && 0", "0" }, { "0 && src", "0" },
		{ "src && 1", "unknown" }, { "src || 0", "unknown" },
		{ "src ? 1 : 2", "unknown" }, { "size > 100", "1" },
	};
	uint32_t section = timeline_section(session->t, here);
	struct arena a;
	struct err err;
	char got[600];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		evaluate(rows[i].text, section, got, sizeof(got));
		if (strcmp(got, rows[i].want))
			fail_msg("%s: %s, not %s", rows[i].text, got,
				 rows[i].want);
	}
	arena_init(&a);
	assert_int_equal(expr_holds(expr_parse(&a, "src == 0", &err), session,
				    section, &err), 0);
	arena_release(&a);
}

/* Deep, long, cut off anywhere: an answer or an error, never more. */
static void test_bounds(void **state)
{
	static const char whole[] = "src + dst * (size - 3) >= 7 && path =~ "
		"\"*a*\" || !(name == 'x') ? 1 << 2 : ~offset % 5";
	char deep[4000], cut[sizeof(whole)], got[600];
	struct arena a;
	struct err err;

	(void)state;
	memset(deep, '(', 1000);
	strcpy(deep + 1000, "1");
	evaluate(deep, here, got, sizeof(got));
	assert_non_null(strstr(got, "nests too deeply"));
	memset(deep, '!', 1500);
	strcpy(deep + 1500, "1");
	evaluate(deep, here, got, sizeof(got));
	assert_non_null(strstr(got, "nests too deeply"));
	for (int i = 0; i < 900; i++)
		memcpy(deep + 2 * i, "1+", 2);
	strcpy(deep + 1800, "1");
	evaluate(deep, here, got, sizeof(got));
	assert_non_null(strstr(got, "too many operators"));
	memset(deep, ' ', 3000);
	deep[3000] = '\0';
	evaluate(deep, here, got, sizeof(got));
	assert_non_null(strstr(got, "more than 2000 characters"));
	for (size_t n = 0; n < sizeof(whole); n++) {
		snprintf(cut, n + 1, "%s", whole);
		arena_init(&a);
		(void)expr_parse(&a, cut, &err);
		arena_release(&a);
	}
}

static int setup(void **state)
{
	struct err err;

	(void)state;
	if (session_open(&session,
			 "tests/data/streams/7.2-pc-q35-7.2-vgpu4.mig.xz", NULL,
			 0, RULES_CURRENT, NULL, &err) < 0)
		return -1;
	here = location_one(session,
			    "0000:00:01.0/virtio-gpu/virtio.config_vector", 0,
			    &err);
	return here == EVENT_NONE ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	session_close(session);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
