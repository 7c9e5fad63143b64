/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * devices-predicate.c - predicates evaluated from their machine code.
 *
 * tests/data/image/predicates.c is compiled in many ways and for all hosts that
 * are known; each function is run here over random objects, and evaluated: the
 * two must agree.  With some of the object unknown, the answer must be unknown
 * or right.
 */
#include <dlfcn.h>
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../devices/predicate.h"
#include "../devices/space-elf.h"

#define DIR "build/image"
#ifndef HOSTS
#define HOSTS "aarch64", "powerpc64le", "s390x"
#endif
#define N 37			/* functions p0 .. */
#define HANDS_OUT 35		/* from here on others change what they look at */
#define HOOKS 11		/* functions h0 .. */
#define ABORTS 5		/* this one, if the object's first byte is 0 */
#define CHANGES 9		/* here another's function may change anything */
#define SAYS_MORE 8		/* from here on with words that cannot be told */
#define SIZE 160

struct object {
	uint8_t bytes[SIZE], known[SIZE];
};

static void read_object(void *ctx, int64_t offset, size_t n, uint8_t *out,
			uint8_t *known)
{
	struct object *o = ctx;

	for (size_t i = 0; i < n; i++) {
		int64_t at = offset + (int64_t)i;

		if (at < 0 || at >= SIZE)
			continue;
		out[i] = o->bytes[at];
		known[i] = o->known[at];
	}
}

static const char *name_of(void *ctx, uint64_t addr)
{
	const struct elf_symbol *s = space_elf_at(ctx, addr);

	return s ? s->name : NULL;
}

static uint32_t seed = 1;

static uint32_t rnd(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

/* Random, with many zeros, small numbers and all ones; a name now and then. */
static void fill(struct object *o)
{
	for (unsigned i = 0; i < SIZE; i++) {
		unsigned how = rnd() % 4;

		o->bytes[i] = (uint8_t)(how == 0 ? 0 : how == 1 ? rnd() % 10 :
					how == 2 ? 0xff : rnd());
	}
	o->bytes[32] &= 1;	/* bool flag */
	if (rnd() % 4 == 0)
		strcpy((char *)o->bytes + 96, "toy");
	o->bytes[103] = 0;
	memset(o->known, 0xff, SIZE);
}

static struct space_elf *se;
static struct predicate_code code;

static void open_object(const char *path)
{
	struct err err = { 0 };

	if (space_elf_open(&se, path, &err) || space_elf_relocate(se, &err))
		fail_msg("%s: %s", path, err.msg);
	code.space = space_elf_space(se);
	code.machine = space_elf_file(se, 0)->machine;
	code.symbol = name_of;
	code.ctx = se;
}

static uint64_t address(const char *name)
{
	const struct elf_symbol *s = space_elf_find(se, name);

	assert_non_null(s);
	return s->addr;
}

static unsigned unknowns;

/* Of struct obj: where its numbers lie, and how large they are. */
static const struct { uint8_t at, size; } numbers[] = {
	{ 2, 2 }, { 4, 2 }, { 8, 4 }, { 12, 4 }, { 16, 8 }, { 24, 8 },
	{ 44, 4 }, { 48, 4 }, { 52, 4 }, { 56, 4 }, { 60, 4 }, { 64, 4 },
	{ 72, 4 }, { 76, 4 }, { 84, 4 }, { 88, 4 },
};

/* The same object on a host of the other byte order. */
static void turn_round(struct object *o)
{
	unsigned three = o->bytes[33] & 7;	/* bit fields of 3 and 7 bits */
	unsigned seven = o->bytes[33] >> 3 | (o->bytes[34] & 3) << 5;

	o->bytes[33] = (uint8_t)(three << 5 | seven >> 2);
	o->bytes[34] = (uint8_t)(seven << 6 | o->bytes[34] >> 2);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		unsigned at = numbers[i].at, n = numbers[i].size;

		for (unsigned k = 0; k < n / 2; k++) {
			uint8_t b = o->bytes[at + k];

			o->bytes[at + k] = o->bytes[at + n - 1 - k];
			o->bytes[at + n - 1 - k] = b;
		}
	}
}

static void one_function(void *lib, const char *path, unsigned n)
{
	bool (*fn)(void *opaque, int v);
	struct predicate_trace why;
	struct object o, copy;
	struct object_memory mem = { .read = read_object, .ctx = &o };
	char name[8];
	uint64_t addr;

	snprintf(name, sizeof(name), "p%u", n);
	*(void **)&fn = dlsym(lib, name);
	assert_non_null(fn);
	addr = address(name);
	for (unsigned i = 0; i < 300; i++) {
		int version = (int)(rnd() % 8);
		enum tri want, got;

		fill(&o);
		copy = o;
		want = fn(copy.bytes, version) ? TRI_YES : TRI_NO;
		if (code.space->big_endian)
			turn_round(&o);
		got = predicate_eval(&code, addr, version, &mem, &why);
		if (got != want && (n < HANDS_OUT || got != TRI_UNKNOWN))
			fail_msg("%s %s: %d, not %d (%s)", path, name, got,
				 want, why.why);
		for (unsigned k = rnd() % SIZE; k; k--)
			o.known[rnd() % SIZE] = 0;
		got = predicate_eval(&code, addr, version, &mem, &why);
		if (got != want && got != TRI_UNKNOWN)
			fail_msg("%s %s: with less known %d, not %d", path,
				 name, got, want);
		unknowns += got == TRI_UNKNOWN;
		assert_int_equal(got == TRI_UNKNOWN, why.why[0] != '\0');
	}
}

static unsigned told, untold;

/* One post_load() over one object, all of it known or not. */
static void one_hook(void *lib, unsigned n, int version, struct object *o,
		     const struct object *copy, bool all)
{
	int (*fn)(void *opaque, int v);
	struct object_memory mem = { .read = read_object, .ctx = o };
	bool aborts = n == ABORTS && !copy->bytes[0];
	struct object real = *copy;
	struct predicate_trace why;
	enum hook_end got;
	int want = 0, ret = 1234;
	char name[8], *said = dlsym(lib, "said");

	snprintf(name, sizeof(name), "h%u", n);
	*(void **)&fn = dlsym(lib, name);
	assert_non_null(said);
	said[0] = '\0';
	if (!aborts)
		want = fn(real.bytes, version);
	got = predicate_hook(&code, address(name), false, version, &mem, &why,
			     &ret);
	if (got == HOOK_UNKNOWN) {
		if (all && n != CHANGES)
			fail_msg("%s is unknown: %s", name, why.why);
		untold++;
		return;
	}
	told++;
	if (aborts && got == HOOK_RETURNS && ret < 0 && !all)
		return;		/* it is refused, one way or the other */
	assert_int_equal(got, aborts ? HOOK_ABORTS : HOOK_RETURNS);
	if (aborts)
		return;
	if (ret != want || (!why.said_more && strcmp(said, why.said)))
		fail_msg("%s: %d '%s', not %d '%s'", name, ret, why.said, want,
			 said);
	assert_true(!why.said_more || (*said && (n >= SAYS_MORE || !all)));
	assert_true(n < SAYS_MORE || !*said || n == CHANGES || why.said_more);
}

static void all_hooks(void *lib)
{
	for (unsigned n = 0; n < HOOKS; n++) {
		for (unsigned i = 0; i < 200; i++) {
			int version = (int)(rnd() % 8);
			struct object o, copy;

			fill(&o);
			copy = o;
			if (code.space->big_endian)
				turn_round(&o);
			one_hook(lib, n, version, &o, &copy, true);
			for (unsigned k = rnd() % SIZE; k; k--)
				o.known[rnd() % SIZE] = 0;
			one_hook(lib, n, version, &o, &copy, false);
		}
	}
	assert_true(told && untold);
}

static void native(void **state)
{
	static const char *const compilers[] = { "gcc", "clang-14" };
	static const char *const flags[] = {
		"-O0", "-O1", "-O2 -fno-tree-vectorize", "-Os",
		"-O2 -fno-tree-vectorize -fcf-protection -fstack-protector-all",
		"-O2 -fno-tree-vectorize -fno-plt -Wl,-z,now",
	};

	(void)state;
	for (unsigned c = 0; c < 2; c++) {
		char cmd[400], path[100];

		snprintf(cmd, sizeof(cmd), "command -v %s >/dev/null",
			 compilers[c]);
		if (system(cmd))
			continue;
		for (unsigned i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
			void *lib;

			mkdir("build", 0777);
			mkdir(DIR, 0777);
			snprintf(path, sizeof(path), DIR "/predicates-%u-%u.so",
				 c, i);
			snprintf(cmd, sizeof(cmd), "%s %s -mno-sse -fno-builtin-strcmp -fPIC -shared -o %s tests/data/image/predicates.c",
				 compilers[c], flags[i], path);
			assert_int_equal(system(cmd), 0);
			snprintf(cmd, sizeof(cmd), "./%s", path);
			lib = dlopen(cmd, RTLD_NOW);
			if (!lib)
				fail_msg("%s", dlerror());
			open_object(path);
			for (unsigned n = 0; n < N; n++)
				one_function(lib, path, n);
			all_hooks(lib);
			space_elf_close(se);
			dlclose(lib);
		}
	}
	assert_true(unknowns > 0);
}

/*
 * The same functions as other hosts' compilers make them.  What they answer is
 * C, which this host's own code knows.
 */
static void foreign(void **state)
{
	static const char *const hosts[] = { HOSTS };
	static const char *const flags[] = {
		"-O0", "-O1", "-O2 -fno-tree-vectorize", "-Os",
		"-O2 -fno-tree-vectorize -fstack-protector-all",
		"-O2 -fno-tree-vectorize -fno-plt -Wl,-z,now",
		"-O3 -fno-tree-vectorize -Wl,-z,lazy",
	};
	char path[100], cmd[400];
	void *lib;

	(void)state;
	mkdir("build", 0777);
	mkdir(DIR, 0777);
	assert_int_equal(system("gcc -O1 -fPIC -shared -o " DIR "/truth.so "
				"tests/data/image/predicates.c"), 0);
	lib = dlopen("./" DIR "/truth.so", RTLD_NOW);
	assert_non_null(lib);
	for (unsigned h = 0; h < sizeof(hosts) / sizeof(*hosts); h++) {
		snprintf(cmd, sizeof(cmd), "command -v %s-linux-gnu-gcc "
			 ">/dev/null", hosts[h]);
		if (system(cmd)) {
			print_message("no %s-linux-gnu-gcc: not tested\n",
				      hosts[h]);
			continue;
		}
		for (unsigned i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
			snprintf(path, sizeof(path), DIR "/predicates-%s-%u.so",
				 hosts[h], i);
			snprintf(cmd, sizeof(cmd), "%s-linux-gnu-gcc %s "
				 "-fno-builtin-strcmp -fPIC -shared -o %s "
				 "tests/data/image/predicates.c", hosts[h],
				 flags[i], path);
			assert_int_equal(system(cmd), 0);
			open_object(path);
			for (unsigned n = 0; n < N; n++)
				one_function(lib, path, n);
			all_hooks(lib);
			space_elf_close(se);
		}
	}
	dlclose(lib);
}

/* ---- code written by hand ---- */

struct bytes {
	struct space space;
	const uint8_t *code;
	size_t len;
};

static int bytes_read(const struct space *s, uint64_t addr, void *buf, size_t n)
{
	const struct bytes *b = (const struct bytes *)s;

	if (addr < 0x1000 || addr - 0x1000 > b->len || b->len - (addr - 0x1000) < n)
		return -1;
	memcpy(buf, b->code + (addr - 0x1000), n);
	return 0;
}

static enum space_kind bytes_kind(const struct space *s, uint64_t addr)
{
	const struct bytes *b = (const struct bytes *)s;

	return addr >= 0x1000 && addr - 0x1000 < b->len ? SPACE_CODE :
							  SPACE_NONE;
}

static const struct {
	const char *what, *hex;
	enum tri want;
	const char *why;
} cases[] = {
	{ "xor eax,eax; ret", "31c0 c3", TRI_NO, "" },
	{ "mov al,1; ret", "b001 c3", TRI_YES, "" },
	{ "mov eax,[rdi+0x40]; ret", "8b4740 c3", TRI_UNKNOWN,
	  "it looks at memory that nobody supplied" },
	/* both ways agree, whatever is there */
	{ "cmp [rdi],0; je +2; nop; nop; mov al,1; ret",
	  "833f00 7402 90 90 b001 c3", TRI_YES, "" },
	{ "and eax of unknown with 0", "8b07 83e000 c3", TRI_NO, "" },
	{ "or al,1", "8b07 0c01 c3", TRI_YES, "" },
	{ "jmp self", "ebfe", TRI_UNKNOWN, "it does not end (0x1000)" },
	{ "push rax; jmp self", "50 ebfd", TRI_UNKNOWN, NULL },
	{ "call self", "e8fbffffff", TRI_UNKNOWN, NULL },
	{ "movaps", "0f2807 c3", TRI_UNKNOWN,
	  "an instruction at 0x1000 is not known" },
	{ "syscall", "0f05 c3", TRI_UNKNOWN,
	  "an instruction at 0x1000 is not known" },
	{ "jmp rdi", "ffe7", TRI_UNKNOWN,
	  "it leaves the code for 0x4000000000000000" },
	{ "jmp [rdi]", "ff27", TRI_UNKNOWN, NULL },
	{ "mov [rdi],eax (unknown); mov eax,[rdi]; or al,1; ret",
	  "c70705000000 8b07 83f805 0f94c0 c3", TRI_YES, "" },
	{ "mov [0],1: stays here", "c6042500000000 01 b001 c3", TRI_YES, "" },
	{ "ud2", "0f0b", TRI_UNKNOWN, NULL },
	{ "the canary: mov eax,fs:[0x28]", "648b042528000000 c3", TRI_NO, "" },
	{ "a thread's own: mov eax,fs:[0]", "648b042500000000 c3", TRI_UNKNOWN,
	  "it looks at memory that nobody supplied" },
	{ "nothing", "", TRI_UNKNOWN, NULL },
	/* a branch on an unknown bit in a loop: bounded */
	{ "test byte [rdi],1; je start; jmp start", "f60701 74fb ebf9",
	  TRI_UNKNOWN, NULL },
	{ "only prefixes", "66666666666666666666666666666666", TRI_UNKNOWN,
	  NULL },
};

static size_t unhex(const char *s, uint8_t *out)
{
	size_t n = 0;
	unsigned v;

	for (; *s; s++) {
		if (*s == ' ')
			continue;
		assert_int_equal(sscanf(s, "%2x", &v), 1);
		out[n++] = (uint8_t)v;
		s++;
	}
	return n;
}

static void by_hand(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t buf[80] = { 0 };
		struct bytes b = {
			.space = { .read = bytes_read, .kind = bytes_kind,
				   .ptr_size = 8 },
			.code = buf,
		};
		struct predicate_code c = { .space = &b.space, .machine = EM_X86_64 };
		struct object_memory mem = { 0 };
		struct predicate_trace why;
		enum tri got;

		b.len = unhex(cases[i].hex, buf);
		b.len = b.len ? b.len + 16 : 0;
		got = predicate_eval(&c, 0x1000, 1, &mem, &why);
		if (got != cases[i].want)
			fail_msg("%s: %d (%s)", cases[i].what, got, why.why);
		if (cases[i].why)
			assert_string_equal(why.why, cases[i].why);
	}
}

/* Any bytes at all: no crash, and an end. */
static void random_code(void **state)
{
	static const uint16_t machines[] = { EM_X86_64, EM_AARCH64, EM_PPC64, EM_S390 };
	uint8_t buf[64];
	struct object o;
	struct bytes b = {
		.space = { .read = bytes_read, .kind = bytes_kind,
			   .ptr_size = 8 },
		.code = buf, .len = sizeof(buf),
	};
	struct predicate_code c = { .space = &b.space };
	struct object_memory mem = { .read = read_object, .ctx = &o };
	struct predicate_trace why;
	int ret;

	(void)state;
	for (unsigned i = 0; i < 40000; i++) {
		c.machine = machines[i % 4];
		fill(&o);
		for (unsigned k = 0; k < sizeof(buf); k++)
			buf[k] = (uint8_t)rnd();
		predicate_eval(&c, 0x1000, 1, &mem, &why);
		assert_true(why.steps <= PREDICATE_MAX_STEPS);
		predicate_hook(&c, 0x1000, i & 1, 1, &mem, &why, &ret);
		assert_true(why.steps <= PREDICATE_HOOK_STEPS);
	}
}

/* virtio-gpu in 9.1 to 11.1: container_of(scanout[i]) as if i were 0 */
static void outside(void **state)
{
	/* cmp dword [rdi-8],1; setg al; ret */
	static const uint8_t buf[32] = { 0x83, 0x7f, 0xf8, 0x01, 0x0f, 0x9f,
					 0xc0, 0xc3 };
	struct bytes b = {
		.space = { .read = bytes_read, .kind = bytes_kind,
			   .ptr_size = 8 },
		.code = buf, .len = sizeof(buf),
	};
	struct predicate_code c = { .space = &b.space, .machine = EM_X86_64 };
	struct object o;
	struct object_memory mem = { .read = read_object, .ctx = &o,
				     .size = SIZE };
	struct predicate_trace why;

	(void)state;
	fill(&o);
	assert_int_equal(predicate_eval(&c, 0x1000, 1, &mem, &why),
			 TRI_UNKNOWN);
	assert_true(why.outside);
	assert_int_equal(why.outside_offset, -8);
	assert_int_equal(why.nreads, 1);
	assert_int_equal(why.reads[0].size, 4);
	assert_true(why.reads[0].outside && !why.reads[0].known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(native),
		cmocka_unit_test(foreign),
		cmocka_unit_test(by_hand),
		cmocka_unit_test(random_code),
		cmocka_unit_test(outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
