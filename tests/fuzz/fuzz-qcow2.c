/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qcow2 images: the magic is put in front, and snapshot "1" is taken, so
 * that no mutation is lost on either.  Each is opened twice, from memory
 * (which copies the clusters) and from a file (which maps them where it
 * can), and both must give the same bytes.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz-source.h"

static const struct source_opts opts = {
	.snapshot = "1", .spool_max = FUZZ_SPOOL_MAX,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct source *open_as_file(const uint8_t *p, size_t size)
{
	struct source *src = NULL;
	char path[32];
	int fd = memfd_create("fuzz-qcow2", MFD_CLOEXEC);

	if (fd < 0 || write(fd, p, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	source_open(&src, path, &opts, NULL);
	close(fd);
	return src;
}

static void compare(const struct source *a, const struct source *b)
{
	/* a hole too large for the copy may be mapped all the same */
	if (!a || !b)
		return;
	if (a->len != b->len || memcmp(a->data, b->data, a->len))
		abort();
}

static void open_both(const uint8_t *p, size_t size)
{
	struct source *a = NULL, *b = open_as_file(p, size);

	source_open_memory(&a, "fuzz", p, size, &opts, NULL);
	if (a && !b)
		abort();
	if (b)
		fuzz_read(b);
	compare(a, b);
	source_close(a);
	source_close(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *p;

	if (size < 4)
		return 0;
	p = malloc(size);
	if (!p)
		return 0;
	memcpy(p, data, size);
	memcpy(p, "QFI\xfb", 4);
	fuzz_source(p, size, "1");
	open_both(p, size);
	free(p);
	return 0;
}
