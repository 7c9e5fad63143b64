/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load-impl.h - what load.c (framing), load-configuration.c (what comes before),
 * load-desc.c (descriptors), load-say.c (events and messages) and judge.c share.
 * What the parts of load_desc() share is in load-desc.h.
 */
#ifndef VMSDB_LOAD_IMPL_H
#define VMSDB_LOAD_IMPL_H

#include <stdarg.h>

#include "../devices/wire.h"
#include "../stream/cursor.h"
#include "../stream/stream.h"
#include "load.h"
#include "shadow.h"

/*
 * Deeper than any descriptor nests: a field and a struct for each of 64
 * levels of descriptors, and the framing around.
 */
#define MAX_OPEN 220
#define MAX_NESTING 64
#define MAX_UNDECIDED 10

struct loaded_id {
	const struct entry *entry;
	uint32_t id, version;
};

/* An info's name, and what follows from it. */
struct load_type {
	const char *name;
	unsigned fixed;		/* bytes on the wire, or 0 */
	bool plain;		/* an array of it is one event */
	bool structure, null, must_equal;
	const struct codec *codec;	/* of what else is code-driven, or NULL */
};

struct load {
	const struct load_opts *o;
	struct timeline *t;
	struct cursor c;
	uint32_t max_events;
	uint32_t open[MAX_OPEN];
	unsigned depth, nesting;
	/* the section at work */
	uint32_t section_event, section_id, instance;
	const char *idstr;
	const struct entry *entry;
	bool section_unknown;	/* an unknown was noted in it */
	bool section_guess;	/* a length or count in it is borrowed */
	bool guessing;		/* where it starts was a guess */
	unsigned packaged;
	bool footers_settled;
	struct loaded_id *ids;	/* load_section_id of each entry */
	size_t nids, ids_cap;
	/* the failure at work */
	const char *lines[MAX_LINES], *lines_new[MAX_LINES];
	unsigned nlines, nlines_new;
	const char *chain;	/* the Error of 10.2 and later */
	int chain_ret;		/* the errno that goes with it; 0: the failure's */
	bool ended;		/* the last failure: an info read beyond the end */
	/* A look for a subsection went beyond the end: the next check fails. */
	bool beyond;
	uint32_t fail_event;
	uint64_t fail_offset;
	struct shadow *shadow;	/* NULL: no image told the offsets */
	uint64_t peeked;	/* bytes before this were fed, if only to be looked at */
	const char *fail_why;
	bool fail_crash;
	bool trial;		/* a codec's variant is being tried */
	/*
	 * Conditions of the section that nobody can answer: the k-th is
	 * answered by bit k of .choice.  .decided: one choice, and only one,
	 * was found to end where the section ends.
	 */
	unsigned undecided, choice;
	struct condition {
		uint64_t fn;	/* 0: its code is not known */
		struct shadow_ref at;
		bool answer;
	} conditions[MAX_UNDECIDED];
	bool decided;
	/*
	 * Arrays of the section whose lengths nobody tells: .count is tried
	 * for the first; .counted: one length, and only one, fits.  Those with
	 * a usual length have that while .usual, and are in .nusual.
	 */
	unsigned uncounted, nusual;
	uint64_t count;
	bool counted, usual;
	unsigned variant, nvariants;	/* open_variants: tried, met */
	struct load_type types[64];	/* by address of the name */
};

/* Where to come back to when a reading does not fit. */
struct mark {
	uint32_t n, fail_event;
	uint64_t pos, fail_offset;
	unsigned depth, nesting, nlines, nlines_new;
	size_t nunknowns, nunjudged;
	bool truncated, section_unknown, fail_crash, beyond;
	const char *chain, *fail_why;
	int chain_ret;
};

struct mark load_mark(const struct load *l);
void load_rewind(struct load *l, const struct mark *m);

bool facts_get(const struct facts *f, const char *idstr, uint32_t instance,
	       const char *key, int64_t *value);
void facts_set(struct facts *f, const char *idstr, uint32_t instance,
	       const char *key, int64_t value);

uint32_t ev_open(struct load *l, enum event_kind kind, const char *name);
void ev_close(struct load *l, uint32_t i, enum outcome outcome);
uint32_t ev_leaf(struct load *l, enum event_kind kind, const char *name,
		 uint64_t len);
struct event *ev(struct load *l, uint32_t i);
uint32_t ev_current(const struct load *l);
char *ev_vprintf(struct load *l, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
char *ev_printf(struct load *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

void note_unknown(struct load *l, const char *text);
void note_unjudged(struct load *l, const char *text);

void say(struct load *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void say_new(struct load *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void say_both(struct load *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void say_or_chain(struct load *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void say_refusal(struct load *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
bool words_of_11(const struct load *l);
void print_chain(struct load *l);
void chain(struct load *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* What was printed and refused so far becomes the timeline's next failure. */
void add_failure(struct load *l, int ret);
void forget_failure(struct load *l);

/* load-configuration.c: the stream's first sections.  0 or a negative errno. */
int load_header(struct load *l);

/* Remember where the load stops; answers @ret. */
int refuse(struct load *l, uint32_t event, enum outcome outcome, int ret);

/*
 * The emulator dies of it: an assertion, or memory that is not there.  What it
 * says before that has been said; answers the result to fail with.
 */
int crash(struct load *l, uint32_t event, const char *why);

/* @type may be NULL.  Valid until the next call. */
const struct load_type *load_type(struct load *l, const char *type);

/*
 * Of a section that was just closed, keep what seen_inside() may ask for: what
 * codecs read, and what must be equal.  The rest is found by the description.
 */
void load_thin_out(struct load *l, uint32_t section);

/* Do all objects of this descriptor read alike, whatever their values? */
bool load_is_steady(struct load *l, const struct desc *d);

/*
 * The last element, of a steady descriptor, has @len bytes and the events from
 * @from on: load the next ones, of which @elem is the first and which the
 * accounts describe as they did this one, in the same way.  Answers how many
 * of the @most could be.
 */
uint64_t load_repeat(struct load *l, uint32_t from, uint64_t len,
		     uint64_t elem, uint64_t most);

struct frame;

/*
 * vmstate_load_state(): @d at @version.  @self, @seen and @src are what the
 * guide, the destination's reference stream and the source wrote for the same
 * object; each may be NULL.
 */
int load_desc(struct load *l, struct frame *up, const struct desc *d,
	      int version, const struct written *self,
	      const struct written *seen, const struct written *src);

int load_section_codec(struct load *l, const struct section_codec *codec,
		       int kind, int version);

/*
 * The assumption about field @f of @d within event @parent: about its count,
 * or about whether it exists.  NULL if there is none.
 */
const struct assumption *assume_find(const struct load_opts *o,
				     const struct timeline *t, uint32_t parent,
				     const struct desc *d,
				     const struct desc_field *f, bool count);

/*
 * judge.c: what the descriptor's post_load would say to the object that was
 * loaded by STRUCT event @event; 0 or a negative errno.
 */
int judge_post_load(struct load *l, const struct frame *fr,
		    const struct desc *d, uint32_t event);
/*
 * judge-hook.c: the same by the destination's own code, run on paper (predicate.h):
 * where it refuses whatever else the object holds, so does the destination.
 */
int judge_hook(struct load *l, const struct frame *fr, const struct desc *d,
	       uint32_t event);
/* Does a hook look at objects of this descriptor? */
bool judge_hooked(const struct load *l, const struct desc *d);

/* Is the subsection @d needed where @f, a pointer, is not null, and only there? */
bool judge_is_its_pointer(const struct load *l, const struct desc *d,
			  const struct desc_field *f);

/* Why following this field's pointer kills the destination; NULL. */
const char *judge_pointer(struct load *l, const struct frame *fr,
			  const struct desc *d, const struct desc_field *f);
/* Bytes of a field that was loaded directly below @event; NULL. */
const uint8_t *judge_bytes(struct load *l, uint32_t event, const char *field,
			   uint64_t *len);
/* What the destination itself wrote for that field in this section; NULL. */
const uint8_t *judge_seen(const struct load *l, const struct frame *fr,
			  const char *field, uint64_t *len);
/* Did source and destination write different subsections of that prefix? */
bool judge_subs_differ(const struct frame *fr, const char *prefix);

/* Did the destination write of itself that it has no such subsection? */
bool judge_lacks_own_sub(const struct frame *fr, const char *name);

/* Within that subsection, which the destination's own stream does not have? */
bool judge_sub_not_own(const struct frame *fr, const char *name);
/* The structure of the subsection of that name behind @event; EVENT_NONE. */
uint32_t judge_find_sub(const struct load *l, uint32_t event, const char *name);

#endif
