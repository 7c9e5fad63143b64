/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source.h - a plain stream out of whatever people keep it in.
 *
 * source_open() looks at the content (never at the name) and peels containers
 * off until a plain migration stream is left: gzip, bzip2, xz, lzop, zstd,
 * lz4; a libvirt save image; a qcow2 internal snapshot; a file that starts
 * with foreign bytes (--offset); a pipe.  The result is one contiguous range
 * of bytes, src->data[0 .. src->len), mapped from the file where that is
 * possible and otherwise spooled to an unlinked temporary file and mapped
 * from there; it is never held in anonymous memory, so a stream of any size
 * costs address space only.
 *
 * The bytes are mapped, not read: when somebody truncates the file meanwhile,
 * touching what is gone ends the program with SIGBUS.  Work on a copy of a
 * file that is still being written.
 *
 * Damage is not an error where something was left to show: compressed data
 * that is cut off, a qcow2 table that points nowhere.  The plain stream then
 * ends there, and src->note says why.
 *
 * Offsets everywhere in vmsdb count in this plain range.  Formats that write
 * absolute file offsets (mapped-ram) count from the beginning of the file
 * that holds data[0]: src->origin is data[0]'s offset there.
 */
#ifndef VMSDB_SOURCE_H
#define VMSDB_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct source_opts {
	const char *snapshot;	/* qcow2: name or id of the snapshot, or NULL */
	uint64_t offset;	/* `migrate file:PATH,offset=N`: start here */
	uint64_t spool_max;	/* bound of a temporary file; 0: 64 GiB */
	/*
	 * Called now and then during long work with what is being done and
	 * how far; returning non-zero stops it (ERR_IO, "interrupted").
	 */
	int (*progress)(void *ctx, const char *what, uint64_t done,
			uint64_t total);
	void *ctx;
};

/* One internal snapshot of a qcow2 image that carries VM state. */
struct source_snapshot {
	const char *id, *name;	/* escaped for printing; owned by the source */
	uint64_t vm_state_size;
	uint64_t date_sec;
};

struct source {
	const char *path;	/* as given; "-" is standard input */
	const uint8_t *data;
	uint64_t len;
	uint64_t origin;	/* file offset of data[0]; 0 where spooled */
	const uint8_t *file;	/* the whole file that holds data[0] ... */
	uint64_t file_len;	/* ... (mapped-ram's offsets index this) */
	const char *containers;	/* outermost first: "zstd, libvirt 2", "" */
	const char *note;	/* why the stream is shorter than it was, or NULL */
	const char *xml;	/* libvirt: domain XML, NUL-terminated, or NULL */
	const char *cookie;	/* libvirt: cookie XML, NUL-terminated, or NULL */
	bool incomplete;	/* libvirt magic "LibvirtQemudPart" */
	const struct source_snapshot *snapshots;
	size_t nsnapshots;
	struct source_private *priv;
};

/*
 * Open @path ("-": standard input).  @opts may be NULL.  On success *@ret is
 * a source to be closed with source_close().  A qcow2 image with several
 * snapshots and no opts->snapshot is ERR_USAGE with their names in the
 * message.
 */
int source_open(struct source **ret, const char *path,
		const struct source_opts *opts, struct err *err);

/* The same around bytes in memory (tests, packaged sub-streams, fuzzers). */
int source_open_memory(struct source **ret, const char *name,
		       const void *data, size_t len,
		       const struct source_opts *opts, struct err *err);

/*
 * Like source_open(), but for text (dumps, JSON): containers of compression
 * only, and nothing about the content is checked.  More than @max bytes is
 * ERR_LIMIT.
 */
int source_open_text(struct source **ret, const char *path, uint64_t max,
		     struct err *err);

void source_close(struct source *src);

/*
 * Tell that bytes before @upto will not be read again soon; keeps the
 * resident size of a sequential walk small.  Reading them again stays legal.
 */
void source_forget(struct source *src, uint64_t upto);

#endif
