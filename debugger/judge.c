/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What post_load callbacks refuse, as far as the bytes and the destination's
 * own stream tell.  One function for each; a new one is a line in hooks[].
 */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "load-impl.h"

#define SPR_PVR 287

/*
 * cpu_post_load() of target/ppc/machine.c: the processor version of the guest
 * must be one that the destination's model answers to, unless the guest runs
 * in a compatibility mode.
 */
static int ppc_cpu(struct load *l, const struct frame *fr, uint32_t event)
{
	uint64_t len, seen_len;
	const uint8_t *got = judge_bytes(l, event, "env.spr", &len);
	const uint8_t *seen = judge_seen(l, fr, "env.spr", &seen_len);
	uint64_t pvr, local;

	if (!got || !seen || len != seen_len || len < (SPR_PVR + 1) * 8 ||
	    len % 1024)
		return 0;
	pvr = be_load(got + SPR_PVR * (len / 1024), (unsigned)(len / 1024));
	local = be_load(seen + SPR_PVR * (len / 1024), (unsigned)(len / 1024));
	if (pvr == local)
		return 0;
	if (judge_find_sub(l, event, "cpu/compat") != EVENT_NONE) {
		note_unjudged(l, "the processor's compatibility mode");
		return 0;
	}
	/* another model, or another major revision: never the same class */
	if (pvr >> 16 == local >> 16 && (pvr & 0xf0f) == (local & 0xf0f))
		return 0;
	l->fail_why = ev_printf(l, "the guest's processor version (PVR) is "
		"0x%llx, the destination's 0x%llx", (unsigned long long)pvr,
		(unsigned long long)local);
	return -EINVAL;
}

/* e1000e_post_load() of hw/net/e1000e.c: properties that the wire repeats. */
static int e1000e(struct load *l, const struct frame *fr, uint32_t event)
{
	static const char *const fields[] = { "subsys", "subsys_ven" };

	for (size_t i = 0; i < 2; i++) {
		uint64_t len, seen_len;
		const uint8_t *got = judge_bytes(l, event, fields[i], &len);
		const uint8_t *seen = judge_seen(l, fr, fields[i], &seen_len);

		if (!got || !seen || len != 2 || seen_len != 2 ||
		    !memcmp(got, seen, 2))
			continue;
		say_both(l, "ERROR: Cannot migrate while device properties "
			 "(subsys/subsys_ven) differ");
		l->fail_why = ev_printf(l, "the device's property '%s' is "
			"0x%x at the source and 0x%x at the destination",
			fields[i], got[0] << 8 | got[1],
			seen[0] << 8 | seen[1]);
		return -1;
	}
	return 0;
}

/*
 * Indexes of system registers as KVM numbers them (linux: kvm.h of arm and
 * arm64; QEMU: cpreg_to_kvm_id()).  TCG alone numbers AArch32's.
 */
#define REG_AARCH32	(UINT64_C(4) << 60)
#define REG_AARCH64	(UINT64_C(6) << 60)
#define REG_ARCH	(UINT64_C(0xff) << 56)
#define REG_SIZE	(UINT64_C(0xf) << 52)
#define REG_SIZE_32	(UINT64_C(2) << 52)

#define S(op0, op1, crn, crm, op2)					\
	((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
#define P(cp, op1, crn, crm, op2)					\
	((cp) << 16 | (crn) << 11 | (crm) << 7 | (op1) << 3 | (op2))

/*
 * What TCG keeps constant for a model (ARM_CP_CONST of target/arm/helper.c, 5.2
 * to 10.2, measured on 11.1): @last is the last op2, and @crms how many CRm there
 * are from the first one on.
 */
static const struct {
	uint64_t arch;
	uint32_t first;
	uint8_t last, crms;
} constant_registers[] = {
	{ REG_AARCH64, S(3, 0, 0, 0, 6), 6, 1 },	/* REVIDR_EL1 */
	{ REG_AARCH64, S(3, 0, 0, 1, 0), 7, 7 },	/* ID_... */
	{ REG_AARCH64, S(3, 1, 0, 0, 1), 1, 1 },	/* CLIDR_EL1 */
	{ REG_AARCH64, S(3, 1, 0, 0, 7), 7, 1 },	/* AIDR_EL1 */
	{ REG_AARCH64, S(3, 3, 0, 0, 1), 1, 1 },	/* CTR_EL0 */
	{ REG_AARCH64, S(3, 0, 12, 0, 2), 2, 1 },	/* RMR_EL1 */
	{ REG_AARCH64, S(3, 4, 12, 0, 2), 2, 1 },	/* RMR_EL2 */
	{ REG_AARCH64, S(3, 6, 12, 0, 2), 2, 1 },	/* RMR_EL3 */
	{ REG_AARCH32, P(14, 0, 0, 0, 0), 0, 1 },	/* DBGDIDR */
	{ REG_AARCH32, P(14, 0, 7, 0, 0), 2, 1 },	/* DBGDEVID */
	{ REG_AARCH32, P(15, 0, 0, 0, 1), 3, 1 },	/* CTR, TCMTR, TLBTR */
	{ REG_AARCH32, P(15, 0, 0, 0, 6), 6, 1 },	/* REVIDR */
	{ REG_AARCH32, P(15, 0, 0, 1, 0), 7, 7 },	/* ID_... */
	{ REG_AARCH32, P(15, 1, 0, 0, 1), 1, 1 },	/* CLIDR */
	{ REG_AARCH32, P(15, 1, 0, 0, 7), 7, 1 },	/* AIDR */
	{ REG_AARCH32, P(15, 0, 12, 0, 2), 2, 1 },	/* RMR */
};

#undef S
#undef P

static bool is_constant(uint64_t index)
{
	bool wide = (index & REG_ARCH) == REG_AARCH64;
	unsigned shift = wide ? 3 : 7;		/* of CRm */
	uint32_t reg = index & (wide ? 0xffff : 0xfffff);

	if (!wide && (index & REG_SIZE) != REG_SIZE_32)
		return false;
	for (size_t i = 0; i < sizeof(constant_registers) /
	     sizeof(constant_registers[0]); i++) {
		uint32_t first = constant_registers[i].first;

		if (constant_registers[i].arch != (index & REG_ARCH))
			continue;
		for (unsigned k = 0; k < constant_registers[i].crms; k++) {
			uint32_t base = first + (k << shift);

			if (reg >= base && reg <= (base & ~UINT32_C(7)) +
			    constant_registers[i].last)
				return true;
		}
	}
	return false;
}

/* As an assembler takes it. */
static const char *register_name(struct load *l, uint64_t index)
{
	uint32_t r = (uint32_t)index;

	if ((index & REG_ARCH) == REG_AARCH64)
		return ev_printf(l, "S%u_%u_C%u_C%u_%u", r >> 14 & 3,
				 r >> 11 & 7, r >> 7 & 15, r >> 3 & 15, r & 7);
	if ((index & REG_SIZE) != REG_SIZE_32)
		return ev_printf(l, "p%u, %u, c%u (64 bits)", r >> 16 & 15,
				 r >> 3 & 7, r >> 7 & 15);
	return ev_printf(l, "p%u, %u, c%u, c%u, %u", r >> 16 & 15, r >> 3 & 7,
			 r >> 11 & 15, r >> 7 & 15, r & 7);
}

/* Two lists of registers, rising, and what the registers hold. */
struct registers {
	const uint8_t *index, *value;
	size_t n;
};

static bool by_tcg(const struct registers *r)
{
	for (size_t i = 0; i < r->n; i++) {
		if ((be_load(r->index + 8 * i, 8) & REG_ARCH) == REG_AARCH32)
			return true;
	}
	return false;
}

/* kvm_to_cpreg_id() of target/arm/cpregs.h, as 11.1 prints a register. */
static unsigned printed_register(uint64_t index)
{
	if ((index & REG_ARCH) == REG_AARCH64)
		return (unsigned)index | 1u << 28;
	return (unsigned)index | 1u << 29 |
		((index & REG_SIZE) == REG_SIZE_32 ? 0 : 1u << 15);
}

/*
 * The stream has a register at @index that the destination has not.  From 11.1 on each
 * of them is printed, and those behind the destination's last end the load, too.
 */
static const char *not_ours(struct load *l, uint64_t index, const char *why)
{
	if (words_of_11(l))
		say_new(l, "handle_cpreg_only_in_incoming_stream: system "
			 "register 0x%x in the incoming stream but unknown on "
			 "the destination: fail migration",
			 printed_register(index));
	return why ? why : ev_printf(l, "the destination's -cpu has no system "
		"register %s, which the stream has", register_name(l, index));
}

/* Why a register that is constant at the destination is refused; NULL. */
static const char *constant_differs(struct load *l, uint64_t index,
				    uint64_t is, const uint8_t *in)
{
	if (in && is != be_load(in, 8))
		return ev_printf(l, "system register %s is 0x%" PRIx64 " in the "
			"stream, and is a constant 0x%" PRIx64 " of the "
			"destination's -cpu", register_name(l, index),
			be_load(in, 8), is);
	if (!in && is)
		return ev_printf(l, "the stream has no system register %s, a "
			"constant 0x%" PRIx64 " of the destination's -cpu, and "
			"QEMU compares that with memory that nobody has "
			"written", register_name(l, index), is);
	return NULL;
}

/*
 * Why the load of @in into @own ends; NULL: it does not, for all that is known.
 * @missing counts those whose value comes from memory that nobody has written.
 */
static const char *register_refused(struct load *l, const struct registers *in,
				    const struct registers *own,
				    size_t *missing)
{
	bool tcg = by_tcg(own) && own->value && in->value;
	const char *foreign = NULL, *why = NULL;
	size_t v = 0;

	for (size_t i = 0; i < own->n; i++) {
		uint64_t ours = be_load(own->index + 8 * i, 8), theirs = 0;
		bool there = false;

		for (; v < in->n; v++) {
			theirs = be_load(in->index + 8 * v, 8);
			if (theirs >= ours)
				break;
			foreign = not_ours(l, theirs, foreign);
			if (!words_of_11(l))
				return foreign;
		}
		there = v < in->n && theirs == ours;
		*missing += !there;
		if (tcg && !why && is_constant(ours))
			why = constant_differs(l, ours,
				be_load(own->value + 8 * i, 8),
				there ? in->value + 8 * v : NULL);
		v += there;
	}
	if (v < in->n && !foreign && !l->o->reg->release) {
		note_unknown(l, "whether this release ignores system registers "
			     "behind its last, as those up to 10.2 do");
		return why;
	}
	for (; words_of_11(l) && v < in->n; v++)
		foreign = not_ours(l, be_load(in->index + 8 * v, 8), foreign);
	return foreign ? foreign : why;
}

/*
 * cpu_post_load() of target/arm/machine.c: a register that the destination does
 * not have ends the load, and so does one that does not read back as written
 * (write_list_to_cpustate(), TCG): those that are constant for the model.  What
 * the stream lacks is written out of cpreg_values[], which init_cpreg_list() does
 * not clear.  Under KVM some identification registers can be written, from Linux
 * 6.7 on.
 */
static int arm_cpu(struct load *l, const struct frame *fr, uint32_t event)
{
	const char *indexes = "cpreg_vmstate_indexes";
	const char *values = "cpreg_vmstate_values";
	uint64_t n, m, len = 0, seen_len = 0;
	struct registers in = {
		.index = judge_bytes(l, event, indexes, &n),
		.value = judge_bytes(l, event, values, &len),
	}, own = {
		.index = judge_seen(l, fr, indexes, &m),
		.value = judge_seen(l, fr, values, &seen_len),
	};
	size_t missing = 0;

	if (!in.index || !own.index)
		return 0;
	in.n = n / 8;
	own.n = m / 8;
	if (len != n)
		in.value = NULL;
	if (seen_len != m)
		own.value = NULL;
	l->fail_why = register_refused(l, &in, &own, &missing);
	if (l->fail_why)
		return -1;
	if (missing && by_tcg(&own))
		note_unknown(l, ev_printf(l, "what the destination's memory "
			"holds by chance for the %zu of its system registers "
			"that the stream lacks: QEMU writes them out of memory "
			"that nobody has written, and the load fails where one "
			"does not read back", missing));
	else if (!in.value || !own.value || len != seen_len ||
		 memcmp(in.value, own.value, len))
		note_unjudged(l, "system registers differ from those of the "
			      "destination's own stream; those that are "
			      "constant for its -cpu must be equal");
	return 0;
}

/*
 * spapr_caps_post_migration() of hw/ppc/spapr_caps.c: a capability is written
 * where it is not the machine type's default, and compared with the
 * destination's; what the default is, is not on the wire.
 */
static int spapr(struct load *l, const struct frame *fr, uint32_t event)
{
	(void)event;
	if (judge_subs_differ(fr, "spapr/cap/"))
		note_unjudged(l, "the two sides have not set the same machine "
			      "capabilities (cap-...): a higher level than the "
			      "destination's is refused");
	return 0;
}

/* global_state_post_load() of migration/global_state.c, qapi/run-state.json */
static int global_state(struct load *l, const struct frame *fr, uint32_t event)
{
	static const char *const states[] = {
		"debug", "inmigrate", "internal-error", "io-error", "paused",
		"postmigrate", "prelaunch", "finish-migrate", "restore-vm",
		"running", "save-vm", "shutdown", "suspended", "watchdog",
		"guest-panicked", "colo", "preconfig",
	};
	uint64_t len;
	const char *s = (const char *)judge_bytes(l, event, "runstate", &len);

	(void)fr;
	if (!s || !memchr(s, '\0', len))
		return 0;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (!strcmp(s, states[i]))
			return 0;
	}
	say_both(l, "invalid parameter value: %s", s);
	return -EINVAL;
}

static bool pages_are_small(const struct load *l)
{
	uint16_t machine = l->o->image ?
		space_elf_file(desc_image_space(l->o->image), 0)->machine : 0;

	return machine == EM_X86_64 || machine == EM_386;
}

/*
 * fw_cfg_acpi_mr_restore_post_load() of hw/nvram/fw_cfg.c resizes three ROMs
 * and aborts where one would be larger than it may become: what
 * acpi_add_rom_blob() of hw/acpi/utils.c reserves.  Sizes are rounded up to
 * the host's page: between 4 KiB and 64 KiB nothing is certain of the last.
 * Up to 5.2 the loader script had just the pages that it filled.
 */
static int acpi_mr(struct load *l, const struct frame *fr, uint32_t event)
{
	static const struct {
		const char *field, *name;
		uint64_t max, max_64k;
	} roms[] = {
		/* as fw_cfg sorts them */
		{ "rsdp_mr_size", "etc/acpi/rsdp", 0x1000, 0x10000 },
		{ "table_mr_size", "etc/acpi/tables", 0x200000, 0x200000 },
		{ "linker_mr_size", "etc/table-loader", 0x10000, 0x10000 },
	};

	bool small = pages_are_small(l);

	for (size_t i = 0; i < sizeof(roms) / sizeof(roms[0]); i++) {
		uint64_t len, seen_len, size, max = roms[i].max;
		const uint8_t *got = judge_bytes(l, event, roms[i].field, &len);
		const uint8_t *seen = judge_seen(l, fr, roms[i].field,
						 &seen_len);

		size = got && len == 8 ? be_load(got, 8) : 0;
		if (i == 2 && l->o->reg->release_max < 600 && seen &&
		    seen_len == 8)
			max = (be_load(seen, 8) + 0xfff) & ~UINT64_C(0xfff);
		if (size > (small ? max : roms[i].max_64k) &&
		    (i != 2 || l->o->reg->release_min >= 600 ||
		     size > 0x10000)) {
			say_both(l, "Size too large: /rom@%s: 0x%" PRIx64
				 " > 0x%" PRIx64 ": Invalid argument",
				 roms[i].name, (size + 0xfff) &
				 ~UINT64_C(0xfff), max);
			return crash(l, event, ev_printf(l, "the ROM '%s' "
				"cannot become 0x%" PRIx64 " bytes large, and "
				"QEMU aborts", roms[i].name, size));
		}
		if (size > max || (i == 2 && l->o->reg->release_min < 600 &&
				   size > 0x1000))
			note_unjudged(l, ev_printf(l, "the destination aborts "
				"if its ROM '%s' cannot become 0x%" PRIx64
				" bytes large", roms[i].name, size));
	}
	return 0;
}

/*
 * vga_common_post_load() of hw/display/vga.c, called for an ISAVGAState (see
 * defect_find()): nothing happens unless the bytes just loaded switch VBE or
 * the chained mode on; then it maps memory regions made of other members.
 * 228 loads by 5.2, 7.2 and 10.0 died exactly then.
 */
static int isa_vga(struct load *l, const struct frame *fr, uint32_t event)
{
	uint64_t vbe_len, sr_len;
	const uint8_t *vbe, *sr;

	(void)fr;
	if (ev(l, event)->parent != l->section_event ||
	    !defect_find(l->o->reg, l->idstr, &l->t->arena))
		return 0;
	vbe = judge_bytes(l, event, "vbe_regs", &vbe_len);
	sr = judge_bytes(l, event, "sr", &sr_len);
	if (!vbe || !sr || vbe_len < 10 || sr_len < 5) {
		note_unknown(l, defect_find(l->o->reg, l->idstr,
					    &l->t->arena));
		return 0;
	}
	if (!(vbe[9] & 1) && !((sr[2] & 0xf) == 0xf && sr[4] & 8))
		return 0;
	return crash(l, event, ev_printf(l, "%s is switched on by what was "
		"loaded, and the memory regions that it needs are looked for "
		"in the wrong structure", vbe[9] & 1 ? "VBE" :
		"the chained mode"));
}

/*
 * cirrus_post_load() of hw/display/cirrus_vga.c maps memory by pointers that
 * lie elsewhere in an ISACirrusVGAState: some loads go well, some die.
 */
static int isa_cirrus(struct load *l, const struct frame *fr, uint32_t event)
{
	const char *defect = defect_find(l->o->reg, l->idstr, &l->t->arena);

	(void)fr;
	if (defect && ev(l, event)->parent == l->section_event)
		note_unknown(l, ev_printf(l, "%s, and what its post_load makes "
			"of them is not known", defect));
	return 0;
}

/* The byte at @addr of the guest's memory, as the stream left it; -1: not told. */
static int guest_byte(const struct load *l, uint64_t addr)
{
	const struct ram *ram = l->o->ram;
	int block = ram ? ram_find_block(ram, "pc.ram") : -1;

	if (block < 0)
		return -1;
	for (size_t i = ram->nruns; i-- > 0; ) {
		const struct ram_run *r = &ram->runs[i];
		uint64_t k = (addr - r->addr) >> ram->page_bits, off;

		if (r->block != (uint32_t)block || addr < r->addr || k >= r->n)
			continue;
		off = r->off + k * r->stride;
		if (r->kind == RAM_PAGE || r->kind == RAM_MAPPED)
			off += addr & ((UINT64_C(1) << ram->page_bits) - 1);
		else if (r->kind != RAM_ZERO)
			return -1;
		return off < l->c.end ? l->c.data[off] : -1;
	}
	return -1;
}

/*
 * vapic_post_load() of hw/i386/vapic.c (kvmvapic.c until 9.x): unless the option
 * ROM was never in use it is mapped again, as large as the guest's memory says.
 */
static int vapic(struct load *l, const struct frame *fr, uint32_t event)
{
	uint64_t state_len, paddr_len, rom;
	const uint8_t *state = judge_bytes(l, event, "state", &state_len);
	const uint8_t *paddr = judge_bytes(l, event, "rom_state_paddr",
					   &paddr_len);
	const struct ram *ram = l->o->ram;
	int block = ram ? ram_find_block(ram, "pc.ram") : -1, size;

	(void)fr;
	if (!state || state_len != 4 || !paddr || paddr_len != 4 ||
	    (!be_load(state, 4) && !be_load(paddr, 4)))
		return 0;
	rom = (be_load(paddr, 4) & ~UINT64_C(511)) + 2;
	size = guest_byte(l, rom);
	if (!size || (block >= 0 && rom >= ram->blocks[block].len))
		return -1;
	if (size < 0)
		note_unjudged(l, ev_printf(l, "the option ROM's size, which the "
			"guest's memory has at 0x%" PRIx64, rom));
	return 0;
}

#define UART_LSR_TEMT 0x40	/* the transmitter is empty */

/*
 * serial_post_load() of hw/char/serial.c: a character waits to be sent again if and
 * only if the transmitter is not empty.
 */
static int serial(struct load *l, const struct frame *fr, uint32_t event)
{
	uint64_t lsr_len, retry_len;
	const uint8_t *lsr = judge_bytes(l, event, "lsr", &lsr_len), *retry;
	uint32_t sub = judge_find_sub(l, event, "serial/tsr");
	int32_t n = 0;

	(void)fr;
	retry = sub == EVENT_NONE ? NULL :
		judge_bytes(l, sub, "tsr_retry", &retry_len);
	if (!lsr || lsr_len != 1 || (sub != EVENT_NONE &&
	    (!retry || retry_len != 4)))
		return 0;
	if (retry)
		n = (int32_t)be_load(retry, 4);
	if ((n <= 0) == !!(*lsr & UART_LSR_TEMT))
		return 0;
	if (n > 0)
		say_both(l, "inconsistent state in serial device "
			 "(tsr empty, tsr_retry=%d", n);
	else
		say_both(l, "inconsistent state in serial device "
			 "(tsr not empty, tsr_retry=0");
	l->fail_why = n > 0 ?
		"a character waits to be sent again (tsr_retry), but the "
		"transmitter is empty (lsr has bit 6)" :
		"the transmitter is not empty (lsr lacks bit 6), but no "
		"character waits to be sent again (tsr_retry)";
	return -1;
}

/*
 * sd_vmstate_pre_load() of hw/sd/sd.c powers the card up, which asserts that it is not:
 * so it is only before its first use, and never on SPI from 9.x on (lm3s6965evb).  A
 * card that is not powered up says so in its own stream.
 */
static int sd_card(struct load *l, const struct frame *fr, uint32_t event)
{
	(void)event;
	if (judge_lacks_own_sub(fr, "sd-card/ocr-state"))
		note_unknown(l, "whether the destination's SD card is powered up "
			     "before the load, as it was in its own stream: "
			     "then sd_ocr_powerup() asserts that it is not, and "
			     "QEMU aborts");
	return 0;
}

/*
 * virtio_net_vnet_post_load(), virtio_net_ufo_post_load() of hw/net/virtio-net.c, 5.2
 * to 10.0: what the source's backend had, the destination's must have.  The fact that
 * its own stream told is what it has.
 */
static int backend_has(struct load *l, uint32_t event, const char *field,
		       const char *fact, const char *what)
{
	uint64_t len;
	const uint8_t *got = judge_bytes(l, event, field, &len);
	int64_t own;

	if (!got || len > 8 || !be_load(got, (unsigned)len))
		return 0;
	if (!facts_get(l->o->reference_facts, l->idstr, l->instance, fact,
		       &own)) {
		note_unjudged(l, ev_printf(l, "whether the destination's network "
					   "backend has %s", what));
		return 0;
	}
	if (own)
		return 0;
	say_both(l, "virtio-net: saved image requires %s", what);
	l->fail_why = ev_printf(l, "the source's network backend had %s, the "
				"destination's has not", what);
	return -EINVAL;
}

static int net_vnet(struct load *l, const struct frame *fr, uint32_t event)
{
	(void)fr;
	return backend_has(l, event, "has_vnet_hdr", "net-vnet-hdr",
			   "vnet_hdr=on");
}

static int net_ufo(struct load *l, const struct frame *fr, uint32_t event)
{
	(void)fr;
	return backend_has(l, event, "has_ufo", "net-ufo", "TUN_F_UFO support");
}

static const struct hook {
	const char *desc, *arch;	/* arch NULL: any */
	int (*judge)(struct load *l, const struct frame *fr, uint32_t event);
} hooks[] = {
	{ "cpu", "ppc", ppc_cpu },
	{ "cpu", NULL, arm_cpu },
	{ "spapr", NULL, spapr },
	{ "serial", NULL, serial },
	{ "sd-card", NULL, sd_card },
	{ "e1000e", NULL, e1000e },
	{ "virtio-net-vnet", NULL, net_vnet },
	{ "virtio-net-ufo", NULL, net_ufo },
	{ "globalstate", NULL, global_state },
	{ "fw_cfg/acpi_mr", NULL, acpi_mr },
	{ "vga", NULL, isa_vga },
	{ "cirrus_vga", NULL, isa_cirrus },
	{ "kvm-tpr-opt", NULL, vapic },
};

static const struct hook *find_hook(const struct load *l, const struct desc *d)
{
	const char *arch = l->o->reg->arch;

	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		if (!strcmp(hooks[i].desc, d->name) && (!hooks[i].arch ||
		    (arch && !strcmp(hooks[i].arch, arch))))
			return &hooks[i];
	}
	return NULL;
}

int judge_post_load(struct load *l, const struct frame *fr,
		    const struct desc *d, uint32_t event)
{
	const struct hook *h = find_hook(l, d);
	int ret = h ? h->judge(l, fr, event) : 0;

	return !ret && l->shadow && d->post_load_fn ?
		judge_hook(l, fr, d, event) : ret;
}

bool judge_hooked(const struct load *l, const struct desc *d)
{
	return find_hook(l, d) != NULL;
}

/*
 * Pointers of a subsection that are null unless the device is configured so
 * that it sends that subsection itself.  acpi_pm_tco_init() of hw/acpi/tco.c
 * makes the timer, ich9_pm_init() calls it if enable_tco, as the subsection's
 * needed() asks (5.2 to 10.0; 11.1 asserts in the same way).  arm_cpu_realizefn() of
 * target/arm/cpu.c makes the other if the model has FEAT_WFxT (9.1 to 10.2; 11.1 sends
 * it always).  An executable tells of more: judge_is_its_pointer().
 */
static const struct {
	const char *desc, *field, *sub;
} null_pointers[] = {
	{ "tco io device status", "tco_timer", "ich9_pm/tco" },
	{ "cpu/wfxt-timer", "wfxt_timer", "cpu/wfxt-timer" },
};

/*
 * KVM's part of target/s390x makes this buffer (kvm_arch_init_vcpu()); with TCG the loader
 * asserts as soon as there are bytes for it.
 */
static void note_irqstate(struct load *l, const struct desc *d,
			  const struct desc_field *f)
{
	const uint8_t *size;
	uint64_t len;

	if (strcmp(f->name, "irqstate") || strcmp(d->name, "cpu"))
		return;
	size = judge_bytes(l, ev(l, ev_current(l))->parent,
			   "irqstate_saved_size", &len);
	if (size && len == 4 && be_load(size, 4))
		note_unjudged(l, "without KVM 'irqstate' is a null pointer, "
			      "and QEMU's loader asserts that it is not");
}

const char *judge_pointer(struct load *l, const struct frame *fr,
			  const struct desc *d, const struct desc_field *f)
{
	const char *sub = NULL;

	for (size_t i = 0; !sub && i < sizeof(null_pointers) /
	     sizeof(null_pointers[0]); i++) {
		if (!strcmp(null_pointers[i].desc, d->name) &&
		    !strcmp(null_pointers[i].field, f->name))
			sub = null_pointers[i].sub;
	}
	if (!sub && judge_is_its_pointer(l, d, f))
		sub = d->name;
	if (sub && judge_sub_not_own(fr, sub))
		return ev_printf(l, "'%s' is a null pointer in a destination "
			"that does not have '%s' itself, and QEMU's loader "
			"asserts that it is not", f->name, sub);
	note_irqstate(l, d, f);
	return NULL;
}

/*
 * Devices whose class names the descriptor of the structure that they embed:
 * hw/display/vga-isa.c until 10.x (vmstate_vga_common over ISAVGAState), and
 * hw/display/cirrus_vga_isa.c of all releases up to 11.1.  Both are ISA
 * devices: their sections have no path in front.
 */
static const struct {
	const char *idstr, *device, *structure, *object;
	int fixed;		/* in this release */
	const char *not_with;	/* registers the same name rightly */
} wrong_objects[] = {
	{ "vga", "isa-vga of QEMU up to 10.x", "VGACommonState", "ISAVGAState",
	  1100, "vmware_vga" },
	{ "cirrus_vga", "isa-cirrus-vga", "CirrusVGAState",
	  "ISACirrusVGAState", 9999, NULL },
};

static bool has_entry(const struct registry *reg, const char *part)
{
	for (size_t i = 0; part && i < reg->nentries; i++) {
		if (strstr(reg->entries[i].idstr, part))
			return true;
	}
	return false;
}

const char *defect_find(const struct registry *reg, const char *idstr,
			struct arena *a)
{
	for (size_t i = 0; idstr && i < sizeof(wrong_objects) /
	     sizeof(wrong_objects[0]); i++) {
		if (strcmp(idstr, wrong_objects[i].idstr))
			continue;
		if (reg->release_min >= wrong_objects[i].fixed ||
		    !reg->nentries || has_entry(reg, wrong_objects[i].not_with))
			return NULL;
		return arena_printf(a, "%s loads its state over another "
				    "structure (it registers the descriptor of "
				    "%s for %s): other members are overwritten",
				    wrong_objects[i].device,
				    wrong_objects[i].structure,
				    wrong_objects[i].object);
	}
	return NULL;
}
