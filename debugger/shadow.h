/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shadow.h - the memory of the objects that a section is loaded into, as far
 * as bytes that were loaded fill it.
 *
 * Only an image tells where in its object a field lies.  What is loaded is
 * kept there in the emulator's own byte order, what the destination had
 * written of itself lies below it, and everything else is unknown.  An object
 * behind a pointer is an object of its own, at an address that only predicates
 * see.
 */
#ifndef VMSDB_SHADOW_H
#define VMSDB_SHADOW_H

#include "../devices/desc-image.h"
#include "../devices/predicate.h"

/* A place in an object's memory; .object 0: nobody knows where. */
struct shadow_ref {
	uint32_t object;
	int64_t base;
	uint64_t size;		/* of what begins at .base; 0: not known */
	bool element;		/* one of several: not the first */
};

/* SUPPOSED: only to see what follows from it, by shadow_suppose(). */
enum shadow_from {
	SHADOW_UNKNOWN, SHADOW_SUPPOSED, SHADOW_OWN, SHADOW_LOADED
};

struct shadow;

struct shadow *shadow_new(struct desc_image *img);
void shadow_free(struct shadow *s);

/* Forget everything; answers a new object. */
struct shadow_ref shadow_reset(struct shadow *s);
struct shadow_ref shadow_object(struct shadow *s);

/* The object that the pointer at @at + @offset points to, made if need be. */
struct shadow_ref shadow_follow(struct shadow *s, struct shadow_ref at,
				uint64_t offset);
/* Let it point to @to. */
void shadow_point(struct shadow *s, struct shadow_ref at, uint64_t offset,
		  struct shadow_ref to);

/* Bytes as they lie in memory. */
void shadow_put(struct shadow *s, struct shadow_ref at, uint64_t offset,
		const uint8_t *p, size_t n, enum shadow_from from);
/* One value of a field of this type as it lies on the wire. */
void shadow_put_wire(struct shadow *s, struct shadow_ref at, uint64_t offset,
		     const char *type, const uint8_t *p, size_t n,
		     enum shadow_from from);

/* The unsigned number of @n <= 8 bytes; what its least known byte is. */
enum shadow_from shadow_uint(const struct shadow *s, struct shadow_ref at,
			     uint64_t offset, unsigned n, uint64_t *ret);

/*
 * What the predicate at @fn says to the object at @at; with @supposed also by
 * what was supposed.
 */
enum tri shadow_ask(const struct shadow *s, struct shadow_ref at, uint64_t fn,
		    int version, bool supposed, struct predicate_trace *why);

/*
 * How the post_load() at @fn ends for the object at @at, by what was loaded and by
 * nothing else; what shadow_touched() names does not count.
 */
enum hook_end shadow_hook(const struct shadow *s, struct shadow_ref at,
			  uint64_t fn, bool errp, int version,
			  struct predicate_trace *why, int *ret);

/* Is the answer of the predicate at @fn whether the pointer at @offset is not null? */
bool shadow_asks_pointer(const struct shadow *s, uint64_t fn, uint64_t offset);

/*
 * A hook that nobody followed has run over the object at @at, .size bytes of it (0:
 * all) may hold something else than was loaded.  Until shadow_reset().
 */
void shadow_touched(struct shadow *s, struct shadow_ref at);

/*
 * Suppose that the predicate answers @answer: if one byte that nobody told
 * decides between yes (1) and no (0), or the other way round, set that byte, so
 * that other predicates that look at it answer in agreement.
 */
void shadow_suppose(struct shadow *s, struct shadow_ref at, uint64_t fn,
		    int version, bool answer);

#endif
