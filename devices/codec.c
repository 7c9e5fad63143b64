/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * codec.c - the table of codecs, and the simple ones.
 *
 * The loader reads plain leaves itself (integers, "... equal", buffers,
 * "timer", "CPU_Double_U", null pointers) and what needs descriptors (tmp,
 * qtailq, qlist, gtree).  Here is every other VMStateInfo of QEMU 5.2, 7.2
 * and 10.0, by the name that descriptions print.  A name that is not found is
 * opaque: only a description tells its length.  Opaque on purpose are (the
 * first two lines: codec_is_even())
 *
 *   "tlb_entry", "tlb entry"	mips, hppa: 28 to 32 bytes that differ by target
 *   "psw", "fsr", "xcc"	hppa, sparc: as long as the target's word
 *   "irqs"			s390-flic under KVM, see flic_read()
 *   "fd"			10.0: a descriptor that goes beside the stream
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "codec.h"

static bool wire_number(struct wire *w, const char *name, const char *type,
			unsigned n, uint64_t *ret)
{
	const uint8_t *p = w->ops->take(w, name, type, n);

	*ret = p ? be_load(p, n) : 0;
	return p != NULL;
}

bool wire_u8(struct wire *w, const char *name, uint8_t *ret)
{
	uint64_t v;
	bool ok = wire_number(w, name, "uint8", 1, &v);

	if (ret)
		*ret = (uint8_t)v;
	return ok;
}

bool wire_u16(struct wire *w, const char *name, uint16_t *ret)
{
	uint64_t v;
	bool ok = wire_number(w, name, "uint16", 2, &v);

	if (ret)
		*ret = (uint16_t)v;
	return ok;
}

bool wire_u32(struct wire *w, const char *name, uint32_t *ret)
{
	uint64_t v;
	bool ok = wire_number(w, name, "uint32", 4, &v);

	if (ret)
		*ret = (uint32_t)v;
	return ok;
}

bool wire_u64(struct wire *w, const char *name, uint64_t *ret)
{
	uint64_t v;
	bool ok = wire_number(w, name, "uint64", 8, &v);

	if (ret)
		*ret = v;
	return ok;
}

bool wire_bytes(struct wire *w, const char *name, const char *type,
		uint64_t n)
{
	return n == 0 || w->ops->take(w, name, type, n) != NULL;
}

bool wire_peek(struct wire *w, uint64_t ahead, unsigned n, uint64_t *ret)
{
	uint64_t v = 0;

	assert(n <= 8);
	for (unsigned i = 0; i < n; i++) {
		int byte = w->ops->peek(w, ahead + i);

		if (byte < 0)
			return false;
		v = v << 8 | (unsigned)byte;
	}
	*ret = v;
	return true;
}

bool codec_fact(struct wire *w, const char *key, int64_t *ret)
{
	return !w->exact && w->ops->fact_get(w, key, ret);
}

int wire_chunks(struct wire *w, const char *name)
{
	uint32_t size;

	do {
		if (!wire_u32(w, "size", &size) ||
		    !wire_bytes(w, name, "buffer", size))
			return -EIO;
	} while (size);
	return 0;
}

/*
 * vmstate_info_bitmap: be64 words, as many as the destination's own bitmap
 * needs (field->size bits, which only its memory knows), nothing counted.
 */
static int bitmap_read(struct wire *w, unsigned variant)
{
	uint64_t n = w->len;
	int64_t fact;

	(void)variant;
	if (w->ops->fact_get(w, "bitmap-bytes", &fact) && fact >= 0)
		n = (uint64_t)fact;	/* virtio-mem computes it */
	if (n == UINT64_MAX) {
		w->ops->unknown(w, "the bitmap's size is in the "
				"destination's memory");
		return 0;
	}
	for (unsigned i = 0; n; i++) {
		uint64_t chunk = n < 4096 ? n : 4096;
		char name[32];

		snprintf(name, sizeof(name), "bits[%u]", i * 4096 * 8);
		if (!wire_bytes(w, n > 4096 || i ? name : "bits", "buffer",
				chunk))
			return -EIO;
		n -= chunk;
	}
	return 0;
}

/* Infos of fixed size whose value is one number, or several. */
static const struct fixed {
	const char *type;
	uint8_t n;			/* items */
	struct {
		const char *name;
		uint8_t size;
	} item[3];
} fixed[] = {
	/* target/ppc/machine.c */
	{ "fpr", 1, { { "fpr", 8 } } },
	{ "avr", 2, { { "high", 8 }, { "low", 8 } } },
	{ "vsr", 1, { { "low", 8 } } },
	{ "cpu/altivec/vscr", 1, { { "vscr", 4 } } },
	{ "slbe", 2, { { "esid", 8 }, { "vsid", 8 } } },
	/* target/arm/machine.c */
	{ "cpsr", 1, { { "cpsr", 4 } } },
	{ "fpscr", 1, { { "fpscr", 4 } } },
	{ "powered_off", 1, { { "powered_off", 1 } } },
	/* 9.1 and later; target/alpha has a be64 of the same name */
	{ "fpsr", 1, { { "fpsr", 8 } } },
	{ "fpcr", 1, { { "fpcr", 8 } } },
	/* a pointer's or a number's narrower form */
	{ "int32_as_uint16", 1, { { "value", 2 } } },
	{ "uint16_from_uint8", 1, { { "value", 1 } } },
	/* sparc, openrisc, microblaze, avr */
	{ "psr", 1, { { "psr", 4 } } },
	{ "msr", 1, { { "msr", 4 } } },
	{ "sr", 1, { { "sr", 4 } } },
	{ "sreg", 1, { { "sreg", 1 } } },
	{ "rampD", 1, { { "rampD", 1 } } },
	{ "rampX", 1, { { "rampX", 1 } } },
	{ "rampY", 1, { { "rampY", 1 } } },
	{ "rampZ", 1, { { "rampZ", 1 } } },
	{ "eind", 1, { { "eind", 1 } } },
};

static const struct codec *fixed_find(const char *type);

static int fixed_read(struct wire *w, unsigned variant)
{
	static const char *const types[9] = {
		[1] = "uint8", [2] = "uint16", [4] = "uint32", [8] = "uint64",
	};
	const struct fixed *f = NULL;
	uint64_t sum = 0;

	(void)variant;
	for (size_t i = 0; i < CODEC_COUNT(fixed) && w->field; i++)
		if (!strcmp(fixed[i].type, w->field->type))
			f = &fixed[i];
	for (unsigned i = 0; f && i < f->n; i++)
		sum += f->item[i].size;
	/* Another target's info of the same name: mips has a "fpr" of 16. */
	if (!f || (w->len != UINT64_MAX && w->len != sum))
		return wire_bytes(w, "data", "buffer",
				  w->len == UINT64_MAX ? 0 : w->len) ? 0 : -EIO;
	for (unsigned i = 0; i < f->n; i++)
		if (!wire_bytes(w, f->item[i].name, types[f->item[i].size],
				f->item[i].size))
			return -EIO;
	return 0;
}

/* migration/savevm.c: u8 length and the name of a capability. */
static int capability_read(struct wire *w, unsigned variant)
{
	uint8_t n;

	(void)variant;
	if (!wire_u8(w, "length", &n) || !wire_bytes(w, "name", "buffer", n))
		return -EIO;
	return 0;
}

/*
 * hw/intc/s390_flic_kvm.c: be64 number of interrupts, or -1 where the source
 * could not ask its kernel; each is a struct kvm_s390_irq of 72 bytes.
 */
static int flic_read(struct wire *w, unsigned variant)
{
	uint64_t n;

	(void)variant;
	if (!wire_u64(w, "count", &n))
		return -EIO;
	if (n == UINT64_MAX)
		return -EINVAL;
	if (n > UINT32_MAX)	/* no allocation of that size succeeds */
		return -ENOMEM;
	return wire_bytes(w, "irqs", "buffer", n * 72) ? 0 : -EIO;
}

static const struct codec simple_codecs[] = {
	{ .type = "bitmap", .nvariants = 1, .read = bitmap_read },
	{ .type = "capability", .nvariants = 1, .read = capability_read },
	{ .type = "irqs", .nvariants = 1, .read = flic_read },
	{ 0 }
};

static const struct codec *fixed_find(const char *type)
{
	static struct codec made[CODEC_COUNT(fixed)];

	for (size_t i = 0; i < CODEC_COUNT(fixed); i++) {
		if (strcmp(fixed[i].type, type))
			continue;
		made[i] = (struct codec){
			.type = fixed[i].type, .nvariants = 1,
			.read = fixed_read,
		};
		return &made[i];
	}
	return NULL;
}

const struct codec *codec_find(const char *type)
{
	static const struct codec *const tables[] = {
		simple_codecs, pci_codecs, virtio_codecs, gpu_codecs,
		scsi_codecs, usb_codecs,
	};

	for (size_t i = 0; i < CODEC_COUNT(tables); i++)
		for (const struct codec *c = tables[i]; c->type; c++)
			if (!strcmp(c->type, type))
				return c;
	return fixed_find(type);
}

bool codec_is_even(const char *type)
{
	static const char *const even[] = {
		"tlb_entry", "tlb entry", "psw", "fsr", "xcc",
	};

	for (size_t i = 0; i < CODEC_COUNT(even); i++)
		if (!strcmp(type, even[i]))
			return true;
	return false;
}

static bool idstr_matches(const char *pattern, const char *idstr)
{
	size_t np = strlen(pattern), n = strlen(idstr);

	if (pattern[0] != '/')
		return !strcmp(pattern, idstr);
	return (n >= np && !strcmp(idstr + n - np, pattern)) ||
	       !strcmp(pattern + 1, idstr);
}

const struct section_codec *section_codec_find(const char *idstr)
{
	static const struct section_codec *const tables[] = {
		slirp_sections, iterable_sections,
	};

	for (size_t i = 0; i < CODEC_COUNT(tables); i++)
		for (const struct section_codec *c = tables[i]; c->idstr; c++)
			if (idstr_matches(c->idstr, idstr))
				return c;
	return NULL;
}
