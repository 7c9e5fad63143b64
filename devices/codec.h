/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * codec.h - what the codecs share among themselves.
 *
 * Each file of codecs ends with a table; codec.c joins the tables and answers
 * codec_find() and section_codec_find().  Nobody else includes this.
 */
#ifndef VMSDB_CODEC_H
#define VMSDB_CODEC_H

#include <errno.h>
#include <inttypes.h>

#include "../stream/cursor.h"
#include "wire.h"

/* Tables, each ended by an entry without a name. */
extern const struct codec pci_codecs[], virtio_codecs[], gpu_codecs[],
	scsi_codecs[], usb_codecs[];
extern const struct section_codec slirp_sections[], iterable_sections[];

/*
 * Constant descriptors.  What these tables say was read in QEMU's source, so
 * everything but the place in the emulator's memory is known; flags are right
 * although from_layout says that nobody told, since there are no offsets.
 */
#define CODEC_KNOWN(name_, type_)					\
	.name = name_, .dup = -1, .type = type_,			\
	.from_type = DESC_FROM_KNOWN, .from_exists = DESC_FROM_KNOWN,	\
	.from_version = DESC_FROM_KNOWN, .from_size = DESC_FROM_KNOWN,	\
	.from_num = DESC_FROM_KNOWN, .from_count = DESC_FROM_KNOWN,	\
	.from_desc = DESC_FROM_KNOWN

#define CODEC_FIELD(name_, type_, size_)				\
	{ CODEC_KNOWN(name_, type_), .size = size_, .num = 1,		\
	  .flags = VMS_SINGLE }
#define CODEC_FIELD_V(name_, type_, size_, version_)			\
	{ CODEC_KNOWN(name_, type_), .size = size_, .num = 1,		\
	  .version = version_, .flags = VMS_SINGLE }
#define CODEC_ARRAY(name_, type_, size_, n_)				\
	{ CODEC_KNOWN(name_, type_), .size = size_, .num = n_,		\
	  .flags = VMS_ARRAY }
#define CODEC_BUFFER(name_, type_, size_)				\
	{ CODEC_KNOWN(name_, type_), .size = size_, .num = 1,		\
	  .flags = VMS_BUFFER }
#define CODEC_STRUCT(name_, desc_)					\
	{ CODEC_KNOWN(name_, "struct"), .desc = desc_, .num = 1,	\
	  .flags = VMS_STRUCT }
#define CODEC_STRUCT_ARRAY(name_, desc_, n_)				\
	{ CODEC_KNOWN(name_, "struct"), .desc = desc_, .num = n_,	\
	  .flags = VMS_STRUCT | VMS_ARRAY }
#define CODEC_TMP(desc_)						\
	{ CODEC_KNOWN("tmp", "tmp"), .desc = desc_, .num = 1,		\
	  .flags = VMS_SINGLE }

#define CODEC_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A descriptor out of a name, two versions and an array of fields. */
#define CODEC_DESC(name_, version_, min_, fields_)			\
	.name = name_, .version = version_, .min_version = min_,	\
	.fields = fields_, .nfields = CODEC_COUNT(fields_),		\
	.all_fields = true, .all_subs = true, .from = DESC_FROM_KNOWN,	\
	.from_version = DESC_FROM_KNOWN, .from_min = DESC_FROM_KNOWN
#define CODEC_SUBS(subs_)						\
	.subs = subs_, .nsubs = CODEC_COUNT(subs_)

/*
 * The next bytes as a number of @n bytes; false at the end of the stream.
 * @ret may be NULL.
 */
bool wire_u8(struct wire *w, const char *name, uint8_t *ret);
bool wire_u16(struct wire *w, const char *name, uint16_t *ret);
bool wire_u32(struct wire *w, const char *name, uint32_t *ret);
bool wire_u64(struct wire *w, const char *name, uint64_t *ret);

/* @n bytes in one item; none of 0 bytes. */
bool wire_bytes(struct wire *w, const char *name, const char *type,
		uint64_t n);

/* Look at a number of @n <= 8 bytes @ahead of the next byte. */
bool wire_peek(struct wire *w, uint64_t ahead, unsigned n, uint64_t *ret);

/*
 * What the destination's reference told, for a codec that reads what others
 * wrote.  Whoever reads its own bytes (w->exact) finds everything in them.
 */
bool codec_fact(struct wire *w, const char *key, int64_t *ret);

/* A popped element of a virtqueue, as virtio devices and SCSI requests have. */
int virtio_element_read(struct wire *w, const char *name);

/* A counted list of pieces, "be32 size, bytes" until size 0. */
int wire_chunks(struct wire *w, const char *name);

#endif
