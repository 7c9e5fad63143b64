/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb descs`: the descriptors that an executable, a dump or a stream holds.
 */
#include <inttypes.h>
#include <string.h>

#include "../debugger/told.h"
#include "../stream/escape.h"
#include "json-text.h"
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

static void set_text(struct json_text *t, const char *key, const char *s)
{
	if (s)
		json_text_string(t, key, s);
}

static void field_json(struct json_text *t, const struct desc_field *f)
{
	json_text_open(t, NULL, '{');
	set_text(t, "name", f->name);
	set_text(t, "type", f->type);
	json_text_number(t, "version", f->version);
	if (f->from_size)
		json_text_number(t, "size", (int64_t)f->size);
	if (f->from_num)
		json_text_number(t, "num", f->num);
	if (layout(f)) {
		json_text_number(t, "offset", (int64_t)f->offset);
		json_text_number(t, "flags", f->flags);
	}
	set_text(t, "count_field", f->count_field);
	json_text_bool(t, "conditional", f->exists == EXISTS_PREDICATE);
	set_text(t, "field_exists", f->exists_name);
	if (f->desc)
		set_text(t, "desc", f->desc->name);
	json_text_close(t, '}');
}

static void desc_json(struct json_text *t, const struct desc_item *item)
{
	const struct desc *d = item->desc;

	json_text_open(t, NULL, '{');
	set_text(t, "key", item->key);
	set_text(t, "name", d->name);
	set_text(t, "symbol", d->symbol);
	json_text_number(t, "version", d->version);
	json_text_number(t, "minimum_version", d->min_version);
	json_text_string(t, "from", desc_from_name(d->from));
	if (d->addr)
		json_text_number(t, "address", (int64_t)d->addr);
	json_text_bool(t, "unmigratable", d->unmigratable);
	set_text(t, "needed", d->needed_name);
	set_text(t, "pre_load", d->pre_load_name);
	set_text(t, "post_load", d->post_load_name);
	json_text_open(t, "fields", '[');
	for (size_t i = 0; i < d->nfields; i++)
		field_json(t, &d->fields[i]);
	json_text_close(t, ']');
	json_text_open(t, "subsections", '[');
	for (size_t i = 0; i < d->nsubs; i++)
		json_text_string(t, NULL, d->subs[i]->name);
	json_text_close(t, ']');
	json_text_close(t, '}');
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
	struct json_text list = { .f = stdout };
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
	if (a.json)
		json_text_open(&list, NULL, '[');
	for (size_t i = 0; i < t.set->nitems; i++) {
		const struct desc_item *item = &t.set->items[i];

		if (!wanted(&a, item))
			continue;
		if (a.json) {
			desc_json(&list, item);
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
		json_text_close(&list, ']');
		putchar('\n');
	}
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
