/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../devices/wire.h"
#include "../stream/stream.h"
#include "analysis-impl.h"

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = {
#define X(id, name, status, help) name,
		VERDICTS(X)
#undef X
	};

	return names[v];
}

int verdict_status(enum verdict v)
{
	static const int status[] = {
#define X(id, name, status, help) status,
		VERDICTS(X)
#undef X
	};

	return status[v];
}

const char *divergence_name(enum divergence_kind k)
{
	static const char *const names[] = {
#define X(id, name, help) name,
		DIVERGENCES(X)
#undef X
	};

	return names[k];
}

const char *words(struct work *w, const char *fmt, ...)
{
	char buf[1500];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	return arena_strdup(&w->a->arena, buf);
}

/* ---- places ---- */

struct place place_of(struct work *w, const struct timeline *t,
		      uint32_t event, uint64_t offset)
{
	struct place p = { .there = true, .offset = offset, .version_id = -1 };
	uint32_t s = timeline_section(t, event);
	char path[2048];

	p.path = arena_strdup(&w->a->arena,
			      timeline_path(t, event, path, sizeof(path)));
	if (s != EVENT_NONE) {
		const struct event *e = &t->events[s];

		p.idstr = e->name;
		p.instance = e->instance;
		p.section_id = e->n;
		p.version_id = e->version;
		p.section_offset = e->off;
	}
	return p;
}

static int version_around(const struct timeline *t, uint32_t event)
{
	for (uint32_t i = event; i != EVENT_NONE; i = t->events[i].parent) {
		const struct event *e = &t->events[i];

		if (e->kind == EV_STRUCT || e->kind == EV_SECTION ||
		    e->kind == EV_SUBSECTION)
			return e->version;
	}
	return -1;
}

struct side side_of(const struct timeline *t, uint32_t event)
{
	struct side s = { .there = event != EVENT_NONE, .version = -1,
			  .event = event };
	const struct event *e;

	if (!s.there)
		return s;
	e = &t->events[event];
	s.offset = e->off;
	s.size = e->len;
	s.field = e->name;
	s.type = e->type ? e->type : event_kind_name((enum event_kind)e->kind);
	if (e->kind == EV_SUBSECTION || e->kind == EV_FOOTER)
		s.type = event_kind_name((enum event_kind)e->kind);
	s.version = version_around(t, event);
	return s;
}

struct divergence *add_divergence(struct work *w, enum divergence_kind kind,
				  bool note, uint64_t offset, uint32_t s_event,
				  uint32_t d_event)
{
	struct analysis *a = w->a;
	struct divergence *d;

	a->divergences = grow_array(a->divergences, &a->divergences_cap,
				    a->ndivergences + 1, sizeof(*d));
	d = &a->divergences[a->ndivergences++];
	*d = (struct divergence){ .kind = kind, .note = note };
	if (w->s)
		d->source = side_of(w->s, s_event);
	d->destination = side_of(w->d, d_event);
	if (s_event != EVENT_NONE && w->s)
		d->place = place_of(w, w->s, s_event, offset);
	else if (d_event != EVENT_NONE)
		d->place = place_of(w, w->d, d_event, offset);
	d->place.offset = offset;
	d->place.there = true;
	return d;
}

/* ---- leaves: events that claim bytes themselves ---- */

bool is_leaf(const struct timeline *t, uint32_t i)
{
	const struct event *e = &t->events[i];

	if (!e->len)
		return false;
	switch (e->kind) {
	case EV_FIELD:
	case EV_ITEM:
	case EV_SUBSECTION:
	case EV_MARKER:
	case EV_FOOTER:
	case EV_RAM:
		break;
	default:
		return false;
	}
	for (uint32_t k = i + 1; k < e->end; k = t->events[k].end) {
		if (t->events[k].len)
			return false;
	}
	return true;
}

uint32_t next_leaf(const struct timeline *t, uint32_t i, uint32_t end)
{
	while (i < end && !is_leaf(t, i))
		i++;
	return i < end ? i : EVENT_NONE;
}

/* ---- aligning one section ---- */

/* Names as the source code has them: without the writer's "[n]". */
static bool same_name(const char *a, const char *b)
{
	size_t na, nb;
	const char *bracket;

	if (!a || !b || !strcmp(a, b))
		return true;
	bracket = strrchr(a, '[');
	na = bracket ? (size_t)(bracket - a) : strlen(a);
	bracket = strrchr(b, '[');
	nb = bracket ? (size_t)(bracket - b) : strlen(b);
	return na == nb && !strncmp(a, b, na);
}

static bool same_type(const struct event *a, const struct event *b)
{
	return !a->type || !b->type || a->guess || b->guess ||
		b->from == DESC_FROM_GUESS || !strcmp(a->type, b->type);
}

uint32_t enclosing_struct(const struct timeline *t, uint32_t i)
{
	while (i != EVENT_NONE && t->events[i].kind != EV_STRUCT)
		i = t->events[i].parent;
	return i;
}

/*
 * Bytes that both sides cut up alike may still belong to different objects:
 * one side has gone on to the next element of an array, the other has not.
 */
static bool other_object(const struct work *w, uint32_t s, uint32_t d)
{
	uint32_t i = enclosing_struct(w->s, s), k = enclosing_struct(w->d, d);
	const struct event *a, *b;

	if (i == EVENT_NONE || k == EVENT_NONE)
		return false;
	a = &w->s->events[i];
	b = &w->d->events[k];
	return !strcmp(a->name, b->name) && a->off != b->off;
}

/* Has another field of the structure around @leaf this name? */
static bool name_beside(const struct timeline *t, uint32_t leaf,
			const char *name)
{
	uint32_t in = enclosing_struct(t, leaf);

	if (in == EVENT_NONE)
		return false;
	for (uint32_t i = in + 1; i < t->events[in].end; i = t->events[i].end) {
		const struct event *e = &t->events[i];

		if (i != leaf && e->kind == EV_FIELD && e->len &&
		    !strcmp(e->name, name))
			return true;
	}
	return false;
}

/* VMSTATE_UNUSED(): all of them have one name. */
static bool is_filler(const struct event *e)
{
	return e->type && !strcmp(e->type, "unused_buffer");
}

/*
 * One side's name for these bytes stands beside them on the other side, for
 * others: no field was renamed, but fields have changed places.
 */
static bool moved(const struct work *w, uint32_t s, uint32_t d)
{
	const struct event *a = &w->s->events[s], *b = &w->d->events[d];

	return (!is_filler(b) && name_beside(w->s, s, b->name)) ||
		(!is_filler(a) && name_beside(w->d, d, a->name));
}

static void compare_leaf(struct work *w, uint32_t s, uint32_t d)
{
	const struct event *a = &w->s->events[s], *b = &w->d->events[d];
	struct divergence *x;

	if (a->kind != b->kind || a->kind != EV_FIELD)
		return;
	if (!same_name(a->name, b->name) && moved(w, s, d)) {
		x = add_divergence(w, DIVERGE_MOVED, false, a->off, s, d);
		x->text = words(w, "what the source wrote as '%s' is read as "
				"'%s'", a->name, b->name);
	} else if (!same_name(a->name, b->name)) {
		x = add_divergence(w, DIVERGE_RENAMED, true, a->off, s, d);
		x->text = words(w, "the same bytes are called '%s' by the "
				"source and '%s' by the destination", a->name,
				b->name);
	} else if (!same_type(a, b)) {
		x = add_divergence(w, DIVERGE_RETYPED, true, a->off, s, d);
		x->text = words(w, "'%s' has type '%s' at the source and '%s' "
				"at the destination", a->name, a->type, b->type);
	}
}

/* Bytes without a structure of their own: a buffer, filler, what code reads. */
static bool shapeless(const struct event *e)
{
	return e->kind == EV_FIELD && (e->guess || !e->type ||
		!strcmp(e->type, "buffer") || !strcmp(e->type, "unused_buffer") ||
		!desc_type_size(e->type));
}

/*
 * Two leaves start together and end apart.  Do the sides meet again soon
 * because one of them does not look inside?  Answers the leaves behind.
 */
static bool regroup(struct work *w, struct span *s, struct span *d)
{
	const struct event *a = &w->s->events[s->at], *b = &w->d->events[d->at];
	uint64_t ea = a->off + a->len, eb = b->off + b->len;
	uint32_t i = s->at, j = d->at;
	struct divergence *x;

	if (!shapeless(a) && !shapeless(b))
		return false;
	if (a->type && b->type && !strcmp(a->type, b->type) &&
	    codec_is_even(a->type))
		return false;	/* the two emulators' own lengths */
	for (int steps = 0; ea != eb && steps < 4096; steps++) {
		if (ea < eb) {
			if (!shapeless(b))
				return false;
			i = next_leaf(w->s, i + 1, s->end);
			if (i == EVENT_NONE)
				return false;
			ea = w->s->events[i].off + w->s->events[i].len;
		} else {
			if (!shapeless(a))
				return false;
			j = next_leaf(w->d, j + 1, d->end);
			if (j == EVENT_NONE)
				return false;
			eb = w->d->events[j].off + w->d->events[j].len;
		}
	}
	if (ea != eb)
		return false;
	if (strcmp(a->name ? a->name : "", b->name ? b->name : "")) {
		x = add_divergence(w, DIVERGE_REGROUPED, true, a->off, s->at,
				   d->at);
		x->text = words(w, "%" PRIu64 " bytes from here on are cut up "
				"differently; both sides end at 0x%" PRIx64,
				ea - a->off, ea);
	}
	s->at = next_leaf(w->s, i + 1, s->end);
	d->at = next_leaf(w->d, j + 1, d->end);
	return true;
}

static bool same_range(const struct event *a, const struct event *b)
{
	return a->off == b->off && a->len == b->len &&
		(a->kind == EV_SUBSECTION) == (b->kind == EV_SUBSECTION) &&
		(a->kind == EV_FOOTER) == (b->kind == EV_FOOTER) &&
		(a->kind == EV_MARKER) == (b->kind == EV_MARKER);
}

/*
 * Code-driven bytes that no layout fits, though the source says it wrote them:
 * they are damaged, and the source's account ends here.
 */
static bool nobody_fits(const struct event *e)
{
	return e->kind == EV_FIELD && e->guess && e->text;
}

/*
 * Walk both sides' leaves of one section to the first place where they part.
 * Returns false if they never do.
 */
static bool first_split(struct work *w, struct span *s, struct span *d)
{
	s->at = next_leaf(w->s, s->at, s->end);
	d->at = next_leaf(w->d, d->at, d->end);
	while (s->at != EVENT_NONE && d->at != EVENT_NONE) {
		const struct event *a = &w->s->events[s->at];
		const struct event *b = &w->d->events[d->at];

		if (same_range(a, b)) {
			if (b->kind == EV_FOOTER && b->outcome != OUT_LOADED)
				return false;	/* the bytes are at fault */
			if (other_object(w, s->at, d->at))
				return true;
			compare_leaf(w, s->at, d->at);
			s->at = next_leaf(w->s, s->at + 1, s->end);
			d->at = next_leaf(w->d, d->at + 1, d->end);
			continue;
		}
		/* a block list that is refused is no other layout */
		if (b->outcome == OUT_CUT_OFF || nobody_fits(a) ||
		    (b->kind == EV_RAM && b->outcome != OUT_LOADED))
			return false;
		if (a->off != b->off || !regroup(w, s, d))
			return true;
	}
	return s->at != d->at;
}

/*
 * Did the destination stop because it refuses a value or a version?  Then its
 * reading ends there without parting from what was written.
 */
static bool refused(const struct work *w, uint32_t d)
{
	for (size_t i = 0; i < w->d->nfailures; i++) {
		const struct failure *f = &w->d->failures[i];

		if (f->section != d || f->event == EVENT_NONE)
			continue;
		switch (w->d->events[f->event].outcome) {
		case OUT_FAILED:
		case OUT_TOO_NEW:
		case OUT_TOO_OLD:
			return true;
		}
	}
	return false;
}

static void align_section(struct work *w, uint32_t s, uint32_t d)
{
	const struct event *es = &w->s->events[s], *ed = &w->d->events[d];
	struct span ss = { s + 1, es->end }, ds = { d + 1, ed->end };
	uint64_t off;

	/* the emulator's own complaint says more about these */
	if (ed->outcome == OUT_NO_DEVICE || ed->outcome == OUT_TOO_NEW)
		return;
	if (es->outcome != OUT_LOADED)
		return;		/* the source's account does not hold here */
	if (!first_split(w, &ss, &ds))
		return;
	if (ds.at == EVENT_NONE && refused(w, d))
		return;
	if (ss.at != EVENT_NONE && ds.at != EVENT_NONE) {
		uint64_t a = w->s->events[ss.at].off;
		uint64_t b = w->d->events[ds.at].off;

		off = a < b ? a : b;
	} else if (ss.at != EVENT_NONE) {
		off = w->s->events[ss.at].off;
	} else {
		off = w->d->events[ds.at].off;
	}
	explain_split(w, &ss, &ds, off, s, d);
}

static uint32_t section_at(const struct timeline *t, uint64_t off)
{
	uint32_t i = 1;

	while (t && i < t->n) {
		const struct event *e = &t->events[i];

		if (e->kind == EV_SECTION && e->off == off)
			return i;
		/* packaged sub-streams hold sections, too */
		i = e->kind == EV_COMMAND || e->kind == EV_LOAD ? i + 1 : e->end;
	}
	return EVENT_NONE;
}

static void align(struct work *w)
{
	uint32_t i = 1;

	while (w->s && i < w->d->n) {
		const struct event *e = &w->d->events[i];

		if (e->kind == EV_SECTION) {
			uint32_t s = section_at(w->s, e->off);

			if (s != EVENT_NONE)
				align_section(w, s, i);
		}
		i = e->kind == EV_COMMAND ? i + 1 : e->end;
	}
}

/* ---- the source's own account against its bytes ---- */

/* Between sections: a type byte that is none, or the end. */
static bool is_framing(const struct timeline *t, const struct failure *f)
{
	return f->event == EVENT_NONE || t->events[f->event].kind == EV_LOAD;
}

static void find_damage(struct work *w)
{
	for (size_t k = 0; w->source->self && k < w->s->nfailures; k++) {
		const struct failure *f = &w->s->failures[k];
		struct divergence *x;
		bool framing = is_framing(w->s, f);
		uint64_t off = framing ? f->offset - !!f->offset :
			w->s->events[f->event].off;

		if (!framing && broken_ram(w, &w->s->events[f->event]))
			continue;	/* so says the destination */
		x = add_divergence(w, DIVERGE_DAMAGED, false, off, framing ?
				   EVENT_NONE : f->event, EVENT_NONE);
		x->text = words(w, "the stream is not what its own device "
				"description says: %s",
				f->nlines ? f->lines[0] : "it ends here");
	}
}

/* Sections that the source wrote behind the place where the load ends. */
static void find_early_end(struct work *w)
{
	const struct timeline *s = w->s, *d = w->d;
	struct divergence *x;
	size_t lost = 0;
	const char *first = NULL;
	uint32_t at = EVENT_NONE;

	if (!d->reached_eof || !s)
		return;
	for (uint32_t i = 1; i < s->n; i = s->events[i].end) {
		const struct event *e = &s->events[i];

		if (e->kind != EV_SECTION || e->off < d->eof_offset ||
		    e->off + e->len <= d->eof_offset)
			continue;
		if (!lost++)
			first = e->name;
	}
	for (uint32_t i = 1; i < d->n; i = d->events[i].end) {
		if (d->events[i].kind == EV_EOF)
			at = i;
	}
	if (!lost)
		return;
	x = add_divergence(w, DIVERGE_EARLY_END, false, d->eof_offset,
			   EVENT_NONE, at);
	x->text = words(w, "a zero byte at 0x%" PRIx64 " is taken for the end "
			"of the stream; %zu section%s behind it (from '%s' on) "
			"%s never loaded", d->eof_offset, lost,
			lost == 1 ? "" : "s", first, lost == 1 ? "is" : "are");
}

/* An end mark with more behind it, where no description tells what. */
static void find_blind_end(struct work *w)
{
	const struct timeline *d = w->d;
	const struct source *src = d->src;
	struct divergence *x;
	char why[160];
	uint64_t next;

	if (w->source->has_description || !d->reached_eof ||
	    d->eof_offset + 1 >= src->len ||
	    src->data[d->eof_offset + 1] == SECTION_VMDESCRIPTION)
		return;
	next = stream_resync(src->data, src->len, d->eof_offset + 1, src->len,
			     UINT32_MAX, why);
	if (next == UINT64_MAX)
		return;		/* a volume's tail */
	x = add_divergence(w, DIVERGE_EARLY_END, false, d->eof_offset,
			   EVENT_NONE, EVENT_NONE);
	x->text = words(w, "a zero byte at 0x%" PRIx64 " ends the load, and at "
			"0x%" PRIx64 " there are %s", d->eof_offset, next, why);
}

static bool source_wrote(const struct work *w, const char *idstr,
			 uint32_t instance)
{
	const struct account *s = w->source;

	return s->has_description &&
		description_find(&s->description, idstr, instance);
}

static void find_defaulted(struct work *w)
{
	for (uint32_t i = 1; i < w->d->n; i = w->d->events[i].end) {
		const struct event *e = &w->d->events[i];
		bool dropped;
		struct divergence *x;

		if (e->kind != EV_DEFAULTED)
			continue;
		dropped = source_wrote(w, e->name, e->instance);
		x = add_divergence(w, dropped ? DIVERGE_UNREAD_SECTION :
				   DIVERGE_DEFAULTED, !dropped, e->off,
				   EVENT_NONE, i);
		x->place.idstr = e->name;
		x->place.instance = e->instance;
		x->text = dropped ?
			words(w, "'%s' %" PRIu32 " was written by the source "
			      "according to its description, but is not loaded",
			      e->name, e->instance) :
			words(w, "the destination's '%s' %" PRIu32 " keeps its "
			      "reset values: the stream has no such section",
			      e->name, e->instance);
	}
}

/* ---- defects of the destination ---- */

static void find_defects(struct work *w)
{
	for (uint32_t i = 1; i < w->d->n; i = w->d->events[i].end) {
		const struct event *e = &w->d->events[i];
		const char *text = e->kind == EV_SECTION &&
			e->outcome != OUT_NO_DEVICE && !w->dest->is_source ?
			defect_find(&w->dest->registry, e->name,
				    &w->a->arena) : NULL;

		if (!text)
			continue;
		for (size_t k = 0; k < w->d->nfailures; k++) {
			const struct failure *f = &w->d->failures[k];

			if (f->section == i && f->crash)
				text = words(w, "%s; %s", text, f->why);
		}
		add_divergence(w, DIVERGE_WRONG_OBJECT, false, e->off,
			       EVENT_NONE, i)->text = text;
	}
}

/* ---- failures that the alignment has not explained ---- */

static bool explained(const struct work *w, const struct failure *f)
{
	for (size_t i = 0; i < w->a->ndivergences; i++) {
		const struct divergence *x = &w->a->divergences[i];

		/* the source's own account ends at the same byte */
		if (x->kind == DIVERGE_DAMAGED && is_framing(w->d, f) &&
		    f->offset && x->place.offset == f->offset - 1)
			return true;
		/* fields in others' places end no load by themselves */
		if (!x->note && x->kind != DIVERGE_DAMAGED &&
		    x->kind != DIVERGE_MOVED && x->place.section_offset && f->section != EVENT_NONE &&
		    x->place.section_offset == w->d->events[f->section].off)
			return true;
	}
	return false;
}

static void add_failures(struct work *w)
{
	for (size_t i = 0; i < w->d->nfailures; i++) {
		if (!explained(w, &w->d->failures[i]))
			explain_failure(w, &w->d->failures[i]);
	}
}

/* ---- putting it together ---- */

static int by_offset(const void *a, const void *b)
{
	const struct divergence *x = a, *y = b;

	if (x->note != y->note)
		return x->note - y->note;
	return x->place.offset < y->place.offset ? -1 :
		x->place.offset > y->place.offset;
}

bool analysis_may_hide_fields(const struct work *w)
{
	const struct destination *d = w->dest;

	if (!d->reference || d->is_source || d->ndumps || d->image)
		return false;
	for (size_t i = 0; i < w->a->ndivergences; i++) {
		if (!w->a->divergences[i].note &&
		    w->a->divergences[i].kind == DIVERGE_MOVED)
			return true;
	}
	return false;
}

/* Sections of which nothing was read: what the destination has registered. */
static void find_registered(struct work *w)
{
	for (size_t i = 0; i < w->a->ndivergences; i++) {
		struct side *s = &w->a->divergences[i].destination;
		const struct event *e = s->event < w->d->n ?
			&w->d->events[s->event] : NULL;
		const struct entry *x = NULL;
		enum match how;

		if (e && (e->kind == EV_SECTION || e->kind == EV_DEFAULTED))
			x = registry_find(&w->dest->registry, e->name,
					  e->instance, &how);
		s->desc = x ? x->desc : NULL;
	}
}

bool analysis_is_choice(const struct work *w)
{
	const struct registry *reg = &w->dest->registry;
	const struct failure *f = w->d->nfailures ? &w->d->failures[0] : NULL;
	const struct event *e;
	enum match how;

	if (!f || f->section == EVENT_NONE || reg->complete ||
	    w->dest->is_source)
		return false;
	e = &w->d->events[f->section];
	return !registry_find(reg, e->name, e->instance, &how) &&
		registry_desc_is_choice(reg, e->name);
}

static enum verdict judge(const struct work *w)
{
	const struct timeline *d = w->d;
	const struct analysis *a = w->a;

	if (d->truncated)
		return VERDICT_UNKNOWN;
	if (d->nfailures)
		return d->failures[0].guess || analysis_is_choice(w) ?
			VERDICT_UNKNOWN : VERDICT_FAILS;
	if (d->nunknowns)
		return VERDICT_UNKNOWN;
	for (size_t i = 0; i < a->ndivergences; i++) {
		if (!a->divergences[i].note)
			return analysis_may_hide_fields(w) ? VERDICT_UNKNOWN :
				VERDICT_SILENT;
	}
	return VERDICT_LOADS;
}

/*
 * Can what is found at @x not come of fields that were read into others at @m,
 * before it?  Values that were loaded decide lengths within their own section,
 * and what a hook says to them.
 */
static bool is_independent(const struct divergence *x,
			   const struct divergence *m)
{
	switch (x->kind) {
	case DIVERGE_VERSION:
	case DIVERGE_NO_DEVICE:
	case DIVERGE_COMMAND:
	case DIVERGE_RAM:
	case DIVERGE_SUBSECTION_UNKNOWN:
	case DIVERGE_CUT_OFF:
		return true;
	case DIVERGE_VALUE:
	case DIVERGE_DAMAGED:
		return false;
	default:
		return x->place.section_offset != m->place.section_offset;
	}
}

/*
 * The divergence that counts: the first with consequence.  But a load does not
 * end at fields that have changed places where something else ends it.
 */
static size_t first_that_counts(const struct work *w)
{
	const struct divergence *v = w->a->divergences;
	const struct failure *f = w->d->nfailures ? w->d->failures : NULL;

	if (!w->a->ndivergences || v[0].note)
		return SIZE_MAX;
	for (size_t i = 0; f && v[0].kind == DIVERGE_MOVED &&
	     i < w->a->ndivergences && !v[i].note; i++)
		if (v[i].kind != DIVERGE_MOVED && v[i].place.offset <= f->offset &&
		    is_independent(&v[i], &v[0]))
			return i;
	return 0;
}

struct analysis *analyse(const struct account *source,
			 const struct destination *dest,
			 const struct timeline *load)
{
	struct analysis *a = calloc(1, sizeof(*a));
	struct work w = {
		.a = a, .source = source, .dest = dest,
		.s = source->self ? source->self : dest->source_blind,
		.d = load,
	};

	if (!a)
		abort();
	arena_init(&a->arena);
	align(&w);
	find_damage(&w);
	find_early_end(&w);
	find_blind_end(&w);
	find_defaulted(&w);
	find_defects(&w);
	add_failures(&w);
	find_registered(&w);
	if (a->ndivergences)
		qsort(a->divergences, a->ndivergences, sizeof(*a->divergences),
		      by_offset);
	a->verdict = judge(&w);
	a->first = first_that_counts(&w);
	if (a->first != SIZE_MAX)
		a->diverges = a->divergences[a->first].place;
	if (load->nfailures) {
		const struct failure *f = &load->failures[0];

		a->failure = f;
		a->fails = place_of(&w, load, f->event, f->offset);
		if (f->event == EVENT_NONE || f->section == EVENT_NONE)
			a->fails.idstr = NULL;
	}
	diagnose(&w);
	return a;
}

void analysis_close(struct analysis *a)
{
	if (!a)
		return;
	free(a->divergences);
	arena_release(&a->arena);
	free(a);
}
