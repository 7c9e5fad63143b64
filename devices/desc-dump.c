/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dumps are read as they come (yajl), without a tree in between: a megabyte
 * of JSON of which a load needs a tenth.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "desc-dump.h"

#define MAX_DEPTH 64
/* a descriptor, its list and the list's element, for each of them */
#define MAX_LEVELS (3 * (MAX_DEPTH + 2) + 2)

/* What the object or list at hand is. */
enum level_kind {
	ROOT, DEVICE, DESCRIPTION, FIELDS, FIELD, SUBSECTIONS,
};

enum key {
	KEY_OTHER, KEY_NAME, KEY_VERSION, KEY_MINIMUM, KEY_DESCRIPTION,
	KEY_FIELDS, KEY_SUBSECTIONS, KEY_FIELD, KEY_EXISTS, KEY_SIZE, KEY_NUM,
};

static const struct {
	const char *text;
	enum key key;
} keys[] = {
	{ "field", KEY_FIELD }, { "version_id", KEY_VERSION },
	{ "field_exists", KEY_EXISTS }, { "size", KEY_SIZE },
	{ "num", KEY_NUM }, { "Description", KEY_DESCRIPTION },
	{ "name", KEY_NAME }, { "Name", KEY_NAME },
	{ "minimum_version_id", KEY_MINIMUM }, { "Fields", KEY_FIELDS },
	{ "Subsections", KEY_SUBSECTIONS },
};

struct level {
	enum level_kind kind;
	enum key key;			/* whose value comes next */
	struct desc *desc;		/* DESCRIPTION */
	struct desc_field field;	/* FIELD */
	struct desc_item item;		/* DEVICE */
	const char *name;		/* DEVICE: its "Name" */
	/* DESCRIPTION: what was gathered; the memory is used again */
	struct desc_field *fields;
	const struct desc **subs;
	size_t nfields, nsubs, fields_cap, subs_cap;
};

struct reader {
	struct arena *a;
	struct dump *dump;
	struct level levels[MAX_LEVELS];
	unsigned n, depth;
	unsigned skip;			/* levels of what nobody asks for */
	const char *device;		/* ROOT: the key at hand */
	struct desc_item *items;
	size_t nitems, items_cap;
};

/* Names with a NUL in them are nobody's; jansson refuses them, too. */
static bool is_text(const unsigned char *s, size_t len)
{
	return !len || !memchr(s, '\0', len);
}

/* The current level, or NULL: before the first, or within what is skipped. */
static struct level *top(struct reader *r)
{
	return r->n && !r->skip ? &r->levels[r->n - 1] : NULL;
}

/* ---- values ---- */

static struct desc_field empty_field(void)
{
	return (struct desc_field){
		.name = "", .num = 1, .from_version = DESC_FROM_DUMP,
		.from_size = DESC_FROM_DUMP, .from_exists = DESC_FROM_DUMP,
	};
}

static struct desc *empty_desc(struct reader *r)
{
	struct desc *d = arena_alloc(r->a, sizeof(*d));

	d->name = "";
	d->from = d->from_version = d->from_min = DESC_FROM_DUMP;
	d->all_fields = d->all_subs = r->depth < MAX_DEPTH;
	return d;
}

static void add_field(struct level *l, const struct desc_field *f)
{
	l->fields = grow_array(l->fields, &l->fields_cap, l->nfields + 1,
			       sizeof(*l->fields));
	l->fields[l->nfields++] = *f;
}

static void add_sub(struct level *l, const struct desc *d)
{
	l->subs = grow_array(l->subs, &l->subs_cap, l->nsubs + 1,
			     sizeof(*l->subs));
	l->subs[l->nsubs++] = d;
}

/* An element that is no object is one of which nothing is told. */
static int odd_element(struct reader *r)
{
	struct level *l = top(r);
	struct desc_field f = empty_field();

	if (l && l->kind == FIELDS)
		add_field(l - 1, &f);
	else if (l && l->kind == SUBSECTIONS)
		add_sub(l - 1, empty_desc(r));
	return 1;
}

static void field_number(struct reader *r, struct level *l, int64_t v)
{
	if (l->key == KEY_VERSION) {
		l->field.version = (int32_t)v;
	} else if (l->key == KEY_SIZE) {
		l->field.size = (uint64_t)v;
	} else if (l->key == KEY_NUM && v >= 0) {
		l->field.num = v;
		l->field.from_num = DESC_FROM_DUMP;
		r->dump->tells_num = true;
	}
}

static int on_integer(void *ctx, long long v)
{
	struct reader *r = ctx;
	struct level *l = top(r);

	if (l && l->kind == FIELD)
		field_number(r, l, v);
	else if (l && l->kind == DESCRIPTION && l->key == KEY_VERSION)
		l->desc->version = (int32_t)v;
	else if (l && l->kind == DESCRIPTION && l->key == KEY_MINIMUM)
		l->desc->min_version = (int32_t)v;
	else if (l && l->kind == DEVICE && l->key == KEY_VERSION)
		l->item.version = (int32_t)v;
	else if (l && l->kind == DEVICE && l->key == KEY_MINIMUM)
		l->item.min_version = (int32_t)v;
	return odd_element(r);
}

static int on_boolean(void *ctx, int v)
{
	struct level *l = top(ctx);

	if (l && l->kind == FIELD && l->key == KEY_EXISTS)
		l->field.exists = v ? EXISTS_PREDICATE : EXISTS_BY_VERSION;
	return odd_element(ctx);
}

static int on_string(void *ctx, const unsigned char *s, size_t len)
{
	struct reader *r = ctx;
	struct level *l = top(r);

	if (!is_text(s, len))
		return 0;
	if (l && l->kind == FIELD && l->key == KEY_FIELD)
		l->field.name = arena_intern(r->a, s, len);
	else if (l && l->kind == DESCRIPTION && l->key == KEY_NAME)
		l->desc->name = arena_intern(r->a, s, len);
	else if (l && l->kind == DEVICE && l->key == KEY_NAME)
		l->name = arena_intern(r->a, s, len);
	return odd_element(r);
}

static int on_null(void *ctx)
{
	return odd_element(ctx);
}

static int on_double(void *ctx, double v)
{
	(void)v;
	return odd_element(ctx);
}

static int on_key(void *ctx, const unsigned char *s, size_t len)
{
	struct reader *r = ctx;
	struct level *l = top(r);

	if (!is_text(s, len))
		return 0;
	if (!l)
		return 1;
	l->key = KEY_OTHER;
	if (l->kind == ROOT) {
		r->device = arena_intern(r->a, s, len);
		return 1;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strlen(keys[i].text) == len &&
		    !memcmp(keys[i].text, s, len)) {
			l->key = keys[i].key;
			break;
		}
	}
	return 1;
}

/* ---- objects and lists ---- */

static void push(struct reader *r, enum level_kind kind)
{
	struct level *l = &r->levels[r->n++];

	l->kind = kind;
	l->key = KEY_OTHER;
	if (kind == DEVICE) {
		l->item = (struct desc_item){ .key = r->device };
		l->name = "";
	} else if (kind == FIELD) {
		l->field = empty_field();
	} else if (kind == DESCRIPTION) {
		l->nfields = l->nsubs = 0;
		l->desc = empty_desc(r);
		r->depth++;
	}
}

static int on_object(void *ctx)
{
	struct reader *r = ctx;
	struct level *l = top(r);
	bool described = l && l->key == KEY_DESCRIPTION &&
		(l->kind == DEVICE || l->kind == FIELD);

	if (!r->n && !r->skip)
		push(r, ROOT);
	else if (l && l->kind == ROOT)
		push(r, DEVICE);
	else if (l && l->kind == FIELDS)
		push(r, FIELD);
	else if (described || (l && l->kind == SUBSECTIONS))
		push(r, DESCRIPTION);
	else
		r->skip++;
	return 1;
}

static int on_list(void *ctx)
{
	struct reader *r = ctx;
	struct level *l = top(r);

	if (!l || l->kind != DESCRIPTION || r->depth > MAX_DEPTH ||
	    (l->key != KEY_FIELDS && l->key != KEY_SUBSECTIONS)) {
		odd_element(r);
		r->skip++;
	} else if (l->key == KEY_FIELDS) {
		l->nfields = 0;
		push(r, FIELDS);
	} else {
		l->nsubs = 0;
		push(r, SUBSECTIONS);
	}
	return 1;
}

static void end_description(struct reader *r, struct level *l)
{
	struct level *up = l - 1;
	struct desc *d = l->desc;

	r->depth--;
	d->nfields = l->nfields;
	d->fields = arena_memdup(r->a, l->fields,
				 l->nfields * sizeof(*l->fields));
	desc_number_names((struct desc_field *)d->fields, d->nfields);
	d->nsubs = l->nsubs;
	d->subs = arena_memdup(r->a, l->subs, l->nsubs * sizeof(*l->subs));
	if (up->kind == DEVICE) {
		up->item.desc = d;
	} else if (up->kind == FIELD) {
		up->field.desc = d;
		up->field.from_desc = DESC_FROM_DUMP;
	} else {
		add_sub(up - 1, d);
	}
}

static void end_device(struct reader *r, const struct level *l)
{
	if (!strcmp(l->item.key, "vmschkmachine")) {
		r->dump->set.machine = l->name;
		return;
	}
	if (!l->item.desc)
		return;
	r->items = grow_array(r->items, &r->items_cap, r->nitems + 1,
			      sizeof(*r->items));
	r->items[r->nitems++] = l->item;
}

static int on_end(void *ctx)
{
	struct reader *r = ctx;
	struct level *l;

	if (r->skip) {
		r->skip--;
		return 1;
	}
	l = &r->levels[--r->n];
	if (l->kind == FIELD)
		add_field(l - 2, &l->field);
	else if (l->kind == DESCRIPTION)
		end_description(r, l);
	else if (l->kind == DEVICE)
		end_device(r, l);
	return 1;
}

/* ---- the whole text ---- */

/* yajl does not ask whether it got its memory. */
static void *allocate(void *ctx, size_t n)
{
	size_t cap = 0;

	(void)ctx;
	return grow_array(NULL, &cap, n, 1);
}

static void *reallocate(void *ctx, void *p, size_t n)
{
	size_t cap = 0;

	(void)ctx;
	return grow_array(p, &cap, n, 1);
}

static void release(void *ctx, void *p)
{
	(void)ctx;
	free(p);
}

static bool read_all(struct reader *r, const char *json, size_t len)
{
	static const yajl_callbacks callbacks = {
		.yajl_null = on_null, .yajl_boolean = on_boolean,
		.yajl_integer = on_integer, .yajl_double = on_double,
		.yajl_string = on_string, .yajl_start_map = on_object,
		.yajl_map_key = on_key, .yajl_end_map = on_end,
		.yajl_start_array = on_list, .yajl_end_array = on_end,
	};
	yajl_alloc_funcs memory = { allocate, reallocate, release, NULL };
	yajl_handle y = yajl_alloc(&callbacks, &memory, r);
	bool good = yajl_parse(y, (const unsigned char *)json, len) ==
		yajl_status_ok && yajl_complete_parse(y) == yajl_status_ok;

	yajl_free(y);
	for (size_t i = 0; i < MAX_LEVELS; i++) {
		free(r->levels[i].fields);
		free(r->levels[i].subs);
	}
	return good;
}

/* Which line is wrong is better told by jansson. */
static int tell_where(const char *json, size_t len, struct err *err)
{
	json_error_t jerr = { .text = "no JSON" };

	json_decref(json_loadb(json, len, 0, &jerr));
	return err_set(err, ERR_FORMAT,
		       jerr.position < 0 ? 0 : (uint64_t)jerr.position,
		       "not a -dump-vmstate: line %d: %s", jerr.line,
		       jerr.text);
}

int dump_parse(struct dump *ret, struct arena *a, const char *path,
	       const char *json, size_t len, struct err *err)
{
	struct reader *r = arena_alloc(a, sizeof(*r));
	bool good;

	memset(ret, 0, sizeof(*ret));
	r->a = a;
	r->dump = ret;
	good = read_all(r, json, len);
	ret->set.items = arena_memdup(a, r->items,
				      r->nitems * sizeof(*r->items));
	free(r->items);
	if (!good)
		return tell_where(json, len, err);
	if (!r->nitems)
		return err_set(err, ERR_FORMAT, 0, "not a -dump-vmstate: no "
			       "device with a \"Description\"");
	ret->set.path = path;
	ret->set.from = DESC_FROM_DUMP;
	ret->set.nitems = r->nitems;
	return 0;
}
