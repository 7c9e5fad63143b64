/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "desc-known.h"

#define MAX_DEPTH 8

struct make {
	struct arena *a;
	const char *arch;
	int release_min, release_max;
};

static const struct desc *from_known(struct make *m,
				     const struct known_desc *k, int depth);

static void known_field_to(struct desc_field *f, const struct known_field *k)
{
	*f = (struct desc_field){
		.name = k->name, .dup = -1, .type = k->type,
		.version = k->version, .num = 1,
		.exists = k->predicate || k->validate ? EXISTS_PREDICATE :
			EXISTS_BY_VERSION,
		.from_type = k->type ? DESC_FROM_KNOWN : DESC_FROM_NOBODY,
		.from_exists = DESC_FROM_KNOWN,
		.from_version = DESC_FROM_KNOWN,
	};
	if (k->type && !strcmp(k->type, "struct"))
		f->flags |= VMS_STRUCT;
	if (k->type && !strcmp(k->type, "vstruct"))
		f->flags |= VMS_VSTRUCT;
	if (k->validate) {
		f->flags |= VMS_MUST_EXIST | VMS_ARRAY;
		f->num = 0;
		f->from_num = DESC_FROM_KNOWN;
	}
}

static const struct known_desc *any_version(const struct make *m,
					    const char *name);

/* Arrays of pointers among them: null elements are one byte '0'. */
static bool is_pointer_array(const char *desc, const char *field)
{
	return !strcmp(desc, "s390_css") && !strcmp(field, "css");
}

/* migration/global_state.c: the buffer shrank when fields were put behind it */
static uint64_t buffer_size(const struct known_desc *k, const char *field)
{
	if (strcmp(k->name, "globalstate"))
		return 0;
	if (!strcmp(field, "unused"))
		return 66;
	return strcmp(field, "runstate") ? 0 : k->nfields == 2 ? 100 : 32;
}

/* Lengths and nested descriptors; call once names are numbered. */
static void add_shape(struct make *m, const char *desc, struct desc_field *f,
		      int depth)
{
	const struct known_shape *s = known_shape(m->arch, desc, f->name,
						  f->dup);
	const struct known_desc *k;

	if (!s)
		return;
	if (s->num > 1) {
		f->num = s->num;
		f->from_num = DESC_FROM_KNOWN;
		f->flags |= VMS_ARRAY;
	}
	if (s->size) {
		f->size = (uint64_t)s->size;
		f->from_size = DESC_FROM_KNOWN;
	}
	k = s->nested && depth < MAX_DEPTH ? any_version(m, s->nested) : NULL;
	if (k) {
		f->desc = from_known(m, k, depth + 1);
		f->from_desc = DESC_FROM_KNOWN;
	}
}

/* The newest version of a subsection that these releases can have. */
static const struct known_desc *any_version(const struct make *m,
					    const char *name)
{
	static const int releases[] = { 1000, 702, 502 };

	for (int32_t v = 64; v >= 0; v--) {
		const struct known_desc *k =
			known_desc_on(m->arch, name, v, m->release_min,
				      m->release_max);

		/* told apart by the release only: the newest possible */
		for (size_t i = 0; !k && i < 3; i++) {
			if (releases[i] <= m->release_max &&
			    (releases[i] >= m->release_min || i == 0))
				k = known_desc_on(m->arch, name, v, releases[i],
						  releases[i]);
		}
		if (k)
			return k;
	}
	return NULL;
}

static void add_subs(struct make *m, struct desc *d,
		     const struct known_desc *k, int depth)
{
	const struct desc **subs;
	size_t n = 0, told = 0;

	while (k->subs && k->subs[told])
		told++;
	subs = arena_calloc(m->a, told + 1, sizeof(*subs));
	for (size_t i = 0; i < told; i++) {
		const struct known_desc *s = any_version(m, k->subs[i]);

		if (s && depth < MAX_DEPTH)
			subs[n++] = from_known(m, s, depth + 1);
	}
	d->subs = subs;
	d->nsubs = n;
	d->all_subs = n == told;
}

static const struct desc *from_known(struct make *m,
				     const struct known_desc *k, int depth)
{
	struct desc *d = arena_alloc(m->a, sizeof(*d));
	struct desc_field *f = arena_calloc(m->a, k->nfields + 1, sizeof(*f));

	for (size_t i = 0; i < k->nfields; i++)
		known_field_to(&f[i], &k->fields[i]);
	desc_number_names(f, k->nfields);
	for (size_t i = 0; i < k->nfields; i++) {
		add_shape(m, k->name, &f[i], depth);
		if (is_pointer_array(k->name, f[i].name))
			f[i].flags |= VMS_ARRAY_OF_POINTER;
		if (buffer_size(k, f[i].name)) {
			f[i].size = buffer_size(k, f[i].name);
			f[i].from_size = DESC_FROM_KNOWN;
		}
	}
	d->name = k->name;
	d->version = k->version;
	d->min_version = k->min_version;
	d->fields = f;
	d->nfields = k->nfields;
	d->all_fields = true;
	d->from = d->from_version = d->from_min = DESC_FROM_KNOWN;
	add_subs(m, d, k, depth);
	return d;
}

const struct desc *desc_from_known(struct arena *a, const struct known_desc *k,
				   const char *arch, int release_min,
				   int release_max)
{
	struct make m = { a, arch, release_min, release_max };

	return from_known(&m, k, 0);
}

const struct desc *desc_known_nested(struct arena *a, const char *desc,
				     const char *field, int dup)
{
	struct make m = { a, NULL, 0, 9999 };
	const struct known_shape *s = known_shape(NULL, desc, field, dup);
	const struct known_desc *k = s && s->nested ?
		any_version(&m, s->nested) : NULL;

	return k ? from_known(&m, k, 0) : NULL;
}

const struct desc *desc_add_checks(struct arena *a, const struct desc *d,
				   const char *arch, int release_min,
				   int release_max)
{
	const struct known_desc *k = known_desc_on(arch, d->name, d->version,
						   release_min, release_max);
	struct desc_field *f;
	struct desc *out;
	size_t n = 0, at = 0, checks = 0;

	for (size_t i = 0; k && i < k->nfields; i++)
		checks += k->fields[i].validate;
	if (!checks)
		return d;
	f = arena_calloc(a, d->nfields + checks + 1, sizeof(*f));
	for (size_t i = 0; i < k->nfields; i++) {
		if (k->fields[i].validate) {
			known_field_to(&f[n++], &k->fields[i]);
			continue;
		}
		/* the dump's fields up to and with the table's next one */
		if (at < d->nfields &&
		    !strcmp(d->fields[at].name, k->fields[i].name))
			f[n++] = d->fields[at++];
	}
	while (at < d->nfields)
		f[n++] = d->fields[at++];
	out = arena_memdup(a, d, sizeof(*d));
	out->fields = f;
	out->nfields = n;
	return out;
}
