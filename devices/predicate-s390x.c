/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * predicate-s390x.c - z/Architecture's machine code: see predicate-host.h
 *
 * Encodings: z/Architecture Principles of Operation (SA22-7832), chapters 7,
 * 20 and appendix B.  Bits of an instruction are numbered from the left, as
 * they are there.  Instructions for 32 bits leave the register's left half.
 *
 * Of a condition code that is not known the possible ones are: a set of bits
 * in the order of a branch's mask, 8 for code 0, 1 for code 3.
 */
#include "predicate-host.h"

enum { CC = 0 };		/* where cpu->flags has the set */
enum { CC0 = 8, CC1 = 4, CC2 = 2, CC3 = 1, CC_ANY = 15 };

/*
 * What the access registers 0 and 1 hold together: the thread's own memory,
 * far from all else.  Nothing is known of it but the stack protector's canary,
 * which is as good as any other number.
 */
#define THREAD UINT64_C(0x6000000000000000)
#define CANARY (THREAD + 40)

enum op {
	NONE,
	/* of the second operand */
	LOAD, TEST, ABS, MINUS_ABS, NEGATE, REVERSE,
	/* of both; those with an L are without a sign */
	ADD, SUB, ADDL, SUBL, ADD_CARRY, SUB_BORROW, TIMES, TIMES_TEST,
	AND, OR, XOR, COMPARE, COMPAREL,
	/* of pairs of registers */
	PRODUCT, PRODUCTL, DIVIDE, DIVIDEL,
	/* of memory */
	STORE, STORE_REVERSE, ADDRESS, SKIP,
};

/* The second operand has @from bytes, and is extended to @size. */
struct form {
	uint8_t op, size, from;
	bool sign;
};

#define F(op, size) { op, size, size, false }
#define SIGNED(op, size, from) { op, size, from, true }
#define ZERO(op, size, from) { op, size, from, false }

struct insn {
	uint64_t w;		/* 48 bits, the first byte leftmost */
	uint64_t next;
	bool moved;		/* cpu->ip is where it goes on */
};

/* @n bits from bit @at on. */
static unsigned field(const struct insn *in, unsigned at, unsigned n)
{
	return (unsigned)(in->w >> (48 - at - n) & ((UINT64_C(1) << n) - 1));
}

static uint64_t sfield(const struct insn *in, unsigned at, unsigned n)
{
	return extend_bits(val_of(field(in, at, n)), n).v;
}

/* ---- registers ---- */

static struct val get(const struct cpu *cpu, unsigned reg, unsigned size)
{
	return cut(cpu->r[reg], size);
}

/* The lowest @size bytes; the rest stays as it is. */
static void set(struct cpu *cpu, unsigned reg, unsigned size, struct val a)
{
	uint64_t m = mask_of(size);
	struct val *r = &cpu->r[reg];

	r->k = (r->k & ~m) | (a.k & m);
	r->v = ((r->v & ~m) | (a.v & m)) & r->k;
}

static struct val extended(struct val a, unsigned from, bool sign)
{
	return sign ? extend(a, from) : cut(a, from);
}

/* The right halves of two registers, as one number. */
static struct val get_pair(const struct cpu *cpu, unsigned reg)
{
	return val_or(val_shl(get(cpu, reg, 4), 32, 8), get(cpu, reg + 1, 4));
}

static void set_pair(struct cpu *cpu, unsigned reg, struct val a)
{
	set(cpu, reg, 4, val_shr(a, 32, 8));
	set(cpu, reg + 1, 4, a);
}

/* ---- the condition code ---- */

static unsigned codes(const struct cpu *cpu)
{
	return cpu->flags[CC] & CC_ANY;		/* -1: any */
}

static void set_codes(struct cpu *cpu, unsigned set)
{
	cpu->flags[CC] = (int8_t)set;
}

/* Is the code in @mask?  1, 0, or -1 unknown. */
static int within(unsigned set, unsigned mask)
{
	return !(set & ~mask) ? 1 : !(set & mask) ? 0 : -1;
}

/* Zero, or not. */
static void codes_logic(struct cpu *cpu, struct val a, unsigned size)
{
	int zero = is_zero(a, size);

	set_codes(cpu, (zero ? CC0 : 0) | (zero != 1 ? CC1 : 0));
}

/* Zero, negative, positive. */
static void codes_sign(struct cpu *cpu, struct val a, unsigned size)
{
	uint64_t m = mask_of(size), sign = m ^ m >> 1;
	unsigned set = 0;

	if (!(a.v & m))
		set |= CC0;
	if (a.v & sign || !(a.k & sign))
		set |= CC1;
	if (!(a.v & sign) && (a.v | ~a.k) & m & ~sign)
		set |= CC2;
	set_codes(cpu, set);
}

/* The least and the greatest number that @a may be. */
static void range(struct val a, unsigned size, bool sign, __int128 *least,
		  __int128 *most)
{
	uint64_t m = mask_of(size), top = m ^ m >> 1;
	uint64_t lo = a.v & m, hi = (a.v | ~a.k) & m;

	if (!sign) {
		*least = lo;
		*most = hi;
		return;
	}
	if (!(a.k & top)) {
		lo |= top;
		hi &= ~top;
	}
	*least = (int64_t)extend(val_of(lo), size).v;
	*most = (int64_t)extend(val_of(hi), size).v;
}

/* A number between @lo and @hi has become @r: with a sign, or overflown. */
static void codes_signed(struct cpu *cpu, __int128 lo, __int128 hi,
			 struct val r, unsigned size)
{
	__int128 most = (__int128)(mask_of(size) >> 1), least = -most - 1;
	unsigned set = 0;

	if (lo < least || hi > most)
		set |= CC3;
	if (lo <= 0 && hi >= 0 && is_zero(r, size))
		set |= CC0;
	if (lo < 0 && hi >= least)
		set |= CC1;
	if (hi > 0 && lo <= most)
		set |= CC2;
	set_codes(cpu, set);
}

static void codes_sum(struct cpu *cpu, struct val a, struct val b, bool minus,
		      struct val r, unsigned size)
{
	__int128 a0, a1, b0, b1;

	range(a, size, true, &a0, &a1);
	range(b, size, true, &b0, &b1);
	if (minus)
		codes_signed(cpu, a0 - b1, a1 - b0, r, size);
	else
		codes_signed(cpu, a0 + b0, a1 + b1, r, size);
}

/* @a + @b + @carry is @r, without signs: zero or not, with a carry or not. */
static void codes_carry(struct cpu *cpu, struct val a, struct val b, int carry,
			struct val r, unsigned size)
{
	__int128 a0, a1, b0, b1, most = mask_of(size);
	int zero = is_zero(r, size);
	unsigned set = 0;

	range(a, size, false, &a0, &a1);
	range(b, size, false, &b0, &b1);
	a0 += b0 + carry;
	a1 += b1 + carry;
	if (a0 == 0 && zero)
		set |= CC0;
	if (a0 <= most && zero != 1)
		set |= CC1;
	if (a1 > most)
		set |= (zero ? CC2 : 0) | (zero != 1 ? CC3 : 0);
	set_codes(cpu, set);
}

/* How @a compares with @b: equal, lower, higher. */
static unsigned compared(struct val a, struct val b, unsigned size, bool sign)
{
	int low = val_below(a, b, size, sign), high = val_below(b, a, size, sign);
	int equal = val_equal(a, b, size);

	if (equal == 1 || low == 1 || high == 1)
		return equal == 1 ? CC0 : low == 1 ? CC1 : CC2;
	return (equal ? CC0 : 0) | (low ? CC1 : 0) | (high ? CC2 : 0);
}

/* @a - @b without signs: lower, equal, higher. */
static void codes_borrow(struct cpu *cpu, struct val a, struct val b,
			 unsigned size)
{
	unsigned how = compared(a, b, size, false);

	set_codes(cpu, (how & CC1) | (how & CC0 ? CC2 : 0) |
		  (how & CC2 ? CC3 : 0));
}

/*
 * The bits in @mask: none, some, all are set; of some, @left tells those apart
 * that have the leftmost one.
 */
static void codes_mask(struct cpu *cpu, struct val a, uint64_t mask, bool left)
{
	bool one = a.v & mask, zero = a.k & ~a.v & mask;
	unsigned set = 0, some = CC1;
	int first;

	if (!one)
		set |= CC0;
	if (!zero && mask)
		set |= CC3;
	if (left && mask) {
		first = bit_of(a, 63 - (unsigned)__builtin_clzll(mask));
		some = first < 0 ? CC1 | CC2 : first ? CC2 : CC1;
	}
	if (mask & (mask - 1) && ((one && zero) || mask & ~a.k))
		set |= some;
	set_codes(cpu, set);
}

/* The carry of the last sum, or that there was no borrow; -1 unknown. */
static int last_carry(const struct cpu *cpu)
{
	return within(codes(cpu), CC2 | CC3);
}

/* ---- arithmetic ---- */

static struct val reversed(struct val a, unsigned size)
{
	struct val r;

	r.v = __builtin_bswap64(a.v) >> (64 - size * 8);
	r.k = __builtin_bswap64(a.k) >> (64 - size * 8) | ~mask_of(size);
	return r;
}

/* load positive, load negative */
static struct val absolute(struct cpu *cpu, struct val a, bool minus,
			   unsigned size)
{
	int sign = bit_of(a, size * 8 - 1);
	struct val r = val_minus(val_of(0), a);

	if (sign < 0) {
		set_codes(cpu, minus ? CC0 | CC1 : CC0 | CC2 | CC3);
		return val_unknown(size);
	}
	if (minus == sign)
		r = a;
	codes_sign(cpu, r, size);
	/* the least number has no positive one */
	if (!minus && sign)
		set_codes(cpu, is_zero(val_shl(a, 1, size), size) == 1 ? CC3 :
			  is_zero(val_shl(a, 1, size), size) ? CC2 | CC3 : CC2);
	return r;
}

static struct val plus_carry(struct cpu *cpu, struct val a, struct val b,
			     unsigned size)
{
	int carry = last_carry(cpu);
	struct val r;

	if (carry < 0) {
		set_codes(cpu, CC_ANY);
		return val_unknown(size);
	}
	r = val_plus(val_plus(a, b), val_of((uint64_t)carry));
	codes_carry(cpu, a, b, carry, r, size);
	return r;
}

static struct val times_test(struct cpu *cpu, struct val a, struct val b,
			     unsigned size)
{
	struct val r = val_times(a, b, size);
	__int128 x, y, most;

	set_codes(cpu, CC_ANY);
	if (!all_known(a, size) || !all_known(b, size))
		return r;
	range(a, size, true, &x, &most);
	range(b, size, true, &y, &most);
	codes_signed(cpu, x * y, x * y, r, size);
	return r;
}

/* What @op makes of @a and @b, into @r; false if it is none of these. */
static bool compute(struct cpu *cpu, enum op op, struct val a, struct val b,
		    unsigned size, struct val *r)
{
	switch (op) {
	case LOAD:
		*r = b;
		return true;
	case TEST:
		*r = b;
		codes_sign(cpu, *r, size);
		return true;
	case ABS: case MINUS_ABS:
		*r = absolute(cpu, b, op == MINUS_ABS, size);
		return true;
	case NEGATE:
		a = val_of(0);
		/* fall through */
	case SUB:
		*r = val_minus(a, b);
		codes_sum(cpu, a, b, true, *r, size);
		return true;
	case REVERSE:
		*r = reversed(b, size);
		return true;
	case ADD:
		*r = val_plus(a, b);
		codes_sum(cpu, a, b, false, *r, size);
		return true;
	case ADDL:
		*r = val_plus(a, b);
		codes_carry(cpu, a, b, 0, *r, size);
		return true;
	case SUBL:
		*r = val_minus(a, b);
		codes_borrow(cpu, a, b, size);
		return true;
	case ADD_CARRY:
		*r = plus_carry(cpu, a, b, size);
		return true;
	case SUB_BORROW:
		*r = plus_carry(cpu, a, val_not(b), size);
		return true;
	case TIMES:
		*r = val_times(a, b, size);
		return true;
	case TIMES_TEST:
		*r = times_test(cpu, a, b, size);
		return true;
	case AND:
		*r = val_and(a, b);
		codes_logic(cpu, *r, size);
		return true;
	case OR:
		*r = val_or(a, b);
		codes_logic(cpu, *r, size);
		return true;
	case XOR:
		*r = val_xor(a, b);
		codes_logic(cpu, *r, size);
		return true;
	default:
		return false;
	}
}

/* The whole product of two numbers, into a pair of registers. */
static bool product(struct cpu *cpu, unsigned reg, struct val a, struct val b,
		    unsigned size, bool sign)
{
	struct val hi = val_unknown(size), lo = val_unknown(size);
	__int128 x, y, none;

	if (reg & 1)
		return false;
	if (all_known(a, size) && all_known(b, size)) {
		unsigned __int128 p;

		range(a, size, sign, &x, &none);
		range(b, size, sign, &y, &none);
		p = (unsigned __int128)x * (unsigned __int128)y;
		lo = val_of((uint64_t)p);
		hi = val_of((uint64_t)(p >> size * 8));
	}
	set(cpu, reg, size, hi);
	set(cpu, reg + 1, size, lo);
	return true;
}

/*
 * A pair of registers divided by @b: the rest and the quotient.  With a sign
 * and of 64 bits only the second of the pair is divided.  What would end in an
 * exception has an unknown result.
 */
static bool divide(struct cpu *cpu, unsigned reg, struct val b, unsigned size,
		   bool sign)
{
	struct val lo = size == 8 ? get(cpu, reg | 1, 8) : get_pair(cpu, reg & 14);
	struct val hi = size == 8 && !sign ? get(cpu, reg & 14, 8) : val_of(0);
	struct val rest = val_unknown(size), quotient = val_unknown(size);

	if (reg & 1)
		return false;
	if (!all_known(lo, 8) || !all_known(hi, 8) || !all_known(b, size) ||
	    is_zero(b, size)) {
		;
	} else if (sign) {
		__int128 x = (int64_t)lo.v, y = (int64_t)extend(b, size).v;
		__int128 q = x / y, most = (__int128)(mask_of(size) >> 1);

		if (q <= most && q >= -most - 1) {
			quotient = val_of((uint64_t)q);
			rest = val_of((uint64_t)(x % y));
		}
	} else {
		unsigned __int128 x = (unsigned __int128)hi.v << 64 | lo.v;
		unsigned __int128 y = cut(b, size).v, q = x / y;

		if (q <= mask_of(size)) {
			quotient = val_of((uint64_t)q);
			rest = val_of((uint64_t)(x % y));
		}
	}
	set(cpu, reg, size, rest);
	set(cpu, reg + 1, size, quotient);
	return true;
}

/* @f of @a and @b (which is extended already), into @reg. */
static bool operate(struct cpu *cpu, const struct form *f, unsigned reg,
		    struct val a, struct val b)
{
	struct val r;

	switch (f->op) {
	case COMPARE: case COMPAREL:
		set_codes(cpu, compared(a, b, f->size, f->op == COMPARE));
		return true;
	case PRODUCT: case PRODUCTL:
		return product(cpu, reg, a, b, f->size, f->op == PRODUCT);
	case DIVIDE: case DIVIDEL:
		return divide(cpu, reg, b, f->size, f->op == DIVIDE);
	}
	if (!compute(cpu, f->op, a, b, f->size, &r))
		return false;
	set(cpu, reg, f->size, r);
	return true;
}

/* The register that @f's first operand is in: products have it in a pair. */
static struct val first_operand(const struct cpu *cpu, const struct form *f,
				unsigned reg)
{
	if (f->op == PRODUCT || f->op == PRODUCTL)
		reg |= 1;
	return get(cpu, reg, f->size);
}

static bool registers(struct cpu *cpu, const struct form *f, unsigned r1,
		      unsigned r2)
{
	struct val a = first_operand(cpu, f, r1);
	struct val b = extended(get(cpu, r2, f->from), f->from, f->sign);

	/* of itself: nothing needs to be known of it */
	if (r1 == r2 && f->from == f->size &&
	    (f->op == SUB || f->op == SUBL || f->op == SUB_BORROW ||
	     f->op == XOR || f->op == COMPARE || f->op == COMPAREL))
		a = b = val_of(0);
	return operate(cpu, f, r1, a, b);
}

/* ---- memory ---- */

static struct val displaced(const struct cpu *cpu, unsigned base,
			    unsigned index, uint64_t disp)
{
	struct val a = val_of(disp);

	if (base)
		a = val_plus(a, cpu->r[base]);
	if (index)
		a = val_plus(a, cpu->r[index]);
	return a;
}

/* Base and 12 bits of displacement, from bit @at on. */
static struct val address(const struct cpu *cpu, const struct insn *in,
			  unsigned at)
{
	return displaced(cpu, field(in, at, 4), 0, field(in, at + 4, 12));
}

/* The same with 20 bits, of which the upper 8 stand behind. */
static struct val address_long(const struct cpu *cpu, const struct insn *in)
{
	return displaced(cpu, field(in, 16, 4), 0,
			 sfield(in, 32, 8) << 12 | field(in, 20, 12));
}

static struct val indexed(const struct cpu *cpu, const struct insn *in,
			  struct val a)
{
	unsigned index = field(in, 12, 4);

	return index ? val_plus(a, cpu->r[index]) : a;
}

/* What an instruction that counts in halfwords from itself refers to. */
static uint64_t relative(const struct cpu *cpu, const struct insn *in,
			 unsigned at, unsigned n)
{
	return cpu->ip + (sfield(in, at, n) << 1);
}

static struct val load(struct run *run, struct val addr, unsigned n)
{
	if (all_known(addr, 8) && addr.v >= CANARY && addr.v + n <= CANARY + 8)
		return val_of(0);
	return mem_load_at(run, addr, n);
}

static bool with_memory(struct run *run, const struct form *f, unsigned reg,
			struct val addr)
{
	struct cpu *cpu = run->cpu;
	struct val a = first_operand(cpu, f, reg);

	switch (f->op) {
	case NONE:
		return false;
	case STORE:
		mem_store_at(run, addr, f->size, a);
		return true;
	case STORE_REVERSE:
		mem_store_at(run, addr, f->size, reversed(a, f->size));
		return true;
	case ADDRESS:
		cpu->r[reg] = addr;
		return true;
	case SKIP:
		return true;
	}
	return operate(cpu, f, reg, a,
		       extended(load(run, addr, f->from), f->from, f->sign));
}

/* lm, stm and their like: @size bytes each, from @shift on. */
static void multiple(struct run *run, const struct insn *in, struct val addr,
		     unsigned size, unsigned shift, bool is_load)
{
	struct cpu *cpu = run->cpu;
	unsigned reg = field(in, 8, 4), last = field(in, 12, 4);

	for (;; reg = (reg + 1) & 15) {
		struct val a = val_shr(cpu->r[reg], shift, 8);

		if (!is_load)
			mem_store_at(run, addr, size, a);
		else if (!shift)
			set(cpu, reg, size, load(run, addr, size));
		else
			cpu->r[reg] = val_or(get(cpu, reg, 4),
					     val_shl(load(run, addr, 4), 32, 8));
		addr = val_plus(addr, val_of(size));
		if (reg == last)
			return;
	}
}

/*
 * clm, stcm, icm: those bytes of a register's word, which is @shift bits from
 * its right, that are in the mask.
 */
static void some_bytes(struct run *run, const struct insn *in, enum op op,
		       struct val addr, unsigned shift)
{
	struct cpu *cpu = run->cpu;
	unsigned mask = field(in, 12, 4), n = 0;
	struct val *r = &cpu->r[field(in, 8, 4)], a = val_of(0), b;

	for (unsigned i = 0; i < 4; i++) {
		if (!(mask & 8 >> i))
			continue;
		a = val_or(val_shl(a, 8, 8),
			   cut(val_shr(*r, shift + 24 - i * 8, 8), 1));
		n++;
	}
	if (op == STORE && n)
		mem_store_at(run, addr, n, a);
	if (op == STORE)
		return;
	b = n ? load(run, addr, n) : val_of(0);
	if (op == COMPAREL) {
		set_codes(cpu, n ? compared(a, b, n, false) : CC0);
		return;
	}
	if (n)
		codes_sign(cpu, b, n);
	else
		set_codes(cpu, CC0);
	for (unsigned i = 4; i-- > 0;) {
		unsigned at = shift + 24 - i * 8;

		if (!(mask & 8 >> i))
			continue;
		*r = val_or(val_and(*r, val_of(~(UINT64_C(0xff) << at))),
			    val_shl(cut(b, 1), at, 8));
		b = val_shr(b, 8, 8);
	}
}

/* Two fields of storage: how they lie to each other. */
struct fields {
	struct val a, b;
	unsigned length;
	bool same, apart;
};

static struct fields two_fields(const struct cpu *cpu, const struct insn *in,
				unsigned length)
{
	struct fields f = {
		.a = address(cpu, in, 16), .b = address(cpu, in, 32),
		.length = length, .apart = true,
		.same = field(in, 16, 16) == field(in, 32, 16),
	};

	if (all_known(f.a, 8) && all_known(f.b, 8)) {
		f.same = f.a.v == f.b.v;
		/* else what it has just stored is taken again */
		f.apart = f.a.v <= f.b.v || f.a.v - f.b.v >= length;
	}
	return f;
}

/* The bytes from @i on that are taken at once. */
static unsigned at_once(const struct fields *f, unsigned i)
{
	return !f->apart ? 1 : f->length - i < 8 ? f->length - i : 8;
}

/* clc */
static void compare_storage(struct run *run, const struct fields *f)
{
	unsigned set = CC0, n;

	for (unsigned i = 0; i < f->length && set & CC0 && !f->same; i += n) {
		struct val x, y;

		n = at_once(f, i);
		x = load(run, val_plus(f->a, val_of(i)), n);
		y = load(run, val_plus(f->b, val_of(i)), n);
		set = (set & ~CC0) | compared(x, y, n, false);
	}
	set_codes(run->cpu, set);
}

/* mvc, nc, oc, xc: from left to right */
static void change_storage(struct run *run, const struct fields *f, enum op op)
{
	unsigned n;
	int zero = 1;

	for (unsigned i = 0; i < f->length; i += n) {
		struct val to = val_plus(f->a, val_of(i)), x, y, r;

		n = at_once(f, i);
		y = load(run, val_plus(f->b, val_of(i)), n);
		x = op == LOAD || f->same ? y : load(run, to, n);
		switch (op) {
		case AND: r = val_and(x, y); break;
		case OR: r = val_or(x, y); break;
		case XOR: r = f->same ? val_of(0) : val_xor(x, y); break;
		default: r = y; break;
		}
		mem_store_at(run, to, n, r);
		zero = flag_and(zero, is_zero(r, n));
	}
	if (op != LOAD)
		set_codes(run->cpu, (zero ? CC0 : 0) | (zero != 1 ? CC1 : 0));
}

static bool storage(struct run *run, const struct insn *in, unsigned length)
{
	const struct fields f = two_fields(run->cpu, in, length);

	switch (field(in, 0, 8)) {
	case 0xd2: change_storage(run, &f, LOAD); return true;
	case 0xd4: change_storage(run, &f, AND); return true;
	case 0xd5: compare_storage(run, &f); return true;
	case 0xd6: change_storage(run, &f, OR); return true;
	case 0xd7: change_storage(run, &f, XOR); return true;
	}
	return false;
}

/* ex, exrl: the instruction at @addr, with a length out of a register */
static bool execute(struct run *run, const struct insn *in, struct val addr)
{
	const struct space *s = run->code->space;
	unsigned reg = field(in, 8, 4);
	struct val length = reg ? get(run->cpu, reg, 1) : val_of(0);
	struct insn it = { .w = 0 };
	uint8_t b[6];

	if (!all_known(addr, 8) || !all_known(length, 1) ||
	    s->read(s, addr.v, b, sizeof(b)))
		return false;
	for (unsigned i = 0; i < sizeof(b); i++)
		it.w = it.w << 8 | b[i];
	return storage(run, &it, (b[1] | (unsigned)length.v) + 1);
}

/* clst: two strings up to the character in r0 */
static bool compare_strings(struct run *run, unsigned r1, unsigned r2)
{
	struct cpu *cpu = run->cpu;
	struct val end = get(cpu, 0, 1), *a = &cpu->r[r1], *b = &cpu->r[r2];

	for (unsigned i = 0; i < 256; i++) {
		struct val x = load(run, val_plus(*a, val_of(i)), 1);
		struct val y = load(run, val_plus(*b, val_of(i)), 1);

		if (!all_known(end, 1) || !all_known(x, 1) || !all_known(y, 1)) {
			*a = *b = (struct val){ 0, 0 };
			set_codes(cpu, CC0 | CC1 | CC2);
			return true;
		}
		if (x.v == y.v && x.v != end.v)
			continue;
		set_codes(cpu, x.v == y.v ? CC0 : x.v == end.v ? CC1 :
			  y.v == end.v ? CC2 : x.v < y.v ? CC1 : CC2);
		if (x.v != y.v) {
			*a = val_plus(*a, val_of(i));
			*b = val_plus(*b, val_of(i));
		}
		return true;
	}
	*a = val_plus(*a, val_of(256));
	*b = val_plus(*b, val_of(256));
	set_codes(cpu, CC3);		/* to be done again */
	return true;
}

/* srst: the character in r0 between r2 and r1 */
static bool search_string(struct run *run, unsigned r1, unsigned r2)
{
	struct cpu *cpu = run->cpu;
	struct val end = get(cpu, 0, 1), *stop = &cpu->r[r1], *at = &cpu->r[r2];

	for (unsigned i = 0; i < 256; i++) {
		struct val addr = val_plus(*at, val_of(i));
		struct val x = load(run, addr, 1);
		int last = val_equal(addr, *stop, 8);

		if (last == 1) {
			set_codes(cpu, CC2);
			return true;
		}
		if (last < 0 || !all_known(end, 1) || !all_known(x, 1)) {
			*stop = (struct val){ 0, 0 };
			set_codes(cpu, CC1 | CC2);
			return true;
		}
		if (x.v == end.v) {
			*stop = addr;
			set_codes(cpu, CC1);
			return true;
		}
	}
	*at = val_plus(*at, val_of(256));
	set_codes(cpu, CC3);
	return true;
}

/* tm, mvi, ni, cli, oi, xi: a byte of memory and one of the instruction */
static bool byte_immediate(struct run *run, unsigned op, struct val addr,
			   struct val b)
{
	static const uint8_t ops[8] = { [4] = AND, [6] = OR, [7] = XOR };
	struct cpu *cpu = run->cpu;
	struct val a, r;

	if (op == 2) {
		mem_store_at(run, addr, 1, b);
		return true;
	}
	a = load(run, addr, 1);
	switch (op) {
	case 1:
		codes_mask(cpu, a, b.v, false);
		return true;
	case 5:
		set_codes(cpu, compared(a, b, 1, false));
		return true;
	case 4: case 6: case 7:
		compute(cpu, ops[op], a, b, 1, &r);
		mem_store_at(run, addr, 1, r);
		return true;
	}
	return false;
}

/* mvhhi ... clfhsi: halfwords of the instruction, stored and compared with */
static bool halfword_immediate(struct run *run, const struct insn *in)
{
	static const uint8_t sizes[4] = { 0, 2, 8, 4 };
	struct val addr = address(run->cpu, in, 16), b;
	unsigned op = field(in, 8, 8), size = sizes[op >> 2 & 3];

	if (!size || (op & 0xf0) > 0x50 || op < 0x44)
		return false;
	b = val_of(op & 1 ? field(in, 32, 16) : sfield(in, 32, 16));
	if (op < 0x50) {
		if (op & 3)
			return false;
		mem_store_at(run, addr, size, b);
		return true;
	}
	if (op & 2)
		return false;
	set_codes(run->cpu, compared(load(run, addr, size), b, size, !(op & 1)));
	return true;
}

/* asi and laa and their like: alone here, they are a load and a store */
static bool update(struct run *run, enum op op, unsigned size, struct val addr,
		   struct val b, struct val *old)
{
	struct val r;

	*old = load(run, addr, size);
	if (!compute(run->cpu, op, *old, b, size, &r))
		return false;
	mem_store_at(run, addr, size, r);
	return true;
}

/* ---- shifts ---- */

enum shift { SHIFT_RIGHT, SHIFT_LEFT, SHIFT_SIGNED, SHIFT_LEFT_SIGNED };

/* The sign stays where it is. */
static struct val left_signed(struct cpu *cpu, struct val a, unsigned n,
			      unsigned size)
{
	uint64_t m = mask_of(size), sign = m ^ m >> 1;
	struct val r = val_or(val_and(val_shl(a, n, size), val_of(~sign)),
			      val_and(a, val_of(sign)));
	__int128 x, none;

	set_codes(cpu, CC_ANY);
	if (!all_known(a, size))
		return r;
	range(a, size, true, &x, &none);
	x *= (__int128)1 << n;
	codes_signed(cpu, x, x, r, size);
	return r;
}

static struct val shifted(struct cpu *cpu, enum shift how, struct val a,
			  struct val by, unsigned size)
{
	unsigned n = by.v & 63;

	if ((by.k & 63) != 63) {
		if (how == SHIFT_SIGNED)
			set_codes(cpu, CC0 | CC1 | CC2);
		else if (how == SHIFT_LEFT_SIGNED)
			set_codes(cpu, CC_ANY);
		return val_unknown(size);
	}
	switch (how) {
	case SHIFT_RIGHT: return val_shr(a, n, size);
	case SHIFT_LEFT: return val_shl(a, n, size);
	case SHIFT_SIGNED:
		a = val_sar(a, n, size);
		codes_sign(cpu, a, size);
		return a;
	default: return left_signed(cpu, a, n, size);
	}
}

static struct val rotated(struct val a, struct val by, unsigned size)
{
	unsigned bits = size * 8;

	if ((by.k & (bits - 1)) != bits - 1)
		return val_unknown(size);
	return val_ror(a, (bits - (unsigned)(by.v & (bits - 1))) % bits, size);
}

/* srl ... slda: of a register or a pair of them */
static bool shift(struct cpu *cpu, const struct insn *in)
{
	unsigned op = field(in, 0, 8), reg = field(in, 8, 4);
	struct val by = address(cpu, in, 16);

	if (op < 0x8c) {
		set(cpu, reg, 4, shifted(cpu, op & 3, get(cpu, reg, 4), by, 4));
		return true;
	}
	if (reg & 1)
		return false;
	set_pair(cpu, reg, shifted(cpu, op & 3, get_pair(cpu, reg), by, 8));
	return true;
}

/* Bits @from to @to of 64; they may go round the end. */
static uint64_t bits_between(unsigned from, unsigned to)
{
	uint64_t left = UINT64_MAX >> from, right = UINT64_MAX << (63 - to);

	return from <= to ? left & right : left | right;
}

/* rnsbg, risbg, rosbg, rxsbg, risbgn: bits of a rotated register */
static bool rotate_select(struct cpu *cpu, const struct insn *in)
{
	unsigned op = field(in, 40, 8), reg = field(in, 8, 4);
	uint64_t mask = bits_between(field(in, 18, 6), field(in, 26, 6));
	struct val m = val_of(mask), a = cpu->r[reg], r;
	struct val b = val_ror(cpu->r[field(in, 12, 4)],
			       (64 - field(in, 34, 6)) % 64, 8);

	if (op == 0x55 || op == 0x59) {
		r = val_and(b, m);
		if (!field(in, 24, 1))
			r = val_or(r, val_and(a, val_of(~mask)));
		if (op == 0x55)
			codes_sign(cpu, r, 8);
		cpu->r[reg] = r;
		return true;
	}
	r = op == 0x54 ? val_and(a, b) : op == 0x56 ? val_or(a, b) :
		val_xor(a, b);
	r = val_and(r, m);
	codes_logic(cpu, r, 8);
	if (!field(in, 16, 1))		/* not only to test */
		cpu->r[reg] = val_or(r, val_and(a, val_of(~mask)));
	return true;
}

/* flogr: how many zeros are left of the first one, and what is behind it */
static bool leftmost_one(struct cpu *cpu, unsigned reg, struct val a)
{
	unsigned n = 0;

	if (reg & 1)
		return false;
	while (n < 64 && !bit_of(a, 63 - n))
		n++;
	if (n < 64 && bit_of(a, 63 - n) < 0) {
		cpu->r[reg] = (struct val){ 0, ~UINT64_C(0x7f) };
		cpu->r[reg + 1] = (struct val){ 0, 0 };
		set_codes(cpu, a.v ? CC2 : CC0 | CC2);
		return true;
	}
	if (n < 64)
		a.v &= ~(UINT64_C(1) << (63 - n));
	cpu->r[reg] = val_of(n);
	cpu->r[reg + 1] = a;
	set_codes(cpu, n < 64 ? CC2 : CC0);
	return true;
}

/* popcnt: the ones in each byte, or in all */
static struct val count_ones(struct val a, bool all)
{
	struct val r = { 0, 0 };

	if (all && !all_known(a, 8))
		return val_unknown(1);
	if (all)
		return val_of((uint64_t)__builtin_popcountll(a.v));
	for (unsigned i = 0; i < 64; i += 8) {
		r.k |= UINT64_C(0xf0) << i;
		if ((a.k >> i & 0xff) != 0xff)
			continue;
		r.v |= (uint64_t)__builtin_popcountll(a.v >> i & 0xff) << i;
		r.k |= UINT64_C(0xff) << i;
	}
	return r;
}

/* ---- branches ---- */

/*
 * What is learned of the code by going one way or the other is kept.  Without
 * a condition it may lead to another function.
 */
static void branch(struct run *run, struct insn *in, unsigned mask, uint64_t to)
{
	unsigned set = codes(run->cpu);
	int cond = within(set, mask);

	in->moved = true;
	if (mask == CC_ANY) {
		run_transfer(run, val_of(to), false, in->next);
		return;
	}
	if (cond < 0)
		set_codes(run->cpu, set & mask);
	run_branch(run, cond, to, in->next);
	if (cond < 0)
		set_codes(run->cpu, set & ~mask);
}

static void branch_on(struct run *run, struct insn *in, int cond, uint64_t to)
{
	run_branch(run, cond, to, in->next);
	in->moved = true;
}

/*
 * To an address out of a register if @cond: a return or a jump, which
 * run_transfer() tells apart.  Where @cond is not known, not going there is
 * left for later.
 */
static void branch_away(struct run *run, struct insn *in, int cond,
			struct val to)
{
	if (!cond)
		return;
	if (cond < 0)
		run_branch(run, -1, in->next, in->next);
	run_transfer(run, to, false, in->next);
	in->moved = true;
}

static void branch_away_if(struct run *run, struct insn *in, unsigned mask,
			   struct val to)
{
	unsigned set = codes(run->cpu);
	int cond = within(set, mask);

	if (cond < 0) {
		set_codes(run->cpu, set & ~mask);
		run_branch(run, -1, in->next, in->next);
		set_codes(run->cpu, set & mask);
	}
	branch_away(run, in, cond < 0 ? 1 : cond, to);
}

/* With the link in another register than calls have it in, a jump. */
static void branch_and_link(struct run *run, struct insn *in, unsigned reg,
			    struct val to)
{
	in->moved = true;
	if (reg == 14) {
		run_transfer(run, to, true, in->next);
		return;
	}
	run->cpu->r[reg] = val_of(in->next);
	run_jump(run, to);
}

/* One less; on if that is not zero. */
static int count_down(struct cpu *cpu, unsigned reg, unsigned size)
{
	set(cpu, reg, size, val_minus(get(cpu, reg, size), val_of(1)));
	return flag_not(is_zero(cpu->r[reg], size));
}

/* brxh, brxle: a sum against the odd one of a pair */
static int count_up(struct cpu *cpu, const struct insn *in, unsigned size,
		    bool low)
{
	unsigned reg = field(in, 8, 4), by = field(in, 12, 4);
	struct val limit = get(cpu, by | 1, size);
	struct val sum = val_plus(get(cpu, reg, size), get(cpu, by, size));
	int high = val_below(limit, sum, size, true);

	set(cpu, reg, size, sum);
	return low ? flag_not(high) : high;
}

/* The codes of a comparison that has no other use. */
static unsigned compared_with(const struct cpu *cpu, const struct insn *in,
			      struct val b, unsigned size, bool sign)
{
	return compared(get(cpu, field(in, 8, 4), size), cut(b, size), size,
			sign);
}

static void trap_if(struct run *run, int cond)
{
	if (cond == 1)
		run_trap(run);
}

/* ---- instructions by their first byte ---- */

/* 0x1. */
static const struct form rr[16] = {
	F(ABS, 4), F(MINUS_ABS, 4), F(TEST, 4), F(NEGATE, 4),
	F(AND, 4), F(COMPAREL, 4), F(OR, 4), F(XOR, 4),
	F(LOAD, 4), F(COMPARE, 4), F(ADD, 4), F(SUB, 4),
	F(PRODUCT, 4), F(DIVIDE, 4), F(ADDL, 4), F(SUBL, 4),
};

/* 0x40 to 0x7f */
static const struct form rx[64] = {
	[0x00] = F(STORE, 2), F(ADDRESS, 8), F(STORE, 1), F(LOAD, 1),
	[0x08] = SIGNED(LOAD, 4, 2), SIGNED(COMPARE, 4, 2), SIGNED(ADD, 4, 2),
	SIGNED(SUB, 4, 2), SIGNED(TIMES, 4, 2),
	[0x10] = F(STORE, 4),
	[0x14] = F(AND, 4), F(COMPAREL, 4), F(OR, 4), F(XOR, 4),
	F(LOAD, 4), F(COMPARE, 4), F(ADD, 4), F(SUB, 4),
	F(PRODUCT, 4), F(DIVIDE, 4), F(ADDL, 4), F(SUBL, 4),
	[0x31] = F(TIMES, 4),
};

/* 0xb9.. with two registers */
static const struct form rre[256] = {
	[0x00] = F(ABS, 8), F(MINUS_ABS, 8), F(TEST, 8), F(NEGATE, 8), F(LOAD, 8),
	[0x06] = SIGNED(LOAD, 8, 1), SIGNED(LOAD, 8, 2), F(ADD, 8), F(SUB, 8),
	F(ADDL, 8), F(SUBL, 8), F(TIMES, 8), F(DIVIDE, 8),
	[0x0f] = F(REVERSE, 8),
	SIGNED(ABS, 8, 4), SIGNED(MINUS_ABS, 8, 4), SIGNED(TEST, 8, 4),
	SIGNED(NEGATE, 8, 4), SIGNED(LOAD, 8, 4),
	[0x16] = ZERO(LOAD, 8, 4),
	[0x18] = SIGNED(ADD, 8, 4), SIGNED(SUB, 8, 4), ZERO(ADDL, 8, 4),
	ZERO(SUBL, 8, 4), SIGNED(TIMES, 8, 4), SIGNED(DIVIDE, 8, 4),
	[0x1f] = F(REVERSE, 4), F(COMPARE, 8), F(COMPAREL, 8),
	[0x26] = SIGNED(LOAD, 4, 1), SIGNED(LOAD, 4, 2),
	[0x30] = SIGNED(COMPARE, 8, 4), ZERO(COMPAREL, 8, 4),
	[0x80] = F(AND, 8), F(OR, 8), F(XOR, 8),
	[0x84] = ZERO(LOAD, 8, 1), ZERO(LOAD, 8, 2), F(PRODUCTL, 8),
	F(DIVIDEL, 8), F(ADD_CARRY, 8), F(SUB_BORROW, 8),
	[0x94] = ZERO(LOAD, 4, 1), ZERO(LOAD, 4, 2), F(PRODUCTL, 4),
	F(DIVIDEL, 4), F(ADD_CARRY, 4), F(SUB_BORROW, 4),
};

/* 0xb9e0 to 0xb9ff, with three registers */
static const struct form rrf[32] = {
	[0x04] = F(AND, 8), [0x06] = F(OR, 8), F(XOR, 8), F(ADD, 8), F(SUB, 8),
	F(ADDL, 8), F(SUBL, 8), F(PRODUCT, 8), F(TIMES_TEST, 8),
	[0x14] = F(AND, 4), [0x16] = F(OR, 4), F(XOR, 4), F(ADD, 4), F(SUB, 4),
	F(ADDL, 4), F(SUBL, 4), [0x1d] = F(TIMES_TEST, 4),
};

/* 0xe3 */
static const struct form rxy[256] = {
	[0x02] = F(TEST, 8), [0x04] = F(LOAD, 8),
	[0x08] = F(ADD, 8), F(SUB, 8), F(ADDL, 8), F(SUBL, 8), F(TIMES, 8),
	F(DIVIDE, 8), [0x0f] = F(REVERSE, 8),
	[0x12] = F(TEST, 4), [0x14] = SIGNED(LOAD, 8, 4), SIGNED(LOAD, 8, 2),
	ZERO(LOAD, 8, 4), [0x18] = SIGNED(ADD, 8, 4), SIGNED(SUB, 8, 4),
	ZERO(ADDL, 8, 4), ZERO(SUBL, 8, 4), SIGNED(TIMES, 8, 4),
	SIGNED(DIVIDE, 8, 4), F(REVERSE, 4), F(REVERSE, 2), F(COMPARE, 8),
	F(COMPAREL, 8), [0x24] = F(STORE, 8), [0x2f] = F(STORE_REVERSE, 8),
	SIGNED(COMPARE, 8, 4), ZERO(COMPAREL, 8, 4), SIGNED(TEST, 8, 4),
	[0x34] = SIGNED(COMPARE, 8, 2), [0x36] = F(SKIP, 8),
	[0x38] = SIGNED(ADD, 8, 2), SIGNED(SUB, 8, 2),
	[0x3c] = SIGNED(TIMES, 8, 2),
	[0x3e] = F(STORE_REVERSE, 4), F(STORE_REVERSE, 2),
	[0x50] = F(STORE, 4), F(TIMES, 4), [0x53] = F(TIMES_TEST, 4),
	F(AND, 4), F(COMPAREL, 4), F(OR, 4), F(XOR, 4), F(LOAD, 4),
	F(COMPARE, 4), F(ADD, 4), F(SUB, 4), F(PRODUCT, 4),
	[0x5e] = F(ADDL, 4), F(SUBL, 4),
	[0x70] = F(STORE, 2), F(ADDRESS, 8), F(STORE, 1), F(LOAD, 1),
	[0x76] = SIGNED(LOAD, 4, 1), SIGNED(LOAD, 8, 1), SIGNED(LOAD, 4, 2),
	SIGNED(COMPARE, 4, 2), SIGNED(ADD, 4, 2), SIGNED(SUB, 4, 2),
	SIGNED(TIMES, 4, 2),
	[0x80] = F(AND, 8), F(OR, 8), F(XOR, 8), F(TIMES_TEST, 8), F(PRODUCT, 8),
	[0x86] = F(PRODUCTL, 8), F(DIVIDEL, 8), F(ADD_CARRY, 8), F(SUB_BORROW, 8),
	[0x90] = ZERO(LOAD, 8, 1), ZERO(LOAD, 8, 2),
	[0x94] = ZERO(LOAD, 4, 1), ZERO(LOAD, 4, 2), F(PRODUCTL, 4),
	F(DIVIDEL, 4), F(ADD_CARRY, 4), F(SUB_BORROW, 4),
};

/* 0xa7, with 16 bits */
static const struct form ri[16] = {
	[0x8] = F(LOAD, 4), F(LOAD, 8), F(ADD, 4), F(ADD, 8), F(TIMES, 4),
	F(TIMES, 8), F(COMPARE, 4), F(COMPARE, 8),
};

/* 0xc2, with 32 bits */
static const struct form ril[16] = {
	SIGNED(TIMES, 8, 4), SIGNED(TIMES, 4, 4),
	[0x4] = F(SUBL, 8), F(SUBL, 4), [0x8] = SIGNED(ADD, 8, 4),
	SIGNED(ADD, 4, 4), F(ADDL, 8), F(ADDL, 4), SIGNED(COMPARE, 8, 4),
	SIGNED(COMPARE, 4, 4), F(COMPAREL, 8), F(COMPAREL, 4),
};

/* 0xc4 and 0xc6, with memory where they say themselves */
static const struct form near_move[16] = {
	[0x2] = ZERO(LOAD, 4, 2), [0x4] = SIGNED(LOAD, 8, 2), SIGNED(LOAD, 4, 2),
	ZERO(LOAD, 8, 2), F(STORE, 2), F(LOAD, 8), [0xb] = F(STORE, 8),
	SIGNED(LOAD, 8, 4), F(LOAD, 4), ZERO(LOAD, 8, 4), F(STORE, 4),
};

static const struct form near_compare[16] = {
	[0x2] = F(SKIP, 8), [0x4] = SIGNED(COMPARE, 8, 2), SIGNED(COMPARE, 4, 2),
	ZERO(COMPAREL, 8, 2), ZERO(COMPAREL, 4, 2), F(COMPARE, 8),
	[0xa] = F(COMPAREL, 8), [0xc] = SIGNED(COMPARE, 8, 4), F(COMPARE, 4),
	ZERO(COMPAREL, 8, 4), F(COMPAREL, 4),
};

/* Part of a register, @size bytes at bit @at from the right, and @b. */
static void part(struct cpu *cpu, unsigned reg, unsigned at, unsigned size,
		 enum op op, struct val b)
{
	uint64_t mask = mask_of(size) << at;
	struct val a = cut(val_shr(cpu->r[reg], at, 8), size), r = b;

	compute(cpu, op, a, b, size, &r);
	cpu->r[reg] = val_or(val_and(cpu->r[reg], val_of(~mask)),
			     val_shl(cut(r, size), at, 8));
}

/* 0xa5: a quarter of a register */
static bool quarter(struct cpu *cpu, const struct insn *in)
{
	static const uint8_t ops[4] = { LOAD, AND, OR, LOAD };
	unsigned op = field(in, 12, 4), reg = field(in, 8, 4);

	if (op >= 12)
		cpu->r[reg] = val_of(0);
	part(cpu, reg, 48 - (op & 3) * 16, 2, ops[op >> 2],
	     val_of(field(in, 16, 16)));
	return true;
}

/* 0xc0 */
static bool half(struct run *run, struct insn *in)
{
	static const uint8_t ops[5] = { XOR, LOAD, AND, OR, LOAD };
	struct cpu *cpu = run->cpu;
	unsigned op = field(in, 12, 4), reg = field(in, 8, 4);

	switch (op) {
	case 0:				/* larl */
		cpu->r[reg] = val_of(relative(cpu, in, 16, 32));
		return true;
	case 1:
		cpu->r[reg] = val_of(sfield(in, 16, 32));
		return true;
	case 4:
		branch(run, in, reg, relative(cpu, in, 16, 32));
		return true;
	case 5:
		branch_and_link(run, in, reg, val_of(relative(cpu, in, 16, 32)));
		return true;
	case 2: case 3:
		return false;
	}
	if (op >= 14)
		cpu->r[reg] = val_of(0);
	part(cpu, reg, op & 1 ? 0 : 32, 4, ops[(op - 6) / 2],
	     val_of(field(in, 16, 32)));
	return true;
}

/* 0xa7 */
static bool with_halfword(struct run *run, struct insn *in)
{
	struct cpu *cpu = run->cpu;
	unsigned op = field(in, 12, 4), reg = field(in, 8, 4);
	uint64_t to = relative(cpu, in, 16, 16);

	switch (op) {
	case 0: case 1: case 2: case 3: {	/* tmlh, tmll, tmhh, tmhl */
		static const uint8_t at[4] = { 16, 0, 48, 32 };

		codes_mask(cpu, cpu->r[reg],
			   (uint64_t)field(in, 16, 16) << at[op], true);
		return true;
	}
	case 4:
		branch(run, in, reg, to);
		return true;
	case 5:
		branch_and_link(run, in, reg, val_of(to));
		return true;
	case 6: case 7:
		branch_on(run, in, count_down(cpu, reg, op == 6 ? 4 : 8), to);
		return true;
	}
	return operate(cpu, &ri[op], reg, get(cpu, reg, ri[op].size),
		       val_of(sfield(in, 16, 16)));
}

/* 0xb9 */
static bool two_registers(struct run *run, struct insn *in)
{
	struct cpu *cpu = run->cpu;
	unsigned op = field(in, 8, 8), r1 = field(in, 24, 4), r2 = field(in, 28, 4);
	unsigned r3 = field(in, 16, 4), size;
	struct val a, b;
	int cond;

	switch (op) {
	case 0x17:			/* llgtr */
		cpu->r[r1] = val_and(cpu->r[r2], val_of(0x7fffffff));
		return true;
	case 0x46:
		b = cpu->r[r2];
		cond = count_down(cpu, r1, 8);
		if (r2)
			branch_away(run, in, cond, b);
		return true;
	case 0x60: case 0x61: case 0x72: case 0x73:
		size = op < 0x70 ? 8 : 4;
		trap_if(run, within(compared(get(cpu, r1, size),
					     get(cpu, r2, size), size,
					     !(op & 1)), r3));
		return true;
	case 0x83:
		return leftmost_one(cpu, r1, cpu->r[r2]);
	case 0xe1:
		a = count_ones(cpu->r[r2], r3 & 8);
		cpu->r[r1] = a;
		codes_logic(cpu, a, 8);
		return true;
	case 0xe2: case 0xf2:		/* locgr, locr */
		size = op == 0xe2 ? 8 : 4;
		cond = within(codes(cpu), r3);
		a = get(cpu, r1, size);
		b = get(cpu, r2, size);
		set(cpu, r1, size, cond < 0 ? val_either(a, b) : cond ? b : a);
		return true;
	case 0xe3: case 0xf0:		/* selgr, selr */
		size = op == 0xe3 ? 8 : 4;
		cond = within(codes(cpu), field(in, 20, 4));
		a = get(cpu, r3, size);
		b = get(cpu, r2, size);
		set(cpu, r1, size, cond < 0 ? val_either(a, b) : cond ? b : a);
		return true;
	}
	if (op < 0xe0)
		return registers(cpu, &rre[op], r1, r2);
	size = rrf[op & 31].size;
	return operate(cpu, &rrf[op & 31], r1, get(cpu, r2, size),
		       get(cpu, r3, size));
}

/* ipm: the code, and a mask of which nothing is known */
static void insert_codes(struct cpu *cpu, unsigned reg)
{
	struct val a = { 0, 0 };
	unsigned set = codes(cpu), n = 0;

	for (unsigned i = 0; i < 4; i++) {
		struct val code = val_of(i << 4);

		if (set & 8 >> i)
			a = n++ ? val_either(a, code) : code;
	}
	a.k &= ~UINT64_C(0x0f);
	part(cpu, reg, 24, 1, LOAD, a);
}

/* 0xb2 */
static bool control(struct run *run, const struct insn *in)
{
	struct cpu *cpu = run->cpu;
	unsigned r1 = field(in, 24, 4), r2 = field(in, 28, 4);

	switch (field(in, 8, 8)) {
	case 0x22:
		insert_codes(cpu, r1);
		return true;
	case 0x4f:			/* ear */
		set(cpu, r1, 4, r2 == 0 ? val_of(THREAD >> 32) :
		    r2 == 1 ? val_of((uint32_t)THREAD) : val_unknown(4));
		return true;
	case 0x52:
		set(cpu, r1, 4, val_times(get(cpu, r1, 4), get(cpu, r2, 4), 4));
		return true;
	case 0x5d:
		return compare_strings(run, r1, r2);
	case 0x5e:
		return search_string(run, r1, r2);
	}
	return false;
}

/* 0xe3 */
static bool with_long_address(struct run *run, struct insn *in)
{
	struct cpu *cpu = run->cpu;
	unsigned op = field(in, 40, 8), reg = field(in, 8, 4);
	struct val addr = indexed(cpu, in, address_long(cpu, in)), a;

	switch (op) {
	case 0x17:			/* llgt */
		cpu->r[reg] = val_and(load(run, addr, 4), val_of(0x7fffffff));
		return true;
	case 0x2a: case 0x3a: case 0x3b:	/* lzrg, llzrgf, lzrf */
		a = load(run, addr, op == 0x2a ? 8 : 4);
		set(cpu, reg, op == 0x3b ? 4 : 8, val_and(a, val_of(~0xffull)));
		return true;
	case 0x46:
		branch_away(run, in, count_down(cpu, reg, 8), addr);
		return true;
	}
	return with_memory(run, &rxy[op], reg, addr);
}

/* loc, locg, stoc, stocg; with an unknown condition stores go both ways */
static void move_if(struct run *run, struct insn *in, struct val addr)
{
	struct cpu *cpu = run->cpu;
	unsigned op = field(in, 40, 8), reg = field(in, 8, 4);
	unsigned size = op & 0x10 ? 4 : 8;
	int cond = within(codes(cpu), field(in, 12, 4));
	struct val a = get(cpu, reg, size), b;

	if (!cond)
		return;
	if (op & 1) {
		if (cond < 0)
			run_branch(run, -1, in->next, cpu->ip);
		mem_store_at(run, addr, size, a);
		return;
	}
	b = load(run, addr, size);
	set(cpu, reg, size, cond < 0 ? val_either(a, b) : b);
}

/* laa, lan and so on; or NONE */
static enum op atomic(unsigned op)
{
	static const uint8_t ops[16] = {
		[0x4] = AND, [0x6] = OR, [0x7] = XOR, [0x8] = ADD, [0xa] = ADDL,
	};

	return op >= 0xe0 ? ops[op & 15] : NONE;
}

static bool long_shift(struct cpu *cpu, const struct insn *in, struct val by)
{
	unsigned op = field(in, 40, 8), reg = field(in, 8, 4);
	unsigned size = op >= 0xdc || op == 0x1d ? 4 : 8;
	struct val a = get(cpu, field(in, 12, 4), size);
	static const uint8_t hows[4] = {
		SHIFT_SIGNED, SHIFT_LEFT_SIGNED, SHIFT_RIGHT, SHIFT_LEFT,
	};

	if (op == 0x1c || op == 0x1d)
		set(cpu, reg, size, rotated(a, by, size));
	else
		set(cpu, reg, size, shifted(cpu, hows[(op & 15) -
						      (size == 4 ? 12 : 10)],
					    a, by, size));
	return true;
}

/* 0xeb */
static bool two_and_address(struct run *run, struct insn *in)
{
	struct cpu *cpu = run->cpu;
	unsigned op = field(in, 40, 8), reg = field(in, 8, 4), size;
	struct val addr = address_long(cpu, in), old;

	switch (op) {
	case 0x04: case 0x24:
		multiple(run, in, addr, 8, 0, op == 0x04);
		return true;
	case 0x90: case 0x98:
		multiple(run, in, addr, 4, 0, op == 0x98);
		return true;
	case 0x26: case 0x96:
		multiple(run, in, addr, 4, 32, op == 0x96);
		return true;
	case 0x0a: case 0x0b: case 0x0c: case 0x0d: case 0x1c: case 0x1d:
	case 0xdc: case 0xdd: case 0xde: case 0xdf:
		return long_shift(cpu, in, addr);
	case 0x20: case 0x21:
		some_bytes(run, in, COMPAREL, addr, op == 0x20 ? 32 : 0);
		return true;
	case 0x2c: case 0x2d:
		some_bytes(run, in, STORE, addr, op == 0x2c ? 32 : 0);
		return true;
	case 0x80: case 0x81:
		some_bytes(run, in, LOAD, addr, op == 0x80 ? 32 : 0);
		return true;
	case 0x23: case 0x2b:
		size = op == 0x23 ? 4 : 8;
		trap_if(run, within(compared(get(cpu, reg, size),
					     load(run, addr, size), size,
					     false), field(in, 12, 4)));
		return true;
	case 0x44: case 0x45:
		branch_away(run, in, count_up(cpu, in, 8, op & 1), addr);
		return true;
	case 0x51: case 0x52: case 0x54: case 0x55: case 0x56: case 0x57:
		return byte_immediate(run, op & 15, addr,
				      val_of(field(in, 8, 8)));
	case 0x6a: case 0x6e: case 0x7a: case 0x7e:
		return update(run, op & 4 ? ADDL : ADD, op < 0x70 ? 4 : 8, addr,
			      val_of(sfield(in, 8, 8)), &old);
	case 0xe2: case 0xe3: case 0xf2: case 0xf3:
		move_if(run, in, addr);
		return true;
	}
	size = op >= 0xf0 ? 4 : 8;
	if (!update(run, atomic(op), size, addr,
		    get(cpu, field(in, 12, 4), size), &old))
		return false;
	set(cpu, reg, size, old);
	return true;
}

/* 0xec: compare and branch or trap; @b is the second operand */
static void compare_branch(struct run *run, struct insn *in, unsigned size,
			   bool sign, struct val b, unsigned mask)
{
	int cond = within(compared_with(run->cpu, in, b, size, sign), mask);

	branch_on(run, in, cond, relative(run->cpu, in, 16, 16));
}

/* The same to an address. */
static void compare_away(struct run *run, struct insn *in, unsigned size,
			 bool sign, struct val b, unsigned mask)
{
	int cond = within(compared_with(run->cpu, in, b, size, sign), mask);

	branch_away(run, in, cond, address(run->cpu, in, 16));
}

static bool various(struct run *run, struct insn *in)
{
	struct cpu *cpu = run->cpu;
	unsigned op = field(in, 40, 8), reg = field(in, 8, 4);
	unsigned r2 = field(in, 12, 4);
	struct val b = cpu->r[r2], byte = val_of(sfield(in, 32, 8));
	struct val word = val_of(sfield(in, 16, 16));
	int cond;

	switch (op) {
	case 0x42: case 0x46: {		/* lochi, locghi: the mask is r2 */
		unsigned size = op == 0x42 ? 4 : 8;
		struct val a = get(cpu, reg, size);

		cond = within(codes(cpu), r2);
		word = cut(word, size);
		set(cpu, reg, size, cond < 0 ? val_either(a, word) :
		    cond ? word : a);
		return true;
	}
	case 0x44: case 0x45:
		branch_on(run, in, count_up(cpu, in, 8, op & 1),
			  relative(cpu, in, 16, 16));
		return true;
	case 0x54: case 0x55: case 0x56: case 0x57: case 0x59:
		return rotate_select(cpu, in);
	case 0x64: case 0x65: case 0x76: case 0x77:
		compare_branch(run, in, op < 0x70 ? 8 : 4, !(op & 1), b,
			       field(in, 32, 4));
		return true;
	case 0x7c: case 0x7d: case 0x7e: case 0x7f:
		if (op & 1)
			byte = cut(byte, 1);
		compare_branch(run, in, op < 0x7e ? 8 : 4, !(op & 1), byte, r2);
		return true;
	case 0xe4: case 0xe5: case 0xf6: case 0xf7:
		compare_away(run, in, op < 0xf0 ? 8 : 4, !(op & 1), b,
			     field(in, 32, 4));
		return true;
	case 0xfc: case 0xfd: case 0xfe: case 0xff:
		if (op & 1)
			byte = cut(byte, 1);
		compare_away(run, in, op < 0xfe ? 8 : 4, !(op & 1), byte, r2);
		return true;
	case 0x70: case 0x71: case 0x72: case 0x73:
		if (op & 1)
			word = cut(word, 2);
		trap_if(run, within(compared_with(cpu, in, word,
						  op < 0x72 ? 8 : 4, !(op & 1)),
				    field(in, 32, 4)));
		return true;
	case 0xd8: case 0xd9: case 0xda: case 0xdb: {
		const struct form f = F(op < 0xda ? ADD : ADDL, op & 1 ? 8 : 4);

		return operate(cpu, &f, reg, get(cpu, r2, f.size),
			       cut(word, f.size));
	}
	}
	return false;
}

/* ---- floating point and vectors: only what numbers are kept in ---- */

/* A floating point register is the left half of a vector. */
static void set_float(struct cpu *cpu, unsigned reg, struct val a)
{
	cpu->vec[reg][0] = a;
	cpu->vec[reg][1] = (struct val){ 0, 0 };
}

/* ld, std */
static void move_float(struct run *run, unsigned reg, struct val addr,
		       bool is_load)
{
	if (is_load)
		set_float(run->cpu, reg, load(run, addr, 8));
	else
		mem_store_at(run, addr, 8, run->cpu->vec[reg][0]);
}

/* 0xb3 */
static bool floats(struct cpu *cpu, const struct insn *in)
{
	unsigned r1 = field(in, 24, 4), r2 = field(in, 28, 4);

	switch (field(in, 8, 8)) {
	case 0x75:			/* lzdr */
		set_float(cpu, r1, val_of(0));
		return true;
	case 0xc1:			/* ldgr */
		set_float(cpu, r1, cpu->r[r2]);
		return true;
	case 0xcd:			/* lgdr */
		cpu->r[r1] = cpu->vec[r2][0];
		return true;
	}
	return false;
}

/* A number of @size bytes in each element. */
static struct val repeated(uint64_t v, unsigned size)
{
	v &= mask_of(size);
	for (; size < 8; size *= 2)
		v |= v << size * 8;
	return val_of(v);
}

/* vl, vst, vleg, vsteg, vlrepg */
static bool move_vector(struct run *run, const struct insn *in, struct val *x)
{
	struct cpu *cpu = run->cpu;
	struct val addr = indexed(cpu, in, address(cpu, in, 16));
	struct val high = val_plus(addr, val_of(8));
	unsigned element = field(in, 32, 4), which = element & 1;

	switch (field(in, 40, 8)) {
	case 0x02:
		x[which] = load(run, addr, 8);
		return true;
	case 0x05:
		if (element != 3)
			return false;
		x[0] = x[1] = load(run, addr, 8);
		return true;
	case 0x06:
		x[0] = load(run, addr, 8);
		x[1] = load(run, high, 8);
		return true;
	case 0x0a:
		mem_store_at(run, addr, 8, x[which]);
		return true;
	case 0x0e:
		mem_store_at(run, addr, 8, x[0]);
		mem_store_at(run, high, 8, x[1]);
		return true;
	}
	return false;
}

/* 0xe7; its registers have a fifth bit each, far from the others */
static bool vectors(struct run *run, const struct insn *in)
{
	struct cpu *cpu = run->cpu;
	struct val *x = cpu->vec[field(in, 8, 4) | field(in, 36, 1) << 4];
	const struct val *y = cpu->vec[field(in, 12, 4) | field(in, 37, 1) << 4];
	const struct val *z = cpu->vec[field(in, 16, 4) | field(in, 38, 1) << 4];
	struct val index = address(cpu, in, 16), a[2] = { y[0], y[1] };
	unsigned op = field(in, 40, 8), element = field(in, 32, 4);

	switch (op) {
	case 0x21: case 0x22:		/* vlgvg, vlvgg */
		if (element != 3 || !(index.k & 1))
			return false;
		if (op == 0x21)
			cpu->r[field(in, 8, 4)] = y[index.v & 1];
		else
			x[index.v & 1] = cpu->r[field(in, 12, 4)];
		return true;
	case 0x42:			/* vleig */
		x[element & 1] = val_of(sfield(in, 16, 16));
		return true;
	case 0x44:			/* vgbm */
		x[0] = x[1] = val_of(0);
		for (unsigned i = 0; i < 16; i++)
			if (field(in, 16 + i, 1))
				x[i / 8].v |= UINT64_C(0xff) << (56 - i % 8 * 8);
		return true;
	case 0x45:			/* vrepi */
		if (element > 3)
			return false;
		x[0] = x[1] = repeated(sfield(in, 16, 16), 1u << element);
		return true;
	case 0x56:			/* vlr */
		memcpy(x, a, sizeof(a));
		return true;
	case 0x62:			/* vlvgp */
		x[0] = cpu->r[field(in, 12, 4)];
		x[1] = cpu->r[field(in, 16, 4)];
		return true;
	case 0x68: case 0x6a: case 0x6d:	/* vn, vo, vx */
		for (unsigned i = 0; i < 2; i++)
			x[i] = op == 0x68 ? val_and(a[i], z[i]) :
				op == 0x6a ? val_or(a[i], z[i]) :
				val_xor(a[i], z[i]);
		return true;
	case 0x84:			/* vpdi */
		a[0] = y[element >> 2 & 1];
		a[1] = z[element & 1];
		memcpy(x, a, sizeof(a));
		return true;
	}
	return move_vector(run, in, x);
}

/* ---- all of them ---- */

static bool two_bytes(struct run *run, struct insn *in)
{
	struct cpu *cpu = run->cpu;
	unsigned op = field(in, 0, 8), r1 = field(in, 8, 4), r2 = field(in, 12, 4);
	struct val to;
	int cond;

	switch (op) {
	case 0x00:			/* never an instruction */
		run_trap(run);
		return true;
	case 0x06:
		to = cpu->r[r2];
		cond = count_down(cpu, r1, 4);
		if (r2)
			branch_away(run, in, cond, to);
		return true;
	case 0x07:
		if (r2)
			branch_away_if(run, in, r1, cpu->r[r2]);
		return true;
	case 0x0d:
		if (r2)
			branch_and_link(run, in, r1, cpu->r[r2]);
		else
			cpu->r[r1] = val_of(in->next);
		return true;
	case 0x28:
		set_float(cpu, r1, cpu->vec[r2][0]);
		return true;
	}
	return op >> 4 == 1 && registers(cpu, &rr[op & 15], r1, r2);
}

/* 0x40 to 0x7f */
static bool with_address(struct run *run, struct insn *in)
{
	struct cpu *cpu = run->cpu;
	unsigned op = field(in, 0, 8), reg = field(in, 8, 4);
	struct val addr = indexed(cpu, in, address(cpu, in, 16));

	switch (op) {
	case 0x44:
		return execute(run, in, addr);
	case 0x46:
		branch_away(run, in, count_down(cpu, reg, 4), addr);
		return true;
	case 0x47:
		branch_away_if(run, in, reg, addr);
		return true;
	case 0x4d:
		branch_and_link(run, in, reg, addr);
		return true;
	case 0x60: case 0x68:
		move_float(run, reg, addr, op == 0x68);
		return true;
	}
	return with_memory(run, &rx[op & 63], reg, addr);
}

static bool four_bytes(struct run *run, struct insn *in)
{
	struct cpu *cpu = run->cpu;
	unsigned op = field(in, 0, 8);
	struct val addr = address(cpu, in, 16);

	if (op < 0x80)
		return with_address(run, in);
	switch (op) {
	case 0x84: case 0x85:
		branch_on(run, in, count_up(cpu, in, 4, op & 1),
			  relative(cpu, in, 16, 16));
		return true;
	case 0x86: case 0x87:
		branch_away(run, in, count_up(cpu, in, 4, op & 1), addr);
		return true;
	case 0x88: case 0x89: case 0x8a: case 0x8b:
	case 0x8c: case 0x8d: case 0x8e: case 0x8f:
		return shift(cpu, in);
	case 0x90: case 0x98:
		multiple(run, in, addr, 4, 0, op == 0x98);
		return true;
	case 0x91: case 0x92: case 0x94: case 0x95: case 0x96: case 0x97:
		return byte_immediate(run, op & 15, addr,
				      val_of(field(in, 8, 8)));
	case 0xa5:
		return quarter(cpu, in);
	case 0xa7:
		return with_halfword(run, in);
	case 0xb2:
		return control(run, in);
	case 0xb3:
		return floats(cpu, in);
	case 0xb9:
		return two_registers(run, in);
	case 0xbd: case 0xbe: case 0xbf:
		some_bytes(run, in, op == 0xbd ? COMPAREL :
			   op == 0xbe ? STORE : LOAD, addr, 0);
		return true;
	}
	return false;
}

static bool six_bytes(struct run *run, struct insn *in)
{
	struct cpu *cpu = run->cpu;
	unsigned reg = field(in, 8, 4), op = field(in, 12, 4);
	struct val there = val_of(relative(cpu, in, 16, 32));

	switch (field(in, 0, 8)) {
	case 0xc0:
		return half(run, in);
	case 0xc2:
		return operate(cpu, &ril[op], reg, get(cpu, reg, ril[op].size),
			       val_of(ril[op].sign ? sfield(in, 16, 32) :
						     field(in, 16, 32)));
	case 0xc4:
		return with_memory(run, &near_move[op], reg, there);
	case 0xc6:
		if (!op)
			return execute(run, in, there);
		return with_memory(run, &near_compare[op], reg, there);
	case 0xe3:
		return with_long_address(run, in);
	case 0xe5:
		return halfword_immediate(run, in);
	case 0xe7:
		return vectors(run, in);
	case 0xeb:
		return two_and_address(run, in);
	case 0xec:
		return various(run, in);
	case 0xed:
		op = field(in, 40, 8);	/* ldy, stdy */
		if (op != 0x65 && op != 0x67)
			return false;
		move_float(run, reg, indexed(cpu, in, address_long(cpu, in)),
			   op == 0x65);
		return true;
	}
	return storage(run, in, field(in, 8, 8) + 1);
}

static bool step(struct run *run, const uint8_t *code, size_t n)
{
	struct cpu *cpu = run->cpu;
	unsigned len = code[0] < 0x40 ? 2 : code[0] < 0xc0 ? 4 : 6;
	struct insn in = { .w = 0, .next = cpu->ip + len };
	bool known;

	if (n < len)
		return false;
	for (unsigned i = 0; i < 6; i++)
		in.w = in.w << 8 | (i < len ? code[i] : 0);
	known = len == 2 ? two_bytes(run, &in) :
		len == 4 ? four_bytes(run, &in) : six_bytes(run, &in);
	if (!in.moved)
		cpu->ip = in.next;
	return known;
}

static const uint8_t lost[] = { 0, 1, 2, 3, 4, 5, 14 };

const struct host host_s390x = {
	.machine = EM_S390,
	.big_endian = true,
	.args = { 2, 3, 4, 5, 6 },
	.result = 2, .sp = 15, .link = 14, .callee = NO_LINK,
	.sign_extends = true,
	.lost = lost, .nlost = sizeof(lost),
	.kept_vec = 0xff00,
	.step = step,
};
