/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The main loop of a load: framing.  The header is in load-configuration.c,
 * what a descriptor reads in load-desc.c, what is said in load-say.c.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../stream/stream.h"
#include "load-impl.h"

#define MAX_TRIED (32u << 20)	/* bytes, over all tries of one section */
#define MAX_COUNT 1024		/* elements of an array whose length is tried */
#define DEFAULT_MAX_EVENTS 4000000u

/* ---- facts ---- */

struct fact {
	const char *idstr;
	uint32_t instance;
	char key[40];
	int64_t value;
};

struct facts {
	struct arena arena;
	struct fact *v;
	size_t n, cap;
};

struct facts *facts_new(void)
{
	struct facts *f = calloc(1, sizeof(*f));

	if (!f)
		abort();
	arena_init(&f->arena);
	return f;
}

void facts_free(struct facts *f)
{
	if (!f)
		return;
	free(f->v);
	arena_release(&f->arena);
	free(f);
}

static struct fact *fact_find(const struct facts *f, const char *idstr,
			      uint32_t instance, const char *key)
{
	for (size_t i = f ? f->n : 0; i-- > 0; ) {
		if (f->v[i].instance == instance && !strcmp(f->v[i].key, key) &&
		    !strcmp(f->v[i].idstr, idstr))
			return &f->v[i];
	}
	return NULL;
}

bool facts_get(const struct facts *f, const char *idstr, uint32_t instance,
	       const char *key, int64_t *value)
{
	const struct fact *x = fact_find(f, idstr, instance, key);

	if (x)
		*value = x->value;
	return x != NULL;
}

void facts_set(struct facts *f, const char *idstr, uint32_t instance,
	       const char *key, int64_t value)
{
	struct fact *x = fact_find(f, idstr, instance, key);

	if (!f)
		return;
	if (!x) {
		f->v = grow_array(f->v, &f->cap, f->n + 1, sizeof(*f->v));
		x = &f->v[f->n++];
		x->idstr = arena_intern_str(&f->arena, idstr);
		x->instance = instance;
		snprintf(x->key, sizeof(x->key), "%s", key);
	}
	x->value = value;
}

/* ---- sections ---- */

static int load_opaque_body(struct load *l, uint64_t len, enum desc_from from)
{
	uint64_t left = cursor_left(&l->c);
	uint32_t i = ev_leaf(l, EV_FIELD, "data", len < left ? len : left);

	ev(l, i)->type = "buffer";
	ev(l, i)->n = 1;
	ev(l, i)->from = (uint8_t)from;
	if (len <= left)
		return 0;
	return refuse(l, i, OUT_CUT_OFF, -EIO);
}

/*
 * 5.2 and 7.2 fill a page with any byte, 10.0 with zeros only.  Answers whether the
 * load ends there.
 */
static bool refuses_fill(struct load *l, const struct ram_odd *odd, char *line,
			 size_t size)
{
	const struct registry *reg = l->o->reg;

	snprintf(line, size, "Found a zero page with value %u", odd->value);
	if (reg->release_min >= 1000)
		return true;
	if (reg->release_max > 702)
		note_unknown(l, ev_printf(l, "the release: 7.2 takes a page full "
			"of 0x%x, 10.0 says '%s'", odd->value, line));
	return false;
}

/*
 * Compressed pages, until 9.0, want the destination's capability, of which only its
 * own stream tells, if that has such pages; but what cannot be decompressed fails with it and without.
 */
static bool refuses_compressed(struct load *l, const struct ram_odd *odd,
			       char *line, size_t size)
{
	const struct registry *reg = l->o->reg;
	const struct ram *own = l->o->reference_ram;

	if (own && own->pages[RAM_COMPRESSED])
		return false;	/* it does so itself */
	if (reg->release_min >= 1000)
		snprintf(line, size, "Unknown combination of migration flags: "
			 "0x%x", odd->value);
	else
		snprintf(line, size, "Received an unexpected compressed page");
	if (reg->release_min >= 1000 || !odd->plausible)
		return true;
	note_unknown(l, ev_printf(l, "whether the destination has the capability "
		"'compress': without it, '%s'", line));
	return false;
}

static bool refuses_odd(struct load *l, const struct ram_section *r,
			const struct ram_odd *odd, char *line, size_t size)
{
	if (!odd->end)
		return false;
	return odd == &r->filled ? refuses_fill(l, odd, line, size) :
				   refuses_compressed(l, odd, line, size);
}

/* Where the destination stops though what the walk imitates goes on; 0: nowhere. */
static uint64_t ram_refused(struct load *l, const struct ram_section *r,
			    char *line, size_t size)
{
	bool swap = r->compressed.end && r->compressed.end < r->filled.end;
	const struct ram_odd *first = swap ? &r->compressed : &r->filled;
	const struct ram_odd *second = swap ? &r->filled : &r->compressed;

	if (l->o->self)
		return 0;
	if (refuses_odd(l, r, first, line, size))
		return first->end;
	return refuses_odd(l, r, second, line, size) ? second->end : 0;
}

static int load_ram(struct load *l, const struct section *s)
{
	const struct load_opts *o = l->o;
	const struct ram_section *r;
	const char *unjudged = NULL;
	char line[320];
	uint32_t i = ev_open(l, EV_RAM, "ram");
	uint64_t off;
	int ret;

	r = ram_walk(o->ram, o->src, s->body, o->progress);
	/* avr from 10.0 to 11.x: pages have grown, and nothing on the wire says so */
	if (!o->self && o->reg->page_bits && o->ram->page_bits_told &&
	    o->reg->page_bits != o->ram->page_bits)
		note_unknown(l, ev_printf(l, "how a destination with pages of "
			"%u bytes reads RAM in pages of %u bytes",
			1u << o->reg->page_bits, 1u << o->ram->page_bits));
	if (o->reference_ram && !o->self && !o->reference_ram->nsections) {
		note_unjudged(l, "which RAM blocks the destination has: its own "
			      "stream has no RAM");
	} else if (o->reference_ram && !o->self &&
		   o->reference_ram->sections[0].ret) {
		note_unknown(l, "which RAM blocks the destination has: its own "
			     "stream ends, or is damaged, in their list");
	} else if (o->reference_ram && !o->self) {
		ret = ram_check(o->ram, r, o->reference_ram, line, &off,
				&unjudged);
		if (ret) {
			say_both(l, "%s", line);
			l->c.pos = off < l->c.end ? off : l->c.end;
			refuse(l, i, off > l->c.end ? OUT_CUT_OFF : OUT_FAILED,
			       ret);
			ev_close(l, i, OUT_FAILED);
			return ret;
		}
		if (unjudged)
			note_unjudged(l, unjudged);
	}
	off = ram_refused(l, r, line, sizeof(line));
	if (off) {
		say_both(l, "%s", line);
		l->c.pos = off;
		refuse(l, i, OUT_FAILED, -EINVAL);
		ev_close(l, i, OUT_FAILED);
		return -EINVAL;
	}
	l->c.pos = r->end;
	for (unsigned k = 0; k < r->nlines; k++)
		say_both(l, "%s", r->lines[k]);
	if (o->ram->note && !o->self)
		note_unjudged(l, o->ram->note);
	if (r->ret)
		refuse(l, i, r->ret == -EIO || !cursor_left(&l->c) ?
		       OUT_CUT_OFF : OUT_FAILED, r->ret);
	ev_close(l, i, OUT_LOADED);
	return r->ret;
}

/* Where the source's own account says that the section at @off ends. */
static bool source_section_end(const struct load *l, uint64_t off,
			       uint64_t *end, bool *good)
{
	const struct timeline *t = l->o->source_timeline;

	for (uint32_t i = 1; t && i < t->n; i = t->events[i].end) {
		const struct event *e = &t->events[i];

		if (e->off == off && e->kind == EV_SECTION) {
			*end = e->off + e->len;
			*good = e->outcome == OUT_LOADED;
			return true;
		}
	}
	return false;
}

/* An old-style body that no codec reads: somebody must know its length. */
static int load_old_style(struct load *l, const struct section *s)
{
	const struct written_device *d = NULL;
	uint64_t end, footer = l->t->footers ? 5 : 0;
	bool good = false;

	if (l->o->self) {
		d = description_find(l->o->self, l->idstr, l->instance);
		if (d)
			return load_opaque_body(l, d->data_size,
						DESC_FROM_SOURCE);
		l->fail_why = "nobody tells how long this section is";
		return refuse(l, EVENT_NONE, OUT_GUESS, -EINVAL);
	}
	if (l->o->reference)
		d = description_find(l->o->reference, l->idstr, l->instance);
	if (source_section_end(l, s->off, &end, &good) && good) {
		uint64_t len = end - footer - s->body;

		if (!d || d->w || d->data_size != len)
			note_unknown(l, "code that no codec describes reads this "
				     "section; its length is the source's");
		return load_opaque_body(l, len, DESC_FROM_SOURCE);
	}
	note_unknown(l, "code that no codec describes reads this section, and "
		     "nobody tells how long it is");
	if (!d && !l->t->footers) {
		/* no footer will be missed: a zero would be taken for the end */
		l->fail_why = "nobody tells how long this section is";
		return refuse(l, EVENT_NONE, OUT_GUESS, -EINVAL);
	}
	return load_opaque_body(l, d && !d->w ? d->data_size : 0,
				DESC_FROM_GUESS);
}

static int load_by_codec(struct load *l, const struct section_codec *codec,
			 const struct section *s)
{
	return load_section_codec(l, codec, s->kind, (int)s->version);
}

static const struct written *written_of(const struct description *d,
					const char *idstr, uint32_t instance)
{
	const struct written_device *dev =
		d ? description_find(d, idstr, instance) : NULL;

	return dev ? dev->w : NULL;
}

static int load_body(struct load *l, const struct section *s)
{
	const struct entry *e = l->entry;
	const struct section_codec *codec;

	if (!strcmp(e->idstr, "ram"))
		return load_ram(l, s);
	if (e->desc) {
		const struct written *seen = e->seen ? e->seen->w : NULL;
		const struct written *self = NULL, *src = NULL;

		if (l->o->self) {
			self = written_of(l->o->self, s->name, s->instance);
			seen = NULL;
		} else {
			src = written_of(l->o->source, s->name, s->instance);
		}
		return load_desc(l, NULL, e->desc, (int)s->version, self,
				 seen, src);
	}
	codec = section_codec_find(e->idstr);
	if (codec)
		return load_by_codec(l, codec, s);
	return load_old_style(l, s);
}

/*
 * Do this stream's sections have footers?  The first section whose end was
 * found tells, unless the destination's own stream has told already.
 */
static void settle_footers(struct load *l)
{
	struct cursor c = l->c;

	if (l->footers_settled || l->o->footers != TRI_UNKNOWN)
		return;
	l->footers_settled = true;
	l->t->footers = cursor_u8(&c) == SECTION_FOOTER &&
		cursor_be32(&c) == l->section_id && !c.bad;
}

static int load_footer(struct load *l)
{
	struct cursor c = l->c;
	uint32_t i, id;
	int mark;

	settle_footers(l);
	if (!l->t->footers)
		return 0;
	mark = cursor_peek(&c, 0);
	i = ev_open(l, EV_FOOTER, "footer");
	if (mark >= 0 && l->beyond) {
		l->c.pos++;
		mark = -1;
	}
	if (mark < 0) {
		say_both(l, "check_section_footer: Read section footer failed: "
			 "%d", -EIO);
		chain(l, "Section footer error, section_id: %" PRIu32,
		      l->section_id);
		refuse(l, i, OUT_CUT_OFF, -EINVAL);
		ev_close(l, i, OUT_CUT_OFF);
		return -EINVAL;
	}
	cursor_u8(&c);
	id = cursor_be32(&c);
	if (mark != SECTION_FOOTER) {
		say_both(l, "Missing section footer for %s", l->entry->idstr);
		l->c.pos++;
	} else if (c.bad || id != l->section_id) {
		say_both(l, "Mismatched section id in footer for %s - read "
			 "0x%x expected 0x%x", l->entry->idstr, id,
			 l->section_id);
		l->c.pos = c.bad ? l->c.end : c.pos;
	} else {
		l->c.pos = c.pos;
		ev_close(l, i, OUT_LOADED);
		return 0;
	}
	chain(l, "Section footer error, section_id: %" PRIu32, l->section_id);
	refuse(l, i, OUT_FAILED, -EINVAL);
	/* the bytes are no footer: they stay unread for whoever comes next */
	ev_close(l, i, OUT_FAILED);
	return -EINVAL;
}

/* What the source wrote under this name, as QEMU's source code knows it. */
static const struct desc *desc_of_source(const struct load *l,
					 const struct section *s)
{
	const struct written *w = written_of(l->o->source, s->name,
					     s->instance);
	const struct desc *d = w ? registry_known_desc(l->o->reg, w) :
		registry_known_name(l->o->reg, s->name, (int32_t)s->version);

	return d ? d : w ? w->desc : NULL;
}

/*
 * Nobody told the destination's entries (a dump alone): take the section as
 * if it had one, if any account has a descriptor for its name.
 */
static const struct entry *assume_entry(struct load *l,
					const struct section *s)
{
	struct entry *e = arena_alloc(&l->t->arena, sizeof(*e));

	e->idstr = s->name;
	e->instance = s->instance;
	e->alias = ALIAS_NONE;
	e->version = (int32_t)s->version;
	e->desc = registry_desc_for(l->o->reg, s->name,
				    written_of(l->o->source, s->name,
					       s->instance));
	if (e->desc)
		e->version = e->desc->version;
	if (!e->desc)
		e->desc = desc_of_source(l, s);
	e->from = DESC_FROM_GUESS;
	e->old_style = !e->desc;
	if (strcmp(s->name, "ram") && !l->o->self) {
		bool before = l->section_unknown;

		note_unknown(l, ev_printf(l, "whether the destination has "
			"instance %" PRIu32 " of '%s': %s", s->instance, s->name,
			l->o->reg->complete ? "its own stream leaves it out, "
			"which may be for a condition (needed) of the section" :
			"a reference stream of the destination would tell"));
		/* without the entry it fails, too: a failure stays certain */
		l->section_unknown = before;
	}
	return e;
}

/*
 * A section that the destination registers and leaves out of its own stream
 * while its needed() says no ("PCIHost" of old machine types): an image tells
 * that there is such a condition, a process what is registered.
 */
static bool may_be_unwritten(const struct load *l, const struct section *s)
{
	const struct registry *reg = l->o->reg;
	const struct desc *d;

	if (!l->o->image || !reg->nentries ||
	    reg->entries[0].from == DESC_FROM_PROCESS)
		return false;
	d = registry_desc_for(reg, s->name, written_of(l->o->source, s->name,
						       s->instance));
	return d && d->needed_fn;
}

/* Sections that every emulator registers though they are seldom written. */
static bool known_iterable(const char *idstr)
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

static const struct entry *find_entry(struct load *l, const struct section *s,
				      uint32_t i)
{
	const struct registry *reg = l->o->reg;
	enum match how;
	const struct entry *e = registry_find(reg, s->name, s->instance, &how);

	if (e && how == MATCH_ALIAS)
		ev(l, i)->text = ev_printf(l, "matched through alias id %"
					   PRIu32 " of instance %" PRIu32,
					   e->alias, e->instance);
	if (e && how == MATCH_COMPAT)
		ev(l, i)->text = ev_printf(l, "matched through the older name "
					   "of '%s'", e->idstr);
	if (e)
		return e;
	if (!reg->complete)
		return assume_entry(l, s);
	/* several backends of audio, one of everything else */
	if (known_iterable(s->name) && s->instance && strcmp(s->name, "audio"))
		return NULL;
	if (known_iterable(s->name)) {
		/* registered by every emulator; written only when needed */
		struct entry *x = arena_alloc(&l->t->arena, sizeof(*x));

		x->idstr = s->name;
		x->alias = 0;
		x->version = (int32_t)s->version;
		x->desc = desc_of_source(l, s);
		x->old_style = !x->desc;
		x->from = DESC_FROM_KNOWN;
		return x;
	}
	return may_be_unwritten(l, s) ? assume_entry(l, s) : NULL;
}

static void remember_id(struct load *l, const struct entry *e, uint32_t id,
			uint32_t version)
{
	for (size_t i = 0; i < l->nids; i++) {
		if (l->ids[i].entry == e) {
			l->ids[i].id = id;
			l->ids[i].version = version;
			return;
		}
	}
	l->ids = grow_array(l->ids, &l->ids_cap, l->nids + 1,
			    sizeof(*l->ids));
	l->ids[l->nids++] = (struct loaded_id){ e, id, version };
}

static int unknown_section(struct load *l, const struct section *s, uint32_t i)
{
	say(l, "Unknown savevm section or instance '%s' %" PRIu32 ". Make sure "
	    "that your current VM setup matches your saved VM setup, including "
	    "any hotplugged devices", s->name, s->instance);
	chain(l, "Unknown section or instance '%s' %" PRIu32 ". Make sure that "
	      "your current VM setup matches your saved VM setup, including "
	      "any hotplugged devices", s->name, s->instance);
	return refuse(l, i, OUT_NO_DEVICE, -EINVAL);
}

/* Does the body end where a section can end? */
static bool ends_well(const struct load *l)
{
	struct cursor c = l->c;

	if (!l->t->footers)
		return stream_boundary_at(c.data, c.end, c.pos);
	return cursor_u8(&c) == SECTION_FOOTER &&
		cursor_be32(&c) == l->section_id && !c.bad;
}

/* Begin the section's body again, with these answers. */
static int load_again(struct load *l, const struct section *s,
		      const struct mark *m, unsigned choice, uint64_t count)
{
	load_rewind(l, m);
	l->choice = choice;
	l->count = count;
	l->undecided = l->uncounted = l->nusual = 0;
	return load_body(l, s);
}

struct answer {
	unsigned choice;
	uint64_t count;
	unsigned good;		/* how many fit; this is the first */
	unsigned conditions;	/* the most that were asked so far */
	bool counts, usual;	/* were lengths asked, or taken as usual? */
	uint64_t read;
};

/* With this length of the array, every way to answer the conditions. */
static void try_choices(struct load *l, const struct section *s,
			const struct mark *m, uint64_t count, struct answer *a)
{
	for (unsigned c = 0; c < 1u << a->conditions && a->read < MAX_TRIED;
	     c++) {
		int ret = load_again(l, s, m, c, count);

		a->read += l->c.pos - m->pos;
		if (l->undecided > a->conditions)
			a->conditions = l->undecided;
		a->counts |= l->uncounted != 0;
		a->usual |= l->nusual != 0;
		/* bits that nobody asked for would count one reading twice */
		if (ret || !ends_well(l) || c >> l->undecided ||
		    l->uncounted > 1 ||
		    (count && !l->uncounted) || a->good++)
			continue;
		a->choice = c;
		a->count = count;
	}
}

static struct answer try_all(struct load *l, const struct section *s,
			     const struct mark *m)
{
	struct answer a = { 0 };

	for (uint64_t n = 0; n < MAX_COUNT && a.read < MAX_TRIED; n++) {
		try_choices(l, s, m, n, &a);
		/* longer ones would not fit, either */
		if (!a.counts || !l->o->open_variants || l->c.pos >= l->c.end)
			break;
	}
	return a;
}

/*
 * A body with conditions that nobody can answer is read in every way; if one
 * of them, and only one, ends where the section ends, the bytes have answered.
 * So with an array whose length nobody tells, where the destination reads its
 * own stream: another's bytes would tell another's length.  There the lengths
 * that arrays usually have are tried first; where the section then ends as it
 * should, other lengths could at most share the same bytes in another way.
 */
static int load_choices(struct load *l, const struct section *s)
{
	struct mark m = load_mark(l);
	struct answer a;
	int ret;

	l->decided = l->counted = false;
	l->usual = l->o->open_variants;
	ret = load_again(l, s, &m, 0, 0);
	if (l->o->self || (!l->undecided && (!l->o->open_variants ||
					     !(l->uncounted + l->nusual))))
		return ret;
	a = try_all(l, s, &m);
	if (!a.good && a.usual) {
		l->usual = false;
		a = try_all(l, s, &m);
	}
	l->decided = l->counted = a.good == 1;
	return load_again(l, s, &m, a.choice, a.count);
}

static int load_tries(struct load *l, const struct section *s)
{
	struct mark m = load_mark(l);
	int ret;

	l->variant = l->nvariants = 0;
	ret = load_choices(l, s);
	for (l->variant = 1; l->variant < l->nvariants &&
	     (ret || !ends_well(l)); l->variant++) {
		load_rewind(l, &m);
		ret = load_choices(l, s);
	}
	return ret;
}

/* Code without a descriptor: RAM, dirty bitmaps, slirp, ... */
static void old_style_failed(struct load *l, const struct section *s,
			     uint32_t i, int ret)
{
	if (i + 1 < l->t->n && ev(l, i + 1)->kind == EV_STRUCT)
		return;
	print_chain(l);
	chain(l, "Failed to load vmstate version_id: %d, ret: %d",
	      (int)s->version, ret);
}

static int start_section(struct load *l, const struct section *s, uint32_t i)
{
	int ret;

	l->entry = find_entry(l, s, i);
	if (!l->entry)
		return unknown_section(l, s, i);
	if (l->entry->from_version != DESC_FROM_NOBODY && !l->o->self &&
	    s->version > (uint32_t)l->entry->version) {
		/* %d, though it is unsigned */
		say(l, "savevm: unsupported version %" PRId32 " for '%s' v%d",
		    (int32_t)s->version, s->name, l->entry->version);
		chain(l, "unsupported version %" PRId32 " for '%s' v%d",
		      (int32_t)s->version, s->name, l->entry->version);
		return refuse(l, i, OUT_TOO_NEW, -EINVAL);
	}
	remember_id(l, l->entry, s->id, s->version);
	ret = load_tries(l, s);
	if (ret < 0) {
		old_style_failed(l, s, i, ret);
		say_or_chain(l, "error while loading state for instance 0x%"
			     PRIx32 " of device '%s'", s->instance, s->name);
		return refuse(l, i, OUT_FAILED, ret);
	}
	return load_footer(l);
}

static int continue_section(struct load *l, struct section *s, uint32_t i)
{
	int ret;

	l->entry = NULL;
	for (size_t k = 0; k < l->nids; k++) {
		if (l->ids[k].id == s->id) {
			l->entry = l->ids[k].entry;
			s->version = l->ids[k].version;
		}
	}
	if (!l->entry) {
		say(l, "Unknown savevm section %d", (int)s->id);
		chain(l, "Unknown section %d", (int)s->id);
		return refuse(l, i, OUT_NO_DEVICE, -EINVAL);
	}
	s->name = l->idstr = l->entry->idstr;
	s->instance = l->instance = l->entry->instance;
	ev(l, i)->name = l->idstr;
	ev(l, i)->instance = l->instance;
	ret = load_body(l, s);
	if (ret < 0) {
		say(l, "error while loading state section id %d(%s)",
		    (int)s->id, l->entry->idstr);
		old_style_failed(l, s, i, ret);
		return refuse(l, i, OUT_FAILED, ret);
	}
	return load_footer(l);
}

static void no_id_string(struct load *l, uint32_t id)
{
	say_or_chain(l, "Unable to read ID string for section %" PRIu32, id);
}

static int header_cut_off(struct load *l, enum section_kind kind, uint32_t i)
{
	struct cursor c = l->c;
	uint32_t id = cursor_be32(&c);
	bool named = kind == SECTION_START || kind == SECTION_FULL;
	uint8_t n = cursor_u8(&c);

	cursor_take(&c, n);
	l->c.pos = l->c.end;
	if (named && (c.bad || !n)) {
		no_id_string(l, id);
		return refuse(l, i, OUT_CUT_OFF, -EINVAL);
	}
	say(l, named ? "qemu_loadvm_section_start_full: Failed to read "
	    "instance/version ID: %d" : "qemu_loadvm_section_part_end: "
	    "Failed to read section ID: %d", -EIO);
	chain(l, named ? "Failed to read instance/version ID: %d" :
	      "Failed to read section ID: %d", -EIO);
	return refuse(l, i, OUT_CUT_OFF, -EIO);
}

static int load_section(struct load *l, enum section_kind kind)
{
	struct section s;
	struct err err;
	uint32_t i = ev_open(l, EV_SECTION, "");
	int ret;

	l->section_event = i;
	if (i != EVENT_NONE)
		ev(l, i)->section = i;
	ev(l, i)->section_kind = (uint8_t)kind;
	l->c.pos++;
	l->idstr = NULL;
	if (section_read(&l->c, kind, &l->t->arena, &s, &err) < 0) {
		ret = header_cut_off(l, kind, i);
		ev_close(l, i, OUT_CUT_OFF);
		return ret;
	}
	l->section_id = s.id;
	l->idstr = s.name;
	l->instance = s.instance;
	ev(l, i)->name = s.name;
	ev(l, i)->n = s.id;
	ev(l, i)->instance = s.instance;
	ev(l, i)->version = (int32_t)s.version;
	if (kind == SECTION_PART || kind == SECTION_END) {
		ret = continue_section(l, &s, i);
	} else if (!s.name[0] && l->c.data[s.off + 5] == 0) {
		l->c.pos = s.off + 6;
		no_id_string(l, s.id);
		ret = refuse(l, i, OUT_FAILED, -EINVAL);
	} else {
		ret = start_section(l, &s, i);
	}
	ev_close(l, i, ret ? OUT_FAILED : OUT_LOADED);
	if (l->o->values_only)
		load_thin_out(l, i);
	return ret;
}

/* ---- commands ---- */

static int bad_command(struct load *l, const struct command *cmd, uint32_t i)
{
	say_or_chain(l, "MIG_CMD 0x%x unknown (len 0x%x)", cmd->cmd, cmd->len);
	return refuse(l, i, OUT_FAILED, -EINVAL);
}

static int load_main(struct load *l);

static int load_packaged(struct load *l)
{
	struct cursor c = l->c;
	uint32_t len = cursor_be32(&c);
	uint64_t end = l->c.end;
	int ret;

	l->c = c;
	if (c.bad || cursor_left(&c) < len) {
		say_or_chain(l, "CMD_PACKAGED: Buffer receive fail ret=%d "
			     "length=%" PRIu32, (int)cursor_left(&c), len);
		l->c.pos = l->c.end;
		return refuse(l, EVENT_NONE, OUT_CUT_OFF, -EIO);
	}
	l->c.end = l->c.pos + len;
	l->packaged++;
	ret = load_main(l);
	l->packaged--;
	l->c.end = end;
	return ret;
}

static int load_command(struct load *l)
{
	const struct registry *reg = l->o->reg;
	struct command cmd;
	struct err err;
	uint32_t i = ev_open(l, EV_COMMAND, "command");
	int ret = 0, want;

	l->c.pos++;
	if (command_read(&l->c, &cmd, &err) < 0) {
		chain(l, "Failed to load VM process command: stream error: %d",
		      -EIO);
		l->c.pos = l->c.end;
		ret = refuse(l, i, OUT_CUT_OFF, -EIO);
		goto out;
	}
	ev(l, i)->n = cmd.cmd;
	if (command_name(cmd.cmd))
		ev(l, i)->name = command_name(cmd.cmd);
	if (cmd.cmd >= COMMAND_MAX || cmd.cmd == COMMAND_INVALID) {
		ret = bad_command(l, &cmd, i);
		goto out;
	}
	if (cmd.cmd == COMMAND_SWITCHOVER_START && !l->o->self) {
		if (reg->release_max < 1000) {
			ev(l, i)->text = "SWITCHOVER_START is new in 10.0";
			ret = bad_command(l, &cmd, i);
			goto out;
		}
		if (reg->release_min < 1000)
			note_unknown(l, "whether the destination knows "
				     "SWITCHOVER_START (QEMU >= 10.0)");
	}
	want = command_length(cmd.cmd);
	if (want >= 0 && want != cmd.len) {
		say_or_chain(l, "%s received with bad length - expecting %d, "
			     "got %d", command_name(cmd.cmd), want, cmd.len);
		ret = refuse(l, i, OUT_FAILED, -ERANGE);
		goto out;
	}
	if (cmd.cmd == COMMAND_POSTCOPY_ADVISE && l->o->ram && cmd.len == 16)
		l->o->ram->postcopy = true;
	if (cmd.cmd == COMMAND_PACKAGED) {
		ret = load_packaged(l);
		goto out;
	}
	if (!cursor_take(&l->c, cmd.len)) {
		l->c.bad = false;
		l->c.pos = l->c.end;
		ret = refuse(l, i, OUT_CUT_OFF, -EIO);
	}
out:
	ev_close(l, i, ret ? OUT_FAILED : OUT_LOADED);
	return ret;
}

/* ---- the loop, and going on behind a failure ---- */

static uint64_t next_boundary_of_source(const struct load *l, uint64_t after)
{
	const struct timeline *t = l->o->source_timeline;

	for (uint32_t i = 1; t && i < t->n; i = t->events[i].end) {
		const struct event *e = &t->events[i];

		if (e->off > after &&
		    (e->kind == EV_SECTION || e->kind == EV_COMMAND ||
		     e->kind == EV_EOF))
			return e->off;
	}
	return UINT64_MAX;
}

static bool go_on(struct load *l, uint64_t start)
{
	char why[160] = "the source's own description";
	uint64_t next = next_boundary_of_source(l, start), from = start + 1;
	uint32_t i;

	if (from > l->c.end)
		return false;
	if (l->c.pos < from || next == UINT64_MAX)
		l->c.pos = from;
	if (next == UINT64_MAX) {
		next = stream_resync(l->c.data, l->c.end, from, l->c.end,
				     l->section_id, why);
		l->guessing = true;
	}
	if (next == UINT64_MAX)
		return false;
	if (next < l->c.pos) {
		/* the loader has read past it: those events keep their bytes */
		l->c.pos = next;
		return true;
	}
	i = ev_open(l, EV_GAP, "gap");
	ev(l, i)->text = ev_printf(l, "unread; goes on at %s", why);
	l->c.pos = next;
	ev_close(l, i, l->guessing ? OUT_GUESS : OUT_UNREAD);
	return true;
}

static int load_one(struct load *l, int type, bool *end)
{
	int ret;

	switch (type) {
	case SECTION_START:
	case SECTION_PART:
	case SECTION_END:
	case SECTION_FULL:
		ret = load_section(l, (enum section_kind)type);
		break;
	case SECTION_COMMAND:
		ret = load_command(l);
		break;
	case SECTION_EOF:
		l->t->reached_eof = true;
		l->t->eof_offset = l->c.pos;
		ev_leaf(l, EV_EOF, "end", 1);
		*end = true;
		ret = 0;
		break;
	default:
		l->c.pos++;
		say(l, "Unknown savevm section type %d", type);
		chain(l, "Unknown section type %d", type);
		l->section_event = EVENT_NONE;
		ret = refuse(l, EVENT_NONE, OUT_FAILED, -EINVAL);
	}
	return ret;
}

/*
 * A destination that stops sees nothing behind its first failure; our user
 * wants to see every device that fails.
 */
static int load_main(struct load *l)
{
	bool end = false;
	int first = 0;

	while (!end && !l->t->truncated) {
		uint64_t start = l->c.pos;
		int type = cursor_peek(&l->c, 0), ret;
		unsigned depth = l->depth;

		if (type < 0) {
			if (l->packaged)
				break;
			forget_failure(l);
			l->section_event = EVENT_NONE;
			refuse(l, EVENT_NONE, OUT_CUT_OFF, -EIO);
			l->fail_why = "the stream ends without an end mark";
			chain(l, "Failed to load section ID: stream error: %d: "
			      "Channel error: %s", -EIO, strerror(EIO));
			add_failure(l, -EIO);
			return first ? first : -EIO;
		}
		forget_failure(l);
		l->section_event = EVENT_NONE;
		ret = load_one(l, type, &end);
		if (!ret)
			continue;
		assert(l->depth == depth);
		add_failure(l, ret);
		if (!first)
			first = ret;
		l->section_event = EVENT_NONE;
		if (!go_on(l, start))
			break;
	}
	return l->packaged ? 0 : first;
}

/* The description and whatever lies behind it. */
static void load_trailer(struct load *l)
{
	struct timeline *t = l->t;
	struct cursor c = l->c;
	int type = cursor_peek(&c, 0);
	uint32_t i, len;

	if (!t->reached_eof)
		return;
	cursor_u8(&c);
	len = cursor_be32(&c);
	if (type == SECTION_VMDESCRIPTION && !c.bad) {
		i = ev_open(l, EV_DESCRIPTION, "description");
		l->c.pos += 5 + (cursor_left(&c) < len ? cursor_left(&c) : len);
		ev_close(l, i, cursor_left(&c) < len ? OUT_CUT_OFF : OUT_LOADED);
	} else if (l->o->reg->vmdescription == TRI_YES && !l->o->self) {
		if (t->nwarnings < 16)
			t->warnings[t->nwarnings++] =
				ev_printf(l, "Expected vmdescription section, "
					  "but got %d", type < 0 ? 0 : type);
	}
	if (cursor_left(&l->c)) {
		i = ev_open(l, EV_TAIL, "tail");
		l->c.pos = l->c.end;
		ev_close(l, i, OUT_UNREAD);
	}
}

/* Entries that the destination has and the stream has not: they keep reset values. */
static void load_defaulted(struct load *l)
{
	const struct registry *reg = l->o->reg;

	if (l->o->self || !reg->complete)
		return;
	for (size_t i = 0; i < reg->nentries; i++) {
		const struct entry *e = &reg->entries[i];
		bool found = false;
		uint32_t x;

		for (size_t k = 0; k < l->nids && !found; k++)
			found = l->ids[k].entry == e;
		if (found || e->quiet)
			continue;
		x = ev_leaf(l, EV_DEFAULTED, e->idstr, 0);
		ev(l, x)->instance = e->instance;
		ev(l, x)->version = e->version;
	}
}

static int blocked_by(struct load *l, const char *idstr, const struct desc *d)
{
	l->c.pos = cursor_left(&l->c) ? 1 : 0;
	say_both(l, "State blocked by non-migratable device '%s'", idstr);
	l->fail_why = ev_printf(l, "'%s' cannot be migrated by the "
		"destination's release: its descriptor has no fields",
		d->name);
	return refuse(l, EVENT_NONE, OUT_FAILED, -EINVAL);
}

/*
 * qemu_savevm_state_blocked(): a device without state refuses every load.  A
 * dump shows its descriptor empty, an image says so; a destination that has
 * one cannot have saved a reference stream.
 */
static int check_blocked(struct load *l)
{
	const struct registry *reg = l->o->reg;

	for (size_t i = 0; i < reg->nentries && !l->o->self; i++) {
		const struct entry *e = &reg->entries[i];

		if (e->from == DESC_FROM_PROCESS && e->desc &&
		    e->desc->unmigratable)
			return blocked_by(l, e->idstr, e->desc);
	}
	if (l->o->self || reg->complete || !reg->nsets || !l->o->source)
		return 0;
	for (size_t i = 0; i < l->o->source->ndevices; i++) {
		const struct written_device *w = &l->o->source->devices[i];
		const struct desc *d;

		if (!w->w || !w->w->nfields)
			continue;
		d = registry_desc_for(reg, w->idstr, w->w);
		if (!d || !(d->from == DESC_FROM_DUMP ? !d->nfields && !d->nsubs :
			    d->unmigratable))
			continue;
		return blocked_by(l, w->idstr, d);
	}
	return 0;
}

struct timeline *load_run(const struct load_opts *o)
{
	struct load l = {
		.o = o, .section_event = EVENT_NONE, .fail_event = EVENT_NONE,
		.chain = "",
	};
	uint32_t top;
	int ret;

	l.t = calloc(1, sizeof(*l.t));
	if (!l.t)
		abort();
	arena_init(&l.t->arena);
	l.t->src = o->src;
	l.max_events = o->max_events ? o->max_events : DEFAULT_MAX_EVENTS;
	l.c = cursor_over(o->src->data, o->src->len);
	l.t->footers = o->footers == TRI_YES;
	if (o->image && !o->self)
		l.shadow = shadow_new(o->image);
	if (o->self) {
		l.t->nwritten = o->self->nfields;
		l.t->written_off = malloc((o->self->nfields + 1u) * 8u);
		if (!l.t->written_off)
			abort();
		memset(l.t->written_off, 0xff, (o->self->nfields + 1u) * 8u);
	}
	top = ev_open(&l, EV_LOAD, "load");
	ret = check_blocked(&l);
	if (ret) {
		add_failure(&l, ret);
		forget_failure(&l);
		l.c.pos = 0;
	}
	ret = load_header(&l);
	if (ret) {
		add_failure(&l, ret);
		l.guessing = false;
	}
	if (!ret || go_on(&l, l.c.pos ? l.c.pos - 1 : 0))
		load_main(&l);
	l.section_event = EVENT_NONE;
	load_trailer(&l);
	load_defaulted(&l);
	ev_close(&l, top, l.t->nfailures ? OUT_FAILED : OUT_LOADED);
	free(l.ids);
	shadow_free(l.shadow);
	return l.t;
}
