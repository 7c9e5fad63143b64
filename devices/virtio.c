/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio.c - the info "virtio": what virtio_load() reads.
 *
 *   the transport's part (PCI device and MSI-X, channel subsystem, mmio)
 *   u8 status, u8 isr, be16 queue_sel, be32 guest_features (the low half)
 *   be32 config_len, the device's configuration space
 *   be32 number of queues, for each: be32 num, [be32 align: mmio],
 *       be64 desc, be16 last_avail_idx, [be16 vector: PCI with MSI-X, ccw]
 *   the device's part: hand-written (block, serial) or a descriptor
 *   descriptor "virtio", which has no fields, only subsections
 *
 * None of these descriptors is in a dump.  They are kept here as QEMU 5.2, 7.2
 * and 10.0 have them; sizes measured on 11.1 agree.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "pci.h"

enum {
	QUEUE_MAX = 1024,		/* VIRTIO_QUEUE_MAX */
	QUEUE_ELEMENTS = 1024,		/* VIRTQUEUE_MAX_SIZE */
	NO_VECTOR = 0xffff,
	PCI_DEVICE_VERSION = 2,
	NET_VLANS = 4096 >> 3,
	NET_MACS = 64,			/* MAC_TABLE_ENTRIES */
	NET_F_CTRL_GUEST_OFFLOADS = 1u << 2,
};

/*
 * What a build may have done to its transport, and forms of a device that
 * depend on the destination's properties; combined in one number.
 */
enum {
	CCW_STOCK,		/* config_vector in s390_virtio_ccw_dev */
	CCW_WITHOUT,		/* none */
	CCW_BEHIND,		/* appended by hand */
	CCW_SUBSECTION,		/* virtio/config_vector */
	CCW_MASK = 3,
	/*
	 * virtio-net: more than one pair of queues; virtio-mem: the plugged
	 * state went ahead of RAM (x-early-migration, 8.0).
	 */
	SECOND_FORM = 4,
};

static const char *const variant_names[] = {
	"stock", "no config_vector", "config_vector behind save_config",
	"config_vector in a subsection",
	"several queue pairs, or early virtio-mem",
	"several queue pairs, no config_vector",
	"several queue pairs, config_vector behind save_config",
	"several queue pairs, config_vector in a subsection",
};

/* -- virtio itself (hw/virtio/virtio.c) ---------------------------------- */

static const struct desc_field virtqueue_fields[] = {
	CODEC_FIELD("vring.avail", "uint64", 8),
	CODEC_FIELD("vring.used", "uint64", 8),
};
static const struct desc virtqueue_desc = {
	CODEC_DESC("virtqueue_state", 1, 1, virtqueue_fields)
};

static const struct desc_field packed_virtqueue_fields[] = {
	CODEC_FIELD("last_avail_idx", "uint16", 2),
	CODEC_FIELD("last_avail_wrap_counter", "bool", 1),
	CODEC_FIELD("used_idx", "uint16", 2),
	CODEC_FIELD("used_wrap_counter", "bool", 1),
	CODEC_FIELD("inuse", "uint32", 4),
};
static const struct desc packed_virtqueue_desc = {
	CODEC_DESC("packed_virtqueue_state", 1, 1, packed_virtqueue_fields)
};

static const struct desc_field ringsize_fields[] = {
	CODEC_FIELD("vring.num_default", "uint32", 4),
};
static const struct desc ringsize_desc = {
	CODEC_DESC("ringsize_state", 1, 1, ringsize_fields)
};

static const struct desc_field sub_virtqueues[] = {
	CODEC_STRUCT_ARRAY("vq", &virtqueue_desc, QUEUE_MAX),
}, sub_packed[] = {
	CODEC_STRUCT_ARRAY("vq", &packed_virtqueue_desc, QUEUE_MAX),
}, sub_ringsize[] = {
	CODEC_STRUCT_ARRAY("vq", &ringsize_desc, QUEUE_MAX),
}, sub_extra[] = {
	CODEC_FIELD("extra_state", "virtqueue_extra_state", 0),
}, sub_endian[] = {
	CODEC_FIELD("device_endian", "uint8", 1),
}, sub_64bit[] = {
	CODEC_FIELD("guest_features", "uint64", 8),
}, sub_128bit[] = {
	CODEC_FIELD("guest_features_ex[1]", "uint64", 8),
}, sub_broken[] = {
	CODEC_FIELD("broken", "bool", 1),
}, sub_started[] = {
	CODEC_FIELD("started", "bool", 1),
}, sub_disabled[] = {
	CODEC_FIELD("disabled", "bool", 1),
}, sub_config_vector[] = {
	CODEC_FIELD("config_vector", "uint16", 2),
};

#define SUB(name_, fields_) \
	&(const struct desc){ CODEC_DESC("virtio/" name_, 1, 1, fields_) }

#define VIRTIO_SUBS						\
	SUB("device_endian", sub_endian),			\
	SUB("64bit_features", sub_64bit),			\
	SUB("virtqueues", sub_virtqueues),			\
	SUB("ringsize", sub_ringsize),				\
	SUB("broken", sub_broken),				\
	SUB("extra_state", sub_extra),				\
	SUB("started", sub_started),				\
	SUB("packed_virtqueues", sub_packed),			\
	SUB("disabled", sub_disabled),				\
	/* 10.2: only where the host offers such a feature */	\
	SUB("128bit_features", sub_128bit)

static const struct desc *const virtio_subs[] = { VIRTIO_SUBS };
static const struct desc *const virtio_subs_config_vector[] = {
	VIRTIO_SUBS, SUB("config_vector", sub_config_vector),
};

#define VIRTIO_DESC						\
	.name = "virtio", .version = 1, .min_version = 1,	\
	.all_fields = true, .all_subs = true,			\
	.from = DESC_FROM_KNOWN, .from_version = DESC_FROM_KNOWN, \
	.from_min = DESC_FROM_KNOWN

static const struct desc virtio_desc = {
	VIRTIO_DESC, CODEC_SUBS(virtio_subs)
}, virtio_desc_config_vector = {
	VIRTIO_DESC, CODEC_SUBS(virtio_subs_config_vector)
};

/* -- transports ---------------------------------------------------------- */

static const struct desc_field pci_queue_fields[] = {
	CODEC_FIELD("num", "uint16", 2),
	CODEC_BUFFER("unused", "unused_buffer", 1),
	CODEC_FIELD("enabled", "bool", 1),
	CODEC_ARRAY("desc", "uint32", 4, 2),
	CODEC_ARRAY("avail", "uint32", 4, 2),
	CODEC_ARRAY("used", "uint32", 4, 2),
};
static const struct desc pci_queue_desc = {
	CODEC_DESC("virtio_pci/modern_queue_state", 1, 1, pci_queue_fields)
};
static const struct desc_field pci_modern_fields[] = {
	CODEC_FIELD("dfselect", "uint32", 4),
	CODEC_FIELD("gfselect", "uint32", 4),
	CODEC_ARRAY("guest_features", "uint32", 4, 2),
	CODEC_STRUCT_ARRAY("vqs", &pci_queue_desc, QUEUE_MAX),
};
static const struct desc pci_modern_desc = {
	CODEC_DESC("virtio_pci/modern_state", 1, 1, pci_modern_fields)
};
static const struct desc *const pci_subs[] = { &pci_modern_desc };
static const struct desc virtio_pci_desc = {
	.name = "virtio_pci", .version = 1, .min_version = 1,
	.all_fields = true, .all_subs = true, .from = DESC_FROM_KNOWN,
	.from_version = DESC_FROM_KNOWN, .from_min = DESC_FROM_KNOWN,
	CODEC_SUBS(pci_subs)
};

static const struct desc_field mmio_queue_fields[] = {
	CODEC_FIELD("num", "uint16", 2),
	CODEC_FIELD("enabled", "bool", 1),
	CODEC_ARRAY("desc", "uint32", 4, 2),
	CODEC_ARRAY("avail", "uint32", 4, 2),
	CODEC_ARRAY("used", "uint32", 4, 2),
};
static const struct desc mmio_queue_desc = {
	CODEC_DESC("virtio_mmio/queue_state", 1, 1, mmio_queue_fields)
};
static const struct desc_field mmio_state_fields[] = {
	CODEC_ARRAY("guest_features", "uint32", 4, 2),
	CODEC_STRUCT_ARRAY("vqs", &mmio_queue_desc, QUEUE_MAX),
};
static const struct desc mmio_state_desc = {
	CODEC_DESC("virtio_mmio/state", 1, 1, mmio_state_fields)
};
static const struct desc *const mmio_subs[] = { &mmio_state_desc };
static const struct desc virtio_mmio_desc = {
	.name = "virtio_mmio", .version = 1, .min_version = 1,
	.all_fields = true, .all_subs = true, .from = DESC_FROM_KNOWN,
	.from_version = DESC_FROM_KNOWN, .from_min = DESC_FROM_KNOWN,
	CODEC_SUBS(mmio_subs)
};

/* hw/s390x/css.c, ccw-device.c, virtio-ccw.c; the same in 5.2 and 10.0. */
static const struct desc_field scsw_fields[] = {
	CODEC_FIELD("flags", "uint16", 2),
	CODEC_FIELD("ctrl", "uint16", 2),
	CODEC_FIELD("cpa", "uint32", 4),
	CODEC_FIELD("dstat", "uint8", 1),
	CODEC_FIELD("cstat", "uint8", 1),
	CODEC_FIELD("count", "uint16", 2),
}, pmcw_fields[] = {
	CODEC_FIELD("intparm", "uint32", 4),
	CODEC_FIELD("flags", "uint16", 2),
	CODEC_FIELD("devno", "uint16", 2),
	CODEC_FIELD("lpm", "uint8", 1),
	CODEC_FIELD("pnom", "uint8", 1),
	CODEC_FIELD("lpum", "uint8", 1),
	CODEC_FIELD("pim", "uint8", 1),
	CODEC_FIELD("mbi", "uint16", 2),
	CODEC_FIELD("pom", "uint8", 1),
	CODEC_FIELD("pam", "uint8", 1),
	CODEC_ARRAY("chpid", "uint8", 1, 8),
	CODEC_FIELD("chars", "uint32", 4),
}, orb_fields[] = {
	CODEC_FIELD("intparm", "uint32", 4),
	CODEC_FIELD("ctrl0", "uint16", 2),
	CODEC_FIELD("lpm", "uint8", 1),
	CODEC_FIELD("ctrl1", "uint8", 1),
	CODEC_FIELD("cpa", "uint32", 4),
}, ciw_fields[] = {
	CODEC_FIELD("type", "uint8", 1),
	CODEC_FIELD("command", "uint8", 1),
	CODEC_FIELD("count", "uint16", 2),
}, ccw1_fields[] = {
	CODEC_FIELD("cmd_code", "uint8", 1),
	CODEC_FIELD("flags", "uint8", 1),
	CODEC_FIELD("count", "uint16", 2),
	CODEC_FIELD("cda", "uint32", 4),
};
static const struct desc
	scsw_desc = { CODEC_DESC("s390_scsw", 1, 1, scsw_fields) },
	pmcw_desc = { CODEC_DESC("s390_pmcw", 1, 1, pmcw_fields) },
	orb_desc = { CODEC_DESC("s390_orb", 1, 1, orb_fields) },
	ciw_desc = { CODEC_DESC("s390_ciw", 1, 1, ciw_fields) },
	ccw1_desc = { CODEC_DESC("s390_ccw1", 1, 1, ccw1_fields) };

static const struct desc_field schib_fields[] = {
	CODEC_STRUCT("pmcw", &pmcw_desc),
	CODEC_STRUCT("scsw", &scsw_desc),
	CODEC_FIELD("mba", "uint64", 8),
	CODEC_ARRAY("mda", "uint8", 1, 4),
}, sense_id_fields[] = {
	CODEC_FIELD("reserved", "uint8", 1),
	CODEC_FIELD("cu_type", "uint16", 2),
	CODEC_FIELD("cu_model", "uint8", 1),
	CODEC_FIELD("dev_type", "uint16", 2),
	CODEC_FIELD("dev_model", "uint8", 1),
	CODEC_FIELD("unused", "uint8", 1),
	CODEC_STRUCT_ARRAY("ciw", &ciw_desc, 62),
}, schdev_orb_fields[] = {
	CODEC_STRUCT("orb", &orb_desc),
};
static const struct desc
	schib_desc = { CODEC_DESC("s390_schib", 1, 1, schib_fields) },
	sense_id_desc = { CODEC_DESC("s390_sense_id", 1, 1, sense_id_fields) },
	schdev_orb_desc = {
		CODEC_DESC("s390_subch_dev/orb", 1, 1, schdev_orb_fields)
	};

static const struct desc_field subch_fields[] = {
	CODEC_FIELD("cssid", "uint8 equal", 1),
	CODEC_FIELD("ssid", "uint8 equal", 1),
	CODEC_FIELD("migrated_schid", "uint16", 2),
	CODEC_FIELD("devno", "uint16 equal", 2),
	CODEC_FIELD("thinint_active", "bool", 1),
	CODEC_STRUCT("curr_status", &schib_desc),
	CODEC_ARRAY("sense_data", "uint8", 1, 32),
	CODEC_FIELD("channel_prog", "uint64", 8),
	CODEC_STRUCT("last_cmd", &ccw1_desc),
	CODEC_FIELD("last_cmd_valid", "bool", 1),
	CODEC_STRUCT("id", &sense_id_desc),
	CODEC_FIELD("ccw_fmt_1", "bool", 1),
	CODEC_FIELD("ccw_no_data_cnt", "uint8", 1),
};
static const struct desc *const subch_subs[] = { &schdev_orb_desc };
static const struct desc subch_desc = {
	CODEC_DESC("s390_subch_dev", 1, 1, subch_fields),
	CODEC_SUBS(subch_subs)
};

static const struct desc_field ccw_dev_fields[] = {
	{ CODEC_KNOWN("sch", "struct"), .desc = &subch_desc, .num = 1,
	  .flags = VMS_STRUCT | VMS_POINTER },
}, ind_addr_tmp_fields[] = {
	CODEC_FIELD("len", "int32", 4),
	CODEC_FIELD("addr", "uint64", 8),
}, adapter_so_fields[] = {
	CODEC_FIELD("summary_offset", "uint32", 4),
}, adapter_fields[] = {
	CODEC_FIELD("ind_offset", "uint64", 8),
}, config_vector_tmp_fields[] = {
	CODEC_FIELD("config_vector", "uint16", 2),
};
static const struct desc
	ccw_dev_desc = { CODEC_DESC("s390_ccw_dev", 1, 1, ccw_dev_fields) },
	ind_addr_tmp_desc = {
		CODEC_DESC("s390_ind_addr_tmp", 0, 0, ind_addr_tmp_fields)
	},
	adapter_so_desc = {
		CODEC_DESC("s390_adapter_info/summary_offset", 1, 1,
			   adapter_so_fields)
	},
	config_vector_tmp_desc = {
		CODEC_DESC("s390_virtio_ccw_dev_tmp", 0, 0,
			   config_vector_tmp_fields)
	};
static const struct desc *const adapter_subs[] = { &adapter_so_desc };
static const struct desc_field ind_addr_fields[] = {
	CODEC_TMP(&ind_addr_tmp_desc),
};
static const struct desc
	ind_addr_desc = {
		CODEC_DESC("s390_ind_addr_tmp", 0, 0, ind_addr_fields)
	},
	adapter_desc = {
		CODEC_DESC("s390_adapter_info", 1, 1, adapter_fields),
		CODEC_SUBS(adapter_subs)
	};
static const struct desc_field adapter_routes_fields[] = {
	CODEC_STRUCT("adapter", &adapter_desc),
};
static const struct desc adapter_routes_desc = {
	CODEC_DESC("s390_adapter_routes", 1, 1, adapter_routes_fields)
};

#define CCW_HEAD						\
	CODEC_STRUCT("parent_obj", &ccw_dev_desc),		\
	CODEC_STRUCT("indicators", &ind_addr_desc),		\
	CODEC_STRUCT("indicators2", &ind_addr_desc),		\
	CODEC_STRUCT("summary_indicator", &ind_addr_desc)
#define CCW_TAIL						\
	CODEC_STRUCT("routes", &adapter_routes_desc),		\
	CODEC_FIELD("thinint_isc", "uint8", 1),			\
	CODEC_FIELD("revision", "int32", 4)

static const struct desc_field ccw_fields[] = {
	CCW_HEAD, CODEC_TMP(&config_vector_tmp_desc), CCW_TAIL
}, ccw_fields_without[] = {
	CCW_HEAD, CCW_TAIL
};
static const struct desc
	ccw_desc = {
		CODEC_DESC("s390_virtio_ccw_dev", 1, 1, ccw_fields)
	},
	ccw_desc_without = {
		CODEC_DESC("s390_virtio_ccw_dev", 1, 1, ccw_fields_without)
	};

/* -- devices ------------------------------------------------------------- */

static const struct desc_field balloon_free_page[] = {
	CODEC_FIELD("free_page_hint_cmd_id", "uint32", 4),
	CODEC_FIELD("free_page_hint_status", "uint32", 4),
}, balloon_poison[] = {
	CODEC_FIELD("poison_val", "uint32", 4),
}, balloon_fields[] = {
	CODEC_FIELD("num_pages", "uint32", 4),
	CODEC_FIELD("actual", "uint32", 4),
};
static const struct desc *const balloon_subs[] = {
	&(const struct desc){
		CODEC_DESC("virtio-balloon-device/free-page-report", 1, 1,
			   balloon_free_page)
	},
	&(const struct desc){
		CODEC_DESC("virtio-balloon-device/page-poison", 1, 1,
			   balloon_poison)
	},
	/* 5.1 to 5.2 called it so, and nothing could have loaded it: the name
	 * lacks its descriptor's prefix. */
	&(const struct desc){
		CODEC_DESC("vitio-balloon-device/page-poison", 1, 1,
			   balloon_poison)
	},
};
static const struct desc balloon_desc = {
	CODEC_DESC("virtio-balloon-device", 1, 1, balloon_fields),
	CODEC_SUBS(balloon_subs)
};

/*
 * virtio-iommu: version 1 until 6.2, 2 since 7.0.  A tree has two descriptors
 * (key and value), so the two trees are infos of our own here.
 */
static const struct desc_field iommu_key_fields[] = {
	CODEC_FIELD("low", "uint64", 8),
	CODEC_FIELD("high", "uint64", 8),
}, iommu_mapping_fields[] = {
	CODEC_FIELD("phys_addr", "uint64", 8),
	CODEC_FIELD("flags", "uint32", 4),
}, iommu_endpoint_fields[] = {
	CODEC_FIELD("id", "uint32", 4),
};
static const struct desc
	iommu_key_desc = { CODEC_DESC("interval", 1, 1, iommu_key_fields) },
	iommu_mapping_desc = {
		CODEC_DESC("mapping", 1, 1, iommu_mapping_fields)
	},
	iommu_endpoint_desc = {
		CODEC_DESC("endpoint", 1, 1, iommu_endpoint_fields)
	};

#define IOMMU_DOMAIN						\
	CODEC_FIELD("id", "uint32", 4),				\
	CODEC_FIELD_V("mappings", "virtio-iommu mappings", 0, 1), \
	{ CODEC_KNOWN("endpoint_list", "qlist"), .num = 1,	\
	  .version = 1, .desc = &iommu_endpoint_desc }

static const struct desc_field iommu_domain_fields1[] = {
	IOMMU_DOMAIN,
}, iommu_domain_fields2[] = {
	IOMMU_DOMAIN, CODEC_FIELD_V("bypass", "bool", 1, 2),
}, iommu_fields1[] = {
	CODEC_FIELD_V("domains", "virtio-iommu domains", 0, 1),
}, iommu_fields2[] = {
	CODEC_FIELD_V("domains", "virtio-iommu domains", 0, 2),
	CODEC_FIELD_V("config.bypass", "uint8", 1, 2),
};
static const struct desc
	iommu_domain_desc1 = { CODEC_DESC("domain", 1, 1, iommu_domain_fields1) },
	iommu_domain_desc2 = { CODEC_DESC("domain", 2, 2, iommu_domain_fields2) },
	iommu_desc1 = { CODEC_DESC("virtio-iommu-device", 1, 1, iommu_fields1) },
	iommu_desc2 = { CODEC_DESC("virtio-iommu-device", 2, 2, iommu_fields2) };

static const struct desc_field mem_sanity_fields[] = {
	CODEC_FIELD("addr", "uint64", 8),
	CODEC_FIELD("region_size", "uint64", 8),
	CODEC_FIELD("block_size", "uint64", 8),
	CODEC_FIELD("node", "uint32", 4),
};
static const struct desc mem_sanity_desc = {
	CODEC_DESC("virtio-mem-device/sanity-checks", 0, 0, mem_sanity_fields)
};
static const struct desc_field mem_fields[] = {
	CODEC_TMP(&mem_sanity_desc),
	CODEC_FIELD("usable_region_size", "uint64", 8),
	CODEC_FIELD("size", "uint64", 8),
	CODEC_FIELD("requested_size", "uint64", 8),
	CODEC_FIELD("bitmap", "bitmap", 0),
}, mem_fields_early[] = {
	CODEC_FIELD("usable_region_size", "uint64", 8),
	CODEC_FIELD("requested_size", "uint64", 8),
};
static const struct desc
	mem_desc = { CODEC_DESC("virtio-mem-device", 1, 1, mem_fields) },
	mem_desc_early = {
		CODEC_DESC("virtio-mem-device", 1, 1, mem_fields_early)
	};

static const struct desc_field nsm_pcr_fields[] = {
	CODEC_FIELD("locked", "bool", 1),
	CODEC_ARRAY("data", "uint8", 1, 48),
};
static const struct desc nsm_pcr_desc = {
	CODEC_DESC("pcr_info_entry", 1, 1, nsm_pcr_fields)
};
static const struct desc_field nsm_fields[] = {
	{ CODEC_KNOWN("pcrs", "struct"), .desc = &nsm_pcr_desc, .num = 32,
	  .version = 1, .flags = VMS_STRUCT | VMS_ARRAY },
};
static const struct desc nsm_desc = {
	CODEC_DESC("virtio-nsm-device", 1, 1, nsm_fields)
};

/* -- virtio-net ---------------------------------------------------------- */

static const struct desc_field net_tx_fields[] = {
	CODEC_FIELD("tx_waiting", "uint32", 4),
}, net_vnet_fields[] = {
	CODEC_FIELD("has_vnet_hdr", "uint32", 4),
}, net_ufo_fields[] = {
	CODEC_FIELD("has_ufo", "uint8", 1),
}, net_rss_fields[] = {
	CODEC_FIELD("rss_data.enabled", "bool", 1),
	CODEC_FIELD("rss_data.redirect", "bool", 1),
	CODEC_FIELD("rss_data.populate_hash", "bool", 1),
	CODEC_FIELD("rss_data.hash_types", "uint32", 4),
	CODEC_FIELD("rss_data.indirections_len", "uint16", 2),
	CODEC_FIELD("rss_data.default_queue", "uint16", 2),
	CODEC_ARRAY("rss_data.key", "uint8", 1, 40),
	{ CODEC_KNOWN("rss_data.indirections_table", "uint16"), .size = 2,
	  .count_field = "rss_data.indirections_len",
	  .flags = VMS_VARRAY_UINT16 | VMS_POINTER | VMS_ALLOC },
}, net_backend_fields[] = {
	CODEC_FIELD("backend", "virtio-net vhost-user backend state", 0),
};
static const struct desc
	net_tx_desc = {
		CODEC_DESC("virtio-net-queue-tx_waiting", 0, 0, net_tx_fields)
	},
	net_vnet_desc = { CODEC_DESC("virtio-net-vnet", 0, 0, net_vnet_fields) },
	net_ufo_desc = { CODEC_DESC("virtio-net-ufo", 0, 0, net_ufo_fields) },
	net_rss_desc = {
		CODEC_DESC("virtio-net-device/rss", 1, 1, net_rss_fields)
	},
	/* since 8.2 */
	net_backend_desc = {
		CODEC_DESC("virtio-net-device/backend", 0, 0,
			   net_backend_fields)
	};
static const struct desc *const net_subs[] = {
	&net_rss_desc, &net_backend_desc,
};

enum {
	NET_VERSION = 11,
	NET_FIELDS = 22,
};

/*
 * vmstate_virtio_net_device for one set of answers of its predicates.  They
 * depend on what is read, so the descriptor is made when first met; there
 * cannot be many, and they stay, for events point at them.
 */
struct net_form {
	bool macs_fit, multiqueue, offloads, stop_at_tx;
	unsigned tx;		/* elements of tx_waiting's array */
};

struct net_desc {
	struct net_form form;
	struct desc_field fields[NET_FIELDS], tx_fields[1];
	struct desc desc, tx_desc;
	struct net_desc *next;
};

static void net_fill(struct net_desc *d, const struct net_form *form)
{
	static const struct desc_field head[] = {
		CODEC_ARRAY("mac", "uint8", 1, 6),
		{ CODEC_KNOWN("vqs", "struct"), .desc = &net_tx_desc,
		  .num = 1, .flags = VMS_STRUCT | VMS_POINTER },
		CODEC_FIELD("mergeable_rx_bufs", "uint32", 4),
		CODEC_FIELD("status", "uint16", 2),
		CODEC_FIELD("promisc", "uint8", 1),
		CODEC_FIELD("allmulti", "uint8", 1),
		CODEC_FIELD("mac_table.in_use", "uint32", 4),
	}, macs[2] = {
		{ CODEC_KNOWN("unused", "unused_buffer"), .size = 6,
		  .count_field = "mac_table.in_use",
		  .flags = VMS_VARRAY_UINT32 | VMS_BUFFER },
		{ CODEC_KNOWN("mac_table.macs", "buffer"), .size = 6,
		  .num = 1, .count_field = "mac_table.in_use",
		  .multiplier = 6,
		  .flags = VMS_VBUFFER | VMS_POINTER | VMS_MULTIPLY },
	}, middle[] = {
		{ CODEC_KNOWN("vlans", "buffer"), .size = NET_VLANS, .num = 1,
		  .flags = VMS_BUFFER | VMS_POINTER },
		CODEC_TMP(&net_vnet_desc),
		CODEC_FIELD("mac_table.multi_overflow", "uint8", 1),
		CODEC_FIELD("mac_table.uni_overflow", "uint8", 1),
		CODEC_FIELD("alluni", "uint8", 1),
		CODEC_FIELD("nomulti", "uint8", 1),
		CODEC_FIELD("nouni", "uint8", 1),
		CODEC_FIELD("nobcast", "uint8", 1),
		CODEC_TMP(&net_ufo_desc),
	}, pairs[] = {
		/* "max_queues" and "curr_queues" before 6.2 */
		CODEC_FIELD("max_queue_pairs", "uint16 equal", 2),
		CODEC_FIELD("curr_queue_pairs", "uint16", 2),
	}, tx[1] = {
		{ CODEC_KNOWN("vqs_1", "struct"), .desc = &net_tx_desc,
		  .flags = VMS_STRUCT | VMS_ARRAY | VMS_POINTER },
	}, offloads = CODEC_FIELD("curr_guest_offloads", "uint64", 8);
	static const struct desc tx_desc = {
		CODEC_DESC("virtio-net-tx_waiting", 0, 0, tx)
	}, desc = {
		CODEC_DESC("virtio-net-device", NET_VERSION, NET_VERSION,
			   head),
		CODEC_SUBS(net_subs)
	};
	struct desc_field *f = d->fields;

	d->form = *form;
	d->tx_fields[0] = tx[0];
	d->tx_fields[0].num = form->tx;
	d->tx_desc = tx_desc;
	d->tx_desc.fields = d->tx_fields;

	memcpy(f, head, sizeof(head));
	f += CODEC_COUNT(head);
	*f++ = macs[form->macs_fit];
	memcpy(f, middle, sizeof(middle));
	f += CODEC_COUNT(middle);
	if (form->multiqueue) {
		memcpy(f, pairs, sizeof(pairs));
		f += CODEC_COUNT(pairs);
	}
	if (!form->stop_at_tx) {
		*f++ = (struct desc_field)CODEC_TMP(&d->tx_desc);
		if (form->offloads)
			*f++ = offloads;
	}
	d->desc = desc;
	d->desc.fields = d->fields;
	d->desc.nfields = (size_t)(f - d->fields);
	for (size_t i = 0, tmps = 0; i < d->desc.nfields; i++)
		if (!strcmp(d->fields[i].name, "tmp"))
			d->fields[i].dup = (int)tmps++;
	if (form->stop_at_tx)
		d->desc.nsubs = 0;
}

static const struct desc *net_desc(const struct net_form *form)
{
	static struct net_desc *made;
	struct net_desc *d;

	for (d = made; d; d = d->next)
		if (d->form.macs_fit == form->macs_fit &&
		    d->form.multiqueue == form->multiqueue &&
		    d->form.offloads == form->offloads &&
		    d->form.stop_at_tx == form->stop_at_tx &&
		    d->form.tx == form->tx)
			return &d->desc;
	d = grow_array(NULL, &(size_t){ 0 }, 1, sizeof(*d));
	memset(d, 0, sizeof(*d));
	net_fill(d, form);
	d->next = made;
	made = d;
	return &d->desc;
}

/*
 * Answer the predicates from the bytes ahead: the sizes of all that stands
 * before them are known once mac_table.in_use is.
 */
static int net_read(struct wire *w, uint32_t features, bool multiqueue)
{
	struct net_form form = {
		.macs_fit = true, .multiqueue = multiqueue,
		.offloads = features & NET_F_CTRL_GUEST_OFFLOADS,
	};
	uint64_t in_use, max = 1, curr = 1, at, v;
	int ret;

	if (!wire_peek(w, 18, 4, &in_use))
		in_use = 0;
	form.macs_fit = in_use <= NET_MACS;
	at = 22 + 6 * in_use + NET_VLANS;
	if (wire_peek(w, at, 4, &v))
		w->ops->fact_set(w, "net-vnet-hdr", v != 0);
	if (wire_peek(w, at + 4 + 6, 1, &v))
		w->ops->fact_set(w, "net-ufo", v != 0);
	if (multiqueue) {
		at += 4 + 6 + 1;

		if (!wire_peek(w, at, 2, &max) ||
		    !wire_peek(w, at + 2, 2, &curr))
			max = curr = 1;
	}
	form.stop_at_tx = curr > max;
	form.tx = curr && !form.stop_at_tx ? (unsigned)curr - 1 : 0;
	ret = w->ops->load(w, net_desc(&form), NET_VERSION,
			   "virtio-net-device");
	if (ret || !form.stop_at_tx)
		return ret;
	/* pre_load of vmstate_virtio_net_tx_waiting */
	w->ops->error(w, "virtio-net: curr_queue_pairs %x > max_queue_pairs %x",
		      (unsigned)curr, (unsigned)max);
	w->ops->error(w, "Failed to load virtio-net-device:tmp");
	return -EINVAL;
}

/* -- hand-written parts -------------------------------------------------- */

/*
 * qemu_get_virtqueue_element(): a struct of the host, in its byte order (a
 * little-endian host of 64 bits is assumed), padded as the compiler did.
 */
int virtio_element_read(struct wire *w, const char *name)
{
	static const struct {
		const char *name;
		unsigned size;
	} parts[] = {
		{ "padding", 4 }, { "in_addr", 8 * QUEUE_ELEMENTS },
		{ "out_addr", 8 * QUEUE_ELEMENTS },
		{ "in_sg", 16 * QUEUE_ELEMENTS },
		{ "out_sg", 16 * QUEUE_ELEMENTS },
	};
	const uint8_t *index, *out, *in = NULL;
	int64_t packed = 0;
	int ret = -EIO;

	w->ops->enter(w, name, "virtqueue element");
	index = w->ops->take(w, "index", "le32", 4);
	out = index ? w->ops->take(w, "out_num", "le32", 4) : NULL;
	/* what take() answered may not outlive the next one */
	bool too_many = out && (out[1] > 4 || out[2] || out[3] ||
				(out[1] == 4 && out[0]));
	in = out ? w->ops->take(w, "in_num", "le32", 4) : NULL;
	too_many = too_many || (in && (in[1] > 4 || in[2] || in[3] ||
				       (in[1] == 4 && in[0])));
	if (!in)
		goto out;
	for (size_t i = 0; i < CODEC_COUNT(parts); i++)
		if (!wire_bytes(w, parts[i].name, "buffer", parts[i].size))
			goto out;
	if (too_many) {
		w->ops->error(w, "qemu_get_virtqueue_element: Assertion "
			      "`ARRAY_SIZE(data.in_addr) >= data.in_num' "
			      "failed.");
		ret = -EINVAL;
		goto out;
	}
	/* The save writes ndescs first, the load reads it last. */
	if (codec_fact(w, "ring-packed", &packed) && packed &&
	    !wire_u32(w, "ndescs", NULL))
		goto out;
	ret = 0;
out:
	w->ops->leave(w);
	return ret;
}

static int blk_read(struct wire *w, unsigned queues)
{
	uint8_t more;

	for (;;) {
		uint32_t vq;
		int ret;

		if (!wire_u8(w, "more", &more))
			return -EIO;
		if (!more)
			return 0;
		if (queues > 1) {
			if (!wire_u32(w, "vq_idx", &vq))
				return -EIO;
			if (vq >= queues) {
				w->ops->error(w, "Invalid virtqueue index in "
					      "request list: %#x", vq);
				return -EINVAL;
			}
		}
		ret = virtio_element_read(w, "request");
		if (ret)
			return ret;
	}
}

static int serial_port_read(struct wire *w)
{
	uint32_t popped;
	int ret = -EIO;

	w->ops->enter(w, "port", "serial port");
	if (wire_u32(w, "id", NULL) && wire_u8(w, "guest_connected", NULL) &&
	    wire_u8(w, "host_connected", NULL) &&
	    wire_u32(w, "elem_popped", &popped)) {
		if (!popped)
			ret = 0;
		else if (wire_u32(w, "iov_idx", NULL) &&
			 wire_u64(w, "iov_offset", NULL))
			ret = virtio_element_read(w, "elem");
	}
	w->ops->leave(w);
	return ret;
}

/*
 * The map of ports has as many words as the destination has ports / 32; the
 * number of queues is (ports + 1) * 2 on both sides.
 */
static int serial_read(struct wire *w, unsigned queues)
{
	unsigned ports = queues >= 4 ? queues / 2 - 1 : 1;
	int64_t fact;
	uint32_t n;

	if (codec_fact(w, "serial-ports", &fact) && fact > 0 &&
	    fact <= QUEUE_MAX)
		ports = (unsigned)fact;
	w->ops->fact_set(w, "serial-ports", ports);
	if (!wire_u16(w, "cols", NULL) || !wire_u16(w, "rows", NULL) ||
	    !wire_u32(w, "max_nr_ports", NULL))
		return -EIO;
	for (unsigned i = 0; i < (ports + 31) / 32; i++) {
		char name[24];
		uint32_t map;

		snprintf(name, sizeof(name), "ports_map[%u]", i);
		if (!wire_u32(w, name, &map))
			return -EIO;
		if (!codec_fact(w, name, &fact))
			w->ops->unjudged(w, "%s must equal the destination's "
					 "0x%x", name, map);
		else if (fact != map)
			return -EINVAL;
		w->ops->fact_set(w, name, map);
	}
	if (!wire_u32(w, "nr_active_ports", &n))
		return -EIO;
	for (uint32_t i = 0; i < n; i++) {
		int ret = serial_port_read(w);

		if (ret)
			return ret;
	}
	return 0;
}

static int mem_read(struct wire *w, bool early)
{
	uint64_t region, block;

	if (early)
		return w->ops->load(w, &mem_desc_early, 1, "virtio-mem-device");
	if (wire_peek(w, 8, 8, &region) && wire_peek(w, 16, 8, &block) && block)
		w->ops->fact_set(w, "bitmap-bytes",
				 (int64_t)((region / block + 63) / 64 * 8));
	return w->ops->load(w, &mem_desc, 1, "virtio-mem-device");
}

/* -- the whole ----------------------------------------------------------- */

enum transport { TRANSPORT_PCI, TRANSPORT_CCW, TRANSPORT_MMIO };

/* The last part of the idstr: the name of the device's descriptor. */
static const char *device_kind(const struct wire *w)
{
	const char *slash = w->idstr ? strrchr(w->idstr, '/') : NULL;

	return slash ? slash + 1 : w->idstr ? w->idstr : "";
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* "/fe.0.0000/virtio-net": the channel subsystem's path of a device. */
static enum transport transport_of(const char *idstr)
{
	const char *p = idstr ? idstr : "";
	unsigned n = 0;

	if (strstr(p, "virtio-mmio@"))
		return TRANSPORT_MMIO;
	if (*p == '/')
		p++;
	while (is_hex(*p))
		p++;
	if (p[0] != '.' || !is_hex(p[1]) || p[2] != '.')
		return TRANSPORT_PCI;
	for (p += 3; is_hex(*p); p++)
		n++;
	return n == 4 && *p == '/' ? TRANSPORT_CCW : TRANSPORT_PCI;
}

struct virtio {
	enum transport transport;
	unsigned ccw;
	unsigned msix;		/* PCI: entries, which are vectors */
	uint32_t features, queues;
	uint8_t status;
};

static int pci_read(struct wire *w, struct virtio *v)
{
	/* int32 version_id stands before the configuration space */
	unsigned size = pci_config_size(w, 4);
	unsigned msix = pci_msix_entries(w, 4, size);
	int64_t fact;
	uint16_t vector;
	int ret;

	if (codec_fact(w, "msix-entries", &fact) && fact >= 0 &&
	    fact <= 2048)
		msix = (unsigned)fact;
	v->msix = msix;
	w->ops->fact_set(w, "pci-config-size", size);
	ret = w->ops->load(w, pci_device_desc(size), PCI_DEVICE_VERSION,
			   "PCIDevice");
	if (ret)
		return ret;
	w->ops->fact_set(w, "msix-entries", msix);
	ret = pci_msix_read(w, msix);
	if (ret || !msix)
		return ret;
	if (!wire_u16(w, "config_vector", &vector))
		return -EIO;
	return vector != NO_VECTOR && vector >= msix ? -EINVAL : 0;
}

static int ccw_read(struct wire *w, struct virtio *v)
{
	int ret = w->ops->load(w, v->ccw == CCW_STOCK ? &ccw_desc :
			       &ccw_desc_without, 1, "s390_virtio_ccw_dev");

	if (!ret && v->ccw == CCW_BEHIND && !wire_u16(w, "config_vector", NULL))
		return -EIO;
	return ret;
}

static int transport_read(struct wire *w, struct virtio *v)
{
	switch (v->transport) {
	case TRANSPORT_PCI:
		return pci_read(w, v);
	case TRANSPORT_CCW:
		return ccw_read(w, v);
	case TRANSPORT_MMIO:
		break;
	}
	return wire_u32(w, "host_features_sel", NULL) &&
	       wire_u32(w, "guest_features_sel", NULL) &&
	       wire_u32(w, "guest_page_shift", NULL) ? 0 : -EIO;
}

/*
 * What configuration spaces begin with.  The words are little-endian on
 * virtio 1 devices and in the guest's order on legacy ones.
 */
struct config_item {
	const char *name;
	uint8_t size;
};

static const struct config_item net_config[] = {
	{ "mac", 6 }, { "status", 2 }, { "max_virtqueue_pairs", 2 },
	{ "mtu", 2 }, { "speed", 4 }, { "duplex", 1 },
	{ "rss_max_key_size", 1 }, { "rss_max_indirection_table_length", 2 },
	{ "supported_hash_types", 4 }, { NULL, 0 }
}, blk_config[] = {
	{ "capacity", 8 }, { "size_max", 4 }, { "seg_max", 4 },
	{ "cylinders", 2 }, { "heads", 1 }, { "sectors", 1 },
	{ "blk_size", 4 }, { "physical_block_exp", 1 },
	{ "alignment_offset", 1 }, { "min_io_size", 2 },
	{ "opt_io_size", 4 }, { "wce", 1 }, { "unused", 1 },
	{ "num_queues", 2 }, { "max_discard_sectors", 4 },
	{ "max_discard_seg", 4 }, { "discard_sector_alignment", 4 },
	{ "max_write_zeroes_sectors", 4 }, { "max_write_zeroes_seg", 4 },
	{ "write_zeroes_may_unmap", 1 }, { NULL, 0 }
}, scsi_config[] = {
	{ "num_queues", 4 }, { "seg_max", 4 }, { "max_sectors", 4 },
	{ "cmd_per_lun", 4 }, { "event_info_size", 4 }, { "sense_size", 4 },
	{ "cdb_size", 4 }, { "max_channel", 2 }, { "max_target", 2 },
	{ "max_lun", 4 }, { NULL, 0 }
}, console_config[] = {
	{ "cols", 2 }, { "rows", 2 }, { "max_nr_ports", 4 },
	{ "emerg_wr", 4 }, { NULL, 0 }
}, balloon_config[] = {
	{ "num_pages", 4 }, { "actual", 4 },
	{ "free_page_hint_cmd_id", 4 }, { "poison_val", 4 }, { NULL, 0 }
}, gpu_config[] = {
	{ "events_read", 4 }, { "events_clear", 4 }, { "num_scanouts", 4 },
	{ "num_capsets", 4 }, { NULL, 0 }
}, input_config[] = {
	{ "select", 1 }, { "subsel", 1 }, { "size", 1 }, { NULL, 0 }
}, vsock_config[] = {
	{ "guest_cid", 8 }, { NULL, 0 }
};

static const struct {
	const char *kind;
	const struct config_item *items;
} config_items[] = {
	{ "virtio-net", net_config }, { "virtio-blk", blk_config },
	{ "vhost-user-blk", blk_config }, { "virtio-scsi", scsi_config },
	{ "vhost-scsi", scsi_config }, { "virtio-console", console_config },
	{ "virtio-balloon", balloon_config }, { "virtio-gpu", gpu_config },
	{ "virtio-input", input_config },
	{ "virtio-vhost_vsock", vsock_config },
};

static const char *le_type(unsigned size)
{
	return size == 1 ? "uint8" : size == 2 ? "le16" :
	       size == 4 ? "le32" : size == 8 ? "le64" : "buffer";
}

/* As much as the destination's own space has, then skip the excess. */
static bool config_read(struct wire *w)
{
	const struct config_item *item = NULL;
	const char *kind = device_kind(w);
	uint32_t len, own;
	int64_t fact;
	bool ok = true;

	if (!wire_u32(w, "config_len", &len))
		return false;
	own = len;
	if (codec_fact(w, "virtio-config-len", &fact) && fact >= 0 &&
	    fact < len)
		own = (uint32_t)fact;
	w->ops->fact_set(w, "virtio-config-len", own);
	for (size_t i = 0; i < CODEC_COUNT(config_items); i++)
		if (!strcmp(config_items[i].kind, kind))
			item = config_items[i].items;

	w->ops->enter(w, "config", "virtio config");
	for (; ok && item && item->name && item->size <= own; item++) {
		ok = wire_bytes(w, item->name, le_type(item->size),
				item->size);
		own -= item->size;
		len -= item->size;
	}
	ok = ok && wire_bytes(w, "rest", "buffer", own) &&
	     wire_bytes(w, "excess", "unused_buffer", len - own);
	w->ops->leave(w);
	return ok;
}

/*
 * From some release after 10.2 on a queue must not be larger than the
 * destination has made room for ("VQ 0 vring.num 1024 exceeds allocated max
 * 8", seen from 11.1): what it has itself is in its reference stream, and is
 * all that it may have unless a driver has set less.
 */
static int queue_size_check(struct wire *w, const struct virtio *v, unsigned i,
			    uint32_t num)
{
	int64_t local, newest = 9999, fresh = 0;
	char key[32];

	snprintf(key, sizeof(key), "vq-num:%u", i);
	if (w->exact) {
		w->ops->fact_set(w, key, num);
		w->ops->fact_set(w, "virtio-fresh", !v->status);
		return 0;
	}
	if (!w->ops->fact_get(w, key, &local) || num <= local ||
	    (w->ops->fact_get(w, "release-max", &newest) && newest <= 1002))
		return 0;
	if (newest >= 1101 && newest < 9999 &&
	    w->ops->fact_get(w, "virtio-fresh", &fresh) && fresh) {
		w->ops->error(w, "VQ %u vring.num %u exceeds allocated max %d",
			      i, num, (int)local);
		return -EINVAL;
	}
	w->ops->unknown(w, "whether the destination takes a queue of %u where "
			"its own has %d: QEMU 11.1 says 'VQ %u vring.num %u "
			"exceeds allocated max %d', 10.2 does not look",
			num, (int)local, i, num, (int)local);
	return 0;
}

static int queue_read(struct wire *w, const struct virtio *v, unsigned i)
{
	uint64_t desc;
	uint32_t num;
	uint16_t idx, vector;

	if (!wire_u32(w, "vring.num", &num))
		return -EIO;
	if (queue_size_check(w, v, i, num) < 0)
		return -EINVAL;
	if (v->transport == TRANSPORT_MMIO && !wire_u32(w, "vring.align", NULL))
		return -EIO;
	if (!wire_u64(w, "vring.desc", &desc) ||
	    !wire_u16(w, "last_avail_idx", &idx))
		return -EIO;
	if (!desc && idx) {
		w->ops->error(w, "VQ %u address 0x0 inconsistent with Host "
			      "index 0x%x", i, idx);
		return -1;
	}
	if (v->transport == TRANSPORT_CCW)
		return wire_u16(w, "vector", NULL) ? 0 : -EIO;
	if (v->transport == TRANSPORT_PCI && v->msix) {
		if (!wire_u16(w, "vector", &vector))
			return -EIO;
		if (vector != NO_VECTOR && vector >= v->msix)
			return -EINVAL;
	}
	if (desc)
		w->ops->unjudged(w, "VQ %u: its indices must agree with the "
				 "rings in guest memory (Host index 0x%x)", i,
				 idx);
	return 0;
}

/*
 * virtio_net_pre_load_queues(), 9.2 and the stable releases of 7.2: queues are added
 * or deleted in pairs until there are as many.  A number that no source sends ends in
 * a null pointer, or worse.
 */
static void net_queues_check(struct wire *w, unsigned queues)
{
	int64_t newest;

	if (strcmp(device_kind(w), "virtio-net") || (queues >= 3 && queues & 1))
		return;
	if (w->ops->fact_get(w, "release-max", &newest) && newest <= 502)
		return;
	w->ops->unknown(w, "what the destination does with %u virtqueues: a "
			"virtio-net has two for each pair and one, and newer "
			"releases crash over another number", queues);
}

static int queues_read(struct wire *w, struct virtio *v)
{
	int ret = 0;

	if (!wire_u32(w, "num_queues", &v->queues))
		return -EIO;
	if (v->queues > QUEUE_MAX) {
		w->ops->error(w, "Invalid number of virtqueues: 0x%x",
			      v->queues);
		return -1;
	}
	net_queues_check(w, v->queues);
	for (unsigned i = 0; i < v->queues && !ret; i++) {
		char name[16];

		snprintf(name, sizeof(name), "vq[%u]", i);
		w->ops->enter(w, name, "virtqueue");
		ret = queue_read(w, v, i);
		w->ops->leave(w);
	}
	return ret;
}

static int device_read(struct wire *w, const struct virtio *v,
		       bool second_form)
{
	const char *kind = device_kind(w);
	unsigned queues = v->queues;
	int64_t fact;

	if (codec_fact(w, "virtqueues", &fact) && fact >= 0 &&
	    fact <= QUEUE_MAX)
		queues = (unsigned)fact;
	w->ops->fact_set(w, "virtqueues", queues);
	if (!strcmp(kind, "virtio-net"))
		return net_read(w, v->features, second_form);
	if (!strcmp(kind, "virtio-blk"))
		return blk_read(w, queues);
	if (!strcmp(kind, "virtio-console") || !strcmp(kind, "virtio-serial"))
		return serial_read(w, queues);
	if (!strcmp(kind, "virtio-balloon"))
		return w->ops->load(w, &balloon_desc, 1,
				    "virtio-balloon-device");
	if (!strcmp(kind, "virtio-iommu")) {
		int version = w->version == 1 ? 1 : 2;

		return w->ops->load(w, version == 1 ? &iommu_desc1 :
				    &iommu_desc2, version,
				    "virtio-iommu-device");
	}
	if (!strcmp(kind, "virtio-mem"))
		return mem_read(w, second_form);
	if (!strcmp(kind, "virtio-nsm"))
		return w->ops->load(w, &nsm_desc, 1, "virtio-nsm-device");
	/* gpu, input, rng, scsi, 9p, crypto, fs, vsock ...: nothing here */
	return 0;
}

static int virtio_read(struct wire *w, unsigned variant)
{
	struct virtio v = {
		.transport = transport_of(w->idstr), .ccw = variant & CCW_MASK,
	};
	const char *kind = device_kind(w);
	uint16_t queue_sel;
	int ret;

	/* A variant that says nothing about this device is none. */
	if (v.ccw != CCW_STOCK && v.transport != TRANSPORT_CCW)
		v.ccw = CCW_STOCK;

	ret = transport_read(w, &v);
	if (ret)
		return ret;
	if (!wire_u8(w, "status", &v.status) || !wire_u8(w, "isr", NULL) ||
	    !wire_u16(w, "queue_sel", &queue_sel))
		return -EIO;
	if (queue_sel >= QUEUE_MAX)
		return -1;
	if (!wire_u32(w, "guest_features", &v.features) || !config_read(w))
		return -EIO;
	ret = queues_read(w, &v);
	if (ret)
		return ret;
	ret = device_read(w, &v, variant & SECOND_FORM &&
			  (!strcmp(kind, "virtio-net") ||
			   !strcmp(kind, "virtio-mem")));
	if (ret)
		return ret;
	ret = w->ops->load(w, v.ccw == CCW_SUBSECTION ?
			   &virtio_desc_config_vector : &virtio_desc, 1,
			   "virtio");
	if (ret)
		return ret;
	if (v.features)
		w->ops->unjudged(w, "the destination must offer the guest's "
				 "features (low half 0x%x)", v.features);
	return 0;
}

/* load_extra_state() of the transport. */
static int extra_state_read(struct wire *w, unsigned variant)
{
	(void)variant;
	switch (transport_of(w->idstr)) {
	case TRANSPORT_MMIO:
		return w->ops->load(w, &virtio_mmio_desc, 1, "virtio_mmio");
	case TRANSPORT_PCI:
		return w->ops->load(w, &virtio_pci_desc, 1, "virtio_pci");
	case TRANSPORT_CCW:
		break;
	}
	return -1;
}

/* get_gtree(): be32 nodes, then u8 1, key, value for each, and u8 0. */
static int tree_read(struct wire *w, const struct desc *key,
		     const struct desc *value, int version)
{
	const char *name = w->field ? w->field->name : "tree";
	uint32_t nodes, count = 0;
	uint8_t more;

	if (!wire_u32(w, "nnodes", &nodes))
		return -EIO;
	for (;;) {
		const struct desc *d = value;
		int ret = 0;

		if (!wire_u8(w, "more", &more))
			return -EIO;
		if (!more)
			break;
		if (++count > nodes)
			break;
		if (!key) {
			if (!wire_u64(w, "key", NULL))
				return -EIO;
		} else {
			d = key;
			ret = w->ops->load(w, key, version, "key");
		}
		if (!ret) {
			d = value;
			ret = w->ops->load(w, value, version, "value");
		}
		if (ret) {
			w->ops->error(w, "%s : failed to load %s (%d)", name,
				      d->name, ret);
			return ret;
		}
	}
	if (count != nodes) {
		w->ops->error(w, "%s inconsistent stream when loading the "
			      "gtree", name);
		return -EINVAL;
	}
	return 0;
}

static int iommu_domains_read(struct wire *w, unsigned variant)
{
	int version = w->field ? w->field->version : 2;

	(void)variant;
	return tree_read(w, NULL, version == 1 ? &iommu_domain_desc1 :
			 &iommu_domain_desc2, version);
}

static int iommu_mappings_read(struct wire *w, unsigned variant)
{
	(void)variant;
	return tree_read(w, &iommu_key_desc, &iommu_mapping_desc, 1);
}

/* vhost_load_backend_state(): what a daemon gave, in pieces. */
static int backend_read(struct wire *w, unsigned variant)
{
	(void)variant;
	return wire_chunks(w, "state");
}

const struct codec virtio_codecs[] = {
	{ .type = "virtio", .variants = variant_names,
	  .nvariants = CODEC_COUNT(variant_names), .read = virtio_read },
	{ .type = "virtqueue_extra_state", .nvariants = 1,
	  .read = extra_state_read },
	{ .type = "virtio-iommu domains", .nvariants = 1,
	  .read = iommu_domains_read },
	{ .type = "virtio-iommu mappings", .nvariants = 1,
	  .read = iommu_mappings_read },
	{ .type = "virtio-fs back-end state", .nvariants = 1,
	  .read = backend_read },
	{ .type = "virtio-net vhost-user backend state", .nvariants = 1,
	  .read = backend_read },
	{ 0 }
};
