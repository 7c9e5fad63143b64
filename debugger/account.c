/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../devices/file-kind.h"
#include "../devices/known.h"
#include "../stream/stream.h"
#include "account.h"
#include "ahead.h"
#include "inspect.h"

#define MAX_TEXT (256u << 20)	/* a dump is some MiB */
#define MAX_DESCRIPTION (32u << 20)	/* some 100 KiB */

static void add_self_entries(struct account *a, enum desc_from from)
{
	for (size_t i = 0; i < a->description.ndevices; i++) {
		const struct written_device *d = &a->description.devices[i];
		struct entry *e = registry_add(&a->registry, d->idstr,
					       d->instance, 0, from);

		e->from_version = DESC_FROM_NOBODY;
		e->desc = d->w ? d->w->desc : NULL;
		e->old_style = !d->w;
	}
}

static unsigned bits_of(uint64_t page_size)
{
	unsigned bits = 0;

	while (bits < 20 && 1ull << bits < page_size)
		bits++;
	return 1ull << bits == page_size && bits >= RAM_PAGE_BITS_MIN ? bits : 0;
}

static void read_description(struct account *a, enum desc_from from)
{
	const struct source *src = a->src;
	struct description_range r;
	struct err err;

	if (!stream_find_description(src->data, src->len, 0, &r)) {
		a->note = "the stream carries no device description";
		return;
	}
	if (r.json_len > MAX_DESCRIPTION) {
		a->note = "its device description has more than 32 MiB: no "
			"emulator's, left unread";
		return;
	}
	if (description_parse(&a->description, &a->arena,
			      (const char *)src->data + r.json, r.json_len,
			      from, &err) < 0) {
		a->note = arena_printf(&a->arena, "at 0x%" PRIx64 ": %s",
				       r.json, err.msg);
		return;
	}
	a->has_description = true;
	a->note = a->description.warning;
	if (bits_of(a->description.page_size))
		ram_page_bits(&a->ram, bits_of(a->description.page_size));
}

int account_take(struct account **ret, struct source *src, enum desc_from from,
		 const struct source_opts *opts, struct err *err)
{
	struct account *a = calloc(1, sizeof(*a));

	(void)err;
	if (!a)
		abort();
	arena_init(&a->arena);
	ram_init(&a->ram);
	registry_init(&a->registry, &a->arena);
	a->src = src;
	a->facts = facts_new();
	read_description(a, from);
	if (a->has_description) {
		struct load_opts o = {
			.src = src, .ram = &a->ram, .reg = &a->registry,
			.rules = RULES_CURRENT, .self = &a->description,
			.facts = a->facts, .progress = opts,
			.values_only = from == DESC_FROM_REFERENCE,
		};

		add_self_entries(a, from);
		registry_finish(&a->registry);
		a->self = load_run(&o);
	}
	*ret = a;
	return 0;
}

int account_open(struct account **ret, const char *path, enum desc_from from,
		 const struct source_opts *opts, struct err *err)
{
	struct source *src;

	if (source_open(&src, path, opts, err) < 0)
		return -1;
	return account_take(ret, src, from, opts, err);
}

void account_close(struct account *a)
{
	if (!a)
		return;
	timeline_close(a->self);
	facts_free(a->facts);
	registry_release(&a->registry);
	ram_release(&a->ram);
	source_close(a->src);
	arena_release(&a->arena);
	free(a);
}

/* ---- destinations ---- */

static int add_dump(struct destination *d, const struct dump *dump,
		    struct err *err)
{
	struct registry *reg = &d->registry;

	if (d->ndumps >= 8)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "more than 8 dumps of one destination");
	d->dumps[d->ndumps] = *dump;
	dump = &d->dumps[d->ndumps++];
	registry_add_set(reg, &dump->set);
	if (!reg->machine)
		registry_set_machine(reg, dump->set.machine);
	/* "num" came with 10.0: migration/savevm.c, dump_vmstate_vmsf() */
	if (dump->tells_num && reg->release_min < 1000)
		reg->release_min = 1000;
	if (!dump->tells_num && reg->release_max > 999)
		reg->release_max = 999;
	return 0;
}

static int read_dump(struct destination *d, const struct source *src,
		     struct err *err)
{
	struct dump dump;

	if (src->len > MAX_TEXT)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
			       "a dump of more than %u MiB", MAX_TEXT >> 20);
	if (dump_parse(&dump, &d->arena, arena_strdup(&d->arena, src->path),
		       (const char *)src->data, src->len, err) < 0)
		return -1;
	return add_dump(d, &dump, err);
}

/* The tables' architecture by the emulator's name. */
static const char *arch_of_path(const char *path)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	if (strstr(base, "-x86_64") || strstr(base, "-i386") ||
	    strstr(base, "-amd64"))
		return "x86";
	if (strstr(base, "-s390x"))
		return "s390x";
	return strstr(base, "-ppc") ? "ppc" : NULL;
}

static void take_release(struct registry *reg, int release)
{
	if (!release)
		return;
	reg->release = release;
	/* the tables end with 10.0: what is newer is most like it */
	if (release < 1000)
		reg->release_min = reg->release_max = release;
	else if (reg->release_min < 1000)
		reg->release_min = 1000;
}

/* What d->image says, which was read from @path. */
static void take_image(struct destination *d, const char *path)
{
	struct registry *reg = &d->registry;

	registry_add_set(reg, desc_image_set(d->image));
	if (!reg->arch)
		reg->arch = arch_of_path(path);
	for (size_t i = 0; i < desc_image_nwarnings(d->image) &&
	     reg->nwarnings < sizeof(reg->warnings) / sizeof(reg->warnings[0]);
	     i++)
		reg->warnings[reg->nwarnings++] =
			arena_printf(&d->arena, "%s: %s", path,
				     desc_image_warning(d->image, i));
	take_release(reg, desc_image_release(d->image));
}

static int add_image(struct destination *d, const char *path,
		     const struct desc_image_opts *opts, struct err *err)
{
	if (d->image)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "more than one "
			       "executable of one destination");
	if (desc_image_open(&d->image, path, opts, err) < 0)
		return -1;
	take_image(d, path);
	return 0;
}

/* Would it be in a stream of the process's own? */
static bool is_quiet(struct running *r, const struct savevm_entry *e)
{
	struct predicate_trace why;

	return !e->desc || (e->desc->needed_fn &&
			    running_ask(r, e->desc->needed_fn, e->opaque, 0,
					&why) != TRI_YES);
}

/* A process, or its core: its executable, and the very list that it loads by. */
static int add_process(struct destination *d, const char *target,
		       const struct destination_opts *o, struct err *err)
{
	struct inspect_opts opts = { .progress = o->source, .no_types = true };
	struct registry *reg = &d->registry;
	const struct savevm *sv;

	if (d->image)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "more than one "
			       "executable of one destination");
	if (o->images)
		opts.running.images = *o->images;
	d->process = arena_calloc(&d->arena, 1, sizeof(*d->process));
	if (inspect_open(d->process, target, &opts, err)) {
		d->process = NULL;
		return -1;
	}
	if (inspect_read(d->process, false, err)) {
		inspect_close(d->process);
		d->process = NULL;
		return -1;
	}
	d->image = running_image(d->process->running);
	take_image(d, target);
	sv = &d->process->registry;
	if (sv->machine)
		registry_set_machine(reg, sv->machine);
	for (size_t i = 0; i < sv->nentries; i++) {
		const struct savevm_entry *s = &sv->entries[i];
		struct entry *e = registry_add(reg, s->idstr, s->instance,
					       s->version, DESC_FROM_PROCESS);

		e->alias = s->alias;
		e->from_alias = DESC_FROM_PROCESS;
		e->compat = s->compat;
		e->compat_instance = s->compat_instance;
		e->desc = s->desc;
		e->old_style = !s->vmsd;
		e->quiet = is_quiet(d->process->running, s);
	}
	reg->complete = !sv->cut;
	return 0;
}

static const struct written_device *device_at(const struct account *a,
					      const struct event *e)
{
	return a->has_description ?
		description_find(&a->description, e->name, e->instance) : NULL;
}

static struct entry *entry_of_process(struct registry *reg,
				      const struct event *section)
{
	for (size_t i = 0; i < reg->nentries; i++) {
		struct entry *e = &reg->entries[i];

		if (e->from == DESC_FROM_PROCESS &&
		    e->instance == section->instance &&
		    !strcmp(e->idstr, section->name))
			return e;
	}
	return NULL;
}

/* What a destination wrote of itself: its entries, in the order of the stream. */
static void add_seen_entries(struct destination *d, const struct account *a)
{
	const struct timeline *t = a->self ? a->self : d->blind;

	for (uint32_t i = 1; t && i < t->n; i++) {
		const struct event *e = &t->events[i];
		struct entry *n;

		if (e->kind == EV_COMMAND && e->n == COMMAND_SWITCHOVER_START &&
		    d->registry.release_min < 1000)
			d->registry.release_min = 1000;
		if (e->kind != EV_SECTION ||
		    (e->section_kind != SECTION_START &&
		     e->section_kind != SECTION_FULL))
			continue;
		n = entry_of_process(&d->registry, e);
		if (n) {	/* it knows better but what it wrote */
			n->seen = device_at(a, e);
			continue;
		}
		n = registry_add(&d->registry, e->name, e->instance,
				 e->version, DESC_FROM_REFERENCE);
		n->seen = device_at(a, e);
		n->old_style = n->seen ? !n->seen->w : true;
		/* read blindly, but to the last byte: that layout is its own */
		if (!n->seen && e->outcome == OUT_LOADED && i + 1 < e->end &&
		    t->events[i + 1].kind == EV_STRUCT)
			n->desc = t->events[i + 1].desc;
		if (n->desc)
			n->old_style = false;
	}
}

static int64_t field_value(const struct account *a, const struct written *w,
			   const char *field, bool *ok)
{
	*ok = false;
	for (size_t i = 0; w && i < w->nfields; i++) {
		uint64_t off;

		if (strcmp(w->fields[i].name, field) || w->fields[i].size > 8)
			continue;
		off = a->self->written_off[w->fields[i].id];
		if (off == UINT64_MAX || a->src->len - off < w->fields[i].size)
			continue;
		*ok = true;
		return (int64_t)be_load(a->src->data + off,
					(unsigned)w->fields[i].size);
	}
	return 0;
}

/*
 * An alias that is made of a migrated field (spapr_iommu's liobn) can be read
 * out of the reference stream.
 */
static void add_aliases(struct destination *d)
{
	for (size_t i = 0; i < d->registry.nentries; i++) {
		struct entry *e = &d->registry.entries[i];
		const struct known_alias *k;
		int64_t v;
		bool ok;

		if (!e->seen || !e->seen->w)
			continue;
		k = known_alias(e->seen->w->name);
		if (!k || k->constant || !k->field)
			continue;
		v = field_value(d->reference, e->seen->w, k->field, &ok);
		if (!ok)
			continue;
		e->alias = (uint32_t)v;
		e->from_alias = DESC_FROM_KNOWN;
	}
}

static bool has_section(const struct timeline *t)
{
	for (uint32_t i = 1; i < t->n; i = t->events[i].end) {
		if (t->events[i].kind == EV_SECTION &&
		    t->events[i].outcome == OUT_LOADED)
			return true;
	}
	return false;
}

static void take_reference(struct destination *d)
{
	struct registry *reg = &d->registry;
	const struct account *a = d->reference;
	const struct timeline *t = a->self ? a->self : d->blind;

	if (!t)
		return;
	if (t->machine)
		registry_set_machine(reg, t->machine);
	reg->page_bits = a->ram.page_bits_told ? a->ram.page_bits : 0;
	/* what ends before its first section has told neither */
	if (has_section(t)) {
		reg->footers = t->footers ? TRI_YES : TRI_NO;
		reg->configuration = t->configuration ? TRI_YES : TRI_NO;
	}
	reg->vmdescription = a->has_description ? TRI_YES : TRI_NO;
	if (!d->process)
		reg->complete = t->reached_eof && !t->nfailures;
	if (a->has_description)
		registry_learn(reg, &a->description, DESC_FROM_REFERENCE);
	for (size_t i = 0; i < d->nmore; i++) {
		if (d->more[i]->has_description)
			registry_learn(reg, &d->more[i]->description,
				       DESC_FROM_REFERENCE);
	}
}

static int add_file(struct destination *d, const char *path,
		    const struct destination_opts *o, struct err *err)
{
	const struct source_opts *opts = o->source;
	const struct dump *dump;
	struct account *a;
	struct source *src;
	int ret;

	if (running_is_one(path))
		return add_process(d, path, o, err);
	if (ahead_take(d->ahead, path, &ret, &dump, err))
		return ret < 0 ? -1 : add_dump(d, dump, err);
	if (source_open(&src, path, opts, err) < 0)
		return -1;
	switch (file_kind(src->data, src->len)) {
	case FILE_JSON:
		ret = read_dump(d, src, err);
		source_close(src);
		return ret;
	case FILE_ELF:
		source_close(src);
		return add_image(d, path, o->images, err);
	case FILE_SCRIPT:
		source_close(src);
		return file_kind_refuse_script(err);
	case FILE_STREAM:
		break;
	}
	if (src->len < 4 || memcmp(src->data, "QEVM", 4)) {
		source_close(src);
		return err_set(err, ERR_FORMAT, 0, "neither a stream (\"QEVM\") "
			       "nor a -dump-vmstate nor an executable");
	}
	if (account_take(&a, src, DESC_FROM_REFERENCE, opts, err) < 0)
		return -1;
	if (!d->reference) {
		d->reference = a;
	} else if (d->nmore < 7) {
		d->more[d->nmore++] = a;
	} else {
		account_close(a);
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "more than 8 "
			       "reference streams of one destination");
	}
	return 0;
}

/*
 * A reference stream without description: read it with the dump's and the
 * source's descriptors.  Where the sections come out to the last byte, they
 * are the destination's own.
 */
static void read_blindly(struct destination *d, const struct account *source,
			 const struct source_opts *opts)
{
	struct account *a = d->reference;
	struct load_opts o = {
		.src = a->src, .ram = &a->ram, .reg = &d->registry,
		.rules = RULES_CURRENT, .facts = a->facts, .progress = opts,
		.image = d->image,
		.open_variants = true,
	};

	if (source->has_description) {
		o.source = &source->description;
		o.source_facts = source->facts;
	}
	if (source->self && source->self->machine && !d->registry.machine)
		registry_set_machine(&d->registry, source->self->machine);
	d->blind = load_run(&o);
}

/*
 * A source without description: what it wrote is inferred from where its
 * sections end, with the destination's descriptors and any codec's variant.
 */
static void infer_source(struct destination *d, const struct account *source,
			 const struct source_opts *opts)
{
	struct facts *facts = facts_new();
	struct load_opts o = {
		.src = source->src, .ram = (struct ram *)&source->ram,
		.reg = &d->registry, .rules = RULES_CURRENT, .facts = facts,
		.image = d->image, .open_variants = true, .progress = opts,
	};

	d->source_blind = load_run(&o);
	facts_free(facts);
}

/* No --to: the source is taken for its own destination. */
static void take_source(struct destination *d, const struct account *source)
{

	d->is_source = true;
	if (!source->self)
		return;
	d->reference = (struct account *)source;
	take_reference(d);
	add_seen_entries(d, source);
}

/* Wire types that nobody else tells; a second time changes nothing. */
static void learn_from_source(struct destination *d,
			      const struct account *source)
{
	if (source && source->has_description)
		registry_learn(&d->registry, &source->description,
			       DESC_FROM_SOURCE);
}

const char *destination_shown(const struct destination *d, const char *path,
			      const char **what)
{
	size_t n = d->asked ? strlen(d->asked) : 0;

	*what = "";
	if (!n || strncmp(path, d->asked, n) || path[n] != '/')
		return path;
	*what = " (asked; not kept)";
	return path + n + 1;
}

int destination_open(struct destination **ret, const char *const *paths,
		     size_t n, const struct account *source,
		     const struct source_opts *opts, struct err *err)
{
	const struct destination_opts o = { .source = opts };

	return destination_open_with(ret, paths, n, source, &o, err);
}

int destination_open_with(struct destination **ret, const char *const *paths,
			  size_t n, const struct account *source,
			  const struct destination_opts *o, struct err *err)
{
	const struct source_opts *opts = o->source;
	struct destination *d = calloc(1, sizeof(*d));

	if (!d)
		abort();
	arena_init(&d->arena);
	registry_init(&d->registry, &d->arena);
	d->ahead = o->ahead;
	d->asked = o->asked ? arena_strdup(&d->arena, o->asked) : NULL;
	take_release(&d->registry, o->release);
	for (size_t i = 0; i < n; i++) {
		if (add_file(d, paths[i], o, err) < 0) {
			err_prefix(err, "%s", paths[i]);
			destination_close(d);
			return -1;
		}
	}
	if (!n) {
		take_source(d, source);
	} else if (d->reference) {
		if (!d->reference->self && source) {
			learn_from_source(d, source);
			read_blindly(d, source, opts);
		}
		take_reference(d);
		add_seen_entries(d, d->reference);
	}
	learn_from_source(d, source);
	if (d->reference && d->reference->self)
		add_aliases(d);
	if (!d->registry.arch && d->image)
		d->registry.arch = arch_of_path(desc_image_set(d->image)->path);
	registry_finish(&d->registry);
	if (source && !source->self && n)
		infer_source(d, source, opts);
	*ret = d;
	return 0;
}

void destination_close(struct destination *d)
{
	if (!d)
		return;
	if (!d->is_source)
		account_close(d->reference);
	for (size_t i = 0; i < d->nmore; i++)
		account_close(d->more[i]);
	timeline_close(d->blind);
	timeline_close(d->source_blind);
	registry_release(&d->registry);
	if (!d->process)
		desc_image_close(d->image);
	else
		inspect_close(d->process);
	ahead_end(d->ahead);
	arena_release(&d->arena);
	free(d);
}

struct timeline *destination_load(const struct destination *dest,
				  const struct account *source,
				  enum rules rules,
				  const struct source_opts *opts)
{
	const struct account *ref = dest->reference;
	struct facts *facts = facts_new();
	struct load_opts o = {
		.src = source->src, .ram = (struct ram *)&source->ram,
		.reg = &dest->registry, .rules = rules, .facts = facts,
		.footers = dest->registry.footers,
		.configuration = dest->registry.configuration,
		.assumptions = dest->assumptions,
		.nassumptions = dest->nassumptions, .image = dest->image,
		.any_transport = dest->any_transport,
		.progress = opts,
	};
	struct timeline *t;

	if (source->has_description) {
		o.source = &source->description;
		o.source_timeline = source->self;
		o.source_facts = source->facts;
	}
	if (ref && ref->self) {
		o.reference = &ref->description;
		o.reference_timeline = ref->self;
	} else if (ref) {
		o.reference_timeline = dest->blind;
	}
	if (ref && o.reference_timeline) {
		o.reference_facts = ref->facts;
		o.reference_ram = &ref->ram;
	}
	if (!source->ram.page_bits_told && dest->registry.page_bits)
		ram_page_bits(o.ram, dest->registry.page_bits);
	t = load_run(&o);
	facts_free(facts);
	return t;
}
