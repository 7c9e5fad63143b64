/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON without a tree is byte for byte what jansson prints.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "../ui/json-text.h"

static const char *const texts[] = {
	"", "plain", "with \"quotes\"", "back\\slash", "a/b", "\t\n\r\b\f\x01\x1f",
	"\x7f", "\xc3\xa9t\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
	" <&>' ", "%s%n",
};

static const int64_t numbers[] = { 0, -1, 9, 10, INT64_MAX, INT64_MIN };

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static char *by_jansson(void)
{
	json_t *all = json_array(), *o = json_object(), *a = json_array();
	char *text, *line;

	for (size_t i = 0; i < COUNT(texts); i++)
		json_array_append_new(a, json_string(texts[i]));
	json_object_set_new(o, "texts", a);
	a = json_array();
	for (size_t i = 0; i < COUNT(numbers); i++)
		json_array_append_new(a, json_integer(numbers[i]));
	json_object_set_new(o, "numbers", a);
	json_object_set_new(o, "yes", json_true());
	json_object_set_new(o, "no", json_false());
	json_object_set_new(o, "null", json_null());
	json_object_set_new(o, "empty", json_array());
	json_object_set_new(o, "none", json_object());
	json_array_append_new(all, o);
	json_array_append_new(all, json_object());
	json_array_append_new(all, json_string("last"));
	text = json_dumps(all, JSON_INDENT(1));
	line = strdup(text);
	free(text);
	json_decref(all);
	return line;
}

static char *by_json_text(void)
{
	struct json_text t = { 0 };
	char *text = NULL;
	size_t n;

	t.f = open_memstream(&text, &n);
	json_text_open(&t, NULL, '[');
	json_text_open(&t, NULL, '{');
	json_text_open(&t, "texts", '[');
	for (size_t i = 0; i < COUNT(texts); i++)
		json_text_string(&t, NULL, texts[i]);
	json_text_close(&t, ']');
	json_text_open(&t, "numbers", '[');
	for (size_t i = 0; i < COUNT(numbers); i++)
		json_text_number(&t, NULL, numbers[i]);
	json_text_close(&t, ']');
	json_text_bool(&t, "yes", true);
	json_text_bool(&t, "no", false);
	json_text_string(&t, "null", NULL);
	json_text_open(&t, "empty", '[');
	json_text_close(&t, ']');
	json_text_open(&t, "none", '{');
	json_text_close(&t, '}');
	json_text_close(&t, '}');
	json_text_open(&t, NULL, '{');
	json_text_close(&t, '}');
	json_text_string(&t, NULL, "last");
	json_text_close(&t, ']');
	fclose(t.f);
	return text;
}

static void test_same(void **state)
{
	char *want = by_jansson(), *got = by_json_text();

	(void)state;
	assert_string_equal(got, want);
	free(want);
	free(got);
}

static void test_no_utf8(void **state)
{
	struct json_text t = { 0 };
	char *text = NULL;
	json_t *back;
	size_t n;

	(void)state;
	t.f = open_memstream(&text, &n);
	json_text_string(&t, NULL, "a\xff\"");
	fclose(t.f);
	back = json_loads(text, JSON_DECODE_ANY, NULL);
	assert_non_null(back);
	json_decref(back);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_no_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
