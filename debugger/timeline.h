/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline.h - all events of one load, frozen.
 */
#ifndef VMSDB_TIMELINE_H
#define VMSDB_TIMELINE_H

#include "../stream/source.h"
#include "event.h"

#define MAX_LINES 12

/* A section (or the framing between two) that the destination refuses. */
struct failure {
	uint32_t event;		/* where it was found */
	uint32_t section;	/* EVENT_NONE outside of sections */
	uint64_t offset;	/* first byte that the loader has not read */
	const char *lines[MAX_LINES];	/* QEMU <= 10.0 */
	unsigned nlines;
	const char *lines_10_2[MAX_LINES];
	unsigned nlines_10_2;
	int ret;		/* negative errno */
	bool guess;		/* rests on something unknown */
	bool crash;		/* the emulator would be killed (assertion, memory) */
	const char *why;	/* one sentence, or NULL */
};

struct note {
	uint32_t event;
	uint64_t offset;
	const char *section, *path, *text;
};

struct timeline {
	struct arena arena;
	const struct source *src;
	struct event *events;
	uint32_t n;
	size_t cap;
	struct failure *failures;	/* in the order of the stream */
	size_t nfailures, failures_cap;
	struct note *unknowns;	/* the path depends on something nobody told */
	size_t nunknowns, unknowns_cap;
	struct note *unjudged;	/* checks that cannot be judged */
	size_t nunjudged, unjudged_cap;
	const char *warnings[16];	/* printed by the emulator, without effect */
	size_t nwarnings;
	bool truncated;		/* too many events: the rest was left out */
	bool reached_eof;	/* an end mark was read */
	bool early_eof;		/* ... though more follows that is no description */
	uint64_t eof_offset;
	bool footers, configuration;
	const char *machine;	/* as received; NULL */
	/*
	 * Loads of a stream by its own description: offset of the first
	 * occurrence of each written_field (by .id); UINT64_MAX not found.
	 */
	uint64_t *written_off;
	uint32_t nwritten;
};

/* The path "section › field › struct[1] › field" of an event, in @buf. */
char *timeline_path(const struct timeline *t, uint32_t event, char *buf,
		    size_t size);

/* The same without the section. */
char *timeline_field_path(const struct timeline *t, uint32_t event, char *buf,
			  size_t size);

/* The SECTION event around @event, or EVENT_NONE. */
uint32_t timeline_section(const struct timeline *t, uint32_t event);

/*
 * The leaf event that claims the byte at @off (the innermost one with
 * off <= @off < off + len); EVENT_NONE if there is none.
 */
uint32_t timeline_at(const struct timeline *t, uint64_t off);

/* Check the invariants of event.h; returns NULL or what is wrong. */
const char *timeline_check(const struct timeline *t);

void timeline_close(struct timeline *t);

#endif
