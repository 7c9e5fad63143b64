/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * space-elf.h - an emulator's executable and its modules as one address space.
 *
 * The executable lies at its link-time addresses, every further file behind
 * what is there already; relocations are applied as the dynamic linker would,
 * and symbols resolved across the files.  A symbol that no file defines (libc's,
 * glib's) gets an address of its own where nothing is mapped, so that it can
 * be told from NULL and named.
 *
 * The files are untrusted.  Sizes and offsets are checked when a file is
 * added; afterwards all access is bounded.
 */
#ifndef VMSDB_SPACE_ELF_H
#define VMSDB_SPACE_ELF_H

#include "../stream/err.h"
#include "space.h"

struct space_elf;

struct elf_symbol {
	const char *name;
	uint64_t addr, size;
	uint16_t file;		/* index of space_elf_file() */
	bool func, object, global, external;
};

struct elf_file {
	const char *path;	/* as opened */
	uint64_t base;		/* added to the file's own addresses */
	uint64_t end;
	uint16_t machine;	/* EM_* */
	bool relocatable;	/* position-independent: pointers are relocated */
	bool has_symtab;	/* not stripped */
	bool has_debug;		/* .debug_info within the file itself */
	uint8_t build_id[64];
	unsigned build_id_len;	/* 0: none */
};

/*
 * The build-id of an ELF file, without mapping it: its length, 0 if it has
 * none, or is no ELF file.
 */
unsigned elf_build_id(const char *path, uint8_t id[64]);

/* Map the executable at @path.  Close the result with space_elf_close(). */
int space_elf_open(struct space_elf **ret, const char *path, struct err *err);

/*
 * Add a module.  On failure nothing has been added.  If @symbol is not NULL,
 * the file must define a dynamic symbol of that name (the stamp of a build),
 * or else 1 is returned and nothing added.
 */
int space_elf_add(struct space_elf *se, const char *path, const char *symbol,
		  struct err *err);

/* Apply the relocations of all files for which it has not been done. */
int space_elf_relocate(struct space_elf *se, struct err *err);

void space_elf_close(struct space_elf *se);

const struct space *space_elf_space(const struct space_elf *se);

/* File number @i (0: the executable), or NULL beyond the last. */
const struct elf_file *space_elf_file(const struct space_elf *se, unsigned i);

/* The file that @addr belongs to, or NULL; its own address is addr - base. */
const struct elf_file *space_elf_file_of(const struct space_elf *se,
					 uint64_t addr);

/* The global symbol @name, or NULL. */
const struct elf_symbol *space_elf_find(struct space_elf *se, const char *name);

/* The same, also of a symbol table that the dynamic linker does not see. */
const struct elf_symbol *space_elf_named(struct space_elf *se,
					 const char *name);

/*
 * The symbol at exactly @addr, or NULL.  Of several it is one with a size,
 * then a global one.
 */
const struct elf_symbol *space_elf_at(struct space_elf *se, uint64_t addr);

/* The symbol whose bytes hold @addr, or NULL. */
const struct elf_symbol *space_elf_around(struct space_elf *se, uint64_t addr);

/*
 * Walk over all words that may hold an address, in address order, from a walk
 * of zeros.  Answers where the word's bytes are, of which walk->after lie from
 * there on and walk->before in front of it; NULL at the end.  Where addresses
 * are known (they are relocated) words that have an address walk->numbers[]
 * words further on are left out.
 */
struct elf_walk {
	int numbers[4];
	unsigned nnumbers;
	uint64_t slot, before, after;
	size_t segment;
	uint64_t next;
};

const uint8_t *space_elf_next_pointer(const struct space_elf *se,
				      struct elf_walk *walk);

/*
 * The bytes of the @i'th segment that the program cannot write (its strings
 * are there, most likely in the first of them), or NULL beyond the last.
 */
const uint8_t *space_elf_constants(const struct space_elf *se, unsigned i,
				   uint64_t *addr, uint64_t *len);

#endif
