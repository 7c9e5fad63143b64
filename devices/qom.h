/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qom.h - the types of an emulator, out of its executable: their properties,
 * the descriptors that they register, and what each machine type sets for the
 * sake of older releases.
 *
 * TypeInfos are found by their shape.  What a type's class_init() does is
 * learned by walking through its machine code (predicate.h): where it puts a
 * descriptor or a table of properties into its class, and which
 * GlobalProperty (hw_compat_7_2, ...) a machine type adds to its compat_props.
 * Of a host whose code is not known (predicate_supported()) nothing is told.
 *
 * The files are untrusted: every list has a bound, and nothing is executed.
 */
#ifndef VMSDB_QOM_H
#define VMSDB_QOM_H

#include "desc-image.h"
#include "predicate.h"

/* One GlobalProperty. */
struct global {
	const char *driver, *property, *value;
	uint64_t addr;
	const char *array;	/* the symbol of its array; NULL: stripped */
};

/* One Property of a type's own table. */
struct qom_prop {
	const char *name;
	const char *type;	/* its PropertyInfo's name: "bool", "uint32" ... */
	int64_t offset;		/* in the object */
	unsigned size;		/* bytes there (of all bits); 0: not known */
	int bit;		/* -1: not a single bit */
	bool has_default;
	uint64_t value;		/* if so */
	uint64_t info;		/* address of its PropertyInfo */
};

struct qom_type {
	const char *name, *parent;
	const struct qom_type *up;	/* NULL: its parent is no static type */
	uint64_t class_init, class_data, instance_init;
	uint64_t size;		/* of an instance; 0: its parent's */
	bool abstract;
	bool walked;		/* the lists below are complete */
	const struct qom_prop *props;
	size_t nprops;
	/* Descriptors of the whole object that its class_init registers. */
	const struct desc *const *descs;
	size_t ndescs;
	/* Of a proxy (virtio-net-pci): the type of its only child, or NULL. */
	const char *child;
	const char *cpu;	/* of a machine: the CPU that its class_init names */
};

struct qom_machine {
	const char *name;	/* "pc-q35-7.2" */
	bool complete;		/* no more than these */
	const char *cpu;	/* default_cpu_type, or NULL: not known */
	const struct global *const *globals;	/* as they are applied */
	size_t nglobals;
};

struct qom;

/*
 * All types of @img, which has to outlive the result.  Answers -1 where its
 * code cannot be walked, or the shape of its types cannot be told.
 */
int qom_open(struct qom **ret, struct desc_image *img, struct err *err);
void qom_close(struct qom *q);

/* All descriptors of the image. */
const struct desc_set *qom_set(const struct qom *q);
/* The executable itself. */
const struct elf_file *qom_file(const struct qom *q);

size_t qom_ntypes(const struct qom *q);
const struct qom_type *qom_type(const struct qom *q, size_t i);
const struct qom_type *qom_find(const struct qom *q, const char *name);
bool qom_is_a(const struct qom_type *t, const char *ancestor);

/* Machine types in the order of their names, without "-machine". */
size_t qom_nmachines(const struct qom *q);
const struct qom_machine *qom_machine(const struct qom *q, size_t i);
const struct qom_machine *qom_machine_find(const struct qom *q,
					   const char *name);

/* The property @name of @t or of a type that it is one of; NULL. */
const struct qom_prop *qom_prop_find(const struct qom_type *t,
				     const char *name);

/*
 * The descriptors that a class of type @t has: its own, or those of the nearest
 * type that it is one of.  @known, if not NULL: no other class_init() in
 * between was left unfollowed.
 */
size_t qom_descs(const struct qom_type *t, const struct desc *const **ret,
		 bool *known);

/*
 * A descriptor that @t registers for its whole object and that describes a
 * structure of another size (isa-vga until 10.0: VGACommonState for
 * ISAVGAState), so that its fields are read from, and written to, other
 * members than they mean.  That is certain where other descriptors embed it
 * and @t's object is none that begins with such a structure.
 */
struct qom_foreign {
	const struct qom_type *type;
	const struct desc *desc;
	uint64_t size;		/* of the structure that it describes */
};

size_t qom_foreign(const struct qom *q, struct arena *a,
		   const struct qom_foreign **ret);

/*
 * What @m sets @name of @t to, the last one that applies; NULL: nothing.
 * @proxy, if not NULL, is the proxy that @t is the child of.
 */
const struct global *qom_set_by(const struct qom_machine *m,
				const struct qom_type *t,
				const struct qom_type *proxy,
				const char *name);

/* @value as a number of @p's type; false where it is none that we can tell. */
bool qom_parse(const struct qom_prop *p, const char *value, uint64_t *ret);

/*
 * The bytes of the object that properties fill on machine @m (NULL: the
 * defaults), for predicate_eval(): struct qom_object is its ctx.
 */
struct qom_object {
	const struct qom_type *type, *proxy;
	const struct qom_machine *machine;
	int64_t base;		/* of the part that the predicate is given */
	bool big_endian;	/* set by qom_ask() */
	/* Properties that were looked at by the last question. */
	const struct qom_prop *seen[8];
	unsigned nseen;
};

void qom_object_read(void *ctx, int64_t offset, size_t n, uint8_t *out,
		     uint8_t *known);

/* What the predicate at @fn answers to @o. */
enum tri qom_ask(const struct qom *q, struct qom_object *o, uint64_t fn,
		 int version, struct predicate_trace *why);

#endif
