/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose subsection is it?  Each line: who looks, what stands there, whether
 * the looker has one of that name, and what each of the rules, in their
 * order, makes of it: L load, s too short, p not its prefix, E -ENOENT.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../devices/rules.h"

static const struct {
	const char *desc, *name;
	bool known;
	const char *want;	/* v0.13 v0.14 current slash separators lookup-first sentinel */
} tests[] = {
	/* well named */
	{ "fdrive", "fdrive/media_rate", true, "LLLLLLL" },
	{ "fdrive", "fdrive/new", false, "EEEEEEE" },
	{ "cpu", "cpu/poll_control_msr", true, "LLLLLLL" },
	/* badly named, and their own all the same */
	{ "qemu-s390-flic", "qemu-s390-flic-full", true, "LLLpLLL" },
	{ "or-irq", "or-irq-extras", true, "LLLpLLL" },
	{ "spapr_iommu", "spapr_iommu_ex", true, "LLLpLLL" },
	{ "virtio-blk", "virtio-blk-inflight", true, "LLLpLLL" },
	{ "x", "xy", true, "LLLppLL" },
	/* all others of QEMU 10.2 that have no slash */
	{ "apic", "apic_sipi", true, "LLLpLLL" },
	{ "arm_gic", "arm_gic_virt_state", true, "LLLpLLL" },
	{ "vhost-user-fs", "vhost-user-fs-backend", true, "LLLpLLL" },
	{ "vga", "vga.endian", true, "LLLpLLL" },
	{ "iotkit-secctl", "iotkit-secctl-mpcintstatus", true, "LLLpLLL" },
	{ "pckbd", "pckbd_outport", true, "LLLpLLL" },
	{ "pflash_cfi01", "pflash_cfi01_blk_write", true, "LLLpLLL" },
	{ "spapr", "spapr_option_vector_ov5_cas", true, "LLLpLLL" },
	{ "spapr", "spapr_patb_entry", true, "LLLpLLL" },
	{ "spapr", "spapr_pending_events", true, "LLLpLLL" },
	{ "spapr", "spapr_irq_map", true, "LLLpLLL" },
	{ "spapr", "spapr_dtb", true, "LLLpLLL" },
	{ "spapr", "spapr_fwnmi", true, "LLLpLLL" },
	{ "ide bmdma", "ide bmdma_current", true, "LLLpLLL" },
	{ "arm.cortex-a9-global-timer", "arm.cortex-a9-global-timer.control", true, "LLLpLLL" },
	/* the same where they are not known */
	{ "qemu-s390-flic", "qemu-s390-flic-full", false, "EEEpEpE" },
	{ "or-irq", "or-irq-extras", false, "EEEpEpE" },
	{ "spapr_iommu", "spapr_iommu_ex", false, "EEEpEpE" },
	/* an embedded structure whose name begins its parent's subsection's */
	{ "virtio", "virtio-blk/inflight", false, "EEEpEpE" },
	{ "virtio", "virtio/64bit_features", true, "LLLLLLL" },
	{ "ipl/iplb", "ipl/iplb_extended", true, "LLLpLLL" },
	{ "ide_drive", "ide_drive/tray_state", true, "LLLLLLL" },
	{ "ide_bus", "ide_drive/tray_state", false, "EEppppE" },
	/* somebody else's */
	{ "ymmh_reg", "cpu/poll_control_msr", false, "EEppppE" },
	{ "fdc", "fd", false, "EEssssE" },
	{ "fdc", "fdc", false, "EEssssE" },
	{ "fdc", "fdc", true, "LLsssLL" },
	{ "fdc", "", false, "EEssssE" },
	{ "", "a", false, "EEEpppE" },
	{ "", "/a", true, "LLLLLLL" },
	/* separators */
	{ "a", "a/b", true, "LLLLLLL" },
	{ "a", "a-b", true, "LLLpLLL" },
	{ "a", "a_b", true, "LLLpLLL" },
	{ "a", "a.b", true, "LLLpLLL" },
	{ "a", "a:b", true, "LLLppLL" },
	{ "a", "a/", false, "EEEEEEE" },
	{ "a/b", "a/b/c", true, "LLLLLLL" },
	{ "a/b", "a/c", true, "LLsssLL" },
	{ "a/b", "a/cc", false, "EEppppE" },
};

static char letter(enum claim c)
{
	switch (c) {
	case CLAIM_LOAD:
		return 'L';
	case CLAIM_SHORT:
		return 's';
	case CLAIM_PREFIX:
		return 'p';
	case CLAIM_LOOKUP:
		return 'E';
	}
	return '?';
}

static void claims(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		char got[RULES_COUNT + 1] = "";

		for (int r = 0; r < RULES_COUNT; r++)
			got[r] = letter(rules_claim((enum rules)r,
				tests[i].desc, tests[i].name,
				(unsigned)strlen(tests[i].name),
				tests[i].known));
		if (strcmp(got, tests[i].want)) {
			print_error("'%s' looks at '%s'%s: %s, not %s\n",
				    tests[i].desc, tests[i].name,
				    tests[i].known ? "" : " (unknown)", got,
				    tests[i].want);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

/* The length on the wire counts, though a NUL may stand before it. */
static void nul_inside(void **state)
{
	(void)state;
	assert_int_equal(rules_claim(RULES_CURRENT, "abc", "abc", 7, false),
			 CLAIM_LOOKUP);
	assert_int_equal(rules_claim(RULES_CURRENT, "abc", "ab", 7, false),
			 CLAIM_PREFIX);
	assert_int_equal(rules_claim(RULES_SLASH, "abc", "abc", 7, false),
			 CLAIM_PREFIX);
	assert_int_equal(rules_claim(RULES_SEPARATORS, "abc", "abc", 7, false),
			 CLAIM_PREFIX);
}

static void names(void **state)
{
	enum rules got;

	(void)state;
	for (int r = 0; r < RULES_COUNT; r++) {
		assert_true(rules_parse(rules_name((enum rules)r), &got));
		assert_int_equal(got, r);
		assert_true(rules_help((enum rules)r)[0] != '\0');
		/* only v0.14 looks at whether there are any */
		assert_true(rules_looks((enum rules)r, true));
		assert_int_equal(rules_looks((enum rules)r, false),
				 r != RULES_V0_14);
	}
	assert_false(rules_parse("", &got));
	assert_false(rules_parse("Current", &got));
	assert_false(rules_parse("v0.1", &got));
}

int main(void)
{
	static const struct CMUnitTest all[] = {
		cmocka_unit_test(claims), cmocka_unit_test(nul_inside),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
