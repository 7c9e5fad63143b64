/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "move.h"

static uint32_t last_of(const struct timeline *t, uint32_t target)
{
	return target < t->n ? target : EVENT_NONE;
}

/* The sibling before @at, or the event around it: next's mirror image. */
static uint32_t back_over(const struct timeline *t, uint32_t at)
{
	uint32_t parent = t->events[at].parent, i = at - 1;

	if (!at)
		return EVENT_NONE;
	while (i != parent && t->events[i].parent != parent)
		i = t->events[i].parent;
	return i;
}

uint32_t move_target(const struct timeline *t, uint32_t at, enum move move)
{
	const struct event *e = &t->events[at];

	switch (move) {
	case MOVE_STEP:
		return last_of(t, at + 1);
	case MOVE_NEXT:
		return last_of(t, e->end);
	case MOVE_FINISH:
		return e->parent == EVENT_NONE ? EVENT_NONE :
			last_of(t, t->events[e->parent].end);
	case MOVE_UP:
	case MOVE_REVERSE_FINISH:
		return e->parent;
	case MOVE_DOWN:
		return e->end > at + 1 ? at + 1 : EVENT_NONE;
	case MOVE_REVERSE_STEP:
		return at ? at - 1 : EVENT_NONE;
	case MOVE_REVERSE_NEXT:
		return back_over(t, at);
	case MOVE_CONTINUE:
	case MOVE_REVERSE_CONTINUE:
		break;
	}
	return EVENT_NONE;
}

static bool is_backward(enum move move)
{
	return move == MOVE_REVERSE_STEP || move == MOVE_REVERSE_NEXT ||
		move == MOVE_REVERSE_FINISH || move == MOVE_REVERSE_CONTINUE;
}

struct halt {
	uint32_t event;
	enum stop_reason why;
	unsigned number;
};

static bool is_between(uint32_t e, uint32_t from, int64_t to)
{
	return to > from ? e > from && e < to : e < from && e > to;
}

static bool is_nearer(const struct halt *h, uint32_t e, int64_t to)
{
	if (h->event == EVENT_NONE)
		return true;
	return to > h->event ? e < h->event : e > h->event;
}

/* Failures and divergences strictly between two places. */
static void built_in_halts(struct session *s, int64_t to, struct halt *h)
{
	size_t d;

	for (size_t i = 0; s->settings.stop_at_failure &&
	     i < s->t->nfailures; i++) {
		uint32_t e = session_failure_event(s, i);

		if (is_between(e, s->at, to) && is_nearer(h, e, to))
			*h = (struct halt){ e, STOP_FAILURE, (unsigned)i };
	}
	if (!s->settings.stop_at_divergence)
		return;
	d = session_next_divergence(s, s->at, to > s->at ? 1 : -1, false);
	if (d != SIZE_MAX) {
		uint32_t e = session_divergence_event(s, d);

		if (is_between(e, s->at, to) && is_nearer(h, e, to))
			*h = (struct halt){ e, STOP_DIVERGENCE, (unsigned)d };
	}
}

/* The first thing that stops us strictly between s->at and @to. */
static struct halt next_halt(struct session *s, int64_t to, struct err *err)
{
	struct halt h = { EVENT_NONE, STOP_NONE, 0 };
	struct breakpoint *b;
	uint32_t e;
	int64_t bound;

	built_in_halts(s, to, &h);
	/* one further, so that a breakpoint on the same event is the reason */
	bound = h.event == EVENT_NONE ? to :
		to > s->at ? (int64_t)h.event + 1 : (int64_t)h.event - 1;
	e = breakpoints_next(s, s->at, bound, &b, err);
	if (e == EVENT_NONE)
		return h;
	h = (struct halt){ e, b->watch ? STOP_WATCH : STOP_BREAKPOINT,
			   b->number };
	if (b->temporary)
		breakpoint_delete(s, b);
	return h;
}

static void stand(struct session *s, uint32_t event, enum stop_reason why,
		  unsigned number)
{
	s->at = event;
	s->stop = why;
	s->stop_number = number;
}

/* Go to @to unless something stops us before; tells whether it did not. */
static bool travel(struct session *s, uint32_t to, struct err *err)
{
	struct halt h;

	/* a step to the neighbour passes nothing */
	if (to + 1 == s->at || s->at + 1 == to) {
		stand(s, to, STOP_MOVED, 0);
		return true;
	}
	h = next_halt(s, to, err);
	if (h.event == EVENT_NONE) {
		stand(s, to, STOP_MOVED, 0);
		return true;
	}
	stand(s, h.event, h.why, h.number);
	return false;
}

static bool run(struct session *s, bool backward, struct err *err)
{
	struct halt h = next_halt(s, backward ? -1 : (int64_t)s->t->n, err);

	if (h.event != EVENT_NONE) {
		stand(s, h.event, h.why, h.number);
		return true;
	}
	if (backward)
		stand(s, 0, STOP_START, 0);
	else
		stand(s, s->t->n - 1, STOP_END, 0);
	return false;
}

/* There is nothing further this way: stand at the end of the way. */
static void run_out(struct session *s, enum move move, struct err *err)
{
	if (move == MOVE_UP || move == MOVE_DOWN || is_backward(move))
		stand(s, s->at, s->at ? s->stop : STOP_START, 0);
	else if (travel(s, s->t->n - 1, err))
		stand(s, s->t->n - 1, STOP_END, 0);
}

uint64_t session_move(struct session *s, enum move move, uint64_t count,
		      struct err *err)
{
	uint64_t done = 0;

	err->code = ERR_NONE;
	for (; done < count; done++) {
		uint32_t to;

		if (move == MOVE_CONTINUE || move == MOVE_REVERSE_CONTINUE) {
			if (!run(s, is_backward(move), err))
				return done + 1;
			continue;
		}
		to = move_target(s->t, s->at, move);
		if (to == EVENT_NONE) {
			run_out(s, move, err);
			return done;
		}
		/* choosing another frame is no running: nothing stops it */
		if (move == MOVE_UP || move == MOVE_DOWN)
			stand(s, to, STOP_MOVED, 0);
		else if (!travel(s, to, err))
			return done + 1;
	}
	return done;
}

void session_run_to(struct session *s, uint32_t event, struct err *err)
{
	err->code = ERR_NONE;
	if (event != s->at)
		travel(s, event, err);
}
