/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Streams: the magic is put in front and an end mark behind, so that few
 * mutations are lost on either.  The first byte chooses the loader rules.
 */
#include <stdlib.h>
#include <string.h>

#include "../../debugger/analysis.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void load_into_itself(const struct account *source, enum rules rules)
{
	struct destination *dest;
	struct timeline *t;
	struct analysis *a;
	struct err err;

	if (destination_open(&dest, NULL, 0, source, NULL, &err) < 0)
		abort();
	t = destination_load(dest, source, rules, NULL);
	a = analyse(source, dest, t);
	if (a->verdict == VERDICT_FAILS && !a->failure)
		abort();
	if (!t->nfailures && timeline_check(t))
		abort();
	analysis_close(a);
	timeline_close(t);
	destination_close(dest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t head[8] = { 'Q', 'E', 'V', 'M', 0, 0, 0, 3 };
	struct account *source;
	struct source *src;
	struct err err;
	uint8_t *p;

	if (!size)
		return 0;
	p = malloc(sizeof(head) + size);
	if (!p)
		return 0;
	memcpy(p, head, sizeof(head));
	memcpy(p + sizeof(head), data + 1, size - 1);
	p[sizeof(head) + size - 1] = 0;
	if (source_open_memory(&src, "fuzz", p, sizeof(head) + size, NULL,
			       &err) < 0)
		abort();
	if (account_take(&source, src, DESC_FROM_SOURCE, NULL, &err) < 0)
		abort();
	load_into_itself(source, (enum rules)(data[0] % RULES_COUNT));
	account_close(source);
	free(p);
	return 0;
}
