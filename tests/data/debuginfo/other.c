/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same tag for another structure. */
#define STAMP other_stamp
#define keep_extra other_keep
#define Widget_st Widget_other
#define Widget WidgetOther
#include "widget.h"
#undef Widget_st

struct Widget_st {
	uint8_t pad[12];
	uint32_t both;
	uint64_t mode;
};

static int other_post_load(void *opaque, int version_id)
{
	struct Widget_st *w = opaque;

	return w->both == 1 && version_id;
}

__attribute__((used))
const VMStateDescription vmstate_other = {
	.name = "other",
	.version_id = 1,
	.post_load = other_post_load,
	.fields = FIELDS {
		F(struct Widget_st, both, vmstate_info_uint32, VMS_SINGLE),
		F(struct Widget_st, mode, vmstate_info_uint32, VMS_SINGLE),
		END_OF_LIST
	},
};
