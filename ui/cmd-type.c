/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb type`: the C structures behind descriptors, of one executable or of
 * two side by side.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../debugger/told.h"
#include "../devices/member.h"
#include "../stream/escape.h"
#include "subcommand.h"

struct typed {
	struct told told;
	struct member_map *map;
	const struct desc *d;
	const struct ctype *const *types;
	size_t ntypes;
};

struct line {
	const struct desc_field *f;	/* NULL: not there */
	bool there;		/* .at is */
	struct member_place at;
	char type[200];
};

static const char *safe(const char *s)
{
	static char bufs[4][1024];
	static unsigned k;
	char *buf = bufs[k++ & 3];

	return escape_text(buf, sizeof(bufs[0]), s ? s : "", s ? strlen(s) : 0);
}

/* "DESC", or "DESC.FIELD" with dots in either; the field, or NULL for all. */
static const char *split_name(const struct told *t, const char *name,
			      const struct desc **ret)
{
	char buf[512];

	*ret = told_find(t, name, 0);
	for (const char *dot = strchr(name, '.'); !*ret && dot;
	     dot = strchr(dot + 1, '.')) {
		if ((size_t)(dot - name) >= sizeof(buf))
			break;
		memcpy(buf, name, (size_t)(dot - name));
		buf[dot - name] = '\0';
		*ret = told_find(t, buf, 0);
		if (*ret)
			return dot + 1;
	}
	return NULL;
}

static int typed_open(struct typed *ty, const char *path, const struct args *a)
{
	struct err err;

	memset(ty, 0, sizeof(*ty));
	if (told_open(&ty->told, path, &a->images, &a->source, &err) < 0) {
		complain("%s", err.msg);
		return -1;
	}
	if (!ty->told.image) {
		complain("%s: no executable: only one has C types", path);
	} else if (member_map_open(&ty->map, ty->told.image, a->debug_dir,
				   &err) < 0) {
		complain("%s: %s", path, err.msg);
		ty->map = NULL;
	}
	if (ty->map)
		return 0;
	told_close(&ty->told);
	return -1;
}

static void typed_close(struct typed *ty)
{
	member_map_close(ty->map);
	told_close(&ty->told);
}

static const char *find(struct typed *ty, const char *name, bool *ok)
{
	const char *field = split_name(&ty->told, name, &ty->d);

	*ok = ty->d != NULL;
	if (!ty->d) {
		complain("%s: no descriptor '%s'", ty->told.path, name);
		return NULL;
	}
	ty->ntypes = member_types(ty->map, ty->d, &ty->types);
	return field;
}

static void fill(struct typed *ty, const struct desc_field *f,
		 const struct ctype *t, struct line *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->f = f;
	if (!f || !t)
		return;
	ret->there = member_of_field(ty->map, ty->d, t, f, &ret->at);
	if (ret->there)
		ctype_print(member_dwarf(ty->map), ret->at.type, ret->type,
			    sizeof(ret->type));
}

static void print_head(struct typed *ty)
{
	uint32_t line = 0;
	const char *file = member_source(ty->map, ty->d, &line);
	char buf[300];

	printf("%s", safe(ty->d->name));
	if (ty->d->symbol)
		printf("  %s", safe(ty->d->symbol));
	if (file)
		printf("  %s:%" PRIu32, safe(file), line);
	putchar('\n');
	if (!ty->ntypes)
		printf("  which structure it describes cannot be told\n");
	for (size_t i = 0; i < ty->ntypes; i++)
		printf("  %s %s, %" PRIu64 " bytes\n",
		       ty->ntypes > 1 ? "perhaps" : "describes",
		       safe(member_type_name(ty->map, ty->d, ty->types[i], buf,
					     sizeof(buf))),
		       ty->types[i]->size);
}

static void print_line(const struct line *l)
{
	printf("  ");
	if (!l->there) {
		printf("%-8s %-8s %-28s (no member)\n", "", "",
		       safe(l->f->name));
		return;
	}
	printf("+0x%-6" PRIx64 "%5" PRIu64 "  %-28s %s", l->at.offset,
	       l->at.size, safe(l->at.path), safe(l->type));
	if (l->at.bit_size)
		printf(" : %" PRIu32 " (bit %" PRIu32 ")", l->at.bit_size,
		       l->at.bit_offset);
	if (strcmp(l->at.path, l->f->name))
		printf("  [field %s]", safe(l->f->name));
	if (l->at.file)
		printf("  %s:%" PRIu32, safe(l->at.file), l->at.line);
	putchar('\n');
}

static void set_text(json_t *o, const char *key, const char *s)
{
	json_object_set_new(o, key, s ? json_string(safe(s)) : json_null());
}

static json_t *line_json(const struct line *l)
{
	json_t *o = json_object();

	set_text(o, "field", l->f->name);
	if (!l->there)
		return o;
	set_text(o, "member", l->at.path);
	set_text(o, "type", l->type);
	json_object_set_new(o, "offset", json_integer((json_int_t)l->at.offset));
	json_object_set_new(o, "size", json_integer((json_int_t)l->at.size));
	if (l->at.bit_size) {
		json_object_set_new(o, "bit_offset", json_integer(l->at.bit_offset));
		json_object_set_new(o, "bit_size", json_integer(l->at.bit_size));
	}
	if (l->at.file) {
		set_text(o, "file", l->at.file);
		json_object_set_new(o, "line", json_integer(l->at.line));
	}
	return o;
}

static json_t *head_json(struct typed *ty)
{
	json_t *o = json_object(), *types = json_array();
	uint32_t line = 0;
	const char *file = member_source(ty->map, ty->d, &line);
	char buf[300];

	set_text(o, "descriptor", ty->d->name);
	set_text(o, "symbol", ty->d->symbol);
	if (file) {
		set_text(o, "file", file);
		json_object_set_new(o, "line", json_integer(line));
	}
	for (size_t i = 0; i < ty->ntypes; i++) {
		json_t *t = json_object();

		set_text(t, "type", member_type_name(ty->map, ty->d,
				ty->types[i], buf, sizeof(buf)));
		json_object_set_new(t, "size",
				    json_integer((json_int_t)ty->types[i]->size));
		json_array_append_new(types, t);
	}
	json_object_set_new(o, "types", types);
	return o;
}

static int show_one(struct typed *ty, const char *field, bool json)
{
	const struct ctype *t = ty->ntypes ? ty->types[0] : NULL;
	json_t *o = json ? head_json(ty) : NULL, *list = json_array();
	size_t shown = 0;

	if (!json)
		print_head(ty);
	for (size_t i = 0; i < ty->d->nfields; i++) {
		struct line l;

		if (field && strcmp(field, ty->d->fields[i].name))
			continue;
		fill(ty, &ty->d->fields[i], t, &l);
		shown++;
		if (json)
			json_array_append_new(list, line_json(&l));
		else
			print_line(&l);
	}
	if (json) {
		json_object_set(o, "fields", list);
		json_dumpf(o, stdout, JSON_INDENT(1));
		putchar('\n');
		json_decref(o);
	}
	json_decref(list);
	if (!shown && field)
		complain("'%s' has no field '%s'", ty->d->name, field);
	return shown || !field ? 0 : 1;
}

/* ---- two of them ---- */

static const struct desc_field *same_field(const struct desc *d,
					   const struct desc_field *f)
{
	for (size_t i = 0; i < d->nfields; i++) {
		if (!strcmp(d->fields[i].name, f->name) &&
		    (d->fields[i].dup > 0 ? d->fields[i].dup : 0) ==
		    (f->dup > 0 ? f->dup : 0))
			return &d->fields[i];
	}
	return NULL;
}

static const char *what_moved(const struct line *a, const struct line *b)
{
	if (!a->f)
		return "new";
	if (!b->f)
		return "gone";
	if (!a->there || !b->there)
		return a->there == b->there ? "" : "member";
	if (a->at.size != b->at.size)
		return "resized";
	if (strcmp(a->type, b->type))
		return "retyped";
	if (strcmp(a->at.path, b->at.path))
		return "renamed";
	return a->at.offset != b->at.offset ? "moved" : "";
}

static void side_text(const struct line *l, char *buf, size_t size)
{
	if (!l->f)
		snprintf(buf, size, "-");
	else if (!l->there)
		snprintf(buf, size, "(no member)");
	else
		snprintf(buf, size, "+0x%-6" PRIx64 "%5" PRIu64 "  %s",
			 l->at.offset, l->at.size, l->type);
}

static void print_both(const char *name, const struct line *a,
		       const struct line *b)
{
	char left[300], right[300];

	side_text(a, left, sizeof(left));
	side_text(b, right, sizeof(right));
	printf("  %-9s%-28s %-36s %s\n", what_moved(a, b), safe(name),
	       safe(left), safe(right));
}

static json_t *both_json(const char *name, const struct line *a,
			 const struct line *b)
{
	json_t *o = json_object();

	set_text(o, "field", name);
	set_text(o, "change", what_moved(a, b));
	json_object_set_new(o, "old", a->f ? line_json(a) : json_null());
	json_object_set_new(o, "new", b->f ? line_json(b) : json_null());
	return o;
}

static int show_two(struct typed *a, struct typed *b, const char *field,
		    bool json)
{
	const struct ctype *ta = a->ntypes ? a->types[0] : NULL;
	const struct ctype *tb = b->ntypes ? b->types[0] : NULL;
	json_t *list = json_array(), *o = json_object();

	if (!json) {
		print_head(a);
		print_head(b);
	}
	for (size_t i = 0; i < a->d->nfields + b->d->nfields; i++) {
		bool old = i < a->d->nfields;
		const struct desc_field *f = old ? &a->d->fields[i] :
			&b->d->fields[i - a->d->nfields];
		struct line x, y;

		if ((field && strcmp(field, f->name)) ||
		    (!old && same_field(a->d, f)))
			continue;
		fill(a, old ? f : NULL, ta, &x);
		fill(b, old ? same_field(b->d, f) : f, tb, &y);
		if (json)
			json_array_append_new(list, both_json(f->name, &x, &y));
		else
			print_both(f->name, &x, &y);
	}
	if (json) {
		json_object_set_new(o, "old", head_json(a));
		json_object_set_new(o, "new", head_json(b));
		json_object_set(o, "fields", list);
		json_dumpf(o, stdout, JSON_INDENT(1));
		putchar('\n');
	}
	json_decref(list);
	json_decref(o);
	return 0;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	struct typed one, two;
	const char *field, *name;
	struct args a;
	int status = STATUS_USAGE;
	bool ok, both;

	if (args_parse(self, argc, argv, &a) < 0)
		return STATUS_USAGE;
	if (a.help || a.noperands < 2 || a.noperands > 3) {
		usage_of(self, a.help ? stdout : stderr);
		return a.help ? 0 : STATUS_USAGE;
	}
	both = a.noperands == 3;
	name = a.operands[a.noperands - 1];
	if (typed_open(&one, a.operands[0], &a) < 0)
		return STATUS_USAGE;
	field = find(&one, name, &ok);
	if (ok && !both)
		status = show_one(&one, field, a.json);
	if (ok && both && typed_open(&two, a.operands[1], &a) == 0) {
		find(&two, name, &ok);
		if (ok)
			status = show_two(&one, &two, field, a.json);
		typed_close(&two);
	}
	typed_close(&one);
	return status;
}

static const struct option_help options[] = {
	{ "--json", NULL, "one JSON object" },
	{ "--debug-dir", "DIR", "debug information, beside the usual places" },
	{ "--modules", "DIR", "the modules of the executable" },
	{ 0 },
};

const struct subcommand cmd_type = {
	.name = "type",
	.args = "BINARY [BINARY2] DESCRIPTOR[.FIELD]",
	.help = "Show the C structure that a descriptor describes, or what moved in it.",
	.options = options,
	.run = run,
};
