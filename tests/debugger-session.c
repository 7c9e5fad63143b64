/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command language: every command, locations, pasted error lines, loading
 * again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../debugger/command-impl.h"
#include "../debugger/compare.h"
#include "../debugger/search.h"

#define DATA "tests/data/"
#define VGPU "0000:00:01.0/virtio-gpu"

/* ---- a writer that remembers ---- */

struct memory {
	struct out out;
	char text[200000];
	size_t n;
	int open;		/* records and objects not yet ended */
	unsigned records;
};

static void remember(struct out *o, const char *s)
{
	struct memory *m = (struct memory *)o;

	if (m->n + strlen(s) + 1 < sizeof(m->text))
		m->n += (size_t)sprintf(m->text + m->n, "%s", s);
}

static void begin(struct out *o, const char *record)
{
	struct memory *m = (struct memory *)o;

	assert_int_equal(m->open, 0);	/* records do not nest */
	assert_non_null(record);
	m->open++;
	m->records++;
}

static void end(struct out *o)
{
	assert_int_equal(--((struct memory *)o)->open, 0);
}

static void string(struct out *o, const char *key, const char *value)
{
	(void)key;
	(void)value;
	assert_true(((struct memory *)o)->open > 0);
}

static void number(struct out *o, const char *key, int64_t value)
{
	(void)value;
	assert_non_null(key);
	assert_true(((struct memory *)o)->open > 0);
}

static void boolean(struct out *o, const char *key, bool value)
{
	number(o, key, value);
}

static void open_value(struct out *o, const char *key, bool list)
{
	(void)key;
	(void)list;
	assert_true(((struct memory *)o)->open++ > 0);
}

static void close_value(struct out *o)
{
	assert_true(--((struct memory *)o)->open > 0);
}

static void text(struct out *o, enum style style, const char *s)
{
	(void)style;
	remember(o, s);
}

static void newline(struct out *o)
{
	remember(o, "\n");
}

static void error(struct out *o, const char *message)
{
	remember(o, "error: ");
	remember(o, message);
	remember(o, "\n");
}

static const struct out_ops ops = {
	.begin = begin, .end = end, .string = string, .number = number,
	.boolean = boolean, .open = open_value, .close = close_value,
	.text = text, .newline = newline, .error = error,
};

static struct memory memory = { .out = { .ops = &ops } };
static struct session *session;

/* What a line prints; @ret is what it answers. */
static const char *run(const char *line, int *ret)
{
	int r;

	memory.n = 0;
	memory.text[0] = '\0';
	memory.out.failed = false;
	r = command_line(session, line, false, &memory.out);
	assert_int_equal(memory.open, 0);
	if (ret)
		*ret = r;
	return memory.text;
}

static const char *run_well(const char *line)
{
	int r;
	const char *s = run(line, &r);

	if (r < 0)
		fail_msg("%s: %s", line, s);
	return s;
}

static void expect(const char *line, const char *part)
{
	const char *s = run(line, NULL);

	if (!strstr(s, part))
		fail_msg("%s: no '%s' in: %s", line, part, s);
}

/* ---- every command ---- */

static int no_shell(void *ctx, const char *command)
{
	(void)ctx;
	(void)command;
	return 0;
}

static struct out *no_pipe(void *ctx, const char *command)
{
	(void)ctx;
	(void)command;
	return &memory.out;
}

static int no_pipe_close(void *ctx, struct out *o)
{
	(void)ctx;
	(void)o;
	return 0;
}

static int no_screen(void *ctx, const char *path, struct err *err)
{
	(void)ctx;
	(void)path;
	(void)err;
	return 0;
}

static void prepare(const struct command *c)
{
	session->quit = false;
	session_goto(session, 100, false);
	if (!session->breakpoints.n) {
		session->breakpoints.next = 1;
		run_well("break kind:footer");
	}
	if (!strcmp(c->name, "back"))
		run_well("goto end");
	if (!strcmp(c->name, "down"))
		run_well("goto " VGPU);
	if (!strncmp(c->name, "previous", 8) || !strcmp(c->name, "reverse-down"))
		run_well("goto failure");
	if (!strcmp(c->name, "next-change") ||
	    !strcmp(c->name, "previous-change"))
		run_well("compare " DATA
			 "streams/10.0-pc-q35-7.2-vgpu4.mig.xz");
	if (!strcmp(c->name, "reverse-up"))
		run_well("goto " VGPU);
}

static void test_every_command(void **state)
{
	const struct host host = {
		.shell = no_shell, .pipe_open = no_pipe,
		.pipe_close = no_pipe_close, .save_screen = no_screen,
	};

	(void)state;
	session_set_host(session, &host);
	for (size_t i = 0; commands[i]; i++) {
		const struct command *c = commands[i];
		char line[300];
		const char *help;

		assert_non_null(c->name);
		if (!c->help || c->help[strlen(c->help) - 1] != '.')
			fail_msg("%s: its help is no sentence", c->name);
		snprintf(line, sizeof(line), "help %s", c->name);
		help = run_well(line);
		assert_non_null(strstr(help, c->name));
		if (!c->example && strcmp(c->name, "back"))
			fail_msg("%s: no example to run", c->name);
		prepare(c);
		snprintf(line, sizeof(line), "%s %s%s", c->name,
			 !strcmp(c->name, "record") ? "/tmp/vmsdb-" : "",
			 c->example ? c->example : "");
		/* tests/live-check runs these with a real destination */
		if (!strcmp(c->name, "monitor") ||
		    !strcmp(c->name, "info live") ||
		    !strcmp(c->name, "info real"))
			expect(line, "no real destination here");
		else if (!strcmp(c->name, "attach"))
			expect("attach --qmp /nowhere", "cannot connect");
		else
			run_well(line);
		if (!strcmp(c->name, "record"))
			unlink(line + strlen("record "));
		if (command_is_open(session))
			run_well("end");
	}
	run_well("delete");
	session->quit = false;
	session_set_host(session, &(struct host){ 0 });
}

/* What looking at every event's path, one by one, would find. */
static uint32_t search_slowly(uint32_t from, const char *text, bool forward)
{
	const struct timeline *t = session->t;
	bool is_path = strpbrk(text, "/.*?[");
	uint32_t i = from;
	char path[2048];

	for (uint32_t k = 0; k < t->n; k++) {
		const struct event *e;
		bool yes;

		i = forward ? (i + 1) % t->n : (i + t->n - 1) % t->n;
		e = &t->events[i];
		session_path(t, i, path, sizeof(path));
		yes = strpbrk(text, "*?") ? location_glob(text, path) :
			is_path ? strcasestr(path, text) != NULL :
			(e->name && strcasestr(e->name, text)) ||
			(e->type && strcasestr(e->type, text)) ||
			(e->text && strcasestr(e->text, text));
		if (yes)
			return i;
	}
	return EVENT_NONE;
}

static void test_search(void **state)
{
	static const char *const texts[] = {
		"virtio", "FB.FORMAT", "scanout[2]", "scanout[", "[1].",
		"vq[3].vring.num", "gpu/virtio", "virtio-gpu/", "dma#1/",
		"dma#1", "*/parent_obj.scanout[3].*", "cpu/env.*", "timer",
		"*.num", "uint64", "parent_obj.", ".", "/", "[", "nowhere",
		"nowhere.at", "config[0x40", "].fb", "?pic/*", "e.x",
	};
	uint32_t n = session->t->n;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const uint32_t starts[] = { 0, 1, n / 3, n / 2, n - 30, n - 1 };

		for (size_t k = 0; k < 12; k++) {
			uint32_t from = starts[k / 2], want, got;

			want = search_slowly(from, texts[i], k & 1);
			got = search_load(session->t, from, texts[i], k & 1);
			if (got != want)
				fail_msg("'%s' %s %u: %u, not %u", texts[i],
					 k & 1 ? "behind" : "before", from, got,
					 want);
		}
	}
}

/* Which bytes the other snapshot has otherwise, whatever asks for them. */
static void test_changed_bytes(void **state)
{
	const char *other = "tests/data/streams/10.0-pc-q35-7.2-vgpu4.mig.xz";
	size_t n;

	(void)state;
	session_compare_end(session);	/* another test's */
	assert_null(session_compared(session));
	assert_int_equal(session_nchanges(session), 0);
	assert_false(session_byte_changed(session, 0xe5ed));
	run_well("compare tests/data/streams/10.0-pc-q35-7.2-vgpu4.mig.xz");
	assert_string_equal(session_compared(session), other);
	n = session_nchanges(session);
	assert_true(n > 2);
	for (size_t i = 0; i < n; i++) {
		const struct difference *d = session_change(session, i);
		const struct difference_side *a = &d->side[SIDE_A];
		uint32_t e = session_change_event(session, i);
		bool any = false;

		assert_null(d->ignored);
		assert_true(e == EVENT_NONE || e < session->t->n);
		for (uint64_t k = 0; a->there && k < a->len; k++)
			any |= session_byte_changed(session, a->off + k);
		assert_int_equal(any, a->there && a->len);
	}
	/* QEVM */
	assert_false(session_byte_changed(session, 0));
	assert_false(session_byte_changed(session, UINT64_MAX));
	session_compare_end(session);
}

/* Names and aliases lead to their command, beginnings to one of them. */
static void test_names(void **state)
{
	static const struct {
		const char *line, *name;	/* NULL: an error */
	} rows[] = {
		{ "s", "step" }, { "n 3", "next" }, { "c", "continue" },
		{ "rs", "reverse-step" }, { "rn", "reverse-next" },
		{ "rf", "reverse-finish" }, { "rc", "reverse-continue" },
		{ "reverse-s", NULL }, { "reverse-st", "reverse-step" },
		{ "fin", "finish" }, { "b 0x10", "break" }, { "tb", "tbreak" },
		{ "i b", "info breakpoints" }, { "info br", "info breakpoints" },
		{ "info s", NULL }, { "info se", "info sections" },
		{ "p/x foo", "print" }, { "x/16xb 0", "x" }, { "l", "list" },
		{ "set ru slash", "set rules" }, { "set width 3", "set" },
		{ "set var width 3", "set var" }, { "q", "quit" },
		{ "]", "next-divergence" }, { "}", "next-section" },
		{ "rev", NULL }, { "nosuch", NULL }, { "", NULL },
		{ "wat", "watch" }, { "w", "why" }, { "bt", "bt" },
	};
	const char *args;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct command *c = command_find(rows[i].line, &args,
						       &err);

		if (!c != !rows[i].name ||
		    (c && strcmp(c->name, rows[i].name)))
			fail_msg("%s is %s", rows[i].line, c ? c->name :
				 err.msg);
	}
	/* nothing is called twice */
	for (size_t i = 0; commands[i]; i++) {
		char alias[64];
		const char *p = commands[i]->alias ? commands[i]->alias : "";

		if (strchr(commands[i]->name, ' '))
			continue;
		assert_ptr_equal(command_find(commands[i]->name, &args, &err),
				 commands[i]);
		while (next_word(&p, alias, sizeof(alias)))
			assert_ptr_equal(command_find(alias, &args, &err),
					 commands[i]);
	}
}

/* ---- places ---- */

static void test_locations(void **state)
{
	static const struct {
		const char *text;
		size_t n;		/* 0: an error; 99: several */
		const char *first;	/* path of the first */
	} rows[] = {
		{ VGPU, 1, VGPU }, { "*virtio-gpu", 1, VGPU },
		{ VGPU "/virtio.vq[1].vring.num", 1,
		  VGPU "/virtio.vq[1].vring.num" },
		{ VGPU " › virtio › vq[1] › vring.num", 1,
		  VGPU "/virtio.vq[1].vring.num" },
		{ VGPU "/virtio.virtio/virtqueues.vq[3].vring.avail", 1,
		  VGPU "/virtio.virtio/virtqueues.vq[3].vring.avail" },
		{ VGPU "/virtio.vq[*].last_avail_idx", 2,
		  VGPU "/virtio.vq[0].last_avail_idx" },
		{ "dma", 2, "dma" }, { "dma#1", 1, "dma#1" },
		{ "dma#2", 0, NULL },
		{ "virtio-gpu-one-scanout:width", 4,
		  VGPU "/virtio-gpu.parent_obj.scanout[0].width" },
		{ "virtio-gpu-one-*:width", 4,
		  VGPU "/virtio-gpu.parent_obj.scanout[0].width" },
		{ "type:timer", 99, NULL }, { "type:nosuch", 0, NULL },
		{ "kind:footer", 99, NULL }, { "kind:nosuch", 0, NULL },
		{ "subsection", 99, NULL }, { "struct", 99, NULL },
		{ "failure", 99, NULL }, { "divergence", 99, NULL },
		{ "start", 1, "" }, { "end", 1, "" }, { "4112", 1, VGPU },
		{ "0xe5bc", 1, VGPU "/virtio.config_vector" },
		{ "config_vector", 1, VGPU "/virtio.config_vector" },
		{ "99999999", 0, NULL }, { "0xffffffff", 0, NULL },
		{ "nosuch", 0, NULL }, { "", 0, NULL }, { "/", 0, NULL },
		{ ":", 0, NULL }, { "a/", 0, NULL }, { "[", 0, NULL },
	};
	struct locations l;
	struct err err;
	char path[600];

	(void)state;
	session_goto(session, 0, false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int r = location_find(session, rows[i].text, &l, &err);

		if ((r < 0) != !rows[i].n)
			fail_msg("'%s': %s", rows[i].text, r < 0 ? err.msg :
				 "found");
		if (rows[i].n && rows[i].n != 99)
			assert_int_equal(l.n, rows[i].n);
		if (rows[i].first)
			assert_string_equal(session_path(session->t,
				l.events[0], path, sizeof(path)),
				rows[i].first);
		for (size_t k = 1; k < l.n; k++)
			assert_true(l.events[k - 1] < l.events[k]);
		locations_release(&l);
	}
}

/* Every path that is printed leads back to its event. */
static void test_paths_lead_back(void **state)
{
	const struct timeline *t = session->t;
	char path[2048];
	size_t tried = 0;

	(void)state;
	for (uint32_t i = 0; i < t->n; i += 37) {
		struct locations l;
		struct err err;
		bool found = false;

		if (t->events[i].kind != EV_FIELD &&
		    t->events[i].kind != EV_ITEM &&
		    t->events[i].kind != EV_SECTION)
			continue;
		session_path(t, i, path, sizeof(path));
		if (location_find(session, path, &l, &err) < 0)
			fail_msg("%s: %s", path, err.msg);
		for (size_t k = 0; k < l.n; k++)
			found |= l.events[k] == i;
		if (!found)
			fail_msg("%s does not lead to event %u", path, i);
		locations_release(&l);
		tried++;
	}
	assert_true(tried > 100);
}

/* ---- what an emulator printed ---- */

static void test_log(void **state)
{
	static const struct {
		const char *line, *path;
	} rows[] = {
		{ "qemu-system-x86_64: Missing section footer for " VGPU, VGPU },
		{ "'Missing section footer for " VGPU "'", VGPU },
		{ "2024-01-01T00:00:00Z qemu: Section footer error, section_id: "
		  "38", VGPU },
		{ "error while loading state for instance 0x0 of device 'dma'",
		  "dma" },
		{ "Unknown savevm section or instance 'dma' 1. Make sure", "dma" },
		{ "Unknown section or instance 'dma' 1. Make sure", "dma" },
		{ "savevm: unsupported version 3 for 'hpet' v2", "hpet" },
		{ "Failed to load PCIDevice:config",
		  "0000:00:00.0/mch/parent_obj.config" },
		{ "Failed to load element of type uint32 for resource_id: -22",
		  VGPU "/virtio-gpu.parent_obj.scanout[0].resource_id" },
		{ "get_pci_config_device: Bad config data: i=0x34 read: 98 "
		  "device: 40 cmask: ff wmask: 0 w1cmask:0",
		  VGPU "/virtio.config.capabilities" },
		{ "VQ 1 size 0x40 < last_avail_idx 0x0 - used_idx 0x1",
		  VGPU "/virtio.vq[1]" },
		{ "hpet: incoming version_id 3 is too new for local version_id 2",
		  "hpet" },
		{ "qemu: load of migration failed: Invalid argument", VGPU },
		{ "what a nice day", NULL },
	};
	char path[600], line[400];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int r;

		session_goto(session, 0, false);
		snprintf(line, sizeof(line), "log %s", rows[i].line);
		run(line, &r);
		if (!rows[i].path) {
			assert_int_equal(r, -1);
			continue;
		}
		if (r < 0)
			fail_msg("%s: %s", line, memory.text);
		session_path(session->t, session->at, path, sizeof(path));
		if (strcmp(path, rows[i].path))
			fail_msg("%s: %s", line, path);
	}
}

/* ---- loading again ---- */

static void test_reload_keeps_place(void **state)
{
	char before[600], after[600];
	uint32_t n = session->t->n;

	(void)state;
	run_well("goto " VGPU "/virtio.vq[1].vring.num");
	session_path(session->t, session->at, before, sizeof(before));
	for (int r = 0; r < RULES_COUNT; r++) {
		char line[64];

		snprintf(line, sizeof(line), "set rules %s",
			 rules_name((enum rules)r));
		run_well(line);
		if (r < RULES_CURRENT)
			continue;
		session_path(session->t, session->at, after, sizeof(after));
		assert_string_equal(before, after);
	}
	run_well("set rules current");
	assert_int_equal(session->t->n, n);
	session_path(session->t, session->at, after, sizeof(after));
	assert_string_equal(before, after);
}

static void test_assume(void **state)
{
	static const char field[] =
		VGPU "/virtio-gpu.parent_obj.scanout[0].width";
	struct err err;
	uint32_t e;

	(void)state;
	run_well("set assume virtio-gpu-one-scanout:width absent");
	e = location_one(session, field, 0, &err);
	assert_int_equal(session->t->events[e].outcome, OUT_ABSENT);
	/* the last word counts */
	run_well("set assume *scanout[0].width exists");
	e = location_one(session, field, 0, &err);
	assert_int_equal(session->t->events[e].outcome, OUT_LOADED);
	expect("info assumptions", "width absent");
	run_well("unset assume 2");
	e = location_one(session, field, 0, &err);
	assert_int_equal(session->t->events[e].outcome, OUT_ABSENT);
	run_well("unset assume");
	assert_int_equal(session->nassumptions, 0);
	run_well("set assume " VGPU "/virtio-gpu.parent_obj.scanout count 2");
	e = location_one(session, VGPU "/virtio-gpu.parent_obj.scanout", 0,
			 &err);
	assert_int_equal(session->t->events[e].n, 2);
	expect("why " VGPU "/virtio-gpu.parent_obj.scanout", "you assumed 2");
	run_well("unset assume");
	expect("set assume nosuch exists", "error");
	expect("set assume dma maybe", "error");
	expect("set assume dma count -1", "error");
}

/* ---- scripts ---- */

static void test_define(void **state)
{
	static const char *const lines[] = {
		"define twice", "step $arg0", "step $arg0", "end",
	};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		run_well(lines[i]);
	run_well("goto 100");
	run_well("twice 5");
	assert_int_equal(session->at, 110);
	/* itself: refused before the stack is used up */
	run_well("define again");
	run_well("again");
	run_well("end");
	expect("again", "nest more than");
	expect("define step", "is a command already");
	expect("define a/b", "letters");
	expect("help twice", "step $arg0");
}

static void test_errors_tell_where(void **state)
{
	(void)state;
	command_origin(session, "script", 7);
	expect("nosuch", "error: script:7: no command 'nosuch'");
	command_origin(session, NULL, 0);
	expect("nosuch", "error: no command 'nosuch'");
	expect("source /nonexistent/file", "error: /nonexistent/file: No such");
}

/* An empty line does the last thing again, where that makes sense. */
static void test_repeat(void **state)
{
	(void)state;
	run_well("goto 200");
	command_line(session, "step 3", true, &memory.out);
	command_line(session, "", true, &memory.out);
	assert_int_equal(session->at, 206);
	command_line(session, "", false, &memory.out);
	assert_int_equal(session->at, 206);
	command_line(session, "info rules", true, &memory.out);
	command_line(session, "", true, &memory.out);
	assert_int_equal(session->at, 206);
}

static void test_completion(void **state)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{ "contin", "continue" }, { "info sec", "sections" },
		{ "set rules sla", "slash" }, { "b dma", "dma" },
		{ "break " VGPU "/virtio.vq[1].vri", VGPU
		  "/virtio.vq[1].vring" },
		{ "goto virtio-gpu-one-scanout:wi",
		  "virtio-gpu-one-scanout:width" },
		{ "b dma if outc", "outcome" }, { "help reverse-c",
		  "reverse-continue" }, { "goto type:uint1", "type:uint16" },
		{ "set pag", "pagination" }, { "goto kind:foo", "kind:footer" },
	};

	(void)state;
	session_goto(session, 0, false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct completion c;
		bool found = false;

		command_complete(session, rows[i].line, &c);
		for (size_t k = 0; k < c.n; k++)
			found |= !strcmp(c.words[k], rows[i].want);
		if (!found)
			fail_msg("%s: no %s among %zu", rows[i].line,
				 rows[i].want, c.n);
		completion_release(&c);
	}
}

/* Any line at all: words of the language in any order do no harm. */
static void test_random_lines(void **state)
{
	static const char *const words[] = {
		"/x", "/16xb", "*", "dma", VGPU, "0x100", "7", "-1", "if", "(",
		"dst", "==", "\"", "'", "all", "exists", "count", "slash",
		"end", "[", "].", "/", ":", "type:", "99999999999999999999",
		"struct", "-", "#", "$arg0", "\xff\x1b[31m", "next",
	};
	char line[600];
	unsigned r = 12345;
	size_t n = 0;

	(void)state;
	while (commands[n])
		n++;
	for (int i = 0; i < 3000; i++) {
		const struct command *c = commands[(r = r * 1103515245 + 12345)
						   / 65536 % n];
		size_t pos;

		/* those that write files would write them here */
		if (!strcmp(c->name, "define") || !strcmp(c->name, "document") ||
		    !strcmp(c->name, "source") || !strcmp(c->name, "record") ||
		    !strcmp(c->name, "save-screen"))
			continue;
		pos = (size_t)snprintf(line, sizeof(line), "%s", c->name);
		for (unsigned k = (r >> 8) % 4; k; k--) {
			r = r * 1103515245 + 12345;
			pos += (size_t)snprintf(line + pos, sizeof(line) - pos,
				" %s", words[r / 65536 % (sizeof(words) /
				sizeof(words[0]))]);
		}
		run(line, NULL);
		assert_true(session->at < session->t->n);
		assert_false(command_is_open(session));
		if (i % 300 == 0) {
			run_well("delete");
			run_well("undisplay");
		}
	}
	session->quit = false;
	run_well("delete");
	run_well("undisplay");
	run_well("unset assume");
	run_well("set rules current");
}

/* What a person added to a session comes back with its recording. */
static void test_record(void **state)
{
	static const char path[] = "/tmp/vmsdb-debugger-session-test.vmsdb";
	struct session *live = session, *again;
	char line[200];
	struct err err;

	(void)state;
	run_well("goto 300");
	run_well("note look here");
	run_well("break subsection if size > 20");
	run_well("watch hpet");
	run_well("display /x offset");
	snprintf(line, sizeof(line), "record %s", path);
	run_well(line);
	if (session_open(&again, path, NULL, 0, RULES_CURRENT, NULL, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(again->t->n, live->t->n);
	assert_int_equal(again->at, 300);
	assert_int_equal(again->breakpoints.n, live->breakpoints.n);
	assert_int_equal(again->a->verdict, live->a->verdict);
	session = again;
	expect("info notes", "look here");
	expect("info breakpoints", "subsection if size > 20");
	expect("info display", "/x offset");
	expect("set rules slash", "cannot be loaded again");
	expect("continue", "subsection");
	expect("list", "destination reads");
	session = live;
	session_close(again);
	remove(path);
	run_well("delete");
	run_well("undisplay");
}

static int setup(void **state)
{
	static const char *const to[] = {
		DATA "streams/10.0-pc-q35-7.2-vgpu4.mig.xz",
		DATA "dumps/10.0-pc-q35-7.2.json.xz",
	};
	struct err err;

	(void)state;
	return session_open(&session,
			    DATA "streams/7.2-pc-q35-7.2-vgpu4.mig.xz", to, 2,
			    RULES_CURRENT, NULL, &err);
}

static int teardown(void **state)
{
	(void)state;
	session_close(session);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_command),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_changed_bytes),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_locations),
		cmocka_unit_test(test_paths_lead_back),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_reload_keeps_place),
		cmocka_unit_test(test_assume),
		cmocka_unit_test(test_define),
		cmocka_unit_test(test_errors_tell_where),
		cmocka_unit_test(test_repeat),
		cmocka_unit_test(test_completion),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_random_lines),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
