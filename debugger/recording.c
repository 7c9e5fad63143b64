/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only user of sqlite3.  The upper half writes, the lower half reads; the
 * table of tables between them is the schema for both.
 */
#include <assert.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "recording.h"
#include "scrub.h"
#include "sha256.h"

#define APPLICATION_ID 0x564d5344	/* "VMSD" */
#define CHUNK_EVENTS 4096u
#define CHUNK_ROWS 32768u
#define CHUNK_BYTES 65536u
#define MAX_SOURCE (UINT64_C(1) << 44)
#define MAX_DESC_DEPTH 64
#define SIDES 2		/* 0: the load by the destination, 1: the source's own */

/* name, key (the first column is the rowid), columns */
#define TABLES(X) \
	X(META, "meta", false, "key,value") \
	X(FILES, "files", true, "idx,role,path,containers,len,sha256") \
	X(STRINGS, "strings", true, "id,s") \
	X(NAMES, "names", false, "what,id,name") \
	X(DESCS, "descs", true, "id,name,version,min_version,all_fields," \
	  "all_subs,unmigratable,early_setup,origin,origin_version,origin_min," \
	  "addr,needed_fn,pre_load_fn,post_load_fn,pre_save_fn,needed_name," \
	  "post_load_name,symbol,file,min_old,load_state_old_fn," \
	  "pre_load_name,pre_save_name,first_field,nfields,first_sub,nsubs") \
	X(FIELDS, "fields", true, "id,desc,name,dup,type,sub,presence," \
	  "version,struct_version,flags,size,num,count_field,multiplier," \
	  "offset,num_offset,size_offset,start,exists_fn,exists_name," \
	  "origin_type,origin_exists,origin_version,origin_size,origin_num," \
	  "origin_count,origin_layout,origin_desc,key_desc,first_elem,nelems") \
	X(ELEMS, "elems", true, "id,desc") \
	X(SUBS, "subs", true, "id,desc,sub") \
	X(ENTRIES, "entries", true, "idx,idstr,instance,alias,compat," \
	  "compat_instance,version,desc,old_style,origin,origin_version," \
	  "origin_alias") \
	X(BYTES, "bytes", true, "off,data") \
	X(RAM_BLOCKS, "ram_blocks", true, "idx,name,len,off,page_size,gpa," \
	  "bitmap_off,pages_off") \
	X(RAM_RUNS, "ram_runs", true, "idx,block,addr,off,n,stride,kind") \
	X(RAM_SECTIONS, "ram_sections", true, "idx,start,stop,ret," \
	  "first_block,nblocks,first_run,nruns") \
	X(EVENTS, "events", true, "id,off,len,desc,field,name,type,text," \
	  "parent,stop,section,n,elem,version,instance,kind,outcome,depth," \
	  "origin,flags,section_kind") \
	X(SIDES_, "sides", true, "side,n,truncated,reached_eof,early_eof," \
	  "eof_offset,footers,configuration,machine") \
	X(FAILURES, "failures", true, "id,event,section,off,ret,guess,crash," \
	  "why") \
	X(LINES, "lines", true, "id,failure,newer,s") \
	X(NOTES, "notes", true, "id,side,judged,event,off,section,path,s") \
	X(WARNINGS, "warnings", true, "id,side,s") \
	X(MEMBERS, "members", true, "id,side,desc,field,dup,structure," \
	  "candidates,path,type,off,size,bit_off,bit_size,file,line," \
	  "desc_file,desc_line") \
	X(DIVERGENCES, "divergences", true, "idx,kind,note,s," \
	  "p_there,p_off,p_idstr,p_instance,p_section_id,p_version," \
	  "p_section_off,p_path," \
	  "s_there,s_off,s_size,s_field,s_type,s_version,s_event," \
	  "d_there,d_off,d_size,d_field,d_type,d_version,d_event") \
	X(EVIDENCE, "evidence", true, "idx,s") \
	X(ANALYSIS, "analysis", true, "one,verdict,failure,cause_kind,cause," \
	  "remedy,first," \
	  "diverges_there,diverges_off,diverges_idstr,diverges_instance," \
	  "diverges_section_id,diverges_version,diverges_section_off," \
	  "diverges_path," \
	  "fails_there,fails_off,fails_idstr,fails_instance," \
	  "fails_section_id,fails_version,fails_section_off,fails_path") \
	X(MARKS, "marks", true, "idx,kind,number,event,off,path,s")

enum table {
#define X(id, name, key, columns) T_##id,
	TABLES(X)
#undef X
	T_COUNT
};

static const struct {
	const char *name;
	bool key;
	const char *columns;
} tables[T_COUNT] = {
#define X(id, name, key, columns) { name, key, columns },
	TABLES(X)
#undef X
};

static int count_columns(enum table t)
{
	int n = 1;

	for (const char *s = tables[t].columns; *s; s++)
		n += *s == ',';
	return n;
}

/* The enums whose numbers another release may have renumbered. */
enum numbered { N_EVENT, N_OUTCOME, N_DIVERGENCE, N_VERDICT, N_FROM, N_COUNT };

static const char *const names_event[] = {
#define X(id, name, help) name,
	EVENT_KINDS(X)
#undef X
};

static const char *const names_outcome[] = {
#define X(id, name, help) name,
	OUTCOMES(X)
#undef X
};

static const char *const names_divergence[] = {
#define X(id, name, help) name,
	DIVERGENCES(X)
#undef X
};

static const char *const names_verdict[] = {
#define X(id, name, status, help) name,
	VERDICTS(X)
#undef X
};

static const char *const names_from[] = {
	"nobody", "guess", "source", "known", "reference", "dump", "binary",
	"process",
};

#define LIST(v) v, sizeof(v) / sizeof(v[0])
static const struct {
	const char *what;
	const char *const *names;
	size_t n;
} numbered[N_COUNT] = {
	[N_EVENT] = { "event", LIST(names_event) },
	[N_OUTCOME] = { "outcome", LIST(names_outcome) },
	[N_DIVERGENCE] = { "divergence", LIST(names_divergence) },
	[N_VERDICT] = { "verdict", LIST(names_verdict) },
	[N_FROM] = { "from", LIST(names_from) },
};

/* ---- writing ---- */

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

/*
 * A loader that has lost its way takes any bytes for a section's or a
 * subsection's name, and puts them into its messages.
 */
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
		const char *columns = tables[t].columns;
		size_t first = strcspn(columns, ",");
		int n = count_columns((enum table)t), k = 0;

		snprintf(sql, sizeof(sql), "CREATE TABLE %s(%.*s%s%s)",
			 tables[t].name, (int)first, columns,
			 tables[t].key ? " INTEGER PRIMARY KEY" : "",
			 columns + first);
		exec(w, sql);
		for (int i = 0; i < n; i++)
			k += snprintf(marks + k, sizeof(marks) - (size_t)k,
				      i ? ",?" : "?");
		snprintf(sql, sizeof(sql), "INSERT INTO %s VALUES(%s)",
			 tables[t].name, marks);
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

/* ---- reading ---- */

struct recording {
	struct arena arena;
	sqlite3 *db;		/* NULL once all is read */
	struct source src;
	uint8_t *data;		/* src.data, mapped here */
	struct account source;
	struct destination dest;
	struct account reference;	/* of it only a path is known */
	struct source reference_src;
	struct desc_set sets[16];
	struct timeline *side[SIDES];
	struct members *members[SIDES];
	struct analysis analysis;
	struct recording_mark *marks;
	size_t nmarks;
	const char **strings;	/* by id; [0] is NULL */
	size_t nstrings, strings_cap;
	struct desc *descs;	/* by id - 1 */
	unsigned char *depths;
	size_t ndescs, descs_cap;
	struct desc_field *fields;
	size_t nfields, fields_cap;
	const struct desc **subs;
	size_t nsubs, subs_cap;
	const struct desc **elems;	/* by id - 1 */
	size_t nelems;
	int *numbers[N_COUNT];	/* the file's numbers to ours, -1 none */
	size_t nnumbers[N_COUNT];
	struct { const char *key, *value; } *meta;
	size_t nmeta, meta_cap;
	enum rules rules;
	int version;		/* of the schema */
	bool complete, scrubbed;
	const char *note;
	struct err *err;
};

/* A table being read, row by row, column by column. */
struct rows {
	struct recording *r;
	sqlite3_stmt *st;
	enum table t;
	int col;
	bool bad;
	int result;
};

static int damaged(struct recording *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int damaged(struct recording *r, const char *fmt, ...)
{
	char buf[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	return err_set(r->err, ERR_FORMAT, ERR_NO_OFFSET,
		       "damaged recording: %s", buf);
}

static int rows_open(struct rows *q, struct recording *r, enum table t)
{
	char sql[2048];
	bool two = t == T_NAMES;

	*q = (struct rows){ .r = r, .t = t };
	snprintf(sql, sizeof(sql), "SELECT %s FROM main.%s ORDER BY 1%s",
		 tables[t].columns, tables[t].name, two ? ",2" : "");
	if (sqlite3_prepare_v2(r->db, sql, -1, &q->st, NULL) != SQLITE_OK)
		return damaged(r, "table %s: %s", tables[t].name,
			       sqlite3_errmsg(r->db));
	return 0;
}

/* 1: a row, 0: none is left, -1 */
static int rows_next(struct rows *q)
{
	int code = sqlite3_step(q->st);

	q->col = 0;
	if (code == SQLITE_ROW)
		return 1;
	if (code == SQLITE_DONE)
		return q->result = 0;
	return q->result = damaged(q->r, "table %s: %s", tables[q->t].name,
				   sqlite3_errmsg(q->r->db));
}

/* Finish; -1 with err if something was wrong in a row. */
static int rows_close(struct rows *q)
{
	sqlite3_finalize(q->st);
	q->st = NULL;
	if (q->result < 0)
		return -1;
	if (q->bad)
		return damaged(q->r, "table %s: column %d is out of range",
			       tables[q->t].name, q->col);
	return 0;
}

static int64_t take_int(struct rows *q, int64_t lo, int64_t hi)
{
	int64_t v;

	if (q->bad)
		return lo;
	if (sqlite3_column_type(q->st, q->col) != SQLITE_INTEGER) {
		q->bad = true;
		return lo;
	}
	v = sqlite3_column_int64(q->st, q->col);
	if (v < lo || v > hi) {
		q->bad = true;
		return lo;
	}
	q->col++;
	return v;
}

static uint64_t take_u64(struct rows *q)
{
	return (uint64_t)take_int(q, INT64_MIN, INT64_MAX);
}

static uint32_t take_u32(struct rows *q)
{
	return (uint32_t)take_int(q, 0, UINT32_MAX);
}

static int32_t take_i32(struct rows *q)
{
	return (int32_t)take_int(q, INT32_MIN, INT32_MAX);
}

static bool take_bool(struct rows *q)
{
	return take_int(q, 0, 1) != 0;
}

/* An event's number below @n, or EVENT_NONE. */
static uint32_t take_event(struct rows *q, uint32_t n)
{
	int64_t v = take_int(q, -1, UINT32_MAX);

	return v < 0 || v >= n ? EVENT_NONE : (uint32_t)v;
}

static const char *take_str(struct rows *q)
{
	if (!q->bad && sqlite3_column_type(q->st, q->col) == SQLITE_NULL) {
		q->col++;
		return NULL;
	}
	return q->r->strings[take_int(q, 1, (int64_t)q->r->nstrings - 1)];
}

static const char *take_str_or_empty(struct rows *q)
{
	const char *s = take_str(q);

	return s ? s : "";
}

/* A text in place; NULL if it is no text. */
static const char *take_text(struct rows *q)
{
	const void *p = sqlite3_column_blob(q->st, q->col);
	int n = sqlite3_column_bytes(q->st, q->col);
	char *s;

	if (q->bad || sqlite3_column_type(q->st, q->col++) == SQLITE_NULL)
		return NULL;
	s = arena_alloc(&q->r->arena, (size_t)n + 1);
	if (n)
		memcpy(s, p, (size_t)n);
	return s;
}

static int take_number(struct rows *q, enum numbered k)
{
	const struct recording *r = q->r;
	int64_t v = r->nnumbers[k] ?
		take_int(q, 0, (int64_t)r->nnumbers[k] - 1) : 0;

	if (q->bad || !r->nnumbers[k] || r->numbers[k][v] < 0) {
		q->bad = true;
		return 0;
	}
	return r->numbers[k][v];
}

static const struct desc *take_desc(struct rows *q, size_t below)
{
	int64_t id = take_int(q, 0, (int64_t)below);

	return id ? &q->r->descs[id - 1] : NULL;
}

static int read_strings(struct recording *r)
{
	struct rows q;

	r->strings = grow_array(NULL, &r->strings_cap, 1024,
				sizeof(*r->strings));
	r->strings[0] = "";
	r->nstrings = 1;
	if (rows_open(&q, r, T_STRINGS) < 0)
		return -1;
	while (rows_next(&q) > 0 && !q.bad) {
		const char *s;

		take_int(&q, (int64_t)r->nstrings, (int64_t)r->nstrings);
		if (q.bad)
			break;
		s = take_text(&q);
		r->strings = grow_array(r->strings, &r->strings_cap,
					r->nstrings + 1, sizeof(*r->strings));
		r->strings[r->nstrings++] = s ? s : "";
	}
	return rows_close(&q);
}

static int our_number(enum numbered k, const char *name)
{
	for (size_t i = 0; i < numbered[k].n; i++) {
		if (name && !strcmp(numbered[k].names[i], name))
			return (int)i;
	}
	return -1;
}

static int read_names(struct recording *r)
{
	struct rows q;

	for (int k = 0; k < N_COUNT; k++)
		r->numbers[k] = arena_calloc(&r->arena, 256, sizeof(int));
	if (rows_open(&q, r, T_NAMES) < 0)
		return -1;
	while (rows_next(&q) > 0 && !q.bad) {
		const char *what = take_text(&q);
		int64_t id = take_int(&q, 0, 255);
		const char *name = take_text(&q);

		for (int k = 0; k < N_COUNT && !q.bad; k++) {
			if (!what || strcmp(numbered[k].what, what))
				continue;
			if ((size_t)id != r->nnumbers[k])
				q.bad = true;
			else
				r->numbers[k][r->nnumbers[k]++] =
					our_number((enum numbered)k, name);
		}
	}
	return rows_close(&q);
}

static const char *meta(const struct recording *r, const char *key)
{
	for (size_t i = 0; i < r->nmeta; i++) {
		if (!strcmp(r->meta[i].key, key))
			return r->meta[i].value;
	}
	return NULL;
}

static int64_t meta_int(const struct recording *r, const char *key, int64_t lo,
			int64_t hi)
{
	const char *s = meta(r, key);
	int64_t v = s ? strtoll(s, NULL, 10) : 0;

	return v < lo ? lo : v > hi ? hi : v;
}

static int read_meta(struct recording *r)
{
	struct rows q;

	if (rows_open(&q, r, T_META) < 0)
		return -1;
	while (rows_next(&q) > 0 && !q.bad && r->nmeta < 1000) {
		const char *key = take_text(&q), *value = take_text(&q);

		if (!key || !value)
			continue;
		r->meta = grow_array(r->meta, &r->meta_cap, r->nmeta + 1,
				     sizeof(*r->meta));
		r->meta[r->nmeta].key = key;
		r->meta[r->nmeta++].value = value;
	}
	return rows_close(&q);
}

/* ---- descriptors ---- */

/* Names are never NULL in descriptors that others read. */
static void take_field(struct rows *q, struct desc_field *f, size_t below)
{
	const struct recording *r = q->r;
	int64_t elem, n;

	f->name = take_str_or_empty(q);
	f->dup = (int)take_i32(q);
	f->type = take_str(q);
	f->desc = take_desc(q, below);
	f->exists = (enum desc_exists)take_int(q, 0, EXISTS_WRITTEN);
	f->version = take_i32(q);
	f->struct_version = take_i32(q);
	f->flags = take_u32(q);
	f->size = take_u64(q);
	f->num = (int64_t)take_u64(q);
	f->count_field = take_str(q);
	f->multiplier = take_u32(q);
	f->offset = take_u64(q);
	f->num_offset = take_u64(q);
	f->size_offset = take_u64(q);
	f->start = take_u64(q);
	f->exists_fn = take_u64(q);
	f->exists_name = take_str(q);
	f->from_type = (uint8_t)take_number(q, N_FROM);
	f->from_exists = (uint8_t)take_number(q, N_FROM);
	f->from_version = (uint8_t)take_number(q, N_FROM);
	f->from_size = (uint8_t)take_number(q, N_FROM);
	f->from_num = (uint8_t)take_number(q, N_FROM);
	f->from_count = (uint8_t)take_number(q, N_FROM);
	f->from_layout = (uint8_t)take_number(q, N_FROM);
	f->from_desc = (uint8_t)take_number(q, N_FROM);
	f->key_desc = take_desc(q, below);
	elem = take_int(q, 1, (int64_t)r->nelems + 1);
	n = take_int(q, 0, (int64_t)r->nelems - elem + 1);
	for (int64_t i = 0; i < n && !q->bad; i++) {
		const struct desc *d = r->elems[elem - 1 + i];

		/* only what comes before: no cycles */
		if (!d || d >= r->descs + below)
			return;
	}
	f->elem_descs = n ? &r->elems[elem - 1] : NULL;
	f->nelem_descs = (size_t)n;
}

static size_t count_rows(struct recording *r, enum table t)
{
	char sql[100];
	sqlite3_stmt *st;
	int64_t n = 0;

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM main.%s",
		 tables[t].name);
	if (sqlite3_prepare_v2(r->db, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n > 0 && n < INT32_MAX ? (size_t)n : 0;
}

static int read_fields(struct recording *r)
{
	struct rows q;
	size_t n = count_rows(r, T_FIELDS);

	r->fields = arena_calloc(&r->arena, n + 1, sizeof(*r->fields));
	if (rows_open(&q, r, T_FIELDS) < 0)
		return -1;
	while (r->nfields < n && rows_next(&q) > 0 && !q.bad) {
		int64_t desc;

		take_int(&q, (int64_t)r->nfields + 1, (int64_t)r->nfields + 1);
		desc = take_int(&q, 0, (int64_t)r->ndescs);
		take_field(&q, &r->fields[r->nfields],
			   desc ? (size_t)desc - 1 : r->ndescs);
		r->nfields++;
	}
	return rows_close(&q);
}

static int read_elems(struct recording *r)
{
	struct rows q;
	size_t n = count_rows(r, T_ELEMS);

	r->elems = arena_calloc(&r->arena, n + 1, sizeof(*r->elems));
	if (rows_open(&q, r, T_ELEMS) < 0)
		return -1;
	while (r->nelems < n && rows_next(&q) > 0 && !q.bad) {
		take_int(&q, (int64_t)r->nelems + 1, (int64_t)r->nelems + 1);
		r->elems[r->nelems] = take_desc(&q, r->ndescs);
		r->nelems++;
	}
	return rows_close(&q);
}

static int read_subs(struct recording *r)
{
	struct rows q;
	size_t n = count_rows(r, T_SUBS);

	r->subs = arena_calloc(&r->arena, n + 1, sizeof(*r->subs));
	if (rows_open(&q, r, T_SUBS) < 0)
		return -1;
	while (r->nsubs < n && rows_next(&q) > 0 && !q.bad) {
		int64_t desc;

		take_int(&q, (int64_t)r->nsubs + 1, (int64_t)r->nsubs + 1);
		desc = take_int(&q, 1, (int64_t)r->ndescs);
		r->subs[r->nsubs] = take_desc(&q, (size_t)desc - 1);
		r->nsubs++;
	}
	return rows_close(&q);
}

static void take_one_desc(struct rows *q, struct desc *d, int64_t range[4])
{
	d->name = take_str_or_empty(q);
	d->version = take_i32(q);
	d->min_version = take_i32(q);
	d->all_fields = take_bool(q);
	d->all_subs = take_bool(q);
	d->unmigratable = take_bool(q);
	d->early_setup = take_bool(q);
	d->from = (uint8_t)take_number(q, N_FROM);
	d->from_version = (uint8_t)take_number(q, N_FROM);
	d->from_min = (uint8_t)take_number(q, N_FROM);
	d->addr = take_u64(q);
	d->needed_fn = take_u64(q);
	d->pre_load_fn = take_u64(q);
	d->post_load_fn = take_u64(q);
	d->pre_save_fn = take_u64(q);
	d->needed_name = take_str(q);
	d->post_load_name = take_str(q);
	d->symbol = take_str(q);
	d->file = take_str(q);
	d->min_old = take_i32(q);
	d->load_state_old_fn = take_u64(q);
	d->pre_load_name = take_str(q);
	d->pre_save_name = take_str(q);
	for (int i = 0; i < 4; i++)
		range[i] = take_int(q, 0, INT32_MAX);
}

/* May @d hold @in (or NULL)?  *@depth grows to what that makes it. */
static bool holds(const struct recording *r, const struct desc *d,
		  const struct desc *in, unsigned *depth)
{
	if (!in)
		return true;
	if (in >= d)
		return false;
	if (r->depths[in - r->descs] >= *depth)
		*depth = r->depths[in - r->descs] + 1u;
	return true;
}

/* A descriptor's own fields and subsections, once those are read. */
static int link_desc(struct recording *r, size_t i, const int64_t range[4])
{
	struct desc *d = &r->descs[i];
	size_t to = 0;
	unsigned depth = 0;
	const struct desc **subs;

	if (range[0] < 1 || range[2] < 1 ||
	    (size_t)(range[0] - 1 + range[1]) > r->nfields ||
	    (size_t)(range[2] - 1 + range[3]) > r->nsubs)
		return damaged(r, "descriptor '%.100s' has fields that are not "
			       "there", d->name);
	d->fields = &r->fields[range[0] - 1];
	d->nfields = (size_t)range[1];
	/* a subsection that closes a cycle was not written: leave it out */
	subs = &r->subs[range[2] - 1];
	for (int64_t k = 0; k < range[3]; k++) {
		if (subs[k])
			subs[to++] = subs[k];
	}
	d->subs = subs;
	d->nsubs = to;
	/* a range of another descriptor's fields could make a cycle */
	for (size_t k = 0; k < d->nfields; k++) {
		const struct desc_field *f = &d->fields[k];

		if (!holds(r, d, f->desc, &depth) ||
		    !holds(r, d, f->key_desc, &depth))
			depth = MAX_DESC_DEPTH;
		for (size_t m = 0; m < f->nelem_descs; m++) {
			if (!holds(r, d, f->elem_descs[m], &depth))
				depth = MAX_DESC_DEPTH;
		}
	}
	for (size_t k = 0; k < to; k++) {
		if (!holds(r, d, subs[k], &depth))
			depth = MAX_DESC_DEPTH;
	}
	if (depth >= MAX_DESC_DEPTH)
		return damaged(r, "descriptor '%.100s' is nested too deeply, "
			       "or holds itself", d->name);
	r->depths[i] = (unsigned char)depth;
	return 0;
}

static int read_descs(struct recording *r)
{
	size_t n = count_rows(r, T_DESCS);
	int64_t (*ranges)[4] = calloc(n + 1, sizeof(*ranges));
	struct rows q;
	int ret = -1;

	if (!ranges)
		abort();
	r->descs = arena_calloc(&r->arena, n + 1, sizeof(*r->descs));
	r->depths = arena_calloc(&r->arena, n + 1, 1);
	if (rows_open(&q, r, T_DESCS) < 0)
		goto out;
	while (r->ndescs < n && rows_next(&q) > 0 && !q.bad) {
		take_int(&q, (int64_t)r->ndescs + 1, (int64_t)r->ndescs + 1);
		take_one_desc(&q, &r->descs[r->ndescs], ranges[r->ndescs]);
		r->ndescs++;
	}
	if (rows_close(&q) < 0 || read_elems(r) < 0 || read_fields(r) < 0 ||
	    read_subs(r) < 0)
		goto out;
	ret = 0;
	for (size_t i = 0; i < r->ndescs && !ret; i++)
		ret = link_desc(r, i, ranges[i]);
out:
	free(ranges);
	return ret;
}

static int read_entries(struct recording *r)
{
	struct registry *reg = &r->dest.registry;
	struct rows q;

	if (rows_open(&q, r, T_ENTRIES) < 0)
		return -1;
	while (rows_next(&q) > 0 && !q.bad) {
		struct entry e = { 0 };

		take_int(&q, (int64_t)reg->nentries, (int64_t)reg->nentries);
		e.idstr = take_str_or_empty(&q);
		e.instance = take_u32(&q);
		e.alias = take_u32(&q);
		e.compat = take_str(&q);
		e.compat_instance = take_u32(&q);
		e.version = take_i32(&q);
		e.desc = take_desc(&q, r->ndescs);
		e.old_style = take_bool(&q);
		e.from = (uint8_t)take_number(&q, N_FROM);
		e.from_version = (uint8_t)take_number(&q, N_FROM);
		e.from_alias = (uint8_t)take_number(&q, N_FROM);
		reg->entries = grow_array(reg->entries, &reg->entries_cap,
					  reg->nentries + 1, sizeof(e));
		reg->entries[reg->nentries++] = e;
	}
	return rows_close(&q);
}

/* ---- bytes and RAM ---- */

static int read_bytes(struct recording *r)
{
	uint64_t len = (uint64_t)meta_int(r, "source_len", 0, INT64_MAX);
	struct rows q;

	if (len > MAX_SOURCE)
		return damaged(r, "a stream of %" PRIu64 " bytes", len);
	r->data = mmap(NULL, len + 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (r->data == MAP_FAILED) {
		r->data = NULL;
		return err_set(r->err, ERR_IO, ERR_NO_OFFSET, "cannot map %"
			       PRIu64 " bytes: %m", len);
	}
	r->src.data = r->src.file = r->data;
	r->src.len = r->src.file_len = len;
	if (rows_open(&q, r, T_BYTES) < 0)
		return -1;
	while (rows_next(&q) > 0 && !q.bad) {
		uint64_t off = (uint64_t)take_int(&q, 0, INT64_MAX);
		const void *p = sqlite3_column_blob(q.st, 1);
		uint64_t n = (uint64_t)sqlite3_column_bytes(q.st, 1);

		if (off > len || n > len - off)
			q.bad = true;
		else if (n && p)
			memcpy(r->data + off, p, n);
	}
	return rows_close(&q);
}

static int read_ram_blocks(struct recording *r)
{
	struct ram *ram = &r->source.ram;
	struct rows q;

	if (rows_open(&q, r, T_RAM_BLOCKS) < 0)
		return -1;
	while (rows_next(&q) > 0 && !q.bad) {
		struct ram_block b;

		take_int(&q, (int64_t)ram->nblocks, (int64_t)ram->nblocks);
		b.name = take_str_or_empty(&q);
		b.len = take_u64(&q);
		b.off = take_u64(&q);
		b.page_size = take_u64(&q);
		b.gpa = take_u64(&q);
		b.bitmap_off = take_u64(&q);
		b.pages_off = take_u64(&q);
		ram->blocks = grow_array(ram->blocks, &ram->blocks_cap,
					 ram->nblocks + 1, sizeof(b));
		ram->blocks[ram->nblocks++] = b;
	}
	return rows_close(&q);
}

static int read_ram_runs(struct recording *r)
{
	struct ram *ram = &r->source.ram;
	uint64_t len = r->src.len;
	struct rows q;

	if (rows_open(&q, r, T_RAM_RUNS) < 0)
		return -1;
	while (rows_next(&q) > 0 && !q.bad) {
		struct ram_run x;
		uint64_t span, need;

		take_int(&q, (int64_t)ram->nruns, (int64_t)ram->nruns);
		x.block = (uint32_t)take_int(&q, 0, (int64_t)ram->nblocks - 1);
		x.addr = (uint64_t)take_int(&q, 0, INT64_MAX);
		x.off = (uint64_t)take_int(&q, 0, (int64_t)len);
		x.n = (uint64_t)take_int(&q, 1, INT64_MAX);
		x.stride = (uint64_t)take_int(&q, 0, 1 << 30);
		x.kind = (uint8_t)take_int(&q, 0, RAM_MAPPED);
		need = x.kind == RAM_PAGE || x.kind == RAM_MAPPED ?
			1ull << ram->page_bits : x.kind == RAM_ZERO ? 1 :
			x.stride;
		if (q.bad)
			break;
		/* a run that was cut off lies in the index, too: leave it out */
		if (__builtin_mul_overflow(x.n - 1, x.stride, &span) ||
		    need > len - x.off || span > len - x.off - need)
			x.n = 0;
		ram->runs = grow_array(ram->runs, &ram->runs_cap,
				       ram->nruns + 1, sizeof(x));
		ram->runs[ram->nruns++] = x;
		ram->pages[x.kind] += x.n;
	}
	return rows_close(&q);
}

static int read_ram_sections(struct recording *r)
{
	struct ram *ram = &r->source.ram;
	struct rows q;

	if (rows_open(&q, r, T_RAM_SECTIONS) < 0)
		return -1;
	while (rows_next(&q) > 0 && !q.bad) {
		struct ram_section s = { 0 };

		take_int(&q, (int64_t)ram->nsections, (int64_t)ram->nsections);
		s.start = (uint64_t)take_int(&q, 0, (int64_t)r->src.len);
		s.end = (uint64_t)take_int(&q, (int64_t)s.start,
					   (int64_t)r->src.len);
		s.ret = take_i32(&q);
		s.first_block = (size_t)take_int(&q, 0, (int64_t)ram->nblocks);
		s.nblocks = (size_t)take_int(&q, 0, 1 << 30);
		s.first_run = (size_t)take_int(&q, 0, (int64_t)ram->nruns);
		s.nruns = (size_t)take_int(&q, 0, (int64_t)ram->nruns -
					   (int64_t)s.first_run);
		ram->sections = grow_array(ram->sections, &ram->sections_cap,
					   ram->nsections + 1, sizeof(s));
		ram->sections[ram->nsections++] = s;
	}
	return rows_close(&q);
}

static int read_ram(struct recording *r)
{
	r->source.ram.page_bits = (unsigned)meta_int(r, "page_bits", 10, 20);
	return read_ram_blocks(r) < 0 || read_ram_runs(r) < 0 ||
		read_ram_sections(r) < 0 ? -1 : 0;
}

/* ---- timelines ---- */

static void take_one_event(struct rows *q, struct event *e, uint32_t i)
{
	struct recording *r = q->r;
	int64_t field, flags;

	e->off = (uint64_t)take_int(q, 0, (int64_t)r->src.len);
	e->len = (uint64_t)take_int(q, 0, (int64_t)(r->src.len - e->off));
	e->desc = take_desc(q, r->ndescs);
	field = take_int(q, 0, (int64_t)r->nfields);
	e->field = field ? &r->fields[field - 1] : NULL;
	e->name = take_str(q);
	e->type = take_str(q);
	e->text = take_str(q);
	e->parent = i ? (uint32_t)take_int(q, 0, i - 1) :
		(uint32_t)take_int(q, -1, -1);
	e->end = (uint32_t)take_int(q, (int64_t)i + 1, UINT32_MAX);
	e->section = (uint32_t)take_int(q, -1, i);
	e->n = take_u32(q);
	e->elem = take_u32(q);
	e->version = take_i32(q);
	e->instance = take_u32(q);
	e->kind = (uint8_t)take_number(q, N_EVENT);
	e->outcome = (uint8_t)take_number(q, N_OUTCOME);
	e->depth = (uint8_t)take_int(q, 0, 250);
	e->from = (uint8_t)take_number(q, N_FROM);
	flags = take_int(q, 0, 3);
	e->is_array = flags & 1;
	e->guess = flags >> 1;
	e->section_kind = (uint8_t)take_int(q, 0, 255);
	switch (e->kind) {
	case EV_SECTION: case EV_STRUCT: case EV_FIELD: case EV_ITEM:
		if (!e->name)
			e->name = "";
	}
}

/* What timeline_check() does not ask. */
static bool event_fits(const struct timeline *t, uint32_t i)
{
	const struct event *e = &t->events[i];

	if (!i)
		return e->kind == EV_LOAD && !e->depth &&
			e->section == EVENT_NONE;
	return e->kind != EV_LOAD &&
		e->depth == t->events[e->parent].depth + 1 &&
		(e->section == EVENT_NONE ||
		 t->events[e->section].kind == EV_SECTION);
}

static struct timeline *timeline_new(struct recording *r, int side)
{
	struct timeline *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	arena_init(&t->arena);
	t->src = &r->src;
	r->side[side] = t;
	return t;
}

/*
 * timeline_check() without its last two: where a load fails the loader may
 * have read on beyond its section, and the next one begins inside.
 */
static const char *check_tree(const struct timeline *t)
{
	for (uint32_t i = 1; i < t->n; i++) {
		const struct event *e = &t->events[i];
		const struct event *p = &t->events[e->parent];

		if (e->end > p->end)
			return "an event is not inside its parent";
		if (e->off < p->off)
			return "an event begins before its parent";
		if (e->end < p->end && t->events[e->end].parent != e->parent)
			return "an event's end is not its next sibling";
	}
	return NULL;
}

static int finish_timeline(struct recording *r, struct timeline *t)
{
	const char *wrong;

	for (uint32_t i = 0; i < t->n; i++) {
		if (t->events[i].end > t->n)
			t->events[i].end = t->n;
	}
	wrong = check_tree(t);
	return wrong ? damaged(r, "%s", wrong) : 0;
}

static int read_events(struct recording *r)
{
	struct rows q;
	int ret = 0;

	if (rows_open(&q, r, T_EVENTS) < 0)
		return -1;
	while (rows_next(&q) > 0 && !q.bad) {
		uint64_t id = (uint64_t)take_int(&q, 0, INT64_MAX);
		int side = (int)(id >> 32);
		struct timeline *t = side < SIDES ? r->side[side] : NULL;

		if (!t && side < SIDES)
			t = timeline_new(r, side);
		if (!t || (uint32_t)id != t->n || t->n == EVENT_NONE - 1) {
			q.bad = true;
			break;
		}
		t->events = grow_array(t->events, &t->cap, t->n + 1u,
				       sizeof(*t->events));
		memset(&t->events[t->n], 0, sizeof(*t->events));
		take_one_event(&q, &t->events[t->n], t->n);
		if (!q.bad && !event_fits(t, t->n))
			q.bad = true;
		t->n++;
	}
	if (rows_close(&q) < 0)
		return -1;
	if (!r->side[0])
		return err_set(r->err, ERR_FORMAT, ERR_NO_OFFSET,
			       "no event was recorded%s", r->complete ? "" :
			       ": writing stopped before the first");
	for (int k = 0; k < SIDES && !ret; k++) {
		if (r->side[k])
			ret = finish_timeline(r, r->side[k]);
	}
	return ret;
}

static int read_sides(struct recording *r)
{
	struct rows q;

	if (rows_open(&q, r, T_SIDES_) < 0)
		return -1;
	while (rows_next(&q) > 0 && !q.bad) {
		struct timeline *t = r->side[take_int(&q, 0, SIDES - 1)];

		if (q.bad || !t) {
			q.bad = true;
			break;
		}
		take_int(&q, t->n, t->n);
		t->truncated = take_bool(&q);
		t->reached_eof = take_bool(&q);
		t->early_eof = take_bool(&q);
		t->eof_offset = (uint64_t)take_int(&q, 0, (int64_t)r->src.len);
		t->footers = take_bool(&q);
		t->configuration = take_bool(&q);
		t->machine = take_str(&q);
	}
	return rows_close(&q);
}

static int read_failures(struct recording *r)
{
	struct rows q;

	if (rows_open(&q, r, T_FAILURES) < 0)
		return -1;
	while (rows_next(&q) > 0 && !q.bad) {
		uint64_t id = (uint64_t)take_int(&q, 0, INT64_MAX);
		struct timeline *t = id >> 32 < SIDES ? r->side[id >> 32] : NULL;
		struct failure f = { 0 };

		if (!t || (uint32_t)id != t->nfailures) {
			q.bad = true;
			break;
		}
		f.event = take_event(&q, t->n);
		f.section = take_event(&q, t->n);
		f.offset = (uint64_t)take_int(&q, 0, INT64_MAX);
		f.ret = take_i32(&q);
		f.guess = take_bool(&q);
		f.crash = take_bool(&q);
		f.why = take_str(&q);
		t->failures = grow_array(t->failures, &t->failures_cap,
					 t->nfailures + 1, sizeof(f));
		t->failures[t->nfailures++] = f;
	}
	return rows_close(&q);
}

static int read_lines(struct recording *r)
{
	struct rows q;

	if (rows_open(&q, r, T_LINES) < 0)
		return -1;
	while (rows_next(&q) > 0 && !q.bad) {
		uint64_t id;
		struct timeline *t;
		struct failure *f;
		bool newer;

		take_int(&q, 0, INT64_MAX);
		id = (uint64_t)take_int(&q, 0, INT64_MAX);
		t = id >> 32 < SIDES ? r->side[id >> 32] : NULL;
		newer = take_bool(&q);
		if (q.bad || !t || (uint32_t)id >= t->nfailures) {
			q.bad = true;
			break;
		}
		f = &t->failures[(uint32_t)id];
		if (newer && f->nlines_10_2 < MAX_LINES)
			f->lines_10_2[f->nlines_10_2++] = take_str_or_empty(&q);
		else if (!newer && f->nlines < MAX_LINES)
			f->lines[f->nlines++] = take_str_or_empty(&q);
		else
			q.bad = true;
	}
	return rows_close(&q);
}

static int read_notes(struct recording *r)
{
	struct rows q;

	if (rows_open(&q, r, T_NOTES) < 0)
		return -1;
	while (rows_next(&q) > 0 && !q.bad) {
		struct timeline *t;
		struct note n;
		bool judged;

		take_int(&q, 0, INT64_MAX);
		t = r->side[take_int(&q, 0, SIDES - 1)];
		judged = take_bool(&q);
		if (q.bad || !t) {
			q.bad = true;
			break;
		}
		n.event = take_event(&q, t->n);
		n.offset = (uint64_t)take_int(&q, 0, INT64_MAX);
		n.section = take_str_or_empty(&q);
		n.path = take_str_or_empty(&q);
		n.text = take_str_or_empty(&q);
		if (judged) {
			t->unknowns = grow_array(t->unknowns, &t->unknowns_cap,
						 t->nunknowns + 1, sizeof(n));
			t->unknowns[t->nunknowns++] = n;
		} else {
			t->unjudged = grow_array(t->unjudged, &t->unjudged_cap,
						 t->nunjudged + 1, sizeof(n));
			t->unjudged[t->nunjudged++] = n;
		}
	}
	return rows_close(&q);
}

static int read_warnings(struct recording *r)
{
	struct rows q;

	if (rows_open(&q, r, T_WARNINGS) < 0)
		return -1;
	while (rows_next(&q) > 0 && !q.bad) {
		struct timeline *t;

		take_int(&q, 0, INT64_MAX);
		t = r->side[take_int(&q, 0, SIDES - 1)];
		if (q.bad || !t || t->nwarnings >= 16)
			q.bad = true;
		else
			t->warnings[t->nwarnings++] = take_str_or_empty(&q);
	}
	return rows_close(&q);
}

/* ---- C members ---- */

static int read_members(struct recording *r)
{
	struct rows q;

	for (int k = 0; k < SIDES; k++)
		r->members[k] = members_new();
	if (r->version < 2)
		return 0;	/* there was no such table */
	if (rows_open(&q, r, T_MEMBERS) < 0)
		return -1;
	while (rows_next(&q) > 0 && !q.bad) {
		const char *desc, *field;
		struct c_member c;
		int side, dup;

		take_int(&q, 0, INT64_MAX);
		side = (int)take_int(&q, 0, SIDES - 1);
		desc = take_str_or_empty(&q);
		field = take_str_or_empty(&q);
		dup = take_i32(&q);
		c.structure = take_str(&q);
		c.candidates = take_u32(&q);
		c.path = take_str(&q);
		c.type = take_str(&q);
		c.offset = take_u64(&q);
		c.size = take_u64(&q);
		c.bit_offset = take_u32(&q);
		c.bit_size = take_u32(&q);
		c.file = take_str(&q);
		c.line = take_u32(&q);
		c.desc_file = take_str(&q);
		c.desc_line = take_u32(&q);
		/* a member is one of something, and has a type */
		if (c.path && (!c.structure || !c.type))
			q.bad = true;
		if (!q.bad)
			members_add(r->members[side], desc, field, dup, &c);
	}
	return rows_close(&q);
}

/* ---- the analysis ---- */

static void take_place(struct rows *q, struct place *p)
{
	p->there = take_bool(q);
	p->offset = (uint64_t)take_int(q, 0, INT64_MAX);
	p->idstr = take_str(q);
	p->instance = take_u32(q);
	p->section_id = take_u32(q);
	p->version_id = (int64_t)take_u64(q);
	p->section_offset = (uint64_t)take_int(q, 0, INT64_MAX);
	p->path = take_str(q);
}

static void take_side(struct rows *q, struct side *s, const struct timeline *t)
{
	s->there = take_bool(q);
	s->offset = (uint64_t)take_int(q, 0, INT64_MAX);
	s->size = (uint64_t)take_int(q, 0, INT64_MAX);
	s->field = take_str(q);
	s->type = take_str(q);
	s->version = take_i32(q);
	s->event = take_event(q, t ? t->n : 0);
}

static int read_divergences(struct recording *r)
{
	struct analysis *a = &r->analysis;
	struct rows q;

	if (rows_open(&q, r, T_DIVERGENCES) < 0)
		return -1;
	while (rows_next(&q) > 0 && !q.bad) {
		struct divergence d = { 0 };

		take_int(&q, (int64_t)a->ndivergences, (int64_t)a->ndivergences);
		d.kind = (enum divergence_kind)take_number(&q, N_DIVERGENCE);
		d.note = take_bool(&q);
		d.text = take_str(&q);
		take_place(&q, &d.place);
		take_side(&q, &d.source, r->side[1]);
		take_side(&q, &d.destination, r->side[0]);
		a->divergences = grow_array(a->divergences, &a->divergences_cap,
					    a->ndivergences + 1, sizeof(d));
		a->divergences[a->ndivergences++] = d;
	}
	return rows_close(&q);
}

static int read_evidence(struct recording *r)
{
	struct analysis *a = &r->analysis;
	struct rows q;

	if (rows_open(&q, r, T_EVIDENCE) < 0)
		return -1;
	while (rows_next(&q) > 0 && !q.bad && a->nevidence < 16) {
		take_int(&q, 0, 15);
		a->evidence[a->nevidence++] = take_str_or_empty(&q);
	}
	return rows_close(&q);
}

static int read_analysis(struct recording *r)
{
	struct analysis *a = &r->analysis;
	const struct timeline *t = r->side[0];
	struct rows q;

	a->verdict = VERDICT_UNKNOWN;
	a->first = SIZE_MAX;
	if (read_divergences(r) < 0 || read_evidence(r) < 0 ||
	    rows_open(&q, r, T_ANALYSIS) < 0)
		return -1;
	if (rows_next(&q) > 0) {
		int64_t i;

		take_int(&q, 1, 1);
		a->verdict = (enum verdict)take_number(&q, N_VERDICT);
		i = take_int(&q, -1, (int64_t)t->nfailures - 1);
		a->failure = i < 0 ? NULL : &t->failures[i];
		a->cause_kind = take_str(&q);
		a->cause = take_str(&q);
		a->remedy = take_str(&q);
		i = take_int(&q, -1, (int64_t)a->ndivergences - 1);
		a->first = i < 0 ? SIZE_MAX : (size_t)i;
		take_place(&q, &a->diverges);
		take_place(&q, &a->fails);
	}
	return rows_close(&q);
}

static int read_marks(struct recording *r)
{
	struct rows q;
	size_t cap = 0;

	if (rows_open(&q, r, T_MARKS) < 0)
		return -1;
	while (rows_next(&q) > 0 && !q.bad) {
		struct recording_mark m;

		take_int(&q, (int64_t)r->nmarks, (int64_t)r->nmarks);
		m.kind = take_text(&q);
		m.kind = m.kind ? m.kind : "";
		m.number = take_u32(&q);
		m.event = take_event(&q, r->side[0]->n);
		m.offset = (uint64_t)take_int(&q, 0, INT64_MAX);
		m.path = take_str(&q);
		m.text = take_str(&q);
		r->marks = grow_array(r->marks, &cap, r->nmarks + 1, sizeof(m));
		r->marks[r->nmarks++] = m;
	}
	return rows_close(&q);
}

/* ---- files, and the whole ---- */

static void take_file(struct recording *r, struct rows *q)
{
	struct registry *reg = &r->dest.registry;
	const char *role = take_text(q), *path = take_str_or_empty(q);
	const char *containers = take_str(q);

	if (!role)
		return;
	if (!strcmp(role, "source")) {
		r->src.path = path;
		r->src.containers = containers ? containers : "";
	} else if (!strcmp(role, "reference")) {
		r->reference_src.path = path;
		r->reference_src.data = (const uint8_t *)"";
		r->reference_src.containers = containers ? containers : "";
		r->reference.src = &r->reference_src;
		r->dest.reference = &r->reference;
	} else if (!strcmp(role, "account") && reg->nsets < 16) {
		r->sets[reg->nsets].path = path;
		reg->sets[reg->nsets] = &r->sets[reg->nsets];
		reg->nsets++;
	}
}

static int read_files(struct recording *r)
{
	struct rows q;

	r->src.path = r->src.containers = "";
	if (rows_open(&q, r, T_FILES) < 0)
		return -1;
	while (rows_next(&q) > 0 && !q.bad) {
		take_int(&q, 0, INT32_MAX);
		take_file(r, &q);
	}
	return rows_close(&q);
}

static void apply_meta(struct recording *r)
{
	struct registry *reg = &r->dest.registry;

	r->complete = meta_int(r, "complete", 0, 1) == 1;
	r->scrubbed = meta_int(r, "scrubbed", 0, 1) == 1;
	r->rules = RULES_CURRENT;
	if (meta(r, "rules"))
		rules_parse(meta(r, "rules"), &r->rules);
	r->source.has_description = meta_int(r, "has_description", 0, 1) == 1;
	r->source.note = meta(r, "source_note");
	r->dest.is_source = meta_int(r, "is_source", 0, 1) == 1;
	reg->machine = meta(r, "machine");
	reg->arch = meta(r, "arch");
	reg->page_bits = (unsigned)meta_int(r, "dest_page_bits", 0, 20);
	reg->footers = (enum tri)meta_int(r, "dest_footers", 0, 2);
	reg->configuration = (enum tri)meta_int(r, "dest_configuration", 0, 2);
	reg->vmdescription = (enum tri)meta_int(r, "dest_vmdescription", 0, 2);
	reg->release_min = (int)meta_int(r, "release_min", 0, 9999);
	reg->release_max = (int)meta_int(r, "release_max", 0, 9999);
	reg->complete = meta_int(r, "registry_complete", 0, 1) == 1;
}

static void tell_incomplete(struct recording *r)
{
	const struct timeline *t = r->side[0];

	if (r->complete)
		return;
	r->note = arena_printf(&r->arena, "the recording is not complete: its "
		"writer was stopped; %" PRIu32 " events of the load are there, "
		"up to 0x%" PRIx64 " of 0x%" PRIx64, t->n,
		t->n ? t->events[t->n - 1].off + t->events[t->n - 1].len : 0,
		r->src.len);
	if (!r->analysis.cause)
		r->analysis.cause = r->note;
}

static int read_all(struct recording *r)
{
	if (read_strings(r) < 0 || read_names(r) < 0 || read_meta(r) < 0)
		return -1;
	apply_meta(r);
	if (read_files(r) < 0 || read_bytes(r) < 0 || read_descs(r) < 0 ||
	    read_entries(r) < 0 || read_events(r) < 0 || read_ram(r) < 0 ||
	    read_sides(r) < 0 || read_failures(r) < 0 || read_lines(r) < 0 ||
	    read_notes(r) < 0 || read_warnings(r) < 0 || read_members(r) < 0 ||
	    read_analysis(r) < 0 || read_marks(r) < 0)
		return -1;
	r->source.src = &r->src;
	if (meta_int(r, "blind", 0, 1))
		r->dest.source_blind = r->side[1];
	else
		r->source.self = r->side[1];
	for (int k = 0; k < SIDES; k++)
		members_fill(r->members[k], &r->analysis, r->side[k], k == 1);
	tell_incomplete(r);
	return 0;
}

bool recording_is(const char *path)
{
	uint8_t head[72] = { 0 };
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(head, 1, sizeof(head), f) : 0;

	if (f)
		fclose(f);
	/* https://www.sqlite.org/fileformat2.html: application_id at 68 */
	return n == sizeof(head) && !memcmp(head, "SQLite format 3", 16) &&
		head[68] == 'V' && head[69] == 'M' && head[70] == 'S' &&
		head[71] == 'D';
}

static int64_t pragma(struct recording *r, const char *sql)
{
	sqlite3_stmt *st;
	int64_t v = -1;

	if (sqlite3_prepare_v2(r->db, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return v;
}

/* A file from a stranger: plain tables, or nothing. */
static void harden(sqlite3 *db)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 16 << 20);
	sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, 16384);
	sqlite3_limit(db, SQLITE_LIMIT_COLUMN, 64);
	sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 16);
	sqlite3_limit(db, SQLITE_LIMIT_COMPOUND_SELECT, 2);
	sqlite3_limit(db, SQLITE_LIMIT_FUNCTION_ARG, 8);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
	sqlite3_exec(db, "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;"
		     "PRAGMA temp_store=MEMORY", NULL, NULL, NULL);
}

static int check_schema(struct recording *r)
{
	sqlite3_stmt *st;
	int code, ret = 0;

	code = sqlite3_prepare_v2(r->db, "SELECT type,name FROM main."
		"sqlite_schema WHERE type<>'table' OR rootpage=0 OR "
		"sql LIKE '%generated%' OR sql LIKE '%as%(%'", -1, &st, NULL);
	if (code != SQLITE_OK)
		return damaged(r, "%s", sqlite3_errmsg(r->db));
	code = sqlite3_step(st);
	if (code == SQLITE_ROW)
		ret = damaged(r, "it has a %s '%.100s', which no recording has",
			      (const char *)sqlite3_column_text(st, 0),
			      (const char *)sqlite3_column_text(st, 1));
	else if (code != SQLITE_DONE)
		ret = damaged(r, "%s", sqlite3_errmsg(r->db));
	sqlite3_finalize(st);
	return ret;
}

/* Writers that died may have left a journal, which a reader has to undo. */
static int open_db(struct recording *r, const char *path)
{
	char journal[4200];
	int flags = SQLITE_OPEN_READONLY;

	snprintf(journal, sizeof(journal), "%s-journal", path);
	if (access(journal, F_OK) == 0)
		flags = SQLITE_OPEN_READWRITE;
	if (sqlite3_open_v2(path, &r->db, flags | SQLITE_OPEN_PRIVATECACHE,
			    NULL) != SQLITE_OK)
		return err_set(r->err, ERR_IO, ERR_NO_OFFSET, "cannot open: %s",
			       sqlite3_errmsg(r->db));
	harden(r->db);
	return 0;
}

static int check_file(struct recording *r)
{
	int64_t id = pragma(r, "PRAGMA application_id");
	int64_t version;

	if (id < 0)
		return damaged(r, "%s", sqlite3_errmsg(r->db));
	version = pragma(r, "PRAGMA user_version");
	if (id != APPLICATION_ID)
		return err_set(r->err, ERR_FORMAT, ERR_NO_OFFSET, id ?
			       "an SQLite file, but no recording" :
			       "no recording, or one whose writing stopped "
			       "before the first commit");
	if (version > RECORDING_VERSION)
		return err_set(r->err, ERR_UNSUPPORTED, ERR_NO_OFFSET,
			       "a recording of schema %" PRId64 "; this vmsdb "
			       "reads schemas up to %d: use a newer one",
			       version, RECORDING_VERSION);
	if (version < 1)
		return damaged(r, "schema %" PRId64, version);
	r->version = (int)version;
	return check_schema(r);
}

static int check_is_file(const char *path, struct err *err)
{
	FILE *f = fopen(path, "rb");
	char head[16] = "";
	size_t n;

	if (!f)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "cannot open: %m");
	n = fread(head, 1, sizeof(head), f);
	fclose(f);
	if (!n)
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET, "empty: no "
			       "recording, or one whose writing stopped before "
			       "the first commit");
	if (n < 16 || memcmp(head, "SQLite format 3", 16))
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
			       "not a recording (no SQLite file)");
	return 0;
}

int recording_open(struct recording **ret, const char *path, struct err *err)
{
	struct recording *r;

	*ret = NULL;
	if (check_is_file(path, err) < 0)
		return -1;
	r = calloc(1, sizeof(*r));
	if (!r)
		abort();
	arena_init(&r->arena);
	r->err = err;
	ram_init(&r->source.ram);
	registry_init(&r->dest.registry, &r->arena);
	if (open_db(r, path) < 0 || check_file(r) < 0 || read_all(r) < 0) {
		recording_close(r);
		return -1;
	}
	sqlite3_close(r->db);
	r->db = NULL;
	r->err = NULL;
	*ret = r;
	return 0;
}

void recording_close(struct recording *r)
{
	if (!r)
		return;
	sqlite3_close(r->db);
	for (int k = 0; k < SIDES; k++) {
		timeline_close(r->side[k]);
		members_close(r->members[k]);
	}
	if (r->data)
		munmap(r->data, r->src.len + 4096);
	ram_release(&r->source.ram);
	registry_release(&r->dest.registry);
	free(r->analysis.divergences);
	free(r->marks);
	free(r->strings);
	free(r->meta);
	arena_release(&r->arena);
	free(r);
}

struct members *recording_members(const struct recording *r, bool source)
{
	return r->members[source];
}

const struct timeline *recording_timeline(const struct recording *r)
{
	return r->side[0];
}

const struct analysis *recording_analysis(const struct recording *r)
{
	return &r->analysis;
}

const struct account *recording_source(const struct recording *r)
{
	return &r->source;
}

const struct destination *recording_destination(const struct recording *r)
{
	return &r->dest;
}

const struct recording_mark *recording_marks(const struct recording *r,
					     size_t *n)
{
	*n = r->nmarks;
	return r->marks;
}

enum rules recording_rules(const struct recording *r)
{
	return r->rules;
}

bool recording_complete(const struct recording *r)
{
	return r->complete;
}

bool recording_scrubbed(const struct recording *r)
{
	return r->scrubbed;
}

const char *recording_note(const struct recording *r)
{
	return r->note;
}

const char *recording_meta(const struct recording *r, const char *key)
{
	return meta(r, key);
}
