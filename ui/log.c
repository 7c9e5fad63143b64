/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "../stream/arena.h"
#include "../stream/escape.h"
#include "log.h"

#define MAX_TEXT 8192

static char *copy(const char *s)
{
	char *p = strdup(s);

	if (!p)
		abort();
	return p;
}

static void append(struct log *l, const char *s, size_t n)
{
	l->open = grow_array(l->open, &l->open_cap, l->len + n + 1, 1);
	memcpy(l->open + l->len, s, n);
	l->len += n;
	l->open[l->len] = '\0';
}

/* No room for more: half of what is oldest goes. */
static void forget(struct log *l)
{
	size_t n = LOG_MAX / 2;

	if (l->start < n) {	/* one command has filled it all */
		l->overflow = true;
		l->out.stopped = true;
		return;
	}
	for (size_t i = 0; i < n; i++)
		free(l->lines[i]);
	memmove(l->lines, l->lines + n, (l->n - n) * sizeof(*l->lines));
	l->n -= n;
	l->start -= n;
}

static void add_line(struct log *l, const char *line)
{
	if (l->n >= LOG_MAX)
		forget(l);
	if (l->n >= LOG_MAX)
		return;
	l->lines = grow_array(l->lines, &l->cap, l->n + 1, sizeof(*l->lines));
	l->lines[l->n++] = copy(line);
}

static unsigned indent_of(const char *line)
{
	unsigned n = 0;

	for (; *line == ' ' || *line == '\001'; line++) {
		if (*line == ' ')
			n++;
		else
			line++;
	}
	return n;
}

/*
 * How much of @line fits into @width columns, up to a blank where there is
 * one; *@style is the one that is on there.
 */
static size_t fitting(const char *line, unsigned width, char *style)
{
	const char *s = line, *blank = NULL;
	char on = *style, at_blank = on;
	bool words = false;
	int columns = 0;

	while (*s) {
		const char *here = s;
		uint32_t ch;

		if (*s == '\001') {
			on = s[1];
			s += 2;
			continue;
		}
		ch = text_next(&s);
		columns += char_width(ch) > 0 ? char_width(ch) : 1;
		if (columns > (int)width) {
			*style = blank ? at_blank : on;
			return (size_t)((blank ? blank : here) - line);
		}
		/* an indentation is no place to break: that would not end */
		if (ch != ' ') {
			words = true;
		} else if (words) {
			blank = s;
			at_blank = on;
		}
	}
	*style = on;
	return (size_t)(s - line);
}

static void wrap(struct log *l, const char *line)
{
	unsigned width = l->out.width, indent = indent_of(line) + 2;
	char style = 'a';
	size_t n = fitting(line, width, &style);

	if (indent > width / 3)
		indent = 2;
	while (line[n]) {
		char *part = strndup(line, n), *rest;

		if (!part || asprintf(&rest, "%*s\001%c%s", (int)indent, "",
				      style, line + n) < 0)
			abort();
		add_line(l, part);
		free(part);
		/* the first of them is the caller's */
		if (line != l->open)
			free((char *)line);
		line = rest;
		n = fitting(line, width, &style);
	}
	add_line(l, line);
	if (line != l->open)
		free((char *)line);
}

static void end_line(struct log *l)
{
	if (!l->len)
		add_line(l, "");
	else if (l->out.width >= 20)
		wrap(l, l->open);
	else
		add_line(l, l->open);
	l->len = 0;
}

/* ---- the writer ---- */

static void ignore(struct out *o)
{
	(void)o;
}

static void ignore_begin(struct out *o, const char *record)
{
	(void)o;
	(void)record;
}

static void ignore_string(struct out *o, const char *key, const char *value)
{
	(void)o;
	(void)key;
	(void)value;
}

static void ignore_number(struct out *o, const char *key, int64_t value)
{
	(void)o;
	(void)key;
	(void)value;
}

static void ignore_bool(struct out *o, const char *key, bool value)
{
	(void)o;
	(void)key;
	(void)value;
}

static void ignore_open(struct out *o, const char *key, bool list)
{
	(void)o;
	(void)key;
	(void)list;
}

static void write_text(struct out *o, enum style style, const char *s)
{
	struct log *l = (struct log *)o;
	const char *nl = strchr(s, '\n');
	char safe[MAX_TEXT * 4], mark[2] = { '\001', (char)('a' + style) };

	append(l, mark, 2);
	escape_text(safe, sizeof(safe), s, nl ? (size_t)(nl - s) : strlen(s));
	append(l, safe, strlen(safe));
	if (nl) {
		end_line(l);
		write_text(o, style, nl + 1);
	}
}

static void write_newline(struct out *o)
{
	end_line((struct log *)o);
}

static void write_error(struct out *o, const char *message)
{
	struct log *l = (struct log *)o;

	l->failed = true;
	write_text(o, STYLE_BAD, message);
	end_line(l);
}

static const struct out_ops ops = {
	.begin = ignore_begin, .end = ignore, .string = ignore_string,
	.number = ignore_number, .boolean = ignore_bool, .open = ignore_open,
	.close = ignore, .text = write_text, .newline = write_newline,
	.error = write_error,
};

/* ---- the log ---- */

void log_init(struct log *l)
{
	*l = (struct log){ .out.ops = &ops };
}

void log_clear(struct log *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->lines[i]);
	l->n = l->start = l->len = 0;
	l->overflow = l->failed = l->out.stopped = l->out.failed = false;
}

void log_release(struct log *l)
{
	log_clear(l);
	free(l->lines);
	free(l->open);
	log_init(l);
}

void log_text(struct log *l, enum style style, const char *text)
{
	write_text(&l->out, style, text);
	end_line(l);
}

void log_command(struct log *l, const char *line)
{
	if (l->len)
		end_line(l);
	l->out.stopped = l->out.failed = l->failed = l->overflow = false;
	l->start = l->n;
	if (line)
		log_text(l, STYLE_KEY, line);
	l->start = l->n;
}

void log_draw(const struct log *l, size_t line, struct pen *p)
{
	enum ink ink = INK_PLAIN;
	const char *s = line < l->n ? l->lines[line] : "";

	while (*s) {
		size_t n = strcspn(s, "\001");
		char part[MAX_TEXT];

		if (!n) {
			ink = (enum ink)(s[1] - 'a');
			s += 2;
			continue;
		}
		if (n >= sizeof(part))
			n = sizeof(part) - 1;
		memcpy(part, s, n);
		part[n] = '\0';
		s += n;
		/* it is escaped already: backslashes stay as they are */
		pen_safe(p, ink, part);
	}
}

char *log_plain(const struct log *l, size_t line)
{
	char *text = copy(line < l->n ? l->lines[line] : ""), *to = text;

	for (const char *s = text; *s; ) {
		if (*s == '\001')
			s += 2;
		else
			*to++ = *s++;
	}
	*to = '\0';
	return text;
}
