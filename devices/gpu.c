/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gpu.c - the info "virtio-gpu" and its neighbour "blob".
 *
 *   for each resource: be32 id, width, height, format, iov_cnt,
 *       iov_cnt times { be64 address, be32 length }, the pixels
 *   be32 0
 *   descriptor "virtio-gpu-scanouts"
 *
 * The scanouts' descriptor is where releases part.  Until 8.2 a scanout is
 * version 1.  9.0 made it version 2, six words longer, which an older one
 * cannot know (a nested version is not on the wire).  9.1 made it version 1
 * again, with the six words under a predicate that asks the machine type.  But
 * the predicate is given the address of the scanout and takes it for that of
 * the first: for all others it reads the deciding byte from beyond the array,
 * whatever is there.  So with several outputs any of them but the first may
 * have the words or not, and two runs of one emulator may differ.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"

enum {
	OUTPUTS_MAX = 16,	/* VIRTIO_GPU_MAX_SCANOUTS */
	SCANOUT_WORDS = 10,
	SCANOUT_MORE = 6,	/* since version 2 */
};

enum {
	SCANOUTS_1,		/* until 8.2, and old machine types after */
	SCANOUTS_BY_MACHINE,	/* since 9.1 */
	SCANOUTS_STRAY,		/* since 9.1, several outputs */
	SCANOUTS_2,		/* 9.0 */
};

static const char *const variant_names[] = {
	"scanouts version 1", "scanouts with framebuffers (9.1)",
	"scanouts with framebuffers here and there (9.1, several outputs)",
	"scanouts version 2 (9.0)",
};

#define SCANOUT_HEAD					\
	CODEC_FIELD("resource_id", "uint32", 4),	\
	CODEC_FIELD("width", "uint32", 4),		\
	CODEC_FIELD("height", "uint32", 4),		\
	CODEC_FIELD("x", "int32", 4),			\
	CODEC_FIELD("y", "int32", 4),			\
	CODEC_FIELD("cursor.resource_id", "uint32", 4),	\
	CODEC_FIELD("cursor.hot_x", "uint32", 4),	\
	CODEC_FIELD("cursor.hot_y", "uint32", 4),	\
	CODEC_FIELD("cursor.pos.x", "uint32", 4),	\
	CODEC_FIELD("cursor.pos.y", "uint32", 4)
#define SCANOUT_FB(v)					\
	CODEC_FIELD_V("fb.format", "uint32", 4, v),	\
	CODEC_FIELD_V("unused", "unused_buffer", 4, v),	\
	CODEC_FIELD_V("fb.width", "uint32", 4, v),	\
	CODEC_FIELD_V("fb.height", "uint32", 4, v),	\
	CODEC_FIELD_V("fb.stride", "uint32", 4, v),	\
	CODEC_FIELD_V("fb.offset", "uint32", 4, v)

static const struct desc_field scanout_short[] = {
	SCANOUT_HEAD
}, scanout_long[] = {
	SCANOUT_HEAD, SCANOUT_FB(0)
}, scanout_v2[] = {
	SCANOUT_HEAD, SCANOUT_FB(2)
};

/* minimum_version_id is not set in any release. */
static const struct desc scanout_desc[] = {
	{ CODEC_DESC("virtio-gpu-one-scanout", 1, 0, scanout_short) },
	{ CODEC_DESC("virtio-gpu-one-scanout", 1, 0, scanout_long) },
	{ CODEC_DESC("virtio-gpu-one-scanout", 2, 1, scanout_v2) },
};

#define SCANOUTS_HEAD						\
	CODEC_FIELD("parent_obj.enable", "int32", 4),		\
	CODEC_FIELD("parent_obj.conf.max_outputs", "uint32 equal", 4)
#define SCANOUTS(desc_)						\
	SCANOUTS_HEAD,						\
	{ CODEC_KNOWN("parent_obj.scanout", "struct"),		\
	  .desc = desc_, .version = 1,				\
	  .count_field = "parent_obj.conf.max_outputs",		\
	  .flags = VMS_STRUCT | VMS_VARRAY_UINT32 }

static const struct desc_field scanouts_short[] = {
	SCANOUTS(&scanout_desc[0])
}, scanouts_long[] = {
	SCANOUTS(&scanout_desc[1])
}, scanouts_v2[] = {
	SCANOUTS(&scanout_desc[2])
};
static const struct desc scanouts_desc[] = {
	[SCANOUTS_1] = {
		CODEC_DESC("virtio-gpu-scanouts", 1, 0, scanouts_short)
	},
	[SCANOUTS_BY_MACHINE] = {
		CODEC_DESC("virtio-gpu-scanouts", 1, 0, scanouts_long)
	},
	[SCANOUTS_2] = {
		CODEC_DESC("virtio-gpu-scanouts", 1, 0, scanouts_v2)
	},
};

/* The scanouts where those of @mask have the words. */
struct stray_desc {
	uint32_t mask;
	unsigned outputs;
	const struct desc *elems[OUTPUTS_MAX];
	struct desc_field fields[3];
	struct desc desc;
	struct stray_desc *next;
};

static const struct desc *stray_desc(uint32_t mask, unsigned outputs)
{
	static const struct desc_field head[] = { SCANOUTS_HEAD };
	static struct stray_desc *made;
	struct stray_desc *d;

	for (d = made; d; d = d->next)
		if (d->mask == mask && d->outputs == outputs)
			return &d->desc;
	d = grow_array(NULL, &(size_t){ 0 }, 1, sizeof(*d));
	memset(d, 0, sizeof(*d));
	d->mask = mask;
	d->outputs = outputs;
	for (unsigned i = 0; i < outputs; i++)
		d->elems[i] = &scanout_desc[mask >> i & 1];
	memcpy(d->fields, head, sizeof(head));
	d->fields[2] = (struct desc_field){
		CODEC_KNOWN("parent_obj.scanout", "struct"),
		.desc = &scanout_desc[0], .version = 1, .num = outputs,
		.elem_descs = d->elems, .nelem_descs = outputs,
		.flags = VMS_STRUCT | VMS_ARRAY,
	};
	d->desc = scanouts_desc[SCANOUTS_1];
	d->desc.fields = d->fields;
	d->desc.nfields = 3;
	d->next = made;
	made = d;
	return &d->desc;
}

/*
 * Which outputs have the words: what the destination's reference had; else as
 * many as the length of the field leaves room for.  Where they stand does not
 * follow from the length; only the first is read properly, and the machine
 * type decides about that one.
 */
static uint32_t stray_mask(struct wire *w, uint64_t taken, unsigned outputs)
{
	uint64_t plain = 8 + 4 * SCANOUT_WORDS * outputs;
	uint32_t mask;
	int64_t fact;
	unsigned n;

	if (w->ops->fact_get(w, "virtio-gpu-framebuffers", &fact))
		return (uint32_t)fact & ((1u << outputs) - 1);
	if (w->len == UINT64_MAX || w->len < taken + plain)
		return (1u << outputs) - 1;
	n = (unsigned)((w->len - taken - plain) / (4 * SCANOUT_MORE));
	if (n > outputs)
		n = outputs;
	mask = (1u << n) - 1;
	/* Machine types before 9.1 do without in the first. */
	if (n && n < outputs && w->ops->fact_get(w, "machine-version", &fact) &&
	    fact < 901)
		mask <<= 1;
	return mask;
}

static int stray_read(struct wire *w, uint64_t taken)
{
	uint64_t outputs;
	uint32_t mask;

	if (!wire_peek(w, 4, 4, &outputs))
		outputs = 1;
	if (outputs > OUTPUTS_MAX)
		outputs = OUTPUTS_MAX;
	mask = stray_mask(w, taken, (unsigned)outputs);
	w->ops->fact_set(w, "virtio-gpu-framebuffers", mask);
	/* a reference stream shows one run; that is evidence, not a promise */
	if (outputs > 1)
		(w->seen ? w->ops->unjudged : w->ops->unknown)(w,
			"which of the %u scanouts end with a framebuffer: "
			"scanout_vmstate_after_v2() takes each for the first "
			"and reads the deciding byte from beyond; another run "
			"may differ", (unsigned)outputs);
	return w->ops->load(w, stray_desc(mask, (unsigned)outputs), 1,
			    "virtio-gpu-scanouts");
}

/* The formats that virtio_gpu_get_pixman_format() knows; all of 32 bits. */
static bool format_known(uint32_t format)
{
	switch (format) {
	case 1: case 2: case 3: case 4:
	case 67: case 68: case 121: case 134:
		return true;
	default:
		return false;
	}
}

/* Ids of the resources read, to find one that comes twice. */
struct ids {
	uint32_t *slot;		/* open addressing; 0 is free */
	size_t n, size;
};

static bool ids_put(struct ids *ids, uint32_t id)
{
	size_t i;

	for (i = id * 2654435761u & (ids->size - 1); ids->slot[i];
	     i = (i + 1) & (ids->size - 1))
		if (ids->slot[i] == id)
			return false;
	ids->slot[i] = id;
	ids->n++;
	return true;
}

/* False when @id was there already. */
static bool ids_add(struct ids *ids, uint32_t id)
{
	if (2 * ids->n >= ids->size) {
		struct ids old = *ids;
		size_t cap = 0;

		ids->size = old.size ? 2 * old.size : 64;
		ids->n = 0;
		ids->slot = grow_array(NULL, &cap, ids->size,
				       sizeof(*ids->slot));
		memset(ids->slot, 0, ids->size * sizeof(*ids->slot));
		for (size_t i = 0; i < old.size; i++)
			if (old.slot[i])
				ids_put(ids, old.slot[i]);
		free(old.slot);
	}
	return ids_put(ids, id);
}

static int iov_read(struct wire *w, uint32_t n)
{
	return wire_bytes(w, "iov", "buffer", 12 * (uint64_t)n) ? 0 : -EIO;
}

static int resource_read(struct wire *w)
{
	uint32_t width, height, format, iov_cnt;
	uint64_t pixels;

	if (!wire_u32(w, "width", &width) || !wire_u32(w, "height", &height) ||
	    !wire_u32(w, "format", &format) ||
	    !wire_u32(w, "iov_cnt", &iov_cnt))
		return -EIO;
	if (!format_known(format))
		return -EINVAL;
	/* pixman refuses what overflows an int */
	if ((uint64_t)width * 4 > INT32_MAX ||
	    (uint64_t)width * 4 * height > INT32_MAX)
		return -EINVAL;
	pixels = (uint64_t)width * 4 * height;
	if (iov_read(w, iov_cnt) || !wire_bytes(w, "pixels", "buffer", pixels))
		return -EIO;
	if (iov_cnt)
		w->ops->unjudged(w, "the resource's %u pieces must be in the "
				 "guest's memory", iov_cnt);
	return 0;
}

static int blob_read_one(struct wire *w)
{
	uint32_t size, iov_cnt;
	uint64_t sum = 0;

	if (!wire_u32(w, "blob_size", &size) ||
	    !wire_u32(w, "iov_cnt", &iov_cnt))
		return -EIO;
	for (uint32_t i = 0; i < iov_cnt && sum < size; i++) {
		uint64_t len;

		if (!wire_peek(w, 12 * (uint64_t)i + 8, 4, &len))
			break;
		sum += len;
	}
	if (iov_read(w, iov_cnt))
		return -EIO;
	if (iov_cnt && sum < size)
		return -EINVAL;
	if (iov_cnt)
		w->ops->unjudged(w, "the blob's %u pieces must be in the "
				 "guest's memory", iov_cnt);
	return 0;
}

/* The list of resources or blobs. */
static int list_read(struct wire *w, const char *name,
		     int (*read_one)(struct wire *))
{
	struct ids ids = { 0 };
	uint32_t id;
	int ret;

	for (;;) {
		ret = -EIO;
		if (!wire_u32(w, "resource_id", &id))
			break;
		ret = 0;
		if (!id)
			break;
		ret = -EINVAL;
		if (!ids_add(&ids, id))
			break;
		w->ops->enter(w, name, "virtio-gpu resource");
		ret = read_one(w);
		w->ops->leave(w);
		if (ret)
			break;
	}
	free(ids.slot);
	return ret;
}

static int gpu_read(struct wire *w, unsigned variant)
{
	uint64_t start = w->ops->offset(w);
	int ret = list_read(w, "resource", resource_read);

	if (ret)
		return ret;
	if (variant == SCANOUTS_STRAY)
		ret = stray_read(w, w->ops->offset(w) - start);
	else
		ret = w->ops->load(w, &scanouts_desc[variant], 1,
				   "virtio-gpu-scanouts");
	/*
	 * virtio_gpu_load() did not look at the answer up to 10.1, but a nested
	 * load that fails leaves its error in the QEMUFile.
	 */
	return ret;
}

static int blob_read(struct wire *w, unsigned variant)
{
	(void)variant;
	return list_read(w, "blob", blob_read_one);
}

const struct codec gpu_codecs[] = {
	{ .type = "virtio-gpu", .variants = variant_names,
	  .nvariants = CODEC_COUNT(variant_names), .read = gpu_read },
	{ .type = "blob", .nvariants = 1, .read = blob_read },
	{ 0 }
};
