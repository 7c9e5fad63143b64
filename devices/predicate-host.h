/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * predicate-host.h - what the interpreters of a host's machine code share.
 *
 * predicate.c has what is the same everywhere: numbers of which some bits are
 * unknown, memory, calls, the ways that are still to be walked, the answer.
 * A struct host decodes one instruction after the other and knows what the
 * host's ABI says of calls.
 *
 * An instruction that a host does not know is never guessed: .step answers
 * false, and what the function would answer is unknown.  One that it knows by
 * its length and its target alone may leave the target unknown.
 */
#ifndef VMSDB_PREDICATE_HOST_H
#define VMSDB_PREDICATE_HOST_H

#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "predicate.h"

#define STACK_SIZE 4096u
#define MAX_STORES 512
#define MAX_CALLS 16
#define MAX_REGS 34
#define MAX_ARGS 5
#define NO_LINK 255

/* A number of which the bits in @k are known; the others are 0 in @v. */
struct val {
	uint64_t v, k;
};

/* A store outside of the stack. */
struct store {
	uint64_t addr;
	struct val val;
	unsigned size;
};

struct cpu {
	uint64_t ip;
	struct val r[MAX_REGS];
	/*
	 * Flags as the host numbers them: 0, 1, or -1 unknown.  A host with
	 * condition codes may keep a set of possible ones here instead.
	 */
	int8_t flags[40];
	unsigned depth;
	char said[160];		/* a hook's words so far */
	bool said_more;		/* and some that cannot be told */
	bool handed;		/* another's function got the object: it may be changed */
	uint64_t back[MAX_CALLS + 2];	/* where each call comes back to */
	struct val vec[64][2];	/* only moved about; [0] is the lower half */
	struct store stores[MAX_STORES];
	unsigned nstores;
	uint8_t stack[STACK_SIZE], known[STACK_SIZE];	/* stay last */
};

struct run {
	const struct predicate_code *code;
	const struct object_memory *mem;
	const struct host *host;
	struct predicate_trace *why;
	const struct predicate_watch *watch;	/* NULL: a predicate */
	bool cut_short;		/* watch: some way was not walked to its end */
	struct cpu *cpu;	/* the path being followed */
	struct cpu **paths;	/* those still to be followed */
	unsigned npaths;
	bool yes, no, unknown;	/* answers so far */
	unsigned hook;		/* bytes of a hook's answer; 0: a predicate */
	bool returned, aborted;	/* the hook, on some way */
	int32_t value;
	bool dead;		/* the path cannot be: it ends in abort() */
	bool lost;		/* nothing is known of the path's answer */
	/* Only looking where some code leads, and there: another's function. */
	bool probing, probed;
	uint64_t out;		/* 0: to none */
	/*
	 * What the instruction @slot_step found in a slot of the GOT that the
	 * dynamic linker may not have filled for good: a function elsewhere.
	 */
	uint64_t slot;
	unsigned slot_step;
};

struct host {
	uint16_t machine;	/* EM_* */
	bool big_endian;
	uint8_t args[MAX_ARGS];	/* registers of the first arguments */
	uint8_t result, sp;
	uint8_t link;		/* where a call returns to; NO_LINK: on the stack */
	uint8_t callee;		/* holds the function's own address; NO_LINK */
	bool sign_extends;	/* an int fills its register with its sign */
	uint8_t local_entry;	/* bytes that calls within a file may leave out */
	const uint8_t *lost;	/* registers that a call may change */
	uint8_t nlost;
	uint64_t kept_vec;	/* a bit for each whose vec[0] a call keeps */
	/*
	 * The instruction at cpu->ip, of which @n >= 1 bytes are at @code:
	 * executed, and .ip moved; false if it is none that we know.
	 */
	bool (*step)(struct run *run, const uint8_t *code, size_t n);
};

extern const struct host host_x86_64, host_aarch64, host_ppc64, host_s390x;

/* ---- numbers ---- */

static inline uint64_t mask_of(unsigned size)
{
	return size >= 8 ? UINT64_MAX : (UINT64_C(1) << size * 8) - 1;
}

static inline struct val val_of(uint64_t v)
{
	return (struct val){ v, UINT64_MAX };
}

/* Nothing is known of its lowest @size bytes; those above are 0. */
static inline struct val val_unknown(unsigned size)
{
	return (struct val){ 0, ~mask_of(size) };
}

static inline bool all_known(struct val a, unsigned size)
{
	return !(mask_of(size) & ~a.k);
}

/* Its lowest @size bytes; what lies above is known to be 0. */
static inline struct val cut(struct val a, unsigned size)
{
	uint64_t m = mask_of(size);

	return (struct val){ a.v & m, (a.k & m) | ~m };
}

/* The same, filled up with the sign of @bits bits. */
static inline struct val extend_bits(struct val a, unsigned bits)
{
	uint64_t m = bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
	uint64_t sign = m ^ m >> 1;

	a.v &= m;
	a.k &= m;
	if (a.k & sign) {
		a.k |= ~m;
		if (a.v & sign)
			a.v |= ~m;
	}
	return a;
}

static inline struct val extend(struct val a, unsigned size)
{
	return extend_bits(a, size * 8);
}

static inline struct val val_and(struct val a, struct val b)
{
	return (struct val){ a.v & b.v,
		(a.k & b.k) | (a.k & ~a.v) | (b.k & ~b.v) };
}

static inline struct val val_or(struct val a, struct val b)
{
	return (struct val){ a.v | b.v, (a.k & b.k) | a.v | b.v };
}

static inline struct val val_xor(struct val a, struct val b)
{
	return (struct val){ (a.v ^ b.v) & a.k & b.k, a.k & b.k };
}

static inline struct val val_not(struct val a)
{
	return (struct val){ ~a.v & a.k, a.k };
}

/* Sums and differences are known below the lowest bit that is not. */
struct val val_plus(struct val a, struct val b);
struct val val_minus(struct val a, struct val b);
/* Shifts by less than 64; the lowest @size bytes count and are answered. */
struct val val_shl(struct val a, unsigned n, unsigned size);
struct val val_shr(struct val a, unsigned n, unsigned size);
struct val val_sar(struct val a, unsigned n, unsigned size);
struct val val_ror(struct val a, unsigned n, unsigned size);
/* Known below the lowest bit that is not, too. */
struct val val_times(struct val a, struct val b, unsigned size);
/* What is the same in both: for a choice on an unknown condition. */
struct val val_either(struct val a, struct val b);

static inline int flag_or(int a, int b)
{
	return a == 1 || b == 1 ? 1 : a < 0 || b < 0 ? -1 : 0;
}

static inline int flag_and(int a, int b)
{
	return !a || !b ? 0 : a < 0 || b < 0 ? -1 : 1;
}

static inline int flag_xor(int a, int b)
{
	return a < 0 || b < 0 ? -1 : a ^ b;
}

static inline int flag_not(int a)
{
	return a < 0 ? -1 : !a;
}

/* Are the lowest @size bytes 0?  1, 0, or -1 unknown. */
static inline int is_zero(struct val a, unsigned size)
{
	return a.v & mask_of(size) ? 0 : all_known(a, size) ? 1 : -1;
}

/* Bit @n: 1, 0, or -1 unknown. */
static inline int bit_of(struct val a, unsigned n)
{
	return a.k >> n & 1 ? (int)(a.v >> n & 1) : -1;
}

/* Is @a below @b, as numbers of @size bytes with a sign or without? */
int val_below(struct val a, struct val b, unsigned size, bool sign);
/* Are they equal? */
int val_equal(struct val a, struct val b, unsigned size);

/* @n bits of an instruction of 32 from @lo on, without a sign and with it. */
static inline uint32_t bits(uint32_t w, unsigned lo, unsigned n)
{
	return w >> lo & (UINT32_C(0xffffffff) >> (32 - n));
}

static inline int64_t sbits(uint32_t w, unsigned lo, unsigned n)
{
	return (int64_t)extend_bits(val_of(bits(w, lo, n)), n).v;
}

/* ---- memory ---- */

/* @n <= 8 bytes at @addr as a number in the host's byte order. */
struct val mem_load(struct run *run, uint64_t addr, unsigned n);
void mem_store(struct run *run, uint64_t addr, unsigned n, struct val a);

/* The same where the address may be unknown. */
struct val mem_load_at(struct run *run, struct val addr, unsigned n);
void mem_store_at(struct run *run, struct val addr, unsigned n, struct val a);

/* ---- control ---- */

/* The path's answer is unknown; @fmt has the address @arg, and "%s". */
void run_lose(struct run *run, const char *fmt, uint64_t arg,
	      const char *name);

void run_jump(struct run *run, struct val to);

/* To @to if @cond is 1, to @next if it is 0, both if it is -1. */
void run_branch(struct run *run, int cond, uint64_t to, uint64_t next);

/*
 * @to is where a call or a jump leads; @next is where a call comes back to.
 * A jump to where the last call comes back to is a return.
 */
void run_transfer(struct run *run, struct val to, bool call, uint64_t next);

/* Return from a function. */
void run_return(struct run *run, struct val to);

/* A path that cannot be: it has come to a trap. */
static inline void run_trap(struct run *run)
{
	run->dead = true;
}

/* The stack of a host that returns through it. */
void run_push(struct run *run, struct val a);
struct val run_pop(struct run *run);

/* The argument number @i of the call that is being made. */
struct val run_arg(const struct run *run, unsigned i);

/*
 * predicate-words.c: is @name a function that only says something?  What it says is
 * in cpu->said then.
 */
bool run_speaks(struct run *run, const char *name);

#endif
