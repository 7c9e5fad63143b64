/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stand-in for an emulator with types: for tests/devices-qom.c.  Laid out as
 * in 7.2; nothing of it ever runs.
 */
#define DESC 42
#define FIELD 212
#define END 0
#define main descriptors_main
#include "vmstate.c"
#undef main

typedef struct TypeInfo {
	const char *name, *parent;
	size_t instance_size, instance_align;
	void (*instance_init)(void *obj);
	void (*instance_post_init)(void *obj);
	void (*instance_finalize)(void *obj);
	bool abstract;
	size_t class_size;
	void (*class_init)(void *klass, void *data);
	void (*class_base_init)(void *klass, void *data);
	void *class_data;
	void *interfaces;
} TypeInfo;

typedef struct PropertyInfo {
	const char *name, *description;
	void *enum_table;
	void (*get)(void), (*set)(void);
} PropertyInfo;

typedef struct Property {
	const char *name;
	const PropertyInfo *info;
	ptrdiff_t offset;
	uint8_t bitnr;
	uint64_t bitmask;
	bool set_default;
	union {
		int64_t i;
		uint64_t u;
	} defval;
	int arrayoffset;
	const PropertyInfo *arrayinfo;
	int arrayfieldsize;
	const char *link_type;
} Property;

typedef struct GlobalProperty {
	const char *driver, *property, *value;
	bool used, optional;
} GlobalProperty;

typedef struct DeviceClass {
	void *type[12];
	Property *props;
	const VMStateDescription *vmsd;
	void *reset, *realize;
	uint16_t id;
	uint8_t category;
} DeviceClass;

typedef struct MachineClass {
	void *type[12];
	const char *name, *desc, *default_cpu_type;
	void *init;
	int max_cpus;
	void *compat_props;
} MachineClass;

/* another's functions: nobody defines them */
void g_ptr_array_add(void *array, void *data);
void other_things(void *a, const char *b, int c);

#define QUIET __attribute__((noinline, noipa))	/* as from another file */

void *object_class_dynamic_cast_assert(void *klass, const char *type);
void device_class_set_props(DeviceClass *dc, Property *props);
void compat_props_add(void *array, GlobalProperty *props, size_t n);

QUIET void *object_class_dynamic_cast_assert(void *klass, const char *type)
{
	other_things(klass, type, 0);
	return klass;
}

QUIET void device_class_set_props(DeviceClass *dc, Property *props)
{
	dc->props = props;
}

QUIET void compat_props_add(void *array, GlobalProperty *props, size_t n)
{
	for (size_t i = 0; i < n; i++)
		g_ptr_array_add(array, &props[i]);
}

/* as QEMU has them: their names tell how many bytes the bits are of */
const PropertyInfo qdev_prop_bit = { "bool", "on/off", NULL, NULL, NULL };
const PropertyInfo qdev_prop_bit64 = { "bool", "on/off", NULL, NULL, NULL };
const PropertyInfo qdev_prop_bool = { "bool", NULL, NULL, NULL, NULL };
const PropertyInfo qdev_prop_uint8 = { "uint8", NULL, NULL, NULL, NULL };
const PropertyInfo qdev_prop_uint16 = { "uint16", NULL, NULL, NULL, NULL };
const PropertyInfo qdev_prop_uint32 = { "uint32", NULL, NULL, NULL, NULL };
const PropertyInfo qdev_prop_uint64 = { "uint64", NULL, NULL, NULL, NULL };

struct ToyDevice {
	struct Toy toy;
	bool fast;
	uint16_t queues;
	uint32_t features;
	uint64_t more, size;
};

#define PROP(text, kind, member, number) { \
	.name = text, .info = &qdev_prop_ ## kind, \
	.offset = offsetof(struct ToyDevice, member), \
	.set_default = true, .defval.u = number }
#define BIT(text, kind, member, bit, number) { \
	.name = text, .info = &qdev_prop_ ## kind, .bitnr = bit, \
	.offset = offsetof(struct ToyDevice, member), \
	.set_default = true, .defval.u = number }

static Property toy_props[] = {
	PROP("fast", bool, fast, 1),
	PROP("queues", uint16, queues, 3),
	BIT("merge", bit, features, 5, 1),
	BIT("indirect", bit, features, 31, 0),
	BIT("packed", bit64, more, 34, 1),
	BIT("order", bit64, more, 0, 0),
	PROP("size", uint64, size, 0x100000002),
	{ .name = NULL },
};

/* predicates of what properties fill */
static bool fast_needed(void *opaque)
{
	return ((struct ToyDevice *)opaque)->fast;
}

static bool queues_needed(void *opaque)
{
	return ((struct ToyDevice *)opaque)->queues > 1;
}

static bool merge_needed(void *opaque)
{
	return ((struct ToyDevice *)opaque)->features & 1 << 5;
}

static bool indirect_needed(void *opaque)
{
	return ((struct ToyDevice *)opaque)->features >> 31;
}

static bool packed_needed(void *opaque)
{
	return ((struct ToyDevice *)opaque)->more & UINT64_C(1) << 34;
}

static bool size_needed(void *opaque)
{
	return ((struct ToyDevice *)opaque)->size > 0xffffffff;
}

#define SUB(id) \
static const VMStateDescription vmstate_ ## id = { \
	.name = "toy-device/" #id, .version_id = 1, .minimum_version_id = 1, \
	.needed = id ## _needed, \
	.fields = FIELDS { \
		{ .name = "ctrl", .info = &vmstate_info_uint32, .size = 4, \
		  .flags = VMS_SINGLE, .offset = offsetof(struct Toy, ctrl) }, \
		END_OF_LIST \
	}, \
}
SUB(fast);
SUB(queues);
SUB(merge);
SUB(indirect);
SUB(packed);
SUB(size);

static const VMStateDescription vmstate_toy_device = {
	.name = "toy-device",
	.version_id = 1,
	.minimum_version_id = 1,
	.fields = FIELDS {
		{ .name = "count", .info = &vmstate_info_uint16, .size = 2,
		  .flags = VMS_SINGLE, .offset = offsetof(struct Toy, count) },
		END_OF_LIST
	},
	.subsections = SUBS {
		&vmstate_fast, &vmstate_queues, &vmstate_merge,
		&vmstate_indirect, &vmstate_packed, &vmstate_size, NULL
	},
};

static void toy_realize(void *dev)
{
	other_things(dev, "realize", 1);
}

static void toy_class_init(void *klass, void *data)
{
	DeviceClass *dc = object_class_dynamic_cast_assert(klass, "device");

	(void)data;
	dc->vmsd = &vmstate_toy_device;
	dc->realize = (void *)toy_realize;
	dc->id = 0x1234;
	dc->category |= 8;
	device_class_set_props(dc, toy_props);
}

/* one of several, told by its data */
struct kind {
	const char *name;
	int big;
};

static const struct kind big_kind = { "big", 1 }, small_kind = { "small", 0 };

static void kind_class_init(void *klass, void *data)
{
	DeviceClass *dc = klass;
	const struct kind *k = data;

	other_things(klass, k->name, 1);
	dc->vmsd = k->big ? &vmstate_toy : &vmstate_tree;
}

static GlobalProperty compat_2[] = {
	{ "toy-device", "fast", "off", false, false },
	{ "toy-device", "queues", "1", false, false },
};
static GlobalProperty compat_1[] = {
	{ "toy-device", "merge", "off", false, false },
	{ "toy-device", "packed", "off", false, false },
	{ "toy-device", "size", "7", false, true },
};
const size_t compat_2_len = 2, compat_1_len = 3;

static void machine_init(void *m)
{
	other_things(m, "init", 2);
}

static void machine_3(void *klass, void *data)
{
	MachineClass *mc = klass;

	(void)data;
	mc->desc = "Toy 3";
	mc->default_cpu_type = "big-toy-cpu";
	mc->init = (void *)machine_init;
	mc->max_cpus = 8;
}

static QUIET void machine_2_options(MachineClass *mc)
{
	machine_3(mc, NULL);
	mc->default_cpu_type = "small-toy-cpu";
	compat_props_add(mc->compat_props, compat_2, compat_2_len);
}

static void machine_2(void *klass, void *data)
{
	(void)data;
	machine_2_options(klass);
}

static void machine_1(void *klass, void *data)
{
	MachineClass *mc = klass;

	(void)data;
	machine_2_options(mc);
	for (size_t i = 0; i < compat_1_len; i++)
		g_ptr_array_add(mc->compat_props, &compat_1[i]);
}

static const TypeInfo types[] = {
	{ .name = "device", .parent = "object", .instance_size = 160,
	  .abstract = true, .class_size = sizeof(DeviceClass) },
	{ .name = "toy-device", .parent = "device",
	  .instance_size = sizeof(struct ToyDevice),
	  .class_init = toy_class_init },
	{ .name = "toy-big", .parent = "device", .instance_size = 512,
	  .class_init = kind_class_init, .class_data = (void *)&big_kind },
	{ .name = "toy-small", .parent = "device", .instance_size = 256,
	  .class_init = kind_class_init, .class_data = (void *)&small_kind },
	{ .name = "machine", .parent = "object", .instance_size = 400,
	  .abstract = true, .class_size = sizeof(MachineClass) },
	{ .name = "toy-3.0-machine", .parent = "machine",
	  .class_init = machine_3 },
	{ .name = "toy-2.0-machine", .parent = "machine",
	  .class_init = machine_2 },
	{ .name = "toy-1.0-machine", .parent = "machine",
	  .class_init = machine_1 },
};

void type_register(const TypeInfo *info);

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		type_register(&types[i]);
	return descriptors_main(argc, argv);
}
