/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Code-driven state: the loader behind a codec's struct wire, and which of a
 * codec's variants reads a field.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "load-desc.h"

#define MAX_ZEROS (UINT64_C(1) << 20)
#define MAX_TAKES 10000

/* ---- the wire ---- */

struct load_wire {
	struct wire w;
	struct load *l;
	struct frame *fr;
	uint32_t event;
	bool ended;		/* reads zeros behind the stream's end */
	uint64_t zeros;
	unsigned takes;
};

static struct load_wire *lw(struct wire *w)
{
	return (struct load_wire *)w;
}

/* Behind the end: code that counts to four billion does so elsewhere. */
static const uint8_t *more_zeros(struct wire *w, uint64_t n)
{
	struct load_wire *x = lw(w);

	if (n > MAX_ZEROS - x->zeros || ++x->takes > MAX_TAKES)
		return NULL;
	x->zeros += n;
	return arena_calloc(&x->l->t->arena, 1, n ? n : 1);
}

static const uint8_t *wire_take(struct wire *w, const char *name,
				const char *type, uint64_t n)
{
	struct load *l = lw(w)->l;
	uint64_t left = cursor_left(&l->c);
	const uint8_t *p = l->c.data + l->c.pos;
	uint8_t *zeros;
	struct event *e;
	uint32_t i;

	if (lw(w)->ended)
		return more_zeros(w, n);
	i = ev_leaf(l, EV_ITEM, arena_intern_str(&l->t->arena, name),
		    n < left ? n : left);
	e = ev(l, i);
	e->type = arena_intern_str(&l->t->arena, type);
	e->n = 1;
	e->from = DESC_FROM_KNOWN;
	if (n <= left)
		return p;
	e->outcome = OUT_CUT_OFF;
	refuse(l, i, OUT_CUT_OFF, -EIO);
	if (l->trial || l->o->self || n > MAX_ZEROS)
		return NULL;
	/* what is not there reads as zeros; the code notices it behind */
	lw(w)->ended = true;
	zeros = arena_calloc(&l->t->arena, 1, n);
	memcpy(zeros, p, left);
	return zeros;
}

static int wire_peek(struct wire *w, uint64_t ahead)
{
	return cursor_peek(&lw(w)->l->c, ahead);
}

static uint64_t wire_offset(struct wire *w)
{
	return lw(w)->l->c.pos;
}

static void wire_enter(struct wire *w, const char *name, const char *type)
{
	struct load *l = lw(w)->l;
	uint32_t i;

	if (l->nesting >= MAX_NESTING)
		return;
	l->nesting++;
	i = ev_open(l, EV_GROUP, arena_intern_str(&l->t->arena, name));
	ev(l, i)->type = type ? arena_intern_str(&l->t->arena, type) : NULL;
}

static void wire_leave(struct wire *w)
{
	struct load *l = lw(w)->l;

	if (l->depth && ev_current(l) != lw(w)->event) {
		ev_close(l, ev_current(l), OUT_LOADED);
		l->nesting--;
	}
}

static int wire_load(struct wire *w, const struct desc *d, int version,
		     const char *name)
{
	struct load *l = lw(w)->l;
	struct frame inner = *lw(w)->fr;
	const struct desc *told;
	uint32_t i = EVENT_NONE;
	int ret;

	if (name && strcmp(name, d->name)) {
		i = ev_open(l, EV_GROUP, arena_intern_str(&l->t->arena, name));
	}
	inner.guide = NULL;
	if (l->shadow && (told = image_desc(l, d))) {
		inner.guide = d;
		inner.at = shadow_object(l->shadow);
		d = told;
	}
	ret = load_desc(l, &inner, d, version, NULL, NULL, NULL);
	ev_close(l, i, ret ? OUT_FAILED : OUT_LOADED);
	return ret;
}

static void wire_error(struct wire *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_both(lw(w)->l, "%s", ev_vprintf(lw(w)->l, fmt, ap));
	va_end(ap);
}

static void wire_blame(struct wire *w, uint64_t offset)
{
	struct load *l = lw(w)->l;

	for (uint32_t i = l->t->n; i-- > lw(w)->event + 1; ) {
		const struct event *e = &l->t->events[i];

		if (e->kind == EV_ITEM && e->off <= offset &&
		    offset - e->off < e->len) {
			refuse(l, i, OUT_FAILED, -EINVAL);
			return;
		}
	}
}

static void wire_unjudged(struct wire *w, const char *fmt, ...)
{
	struct load *l = lw(w)->l;
	va_list ap;

	va_start(ap, fmt);
	if (!l->trial)
		note_unjudged(l, ev_vprintf(l, fmt, ap));
	va_end(ap);
}

static void wire_unknown(struct wire *w, const char *fmt, ...)
{
	struct load *l = lw(w)->l;
	va_list ap;

	va_start(ap, fmt);
	if (!l->trial)
		note_unknown(l, ev_vprintf(l, fmt, ap));
	va_end(ap);
}

static void wire_fact_set(struct wire *w, const char *key, int64_t value)
{
	facts_set(lw(w)->l->o->facts, w->idstr, w->instance, key, value);
}

/* "pc-q35-7.2" is 702. */
static bool machine_version(const char *machine, int64_t *value)
{
	const char *dash = machine ? strrchr(machine, '-') : NULL;
	unsigned major, minor;

	if (!dash || sscanf(dash, "-%u.%u", &major, &minor) != 2)
		return false;
	*value = major * 100 + minor;
	return true;
}

static bool wire_fact_get(struct wire *w, const char *key, int64_t *value)
{
	const struct load_opts *o = lw(w)->l->o;

	if (!strcmp(key, "machine-version"))
		return machine_version(lw(w)->l->t->machine, value);
	if (!strcmp(key, "release-min")) {
		*value = o->reg->release ? o->reg->release :
			o->reg->release_min;
		return true;
	}
	if (!strcmp(key, "release-max")) {
		*value = o->reg->release ? o->reg->release :
			o->reg->release_max;
		return true;
	}

	return facts_get(o->reference_facts, w->idstr, w->instance, key, value) ||
		facts_get(o->facts, w->idstr, w->instance, key, value) ||
		facts_get(o->source_facts, w->idstr, w->instance, key, value);
}

static const struct wire_ops wire_ops = {
	.take = wire_take, .peek = wire_peek, .offset = wire_offset,
	.enter = wire_enter, .leave = wire_leave, .load = wire_load,
	.error = wire_error, .blame = wire_blame, .unjudged = wire_unjudged,
	.unknown = wire_unknown, .fact_set = wire_fact_set,
	.fact_get = wire_fact_get,
};

/* ---- a reading that can be taken back ---- */

struct mark load_mark(const struct load *l)
{
	return (struct mark){
		.n = l->t->n, .fail_event = l->fail_event, .pos = l->c.pos,
		.fail_offset = l->fail_offset, .depth = l->depth,
		.nesting = l->nesting, .nlines = l->nlines,
		.nlines_new = l->nlines_new, .truncated = l->t->truncated,
		.chain = l->chain, .chain_ret = l->chain_ret,
		.nunknowns = l->t->nunknowns,
		.nunjudged = l->t->nunjudged,
		.section_unknown = l->section_unknown, .beyond = l->beyond,
		.fail_crash = l->fail_crash, .fail_why = l->fail_why,
	};
}

void load_rewind(struct load *l, const struct mark *m)
{
	l->t->nunknowns = m->nunknowns;
	l->t->nunjudged = m->nunjudged;
	l->section_unknown = m->section_unknown;
	l->t->n = m->n;
	l->fail_event = m->fail_event;
	l->fail_offset = m->fail_offset;
	l->c.pos = m->pos;
	l->depth = m->depth;
	l->nesting = m->nesting;
	l->nlines = m->nlines;
	l->nlines_new = m->nlines_new;
	l->t->truncated = m->truncated;
	l->chain = m->chain;
	l->chain_ret = m->chain_ret;
	l->ended = false;
	l->beyond = m->beyond;
	l->fail_crash = m->fail_crash;
	l->fail_why = m->fail_why;
}

/* A codec that fails in the middle leaves its groups open. */
static void close_groups(struct load *l, const struct mark *m)
{
	while (l->depth > m->depth)
		ev_close(l, ev_current(l), OUT_FAILED);
	l->nesting = m->nesting;
}

/* ---- variants ---- */

static int run_codec(struct load *l, struct frame *fr,
		     const struct codec *codec, unsigned variant,
		     const struct desc_field *f, uint64_t len,
		     const uint8_t *seen, uint64_t seen_len, uint32_t i)
{
	struct mark m = load_mark(l);
	struct load_wire w = {
		.w = {
			.ops = &wire_ops, .idstr = l->idstr ? l->idstr : "",
			.instance = l->instance, .version = fr->version,
			.field = f, .len = len, .exact = fr->self != NULL,
			.seen = seen, .seen_len = seen_len,
		},
		.l = l, .fr = fr, .event = i,
	};
	int ret = codec->read(&w.w, variant);

	close_groups(l, &m);
	l->ended = w.ended && !ret;
	return l->ended ? -EIO : ret;
}

static void variant_key(char *buf, size_t size, const char *type)
{
	snprintf(buf, size, "variant:%.30s", type);
}

/*
 * The field's length is certain: the variant that tiles it is the one that
 * wrote it.  Returns 1 when one does, 0 when none does.
 */
static int try_variants(struct load *l, struct frame *fr,
			const struct codec *codec, const struct desc_field *f,
			uint64_t len, uint32_t i)
{
	struct mark m = load_mark(l);
	uint64_t end = l->c.end;
	unsigned n = codec->nvariants ? codec->nvariants : 1;
	char key[40];

	if (cursor_left(&l->c) < len)
		return 0;
	variant_key(key, sizeof(key), codec->type);
	for (unsigned v = 0; v < n; v++) {
		int ret;

		l->c.end = m.pos + len;
		l->trial = v + 1 < n;
		ret = run_codec(l, fr, codec, v, f, len, NULL, 0, i);
		l->trial = false;
		l->c.end = end;
		if (!ret && l->c.pos == m.pos + len) {
			facts_set(l->o->facts, l->idstr, l->instance, key, v);
			if (codec->variants && v)
				ev(l, i)->text = codec->variants[v];
			return 1;
		}
		load_rewind(l, &m);
	}
	return 0;
}

int load_codec(struct load *l, struct frame *fr, const struct codec *codec,
	       const struct desc_field *f, const struct element *e, uint32_t i)
{
	const struct load_opts *o = l->o;
	uint64_t seen_len = 0;
	const uint8_t *seen = NULL;
	int64_t v = 0;
	char key[40];

	if (fr->self && e->self) {
		if (try_variants(l, fr, codec, f, e->self->size, i))
			return 0;
		/* not as any emulator that we know wrote it */
		ev(l, i)->text = "no codec's variant fits these bytes";
		ev(l, i)->guess = true;
		return claim(l, i, e->self->size);
	}
	if (fr->seen)
		seen = seen_bytes(l, fr, e->seen, e->seen_k, &seen_len);
	else if (!l->o->self)
		seen = seen_inside(l, fr->d, f->name, false,
				   &seen_len);
	variant_key(key, sizeof(key), codec->type);
	if (o->open_variants) {
		if (codec->nvariants > l->nvariants)
			l->nvariants = codec->nvariants;
		v = l->variant < codec->nvariants ? l->variant : 0;
		facts_set(o->facts, l->idstr, l->instance, key, v);
	} else if (!facts_get(o->reference_facts, l->idstr, l->instance, key,
			      &v)) {
		if (e->seen) {
			/* it wrote something that we cannot read */
			note_unknown(l, "how the destination reads this code-"
				     "driven state");
			return claim(l, i, e->src ? e->src->size : e->seen->size);
		}
		facts_get(o->source_facts, l->idstr, l->instance, key, &v);
		if (codec->nvariants > 1)
			ev(l, i)->guess = true;
	}
	if (codec->variants && codec->nvariants > 1)
		ev(l, i)->text = codec->variants[v];
	return run_codec(l, fr, codec, (unsigned)v, f,
			 e->seen ? e->seen->size : UINT64_MAX, seen, seen_len,
			 i);
}

int load_section_codec(struct load *l, const struct section_codec *codec,
		       int kind, int version)
{
	struct frame fr = { .version = version, .event = EVENT_NONE };
	struct mark m = load_mark(l);
	struct load_wire w = {
		.w = {
			.ops = &wire_ops, .idstr = l->idstr,
			.instance = l->instance, .version = version,
			.len = UINT64_MAX,
		},
		.l = l, .fr = &fr, .event = ev_current(l),
	};
	int ret = codec->read(&w.w, kind, version);

	close_groups(l, &m);
	/* nobody asks before the footer */
	if (w.ended && !ret)
		l->beyond = true;
	return ret;
}
