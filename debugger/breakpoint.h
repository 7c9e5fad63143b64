/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * breakpoint.h - places to stop at.
 *
 * A location is looked up once, when the breakpoint is set and after each
 * reload, so that finding the next stop is a binary search and never a walk
 * over the load.
 */
#ifndef VMSDB_BREAKPOINT_H
#define VMSDB_BREAKPOINT_H

#include "expr.h"
#include "location.h"

struct breakpoint {
	unsigned number;
	bool enabled, temporary;
	bool watch;		/* stop where both sides' values differ, or at ... */
	bool has_value;		/* ... any value but the one given */
	int64_t value;
	const char *location;	/* as given */
	const char *condition;	/* as given, or NULL */
	const struct expr *expr;
	struct locations where;
	uint64_t ignore, hits;
};

struct breakpoints {
	struct breakpoint **list;	/* in the order of their numbers */
	size_t n, cap;
	unsigned next;
};

void breakpoints_release(struct breakpoints *b);

/*
 * "LOCATION [if EXPR]"; for a watch "PATH [VALUE] [if EXPR]".  NULL with @err.
 */
struct breakpoint *breakpoint_add(struct session *s, const char *text,
				  bool watch, bool temporary, struct err *err);
struct breakpoint *breakpoint_find(const struct session *s, unsigned number);
void breakpoint_delete(struct session *s, struct breakpoint *b);
int breakpoint_condition(struct session *s, struct breakpoint *b,
			 const char *text, struct err *err);

/* Find all places again: after a reload. */
void breakpoints_resolve(struct session *s);

/* The breakpoint (enabled or not) at this event, or NULL: for marks. */
const struct breakpoint *breakpoint_at(const struct session *s,
				       uint32_t event);

/*
 * The nearest event strictly between @from and @to (either may be the larger)
 * at which an enabled breakpoint would stop; EVENT_NONE if there is none.
 * Counts hits and uses up ignore counts on the way.  *@ret is the breakpoint.
 * A condition that cannot be evaluated stops, with @err filled in.
 */
uint32_t breakpoints_next(struct session *s, uint32_t from, int64_t to,
			  struct breakpoint **ret, struct err *err);

#endif
