/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qcow2 images: the magic is put in front, and snapshot "1" is taken, so
 * that no mutation is lost on either.
 */
#include "fuzz-source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *p;
	int ret;

	if (size < 4)
		return 0;
	p = malloc(size);
	if (!p)
		return 0;
	memcpy(p, data, size);
	memcpy(p, "QFI\xfb", 4);
	ret = fuzz_source(p, size, "1");
	free(p);
	return ret;
}
