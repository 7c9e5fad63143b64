/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * devices-codec.c - what the codecs read, item by item.
 *
 * A wire of our own loads descriptors in the simplest way that the codecs'
 * tables need and writes a line "off len name type [value]" for every item.
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

static void line(struct test_wire *t, const char *fmt, ...)
{
	va_list ap;

	if (!t->out)
		return;
	fprintf(t->out, "%*s", (int)t->depth, "");
	va_start(ap, fmt);
	vfprintf(t->out, fmt, ap);
	va_end(ap);
	fputc('\n', t->out);
}

static const uint8_t *t_take(struct wire *w, const char *name,
			     const char *type, uint64_t n)
{
	struct test_wire *t = self(w);
	const uint8_t *p = t->data + t->pos;

	if (t->len - t->pos < n) {
		line(t, "%" PRIu64 " end %s", t->pos, name);
		return NULL;
	}
	if (n <= 8 && n) {
		bool little = !strncmp(type, "le", 2);
		uint64_t v = 0;

		for (unsigned i = 0; i < n; i++)
			v = v << 8 | p[little ? n - 1 - i : i];
		line(t, "%" PRIu64 " %" PRIu64 " %s %s 0x%" PRIx64, t->pos, n,
		     name, type, v);
	} else {
		line(t, "%" PRIu64 " %" PRIu64 " %s %s", t->pos, n, name, type);
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
	line(self(w), "> %s %s", name, type);
	self(w)->depth++;
}

static void t_leave(struct wire *w)
{
	assert_true(self(w)->depth > 0);
	self(w)->depth--;
}

static void t_message(struct test_wire *t, const char *kind, const char *fmt,
		      va_list ap)
{
	char msg[512];

	vsnprintf(msg, sizeof(msg), fmt, ap);
	line(t, "%s: %s", kind, msg);
}

static void t_error(struct wire *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t_message(self(w), "error", fmt, ap);
	va_end(ap);
}

static void t_unjudged(struct wire *w, const char *fmt, ...)
{
	va_list ap;

	self(w)->unjudgeds++;
	va_start(ap, fmt);
	t_message(self(w), "unjudged", fmt, ap);
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
			int ret = load_one(t, &sized);

			if (ret && ret != -EIO)
				line(t, "error: Failed to load %s:%s", d->name,
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

	line(t, "> %s %s v%d", name, d->name, version);
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
	return ret;
}

static const struct wire_ops test_ops = {
	.take = t_take, .peek = t_peek, .offset = t_offset,
	.enter = t_enter, .leave = t_leave, .load = t_load,
	.error = t_error, .unjudged = t_unjudged, .unknown = t_unknown,
	.fact_set = t_fact_set, .fact_get = t_fact_get,
};

static void test_wire_init(struct test_wire *t, const char *idstr, int version,
			   const void *data, uint64_t len)
{
	*t = (struct test_wire){
		.wire = { .ops = &test_ops, .idstr = idstr,
			  .version = version, .len = UINT64_MAX },
		.data = data, .len = len,
	};
}

#ifndef HARNESS
int main(void)
{
	return 0;
}
#endif
