/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desc-stream.h"
#include "desc-known.h"

/* Nested deeper than any emulator's; jansson itself stops at 2048. */
#define MAX_DEPTH 64

struct parse {
	struct arena *a;
	enum desc_from from;
	uint32_t nfields;
	const char *warning;
};

static const char *str(struct parse *p, json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? arena_intern_str(p->a, s) : NULL;
}

static int64_t num(json_t *o, const char *key, int64_t missing)
{
	json_t *v = json_object_get(o, key);

	return json_is_integer(v) ? json_integer_value(v) : missing;
}

static const struct written *parse_written(struct parse *p, json_t *o,
					   int depth);

static void parse_field(struct parse *p, json_t *o, struct written_field *f,
			int depth)
{
	json_t *sub = json_object_get(o, "struct");
	int64_t size = num(o, "size", 0), n = num(o, "array_len", 1);

	f->id = p->nfields++;
	f->name = str(p, o, "name");
	if (!f->name)
		f->name = "";
	f->type = str(p, o, "type");
	f->size = size < 0 ? 0 : (uint64_t)size;
	f->array_len = n < 1 ? 1 : (uint64_t)n;
	f->index = num(o, "index", -1);
	/* vstruct, tmp, qtailq ... write the nested members into the field */
	if (!json_is_object(sub) && json_object_get(o, "vmsd_name"))
		sub = o;
	if (json_is_object(sub) && json_object_get(sub, "vmsd_name"))
		f->sub = parse_written(p, sub, depth + 1);
}

static uint32_t vms_flags(const struct written_field *f)
{
	if (f->type && !strcmp(f->type, "struct"))
		return VMS_STRUCT;
	if (f->type && !strcmp(f->type, "vstruct"))
		return VMS_VSTRUCT;
	return VMS_SINGLE;
}

/* "env.xmm_regs[1]": the length before a plain number in brackets, or 0. */
static size_t stem_length(const char *name, int *k)
{
	const char *open = strrchr(name, '[');
	char *end;
	long v;

	if (!open || open[1] < '0' || open[1] > '9')
		return 0;
	v = strtol(open + 1, &end, 10);
	if (strcmp(end, "]") || v > 1000 || (open[1] == '0' && v))
		return 0;
	*k = (int)v;
	return (size_t)(open - name);
}

static void desc_field_from(struct parse *p, struct desc_field *d,
			    const struct written_field *f, uint64_t count)
{
	*d = (struct desc_field){
		.name = f->name, .dup = -1, .type = f->type,
		.exists = EXISTS_WRITTEN,
		.flags = vms_flags(f),
		.size = f->size, .num = (int64_t)count,
		.from_type = (uint8_t)p->from,
		.from_exists = (uint8_t)p->from,
		.from_num = (uint8_t)p->from,
		.from_size = (uint8_t)p->from,
	};
	if (f->sub) {
		d->desc = f->sub->desc;
		d->from_desc = (uint8_t)p->from;
		if (d->flags & VMS_VSTRUCT)
			d->struct_version = f->sub->version;
	}
}

/*
 * Names are unique within a descriptor, so neighbours of one name are elements
 * of one array: with rising index, restarted for runs of null pointers, and in
 * 10.0 without index for the last one.
 */
static bool same_array(const struct written_field *a,
		       const struct written_field *b)
{
	return !strcmp(a->name, b->name);
}

static bool look_alike(const struct desc_field *a, const struct desc_field *b)
{
	const char *da = a->desc ? a->desc->name : "";
	const char *db = b->desc ? b->desc->name : "";

	return a->size == b->size && a->num == b->num && a->type && b->type &&
		!strcmp(a->type, b->type) && !strcmp(da, db);
}

/*
 * Undo the writer's "[k]".  Members of a C array that are listed one by one
 * ("cr[0]", "cr[2]") have such names by themselves: they look alike, and
 * nobody lists filler that way.  A lone number is the writer's: its namesakes
 * did not exist when it wrote.
 */
static bool real_number(const struct desc_field *f, size_t n, size_t i,
			size_t len)
{
	int k, twins = 0;

	if (len == 6 && !strncmp(f[i].name, "unused", len))
		return false;
	for (size_t j = 0; j < n; j++) {
		size_t other = stem_length(f[j].name, &k);

		if (strncmp(f[i].name, f[j].name, len))
			continue;
		if (f[j].name[len] == '\0')
			return true;	/* plain "x" beside "x[0]" */
		if (j == i || other != len)
			continue;
		if (!look_alike(&f[i], &f[j]))
			return false;
		twins++;
	}
	return twins > 0;
}

static void strip_numbers(struct parse *p, struct desc_field *f, size_t n)
{
	int *number = calloc(n + 1, sizeof(*number));

	if (!number)
		abort();
	for (size_t i = 0; i < n && n <= 4096; i++) {
		size_t len = stem_length(f[i].name, &number[i]);

		if (!len || real_number(f, n, i, len))
			number[i] = -1;
	}
	for (size_t i = 0; i < n && n <= 4096; i++) {
		int k;

		if (number[i] < 0)
			continue;
		f[i].dup = number[i];
		f[i].name = arena_intern(p->a, f[i].name,
					 stem_length(f[i].name, &k));
	}
	free(number);
}

/* A description does not tell where a count came from; the source code does. */
static void add_known_count(const struct written *w, struct desc_field *f)
{
	const struct known_count *k = known_count(w->name, f->name);

	if (!k)
		return;
	f->count_field = k->count_field;
	f->flags |= k->flags;
	f->multiplier = k->multiplier;
	f->from_count = DESC_FROM_KNOWN;
}

/* A run of pointers of which the first, and only described, one is null. */
static void add_hidden(struct parse *p, const struct written *w,
		       struct desc_field *f)
{
	if (f->desc || f->num < 2 || f->size != 1 || !(f->flags & VMS_STRUCT))
		return;
	f->desc = desc_known_nested(p->a, w->name, f->name, f->dup);
	if (f->desc)
		f->from_desc = DESC_FROM_KNOWN;
}

static const struct desc *make_desc(struct parse *p, const struct written *w)
{
	struct desc *d = arena_alloc(p->a, sizeof(*d));
	struct desc_field *fields = arena_calloc(p->a, w->nfields + 1,
						 sizeof(*fields));
	const struct desc **subs = arena_calloc(p->a, w->nsubs + 1,
						sizeof(*subs));
	size_t n = 0;

	for (size_t i = 0; i < w->nfields; ) {
		const struct written_field *first = &w->fields[i];
		const struct written_field *told = first;
		uint64_t count = first->array_len;

		for (i++; i < w->nfields &&
		     same_array(first, &w->fields[i]); i++) {
			count += w->fields[i].array_len;
			/* a null pointer does not tell what the others are */
			if (desc_type_is_null(told->type))
				told = &w->fields[i];
		}
		desc_field_from(p, &fields[n++], told, count);
	}
	strip_numbers(p, fields, n);
	for (size_t i = 0; i < n; i++) {
		add_known_count(w, &fields[i]);
		add_hidden(p, w, &fields[i]);
	}
	for (size_t i = 0; i < w->nsubs; i++)
		subs[i] = w->subs[i]->desc;
	d->name = w->name;
	d->version = w->version;
	d->fields = fields;
	d->nfields = n;
	d->subs = subs;
	d->nsubs = w->nsubs;
	d->from = d->from_version = (uint8_t)p->from;
	return d;
}

/*
 * 11.1 gives each run of an array of pointers, null or not, the length of all that is
 * left of the array.  Its runs of null pointers have a name of their own,
 * "ptr-marker"; before, runs had their own lengths.
 */
static void find_run_lengths(struct written_field *f, size_t n)
{
	bool markers = false, falling = true;

	for (size_t i = 0; i < n; i++) {
		markers |= f[i].type && !strcmp(f[i].type, "ptr-marker");
		falling &= !i || f[i].array_len < f[i - 1].array_len;
	}
	for (size_t i = 1; markers && falling && i < n; i++)
		f[i - 1].array_len -= f[i].array_len;
}

static const struct written *parse_written(struct parse *p, json_t *o,
					   int depth)
{
	struct written *w = arena_alloc(p->a, sizeof(*w));
	json_t *fields = json_object_get(o, "fields");
	json_t *subs = json_object_get(o, "subsections");
	struct written_field *f;
	const struct written **s;

	if (depth > MAX_DEPTH) {
		p->warning = "descriptors nested deeper than 64 were left out";
		fields = subs = NULL;
	}
	w->name = str(p, o, "vmsd_name");
	if (!w->name)
		w->name = "";
	w->version = (int32_t)num(o, "version", 0);
	w->nfields = json_array_size(fields);
	f = arena_calloc(p->a, w->nfields + 1, sizeof(*f));
	w->fields = f;
	for (size_t i = 0; i < w->nfields; i++)
		parse_field(p, json_array_get(fields, i), &f[i], depth);
	for (size_t i = 0, n; i < w->nfields; i += n) {
		for (n = 1; i + n < w->nfields &&
		     same_array(&f[i], &f[i + n]); n++)
			;
		find_run_lengths(f + i, n);
	}
	w->nsubs = json_array_size(subs);
	s = arena_calloc(p->a, w->nsubs + 1, sizeof(*s));
	w->subs = s;
	for (size_t i = 0; i < w->nsubs; i++)
		s[i] = parse_written(p, json_array_get(subs, i), depth + 1);
	w->desc = make_desc(p, w);
	return w;
}

static void parse_device(struct parse *p, json_t *o, struct written_device *d)
{
	json_t *fields = json_object_get(o, "fields");

	d->idstr = str(p, o, "name");
	if (!d->idstr)
		d->idstr = "";
	d->instance = (uint32_t)num(o, "instance_id", 0);
	if (json_object_get(o, "vmsd_name")) {
		d->w = parse_written(p, o, 0);
		return;
	}
	for (size_t i = 0; i < json_array_size(fields); i++) {
		int64_t size = num(json_array_get(fields, i), "size", 0);

		d->data_size += size < 0 ? 0 : (uint64_t)size;
	}
}

int description_parse(struct description *ret, struct arena *a,
		      const char *json, size_t len, enum desc_from from,
		      struct err *err)
{
	struct parse p = { .a = a, .from = from };
	struct written_device *devices;
	json_error_t jerr;
	json_t *root = json_loadb(json, len, 0, &jerr), *list;
	int64_t page_size;

	memset(ret, 0, sizeof(*ret));
	if (!root)
		return err_set(err, ERR_FORMAT,
			       jerr.position < 0 ? 0 : (uint64_t)jerr.position,
			       "device description is no JSON: %s", jerr.text);
	list = json_object_get(root, "devices");
	if (!json_is_array(list)) {
		json_decref(root);
		return err_set(err, ERR_FORMAT, 0, "device description has no "
			       "list of devices");
	}
	page_size = num(root, "page_size", 0);
	ret->page_size = page_size > 0 ? (uint64_t)page_size : 0;
	ret->ndevices = json_array_size(list);
	devices = arena_calloc(a, ret->ndevices + 1, sizeof(*devices));
	ret->devices = devices;
	for (size_t i = 0; i < ret->ndevices; i++)
		parse_device(&p, json_array_get(list, i), &devices[i]);
	ret->nfields = p.nfields;
	ret->warning = p.warning;
	json_decref(root);
	return 0;
}

const struct written_device *description_find(const struct description *d,
					      const char *idstr,
					      uint32_t instance)
{
	for (size_t i = 0; i < d->ndevices; i++) {
		if (d->devices[i].instance == instance &&
		    !strcmp(d->devices[i].idstr, idstr))
			return &d->devices[i];
	}
	return NULL;
}

bool written_is_field(const char *written, const struct desc_field *f)
{
	size_t n = strlen(f->name);
	char suffix[16];

	if (f->dup < 0)
		return !strcmp(written, f->name);
	snprintf(suffix, sizeof(suffix), "[%d]", f->dup);
	return !strncmp(written, f->name, n) && !strcmp(written + n, suffix);
}
