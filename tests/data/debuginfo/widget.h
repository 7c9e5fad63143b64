/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types that two units share, for tests/debuginfo-check. */
#ifndef WIDGET_H
#define WIDGET_H

#define MODULE
#include "../image/vmstate.c"

typedef struct WidgetBase {
	uint64_t id;
	struct Port *port;
} WidgetBase;

enum { REG_CTRL, REG_STATUS = 3, REG_COUNT = 8 };

typedef enum WidgetMode { MODE_OFF, MODE_ON = 5 } WidgetMode;

/* The typedef and the tag differ. */
typedef struct Widget_st {
	WidgetBase parent;
	union {
		struct {
			uint16_t lo, hi;
		};
		uint32_t both;
	};
	unsigned busy : 3, ready : 5;
	uint32_t regs[REG_COUNT];
	struct Port ports[3];
	uint16_t grid[2][4];
	WidgetMode mode;
	volatile uint8_t *ram;
	int (*notify)(struct Widget_st *w);
} Widget;

#define F(type, member, i, flag, ...) { .name = #member, .info = &i, \
	.size = sizeof(((type *)0)->member), .flags = flag, \
	.offset = offsetof(type, member), __VA_ARGS__ }

extern const VMStateInfo vmstate_info_uint8, vmstate_info_uint16;

#endif
