/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory.h - the memory of a process, live or as a core file keeps it.
 *
 * It is only read.  A live process is not stopped unless memory_stop() is
 * called; each page is read once and kept, so that what is seen of it is of
 * one moment.  What a core does not hold (cut off, guest RAM, files' pages) is
 * missing, never zero.
 *
 * A core is untrusted; time and memory are bounded by what is asked for.
 */
#ifndef VMSDB_MEMORY_H
#define VMSDB_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../stream/arena.h"
#include "../stream/err.h"
#include "space.h"

struct memory_map {
	uint64_t start, end;
	uint64_t offset;	/* in the file, bytes */
	const char *path;	/* as the process names it; "" for none */
	bool write, exec, known;	/* .known: the two are told */
};

struct memory_ops;

struct memory {
	struct space space;	/* first; addresses are the process's */
	const struct memory_ops *ops;
	struct arena arena;
	const char *name;	/* "process 1234", "core FILE" */
	pid_t pid;		/* 0: a core */
	struct memory_map *maps;	/* by address */
	size_t nmaps, maps_cap;
	uint64_t entry, phdr;	/* AT_ENTRY, AT_PHDR; 0 not told */
	uint32_t page_size;	/* AT_PAGESZ; 0 not told */
	uint16_t machine;	/* EM_* */
	const char *command;	/* its command line, or NULL */
	const char *const *argv;	/* of a process; ended by NULL */
	char state;		/* of a process: R, S, T, t, Z ...; 0 a core */
	const char *warnings[8];
	size_t nwarnings;
	struct memory_pages *pages;
};

/*
 * Open the memory of @pid.  What is refused is explained, with the command
 * that would allow it.
 */
int memory_open_process(struct memory **ret, pid_t pid, struct err *err);

/* Open a core file. */
int memory_open_core(struct memory **ret, const char *path, struct err *err);

void memory_close(struct memory *m);

/* All of [addr, addr + n): 0, or -1 where some is missing. */
int memory_read(const struct memory *m, uint64_t addr, void *buf, size_t n);

/* What is there of it, and in @known 0xff for each such byte. */
void memory_read_known(const struct memory *m, uint64_t addr, size_t n,
		       uint8_t *out, uint8_t *known);

/* The mapping that holds @addr, or NULL. */
const struct memory_map *memory_map_at(const struct memory *m, uint64_t addr);

/*
 * The file that is mapped as @path, in a form that we can open ourselves
 * (another root, deleted meanwhile: through /proc); NULL if there is none.
 * NULL for @path is the executable.  Of a core it is @path.
 */
const char *memory_file(struct memory *m, const char *path);

/*
 * Stop all threads of a live process until memory_resume(), or until our end,
 * however it comes.  Pages that were read before are forgotten.
 */
int memory_stop(struct memory *m, struct err *err);
void memory_resume(struct memory *m);

/* Why reading the memory of a process was refused. */
struct refusal {
	pid_t pid;
	unsigned uid, our_uid;	/* its real one; our effective one */
	bool capable;		/* we have CAP_SYS_PTRACE */
	bool other_userns;	/* it is in another user namespace */
	bool dumpable;
	int yama;		/* ptrace_scope; -1: there is none */
	const char *lsm;	/* its security context, or NULL */
	const char *self;	/* "vmsdb attach 1234" */
};

/* In words, with the command that would allow it, into @buf; answers it. */
const char *refusal_text(const struct refusal *r, char *buf, size_t size);

/* ---- for those who open one ---- */

#define MEMORY_PAGE 4096u

struct memory_ops {
	/*
	 * The page at @addr; @known (zeros) gets 0xff for each byte that is
	 * there.  Answers how many are.
	 */
	size_t (*page)(const struct memory *m, uint64_t addr, uint8_t *buf,
		       uint8_t *known);
	const char *(*file)(struct memory *m, const char *path);
	int (*stop)(struct memory *m, struct err *err);	/* may be NULL */
	void (*resume)(struct memory *m);	/* may be NULL */
	void (*close)(struct memory *m);
};

void memory_init(struct memory *m, const struct memory_ops *ops);
/* To be called once .maps is complete: sorts it. */
void memory_finish(struct memory *m);
void memory_warn(struct memory *m, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Class, byte order and machine, from an ELF header's first 20 bytes. */
int memory_take_elf(struct memory *m, const uint8_t *head, size_t n,
		    struct err *err);

#endif
