/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source-impl.h - what the files behind source.h share; nobody else's.
 *
 * Opening walks through layers.  A layer is a whole file, mapped, of which the
 * bytes from .off on are still to be looked at.  A container's peel function
 * either moves .off forward (libvirt) or puts a new layer in the place of the
 * old one (inflate, qcow2); it adds its name to src->containers.
 */
#ifndef VMSDB_SOURCE_IMPL_H
#define VMSDB_SOURCE_IMPL_H

#include "arena.h"
#include "cursor.h"
#include "source.h"

struct layer {
	const uint8_t *file;	/* never NULL */
	uint64_t file_len;
	uint64_t off;		/* <= file_len */
	int fd;			/* behind the mapping, or -1 */
	bool mapped;		/* file .. file_len is ours to unmap */
};

struct source_private {
	struct arena arena;
	struct layer at;
	struct source_opts opts;
	uint64_t forgotten;
	bool text;		/* compression only, bounded by text_max */
	uint64_t text_max;
	bool snapshot_used;	/* opts.snapshot met a qcow2 image */
};

static inline const uint8_t *layer_data(const struct layer *at)
{
	return at->file + at->off;
}

static inline uint64_t layer_left(const struct layer *at)
{
	return at->file_len - at->off;
}

static inline struct cursor layer_cursor(const struct layer *at)
{
	return cursor_over(layer_data(at), layer_left(at));
}

void layer_init(struct layer *at);
void layer_release(struct layer *at);
/* Release @at and put @with in its place, which is empty afterwards. */
void layer_replace(struct layer *at, struct layer *with);

/* source.c: one more container, innermost last; one more note. */
void source_add_container(struct source *src, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void source_add_note(struct source *src, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Call opts->progress; -1 with @err set when it says stop. */
int source_progress(const struct source_opts *opts, const char *what,
		    uint64_t done, uint64_t total, struct err *err);

/* source-fd.c: map or spool what @path names into @ret. */
int source_fd_open(struct layer *ret, const char *path,
		   const struct source_opts *opts, uint64_t spool_max,
		   struct err *err);

/* source-qcow2.c, source-libvirt.c */
bool qcow2_match(const struct layer *at);
int qcow2_peel(struct source *src, struct err *err);
bool libvirt_match(const struct layer *at);
int libvirt_peel(struct source *src, struct err *err);

#endif
