/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fnmatch.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "../debugger/value.h"
#include "json-str.h"
#include "out-json.h"

static void set(json_t *o, const char *key, json_t *v)
{
	json_object_set_new(o, key, v);
}

static void set_number(json_t *o, const char *key, uint64_t v)
{
	set(o, key, json_integer((json_int_t)v));
}

static json_t *section(const struct place *p)
{
	json_t *o;

	if (!p->idstr)
		return json_null();
	o = json_object();
	set(o, "idstr", json_str(p->idstr));
	set_number(o, "instance_id", p->instance);
	set(o, "version_id", json_integer(p->version_id));
	set_number(o, "section_id", p->section_id);
	set_number(o, "offset", p->section_offset);
	return o;
}

static json_t *place(const struct place *p)
{
	json_t *o;

	if (!p->there)
		return json_null();
	o = json_object();
	set_number(o, "offset", p->offset);
	set(o, "section", section(p));
	set(o, "path", json_str(p->path));
	return o;
}

static json_t *structs(const struct side *s)
{
	json_t *a = json_array();

	for (unsigned i = 0; i < s->nstructs; i++) {
		json_t *o = json_object();

		set(o, "structure", json_str(s->structs[i].structure));
		set(o, "descriptor", json_str(s->structs[i].desc));
		set(o, "described", json_str(s->structs[i].described));
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *side(const struct side *s)
{
	json_t *o;

	if (!s->there)
		return json_null();
	o = json_object();
	set_number(o, "offset", s->offset);
	set(o, "field", json_str(s->field));
	set(o, "type", json_str(s->type));
	set_number(o, "size", s->size);
	set(o, "version", s->version < 0 ? json_null() :
	    json_integer(s->version));
	if (s->member)
		set(o, "member", json_str(s->member));
	if (s->declared)
		set(o, "declared", json_str(s->declared));
	if (s->no_member)
		set(o, "member_unknown", json_str(s->no_member));
	if (s->nstructs) {
		set(o, "structures", structs(s));
		set(o, "ends", json_boolean(s->ends));
	}
	return o;
}

static json_t *divergence(const struct divergence *d)
{
	json_t *o = json_object();

	set(o, "kind", json_str(divergence_name(d->kind)));
	set(o, "note", json_boolean(d->note));
	set(o, "section", section(&d->place));
	set(o, "path", json_str(d->place.path));
	set_number(o, "offset", d->place.offset);
	set(o, "source", side(&d->source));
	set(o, "destination", side(&d->destination));
	set(o, "text", json_str(d->text));
	return o;
}

static json_t *lines(const char *const *v, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, json_str(v[i]));
	return a;
}

static json_t *notes(const struct note *v, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *o = json_object();

		set_number(o, "offset", v[i].offset);
		set(o, "section", json_str(v[i].section));
		set(o, "path", json_str(v[i].path));
		set(o, "text", json_str(v[i].text));
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *cause(const struct analysis *a)
{
	json_t *o;

	if (!a->cause)
		return json_null();
	o = json_object();
	set(o, "kind", json_str(a->cause_kind));
	set(o, "text", json_str(a->cause));
	set(o, "evidence", lines(a->evidence, a->nevidence));
	set(o, "remedy", json_str(a->remedy));
	return o;
}

static json_t *failures(const struct timeline *t)
{
	json_t *a = json_array();

	for (size_t i = 0; i < t->nfailures; i++) {
		const struct failure *f = &t->failures[i];
		json_t *o = json_object();

		set(o, "first", json_boolean(i == 0));
		set_number(o, "offset", f->offset);
		set(o, "section", f->section == EVENT_NONE ? json_null() :
		    json_str(t->events[f->section].name));
		set(o, "messages", lines(f->lines, f->nlines));
		set(o, "crash", json_boolean(f->crash));
		json_array_append_new(a, o);
	}
	return a;
}

void json_analysis(FILE *f, const struct analysis *a, const struct timeline *t)
{
	const struct failure *x = a->failure;
	json_t *o = json_object(), *list = json_array();

	set(o, "verdict", json_str(verdict_name(a->verdict)));
	set(o, "message", x && x->nlines ? json_str(x->lines[0]) : json_null());
	set(o, "messages", lines(x ? x->lines : NULL, x ? x->nlines : 0));
	set(o, "messages_10_2", lines(x ? x->lines_10_2 : NULL,
				      x ? x->nlines_10_2 : 0));
	set(o, "warnings", lines(t->warnings, t->nwarnings));
	set(o, "diverges", place(&a->diverges));
	set(o, "fails", place(&a->fails));
	set(o, "cause", cause(a));
	for (size_t i = 0; i < a->ndivergences; i++)
		json_array_append_new(list, divergence(&a->divergences[i]));
	set(o, "divergences", list);
	set(o, "failures", failures(t));
	set(o, "unknowns", notes(t->unknowns, t->nunknowns));
	set(o, "unjudged", notes(t->unjudged, t->nunjudged));
	set_number(o, "events", t->n);
	json_dumpf(o, f, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	fputc('\n', f);
	json_decref(o);
}

static void set_value(json_t *o, const struct timeline *t,
		      const struct event *e)
{
	char value[1024];

	set(o, "value", json_str(value_format(e->type, t->src->data + e->off,
					      e->len, e->n, value,
					      sizeof(value))));
}

/* What the source wrote where the destination's leaf starts. */
static json_t *source_leaf(const struct timeline *s, uint32_t i)
{
	const struct event *e = &s->events[i];
	char path[2048];
	json_t *o = json_object();

	set(o, "path", json_str(timeline_path(s, i, path, sizeof(path))));
	set(o, "name", json_str(e->name));
	set(o, "type", json_str(e->type));
	set_number(o, "offset", e->off);
	set_number(o, "size", e->len);
	if (e->type)
		set_value(o, s, e);
	return o;
}

static bool leaf(const struct event *e)
{
	return e->len && e->type &&
		(e->kind == EV_FIELD || e->kind == EV_ITEM);
}

static void json_event(FILE *f, const struct timeline *t, uint32_t i,
		       const struct timeline *s, uint32_t s_leaf)
{
	const struct event *e = &t->events[i];
	char path[2048];
	json_t *o = json_object();

	set_number(o, "event", i);
	set(o, "kind", json_str(event_kind_name((enum event_kind)e->kind)));
	set(o, "outcome", json_str(outcome_name((enum outcome)e->outcome)));
	set_number(o, "offset", e->off);
	set_number(o, "size", e->len);
	set(o, "path", json_str(timeline_path(t, i, path, sizeof(path))));
	if (e->name)
		set(o, "name", json_str(e->name));
	if (e->type)
		set(o, "type", json_str(e->type));
	if (e->version >= 0)
		set(o, "version", json_integer(e->version));
	if (e->kind == EV_FIELD)
		set_number(o, "elements", e->n);
	if (e->text)
		set(o, "text", json_str(e->text));
	set(o, "parent", e->parent == EVENT_NONE ? json_null() :
	    json_integer(e->parent));
	if (e->end == i + 1 && leaf(e) && e->outcome == OUT_LOADED) {
		set_value(o, t, e);
		set(o, "source", s_leaf == EVENT_NONE ? json_null() :
		    source_leaf(s, s_leaf));
	}
	json_dumpf(o, f, JSON_COMPACT | JSON_ENSURE_ASCII);
	fputc('\n', f);
	json_decref(o);
}

/*
 * The leaf of @s around @off, looked for from *@at on: offsets rise on both
 * sides but for loads that go back behind a failure.
 */
static uint32_t leaf_at(const struct timeline *s, uint32_t *at, uint64_t off)
{
	if (!s)
		return EVENT_NONE;
	if (*at < s->n && s->events[*at].off > off)
		*at = 0;
	for (; *at < s->n; (*at)++) {
		const struct event *e = &s->events[*at];

		if (e->off > off)
			return EVENT_NONE;
		if (e->end == *at + 1 && leaf(e) && off - e->off < e->len)
			return *at;
	}
	return EVENT_NONE;
}

void json_events(FILE *f, const struct timeline *t,
		 const struct timeline *source)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < t->n; i++)
		json_event(f, t, i, source,
			   leaf_at(source, &at, t->events[i].off));
}

/* ---- show ---- */

static json_t *show_fields_of(const struct timeline *t, uint32_t section)
{
	json_t *list = json_array();

	for (uint32_t i = section + 1; i < t->events[section].end; i++) {
		const struct event *e = &t->events[i];
		char path[2048], value[512];
		json_t *o;

		if (e->end != i + 1 || !e->len || !e->type ||
		    e->kind == EV_PROBE)
			continue;
		o = json_object();
		set(o, "path", json_str(timeline_field_path(t, i, path,
							    sizeof(path))));
		set(o, "type", json_str(e->type));
		set_number(o, "offset", e->off);
		set_number(o, "size", e->len);
		set(o, "value", json_str(value_format(e->type,
			t->src->data + e->off, e->len, e->n, value,
			sizeof(value))));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *show_ram(const struct ram *ram)
{
	json_t *o = json_object(), *blocks = json_array(), *pages = json_object();

	for (size_t i = 0; i < ram->nblocks; i++) {
		json_t *b = json_object();

		set(b, "name", json_str(ram->blocks[i].name));
		set_number(b, "length", ram->blocks[i].len);
		json_array_append_new(blocks, b);
	}
	for (int k = 0; k < 5; k++)
		set_number(pages, ram_kind_name((enum ram_kind)k),
			   ram->pages[k]);
	set_number(o, "page_size", 1ull << ram->page_bits);
	set(o, "blocks", blocks);
	set(o, "pages", pages);
	return o;
}

void json_show(FILE *f, const struct account *acc, const struct timeline *t,
	       const char *glob)
{
	json_t *o = json_object(), *sections = json_array();

	set(o, "file", json_str(acc->src->path));
	set(o, "containers", json_str(acc->src->containers));
	set_number(o, "size", acc->src->len);
	set(o, "machine", json_str(t->machine));
	set(o, "footers", json_boolean(t->footers));
	set(o, "configuration", json_boolean(t->configuration));
	set(o, "description", json_boolean(acc->has_description));
	set(o, "note", json_str(acc->note));
	for (uint32_t i = 1; i < t->n; i++) {
		const struct event *e = &t->events[i];
		json_t *s;

		if (e->kind != EV_SECTION ||
		    (glob && fnmatch(glob, e->name, 0)))
			continue;
		s = json_object();
		set(s, "idstr", json_str(e->name));
		set_number(s, "instance_id", e->instance);
		set(s, "version_id", json_integer(e->version));
		set_number(s, "section_id", e->n);
		set_number(s, "kind", e->section_kind);
		set_number(s, "offset", e->off);
		set_number(s, "size", e->len);
		set(s, "outcome",
		    json_str(outcome_name((enum outcome)e->outcome)));
		set(s, "fields", show_fields_of(t, i));
		json_array_append_new(sections, s);
	}
	set(o, "sections", sections);
	set(o, "ram", show_ram(&acc->ram));
	set(o, "failures", failures(t));
	json_dumpf(o, f, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	fputc('\n', f);
	json_decref(o);
}
