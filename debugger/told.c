/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "../devices/file-kind.h"
#include "location.h"
#include "told.h"

#define MAX_TEXT (256u << 20)

static int take_stream(struct told *t, struct source *src,
		       const struct source_opts *opts, struct err *err)
{
	struct account *a;
	struct desc_item *items;
	size_t n = 0;

	if (account_take(&a, src, DESC_FROM_SOURCE, opts, err) < 0)
		return -1;
	t->account = a;
	if (!a->has_description)
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
			       "neither an executable nor a dump, and %s",
			       a->note ? a->note :
			       "no stream with a description");
	items = arena_calloc(&t->arena, a->description.ndevices + 1,
			     sizeof(*items));
	for (size_t i = 0; i < a->description.ndevices; i++) {
		const struct written_device *d = &a->description.devices[i];

		if (d->w)
			items[n++] = (struct desc_item){
				d->idstr, d->w->desc, d->w->version, 0,
			};
	}
	t->own = (struct desc_set){
		.path = t->path, .from = DESC_FROM_SOURCE, .items = items,
		.nitems = n,
	};
	t->set = &t->own;
	return 0;
}

static int take_dump(struct told *t, const struct source *src, struct err *err)
{
	if (src->len > MAX_TEXT)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
			       "a dump of more than %u MiB", MAX_TEXT >> 20);
	if (dump_parse(&t->dump, &t->arena, t->path, (const char *)src->data,
		       src->len, err) < 0)
		return -1;
	t->set = &t->dump.set;
	return 0;
}

static int take_running(struct told *t, const struct desc_image_opts *images,
			struct err *err)
{
	const struct running_opts o = {
		.images = images ? *images : (struct desc_image_opts){ 0 },
	};

	if (running_open(&t->running, t->path, &o, err))
		return -1;
	t->image = running_image(t->running);
	t->set = desc_image_set(t->image);
	return 0;
}

static int take(struct told *t, const struct desc_image_opts *images,
		const struct source_opts *opts, struct err *err)
{
	struct source *src;
	int ret;

	if (running_is_one(t->path))
		return take_running(t, images, err);
	if (source_open(&src, t->path, opts, err) < 0)
		return -1;
	switch (file_kind(src->data, src->len)) {
	case FILE_ELF:
		source_close(src);
		if (desc_image_open(&t->image, t->path, images, err) < 0)
			return -1;
		t->set = desc_image_set(t->image);
		return 0;
	case FILE_SCRIPT:
		source_close(src);
		return file_kind_refuse_script(err);
	case FILE_JSON:
		ret = take_dump(t, src, err);
		source_close(src);
		return ret;
	case FILE_STREAM:
		break;
	}
	return take_stream(t, src, opts, err);
}

int told_open(struct told *t, const char *path,
	      const struct desc_image_opts *images,
	      const struct source_opts *opts, struct err *err)
{
	memset(t, 0, sizeof(*t));
	arena_init(&t->arena);
	t->path = path;
	if (take(t, images, opts, err) == 0)
		return 0;
	err_prefix(err, "%s", path);
	told_close(t);
	return -1;
}

void told_close(struct told *t)
{
	account_close(t->account);
	if (t->running)
		running_close(t->running);
	else
		desc_image_close(t->image);
	arena_release(&t->arena);
	memset(t, 0, sizeof(*t));
}

bool told_names(const struct desc_item *item, const char *name)
{
	return location_glob(name, item->desc->name) ||
		location_glob(name, item->key) ||
		(item->desc->symbol && location_glob(name, item->desc->symbol));
}

const struct desc *told_find(const struct told *t, const char *name, size_t k)
{
	for (size_t i = 0; i < t->set->nitems; i++) {
		if (told_names(&t->set->items[i], name) && !k--)
			return t->set->items[i].desc;
	}
	return NULL;
}
