/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shapes of fields whose descriptors no dump lists: how many elements a fixed
 * array has, how long a buffer is, what a structure is made of.  Read off the
 * device descriptions that QEMU 5.2, 7.2, 10.0 and 11.1 of Debian write; only
 * what is the same in all of them stands here.
 */
#include <string.h>

#include "known.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static const struct known_shape shapes[] = {
	{ "apic", "icr", -1, NULL, 2, 0, NULL },
	{ "apic", "irr", -1, NULL, 8, 0, NULL },
	{ "apic", "isr", -1, NULL, 8, 0, NULL },
	{ "apic", "lvt", -1, NULL, 6, 0, NULL },
	{ "apic", "tmr", -1, NULL, 8, 0, NULL },
	{ "cpu", "env.aregs", -1, NULL, 16, 0, NULL },
	{ "cpu", "env.cregs", -1, NULL, 16, 0, NULL },
	{ "cpu", "env.crf", -1, NULL, 8, 0, NULL },
	{ "cpu", "env.dr", -1, NULL, 8, 0, NULL },
	{ "cpu", "env.fpregs", -1, NULL, 8, 0, "fpreg" },
	{ "cpu", "env.gdt", -1, NULL, 1, 0, "segment" },
	{ "cpu", "env.gpr", -1, NULL, 32, 0, NULL },
	{ "cpu", "env.idt", -1, NULL, 1, 0, "segment" },
	{ "cpu", "env.ldt", -1, NULL, 1, 0, "segment" },
	{ "cpu", "env.mce_banks", -1, NULL, 40, 0, NULL },
	{ "cpu", "env.mtrr_fixed", -1, NULL, 11, 0, NULL },
	{ "cpu", "env.mtrr_var", -1, NULL, 8, 0, "mtrr_var" },
	{ "cpu", "env.regs", -1, NULL, 16, 0, NULL },
	{ "cpu", "env.segs", -1, NULL, 6, 0, "segment" },
	{ "cpu", "env.spr", -1, NULL, 1024, 0, NULL },
	{ "cpu", "env.tr", -1, NULL, 1, 0, "segment" },
	{ "cpu", "env.xmm_regs", 0, NULL, 16, 0, "xmm_reg" },
	{ "cpu", "env.xmm_regs", 1, NULL, 16, 0, "ymmh_reg" },
	{ "cpu", "unused", -1, NULL, 1, 8, NULL },
	{ "cpu", "unused", 0, NULL, 1, 8, NULL },
	{ "cpu", "unused", 1, NULL, 1, 8, NULL },
	{ "cpu/altivec", "env.vsr", -1, NULL, 32, 0, NULL },
	{ "cpu/bhrb", "env.bhrb", -1, NULL, 32, 0, NULL },
	{ "cpu/fpu", "env.vsr", -1, NULL, 32, 0, NULL },
	{ "cpu/slb", "env.slb", -1, NULL, 64, 0, NULL },
	{ "cpu/vsx", "env.vsr", -1, NULL, 32, 0, NULL },
	{ "fpreg", "tmp", -1, NULL, 1, 0, "fpreg_tmp" },
	{ "globalstate", "unused", -1, NULL, 1, 66, NULL },
	{ "hpet", "timer", -1, NULL, 0, 0, "hpet_timer" },
	{ "i82559er", "conf.macaddr", -1, NULL, 1, 6, NULL },
	{ "i82559er", "configuration", -1, NULL, 1, 22, NULL },
	{ "i82559er", "dev", -1, NULL, 1, 0, "PCIDevice" },
	{ "i82559er", "mdimem", -1, NULL, 32, 0, NULL },
	{ "i82559er", "mem", -1, NULL, 1, 4096, NULL },
	{ "i82559er", "mult", -1, NULL, 1, 8, NULL },
	{ "i82559er", "unused", 0, NULL, 1, 32, NULL },
	{ "i82559er", "unused", 1, NULL, 1, 12, NULL },
	{ "i82559er", "unused", 2, NULL, 1, 76, NULL },
	{ "isa-ide", "bus", -1, NULL, 1, 0, "ide_bus" },
	{ "isa-ide", "bus.ifs", -1, NULL, 2, 0, "ide_drive" },
	{ "s390_css", "css", -1, NULL, 256, 0, "s390_css_img" },
	{ "s390_css_img", "chpids", -1, NULL, 256, 0, "s390_chp_info" },
	{ "spapr", "tb", -1, NULL, 1, 0, "timebase" },
	{ "spapr_option_vector_ov5_cas", "ov5_cas", -1,
	  NULL, 1, 0, "spapr_option_vector" },
	{ "timer", "unused", -1, NULL, 1, 8, NULL },
};

const struct known_shape *known_shape(const char *arch, const char *desc,
				      const char *field, int dup)
{
	const struct known_shape *found = NULL;
	size_t lo = 0, hi = N_OF(shapes);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(shapes[mid].desc, desc) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < N_OF(shapes) && !strcmp(shapes[lo].desc, desc); lo++) {
		const struct known_shape *s = &shapes[lo];

		if (strcmp(s->field, field) || s->dup != dup ||
		    (s->arch && arch && strcmp(s->arch, arch)))
			continue;
		if (found)
			return NULL;	/* differs between architectures */
		found = s;
	}
	return found;
}
