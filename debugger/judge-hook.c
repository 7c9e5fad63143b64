/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the destination's own post_load() says to what was loaded: its machine code,
 * out of the destination's executable, run on paper.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "load-desc.h"

#define MAX_SHOWN 4

static const char *field_at(const struct desc *d, int64_t offset)
{
	for (size_t i = 0; i < d->nfields; i++) {
		if ((int64_t)d->fields[i].offset == offset)
			return d->fields[i].name;
	}
	return NULL;
}

/* " for read_pos = 0x20": what it has looked at. */
static const char *looked_at(struct load *l, const struct frame *fr,
			     const struct predicate_trace *why)
{
	const char *text = "";

	for (unsigned i = 0; i < why->nreads && i < MAX_SHOWN; i++) {
		const struct predicate_read *r = &why->reads[i];
		const char *name = field_at(fr->d, r->offset);

		if (!r->known || r->outside)
			continue;
		if (!name)
			name = ev_printf(l, "+0x%" PRIx64, (uint64_t)r->offset);
		text = ev_printf(l, "%s%s%s = 0x%" PRIx64, text,
				 *text ? ", " : " for ", name, r->value);
	}
	return text;
}

bool judge_is_its_pointer(const struct load *l, const struct desc *d,
			  const struct desc_field *f)
{
	return l->shadow && d->needed_fn && f->flags & VMS_POINTER &&
		has_layout(l, f) &&
		shadow_asks_pointer(l->shadow, d->needed_fn, f->offset);
}

int judge_hook(struct load *l, const struct frame *fr, const struct desc *d,
	       uint32_t event)
{
	struct predicate_trace why;
	const char *name = d->post_load_name ? d->post_load_name : "post_load";
	enum hook_end end;
	int ret = 0;

	end = shadow_hook(l->shadow, fr->at, d->post_load_fn,
			  d->post_load_errp, fr->version, &why, &ret);
	if (end == HOOK_UNKNOWN)
		return 0;
	if (end == HOOK_ABORTS)
		return crash(l, event, ev_printf(l, "an assertion of %s() "
			"fails%s", name, looked_at(l, fr, &why)));
	if (d->post_load_errp)
		ret = ret ? 0 : -EINVAL;
	if (ret >= 0)
		return 0;
	l->fail_why = ev_printf(l, "%s() answers %d%s%s%s%s", name, ret,
		looked_at(l, fr, &why), why.said[0] ? ": " : "", why.said,
		why.said_more ? " (and says something that is not known)" : "");
	if (d->post_load_errp && why.said[0])
		chain(l, "%s", why.said);
	else if (why.said[0])
		say_both(l, "%s", why.said);
	return ret;
}
