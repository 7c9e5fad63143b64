/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../stream/arena.h"
#include "json-str.h"
#include "records.h"

#define MAX_DEPTH (sizeof(((struct json_writer *)0)->stack) / sizeof(json_t *))

static struct json_writer *of(struct out *o)
{
	return (struct json_writer *)o;
}

/* Put a value where we are; outside of a record there is no place for it. */
static void set(struct json_writer *w, const char *key, json_t *v)
{
	json_t *top = w->depth ? w->stack[w->depth - 1] : NULL;

	if (!top)
		json_decref(v);
	else if (json_is_array(top))
		json_array_append_new(top, v);
	else
		json_object_set_new(top, key ? key : "", v);
}

static void write_line(struct json_writer *w, json_t *o)
{
	if (!w->out.stopped) {
		json_dumpf(o, w->f, JSON_COMPACT | JSON_ENSURE_ASCII);
		fputc('\n', w->f);
		fflush(w->f);
	}
	if (ferror(w->f))
		w->out.stopped = true;
	json_decref(o);
}

static void begin(struct out *o, const char *record)
{
	struct json_writer *w = of(o);

	w->depth = 1;
	w->stack[0] = json_object();
	set(w, "record", json_str(record));
}

static void end(struct out *o)
{
	struct json_writer *w = of(o);

	if (!w->depth)
		return;
	write_line(w, w->stack[0]);
	w->depth = 0;
}

static void string(struct out *o, const char *key, const char *value)
{
	set(of(o), key, json_str(value));
}

static void number(struct out *o, const char *key, int64_t value)
{
	set(of(o), key, json_integer(value));
}

static void boolean(struct out *o, const char *key, bool value)
{
	set(of(o), key, json_boolean(value));
}

static void open_value(struct out *o, const char *key, bool list)
{
	struct json_writer *w = of(o);
	json_t *v = list ? json_array() : json_object();

	if (!w->depth || w->depth >= MAX_DEPTH) {
		json_decref(v);
		return;
	}
	set(w, key, v);
	w->stack[w->depth++] = v;	/* borrowed from what holds it */
}

static void close_value(struct out *o)
{
	if (of(o)->depth > 1)
		of(o)->depth--;
}

static void text(struct out *o, enum style style, const char *s)
{
	struct json_writer *w = of(o);
	size_t n = strlen(s);

	if (w->depth)
		return;		/* the record says it */
	if (style == STYLE_HEAD) {
		w->heading = true;	/* records have keys instead */
		return;
	}
	w->line = grow_array(w->line, &w->line_cap, w->line_len + n + 1, 1);
	memcpy(w->line + w->line_len, s, n + 1);
	w->line_len += n;
}

static void one(struct json_writer *w, const char *record, const char *key,
		const char *value)
{
	json_t *o = json_object();

	json_object_set_new(o, "record", json_str(record));
	json_object_set_new(o, key, json_str(value));
	write_line(w, o);
}

static void newline(struct out *o)
{
	struct json_writer *w = of(o);

	if (w->depth)
		return;
	if (w->heading && !w->line_len) {
		w->heading = false;
		return;
	}
	one(w, "text", "text", w->line_len ? w->line : "");
	w->line_len = 0;
}

static void error(struct out *o, const char *message)
{
	one(of(o), "error", "message", message);
}

static const struct out_ops ops = {
	.begin = begin, .end = end, .string = string, .number = number,
	.boolean = boolean, .open = open_value, .close = close_value,
	.text = text, .newline = newline, .error = error,
};

void json_writer_init(struct json_writer *w, FILE *f)
{
	*w = (struct json_writer){ .out = { .ops = &ops }, .f = f };
}

void json_writer_release(struct json_writer *w)
{
	if (w->depth)
		json_decref(w->stack[0]);
	free(w->line);
	w->line = NULL;
	w->depth = 0;
}
