/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "../stream/escape.h"
#include "records.h"

/* Colours that are told apart without red and green alone: see the marks. */
static const char *const colours[] = {
	[STYLE_PLAIN] = "", [STYLE_DIM] = "2", [STYLE_BOLD] = "1",
	[STYLE_HEAD] = "1", [STYLE_PATH] = "36", [STYLE_NUMBER] = "33",
	[STYLE_SOURCE] = "34", [STYLE_DEST] = "35", [STYLE_GOOD] = "32",
	[STYLE_WARN] = "33;1", [STYLE_BAD] = "31;1", [STYLE_HERE] = "7",
	[STYLE_KEY] = "1",
};

static struct text_writer *of(struct out *o)
{
	return (struct text_writer *)o;
}

static void begin(struct out *o, const char *record)
{
	(void)o;
	(void)record;
}

static void nothing(struct out *o)
{
	(void)o;
}

static void string(struct out *o, const char *key, const char *value)
{
	(void)o;
	(void)key;
	(void)value;
}

static void number(struct out *o, const char *key, int64_t value)
{
	(void)o;
	(void)key;
	(void)value;
}

static void boolean(struct out *o, const char *key, bool value)
{
	(void)o;
	(void)key;
	(void)value;
}

static void open_nothing(struct out *o, const char *key, bool list)
{
	(void)o;
	(void)key;
	(void)list;
}

/*
 * Names out of streams are escaped; a tab is the only control character that
 * commands use themselves.
 */
static void put_safely(FILE *f, const char *s)
{
	char safe[4096], part[1024];

	while (*s) {
		size_t n = strcspn(s, "\t");

		if (n >= sizeof(part))
			n = sizeof(part) - 1;
		/* not in the middle of a character */
		while (n > 1 && ((unsigned char)s[n] & 0xc0) == 0x80)
			n--;
		memcpy(part, s, n);
		fputs(escape_text(safe, sizeof(safe), part, n), f);
		s += n;
		if (*s == '\t') {
			fputc('\t', f);
			s++;
		}
	}
}

static void text(struct out *o, enum style style, const char *s)
{
	struct text_writer *w = of(o);
	bool coloured = w->colour && *colours[style] && *s;

	if (o->stopped)
		return;
	if (coloured)
		fprintf(w->f, "\033[%sm", colours[style]);
	if (w->raw)
		fputs(s, w->f);
	else
		put_safely(w->f, s);
	if (coloured)
		fputs("\033[0m", w->f);
	w->column += out_columns(s);
}

static void newline(struct out *o)
{
	struct text_writer *w = of(o);

	if (o->stopped)
		return;
	fputc('\n', w->f);
	/* a long line takes several of the terminal's */
	w->lines += 1 + (o->width && w->column ? (w->column - 1) / o->width : 0);
	w->column = 0;
	if (ferror(w->f))
		o->stopped = true;
	if (w->height > 1 && w->more && w->lines + 1 >= w->height) {
		fflush(w->f);
		w->lines = 0;
		if (!w->more(w->ctx))
			o->stopped = true;
	}
}

static void error(struct out *o, const char *message)
{
	struct text_writer *w = of(o);

	fflush(w->f);
	put_safely(w->errors, message);
	fputc('\n', w->errors);
	w->lines++;
}

static const struct out_ops ops = {
	.begin = begin, .end = nothing, .string = string, .number = number,
	.boolean = boolean, .open = open_nothing, .close = nothing,
	.text = text, .newline = newline, .error = error,
};

void text_writer_init(struct text_writer *w, FILE *f, FILE *errors)
{
	*w = (struct text_writer){ .out = { .ops = &ops }, .f = f,
				   .errors = errors };
}
