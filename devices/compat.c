/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compat.h"

#define MAX_ATOMS 100000u	/* of one descriptor, unfolded */
#define MAX_DEPTH 64
#define MAX_KEYS 256
#define MAX_GROUPS 8
#define MAX_TRIED 64		/* conditions of one side, one at a time */

const char *compat_name(enum compat c)
{
#define COMPAT_NAME(id, name, text) [id] = name,
	static const char *const names[] = { COMPATS(COMPAT_NAME) };
#undef COMPAT_NAME

	return names[c];
}

/* ---- what a descriptor puts on the wire ---- */

enum atom_kind {
	ATOM_BYTES,		/* .len of them */
	ATOM_SEVERAL,		/* .inner as often as the object says */
	ATOM_TIMES,		/* .inner .len times */
	ATOM_CODE,		/* what the code of info .type reads */
	ATOM_SUBS,		/* where subsections of .desc may stand */
};

struct atom {
	enum atom_kind kind;
	uint64_t len;
	const char *type;
	const struct desc *desc;	/* that it belongs to */
	const struct desc_field *field;
	const struct atom *inner;
	size_t ninner;
	uint64_t base;		/* ATOM_SUBS: of the structure */
};

struct atoms {
	struct atom *v;
	size_t n, cap;
};

/*
 * A condition, by the field that has it.  What one side is told to answer the
 * other is taken to answer, too, unless it is told something else.
 */
struct key {
	const char *desc, *field;
	const struct desc_field *f;
	int dup;
	bool sides[2];		/* writer, reader */
	enum tri told[2];	/* there; unknown where places differ */
	bool mixed[2];
	bool value;
};

struct question {
	struct arena *arena;
	struct key keys[MAX_KEYS];
	size_t nkeys;
	size_t natoms;
	unsigned depth;
	bool too_much;
	const struct compat_asker *askers;	/* writer, reader; or NULL */
	uint64_t bases[2];
	/* the comparison at work */
	struct compat_answer worst;
};

static struct key *key_of(struct question *q, const struct desc *d,
			  const struct desc_field *f, int side)
{
	struct key *k;

	for (size_t i = 0; i < q->nkeys; i++) {
		k = &q->keys[i];
		if (k->dup == (f->dup > 0 ? f->dup : 0) &&
		    !strcmp(k->field, f->name) && !strcmp(k->desc, d->name)) {
			k->sides[side] = true;
			return k;
		}
	}
	if (q->nkeys == MAX_KEYS)
		return NULL;
	k = &q->keys[q->nkeys++];
	*k = (struct key){
		.desc = d->name, .field = f->name, .f = f,
		.dup = f->dup > 0 ? f->dup : 0, .value = true,
	};
	k->sides[side] = true;
	return k;
}

static enum tri ask(const struct question *q, int side, const struct desc *d,
		    const struct desc_field *f, uint64_t base, int version)
{
	const struct compat_asker *a = q->askers ? &q->askers[side] : NULL;

	return a && a->ask ? a->ask(a->ctx, d, f, base, version) : TRI_UNKNOWN;
}

static bool known(const struct key *k)
{
	return k->told[0] != TRI_UNKNOWN || k->told[1] != TRI_UNKNOWN;
}

uint64_t compat_base(uint64_t base, const struct desc_field *f)
{
	if (base == COMPAT_NOWHERE || f->from_layout < DESC_FROM_BINARY ||
	    !(f->flags & VMS_STRUCT || f->flags & VMS_VSTRUCT) ||
	    f->flags & (VMS_POINTER | VMS_ARRAY | VMS_VARRAY |
			VMS_ARRAY_OF_POINTER) || f->num > 1 ||
	    __builtin_add_overflow(base, f->offset, &base))
		return COMPAT_NOWHERE;
	return base;
}

/* vmstate_field_exists() */
static bool exists(struct question *q, const struct desc *d,
		   const struct desc_field *f, int version, int side,
		   uint64_t base)
{
	enum tri told;
	struct key *k;

	if (f->flags & VMS_MUST_EXIST)
		return false;	/* a check: no bytes */
	if (f->exists != EXISTS_PREDICATE)
		return f->exists == EXISTS_WRITTEN || f->version <= version;
	told = ask(q, side, d, f, base, version);
	k = key_of(q, d, f, side);
	if (k && told != TRI_UNKNOWN) {
		k->mixed[side] |= k->told[side] != TRI_UNKNOWN &&
			k->told[side] != told;
		k->told[side] = told;
	}
	if (told == TRI_UNKNOWN && k && !k->mixed[1 - side])
		told = k->told[1 - side];
	if (told != TRI_UNKNOWN)
		return told == TRI_YES;
	return k ? k->value : true;
}

static struct atom *atom_add(struct question *q, struct atoms *to,
			     enum atom_kind kind, const struct desc *d,
			     const struct desc_field *f)
{
	struct atom *a;

	if (++q->natoms > MAX_ATOMS)
		q->too_much = true;
	to->v = grow_array(to->v, &to->cap, to->n + 1, sizeof(*to->v));
	a = &to->v[to->n++];
	*a = (struct atom){ .kind = kind, .desc = d, .field = f };
	return a;
}

static void unfold(struct question *q, struct atoms *to, const struct desc *d,
		   int version, int side, uint64_t base);

static bool all_bytes(const struct atoms *v, uint64_t *len)
{
	*len = 0;
	for (size_t i = 0; i < v->n; i++) {
		if (v->v[i].kind != ATOM_BYTES)
			return false;
		*len += v->v[i].len;
	}
	return true;
}

static void keep_inner(struct question *q, struct atom *a, struct atoms *inner)
{
	a->inner = arena_memdup(q->arena, inner->v,
				inner->n * sizeof(*inner->v));
	a->ninner = inner->n;
	free(inner->v);
}

static int nested_version(const struct desc_field *f)
{
	if (f->flags & VMS_VSTRUCT)
		return f->struct_version;
	if (f->type && (!strcmp(f->type, "tmp") || !strcmp(f->type, "qtailq") ||
			!strcmp(f->type, "qlist") || !strcmp(f->type, "gtree")))
		return f->version;
	return f->desc->version;
}

static bool is_list(const struct desc_field *f)
{
	return f->type && (!strcmp(f->type, "qtailq") ||
			   !strcmp(f->type, "qlist") || !strcmp(f->type, "gtree"));
}

static bool counted(const struct desc_field *f)
{
	return f->flags & (VMS_VARRAY | VMS_VBUFFER) && !(f->flags & VMS_ARRAY);
}

static void unfold_nested(struct question *q, struct atoms *to,
			  const struct desc *d, const struct desc_field *f,
			  int side, uint64_t base)
{
	struct atoms inner = { 0 };
	struct atom *a;
	uint64_t len;

	if (!counted(f) && !is_list(f) && f->num <= 1 &&
	    !(f->flags & VMS_ARRAY_OF_POINTER)) {
		unfold(q, to, f->desc, nested_version(f), side, base);
		return;
	}
	unfold(q, &inner, f->desc, nested_version(f), side, base);
	if (!counted(f) && !is_list(f) && all_bytes(&inner, &len) &&
	    !(f->flags & VMS_ARRAY_OF_POINTER)) {
		a = atom_add(q, to, ATOM_BYTES, d, f);
		if (__builtin_mul_overflow(len, (uint64_t)f->num, &a->len))
			q->too_much = true;
		free(inner.v);
		return;
	}
	a = atom_add(q, to, counted(f) || is_list(f) ? ATOM_SEVERAL :
		     ATOM_TIMES, d, f);
	a->type = is_list(f) ? f->type :
		f->flags & VMS_ARRAY_OF_POINTER ? "pointers" : NULL;
	a->len = (uint64_t)f->num;
	keep_inner(q, a, &inner);
}

/* Bytes of an element on the wire; 0: its info's code decides. */
static uint64_t leaf_size(const struct desc_field *f)
{
	unsigned n = f->type ? desc_type_size(f->type) : 0;

	if (n)
		return n;
	if (f->type && (!strcmp(f->type, "buffer") ||
			!strcmp(f->type, "unused_buffer")))
		return f->flags & VMS_VBUFFER ? 1 : f->size;
	/* a dump has no types: what is small lies there as it is in memory */
	if (!f->type && f->from_size && !(f->flags & VMS_VBUFFER))
		return f->size;
	return 0;
}

static void unfold_leaf(struct question *q, struct atoms *to,
			const struct desc *d, const struct desc_field *f)
{
	uint64_t size = leaf_size(f);
	struct atom *a;

	if (counted(f)) {
		struct atoms inner = { 0 };

		a = atom_add(q, &inner, size ? ATOM_BYTES : ATOM_CODE, d, f);
		a->len = size;
		a->type = f->type;
		a = atom_add(q, to, ATOM_SEVERAL, d, f);
		keep_inner(q, a, &inner);
		return;
	}
	a = atom_add(q, to, size ? ATOM_BYTES : ATOM_CODE, d, f);
	a->type = f->type;
	if (__builtin_mul_overflow(size ? size : 1,
				   (uint64_t)(f->num > 0 ? f->num : 0),
				   &a->len))
		q->too_much = true;
}

static void unfold(struct question *q, struct atoms *to, const struct desc *d,
		   int version, int side, uint64_t base)
{
	if (++q->depth > MAX_DEPTH)
		q->too_much = true;
	for (size_t i = 0; i < d->nfields && !q->too_much; i++) {
		const struct desc_field *f = &d->fields[i];

		if (!exists(q, d, f, version, side, base))
			continue;
		if (f->desc)
			unfold_nested(q, to, d, f, side, compat_base(base, f));
		else
			unfold_leaf(q, to, d, f);
	}
	if (d->nsubs)
		atom_add(q, to, ATOM_SUBS, d, NULL)->base = base;
	q->depth--;
}

/* ---- comparing ---- */

/* Remember the worst of all; of equally bad ones the first. */
static void found(struct question *q, enum compat answer,
		  const struct atom *w, const struct atom *r, const char *why)
{
	if (answer <= q->worst.answer)
		return;
	q->worst = (struct compat_answer){
		.answer = answer, .why = why,
		.writer = w ? w->desc : NULL, .reader = r ? r->desc : NULL,
		.writer_field = w ? w->field : NULL,
		.reader_field = r ? r->field : NULL,
	};
}

static const char *atom_text(struct question *q, const struct atom *a)
{
	const char *type;

	if (!a)
		return "nothing more";
	if (!a->field)
		return arena_printf(q->arena, "subsections of '%s'",
				    a->desc->name);
	type = a->type ? a->type : a->field->type ? a->field->type : "data";
	if (a->kind == ATOM_BYTES)
		return arena_printf(q->arena, "%s.%s (%s, %" PRIu64 " byte%s)",
				    a->desc->name, a->field->name, type,
				    a->len, a->len == 1 ? "" : "s");
	return arena_printf(q->arena, "%s.%s (%s)", a->desc->name,
			    a->field->name, type);
}

static bool part(struct question *q, const struct atom *w, const struct atom *r)
{
	found(q, COMPAT_NO, w, r, arena_printf(q->arena,
	      "written: %s, read: %s", atom_text(q, w), atom_text(q, r)));
	return false;
}

static const char *versions(struct question *q, const struct desc *w,
			    const struct desc *r)
{
	if (w->version > r->version)
		return arena_printf(q->arena, "'%s' version %d is above the "
				    "reader's %d", w->name, w->version,
				    r->version);
	if (w->version < r->min_version &&
	    !(r->load_state_old_fn && w->version >= r->min_old))
		return arena_printf(q->arena, "'%s' version %d is below the "
				    "reader's minimum %d", w->name, w->version,
				    r->min_version);
	return NULL;
}

static struct compat_answer ask_at(struct arena *arena, const struct desc *w,
				   const struct desc *r,
				   const struct compat_asker *askers,
				   const uint64_t bases[2]);

static void compare_subs(struct question *q, const struct atom *w,
			 const struct atom *r)
{
	for (size_t i = 0; w && i < w->desc->nsubs; i++) {
		const struct desc *sub = w->desc->subs[i];
		const struct desc *other = r ? desc_find_sub(r->desc,
							     sub->name) : NULL;
		bool always = sub->from >= DESC_FROM_BINARY && !sub->needed_fn;
		uint64_t bases[2] = { w->base, r ? r->base : COMPAT_NOWHERE };
		enum tri told = always ? TRI_YES : ask(q, 0, sub, NULL, w->base,
						       sub->version);
		struct compat_answer a;

		if (told == TRI_NO)
			continue;	/* never sent */
		always = told == TRI_YES;
		if (!other) {
			found(q, always ? COMPAT_NO : COMPAT_DEPENDS, w, r,
			      arena_printf(q->arena, "subsection '%s', sent %s%s%s, "
					   "is not known", sub->name,
					   always ? "always" : "when ",
					   always ? "" : sub->needed_name ?
					   sub->needed_name : "it is needed",
					   !always && sub->needed_name ?
					   "()" : ""));
			continue;
		}
		if (q->depth >= MAX_DEPTH)
			return;
		a = ask_at(q->arena, sub, other, q->askers, bases);
		if (a.answer == COMPAT_YES)
			continue;
		if (a.answer == COMPAT_NO && !always)
			a.answer = COMPAT_DEPENDS;
		a.why = arena_printf(q->arena, "subsection '%s', %s: %s",
				     sub->name, always ? "always sent" :
				     "when sent", a.why);
		if (a.answer > q->worst.answer)
			q->worst = a;
	}
}

static bool placeholder(const struct desc_field *f)
{
	return f->type && !strcmp(f->type, "unused_buffer");
}

static bool has_field(const struct desc *d, const char *name)
{
	return desc_find_field(d, name) != NULL;
}

/* Same bytes, other names: renamed, or have two changed places? */
static void compare_names(struct question *q, const struct atom *w,
			  const struct atom *r)
{
	if (strcmp(w->desc->name, r->desc->name) || w->len != r->len ||
	    placeholder(w->field) || placeholder(r->field) ||
	    !strcmp(w->field->name, r->field->name) ||
	    !has_field(r->desc, w->field->name) ||
	    !has_field(w->desc, r->field->name))
		return;
	found(q, COMPAT_SILENT, w, r, arena_printf(q->arena,
	      "'%s' of '%s' is read where '%s' was written", r->field->name,
	      r->desc->name, w->field->name));
}

static bool compare_atoms(struct question *q, const struct atom *w, size_t nw,
			  const struct atom *r, size_t nr);

static bool compare_one(struct question *q, const struct atom *w,
			const struct atom *r)
{
	if (w->kind != r->kind || (w->type && r->type &&
				   w->kind != ATOM_BYTES &&
				   strcmp(w->type, r->type)))
		return part(q, w, r);
	if (w->kind == ATOM_CODE)
		return w->len == r->len ? true : part(q, w, r);
	if (w->kind == ATOM_TIMES && w->len != r->len)
		return part(q, w, r);
	return compare_atoms(q, w->inner, w->ninner, r->inner, r->ninner);
}

static bool compare_atoms(struct question *q, const struct atom *w, size_t nw,
			  const struct atom *r, size_t nr)
{
	uint64_t wused = 0, rused = 0;	/* of runs of bytes */
	size_t i = 0, k = 0;

	for (;;) {
		const struct atom *a = i < nw ? &w[i] : NULL;
		const struct atom *b = k < nr ? &r[k] : NULL;
		uint64_t wleft, rleft, n;

		if (a && a->kind == ATOM_BYTES && wused == a->len) {
			wused = 0;
			i++;
			continue;
		}
		if (b && b->kind == ATOM_BYTES && rused == b->len) {
			rused = 0;
			k++;
			continue;
		}
		if ((a && a->kind == ATOM_SUBS) || (b && b->kind == ATOM_SUBS)) {
			bool ws = a && a->kind == ATOM_SUBS;
			bool rs = b && b->kind == ATOM_SUBS;

			if (ws)
				compare_subs(q, a, rs ? b : NULL);
			i += ws;
			k += rs;
			continue;
		}
		if (!a && !b)
			return true;
		if (!a || !b || wused != 0 || rused != 0) {
			/* in the middle of a run only bytes can follow */
			if (!a || !b || a->kind != ATOM_BYTES ||
			    b->kind != ATOM_BYTES)
				return part(q, a, b);
		} else if (a->kind != ATOM_BYTES || b->kind != ATOM_BYTES) {
			if (!compare_one(q, a, b))
				return false;
			i++;
			k++;
			continue;
		}
		if (!wused && !rused)
			compare_names(q, a, b);
		wleft = a->len - wused;
		rleft = b->len - rused;
		n = wleft < rleft ? wleft : rleft;
		wused += n;
		rused += n;
	}
}

static void try(struct question *q, const struct desc *w, const struct desc *r,
		const struct key *extra)
{
	struct atoms aw = { 0 }, ar = { 0 };
	struct compat_answer before = q->worst;

	q->natoms = 0;
	unfold(q, &aw, w, w->version, 0, q->bases[0]);
	unfold(q, &ar, r, w->version, 1, q->bases[1]);
	if (extra)
		q->worst = (struct compat_answer){ .why = "" };
	if (!q->too_much)
		compare_atoms(q, aw.v, aw.n, ar.v, ar.n);
	free(aw.v);
	free(ar.v);
	if (!extra)
		return;
	/* what follows from a condition of one side is no more than that */
	if (q->worst.answer == COMPAT_NO) {
		q->worst.answer = COMPAT_DEPENDS;
		q->worst.why = arena_printf(q->arena, "if %s of %s holds for '%s': %s",
			extra->f->exists_name ? extra->f->exists_name :
			"the condition", extra->sides[0] ? "the writer" :
			"the reader", extra->field, q->worst.why);
	} else {
		q->worst.answer = COMPAT_YES;
	}
	if (q->worst.answer <= before.answer)
		q->worst = before;
}

/* Conditions of one side that nobody knows, by the function that answers. */
struct group {
	uint64_t fn;		/* 0: not known, one for each field */
	int side;
	const struct key *first;
};

static bool open_key(const struct key *k)
{
	return !known(k) && !(k->sides[0] && k->sides[1]);
}

static bool in_group(const struct group *g, const struct key *k)
{
	return open_key(k) && g->side == !k->sides[0] &&
		(g->first == k || (g->fn && g->fn == k->f->exists_fn &&
				   !strcmp(g->first->desc, k->desc)));
}

static size_t groups_of(struct question *q, struct group *groups)
{
	size_t n = 0;

	for (size_t i = 0; i < q->nkeys; i++) {
		const struct key *k = &q->keys[i];
		bool met = !open_key(k);

		for (size_t j = 0; j < n && !met; j++)
			met = in_group(&groups[j], k);
		if (met)
			continue;
		if (n == MAX_GROUPS)
			return 0;
		groups[n++] = (struct group){
			k->f->exists_fn, !k->sides[0], k,
		};
	}
	return n;
}

/*
 * It fails where the conditions of one side do not hold.  Where they all hold,
 * or some do, it may well load (virtio-mem: machine types that move fields
 * elsewhere; esp: older and newer fields exclude each other).  One function
 * answers alike for all its fields.
 */
static void try_other_way(struct question *q, const struct desc *w,
			  const struct desc *r)
{
	struct compat_answer before = q->worst;
	struct group groups[MAX_GROUPS];
	size_t n = groups_of(q, groups);
	const struct key *one;
	unsigned all = 0;

	if (!n)
		return;
	for (unsigned how = (1u << n) - 1; how && all < MAX_TRIED * 4; how--) {
		for (size_t i = 0; i < q->nkeys; i++)
			for (size_t j = 0; j < n; j++)
				if (in_group(&groups[j], &q->keys[i]))
					q->keys[i].value = how >> j & 1;
		q->worst = (struct compat_answer){ .why = "" };
		try(q, w, r, NULL);
		all++;
		if (q->worst.answer != COMPAT_NO)
			break;
	}
	if (q->worst.answer == COMPAT_NO) {
		q->worst = before;
		return;
	}
	one = groups[0].first;
	before.answer = COMPAT_DEPENDS;
	before.why = arena_printf(q->arena, "unless %s of %s%s holds for '%s': %s",
		one->f->exists_name ? one->f->exists_name : "the condition",
		one->sides[0] ? "the writer" : "the reader",
		n > 1 ? " (and others)" : "", one->field, before.why);
	q->worst = before;
}

/* On the wire: a structure may have grown, and code reads what it reads. */
static bool same_size(const struct desc_field *a, const struct desc_field *b)
{
	if (a->desc && b->desc)
		return !strcmp(a->desc->name, b->desc->name);
	return a->size == b->size ||
		(!a->desc && !b->desc && !leaf_size(a) && !leaf_size(b));
}

/*
 * Condition @k of one side makes it fail.  Does the other side have one of
 * another name for an equal field of the same descriptor (max_queues became
 * max_queue_pairs), and is all well when both hold?  Then it is the same.
 */
static bool renamed(struct question *q, const struct desc *w,
		    const struct desc *r, const struct key *k)
{
	struct compat_answer kept = q->worst;
	bool same = false;

	for (size_t i = 0; i < q->nkeys && !same; i++) {
		struct key *o = &q->keys[i];

		if (!open_key(o) || o->sides[0] == k->sides[0] ||
		    strcmp(o->desc, k->desc) || !same_size(o->f, k->f) ||
		    o->f->flags != k->f->flags || !o->f->type || !k->f->type ||
		    strcmp(o->f->type, k->f->type))
			continue;
		o->value = true;
		q->worst = (struct compat_answer){ .why = "" };
		try(q, w, r, NULL);
		same = q->worst.answer < COMPAT_DEPENDS;
		o->value = false;
	}
	q->worst = kept;
	return same;
}

/* A part at @bases of the writer's and the reader's object. */
static struct compat_answer ask_at(struct arena *arena, const struct desc *w,
				   const struct desc *r,
				   const struct compat_asker *askers,
				   const uint64_t bases[2])
{
	struct question *q = arena_calloc(arena, 1, sizeof(*q));
	struct atoms scratch = { 0 };
	struct compat_answer before;
	const char *version = NULL;
	unsigned tried = 0;
	bool shared = false;

	q->arena = arena;
	q->askers = askers;
	memcpy(q->bases, bases, sizeof(q->bases));
	q->worst.why = "";
	version = versions(q, w, r);
	if (version)
		return (struct compat_answer){
			.answer = COMPAT_NO, .why = version, .writer = w,
			.reader = r,
		};
	/* all conditions first */
	unfold(q, &scratch, w, w->version, 0, bases[0]);
	q->natoms = 0;
	unfold(q, &scratch, r, w->version, 1, bases[1]);
	free(scratch.v);
	for (size_t i = 0; i < q->nkeys; i++) {
		q->keys[i].value = q->keys[i].sides[0] && q->keys[i].sides[1];
		shared |= q->keys[i].value;
	}
	try(q, w, r, NULL);
	for (size_t i = 0; shared && i < q->nkeys; i++)
		q->keys[i].value = false;
	if (shared && q->worst.answer != COMPAT_NO)
		try(q, w, r, NULL);
	if (q->worst.answer == COMPAT_NO)
		try_other_way(q, w, r);
	for (size_t i = 0; i < q->nkeys; i++)
		q->keys[i].value = q->keys[i].sides[0] && q->keys[i].sides[1];
	for (size_t i = 0; i < q->nkeys && tried < MAX_TRIED &&
	     q->worst.answer < COMPAT_DEPENDS; i++) {
		struct key *k = &q->keys[i];

		if (known(k) || (k->sides[0] && k->sides[1]))
			continue;
		k->value = true;
		before = q->worst;
		try(q, w, r, k);
		if (q->worst.answer != before.answer && renamed(q, w, r, k))
			q->worst = before;
		k->value = false;
		tried++;
	}
	if (q->too_much)
		found(q, COMPAT_NO, NULL, NULL,
		      "too large to be compared");
	return q->worst;
}

struct compat_answer compat_ask(struct arena *arena, const struct desc *w,
				const struct desc *r)
{
	return compat_ask_with(arena, w, r, NULL);
}

struct compat_answer compat_ask_with(struct arena *arena, const struct desc *w,
				     const struct desc *r,
				     const struct compat_asker sides[2])
{
	static const uint64_t bases[2] = { 0, 0 };

	if (w->unmigratable)
		return (struct compat_answer){
			.answer = COMPAT_NEVER, .writer = w, .reader = r,
			.why = "the writer says that it cannot be migrated",
		};
	return ask_at(arena, w, r, sides, bases);
}

/* ---- all of them ---- */

struct roots {
	const struct desc **v;
	size_t n;
};

static int by_pointer(const void *a, const void *b)
{
	const struct desc *x = *(const struct desc *const *)a;
	const struct desc *y = *(const struct desc *const *)b;

	return x < y ? -1 : x > y;
}

static int by_name(const void *a, const void *b)
{
	const struct desc *x = *(const struct desc *const *)a;
	const struct desc *y = *(const struct desc *const *)b;
	int c = strcmp(x->name, y->name);

	return c ? c : x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* Those that are nobody's part; parts are reached through the others. */
static struct roots roots_of(const struct desc_set *set, struct arena *a)
{
	struct roots r = { arena_calloc(a, set->nitems + 1, sizeof(*r.v)), 0 };
	const struct desc **parts = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < set->nitems; i++) {
		const struct desc *d = set->items[i].desc;

		parts = grow_array(parts, &cap, n + 2 * d->nfields + d->nsubs +
				   1, sizeof(*parts));
		for (size_t k = 0; k < d->nfields; k++) {
			if (d->fields[k].desc)
				parts[n++] = d->fields[k].desc;
			if (d->fields[k].key_desc)
				parts[n++] = d->fields[k].key_desc;
		}
		for (size_t k = 0; k < d->nsubs; k++)
			parts[n++] = d->subs[k];
	}
	if (n)
		qsort(parts, n, sizeof(*parts), by_pointer);
	for (size_t i = 0; i < set->nitems; i++) {
		const struct desc *d = set->items[i].desc;

		if (*d->name && !(n && bsearch(&d, parts, n, sizeof(*parts),
					       by_pointer)))
			r.v[r.n++] = d;
	}
	free(parts);
	qsort(r.v, r.n, sizeof(*r.v), by_name);
	return r;
}

/* Several may have one name: the one of the same symbol, else the same one. */
static size_t partner(const struct roots *from, const struct desc *d, size_t k,
		      const bool *taken)
{
	size_t best = SIZE_MAX, seen = 0;

	for (size_t i = 0; i < from->n; i++) {
		const struct desc *o = from->v[i];

		if (strcmp(o->name, d->name))
			continue;
		if (!taken[i] && d->symbol && o->symbol &&
		    !strcmp(d->symbol, o->symbol))
			return i;
		if (!taken[i] && (best == SIZE_MAX ||
				  (o->version == d->version &&
				   from->v[best]->version != d->version) ||
				  (seen == k && from->v[best]->version !=
				   d->version)))
			best = i;
		seen++;
	}
	return best;
}

size_t compat(const struct desc_set *older, const struct desc_set *newer,
	      struct arena *a, const struct compat_pair **ret)
{
	struct roots o = roots_of(older, a), w = roots_of(newer, a);
	struct compat_pair *pairs = arena_calloc(a, o.n + w.n + 1,
						 sizeof(*pairs));
	bool *taken = arena_calloc(a, w.n + 1, sizeof(*taken));
	struct compat_answer gone = { .answer = COMPAT_GONE, .why = "" };
	size_t n = 0, k = 0;

	for (size_t i = 0; i < o.n; i++) {
		struct compat_pair *p = &pairs[n++];
		size_t j;

		k = i && !strcmp(o.v[i]->name, o.v[i - 1]->name) ? k + 1 : 0;
		j = partner(&w, o.v[i], k, taken);
		p->name = o.v[i]->name;
		p->older = o.v[i];
		p->forward = p->backward = gone;
		if (j == SIZE_MAX)
			continue;
		taken[j] = true;
		p->newer = w.v[j];
		p->forward = compat_ask(a, p->older, p->newer);
		p->backward = compat_ask(a, p->newer, p->older);
	}
	for (size_t i = 0; i < w.n; i++) {
		if (taken[i])
			continue;
		pairs[n++] = (struct compat_pair){
			.name = w.v[i]->name, .newer = w.v[i],
			.forward = gone, .backward = gone,
		};
	}
	*ret = pairs;
	return n;
}

/* ---- what code reads ---- */

/*
 * What the put() of an info hands to vmstate_save_state(): a descriptor's name,
 * in which "%s" stands for that of the section.  All releases since 2.9.
 */
static const struct {
	const char *type, *part;
} parts[] = {
	{ "virtio-gpu", "virtio-gpu-scanouts" },
	{ "virtio", "%s-device" },	/* VirtioDeviceClass::vmsd */
};

static const struct compat_pair *part_of(const struct compat_pair *pairs,
					 size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (pairs[i].older && pairs[i].newer &&
		    !strcmp(pairs[i].name, name))
			return &pairs[i];
	return NULL;
}

static void join(struct compat_answer *to, const struct compat_answer *from,
		 const char *name, struct arena *a)
{
	if (from->answer <= to->answer)
		return;
	*to = *from;
	to->why = arena_printf(a, "its code reads '%s': %s", name, from->why);
}

static bool has_code(const struct desc *d, const char *type)
{
	for (size_t i = 0; i < d->nfields; i++)
		if (d->fields[i].type && !strcmp(d->fields[i].type, type))
			return true;
	return false;
}

void compat_join(struct compat_pair *pairs, size_t n, struct arena *a)
{
	for (size_t i = 0; i < n; i++) {
		struct compat_pair *p = &pairs[i];

		for (size_t k = 0; p->older && p->newer &&
		     k < sizeof(parts) / sizeof(*parts); k++) {
			const char *at = strstr(parts[k].part, "%s"), *name;
			const struct compat_pair *other;

			if (!has_code(p->older, parts[k].type) ||
			    !has_code(p->newer, parts[k].type))
				continue;
			name = !at ? parts[k].part :
				arena_printf(a, "%s%s", p->name, at + 2);
			other = part_of(pairs, n, name);
			if (!other || other == p)
				continue;
			join(&p->forward, &other->forward, name, a);
			join(&p->backward, &other->backward, name, a);
		}
	}
}
