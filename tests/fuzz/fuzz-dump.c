/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -dump-vmstate files as the only account of a destination, which then loads
 * a stream with the names that dumps are made of.
 */
#include <stdlib.h>
#include <string.h>

#include "../../debugger/analysis.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t stream[] =
	"QEVM\0\0\0\3"
	"\4\0\0\0\1\1r\0\0\0\0\0\0\0\1"
	"\1\2\0\0\0\3\5\3r/s\0\0\0\1\7\10\0\0\0\1"
	"\176\0\0\0\1"
	"\0";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct registry reg;
	struct arena arena;
	struct dump dump;
	struct source *src;
	struct timeline *t;
	struct err err = { 0 };
	struct load_opts o = { .reg = &reg, .rules = RULES_CURRENT };
	struct ram ram;

	arena_init(&arena);
	if (dump_parse(&dump, &arena, "fuzz", (const char *)data, size,
		       &err) < 0) {
		if (!*err.msg)
			abort();
		arena_release(&arena);
		return 0;
	}
	if (source_open_memory(&src, "fuzz", stream, sizeof(stream) - 1, NULL,
			       &err) < 0)
		abort();
	registry_init(&reg, &arena);
	registry_add_set(&reg, &dump.set);
	registry_finish(&reg);
	ram_init(&ram);
	o.src = src;
	o.ram = &ram;
	o.facts = facts_new();
	t = load_run(&o);
	timeline_close(t);
	facts_free(o.facts);
	ram_release(&ram);
	registry_release(&reg);
	source_close(src);
	arena_release(&arena);
	return 0;
}
