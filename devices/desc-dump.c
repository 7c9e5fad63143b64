/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>
#include <string.h>

#include "desc-dump.h"

#define MAX_DEPTH 64

struct parse {
	struct arena *a;
	bool tells_num;
};

static int64_t num(json_t *o, const char *key, int64_t missing)
{
	json_t *v = json_object_get(o, key);

	return json_is_integer(v) ? json_integer_value(v) : missing;
}

static const char *str(struct parse *p, json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return arena_intern_str(p->a, s ? s : "");
}

static const struct desc *parse_desc(struct parse *p, json_t *o, int depth);

static void parse_field(struct parse *p, json_t *o, struct desc_field *f,
			int depth)
{
	json_t *nested = json_object_get(o, "Description");
	int64_t n = num(o, "num", -1);

	f->name = str(p, o, "field");
	f->version = (int32_t)num(o, "version_id", 0);
	f->size = (uint64_t)num(o, "size", 0);
	f->exists = json_is_true(json_object_get(o, "field_exists")) ?
		EXISTS_PREDICATE : EXISTS_BY_VERSION;
	f->from_version = f->from_size = f->from_exists = DESC_FROM_DUMP;
	f->num = 1;
	if (n >= 0) {
		f->num = n;
		f->from_num = DESC_FROM_DUMP;
		p->tells_num = true;
	}
	if (json_is_object(nested)) {
		f->desc = parse_desc(p, nested, depth + 1);
		f->from_desc = DESC_FROM_DUMP;
	}
}

static const struct desc *parse_desc(struct parse *p, json_t *o, int depth)
{
	struct desc *d = arena_alloc(p->a, sizeof(*d));
	json_t *fields = json_object_get(o, "Fields");
	json_t *subs = json_object_get(o, "Subsections");
	struct desc_field *f;
	const struct desc **s;

	if (depth > MAX_DEPTH)
		fields = subs = NULL;
	d->name = str(p, o, "name");
	d->version = (int32_t)num(o, "version_id", 0);
	d->min_version = (int32_t)num(o, "minimum_version_id", 0);
	d->from = d->from_version = d->from_min = DESC_FROM_DUMP;
	d->all_fields = d->all_subs = depth <= MAX_DEPTH;
	d->nfields = json_array_size(fields);
	f = arena_calloc(p->a, d->nfields + 1, sizeof(*f));
	for (size_t i = 0; i < d->nfields; i++)
		parse_field(p, json_array_get(fields, i), &f[i], depth);
	desc_number_names(f, d->nfields);
	d->fields = f;
	d->nsubs = json_array_size(subs);
	s = arena_calloc(p->a, d->nsubs + 1, sizeof(*s));
	for (size_t i = 0; i < d->nsubs; i++)
		s[i] = parse_desc(p, json_array_get(subs, i), depth + 1);
	d->subs = s;
	return d;
}

int dump_parse(struct dump *ret, struct arena *a, const char *path,
	       const char *json, size_t len, struct err *err)
{
	struct parse p = { .a = a };
	struct desc_item *items;
	json_error_t jerr;
	json_t *root = json_loadb(json, len, 0, &jerr), *o;
	const char *key;
	size_t n = 0;

	memset(ret, 0, sizeof(*ret));
	if (!root)
		return err_set(err, ERR_FORMAT,
			       jerr.position < 0 ? 0 : (uint64_t)jerr.position,
			       "not a -dump-vmstate: line %d: %s", jerr.line,
			       jerr.text);
	items = arena_calloc(a, json_object_size(root) + 1, sizeof(*items));
	json_object_foreach(root, key, o) {
		json_t *d = json_object_get(o, "Description");

		if (!strcmp(key, "vmschkmachine")) {
			ret->set.machine = str(&p, o, "Name");
			continue;
		}
		if (!json_is_object(d))
			continue;
		items[n].key = arena_intern_str(a, key);
		items[n].version = (int32_t)num(o, "version_id", 0);
		items[n].min_version = (int32_t)num(o, "minimum_version_id", 0);
		items[n++].desc = parse_desc(&p, d, 0);
	}
	json_decref(root);
	if (!n)
		return err_set(err, ERR_FORMAT, 0, "not a -dump-vmstate: no "
			       "device with a \"Description\"");
	ret->set.path = path;
	ret->set.from = DESC_FROM_DUMP;
	ret->set.items = items;
	ret->set.nitems = n;
	ret->tells_num = p.tells_num;
	return 0;
}
