/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Anything at all: compressed data, and containers found by their magic. */
#include "fuzz-source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_source(data, size, NULL);
}
