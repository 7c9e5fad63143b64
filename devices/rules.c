/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "rules.h"

const char *rules_name(enum rules r)
{
	static const char *const names[] = {
#define X(id, name, help) name,
		RULES(X)
#undef X
	};

	return names[r];
}

const char *rules_help(enum rules r)
{
	static const char *const helps[] = {
#define X(id, name, help) help,
		RULES(X)
#undef X
	};

	return helps[r];
}

bool rules_parse(const char *name, enum rules *ret)
{
	for (int r = 0; r < RULES_COUNT; r++) {
		if (!strcmp(rules_name((enum rules)r), name)) {
			*ret = (enum rules)r;
			return true;
		}
	}
	return false;
}

bool rules_looks(enum rules r, bool has_subsections)
{
	return r != RULES_V0_14 || has_subsections;
}

/* QEMU's own rule (vmstate_subsection_load()), with a test of what follows. */
static enum claim by_prefix(const char *desc, const char *name, unsigned len,
			    bool known, const char *separators)
{
	size_t n = strlen(desc);

	if (len < n + 1)
		return CLAIM_SHORT;
	if (strncmp(desc, name, n))
		return CLAIM_PREFIX;
	if (separators && (!name[n] || !strchr(separators, name[n])))
		return CLAIM_PREFIX;
	return known ? CLAIM_LOAD : CLAIM_LOOKUP;
}

enum claim rules_claim(enum rules r, const char *desc, const char *name,
		       unsigned len, bool known)
{
	switch (r) {
	case RULES_V0_13:
	case RULES_V0_14:
	case RULES_SENTINEL:
		return known ? CLAIM_LOAD : CLAIM_LOOKUP;
	case RULES_SLASH:
		return by_prefix(desc, name, len, known, "/");
	case RULES_SEPARATORS:
		return by_prefix(desc, name, len, known, "/-_.");
	case RULES_LOOKUP_FIRST:
		return known ? CLAIM_LOAD :
			by_prefix(desc, name, len, known, "/");
	case RULES_CURRENT:
	case RULES_COUNT:
		break;
	}
	return by_prefix(desc, name, len, known, NULL);
}
