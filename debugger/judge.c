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
 * cpu_post_load() of target/arm/machine.c: registers that are constant for
 * the model must be equal; which ones are is not on the wire.
 */
static int arm_cpu(struct load *l, const struct frame *fr, uint32_t event)
{
	const char *name = "cpreg_vmstate_values";
	uint64_t len, seen_len;
	const uint8_t *got = judge_bytes(l, event, name, &len);
	const uint8_t *seen = judge_seen(l, fr, name, &seen_len);

	if (got && seen && (len != seen_len || memcmp(got, seen, len)))
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

static const struct hook {
	const char *desc, *arch;	/* arch NULL: any */
	int (*judge)(struct load *l, const struct frame *fr, uint32_t event);
} hooks[] = {
	{ "cpu", "ppc", ppc_cpu },
	{ "cpu", NULL, arm_cpu },
	{ "spapr", NULL, spapr },
	{ "e1000e", NULL, e1000e },
	{ "globalstate", NULL, global_state },
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
