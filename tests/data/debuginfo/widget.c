/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef STAMP
#define STAMP widget_stamp
#endif
#define keep_extra widget_keep
#include "widget.h"

static int widget_post_load(void *opaque, int version_id)
{
	Widget *w = opaque;

	return w->mode == MODE_ON && w->ready && version_id;
}

static const VMStateDescription vmstate_widget_sub = {
	.name = "widget/sub",
	.version_id = 1,
	.fields = FIELDS {
		F(Widget, parent.id, vmstate_info_uint32, VMS_SINGLE),
		END_OF_LIST
	},
};

__attribute__((used))
const VMStateDescription vmstate_widget = {
	.name = "widget",
	.version_id = 3,
	.minimum_version_id = 2,
	.post_load = widget_post_load,
	.fields = FIELDS {
		F(Widget, parent.id, vmstate_info_uint32, VMS_SINGLE),
		F(Widget, lo, vmstate_info_uint16, VMS_SINGLE),
		F(Widget, regs[REG_STATUS], vmstate_info_uint32, VMS_SINGLE),
		F(Widget, ports[1].level, vmstate_info_uint8, VMS_SINGLE),
		F(Widget, grid[1][2], vmstate_info_uint16, VMS_SINGLE),
		F(Widget, mode, vmstate_info_uint32, VMS_SINGLE),
		F(Widget, ram, vmstate_info_uint8, VMS_SINGLE),
		END_OF_LIST
	},
	.subsections = SUBS { &vmstate_widget_sub, NULL },
};
