/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * analysis-impl.h - what analysis.c (finding) and diagnose.c (wording) share.
 */
#ifndef VMSDB_ANALYSIS_IMPL_H
#define VMSDB_ANALYSIS_IMPL_H

#include "analysis.h"

struct work {
	struct analysis *a;
	const struct account *source;
	const struct destination *dest;
	const struct timeline *s;	/* the source's account; NULL */
	const struct timeline *d;	/* the destination's load */
};

/* Leaves still to come on one side of a section. */
struct span {
	uint32_t at, end;
};

const char *words(struct work *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

struct place place_of(struct work *w, const struct timeline *t,
		      uint32_t event, uint64_t offset);
struct side side_of(const struct timeline *t, uint32_t event);

struct divergence *add_divergence(struct work *w, enum divergence_kind kind,
				  bool note, uint64_t offset, uint32_t s_event,
				  uint32_t d_event);

bool is_leaf(const struct timeline *t, uint32_t i);
uint32_t next_leaf(const struct timeline *t, uint32_t i, uint32_t end);

/* The STRUCT event around @i, or EVENT_NONE. */
uint32_t enclosing_struct(const struct timeline *t, uint32_t i);

/* Word the place where the two sides' leaves of a section part. */
void explain_split(struct work *w, const struct span *s, const struct span *d,
		   uint64_t off, uint32_t s_section, uint32_t d_section);
/* Word a refusal over bytes on which both sides agree. */
/* The walk of this RAM section, if its bytes are at fault; NULL. */
const struct ram_section *broken_ram(const struct work *w,
				     const struct event *e);

void explain_failure(struct work *w, const struct failure *f);
/*
 * A reference stream shows what was written: a field whose condition was false
 * then may well be read of this source.  Where fields seem to have changed
 * places and nobody but such a stream tells, one of those may be the reason.
 */
bool analysis_may_hide_fields(const struct work *w);
/*
 * Does the first failure rest on which of several descriptors of one name a
 * section has, of which nobody has told that it is there at all?
 */
bool analysis_is_choice(const struct work *w);
/* The cause in plain words, its evidence, and what people do about it. */
void diagnose(struct work *w);

#endif
