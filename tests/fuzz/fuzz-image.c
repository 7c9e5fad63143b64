/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Executables as accounts of a destination: whatever the ELF file says, the
 * descriptors found in it can be walked, its types' class_init()s followed and
 * its predicates and hooks asked.  Seeds are the fixtures that tests/devices-image,
 * devices-qom and devices-predicate build (build/image), of every host.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../devices/qom.h"
#include "../../devices/space-elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct desc *d, unsigned depth, size_t *left)
{
	if (depth > DESC_IMAGE_MAX_DEPTH)
		abort();
	for (size_t i = 0; i < d->nfields && *left; i++) {
		--*left;
		if (!d->fields[i].name)
			abort();
		if (d->fields[i].desc)
			walk(d->fields[i].desc, depth + 1, left);
	}
	for (size_t i = 0; i < d->nsubs && *left; i++)
		walk(d->subs[i], depth + 1, left);
}

/* Nothing is known of the object: every way that there is is taken. */
static void ask(const struct qom *q, const struct desc *d)
{
	struct qom_object o = { .type = NULL };
	struct predicate_trace why;

	for (size_t i = 0; i < d->nsubs && i < 8; i++)
		if (d->subs[i]->needed_fn)
			qom_ask(q, &o, d->subs[i]->needed_fn, 1, &why);
	for (size_t i = 0; i < d->nfields && i < 8; i++)
		if (d->fields[i].exists_fn)
			qom_ask(q, &o, d->fields[i].exists_fn, 1, &why);
}

static const char *symbol(void *ctx, uint64_t addr)
{
	const struct elf_symbol *s = space_elf_at(ctx, addr);

	return s ? s->name : NULL;
}

/* Its post_load() over an object of zeros. */
static void read_zeros(void *ctx, int64_t offset, size_t n, uint8_t *out,
		       uint8_t *known)
{
	(void)ctx;
	(void)offset;
	memset(out, 0, n);
	memset(known, 0xff, n);
}

static void run_hook(struct desc_image *img, const struct desc *d)
{
	struct space_elf *elf = desc_image_space(img);
	struct predicate_code code = {
		.space = space_elf_space(elf), .symbol = symbol, .ctx = elf,
		.machine = space_elf_file(elf, 0)->machine,
	};
	struct object_memory mem = { .read = read_zeros };
	struct predicate_trace why;
	int ret;

	if (d->post_load_fn && predicate_supported(code.machine))
		predicate_hook(&code, d->post_load_fn, d->post_load_errp, 1,
			       &mem, &why, &ret);
}

static void follow_code(struct desc_image *img)
{
	const struct desc_set *set = desc_image_set(img);
	struct qom *q;
	struct err err = { 0 };

	if (qom_open(&q, img, &err) < 0) {
		if (!*err.msg)
			abort();
		return;
	}
	for (size_t i = 0; i < set->nitems && i < 64; i++) {
		ask(q, set->items[i].desc);
		run_hook(img, set->items[i].desc);
	}
	qom_close(q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct desc_image_opts opts = { .no_modules = true };
	struct desc_image *img;
	const struct desc_set *set;
	struct err err = { 0 };
	size_t left = 10000;
	char path[40];
	int fd = memfd_create("image", 0);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (desc_image_open(&img, path, &opts, &err) < 0) {
		if (!*err.msg)
			abort();
		close(fd);
		return 0;
	}
	set = desc_image_set(img);
	for (size_t i = 0; i < set->nitems && left; i++)
		walk(set->items[i].desc, 0, &left);
	follow_code(img);
	desc_image_close(img);
	close(fd);
	return 0;
}
