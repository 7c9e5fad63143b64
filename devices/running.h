/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * running.h - an emulator's memory and its executable side by side: where each
 * file lies, which build it is, and the descriptors in it.
 *
 * Addresses are the process's unless they are called the image's.
 */
#ifndef VMSDB_RUNNING_H
#define VMSDB_RUNNING_H

#include "desc-image.h"
#include "memory.h"
#include "predicate.h"

struct running;

struct running_opts {
	const char *exe;	/* the executable's file; NULL: what it runs */
	struct desc_image_opts images;
};

/*
 * @path_or_pid names a core file, or a process.  That the executable is the
 * one that runs is checked (build-id, and what is in memory); another is an
 * error, as is a process that is no emulator.
 */
int running_open(struct running **ret, const char *path_or_pid,
		 const struct running_opts *opts, struct err *err);
void running_close(struct running *r);

/*
 * Is it all digits, or an ELF core (or a compressed one) by its first bytes?
 * A file of that name comes before a process.
 */
bool running_is_one(const char *path_or_pid);

struct memory *running_memory(struct running *r);
struct desc_image *running_image(struct running *r);

/* The file of executable or module @i of the image's space, for people. */
const char *running_exe(const struct running *r);

/*
 * What is in memory and, where a core lacks what nobody can have changed, what
 * is in the files.
 */
const struct space *running_space(const struct running *r);

/* Between the process's addresses and the image's; false: in no file of ours. */
bool running_to_image(const struct running *r, uint64_t addr, uint64_t *ret);
bool running_from_image(const struct running *r, uint64_t addr, uint64_t *ret);

/* Is the memory that [addr, addr + n) would be in mapped at all? */
bool running_mapped(const struct running *r, uint64_t addr);

/* The descriptor at @addr, or NULL. */
const struct desc *running_desc(struct running *r, uint64_t addr,
				struct err *err);

/*
 * What a field_exists() or needed() at the image's address @fn says to the
 * object at @opaque.
 */
enum tri running_ask(struct running *r, uint64_t fn, uint64_t opaque,
		     int version, struct predicate_trace *why);

/* What is odd or missing, for people. */
size_t running_nwarnings(const struct running *r);
const char *running_warning(const struct running *r, size_t i);

#endif
