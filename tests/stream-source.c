/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sources, each a line of bake.h's language behind the options, if any.  What is expected is the
 * containers, the note behind a "!", and the bytes, runs of them as BYTE*N.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../stream/source.h"
#include "../stream/sysio.h"
#include "support/bake.c"	/* here, so that every test is one file to link */

#define QEVM "51 45 56 4d 00*3 03"
#define NAMED(s) "qcow2 snapshot \"" s "\": "

static const struct test {
	const char *what, *text, *want;
} tests[] = {
	{ "empty", "", ": " },
	{ "nothing known", "'hello'", ": 68 65 6c*2 6f" },
	{ "plain", "QEVM 07", ": " QEVM " 07" },
	{ "COLO is left alone", "00000001 'QCPR'", ": 00*3 01 51 43 50 52" },

	/* where the stream starts */
	{ "offset", "--offset=100 noise[100] QEVM", "file offset 0x64: " QEVM },
	{ "offset of foreign bytes", "--offset=2 'hello'", "file offset 0x2: 6c*2 6f" },
	{ "offset at the end", "--offset=8 QEVM", "file offset 0x8: " },
	{ "offset behind the end", "--offset=9 QEVM",
	  "USAGE: offset 0x9 lies behind the end of the file, 0x8" },
	{ "offset in what was compressed later", "--offset=100 gzip(fill[55,100] QEVM)",
	  "gzip, file offset 0x64: " QEVM },
	{ "offset behind a gzip header", "--offset=4 gzip('foreign') fill[00,43] QEVM",
	  "gzip, file offset 0x4: 69 67 6e" },
	{ "a container at an offset", "--offset=10 fill[55,10] gzip(QEVM)",
	  "file offset 0xa, gzip: " QEVM },
	{ "a gap nobody told of", "fill[00,8192] QEVM 07",
	  "file offset 0x2000: " QEVM " 07" },
	{ "a gap, then foreign bytes", "fill[00,4096] fill[33,4096] QEVM",
	  "file offset 0x2000: " QEVM },
	{ "zeros and no more", "fill[00,8192]", ": 00*8192" },
	{ "zeros, the stream not where pages begin", "fill[00,4097] QEVM",
	  ": 00*4097 " QEVM },
	{ "foreign bytes that are not zeros", "fill[33,4096] QEVM",
	  ": 33*4096 " QEVM },

	/* compression */
	{ "gzip", "gzip(QEVM fill[61,9999])", "gzip: " QEVM " 61*9999" },
	{ "bzip2", "bzip2(QEVM fill[61,9999])", "bzip2: " QEVM " 61*9999" },
	{ "xz", "xz(QEVM fill[61,9999])", "xz: " QEVM " 61*9999" },
	{ "lzma", "lzma(QEVM fill[61,9999])", "lzma: " QEVM " 61*9999" },
	{ "lzop", "lzop(QEVM fill[61,9999])", "lzop: " QEVM " 61*9999" },
	{ "zstd", "zstd(QEVM fill[61,9999])", "zstd: " QEVM " 61*9999" },
	{ "lz4", "lz4(QEVM fill[61,9999])", "lz4: " QEVM " 61*9999" },
	{ "of nothing", "gzip() ", "gzip: " },
	{ "three members", "gzip(QEVM) gzip() gzip(61)", "gzip: " QEVM " 61" },
	{ "bzip2 members", "bzip2(61) bzip2(62)", "bzip2: 61 62" },
	{ "xz members, padded", "xz(61) 00000000 xz(62)", "xz: 61 62" },
	{ "lzop members", "lzop(61) lzop(62)", "lzop: 61 62" },
	{ "zstd members", "zstd(61) zstd(62)", "zstd: 61 62" },
	{ "lz4 members", "lz4(61) lz4(62)", "lz4: 61 62" },
	{ "pzstd", "502a4d18 04000000 11223344 zstd(61)", "zstd: 61" },
	{ "a volume's tail", "zstd(QEVM) fill[00,512] noise[300]",
	  "zstd: " QEVM },
	{ "a tail that looks like a member", "gzip(QEVM) 1f8b0800 noise[40]",
	  "gzip: " QEVM },
	{ "checksum", "poke[20,00000000](gzip(QEVM))",
	  "gzip!gzip data damaged at 0x18 (incorrect data check), nothing read from there on: "
	  QEVM },
	{ "one in another", "xz(gzip(bzip2(QEVM)))", "xz, gzip, bzip2: " QEVM },
	{ "too many",
	  "gzip(gzip(gzip(gzip(gzip(gzip(gzip(gzip(gzip(QEVM)))))))))",
	  "LIMIT: more than 8 containers inside one another: gzip, gzip, gzip, gzip, gzip, gzip, gzip, gzip" },
	{ "cut off", "cut[1](gzip(QEVM))",
	  "gzip!gzip data cut off at 0x1b: " QEVM },
	{ "cut off in a block", "cut[20](lzop(fill[61,1024] noise[100]))",
	  "lzop!lzop data cut off at 0x57: 61*1024" },
	{ "lzop checksum", "poke[51,00](lzop(noise[8]))",
	  "FORMAT at 0x27: cannot decompress lzop: block checksum" },
	{ "damaged from the beginning", "1f8b0800 00000000 0003 ffff",
	  "FORMAT at 0xb: cannot decompress gzip: invalid block type" },
	{ "damaged inside another", "xz(1f8b0800 00000000 0003 ffff)",
	  "FORMAT at 0xb: inside xz: cannot decompress gzip: invalid block type" },

	/* libvirt */
	{ "libvirt", "libvirt[xml=<d/>](QEVM)",
	  "libvirt 2 @0x61 xml <d/>: " QEVM },
	{ "with a cookie", "libvirt[xml=<d/>,cookie=<c/>,pad=3](QEVM)",
	  "libvirt 2 @0x69 xml <d/> cookie <c/>: " QEVM },
	{ "the other byte order", "libvirt[be,xml=<d/>,cookie=<c/>](QEVM)",
	  "libvirt 2 @0x66 xml <d/> cookie <c/>: " QEVM },
	{ "version 1 has no format", "libvirt[v=1,fmt=77](QEVM)",
	  "libvirt 1 @0x5d: " QEVM },
	{ "incomplete", "libvirt[part,be]()",
	  "libvirt 2 (incomplete) @0x5d incomplete: " },
	{ "libvirt gzip", "libvirt[fmt=1](gzip(QEVM))", "libvirt 2, gzip: " QEVM },
	{ "libvirt bzip2", "libvirt[fmt=2](bzip2(QEVM))",
	  "libvirt 2, bzip2: " QEVM },
	{ "libvirt xz", "libvirt[fmt=3,xml=<d/>](xz(QEVM))",
	  "libvirt 2, xz xml <d/>: " QEVM },
	{ "libvirt lzop", "libvirt[fmt=4,be](lzop(QEVM))",
	  "libvirt 2, lzop: " QEVM },
	{ "libvirt zstd", "libvirt[fmt=5](zstd(QEVM))", "libvirt 2, zstd: " QEVM },
	{ "libvirt sparse", "libvirt[fmt=6,xml=<d/>](QEVM)",
	  "libvirt 2 sparse @0x61 xml <d/>: " QEVM },
	{ "compressed itself", "zstd(libvirt[xml=<d/>](QEVM))",
	  "zstd, libvirt 2 @0x61 xml <d/>: " QEVM },
	{ "unknown format", "libvirt[fmt=7](QEVM)",
	  "UNSUPPORTED at 0x1c: libvirt save image of format 7, only 0 to 6 are known" },
	{ "unknown version", "libvirt[v=3](QEVM)",
	  "UNSUPPORTED at 0x10: libvirt save image of version 0x3, only 1 and 2 are known" },
	{ "not as its header says", "libvirt[fmt=5](gzip(QEVM))",
	  "FORMAT at 0x5d: libvirt save image: its header says zstd, but gzip follows" },
	{ "not even compressed", "libvirt[fmt=1](QEVM fill[61,20])",
	  "FORMAT at 0x5d: libvirt save image: its header says gzip, but something else follows" },
	{ "header cut off", "cut[2](libvirt[]())",
	  "SHORT at 0x0: libvirt save image: header cut off, the file ends at 0x5b" },
	{ "XML cut off", "cut[2](libvirt[xml=<d/>]())",
	  "SHORT at 0x5c: libvirt save image: 0x5 bytes of XML cut off, the file ends at 0x5f" },
	{ "XML of 4 GiB", "poke[20,ffffffff](libvirt[](QEVM))",
	  "LIMIT at 0x14: libvirt save image with 0xffffffff bytes of XML, the limit is 0x4000000" },
	{ "cookie behind the XML", "poke[32,09](libvirt[](QEVM))",
	  "FORMAT at 0x20: libvirt save image: the cookie begins at 0x9 of 0x1 bytes of XML" },

	/* qcow2 */
	{ "qcow2", "qcow2[](QEVM fill[61,1000])", NAMED("s") QEVM " 61*1000" },
	{ "version 2", "qcow2[v2](QEVM fill[61,1000])",
	  NAMED("s") QEVM " 61*1000" },
	{ "many L2 tables", "qcow2[disk=0x100000](QEVM fill[61,99999])",
	  NAMED("s") QEVM " 61*99999" },
	{ "resized since", "qcow2[disk=70000,now=9000000](QEVM)",
	  NAMED("s") QEVM },
	{ "scattered", "qcow2[scatter](QEVM fill[61,1000])",
	  NAMED("s") QEVM " 61*1000" },
	{ "scattered pages", "qcow2[bits=12,scatter](QEVM fill[61,9000])",
	  NAMED("s") QEVM " 61*9000" },
	{ "holes between pages",
	  "qcow2[bits=12,holes,scatter](QEVM fill[00,12280] fill[61,5000])",
	  NAMED("s") "51 45 56 4d 00*3 03 00*12280 61*5000" },
	{ "holes", "qcow2[holes](QEVM fill[00,1528] 61)",
	  NAMED("s") QEVM " 00*1528 61" },
	{ "zero clusters", "qcow2[zeros](QEVM fill[00,1528] 61)",
	  NAMED("s") QEVM " 00*1528 61" },
	{ "only holes", "qcow2[holes](fill[00,9999])",
	  "qcow2 snapshot \"s\": 00*9999" },
	{ "extended L2", "qcow2[bits=14,ext](QEVM fill[00,5000] fill[61,99])",
	  NAMED("s") QEVM " 00*5000 61*99" },
	{ "extended L2, pages",
	  "qcow2[bits=17,ext](QEVM fill[61,50000] fill[00,50000] 62)",
	  NAMED("s") QEVM " 61*50000 00*50000 62" },
	{ "deflate", "qcow2[bits=12,deflate](QEVM fill[61,9000])",
	  NAMED("s") QEVM " 61*9000" },
	{ "zstd clusters", "qcow2[bits=12,zstd](QEVM fill[61,9000])",
	  NAMED("s") QEVM " 61*9000" },
	{ "qcow2 in xz", "xz(qcow2[](QEVM))", "xz, " NAMED("s") QEVM },
	{ "gzip in qcow2", "qcow2[](gzip(QEVM))", "qcow2 snapshot \"s\", gzip: " QEVM },
	{ "by name", "--snapshot=b qcow2[names=a+b](QEVM)", NAMED("b") QEVM },
	{ "by id", "--snapshot=2 qcow2[names=a+b](QEVM)", NAMED("b") QEVM },
	{ "a name before an id", "--snapshot=2 qcow2[names=2+b](QEVM)", NAMED("2") QEVM },
	{ "the only one with state", "qcow2[names=a-+b+c-](QEVM)",
	  NAMED("b") QEVM },
	{ "which one", "qcow2[names=a+b](QEVM)",
	  "USAGE: qcow2: several snapshots have VM state, choose one: \"a\" (id 1), \"b\" (id 2)" },
	{ "none such", "--snapshot=b qcow2[names=a+b-](QEVM)",
	  "USAGE: qcow2: no snapshot \"b\" with VM state, there are \"a\" (id 1)" },
	{ "none with state", "qcow2[names=a-](QEVM)",
	  "USAGE: qcow2: none of the image's 1 internal snapshots has VM state" },
	{ "none at all", "poke[60,00000000](qcow2[](QEVM))",
	  "USAGE: qcow2 image without internal snapshots, so without VM state" },
	{ "a name's control characters", "poke[569,1b](qcow2[](QEVM))",
	  "qcow2 snapshot \"\\x1b\": " QEVM },
	{ "a snapshot of no image", "--snapshot=s QEVM",
	  "USAGE: snapshot \"s\" asked for, but this is no qcow2 image" },
	{ "encrypted", "qcow2[crypt=2](QEVM)",
	  "UNSUPPORTED at 0x20: qcow2: the image is encrypted (LUKS), and its VM state with it" },
	{ "external data file", "qcow2[incompat=4](QEVM)",
	  "UNSUPPORTED at 0x48: qcow2: the image keeps its data in another file" },
	{ "unknown feature", "qcow2[incompat=0x20](QEVM)",
	  "UNSUPPORTED at 0x48: qcow2: unknown incompatible features 0x20" },
	{ "version 1", "poke[4,00000001](qcow2[](QEVM))",
	  "UNSUPPORTED at 0x4: qcow image of version 1, only 2 and 3 have snapshots with VM state" },
	{ "clusters of 4 GiB", "poke[20,00000020](qcow2[](QEVM))",
	  "FORMAT at 0x14: qcow2: 2^32 bytes in a cluster, 2^9 to 2^21 are possible" },
	{ "four billion snapshots", "poke[60,ffffffff](qcow2[](QEVM))",
	  "FORMAT at 0x3c: qcow2: 4294967295 snapshots, at most 65536 are possible" },
	{ "more snapshots than entries", "poke[60,0000ffff](qcow2[](QEVM))",
	  "FORMAT at 0x9f0: qcow2: entry 51 of 65535 in the snapshot table is damaged or cut off" },
	{ "table behind the file", "poke[64,00000000ffff0000](qcow2[](QEVM))",
	  "FORMAT at 0x40: qcow2: snapshot table at 0xffff0000, not at a cluster of the file's 0xa00 bytes" },
	{ "L1 where the data is", "poke[512,0000000000000800](qcow2[](QEVM fill[61,600]))",
	  "FORMAT at 0x808: qcow2: L1 entry 1 names an L2 table at 0x61616161616000, not at a cluster of the file" },
	{ "L1 unaligned", "poke[512,0000000000000401](qcow2[](QEVM))",
	  "FORMAT: qcow2: the snapshot's L1 table of 0x10 bytes at 0x401 does not lie at a cluster of the file's 0xa00 bytes" },
	{ "L1 of 4 billion entries", "poke[520,ffffffff](qcow2[](QEVM))",
	  "LIMIT: qcow2: the snapshot's L1 table has 0xffffffff entries, QEMU's limit is 0x400000" },
	{ "L1 too short", "poke[520,00000001](qcow2[](QEVM))",
	  "FORMAT at 0x400: qcow2: the snapshot's L1 table has only 1 entries, VM state begins at entry 1" },
	{ "L2 behind the file", "poke[1032,8000000000ff0000](qcow2[](QEVM))",
	  "FORMAT at 0x408: qcow2: L1 entry 1 names an L2 table at 0xff0000, not at a cluster of the file" },
	{ "one L2 table for all",
	  "poke[520,00000008](poke[1032,800000000000060080000000000006008000000000000600"
	  "8000000000000600800000000000060080000000000006008000000000000600](qcow2[state=200000](QEVM)))",
	  "qcow2 snapshot \"s\"!qcow2 damaged at 0x430 (more L2 tables than the file has room for, so some are used twice): VM state ends at 0x28000 of 0x30d40: "
	  QEVM " 00*32760 " QEVM " 00*32760 " QEVM " 00*32760 " QEVM " 00*32760 " QEVM " 00*32760" },
	{ "one cluster for all",
	  "poke[1536,800000000000080080000000000008008000000000000800"
	  "800000000000080080000000000008008000000000000800"
	  "800000000000080080000000000008008000000000000800](qcow2[state=4600](QEVM))",
	  "qcow2 snapshot \"s\"!qcow2 damaged at 0x630 (more clusters than the file has room for, so some are used twice): VM state ends at 0xc00 of 0x11f8: "
	  QEVM " 00*504 " QEVM " 00*504 " QEVM " 00*504 " QEVM " 00*504 " QEVM " 00*504 " QEVM " 00*504" },
	{ "cluster behind the file",
	  "poke[1544,8000000000ff0000](qcow2[](QEVM fill[61,1000]))",
	  "qcow2 snapshot \"s\"!qcow2 damaged at 0x608 (L2 entry names a cluster at 0xff0000, not at one of the file): VM state ends at 0x200 of 0x3f0: "
	  QEVM " 61*504" },
	{ "cluster unaligned",
	  "poke[12288,8000000000004200](qcow2[bits=12](QEVM))",
	  "FORMAT at 0x3000: qcow2: L2 entry names a cluster at 0x4200, not at one of the file" },
	{ "both allocated and zero",
	  "poke[49160,0000000100000001](qcow2[bits=14,ext](QEVM))",
	  "FORMAT at 0xc008: qcow2: extended L2 entry has subcluster 0 both allocated and zero" },
	{ "compressed cluster damaged",
	  "poke[16386,ffff](qcow2[bits=12,deflate](QEVM fill[61,5000]))",
	  "FORMAT at 0x4000: qcow2: cannot decompress a cluster" },
	{ "last cluster not whole",
	  "cut[100](qcow2[bits=12](QEVM fill[61,5000]))",
	  NAMED("s") QEVM " 61*5000" },
};

static const char *const codes[] = {
	"NONE", "SHORT", "FORMAT", "UNSUPPORTED", "LIMIT", "IO", "USAGE",
};

/* Runs of bytes, not more than the line can hold. */
static void print_bytes(FILE *f, const uint8_t *p, uint64_t n)
{
	for (uint64_t i = 0, len; i < n; i += len) {
		for (len = 1; i + len < n && p[i + len] == p[i]; len++)
			;
		fprintf(f, "%s%02x", i ? " " : "", p[i]);
		if (len > 1)
			fprintf(f, "*%" PRIu64, len);
	}
}

static void print_source(FILE *f, const struct source *src)
{
	fprintf(f, "%s", src->containers);
	if (src->note)
		fprintf(f, "!%s", src->note);
	if (strstr(src->containers, "libvirt") && src->origin)
		fprintf(f, " @0x%" PRIx64, src->origin);
	if (src->incomplete)
		fprintf(f, " incomplete");
	if (src->xml)
		fprintf(f, " xml %s", src->xml);
	if (src->cookie)
		fprintf(f, " cookie %s", src->cookie);
	fprintf(f, ": ");
	print_bytes(f, src->data, src->len);
}

static void print_err(FILE *f, const struct err *err)
{
	fprintf(f, "%s", codes[err->code]);
	if (err->off != ERR_NO_OFFSET)
		fprintf(f, " at 0x%" PRIx64, err->off);
	fprintf(f, ": %s", err->msg);
}

/* Everything there is to say about an attempt to open; free() it. */
static char *outcome(struct source *src, int r, const struct err *err)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (r < 0)
		print_err(f, err);
	else
		print_source(f, src);
	fclose(f);
	return text;
}

/* A test's options, and what is left behind them. */
struct asked {
	struct source_opts opts;
	char snapshot[32];
	const char *text;
};

static void read_options(struct asked *ret, const struct test *t)
{
	const char *p = t->text ? t->text : "";
	int n = 0;

	memset(ret, 0, sizeof(*ret));
	ret->opts.spool_max = 1 << 20;
	if (sscanf(p, "--offset=%" SCNu64 " %n", &ret->opts.offset, &n) == 1)
		p += n;
	if (sscanf(p, "--snapshot=%31s %n", ret->snapshot, &n) == 1) {
		ret->opts.snapshot = ret->snapshot;
		p += n;
	}
	ret->text = p;
}

static void bake_test(struct dough *ret, const struct test *t)
{
	struct asked asked;

	read_options(&asked, t);
	bake(ret, asked.text);
}

/* data[0] must be where origin says. */
static void check_source(const struct source *src)
{
	assert_true(src->origin <= src->file_len);
	assert_ptr_equal(src->data, src->file + src->origin);
	assert_int_equal(src->len, src->file_len - src->origin);
	assert_non_null(src->containers);
}

static char *open_memory(const struct test *t, const void *p, size_t n)
{
	struct asked asked;
	struct source *src = NULL;
	struct err err = { 0 };
	char *text;
	int r;

	read_options(&asked, t);
	r = source_open_memory(&src, "test", p, n, &asked.opts, &err);
	if (r == 0)
		check_source(src);
	else
		assert_null(src);
	text = outcome(src, r, &err);
	source_close(src);
	return text;
}

static char *open_path(const struct test *t, const char *path)
{
	struct asked asked;
	struct source *src = NULL;
	struct err err = { 0 };
	char *text;
	int r;

	read_options(&asked, t);
	r = source_open(&src, path, &asked.opts, &err);
	if (r == 0)
		check_source(src);
	text = outcome(src, r, &err);
	/* and what was forgotten can be read again */
	if (r == 0) {
		char *again;

		source_forget(src, src->len);
		again = outcome(src, r, &err);
		assert_string_equal(again, text);
		free(again);
	}
	source_close(src);
	return text;
}

static void expect(const struct test *t, const char *how, char *got)
{
	if (strcmp(got, t->want))
		fail_msg("%s (%s):\n  got  %s\n  want %s", t->what, how, got,
			 t->want);
	free(got);
}

#define FOR_EACH_TEST(t) \
	for (const struct test *t = tests; \
	     t < tests + sizeof(tests) / sizeof(tests[0]); t++)

static void memory(void **state)
{
	unsigned bad = 0;

	(void)state;
	FOR_EACH_TEST(t) {
		struct dough d;
		char *got;

		bake_test(&d, t);
		got = open_memory(t, d.p, d.len);
		if (strcmp(got, t->want)) {
			print_error("%s:\n  got  %s\n  want %s\n", t->what, got,
				    t->want);
			bad++;
		}
		free(got);
		dough_release(&d);
	}
	assert_int_equal(bad, 0);
}

static void write_file(char *path, const struct dough *d)
{
	int fd;

	strcpy(path, "/tmp/vmsdb-test-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(sysio_write(fd, d->p, d->len, 0), 0);
	close(fd);
}

static void file(void **state)
{
	(void)state;
	FOR_EACH_TEST(t) {
		char path[64];
		struct dough d;

		bake_test(&d, t);
		write_file(path, &d);
		expect(t, "file", open_path(t, path));
		unlink(path);
		dough_release(&d);
	}
}

static void a_pipe(void **state)
{
	(void)state;
	FOR_EACH_TEST(t) {
		char path[64];
		struct dough d;
		int fds[2];

		bake_test(&d, t);
		assert_int_equal(pipe(fds), 0);
		fcntl(fds[1], F_SETPIPE_SZ, 1 << 20);
		assert_true(d.len <= 1 << 20);
		assert_int_equal(write(fds[1], d.p ? d.p : (void *)"", d.len),
				 d.len);
		close(fds[1]);
		snprintf(path, sizeof(path), "/dev/fd/%d", fds[0]);
		expect(t, "pipe", open_path(t, path));
		close(fds[0]);
		dough_release(&d);
	}
}

/* What a shorter input gives is something to show, or one line to say. */
static void check_cut(const struct test *t, size_t n, const char *got)
{
	if (!*got || strchr(got, '\n'))
		fail_msg("%s cut at %zu: %s", t->what, n, got);
}

static void cut_anywhere(void **state)
{
	(void)state;
	FOR_EACH_TEST(t) {
		struct dough d;
		/* every byte of the short ones, and of the others' heads */
		size_t step = 1;

		bake_test(&d, t);
		for (size_t n = 0; n < d.len; n += step) {
			/* of its very size, for the address sanitizer */
			uint8_t *p = malloc(n ? n : 1);
			char *got;

			memcpy(p, d.p, n);
			got = open_memory(t, p, n);
			check_cut(t, n, got);
			free(got);
			free(p);
			step = n < 4096 ? 1 : 997;
		}
		dough_release(&d);
	}
}

/* The n-th system call fails, n = 1, 2, 3, ... until none does. */
static void failing_calls(void **state)
{
	(void)state;
	FOR_EACH_TEST(t) {
		char path[64];
		struct dough d;

		bake_test(&d, t);
		write_file(path, &d);
		for (unsigned long n = 1; ; n++) {
			char *got;
			bool over;

			sysio_fail_after = n;
			got = open_path(t, path);
			over = sysio_fail_after != 0;
			sysio_fail_after = 0;
			if (over) {
				expect(t, "after failing calls", got);
				break;
			}
			if (strncmp(got, "IO", 2) ||
			    !strstr(got, "Input/output error"))
				fail_msg("%s, call %lu failing: %s", t->what, n,
					 got);
			free(got);
		}
		unlink(path);
		dough_release(&d);
	}
}

/* A failing read from a pipe. */
static void failing_read(void **state)
{
	char path[64];
	int fds[2];
	const struct test t = { .what = "read", .want = "IO at 0x0: cannot read: Input/output error" };

	(void)state;
	assert_int_equal(pipe(fds), 0);
	close(fds[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", fds[0]);
	sysio_fail_after = 4;		/* open, stat, temporary file, read */
	expect(&t, "read", open_path(&t, path));
	sysio_fail_after = 0;
	close(fds[0]);
}

static void not_there(void **state)
{
	const struct test gone = { .what = "gone",
		.want = "IO: cannot open: No such file or directory" };
	const struct test dir = { .what = "dir",
		.want = "IO: Is a directory" };

	(void)state;
	expect(&gone, "no file", open_path(&gone, "/nonexistent/x"));
	expect(&dir, "directory", open_path(&dir, "/tmp"));
}

/* The spool's bound, and its message. */
static void bomb(void **state)
{
	const struct test t = {
		.what = "bomb",
		.want = "LIMIT: decompressing gzip gives more than 0x100000 bytes, the limit for a temporary file",
	};
	struct dough d;

	(void)state;
	bake(&d, "gzip(fill[00,2000000])");
	expect(&t, "bomb", open_memory(&t, d.p, d.len));
	dough_release(&d);
}

static void text(void **state)
{
	static const struct {
		const char *text, *want;
		uint64_t max;
	} cases[] = {
		{ "'{}'", ": 7b 7d", 2 },
		{ "'{} '", "LIMIT: 0x3 bytes, more than the limit of 0x2", 2 },
		{ "gzip('{}')", "gzip: 7b 7d", 100 },
		{ "gzip(fill[20,101])",
		  "LIMIT: decompressing gzip gives more than 0x64 bytes, the limit for a temporary file",
		  100 },
		{ "'LibvirtQemudSave'",
		  ": 4c 69 62 76 69 72 74 51 65 6d 75 64 53 61 76 65", 100 },
		{ "fill[00,4096] QEVM", ": 00*4096 " QEVM, 10000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct test t = { .what = cases[i].text,
					.want = cases[i].want };
		struct source *src = NULL;
		struct err err = { 0 };
		char path[64];
		struct dough d;
		int r;

		bake(&d, cases[i].text);
		write_file(path, &d);
		r = source_open_text(&src, path, cases[i].max, &err);
		expect(&t, "text", outcome(src, r, &err));
		source_close(src);
		unlink(path);
		dough_release(&d);
	}
}

static int stop(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	++*(int *)ctx;
	assert_non_null(what);
	assert_true(!total || done <= total);
	return 1;
}

static void interrupted(void **state)
{
	int calls = 0;
	const struct source_opts opts = { .progress = stop, .ctx = &calls };
	const struct test t = { .what = "stop", .want = "IO: interrupted" };
	struct source *src = NULL;
	struct err err = { 0 };
	struct dough d;
	int r;

	(void)state;
	bake(&d, "gzip(fill[00,50000000])");
	r = source_open_memory(&src, "test", d.p, d.len, &opts, &err);
	expect(&t, "interrupted", outcome(src, r, &err));
	assert_int_equal(calls, 1);
	dough_release(&d);
}

/*
 * tests/data/qcow2-two-snapshots.qcow2.xz, written by QEMU 7.2: 4 KiB
 * clusters, savevm s1, the disk resized from 64 KiB to 1 MiB, savevm s2.
 */
static void from_qemu(void **state)
{
	static const char *const choices[] = { "s1", "s2", "1", "2" };
	char path[512];

	(void)state;
	snprintf(path, sizeof(path), "%.*sdata/qcow2-two-snapshots.qcow2.xz",
		 (int)(strrchr(__FILE__, '/') + 1 - __FILE__), __FILE__);
	for (size_t i = 0; i < 4; i++) {
		const struct source_opts opts = { .snapshot = choices[i] };
		struct source *src = NULL;
		struct err err = { 0 };

		if (source_open(&src, path, &opts, &err) < 0)
			fail_msg("%s: %s", path, err.msg);
		check_source(src);
		assert_int_equal(src->nsnapshots, 2);
		assert_string_equal(src->snapshots[1].name, "s2");
		assert_int_equal(src->len, 127155);
		assert_int_equal(src->snapshots[i % 2].vm_state_size, src->len);
		assert_memory_equal(src->data, "QEVM\0\0\0\3", 8);
		assert_memory_equal(src->data + src->len - 4, "]}]}", 4);
		assert_null(src->note);
		source_close(src);
	}
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(memory),
		cmocka_unit_test(file),
		cmocka_unit_test(a_pipe),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(failing_calls),
		cmocka_unit_test(failing_read),
		cmocka_unit_test(not_there),
		cmocka_unit_test(bomb),
		cmocka_unit_test(text),
		cmocka_unit_test(interrupted),
		cmocka_unit_test(from_qemu),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
