/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * print, display and x: values and bytes.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../stream/cursor.h"
#include "command-impl.h"
#include "live/inside.h"
#include "live/real.h"
#include "text.h"
#include "value.h"

#define MAX_TEXT 4000
#define MAX_ELEMENTS 200
#define MAX_MEMBERS 200

static void put_character(struct text *t, uint8_t c)
{
	if (c == '\'' || c == '\\')
		text_put(t, "%u '\\%c'", c, c);
	else if (isprint(c))
		text_put(t, "%u '%c'", c, c);
	else
		text_put(t, "%u '\\%03o'", c, c);
}

static void put_binary(struct text *t, uint64_t v)
{
	int bit = 63;

	while (bit && !(v >> bit & 1))
		bit--;
	for (; bit >= 0; bit--)
		text_put(t, "%c", (int)('0' + (v >> bit & 1)));
}

static void put_number(struct text *t, uint64_t v, unsigned size, char format)
{
	int64_t s = size < 8 && v >> (size * 8 - 1) ?
		(int64_t)(v | ~0ull << (size * 8)) : (int64_t)v;

	switch (format) {
	case 'd': text_put(t, "%" PRId64, s); break;
	case 'u': text_put(t, "%" PRIu64, v); break;
	case 'o': text_put(t, "0%" PRIo64, v); break;
	case 't': put_binary(t, v); break;
	case 'c': put_character(t, (uint8_t)v); break;
	case 'z': text_put(t, "0x%0*" PRIx64, (int)size * 2, v); break;
	default: text_put(t, "0x%" PRIx64, v);
	}
}

static void put_string(struct text *t, const uint8_t *p, uint64_t n)
{
	uint64_t i;

	text_put(t, "\"");
	for (i = 0; i < n && p[i] && i < MAX_ELEMENTS; i++) {
		if (p[i] == '"' || p[i] == '\\')
			text_put(t, "\\%c", p[i]);
		else if (isprint(p[i]))
			text_put(t, "%c", p[i]);
		else
			text_put(t, "\\%03o", p[i]);
	}
	text_put(t, "\"%s", i < n && p[i] ? "..." : "");
}

static uint64_t number_at(const uint8_t *p, unsigned size, bool little)
{
	uint64_t v = 0;

	if (!little)
		return be_load(p, size);
	for (unsigned i = size; i--; )
		v = v << 8 | p[i];
	return v;
}

/* Bytes of one element: of a number what its type says, else one. */
static unsigned element_size(const struct event *e)
{
	unsigned size = e->type ? desc_type_size(e->type) : 0;
	uint64_t n = e->n ? e->n : 1;

	if (type_is_little(e->type) && e->len <= 8)
		return (unsigned)e->len;
	return size && e->len == size * n ? size : 1;
}

static void put_elements(struct text *t, const struct event *e,
			 const uint8_t *p, char format)
{
	unsigned size = format == 'c' ? 1 : element_size(e);
	bool little = type_is_little(e->type);
	uint64_t n = e->len / size, shown = 0;

	if (n != 1)
		text_put(t, "{");
	for (uint64_t i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n &&
		     !memcmp(p + i * size, p + k * size, size); k++)
			;
		text_put(t, i ? ", " : "");
		if (shown++ == MAX_ELEMENTS) {
			text_put(t, "...");
			break;
		}
		put_number(t, number_at(p + i * size, size, little), size,
			   format);
		if (k - i > 1)
			text_put(t, " <repeats %" PRIu64 " times>", k - i);
	}
	if (n != 1)
		text_put(t, "}");
}

static void put_leaf(struct text *t, const struct timeline *tl, uint32_t i,
		     char format)
{
	const struct event *e = &tl->events[i];
	const uint8_t *p = session_bytes(tl, i);
	char value[MAX_TEXT];

	if (e->outcome == OUT_ABSENT)
		text_put(t, "<not read>");
	else if (!p)
		text_put(t, "<no bytes>");
	else if (!format)
		text_put(t, "%s", session_value(tl, i, value, sizeof(value)));
	else if (format == 's')
		put_string(t, p, e->len);
	else
		put_elements(t, e, p, format);
}

static bool is_member(const struct event *e)
{
	return e->kind == EV_FIELD || e->kind == EV_ITEM ||
		e->kind == EV_GROUP || e->kind == EV_STRUCT ||
		e->kind == EV_PROBE;
}

static void put_tree(struct text *t, const struct timeline *tl, uint32_t i,
		     char format, unsigned *budget);

/* "{a = 1, b = {...}}" of what is inside event @i. */
static void put_members(struct text *t, const struct timeline *tl, uint32_t i,
			char format, unsigned *budget)
{
	bool first = true;

	text_put(t, "{");
	for (uint32_t k = i + 1; k < tl->events[i].end; k = tl->events[k].end) {
		const struct event *e = &tl->events[k];

		if (!is_member(e) || (e->kind == EV_PROBE && e->end == k + 1))
			continue;
		text_put(t, first ? "" : ", ");
		first = false;
		if (!*budget) {
			text_put(t, "...");
			break;
		}
		if (e->kind == EV_FIELD || e->kind == EV_ITEM ||
		    e->kind == EV_GROUP ||
		    (e->kind == EV_STRUCT && tl->events[i].kind == EV_PROBE))
			text_put(t, "%s = ", e->name ? e->name : "");
		put_tree(t, tl, k, format, budget);
	}
	text_put(t, "}");
}

static void put_tree(struct text *t, const struct timeline *tl, uint32_t i,
		     char format, unsigned *budget)
{
	const struct event *e = &tl->events[i];

	if (*budget)
		(*budget)--;
	if (e->end == i + 1) {
		put_leaf(t, tl, i, format);
		return;
	}
	/* a field with one structure: the structure stands for it */
	if (e->kind == EV_FIELD && !e->is_array && tl->events[i + 1].end == e->end &&
	    tl->events[i + 1].kind == EV_STRUCT)
		i++;
	put_members(t, tl, i, format, budget);
}

static void value_of(const struct timeline *tl, uint32_t i, char format,
		     char *buf, size_t size)
{
	struct text t = { buf, size, 0 };
	unsigned budget = MAX_MEMBERS;

	buf[0] = '\0';
	put_tree(&t, tl, i, format, &budget);
}

/* ---- one element of an array that is a leaf: path[3] ---- */

struct what {
	uint32_t event;
	bool has_elem;
	uint64_t elem;
};

static bool split_element(const char *path, char *buf, size_t size,
			  uint64_t *elem)
{
	const char *open = strrchr(path, '[');
	char *end;

	if (!open || !isdigit((unsigned char)open[1]))
		return false;
	*elem = strtoull(open + 1, &end, 0);
	if (strcmp(end, "]"))
		return false;
	snprintf(buf, size, "%.*s", (int)(open - path), path);
	return true;
}

static int find_what(const struct session *s, const char *path,
		     struct what *ret, struct err *err)
{
	char whole[2048];
	struct err other;

	*ret = (struct what){ .event = s->at };
	if (!*path || !strcmp(path, "."))
		return 0;
	/* "size", "src": of this event, not somebody's field of that name */
	for (size_t i = 0; expr_names[i]; i++) {
		if (!strcmp(expr_names[i], path))
			return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
				       "'%s' is no place", path);
	}
	ret->event = location_one(s, path, EVENT_NONE, err);
	if (ret->event != EVENT_NONE)
		return 0;
	if (!split_element(path, whole, sizeof(whole), &ret->elem))
		return -1;
	ret->event = location_one(s, whole, EVENT_NONE, &other);
	if (ret->event == EVENT_NONE)
		return -1;
	ret->has_elem = true;
	return 0;
}

static bool element_of(const struct timeline *t, const struct what *w,
		       struct event *e, const uint8_t **p)
{
	const uint8_t *all = session_bytes(t, w->event);
	unsigned size;

	*e = t->events[w->event];
	size = element_size(e);
	if (!all || w->elem >= e->len / size)
		return false;
	*p = all + w->elem * size;
	e->off += w->elem * size;
	e->len = size;
	e->n = 1;
	return true;
}

static void side_value(const struct timeline *t, const struct what *w,
		       char format, char *buf, size_t size)
{
	struct text text = { buf, size, 0 };
	struct event e;
	const uint8_t *p;

	if (!w->has_elem) {
		value_of(t, w->event, format, buf, size);
	} else if (!element_of(t, w, &e, &p)) {
		snprintf(buf, size, "<there is no element %" PRIu64 ">",
			 w->elem);
	} else if (format) {
		put_elements(&text, &e, p, format);
	} else {
		value_format(element_size(&e) == desc_type_size(e.type) ?
			     e.type : "uint8", p, e.len, 1, buf, size);
	}
}

/* ---- print ---- */

static void print_side(struct out *o, const char *who, enum style style,
		       const char *path, const char *type, const char *value)
{
	out_cell(o, style, 12, "%s", who);
	out_text(o, STYLE_PATH, "%s", path);
	if (type)
		out_text(o, STYLE_DIM, "  %s", type);
	out_text(o, style, " = %s", value);
	out_newline(o);
}

static void element_path(const struct timeline *t, const struct what *w,
			 char *buf, size_t size)
{
	size_t n;

	session_path(t, w->event, buf, size);
	n = strlen(buf);
	if (w->has_elem)
		snprintf(buf + n, size - n, "[%" PRIu64 "]", w->elem);
}

/* ---- the memory of a real destination ---- */

/* The @len bytes at @p, as print shows those of the stream. */
static void put_bytes(struct text *t, const struct event *e, const uint8_t *p,
		      char format)
{
	int64_t v;

	if (format == 's')
		put_string(t, p, e->len);
	else if (format || (type_is_little(e->type) && e->n <= 1 &&
			    value_integer(e->type, p, e->len, &v)))
		put_elements(t, e, p, format);
	else
		value_format(e->type, p, e->len, e->n ? e->n : 1, t->buf,
			     t->size);
}

/* Do elements lie in memory as they do in the stream, @size bytes each? */
static bool is_plain_array(const struct leaf *l, unsigned size)
{
	if (l->field->flags & VMS_ARRAY_OF_POINTER)
		return false;
	return size > 1 ? l->field->size == size :
		l->field->size == 1 || !strcmp(l->type, "buffer") ||
		!strcmp(l->type, "pci config");
}

/* Any byte but 0 on the wire is a true one in memory. */
static bool same_value(const struct event *e, const uint8_t *wire,
		       const uint8_t *memory, uint64_t len)
{
	if (!e->type || strcmp(e->type, "bool"))
		return !memcmp(wire, memory, len);
	for (uint64_t i = 0; i < len; i++) {
		if (!wire[i] != !memory[i])
			return false;
	}
	return true;
}

static void print_place(struct session *s, struct inside *in,
			const struct what *w, char format, struct out *o)
{
	struct event e = s->t->events[w->event];
	const uint8_t *p = session_bytes(s->t, w->event);
	char value[MAX_TEXT] = "";
	struct text t = { value, sizeof(value), 0 };
	struct inside_place at;
	uint64_t skip = 0;
	struct err err;
	bool same;

	if (inside_find(in, w->event, &at, &err) < 0) {
		out_string(o, "memory_why", err.msg);
		out_text(o, STYLE_DIM, "memory      %s", err.msg);
		out_newline(o);
		return;
	}
	if (w->has_elem) {
		unsigned size = element_size(&e);

		if (w->elem >= e.len / size)
			return;
		skip = w->elem * size;
		if (at.addr)
			at.addr = is_plain_array(at.leaf, size) ?
				at.addr + skip : 0;
		if (size != desc_type_size(e.type))
			e.type = "uint8";
		e.len = size;
		e.n = 1;
	}
	put_bytes(&t, &e, at.wire + skip, format);
	same = p && same_value(&e, p + skip, at.wire + skip, e.len);
	out_object(o, "memory");
	if (at.addr)
		out_number(o, "address", (int64_t)at.addr);
	out_string(o, "value", value);
	out_boolean(o, "same", same);
	out_close(o);
	out_cell(o, same ? STYLE_GOOD : STYLE_WARN, 12, "memory");
	if (at.addr)
		out_text(o, STYLE_NUMBER, "0x%" PRIx64, at.addr);
	out_text(o, same ? STYLE_GOOD : STYLE_WARN, " = %s", value);
	out_text(o, STYLE_DIM, same ? "  (as in the stream)" : "  (not what "
		 "the stream had: changed since, by what was loaded later, a "
		 "post_load or a clock)");
	out_newline(o);
}

/* All leaves in @w->event: how many are in memory, and which are different. */
static void print_places(struct session *s, struct inside *in,
			 const struct what *w, struct out *o)
{
	const struct timeline *t = s->t;
	size_t same = 0, other = 0, unknown = 0, later = 0, listed = 0;
	size_t room = s->settings.listsize ? (size_t)s->settings.listsize :
		SIZE_MAX;
	struct err why = { 0 };

	for (uint32_t i = w->event; i < t->events[w->event].end; i++) {
		const struct event *e = &t->events[i];
		const uint8_t *p = session_bytes(t, i);
		struct inside_place at;
		struct err err;

		if (e->end != i + 1 || !e->len || !p ||
		    (e->kind != EV_FIELD && e->kind != EV_ITEM))
			continue;
		if (inside_find(in, i, &at, &err) < 0) {
			if (err.code == ERR_SHORT)
				later++;
			else if (!unknown++)
				why = err;
		} else if (same_value(e, p, at.wire, e->len)) {
			same++;
		} else if (other++, listed < room) {
			char path[2048], value[MAX_TEXT] = "";
			struct text text = { value, sizeof(value), 0 };

			listed++;
			put_bytes(&text, e, at.wire, 0);
			session_path(t, i, path, sizeof(path));
			out_cell(o, STYLE_WARN, 12, "memory");
			out_text(o, STYLE_PATH, "%s", path);
			out_text(o, STYLE_WARN, " = %s", value);
			session_value(t, i, value, sizeof(value));
			out_text(o, STYLE_DIM, "  (the stream: %s)", value);
			out_newline(o);
		}
	}
	out_object(o, "memory");
	out_number(o, "same", (int64_t)same);
	out_number(o, "different", (int64_t)other);
	out_number(o, "not_loaded", (int64_t)later);
	out_number(o, "not_found", (int64_t)unknown);
	out_close(o);
	out_text(o, other ? STYLE_WARN : STYLE_GOOD, "memory      %zu fields as "
		 "in the stream", same);
	if (other)
		out_text(o, STYLE_WARN, ", %zu otherwise", other);
	if (later)
		out_text(o, STYLE_DIM, ", %zu not loaded yet", later);
	if (unknown)
		out_text(o, STYLE_DIM, ", %zu not found (%s)", unknown,
			 why.msg);
	out_newline(o);
}

/* What the destination has where it has put this. */
static void print_memory(struct session *s, const struct what *w, char format,
			 struct out *o)
{
	const struct event *e = &s->t->events[w->event];
	struct inside in;
	struct err err;

	if (!s->real || (!is_member(e) && e->kind != EV_SECTION))
		return;
	if (inside_open(&in, s, &err) < 0) {
		out_string(o, "memory_why", err.msg);
		out_text(o, STYLE_DIM, "memory      %s", err.msg);
		out_newline(o);
		return;
	}
	if (e->end == w->event + 1)
		print_place(s, &in, w, format, o);
	else
		print_places(s, &in, w, o);
	inside_close(&in);
}

void show_memory(struct session *s, uint32_t event, struct out *o)
{
	const struct what w = { .event = event };

	print_memory(s, &w, 0, o);
}

/* ---- */

static void print_both(struct session *s, const struct what *w, char format,
		       struct out *o)
{
	const struct timeline *src = session_source(s);
	struct what sw = *w;
	char path[2048], spath[2048], dv[MAX_TEXT], sv[MAX_TEXT] = "";
	bool same;

	sw.event = src ? session_source_event(s, w->event) : EVENT_NONE;
	element_path(s->t, w, path, sizeof(path));
	side_value(s->t, w, format, dv, sizeof(dv));
	out_begin(o, "value");
	put_event(s, w->event, o);
	out_string(o, "value", dv);
	if (sw.event != EVENT_NONE) {
		element_path(src, &sw, spath, sizeof(spath));
		side_value(src, &sw, format, sv, sizeof(sv));
		out_string(o, "source_value", sv);
	} else {
		out_string(o, "source_value", NULL);
	}
	same = sw.event != EVENT_NONE && !strcmp(sv, dv);
	out_boolean(o, "same", same);
	if (sw.event != EVENT_NONE && !same)
		print_side(o, "source", STYLE_SOURCE, spath,
			   src->events[sw.event].type, sv);
	print_side(o, same ? "both" : "destination", STYLE_DEST, path,
		   s->t->events[w->event].type, dv);
	if (src && sw.event == EVENT_NONE) {
		out_text(o, STYLE_DIM, "the source wrote no such field");
		out_newline(o);
	}
	print_memory(s, w, format, o);
	out_end(o);
}

/* "print size * 2": not a place, but something that can be computed here. */
static int print_expr(struct session *s, const char *text, char format,
		      struct out *o, struct err *err)
{
	struct expr *e = expr_parse(&s->arena, text, err);
	char buf[64] = "<unknown here>";
	struct text t = { buf, sizeof(buf), 0 };
	struct expr_value v;

	if (!e || expr_eval(e, s, s->at, &s->arena, &v, err) < 0)
		return -1;
	if (v.kind == EXPR_NUMBER)
		put_number(&t, (uint64_t)v.number, 8, format ? format : 'd');
	out_begin(o, "value");
	out_string(o, "expression", text);
	if (v.kind == EXPR_NUMBER)
		out_number(o, "value", v.number);
	else
		out_string(o, "value", v.kind == EXPR_STRING ? v.string : NULL);
	out_line(o, "%s", v.kind == EXPR_STRING ? v.string : buf);
	out_end(o);
	return 0;
}

/* "/x" in front; *@args is what follows. */
static int take_format(const char **args, char *format, struct err *err)
{
	*format = '\0';
	if (**args != '/')
		return 0;
	/* "/fe.0.0000/virtio-net": an s390x device's idstr */
	if ((*args)[1] && (*args)[2] && (*args)[2] != ' ' &&
	    strchr(*args + 1, '/'))
		return 0;
	*format = (*args)[1];
	if (!*format || !strchr("xdutcso", *format) ||
	    ((*args)[2] && (*args)[2] != ' '))
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "a format is one "
			       "of /x /d /u /o /t /c /s, not '%.*s'",
			       (int)strcspn(*args, " "), *args);
	*args += 2;
	*args += strspn(*args, " ");
	return 0;
}

static int run_print(struct session *s, const struct command *self,
		     const char *args, struct out *out, struct err *err)
{
	struct what w;
	struct err other;
	char format;

	(void)self;
	if (take_format(&args, &format, err) < 0)
		return -1;
	/* what is no expression either most likely was meant as a place */
	if (find_what(s, args, &w, err) < 0)
		return print_expr(s, args, format, out, &other);
	print_both(s, &w, format, out);
	return 0;
}

const struct command command_print = {
	.name = "print", .alias = "p inspect output",
	.args = "[/FORMAT] [PATH|EXPR]",
	.help = "Print a field, element or structure as both sides have it.",
	.more = "Without a path, the current event. FORMAT is x (hex), d, u, "
		"o, t (binary), c (characters) or s (string). An expression "
		"over the current event may stand there too: print size * 2. "
		"With a real destination the third line is what it has in its "
		"memory, if it has loaded the field.",
	.example = "/x 0", .group = GROUP_DATA, .flags = CMD_REPEATS | CMD_EXPR,
	.complete = complete_location, .run = run_print,
};

/* A place's value, or what an expression has here. */
static void display_value(struct session *s, const char *text, char format,
			  char *buf, size_t size)
{
	struct text t = { buf, size, 0 };
	struct err err, other;
	struct expr_value v = { EXPR_UNKNOWN, 0, NULL };
	const struct expr *e;
	struct arena scratch;
	struct what w;

	if (!find_what(s, text, &w, &err)) {
		side_value(s->t, &w, format, buf, size);
		return;
	}
	arena_init(&scratch);
	e = expr_parse(&scratch, text, &other);
	if (!e)
		snprintf(buf, size, "<%s>", err.msg);
	else if (expr_eval(e, s, s->at, &scratch, &v, &other) < 0)
		snprintf(buf, size, "<%s>", other.msg);
	else if (v.kind == EXPR_NUMBER)
		put_number(&t, (uint64_t)v.number, 8, format ? format : 'd');
	else
		snprintf(buf, size, "%s", v.kind == EXPR_STRING ? v.string :
			 "<unknown here>");
	arena_release(&scratch);
}

/* Is there something to display in it at all? */
int check_display(struct session *s, const char *text, struct err *err)
{
	struct arena scratch;
	struct err other;
	struct what w;
	bool ok = !find_what(s, text, &w, err);

	if (ok)
		return 0;
	arena_init(&scratch);
	ok = expr_parse(&scratch, text, &other) != NULL;
	arena_release(&scratch);
	return ok ? 0 : -1;
}

void show_displays(struct session *s, struct out *o)
{
	for (size_t i = 0; i < s->ndisplays; i++) {
		const struct display *d = &s->displays[i];
		const char *args = d->format;
		struct err err;
		char format, value[MAX_TEXT];

		if (take_format(&args, &format, &err) < 0)
			format = '\0';
		display_value(s, d->path, format, value, sizeof(value));
		out_begin(o, "display");
		out_number(o, "number", d->number);
		out_string(o, "path", d->path);
		out_string(o, "value", value);
		out_line(o, "%u: %s = %s", d->number, d->path, value);
		out_end(o);
	}
}

/* ---- x ---- */

struct examine {
	uint64_t n;
	char format, unit;
};

static int parse_dump(const char *spec, struct examine *d, struct err *err)
{
	char *end;

	if (isdigit((unsigned char)*spec)) {
		d->n = strtoull(spec, &end, 10);
		spec = end;
	}
	for (; *spec && *spec != ' '; spec++) {
		if (strchr("xdutcsoz", *spec))
			d->format = *spec;
		else if (strchr("bhwg", *spec))
			d->unit = *spec;
		else
			return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
				"x/NFU: N is a count, F one of x d u o t c s, "
				"U one of b h w g (1, 2, 4, 8 bytes); not '%c'",
				*spec);
	}
	if (d->n > 65536)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
			       "more than 65536 units at once");
	return 0;
}

static unsigned unit_size(char unit)
{
	return unit == 'h' ? 2 : unit == 'w' ? 4 : unit == 'g' ? 8 : 1;
}

static void dump_text(struct out *o, const uint8_t *p, unsigned n,
		      unsigned missing)
{
	char text[17];

	for (unsigned i = 0; i < n; i++)
		text[i] = p[i] >= 0x20 && p[i] < 0x7f ? (char)p[i] : '.';
	text[n] = '\0';
	out_text(o, STYLE_DIM, "%*s  %s", (int)missing, "", text);
}

/* One line of up to 16 bytes; answers how many it took. */
static uint64_t dump_line(struct session *s, uint64_t off, uint64_t units,
			  const struct examine *d, struct out *o)
{
	const struct source *src = s->t->src;
	const struct event *e = &s->t->events[s->at];
	unsigned size = unit_size(d->unit), i = 0, per = 16 / size;
	uint64_t left = (src->len - off) / size;
	char all[MAX_TEXT] = "", one[80];
	struct text t = { all, sizeof(all), 0 };

	if (d->format == 't' || d->format == 'c')
		per = per > 8 ? 8 : per;
	out_begin(o, "bytes");
	out_number(o, "offset", (int64_t)off);
	out_text(o, STYLE_NUMBER, "0x%06" PRIx64 ":", off);
	for (; i < per && i < units && i < left; i++) {
		struct text ot = { one, sizeof(one), 0 };
		uint64_t at = off + i * size;
		bool here = at >= e->off && at - e->off < e->len;

		put_number(&ot, be_load(src->data + at, size), size,
			   d->format == 'x' ? 'z' : d->format);
		if (d->format == 'x' && size == 1)
			memmove(one, one + 2, 3);	/* no 0x before each byte */
		text_put(&t, "%s%s", i ? " " : "", one);
		out_text(o, here ? STYLE_HERE : STYLE_PLAIN,
			 d->format == 'x' ? " %s" : "\t%s", one);
	}
	if (d->format == 'x' && size == 1)
		dump_text(o, src->data + off, i, (per - i) * 3);
	out_string(o, "values", all);
	out_newline(o);
	out_end(o);
	return (uint64_t)i * size;
}

static uint64_t dump_string(struct session *s, uint64_t off, struct out *o)
{
	const struct source *src = s->t->src;
	char buf[MAX_TEXT];
	struct text t = { buf, sizeof(buf), 0 };
	uint64_t n = strnlen((const char *)src->data + off,
			     src->len - off < 200 ? src->len - off : 200);

	put_string(&t, src->data + off, n);
	out_begin(o, "bytes");
	out_number(o, "offset", (int64_t)off);
	out_string(o, "values", buf);
	out_line(o, "0x%06" PRIx64 ": %s", off, buf);
	out_end(o);
	return n + (off + n < src->len && !src->data[off + n]);
}

static int where_to_dump(const struct session *s, const char *args,
			 uint64_t *off, struct err *err)
{
	char *end;
	uint32_t i;

	if (!*args) {
		*off = s->interp->x_next;
		return 0;
	}
	*off = strtoull(args, &end, 16);
	if (!*end && !strncmp(args, "0x", 2))
		return 0;
	i = location_one(s, args, EVENT_NONE, err);
	if (i == EVENT_NONE)
		return -1;
	*off = s->t->events[i].off;
	return 0;
}

static int run_x(struct session *s, const struct command *self,
		 const char *args, struct out *out, struct err *err)
{
	struct interp *in = s->interp;
	struct examine now = { in->x_count ? in->x_count : 16,
			    in->x_format ? in->x_format : 'x',
			    in->x_unit ? in->x_unit : 'b' };
	uint64_t off, units;

	(void)self;
	if (*args != '/' && *args) {
		now.n = 16;
	} else if (*args) {
		now.n = 1;
		if (parse_dump(args + 1, &now, err) < 0)
			return -1;
		args += strcspn(args, " ");
		args += strspn(args, " ");
		/* "x/16xb" alone is about the current event */
		if (!*args)
			in->x_next = s->t->events[s->at].off;
	}
	if (where_to_dump(s, args, &off, err) < 0)
		return -1;
	if (off >= s->t->src->len)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "0x%" PRIx64
			       " is behind the stream's end, 0x%" PRIx64, off,
			       s->t->src->len);
	in->x_count = now.n;
	in->x_format = now.format;
	in->x_unit = now.unit;
	for (units = now.n; units && off < s->t->src->len && !out->stopped; ) {
		uint64_t n = now.format == 's' ? dump_string(s, off, out) :
			dump_line(s, off, units, &now, out);

		if (!n)
			break;
		off += n;
		units -= now.format == 's' ? 1 : n / unit_size(now.unit);
	}
	in->x_next = off;
	return 0;
}

const struct command command_x = {
	.name = "x", .args = "[/NFU] [OFFSET|LOCATION]",
	.help = "Examine bytes of the stream.",
	.more = "N is how many, F x d u o t c or s, U b h w g (1, 2, 4 or 8 "
		"bytes, big-endian as the wire is). What the current event "
		"reads is lit. Without an offset it goes on where it stopped.",
	.example = "/4xw 0x0", .group = GROUP_DATA,
	.flags = CMD_REPEATS | CMD_FRESH, .complete = complete_location,
	.run = run_x,
};
