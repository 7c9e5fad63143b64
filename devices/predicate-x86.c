/* SPDX-License-Identifier: GPL-2.0-or-later */
/* predicate-x86.c - x86-64's machine code: see predicate-host.h */
#include "predicate-host.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI };
enum { CF, PF, ZF, SF, OF, NFLAGS };
#define MAX_STRING 256u

/* One instruction, as far as it is decoded. */
struct insn {
	uint8_t byte[16];
	unsigned at;		/* the next byte to be looked at */
	unsigned rex;
	unsigned size;		/* of an operand: 1, 2, 4, 8 */
	bool short_op, fs, rep;
	unsigned mod, reg, rm;
	struct val addr;	/* of a memory operand */
};

/* ---- decoding ---- */

static uint64_t imm(struct insn *in, unsigned n)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < n && in->at < sizeof(in->byte); i++)
		v |= (uint64_t)in->byte[in->at++] << i * 8;
	return v;
}

static uint64_t simm(struct insn *in, unsigned n)
{
	return extend((struct val){ imm(in, n), UINT64_MAX }, n).v;
}

/* An immediate operand: at most four bytes, sign-extended. */
static struct val imm_op(struct insn *in)
{
	return val_of(simm(in, in->size == 8 ? 4 : in->size));
}

static struct val sib_addr(const struct cpu *cpu, struct insn *in)
{
	unsigned sib = (unsigned)imm(in, 1);
	unsigned index = (sib >> 3 & 7) | (in->rex & 2) << 2;
	unsigned base = (sib & 7) | (in->rex & 1) << 3;
	struct val a;

	if ((sib & 7) == 5 && in->mod == 0)
		a = val_of(simm(in, 4));
	else
		a = cpu->r[base];
	if (index != 4)
		a = val_plus(a, val_shl(cpu->r[index], sib >> 6, 8));
	return a;
}

/*
 * Read the ModRM byte and what belongs to it; @tail bytes of immediate follow
 * (a relative address counts from behind them).
 */
static void modrm(const struct cpu *cpu, struct insn *in, unsigned tail)
{
	unsigned b = (unsigned)imm(in, 1);

	in->mod = b >> 6;
	in->reg = (b >> 3 & 7) | (in->rex & 4) << 1;
	in->rm = (b & 7) | (in->rex & 1) << 3;
	if (in->mod == 3)
		return;
	if ((b & 7) == 4) {
		in->addr = sib_addr(cpu, in);
	} else if ((b & 7) == 5 && in->mod == 0) {
		uint64_t disp = simm(in, 4);

		in->addr = val_of(cpu->ip + in->at + tail + disp);
		return;
	} else {
		in->addr = cpu->r[in->rm];
	}
	if (in->mod)
		in->addr = val_plus(in->addr, val_of(simm(in, in->mod == 1 ? 1 : 4)));
}

/* ---- operands ---- */

static bool high_byte(const struct insn *in, unsigned reg, unsigned size)
{
	return size == 1 && !in->rex && reg >= 4 && reg < 8;
}

static struct val get_reg(const struct run *run, const struct insn *in,
			  unsigned reg, unsigned size)
{
	struct val a;

	if (high_byte(in, reg, size)) {
		a = run->cpu->r[reg - 4];
		a.v >>= 8;
		a.k >>= 8;
	} else {
		a = run->cpu->r[reg];
	}
	return cut(a, size);
}

static void set_reg(struct run *run, const struct insn *in, unsigned reg,
		    unsigned size, struct val a)
{
	uint64_t m = mask_of(size);
	struct val *r = &run->cpu->r[reg];

	a.v &= a.k;
	if (size >= 4) {	/* clears the upper half */
		*r = cut(a, size);
		return;
	}
	if (high_byte(in, reg, size)) {
		r = &run->cpu->r[reg - 4];
		m <<= 8;
		a.v <<= 8;
		a.k <<= 8;
	}
	r->v = (r->v & ~m) | (a.v & m);
	r->k = (r->k & ~m) | (a.k & m);
}

static struct val get_rm(struct run *run, const struct insn *in, unsigned size)
{
	if (in->mod == 3)
		return get_reg(run, in, in->rm, size);
	if (in->fs)	/* a thread's own: the stack protector's canary is there */
		return all_known(in->addr, 8) && in->addr.v == 0x28 ?
			val_of(0) : val_unknown(size);
	return mem_load_at(run, in->addr, size);
}

static void set_rm(struct run *run, const struct insn *in, unsigned size,
		   struct val a)
{
	if (in->mod == 3)
		set_reg(run, in, in->rm, size, a);
	else
		mem_store_at(run, in->addr, size, a);
}

/* ---- flags ---- */

static void flags_unknown(struct cpu *cpu)
{
	memset(cpu->flags, -1, NFLAGS);
}

static void flags_result(struct cpu *cpu, struct val a, unsigned size)
{
	uint64_t m = mask_of(size), sign = m ^ m >> 1;

	if (a.v & m)
		cpu->flags[ZF] = 0;
	else
		cpu->flags[ZF] = all_known(a, size) ? 1 : -1;
	cpu->flags[SF] = a.k & sign ? (a.v & sign) != 0 : -1;
	cpu->flags[PF] = all_known(a, 1) ?
		!(__builtin_popcountll(a.v & 0xff) & 1) : -1;
}

static struct val op_add(struct cpu *cpu, struct val a, struct val b,
			 int carry, unsigned size)
{
	uint64_t m = mask_of(size), sign = m ^ m >> 1, sum;
	struct val r;

	if (!all_known(a, size) || !all_known(b, size) || carry < 0) {
		flags_unknown(cpu);
		return (struct val){ 0, ~m };
	}
	a = cut(a, size);
	b = cut(b, size);
	sum = (a.v + b.v + (uint64_t)carry) & m;
	r = (struct val){ sum, UINT64_MAX };
	flags_result(cpu, r, size);
	cpu->flags[CF] = carry ? sum <= a.v : sum < a.v;
	cpu->flags[OF] = ((a.v ^ sum) & (b.v ^ sum) & sign) != 0;
	return r;
}

static struct val op_sub(struct cpu *cpu, struct val a, struct val b,
			 int borrow, unsigned size)
{
	uint64_t m = mask_of(size), sign = m ^ m >> 1, diff;
	struct val r;

	if (!all_known(a, size) || !all_known(b, size) || borrow < 0) {
		flags_unknown(cpu);
		if (borrow)
			return val_unknown(size);
		cpu->flags[ZF] = (int8_t)val_equal(a, b, size);
		cpu->flags[CF] = (int8_t)val_below(a, b, size, false);
		if (all_known(b, size) && !(b.v & m)) {	/* the sign is a's */
			cpu->flags[SF] = a.k & sign ? (a.v & sign) != 0 : -1;
			cpu->flags[OF] = 0;
		}
		return val_unknown(size);
	}
	a = cut(a, size);
	b = cut(b, size);
	diff = (a.v - b.v - (uint64_t)borrow) & m;
	r = (struct val){ diff, UINT64_MAX };
	flags_result(cpu, r, size);
	cpu->flags[CF] = borrow ? a.v <= b.v : a.v < b.v;
	cpu->flags[OF] = ((a.v ^ b.v) & (a.v ^ diff) & sign) != 0;
	return r;
}

static struct val op_logic(struct cpu *cpu, unsigned op, struct val a,
			   struct val b, unsigned size)
{
	struct val r;

	if (op == 4) {
		r.v = a.v & b.v;
		r.k = (a.k & b.k) | (a.k & ~a.v) | (b.k & ~b.v);
	} else if (op == 1) {
		r.v = a.v | b.v;
		r.k = (a.k & b.k) | a.v | b.v;
	} else {
		r.v = a.v ^ b.v;
		r.k = a.k & b.k;
		r.v &= r.k;
	}
	flags_result(cpu, r, size);
	cpu->flags[CF] = cpu->flags[OF] = 0;
	return r;
}

/* The eight of the first opcode rows; cmp (7) has no result. */
static struct val alu(struct cpu *cpu, unsigned op, struct val a,
		      struct val b, unsigned size)
{
	switch (op) {
	case 0: return op_add(cpu, a, b, 0, size);
	case 2: return op_add(cpu, a, b, cpu->flags[CF], size);
	case 3: return op_sub(cpu, a, b, cpu->flags[CF], size);
	case 5: case 7: return op_sub(cpu, a, b, 0, size);
	default: return op_logic(cpu, op, a, b, size);
	}
}
/* Condition code @cc: 1, 0, or -1 unknown. */
static int condition(const struct cpu *cpu, unsigned cc)
{
	const int8_t *f = cpu->flags;
	int v;

	switch (cc >> 1) {
	case 0: v = f[OF]; break;
	case 1: v = f[CF]; break;
	case 2: v = f[ZF]; break;
	case 3: v = flag_or(f[CF], f[ZF]); break;
	case 4: v = f[SF]; break;
	case 5: v = f[PF]; break;
	case 6: v = flag_xor(f[SF], f[OF]); break;
	default: v = flag_or(f[ZF], flag_xor(f[SF], f[OF])); break;
	}
	return v < 0 ? -1 : v ^ (int)(cc & 1);
}

/* ---- instructions ---- */

static struct val shift(struct cpu *cpu, unsigned op, struct val a,
			struct val count, unsigned size)
{
	unsigned bits = size * 8, n = (unsigned)count.v & (size == 8 ? 63 : 31);
	uint64_t m = mask_of(size);
	struct val r;

	if (!all_known(count, 1)) {
		flags_unknown(cpu);
		return (struct val){ 0, ~m };
	}
	if (!n)
		return a;
	a = cut(a, size);
	flags_unknown(cpu);
	if (op == 4 || op == 6) {
		r.v = n < bits ? a.v << n : 0;
		r.k = n < bits ? a.k << n | ((UINT64_C(1) << n) - 1) :
				 UINT64_MAX;
	} else if (op == 5) {
		r.v = n < bits ? a.v >> n : 0;
		r.k = n < bits ? a.k >> n | ~(UINT64_MAX >> n) : UINT64_MAX;
		if (n <= bits && a.k >> (n - 1) & 1)
			cpu->flags[CF] = a.v >> (n - 1) & 1;
	} else if (op == 7) {
		a = extend(a, size);
		r.v = (uint64_t)((int64_t)a.v >> n);
		r.k = (uint64_t)((int64_t)a.k >> n);
	} else {		/* rotations */
		return (struct val){ 0, ~m };
	}
	r.v &= r.k;
	flags_result(cpu, r, size);
	return r;
}

static void group3(struct run *run, struct insn *in)
{
	struct cpu *cpu = run->cpu;
	unsigned op = in->byte[in->at] >> 3 & 7;
	struct val a;

	modrm(cpu, in, op < 2 ? (in->size == 8 ? 4 : in->size) : 0);
	a = get_rm(run, in, in->size);
	switch (op) {
	case 0: case 1:
		op_logic(cpu, 4, a, cut(imm_op(in), in->size), in->size);
		return;
	case 2:
		a.v = ~a.v & a.k;
		set_rm(run, in, in->size, a);
		return;
	case 3:
		set_rm(run, in, in->size,
		       op_sub(cpu, val_of(0), a, 0, in->size));
		return;
	case 6:			/* div, where the upper half is 0 */
		if (all_known(a, in->size) && a.v && in->size >= 4 &&
		    all_known(cpu->r[RAX], in->size) &&
		    all_known(cpu->r[RDX], in->size) &&
		    !cut(cpu->r[RDX], in->size).v) {
			uint64_t n = cut(cpu->r[RAX], in->size).v;

			cpu->r[RAX] = val_of(n / a.v);
			cpu->r[RDX] = val_of(n % a.v);
			flags_unknown(cpu);
			return;
		}
		/* fall through */
	default:
		cpu->r[RAX] = cpu->r[RDX] = (struct val){ 0, 0 };
		flags_unknown(cpu);
	}
}

static bool group5(struct run *run, struct insn *in, unsigned opcode)
{
	struct cpu *cpu = run->cpu;
	int8_t carry = cpu->flags[CF];
	uint64_t next;
	unsigned op;

	modrm(cpu, in, 0);
	op = in->reg & 7;
	next = cpu->ip + in->at;
	if (op < 2) {
		set_rm(run, in, in->size,
		       alu(cpu, op ? 5 : 0, get_rm(run, in, in->size),
			   val_of(1), in->size));
		cpu->flags[CF] = carry;
		cpu->ip = next;
	} else if (opcode == 0xff && op == 2) {
		run_transfer(run, get_rm(run, in, 8), true, next);
	} else if (opcode == 0xff && op == 4) {
		run_transfer(run, get_rm(run, in, 8), false, next);
	} else if (opcode == 0xff && op == 6) {
		run_push(run, get_rm(run, in, 8));
		cpu->ip = next;
	} else {
		return false;
	}
	return true;
}

/*
 * Moves of SSE, which compilers store two pointers with; nothing else is done
 * with them.  The operand size prefix tells some apart.
 */
static bool sse(struct run *run, struct insn *in, unsigned op)
{
	struct cpu *cpu = run->cpu;
	struct val *x, y[2], none = { 0, 0 };
	unsigned len = 16;

	modrm(cpu, in, 0);
	x = cpu->vec[in->reg];
	if (op == 0x7e && in->short_op) {	/* movd, movq to r/m */
		set_rm(run, in, in->size == 8 ? 8 : 4, x[0]);
		return true;
	}
	if (op == 0x6e) {
		unsigned n = in->size == 8 ? 8 : 4;

		x[0] = cut(get_rm(run, in, n), n);
		x[1] = val_of(0);
		return true;
	}
	if (op == 0x7e || op == 0xd6 || op == 0x12 || op == 0x13 ||
	    op == 0x16 || op == 0x17)
		len = 8;
	if (op == 0x11 || op == 0x29 || op == 0x7f || op == 0xd6 ||
	    op == 0x13 || op == 0x17) {
		/* with the prefix 0x11 is movss or movsd: no pointer */
		if (in->mod == 3 || in->fs || !all_known(in->addr, 8) ||
		    (in->rep && op == 0x11))
			return in->mod != 3;
		mem_store(run, in->addr.v, 8, x[op == 0x17]);
		if (len == 16)
			mem_store(run, in->addr.v + 8, 8, x[1]);
		return true;
	}
	y[0] = y[1] = none;
	if (in->mod == 3) {
		memcpy(y, cpu->vec[in->rm], sizeof(y));
	} else if (!in->fs && all_known(in->addr, 8)) {
		y[0] = mem_load(run, in->addr.v, 8);
		if (len == 16)
			y[1] = mem_load(run, in->addr.v + 8, 8);
	}
	switch (op) {
	case 0x10: case 0x28: case 0x6f:
		x[0] = op == 0x10 && in->rep ? none : y[0];
		x[1] = op == 0x10 && in->rep ? none : y[1];
		return true;
	case 0x7e:
		x[0] = y[0];
		x[1] = val_of(0);
		return true;
	case 0x6c:
		x[1] = y[0];
		return true;
	case 0x16:
		x[1] = y[0];
		return true;
	case 0x12:
		x[0] = in->mod == 3 ? y[1] : y[0];
		return true;
	case 0x57: case 0xef:
		x[0] = x[1] = in->mod == 3 && in->reg == in->rm ?
			val_of(0) : none;
		return true;
	default:
		x[0] = x[1] = none;
		return true;
	}
}

/* The opcodes that begin with 0x0f; false if it is none that we know. */
static bool two_bytes(struct run *run, struct insn *in)
{
	struct cpu *cpu = run->cpu;
	unsigned op = (unsigned)imm(in, 1), src;
	struct val a;
	int cond;

	switch (op) {
	case 0x1e: case 0x1f: case 0x18: case 0x0d:	/* endbr, nop */
		modrm(cpu, in, 0);
		return true;
	case 0x10: case 0x11: case 0x12: case 0x13: case 0x16: case 0x17:
	case 0x28: case 0x29: case 0x57: case 0x6c: case 0x6e: case 0x6f:
	case 0x7e: case 0x7f: case 0xd6: case 0xef:
		return run->watch && sse(run, in, op);
	case 0x0b:		/* ud2 */
		run_trap(run);
		return true;
	case 0xaf:
		modrm(cpu, in, 0);
		a = val_times(get_reg(run, in, in->reg, in->size),
			     get_rm(run, in, in->size), in->size);
		set_reg(run, in, in->reg, in->size, a);
		flags_unknown(cpu);
		return true;
	case 0xa3: case 0xba:	/* bt */
		modrm(cpu, in, op == 0xba);
		if (op == 0xba && (in->reg & 7) != 4)
			return false;
		if (op == 0xa3 && in->mod != 3)
			return false;
		a = op == 0xba ? val_of(imm(in, 1)) :
				 get_reg(run, in, in->reg, in->size);
		a = cut(a, 1);
		flags_unknown(cpu);
		if (all_known(a, 1)) {
			unsigned bit = (unsigned)a.v % (in->size * 8);

			a = get_rm(run, in, in->size);
			cpu->flags[CF] = a.k >> bit & 1 ?
				(int8_t)(a.v >> bit & 1) : -1;
		}
		return true;
	case 0xb6: case 0xb7: case 0xbe: case 0xbf:
		src = op & 1 ? 2 : 1;
		modrm(cpu, in, 0);
		a = get_rm(run, in, src);
		a = op >= 0xbe ? extend(a, src) : cut(a, src);
		set_reg(run, in, in->reg, in->size, a);
		return true;
	}
	cond = condition(cpu, op & 15);
	switch (op >> 4) {
	case 4:			/* cmov */
		modrm(cpu, in, 0);
		a = get_reg(run, in, in->reg, in->size);
		if (cond < 0) {
			struct val b = get_rm(run, in, in->size);

			a.k &= b.k & ~(a.v ^ b.v);
			a.v &= a.k;
		} else if (cond) {
			a = get_rm(run, in, in->size);
		}
		set_reg(run, in, in->reg, in->size, a);
		return true;
	case 9:			/* set */
		modrm(cpu, in, 0);
		set_rm(run, in, 1, cond < 0 ? (struct val){ 0, ~UINT64_C(1) } :
				   val_of((uint64_t)cond));
		return true;
	case 8: {
		uint64_t to = simm(in, 4);

		run_branch(run, cond, cpu->ip + in->at + to, cpu->ip + in->at);
		in->at = 0;
		return true;
	}
	}
	return false;
}

/* stos and movs, once or rcx times; upwards, as the ABI has it at all times. */
static bool string(struct run *run, const struct insn *in, bool copy,
		   unsigned size)
{
	struct cpu *cpu = run->cpu;
	struct val *to = &cpu->r[RDI], *from = &cpu->r[RSI];
	uint64_t n = in->rep ? cpu->r[RCX].v : 1;

	if (in->fs || n > MAX_STRING || (in->rep && !all_known(cpu->r[RCX], 8)))
		return false;
	for (uint64_t i = 0; i < n && !run->lost; i++) {
		struct val a = copy ? mem_load_at(run, *from, size) :
				      cut(cpu->r[RAX], size);

		mem_store_at(run, *to, size, a);
		*to = val_plus(*to, val_of(size));
		if (copy)
			*from = val_plus(*from, val_of(size));
	}
	if (in->rep)
		cpu->r[RCX] = val_of(0);
	return true;
}

/* One-byte opcodes that set .ip themselves answer with in->at == 0. */
static bool one_byte(struct run *run, struct insn *in, unsigned op)
{
	struct cpu *cpu = run->cpu;
	unsigned size = in->size, reg = (op & 7) | (in->rex & 1) << 3;
	uint64_t to;
	struct val a;

	if (op < 0x40 && (op & 7) < 6) {
		unsigned n = op >> 3;

		size = op & 1 ? size : 1;
		in->size = size;
		if ((op & 7) >= 4) {	/* al or eax, immediate */
			a = alu(cpu, n, get_reg(run, in, RAX, size),
				cut(imm_op(in), size), size);
			if (n != 7)
				set_reg(run, in, RAX, size, a);
			return true;
		}
		modrm(cpu, in, 0);
		/* xor and sub of a register with itself: known whatever it is */
		if ((n == 6 || n == 5) && in->mod == 3 && in->reg == in->rm) {
			set_reg(run, in, in->rm, size,
				op_logic(cpu, 4, val_of(0), val_of(0), size));
			return true;
		}
		if (op & 2) {
			a = alu(cpu, n, get_reg(run, in, in->reg, size),
				get_rm(run, in, size), size);
			if (n != 7)
				set_reg(run, in, in->reg, size, a);
		} else {
			a = alu(cpu, n, get_rm(run, in, size),
				get_reg(run, in, in->reg, size), size);
			if (n != 7)
				set_rm(run, in, size, a);
		}
		return true;
	}
	switch (op) {
	case 0x0f:
		return two_bytes(run, in);
	case 0x50 ... 0x57:
		run_push(run, cpu->r[reg]);
		return true;
	case 0x58 ... 0x5f:
		a = run_pop(run);
		cpu->r[reg] = a;
		return true;
	case 0x63:		/* movsxd */
		modrm(cpu, in, 0);
		set_reg(run, in, in->reg, size,
			extend(get_rm(run, in, 4), 4));
		return true;
	case 0x68: case 0x6a:
		run_push(run, val_of(simm(in, op == 0x68 ? 4 : 1)));
		return true;
	case 0x69: case 0x6b:
		modrm(cpu, in, op == 0x69 ? (size == 2 ? 2 : 4) : 1);
		a = get_rm(run, in, size);
		to = simm(in, op == 0x69 ? (size == 2 ? 2 : 4) : 1);
		set_reg(run, in, in->reg, size,
			val_times(a, val_of(to), size));
		flags_unknown(cpu);
		return true;
	case 0x70 ... 0x7f:
		to = simm(in, 1);
		run_branch(run, condition(cpu, op & 15), cpu->ip + in->at + to,
		       cpu->ip + in->at);
		in->at = 0;
		return true;
	case 0x80: case 0x81: case 0x83:
		size = in->size = op == 0x80 ? 1 : size;
		modrm(cpu, in, op == 0x81 ? (size == 8 ? 4 : size) : 1);
		a = get_rm(run, in, size);
		to = op == 0x81 ? imm_op(in).v : simm(in, 1);
		a = alu(cpu, in->reg & 7, a, cut(val_of(to), size), size);
		if ((in->reg & 7) != 7)
			set_rm(run, in, size, a);
		return true;
	case 0x84: case 0x85:
		size = op & 1 ? size : 1;
		modrm(cpu, in, 0);
		op_logic(cpu, 4, get_rm(run, in, size),
			 get_reg(run, in, in->reg, size), size);
		return true;
	case 0x88: case 0x89:
		size = op & 1 ? size : 1;
		modrm(cpu, in, 0);
		set_rm(run, in, size, get_reg(run, in, in->reg, size));
		return true;
	case 0x8a: case 0x8b:
		size = op & 1 ? size : 1;
		modrm(cpu, in, 0);
		set_reg(run, in, in->reg, size, get_rm(run, in, size));
		return true;
	case 0x8d:
		modrm(cpu, in, 0);
		set_reg(run, in, in->reg, size, in->addr);
		return true;
	case 0x90:
		return true;
	case 0x87:		/* xchg: only the nop that aligns functions */
		modrm(cpu, in, 0);
		return in->mod == 3 && in->reg == in->rm;
	case 0x98:		/* cbw, cwde, cdqe */
		set_reg(run, in, RAX, size,
			extend(get_reg(run, in, RAX, size / 2), size / 2));
		return true;
	case 0x99:		/* cwd, cdq, cqo */
		a = extend(get_reg(run, in, RAX, size), size);
		a.v = (uint64_t)((int64_t)a.v >> 63);
		a.k = (uint64_t)((int64_t)a.k >> 63);
		set_reg(run, in, RDX, size, a);
		return true;
	case 0xa4: case 0xa5: case 0xaa: case 0xab:
		return string(run, in, op < 0xa8, op & 1 ? size : 1);
	case 0xa8: case 0xa9:
		size = in->size = op & 1 ? size : 1;
		op_logic(cpu, 4, get_reg(run, in, RAX, size),
			 cut(imm_op(in), size), size);
		return true;
	case 0xb0 ... 0xb7:
		set_reg(run, in, reg, 1, val_of(imm(in, 1)));
		return true;
	case 0xb8 ... 0xbf:
		set_reg(run, in, reg, size, val_of(imm(in, size)));
		return true;
	case 0xc0: case 0xc1: case 0xd0: case 0xd1: case 0xd2: case 0xd3:
		size = op & 1 ? size : 1;
		modrm(cpu, in, op < 0xd0);
		a = op < 0xd0 ? val_of(imm(in, 1)) :
		    op < 0xd2 ? val_of(1) : cut(cpu->r[RCX], 1);
		set_rm(run, in, size,
		       shift(cpu, in->reg & 7, get_rm(run, in, size), a,
			     size));
		return true;
	case 0xc3:
		run_return(run, run_pop(run));
		in->at = 0;
		return true;
	case 0xc6: case 0xc7:
		size = in->size = op & 1 ? size : 1;
		modrm(cpu, in, size == 8 ? 4 : size);
		set_rm(run, in, size, cut(imm_op(in), size));
		return true;
	case 0xc9:
		cpu->r[RSP] = cpu->r[RBP];
		cpu->r[RBP] = run_pop(run);
		return true;
	case 0xe8: case 0xe9: case 0xeb:
		to = simm(in, op == 0xeb ? 1 : 4);
		to += cpu->ip + in->at;
		run_transfer(run, val_of(to), op == 0xe8, cpu->ip + in->at);
		in->at = 0;
		return true;
	case 0xf6: case 0xf7:
		in->size = op & 1 ? size : 1;
		group3(run, in);
		return true;
	case 0xfe: case 0xff:
		in->size = op & 1 ? size : 1;
		if (!group5(run, in, op))
			return false;
		in->at = 0;
		return true;
	}
	return false;
}

static bool prefixes(struct insn *in)
{
	for (; in->at < 8; in->at++) {
		switch (in->byte[in->at]) {
		case 0x66:
			in->short_op = true;
			break;
		case 0x64:
			in->fs = true;
			break;
		case 0xf2: case 0xf3:
			in->rep = true;
			break;
		case 0x2e: case 0x3e:
			break;
		case 0x67:	/* linkers fill up a relaxed call with it */
			if ((in->byte[in->at + 1] & 0xfe) != 0xe8)
				goto done;
			break;
		default:
			goto done;
		}
	}
done:
	if ((in->byte[in->at] & 0xf0) == 0x40)
		in->rex = in->byte[in->at++];
	in->size = in->rex & 8 ? 8 : in->short_op ? 2 : 4;
	return in->at < 10;
}

static bool step(struct run *run, const uint8_t *code, size_t n)
{
	struct insn in = { .at = 0 };
	struct cpu *cpu = run->cpu;

	memcpy(in.byte, code, n < sizeof(in.byte) ? n : sizeof(in.byte));
	if (!prefixes(&in) || !one_byte(run, &in, (unsigned)imm(&in, 1)))
		return false;
	cpu->ip += in.at;	/* 0 where the instruction has set it */
	return true;
}

static const uint8_t lost[] = { RAX, RCX, RDX, RSI, RDI, 8, 9, 10, 11 };

const struct host host_x86_64 = {
	.machine = EM_X86_64,
	.args = { RDI, RSI, RDX, RCX, 8 },
	.result = RAX, .sp = RSP, .link = NO_LINK, .callee = NO_LINK,
	.lost = lost, .nlost = sizeof(lost),
	.step = step,
};
