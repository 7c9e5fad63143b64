/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What may stand behind an object's fields: vmstate_subsection_load() of
 * QEMU's migration/vmstate.c, by the rules of the loader's release.
 */
#include <errno.h>
#include <string.h>

#include "../devices/known.h"
#include "load-desc.h"

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

	if (cursor_left(&l->c) < n && !l->o->self)
		l->beyond = true;
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
	if (ret && words_of_11(l))
		chain(l, "Loading VM subsection '%s' in '%s' failed", name,
		      fr->d->name);
	else if (ret)
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

int load_subsections(struct load *l, struct frame *fr)
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
