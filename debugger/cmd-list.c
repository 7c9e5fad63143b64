/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * list, bt, ptype: where we are, and what it is made of.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-impl.h"

#define MAX_LINE 1200

/*
 * A line of the listing: what the source wrote beside what the destination
 * reads; either may be nothing.
 */
struct row {
	uint32_t source, dest;
};

struct rows {
	struct row *v;
	size_t n, cap;
};

static void add_row(struct rows *r, uint32_t source, uint32_t dest)
{
	r->v = grow_array(r->v, &r->cap, r->n + 1, sizeof(*r->v));
	r->v[r->n++] = (struct row){ source, dest };
}

/* The structure, group or section whose members stand around the event. */
static uint32_t container_of(const struct timeline *t, uint32_t i)
{
	return i == EVENT_NONE || t->events[i].parent == EVENT_NONE ? 0 :
		t->events[i].parent;
}

struct side_walk {
	const struct timeline *t;
	uint32_t at, end;
};

static struct side_walk walk_of(const struct timeline *t, uint32_t container)
{
	if (!t || container == EVENT_NONE)
		return (struct side_walk){ t, 1, 0 };
	return (struct side_walk){ t, container + 1,
				   t->events[container].end };
}

static bool is_over(const struct side_walk *w)
{
	return w->at >= w->end;
}

static uint32_t take(struct side_walk *w)
{
	uint32_t i = w->at;

	w->at = w->t->events[i].end;
	return i;
}

/* Do these two stand on one line? */
static bool side_by_side(const struct session *s, const struct side_walk *sw,
			 const struct side_walk *dw)
{
	const struct event *a = &sw->t->events[sw->at],
		*b = &dw->t->events[dw->at];

	if (session_source_event(s, dw->at) == sw->at)
		return true;
	return a->off == b->off && !!a->len == !!b->len;
}

/* Which side goes first where they do not? */
static bool source_first(const struct session *s, const struct side_walk *sw,
			 const struct side_walk *dw)
{
	const struct event *a = &sw->t->events[sw->at],
		*b = &dw->t->events[dw->at];
	uint32_t twin = session_source_event(s, dw->at);

	if (a->off != b->off)
		return a->off < b->off;
	/* the same offset: what takes no bytes stands before what does */
	if (!a->len != !b->len)
		return !a->len;
	return twin == EVENT_NONE || twin > sw->at;
}

static void align(const struct session *s, uint32_t dest_container,
		  uint32_t source_container, struct rows *r)
{
	struct side_walk sw = walk_of(session_source(s), source_container);
	struct side_walk dw = walk_of(s->t, dest_container);

	while (!is_over(&sw) || !is_over(&dw)) {
		if (is_over(&sw))
			add_row(r, EVENT_NONE, take(&dw));
		else if (is_over(&dw))
			add_row(r, take(&sw), EVENT_NONE);
		else if (side_by_side(s, &sw, &dw))
			add_row(r, take(&sw), take(&dw));
		else if (source_first(s, &sw, &dw))
			add_row(r, take(&sw), EVENT_NONE);
		else
			add_row(r, EVENT_NONE, take(&dw));
	}
}

/* The source's structure over the same bytes as this one of ours. */
static uint32_t source_container(const struct session *s, uint32_t container)
{
	uint32_t i = session_source_event(s, container);

	if (i != EVENT_NONE || !session_source(s))
		return i;
	i = session_written_by(s, container);
	return i == EVENT_NONE ? i : container_of(session_source(s), i);
}

/* ---- one side of a line ---- */

static void put_fitting(struct out *o, enum style style, const char *text,
			unsigned width, bool pad)
{
	char buf[MAX_LINE];
	unsigned have = out_columns(text);
	size_t n = strlen(text);

	snprintf(buf, sizeof(buf), "%s", text);
	while (width && have > width && n) {
		/* from the end, a character at a time */
		do
			n--;
		while (n && ((unsigned char)buf[n] & 0xc0) == 0x80);
		buf[n] = '\0';
		have = out_columns(buf) + 1;
	}
	if (strcmp(buf, text))
		strcat(buf, "…");
	if (pad)
		out_cell(o, style, (int)width, "%s", buf);
	else
		out_text(o, style, "%s", buf);
}

static void word_event(const struct timeline *t, uint32_t i, char *buf,
		       size_t size)
{
	const struct event *e = &t->events[i];
	char value[400], count[32] = "";
	bool one_of = e->kind == EV_STRUCT && e->parent != EVENT_NONE &&
		t->events[e->parent].kind == EV_FIELD &&
		t->events[e->parent].is_array;
	int n;

	session_value(t, i, value, sizeof(value));
	if (e->kind == EV_FIELD && e->is_array && e->outcome != OUT_ABSENT)
		snprintf(count, sizeof(count), "[%" PRIu32 "]", e->n);
	if (e->kind == EV_SECTION && e->instance)
		snprintf(count, sizeof(count), "#%" PRIu32, e->instance);
	if (one_of)
		snprintf(count, sizeof(count), "[%" PRIu32 "]", e->elem);
	n = snprintf(buf, size, "0x%06" PRIx64 " %4" PRIu64 " %s%s", e->off,
		     e->len, e->name && *e->name ? e->name :
		     event_kind_name((enum event_kind)e->kind), count);
	if (n < 0 || (size_t)n >= size)
		return;
	if (*value)
		snprintf(buf + n, size - (size_t)n, "%s%s = %s",
			 e->type ? " " : "", e->type ? e->type : "", value);
	else if (e->outcome == OUT_ABSENT)
		snprintf(buf + n, size - (size_t)n, " (not read)");
	else
		snprintf(buf + n, size - (size_t)n, " %s%s%s", e->type &&
			 e->kind != EV_PROBE ? e->type :
			 event_kind_name((enum event_kind)e->kind),
			 e->outcome == OUT_LOADED || e->outcome == OUT_GOOD ?
			 "" : ", ",
			 e->outcome == OUT_LOADED || e->outcome == OUT_GOOD ?
			 "" : outcome_name((enum outcome)e->outcome));
}

static bool same_name(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Is what stands on this line the same on both sides? */
static bool row_differs(const struct session *s, const struct row *r)
{
	const struct timeline *src = session_source(s);
	const struct event *a, *b;

	if (!src)
		return false;
	if (r->source == EVENT_NONE)
		return s->t->events[r->dest].len != 0;
	if (r->dest == EVENT_NONE)
		return src->events[r->source].len != 0;
	a = &src->events[r->source];
	b = &s->t->events[r->dest];
	return a->off != b->off || a->len != b->len ||
		(a->outcome == OUT_ABSENT) != (b->outcome == OUT_ABSENT) ||
		!same_name(a->name, b->name) ||
		(a->kind == EV_FIELD && !same_name(a->type, b->type));
}

static bool is_current(const struct session *s, const struct row *r)
{
	uint32_t e = r->dest;

	return e != EVENT_NONE && s->at >= e && s->at < s->t->events[e].end;
}

static void put_row_side(const struct timeline *t, uint32_t i, const char *key,
			 struct out *o)
{
	char value[400];

	if (i == EVENT_NONE) {
		out_string(o, key, NULL);
		return;
	}
	out_object(o, key);
	out_number(o, "event", i);
	out_number(o, "offset", (int64_t)t->events[i].off);
	out_number(o, "size", (int64_t)t->events[i].len);
	out_string(o, "name", t->events[i].name);
	out_string(o, "type", t->events[i].type);
	out_string(o, "outcome",
		   outcome_name((enum outcome)t->events[i].outcome));
	session_value(t, i, value, sizeof(value));
	out_string(o, "value", *value ? value : NULL);
	out_close(o);
}

static void show_row(struct session *s, const struct row *r, struct out *o)
{
	const struct timeline *src = session_source(s);
	unsigned width = o->width ? o->width : 132, half;
	bool differs = row_differs(s, r), here = is_current(s, r);
	char text[MAX_LINE] = "";

	half = width > 40 ? (width - 13) / 2 : 14;
	out_begin(o, "row");
	out_boolean(o, "current", here);
	out_boolean(o, "differs", differs);
	put_row_side(src, r->source, "source", o);
	put_row_side(s->t, r->dest, "destination", o);
	out_text(o, STYLE_HERE, here ? "=>" : "  ");
	if (r->dest == EVENT_NONE)
		out_cell(o, STYLE_NUMBER, -7, " ");
	else
		out_cell(o, STYLE_NUMBER, -7, "%" PRIu32, r->dest);
	if (r->source != EVENT_NONE)
		word_event(src, r->source, text, sizeof(text));
	if (src)
		put_fitting(o, differs ? STYLE_SOURCE : STYLE_PLAIN, text,
			    half - 1, true);
	out_text(o, differs ? STYLE_BAD : STYLE_DIM, differs ? "<> " : "|  ");
	*text = '\0';
	if (r->dest != EVENT_NONE)
		word_event(s->t, r->dest, text, sizeof(text));
	put_fitting(o, differs ? STYLE_DEST : STYLE_PLAIN, text,
		    src ? half - 2 : 2 * half - 4, false);
	out_newline(o);
	out_end(o);
}

static void show_container(struct session *s, uint32_t container,
			   struct out *o)
{
	const struct event *e = &s->t->events[container];
	char path[2048];

	session_path(s->t, container, path, sizeof(path));
	out_begin(o, "container");
	put_event(s, container, o);
	out_number(o, "version", e->version);
	out_text(o, STYLE_HEAD, "%s%s%s", *path ? path : "the load",
		 e->kind == EV_STRUCT ? ", descriptor " : "",
		 e->kind == EV_STRUCT ? e->name : "");
	if (e->kind == EV_STRUCT)
		out_text(o, STYLE_HEAD, " version %" PRId32, e->version);
	out_text(o, STYLE_DIM, session_source(s) ?
		 "   (source wrote | destination reads)" :
		 "   (the source has no account of its own)");
	out_newline(o);
	out_end(o);
}

static void show_rows(struct session *s, struct rows *r, uint32_t first,
		      struct out *o)
{
	struct interp *in = s->interp;
	size_t n = s->settings.listsize ? (size_t)s->settings.listsize : r->n;

	for (size_t i = first; i < r->n && i < first + n && !o->stopped; i++)
		show_row(s, &r->v[i], o);
	in->list_first = first;
	in->list_next = (uint32_t)(first + n < r->n ? first + n : r->n);
}

static size_t current_row(const struct session *s, uint32_t event,
			  const struct rows *r)
{
	for (size_t i = 0; i < r->n; i++) {
		uint32_t e = r->v[i].dest;

		if (e != EVENT_NONE && event >= e && event < s->t->events[e].end)
			return i;
	}
	return 0;
}

/* Which part of the rows: around the place, the next ones, those before. */
static void choose_first(struct session *s, const char *args,
			 uint32_t container, uint32_t event,
			 const struct rows *r, size_t *first)
{
	struct interp *in = s->interp;
	size_t n = s->settings.listsize ? (size_t)s->settings.listsize : r->n;
	size_t at = current_row(s, event, r);

	*first = at > n / 2 ? at - n / 2 : 0;
	if (*first + n > r->n)
		*first = r->n > n ? r->n - n : 0;
	if (in->list_at != container)
		return;
	if (!strcmp(args, "-")) {
		if (!in->list_first)
			return;
		*first = in->list_first > n ? in->list_first - n : 0;
	} else if (!*args) {
		*first = in->list_next;	/* r->n: all of it was shown */
	}
}

static int run_list(struct session *s, const struct command *self,
		    const char *args, struct out *out, struct err *err)
{
	bool again = !*args || !strcmp(args, "-") || !strcmp(args, "+");
	uint32_t event = s->at, container;
	struct rows r = { 0 };
	size_t first;

	(void)self;
	if (!again) {
		event = location_one(s, args, EVENT_NONE, err);
		if (event == EVENT_NONE)
			return -1;
	}
	container = container_of(s->t, event);
	/* elsewhere since, or first time: around the current event */
	if (s->interp->list_event != s->at || !again)
		s->interp->list_at = EVENT_NONE;
	align(s, container, source_container(s, container), &r);
	choose_first(s, !strcmp(args, "+") ? "" : args, container, event, &r,
		     &first);
	if (first < r.n) {
		show_container(s, container, out);
		show_rows(s, &r, (uint32_t)first, out);
	} else {
		out_line(out, "There is no more of it; 'list -' goes back.");
	}
	s->interp->list_at = container;
	s->interp->list_event = s->at;
	free(r.v);
	return 0;
}

const struct command command_list = {
	.name = "list", .alias = "l", .args = "[LOCATION|-|+]",
	.help = "Show the structure around the current event, both sides aligned.",
	.more = "Again for what follows, '-' for what is before. Lines marked "
		"<> are not the same on both sides.",
	.example = "0", .group = GROUP_DATA, .flags = CMD_REPEATS | CMD_FRESH,
	.complete = complete_location, .run = run_list,
};

/* ---- bt ---- */

static int run_bt(struct session *s, const struct command *self,
		  const char *args, struct out *out, struct err *err)
{
	unsigned n = 0;

	if (no_args(self, args, err) < 0)
		return -1;
	for (uint32_t i = s->at; i != EVENT_NONE; i = s->t->events[i].parent) {
		const struct event *e = &s->t->events[i];

		out_begin(out, "frame");
		out_number(out, "level", n);
		put_event(s, i, out);
		out_number(out, "version", e->version);
		out_cell(out, STYLE_NUMBER, 3, "#%u", n++);
		out_cell(out, STYLE_NUMBER, -6, "%" PRIu32, i);
		out_cell(out, STYLE_DIM, 13, "%s",
			 event_kind_name((enum event_kind)e->kind));
		out_text(out, STYLE_PATH, "%s", e->name ? e->name : "");
		if (e->kind == EV_STRUCT && e->parent != EVENT_NONE &&
		    s->t->events[e->parent].is_array)
			out_text(out, STYLE_PATH, "[%" PRIu32 "]", e->elem);
		if (e->kind == EV_STRUCT || e->kind == EV_SECTION ||
		    e->kind == EV_SUBSECTION)
			out_text(out, STYLE_PLAIN, " version %" PRId32,
				 e->version);
		out_text(out, STYLE_DIM, "  0x%06" PRIx64 " +%" PRIu64, e->off,
			 e->len);
		out_newline(out);
		out_end(out);
	}
	return 0;
}

const struct command command_bt = {
	.name = "bt", .alias = "where backtrace",
	.help = "Show what the current event is inside of, up to the section.",
	.example = "", .group = GROUP_DATA, .run = run_bt,
};

/* ---- ptype ---- */

static const struct desc *desc_at(const struct timeline *t, uint32_t i)
{
	const struct event *e = &t->events[i];

	if (e->kind == EV_FIELD && e->field && e->field->desc)
		return e->field->desc;
	/* a section's is its first structure's */
	if (e->kind == EV_SECTION && i + 1 < e->end)
		return t->events[i + 1].desc;
	return e->desc;
}

static const struct desc *desc_named(const struct session *s, const char *name)
{
	const struct registry *reg = &s->dest->registry;

	for (uint32_t i = 0; i < s->t->n; i++) {
		const struct desc *d = s->t->events[i].desc;

		if (d && d->name && !strcmp(d->name, name))
			return d;
	}
	for (size_t k = 0; k < reg->nsets; k++) {
		for (size_t i = 0; i < reg->sets[k]->nitems; i++) {
			const struct desc_item *it = &reg->sets[k]->items[i];

			if (!strcmp(it->key, name) ||
			    (it->desc && it->desc->name &&
			     !strcmp(it->desc->name, name)))
				return it->desc;
		}
	}
	return NULL;
}

static void word_exists(const struct desc_field *f, char *buf, size_t size)
{
	*buf = '\0';
	if (f->exists == EXISTS_PREDICATE)
		snprintf(buf, size, "if %s", f->exists_name ? f->exists_name :
			 "a condition in code holds");
	else if (f->exists == EXISTS_WRITTEN)
		snprintf(buf, size, "as %s has it",
			 teller(f->from_exists));
	else if (f->version > 0)
		snprintf(buf, size, "since version %" PRId32, f->version);
}

/* "  = scanout[0].enable: int at +0x2e8, virtio-gpu.h:180" */
static void show_member(const struct c_member *c, const char *name,
			struct out *o)
{
	char where[600];

	c_member_where(c, where, sizeof(where));
	out_string(o, "structure", c->structure);
	out_string(o, "member", c->path);
	out_string(o, "c_type", c->type);
	out_string(o, "declared", *where ? where : NULL);
	if (!c->path)
		return;
	out_number(o, "member_offset", (int64_t)c->offset);
	out_number(o, "member_size", (int64_t)c->size);
	out_text(o, STYLE_DIM, "  = ");
	if (strcmp(c->path, name))
		out_text(o, STYLE_PLAIN, "%s: ", c->path);
	out_text(o, STYLE_PLAIN, "%s at +0x%" PRIx64, c->type, c->offset);
	if (c->bit_size)
		out_text(o, STYLE_PLAIN, ", %" PRIu32 " bit%s", c->bit_size,
			 c->bit_size == 1 ? "" : "s");
	if (*where)
		out_text(o, STYLE_DIM, ", %s", where);
}

static void show_field(const struct desc_field *f, const struct c_member *c,
		       struct out *o)
{
	char count[64], exists[256];

	show_count(f, count, sizeof(count));
	word_exists(f, exists, sizeof(exists));
	out_begin(o, "member");
	out_string(o, "name", f->name);
	out_string(o, "type", f->type);
	out_string(o, "descriptor", f->desc ? f->desc->name : NULL);
	out_string(o, "count", *count ? count : NULL);
	out_string(o, "exists", *exists ? exists : NULL);
	if (f->from_layout)
		out_number(o, "offset", (int64_t)f->offset);
	out_text(o, STYLE_PLAIN, "    ");
	out_cell(o, STYLE_DIM, 12, "%s", f->type ? f->type : "?");
	out_text(o, STYLE_PATH, "%s%s", f->name, count);
	if (f->desc)
		out_text(o, STYLE_PLAIN, " : %s version %" PRId32,
			 f->desc->name, f->flags & VMS_VSTRUCT ?
			 f->struct_version : f->desc->version);
	if (*exists)
		out_text(o, STYLE_DIM, "  // %s", exists);
	if (c)
		show_member(c, f->name, o);
	out_newline(o);
	out_end(o);
}

/* "structure VirtIOGPU (struct VirtIOGPU), described at FILE:LINE" */
static void show_structure(const struct c_member *c, struct out *o)
{
	if (c->structure)
		out_text(o, STYLE_DIM, ", structure %s", c->structure);
	if (c->structure && c->candidates > 1)
		out_text(o, STYLE_WARN, " (or one of %u others)",
			 c->candidates - 1);
	if (c->desc_file)
		out_text(o, STYLE_DIM, ", described at %s:%" PRIu32,
			 c->desc_file, c->desc_line);
}

static void show_desc(struct session *s, const struct desc *d, struct out *o)
{
	const struct c_member *c = d->nfields ?
		session_member(s, false, d, &d->fields[0]) : NULL;

	out_begin(o, "descriptor");
	out_string(o, "name", d->name);
	out_number(o, "version", d->version);
	out_number(o, "minimum_version", d->min_version);
	out_string(o, "from", desc_from_name((enum desc_from)d->from));
	out_text(o, STYLE_BOLD, "descriptor %s", d->name ? d->name : "?");
	out_text(o, STYLE_PLAIN, ", version %" PRId32, d->version);
	if (d->from_min)
		out_text(o, STYLE_PLAIN, " (minimum %" PRId32 ")",
			 d->min_version);
	out_text(o, STYLE_DIM, ", told by %s%s",
		 teller(d->from),
		 d->all_fields ? "" : ": what was written only");
	if (c)
		show_structure(c, o);
	out_newline(o);
	out_end(o);
	for (size_t i = 0; i < d->nfields && !o->stopped; i++)
		show_field(&d->fields[i],
			   session_member(s, false, d, &d->fields[i]), o);
	for (size_t i = 0; i < d->nsubs; i++) {
		out_begin(o, "subsection");
		out_string(o, "name", d->subs[i]->name);
		out_number(o, "version", d->subs[i]->version);
		out_text(o, STYLE_DIM, "    subsection   ");
		out_text(o, STYLE_PATH, "%s", d->subs[i]->name);
		out_text(o, STYLE_PLAIN, " version %" PRId32,
			 d->subs[i]->version);
		out_newline(o);
		out_end(o);
	}
}

static int run_ptype(struct session *s, const struct command *self,
		     const char *args, struct out *out, struct err *err)
{
	const struct desc *d = *args ? desc_named(s, args) : NULL;
	uint32_t i = s->at;

	(void)self;
	if (!d && *args) {
		i = location_one(s, args, EVENT_NONE, err);
		if (i == EVENT_NONE)
			return -1;
	}
	for (; !d && i != EVENT_NONE; i = s->t->events[i].parent)
		d = desc_at(s->t, i);
	if (!d)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "nothing here "
			       "has a descriptor: this is framing, or state "
			       "that code reads");
	show_desc(s, d, out);
	return 0;
}

const struct command command_ptype = {
	.name = "ptype", .alias = "whatis", .args = "[DESCRIPTOR|LOCATION]",
	.help = "Show a descriptor: its fields, versions and subsections.",
	.example = "struct", .group = GROUP_DATA,
	.complete = complete_location, .run = run_ptype,
};
