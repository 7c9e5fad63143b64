/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "escape.h"
#include "inflate.h"
#include "spool.h"
#include "sysio.h"

/* More containers than anybody uses; each may cost a temporary file. */
#define MAX_DEPTH 8
/* `migrate file:` aligns nothing itself, but its users do. */
#define START_ALIGN 4096
/* How much that is no hole is searched for the beginning of the stream. */
#define SEARCH_MAX (UINT64_C(4) << 30)
#define FORGET_EVERY (UINT64_C(1) << 20)

struct probe {
	bool (*match)(const struct layer *at);
	int (*peel)(struct source *src, struct err *err);
	bool text;		/* looked for around text, too */
};

static const struct probe probes[] = {
	{ .match = inflate_match, .peel = inflate_peel, .text = true },
	{ .match = libvirt_match, .peel = libvirt_peel },
	{ .match = qcow2_match, .peel = qcow2_peel },
};

static const struct probe *probe_find(const struct source *src,
				      const struct layer *at)
{
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		const struct probe *p = &probes[i];

		if ((p->text || !src->priv->text) && p->match(at))
			return p;
	}
	return NULL;
}

static bool is_stream(const struct layer *at)
{
	return layer_left(at) >= 8 &&
	       be_load(layer_data(at), 4) == 0x5145564d &&
	       be_load(layer_data(at) + 4, 4) <= 3;
}

int source_progress(const struct source_opts *opts, const char *what,
		    uint64_t done, uint64_t total, struct err *err)
{
	if (!opts || !opts->progress ||
	    !opts->progress(opts->ctx, what, done, total))
		return 0;
	return err_set(err, ERR_IO, ERR_NO_OFFSET, "interrupted");
}

static const char *append(struct source *src, const char *old, const char *sep,
			  const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	if (!old || !*old)
		return arena_strdup(&src->priv->arena, text);
	return arena_printf(&src->priv->arena, "%s%s%s", old, sep, text);
}

void source_add_container(struct source *src, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	src->containers = append(src, src->containers, ", ", fmt, ap);
	va_end(ap);
}

void source_add_note(struct source *src, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	src->note = append(src, src->note, "; ", fmt, ap);
	va_end(ap);
}

/*
 * opts->offset counts in the file as the emulator wrote it.  When that file
 * was compressed later, it counts in the decompressed one: so compression
 * comes off first, unless something known lies at the offset already.
 */
static bool offset_applies(const struct source *src, uint64_t offset)
{
	struct layer there = src->priv->at;

	if (!inflate_match(&there))
		return true;
	if (offset > there.file_len)
		return false;
	there.off = offset;
	return is_stream(&there) || probe_find(src, &there);
}

static int apply_offset(struct source *src, uint64_t *offset, struct err *err)
{
	struct layer *at = &src->priv->at;

	if (!*offset || !offset_applies(src, *offset))
		return 0;
	if (*offset > at->file_len)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "offset 0x%" PRIx64 " lies behind the end of the file, 0x%"
			       PRIx64, *offset, at->file_len);
	at->off = *offset;
	*offset = 0;
	source_add_container(src, "file offset 0x%" PRIx64, at->off);
	return 0;
}

static bool starts_with_zeros(const struct layer *at)
{
	uint64_t n = layer_left(at);
	const uint8_t *p = layer_data(at);

	if (n > START_ALIGN)
		n = START_ALIGN;
	return n > 4 && !p[0] && !memcmp(p, p + 1, (size_t)n - 1);
}

/* The first offset from @off on that is no hole; file_len when there is none. */
static uint64_t skip_hole(const struct layer *at, uint64_t off)
{
	off_t data;

	if (at->fd < 0 || off > INT64_MAX)
		return off;
	data = lseek(at->fd, (off_t)off, SEEK_DATA);
	if (data < 0)
		return off;
	if ((uint64_t)data <= off)
		return off;
	return (uint64_t)data / START_ALIGN * START_ALIGN;
}

/*
 * Without opts->offset: a file that begins with zeros may be one in which
 * `migrate file:PATH,offset=N` left a gap, which nobody told us.
 */
static int find_start(struct source *src, struct err *err)
{
	struct layer *at = &src->priv->at, there = *at;
	uint64_t searched = 0;

	if (src->priv->text || src->priv->opts.offset || at->off ||
	    !starts_with_zeros(at))
		return 0;
	while (searched < SEARCH_MAX) {
		if (there.file_len - there.off <= START_ALIGN)
			return 0;
		there.off = skip_hole(at, there.off + START_ALIGN);
		if (there.off >= there.file_len)
			return 0;
		if (is_stream(&there)) {
			at->off = there.off;
			source_add_container(src, "file offset 0x%" PRIx64,
					     at->off);
			return 0;
		}
		searched += START_ALIGN;
		if (searched % (UINT64_C(64) << 20))
			continue;
		if (source_progress(&src->priv->opts,
				    "looking for the stream", there.off,
				    there.file_len, err) < 0)
			return -1;
	}
	return 0;
}

static int peel_one(struct source *src, const struct probe *p,
		    struct err *err)
{
	const char *around = src->containers;

	if (p->peel(src, err) == 0)
		return 0;
	if (*around)
		err_prefix(err, "inside %s", around);
	return -1;
}

static int peel(struct source *src, struct err *err)
{
	uint64_t offset = src->priv->opts.offset;
	const struct probe *p;

	for (unsigned depth = 0; ; depth++) {
		if (apply_offset(src, &offset, err) < 0)
			return -1;
		p = probe_find(src, &src->priv->at);
		if (!p)
			return find_start(src, err);
		if (depth == MAX_DEPTH)
			return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
				       "more than %d containers inside one another: %s",
				       MAX_DEPTH, src->containers);
		if (peel_one(src, p, err) < 0)
			return -1;
	}
}

static int check_options(const struct source *src, struct err *err)
{
	const char *wanted = src->priv->opts.snapshot;

	if (!wanted || src->priv->snapshot_used)
		return 0;
	return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
		       "snapshot \"%s\" asked for, but this is no qcow2 image",
		       wanted);
}

static int check_text(const struct source *src, struct err *err)
{
	uint64_t len = layer_left(&src->priv->at);

	if (!src->priv->text || len <= src->priv->text_max)
		return 0;
	return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
		       "0x%" PRIx64 " bytes, more than the limit of 0x%" PRIx64,
		       len, src->priv->text_max);
}

static void publish(struct source *src)
{
	const struct layer *at = &src->priv->at;

	src->data = layer_data(at);
	src->len = layer_left(at);
	src->origin = at->off;
	src->file = at->file;
	src->file_len = at->file_len;
}

static struct source *source_new(const char *path,
				 const struct source_opts *opts)
{
	struct arena arena;
	struct source *src;

	/* all of a source lies in its own arena, itself included */
	arena_init(&arena);
	src = arena_alloc(&arena, sizeof(*src));
	src->priv = arena_alloc(&arena, sizeof(*src->priv));
	src->path = arena_strdup(&arena, path);
	src->containers = "";
	if (opts)
		src->priv->opts = *opts;
	layer_init(&src->priv->at);
	src->priv->arena = arena;
	return src;
}

/* Peel what src->priv->at holds, unless getting it failed (@r). */
static int source_finish(struct source **ret, struct source *src, int r,
			 struct err *err)
{
	if (r == 0)
		r = check_text(src, err);
	if (r == 0)
		r = peel(src, err);
	if (r == 0)
		r = check_options(src, err);
	if (r < 0) {
		source_close(src);
		return -1;
	}
	publish(src);
	*ret = src;
	return 0;
}

int source_open(struct source **ret, const char *path,
		const struct source_opts *opts, struct err *err)
{
	struct source *src = source_new(path, opts);

	*ret = NULL;
	return source_finish(ret, src,
			     source_fd_open(&src->priv->at, path,
					    &src->priv->opts, spool_max(src),
					    err),
			     err);
}

int source_open_memory(struct source **ret, const char *name,
		       const void *data, size_t len,
		       const struct source_opts *opts, struct err *err)
{
	struct source *src = source_new(name, opts);

	*ret = NULL;
	if (len) {
		src->priv->at.file = data;
		src->priv->at.file_len = len;
	}
	return source_finish(ret, src, 0, err);
}

int source_open_text(struct source **ret, const char *path, uint64_t max,
		     struct err *err)
{
	struct source *src = source_new(path, NULL);

	*ret = NULL;
	src->priv->text = true;
	src->priv->text_max = max;
	return source_finish(ret, src,
			     source_fd_open(&src->priv->at, path,
					    &src->priv->opts, max, err),
			     err);
}

void source_close(struct source *src)
{
	struct arena arena;

	if (!src)
		return;
	layer_release(&src->priv->at);
	arena = src->priv->arena;
	arena_release(&arena);
}

void source_forget(struct source *src, uint64_t upto)
{
	struct source_private *priv = src->priv;
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t from, to;

	/* bytes of the caller's own would come back as zeros */
	if (!priv->at.mapped)
		return;
	if (upto > src->len)
		upto = src->len;
	to = (src->origin + upto) / page * page;
	from = priv->forgotten;
	if (to < from)		/* a new walk */
		from = priv->forgotten = 0;
	if (to - from < FORGET_EVERY)
		return;
	madvise((void *)(src->file + from), (size_t)(to - from), MADV_DONTNEED);
	priv->forgotten = to;
}
