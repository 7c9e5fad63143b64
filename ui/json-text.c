/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../stream/escape.h"
#include "json-text.h"

/* A comma, a line and its indentation, then "key": */
static void start(struct json_text *t, const char *key)
{
	static const char blanks[] = "\n                                ";
	unsigned n = t->depth < sizeof(blanks) - 2 ? t->depth :
						     sizeof(blanks) - 2;

	if (t->some)
		putc_unlocked(',', t->f);
	if (t->depth)
		fwrite_unlocked(blanks, 1, n + 1, t->f);
	t->some = true;
	if (!key)
		return;
	putc_unlocked('"', t->f);
	fputs_unlocked(key, t->f);
	fwrite_unlocked("\": ", 1, 3, t->f);
}

void json_text_open(struct json_text *t, const char *key, char bracket)
{
	start(t, key);
	putc_unlocked(bracket, t->f);
	t->depth++;
	t->some = false;
}

void json_text_close(struct json_text *t, char bracket)
{
	bool some = t->some;

	t->depth--;
	t->some = false;
	if (some && t->depth)
		start(t, NULL);
	else if (some)
		putc_unlocked('\n', t->f);
	putc_unlocked(bracket, t->f);
	t->some = true;
}

void json_text_number(struct json_text *t, const char *key, int64_t v)
{
	char buf[24], *p = buf + sizeof(buf);
	uint64_t left = v < 0 ? -(uint64_t)v : (uint64_t)v;

	start(t, key);
	do
		*--p = (char)('0' + left % 10);
	while (left /= 10);
	if (v < 0)
		*--p = '-';
	fwrite_unlocked(p, 1, (size_t)(buf + sizeof(buf) - p), t->f);
}

void json_text_bool(struct json_text *t, const char *key, bool v)
{
	start(t, key);
	fputs_unlocked(v ? "true" : "false", t->f);
}

/* Anything but what needs no thought is left to jansson. */
static void write_odd(FILE *f, const char *s)
{
	char buf[1024];
	json_t *v = json_string(s);

	if (!v)
		v = json_string(escape_text(buf, sizeof(buf), s, strlen(s)));
	json_dumpf(v, f, JSON_ENCODE_ANY);
	json_decref(v);
}

void json_text_string(struct json_text *t, const char *key, const char *s)
{
	size_t n = 0;

	start(t, key);
	if (!s) {
		fputs_unlocked("null", t->f);
		return;
	}
	while (s[n] >= 0x20 && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
		n++;
	if (s[n]) {
		write_odd(t->f, s);
		return;
	}
	putc_unlocked('"', t->f);
	fwrite_unlocked(s, 1, n, t->f);
	putc_unlocked('"', t->f);
}
