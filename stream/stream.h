/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stream.h - the framing of a migration stream: header, section headers,
 * footers, commands, the device description at the end.
 *
 * A section has a header and perhaps a footer but no length: only whoever
 * interprets the body knows where it ends.  So these functions read one piece
 * each at a cursor and leave it behind the piece, or where it was when the
 * piece is cut off.  Nothing here knows one device.
 */
#ifndef VMSDB_STREAM_H
#define VMSDB_STREAM_H

#include <stdbool.h>

#include "arena.h"
#include "cursor.h"
#include "err.h"

#define STREAM_MAGIC 0x5145564du	/* "QEVM" */
#define STREAM_VERSION 3u
#define STREAM_VERSION_COMPAT 2u

/* QEMU_VM_*: migration/savevm.h */
enum section_kind {
	SECTION_EOF = 0x00,
	SECTION_START = 0x01,
	SECTION_PART = 0x02,
	SECTION_END = 0x03,
	SECTION_FULL = 0x04,
	SECTION_SUBSECTION = 0x05,
	SECTION_VMDESCRIPTION = 0x06,
	SECTION_CONFIGURATION = 0x07,
	SECTION_COMMAND = 0x08,
	SECTION_FOOTER = 0x7e,
};

/* MIG_CMD_*: migration/savevm.c */
enum command_kind {
	COMMAND_INVALID,
	COMMAND_OPEN_RETURN_PATH,
	COMMAND_PING,
	COMMAND_POSTCOPY_ADVISE,
	COMMAND_POSTCOPY_LISTEN,
	COMMAND_POSTCOPY_RUN,
	COMMAND_POSTCOPY_RAM_DISCARD,
	COMMAND_PACKAGED,
	COMMAND_ENABLE_COLO,		/* since 3.0 */
	COMMAND_POSTCOPY_RESUME,	/* since 3.0 */
	COMMAND_RECV_BITMAP,		/* since 3.0 */
	COMMAND_SWITCHOVER_START,	/* since 10.0 */
	COMMAND_MAX,
};

/* "OPEN_RETURN_PATH", ...; NULL for an unknown number. */
const char *command_name(unsigned cmd);
/* The length that cmd must have, -1 when it varies. */
int command_length(unsigned cmd);

struct section {
	enum section_kind kind;
	uint64_t off;		/* of the type byte */
	uint64_t body;		/* of the first byte behind the header */
	uint32_t id;
	const char *name;	/* interned idstr, raw bytes up to a NUL; "" in PART and END */
	uint32_t instance, version;
};

struct command {
	uint64_t off;
	uint16_t cmd, len;
	uint64_t data;		/* offset of its data */
};

/*
 * Read the section header behind the type byte at @c (@c stands on the byte
 * after it).  Returns 0, or -1 with @err (ERR_SHORT) and @c where it was.
 */
int section_read(struct cursor *c, enum section_kind kind, struct arena *names,
		 struct section *ret, struct err *err);

int command_read(struct cursor *c, struct command *ret, struct err *err);

/*
 * Does something that only a stream has between sections start at @off: a
 * section header with a plausible idstr, a footer-less end, a command, a
 * description?  The only heuristic of this file; used to resynchronise and to
 * find out whether footers and a configuration are there.
 */
bool stream_boundary_at(const uint8_t *data, uint64_t len, uint64_t off);

/*
 * The next offset in [from, to) at which reading can go on, with a reason for
 * people in @why (at least 160 bytes); UINT64_MAX when there is none.  A
 * footer "7e ID" of section @id followed by a boundary counts most.
 */
uint64_t stream_resync(const uint8_t *data, uint64_t len, uint64_t from,
		       uint64_t to, uint32_t id, char *why);

/*
 * Where the device description is: offset of its type byte (0x06) and the
 * JSON's range.  Looks at the end first, then forward from @from.  Returns
 * false when there is none.
 */
struct description_range {
	uint64_t off, json, json_len;
};
bool stream_find_description(const uint8_t *data, uint64_t len, uint64_t from,
			     struct description_range *ret);
/* Is that the last thing in it, as in a stream that came whole? */
bool stream_ends_described(const uint8_t *data, uint64_t len);

#endif
