/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iterable.c - sections without a descriptor, other than "ram".
 *
 * Data that may be large is one item per chunk of the sender's.
 */
#include <stdio.h>
#include <string.h>

#include "codec.h"
#include "pci.h"

enum {
	PAGE_MASK = 0xfff,		/* s390x */
	SECTOR_MASK = 0x1ff,
};

/* -- hw/ppc/spapr.c: the hash page table -------------------------------- */

/*
 * START: be32 htab_shift, or -1 for none (a radix guest).  PART, END: be32 0,
 * then chunks be32 index, be16 valid, be16 invalid and 16 bytes for each valid
 * one, until a chunk of all zeroes.  Nothing but the first word tells which.
 */
static int htab_chunks_read(struct wire *w)
{
	int64_t shift = 0;
	bool bounded = w->ops->fact_get(w, "htab-shift", &shift);

	for (;;) {
		uint32_t index;
		uint16_t valid, invalid;
		bool ok;

		w->ops->enter(w, "chunk", "htab chunk");
		ok = wire_u32(w, "index", &index) &&
		     wire_u16(w, "n_valid", &valid) &&
		     wire_u16(w, "n_invalid", &invalid);
		if (ok && bounded && shift >= 4 && shift < 64 &&
		    (uint64_t)index + valid + invalid > 1ull << (shift - 4)) {
			w->ops->error(w, "htab_load() bad index %d (%hd+%hd "
				      "entries) in htab stream (htab_shift=%d)",
				      (int)index, (short)valid, (short)invalid,
				      (int)shift);
			w->ops->leave(w);
			return -EINVAL;
		}
		ok = ok && wire_bytes(w, "hptes", "buffer", 16u * valid);
		w->ops->leave(w);
		if (!ok)
			return -EIO;
		if (!index && !valid && !invalid)
			return 0;
	}
}

static int htab_read(struct wire *w, int kind, int version)
{
	uint32_t header;

	(void)kind;
	if (version != 1) {
		w->ops->error(w, "htab_load() bad version");
		return -EINVAL;
	}
	if (!wire_u32(w, "htab_shift", &header))
		return -EIO;
	if (header == UINT32_MAX)
		return 0;
	if (header) {
		w->ops->fact_set(w, "htab-shift", header);
		return 0;
	}
	return htab_chunks_read(w);
}

/* -- hw/s390x ------------------------------------------------------------ */

/*
 * Storage keys and storage attributes: be64 address | flags, and for the flag
 * MORE be64 count and one byte for each page.
 */
static int pages_read(struct wire *w, bool keys)
{
	enum { EOS = 1, MORE = 2, ERROR = 4, DONE = 8 };

	for (;;) {
		uint64_t addr, count;
		unsigned flags;

		if (!wire_u64(w, "addr", &addr))
			return -EIO;
		flags = addr & PAGE_MASK;
		switch (flags) {
		case EOS:
			return 0;
		case MORE:
			if (!wire_u64(w, "count", &count) ||
			    !wire_bytes(w, keys ? "keys" : "values", "buffer",
					count))
				return -EIO;
			break;
		case ERROR:
			w->ops->error(w, keys ?
				      "Storage key data is incomplete" :
				      "Storage attributes data is incomplete");
			return -EINVAL;
		case DONE:
			if (!keys)
				break;
			/* fall through */
		default:
			w->ops->error(w, keys ?
				      "Unexpected storage key flag data: %#x" :
				      "Unexpected storage attribute flag data: "
				      "%#x", flags);
			return -EINVAL;
		}
	}
}

static int skeys_read(struct wire *w, int kind, int version)
{
	(void)kind;
	(void)version;
	return pages_read(w, true);
}

static int stattrib_read(struct wire *w, int kind, int version)
{
	(void)kind;
	(void)version;
	return pages_read(w, false);
}

/* hw/s390x/tod.c: u8 0, the clock is missing; else u8 high, be64 low. */
static int tod_read(struct wire *w, int kind, int version)
{
	uint8_t present;

	(void)kind;
	(void)version;
	if (!wire_u8(w, "present", &present))
		return -EIO;
	if (!present)
		return 0;
	return wire_u8(w, "high", NULL) && wire_u64(w, "low", NULL) ? 0 : -EIO;
}

/* -- migration/block-dirty-bitmap.c -------------------------------------- */

enum {
	DBM_EOS = 0x01,
	DBM_ZEROES = 0x02,
	DBM_BITMAP_NAME = 0x04,
	DBM_DEVICE_NAME = 0x08,
	DBM_START = 0x10,
	DBM_COMPLETE = 0x20,
	DBM_BITS = 0x40,
	DBM_EXTRA = 0x80,
	DBM_CHUNK = 1 << 10,
};

/* u8, be16 or be32; a uint8_t holds them, so the loader sees the last byte. */
static int dbm_flags_read(struct wire *w, uint8_t *flags)
{
	uint16_t more;

	if (!wire_u8(w, "flags", flags))
		return -EIO;
	if (!(*flags & DBM_EXTRA))
		return 0;
	if (!wire_u8(w, "flags", flags))
		return -EIO;
	if (!(*flags & DBM_EXTRA))
		return 0;
	if (!wire_u16(w, "flags", &more))
		return -EIO;
	*flags = (uint8_t)more;
	return 0;
}

static int dbm_name_read(struct wire *w, const char *name, const char *what)
{
	uint8_t n;

	if (!wire_u8(w, "length", &n) || !wire_bytes(w, name, "buffer", n))
		return -EIO;
	if (!n) {
		w->ops->error(w, "Unable to read %s alias string", what);
		return -EINVAL;
	}
	return 0;
}

static int dbm_bits_read(struct wire *w, uint8_t flags)
{
	uint64_t size;

	if (!wire_u64(w, "first_sector", NULL) ||
	    !wire_u32(w, "nr_sectors", NULL))
		return -EIO;
	if (flags & DBM_ZEROES)
		return 0;
	if (!wire_u64(w, "buf_size", &size))
		return -EIO;
	if (size > 10 * DBM_CHUNK) {
		w->ops->error(w, "Bitmap migration stream buffer allocation "
			      "request is too large");
		return -EIO;
	}
	if (!wire_bytes(w, "bits", "buffer", size)) {
		w->ops->error(w, "Failed to read bitmap bits");
		return -EIO;
	}
	return 0;
}

static int dbm_chunk_read(struct wire *w, uint8_t *flags)
{
	int ret = dbm_flags_read(w, flags);

	if (!ret && *flags & DBM_DEVICE_NAME)
		ret = dbm_name_read(w, "node", "node");
	if (!ret && *flags & DBM_BITMAP_NAME)
		ret = dbm_name_read(w, "bitmap", "bitmap");
	if (ret)
		return ret;
	if (*flags & DBM_START)
		return wire_u32(w, "granularity", NULL) &&
		       wire_u8(w, "start_flags", NULL) ? 0 : -EIO;
	if (!(*flags & DBM_COMPLETE) && *flags & DBM_BITS)
		return dbm_bits_read(w, *flags);
	return 0;
}

static int dirty_bitmap_read(struct wire *w, int kind, int version)
{
	bool named = false;
	uint8_t flags;
	int ret;

	(void)kind;
	if (version != 1)
		return -EINVAL;
	do {
		w->ops->enter(w, "chunk", "dirty bitmap chunk");
		ret = dbm_chunk_read(w, &flags);
		w->ops->leave(w);
		if (ret)
			return ret;
		named = named || flags & DBM_DEVICE_NAME;
	} while (!(flags & DBM_EOS));
	if (named)
		w->ops->unjudged(w, "the destination must have the nodes and "
				 "bitmaps that are named, with their "
				 "granularity");
	return 0;
}

/* -- migration/block.c, until 9.0 ----------------------------------------- */

static int block_read(struct wire *w, int kind, int version)
{
	enum { DEVICE = 1, EOS = 2, PROGRESS = 4, ZERO = 8, SIZE = 1 << 20 };
	bool named = false;
	uint64_t addr;

	(void)kind;
	(void)version;
	do {
		unsigned flags;
		uint8_t n;

		if (!wire_u64(w, "addr", &addr))
			return -EIO;
		flags = addr & SECTOR_MASK;
		if (flags & DEVICE) {
			if (!wire_u8(w, "length", &n) ||
			    !wire_bytes(w, "device", "buffer", n) ||
			    (!(flags & ZERO) &&
			     !wire_bytes(w, "data", "buffer", SIZE)))
				return -EIO;
			named = true;
		} else if (!(flags & (PROGRESS | EOS))) {
			w->ops->error(w, "Unknown block migration flags: 0x%x",
				      flags);
			return -EINVAL;
		}
	} while (!(addr & EOS));
	if (named)
		w->ops->unjudged(w, "the destination must have the block "
				 "devices that are named");
	return 0;
}

/* -- hw/vfio/migration.c --------------------------------------------------- */

#define VFIO_FLAG(n)	(0xffffffffef100000ull | (n))

enum { VFIO_END = 1, VFIO_CONFIG, VFIO_SETUP, VFIO_DATA, VFIO_INIT_SENT };

/* vmstate_vfio_pci_config; "msix" is absent from devices without it. */
static int vfio_config_read(struct wire *w)
{
	static const struct desc_field msix_fields[] = {
		CODEC_FIELD("msix", "msix state", 0),
	};
	static const struct desc msix = {
		CODEC_DESC("msix", 0, 0, msix_fields)
	};
	/* The same descriptor twice, for its two kinds of configuration. */
	static struct desc_field fields[2][2][2];
	static struct desc desc[2][2];
	unsigned size = pci_config_size(w, 4);
	unsigned entries = pci_msix_entries(w, 4, size);
	unsigned e = size == 4096, m = entries != 0;
	struct desc_field *f = fields[e][m];
	uint64_t end;
	int ret;

	f[0] = (struct desc_field)CODEC_STRUCT("pdev", pci_device_desc(size));
	f[1] = (struct desc_field)CODEC_STRUCT("pdev", &msix);
	f[0].dup = m ? 0 : -1;
	f[1].dup = 1;
	desc[e][m] = (struct desc){
		CODEC_DESC("VFIOPCIDevice", 1, 1, fields[e][m])
	};
	desc[e][m].nfields = 1 + m;
	w->ops->fact_set(w, "pci-config-size", size);
	w->ops->fact_set(w, "msix-entries", entries);
	ret = w->ops->load(w, &desc[e][m], 1, "VFIOPCIDevice");
	if (ret) {
		w->ops->error(w, "%s: Failed to load device config space",
			      w->idstr);
		return ret;
	}
	if (!wire_u64(w, "flag", &end))
		return -EIO;
	if (end == VFIO_FLAG(VFIO_END))
		return 0;
	w->ops->error(w, "%s: Failed loading device config space, end flag "
		      "incorrect 0x%" PRIx64, w->idstr, end);
	return -EINVAL;
}

/* One section may be START (setup), PART (data), END, FULL (config). */
static int vfio_read(struct wire *w, int kind, int version)
{
	(void)kind;
	(void)version;
	for (;;) {
		uint64_t flag, size;

		if (!wire_u64(w, "flag", &flag))
			return -EIO;
		switch (flag - VFIO_FLAG(0)) {
		case VFIO_END:
			return 0;
		case VFIO_CONFIG:
			return vfio_config_read(w);
		case VFIO_SETUP:
			if (!wire_u64(w, "flag", &flag))
				return -EIO;
			if (flag == VFIO_FLAG(VFIO_END))
				return 0;
			w->ops->error(w, "%s: SETUP STATE: EOS not found 0x%"
				      PRIx64, w->idstr, flag);
			return -EINVAL;
		case VFIO_DATA:
			if (!wire_u64(w, "data_size", &size) ||
			    !wire_bytes(w, "data", "buffer", size))
				return -EIO;
			break;
		case VFIO_INIT_SENT:
			return 0;
		default:
			w->ops->error(w, "%s: Unknown tag 0x%" PRIx64,
				      w->idstr, flag);
			return -EINVAL;
		}
	}
}

/* -- Proxmox: the state of a running backup -------------------------------- */

static int pbs_state_read(struct wire *w, int kind, int version)
{
	uint64_t n;

	(void)kind;
	(void)version;
	if (!wire_u64(w, "len", &n) || !wire_bytes(w, "state", "buffer", n))
		return -EIO;
	return 0;
}

const struct section_codec iterable_sections[] = {
	{ "spapr/htab", htab_read },
	{ "s390-skeys", skeys_read },
	{ "s390-storage_attributes", stattrib_read },
	{ "todclock", tod_read },
	{ "dirty-bitmap", dirty_bitmap_read },
	{ "block", block_read },
	{ "/vfio", vfio_read },
	{ "pbs-state", pbs_state_read },
	{ NULL, NULL }
};
