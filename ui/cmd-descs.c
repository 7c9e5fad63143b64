/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb descs`: the descriptors that an executable, a dump or a stream holds.
 */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "../debugger/told.h"
#include "../stream/escape.h"
#include "subcommand.h"

static const char *safe(const char *s, char *buf, size_t size)
{
	return escape_text(buf, size, s ? s : "", s ? strlen(s) : 0);
}

static bool layout(const struct desc_field *f)
{
	return f->from_layout >= DESC_FROM_BINARY;
}

static void count_text(const struct desc_field *f, char *buf, size_t size)
{
	buf[0] = '\0';
	if (f->flags & VMS_VARRAY && !(f->flags & VMS_ARRAY)) {
		if (f->count_field)
			snprintf(buf, size, "[%.200s]", f->count_field);
		else if (layout(f))
			snprintf(buf, size, "[*(+0x%" PRIx64 ")]", f->num_offset);
		else
			snprintf(buf, size, "[?]");
	} else if (f->flags & VMS_ARRAY || f->num > 1) {
		snprintf(buf, size, "[%" PRId64 "]", f->num);
	}
}

static void print_field(const struct desc_field *f)
{
	char name[512], type[256], count[256], fn[256];

	count_text(f, count, sizeof(count));
	if (layout(f))
		printf("  +0x%-6" PRIx64, f->offset);
	else
		printf("  ");
	printf(" %-16s %s%s", f->type ? safe(f->type, type, sizeof(type)) : "?",
	       safe(f->name, name, sizeof(name)), count);
	if (f->flags & VMS_MUST_EXIST)
		printf("  (check)");
	else if (f->size)
		printf("  %" PRIu64 " byte%s", f->size, f->size == 1 ? "" : "s");
	if (f->desc)
		printf("  of '%s' v%d", safe(f->desc->name, type, sizeof(type)),
		       f->desc->version);
	if (f->version)
		printf("  since v%d", f->version);
	if (f->exists == EXISTS_PREDICATE && f->exists_name)
		printf("  if %s()", safe(f->exists_name, fn, sizeof(fn)));
	else if (f->exists == EXISTS_PREDICATE && f->exists_fn)
		printf("  if (0x%" PRIx64 ")()", f->exists_fn);
	else if (f->exists == EXISTS_PREDICATE)
		printf("  if a condition holds");
	putchar('\n');
}

static void print_desc(const struct desc *d)
{
	char name[512], buf[512];

	printf("%s  version %d, minimum %d%s%s", safe(d->name, name, sizeof(name)),
	       d->version, d->min_version,
	       d->unmigratable ? ", unmigratable" : "",
	       d->early_setup ? ", early" : "");
	if (d->symbol)
		printf("  (%s)", safe(d->symbol, buf, sizeof(buf)));
	else if (d->addr)
		printf("  (0x%" PRIx64 ")", d->addr);
	putchar('\n');
	if (d->needed_name || d->needed_fn)
		printf("  needed      %s\n", d->needed_name ?
		       safe(d->needed_name, buf, sizeof(buf)) : "(no symbol)");
	if (d->pre_load_name)
		printf("  pre_load    %s\n", safe(d->pre_load_name, buf, sizeof(buf)));
	if (d->post_load_name)
		printf("  post_load   %s\n", safe(d->post_load_name, buf, sizeof(buf)));
	for (size_t i = 0; i < d->nfields; i++)
		print_field(&d->fields[i]);
	for (size_t i = 0; i < d->nsubs; i++)
		printf("  subsection  %s\n", safe(d->subs[i]->name, buf, sizeof(buf)));
}

static json_t *text(const char *s)
{
	json_t *v = s ? json_string(s) : json_null();
	char buf[1024];

	return v ? v : json_string(safe(s, buf, sizeof(buf)));
}

static void set_text(json_t *o, const char *key, const char *s)
{
	if (s)
		json_object_set_new(o, key, text(s));
}

static json_t *field_json(const struct desc_field *f)
{
	json_t *o = json_object();

	set_text(o, "name", f->name);
	set_text(o, "type", f->type);
	json_object_set_new(o, "version", json_integer(f->version));
	if (f->from_size)
		json_object_set_new(o, "size", json_integer((json_int_t)f->size));
	if (f->from_num)
		json_object_set_new(o, "num", json_integer(f->num));
	if (layout(f)) {
		json_object_set_new(o, "offset", json_integer((json_int_t)f->offset));
		json_object_set_new(o, "flags", json_integer(f->flags));
	}
	set_text(o, "count_field", f->count_field);
	json_object_set_new(o, "conditional",
			    json_boolean(f->exists == EXISTS_PREDICATE));
	set_text(o, "field_exists", f->exists_name);
	if (f->desc)
		set_text(o, "desc", f->desc->name);
	return o;
}

static json_t *desc_json(const struct desc_item *item)
{
	const struct desc *d = item->desc;
	json_t *o = json_object(), *fields = json_array(), *subs = json_array();

	set_text(o, "key", item->key);
	set_text(o, "name", d->name);
	set_text(o, "symbol", d->symbol);
	json_object_set_new(o, "version", json_integer(d->version));
	json_object_set_new(o, "minimum_version", json_integer(d->min_version));
	json_object_set_new(o, "from", json_string(desc_from_name(d->from)));
	if (d->addr)
		json_object_set_new(o, "address", json_integer((json_int_t)d->addr));
	json_object_set_new(o, "unmigratable", json_boolean(d->unmigratable));
	set_text(o, "needed", d->needed_name);
	set_text(o, "pre_load", d->pre_load_name);
	set_text(o, "post_load", d->post_load_name);
	for (size_t i = 0; i < d->nfields; i++)
		json_array_append_new(fields, field_json(&d->fields[i]));
	for (size_t i = 0; i < d->nsubs; i++)
		json_array_append_new(subs, text(d->subs[i]->name));
	json_object_set_new(o, "fields", fields);
	json_object_set_new(o, "subsections", subs);
	return o;
}

static bool wanted(const struct args *a, const struct desc_item *item)
{
	if (a->noperands == 1)
		return true;
	for (size_t i = 1; i < a->noperands; i++) {
		if (told_names(item, a->operands[i]))
			return true;
	}
	return false;
}

static void print_line(const struct desc_item *item)
{
	const struct desc *d = item->desc;
	char name[512], key[512];

	printf("%-36s v%-3d min %-3d %3zu fields", safe(d->name, name, sizeof(name)),
	       d->version, d->min_version, d->nfields);
	if (d->nsubs)
		printf(", %zu subsection%s", d->nsubs, d->nsubs == 1 ? "" : "s");
	if (strcmp(item->key, d->name))
		printf("  %s", safe(item->key, key, sizeof(key)));
	putchar('\n');
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	json_t *list;
	struct args a;
	struct told t;
	struct err err;
	size_t n = 0;

	if (args_parse(self, argc, argv, &a) < 0)
		return STATUS_USAGE;
	if (a.help || !a.noperands) {
		usage_of(self, a.help ? stdout : stderr);
		return a.help ? 0 : STATUS_USAGE;
	}
	if (told_open(&t, a.operands[0], &a.images, &a.source, &err) < 0) {
		complain("%s", err.msg);
		return STATUS_USAGE;
	}
	for (size_t i = 0; t.image && i < desc_image_nwarnings(t.image); i++)
		complain("warning: %s: %s", t.path,
			 desc_image_warning(t.image, i));
	list = json_array();
	for (size_t i = 0; i < t.set->nitems; i++) {
		const struct desc_item *item = &t.set->items[i];

		if (!wanted(&a, item))
			continue;
		if (a.json) {
			json_array_append_new(list, desc_json(item));
		} else if (a.noperands > 1) {
			if (n)
				putchar('\n');
			print_desc(item->desc);
		} else {
			print_line(item);
		}
		n++;
	}
	if (a.json) {
		json_dumpf(list, stdout, JSON_INDENT(1));
		putchar('\n');
	}
	json_decref(list);
	if (!n && a.noperands > 1)
		complain("%s: no descriptor of that name", t.path);
	told_close(&t);
	return n || a.noperands == 1 ? 0 : 1;
}

static const struct option_help options[] = {
	{ "--json", NULL, "a JSON array" },
	{ "--modules", "DIR", "the modules of the executable" },
	{ 0 },
};

const struct subcommand cmd_descs = {
	.name = "descs",
	.args = "FILE [NAME...] [--json]",
	.help = "Show the descriptors of an executable, a -dump-vmstate or a stream.",
	.options = options,
	.run = run,
};
