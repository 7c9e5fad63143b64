/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session.h - one debugging session: a stream, its destination, the load of
 * one by the other, and where in it we stand.
 *
 * Everything that a screen or a command shows is read from here; whatever
 * changes it is a command line (command.h), so that a key, a script and a
 * person have the same powers.
 */
#ifndef VMSDB_SESSION_H
#define VMSDB_SESSION_H

#include "members.h"
#include "breakpoint.h"
#include "settings.h"

struct interp;
struct real;
struct recording;
struct session_compare;
struct sides;

struct display {
	unsigned number;
	bool enabled;
	const char *path, *format;
};

/* What somebody wrote down at an event ("note TEXT"). */
struct remark {
	unsigned number;
	uint32_t event;
	uint64_t offset;
	const char *path, *text;
};

/* Why we stand where we stand. */
#define STOPS(X) \
	X(NONE, "none", "nothing has moved yet") \
	X(MOVED, "moved", "the step is done") \
	X(BREAKPOINT, "breakpoint", "a breakpoint was met") \
	X(WATCH, "watch", "a watched value differs") \
	X(DIVERGENCE, "divergence", "the two sides part here") \
	X(FAILURE, "failure", "the destination refuses the stream here") \
	X(START, "start", "the beginning of the load") \
	X(END, "end", "the end of the load") \
	X(EDGE, "edge", "a real destination has come no further") \
	X(PARTED, "parted", "a real destination does not do as predicted") \
	X(REAL, "real", "a real destination did what nobody predicted") \
	X(VERDICT, "verdict", "a real destination has ended")

enum stop_reason {
#define X(id, name, help) STOP_##id,
	STOPS(X)
#undef X
};

const char *stop_name(enum stop_reason r);

struct session {
	struct arena arena;	/* lives as long as the session */
	/* What was given. */
	const char *path;
	const char *to[16];
	size_t nto;
	struct source_opts opts;
	struct desc_image_opts images;

	/*
	 * The load.  session_reload() replaces t, a and sides.  Of a recording
	 * (recording not NULL) all are its own, and cannot be loaded again.
	 */
	struct recording *recording;
	struct account *source;
	struct destination *dest;
	enum rules rules;
	struct assumption *assumptions;	/* "set assume"; see load.h */
	size_t nassumptions, assumptions_cap;
	struct timeline *t;	/* what the destination reads; never NULL */
	struct analysis *a;
	struct sides *sides;
	unsigned generation;	/* counts reloads: what a view cached is stale */

	struct session_compare *compare;	/* "compare FILE"; NULL */
	struct real *real;	/* a running destination (live/real.h); NULL */

	/* The executables' C members: read when somebody asks first. */
	struct desc_image *from;	/* the source's executable; NULL */
	struct members *members[2];	/* the destination's, the source's; NULL */
	bool asked_members[2];

	/* Where we are. */
	uint32_t at;		/* always below t->n */
	enum stop_reason stop;
	unsigned stop_number;	/* of the breakpoint; index of the divergence ... */
	uint32_t *visited;	/* where jumps started, for "back" */
	size_t nvisited, visited_cap;

	struct breakpoints breakpoints;
	struct display *displays;
	size_t ndisplays, displays_cap;
	struct remark *remarks;
	size_t nremarks, remarks_cap;
	unsigned next_display, next_remark;
	struct settings settings;
	struct interp *interp;	/* command.c's own */

	/* The program was told to end ("quit STATUS"). */
	bool quit;
	int quit_status;
	bool has_quit_status;	/* otherwise the verdict's */
};

/* ---- "compare FILE": the source beside another snapshot ---- */

struct difference;	/* compare.h */
struct compare_opts;

/* Read the other and compare; what was compared before is forgotten. */
int session_compare(struct session *s, const char *path,
		    const struct compare_opts *opts, struct err *err);

/* The other's path; NULL: nothing is compared. */
const char *session_compared(const struct session *s);
/* What differs and is not ignored, in the order of the source. */
size_t session_nchanges(const struct session *s);
size_t session_nchanged_pages(const struct session *s);	/* of RAM */
const struct difference *session_change(const struct session *s, size_t i);
/* The event of its bytes; EVENT_NONE where only the other has some. */
uint32_t session_change_event(const struct session *s, size_t i);
/* Has the other something else in the place of this byte of the source? */
bool session_byte_changed(const struct session *s, uint64_t off);

/* ---- opening ---- */

/* How to open; all may be NULL.  Strings of .images stay the caller's. */
struct session_opts {
	const struct source_opts *source;
	const struct desc_image_opts *images;	/* modules, debug information */
	const char *from;	/* the source's executable */
	int release;		/* as in struct destination_opts, both */
	const char *asked;
	bool any_transport;	/* of the destination, see account.h */
};

/*
 * Open a stream and load it into the destination that the files @to tell of
 * (none: the source itself); or a recording of that, with the breakpoints,
 * displays and notes of its session.  @opts may be NULL.
 */
int session_open(struct session **ret, const char *path, const char *const *to,
		 size_t nto, enum rules rules, const struct source_opts *opts,
		 struct err *err);
int session_open_with(struct session **ret, const char *path,
		      const char *const *to, size_t nto, enum rules rules,
		      const struct session_opts *opts, struct err *err);
struct capture;
struct capture_opts;

/*
 * The same with the state of a running emulator (live/capture.h), which stays
 * as it was found.  @c is what the capture came to.
 */
int session_open_captured(struct session **ret, const struct capture_opts *how,
			  const char *const *to, size_t nto, enum rules rules,
			  const struct session_opts *opts, struct capture *c,
			  struct err *err);
/*
 * Take that for the session's source from now on: the destination, breakpoints
 * and displays stay; where we are is the beginning.
 */
int session_attach(struct session *s, const struct capture_opts *how,
		   struct capture *c, struct err *err);
/* The same around finished parts, which the session then owns. */
struct session *session_take(struct account *source, struct destination *dest,
			     enum rules rules);
void session_close(struct session *s);

/*
 * The C members of a side, or NULL where nobody tells.  The first question may
 * take a second: the debug information is read then.
 */
struct members *session_members(struct session *s, bool source);
const struct c_member *session_member(struct session *s, bool source,
				      const struct desc *d,
				      const struct desc_field *f);
/* The same of the field around an event of that side. */
const struct c_member *session_event_member(struct session *s, bool source,
					    uint32_t event);
/* The members of all divergences, in s->a. */
void session_fill_members(struct session *s);

/*
 * Load again, after rules or assumptions have changed, and stand at the same
 * place as before.  A load is some milliseconds.  Not for recordings.
 */
void session_reload(struct session *s);

/* Save the session as a recording. */
int session_record(struct session *s, const char *path, bool with_ram,
		   bool scrub, struct err *err);

/* Stand at @event; remembers where we were if @jump. */
void session_goto(struct session *s, uint32_t event, bool jump);

/* ---- the two sides ---- */

/* What the source did: its load by its own description; NULL if none. */
const struct timeline *session_source(const struct session *s);
/*
 * The other side's event with the same path (same field of the same section),
 * or EVENT_NONE.
 */
uint32_t session_source_event(const struct session *s, uint32_t dest_event);
uint32_t session_dest_event(const struct session *s, uint32_t source_event);
/*
 * The source's event that wrote what @dest_event reads: the same path if it
 * covers the same bytes, else the leaf that wrote the first of its bytes.
 */
uint32_t session_written_by(const struct session *s, uint32_t dest_event);

/*
 * Where the destination lost step with the source, if @dest_event is read at
 * another offset than the one where the source wrote it: the first field of
 * its section that the source has not written there.  EVENT_NONE otherwise.
 */
uint32_t session_lost_step(const struct session *s, uint32_t dest_event);

/* The destination's event of divergence @i of s->a->divergences. */
uint32_t session_divergence_event(const struct session *s, size_t i);
/*
 * The next divergence's index behind (@dir > 0) or before (< 0) the event
 * @at; SIZE_MAX if there is none.  Notes without consequence only if @notes.
 */
size_t session_next_divergence(const struct session *s, uint32_t at, int dir,
			       bool notes);
/* The divergence at this event, or SIZE_MAX. */
size_t session_divergence_at(const struct session *s, uint32_t event);

/* The event at which a failure was found; below t->n. */
uint32_t session_failure_event(const struct session *s, size_t i);
/* Is @event behind the first failure, where the emulator never comes? */
bool session_is_behind_failure(const struct session *s, uint32_t event);

/*
 * The path as locations are written: "idstr/field.sub[2].x"; "" for framing
 * outside of sections.  @buf is returned.
 */
char *session_path(const struct timeline *t, uint32_t event, char *buf,
		   size_t size);

/* The bytes of an event of @t, NULL when there are none. */
const uint8_t *session_bytes(const struct timeline *t, uint32_t event);
/* Its value for people, in @buf; "" if it has none. */
char *session_value(const struct timeline *t, uint32_t event, char *buf,
		    size_t size);

#endif
