/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules.h - the variants of the load algorithm: how a descriptor recognises
 * its subsections changed over QEMU's life and is proposed to change again.
 */
#ifndef VMSDB_RULES_H
#define VMSDB_RULES_H

#include <stdbool.h>

#define RULES(X) \
	X(V0_13, "v0.13", "any 0x05 behind a descriptor's fields is a subsection of it") \
	X(V0_14, "v0.14", "... if the descriptor has subsections (commit eb60260, 0.14)") \
	X(CURRENT, "current", "... if the name begins with the descriptor's name (since 1.1)") \
	X(SLASH, "slash", "... and '/' follows") \
	X(SEPARATORS, "separators", "... and one of / - _ . follows") \
	X(LOOKUP_FIRST, "lookup-first", "its own subsections by name; for others as slash") \
	X(SENTINEL, "sentinel", "any; byte 0x09 ends an embedded structure")

enum rules {
#define X(id, name, help) RULES_##id,
	RULES(X)
#undef X
	RULES_COUNT
};

const char *rules_name(enum rules r);
const char *rules_help(enum rules r);
/* Returns false if there are no rules of that name. */
bool rules_parse(const char *name, enum rules *ret);

/* What the loader makes of a name behind 0x05. */
enum claim {
	CLAIM_LOAD,	/* consume and load it */
	CLAIM_SHORT,	/* too short: somebody else's; stop without error */
	CLAIM_PREFIX,	/* not ours by its name; stop without error */
	CLAIM_LOOKUP,	/* ours by its name, but there is none such: -ENOENT */
};

/*
 * @name (NUL-terminated, @len bytes on the wire) is looked at by descriptor
 * @desc; @known tells whether @desc has a subsection of that name.
 */
enum claim rules_claim(enum rules r, const char *desc, const char *name,
		       unsigned len, bool known);

/* Does a descriptor look for subsections at all? */
bool rules_looks(enum rules r, bool has_subsections);

#endif
