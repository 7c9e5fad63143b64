/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writer of recordings.  What runs through it is struct writer: after the
 * first failure nothing more is written.
 */
#include <assert.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "recording-impl.h"
#include "scrub.h"
#include "sha256.h"

#define CHUNK_EVENTS 4096u
#define CHUNK_ROWS 32768u
#define CHUNK_BYTES 65536u

static int count_columns(enum table t)
{
	int n = 1;

	for (const char *s = schema[t].columns; *s; s++)
		n += *s == ',';
	return n;
}

/* From an address to a number: what was written already. */
struct map {
	const void **keys;
	int64_t *values;
	size_t n, cap;
};

static size_t map_slot(const struct map *m, const void *key)
{
	size_t i = ((uintptr_t)key >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20;

	for (i &= m->cap - 1; m->keys[i] && m->keys[i] != key;
	     i = (i + 1) & (m->cap - 1))
		;
	return i;
}

static void map_set(struct map *m, const void *key, int64_t value)
{
	if (m->n * 2 >= m->cap) {
		struct map old = *m;

		m->cap = old.cap ? old.cap * 2 : 1024;
		m->keys = calloc(m->cap, sizeof(*m->keys));
		m->values = calloc(m->cap, sizeof(*m->values));
		if (!m->keys || !m->values)
			abort();
		m->n = 0;
		for (size_t i = 0; i < old.cap; i++) {
			if (old.keys[i])
				map_set(m, old.keys[i], old.values[i]);
		}
		free(old.keys);
		free(old.values);
	}
	m->n += !m->keys[map_slot(m, key)];
	m->values[map_slot(m, key)] = value;
	m->keys[map_slot(m, key)] = key;
}

/* -1: not there */
static int64_t map_get(const struct map *m, const void *key)
{
	size_t i = m->cap ? map_slot(m, key) : 0;

	return m->cap && m->keys[i] ? m->values[i] : -1;
}

struct writer {
	sqlite3 *db;
	sqlite3_stmt *insert[T_COUNT];
	const struct recording_opts *o;
	struct arena arena;	/* strings, interned */
	struct map strings, descs, fields;
	/* --scrub: names that were read out of bytes which must not be shown */
	const char **tainted;
	size_t ntainted, tainted_cap;
	struct byte_ranges public;
	int64_t nstrings, ndescs, nfields, nsubs, nelems;
	int64_t nlines, nnotes, nwarnings, nmembers;
	size_t rows;		/* in this transaction */
	struct sha256 sum;
	struct err *err;
	bool failed;
};

static int sql_failed(struct writer *w, const char *doing)
{
	int code = sqlite3_extended_errcode(w->db);
	int sys = sqlite3_system_errno(w->db);

	if (!w->failed) {
		w->failed = true;
		err_set(w->err, ERR_IO, ERR_NO_OFFSET, "cannot %s: %s%s%s",
			doing, sqlite3_errmsg(w->db),
			code != SQLITE_FULL && sys ? ": " : "",
			code != SQLITE_FULL && sys ? strerror(sys) : "");
	}
	return -1;
}

static int exec(struct writer *w, const char *sql)
{
	if (w->failed)
		return -1;
	return sqlite3_exec(w->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 :
		sql_failed(w, "write");
}

/* End the transaction: what is written now stays whatever happens. */
static int commit(struct writer *w)
{
	w->rows = 0;
	return exec(w, "COMMIT") || exec(w, "BEGIN") ? -1 : 0;
}

static int64_t string_id(struct writer *w, const char *s);

/*
 * One row.  @types: 'i' an int64_t, 's' a string (by its number), 't' a text
 * in place, 'b' bytes and their size_t, '0' NULL.
 */
static void put(struct writer *w, enum table t, const char *types, ...)
{
	sqlite3_stmt *st = w->insert[t];
	int64_t ids[40];
	va_list ap;
	int col = 0;

	if (w->failed)
		return;
	/* strings first: they write rows of their own */
	va_start(ap, types);
	for (const char *p = types; *p; p++, col++) {
		switch (*p) {
		case 'i': (void)va_arg(ap, int64_t); break;
		case 's': ids[col] = string_id(w, va_arg(ap, const char *));
			  break;
		case 't': (void)va_arg(ap, const char *); break;
		case 'b': (void)va_arg(ap, const void *);
			  (void)va_arg(ap, size_t); break;
		}
	}
	va_end(ap);
	va_start(ap, types);
	col = 0;
	for (const char *p = types; *p; p++, col++) {
		const char *s;
		const void *b;

		switch (*p) {
		case 'i':
			sqlite3_bind_int64(st, col + 1, va_arg(ap, int64_t));
			break;
		case 's':
			(void)va_arg(ap, const char *);
			if (ids[col])
				sqlite3_bind_int64(st, col + 1, ids[col]);
			else
				sqlite3_bind_null(st, col + 1);
			break;
		case 't':
			s = va_arg(ap, const char *);
			sqlite3_bind_text(st, col + 1, s, -1, SQLITE_STATIC);
			break;
		case 'b':
			b = va_arg(ap, const void *);
			sqlite3_bind_blob64(st, col + 1, b, va_arg(ap, size_t),
					    SQLITE_STATIC);
			break;
		default:
			sqlite3_bind_null(st, col + 1);
		}
	}
	va_end(ap);
	assert(col == count_columns(t));
	if (!w->failed && sqlite3_step(st) != SQLITE_DONE)
		sql_failed(w, "write");
	sqlite3_reset(st);
	w->rows++;
}

/* ---- names that are somebody's data ---- */

static bool is_public(const struct writer *w, uint64_t off, uint64_t len)
{
	size_t lo = 0, hi = w->public.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct byte_range *r = &w->public.v[mid];

		if (off < r->off)
			hi = mid;
		else if (off >= r->end)
			lo = mid + 1;
		else
			return len <= r->end - off;
	}
	return false;
}

static void taint(struct writer *w, const char *s)
{
	if (!s || !s[0])
		return;
	for (size_t i = 0; i < w->ntainted; i++) {
		if (!strcmp(w->tainted[i], s))
			return;
	}
	w->tainted = grow_array(w->tainted, &w->tainted_cap, w->ntainted + 1,
				sizeof(*w->tainted));
	w->tainted[w->ntainted++] = s;
}

/* The emulator quotes a state that it does not know: global_state_post_load() */
static void taint_quoted(struct writer *w, const struct timeline *t,
			 const struct event *e)
{
	const char *s = (const char *)t->src->data + e->off;

	if (e->kind != EV_FIELD || !e->desc || !e->len ||
	    strcmp(e->desc->name, "globalstate") ||
	    strcmp(e->name, "runstate") || is_public(w, e->off, 1) ||
	    t->events[e->parent].outcome == OUT_LOADED || !*s ||
	    !memchr(s, 0, e->len))
		return;
	taint(w, arena_strdup(&w->arena, s));
}

/*
 * A loader that has lost its way takes any bytes for a section's or a
 * subsection's name, and puts them into its messages.
 */
static void find_tainted(struct writer *w, const struct timeline *t)
{
	for (uint32_t i = 0; i < t->n; i++) {
		const struct event *e = &t->events[i];
		bool start = e->section_kind == 1 || e->section_kind == 4;
		const char *name = e->kind == EV_PROBE ? e->type : e->name;
		uint64_t skip = e->kind == EV_SECTION ? 6 : 2;

		taint_quoted(w, t, e);
		if ((e->kind != EV_PROBE && e->kind != EV_SUBSECTION &&
		     (e->kind != EV_SECTION || !start)) || !name)
			continue;
		if (!is_public(w, e->off + skip, strlen(name)))
			taint(w, name);
	}
}

/* @s without what is tainted in it. */
static const char *untainted(struct writer *w, const char *s)
{
	for (size_t i = 0; i < w->ntainted; i++) {
		static const char instead[] = "(scrubbed)";
		size_t n = strlen(w->tainted[i]), from = 0;
		const char *at;

		/* short names say nothing, and are parts of other words */
		while (n >= 4 && (at = strstr(s + from, w->tainted[i]))) {
			from = (size_t)(at - s) + sizeof(instead) - 1;
			s = arena_printf(&w->arena, "%.*s%s%s",
					 (int)(at - s), s, instead, at + n);
		}
		if (n < 4 && !strcmp(s, w->tainted[i]))
			return "(scrubbed)";
	}
	return s;
}

/* 0: none. */
static int64_t string_id(struct writer *w, const char *s)
{
	const char *key;
	int64_t id;

	if (!s)
		return 0;
	if (w->ntainted)
		s = untainted(w, s);
	key = arena_intern_str(&w->arena, s);
	id = map_get(&w->strings, key);
	if (id > 0)
		return id;
	id = ++w->nstrings;
	map_set(&w->strings, key, id);
	put(w, T_STRINGS, "ib", id, key, strlen(key));
	return id;
}

#define I(x) ((int64_t)(x))

static void put_meta(struct writer *w, const char *key, const char *value)
{
	if (value)
		put(w, T_META, "tt", key, value);
}

static void put_meta_int(struct writer *w, const char *key, int64_t value)
{
	put(w, T_META, "ti", key, value);
}

static int64_t desc_id(struct writer *w, const struct desc *d, int depth);

/* @desc's number is not below any that the field holds: see write_desc(). */
static int64_t put_field(struct writer *w, const struct desc_field *f,
			 int64_t desc, int64_t sub, int64_t key)
{
	int64_t id = ++w->nfields, elem = w->nelems + 1;

	map_set(&w->fields, f, id);
	for (size_t i = 0; i < f->nelem_descs; i++)
		put(w, T_ELEMS, "ii", ++w->nelems,
		    map_get(&w->descs, f->elem_descs[i]) > 0 ?
		    map_get(&w->descs, f->elem_descs[i]) : I(0));
	put(w, T_FIELDS, "iisisiiiiiiisiiiiiisiiiiiiiiiii", id, desc, f->name,
	    I(f->dup), f->type, sub, I(f->exists), I(f->version),
	    I(f->struct_version), I(f->flags), I(f->size), I(f->num),
	    f->count_field, I(f->multiplier), I(f->offset), I(f->num_offset),
	    I(f->size_offset), I(f->start), I(f->exists_fn), f->exists_name,
	    I(f->from_type), I(f->from_exists), I(f->from_version),
	    I(f->from_size), I(f->from_num), I(f->from_count),
	    I(f->from_layout), I(f->from_desc), key, elem,
	    I(f->nelem_descs));
	return id;
}

/* What it holds first, so that ids tell that there is no cycle. */
static int64_t write_desc(struct writer *w, const struct desc *d, int depth)
{
	int64_t *inner = calloc(2 * d->nfields + d->nsubs + 1, sizeof(*inner));
	int64_t *subs = inner + 2 * d->nfields, id, field, sub;

	if (!inner)
		abort();
	for (size_t i = 0; i < d->nfields; i++) {
		inner[2 * i] = desc_id(w, d->fields[i].desc, depth + 1);
		inner[2 * i + 1] = desc_id(w, d->fields[i].key_desc, depth + 1);
		for (size_t k = 0; k < d->fields[i].nelem_descs; k++)
			desc_id(w, d->fields[i].elem_descs[k], depth + 1);
	}
	for (size_t i = 0; i < d->nsubs; i++)
		subs[i] = desc_id(w, d->subs[i], depth + 1);
	id = ++w->ndescs;
	field = w->nfields + 1;
	sub = w->nsubs + 1;
	for (size_t i = 0; i < d->nfields; i++)
		put_field(w, &d->fields[i], id, inner[2 * i], inner[2 * i + 1]);
	for (size_t i = 0; i < d->nsubs; i++)
		put(w, T_SUBS, "iii", ++w->nsubs, id, subs[i]);
	put(w, T_DESCS, "isiiiiiiiiiiiiiissssiissiiii", id, d->name,
	    I(d->version), I(d->min_version), I(d->all_fields), I(d->all_subs),
	    I(d->unmigratable), I(d->early_setup), I(d->from),
	    I(d->from_version), I(d->from_min), I(d->addr), I(d->needed_fn),
	    I(d->pre_load_fn), I(d->post_load_fn), I(d->pre_save_fn),
	    d->needed_name, d->post_load_name, d->symbol, d->file,
	    I(d->min_old), I(d->load_state_old_fn), d->pre_load_name,
	    d->pre_save_name, field, I(d->nfields), sub, I(d->nsubs));
	free(inner);
	return id;
}

/* 0: none, or one that is being written around this one. */
static int64_t desc_id(struct writer *w, const struct desc *d, int depth)
{
	int64_t id;

	if (!d || depth >= MAX_DESC_DEPTH - 1)
		return 0;
	id = map_get(&w->descs, d);
	if (id >= 0)
		return id;
	map_set(&w->descs, d, 0);
	id = write_desc(w, d, depth);
	map_set(&w->descs, d, id);
	return id;
}

static int64_t field_id(struct writer *w, const struct desc_field *f)
{
	int64_t id;

	if (!f)
		return 0;
	id = map_get(&w->fields, f);
	for (size_t k = 0; id <= 0 && k < f->nelem_descs; k++)
		desc_id(w, f->elem_descs[k], 0);
	return id > 0 ? id : put_field(w, f, 0, desc_id(w, f->desc, 0),
				       desc_id(w, f->key_desc, 0));
}

/* ---- which bytes are kept ---- */

static void ram_holes(const struct ram *ram, uint64_t len,
		      struct byte_ranges *ret)
{
	uint64_t page = 1ull << ram->page_bits;

	for (size_t i = 0; i < ram->nruns; i++) {
		const struct ram_run *r = &ram->runs[i];
		uint64_t last = r->kind == RAM_PAGE || r->kind == RAM_MAPPED ?
			page : r->kind == RAM_ZERO ? 1 : r->stride;
		uint64_t end = r->off + (r->n - 1) * r->stride + last;

		/* a lonely zero page is one fill byte, and tells nothing */
		if (r->kind == RAM_ZERO && r->n == 1)
			continue;
		byte_ranges_add(ret, r->off, end < len ? end : len);
	}
	byte_ranges_tidy(ret);
	/* words between pages: the index has them */
	for (size_t i = 1; i < ret->n; i++) {
		if (ret->v[i].off - ret->v[i - 1].end < 64 &&
		    ret->v[i].off - ret->v[i - 1].end != 0)
			ret->v[i].off = ret->v[i - 1].end;
	}
	byte_ranges_tidy(ret);
}

/* Around the places that the text shows as a hex dump. */
static void keep_around(struct byte_ranges *keep, uint64_t off, uint64_t len)
{
	uint64_t from = off > 64 ? off - 64 : 0;
	uint64_t end = len - off > 64 ? off + 64 : len;

	if (off < len)
		byte_ranges_add(keep, from, end);
}

static void choose_bytes(const struct writer *w, const struct account *source,
			 const struct analysis *a, struct byte_ranges *keep)
{
	struct byte_ranges holes = { 0 };
	uint64_t len = source->src->len;

	if (w->o->scrub) {
		for (size_t i = 0; i < w->public.n; i++)
			byte_ranges_add(keep, w->public.v[i].off,
					w->public.v[i].end);
	} else {
		byte_ranges_add(keep, 0, len);
	}
	if (w->o->scrub || !w->o->with_ram) {
		ram_holes(&source->ram, len, &holes);
		byte_ranges_subtract(keep, &holes);
		free(holes.v);
	}
	if (a && !w->o->scrub) {
		if (a->diverges.there)
			keep_around(keep, a->diverges.offset, len);
		if (a->fails.there)
			keep_around(keep, a->fails.offset, len);
		byte_ranges_tidy(keep);
	}
}

static bool all_zero(const uint8_t *p, size_t n)
{
	return !p[0] && !memcmp(p, p + 1, n - 1);
}

static void write_bytes(struct writer *w, const struct account *source,
			const struct byte_ranges *keep)
{
	const struct source *src = source->src;
	size_t since = 0;

	for (size_t i = 0; i < keep->n && !w->failed; i++) {
		uint64_t at = keep->v[i].off;

		while (at < keep->v[i].end && !w->failed) {
			uint64_t left = keep->v[i].end - at;
			size_t n = left < CHUNK_BYTES ? left : CHUNK_BYTES;

			if (!w->o->with_ram)
				sha256_add(&w->sum, src->data + at, n);
			if (!all_zero(src->data + at, n))
				put(w, T_BYTES, "ib", I(at), src->data + at, n);
			at += n;
			since += n;
			if (since < 16 * CHUNK_BYTES && w->rows < CHUNK_ROWS)
				continue;
			commit(w);
			since = 0;
		}
	}
	commit(w);
}

static void write_ram(struct writer *w, const struct ram *ram)
{
	for (size_t i = 0; i < ram->nblocks; i++) {
		const struct ram_block *b = &ram->blocks[i];

		put(w, T_RAM_BLOCKS, "isiiiiii", I(i), b->name, I(b->len),
		    I(b->off), I(b->page_size), I(b->gpa), I(b->bitmap_off),
		    I(b->pages_off));
	}
	for (size_t i = 0; i < ram->nsections; i++) {
		const struct ram_section *s = &ram->sections[i];

		put(w, T_RAM_SECTIONS, "iiiiiiii", I(i), I(s->start),
		    I(s->end), I(s->ret), I(s->first_block), I(s->nblocks),
		    I(s->first_run), I(s->nruns));
	}
	for (size_t i = 0; i < ram->nruns && !w->failed; i++) {
		const struct ram_run *r = &ram->runs[i];

		put(w, T_RAM_RUNS, "iiiiiii", I(i), I(r->block), I(r->addr),
		    I(r->off), I(r->n), I(r->stride), I(r->kind));
		if (w->rows >= CHUNK_ROWS)
			commit(w);
	}
	commit(w);
}

/* ---- the timelines ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const char *shown_path(const struct writer *w, const char *path)
{
	return path && w->o->scrub ? base_name(path) : path;
}

static int64_t event_or_none(uint32_t i)
{
	return i == EVENT_NONE ? -1 : (int64_t)i;
}

static void write_event(struct writer *w, int side, const struct timeline *t,
			uint32_t i)
{
	const struct event *e = &t->events[i];

	put(w, T_EVENTS, "iiiiisssiiiiiiiiiiiii", I(side) << 32 | i, I(e->off),
	    I(e->len), desc_id(w, e->desc, 0), field_id(w, e->field), e->name,
	    e->type, e->text, event_or_none(e->parent), I(e->end),
	    event_or_none(e->section), I(e->n), I(e->elem), I(e->version),
	    I(e->instance), I(e->kind), I(e->outcome), I(e->depth), I(e->from),
	    I((e->is_array ? 1 : 0) | (e->guess ? 2 : 0)), I(e->section_kind));
}

static void write_events(struct writer *w, int side, const struct timeline *t)
{
	const struct source_opts *p = w->o->progress;

	for (uint32_t i = 0; i < t->n && !w->failed; i++) {
		write_event(w, side, t, i);
		if ((i + 1) % CHUNK_EVENTS)
			continue;
		commit(w);
		if (p && p->progress &&
		    p->progress(p->ctx, "recording", i, t->n) && !w->failed) {
			w->failed = true;
			err_set(w->err, ERR_IO, ERR_NO_OFFSET, "interrupted");
		}
	}
	commit(w);
}

/* What the fields that were loaded, or written, are in C. */
static void write_members(struct writer *w, int side, const struct timeline *t)
{
	struct members *m = w->o->members[side];
	struct map seen = { 0 };

	for (uint32_t i = 0; m && t && i < t->n && !w->failed; i++) {
		const struct event *e = &t->events[i];
		const struct c_member *c;

		if (e->kind != EV_FIELD || !e->desc || !e->field ||
		    map_get(&seen, e->field) >= 0)
			continue;
		map_set(&seen, e->field, 1);
		c = members_find(m, e->desc, e->field);
		if (!c)
			continue;
		put(w, T_MEMBERS, "iissisissiiiisisi", ++w->nmembers, I(side),
		    e->desc->name, e->field->name, I(e->field->dup),
		    c->structure, I(c->candidates), c->path, c->type,
		    I(c->offset), I(c->size), I(c->bit_offset), I(c->bit_size),
		    shown_path(w, c->file), I(c->line),
		    shown_path(w, c->desc_file), I(c->desc_line));
		if (w->rows >= CHUNK_ROWS)
			commit(w);
	}
	free(seen.keys);
	free(seen.values);
}

static void write_notes(struct writer *w, int side, int judged,
			const struct note *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put(w, T_NOTES, "iiiiisss", ++w->nnotes, I(side), I(judged),
		    event_or_none(v[i].event), I(v[i].offset), v[i].section,
		    v[i].path, v[i].text);
}

static void write_side(struct writer *w, int side, const struct timeline *t)
{
	put(w, T_SIDES_, "iiiiiiiis", I(side), I(t->n), I(t->truncated),
	    I(t->reached_eof), I(t->early_eof), I(t->eof_offset),
	    I(t->footers), I(t->configuration), t->machine);
	for (size_t i = 0; i < t->nfailures; i++) {
		const struct failure *f = &t->failures[i];
		int64_t id = I(side) << 32 | I(i);

		put(w, T_FAILURES, "iiiiiiis", id, event_or_none(f->event),
		    event_or_none(f->section), I(f->offset), I(f->ret),
		    I(f->guess), I(f->crash), f->why);
		for (unsigned k = 0; k < f->nlines; k++)
			put(w, T_LINES, "iiis", ++w->nlines, id, I(0),
			    f->lines[k]);
		for (unsigned k = 0; k < f->nlines_10_2; k++)
			put(w, T_LINES, "iiis", ++w->nlines, id, I(1),
			    f->lines_10_2[k]);
	}
	write_notes(w, side, 1, t->unknowns, t->nunknowns);
	write_notes(w, side, 0, t->unjudged, t->nunjudged);
	for (size_t i = 0; i < t->nwarnings; i++)
		put(w, T_WARNINGS, "iis", ++w->nwarnings, I(side),
		    t->warnings[i]);
}

#define PLACE "iisiiiis"
#define PLACE_OF(p) I((p).there), I((p).offset), (p).idstr, I((p).instance), \
	I((p).section_id), I((p).version_id), I((p).section_offset), (p).path
#define SIDE "iiissii"
#define SIDE_OF(s) I((s).there), I((s).offset), I((s).size), (s).field, \
	(s).type, I((s).version), event_or_none((s).event)

static void write_analysis(struct writer *w, const struct timeline *t,
			   const struct analysis *a)
{
	int64_t failure = -1;

	for (size_t i = 0; i < t->nfailures; i++) {
		if (a->failure == &t->failures[i])
			failure = I(i);
	}
	for (size_t i = 0; i < a->ndivergences; i++) {
		const struct divergence *d = &a->divergences[i];

		put(w, T_DIVERGENCES, "iiis" PLACE SIDE SIDE, I(i), I(d->kind),
		    I(d->note), d->text, PLACE_OF(d->place),
		    SIDE_OF(d->source), SIDE_OF(d->destination));
	}
	for (size_t i = 0; i < a->nevidence; i++)
		put(w, T_EVIDENCE, "is", I(i), a->evidence[i]);
	put(w, T_ANALYSIS, "iiisssi" PLACE PLACE, I(1), I(a->verdict), failure,
	    a->cause_kind, a->cause, a->remedy,
	    a->first == SIZE_MAX ? I(-1) : I(a->first), PLACE_OF(a->diverges),
	    PLACE_OF(a->fails));
}

/* ---- who, when, of what ---- */

static void write_meta(struct writer *w, const struct account *source,
		       const struct destination *dest)
{
	const struct registry *reg = &dest->registry;
	struct passwd *pw = getpwuid(getuid());
	char created[40], host[256] = "";
	time_t now = time(NULL);
	struct tm tm;

	put_meta_int(w, "schema", RECORDING_VERSION);
	put_meta(w, "program", "vmsdb 0.1");
	if (!w->o->scrub) {
		strftime(created, sizeof(created), "%Y-%m-%dT%H:%M:%SZ",
			 gmtime_r(&now, &tm));
		gethostname(host, sizeof(host) - 1);
		put_meta(w, "created", created);
		put_meta(w, "host", host);
		put_meta(w, "user", pw ? pw->pw_name : NULL);
	}
	put_meta_int(w, "scrubbed", w->o->scrub);
	put_meta_int(w, "with_ram", w->o->with_ram);
	put_meta_int(w, "source_len", I(source->src->len));
	put_meta_int(w, "origin", I(source->src->origin));
	put_meta(w, "rules", rules_name(w->o->rules));
	put_meta_int(w, "has_description", source->has_description);
	put_meta(w, "source_note", source->note);
	put_meta_int(w, "page_bits", source->ram.page_bits);
	put_meta_int(w, "is_source", dest->is_source);
	put_meta_int(w, "blind", !source->self && dest->source_blind);
	put_meta(w, "machine", reg->machine);
	put_meta(w, "arch", reg->arch);
	put_meta_int(w, "dest_page_bits", reg->page_bits);
	put_meta_int(w, "dest_footers", reg->footers);
	put_meta_int(w, "dest_configuration", reg->configuration);
	put_meta_int(w, "dest_vmdescription", reg->vmdescription);
	put_meta_int(w, "release_min", reg->release_min);
	put_meta_int(w, "release_max", reg->release_max);
	put_meta_int(w, "registry_complete", reg->complete);
}

static void put_file(struct writer *w, int64_t *idx, const char *role,
		     const char *path, const char *containers, uint64_t len)
{
	put(w, T_FILES, "itssi0", (*idx)++, role, shown_path(w, path),
	    containers, I(len));
}

static void write_files(struct writer *w, const struct account *source,
			const struct destination *dest)
{
	int64_t i = 0;

	put_file(w, &i, "source", source->src->path, source->src->containers,
		 source->src->len);
	if (dest->is_source)
		return;
	if (dest->reference)
		put_file(w, &i, "reference", dest->reference->src->path,
			 dest->reference->src->containers,
			 dest->reference->src->len);
	for (size_t k = 0; k < dest->nmore; k++)
		put_file(w, &i, "more", dest->more[k]->src->path,
			 dest->more[k]->src->containers,
			 dest->more[k]->src->len);
	for (size_t k = 0; k < dest->registry.nsets; k++)
		put_file(w, &i, "account", dest->registry.sets[k]->path, NULL,
			 0);
}

static void write_entries(struct writer *w, const struct registry *reg)
{
	for (size_t i = 0; i < reg->nentries; i++) {
		const struct entry *e = &reg->entries[i];

		put(w, T_ENTRIES, "isiisiiiiiii", I(i), e->idstr,
		    I(e->instance), I(e->alias), e->compat,
		    I(e->compat_instance), I(e->version),
		    desc_id(w, e->desc, 0), I(e->old_style), I(e->from),
		    I(e->from_version), I(e->from_alias));
	}
}

static void write_names(struct writer *w)
{
	for (int k = 0; k < N_COUNT; k++) {
		for (size_t i = 0; i < numbered[k].n; i++)
			put(w, T_NAMES, "tit", numbered[k].what, I(i),
			    numbered[k].names[i]);
	}
}

static void create_tables(struct writer *w)
{
	char sql[2048], marks[128];

	for (int t = 0; t < T_COUNT && !w->failed; t++) {
		const char *columns = schema[t].columns;
		size_t first = strcspn(columns, ",");
		int n = count_columns((enum table)t), k = 0;

		snprintf(sql, sizeof(sql), "CREATE TABLE %s(%.*s%s%s)",
			 schema[t].name, (int)first, columns,
			 schema[t].key ? " INTEGER PRIMARY KEY" : "",
			 columns + first);
		exec(w, sql);
		for (int i = 0; i < n; i++)
			k += snprintf(marks + k, sizeof(marks) - (size_t)k,
				      i ? ",?" : "?");
		snprintf(sql, sizeof(sql), "INSERT INTO %s VALUES(%s)",
			 schema[t].name, marks);
		if (!w->failed && sqlite3_prepare_v2(w->db, sql, -1,
						     &w->insert[t], NULL))
			sql_failed(w, "write");
	}
}

/* Only what is a recording (or empty) may be replaced. */
static int make_room(const char *path, struct err *err)
{
	char side[4200];
	struct stat st;

	if (stat(path, &st) < 0)
		return 0;
	if (!S_ISREG(st.st_mode) || (st.st_size && !recording_is(path)))
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "is there "
			       "already, and is no recording: not replaced");
	if (unlink(path) < 0)
		return err_set(err, ERR_IO, ERR_NO_OFFSET,
			       "cannot replace it: %m");
	/* a journal left by a writer that died belongs to the old file */
	snprintf(side, sizeof(side), "%s-journal", path);
	unlink(side);
	return 0;
}

static int open_for_writing(struct writer *w, const char *path)
{
	static const char setup[] =
		"PRAGMA page_size=4096; PRAGMA journal_mode=DELETE;"
		"PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;"
		"PRAGMA locking_mode=EXCLUSIVE; BEGIN;"
		/* in the first transaction: no tables, no recording */
		"PRAGMA application_id=1447908164; PRAGMA user_version=2";

	_Static_assert(APPLICATION_ID == 1447908164, "application_id");
	_Static_assert(RECORDING_VERSION == 2, "user_version");
	if (make_room(path, w->err) < 0) {
		w->failed = true;
		return -1;
	}
	if (sqlite3_open_v2(path, &w->db, SQLITE_OPEN_READWRITE |
			    SQLITE_OPEN_CREATE | SQLITE_OPEN_PRIVATECACHE,
			    NULL) != SQLITE_OK)
		return sql_failed(w, "create it");
	return exec(w, setup);
}

/* What the source wrote, as it says itself, or as others read it. */
static const struct timeline *source_side(const struct account *source,
					  const struct destination *dest)
{
	return source->self ? source->self : dest->source_blind;
}

static void write_all(struct writer *w, const struct account *source,
		      const struct destination *dest, const struct timeline *t,
		      const struct analysis *a)
{
	const struct timeline *own = source_side(source, dest);
	struct byte_ranges keep = { 0 };
	char sum[65];

	if (w->o->scrub) {
		scrub_public(&w->public, own, t);
		find_tainted(w, t);
		if (own)
			find_tainted(w, own);
	}
	create_tables(w);
	write_names(w);
	write_meta(w, source, dest);
	write_files(w, source, dest);
	commit(w);
	choose_bytes(w, source, a, &keep);
	write_bytes(w, source, &keep);
	free(keep.v);
	write_entries(w, &dest->registry);
	write_events(w, 0, t);
	if (own)
		write_events(w, 1, own);
	write_members(w, 0, t);
	write_members(w, 1, own);
	write_ram(w, &source->ram);
	write_side(w, 0, t);
	if (own)
		write_side(w, 1, own);
	for (size_t i = 0; i < w->o->nmarks; i++) {
		const struct recording_mark *m = &w->o->marks[i];

		put(w, T_MARKS, "itiiiss", I(i), m->kind, I(m->number),
		    event_or_none(m->event), I(m->offset), m->path, m->text);
	}
	if (a)
		write_analysis(w, t, a);
	sha256_hex(&w->sum, sum);
	if (!w->o->scrub && !w->o->with_ram) {
		char sql[160];

		snprintf(sql, sizeof(sql), "UPDATE files SET sha256='%s' "
			 "WHERE idx=0", sum);
		exec(w, sql);
	}
	put_meta_int(w, "complete", 1);
	exec(w, "COMMIT");
}

int recording_save(const char *path, const struct account *source,
		   const struct destination *dest, const struct timeline *t,
		   const struct analysis *a, const struct recording_opts *opts,
		   struct err *err)
{
	static const struct recording_opts none = { .rules = RULES_CURRENT };
	struct writer w = { .o = opts ? opts : &none, .err = err };

	arena_init(&w.arena);
	sha256_init(&w.sum);
	if (open_for_writing(&w, path) == 0)
		write_all(&w, source, dest, t, a);
	for (int i = 0; i < T_COUNT; i++)
		sqlite3_finalize(w.insert[i]);
	sqlite3_close(w.db);
	free(w.tainted);
	free(w.public.v);
	free(w.strings.keys);
	free(w.strings.values);
	free(w.descs.keys);
	free(w.descs.values);
	free(w.fields.keys);
	free(w.fields.values);
	arena_release(&w.arena);
	return w.failed ? -1 : 0;
}
