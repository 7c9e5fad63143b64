/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "../stream/escape.h"
#include "out.h"

#define MAX_TEXT 8192

void out_begin(struct out *o, const char *record)
{
	o->ops->begin(o, record);
}

void out_end(struct out *o)
{
	o->ops->end(o);
}

void out_string(struct out *o, const char *key, const char *value)
{
	o->ops->string(o, key, value);
}

void out_number(struct out *o, const char *key, int64_t value)
{
	o->ops->number(o, key, value);
}

void out_boolean(struct out *o, const char *key, bool value)
{
	o->ops->boolean(o, key, value);
}

void out_list(struct out *o, const char *key)
{
	o->ops->open(o, key, true);
}

void out_object(struct out *o, const char *key)
{
	o->ops->open(o, key, false);
}

void out_close(struct out *o)
{
	o->ops->close(o);
}

void out_text(struct out *o, enum style style, const char *fmt, ...)
{
	char buf[MAX_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	o->ops->text(o, style, buf);
}

static void blanks(struct out *o, unsigned n)
{
	char buf[256];

	if (n > sizeof(buf) - 1)
		n = sizeof(buf) - 1;
	memset(buf, ' ', n);
	buf[n] = '\0';
	if (n)
		o->ops->text(o, STYLE_PLAIN, buf);
}

void out_cell(struct out *o, enum style style, int width, const char *fmt, ...)
{
	unsigned want = (unsigned)(width < 0 ? -width : width), have;
	char buf[MAX_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	have = out_columns(buf);
	if (width < 0)
		blanks(o, want > have ? want - have : 0);
	o->ops->text(o, style, buf);
	blanks(o, (width > 0 && want > have ? want - have : 0) + 1);
}

void out_newline(struct out *o)
{
	o->ops->newline(o);
}

void out_line(struct out *o, const char *fmt, ...)
{
	char buf[MAX_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	o->ops->text(o, STYLE_PLAIN, buf);
	o->ops->newline(o);
}

void out_error(struct out *o, const char *fmt, ...)
{
	char buf[MAX_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	o->failed = true;
	o->ops->error(o, buf);
}

unsigned out_columns(const char *s)
{
	char safe[MAX_TEXT * 4];
	unsigned n = 0;

	escape_text(safe, sizeof(safe), s, strlen(s));
	for (const char *p = safe; *p; p++)
		n += ((unsigned char)*p & 0xc0) != 0x80;
	return n;
}
