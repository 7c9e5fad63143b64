/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RAM sections, in bake.h's language behind the options:
 *
 *	bits=N ignore-shared mapped postcopy big-endian
 *
 * What is expected: blocks as NAME+LENGTH[ page SIZE][ at ADDRESS], runs as
 * KIND ADDRESS xCOUNT @OFFSET[/STRIDE], how far the walk came, and for a
 * failure its errno and lines.
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../stream/ram.h"
#include "support/bake.c"	/* here, so that every test is one file to link */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define EOS "be64[0x10] "
/* One block of four pages, "m": 18 bytes. */
#define BLOCK "be64[0x4004] str8[m] be64[0x4000] "
#define PAGE "fill[aa,4096] "

struct test {
	const char *what, *text, *want;
};

static const struct test tests[] = {
	{ "nothing but the end", EOS, "end 8" },
	{ "a block", BLOCK EOS,
	  "m+4000; end 26" },
	{ "two blocks", "be64[0x6004] str8[m] be64[0x4000] str8[n] be64[0x2000] " EOS,
	  "m+4000; n+2000; end 36" },
	{ "no blocks", "be64[0x0004] " EOS,
	  "end 16" },
	{ "listed again", BLOCK EOS BLOCK EOS,
	  "m+4000; end 26" },
	{ "a page", BLOCK "be64[0x1008] str8[m] " PAGE EOS,
	  "m+4000; page m:1000 x1 @28/4104; end 4132" },
	{ "pages in a row", BLOCK "be64[0x0008] str8[m] " PAGE "be64[0x1028] " PAGE
	  "be64[0x2028] " PAGE EOS,
	  "m+4000; page m:0 x3 @28/4104; end 12340" },
	{ "pages not in a row", BLOCK "be64[0x0008] str8[m] " PAGE "be64[0x2028] " PAGE EOS,
	  "m+4000; page m:0 x1 @28/4104; page m:2000 x1 @4132/4104; end 8236" },
	{ "a zero page", BLOCK "be64[0x0002] str8[m] 00 " EOS,
	  "m+4000; zero m:0 x1 @28/9; end 37" },
	{ "zero pages", BLOCK "be64[0x0002] str8[m] 00 be64[0x1022] 00 be64[0x2022] 00 " EOS,
	  "m+4000; zero m:0 x3 @28/9; end 55" },
	{ "a page behind zero pages", BLOCK "be64[0x0002] str8[m] 00 be64[0x1022] 00 be64[0x2028] "
	  PAGE EOS,
	  "m+4000; zero m:0 x2 @28/9; page m:2000 x1 @46/4104; end 4150" },
	{ "the same page twice", BLOCK "be64[0x0002] str8[m] 00 be64[0x0022] 00 " EOS,
	  "m+4000; zero m:0 x1 @28/9; zero m:0 x1 @37/9; end 46" },
	{ "another block", "be64[0x2004] str8[m] be64[0x1000] str8[n] be64[0x1000] "
	  "be64[0x0002] str8[m] 00 be64[0x0002] str8[n] 00 " EOS,
	  "m+1000; n+1000; zero m:0 x1 @38/9; zero n:0 x1 @49/9; end 58" },
	{ "xbzrle", BLOCK "be64[0x1040] str8[m] 01 0003 aabbcc " EOS,
	  "m+4000; xbzrle m:1000 x1 @31/3; end 42" },
	{ "xbzrle twice", BLOCK "be64[0x1040] str8[m] 01 0001 aa be64[0x2060] 01 0001 bb " EOS,
	  "m+4000; xbzrle m:1000 x1 @31/1; xbzrle m:2000 x1 @43/1; end 52" },
	{ "compressed", BLOCK "be64[0x1100] str8[m] 00000004 01020304 " EOS,
	  "m+4000; compressed m:1000 x1 @32/4; end 44" },
	{ "multifd", BLOCK "be64[0x200] " EOS,
	  "m+4000; 1 flushes; end 34" },
	{ "a hook", BLOCK "be64[0x80] " EOS,
	  "m+4000; end 34" },
	{ "large pages", "bits=16 be64[0x20004] str8[m] be64[0x20000] be64[0x10002] str8[m] 00 " EOS,
	  "m+20000; zero m:10000 x1 @28/9; end 37" },
	{ "ignore-shared", "ignore-shared be64[0x4004] str8[m] be64[0x4000] be64[0x100000] " EOS,
	  "m+4000 at 100000; end 34" },
	{ "postcopy, huge pages", "postcopy be64[0x400004] str8[m] be64[0x400000] be64[0x200000] " EOS,
	  "m+400000 page 200000; end 34" },
	{ "postcopy, small pages", "postcopy be64[0x8004] str8[m] be64[0x4000] str8[n] be64[0x4000] " EOS,
	  "m+4000; n+4000; end 36" },
	{ "mapped", "mapped be64[0x4004] str8[m] be64[0x4000] 00000001 be64[0x1000] be64[46] be64[4096] "
	  "0d00000000000000 fill[00,4042] fill[aa,0x4000] " EOS,
	  "m+4000; mapped m:0 x1 @4096/4096; mapped m:2000 x2 @12288/4096; end 20488" },
	{ "mapped, the other byte order", "mapped big-endian be64[0x4004] str8[m] be64[0x4000] 00000001 "
	  "be64[0x1000] be64[46] be64[4096] 000000000000000d fill[00,4042] fill[aa,0x4000] " EOS,
	  "m+4000; mapped m:0 x1 @4096/4096; mapped m:2000 x2 @12288/4096; end 20488" },
	{ "mapped, a shared block", "mapped be64[0x4004] str8[m] be64[0x4000] 00000001 be64[0x1000] "
	  "be64[0] be64[0] " EOS,
	  "m+4000; end 54" },

	/* the page size is not told: what fits */
	{ "small pages", BLOCK "be64[0x408] str8[m] fill[aa,1024] be64[0x828] fill[aa,1024] "
	  "be64[0xc22] 00 be64[0x1022] 00 be64[0x1422] 00 " EOS,
	  "m+4000; page m:400 x2 @28/1032; zero m:c00 x3 @2092/9; end 2119" },
	{ "pages of 256 bytes", BLOCK "be64[0x108] str8[m] fill[aa,256] be64[0x228] fill[aa,256] "
	  "be64[0x322] 00 be64[0x422] 00 be64[0x522] 00 " EOS,
	  "m+4000; page m:100 x2 @28/264; zero m:300 x3 @556/9; end 583" },
	{ "small pages, told otherwise", "bits=12 " BLOCK "be64[0x408] str8[m] fill[aa,1024] be64[0x828] "
	  "fill[aa,1024] " EOS,
	  "m+4000; EINVAL end 28: Unknown combination of migration flags: 0x408" },
	{ "large pages, not told", "be64[0x8004] str8[m] be64[0x8000] be64[0x2008] str8[m] fill[aa,8192] "
	  "be64[0x4028] fill[aa,8192] " EOS,
	  "m+8000; page m:2000 x2 @28/8200; end 16428" },
	{ "one damaged word among aligned ones", BLOCK "be64[0x0002] str8[m] 00 be64[0x1022] 00 be64[0x2022] 00 "
	  "be64[0x2422] 00 be64[0x3022] 00 " EOS,
	  "m+4000; zero m:0 x3 @28/9; EINVAL end 55: Unknown combination of migration flags: 0x422" },

	/* what the emulator says */
	{ "no such block", BLOCK "be64[0x0002] str8[n] 00 " EOS,
	  "m+4000; EINVAL end 28: Can't find block n / Illegal RAM offset 0" },
	{ "continue what", BLOCK "be64[0x0022] 00 " EOS,
	  "m+4000; EINVAL end 26: Ack, bad migration stream! / Illegal RAM offset 0" },
	{ "behind the block", BLOCK "be64[0x4002] str8[m] 00 " EOS,
	  "m+4000; EINVAL end 28: Illegal RAM offset 4000" },
	{ "two kinds at once", BLOCK "be64[0x000a] str8[m] 00 " EOS,
	  "m+4000; EINVAL end 28: Unknown combination of migration flags: 0xa" },
	{ "no kind", BLOCK "be64[0x1000] " EOS,
	  "m+4000; EINVAL end 26: Unknown combination of migration flags: 0x0" },
	{ "an unknown flag", BLOCK "be64[0x400] " EOS,
	  "m+4000; EINVAL end 26: Unknown combination of migration flags: 0x400" },
	{ "page and end", BLOCK "be64[0x0018] str8[m] " PAGE,
	  "m+4000; EINVAL end 28: Unknown combination of migration flags: 0x18" },
	{ "xbzrle of another encoding", BLOCK "be64[0x1040] str8[m] 02 0003 aabbcc " EOS,
	  "m+4000; EINVAL end 31: Failed to load XBZRLE page - wrong compression! / Failed to decompress XBZRLE page at 1000" },
	{ "xbzrle of more than a page", BLOCK "be64[0x1040] str8[m] 01 1001 fill[aa,4097] " EOS,
	  "m+4000; EINVAL end 31: Failed to load XBZRLE page - len overflow! / Failed to decompress XBZRLE page at 1000" },
	{ "compressed to more than a page", BLOCK "be64[0x1100] str8[m] 0000ffff 01020304 " EOS,
	  "m+4000; EINVAL end 32: Invalid compressed data length: 65535" },
	{ "mapped, a newer version", "mapped be64[0x4004] str8[m] be64[0x4000] 00000002 be64[0x1000] "
	  "be64[46] be64[4096] " EOS,
	  "m+4000; EINVAL end 46: Migration mapped-ram capability version not supported (expected <= 1, got 2)" },
	{ "mapped, unaligned pages", "mapped be64[0x4004] str8[m] be64[0x4000] 00000001 be64[0x1000] "
	  "be64[46] be64[4097] " EOS,
	  "m+4000; EINVAL end 46: Error reading ramblock m pages, region has bad alignment" },
	{ "mapped, pages of no size", "mapped be64[0x4004] str8[m] be64[0x4000] 00000001 be64[0] "
	  "be64[46] be64[4096] " EOS,
	  "m+4000; EINVAL end 46: Error reading ramblock m pages, region has bad alignment" },
	{ "mapped, bitmap behind the file", "mapped be64[0x4004] str8[m] be64[0x4000] 00000001 "
	  "be64[0x1000] be64[0xffffff] be64[4096] " EOS,
	  "m+4000; EINVAL end 46: Error reading dirty bitmap" },
	{ "mapped, pages behind the file", "mapped be64[0x4004] str8[m] be64[0x4000] 00000001 "
	  "be64[0x1000] be64[46] be64[0x7ffffffffffff000] 0d00000000000000 " EOS,
	  "m+4000; mapped m:0 x1 @9223372036854771712/4096; mapped m:2000 x2 @9223372036854779904/4096; EIO end 62" },
	{ "no end", BLOCK,
	  "m+4000; EIO end 18: Getting RAM address failed" },
	{ "the list ends", "be64[0x8004] str8[m] be64[0x4000] ",
	  "m+4000; EINVAL end 18: Unknown ramblock \"\", cannot accept migration" },
	{ "more than is listed", "be64[0x2004] str8[m] be64[0x4000] fill[00,64] ",
	  "m+4000; +0; EINVAL end 82: Unknown ramblock \"\", cannot accept migration" },
};

static const char *options(struct ram *ram, const char *text)
{
	char word[32];
	int n;

	while (sscanf(text, "%31s %n", word, &n) == 1) {
		if (!strncmp(word, "bits=", 5))
			ram_page_bits(ram, (unsigned)atoi(word + 5));
		else if (!strcmp(word, "ignore-shared"))
			ram->ignore_shared = true;
		else if (!strcmp(word, "mapped"))
			ram->mapped = true;
		else if (!strcmp(word, "postcopy"))
			ram->postcopy = true;
		else if (!strcmp(word, "big-endian"))
			ram->little_endian_bitmap = false;
		else
			return text;
		text += n;
	}
	return text;
}

static void print_section(FILE *f, const struct ram_section *s)
{
	if (s->ret == -EIO)
		fprintf(f, "EIO ");
	else if (s->ret)
		fprintf(f, "%s ", s->ret == -EINVAL ? "EINVAL" : "errno");
	fprintf(f, "end %" PRIu64, s->end);
	for (unsigned i = 0; i < s->nlines; i++)
		fprintf(f, "%s%s", i ? " / " : ": ", s->lines[i]);
}

static char *print(const struct ram *ram, const struct ram_section *s)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (size_t i = 0; i < ram->nblocks; i++) {
		const struct ram_block *b = &ram->blocks[i];

		fprintf(f, "%s+%" PRIx64, b->name, b->len);
		if (b->page_size)
			fprintf(f, " page %" PRIx64, b->page_size);
		if (b->gpa != UINT64_MAX)
			fprintf(f, " at %" PRIx64, b->gpa);
		fprintf(f, "; ");
	}
	for (size_t i = 0; i < ram->nruns; i++) {
		const struct ram_run *r = &ram->runs[i];

		fprintf(f, "%s %s:%" PRIx64 " x%" PRIu64 " @%" PRIu64 "/%"
			PRIu64 "; ", ram_kind_name((enum ram_kind)r->kind),
			ram->blocks[r->block].name, r->addr, r->n, r->off,
			r->stride);
	}
	if (ram->multifd_flushes)
		fprintf(f, "%" PRIu64 " flushes; ", ram->multifd_flushes);
	print_section(f, s);
	fclose(f);
	return text;
}

/* The pages that the runs tell of are the pages that were counted. */
static void check_counts(const struct ram *ram)
{
	uint64_t n[5] = { 0 };

	for (size_t i = 0; i < ram->nruns; i++) {
		assert_true(ram->runs[i].block < ram->nblocks);
		n[ram->runs[i].kind] += ram->runs[i].n;
	}
	for (int k = 0; k < 5; k++)
		assert_int_equal(n[k], ram->pages[k]);
}

/* Walk @n bytes of the section, out of a buffer of that size. */
static char *walk(const char *what, const char *text, const uint8_t *p,
		  size_t n)
{
	uint8_t *exact = malloc(n ? n : 1);
	const struct ram_section *s, *again;
	/* not opened: bytes of a section are no stream */
	struct source src = { .path = "test", .data = exact, .len = n,
			      .file = exact, .file_len = n };
	struct ram ram;
	char *got;

	if (n)
		memcpy(exact, p, n);
	ram_init(&ram);
	options(&ram, text);
	s = ram_walk(&ram, &src, 0, NULL);
	if (s->end > n)
		fail_msg("%s: ends at %" PRIu64 " of %zu", what, s->end, n);
	check_counts(&ram);
	got = print(&ram, s);
	again = ram_walk(&ram, &src, 0, NULL);	/* from memory */
	assert_ptr_equal(again, s);
	ram_release(&ram);
	free(exact);
	return got;
}

static void each_line(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(tests); i++) {
		struct ram ram;
		struct dough d;
		char *got;

		ram_init(&ram);
		bake(&d, options(&ram, tests[i].text));
		ram_release(&ram);
		got = walk(tests[i].what, tests[i].text, d.p, d.len);
		if (strcmp(got, tests[i].want)) {
			print_error("%s:\n  got  %s\n  want %s\n",
				    tests[i].what, got, tests[i].want);
			bad++;
		}
		free(got);
		dough_release(&d);
	}
	assert_int_equal(bad, 0);
}

/* A walk that is cut off says so, unless it had failed before. */
static void cut_anywhere(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(tests); i++) {
		struct ram ram;
		struct dough d;
		char *whole;
		size_t end = 0;

		ram_init(&ram);
		bake(&d, options(&ram, tests[i].text));
		ram_release(&ram);
		whole = walk(tests[i].what, tests[i].text, d.p, d.len);
		sscanf(strstr(whole, "end "), "end %zu", &end);
		for (size_t n = 0; n < end; n += n < 128 || n + 64 > end ? 1 : 61) {
			char *got = walk(tests[i].what, tests[i].text, d.p, n);

			if (!strstr(got, "EIO ") && !strstr(got, "EINVAL ")) {
				print_error("%s, cut at %zu: %s\n",
					    tests[i].what, n, got);
				bad++;
			}
			free(got);
		}
		free(whole);
		dough_release(&d);
	}
	assert_int_equal(bad, 0);
}

/* ---- would a destination with these blocks take it? ---- */

static const struct {
	const char *what, *source, *dest, *want;
} checks[] = {
	{ "the same", "pc.ram", "pc.ram", "0" },
	{ "another name", "ppc_spapr.ram", "/objects/ppc_spapr.ram",
	  "-22 @22: Unknown ramblock \"ppc_spapr.ram\", cannot accept migration" },
	{ "another size", "m", "m+", "-22 @10: Size mismatch: m: 0x4000 != 0x5000: Invalid argument" },
	{ "a resizeable block", "/rom@etc/acpi/tables", "/rom@etc/acpi/tables+", "0 unjudged" },
	{ "of the destination only", "m", "m n", "0" },
};

/* Walk a list of these blocks; "+": one page larger.  Only names are kept. */
static void blocks(struct ram *ram, const char *names)
{
	struct source src = { .path = "test" };
	char list[300] = "", text[400], word[64];
	unsigned total = 0;
	struct dough d;
	int used;

	for (; sscanf(names, "%63s %n", word, &used) == 1; names += used) {
		bool larger = word[strlen(word) - 1] == '+';
		unsigned size = larger ? 0x5000 : 0x4000;

		snprintf(list + strlen(list), sizeof(list) - strlen(list),
			 "str8[%.*s] be64[%u] ",
			 (int)(strlen(word) - larger), word, size);
		total += size;
	}
	snprintf(text, sizeof(text), "be64[%u] %s" EOS, total | 4, list);
	bake(&d, text);
	src.data = src.file = d.p;
	src.len = src.file_len = d.len;
	ram_init(ram);
	assert_int_equal(ram_walk(ram, &src, 0, NULL)->ret, 0);
	dough_release(&d);
}

static void destinations(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(checks); i++) {
		struct ram source, dest;
		const char *unjudged = NULL;
		char line[320], got[400];
		uint64_t off;
		int ret;

		blocks(&source, checks[i].source);
		blocks(&dest, checks[i].dest);
		ret = ram_check(&source, &source.sections[0], &dest, line, &off,
				&unjudged);
		if (ret)
			snprintf(got, sizeof(got), "%d @%" PRIu64 ": %s", ret,
				 off - 8, line);
		else
			snprintf(got, sizeof(got), "0%s",
				 unjudged ? " unjudged" : "");
		if (strcmp(got, checks[i].want)) {
			print_error("%s:\n  got  %s\n  want %s\n",
				    checks[i].what, got, checks[i].want);
			bad++;
		}
		ram_release(&source);
		ram_release(&dest);
	}
	assert_int_equal(bad, 0);
}

int main(void)
{
	static const struct CMUnitTest all[] = {
		cmocka_unit_test(each_line), cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(destinations),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
