/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt save images: the bytes behind the magic. */
#include "fuzz-source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *p = malloc(size + 16);
	int ret;

	if (!p)
		return 0;
	memcpy(p, "LibvirtQemudSave", 16);
	if (size)
		memcpy(p + 16, data, size);
	if (size && data[size - 1] & 1)
		memcpy(p + 12, "Part", 4);
	ret = fuzz_source(p, size + 16, NULL);
	free(p);
	return ret;
}
