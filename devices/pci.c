/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci.c - the infos of PCI devices: "pci config", "pci irq state",
 * "msix state", "shpc".
 *
 * Configuration space is little-endian.  Its items carry the types "le16" and
 * "le32", which are no infos of QEMU's.
 *
 * get_pci_config_device() compares what it reads with what the destination's
 * device has, in the bits of cmask that are in neither wmask nor w1cmask.  The
 * masks are nowhere in a stream.  Those of the header and of the common
 * capabilities follow from hw/pci/ (5.2, 7.2, 10.0 alike) and from the
 * destination's own saved configuration; the others depend on the device, and
 * a difference there is unjudged.
 */
#include <stdio.h>
#include <string.h>

#include "codec.h"
#include "pci.h"

enum {
	CONFIG_SIZE = 256,
	CONFIG_SIZE_PCIE = 4096,
	AER_UNCOR = 0x03fff030,	/* PCI_ERR_UNC_SUPPORTED, */
	AER_COR = 0xf1c1,	/* PCI_ERR_COR_SUPPORTED */
	EXT_CAP_MAX = 0x40,	/* of those that QEMU's models have */
	STATUS = 0x06,
	CLASS_PROG = 0x09,
	CLASS_DEVICE = 0x0a,
	HEADER_TYPE = 0x0e,
	BAR0 = 0x10,
	CAPABILITY_LIST = 0x34,
	INTERRUPT_PIN = 0x3d,
	HEADER_END = 0x40,

	CAP_PM = 0x01,
	CAP_MSI = 0x05,
	CAP_SLOTID = 0x04,
	CAP_VENDOR = 0x09,
	CAP_SHPC = 0x0c,
	CAP_SSVID = 0x0d,
	CAP_EXP = 0x10,
	CAP_MSIX = 0x11,

	EXP_ROOT_PORT = 0x4,	/* PCI_EXP_TYPE_ROOT_PORT */
	EXT_AER = 0x01,
	EXT_DSN = 0x03,
	EXT_ACS = 0x0d,
	EXT_ATS = 0x0f,

	SHPC_SLOTS = 31,
	SHPC_SIZE = 0x24 + 4 * SHPC_SLOTS,	/* SHPC_SIZEOF() */
};

/* A capability, standard or extended; len is what is known to belong to it. */
struct cap {
	uint16_t off, len, id;
};

struct caps {
	struct cap cap[128];	/* ascending by offset, not overlapping */
	unsigned n;
};

static uint32_t le(const uint8_t *p, unsigned n)
{
	uint32_t v = 0;

	while (n--)
		v = v << 8 | p[n];
	return v;
}

/* The size that pci_add_capability() was called with, or 2. */
static unsigned cap_len(const uint8_t *cap)
{
	switch (cap[0]) {
	case CAP_PM:
	case CAP_SHPC:
	case CAP_SSVID:
		return 8;
	case CAP_MSI:
		return 10 + (cap[2] & 0x80 ? 4 : 0) + (cap[3] & 1 ? 10 : 0);
	case CAP_VENDOR:
		return cap[2] >= 3 ? cap[2] : 3;
	case CAP_EXP:
		return (cap[2] & 0xf) >= 2 ? 0x3c : 0x14;
	case CAP_MSIX:
		return 12;
	case CAP_SLOTID:
		return 4;
	default:
		return 2;
	}
}

static unsigned ext_cap_len(const uint8_t *cap)
{
	switch (le(cap, 2)) {
	case EXT_AER:
		return 0x48;
	case EXT_DSN:
		return 12;
	case EXT_ACS:
	case EXT_ATS:
		return 8;
	default:
		return 4;
	}
}

static void caps_add(struct caps *caps, unsigned off, unsigned len,
		     unsigned end, unsigned id)
{
	unsigned i = caps->n;

	if (caps->n == CODEC_COUNT(caps->cap))
		return;
	if (len > end - off)
		len = end - off;
	while (i > 0 && caps->cap[i - 1].off > off)
		i--;
	if (i > 0 && caps->cap[i - 1].off + caps->cap[i - 1].len > off)
		return;
	if (i < caps->n && off + len > caps->cap[i].off)
		return;
	memmove(&caps->cap[i + 1], &caps->cap[i],
		(caps->n - i) * sizeof(caps->cap[0]));
	caps->cap[i] = (struct cap){ .off = (uint16_t)off,
				     .len = (uint16_t)len,
				     .id = (uint16_t)id };
	caps->n++;
}

/*
 * The two lists of capabilities, which the guest, or damage, may have turned
 * into anything: visit a bounded number and ignore what overlaps.
 */
static void caps_walk(struct caps *std, struct caps *ext,
		      const uint8_t *config, unsigned size)
{
	unsigned off = config[CAPABILITY_LIST] & ~3u;

	std->n = ext->n = 0;
	if (!(config[STATUS] & 0x10))
		off = 0;
	for (unsigned i = 0; i < 48 && off >= HEADER_END; i++) {
		caps_add(std, off, cap_len(config + off), CONFIG_SIZE,
			 config[off]);
		off = config[off + 1] & ~3u;
	}
	if (size != CONFIG_SIZE_PCIE || !le(config + CONFIG_SIZE, 4))
		return;
	off = CONFIG_SIZE;
	for (unsigned i = 0; i < 100 && off >= CONFIG_SIZE; i++) {
		caps_add(ext, off, ext_cap_len(config + off), size,
			 le(config + off, 2));
		off = le(config + off + 2, 2) >> 4 & ~3u;
	}
}

static bool peek_config(struct wire *w, uint64_t ahead, uint8_t *config,
			unsigned size)
{
	for (unsigned i = 0; i < size; i++) {
		int byte = w->ops->peek(w, ahead + i);

		if (byte < 0)
			return false;
		config[i] = (uint8_t)byte;
	}
	return true;
}

/* get_pci_irq_state() would accept what is there. */
static bool peek_irq_state(struct wire *w, uint64_t ahead)
{
	for (unsigned i = 0; i < 4; i++) {
		uint64_t v;

		if (!wire_peek(w, ahead + 4 * i, 4, &v) || v > 1)
			return false;
	}
	return true;
}

unsigned pci_config_size(struct wire *w, uint64_t ahead)
{
	uint8_t config[CONFIG_SIZE_PCIE];
	struct caps std, ext;
	int64_t fact;
	bool zero = true;

	if (codec_fact(w, "pci-config-size", &fact))
		return fact == CONFIG_SIZE_PCIE ? CONFIG_SIZE_PCIE : CONFIG_SIZE;
	if (!peek_config(w, ahead, config, sizeof(config)) ||
	    !peek_irq_state(w, ahead + CONFIG_SIZE_PCIE))
		return CONFIG_SIZE;
	for (unsigned i = CONFIG_SIZE; i < CONFIG_SIZE_PCIE; i++)
		zero = zero && !config[i];
	if (zero)
		return CONFIG_SIZE_PCIE;
	caps_walk(&std, &ext, config, CONFIG_SIZE);
	for (unsigned i = 0; i < std.n; i++)
		if (std.cap[i].id == CAP_EXP)
			return CONFIG_SIZE_PCIE;
	return CONFIG_SIZE;
}

static unsigned msix_entries(const uint8_t *config, const struct caps *std)
{
	for (unsigned i = 0; i < std->n; i++)
		if (std->cap[i].id == CAP_MSIX && std->cap[i].len == 12)
			return (le(config + std->cap[i].off + 2, 2) & 0x7ff) + 1;
	return 0;
}

unsigned pci_msix_entries(struct wire *w, uint64_t ahead, unsigned size)
{
	uint8_t config[CONFIG_SIZE];
	struct caps std, ext;

	(void)size;	/* MSI-X stands in the conventional part */
	if (!peek_config(w, ahead, config, sizeof(config)))
		return 0;
	caps_walk(&std, &ext, config, CONFIG_SIZE);
	return msix_entries(config, &std);
}

/* One item of a layout: the type follows from the size. */
struct item {
	uint8_t size;
	const char *name;
};

static const struct item header_type0[] = {
	{ 2, "vendor" }, { 2, "device" }, { 2, "command" }, { 2, "status" },
	{ 1, "revision" }, { 1, "prog_if" }, { 2, "class" },
	{ 1, "cache_line_size" }, { 1, "latency_timer" },
	{ 1, "header_type" }, { 1, "bist" },
	{ 4, "bar0" }, { 4, "bar1" }, { 4, "bar2" }, { 4, "bar3" },
	{ 4, "bar4" }, { 4, "bar5" }, { 4, "cardbus_cis" },
	{ 2, "subsystem_vendor" }, { 2, "subsystem" }, { 4, "rom" },
	{ 1, "capabilities" }, { 7, "reserved" },
	{ 1, "interrupt_line" }, { 1, "interrupt_pin" },
	{ 1, "min_gnt" }, { 1, "max_lat" }, { 0, NULL }
};

static const struct item header_bridge[] = {
	{ 2, "vendor" }, { 2, "device" }, { 2, "command" }, { 2, "status" },
	{ 1, "revision" }, { 1, "prog_if" }, { 2, "class" },
	{ 1, "cache_line_size" }, { 1, "latency_timer" },
	{ 1, "header_type" }, { 1, "bist" }, { 4, "bar0" }, { 4, "bar1" },
	{ 1, "primary_bus" }, { 1, "secondary_bus" },
	{ 1, "subordinate_bus" }, { 1, "secondary_latency_timer" },
	{ 1, "io_base" }, { 1, "io_limit" }, { 2, "secondary_status" },
	{ 2, "memory_base" }, { 2, "memory_limit" },
	{ 2, "prefetch_base" }, { 2, "prefetch_limit" },
	{ 4, "prefetch_base_upper" }, { 4, "prefetch_limit_upper" },
	{ 2, "io_base_upper" }, { 2, "io_limit_upper" },
	{ 1, "capabilities" }, { 3, "reserved" }, { 4, "rom" },
	{ 1, "interrupt_line" }, { 1, "interrupt_pin" },
	{ 2, "bridge_control" }, { 0, NULL }
};

static const struct item cap_plain[] = {
	{ 1, "id" }, { 1, "next" }, { 0, NULL }
};

static const struct item cap_pm[] = {
	{ 1, "id" }, { 1, "next" }, { 2, "capabilities" }, { 2, "control" },
	{ 1, "bridge" }, { 1, "data" }, { 0, NULL }
};

static const struct item cap_msi32[] = {
	{ 1, "id" }, { 1, "next" }, { 2, "control" }, { 4, "address" },
	{ 2, "data" }, { 2, "reserved" }, { 4, "mask" }, { 4, "pending" },
	{ 0, NULL }
};

static const struct item cap_msi64[] = {
	{ 1, "id" }, { 1, "next" }, { 2, "control" }, { 4, "address" },
	{ 4, "address_hi" }, { 2, "data" }, { 2, "reserved" }, { 4, "mask" },
	{ 4, "pending" }, { 0, NULL }
};

static const struct item cap_msix[] = {
	{ 1, "id" }, { 1, "next" }, { 2, "control" }, { 4, "table" },
	{ 4, "pba" }, { 0, NULL }
};

/* struct virtio_pci_cap, and what any vendor's begins with. */
static const struct item cap_vendor[] = {
	{ 1, "id" }, { 1, "next" }, { 1, "len" }, { 1, "cfg_type" },
	{ 1, "bar" }, { 3, "padding" }, { 4, "offset" }, { 4, "length" },
	{ 4, "extra" }, { 0, NULL }
};

static const struct item cap_ssvid[] = {
	{ 1, "id" }, { 1, "next" }, { 2, "reserved" },
	{ 2, "subsystem_vendor" }, { 2, "subsystem" }, { 0, NULL }
};

static const struct item cap_exp[] = {
	{ 1, "id" }, { 1, "next" }, { 2, "flags" },
	{ 4, "device_capabilities" }, { 2, "device_control" },
	{ 2, "device_status" }, { 4, "link_capabilities" },
	{ 2, "link_control" }, { 2, "link_status" },
	{ 4, "slot_capabilities" }, { 2, "slot_control" },
	{ 2, "slot_status" }, { 2, "root_control" },
	{ 2, "root_capabilities" }, { 4, "root_status" },
	{ 4, "device_capabilities2" }, { 2, "device_control2" },
	{ 2, "device_status2" }, { 4, "link_capabilities2" },
	{ 2, "link_control2" }, { 2, "link_status2" },
	{ 4, "slot_capabilities2" }, { 2, "slot_control2" },
	{ 2, "slot_status2" }, { 0, NULL }
};

static const struct item ext_cap_plain[] = {
	{ 4, "header" }, { 0, NULL }
};

static const struct item ext_cap_aer[] = {
	{ 4, "header" }, { 4, "uncorrectable_status" },
	{ 4, "uncorrectable_mask" }, { 4, "uncorrectable_severity" },
	{ 4, "correctable_status" }, { 4, "correctable_mask" },
	{ 4, "capabilities" }, { 16, "header_log" }, { 4, "root_command" },
	{ 4, "root_status" }, { 4, "error_source" }, { 16, "tlp_prefix_log" },
	{ 0, NULL }
};

static const struct item ext_cap_ats[] = {
	{ 4, "header" }, { 2, "capability" }, { 2, "control" }, { 0, NULL }
};

struct config {
	uint8_t data[CONFIG_SIZE_PCIE];
	unsigned size, pos;
	struct caps std, ext;
};

static void take_item(struct wire *w, struct config *c, const char *name,
		      unsigned size)
{
	const char *type = size == 1 ? "uint8" : size == 2 ? "le16" :
			   size == 4 ? "le32" : "buffer";

	w->ops->take(w, name, type, size);
	c->pos += size;
}

static void take_items(struct wire *w, struct config *c,
		       const struct item *item, unsigned end)
{
	for (; item->name && c->pos + item->size <= end; item++)
		take_item(w, c, item->name, item->size);
}

static void take_gap(struct wire *w, struct config *c, unsigned end)
{
	if (c->pos < end) {
		char name[24];

		snprintf(name, sizeof(name), "config[0x%x]", c->pos);
		w->ops->take(w, name, "buffer", end - c->pos);
		c->pos = end;
	}
}

static void take_cap(struct wire *w, struct config *c, const struct cap *cap,
		     const char *kind, const struct item *items)
{
	char name[32];

	take_gap(w, c, cap->off);
	snprintf(name, sizeof(name), "%s[0x%x]", kind, cap->off);
	w->ops->enter(w, name, "capability");
	take_items(w, c, items, cap->off + cap->len);
	if (c->pos < (unsigned)cap->off + cap->len)
		take_item(w, c, "rest", cap->off + cap->len - c->pos);
	w->ops->leave(w);
}

static void take_std_cap(struct wire *w, struct config *c,
			 const struct cap *cap)
{
	switch (cap->id) {
	case CAP_PM:
		take_cap(w, c, cap, "pm", cap_pm);
		break;
	case CAP_MSI:
		take_cap(w, c, cap, "msi", c->data[cap->off + 2] & 0x80 ?
			 cap_msi64 : cap_msi32);
		break;
	case CAP_VENDOR:
		take_cap(w, c, cap, "vendor", cap_vendor);
		break;
	case CAP_SSVID:
		take_cap(w, c, cap, "ssvid", cap_ssvid);
		break;
	case CAP_EXP:
		take_cap(w, c, cap, "express", cap_exp);
		break;
	case CAP_MSIX:
		take_cap(w, c, cap, "msix", cap_msix);
		break;
	default:
		take_cap(w, c, cap, "capability", cap_plain);
		break;
	}
}

static void take_config(struct wire *w, struct config *c)
{
	bool bridge = (c->data[HEADER_TYPE] & 0x7f) == 1;

	take_items(w, c, bridge ? header_bridge : header_type0, HEADER_END);
	for (unsigned i = 0; i < c->std.n; i++)
		take_std_cap(w, c, &c->std.cap[i]);
	take_gap(w, c, CONFIG_SIZE);
	for (unsigned i = 0; i < c->ext.n; i++)
		take_cap(w, c, &c->ext.cap[i],
			 c->ext.cap[i].id == EXT_AER ? "aer" :
			 c->ext.cap[i].id == EXT_ATS ? "ats" : "extended",
			 c->ext.cap[i].id == EXT_AER ? ext_cap_aer :
			 c->ext.cap[i].id == EXT_ATS ? ext_cap_ats :
			 ext_cap_plain);
	take_gap(w, c, c->size);
}

/*
 * What is known of the destination's masks.  A bit of @sure decides (it is in
 * cmask and not writable); a bit of @ignored never does; the others depend on
 * the device.  Where all eight are known, cmask and wmask are right as well.
 */
struct masks {
	uint8_t sure[CONFIG_SIZE_PCIE], ignored[CONFIG_SIZE_PCIE];
	uint8_t cmask[CONFIG_SIZE_PCIE], wmask[CONFIG_SIZE_PCIE];
	uint8_t w1cmask[CONFIG_SIZE_PCIE];
	uint8_t doubt[CONFIG_SIZE_PCIE];	/* the release decides */
	int64_t oldest, newest;		/* that it can be */
};

static void mask_set(struct masks *m, unsigned off, unsigned n, uint8_t cmask,
		     uint8_t wmask)
{
	for (unsigned i = off; i < off + n; i++) {
		m->sure[i] = cmask & (uint8_t)~wmask;
		m->ignored[i] = (uint8_t)~m->sure[i];
		m->cmask[i] = cmask;
		m->wmask[i] = wmask;
	}
}

/* The guest clears these bits by writing ones. */
static void mask_w1c(struct masks *m, unsigned off, uint8_t bits)
{
	m->sure[off] &= (uint8_t)~bits;
	m->ignored[off] |= bits;
	m->w1cmask[off] |= bits;
}

static void mask_unknown(struct masks *m, unsigned off, unsigned n)
{
	memset(m->sure + off, 0, n);
	memset(m->ignored + off, 0, n);
}

/*
 * Sizes of the BARs of QEMU's models, log2, as "info pci" of 7.2 has them; 0:
 * not there, negative: at least that, a property decides.
 */
static const struct bars {
	uint16_t vendor, device;
	int8_t size[6];
} known_bars[] = {
	{ 0x1000, 0x0001, { 8, 10, 13 } }, { 0x1000, 0x0012, { 8, 10, 13 } },
	{ 0x1000, 0x0054, { 8, 14, 16 } },
	{ 0x1000, 0x0060, { 14, 0, 8, 18 } },
	{ 0x1000, 0x0079, { 8, 14, 0, 18 } },
	{ 0x1002, 0x5046, { -4, -2, -4 } }, { 0x1011, 0x0019, { 7, 7 } },
	{ 0x1013, 0x00b8, { 25, 12 } }, { 0x1022, 0x2000, { 5, 5 } },
	{ 0x1022, 0x2020, { 7 } }, { 0x1033, 0x0194, { 14 } },
	{ 0x106b, 0x003f, { 8 } }, { 0x10ec, 0x8029, { 8 } },
	{ 0x10ec, 0x8139, { 8, 8 } }, { 0x1234, 0x1111, { -4, 0, 12 } },
	{ 0x1234, 0x11e8, { 20 } }, { 0x1274, 0x5000, { 8 } },
	{ 0x15ad, 0x0405, { 4, -4, 16 } }, { 0x15ad, 0x07b0, { 12, 12, 13 } },
	{ 0x15ad, 0x07c0, { 15 } }, { 0x1b36, 0x0002, { 3 } },
	{ 0x1b36, 0x0003, { 4 } }, { 0x1b36, 0x0004, { 5 } },
	{ 0x1b36, 0x0005, { 12, 8 } }, { 0x1b36, 0x0006, { 13, 13 } },
	{ 0x1b36, 0x0007, { 8 } }, { 0x1b36, 0x000c, { 12 } },
	{ 0x1b36, 0x000d, { 14 } }, { 0x1b36, 0x000e, { 8 } },
	{ 0x1b36, 0x0100, { -4, -4, -4, -2 } }, { 0x8086, 0x100c, { 17, 6 } },
	{ 0x8086, 0x100e, { 17, 6 } }, { 0x8086, 0x100f, { 17, 6 } },
	{ 0x8086, 0x10d3, { 17, 17, 5, 14 } },
	{ 0x8086, 0x1209, { 12, 6, 17 } }, { 0x8086, 0x1229, { 12, 6, 17 } },
	{ 0x8086, 0x2415, { 10, 8 } }, { 0x8086, 0x2449, { 12, 6, 17 } },
	{ 0x8086, 0x24cd, { 12 } }, { 0x8086, 0x25ab, { 4 } },
	{ 0x8086, 0x2668, { 14 } }, { 0x8086, 0x2922, { 0, 0, 0, 0, 5, 12 } },
	{ 0x8086, 0x2930, { 0, 0, 0, 0, 6 } },
	{ 0x8086, 0x2934, { 0, 0, 0, 0, 5 } },
	{ 0x8086, 0x2935, { 0, 0, 0, 0, 5 } },
	{ 0x8086, 0x2936, { 0, 0, 0, 0, 5 } },
	{ 0x8086, 0x2937, { 0, 0, 0, 0, 5 } },
	{ 0x8086, 0x2938, { 0, 0, 0, 0, 5 } },
	{ 0x8086, 0x2939, { 0, 0, 0, 0, 5 } }, { 0x8086, 0x293a, { 12 } },
	{ 0x8086, 0x293c, { 12 } }, { 0x8086, 0x293e, { 14 } },
	{ 0x8086, 0x7010, { 0, 0, 0, 0, 4 } },
	{ 0x8086, 0x7020, { 0, 0, 0, 0, 5 } },
	{ 0x8086, 0x7111, { 0, 0, 0, 0, 4 } },
	{ 0x8086, 0x7112, { 0, 0, 0, 0, 5 } },
};

static const struct bars *bars_find(const uint8_t *config)
{
	for (size_t i = 0; i < CODEC_COUNT(known_bars); i++)
		if (known_bars[i].vendor == le(config, 2) &&
		    known_bars[i].device == le(config + 2, 2))
			return &known_bars[i];
	return NULL;
}

/*
 * log2 of what BAR @i has at least, 0 when nothing tells that it is there.
 * @exact: no less and no more.
 */
static unsigned bar_size(const uint8_t *seen, const struct caps *std,
			 const struct bars *known, unsigned i, bool *exact)
{
	unsigned low = seen[BAR0 + 4 * i] & (seen[BAR0 + 4 * i] & 1 ? 0x3 : 0xf);
	int size = known ? known->size[i] : 0;

	*exact = size > 0;
	if (size)
		return (unsigned)(size > 0 ? size : -size);
	for (unsigned c = 0; c < std->n; c++)
		if (std->cap[c].id == CAP_MSIX && std->cap[c].len == 12 &&
		    (seen[std->cap[c].off + 4] & 7u) == i)
			return 12;	/* the table's, a page */
	return !low ? 0 : low & 1 ? 2 : 4;
}

/*
 * pci_register_bar(): cmask all ones, wmask the address bits above the size.
 * A BAR of 32 bit memory and none look alike while it is not mapped.
 */
static void masks_bars(struct masks *m, const uint8_t *seen,
		       const struct caps *std, unsigned nbars, unsigned rom)
{
	const struct bars *known = bars_find(seen);

	for (unsigned i = 0; i < nbars; i++) {
		unsigned off = BAR0 + 4 * i, n = 4;
		bool exact, wide = !(seen[off] & 1) && (seen[off] & 0x6) == 4;
		unsigned size = bar_size(seen, std, known, i, &exact);
		uint64_t sure = size ? (1ull << size) - 1 : 0;

		if (wide && i + 1 < nbars) {
			n = 8;
			i++;
		}
		if (!size) {
			/* a model that we know has none here */
			if (!known)
				mask_unknown(m, off, n);
			continue;
		}
		for (unsigned b = 0; b < n; b++, sure >>= 8) {
			uint8_t bits = (uint8_t)sure;

			mask_set(m, off + b, 1, 0xff, (uint8_t)~bits);
			if (!exact && b < 4)
				m->ignored[off + b] = 0;
		}
	}
	mask_unknown(m, rom, 4);
}

static void masks_msi(struct masks *m, const uint8_t *seen, unsigned off,
		      unsigned len)
{
	bool is64 = seen[off + 2] & 0x80;
	unsigned data = off + (is64 ? 12 : 8);
	unsigned log = seen[off + 2] >> 1 & 7, vectors = 1u << (log < 5 ? log : 5);

	mask_set(m, off + 2, 1, 0xff, 0x71);	/* QSIZE, ENABLE */
	mask_set(m, off + 4, 1, 0xff, 0xfc);
	mask_set(m, off + 5, data - off - 5, 0xff, 0xff);
	mask_set(m, data, 2, 0xff, 0xff);
	if (len > 14) {		/* a mask and a pending bit for each vector */
		uint32_t bits = UINT32_MAX >> (32 - vectors);

		for (unsigned i = 0; i < 4; i++)
			mask_set(m, data + 4 + i, 1, 0xff,
				 (uint8_t)(bits >> i * 8));
		mask_set(m, data + 8, 4, 0xff, 0);
	}
}

/* Bits that only some devices let the guest write; those around them none does. */
static void mask_maybe(struct masks *m, unsigned off, uint8_t bits)
{
	m->sure[off] &= (uint8_t)~bits;
}

static void mask_maybe32(struct masks *m, unsigned off, uint32_t bits)
{
	for (unsigned i = 0; i < 4; i++)
		mask_maybe(m, off + i, (uint8_t)(bits >> i * 8));
}

/* pcie_cap_slot_init(), 5.2 to 10.2: slot control and status. */
static void masks_slot(struct masks *m, unsigned off, bool power_switch)
{
	mask_set(m, off, 1, 0xff, 0xf9);
	mask_set(m, off + 1, 1, 0xff, power_switch ? 0x0f : 0x0b);
	/* since 8.1 the device in it may be gone: presence detect state */
	mask_set(m, off + 2, 1, m->oldest >= 801 ? 0xbf : 0xff, 0);
	if (m->oldest < 801 && m->newest > 702) {
		mask_maybe(m, off + 2, 0x40);
		m->doubt[off + 2] = 0x40;
	}
	mask_w1c(m, off + 2, 0x19);
}

/* What hw/pci/pcie.c, 5.2 to 10.2, ever makes writable. */
static void masks_exp(struct masks *m, const uint8_t *seen, unsigned off,
		      unsigned len)
{
	mask_maybe(m, off + 8, 0x0f);		/* device control: errors, */
	mask_maybe(m, off + 9, 0x80);		/* reset */
	mask_maybe(m, off + 10, 0x0f);		/* device status */
	mask_maybe(m, off + 16, 0xc0);		/* link control */
	mask_set(m, off + 18, 2, 0, 0);		/* link status */
	if (len > 0x14) {
		if (seen[off + 3] & 0x01)	/* there is a slot */
			masks_slot(m, off + 24, seen[off + 20] & 0x02);
		mask_maybe(m, off + 28, 0x07);	/* root control */
		mask_maybe(m, off + 34, 0x01);	/* root status: PME */
		mask_maybe(m, off + 40, 0x20);	/* device control 2: ARI, */
		mask_maybe(m, off + 41, 0x80);	/* end-to-end prefixes */
	}
}

static void masks_of_cap(struct masks *m, const uint8_t *seen,
			 const struct cap *cap)
{
	unsigned off = cap->off;

	mask_set(m, off, cap->len, 0xff, 0);
	switch (cap->id) {
	case CAP_PM:
		/* state, PME, what to select: some devices'; PME status */
		mask_maybe(m, off + 4, 0x03);
		mask_maybe(m, off + 5, 0x9f);
		break;
	case CAP_MSI:
		masks_msi(m, seen, off, cap->len);
		break;
	case CAP_MSIX:
		mask_set(m, off + 3, 1, 0xff, 0xc0);	/* ENABLE, MASKALL */
		break;
	case CAP_EXP:
		masks_exp(m, seen, off, cap->len);
		break;
	case CAP_SLOTID:
		mask_set(m, off + 3, 1, 0xff, 0xff);	/* chassis */
		break;
	case CAP_SHPC:
		mask_set(m, off + 2, 1, 0xff, 0xff);
		mask_set(m, off + 4, 4, 0xff, 0xff);
		break;
	case CAP_VENDOR:
		if (le(seen, 2) != 0x1af4)
			mask_unknown(m, off + 2, cap->len - 2u);
		else if (cap->len >= 20 && seen[off + 3] == 5) {
			/* VIRTIO_PCI_CAP_PCI_CFG: a window for the guest */
			mask_set(m, off + 4, 1, 0xff, 0xff);
			mask_set(m, off + 8, 12, 0xff, 0xff);
		}
		break;
	}
}

/*
 * pcie_aer_init(): the logs are the device's, the registers in front of each of them
 * partly the guest's.
 */
static void masks_aer(struct masks *m, unsigned off, bool root)
{
	mask_set(m, off + 4, 0x44, 0xff, 0);
	mask_maybe32(m, off + 4, AER_UNCOR);		/* status, */
	mask_maybe32(m, off + 8, AER_UNCOR);		/* mask, */
	mask_maybe32(m, off + 0xc, AER_UNCOR);		/* severity */
	mask_maybe32(m, off + 0x10, AER_COR);		/* status, mask */
	mask_maybe32(m, off + 0x14, AER_COR);
	mask_maybe32(m, off + 0x18, 0x0540);		/* ECRC, several headers */
	if (root) {
		mask_maybe32(m, off + 0x2c, 0x7);	/* command */
		mask_w1c(m, off + 0x30, 0x7f);		/* status, */
		mask_set(m, off + 0x33, 1, 0x07, 0);	/* its interrupt */
	}
}

static bool is_root_port(const struct caps *std, const uint8_t *seen)
{
	for (unsigned i = 0; i < std->n; i++) {
		if (std->cap[i].id == CAP_EXP)
			return seen[std->cap[i].off + 2] >> 4 == EXP_ROOT_PORT;
	}
	return false;
}

/* @end: where the next one begins, or the configuration ends. */
static void masks_of_ext_cap(struct masks *m, const uint8_t *seen,
			     const struct cap *cap, unsigned end, bool root)
{
	unsigned off = cap->off;

	mask_set(m, off, 4, 0xff, 0);
	if (cap->id == EXT_AER && cap->len == 0x48)
		masks_aer(m, off, root);
	else if (cap->id == EXT_DSN && cap->len == 12)
		mask_set(m, off + 4, 8, 0xff, 0);
	else if (cap->id == EXT_ACS && cap->len == 8) {
		mask_set(m, off + 4, 4, 0xff, 0);
		mask_maybe(m, off + 6, 0x7f);
	}
	else if (cap->len == 4)	/* another, whose length is not known */
		mask_unknown(m, off + 4, end - off - 4 < EXT_CAP_MAX ?
			     end - off - 4 : EXT_CAP_MAX);
	if (cap->id == EXT_ATS && cap->len == 8) {
		mask_set(m, off + 4, 2, 0xff, 0);
		mask_set(m, off + 6, 1, 0xff, 0x0f);
		mask_set(m, off + 7, 1, 0xff, 0x80);
	}
	/*
	 * x-pcie-err-unc-mask: since 8.0 the mask has a default and may be
	 * written; where it has none it is as before.
	 */
	if (cap->id == EXT_AER && cap->len >= 12 && !le(seen + off + 8, 4))
		mask_set(m, off + 8, 4, 0xff, 0);
}

static void masks_fill(struct masks *m, const uint8_t *seen, unsigned size)
{
	bool bridge = (seen[HEADER_TYPE] & 0x7f) == 1;
	struct caps std, ext;

	caps_walk(&std, &ext, seen, size);
	/* The header: cmask of pci_init_cmask(), zero elsewhere. */
	mask_set(m, 0, HEADER_END, 0, 0);
	mask_set(m, 0, 4, 0xff, 0);
	mask_set(m, STATUS, 1, 0x10, 0);
	mask_set(m, STATUS + 2, 4, 0xff, 0);
	if (le(seen + CLASS_DEVICE, 2) == 0x0101)
		mask_unknown(m, CLASS_PROG, 1);	/* some IDE chips let it */
	mask_set(m, HEADER_TYPE, 1, 0xff, 0);
	mask_set(m, CAPABILITY_LIST, 1, 0xff, 0);
	masks_bars(m, seen, &std, bridge ? 2 : 6, bridge ? 0x38 : 0x30);
	if (bridge) {
		/* Types of the windows, PCI_*_RANGE_TYPE_MASK. */
		mask_set(m, 0x1c, 2, 0x0f, 0xf0);
		mask_set(m, 0x24, 1, 0x0f, 0xf0);
		mask_set(m, 0x26, 1, 0x0f, 0xf0);
	}
	/* The rest is writable, and not compared, but for capabilities. */
	mask_set(m, HEADER_END, size - HEADER_END, 0, 0xff);
	for (unsigned i = 0; i < std.n; i++)
		masks_of_cap(m, seen, &std.cap[i]);
	for (unsigned i = 0; i < ext.n; i++)
		masks_of_ext_cap(m, seen, &ext.cap[i], i + 1 < ext.n ?
				 ext.cap[i + 1].off : size,
				 is_root_port(&std, seen));
}

/*
 * Bits of the ROM's BAR that no guest can set: compared if there is a ROM, ignored if
 * there is none, and a BAR of 0 does not tell which.
 */
static void rom_compare(struct wire *w, const uint8_t *config,
			const uint8_t *seen)
{
	unsigned rom = (seen[HEADER_TYPE] & 0x7f) == 1 ? 0x38 : 0x30;
	unsigned diff = (unsigned)((le(config + rom, 2) ^ le(seen + rom, 2)) &
				   0x7fe);

	if (diff)
		w->ops->unknown(w, "whether the device has an expansion ROM: "
				"then PCI config at i=0x%x (read: %x device: %x) "
				"is refused", diff & 0xff ? rom : rom + 1,
				config[diff & 0xff ? rom : rom + 1],
				seen[diff & 0xff ? rom : rom + 1]);
}

/* Not compared, but pci_irq_handler() of newer releases asserts that there is one. */
static void pin_compare(struct wire *w, unsigned pin, unsigned seen)
{
	if (seen >= 1 && seen <= 4 && (pin < 1 || pin > 4))
		w->ops->unknown(w, "whether the device raises its interrupt: its "
				"pin is %u (device: %u), which ends in an "
				"assertion", pin, seen);
}

static int config_compare(struct wire *w, const uint8_t *config,
			  const uint8_t *seen, unsigned size)
{
	struct masks m = { .newest = INT64_MAX };
	unsigned unjudged = size;

	w->ops->fact_get(w, "release-min", &m.oldest);
	w->ops->fact_get(w, "release-max", &m.newest);
	masks_fill(&m, seen, size);
	for (unsigned i = 0; i < size; i++) {
		uint8_t diff = config[i] ^ seen[i];

		if (diff & m.sure[i]) {
			w->ops->error(w, "get_pci_config_device: Bad config "
				      "data: i=0x%x read: %x device: %x "
				      "cmask: %x wmask: %x w1cmask:%x", i,
				      config[i], seen[i], m.cmask[i],
				      m.wmask[i], m.w1cmask[i]);
			w->ops->blame(w, w->ops->offset(w) - size + i);
			return -EINVAL;
		}
		if (diff & m.doubt[i])
			w->ops->unknown(w, "the release: until 8.0 PCI config "
					"at i=0x%x (read: %x device: %x) is "
					"refused, from 8.1 on it is not", i,
					config[i], seen[i]);
		else if (diff & ~m.ignored[i] && unjudged == size)
			unjudged = i;
	}
	if (unjudged < size)
		w->ops->unjudged(w, "PCI config differs at i=0x%x (read: %x "
				 "device: %x), and whether the device lets the "
				 "guest write there is not known", unjudged,
				 config[unjudged], seen[unjudged]);
	rom_compare(w, config, seen);
	pin_compare(w, config[INTERRUPT_PIN], seen[INTERRUPT_PIN]);
	return 0;
}

static int config_read(struct wire *w, unsigned variant)
{
	struct config c = { .pos = 0 };

	(void)variant;
	if (w->len == CONFIG_SIZE || w->len == CONFIG_SIZE_PCIE)
		c.size = (unsigned)w->len;
	else if (w->field && (w->field->size == CONFIG_SIZE ||
			      w->field->size == CONFIG_SIZE_PCIE))
		c.size = (unsigned)w->field->size;
	else
		c.size = pci_config_size(w, 0);

	if (!peek_config(w, 0, c.data, c.size)) {
		/* zeros behind the end: g_malloc()ed, mostly fresh */
		const uint8_t *p = w->ops->take(w, "config", "buffer", c.size);

		if (!p)
			return -EIO;
		memcpy(c.data, p, c.size);
		return w->seen && w->seen_len == c.size ?
			config_compare(w, c.data, w->seen, c.size) : 0;
	}
	caps_walk(&c.std, &c.ext, c.data, c.size);
	take_config(w, &c);

	w->ops->fact_set(w, "pci-config-size", c.size);
	w->ops->fact_set(w, "msix-entries", msix_entries(c.data, &c.std));

	if (!w->seen || w->seen_len != c.size) {
		w->ops->unjudged(w, "PCI config is compared with the device's "
				 "own, which nobody supplied");
		return 0;
	}
	return config_compare(w, c.data, w->seen, c.size);
}

static int irq_state_read(struct wire *w, unsigned variant)
{
	(void)variant;
	for (unsigned i = 0; i < 4; i++) {
		static const char *const names[] = {
			"inta", "intb", "intc", "intd",
		};
		uint32_t v;

		if (!wire_u32(w, names[i], &v))
			return -EIO;
		if (v > 1) {
			w->ops->error(w, "irq state %d: must be 0 or 1.",
				      (int)v);
			return -EINVAL;
		}
	}
	return 0;
}

int pci_msix_read(struct wire *w, unsigned n)
{
	if (!n)
		return 0;
	w->ops->enter(w, "msix_table", "msix table");
	for (unsigned i = 0; i < n; i++) {
		char name[16];

		snprintf(name, sizeof(name), "[%u]", i);
		if (!wire_bytes(w, name, "buffer", 16)) {
			w->ops->leave(w);
			return -EIO;
		}
	}
	w->ops->leave(w);
	return wire_bytes(w, "msix_pba", "buffer", (n + 7) / 8) ? 0 : -EIO;
}

/* As many entries as the destination's device has, which is never said. */
static int msix_read(struct wire *w, unsigned variant)
{
	int64_t n;

	(void)variant;
	if (!w->ops->fact_get(w, "msix-entries", &n)) {
		if (w->len == UINT64_MAX) {
			w->ops->unknown(w, "the number of MSI-X entries is not "
					"known");
			return 0;
		}
		for (n = 0; 16 * n + (n + 7) / 8 < (int64_t)w->len && n < 2048; )
			n++;
	}
	if (n < 0 || n > 2048)
		n = 0;
	return pci_msix_read(w, (unsigned)n);
}

static int shpc_read(struct wire *w, unsigned variant)
{
	(void)variant;
	if (!wire_bytes(w, "registers", "buffer", SHPC_SIZE - 4 * SHPC_SLOTS) ||
	    !wire_bytes(w, "slots", "buffer", 4 * SHPC_SLOTS))
		return -EIO;
	return 0;
}

const struct desc *pci_device_desc(unsigned size)
{
	/* One of two fields called "config" exists. */
	static const struct desc_field express[] = {
		CODEC_FIELD("version_id", "int32 le", 4),
		CODEC_BUFFER("config", "pci config", CONFIG_SIZE_PCIE),
		CODEC_FIELD_V("irq_state", "pci irq state", 16, 2),
	}, plain[] = {
		CODEC_FIELD("version_id", "int32 le", 4),
		CODEC_BUFFER("config", "pci config", CONFIG_SIZE),
		CODEC_FIELD_V("irq_state", "pci irq state", 16, 2),
	};
	static const struct desc descs[2] = {
		{ CODEC_DESC("PCIDevice", 2, 1, plain) },
		{ CODEC_DESC("PCIDevice", 2, 1, express) },
	};

	return &descs[size == CONFIG_SIZE_PCIE];
}

const struct codec pci_codecs[] = {
	{ .type = "pci config", .nvariants = 1, .read = config_read },
	{ .type = "pci irq state", .nvariants = 1, .read = irq_state_read },
	{ .type = "msix state", .nvariants = 1, .read = msix_read },
	{ .type = "shpc", .nvariants = 1, .read = shpc_read },
	{ 0 }
};
