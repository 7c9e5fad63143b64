/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * known.c - the tables of known.h.
 *
 * Made by a script out of the sources of QEMU 5.2.0, 7.2.22 and 10.0.13 as
 * Debian ships them (preprocessed for x86_64, s390x, ppc64 and aarch64) and
 * read over.  A line without a note holds for all three.  Descriptors are
 * those that no -dump-vmstate lists: processors and their subsections,
 * machines, and what boards, buses and backends register by themselves; and
 * those with a VMSTATE_VALIDATE.
 *
 * Not in descs[]: the descriptors below virtio (virtio.c, gpu.c), and what is
 * made from a macro's argument at run time.
 */
#include <stddef.h>
#include <string.h>

#include "known.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* Sorted by descriptor, then field. */
static const struct known_count counts[] = {
	{ "CPU hotplug state", "devs", NULL,
	  VMS_VARRAY_INT32 | VMS_STRUCT | VMS_POINTER, 0, NULL },
	{ "Fifo8", "data", NULL,
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	{ "PCIBUS", "irq_count", "nirq",
	  VMS_VARRAY_INT32 | VMS_POINTER, 0, NULL },
	{ "PCIE_AER_ERROR_LOG", "log", "log_num",
	  VMS_VARRAY_UINT16 | VMS_STRUCT | VMS_POINTER, 0, NULL },
	{ "ahci", "dev", "ports",
	  VMS_VARRAY_INT32 | VMS_STRUCT | VMS_POINTER, 0, NULL },
	{ "arm.cortex-a9-global-timer", "per_cpu", NULL,
	  VMS_VARRAY_UINT32 | VMS_STRUCT, 0, NULL },
	{ "arm_gicv3", "cpu", NULL,
	  VMS_VARRAY_INT32 | VMS_STRUCT | VMS_POINTER, 0, NULL },
	{ "arm_mptimer", "timerblock", NULL,
	  VMS_VARRAY_UINT32 | VMS_STRUCT, 0, NULL },
	{ "configuration", "name", "len",
	  VMS_VBUFFER | VMS_POINTER | VMS_ALLOC, 0, NULL },
	{ "configuration/capabilities", "capabilities", "caps_count",
	  VMS_VARRAY_UINT32 | VMS_POINTER | VMS_ALLOC, 0, NULL },
	/* 10.0 */
	{ "cpr fd", "name", "namelen",
	  VMS_VBUFFER | VMS_POINTER | VMS_ALLOC, 0, NULL },
	{ "cpu", "cpreg_vmstate_indexes", "cpreg_vmstate_array_len",
	  VMS_VARRAY_INT32 | VMS_POINTER, 0, NULL },
	{ "cpu", "cpreg_vmstate_values", "cpreg_vmstate_array_len",
	  VMS_VARRAY_INT32 | VMS_POINTER, 0, NULL },
	{ "cpu", "irqstate", "irqstate_saved_size",
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	{ "cpu/m-security", "env.pmsav8.rbar[M_REG_S]", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	{ "cpu/m-security", "env.pmsav8.rlar[M_REG_S]", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	{ "cpu/m-security", "env.sau.rbar", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	{ "cpu/m-security", "env.sau.rlar", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	{ "cpu/pmsav7", "env.pmsav7.dracr", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	{ "cpu/pmsav7", "env.pmsav7.drbar", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	{ "cpu/pmsav7", "env.pmsav7.drsr", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	{ "cpu/pmsav8", "env.pmsav8.rbar[M_REG_NS]", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	{ "cpu/pmsav8", "env.pmsav8.rlar[M_REG_NS]", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	/* 10.0 */
	{ "cpu/pmsav8/pmsav8r", "env.pmsav8.hprbar", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	/* 10.0 */
	{ "cpu/pmsav8/pmsav8r", "env.pmsav8.hprlar", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	{ "cpu/tlb6xx", "env.tlb.tlb6", "env.nb_tlb",
	  VMS_VARRAY_INT32 | VMS_STRUCT | VMS_POINTER, 0, NULL },
	/* 5.2, 7.2 */
	{ "cpu/tlb6xx", "env.tlb.tlbe", "env.nb_tlb",
	  VMS_VARRAY_INT32 | VMS_STRUCT | VMS_POINTER, 0, NULL },
	/* 10.0 */
	{ "cpu/tlbemb", "env.tlb.tlbe", "env.nb_tlb",
	  VMS_VARRAY_INT32 | VMS_STRUCT | VMS_POINTER, 0, NULL },
	{ "cpu/tlbmas", "env.tlb.tlbm", "env.nb_tlb",
	  VMS_VARRAY_INT32 | VMS_STRUCT | VMS_POINTER, 0, NULL },
	{ "dbus-vmstate", "data", "data_size",
	  VMS_VBUFFER | VMS_POINTER | VMS_ALLOC, 0, NULL },
	{ "eeprom", "contents", "size",
	  VMS_VARRAY_UINT16, 0, NULL },
	/* 5.2 */
	{ "exynos4210.irq_gate", "level", NULL,
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	{ "exynos4210.uart.fifo", "data", NULL,
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	{ "fdc", "fifo", NULL,
	  VMS_VARRAY_INT32 | VMS_POINTER, 0, NULL },
	/* 5.2 */
	{ "g364fb", "vram", NULL,
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	{ "hpet", "timer", "num_timers",
	  VMS_VARRAY_UINT8 | VMS_STRUCT, 0, "num_timers_save" },
	/* 7.2, 10.0 */
	{ "ibex-spi", "config_opts", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	{ "ics", "irqs", "nr_irqs",
	  VMS_VARRAY_INT32 | VMS_STRUCT | VMS_POINTER, 0, NULL },
	{ "ide_drive/pio_state", "io_buffer", NULL,
	  VMS_VARRAY_INT32 | VMS_POINTER, 0, NULL },
	/* 10.0 */
	{ "loongarch.extioi", "cpu", NULL,
	  VMS_VARRAY_INT32 | VMS_STRUCT | VMS_POINTER, 0, NULL },
	/* 10.0 */
	{ "loongson_ipi", "cpu", NULL,
	  VMS_VARRAY_INT32 | VMS_STRUCT | VMS_POINTER, 0, NULL },
	{ "m48t59", "buffer", NULL,
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	{ "macio_nvram", "data", NULL,
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	/* 5.2, 7.2 */
	{ "max111x", "input", "inputs",
	  VMS_VARRAY_INT32, 0, NULL },
	{ "memory hotplug state", "devs", NULL,
	  VMS_VARRAY_INT32 | VMS_STRUCT | VMS_POINTER, 0, NULL },
	/* 7.2, 10.0 */
	{ "mps2-scc", "oscclk", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	{ "nvram", "contents", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	/* 5.2, 7.2 */
	{ "onenand", "blockwp", NULL,
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	{ "openpic", "dst", "nb_cpus",
	  VMS_VARRAY_UINT32 | VMS_STRUCT, 0, NULL },
	{ "openpic", "src", "max_irq",
	  VMS_VARRAY_UINT32 | VMS_STRUCT, 0, NULL },
	{ "openpic_irq_queue", "queue", NULL,
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	{ "or-irq-extras", "levels", NULL,
	  VMS_VARRAY_UINT16, 0, NULL },
	/* 7.2, 10.0 */
	{ "pflash_cfi01_blk_write", "blk_bytes", NULL,
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	{ "pl330", "chan", NULL,
	  VMS_VARRAY_INT32 | VMS_STRUCT | VMS_POINTER, 0, NULL },
	{ "pl330", "hi_seqn", NULL,
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	{ "pl330", "lo_seqn", NULL,
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	{ "pl330_chan", "buf", "buf_size",
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	{ "pl330_chan", "tag", "buf_size",
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	{ "pl330_queue", "queue", NULL,
	  VMS_VARRAY_INT32 | VMS_STRUCT | VMS_POINTER, 0, NULL },
	/* 5.2, 7.2 */
	{ "pxa2xx_dma", "chan", NULL,
	  VMS_VARRAY_INT32 | VMS_STRUCT | VMS_POINTER, 0, NULL },
	{ "qxl", "guest_surfaces.cmds", "ssd.num_surfaces",
	  VMS_VARRAY_INT32 | VMS_POINTER, 0, NULL },
	{ "realview_sysctl", "db_clock", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	/* 7.2, 10.0 */
	{ "riscv_aplic", "idelivery", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	/* 7.2, 10.0 */
	{ "riscv_aplic", "iforce", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	/* 7.2, 10.0 */
	{ "riscv_aplic", "ithreshold", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	/* 7.2, 10.0 */
	{ "riscv_aplic", "sourcecfg", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	/* 7.2, 10.0 */
	{ "riscv_aplic", "state", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	/* 7.2, 10.0 */
	{ "riscv_aplic", "target", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	/* 7.2, 10.0 */
	{ "riscv_imsic", "eidelivery", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	/* 7.2, 10.0 */
	{ "riscv_imsic", "eistate", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	/* 7.2, 10.0 */
	{ "riscv_imsic", "eithreshold", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	/* 7.2, 10.0 */
	{ "riscv_mtimer", "timecmp", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	{ "riscv_sifive_plic", "claimed", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	{ "riscv_sifive_plic", "enable", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	{ "riscv_sifive_plic", "pending", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	{ "riscv_sifive_plic", "source_priority", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	{ "riscv_sifive_plic", "target_priority", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	/* 7.2, 10.0 */
	{ "sd-card", "wp_group_bmap", NULL,
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	/* 5.2 */
	{ "sd-card", "wp_groups", NULL,
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	{ "sdhci", "fifo_buffer", NULL,
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	{ "spapr-xive", "eat", "nr_irqs",
	  VMS_VARRAY_INT32 | VMS_STRUCT | VMS_POINTER, 0, NULL },
	{ "spapr-xive", "endt", NULL,
	  VMS_VARRAY_INT32 | VMS_STRUCT | VMS_POINTER, 0, NULL },
	{ "spapr_dtb", "fdt_blob", "fdt_size",
	  VMS_VBUFFER | VMS_POINTER | VMS_ALLOC, 0, NULL },
	{ "spapr_event_log_entry", "extended_log", "extended_length",
	  VMS_VBUFFER | VMS_POINTER | VMS_ALLOC, 0, NULL },
	{ "spapr_iommu", "mig_table", "mig_nb_table",
	  VMS_VARRAY_UINT32 | VMS_POINTER | VMS_ALLOC, 0, NULL },
	{ "spapr_irq_map", "irq_map", NULL,
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	{ "spapr_nvram", "buf", "size",
	  VMS_VBUFFER | VMS_POINTER | VMS_ALLOC, 0, NULL },
	{ "spapr_option_vector", "bitmap", NULL,
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	{ "spapr_pci", "msi_devs", "msi_devs_num",
	  VMS_VARRAY_INT32 | VMS_STRUCT | VMS_POINTER | VMS_ALLOC, 0, NULL },
	/* 5.2, 7.2 */
	{ "stellaris_gamepad", "buttons", NULL,
	  VMS_VARRAY_INT32 | VMS_STRUCT | VMS_POINTER, 0, NULL },
	/* 10.0 */
	{ "stellaris_gamepad", "pressed", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	{ "tpm-emulator", "state_blobs.permanent.buffer", "state_blobs.permanent.size",
	  VMS_VBUFFER | VMS_POINTER | VMS_ALLOC, 0, NULL },
	{ "tpm-emulator", "state_blobs.savestate.buffer", "state_blobs.savestate.size",
	  VMS_VBUFFER | VMS_POINTER | VMS_ALLOC, 0, NULL },
	{ "tpm-emulator", "state_blobs.volatil.buffer", "state_blobs.volatil.size",
	  VMS_VBUFFER | VMS_POINTER | VMS_ALLOC, 0, NULL },
	{ "tpm-spapr", "buffer", "numbytes",
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	{ "tz-mpc", "blk_lut", NULL,
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	/* 10.0 */
	{ "uefi-var-policy", "entry", "entry_size",
	  VMS_VBUFFER | VMS_POINTER | VMS_ALLOC, 0, NULL },
	/* 10.0 */
	{ "uefi-variable", "data", "data_size",
	  VMS_VBUFFER | VMS_POINTER | VMS_ALLOC, 0, NULL },
	/* 10.0 */
	{ "uefi-variable", "name", "name_size",
	  VMS_VBUFFER | VMS_POINTER | VMS_ALLOC, 0, NULL },
	/* 10.0 */
	{ "uefi-vars", "pio_xfer_buffer", "buf_size",
	  VMS_VBUFFER | VMS_POINTER | VMS_ALLOC, 0, NULL },
	{ "virtio-gpu-scanouts", "parent_obj.scanout", "parent_obj.conf.max_outputs",
	  VMS_VARRAY_UINT32 | VMS_STRUCT, 0, NULL },
	{ "virtio-mem-device", "bitmap", NULL,
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	/* 10.0 */
	{ "virtio-mem-device-early", "bitmap", NULL,
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	{ "virtio-net-device", "mac_table.macs", "mac_table.in_use",
	  VMS_VBUFFER | VMS_POINTER | VMS_MULTIPLY, 6, NULL },
	{ "virtio-net-device", "unused", "mac_table.in_use",
	  VMS_VARRAY_UINT32 | VMS_BUFFER, 0, NULL },
	{ "virtio-net-device/rss", "rss_data.indirections_table", "rss_data.indirections_len",
	  VMS_VARRAY_UINT16 | VMS_POINTER | VMS_ALLOC, 0, NULL },
	{ "virtio-net-tx_waiting", "vqs_1", NULL,
	  VMS_VARRAY_UINT16 | VMS_STRUCT | VMS_POINTER, 0, NULL },
	{ "vmbus-dev", "channels", "num_channels",
	  VMS_VARRAY_UINT16 | VMS_STRUCT | VMS_POINTER, 0, NULL },
	{ "vmbus/gpadl", "gfns", "num_gfns",
	  VMS_VARRAY_UINT32 | VMS_POINTER | VMS_ALLOC, 0, NULL },
	/* 5.2 */
	{ "vmbus/vmbus_chan_req", "msg", "msglen",
	  VMS_VBUFFER | VMS_POINTER | VMS_ALLOC, 0, NULL },
	/* 5.2 */
	{ "vmbus/vmbus_chan_req", "sgl", "num",
	  VMS_VARRAY_INT32 | VMS_STRUCT | VMS_POINTER, 0, NULL },
	{ "vmware_vga_internal", "scratch", NULL,
	  VMS_VARRAY_INT32 | VMS_POINTER, 0, NULL },
	{ "vmxnet3/mcast_list", "mcast_list", NULL,
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
	/* 10.0 */
	{ "xen_evtchn", "pirq_inuse_bitmap", NULL,
	  VMS_VARRAY_UINT16 | VMS_POINTER | VMS_ALLOC, 0, NULL },
	/* 10.0 */
	{ "xen_evtchn", "port_table", "nr_ports",
	  VMS_VARRAY_UINT32 | VMS_STRUCT, 0, NULL },
	/* 10.0 */
	{ "xen_gnttab", "gnt_frame_gpas", "nr_frames",
	  VMS_VARRAY_UINT32 | VMS_POINTER, 0, NULL },
	/* 10.0 */
	{ "xen_xenstore", "impl_state", "impl_state_size",
	  VMS_VARRAY_UINT32 | VMS_POINTER | VMS_ALLOC, 0, NULL },
	{ "xhci-core", "intr", NULL,
	  VMS_VARRAY_UINT32 | VMS_STRUCT, 0, NULL },
	{ "xhci-core", "ports", NULL,
	  VMS_VARRAY_UINT32 | VMS_STRUCT, 0, NULL },
	{ "xhci-core", "slots", NULL,
	  VMS_VARRAY_UINT32 | VMS_STRUCT, 0, NULL },
	{ "xive-source", "status", "nr_irqs",
	  VMS_VBUFFER | VMS_POINTER, 0, NULL },
};

/*
 * Fields: plain, of a later version, with a predicate, VMSTATE_VALIDATE.
 */
#define F(name_, type_)		{ name_, 0, false, false, type_ }
#define N(name_, version_, type_) { name_, version_, false, false, type_ }
#define P(name_, type_)		{ name_, 0, true, false, type_ }
#define V(name_, version_)	{ name_, version_, false, true, NULL }

static const struct known_field f_cprstate[] = {
	N("fds", 1, "qlist"),
};

static const struct known_field f_pcibus[] = {
	F("nirq", "int32 equal"), F("irq_count", "int32"),
};

static const struct known_field f_pcie_aer_error_log[] = {
	F("log_num", "uint16"), F("log_max", "uint16 equal"),
	V("log_num <= log_max", 0), F("log", "struct"),
};

static const struct known_field f_acpi_build[] = {
	F("patched", "uint8"),
};

static const struct known_field f_apic[] = {
	F("apicbase", "uint32"), F("id", "uint8"), F("arb_id", "uint8"),
	F("tpr", "uint8"), F("spurious_vec", "uint32"), F("log_dest", "uint8"),
	F("dest_mode", "uint8"), F("isr", "uint32"), F("tmr", "uint32"),
	F("irr", "uint32"), F("lvt", "uint32"), F("esr", "uint32"),
	F("icr", "uint32"), F("divide_conf", "uint32"),
	F("count_shift", "int32"), F("initial_count", "uint32"),
	F("initial_count_load_time", "int64"), F("next_time", "int64"),
	F("timer_expiry", "int64"),
};

static const struct known_field f_apic_sipi[] = {
	F("sipi_vector", "int32"), F("wait_for_sipi", "int32"),
};

static const struct known_field f_bnd_regs[] = {
	F("lb", "uint64"), F("ub", "uint64"),
};

static const struct known_field f_clock[] = {
	F("period", "uint64"),
};

static const struct known_field f_clock_muldiv[] = {
	F("multiplier", "uint32"), F("divider", "uint32"),
};

static const struct known_field f_configuration[] = {
	F("len", "uint32"), F("name", "buffer"),
};

static const struct known_field f_configuration_capabilities[] = {
	N("caps_count", 1, "uint32"), N("capabilities", 1, "capability"),
};

static const struct known_field f_configuration_target_page_bits[] = {
	F("target_page_bits", "uint32"),
};

static const struct known_field f_configuration_uuid[] = {
	N("uuid.data", 1, "uint8"),
};

static const struct known_field f_cpr_fd[] = {
	F("namelen", "uint32"), F("name", "buffer"), F("id", "int32"),
	F("fd", "fd"),
};

static const struct known_field f_cpu[] = {
	F("env.regs", "uint64"), F("env.psw.mask", "uint64"),
	F("env.psw.addr", "uint64"), F("env.psa", "uint64"),
	F("env.todpr", "uint32"), F("env.pfault_token", "uint64"),
	F("env.pfault_compare", "uint64"), F("env.pfault_select", "uint64"),
	F("env.cputm", "uint64"), F("env.ckc", "uint64"),
	F("env.gbea", "uint64"), F("env.pp", "uint64"),
	F("env.aregs", "uint32"), F("env.cregs", "uint64"),
	F("env.cpu_state", "uint8"), F("env.sigp_order", "uint8"),
	N("irqstate_saved_size", 4, "uint32"), N("irqstate", 4, "buffer"),
};

static const struct known_field f_cpu_2[] = {
	F("unused", "unused_buffer"), F("env.gpr", "uint64"),
	F("env.crf", "uint32"), F("env.nip", "uint64"), F("env.spr", "uint64"),
	F("env.spe_acc", "uint64"), F("env.reserve_addr", "uint64"),
	F("env.msr", "uint64"), F("env.hflags_nmsr", "uint64"),
	P("mig_msr_mask", "uint64"), P("mig_insns_flags", "uint64"),
	P("mig_insns_flags2", "uint64"), P("mig_nb_BATs", "uint32"),
};

static const struct known_field f_cpu_3[] = {
	F("unused", "unused_buffer"), F("env.gpr", "uint64"),
	F("env.crf", "uint32"), F("env.nip", "uint64"), F("env.spr", "uint64"),
	F("env.spe_acc", "uint64"), F("env.reserve_addr", "uint64"),
	F("env.msr", "uint64"), F("env.hflags_compat_nmsr", "uint64"),
	P("mig_msr_mask", "uint64"), P("mig_insns_flags", "uint64"),
	P("mig_insns_flags2", "uint64"), P("mig_nb_BATs", "uint32"),
};

static const struct known_field f_cpu_4[] = {
	F("unused", "unused_buffer"), F("env.gpr", "uint64"),
	F("env.crf", "uint32"), F("env.nip", "uint64"), F("env.spr", "uint64"),
	F("env.spe_acc", "uint64"), F("unused", "unused_buffer"),
	F("env.msr", "uint64"), F("env.hflags_compat_nmsr", "uint64"),
};

static const struct known_field f_cpu_5[] = {
	F("env.regs", "uint64"), F("env.eip", "uint64"),
	F("env.eflags", "uint64"), F("env.hflags", "uint32"),
	F("env.fpuc", "uint16"), F("env.fpus_vmstate", "uint16"),
	F("env.fptag_vmstate", "uint16"),
	F("env.fpregs_format_vmstate", "uint16"), F("env.fpregs", "struct"),
	F("env.segs", "struct"), F("env.ldt", "struct"), F("env.tr", "struct"),
	F("env.gdt", "struct"), F("env.idt", "struct"),
	F("env.sysenter_cs", "uint32"), F("env.sysenter_esp", "uint64"),
	F("env.sysenter_eip", "uint64"), F("env.cr[0]", "uint64"),
	F("env.cr[2]", "uint64"), F("env.cr[3]", "uint64"),
	F("env.cr[4]", "uint64"), F("env.dr", "uint64"),
	F("env.a20_mask", "int32"), F("env.mxcsr", "uint32"),
	F("env.xmm_regs", "struct"), F("env.efer", "uint64"),
	F("env.star", "uint64"), F("env.lstar", "uint64"),
	F("env.cstar", "uint64"), F("env.fmask", "uint64"),
	F("env.kernelgsbase", "uint64"), F("env.smbase", "uint32"),
	F("env.pat", "uint64"), F("env.hflags2", "uint32"),
	F("env.vm_hsave", "uint64"), F("env.vm_vmcb", "uint64"),
	F("env.tsc_offset", "uint64"), F("env.intercept", "uint64"),
	F("env.intercept_cr_read", "uint16"),
	F("env.intercept_cr_write", "uint16"),
	F("env.intercept_dr_read", "uint16"),
	F("env.intercept_dr_write", "uint16"),
	F("env.intercept_exceptions", "uint32"), F("env.v_tpr", "uint8"),
	F("env.mtrr_fixed", "uint64"), F("env.mtrr_deftype", "uint64"),
	N("env.mtrr_var", 8, "struct"), F("env.interrupt_injected", "int32"),
	F("env.mp_state", "uint32"), F("env.tsc", "uint64"),
	F("env.exception_nr", "int32"), F("env.soft_interrupt", "uint8"),
	F("env.nmi_injected", "uint8"), F("env.nmi_pending", "uint8"),
	F("env.has_error_code", "uint8"), F("env.sipi_vector", "uint32"),
	F("env.mcg_cap", "uint64"), F("env.mcg_status", "uint64"),
	F("env.mcg_ctl", "uint64"), F("env.mce_banks", "uint64"),
	F("env.tsc_aux", "uint64"), F("env.system_time_msr", "uint64"),
	F("env.wall_clock_msr", "uint64"), N("env.xcr0", 12, "uint64"),
	N("env.xstate_bv", 12, "uint64"), N("env.xmm_regs", 12, "struct"),
};

static const struct known_field f_cpu_6[] = {
	F("env.regs", "uint32"), F("env.xregs", "uint64"),
	F("env.pc", "uint64"), F("cpsr", "cpsr"), F("env.spsr", "uint32"),
	F("env.banked_spsr", "uint64"), F("env.banked_r13", "uint32"),
	F("env.banked_r14", "uint32"), F("env.usr_regs", "uint32"),
	F("env.fiq_regs", "uint32"), F("env.elr_el", "uint64"),
	F("env.sp_el", "uint64"), F("cpreg_vmstate_array_len", "int32 le"),
	F("cpreg_vmstate_indexes", "uint64"),
	F("cpreg_vmstate_values", "uint64"), F("env.exclusive_addr", "uint64"),
	F("env.exclusive_val", "uint64"), F("env.exclusive_high", "uint64"),
	F("env.features", "uint64"), F("env.exception.syndrome", "uint32"),
	F("env.exception.fsr", "uint32"),
	F("env.exception.vaddress", "uint64"),
	F("gt_timer[0]", "timer"),
	F("gt_timer[1]", "timer"), F("power_state", "powered_off"),
};

static const struct known_field f_cpu_7[] = {
	F("env.regs", "uint32"), F("env.xregs", "uint64"),
	F("env.pc", "uint64"), F("cpsr", "cpsr"), F("env.spsr", "uint32"),
	F("env.banked_spsr", "uint64"), F("env.banked_r13", "uint32"),
	F("env.banked_r14", "uint32"), F("env.usr_regs", "uint32"),
	F("env.fiq_regs", "uint32"), F("env.elr_el", "uint64"),
	F("env.sp_el", "uint64"), F("cpreg_vmstate_array_len", "int32 le"),
	F("cpreg_vmstate_indexes", "uint64"),
	F("cpreg_vmstate_values", "uint64"), F("env.exclusive_addr", "uint64"),
	F("env.exclusive_val", "uint64"), F("env.exclusive_high", "uint64"),
	F("unused", "unused_buffer"), F("env.exception.syndrome", "uint32"),
	F("env.exception.fsr", "uint32"),
	F("env.exception.vaddress", "uint64"),
	F("gt_timer[0]", "timer"),
	F("gt_timer[1]", "timer"), F("power_state", "powered_off"),
};

static const struct known_field f_cpu_altivec[] = {
	F("env.vsr", "avr"), F("vscr", "cpu/altivec/vscr"),
};

static const struct known_field f_cpu_amd_tsc_scale_msr[] = {
	F("env.amd_tsc_scale_msr", "uint64"),
};

static const struct known_field f_cpu_arch_lbr[] = {
	F("env.msr_lbr_ctl", "uint64"), F("env.msr_lbr_depth", "uint64"),
	N("env.lbr_records", 1, "struct"),
};

static const struct known_field f_cpu_async_pf_int_msr[] = {
	F("env.async_pf_int_msr", "uint64"),
};

static const struct known_field f_cpu_async_pf_msr[] = {
	F("env.async_pf_en_msr", "uint64"),
};

static const struct known_field f_cpu_async_pv_eoi_msr[] = {
	F("env.pv_eoi_en_msr", "uint64"),
};

static const struct known_field f_cpu_avx512[] = {
	F("env.opmask_regs", "uint64"), F("env.xmm_regs", "struct"),
	F("env.xmm_regs", "struct"),
};

static const struct known_field f_cpu_bhrb[] = {
	F("env.bhrb_offset", "uint64"), F("env.bhrb", "uint64"),
};

static const struct known_field f_cpu_bpbc[] = {
	F("env.bpbc", "bool"),
};

static const struct known_field f_cpu_compat[] = {
	F("compat_pvr", "uint32"),
};

static const struct known_field f_cpu_diag318[] = {
	F("env.diag318_info", "uint64"),
};

static const struct known_field f_cpu_efer32[] = {
	F("env.efer", "uint64"),
};

static const struct known_field f_cpu_etoken[] = {
	F("env.etoken", "uint64"), F("env.etoken_extension", "uint64"),
};

static const struct known_field f_cpu_exception_info[] = {
	F("env.exception_pending", "uint8"),
	F("env.exception_injected", "uint8"),
	F("env.exception_has_payload", "uint8"),
	F("env.exception_payload", "uint64"),
};

static const struct known_field f_cpu_exval[] = {
	F("env.ex_value", "uint64"),
};

static const struct known_field f_cpu_fpop_ip_dp[] = {
	F("env.fpop", "uint16"), F("env.fpip", "uint64"),
	F("env.fpdp", "uint64"),
};

static const struct known_field f_cpu_fpu[] = {
	F("env.vsr", "fpr"), F("env.fpscr", "uint64"),
};

static const struct known_field f_cpu_fpu_2[] = {
	F("env.vregs[0][0]", "uint64"), F("env.vregs[1][0]", "uint64"),
	F("env.vregs[2][0]", "uint64"), F("env.vregs[3][0]", "uint64"),
	F("env.vregs[4][0]", "uint64"), F("env.vregs[5][0]", "uint64"),
	F("env.vregs[6][0]", "uint64"), F("env.vregs[7][0]", "uint64"),
	F("env.vregs[8][0]", "uint64"), F("env.vregs[9][0]", "uint64"),
	F("env.vregs[10][0]", "uint64"), F("env.vregs[11][0]", "uint64"),
	F("env.vregs[12][0]", "uint64"), F("env.vregs[13][0]", "uint64"),
	F("env.vregs[14][0]", "uint64"), F("env.vregs[15][0]", "uint64"),
	F("env.fpc", "uint32"),
};

static const struct known_field f_cpu_fred[] = {
	F("env.fred_rsp0", "uint64"), F("env.fred_rsp1", "uint64"),
	F("env.fred_rsp2", "uint64"), F("env.fred_rsp3", "uint64"),
	F("env.fred_stklvls", "uint64"), F("env.fred_ssp1", "uint64"),
	F("env.fred_ssp2", "uint64"), F("env.fred_ssp3", "uint64"),
	F("env.fred_config", "uint64"),
};

static const struct known_field f_cpu_gscb[] = {
	F("env.gscb", "uint64"),
};

static const struct known_field f_cpu_intel_amx_xtile[] = {
	F("env.xtilecfg", "uint8"), F("env.xtiledata", "uint8"),
};

static const struct known_field f_cpu_intel_pt[] = {
	F("env.msr_rtit_ctrl", "uint64"), F("env.msr_rtit_status", "uint64"),
	F("env.msr_rtit_output_base", "uint64"),
	F("env.msr_rtit_output_mask", "uint64"),
	F("env.msr_rtit_cr3_match", "uint64"),
	F("env.msr_rtit_addrs", "uint64"),
};

static const struct known_field f_cpu_intel_sgx[] = {
	F("env.msr_ia32_sgxlepubkeyhash", "uint64"),
};

static const struct known_field f_cpu_irq_line_state[] = {
	F("env.irq_line_state", "uint32"),
};

static const struct known_field f_cpu_iwmmxt[] = {
	F("env.iwmmxt.regs", "uint64"), F("env.iwmmxt.cregs", "uint32"),
};

static const struct known_field f_cpu_kvm_nested_state[] = {
	F("flags", "uint16"), F("format", "uint16"), F("size", "uint32"),
};

static const struct known_field f_cpu_kvm_nested_state_svm[] = {
	F("hdr.svm.vmcb_pa", "uint64"), F("data.svm[0].vmcb12", "uint8"),
};

static const struct known_field f_cpu_kvm_nested_state_vmx[] = {
	F("hdr.vmx.vmxon_pa", "uint64"), F("hdr.vmx.vmcs12_pa", "uint64"),
	F("hdr.vmx.smm.flags", "uint16"),
};

static const struct known_field f_cpu_kvm_nested_state_vmx_shadow_vmcs12[] = {
	F("data.vmx[0].shadow_vmcs12", "uint8"),
};

static const struct known_field f_cpu_kvm_nested_state_vmx_vmcs12[] = {
	F("data.vmx[0].vmcs12", "uint8"),
};

static const struct known_field f_cpu_m[] = {
	F("env.v7m.vecbase[M_REG_NS]", "uint32"),
	F("env.v7m.basepri[M_REG_NS]", "uint32"),
	F("env.v7m.control[M_REG_NS]", "uint32"),
	F("env.v7m.ccr[M_REG_NS]", "uint32"),
	F("env.v7m.cfsr[M_REG_NS]", "uint32"), F("env.v7m.hfsr", "uint32"),
	F("env.v7m.dfsr", "uint32"), F("env.v7m.mmfar[M_REG_NS]", "uint32"),
	F("env.v7m.bfar", "uint32"), F("env.v7m.mpu_ctrl[M_REG_NS]", "uint32"),
	F("env.v7m.exception", "int32"),
};

static const struct known_field f_cpu_m_security[] = {
	F("env.v7m.secure", "uint32"), F("env.v7m.other_ss_msp", "uint32"),
	F("env.v7m.other_ss_psp", "uint32"),
	F("env.v7m.basepri[M_REG_S]", "uint32"),
	F("env.v7m.primask[M_REG_S]", "uint32"),
	F("env.v7m.faultmask[M_REG_S]", "uint32"),
	F("env.v7m.control[M_REG_S]", "uint32"),
	F("env.v7m.vecbase[M_REG_S]", "uint32"),
	F("env.pmsav8.mair0[M_REG_S]", "uint32"),
	F("env.pmsav8.mair1[M_REG_S]", "uint32"),
	F("env.pmsav8.rbar[M_REG_S]", "uint32"),
	F("env.pmsav8.rlar[M_REG_S]", "uint32"),
	F("env.pmsav7.rnr[M_REG_S]", "uint32"),
	V("secure MPU_RNR is valid", 0),
	F("env.v7m.mpu_ctrl[M_REG_S]", "uint32"),
	F("env.v7m.ccr[M_REG_S]", "uint32"),
	F("env.v7m.mmfar[M_REG_S]", "uint32"),
	F("env.v7m.cfsr[M_REG_S]", "uint32"), F("env.v7m.sfsr", "uint32"),
	F("env.v7m.sfar", "uint32"), F("env.sau.rbar", "uint32"),
	F("env.sau.rlar", "uint32"), F("env.sau.rnr", "uint32"),
	V("SAU_RNR is valid", 0), F("env.sau.ctrl", "uint32"),
	F("env.v7m.scr[M_REG_S]", "uint32"), F("env.v7m.aircr", "uint32"),
};

static const struct known_field f_cpu_m_csselr[] = {
	F("env.v7m.csselr", "uint32"), V("CSSELR is valid", 0),
};

static const struct known_field f_cpu_m_faultmask_primask[] = {
	F("env.v7m.faultmask[M_REG_NS]", "uint32"),
	F("env.v7m.primask[M_REG_NS]", "uint32"),
};

static const struct known_field f_cpu_m_fp[] = {
	F("env.v7m.fpcar", "uint32"), F("env.v7m.fpccr", "uint32"),
	F("env.v7m.fpdscr", "uint32"), F("env.v7m.cpacr", "uint32"),
	F("env.v7m.nsacr", "uint32"),
};

static const struct known_field f_cpu_m_mve[] = {
	F("env.v7m.vpr", "uint32"), F("env.v7m.ltpsize", "uint32"),
};

static const struct known_field f_cpu_m_other_sp[] = {
	F("env.v7m.other_sp", "uint32"),
};

static const struct known_field f_cpu_m_scr[] = {
	F("env.v7m.scr[M_REG_NS]", "uint32"),
};

static const struct known_field f_cpu_m_v8m[] = {
	F("env.v7m.msplim", "uint32"), F("env.v7m.psplim", "uint32"),
};

static const struct known_field f_cpu_mcg_ext_ctl[] = {
	F("env.mcg_ext_ctl", "uint64"),
};

static const struct known_field f_cpu_mpx[] = {
	F("env.bnd_regs", "struct"), F("env.bndcs_regs.cfgu", "uint64"),
	F("env.bndcs_regs.sts", "uint64"), F("env.msr_bndcfgs", "uint64"),
};

static const struct known_field f_cpu_msr_architectural_pmu[] = {
	F("env.msr_fixed_ctr_ctrl", "uint64"),
	F("env.msr_global_ctrl", "uint64"),
	F("env.msr_global_status", "uint64"),
	F("env.msr_global_ovf_ctrl", "uint64"),
	F("env.msr_fixed_counters", "uint64"),
	F("env.msr_gp_counters", "uint64"), F("env.msr_gp_evtsel", "uint64"),
};

static const struct known_field f_cpu_msr_hwcr[] = {
	F("env.msr_hwcr", "uint64"),
};

static const struct known_field f_cpu_msr_hyperv_crash[] = {
	F("env.msr_hv_crash_params", "uint64"),
};

static const struct known_field f_cpu_msr_hyperv_hypercall[] = {
	F("env.msr_hv_guest_os_id", "uint64"),
	F("env.msr_hv_hypercall", "uint64"),
};

static const struct known_field f_cpu_msr_hyperv_reenlightenment[] = {
	F("env.msr_hv_reenlightenment_control", "uint64"),
	F("env.msr_hv_tsc_emulation_control", "uint64"),
	F("env.msr_hv_tsc_emulation_status", "uint64"),
};

static const struct known_field f_cpu_msr_hyperv_runtime[] = {
	F("env.msr_hv_runtime", "uint64"),
};

static const struct known_field f_cpu_msr_hyperv_stimer[] = {
	F("env.msr_hv_stimer_config", "uint64"),
	F("env.msr_hv_stimer_count", "uint64"),
};

static const struct known_field f_cpu_msr_hyperv_synic[] = {
	F("env.msr_hv_synic_control", "uint64"),
	F("env.msr_hv_synic_evt_page", "uint64"),
	F("env.msr_hv_synic_msg_page", "uint64"),
	F("env.msr_hv_synic_sint", "uint64"),
};

static const struct known_field f_cpu_msr_hyperv_time[] = {
	F("env.msr_hv_tsc", "uint64"),
};

static const struct known_field f_cpu_msr_hyperv_vapic[] = {
	F("env.msr_hv_vapic", "uint64"),
};

static const struct known_field f_cpu_msr_ia32_feature_control[] = {
	F("env.msr_ia32_feature_control", "uint64"),
};

static const struct known_field f_cpu_msr_ia32_misc_enable[] = {
	F("env.msr_ia32_misc_enable", "uint64"),
};

static const struct known_field f_cpu_msr_smi_count[] = {
	F("env.msr_smi_count", "uint64"),
};

static const struct known_field f_cpu_msr_tsc_adjust[] = {
	F("env.tsc_adjust", "uint64"),
};

static const struct known_field f_cpu_msr_tscdeadline[] = {
	F("env.tsc_deadline", "uint64"),
};

static const struct known_field f_cpu_msr_tsx_ctrl[] = {
	F("env.tsx_ctrl", "uint32"),
};

static const struct known_field f_cpu_msr_xfd[] = {
	F("env.msr_xfd", "uint64"), F("env.msr_xfd_err", "uint64"),
};

static const struct known_field f_cpu_nested_state[] = {
	F("env.nested_state", "struct"),
};

static const struct known_field f_cpu_pbr403[] = {
	F("env.pb", "uint64"),
};

static const struct known_field f_cpu_pdptrs[] = {
	F("env.pdptrs", "uint64"),
};

static const struct known_field f_cpu_pkrs[] = {
	F("env.pkrs", "uint32"),
};

static const struct known_field f_cpu_pkru[] = {
	F("env.pkru", "uint32"),
};

static const struct known_field f_cpu_pmsav7[] = {
	F("env.pmsav7.drbar", "uint32"), F("env.pmsav7.drsr", "uint32"),
	F("env.pmsav7.dracr", "uint32"), V("rgnr is valid", 0),
};

static const struct known_field f_cpu_pmsav7_rnr[] = {
	F("env.pmsav7.rnr[M_REG_NS]", "uint32"),
};

static const struct known_field f_cpu_pmsav8[] = {
	F("env.pmsav8.rbar[M_REG_NS]", "uint32"),
	F("env.pmsav8.rlar[M_REG_NS]", "uint32"),
	F("env.pmsav8.mair0[M_REG_NS]", "uint32"),
	F("env.pmsav8.mair1[M_REG_NS]", "uint32"),
};

static const struct known_field f_cpu_pmsav8_pmsav8r[] = {
	F("env.pmsav8.hprbar", "uint32"), F("env.pmsav8.hprlar", "uint32"),
};

static const struct known_field f_cpu_poll_control_msr[] = {
	F("env.poll_control_msr", "uint64"),
};

static const struct known_field f_cpu_reservation[] = {
	F("env.reserve_addr", "uint64"), F("env.reserve_length", "uint64"),
	F("env.reserve_val", "uint64"), F("env.reserve_val2", "uint64"),
};

static const struct known_field f_cpu_riccb[] = {
	F("env.riccb", "uint8"),
};

static const struct known_field f_cpu_serror[] = {
	F("env.serror.pending", "uint8"), F("env.serror.has_esr", "uint8"),
	F("env.serror.esr", "uint64"),
};

static const struct known_field f_cpu_slb[] = {
	P("mig_slb_nr", "int32"), F("env.slb", "slbe"),
};

static const struct known_field f_cpu_slb_2[] = {
	F("env.slb", "slbe"),
};

static const struct known_field f_cpu_sme[] = {
	F("env.zarray", "struct"),
};

static const struct known_field f_cpu_spec_ctrl[] = {
	F("env.spec_ctrl", "uint64"),
};

static const struct known_field f_cpu_sr[] = {
	F("env.sr", "uint64"),
};

static const struct known_field f_cpu_steal_time_msr[] = {
	F("env.steal_time_msr", "uint64"),
};

static const struct known_field f_cpu_sve[] = {
	F("env.vfp.zregs", "struct"), F("env.vfp.pregs", "struct"),
};

static const struct known_field f_cpu_sve_preg[] = {
	F("p", "uint64"),
};

static const struct known_field f_cpu_sve_zreg_hi[] = {
	F("d", "uint64"),
};

static const struct known_field f_cpu_svm_guest[] = {
	F("env.int_ctl", "uint32"),
};

static const struct known_field f_cpu_svn_npt[] = {
	F("env.nested_cr3", "uint64"), F("env.nested_pg_mode", "uint32"),
};

static const struct known_field f_cpu_thumb2ee[] = {
	F("env.teecr", "uint32"), F("env.teehbr", "uint32"),
};

static const struct known_field f_cpu_tlb6xx[] = {
	F("env.nb_tlb", "int32 equal"), F("env.tlb.tlb6", "struct"),
	F("env.tgpr", "uint64"),
};

static const struct known_field f_cpu_tlb6xx_2[] = {
	F("env.nb_tlb", "int32 equal"), F("env.tlb.tlbe", "struct"),
};

static const struct known_field f_cpu_tlb6xx_entry[] = {
	F("pte0", "uint64"), F("pte1", "uint64"), F("EPN", "uint64"),
};

static const struct known_field f_cpu_tlbemb_entry[] = {
	F("RPN", "uint64"), F("EPN", "uint64"), F("PID", "uint64"),
	F("size", "uint64"), F("prot", "uint32"), F("attr", "uint32"),
};

static const struct known_field f_cpu_tlbmas[] = {
	F("env.nb_tlb", "int32 equal"), F("env.tlb.tlbm", "struct"),
};

static const struct known_field f_cpu_tlbmas_entry[] = {
	F("mas8", "uint32"), F("mas1", "uint32"), F("mas2", "uint64"),
	F("mas7_3", "uint64"),
};

static const struct known_field f_cpu_tm[] = {
	F("env.tm_gpr", "uint64"), F("env.tm_vsr", "avr"),
	F("env.tm_cr", "uint64"), F("env.tm_lr", "uint64"),
	F("env.tm_ctr", "uint64"), F("env.tm_fpscr", "uint64"),
	F("env.tm_amr", "uint64"), F("env.tm_ppr", "uint64"),
	F("env.tm_vrsave", "uint64"), F("env.tm_vscr", "uint32"),
	F("env.tm_dscr", "uint64"), F("env.tm_tar", "uint64"),
};

static const struct known_field f_cpu_triple_fault[] = {
	F("env.triple_fault_pending", "uint8"),
};

static const struct known_field f_cpu_tsc_khz[] = {
	F("env.tsc_khz", "int64"),
};

static const struct known_field f_cpu_umwait[] = {
	F("env.umwait", "uint32"),
};

static const struct known_field f_cpu_vfp[] = {
	F("env.vfp.zregs[0].d", "uint64"), F("env.vfp.zregs[1].d", "uint64"),
	F("env.vfp.zregs[2].d", "uint64"), F("env.vfp.zregs[3].d", "uint64"),
	F("env.vfp.zregs[4].d", "uint64"), F("env.vfp.zregs[5].d", "uint64"),
	F("env.vfp.zregs[6].d", "uint64"), F("env.vfp.zregs[7].d", "uint64"),
	F("env.vfp.zregs[8].d", "uint64"), F("env.vfp.zregs[9].d", "uint64"),
	F("env.vfp.zregs[10].d", "uint64"), F("env.vfp.zregs[11].d", "uint64"),
	F("env.vfp.zregs[12].d", "uint64"), F("env.vfp.zregs[13].d", "uint64"),
	F("env.vfp.zregs[14].d", "uint64"), F("env.vfp.zregs[15].d", "uint64"),
	F("env.vfp.zregs[16].d", "uint64"), F("env.vfp.zregs[17].d", "uint64"),
	F("env.vfp.zregs[18].d", "uint64"), F("env.vfp.zregs[19].d", "uint64"),
	F("env.vfp.zregs[20].d", "uint64"), F("env.vfp.zregs[21].d", "uint64"),
	F("env.vfp.zregs[22].d", "uint64"), F("env.vfp.zregs[23].d", "uint64"),
	F("env.vfp.zregs[24].d", "uint64"), F("env.vfp.zregs[25].d", "uint64"),
	F("env.vfp.zregs[26].d", "uint64"), F("env.vfp.zregs[27].d", "uint64"),
	F("env.vfp.zregs[28].d", "uint64"), F("env.vfp.zregs[29].d", "uint64"),
	F("env.vfp.zregs[30].d", "uint64"), F("env.vfp.zregs[31].d", "uint64"),
	F("env.vfp.xregs[0]", "uint32"), F("env.vfp.xregs", "uint32"),
	F("fpscr", "fpscr"),
};

static const struct known_field f_cpu_vfp_fpcr_fpsr[] = {
	F("fpcr", "fpcr"), F("fpsr", "fpsr"),
};

static const struct known_field f_cpu_virt_ssbd[] = {
	F("env.virt_ssbd", "uint64"),
};

static const struct known_field f_cpu_vregs[] = {
	F("env.vregs[16][0]", "uint64"), F("env.vregs[17][0]", "uint64"),
	F("env.vregs[18][0]", "uint64"), F("env.vregs[19][0]", "uint64"),
	F("env.vregs[20][0]", "uint64"), F("env.vregs[21][0]", "uint64"),
	F("env.vregs[22][0]", "uint64"), F("env.vregs[23][0]", "uint64"),
	F("env.vregs[24][0]", "uint64"), F("env.vregs[25][0]", "uint64"),
	F("env.vregs[26][0]", "uint64"), F("env.vregs[27][0]", "uint64"),
	F("env.vregs[28][0]", "uint64"), F("env.vregs[29][0]", "uint64"),
	F("env.vregs[30][0]", "uint64"), F("env.vregs[31][0]", "uint64"),
	F("env.vregs[0][1]", "uint64"), F("env.vregs[1][1]", "uint64"),
	F("env.vregs[2][1]", "uint64"), F("env.vregs[3][1]", "uint64"),
	F("env.vregs[4][1]", "uint64"), F("env.vregs[5][1]", "uint64"),
	F("env.vregs[6][1]", "uint64"), F("env.vregs[7][1]", "uint64"),
	F("env.vregs[8][1]", "uint64"), F("env.vregs[9][1]", "uint64"),
	F("env.vregs[10][1]", "uint64"), F("env.vregs[11][1]", "uint64"),
	F("env.vregs[12][1]", "uint64"), F("env.vregs[13][1]", "uint64"),
	F("env.vregs[14][1]", "uint64"), F("env.vregs[15][1]", "uint64"),
	F("env.vregs[16][1]", "uint64"), F("env.vregs[17][1]", "uint64"),
	F("env.vregs[18][1]", "uint64"), F("env.vregs[19][1]", "uint64"),
	F("env.vregs[20][1]", "uint64"), F("env.vregs[21][1]", "uint64"),
	F("env.vregs[22][1]", "uint64"), F("env.vregs[23][1]", "uint64"),
	F("env.vregs[24][1]", "uint64"), F("env.vregs[25][1]", "uint64"),
	F("env.vregs[26][1]", "uint64"), F("env.vregs[27][1]", "uint64"),
	F("env.vregs[28][1]", "uint64"), F("env.vregs[29][1]", "uint64"),
	F("env.vregs[30][1]", "uint64"), F("env.vregs[31][1]", "uint64"),
};

static const struct known_field f_cpu_vsx[] = {
	F("env.vsr", "vsr"),
};

static const struct known_field f_cpu_wfxt_timer[] = {
	F("wfxt_timer", "timer"),
};

static const struct known_field f_cpu_xen_vcpu[] = {
	F("env.xen_vcpu_info_gpa", "uint64"),
	F("env.xen_vcpu_info_default_gpa", "uint64"),
	F("env.xen_vcpu_time_info_gpa", "uint64"),
	F("env.xen_vcpu_runstate_gpa", "uint64"),
	F("env.xen_vcpu_callback_vector", "uint8"),
	F("env.xen_virq", "uint16"),
	F("env.xen_singleshot_timer_ns", "uint64"),
	F("env.xen_periodic_timer_period", "uint64"),
};

static const struct known_field f_cpu_xss[] = {
	F("env.xss", "uint64"),
};

static const struct known_field f_cpu_common[] = {
	F("halted", "uint32"), F("interrupt_request", "uint32"),
};

static const struct known_field f_cpu_common_crash_occurred[] = {
	F("crash_occurred", "bool"),
};

static const struct known_field f_cpu_common_exception_index[] = {
	F("exception_index", "int32"),
};

static const struct known_field f_dbus_vmstate[] = {
	F("data_size", "uint32"), F("data", "buffer"),
};

static const struct known_field f_eeprom[] = {
	F("tick", "uint8"), F("address", "uint8"), F("command", "uint8"),
	F("writable", "uint8"), F("eecs", "uint8"), F("eesk", "uint8"),
	F("eedo", "uint8"), F("addrbits", "uint8"),
	P("size", "uint16_from_uint8"), P("unused", "unused_buffer"),
	N("size", 5, "uint16 equal"), F("data", "uint16"),
	F("contents", "uint16"),
};

static const struct known_field f_fpreg[] = {
	F("tmp", "tmp"),
};

static const struct known_field f_fpreg_tmp[] = {
	F("tmp_mant", "uint64"), F("tmp_exp", "uint16"),
};

static const struct known_field f_globalstate[] = {
	F("size", "uint32"), F("runstate", "buffer"),
};

static const struct known_field f_globalstate_2[] = {
	F("size", "uint32"), F("runstate", "buffer"),
	F("has_vm_was_suspended", "uint8"), F("vm_was_suspended", "uint8"),
	F("unused", "buffer"),
};

static const struct known_field f_hi16_zmm_reg[] = {
	F("_q_ZMMReg[0]", "uint64"), F("_q_ZMMReg[1]", "uint64"),
	F("_q_ZMMReg[2]", "uint64"), F("_q_ZMMReg[3]", "uint64"),
	F("_q_ZMMReg[4]", "uint64"), F("_q_ZMMReg[5]", "uint64"),
	F("_q_ZMMReg[6]", "uint64"), F("_q_ZMMReg[7]", "uint64"),
};

static const struct known_field f_hpet[] = {
	F("config", "uint64"), F("isr", "uint64"), F("hpet_counter", "uint64"),
	N("num_timers", 2, "uint8"), V("num_timers in range", 0),
	F("timer", "struct"),
};

static const struct known_field f_hpet_2[] = {
	F("config", "uint64"), F("isr", "uint64"), F("hpet_counter", "uint64"),
	N("num_timers_save", 2, "uint8"), V("num_timers must match", 0),
	F("timer", "struct"),
};

static const struct known_field f_hvf_vtimer[] = {
	F("vtimer_val", "uint64"),
};

static const struct known_field f_i2c_bus[] = {
	F("saved_address", "uint8"),
};

static const struct known_field f_i82550[] = {
	F("dev", "struct"), F("unused", "unused_buffer"), F("mult", "buffer"),
	F("mem", "buffer"), F("scb_stat", "uint8"), F("int_stat", "uint8"),
	F("unused", "unused_buffer"), F("conf.macaddr", "buffer"),
	F("unused", "unused_buffer"), F("mdimem", "uint16"),
	F("device", "uint32"), F("cu_base", "uint32"),
	F("cu_offset", "uint32"), F("ru_base", "uint32"),
	F("ru_offset", "uint32"), F("statsaddr", "uint32"),
	F("statistics.tx_good_frames", "uint32"),
	F("statistics.tx_max_collisions", "uint32"),
	F("statistics.tx_late_collisions", "uint32"),
	F("statistics.tx_underruns", "uint32"),
	F("statistics.tx_lost_crs", "uint32"),
	F("statistics.tx_deferred", "uint32"),
	F("statistics.tx_single_collisions", "uint32"),
	F("statistics.tx_multiple_collisions", "uint32"),
	F("statistics.tx_total_collisions", "uint32"),
	F("statistics.rx_good_frames", "uint32"),
	F("statistics.rx_crc_errors", "uint32"),
	F("statistics.rx_alignment_errors", "uint32"),
	F("statistics.rx_resource_errors", "uint32"),
	F("statistics.rx_overrun_errors", "uint32"),
	F("statistics.rx_cdt_errors", "uint32"),
	F("statistics.rx_short_frame_errors", "uint32"),
	F("statistics.fc_xmt_pause", "uint32"),
	F("statistics.fc_rcv_pause", "uint32"),
	F("statistics.fc_rcv_unsupported", "uint32"),
	F("statistics.xmt_tco_frames", "uint16"),
	F("statistics.rcv_tco_frames", "uint16"), F("configuration", "buffer"),
};

static const struct known_field f_icp_server[] = {
	F("xirr", "uint32"), F("pending_priority", "uint8"),
	F("mfrr", "uint8"),
};

static const struct known_field f_icp_server_2[] = {
	F("unused", "unused_buffer"), F("unused", "unused_buffer"),
	F("unused", "unused_buffer"),
};

static const struct known_field f_isa_ide[] = {
	N("bus", 1, "struct"), N("bus.ifs", 3, "struct"),
};

static const struct known_field f_lbr_records_var[] = {
	F("from", "uint64"), F("to", "uint64"), F("info", "uint64"),
};

static const struct known_field f_mtrr_var[] = {
	F("base", "uint64"), F("mask", "uint64"),
};

static const struct known_field f_ptimer[] = {
	F("enabled", "uint8"), F("limit", "uint64"), F("delta", "uint64"),
	F("period_frac", "uint32"), F("period", "int64"),
	F("last_event", "int64"), F("next_event", "int64"),
	F("timer", "timer"),
};

static const struct known_field f_pxa2xx_fir[] = {
	F("enable", "uint32"), F("control", "uint8"), F("status", "uint8"),
	F("rx_len", "uint32"), F("rx_start", "uint32"),
	V("fifo is 64 bytes", 0), F("rx_fifo", "uint8"),
};

static const struct known_field f_pxa2xx_mmci[] = {
	F("status", "uint32"), F("clkrt", "uint32"), F("spi", "uint32"),
	F("cmdat", "uint32"), F("resp_tout", "uint32"),
	F("read_tout", "uint32"), F("blklen", "int32"), F("numblk", "int32"),
	F("intmask", "uint32"), F("intreq", "uint32"), F("cmd", "int32"),
	F("arg", "uint32"), F("cmdreq", "int32"), F("active", "int32"),
	F("bytesleft", "int32"), F("tx_start", "uint32"),
	F("tx_len", "uint32"), F("rx_start", "uint32"), F("rx_len", "uint32"),
	F("resp_len", "uint32"), V("fifo size incorrect", 0),
	F("tx_fifo", "uint8"), F("rx_fifo", "uint8"), F("resp_fifo", "uint16"),
};

static const struct known_field f_pxa2xx_ssp[] = {
	F("enable", "uint32"), F("sscr", "uint32"), F("sspsp", "uint32"),
	F("ssto", "uint32"), F("ssitr", "uint32"), F("sssr", "uint32"),
	F("sstsa", "uint8"), F("ssrsa", "uint8"), F("ssacd", "uint8"),
	F("rx_level", "uint32"), F("rx_start", "uint32"),
	V("fifo is 16 bytes", 0), F("rx_fifo", "uint32"),
};

static const struct known_field f_replay[] = {
	F("cached_clock", "int64"), F("current_icount", "uint64"),
	F("instruction_count", "int32"), F("data_kind", "uint32"),
	F("has_unread_data", "uint32"), F("file_offset", "uint64"),
	F("block_request_id", "uint64"), F("read_event_kind", "int32"),
	F("read_event_id", "uint64"), F("read_event_checkpoint", "int32"),
};

static const struct known_field f_replay_2[] = {
	F("cached_clock", "int64"), F("current_icount", "uint64"),
	F("instruction_count", "int32"), F("data_kind", "uint32"),
	F("has_unread_data", "uint32"), F("file_offset", "uint64"),
	F("block_request_id", "uint64"), F("read_event_id", "uint64"),
};

static const struct known_field f_replay_3[] = {
	F("cached_clock", "int64"), F("current_icount", "uint64"),
	F("instruction_count", "int32"), F("current_event", "uint32"),
	F("data_kind", "uint32"), F("has_unread_data", "bool"),
	F("file_offset", "uint64"), F("block_request_id", "uint64"),
	F("read_event_id", "uint64"),
};

static const struct known_field f_s390_flic[] = {
	F("irqs", "irqs"),
};

static const struct known_field f_s390_flic_ais_tmp[] = {
	F("simm", "uint8"), F("nimm", "uint8"),
};

static const struct known_field f_s390_adapter_info[] = {
	F("ind_offset", "uint64"),
};

static const struct known_field f_s390_adapter_info_summary_offset[] = {
	F("summary_offset", "uint32"),
};

static const struct known_field f_s390_adapter_routes[] = {
	N("adapter", 1, "struct"),
};

static const struct known_field f_s390_ccw1[] = {
	F("cmd_code", "uint8"), F("flags", "uint8"), F("count", "uint16"),
	F("cda", "uint32"),
};

static const struct known_field f_s390_ccw_dev[] = {
	F("sch", "struct"),
};

static const struct known_field f_s390_chp_info[] = {
	F("in_use", "uint8"), F("type", "uint8"), F("is_virtual", "uint8"),
};

static const struct known_field f_s390_ciw[] = {
	F("type", "uint8"), F("command", "uint8"), F("count", "uint16"),
};

static const struct known_field f_s390_crw[] = {
	F("flags", "uint16"), F("rsid", "uint16"),
};

static const struct known_field f_s390_crw_container[] = {
	F("crw", "struct"),
};

static const struct known_field f_s390_css[] = {
	N("pending_crws", 1, "qtailq"), F("sei_pending", "bool"),
	F("do_crw_mchk", "bool"), F("crws_lost", "bool"),
	F("max_cssid", "uint8"), F("max_ssid", "uint8"),
	F("chnmon_active", "bool"), F("chnmon_area", "uint64"),
	F("css", "struct"), F("default_cssid", "uint8"),
};

static const struct known_field f_s390_css_img[] = {
	F("chpids", "struct"),
};

static const struct known_field f_s390_ind_addr_tmp[] = {
	F("len", "int32"), F("addr", "uint64"),
};

static const struct known_field f_s390_orb[] = {
	F("intparm", "uint32"), F("ctrl0", "uint16"), F("lpm", "uint8"),
	F("ctrl1", "uint8"), F("cpa", "uint32"),
};

static const struct known_field f_s390_pmcw[] = {
	F("intparm", "uint32"), F("flags", "uint16"), F("devno", "uint16"),
	F("lpm", "uint8"), F("pnom", "uint8"), F("lpum", "uint8"),
	F("pim", "uint8"), F("mbi", "uint16"), F("pom", "uint8"),
	F("pam", "uint8"), F("chpid", "uint8"), F("chars", "uint32"),
};

static const struct known_field f_s390_schib[] = {
	F("pmcw", "struct"), F("scsw", "struct"), F("mba", "uint64"),
	F("mda", "uint8"),
};

static const struct known_field f_s390_scsw[] = {
	F("flags", "uint16"), F("ctrl", "uint16"), F("cpa", "uint32"),
	F("dstat", "uint8"), F("cstat", "uint8"), F("count", "uint16"),
};

static const struct known_field f_s390_sense_id[] = {
	F("reserved", "uint8"), F("cu_type", "uint16"), F("cu_model", "uint8"),
	F("dev_type", "uint16"), F("dev_model", "uint8"), F("unused", "uint8"),
	F("ciw", "struct"),
};

static const struct known_field f_s390_subch_dev[] = {
	F("cssid", "uint8 equal"), F("ssid", "uint8 equal"),
	F("migrated_schid", "uint16"), F("devno", "uint16 equal"),
	F("thinint_active", "bool"), F("curr_status", "struct"),
	F("sense_data", "uint8"), F("channel_prog", "uint64"),
	F("last_cmd", "struct"), F("last_cmd_valid", "bool"),
	F("id", "struct"), F("ccw_fmt_1", "bool"),
	F("ccw_no_data_cnt", "uint8"),
};

static const struct known_field f_s390_subch_dev_orb[] = {
	N("orb", 1, "struct"),
};

static const struct known_field f_s390_virtio_ccw_dev[] = {
	N("parent_obj", 1, "struct"), N("indicators", 1, "struct"),
	N("indicators2", 1, "struct"), N("summary_indicator", 1, "struct"),
	F("tmp", "tmp"), N("routes", 1, "struct"), F("thinint_isc", "uint8"),
	F("revision", "int32"),
};

static const struct known_field f_s390_virtio_ccw_dev_tmp[] = {
	F("config_vector", "uint16"),
};

static const struct known_field f_scoop[] = {
	F("status", "uint16"), F("power", "uint16"), F("gpio_level", "uint32"),
	F("gpio_dir", "uint32"), F("prev_level", "uint32"),
	V("irq levels are 16 bit", 0), F("mcr", "uint16"), F("cdr", "uint16"),
	F("ccr", "uint16"), F("irr", "uint16"), F("imr", "uint16"),
	F("isr", "uint16"), P("unused", "unused_buffer"),
};

static const struct known_field f_segment[] = {
	F("selector", "uint32"), F("base", "uint64"), F("limit", "uint32"),
	F("flags", "uint32"),
};

static const struct known_field f_spapr[] = {
	P("unused", "unused_buffer"), P("rtc_offset", "uint64"),
	N("tb", 2, "struct"),
};

static const struct known_field f_spapr_cap_ail_mode_3[] = {
	F("mig.caps[0x0C]", "uint8"),
};

static const struct known_field f_spapr_cap_ccf_assist[] = {
	F("mig.caps[0x09]", "uint8"),
};

static const struct known_field f_spapr_cap_cfpc[] = {
	F("mig.caps[0x03]", "uint8"),
};

static const struct known_field f_spapr_cap_dawr1[] = {
	F("mig.caps[0x0E]", "uint8"),
};

static const struct known_field f_spapr_cap_dfp[] = {
	F("mig.caps[0x02]", "uint8"),
};

static const struct known_field f_spapr_cap_fwnmi[] = {
	F("mig.caps[0x0A]", "uint8"),
};

static const struct known_field f_spapr_cap_hpt_maxpagesize[] = {
	F("mig.caps[0x06]", "uint8"),
};

static const struct known_field f_spapr_cap_htm[] = {
	F("mig.caps[0x00]", "uint8"),
};

static const struct known_field f_spapr_cap_ibs[] = {
	F("mig.caps[0x05]", "uint8"),
};

static const struct known_field f_spapr_cap_large_decr[] = {
	F("mig.caps[0x08]", "uint8"),
};

static const struct known_field f_spapr_cap_nested_kvm_hv[] = {
	F("mig.caps[0x07]", "uint8"),
};

static const struct known_field f_spapr_cap_nested_papr[] = {
	F("mig.caps[0x0D]", "uint8"),
};

static const struct known_field f_spapr_cap_rpt_invalidate[] = {
	F("mig.caps[0x0B]", "uint8"),
};

/* hw/ppc/spapr_iommu.c; registered by the device itself, so in no dump */
static const struct known_field f_spapr_iommu[] = {
	F("liobn", "uint32 equal"), F("mig_nb_table", "uint32"),
	F("bypass", "bool"), F("mig_table", "uint64"),
};

static const struct known_field f_spapr_iommu_3[] = {
	F("liobn", "uint32 equal"), F("mig_nb_table", "uint32"),
	F("bypass", "bool"), F("mig_table", "uint64"),
	N("def_win", 3, "bool"),
};

static const struct known_field f_spapr_iommu_ex[] = {
	F("bus_offset", "uint64"), F("page_shift", "uint32"),
};

static const struct known_field f_spapr_cap_sbbc[] = {
	F("mig.caps[0x04]", "uint8"),
};

static const struct known_field f_spapr_cap_vsx[] = {
	F("mig.caps[0x01]", "uint8"),
};

static const struct known_field f_spapr_cpu_vpa[] = {
	F("vpa_addr", "uint64"),
};

static const struct known_field f_spapr_cpu_vpa_dtl[] = {
	F("dtl_addr", "uint64"), F("dtl_size", "uint64"),
};

static const struct known_field f_spapr_cpu_vpa_slb_shadow[] = {
	F("slb_shadow_addr", "uint64"), F("slb_shadow_size", "uint64"),
};

static const struct known_field f_spapr_drc[] = {
	F("state", "uint32"),
};

static const struct known_field f_spapr_drc_physical[] = {
	F("dr_indicator", "uint32"),
};

static const struct known_field f_spapr_drc_unplug_requested[] = {
	F("unplug_requested", "bool"),
};

static const struct known_field f_spapr_dtb[] = {
	F("fdt_initial_size", "uint32"), F("fdt_size", "uint32"),
	F("fdt_blob", "buffer"),
};

static const struct known_field f_spapr_event_log_entry[] = {
	F("summary", "uint32"), F("extended_length", "uint32"),
	F("extended_log", "buffer"),
};

static const struct known_field f_spapr_fwnmi[] = {
	F("fwnmi_system_reset_addr", "uint64"),
	F("fwnmi_machine_check_addr", "uint64"),
	F("fwnmi_machine_check_interlock", "int32"),
};

static const struct known_field f_spapr_irq_map[] = {
	F("irq_map", "bitmap"),
};

static const struct known_field f_spapr_nvdimm_flush_state[] = {
	F("continue_token", "uint64"), F("hcall_ret", "int64"),
	F("drcidx", "uint32"),
};

static const struct known_field f_spapr_nvdimm_states[] = {
	F("hcall_flush_required", "bool"), F("nvdimm_flush_token", "uint64"),
	N("completed_nvdimm_flush_states", 1, "qlist"),
	N("pending_nvdimm_flush_states", 1, "qlist"),
};

static const struct known_field f_spapr_option_vector[] = {
	N("bitmap", 1, "bitmap"),
};

static const struct known_field f_spapr_option_vector_ov5_cas[] = {
	N("ov5_cas", 1, "struct"),
};

static const struct known_field f_spapr_patb_entry[] = {
	F("patb_entry", "uint64"),
};

static const struct known_field f_spapr_pending_events[] = {
	N("pending_events", 1, "qtailq"),
};

static const struct known_field f_spapr_vscsi_req[] = {
	F("crq.raw", "buffer"), F("viosrp_iu_buf", "buffer"),
	F("qtag", "uint32"), F("active", "bool"), F("data_len", "uint32"),
	F("writing", "bool"), F("senselen", "uint32"), F("sense", "buffer"),
	F("dma_fmt", "uint8"), F("local_desc", "uint16"),
	F("total_desc", "uint16"), F("cdb_offset", "uint16"),
};

static const struct known_field f_timebase[] = {
	F("guest_timebase", "uint64"), F("time_of_the_day_ns", "int64"),
};

static const struct known_field f_timer[] = {
	F("cpu_ticks_offset", "int64"), F("unused", "unused_buffer"),
	N("cpu_clock_offset", 2, "int64"),
};

static const struct known_field f_timer_icount[] = {
	F("qemu_icount_bias", "int64"), F("qemu_icount", "int64"),
};

static const struct known_field f_timer_icount_shift[] = {
	F("icount_time_shift", "int16"),
};

static const struct known_field f_timer_icount_shift_2[] = {
	F("icount_time_shift", "int16"), F("last_delta", "int64"),
};

static const struct known_field f_timer_icount_timers[] = {
	F("icount_rt_timer", "timer"), F("icount_vm_timer", "timer"),
};

static const struct known_field f_timer_icount_warp_timer[] = {
	F("vm_clock_warp_start", "int64"), F("icount_warp_timer", "timer"),
};

static const struct known_field f_tpm_emulator[] = {
	F("state_blobs.permanent_flags", "uint32"),
	F("state_blobs.permanent.size", "uint32"),
	F("state_blobs.permanent.buffer", "buffer"),
	F("state_blobs.volatil_flags", "uint32"),
	F("state_blobs.volatil.size", "uint32"),
	F("state_blobs.volatil.buffer", "buffer"),
	F("state_blobs.savestate_flags", "uint32"),
	F("state_blobs.savestate.size", "uint32"),
	F("state_blobs.savestate.buffer", "buffer"),
};

static const struct known_field f_virt_acpi_build[] = {
	F("patched", "bool"),
};

static const struct known_field f_virtio_mem_device[] = {
	F("tmp", "tmp"), F("usable_region_size", "uint64"),
	F("size", "uint64"), F("requested_size", "uint64"),
	F("bitmap", "bitmap"),
};

static const struct known_field f_virtio_mem_device_2[] = {
	P("tmp", "tmp"), F("usable_region_size", "uint64"),
	P("size", "uint64"), F("requested_size", "uint64"),
	P("bitmap", "bitmap"),
};

static const struct known_field f_virtio_mem_device_early[] = {
	F("tmp", "tmp"), F("size", "uint64"), F("bitmap", "bitmap"),
};

static const struct known_field f_virtio_mem_device_sanity_checks[] = {
	F("addr", "uint64"), F("region_size", "uint64"),
	F("block_size", "uint64"), F("node", "uint32"),
};

static const struct known_field f_vmbus_dev[] = {
	F("instanceid.data", "uint8"), F("num_channels", "uint16"),
	F("channels", "struct"),
};

static const struct known_field f_vmbus_channel[] = {
	F("id", "uint32"), F("subchan_idx", "uint16"), F("open_id", "uint32"),
	F("target_vp", "uint32"), F("ringbuf_gpadl", "uint32"),
	F("ringbuf_send_offset", "uint32"), F("offer_state", "uint8"),
	F("state", "uint8"),
};

static const struct known_field f_vmbus_sgentry[] = {
	F("base", "uint64"), F("len", "uint64"),
};

static const struct known_field f_vmbus_vmbus_chan_req[] = {
	F("chan_idx", "uint16"), F("pkt_type", "uint16"),
	F("msglen", "uint32"), F("msg", "buffer"),
	F("transaction_id", "uint64"), F("need_comp", "bool"),
	F("num", "uint32"), F("sgl", "struct"),
};

static const struct known_field f_xmm_reg[] = {
	F("_q_ZMMReg[0]", "uint64"), F("_q_ZMMReg[1]", "uint64"),
};

static const struct known_field f_ymmh_reg[] = {
	F("_q_ZMMReg[2]", "uint64"), F("_q_ZMMReg[3]", "uint64"),
};

static const struct known_field f_zmmh_reg[] = {
	F("_q_ZMMReg[4]", "uint64"), F("_q_ZMMReg[5]", "uint64"),
	F("_q_ZMMReg[6]", "uint64"), F("_q_ZMMReg[7]", "uint64"),
};

static const char *const s_apic[] = {
	"apic_sipi", NULL
};

static const char *const s_clock[] = {
	"clock/muldiv", NULL
};

static const char *const s_configuration[] = {
	"configuration/target-page-bits", "configuration/capabilities",
	"configuration/uuid", NULL
};

static const char *const s_cpu[] = {
	"cpu/fpu", "cpu/vregs", "cpu/riccb", "cpu/exval", "cpu/gscb",
	"cpu/bpbc", "cpu/etoken", "cpu/diag318", NULL
};

static const char *const s_cpu_2[] = {
	"cpu/fpu", "cpu/altivec", "cpu/vsx", "cpu/sr", "cpu/tm", "cpu/slb",
	"cpu/tlb6xx", "cpu/tlb6xx", "cpu/tlbmas", "cpu/compat", NULL
};

static const char *const s_cpu_3[] = {
	"cpu/fpu", "cpu/altivec", "cpu/vsx", "cpu/sr", "cpu/tm", "cpu/slb",
	"cpu/bhrb", "cpu/tlb6xx", "cpu/tlbemb", "cpu/tlbmas", "cpu/compat",
	"cpu/reservation", NULL
};

static const char *const s_cpu_4[] = {
	"cpu/exception_info", "cpu/async_pf_msr", "cpu/async_pf_int_msr",
	"cpu/async_pv_eoi_msr", "cpu/steal_time_msr", "cpu/poll_control_msr",
	"cpu/fpop_ip_dp", "cpu/msr_tsc_adjust", "cpu/msr_tscdeadline",
	"cpu/msr_ia32_misc_enable", "cpu/msr_ia32_feature_control",
	"cpu/msr_architectural_pmu", "cpu/mpx", "cpu/msr_hyperv_hypercall",
	"cpu/msr_hyperv_vapic", "cpu/msr_hyperv_time", "cpu/msr_hyperv_crash",
	"cpu/msr_hyperv_runtime", "cpu/msr_hyperv_synic",
	"cpu/msr_hyperv_stimer", "cpu/msr_hyperv_reenlightenment",
	"cpu/avx512", "cpu/xss", "cpu/umwait", "cpu/tsc_khz",
	"cpu/msr_smi_count", "cpu/pkru", "cpu/spec_ctrl", "cpu/mcg_ext_ctl",
	"cpu/intel_pt", "cpu/virt_ssbd", "cpu/svn_npt", "cpu/nested_state",
	"cpu/msr_tsx_ctrl", NULL
};

static const char *const s_cpu_5[] = {
	"cpu/exception_info", "cpu/async_pf_msr", "cpu/async_pf_int_msr",
	"cpu/async_pv_eoi_msr", "cpu/steal_time_msr", "cpu/poll_control_msr",
	"cpu/fpop_ip_dp", "cpu/msr_tsc_adjust", "cpu/msr_tscdeadline",
	"cpu/msr_ia32_misc_enable", "cpu/msr_ia32_feature_control",
	"cpu/msr_architectural_pmu", "cpu/mpx", "cpu/msr_hyperv_hypercall",
	"cpu/msr_hyperv_vapic", "cpu/msr_hyperv_time", "cpu/msr_hyperv_crash",
	"cpu/msr_hyperv_runtime", "cpu/msr_hyperv_synic",
	"cpu/msr_hyperv_stimer", "cpu/msr_hyperv_reenlightenment",
	"cpu/avx512", "cpu/xss", "cpu/umwait", "cpu/tsc_khz",
	"cpu/msr_smi_count", "cpu/pkru", "cpu/pkrs", "cpu/spec_ctrl",
	"cpu/amd_tsc_scale_msr", "cpu/mcg_ext_ctl", "cpu/intel_pt",
	"cpu/virt_ssbd", "cpu/svn_npt", "cpu/svm_guest", "cpu/nested_state",
	"cpu/msr_tsx_ctrl", "cpu/intel_sgx", "cpu/pdptrs", "cpu/msr_xfd",
	"cpu/intel_amx_xtile", "cpu/arch_lbr", "cpu/triple_fault", NULL
};

static const char *const s_cpu_6[] = {
	"cpu/exception_info", "cpu/async_pf_msr", "cpu/async_pf_int_msr",
	"cpu/async_pv_eoi_msr", "cpu/steal_time_msr", "cpu/poll_control_msr",
	"cpu/fpop_ip_dp", "cpu/msr_tsc_adjust", "cpu/msr_tscdeadline",
	"cpu/msr_ia32_misc_enable", "cpu/msr_ia32_feature_control",
	"cpu/msr_architectural_pmu", "cpu/mpx", "cpu/msr_hyperv_hypercall",
	"cpu/msr_hyperv_vapic", "cpu/msr_hyperv_time", "cpu/msr_hyperv_crash",
	"cpu/msr_hyperv_runtime", "cpu/msr_hyperv_synic",
	"cpu/msr_hyperv_stimer", "cpu/msr_hyperv_reenlightenment",
	"cpu/avx512", "cpu/xss", "cpu/umwait", "cpu/tsc_khz",
	"cpu/msr_smi_count", "cpu/pkru", "cpu/pkrs", "cpu/spec_ctrl",
	"cpu/amd_tsc_scale_msr", "cpu/mcg_ext_ctl", "cpu/intel_pt",
	"cpu/virt_ssbd", "cpu/svn_npt", "cpu/svm_guest", "cpu/nested_state",
	"cpu/xen_vcpu", "cpu/msr_tsx_ctrl", "cpu/intel_sgx", "cpu/pdptrs",
	"cpu/msr_xfd", "cpu/msr_hwcr", "cpu/fred", "cpu/intel_amx_xtile",
	"cpu/arch_lbr", "cpu/triple_fault", NULL
};

static const char *const s_cpu_7[] = {
	"cpu/vfp", "cpu/iwmmxt", "cpu/m", "cpu/thumb2ee", "cpu/pmsav7-rnr",
	"cpu/pmsav7", "cpu/pmsav8", "cpu/m-security", "cpu/sve", "cpu/serror",
	"cpu/irq-line-state", NULL
};

static const char *const s_cpu_8[] = {
	"cpu/vfp", "cpu/iwmmxt", "cpu/m", "cpu/thumb2ee", "cpu/pmsav7-rnr",
	"cpu/pmsav7", "cpu/pmsav8", "cpu/m-security", "cpu/sve", "cpu/sme",
	"cpu/serror", "cpu/irq-line-state", NULL
};

static const char *const s_cpu_9[] = {
	"cpu/vfp", "cpu/iwmmxt", "cpu/m", "cpu/thumb2ee", "cpu/pmsav7-rnr",
	"cpu/pmsav7", "cpu/pmsav8", "cpu/m-security", "cpu/sve", "cpu/sme",
	"cpu/serror", "cpu/irq-line-state", "cpu/wfxt-timer", NULL
};

static const char *const s_cpu_kvm_nested_state[] = {
	"cpu/kvm_nested_state/vmx", "cpu/kvm_nested_state/svm", NULL
};

static const char *const s_cpu_kvm_nested_state_vmx[] = {
	"cpu/kvm_nested_state/vmx/vmcs12",
	"cpu/kvm_nested_state/vmx/shadow_vmcs12", NULL
};

static const char *const s_cpu_m[] = {
	"cpu/m/faultmask-primask", "cpu/m/csselr", "cpu/m/scr",
	"cpu/m/other-sp", "cpu/m/v8m", "cpu/m/fp", NULL
};

static const char *const s_cpu_m_2[] = {
	"cpu/m/faultmask-primask", "cpu/m/csselr", "cpu/m/scr",
	"cpu/m/other-sp", "cpu/m/v8m", "cpu/m/fp", "cpu/m/mve", NULL
};

static const char *const s_cpu_pmsav8[] = {
	"cpu/pmsav8/pmsav8r", NULL
};

static const char *const s_cpu_tlb6xx[] = {
	"cpu/pbr403", NULL
};

static const char *const s_cpu_vfp[] = {
	"cpu/vfp/fpcr_fpsr", NULL
};

static const char *const s_cpu_common[] = {
	"cpu_common/exception_index", "cpu_common/crash_occurred", NULL
};

static const char *const s_hpet[] = {
	"hpet/rtc_irq_level", "hpet/offset", NULL
};

static const char *const s_s390_flic[] = {
	"s390-flic/ais", NULL
};

static const char *const s_s390_adapter_info[] = {
	"s390_adapter_info/summary_offset", NULL
};

static const char *const s_s390_subch_dev[] = {
	"s390_subch_dev/orb", NULL
};

static const char *const s_spapr[] = {
	"spapr_option_vector_ov5_cas", "spapr_patb_entry",
	"spapr_pending_events", "spapr/cap/htm", "spapr/cap/vsx",
	"spapr/cap/dfp", "spapr/cap/cfpc", "spapr/cap/sbbc", "spapr/cap/ibs",
	"spapr/cap/hpt_maxpagesize", "spapr_irq_map",
	"spapr/cap/nested_kvm_hv", "spapr_dtb", "spapr/cap/large_decr",
	"spapr/cap/ccf_assist", "spapr/cap/fwnmi", "spapr_fwnmi", NULL
};

static const char *const s_spapr_2[] = {
	"spapr_option_vector_ov5_cas", "spapr_patb_entry",
	"spapr_pending_events", "spapr/cap/htm", "spapr/cap/vsx",
	"spapr/cap/dfp", "spapr/cap/cfpc", "spapr/cap/sbbc", "spapr/cap/ibs",
	"spapr/cap/hpt_maxpagesize", "spapr_irq_map",
	"spapr/cap/nested_kvm_hv", "spapr_dtb", "spapr/cap/large_decr",
	"spapr/cap/ccf_assist", "spapr/cap/fwnmi", "spapr_fwnmi",
	"spapr/cap/rpt_invalidate", NULL
};

static const char *const s_spapr_3[] = {
	"spapr_option_vector_ov5_cas", "spapr_patb_entry",
	"spapr_pending_events", "spapr/cap/htm", "spapr/cap/vsx",
	"spapr/cap/dfp", "spapr/cap/cfpc", "spapr/cap/sbbc", "spapr/cap/ibs",
	"spapr/cap/hpt_maxpagesize", "spapr_irq_map",
	"spapr/cap/nested_kvm_hv", "spapr_dtb", "spapr/cap/large_decr",
	"spapr/cap/ccf_assist", "spapr/cap/fwnmi", "spapr_fwnmi",
	"spapr/cap/rpt_invalidate", "spapr/cap/ail_mode_3",
	"spapr/cap/nested_papr", "spapr/cap/dawr1", NULL
};

static const char *const s_spapr_iommu[] = { "spapr_iommu_ex", NULL };

static const char *const s_spapr_cpu[] = {
	"spapr_cpu/vpa", NULL
};

static const char *const s_spapr_cpu_vpa[] = {
	"spapr_cpu/vpa/slb_shadow", "spapr_cpu/vpa/dtl", NULL
};

static const char *const s_spapr_drc[] = {
	"spapr_drc/unplug_requested", NULL
};

static const char *const s_timer[] = {
	"timer/icount", NULL
};

static const char *const s_timer_icount[] = {
	"timer/icount/warp_timer", "timer/icount/timers", "timer/icount/shift",
	NULL
};

static const char *const no_subs[] = { NULL };

/* Descriptors with and without fields. */
#define D(name_, version_, min_, fields_, subs_, from_, to_, arch_)	\
	{ name_, version_, min_, fields_, N_OF(fields_), subs_, from_,	\
	  to_, arch_ }
#define E(name_, version_, min_, subs_, from_, to_, arch_)		\
	{ name_, version_, min_, NULL, 0, subs_, from_, to_, arch_ }

/* Sorted by name. */
static const struct known_desc descs[] = {
	D("CprState", 1, 1, f_cprstate, no_subs, 1000, 1000, NULL),
	D("PCIBUS", 1, 1, f_pcibus, no_subs, 502, 1000, NULL),
	D("PCIE_AER_ERROR_LOG", 1, 1, f_pcie_aer_error_log,
	  no_subs, 502, 1000, NULL),
	D("acpi_build", 1, 1, f_acpi_build, no_subs, 502, 1000, "x86"),
	D("apic", 3, 3, f_apic, s_apic, 502, 1000, "x86"),
	D("apic_sipi", 1, 1, f_apic_sipi, no_subs, 502, 1000, "x86"),
	E("audio", 1, 1, no_subs, 502, 1000, NULL),
	D("bnd_regs", 1, 1, f_bnd_regs, no_subs, 502, 1000, "x86"),
	D("clock", 0, 0, f_clock, no_subs, 502, 502, NULL),
	D("clock", 0, 0, f_clock, s_clock, 702, 1000, NULL),
	D("clock/muldiv", 1, 1, f_clock_muldiv, no_subs, 702, 1000, NULL),
	D("configuration", 1, 0, f_configuration,
	  s_configuration, 502, 1000, NULL),
	D("configuration/capabilities", 1, 1, f_configuration_capabilities,
	  no_subs, 502, 1000, NULL),
	D("configuration/target-page-bits", 1, 1, f_configuration_target_page_bits,
	  no_subs, 502, 1000, NULL),
	D("configuration/uuid", 1, 1, f_configuration_uuid,
	  no_subs, 502, 1000, NULL),
	D("cpr fd", 1, 1, f_cpr_fd, no_subs, 1000, 1000, NULL),
	D("cpu", 4, 3, f_cpu, s_cpu, 502, 1000, "s390x"),
	D("cpu", 5, 5, f_cpu_2, s_cpu_2, 502, 502, "ppc"),
	D("cpu", 5, 5, f_cpu_3, s_cpu_2, 702, 702, "ppc"),
	D("cpu", 5, 5, f_cpu_4, s_cpu_3, 1000, 1000, "ppc"),
	D("cpu", 12, 11, f_cpu_5, s_cpu_4, 502, 502, "x86"),
	D("cpu", 12, 11, f_cpu_5, s_cpu_5, 702, 702, "x86"),
	D("cpu", 12, 11, f_cpu_5, s_cpu_6, 1000, 1000, "x86"),
	D("cpu", 22, 22, f_cpu_6, s_cpu_7, 502, 502, "arm"),
	D("cpu", 22, 22, f_cpu_7, s_cpu_8, 702, 702, "arm"),
	D("cpu", 22, 22, f_cpu_7, s_cpu_9, 1000, 1000, "arm"),
	D("cpu/altivec", 1, 1, f_cpu_altivec, no_subs, 502, 1000, "ppc"),
	D("cpu/amd_tsc_scale_msr", 1, 1, f_cpu_amd_tsc_scale_msr,
	  no_subs, 702, 1000, "x86"),
	D("cpu/arch_lbr", 1, 1, f_cpu_arch_lbr, no_subs, 702, 1000, "x86"),
	D("cpu/async_pf_int_msr", 1, 1, f_cpu_async_pf_int_msr,
	  no_subs, 502, 1000, "x86"),
	D("cpu/async_pf_msr", 1, 1, f_cpu_async_pf_msr,
	  no_subs, 502, 1000, "x86"),
	D("cpu/async_pv_eoi_msr", 1, 1, f_cpu_async_pv_eoi_msr,
	  no_subs, 502, 1000, "x86"),
	D("cpu/avx512", 1, 1, f_cpu_avx512, no_subs, 502, 1000, "x86"),
	D("cpu/bhrb", 1, 1, f_cpu_bhrb, no_subs, 1000, 1000, "ppc"),
	D("cpu/bpbc", 1, 1, f_cpu_bpbc, no_subs, 502, 1000, "s390x"),
	D("cpu/compat", 1, 1, f_cpu_compat, no_subs, 502, 1000, "ppc"),
	D("cpu/diag318", 1, 1, f_cpu_diag318, no_subs, 502, 1000, "s390x"),
	D("cpu/efer32", 1, 1, f_cpu_efer32, no_subs, 502, 1000, "x86"),
	D("cpu/etoken", 1, 1, f_cpu_etoken, no_subs, 502, 1000, "s390x"),
	D("cpu/exception_info", 1, 1, f_cpu_exception_info,
	  no_subs, 502, 1000, "x86"),
	D("cpu/exval", 1, 1, f_cpu_exval, no_subs, 502, 1000, "s390x"),
	D("cpu/fpop_ip_dp", 1, 1, f_cpu_fpop_ip_dp, no_subs, 502, 1000, "x86"),
	D("cpu/fpu", 1, 1, f_cpu_fpu, no_subs, 502, 1000, "ppc"),
	D("cpu/fpu", 1, 1, f_cpu_fpu_2, no_subs, 502, 1000, "s390x"),
	D("cpu/fred", 1, 1, f_cpu_fred, no_subs, 1000, 1000, "x86"),
	D("cpu/gscb", 1, 1, f_cpu_gscb, no_subs, 502, 1000, "s390x"),
	D("cpu/intel_amx_xtile", 1, 1, f_cpu_intel_amx_xtile,
	  no_subs, 702, 1000, "x86"),
	D("cpu/intel_pt", 1, 1, f_cpu_intel_pt, no_subs, 502, 1000, "x86"),
	D("cpu/intel_sgx", 1, 1, f_cpu_intel_sgx, no_subs, 702, 1000, "x86"),
	D("cpu/irq-line-state", 1, 1, f_cpu_irq_line_state,
	  no_subs, 502, 1000, "arm"),
	D("cpu/iwmmxt", 1, 1, f_cpu_iwmmxt, no_subs, 502, 1000, "arm"),
	D("cpu/kvm_nested_state", 1, 1, f_cpu_kvm_nested_state,
	  s_cpu_kvm_nested_state, 502, 1000, "x86"),
	D("cpu/kvm_nested_state/svm", 1, 1, f_cpu_kvm_nested_state_svm,
	  no_subs, 502, 1000, "x86"),
	D("cpu/kvm_nested_state/vmx", 1, 1, f_cpu_kvm_nested_state_vmx,
	  s_cpu_kvm_nested_state_vmx, 502, 1000, "x86"),
	D("cpu/kvm_nested_state/vmx/shadow_vmcs12", 1, 1, f_cpu_kvm_nested_state_vmx_shadow_vmcs12,
	  no_subs, 502, 1000, "x86"),
	D("cpu/kvm_nested_state/vmx/vmcs12", 1, 1, f_cpu_kvm_nested_state_vmx_vmcs12,
	  no_subs, 502, 1000, "x86"),
	D("cpu/m", 4, 4, f_cpu_m, s_cpu_m, 502, 502, "arm"),
	D("cpu/m", 4, 4, f_cpu_m, s_cpu_m_2, 702, 1000, "arm"),
	D("cpu/m-security", 1, 1, f_cpu_m_security, no_subs, 502, 1000, "arm"),
	D("cpu/m/csselr", 1, 1, f_cpu_m_csselr, no_subs, 502, 1000, "arm"),
	D("cpu/m/faultmask-primask", 1, 1, f_cpu_m_faultmask_primask,
	  no_subs, 502, 1000, "arm"),
	D("cpu/m/fp", 1, 1, f_cpu_m_fp, no_subs, 502, 1000, "arm"),
	D("cpu/m/mve", 1, 1, f_cpu_m_mve, no_subs, 702, 1000, "arm"),
	D("cpu/m/other-sp", 1, 1, f_cpu_m_other_sp, no_subs, 502, 1000, "arm"),
	D("cpu/m/scr", 1, 1, f_cpu_m_scr, no_subs, 502, 1000, "arm"),
	D("cpu/m/v8m", 1, 1, f_cpu_m_v8m, no_subs, 502, 1000, "arm"),
	D("cpu/mcg_ext_ctl", 1, 1, f_cpu_mcg_ext_ctl,
	  no_subs, 502, 1000, "x86"),
	D("cpu/mpx", 1, 1, f_cpu_mpx, no_subs, 502, 1000, "x86"),
	D("cpu/msr_architectural_pmu", 1, 1, f_cpu_msr_architectural_pmu,
	  no_subs, 502, 1000, "x86"),
	D("cpu/msr_hwcr", 1, 1, f_cpu_msr_hwcr, no_subs, 1000, 1000, "x86"),
	D("cpu/msr_hyperv_crash", 1, 1, f_cpu_msr_hyperv_crash,
	  no_subs, 502, 1000, "x86"),
	D("cpu/msr_hyperv_hypercall", 1, 1, f_cpu_msr_hyperv_hypercall,
	  no_subs, 502, 1000, "x86"),
	D("cpu/msr_hyperv_reenlightenment", 1, 1, f_cpu_msr_hyperv_reenlightenment,
	  no_subs, 502, 1000, "x86"),
	D("cpu/msr_hyperv_runtime", 1, 1, f_cpu_msr_hyperv_runtime,
	  no_subs, 502, 1000, "x86"),
	D("cpu/msr_hyperv_stimer", 1, 1, f_cpu_msr_hyperv_stimer,
	  no_subs, 502, 1000, "x86"),
	D("cpu/msr_hyperv_synic", 1, 1, f_cpu_msr_hyperv_synic,
	  no_subs, 502, 1000, "x86"),
	D("cpu/msr_hyperv_time", 1, 1, f_cpu_msr_hyperv_time,
	  no_subs, 502, 1000, "x86"),
	D("cpu/msr_hyperv_vapic", 1, 1, f_cpu_msr_hyperv_vapic,
	  no_subs, 502, 1000, "x86"),
	D("cpu/msr_ia32_feature_control", 1, 1, f_cpu_msr_ia32_feature_control,
	  no_subs, 502, 1000, "x86"),
	D("cpu/msr_ia32_misc_enable", 1, 1, f_cpu_msr_ia32_misc_enable,
	  no_subs, 502, 1000, "x86"),
	D("cpu/msr_smi_count", 1, 1, f_cpu_msr_smi_count,
	  no_subs, 502, 1000, "x86"),
	D("cpu/msr_tsc_adjust", 1, 1, f_cpu_msr_tsc_adjust,
	  no_subs, 502, 1000, "x86"),
	D("cpu/msr_tscdeadline", 1, 1, f_cpu_msr_tscdeadline,
	  no_subs, 502, 1000, "x86"),
	D("cpu/msr_tsx_ctrl", 1, 1, f_cpu_msr_tsx_ctrl,
	  no_subs, 502, 1000, "x86"),
	D("cpu/msr_xfd", 1, 1, f_cpu_msr_xfd, no_subs, 702, 1000, "x86"),
	D("cpu/nested_state", 1, 1, f_cpu_nested_state,
	  no_subs, 502, 1000, "x86"),
	D("cpu/pbr403", 1, 1, f_cpu_pbr403, no_subs, 502, 502, "ppc"),
	D("cpu/pdptrs", 1, 1, f_cpu_pdptrs, no_subs, 702, 1000, "x86"),
	D("cpu/pkrs", 1, 1, f_cpu_pkrs, no_subs, 702, 1000, "x86"),
	D("cpu/pkru", 1, 1, f_cpu_pkru, no_subs, 502, 1000, "x86"),
	D("cpu/pmsav7", 1, 1, f_cpu_pmsav7, no_subs, 502, 1000, "arm"),
	D("cpu/pmsav7-rnr", 1, 1, f_cpu_pmsav7_rnr, no_subs, 502, 1000, "arm"),
	D("cpu/pmsav8", 1, 1, f_cpu_pmsav8, no_subs, 502, 702, "arm"),
	D("cpu/pmsav8", 1, 1, f_cpu_pmsav8, s_cpu_pmsav8, 1000, 1000, "arm"),
	D("cpu/pmsav8/pmsav8r", 1, 1, f_cpu_pmsav8_pmsav8r,
	  no_subs, 1000, 1000, "arm"),
	D("cpu/poll_control_msr", 1, 1, f_cpu_poll_control_msr,
	  no_subs, 502, 1000, "x86"),
	D("cpu/reservation", 1, 1, f_cpu_reservation,
	  no_subs, 1000, 1000, "ppc"),
	D("cpu/riccb", 1, 1, f_cpu_riccb, no_subs, 502, 1000, "s390x"),
	D("cpu/serror", 1, 1, f_cpu_serror, no_subs, 502, 1000, "arm"),
	D("cpu/slb", 1, 1, f_cpu_slb, no_subs, 502, 702, "ppc"),
	D("cpu/slb", 2, 1, f_cpu_slb_2, no_subs, 1000, 1000, "ppc"),
	D("cpu/sme", 1, 1, f_cpu_sme, no_subs, 702, 1000, "arm"),
	D("cpu/spec_ctrl", 1, 1, f_cpu_spec_ctrl, no_subs, 502, 1000, "x86"),
	D("cpu/sr", 1, 1, f_cpu_sr, no_subs, 502, 1000, "ppc"),
	D("cpu/steal_time_msr", 1, 1, f_cpu_steal_time_msr,
	  no_subs, 502, 1000, "x86"),
	D("cpu/sve", 1, 1, f_cpu_sve, no_subs, 502, 1000, "arm"),
	D("cpu/sve/preg", 1, 1, f_cpu_sve_preg, no_subs, 502, 1000, "arm"),
	D("cpu/sve/zreg_hi", 1, 1, f_cpu_sve_zreg_hi,
	  no_subs, 502, 1000, "arm"),
	D("cpu/svm_guest", 1, 1, f_cpu_svm_guest, no_subs, 702, 1000, "x86"),
	D("cpu/svn_npt", 1, 1, f_cpu_svn_npt, no_subs, 502, 1000, "x86"),
	D("cpu/thumb2ee", 1, 1, f_cpu_thumb2ee, no_subs, 502, 1000, "arm"),
	D("cpu/tlb6xx", 1, 1, f_cpu_tlb6xx, no_subs, 502, 1000, "ppc"),
	D("cpu/tlb6xx", 1, 1, f_cpu_tlb6xx_2, s_cpu_tlb6xx, 502, 502, "ppc"),
	D("cpu/tlb6xx", 1, 1, f_cpu_tlb6xx_2, no_subs, 702, 702, "ppc"),
	D("cpu/tlb6xx_entry", 1, 1, f_cpu_tlb6xx_entry,
	  no_subs, 502, 1000, "ppc"),
	D("cpu/tlbemb", 1, 1, f_cpu_tlb6xx_2, no_subs, 1000, 1000, "ppc"),
	D("cpu/tlbemb_entry", 1, 1, f_cpu_tlbemb_entry,
	  no_subs, 502, 1000, "ppc"),
	D("cpu/tlbmas", 1, 1, f_cpu_tlbmas, no_subs, 502, 1000, "ppc"),
	D("cpu/tlbmas_entry", 1, 1, f_cpu_tlbmas_entry,
	  no_subs, 502, 1000, "ppc"),
	D("cpu/tm", 1, 1, f_cpu_tm, no_subs, 502, 1000, "ppc"),
	D("cpu/triple_fault", 1, 1, f_cpu_triple_fault,
	  no_subs, 702, 1000, "x86"),
	D("cpu/tsc_khz", 1, 1, f_cpu_tsc_khz, no_subs, 502, 1000, "x86"),
	D("cpu/umwait", 1, 1, f_cpu_umwait, no_subs, 502, 1000, "x86"),
	D("cpu/vfp", 3, 3, f_cpu_vfp, no_subs, 502, 702, "arm"),
	D("cpu/vfp", 3, 3, f_cpu_vfp, s_cpu_vfp, 1000, 1000, "arm"),
	D("cpu/vfp/fpcr_fpsr", 1, 1, f_cpu_vfp_fpcr_fpsr,
	  no_subs, 1000, 1000, "arm"),
	D("cpu/virt_ssbd", 1, 1, f_cpu_virt_ssbd, no_subs, 502, 1000, "x86"),
	D("cpu/vregs", 1, 1, f_cpu_vregs, no_subs, 502, 1000, "s390x"),
	D("cpu/vsx", 1, 1, f_cpu_vsx, no_subs, 502, 1000, "ppc"),
	D("cpu/wfxt-timer", 1, 1, f_cpu_wfxt_timer,
	  no_subs, 1000, 1000, "arm"),
	D("cpu/xen_vcpu", 1, 1, f_cpu_xen_vcpu, no_subs, 1000, 1000, "x86"),
	D("cpu/xss", 1, 1, f_cpu_xss, no_subs, 502, 1000, "x86"),
	D("cpu_common", 1, 1, f_cpu_common, s_cpu_common, 502, 1000, NULL),
	D("cpu_common/crash_occurred", 1, 1, f_cpu_common_crash_occurred,
	  no_subs, 502, 1000, NULL),
	D("cpu_common/exception_index", 1, 1, f_cpu_common_exception_index,
	  no_subs, 502, 1000, NULL),
	D("dbus-vmstate", 0, 0, f_dbus_vmstate, no_subs, 502, 1000, NULL),
	D("eeprom", 5, 20061112, f_eeprom, no_subs, 502, 1000, NULL),
	D("fpreg", 0, 0, f_fpreg, no_subs, 502, 1000, "x86"),
	D("fpreg_tmp", 0, 0, f_fpreg_tmp, no_subs, 502, 1000, "x86"),
	D("globalstate", 1, 1, f_globalstate, no_subs, 502, 702, NULL),
	D("globalstate", 1, 1, f_globalstate_2, no_subs, 1000, 1000, NULL),
	D("hi16_zmm_reg", 1, 1, f_hi16_zmm_reg, no_subs, 502, 1000, "x86"),
	D("hpet", 2, 1, f_hpet, s_hpet, 502, 702, NULL),
	D("hpet", 2, 1, f_hpet_2, s_hpet, 1000, 1000, NULL),
	E("hv-syndbg", 0, 0, no_subs, 702, 1000, "x86"),
	D("hvf-vtimer", 1, 1, f_hvf_vtimer, no_subs, 702, 1000, "arm"),
	D("i2c_bus", 1, 1, f_i2c_bus, no_subs, 502, 1000, NULL),
	D("i82550", 3, 2, f_i82550, no_subs, 502, 1000, NULL),
	D("i82551", 3, 2, f_i82550, no_subs, 502, 1000, NULL),
	D("i82557a", 3, 2, f_i82550, no_subs, 502, 1000, NULL),
	D("i82557b", 3, 2, f_i82550, no_subs, 502, 1000, NULL),
	D("i82557c", 3, 2, f_i82550, no_subs, 502, 1000, NULL),
	D("i82558a", 3, 2, f_i82550, no_subs, 502, 1000, NULL),
	D("i82558b", 3, 2, f_i82550, no_subs, 502, 1000, NULL),
	D("i82559a", 3, 2, f_i82550, no_subs, 502, 1000, NULL),
	D("i82559b", 3, 2, f_i82550, no_subs, 502, 1000, NULL),
	D("i82559c", 3, 2, f_i82550, no_subs, 502, 1000, NULL),
	D("i82559er", 3, 2, f_i82550, no_subs, 502, 1000, NULL),
	D("i82562", 3, 2, f_i82550, no_subs, 502, 1000, NULL),
	D("i82801", 3, 2, f_i82550, no_subs, 502, 1000, NULL),
	D("icp/server", 1, 1, f_icp_server, no_subs, 502, 1000, "ppc"),
	D("icp/server", 1, 1, f_icp_server_2, no_subs, 502, 702, "ppc"),
	D("isa-ide", 3, 0, f_isa_ide, no_subs, 502, 1000, "x86"),
	D("lbr_records_var", 1, 1, f_lbr_records_var,
	  no_subs, 702, 1000, "x86"),
	D("mtrr_var", 1, 1, f_mtrr_var, no_subs, 502, 1000, "x86"),
	D("ptimer", 1, 1, f_ptimer, no_subs, 502, 1000, NULL),
	D("pxa2xx-fir", 1, 1, f_pxa2xx_fir, no_subs, 502, 702, "arm"),
	D("pxa2xx-mmci", 2, 2, f_pxa2xx_mmci, no_subs, 502, 702, NULL),
	D("pxa2xx-ssp", 1, 1, f_pxa2xx_ssp, no_subs, 502, 702, "arm"),
	D("replay", 2, 2, f_replay, no_subs, 502, 502, NULL),
	D("replay", 2, 2, f_replay_2, no_subs, 702, 702, NULL),
	D("replay", 3, 3, f_replay_3, no_subs, 1000, 1000, NULL),
	D("s390-flic", 1, 1, f_s390_flic, s_s390_flic, 502, 1000, "s390x"),
	D("s390-flic-ais-tmp", 0, 0, f_s390_flic_ais_tmp,
	  no_subs, 502, 1000, "s390x"),
	D("s390-flic/ais", 1, 1, f_fpreg, no_subs, 502, 1000, "s390x"),
	D("s390_adapter_info", 1, 1, f_s390_adapter_info,
	  s_s390_adapter_info, 502, 1000, "s390x"),
	D("s390_adapter_info/summary_offset", 1, 1, f_s390_adapter_info_summary_offset,
	  no_subs, 502, 1000, "s390x"),
	D("s390_adapter_routes", 1, 1, f_s390_adapter_routes,
	  no_subs, 502, 1000, "s390x"),
	D("s390_ccw1", 1, 1, f_s390_ccw1, no_subs, 502, 1000, "s390x"),
	D("s390_ccw_dev", 1, 1, f_s390_ccw_dev, no_subs, 502, 1000, "s390x"),
	D("s390_chp_info", 1, 1, f_s390_chp_info, no_subs, 502, 1000, "s390x"),
	D("s390_ciw", 1, 1, f_s390_ciw, no_subs, 502, 1000, "s390x"),
	D("s390_crw", 1, 1, f_s390_crw, no_subs, 502, 1000, "s390x"),
	D("s390_crw_container", 1, 1, f_s390_crw_container,
	  no_subs, 502, 1000, "s390x"),
	D("s390_css", 1, 1, f_s390_css, no_subs, 502, 1000, "s390x"),
	D("s390_css_img", 1, 1, f_s390_css_img, no_subs, 502, 1000, "s390x"),
	D("s390_ind_addr_tmp", 0, 0, f_s390_ind_addr_tmp,
	  no_subs, 502, 1000, "s390x"),
	D("s390_ind_addr_tmp", 0, 0, f_fpreg, no_subs, 502, 1000, "s390x"),
	D("s390_orb", 1, 1, f_s390_orb, no_subs, 502, 1000, "s390x"),
	D("s390_pmcw", 1, 1, f_s390_pmcw, no_subs, 502, 1000, "s390x"),
	D("s390_schib", 1, 1, f_s390_schib, no_subs, 502, 1000, "s390x"),
	D("s390_scsw", 1, 1, f_s390_scsw, no_subs, 502, 1000, "s390x"),
	D("s390_sense_id", 1, 1, f_s390_sense_id, no_subs, 502, 1000, "s390x"),
	D("s390_subch_dev", 1, 1, f_s390_subch_dev,
	  s_s390_subch_dev, 502, 1000, "s390x"),
	D("s390_subch_dev/orb", 1, 1, f_s390_subch_dev_orb,
	  no_subs, 502, 1000, "s390x"),
	D("s390_virtio_ccw_dev", 1, 1, f_s390_virtio_ccw_dev,
	  no_subs, 502, 1000, "s390x"),
	D("s390_virtio_ccw_dev_tmp", 0, 0, f_s390_virtio_ccw_dev_tmp,
	  no_subs, 502, 1000, "s390x"),
	D("scoop", 1, 0, f_scoop, no_subs, 502, 1000, NULL),
	D("segment", 1, 1, f_segment, no_subs, 502, 1000, "x86"),
	D("spapr", 3, 1, f_spapr, s_spapr, 502, 502, "ppc"),
	D("spapr", 3, 1, f_spapr, s_spapr_2, 702, 702, "ppc"),
	D("spapr", 3, 1, f_spapr, s_spapr_3, 1000, 1000, "ppc"),
	D("spapr/cap/ail_mode_3", 1, 1, f_spapr_cap_ail_mode_3,
	  no_subs, 1000, 1000, "ppc"),
	D("spapr/cap/ccf_assist", 1, 1, f_spapr_cap_ccf_assist,
	  no_subs, 502, 1000, "ppc"),
	D("spapr/cap/cfpc", 1, 1, f_spapr_cap_cfpc, no_subs, 502, 1000, "ppc"),
	D("spapr/cap/dawr1", 1, 1, f_spapr_cap_dawr1,
	  no_subs, 1000, 1000, "ppc"),
	D("spapr/cap/dfp", 1, 1, f_spapr_cap_dfp, no_subs, 502, 1000, "ppc"),
	D("spapr/cap/fwnmi", 1, 1, f_spapr_cap_fwnmi,
	  no_subs, 502, 1000, "ppc"),
	D("spapr/cap/hpt_maxpagesize", 1, 1, f_spapr_cap_hpt_maxpagesize,
	  no_subs, 502, 1000, "ppc"),
	D("spapr/cap/htm", 1, 1, f_spapr_cap_htm, no_subs, 502, 1000, "ppc"),
	D("spapr/cap/ibs", 1, 1, f_spapr_cap_ibs, no_subs, 502, 1000, "ppc"),
	D("spapr/cap/large_decr", 1, 1, f_spapr_cap_large_decr,
	  no_subs, 502, 1000, "ppc"),
	D("spapr/cap/nested_kvm_hv", 1, 1, f_spapr_cap_nested_kvm_hv,
	  no_subs, 502, 1000, "ppc"),
	D("spapr/cap/nested_papr", 1, 1, f_spapr_cap_nested_papr,
	  no_subs, 1000, 1000, "ppc"),
	D("spapr/cap/rpt_invalidate", 1, 1, f_spapr_cap_rpt_invalidate,
	  no_subs, 702, 1000, "ppc"),
	D("spapr/cap/sbbc", 1, 1, f_spapr_cap_sbbc, no_subs, 502, 1000, "ppc"),
	D("spapr/cap/vsx", 1, 1, f_spapr_cap_vsx, no_subs, 502, 1000, "ppc"),
	E("spapr_cpu", 1, 1, s_spapr_cpu, 502, 1000, "ppc"),
	D("spapr_cpu/vpa", 1, 1, f_spapr_cpu_vpa,
	  s_spapr_cpu_vpa, 502, 1000, "ppc"),
	D("spapr_cpu/vpa/dtl", 1, 1, f_spapr_cpu_vpa_dtl,
	  no_subs, 502, 1000, "ppc"),
	D("spapr_cpu/vpa/slb_shadow", 1, 1, f_spapr_cpu_vpa_slb_shadow,
	  no_subs, 502, 1000, "ppc"),
	D("spapr_drc", 1, 1, f_spapr_drc, s_spapr_drc, 502, 1000, "ppc"),
	D("spapr_drc/physical", 1, 1, f_spapr_drc_physical,
	  no_subs, 502, 1000, "ppc"),
	D("spapr_drc/unplug_requested", 1, 1, f_spapr_drc_unplug_requested,
	  no_subs, 502, 1000, "ppc"),
	D("spapr_dtb", 1, 1, f_spapr_dtb, no_subs, 502, 1000, "ppc"),
	D("spapr_event_log_entry", 1, 1, f_spapr_event_log_entry,
	  no_subs, 502, 1000, "ppc"),
	D("spapr_fwnmi", 1, 1, f_spapr_fwnmi, no_subs, 502, 1000, "ppc"),
	D("spapr_iommu", 2, 2, f_spapr_iommu, s_spapr_iommu, 502, 502, "ppc"),
	D("spapr_iommu", 3, 2, f_spapr_iommu_3,
	  s_spapr_iommu, 702, 1000, "ppc"),
	D("spapr_iommu_ex", 1, 1, f_spapr_iommu_ex, no_subs, 502, 1000, "ppc"),
	D("spapr_irq_map", 1, 1, f_spapr_irq_map, no_subs, 502, 1000, "ppc"),
	D("spapr_nvdimm_flush_state", 1, 1, f_spapr_nvdimm_flush_state,
	  no_subs, 702, 1000, "ppc"),
	D("spapr_nvdimm_states", 1, 1, f_spapr_nvdimm_states,
	  no_subs, 702, 1000, "ppc"),
	D("spapr_option_vector", 1, 1, f_spapr_option_vector,
	  no_subs, 502, 1000, "ppc"),
	D("spapr_option_vector_ov5_cas", 1, 1, f_spapr_option_vector_ov5_cas,
	  no_subs, 502, 1000, "ppc"),
	D("spapr_patb_entry", 1, 1, f_spapr_patb_entry,
	  no_subs, 502, 1000, "ppc"),
	D("spapr_pending_events", 1, 1, f_spapr_pending_events,
	  no_subs, 502, 1000, "ppc"),
	D("spapr_vscsi_req", 1, 1, f_spapr_vscsi_req,
	  no_subs, 502, 1000, "ppc"),
	D("timebase", 1, 1, f_timebase, no_subs, 502, 1000, "ppc"),
	D("timer", 2, 1, f_timer, s_timer, 502, 1000, NULL),
	D("timer/icount", 1, 1, f_timer_icount,
	  s_timer_icount, 502, 1000, NULL),
	D("timer/icount/shift", 1, 1, f_timer_icount_shift,
	  no_subs, 502, 502, NULL),
	D("timer/icount/shift", 2, 2, f_timer_icount_shift_2,
	  no_subs, 702, 1000, NULL),
	D("timer/icount/timers", 1, 1, f_timer_icount_timers,
	  no_subs, 502, 1000, NULL),
	D("timer/icount/warp_timer", 1, 1, f_timer_icount_warp_timer,
	  no_subs, 502, 1000, NULL),
	D("tpm-emulator", 0, 0, f_tpm_emulator, no_subs, 502, 1000, NULL),
	D("virt_acpi_build", 1, 1, f_virt_acpi_build,
	  no_subs, 502, 1000, "arm"),
	D("virtio-mem-device", 1, 1, f_virtio_mem_device,
	  no_subs, 502, 702, NULL),
	D("virtio-mem-device", 1, 1, f_virtio_mem_device_2,
	  no_subs, 1000, 1000, NULL),
	D("virtio-mem-device-early", 1, 1, f_virtio_mem_device_early,
	  no_subs, 1000, 1000, NULL),
	D("virtio-mem-device/sanity-checks", 0, 0, f_virtio_mem_device_sanity_checks,
	  no_subs, 502, 1000, NULL),
	D("vmbus-dev", 0, 0, f_vmbus_dev, no_subs, 502, 1000, "x86"),
	D("vmbus/channel", 0, 0, f_vmbus_channel, no_subs, 502, 1000, "x86"),
	D("vmbus/sgentry", 0, 0, f_vmbus_sgentry, no_subs, 502, 502, "x86"),
	D("vmbus/vmbus_chan_req", 0, 0, f_vmbus_vmbus_chan_req,
	  no_subs, 502, 502, "x86"),
	D("vreg", 1, 1, f_cpu_sve_zreg_hi, no_subs, 702, 1000, "arm"),
	D("xmm_reg", 1, 1, f_xmm_reg, no_subs, 502, 1000, "x86"),
	D("ymmh_reg", 1, 1, f_ymmh_reg, no_subs, 502, 1000, "x86"),
	D("zmmh_reg", 1, 1, f_zmmh_reg, no_subs, 502, 1000, "x86"),
	E("zpci", 0, 0, no_subs, 502, 1000, "s390x"),
};

/*
 * Property defaults and constants of 5.2 to 10.0: hw/usb/hcd-xhci*.c (p2, p3,
 * slots, intrs), hw/ide/ich.c (ports), hw/block/fdc.c (FD_SECTOR_LEN), -m
 * without slots=.
 */
static const struct {
	const char *desc, *field;
	int count;
} usual_counts[] = {
	{ "ahci", "dev", 6 },
	{ "fdc", "fifo", 512 },
	{ "memory hotplug state", "devs", 0 },
	{ "xhci-core", "intr", 16 },
	{ "xhci-core", "ports", 8 },
	{ "xhci-core", "slots", 64 },
};

/* hw/: qdev_set_legacy_instance_id(); the ports are properties' defaults. */
static const struct known_alias aliases[] = {
	{ "fdc", true, 0x3f0, NULL },
	{ "i8254", true, 0x40, NULL },
	{ "mc146818rtc", true, 0x70, NULL },
	/* by port, see below */
	{ "i8259", false, 0, NULL },
	{ "serial", false, 0, NULL },
	/*
	 * The instance id itself, in every release so far; an alias where the
	 * device was converted.
	 */
	{ "spapr_iommu", false, 0, "liobn" },
	{ "spapr_drc", false, 0, NULL },
};

static const struct {
	const char *desc;
	uint32_t port[4];
} ports[] = {
	{ "i8259", { 0x20, 0xa0 } },
	{ "serial", { 0x3f8, 0x2f8, 0x3e8, 0x2e8 } },
};

/* register_savevm_live(); "/vfio" and "/ram" stand behind a device's path. */
static const char *const old_style[] = {
	"ram", "block", "dirty-bitmap", "slirp", "spapr/htab", "todclock",
	"s390-skeys", "s390-storage_attributes", "pbs-state",
};

int known_usual_count(const char *desc, const char *field)
{
	for (size_t i = 0; i < N_OF(usual_counts); i++) {
		if (!strcmp(usual_counts[i].desc, desc) &&
		    !strcmp(usual_counts[i].field, field))
			return usual_counts[i].count;
	}
	return -1;
}

const struct known_count *known_count(const char *desc, const char *field)
{
	if (!desc || !field)
		return NULL;
	for (size_t i = 0; i < N_OF(counts); i++)
		if (!strcmp(counts[i].desc, desc) &&
		    !strcmp(counts[i].field, field))
			return &counts[i];
	return NULL;
}

/* The first of @name, or N_OF(descs). */
static size_t first_desc(const char *name)
{
	size_t lo = 0, hi = N_OF(descs);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(descs[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct known_desc *known_desc_on(const char *arch, const char *name,
				       int32_t version, int release_min,
				       int release_max)
{
	const struct known_desc *found = NULL;

	if (!name)
		return NULL;
	for (size_t i = first_desc(name);
	     i < N_OF(descs) && !strcmp(descs[i].name, name); i++) {
		const struct known_desc *d = &descs[i];

		if (d->version != version || d->release_min > release_max ||
		    d->release_max < release_min)
			continue;
		if (arch && d->arch && strcmp(d->arch, arch))
			continue;
		if (found)
			return NULL;
		found = d;
	}
	return found;
}

const struct known_desc *known_desc(const char *name, int32_t version,
				    int release_min, int release_max)
{
	return known_desc_on(NULL, name, version, release_min, release_max);
}

const struct known_alias *known_alias(const char *desc)
{
	for (size_t i = 0; desc && i < N_OF(aliases); i++)
		if (!strcmp(aliases[i].desc, desc))
			return &aliases[i];
	return NULL;
}

bool known_alias_of(const char *desc, uint32_t instance, uint32_t *alias)
{
	for (size_t i = 0; desc && i < N_OF(ports); i++) {
		if (strcmp(ports[i].desc, desc) ||
		    instance >= N_OF(ports[i].port) || !ports[i].port[instance])
			continue;
		*alias = ports[i].port[instance];
		return true;
	}
	return false;
}

bool known_old_style(const char *idstr)
{
	size_t n = idstr ? strlen(idstr) : 0;

	for (size_t i = 0; n && i < N_OF(old_style); i++)
		if (!strcmp(old_style[i], idstr))
			return true;
	return n > 5 && !strcmp(idstr + n - 5, "/vfio");
}

/* hw/scsi/esp.c, QEMU 6.0 to 10.0; before 6.0 there are no such fields */
static const struct known_range ranges[] = {
#define ESP(field_, min_, max_) \
	{ "esp", field_, "mig_version_id", "esp.mig_version_id", min_, max_, \
	  false }
	ESP("mig_ti_rptr", INT32_MIN, 4), ESP("mig_ti_wptr", INT32_MIN, 4),
	ESP("mig_ti_buf", INT32_MIN, 4), ESP("mig_cmdbuf", INT32_MIN, 4),
	ESP("mig_cmdlen", INT32_MIN, 4), ESP("mig_do_cmd", INT32_MIN, 4),
	ESP("mig_dma_left", INT32_MIN, 4),
	ESP("data_in_ready", 5, INT32_MAX), ESP("data_ready", 5, INT32_MAX),
	ESP("cmdfifo_cdb_offset", 5, INT32_MAX), ESP("fifo", 5, INT32_MAX),
	ESP("cmdfifo", 5, INT32_MAX), ESP("ti_cmd", 5, INT32_MAX),
	ESP("mig_deferred_status", INT32_MIN, 4),
	ESP("mig_deferred_complete", INT32_MIN, 4),
	ESP("mig_ti_cmd", 5, 6), ESP("lun", 6, INT32_MAX),
#undef ESP
	/* hw/ide/core.c */
	{ "ide_drive", "identify_data", "identify_set", "identify_set",
	  0, 0, true },
};

const struct known_range *known_range(const char *desc, const char *field)
{
	for (size_t i = 0; i < N_OF(ranges); i++)
		if (!strcmp(ranges[i].desc, desc) &&
		    !strcmp(ranges[i].field, field))
			return &ranges[i];
	return NULL;
}
