/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb attach PID|CORE`: what a running emulator, or one that left a core,
 * has registered, and the values of its fields.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../debugger/inspect.h"
#include "../debugger/location.h"
#include "../debugger/members.h"
#include "../debugger/objects.h"
#include "../debugger/value.h"
#include "../stream/escape.h"
#include "inspect.h"
#include "live.h"
#include "out-text.h"

#define MAX_AROUND 100000	/* lines of one structure */
#define MAX_TOUCH (16u << 20)

struct view {
	struct inspect in;
	const char *target;
	const char *const *names;	/* what is asked for */
	size_t nnames;
	bool all, around, json;
};

/* An entry that is shown, with what was walked. */
struct shown {
	const struct savevm_entry *e;
	struct objects objects;
	bool *wanted;		/* of its leaves */
	size_t nwanted;
};

/* ---- text ---- */

static const char *safe(const char *s)
{
	static char bufs[6][1400];
	static unsigned k;
	char *buf = bufs[k++ % 6];

	return escape_text(buf, sizeof(bufs[0]), s ? s : "", s ? strlen(s) : 0);
}

static const char *type_name(struct view *v, const struct desc *d)
{
	const struct c_desc *c = inspect_type(&v->in, d);

	return c && c->ntypes == 1 ? c->types[0].name : NULL;
}

static void value_text(const struct leaf *l, char *buf, size_t size)
{
	const char *type = !strcmp(l->type, "pci config") ? "buffer" : l->type;

	value_format(type, l->wire, l->len, l->n, buf, size);
}

/* ---- what is asked for ---- */

/* "#2" at the end of a name: that instance. */
static bool splits_instance(const char *name, char *buf, size_t size,
			    uint32_t *instance)
{
	const char *hash = strrchr(name, '#');
	char *end;

	snprintf(buf, size, "%s", name);
	if (!hash || !hash[1])
		return false;
	*instance = (uint32_t)strtoul(hash + 1, &end, 0);
	if (*end || (size_t)(hash - name) >= size)
		return false;
	buf[hash - name] = '\0';
	return true;
}

static bool entry_called(const struct savevm_entry *e, const char *name)
{
	char buf[600];
	uint32_t instance;

	if (splits_instance(name, buf, sizeof(buf), &instance) &&
	    instance != e->instance)
		return false;
	return location_glob(buf, e->idstr) ||
		(e->desc && location_glob(buf, e->desc->name));
}

/* "a › b[1].c" matches "a", "a/b", "a/b[1]", "*.c" ... */
static bool path_matches(const char *pattern, const char *path)
{
	char flat[1100];
	size_t n = 0, k = strlen(pattern);

	for (; *path && n < sizeof(flat) - 1; path++) {
		if (!strncmp(path, " › ", 5)) {
			flat[n++] = '/';
			path += 4;
		} else {
			flat[n++] = *path;
		}
	}
	flat[n] = '\0';
	if (location_glob(pattern, flat))
		return true;
	return !strncmp(pattern, flat, k) && k && strchr("/[.", flat[k]);
}

/*
 * Does @name want @e?  *@field: what of it, NULL for all.  The name of an
 * entry may have slashes itself.
 */
static bool wants(const struct savevm_entry *e, const char *name,
		  const char **field)
{
	char buf[600];

	*field = NULL;
	if (entry_called(e, name))
		return true;
	for (const char *s = strrchr(name, '/'); s;) {
		size_t n = (size_t)(s - name);

		if (n && n < sizeof(buf)) {
			memcpy(buf, name, n);
			buf[n] = '\0';
			if (entry_called(e, buf)) {
				*field = s + 1;
				return true;
			}
		}
		while (s > name && s[-1] != '/')
			s--;
		s = s > name ? s - 1 : NULL;
	}
	return false;
}

static void choose_leaves(struct view *v, struct shown *s)
{
	s->wanted = calloc(s->objects.n + 1, sizeof(*s->wanted));
	if (!s->wanted)
		abort();
	for (size_t i = 0; i < s->objects.n; i++) {
		for (size_t k = 0; k < v->nnames && !s->wanted[i]; k++) {
			const char *field;

			s->wanted[i] = wants(s->e, v->names[k], &field) &&
				(!field || path_matches(field,
					s->objects.leaves[i].path));
		}
		if (!v->nnames)
			s->wanted[i] = true;
		s->nwanted += s->wanted[i];
	}
}

/* ---- members of a structure, with their values ---- */

struct around {
	struct view *v;
	json_t *list;		/* or NULL: text */
	size_t lines;
	const struct shown *shown;	/* whose leaves are marked */
};

static void number_text(const struct c_part *p, uint64_t raw, char *buf,
			size_t size)
{
	unsigned bits = p->bit_size ? p->bit_size : (unsigned)p->step * 8;
	int64_t n = (int64_t)raw;

	if (bits && bits < 64) {
		raw &= (UINT64_C(1) << bits) - 1;
		n = (int64_t)(raw << (64 - bits)) >> (64 - bits);
	}
	switch (p->kind) {
	case 'b':
		snprintf(buf, size, "%s", raw == 0 ? "false" :
			 raw == 1 ? "true" : "neither false nor true");
		break;
	case 's':
		snprintf(buf, size, "%" PRId64, n);
		break;
	case 'p':
		snprintf(buf, size, "0x%" PRIx64, raw);
		break;
	default:
		if (raw < 10)
			snprintf(buf, size, "%" PRIu64, raw);
		else
			snprintf(buf, size, "0x%" PRIx64, raw);
	}
}

/* The address @raw is a function, a variable or a string of the emulator's. */
static void pointer_note(struct view *v, uint64_t raw, char *buf, size_t size)
{
	struct space_elf *elf =
		desc_image_space(running_image(v->in.running));
	const struct elf_symbol *sym;
	size_t n = strlen(buf);
	char text[64];
	uint64_t at;

	if (running_to_image(v->in.running, raw, &at)) {
		sym = space_elf_around(elf, at);
		if (sym && at == sym->addr)
			snprintf(buf + n, size - n, " <%s>", sym->name);
		else if (sym)
			snprintf(buf + n, size - n, " <%s+0x%" PRIx64 ">",
				 sym->name, at - sym->addr);
		return;
	}
	if (raw && space_text(running_space(v->in.running), raw, text,
			      sizeof(text)) >= 3)
		snprintf(buf + n, size - n, " \"%s\"", text);
}

static void float_text(const struct space *s, const uint8_t *p, uint64_t n,
		       char *buf, size_t size)
{
	union {
		uint64_t u8;
		double d;
		uint32_t u4;
		float f;
	} x;

	if (n == 8) {
		x.u8 = space_load(s, p, 8);
		snprintf(buf, size, "%.17g", x.d);
	} else if (n == 4) {
		x.u4 = (uint32_t)space_load(s, p, 4);
		snprintf(buf, size, "%.9g", (double)x.f);
	} else {
		snprintf(buf, size, "(%" PRIu64 " bytes of a float)", n);
	}
}

/* One element of an array, or the whole; false: not there. */
static bool element_text(struct view *v, const struct c_part *p, uint64_t addr,
			 char *buf, size_t size)
{
	const struct space *s = running_space(v->in.running);
	uint8_t bytes[16];
	uint64_t raw;
	bool is_int = p->step == 1 || p->step == 2 || p->step == 4 ||
		p->step == 8;

	if (p->step > sizeof(bytes) || s->read(s, addr, bytes, p->step))
		return false;
	if (p->kind == 'f' || !is_int) {
		float_text(s, bytes, p->step, buf, size);
		return true;
	}
	raw = space_load(s, bytes, (unsigned)p->step);
	if (p->bit_size)
		raw >>= s->big_endian ? p->step * 8 - p->bit_offset -
			p->bit_size : p->bit_offset;
	number_text(p, raw, buf, size);
	if (p->kind == 'p')
		pointer_note(v, raw, buf, size);
	return true;
}

static bool bytes_text(struct view *v, const struct c_part *p, uint64_t addr,
		       char *buf, size_t size)
{
	const struct space *s = running_space(v->in.running);
	uint64_t n = p->n < 4096 ? p->n : 4096;
	uint8_t bytes[4096];

	if (s->read(s, addr, bytes, (size_t)n))
		return false;
	if (p->kind == 'c') {
		n = strnlen((char *)bytes, n);
		escape_text(buf, size, bytes, n);
		return true;
	}
	value_format("buffer", bytes, n, 1, buf, size);
	return true;
}

/* The value of a member. */
static void part_text(struct view *v, const struct c_part *p, uint64_t addr,
		      char *buf, size_t size)
{
	uint64_t most = p->n < 16 ? p->n : 16;
	size_t n = 0;
	char one[160];

	if (p->kind == 'S') {
		snprintf(buf, size, "{...}");
		return;
	}

	snprintf(buf, size, "(not readable)");
	if (!p->step || !p->n) {
		snprintf(buf, size, "(no size)");
		return;
	}
	if (p->step == 1 && p->n > 1 && strchr("uc", p->kind)) {
		bytes_text(v, p, addr, buf, size);
		return;
	}
	if (p->n == 1) {
		element_text(v, p, addr, buf, size);
		return;
	}
	for (uint64_t i = 0; i < most && n + 2 < size; i++) {
		if (!element_text(v, p, addr + i * p->step, one, sizeof(one)))
			return;
		n += (size_t)snprintf(buf + n, size - n, "%s%s", i ? ", " : "{",
				      one);
	}
	if (n < size)
		snprintf(buf + n, size - n, "%s", most < p->n ? ", ...}" : "}");
}

/* Does a leaf that was asked for begin there? */
static bool is_asked(const struct around *a, uint64_t addr)
{
	for (size_t i = 0; a->v->nnames && i < a->shown->objects.n; i++) {
		if (a->shown->wanted[i] &&
		    a->shown->objects.leaves[i].addr == addr)
			return true;
	}
	return false;
}

static void around_line(struct around *a, const struct c_struct *s,
			const struct c_part *p, const char *path,
			uint64_t offset, uint64_t addr)
{
	char value[2000];
	json_t *o;

	part_text(a->v, p, addr, value, sizeof(value));
	a->lines++;
	if (!a->list) {
		printf("  %c +0x%-6" PRIx64 " %-28s %-24s = %s\n",
			p->kind != 'S' && is_asked(a, addr) ? '>' : ' ',
			offset, safe(path), safe(p->type), safe(value));
		return;
	}
	o = json_object();
	json_object_set_new(o, "member", json_string(safe(path)));
	json_object_set_new(o, "declared", json_string(safe(p->type)));
	json_object_set_new(o, "offset", json_integer((json_int_t)offset));
	json_object_set_new(o, "value", json_string(safe(value)));
	if (s->file) {
		json_object_set_new(o, "file", json_string(safe(s->file)));
		json_object_set_new(o, "line", json_integer(p->line));
	}
	json_array_append_new(a->list, o);
}

static void around_struct(struct around *a, const struct c_struct *s,
			  const char *path, uint64_t offset, uint64_t addr,
			  unsigned depth)
{
	for (size_t i = 0; s && i < s->nparts; i++) {
		const struct c_part *p = &s->parts[i];
		uint64_t most = p->n < 64 ? p->n : 64;
		char below[1000];

		if (a->lines > MAX_AROUND || depth > 16)
			return;
		snprintf(below, sizeof(below), "%s%s%s", path,
			 *path && *p->name ? "." : "", p->name);
		/* what has no name is looked into in any case */
		if (p->kind != 'S' || (!a->v->all && *p->name)) {
			around_line(a, s, p, below, offset + p->offset,
				    addr + p->offset);
			continue;
		}
		for (uint64_t k = 0; k < most; k++) {
			char elem[1100];
			uint64_t o = p->offset + k * p->step;

			if (p->n > 1)
				snprintf(elem, sizeof(elem), "%s[%" PRIu64 "]",
					 below, k);
			else
				snprintf(elem, sizeof(elem), "%s", below);
			around_struct(a, c_index_struct(a->v->in.index,
							p->below), elem,
				      offset + o, addr + o, depth + 1);
		}
	}
}

/* The member of that name, also in what has none; its offset is added up. */
static const struct c_part *find_part(struct c_index *x,
				      const struct c_struct *s,
				      const char *name, uint64_t *offset,
				      unsigned depth)
{
	const struct c_part *p = c_struct_part(s, name);

	if (p)
		*offset += p->offset;
	for (size_t i = 0; !p && s && depth < 8 && i < s->nparts; i++) {
		uint64_t below = *offset + s->parts[i].offset;

		if (*s->parts[i].name || s->parts[i].kind != 'S')
			continue;
		p = find_part(x, c_index_struct(x, s->parts[i].below), name,
			      &below, depth + 1);
		if (p)
			*offset = below;
	}
	return p;
}

/* The structure that the last member of @path stands in, within @s. */
static const struct c_struct *innermost(struct c_index *x,
					const struct c_struct *s,
					const char *path, uint64_t *addr)
{
	while (s) {
		size_t n = strcspn(path, ".["), k = n;
		const struct c_struct *below;
		const struct c_part *p;
		uint64_t offset = 0, index = 0;
		char name[200];

		if (n >= sizeof(name))
			return s;
		memcpy(name, path, n);
		name[n] = '\0';
		if (path[k] == '[') {
			index = strtoull(path + k + 1, NULL, 0);
			k += strcspn(path + k, "]") + 1;
		}
		if (path[k] != '.')
			return s;
		p = find_part(x, s, name, &offset, 0);
		below = p && p->kind == 'S' && index < p->n ?
			c_index_struct(x, p->below) : NULL;
		if (!below)
			return s;
		*addr += offset + index * p->step;
		s = below;
		path += k + 1;
	}
	return s;
}

/* ---- text ---- */

static const char *written_text(enum tri t)
{
	return t == TRI_YES ? "" : t == TRI_NO ? "not written" :
		"written? unknown";
}

static void print_leaf(struct view *v, const struct leaf *l)
{
	const struct c_field *c = inspect_member(&v->in, l->desc, l->field);
	char value[600];

	if (l->addr)
		printf("  0x%-14" PRIx64, l->addr);
	else
		printf("  %-16s", "-");
	printf(" %s (%s)", safe(l->path), safe(l->type));
	if (l->wire) {
		value_text(l, value, sizeof(value));
		printf(" = %s", safe(value));
	} else {
		printf(" %sunknown%s: %s", paint(PAINT_WARN), paint(PAINT_OFF),
		       safe(l->why));
	}
	if (l->pre_save)
		printf("  [pre_save]");
	if (l->written != TRI_YES)
		printf("  [%s%s%s]", written_text(l->written),
		       l->whether ? ": " : "", safe(l->whether));
	if (c) {
		printf("  %s", paint(PAINT_DIM));
		printf("%s %s", safe(c->type), safe(c->path));
		if (c->file)
			printf("  %s:%" PRIu32, safe(c->file), c->line);
		printf("%s", paint(PAINT_OFF));
	}
	putchar('\n');
}

static void print_around(struct view *v, const struct shown *s,
			 const struct c_struct *c, uint64_t addr,
			 const struct c_desc *d, json_t *list)
{
	struct around a = { .v = v, .shown = s };
	json_t *o;

	if (!list) {
		printf("  %s%s%s at 0x%" PRIx64 ", %" PRIu64 " bytes%s\n",
			paint(PAINT_BOLD), safe(c->name), paint(PAINT_OFF),
			addr, c->size, d->ntypes > 1 ?
			" (or another: several fit)" : "");
	} else {
		a.list = json_array();
	}
	around_struct(&a, c, "", 0, addr, 0);
	if (!list)
		return;
	o = json_object();
	json_object_set_new(o, "structure", json_string(safe(c->name)));
	json_object_set_new(o, "candidates",
			    json_integer((json_int_t)d->ntypes));
	json_object_set_new(o, "address", json_integer((json_int_t)addr));
	json_object_set_new(o, "members", a.list);
	json_array_append_new(list, o);
}

/*
 * Each structure once: the innermost around a field or, with --all, the whole
 * object.
 */
static void around_all(struct view *v, const struct shown *s, json_t *list)
{
	struct {
		uint64_t addr;
		int64_t id;
	} done[256];
	size_t ndone = 0;

	for (size_t i = 0; i < s->objects.n && ndone < 256; i++) {
		const struct leaf *l = &s->objects.leaves[i];
		const struct c_desc *d = inspect_type(&v->in, l->desc);
		const struct c_field *f = inspect_member(&v->in, l->desc,
							 l->field);
		const struct c_struct *c;
		uint64_t addr = l->object;
		size_t k = 0;

		if (!s->wanted[i] || !l->object || !d || !d->ntypes)
			continue;
		c = c_index_struct(v->in.index, d->types[0].id);
		if (c && f && !v->all)
			c = innermost(v->in.index, c, f->path, &addr);
		while (c && k < ndone && (done[k].addr != addr ||
					  done[k].id != c->id))
			k++;
		if (!c || k < ndone)
			continue;
		done[ndone].addr = addr;
		done[ndone++].id = c->id;
		print_around(v, s, c, addr, d, list);
	}
	if (!ndone && !list)
		printf("  what C structure is around cannot be told%s%s\n",
		       v->in.no_index ? ": " : "", safe(v->in.no_index));
}

static void print_entry(struct view *v, const struct shown *s)
{
	const struct savevm_entry *e = s->e;
	const char *type = type_name(v, e->desc);

	printf("%s%s%s %" PRIu32 " v%" PRId32, paint(PAINT_BOLD),
	       safe(e->idstr), paint(PAINT_OFF), e->instance, e->version);
	if (e->desc && e->desc->symbol)
		printf("  %s", safe(e->desc->symbol));
	if (type)
		printf("  %s", safe(type));
	printf("  at 0x%" PRIx64, e->opaque);
	if (s->objects.written != TRI_YES)
		printf("  [%s%s%s]", written_text(s->objects.written),
		       s->objects.whether ? ": " : "",
		       safe(s->objects.whether));
	putchar('\n');
	for (size_t i = 0; i < s->objects.n; i++) {
		if (s->wanted[i])
			print_leaf(v, &s->objects.leaves[i]);
	}
	if (s->objects.cut)
		printf("  %s\n", safe(s->objects.cut));
	if (v->around)
		around_all(v, s, NULL);
}

static void print_registry(struct view *v, const struct shown *shown, size_t n)
{
	size_t wide = 5;

	for (size_t i = 0; i < n; i++) {
		size_t k = strlen(shown[i].e->idstr);

		wide = k > wide && k < 60 ? k : wide;
	}
	printf("%s%-*s instance alias    version section  descriptor at "
		"object, structure%s\n", paint(PAINT_BOLD), (int)wide,
		"idstr", paint(PAINT_OFF));
	for (size_t i = 0; i < n; i++) {
		const struct savevm_entry *e = shown[i].e;
		const char *type = type_name(v, e->desc);
		char alias[16] = "-";

		if (e->vmsd && e->alias != ALIAS_NONE)
			snprintf(alias, sizeof(alias), "%" PRIu32, e->alias);
		printf("%-*s %8" PRIu32 " %5s %10" PRId32 " %7" PRId32
			"  ", (int)wide, safe(e->idstr), e->instance, alias,
			e->version, e->section);
		if (e->desc)
			printf("%s", safe(e->desc->symbol ?
						e->desc->symbol :
						e->desc->name));
		else
			printf("%s", e->vmsd ?
				"(descriptor not readable)" : "(functions)");
		printf(" at 0x%" PRIx64 "%s%s", e->opaque,
			type ? ", " : "", type ? safe(type) : "");
		if (e->compat && strcmp(e->compat, e->idstr))
			printf("  [once %s %" PRIu32 "]",
				safe(e->compat), e->compat_instance);
		if (e->desc && e->desc->unmigratable)
			printf("  [unmigratable: blocks every "
				"migration]");
		else if (shown[i].objects.written != TRI_YES)
			printf("  [%s]",
				written_text(shown[i].objects.written));
		putchar('\n');
	}
}

static void print_head(struct view *v)
{
	struct inspect *in = &v->in;
	struct memory *m = running_memory(in->running);

	printf("%s%s: %s\n", m->pid ? "process " : "core ", safe(v->target),
	       safe(running_exe(in->running)));
	printf("  build-id %s; machine %s; guest %s\n",
		inspect_build_id(in), in->registry.machine ?
		safe(in->registry.machine) : "unknown",
	       in->run_state ? in->run_state : "running or not: unknown");
	printf("  %zu entries are registered (%s)\n", in->registry.nentries,
	       in->registry.from_dwarf ? "by its debug information" :
	       "found by their shape, each checked");
	if (in->registry.cut)
		printf("  %s\n", safe(in->registry.cut));
	if (in->no_index)
		printf("  no C structures: %s\n", safe(in->no_index));
}

/* ---- JSON ---- */

static void set_text(json_t *o, const char *key, const char *s)
{
	json_object_set_new(o, key, s ? json_string(safe(s)) : json_null());
}

static void set_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

static json_t *tri_json(enum tri t)
{
	return t == TRI_UNKNOWN ? json_null() : json_boolean(t == TRI_YES);
}

static json_t *leaf_json(struct view *v, const struct leaf *l)
{
	const struct c_field *c = inspect_member(&v->in, l->desc, l->field);
	json_t *o = json_object();
	char value[600];

	set_text(o, "path", l->path);
	set_text(o, "type", l->type);
	set_number(o, "size", l->len);
	if (l->addr)
		set_number(o, "address", l->addr);
	if (l->wire) {
		value_text(l, value, sizeof(value));
		set_text(o, "value", value);
	} else {
		json_object_set_new(o, "value", json_null());
		set_text(o, "unknown", l->why);
	}
	json_object_set_new(o, "written", tri_json(l->written));
	if (l->whether)
		set_text(o, "condition", l->whether);
	if (l->pre_save)
		set_text(o, "pre_save", l->pre_save->pre_save_name ?
			 l->pre_save->pre_save_name : l->pre_save->name);
	if (c) {
		set_text(o, "member", c->path);
		set_text(o, "declared", c->type);
		if (c->file) {
			set_text(o, "file", c->file);
			set_number(o, "line", c->line);
		}
	}
	return o;
}

static json_t *entry_json(struct view *v, const struct shown *s)
{
	const struct savevm_entry *e = s->e;
	json_t *o = json_object(), *list, *c;

	set_text(o, "idstr", e->idstr);
	set_number(o, "instance_id", e->instance);
	json_object_set_new(o, "alias_id", e->vmsd && e->alias != ALIAS_NONE ?
			    json_integer(e->alias) : json_null());
	json_object_set_new(o, "version_id", json_integer(e->version));
	json_object_set_new(o, "section_id", json_integer(e->section));
	json_object_set_new(o, "load_version_id",
			    json_integer(e->load_version));
	json_object_set_new(o, "load_section_id",
			    json_integer(e->load_section));
	if (e->compat) {
		c = json_object();
		set_text(c, "idstr", e->compat);
		set_number(c, "instance_id", e->compat_instance);
		json_object_set_new(o, "compat", c);
	}
	set_text(o, "descriptor", e->desc ? e->desc->name : NULL);
	set_text(o, "symbol", e->desc ? e->desc->symbol : NULL);
	set_text(o, "structure", type_name(v, e->desc));
	set_number(o, "entry", e->addr);
	set_number(o, "vmsd", e->vmsd);
	set_number(o, "ops", e->ops);
	set_number(o, "opaque", e->opaque);
	if (e->desc)
		json_object_set_new(o, "unmigratable",
				    json_boolean(e->desc->unmigratable));
	json_object_set_new(o, "is_ram", json_boolean(e->is_ram));
	json_object_set_new(o, "written", tri_json(s->objects.written));
	if (s->objects.whether)
		set_text(o, "condition", s->objects.whether);
	if (s->objects.cut)
		set_text(o, "unknown", s->objects.cut);
	list = json_array();
	for (size_t i = 0; i < s->objects.n; i++) {
		if (s->wanted[i])
			json_array_append_new(list, leaf_json(v,
				&s->objects.leaves[i]));
	}
	json_object_set_new(o, "fields", list);
	if (v->around) {
		list = json_array();
		around_all(v, s, list);
		json_object_set_new(o, "around", list);
	}
	return o;
}

static void print_json(struct view *v, const struct shown *shown, size_t n)
{
	struct inspect *in = &v->in;
	struct memory *m = running_memory(in->running);
	json_t *o = json_object(), *list = json_array();

	set_text(o, m->pid ? "process" : "core", v->target);
	set_text(o, "executable", running_exe(in->running));
	set_text(o, "build_id", inspect_build_id(in));
	set_text(o, "command", m->command);
	set_text(o, "registry", in->registry.from_dwarf ? "debug information" :
		 "shape");
	set_text(o, "machine", in->registry.machine);
	set_text(o, "guest", in->run_state);
	if (in->registry.cut)
		set_text(o, "cut", in->registry.cut);
	if (in->no_index)
		set_text(o, "no_structures", in->no_index);
	for (size_t i = 0; i < running_nwarnings(in->running); i++)
		json_array_append_new(list, json_string(safe(
			running_warning(in->running, i))));
	json_object_set_new(o, "warnings", list);
	list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, entry_json(v, &shown[i]));
	json_object_set_new(o, "sections", list);
	json_dumpf(o, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(o);
}

/* ---- the whole ---- */

/* Nothing but the registry is shown. */
static bool is_list(const struct view *v)
{
	return !v->nnames && !v->all && !v->around && !v->json;
}

/* All that is read of the objects is read here. */
static size_t walk_all(struct view *v, struct shown *shown)
{
	struct savevm *sv = &v->in.registry;
	struct objects_budget budget = OBJECTS_BUDGET;
	const struct objects_opts opts = {
		.all = v->all, .deep = v->nnames > 0, .budget = &budget,
		.entry_only = is_list(v),
	};
	size_t n = 0;

	for (size_t i = 0; i < sv->nentries; i++) {
		bool want = !v->nnames;
		const char *field;

		for (size_t k = 0; k < v->nnames && !want; k++)
			want = wants(&sv->entries[i], v->names[k], &field);
		if (!want)
			continue;
		shown[n].e = &sv->entries[i];
		objects_walk(&shown[n++].objects, v->in.running,
			     &sv->entries[i], &v->in.arena, &opts);
	}
	return n;
}

/* What was asked for and is not there; 0, or the exit status. */
static int not_found(struct view *v, const struct shown *shown, size_t n)
{
	int status = 0;

	for (size_t k = 0; k < v->nnames; k++) {
		bool entry = false, leaf = false;

		for (size_t i = 0; i < n; i++) {
			const char *field;

			if (!wants(shown[i].e, v->names[k], &field))
				continue;
			entry = true;
			leaf |= !field;
			for (size_t j = 0; field && j < shown[i].objects.n; j++)
				leaf |= path_matches(field,
					shown[i].objects.leaves[j].path);
		}
		if (!entry)
			complain("%s: nothing is registered as '%s'",
				 v->target, v->names[k]);
		else if (!leaf)
			complain("%s: no field '%s' (or it is not written: "
				 "--all)", v->target, v->names[k]);
		if (!entry || !leaf)
			status = 1;
	}
	return status;
}

/*
 * Structures are read as they are printed, but what is stopped must not wait
 * for who reads our output: have their memory here before.
 */
static void touch_objects(struct view *v, const struct shown *s)
{
	const struct memory *m = running_memory(v->in.running);
	uint8_t buf[1], known[1];

	for (size_t i = 0; i < s->objects.n; i++) {
		const struct leaf *l = &s->objects.leaves[i];
		const struct c_desc *d;

		if (!s->wanted[i] || (i && l->object == l[-1].object))
			continue;
		d = inspect_type(&v->in, l->desc);
		for (uint64_t at = 0; d && d->ntypes &&
		     at < d->types[0].size && at < MAX_TOUCH; at += MEMORY_PAGE)
			memory_read_known(m, l->object + at, 1, buf, known);
	}
}

static void show_all(struct view *v, const struct shown *shown, size_t n)
{
	if (v->json) {
		print_json(v, shown, n);
		return;
	}
	/* who asks for something has seen it */
	if (!v->nnames)
		print_head(v);
	if (is_list(v))
		print_registry(v, shown, n);
	else
		for (size_t i = 0; i < n; i++) {
			if (shown[i].nwanted || shown[i].objects.cut)
				print_entry(v, &shown[i]);
		}
}

static int show(struct view *v, bool stop)
{
	struct shown *shown;
	struct err err;
	int status;
	size_t n;

	if (inspect_read(&v->in, stop, &err)) {
		complain("%s: %s", v->target, err.msg);
		return STATUS_UNKNOWN;
	}
	shown = calloc(v->in.registry.nentries + 1, sizeof(*shown));
	if (!shown)
		abort();
	n = walk_all(v, shown);
	for (size_t i = 0; i < n; i++) {
		choose_leaves(v, &shown[i]);
		if (v->around)
			touch_objects(v, &shown[i]);
	}
	inspect_resume(&v->in);
	if (inspect_is_moving(&v->in) && !stop)
		complain("warning: the guest is running: values may be of "
			 "different moments (--stop stops its threads while "
			 "they are read)");
	show_all(v, shown, n);
	status = not_found(v, shown, n);
	for (size_t i = 0; i < n; i++) {
		objects_release(&shown[i].objects);
		free(shown[i].wanted);
	}
	free(shown);
	return status;
}

bool inspect_wanted(int argc, char **argv)
{
	static const struct option_help own[] = { INSPECT_OPTIONS, { 0 } };
	bool any = false;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--qmp") ||
		    !strncmp(argv[i], "--qmp=", 6) ||
		    !strncmp(argv[i], "unix:", 5) ||
		    !strncmp(argv[i], "tcp:", 4))
			return false;
		any |= argv[i][0] != '-';
		for (const struct option_help *o = own; o->name; o++)
			any |= !strncmp(argv[i], o->name, strlen(o->name));
	}
	return any;
}

int inspect_main(const struct subcommand *attach, int argc, char **argv)
{
	static const struct option_help options[] = {
		INSPECT_OPTIONS,
		{ "--json", NULL, "" }, { "--modules", "DIR", "" },
		{ "--debug-dir", "DIR", "" }, { 0 },
	};
	const struct subcommand self = {
		.name = attach->name, .args = attach->args,
		.help = attach->help, .options = options,
	};
	struct view v = { 0 };
	struct inspect_opts opts = { 0 };
	bool stop = false;
	const struct live_option own[] = {
		{ .name = "--exe", .value = &opts.running.exe },
		{ .name = "--stop", .flag = &stop },
		{ .name = "--around", .flag = &v.around },
		{ 0 },
	};
	struct live_args a;
	struct err err;
	int status;

	if (live_parse(&self, argc, argv, own, &a) < 0)
		return STATUS_USAGE;
	if (a.common.help || !a.common.noperands || a.command) {
		usage_of(attach, a.common.help ? stdout : stderr);
		return a.common.help ? 0 : STATUS_USAGE;
	}
	v.target = a.common.operands[0];
	v.names = a.common.operands + 1;
	v.nnames = a.common.noperands - 1;
	v.all = a.common.all;
	v.json = a.common.json;
	opts.running.images = a.common.images;
	opts.progress = &a.common.source;
	if (inspect_open(&v.in, v.target, &opts, &err)) {
		complain("%s: %s", v.target, err.msg);
		return STATUS_USAGE;
	}
	for (size_t i = 0; i < running_nwarnings(v.in.running); i++)
		complain("warning: %s: %s", v.target,
			 running_warning(v.in.running, i));
	status = show(&v, stop);
	inspect_close(&v.in);
	return status;
}
