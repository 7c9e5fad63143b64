/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * desc-dump.h - the JSON of -dump-vmstate: the descriptors of all qdev
 * devices, with everything below them, but without wire types, flags,
 * predicates' meaning or (before 10.0) the length of fixed arrays.
 */
#ifndef VMSDB_DESC_DUMP_H
#define VMSDB_DESC_DUMP_H

#include "../stream/err.h"
#include "desc.h"

struct dump {
	struct desc_set set;
	/*
	 * QEMU >= 10.0 writes "num" for fixed arrays; then a field without it
	 * is a single one or has a variable count.
	 */
	bool tells_num;
};

int dump_parse(struct dump *ret, struct arena *a, const char *path,
	       const char *json, size_t len, struct err *err);

#endif
