/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inside.h - what a real destination has in its memory where it has put a
 * field: its own registry leads to the object, its own descriptor to the place.
 *
 * The emulator stands still while it waits for bytes, so what is read fits
 * together.  It is read anew each time; nothing is kept that could be stale.
 */
#ifndef VMSDB_INSIDE_H
#define VMSDB_INSIDE_H

#include "../inspect.h"
#include "../objects.h"
#include "../session.h"

struct inside {
	const struct session *session;
	struct inspect in;
	uint32_t section;	/* whose leaves these are; EVENT_NONE */
	struct objects objects;
	const struct leaf **by_path;
	uint8_t *said;		/* by event: it said so, as predicted */
};

/*
 * Look into the destination of @s.  -1 with @err: it is gone, or its memory
 * cannot be read or understood.
 */
int inside_open(struct inside *ret, const struct session *s, struct err *err);
void inside_close(struct inside *i);

struct inside_place {
	const struct leaf *leaf;	/* the field, or the one it lies in */
	const uint8_t *wire;	/* as it would be written: the event's length */
	uint64_t addr;		/* 0: at none of its own */
};

/*
 * The place of a leaf of the session's timeline, if the destination has loaded
 * that; lives until inside_close().  -1 with @err: not loaded (ERR_SHORT), or
 * not to be found in memory.
 */
int inside_find(struct inside *i, uint32_t event, struct inside_place *ret,
		struct err *err);

#endif
