/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "savevm.h"

#define MIN_ENTRIES 3		/* of a list that is found by its shape */
#define MAX_IDSTR 1024

/*
 * migration/savevm.c of 5.2 to 11.1:
 *
 *	QTAILQ_ENTRY(SaveStateEntry) entry;
 *	char idstr[256];
 *	uint32_t instance_id;
 *	int alias_id, version_id, load_version_id, section_id, load_section_id;
 *	const SaveVMHandlers *ops;
 *	const VMStateDescription *vmsd;
 *	void *opaque;
 *	CompatEntry *compat;
 *	int is_ram;
 */
static struct savevm_layout usual_layout(unsigned ptr)
{
	struct savevm_layout l = {
		.idstr_size = 256, .compat_instance = 256,
		.compat_idstr_size = 256,
	};
	unsigned at = 2 * ptr;

	l.off[SE_NEXT] = 0;
	l.off[SE_IDSTR] = (uint16_t)at;
	at += 256;
	for (unsigned i = SE_INSTANCE; i <= SE_LOAD_SECTION; i++, at += 4)
		l.off[i] = (uint16_t)at;
	for (unsigned i = SE_OPS; i <= SE_IS_RAM; i++, at += ptr)
		l.off[i] = (uint16_t)at;
	return l;
}

/* ---- one entry ---- */

static bool get_ptr(const struct running *r, uint64_t addr, uint64_t *v)
{
	const struct space *s = running_space(r);

	return !space_uint(s, addr, s->ptr_size, v);
}

static bool get_int(const struct running *r, const struct savevm_layout *l,
		    uint64_t entry, unsigned member, int32_t *ret)
{
	uint64_t v;

	*ret = 0;
	if (l->off[member] == SAVEVM_NOWHERE)
		return true;
	if (space_uint(running_space(r), entry + l->off[member], 4, &v))
		return false;
	*ret = (int32_t)(uint32_t)v;
	return true;
}

static bool get_member(const struct running *r, const struct savevm_layout *l,
		       uint64_t entry, unsigned member, uint64_t *ret)
{
	*ret = 0;
	return l->off[member] == SAVEVM_NOWHERE ||
		get_ptr(r, entry + l->off[member], ret);
}

static const char *get_text(struct savevm *sv, const struct running *r,
			    uint64_t addr, unsigned size)
{
	char buf[MAX_IDSTR + 1];
	int n;

	if (size > MAX_IDSTR)
		size = MAX_IDSTR;
	n = space_text(running_space(r), addr, buf, size);
	return n < 0 ? NULL : arena_intern(&sv->arena, buf, (size_t)n);
}

/* False where some of it is not there, or is no such entry. */
static bool read_entry(struct savevm *sv, const struct running *r,
		       const struct savevm_layout *l, uint64_t addr,
		       struct savevm_entry *e)
{
	int32_t instance, alias, is_ram;
	uint64_t compat, v;

	memset(e, 0, sizeof(*e));
	e->addr = addr;
	e->idstr = get_text(sv, r, addr + l->off[SE_IDSTR], l->idstr_size);
	if (!e->idstr || !*e->idstr ||
	    !get_int(r, l, addr, SE_INSTANCE, &instance) ||
	    !get_int(r, l, addr, SE_ALIAS, &alias) ||
	    !get_int(r, l, addr, SE_VERSION, &e->version) ||
	    !get_int(r, l, addr, SE_LOAD_VERSION, &e->load_version) ||
	    !get_int(r, l, addr, SE_SECTION, &e->section) ||
	    !get_int(r, l, addr, SE_LOAD_SECTION, &e->load_section) ||
	    !get_int(r, l, addr, SE_IS_RAM, &is_ram) ||
	    !get_member(r, l, addr, SE_OPS, &e->ops) ||
	    !get_member(r, l, addr, SE_VMSD, &e->vmsd) ||
	    !get_member(r, l, addr, SE_OPAQUE, &e->opaque) ||
	    !get_member(r, l, addr, SE_COMPAT, &compat))
		return false;
	e->instance = (uint32_t)instance;
	e->alias = (uint32_t)alias;
	e->is_ram = is_ram != 0;
	if (!compat)
		return true;
	e->compat = get_text(sv, r, compat, l->compat_idstr_size);
	if (!e->compat || space_uint(running_space(r),
				     compat + l->compat_instance, 4, &v))
		return false;
	e->compat_instance = (uint32_t)v;
	return true;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && !strcmp(s + n - k, end) &&
		(n == k || s[n - k - 1] == '/');
}

/*
 * vmstate_register_with_alias_id(): the descriptor's version, and a name that
 * ends in its; register_savevm_live(): operations and no descriptor.
 */
static bool stands_up(struct running *r, struct savevm_entry *e)
{
	struct err err;

	if (!e->vmsd)
		return e->ops && running_mapped(r, e->ops);
	if (e->ops || e->section < 0)
		return false;
	e->desc = running_desc(r, e->vmsd, &err);
	return e->desc && e->version == e->desc->version &&
		ends_with(e->idstr, e->desc->name) &&
		(!e->compat || !strcmp(e->compat, e->desc->name));
}

/* ---- the list ---- */

static void add_entry(struct savevm *sv, size_t *cap,
		      const struct savevm_entry *e)
{
	sv->entries = grow_array(sv->entries, cap, sv->nentries + 1,
				 sizeof(*sv->entries));
	sv->entries[sv->nentries++] = *e;
}

/* Is all of the entry there, whatever it is? */
static bool is_there(const struct running *r, const struct savevm_layout *l,
		     uint64_t at)
{
	const struct space *s = running_space(r);
	uint8_t buf[2 * MAX_IDSTR];
	unsigned end = l->idstr_size;

	for (unsigned i = 0; i < SE_NMEMBERS; i++) {
		if (l->off[i] != SAVEVM_NOWHERE && l->off[i] + 8u > end)
			end = l->off[i] + 8u;
	}
	return end > sizeof(buf) || !s->read(s, at, buf, end);
}

/* The list goes on at @at, which is not there. */
static int cut_off(struct savevm *sv, struct running *r, uint64_t at,
		   bool doubt, struct err *err)
{
	if (doubt || running_memory(r)->pid || !sv->nentries)
		return err_set(err, ERR_SHORT, ERR_NO_OFFSET, "the registry's "
			       "entry %zu (0x%" PRIx64 ") is not %s",
			       sv->nentries, at, running_memory(r)->pid ?
			       "mapped: changed while it was read? (try "
			       "again, or --stop)" : "in the core");
	sv->cut = arena_printf(&sv->arena, "the core lacks the entry that "
			       "follows (0x%" PRIx64 "): there were more",
			       at);
	return 0;
}

/*
 * Walk the list whose head is at @head.  Each entry's second word leads to the
 * one before it (QTAILQ of 4.0 and later: tql_prev), the first one's to the
 * head, and the head's to the last.
 */
static int walk(struct savevm *sv, struct running *r,
		const struct savevm_layout *l, uint64_t head, bool doubt,
		struct err *err)
{
	unsigned ptr = running_space(r)->ptr_size;
	uint64_t at, before = head, last, back;
	struct savevm_entry e;
	size_t cap = 0;

	sv->nentries = 0;
	sv->handlers = head;
	if (!get_ptr(r, head, &at) || !get_ptr(r, head + ptr, &last))
		return err_set(err, ERR_SHORT, ERR_NO_OFFSET, "savevm_state at "
			       "0x%" PRIx64 " is not in the core", head);
	while (at) {
		if (sv->nentries == SAVEVM_MAX_ENTRIES)
			return err_set(err, ERR_LIMIT, ERR_NO_OFFSET, "more "
				       "than %u entries are registered, or "
				       "the list is broken",
				       SAVEVM_MAX_ENTRIES);
		if (!get_ptr(r, at + l->off[SE_NEXT] + ptr, &back) ||
		    (back == before && !is_there(r, l, at)))
			return cut_off(sv, r, at, doubt, err);
		if (back != before || !read_entry(sv, r, l, at, &e))
			return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
				       "the registry is cut off or broken at "
				       "its entry %zu (0x%" PRIx64 ")%s",
				       sv->nentries, at, running_memory(r)->pid
				       ? ": changed while it was read? (try "
				       "again, or --stop)" : "");
		if (doubt && !stands_up(r, &e))
			return -1;
		add_entry(sv, &cap, &e);
		before = at + l->off[SE_NEXT];
		get_ptr(r, at + l->off[SE_NEXT], &at);
	}
	if (last != before)
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET, "the registry's "
			       "last entry is not where its head says");
	return 0;
}

static int by_section(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return x < y ? -1 : x > y;
}

/*
 * Nobody else's list: each entry has a number of its own, and pairs of name
 * and instance are unique.
 */
static bool all_differ(const struct savevm *sv)
{
	int32_t *ids = malloc(sv->nentries * sizeof(*ids));
	bool good = ids != NULL, vmsd = false;

	for (size_t i = 0; good && i < sv->nentries; i++) {
		ids[i] = sv->entries[i].section;
		vmsd |= sv->entries[i].vmsd != 0;
	}
	if (good)
		qsort(ids, sv->nentries, sizeof(*ids), by_section);
	for (size_t i = 1; good && i < sv->nentries; i++)
		good = ids[i] != ids[i - 1];
	free(ids);
	return good && vmsd;
}

/* Could there be a head of a list of entries at @at?  Quick. */
static bool maybe_head(const struct running *r, uint64_t at, uint64_t first,
		       const struct savevm_layout *l)
{
	const struct space *s = running_space(r);
	uint64_t back, last, next;
	char c;

	return first && first % s->ptr_size == 0 &&
		get_ptr(r, first + s->ptr_size, &back) && back == at &&
		get_ptr(r, at + s->ptr_size, &last) && last &&
		get_ptr(r, last, &next) && !next &&
		!s->read(s, first + l->off[SE_IDSTR], &c, 1) &&
		c > 0x20 && c < 0x7f;
}

struct search {
	struct savevm *sv;
	struct running *r;
	struct savevm_layout l;
	uint64_t found, second;
	size_t missing;		/* bytes of data that are not there */
};

static void search_word(struct search *se, uint64_t at, uint64_t first)
{
	struct err err;

	if (!maybe_head(se->r, at, first, &se->l))
		return;
	if (walk(se->sv, se->r, &se->l, at, true, &err) ||
	    se->sv->nentries < MIN_ENTRIES || !all_differ(se->sv))
		return;
	if (se->found)
		se->second = at;
	else
		se->found = at;
}

/* Look at all words of the executable's data. */
static void search_data(struct search *se)
{
	struct memory *mem = running_memory(se->r);
	const struct space *s = running_space(se->r);
	uint8_t page[MEMORY_PAGE], known[MEMORY_PAGE];

	for (size_t i = 0; i < mem->nmaps; i++) {
		const struct memory_map *map = &mem->maps[i];
		uint64_t end = map->end;

		if (!map->write || end - map->start > UINT64_C(1) << 32)
			continue;
		for (uint64_t at = map->start; at < end; at += MEMORY_PAGE) {
			uint64_t image;

			if (!running_to_image(se->r, at, &image) &&
			    !running_to_image(se->r, at + MEMORY_PAGE - 1,
					      &image))
				continue;
			memory_read_known(mem, at, MEMORY_PAGE, page, known);
			for (unsigned k = 0; k < MEMORY_PAGE;
			     k += s->ptr_size) {
				if (known[k])
					search_word(se, at + k,
						    space_load(s, page + k,
							       s->ptr_size));
				else
					se->missing += s->ptr_size;
			}
		}
	}
}

static int find_by_shape(struct savevm *sv, struct running *r,
			 struct savevm_layout *l, struct err *err)
{
	struct search se = { .sv = sv, .r = r };

	se.l = *l = usual_layout(running_space(r)->ptr_size);
	search_data(&se);
	if (se.second)
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET, "two lists "
			       "in its memory (0x%" PRIx64 ", 0x%" PRIx64
			       ") look like its registry", se.found, se.second);
	if (!se.found && se.missing)
		return err_set(err, ERR_SHORT, ERR_NO_OFFSET, "no registry is "
			       "found: %zu bytes of its data are missing",
			       se.missing);
	if (!se.found)
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET, "no list in "
			       "its data is its registry beyond doubt: it "
			       "has none yet, or this release's is laid out "
			       "otherwise");
	return walk(sv, r, l, se.found, false, err);
}

/*
 * The type of *current_machine: each of these begins with a pointer to the
 * next (Object, ObjectClass, TypeImpl's name), and the machine's name is the
 * type's without "-machine" (hw/core/machine.c, machine_class_base_init()).
 */
static void take_machine(struct savevm *sv, struct running *r)
{
	static const char suffix[] = "-machine";
	const struct elf_symbol *sym =
		space_elf_named(desc_image_space(running_image(r)),
				"current_machine");
	uint64_t at;
	char name[256];
	int n;

	if (!sym || !running_from_image(r, sym->addr, &at))
		return;
	for (unsigned i = 0; i < 4; i++) {
		if (!get_ptr(r, at, &at) || !at)
			return;
	}
	n = space_text(running_space(r), at, name, sizeof(name)) -
		(int)strlen(suffix);
	if (n > 0 && !strcmp(name + n, suffix))
		sv->machine = arena_intern(&sv->arena, name, (size_t)n);
}

int savevm_read(struct savevm *sv, struct running *r,
		const struct savevm_layout *layout, struct err *err)
{
	struct savevm_layout l;
	uint64_t head;
	int ret = 0;

	memset(sv, 0, sizeof(*sv));
	arena_init(&sv->arena);
	if (layout) {
		l = *layout;
		sv->from_dwarf = true;
		ret = running_from_image(r, l.handlers, &head) ?
			walk(sv, r, &l, head, false, err) :
			err_set(err, ERR_FORMAT, ERR_NO_OFFSET, "its debug "
				"information has savevm_state at 0x%" PRIx64
				", outside of it", l.handlers);
	} else {
		ret = find_by_shape(sv, r, &l, err);
	}
	for (size_t i = 0; !ret && i < sv->nentries; i++) {
		struct savevm_entry *e = &sv->entries[i];
		struct err why;

		if (!e->vmsd)
			continue;
		e->desc = running_desc(r, e->vmsd, &why);
		if (!e->desc)
			e->why = arena_strdup(&sv->arena, why.msg);
	}
	if (ret)
		savevm_release(sv);
	else
		take_machine(sv, r);
	return ret;
}

void savevm_release(struct savevm *sv)
{
	free(sv->entries);
	arena_release(&sv->arena);
	memset(sv, 0, sizeof(*sv));
}
