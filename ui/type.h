/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * type.h - between cmd-type.c (descriptors) and type-struct.c (structures).
 */
#ifndef VMSDB_TYPE_H
#define VMSDB_TYPE_H

#include <jansson.h>

#include "../debugger/c-index.h"

/* Printable; the last four answers stay. */
const char *type_safe(const char *s);
void type_set_text(json_t *o, const char *key, const char *s);

/* "PCIDevice.qdev.id", with or without "struct " before it. */
struct type_place {
	struct c_index *x;
	const char *path;	/* the executable's */
	const struct c_struct *all[64];	/* of that name */
	size_t n;
	const char *member;	/* behind the first dot; NULL all of it */
};

/* Answers how many structures have this name. */
size_t type_find_struct(struct type_place *p, struct c_index *x,
			const char *path, const char *name);

/* Answer the exit status. */
int type_show_struct(const struct type_place *p, bool json);
int type_show_structs(const struct type_place *a, const struct type_place *b,
		      bool json);

#endif
