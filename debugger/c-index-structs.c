/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The structures in an index: those that descriptors describe, all that they
 * embed, and what the registry is made of.  Units have a copy of each header's
 * structures; equal ones are kept once.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "c-index-impl.h"

#define MAX_STRUCTS (1u << 20)
#define MAX_PARTS (1u << 16)	/* of one */

struct slot {
	uint64_t key;		/* of a ctype, or a print of its contents */
	int64_t id;		/* 0: free */
};

struct table {
	struct slot *slots;
	size_t n, cap;
};

struct structs_writer {
	sqlite3 *db;
	sqlite3_stmt *structs, *parts, *vars, *enums;
	struct table keys, prints;
	const struct ctype **todo;
	size_t ntodo, todo_cap;
	int64_t next;
	bool failed;
};

/* ---- numbers ---- */

static struct slot *slot_of(const struct table *t, uint64_t key)
{
	size_t i = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) &
		(t->cap - 1);

	while (t->slots[i].id && t->slots[i].key != key)
		i = (i + 1) & (t->cap - 1);
	return &t->slots[i];
}

static struct slot *table_at(struct table *t, uint64_t key)
{
	struct table more = { .n = t->n };

	if (t->n * 2 >= t->cap) {
		more.cap = t->cap ? t->cap * 2 : 1024;
		more.slots = calloc(more.cap, sizeof(*more.slots));
		if (!more.slots)
			abort();
		for (size_t i = 0; i < t->cap; i++) {
			if (t->slots[i].id)
				*slot_of(&more, t->slots[i].key) = t->slots[i];
		}
		free(t->slots);
		*t = more;
	}
	return slot_of(t, key);
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h ^= v + UINT64_C(0x9e3779b97f4a7c15) + (h << 6) + (h >> 2);
	return h * UINT64_C(0xff51afd7ed558ccd);
}

static uint64_t mix_text(uint64_t h, const char *s)
{
	while (*s)
		h = mix(h, (unsigned char)*s++);
	return mix(h, 0);
}

/* Equal for two units' copies of one declaration. */
static uint64_t print_of(const struct ctype *t)
{
	uint64_t h = mix(mix_text(t->kind, t->name), t->size);

	h = mix(h, ctype_line(t));
	for (size_t i = 0; i < t->nmembers && i < MAX_PARTS; i++) {
		const struct cmember *m = ctype_member(t, i);

		h = mix_text(h, m->name);
		h = mix(mix(h, m->offset), m->bit_size);
		h = mix(mix(h, m->bit_offset), m->line);
		h = mix(h, ctype_size(m->type));
	}
	return h;
}

/* Equal for no other type, of whichever file. */
static uint64_t key_of(const struct ctype *t)
{
	return mix(t->key, (uintptr_t)dwarf_path(t->dw));
}

int64_t structs_add(struct structs_writer *w, const struct ctype *t)
{
	struct slot *key, *print;
	uint64_t h;

	t = ctype_bare(t);
	if ((t->kind != CTYPE_STRUCT && t->kind != CTYPE_UNION) ||
	    t->declaration)
		return 0;
	key = table_at(&w->keys, key_of(t));
	if (key->id)
		return key->id;
	if (w->next >= MAX_STRUCTS)
		return 0;
	h = print_of(t);
	key = table_at(&w->keys, key_of(t));
	print = table_at(&w->prints, h);
	key->key = key_of(t);
	w->keys.n++;
	if (print->id)
		return key->id = print->id;
	print->key = h;
	w->prints.n++;
	key->id = print->id = ++w->next;
	w->todo = grow_array(w->todo, &w->todo_cap, w->ntodo + 1,
			     sizeof(*w->todo));
	w->todo[w->ntodo++] = t;
	return key->id;
}

/* ---- writing ---- */

static void bind(sqlite3_stmt *st, int i, const char *s)
{
	if (s)
		sqlite3_bind_text(st, i, s, -1, SQLITE_TRANSIENT);
	else
		sqlite3_bind_null(st, i);
}

static void step(struct structs_writer *w, sqlite3_stmt *st)
{
	if (sqlite3_step(st) != SQLITE_DONE)
		w->failed = true;
	sqlite3_reset(st);
}

static char kind_of(const struct ctype *t)
{
	switch (t->kind) {
	case CTYPE_BASE:
		if (t->is_bool)
			return 'b';
		if (!strcmp(t->name, "float") || strstr(t->name, "double"))
			return 'f';
		if (t->size == 1 && !strcmp(t->name, "char"))
			return 'c';
		return t->is_signed ? 's' : 'u';
	case CTYPE_ENUM:
		return 'e';
	case CTYPE_POINTER:
		return 'p';
	case CTYPE_STRUCT:
	case CTYPE_UNION:
		return 'S';
	default:
		return '?';
	}
}

/* What the structures around the registry point to is wanted, too. */
static bool follows_pointers(const struct ctype *t)
{
	return !strcmp(t->name, "SaveState") ||
		!strcmp(t->name, "SaveStateEntry");
}

static void write_part(struct structs_writer *w, int64_t id, bool follow,
		       const struct cmember *m)
{
	const struct ctype *t = m->type, *el;
	uint64_t n = 1;
	char type[200];

	el = ctype_bare(t);
	for (unsigned k = 0; k < 4 && el->kind == CTYPE_ARRAY; k++) {
		for (unsigned i = 0; i < el->ndims; i++)
			n = el->dims[i] < UINT32_MAX && n < UINT32_MAX ?
				n * el->dims[i] : 0;
		el = ctype_bare(ctype_below(el));
	}
	sqlite3_bind_int64(w->parts, 1, id);
	bind(w->parts, 2, m->name);
	bind(w->parts, 3, ctype_print(t, type, sizeof(type)));
	sqlite3_bind_int64(w->parts, 4, (int64_t)m->offset);
	sqlite3_bind_int64(w->parts, 5, (int64_t)ctype_size(t));
	sqlite3_bind_int64(w->parts, 6, m->bit_offset);
	sqlite3_bind_int64(w->parts, 7, m->bit_size);
	sqlite3_bind_int64(w->parts, 8, m->line);
	sqlite3_bind_int64(w->parts, 9, kind_of(el));
	sqlite3_bind_int64(w->parts, 10, (int64_t)n);
	sqlite3_bind_int64(w->parts, 11, (int64_t)ctype_size(el));
	if (el->kind == CTYPE_POINTER)
		el = follow ? ctype_bare(ctype_below(el)) : el;
	sqlite3_bind_int64(w->parts, 12, structs_add(w, el));
	step(w, w->parts);
}

static void write_struct(struct structs_writer *w, int64_t id,
			 const struct ctype *t, bool follow)
{
	char name[200];

	sqlite3_bind_int64(w->structs, 1, id);
	bind(w->structs, 2, ctype_print(t, name, sizeof(name)));
	sqlite3_bind_int64(w->structs, 3, (int64_t)t->size);
	bind(w->structs, 4, ctype_file(t));
	step(w, w->structs);
	for (size_t i = 0; i < t->nmembers && i < MAX_PARTS && !w->failed; i++)
		write_part(w, id, follow, ctype_member(t, i));
}

/* An anonymous union or structure of the registry's leads on, too. */
static void write_all(struct structs_writer *w, bool follow)
{
	for (size_t i = 0; i < w->ntodo && !w->failed; i++) {
		const struct ctype *t = w->todo[i];

		write_struct(w, table_at(&w->keys, key_of(t))->id, t,
			     follow && (follows_pointers(t) || !*t->name));
	}
	w->ntodo = 0;
}

struct structs_writer *structs_begin(sqlite3 *db, struct dwarf *dw)
{
	static const char *const names[] = {
#define X(name) name,
		DWARF_NAMED(X)
#undef X
	};
	struct structs_writer *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->db = db;
	if (sqlite3_prepare_v2(db, "INSERT INTO structs VALUES(?,?,?,?)", -1,
			       &w->structs, NULL) ||
	    sqlite3_prepare_v2(db, "INSERT INTO parts VALUES(?,?,?,?,?,?,?,?,"
			       "?,?,?,?)", -1, &w->parts, NULL) ||
	    sqlite3_prepare_v2(db, "INSERT INTO vars VALUES(?,?,?,?)", -1,
			       &w->vars, NULL) ||
	    sqlite3_prepare_v2(db, "INSERT INTO enumerators VALUES(?,?,?)", -1,
			       &w->enums, NULL)) {
		w->failed = true;
		return w;
	}
	/* before the others, so that the registry's pointers are followed */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct dwarf_var *v = dw ? dwarf_named(dw, names[i]) :
			NULL;
		const struct ctype *t = v ? dwarf_type(dw, v->ref) : NULL;

		if (!v)
			continue;
		bind(w->vars, 1, names[i]);
		sqlite3_bind_int64(w->vars, 2, (int64_t)v->addr);
		sqlite3_bind_int64(w->vars, 3, (int64_t)ctype_size(t));
		sqlite3_bind_int64(w->vars, 4, structs_add(w, t));
		step(w, w->vars);
		t = ctype_bare(t);
		for (size_t k = 0; k < t->nenums && k < MAX_PARTS; k++) {
			bind(w->enums, 1, names[i]);
			sqlite3_bind_int64(w->enums, 2, t->enums[k].value);
			bind(w->enums, 3, t->enums[k].name);
			step(w, w->enums);
		}
	}
	write_all(w, true);
	return w;
}

int structs_end(struct structs_writer *w)
{
	bool failed;

	write_all(w, false);
	failed = w->failed;
	sqlite3_finalize(w->structs);
	sqlite3_finalize(w->parts);
	sqlite3_finalize(w->vars);
	sqlite3_finalize(w->enums);
	free(w->keys.slots);
	free(w->prints.slots);
	free(w->todo);
	free(w);
	return failed ? -1 : 0;
}

/* ---- reading ---- */

static struct c_index_db *db_of(struct c_index *x)
{
	return (struct c_index_db *)x;
}

static const char *text_at(struct c_index_db *at, sqlite3_stmt *st, int i)
{
	const char *s = (const char *)sqlite3_column_text(st, i);

	return arena_intern_str(&at->arena, s ? s : "");
}

static void read_parts(struct c_index_db *at, struct c_struct *s)
{
	sqlite3_stmt *st = NULL;
	struct c_part *v = NULL;
	size_t cap = 0;

	if (sqlite3_prepare_v2(at->db, "SELECT name,type,off,size,bit_off,"
			       "bit_size,line,kind,n,step,below FROM parts "
			       "WHERE struct=? ORDER BY rowid", -1, &st, NULL))
		return;
	sqlite3_bind_int64(st, 1, s->id);
	while (sqlite3_step(st) == SQLITE_ROW && s->nparts < MAX_PARTS) {
		v = grow_array(v, &cap, s->nparts + 1, sizeof(*v));
		v[s->nparts++] = (struct c_part){
			.name = text_at(at, st, 0), .type = text_at(at, st, 1),
			.offset = (uint64_t)sqlite3_column_int64(st, 2),
			.size = (uint64_t)sqlite3_column_int64(st, 3),
			.bit_offset = (uint32_t)sqlite3_column_int64(st, 4),
			.bit_size = (uint32_t)sqlite3_column_int64(st, 5),
			.line = (uint32_t)sqlite3_column_int64(st, 6),
			.kind = (char)sqlite3_column_int64(st, 7),
			.n = (uint64_t)sqlite3_column_int64(st, 8),
			.step = (uint64_t)sqlite3_column_int64(st, 9),
			.below = sqlite3_column_int64(st, 10),
		};
	}
	sqlite3_finalize(st);
	s->parts = arena_memdup(&at->arena, v, s->nparts * sizeof(*v));
	free(v);
}

const struct c_struct *c_index_struct(struct c_index *x, int64_t id)
{
	struct c_index_db *at = db_of(x);
	sqlite3_stmt *st = NULL;
	struct c_struct *s = NULL;

	if (id <= 0 || id > MAX_STRUCTS)
		return NULL;
	if ((size_t)id >= at->nstructs) {
		size_t old = at->nstructs;

		at->structs = grow_array(at->structs, &at->nstructs,
					 (size_t)id + 1, sizeof(*at->structs));
		memset(at->structs + old, 0,
		       (at->nstructs - old) * sizeof(*at->structs));
	}
	if (at->structs[id])
		return at->structs[id];
	if (sqlite3_prepare_v2(at->db, "SELECT name,size,file FROM structs "
			       "WHERE id=?", -1, &st, NULL))
		return NULL;
	sqlite3_bind_int64(st, 1, id);
	if (sqlite3_step(st) == SQLITE_ROW) {
		s = arena_alloc(&at->arena, sizeof(*s));
		s->id = id;
		s->name = text_at(at, st, 0);
		s->size = (uint64_t)sqlite3_column_int64(st, 1);
		s->file = c_index_path(&at->arena, (const char *)
				       sqlite3_column_text(st, 2));
		read_parts(at, s);
	}
	sqlite3_finalize(st);
	at->structs[id] = s;
	return s;
}

static size_t add_structs(struct c_index *x, const char *sql, const char *name,
			  const struct c_struct **ret, size_t n, size_t max)
{
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(db_of(x)->db, sql, -1, &st, NULL))
		return n;
	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	while (n < max && sqlite3_step(st) == SQLITE_ROW) {
		const struct c_struct *s =
			c_index_struct(x, sqlite3_column_int64(st, 0));
		size_t i = 0;

		while (i < n && ret[i] != s)
			i++;
		if (s && i == n)
			ret[n++] = s;
	}
	sqlite3_finalize(st);
	return n;
}

size_t c_index_structs(struct c_index *x, const char *name,
		       const struct c_struct **ret, size_t max)
{
	size_t n = add_structs(x, "SELECT id FROM structs WHERE name=?1 OR "
			       "name='struct '||?1 OR name='union '||?1 "
			       "ORDER BY id", name, ret, 0, max);

	/* "Widget (struct Widget_st)" */
	n = add_structs(x, "SELECT DISTINCT struct FROM types WHERE struct>0 "
			"AND (name=?1 OR substr(name,1,length(?1)+2)=?1||' (')"
			" ORDER BY struct", name, ret, n, max);
	/* as members are declared, arrays too: all rows are looked at */
	return n ? n : add_structs(x, "SELECT DISTINCT below FROM parts WHERE "
				   "kind=83 AND below>0 AND (type=?1 OR "
				   "substr(type,1,length(?1)+2)=?1||' [') "
				   "ORDER BY below", name, ret, n, max);
}

const struct c_part *c_struct_part(const struct c_struct *s, const char *name)
{
	for (size_t i = 0; s && i < s->nparts; i++) {
		if (!strcmp(s->parts[i].name, name))
			return &s->parts[i];
	}
	return NULL;
}

bool c_index_variable(struct c_index *x, const char *name, uint64_t *addr,
		      uint64_t *size, int64_t *id)
{
	sqlite3_stmt *st = NULL;
	bool found;

	if (sqlite3_prepare_v2(db_of(x)->db, "SELECT addr,size,struct FROM "
			       "vars WHERE name=?", -1, &st, NULL))
		return false;
	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	found = sqlite3_step(st) == SQLITE_ROW;
	if (found) {
		*addr = (uint64_t)sqlite3_column_int64(st, 0);
		*size = (uint64_t)sqlite3_column_int64(st, 1);
		*id = sqlite3_column_int64(st, 2);
	}
	sqlite3_finalize(st);
	return found;
}

const char *c_index_enumerator(struct c_index *x, const char *name,
			       int64_t value)
{
	struct c_index_db *at = db_of(x);
	sqlite3_stmt *st = NULL;
	const char *s = NULL;

	if (sqlite3_prepare_v2(at->db, "SELECT name FROM enumerators WHERE "
			       "var=? AND value=?", -1, &st, NULL))
		return NULL;
	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, value);
	if (sqlite3_step(st) == SQLITE_ROW)
		s = text_at(at, st, 0);
	sqlite3_finalize(st);
	return s;
}

void structs_release(struct c_index_db *at)
{
	free(at->structs);
}
