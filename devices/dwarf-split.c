/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dwarf-split.h"

#define MAX_SPLIT 65536		/* skeletons */
#define MAX_WARNING 900

/* GCC's names before DWARF 5 */
#ifndef DW_AT_GNU_dwo_name
#define DW_AT_GNU_dwo_name 0x2130
#define DW_AT_GNU_dwo_id 0x2131
#define DW_AT_GNU_addr_base 0x2133
#endif

struct skeleton {
	uint64_t id, die, addr_base;
	const char *name, *dir;		/* of the .dwo file, as told */
	bool found;
};

struct search {
	struct dwarf *dw;
	struct dwarf_shared *sh;
	const char *exe, *debug_dir;
	struct skeleton *skeletons;	/* by id */
	size_t n, cap;
	const char *other;	/* a file that is of another compilation */
	char broken[300];	/* the first one that cannot be read */
};

void dwarf_warn(struct dwarf_shared *sh, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!sh->warning)
		sh->warning = arena_strdup(&sh->arena, text);
	else if (strlen(sh->warning) < MAX_WARNING)
		sh->warning = arena_printf(&sh->arena, "%s; %s", sh->warning,
					   text);
}

/* ---- skeletons ---- */

static void take_skeleton(struct search *s, const struct dwarf_unit *u)
{
	struct skeleton *k;
	struct die d;
	const char *name;

	if (!die_at(s->dw, u->die, &d))
		return;
	name = die_text(&d, u->version < 5 ? DW_AT_GNU_dwo_name :
					     DW_AT_dwo_name);
	if (*name || u->kind == UNIT_SKELETON) {
		s->skeletons = grow_array(s->skeletons, &s->cap, s->n + 1,
					  sizeof(*s->skeletons));
		k = &s->skeletons[s->n++];
		*k = (struct skeleton){
			.id = u->id, .die = u->die, .name = name,
			.dir = die_text(&d, DW_AT_comp_dir),
		};
		if (u->version < 5)
			die_uint(&d, DW_AT_GNU_dwo_id, &k->id);
		die_uint(&d, u->version < 5 ? DW_AT_GNU_addr_base :
			 DW_AT_addr_base, &k->addr_base);
	}
	die_free(&d);
}

static int by_id(const void *a, const void *b)
{
	const struct skeleton *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->die < y->die ? -1 : x->die > y->die;
}

static int find_skeletons(struct search *s, struct err *err)
{
	const struct dwarf_units *du = &s->sh->du;
	/* without it nothing that is split has an address */
	bool old = dwarf_object_section(&du->objects[OBJECT_MAIN], "addr");

	for (size_t i = 0; i < du->nunits; i++) {
		const struct dwarf_unit *u = &du->units[i];

		if (ref_object(u->start) == OBJECT_MAIN &&
		    (u->kind == UNIT_SKELETON ||
		     (old && u->kind == UNIT_COMPILE && u->version < 5)))
			take_skeleton(s, u);
		if (s->n > MAX_SPLIT)
			return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
				       "its debug information is split into more than %d files",
				       MAX_SPLIT);
	}
	if (s->n)
		qsort(s->skeletons, s->n, sizeof(*s->skeletons), by_id);
	return 0;
}

static struct skeleton *skeleton_of(struct search *s, uint64_t id)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (s->skeletons[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->n && s->skeletons[lo].id == id ? &s->skeletons[lo] :
							NULL;
}

/* ---- units of a file ---- */

static uint64_t unit_id(struct search *s, const struct dwarf_unit *u)
{
	uint64_t id = u->id;
	struct die d;

	if (u->version < 5 && die_at(s->dw, u->die, &d)) {
		die_uint(&d, DW_AT_GNU_dwo_id, &id);
		die_free(&d);
	}
	return id;
}

/*
 * Match the units from @first on with their skeletons.  @rows are those of a
 * package that the object is made of, or NULL.
 */
static bool match_units(struct search *s, size_t first,
			const struct dwp_row *rows, size_t nrows)
{
	struct dwarf_units *du = &s->sh->du;
	bool any = false;
	size_t row = 0;

	for (size_t i = first; i < du->nunits; i++) {
		struct dwarf_unit *u = &du->units[i];
		struct skeleton *k;
		uint64_t id;

		if (u->kind == UNIT_TYPE)
			continue;
		while (row < nrows && rows[row].types)
			row++;
		id = row < nrows && u->version < 5 ? rows[row++].id :
						     unit_id(s, u);
		k = skeleton_of(s, id);
		/* its addresses cannot be told without */
		u->kind = k && !k->found ? UNIT_SPLIT : UNIT_PARTIAL;
		if (u->kind != UNIT_SPLIT)
			continue;
		k->found = true;
		any = true;
		u->skeleton = k->die;
		u->addr_base = k->addr_base;
	}
	return any;
}

static void keep(struct dwarf_shared *sh, struct debug_file *f)
{
	sh->split = grow_array(sh->split, &sh->split_cap, sh->nsplit + 1,
			       sizeof(*sh->split));
	sh->split[sh->nsplit++] = f;
}

struct mark { size_t objects, units, sigs; };

static struct mark mark_of(const struct dwarf_units *du)
{
	return (struct mark){ du->nobjects, du->nunits, du->nsigs };
}

/* Take back what was added since. */
static void back_to(struct search *s, struct mark m)
{
	struct dwarf_units *du = &s->sh->du;

	while (du->nobjects > m.objects) {
		struct dwarf_object *o = &du->objects[du->nobjects - 1];

		dwarf_handle_close(s->dw, REF_OBJECT(du->nobjects - 1));
		du->nobjects--;
		free(o->joined[0]);
		free(o->joined[1]);
	}
	du->nunits = m.units;
	du->nsigs = m.sigs;
}

static void is_broken(struct search *s, const char *path, const char *msg)
{
	if (!*s->broken)
		snprintf(s->broken, sizeof(s->broken), "%.120s: %.150s", path,
			 msg);
}

/* ---- .dwo files ---- */

/* True if the file has units that were looked for. */
static bool try_dwo(struct search *s, const char *path)
{
	struct dwarf_units *du = &s->sh->du;
	struct mark m = mark_of(du);
	struct debug_file *f;
	struct err err = { 0 };
	int object;

	if (access(path, R_OK))
		return false;
	if (debug_file_open_split(&f, path, &err)) {
		is_broken(s, path, err.msg);
		return false;
	}
	object = dwarf_units_add_file(du, f, &err);
	if (object < 0 || dwarf_units_read(du, (unsigned)object, &err))
		is_broken(s, path, err.msg);
	else if (match_units(s, m.units, NULL, 0)) {
		dwarf_handle_close(s->dw, REF_OBJECT(object));
		keep(s->sh, f);
		return true;
	} else if (!s->other) {
		s->other = arena_strdup(&s->sh->arena, path);
	}
	back_to(s, m);
	debug_file_close(f);
	return false;
}

static bool find_dwo(struct search *s, const char *dir, const char *name)
{
	char path[3 * PATH_MAX], near[PATH_MAX];
	const char *base = strrchr(name, '/');
	char *slash;

	base = base ? base + 1 : name;
	if (!*name || strlen(name) >= PATH_MAX || strlen(dir) >= PATH_MAX)
		return false;
	snprintf(near, sizeof(near), "%s", s->exe);
	slash = strrchr(near, '/');
	snprintf(slash ? slash : near, 3, slash ? "" : ".");
	for (unsigned i = 0; i < 6; i++) {
		const char *d = s->debug_dir;

		if (i > 2 && !d)
			break;
		if (i == 0)
			snprintf(path, sizeof(path), "%s%s%s",
				 *name == '/' ? "" : dir,
				 *name == '/' || !*dir ? "" : "/", name);
		else if (i == 1)
			snprintf(path, sizeof(path), "%s/%s", near, name);
		else if (i == 2)
			snprintf(path, sizeof(path), "%s/%s", near, base);
		else if (i == 3)
			snprintf(path, sizeof(path), "%s/%s", d, name);
		else if (i == 4)
			snprintf(path, sizeof(path), "%s/%s", d, base);
		else
			snprintf(path, sizeof(path), "%s%s/%s", d, dir, name);
		if (try_dwo(s, path))
			return true;
	}
	return false;
}

static int by_file(const void *a, const void *b)
{
	const struct skeleton *const *x = a, *const *y = b;
	int r = strcmp((*x)->name, (*y)->name);

	return r ? r : strcmp((*x)->dir, (*y)->dir);
}

/* Answers how many skeletons have no unit. */
static size_t find_dwos(struct search *s, const char **first)
{
	struct skeleton **order = calloc(s->n + 1, sizeof(*order));
	const struct skeleton *failed = NULL;
	size_t missing = 0;

	if (!order)
		abort();
	for (size_t i = 0; i < s->n; i++)
		order[i] = &s->skeletons[i];
	qsort(order, s->n, sizeof(*order), by_file);
	for (size_t i = 0; i < s->n; i++) {
		struct skeleton *k = order[i];

		/* the last one may have had this unit, too */
		if (k->found)
			continue;
		if ((!failed || strcmp(failed->name, k->name) ||
		     strcmp(failed->dir, k->dir)) &&
		    find_dwo(s, k->dir, k->name) && k->found)
			continue;
		failed = k;
		if (!missing++)
			*first = *k->name == '/' || !*k->dir ? k->name :
				arena_printf(&s->sh->arena, "%s/%s", k->dir,
					     k->name);
	}
	free(order);
	return missing;
}

/* ---- packages ---- */

static void take_package(struct search *s, const char *path)
{
	struct dwarf_units *du = &s->sh->du;
	struct dwp_row *rows = NULL;
	struct debug_file *f;
	struct err err = { 0 };
	bool any = false;
	size_t n = 0;

	if (debug_file_open_split(&f, path, &err)) {
		is_broken(s, path, err.msg);
		return;
	}
	if (dwp_read(f, &rows, &n, &err)) {
		is_broken(s, path, err.msg);
		debug_file_close(f);
		return;
	}
	for (size_t i = 0, end; i < n; i = end) {
		struct mark m = mark_of(du);
		int object;

		for (end = i; end < n && rows[end].group == rows[i].group; end++)
			;
		object = dwarf_units_add_rows(du, f, rows + i, end - i, &err);
		if (object < 0 || dwarf_units_read(du, (unsigned)object, &err)) {
			is_broken(s, path, err.msg);
			back_to(s, m);
			continue;
		}
		any |= match_units(s, m.units, rows + i, end - i);
	}
	free(rows);
	keep(s->sh, f);
	if (!any && !s->other)
		s->other = arena_strdup(&s->sh->arena, path);
}

static void find_package(struct search *s)
{
	const char *paths[2] = { s->exe, s->sh->file->path };
	char path[2 * PATH_MAX];

	for (unsigned i = 0; i < 4; i++) {
		const char *p = paths[i & 1], *base = strrchr(p, '/');

		if (i == 1 && !strcmp(paths[0], paths[1]))
			continue;
		if (i > 1 && !s->debug_dir)
			break;
		if (i < 2)
			snprintf(path, sizeof(path), "%s.dwp", p);
		else
			snprintf(path, sizeof(path), "%s/%s.dwp", s->debug_dir,
				 base ? base + 1 : p);
		if (!access(path, R_OK)) {
			take_package(s, path);
			return;
		}
	}
}

/* ---- all of it ---- */

int dwarf_split_open(struct dwarf *dw, const char *exe, const char *debug_dir,
		     struct err *err)
{
	struct search s = {
		.dw = dw, .sh = dw->sh, .exe = exe, .debug_dir = debug_dir,
	};
	const char *first = NULL;
	size_t missing;
	int r = find_skeletons(&s, err);

	if (r < 0 || !s.n) {
		free(s.skeletons);
		return r;
	}
	find_package(&s);
	missing = find_dwos(&s, &first);
	if (missing)
		dwarf_warn(dw->sh, "its debug information is split into .dwo files, %zu of %zu of which are missing: %s%s%s",
			   missing, s.n, *first ? first : "(without a name)",
			   s.other ? " and others; of another compilation is " :
				     "", s.other ? s.other : "");
	if (*s.broken)
		dwarf_warn(dw->sh, "%s", s.broken);
	free(s.skeletons);
	return (int)s.n;
}
