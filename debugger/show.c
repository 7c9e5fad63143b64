/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How an event, and a stop at one, is told.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command-impl.h"
#include "live/real.h"

#define MAX_PATH 2048
#define MAX_VALUE 600

/* Who told a fact, as words of a sentence. */
const char *teller(unsigned from)
{
	switch (from) {
	case DESC_FROM_NOBODY: return "nobody";
	case DESC_FROM_GUESS: return "a guess";
	case DESC_FROM_SOURCE: return "the source's description";
	case DESC_FROM_KNOWN: return "QEMU's source code";
	case DESC_FROM_REFERENCE: return "the reference stream";
	case DESC_FROM_DUMP: return "the dump";
	case DESC_FROM_BINARY: return "the emulator's binary";
	default: return "the process";
	}
}

/* What a wire type is called where there is no info: the kind of event. */
static const char *type_of(const struct event *e)
{
	return e->type ? e->type : event_kind_name((enum event_kind)e->kind);
}

/* The place for people; framing has no path, only a kind. */
static void place_of_event(const struct timeline *t, uint32_t i, char *buf,
			   size_t size)
{
	const struct event *e = &t->events[i];

	const char *kind = event_kind_name((enum event_kind)e->kind);
	bool named = e->name && *e->name && strcmp(e->name, kind);

	session_path(t, i, buf, size);
	if (!*buf)
		snprintf(buf, size, "(%s%s%s)", kind, named ? " " : "",
			 named ? e->name : "");
}

static void put_side(const struct timeline *t, uint32_t i, const char *key,
		     struct out *o)
{
	const struct event *e = &t->events[i];
	char value[MAX_VALUE];

	if (i == EVENT_NONE) {
		out_string(o, key, NULL);
		return;
	}
	session_value(t, i, value, sizeof(value));
	out_object(o, key);
	out_number(o, "event", i);
	out_string(o, "name", e->name);
	out_string(o, "type", type_of(e));
	out_number(o, "offset", (int64_t)e->off);
	out_number(o, "size", (int64_t)e->len);
	out_string(o, "value", *value ? value : NULL);
	out_close(o);
}

void put_event(struct session *s, uint32_t event, struct out *o)
{
	const struct event *e = &s->t->events[event];
	char buf[MAX_PATH];

	out_number(o, "event", event);
	out_string(o, "kind", event_kind_name((enum event_kind)e->kind));
	out_string(o, "outcome", outcome_name((enum outcome)e->outcome));
	out_number(o, "offset", (int64_t)e->off);
	out_number(o, "size", (int64_t)e->len);
	session_path(s->t, event, buf, sizeof(buf));
	out_string(o, "path", *buf ? buf : NULL);
	out_string(o, "name", e->name);
	out_string(o, "type", e->type);
	if (e->text)
		out_string(o, "text", e->text);
}

void put_values(struct session *s, uint32_t event, struct out *o)
{
	const struct timeline *src = session_source(s);
	uint32_t i = src ? session_source_event(s, event) : EVENT_NONE;

	if (src)
		put_side(src, i == EVENT_NONE ? session_written_by(s, event) : i,
			 "source", o);
	else
		out_string(o, "source", NULL);
	put_side(s->t, event, "destination", o);
}

static enum style style_of(const struct session *s, uint32_t event)
{
	switch (s->t->events[event].outcome) {
	case OUT_FAILED:
	case OUT_LOOKUP:
	case OUT_CHILD:
	case OUT_TOO_NEW:
	case OUT_TOO_OLD:
	case OUT_CUT_OFF:
	case OUT_NO_DEVICE:
		return STYLE_BAD;
	case OUT_GUESS:
		return STYLE_WARN;
	case OUT_ABSENT:
	case OUT_UNREAD:
		return STYLE_DIM;
	default:
		return STYLE_PATH;
	}
}

static void text_outcome(const struct event *e, struct out *o)
{
	if (e->outcome == OUT_LOADED || e->outcome == OUT_GOOD)
		return;
	out_text(o, STYLE_DIM, "  [%s]",
		 outcome_name((enum outcome)e->outcome));
}

void line_event(struct session *s, uint32_t event, struct out *o)
{
	const struct event *e = &s->t->events[event];
	char buf[MAX_PATH];

	out_cell(o, STYLE_NUMBER, -6, "%" PRIu32, event);
	out_cell(o, STYLE_NUMBER, 0, "0x%06" PRIx64, e->off);
	out_cell(o, STYLE_DIM, 7, "+%" PRIu64, e->len);
	place_of_event(s->t, event, buf, sizeof(buf));
	out_text(o, style_of(s, event), "%s", buf);
	if (*session_path(s->t, event, buf, sizeof(buf))) {
		out_text(o, STYLE_DIM, "  %s", type_of(e));
		if (e->kind == EV_FIELD && e->n != 1 && e->outcome != OUT_ABSENT)
			out_text(o, STYLE_DIM, "[%" PRIu32 "]", e->n);
	}
	if (*session_value(s->t, event, buf, sizeof(buf)))
		out_text(o, STYLE_DEST, " = %s", buf);
	else if (e->kind == EV_SECTION || e->kind == EV_STRUCT)
		out_text(o, STYLE_DIM, "  version %" PRId32, e->version);
	text_outcome(e, o);
	out_newline(o);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* What the source wrote here, where it is something else. */
static void line_source(struct session *s, uint32_t event, struct out *o)
{
	const struct timeline *src = session_source(s);
	const struct event *d = &s->t->events[event], *e;
	char path[MAX_PATH], value[MAX_VALUE];
	uint32_t i = src ? session_written_by(s, event) : EVENT_NONE;

	if (i == EVENT_NONE || (d->kind != EV_FIELD && d->kind != EV_ITEM &&
				d->kind != EV_SUBSECTION &&
				d->kind != EV_FOOTER))
		return;
	e = &src->events[i];
	if (e->off == d->off && (e->len == d->len || d->end > event + 1) &&
	    same_text(e->name, d->name) && same_text(e->type, d->type))
		return;
	place_of_event(src, i, path, sizeof(path));
	session_value(src, i, value, sizeof(value));
	out_text(o, STYLE_SOURCE, "       source wrote 0x%06" PRIx64 " +%" PRIu64
		 "  %s  %s%s%s", e->off, e->len, path, type_of(e),
		 *value ? " = " : "", value);
	out_newline(o);
}

static void line_bytes(struct session *s, uint32_t event, struct out *o)
{
	const struct event *e = &s->t->events[event];
	const uint8_t *p = session_bytes(s->t, event);
	uint64_t n = (uint64_t)s->settings.print_bytes;
	char hex[3 * 256 + 1] = "";

	/* a gap's value is its bytes; RAM has too many */
	if (!p || !n || e->end != event + 1 || e->kind == EV_RAM ||
	    e->kind == EV_GAP || e->kind == EV_TAIL)
		return;
	if (n > e->len)
		n = e->len;
	if (n > 256)
		n = 256;
	for (uint64_t i = 0; i < n; i++)
		sprintf(hex + 3 * i, " %02x", p[i]);
	out_text(o, STYLE_DIM, "       bytes%s%s", hex, n < e->len ? " ..." : "");
	out_newline(o);
}

static void line_divergence(struct session *s, size_t i, struct out *o)
{
	const struct divergence *d = &s->a->divergences[i];

	out_text(o, d->note ? STYLE_WARN : STYLE_BAD, "<> %s %zu, %s: ",
		 d->note ? "note" : "divergence", i + 1,
		 divergence_name(d->kind));
	out_text(o, STYLE_PLAIN, "%s", d->text ? d->text : "");
	out_newline(o);
}

/* The failure found at this event, or NULL. */
static const struct failure *failure_at(const struct session *s,
					uint32_t event, size_t *number)
{
	for (size_t i = 0; i < s->t->nfailures; i++) {
		if (session_failure_event(s, i) == event) {
			*number = i;
			return &s->t->failures[i];
		}
	}
	return NULL;
}

static void lines_failure(const struct failure *f, size_t number,
			  struct out *o)
{
	out_text(o, STYLE_BAD, "xx %s", number ?
		 "a load that went on to here would fail again:" :
		 "the destination refuses the stream here:");
	out_newline(o);
	for (unsigned i = 0; i < f->nlines; i++)
		out_line(o, "     %s", f->lines[i]);
	if (f->why)
		out_line(o, "   %s", f->why);
}

/* "Breakpoint 1, the end ...": why we stand here. */
static void line_reason(struct session *s, struct out *o)
{
	const struct breakpoint *b;

	switch (s->stop) {
	case STOP_BREAKPOINT:
	case STOP_WATCH:
		b = breakpoint_find(s, s->stop_number);
		out_text(o, STYLE_BOLD, "%s %u%s%s", s->stop == STOP_WATCH ?
			 "Watchpoint" : "Breakpoint", s->stop_number,
			 b ? ", " : "", b ? b->location : "");
		break;
	case STOP_START:
		out_text(o, STYLE_BOLD, "The beginning of the load.");
		break;
	case STOP_END:
		out_text(o, STYLE_BOLD, "The end of the load.");
		break;
	case STOP_EDGE:
		out_text(o, STYLE_BOLD, "The live edge: the destination has "
			 "come no further.");
		break;
	default:
		return;
	}
	out_newline(o);
}

static void line_lost_step(struct session *s, struct out *o)
{
	uint32_t lost = session_lost_step(s, s->at);
	char path[MAX_PATH];

	if (lost == EVENT_NONE)
		return;
	out_text(o, STYLE_WARN, "   out of step since event %" PRIu32 ", %s",
		 lost, session_path(s->t, lost, path, sizeof(path)));
	out_newline(o);
}

static void put_stop(struct session *s, struct out *o)
{
	size_t n, d = session_divergence_at(s, s->at);
	const struct failure *f = failure_at(s, s->at, &n);

	out_string(o, "reason", stop_name(s->stop));
	if (s->stop == STOP_BREAKPOINT || s->stop == STOP_WATCH)
		out_number(o, "number", s->stop_number);
	put_event(s, s->at, o);
	put_values(s, s->at, o);
	if (session_lost_step(s, s->at) != EVENT_NONE)
		out_number(o, "out_of_step_since", session_lost_step(s, s->at));
	out_boolean(o, "behind_failure", session_is_behind_failure(s, s->at));
	if (s->real)
		real_put(s, o);
	if (d != SIZE_MAX) {
		out_object(o, "divergence");
		out_number(o, "number", (int64_t)d + 1);
		out_string(o, "kind",
			   divergence_name(s->a->divergences[d].kind));
		out_boolean(o, "note", s->a->divergences[d].note);
		out_string(o, "text", s->a->divergences[d].text);
		out_close(o);
	}
	if (f) {
		out_object(o, "failure");
		out_number(o, "number", (int64_t)n + 1);
		out_string(o, "message", f->nlines ? f->lines[0] : NULL);
		out_close(o);
	}
}

void command_show_stop(struct session *s, struct out *o)
{
	size_t n, d = session_divergence_at(s, s->at);
	const struct failure *f = failure_at(s, s->at, &n);

	out_begin(o, "stop");
	put_stop(s, o);
	line_reason(s, o);
	line_event(s, s->at, o);
	line_source(s, s->at, o);
	line_bytes(s, s->at, o);
	line_lost_step(s, o);
	if (d != SIZE_MAX)
		line_divergence(s, d, o);
	if (f)
		lines_failure(f, n, o);
	else if (session_is_behind_failure(s, s->at)) {
		out_text(o, STYLE_DIM, "   (behind the failure at event %"
			 PRIu32 ": the emulator never comes here)",
			 session_failure_event(s, 0));
		out_newline(o);
	}
	if (s->real)
		real_show(s, o);
	for (size_t i = 0; i < s->nremarks; i++) {
		if (s->remarks[i].event == s->at)
			out_line(o, "   note %u: %s", s->remarks[i].number,
				 s->remarks[i].text);
	}
	out_end(o);
	show_displays(s, o);
}

void show_count(const struct desc_field *f, char *buf, size_t size)
{
	if (f->flags & VMS_VARRAY && f->count_field)
		snprintf(buf, size, "[%s]", f->count_field);
	else if (f->flags & VMS_VARRAY)
		snprintf(buf, size, "[]");
	else if (f->from_num && f->num > 1)
		snprintf(buf, size, "[%" PRId64 "]", f->num);
	else
		*buf = '\0';
}
