/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bzlib.h>
#include <ctype.h>
#include <lz4frame.h>
#include <lzma.h>
#include <lzo/lzo1x.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "../../stream/arena.h"
#include "bake.h"

static void mistake(const char *what, const char *at)
{
	fprintf(stderr, "bake: %s at \"%.40s\"\n", what, at);
	abort();
}

void put_bytes(struct dough *d, const void *p, size_t n)
{
	d->p = grow_array(d->p, &d->cap, d->len + n + 1, 1);
	if (n)
		memcpy(d->p + d->len, p, n);
	d->len += n;
}

void put_be(struct dough *d, uint64_t v, unsigned n)
{
	while (n--) {
		uint8_t b = n < 8 ? (uint8_t)(v >> (8 * n)) : 0;

		put_bytes(d, &b, 1);
	}
}

static void put_fill(struct dough *d, uint8_t b, size_t n)
{
	while (n--)
		put_bytes(d, &b, 1);
}

static void set_be(struct dough *d, size_t off, uint64_t v, unsigned n)
{
	if (off + n > d->len)
		put_fill(d, 0, off + n - d->len);
	while (n--)
		d->p[off++] = (uint8_t)(v >> (8 * n));
}

void dough_release(struct dough *d)
{
	free(d->p);
	memset(d, 0, sizeof(*d));
}

/* [...] of an item: KEY or KEY=VALUE, between commas. */
struct args {
	char text[256];
};

static const char *arg(const struct args *a, const char *key, char *buf)
{
	const char *p = a->text;
	const size_t n = strlen(key);

	while (*p) {
		size_t len = strcspn(p, ",");

		if (len >= n && !strncmp(p, key, n) &&
		    (len == n || p[n] == '=')) {
			snprintf(buf, 256, "%.*s",
				 (int)(len == n ? 0 : len - n - 1),
				 len == n ? "" : p + n + 1);
			return buf;
		}
		p += len + (p[len] == ',');
	}
	return NULL;
}

static bool has(const struct args *a, const char *key)
{
	char buf[256];

	return arg(a, key, buf) != NULL;
}

static uint64_t number(const struct args *a, const char *key, uint64_t none)
{
	char buf[256];

	return arg(a, key, buf) ? strtoull(buf, NULL, 0) : none;
}

/* Compression */

static void put_gzip(struct dough *d, const struct dough *in)
{
	z_stream s = { .next_in = in->p, .avail_in = (uInt)in->len };
	uint8_t *out = malloc(in->len + 1024);

	deflateInit2(&s, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
	s.next_out = out;
	s.avail_out = (uInt)in->len + 1024;
	if (deflate(&s, Z_FINISH) != Z_STREAM_END)
		mistake("deflate", "");
	put_bytes(d, out, s.total_out);
	deflateEnd(&s);
	free(out);
}

static void put_raw_deflate(struct dough *d, const struct dough *in)
{
	z_stream s = { .next_in = in->p, .avail_in = (uInt)in->len };
	uint8_t *out = malloc(in->len + 1024);

	deflateInit2(&s, 6, Z_DEFLATED, -12, 9, Z_DEFAULT_STRATEGY);
	s.next_out = out;
	s.avail_out = (uInt)in->len + 1024;
	if (deflate(&s, Z_FINISH) != Z_STREAM_END)
		mistake("deflate", "");
	put_bytes(d, out, s.total_out);
	deflateEnd(&s);
	free(out);
}

static void put_bzip2(struct dough *d, const struct dough *in)
{
	unsigned n = (unsigned)in->len * 2 + 1024;
	char *out = malloc(n), none;

	if (BZ2_bzBuffToBuffCompress(out, &n, in->len ? (char *)in->p : &none,
				     (unsigned)in->len, 1, 0, 0) != BZ_OK)
		mistake("bzip2", "");
	put_bytes(d, out, n);
	free(out);
}

static void put_lzma(struct dough *d, const struct dough *in, bool alone)
{
	lzma_stream s = LZMA_STREAM_INIT;
	size_t n = in->len * 2 + 1024;
	uint8_t *out = malloc(n);
	lzma_options_lzma opts;

	lzma_lzma_preset(&opts, 0);
	if (alone ? lzma_alone_encoder(&s, &opts)
		  : lzma_easy_encoder(&s, 0, LZMA_CHECK_CRC32))
		mistake("lzma", "");
	s.next_in = in->p;
	s.avail_in = in->len;
	s.next_out = out;
	s.avail_out = n;
	if (lzma_code(&s, LZMA_FINISH) != LZMA_STREAM_END)
		mistake("lzma", "");
	put_bytes(d, out, s.total_out);
	lzma_end(&s);
	free(out);
}

static void put_zstd(struct dough *d, const struct dough *in)
{
	size_t n = ZSTD_compressBound(in->len);
	uint8_t *out = malloc(n);

	n = ZSTD_compress(out, n, in->p, in->len, 3);
	if (ZSTD_isError(n))
		mistake("zstd", "");
	put_bytes(d, out, n);
	free(out);
}

static void put_lz4(struct dough *d, const struct dough *in)
{
	LZ4F_preferences_t prefs = {
		.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled,
	};
	size_t n = LZ4F_compressFrameBound(in->len, &prefs);
	uint8_t *out = malloc(n);

	n = LZ4F_compressFrame(out, n, in->p, in->len, &prefs);
	if (LZ4F_isError(n))
		mistake("lz4", "");
	put_bytes(d, out, n);
	free(out);
}

#define LZOP_BLOCK 1024

static void put_lzop_block(struct dough *d, const uint8_t *p, size_t n)
{
	uint8_t *work = malloc(LZO1X_1_MEM_COMPRESS), out[LZOP_BLOCK * 2];
	lzo_uint len = sizeof(out);

	lzo1x_1_compress(p, n, out, &len, work);
	free(work);
	put_be(d, n, 4);
	put_be(d, len < n ? len : n, 4);
	put_be(d, adler32(1, p, (uInt)n), 4);
	if (len < n)
		put_be(d, adler32(1, out, (uInt)len), 4);
	put_bytes(d, len < n ? out : p, len < n ? len : n);
}

static void put_lzop(struct dough *d, const struct dough *in)
{
	size_t from;

	if (lzo_init() != LZO_E_OK)
		mistake("lzo", "");
	put_bytes(d, "\x89LZO\0\r\n\x1a\n", 9);
	from = d->len;
	put_be(d, 0x1040, 2);
	put_be(d, 0x20a0, 2);
	put_be(d, 0x0940, 2);
	put_be(d, 0x0105, 2);		/* method, level */
	put_be(d, 0x03000003, 4);	/* Unix; Adler-32 of both sides */
	put_be(d, 0100644, 4);
	put_be(d, 0, 8);
	put_be(d, 1, 1);
	put_bytes(d, "n", 1);
	put_be(d, adler32(1, d->p + from, (uInt)(d->len - from)), 4);
	for (size_t i = 0; i < in->len; i += LZOP_BLOCK)
		put_lzop_block(d, in->p + i, in->len - i < LZOP_BLOCK ?
					     in->len - i : LZOP_BLOCK);
	put_be(d, 0, 4);
}

/* libvirt */

static void put_host(struct dough *d, bool be, uint32_t v)
{
	put_be(d, be ? v : __builtin_bswap32(v), 4);
}

static void put_libvirt(struct dough *d, const struct args *a,
			const struct dough *in)
{
	char xml[256] = "", cookie[256] = "";
	const bool be = has(a, "be");
	size_t xml_len, cookie_len;

	arg(a, "xml", xml);
	arg(a, "cookie", cookie);
	xml_len = strlen(xml) + 1;
	cookie_len = *cookie ? strlen(cookie) + 1 : 0;
	put_bytes(d, has(a, "part") ? "LibvirtQemudPart" : "LibvirtQemudSave",
		  16);
	put_host(d, be, (uint32_t)number(a, "v", 2));
	put_host(d, be, (uint32_t)(xml_len + cookie_len + number(a, "pad", 0)));
	put_host(d, be, 1);
	put_host(d, be, (uint32_t)number(a, "fmt", 0));
	put_host(d, be, cookie_len ? (uint32_t)xml_len : 0);
	put_fill(d, 0, 14 * 4);
	put_bytes(d, xml, xml_len);
	put_bytes(d, cookie, cookie_len);
	put_fill(d, 0, number(a, "pad", 0));
	put_bytes(d, in->p, in->len);
}

/* qcow2: header, snapshot table, L1, L2 tables, then the clusters */

struct image {
	struct dough *d;
	const struct args *a;
	const struct dough *in;
	size_t base, cluster;
	unsigned bits, entry;		/* bytes of an L2 entry */
	uint64_t disk, l1_first, nl1;
	size_t l1, l2, data;		/* offsets in the image */
	size_t n;			/* clusters of VM state */
};

static void put_image_header(struct image *m)
{
	const bool v2 = has(m->a, "v2");
	uint64_t incompat = number(m->a, "incompat", 0);

	if (has(m->a, "ext"))
		incompat |= 0x10;
	if (has(m->a, "zstd"))
		incompat |= 8;
	put_bytes(m->d, "QFI\xfb", 4);
	put_be(m->d, v2 ? 2 : 3, 4);
	put_be(m->d, 0, 12);
	put_be(m->d, m->bits, 4);
	put_be(m->d, number(m->a, "now", m->disk), 8);
	put_be(m->d, number(m->a, "crypt", 0), 4);
	put_be(m->d, 0, 24);
	put_be(m->d, 0, 4);		/* snapshots: below */
	put_be(m->d, m->cluster, 8);
	if (v2)
		return;
	put_be(m->d, incompat, 8);
	put_be(m->d, 0, 16);
	put_be(m->d, 4, 4);
	put_be(m->d, 112, 4);
	put_be(m->d, has(m->a, "zstd"), 1);
}

static void put_entry(struct image *m, const char *name, size_t len,
		      unsigned id)
{
	const bool v2 = has(m->a, "v2"), none = len && name[len - 1] == '-';
	uint64_t state = none ? 0 : number(m->a, "state", m->in->len);

	len -= none;
	put_be(m->d, m->l1, 8);
	put_be(m->d, m->l1_first + m->nl1, 4);
	put_be(m->d, 1, 2);
	put_be(m->d, len, 2);
	put_be(m->d, 1700000000 + id, 4);
	put_be(m->d, 0, 12);
	put_be(m->d, v2 ? state : 0, 4);
	put_be(m->d, v2 ? 0 : 16, 4);
	if (!v2) {
		put_be(m->d, state, 8);
		put_be(m->d, m->disk, 8);
	}
	put_be(m->d, '0' + id, 1);
	put_bytes(m->d, name, len);
	while ((m->d->len - m->base) % 8)
		put_be(m->d, 0, 1);
}

static void put_entries(struct image *m)
{
	char names[256] = "s";
	unsigned n = 0;

	arg(m->a, "names", names);
	set_be(m->d, m->base + m->cluster, 0, 0);
	for (const char *p = names; *p; ) {
		size_t len = strcspn(p, "+");

		put_entry(m, p, len, ++n);
		p += len + (p[len] == '+');
	}
	set_be(m->d, m->base + 60, n, 4);
}

static bool all_zero(const struct dough *d)
{
	for (size_t i = 0; i < d->len; i++)
		if (d->p[i])
			return false;
	return true;
}

/* The L2 entry of a compressed cluster, whose data goes to the image's end. */
static uint64_t put_compressed(struct image *m, const struct dough *one)
{
	size_t off = m->d->len - m->base, sectors;

	if (has(m->a, "zstd"))
		put_zstd(m->d, one);
	else
		put_raw_deflate(m->d, one);
	sectors = (m->d->len - m->base - 1) / 512 - off / 512;
	return UINT64_C(1) << 62 | off |
	       (uint64_t)sectors << (62 - (m->bits - 8));
}

static uint64_t bitmap_of(const struct image *m, const struct dough *one)
{
	const size_t sub = m->cluster / 32;
	uint64_t ret = 0;

	for (unsigned i = 0; i < 32; i++) {
		struct dough part = { .p = one->p + i * sub, .len = sub };

		if (!all_zero(&part))
			ret |= UINT64_C(1) << i;
		else if (i % 2)
			ret |= UINT64_C(1) << (32 + i);
	}
	return ret;
}

static void put_cluster(struct image *m, size_t i)
{
	struct dough one = { 0 };
	size_t from = i * m->cluster, len = m->in->len - from;
	size_t slot = has(m->a, "scatter") ? m->n - 1 - i : i;
	size_t off = m->data + slot * m->cluster;
	size_t at = m->base + m->l2 + i * m->entry;
	uint64_t entry = off | UINT64_C(1) << 63;

	if (len > m->cluster)
		len = m->cluster;
	put_bytes(&one, m->in->p + from, len);
	put_fill(&one, 0, m->cluster - len);
	if (has(m->a, "deflate") || has(m->a, "zstd")) {
		entry = put_compressed(m, &one);
	} else if (all_zero(&one) && has(m->a, "holes")) {
		entry = 0;
	} else if (all_zero(&one) && has(m->a, "zeros")) {
		entry = 1;
	} else {
		set_be(m->d, m->base + off + m->cluster, 0, 0);
		memcpy(m->d->p + m->base + off, one.p, m->cluster);
	}
	set_be(m->d, at, entry, 8);
	if (m->entry == 16)
		set_be(m->d, at + 8, bitmap_of(m, &one), 8);
	dough_release(&one);
}

static void put_qcow2(struct dough *d, const struct args *a,
		      const struct dough *in)
{
	struct image m = { .d = d, .a = a, .in = in, .base = d->len };
	uint64_t per_l2;

	m.bits = (unsigned)number(a, "bits", 9);
	m.cluster = (size_t)1 << m.bits;
	m.entry = has(a, "ext") ? 16 : 8;
	m.disk = number(a, "disk", 1000);
	m.n = (in->len + m.cluster - 1) / m.cluster;
	per_l2 = m.cluster / m.entry;
	m.l1_first = (m.disk + per_l2 * m.cluster - 1) / (per_l2 * m.cluster);
	m.nl1 = (m.n + per_l2 - 1) / per_l2;
	m.l1 = 2 * m.cluster;
	m.l2 = m.l1 + ((m.l1_first + m.nl1) * 8 + m.cluster - 1) / m.cluster *
			m.cluster;
	m.data = m.l2 + m.nl1 * m.cluster;
	put_image_header(&m);
	put_entries(&m);
	set_be(d, m.base + m.data, 0, 0);
	for (uint64_t i = 0; i < m.nl1; i++)
		set_be(d, m.base + m.l1 + (m.l1_first + i) * 8,
		       (m.l2 + i * m.cluster) | UINT64_C(1) << 63, 8);
	for (size_t i = 0; i < m.n; i++)
		put_cluster(&m, i);
}

/* The language */

static int hex_value(char c)
{
	const char *digits = "0123456789abcdef", *p;

	p = c ? strchr(digits, c) : NULL;
	return p ? (int)(p - digits) : -1;
}

static const char *put_hex(struct dough *d, const char *p)
{
	while (hex_value(*p) >= 0 && hex_value(p[1]) >= 0) {
		put_be(d, (uint64_t)(hex_value(*p) << 4 | hex_value(p[1])), 1);
		p += 2;
	}
	return p;
}

static void put_noise(struct dough *d, size_t n)
{
	uint32_t x = 1;

	while (n--) {
		x = x * 1664525 + 1013904223;
		put_be(d, x >> 24, 1);
	}
}

static void put_poked(struct dough *d, const struct args *a,
		      const struct dough *in)
{
	size_t start = d->len, off = strtoull(a->text, NULL, 0);
	const char *hex = strchr(a->text, ',');
	struct dough bytes = { 0 };

	if (!hex)
		mistake("poke", a->text);
	put_bytes(d, in->p, in->len);
	put_hex(&bytes, hex + 1);
	for (size_t i = 0; i < bytes.len; i++)
		set_be(d, start + off + i, bytes.p[i], 1);
	dough_release(&bytes);
}

/* The n-th of the arguments between commas, "" if there is none. */
static const char *nth(const struct args *a, unsigned n, char *buf)
{
	const char *p = a->text;

	while (n-- && *p) {
		p += strcspn(p, ",");
		p += *p == ',';
	}
	snprintf(buf, 256, "%.*s", (int)strcspn(p, ","), p);
	return buf;
}

static uint64_t nth_number(const struct args *a, unsigned n)
{
	char buf[256];

	return strtoull(nth(a, n, buf), NULL, 0);
}

static void put_str8(struct dough *d, const char *s)
{
	put_be(d, strlen(s), 1);
	put_bytes(d, s, strlen(s));
}

/* Sections, with their footers unless the last argument is "nf". */
static void put_section(struct dough *d, unsigned kind, const struct args *a,
			const struct dough *in)
{
	bool named = kind == 1 || kind == 4;
	uint64_t id = nth_number(a, 0);
	char buf[256];

	put_be(d, kind, 1);
	put_be(d, id, 4);
	if (named) {
		put_str8(d, nth(a, 1, buf));
		put_be(d, nth_number(a, 2), 4);
		put_be(d, nth_number(a, 3), 4);
	}
	put_bytes(d, in->p, in->len);
	if (!strcmp(nth(a, named ? 4 : 1, buf), "nf"))
		return;
	put_be(d, 0x7e, 1);
	put_be(d, id, 4);
}

static bool put_stream_item(struct dough *d, const char *name,
			    const struct args *a, const struct dough *in)
{
	static const struct { const char *name; unsigned kind; } sections[] = {
		{ "start", 1 }, { "part", 2 }, { "end", 3 }, { "full", 4 },
	};
	char buf[256];

	for (size_t i = 0; i < 4; i++) {
		if (!strcmp(name, sections[i].name)) {
			put_section(d, sections[i].kind, a, in);
			return true;
		}
	}
	if (!strcmp(name, "str8")) {
		put_str8(d, a->text);
	} else if (!strcmp(name, "be16") || !strcmp(name, "be32") ||
		   !strcmp(name, "be64")) {
		put_be(d, nth_number(a, 0), (unsigned)atoi(name + 2) / 8);
	} else if (!strcmp(name, "sub")) {
		put_be(d, 5, 1);
		put_str8(d, nth(a, 0, buf));
		put_be(d, nth_number(a, 1), 4);
		put_bytes(d, in->p, in->len);
	} else if (!strcmp(name, "config")) {
		put_be(d, 7, 1);
		put_be(d, strlen(a->text), 4);
		put_bytes(d, a->text, strlen(a->text));
		put_bytes(d, in->p, in->len);
	} else if (!strcmp(name, "command")) {
		put_be(d, 8, 1);
		put_be(d, nth_number(a, 0), 2);
		put_be(d, in->len, 2);
		put_bytes(d, in->p, in->len);
	} else if (!strcmp(name, "json")) {
		put_be(d, 6, 1);
		put_be(d, in->len, 4);
		put_bytes(d, in->p, in->len);
	} else {
		return false;
	}
	return true;
}

static void put_item(struct dough *d, const char *name, const struct args *a,
		     const struct dough *in)
{
	const char *comma = strchr(a->text, ',');

	if (!strcmp(name, "QEVM"))
		put_be(d, UINT64_C(0x5145564d00000003), 8);
	else if (!strcmp(name, "fill"))
		put_fill(d, (uint8_t)strtoul(a->text, NULL, 16),
			 strtoull(comma + 1, NULL, 0));
	else if (!strcmp(name, "noise"))
		put_noise(d, strtoull(a->text, NULL, 0));
	else if (!strcmp(name, "cut"))
		put_bytes(d, in->p, in->len - strtoull(a->text, NULL, 0));
	else if (!strcmp(name, "poke"))
		put_poked(d, a, in);
	else if (!strcmp(name, "gzip"))
		put_gzip(d, in);
	else if (!strcmp(name, "bzip2"))
		put_bzip2(d, in);
	else if (!strcmp(name, "xz") || !strcmp(name, "lzma"))
		put_lzma(d, in, *name == 'l');
	else if (!strcmp(name, "zstd"))
		put_zstd(d, in);
	else if (!strcmp(name, "lz4"))
		put_lz4(d, in);
	else if (!strcmp(name, "lzop"))
		put_lzop(d, in);
	else if (!strcmp(name, "libvirt"))
		put_libvirt(d, a, in);
	else if (!strcmp(name, "qcow2"))
		put_qcow2(d, a, in);
	else if (!put_stream_item(d, name, a, in))
		mistake("unknown item", name);
}

static const char *put_items(struct dough *d, const char *p);

static const char *put_named(struct dough *d, const char *p)
{
	struct dough in = { 0 };
	struct args a = { "" };
	char name[32];
	size_t n = 0;

	while (isalnum((unsigned char)*p) && n < sizeof(name) - 1)
		name[n++] = *p++;
	name[n] = '\0';
	if (!n)
		mistake("unexpected", p);
	if (*p == '[') {
		size_t len = strcspn(++p, "]");

		snprintf(a.text, sizeof(a.text), "%.*s", (int)len, p);
		p += len + 1;
	}
	if (*p == '(') {
		p = put_items(&in, p + 1);
		if (*p++ != ')')
			mistake("no closing parenthesis", p - 1);
	}
	put_item(d, name, &a, &in);
	dough_release(&in);
	return p;
}

/* Hex digits and names look alike ("fa", "fill"): a name goes on. */
static bool is_hex(const char *p)
{
	size_t n = strspn(p, "0123456789abcdef");

	return n && n % 2 == 0 && !isalnum((unsigned char)p[n]) && p[n] != '[' &&
	       p[n] != '(';
}

static const char *put_items(struct dough *d, const char *p)
{
	while (*p && *p != ')') {
		if (*p == ' ') {
			p++;
		} else if (*p == '\'') {
			size_t len = strcspn(++p, "'");

			put_bytes(d, p, len);
			p += len + 1;
		} else if (is_hex(p)) {
			p = put_hex(d, p);
		} else {
			p = put_named(d, p);
		}
	}
	return p;
}

void bake(struct dough *ret, const char *text)
{
	memset(ret, 0, sizeof(*ret));
	text = put_items(ret, text);
	if (*text)
		mistake("text left over", text);
}
