/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * traces.h - a load in the emulator's own trace words: as a real one says
 * them (`log` backend, any release), and as a timeline predicts them, each
 * with the number of bytes that the emulator needs before it says so.
 *
 * A destination looks ahead: that no subsection follows is known only with
 * the next byte, that one is somebody else's only with its whole name.  So an
 * event's .at may lie behind the end of what it has read.
 */
#ifndef VMSDB_TRACES_H
#define VMSDB_TRACES_H

#include "../timeline.h"

enum trace_kind {
	TRACE_MESSAGE,		/* no trace event: what it says to people */
	TRACE_REMARK,		/* "warning: ..." and "info: ..." */
	TRACE_OTHER,		/* an event that tells nothing about bytes */
	TRACE_LOAD,		/* one of the load's own */
	TRACE_FIELD,		/* vmstate_load_state_field */
	TRACE_N_ELEMS,		/* vmstate_n_elems: that field exists */
};

struct trace_line {
	enum trace_kind kind;
	const char *text;	/* without PID@TIME: in front and blanks behind */
	size_t len;
	bool told, exists;	/* FIELD: "exists=N" was there, and its N */
};

/* What a line of stderr is; .text points into @s. */
struct trace_line trace_parse(const char *s, size_t n);

/*
 * The words that all releases share, in @buf (at least n + 32 bytes): no
 * "exists=", "_end NAME end/0" where newer ones say "_success NAME", and
 * "_end NAME failed" for "_end NAME REASON/ERRNO" and "_fail NAME REASON".
 */
const char *trace_canonical(const struct trace_line *l, char *buf, size_t size);

/* One predicted event of the load. */
struct trace_event {
	const char *text;	/* canonical */
	uint64_t at;		/* bytes that the emulator must have */
	uint32_t event;		/* in the timeline */
};

struct traces {
	struct arena arena;
	struct trace_event *events;
	size_t n, cap;
};

/*
 * What a destination that does as @t says prints, up to the first failure;
 * fields that do not exist are left out.  Never fails.
 */
void traces_predict(struct traces *ret, const struct timeline *t);
/*
 * The same as QEMU @release (1101 is 11.1; 0: not known, 10.0's words) prints it: fields
 * that do not exist, and events that are not about bytes, too.
 */
void traces_words(struct traces *ret, const struct timeline *t, int release);
void traces_release(struct traces *t);

#endif
