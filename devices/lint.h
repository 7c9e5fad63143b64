/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lint.h - what is wrong with one emulator's descriptors, before any stream.
 *
 * Each rule has a name that baselines and SARIF know it by.  Findings come by
 * descriptor, then those about names, about predicates, about types.
 */
#ifndef VMSDB_LINT_H
#define VMSDB_LINT_H

#include "desc-image.h"

/* X(enumerator, name, severity, what is wrong with it in general) */
#define LINT_RULES(X) \
	X(LINT_SUB_NAME, "subsection-name", LINT_ERROR, \
	  "a subsection's name does not begin with its parent's: the loader takes it for somebody else's and stops") \
	X(LINT_SUB_SLASH, "subsection-slash", LINT_NOTE, \
	  "no slash follows the parent's name in a subsection's: it may be mistaken for another's") \
	X(LINT_SUB_TWICE, "subsection-twice", LINT_ERROR, \
	  "two subsections of one descriptor have one name: the loader takes the first for both") \
	X(LINT_SUB_ALWAYS, "subsection-always", LINT_NOTE, \
	  "a subsection without needed() is always sent: older destinations fail") \
	X(LINT_SUB_SHADOWED, "subsection-shadowed", LINT_WARNING, \
	  "an embedded structure looks for subsections first and fails on one that is its parent's") \
	X(LINT_EMBEDDED_SUBS, "embedded-subsections", LINT_WARNING, \
	  "behind an embedded structure with subsections, data may be taken for one (first byte 0x05)") \
	X(LINT_NESTED_VERSION, "nested-version", LINT_WARNING, \
	  "the version of an embedded structure is not on the wire: it is loaded at the destination's own") \
	X(LINT_FIELD_VERSION, "field-version", LINT_ERROR, \
	  "a field newer than its descriptor is never sent or loaded") \
	X(LINT_MIN_VERSION, "minimum-version", LINT_ERROR, \
	  "the minimum version is above the version: nothing can be loaded") \
	X(LINT_SAME_NAME, "same-name", LINT_NOTE, \
	  "two descriptors with one name and different contents") \
	X(LINT_COUNT_LATE, "count-late", LINT_ERROR, \
	  "the count of a variable array is loaded after the array") \
	X(LINT_COUNT_NEVER, "count-never", LINT_NOTE, \
	  "the count of a variable array is not loaded by its descriptor: it must agree on both sides") \
	X(LINT_OUTSIDE, "predicate-outside", LINT_ERROR, \
	  "a predicate reads outside of the object that it is given") \
	X(LINT_FOREIGN, "foreign-object", LINT_ERROR, \
	  "a type registers a descriptor of another structure than its object: other members are saved, and overwritten by a load")

enum lint_severity { LINT_NOTE, LINT_WARNING, LINT_ERROR };

#define LINT_ENUM(id, name, severity, text) id,
enum lint_rule { LINT_RULES(LINT_ENUM) LINT_NRULES };
#undef LINT_ENUM

const char *lint_rule_name(enum lint_rule rule);
const char *lint_rule_text(enum lint_rule rule);
enum lint_severity lint_rule_severity(enum lint_rule rule);

struct finding {
	enum lint_rule rule;
	const struct desc *desc;
	const struct desc_field *field;	/* or NULL */
	const struct desc *other;	/* the subsection, the namesake; or NULL */
	const char *msg;	/* one line, with names and numbers */
};

/*
 * Look at all descriptors of @set.  @img, if not NULL, is the image that the
 * set is of: predicates are evaluated then.  The findings live in @a.
 */
size_t lint(const struct desc_set *set, struct desc_image *img,
	    struct arena *a, const struct finding **ret);

#endif
