/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recording.h - a session in one SQLite file, and back.
 *
 * recording_save() writes what a load was made of and what came out of it;
 * recording_open() gives it back without stream, dump or binary.  The file's
 * application_id is 0x564d5344 ("VMSD"), its user_version the schema's: a
 * newer one is refused, older ones are read.  Schema 2 (1 has no members):
 *
 *   meta(key, value)      "complete" (1 once all is written), "created",
 *                         "program", "user", "host", "scrubbed", "with_ram",
 *                         "source_len", "origin", "rules", "page_bits", ...
 *   files(idx, role, path, containers, len, sha256)
 *                         role: source, reference, account (dump, image);
 *                         sha256 of the source: of the device state alone
 *   strings(id, s)        names and texts; other tables refer to them by id
 *   names(what, id, name) what the numbers of kinds and outcomes mean here:
 *                         event, outcome, divergence, verdict, from
 *   descs, fields, subs, elems   descriptors with the origin of each
 *                         attribute; what a descriptor holds has smaller ids
 *   entries               the destination's registry
 *   bytes(off, data)      the source's stream but RAM pages (and, scrubbed,
 *                         but guest data); what is not there reads as zeros
 *   ram_blocks, ram_runs, ram_sections   the RAM index, see ram.h
 *   events(id, ...)       id: 2^32 * side + number; side 0 is the load by the
 *                         destination, 1 the source's account of itself
 *                         (meta "blind": as others' descriptors read it)
 *   sides(side, ...)      what is known of each timeline as a whole
 *   failures, lines, notes, warnings     of each side
 *   members               what fields are in C: by side, descriptor, field
 *   divergences, evidence, analysis      what the analysis says
 *   marks(idx, ...)       breakpoints, notes and the like of a session
 *
 * Everything is written in transactions of some thousand rows, in this order,
 * so that whatever stops the writer leaves a file that opens: it ends with its
 * last whole event and recording_note() says so.  (A file and its "-journal"
 * belong together until the file has been opened once.)
 *
 * A file may come from anybody: every number is checked before it is used,
 * and neither triggers nor views nor virtual tables are ever run.
 */
#ifndef VMSDB_RECORDING_H
#define VMSDB_RECORDING_H

#include "members.h"

#define RECORDING_VERSION 2

/* Breakpoints, notes, displays ... of a session: what a person added. */
struct recording_mark {
	const char *kind;	/* "breakpoint", "note", ... */
	uint32_t number, event;	/* event: EVENT_NONE where there is none */
	uint64_t offset;
	const char *path, *text;
};

struct recording_opts {
	enum rules rules;
	bool with_ram;		/* keep the pages, too */
	bool scrub;		/* drop guest data; overrides with_ram */
	/* What fields are in C: the destination's, the source's; or NULL. */
	struct members *members[2];
	const struct recording_mark *marks;
	size_t nmarks;
	const struct source_opts *progress;
};

/*
 * Write a new file, replacing one that is there if that is a recording (any
 * other file is refused).  @a may be NULL.  -1 with @err when writing stops:
 * what was written until then stays and can be opened.
 */
int recording_save(const char *path, const struct account *source,
		   const struct destination *dest, const struct timeline *t,
		   const struct analysis *a, const struct recording_opts *opts,
		   struct err *err);

struct recording;

/* Does the file begin as a recording does? */
bool recording_is(const char *path);

int recording_open(struct recording **ret, const char *path, struct err *err);
void recording_close(struct recording *r);

/* All of these live as long as the recording; none is ever NULL. */
const struct timeline *recording_timeline(const struct recording *r);
const struct analysis *recording_analysis(const struct recording *r);
/*
 * The source with its own account (.self, or NULL), bytes and RAM index, and
 * the destination with its entries: enough to show.  They were not opened as
 * account.h does: never close them, nor load them again.
 */
const struct account *recording_source(const struct recording *r);
const struct destination *recording_destination(const struct recording *r);
const struct recording_mark *recording_marks(const struct recording *r,
					     size_t *n);

/* What C members of that side were recorded; never NULL. */
struct members *recording_members(const struct recording *r, bool source);

enum rules recording_rules(const struct recording *r);
bool recording_complete(const struct recording *r);
bool recording_scrubbed(const struct recording *r);
/* Why it is not complete, or NULL. */
const char *recording_note(const struct recording *r);
/* A value of meta ("created", "program", "host", ...), or NULL. */
const char *recording_meta(const struct recording *r, const char *key);

#endif
