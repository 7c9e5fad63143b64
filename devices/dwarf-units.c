/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../stream/arena.h"
#include "dwarf-units.h"

/* Unit types of DWARF 5. */
enum { UT_COMPILE = 1, UT_TYPE, UT_PARTIAL, UT_SKELETON, UT_SPLIT_COMPILE,
       UT_SPLIT_TYPE };

void dwarf_units_release(struct dwarf_units *du)
{
	for (size_t i = 0; i < du->nobjects; i++) {
		free(du->objects[i].joined[0]);
		free(du->objects[i].joined[1]);
	}
	for (unsigned i = 0; i < OBJECT_SPLIT; i++)
		free(du->windows[i].starts);
	free(du->objects);
	free(du->units);
	free(du->sigs);
	memset(du, 0, sizeof(*du));
}

const struct debug_section *dwarf_object_section(const struct dwarf_object *o,
						 const char *name)
{
	size_t len = strlen(name);

	for (unsigned i = 0; i < o->nsections; i++) {
		const char *s = o->sections[i].name + strlen(".debug_");

		if (!strncmp(s, name, len) &&
		    (!s[len] || !strcmp(s + len, ".dwo")))
			return &o->sections[i];
	}
	return NULL;
}

static struct dwarf_object *new_object(struct dwarf_units *du,
				       const struct debug_file *f)
{
	struct dwarf_object *o;

	du->objects = grow_array(du->objects, &du->objects_cap,
				 du->nobjects + 1, sizeof(*du->objects));
	o = &du->objects[du->nobjects++];
	*o = (struct dwarf_object){
		.path = f ? f->path : "", .ptr_size = f ? f->ptr_size : 8,
		.big_endian = f && f->big_endian,
	};
	return o;
}

/* What libdwarf is shown: the order is no matter, every name is there once. */
static const char *const shown[] = {
	"info", "abbrev", "str", "line", "line_str", "types", "str_offsets",
	"addr",
};

static const struct debug_section *find(const struct debug_file *f,
					const char *name, const char *suffix)
{
	char full[40];

	strcpy(full, ".debug_");
	strncat(full, name, 16);
	strcat(full, suffix);
	return debug_file_section(f, full);
}

int dwarf_units_add_file(struct dwarf_units *du, const struct debug_file *f,
			 struct err *err)
{
	struct dwarf_object *o;

	if (du->nobjects == DWARF_MAX_OBJECTS)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
			       "more than %u files of debug information",
			       DWARF_MAX_OBJECTS);
	o = new_object(du, f);
	for (unsigned i = 0; f && i < sizeof(shown) / sizeof(*shown); i++) {
		const struct debug_section *s = find(f, shown[i], "");

		if (!s)
			s = find(f, shown[i], ".dwo");
		if (!s)
			continue;
		o->split |= strstr(s->name, ".dwo") != NULL;
		o->sections[o->nsections++] = *s;
	}
	return (int)du->nobjects - 1;
}

/* ---- unit headers ---- */

struct bytes {
	const uint8_t *p;
	uint64_t pos, end;
	bool big, bad;
};

static uint64_t take(struct bytes *b, unsigned n)
{
	uint64_t v = 0;

	if (b->bad || b->end - b->pos < n) {
		b->bad = true;
		return 0;
	}
	for (unsigned i = 0; i < n; i++)
		v |= (uint64_t)b->p[b->pos + i] << 8 * (b->big ? n - 1 - i : i);
	b->pos += n;
	return v;
}

static enum unit_kind kind_of(unsigned type)
{
	switch (type) {
	case UT_PARTIAL: return UNIT_PARTIAL;
	case UT_TYPE: case UT_SPLIT_TYPE: return UNIT_TYPE;
	case UT_SKELETON: return UNIT_SKELETON;
	case UT_SPLIT_COMPILE: return UNIT_SPLIT;
	default: return UNIT_COMPILE;
	}
}

/* The header at @b; moves @b to the next. */
static int read_header(struct bytes *b, bool types, struct dwarf_unit *u,
		       uint64_t *type_offset)
{
	struct bytes h = *b;
	uint64_t len = take(&h, 4);

	memset(u, 0, sizeof(*u));
	u->start = b->pos;
	u->offset_size = 4;
	if (len == 0xffffffff) {
		u->offset_size = 8;
		len = take(&h, 8);
	}
	if (h.bad || len > h.end - h.pos)
		return -1;
	b->pos = h.pos + len;
	h.end = b->pos;
	u->end = b->pos;
	u->version = (uint8_t)take(&h, 2);
	u->kind = types ? UNIT_TYPE : UNIT_COMPILE;
	if (u->version >= 5) {
		u->kind = (uint8_t)kind_of((unsigned)take(&h, 1));
		take(&h, 1);
		take(&h, u->offset_size);
	} else {
		take(&h, u->offset_size);
		take(&h, 1);
	}
	if (u->kind == UNIT_TYPE) {
		u->id = take(&h, 8);
		*type_offset = take(&h, u->offset_size);
	} else if (u->kind == UNIT_SKELETON || u->kind == UNIT_SPLIT) {
		u->id = take(&h, 8);
	}
	u->die = h.pos;
	return h.bad ? -1 : 0;
}

static void add_unit(struct dwarf_units *du, struct dwarf_unit *u,
		     uint64_t flags, uint64_t type_offset)
{
	if (u->kind == UNIT_TYPE && type_offset < u->end - u->start) {
		u->type = (u->start + type_offset) | flags;
		du->sigs = grow_array(du->sigs, &du->sigs_cap, du->nsigs + 1,
				      sizeof(*du->sigs));
		du->sigs[du->nsigs++] = (struct unit_sig){ u->id, u->type };
	}
	u->start |= flags;
	u->die |= flags;
	u->end |= flags;
	du->units = grow_array(du->units, &du->units_cap, du->nunits + 1,
			       sizeof(*du->units));
	du->units[du->nunits++] = *u;
}

static void add_window(struct unit_windows *w, size_t n,
		       const struct dwarf_unit *u)
{
	w->end = u->end;
	if (n % UNITS_PER_WINDOW)
		return;
	w->starts = grow_array(w->starts, &w->cap, w->n + 1,
			       sizeof(*w->starts));
	w->starts[w->n++] = u->start;
}

bool dwarf_window_of(const struct unit_windows *w, uint64_t offset, size_t *ret)
{
	size_t lo = 0, hi = w->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (w->starts[mid] <= offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	*ret = lo - 1;
	return lo && offset < w->end;
}

static int read_section(struct dwarf_units *du, unsigned object, bool types,
			struct err *err)
{
	const struct dwarf_object *o = &du->objects[object];
	const struct debug_section *s = dwarf_object_section(o, types ?
							     "types" : "info");
	uint64_t flags = REF_OBJECT(object) | (types ? REF_TYPES : 0);
	struct bytes b = { .big = o->big_endian };

	if (!s)
		return 0;
	if (s->size > REF_OFFSET)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
			       "%s in %s is too large", s->name, o->path);
	b.p = s->data;
	b.end = s->size;
	for (size_t n = 0; b.pos < b.end; n++) {
		uint64_t at = b.pos, type_offset = 0;
		struct dwarf_unit u;

		if (read_header(&b, types, &u, &type_offset))
			return err_set(err, ERR_FORMAT, at,
				       "its debug information in %s is broken: the unit at 0x%" PRIx64
				       " of %s ends beyond it", o->path, at,
				       s->name);
		if (u.version < 2 || u.version > 5)
			return err_set(err, ERR_UNSUPPORTED, at,
				       "its debug information in %s: the unit at 0x%" PRIx64
				       " of %s is of DWARF version %u, 2 to 5 can be read",
				       o->path, at, s->name, u.version);
		if (du->nunits == DWARF_MAX_UNITS)
			return err_set(err, ERR_LIMIT, at,
				       "more than %u units of debug information",
				       DWARF_MAX_UNITS);
		if (!types && object < OBJECT_SPLIT)
			add_window(&du->windows[object], n, &u);
		add_unit(du, &u, flags, type_offset);
	}
	return 0;
}

int dwarf_units_read(struct dwarf_units *du, unsigned object, struct err *err)
{
	return read_section(du, object, false, err) ||
	       read_section(du, object, true, err) ? -1 : 0;
}

static int by_start(const void *a, const void *b)
{
	const struct dwarf_unit *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Of several with one signature, which are equal, the first. */
static int by_sig(const void *a, const void *b)
{
	const struct unit_sig *x = a, *y = b;

	if (x->sig != y->sig)
		return x->sig < y->sig ? -1 : 1;
	return x->type < y->type ? -1 : x->type > y->type;
}

void dwarf_units_sort(struct dwarf_units *du)
{
	if (du->nunits)
		qsort(du->units, du->nunits, sizeof(*du->units), by_start);
	if (du->nsigs)
		qsort(du->sigs, du->nsigs, sizeof(*du->sigs), by_sig);
}

struct dwarf_unit *dwarf_units_of(const struct dwarf_units *du, uint64_t ref)
{
	size_t lo = 0, hi = du->nunits;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (du->units[mid].start <= ref)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && ref < du->units[lo - 1].end ? &du->units[lo - 1] : NULL;
}

uint64_t dwarf_units_type(const struct dwarf_units *du, uint64_t sig)
{
	size_t lo = 0, hi = du->nsigs;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (du->sigs[mid].sig < sig)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < du->nsigs && du->sigs[lo].sig == sig ? du->sigs[lo].type :
							    0;
}

/* ---- packages ---- */

/* Columns of an index; LINE and the rest are the same in both versions. */
enum { SECT_INFO = 1, SECT_TYPES, SECT_ABBREV, SECT_LINE, SECT_STR_OFFSETS = 6 };

#define MAX_COLUMNS 32

static void take_cell(struct dwp_row *r, uint32_t column, bool length,
		      uint32_t v)
{
	uint32_t *off, *len;

	switch (column) {
	case SECT_INFO: case SECT_TYPES:
		off = &r->info.off, len = &r->info.len;
		break;
	case SECT_ABBREV: off = &r->abbrev.off, len = &r->abbrev.len; break;
	case SECT_LINE: off = &r->line.off, len = &r->line.len; break;
	case SECT_STR_OFFSETS:
		off = &r->str_offsets.off, len = &r->str_offsets.len;
		break;
	default:
		return;
	}
	if (length)
		*len = v;
	else
		*off = v;
}

static uint32_t word(const struct bytes *b, uint64_t at)
{
	struct bytes c = *b;

	c.pos = at;
	return at > c.end ? 0 : (uint32_t)take(&c, 4);
}

static int read_index(const struct debug_file *f, const char *name, bool types,
		      struct dwp_row **rows, size_t *n, size_t *cap,
		      struct err *err)
{
	const struct debug_section *s = debug_file_section(f, name);
	uint32_t version, columns, units, slots;
	struct bytes b = { .big = f->big_endian };
	uint64_t table, cells;

	if (!s)
		return 0;
	b.p = s->data;
	b.end = s->size;
	/* version 5 is two bytes, and two of padding */
	version = (uint32_t)take(&b, 4);
	if (f->big_endian && version >> 16)
		version >>= 16;
	columns = (uint32_t)take(&b, 4);
	units = (uint32_t)take(&b, 4);
	slots = (uint32_t)take(&b, 4);
	if (!b.bad && version != 2 && version != 5)
		return err_set(err, ERR_UNSUPPORTED, 0,
			       "%s in %s is of version %" PRIu32 ", 2 and 5 can be read",
			       name, f->path, version);
	table = 16 + (uint64_t)slots * 12;
	cells = table + (uint64_t)columns * 4;
	if (b.bad || columns > MAX_COLUMNS ||
	    cells + (uint64_t)units * columns * 8 > s->size)
		return err_set(err, ERR_SHORT, 0,
			       "%s in %s ends inside its %" PRIu32 " units",
			       name, f->path, units);
	for (uint32_t i = 0; i < slots; i++) {
		uint32_t row = word(&b, 16 + (uint64_t)slots * 8 + 4ull * i);
		struct dwp_row r = { .types = types };

		if (!row)
			continue;
		if (row > units)
			return err_set(err, ERR_FORMAT, 0,
				       "%s in %s leads to row %" PRIu32 " of %" PRIu32,
				       name, f->path, row, units);
		b.pos = 16 + 8ull * i;
		r.id = take(&b, 8);
		for (uint32_t c = 0; c < columns; c++) {
			uint32_t column = word(&b, table + 4ull * c);
			uint64_t at = cells + 4ull * ((row - 1) *
						      (uint64_t)columns + c);

			take_cell(&r, column, false, word(&b, at));
			take_cell(&r, column, true, word(&b, at + 4ull *
							 units * columns));
		}
		r.group = (uint64_t)r.abbrev.off << 32 | r.str_offsets.off;
		*rows = grow_array(*rows, cap, *n + 1, sizeof(**rows));
		(*rows)[(*n)++] = r;
	}
	return 0;
}

static int by_group(const void *a, const void *b)
{
	const struct dwp_row *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return x->info.off < y->info.off ? -1 : x->info.off > y->info.off;
}

int dwp_read(const struct debug_file *f, struct dwp_row **ret, size_t *n,
	     struct err *err)
{
	size_t cap = 0;

	*ret = NULL;
	*n = 0;
	if (read_index(f, ".debug_cu_index", false, ret, n, &cap, err) ||
	    read_index(f, ".debug_tu_index", true, ret, n, &cap, err)) {
		free(*ret);
		return -1;
	}
	if (*n)
		qsort(*ret, *n, sizeof(**ret), by_group);
	return 0;
}

static int slice(struct dwarf_object *o, const struct debug_file *f,
		 const char *name, uint32_t off, uint32_t len, struct err *err)
{
	const struct debug_section *s = find(f, name, ".dwo");

	if (!len)
		return 0;
	if (!s || off > s->size || len > s->size - off)
		return err_set(err, ERR_SHORT, off,
			       "its debug information in %s: the index has 0x%"
			       PRIx32 " bytes at 0x%" PRIx32 " of .debug_%s.dwo, which ends before",
			       f->path, len, off, name);
	o->sections[o->nsections] = *s;
	o->sections[o->nsections].data += off;
	o->sections[o->nsections++].size = len;
	return 0;
}

/* The rows' slices of one section, in a row. */
static int join_rows(struct dwarf_object *o, const struct debug_file *f,
		     const struct dwp_row *rows, size_t n, bool types,
		     struct err *err)
{
	const struct debug_section *s = find(f, types ? "types" : "info",
					     ".dwo");
	uint64_t size = 0, at = 0, from = 0;
	bool in_a_row = true;

	for (size_t i = 0; s && i < n; i++) {
		uint64_t off = rows[i].info.off, len = rows[i].info.len;

		/* version 5 keeps types among the rest */
		if (!find(f, "types", ".dwo") ? types :
						rows[i].types != types)
			continue;
		if (off > s->size || len > s->size - off)
			return err_set(err, ERR_SHORT, off,
				       "its debug information in %s: the index has a unit at 0x%"
				       PRIx64 " of %s, which ends before",
				       f->path, off, s->name);
		if (!size)
			from = off;
		in_a_row &= off == from + size;
		size += len;
	}
	/* no byte is in two units */
	if (!s || !size)
		return 0;
	if (size > s->size)
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
			       "its debug information in %s: units of its index overlap",
			       f->path);
	o->sections[o->nsections] = *s;
	o->sections[o->nsections].size = size;
	o->sections[o->nsections].data = s->data + from;
	if (!in_a_row) {
		o->joined[types] = malloc(size);
		if (!o->joined[types])
			return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
				       "out of memory");
		for (size_t i = 0; i < n; i++) {
			if (!find(f, "types", ".dwo") ? types :
							rows[i].types != types)
				continue;
			memcpy(o->joined[types] + at,
			       s->data + rows[i].info.off, rows[i].info.len);
			at += rows[i].info.len;
		}
		o->sections[o->nsections].data = o->joined[types];
	}
	o->nsections++;
	return 0;
}

int dwarf_units_add_rows(struct dwarf_units *du, const struct debug_file *f,
			 const struct dwp_row *rows, size_t n,
			 struct err *err)
{
	const struct debug_section *str = find(f, "str", ".dwo");
	struct dwarf_object *o;

	if (du->nobjects == DWARF_MAX_OBJECTS)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
			       "more than %u files of debug information",
			       DWARF_MAX_OBJECTS);
	o = new_object(du, f);
	o->split = true;
	if (str)
		o->sections[o->nsections++] = *str;
	if (join_rows(o, f, rows, n, false, err) ||
	    join_rows(o, f, rows, n, true, err) ||
	    slice(o, f, "abbrev", rows->abbrev.off, rows->abbrev.len, err) ||
	    slice(o, f, "line", rows->line.off, rows->line.len, err) ||
	    slice(o, f, "str_offsets", rows->str_offsets.off,
		  rows->str_offsets.len, err))
		return -1;
	return (int)du->nobjects - 1;
}
