/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compat.h - can one emulator load what another writes, by their descriptors
 * alone.
 *
 * What counts is what lies on the wire: fields may be renamed or cut up
 * differently as long as the bytes come out the same.  Conditions that both
 * sides have are taken to answer alike; one that only one side has is tried
 * both ways, and so is every subsection that the reader lacks.
 */
#ifndef VMSDB_COMPAT_H
#define VMSDB_COMPAT_H

#include "desc.h"
#include "registry.h"		/* enum tri */

/* X(enumerator, name, what it means); from good to bad */
#define COMPATS(X) \
	X(COMPAT_YES, "yes", "every byte is read as it was written") \
	X(COMPAT_NEVER, "never", "the writer does not migrate such a device") \
	X(COMPAT_DEPENDS, "depends", "fails if a condition of one side holds") \
	X(COMPAT_SILENT, "silent", "loads, but fields have changed places") \
	X(COMPAT_GONE, "gone", "the reader has no such descriptor") \
	X(COMPAT_NO, "no", "the reader refuses it or reads other fields")

#define COMPAT_ENUM(id, name, text) id,
enum compat { COMPATS(COMPAT_ENUM) };
#undef COMPAT_ENUM

const char *compat_name(enum compat c);

struct compat_answer {
	enum compat answer;
	const char *why;	/* one line; "" */
	/* What stands against it: what lies there on either side, or NULL. */
	const struct desc *writer, *reader;
	const struct desc_field *writer_field, *reader_field;
};

struct compat_pair {
	const char *name;
	const struct desc *older, *newer;	/* NULL: that side has none */
	struct compat_answer forward, backward;
};

/*
 * Who knows what a condition of one side answers: that of field @f, or, if it
 * is NULL, the needed() of the subsection @d.  @base is where the structure
 * lies in the whole object, COMPAT_NOWHERE not known.  NULL: nobody knows.
 */
#define COMPAT_NOWHERE UINT64_MAX

struct compat_asker {
	enum tri (*ask)(void *ctx, const struct desc *d,
			const struct desc_field *f, uint64_t base, int version);
	void *ctx;
};

/*
 * compat_ask(), where conditions of the @sides [writer, reader] can be asked.
 * One that is known is not tried the other way.
 */
struct compat_answer compat_ask_with(struct arena *a, const struct desc *writer,
				     const struct desc *reader,
				     const struct compat_asker sides[2]);

/*
 * Where a nested structure of field @f lies in the whole object whose part at
 * @base has the field.
 */
uint64_t compat_base(uint64_t base, const struct desc_field *f);

/*
 * Some sections hand the object to code that reads further descriptors, which
 * are nobody's part by the descriptors alone (virtio-gpu's scanouts).  Make the
 * answers of such pairs no better than those of what their code reads.
 */
void compat_join(struct compat_pair *pairs, size_t n, struct arena *a);

/* Can @reader load what @writer writes?  Texts live in @a. */
struct compat_answer compat_ask(struct arena *a, const struct desc *writer,
				const struct desc *reader);

/*
 * All descriptors that are nobody's part, of either set, in the order of their
 * names.  Answers how many.
 */
size_t compat(const struct desc_set *older, const struct desc_set *newer,
	      struct arena *a, const struct compat_pair **ret);

#endif
