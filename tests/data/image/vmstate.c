/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stand-in for an emulator: descriptors in the layout of one release, for
 * tests/devices-image.c.  Compile with
 *	-DDESC=25|29|41|42|70|102	the release that VMStateDescription is of
 *	-DFIELD=25|212|1110		the same of VMStateField
 *	-DEND=0x...			flag of the last entry of a list
 *	-DMODULE			only what a module has
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 11.1, for 64-bit hosts only, keeps the size of the count beside its offset. */
#if FIELD == 1110 && __SIZEOF_POINTER__ == 8
struct place {
	int offset, size;
};
#define PLACE struct place
#define AT(type, member) { offsetof(type, member), \
			   sizeof(((type *)0)->member) }
#else
#define PLACE size_t
#define AT(type, member) offsetof(type, member)
#endif

typedef struct VMStateInfo VMStateInfo;
typedef struct VMStateField VMStateField;
typedef struct VMStateDescription VMStateDescription;

struct VMStateInfo {
	const char *name;
#if FIELD < 1110
	int (*get)(void *f, void *pv, size_t size, const VMStateField *field);
	int (*put)(void *f, void *pv, size_t size, const VMStateField *field);
#else
	int (*get)(void *f, void *pv, size_t size, const VMStateField *field);
	int (*put)(void *f, void *pv, size_t size, const VMStateField *field);
	bool (*load)(void *f, void *pv, size_t size, const VMStateField *field);
	bool (*save)(void *f, void *pv, size_t size, const VMStateField *field);
#endif
};

enum VMStateFlags {
	VMS_SINGLE = 0x1, VMS_POINTER = 0x2, VMS_ARRAY = 0x4, VMS_STRUCT = 0x8,
	VMS_VARRAY_INT32 = 0x10, VMS_BUFFER = 0x20,
	VMS_ARRAY_OF_POINTER = 0x40, VMS_VARRAY_UINT16 = 0x80,
	VMS_VBUFFER = 0x100, VMS_MULTIPLY = 0x200, VMS_VARRAY_UINT8 = 0x400,
	VMS_VARRAY_UINT32 = 0x800, VMS_MUST_EXIST = 0x1000,
	VMS_MULTIPLY_ELEMENTS = 0x4000, VMS_VSTRUCT = 0x8000,
	VMS_LARGEST = 0x40000000,
};

typedef enum { MIG_PRI_DEFAULT, MIG_PRI_IOMMU } MigrationPriority;

struct VMStateField {
	const char *name;
#if FIELD == 212
	const char *err_hint;
#endif
	size_t offset;
	size_t size;
#if FIELD == 1110
	PLACE size_offset;
	PLACE num_offset;
	size_t start;
	int num;
#else
	size_t start;
	int num;
	size_t num_offset;
	size_t size_offset;
#endif
	const VMStateInfo *info;
	enum VMStateFlags flags;
	const VMStateDescription *vmsd;
	int version_id;
#if FIELD != 25
	int struct_version_id;
#endif
	bool (*field_exists)(void *opaque, int version_id);
};

struct VMStateDescription {
	const char *name;
#if DESC < 70
	int unmigratable;
#else
	bool unmigratable;
	bool early_setup;
#endif
	int version_id;
	int minimum_version_id;
#if DESC < 70
	int minimum_version_id_old;
#endif
#if DESC > 25
	MigrationPriority priority;
#endif
#if DESC < 70
	int (*load_state_old)(void *f, void *opaque, int version_id);
#endif
	int (*pre_load)(void *opaque);
#if DESC >= 102
	bool (*pre_load_errp)(void *opaque, void **errp);
#endif
	int (*post_load)(void *opaque, int version_id);
#if DESC >= 102
	bool (*post_load_errp)(void *opaque, int version_id, void **errp);
#endif
	int (*pre_save)(void *opaque);
#if DESC >= 102
	bool (*pre_save_errp)(void *opaque, void **errp);
#endif
#if DESC >= 41
	int (*post_save)(void *opaque);
#endif
	bool (*needed)(void *opaque);
#if DESC >= 42
	bool (*dev_unplug_pending)(void *opaque);
#endif
	const VMStateField *fields;
	const VMStateDescription *const *subsections;
};

#define END_OF_LIST { .flags = END }
#define FIELDS (const VMStateField[])
#define SUBS (const VMStateDescription *const [])

struct Port {
	uint32_t irq;
	uint8_t level;
};

struct Toy {
	uint32_t ctrl;
	uint16_t count;
	uint8_t mode, flags;
	int32_t len;
	uint32_t regs[16];
	uint8_t buf[64];
	struct Port ports[2];
	uint32_t late;
};

#ifndef MODULE

static int get(void *f, void *pv, size_t size, const VMStateField *field)
{
	return f == pv && size == field->size;
}

#define INFO(id, text) const VMStateInfo id = { .name = text, .get = get, .put = get }
INFO(vmstate_info_uint8, "uint8");
INFO(vmstate_info_uint16, "uint16");
INFO(vmstate_info_uint32, "uint32");
INFO(vmstate_info_int32, "int32");
INFO(vmstate_info_buffer, "buffer");
static INFO(vmstate_info_gtree, "gtree");

static bool toy_is_new(void *opaque, int version_id)
{
	return version_id > 2 && ((struct Toy *)opaque)->late;
}

static bool toy_late_needed(void *opaque)
{
	return ((struct Toy *)opaque)->late != 0;
}

static bool toy_mode_needed(void *opaque)
{
	return ((struct Toy *)opaque)->mode == 3;
}

static int toy_post_load(void *opaque, int version_id)
{
	return opaque && version_id ? 0 : -1;
}

static int toy_pre_save(void *opaque)
{
	((struct Toy *)opaque)->mode++;
	return 0;
}

static const VMStateDescription vmstate_port = {
	.name = "toy/port",
	.version_id = 2,
	.minimum_version_id = 1,
	.fields = FIELDS {
		{ .name = "irq", .info = &vmstate_info_uint32, .size = 4,
		  .flags = VMS_SINGLE, .offset = offsetof(struct Port, irq) },
		{ .name = "level", .info = &vmstate_info_uint8, .size = 1,
		  .flags = VMS_SINGLE, .offset = offsetof(struct Port, level),
		  .version_id = 2 },
		END_OF_LIST
	},
};

static const VMStateDescription vmstate_toy_late = {
	.name = "toy/late",
	.version_id = 1,
	.minimum_version_id = 1,
	.needed = toy_late_needed,
	.fields = FIELDS {
		{ .name = "late", .info = &vmstate_info_uint32, .size = 4,
		  .flags = VMS_SINGLE, .offset = offsetof(struct Toy, late) },
		END_OF_LIST
	},
};

static const VMStateDescription vmstate_toy_mode = {
	.name = "toy/mode",
	.version_id = 1,
	.minimum_version_id = 1,
	.needed = toy_mode_needed,
	.fields = FIELDS {
		{ .name = "mode", .info = &vmstate_info_uint8, .size = 1,
		  .flags = VMS_SINGLE, .offset = offsetof(struct Toy, mode) },
		END_OF_LIST
	},
};

static const VMStateDescription vmstate_toy_empty = {
	.name = "toy/empty",
	.version_id = 1,
	.needed = toy_mode_needed,
	.fields = FIELDS { END_OF_LIST },
};

const VMStateDescription vmstate_toy = {
	.name = "toy",
	.version_id = 20061113,
	.minimum_version_id = 2,
	.post_load = toy_post_load,
	.pre_save = toy_pre_save,
	.fields = FIELDS {
		{ .name = "ctrl", .info = &vmstate_info_uint32, .size = 4,
		  .flags = VMS_SINGLE, .offset = offsetof(struct Toy, ctrl) },
		{ .name = "count", .info = &vmstate_info_uint16, .size = 2,
		  .flags = VMS_SINGLE, .offset = offsetof(struct Toy, count) },
		{ .name = "flags", .info = &vmstate_info_uint8, .size = 1,
		  .flags = VMS_SINGLE, .offset = offsetof(struct Toy, flags) },
		{ .name = "len", .info = &vmstate_info_int32, .size = 4,
		  .flags = VMS_SINGLE, .offset = offsetof(struct Toy, len) },
		{ .name = "regs", .info = &vmstate_info_uint32, .size = 4,
		  .num = 16, .flags = VMS_ARRAY,
		  .offset = offsetof(struct Toy, regs) },
		{ .name = "regs", .info = &vmstate_info_uint32, .size = 4,
		  .flags = VMS_VARRAY_UINT16, .version_id = 3,
		  .num_offset = AT(struct Toy, count),
		  .offset = offsetof(struct Toy, regs) },
		{ .name = "regs", .info = &vmstate_info_uint32, .size = 4,
		  .num = 2, .flags = VMS_VARRAY_UINT8 | VMS_MULTIPLY_ELEMENTS,
		  .num_offset = AT(struct Toy, flags),
		  .offset = offsetof(struct Toy, regs) },
		{ .name = "buf", .info = &vmstate_info_buffer,
		  .flags = VMS_VBUFFER | VMS_MULTIPLY, .size = 4,
		  .size_offset = AT(struct Toy, len),
		  .offset = offsetof(struct Toy, buf) },
		{ .name = "buf", .info = &vmstate_info_buffer,
		  .flags = VMS_VBUFFER,
		  .size_offset = AT(struct Toy, len),
		  .offset = offsetof(struct Toy, buf) },
		{ .name = "buf", .info = &vmstate_info_buffer, .start = 16,
		  .flags = VMS_BUFFER, .size = 48,
		  .offset = offsetof(struct Toy, buf) + 16,
		  .field_exists = toy_is_new },
		{ .name = "ports", .vmsd = &vmstate_port,
		  .size = sizeof(struct Port), .num = 2,
		  .flags = VMS_STRUCT | VMS_ARRAY,
		  .offset = offsetof(struct Toy, ports) },
		{ .name = "valid", .flags = VMS_ARRAY | VMS_MUST_EXIST,
		  .field_exists = toy_is_new },
		END_OF_LIST
	},
	.subsections = SUBS {
		&vmstate_toy_late, &vmstate_toy_mode, &vmstate_toy_empty, NULL
	},
};

static const VMStateDescription vmstate_pair[2] = {
	{
		.name = "value",
		.version_id = 1,
		.fields = FIELDS {
			{ .name = "irq", .info = &vmstate_info_uint32,
			  .size = 4, .flags = VMS_SINGLE,
			  .offset = offsetof(struct Port, irq) },
			END_OF_LIST
		},
	}, {
		.name = "key",
		.version_id = 1,
		.fields = FIELDS {
			{ .name = "level", .info = &vmstate_info_uint8,
			  .size = 1, .flags = VMS_SINGLE,
			  .offset = offsetof(struct Port, level) },
			END_OF_LIST
		},
	},
};

static const VMStateDescription vmstate_tree = {
	.name = "tree",
	.version_id = 1,
	.fields = FIELDS {
		{ .name = "root", .info = &vmstate_info_gtree,
		  .vmsd = vmstate_pair, .start = 8, .size = 8, .offset = 8 },
		END_OF_LIST
	},
};

/* eepro100: no name before run time */
static VMStateDescription vmstate_nameless = {
	.version_id = 3,
	.minimum_version_id = 2,
	.fields = FIELDS {
		{ .name = "len", .info = &vmstate_info_int32, .size = 4,
		  .flags = VMS_SINGLE, .offset = offsetof(struct Toy, len) },
		END_OF_LIST
	},
};

static const VMStateDescription vmstate_stuck __attribute__((aligned(32))) = {
	.name = "stuck",
	.unmigratable = 1,
};

/* Things that look like descriptors, and are none. */
static const struct option {
	const char *name;
	int type;
	const char *help, *def;
} options[] = {
	{ "power-control", 1, NULL, NULL },
	{ "cpu-pm", 1, NULL, NULL },
	{ "pretty", 1, NULL, NULL },
	{ NULL, 0, NULL, NULL },
};

const void *volatile keep[] = {
	&vmstate_toy, &vmstate_tree, &vmstate_nameless, &vmstate_stuck, options,
};

const char stamp[] = "qemu_stamp_0123456789abcdef";

int main(int argc, char **argv)
{
	(void)argv;
	vmstate_nameless.name = (const char *)keep[argc & 3];
	return keep[argc & 3] == stamp;
}

#else

extern const VMStateInfo vmstate_info_uint32;
extern const VMStateDescription vmstate_toy;

static const VMStateDescription vmstate_extra = {
	.name = "extra",
	.version_id = 1,
	.minimum_version_id = 1,
	.fields = FIELDS {
		{ .name = "ctrl", .info = &vmstate_info_uint32, .size = 4,
		  .flags = VMS_SINGLE, .offset = offsetof(struct Toy, ctrl) },
		{ .name = "toy", .vmsd = &vmstate_toy,
		  .size = sizeof(struct Toy), .flags = VMS_STRUCT,
		  .offset = 64 },
		END_OF_LIST
	},
};

const void *volatile keep_extra[] = { &vmstate_extra };

void STAMP(void);

void STAMP(void)
{
}

#endif
