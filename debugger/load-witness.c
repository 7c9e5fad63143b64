/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is there to be asked about a field: the descriptions that the guide,
 * the destination and the source wrote of it, the destination's own stream,
 * what was loaded before, and the loaded object's memory.
 */
#include <string.h>

#include "load-desc.h"

struct group find_group(const struct written *w, size_t *next,
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

const struct written_field *group_at(const struct group *g, uint64_t i,
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

const struct written *written_sub(const struct written *w, const char *name)
{
	for (size_t i = 0; w && i < w->nsubs; i++) {
		if (!strcmp(w->subs[i]->name, name))
			return w->subs[i];
	}
	return NULL;
}

/* ---- the destination's own stream ---- */

const uint8_t *seen_bytes(const struct load *l, const struct frame *fr,
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

/* The section at work in the load of the destination's own stream, or its .n */
static uint32_t seen_section(const struct load *l)
{
	const struct timeline *ref = l->o->reference_timeline;
	uint32_t i;

	for (i = 1; i < ref->n; i = ref->events[i].end) {
		const struct event *e = &ref->events[i];

		if (e->kind == EV_SECTION && e->instance == l->instance &&
		    !strcmp(e->name, l->idstr))
			break;
	}
	return i;
}

const uint8_t *seen_inside(const struct load *l, const struct desc *d,
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
	i = seen_section(l);
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

bool seen_null(const struct load *l, const struct frame *fr,
	       const struct element *e, uint64_t rel)
{
	const struct timeline *ref = l->o->reference_timeline;
	uint64_t len;
	const uint8_t *p = seen_bytes(l, fr, e->seen, 0, &len);

	return p && rel < ref->src->len - (uint64_t)(p - ref->src->data) &&
		p[rel] == '0';
}

const struct event *blind_twin(const struct load *l, const struct desc *d,
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
	i = seen_section(l);
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

/* ---- values of fields by name ---- */

const struct event *loaded_field(const struct load *l, const struct frame *fr,
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

bool loaded_value(const struct load *l, const struct frame *fr,
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

bool seen_value(const struct load *l, const struct frame *fr, const char *name,
		int64_t *ret)
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

/* ---- the loaded object's memory, where an image tells the offsets ---- */

struct shadow_ref place_in_memory(const struct load *l, const struct frame *fr,
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

void keep_values(struct load *l, const struct frame *fr,
		 const struct desc_field *f, uint64_t first, uint64_t n,
		 const char *type, const uint8_t *p, uint64_t size,
		 enum shadow_from from)
{
	if (!has_layout(l, f) || !fr->at.object ||
	    (f->size != size && n > 1))
		return;
	for (uint64_t i = 0; i < n && i < 4096; i++)
		shadow_put_wire(l->shadow,
				place_in_memory(l, fr, f, first + i), 0, type,
				p + i * size, size, from);
}

void keep_own(struct load *l, const struct frame *fr)
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

/* ---- a codec's descriptor beside the image's ---- */

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

const struct desc_field *guide_field(const struct desc *guide,
				     const struct desc_field *f, size_t *from)
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

const struct desc *guide_below(const struct desc_field *g, uint64_t i)
{
	return i < g->nelem_descs ? g->elem_descs[i] : g->desc;
}

const struct desc *image_desc(const struct load *l, const struct desc *d)
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

/* ---- what judge.c asks ---- */

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

bool judge_lacks_own_sub(const struct frame *fr, const char *name)
{
	return fr->seen && !written_sub(fr->seen, name);
}

uint32_t judge_find_sub(const struct load *l, uint32_t event, const char *name)
{
	for (uint32_t i = event + 1; i < l->t->n; i++) {
		const struct event *e = &l->t->events[i];

		if (e->kind == EV_STRUCT && !strcmp(e->name, name) &&
		    l->t->events[e->parent].kind == EV_PROBE)
			return i;
	}
	return EVENT_NONE;
}
