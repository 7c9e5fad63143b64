/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Patterns over locations; which of several pages counts; ranges of bytes;
 * streams built, compared and shrunk.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../debugger/compare-ram.h"
#include "../debugger/compare.h"
#include "../debugger/minimize.h"
#include "../debugger/scrub.h"
#include "../debugger/sha256.h"

#define PAGE 4096u

/* ---- patterns ---- */

static const struct {
	const char *pattern, *idstr, *path, *type;
	bool want;
} patterns[] = {
	{ "timer", "timer", "timer/cpu_ticks_offset", "int64", true },
	{ "timer", "other", "other/x", "timer", false },
	{ "type:timer", "x", "x/t", "timer", true },
	{ "type:*int*", "x", "x/t", "uint32", true },
	{ "type:timer", "x", "x/timer", NULL, false },
	{ "virtio-gpu", "0000:00:01.0/virtio-gpu", "0000:00:01.0/virtio-gpu/a",
	  NULL, true },
	{ "0000:00:01.0/virtio-gpu", "0000:00:01.0/virtio-gpu",
	  "0000:00:01.0/virtio-gpu/a.b[2].c", NULL, true },
	{ "0000:00:01.0/virtio-gpu/a", "0000:00:01.0/virtio-gpu",
	  "0000:00:01.0/virtio-gpu/a.b[2].c", NULL, true },
	{ "0000:00:01.0/virtio-gpu/a.b", "0000:00:01.0/virtio-gpu",
	  "0000:00:01.0/virtio-gpu/a.b[2].c", NULL, true },
	{ "0000:00:01.0/virtio-gpu/a.bb", "0000:00:01.0/virtio-gpu",
	  "0000:00:01.0/virtio-gpu/a.b[2].c", NULL, false },
	{ "*/a.b*", "dev", "dev/a.b[2].c", NULL, true },
	{ "c", "dev", "dev/a.b[2].c", NULL, true },
	{ "env.tsc", "cpu", "cpu/env.tsc", NULL, true },
	{ "ev", "dev", "dev/a", NULL, false },
	{ "dev#2/*", "dev", "dev#2/a", NULL, true },
	{ "dev#2", "dev", "dev#21/a", NULL, false },
	{ "*", "dev", "dev/a", NULL, true },
	{ "[", "dev", "dev/a[1]", NULL, false },
};

static void test_patterns(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		bool got = compare_matches(patterns[i].pattern,
					   patterns[i].idstr, patterns[i].path,
					   patterns[i].type);

		if (got != patterns[i].want)
			print_error("%s over %s\n", patterns[i].pattern,
				    patterns[i].path);
		assert_int_equal(got, patterns[i].want);
	}
}

/* ---- RAM ---- */

/*
 * "0a 3z 0-2b": pages of one block in the order of the stream; a letter fills
 * the page, z is a zero page; "x2d": page 2 by XBZRLE, its first byte becomes d.
 */
static struct account *ram_account(struct stream_writer *w, const char *text)
{
	struct account *a;
	struct source *src;
	struct err err;
	bool first = true;

	stream_writer_init(w);
	write_header(w);
	write_section(w, SECTION_START, 1, "ram", 0, 4);
	write_be64(w, 16 * PAGE | RAM_FLAG_MEM_SIZE);
	write_str8(w, "pc.ram");
	write_be64(w, 16 * PAGE);
	write_be64(w, RAM_FLAG_EOS);
	write_footer(w, 1);
	write_part(w, SECTION_END, 1);
	for (const char *p = text; *p; ) {
		bool delta = *p == 'x';
		unsigned long from = strtoul(p + delta, (char **)&p, 10);
		unsigned long to = *p == '-' ?
			strtoul(p + 1, (char **)&p, 10) : from;
		char fill = *p++;
		unsigned flag = delta ? RAM_FLAG_XBZRLE : fill == 'z' ?
			RAM_FLAG_ZERO : RAM_FLAG_PAGE;

		for (; from <= to; from++) {
			write_be64(w, from * PAGE | flag |
				   (first ? 0 : RAM_FLAG_CONTINUE));
			if (first)
				write_str8(w, "pc.ram");
			first = false;
			if (delta) {
				/* keep none, then one byte */
				write_u8(w, 1);
				write_be16(w, 3);
				write_u8(w, 0);
				write_u8(w, 1);
				write_u8(w, (uint8_t)fill);
				continue;
			}
			for (unsigned i = 0; i < (fill == 'z' ? 1 : PAGE); i++)
				write_u8(w, fill == 'z' ? 0 : (uint8_t)fill);
		}
		while (*p == ' ')
			p++;
	}
	write_be64(w, RAM_FLAG_EOS);
	write_footer(w, 1);
	write_eof(w);
	write_description(w, "{\"devices\":[]}", 14);
	assert_int_equal(source_open_memory(&src, "ram", w->data, w->len, NULL,
					    &err), 0);
	assert_int_equal(account_take(&a, src, DESC_FROM_SOURCE, NULL, &err), 0);
	return a;
}

/* What the guest's pages begin with, "." a zero. */
static const struct {
	const char *what, *text, *want;
} maps[] = {
	{ "nothing", "", "................" },
	{ "in order", "0a 1b 2c", "abc............." },
	{ "a run", "0-15a", "aaaaaaaaaaaaaaaa" },
	{ "a later page counts", "0-3a 1b", "abaa............" },
	{ "a later run counts", "1b 0-3a", "aaaa............" },
	{ "zero over data", "0-3a 2z", "aa.a............" },
	{ "data over zero", "0-15z 5c", ".....c.........." },
	{ "in the middle, twice", "0-7a 2-5b 3-4c 4d", "aabcdbaa........" },
	{ "old ones inside a new run", "1a 3b 5c 0-6d 7e", "ddddddde........" },
	{ "backwards", "3c 2b 1a", ".abc............" },
	{ "xbzrle", "0-1a x0b", "ba.............." },
	{ "xbzrle of xbzrle", "0-1a x0b x0c", "ca.............." },
	{ "a page over xbzrle", "0a x0b 0c", "c..............." },
	{ "xbzrle of a later page", "0a x0b 0c x0d", "d..............." },
	{ "xbzrle of a zero page", "0z x0q", "q..............." },
	{ "xbzrle of nothing", "x3q", "...q............" },
};

static void test_maps(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		struct stream_writer w;
		struct account *a = ram_account(&w, maps[i].text);
		struct ram_map m;
		uint8_t buf[PAGE];
		char got[17] = "";

		ram_map_init(&m, a->src, &a->ram);
		for (unsigned k = 0; k < 16; k++) {
			const uint8_t *p = ram_map_page(&m, 0, k * PAGE, buf);

			assert_non_null(p);
			got[k] = p[0] ? (char)p[0] : '.';
		}
		for (size_t k = 1; k < m.nsegs; k++)
			assert_true(m.segs[k].addr >= m.segs[k - 1].addr +
				    m.segs[k - 1].n * PAGE);
		if (strcmp(got, maps[i].want))
			print_error("%s: %s\n", maps[i].what, got);
		assert_string_equal(got, maps[i].want);
		ram_map_release(&m);
		account_close(a);
		stream_writer_release(&w);
	}
}

static const struct {
	const char *a, *b, *want;
} rams[] = {
	{ "", "", "" },
	{ "0-15a", "0-15a", "" },
	{ "0-15a", "0-15a 3b", "3+1 " },
	{ "0-15a", "0-15a 3b 4c 9z", "3+2 9+1 " },
	{ "0-15z", "", "" },
	{ "0a", "", "0+1 " },
	{ "", "15a", "15+1 " },
	{ "0-15a", "15a 14a 13a 0-12a", "" },
	{ "0a x0b 1c", "0b 1c", "0+1 " },	/* the rest of the page is a */
	{ "0a x0b 1c", "0a x0b 1c", "" },
};

static void test_rams(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rams) / sizeof(rams[0]); i++) {
		for (unsigned threads = 1; threads < 4; threads++) {
			struct stream_writer wa, wb;
			struct account *a = ram_account(&wa, rams[i].a);
			struct account *b = ram_account(&wb, rams[i].b);
			struct compare_opts o = { .threads = threads };
			struct comparison *c = compare(a, b, NULL, &o);
			char got[200] = "";

			for (size_t k = 0; k < c->nram; k++)
				sprintf(got + strlen(got), "%u+%u ",
					(unsigned)(c->ram[k].addr / PAGE),
					(unsigned)(c->ram[k].len / PAGE));
			assert_string_equal(got, rams[i].want);
			assert_int_equal(comparison_differs(c), got[0] != 0);
			comparison_close(c);
			account_close(a);
			account_close(b);
			stream_writer_release(&wa);
			stream_writer_release(&wb);
		}
	}
}

/* ---- ranges ---- */

static void test_ranges(void **state)
{
	static const struct {
		const char *from, *what, *want;
	} cases[] = {
		{ "0-10", "", "0-10 " },
		{ "0-10", "3-5", "0-3 5-10 " },
		{ "0-10 5-20", "", "0-20 " },
		{ "0-10 20-30", "5-25", "0-5 25-30 " },
		{ "0-10", "0-10", "" },
		{ "0-10", "10-20", "0-10 " },
		{ "5-6 1-2", "0-3", "5-6 " },
		{ "0-100", "1-2 3-4 5-6", "0-1 2-3 4-5 6-100 " },
		{ "0-3 5-8", "2-6 7-9", "0-2 6-7 " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct byte_ranges r[2] = { { 0 } };
		const char *text[2] = { cases[i].from, cases[i].what };
		char got[200] = "";

		for (int k = 0; k < 2; k++) {
			for (const char *p = text[k]; *p; ) {
				uint64_t a = strtoul(p, (char **)&p, 10);
				uint64_t b = strtoul(p + 1, (char **)&p, 10);

				byte_ranges_add(&r[k], a, b);
				while (*p == ' ')
					p++;
			}
			byte_ranges_tidy(&r[k]);
		}
		byte_ranges_subtract(&r[0], &r[1]);
		for (size_t k = 0; k < r[0].n; k++)
			sprintf(got + strlen(got), "%u-%u ",
				(unsigned)r[0].v[k].off,
				(unsigned)r[0].v[k].end);
		assert_string_equal(got, cases[i].want);
		free(r[0].v);
		free(r[1].v);
	}
}

/* ---- SHA-256: FIPS 180-4's examples ---- */

static void test_sha256(void **state)
{
	static const struct {
		const char *text, *want;
		unsigned times;
	} cases[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb924"
		      "27ae41e4649b934ca495991b7852b855", 1 },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223"
			 "b00361a396177a9cb410ff61f20015ad", 1 },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039"
		  "a33ce45964ff2167f6ecedd419db06c1", 1 },
		{ "aaaaaaaaaa", "cdc76e5c9914fb9281a1c7e284d73e67"
				"f1809a48a497200e046d39ccc7112cd0", 100000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sha256 s;
		char got[65];

		sha256_init(&s);
		for (unsigned k = 0; k < cases[i].times; k++)
			sha256_add(&s, cases[i].text, strlen(cases[i].text));
		sha256_hex(&s, got);
		assert_string_equal(got, cases[i].want);
	}
}

/* ---- shrinking ---- */

static void write_device(struct stream_writer *w, uint32_t id,
			 const char *name, uint32_t version)
{
	write_section(w, SECTION_FULL, id, name, 0, version);
	write_be32(w, 0x11);
	write_be32(w, 0x22);
	write_u8(w, 0x33);
	write_footer(w, id);
}

/* Three devices of three fields; @version is the middle one's. */
static void write_three(struct stream_writer *w, uint32_t version)
{
	static const char *const names[] = { "one", "two", "three" };
	char json[2000] = "{\"devices\":[";

	stream_writer_init(w);
	write_header(w);
	for (uint32_t i = 0; i < 3; i++) {
		uint32_t v = i == 1 ? version : 1;

		write_device(w, i, names[i], v);
		sprintf(json + strlen(json), "%s{\"name\":\"%s\","
			"\"instance_id\":0,\"vmsd_name\":\"%s\",\"version\":%u,"
			"\"fields\":[{\"name\":\"a\",\"type\":\"uint32\","
			"\"size\":4},{\"name\":\"b\",\"type\":\"uint32\","
			"\"size\":4},{\"name\":\"c\",\"type\":\"uint8\","
			"\"size\":1}]}", i ? "," : "", names[i], names[i], v);
	}
	strcat(json, "]}");
	write_eof(w);
	write_description(w, json, strlen(json));
}

static char *write_file(const struct stream_writer *w)
{
	char *path = strdup("/tmp/debugger-compare-XXXXXX");
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(w->data, 1, w->len, f), w->len);
	fclose(f);
	return path;
}

static void test_minimize(void **state)
{
	struct stream_writer ref, bad;
	struct destination *dest;
	struct account *source;
	struct source *src;
	struct minimized m;
	struct err err;
	const char *to[1];
	char *path;

	(void)state;
	write_three(&ref, 1);
	write_three(&bad, 2);
	path = write_file(&ref);
	to[0] = path;
	assert_int_equal(source_open_memory(&src, "bad", bad.data, bad.len,
					    NULL, &err), 0);
	account_take(&source, src, DESC_FROM_SOURCE, NULL, &err);
	assert_int_equal(destination_open(&dest, to, 1, source, NULL, &err), 0);
	assert_int_equal(minimize(&m, source, dest, RULES_CURRENT, NULL, &err),
			 0);
	/* a version that is too new needs neither fields nor other sections */
	assert_int_equal(m.sections_before, 3);
	assert_int_equal(m.sections, 1);
	assert_int_equal(m.fields, 0);
	assert_true(m.out.len < bad.len / 3);
	assert_non_null(memmem(m.out.data, m.out.len, "two", 3));
	assert_null(memmem(m.out.data, m.out.len, "three", 5));
	minimized_release(&m);
	destination_close(dest);
	account_close(source);

	/* one that loads is left alone */
	source_open_memory(&src, "good", ref.data, ref.len, NULL, &err);
	account_take(&source, src, DESC_FROM_SOURCE, NULL, &err);
	destination_open(&dest, to, 1, source, NULL, &err);
	assert_int_equal(minimize(&m, source, dest, RULES_CURRENT, NULL, &err),
			 -1);
	minimized_release(&m);
	destination_close(dest);
	account_close(source);
	remove(path);
	free(path);
	stream_writer_release(&ref);
	stream_writer_release(&bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_rams),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_minimize),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
