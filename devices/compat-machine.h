/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compat-machine.h - the same comparison for one machine type that two
 * emulators have: conditions that look at properties are answered with what
 * the machine type sets on either side.
 *
 * A property's value is the one that the device is made with.  That the device
 * itself changes it later is not seen, and said by nobody.
 */
#ifndef VMSDB_COMPAT_MACHINE_H
#define VMSDB_COMPAT_MACHINE_H

#include "compat.h"
#include "qom.h"

/* A condition of one device's descriptors, and what each side answers. */
struct compat_condition {
	const char *desc, *name;	/* of the field, or of the subsection */
	bool subsection;
	bool has[2];		/* old, new */
	const char *fn[2];	/* the predicate's symbol, or NULL */
	enum tri told[2];
	const char *because[2];	/* "x-foo = off (hw_compat_5_2)"; "" */
};

struct compat_device {
	const char *type;	/* "virtio-net-device" */
	const char *proxy;	/* "virtio-net-pci", or NULL */
	struct compat_answer forward, backward;
	const struct compat_condition *conditions;
	size_t nconditions;
};

/* X(enumerator, name, what it means) */
#define PROP_FINDINGS(X) \
	X(PROP_KEPT, "kept", "new, and the machine type sets it as it was before") \
	X(PROP_DEFAULT, "new-default", "new, and no machine type sets it") \
	X(PROP_GONE, "gone", "the new emulator has none of that name") \
	X(PROP_UNKNOWN, "unknown", "a value is not known") \
	X(PROP_DIFFERS, "differs", "the two sides have different values") \
	X(PROP_FEATURE, "new-feature", "a feature that the old does not know is on: a guest that takes it up cannot go back") \
	X(PROP_ARRAY, "wrong-array", "new, and only other machine types set it though the old emulator has none: in the wrong array, unless the old does what the default does")

#define PROP_ENUM(id, name, text) id,
enum prop_finding { PROP_FINDINGS(PROP_ENUM) PROP_NFINDINGS };
#undef PROP_ENUM

const char *prop_finding_name(enum prop_finding f);
const char *prop_finding_text(enum prop_finding f);

struct compat_prop {
	enum prop_finding finding;
	const char *type, *name;
	size_t ntypes;		/* types that are alike in this */
	/* Old, new: "off (hw_compat_5_2)", "1 (default)", "" it has none. */
	const char *value[2];
	const char *elsewhere;	/* PROP_ARRAY: the array that has it, and for whom */
	bool looked_at;		/* a condition looks at it */
};

/*
 * What stands between the two and is no matter of one descriptor's layout: a
 * type that registers a section of another name, or a descriptor that is not
 * of its object; another default CPU; a command that the old does not know.
 */
struct compat_finding {
	const char *about;	/* "section", "object", "cpu", "command", "values" */
	const char *section;	/* its name on the wire; NULL: of the stream */
	const char *type;	/* the QOM type, or the property */
	struct compat_answer forward, backward;
};

/* What cannot be seen in two executables, whatever the machine type. */
struct compat_limit {
	const char *about, *text;
};

const struct compat_limit *compat_limits(size_t *n);

struct compat_machine {
	const char *name;
	const struct compat_finding *findings;
	size_t nfindings;
	const struct qom_machine *sides[2];
	/* Of the pair of this number: one for each type that differs. */
	const struct compat_device *const *devices;
	const size_t *ndevices;
	const struct compat_prop *props;
	size_t nprops;
	bool cut;		/* there were more than can be looked at */
};

/*
 * Look at @pairs (of compat()) once more on machine type @name, and make their
 * answers the worst of their types'.  Answers -1 if a side has no such machine.
 */
int compat_machine(struct compat_machine *ret, struct arena *a,
		   const struct qom *older, const struct qom *newer,
		   const char *name, struct compat_pair *pairs, size_t npairs,
		   struct err *err);

#endif
