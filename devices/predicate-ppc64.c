/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * predicate-ppc64.c - ppc64le's machine code: see predicate-host.h
 *
 * Encodings: Power ISA 3.0B; the ABI is ELFv2 ("64-Bit ELF V2 ABI
 * Specification"), little-endian.  Here bits are counted from the lowest one;
 * the books count from the highest.  What the books call undefined, as the
 * upper half of a division of words, is unknown.
 */
#include "predicate-host.h"

#define SP 1
#define TOC 2
enum { LR = 32, CTR = 33 };
/*
 * .flags are the 32 bits of CR in its own order, and the carry.  The register
 * LESS is known to be one less than the register LESS_THAN; -1: none is.
 */
enum { LT, GT, EQ, SO, CA = 32, LESS, LESS_THAN };
#define TOC_SLOT 24		/* where a call saves the caller's r2 */

/* ---- registers ---- */

static unsigned rt(uint32_t w)
{
	return bits(w, 21, 5);
}

static unsigned ra(uint32_t w)
{
	return bits(w, 16, 5);
}

static unsigned rb(uint32_t w)
{
	return bits(w, 11, 5);
}

static void set(struct cpu *cpu, unsigned reg, struct val a)
{
	a.v &= a.k;
	cpu->r[reg] = a;
	if (cpu->flags[LESS] == (int)reg || cpu->flags[LESS_THAN] == (int)reg)
		cpu->flags[LESS] = -1;
}

static bool is_less(const struct cpu *cpu, unsigned reg, unsigned than)
{
	return cpu->flags[LESS] == (int)reg && cpu->flags[LESS_THAN] == (int)than;
}

/* A base of addresses: register 0 is no register. */
static struct val base(const struct cpu *cpu, unsigned reg)
{
	return reg ? cpu->r[reg] : val_of(0);
}

static struct val imm(uint32_t w)
{
	return val_of((uint64_t)sbits(w, 0, 16));
}

static const struct val nothing = { 0, 0 };

/* ---- the condition register ---- */

static void set_field(struct cpu *cpu, unsigned field, int lt, int gt, int eq)
{
	int8_t *f = cpu->flags + field * 4;

	f[LT] = (int8_t)lt;
	f[GT] = (int8_t)gt;
	f[EQ] = (int8_t)eq;
	f[SO] = -1;
}

/* What an instruction with a dot says of its result. */
static void record(struct cpu *cpu, struct val a)
{
	int lt = bit_of(a, 63), eq = is_zero(a, 8);

	set_field(cpu, 0, lt, flag_and(flag_not(lt), flag_not(eq)), eq);
}

/* @a is the result of @w, whose target is @reg. */
static void result(struct cpu *cpu, uint32_t w, unsigned reg, struct val a)
{
	set(cpu, reg, a);
	if (w & 1)
		record(cpu, cpu->r[reg]);
}

static bool compare(struct cpu *cpu, uint32_t w, struct val b, bool sign)
{
	unsigned size = w >> 21 & 1 ? 8 : 4;
	struct val a = cpu->r[ra(w)];

	if (w >> 22 & 1)
		return false;
	set_field(cpu, bits(w, 23, 3), val_below(a, b, size, sign),
		  val_below(b, a, size, sign), val_equal(a, b, size));
	return true;
}

/* crand, cror and so on */
static bool cr_logic(struct cpu *cpu, uint32_t w)
{
	int a = cpu->flags[ra(w)], b = cpu->flags[rb(w)], r;
	bool same = ra(w) == rb(w);

	switch (bits(w, 1, 10)) {
	case 33: r = flag_not(flag_or(a, b)); break;
	case 129: r = same ? 0 : flag_and(a, flag_not(b)); break;
	case 193: r = same ? 0 : flag_xor(a, b); break;
	case 225: r = flag_not(flag_and(a, b)); break;
	case 257: r = flag_and(a, b); break;
	case 289: r = same ? 1 : flag_not(flag_xor(a, b)); break;
	case 417: r = same ? 1 : flag_or(a, flag_not(b)); break;
	case 449: r = flag_or(a, b); break;
	default: return false;
	}
	cpu->flags[rt(w)] = (int8_t)r;
	return true;
}

/* mfcr, mfocrf: of the latter only one field is defined */
static void from_cr(struct cpu *cpu, uint32_t w)
{
	struct val a = val_of(0);

	for (unsigned i = 0; i < 32; i++) {
		uint64_t bit = UINT64_C(1) << (31 - i);
		bool told = !(w >> 20 & 1) || w >> (19 - i / 4) & 1;

		if (!told || cpu->flags[i] < 0)
			a.k &= ~bit;
		else if (cpu->flags[i])
			a.v |= bit;
	}
	if (w >> 20 & 1)
		a.k &= 0xffffffff;
	set(cpu, rt(w), a);
}

static void to_cr(struct cpu *cpu, uint32_t w)
{
	for (unsigned i = 0; i < 32; i++)
		if (w >> (19 - i / 4) & 1)
			cpu->flags[i] = (int8_t)bit_of(cpu->r[rt(w)], 31 - i);
}

static struct val val_flag(int c)
{
	return c < 0 ? (struct val){ 0, ~UINT64_C(1) } : val_of((uint64_t)c);
}

/* setb: -1, 1 or 0 as a field of CR says */
static void set_boolean(struct cpu *cpu, uint32_t w)
{
	const int8_t *f = cpu->flags + bits(w, 18, 3) * 4;

	set(cpu, rt(w), f[LT] == 1 ? val_of(UINT64_MAX) :
			f[LT] == 0 ? val_flag(f[GT]) : nothing);
}

/* ---- sums ---- */

/* The carry of @a + @b + @c: what the least and the greatest of them agree on. */
static int carry_of(struct val a, struct val b, int c)
{
	unsigned __int128 least = a.v, most = a.v | ~a.k;

	least += b.v;
	most += b.v | ~b.k;
	least += c == 1;
	most += c != 0;
	return least >> 64 ? 1 : most >> 64 ? -1 : 0;
}

static struct val sum(struct cpu *cpu, struct val a, struct val b, int c)
{
	cpu->flags[CA] = (int8_t)carry_of(a, b, c);
	return val_plus(val_plus(a, b), val_flag(c));
}

/*
 * Of one register it is 0 or -1.  x - (x - 1) - 1 + CA is CA, whatever x is;
 * with addic before it, that tells whether x is not 0.
 */
static struct val subfe(struct cpu *cpu, uint32_t w)
{
	struct val a = cpu->r[ra(w)], b = cpu->r[rb(w)], r;
	int c = cpu->flags[CA];

	if (ra(w) == rb(w))
		return sum(cpu, val_of(UINT64_MAX), val_of(0), c);
	r = sum(cpu, val_not(a), b, c);
	if (is_less(cpu, ra(w), rb(w)))
		r = val_flag(c);
	return r;
}

static bool sums(struct cpu *cpu, uint32_t w)
{
	struct val a = cpu->r[ra(w)], b = cpu->r[rb(w)], r;
	struct val none = val_of(UINT64_MAX);
	int c = cpu->flags[CA];

	switch (bits(w, 1, 9)) {
	case 266:			/* add */
		r = val_plus(a, b);
		break;
	case 40:			/* subf */
		r = val_minus(b, a);
		break;
	case 10:			/* addc */
		r = sum(cpu, a, b, 0);
		break;
	case 8:				/* subfc */
		r = sum(cpu, val_not(a), b, 1);
		break;
	case 138:			/* adde */
		r = sum(cpu, a, b, c);
		break;
	case 136:
		r = subfe(cpu, w);
		break;
	case 202:			/* addze */
		r = sum(cpu, a, val_of(0), c);
		break;
	case 200:			/* subfze */
		r = sum(cpu, val_not(a), val_of(0), c);
		break;
	case 234:			/* addme */
		r = sum(cpu, a, none, c);
		break;
	case 232:			/* subfme */
		r = sum(cpu, val_not(a), none, c);
		break;
	case 104:			/* neg */
		r = val_minus(val_of(0), a);
		break;
	default:
		return false;
	}
	result(cpu, w, rt(w), r);
	return true;
}

/* ---- products and quotients ---- */

/* Only the lower half of @v is defined. */
static struct val word_of(uint64_t v)
{
	return (struct val){ v & 0xffffffff, 0xffffffff };
}

static struct val product(unsigned op, struct val a, struct val b)
{
	int64_t x = (int64_t)a.v, y = (int64_t)b.v;
	bool words = op == 11 || op == 75 || op == 235;
	uint64_t k = val_plus(a, b).k;

	if (op == 233)			/* mulld: known as a sum is */
		return (struct val){ a.v * b.v & k, k };
	if (!all_known(a, words ? 4 : 8) || !all_known(b, words ? 4 : 8))
		return nothing;
	switch (op) {
	case 9:				/* mulhdu */
		return val_of((uint64_t)((unsigned __int128)a.v * b.v >> 64));
	case 73:			/* mulhd */
		return val_of((uint64_t)((__int128)x * y >> 64));
	case 11:			/* mulhwu */
		return word_of((uint64_t)(uint32_t)a.v * (uint32_t)b.v >> 32);
	case 75:			/* mulhw */
		return word_of((uint64_t)((int64_t)(int32_t)x * (int32_t)y) >> 32);
	default:			/* mullw */
		return val_of((uint64_t)((int64_t)(int32_t)x * (int32_t)y));
	}
}

/* A quotient, or what is left, of numbers of @size bytes; nothing: undefined. */
static struct val quotient(struct val a, struct val b, unsigned size, bool sign,
			   bool left)
{
	int64_t x = (int64_t)extend(a, size).v, y = (int64_t)extend(b, size).v;
	uint64_t r;

	if (!all_known(a, size) || !all_known(b, size) || !y)
		return nothing;
	if (sign) {
		/* the least number by -1 */
		if (y == -1 && (uint64_t)x == ~(mask_of(size) >> 1))
			return nothing;
		r = (uint64_t)(left ? x % y : x / y);
	} else {
		a = cut(a, size);
		b = cut(b, size);
		r = left ? a.v % b.v : a.v / b.v;
	}
	return size == 4 ? word_of(r) : val_of(r);
}

static bool products(struct cpu *cpu, uint32_t w)
{
	struct val a = cpu->r[ra(w)], b = cpu->r[rb(w)], r;
	unsigned op = bits(w, 1, 9);

	switch (op) {
	case 9: case 11: case 73: case 75:
		if (w >> 10 & 1)
			return false;
		/* fall through */
	case 233: case 235:
		r = product(op, a, b);
		break;
	case 489: r = quotient(a, b, 8, true, false); break;
	case 457: r = quotient(a, b, 8, false, false); break;
	case 491: r = quotient(a, b, 4, true, false); break;
	case 459: r = quotient(a, b, 4, false, false); break;
	case 393: case 395: case 425: case 427:	/* of a longer dividend */
		r = nothing;
		break;
	default:
		return false;
	}
	result(cpu, w, rt(w), r);
	/* with a dot, those of words leave CR0 undefined, too */
	if (w & 1 && (op == 11 || op == 75 || op == 459 || op == 491))
		set_field(cpu, 0, -1, -1, -1);
	return true;
}

/* modsw and so on: since 3.0 */
static bool remainders(struct cpu *cpu, uint32_t w)
{
	struct val a = cpu->r[ra(w)], b = cpu->r[rb(w)];
	unsigned op = bits(w, 1, 10);

	switch (w & 1 ? 0 : op) {
	case 265: case 267: case 777: case 779:
		set(cpu, rt(w), quotient(a, b, op & 2 ? 4 : 8, op & 512, true));
		return true;
	}
	return false;
}

/* ---- bits ---- */

static struct val rotl(struct val a, unsigned n)
{
	return val_ror(a, (64 - n) & 63, 8);
}

/* A word twice, rotated: what rotations of words take their bits from. */
static struct val rotl_word(struct val a, unsigned n)
{
	a = cut(a, 4);
	return rotl(val_or(a, val_shl(a, 32, 8)), n & 31);
}

/* MASK(): ones from bit @from down to bit @to, counted from the highest. */
static struct val ones(unsigned from, unsigned to)
{
	uint64_t a = UINT64_MAX >> from, b = UINT64_MAX << (63 - to);

	return val_of(from <= to ? a & b : a | b);
}

static struct val insert(struct val into, struct val a, struct val mask)
{
	return val_or(val_and(a, mask), val_and(into, val_not(mask)));
}

/* rlwimi, rlwinm, rlwnm */
static void rotate_word(struct cpu *cpu, uint32_t w)
{
	struct val a = cpu->r[rt(w)], by = cpu->r[rb(w)];
	struct val mask = ones(bits(w, 6, 5) + 32, bits(w, 1, 5) + 32);
	unsigned op = w >> 26;

	if (op != 23)
		a = rotl_word(a, rb(w));
	else
		a = all_known(by, 1) ? rotl_word(a, by.v & 31) : nothing;
	result(cpu, w, ra(w), op == 20 ? insert(cpu->r[ra(w)], a, mask) :
					 val_and(a, mask));
}

/* rldicl, rldicr, rldic, rldimi, rldcl, rldcr */
static bool rotate(struct cpu *cpu, uint32_t w)
{
	unsigned n = rb(w) | (w >> 1 & 1) << 5, op = bits(w, 2, 3);
	unsigned at = bits(w, 6, 5) | (w >> 5 & 1) << 5;
	struct val a = cpu->r[rt(w)], by = cpu->r[rb(w)], mask;

	switch (op) {
	case 0: mask = ones(at, 63); break;
	case 1: mask = ones(0, at); break;
	case 2: case 3: mask = ones(at, 63 - n); break;
	case 4: mask = w >> 1 & 1 ? ones(0, at) : ones(at, 63); break;
	default: return false;
	}
	if (op != 4)
		a = rotl(a, n);
	else
		a = all_known(by, 1) ? rotl(a, by.v & 63) : nothing;
	result(cpu, w, ra(w), op == 3 ? insert(cpu->r[ra(w)], a, mask) :
					val_and(a, mask));
	return true;
}

/* A shift to the right that keeps the sign; the carry is what it loses. */
static struct val shift_sign(struct cpu *cpu, struct val a, unsigned n,
			     unsigned size)
{
	unsigned top = size * 8 - 1;
	struct val low = a;
	int sign = bit_of(a, top);

	if (n > top)
		n = top;	/* the sign alone stays, and it is not 0 then */
	else
		low = val_and(a, val_of((UINT64_C(1) << n) - 1));
	cpu->flags[CA] = (int8_t)flag_and(sign, flag_not(is_zero(low, size)));
	return extend(val_sar(a, n, size), size);
}

/* slw, srw, sraw, sld, srd, srad: by a register */
static bool shift(struct cpu *cpu, uint32_t w)
{
	struct val a = cpu->r[rt(w)], by = cpu->r[rb(w)], r;
	unsigned op = bits(w, 1, 10), size = op & 1 ? 8 : 4, n;

	if (op == 794)
		size = 8;
	n = by.v & (size * 16 - 1);
	switch (op) {
	case 24: case 27:
		r = n < size * 8 ? val_shl(a, n, size) : val_of(0);
		break;
	case 536: case 539:
		r = n < size * 8 ? val_shr(a, n, size) : val_of(0);
		break;
	case 792: case 794:
		r = shift_sign(cpu, a, n, size);
		break;
	default:
		return false;
	}
	if (!all_known(by, 1)) {
		r = op < 792 ? val_unknown(size) : nothing;
		if (op >= 792)
			cpu->flags[CA] = -1;
	}
	result(cpu, w, ra(w), r);
	return true;
}

/* srawi, sradi, extswsli */
static bool shift_by(struct cpu *cpu, uint32_t w)
{
	unsigned n = rb(w) | (w >> 1 & 1) << 5;
	struct val a = cpu->r[rt(w)], r;

	if (bits(w, 1, 10) == 824)
		r = shift_sign(cpu, a, rb(w), 4);
	else if (bits(w, 2, 9) == 413)
		r = shift_sign(cpu, a, n, 8);
	else if (bits(w, 2, 9) == 445)
		r = val_shl(extend(a, 4), n, 8);
	else
		return false;
	result(cpu, w, ra(w), r);
	return true;
}

/* (x - 1) & ~x: ones below the lowest one of @x. */
static struct val below_lowest(struct val x)
{
	uint64_t least = x.v | ~x.k;

	least = (least - 1) & ~least;
	x.v = (x.v - 1) & ~x.v;
	return (struct val){ least, ~(least ^ x.v) };
}

static bool logic(struct cpu *cpu, uint32_t w)
{
	struct val a = cpu->r[rt(w)], b = cpu->r[rb(w)], r;

	switch (bits(w, 1, 10)) {
	case 28: r = val_and(a, b); break;
	case 60:
		r = is_less(cpu, rt(w), rb(w)) ? below_lowest(b) :
						 val_and(a, val_not(b));
		break;
	case 124: r = val_not(val_or(a, b)); break;
	case 284: r = val_not(val_xor(a, b)); break;
	case 316: r = rt(w) == rb(w) ? val_of(0) : val_xor(a, b); break;
	case 412: r = val_or(a, val_not(b)); break;
	case 444: r = val_or(a, b); break;
	case 476: r = val_not(val_and(a, b)); break;
	default: return false;
	}
	result(cpu, w, ra(w), r);
	return true;
}

/* ori, oris, xori, xoris, andi., andis. */
static void logic_by(struct cpu *cpu, uint32_t w)
{
	struct val a = cpu->r[rt(w)], b;
	unsigned op = w >> 26;

	b = val_of((uint64_t)bits(w, 0, 16) << (op & 1 ? 16 : 0));
	a = op < 26 ? val_or(a, b) : op < 28 ? val_xor(a, b) : val_and(a, b);
	set(cpu, ra(w), a);
	if (op >= 28)
		record(cpu, a);
}

/* Some number from @least to @most: what lies above where they differ. */
static struct val between(uint64_t least, uint64_t most)
{
	uint64_t differ = least ^ most;

	for (unsigned n = 1; n < 64; n *= 2)
		differ |= differ >> n;
	return (struct val){ least & ~differ, ~differ };
}

static unsigned leading(uint64_t v, unsigned size)
{
	return v ? (unsigned)__builtin_clzll(v) - (64 - size * 8) : size * 8;
}

static unsigned trailing(uint64_t v, unsigned size)
{
	return v ? (unsigned)__builtin_ctzll(v) : size * 8;
}

/* The ones in each of @a's parts of @size bytes. */
static struct val count_ones(struct val a, unsigned size)
{
	struct val r = { 0, 0 };

	for (unsigned at = 0; at < 64; at += size * 8) {
		struct val part = cut(val_shr(a, at, 8), size);
		uint64_t most = part.v | ~part.k;

		part = between((uint64_t)__builtin_popcountll(part.v),
			       (uint64_t)__builtin_popcountll(most));
		r.v |= (part.v & mask_of(size)) << at;
		r.k |= (part.k & mask_of(size)) << at;
	}
	return r;
}

/* prtyw, prtyd: are the lowest bits of an odd number of bytes set? */
static struct val parity(struct val a, unsigned size)
{
	struct val r = val_of(0);

	for (unsigned i = 0; i < 64; i += 8) {
		struct val bit = val_and(val_shr(a, i, 8), val_of(1));

		r = val_xor(r, val_shl(bit, i / (size * 8) * size * 8, 8));
	}
	return r;
}

/* cntlzw, cnttzw, popcntb, extsb and so on */
static bool one_source(struct cpu *cpu, uint32_t w)
{
	unsigned op = bits(w, 1, 10), size;
	struct val a = cpu->r[rt(w)];
	uint64_t most;

	if (rb(w))
		return false;
	switch (op) {
	case 26: case 58:
		size = op == 26 ? 4 : 8;
		a = cut(a, size);
		most = a.v | ~a.k;
		a = between(leading(most, size), leading(a.v, size));
		break;
	case 538: case 570:
		size = op == 538 ? 4 : 8;
		a = cut(a, size);
		most = a.v | ~a.k;
		a = between(trailing(most, size), trailing(a.v, size));
		break;
	case 122: case 378: case 506:
		if (w & 1)
			return false;
		a = count_ones(a, op == 122 ? 1 : op == 378 ? 4 : 8);
		break;
	case 154: case 186:
		if (w & 1)
			return false;
		a = parity(a, op == 154 ? 4 : 8);
		break;
	case 954: a = extend(a, 1); break;
	case 922: a = extend(a, 2); break;
	case 986: a = extend(a, 4); break;
	default: return false;
	}
	result(cpu, w, ra(w), a);
	return true;
}

/* Ones in each byte that is the same in both. */
static struct val same_bytes(struct val a, struct val b)
{
	struct val r = { 0, 0 };

	for (unsigned i = 0; i < 64; i += 8) {
		int same = val_equal(val_shr(a, i, 8), val_shr(b, i, 8), 1);

		r.v |= same == 1 ? UINT64_C(0xff) << i : 0;
		r.k |= same >= 0 ? UINT64_C(0xff) << i : 0;
	}
	return r;
}

static void choose(struct cpu *cpu, uint32_t w)
{
	struct val a = base(cpu, ra(w)), b = cpu->r[rb(w)];
	int cond = cpu->flags[bits(w, 6, 5)];

	set(cpu, rt(w), cond < 0 ? val_either(a, b) : cond ? a : b);
}

/* ---- memory ---- */

/* Of a load or store: its size, and these. */
enum { STORE = 16, SIGN = 32, SWAP = 64, FLOAT = 128, INTEGER = 256 };

static struct val swap(struct val a, unsigned size)
{
	unsigned off = 64 - size * 8;

	a.v = __builtin_bswap64(a.v) >> off;
	a.k = __builtin_bswap64(a.k) >> off;
	return cut(a, size);
}

/*
 * A floating point register is the upper half of its vector register.  A
 * single is another number in memory than there, an integer is not.
 */
static void move_float(struct run *run, uint32_t w, unsigned how,
		       struct val addr)
{
	struct val *x = run->cpu->vec[rt(w)], a = x[1];
	unsigned size = how & 15;
	bool same = size == 8 || how & INTEGER;

	if (how & STORE) {
		mem_store_at(run, addr, size, same ? cut(a, size) : nothing);
		return;
	}
	a = mem_load_at(run, addr, size);
	a = how & SIGN ? extend(a, size) : cut(a, size);
	x[1] = same ? a : nothing;
	x[0] = nothing;
}

static bool move(struct run *run, uint32_t w, unsigned how, struct val addr,
		 bool update)
{
	unsigned size = how & 15, reg = rt(w);
	struct cpu *cpu = run->cpu;
	struct val a;

	if (update && (!ra(w) || (!(how & (STORE | FLOAT)) && ra(w) == reg)))
		return false;
	if (how & FLOAT) {
		move_float(run, w, how, addr);
	} else if (how & STORE) {
		a = cut(cpu->r[reg], size);
		mem_store_at(run, addr, size, how & SWAP ? swap(a, size) : a);
	} else {
		a = mem_load_at(run, addr, size);
		if (how & SWAP)
			a = swap(a, size);
		set(cpu, reg, how & SIGN ? extend(a, size) : cut(a, size));
	}
	if (update)
		set(cpu, ra(w), addr);
	return true;
}

/* lwz ... sthu, lfs ... stfdu */
static bool move_near(struct run *run, uint32_t w)
{
	static const uint8_t how[] = {
		4, 1, 4 | STORE, 1 | STORE, 2, 2 | SIGN, 2 | STORE, 0,
		4 | FLOAT, 8 | FLOAT, 4 | FLOAT | STORE, 8 | FLOAT | STORE,
	};
	unsigned op = (w >> 26) - 32;
	struct val addr = val_plus(base(run->cpu, ra(w)), imm(w));

	return how[op / 2] && move(run, w, how[op / 2], addr, op & 1);
}

/* ld, ldu, lwa, std, stdu */
static bool move_far(struct run *run, uint32_t w)
{
	struct val off = val_of((uint64_t)sbits(w, 0, 16) & ~UINT64_C(3));
	struct val addr = val_plus(base(run->cpu, ra(w)), off);
	bool is_store = w >> 26 == 62;

	/* the stack protector's canary */
	if ((w & 0xfc1fffff) == 0xe80d8ff0) {
		set(run->cpu, rt(w), val_of(0));
		return true;
	}
	switch (bits(w, 0, 2)) {
	case 0: case 1:
		return move(run, w, is_store ? 8 | STORE : 8, addr, w & 1);
	case 2:
		return !is_store && move(run, w, 4 | SIGN, addr, false);
	}
	return false;
}

/* What loads and stores with two registers do; 0: it is none. */
static unsigned how_indexed(unsigned op)
{
	switch (op) {
	case 21: case 53: return 8;
	case 23: case 55: return 4;
	case 87: case 119: return 1;
	case 279: case 311: return 2;
	case 341: case 373: return 4 | SIGN;
	case 343: case 375: return 2 | SIGN;
	case 149: case 181: return 8 | STORE;
	case 151: case 183: return 4 | STORE;
	case 215: case 247: return 1 | STORE;
	case 407: case 439: return 2 | STORE;
	case 532: return 8 | SWAP;
	case 534: return 4 | SWAP;
	case 790: return 2 | SWAP;
	case 660: return 8 | SWAP | STORE;
	case 662: return 4 | SWAP | STORE;
	case 918: return 2 | SWAP | STORE;
	case 535: case 567: return 4 | FLOAT;
	case 599: case 631: return 8 | FLOAT;
	case 663: case 695: return 4 | FLOAT | STORE;
	case 727: case 759: return 8 | FLOAT | STORE;
	case 855: return 4 | FLOAT | INTEGER | SIGN;	/* lfiwax */
	case 887: return 4 | FLOAT | INTEGER;
	case 983: return 4 | FLOAT | INTEGER | STORE;
	}
	return 0;
}

static struct val indexed(const struct cpu *cpu, uint32_t w)
{
	return val_plus(base(cpu, ra(w)), cpu->r[rb(w)]);
}

static bool move_indexed(struct run *run, uint32_t w)
{
	unsigned op = bits(w, 1, 10), how = how_indexed(op);
	bool update = op & 32 && !(how & (SWAP | INTEGER));

	if (!how || w & 1)
		return false;
	return move(run, w, how, indexed(run->cpu, w), update);
}

/* ---- vectors: only what compilers move pairs of numbers with ---- */

/*
 * The registers 32 and up are those of VMX; those below have the floating
 * point ones as their upper halves.  @swapped: the doublewords lie in memory
 * as in a big-endian host's.
 */
static void move_vec(struct run *run, unsigned reg, struct val addr,
		     bool swapped, bool is_store)
{
	struct val *x = run->cpu->vec[reg];

	for (unsigned i = 0; i < 2; i++) {
		struct val at = val_plus(addr, val_of(i * 8));
		struct val *half = &x[swapped ? 1 - i : i];

		if (is_store)
			mem_store_at(run, at, 8, *half);
		else
			*half = mem_load_at(run, at, 8);
	}
}

/* lxvd2x and so on, and moves between the two kinds of registers */
static bool vec_indexed(struct run *run, uint32_t w)
{
	unsigned reg = rt(w) | (w & 1) << 5;
	struct cpu *cpu = run->cpu;
	struct val addr = indexed(cpu, w), *x = cpu->vec[reg], a = cpu->r[ra(w)];

	switch (bits(w, 1, 10)) {
	case 103: case 359: case 231: case 487:	/* lvx, lvxl, stvx, stvxl */
		if (w & 1)
			return false;
		move_vec(run, rt(w) + 32, val_and(addr, val_of(~UINT64_C(15))),
			 false, bits(w, 1, 10) & 128);
		return true;
	case 844: case 972:			/* lxvd2x, stxvd2x */
		move_vec(run, reg, addr, true, bits(w, 1, 10) & 128);
		return true;
	case 268: case 396:			/* lxvx, stxvx */
		move_vec(run, reg, addr, false, bits(w, 1, 10) & 128);
		return true;
	case 588: case 332:			/* lxsdx, lxvdsx */
		x[1] = mem_load_at(run, addr, 8);
		x[0] = bits(w, 1, 10) == 332 ? x[1] : nothing;
		return true;
	case 716:				/* stxsdx */
		mem_store_at(run, addr, 8, x[1]);
		return true;
	case 435:				/* mtvsrdd */
		x[1] = base(cpu, ra(w));
		x[0] = cpu->r[rb(w)];
		return true;
	}
	if (rb(w))
		return false;
	switch (bits(w, 1, 10)) {
	case 51: set(cpu, ra(w), x[1]); return true;	/* mfvsrd */
	case 115: set(cpu, ra(w), cut(x[1], 4)); return true;
	case 307: set(cpu, ra(w), x[0]); return true;	/* mfvsrld */
	case 179: break;				/* mtvsrd, wa, wz */
	case 211: a = extend(a, 4); break;
	case 243: a = cut(a, 4); break;
	default: return false;
	}
	x[1] = a;
	x[0] = nothing;
	return true;
}

/* lxv, stxv */
static bool vec_near(struct run *run, uint32_t w)
{
	struct val off = val_of((uint64_t)sbits(w, 0, 16) & ~UINT64_C(15));
	struct val addr = val_plus(base(run->cpu, ra(w)), off);

	if ((w & 3) != 1)
		return false;
	move_vec(run, rt(w) | (w >> 3 & 1) << 5, addr, false, w & 4);
	return true;
}

/* vspltisb and so on: a small number in all elements of @size bytes */
static struct val splat(uint32_t w, unsigned size)
{
	uint64_t v = (uint64_t)sbits(w, 16, 5) & mask_of(size);

	for (; size < 8; size *= 2)
		v |= v << size * 8;
	return val_of(v);
}

/* vgbbd: the bits of eight bytes, transposed */
static uint64_t transpose(uint64_t v)
{
	uint64_t r = 0;

	for (unsigned i = 0; i < 64; i++)
		r |= (v >> i & 1) << (i % 8 * 8 + i / 8);
	return r;
}

/* vsldoi: sixteen bytes out of thirty-two */
static void vec_shift(struct val *x, const struct val *a, const struct val *b,
		      unsigned n)
{
	struct val w[5] = { b[0], b[1], a[0], a[1], val_of(0) };
	unsigned at = (16 - n) / 8, off = (16 - n) % 8 * 8;

	for (unsigned i = 0; i < 2; i++) {
		x[i] = val_shr(w[at + i], off, 8);
		if (off)
			x[i] = val_or(x[i], val_shl(w[at + i + 1], 64 - off, 8));
	}
}

/* vcmpequb; with a dot, CR6 tells whether all bytes, or none, are equal */
static void vec_compare(struct cpu *cpu, uint32_t w, struct val *x)
{
	const struct val *a = cpu->vec[ra(w) + 32], *b = cpu->vec[rb(w) + 32];
	struct val low = same_bytes(a[0], b[0]), high = same_bytes(a[1], b[1]);
	struct val all = val_and(low, high);

	x[0] = low;
	x[1] = high;
	if (!(w >> 10 & 1))
		return;
	set_field(cpu, 6, is_zero(val_not(all), 8), 0,
		  is_zero(val_or(low, high), 8));
	cpu->flags[6 * 4 + SO] = 0;
}

static bool vec_altivec(struct cpu *cpu, uint32_t w)
{
	struct val *x = cpu->vec[rt(w) + 32];
	const struct val *a = cpu->vec[ra(w) + 32], *b = cpu->vec[rb(w) + 32];
	bool same = ra(w) == rb(w);

	if (bits(w, 0, 10) == 6) {
		vec_compare(cpu, w, x);
		return true;
	}
	if (bits(w, 0, 6) == 44 && !(w >> 10 & 1)) {
		vec_shift(x, a, b, bits(w, 6, 4));
		return true;
	}
	for (unsigned i = 0; i < 2; i++)
		switch (bits(w, 0, 11)) {
		case 1292:
			x[i].v = transpose(b[i].v);
			x[i].k = transpose(b[i].k);
			break;
		case 780: x[i] = splat(w, 1); break;
		case 844: x[i] = splat(w, 2); break;
		case 908: x[i] = splat(w, 4); break;
		case 1028: x[i] = val_and(a[i], b[i]); break;
		case 1156: x[i] = val_or(a[i], b[i]); break;
		case 1220: x[i] = same ? val_of(0) : val_xor(a[i], b[i]); break;
		default: return false;
		}
	return true;
}

/* maddhd, maddhdu, maddld: since 3.0 */
static bool multiply_add(struct cpu *cpu, uint32_t w)
{
	struct val a = cpu->r[ra(w)], b = cpu->r[rb(w)], r = nothing;

	switch (bits(w, 0, 6)) {
	case 48: case 49:
		break;
	case 51:
		r = val_plus(product(233, a, b), cpu->r[bits(w, 6, 5)]);
		break;
	default:
		return false;
	}
	set(cpu, rt(w), r);
	return true;
}

/* xxpermdi, xxlor, xxlxor, xxland, xxspltib, xxbrd */
static bool vec_vsx(struct cpu *cpu, uint32_t w)
{
	struct val *x = cpu->vec[rt(w) | (w & 1) << 5];
	const struct val *pa = cpu->vec[ra(w) | (w >> 2 & 1) << 5];
	const struct val *pb = cpu->vec[rb(w) | (w >> 1 & 1) << 5];
	struct val a[2] = { pa[0], pa[1] }, b[2] = { pb[0], pb[1] };
	unsigned op = bits(w, 3, 8);

	if ((op & 0x9f) == 10) {
		x[1] = a[!(w >> 9 & 1)];
		x[0] = b[!(w >> 8 & 1)];
		return true;
	}
	if ((w & 0xfc1f07fc) == 0xf017076c) {		/* xxbrd */
		x[0] = swap(b[0], 8);
		x[1] = swap(b[1], 8);
		return true;
	}
	if ((w & 0xfc1807fe) == 0xf00002d0) {
		x[0] = x[1] = val_of(bits(w, 11, 8) * UINT64_C(0x0101010101010101));
		return true;
	}
	for (unsigned i = 0; i < 2; i++)
		switch (op) {
		case 130: x[i] = val_and(a[i], b[i]); break;
		case 138: x[i] = val_and(a[i], val_not(b[i])); break;
		case 146: x[i] = val_or(a[i], b[i]); break;
		case 154: x[i] = pa == pb ? val_of(0) : val_xor(a[i], b[i]); break;
		case 162: x[i] = val_not(val_or(a[i], b[i])); break;
		case 170: x[i] = val_or(a[i], val_not(b[i])); break;
		default: return false;
		}
	return true;
}

/* ---- branches ---- */

static uint64_t word_at(const struct run *run, uint64_t addr)
{
	uint64_t w = 0;

	return space_uint(run->code->space, addr, 4, &w) ? 0 : w;
}

/*
 * Is @to where a function begins, as far as anybody can tell: it has a name,
 * or what computes the TOC stands there or before it?
 */
static bool is_function(const struct run *run, uint64_t to)
{
	const struct predicate_code *c = run->code;

	for (unsigned i = 0; i <= 8; i += 8) {
		uint64_t w = word_at(run, to - i);

		if (c->symbol && c->symbol(c->ctx, to - i))
			return true;
		/* addis r2,r12 or lis r2; addi r2,r2 */
		if ((w >> 16 == 0x3c4c || w >> 16 == 0x3c40) &&
		    word_at(run, to - i + 4) >> 16 == 0x3842)
			return true;
	}
	return false;
}

/*
 * Code for size saves and restores registers in functions of the compiler's,
 * _savegpr0_29() and so on.  They are no calls as others are.
 */
static bool is_frame_helper(const struct run *run, uint64_t to)
{
	for (unsigned i = 0; i < 24; i++) {
		uint64_t w = word_at(run, to + i * 4), from = w >> 16 & 31;
		unsigned reg = w >> 21 & 31;

		if (w == 0x4e800020)			/* blr */
			return i > 0;
		if (w == 0x7c0803a6)			/* mtlr r0 */
			continue;
		/* ld, std: of a frame's register */
		if ((w & 0xfc000003) != 0xe8000000 && (w & 0xfc000003) != 0xf8000000)
			return false;
		if ((reg && reg < 14) || (from != SP && from != 11 && from != 12))
			return false;
	}
	return false;
}

/* A jump that may be the call of a function that returns to our caller. */
static void jump(struct run *run, struct val to)
{
	const struct space *s = run->code->space;

	if (!run->probing && all_known(to, 8) &&
	    s->kind(s, to.v) != SPACE_EXTERN &&
	    (is_frame_helper(run, to.v) || !is_function(run, to.v)))
		run_jump(run, to);
	else
		run_transfer(run, to, false, 0);
}

/* @code is what comes behind the call. */
static void call(struct run *run, uint64_t to, const uint8_t *code, size_t n)
{
	static const uint8_t restore[] = { 0x18, 0, 0x41, 0xe8 };
	struct cpu *cpu = run->cpu;
	uint64_t next = cpu->ip + 4;

	/* ld r2,24(r1): where the stub that saves it is not followed */
	if (n >= 4 && !memcmp(code, restore, 4))
		mem_store_at(run, val_plus(cpu->r[SP], val_of(TOC_SLOT)), 8,
			     cpu->r[TOC]);
	if (!run->probing && is_frame_helper(run, to)) {
		cpu->r[LR] = val_of(next);
		cpu->depth++;
		run_jump(run, val_of(to));
		return;
	}
	run_transfer(run, val_of(to), true, next);
}

/* Does a conditional branch branch?  Counts down CTR if it has to. */
static int condition(struct cpu *cpu, uint32_t w)
{
	unsigned bo = rt(w);
	int cond = 1, ctr;

	if (!(bo & 16))
		cond = bo & 8 ? cpu->flags[ra(w)] : flag_not(cpu->flags[ra(w)]);
	if (bo & 4)
		return cond;
	set(cpu, CTR, val_minus(cpu->r[CTR], val_of(1)));
	ctr = is_zero(cpu->r[CTR], 8);
	return flag_and(cond, bo & 2 ? ctr : flag_not(ctr));
}

static bool branch(struct run *run, uint32_t w)
{
	struct cpu *cpu = run->cpu;
	uint64_t next = cpu->ip + 4, to;

	to = ((uint64_t)sbits(w, 0, 16) & ~UINT64_C(3)) + (w & 2 ? 0 : cpu->ip);
	if (!(w & 1)) {
		run_branch(run, condition(cpu, w), to, next);
		return true;
	}
	/* bcl 20,31,.+4: where am I? */
	if (w != 0x429f0005)
		return false;
	cpu->r[LR] = val_of(next);
	cpu->ip = next;
	return true;
}

/* bclr and bcctr */
static bool branch_reg(struct run *run, uint32_t w)
{
	struct cpu *cpu = run->cpu;
	bool to_ctr = bits(w, 1, 10) == 528, link = w & 1;
	struct val to = val_and(cpu->r[to_ctr ? CTR : LR], val_of(~UINT64_C(3)));
	uint64_t next = cpu->ip + 4;
	int cond;

	if (bits(w, 13, 3) || (to_ctr ? !(rt(w) & 4) : link))
		return false;
	cond = condition(cpu, w);
	if (cond < 0)
		run_branch(run, cond, next, next);
	if (!cond)
		cpu->ip = next;
	else if (!to_ctr)
		run_return(run, to);
	else if (link)
		run_transfer(run, to, true, next);
	else
		jump(run, to);
	return true;
}

/* tw, td and with a number: surely a trap, or on */
static bool trap(struct run *run, uint32_t w, struct val b, unsigned size)
{
	struct val a = run->cpu->r[ra(w)];
	unsigned to = rt(w);

	if (to == 31 ||
	    (to & 16 && val_below(a, b, size, true) == 1) ||
	    (to & 8 && val_below(b, a, size, true) == 1) ||
	    (to & 4 && val_equal(a, b, size) == 1) ||
	    (to & 2 && val_below(a, b, size, false) == 1) ||
	    (to & 1 && val_below(b, a, size, false) == 1))
		run_trap(run);
	return true;
}

static bool to_special(struct cpu *cpu, uint32_t w, unsigned spr)
{
	struct val a = cpu->r[rt(w)];

	switch (spr) {
	case 1:
		cpu->flags[CA] = (int8_t)bit_of(a, 29);
		return true;
	case 8: case 9:
		set(cpu, spr == 8 ? LR : CTR, a);
		return true;
	case 256:		/* vrsave */
		return true;
	}
	return false;
}

static bool special(struct cpu *cpu, uint32_t w)
{
	unsigned spr = ra(w) | rb(w) << 5, op = w & 1 ? 0 : bits(w, 1, 10);

	/* mfocrf, mtocrf: exactly one field */
	if ((op == 19 || op == 144) && w >> 20 & 1 &&
	    __builtin_popcount(bits(w, 12, 8)) != 1)
		return false;
	switch (op) {
	case 19:
		from_cr(cpu, w);
		return true;
	case 144:
		to_cr(cpu, w);
		return true;
	case 339: case 371:	/* mfspr, mftb */
		set(cpu, rt(w), spr == 8 ? cpu->r[LR] : spr == 9 ? cpu->r[CTR] :
								  nothing);
		return true;
	case 467:
		return to_special(cpu, w, spr);
	case 54: case 86: case 246: case 278:	/* dcbst, dcbf, dcbtst, dcbt */
	case 598: case 854:			/* sync, eieio */
		return true;
	case 128:
		set_boolean(cpu, w);
		return true;
	case 508:				/* cmpb */
		set(cpu, ra(w), same_bytes(cpu->r[rt(w)], cpu->r[rb(w)]));
		return true;
	}
	return false;
}

/* Those of opcode 19. */
static bool system_insn(struct run *run, uint32_t w)
{
	struct cpu *cpu = run->cpu;
	bool known;

	switch (bits(w, 1, 10)) {
	case 16: case 528:
		return branch_reg(run, w);
	case 0:				/* mcrf */
		memmove(cpu->flags + bits(w, 23, 3) * 4,
			cpu->flags + bits(w, 18, 3) * 4, 4);
		known = true;
		break;
	case 150:			/* isync */
		known = true;
		break;
	default:
		known = cr_logic(cpu, w);
		if (bits(w, 1, 5) == 2) {	/* addpcis */
			uint64_t d = bits(w, 6, 10) << 6 | bits(w, 16, 5) << 1 |
				(w & 1);

			d = extend(val_of(d), 2).v << 16;
			set(cpu, rt(w), val_of(cpu->ip + 4 + d));
			known = true;
		}
		break;
	}
	cpu->ip += 4;
	return known;
}

/* ---- the instructions with three registers ---- */

static bool registers(struct run *run, uint32_t w)
{
	struct cpu *cpu = run->cpu;
	unsigned op = bits(w, 1, 10);

	if (bits(w, 1, 5) == 15 && !(w & 1)) {
		choose(cpu, w);
		return true;
	}
	switch (op) {
	case 0: case 32:
		return compare(cpu, w, cpu->r[rb(w)], !op);
	case 4: case 68:
		return trap(run, w, cpu->r[rb(w)], op == 4 ? 4 : 8);
	}
	return sums(cpu, w) || products(cpu, w) || remainders(cpu, w) ||
		logic(cpu, w) || one_source(cpu, w) || shift(cpu, w) ||
		shift_by(cpu, w) || move_indexed(run, w) ||
		special(cpu, w) || vec_indexed(run, w);
}

/* ---- arithmetic with a number ---- */

static bool immediate(struct run *run, uint32_t w)
{
	struct cpu *cpu = run->cpu;
	struct val a = cpu->r[ra(w)], b = imm(w);
	unsigned op = w >> 26;

	switch (op) {
	case 2: case 3:
		return trap(run, w, b, op == 2 ? 8 : 4);
	case 7:				/* mulli */
		a = product(233, a, b);
		break;
	case 8:				/* subfic */
		a = sum(cpu, val_not(a), b, 1);
		break;
	case 10:
		return compare(cpu, w, val_of(bits(w, 0, 16)), false);
	case 11:
		return compare(cpu, w, b, true);
	case 12: case 13:		/* addic and with a dot */
		a = sum(cpu, a, b, 0);
		break;
	case 14: case 15:		/* addi, addis */
		a = val_plus(base(cpu, ra(w)), op == 14 ? b :
			     val_shl(b, 16, 8));
		break;
	default:
		return false;
	}
	set(cpu, rt(w), a);
	if (op == 13)
		record(cpu, a);
	if ((op == 12 || (op == 14 && ra(w))) && b.v == UINT64_MAX &&
	    rt(w) != ra(w)) {
		cpu->flags[LESS] = (int8_t)rt(w);
		cpu->flags[LESS_THAN] = (int8_t)ra(w);
	}
	return true;
}

static bool move_float_reg(struct cpu *cpu, uint32_t w)
{
	struct val a = cpu->vec[rb(w)][1];

	if ((w & 0xfc1f07ff) != 0xfc000090)	/* fmr */
		return false;
	cpu->vec[rt(w)][1] = a;
	cpu->vec[rt(w)][0] = nothing;
	return true;
}

/* All but branches: .ip is still to be moved. */
static bool plain(struct run *run, uint32_t w)
{
	struct cpu *cpu = run->cpu;

	switch (w >> 26) {
	case 4:
		return multiply_add(cpu, w) || vec_altivec(cpu, w);
	case 20: case 21: case 23:
		rotate_word(cpu, w);
		return true;
	case 24 ... 29:
		logic_by(cpu, w);
		return true;
	case 30:
		return rotate(cpu, w);
	case 31:
		return registers(run, w);
	case 32 ... 45: case 48 ... 55:
		return move_near(run, w);
	case 58: case 62:
		return move_far(run, w);
	case 60:
		return vec_vsx(cpu, w);
	case 61:
		return vec_near(run, w);
	case 63:
		return move_float_reg(cpu, w);
	}
	return immediate(run, w);
}

static bool step(struct run *run, const uint8_t *code, size_t n)
{
	struct cpu *cpu = run->cpu;
	uint64_t to;
	uint32_t w;

	/* big-endian ones have another ABI, too */
	if (n < 4 || run->code->space->big_endian)
		return false;
	w = code[0] | code[1] << 8 | code[2] << 16 | (uint32_t)code[3] << 24;
	switch (w >> 26) {
	case 16:
		return branch(run, w);
	case 18:
		to = ((uint64_t)sbits(w, 0, 26) & ~UINT64_C(3)) +
			(w & 2 ? 0 : cpu->ip);
		if (w & 1)
			call(run, to, code + 4, n - 4);
		else
			jump(run, val_of(to));
		return true;
	case 19:
		return system_insn(run, w);
	}
	if (!plain(run, w))
		return false;
	cpu->ip += 4;
	return true;
}

static const uint8_t lost[] = {
	0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, LR, CTR,
};

const struct host host_ppc64 = {
	.machine = EM_PPC64,
	.args = { 3, 4, 5, 6, 7 },
	.result = 3, .sp = SP, .link = LR, .callee = 12,
	.sign_extends = true, .local_entry = 8,
	.lost = lost, .nlost = sizeof(lost),
	.step = step,
};
