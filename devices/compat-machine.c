/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compat-machine.h"

#define MAX_CONDITIONS 512u
#define MAX_DEPTH 16u
#define MAX_DEVICES 64u		/* of one pair */
#define MAX_UP 64u
#define MAX_PROPS 20000u
#define MAX_FINDINGS 4096u
#define MAX_SETTINGS UINT64_C(500000000)

#define PROP_NAME(id, name, text) name,
#define PROP_TEXT(id, name, text) text,

const char *prop_finding_name(enum prop_finding f)
{
	static const char *const names[] = { PROP_FINDINGS(PROP_NAME) };

	return names[f];
}

const char *prop_finding_text(enum prop_finding f)
{
	static const char *const texts[] = { PROP_FINDINGS(PROP_TEXT) };

	return texts[f];
}

/* One side while a device is looked at. */
struct side {
	const struct qom *q;
	const struct qom_machine *m;
	struct qom_object o;
};

struct work {
	struct arena *arena;
	struct side sides[2];	/* old, new */
	struct compat_condition *conds;
	size_t nconds, conds_cap;
	struct compat_prop *props;
	size_t nprops, props_cap;
	/* properties that a condition has looked at: declaring type's name */
	const struct qom_prop **seen;
	size_t nseen, seen_cap;
	struct compat_finding *findings;
	size_t nfindings, findings_cap;
	uint64_t budget;	/* settings that may still be looked at */
};

static enum tri side_ask(void *ctx, const struct desc *d,
			 const struct desc_field *f, uint64_t base, int version)
{
	struct side *s = ctx;
	uint64_t fn = f ? f->exists_fn : d->needed_fn;

	if (base == COMPAT_NOWHERE || base > INT32_MAX || !fn)
		return TRI_UNKNOWN;
	s->o.base = (int64_t)base;
	return qom_ask(s->q, &s->o, fn, version, NULL);
}

/* "off (hw_compat_5_2)" */
static const char *value_text(struct work *w, const struct side *s,
			      const struct qom_type *t,
			      const struct qom_type *proxy,
			      const struct qom_prop *p)
{
	const struct global *g = qom_set_by(s->m, t, proxy, p->name);

	if (g)
		return arena_printf(w->arena, "%s (%s)", g->value,
				    g->array ? g->array : "set by the machine");
	if (!s->m->complete)
		return "not known";
	if (!p->has_default)
		return "not set";
	if (p->bit >= 0 || !strcmp(p->type, "bool"))
		return p->value ? "on (default)" : "off (default)";
	if (p->size == 4)
		return arena_printf(w->arena, "%" PRIu32 " (default)",
				    (uint32_t)p->value);
	if (p->size)
		return arena_printf(w->arena, "%" PRIu64 " (default)", p->value);
	return arena_printf(w->arena, "%" PRIu64 " of %s (default)", p->value,
			    p->type);
}

/* ---- conditions ---- */

static const char *because(struct work *w, const struct side *s)
{
	const char *all = "";

	for (unsigned i = 0; i < s->o.nseen; i++) {
		const struct qom_prop *p = s->o.seen[i];

		all = arena_printf(w->arena, "%s%s%s = %s", all, *all ? ", " :
				   "", p->name, value_text(w, s, s->o.type,
							   s->o.proxy, p));
		w->seen = grow_array(w->seen, &w->seen_cap, w->nseen + 1,
				     sizeof(*w->seen));
		w->seen[w->nseen++] = p;
	}
	return all;
}

static void condition(struct work *w, int side, const char *desc,
		      const char *name, bool sub, const char *fn,
		      enum tri told)
{
	struct compat_condition *c = NULL;
	const char *why = because(w, &w->sides[side]);

	for (size_t i = 0; i < w->nconds && !c; i++)
		if (w->conds[i].subsection == sub &&
		    !strcmp(w->conds[i].desc, desc) &&
		    !strcmp(w->conds[i].name, name) && !w->conds[i].has[side])
			c = &w->conds[i];
	if (!c) {
		if (w->nconds >= MAX_CONDITIONS)
			return;
		w->conds = grow_array(w->conds, &w->conds_cap, w->nconds + 1,
				      sizeof(*w->conds));
		c = &w->conds[w->nconds++];
		*c = (struct compat_condition){
			.desc = desc, .name = name, .subsection = sub,
			.because = { "", "" },
		};
	}
	c->has[side] = true;
	c->fn[side] = fn;
	c->told[side] = told;
	c->because[side] = why;
}

static void conditions(struct work *w, int side, const struct desc *d,
		       uint64_t base, unsigned depth)
{
	struct side *s = &w->sides[side];

	if (depth > MAX_DEPTH || w->nconds >= MAX_CONDITIONS)
		return;
	for (size_t i = 0; i < d->nfields; i++) {
		const struct desc_field *f = &d->fields[i];

		s->o.nseen = 0;
		if (f->exists == EXISTS_PREDICATE && !(f->flags & VMS_MUST_EXIST))
			condition(w, side, d->name, f->name, false,
				  f->exists_name,
				  side_ask(s, d, f, base, d->version));
		if (f->desc)
			conditions(w, side, f->desc, compat_base(base, f),
				   depth + 1);
	}
	for (size_t i = 0; i < d->nsubs; i++) {
		const struct desc *sub = d->subs[i];

		s->o.nseen = 0;
		condition(w, side, d->name, sub->name, true, sub->needed_name,
			  sub->needed_fn || sub->from < DESC_FROM_BINARY ?
			  side_ask(s, sub, NULL, base, sub->version) : TRI_YES);
		conditions(w, side, sub, base, depth + 1);
	}
}

/* ---- devices ---- */

static bool registers(const struct qom_type *t, const struct desc *d)
{
	for (size_t i = 0; t && i < MAX_UP; i++, t = t->up) {
		for (size_t k = 0; k < t->ndescs; k++)
			if (t->descs[k] == d)
				return true;
		/* a class has one; a nearer one is its own */
		if (t->ndescs)
			return false;
	}
	return false;
}

static void look(struct work *w, const struct compat_pair *p,
		 const struct qom_type *const t[2],
		 const struct qom_type *const proxy[2],
		 struct compat_device *ret)
{
	struct compat_asker askers[2], back[2];

	for (int i = 0; i < 2; i++) {
		w->sides[i].o = (struct qom_object){
			.type = t[i], .proxy = proxy[i],
			.machine = w->sides[i].m,
		};
		askers[i] = (struct compat_asker){ side_ask, &w->sides[i] };
		back[1 - i] = askers[i];
	}
	w->nconds = 0;
	conditions(w, 0, p->older, 0, 0);
	conditions(w, 1, p->newer, 0, 0);
	*ret = (struct compat_device){
		.type = t[0]->name, .proxy = proxy[0] ? proxy[0]->name : NULL,
		.forward = compat_ask_with(w->arena, p->older, p->newer, askers),
		.backward = compat_ask_with(w->arena, p->newer, p->older, back),
		.conditions = arena_memdup(w->arena, w->conds, w->nconds *
					   sizeof(*w->conds)),
		.nconditions = w->nconds,
	};
}

static bool same_device(const struct compat_device *a,
			const struct compat_device *b)
{
	if (a->forward.answer != b->forward.answer ||
	    a->backward.answer != b->backward.answer ||
	    strcmp(a->forward.why, b->forward.why) ||
	    strcmp(a->backward.why, b->backward.why) ||
	    a->nconditions != b->nconditions)
		return false;
	for (size_t i = 0; i < a->nconditions; i++)
		for (int s = 0; s < 2; s++)
			if (a->conditions[i].told[s] != b->conditions[i].told[s])
				return false;
	return true;
}

static void keep_device(struct compat_device *v, size_t *n,
			const struct compat_device *d)
{
	for (size_t i = 0; i < *n; i++)
		if (same_device(&v[i], d))
			return;
	if (*n < MAX_DEVICES)
		v[(*n)++] = *d;
}

static size_t devices_of(struct work *w, struct compat_pair *p,
			 const struct compat_device **ret)
{
	struct compat_device v[MAX_DEVICES], d;
	const struct qom *q = w->sides[0].q;
	size_t n = 0;

	for (size_t i = 0; i < qom_ntypes(q); i++) {
		const struct qom_type *t[2] = { qom_type(q, i), NULL };
		const struct qom_type *proxy[2] = { NULL, NULL };

		if (!registers(t[0], p->older))
			continue;
		t[1] = qom_find(w->sides[1].q, t[0]->name);
		if (!t[1] || !registers(t[1], p->newer))
			continue;
		look(w, p, t, proxy, &d);
		keep_device(v, &n, &d);
		for (size_t k = 0; k < qom_ntypes(q); k++) {
			proxy[0] = qom_type(q, k);
			if (!proxy[0]->child ||
			    strcmp(proxy[0]->child, t[0]->name))
				continue;
			proxy[1] = qom_find(w->sides[1].q, proxy[0]->name);
			if (!proxy[1])
				continue;
			look(w, p, t, proxy, &d);
			keep_device(v, &n, &d);
		}
	}
	*ret = arena_memdup(w->arena, v, n * sizeof(*v));
	return n;
}

/* The pair's answers are the worst of its types'. */
static void worst_of(struct compat_pair *p, const struct compat_device *v,
		     size_t n, struct arena *a)
{
	for (size_t i = 0; i < n; i++) {
		struct compat_answer f = v[i].forward, b = v[i].backward;

		if (n > 1 && *f.why)
			f.why = arena_printf(a, "%s: %s", v[i].proxy ?
					     v[i].proxy : v[i].type, f.why);
		if (n > 1 && *b.why)
			b.why = arena_printf(a, "%s: %s", v[i].proxy ?
					     v[i].proxy : v[i].type, b.why);
		if (!i || f.answer > p->forward.answer)
			p->forward = f;
		if (!i || b.answer > p->backward.answer)
			p->backward = b;
	}
}

/* ---- properties ---- */

/* The machine types' family: all in front of the version; 0: any. */
static size_t family(const char *name)
{
	const char *dash = strrchr(name, '-');

	/* without a version (microvm): nobody keeps it as it was */
	return dash && dash[1] >= '0' && dash[1] <= '9' ?
		(size_t)(dash - name) + 1 : 0;
}

static bool is_default(const struct qom_prop *p, const char *value)
{
	uint64_t v, mask = p->size && p->size < 8 && p->bit < 0 ?
		(UINT64_C(1) << p->size * 8) - 1 : UINT64_MAX;

	return p->has_default && qom_parse(p, value, &v) &&
		(v & mask) == (p->value & mask);
}

static bool spend(struct work *w, const struct qom_machine *m)
{
	if (w->budget <= m->nglobals)
		return false;
	w->budget -= m->nglobals + 1;
	return true;
}

/*
 * Which array sets @p otherwise, for other machine types of the same family
 * only; NULL: none.
 */
static const char *set_elsewhere(struct work *w, const struct side *s,
				 const struct qom_type *t,
				 const struct qom_type *proxy,
				 const struct qom_prop *p)
{
	size_t len = family(s->m->name);

	for (size_t i = qom_nmachines(s->q); i-- > 0;) {
		const struct qom_machine *m = qom_machine(s->q, i);
		const struct global *g;

		if (m == s->m || strncmp(m->name, s->m->name, len))
			continue;
		if (!spend(w, m))
			return NULL;
		g = qom_set_by(m, t, proxy, p->name);
		if (g && !is_default(p, g->value))
			return arena_printf(w->arena, "%s of %s, to %s",
					    g->array ? g->array : "an array",
					    m->name, g->value);
	}
	return NULL;
}

/* Do machine types of this side set it, whatever its tables say? */
static bool is_set(struct work *w, const struct side *s, const struct qom_type *t,
		   const struct qom_type *proxy, const char *name)
{
	for (size_t i = 0; i < qom_nmachines(s->q); i++) {
		if (!spend(w, qom_machine(s->q, i)))
			return true;
		if (qom_set_by(qom_machine(s->q, i), t, proxy, name))
			return true;
	}
	return false;
}

static bool was_seen(const struct work *w, const struct qom_prop *p)
{
	for (size_t i = 0; p && i < w->nseen; i++)
		if (w->seen[i] == p)
			return true;
	return false;
}

static bool number_of(const struct side *s, const struct qom_type *t,
		      const struct qom_type *proxy, const struct qom_prop *p,
		      uint64_t *v)
{
	const struct global *g = qom_set_by(s->m, t, proxy, p->name);

	if (g)
		return qom_parse(p, g->value, v);
	*v = p->value;
	return s->m->complete && p->has_default && (p->size || p->bit >= 0);
}

static bool differ(struct work *w, const struct qom_type *const t[2],
		   const struct qom_type *const proxy[2],
		   const struct qom_prop *const p[2], bool *known)
{
	uint64_t v[2], mask = UINT64_MAX;

	*known = number_of(&w->sides[0], t[0], proxy[0], p[0], &v[0]) &&
		number_of(&w->sides[1], t[1], proxy[1], p[1], &v[1]);
	if (!*known) {
		/* texts, enums: told apart only where both are set */
		const struct global *g = qom_set_by(w->sides[0].m, t[0],
						    proxy[0], p[0]->name);
		const struct global *h = qom_set_by(w->sides[1].m, t[1],
						    proxy[1], p[1]->name);

		*known = (g && h) || (!g && !h && w->sides[0].m->complete &&
				      w->sides[1].m->complete);
		return g && h ? strcmp(g->value, h->value) != 0 :
			!g && !h ? p[0]->has_default != p[1]->has_default ||
			(!strcmp(p[0]->type, p[1]->type) && !strstr(p[0]->type, "OnOff") &&
			 p[0]->has_default && p[0]->value != p[1]->value) :
			true;
	}
	if (p[0]->size && p[0]->size < 8)
		mask = (UINT64_C(1) << p[0]->size * 8) - 1;
	return (v[0] & mask) != (v[1] & mask);
}

static void keep_prop(struct work *w, const struct compat_prop *c)
{
	for (size_t i = 0; i < w->nprops; i++) {
		struct compat_prop *o = &w->props[i];

		if (o->finding == c->finding && !strcmp(o->name, c->name) &&
		    !strcmp(o->value[0], c->value[0]) &&
		    !strcmp(o->value[1], c->value[1])) {
			o->ntypes += strcmp(o->type, c->type) != 0;
			o->looked_at |= c->looked_at;
			return;
		}
	}
	if (w->nprops >= MAX_PROPS)
		return;
	w->props = grow_array(w->props, &w->props_cap, w->nprops + 1,
			      sizeof(*w->props));
	w->props[w->nprops++] = *c;
}

static void compare_prop(struct work *w, const struct qom_type *const t[2],
			 const struct qom_type *const proxy[2],
			 const char *name)
{
	const struct qom_prop *p[2] = {
		qom_prop_find(t[0], name), qom_prop_find(t[1], name),
	};
	struct compat_prop c = {
		.type = proxy[0] ? proxy[0]->name : t[0]->name, .name = name,
		.ntypes = 1, .value = { "", "" },
	};
	const struct side *new = &w->sides[1];
	bool known = true, on;
	uint64_t v = 0;

	if (!spend(w, w->sides[0].m) || !spend(w, new->m))
		return;
	for (int i = 0; i < 2; i++) {
		if (p[i])
			c.value[i] = value_text(w, &w->sides[i], t[i], proxy[i],
						p[i]);
		c.looked_at |= was_seen(w, p[i]);
	}
	if (p[0] && p[1]) {
		if (!differ(w, t, proxy, p, &known))
			return;
		c.finding = known ? PROP_DIFFERS : PROP_UNKNOWN;
	} else if (p[0]) {
		c.finding = PROP_GONE;
	} else if (is_set(w, &w->sides[0], t[0], proxy[0], name)) {
		/* it has one that is in no table that was found */
		c.finding = PROP_UNKNOWN;
		c.value[0] = "not known";
	} else {
		const struct global *g = qom_set_by(new->m, t[1], proxy[1],
						    name);

		on = number_of(new, t[1], proxy[1], p[1], &v) && v;
		c.finding = g ? PROP_KEPT : PROP_DEFAULT;
		if (!g && new->m->complete)
			c.elsewhere = set_elsewhere(w, new, t[1], proxy[1],
						    p[1]);
		if (c.elsewhere)
			c.finding = PROP_ARRAY;
		else if (on && p[1]->bit >= 0 && !g &&
			 qom_is_a(t[1], "virtio-device"))
			c.finding = PROP_FEATURE;
	}
	keep_prop(w, &c);
}

static void props_of(struct work *w, const struct qom_type *const t[2],
		     const struct qom_type *const proxy[2])
{
	for (int s = 0; s < 2; s++) {
		const struct qom_type *u = t[s];

		for (size_t i = 0; u && i < MAX_UP; i++, u = u->up) {
			/* what a parent has is told once, unless it is set */
			bool own = u == t[s];

			for (size_t k = 0; k < u->nprops; k++) {
				const char *name = u->props[k].name;

				if (s == 1 && qom_prop_find(t[0], name))
					continue;
				if (own || qom_set_by(w->sides[0].m, t[0],
						      proxy[0], name) ||
				    qom_set_by(w->sides[1].m, t[1], proxy[1],
					       name))
					compare_prop(w, t, proxy, name);
			}
		}
	}
}

static void all_props(struct work *w)
{
	const struct qom *q = w->sides[0].q;

	for (size_t i = 0; i < qom_ntypes(q); i++) {
		const struct qom_type *t[2] = { qom_type(q, i), NULL };
		const struct qom_type *proxy[2] = { NULL, NULL };

		t[1] = qom_find(w->sides[1].q, t[0]->name);
		if (!t[1] || !t[0]->walked || !t[1]->walked)
			continue;
		props_of(w, t, proxy);
		/* the same under a proxy, which may set it in its own name */
		if (!t[0]->child || !t[1]->child ||
		    strcmp(t[0]->child, t[1]->child))
			continue;
		proxy[0] = t[0];
		proxy[1] = t[1];
		t[0] = qom_find(q, proxy[0]->child);
		t[1] = qom_find(w->sides[1].q, proxy[1]->child);
		if (t[0] && t[1] && t[0]->walked && t[1]->walked)
			props_of(w, t, proxy);
	}
}

/* ---- what is no matter of a layout ---- */

const struct compat_limit *compat_limits(size_t *n)
{
	static const struct compat_limit limits[] = {
		{ "instances", "which devices a machine type creates, under which paths "
		  "and instance numbers: code decides that while it runs (a second "
		  "ioapic, slots of virtio-mmio, ICPs of pseries).  With -- and "
		  "their arguments both are started, and what they write is compared" },
		{ "registrations", "sections that realize() registers with "
		  "vmstate_register(): their descriptors are compared, but not "
		  "whether each emulator still registers them" },
		{ "values", "what post_load() checks: indices of rings, registers, PCI "
		  "configuration, features" },
		{ "memory", "names and sizes of RAM and ROM blocks" },
	};

	*n = sizeof(limits) / sizeof(*limits);
	return limits;
}

static const struct compat_answer fine = { .answer = COMPAT_YES, .why = "" };

static void finding(struct work *w, const char *about, const char *section,
		    const char *type, const struct compat_answer *forward,
		    const struct compat_answer *backward)
{
	for (size_t i = 0; i < w->nfindings; i++)
		if (!strcmp(w->findings[i].about, about) &&
		    !strcmp(w->findings[i].type, type) && section &&
		    !strcmp(w->findings[i].section, section))
			return;
	if (w->nfindings >= MAX_FINDINGS)
		return;
	w->findings = grow_array(w->findings, &w->findings_cap,
				 w->nfindings + 1, sizeof(*w->findings));
	w->findings[w->nfindings++] = (struct compat_finding){
		.about = about, .section = section, .type = type,
		.forward = forward ? *forward : fine,
		.backward = backward ? *backward : fine,
	};
}

static const struct desc *named(const struct desc *const *v, size_t n,
				const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i]->name, name))
			return v[i];
	return NULL;
}

/* Does any descriptor of @s's have the name, so that code may register it? */
static bool has_named(const struct side *s, const char *name)
{
	const struct desc_set *set = qom_set(s->q);

	for (size_t i = 0; i < set->nitems; i++)
		if (!strcmp(set->items[i].desc->name, name))
			return true;
	return false;
}

static void sections_of(struct work *w, const struct qom_type *const t[2])
{
	static const char *const sides[] = { "old", "new" };
	const struct desc *const *v[2];
	size_t n[2];
	bool known[2];

	for (int i = 0; i < 2; i++)
		n[i] = qom_descs(t[i], &v[i], &known[i]);
	if (!known[0] || !known[1])
		return;
	for (int writer = 0; writer < 2; writer++) {
		int reader = 1 - writer;

		for (size_t k = 0; k < n[writer]; k++) {
			const struct desc *d = v[writer][k];
			struct compat_answer a = { .writer = d };

			if (!*d->name || d->unmigratable ||
			    named(v[reader], n[reader], d->name))
				continue;
			/* vmstate_register() may do what a class did, or back */
			if (!n[reader] && has_named(&w->sides[reader], d->name))
				continue;
			a.answer = d->needed_fn ? COMPAT_DEPENDS : COMPAT_NO;
			a.reader = n[reader] ? v[reader][0] : NULL;
			a.why = n[reader] ?
				arena_printf(w->arena, "type '%s' writes section '%s'; "
					     "the %s emulator's has '%s' and refuses it",
					     t[0]->name, d->name,
					     sides[reader], v[reader][0]->name) :
				arena_printf(w->arena, "type '%s' writes section '%s', "
					     "of which the %s emulator's type has none",
					     t[0]->name, d->name, sides[reader]);
			finding(w, "section", d->name, t[0]->name,
				writer == 0 ? &a : NULL, writer == 1 ? &a : NULL);
		}
	}
}

/*
 * isa-vga: what is read or written is not what the descriptor means.  Whether
 * that ends in a crash depends on what lies there: between equal builds it
 * often goes well.
 */
static void foreign_of(struct work *w, int side)
{
	static const char *const sides[] = { "old", "new" };
	const struct qom_foreign *v;
	size_t n = qom_foreign(w->sides[side].q, w->arena, &v);

	for (size_t i = 0; i < n; i++) {
		struct compat_answer a = {
			.answer = COMPAT_DEPENDS, .writer = v[i].desc,
		};

		if (!qom_find(w->sides[1 - side].q, v[i].type->name))
			continue;
		a.why = arena_printf(w->arena, "the %s emulator's type '%s' registers a "
			"descriptor of a structure of %" PRIu64 " bytes that its object is "
			"not: other members are saved, and overwritten by a load, which may crash",
			sides[side], v[i].type->name, v[i].size);
		finding(w, "object", v[i].desc->name, v[i].type->name, &a, &a);
	}
}

/* What no descriptor says: the CPU that a machine has without -cpu. */
static void cpu_of(struct work *w)
{
	const char *cpu[2] = { w->sides[0].m->cpu, w->sides[1].m->cpu };
	struct compat_answer a = { .answer = COMPAT_DEPENDS };

	if (!cpu[0] || !cpu[1] || !strcmp(cpu[0], cpu[1]))
		return;
	a.why = arena_printf(w->arena, "without -cpu the old emulator's machine has a '%s', "
			     "the new one's a '%s': the guest gets another CPU, and "
			     "post_load() may refuse it", cpu[0], cpu[1]);
	finding(w, "cpu", "cpu", cpu[0], &a, &a);
}

/*
 * Lists that a descriptor carries and post_load() compares with the reader's
 * own, which it makes while it runs.
 */
static void lists_of(struct work *w, const struct compat_pair *pairs, size_t n)
{
	static const struct compat_answer a = {
		.answer = COMPAT_DEPENDS, .why =
		"it carries the list of an Arm CPU's registers; post_load() refuses "
		"one that its own list, made while it runs, does not have, and "
		"releases differ in it",
	};

	for (size_t i = 0; i < n; i++)
		if (pairs[i].older && pairs[i].newer &&
		    desc_find_field(pairs[i].older, "cpreg_vmstate_indexes") &&
		    desc_find_field(pairs[i].newer, "cpreg_vmstate_indexes"))
			finding(w, "values", pairs[i].name,
				"cpreg_vmstate_indexes", &a, &a);
}

/* MIG_CMD_SWITCHOVER_START, of 10.0, is an error to who does not know it. */
static void commands_of(struct work *w)
{
	static const char name[] = "send-switchover-start";
	const struct qom_type *t[2];
	const struct qom_prop *p;
	struct compat_answer a = { .answer = COMPAT_NO, .why =
		"the new emulator begins device state with the command "
		"SWITCHOVER_START (0xb), which the old one does not know: "
		"this machine type leaves migration.send-switchover-start on" };
	uint64_t v;

	for (int i = 0; i < 2; i++)
		t[i] = qom_find(w->sides[i].q, "migration");
	if (!t[0] || !t[1] || !t[0]->walked || qom_prop_find(t[0], name))
		return;
	p = qom_prop_find(t[1], name);
	if (p && number_of(&w->sides[1], t[1], NULL, p, &v) && v)
		finding(w, "command", NULL, name, NULL, &a);
}

/* One executable against itself: what each makes while it runs is equal. */
static bool same_build(const struct qom *a, const struct qom *b)
{
	const struct elf_file *x = qom_file(a), *y = qom_file(b);

	return x->build_id_len && x->build_id_len == y->build_id_len &&
		!memcmp(x->build_id, y->build_id, x->build_id_len);
}

static void all_findings(struct work *w)
{
	const struct qom *q = w->sides[0].q;

	commands_of(w);
	cpu_of(w);
	foreign_of(w, 0);
	foreign_of(w, 1);
	for (size_t i = 0; i < qom_ntypes(q); i++) {
		const struct qom_type *t[2] = { qom_type(q, i), NULL };

		t[1] = qom_find(w->sides[1].q, t[0]->name);
		/* what a parent registers is told of the parent */
		if (t[1] && (t[0]->ndescs || t[1]->ndescs))
			sections_of(w, t);
	}
}

static int by_finding(const void *a, const void *b)
{
	const struct compat_prop *x = a, *y = b;
	int c;

	if (x->finding != y->finding)
		return x->finding > y->finding ? -1 : 1;
	c = strcmp(x->type, y->type);
	return c ? c : strcmp(x->name, y->name);
}

int compat_machine(struct compat_machine *ret, struct arena *a,
		   const struct qom *older, const struct qom *newer,
		   const char *name, struct compat_pair *pairs, size_t npairs,
		   struct err *err)
{
	struct work w = { .arena = a, .budget = MAX_SETTINGS,
			  .sides = { { .q = older }, { .q = newer } } };
	const struct compat_device **devices;
	size_t *counts;

	for (int i = 0; i < 2; i++) {
		w.sides[i].m = qom_machine_find(w.sides[i].q, name);
		if (!w.sides[i].m)
			return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
				       "the %s emulator has no machine type "
				       "'%.100s'", i ? "new" : "old", name);
	}
	devices = arena_calloc(a, npairs + 1, sizeof(*devices));
	counts = arena_calloc(a, npairs + 1, sizeof(*counts));
	for (size_t i = 0; i < npairs; i++) {
		if (!pairs[i].older || !pairs[i].newer)
			continue;
		counts[i] = devices_of(&w, &pairs[i], &devices[i]);
		worst_of(&pairs[i], devices[i], counts[i], a);
	}
	all_props(&w);
	all_findings(&w);
	if (!same_build(older, newer))
		lists_of(&w, pairs, npairs);
	if (w.nprops)
		qsort(w.props, w.nprops, sizeof(*w.props), by_finding);
	*ret = (struct compat_machine){
		.name = name, .sides = { w.sides[0].m, w.sides[1].m },
		.findings = arena_memdup(a, w.findings, w.nfindings *
					 sizeof(*w.findings)),
		.nfindings = w.nfindings,
		.devices = devices, .ndevices = counts,
		.props = arena_memdup(a, w.props, w.nprops * sizeof(*w.props)),
		.nprops = w.nprops,
		.cut = w.budget < 100000 || w.nprops >= MAX_PROPS,
	};
	free(w.conds);
	free(w.props);
	free(w.findings);
	free(w.seen);
	return 0;
}
