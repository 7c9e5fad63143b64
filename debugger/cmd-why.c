/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * why: the chain of reasons at an event.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-impl.h"

struct why {
	struct session *s;
	uint32_t i;
	const struct event *e;
	struct out *o;
};

static void because(struct why *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void because(struct why *w, const char *fmt, ...)
{
	char buf[2000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	out_string(w->o, NULL, buf);
	out_text(w->o, STYLE_DIM, "  - ");
	out_text(w->o, STYLE_PLAIN, "%s", buf);
	out_newline(w->o);
}

/* The structure whose members stand around the event. */
static const struct event *object_around(const struct why *w)
{
	const struct timeline *t = w->s->t;

	for (uint32_t i = w->e->parent; i != EVENT_NONE;
	     i = t->events[i].parent) {
		if (t->events[i].kind == EV_STRUCT)
			return &t->events[i];
	}
	return NULL;
}

static const struct assumption *assumption_for(const struct why *w, bool count)
{
	struct load_opts o = { .assumptions = w->s->assumptions,
			       .nassumptions = w->s->nassumptions };

	return w->e->desc && w->e->field ?
		assume_find(&o, w->s->t, w->i, w->e->desc, w->e->field,
			    count) : NULL;
}

/* ---- fields ---- */

static void why_exists(struct why *w)
{
	const struct desc_field *f = w->e->field;
	const char *answer = w->e->outcome == OUT_ABSENT ? "not read" : "read";
	const struct assumption *a = assumption_for(w, false);

	if (a) {
		because(w, "you assumed that it %s ('set assume %s'): %s",
			a->what == ASSUME_EXISTS ? "exists" : "is absent",
			a->path, answer);
		return;
	}
	switch (f->exists) {
	case EXISTS_BY_VERSION:
		because(w, f->version > 0 ? "it is there since version %d of "
			"the descriptor, and version %d is being loaded: %s "
			"(told by %s)" : "it is there in every version "
			"(since %d; %d is being loaded): %s (told by %s)",
			f->version, w->e->version, answer, teller(f->from_version));
		break;
	case EXISTS_PREDICATE:
		because(w, "a condition in the emulator's code%s%s decides; "
			"%s answers for it: %s", f->exists_name ? ", " : "",
			f->exists_name ? f->exists_name : "", teller(w->e->from),
			answer);
		break;
	case EXISTS_WRITTEN:
		because(w, "%s has it; under which condition is not known: "
			"%s", teller(f->from_exists), answer);
		break;
	}
}

static uint32_t sibling_called(const struct why *w, const char *name)
{
	const struct timeline *t = w->s->t;
	uint32_t parent = w->e->parent;

	for (uint32_t i = parent + 1; i < w->i; i = t->events[i].end) {
		if (t->events[i].kind == EV_FIELD && t->events[i].name &&
		    !strcmp(t->events[i].name, name))
			return i;
	}
	return EVENT_NONE;
}

static void why_count(struct why *w)
{
	const struct desc_field *f = w->e->field;
	const struct assumption *a = assumption_for(w, true);
	uint32_t i = f->count_field ? sibling_called(w, f->count_field) :
		EVENT_NONE;

	if (a)
		because(w, "you assumed %" PRId64 " elements ('set assume %s')",
			a->count, a->path);
	else if (f->flags & (VMS_VARRAY | VMS_VBUFFER) && f->count_field &&
		 i != EVENT_NONE)
		because(w, "its %s comes from the field '%s', loaded before by "
			"event %" PRIu32 ": %" PRIu32 " element%s, %" PRIu64
			" bytes (told by %s)",
			f->flags & VMS_VBUFFER ? "size" : "length",
			f->count_field, i, w->e->n, w->e->n == 1 ? "" : "s",
			w->e->len, teller(f->from_count));
	else if (f->flags & (VMS_VARRAY | VMS_VBUFFER))
		because(w, "its length lies in the emulator's memory and not in "
			"the stream: %" PRIu32 " elements%s", w->e->n,
			w->e->guess ? " is an inference from what was written" :
			", as the destination's own stream has them");
	else if (f->from_num && f->num > 1)
		because(w, "it is an array of %" PRId64 " elements (told by "
			"%s)", f->num, teller(f->from_num));
	else if (w->e->is_array)
		because(w, "%" PRIu32 " elements", w->e->n);
}

static void why_size(struct why *w)
{
	const struct desc_field *f = w->e->field;
	unsigned size = w->e->type ? desc_type_size(w->e->type) : 0;

	if (w->e->outcome == OUT_ABSENT)
		return;
	if (f->flags & (VMS_STRUCT | VMS_VSTRUCT) && f->desc) {
		because(w, "each element is a '%s', loaded at version %d: %s",
			f->desc->name, f->flags & VMS_VSTRUCT ?
			f->struct_version : f->desc->version,
			f->flags & VMS_VSTRUCT ? "the field says so" :
			"the destination's own one, as the version that the "
			"source had is not in the stream");
		return;
	}
	if (size)
		because(w, "an info '%s' reads %u byte%s (type told by %s)",
			w->e->type, size, size == 1 ? "" : "s",
			teller(f->from_type));
	else if (w->e->type)
		because(w, "an info '%s' reads as many bytes as its code wants: "
			"%" PRIu64 " here (type told by %s)", w->e->type,
			w->e->len, teller(f->from_type));
}

static void why_in_c(struct why *w, bool source, uint32_t event)
{
	const struct c_member *c = event == EVENT_NONE ? NULL :
		session_event_member(w->s, source, event);
	char what[1200], where[600];

	if (!c)
		return;
	c_member_where(c, where, sizeof(where));
	if (c->path)
		because(w, "in the %s's C it is %s%s%s",
			source ? "source" : "destination",
			c_member_print(c, what, sizeof(what)),
			*where ? ", declared at " : "", where);
	else if (c->structure)
		because(w, "in the %s's C its descriptor describes %s; which "
			"member it is cannot be told", source ? "source" :
			"destination", c->structure);
	else
		because(w, "the %s's descriptor stands at %s; which structure "
			"it describes cannot be told", source ? "source" :
			"destination", where);
}

static void why_described(struct why *w, bool source, const struct desc *d)
{
	const struct c_member *c = d ?
		members_describe(session_members(w->s, source), d) : NULL;
	char what[1200], where[600];

	if (!c)
		return;
	c_member_print(c, what, sizeof(what));
	c_member_where(c, where, sizeof(where));
	because(w, "in the %s's C '%s' describes %s%s%s", source ? "source" :
		"destination", d->name, *what ? what : "a structure that "
		"cannot be told", *where ? ", at " : "", where);
}

/* Of structures, sections, and what stands between fields. */
static void why_structure(struct why *w)
{
	const struct timeline *src = session_source(w->s), *t = w->s->t;
	uint32_t twin = session_source_event(w->s, w->i);
	const struct desc *d = members_desc_at(t, w->i);
	const struct entry *x = NULL;
	enum match how;

	if (!d && (w->e->kind == EV_SECTION || w->e->kind == EV_DEFAULTED))
		x = registry_find(&w->s->dest->registry, w->e->name,
				  w->e->instance, &how);
	why_described(w, false, x ? x->desc : d);
	if (src && twin != EVENT_NONE)
		why_described(w, true, members_desc_at(src, twin));
}

/* What ends on one side where the other one reads on. */
static void why_ends(struct why *w, bool source, const struct side *s)
{
	for (unsigned i = 0; s->ends && i < s->nstructs; i++) {
		const struct side_struct *x = &s->structs[i];

		because(w, "the %s's %s has no further member here: described "
			"by '%s'%s%s", source ? "source" : "destination",
			x->structure ? x->structure : "structure", x->desc,
			x->described ? " at " : "",
			x->described ? x->described : "");
	}
}

static void why_field(struct why *w)
{
	const struct event *object = object_around(w);

	if (object)
		because(w, "field '%s' of descriptor '%s', of which version %d "
			"is being loaded; the descriptor was told by %s",
			w->e->name, object->name, object->version,
			w->e->desc ? teller(w->e->desc->from) : "codec");
	if (!w->e->field)
		return;
	why_exists(w);
	if (w->e->outcome != OUT_ABSENT)
		why_count(w);
	why_size(w);
	why_in_c(w, false, w->i);
	why_in_c(w, true, session_source_event(w->s, w->i));
}

/* ---- structures, subsections ---- */

static void why_struct(struct why *w)
{
	const struct timeline *src = session_source(w->s), *t = w->s->t;
	uint32_t twin = session_source_event(w->s, w->i);
	const struct event *p = &t->events[w->e->parent];

	if (p->kind == EV_SECTION)
		because(w, "version %d is what the section's header says",
			w->e->version);
	else if (p->kind == EV_PROBE)
		because(w, "version %d stands in front of the subsection (only "
			"its lowest 8 bits count)", w->e->version);
	else if (p->field && p->field->flags & VMS_VSTRUCT)
		because(w, "field '%s' says that version %d is to be loaded",
			p->name, w->e->version);
	else
		because(w, "no version of an embedded structure is in the "
			"stream: the destination's own, %d, is loaded whatever "
			"the source had", w->e->version);
	if (twin != EVENT_NONE && src->events[twin].version != w->e->version)
		because(w, "the source wrote version %d of it",
			src->events[twin].version);
	if (w->e->desc && w->e->desc->from_min)
		because(w, "the destination accepts versions %d to %d (told by "
			"%s)", w->e->desc->min_version,
			w->e->desc->version, teller(w->e->desc->from_version));
}

static void why_probe(struct why *w)
{
	const struct source *src = w->s->t->src;
	uint64_t off = w->e->off + w->e->len;

	because(w, "behind the fields of '%s' the loader looks for subsections: "
		"rules '%s', %s", w->e->name, rules_name(w->s->rules),
		rules_help(w->s->rules));
	switch (w->e->outcome) {
	case OUT_GOOD:
		if (off < src->len)
			because(w, "the byte at 0x%" PRIx64 " is 0x%02x and not "
				"0x05: no further subsection", off,
				src->data[off]);
		break;
	case OUT_SHORT:
		because(w, "at 0x%" PRIx64 " stands 0x05, but the name behind "
			"it is too short to begin with '%s/': it is left to "
			"somebody else, without an error", off, w->e->name);
		break;
	case OUT_PREFIX:
		because(w, "at 0x%" PRIx64 " stands 0x05 and '%s', which does "
			"not begin with '%s': it is left to somebody else, "
			"without an error", off, w->e->type, w->e->name);
		break;
	case OUT_LOOKUP:
		because(w, "the name '%s' begins with '%s', but the destination "
			"has no such subsection: an error", w->e->type,
			w->e->name);
		break;
	case OUT_CHILD:
		because(w, "the subsection '%s' was taken and failed",
			w->e->type);
		break;
	}
}

/* ---- sections ---- */

static void why_section(struct why *w)
{
	static const char *const hows[] = {
		"nothing", "its name and instance", "its name and alias",
		"its older name",
	};
	const struct registry *reg = &w->s->dest->registry;
	enum match how = MATCH_NONE;
	const struct entry *en;

	if (!w->e->name || !*w->e->name) {
		because(w, "a part of section %" PRIu32 ", which an earlier "
			"header has named", w->e->n);
		return;
	}
	en = registry_find(reg, w->e->name, w->e->instance, &how);
	if (!en) {
		because(w, "the destination has no entry '%s' %" PRIu32 "%s",
			w->e->name, w->e->instance, reg->complete ?
			", and all of its entries are known" :
			" among those that are known");
		return;
	}
	because(w, "the destination's entry '%s' %" PRIu32 " fits by %s (the "
		"entry was told by %s)", en->idstr, en->instance,
		hows[how], teller(en->from));
	because(w, "the stream has version %d, the destination loads up to %d",
		w->e->version, en->version);
	if (en->old_style)
		because(w, "it has no descriptor: code reads it");
	else if (en->desc)
		because(w, "its descriptor is '%s', told by %s",
			en->desc->name, teller(en->desc->from));
}

static void why_item(struct why *w)
{
	const struct timeline *t = w->s->t;
	uint32_t i = w->e->parent;

	while (i != EVENT_NONE && t->events[i].kind != EV_FIELD &&
	       t->events[i].kind != EV_SECTION)
		i = t->events[i].parent;
	if (i == EVENT_NONE)
		return;
	because(w, "no descriptor has this: the emulator's code for the %s '%s' "
		"reads it, and we know what that code does",
		t->events[i].kind == EV_FIELD ? "info" : "section",
		t->events[i].kind == EV_FIELD ? t->events[i].type :
		t->events[i].name);
}

static void why_other(struct why *w)
{
	static const char *const helps[] = {
#define X(id, name, help) help,
		EVENT_KINDS(X)
#undef X
	};
	enum tri footers = w->s->dest->registry.footers;

	because(w, "%s", helps[w->e->kind]);
	if (w->e->kind == EV_FOOTER)
		because(w, "the destination %s section footers", footers ==
			TRI_YES ? "expects" : footers == TRI_NO ?
			"does not expect" : "most likely expects");
}

/* ---- what is wrong before this event ---- */

static void why_context(struct why *w)
{
	static const char *const helps[] = {
#define X(id, name, help) help,
		OUTCOMES(X)
#undef X
	};
	const struct analysis *a = w->s->a;
	uint32_t d, twin = session_source_event(w->s, w->i);
	uint32_t lost = session_lost_step(w->s, w->i);
	char path[2048];
	uint64_t off;

	if (w->e->outcome != OUT_LOADED)
		because(w, "outcome '%s': %s",
			outcome_name((enum outcome)w->e->outcome),
			helps[w->e->outcome]);
	if (w->e->text)
		because(w, "%s", w->e->text);
	off = twin == EVENT_NONE ? w->e->off :
		session_source(w->s)->events[twin].off;
	if (off != w->e->off)
		because(w, "the source wrote the field of this name at 0x%"
			PRIx64 ", %" PRIu64 " bytes %s", off, off < w->e->off ?
			w->e->off - off : off - w->e->off, off < w->e->off ?
			"before" : "behind");
	if (lost != EVENT_NONE)
		because(w, "the two sides are out of step since event %" PRIu32
			", %s", lost, session_path(w->s->t, lost, path,
						   sizeof(path)));
	if (w->e->guess)
		because(w, "this rests on an inference, not on what the "
			"destination says of itself");
	if (session_is_behind_failure(w->s, w->i))
		because(w, "the emulator never comes here: it has given up at "
			"event %" PRIu32, session_failure_event(w->s, 0));
	if (a->first >= a->ndivergences)
		return;
	d = session_divergence_event(w->s, a->first);
	if (d == w->i) {
		because(w, "here the two sides part: %s",
			a->divergences[a->first].text);
		session_fill_members(w->s);
		why_ends(w, true, &a->divergences[a->first].source);
		why_ends(w, false, &a->divergences[a->first].destination);
	} else if (d < w->i && w->s->t->events[d].section == w->e->section &&
		 w->e->section != EVENT_NONE)
		because(w, "this is read out of step: the two sides part before "
			"it, at event %" PRIu32 " ('goto divergence')", d);
}

static void explain(struct why *w)
{
	switch (w->e->kind) {
	case EV_FIELD: why_field(w); break;
	case EV_STRUCT: why_struct(w); break;
	case EV_PROBE: why_probe(w); break;
	case EV_SECTION: why_section(w); break;
	case EV_ITEM:
	case EV_GROUP: why_item(w); break;
	default: why_other(w);
	}
	if (w->e->kind != EV_FIELD)
		why_structure(w);
	why_context(w);
}

static int run_why(struct session *s, const struct command *self,
		   const char *args, struct out *out, struct err *err)
{
	struct why w = { s, s->at, NULL, out };

	(void)self;
	if (*args) {
		w.i = location_one(s, args, EVENT_NONE, err);
		if (w.i == EVENT_NONE)
			return -1;
	}
	w.e = &s->t->events[w.i];
	out_begin(out, "why");
	put_event(s, w.i, out);
	line_event(s, w.i, out);
	out_list(out, "reasons");
	explain(&w);
	out_close(out);
	out_end(out);
	return 0;
}

const struct command command_why = {
	.name = "why", .alias = "w", .args = "[LOCATION]",
	.help = "Tell why the destination reads (or does not read) this here.",
	.more = "The whole chain: predicate, version, where a count came from, "
		"which loader rule, which entry matched, and who told each of "
		"these facts.",
	.example = "", .group = GROUP_DATA, .complete = complete_location,
	.run = run_why,
};
