/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device descriptions behind a stream whose sections they are about: the
 * source is read as they say, and serves as a reference of itself.
 */
#include <stdlib.h>
#include <string.h>

#include "../../debugger/analysis.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Two sections, "r" and "q", of bytes that say something as any type. */
static const uint8_t stream[] =
	"QEVM\0\0\0\3"
	"\4\0\0\0\1\1r\0\0\0\0\0\0\0\1"
	"\1\2\0\0\0\3\5\3r/s\0\0\0\1\7\10" "0\0\0\0\1\1\0\377\377"
	"\176\0\0\0\1"
	"\4\0\0\0\2\1q\0\0\0\0\0\0\0\1"
	"\0\0\0\2\1\0\0\0\0\0\0\0\1\1\0\0\0"
	"\176\0\0\0\2"
	"\0";

static struct account *take(const uint8_t *p, size_t n, enum desc_from from)
{
	struct account *a;
	struct source *src;
	struct err err;

	if (source_open_memory(&src, "fuzz", p, n, NULL, &err) < 0 ||
	    account_take(&a, src, from, NULL, &err) < 0)
		abort();
	return a;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t head = sizeof(stream) - 1;
	struct account *source;
	struct destination *dest;
	struct timeline *t;
	struct err err;
	uint8_t *p;

	if (size > 1 << 20)
		return 0;
	p = malloc(head + 5 + size);
	if (!p)
		return 0;
	memcpy(p, stream, head);
	p[head] = 6;
	for (int i = 0; i < 4; i++)
		p[head + 1 + i] = (uint8_t)(size >> (24 - 8 * i));
	memcpy(p + head + 5, data, size);
	source = take(p, head + 5 + size, DESC_FROM_SOURCE);
	if (destination_open(&dest, NULL, 0, source, NULL, &err) < 0)
		abort();
	t = destination_load(dest, source, RULES_CURRENT, NULL);
	analysis_close(analyse(source, dest, t));
	timeline_close(t);
	destination_close(dest);
	account_close(source);
	free(p);
	return 0;
}
