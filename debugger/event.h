/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * event.h - one step of a load.
 *
 * Events stand in pre-order: the children of event i are those from i + 1 up
 * to its .end whose .parent is i.  Children lie inside their parent's range
 * and do not overlap.
 */
#ifndef VMSDB_EVENT_H
#define VMSDB_EVENT_H

#include "../devices/desc.h"
#include "../devices/registry.h"

#define EVENT_NONE UINT32_MAX

#define EVENT_KINDS(X) \
	X(LOAD, "load", "the whole load") \
	X(HEADER, "header", "magic and version") \
	X(CONFIGURATION, "configuration", "machine name, capabilities") \
	X(SECTION, "section", "a device's share: header, body, footer") \
	X(STRUCT, "struct", "a descriptor is loaded into an object") \
	X(FIELD, "field", "a field of the descriptor") \
	X(ITEM, "item", "a value inside code-driven state") \
	X(GROUP, "group", "several items that belong together") \
	X(PROBE, "probe", "is the next byte a subsection of this descriptor?") \
	X(SUBSECTION, "subsection", "the header of a subsection") \
	X(MARKER, "marker", "end marker of an embedded structure") \
	X(FOOTER, "footer", "end of a section") \
	X(COMMAND, "command", "a command of the source") \
	X(RAM, "ram", "pages and block lists") \
	X(EOF, "eof", "end of the sections") \
	X(DESCRIPTION, "description", "the device description (JSON)") \
	X(GAP, "gap", "bytes that nobody could read") \
	X(TAIL, "tail", "bytes behind the end of the stream") \
	X(DEFAULTED, "defaulted", "a section that the destination has and the stream has not")

enum event_kind {
#define X(id, name, help) EV_##id,
	EVENT_KINDS(X)
#undef X
	EVENT_KINDS_COUNT
};

const char *event_kind_name(enum event_kind kind);

#define OUTCOMES(X) \
	X(LOADED, "loaded", "the bytes fill it") \
	X(ABSENT, "absent", "the destination does not read it") \
	X(GOOD, "good", "no further subsection") \
	X(SHORT, "short", "a name too short to be ours: somebody else's") \
	X(PREFIX, "prefix", "a name that is not ours: somebody else's") \
	X(LOOKUP, "lookup", "ours by its name, but there is none such") \
	X(CHILD, "child", "a subsection failed") \
	X(FAILED, "failed", "the load stops here") \
	X(TOO_NEW, "too-new", "a version above the destination's") \
	X(TOO_OLD, "too-old", "a version below the destination's minimum") \
	X(CUT_OFF, "cut-off", "the stream ends inside") \
	X(NO_DEVICE, "no-device", "the destination has no such section") \
	X(GUESS, "guess", "where this starts or ends is a guess") \
	X(UNREAD, "unread", "not read by the destination")

enum outcome {
#define X(id, name, help) OUT_##id,
	OUTCOMES(X)
#undef X
	OUTCOMES_COUNT
};

const char *outcome_name(enum outcome outcome);

struct event {
	uint64_t off, len;	/* bytes claimed: [off, off + len) */
	const struct desc *desc;	/* of the descriptor at work; NULL for framing */
	const struct desc_field *field;	/* FIELD and what lies below it */
	const char *name;	/* field, item, idstr, subsection ... */
	const char *type;	/* info's name; NULL for framing */
	const char *text;	/* why, or what the emulator prints; NULL */
	uint32_t parent, end, section;
	uint32_t n;		/* FIELD: elements; SECTION: id; COMMAND: number */
	uint32_t elem;		/* STRUCT: which element of its field */
	int32_t version;	/* STRUCT, SECTION: the version loaded */
	uint32_t instance;	/* SECTION */
	uint8_t kind, outcome;
	uint8_t depth;
	uint8_t from;		/* who told that (and how) this is read: enum desc_from */
	bool is_array;		/* FIELD: print as name[n] */
	bool guess;		/* rests on an inference */
	uint8_t section_kind;	/* SECTION: the type byte */
};

#endif
