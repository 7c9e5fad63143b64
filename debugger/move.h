/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * move.h - moving in time: index arithmetic on the pre-order timeline.
 *
 * Going back ignores a breakpoint on the event stood upon, as going forward
 * does.  The places where continue stops are the same in both directions.
 */
#ifndef VMSDB_MOVE_H
#define VMSDB_MOVE_H

#include "session.h"

/* X(name, forward?, help) */
#define MOVES(X) \
	X(STEP, "step") \
	X(NEXT, "next") \
	X(FINISH, "finish") \
	X(UP, "up") \
	X(DOWN, "down") \
	X(CONTINUE, "continue") \
	X(REVERSE_STEP, "reverse-step") \
	X(REVERSE_NEXT, "reverse-next") \
	X(REVERSE_FINISH, "reverse-finish") \
	X(REVERSE_CONTINUE, "reverse-continue")

enum move {
#define X(id, name) MOVE_##id,
	MOVES(X)
#undef X
};

/*
 * Where one @move from @at leads if nothing stops it on the way: EVENT_NONE
 * where there is nothing further.  Not for the two continues.
 */
uint32_t move_target(const struct timeline *t, uint32_t at, enum move move);

/*
 * Move @count times, or until something stops us: s->at, s->stop and
 * s->stop_number tell where and why.  Returns how many moves were made.
 * @err (code ERR_NONE otherwise) holds a condition's trouble.
 */
uint64_t session_move(struct session *s, enum move move, uint64_t count,
		      struct err *err);

/* Run forward to @event, stopping at breakpoints on the way. */
void session_run_to(struct session *s, uint32_t event, struct err *err);

#endif
