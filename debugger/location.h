/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * location.h - places in a load as people name them.
 *
 *	idstr			the section (globs; "cpu#1": instance 1)
 *	idstr/path.to.field	a field in it (globs)
 *	field, path.to.field	... in the section where we stand, or anywhere
 *	0xOFFSET		the event that reads this byte
 *	descriptor:field	that field of every object of the descriptor
 *	type:uint32		every leaf of that wire type
 *	kind:footer		every event of that kind
 *	subsection, struct	every one of them
 *	divergence, failure	where the sides part; where the load fails
 *	start, end, NUMBER	the first, the last, that event
 *
 * Paths may also be written as they are printed elsewhere, with " › ".
 */
#ifndef VMSDB_LOCATION_H
#define VMSDB_LOCATION_H

#include "timeline.h"

struct session;

struct locations {
	uint32_t *events;	/* ascending; free() */
	size_t n, cap;
	bool single;	/* one place was meant, not a set of places */
};

/*
 * All events of the destination's load that @text means.  None is an error
 * with the reason, and near misses where there are some.
 */
int location_find(const struct session *s, const char *text,
		  struct locations *ret, struct err *err);
void locations_release(struct locations *l);

/* Where in @n ascending events the first is that is not before @event. */
size_t events_from(const uint32_t *events, size_t n, uint32_t event);

/*
 * The one event for "goto", "print": the next one behind @from of several
 * (wrapping around).  EVENT_NONE with @err if there is none.
 */
uint32_t location_one(const struct session *s, const char *text,
		      uint32_t from, struct err *err);

/*
 * Does the event itself add a component to the paths below it?  A structure
 * that is no element stands under its field's name.
 */
bool location_names_itself(const struct timeline *t, uint32_t i);

/* A path of field names without the section: "vq[0].num". */
char *location_field_path(const struct timeline *t, uint32_t event, char *buf,
			  size_t size);

/* The event of @t with exactly this "idstr/path", or EVENT_NONE. */
uint32_t location_exact(const struct timeline *t, const char *path);

/* fnmatch() in which '[' of an array is no bracket expression. */
bool location_glob(const char *pattern, const char *text);

#endif
