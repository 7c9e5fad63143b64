/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "desc.h"

const char *desc_from_name(enum desc_from from)
{
	static const char *const names[] = {
		[DESC_FROM_NOBODY] = "nobody",
		[DESC_FROM_GUESS] = "inference",
		[DESC_FROM_SOURCE] = "what the source wrote",
		[DESC_FROM_KNOWN] = "QEMU's source code",
		[DESC_FROM_REFERENCE] = "reference stream",
		[DESC_FROM_DUMP] = "dump",
		[DESC_FROM_BINARY] = "binary",
		[DESC_FROM_PROCESS] = "process",
	};

	return names[from];
}

const struct desc *desc_find_sub(const struct desc *d, const char *name)
{
	for (size_t i = 0; i < d->nsubs; i++) {
		if (!strcmp(d->subs[i]->name, name))
			return d->subs[i];
	}
	return NULL;
}

const struct desc_field *desc_find_field(const struct desc *d,
					 const char *name)
{
	for (size_t i = 0; i < d->nfields; i++) {
		if (d->fields[i].dup <= 0 && !strcmp(d->fields[i].name, name))
			return &d->fields[i];
	}
	return NULL;
}

bool desc_type_is_null(const char *type)
{
	return type && (!strcmp(type, "nullptr") ||
			!strcmp(type, "ptr-marker"));
}

unsigned desc_type_size(const char *type)
{
	/*
	 * migration/vmstate-types.c: infos that read a fixed number of bytes.
	 * In the order of strcmp(): this is asked for every field of a load.
	 */
	static const struct {
		const char *type;
		unsigned size;
	} sizes[] = {
		{ "CPU_Double_U", 8 }, { "bool", 1 }, { "cpudouble", 8 },
		{ "fd", 4 }, { "float64", 8 }, { "int16", 2 }, { "int32", 4 },
		{ "int32 equal", 4 }, { "int32 le", 4 }, { "int64", 8 },
		{ "int64 equal", 8 }, { "int8", 1 }, { "nullptr", 1 },
		{ "timer", 8 }, { "uint16", 2 }, { "uint16 equal", 2 },
		{ "uint32", 4 }, { "uint32 equal", 4 }, { "uint64", 8 },
		{ "uint64 equal", 8 }, { "uint64_as_uint32", 4 },
		{ "uint8", 1 }, { "uint8 equal", 1 },
	};
	size_t lo = 0, hi = type ? sizeof(sizes) / sizeof(sizes[0]) : 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(type, sizes[mid].type);

		if (!c)
			return sizes[mid].size;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return 0;
}

/* Quadratic, but only over names with the same address: names are interned. */
void desc_number_names(struct desc_field *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		f[i].dup = -1;
	if (n > 4096)
		return;		/* no emulator's; hostile */
	for (size_t i = 0; i < n; i++) {
		int k = 0;

		if (f[i].dup >= 0)
			continue;
		for (size_t j = i + 1; j < n; j++) {
			if (f[j].name != f[i].name &&
			    strcmp(f[j].name, f[i].name))
				continue;
			f[i].dup = 0;
			f[j].dup = ++k;
		}
	}
}
