/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader of recordings: table by table.  Every number is checked before it
 * is used.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "recording-impl.h"

#define MAX_SOURCE (UINT64_C(1) << 44)

/* A table being read, row by row, column by column. */
struct rows {
	struct recording *r;
	sqlite3_stmt *st;
	enum table t;
	int col;
	bool bad;
	int result;
};

static int rows_open(struct rows *q, struct recording *r, enum table t)
{
	char sql[2048];
	bool two = t == T_NAMES;

	*q = (struct rows){ .r = r, .t = t };
	snprintf(sql, sizeof(sql), "SELECT %s FROM main.%s ORDER BY 1%s",
		 schema[t].columns, schema[t].name, two ? ",2" : "");
	if (sqlite3_prepare_v2(r->db, sql, -1, &q->st, NULL) != SQLITE_OK)
		return damaged(r, "table %s: %s", schema[t].name,
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
	return q->result = damaged(q->r, "table %s: %s", schema[q->t].name,
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
			       schema[q->t].name, q->col);
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

static int64_t meta_int(const struct recording *r, const char *key, int64_t lo,
			int64_t hi)
{
	const char *s = recording_meta(r, key);
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
		 schema[t].name);
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
	if (recording_meta(r, "rules"))
		rules_parse(recording_meta(r, "rules"), &r->rules);
	r->source.has_description = meta_int(r, "has_description", 0, 1) == 1;
	r->source.note = recording_meta(r, "source_note");
	r->dest.is_source = meta_int(r, "is_source", 0, 1) == 1;
	reg->machine = recording_meta(r, "machine");
	reg->arch = recording_meta(r, "arch");
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

int recording_read(struct recording *r)
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
