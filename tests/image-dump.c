/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image-dump - print what desc_image_open() finds, one JSON object per line:
 * first the layout, then the descriptors, their links by address.  For
 * check-image.py.
 *
 * usage: image-dump [-m MODULES | -n] EMULATOR
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../devices/desc-image.h"

static void text(const char *key, const char *s)
{
	printf("\"%s\":", key);
	if (!s) {
		printf("null,");
		return;
	}
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putchar('\\');
		putchar(*s);
	}
	printf("\",");
}

static void field(const struct desc_field *f, bool first)
{
	printf("%s{", first ? "" : ",");
	text("name", f->name);
	text("type", f->type);
	text("count_field", f->count_field);
	text("exists_name", f->exists_name);
	printf("\"version_id\":%d,\"struct_version_id\":%d,\"flags\":%" PRIu32 ",",
	       f->version, f->struct_version, f->flags);
	printf("\"size\":%" PRIu64 ",\"num\":%" PRId64 ",\"offset\":%" PRIu64
	       ",\"num_offset\":%" PRIu64 ",\"size_offset\":%" PRIu64
	       ",\"start\":%" PRIu64 ",", f->size, f->num, f->offset,
	       f->num_offset, f->size_offset, f->start);
	printf("\"exists\":%" PRIu64 ",\"vmsd\":%" PRIu64 ",\"key\":%" PRIu64 "}",
	       f->exists_fn, f->desc ? f->desc->addr : 0,
	       f->key_desc ? f->key_desc->addr : 0);
}

static void desc(const struct desc_item *item)
{
	const struct desc *d = item->desc;

	printf("{");
	text("key", item->key);
	text("name", d->name);
	text("symbol", d->symbol);
	text("needed_name", d->needed_name);
	text("post_load_name", d->post_load_name);
	printf("\"addr\":%" PRIu64 ",\"version_id\":%d,\"minimum_version_id\":%d,"
	       "\"unmigratable\":%d,\"early_setup\":%d,\"needed\":%" PRIu64
	       ",\"post_load\":%" PRIu64 ",\"fields\":[", d->addr, d->version,
	       d->min_version, d->unmigratable, d->early_setup, d->needed_fn,
	       d->post_load_fn);
	for (size_t i = 0; i < d->nfields; i++)
		field(&d->fields[i], !i);
	printf("],\"subsections\":[");
	for (size_t i = 0; i < d->nsubs; i++)
		printf("%s%" PRIu64, i ? "," : "", d->subs[i]->addr);
	printf("]}\n");
}

int main(int argc, char **argv)
{
	struct desc_image_opts opts = { 0 };
	struct desc_image *img;
	const struct desc_set *set;
	const struct shape *sh;
	struct err err = { 0 };
	int opt;

	while ((opt = getopt(argc, argv, "m:n")) != -1) {
		if (opt == 'm')
			opts.modules = optarg;
		else if (opt == 'n')
			opts.no_modules = true;
		else
			return 2;
	}
	if (optind + 1 != argc)
		return 2;
	if (desc_image_open(&img, argv[optind], &opts, &err)) {
		fprintf(stderr, "image-dump: %s: %s\n", argv[optind], err.msg);
		return 1;
	}
	set = desc_image_set(img);
	sh = desc_image_shape(img);
	for (size_t i = 0; i < desc_image_nwarnings(img); i++)
		fprintf(stderr, "image-dump: %s: warning: %s\n", argv[optind],
			desc_image_warning(img, i));
	printf("{\"desc_layout\":\"%s\",\"desc_size\":%u,\"field_layout\":\"%s\",\"field_size\":%u,\"end_flag\":%u,\"parsed\":%zu}\n",
	       sh->desc.name, sh->desc.size, sh->field.name, sh->field.size,
	       sh->end_flag, sh->parsed);
	for (size_t i = 0; i < set->nitems; i++)
		desc(&set->items[i]);
	desc_image_close(img);
	return 0;
}
