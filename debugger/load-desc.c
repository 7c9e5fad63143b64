/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a descriptor reads: vmstate_load_state() and
 * vmstate_subsection_load() of QEMU's migration/vmstate.c.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../devices/known.h"
#include "load-impl.h"

/* One object that a descriptor is loaded into. */
struct frame {
	struct frame *up;
	const struct desc *d;
	int version;
	uint32_t event;
	bool is_sub;		/* a subsection: the object is up's */
	const struct written *self, *seen, *src;
	size_t self_next, seen_next, src_next;
	/*
	 * Elements of a compressed array share one description: how much
	 * later than the first one's this object's bytes lie.
	 */
	uint64_t self_delta, seen_delta;
	struct shadow_ref at;	/* the object's memory */
	/*
	 * A codec's descriptor of the same object: it tells which fields exist
	 * where the image's predicates cannot.
	 */
	const struct desc *guide;
	const struct desc_field *guide_field;	/* for the field at work */
	size_t guide_next;
};

/* The JSON objects that describe one field: @n of them from @first on. */
struct group {
	const struct written_field *first;
	size_t n;
	uint64_t count;		/* elements */
};

static struct group find_group(const struct written *w, size_t *next,
			       const struct desc_field *f)
{
	struct group g = { NULL, 0, 0 };

	if (!w)
		return g;
	for (size_t k = 0; k < w->nfields; k++) {
		/* from where the last one ended, then all: fields may move */
		size_t i = (*next + k) % w->nfields;

		if (!written_is_field(w->fields[i].name, f))
			continue;
		g.first = &w->fields[i];
		while (i < w->nfields &&
		       !strcmp(w->fields[i].name, g.first->name)) {
			g.count += w->fields[i++].array_len;
			g.n++;
		}
		*next = i;
		break;
	}
	return g;
}

/* The JSON object of element @i, and its number within a compressed run. */
static const struct written_field *group_at(const struct group *g, uint64_t i,
					    uint64_t *k)
{
	for (size_t j = 0; j < g->n; j++) {
		if (i < g->first[j].array_len) {
			*k = i;
			return &g->first[j];
		}
		i -= g->first[j].array_len;
	}
	return NULL;
}

static const uint8_t *seen_bytes(const struct load *l, const struct frame *fr,
				 const struct written_field *wf, uint64_t k,
				 uint64_t *len)
{
	const struct timeline *ref = l->o->reference_timeline;
	uint64_t off;

	if (!wf || !ref || wf->id >= ref->nwritten)
		return NULL;
	off = ref->written_off[wf->id];
	if (off == UINT64_MAX)
		return NULL;
	off += fr->seen_delta + k * wf->size;
	if (off > ref->src->len || ref->src->len - off < wf->size)
		return NULL;
	*len = wf->size;
	return ref->src->data + off;
}

/*
 * The same for what hand-written code loads: no description lists it, but the
 * reference stream's own load has read it with the same codec.  The k-th field
 * of this name in this descriptor is meant.
 */
static const uint8_t *seen_inside(const struct load *l, const struct desc *d,
				  const char *field, bool loaded, uint64_t *len)
{
	const struct timeline *ref = l->o->reference_timeline, *t = l->t;
	uint32_t k = 0, i, end;

	if (!ref || l->section_event == EVENT_NONE)
		return NULL;
	for (i = l->section_event + 1; i + 1 < t->n; i++) {
		const struct event *e = &t->events[i];

		k += e->kind == EV_FIELD && e->desc && !strcmp(e->name, field) &&
			!strcmp(e->desc->name, d->name);
	}
	k -= loaded && k;	/* the last one is the one meant */
	for (i = 1; i < ref->n; i = ref->events[i].end) {
		const struct event *e = &ref->events[i];

		if (e->kind == EV_SECTION && e->instance == l->instance &&
		    !strcmp(e->name, l->idstr))
			break;
	}
	end = i < ref->n ? ref->events[i].end : 0;
	for (; i < end; i++) {
		const struct event *e = &ref->events[i];

		if (e->kind != EV_FIELD || !e->desc || strcmp(e->name, field) ||
		    strcmp(e->desc->name, d->name) || k--)
			continue;
		*len = e->len;
		return ref->src->data + e->off;
	}
	return NULL;
}

/*
 * The same field in the destination's own stream, where that has no
 * description: as it was read blindly.  NULL if that reading is not certain.
 * @opened: the field has an event of its own here already.
 */
static const struct event *blind_twin(const struct load *l,
				      const struct desc *d,
				      const struct desc_field *f, bool opened)
{
	const struct timeline *ref = l->o->reference_timeline, *t = l->t;
	uint32_t k = 0, i;

	if (!ref || l->o->reference || l->section_event == EVENT_NONE)
		return NULL;
	for (i = l->section_event + 1; i < t->n; i++) {
		const struct event *e = &t->events[i];

		k += e->kind == EV_FIELD && e->desc && e->field &&
			e->field->dup == f->dup && !strcmp(e->name, f->name) &&
			!strcmp(e->desc->name, d->name);
	}
	k -= opened && k;
	for (i = 1; i < ref->n; i = ref->events[i].end) {
		const struct event *e = &ref->events[i];

		if (e->kind == EV_SECTION && e->instance == l->instance &&
		    !strcmp(e->name, l->idstr))
			break;
	}
	if (i >= ref->n || ref->events[i].outcome != OUT_LOADED)
		return NULL;
	/* about the section itself: whether there is an entry for it */
	for (size_t j = 0; j < ref->nunknowns; j++) {
		if (ref->unknowns[j].event > i &&
		    ref->unknowns[j].event < ref->events[i].end)
			return NULL;
	}
	for (uint32_t end = ref->events[i++].end; i < end; i++) {
		const struct event *e = &ref->events[i];

		if (e->kind == EV_FIELD && e->desc && e->field &&
		    e->field->dup == f->dup && !strcmp(e->name, f->name) &&
		    !strcmp(e->desc->name, d->name) && !k--)
			return e;
	}
	return NULL;
}

/* ---- the loaded object's memory: values of fields by name ---- */

static const struct event *loaded_field(const struct load *l,
					const struct frame *fr,
					const char *name)
{
	for (; fr; fr = fr->up) {
		const struct event *e;

		for (uint32_t i = fr->event + 1; fr->event != EVENT_NONE &&
		     i < l->t->n; ) {
			e = &l->t->events[i];
			if (e->parent != fr->event)
				break;
			if (e->kind == EV_FIELD && e->outcome == OUT_LOADED &&
			    e->name && !strcmp(e->name, name) && e->n == 1)
				return e;
			if (e->end <= i)
				break;	/* still open */
			i = e->end;
		}
		if (!fr->is_sub)
			break;
	}
	return NULL;
}

static bool loaded_value(const struct load *l, const struct frame *fr,
			 const char *name, int64_t *ret)
{
	const struct event *e = loaded_field(l, fr, name);

	if (!e || e->len > 8 || !e->len)
		return false;
	*ret = (int64_t)be_load(l->c.data + e->off, (unsigned)e->len);
	if (e->len == 4 && e->type && !strncmp(e->type, "int32", 5))
		*ret = (int32_t)*ret;
	return true;
}

/* What the destination's own object held when it wrote its reference stream. */
static bool seen_value(const struct load *l, const struct frame *fr,
		       const char *name, int64_t *ret)
{
	for (size_t i = 0; fr->seen && i < fr->seen->nfields; i++) {
		const struct written_field *wf = &fr->seen->fields[i];
		uint64_t len;
		const uint8_t *p;

		if (strcmp(wf->name, name))
			continue;
		p = seen_bytes(l, fr, wf, 0, &len);
		if (!p || len > 8)
			return false;
		*ret = (int64_t)be_load(p, (unsigned)len);
		return true;
	}
	return false;
}

/* ---- does the field exist, how many elements, how large ---- */

static bool version_of_known(const struct load *l, const struct desc *d,
			     const struct desc_field *f, int32_t *version)
{
	const struct registry *reg = l->o->reg;
	const struct known_desc *k = known_desc_on(reg->arch, d->name,
						   d->version, reg->release_min,
						   reg->release_max);

	for (size_t i = 0; k && i < k->nfields; i++) {
		if (!strcmp(k->fields[i].name, f->name) &&
		    !k->fields[i].predicate) {
			*version = k->fields[i].version;
			return true;
		}
	}
	return false;
}

/* ---- the loaded object's memory, where an image tells the offsets ---- */

static bool has_layout(const struct load *l, const struct desc_field *f)
{
	return l->shadow && f->from_layout >= DESC_FROM_BINARY;
}

/* Where element @i of the field lies: vmstate_load_state()'s curr_elem. */
static struct shadow_ref place_of(const struct load *l, const struct frame *fr,
				  const struct desc_field *f, uint64_t i)
{
	struct shadow_ref at = fr->at;
	uint64_t off = f->offset;

	if (!has_layout(l, f) || i > UINT32_MAX ||
	    (i && f->size > UINT32_MAX))
		return (struct shadow_ref){ 0 };
	if (f->flags & VMS_POINTER) {
		at = shadow_follow(l->shadow, at, off);
		off = 0;
	}
	off += f->size * i;
	if (f->flags & VMS_ARRAY_OF_POINTER) {
		at = shadow_follow(l->shadow, at, off);
		off = 0;
	}
	at.base = (int64_t)((uint64_t)at.base + off);
	/* the size of what a pointer points to is not told */
	at.size = (f->flags & VMS_ARRAY_OF_POINTER) ||
		(f->flags & VMS_POINTER && !(f->flags & VMS_VARRAY)) ? 0 :
		f->size;
	at.element = i != 0;
	return at;
}

static void keep_values(struct load *l, const struct frame *fr,
			const struct desc_field *f, uint64_t first, uint64_t n,
			const char *type, const uint8_t *p, uint64_t size,
			enum shadow_from from)
{
	if (!has_layout(l, f) || !fr->at.object ||
	    (f->size != size && n > 1))
		return;
	for (uint64_t i = 0; i < n && i < 4096; i++)
		shadow_put_wire(l->shadow, place_of(l, fr, f, first + i), 0,
				type, p + i * size, size, from);
}

/* The codec's field for one of the image's, from @from on; NULL. */
/*
 * A field that later builds of a release gave up is "unused" in the tables,
 * and has its old name in the image of an earlier one.
 */
static bool was_given_up(const struct desc_field *g, const struct desc_field *f)
{
	return g->type && !strcmp(g->type, "unused_buffer") &&
		!strcmp(g->name, "unused") && f->exists == EXISTS_PREDICATE &&
		g->size && g->size == f->size;
}

static const struct desc_field *guide_field(const struct desc *guide,
					    const struct desc_field *f,
					    size_t *from)
{
	for (size_t i = *from; i < guide->nfields; i++) {
		const struct desc_field *g = &guide->fields[i];

		if (strcmp(g->name, f->name) ||
		    (g->type && f->type && strcmp(g->type, f->type)) ||
		    (g->size && f->size && !g->desc && !f->desc &&
		     g->size != f->size))
			continue;
		*from = i + 1;
		return g;
	}
	if (*from < guide->nfields && was_given_up(&guide->fields[*from], f))
		return &guide->fields[(*from)++];
	return NULL;
}

static const struct desc *guide_below(const struct desc_field *g, uint64_t i)
{
	return i < g->nelem_descs ? g->elem_descs[i] : g->desc;
}

/* The image's descriptor for what a codec has a table of; NULL. */
static const struct desc *image_desc(const struct load *l,
				     const struct desc *d)
{
	const struct desc_set *set = desc_image_set(l->o->image);

	for (size_t i = 0; i < set->nitems; i++) {
		const struct desc *other = set->items[i].desc;
		size_t next = 0;

		if (strcmp(other->name, d->name) ||
		    other->version != d->version)
			continue;
		for (size_t k = 0; k < other->nfields; k++)
			(void)guide_field(d, &other->fields[k], &next);
		if (next == d->nfields)
			return other;
	}
	return NULL;
}

/* What the destination's own object held, below what is loaded. */
static void keep_own(struct load *l, const struct frame *fr)
{
	size_t next = 0;

	/* values that pre_save computes; or pre_load has set others since */
	if (!l->shadow || !fr->seen || fr->d->pre_load_fn ||
	    fr->d->pre_save_fn)
		return;
	for (size_t i = 0; i < fr->d->nfields; i++) {
		const struct desc_field *f = &fr->d->fields[i];
		struct group g;

		if (!has_layout(l, f) || !desc_type_size(f->type))
			continue;
		g = find_group(fr->seen, &next, f);
		for (uint64_t k = 0, j = 0; k < g.count && k < 4096; k++) {
			const struct written_field *wf = group_at(&g, k, &j);
			uint64_t len;
			const uint8_t *p = seen_bytes(l, fr, wf, j, &len);

			if (p && len == desc_type_size(f->type))
				keep_values(l, fr, f, k, 1, f->type, p, len,
					    SHADOW_OWN);
		}
	}
}

/* "read 1 byte at +0x18: 0x1" ... of what a predicate has looked at. */
static const char *looked_at(struct load *l, const struct desc_field *f,
			     const struct predicate_trace *why)
{
	char buf[600] = "";
	size_t n = 0;

	for (unsigned i = 0; i < why->nreads && i < 4; i++) {
		const struct predicate_read *r = &why->reads[i];

		n += (size_t)snprintf(buf + n, sizeof(buf) - n,
			"%s %u byte%s at %s0x%" PRIx64 "%s", i ? "," : " reads",
			r->size, r->size == 1 ? "" : "s",
			r->offset < 0 ? "-" : "+",
			(uint64_t)(r->offset < 0 ? -r->offset : r->offset),
			r->outside ? " (outside of the object)" : "");
		if (r->known)
			n += (size_t)snprintf(buf + n, sizeof(buf) - n,
					      " = 0x%" PRIx64, r->value);
	}
	return ev_printf(l, "%s%s", f->exists_name ? f->exists_name :
			 "the condition's code", n ? buf :
			 " asks the version only");
}

struct choice {
	bool exists;
	bool guess;
	uint8_t from;
	const char *text;	/* what decided; NULL */
};

/*
 * Run the condition's own code over the object as it was loaded so far; false
 * when it asks something that nobody told.
 */
static bool ask_predicate(struct load *l, const struct frame *fr,
			  const struct desc_field *f, struct choice *c)
{
	struct predicate_trace why;
	enum tri answer;

	if (!has_layout(l, f) || !f->exists_fn)
		return false;
	answer = shadow_ask(l->shadow, fr->at, f->exists_fn, fr->version,
			    false, &why);
	c->text = looked_at(l, f, &why);
	if (answer == TRI_UNKNOWN && why.outside && fr->at.element)
		note_unjudged(l, ev_printf(l, "whether '%s' of '%s' exists: "
			"%s() looks outside of the object that it is given "
			"(%+" PRId64 " of %" PRIu64 " bytes); another run may "
			"differ", f->name, fr->d->name, f->exists_name ?
			f->exists_name : "field_exists", why.outside_offset,
			fr->at.size));
	if (answer == TRI_UNKNOWN)
		return false;
	c->exists = answer == TRI_YES;
	c->from = f->from_layout;
	return true;
}

/* VMSTATE_VALIDATE: a condition over what was loaded, without bytes. */
static bool check_holds(struct load *l, const struct frame *fr,
			const struct desc_field *f)
{
	int64_t a, b;

	if (!strcmp(f->name, "log_num <= log_max") &&
	    loaded_value(l, fr, "log_num", &a) &&
	    loaded_value(l, fr, "log_max", &b))
		return a <= b;
	if (!strcmp(f->name, "num_timers in range") &&
	    loaded_value(l, fr, "num_timers", &a))
		return a >= 3 && a <= 32;	/* HPET_MIN_TIMERS, HPET_MAX_TIMERS */
	if (!strcmp(f->name, "num_timers must match") &&
	    loaded_value(l, fr, "num_timers_save", &a) &&
	    seen_value(l, fr, "num_timers_save", &b))
		return a == b;
	note_unjudged(l, ev_printf(l, "the check '%s'", f->name));
	return true;
}

/* A condition whose meaning the tables tell, over a value just loaded. */
static bool known_condition(const struct load *l, const struct frame *fr,
			    const struct desc_field *f, struct choice *c)
{
	const struct known_range *k = known_range(fr->d->name, f->name);
	int64_t v;

	if (!k)
		return false;
	/* the value belongs to the object around; a new one is zeroed */
	if (!loaded_value(l, fr, k->value, &v) &&
	    !(fr->up && loaded_value(l, fr->up, k->outer_value, &v)))
		v = 0;
	if (!k->nonzero && v > fr->version)
		v = fr->version;
	c->exists = k->nonzero ? v != 0 : v >= k->min && v <= k->max;
	c->from = DESC_FROM_KNOWN;
	c->guess = false;
	return true;
}

/*
 * migrate_is_pcie() of hw/pci/pci.c asks whether the device is an express
 * one; its configuration space, which comes next, lists that capability.
 */
static bool express_config(struct load *l, const struct frame *fr,
			   const struct desc_field *f, struct choice *c)
{
	const uint8_t *p = l->c.data + l->c.pos;
	bool express = false;
	unsigned at;

	if (strcmp(fr->d->name, "PCIDevice") || strcmp(f->name, "config") ||
	    (f->size != 256 && f->size != 4096))
		return false;
	if (f->size == 4096 && l->c.pos >= 256) {
		const struct event *e = loaded_field(l, fr, "config");

		c->exists = !e;	/* one of the two */
		return true;
	}
	if (cursor_left(&l->c) < 256)
		return false;
	at = p[6] & 0x10 ? p[0x34] & 0xfc : 0;
	for (unsigned i = 0; at >= 0x40 && i < 48 && !express; i++) {
		express = p[at] == 0x10;
		at = p[at + 1] & 0xfc;
	}
	c->exists = (f->size == 4096) == express;
	return true;
}

/*
 * What this try answers to a condition that nobody can: the same as the last
 * time to the same object, what follows from answers to others, or the next
 * bit of .choice.
 */
static bool choose(struct load *l, const struct frame *fr,
		   const struct desc_field *f)
{
	uint64_t fn = has_layout(l, f) ? f->exists_fn : 0;
	struct condition *c;
	struct predicate_trace why;
	enum tri answer;

	for (unsigned i = 0; fn && i < l->undecided; i++) {
		c = &l->conditions[i];
		if (c->fn == fn && c->at.object == fr->at.object &&
		    c->at.base == fr->at.base)
			return c->answer;
	}
	answer = fn ? shadow_ask(l->shadow, fr->at, fn, fr->version, true,
				 &why) : TRI_UNKNOWN;
	if (answer)
		return answer == TRI_YES;
	if (l->undecided >= MAX_UNDECIDED)
		return false;
	c = &l->conditions[l->undecided];
	c->fn = fn;
	c->at = fr->at;
	c->answer = l->choice >> l->undecided++ & 1;
	if (fn)
		shadow_suppose(l->shadow, fr->at, fn, fr->version, c->answer);
	return c->answer;
}

static struct choice decide_exists(struct load *l, const struct frame *fr,
				   const struct desc_field *f,
				   const struct group *seen,
				   const struct group *src)
{
	struct choice c = { true, false, f->from_exists, NULL };
	const struct event *twin;
	const struct assumption *as = assume_find(l->o, l->t, ev_current(l),
						  fr->d, f, false);
	int32_t version;

	if (as) {
		c.exists = as->what == ASSUME_EXISTS;
		c.from = DESC_FROM_GUESS;
		return c;
	}
	switch (f->exists) {
	case EXISTS_BY_VERSION:
		c.exists = f->version <= fr->version;
		return c;
	case EXISTS_WRITTEN:
		if (fr->version >= fr->d->version || fr->self)
			return c;
		if (version_of_known(l, fr->d, f, &version)) {
			c.exists = version <= fr->version;
			c.from = DESC_FROM_KNOWN;
			return c;
		}
		note_unknown(l, ev_printf(l, "since which version '%s' of '%s' "
			"exists: the destination's own stream has version %d",
			f->name, fr->d->name, fr->d->version));
		c.guess = true;
		return c;
	case EXISTS_PREDICATE:
		break;
	}
	if (ask_predicate(l, fr, f, &c))
		return c;
	if (f->flags & VMS_MUST_EXIST) {
		c.exists = check_holds(l, fr, f);
		return c;
	}
	if (fr->guide) {
		c.exists = fr->guide_field != NULL;
		c.from = DESC_FROM_KNOWN;
		return c;
	}
	if (known_condition(l, fr, f, &c))
		return c;
	/*
	 * A condition asks about the device's configuration, which is the
	 * destination's own, or about the version of what is being loaded:
	 * where the two sides wrote different versions, the source's answer
	 * is the better witness.
	 */
	if (fr->seen && (!fr->src || fr->src->version == fr->seen->version)) {
		c.exists = seen->n != 0;
		c.from = DESC_FROM_REFERENCE;
		c.guess = fr->src && (src->n != 0) != c.exists;
		return c;
	}
	twin = blind_twin(l, fr->d, f, false);
	if (twin) {
		c.exists = twin->outcome != OUT_ABSENT;
		c.from = DESC_FROM_REFERENCE;
		return c;
	}
	c.guess = true;
	c.from = DESC_FROM_SOURCE;
	if (fr->src) {
		c.exists = src->n != 0;
		return c;
	}
	if (express_config(l, fr, f, &c))
		return c;
	/* nobody tells: the section's end decides, see load_tries() */
	c.exists = choose(l, fr, f);
	if (!l->decided)
		note_unknown(l, ev_printf(l, "whether '%s' of '%s' exists: a "
			"condition in code decides", f->name, fr->d->name));
	return c;
}

/* vmstate_n_elems() */
static bool count_in_memory(const struct load *l, const struct frame *fr,
			    const struct desc_field *f, enum shadow_from from,
			    int64_t *ret)
{
	uint64_t v;

	if (!has_layout(l, f) || !(f->flags & VMS_VARRAY) ||
	    f->flags & VMS_ARRAY ||
	    shadow_uint(l->shadow, fr->at, f->num_offset, f->count_size, &v) <
	    from)
		return false;
	*ret = f->flags & VMS_VARRAY_INT32 ? (int32_t)v : (int64_t)v;
	if (f->flags & VMS_MULTIPLY_ELEMENTS)
		*ret *= f->multiplier;
	if (*ret < 0)
		*ret = 0;
	return true;
}

/* vmstate_size() of a VBUFFER */
static bool size_in_memory(const struct load *l, const struct frame *fr,
			   const struct desc_field *f, enum shadow_from from,
			   uint64_t *ret)
{
	uint64_t v;

	if (!has_layout(l, f) || !(f->flags & VMS_VBUFFER) ||
	    shadow_uint(l->shadow, fr->at, f->size_offset, f->count_size, &v) <
	    from)
		return false;
	*ret = f->count_size == 4 && (int32_t)v < 0 ? 0 : v;
	if (f->flags & VMS_MULTIPLY)
		*ret *= f->multiplier;
	return true;
}

static int64_t decide_count(struct load *l, const struct frame *fr,
			    const struct desc_field *f, const struct group *self,
			    const struct group *seen, const struct group *src,
			    bool *guess)
{
	const struct assumption *as = assume_find(l->o, l->t, ev_current(l),
						  fr->d, f, true);
	const struct event *twin;
	int64_t v;

	if (as)
		return as->count;
	if (fr->self)
		return (int64_t)self->count;
	if (count_in_memory(l, fr, f, SHADOW_LOADED, &v))
		return v;
	if (fr->guide_field)
		f = fr->guide_field;
	if (f->flags & VMS_VARRAY && f->from_count) {
		if (f->count_field &&
		    loaded_value(l, fr, f->count_field, &v)) {
			if (f->flags & VMS_MULTIPLY_ELEMENTS)
				v *= f->multiplier;
			return v < 0 ? 0 : v;
		}
	} else if (f->from_num && f->from_num != DESC_FROM_SOURCE) {
		return f->num;
	}
	/* what exists by its version and was not written had no elements */
	if (fr->seen && (seen->n || f->exists == EXISTS_BY_VERSION))
		return (int64_t)seen->count;
	if (count_in_memory(l, fr, f, SHADOW_OWN, &v))
		return v;
	twin = blind_twin(l, fr->d, f, true);
	if (twin && twin->outcome == OUT_LOADED)
		return twin->n;
	*guess = true;
	if (fr->src && src->n)
		return (int64_t)src->count;
	if (!(f->flags & VMS_VARRAY))
		return f->num;
	if (fr->src)
		return 0;
	v = l->usual ? known_usual_count(fr->d->name, f->name) : -1;
	if (v >= 0) {
		l->nusual++;
		*guess = !l->counted;
	} else if (l->uncounted++ == 0 && l->o->open_variants) {
		v = (int64_t)l->count;
		*guess = !l->counted;
	} else {
		v = 0;
	}
	if (*guess)
		note_unknown(l, ev_printf(l, "how many elements '%s' of '%s' "
					  "has", f->name, fr->d->name));
	return v;
}

/*
 * Bytes of one leaf element on the wire; UINT64_MAX when nobody told.
 */
static uint64_t decide_size(struct load *l, const struct frame *fr,
			    const struct desc_field *f, const char *type,
			    const struct written_field *self,
			    const struct written_field *seen,
			    const struct written_field *src, bool *guess)
{
	unsigned fixed = load_type(l, type)->fixed;
	uint64_t size;
	int64_t v;

	if (self)
		return self->size;
	if (fixed)
		return fixed;
	if (size_in_memory(l, fr, f, SHADOW_LOADED, &size))
		return size;
	if (f->flags & VMS_VBUFFER && f->from_count && f->count_field &&
	    loaded_value(l, fr, f->count_field, &v))
		return v < 0 ? 0 : (uint64_t)v *
			(f->multiplier ? f->multiplier : 1);
	if (seen)
		return seen->size;
	if (size_in_memory(l, fr, f, SHADOW_OWN, &size))
		return size;
	if (f->from_size && f->size &&
	    !(f->flags & VMS_VBUFFER && has_layout(l, f)))
		return f->size;
	if (src) {
		*guess = true;
		return src->size;
	}
	return UINT64_MAX;
}

/* ---- leaves ---- */

static int cut_off(struct load *l, uint32_t i)
{
	l->c.pos = l->c.end;
	return refuse(l, i, OUT_CUT_OFF, -EIO);
}

static int claim(struct load *l, uint32_t i, uint64_t n)
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
		say_both(l, "Invalid value %" PRId32 " expecting positive "
			 "value <= %" PRId32, v, cur);
		return refuse(l, i, OUT_FAILED, -EINVAL);
	}
	if (a == b)
		return 0;
	say_both(l, "%" PRIx64 " != %" PRIx64, a, b);
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

struct element {
	uint64_t index;
	const struct written_field *self, *seen, *src;
	uint64_t self_k, seen_k, src_k;
};

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
		shadow_point(l->shadow, tmp, 0, place_of(l, fr, f, e->index));
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
	say_both(l, "%s inconsistent stream when loading the gtree", f->name);
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

/* ---- codecs ---- */

struct load_wire {
	struct wire w;
	struct load *l;
	struct frame *fr;
	uint32_t event;
};

static struct load_wire *lw(struct wire *w)
{
	return (struct load_wire *)w;
}

static const uint8_t *wire_take(struct wire *w, const char *name,
				const char *type, uint64_t n)
{
	struct load *l = lw(w)->l;
	uint64_t left = cursor_left(&l->c);
	const uint8_t *p = l->c.data + l->c.pos;
	uint32_t i = ev_leaf(l, EV_ITEM,
			     arena_intern_str(&l->t->arena, name),
			     n < left ? n : left);
	struct event *e = ev(l, i);

	e->type = arena_intern_str(&l->t->arena, type);
	e->n = 1;
	e->from = DESC_FROM_KNOWN;
	if (n <= left)
		return p;
	e->outcome = OUT_CUT_OFF;
	refuse(l, i, OUT_CUT_OFF, -EIO);
	return NULL;
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
	char buf[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	say_both(lw(w)->l, "%s", buf);
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
	char buf[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (!lw(w)->l->trial)
		note_unjudged(lw(w)->l, arena_strdup(&lw(w)->l->t->arena, buf));
}

static void wire_unknown(struct wire *w, const char *fmt, ...)
{
	char buf[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (!lw(w)->l->trial)
		note_unknown(lw(w)->l, arena_strdup(&lw(w)->l->t->arena, buf));
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
	if (!strcmp(key, "release-max")) {
		*value = o->reg->release_max;
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

struct mark load_mark(const struct load *l)
{
	return (struct mark){
		.n = l->t->n, .fail_event = l->fail_event, .pos = l->c.pos,
		.fail_offset = l->fail_offset, .depth = l->depth,
		.nesting = l->nesting, .nlines = l->nlines,
		.nlines_new = l->nlines_new, .truncated = l->t->truncated,
		.chain = l->chain, .nunknowns = l->t->nunknowns,
		.nunjudged = l->t->nunjudged,
		.section_unknown = l->section_unknown,
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
	return ret;
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

static int load_codec(struct load *l, struct frame *fr,
		      const struct codec *codec, const struct desc_field *f,
		      const struct element *e, uint32_t i)
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
	return ret;
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
	say_both(l, "vmstate: get_nullptr expected VMS_NULLPTR_MARKER");
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
			  place_of(l, fr, f, e->index));
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
	if (e->src && (!e->seen || e->seen->size != e->src->size)) {
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
			    const struct desc_field *f, const struct element *e)
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
		return false;
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

static int load_elements(struct load *l, struct frame *fr,
			 const struct desc_field *f, uint64_t n,
			 const struct group *self, const struct group *seen,
			 const struct group *src, uint32_t i)
{
	bool may_repeat = !f->nelem_descs && l->o->rules != RULES_SENTINEL &&
		!(f->flags & VMS_ARRAY_OF_POINTER);
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
		} else if (element_is_null(l, fr, f, &e)) {
			ret = load_null(l, i);
			continue;
		} else if (f->flags & (VMS_STRUCT | VMS_VSTRUCT) ||
			   load_type(l, type)->structure) {
			ret = load_struct(l, fr, f, &e, i);
		} else if (load_type(l, type)->plain) {
			/* the elements that are left look alike */
			ret = load_plain(l, fr, f, n - k, type, &e, i);
			break;
		} else {
			ret = type ? load_info(l, fr, f, type, &e, i, &handled) : 0;
			if (!type || !handled)
				ret = load_opaque(l, fr, f, &e, type, i);
		}
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

static void field_failed(struct load *l, const struct frame *fr,
			 const struct desc_field *f, const char *type, int ret)
{
	say(l, "Failed to load %s:%s", fr->d->name, f->name);
	if (f->flags & (VMS_STRUCT | VMS_VSTRUCT))
		return;
	if (!l->chain[0])
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

/* ---- subsections ---- */

static const struct written *written_sub(const struct written *w,
					 const char *name)
{
	for (size_t i = 0; w && i < w->nsubs; i++) {
		if (!strcmp(w->subs[i]->name, name))
			return w->subs[i];
	}
	return NULL;
}

static bool known_has_sub(const struct load *l, const struct desc *d,
			  const char *name, bool *complete)
{
	const struct registry *reg = l->o->reg;
	const struct known_desc *k = known_desc_on(reg->arch, d->name,
						   d->version, reg->release_min,
						   reg->release_max);

	if (!k)
		return false;
	*complete = true;
	for (size_t i = 0; k->subs && k->subs[i]; i++) {
		if (!strcmp(k->subs[i], name))
			return true;
	}
	return false;
}

/*
 * The descriptor's subsection called @name: what the destination has, or what
 * somebody else tells of it.
 */
static const struct desc *find_sub(struct load *l, const struct frame *fr,
				   const char *name, bool *unknown)
{
	const struct desc *d = desc_find_sub(fr->d, name);
	const struct written *w;
	bool complete = false;

	if (d || fr->d->all_subs)
		return d;
	w = written_sub(fr->self, name);
	if (w)
		return w->desc;
	w = written_sub(fr->src, name);
	if (known_has_sub(l, fr->d, name, &complete))
		return w ? w->desc : NULL;
	if (complete || !w) {
		*unknown = !complete && !l->o->self;
		return NULL;
	}
	*unknown = true;
	return w->desc;
}

/* Rules that look at the name before they take the bytes. */
static bool prefix_rules(enum rules r)
{
	return r != RULES_V0_13 && r != RULES_V0_14;
}

/* The emulator waits for bytes that it only looks at. */
static void peeked(struct load *l, uint64_t n)
{
	uint64_t upto = cursor_left(&l->c) < n ? l->c.end : l->c.pos + n;

	if (upto > l->peeked)
		l->peeked = upto;
}

/*
 * Where embedded structures have an end marker, what stands before it needs no
 * name that fits; a subsection's own subsections have none.
 */
static enum rules rules_here(const struct load *l, const struct frame *fr)
{
	return l->o->rules == RULES_SENTINEL && fr->is_sub ? RULES_CURRENT :
		l->o->rules;
}

/* A subsection's header as it stands in the stream; nothing is consumed. */
static bool peek_header(struct load *l, const struct frame *fr, char *name,
			unsigned *len)
{
	enum rules r = rules_here(l, fr);
	int n = cursor_peek(&l->c, 1);

	peeked(l, 2);
	if (n < 0)
		return false;
	*len = (unsigned)n;
	if (prefix_rules(r) && r != RULES_SENTINEL && r != RULES_LOOKUP_FIRST &&
	    *len < strlen(fr->d->name) + 1)
		return false;	/* its length alone says so */
	peeked(l, 2 + (uint64_t)n);
	if (cursor_left(&l->c) < 2 + (uint64_t)n)
		return false;
	memcpy(name, l->c.data + l->c.pos + 2, *len);
	name[*len] = '\0';
	return true;
}

static int load_subsection(struct load *l, struct frame *fr,
			   const struct desc *sub, const char *name,
			   unsigned len)
{
	uint32_t h = ev_open(l, EV_SUBSECTION,
			     arena_intern_str(&l->t->arena, name));
	int version, ret;

	ret = claim(l, h, 2 + (uint64_t)len + 4);
	/* uint8_t version_id = qemu_get_be32(f); what is cut off reads as 0 */
	version = ret ? 0 : l->c.data[l->c.pos - 1];
	ev(l, h)->version = version;
	ev(l, h)->desc = sub;
	if (!ret && be_load(l->c.data + l->c.pos - 4, 4) != (uint64_t)version)
		ev(l, h)->text = "the version is truncated to 8 bits";
	ev_close(l, h, ret ? OUT_CUT_OFF : OUT_LOADED);
	ret = load_desc(l, fr, sub, version, written_sub(fr->self, name),
			written_sub(fr->seen, name),
			written_sub(fr->src, name));
	if (ret && l->chain[0])
		chain(l, "Loading VM subsection '%s' in '%s' failed: %d", name,
		      fr->d->name, ret);
	return ret;
}

/* How a destination looks at the bytes where a subsection may stand. */
static enum claim look(struct load *l, const struct frame *fr, char *name,
		       unsigned *len, const struct desc **sub, bool *unknown)
{
	bool known;

	*unknown = false;
	if (!peek_header(l, fr, name, len))
		return CLAIM_SHORT;
	*sub = find_sub(l, fr, name, unknown);
	known = *sub != NULL;
	if (fr->self)
		return known && written_sub(fr->self, name) ? CLAIM_LOAD :
			CLAIM_PREFIX;
	return rules_claim(rules_here(l, fr), fr->d->name, name, *len, known);
}

static int unknown_subsection(struct load *l, const struct frame *fr,
			      const char *name, uint32_t p)
{
	if (l->o->rules == RULES_SENTINEL)
		say(l, "%s: unknown subsection '%s'", fr->d->name, name);
	if (!prefix_rules(l->o->rules)) {
		/* those rules read the header before they look it up */
		uint64_t n = 2 + strlen(name) + 4;

		l->c.pos += cursor_left(&l->c) < n ? cursor_left(&l->c) : n;
	}
	chain(l, "VM subsection '%s' in '%s' does not exist", name,
	      fr->d->name);
	return refuse(l, p, OUT_LOOKUP, -ENOENT);
}

static int load_subsections(struct load *l, struct frame *fr)
{
	uint32_t p = ev_open(l, EV_PROBE, fr->d->name);
	enum outcome outcome = OUT_GOOD;
	int ret = 0;

	ev(l, p)->desc = fr->d;
	peeked(l, 1);
	while (!l->t->truncated &&
	       cursor_peek(&l->c, 0) == SECTION_SUBSECTION) {
		const struct desc *sub = NULL;
		char name[256] = "";
		unsigned len = 0;
		bool unknown;
		enum claim c = look(l, fr, name, &len, &sub, &unknown);

		if (name[0])
			ev(l, p)->type = arena_intern_str(&l->t->arena, name);
		if (c == CLAIM_SHORT || c == CLAIM_PREFIX) {
			outcome = c == CLAIM_SHORT ? OUT_SHORT : OUT_PREFIX;
			break;
		}
		if (unknown)
			note_unknown(l, ev_printf(l, "whether the destination's "
				"'%s' has a subsection '%s'", fr->d->name, name));
		if (c == CLAIM_LOOKUP) {
			ret = unknown_subsection(l, fr, name, p);
			outcome = OUT_LOOKUP;
			break;
		}
		ret = load_subsection(l, fr, sub, name, len);
		if (ret) {
			outcome = OUT_CHILD;
			break;
		}
		peeked(l, 1);
	}
	ev_close(l, p, outcome);
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
		say(l, "%s: incoming version_id %d is too new for local "
		    "version_id %d", d->name, version, d->version);
		chain(l, "%s: incoming version_id %d is too new for local "
		      "version_id %d", d->name, version, d->version);
		return refuse(l, i, OUT_TOO_NEW, -EINVAL);
	}
	if (minimum_version(l, d, version, &min) && version < min) {
		if (d->load_state_old_fn && version >= d->min_old)
			note_unknown(l, "what load_state_old() reads");
		say(l, "%s: incoming version_id %d is too old for local "
		    "minimum version_id  %d", d->name, version, min);
		chain(l, "%s: incoming version_id %d is too old for local "
		      "minimum version_id  %d", d->name, version, min);
		return refuse(l, i, OUT_TOO_OLD, -EINVAL);
	}
	return 0;
}

static void post_load_failed(struct load *l, const struct desc *d, int version,
			     int ret, uint32_t i)
{
	chain(l, "post load hook failed for: %s, version_id: %d, "
	      "minimum_version: %d, ret: %d", d->name, version,
	      d->from_min ? d->min_version : version, ret);
	refuse(l, i, OUT_FAILED, ret);
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
		l->nesting--;
		return ret;
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
	}
	ev_close(l, i, ret ? OUT_FAILED : OUT_LOADED);
	l->nesting--;
	return ret;
}

bool judge_sub_not_own(const struct frame *fr, const char *name)
{
	while (fr && (!fr->is_sub || strcmp(fr->d->name, name)))
		fr = fr->up;
	if (!fr || fr->seen)
		return false;
	while (fr && !strcmp(fr->d->name, name))
		fr = fr->up;
	return fr && fr->seen;
}

const uint8_t *judge_bytes(struct load *l, uint32_t event, const char *field,
			   uint64_t *len)
{
	for (uint32_t i = event + 1; i < l->t->n; i = l->t->events[i].end) {
		const struct event *e = &l->t->events[i];

		if (e->end <= i)
			break;
		if (e->kind == EV_FIELD && e->outcome == OUT_LOADED &&
		    !strcmp(e->name, field)) {
			*len = e->len;
			return l->c.data + e->off;
		}
	}
	return NULL;
}

const uint8_t *judge_seen(const struct load *l, const struct frame *fr,
			  const char *field, uint64_t *len)
{
	if (!fr->seen)	/* its stream has no description, or not of this */
		return seen_inside(l, fr->d, field, true, len);
	for (size_t i = 0; i < fr->seen->nfields; i++) {
		const struct written_field *wf = &fr->seen->fields[i];
		const uint8_t *p;

		if (strcmp(wf->name, field))
			continue;
		p = seen_bytes(l, fr, wf, 0, len);
		if (!p || wf->array_len > (l->o->reference_timeline->src->len -
		    (uint64_t)(p - l->o->reference_timeline->src->data)) /
		    (wf->size ? wf->size : 1))
			return NULL;
		*len *= wf->array_len;
		return p;
	}
	return NULL;
}

/* Subsections of that prefix which @a has and @b has not. */
static bool lacks_sub(const struct written *a, const struct written *b,
		      const char *prefix)
{
	for (size_t i = 0; i < a->nsubs; i++) {
		if (!strncmp(a->subs[i]->name, prefix, strlen(prefix)) &&
		    !written_sub(b, a->subs[i]->name))
			return true;
	}
	return false;
}

bool judge_subs_differ(const struct frame *fr, const char *prefix)
{
	return fr->seen && fr->src && (lacks_sub(fr->seen, fr->src, prefix) ||
				       lacks_sub(fr->src, fr->seen, prefix));
}

bool judge_has_sub(struct load *l, uint32_t event, const char *name)
{
	for (uint32_t i = event + 1; i < l->t->n; i++) {
		const struct event *e = &l->t->events[i];

		if (e->kind == EV_SUBSECTION && !strcmp(e->name, name))
			return true;
	}
	return false;
}

bool known_iterable(const char *idstr)
{
	/*
	 * Registered unconditionally, written if needed: migration/, audio/
	 * of QEMU 5.2 to 11.1.
	 */
	static const char *const names[] = {
		"ram", "block", "dirty-bitmap", "globalstate", "audio",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(names[i], idstr))
			return true;
	}
	return false;
}
