/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's word about a field ("set assume PATH exists|absent|count N").
 */
#include <stdio.h>
#include <string.h>

#include "load-impl.h"
#include "location.h"
#include "session.h"

static bool names_field(const char *pattern, const char *path,
			const char *of_desc)
{
	return location_glob(pattern, path) || location_glob(pattern, of_desc);
}

const struct assumption *assume_find(const struct load_opts *o,
				     const struct timeline *t, uint32_t parent,
				     const struct desc *d,
				     const struct desc_field *f, bool count)
{
	char path[2048], of_desc[512];
	size_t n;

	if (!o->nassumptions)
		return NULL;
	/* a count is asked for when the field's own event is open already */
	if (parent < t->n && t->events[parent].kind == EV_FIELD)
		parent = t->events[parent].parent;
	session_path(t, parent, path, sizeof(path) - 1);
	n = strlen(path);
	/* the section's name alone ends without a separator of fields */
	snprintf(path + n, sizeof(path) - n, "%c%s",
		 strlen(location_field_path(t, parent, of_desc,
					    sizeof(of_desc))) ? '.' : '/',
		 f->name);
	snprintf(of_desc, sizeof(of_desc), "%s:%s", d->name, f->name);
	for (size_t i = o->nassumptions; i--; ) {
		const struct assumption *a = &o->assumptions[i];

		if ((a->what == ASSUME_COUNT) == count &&
		    names_field(a->path, path, of_desc))
			return a;
	}
	return NULL;
}
