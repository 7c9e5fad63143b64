/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * feed.h - steps a real destination.
 *
 * An emulator with -incoming reads its stream in a coroutine of its main loop
 * and waits whenever no byte is there, while its monitor goes on answering.
 * So whoever holds the other end of that channel decides how far the load
 * goes: an unmodified, stripped emulator stands still behind any byte.
 *
 * A feed runs the prediction alongside: bytes are given up to each place
 * where an event is predicted, first all but the last one (nothing may be
 * said then), then that one (all of it must be said).  So where the two agree
 * the real events' offsets are exact.  Where they do not, an event is known to
 * have come behind .after and not later than .at.
 */
#ifndef VMSDB_FEED_H
#define VMSDB_FEED_H

#include "fodder.h"
#include "qmp.h"
#include "spawn.h"
#include "traces.h"

#define FEED_STATES(X) \
	X(WAITING, "waiting", "it wants more bytes") \
	X(LOADED, "loads", "the load completed") \
	X(FAILED, "fails", "it refused the stream") \
	X(CRASHED, "crashes", "it died by a signal") \
	X(HUNG, "hangs", "it neither loads nor fails in time") \
	X(GONE, "gone", "it ended or left without a verdict")

enum feed_state {
#define X(id, name, help) FEED_##id,
	FEED_STATES(X)
#undef X
};

const char *feed_state_name(enum feed_state s);

#define FEED_NONE SIZE_MAX

struct feed_opts {
	const struct source *src;
	const struct timeline *load;	/* the prediction; NULL: none */
	const struct ram *ram;		/* of the source; NULL: none */
	/* Start this (NULL-terminated; ZERO: an all-zero firmware file) ... */
	const char *const *argv;
	/* ... or take what already waits in inmigrate. */
	const char *socket, *qmp, *trace;
	pid_t pid;			/* of that; 0: not told */
	const char *const *capabilities;	/* NULL-terminated, or NULL */
	int timeout_ms;			/* of one step; 0: 20000 */
	bool no_trace;			/* by bytes and verdict alone */
	bool survive;			/* exit-on-error=false where it is known */
	bool coarse;			/* do not check the byte before: twice as fast */
	volatile const int *interrupted;
	const struct source_opts *progress;	/* told, and asked; or NULL */
};

/* What it really said. */
struct real_event {
	uint64_t after, at;	/* it came behind .after bytes, by .at at most */
	const char *text;	/* as said, without PID@TIME: */
	size_t predicted;	/* index of the prediction, or FEED_NONE */
	bool message;		/* to people, not a trace event */
	bool remark;		/* a warning */
	bool early;		/* said before a byte was given: not about the load */
	bool counts;		/* compared with the prediction */
};

struct feed {
	struct arena arena;
	const struct source *src;
	const struct timeline *load;
	struct traces predicted;
	struct spawn child;
	struct qmp qmp;
	int fd;			/* the channel that is fed; -1 closed */
	struct fodder fodder;
	const char *note;	/* that not all bytes are the stream's; NULL */
	uint64_t fed;		/* given, and taken; offsets are the stream's */
	uint64_t before;	/* .fed before the last step */
	enum feed_state state;
	char why[600];		/* of a state that is not WAITING or LOADED */
	char runstate[32];
	int timeout_ms;
	bool traced;		/* it has said at least one event */
	bool can_trace;		/* asked to */
	bool alive;		/* failed, but still there to be questioned */
	bool coarse, is_tcp, attached;
	pid_t pid;		/* of an attached one; 0: not told */
	unsigned long roundtrips;
	volatile const int *interrupted;
	const struct source_opts *progress;

	struct real_event *real;
	size_t nreal, real_cap;
	size_t checked;		/* real events already compared */
	size_t next;		/* first predicted event that was not matched */

	/* Offsets at which to stop on the way; ascending. */
	uint64_t *points;
	size_t npoints, points_cap, point;

	/* The first disagreement. */
	bool disagrees;
	size_t wrong_real, wrong_predicted;	/* or FEED_NONE */
	uint64_t wrong_at;
	char wrong[1400];	/* in words */
	uint64_t careful;	/* byte by byte up to here */
	size_t strays;		/* events that are not the predicted ones */
};

/*
 * Start or attach.  *@ret stands at byte 0, waiting.  -1 with @err if it does
 * not come that far; what the emulator said is in the message.
 */
int feed_open(struct feed **ret, const struct feed_opts *opts, struct err *err);

/*
 * Give it the bytes up to @offset, stopping on the way at every point; stops
 * early when the state changes or, unless @go_on, at a disagreement.  -1 with
 * @err only for trouble that is not the emulator's verdict (interrupted).
 */
int feed_to(struct feed *f, uint64_t offset, bool go_on, struct err *err);

/* The process whose memory the destination's is; 0: none, or not told. */
pid_t feed_process(const struct feed *f);

/* Another prediction: compare what has been said so far with that one. */
void feed_predict(struct feed *f, const struct timeline *load);

/*
 * After a disagreement: do the two go together again, the last events all as
 * predicted?  Then the next disagreement will stop again.
 */
bool feed_meets_again(struct feed *f);

/* Up to the next place where an event is predicted. */
int feed_next_event(struct feed *f, bool go_on, struct err *err);

/* All that is left, then the end of the channel, and wait for the verdict. */
int feed_finish(struct feed *f, bool go_on, struct err *err);

/*
 * How far to give so that the destination stands on event @i of @t: all of it
 * if it is a leaf or @whole, up to its first child otherwise.
 */
uint64_t feed_goal(const struct timeline *t, uint32_t i, bool whole);

/* Stop at these (ascending) instead of where events are predicted. */
void feed_set_points(struct feed *f, const uint64_t *points, size_t n);

/* Ends an emulator that we started; leaves another to its owner. */
void feed_close(struct feed *f);

#endif
