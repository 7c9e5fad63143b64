/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire.h - what a codec reads through.
 *
 * A codec decodes one kind of code-driven state (an info with hand-written
 * get()/put(), or an iterable section).  It does not know who listens: the
 * loader turns each take() into an event of the timeline, a test into a line
 * of text.  It reads as the *destination's* C code would: same order, same
 * checks, same error lines, same return values.
 *
 * After take() answered NULL the stream has ended: return -EIO (QEMU reads
 * zeros then and finds the error afterwards; what it does in between has no
 * effect that anybody can see).
 */
#ifndef VMSDB_WIRE_H
#define VMSDB_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "desc.h"

struct wire;

struct wire_ops {
	/*
	 * Claim the next @n bytes as an item; NULL at the end of the stream.
	 * @name and @type are copied.  @type is an info's name ("uint16",
	 * "buffer", ...) so that the value can be printed.
	 */
	const uint8_t *(*take)(struct wire *w, const char *name,
			       const char *type, uint64_t n);
	/* The byte @ahead of the next one, or -1; claims nothing. */
	int (*peek)(struct wire *w, uint64_t ahead);
	uint64_t (*offset)(struct wire *w);	/* of the next byte, in the stream */
	/* Group the items up to leave() under one node. */
	void (*enter)(struct wire *w, const char *name, const char *type);
	void (*leave)(struct wire *w);
	/*
	 * vmstate_load_state(): version checks, fields, subsections.  Answers
	 * 0 or a negative errno, as the emulator's would.
	 */
	int (*load)(struct wire *w, const struct desc *d, int version,
		    const char *name);
	/* A line that the emulator prints before it fails (no newline). */
	void (*error)(struct wire *w, const char *fmt, ...)
		__attribute__((format(printf, 2, 3)));
	/* ... and the byte, of those taken already, that it is about. */
	void (*blame)(struct wire *w, uint64_t offset);
	/* Something that a hook checks and nobody here can judge. */
	void (*unjudged)(struct wire *w, const char *fmt, ...)
		__attribute__((format(printf, 2, 3)));
	/*
	 * The path of the load depends on something that nobody supplied;
	 * the codec goes on with its best guess.
	 */
	void (*unknown)(struct wire *w, const char *fmt, ...)
		__attribute__((format(printf, 2, 3)));
	/*
	 * Numbers remembered per section (entry), such as "msix-entries".
	 * set() stores what this load found.  get() answers what the
	 * destination's own reference stream told for the same entry, else
	 * what this load has set earlier, else false.  "machine-version" is
	 * the received machine type's (pc-q35-7.2: 702), "release-min" and
	 * "release-max" the oldest and newest that the destination's emulator
	 * can be.
	 */
	void (*fact_set)(struct wire *w, const char *key, int64_t value);
	bool (*fact_get)(struct wire *w, const char *key, int64_t *value);
};

struct wire {
	const struct wire_ops *ops;
	const char *idstr;	/* of the section */
	uint32_t instance;
	int version;		/* of the section, or of the descriptor that holds the field */
	/* The field being read; NULL for an iterable section. */
	const struct desc_field *field;
	/*
	 * Bytes that the field has for sure, because a description says so;
	 * UINT64_MAX when nobody knows.  exact: the reader is the one who
	 * wrote them (a description of this very stream, or the
	 * destination's reference stream is being read).
	 */
	uint64_t len;
	bool exact;
	/*
	 * What the destination itself wrote for the very same field (its
	 * reference stream), or NULL.
	 */
	const uint8_t *seen;
	uint64_t seen_len;
};

/*
 * A codec may have several variants: layouts that differ between versions of
 * the emulator and that nothing on the wire announces.  The loader runs them
 * over the destination's own reference stream and keeps the first that tiles
 * the field exactly; that one is used for everything that this destination
 * reads in this entry.  Variant 0 is tried first.
 */
struct codec {
	const char *type;	/* info's name, or the idstr's descriptor for sections */
	const char *const *variants;	/* names for people, nvariants of them; may be NULL when 1 */
	unsigned nvariants;
	/*
	 * Read one element.  Returns 0, or a negative errno after the lines of
	 * error() that the emulator prints itself (not "Failed to load X:Y",
	 * which is the loader's).
	 */
	int (*read)(struct wire *w, unsigned variant);
};

/* The codec of an info by its name, or NULL: the field is opaque. */
const struct codec *codec_find(const char *type);

/*
 * Is an info that no codec reads as long in every object of one emulator, whatever
 * it holds?  Then the destination's own description tells its length.
 */
bool codec_is_even(const char *type);

/*
 * The codec of an iterable or otherwise old-style section ("dirty-bitmap",
 * "spapr/htab", "slirp", ...), by the tail of its idstr; NULL: opaque.
 * Section kinds are the wire's (0x01 START, 0x02 PART, 0x03 END, 0x04 FULL).
 */
struct section_codec {
	const char *idstr;	/* whole, or "/tail" */
	int (*read)(struct wire *w, int kind, int version);
};

const struct section_codec *section_codec_find(const char *idstr);

/*
 * Descriptors that no account lists because hand-written code loads them
 * (vmstate_virtio, vmstate_virtio_pci, vmstate_virtio_gpu_scanouts ...) are
 * constant tables in the codecs' files, with the QEMU version they were read
 * from.
 */
#endif
