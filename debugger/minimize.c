/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "minimize.h"

#define MAX_UNIT_RANGES 64

/*
 * Something that can be left out: bytes, and the JSON object that tells of
 * them.  @inside is the unit that holds it, if any.
 */
struct unit {
	uint64_t off[MAX_UNIT_RANGES], end[MAX_UNIT_RANGES];
	unsigned n;
	const json_t *object;
	size_t inside;		/* SIZE_MAX none */
	unsigned level;
	bool dropped;
	bool section, pages;
	/* its own nested description, to descend into */
	const struct written *sub;
	json_t *sub_object;
};

struct signature {
	enum verdict verdict;
	char section[300], message[400];
};

struct shrink {
	const struct account *source;
	const struct destination *dest;
	enum rules rules;
	const struct source_opts *progress;
	struct unit *units;
	size_t n, cap;
	json_t *json;		/* NULL: no description */
	uint64_t json_off, json_end;	/* type byte .. end of the text */
	struct signature want;
	size_t loads;
	bool stopped;
};

/* ---- failing the same way ---- */

/* Numbers become "#": offsets and ids move when something is left out. */
static void without_numbers(char *out, size_t size, const char *s)
{
	size_t n = 0;

	while (*s && n + 2 < size) {
		if (isdigit((unsigned char)*s)) {
			bool hex = s[0] == '0' && s[1] == 'x';

			s += hex ? 2 : 0;
			while (hex ? isxdigit((unsigned char)*s) :
			       isdigit((unsigned char)*s))
				s++;
			out[n++] = '#';
		} else {
			out[n++] = *s++;
		}
	}
	out[n] = '\0';
}

static void signature_of(struct signature *ret, const struct analysis *a,
			 const struct timeline *t)
{
	const char *message = "", *section = "";
	char kind[400];

	memset(ret, 0, sizeof(*ret));
	ret->verdict = a->verdict;
	if (a->failure) {
		if (a->failure->nlines)
			message = a->failure->lines[0];
		if (a->failure->section < t->n &&
		    t->events[a->failure->section].name)
			section = t->events[a->failure->section].name;
	} else if (a->first != SIZE_MAX) {
		const struct divergence *d = &a->divergences[a->first];

		snprintf(kind, sizeof(kind), "%s %s",
			 divergence_name(d->kind),
			 d->place.path ? d->place.path : "");
		message = kind;
		section = d->place.idstr ? d->place.idstr : "";
	} else if (t->nunknowns) {
		message = t->unknowns[0].text;
		section = t->unknowns[0].section;
	}
	without_numbers(ret->message, sizeof(ret->message), message);
	snprintf(ret->section, sizeof(ret->section), "%s", section);
}

static bool same_signature(const struct signature *a,
			   const struct signature *b)
{
	return a->verdict == b->verdict && !strcmp(a->message, b->message) &&
		!strcmp(a->section, b->section);
}

/* ---- a stream without what was dropped ---- */

struct cut {
	uint64_t off, end;
};

static int by_offset(const void *x, const void *y)
{
	const struct cut *a = x, *b = y;

	return a->off < b->off ? -1 : a->off > b->off;
}

static bool is_dropped(const struct shrink *s, size_t i)
{
	for (; i != SIZE_MAX; i = s->units[i].inside) {
		if (s->units[i].dropped)
			return true;
	}
	return false;
}

static struct cut *cuts_of(const struct shrink *s, size_t *ret)
{
	struct cut *v = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct unit *u = &s->units[i];

		for (unsigned k = 0; u->dropped && k < u->n; k++) {
			v = grow_array(v, &cap, n + 1, sizeof(*v));
			v[n++] = (struct cut){ u->off[k], u->end[k] };
		}
	}
	if (n)
		qsort(v, n, sizeof(*v), by_offset);
	*ret = n;
	return v;
}

static size_t unit_of(const struct shrink *s, const json_t *o)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->units[i].object == o)
			return i;
	}
	return SIZE_MAX;
}

/* How many bytes the units inside of @up have lost. */
static uint64_t lost_inside(const struct shrink *s, size_t up)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct unit *u = &s->units[i];
		size_t k = u->inside;

		if (!u->dropped || is_dropped(s, u->inside))
			continue;
		while (k != SIZE_MAX && k != up)
			k = s->units[k].inside;
		for (unsigned m = 0; k == up && m < u->n; m++)
			lost += u->end[m] - u->off[m];
	}
	return lost;
}

/* A copy without dropped objects, with the sizes that are left. */
static json_t *filtered(const struct shrink *s, json_t *o)
{
	json_t *copy, *v;
	const char *key;
	size_t i, unit;

	if (json_is_array(o)) {
		copy = json_array();
		json_array_foreach(o, i, v) {
			unit = unit_of(s, v);
			if (unit == SIZE_MAX || !s->units[unit].dropped)
				json_array_append_new(copy, filtered(s, v));
		}
		return copy;
	}
	if (!json_is_object(o))
		return json_incref(o);
	copy = json_object();
	json_object_foreach(o, key, v) {
		v = filtered(s, v);
		/* QEMU leaves empty lists of subsections out */
		if (!strcmp(key, "subsections") && !json_array_size(v))
			json_decref(v);
		else
			json_object_set_new(copy, key, v);
	}
	unit = unit_of(s, o);
	if (unit != SIZE_MAX && !s->units[unit].section) {
		uint64_t lost = lost_inside(s, unit);
		json_t *size = json_object_get(o, "size");

		if (lost && json_is_integer(size))
			json_object_set_new(copy, "size", json_integer(
				json_integer_value(size) - (json_int_t)lost));
	}
	return copy;
}

static void build(const struct shrink *s, struct stream_writer *w)
{
	const struct source *src = s->source->src;
	uint64_t at = 0, end = s->json ? s->json_off : src->len;
	size_t n;
	struct cut *cuts = cuts_of(s, &n);

	stream_writer_init(w);
	for (size_t i = 0; i < n; i++) {
		if (cuts[i].off > at)
			write_bytes(w, src->data + at, cuts[i].off - at);
		if (cuts[i].end > at)
			at = cuts[i].end;
	}
	free(cuts);
	if (at < end)
		write_bytes(w, src->data + at, end - at);
	if (s->json) {
		json_t *o = filtered(s, s->json);
		char *text = json_dumps(o, JSON_COMPACT);

		write_description(w, text, strlen(text));
		free(text);
		json_decref(o);
	}
}

/* Does what is left still fail the same way? */
static bool still_fails(struct shrink *s, struct signature *ret)
{
	struct stream_writer w;
	struct signature got;
	struct account *acc;
	struct source *src;
	struct timeline *t;
	struct analysis *a;

	if (s->progress && s->progress->progress &&
	    s->progress->progress(s->progress->ctx, "minimizing", s->loads, 0))
		s->stopped = true;
	if (s->stopped)
		return false;
	s->loads++;
	build(s, &w);
	if (source_open_memory(&src, s->source->src->path, w.data, w.len, NULL,
			       NULL) < 0) {
		stream_writer_release(&w);
		return false;
	}
	account_take(&acc, src, DESC_FROM_SOURCE, NULL, NULL);
	t = destination_load(s->dest, acc, s->rules, NULL);
	a = analyse(acc, s->dest, t);
	signature_of(&got, a, t);
	analysis_close(a);
	timeline_close(t);
	account_close(acc);
	stream_writer_release(&w);
	if (ret)
		*ret = got;
	return same_signature(&got, &s->want);
}

/* ---- delta debugging ---- */

static void drop(struct shrink *s, const size_t *v, size_t n, bool dropped)
{
	for (size_t i = 0; i < n; i++)
		s->units[v[i]].dropped = dropped;
}

/* Leave out as many of the @n units @v as can be spared. */
static void reduce(struct shrink *s, size_t *v, size_t n)
{
	size_t chunk = n;

	while (n && chunk && !s->stopped) {
		bool any = false;

		for (size_t at = 0; at < n && !s->stopped; ) {
			size_t k = n - at < chunk ? n - at : chunk;

			drop(s, v + at, k, true);
			if (still_fails(s, NULL)) {
				memmove(v + at, v + at + k,
					(n - at - k) * sizeof(*v));
				n -= k;
				any = true;
			} else {
				drop(s, v + at, k, false);
				at += k;
			}
		}
		/* what could not go alone may go now that others are gone */
		chunk = chunk > 1 ? (chunk + 1) / 2 : any ? 1 : 0;
	}
}

/* ---- what can be left out ---- */

static struct unit *add_unit(struct shrink *s)
{
	struct unit *u;

	s->units = grow_array(s->units, &s->cap, s->n + 1, sizeof(*u));
	u = &s->units[s->n++];
	memset(u, 0, sizeof(*u));
	u->inside = SIZE_MAX;
	return u;
}

static void add_range(struct unit *u, uint64_t off, uint64_t end)
{
	if (u->n < MAX_UNIT_RANGES && off < end) {
		u->off[u->n] = off;
		u->end[u->n++] = end;
	} else if (off < end) {
		/* the rest in one piece: only RAM has so many */
		u->end[u->n - 1] = end;
	}
}

/* Pages: what lies between a RAM section's block list and its end mark. */
static void add_pages(struct shrink *s)
{
	const struct ram *ram = &s->source->ram;
	struct unit *u;

	if (ram->mapped)
		return;
	for (size_t i = 0; i < ram->nsections; i++) {
		const struct ram_section *r = &ram->sections[i];
		uint64_t from = r->start;

		if (r->ret || r->end - r->start < 8)
			continue;
		if (r->nblocks && r->first_block + r->nblocks <= ram->nblocks) {
			const struct ram_block *b =
				&ram->blocks[r->first_block + r->nblocks - 1];

			from = b->off + 9 + strlen(b->name) +
				(b->page_size ? 8 : 0) +
				(b->gpa != UINT64_MAX ? 8 : 0);
		}
		if (from < r->start || from >= r->end - 8)
			continue;
		u = add_unit(s);
		u->pages = true;
		add_range(u, from, r->end - 8);
	}
}

static json_t *device_object(const struct shrink *s, const struct event *e,
			     const struct written **w)
{
	json_t *list = json_object_get(s->json, "devices");

	*w = NULL;
	for (size_t i = 0; i < s->source->description.ndevices; i++) {
		const struct written_device *d =
			&s->source->description.devices[i];

		if (!strcmp(d->idstr, e->name) && d->instance == e->instance) {
			*w = d->w;
			return json_array_get(list, i);
		}
	}
	return NULL;
}

/* START, PARTs and END of one section go together. */
static void add_sections(struct shrink *s, const struct timeline *t)
{
	for (uint32_t i = 1; i < t->n; i = t->events[i].end) {
		const struct event *e = &t->events[i];
		bool part = e->section_kind == SECTION_PART ||
			e->section_kind == SECTION_END;
		struct unit *u = NULL;

		if (e->kind == EV_COMMAND) {
			u = add_unit(s);
			add_range(u, e->off, e->off + e->len);
			continue;
		}
		if (e->kind != EV_SECTION || e->outcome != OUT_LOADED)
			continue;
		for (size_t k = 0; part && k < s->n; k++) {
			if (s->units[k].section && s->units[k].level == e->n)
				u = &s->units[k];
		}
		if (!u) {
			u = add_unit(s);
			u->section = true;
			u->level = e->n;	/* its id, while sections are added */
			u->sub_object = device_object(s, e, &u->sub);
			u->object = u->sub_object;
		}
		add_range(u, e->off, e->off + e->len);
	}
	for (size_t k = 0; k < s->n; k++)
		s->units[k].level = 0;
}

static uint64_t written_size(const struct written *w)
{
	uint64_t n = 0;

	for (size_t i = 0; i < w->nfields; i++)
		n += w->fields[i].size * w->fields[i].array_len;
	for (size_t i = 0; i < w->nsubs; i++)
		n += 6 + strlen(w->subs[i]->name) + written_size(w->subs[i]);
	return n;
}

static uint64_t offset_of(const struct shrink *s,
			  const struct written_field *f)
{
	const struct timeline *t = s->source->self;

	return f->id < t->nwritten ? t->written_off[f->id] : UINT64_MAX;
}

static bool in_stream(const struct shrink *s, uint64_t off, uint64_t len)
{
	uint64_t end = s->json_off;

	return off <= end && len <= end - off;
}

static void add_field(struct shrink *s, size_t up, unsigned level,
		      const struct written_field *f, json_t *o)
{
	uint64_t off = offset_of(s, f), len;
	struct unit *u;

	if (off == UINT64_MAX ||
	    __builtin_mul_overflow(f->size, f->array_len, &len) ||
	    !in_stream(s, off, len))
		return;
	u = add_unit(s);
	u->inside = up;
	u->level = level;
	u->object = o;
	add_range(u, off, off + len);
	/* one object for many elements tells only of the first one's members */
	if (f->sub && f->array_len == 1 && f->type &&
	    (!strcmp(f->type, "struct") || !strcmp(f->type, "vstruct") ||
	     !strcmp(f->type, "tmp"))) {
		json_t *inner = json_object_get(o, "struct");

		u->sub = f->sub;
		u->sub_object = json_is_object(inner) ? inner : o;
	}
}

static void add_subsection(struct shrink *s, size_t up, unsigned level,
			   const struct written *w, json_t *o)
{
	uint64_t head = 6 + strlen(w->name), off, len;
	const struct source *src = s->source->src;
	struct unit *u;

	if (!w->nfields)
		return;
	off = offset_of(s, &w->fields[0]);
	len = written_size(w);
	if (off == UINT64_MAX || off < head || !in_stream(s, off, len) ||
	    src->data[off - head] != SECTION_SUBSECTION ||
	    src->data[off - head + 1] != strlen(w->name) ||
	    memcmp(src->data + off - head + 2, w->name, strlen(w->name)))
		return;
	u = add_unit(s);
	u->inside = up;
	u->level = level;
	u->object = o;
	u->sub = w;
	u->sub_object = o;
	add_range(u, off - head, off + len);
}

/* What the kept units of @level hold. */
static void descend(struct shrink *s, unsigned level)
{
	size_t n = s->n;

	for (size_t i = 0; i < n; i++) {
		const struct written *w = s->units[i].sub;
		json_t *o = s->units[i].sub_object;
		json_t *fields, *subs;

		if (!w || !o || s->units[i].level != level || is_dropped(s, i))
			continue;
		fields = json_object_get(o, "fields");
		subs = json_object_get(o, "subsections");
		for (size_t k = 0; k < w->nfields; k++)
			add_field(s, i, level + 1, &w->fields[k],
				  json_array_get(fields, k));
		for (size_t k = 0; k < w->nsubs; k++)
			add_subsection(s, i, level + 1, w->subs[k],
				       json_array_get(subs, k));
	}
}

static void reduce_where(struct shrink *s, bool pages, unsigned level)
{
	size_t *v = calloc(s->n + 1, sizeof(*v)), n = 0;

	if (!v)
		abort();
	for (size_t i = 0; i < s->n; i++) {
		const struct unit *u = &s->units[i];

		if (!u->dropped && !is_dropped(s, u->inside) &&
		    u->pages == pages && (pages || u->level == level))
			v[n++] = i;
	}
	/* from behind: what fails first lies in front of what it needs not */
	for (size_t i = 0; i < n / 2; i++) {
		size_t x = v[i];

		v[i] = v[n - 1 - i];
		v[n - 1 - i] = x;
	}
	reduce(s, v, n);
	free(v);
}

/* The section that fails, alone: most often that is enough. */
static void try_alone(struct shrink *s, const struct timeline *t)
{
	size_t *v = calloc(s->n + 1, sizeof(*v)), n = 0;

	if (!v)
		abort();
	for (size_t i = 0; i < s->n; i++) {
		const struct unit *u = &s->units[i];
		bool fails = false;

		for (uint32_t k = 1; u->section && k < t->n;
		     k = t->events[k].end) {
			const struct event *e = &t->events[k];

			if (e->kind == EV_SECTION && e->off == u->off[0] &&
			    !strcmp(e->name, s->want.section))
				fails = true;
		}
		if (!fails && !u->pages)
			v[n++] = i;
	}
	drop(s, v, n, true);
	if (!still_fails(s, NULL))
		drop(s, v, n, false);
	free(v);
}

/* ---- the whole ---- */

static int take_description(struct shrink *s)
{
	const struct source *src = s->source->src;
	struct description_range r;

	if (!s->source->has_description ||
	    !stream_find_description(src->data, src->len, 0, &r))
		return 0;
	s->json = json_loadb((const char *)src->data + r.json, r.json_len, 0,
			     NULL);
	s->json_off = r.off;
	s->json_end = r.json + r.json_len;
	return s->json ? 0 : -1;
}

static void count(const struct shrink *s, size_t *sections, size_t *fields)
{
	*sections = *fields = 0;
	for (size_t i = 0; i < s->n; i++) {
		if (is_dropped(s, i))
			continue;
		*sections += s->units[i].section;
		*fields += s->units[i].level > 0;
	}
}

/* How many fields the sections that are left had at first. */
static size_t fields_before(const struct shrink *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct unit *u = &s->units[i];

		/* counted where its holder was looked into */
		n += u->level > 0;
	}
	return n;
}

static int shrink(struct shrink *s, struct minimized *ret, struct err *err)
{
	const struct timeline *self = s->source->self, *t;
	struct timeline *load = destination_load(s->dest, s->source, s->rules,
						 NULL);
	struct analysis *a = analyse(s->source, s->dest, load);
	unsigned level = 0;

	t = self ? self : load;
	signature_of(&s->want, a, load);
	snprintf(ret->verdict, sizeof(ret->verdict), "%s",
		 verdict_name(a->verdict));
	snprintf(ret->message, sizeof(ret->message), "%s",
		 a->failure && a->failure->nlines ? a->failure->lines[0] :
		 s->want.message);
	if (a->verdict == VERDICT_LOADS) {
		analysis_close(a);
		timeline_close(load);
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "the destination "
			       "loads this stream: there is nothing to shrink");
	}
	add_sections(s, t);
	add_pages(s);
	count(s, &ret->sections_before, &ret->fields);
	reduce_where(s, true, 0);
	try_alone(s, t);
	reduce_where(s, false, 0);
	while (self && s->json && level < 60 && !s->stopped) {
		size_t before = s->n;

		descend(s, level);
		if (s->n == before)
			break;
		reduce_where(s, false, ++level);
	}
	analysis_close(a);
	timeline_close(load);
	if (s->stopped)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "interrupted");
	count(s, &ret->sections, &ret->fields);
	ret->fields_before = fields_before(s);
	ret->loads = s->loads;
	build(s, &ret->out);
	return 0;
}

int minimize(struct minimized *ret, const struct account *source,
	     const struct destination *dest, enum rules rules,
	     const struct source_opts *progress, struct err *err)
{
	struct shrink s = {
		.source = source, .dest = dest, .rules = rules,
		.progress = progress, .json_off = source->src->len,
	};
	int r;

	memset(ret, 0, sizeof(*ret));
	stream_writer_init(&ret->out);
	take_description(&s);
	r = shrink(&s, ret, err);
	json_decref(s.json);
	free(s.units);
	return r;
}

void minimized_release(struct minimized *m)
{
	stream_writer_release(&m->out);
}
