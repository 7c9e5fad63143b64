/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "inspect.h"

/* ---- its debug information ---- */

static uint16_t offset_of(const struct c_struct *s, const char *name)
{
	const struct c_part *p = c_struct_part(s, name);

	return p && p->offset < SAVEVM_NOWHERE ? (uint16_t)p->offset :
		SAVEVM_NOWHERE;
}

static uint16_t size_of(const struct c_struct *s, const char *name)
{
	const struct c_part *p = c_struct_part(s, name);

	return p && p->size < SAVEVM_NOWHERE ? (uint16_t)p->size : 0;
}

/* What the registry's layout is; false if a part of it is not told. */
static bool take_layout(struct c_index *x, struct savevm_layout *l)
{
	static const char *const names[] = {
#define X(id, name) name,
		SAVEVM_MEMBERS(X)
#undef X
	};
	const struct c_struct *state, *head, *entry, *compat;
	const struct c_part *handlers, *first, *p;
	uint64_t addr, size;
	int64_t id;

	if (!c_index_variable(x, "savevm_state", &addr, &size, &id))
		return false;
	state = c_index_struct(x, id);
	handlers = c_struct_part(state, "handlers");
	head = handlers ? c_index_struct(x, handlers->below) : NULL;
	first = c_struct_part(head, "tqh_first");
	entry = first ? c_index_struct(x, first->below) : NULL;
	if (!entry || first->offset)
		return false;
	memset(l, 0, sizeof(*l));
	l->handlers = addr + handlers->offset;
	for (unsigned i = 0; i < SE_NMEMBERS; i++)
		l->off[i] = offset_of(entry, names[i]);
	l->idstr_size = size_of(entry, "idstr");
	p = c_struct_part(entry, "compat");
	compat = p ? c_index_struct(x, p->below) : NULL;
	l->compat_idstr_size = size_of(compat, "idstr");
	l->compat_instance = offset_of(compat, "instance_id");
	if (!compat || offset_of(compat, "idstr") ||
	    l->compat_instance == SAVEVM_NOWHERE)
		l->off[SE_COMPAT] = SAVEVM_NOWHERE;
	return l->idstr_size && l->off[SE_NEXT] != SAVEVM_NOWHERE &&
		l->off[SE_IDSTR] != SAVEVM_NOWHERE &&
		l->off[SE_INSTANCE] != SAVEVM_NOWHERE &&
		l->off[SE_VERSION] != SAVEVM_NOWHERE &&
		l->off[SE_VMSD] != SAVEVM_NOWHERE &&
		l->off[SE_OPAQUE] != SAVEVM_NOWHERE;
}

/* RUN_STATE_INMIGRATE -> "inmigrate" */
static void take_run_state(struct inspect *in)
{
	uint64_t addr, size, v;
	char text[64];
	const char *s;
	int64_t id;
	size_t n;

	if (!in->index || !c_index_variable(in->index, "current_run_state",
					    &addr, &size, &id) ||
	    (size != 4 && size != 1 && size != 2) ||
	    !running_from_image(in->running, addr, &addr) ||
	    space_uint(running_space(in->running), addr, (unsigned)size, &v))
		return;
	s = c_index_enumerator(in->index, "current_run_state", (int64_t)v);
	if (!s)
		return;
	if (!strncmp(s, "RUN_STATE_", 10))
		s += 10;
	for (n = 0; s[n] && n < sizeof(text) - 1; n++)
		text[n] = s[n] == '_' ? '-' : (char)tolower(s[n]);
	text[n] = '\0';
	in->run_state = arena_strdup(&in->arena, text);
}

/*
 * Without debug information: runstate_is_running(), which modules are given
 * by name, is a look at one variable, and can be followed on paper.
 */
static void ask_run_state(struct inspect *in)
{
	const struct elf_symbol *sym =
		space_elf_named(desc_image_space(running_image(in->running)),
				"runstate_is_running");
	struct predicate_trace why;
	enum tri t;

	if (in->run_state || !sym || !sym->func)
		return;
	t = running_ask(in->running, sym->addr, in->registry.handlers, 0, &why);
	if (t != TRI_UNKNOWN)
		in->run_state = t == TRI_YES ? "running" : "not running";
}

/* ---- */

static void open_index(struct inspect *in)
{
	struct err why;

	if (in->index || in->no_index)
		return;
	if (c_index_open(&in->index, running_exe(in->running),
			 running_image(in->running),
			 &in->opts.running.images, in->opts.progress, &why)) {
		in->index = NULL;
		in->no_index = arena_strdup(&in->arena, why.msg);
	}
}

int inspect_open(struct inspect *in, const char *target,
		 const struct inspect_opts *opts, struct err *err)
{
	memset(in, 0, sizeof(*in));
	arena_init(&in->arena);
	in->opts = *opts;
	if (running_open(&in->running, target, &opts->running, err)) {
		inspect_close(in);
		return -1;
	}
	if (!opts->no_types)
		open_index(in);
	return 0;
}

const char *inspect_build_id(struct inspect *in)
{
	const struct elf_file *f =
		space_elf_file(desc_image_space(running_image(in->running)), 0);
	char text[2 * 64 + 1] = "";

	for (unsigned i = 0; i < f->build_id_len && i < 64; i++)
		snprintf(text + 2 * i, 3, "%02x", f->build_id[i]);
	return arena_strdup(&in->arena, text);
}

static int without_types(struct inspect *in, struct err *err)
{
	struct err why = *err;

	/* what is missing would still be missing */
	if (why.code != ERR_UNSUPPORTED)
		return -1;
	return err_set(err, why.code, ERR_NO_OFFSET, "%.230s; debug "
		       "information would tell: install that of its package "
		       "(Debian: qemu-system-...-dbgsym), or 'debuginfod-find "
		       "debuginfo %.40s', and give its place with --debug-dir",
		       why.msg, inspect_build_id(in));
}

int inspect_read(struct inspect *in, bool stop, struct err *err)
{
	struct savevm_layout layout;
	bool told;

	/* its shape is found in a tenth of the time */
	if (in->opts.no_types &&
	    !savevm_read(&in->registry, in->running, NULL, err))
		return 0;
	open_index(in);
	told = in->index && take_layout(in->index, &layout);

	if (in->index && !told && !in->no_index)
		in->no_index = "its debug information does not tell of "
			"savevm_state";
	if (stop && memory_stop(running_memory(in->running), err))
		return -1;
	if (savevm_read(&in->registry, in->running, told ? &layout : NULL,
			err)) {
		inspect_resume(in);
		return told ? -1 : without_types(in, err);
	}
	take_run_state(in);
	ask_run_state(in);
	return 0;
}

void inspect_resume(struct inspect *in)
{
	memory_resume(running_memory(in->running));
}

void inspect_close(struct inspect *in)
{
	if (in->running)
		savevm_release(&in->registry);
	c_index_close(in->index);
	running_close(in->running);
	arena_release(&in->arena);
	memset(in, 0, sizeof(*in));
}

bool inspect_is_moving(const struct inspect *in)
{
	static const char *const moving[] = { "running", "finish-migrate",
					      "colo" };

	for (size_t i = 0; in->run_state && i < 3; i++) {
		if (!strcmp(in->run_state, moving[i]))
			return running_memory(in->running)->pid != 0;
	}
	return false;
}

/* ---- types ---- */

static bool same_fields(const struct desc *a, const struct desc *b)
{
	if (a->nfields != b->nfields || !a->nfields)
		return false;
	for (size_t i = 0; i < a->nfields; i++) {
		const struct desc_field *x = &a->fields[i], *y = &b->fields[i];

		if (x->offset != y->offset || x->size != y->size ||
		    x->flags != y->flags || strcmp(x->name, y->name))
			return false;
	}
	return true;
}

static const struct c_desc *find_type(struct inspect *in,
				      const struct desc *d)
{
	const struct desc_set *set = desc_image_set(running_image(in->running));
	const struct desc *like = NULL;

	if (d->from != DESC_FROM_PROCESS)
		return c_index_at(in->index, d->addr);
	for (size_t i = 0; i < set->nitems; i++) {
		if (!same_fields(d, set->items[i].desc))
			continue;
		if (like)
			return NULL;
		like = set->items[i].desc;
	}
	return like ? c_index_at(in->index, like->addr) : NULL;
}

#define BUCKETS 1024

struct inspect_types {
	struct asked {
		struct asked *next;
		const struct desc *d;
		const struct c_desc *answer;
	} *buckets[BUCKETS];
};

const struct c_desc *inspect_type(struct inspect *in, const struct desc *d)
{
	struct asked **b, *a;

	if (!in->index || !d)
		return NULL;
	if (!in->types)
		in->types = arena_calloc(&in->arena, 1, sizeof(*in->types));
	b = &in->types->buckets[(uintptr_t)d / sizeof(*d) % BUCKETS];
	for (a = *b; a; a = a->next) {
		if (a->d == d)
			return a->answer;
	}
	a = arena_alloc(&in->arena, sizeof(*a));
	*a = (struct asked){ *b, d, find_type(in, d) };
	*b = a;
	return a->answer;
}

const struct c_field *inspect_member(struct inspect *in, const struct desc *d,
				     const struct desc_field *f)
{
	const struct c_desc *c = f ? inspect_type(in, d) : NULL;
	size_t i = f ? (size_t)(f - d->fields) : 0;

	/* an index has them in the descriptor's order */
	return c && i < c->nfields && c->nfields == d->nfields &&
		c->fields[i].path ? &c->fields[i] : NULL;
}
