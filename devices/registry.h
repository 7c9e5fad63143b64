/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * registry.h - what one destination has registered: its SaveStateEntries with
 * their descriptors, merged from every account that was given of it.
 *
 * Filled once (registry_init(), registry_add_*(), registry_finish()) and then
 * read-only.  Everything lives in reg->arena.
 */
#ifndef VMSDB_REGISTRY_H
#define VMSDB_REGISTRY_H

#include "desc-dump.h"
#include "desc-stream.h"
#include "desc.h"

#define ALIAS_NONE 0xffffffffu	/* alias_id -1 */

struct entry {
	const char *idstr;
	uint32_t instance, alias;
	/* The name without its device path, as older streams have it; or NULL. */
	const char *compat;
	uint32_t compat_instance;
	int32_t version;
	const struct desc *desc;	/* NULL: old-style, or nobody told */
	bool old_style;		/* register_savevm_live() */
	/*
	 * The registry itself told of it (DESC_FROM_PROCESS), and it need not
	 * be in a stream: a stream without it says nothing.
	 */
	bool quiet;
	/* What this destination wrote of itself, or NULL. */
	const struct written_device *seen;
	uint8_t from, from_version, from_alias;
};

/* Which of the two the entry matched through; for people. */
enum match { MATCH_NONE, MATCH_INSTANCE, MATCH_ALIAS, MATCH_COMPAT };

enum tri { TRI_UNKNOWN, TRI_NO, TRI_YES };

struct registry {
	struct arena *arena;
	struct entry *entries;
	size_t nentries, entries_cap;
	const struct desc_set *sets[16];	/* dumps, images */
	size_t nsets;
	const char *machine;	/* NULL: not told */
	const char *arch;	/* of known.h's tables, NULL not told */
	unsigned page_bits;	/* 0: not told */
	enum tri footers, configuration, vmdescription;
	/*
	 * No account says which release this is; a few facts give bounds.
	 * major * 100 + minor, inclusive; 0 and 9999 when nothing tells.
	 */
	int release_min, release_max;
	int release;		/* 1002 is 10.2: the emulator itself says so; 0 */
	/*
	 * All entries are known (a reference stream told them, or the
	 * registry itself): a section that is not there has nowhere to go.
	 */
	bool complete;
	struct type_book *book;
	const char *warnings[32];
	size_t nwarnings;
};

void registry_init(struct registry *reg, struct arena *a);
void registry_release(struct registry *reg);	/* not the arena */

/* Descriptors by name: a dump's or an image's.  @set must stay alive. */
void registry_add_set(struct registry *reg, const struct desc_set *set);

/*
 * Wire types that a description tells for (descriptor, field) pairs: used
 * where a dump has the field and nobody its type.
 */
void registry_learn(struct registry *reg, const struct description *d,
		    enum desc_from from);

/* Add an entry; .desc is found and merged by registry_finish(). */
struct entry *registry_add(struct registry *reg, const char *idstr,
			   uint32_t instance, int32_t version,
			   enum desc_from from);

/* Merge descriptors, aliases and older names.  Once, at the end. */
void registry_finish(struct registry *reg);

/* find_se() of migration/savevm.c */
const struct entry *registry_find(const struct registry *reg,
				  const char *idstr, uint32_t instance,
				  enum match *how);

/* The first entry with this idstr, whatever its instance; or NULL. */
const struct entry *registry_find_idstr(const struct registry *reg,
					const char *idstr);

/*
 * The descriptor that a section called @idstr would have by its name alone
 * ("0000:00:02.0/e1000" -> e1000): for destinations whose entries nobody
 * told.  Where several have that name, what the source wrote (@src, or NULL)
 * decides.  NULL if no account has it.
 */
const struct desc *registry_desc_for(const struct registry *reg,
				     const char *idstr,
				     const struct written *src);
/* Have several descriptors of other layouts the name that decides there? */
bool registry_desc_is_choice(const struct registry *reg, const char *idstr);

/*
 * The tables' descriptor (desc-known.h) that accounts for what the source
 * wrote; NULL if there is none.
 */
const struct desc *registry_known_desc(const struct registry *reg,
				       const struct written *w);

/* The tables' descriptor of this name and version; NULL. */
const struct desc *registry_known_name(const struct registry *reg,
				       const char *name, int32_t version);

/* Set .machine and what follows from it. */
void registry_set_machine(struct registry *reg, const char *machine);

#endif
