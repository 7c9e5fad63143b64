/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debug-file.h - the file that holds the debug information of another.
 *
 * It is the file itself, or found by its build-id or .gnu_debuglink below
 * --debug-dir, next to the file and below /usr/lib/debug, or fetched from a
 * server (debuginfod.h), if that was allowed.  What dwz has moved
 * into a common file (.gnu_debugaltlink; Debian's packages all have one) is
 * opened with it.  Sections are handed out decompressed.
 *
 * Files of split debug information (.dwo, .dwp) are opened by their names; of
 * sections that such a file has several of one name (type units are sections
 * of their own there) one is made.
 */
#ifndef VMSDB_DEBUG_FILE_H
#define VMSDB_DEBUG_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "../stream/err.h"

#define DEBUG_MAX_SECTIONS (1u << 20)

struct debug_section {
	const char *name;	/* ".debug_info", ".debug_info.dwo"; .zdebug's, too */
	const uint8_t *data;
	uint64_t addr, size;
	uint8_t *own;		/* decompressed or joined, or NULL */
};

struct debug_file {
	const char *path;
	struct debug_section *sections;
	unsigned nsections;
	uint8_t build_id[64];
	unsigned build_id_len;
	uint8_t ptr_size;
	bool big_endian;
	struct debug_file *alt;	/* or NULL: there is none */
	struct debug_file_private *priv;
};

/* ERR_USAGE where there is no debug information for @path anywhere. */
int debug_file_open(struct debug_file **ret, const char *path,
		    const char *debug_dir, struct err *err);
void debug_file_close(struct debug_file *f);

/* A .dwo file or a package of them: as it is, nothing is looked for. */
int debug_file_open_split(struct debug_file **ret, const char *path,
			  struct err *err);

/* The section, or NULL. */
const struct debug_section *debug_file_section(const struct debug_file *f,
					       const char *name);

#endif
