/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source-qcow2.c - the VM state of an internal snapshot (docs/interop/qcow2).
 *
 * savevm writes the stream behind the end of the guest's disk: at the guest
 * offset that the L1 entry after the disk's last one covers.  The snapshot
 * has an L1 table of its own and, since the image may have been resized, a
 * disk size of its own; both are the snapshot's, never the image's.
 *
 * A walk turns L1 and L2 tables into runs: stretches of the stream that lie
 * together in the file.  It runs twice, once to count and check, once to map
 * or copy; no list of clusters is kept, so millions of them cost no memory.
 * Where a table points to nothing, the walk ends: so does the stream.
 */
#include <errno.h>
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

#define INCOMPAT_CORRUPT 0x02
#define INCOMPAT_DATA_FILE 0x04
#define INCOMPAT_COMPRESSION 0x08
#define INCOMPAT_EXTENDED_L2 0x10
#define INCOMPAT_KNOWN 0x1f

/* QEMU's own limits (block/qcow2.h) */
#define MAX_SNAPSHOTS 65536
#define MAX_EXTRA 1024
#define MAX_TABLE_BYTES (UINT32_C(64) << 20)
#define MAX_L1_BYTES (UINT32_C(32) << 20)

#define ENTRY_OFFSET UINT64_C(0x00fffffffffffe00)
#define ENTRY_COMPRESSED (UINT64_C(1) << 62)
#define ENTRY_ZERO UINT64_C(1)

/* Address space that we are ready to spend on zeros. */
#define STATE_MAX (UINT64_C(16) << 40)
/* Well below vm.max_map_count's default of 65530; more runs are copied. */
#define MAX_MAPS 8192

#define PROGRESS_RUNS 256

#define NSUB 32			/* subclusters of an extended L2 entry */

struct qcow2 {
	const uint8_t *p;
	uint64_t len;
	uint64_t base;		/* of the image in its file */
	unsigned version, cluster_bits, l2_bits, entry_len;
	uint64_t cluster, disk_size, incompat, snapshots_off;
	uint32_t crypt, nsnapshots;
	uint8_t compression;	/* 0 deflate, 1 zstd */
};

struct snapshot {
	uint64_t l1_off, state_size, disk_size, date_sec;
	uint32_t l1_size;
	const uint8_t *id, *name;
	uint16_t id_len, name_len;
};

enum run_kind { RUN_ZERO, RUN_DATA, RUN_COMPRESSED };

struct run {
	enum run_kind kind;
	uint64_t pos, len;	/* in the stream */
	uint64_t host;		/* offset in the image; 0 for zeros */
	uint64_t host_len;	/* of a compressed cluster's bytes */
};

struct walk {
	const struct qcow2 *q;
	const struct snapshot *sn;
	uint64_t l1_first;	/* the L1 entry of the stream's first byte */
	uint64_t pos, end;
	uint64_t l1_loaded;	/* whose L2 table is ... */
	const uint8_t *l2;	/* ... this; NULL: none */
	uint64_t clusters, tables;	/* that the file still has room for */
	struct run next;	/* found already; len 0: none */
	char why[160];		/* set where the walk met damage ... */
	uint64_t bad_off;	/* ... read from here */
};

/* What the first walk found. */
struct survey {
	uint64_t len;
	size_t nmaps;
	bool can_map;		/* all runs begin and end at pages */
};

bool qcow2_match(const struct layer *at)
{
	return layer_left(at) >= 4 && !memcmp(layer_data(at), "QFI\xfb", 4);
}

/* The header */

static void read_v3(struct cursor *c, struct qcow2 *q)
{
	uint32_t header_len;

	q->incompat = cursor_be64(c);
	cursor_take(c, 16);		/* compatible, autoclear */
	cursor_take(c, 4);		/* refcount order */
	header_len = cursor_be32(c);
	if (header_len > 104)
		q->compression = cursor_u8(c);
}

static int check_header(const struct qcow2 *q, struct err *err)
{
	if (q->cluster_bits < 9 || q->cluster_bits > 21)
		return err_set(err, ERR_FORMAT, q->base + 20,
			       "qcow2: 2^%u bytes in a cluster, 2^9 to 2^21 are possible",
			       q->cluster_bits);
	if (q->incompat & ~(uint64_t)INCOMPAT_KNOWN)
		return err_set(err, ERR_UNSUPPORTED, q->base + 72,
			       "qcow2: unknown incompatible features 0x%" PRIx64,
			       q->incompat & ~(uint64_t)INCOMPAT_KNOWN);
	if (q->compression > 1)
		return err_set(err, ERR_UNSUPPORTED, q->base + 104,
			       "qcow2: unknown compression type %u",
			       q->compression);
	if (q->nsnapshots > MAX_SNAPSHOTS)
		return err_set(err, ERR_FORMAT, q->base + 60,
			       "qcow2: %" PRIu32 " snapshots, at most %d are possible",
			       q->nsnapshots, MAX_SNAPSHOTS);
	if (q->disk_size > INT64_MAX)
		return err_set(err, ERR_FORMAT, q->base + 24,
			       "qcow2: impossible disk size 0x%" PRIx64,
			       q->disk_size);
	return 0;
}

static int read_header(const struct layer *at, struct qcow2 *q,
		       struct err *err)
{
	struct cursor c = layer_cursor(at);

	memset(q, 0, sizeof(*q));
	q->p = layer_data(at);
	q->len = layer_left(at);
	q->base = at->off;
	cursor_take(&c, 4);
	q->version = cursor_be32(&c);
	if (!c.bad && q->version != 2 && q->version != 3)
		return err_set(err, ERR_UNSUPPORTED, q->base + 4,
			       "qcow image of version %u, only 2 and 3 have snapshots with VM state",
			       q->version);
	cursor_take(&c, 12);		/* backing file */
	q->cluster_bits = cursor_be32(&c);
	q->disk_size = cursor_be64(&c);
	q->crypt = cursor_be32(&c);
	cursor_take(&c, 24);		/* active L1, refcounts */
	q->nsnapshots = cursor_be32(&c);
	q->snapshots_off = cursor_be64(&c);
	if (q->version >= 3)
		read_v3(&c, q);
	if (c.bad)
		return err_set(err, ERR_SHORT, q->base,
			       "qcow2: header cut off, the file ends at 0x%" PRIx64,
			       at->file_len);
	q->entry_len = q->incompat & INCOMPAT_EXTENDED_L2 ? 16 : 8;
	if (check_header(q, err) < 0)
		return -1;
	q->cluster = UINT64_C(1) << q->cluster_bits;
	q->l2_bits = q->cluster_bits - (q->entry_len == 16 ? 4 : 3);
	return 0;
}

/* The snapshot table */

static bool read_snapshot(struct cursor *c, const struct qcow2 *q,
			  struct snapshot *ret)
{
	const uint64_t start = c->pos;
	struct cursor extra;
	uint32_t extra_len;

	ret->l1_off = cursor_be64(c);
	ret->l1_size = cursor_be32(c);
	ret->id_len = cursor_be16(c);
	ret->name_len = cursor_be16(c);
	ret->date_sec = cursor_be32(c);
	cursor_take(c, 4 + 8);		/* nanoseconds, VM clock */
	ret->state_size = cursor_be32(c);
	extra_len = cursor_be32(c);
	extra = *c;
	if (extra_len > MAX_EXTRA || !cursor_take(c, extra_len))
		return false;
	/* version 2 images need not have any of it */
	if (extra_len >= 8)
		ret->state_size = cursor_be64(&extra);
	ret->disk_size = extra_len >= 16 ? cursor_be64(&extra) : q->disk_size;
	ret->id = cursor_take(c, ret->id_len);
	ret->name = cursor_take(c, ret->name_len);
	if (c->bad)
		return false;
	/* the padding may be cut off behind the last entry */
	if (cursor_left(c) >= -(c->pos - start) % 8)
		cursor_take(c, -(c->pos - start) % 8);
	return true;
}

static int read_snapshots(struct source *src, const struct qcow2 *q,
			  struct snapshot *ret, struct err *err)
{
	struct cursor c = cursor_over(q->p, q->len);

	if (q->snapshots_off > q->len || q->snapshots_off % q->cluster)
		return err_set(err, ERR_FORMAT, q->base + 64,
			       "qcow2: snapshot table at 0x%" PRIx64
			       ", not at a cluster of the file's 0x%" PRIx64 " bytes",
			       q->snapshots_off, q->len);
	c.pos = q->snapshots_off;
	if (cursor_left(&c) > MAX_TABLE_BYTES)
		c.end = c.pos + MAX_TABLE_BYTES;
	for (uint32_t i = 0; i < q->nsnapshots; i++) {
		uint64_t off = c.pos;

		if (!read_snapshot(&c, q, &ret[i]))
			return err_set(err, ERR_FORMAT, q->base + off,
				       "qcow2: entry %" PRIu32 " of %" PRIu32
				       " in the snapshot table is damaged or cut off",
				       i + 1, q->nsnapshots);
		if (i % 4096 == 4095 &&
		    source_progress(&src->priv->opts, "reading snapshots", i,
				    q->nsnapshots, err) < 0)
			return -1;
	}
	return 0;
}

/* Fill src->snapshots with those that have VM state. */
static void list_snapshots(struct source *src, const struct snapshot *sn,
			   uint32_t n)
{
	struct arena *a = &src->priv->arena;
	struct source_snapshot *list = arena_calloc(a, n, sizeof(*list));

	src->nsnapshots = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (!sn[i].state_size)
			continue;
		list[src->nsnapshots++] = (struct source_snapshot){
			.id = escape_bytes(a, sn[i].id, sn[i].id_len),
			.name = escape_bytes(a, sn[i].name, sn[i].name_len),
			.vm_state_size = sn[i].state_size,
			.date_sec = sn[i].date_sec,
		};
	}
	src->snapshots = list;
}

/* As many names as fit into a message. */
static const char *names_of(const struct source *src, char *buf, size_t size)
{
	size_t used = 0;

	*buf = '\0';
	for (size_t i = 0; i < src->nsnapshots; i++) {
		const struct source_snapshot *s = &src->snapshots[i];
		size_t len = strlen(s->name) + strlen(s->id) + 12;

		if (used + len + 24 > size) {
			snprintf(buf + used, size - used, "%sand %zu more",
				 i ? ", " : "", src->nsnapshots - i);
			break;
		}
		used += (size_t)snprintf(buf + used, size - used,
					 "%s\"%s\" (id %s)", i ? ", " : "",
					 s->name, s->id);
	}
	return buf;
}

static bool same(const uint8_t *p, size_t len, const char *s)
{
	return strlen(s) == len && !memcmp(p, s, len);
}

/* Like loadvm, by name; and by id where no name matches. */
static const struct snapshot *by_name(const struct snapshot *sn, uint32_t n,
				      const char *wanted)
{
	for (uint32_t i = 0; i < n; i++)
		if (sn[i].state_size && same(sn[i].name, sn[i].name_len, wanted))
			return &sn[i];
	for (uint32_t i = 0; i < n; i++)
		if (sn[i].state_size && same(sn[i].id, sn[i].id_len, wanted))
			return &sn[i];
	return NULL;
}

static const struct snapshot *only_one(const struct snapshot *sn, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (sn[i].state_size)
			return &sn[i];
	return NULL;
}

static const struct snapshot *choose(const struct source *src,
				     const struct snapshot *sn, uint32_t n,
				     struct err *err)
{
	const char *wanted = src->priv->opts.snapshot;
	const struct snapshot *ret = NULL;
	char names[320];

	if (!src->nsnapshots)
		err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			"qcow2: none of the image's %" PRIu32
			" internal snapshots has VM state", n);
	else if (wanted && !(ret = by_name(sn, n, wanted)))
		err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			"qcow2: no snapshot \"%.64s\" with VM state, there are %s",
			wanted, names_of(src, names, sizeof(names)));
	else if (!wanted && src->nsnapshots > 1)
		err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			"qcow2: several snapshots have VM state, choose one: %s",
			names_of(src, names, sizeof(names)));
	else if (!wanted)
		ret = only_one(sn, n);
	return ret;
}

/* The walk */

static int damage(struct walk *w, uint64_t off, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int damage(struct walk *w, uint64_t off, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->why, sizeof(w->why), fmt, ap);
	va_end(ap);
	w->bad_off = w->q->base + off;
	return -1;
}

static unsigned l1_shift(const struct qcow2 *q)
{
	return q->cluster_bits + q->l2_bits;
}

/* The bytes from w->pos to the end of a unit of 2^@bits, or of the stream. */
static uint64_t rest_of_unit(const struct walk *w, unsigned bits)
{
	uint64_t unit = UINT64_C(1) << bits;
	uint64_t rest = unit - (w->pos & (unit - 1));

	return rest < w->end - w->pos ? rest : w->end - w->pos;
}

/*
 * Within one snapshot no cluster and no table is used twice.  This is what
 * bounds the walk: L1 entries that all name one L2 table would otherwise
 * turn a small file into an endless stream.
 */
static int take_one(struct walk *w, uint64_t *left, uint64_t off,
		    const char *what)
{
	if (!*left)
		return damage(w, off, "more %s than the file has room for, so some are used twice",
			      what);
	--*left;
	return 0;
}

/* Look up the L2 table of w->pos; w->l2 is NULL where there is none. */
static int load_l2(struct walk *w)
{
	const struct qcow2 *q = w->q;
	uint64_t i = w->l1_first + (w->pos >> l1_shift(q));
	uint64_t at = w->sn->l1_off + i * 8, entry;

	if (i == w->l1_loaded)
		return 0;
	w->l1_loaded = i;
	w->l2 = NULL;
	entry = be_load(q->p + at, 8) & ENTRY_OFFSET;
	if (!entry)
		return 0;
	if (entry % q->cluster || entry > q->len ||
	    q->len - entry < q->cluster)
		return damage(w, at, "L1 entry %" PRIu64
			      " names an L2 table at 0x%" PRIx64
			      ", not at a cluster of the file", i, entry);
	if (take_one(w, &w->tables, at, "L2 tables") < 0)
		return -1;
	w->l2 = q->p + entry;
	return 0;
}

static int resolve_compressed(struct walk *w, uint64_t entry, uint64_t at,
			      struct run *ret)
{
	const struct qcow2 *q = w->q;
	const unsigned bits = 62 - (q->cluster_bits - 8);
	uint64_t off = entry & ((UINT64_C(1) << bits) - 1);
	uint64_t sectors = (entry & (ENTRY_COMPRESSED - 1)) >> bits;

	if (off >= q->len)
		return damage(w, at, "L2 entry names compressed data at 0x%"
			      PRIx64 ", behind the end of the file", off);
	ret->kind = RUN_COMPRESSED;
	ret->len = rest_of_unit(w, q->cluster_bits);
	ret->host = off;
	ret->host_len = (sectors + 1) * 512 - off % 512;
	if (ret->host_len > q->len - off)
		ret->host_len = q->len - off;
	return 0;
}

/* Of an extended L2 entry's 64 bits: allocated below, zero above. */
static int resolve_sub(struct walk *w, const uint8_t *e, uint64_t at,
		       struct run *ret)
{
	const uint64_t bitmap = be_load(e + 8, 8);
	const unsigned bits = w->q->cluster_bits - 5;
	const unsigned i = (w->pos >> bits) % NSUB;
	const bool data = bitmap >> i & 1, zero = bitmap >> (NSUB + i) & 1;

	if (data && zero)
		return damage(w, at + 8, "extended L2 entry has subcluster %u both allocated and zero",
			      i);
	ret->kind = data ? RUN_DATA : RUN_ZERO;
	ret->len = rest_of_unit(w, bits);
	return 0;
}

static int check_cluster(struct walk *w, uint64_t host, uint64_t at)
{
	if (host % w->q->cluster || host >= w->q->len)
		return damage(w, at, "L2 entry names a cluster at 0x%" PRIx64
			      ", not at one of the file", host);
	return 0;
}

static int resolve_entry(struct walk *w, struct run *ret)
{
	const struct qcow2 *q = w->q;
	const unsigned bits = q->cluster_bits;
	uint64_t i = (w->pos >> bits) & ((UINT64_C(1) << q->l2_bits) - 1);
	const uint8_t *e = w->l2 + i * q->entry_len;
	uint64_t entry = be_load(e, 8), host = entry & ENTRY_OFFSET;
	uint64_t at = (uint64_t)(e - q->p), in = w->pos & (q->cluster - 1);

	if (entry & ENTRY_COMPRESSED)
		return resolve_compressed(w, entry, at, ret);
	ret->kind = host && !(entry & ENTRY_ZERO) ? RUN_DATA : RUN_ZERO;
	ret->len = rest_of_unit(w, bits);
	if (q->entry_len == 16 && resolve_sub(w, e, at, ret) < 0)
		return -1;
	if (ret->kind != RUN_DATA)
		return 0;
	ret->host = host + in;
	if (!host || check_cluster(w, host, at) < 0)
		return *w->why ? -1 : damage(w, at, "L2 entry allocates subclusters of no cluster");
	return in ? 0 : take_one(w, &w->clusters, at, "clusters");
}

/* What lies at w->pos, up to the end of its cluster at most. */
static int resolve(struct walk *w, struct run *ret)
{
	*ret = (struct run){ .kind = RUN_ZERO, .pos = w->pos };
	if (load_l2(w) < 0)
		return -1;
	if (w->l2)
		return resolve_entry(w, ret);
	ret->len = rest_of_unit(w, l1_shift(w->q));
	return 0;
}

static bool follows(const struct run *a, const struct run *b)
{
	if (a->kind != b->kind)
		return false;
	return a->kind == RUN_ZERO ||
	       (a->kind == RUN_DATA && a->host + a->len == b->host);
}

/*
 * The next run.  Returns 1, 0 at the end, or -1 with w->why and w->bad_off
 * set at a damaged place; the runs before it are delivered first.
 */
static int walk_next(struct walk *w, struct run *ret)
{
	*ret = w->next;
	w->next.len = 0;
	while (!*w->why && w->pos < w->end) {
		struct run one;

		if (resolve(w, &one) < 0)
			break;
		w->pos += one.len;
		if (!ret->len) {
			*ret = one;
		} else if (follows(ret, &one)) {
			ret->len += one.len;
		} else {
			w->next = one;
			break;
		}
	}
	if (ret->len)
		return 1;
	return *w->why ? -1 : 0;
}

static void walk_start(struct walk *w, const struct qcow2 *q,
		       const struct snapshot *sn, uint64_t end)
{
	const uint64_t unit = UINT64_C(1) << l1_shift(q);

	*w = (struct walk){
		.q = q, .sn = sn, .end = end, .l1_loaded = UINT64_MAX,
		.l1_first = sn->disk_size / unit + (sn->disk_size % unit != 0),
		.clusters = q->len / q->cluster + 1,
		.tables = q->len / q->cluster,
	};
}

/* How many bytes the snapshot's L1 table has entries for, from the state on. */
static uint64_t l1_reach(const struct walk *w)
{
	uint64_t n = w->sn->l1_size;

	n = n > w->l1_first ? n - w->l1_first : 0;
	return n > STATE_MAX >> l1_shift(w->q) ? STATE_MAX
					       : n << l1_shift(w->q);
}

static int check_l1(const struct qcow2 *q, const struct snapshot *sn,
		    struct err *err)
{
	const uint64_t bytes = (uint64_t)sn->l1_size * 8;

	if (bytes > MAX_L1_BYTES)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
			       "qcow2: the snapshot's L1 table has 0x%" PRIx32
			       " entries, QEMU's limit is 0x%" PRIx32,
			       sn->l1_size, MAX_L1_BYTES / 8);
	if (sn->l1_off % q->cluster || sn->l1_off > q->len ||
	    q->len - sn->l1_off < bytes)
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
			       "qcow2: the snapshot's L1 table of 0x%" PRIx64
			       " bytes at 0x%" PRIx64
			       " does not lie at a cluster of the file's 0x%" PRIx64
			       " bytes", bytes, sn->l1_off, q->len);
	if (sn->disk_size > INT64_MAX)
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
			       "qcow2: the snapshot has an impossible disk size 0x%"
			       PRIx64, sn->disk_size);
	if (sn->state_size > STATE_MAX)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
			       "qcow2: VM state of 0x%" PRIx64
			       " bytes, the limit is 0x%" PRIx64,
			       sn->state_size, STATE_MAX);
	return 0;
}

/* A run can be mapped when all its ends lie between pages. */
static bool can_map(const struct qcow2 *q, const struct run *run,
		    uint64_t page)
{
	return run->kind == RUN_ZERO ||
	       (run->kind == RUN_DATA && run->pos % page == 0 &&
		(q->base + run->host) % page == 0);
}

/*
 * Walk once for the length that can be read and how to read it.  Damage at
 * the very beginning is an error, later it is a note.
 */
static int survey(struct source *src, const struct qcow2 *q,
		  const struct snapshot *sn, struct survey *ret,
		  struct err *err)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t runs = 0;
	struct walk w;
	struct run run;
	int r;

	*ret = (struct survey){ .can_map = src->priv->at.fd >= 0 };
	walk_start(&w, q, sn, 0);
	w.end = l1_reach(&w);
	if (w.end > sn->state_size)
		w.end = sn->state_size;
	while ((r = walk_next(&w, &run)) > 0) {
		ret->len += run.len;
		ret->nmaps += run.kind != RUN_ZERO;
		if (!can_map(q, &run, page) || ret->nmaps > MAX_MAPS)
			ret->can_map = false;
		if (++runs % PROGRESS_RUNS)
			continue;
		if (source_progress(&src->priv->opts, "reading qcow2 tables",
				    w.pos, w.end, err) < 0)
			return -1;
	}
	if (r == 0 && ret->len < sn->state_size)
		damage(&w, sn->l1_off,
		       "the snapshot's L1 table has only %" PRIu32
		       " entries, VM state begins at entry %" PRIu64,
		       sn->l1_size, w.l1_first);
	if (!*w.why)
		return 0;
	if (!ret->len)
		return err_set(err, ERR_FORMAT, w.bad_off, "qcow2: %s", w.why);
	source_add_note(src, "qcow2 damaged at 0x%" PRIx64 " (%s): VM state ends at 0x%"
			PRIx64 " of 0x%" PRIx64, w.bad_off, w.why, ret->len,
			sn->state_size);
	return 0;
}

/*
 * The last cluster of a file need not be whole: how much of a run the file
 * has.  The rest are zeros, as for QEMU.
 */
static uint64_t present(const struct qcow2 *q, const struct run *run)
{
	uint64_t left = run->host < q->len ? q->len - run->host : 0;

	return run->len < left ? run->len : left;
}

/* Mapping */

static int map_run(const struct qcow2 *q, const struct layer *from,
		   uint8_t *view, const struct run *run, struct err *err)
{
	const uint64_t len = present(q, run);

	if (!len)
		return 0;
	if (sysio_map(view + run->pos, len, from->fd, q->base + run->host))
		return 0;
	return err_set(err, ERR_IO, q->base + run->host,
		       "cannot map 0x%" PRIx64 " bytes: %s", len,
		       strerror(errno));
}

/*
 * Side by side what lies scattered in the file: pages of zeros first, which
 * cost nothing as long as nobody writes, and each run over them.
 */
static int map_runs(const struct qcow2 *q, const struct layer *from,
		    struct walk *w, struct layer *ret, struct err *err)
{
	struct run run;
	uint8_t *view = sysio_map(NULL, w->end, -1, 0);

	if (!view)
		return err_set(err, ERR_IO, ERR_NO_OFFSET,
			       "cannot reserve 0x%" PRIx64 " bytes of address space: %s",
			       w->end, strerror(errno));
	layer_init(ret);
	ret->file = view;
	ret->file_len = w->end;
	ret->mapped = true;
	while (walk_next(w, &run) > 0) {
		if (run.kind != RUN_DATA || !map_run(q, from, view, &run, err))
			continue;
		layer_release(ret);
		return -1;
	}
	return 0;
}

/* Copying */

static int unpack_cluster(const struct qcow2 *q, const struct run *run,
			  uint8_t *buf)
{
	const uint8_t *p = q->p + run->host;
	const size_t len = (size_t)run->host_len, want = (size_t)q->cluster;

	return q->compression ? inflate_zstd_block(p, len, buf, want)
			      : inflate_deflate_block(p, len, buf, want);
}

/* Returns 1, or 0 where a compressed cluster is damaged; -1 with @err. */
static int copy_run(struct spool *sp, const struct qcow2 *q,
		    const struct run *run, uint8_t *buf, struct err *err)
{
	const uint64_t len = present(q, run);

	if (run->kind == RUN_ZERO)
		return spool_zeros(sp, run->len, err) < 0 ? -1 : 1;
	if (run->kind == RUN_COMPRESSED) {
		if (unpack_cluster(q, run, buf) < 0)
			return 0;
		return spool_write(sp, buf, (size_t)run->len, err) < 0 ? -1 : 1;
	}
	if (spool_write(sp, q->p + run->host, (size_t)len, err) < 0 ||
	    spool_zeros(sp, run->len - len, err) < 0)
		return -1;
	return 1;
}

static int bad_cluster(struct source *src, const struct qcow2 *q,
		       const struct run *run, struct err *err)
{
	const uint64_t off = q->base + run->host;

	if (!run->pos)
		return err_set(err, ERR_FORMAT, off,
			       "qcow2: cannot decompress a cluster");
	source_add_note(src, "qcow2: cannot decompress a cluster at 0x%" PRIx64
			": VM state ends at 0x%" PRIx64, off, run->pos);
	return 0;
}

static int copy_to(struct source *src, struct spool *sp, struct walk *w,
		   struct err *err)
{
	uint8_t *buf = malloc((size_t)w->q->cluster);
	uint64_t runs = 0;
	struct run run;
	int r = 1;

	if (!buf)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "out of memory");
	while (r > 0 && walk_next(w, &run) > 0) {
		r = copy_run(sp, w->q, &run, buf, err);
		if (r == 0)
			r = bad_cluster(src, w->q, &run, err);
		else if (r > 0 && ++runs % PROGRESS_RUNS == 0 &&
			 source_progress(&src->priv->opts, sp->what, w->pos,
					 w->end, err) < 0)
			r = -1;
	}
	free(buf);
	return r < 0 ? -1 : 0;
}

static int copy_runs(struct source *src, struct walk *w, struct layer *ret,
		     struct err *err)
{
	struct spool sp;
	int r;

	if (spool_init(&sp, "copying qcow2 clusters", spool_max(src), err) < 0)
		return -1;
	r = copy_to(src, &sp, w, err);
	if (r == 0)
		r = spool_map(&sp, ret, err);
	spool_release(&sp);
	return r;
}

static int gather(struct source *src, const struct qcow2 *q,
		  const struct snapshot *sn, struct layer *ret,
		  struct err *err)
{
	struct survey s;
	struct walk w;

	if (check_l1(q, sn, err) < 0 || survey(src, q, sn, &s, err) < 0)
		return -1;
	walk_start(&w, q, sn, s.len);
	if (s.can_map)
		return map_runs(q, &src->priv->at, &w, ret, err);
	return copy_runs(src, &w, ret, err);
}

static int check_readable(struct source *src, const struct qcow2 *q,
			  struct err *err)
{
	if (!q->nsnapshots)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "qcow2 image without internal snapshots, so without VM state");
	if (q->crypt)
		return err_set(err, ERR_UNSUPPORTED, q->base + 32,
			       "qcow2: the image is encrypted (%s), and its VM state with it",
			       q->crypt == 1 ? "AES" : q->crypt == 2 ? "LUKS"
							     : "unknown method");
	if (q->incompat & INCOMPAT_DATA_FILE)
		return err_set(err, ERR_UNSUPPORTED, q->base + 72,
			       "qcow2: the image keeps its data in another file");
	if (q->incompat & INCOMPAT_CORRUPT)
		source_add_note(src, "qcow2 image is marked corrupt");
	return 0;
}

static int pick(struct source *src, const struct qcow2 *q,
		struct snapshot *list, struct layer *ret, struct err *err)
{
	const struct snapshot *sn;

	if (read_snapshots(src, q, list, err) < 0)
		return -1;
	list_snapshots(src, list, q->nsnapshots);
	sn = choose(src, list, q->nsnapshots, err);
	if (!sn || gather(src, q, sn, ret, err) < 0)
		return -1;
	source_add_container(src, "qcow2 snapshot \"%s\"",
			     escape_bytes(&src->priv->arena, sn->name,
					  sn->name_len));
	return 0;
}

int qcow2_peel(struct source *src, struct err *err)
{
	struct layer *at = &src->priv->at, next;
	struct snapshot *list;
	struct qcow2 q;

	src->priv->snapshot_used = true;
	if (read_header(at, &q, err) < 0 || check_readable(src, &q, err) < 0)
		return -1;
	list = arena_calloc(&src->priv->arena, q.nsnapshots, sizeof(*list));
	if (pick(src, &q, list, &next, err) < 0)
		return -1;
	layer_replace(at, &next);
	return 0;
}
