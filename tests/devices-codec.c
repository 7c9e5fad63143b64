/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * devices-codec.c - what the codecs read, item by item.
 *
 * A wire of our own loads descriptors in the simplest way that the codecs'
 * tables need, and writes what it is told in one line:
 *
 *	name=0x1234	an item of up to 8 bytes
 *	name[256]	a longer one
 *	name{ ... }	a group, a descriptor
 *	!(text)		a line of the emulator's
 *	?(text)		unjudged; unknown(text)
 *	-		the stream ends
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../devices/codec.h"

struct fact {
	char key[40];
	int64_t value;
};

struct test_wire {
	struct wire wire;	/* first: the codecs get this */
	const uint8_t *data;
	uint64_t pos, len;
	unsigned depth;
	FILE *out;		/* NULL: silent */
	bool started;
	uint64_t blamed;	/* the byte that an error is about, or UINT64_MAX */
	unsigned items, unknowns, unjudgeds;
	struct fact facts[32], reference[32];
	unsigned nfacts, nreference;
	/* The reference's own configuration space, handed to "pci config". */
	const uint8_t *seen;
	uint64_t seen_len;
};

static struct test_wire *self(struct wire *w)
{
	return (struct test_wire *)w;
}

static void put(struct test_wire *t, const char *fmt, ...)
{
	va_list ap;

	if (!t->out)
		return;
	if (t->started)
		fputc(' ', t->out);
	t->started = true;
	va_start(ap, fmt);
	vfprintf(t->out, fmt, ap);
	va_end(ap);
}

static const uint8_t *t_take(struct wire *w, const char *name,
			     const char *type, uint64_t n)
{
	struct test_wire *t = self(w);
	const uint8_t *p = t->data + t->pos;

	if (t->len - t->pos < n) {
		put(t, "-");
		t->pos = t->len;	/* all is read */
		return NULL;
	}
	if (n <= 8 && n) {
		bool little = !strncmp(type, "le", 2);
		uint64_t v = 0;

		for (unsigned i = 0; i < n; i++)
			v = v << 8 | p[little ? n - 1 - i : i];
		put(t, "%s=0x%" PRIx64, name, v);
	} else {
		put(t, "%s[%" PRIu64 "]", name, n);
	}
	t->pos += n;
	t->items++;
	return p;
}

static int t_peek(struct wire *w, uint64_t ahead)
{
	struct test_wire *t = self(w);

	return t->len - t->pos > ahead ? t->data[t->pos + ahead] : -1;
}

static uint64_t t_offset(struct wire *w)
{
	return self(w)->pos;
}

static void t_enter(struct wire *w, const char *name, const char *type)
{
	assert_non_null(type);
	put(self(w), "%s{", name);
	self(w)->depth++;
}

static void t_leave(struct wire *w)
{
	assert_true(self(w)->depth > 0);
	self(w)->depth--;
	put(self(w), "}");
}

static void t_message(struct test_wire *t, const char *kind, const char *fmt,
		      va_list ap)
{
	char msg[512];

	vsnprintf(msg, sizeof(msg), fmt, ap);
	put(t, "%s(%s)", kind, msg);
}

static void t_error(struct wire *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t_message(self(w), "!", fmt, ap);
	va_end(ap);
}

static void t_unjudged(struct wire *w, const char *fmt, ...)
{
	va_list ap;

	self(w)->unjudgeds++;
	va_start(ap, fmt);
	t_message(self(w), "?", fmt, ap);
	va_end(ap);
}

static void t_unknown(struct wire *w, const char *fmt, ...)
{
	va_list ap;

	self(w)->unknowns++;
	va_start(ap, fmt);
	t_message(self(w), "unknown", fmt, ap);
	va_end(ap);
}

static void t_fact_set(struct wire *w, const char *key, int64_t value)
{
	struct test_wire *t = self(w);
	unsigned i;

	for (i = 0; i < t->nfacts; i++)
		if (!strcmp(t->facts[i].key, key))
			break;
	assert_true(i < CODEC_COUNT(t->facts));
	if (i == t->nfacts)
		t->nfacts++;
	snprintf(t->facts[i].key, sizeof(t->facts[i].key), "%s", key);
	t->facts[i].value = value;
}

static bool t_fact_get(struct wire *w, const char *key, int64_t *value)
{
	struct test_wire *t = self(w);

	for (unsigned i = 0; i < t->nreference; i++)
		if (!strcmp(t->reference[i].key, key)) {
			*value = t->reference[i].value;
			return true;
		}
	for (unsigned i = 0; i < t->nfacts; i++)
		if (!strcmp(t->facts[i].key, key)) {
			*value = t->facts[i].value;
			return true;
		}
	return false;
}

static int t_load(struct wire *w, const struct desc *d, int version,
		  const char *name);

/* Bytes of a leaf that the loader reads itself; 0 none of those. */
static unsigned leaf_size(const char *type)
{
	static const struct {
		const char *type;
		unsigned size;
	} leaf[] = {
		{ "bool", 1 }, { "int8", 1 }, { "uint8", 1 },
		{ "int16", 2 }, { "uint16", 2 }, { "int32", 4 },
		{ "uint32", 4 }, { "int64", 8 }, { "uint64", 8 },
		{ "uint8 equal", 1 }, { "uint16 equal", 2 },
		{ "uint32 equal", 4 }, { "int32 equal", 4 },
		{ "int32 le", 4 }, { "timer", 8 },
	};

	for (size_t i = 0; i < CODEC_COUNT(leaf); i++)
		if (!strcmp(leaf[i].type, type))
			return leaf[i].size;
	return 0;
}

/* Run @type's codec for a field as a nested reader would. */
static int run_codec(struct test_wire *t, const struct codec *c,
		     const struct desc_field *f, uint64_t len, unsigned variant)
{
	struct wire old = t->wire;
	int ret;

	t->wire.field = f;
	t->wire.len = len;
	t->wire.seen = NULL;
	if (!strcmp(c->type, "pci config")) {
		t->wire.seen = t->seen;
		t->wire.seen_len = t->seen_len;
	}
	ret = c->read(&t->wire, variant);
	t->wire = old;
	return ret;
}

static int load_one(struct test_wire *t, const struct desc_field *f)
{
	unsigned size = leaf_size(f->type);
	const struct codec *c;
	int ret = 0;

	if (size)
		return t_take(&t->wire, f->name, f->type, size) ? 0 : -EIO;
	if (!strcmp(f->type, "struct"))
		return t_load(&t->wire, f->desc, f->desc->version, f->name);
	if (!strcmp(f->type, "tmp")) {
		t_enter(&t->wire, f->name, "tmp");
		ret = t_load(&t->wire, f->desc, f->desc->version, f->name);
		t_leave(&t->wire);
		return ret;
	}
	if (!strcmp(f->type, "qlist")) {
		uint8_t more;

		do {
			if (!wire_u8(&t->wire, "more", &more))
				return -EIO;
			if (more)
				ret = t_load(&t->wire, f->desc, f->version,
					     f->name);
		} while (more && !ret);
		return ret;
	}
	if (!strcmp(f->type, "buffer") || !strcmp(f->type, "unused_buffer"))
		return t_take(&t->wire, f->name, f->type, f->size) ? 0 : -EIO;
	c = codec_find(f->type);
	assert_non_null(c);
	t_enter(&t->wire, f->name, f->type);
	ret = run_codec(t, c, f, f->size ? f->size : UINT64_MAX, 0);
	t_leave(&t->wire);
	return ret;
}

static int load_fields(struct test_wire *t, const struct desc *d, int version)
{
	uint64_t counts[32] = { 0 };

	for (size_t i = 0; i < d->nfields; i++) {
		const struct desc_field *f = &d->fields[i];
		uint64_t n = (uint64_t)f->num;
		struct desc_field sized = *f;
		uint64_t before = t->pos;

		if (f->version > version)
			continue;
		assert_true(i < CODEC_COUNT(counts));
		if (f->count_field) {
			n = UINT64_MAX;
			for (size_t j = 0; j < i; j++)
				if (!strcmp(d->fields[j].name, f->count_field))
					n = counts[j];
			assert_true(n != UINT64_MAX);
			if (f->flags & VMS_VBUFFER) {
				sized.size = n * (f->multiplier ?
						  f->multiplier : 1);
				n = 1;
			}
		}
		for (uint64_t e = 0; e < n; e++) {
			int ret;

			if (f->elem_descs)
				sized.desc = f->elem_descs[e];
			ret = load_one(t, &sized);

			if (ret && ret != -EIO)
				put(t, "!(Failed to load %s:%s)", d->name,
				    f->name);
			if (ret)
				return ret;
		}
		if (t->pos - before <= 8)
			counts[i] = be_load(t->data + before,
					    (unsigned)(t->pos - before));
	}
	return 0;
}

static int t_load(struct wire *w, const struct desc *d, int version,
		  const char *name)
{
	struct test_wire *t = self(w);
	int ret;

	(void)name;
	put(t, "%s/%d{", d->name, version);
	if (version > d->version || version < d->min_version)
		return -EINVAL;
	t->depth++;
	ret = load_fields(t, d, version);
	while (!ret && t_peek(w, 0) == 0x05) {
		const struct desc *sub = NULL;
		char sub_name[256];
		int n = t_peek(w, 1);

		if (n < 0 || t_peek(w, 1 + (uint64_t)n) < 0) {
			ret = -EIO;
			break;
		}
		for (int i = 0; i < n; i++)
			sub_name[i] = (char)t_peek(w, 2 + (uint64_t)i);
		sub_name[n] = 0;
		if (n < (int)strlen(d->name) + 1 ||
		    strncmp(sub_name, d->name, strlen(d->name)))
			break;
		for (size_t i = 0; i < d->nsubs; i++)
			if (!strcmp(d->subs[i]->name, sub_name))
				sub = d->subs[i];
		if (!sub) {
			ret = -ENOENT;
			break;
		}
		if (!t_take(w, sub_name, "subsection", (uint64_t)n + 6)) {
			ret = -EIO;
			break;
		}
		ret = t_load(w, sub, t->data[t->pos - 1], sub_name);
	}
	t->depth--;
	put(t, "}");
	return ret;
}

static void t_blame(struct wire *w, uint64_t offset)
{
	assert_true(offset < t_offset(w));
	self(w)->blamed = offset;
}

static const struct wire_ops test_ops = {
	.take = t_take, .peek = t_peek, .offset = t_offset,
	.enter = t_enter, .leave = t_leave, .load = t_load,
	.error = t_error, .blame = t_blame, .unjudged = t_unjudged, .unknown = t_unknown,
	.fact_set = t_fact_set, .fact_get = t_fact_get,
};

static void test_wire_init(struct test_wire *t, const char *idstr, int version,
			   const void *data, uint64_t len)
{
	*t = (struct test_wire){
		.wire = { .ops = &test_ops, .idstr = idstr,
			  .version = version, .len = UINT64_MAX },
		.data = data, .len = len, .blamed = UINT64_MAX,
	};
}


/*
 * Hex digits with blanks, and "xx*n" for a byte n times.  The buffer has
 * exactly the size of the data.
 */
static uint8_t *from_hex(const char *hex, uint64_t *len)
{
	uint8_t *ret = malloc(1);
	size_t n = 0;

	while (*hex) {
		unsigned byte, times = 1;
		int used = 0;

		if (*hex == ' ') {
			hex++;
			continue;
		}
		assert_int_equal(sscanf(hex, "%2x%n", &byte, &used), 1);
		assert_int_equal(used, 2);
		hex += 2;
		if (*hex == '*')
			times = (unsigned)strtoul(hex + 1, (char **)&hex, 10);
		ret = realloc(ret, n + times + 1);
		assert_non_null(ret);
		memset(ret + n, (int)byte, times);
		n += times;
	}
	*len = n;
	return realloc(ret, n ? n : 1);
}

struct codec_case {
	const char *what, *idstr, *type;
	int version;
	unsigned variant;
	const char *hex, *want;
	int ret;
	const char *facts;	/* "key=value key=value", of the reference */
};

static void set_reference(struct test_wire *t, const char *facts)
{
	while (facts && *facts) {
		struct fact *f = &t->reference[t->nreference++];
		int used = 0;

		assert_true(t->nreference <= CODEC_COUNT(t->reference));
		assert_int_equal(sscanf(facts, " %39[^=]=%" SCNi64 "%n",
					f->key, &f->value, &used), 2);
		facts += used;
	}
}

/* Read @len bytes of @data as @c says; the text goes to *@text. */
static int run_case(const struct codec_case *c, const uint8_t *data,
		    uint64_t len, uint64_t known, uint64_t *pos, char **text)
{
	const struct codec *codec = codec_find(c->type);
	const struct section_codec *section = section_codec_find(c->idstr);
	struct desc_field field = {
		.name = c->type, .type = c->type, .num = 1, .dup = -1,
	};
	struct test_wire t;
	size_t size;
	int ret;

	test_wire_init(&t, c->idstr, c->version, data, len);
	set_reference(&t, c->facts);
	t.wire.field = &field;
	t.wire.len = known;
	t.out = open_memstream(text, &size);
	assert_non_null(t.out);
	if (codec) {
		assert_true(c->variant < codec->nvariants);
		ret = codec->read(&t.wire, c->variant);
	} else {
		assert_non_null(section);
		ret = section->read(&t.wire, 0x02, c->version);
	}
	assert_int_equal(t.depth, 0);
	assert_true(t.pos <= len);
	fclose(t.out);
	*pos = t.pos;
	return ret;
}

/*
 * Cut at every length: a codec that has not yet refused must find the end,
 * unless what is left was optional; and nothing beyond is touched (the
 * buffer is exact, the sanitizer watches).
 */
static void run_cuts(const struct codec_case *c, const uint8_t *data,
		     uint64_t len)
{
	for (uint64_t cut = 0; cut < len; cut += len > 4096 ? 97 : 1) {
		uint8_t *part = malloc(cut ? cut : 1);
		char *text;
		uint64_t pos;
		int ret;

		memcpy(part, data, cut);
		ret = run_case(c, part, cut, len, &pos, &text);
		if (ret != -EIO && ret != c->ret &&
		    !(ret == 0 && pos == cut))
			fail_msg("%s cut at %u: %d, %s", c->what, (unsigned)cut,
				 ret, text);
		free(text);
		free(part);
	}
}

#define RNG	"virtio-mmio@00000000feb00a00/virtio-rng"
#define NET	"virtio-mmio@00000000feb00e00/virtio-net"
#define BLK	"virtio-mmio@00000000feb00c00/virtio-blk"
#define CON	"virtio-mmio@00000000feb00800/virtio-console"
/* mmio's three words; status, isr, queue_sel, features, config_len 0 */
#define MMIO	"00000000 00000001 00000000 00 00 0000 00000000 00000000 "
#define MMIO_WANT \
	"host_features_sel=0x0 guest_features_sel=0x1 guest_page_shift=0x0 " \
	"status=0x0 isr=0x0 queue_sel=0x0 guest_features=0x0 config_len=0x0 " \
	"config{ } "
#define QUEUE	"00000008 00001000 0000000000000000 0000 "
#define QUEUE_WANT(i) \
	"vq[" #i "]{ vring.num=0x8 vring.align=0x1000 vring.desc=0x0 " \
	"last_avail_idx=0x0 } "

static const struct codec_case cases[] = {
	{ "bitmap", "x", "bitmap", 1, 0,
	  "0000000000000003 8000000000000000",
	  "bits[16]",
	  0, NULL },
	{ "ppc fpr", "x", "fpr", 1, 0,
	  "3ff0000000000000",
	  "fpr=0x3ff0000000000000",
	  0, NULL },
	{ "mips fpr", "x", "fpr", 1, 0,
	  "3ff0000000000000 0000000000000000",
	  "data[16]",
	  0, NULL },
	{ "avr", "x", "avr", 1, 0,
	  "0000000000000001 0000000000000002",
	  "high=0x1 low=0x2",
	  0, NULL },
	{ "slbe", "x", "slbe", 1, 0,
	  "0000000008000000 0000000000000400",
	  "esid=0x8000000 vsid=0x400",
	  0, NULL },
	{ "cpsr", "x", "cpsr", 1, 0,
	  "400001d3",
	  "cpsr=0x400001d3",
	  0, NULL },
	{ "powered_off", "x", "powered_off", 1, 0,
	  "01",
	  "powered_off=0x1",
	  0, NULL },
	{ "fpcr since 9.1", "x", "fpcr", 1, 0,
	  "0000000003000000",
	  "fpcr=0x3000000",
	  0, NULL },
	{ "fw_cfg's hack", "x", "int32_as_uint16", 1, 0,
	  "0102",
	  "value=0x102",
	  0, NULL },
	{ "capability", "x", "capability", 1, 0,
	  "0a 6d61707065642d72616d",
	  "length=0xa name[10]",
	  0, NULL },
	{ "flic, one interrupt", "x", "irqs", 1, 0,
	  "0000000000000001 00*72",
	  "count=0x1 irqs[72]",
	  0, NULL },
	{ "flic, none", "x", "irqs", 1, 0,
	  "0000000000000000",
	  "count=0x0",
	  0, NULL },
	{ "flic, the source failed", "x", "irqs", 1, 0,
	  "ff*8",
	  "count=0xffffffffffffffff",
	  -EINVAL, NULL },
	{ "flic, absurd", "x", "irqs", 1, 0,
	  "0100000000000000",
	  "count=0x100000000000000",
	  -ENOMEM, NULL },
	{ "mmio rng", RNG, "virtio", 1, 0,
	  MMIO "00000001" QUEUE,
	  MMIO_WANT "num_queues=0x1 " QUEUE_WANT(0)
	  "virtio/1{ }",
	  0, NULL },
	{ "mmio rng, virtio 1", RNG, "virtio", 1, 0,
	  MMIO
	  "00000000 05 15 76697274696f2f36346269745f6665617475726573 "
	  "00000001 0000000100000000",
	  MMIO_WANT
	  "num_queues=0x0 virtio/1{ virtio/64bit_features[27] "
	  "virtio/64bit_features/1{ guest_features=0x100000000 } }",
	  0, NULL },
	{ "mmio rng, unknown subsection", RNG, "virtio", 1, 0,
	  MMIO "00000000 05 08 76697274696f2f78 00000001",
	  MMIO_WANT
	  "num_queues=0x0 virtio/1{ }",
	  -ENOENT, NULL },
	{ "mmio rng, somebody else's subsection", RNG, "virtio", 1, 0,
	  MMIO "00000000",
	  MMIO_WANT
	  "num_queues=0x0 virtio/1{ }",
	  0, NULL },
	{ "too many queues", RNG, "virtio", 1, 0,
	  MMIO "00000401",
	  MMIO_WANT
	  "num_queues=0x401 !(Invalid number of virtqueues: 0x401)",
	  -1, NULL },
	{ "queue_sel beyond", RNG, "virtio", 1, 0,
	  "00000000 00000001 00000000 00 00 0400",
	  "host_features_sel=0x0 guest_features_sel=0x1 "
	  "guest_page_shift=0x0 status=0x0 isr=0x0 queue_sel=0x400",
	  -1, NULL },
	{ "index without an address", RNG, "virtio", 1, 0,
	  MMIO "00000001 00000008 00001000 0000000000000000 0007",
	  MMIO_WANT
	  "num_queues=0x1 vq[0]{ vring.num=0x8 vring.align=0x1000 "
	  "vring.desc=0x0 last_avail_idx=0x7 !(VQ 0 address 0x0 "
	  "inconsistent with Host index 0x7) }",
	  -1, NULL },
	{ "running queue", RNG, "virtio", 1, 0,
	  "00000000 00000001 00000000 0f 00 0000 10000000 00000000 "
	  "00000001 00000008 00001000 0000000001000000 0007",
	  "host_features_sel=0x0 guest_features_sel=0x1 "
	  "guest_page_shift=0x0 status=0xf isr=0x0 queue_sel=0x0 "
	  "guest_features=0x10000000 config_len=0x0 config{ } "
	  "num_queues=0x1 vq[0]{ vring.num=0x8 vring.align=0x1000 "
	  "vring.desc=0x1000000 last_avail_idx=0x7 ?(VQ 0: its "
	  "indices must agree with the rings in guest memory (Host "
	  "index 0x7)) } virtio/1{ } ?(the destination must offer "
	  "the guest's features (low half 0x10000000))",
	  0, NULL },
	{ "config longer than ours", CON, "virtio", 3, 0,
	  "00000000 00000001 00000000 00 00 0000 00000000 0000000c "
	  "50001900 1f000000 00000000 00000000 0000 0000 00000000 "
	  "00000001 00000000",
	  "host_features_sel=0x0 guest_features_sel=0x1 "
	  "guest_page_shift=0x0 status=0x0 isr=0x0 queue_sel=0x0 "
	  "guest_features=0x0 config_len=0xc config{ cols=0x50 "
	  "rows=0x19 max_nr_ports=0x1f excess=0x0 } num_queues=0x0 "
	  "cols=0x0 rows=0x0 max_nr_ports=0x0 ports_map[0]=0x1 "
	  "?(ports_map[0] must equal the destination's 0x1) "
	  "nr_active_ports=0x0 virtio/1{ }",
	  0, "virtio-config-len=8" },
	{ "block, a request for no queue", BLK, "virtio", 2, 0,
	  MMIO "00000002" QUEUE QUEUE "01 00000002",
	  MMIO_WANT "num_queues=0x2 " QUEUE_WANT(0) QUEUE_WANT(1)
	  "more=0x1 vq_idx=0x2 !(Invalid virtqueue index in request "
	  "list: 0x2)",
	  -EINVAL, NULL },
	{ "block, none under way", BLK, "virtio", 2, 0,
	  MMIO "00000001" QUEUE "00",
	  MMIO_WANT "num_queues=0x1 " QUEUE_WANT(0)
	  "more=0x0 virtio/1{ }",
	  0, NULL },
	{ "block, one under way", BLK, "virtio", 2, 0,
	  MMIO "00000001" QUEUE
	  "01 03000000 01000000 02000000 00000000 00*8192 00*8192 "
	  "00*16384 00*16384 00",
	  MMIO_WANT "num_queues=0x1 " QUEUE_WANT(0)
	  "more=0x1 request{ index=0x3 out_num=0x1 in_num=0x2 "
	  "padding=0x0 in_addr[8192] out_addr[8192] in_sg[16384] "
	  "out_sg[16384] } more=0x0 virtio/1{ }",
	  0, NULL },
	{ "block, element too large", BLK, "virtio", 2, 0,
	  MMIO "00000001" QUEUE
	  "01 03000000 01040000 02000000 00000000 00*8192 00*8192 "
	  "00*16384 00*16384",
	  MMIO_WANT "num_queues=0x1 " QUEUE_WANT(0)
	  "more=0x1 request{ index=0x3 out_num=0x401 in_num=0x2 "
	  "padding=0x0 in_addr[8192] out_addr[8192] in_sg[16384] "
	  "out_sg[16384] !(qemu_get_virtqueue_element: Assertion "
	  "`ARRAY_SIZE(data.in_addr) >= data.in_num' failed.) }",
	  -EINVAL, NULL },
	{ "console, two ports", CON, "virtio", 3, 0,
	  MMIO "00000006" QUEUE QUEUE QUEUE QUEUE QUEUE QUEUE
	  "0050 0019 00000002 00000003 00000002 00000000 01 01 "
	  "00000000 00000001 01 01 00000000",
	  MMIO_WANT "num_queues=0x6 " QUEUE_WANT(0) QUEUE_WANT(1) QUEUE_WANT(2) QUEUE_WANT(3) QUEUE_WANT(4) QUEUE_WANT(5)
	  "cols=0x50 rows=0x19 max_nr_ports=0x2 ports_map[0]=0x3 "
	  "?(ports_map[0] must equal the destination's 0x3) "
	  "nr_active_ports=0x2 port{ id=0x0 guest_connected=0x1 "
	  "host_connected=0x1 elem_popped=0x0 } port{ id=0x1 "
	  "guest_connected=0x1 host_connected=0x1 elem_popped=0x0 } "
	  "virtio/1{ }",
	  0, NULL },
	{ "console, ports differ", CON, "virtio", 3, 0,
	  MMIO "00000004" QUEUE QUEUE QUEUE QUEUE
	  "0050 0019 00000001 00000003",
	  MMIO_WANT "num_queues=0x4 " QUEUE_WANT(0) QUEUE_WANT(1) QUEUE_WANT(2) QUEUE_WANT(3)
	  "cols=0x50 rows=0x19 max_nr_ports=0x1 ports_map[0]=0x3",
	  -EINVAL, "ports_map[0]=1" },
	{ "net", NET, "virtio", 11, 0,
	  MMIO "00000003" QUEUE QUEUE QUEUE
	  "525400123456 00000000 00000000 0001 01 00 00000001 "
	  "ffffffffffff ff*512 00000001 00 00 00 00 00 00 00",
	  MMIO_WANT "num_queues=0x3 " QUEUE_WANT(0) QUEUE_WANT(1) QUEUE_WANT(2)
	  "virtio-net-device/11{ mac=0x52 mac=0x54 mac=0x0 mac=0x12 "
	  "mac=0x34 mac=0x56 virtio-net-queue-tx_waiting/0{ "
	  "tx_waiting=0x0 } mergeable_rx_bufs=0x0 status=0x1 "
	  "promisc=0x1 allmulti=0x0 mac_table.in_use=0x1 "
	  "mac_table.macs=0xffffffffffff vlans[512] tmp{ "
	  "virtio-net-vnet/0{ has_vnet_hdr=0x1 } } "
	  "mac_table.multi_overflow=0x0 mac_table.uni_overflow=0x0 "
	  "alluni=0x0 nomulti=0x0 nouni=0x0 nobcast=0x0 tmp{ "
	  "virtio-net-ufo/0{ has_ufo=0x0 } } tmp{ "
	  "virtio-net-tx_waiting/0{ } } } virtio/1{ }",
	  0, NULL },
	{ "net, four pairs, two in use", NET, "virtio", 11, 4,
	  MMIO "00000003" QUEUE QUEUE QUEUE
	  "525400123456 00000000 00000000 0001 01 00 00000001 "
	  "ffffffffffff ff*512 00000001 00 00 00 00 00 00 00 0004 "
	  "0002 00000000",
	  MMIO_WANT "num_queues=0x3 " QUEUE_WANT(0) QUEUE_WANT(1) QUEUE_WANT(2)
	  "virtio-net-device/11{ mac=0x52 mac=0x54 mac=0x0 mac=0x12 "
	  "mac=0x34 mac=0x56 virtio-net-queue-tx_waiting/0{ "
	  "tx_waiting=0x0 } mergeable_rx_bufs=0x0 status=0x1 "
	  "promisc=0x1 allmulti=0x0 mac_table.in_use=0x1 "
	  "mac_table.macs=0xffffffffffff vlans[512] tmp{ "
	  "virtio-net-vnet/0{ has_vnet_hdr=0x1 } } "
	  "mac_table.multi_overflow=0x0 mac_table.uni_overflow=0x0 "
	  "alluni=0x0 nomulti=0x0 nouni=0x0 nobcast=0x0 tmp{ "
	  "virtio-net-ufo/0{ has_ufo=0x0 } } max_queue_pairs=0x4 "
	  "curr_queue_pairs=0x2 tmp{ virtio-net-tx_waiting/0{ "
	  "virtio-net-queue-tx_waiting/0{ tx_waiting=0x0 } } } } "
	  "virtio/1{ }",
	  0, NULL },
	{ "net, more pairs than there are", NET, "virtio", 11, 4,
	  MMIO "00000003" QUEUE QUEUE QUEUE
	  "525400123456 00000000 00000000 0001 01 00 00000001 "
	  "ffffffffffff ff*512 00000001 00 00 00 00 00 00 00 0002 "
	  "0004",
	  MMIO_WANT "num_queues=0x3 " QUEUE_WANT(0) QUEUE_WANT(1) QUEUE_WANT(2)
	  "virtio-net-device/11{ mac=0x52 mac=0x54 mac=0x0 mac=0x12 "
	  "mac=0x34 mac=0x56 virtio-net-queue-tx_waiting/0{ "
	  "tx_waiting=0x0 } mergeable_rx_bufs=0x0 status=0x1 "
	  "promisc=0x1 allmulti=0x0 mac_table.in_use=0x1 "
	  "mac_table.macs=0xffffffffffff vlans[512] tmp{ "
	  "virtio-net-vnet/0{ has_vnet_hdr=0x1 } } "
	  "mac_table.multi_overflow=0x0 mac_table.uni_overflow=0x0 "
	  "alluni=0x0 nomulti=0x0 nouni=0x0 nobcast=0x0 tmp{ "
	  "virtio-net-ufo/0{ has_ufo=0x0 } } max_queue_pairs=0x2 "
	  "curr_queue_pairs=0x4 } !(virtio-net: curr_queue_pairs 4 > "
	  "max_queue_pairs 2) !(Failed to load virtio-net-device:tmp)",
	  -EINVAL, NULL },
	{ "net, too many addresses", NET, "virtio", 11, 0,
	  MMIO "00000000 525400123456 00000000 00000000 0001 01 00 "
	  "00000041 ff*390 ff*512 00000001 00 00 00 00 00 00 00",
	  MMIO_WANT
	  "num_queues=0x0 unknown(what the destination does with 0 "
	  "virtqueues: a virtio-net has two for each pair and one, and newer "
	  "releases crash over another number) "
	  "virtio-net-device/11{ mac=0x52 mac=0x54 "
	  "mac=0x0 mac=0x12 mac=0x34 mac=0x56 "
	  "virtio-net-queue-tx_waiting/0{ tx_waiting=0x0 } "
	  "mergeable_rx_bufs=0x0 status=0x1 promisc=0x1 allmulti=0x0 "
	  "mac_table.in_use=0x41 unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff "
	  "unused=0xffffffffffff unused=0xffffffffffff vlans[512] "
	  "tmp{ virtio-net-vnet/0{ has_vnet_hdr=0x1 } } "
	  "mac_table.multi_overflow=0x0 mac_table.uni_overflow=0x0 "
	  "alluni=0x0 nomulti=0x0 nouni=0x0 nobcast=0x0 tmp{ "
	  "virtio-net-ufo/0{ has_ufo=0x0 } } tmp{ "
	  "virtio-net-tx_waiting/0{ } } } virtio/1{ }",
	  0, NULL },
	{ "net, offloads, rss", NET, "virtio", 11, 0,
	  "00000000 00000001 00000000 00 00 0000 00000004 00000000 "
	  "00000000 525400123456 00000000 00000000 0001 01 00 "
	  "00000000 ff*512 00000001 00 00 00 00 00 00 00 "
	  "0000000000000000 05 15 "
	  "76697274696f2d6e65742d6465766963652f727373 00000001 01 01 "
	  "00 0000003f 0002 0000 00*40 0000 0001",
	  "host_features_sel=0x0 guest_features_sel=0x1 "
	  "guest_page_shift=0x0 status=0x0 isr=0x0 queue_sel=0x0 "
	  "guest_features=0x4 config_len=0x0 config{ } "
	  "num_queues=0x0 unknown(what the destination does with 0 "
	  "virtqueues: a virtio-net has two for each pair and one, and newer "
	  "releases crash over another number) "
	  "virtio-net-device/11{ mac=0x52 mac=0x54 "
	  "mac=0x0 mac=0x12 mac=0x34 mac=0x56 "
	  "virtio-net-queue-tx_waiting/0{ tx_waiting=0x0 } "
	  "mergeable_rx_bufs=0x0 status=0x1 promisc=0x1 allmulti=0x0 "
	  "mac_table.in_use=0x0 mac_table.macs[0] vlans[512] tmp{ "
	  "virtio-net-vnet/0{ has_vnet_hdr=0x1 } } "
	  "mac_table.multi_overflow=0x0 mac_table.uni_overflow=0x0 "
	  "alluni=0x0 nomulti=0x0 nouni=0x0 nobcast=0x0 tmp{ "
	  "virtio-net-ufo/0{ has_ufo=0x0 } } tmp{ "
	  "virtio-net-tx_waiting/0{ } } curr_guest_offloads=0x0 "
	  "virtio-net-device/rss[27] virtio-net-device/rss/1{ "
	  "rss_data.enabled=0x1 rss_data.redirect=0x1 "
	  "rss_data.populate_hash=0x0 rss_data.hash_types=0x3f "
	  "rss_data.indirections_len=0x2 rss_data.default_queue=0x0 "
	  "rss_data.key=0x0 rss_data.key=0x0 rss_data.key=0x0 "
	  "rss_data.key=0x0 rss_data.key=0x0 rss_data.key=0x0 "
	  "rss_data.key=0x0 rss_data.key=0x0 rss_data.key=0x0 "
	  "rss_data.key=0x0 rss_data.key=0x0 rss_data.key=0x0 "
	  "rss_data.key=0x0 rss_data.key=0x0 rss_data.key=0x0 "
	  "rss_data.key=0x0 rss_data.key=0x0 rss_data.key=0x0 "
	  "rss_data.key=0x0 rss_data.key=0x0 rss_data.key=0x0 "
	  "rss_data.key=0x0 rss_data.key=0x0 rss_data.key=0x0 "
	  "rss_data.key=0x0 rss_data.key=0x0 rss_data.key=0x0 "
	  "rss_data.key=0x0 rss_data.key=0x0 rss_data.key=0x0 "
	  "rss_data.key=0x0 rss_data.key=0x0 rss_data.key=0x0 "
	  "rss_data.key=0x0 rss_data.key=0x0 rss_data.key=0x0 "
	  "rss_data.key=0x0 rss_data.key=0x0 rss_data.key=0x0 "
	  "rss_data.key=0x0 rss_data.indirections_table=0x0 "
	  "rss_data.indirections_table=0x1 } } virtio/1{ } ?(the "
	  "destination must offer the guest's features (low half "
	  "0x4))",
	  0, NULL },
	{ "balloon", "virtio-mmio@0/virtio-balloon", "virtio", 1, 0,
	  MMIO "00000000 00000000 00000000 05 26 "
	  "76697274696f2d62616c6c6f6f6e2d6465766963652f667265652d70"
	  "6167652d7265706f7274 00000001 00000000 00000000",
	  MMIO_WANT
	  "num_queues=0x0 virtio-balloon-device/1{ num_pages=0x0 "
	  "actual=0x0 virtio-balloon-device/free-page-report[44] "
	  "virtio-balloon-device/free-page-report/1{ "
	  "free_page_hint_cmd_id=0x0 free_page_hint_status=0x0 } } "
	  "virtio/1{ }",
	  0, NULL },
	{ "iommu 1", "virtio-mmio@0/virtio-iommu", "virtio", 1, 0,
	  MMIO
	  "00000000 00000001 01 0000000000000001 00000001 00000001 "
	  "01 0000000000001000 0000000000001fff 0000000000002000 "
	  "00000001 00 01 00000008 00 00",
	  MMIO_WANT
	  "num_queues=0x0 virtio-iommu-device/1{ domains{ nnodes=0x1 "
	  "more=0x1 key=0x1 domain/1{ id=0x1 mappings{ nnodes=0x1 "
	  "more=0x1 interval/1{ low=0x1000 high=0x1fff } mapping/1{ "
	  "phys_addr=0x2000 flags=0x1 } more=0x0 } more=0x1 "
	  "endpoint/1{ id=0x8 } more=0x0 } more=0x0 } } virtio/1{ }",
	  0, NULL },
	{ "iommu 2", "virtio-mmio@0/virtio-iommu", "virtio", 2, 0,
	  MMIO "00000000 00000000 00 01",
	  MMIO_WANT
	  "num_queues=0x0 virtio-iommu-device/2{ domains{ nnodes=0x0 "
	  "more=0x0 } config.bypass=0x1 } virtio/1{ }",
	  0, NULL },
	{ "iommu, too few nodes", "virtio-mmio@0/virtio-iommu", "virtio", 2, 0,
	  MMIO "00000000 00000001 00 01",
	  MMIO_WANT
	  "num_queues=0x0 virtio-iommu-device/2{ domains{ nnodes=0x1 "
	  "more=0x0 !(domains inconsistent stream when loading the "
	  "gtree) } !(Failed to load virtio-iommu-device:domains) }",
	  -EINVAL, NULL },
	{ "mem", "virtio-mmio@0/virtio-mem", "virtio", 1, 0,
	  MMIO "00000000 0000000140000000 0000000010000000 "
	  "0000000000200000 00000000 0000000010000000 "
	  "0000000000000000 0000000000000000 00*16",
	  MMIO_WANT
	  "num_queues=0x0 virtio-mem-device/1{ tmp{ "
	  "virtio-mem-device/sanity-checks/0{ addr=0x140000000 "
	  "region_size=0x10000000 block_size=0x200000 node=0x0 } } "
	  "usable_region_size=0x10000000 size=0x0 requested_size=0x0 "
	  "bitmap{ bits[16] } } virtio/1{ }",
	  0, NULL },
	{ "mem, early", "virtio-mmio@0/virtio-mem", "virtio", 1, 4,
	  MMIO "00000000 0000000010000000 0000000000000000",
	  MMIO_WANT
	  "num_queues=0x0 virtio-mem-device/1{ "
	  "usable_region_size=0x10000000 requested_size=0x0 } "
	  "virtio/1{ }",
	  0, NULL },
	{ "extra state of ccw", "/fe.0.0000/virtio-rng", "virtqueue_extra_state", 1, 0,
	  "",
	  "",
	  -1, NULL },
	{ "extra state of mmio", RNG, "virtqueue_extra_state", 1, 0,
	  "",
	  "virtio_mmio/1{ }",
	  0, NULL },
	{ "back-end state", "x/vhost-user-fs", "virtio-fs back-end state", 1, 0,
	  "00000003 616263 00000000",
	  "size=0x3 state=0x616263 size=0x0",
	  0, NULL },
	{ "gpu 7.2", "virtio-mmio@0/virtio-gpu", "virtio-gpu", 1, 0,
	  "00000000 00000000 00000001 00*40",
	  "resource_id=0x0 virtio-gpu-scanouts/1{ "
	  "parent_obj.enable=0x0 parent_obj.conf.max_outputs=0x1 "
	  "virtio-gpu-one-scanout/1{ resource_id=0x0 width=0x0 "
	  "height=0x0 x=0x0 y=0x0 cursor.resource_id=0x0 "
	  "cursor.hot_x=0x0 cursor.hot_y=0x0 cursor.pos.x=0x0 "
	  "cursor.pos.y=0x0 } }",
	  0, NULL },
	{ "gpu 10.0", "virtio-mmio@0/virtio-gpu", "virtio-gpu", 1, 1,
	  "00000000 00000000 00000001 00*64",
	  "resource_id=0x0 virtio-gpu-scanouts/1{ "
	  "parent_obj.enable=0x0 parent_obj.conf.max_outputs=0x1 "
	  "virtio-gpu-one-scanout/1{ resource_id=0x0 width=0x0 "
	  "height=0x0 x=0x0 y=0x0 cursor.resource_id=0x0 "
	  "cursor.hot_x=0x0 cursor.hot_y=0x0 cursor.pos.x=0x0 "
	  "cursor.pos.y=0x0 fb.format=0x0 unused=0x0 fb.width=0x0 "
	  "fb.height=0x0 fb.stride=0x0 fb.offset=0x0 } }",
	  0, NULL },
	{ "gpu 9.0", "virtio-mmio@0/virtio-gpu", "virtio-gpu", 1, 3,
	  "00000000 00000000 00000001 00*64",
	  "resource_id=0x0 virtio-gpu-scanouts/1{ "
	  "parent_obj.enable=0x0 parent_obj.conf.max_outputs=0x1 "
	  "virtio-gpu-one-scanout/2{ resource_id=0x0 width=0x0 "
	  "height=0x0 x=0x0 y=0x0 cursor.resource_id=0x0 "
	  "cursor.hot_x=0x0 cursor.hot_y=0x0 cursor.pos.x=0x0 "
	  "cursor.pos.y=0x0 fb.format=0x0 unused=0x0 fb.width=0x0 "
	  "fb.height=0x0 fb.stride=0x0 fb.offset=0x0 } }",
	  0, NULL },
	{ "gpu 10.0, three outputs", "virtio-mmio@0/virtio-gpu", "virtio-gpu", 1, 2,
	  "00000000 00000000 00000003 00*40 00*64 00*40",
	  "resource_id=0x0 unknown(which of the 3 scanouts end with "
	  "a framebuffer: scanout_vmstate_after_v2() takes each for "
	  "the first and reads the deciding byte from beyond; "
	  "another run may differ) virtio-gpu-scanouts/1{ "
	  "parent_obj.enable=0x0 parent_obj.conf.max_outputs=0x3 "
	  "virtio-gpu-one-scanout/1{ resource_id=0x0 width=0x0 "
	  "height=0x0 x=0x0 y=0x0 cursor.resource_id=0x0 "
	  "cursor.hot_x=0x0 cursor.hot_y=0x0 cursor.pos.x=0x0 "
	  "cursor.pos.y=0x0 fb.format=0x0 unused=0x0 fb.width=0x0 "
	  "fb.height=0x0 fb.stride=0x0 fb.offset=0x0 } "
	  "virtio-gpu-one-scanout/1{ resource_id=0x0 width=0x0 "
	  "height=0x0 x=0x0 y=0x0 cursor.resource_id=0x0 "
	  "cursor.hot_x=0x0 cursor.hot_y=0x0 cursor.pos.x=0x0 "
	  "cursor.pos.y=0x0 } virtio-gpu-one-scanout/1{ "
	  "resource_id=0x0 width=0x0 height=0x0 x=0x0 y=0x0 "
	  "cursor.resource_id=0x0 cursor.hot_x=0x0 cursor.hot_y=0x0 "
	  "cursor.pos.x=0x0 cursor.pos.y=0x0 } }",
	  0, NULL },
	{ "gpu 10.0, as the reference", "virtio-mmio@0/virtio-gpu", "virtio-gpu", 1, 2,
	  "00000000 00000000 00000002 00*40 00*64",
	  "resource_id=0x0 unknown(which of the 2 scanouts end with "
	  "a framebuffer: scanout_vmstate_after_v2() takes each for "
	  "the first and reads the deciding byte from beyond; "
	  "another run may differ) virtio-gpu-scanouts/1{ "
	  "parent_obj.enable=0x0 parent_obj.conf.max_outputs=0x2 "
	  "virtio-gpu-one-scanout/1{ resource_id=0x0 width=0x0 "
	  "height=0x0 x=0x0 y=0x0 cursor.resource_id=0x0 "
	  "cursor.hot_x=0x0 cursor.hot_y=0x0 cursor.pos.x=0x0 "
	  "cursor.pos.y=0x0 } virtio-gpu-one-scanout/1{ "
	  "resource_id=0x0 width=0x0 height=0x0 x=0x0 y=0x0 "
	  "cursor.resource_id=0x0 cursor.hot_x=0x0 cursor.hot_y=0x0 "
	  "cursor.pos.x=0x0 cursor.pos.y=0x0 fb.format=0x0 "
	  "unused=0x0 fb.width=0x0 fb.height=0x0 fb.stride=0x0 "
	  "fb.offset=0x0 } }",
	  0, "virtio-gpu-framebuffers=2" },
	{ "gpu, a resource", "virtio-mmio@0/virtio-gpu", "virtio-gpu", 1, 0,
	  "00000001 00000002 00000001 00000002 00000001 "
	  "0000000001000000 00000008 00*8 00000000 00000001 00000000",
	  "resource_id=0x1 resource{ width=0x2 height=0x1 format=0x2 "
	  "iov_cnt=0x1 iov[12] pixels=0x0 ?(the resource's 1 pieces "
	  "must be in the guest's memory) } resource_id=0x0 "
	  "virtio-gpu-scanouts/1{ parent_obj.enable=0x1 "
	  "parent_obj.conf.max_outputs=0x0 }",
	  0, NULL },
	{ "gpu, unknown format", "virtio-mmio@0/virtio-gpu", "virtio-gpu", 1, 0,
	  "00000001 00000002 00000001 00000007 00000001",
	  "resource_id=0x1 resource{ width=0x2 height=0x1 format=0x7 "
	  "iov_cnt=0x1 }",
	  -EINVAL, NULL },
	{ "gpu, twice", "virtio-mmio@0/virtio-gpu", "virtio-gpu", 1, 0,
	  "00000001 00000000 00000000 00000002 00000000 00000001",
	  "resource_id=0x1 resource{ width=0x0 height=0x0 format=0x2 "
	  "iov_cnt=0x0 } resource_id=0x1",
	  -EINVAL, NULL },
	{ "gpu, a blob", "virtio-mmio@0/virtio-gpu", "blob", 1, 0,
	  "00000005 00001000 00000001 0000000001000000 00001000 "
	  "00000000",
	  "resource_id=0x5 blob{ blob_size=0x1000 iov_cnt=0x1 "
	  "iov[12] ?(the blob's 1 pieces must be in the guest's "
	  "memory) } resource_id=0x0",
	  0, NULL },
	{ "gpu, a blob too short", "virtio-mmio@0/virtio-gpu", "blob", 1, 0,
	  "00000005 00001000 00000001 0000000001000000 00000800",
	  "resource_id=0x5 blob{ blob_size=0x1000 iov_cnt=0x1 "
	  "iov[12] }",
	  -EINVAL, NULL },
	{ "irq state", "x", "pci irq state", 1, 0,
	  "00000000 00000001 00000000 00000000",
	  "inta=0x0 intb=0x1 intc=0x0 intd=0x0",
	  0, NULL },
	{ "irq state, 2", "x", "pci irq state", 1, 0,
	  "00000000 00000002",
	  "inta=0x0 intb=0x2 !(irq state 2: must be 0 or 1.)",
	  -EINVAL, NULL },
	{ "msix, by the length", "x", "msix state", 1, 0,
	  "00*16 00*16 00*16 00",
	  "msix_table{ [0][16] [1][16] [2][16] } msix_pba=0x0",
	  0, NULL },
	{ "msix, as configured", "x", "msix state", 1, 0,
	  "00*16 00",
	  "msix_table{ [0][16] } msix_pba=0x0",
	  0, "msix-entries=1" },
	{ "msix, none", "x", "msix state", 1, 0,
	  "",
	  "",
	  0, "msix-entries=0" },
	{ "shpc", "x", "shpc", 1, 0,
	  "00*160",
	  "registers[36] slots[124]",
	  0, NULL },
	{ "no requests", "0000:00:03.0/0:0:0/scsi-disk", "scsi-requests", 1, 0,
	  "00",
	  "more=0x0",
	  0, NULL },
	{ "a write to retry", "0000:00:03.0/0:0:0/scsi-disk", "scsi-requests", 1, 0,
	  "01 2a 00*15 00000001 00000000 0000000000000010 00000001 "
	  "00000200 00*512 00",
	  "more=0x1 request{ cmd[16] tag=0x1 lun=0x0 sector=0x10 "
	  "sector_count=0x1 buflen=0x200 data[512] } more=0x0",
	  0, NULL },
	{ "a read under way", "0000:00:03.0/0:0:0/scsi-disk", "scsi-requests", 1, 0,
	  "02 28 00*15 00000001 00000000 0000000000000010 00000001 "
	  "00000200 00000004 00*4 00",
	  "more=0x2 request{ cmd[16] tag=0x1 lun=0x0 sector=0x10 "
	  "sector_count=0x1 buflen=0x200 iov_len=0x4 data=0x0 } "
	  "more=0x0",
	  0, NULL },
	{ "a read to retry", "0000:00:03.0/0:0:0/scsi-disk", "scsi-requests", 1, 0,
	  "01 28 00*15 00000001 00000000 0000000000000010 00000001 "
	  "00000200 00",
	  "more=0x1 request{ cmd[16] tag=0x1 lun=0x0 sector=0x10 "
	  "sector_count=0x1 buflen=0x200 } more=0x0",
	  0, NULL },
	{ "an inquiry", "0000:00:03.0/0:0:0/scsi-disk", "scsi-requests", 1, 0,
	  "02 12 00*15 00000001 00000000 00",
	  "more=0x2 request{ cmd[16] tag=0x1 lun=0x0 } more=0x0",
	  0, NULL },
	{ "an inquiry in 10.0", "0000:00:03.0/0:0:0/scsi-disk", "scsi-requests", 1, 4,
	  "02 12 00*15 00000001 00000000 0000000000000000 00000000 "
	  "00000000 00",
	  "more=0x2 request{ cmd[16] tag=0x1 lun=0x0 sector=0x0 "
	  "sector_count=0x0 buflen=0x0 } more=0x0",
	  0, NULL },
	{ "a read longer than its buffer", "0000:00:03.0/0:0:0/scsi-disk", "scsi-requests", 1, 0,
	  "02 28 00*15 00000001 00000000 0000000000000010 00000001 "
	  "00000200 00000201",
	  "more=0x2 request{ cmd[16] tag=0x1 lun=0x0 sector=0x10 "
	  "sector_count=0x1 buflen=0x200 iov_len=0x201 "
	  "!(scsi_disk_load_request: Assertion `r->iov.iov_len <= "
	  "r->buflen' failed.) }",
	  -EINVAL, NULL },
	{ "a passed-through write", "0000:00:03.0/0:0:0/scsi-generic", "scsi-requests", 1, 0,
	  "02 2a 00*15 00000001 00000000 00000004 00*4 00",
	  "more=0x2 request{ cmd[16] tag=0x1 lun=0x0 buflen=0x4 "
	  "data=0x0 } more=0x0",
	  0, NULL },
	{ "mptsas", "0000:00:03.0/0:0:0/scsi-disk", "scsi-requests", 1, 2,
	  "02 12 00*15 00000001 00000000 00*48 00000001 00*16 00",
	  "more=0x2 request{ cmd[16] tag=0x1 lun=0x0 scsi_io[48] "
	  "nsg=0x1 sg[16] } more=0x0",
	  0, NULL },
	{ "vscsi", "0000:00:03.0/0:0:0/scsi-disk", "scsi-requests", 1, 3,
	  "02 12 00*15 00000001 00000000 00*16 00*256 00000000 01 "
	  "00000000 00 00000000 00*252 00 0000 0000 0000 00",
	  "more=0x2 request{ cmd[16] tag=0x1 lun=0x0 "
	  "spapr_vscsi_req/1{ crq.raw[16] viosrp_iu_buf[256] "
	  "qtag=0x0 active=0x1 data_len=0x0 writing=0x0 senselen=0x0 "
	  "sense[252] dma_fmt=0x0 local_desc=0x0 total_desc=0x0 "
	  "cdb_offset=0x0 } } more=0x0",
	  0, NULL },
	{ "no parser", "x", "usb-redir-parser", 1, 0,
	  "00000000",
	  "len=0x0",
	  0, NULL },
	{ "a parser", "x", "usb-redir-parser", 1, 0,
	  "00000004 00*4",
	  "len=0x4 parser=0x0 ?(libusbredirparser must take its 4 "
	  "bytes of state)",
	  0, NULL },
	{ "packets", "x", "usb-redir-bufpq", 1, 0,
	  "00000001 00000002 00000000 0102",
	  "bufpq_size=0x1 packet{ len=0x2 status=0x0 data=0x102 }",
	  0, NULL },
	{ "no packets, a negative number", "x", "usb-redir-bufpq", 1, 0,
	  "ffffffff",
	  "bufpq_size=0xffffffff",
	  0, NULL },
	{ "ids", "x", "usb-redir-packet-id-q", 1, 0,
	  "00000002 00*16",
	  "size=0x2 ids[16]",
	  0, NULL },
	{ "ids, a negative number", "x", "usb-redir-packet-id-q", 1, 0,
	  "80000000",
	  "size=0x80000000 !(usbredir_get_packet_id_q: Assertion "
	  "`q->size == size' failed.)",
	  -EINVAL, NULL },
	{ "htab, its size", "spapr/htab", "", 1, 0,
	  "00000018",
	  "htab_shift=0x18",
	  0, NULL },
	{ "htab, a radix guest", "spapr/htab", "", 1, 0,
	  "ffffffff",
	  "htab_shift=0xffffffff",
	  0, NULL },
	{ "htab, chunks", "spapr/htab", "", 1, 0,
	  "00000000 00000008 0002 0001 00*32 00000000 0000 0000",
	  "htab_shift=0x0 chunk{ index=0x8 n_valid=0x2 n_invalid=0x1 "
	  "hptes[32] } chunk{ index=0x0 n_valid=0x0 n_invalid=0x0 }",
	  0, NULL },
	{ "htab, beyond", "spapr/htab", "", 1, 0,
	  "00000000 00000ff0 0020 0001",
	  "htab_shift=0x0 chunk{ index=0xff0 n_valid=0x20 "
	  "n_invalid=0x1 !(htab_load() bad index 4080 (32+1 entries) "
	  "in htab stream (htab_shift=16)) }",
	  -EINVAL, "htab-shift=16" },
	{ "htab, version", "spapr/htab", "", 2, 0,
	  "",
	  "!(htab_load() bad version)",
	  -EINVAL, NULL },
	{ "skeys", "s390-skeys", "", 1, 0,
	  "0000000000000002 0000000000000004 06060606 "
	  "0000000000000001",
	  "addr=0x2 count=0x4 keys=0x6060606 addr=0x1",
	  0, NULL },
	{ "skeys, incomplete", "s390-skeys", "", 1, 0,
	  "0000000000000004",
	  "addr=0x4 !(Storage key data is incomplete)",
	  -EINVAL, NULL },
	{ "skeys, strange", "s390-skeys", "", 1, 0,
	  "0000000000000008",
	  "addr=0x8 !(Unexpected storage key flag data: 0x8)",
	  -EINVAL, NULL },
	{ "stattrib", "s390-storage_attributes", "", 0, 0,
	  "0000000000001002 0000000000000002 0001 0000000000000008 "
	  "0000000000000001",
	  "addr=0x1002 count=0x2 values=0x1 addr=0x8 addr=0x1",
	  0, NULL },
	{ "tod", "todclock", "", 1, 0,
	  "01 00 0123456789abcdef",
	  "present=0x1 high=0x0 low=0x123456789abcdef",
	  0, NULL },
	{ "tod, missing", "todclock", "", 1, 0,
	  "00",
	  "present=0x0",
	  0, NULL },
	{ "dirty bitmap", "dirty-bitmap", "", 1, 0,
	  "1c 04 64726976 02 6230 00010000 01 40 0000000000000000 "
	  "00000080 0000000000000004 00000001 42 0000000000000080 "
	  "00000080 20 01",
	  "chunk{ flags=0x1c length=0x4 node=0x64726976 length=0x2 "
	  "bitmap=0x6230 granularity=0x10000 start_flags=0x1 } "
	  "chunk{ flags=0x40 first_sector=0x0 nr_sectors=0x80 "
	  "buf_size=0x4 bits=0x1 } chunk{ flags=0x42 "
	  "first_sector=0x80 nr_sectors=0x80 } chunk{ flags=0x20 } "
	  "chunk{ flags=0x1 } ?(the destination must have the nodes "
	  "and bitmaps that are named, with their granularity)",
	  0, NULL },
	{ "dirty bitmap, no name", "dirty-bitmap", "", 1, 0,
	  "08 00",
	  "chunk{ flags=0x8 length=0x0 !(Unable to read node alias "
	  "string) }",
	  -EINVAL, NULL },
	{ "dirty bitmap, absurd", "dirty-bitmap", "", 1, 0,
	  "40 0000000000000000 00000080 0000000001000000",
	  "chunk{ flags=0x40 first_sector=0x0 nr_sectors=0x80 "
	  "buf_size=0x1000000 !(Bitmap migration stream buffer "
	  "allocation request is too large) }",
	  -EIO, NULL },
	{ "block", "block", "", 1, 0,
	  "0000000000000009 03 767661 0000000000000004 "
	  "0000000000000002",
	  "addr=0x9 length=0x3 device=0x767661 addr=0x4 addr=0x2 "
	  "?(the destination must have the block devices that are "
	  "named)",
	  0, NULL },
	{ "block, strange", "block", "", 1, 0,
	  "0000000000000010",
	  "addr=0x10 !(Unknown block migration flags: 0x10)",
	  -EINVAL, NULL },
	{ "vfio", "0000:00:04.0/vfio", "", 1, 0,
	  "ffffffffef100004 0000000000000002 abcd ffffffffef100001",
	  "flag=0xffffffffef100004 data_size=0x2 data=0xabcd "
	  "flag=0xffffffffef100001",
	  0, NULL },
	{ "vfio, setup", "0000:00:04.0/vfio", "", 1, 0,
	  "ffffffffef100003 ffffffffef100001",
	  "flag=0xffffffffef100003 flag=0xffffffffef100001",
	  0, NULL },
	{ "vfio, unknown", "0000:00:04.0/vfio", "", 1, 0,
	  "ffffffffef100009",
	  "flag=0xffffffffef100009 !(0000:00:04.0/vfio: Unknown tag "
	  "0xffffffffef100009)",
	  -EINVAL, NULL },
	{ "backup", "pbs-state", "", 1, 0,
	  "0000000000000002 abcd",
	  "len=0x2 state=0xabcd",
	  0, NULL },
	{ "slirp 1", "slirp", "", 1, 0,
	  "00",
	  "more=0x0",
	  0, NULL },
	{ "slirp 4", "slirp", "", 4, 0,
	  "00 0007 00*128",
	  "more=0x0 ip_id=0x7 bootp_clients[0]{ allocated=0x0 "
	  "macaddr=0x0 } bootp_clients[1]{ allocated=0x0 macaddr=0x0 "
	  "} bootp_clients[2]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[3]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[4]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[5]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[6]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[7]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[8]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[9]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[10]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[11]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[12]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[13]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[14]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[15]{ allocated=0x0 macaddr=0x0 }",
	  0, NULL },
	{ "slirp, a guestfwd", "slirp", "", 4, 0,
	  "2a 00000000 0002 0a000202 0050 0002 0a00020f 0400 00 00 "
	  "06 00000000 00000000 00000004 00000000 00000000 00*4 "
	  "00000000 00000004 00000001 00000002 00*4 00*119 00 0007 "
	  "00*128",
	  "more=0x2a socket{ so_urgc=0x0 fhost{ portable_family=0x2 "
	  "sin.sin_addr.s_addr=0xa000202 sin.sin_port=0x50 } lhost{ "
	  "portable_family=0x2 sin.sin_addr.s_addr=0xa00020f "
	  "sin.sin_port=0x400 } so_iptos=0x0 so_emu=0x0 so_type=0x6 "
	  "so_state=0x0 so_rcv{ sb_cc=0x0 sb_datalen=0x4 woff=0x0 "
	  "roff=0x0 sb_data=0x0 } so_snd{ sb_cc=0x0 sb_datalen=0x4 "
	  "woff=0x1 roff=0x2 sb_data=0x0 } so_tcpcb{ t_state=0x0 "
	  "t_timer[0]=0x0 t_timer[1]=0x0 t_timer[2]=0x0 "
	  "t_timer[3]=0x0 t_rxtshift=0x0 t_rxtcur=0x0 t_dupacks=0x0 "
	  "t_maxseg=0x0 t_force=0x0 t_flags=0x0 snd_una=0x0 "
	  "snd_nxt=0x0 snd_up=0x0 snd_wl1=0x0 snd_wl2=0x0 iss=0x0 "
	  "snd_wnd=0x0 rcv_wnd=0x0 rcv_nxt=0x0 rcv_up=0x0 irs=0x0 "
	  "rcv_adv=0x0 snd_max=0x0 snd_cwnd=0x0 snd_ssthresh=0x0 "
	  "t_idle=0x0 t_rtt=0x0 t_rtseq=0x0 t_srtt=0x0 t_rttvar=0x0 "
	  "t_rttmin=0x0 max_sndwnd=0x0 t_oobflags=0x0 t_iobc=0x0 "
	  "t_softerror=0x0 snd_scale=0x0 rcv_scale=0x0 "
	  "request_r_scale=0x0 requested_s_scale=0x0 ts_recent=0x0 "
	  "ts_recent_age=0x0 last_ack_sent=0x0 } ?(the socket must "
	  "belong to a guestfwd of the destination) } more=0x0 "
	  "ip_id=0x7 bootp_clients[0]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[1]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[2]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[3]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[4]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[5]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[6]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[7]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[8]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[9]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[10]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[11]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[12]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[13]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[14]{ allocated=0x0 macaddr=0x0 } "
	  "bootp_clients[15]{ allocated=0x0 macaddr=0x0 }",
	  0, NULL },
	{ "slirp, offsets beyond", "slirp", "", 4, 0,
	  "2a 00000000 0002 0a000202 0050 0002 0a00020f 0400 00 00 "
	  "06 00000000 00000000 00000004 00000004 00000000",
	  "more=0x2a socket{ so_urgc=0x0 fhost{ portable_family=0x2 "
	  "sin.sin_addr.s_addr=0xa000202 sin.sin_port=0x50 } lhost{ "
	  "portable_family=0x2 sin.sin_addr.s_addr=0xa00020f "
	  "sin.sin_port=0x400 } so_iptos=0x0 so_emu=0x0 so_type=0x6 "
	  "so_state=0x0 so_rcv{ sb_cc=0x0 sb_datalen=0x4 woff=0x4 "
	  "roff=0x0 !(invalid sbuf offsets r/w=0/4 len=4) } }",
	  -EINVAL, NULL },
	{ "slirp, no such family", "slirp", "", 4, 0,
	  "2a 00000000 0003",
	  "more=0x2a socket{ so_urgc=0x0 fhost{ portable_family=0x3 "
	  "!(invalid ss_family type 3) } }",
	  -EINVAL, NULL },
	{ "slirp, too new", "slirp", "", 5, 0,
	  "",
	  "!(slirp: incoming version_id 5 is too new for local "
	  "version_id 4)",
	  -EINVAL, NULL },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < CODEC_COUNT(cases); i++) {
		const struct codec_case *c = &cases[i];
		uint64_t len, pos;
		uint8_t *data = from_hex(c->hex, &len);
		char *text;
		int ret = run_case(c, data, len, len, &pos, &text);

		if (ret != c->ret || strcmp(text, c->want))
			fail_msg("%s: %d\n got: %s\nwant: %s", c->what, ret,
				 text, c->want);
		if (ret == 0)
			assert_int_equal(pos, len);
		run_cuts(c, data, len);
		free(text);
		free(data);
	}
}

/*
 * A conventional device: memory BAR 0 (64 bit), port BAR 2, MSI-X at 0x40,
 * a vendor capability at 0x50, MSI at 0x70, power management at 0x80, and
 * what a root port with a slot has at 0x88.
 */
static void make_config(uint8_t *config, unsigned size)
{
	static const struct {
		unsigned off;
		const char *hex;
	} parts[] = {
		{ 0x00, "f41a 0010 0700 1000 00 00 0002 00 00 00 00" },
		{ 0x10, "0400 0000 0000 0000 01c0 0000" },
		{ 0x2c, "f41a 0100 00*4 40" },
		{ 0x3d, "01" },
		{ 0x40, "11 50 0380 00*4 0008 0000" },
		{ 0x50, "09 70 14 05 00 00*3 00*4 00*4 00*4" },
		{ 0x70, "05 80 8000 00*4 00*4 00*2" },
		{ 0x80, "01 88 0300 0000 0000" },
		{ 0x88, "10 00 4201 00*16 03000000 c003 0000 00*28" },
		{ 0x100, "0f00 0114 2000 0000" },
		{ 0x140, "0100 011a 00*16 00*4 00*16 00*16 00*12" },
		{ 0x1a0, "0300 011b 11223344 55667788" },
		{ 0x1b0, "0e00 0100 00*4" },
	};

	memset(config, 0, size);
	for (size_t i = 0; i < CODEC_COUNT(parts); i++) {
		uint64_t len;
		uint8_t *data = from_hex(parts[i].hex, &len);

		if (parts[i].off + len <= size)
			memcpy(config + parts[i].off, data, len);
		free(data);
	}
}

static const struct config_case {
	const char *what;
	unsigned off;
	uint8_t value;
	const char *want;	/* the last message; "" none */
	int ret;
} config_cases[] = {
	{ "as it is", 0, 0xf4, "", 0 },
	{ "vendor", 0, 0x02,
	  "!(get_pci_config_device: Bad config data: i=0x0 read: 2 device: f4 "
	  "cmask: ff wmask: 0 w1cmask:0)", -EINVAL },
	{ "command is the guest's", 4, 0x00, "", 0 },
	{ "a BAR of another kind", 0x10, 0x02,
	  "!(get_pci_config_device: Bad config data: i=0x10 read: 2 device: 4 "
	  "cmask: ff wmask: 0 w1cmask:0)", -EINVAL },
	{ "a BAR's address", 0x12, 0x10,
	  "?(PCI config differs at i=0x12 (read: 10 device: 0), and whether "
	  "the device lets the guest write there is not known)", 0 },
	{ "a 64 bit BAR's upper half", 0x14, 0x01, "", 0 },
	{ "subsystem", 0x2e, 0x02, "", 0 },
	{ "a bit that no ROM's BAR has", 0x30, 0x04,
	  "?(PCI config differs at i=0x30 (read: 4 device: 0), and whether "
	  "the device lets the guest write there is not known) "
	  "unknown(whether the device has an expansion ROM: then PCI config "
	  "at i=0x30 (read: 4 device: 0) is refused)", 0 },
	{ "a ROM that is switched on", 0x30, 0x01,
	  "?(PCI config differs at i=0x30 (read: 1 device: 0), and whether "
	  "the device lets the guest write there is not known)", 0 },
	{ "list of capabilities", 0x34, 0x50,
	  "!(get_pci_config_device: Bad config data: i=0x34 read: 50 device: "
	  "40 cmask: ff wmask: 0 w1cmask:0)", -EINVAL },
	{ "another pin", 0x3d, 0x04, "", 0 },
	{ "a pin that there is not", 0x3d, 0x05,
	  "unknown(whether the device raises its interrupt: its pin is 5 "
	  "(device: 1), which ends in an assertion)", 0 },
	{ "MSI-X entries", 0x42, 0x02,
	  "!(get_pci_config_device: Bad config data: i=0x42 read: 2 device: 3 "
	  "cmask: ff wmask: 0 w1cmask:0)", -EINVAL },
	{ "MSI-X enable", 0x43, 0x00, "", 0 },
	{ "MSI-X, a reserved bit", 0x43, 0xa0,
	  "!(get_pci_config_device: Bad config data: i=0x43 read: a0 device: "
	  "80 cmask: ff wmask: c0 w1cmask:0)", -EINVAL },
	{ "virtio's window", 0x58, 0x04, "", 0 },
	{ "MSI enable", 0x72, 0x81, "", 0 },
	{ "MSI multiple message capable", 0x72, 0x82,
	  "!(get_pci_config_device: Bad config data: i=0x72 read: 82 device: "
	  "80 cmask: ff wmask: 71 w1cmask:0)", -EINVAL },
	{ "power state", 0x84, 0x03,
	  "?(PCI config differs at i=0x84 (read: 3 device: 0), and whether "
	  "the device lets the guest write there is not known)", 0 },
	{ "a reserved bit of the power state", 0x84, 0x04,
	  "!(get_pci_config_device: Bad config data: i=0x84 read: 4 device: 0 "
	  "cmask: ff wmask: 0 w1cmask:0)", -EINVAL },
	{ "power management's data", 0x87, 0x01,
	  "!(get_pci_config_device: Bad config data: i=0x87 read: 1 device: 0 "
	  "cmask: ff wmask: 0 w1cmask:0)", -EINVAL },
	{ "a slot's interrupts and indicators", 0xa0, 0x39, "", 0 },
	{ "a slot's power", 0xa1, 0x07, "", 0 },
	{ "a slot's control, a reserved bit", 0xa1, 0x13,
	  "!(get_pci_config_device: Bad config data: i=0xa1 read: 13 device: 3 "
	  "cmask: ff wmask: f w1cmask:0)", -EINVAL },
	{ "a slot's events", 0xa2, 0x19, "", 0 },
	{ "a slot's latch", 0xa2, 0x20,
	  "!(get_pci_config_device: Bad config data: i=0xa2 read: 20 device: 0 "
	  "cmask: ff wmask: 0 w1cmask:19)", -EINVAL },
	{ "something is in the slot", 0xa2, 0x40,
	  "unknown(the release: until 8.0 PCI config at i=0xa2 (read: 40 "
	  "device: 0) is refused, from 8.1 on it is not)", 0 },
	{ "a slot's status, the upper byte", 0xa3, 0x01,
	  "!(get_pci_config_device: Bad config data: i=0xa3 read: 1 device: 0 "
	  "cmask: ff wmask: 0 w1cmask:0)", -EINVAL },
	{ "errors that a root port has seen", 0x170, 0x7f, "", 0 },
	{ "the interrupt for them", 0x173, 0xf8, "", 0 },
	{ "a reserved bit beside it", 0x173, 0x01,
	  "!(get_pci_config_device: Bad config data: i=0x173 read: 1 device: 0 "
	  "cmask: 7 wmask: 0 w1cmask:0)", -EINVAL },
	{ "the device's own registers", 0xe0, 0x03, "", 0 },
	{ "ATS, page aligned", 0x104, 0x00,
	  "!(get_pci_config_device: Bad config data: i=0x104 read: 0 device: "
	  "20 cmask: ff wmask: 0 w1cmask:0)", -EINVAL },
	{ "ATS enable", 0x107, 0x80, "", 0 },
	{ "the log of errors", 0x15e, 0x40,
	  "!(get_pci_config_device: Bad config data: i=0x15e read: 40 device: "
	  "0 cmask: ff wmask: 0 w1cmask:0)", -EINVAL },
	{ "an error that is none", 0x144, 0x01,
	  "!(get_pci_config_device: Bad config data: i=0x144 read: 1 device: "
	  "0 cmask: ff wmask: 0 w1cmask:0)", -EINVAL },
	{ "an error's status", 0x144, 0x10,
	  "?(PCI config differs at i=0x144 (read: 10 device: 0), and whether "
	  "the device lets the guest write there is not known)", 0 },
	{ "serial number", 0x1a5, 0x40,
	  "!(get_pci_config_device: Bad config data: i=0x1a5 read: 40 device: "
	  "22 cmask: ff wmask: 0 w1cmask:0)", -EINVAL },
	{ "another extended capability", 0x1b4, 0x01,
	  "?(PCI config differs at i=0x1b4 (read: 1 device: 0), and whether "
	  "the device lets the guest write there is not known)", 0 },
	{ "behind all of them", 0x200, 0x01, "", 0 },
};

static const struct {
	struct config_case c;
	int oldest, newest;
} release_cases[] = {
	{ { "something is in the slot, 5.2 or 7.2", 0xa2, 0x40,
	  "!(get_pci_config_device: Bad config data: i=0xa2 read: 40 device: 0 "
	  "cmask: ff wmask: 0 w1cmask:19)", -EINVAL }, 502, 702 },
	{ { "something is in the slot, since 10.0", 0xa2, 0x40, "", 0 }, 1000, 9999 },
	{ { "a slot's latch, 10.0", 0xa2, 0x20,
	  "!(get_pci_config_device: Bad config data: i=0xa2 read: 20 device: 0 "
	  "cmask: bf wmask: 0 w1cmask:19)", -EINVAL }, 1000, 1000 },
};

static void run_config(const struct config_case *c, int oldest, int newest)
{
	const struct codec *codec = codec_find("pci config");
	uint8_t seen[4096], config[4096];
	struct test_wire t;
	const char *message;
	char *text;
	size_t size;
	int ret;

	make_config(seen, sizeof(seen));
	memcpy(config, seen, sizeof(config));
	config[c->off] = c->value;
	test_wire_init(&t, "x", 2, config, sizeof(config));
	t.wire.len = sizeof(config);
	t.wire.seen = seen;
	t.wire.seen_len = sizeof(seen);
	if (oldest) {
		t_fact_set(&t.wire, "release-min", oldest);
		t_fact_set(&t.wire, "release-max", newest);
	}
	t.out = open_memstream(&text, &size);
	ret = codec->read(&t.wire, 0);
	fclose(t.out);
	message = strpbrk(text, "!?");
	if (!message)
		message = strstr(text, "unknown(");
	if (ret != c->ret || strcmp(message ? message : "", c->want))
		fail_msg("%s: %d %s", c->what, ret, message ? message : "");
	assert_int_equal(t.pos, sizeof(config));
	assert_int_equal(t.depth, 0);
	assert_int_equal(t.blamed, ret ? c->off : UINT64_MAX);
	free(text);
}

static void test_pci_config(void **state)
{
	(void)state;
	for (size_t i = 0; i < CODEC_COUNT(config_cases); i++)
		run_config(&config_cases[i], 0, 0);
	for (size_t i = 0; i < CODEC_COUNT(release_cases); i++)
		run_config(&release_cases[i].c, release_cases[i].oldest,
			   release_cases[i].newest);
}

/*
 * Every byte is claimed once whatever the capabilities' pointers say, and a
 * configuration space that is cut off is taken as far as it goes.
 */
static void test_pci_config_length(void **state)
{
	const struct codec *codec = codec_find("pci config");
	struct desc_field field = { .name = "config", .type = "pci config" };
	uint32_t random = 1;

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		unsigned size = i & 1 ? 4096 : 256;
		unsigned len = i & 2 ? size : i * 7 % size;
		uint8_t *config = malloc(size), *part;
		struct test_wire t;
		int ret;

		make_config(config, size);
		for (unsigned j = 0; j < i % 16; j++) {
			random = random * 1103515245 + 12345;
			config[(random >> 16) % size] = (uint8_t)(random >> 8);
		}
		part = malloc(len ? len : 1);
		memcpy(part, config, len);
		test_wire_init(&t, "x", 2, part, len);
		t.wire.field = &field;
		t.wire.len = size;
		t.wire.seen = config;
		t.wire.seen_len = size;
		ret = codec->read(&t.wire, 0);
		assert_int_equal(ret, len == size ? 0 : -EIO);
		assert_int_equal(t.pos, len);
		free(part);
		free(config);
	}
}

/* Counts from the wire neither loop nor allocate beyond what is there. */
static const struct codec_case absurd[] = {
	{ "gpu pieces", "x/virtio-gpu", "virtio-gpu", 1, 0,
	  "00000001 00000001 00000001 00000001 ffffffff", "", -EIO, NULL },
	{ "gpu pixels", "x/virtio-gpu", "virtio-gpu", 1, 0,
	  "00000001 ffffffff ffffffff 00000001 00000000", "", -EINVAL, NULL },
	{ "net addresses", NET, "virtio", 11, 0,
	  MMIO "00000000 525400123456 00*8 0001 01 00 ffffffff 00*64", "",
	  -EIO, NULL },
	{ "net pairs", NET, "virtio", 11, 4,
	  MMIO "00000000 525400123456 00*8 0001 01 00 00000000 ff*512 00*11 "
	  "ffff ffff 00*64", "", -EIO, NULL },
	{ "config", RNG, "virtio", 1, 0,
	  "00000000 00000001 00000000 00 00 0000 00000000 ffffffff 00*64", "",
	  -EIO, NULL },
	{ "ports", CON, "virtio", 3, 0,
	  MMIO "00000000 0000 0000 00000000 00000000 ffffffff 00*64", "",
	  -EIO, NULL },
	{ "packets", "x", "usb-redir-bufpq", 1, 0, "7fffffff 00*64", "", -EIO,
	  NULL },
	{ "chunks", "s390-skeys", "", 1, 0,
	  "0000000000000002 ffffffffffffffff 00*64", "", -EIO, NULL },
	{ "bits", "x", "bitmap", 1, 0, "00*64", "", 0, NULL },
};

static void test_absurd_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < CODEC_COUNT(absurd); i++) {
		uint64_t len, pos;
		uint8_t *data = from_hex(absurd[i].hex, &len);
		char *text;
		int ret = run_case(&absurd[i], data, len, len, &pos, &text);

		if (ret != absurd[i].ret)
			fail_msg("%s: %d %s", absurd[i].what, ret, text);
		assert_true(strlen(text) < 8192);
		free(text);
		free(data);
	}
}


#ifndef HARNESS
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_pci_config),
		cmocka_unit_test(test_pci_config_length),
		cmocka_unit_test(test_absurd_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
