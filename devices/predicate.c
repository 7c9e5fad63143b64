/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "predicate-host.h"

/* Where things are, far from any image. */
#define OBJECT UINT64_C(0x4000000000000000)
#define OBJECT_REACH (INT64_C(1) << 30)
#define STACK_TOP UINT64_C(0x5000000000000000)
#define STACK_ABOVE 256u	/* of the caller's frame, which an ABI may use */
#define RETURN UINT64_C(0x5800000000000000)

#define WALK_MAX_STEPS 200000u
#define MAX_PATHS 64
#define STUB_STEPS 6
#define MAX_FILLED 128u

static const struct host *const hosts[] = {
	&host_x86_64, &host_aarch64, &host_ppc64, &host_s390x,
};

/* ---- numbers ---- */

/* A carry goes upwards: below the lowest unknown bit, sums are known. */
static uint64_t low_known(struct val a, struct val b)
{
	uint64_t unknown = ~(a.k & b.k);

	return unknown ? (unknown & -unknown) - 1 : UINT64_MAX;
}

struct val val_plus(struct val a, struct val b)
{
	uint64_t k = low_known(a, b);

	return (struct val){ (a.v + b.v) & k, k };
}

struct val val_minus(struct val a, struct val b)
{
	uint64_t k = low_known(a, b);

	return (struct val){ (a.v - b.v) & k, k };
}

struct val val_shl(struct val a, unsigned n, unsigned size)
{
	a = (struct val){ a.v << n, a.k << n | ((UINT64_C(1) << n) - 1) };
	return cut(a, size);
}

struct val val_shr(struct val a, unsigned n, unsigned size)
{
	a = cut(a, size);
	return (struct val){ a.v >> n, a.k >> n | ~(UINT64_MAX >> n) };
}

struct val val_sar(struct val a, unsigned n, unsigned size)
{
	a = extend(a, size);
	a.v = (uint64_t)((int64_t)a.v >> n);
	a.k = (uint64_t)((int64_t)a.k >> n);
	a.v &= a.k;
	return cut(a, size);
}

struct val val_ror(struct val a, unsigned n, unsigned size)
{
	unsigned bits = size * 8;
	struct val low = val_shr(a, n % bits, size);

	if (n % bits)
		low = val_or(low, val_shl(a, bits - n % bits, size));
	return low;
}

struct val val_times(struct val a, struct val b, unsigned size)
{
	uint64_t unknown = ~(a.k & b.k) & mask_of(size);
	uint64_t k = unknown ? (unknown & -unknown) - 1 : UINT64_MAX;

	return cut((struct val){ a.v * b.v & k, k }, size);
}

struct val val_either(struct val a, struct val b)
{
	uint64_t k = a.k & b.k & ~(a.v ^ b.v);

	return (struct val){ a.v & k, k };
}

/* The least and the greatest that it may be; with @sign as biased numbers. */
static void bounds(struct val a, unsigned size, bool sign, uint64_t *least,
		   uint64_t *most)
{
	uint64_t m = mask_of(size), top = m ^ m >> 1;

	*least = a.v & m;
	*most = (a.v | ~a.k) & m;
	if (!sign)
		return;
	/* an unknown sign: negative is least */
	*least = (a.k & top ? *least : *least | top) ^ top;
	*most = (a.k & top ? *most : *most & ~top) ^ top;
}

int val_below(struct val a, struct val b, unsigned size, bool sign)
{
	uint64_t a0, a1, b0, b1;

	bounds(a, size, sign, &a0, &a1);
	bounds(b, size, sign, &b0, &b1);
	return a1 < b0 ? 1 : a0 >= b1 ? 0 : -1;
}

int val_equal(struct val a, struct val b, unsigned size)
{
	uint64_t m = mask_of(size);

	/* a bit that differs is enough to know that they do */
	if ((a.v ^ b.v) & a.k & b.k & m)
		return 0;
	return all_known(a, size) && all_known(b, size) ? 1 : -1;
}

void run_lose(struct run *run, const char *fmt, uint64_t arg, const char *name)
{
	run->lost = true;
	if (run->probing || run->why->why[0])
		return;
	snprintf(run->why->why, sizeof(run->why->why), fmt, arg,
		 name ? name : "");
}

/* ---- memory ---- */

static const char *symbol(const struct run *run, uint64_t addr)
{
	const struct predicate_code *c = run->code;
	const char *name = c->symbol ? c->symbol(c->ctx, addr) : NULL;

	if (!name && c->symbol && run->host->local_entry)
		name = c->symbol(c->ctx, addr - run->host->local_entry);
	return name;
}

static struct val from_bytes(const struct run *run, const uint8_t *p,
			     const uint8_t *known, unsigned n)
{
	struct val a = { 0, n == 8 ? 0 : ~mask_of(n) };

	for (unsigned i = 0; i < n; i++) {
		unsigned at = (run->host->big_endian ? n - 1 - i : i) * 8;

		a.k |= (uint64_t)known[i] << at;
		a.v |= (uint64_t)(p[i] & known[i]) << at;
	}
	return a;
}

static struct val load_object(struct run *run, int64_t offset, unsigned n)
{
	struct predicate_trace *why = run->why;
	struct predicate_read r = { .offset = offset, .size = (uint8_t)n };
	uint8_t buf[8] = { 0 }, known[8] = { 0 };
	struct val a;

	if (run->mem->read)
		run->mem->read(run->mem->ctx, offset, n, buf, known);
	a = from_bytes(run, buf, known, n);
	r.known = all_known(a, n);
	r.value = a.v;
	r.outside = offset < 0 || (run->mem->size &&
				   (uint64_t)offset + n > run->mem->size);
	if (run->probing)
		return a;
	if (r.outside && !why->outside) {
		why->outside = true;
		why->outside_offset = offset;
	}
	if (why->nreads < PREDICATE_MAX_READS)
		why->reads[why->nreads] = r;
	why->nreads++;
	return a;
}

static bool load_store(const struct cpu *cpu, uint64_t addr, unsigned n,
		       struct val *ret)
{
	for (unsigned i = cpu->nstores; i-- > 0;) {
		const struct store *s = &cpu->stores[i];

		if (addr >= s->addr + s->size || s->addr >= addr + n)
			continue;
		*ret = s->addr == addr && s->size == n ?
			cut(s->val, n) : val_unknown(n);
		return true;
	}
	return false;
}

static bool is_constant(const struct run *run, uint64_t addr, unsigned n)
{
	const struct space *s = run->code->space;

	return s->constant && s->constant(s, addr) &&
		s->constant(s, addr + n - 1);
}

static struct val load_other(struct run *run, uint64_t addr, unsigned n)
{
	const struct space *s = run->code->space;
	uint8_t buf[8] = { 0 }, known[8] = { 0 };
	uint64_t v;

	if (is_constant(run, addr, n) && !s->read(s, addr, buf, n))
		memset(known, 0xff, n);
	else if (run->mem->read_abs)
		run->mem->read_abs(run->mem->ctx, addr, n, buf, known);
	if (n == s->ptr_size && !known[0] && s->got && s->got(s, addr) &&
	    !space_uint(s, addr, n, &v) &&
	    s->kind(s, v) == SPACE_EXTERN) {
		run->slot = v;
		run->slot_step = run->why->steps;
	}
	return from_bytes(run, buf, known, n);
}

struct val mem_load(struct run *run, uint64_t addr, unsigned n)
{
	int64_t off = (int64_t)(addr - OBJECT);
	struct val a;

	if (addr - (STACK_TOP - STACK_SIZE) <= STACK_SIZE - n) {
		uint64_t at = addr - (STACK_TOP - STACK_SIZE);

		return from_bytes(run, run->cpu->stack + at,
				  run->cpu->known + at, n);
	}
	if (load_store(run->cpu, addr, n, &a))
		return run->cpu->handed ? val_unknown(n) : a;
	if (off > -OBJECT_REACH && off < OBJECT_REACH)
		a = load_object(run, off, n);
	else
		a = load_other(run, addr, n);
	return run->cpu->handed && !is_constant(run, addr, n) ?
		val_unknown(n) : a;
}

void mem_store(struct run *run, uint64_t addr, unsigned n, struct val a)
{
	struct cpu *cpu = run->cpu;

	if (run->probing)
		return;
	if (addr - (STACK_TOP - STACK_SIZE) <= STACK_SIZE - n) {
		uint64_t at = addr - (STACK_TOP - STACK_SIZE);

		for (unsigned i = 0; i < n; i++) {
			unsigned k = run->host->big_endian ? n - 1 - i : i;

			cpu->stack[at + i] = (uint8_t)(a.v >> k * 8);
			cpu->known[at + i] = (uint8_t)(a.k >> k * 8);
		}
		return;
	}
	if (run->watch) {
		if (addr - (OBJECT - OBJECT_REACH) < 2 * OBJECT_REACH &&
		    all_known(a, n))
			run->watch->store(run->watch->ctx,
					  (int64_t)(addr - OBJECT), n,
					  a.v & mask_of(n));
		return;
	}
	if (cpu->nstores == MAX_STORES) {
		run_lose(run, "it stores too much (0x%" PRIx64 ")%s", addr,
			 NULL);
		return;
	}
	cpu->stores[cpu->nstores++] = (struct store){ addr, a, n };
}

struct val mem_load_at(struct run *run, struct val addr, unsigned n)
{
	return all_known(addr, 8) ? mem_load(run, addr.v, n) : val_unknown(n);
}

void mem_store_at(struct run *run, struct val addr, unsigned n, struct val a)
{
	a.v &= a.k;
	if (all_known(addr, 8))
		mem_store(run, addr.v, n, a);
	else if (!run->watch)
		run_lose(run, "it stores through a pointer that is not known, "
			 "at 0x%" PRIx64 "%s", run->cpu->ip, NULL);
}

void run_push(struct run *run, struct val a)
{
	struct val *sp = &run->cpu->r[run->host->sp];

	if (!all_known(*sp, 8)) {
		run_lose(run, "its stack is lost at 0x%" PRIx64 "%s",
			 run->cpu->ip, NULL);
		return;
	}
	sp->v -= 8;
	mem_store(run, sp->v, 8, a);
}

struct val run_pop(struct run *run)
{
	struct val *sp = &run->cpu->r[run->host->sp], a;

	if (!all_known(*sp, 8)) {
		run_lose(run, "its stack is lost at 0x%" PRIx64 "%s",
			 run->cpu->ip, NULL);
		return val_of(0);
	}
	a = mem_load(run, sp->v, 8);
	sp->v += 8;
	return a;
}

/* ---- control ---- */

void run_jump(struct run *run, struct val to)
{
	if (!all_known(to, 8))
		run_lose(run, "it jumps to an address that is not known, at 0x%"
			 PRIx64 "%s", run->cpu->ip, NULL);
	else
		run->cpu->ip = to.v;
}

void run_return(struct run *run, struct val to)
{
	const struct host *h = run->host;

	run_jump(run, to);
	if (h->link != NO_LINK)	/* whoever was called has used it up */
		run->cpu->r[h->link] = (struct val){ 0, 0 };
	if (run->cpu->depth)
		run->cpu->depth--;
}

/* Follow @to later, with what is known now. */
static void fork_to(struct run *run, uint64_t to)
{
	struct cpu *cpu;

	if (run->probing || run->npaths == MAX_PATHS ||
	    !(cpu = malloc(sizeof(*cpu)))) {
		run_lose(run, "too much of what it looks at is not known (0x%"
			 PRIx64 ")%s", to, NULL);
		return;
	}
	*cpu = *run->cpu;
	cpu->ip = to;
	run->paths[run->npaths++] = cpu;
}

void run_branch(struct run *run, int cond, uint64_t to, uint64_t next)
{
	if (cond < 0)
		fork_to(run, to);
	run->cpu->ip = cond == 1 ? to : next;
}

/*
 * Anybody's function was called: it may have done anything to registers.
 * come_back() still needs the link.
 */
static void clobber(struct run *run)
{
	struct cpu *cpu = run->cpu;
	const struct host *h = run->host;

	for (unsigned i = 0; i < h->nlost; i++)
		if (h->lost[i] != h->link)
			cpu->r[h->lost[i]] = (struct val){ 0, 0 };
	memset(cpu->flags, -1, sizeof(cpu->flags));
	for (unsigned i = 0; i < 64; i++) {
		if (!(h->kept_vec >> i & 1))
			cpu->vec[i][0] = (struct val){ 0, 0 };
		cpu->vec[i][1] = (struct val){ 0, 0 };
	}
}

/*
 * Compare two strings of which all must be known: like strcmp(), whose answer
 * has a sign that is defined and a size that is not; false if they are not.
 */
static bool compare_strings(struct run *run, struct val a, struct val b,
			    int *ret)
{
	if (!all_known(a, 8) || !all_known(b, 8))
		return false;
	for (unsigned i = 0; i < 256; i++) {
		struct val x = mem_load(run, a.v + i, 1);
		struct val y = mem_load(run, b.v + i, 1);

		if (!all_known(x, 1) || !all_known(y, 1))
			return false;
		*ret = (int)cut(x, 1).v - (int)cut(y, 1).v;
		if (*ret || !cut(x, 1).v)
			return true;
	}
	return false;
}

struct val run_arg(const struct run *run, unsigned i)
{
	return run->cpu->r[run->host->args[i]];
}

static void answers(struct run *run, struct val a)
{
	clobber(run);
	run->cpu->r[run->host->result] = a;
}

/* memset(), memcpy() and memmove() of a few known bytes; false if they are not. */
static bool fill_memory(struct run *run, bool copy)
{
	struct val to = run_arg(run, 0), from = run_arg(run, 1), n = run_arg(run, 2);
	struct val bytes[MAX_FILLED];

	if (!all_known(to, 8) || !all_known(n, 8) || n.v > MAX_FILLED ||
	    (copy && !all_known(from, 8)))
		return false;
	for (unsigned i = 0; i < n.v; i++)
		bytes[i] = copy ? mem_load(run, from.v + i, 1) : cut(from, 1);
	for (unsigned i = 0; i < n.v && !run->lost; i++)
		mem_store(run, to.v + i, 1, bytes[i]);
	answers(run, to);
	return true;
}

static bool compare_memory(struct run *run)
{
	struct val a = run_arg(run, 0), b = run_arg(run, 1), n = run_arg(run, 2);
	int order = 0;

	if (!all_known(a, 8) || !all_known(b, 8) || !all_known(n, 8) ||
	    n.v > MAX_FILLED)
		return false;
	for (unsigned i = 0; i < n.v && !order; i++) {
		struct val x = mem_load(run, a.v + i, 1);
		struct val y = mem_load(run, b.v + i, 1);

		if (!all_known(x, 1) || !all_known(y, 1))
			return false;
		order = (int)cut(x, 1).v - (int)cut(y, 1).v;
	}
	answers(run, val_of((uint64_t)(int64_t)order));
	return true;
}

/* Functions of memory: done, or false. */
static bool call_memory(struct run *run, const char *name)
{
	if (run->watch)
		return false;
	if (!strcmp(name, "memset"))
		return fill_memory(run, false);
	if (!strcmp(name, "memcpy") || !strcmp(name, "memmove"))
		return fill_memory(run, true);
	if (!strcmp(name, "memcmp") || !strcmp(name, "bcmp"))
		return compare_memory(run);
	return false;
}

static bool only_looks(const char *name)
{
	static const char *const names[] = {
		"strlen", "strnlen", "strcmp", "strncmp", "strcasecmp", "strchr",
		"strstr", "memcmp", "bcmp", "memchr", "g_strcmp0", "g_str_equal",
		"g_str_has_prefix", "g_str_has_suffix", "g_ascii_strcasecmp",
		"g_list_length", "g_slist_length", "g_queue_is_empty",
		"g_queue_get_length", "g_hash_table_size", "g_hash_table_lookup",
		"g_hash_table_contains", "g_tree_nnodes", "g_tree_lookup",
		"getpagesize", "pthread_self", "pthread_equal",
	};

	for (size_t i = 0; name && i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* A call comes back to the slot's address: whoever wrote it, it stays. */
static bool is_way_back(const struct run *run, unsigned at)
{
	const struct cpu *cpu = run->cpu;
	struct val a = from_bytes(run, cpu->stack + at, cpu->known + at, 8);

	for (unsigned i = 0; all_known(a, 8) && i <= cpu->depth; i++)
		if (a.v == cpu->back[i])
			return true;
	return false;
}

/*
 * Another's function may have been given anything, now or before, directly or
 * within a structure: nothing of the object or of the stack is known any more
 * but where calls come back to.
 */
static void hand_over(struct run *run, const char *name)
{
	struct cpu *cpu = run->cpu;

	if (run->watch || only_looks(name))
		return;
	cpu->handed = true;
	for (unsigned at = 0; at < STACK_SIZE; at += 8)
		if (!is_way_back(run, at))
			memset(cpu->known + at, 0, 8);
}

/*
 * Functions that need not be followed: casts answer their argument, some do
 * not return.  Returns whether @name is one; the call is then done.
 */
static bool call_known(struct run *run, const char *name)
{
	static const char *const casts[] = {
		"object_dynamic_cast_assert", "object_class_dynamic_cast_assert",
	};
	static const char *const never[] = {
		"__assert_fail", "abort", "exit", "_exit", "__stack_chk_fail",
		"g_assertion_message_expr", "g_assertion_message",
	};
	/* they come back a second time, with another stack */
	static const char *const twice[] = {
		"setjmp", "_setjmp", "__sigsetjmp", "sigsetjmp", "vfork",
	};
	int order = 0;
	bool known;

	/* those without assert answer NULL if it is something else */
	for (unsigned i = 0; i < sizeof(casts) / sizeof(*casts); i++) {
		if (strcmp(name, casts[i]))
			continue;
		answers(run, run_arg(run, 0));
		return true;
	}
	for (unsigned i = 0; i < sizeof(never) / sizeof(*never); i++)
		if (!strcmp(name, never[i])) {
			/* a canary's fate is not the function's */
			run->aborted |= run->hook &&
				strcmp(name, "__stack_chk_fail") != 0;
			return run->dead = true;
		}
	for (unsigned i = 0; i < sizeof(twice) / sizeof(*twice); i++)
		if (!strcmp(name, twice[i])) {
			run_lose(run, "it calls a function that comes back twice, at 0x%"
				 PRIx64 "%s", run->cpu->ip, NULL);
			return true;
		}
	if (!strcmp(name, "getpagesize") && run->mem->page_size) {
		answers(run, val_of(run->mem->page_size));
		return true;
	}
	if (!strcmp(name, "strcmp") || !strcmp(name, "g_str_equal")) {
		known = compare_strings(run, run_arg(run, 0), run_arg(run, 1), &order);
		if (strcmp(name, "strcmp"))
			order = !order;
		answers(run, known ? val_of((uint64_t)(int64_t)order) :
				     (struct val){ 0, 0 });
		return true;
	}
	return call_memory(run, name);
}

static void step(struct run *run);

/*
 * Is there a stub of the PLT at @to: a few instructions up to a jump to
 * another's function, whose address is answered?  Else 0.  Walked without
 * effect.
 */
static uint64_t leads_out(struct run *run, uint64_t to)
{
	struct cpu *cpu = run->cpu;
	uint8_t saved[offsetof(struct cpu, stack)];
	bool lost = run->lost, dead = run->dead;
	unsigned steps = run->why->steps;

	memcpy(saved, cpu, sizeof(saved));
	run->probing = true;
	run->out = 0;
	cpu->ip = to;
	if (run->host->callee != NO_LINK)
		cpu->r[run->host->callee] = val_of(to);
	for (unsigned i = 0; i < STUB_STEPS && !run->probed; i++) {
		run->why->steps++;
		step(run);
		run->probed |= run->lost || run->dead;
	}
	memcpy(cpu, saved, sizeof(saved));
	run->probing = run->probed = false;
	run->lost = lost;
	run->dead = dead;
	run->why->steps = steps;
	run->slot_step = 0;
	return run->out;
}

static enum predicate_call ask_watch(struct run *run, struct val to,
				     bool external)
{
	struct predicate_arg args[4];

	for (unsigned i = 0; i < 4; i++) {
		struct val a = run_arg(run, i);

		args[i] = (struct predicate_arg){
			.value = a.v, .known = all_known(a, 8),
		};
		if (args[i].known &&
		    a.v - (OBJECT - OBJECT_REACH) < 2 * OBJECT_REACH) {
			args[i].object = true;
			args[i].value = a.v - OBJECT;
		}
	}
	if (!all_known(to, 8))
		return CALL_SKIP;
	return run->watch->call(run->watch->ctx, to.v, external, args);
}

/* What was called is done: on behind it. */
static void come_back(struct run *run, bool call, uint64_t next)
{
	const struct host *h = run->host;
	struct val to = val_of(next);

	if (!call)
		to = h->link == NO_LINK ? run_pop(run) : run->cpu->r[h->link];
	if (h->link != NO_LINK)
		run->cpu->r[h->link] = (struct val){ 0, 0 };
	if (call)
		run_jump(run, to);
	else
		run_return(run, to);
}

void run_transfer(struct run *run, struct val to, bool call, uint64_t next)
{
	const struct space *s = run->code->space;
	const char *name = NULL;
	bool external = false;

	/* a slot of the GOT is as good as constant */
	if (!all_known(to, 8) && run->slot_step &&
	    run->why->steps - run->slot_step <= 2)
		to = val_of(run->slot);
	if (run->probing) {
		run->probed = true;
		if (!call && all_known(to, 8) &&
		    s->kind(s, to.v) == SPACE_EXTERN)
			run->out = to.v;
		return;
	}
	if (!call && all_known(to, 8) &&
	    to.v == run->cpu->back[run->cpu->depth]) {
		run_return(run, to);
		return;
	}
	if (all_known(to, 8)) {
		uint64_t out = run->watch ? leads_out(run, to.v) : 0;

		external = out || s->kind(s, to.v) == SPACE_EXTERN;
		name = symbol(run, out ? out : to.v);
	}
	if (name && call_known(run, name)) {
		if (!run->dead)
			come_back(run, call, next);
		return;
	}
	if (name && run->hook && run_speaks(run, name)) {
		answers(run, (struct val){ 0, 0 });
		come_back(run, call, next);
		return;
	}
	if (run->watch) {
		enum predicate_call how = ask_watch(run, to, external);
		struct val first = run_arg(run, 0);

		if (how != CALL_FOLLOW && (how != CALL_OTHER || call)) {
			answers(run, how == CALL_FIRST ? first :
							 (struct val){ 0, 0 });
			come_back(run, call, next);
			return;
		}
	}
	if (!all_known(to, 8) || s->kind(s, to.v) == SPACE_EXTERN) {
		/* another's function: it may do anything, and answer anything */
		if (!run->why->why[0])
			snprintf(run->why->why, sizeof(run->why->why),
				 "it calls %s", name ? name :
				 "a function that is not known");
		hand_over(run, name);
		clobber(run);
		come_back(run, call, next);
		return;
	}
	if (call) {
		if (run->cpu->depth++ >= MAX_CALLS)
			run_lose(run, "calls too deep at 0x%" PRIx64 "%s",
				 to.v, NULL);
		run->cpu->back[run->cpu->depth] = next;
		if (run->host->link == NO_LINK)
			run_push(run, val_of(next));
		else
			run->cpu->r[run->host->link] = val_of(next);
	}
	run_jump(run, to);
}

/* ---- the walk ---- */

static void step(struct run *run)
{
	const struct space *s = run->code->space;
	uint64_t at = run->cpu->ip, avail = 0;
	const uint8_t *p = s->map ? s->map(s, at, &avail) : NULL;
	uint8_t buf[16];

	if (!p && !s->read(s, at, buf, sizeof(buf))) {
		p = buf;
		avail = sizeof(buf);
	}
	if (!p || !avail || (s->kind(s, at) != SPACE_CODE &&
			     s->kind(s, at) != SPACE_MIXED))
		run_lose(run, "it leaves the code for 0x%" PRIx64 "%s", at,
			 NULL);
	else if (!run->host->step(run, p, avail))
		run_lose(run, "an instruction at 0x%" PRIx64 " is not known%s",
			 at, NULL);
}

static void answer_hook(struct run *run, struct val a)
{
	struct cpu *cpu = run->cpu;
	struct predicate_trace *why = run->why;
	int32_t v = (int32_t)cut(a, run->hook).v;

	if (run->dead)
		return;
	if (run->lost || !all_known(a, run->hook) ||
	    (run->returned && run->value != v)) {
		run->unknown = true;
		return;
	}
	run->value = v;
	if (run->returned && strcmp(why->said, cpu->said))
		why->said_more = true;
	memcpy(why->said, cpu->said, sizeof(why->said));
	why->said_more |= cpu->said_more;
	run->returned = true;
}

static void answer(struct run *run)
{
	struct val a = run->cpu->r[run->host->result];

	if (run->hook)
		answer_hook(run, a);
	if (run->dead || run->hook)
		return;
	if (!run->lost && a.v & a.k & 0xff)
		run->yes = true;
	else if (!run->lost && all_known(a, 1))
		run->no = true;
	else
		run->unknown = true;
}

static void follow(struct run *run)
{
	run->lost = run->dead = false;
	run->slot_step = 0;
	while (!run->lost && !run->dead && run->cpu->ip != RETURN) {
		if (run->why->steps++ >= (run->watch ? WALK_MAX_STEPS :
		    run->hook ? PREDICATE_HOOK_STEPS : PREDICATE_MAX_STEPS)) {
			run_lose(run, "it does not end (0x%" PRIx64 ")%s",
				 run->cpu->ip, NULL);
			break;
		}
		if (run->watch && !(*run->watch->budget)--) {
			*run->watch->budget = 0;
			run_lose(run, "too much code (0x%" PRIx64 ")%s",
				 run->cpu->ip, NULL);
			break;
		}
		step(run);
	}
	answer(run);
}

static struct cpu *first_path(const struct run *run, uint64_t fn,
			      uint64_t object, uint64_t second)
{
	struct cpu *cpu = calloc(1, sizeof(*cpu));
	const struct host *h = run->host;
	uint64_t top = STACK_SIZE - STACK_ABOVE;

	if (!cpu)
		return NULL;
	cpu->ip = fn;
	cpu->back[0] = RETURN;
	memset(cpu->flags, -1, sizeof(cpu->flags));
	cpu->r[h->args[0]] = val_of(object);
	cpu->r[h->args[1]] = val_of(second);
	cpu->r[h->sp] = val_of(STACK_TOP - STACK_SIZE + top);
	if (h->callee != NO_LINK)
		cpu->r[h->callee] = val_of(fn);
	if (h->link != NO_LINK)
		cpu->r[h->link] = val_of(RETURN);
	for (unsigned i = 0; h->link == NO_LINK && i < 8; i++) {
		cpu->stack[top + i] = (uint8_t)(RETURN >> i * 8);
		cpu->known[top + i] = 0xff;
	}
	return cpu;
}

static const struct host *find_host(unsigned machine)
{
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++)
		if (hosts[i]->machine == machine)
			return hosts[i];
	return NULL;
}

/* Walk all ways through the function, until @run has its answer. */
static void all_ways(struct run *run, uint64_t fn, uint64_t object,
		     uint64_t second)
{
	struct cpu *paths[MAX_PATHS];

	run->host = find_host(run->code->machine);
	run->paths = paths;
	if (!run->host) {
		run->lost = run->unknown = run->cut_short = true;
		snprintf(run->why->why, sizeof(run->why->why),
			 "code of this host (e_machine %u) is not known",
			 run->code->machine);
		return;
	}
	if (run->host->sign_extends && !run->watch)
		second = (uint64_t)(int64_t)(int32_t)second;
	paths[0] = first_path(run, fn, object, second);
	run->npaths = paths[0] ? 1 : 0;
	run->cut_short = !run->npaths;
	while (run->npaths) {
		run->cpu = paths[--run->npaths];
		if (run->watch || (!run->unknown && !(run->yes && run->no)))
			follow(run);
		run->cut_short |= run->lost;
		free(run->cpu);
	}
}

enum tri predicate_eval(const struct predicate_code *code, uint64_t fn,
			int version, const struct object_memory *mem,
			struct predicate_trace *why)
{
	struct predicate_trace none;
	struct run run = { .code = code, .mem = mem, .why = why ? why : &none };
	bool same;

	memset(run.why, 0, sizeof(*run.why));
	all_ways(&run, fn, mem->address ? mem->address : OBJECT,
		 (uint32_t)version);
	same = run.yes != run.no && !run.unknown;
	if (same)
		run.why->why[0] = '\0';
	else if (!run.why->why[0])
		snprintf(run.why->why, sizeof(run.why->why),
			 "it looks at memory that nobody supplied");
	return !same ? TRI_UNKNOWN : run.yes ? TRI_YES : TRI_NO;
}

enum hook_end predicate_hook(const struct predicate_code *code, uint64_t fn,
			     bool errp, int version,
			     const struct object_memory *mem,
			     struct predicate_trace *why, int *ret)
{
	struct run run = {
		.code = code, .mem = mem, .why = why, .hook = errp ? 1 : 4,
	};

	memset(why, 0, sizeof(*why));
	all_ways(&run, fn, mem->address ? mem->address : OBJECT,
		 (uint32_t)version);
	*ret = run.value;
	if (run.unknown || (run.aborted && run.returned && run.value >= 0))
		return HOOK_UNKNOWN;
	return run.returned ? HOOK_RETURNS : run.aborted ? HOOK_ABORTS :
		HOOK_UNKNOWN;
}

bool predicate_walk(const struct predicate_code *code, uint64_t fn,
		    uint64_t data, const struct predicate_watch *watch)
{
	static const struct object_memory nothing;
	struct predicate_trace why;
	struct run run = {
		.code = code, .mem = &nothing, .why = &why, .watch = watch,
	};

	memset(&why, 0, sizeof(why));
	all_ways(&run, fn, OBJECT, data);
	return !run.cut_short;
}

bool predicate_supported(unsigned machine)
{
	return find_host(machine) != NULL;
}
