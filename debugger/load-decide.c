/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does a field exist, how many elements has it, how large are they: who is
 * asked, in which order of trust, and what is a guess.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../devices/known.h"
#include "load-desc.h"

/* ---- does the field exist ---- */

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

struct choice decide_exists(struct load *l, const struct frame *fr,
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

/* ---- how many elements, how large ---- */

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

/*
 * hw/acpi/cpu.c has an entry for each processor that may be plugged: as many as
 * there are, unless maxcpus says more.  0: this is another field, or nobody
 * tells how many there are.
 */
static int64_t processors(const struct load *l, const struct desc *d,
			  const struct desc_field *f)
{
	const struct registry *reg = l->o->reg;
	int64_t n = 0;

	if (strcmp(d->name, "CPU hotplug state") || strcmp(f->name, "devs"))
		return 0;
	for (size_t i = 0; i < reg->nentries; i++)
		n += reg->entries[i].from == DESC_FROM_REFERENCE &&
			!strcmp(reg->entries[i].idstr, "cpu_common");
	return n;
}

int64_t decide_count(struct load *l, const struct frame *fr,
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
	v = processors(l, fr->d, f);
	if (v && (!fr->src || src->count != (uint64_t)v)) {
		note_unknown(l, "how many processors the destination may have "
			     "(maxcpus)");
		l->section_guess = true;
		return v;
	}
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

uint64_t decide_size(struct load *l, const struct frame *fr,
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
