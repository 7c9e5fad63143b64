/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * expr.h - conditions: C's operators over what is known of an event.
 *
 *	src dst			the field's value as the source wrote it and as
 *				the destination reads it
 *	offset size version	numbers of the event
 *	elements event depth
 *	path name type section kind outcome	strings
 *
 * Numbers are 64 bits wide and signed.  Strings compare with ==, != and with
 * =~ (a glob on the right).  A value that an event has not (the src of a
 * section) makes whatever it is part of unknown, and an unknown condition does
 * not hold.  Reading an expression is bounded in length and in depth.
 */
#ifndef VMSDB_EXPR_H
#define VMSDB_EXPR_H

#include "../stream/arena.h"
#include "../stream/err.h"

struct session;
struct expr;

struct expr_value {
	enum { EXPR_UNKNOWN, EXPR_NUMBER, EXPR_STRING } kind;
	int64_t number;
	const char *string;
};

/* NULL with @err (which tells the column) if @text is no expression. */
struct expr *expr_parse(struct arena *a, const char *text, struct err *err);

/*
 * Its value at @event of the session's load.  @scratch must live as long as
 * the value is used.  Returns -1 with @err on a division by zero, or a string
 * where a number has to be.
 */
int expr_eval(const struct expr *e, const struct session *s, uint32_t event,
	      struct arena *scratch, struct expr_value *ret, struct err *err);

/* Does it hold?  1, 0, or -1 with @err. */
int expr_holds(const struct expr *e, const struct session *s, uint32_t event,
	       struct err *err);

/* The names that may stand in an expression, ended by NULL. */
extern const char *const expr_names[];

#endif
