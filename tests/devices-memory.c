/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "../devices/memory.h"

/* ---- a small core ---- */

#define TEXT UINT64_C(0x10000)	/* 100 bytes that begin in a page's middle */
#define TEXT_AT (TEXT + 0x123)
#define TEXT_LEN 100u
#define HEAP UINT64_C(0x20000)	/* a page and a half; half of it is there */
#define HEAP_LEN (MEMORY_PAGE + 2048u)
#define HEAP_THERE MEMORY_PAGE
#define FILE_NAME "/usr/bin/emulator"

struct bytes {
	uint8_t data[16384];
	size_t n;
	bool wide, big;
};

static void put(struct bytes *b, unsigned n, uint64_t v)
{
	for (unsigned i = 0; i < n; i++)
		b->data[b->n + i] = (uint8_t)(v >> 8 * (b->big ? n - 1 - i : i));
	b->n += n;
}

static void put_text(struct bytes *b, const char *s, size_t n)
{
	memcpy(b->data + b->n, s, n);
	b->n += n;
}

static uint8_t memory_byte(uint64_t addr)
{
	return (uint8_t)(addr * 31 + (addr >> 8) * 7 + 1);
}

static void put_note(struct bytes *b, uint32_t type, const struct bytes *desc)
{
	put(b, 4, 5);
	put(b, 4, desc->n);
	put(b, 4, type);
	put_text(b, "CORE\0\0\0", 8);
	put_text(b, (const char *)desc->data, desc->n);
	while (b->n % 4)
		put(b, 1, 0);
}

static void put_phdr(struct bytes *b, uint32_t type, uint64_t off,
		     uint64_t addr, uint64_t filesz, uint64_t memsz,
		     uint32_t flags)
{
	unsigned w = b->wide ? 8 : 4;

	put(b, 4, type);
	if (b->wide)
		put(b, 4, flags);
	put(b, w, off);
	put(b, w, addr);
	put(b, w, 0);
	put(b, w, filesz);
	put(b, w, memsz);
	if (!b->wide)
		put(b, 4, flags);
	put(b, w, type == PT_NOTE ? 4 : 0x1000);
}

static void make_core(struct bytes *b, bool wide, bool big)
{
	unsigned w = wide ? 8 : 4;
	struct bytes notes = { .wide = wide, .big = big };
	struct bytes d = { .wide = wide, .big = big };
	size_t eh = wide ? 64 : 52, ph = wide ? 56 : 32, at = eh + 3 * ph;

	put(&d, w, 9);		/* AT_ENTRY */
	put(&d, w, TEXT_AT);
	put(&d, w, 3);		/* AT_PHDR */
	put(&d, w, TEXT + 0x40);
	put(&d, w, 6);		/* AT_PAGESZ */
	put(&d, w, 65536);
	put(&d, w, 0);
	put(&d, w, 0);
	put_note(&notes, NT_AUXV, &d);
	d.n = 0;
	put(&d, w, 2);		/* mappings */
	put(&d, w, 4096);
	put(&d, w, TEXT);
	put(&d, w, TEXT + 0x1000);
	put(&d, w, 0);
	put(&d, w, TEXT + 0x1000);
	put(&d, w, TEXT + 0x2000);
	put(&d, w, 5);
	put_text(&d, FILE_NAME, sizeof(FILE_NAME));
	put_text(&d, FILE_NAME ".so", sizeof(FILE_NAME ".so"));
	put_note(&notes, 0x46494c45, &d);

	memset(b, 0, sizeof(*b));
	b->wide = wide;
	b->big = big;
	put_text(b, "\177ELF", 4);
	put(b, 1, wide ? ELFCLASS64 : ELFCLASS32);
	put(b, 1, big ? ELFDATA2MSB : ELFDATA2LSB);
	put(b, 1, 1);
	b->n = 16;
	put(b, 2, ET_CORE);
	put(b, 2, big ? EM_PPC64 : EM_X86_64);
	put(b, 4, 1);
	put(b, w, 0);
	put(b, w, eh);
	put(b, w, 0);
	put(b, 4, 0);
	put(b, 2, eh);
	put(b, 2, ph);
	put(b, 2, 3);
	put(b, 2, 0);
	put(b, 2, 0);
	put(b, 2, 0);
	assert_int_equal(b->n, eh);
	put_phdr(b, PT_NOTE, at, 0, notes.n, 0, PF_R);
	put_phdr(b, PT_LOAD, at + notes.n, TEXT_AT, TEXT_LEN, TEXT_LEN,
		 PF_R | PF_X);
	put_phdr(b, PT_LOAD, at + notes.n + TEXT_LEN, HEAP, HEAP_THERE,
		 HEAP_LEN, PF_R | PF_W);
	assert_int_equal(b->n, at);
	put_text(b, (const char *)notes.data, notes.n);
	for (uint64_t a = TEXT_AT; a < TEXT_AT + TEXT_LEN; a++)
		put(b, 1, memory_byte(a));
	for (uint64_t a = HEAP; a < HEAP + HEAP_THERE; a++)
		put(b, 1, memory_byte(a));
}

static char path[] = "/tmp/vmsdb-core-XXXXXX";

static void write_core(const struct bytes *b, size_t n)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	assert_true(fd >= 0 && write(fd, b->data, n) == (ssize_t)n);
	close(fd);
}

/* How many bytes are known; each of them must be right. */
static size_t read_all(struct memory *m)
{
	static uint8_t buf[4 * MEMORY_PAGE], known[4 * MEMORY_PAGE];
	static const uint64_t from[] = { TEXT - 100, HEAP - 100 };
	size_t n = 0;

	for (unsigned k = 0; k < 2; k++) {
		memory_read_known(m, from[k], sizeof(buf), buf, known);
		for (size_t i = 0; i < sizeof(buf); i++) {
			uint64_t addr = from[k] + i;
			uint8_t one;

			assert_int_equal(!memory_read(m, addr, &one, 1),
					 known[i] == 0xff);
			if (!known[i])
				continue;
			n++;
			assert_int_equal(buf[i], memory_byte(addr));
			assert_int_equal(buf[i], one);
			assert_true((addr >= TEXT_AT &&
				     addr < TEXT_AT + TEXT_LEN) ||
				    (addr >= HEAP && addr < HEAP + HEAP_THERE));
		}
	}
	return n;
}

static void test_core(void **state)
{
	struct bytes b;
	struct memory *m;
	struct err err;
	uint8_t buf[300];

	(void)state;
	for (unsigned k = 0; k < 4; k++) {
		make_core(&b, k & 1, k & 2);
		write_core(&b, b.n);
		assert_int_equal(memory_open_core(&m, path, &err), 0);
		assert_int_equal(m->space.ptr_size, k & 1 ? 8 : 4);
		assert_int_equal(m->space.big_endian, k & 2 ? 1 : 0);
		assert_int_equal(m->entry, TEXT_AT);
		assert_int_equal(m->phdr, TEXT + 0x40);
		assert_int_equal(m->page_size, 65536);
		assert_int_equal(m->nwarnings, 0);
		assert_int_equal(read_all(m), TEXT_LEN + HEAP_THERE);
		/* what the core says is there and does not hold is missing */
		assert_int_equal(memory_read(m, HEAP + MEMORY_PAGE, buf, 1), -1);
		assert_int_equal(memory_read(m, HEAP + MEMORY_PAGE - 8, buf, 8),
				 0);
		assert_int_equal(memory_read(m, HEAP + MEMORY_PAGE - 8, buf, 9),
				 -1);
		assert_int_equal(memory_read(m, UINT64_MAX - 3, buf, 8), -1);
		assert_string_equal(memory_map_at(m, TEXT)->path, FILE_NAME);
		assert_true(memory_map_at(m, TEXT)->exec);
		assert_int_equal(memory_map_at(m, TEXT + 0x1234)->offset,
				 5 * 4096);
		assert_string_equal(memory_map_at(m, HEAP)->path, "");
		assert_true(memory_map_at(m, HEAP)->write);
		assert_null(memory_map_at(m, HEAP + HEAP_LEN));
		assert_null(memory_map_at(m, 0));
		memory_close(m);
	}
}

/* Cut at every length, of what has a structure: an error, or less of it and a warning. */
static void test_cut(void **state)
{
	struct bytes b;
	size_t opened = 0;

	(void)state;
	for (unsigned k = 0; k < 4; k += 3) {
		size_t before = 0;

		make_core(&b, k & 1, k & 2);
		for (size_t n = 0; n < b.n; n += n < 900 ? 1 : 7) {
			struct memory *m;
			struct err err = { 0 };
			size_t known;

			write_core(&b, n);
			if (memory_open_core(&m, path, &err)) {
				assert_true(err.msg[0]);
				continue;
			}
			opened++;
			assert_true(m->nwarnings > 0);
			known = read_all(m);
			assert_true(known >= before);
			before = known;
			memory_close(m);
		}
	}
	assert_true(opened > MEMORY_PAGE / 7);
}

/* Whatever stands in it: no crash, no endless work. */
static void test_damage(void **state)
{
	uint32_t r = 1;
	struct bytes b;

	(void)state;
	for (unsigned k = 0; k < 3000; k++) {
		struct memory *m;
		struct err err;
		uint8_t buf[64], known[64];

		make_core(&b, k & 1, k & 2);
		for (unsigned i = 0; i < 1 + k % 5; i++) {
			r = r * 1664525 + 1013904223;
			b.data[(r >> 8) % (k % 7 ? 500 : b.n)] = (uint8_t)(r >> 3);
		}
		write_core(&b, b.n);
		if (memory_open_core(&m, path, &err))
			continue;
		for (size_t i = 0; i < m->nmaps && i < 8; i++)
			memory_read_known(m, m->maps[i].start, sizeof(buf),
					  buf, known);
		memory_read_known(m, HEAP, sizeof(buf), buf, known);
		memory_read_known(m, UINT64_MAX - 10, sizeof(buf), buf, known);
		memory_close(m);
	}
}

static void test_other_files(void **state)
{
	static const struct {
		const char *data;
		size_t n;
		const char *says;
	} cases[] = {
		{ "", 0, "not an ELF core file" },
		{ "\177ELF", 4, "not an ELF file" },
		{ "hello, world, this is text", 26, "not an ELF core file" },
		{ "\x28\xb5\x2f\xfd....", 8, "zstd -d" },
		{ "\x1f\x8b......", 8, "gzip -dk" },
		{ "\x04\x22\x4d\x18....", 8, "lz4 -d" },
	};
	struct bytes b = { 0 };
	struct memory *m;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memcpy(b.data, cases[i].data, cases[i].n);
		write_core(&b, cases[i].n);
		assert_int_equal(memory_open_core(&m, path, &err), -1);
		assert_non_null(strstr(err.msg, cases[i].says));
	}
	assert_int_equal(memory_open_core(&m, "/nowhere/at/all", &err), -1);
	assert_int_equal(memory_open_core(&m, "/proc/self/exe", &err), -1);
	assert_non_null(strstr(err.msg, "no core"));
	assert_int_equal(memory_open_core(&m, "/tmp", &err), -1);
}

/* ---- a process ---- */

static volatile uint64_t number = UINT64_C(0x1122334455667788);

static int state_of(pid_t pid)
{
	char name[40], text[400] = "";
	const char *s;
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	s = strrchr(text, ')');
	return s ? s[2] : 0;
}

static void test_process(void **state)
{
	uint64_t v, at = (uint64_t)(uintptr_t)&number;
	struct memory *m;
	struct err err;
	pid_t pid = fork();
	int status;

	(void)state;
	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, 9);
		for (;;)
			pause();
	}
	assert_int_equal(memory_open_process(&m, pid, &err), 0);
	assert_int_equal(memory_read(m, at, &v, 8), 0);
	assert_true(v == number);
	assert_int_equal(memory_read(m, 8, &v, 8), -1);
	assert_non_null(memory_map_at(m, at));
	assert_non_null(memory_file(m, NULL));
	while (state_of(pid) != 'S')
		usleep(1000);
	assert_int_equal(memory_stop(m, &err), 0);
	assert_int_equal(state_of(pid), 't');
	assert_int_equal(memory_read(m, at, &v, 8), 0);
	memory_resume(m);
	assert_int_not_equal(state_of(pid), 't');
	/* one that is stopped already stays so */
	kill(pid, SIGSTOP);
	while (state_of(pid) != 'T')
		usleep(1000);
	assert_int_equal(memory_stop(m, &err), 0);
	memory_resume(m);
	usleep(20000);
	assert_int_equal(state_of(pid), 'T');
	kill(pid, SIGCONT);
	/* closing is resuming, too */
	assert_int_equal(memory_stop(m, &err), 0);
	memory_close(m);
	usleep(20000);
	assert_int_equal(state_of(pid), 'S');
	/* it goes on, and is not traced any more */
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(memory_open_process(&m, pid, &err), -1);
	assert_non_null(strstr(err.msg, "no such process"));
}

static void test_refusals(void **state)
{
	static const struct {
		const char *says[2];
		struct refusal r;
	} cases[] = {
		{ { "uid 107", "sudo vmsdb" },
		  { .uid = 107, .our_uid = 1000, .dumpable = true,
		    .yama = 1 } },
		{ { "ptrace_scope is 1", "sysctl kernel.yama.ptrace_scope=0" },
		  { .uid = 1000, .our_uid = 1000, .dumpable = true,
		    .yama = 1 } },
		{ { "ptrace_scope is 2", "sudo vmsdb" },
		  { .uid = 1000, .our_uid = 1000, .dumpable = true,
		    .yama = 2 } },
		{ { "ptrace_scope is 3", "vmsdb capture --qmp" },
		  { .capable = true, .dumpable = true, .yama = 3 } },
		{ { "not dumpable", "sudo vmsdb" },
		  { .uid = 1000, .our_uid = 1000, .yama = -1 } },
		{ { "without CAP_SYS_PTRACE", "--cap-add=SYS_PTRACE" },
		  { .dumpable = true, .yama = -1 } },
		{ { "user namespace", "nsenter" },
		  { .capable = true, .other_userns = true, .dumpable = true,
		    .yama = -1 } },
		{ { "user namespace", "sudo vmsdb" },
		  { .uid = 1000, .our_uid = 1000, .other_userns = true,
		    .dumpable = true, .yama = -1 } },
		{ { "security module", "svirt_t" },
		  { .capable = true, .dumpable = true, .yama = -1,
		    .lsm = "system_u:system_r:svirt_t:s0" } },
		{ { "security module", "libvirt-1234" },
		  { .uid = 5, .our_uid = 5, .dumpable = true, .yama = 0,
		    .lsm = "libvirt-1234" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct refusal r = cases[i].r;
		char buf[420];

		r.self = "vmsdb attach 4711";
		r.pid = 4711;
		refusal_text(&r, buf, sizeof(buf));
		for (unsigned k = 0; k < 2; k++) {
			if (!strstr(buf, cases[i].says[k]))
				fail_msg("'%s' is not in: %s",
					 cases[i].says[k], buf);
		}
		assert_true(strlen(buf) < sizeof(buf) - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_core),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_other_files),
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_refusals),
	};
	int fd = mkstemp(path), ret;

	if (fd < 0)
		return 1;
	close(fd);
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return ret;
}
