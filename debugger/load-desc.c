/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a descriptor reads: vmstate_load_state() of QEMU's migration/vmstate.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "../devices/known.h"
#include "load-desc.h"

/* ---- leaves ---- */

int cut_off(struct load *l, uint32_t i)
{
	l->c.pos = l->c.end;
	l->ended = true;
	return refuse(l, i, OUT_CUT_OFF, -EIO);
}

int claim(struct load *l, uint32_t i, uint64_t n)
{
	if (n == UINT64_MAX || cursor_left(&l->c) < n)
		return cut_off(l, i);
	l->c.pos += n;
	return 0;
}

/* get_*_equal(), get_int32_le(): migration/vmstate-types.c */
static int check_equal(struct load *l, uint32_t i, const char *type,
		       const uint8_t *got, const uint8_t *local, unsigned n)
{
	uint64_t a = be_load(local, n), b = be_load(got, n);

	if (!strcmp(type, "int32 le")) {
		int32_t cur = (int32_t)a, v = (int32_t)b;

		if (v >= 0 && v <= cur)
			return 0;
		say_refusal(l, "Invalid value %" PRId32 " expecting positive "
			    "value <= %" PRId32, v, cur);
		return refuse(l, i, OUT_FAILED, -EINVAL);
	}
	if (a == b)
		return 0;
	say_refusal(l, "%" PRIx64 " != %" PRIx64, a, b);
	return refuse(l, i, OUT_FAILED, -EINVAL);
}

static int judge_leaf(struct load *l, uint32_t i, const char *type,
		      const uint8_t *got, uint64_t len, const uint8_t *seen)
{
	if (!load_type(l, type)->must_equal || len > 8)
		return 0;
	if (seen)
		return check_equal(l, i, type, got, seen, (unsigned)len);
	note_unjudged(l, "must equal the destination's value, which is not told");
	return 0;
}

static int load_capability(struct load *l, uint32_t i)
{
	int n = cursor_peek(&l->c, 0);

	return n < 0 ? cut_off(l, i) : claim(l, i, 1 + (uint64_t)n);
}

/* ---- infos that frame nested descriptors ---- */

static const struct written *sub_of(const struct written_field *wf)
{
	return wf ? wf->sub : NULL;
}

static const struct desc *nested_desc(const struct frame *fr,
				      const struct desc_field *f,
				      const struct element *e)
{
	if (fr->self && sub_of(e->self))
		return e->self->sub->desc;
	if (e->index < f->nelem_descs)
		return f->elem_descs[e->index];
	/* a descriptor made of one element's description fits only that one */
	if (f->from_desc == DESC_FROM_REFERENCE && sub_of(e->seen))
		return e->seen->sub->desc;
	if (f->desc)
		return f->desc;
	if (sub_of(e->seen))
		return e->seen->sub->desc;
	return NULL;
}

static int load_nested(struct load *l, struct frame *fr, const struct desc *d,
		       int version, const struct element *e,
		       struct shadow_ref at);

/* get_tmp() */
static int load_tmp(struct load *l, struct frame *fr,
		    const struct desc_field *f, const struct desc *d,
		    const struct element *e)
{
	int version = f->from_version ? f->version : d->version;

	struct shadow_ref tmp = { 0 };

	if (fr->self || !f->from_version)
		version = 0;	/* every use in QEMU 5.2 to 10.0 has version 0 */
	if (has_layout(l, f)) {
		/* its first member points to the object around */
		tmp = shadow_object(l->shadow);
		shadow_point(l->shadow, tmp, 0,
			     place_in_memory(l, fr, f, e->index));
	}
	return load_nested(l, fr, d, version, e, tmp);
}

/* get_qtailq(), get_qlist(): a byte 1 before each element, 0 behind the last */
static int load_list(struct load *l, struct frame *fr,
		     const struct desc_field *f, const struct desc *d,
		     const struct element *e, uint32_t i)
{
	int version = f->from_version ? f->version : d->version, ret, more;

	if (!fr->self && (version > d->version ||
			  (d->from_min && version < d->min_version))) {
		say_both(l, "%s too %s", d->name,
			 version > d->version ? "new" : "old");
		return refuse(l, i, OUT_FAILED, -EINVAL);
	}
	for (;;) {
		uint32_t m = ev_open(l, EV_ITEM, "more");

		ev(l, m)->type = "uint8";
		ev(l, m)->n = 1;
		more = cursor_peek(&l->c, 0);
		ret = claim(l, i, 1);
		ev_close(l, m, ret ? OUT_CUT_OFF : OUT_LOADED);
		if (ret || !more)
			return ret;
		ret = load_nested(l, fr, d, version, e, has_layout(l, f) ?
				  shadow_object(l->shadow) :
				  (struct shadow_ref){ 0 });
		if (ret)
			return ret;
		if (l->t->truncated)
			return -EIO;
	}
}

static int take_number(struct load *l, const char *name, const char *type,
		       unsigned size, uint64_t *ret)
{
	uint32_t m = ev_open(l, EV_ITEM, name);
	int r;

	ev(l, m)->type = type;
	ev(l, m)->n = 1;
	*ret = cursor_left(&l->c) >= size ?
		be_load(l->c.data + l->c.pos, size) : 0;
	r = claim(l, m, size);
	ev_close(l, m, r ? OUT_CUT_OFF : OUT_LOADED);
	return r;
}

/* get_gtree() where the descriptors are told */
static int load_tree_nodes(struct load *l, struct frame *fr,
			   const struct desc_field *f, const struct element *e,
			   uint32_t i)
{
	uint64_t nodes, more, key, count = 0;
	int ret = take_number(l, "nnodes", "uint32", 4, &nodes);

	while (!ret && !l->t->truncated) {
		ret = take_number(l, "more", "uint8", 1, &more);
		if (ret || !more)
			break;
		if (++count > nodes)
			break;
		if (f->key_desc)
			ret = load_nested(l, fr, f->key_desc, f->version, e,
					  shadow_object(l->shadow));
		else
			ret = take_number(l, "key", "uint64", 8, &key);
		if (!ret)
			ret = load_nested(l, fr, f->desc, f->version, e,
					  shadow_object(l->shadow));
	}
	if (ret || count == nodes)
		return ret;
	say_refusal(l, "%s inconsistent stream when loading the gtree", f->name);
	return refuse(l, i, OUT_FAILED, -EINVAL);
}

static int load_gtree(struct load *l, struct frame *fr,
		      const struct desc_field *f, const struct element *e,
		      uint32_t i, uint64_t len)
{
	/*
	 * be32 nnodes, then (1, key, value)*, 0.  Keys and values have
	 * descriptors that only an image tells; elements of equal size can be
	 * counted without them.
	 */
	uint64_t n;

	if (has_layout(l, f) && f->desc && !fr->self)
		return load_tree_nodes(l, fr, f, e, i);
	if (cursor_left(&l->c) < 5)
		return cut_off(l, i);
	n = be_load(l->c.data + l->c.pos, 4);
	if (len == UINT64_MAX && n == 0)
		len = 5;
	if (len == UINT64_MAX) {
		note_unknown(l, "how long the elements of this tree are");
		len = 5;
	}
	return claim(l, i, len);
}

/* ---- elements and fields ---- */

/*
 * A null pointer in an array of pointers is one byte '0'.  Which ones are
 * null is the object's own business: only the destination's own stream shows
 * it.
 */
static bool is_null(struct load *l, const struct written_field *wf)
{
	return load_type(l, wf->type)->null ||
		(wf->size == 1 && !wf->sub &&
		 load_type(l, wf->type)->structure);
}

static int load_null(struct load *l, uint32_t i)
{
	int mark_byte = cursor_peek(&l->c, 0);
	int ret = claim(l, i, 1);

	/* '1': since 11.0, where the loader allocates what comes next */
	if (ret || mark_byte == '0' || l->o->self ||
	    (mark_byte == '1' && l->o->reg->release_max >= 1100))
		return ret;
	if (!words_of_11(l)) {
		say_both(l, "vmstate: get_nullptr expected VMS_NULLPTR_MARKER");
	} else {
		say(l, "vmstate: get_nullptr expected VMS_NULLPTR_MARKER");
		chain(l, "Unexpected ptr marker: %d", mark_byte);
	}
	return refuse(l, i, OUT_FAILED, -EINVAL);
}

static int load_nested(struct load *l, struct frame *fr, const struct desc *d,
		       int version, const struct element *e,
		       struct shadow_ref at)
{
	struct frame inner = *fr;
	int ret;

	/* only the deltas are handed down: load_desc() makes its own frame */
	if (e->self)
		inner.self_delta += e->self_k * e->self->size;
	if (e->seen)
		inner.seen_delta += e->seen_k * e->seen->size;
	inner.up = fr;
	inner.at = at;
	inner.guide = fr->guide_field ?
		guide_below(fr->guide_field, e->index) : NULL;
	ret = load_desc(l, &inner, d, version, sub_of(e->self), sub_of(e->seen),
			sub_of(e->src));
	return ret;
}

static int struct_version(struct load *l, const struct frame *fr,
			  const struct desc_field *f, const struct desc *d,
			  const struct element *e)
{
	if (fr->self && sub_of(e->self))
		return e->self->sub->version;
	if (f->flags & VMS_VSTRUCT) {
		if (f->from_layout || f->struct_version)
			return f->struct_version;
		if (sub_of(e->seen))
			return e->seen->sub->version;
		if (sub_of(e->src)) {
			note_unknown(l, "which version the destination loads "
				     "this vstruct at");
			return e->src->sub->version;
		}
	}
	return d->version;
}

/* An embedded structure's bytes that its description does not account for. */
static int load_leftover(struct load *l, const struct written_field *wf,
			 uint64_t start, uint32_t i)
{
	uint64_t used = l->c.pos - start;
	uint32_t x;

	if (used >= wf->size)
		return 0;
	if (cursor_left(&l->c) < wf->size - used)
		return cut_off(l, i);
	x = ev_leaf(l, EV_MARKER, "end marker", wf->size - used);
	ev(l, x)->text = "bytes of the structure that no field accounts for";
	return 0;
}

static int load_struct(struct load *l, struct frame *fr,
		       const struct desc_field *f, const struct element *e,
		       uint32_t i)
{
	const struct desc *d = nested_desc(fr, f, e);
	uint64_t start = l->c.pos;
	int ret;

	if (!d && sub_of(e->src))
		d = e->src->sub->desc;
	if (!d) {
		note_unknown(l, "what this structure is made of");
		return claim(l, i, e->src ? e->src->size : 0);
	}
	ret = load_nested(l, fr, d, struct_version(l, fr, f, d, e), e,
			  place_in_memory(l, fr, f, e->index));
	if (!ret && fr->self && e->self)
		ret = load_leftover(l, e->self, start, i);
	if (!ret && !fr->self && l->o->rules == RULES_SENTINEL) {
		uint32_t m = ev_open(l, EV_MARKER, "end marker");
		int byte = cursor_peek(&l->c, 0);

		ret = claim(l, m, 1);
		if (!ret && byte != 0x09) {
			say_both(l, "%s: end marker of structure expected, "
				 "found 0x%02x", d->name, (unsigned)byte);
			ret = refuse(l, m, OUT_FAILED, -EINVAL);
		}
		ev_close(l, m, ret ? OUT_FAILED : OUT_LOADED);
	}
	return ret;
}

/* Infos with their own framing, one element. */
static int load_info(struct load *l, struct frame *fr,
		     const struct desc_field *f, const char *type,
		     const struct element *e, uint32_t i, bool *handled)
{
	const struct desc *d = nested_desc(fr, f, e);
	const struct codec *codec;

	*handled = true;
	if (load_type(l, type)->null)
		return load_null(l, i);
	if (!strcmp(type, "capability"))
		return load_capability(l, i);
	if (!strcmp(type, "tmp") && d)
		return load_tmp(l, fr, f, d, e);
	if ((!strcmp(type, "qtailq") || !strcmp(type, "qlist")) && d) {
		struct mark m = load_mark(l);
		int ret = load_list(l, fr, f, d, e, i);

		if (fr->self && e->self &&
		    (ret || l->c.pos != m.pos + e->self->size)) {
			load_rewind(l, &m);
			return claim(l, i, e->self->size);
		}
		return ret;
	}
	if ((!strcmp(type, "qtailq") || !strcmp(type, "qlist")) && !fr->self &&
	    cursor_peek(&l->c, 0) == 0)
		return claim(l, i, 1);	/* an empty list needs no descriptor */
	if (!strcmp(type, "gtree"))
		return load_gtree(l, fr, f, e, i, e->self ? e->self->size :
				  e->src ? e->src->size : UINT64_MAX);
	codec = load_type(l, type)->codec;
	if (codec)
		return load_codec(l, fr, codec, f, e, i);
	*handled = false;
	return 0;
}

/* A code-driven info that no codec reads: its length has to come from others. */
static int load_opaque(struct load *l, const struct frame *fr,
		       const struct desc_field *f, const struct element *e,
		       const char *type, uint32_t i)
{
	if (fr->self && e->self)
		return claim(l, i, e->self->size);
	if (e->src && (!e->seen || (e->seen->size != e->src->size &&
	    !(type && codec_is_even(type))))) {
		note_unknown(l, ev_printf(l, "'%s' is read by code (%s) that no "
			"codec describes; its length is the source's", f->name,
			type ? type : "its type is not told"));
		return claim(l, i, e->src->size);
	}
	if (e->seen)
		return claim(l, i, e->seen->size);
	note_unknown(l, ev_printf(l, "how long '%s' (%s) of '%s' is", f->name,
				  type ? type : "its type is not told",
				  fr->d->name));
	return claim(l, i, f->from_size ? f->size : 0);
}

static struct element element_at(const struct group *self,
				 const struct group *seen,
				 const struct group *src, uint64_t i)
{
	struct element e = { .index = i };

	e.self = group_at(self, i, &e.self_k);
	e.seen = group_at(seen, i, &e.seen_k);
	e.src = group_at(src, i, &e.src_k);
	return e;
}

static const char *leaf_type(const struct frame *fr,
			     const struct desc_field *f,
			     const struct element *e)
{
	if (fr->self && e->self)
		return e->self->type;
	if (f->type)
		return f->type;
	return e->src ? e->src->type : NULL;
}

/*
 * A stream that ends reads as zeros, and these infos compare before anybody asks
 * whether it has ended.
 */
static int judge_cut_off(struct load *l, const struct frame *fr,
			 const struct desc_field *f, const char *type,
			 const struct element *e, uint32_t i,
			 const uint8_t *got, uint64_t size)
{
	uint8_t bytes[8] = { 0 };
	const uint8_t *seen = NULL;
	uint64_t seen_len = 0;

	if (!load_type(l, type)->must_equal || size > sizeof(bytes))
		return -EIO;
	memcpy(bytes, got, (size_t)(l->c.data + l->c.end - got));
	if (fr->seen)
		seen = seen_bytes(l, fr, e->seen, e->seen_k, &seen_len);
	else
		seen = seen_inside(l, fr->d, f->name, false, &seen_len);
	if (seen_len != size ||
	    !check_equal(l, i, type, bytes, seen, (unsigned)size))
		return -EIO;
	l->ended = false;
	return -EINVAL;
}

static int load_plain(struct load *l, struct frame *fr,
		      const struct desc_field *f, uint64_t n,
		      const char *type, const struct element *e, uint32_t i)
{
	uint64_t size, total, seen_len = 0;
	const uint8_t *seen = NULL, *got = l->c.data + l->c.pos;
	bool guess = false;
	int ret;

	size = decide_size(l, fr, f, type, e->self, e->seen, e->src, &guess);
	if (guess) {
		ev(l, i)->guess = true;
		l->section_guess = true;
	}
	if (__builtin_mul_overflow(size, n, &total))
		total = UINT64_MAX;
	ret = claim(l, i, total);
	if (ret && !fr->self && n == 1)
		return judge_cut_off(l, fr, f, type, e, i, got, size);
	if (ret || fr->self || !n)
		return ret;
	keep_values(l, fr, f, e->index, n, type, got, size, SHADOW_LOADED);
	if (fr->seen)
		seen = seen_bytes(l, fr, e->seen, e->seen_k, &seen_len);
	else if (load_type(l, type)->must_equal)
		seen = seen_inside(l, fr->d, f->name, false,
				   &seen_len);
	return judge_leaf(l, i, type, got, size, seen_len == size ? seen : NULL);
}

/*
 * Up to 9.x an array of pointers whose first element is null was written as
 * one compressed object: then only the byte itself tells.
 */
static bool element_is_null(struct load *l, const struct frame *fr,
			    const struct desc_field *f, const struct element *e,
			    uint32_t i)
{
	const struct written_field *wf = fr->self ? e->self :
		fr->seen ? e->seen : e->src;

	/* nobody shows which are null; no field starts with that byte there */
	if (!wf)
		return f->flags & VMS_ARRAY_OF_POINTER &&
			cursor_peek(&l->c, 0) == '0';
	if (!is_null(l, wf))
		return false;
	if (!load_type(l, wf->type)->null && wf->array_len > 1 &&
	    cursor_peek(&l->c, 0) != '0' && f->desc)
		return fr->seen && e->seen &&
			seen_null(l, fr, e, l->c.pos - ev(l, i)->off);
	return true;
}

/*
 * 11.1: each pointer of an array that the loader allocates is announced by a
 * byte, '0' for none.
 */
static bool announced(const struct load *l, const struct frame *fr,
		      const struct desc_field *f)
{
	return has_layout(l, f) && !fr->self && f->flags & VMS_NEW_IN_11 &&
		f->flags & VMS_ARRAY_OF_POINTER;
}

static int load_announced(struct load *l, struct frame *fr,
			  const struct desc_field *f, const struct element *e,
			  uint32_t i)
{
	int mark = cursor_peek(&l->c, 0);
	uint32_t m = ev_leaf(l, EV_ITEM, "ptr-marker", mark >= 0);

	ev(l, m)->type = "uint8";
	ev(l, m)->n = 1;
	if (mark < 0)
		return cut_off(l, i);
	if (mark == '0')
		return 0;
	if (mark == '1')
		return load_struct(l, fr, f, e, i);
	chain(l, "Unexpected ptr marker: %d", mark);
	return refuse(l, i, OUT_FAILED, -EINVAL);
}

/* How many elements behind @e the accounts describe as they do @e. */
static uint64_t alike(const struct element *e, uint64_t most)
{
	const struct written_field *wf[] = { e->self, e->seen, e->src };
	const uint64_t k[] = { e->self_k, e->seen_k, e->src_k };

	for (size_t i = 0; i < 3; i++) {
		if (wf[i] && wf[i]->array_len - k[i] - 1 < most)
			most = wf[i]->array_len - k[i] - 1;
	}
	return most;
}

static size_t all_notes(const struct load *l)
{
	return l->t->nunknowns + l->t->nunjudged + l->undecided + l->nlines;
}

/*
 * The structure @e was loaded as the events from @before on: how many of those
 * that follow it, of @n in all, could be loaded just so?
 */
static uint64_t repeat(struct load *l, uint32_t before, uint64_t len,
		       const struct element *e, uint64_t n)
{
	const struct event *s = &l->t->events[before];
	uint64_t most = alike(e, n - e->index - 1);

	if (!most || before >= l->t->n || s->kind != EV_STRUCT ||
	    s->end != l->t->n || !load_is_steady(l, s->desc))
		return 0;
	return load_repeat(l, before, len, e->index + 1, most);
}

/* Are some of the pointers null, and others not? */
static bool is_mixed(const struct group *g)
{
	for (size_t i = 1; i < g->n; i++) {
		if (desc_type_is_null(g->first[i].type) !=
		    desc_type_is_null(g->first[0].type))
			return true;
	}
	return false;
}

/* Plain elements up to the next null pointer. */
static int load_plain_run(struct load *l, struct frame *fr,
			  const struct desc_field *f, uint64_t n,
			  const char *type, const struct element *e,
			  uint32_t i)
{
	uint32_t m = ev_open(l, EV_ITEM, f->name);
	int ret;

	ev(l, m)->type = type;
	ev(l, m)->n = n;
	ev(l, m)->from = ev(l, i)->from;
	ret = load_plain(l, fr, f, n, type, e, m);
	ev_close(l, m, ret ? OUT_FAILED : OUT_LOADED);
	return ret;
}

static int load_elements(struct load *l, struct frame *fr,
			 const struct desc_field *f, uint64_t n,
			 const struct group *self, const struct group *seen,
			 const struct group *src, uint32_t i)
{
	bool may_repeat = !f->nelem_descs && l->o->rules != RULES_SENTINEL &&
		!(f->flags & VMS_ARRAY_OF_POINTER);
	bool mixed = is_mixed(self) || is_mixed(seen) || is_mixed(src);
	int ret = 0;

	for (uint64_t k = 0; k < n && !ret && !l->t->truncated; k++) {
		struct element e = element_at(self, seen, src, k);
		const char *type = leaf_type(fr, f, &e);
		uint64_t pos = l->c.pos;
		uint32_t before = l->t->n;
		size_t notes = all_notes(l);
		bool handled;

		if (announced(l, fr, f)) {
			ret = load_announced(l, fr, f, &e, i);
		} else if (element_is_null(l, fr, f, &e, i)) {
			ret = load_null(l, i);
			continue;
		} else if (f->flags & (VMS_STRUCT | VMS_VSTRUCT) ||
			   load_type(l, type)->structure) {
			ret = load_struct(l, fr, f, &e, i);
		} else if (load_type(l, type)->plain && mixed) {
			uint64_t more = alike(&e, n - k - 1);

			ret = load_plain_run(l, fr, f, more + 1, type, &e, i);
			k += more;
			continue;
		} else if (load_type(l, type)->plain) {
			/* the elements that are left look alike */
			ret = load_plain(l, fr, f, n - k, type, &e, i);
			break;
		} else {
			ret = type ? load_info(l, fr, f, type, &e, i, &handled) : 0;
			if (!type || !handled)
				ret = load_opaque(l, fr, f, &e, type, i);
		}
		/* a look for subsections has met the end */
		if (!ret && l->beyond && !l->trial)
			ret = cut_off(l, i);
		/* tell the elements apart for paths */
		if (before < l->t->n &&
		    l->t->events[before].parent == i)
			l->t->events[before].elem = (uint32_t)k;
		if (may_repeat && !ret && k + 1 < n && notes == all_notes(l))
			k += repeat(l, before, l->c.pos - pos, &e, n);
		if (l->c.pos == pos && k > 65536)
			break;	/* empty elements without end */
	}
	return ret;
}

static bool of_vmstate_types(struct load *l, const char *type)
{
	const struct load_type *t = load_type(l, type);

	return t->plain || t->null || t->must_equal || !strcmp(type, "tmp") ||
		!strcmp(type, "qtailq") || !strcmp(type, "qlist") ||
		!strcmp(type, "gtree");
}

static void field_failed(struct load *l, const struct frame *fr,
			 const struct desc_field *f, const char *type, int ret)
{
	bool ended = l->ended;

	l->ended = false;
	say(l, "Failed to load %s:%s", fr->d->name, f->name);
	if (!ended && f->flags & (VMS_STRUCT | VMS_VSTRUCT))
		return;
	/* vmstate-types.c knows Errors since 11.0, the infos of devices do not */
	if (l->chain[0] && words_of_11(l) && type && of_vmstate_types(l, type))
		return;
	print_chain(l);
	if (ended)	/* the info has not noticed */
		chain(l, "Failed to load %s state: stream error: %d",
		      fr->d->name, ret);
	else if (words_of_11(l))
		chain(l, "Failed to load element of type %s for %s",
		      type ? type : "unknown", f->name);
	else
		chain(l, "Failed to load element of type %s for %s: %d",
		      type ? type : "unknown", f->name, ret);
}

static int load_field(struct load *l, struct frame *fr,
		      const struct desc_field *f)
{
	struct group self = find_group(fr->self, &fr->self_next, f);
	struct group seen = find_group(fr->seen, &fr->seen_next, f);
	struct group src = find_group(fr->src, &fr->src_next, f);
	struct choice c;
	struct event *e;
	const char *null;
	uint32_t i;
	bool guess;
	int64_t n;
	int ret;

	fr->guide_field = fr->guide ?
		guide_field(fr->guide, f, &fr->guide_next) : NULL;
	c = decide_exists(l, fr, f, &seen, &src);
	guess = c.guess;
	i = ev_open(l, EV_FIELD, f->name);
	e = ev(l, i);
	e->desc = fr->d;
	e->field = f;
	e->type = f->type;
	e->from = c.from;
	e->guess = c.guess;
	e->text = c.text;
	e->version = fr->version;
	if (!c.exists) {
		ev_close(l, i, OUT_ABSENT);
		if (f->flags & VMS_MUST_EXIST) {
			say(l, "Input validation failed: %s/%s", fr->d->name,
			    f->name);
			chain(l, "Input validation failed: %s/%s version_id: %d",
			      fr->d->name, f->name, fr->d->version);
			return refuse(l, i, OUT_FAILED, -1);
		}
		return 0;
	}
	n = decide_count(l, fr, f, &self, &seen, &src, &guess);
	if (guess && n != f->num)
		l->section_guess = true;
	e = ev(l, i);
	e->n = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
	e->guess = guess;
	e->is_array = n != 1 || f->flags & (VMS_ARRAY | VMS_VARRAY);
	if (!e->type && (self.n || src.n))
		e->type = (self.n ? self : src).first->type;
	if (l->o->self && self.n && self.first->id < l->t->nwritten &&
	    l->t->written_off[self.first->id] == UINT64_MAX && !l->trial) {
		uint64_t at = l->c.pos;

		for (size_t k = 0; k < self.n; k++) {
			l->t->written_off[self.first[k].id] = at;
			at += self.first[k].size * self.first[k].array_len;
		}
	}
	null = l->o->self ? NULL : judge_pointer(l, fr, fr->d, f);
	ret = null ? crash(l, i, null) :
		load_elements(l, fr, f, (uint64_t)n, &self, &seen, &src, i);
	if (ret && l->fail_event == EVENT_NONE)
		refuse(l, i, OUT_FAILED, ret);	/* a codec did */
	ev_close(l, i, ret ? OUT_FAILED : OUT_LOADED);
	if (ret < 0)
		field_failed(l, fr, f, ev(l, i)->type, ret);
	return ret;
}

/* ---- descriptors ---- */

static bool minimum_version(struct load *l, const struct desc *d, int version,
			    int32_t *min)
{
	const struct registry *reg = l->o->reg;
	const struct known_desc *k;

	if (d->from_min) {
		*min = d->min_version;
		return true;
	}
	if (version >= d->version)
		return false;	/* cannot be below it */
	k = known_desc_on(reg->arch, d->name, d->version, reg->release_min,
			  reg->release_max);
	if (k) {
		*min = k->min_version;
		return true;
	}
	note_unknown(l, ev_printf(l, "the minimum version of '%s'", d->name));
	return false;
}

static int check_version(struct load *l, const struct desc *d, int version,
			 uint32_t i)
{
	int32_t min;

	if (d->from_version && version > d->version) {
		say_or_chain(l, "%s: incoming version_id %d is too new for "
			     "local version_id %d", d->name, version,
			     d->version);
		return refuse(l, i, OUT_TOO_NEW, -EINVAL);
	}
	if (minimum_version(l, d, version, &min) && version < min) {
		if (d->load_state_old_fn && version >= d->min_old)
			note_unknown(l, "what load_state_old() reads");
		say(l, "%s: incoming version_id %d is too old for local "
		    "minimum version_id  %d", d->name, version, min);
		chain(l, "%s: incoming version_id %d is too old for local "
		      "minimum version_id %d", d->name, version, min);
		return refuse(l, i, OUT_TOO_OLD, -EINVAL);
	}
	return 0;
}

static void post_load_failed(struct load *l, const struct desc *d, int version,
			     int ret, uint32_t i)
{
	const char *hook = ev_printf(l, "post load hook failed for: %s, "
		"version_id: %d, minimum_version: %d", d->name, version,
		d->from_min ? d->min_version : version);

	if (d->post_load_errp)
		chain(l, "%s", hook);	/* and the hook's own Error */
	else
		chain(l, "%s, ret: %d", hook, ret);
	refuse(l, i, OUT_FAILED, ret);
}

/* What an embedded object's hook, or a subsection's, may have changed. */
static void hook_has_run(struct load *l, const struct frame *fr)
{
	const struct frame *around = fr->up->up;

	shadow_touched(l->shadow, fr->at);
	/* a structure of its own: changing others is what it is for */
	if (around && around->at.object != fr->at.object)
		shadow_touched(l->shadow, (struct shadow_ref){
			.object = around->at.object,
		});
}

int load_desc(struct load *l, struct frame *up, const struct desc *d,
	      int version, const struct written *self,
	      const struct written *seen, const struct written *src)
{
	struct frame fr = {
		.up = up, .d = d, .version = version,
		.self = self, .seen = seen, .src = src,
	};
	uint32_t i;
	int ret;

	if (up) {
		fr.self_delta = up->self_delta;
		fr.seen_delta = up->seen_delta;
		fr.at = up->at;
		fr.guide = up->guide;
		fr.is_sub = l->depth && ev_current(l) != EVENT_NONE &&
			ev(l, ev_current(l))->kind == EV_PROBE;
		if (fr.is_sub && fr.guide)
			fr.guide = desc_find_sub(fr.guide, d->name);
	}
	if (l->nesting >= MAX_NESTING || l->depth + 8 >= MAX_OPEN)
		return refuse(l, EVENT_NONE, OUT_FAILED, -ELOOP);
	l->nesting++;
	i = ev_open(l, EV_STRUCT, d->name);
	fr.event = i;
	ev(l, i)->desc = d;
	ev(l, i)->version = version;
	ev(l, i)->from = d->from;
	ret = l->o->self ? 0 : check_version(l, d, version, i);
	if (ret) {
		ev_close(l, i, (enum outcome)ev(l, i)->outcome);
		goto out;
	}
	if (!up && l->shadow)
		fr.at = shadow_reset(l->shadow);
	keep_own(l, &fr);
	for (size_t k = 0; k < d->nfields && !ret && !l->t->truncated; k++)
		ret = load_field(l, &fr, &d->fields[k]);
	if (!ret && (fr.self || rules_looks(l->o->rules, d->nsubs != 0)))
		ret = load_subsections(l, &fr);
	if (!ret && !l->o->self) {
		ret = judge_post_load(l, &fr, d, i);
		if (ret)
			post_load_failed(l, d, version, ret, i);
		else if (l->shadow && d->post_load_fn && up)
			hook_has_run(l, &fr);
	}
	ev_close(l, i, ret ? OUT_FAILED : OUT_LOADED);
out:
	if (ret && words_of_11(l))
		l->chain_ret = -EINVAL;
	l->nesting--;
	return ret;
}
