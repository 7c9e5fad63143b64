/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Executables as accounts of a destination: whatever the ELF file says, the
 * descriptors found in it can be walked.  Seeds are the fixtures that
 * tests/devices-image builds (build/image), one for each layout and machine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../devices/desc-image.h"

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
	desc_image_close(img);
	close(fd);
	return 0;
}
