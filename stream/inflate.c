/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inflate.c - one loop around the libraries that decompress.
 *
 * Not libarchive: Debian's runs the program lzop for lzop, and it neither
 * keeps what came before the damage nor stops quietly at a volume's tail.
 */
#include <bzlib.h>
#include <inttypes.h>
#include <lz4frame.h>
#include <lzma.h>
#include <lzo/lzo1x.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "inflate.h"
#include "spool.h"

#define OUT_SIZE ((size_t)1 << 20)
#define IN_SIZE ((size_t)4 << 20)	/* for one step */
#define WINDOW_MAX_LOG 28		/* 256 MiB */
#define PROGRESS_EVERY (UINT64_C(16) << 20)

/* lzop.h's */
#define LZOP_ADLER32_D 0x0001
#define LZOP_ADLER32_C 0x0002
#define LZOP_EXTRA_FIELD 0x0040
#define LZOP_CRC32_D 0x0100
#define LZOP_CRC32_C 0x0200
#define LZOP_MULTIPART 0x0400
#define LZOP_FILTER 0x0800
#define LZOP_HEADER_CRC32 0x1000
#define LZOP_MAX_BLOCK (UINT32_C(64) << 20)

enum step {
	STEP_MORE,
	STEP_WHOLE,		/* the end of a member */
	STEP_SHORT,		/* the input ends before */
	STEP_BAD,		/* z->why says what is wrong */
	STEP_UNSUPPORTED,	/* well-formed, z->why says what is missing */
};

/* Compressed bytes, how far we are, and what the last step made of them. */
struct packed {
	const uint8_t *in;
	uint64_t len, pos;
	uint8_t *out;
	size_t cap, nout;
	const char *why;
	union {
		z_stream gz;
		bz_stream bz;
		lzma_stream xz;
		ZSTD_DCtx *zstd;
		LZ4F_dctx *lz4;
		struct {
			bool begun;
			uint32_t flags;
		} lzo;
	};
};

struct codec {
	const char *name;
	bool (*match)(const uint8_t *p, uint64_t len);
	bool (*open)(struct packed *z);	/* false: no memory */
	enum step (*step)(struct packed *z);
	void (*close)(struct packed *z);
	unsigned pad;		/* zeros between members come in such units */
};

/* What the next step may take. */
static size_t in_avail(const struct packed *z)
{
	uint64_t left = z->len - z->pos;

	return left < IN_SIZE ? (size_t)left : IN_SIZE;
}

static enum step bad(struct packed *z, const char *why)
{
	z->why = why ? why : "damaged";
	return STEP_BAD;
}

/* gzip */

static bool gzip_match(const uint8_t *p, uint64_t len)
{
	/* method 8 is the only one; the upper flags are reserved */
	return len >= 4 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8 &&
	       !(p[3] & 0xe0);
}

static bool gzip_open(struct packed *z)
{
	memset(&z->gz, 0, sizeof(z->gz));
	return inflateInit2(&z->gz, 16 + MAX_WBITS) == Z_OK;
}

static enum step gzip_step(struct packed *z)
{
	size_t n = in_avail(z);
	int r;

	z->gz.next_in = (Bytef *)(z->in + z->pos);
	z->gz.avail_in = (uInt)n;
	z->gz.next_out = z->out;
	z->gz.avail_out = (uInt)z->cap;
	r = inflate(&z->gz, Z_NO_FLUSH);
	z->pos += n - z->gz.avail_in;
	z->nout = z->cap - z->gz.avail_out;
	if (r == Z_STREAM_END)
		return STEP_WHOLE;
	return r == Z_OK || r == Z_BUF_ERROR ? STEP_MORE : bad(z, z->gz.msg);
}

static void gzip_close(struct packed *z)
{
	inflateEnd(&z->gz);
}

/* bzip2 */

static bool bzip2_match(const uint8_t *p, uint64_t len)
{
	return len >= 10 && !memcmp(p, "BZh", 3) && p[3] >= '1' &&
	       p[3] <= '9' && (!memcmp(p + 4, "\x31\x41\x59\x26\x53\x59", 6) ||
			       !memcmp(p + 4, "\x17\x72\x45\x38\x50\x90", 6));
}

static bool bzip2_open(struct packed *z)
{
	memset(&z->bz, 0, sizeof(z->bz));
	return BZ2_bzDecompressInit(&z->bz, 0, 0) == BZ_OK;
}

static enum step bzip2_step(struct packed *z)
{
	size_t n = in_avail(z);
	int r;

	z->bz.next_in = (char *)(z->in + z->pos);
	z->bz.avail_in = (unsigned)n;
	z->bz.next_out = (char *)z->out;
	z->bz.avail_out = (unsigned)z->cap;
	r = BZ2_bzDecompress(&z->bz);
	z->pos += n - z->bz.avail_in;
	z->nout = z->cap - z->bz.avail_out;
	if (r == BZ_STREAM_END)
		return STEP_WHOLE;
	if (r == BZ_OK)
		return STEP_MORE;
	return bad(z, r == BZ_MEM_ERROR ? "out of memory" : "block checksum");
}

static void bzip2_close(struct packed *z)
{
	BZ2_bzDecompressEnd(&z->bz);
}

/* xz and lzma */

static bool xz_match(const uint8_t *p, uint64_t len)
{
	return len >= 6 && !memcmp(p, "\xfd" "7zXZ", 6);
}

static bool xz_open(struct packed *z)
{
	z->xz = (lzma_stream)LZMA_STREAM_INIT;
	return lzma_stream_decoder(&z->xz, UINT64_C(1) << WINDOW_MAX_LOG, 0) ==
	       LZMA_OK;
}

/*
 * The old format has no magic: properties, dictionary size, length.  The
 * programs that write it use lc=3 lp=0 pb=2 and a dictionary that is a power
 * of two; xz itself looks no closer before it believes in it.
 */
static bool lzma_match(const uint8_t *p, uint64_t len)
{
	uint32_t dict;

	if (len < 14 || p[0] != 0x5d)
		return false;
	dict = (uint32_t)p[4] << 24 | (uint32_t)p[3] << 16 |
	       (uint32_t)p[2] << 8 | p[1];
	if (dict < 4096 || (dict & (dict - 1)))
		return false;
	/* unknown, or below 256 GiB; the first byte of the coder is 0 */
	return (!memcmp(p + 5, "\xff\xff\xff\xff\xff\xff\xff\xff", 8) ||
		(p[12] == 0 && p[11] == 0 && p[10] < 0x40)) && p[13] == 0;
}

static bool lzma_open(struct packed *z)
{
	z->xz = (lzma_stream)LZMA_STREAM_INIT;
	return lzma_alone_decoder(&z->xz, UINT64_C(1) << WINDOW_MAX_LOG) ==
	       LZMA_OK;
}

static const char *lzma_reason(lzma_ret r)
{
	switch (r) {
	case LZMA_FORMAT_ERROR: return "no such header";
	case LZMA_DATA_ERROR: return "data or checksum";
	case LZMA_OPTIONS_ERROR: return "unknown options";
	case LZMA_MEM_ERROR: return "out of memory";
	default: return "damaged";
	}
}

static enum step xz_step(struct packed *z)
{
	size_t n = in_avail(z);
	lzma_ret r;

	z->xz.next_in = z->in + z->pos;
	z->xz.avail_in = n;
	z->xz.next_out = z->out;
	z->xz.avail_out = z->cap;
	r = lzma_code(&z->xz, LZMA_RUN);
	z->pos += n - z->xz.avail_in;
	z->nout = z->cap - z->xz.avail_out;
	if (r == LZMA_STREAM_END)
		return STEP_WHOLE;
	if (r == LZMA_OK || r == LZMA_BUF_ERROR)
		return STEP_MORE;
	if (r != LZMA_MEMLIMIT_ERROR)
		return bad(z, lzma_reason(r));
	z->why = "it needs more than 256 MiB of memory";
	return STEP_UNSUPPORTED;
}

static void xz_close(struct packed *z)
{
	lzma_end(&z->xz);
}

/* zstd and lz4 */

static bool skippable(const uint8_t *p, uint64_t len)
{
	return len >= 8 && (p[0] & 0xf0) == 0x50 && p[1] == 0x2a &&
	       p[2] == 0x4d && p[3] == 0x18;
}

/*
 * pzstd puts a skippable frame in front of each of its own, and lz4 has the
 * same ones.  Few are looked through: this runs once for each member.
 */
static const uint8_t *skip_frames(const uint8_t *p, uint64_t *len)
{
	for (int i = 0; i < 16 && skippable(p, *len); i++) {
		uint64_t n = 8 + ((uint64_t)p[7] << 24 | (uint64_t)p[6] << 16 |
				  (uint64_t)p[5] << 8 | p[4]);

		if (n > *len)
			break;
		p += n;
		*len -= n;
	}
	return p;
}

static bool zstd_match(const uint8_t *p, uint64_t len)
{
	p = skip_frames(p, &len);
	return len >= 4 && !memcmp(p, "\x28\xb5\x2f\xfd", 4);
}

static bool zstd_open(struct packed *z)
{
	z->zstd = ZSTD_createDCtx();
	if (!z->zstd)
		return false;
	ZSTD_DCtx_setParameter(z->zstd, ZSTD_d_windowLogMax, WINDOW_MAX_LOG);
	return true;
}

static enum step zstd_step(struct packed *z)
{
	ZSTD_inBuffer in = { z->in + z->pos, in_avail(z), 0 };
	ZSTD_outBuffer out = { z->out, z->cap, 0 };
	size_t r = ZSTD_decompressStream(z->zstd, &out, &in);

	z->pos += in.pos;
	z->nout = out.pos;
	if (!ZSTD_isError(r))
		return r ? STEP_MORE : STEP_WHOLE;
	if (ZSTD_getErrorCode(r) != ZSTD_error_frameParameter_windowTooLarge)
		return bad(z, ZSTD_getErrorName(r));
	z->why = "it needs more than 256 MiB of memory (--long)";
	return STEP_UNSUPPORTED;
}

static void zstd_close(struct packed *z)
{
	ZSTD_freeDCtx(z->zstd);
}

static bool lz4_match(const uint8_t *p, uint64_t len)
{
	p = skip_frames(p, &len);
	return len >= 4 && !memcmp(p, "\x04\x22\x4d\x18", 4);
}

static bool lz4_open(struct packed *z)
{
	return !LZ4F_isError(LZ4F_createDecompressionContext(&z->lz4,
							     LZ4F_VERSION));
}

static enum step lz4_step(struct packed *z)
{
	size_t nin = in_avail(z), nout = z->cap, r;

	r = LZ4F_decompress(z->lz4, z->out, &nout, z->in + z->pos, &nin, NULL);
	if (LZ4F_isError(r)) {
		/* how much it took and gave is not told then */
		z->nout = 0;
		return bad(z, LZ4F_getErrorName(r));
	}
	z->pos += nin;
	z->nout = nout;
	return r ? STEP_MORE : STEP_WHOLE;
}

static void lz4_close(struct packed *z)
{
	LZ4F_freeDecompressionContext(z->lz4);
}

/* lzop: its file format is only described by its source, 1.04 */

static const char lzop_magic[9] = "\x89LZO\0\r\n\x1a\n";

static bool lzop_match(const uint8_t *p, uint64_t len)
{
	return len >= sizeof(lzop_magic) &&
	       !memcmp(p, lzop_magic, sizeof(lzop_magic));
}

static bool lzop_open(struct packed *z)
{
	z->lzo.begun = false;
	return lzo_init() == LZO_E_OK;
}

static uint32_t lzop_sum(bool crc, const uint8_t *p, uint64_t len)
{
	return crc ? (uint32_t)crc32_z(0, p, (size_t)len)
		   : (uint32_t)adler32_z(1, p, (size_t)len);
}

/* A part of the header from @from on, followed by its checksum. */
static bool lzop_sum_fits(struct cursor *c, uint64_t from, uint32_t flags)
{
	uint64_t to = c->pos;
	uint32_t sum = cursor_be32(c);

	return c->bad || sum == lzop_sum(flags & LZOP_HEADER_CRC32,
					 c->data + from, to - from);
}

static enum step lzop_header(struct packed *z)
{
	struct cursor c = { .data = z->in, .pos = z->pos, .end = z->len };
	uint64_t from;
	unsigned version, method;
	bool fits;

	cursor_take(&c, sizeof(lzop_magic));
	from = c.pos;
	version = cursor_be16(&c);
	cursor_be16(&c);		/* the library's */
	if (version >= 0x0940)
		cursor_be16(&c);	/* needed to extract */
	method = cursor_u8(&c);
	if (version >= 0x0940)
		cursor_u8(&c);		/* level */
	z->lzo.flags = cursor_be32(&c);
	if (z->lzo.flags & LZOP_FILTER)
		cursor_be32(&c);
	cursor_take(&c, version >= 0x0940 ? 12 : 8);	/* mode, time */
	cursor_take(&c, cursor_u8(&c));			/* name */
	fits = lzop_sum_fits(&c, from, z->lzo.flags);
	if (fits && z->lzo.flags & LZOP_EXTRA_FIELD) {
		from = c.pos;
		cursor_take(&c, cursor_be32(&c));
		fits = lzop_sum_fits(&c, from, z->lzo.flags);
	}
	if (c.bad)
		return STEP_SHORT;
	if (!fits)
		return bad(z, "header checksum");
	if (method < 1 || method > 3 ||
	    z->lzo.flags & (LZOP_FILTER | LZOP_MULTIPART)) {
		z->why = "its method, filter or splitting is none that vmsdb knows";
		return STEP_UNSUPPORTED;
	}
	z->pos = c.pos;
	z->lzo.begun = true;
	return STEP_MORE;
}

struct lzop_block {
	uint32_t raw, packed;
	uint32_t adler, crc;	/* of the raw bytes */
	const uint8_t *data;
};

/* Whether there is a block; c->bad where it is cut off. */
static bool lzop_block_header(struct cursor *c, uint32_t flags,
			      struct lzop_block *ret)
{
	ret->raw = cursor_be32(c);
	if (!ret->raw)
		return false;
	ret->packed = cursor_be32(c);
	ret->adler = flags & LZOP_ADLER32_D ? cursor_be32(c) : 0;
	ret->crc = flags & LZOP_CRC32_D ? cursor_be32(c) : 0;
	if (ret->packed < ret->raw) {
		if (flags & LZOP_ADLER32_C)
			cursor_be32(c);
		if (flags & LZOP_CRC32_C)
			cursor_be32(c);
	}
	return true;
}

static bool lzop_unpack(const struct lzop_block *b, uint8_t *out)
{
	lzo_uint n = b->raw;

	if (b->packed == b->raw) {
		memcpy(out, b->data, b->raw);
		return true;
	}
	return lzo1x_decompress_safe(b->data, b->packed, out, &n, NULL) ==
	       LZO_E_OK && n == b->raw;
}

static enum step lzop_step(struct packed *z)
{
	struct cursor c = { .data = z->in, .pos = z->pos, .end = z->len };
	struct lzop_block b = { 0 };
	bool more;

	z->nout = 0;
	if (!z->lzo.begun)
		return lzop_header(z);
	more = lzop_block_header(&c, z->lzo.flags, &b);
	if (c.bad)
		return STEP_SHORT;
	if (!more) {
		z->pos = c.pos;
		return STEP_WHOLE;
	}
	if (b.raw > LZOP_MAX_BLOCK || !b.packed || b.packed > b.raw)
		return bad(z, "block size");
	b.data = cursor_take(&c, b.packed);
	if (!b.data)
		return STEP_SHORT;
	z->out = grow_array(z->out, &z->cap, b.raw, 1);
	if (!lzop_unpack(&b, z->out))
		return bad(z, "block contents");
	if ((z->lzo.flags & LZOP_ADLER32_D &&
	     b.adler != lzop_sum(false, z->out, b.raw)) ||
	    (z->lzo.flags & LZOP_CRC32_D &&
	     b.crc != lzop_sum(true, z->out, b.raw)))
		return bad(z, "block checksum");
	z->nout = b.raw;
	z->pos = c.pos;
	return STEP_MORE;
}

static void lzop_close(struct packed *z)
{
	(void)z;
}

static const struct codec codecs[] = {
	{ "gzip", gzip_match, gzip_open, gzip_step, gzip_close, 0 },
	{ "bzip2", bzip2_match, bzip2_open, bzip2_step, bzip2_close, 0 },
	{ "xz", xz_match, xz_open, xz_step, xz_close, 4 },
	{ "lzop", lzop_match, lzop_open, lzop_step, lzop_close, 0 },
	{ "zstd", zstd_match, zstd_open, zstd_step, zstd_close, 0 },
	{ "lz4", lz4_match, lz4_open, lz4_step, lz4_close, 0 },
	/* the weakest magic last */
	{ "lzma", lzma_match, lzma_open, xz_step, xz_close, 0 },
};

static const struct codec *codec_find(const uint8_t *p, uint64_t len)
{
	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
		if (codecs[i].match(p, len))
			return &codecs[i];
	return NULL;
}

const char *inflate_name(const uint8_t *p, uint64_t len)
{
	const struct codec *codec = codec_find(p, len);

	return codec ? codec->name : NULL;
}

bool inflate_match(const struct layer *at)
{
	return codec_find(layer_data(at), layer_left(at)) != NULL;
}

/* All that one decompression needs. */
struct job {
	struct source *src;
	const struct codec *codec;
	struct packed z;
	struct spool out;
	uint64_t told;
};

static int step_out(struct job *job, struct err *err)
{
	struct packed *z = &job->z;

	if (spool_write(&job->out, z->out, z->nout, err) < 0)
		return -1;
	if (z->pos + job->out.len - job->told < PROGRESS_EVERY)
		return 0;
	job->told = z->pos + job->out.len;
	return source_progress(&job->src->priv->opts, job->out.what, z->pos,
			       z->len, err);
}

/* One member.  Returns -1 only for what is not the input's fault. */
static int run_steps(struct job *job, enum step *ret, struct err *err)
{
	struct packed *z = &job->z;

	for (;;) {
		uint64_t pos = z->pos;

		*ret = job->codec->step(z);
		if (step_out(job, err) < 0)
			return -1;
		if (*ret != STEP_MORE)
			return 0;
		if (z->pos != pos || z->nout)
			continue;
		if (z->pos == z->len) {
			*ret = STEP_SHORT;
			return 0;
		}
		*ret = bad(z, "damaged");
		return 0;
	}
}

static int run_member(struct job *job, enum step *ret, struct err *err)
{
	int r;

	if (!job->codec->open(&job->z))
		return err_set(err, ERR_IO, ERR_NO_OFFSET,
			       "%s: out of memory", job->codec->name);
	r = run_steps(job, ret, err);
	job->codec->close(&job->z);
	return r;
}

static void skip_padding(struct packed *z, unsigned unit)
{
	static const uint8_t zeros[4];

	while (unit && z->len - z->pos >= unit &&
	       !memcmp(z->in + z->pos, zeros, unit))
		z->pos += unit;
}

/*
 * A member ended other than well.  What it gave is kept; when it is the
 * first and gave nothing, there is nothing to show.
 */
static int member_ended(struct job *job, enum step step, uint64_t start,
			uint64_t given, struct err *err)
{
	const struct packed *z = &job->z;
	uint64_t off = job->src->priv->at.off + z->pos;

	if (step == STEP_SHORT) {
		source_add_note(job->src, "%s data cut off at 0x%" PRIx64,
				job->codec->name, off);
		return 0;
	}
	if (given) {
		source_add_note(job->src, "%s data damaged at 0x%" PRIx64
				" (%s), nothing read from there on",
				job->codec->name, off, z->why);
		return 0;
	}
	/* something else that happens to look like a member */
	if (start && job->out.len)
		return 0;
	return err_set(err, step == STEP_BAD ? ERR_FORMAT : ERR_UNSUPPORTED,
		       off, "cannot decompress %s: %s", job->codec->name,
		       z->why);
}

static int run_job(struct job *job, struct err *err)
{
	struct packed *z = &job->z;

	do {
		uint64_t start = z->pos, before = job->out.len;
		enum step step = STEP_MORE;

		if (run_member(job, &step, err) < 0)
			return -1;
		if (step != STEP_WHOLE)
			return member_ended(job, step, start,
					    job->out.len - before, err);
		skip_padding(z, job->codec->pad);
	} while (codec_find(z->in + z->pos, z->len - z->pos) == job->codec);
	return 0;
}

static int run_and_map(struct job *job, struct layer *ret, struct err *err)
{
	char what[64];
	int r;

	snprintf(what, sizeof(what), "decompressing %s", job->codec->name);
	if (spool_init(&job->out, what, spool_max(job->src), err) < 0)
		return -1;
	job->z.out = grow_array(NULL, &job->z.cap, OUT_SIZE, 1);
	r = run_job(job, err);
	if (r == 0)
		r = spool_map(&job->out, ret, err);
	spool_release(&job->out);
	free(job->z.out);
	return r;
}

int inflate_peel(struct source *src, struct err *err)
{
	struct layer *at = &src->priv->at, next;
	struct job job = {
		.src = src,
		.codec = codec_find(layer_data(at), layer_left(at)),
		.z = { .in = layer_data(at), .len = layer_left(at) },
	};

	if (run_and_map(&job, &next, err) < 0)
		return -1;
	layer_replace(at, &next);
	source_add_container(src, "%s", job.codec->name);
	return 0;
}

int inflate_deflate_block(const uint8_t *p, size_t len, uint8_t *out,
			  size_t want)
{
	z_stream s = { .next_in = (Bytef *)p, .avail_in = (uInt)len,
		       .next_out = out, .avail_out = (uInt)want };
	int r;

	/* 4 KiB window, like QEMU's qcow2_zlib_decompress() */
	if (inflateInit2(&s, -12) != Z_OK)
		return -1;
	r = inflate(&s, Z_FINISH);
	inflateEnd(&s);
	/* padding behind the stream makes it Z_BUF_ERROR at times */
	return (r == Z_STREAM_END || r == Z_BUF_ERROR) && !s.avail_out ? 0 : -1;
}

int inflate_zstd_block(const uint8_t *p, size_t len, uint8_t *out, size_t want)
{
	ZSTD_inBuffer in = { p, len, 0 };
	ZSTD_outBuffer to = { out, want, 0 };
	ZSTD_DCtx *ctx = ZSTD_createDCtx();
	size_t r = 1, pos = 1;

	if (!ctx)
		return -1;
	/* a cluster has 2 MiB at most */
	ZSTD_DCtx_setParameter(ctx, ZSTD_d_windowLogMax, 24);
	while (to.pos < to.size && pos != to.pos + in.pos) {
		pos = to.pos + in.pos;
		r = ZSTD_decompressStream(ctx, &to, &in);
		if (ZSTD_isError(r))
			break;
	}
	ZSTD_freeDCtx(ctx);
	return to.pos == to.size && !ZSTD_isError(r) ? 0 : -1;
}
