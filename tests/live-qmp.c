/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live-qmp.c - what other processes say: monitors that lie, trace lines of all
 * releases, a stream that flows through the sieve in pieces of any size.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../debugger/live/qmp.h"
#include "../debugger/live/sieve.h"
#include "../debugger/live/traces.h"

/* ---- lines ---- */

static const struct {
	const char *line;
	enum qmp_kind want;
} lines[] = {
	{ "{\"QMP\": {\"version\": {}, \"capabilities\": []}}", QMP_GREETING },
	{ "{\"return\": {}, \"id\": 1}", QMP_RETURN },
	{ "{\"id\": 1, \"return\": null}", QMP_RETURN },
	{ "{\"error\": {\"class\": \"x\", \"desc\": \"y\"}}", QMP_ERROR },
	{ "{\"event\": \"STOP\", \"timestamp\": {}}", QMP_EVENT },
	{ "{}", QMP_GARBAGE },
	{ "[]", QMP_GARBAGE },
	{ "\"return\"", QMP_GARBAGE },
	{ "", QMP_GARBAGE },
	{ "{\"return\": {}", QMP_GARBAGE },
	{ "{\"return\": {}} x", QMP_GARBAGE },
	{ "{\"return\": 1, \"return\": 2}", QMP_GARBAGE },
	{ "{\"return\": \"\xff\"}", QMP_GARBAGE },
	{ "(qemu) ", QMP_GARBAGE },
	{ "\x16\x03\x01", QMP_GARBAGE },
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		size_t n = strlen(lines[i].line);
		json_t *j;

		assert_int_equal(qmp_parse(lines[i].line, n, &j),
				 lines[i].want);
		assert_int_equal(!j, lines[i].want == QMP_GARBAGE);
		json_decref(j);
		/* cut anywhere, it must not read on */
		for (size_t k = 0; k < n; k++) {
			char *exact = malloc(k ? k : 1);

			memcpy(exact, lines[i].line, k);
			qmp_parse(exact, k, &j);
			json_decref(j);
			free(exact);
		}
	}
}

/* ---- a monitor that says what the table says ---- */

#define HELLO "{\"QMP\": {\"version\": {\"qemu\": {\"major\": 7, \"minor\": 2}}}}\n"

static const struct {
	const char *what, *hello, *answer;	/* to each command; @: its id */
	enum err_code greet, status;
	const char *message;
} monitors[] = {
	{ "as it should be", HELLO,
	  "{\"return\": {\"status\": \"paused\"}, \"id\": @}\n", 0, 0, "" },
	{ "an event between", HELLO, "{\"event\": \"STOP\"}\n"
	  "{\"return\": {\"status\": \"paused\"}, \"id\": @}\n", 0, 0, "" },
	{ "somebody else's answer", HELLO, "{\"return\": {}, \"id\": 77}\n"
	  "{\"return\": {\"status\": \"paused\"}, \"id\": @}\n", 0, 0, "" },
	{ "lines end like DOS", HELLO,
	  "{\"return\": {\"status\": \"x\"}, \"id\": @}\r\n\r\n", 0, 0, "" },
	{ "refuses", HELLO, "{\"error\": {\"desc\": \"no \\u001b[2J\"}, "
	  "\"id\": @}\n", ERR_UNSUPPORTED, 0, "qmp_capabilities: no " },
	{ "garbage first", "hello\n", "", ERR_FORMAT, 0,
	  "speaks garbage on QMP: hello" },
	{ "garbage later", HELLO, "\x1b[2J\n", ERR_FORMAT, 0,
	  "garbage on QMP: \x1b[2J" },
	{ "silent", "", "", ERR_LIMIT, 0, "no greeting on QMP in time" },
	{ "greets, no answer", HELLO, "", ERR_LIMIT, 0,
	  "no answer to qmp_capabilities on QMP in time" },
	{ "hangs up", NULL, "", ERR_IO, 0, "has closed its monitor" },
	{ "half a line", "{\"QMP\"", "", ERR_LIMIT, 0, "no greeting" },
};

static void say(int fd, const char *text, const char *id)
{
	for (; *text; text++) {
		if (*text == '@')
			(void)!write(fd, id, strlen(id));
		else
			(void)!write(fd, text, 1);
	}
}

static void serve(int fd, const char *hello, const char *answer)
{
	char buf[4096], id[32];
	ssize_t n;

	if (!hello)
		_exit(0);
	say(fd, hello, "0");
	while ((n = read(fd, buf, sizeof(buf) - 1)) > 0) {
		const char *at;

		buf[n] = 0;
		at = strstr(buf, "\"id\":");
		snprintf(id, sizeof(id), "%ld", at ? strtol(at + 5, NULL, 10)
			 : 0);
		say(fd, answer, id);
	}
	_exit(0);
}

static void test_monitors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(monitors) / sizeof(monitors[0]); i++) {
		struct err err = { 0 };
		struct qmp q;
		char status[32];
		int sv[2];
		pid_t pid;

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
		pid = fork();
		if (!pid) {
			close(sv[0]);
			serve(sv[1], monitors[i].hello, monitors[i].answer);
		}
		close(sv[1]);
		qmp_init(&q);
		q.timeout_ms = 300;
		if (qmp_greet(&q, sv[0], &err) < 0) {
			if (!strstr(err.msg, monitors[i].message))
				print_error("%s: %s\n", monitors[i].what,
					    err.msg);
			assert_int_equal(err.code, monitors[i].greet);
			assert_non_null(strstr(err.msg, monitors[i].message));
		} else {
			assert_int_equal(0, monitors[i].greet);
			assert_int_equal(q.major, 7);
			assert_int_equal(qmp_status(&q, status, sizeof(status),
						    &err), 0);
		}
		qmp_release(&q);
		waitpid(pid, NULL, 0);
	}
}

static void flood(int fd, bool lines_of_it)
{
	static const char event[] = "{\"event\": \"X\"}\n";

	signal(SIGPIPE, SIG_DFL);
	for (;;) {
		if (lines_of_it)
			(void)!write(fd, event, sizeof(event) - 1);
		else
			(void)!write(fd, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 31);
	}
}

/* One that never ends a line, and one that never answers between its events. */
static void test_floods(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct err err = { 0 };
		struct qmp q;
		int sv[2];
		pid_t pid;

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
		pid = fork();
		if (!pid) {
			close(sv[0]);
			flood(sv[1], i);
		}
		close(sv[1]);
		qmp_init(&q);
		q.timeout_ms = 20000;
		assert_int_equal(qmp_greet(&q, sv[0], &err), -1);
		assert_non_null(strstr(err.msg, i ? "more than 100000 events"
					: "a line of more than"));
		assert_int_equal(q.fd, -1);
		assert_true(q.cap < 3 * QMP_LINE_MAX);
		qmp_release(&q);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

/* ---- trace lines ---- */

static const struct {
	const char *line;
	enum trace_kind kind;
	const char *want;
} traces[] = {
	{ "vmstate_load_state cpu v12", TRACE_LOAD, "vmstate_load_state cpu v12" },
	{ "1234@1700000000.123456:vmstate_load_state cpu v12 ", TRACE_LOAD,
	  "vmstate_load_state cpu v12" },
	{ "vmstate_load_state_field cpu:env.eip exists=1", TRACE_FIELD,
	  "vmstate_load_state_field cpu:env.eip" },
	{ "vmstate_load_state_field cpu:env.eip", TRACE_FIELD,
	  "vmstate_load_state_field cpu:env.eip" },
	{ "vmstate_load_state_success cpu", TRACE_LOAD,
	  "vmstate_load_state_end cpu end/0" },
	{ "vmstate_load_state_success ide bmdma", TRACE_LOAD,
	  "vmstate_load_state_end ide bmdma end/0" },
	{ "vmstate_load_state_end cpu end/0", TRACE_LOAD,
	  "vmstate_load_state_end cpu end/0" },
	{ "vmstate_load_state_end cpu end/-22", TRACE_LOAD,
	  "vmstate_load_state_end cpu failed" },
	{ "vmstate_load_state_end ide bmdma too new/-22", TRACE_LOAD,
	  "vmstate_load_state_end ide bmdma failed" },
	{ "vmstate_load_state_fail cpu post-load", TRACE_LOAD,
	  "vmstate_load_state_end cpu failed" },
	{ "vmstate_n_elems env.regs: 16", TRACE_N_ELEMS,
	  "vmstate_n_elems env.regs: 16" },
	{ "vmstate_load_field_error field \"kbd\" load failed, ret = -2",
	  TRACE_OTHER, NULL },
	{ "loadvm_state_cleanup", TRACE_OTHER, NULL },
	{ "qemu_loadvm_state_post_main 0", TRACE_OTHER, NULL },
	{ "qemu-system-x86_64: Missing section footer for vga", TRACE_MESSAGE,
	  NULL },
	{ "qemu-system-x86_64: warning: deprecated", TRACE_REMARK, NULL },
	{ "1234@17:vmstate_load_state x v1", TRACE_MESSAGE, NULL },
	{ "", TRACE_MESSAGE, NULL },
	{ "@.:", TRACE_MESSAGE, NULL },
	{ "vmstate_load_stateX", TRACE_MESSAGE, NULL },
};

static void test_traces(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(traces) / sizeof(traces[0]); i++) {
		size_t n = strlen(traces[i].line);
		struct trace_line l = trace_parse(traces[i].line, n);
		char buf[256];

		assert_int_equal(l.kind, traces[i].kind);
		if (traces[i].want)
			assert_string_equal(trace_canonical(&l, buf,
							    sizeof(buf)),
					    traces[i].want);
		for (size_t k = 0; k < n; k++) {
			char *exact = malloc(k ? k : 1);

			memcpy(exact, traces[i].line, k);
			l = trace_parse(exact, k);
			trace_canonical(&l, buf, sizeof(buf));
			free(exact);
		}
	}
}

/* ---- the sieve ---- */

struct stream {
	uint8_t data[40000];
	size_t n;
};

static void hex(struct stream *s, const char *text)
{
	unsigned b;

	for (; *text; text += strspn(text, " ")) {
		if (sscanf(text, "%2x", &b) != 1)
			break;
		s->data[s->n++] = (uint8_t)b;
		text += 2;
	}
}

static void fill(struct stream *s, uint8_t byte, size_t n)
{
	memset(s->data + s->n, byte, n);
	s->n += n;
}

static int put(void *ctx, const void *p, size_t n)
{
	struct stream *s = ctx;

	assert_true(s->n + n <= sizeof(s->data));
	memcpy(s->data + s->n, p, n);
	s->n += n;
	return 0;
}

/* What goes in, and what shall be left of it. */
static void make(struct stream *in, struct stream *want)
{
	static const char head[] = "51 45 56 4d 00 00 00 03 "
		"07 00 00 00 02 70 63 "
		"05 12 63 6f 6e 66 69 67 75 72 61 74 69 6f 6e 2f 75 75 69 64 "
		"00 00 00 01 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f";
	static const char setup[] = "01 00 00 00 02 03 72 61 6d 00 00 00 00 "
		"00 00 00 04 00 00 00 00 00 00 20 04 01 61 "
		"00 00 00 00 00 00 20 00 00 00 00 00 00 00 00 10 "
		"7e 00 00 00 02";
	static const char rest[] = "04 00 00 00 05 01 78 00 00 00 00 00 00 00 "
		"01 aa 7e 00 00 00 05 00";

	hex(in, head);
	hex(in, "08 00 01 00 00  08 00 02 00 04 00 00 00 01");
	hex(in, setup);
	hex(in, "02 00 00 00 02");
	hex(in, "00 00 00 00 00 00 00 08 01 61");
	fill(in, 0x04, 4096);
	hex(in, "00 00 00 00 00 00 10 22 00");
	hex(in, "00 00 00 00 00 00 00 10  7e 00 00 00 02");
	hex(in, "08 00 0b 00 00");
	hex(in, rest);
	hex(want, head);
	hex(want, setup);
	hex(want, "02 00 00 00 02 00 00 00 00 00 00 00 10 7e 00 00 00 02");
	hex(want, "08 00 0b 00 00");
	hex(want, rest);
}

static void test_sieve(void **state)
{
	static const size_t sizes[] = { 1, 2, 3, 7, 64, 1000, 20000 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		static struct stream in, want, got;
		struct sieve s;
		struct err err = { 0 };

		in.n = want.n = got.n = 0;
		make(&in, &want);
		sieve_init(&s);
		s.put = put;
		s.ctx = &got;
		for (size_t at = 0; at < in.n; at += sizes[i]) {
			size_t n = in.n - at < sizes[i] ? in.n - at : sizes[i];

			assert_int_equal(sieve_feed(&s, in.data + at, n, &err),
					 0);
		}
		assert_int_equal(sieve_end(&s, &err), 0);
		assert_int_equal(got.n, want.n);
		assert_memory_equal(got.data, want.data, want.n);
		assert_int_equal(s.taken, in.n);
		assert_int_equal(s.pages, 2);
		sieve_release(&s);
	}
}

/* Pages of a size that nothing tells: zero ones first, or a whole one. */
static void make_pages(struct stream *in, struct stream *want, unsigned bits,
		       bool zero_first)
{
	static const char head[] = "51 45 56 4d 00 00 00 03 01 00 00 00 02 03 "
		"72 61 6d 00 00 00 00 00 00 00 04";
	static const char rest[] = "00 00 00 00 00 00 00 10 7e 00 00 00 02 "
		"04 00 00 00 05 01 78 00 00 00 00 00 00 00 01 aa 7e 00 00 00 "
		"05 00";
	uint64_t page = UINT64_C(1) << bits;
	char word[40];

	hex(in, head);
	for (int i = 0; i < 4; i++) {
		bool whole = zero_first ? i == 3 : i % 2 == 0;
		uint64_t w = (uint64_t)i * page | (whole ? 0x08 : 0x02) |
			(i ? 0x20 : 0);

		snprintf(word, sizeof(word), "00 00 00 00 00 00 %02x %02x %s",
			 (unsigned)(w >> 8), (unsigned)(w & 0xff),
			 i ? "" : "01 61");
		hex(in, word);
		if (whole)
			fill(in, i ? 0x31 : 0, page);
		else
			hex(in, "00");
	}
	hex(in, rest);
	hex(want, head);
	hex(want, rest);
}

static void test_page_sizes(void **state)
{
	static const unsigned bits[] = { 8, 10, 12, 13 };

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		static struct stream in, want, got;
		struct sieve s;
		struct err err = { 0 };

		in.n = want.n = got.n = 0;
		make_pages(&in, &want, bits[i / 2], i % 2);
		sieve_init(&s);
		s.put = put;
		s.ctx = &got;
		for (size_t at = 0; at < in.n; at++)
			if (sieve_feed(&s, in.data + at, 1, &err))
				fail_msg("2^%u: %s", bits[i / 2], err.msg);
		assert_int_equal(sieve_end(&s, &err), 0);
		assert_int_equal(s.pages, 4);
		assert_int_equal(s.page_bits, bits[i / 2]);
		assert_int_equal(got.n, want.n);
		assert_memory_equal(got.data, want.data, want.n);
		sieve_release(&s);
	}
}

static const struct {
	const char *what, *bytes, *message;
} broken[] = {
	{ "TLS", "16 03 01 00 00 00 00 00", "no migration stream" },
	{ "endless name", "51 45 56 4d 00 00 00 03 07 ff ff ff ff",
	  "machine's name" },
	{ "odd RAM record", "51 45 56 4d 00 00 00 03 01 00 00 00 02 03 72 61 "
	  "6d 00 00 00 00 00 00 00 04 00 00 00 00 00 00 00 00 00 00",
	  "keep the RAM" },
	{ "blocks that do not add up", "51 45 56 4d 00 00 00 03 01 00 00 00 02 "
	  "03 72 61 6d 00 00 00 00 00 00 00 04 00 00 00 00 00 00 10 04 01 61 "
	  "ff 00 00 00 00 00 00 00", "keep the RAM" },
	{ "endless compressed page", "51 45 56 4d 00 00 00 03 01 00 00 00 02 "
	  "03 72 61 6d 00 00 00 00 00 00 00 04 00 00 00 00 00 00 01 20 ff ff "
	  "ff ff", "keep the RAM" },
};

static void test_sieve_broken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		static struct stream in, got;
		struct sieve s;
		struct err err = { 0 };

		in.n = got.n = 0;
		hex(&in, broken[i].bytes);
		sieve_init(&s);
		s.put = put;
		s.ctx = &got;
		if (!sieve_feed(&s, in.data, in.n, &err))
			print_error("%s: taken\n", broken[i].what);
		assert_non_null(strstr(err.msg, broken[i].message));
		sieve_release(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_monitors),
		cmocka_unit_test(test_floods),
		cmocka_unit_test(test_traces),
		cmocka_unit_test(test_sieve),
		cmocka_unit_test(test_page_sizes),
		cmocka_unit_test(test_sieve_broken),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
