/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A load saved and opened again is the same load, whatever was in it; a file
 * that somebody has changed never does harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../debugger/recording.h"
#include "../debugger/scrub.h"

static char dir[] = "/tmp/debugger-recording-XXXXXX";
static char file[100];

struct loaded {
	struct account *source;
	struct destination *dest;
	struct timeline *t;
	struct analysis *a;
};

static const struct {
	const char *source, *to;
} cases[] = {
	{ "streams/10.0-microvm-none.mig.xz", NULL },
	{ "streams/7.2-pc-q35-7.2-am53c974.mig.xz",
	  "streams/10.0-pc-q35-7.2-am53c974.mig.xz" },
	{ "streams/10.0-pc-i440fx-5.2-usb.mig.xz",
	  "streams/5.2-pc-i440fx-5.2-usb.mig.xz" },
	{ "special/no-vmdesc.mig.xz", NULL },
	{ "special/mapped-ram.mig.xz", NULL },
	{ "special/xbzrle.mig.xz", NULL },
};
#define NCASES (sizeof(cases) / sizeof(cases[0]))

static struct loaded load(size_t i)
{
	struct loaded l;
	struct err err;
	char source[200], to[200];
	const char *list[1] = { to };

	snprintf(source, sizeof(source), "tests/data/%s", cases[i].source);
	snprintf(to, sizeof(to), "tests/data/%s", cases[i].to ? cases[i].to : "");
	if (account_open(&l.source, source, DESC_FROM_SOURCE, NULL, &err) < 0)
		fail_msg("%s: %s", source, err.msg);
	if (destination_open(&l.dest, list, cases[i].to != NULL, l.source, NULL,
			     &err) < 0)
		fail_msg("%s", err.msg);
	l.t = destination_load(l.dest, l.source, RULES_CURRENT, NULL);
	l.a = analyse(l.source, l.dest, l.t);
	return l;
}

static void unload(struct loaded *l)
{
	analysis_close(l->a);
	timeline_close(l->t);
	destination_close(l->dest);
	account_close(l->source);
}

static void same_str(const char *a, const char *b)
{
	assert_true(!a == !b);
	if (a)
		assert_string_equal(a, b);
}

static void same_desc(const struct desc *a, const struct desc *b, int depth)
{
	assert_true(!a == !b);
	if (!a || depth > 3)
		return;
	same_str(a->name, b->name);
	assert_int_equal(a->version, b->version);
	assert_int_equal(a->from, b->from);
	assert_int_equal(a->nfields, b->nfields);
	assert_int_equal(a->nsubs, b->nsubs);
	assert_int_equal(a->all_subs, b->all_subs);
	for (size_t i = 0; i < a->nfields; i++) {
		const struct desc_field *f = &a->fields[i], *g = &b->fields[i];

		same_str(f->name, g->name);
		same_str(f->type, g->type);
		same_str(f->count_field, g->count_field);
		assert_int_equal(f->dup, g->dup);
		assert_int_equal(f->flags, g->flags);
		assert_int_equal(f->size, g->size);
		assert_int_equal(f->num, g->num);
		assert_int_equal(f->from_type, g->from_type);
		same_desc(f->desc, g->desc, depth + 1);
	}
	for (size_t i = 0; i < a->nsubs; i++)
		same_desc(a->subs[i], b->subs[i], depth + 1);
}

static void same_events(const struct timeline *a, const struct timeline *b)
{
	assert_int_equal(a->n, b->n);
	for (uint32_t i = 0; i < a->n; i++) {
		const struct event *e = &a->events[i], *f = &b->events[i];

		assert_int_equal(e->off, f->off);
		assert_int_equal(e->len, f->len);
		assert_int_equal(e->parent, f->parent);
		assert_int_equal(e->end, f->end);
		assert_int_equal(e->section, f->section);
		assert_int_equal(e->n, f->n);
		assert_int_equal(e->elem, f->elem);
		assert_int_equal(e->version, f->version);
		assert_int_equal(e->instance, f->instance);
		assert_int_equal(e->kind, f->kind);
		assert_int_equal(e->outcome, f->outcome);
		assert_int_equal(e->depth, f->depth);
		assert_int_equal(e->from, f->from);
		assert_int_equal(e->is_array, f->is_array);
		assert_int_equal(e->guess, f->guess);
		assert_int_equal(e->section_kind, f->section_kind);
		same_str(e->name, f->name);
		same_str(e->type, f->type);
		same_str(e->text, f->text);
		assert_true(!e->field == !f->field);
		if (e->field)
			same_str(e->field->name, f->field->name);
		if (i % 50 == 0)
			same_desc(e->desc, f->desc, 0);
	}
	assert_int_equal(a->nfailures, b->nfailures);
	assert_int_equal(a->nunknowns, b->nunknowns);
	assert_int_equal(a->nunjudged, b->nunjudged);
	assert_int_equal(a->nwarnings, b->nwarnings);
	assert_int_equal(a->footers, b->footers);
	assert_int_equal(a->reached_eof, b->reached_eof);
	assert_int_equal(a->eof_offset, b->eof_offset);
	same_str(a->machine, b->machine);
}

/* Every byte of a leaf is there; pages of RAM are not. */
static void same_bytes(const struct timeline *a, const struct timeline *b)
{
	for (uint32_t i = 0; i < a->n; i++) {
		const struct event *e = &a->events[i];

		if (e->kind == EV_FIELD && e->len && e->end == i + 1)
			assert_memory_equal(a->src->data + e->off,
					    b->src->data + e->off, e->len);
	}
}

static void same_ram(const struct ram *a, const struct ram *b)
{
	assert_int_equal(a->nblocks, b->nblocks);
	assert_int_equal(a->nruns, b->nruns);
	assert_int_equal(a->nsections, b->nsections);
	assert_int_equal(a->page_bits, b->page_bits);
	for (size_t i = 0; i < a->nblocks; i++) {
		assert_string_equal(a->blocks[i].name, b->blocks[i].name);
		assert_int_equal(a->blocks[i].len, b->blocks[i].len);
	}
	for (size_t i = 0; i < a->nruns; i++) {
		const struct ram_run *x = &a->runs[i], *y = &b->runs[i];

		assert_true(x->addr == y->addr && x->off == y->off &&
			    x->n == y->n && x->stride == y->stride &&
			    x->block == y->block && x->kind == y->kind);
	}
}

static const struct recording_mark marks[] = {
	{ "breakpoint", 1, EVENT_NONE, 0, "cpu/env.eip", "if offset > 3" },
	{ "note", 2, 17, 99, "timer", "look here\n\"twice\"" },
	{ "note", 3, 0, 0, NULL, NULL },
};

static void test_round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < NCASES; i++) {
		struct loaded l = load(i);
		struct recording_opts o = {
			.rules = RULES_SLASH, .marks = marks, .nmarks = 3,
		};
		const struct recording_mark *m;
		struct recording *r;
		struct err err;
		size_t n;

		if (recording_save(file, l.source, l.dest, l.t, l.a, &o, &err) < 0)
			fail_msg("%s", err.msg);
		assert_true(recording_is(file));
		if (recording_open(&r, file, &err) < 0)
			fail_msg("%s: %s", cases[i].source, err.msg);
		assert_true(recording_complete(r));
		assert_null(recording_note(r));
		same_events(l.t, recording_timeline(r));
		same_bytes(l.t, recording_timeline(r));
		if (l.source->self)
			same_events(l.source->self, recording_source(r)->self);
		same_ram(&l.source->ram, &recording_source(r)->ram);
		assert_int_equal(l.a->verdict, recording_analysis(r)->verdict);
		assert_int_equal(l.a->ndivergences,
				 recording_analysis(r)->ndivergences);
		assert_int_equal(l.dest->registry.nentries,
				 recording_destination(r)->registry.nentries);
		assert_int_equal(recording_rules(r), RULES_SLASH);
		m = recording_marks(r, &n);
		assert_int_equal(n, 3);
		for (size_t k = 0; k < n; k++) {
			same_str(m[k].kind, marks[k].kind);
			same_str(m[k].path, marks[k].path);
			same_str(m[k].text, marks[k].text);
			assert_int_equal(m[k].event, marks[k].event);
		}
		recording_close(r);
		unload(&l);
	}
}

/* What fields are in C, for each side; two of one name are not told apart. */
static void test_members(void **state)
{
	static const struct c_member all = {
		.structure = "T (struct t)", .candidates = 2, .path = "a.b[3]",
		.type = "uint8_t", .offset = 24, .size = 1, .bit_offset = 3,
		.bit_size = 2, .file = "/x/t.h", .line = 7,
		.desc_file = "/x/t.c", .desc_line = 9,
	}, some = { .desc_file = "/x/t.c", .desc_line = 9 };
	struct loaded l = load(1);
	struct members *m = members_new();
	struct recording_opts o = { .members = { m, NULL } };
	const struct event *e = l.t->events, *f;
	const struct c_member *c;
	struct recording *r;
	struct err err;
	char buf[200];

	(void)state;
	while (e->kind != EV_FIELD || !e->desc || !e->field)
		e++;
	for (f = e + 1; f->kind != EV_FIELD || !f->desc || !f->field ||
	     f->field == e->field; f++)
		;
	members_add(m, e->desc->name, e->field->name, e->field->dup, &all);
	members_add(m, f->desc->name, f->field->name, f->field->dup, &some);
	assert_int_equal(recording_save(file, l.source, l.dest, l.t, l.a, &o,
					&err), 0);
	assert_int_equal(recording_open(&r, file, &err), 0);
	c = members_find(recording_members(r, false), e->desc, e->field);
	assert_non_null(c);
	assert_string_equal(c_member_print(c, buf, sizeof(buf)),
			    "T (struct t).a.b[3]: uint8_t at +0x18, bits 3-4 "
			    "(1 other structure fits)");
	assert_string_equal(c_member_where(c, buf, sizeof(buf)), "/x/t.h:7");
	c = members_find(recording_members(r, false), f->desc, f->field);
	assert_non_null(c);
	assert_null(c->path);
	assert_string_equal(c_member_where(c, buf, sizeof(buf)), "/x/t.c:9");
	assert_null(members_find(recording_members(r, true), e->desc,
				 e->field));
	recording_close(r);
	members_add(m, e->desc->name, e->field->name, e->field->dup, &some);
	assert_null(members_find(m, e->desc, e->field));
	members_close(m);
	unload(&l);
}

/* A recording of a recording is the same again. */
static void test_copy(void **state)
{
	struct loaded l = load(1);
	struct recording *r, *s;
	char copy[120];
	struct err err;

	(void)state;
	snprintf(copy, sizeof(copy), "%s.copy", file);
	assert_int_equal(recording_save(file, l.source, l.dest, l.t, l.a, NULL,
					&err), 0);
	assert_int_equal(recording_open(&r, file, &err), 0);
	assert_int_equal(recording_save(copy, recording_source(r),
		recording_destination(r), recording_timeline(r),
		recording_analysis(r), NULL, &err), 0);
	assert_int_equal(recording_open(&s, copy, &err), 0);
	same_events(l.t, recording_timeline(s));
	same_bytes(l.t, recording_timeline(s));
	recording_close(r);
	recording_close(s);
	unlink(copy);
	unload(&l);
}

/* What is private reads as zeros, what is public as it was. */
static void test_scrub(void **state)
{
	(void)state;
	for (size_t i = 0; i < NCASES; i++) {
		struct loaded l = load(i);
		struct recording_opts o = { .scrub = true };
		struct byte_ranges pub;
		const uint8_t *d;
		struct recording *r;
		struct err err;
		uint64_t at = 0;

		assert_int_equal(recording_save(file, l.source, l.dest, l.t,
						l.a, &o, &err), 0);
		assert_int_equal(recording_open(&r, file, &err), 0);
		assert_true(recording_scrubbed(r));
		d = recording_timeline(r)->src->data;
		scrub_public(&pub, l.source->self, l.t);
		for (size_t k = 0; k <= pub.n; k++) {
			uint64_t end = k < pub.n ? pub.v[k].off :
				l.source->src->len;

			for (; at < end; at++)
				assert_int_equal(d[at], 0);
			if (k < pub.n)
				at = pub.v[k].end;
		}
		free(pub.v);
		recording_close(r);
		unload(&l);
	}
}

/* Random damage: opened or refused, and then walked over. */
static void test_damaged(void **state)
{
	struct loaded l = load(0);
	struct stat st;
	uint8_t *good, *bad;
	struct err err;
	FILE *f;
	size_t n, opened = 0;

	(void)state;
	srand(7);
	assert_int_equal(recording_save(file, l.source, l.dest, l.t, l.a, NULL,
					&err), 0);
	unload(&l);
	assert_int_equal(stat(file, &st), 0);
	n = (size_t)st.st_size;
	good = malloc(n);
	bad = malloc(n);
	f = fopen(file, "rb");
	assert_int_equal(fread(good, 1, n, f), n);
	fclose(f);
	for (int round = 0; round < 300; round++) {
		struct recording *r;
		int hits = 1 << rand() % 6;

		memcpy(bad, good, n);
		while (hits--)
			bad[100 + (size_t)rand() % (n - 100)] =
				rand() % 3 ? (uint8_t)rand() : 0xff;
		f = fopen(file, "wb");
		fwrite(bad, 1, n, f);
		fclose(f);
		if (recording_open(&r, file, &err) == 0) {
			const struct timeline *t = recording_timeline(r);
			char path[2048];

			opened++;
			for (uint32_t i = 0; i < t->n; i++) {
				timeline_path(t, i, path, sizeof(path));
				timeline_section(t, i);
				if (t->events[i].len)
					path[0] = (char)t->src->data[
						t->events[i].off];
			}
			recording_close(r);
		} else {
			assert_true(err.msg[0]);
		}
	}
	free(good);
	free(bad);
	assert_true(opened > 0 && opened < 300);
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(file, sizeof(file), "%s/a.rec", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(file);
	rmdir(dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_scrub),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
