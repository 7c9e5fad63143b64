/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * desc-stream.h - the device description at the end of a stream: what its
 * writer says that it wrote, in order, with sizes.
 *
 * This is testimony, not a descriptor: it tells one instance's fields as they
 * were at that moment.  Two things come out of it: the tree of struct written
 * (exactly the JSON), and one struct desc for each node, which lists only what
 * was written.  (migration/savevm.c, vmstate.c: vmsd_desc_field_start().)
 */
#ifndef VMSDB_DESC_STREAM_H
#define VMSDB_DESC_STREAM_H

#include "../stream/err.h"
#include "desc.h"

struct written;

/*
 * One JSON field object.  An array whose elements are alike is one object with
 * array_len; otherwise each element has its own, with index.  A name that
 * several fields of the descriptor share got "[n]" appended.
 */
struct written_field {
	const char *name;
	const char *type;
	uint64_t size;		/* of one element, on the wire */
	uint64_t array_len;	/* 1 when not compressed */
	int64_t index;		/* -1 when there is none */
	const struct written *sub;	/* struct, vstruct, tmp, qtailq ... */
	uint32_t id;		/* number of this object in the description */
};

struct written {
	const char *name;	/* vmsd_name */
	int32_t version;
	const struct written_field *fields;
	size_t nfields;
	const struct written *const *subs;
	size_t nsubs;
	const struct desc *desc;
};

struct written_device {
	const char *idstr;
	uint32_t instance;
	const struct written *w;	/* NULL: an old-style section ... */
	uint64_t data_size;		/* ... of this many bytes */
};

struct description {
	uint64_t page_size;	/* 0 not told */
	const struct written_device *devices;
	size_t ndevices;
	uint32_t nfields;	/* ids are below this */
	const char *warning;	/* something odd that was tolerated, or NULL */
};

/*
 * Parse the JSON text.  Everything is allocated in @a; @from is
 * DESC_FROM_REFERENCE or DESC_FROM_SOURCE.  Returns -1 with @err (offset
 * within the text) if this is no description.
 */
int description_parse(struct description *ret, struct arena *a,
		      const char *json, size_t len, enum desc_from from,
		      struct err *err);

/* The device, or NULL. */
const struct written_device *description_find(const struct description *d,
					      const char *idstr,
					      uint32_t instance);

/*
 * Does the JSON name @written stand for the descriptor's field @f?  That is so
 * if the names are equal, or if @f's name is shared and "[dup]" follows it.
 */
bool written_is_field(const char *written, const struct desc_field *f);

#endif
