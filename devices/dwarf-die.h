/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dwarf-die.h - DIEs and their attributes through libdwarf; for dwarf*.c only.
 *
 * libdwarf is given sections, not files: it sees what dwarf-units.h has made
 * of them.  A handle of its is one thread's; so is a struct dwarf, which has
 * one for each object that it has looked into.  All share one struct
 * dwarf_shared, which nobody changes once it has been opened.
 */
#ifndef VMSDB_DWARF_DIE_H
#define VMSDB_DWARF_DIE_H

#include <pthread.h>

#if __has_include(<libdwarf/libdwarf.h>)
#include <libdwarf/dwarf.h>
#include <libdwarf/libdwarf.h>
#else	/* Debian 13: -I from pkg-config */
#include <dwarf.h>
#include <libdwarf.h>
#endif

#include "../stream/arena.h"
#include "debug-file.h"
#include "dwarf-units.h"
#include "dwarf.h"

#define DWARF_VIEWS 4		/* threads */

struct dwarf {
	struct dwarf_shared *sh;
	struct arena arena;
	struct handle **handles;	/* of each object, or NULL yet */
	size_t nhandles;
	struct handle **windows[OBJECT_SPLIT];	/* or of each window */
	struct ctype **types;	/* hash by key */
	size_t types_cap, ntypes;
	struct content **contents;	/* of each unit, or NULL yet */
	struct content *loose;	/* of all type units */
	size_t listed;		/* structures in lists of units, a bound */
	struct dwarf_var *vars;	/* found by this view, while opening */
	size_t nvars, vars_cap;
	uint32_t marks;
	char problem[400];	/* the first object that libdwarf refused */
};

struct dwarf_shared {
	struct arena arena;
	struct debug_file *file;
	struct debug_file **split;	/* .dwo and .dwp files that are open */
	size_t nsplit, split_cap;
	struct dwarf_units du;
	struct dwarf_var *vars;	/* by address */
	size_t nvars;
	const uint64_t *addrs;	/* sorted, while opening */
	size_t naddrs;
	const char *warning;
	struct dwarf views[DWARF_VIEWS];
	unsigned nviews;
	size_t next;		/* work, taken by whoever is free */
};

struct die {
	Dwarf_Die die;
	Dwarf_Debug dbg;
	struct dwarf *dw;
	uint64_t flags;		/* of a reference: all but the offset */
	uint64_t base;		/* of the window: libdwarf counts from there */
};

/* Can libdwarf read the object? */
bool dwarf_can_read(struct dwarf *dw, unsigned object, struct err *err);
/* Close all handles, or that for one reference: no struct die may be left. */
void dwarf_handles_close(struct dwarf *dw);
void dwarf_handle_close(struct dwarf *dw, uint64_t ref);

/* The DIE at a reference; to be freed if true. */
bool die_at(struct dwarf *dw, uint64_t ref, struct die *ret);
bool die_child(const struct die *d, struct die *ret);
/* Replace @d by its next sibling; frees it either way. */
bool die_next(struct die *d);
void die_free(struct die *d);

unsigned die_tag(const struct die *d);
uint64_t die_ref(const struct die *d);
/* Interned in the arena; "": it has none. */
const char *die_name(const struct die *d);
const char *die_text(const struct die *d, Dwarf_Half name);
bool die_uint(const struct die *d, Dwarf_Half name, uint64_t *ret);
uint64_t die_number(const struct die *d, Dwarf_Half name);	/* or 0 */
/* Where an attribute leads, in any object; 0: nowhere. */
uint64_t die_leads(const struct die *d, Dwarf_Half name);
/* The same, if it leads by a type's signature; 0: it does not. */
uint64_t die_leads_by_sig(const struct die *d, Dwarf_Half name);
/* Where a variable or function is, if that is one place. */
bool die_address(const struct die *d, unsigned tag, uint64_t *ret);
uint64_t die_member_offset(const struct die *d);

/* Every call of libdwarf's may leave an error that must be freed. */
bool dwarf_ok(Dwarf_Debug dbg, int ret, Dwarf_Error *e);

#endif
