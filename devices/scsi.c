/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scsi.c - the info "scsi-requests": what a SCSI device had under way.
 *
 *   while s8 > 0 (1: retry, 2: not):
 *       16 bytes of command, be32 tag, be32 lun
 *       the host adapter's part
 *       the device's part
 *
 * Which adapter a device hangs on does not follow from its idstr; with
 * nothing under way, as almost always, all variants are alike.
 */
#include <stdio.h>
#include <string.h>

#include "codec.h"

enum {
	CMD_SIZE = 16,
	MPTSAS_REQUEST = 48,
	MPTSAS_SGE = 16,
};

enum {
	HBA_PLAIN,	/* lsi53c895a, megasas, esp, pvscsi, usb-storage: nothing */
	HBA_VIRTIO,
	HBA_MPTSAS,
	HBA_VSCSI,
	HBA_MASK = 3,
	/* 10.0: scsi-disk's emulated commands as well (migrate-emulated-...) */
	EMULATED = 4,
};

static const char *const variant_names[] = {
	"no host adapter's part", "virtio-scsi", "mptsas1068", "spapr-vscsi",
	"no host adapter's part, emulated commands",
	"virtio-scsi, emulated commands", "mptsas1068, emulated commands",
	"spapr-vscsi, emulated commands",
};

static const struct desc_field vscsi_fields[] = {
	CODEC_BUFFER("crq.raw", "buffer", 16),
	CODEC_BUFFER("viosrp_iu_buf", "buffer", 256),
	CODEC_FIELD("qtag", "uint32", 4),
	CODEC_FIELD("active", "bool", 1),
	CODEC_FIELD("data_len", "uint32", 4),
	CODEC_FIELD("writing", "bool", 1),
	CODEC_FIELD("senselen", "uint32", 4),
	CODEC_BUFFER("sense", "buffer", 252),
	CODEC_FIELD("dma_fmt", "uint8", 1),
	CODEC_FIELD("local_desc", "uint16", 2),
	CODEC_FIELD("total_desc", "uint16", 2),
	CODEC_FIELD("cdb_offset", "uint16", 2),
};
static const struct desc vscsi_desc = {
	CODEC_DESC("spapr_vscsi_req", 1, 1, vscsi_fields)
};

struct request {
	uint8_t cmd[CMD_SIZE];
	bool retry;
};

static int mptsas_read(struct wire *w)
{
	uint32_t n;

	if (!wire_bytes(w, "scsi_io", "buffer", MPTSAS_REQUEST) ||
	    !wire_u32(w, "nsg", &n) ||
	    !wire_bytes(w, "sg", "buffer", MPTSAS_SGE * (uint64_t)n))
		return -EIO;
	return 0;
}

static int hba_read(struct wire *w, unsigned hba)
{
	switch (hba) {
	case HBA_VIRTIO:
		if (!wire_u32(w, "vq", NULL))
			return -EIO;
		return virtio_element_read(w, "elem");
	case HBA_MPTSAS:
		return mptsas_read(w);
	case HBA_VSCSI:
		return w->ops->load(w, &vscsi_desc, 1, "spapr_vscsi_req");
	}
	return 0;
}

/* scsi_cmd_xfer_mode(), for commands that transfer anything. */
static bool writes(const uint8_t *cmd)
{
	static const uint8_t to_device[] = {
		0x04, 0x07, 0x0a, 0x15, 0x18, 0x1b, 0x1d, 0x24, 0x2a, 0x2e,
		0x2f, 0x30, 0x31, 0x32, 0x38, 0x39, 0x3a, 0x3b, 0x3d, 0x3f,
		0x40, 0x41, 0x42, 0x4c, 0x55, 0x5d, 0x5f, 0x8a, 0x8e, 0x8f,
		0x93, 0xa4, 0xaa, 0xae, 0xaf, 0xb0, 0xb1, 0xb2, 0xb6, 0xbf,
	};

	if (cmd[0] == 0x85 || cmd[0] == 0xa1)	/* ATA_PASSTHROUGH: T_DIR */
		return !(cmd[2] & 0x8);
	return memchr(to_device, cmd[0], sizeof(to_device)) != NULL;
}

/* scsi_disk_reqops_dispatch[]: these move data, the others are emulated. */
static bool moves_data(const uint8_t *cmd)
{
	static const uint8_t dma[] = {
		0x08, 0x28, 0xa8, 0x88,			/* READ */
		0x0a, 0x2a, 0xaa, 0x8a,			/* WRITE */
		0x2e, 0xae, 0x8e,			/* WRITE_VERIFY */
	};

	return memchr(dma, cmd[0], sizeof(dma)) != NULL;
}

static int disk_read(struct wire *w, const struct request *r)
{
	uint32_t sectors, buflen, len;

	if (!wire_u64(w, "sector", NULL) ||
	    !wire_u32(w, "sector_count", &sectors) ||
	    !wire_u32(w, "buflen", &buflen))
		return -EIO;
	if (!buflen)
		return 0;
	len = (uint64_t)sectors * 512 < buflen ? sectors * 512 : buflen;
	if (!writes(r->cmd)) {
		if (r->retry)
			return 0;
		if (!wire_u32(w, "iov_len", &len))
			return -EIO;
		if (len > buflen) {
			w->ops->error(w, "scsi_disk_load_request: Assertion "
				      "`r->iov.iov_len <= r->buflen' failed.");
			return -EINVAL;
		}
	}
	return wire_bytes(w, "data", "buffer", len) ? 0 : -EIO;
}

/* cmd->xfer of scsi-generic follows from the command for what is common. */
static int generic_read(struct wire *w, const struct request *r)
{
	uint32_t buflen;

	if (!wire_u32(w, "buflen", &buflen))
		return -EIO;
	if (!buflen || !writes(r->cmd))
		return 0;
	return wire_bytes(w, "data", "buffer", buflen) ? 0 : -EIO;
}

static int request_read(struct wire *w, unsigned variant, bool retry)
{
	const char *kind = w->idstr ? strrchr(w->idstr, '/') : NULL;
	struct request r = { .retry = retry };
	const uint8_t *cmd = w->ops->take(w, "cmd", "buffer", CMD_SIZE);
	int ret;

	if (!cmd)
		return -EIO;
	memcpy(r.cmd, cmd, CMD_SIZE);
	if (!wire_u32(w, "tag", NULL) || !wire_u32(w, "lun", NULL))
		return -EIO;
	ret = hba_read(w, variant & HBA_MASK);
	if (ret)
		return ret;
	if (kind && !strcmp(kind, "/scsi-generic"))
		return generic_read(w, &r);
	if (moves_data(r.cmd) || variant & EMULATED)
		return disk_read(w, &r);
	return 0;
}

static int requests_read(struct wire *w, unsigned variant)
{
	for (;;) {
		const uint8_t *more = w->ops->take(w, "more", "int8", 1);
		int8_t kind = more ? (int8_t)*more : 0;
		int ret;

		if (!more)
			return -EIO;
		if (kind <= 0)
			return 0;
		w->ops->enter(w, "request", "SCSI request");
		ret = request_read(w, variant, kind == 1);
		w->ops->leave(w);
		if (ret)
			return ret;
	}
}

const struct codec scsi_codecs[] = {
	{ .type = "scsi-requests", .variants = variant_names,
	  .nvariants = CODEC_COUNT(variant_names), .read = requests_read },
	{ 0 }
};
