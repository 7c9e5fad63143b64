/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb type`: the C structures behind descriptors, of one executable or of
 * two side by side; of structures by their own names see type-struct.c.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../debugger/c-index.h"
#include "../stream/escape.h"
#include "subcommand.h"
#include "type.h"

#define MAX_SHOWN 1000

struct typed {
	const char *path;
	struct c_index *index;
	const struct c_desc *d;
	const struct c_desc *all[MAX_SHOWN];	/* of that name; .d is the first */
	size_t n;
};

const char *type_safe(const char *s)
{
	static char bufs[4][1024];
	static unsigned k;
	char *buf = bufs[k++ & 3];

	return escape_text(buf, sizeof(bufs[0]), s ? s : "", s ? strlen(s) : 0);
}

/* "DESC", or "DESC.FIELD" with dots in either; the field, or NULL for all. */
static const char *split_name(struct typed *ty, const char *name)
{
	char buf[512];

	ty->n = c_index_find_all(ty->index, name, ty->all, MAX_SHOWN);
	for (const char *dot = strchr(name, '.'); !ty->n && dot;
	     dot = strchr(dot + 1, '.')) {
		if ((size_t)(dot - name) >= sizeof(buf))
			break;
		memcpy(buf, name, (size_t)(dot - name));
		buf[dot - name] = '\0';
		ty->n = c_index_find_all(ty->index, buf, ty->all, MAX_SHOWN);
		if (ty->n)
			return dot + 1;
	}
	return NULL;
}

static int typed_open(struct typed *ty, const char *path, const struct args *a)
{
	struct err err;

	*ty = (struct typed){ .path = path };
	if (c_index_open(&ty->index, path, NULL, &a->images, &a->source,
			 &err) == 0) {
		if (c_index_warning(ty->index))
			complain("%s: %s", path, c_index_warning(ty->index));
		return 0;
	}
	complain("%s: %s", path, err.msg);
	return -1;
}

static void typed_close(struct typed *ty)
{
	c_index_close(ty->index);
}

static const char *find(struct typed *ty, const char *name, bool *ok)
{
	const char *field = split_name(ty, name);

	ty->d = ty->n ? ty->all[0] : NULL;
	*ok = ty->d != NULL;
	return field;
}

static void print_head(const struct c_desc *d)
{
	printf("%s", type_safe(d->name));
	if (d->symbol)
		printf("  %s", type_safe(d->symbol));
	if (d->file)
		printf("  %s:%" PRIu32, type_safe(d->file), d->line);
	putchar('\n');
	if (!d->ntypes)
		printf("  which structure it describes cannot be told\n");
	for (size_t i = 0; i < d->ntypes; i++)
		printf("  %s %s, %" PRIu64 " bytes\n",
		       d->ntypes > 1 ? "perhaps" : "describes",
		       type_safe(d->types[i].name), d->types[i].size);
}

static void print_line(const struct c_field *l)
{
	printf("  ");
	if (!l->path) {
		printf("%-8s %-8s %-28s (no member)\n", "", "",
		       type_safe(l->name));
		return;
	}
	printf("+0x%-6" PRIx64 "%5" PRIu64 "  %-28s %s", l->offset,
	       l->size, type_safe(l->path), type_safe(l->type));
	if (l->bit_size)
		printf(" : %" PRIu32 " (bit %" PRIu32 ")", l->bit_size,
		       l->bit_offset);
	if (strcmp(l->path, l->name))
		printf("  [field %s]", type_safe(l->name));
	if (l->file)
		printf("  %s:%" PRIu32, type_safe(l->file), l->line);
	putchar('\n');
}

void type_set_text(json_t *o, const char *key, const char *s)
{
	json_object_set_new(o, key, s ? json_string(type_safe(s)) : json_null());
}

static json_t *line_json(const struct c_field *l)
{
	json_t *o = json_object();

	type_set_text(o, "field", l->name);
	if (!l->path)
		return o;
	type_set_text(o, "member", l->path);
	type_set_text(o, "type", l->type);
	json_object_set_new(o, "offset", json_integer((json_int_t)l->offset));
	json_object_set_new(o, "size", json_integer((json_int_t)l->size));
	if (l->bit_size) {
		json_object_set_new(o, "bit_offset", json_integer(l->bit_offset));
		json_object_set_new(o, "bit_size", json_integer(l->bit_size));
	}
	if (l->file) {
		type_set_text(o, "file", l->file);
		json_object_set_new(o, "line", json_integer(l->line));
	}
	return o;
}

static json_t *head_json(const struct c_desc *d)
{
	json_t *o = json_object(), *types = json_array();

	type_set_text(o, "descriptor", d->name);
	type_set_text(o, "symbol", d->symbol);
	if (d->file) {
		type_set_text(o, "file", d->file);
		json_object_set_new(o, "line", json_integer(d->line));
	}
	for (size_t i = 0; i < d->ntypes; i++) {
		json_t *t = json_object();

		type_set_text(t, "type", d->types[i].name);
		json_object_set_new(t, "size",
				    json_integer((json_int_t)d->types[i].size));
		json_array_append_new(types, t);
	}
	json_object_set_new(o, "types", types);
	return o;
}

/* Answers how many fields were shown. */
static size_t show_text(const struct c_desc *d, const char *field)
{
	size_t shown = 0;

	print_head(d);
	for (size_t i = 0; i < d->nfields; i++) {
		if (field && strcmp(field, d->fields[i].name))
			continue;
		shown++;
		print_line(&d->fields[i]);
	}
	return shown;
}

static json_t *desc_json(const struct c_desc *d, const char *field,
			 size_t *shown)
{
	json_t *o = head_json(d), *list = json_array();

	for (size_t i = 0; i < d->nfields; i++) {
		if (field && strcmp(field, d->fields[i].name))
			continue;
		++*shown;
		json_array_append_new(list, line_json(&d->fields[i]));
	}
	json_object_set_new(o, "fields", list);
	return o;
}

/* All descriptors of that name: which of them was meant, nobody can tell. */
static int show_all(const struct typed *ty, const char *field, bool json)
{
	json_t *o = NULL, *others = json_array();
	size_t shown = 0;

	for (size_t i = 0; i < ty->n; i++) {
		if (!json) {
			if (i)
				putchar('\n');
			shown += show_text(ty->all[i], field);
		} else if (!i) {
			o = desc_json(ty->all[i], field, &shown);
		} else {
			json_array_append_new(others, desc_json(ty->all[i],
							field, &shown));
		}
	}
	if (json) {
		if (ty->n > 1)
			json_object_set(o, "others", others);
		json_dumpf(o, stdout, JSON_INDENT(1));
		putchar('\n');
		json_decref(o);
	}
	json_decref(others);
	if (!shown && field)
		complain("'%s' has no field '%s'", ty->d->name, field);
	return shown || !field ? 0 : 1;
}

/* ---- two of them ---- */

static const struct c_field *same_field(const struct c_desc *d,
					const struct c_field *f)
{
	for (size_t i = 0; i < d->nfields; i++) {
		if (!strcmp(d->fields[i].name, f->name) &&
		    (d->fields[i].dup > 0 ? d->fields[i].dup : 0) ==
		    (f->dup > 0 ? f->dup : 0))
			return &d->fields[i];
	}
	return NULL;
}

/* Either may be NULL: not there. */
static const char *what_moved(const struct c_field *a, const struct c_field *b)
{
	if (!a)
		return "new";
	if (!b)
		return "gone";
	if (!a->path || !b->path)
		return !a->path == !b->path ? "" : "member";
	if (a->size != b->size)
		return "resized";
	if (strcmp(a->type, b->type))
		return "retyped";
	if (strcmp(a->path, b->path))
		return "renamed";
	return a->offset != b->offset ? "moved" : "";
}

static void side_text(const struct c_field *l, char *buf, size_t size)
{
	if (!l)
		snprintf(buf, size, "-");
	else if (!l->path)
		snprintf(buf, size, "(no member)");
	else
		snprintf(buf, size, "+0x%-6" PRIx64 "%5" PRIu64 "  %s",
			 l->offset, l->size, l->type);
}

static void print_both(const char *name, const struct c_field *a,
		       const struct c_field *b)
{
	char left[300], right[300];

	side_text(a, left, sizeof(left));
	side_text(b, right, sizeof(right));
	printf("  %-9s%-28s %-36s %s\n", what_moved(a, b), type_safe(name),
	       type_safe(left), type_safe(right));
}

static json_t *both_json(const char *name, const struct c_field *a,
			 const struct c_field *b)
{
	json_t *o = json_object();

	type_set_text(o, "field", name);
	type_set_text(o, "change", what_moved(a, b));
	json_object_set_new(o, "old", a ? line_json(a) : json_null());
	json_object_set_new(o, "new", b ? line_json(b) : json_null());
	return o;
}

static int show_two(const struct c_desc *a, const struct c_desc *b,
		    const char *field, bool json)
{
	json_t *list = json_array(), *o = json_object();

	if (!json) {
		print_head(a);
		print_head(b);
	}
	for (size_t i = 0; i < a->nfields + b->nfields; i++) {
		bool old = i < a->nfields;
		const struct c_field *f = old ? &a->fields[i] :
			&b->fields[i - a->nfields];
		const struct c_field *x = old ? f : NULL;
		const struct c_field *y = old ? same_field(b, f) : f;

		if ((field && strcmp(field, f->name)) ||
		    (!old && same_field(a, f)))
			continue;
		if (json)
			json_array_append_new(list, both_json(f->name, x, y));
		else
			print_both(f->name, x, y);
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

static int no_such(const struct typed *ty, const char *name)
{
	complain("%s: no descriptor '%s', and no structure of this name among "
		 "those that descriptors describe, or that these embed",
		 ty->path, name);
	return STATUS_USAGE;
}

/* @two may be NULL.  A descriptor comes first: "struct NAME" is none. */
static int show(struct typed *one, struct typed *two, const char *name,
		bool json)
{
	static struct type_place a, b;
	bool ok, ok_two = true;
	const char *field = find(one, name, &ok);

	if (two)
		find(two, name, &ok_two);
	if (ok && !two)
		return show_all(one, field, json);
	if (ok && ok_two) {
		if (one->n > 1 || two->n > 1)
			complain("'%s': %zu and %zu descriptors have this "
				 "name; the first of each is compared (a "
				 "symbol names one)", name, one->n, two->n);
		return show_two(one->d, two->d, field, json);
	}
	type_find_struct(&a, one->index, one->path, name);
	if (!a.n)
		return no_such(ok ? two : one, name);
	if (!two)
		return type_show_struct(&a, json);
	if (!type_find_struct(&b, two->index, two->path, name))
		return no_such(two, name);
	return type_show_structs(&a, &b, json);
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	static struct typed one, two;
	struct args a;
	int status = STATUS_USAGE;
	const char *name;

	if (args_parse(self, argc, argv, &a) < 0)
		return STATUS_USAGE;
	if (a.help || a.noperands < 2 || a.noperands > 3) {
		usage_of(self, a.help ? stdout : stderr);
		return a.help ? 0 : STATUS_USAGE;
	}
	name = a.operands[a.noperands - 1];
	if (typed_open(&one, a.operands[0], &a) < 0)
		return STATUS_USAGE;
	if (a.noperands == 2) {
		status = show(&one, NULL, name, a.json);
	} else if (typed_open(&two, a.operands[1], &a) == 0) {
		status = show(&one, &two, name, a.json);
		typed_close(&two);
	}
	typed_close(&one);
	return status;
}

static const struct option_help options[] = {
	{ "--json", NULL, "one JSON object" },
	{ "--debug-dir", "DIR", "debug information, beside the usual places" },
	{ "--debuginfod", NULL, "also from the servers of DEBUGINFOD_URLS" },
	{ "--modules", "DIR", "the modules of the executable" },
	{ 0 },
};

const struct subcommand cmd_type = {
	.name = "type",
	.args = "BINARY [BINARY2] DESCRIPTOR[.FIELD]|STRUCTURE[.MEMBER]",
	.help = "Show the C structure that a descriptor describes, or what moved in it.",
	.options = options,
	.run = run,
};
