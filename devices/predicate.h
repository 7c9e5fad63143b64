/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * predicate.h - what field_exists() and needed() answer, without running them.
 *
 * Nearly all are a few instructions that look at the object and the version.
 * A small interpreter runs their machine code (of x86-64, aarch64, ppc64le and
 * s390x hosts) over whatever memory somebody has supplied.  Nothing is executed and nothing is written: stores
 * stay in the interpreter, which stops after PREDICATE_MAX_STEPS.  A bit that
 * nobody supplied is unknown; where a branch depends on one, both ways are
 * taken, and the answer is known only if they agree.
 *
 * Casts of QOM answer their argument; what calls out of the emulator or looks
 * at variables that may have changed is unknown.
 */
#ifndef VMSDB_PREDICATE_H
#define VMSDB_PREDICATE_H

#include "registry.h"		/* enum tri */
#include "space.h"

#define PREDICATE_MAX_STEPS 20000
#define PREDICATE_HOOK_STEPS 60000	/* of a post_load(): some walk through 32 slots of 6 ports */
#define PREDICATE_MAX_READS 16

struct object_memory {
	/*
	 * @n bytes at @offset of the object (which may be negative, or beyond
	 * its end: container_of()) into @out, and in @known 0xff for each
	 * byte that is known.  May be NULL: nothing is known.
	 */
	void (*read)(void *ctx, int64_t offset, size_t n, uint8_t *out,
		     uint8_t *known);
	/*
	 * The same for an address of the emulator's (a pointer was followed,
	 * or a variable looked at), in the image's own addresses.  May be NULL.
	 */
	void (*read_abs)(void *ctx, uint64_t addr, size_t n, uint8_t *out,
			 uint8_t *known);
	void *ctx;
	uint64_t size;		/* of the object; 0: not known */
	/*
	 * Where the object really is, so that pointers to it compare as they
	 * would; it is then read with read_abs().  0: nobody knows.
	 */
	uint64_t address;
	uint32_t page_size;	/* what getpagesize() answers; 0: not known */
};

struct predicate_code {
	const struct space *space;
	unsigned machine;	/* EM_* of the host that it is for */
	/* The symbol at exactly @addr, or NULL; may be NULL itself. */
	const char *(*symbol)(void *ctx, uint64_t addr);
	void *ctx;
};

struct predicate_read {
	int64_t offset;		/* in the object */
	uint8_t size;
	bool known;
	bool outside;		/* of the object that it was given */
	uint64_t value;		/* if known */
};

/* How the answer came about: for people. */
struct predicate_trace {
	struct predicate_read reads[PREDICATE_MAX_READS];
	unsigned nreads;	/* may be more than are kept */
	bool outside;		/* some read lay outside: not deterministic */
	int64_t outside_offset;	/* the first of them */
	unsigned steps;
	char why[120];		/* why it is unknown; "" */
	/*
	 * predicate_hook(): the lines that it prints with error_report(), or
	 * the Error that it sets; "": none.
	 */
	char said[160];
	bool said_more;		/* or says, and it cannot be told what */
};

/*
 * Evaluate the function at @fn for an object and (field_exists only) the
 * version being loaded.  @why may be NULL.
 */
enum tri predicate_eval(const struct predicate_code *code, uint64_t fn,
			int version, const struct object_memory *mem,
			struct predicate_trace *why);

/* How a post_load() ends, for certain. */
enum hook_end { HOOK_UNKNOWN, HOOK_RETURNS, HOOK_ABORTS };

/*
 * The same for a post_load(), which answers an int, or a post_load_errp() (@errp), a
 * bool: *ret.  What it does before it ends is not told but for .said.  Where asserts
 * fail on all ways it aborts; where it answers a negative number, one that looks at
 * what is not known may fail before.
 */
enum hook_end predicate_hook(const struct predicate_code *code, uint64_t fn,
			     bool errp, int version,
			     const struct object_memory *mem,
			     struct predicate_trace *why, int *ret);

/* What a function does to its object, for predicate_walk(). */
struct predicate_arg {
	uint64_t value;
	bool known;
	bool object;		/* .value is an offset in the object */
};

enum predicate_call { CALL_FOLLOW, CALL_SKIP, CALL_FIRST, CALL_OTHER };

struct predicate_watch {
	/*
	 * It calls @to (@external: no function of the emulator, or a stub that
	 * leads to one): follow it, skip it (nothing is known of its answer),
	 * or take it for a cast, which answers its first argument.  CALL_OTHER
	 * is skipped if it is a call; a jump may stay within the function, and
	 * is followed.
	 */
	enum predicate_call (*call)(void *ctx, uint64_t to, bool external,
				    const struct predicate_arg args[4]);
	/* It stores a number of @size <= 8 bytes into its object. */
	void (*store)(void *ctx, int64_t offset, unsigned size, uint64_t v);
	void *ctx;
	uint64_t *budget;	/* instructions of all walks together */
};

/*
 * Walk through the function at @fn, a class_init(object, @data), and tell
 * @watch what it does.  What it stores is not kept.  Where it branches on
 * what is not known both ways are walked.  Answers whether all ways were
 * walked to their ends; if not, there may be more than was told.
 */
bool predicate_walk(const struct predicate_code *code, uint64_t fn,
		    uint64_t data, const struct predicate_watch *watch);

/* Can code for the machine EM_* @machine be evaluated at all? */
bool predicate_supported(unsigned machine);

#endif
