/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What post_load callbacks refuse, as far as the bytes and the destination's
 * own stream tell.  One function for each; a new one is a line in hooks[].
 */
#include <errno.h>
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
	if (judge_has_sub(l, event, "cpu/compat")) {
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

static const struct hook {
	const char *desc, *arch;
	int (*judge)(struct load *l, const struct frame *fr, uint32_t event);
} hooks[] = {
	{ "cpu", "ppc", ppc_cpu },
};

static const struct hook *find_hook(const struct load *l, const struct desc *d)
{
	const char *arch = l->o->reg->arch;

	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		if (arch && !strcmp(hooks[i].desc, d->name) &&
		    !strcmp(hooks[i].arch, arch))
			return &hooks[i];
	}
	return NULL;
}

int judge_post_load(struct load *l, const struct frame *fr,
		    const struct desc *d, uint32_t event)
{
	const struct hook *h = find_hook(l, d);

	return h ? h->judge(l, fr, event) : 0;
}

bool judge_hooked(const struct load *l, const struct desc *d)
{
	return find_hook(l, d) != NULL;
}

const char *judge_defect(const struct load *l, const char *idstr)
{
	const struct registry *reg = l->o->reg;

	if (strcmp(idstr, "vga") || reg->release_min >= 1100)
		return NULL;
	/* vmware-svga registers the same descriptor for the right structure */
	for (size_t i = 0; i < reg->nentries; i++) {
		if (strstr(reg->entries[i].idstr, "vmware_vga"))
			return NULL;
	}
	/* hw/display/vga-isa.c until 10.x: vmstate_vga_common over ISAVGAState */
	if (reg->nentries)
		return "isa-vga of QEMU up to 10.x loads its state over another "
			"structure (hw/display/vga-isa.c registers the "
			"descriptor of VGACommonState for ISAVGAState): what "
			"happens depends on stray memory, often a crash";
	return NULL;
}
