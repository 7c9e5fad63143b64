/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * real.h - a session whose destination is a running emulator.
 *
 * The timeline is the prediction; the edge is the last event up to which the
 * emulator has been fed.  What lies before it has happened, and moving there
 * moves nobody; what lies behind it is only predicted, may be looked at
 * ("goto"), and is fed by whatever runs forward (step, next, finish, until,
 * continue).  Where prediction and reality part, the real events lead: a step
 * goes from one to the next, byte by byte, until the two meet again.
 */
#ifndef VMSDB_REAL_H
#define VMSDB_REAL_H

#include "../move.h"
#include "../out.h"
#include "../recording.h"
#include "feed.h"

/* Where a session with a real destination stands; the prompt's word. */
#define REAL_WHERES(X) \
	X(LIVE, "live", "at the edge: the destination waits for more") \
	X(PAST, "past", "before the edge: what has happened") \
	X(AHEAD, "ahead", "behind the edge: predicted, not loaded") \
	X(UNPREDICTED, "live, unpredicted", "at the edge, which nobody foresaw") \
	X(ENDED, "ended", "at the edge, where the destination gave its verdict")

enum real_where {
#define X(id, name, help) REAL_##id,
	REAL_WHERES(X)
#undef X
};

struct real {
	struct feed *feed;
	struct feed_opts opts;	/* to start it again */
	uint32_t edge;		/* event of the session's timeline */
	bool parted;		/* reality is not what is predicted here */
	bool told_end;
	size_t shown;		/* real events already told */
	unsigned long steps;
	int64_t busy_ms;	/* spent on feeding */
};

/*
 * Start the destination, or attach to it, and stand at the beginning.  What
 * @opts points to outlives the session; .src and .load are the session's.
 */
int real_open(struct session *s, const struct feed_opts *opts,
	      struct err *err);
/* Ends an emulator that we started.  session_close() does it. */
void real_close(struct session *s);

enum real_where real_where(const struct session *s);
const char *real_where_name(enum real_where w);

/*
 * Run forward as @move says, or to the event @to if that is not EVENT_NONE.
 * -1 with @err if it cannot run; @trouble (code ERR_NONE: none) is what
 * happened on the way.  What the destination said goes to @out.
 */
int real_move(struct session *s, enum move move, uint64_t count, uint32_t to,
	      struct out *out, struct err *trouble, struct err *err);

/* A new process, from the beginning.  -1 with @err. */
int real_restart(struct session *s, struct err *err);

/*
 * The session's timeline was replaced: compare all that was said with it.
 * @at_edge: that is where the session stood, and shall stand.
 */
void real_predict(struct session *s, bool at_edge);

/* Lines about the edge, for a stop. */
void real_show(const struct session *s, struct out *out);
/* Keys about it, inside a record. */
void real_put(const struct session *s, struct out *out);

/* The exit status of a session that ends here: 0, or a verdict's. */
enum verdict real_verdict(const struct session *s);

/*
 * What really happened, as marks of a recording: each event "real", what it
 * says to people a "note" where it said so, first of all @summary.
 */
struct recording_mark *feed_marks(const struct feed *f, const char *summary,
				  size_t *n);

#endif
