/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * predicate-arm64.c - aarch64's machine code: see predicate-host.h
 *
 * Encodings: Arm Architecture Reference Manual for A-profile (DDI 0487), C4
 * and C6.  Register 31 is the stack pointer or zero, as the instruction says.
 */
#include "predicate-host.h"

enum { SP = 31, ZR = 32 };
enum { N, Z, C, V, NFLAGS };

/* ---- registers ---- */

static struct val get(const struct cpu *cpu, unsigned reg, unsigned size)
{
	return reg == ZR ? val_of(0) : cut(cpu->r[reg], size);
}

static void set(struct cpu *cpu, unsigned reg, unsigned size, struct val a)
{
	a.v &= a.k;
	if (reg != ZR)
		cpu->r[reg] = cut(a, size);
}

/* A register field in which 31 is zero. */
static unsigned zr(uint32_t w, unsigned lo)
{
	unsigned r = bits(w, lo, 5);

	return r == 31 ? ZR : r;
}

/* ---- flags ---- */

static void flags_unknown(struct cpu *cpu)
{
	memset(cpu->flags, -1, NFLAGS);
}

/* The flags of @a + @b + @carry. */
static void flags_sum(struct cpu *cpu, struct val a, struct val b, int carry,
		      unsigned size)
{
	uint64_t m = mask_of(size), sign = m ^ m >> 1, sum;

	flags_unknown(cpu);
	if (!all_known(a, size) || !all_known(b, size) || carry < 0)
		return;
	a = cut(a, size);
	b = cut(b, size);
	sum = (a.v + b.v + (uint64_t)carry) & m;
	cpu->flags[N] = (sum & sign) != 0;
	cpu->flags[Z] = !sum;
	cpu->flags[C] = carry ? sum <= a.v : sum < a.v;
	cpu->flags[V] = (~(a.v ^ b.v) & (a.v ^ sum) & sign) != 0;
}

/* The flags of @a - @b, as far as they can be told. */
static void flags_diff(struct cpu *cpu, struct val a, struct val b,
		       unsigned size)
{
	uint64_t m = mask_of(size), sign = m ^ m >> 1;

	flags_sum(cpu, a, cut(val_not(b), size), 1, size);
	if (cpu->flags[Z] >= 0)
		return;
	cpu->flags[Z] = (int8_t)val_equal(a, b, size);
	cpu->flags[C] = (int8_t)flag_not(val_below(a, b, size, false));
	/* against 0 the sign is a's */
	if (all_known(b, size) && !(b.v & m)) {
		cpu->flags[N] = a.k & sign ? (a.v & sign) != 0 : -1;
		cpu->flags[V] = 0;
	}
}

static void flags_logic(struct cpu *cpu, struct val a, unsigned size)
{
	cpu->flags[N] = (int8_t)bit_of(a, size * 8 - 1);
	cpu->flags[Z] = (int8_t)is_zero(a, size);
	cpu->flags[C] = cpu->flags[V] = 0;
}

static int condition(const struct cpu *cpu, unsigned cond)
{
	const int8_t *f = cpu->flags;
	int v;

	switch (cond >> 1) {
	case 0: v = f[Z]; break;
	case 1: v = f[C]; break;
	case 2: v = f[N]; break;
	case 3: v = f[V]; break;
	case 4: v = flag_and(f[C], flag_not(f[Z])); break;
	case 5: v = flag_not(flag_xor(f[N], f[V])); break;
	case 6: v = flag_and(flag_not(f[Z]), flag_not(flag_xor(f[N], f[V])));
		break;
	default: return 1;
	}
	return cond & 1 ? flag_not(v) : v;
}

/* ---- data processing ---- */

/* Add or subtract, with flags or without, into @rd. */
static void add_sub(struct cpu *cpu, uint32_t w, unsigned rd, struct val a,
		    struct val b)
{
	unsigned size = w >> 31 ? 8 : 4;
	bool sub = w >> 30 & 1;

	set(cpu, rd, size, sub ? val_minus(a, b) : val_plus(a, b));
	if (!(w >> 29 & 1))
		return;
	if (sub)
		flags_diff(cpu, a, b, size);
	else
		flags_sum(cpu, a, b, 0, size);
}

/* and, orr, eor, ands of @a and @b */
static void logic(struct cpu *cpu, uint32_t w, unsigned rd, struct val a,
		  struct val b)
{
	unsigned size = w >> 31 ? 8 : 4;
	struct val r;

	switch (bits(w, 29, 2)) {
	case 1: r = val_or(a, b); break;
	case 2: r = val_xor(a, b); break;
	default: r = val_and(a, b); break;
	}
	if (bits(w, 29, 2) == 3)
		flags_logic(cpu, r, size);
	set(cpu, rd, size, r);
}

static uint64_t ones(unsigned n)
{
	return n >= 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

static uint64_t rotate(uint64_t v, unsigned n, unsigned bits)
{
	return n ? (v >> n | v << (bits - n)) & ones(bits) : v;
}

/*
 * DecodeBitMasks(): @wmask and @tmask of the N, imms and immr fields; false if
 * they are reserved.
 */
static bool bit_masks(uint32_t w, bool immediate, uint64_t *wmask,
		      uint64_t *tmask)
{
	unsigned imms = bits(w, 10, 6), immr = bits(w, 16, 6);
	unsigned key = bits(w, 22, 1) << 6 | (~imms & 0x3f), len, s, r, d;
	uint64_t welem, telem;

	if (key < 2)
		return false;
	len = 31 - (unsigned)__builtin_clz(key);
	s = imms & (unsigned)ones(len);
	r = immr & (unsigned)ones(len);
	if (immediate && s == ones(len))
		return false;
	d = (s - r) & (unsigned)ones(len);
	welem = rotate(ones(s + 1), r, 1u << len);
	telem = ones(d + 1);
	for (unsigned at = 1u << len; at < 64; at *= 2) {
		welem |= welem << at;
		telem |= telem << at;
	}
	*wmask = welem;
	*tmask = telem;
	return true;
}

/* sbfm, bfm, ubfm: shifts by constants, extensions, bit fields */
static bool bitfield(struct cpu *cpu, uint32_t w)
{
	unsigned size = w >> 31 ? 8 : 4, opc = bits(w, 29, 2);
	unsigned r = bits(w, 16, 6), s = bits(w, 10, 6);
	struct val a = get(cpu, zr(w, 5), size), bot, top, dst;
	uint64_t wmask, tmask;

	if (opc == 3 || bits(w, 22, 1) != w >> 31 ||
	    (size == 4 && (r | s) & 0x20) || !bit_masks(w, false, &wmask, &tmask))
		return false;
	dst = opc == 1 ? get(cpu, zr(w, 0), size) : val_of(0);
	bot = val_or(val_and(dst, val_of(~wmask)),
		     val_and(val_ror(a, r, size), val_of(wmask)));
	if (opc == 0)
		top = bit_of(a, s) < 0 ? (struct val){ 0, 0 } :
			val_of(bit_of(a, s) ? UINT64_MAX : 0);
	else
		top = dst;
	set(cpu, zr(w, 0), size, val_or(val_and(top, val_of(~tmask)),
					val_and(bot, val_of(tmask))));
	return true;
}

static bool immediate(struct cpu *cpu, uint32_t w)
{
	unsigned size = w >> 31 ? 8 : 4, rd = zr(w, 0);
	uint64_t v, t;

	switch (bits(w, 23, 3)) {
	case 0: case 1:			/* adr, adrp */
		v = (uint64_t)sbits(w, 5, 19) << 2 | bits(w, 29, 2);
		set(cpu, rd, 8, val_of(w >> 31 ?
				       (cpu->ip & ~UINT64_C(0xfff)) + (v << 12) :
				       cpu->ip + v));
		return true;
	case 2:				/* add, sub */
		v = (uint64_t)bits(w, 10, 12) << (w >> 22 & 1 ? 12 : 0);
		add_sub(cpu, w, w >> 29 & 1 ? rd : bits(w, 0, 5),
			cut(cpu->r[bits(w, 5, 5)], size), val_of(v));
		return true;
	case 4:
		if ((size == 4 && w >> 22 & 1) || !bit_masks(w, true, &v, &t))
			return false;
		logic(cpu, w, bits(w, 29, 2) == 3 ? rd : bits(w, 0, 5),
		      get(cpu, zr(w, 5), size), val_of(v));
		return true;
	case 5: {			/* movn, movz, movk */
		unsigned at = bits(w, 21, 2) * 16, opc = bits(w, 29, 2);
		struct val a = val_of((uint64_t)bits(w, 5, 16) << at);

		if (opc == 1 || (size == 4 && at >= 32))
			return false;
		if (opc == 0)
			a = val_not(a);
		if (opc == 3)
			a = val_or(a, val_and(get(cpu, rd, size),
					      val_of(~(UINT64_C(0xffff) << at))));
		set(cpu, rd, size, a);
		return true;
	}
	case 6:
		return bitfield(cpu, w);
	case 7: {			/* extr */
		unsigned lsb = bits(w, 10, 6);
		struct val hi = get(cpu, zr(w, 5), size);
		struct val lo = get(cpu, zr(w, 16), size);

		if (bits(w, 29, 2) || bits(w, 21, 1) || lsb >= size * 8)
			return false;
		set(cpu, rd, size, lsb ?
		    val_or(val_shr(lo, lsb, size),
			   val_shl(hi, size * 8 - lsb, size)) : lo);
		return true;
	}
	}
	return false;
}

static struct val shifted(struct val a, unsigned how, unsigned n, unsigned size)
{
	switch (how) {
	case 0: return val_shl(a, n, size);
	case 1: return val_shr(a, n, size);
	case 2: return val_sar(a, n, size);
	default: return val_ror(a, n, size);
	}
}

/* uxtb ... sxtx, and a shift */
static struct val extended(struct val a, unsigned how, unsigned n, unsigned size)
{
	unsigned from = 1u << (how & 3);

	a = how & 4 ? extend(a, from) : cut(a, from);
	return val_shl(a, n, size);
}

/* ccmp, ccmn: compare, or set these flags */
static void compare_if(struct cpu *cpu, uint32_t w)
{
	unsigned size = w >> 31 ? 8 : 4;
	struct val a = get(cpu, zr(w, 5), size);
	struct val b = w >> 11 & 1 ? val_of(bits(w, 16, 5)) :
				     get(cpu, zr(w, 16), size);
	int cond = condition(cpu, bits(w, 12, 4));

	if (w >> 30 & 1)
		flags_diff(cpu, a, b, size);
	else
		flags_sum(cpu, a, b, 0, size);
	for (unsigned i = 0; i < NFLAGS && cond != 1; i++) {
		int8_t given = w >> (3 - i) & 1;

		if (!cond || cpu->flags[i] != given)
			cpu->flags[i] = cond ? -1 : given;
	}
}

/* csel, csinc, csinv, csneg */
static void choose(struct cpu *cpu, uint32_t w)
{
	unsigned size = w >> 31 ? 8 : 4;
	struct val a = get(cpu, zr(w, 5), size), b = get(cpu, zr(w, 16), size);
	int cond = condition(cpu, bits(w, 12, 4));

	if (w >> 30 & 1)
		b = cut(val_not(b), size);
	if (w >> 10 & 1)
		b = val_plus(b, val_of(1));
	set(cpu, zr(w, 0), size, cond < 0 ? val_either(a, cut(b, size)) :
				 cond ? a : b);
}

static uint64_t reverse_bits(uint64_t v, unsigned n)
{
	uint64_t r = 0;

	for (unsigned i = 0; i < n; i++)
		r |= (v >> i & 1) << (n - 1 - i);
	return r;
}

static uint64_t reverse_bytes(uint64_t v, unsigned size, unsigned within)
{
	uint64_t r = 0;

	for (unsigned i = 0; i < size; i++)
		r |= (v >> i * 8 & 0xff) << (i / within * within +
					     (within - 1 - i % within)) * 8;
	return r;
}

static unsigned leading(uint64_t v, unsigned n)
{
	unsigned i = 0;

	while (i < n && !(v >> (n - 1 - i) & 1))
		i++;
	return i;
}

/* rbit, rev, clz, cls */
static bool one_source(struct cpu *cpu, uint32_t w)
{
	unsigned size = w >> 31 ? 8 : 4, n = size * 8, op = bits(w, 10, 6);
	struct val a = get(cpu, zr(w, 5), size);
	uint64_t sign;

	if (bits(w, 16, 5))	/* pointer authentication */
		return false;
	switch (op) {
	case 0:
		a.v = reverse_bits(a.v, n);
		a.k = reverse_bits(a.k, n);
		break;
	case 1: case 2: case 3:
		if (op == 3 && size == 4)
			return false;
		a.v = reverse_bytes(a.v, size, 1u << op);
		a.k = reverse_bytes(a.k, size, 1u << op);
		break;
	case 4:
		if (!all_known(a, size))
			a = (struct val){ 0, ~UINT64_C(0x7f) };
		else
			a = val_of(leading(a.v, n));
		break;
	case 5:
		sign = a.v >> (n - 1) & 1 ? ones(n) : 0;
		if (!all_known(a, size))
			a = (struct val){ 0, ~UINT64_C(0x7f) };
		else
			a = val_of(leading(a.v ^ sign, n) - 1);
		break;
	default:
		return false;
	}
	set(cpu, zr(w, 0), size, a);
	return true;
}

/* udiv, sdiv, shifts by a register */
static bool two_sources(struct cpu *cpu, uint32_t w)
{
	unsigned size = w >> 31 ? 8 : 4, op = bits(w, 10, 6);
	struct val a = get(cpu, zr(w, 5), size), b = get(cpu, zr(w, 16), size);
	struct val r = val_unknown(size);
	bool known = all_known(a, size) && all_known(b, size);

	switch (op) {
	case 2:
		if (known)
			r = val_of(b.v ? a.v / b.v : 0);
		break;
	case 3: {
		int64_t x = (int64_t)extend(a, size).v;
		int64_t y = (int64_t)extend(b, size).v;

		if (known)
			r = val_of(!y ? 0 : y == -1 ? -(uint64_t)x :
				   (uint64_t)(x / y));
		break;
	}
	case 8: case 9: case 10: case 11:
		if (all_known(b, 1))
			r = shifted(a, op - 8, (unsigned)b.v % (size * 8), size);
		break;
	default:
		return false;
	}
	set(cpu, zr(w, 0), size, r);
	return true;
}

/* madd, msub, their long forms, the upper half of a product */
static bool three_sources(struct cpu *cpu, uint32_t w)
{
	unsigned size = w >> 31 ? 8 : 4, op = bits(w, 21, 3);
	struct val a = get(cpu, zr(w, 5), size), b = get(cpu, zr(w, 16), size);
	struct val c = get(cpu, zr(w, 10), size), r;

	if (bits(w, 29, 2) || (op && size == 4))
		return false;
	switch (op) {
	case 0:
		r = val_times(a, b, size);
		break;
	case 1: case 5:
		a = op == 1 ? extend(a, 4) : cut(a, 4);
		b = op == 1 ? extend(b, 4) : cut(b, 4);
		r = val_times(a, b, 8);
		break;
	case 2: case 6:
		r = (struct val){ 0, 0 };
		if (all_known(a, 8) && all_known(b, 8))
			r = val_of(op == 6 ?
				(uint64_t)((unsigned __int128)a.v * b.v >> 64) :
				(uint64_t)((__int128)(int64_t)a.v *
					   (int64_t)b.v >> 64));
		set(cpu, zr(w, 0), 8, r);
		return true;
	default:
		return false;
	}
	set(cpu, zr(w, 0), size, w >> 15 & 1 ? val_minus(c, r) : val_plus(c, r));
	return true;
}

static bool registers(struct cpu *cpu, uint32_t w)
{
	unsigned size = w >> 31 ? 8 : 4, n = bits(w, 10, 6);
	struct val a, b;

	if (!(w >> 28 & 1)) {
		if (size == 4 && n & 0x20 && !(w >> 24 & 1 && w >> 21 & 1))
			return false;
		a = get(cpu, zr(w, 5), size);
		b = get(cpu, zr(w, 16), size);
		if (!(w >> 24 & 1)) {		/* logical, shifted */
			b = shifted(b, bits(w, 22, 2), n, size);
			if (w >> 21 & 1)
				b = cut(val_not(b), size);
			logic(cpu, w, zr(w, 0), a, b);
		} else if (!(w >> 21 & 1)) {	/* add, sub, shifted */
			if (bits(w, 22, 2) == 3)
				return false;
			b = shifted(b, bits(w, 22, 2), n, size);
			add_sub(cpu, w, zr(w, 0), a, b);
		} else {			/* add, sub, extended */
			if (bits(w, 22, 2) || bits(w, 10, 3) > 4)
				return false;
			b = extended(b, bits(w, 13, 3), bits(w, 10, 3), size);
			add_sub(cpu, w, w >> 29 & 1 ? zr(w, 0) : bits(w, 0, 5),
				cut(cpu->r[bits(w, 5, 5)], size), b);
		}
		return true;
	}
	switch (bits(w, 21, 4)) {
	case 0: {			/* adc, sbc */
		struct val r = val_unknown(size);
		int carry = cpu->flags[C];

		if (n)
			return false;
		a = get(cpu, zr(w, 5), size);
		b = get(cpu, zr(w, 16), size);
		if (w >> 30 & 1)
			b = cut(val_not(b), size);
		if (carry >= 0)
			r = val_plus(val_plus(a, b), val_of((uint64_t)carry));
		if (w >> 29 & 1)
			flags_sum(cpu, a, b, carry, size);
		set(cpu, zr(w, 0), size, r);
		return true;
	}
	case 2:
		if (!(w >> 29 & 1) || w >> 10 & 1 || w >> 4 & 1)
			return false;
		compare_if(cpu, w);
		return true;
	case 4:
		if (w >> 29 & 1 || w >> 11 & 1)
			return false;
		choose(cpu, w);
		return true;
	case 6:
		if (w >> 29 & 1)
			return false;
		return w >> 30 & 1 ? one_source(cpu, w) : two_sources(cpu, w);
	case 8 ... 15:
		return three_sources(cpu, w);
	}
	return false;
}

/* ---- branches ---- */

static bool system_insn(struct cpu *cpu, uint32_t w)
{
	if ((w & 0xfffff01f) == 0xd503201f)	/* hints: nop, bti, pac*sp */
		return true;
	if ((w & 0xfffff01f) == 0xd503301f)	/* barriers */
		return true;
	if ((w & 0xfff00000) == 0xd5300000) {	/* mrs */
		set(cpu, zr(w, 0), 8, (struct val){ 0, 0 });
		return true;
	}
	return false;
}

static bool branches(struct run *run, uint32_t w)
{
	struct cpu *cpu = run->cpu;
	uint64_t at = cpu->ip, next = at + 4, to;
	unsigned size = w >> 31 ? 8 : 4;
	struct val a;
	int cond;

	if ((w & 0x7c000000) == 0x14000000) {		/* b, bl */
		to = at + ((uint64_t)sbits(w, 0, 26) << 2);
		run_transfer(run, val_of(to), w >> 31, next);
		return true;
	}
	if ((w & 0xff000010) == 0x54000000) {		/* b.cond */
		to = at + ((uint64_t)sbits(w, 5, 19) << 2);
		run_branch(run, condition(cpu, bits(w, 0, 4)), to, next);
		return true;
	}
	if ((w & 0x7e000000) == 0x34000000) {		/* cbz, cbnz */
		to = at + ((uint64_t)sbits(w, 5, 19) << 2);
		cond = is_zero(get(cpu, zr(w, 0), size), size);
		run_branch(run, w >> 24 & 1 ? flag_not(cond) : cond, to, next);
		return true;
	}
	if ((w & 0x7e000000) == 0x36000000) {		/* tbz, tbnz */
		to = at + ((uint64_t)sbits(w, 5, 14) << 2);
		cond = bit_of(get(cpu, zr(w, 0), 8),
			      (w >> 31) << 5 | bits(w, 19, 5));
		run_branch(run, w >> 24 & 1 ? cond : flag_not(cond), to, next);
		return true;
	}
	/* br, blr, ret, and those that check a pointer's signature */
	if ((w & 0xfe9ff000) == 0xd61f0000) {
		unsigned op = bits(w, 21, 2);
		bool pac = w >> 11 & 1;

		if (op == 3 || (!pac && w & 0xc1f))
			return false;
		if (op == 2) {
			run_return(run, get(cpu, pac ? 30 : zr(w, 5), 8));
			return true;
		}
		a = get(cpu, zr(w, 5), 8);
		run_transfer(run, a, op == 1, next);
		return true;
	}
	if ((w & 0xffe0001f) == 0xd4200000) {		/* brk */
		run_trap(run);
		return true;
	}
	if (!system_insn(cpu, w))
		return false;
	cpu->ip = next;
	return true;
}

/* ---- memory ---- */

/* @n bytes, or 16, between a vector register and memory. */
static void move_vec(struct run *run, unsigned reg, struct val addr, unsigned n,
		     bool is_load)
{
	struct val *x = run->cpu->vec[reg];
	unsigned low = n < 8 ? n : 8;

	if (!is_load) {
		mem_store_at(run, addr, low, x[0]);
		if (n == 16)
			mem_store_at(run, val_plus(addr, val_of(8)), 8, x[1]);
		return;
	}
	x[0] = cut(mem_load_at(run, addr, low), low);
	x[1] = n == 16 ? mem_load_at(run, val_plus(addr, val_of(8)), 8) :
			 val_of(0);
}

/* A load or store of one register; @opc is 0: store, 1: load, 2 and 3: signed */
static bool move_one(struct run *run, uint32_t w, struct val addr)
{
	unsigned size = 1u << bits(w, 30, 2), opc = bits(w, 22, 2);
	struct cpu *cpu = run->cpu;
	struct val a;

	if (w >> 26 & 1) {
		if (opc > 1 && size != 1)
			return false;
		move_vec(run, bits(w, 0, 5), addr, opc > 1 ? 16 : size, opc & 1);
		return true;
	}
	if (size == 8 && opc == 2)	/* prefetch */
		return true;
	if (opc == 3 && size >= 4)
		return false;
	if (!opc) {
		mem_store_at(run, addr, size, get(cpu, zr(w, 0), 8));
		return true;
	}
	a = mem_load_at(run, addr, size);
	if (opc > 1)
		a = extend(a, size);
	set(cpu, zr(w, 0), opc == 3 ? 4 : 8, a);
	return true;
}

static bool move_pair(struct run *run, uint32_t w)
{
	unsigned opc = bits(w, 30, 2), mode = bits(w, 23, 2), base = bits(w, 5, 5);
	struct cpu *cpu = run->cpu;
	bool vec = w >> 26 & 1, is_load = w >> 22 & 1;
	unsigned size = vec ? 4u << opc : opc & 2 ? 8 : 4;
	struct val off = val_of((uint64_t)(sbits(w, 15, 7) * (int)size));
	struct val addr = cpu->r[base];
	unsigned regs[2] = { bits(w, 0, 5), bits(w, 10, 5) };

	if (opc == 3 || (!vec && opc == 1 && (!is_load || !mode)))
		return false;
	if (mode != 1)		/* 1: afterwards */
		addr = val_plus(addr, off);
	if (mode == 1 || mode == 3)
		cpu->r[base] = val_plus(cpu->r[base], off);
	for (unsigned i = 0; i < 2; i++) {
		struct val at = val_plus(addr, val_of(i * size));
		unsigned reg = regs[i] == 31 ? ZR : regs[i];
		struct val a;

		if (vec) {
			move_vec(run, regs[i], at, size, is_load);
		} else if (is_load) {
			a = mem_load_at(run, at, size);
			set(cpu, reg, 8, opc == 1 ? extend(a, 4) : a);
		} else {
			mem_store_at(run, at, size, get(cpu, reg, 8));
		}
	}
	return true;
}

static bool move_literal(struct run *run, uint32_t w)
{
	uint64_t at = run->cpu->ip + ((uint64_t)sbits(w, 5, 19) << 2);
	unsigned opc = bits(w, 30, 2);
	struct val a;

	if (w >> 26 & 1) {
		if (opc == 3)
			return false;
		move_vec(run, bits(w, 0, 5), val_of(at), 4u << opc, true);
		return true;
	}
	if (opc == 3)		/* prefetch */
		return true;
	a = mem_load(run, at, opc == 1 ? 8 : 4);
	set(run->cpu, zr(w, 0), 8, opc == 2 ? extend(a, 4) : a);
	return true;
}

/* ldr, str with one register and an immediate or another register */
static bool move_reg(struct run *run, uint32_t w)
{
	unsigned base = bits(w, 5, 5), size = bits(w, 30, 2), how;
	struct cpu *cpu = run->cpu;
	struct val addr = cpu->r[base], off;

	if (w >> 26 & 1 && w >> 23 & 1)
		size = 4;
	if (w >> 24 & 1) {
		off = val_of((uint64_t)bits(w, 10, 12) << size);
		return move_one(run, w, val_plus(addr, off));
	}
	if (w >> 21 & 1) {
		how = bits(w, 13, 3);
		if (bits(w, 10, 2) != 2 || !(how & 2))
			return false;
		off = extended(get(cpu, zr(w, 16), 8), how,
			       w >> 12 & 1 ? size : 0, 8);
		return move_one(run, w, val_plus(addr, off));
	}
	off = val_of((uint64_t)sbits(w, 12, 9));
	how = bits(w, 10, 2);	/* unscaled, post, unprivileged, pre */
	if (how == 2)
		return false;
	if (how & 1)
		cpu->r[base] = val_plus(addr, off);
	return move_one(run, w, how == 1 ? addr : val_plus(addr, off));
}

/* ldar, stlr and their like: alone here, they are loads and stores */
static bool move_ordered(struct run *run, uint32_t w)
{
	unsigned size = 1u << bits(w, 30, 2);
	struct val addr = run->cpu->r[bits(w, 5, 5)];

	/* neither exclusive, nor a pair, nor compare and swap */
	if (!(w >> 23 & 1) || w >> 21 & 1)
		return false;
	if (w >> 22 & 1)
		set(run->cpu, zr(w, 0), 8, mem_load_at(run, addr, size));
	else
		mem_store_at(run, addr, size, get(run->cpu, zr(w, 0), 8));
	return true;
}

static bool memory(struct run *run, uint32_t w)
{
	switch (bits(w, 27, 3)) {
	case 1:
		if (w >> 26 & 1)
			return false;
		return !(w >> 24 & 1) && move_ordered(run, w);
	case 3:
		if (!(w >> 24 & 1))
			return move_literal(run, w);
		/* ldapur, stlur and tags */
		return false;
	case 5:
		return move_pair(run, w);
	case 7:
		return move_reg(run, w);
	}
	return false;
}

/* ---- vectors: only what compilers move pairs of numbers with ---- */

/* The ones in each of @a's bytes. */
static struct val count_bytes(struct val a)
{
	struct val r = { 0, 0 };

	for (unsigned i = 0; i < 64; i += 8) {
		if ((a.k >> i & 0xff) != 0xff)
			continue;
		r.v |= (uint64_t)__builtin_popcountll(a.v >> i & 0xff) << i;
		r.k |= UINT64_C(0xff) << i;
	}
	return r;
}

/* cnt and addv of bytes: together a popcount(). */
static bool count_ones(struct cpu *cpu, uint32_t w)
{
	struct val *x = cpu->vec[bits(w, 0, 5)];
	const struct val *y = cpu->vec[bits(w, 5, 5)];
	bool full = w >> 30 & 1, known = true;
	uint64_t sum = 0;

	if ((w & 0xbffffc00) == 0x0e205800) {
		x[0] = count_bytes(y[0]);
		x[1] = full ? count_bytes(y[1]) : val_of(0);
		return true;
	}
	if ((w & 0xbffffc00) != 0x0e31b800)
		return false;
	for (unsigned i = 0; i < (full ? 16 : 8); i++) {
		sum += y[i / 8].v >> i % 8 * 8 & 0xff;
		known &= all_known(y[i / 8], 8);
	}
	x[0] = known ? val_of(sum & 0xff) : val_unknown(1);
	x[1] = val_of(0);
	return true;
}

static bool vectors(struct run *run, uint32_t w)
{
	struct cpu *cpu = run->cpu;
	unsigned rd = bits(w, 0, 5), rn = bits(w, 5, 5);
	struct val *x = cpu->vec[rd], *y = cpu->vec[rn], low = y[0];
	struct val none = { 0, 0 };
	bool full = w >> 30 & 1;

	switch (w & 0xfffffc00) {
	case 0x9e660000:		/* fmov x, d */
		set(cpu, zr(w, 0), 8, y[0]);
		return true;
	case 0x1e260000:		/* fmov w, s */
		set(cpu, zr(w, 0), 4, y[0]);
		return true;
	case 0x9e670000: case 0x1e270000:	/* fmov d, x and s, w */
		x[0] = get(cpu, zr(w, 5), w >> 31 ? 8 : 4);
		x[1] = val_of(0);
		return true;
	case 0x4e080c00:		/* dup 2d, x */
		x[0] = x[1] = get(cpu, zr(w, 5), 8);
		return true;
	case 0x4e080400:		/* dup 2d, d[0] */
		x[0] = x[1] = low;
		return true;
	case 0x4e081c00: case 0x4e181c00:	/* ins d[i], x */
		x[w >> 20 & 1] = get(cpu, zr(w, 5), 8);
		return true;
	case 0x4e083c00: case 0x4e183c00:	/* umov x, d[i] */
		set(cpu, zr(w, 0), 8, y[w >> 20 & 1]);
		return true;
	case 0x6e180400:		/* ins d[1], d[0] */
		x[1] = low;
		return true;
	case 0x6e084400:		/* ins d[0], d[1] */
		x[0] = y[1];
		return true;
	case 0x1e604000:		/* fmov d, d */
		x[0] = low;
		x[1] = val_of(0);
		return true;
	}
	if ((w & 0xffe0fc00) == 0x4ec03800) {	/* zip1 2d */
		struct val high = cpu->vec[bits(w, 16, 5)][0];

		x[0] = low;
		x[1] = high;
		return true;
	}
	if ((w & 0xbfe0fc00) == 0x0ea01c00 && rn == bits(w, 16, 5)) {
		x[1] = full ? y[1] : val_of(0);	/* mov */
		x[0] = low;
		return true;
	}
	if ((w & 0x9ff8fc00) == 0x0f000400 || (w & 0x9ff8fc00) == 0x0f00e400) {
		/* movi, mvni of 0 in words or bytes; other numbers are not told */
		if (bits(w, 16, 3) || rn) {
			x[0] = x[1] = none;
			return true;
		}
		x[0] = x[1] = val_of(w >> 29 & 1 && !(w >> 14 & 1) ?
				     UINT64_MAX : 0);
		if (!full)
			x[1] = val_of(0);
		return true;
	}
	if (count_ones(cpu, w))
		return true;
	/* arithmetic of vectors writes its register and nothing else */
	if ((w & 0x9f200400) == 0x0e200400) {
		x[0] = x[1] = none;
		return true;
	}
	return false;
}

static bool step(struct run *run, const uint8_t *code, size_t n)
{
	struct cpu *cpu = run->cpu;
	bool known = false;
	uint32_t w;

	if (n < 4)
		return false;
	w = code[0] | code[1] << 8 | code[2] << 16 | (uint32_t)code[3] << 24;
	switch (bits(w, 25, 4)) {
	case 8: case 9:
		known = immediate(cpu, w);
		break;
	case 10: case 11:
		return branches(run, w);
	case 4: case 6: case 12: case 14:
		known = memory(run, w);
		break;
	case 5: case 13:
		known = registers(cpu, w);
		break;
	case 7: case 15:
		known = vectors(run, w);
		break;
	case 0:
		if (w >> 16)
			return false;
		run_trap(run);		/* udf */
		return true;
	}
	cpu->ip += 4;
	return known;
}

static const uint8_t lost[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 30,
};

const struct host host_aarch64 = {
	.machine = EM_AARCH64,
	.args = { 0, 1, 2, 3, 4 },
	.result = 0, .sp = SP, .link = 30, .callee = NO_LINK,
	.lost = lost, .nlost = sizeof(lost),
	.step = step,
};
