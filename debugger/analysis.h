/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * analysis.h - where source and destination part, why, and what it means.
 *
 * Takes the source's own account (its load by its own description) and the
 * destination's load of the same bytes, aligns them by byte range, and words
 * what it finds.  Nothing here reads a byte that the two timelines have not
 * claimed.
 */
#ifndef VMSDB_ANALYSIS_H
#define VMSDB_ANALYSIS_H

#include "account.h"

#define VERDICTS(X) \
	X(LOADS, "loads", 0, "every byte is read by what is known to be the destination's own description") \
	X(FAILS, "fails", 1, "the destination refuses the stream") \
	X(SILENT, "silent", 3, "it would load, though what is read is not what was written") \
	X(UNKNOWN, "unknown", 125, "the path of the load depends on something that nobody supplied")

enum verdict {
#define X(id, name, status, help) VERDICT_##id,
	VERDICTS(X)
#undef X
};

const char *verdict_name(enum verdict v);
int verdict_status(enum verdict v);

#define DIVERGENCES(X) \
	X(NOT_READ, "not-read", "the source wrote it, the destination ends before it") \
	X(TOO_MUCH, "too-much", "the destination reads on behind what the source wrote") \
	X(LAYOUT, "layout", "different fields over the same bytes") \
	X(NESTED_VERSION, "nested-version", "an embedded structure has another version") \
	X(SUBSECTION_AS_DATA, "subsection-as-data", "a subsection is read as the fields behind it") \
	X(SUBSECTION_UNREAD, "subsection-unread", "nobody takes a subsection for its own") \
	X(SUBSECTION_UNKNOWN, "subsection-unknown", "a descriptor claims a subsection that it does not have") \
	X(DATA_AS_SUBSECTION, "data-as-subsection", "a byte 0x05 is taken for a subsection") \
	X(NO_DEVICE, "no-device", "the destination has no such section or instance") \
	X(VERSION, "version", "a version that the destination does not accept") \
	X(VALUE, "value", "a value that the destination refuses") \
	X(RAM, "ram", "a RAM block that does not fit") \
	X(FOOTER, "footer", "bytes that should be a section's footer") \
	X(FRAMING, "framing", "bytes where a section should start") \
	X(COMMAND, "command", "a command that the destination does not know") \
	X(MACHINE, "machine", "another machine type or configuration") \
	X(NO_STREAM, "no-stream", "the file does not start as a migration stream does") \
	X(MOVED, "moved", "fields of equal size have changed places") \
	X(CUT_OFF, "cut-off", "the stream ends too early") \
	X(EARLY_END, "early-end", "a zero byte is taken for the end") \
	X(DAMAGED, "damaged", "the bytes are not what the source's own description says") \
	X(UNREAD_SECTION, "unread-section", "a section that the destination never reads") \
	X(WRONG_OBJECT, "wrong-object", "loaded over a structure of another type") \
	X(RENAMED, "renamed", "same bytes, another name") \
	X(RETYPED, "retyped", "same bytes, another type") \
	X(REGROUPED, "regrouped", "same range, cut up in another way") \
	X(DEFAULTED, "defaulted", "the destination keeps a reset value")

enum divergence_kind {
#define X(id, name, help) DIVERGE_##id,
	DIVERGENCES(X)
#undef X
};

const char *divergence_name(enum divergence_kind k);

/* A C structure of a side's executable, and the descriptor that describes it. */
struct side_struct {
	const char *structure;	/* "ESPState", perhaps with how many others fit */
	const char *desc;	/* the descriptor's name */
	const char *described;	/* file and line of its variable; NULL not known */
};

struct side {
	bool there;
	uint64_t offset, size;
	const char *field, *type;	/* not .there: what may stand for it, or NULL */
	int version;		/* of the descriptor that it belongs to; -1 */
	uint32_t event;		/* in this side's timeline */
	/* In C, and where that stands (members.h); or NULL. */
	const char *member, *declared;
	const char *no_member;	/* why it is not known, if somebody asked; or NULL */
	/*
	 * The structure of the descriptor at work; with .ends those, innermost
	 * first, that end here, while the other side reads on in one of them.
	 */
	struct side_struct structs[3];
	uint8_t nstructs;
	bool ends;
	/* NULL, or where the timeline does not tell: the registered descriptor */
	const struct desc *desc;
};

struct place {
	bool there;
	uint64_t offset;	/* of the byte meant */
	const char *idstr;
	uint32_t instance, section_id;
	int64_t version_id;
	uint64_t section_offset;
	const char *path;
};

struct divergence {
	enum divergence_kind kind;
	bool note;		/* without consequence */
	struct place place;
	struct side source, destination;
	const char *text;
};

struct analysis {
	struct arena arena;
	enum verdict verdict;
	struct place diverges, fails;
	/* the first failure's lines; NULL when there is none */
	const struct failure *failure;
	const char *cause_kind, *cause;
	const char *evidence[16];
	size_t nevidence;
	const char *remedy;
	struct divergence *divergences;	/* in the order of the stream */
	size_t ndivergences, divergences_cap;
	size_t first;		/* the one that counts; SIZE_MAX none */
};

/* @source may lack a description.  Never NULL; analysis_close() frees. */
struct analysis *analyse(const struct account *source,
			 const struct destination *dest,
			 const struct timeline *load);
void analysis_close(struct analysis *a);

#endif
