/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../stream/escape.h"
#include "../../stream/stream.h"
#include "traces.h"

/* ---- real ones ---- */

/* "PID@SECONDS.MICROSECONDS:", before 6.0 and with -msg timestamp=on */
static size_t stamp_length(const char *s, size_t n)
{
	size_t i = 0, start;

	while (i < n && isdigit((unsigned char)s[i]))
		i++;
	if (!i || i >= n || s[i] != '@')
		return 0;
	start = ++i;
	while (i < n && isdigit((unsigned char)s[i]))
		i++;
	if (i == start || i >= n || s[i] != '.')
		return 0;
	start = ++i;
	while (i < n && isdigit((unsigned char)s[i]))
		i++;
	return i > start && i < n && s[i] == ':' ? i + 1 : 0;
}

static bool starts(const char *s, size_t n, const char *with)
{
	size_t len = strlen(with);

	return n >= len && !memcmp(s, with, len);
}

/* The length of the event's name, 0 if this is no event of ours. */
static size_t event_name(const char *s, size_t n)
{
	static const char *const families[] = {
		"vmstate", "qemu_loadvm", "loadvm", "get_qtailq", "get_qlist",
		"get_gtree",
	};
	size_t i = 0;

	while (i < n && (islower((unsigned char)s[i]) ||
			 isdigit((unsigned char)s[i]) || s[i] == '_'))
		i++;
	if (i < n && s[i] != ' ')
		return 0;
	for (size_t k = 0; k < sizeof(families) / sizeof(families[0]); k++) {
		if (starts(s, i, families[k]))
			return i;
	}
	return 0;
}

static bool find(const char *s, size_t n, const char *what)
{
	return memmem(s, n, what, strlen(what)) != NULL;
}

static enum trace_kind kind_of(const char *s, size_t n, size_t name)
{
	static const char *const bytes[] = {
		"vmstate_load", "vmstate_load_state", "vmstate_load_state_end",
		"vmstate_load_state_success", "vmstate_load_state_fail",
		"vmstate_subsection_load",
		"vmstate_subsection_load_good", "vmstate_subsection_load_bad",
		"qemu_loadvm_state_section",
		"qemu_loadvm_state_section_command",
		"qemu_loadvm_state_section_startfull",
		"qemu_loadvm_state_section_partend",
	};

	if (!name)
		return find(s, n, ": warning: ") || find(s, n, ": info: ") ||
		       starts(s, n, "warning: ") || starts(s, n, "info: ") ?
		       TRACE_REMARK : TRACE_MESSAGE;
	if (name == strlen("vmstate_load_state_field") &&
	    starts(s, n, "vmstate_load_state_field"))
		return TRACE_FIELD;
	if (name == strlen("vmstate_n_elems") && starts(s, n, "vmstate_n_e"))
		return TRACE_N_ELEMS;
	for (size_t k = 0; k < sizeof(bytes) / sizeof(bytes[0]); k++) {
		if (strlen(bytes[k]) == name && starts(s, n, bytes[k]))
			return TRACE_LOAD;
	}
	return TRACE_OTHER;
}

struct trace_line trace_parse(const char *s, size_t n)
{
	static const char exists[] = " exists=";
	size_t stamp = stamp_length(s, n);
	struct trace_line l = { .text = s };

	if (stamp && event_name(s + stamp, n - stamp)) {
		l.text = s += stamp;
		n -= stamp;
	}
	while (n && (s[n - 1] == ' ' || s[n - 1] == '\r'))
		n--;
	l.len = n;
	l.kind = kind_of(s, n, event_name(s, n));
	if (l.kind == TRACE_FIELD && n > sizeof(exists) &&
	    !memcmp(s + n - sizeof(exists), exists, sizeof(exists) - 1)) {
		l.told = true;
		l.exists = s[n - 1] != '0';
	}
	return l;
}

/* "slirp-socket too new/-22", "cpu end/-22", "cpu post-load" */
static int name_length(const char *s, size_t n)
{
	static const char *const reasons[] = { " too new", " too old", " end/",
					       " post-load", " pre-load" };

	for (size_t k = 0; k < sizeof(reasons) / sizeof(reasons[0]); k++) {
		const char *p = memmem(s, n, reasons[k], strlen(reasons[k]));

		if (p)
			return (int)(p - s);
	}
	return (int)n;
}

const char *trace_canonical(const struct trace_line *l, char *buf, size_t size)
{
	static const char success[] = "vmstate_load_state_success ",
		end[] = "vmstate_load_state_end ",
		fail[] = "vmstate_load_state_fail ";
	size_t n = l->len, skip = 0;

	if (l->kind == TRACE_FIELD && l->told)
		n -= strlen(" exists=0");
	if (l->kind == TRACE_LOAD && starts(l->text, n, success)) {
		snprintf(buf, size, "%s%.*s end/0", end,
			 (int)(n - strlen(success)), l->text + strlen(success));
		return buf;
	}
	if (l->kind == TRACE_LOAD && starts(l->text, n, fail))
		skip = strlen(fail);
	else if (l->kind == TRACE_LOAD && starts(l->text, n, end) &&
		 l->text[n - 1] != '0')
		skip = strlen(end);
	if (skip)
		snprintf(buf, size, "%s%.*s failed", end,
			 name_length(l->text + skip, n - skip),
			 l->text + skip);
	else
		snprintf(buf, size, "%.*s", (int)n, l->text);
	return buf;
}

/* ---- predicted ones ---- */

#define NO_EXISTS 702	/* the last release seen whose fields have no "exists=" */
#define NEW_WORDS 1100	/* from here on "_success" and "_fail" for "_end" */

struct writer {
	struct traces *to;
	const struct timeline *t;
	uint64_t at;
	uint32_t event;
	bool all;		/* as .release words it, not only what counts */
	int release;
};

/* The emulator says this once it has @at bytes. */
static void say(struct writer *w, uint64_t at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void say(struct writer *w, uint64_t at, const char *fmt, ...)
{
	struct traces *to = w->to;
	char line[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	/* it never says things in another order than the bytes' */
	if (at > w->at)
		w->at = at;
	to->events = grow_array(to->events, &to->cap, to->n + 1,
				sizeof(*to->events));
	to->events[to->n++] = (struct trace_event){
		.text = arena_intern_str(&to->arena, line),
		.at = w->at, .event = w->event,
	};
}

static const char *name(const char *s, char *buf, size_t size)
{
	snprintf(buf, size, "%s", s ? s : "");
	return buf;
}

/* A descriptor is not loaded, and why; newer releases have other words. */
static void say_failed(struct writer *w, uint64_t at, const char *desc,
		       const char *why, int ret)
{
	char a[1100];

	name(desc, a, sizeof(a));
	if (w->all && w->release >= NEW_WORDS)
		say(w, at, "vmstate_load_state_fail %s %s", a,
		    strcmp(why, "end") ? why : "post-load");
	else if (w->all)
		say(w, at, "vmstate_load_state_end %s %s/%d", a, why, ret);
	else
		say(w, at, "vmstate_load_state_end %s failed", a);
}

static bool has_header(const struct event *e)
{
	return e->section_kind == SECTION_START ||
		e->section_kind == SECTION_FULL;
}

/* The section's header could not be read whole, or has no name. */
static bool is_headless(const struct event *e)
{
	return e->outcome == OUT_CUT_OFF ||
		(e->outcome == OUT_FAILED && !e->name[0] && has_header(e));
}

/* Behind the section's header. */
static uint64_t body(const struct timeline *t, const struct event *e)
{
	const struct source *src = t->src;

	if (!has_header(e))
		return e->off + 5;
	if (!src || e->off + 5 >= src->len)
		return src ? src->len : 0;
	return e->off + 14 + src->data[e->off + 5];
}

static void enter_section(struct writer *w, const struct event *e, uint32_t i)
{
	const struct timeline *t = w->t;
	const char *desc = "(old)";
	uint64_t at = body(t, e);
	char a[1100], b[1100];

	say(w, e->off + 1, "qemu_loadvm_state_section %u", e->section_kind);
	if (is_headless(e))
		return;
	if (has_header(e))
		say(w, at, "qemu_loadvm_state_section_startfull %" PRIu32
		    "(%s) %" PRIu32 " %" PRIu32, e->n,
		    name(e->name, a, sizeof(a)), e->instance,
		    (uint32_t)e->version);
	else
		say(w, at, "qemu_loadvm_state_section_partend %" PRIu32, e->n);
	if (e->outcome == OUT_NO_DEVICE || e->outcome == OUT_TOO_NEW)
		return;
	if (i + 1 < e->end && t->events[i + 1].kind == EV_STRUCT)
		desc = t->events[i + 1].name;
	say(w, at, "vmstate_load %s, %s", name(e->name, a, sizeof(a)),
	    name(desc, b, sizeof(b)));
}

/* The version that the descriptor around the field is loaded at. */
static int version_around(const struct timeline *t, const struct event *e)
{
	uint32_t i = e->parent;

	while (i != EVENT_NONE && t->events[i].kind != EV_STRUCT)
		i = t->events[i].parent;
	return i == EVENT_NONE ? 0 : t->events[i].version;
}

static void enter_field(struct writer *w, const struct event *e)
{
	bool absent = e->outcome == OUT_ABSENT;
	char a[1100], b[1100];

	/* an old-style body is not traced */
	if (!e->desc || (absent && !w->all))
		return;
	if (w->all && (!w->release || w->release > NO_EXISTS) && e->field &&
	    e->field->exists == EXISTS_PREDICATE)
		say(w, e->off, "vmstate_field_exists %s:%s field_version %d "
		    "version %d result %d", name(e->desc->name, a, sizeof(a)),
		    name(e->name, b, sizeof(b)), e->field->version,
		    version_around(w->t, e), !absent);
	say(w, e->off, "vmstate_load_state_field %s:%s%s",
	    name(e->desc->name, a, sizeof(a)), name(e->name, b, sizeof(b)),
	    !w->all || (w->release && w->release <= NO_EXISTS) ? "" :
	    absent ? " exists=0" : " exists=1");
	if (absent)
		return;
	say(w, e->off, "vmstate_n_elems %s: %" PRIu32, b, e->n);
	if (e->field && e->field->flags & VMS_ALLOC)
		say(w, e->off, "vmstate_n_elems %s: %" PRIu32, b, e->n);
}

static void enter(struct writer *w, const struct event *e, uint32_t i)
{
	char a[1100];

	switch (e->kind) {
	case EV_SECTION:
		enter_section(w, e, i);
		break;
	case EV_STRUCT:
		say(w, e->off, "vmstate_load_state %s v%" PRId32,
		    name(e->name, a, sizeof(a)), e->version);
		if (e->outcome == OUT_TOO_NEW || e->outcome == OUT_TOO_OLD)
			say_failed(w, e->off, e->name,
				   e->outcome == OUT_TOO_NEW ? "too new" :
				   "too old", -22);
		break;
	case EV_FIELD:
		enter_field(w, e);
		break;
	case EV_PROBE:
		say(w, e->off, "vmstate_subsection_load %s",
		    name(e->name, a, sizeof(a)));
		break;
	case EV_COMMAND:
		say(w, e->off + 1, "qemu_loadvm_state_section %d",
		    SECTION_COMMAND);
		break;
	case EV_EOF:
		say(w, e->off + 1, "qemu_loadvm_state_section %d", SECTION_EOF);
		break;
	}
}

static void leave_probe(struct writer *w, const struct event *e)
{
	const struct source *src = w->t->src;
	uint64_t at = e->off + e->len;
	char a[1100], b[1100];

	name(e->name, a, sizeof(a));
	name(e->type, b, sizeof(b));
	if (e->outcome == OUT_GOOD)
		say(w, at + 1, "vmstate_subsection_load_good %s", a);
	else if (e->outcome == OUT_SHORT)
		say(w, at + 2, "vmstate_subsection_load_bad %s: (short)/", a);
	else if (e->outcome == OUT_PREFIX || e->outcome == OUT_LOOKUP)
		say(w, at + 2 + (src && at + 1 < src->len ? src->data[at + 1] :
				 0),
		    "vmstate_subsection_load_bad %s: %s/(%s)", a, b,
		    e->outcome == OUT_PREFIX ? "prefix" : "lookup");
	else if (e->outcome == OUT_CHILD)
		say(w, at, "vmstate_subsection_load_bad %s: %s/(child)", a, b);
}

/* What the first failure's errno is within event @i; 0 if it lies elsewhere. */
static int failed_within(const struct timeline *t, uint32_t i)
{
	const struct failure *f = t->failures;

	return t->nfailures && f->event != EVENT_NONE && f->event >= i &&
		f->event < t->events[i].end ? f->ret : 0;
}

/* What the hook behind the fields answered. */
static int post_load(const struct timeline *t, uint32_t i)
{
	const struct event *e = &t->events[i];
	const struct failure *f = t->failures;

	if (!t->nfailures || e->outcome == OUT_TOO_NEW ||
	    e->outcome == OUT_TOO_OLD)
		return 0;
	/* the configuration's hook is asked by what stands around it */
	return f->event == i || (f->event == e->parent && e->parent &&
				 t->events[e->parent].kind ==
				 EV_CONFIGURATION) ? f->ret : 0;
}

static void leave(struct writer *w, uint32_t i)
{
	const struct timeline *t = w->t;
	const struct event *e = &t->events[i];
	uint64_t at = e->off + e->len;
	char a[1100];
	int ret;

	/* the dead leave nothing */
	if (failed_within(t, i) && t->failures[0].crash)
		return;
	switch (e->kind) {
	case EV_STRUCT:
		ret = post_load(t, i);
		if (ret)
			say_failed(w, at, e->name, "end", ret);
		else if (e->outcome == OUT_LOADED)
			say(w, at, w->all && w->release >= NEW_WORDS ?
			    "vmstate_load_state_success %s" :
			    "vmstate_load_state_end %s end/0",
			    name(e->name, a, sizeof(a)));
		break;
	case EV_FIELD:
		ret = w->all ? failed_within(t, i) : 0;
		/* from here on a descriptor answers yes or no, without an errno */
		if (ret && w->release >= NEW_WORDS && e->field &&
		    e->field->flags & (VMS_STRUCT | VMS_VSTRUCT))
			ret = -EINVAL;
		if (ret && e->desc && e->outcome != OUT_ABSENT)
			say(w, at, "vmstate_load_field_error field \"%s\" load "
			    "failed, ret = %d", name(e->name, a, sizeof(a)),
			    ret);
		break;
	case EV_PROBE:
		leave_probe(w, e);
		break;
	case EV_COMMAND:
		say(w, at, "qemu_loadvm_state_section_command %d",
		    e->outcome == OUT_LOADED ? 0 : -22);
		break;
	}
}

/* Is it before the first section that the load fails? */
static bool fails_early(const struct timeline *t)
{
	const struct failure *f = t->failures;
	uint32_t i = t->nfailures ? f->event : EVENT_NONE;

	for (; i != EVENT_NONE && i; i = t->events[i].parent) {
		if (t->events[i].kind == EV_HEADER ||
		    t->events[i].kind == EV_CONFIGURATION)
			return true;
	}
	return false;
}

/* A device that cannot be migrated: nothing is read at all. */
static bool is_blocked(const struct timeline *t)
{
	return t->nfailures && t->failures[0].event == 0 &&
		t->failures[0].offset < 8;
}

/* The type byte of a section that is none: what the failure says of it. */
static bool is_no_section(const struct timeline *t)
{
	const struct failure *f = t->failures;

	return t->nfailures && f->section == EVENT_NONE && f->ret != -EIO &&
		(f->event == EVENT_NONE || f->event == 0) && f->offset > 8;
}

/* An emulator stops at its first failure; so does its trace. */
static uint32_t trace_end(const struct timeline *t)
{
	const struct failure *f = t->failures;
	uint32_t end = 1;
	uint64_t upto;

	if (!t->nfailures)
		return t->n;
	if (f->section != EVENT_NONE)
		return t->events[f->section].end;
	if (f->event != EVENT_NONE && t->events[f->event].kind != EV_LOAD)
		return t->events[f->event].end;
	/* behind the type byte that is none, or where the stream ends */
	upto = is_no_section(t) ? f->offset - 1 : f->offset;
	while (end < t->n && t->events[end].kind != EV_GAP &&
	       t->events[end].off + t->events[end].len <= upto)
		end = t->events[end].end;
	return end;
}

/* Where the events before @end have come to. */
static uint64_t end_of(const struct timeline *t, uint32_t end)
{
	uint64_t off = 0;

	for (uint32_t i = 1; i < end; i = t->events[i].end)
		off = t->events[i].off + t->events[i].len;
	return off;
}

/* What the load of the whole stream answers. */
static int answer_of(const struct writer *w)
{
	const struct timeline *t = w->t;
	const struct failure *f = t->nfailures ? &t->failures[0] : NULL;

	if (!f)
		return 0;
	if (w->release >= NEW_WORDS && f->section != EVENT_NONE &&
	    f->section + 1 < t->n && t->events[f->section + 1].kind == EV_STRUCT)
		return -EINVAL;
	return f->ret;
}

/* What the main loop has read last, and what it answers. */
static void say_end(struct writer *w, uint32_t end)
{
	const struct timeline *t = w->t;
	const struct source *src = t->src;
	uint64_t off = end_of(t, end);

	if (fails_early(t) || (!t->nfailures && !t->reached_eof) ||
	    (t->nfailures && t->failures[0].crash))
		return;
	w->event = end < t->n ? end : t->n - 1;
	if (is_no_section(t) && src && off < src->len)
		say(w, off + 1, "qemu_loadvm_state_section %u",
		    src->data[off]);
	if (w->all)
		say(w, w->at, "qemu_loadvm_state_post_main %d", answer_of(w));
}

static void write_all(struct writer *w)
{
	const struct timeline *t = w->t;
	uint32_t stack[256], end = trace_end(t), depth = 0;

	if (is_blocked(t))
		return;
	for (uint32_t i = 0; i < end; i++) {
		const struct event *e = &t->events[i];

		if (e->kind == EV_GAP || e->kind == EV_TAIL)
			break;
		while (depth && t->events[stack[depth - 1]].end <= i) {
			w->event = stack[--depth];
			leave(w, w->event);
		}
		w->event = i;
		enter(w, e, i);
		if (depth < 256)
			stack[depth++] = i;
	}
	while (depth) {
		w->event = stack[--depth];
		leave(w, w->event);
	}
	say_end(w, end);
}

void traces_predict(struct traces *ret, const struct timeline *t)
{
	struct writer w = { .to = ret, .t = t };

	memset(ret, 0, sizeof(*ret));
	arena_init(&ret->arena);
	write_all(&w);
}

void traces_words(struct traces *ret, const struct timeline *t, int release)
{
	struct writer w = {
		.to = ret, .t = t, .all = true, .release = release,
	};

	memset(ret, 0, sizeof(*ret));
	arena_init(&ret->arena);
	write_all(&w);
}

void traces_release(struct traces *t)
{
	free(t->events);
	arena_release(&t->arena);
	memset(t, 0, sizeof(*t));
}
