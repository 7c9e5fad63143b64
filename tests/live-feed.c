/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prediction and reality side by side, without an emulator: something that
 * takes bytes from a channel, says lines of trace when it has so many of them,
 * and answers on a monitor.  What it says is the prediction in the words of
 * some release, with mistakes.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../debugger/live/real.h"
#include "../debugger/live/traces.h"
#include "support/bake.c"	/* here, so that every test is one file to link */
#include "support/paper.c"

#define RTC "rtc v2-1 { a:uint8 b:uint16 c:uint32@3 d:uint8[3] }"
#define RTC_STREAM "QEVM full[1,rtc,0,2](01 0203 040506) 00 json('{}')"
#define TWO "rtc v1 { a:uint8 } pit v1 { b:uint8 + pit/x v1 { c:uint8 } }"
#define TWO_STREAM "QEVM full[1,rtc,0,1](01) " \
	"full[2,pit,0,1](02 sub[pit/x,1](03)) 00 json('{}')"

/*
 * Mistakes, separated by blanks; K counts the lines that it would say:
 *	new		words of 11.1: exists=, _success
 *	old		words of 7.2: absent fields without "exists="
 *	silent		no words at all
 *	drop:K		not said
 *	late:K:N	said N bytes later
 *	as:K:TEXT	another text ('_' for blank, '^' for '_')
 *	also:K:TEXT	one more line in front
 *	fail:N		gives up once it has N bytes, with a message
 *	end:N		has loaded once it has N bytes
 */
static const struct test {
	const char *what, *dest, *stream, *says;
	/*
	 * Each stop of "continue" ("s" in front: of "step", but where it just
	 * has moved) and its bytes; then "STATE MATCHED/REAL of PREDICTED",
	 * and the events that nobody predicted.
	 */
	const char *want;
} tests[] = {
	{ "as predicted, 7.2", RTC, RTC_STREAM, "old",
	  "verdict@37 | loads 14/14 of 14" },
	{ "as predicted, 11.1", RTC, RTC_STREAM, "new",
	  "verdict@37 | loads 14/14 of 14" },
	{ "no words", RTC, RTC_STREAM, "silent",
	  "verdict@37 | loads 0/0 of 14" },
	{ "a subsection", TWO, TWO_STREAM, "new",
	  "verdict@67 | loads 25/25 of 25" },
	{ "a field left out", RTC, RTC_STREAM, "new drop:6 drop:6",
	  "parted@26 verdict@37 | loads 12/12 of 14" },
	{ "how many, not said", RTC, RTC_STREAM, "new drop:7",
	  "parted@26 verdict@37 | loads 13/13 of 14" },
	{ "a byte late", RTC, RTC_STREAM, "new late:6:1",
	  "parted@26 verdict@37 | loads 14/14 of 14" },
	{ "a byte early", RTC, RTC_STREAM, "new late:6:-1 late:7:-1",
	  "parted@25 verdict@37 | loads 14/14 of 14" },
	{ "another number of elements", RTC, RTC_STREAM,
	  "new as:10:vmstate^n^elems_d:_4",
	  "parted@28 verdict@37 | loads 13/14 of 14 "
	  "28:'vmstate_n_elems d: 4'" },
	{ "another version", RTC, RTC_STREAM,
	  "new as:3:vmstate^load^state_rtc_v1",
	  "parted@25 verdict@37 | loads 13/14 of 14 "
	  "25:'vmstate_load_state rtc v1'" },
	{ "a field more", RTC, RTC_STREAM,
	  "old also:6:vmstate^load^state^field_rtc:z also:7:vmstate^n^elems_z:_1",
	  "parted@26 verdict@37 | loads 14/16 of 14 "
	  "26:'vmstate_load_state_field rtc:z' 26:'vmstate_n_elems z: 1'" },
	{ "absent, but there", RTC, RTC_STREAM,
	  "old also:9:vmstate^n^elems_c:_1",
	  "parted@28 verdict@37 | loads 14/16 of 14 "
	  "28:'vmstate_load_state_field rtc:c' 28:'vmstate_n_elems c: 1'" },
	{ "absent, but there, 11.1", RTC, RTC_STREAM,
	  "new as:8:vmstate^load^state^field_rtc:c_exists=1 "
	  "also:9:vmstate^n^elems_c:_1",
	  "parted@28 verdict@37 | loads 14/16 of 14 "
	  "28:'vmstate_load_state_field rtc:c exists=1' 28:'vmstate_n_elems c: 1'" },
	{ "there, but absent, 11.1", RTC, RTC_STREAM,
	  "new as:6:vmstate^load^state^field_rtc:b_exists=0 drop:7",
	  "parted@26 verdict@37 | loads 12/12 of 14" },
	{ "a subsection less", TWO, TWO_STREAM,
	  "new as:20:vmstate^subsection^load^bad_pit:_pit/x/(lookup) fail:62",
	  "parted@62 | fails 23/24 of 25 "
	  "62:'vmstate_subsection_load_bad pit: pit/x/(lookup)'" },
	{ "a field more, and steps", TWO, TWO_STREAM,
	  "s new also:6:vmstate^load^state^field_rtc:z "
	  "also:7:vmstate^n^elems_z:_1",
	  "parted@26 real@27 real@32 verdict@67 | loads 25/27 of 25 "
	  "26:'vmstate_load_state_field rtc:z' 26:'vmstate_n_elems z: 1'" },
	{ "gives up, and steps", RTC, RTC_STREAM, "s new fail:28",
	  "verdict@28 | fails 10/10 of 14" },
	{ "gives up", RTC, RTC_STREAM, "new fail:28",
	  "verdict@28 | fails 10/10 of 14" },
	{ "gives up without a word", RTC, RTC_STREAM, "silent fail:28",
	  "verdict@28 | fails 0/0 of 14" },
	{ "has enough", RTC, RTC_STREAM, "new end:30",
	  "verdict@30 | loads 10/10 of 14" },
};

/* ---- what it says ---- */

struct word {
	uint64_t at;
	char text[200];
};

struct words {
	struct word v[200];
	size_t n;
	uint64_t fail, end;	/* UINT64_MAX: not */
};

static void spell(char *text, bool new)
{
	static const char end[] = "vmstate_load_state_end ";
	size_t n = strlen(text);
	char name[200];

	if (new && !strncmp(text, end, sizeof(end) - 1) &&
	    n > 6 && !strcmp(text + n - 6, " end/0")) {
		snprintf(name, sizeof(name), "%.*s",
			 (int)(n - 6 - (sizeof(end) - 1)),
			 text + sizeof(end) - 1);
		snprintf(text, 200, "vmstate_load_state_success %.150s", name);
	} else if (!new && n > 9 && !strncmp(text + n - 9, " exists=", 8)) {
		text[n - 9] = '\0';
	}
}

static void readable(char *to, const char *from)
{
	for (; *from; from++, to++)
		*to = *from == '_' ? ' ' : *from == '^' ? '_' : *from;
	*to = '\0';
}

static void apply(struct words *w, char *edit)
{
	char *save, *what = strtok_r(edit, ":", &save);
	char *k = strtok_r(NULL, ":", &save), *arg = strtok_r(NULL, "", &save);
	size_t i = k ? strtoul(k, NULL, 0) : 0;

	if (!strcmp(what, "s")) {
		return;
	} else if (!strcmp(what, "new") || !strcmp(what, "old")) {
		for (size_t j = 0; j < w->n; j++)
			spell(w->v[j].text, *what == 'n');
	} else if (!strcmp(what, "silent")) {
		w->n = 0;
	} else if (!strcmp(what, "drop")) {
		memmove(&w->v[i], &w->v[i + 1], (--w->n - i) * sizeof(*w->v));
	} else if (!strcmp(what, "late")) {
		w->v[i].at += strtoul(arg, NULL, 0);
	} else if (!strcmp(what, "as")) {
		readable(w->v[i].text, arg);
	} else if (!strcmp(what, "also")) {
		memmove(&w->v[i + 1], &w->v[i], (w->n++ - i) * sizeof(*w->v));
		readable(w->v[i].text, arg);
	} else if (!strcmp(what, "fail")) {
		w->fail = i;
	} else if (!strcmp(what, "end")) {
		w->end = i;
	} else {
		fail_msg("no such mistake: %s", what);
	}
}

static void make_words(struct words *w, const struct timeline *t,
		       const char *says)
{
	struct traces all;
	char *copy = strdup(says), *save, *edit;

	traces_words(&all, t, 0);
	w->n = 0;
	w->fail = UINT64_MAX;
	w->end = t->reached_eof ? t->eof_offset + 1 : UINT64_MAX;
	for (size_t i = 0; i < all.n; i++) {
		if (!strncmp(all.events[i].text, "qemu_loadvm_state_post", 22))
			continue;
		assert_true(w->n + 20 < sizeof(w->v) / sizeof(*w->v));
		w->v[w->n].at = all.events[i].at;
		snprintf(w->v[w->n++].text, sizeof(w->v->text), "%s",
			 all.events[i].text);
	}
	traces_release(&all);
	for (edit = strtok_r(copy, " ", &save); edit;
	     edit = strtok_r(NULL, " ", &save))
		apply(w, edit);
	free(copy);
}

/* ---- what takes the bytes ---- */

static char folder[64];

static int listen_at(const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", folder, name);
	unlink(a.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void answer(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		_exit(0);
}

struct taker {
	const struct words *w;
	int channel, monitor, trace;
	uint64_t got;
	size_t said;
	bool eof;
};

/* What has come, and what it says to that. */
static void take_bytes(struct taker *t)
{
	uint8_t buf[4096];
	ssize_t n;

	while (t->channel >= 0 &&
	       (n = recv(t->channel, buf, sizeof(buf), MSG_DONTWAIT)) >= 0) {
		if (!n) {
			t->eof = true;
			break;
		}
		t->got += (uint64_t)n;
	}
	while (t->said < t->w->n && t->w->v[t->said].at <= t->got) {
		dprintf(t->trace, "%s\n", t->w->v[t->said++].text);
	}
	if (t->got >= t->w->fail) {
		dprintf(t->trace, "qemu-system-x: it will not\n");
		_exit(1);
	}
}

/* "query-status" and all else, one line each. */
static void serve(struct taker *t)
{
	char buf[4096], reply[200];
	ssize_t n = read(t->monitor, buf, sizeof(buf) - 1);
	long id = 0;
	char *p;

	if (n <= 0)
		_exit(0);
	buf[n] = '\0';
	take_bytes(t);
	p = strstr(buf, "\"id\":");
	if (p)
		id = strtol(p + 5, NULL, 10);
	if (strstr(buf, "query-status"))
		snprintf(reply, sizeof(reply), "{\"return\": {\"status\": "
			 "\"%s\"}, \"id\": %ld}\n", t->got >= t->w->end ||
			 t->eof ? "paused" : "inmigrate", id);
	else
		snprintf(reply, sizeof(reply),
			 "{\"return\": {}, \"id\": %ld}\n", id);
	answer(t->monitor, reply);
}

static void destination(const struct words *w, int channel, int monitor,
			int trace)
{
	struct taker t = { w, -1, -1, trace, 0, 0, false };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	t.monitor = accept(monitor, NULL, NULL);
	answer(t.monitor, "{\"QMP\": {\"version\": {\"qemu\": {\"major\": 7, "
	       "\"minor\": 2}}}}\n");
	for (;;) {
		struct pollfd p[] = {
			{ .fd = t.monitor, .events = POLLIN },
			{ .fd = t.channel < 0 ? channel : t.eof ? -1 :
				t.channel, .events = POLLIN },
		};

		poll(p, 2, -1);
		if (p[1].revents && t.channel < 0)
			t.channel = accept(channel, NULL, NULL);
		else if (p[1].revents)
			take_bytes(&t);
		if (p[0].revents)
			serve(&t);
	}
}

/* ---- a session ---- */

static void none_string(struct out *o, const char *a, const char *b)
{
	(void)o, (void)a, (void)b;
}

static void none_key(struct out *o, const char *a)
{
	(void)o, (void)a;
}

static void none_number(struct out *o, const char *a, int64_t b)
{
	(void)o, (void)a, (void)b;
}

static void none_boolean(struct out *o, const char *a, bool b)
{
	(void)o, (void)a, (void)b;
}

static void none(struct out *o)
{
	(void)o;
}

static void none_text(struct out *o, enum style s, const char *a)
{
	(void)o, (void)s, (void)a;
}

static const struct out_ops nowhere = {
	.begin = none_key, .end = none, .string = none_string,
	.number = none_number, .boolean = none_boolean, .open = none_boolean,
	.close = none, .text = none_text, .newline = none, .error = none_key,
};

/* @d has to outlive it. */
static struct session *session_of(const struct test *t, struct dough *d)
{
	struct destination *dest = calloc(1, sizeof(*dest));
	struct account *source;
	struct source *src;
	struct session *s;
	struct err err;

	bake(d, t->stream);
	paper_destination(dest, t->dest, NULL);
	if (source_open_memory(&src, "test", d->p, d->len, NULL, &err) < 0 ||
	    account_take(&source, src, DESC_FROM_SOURCE, NULL, &err) < 0)
		fail_msg("%s: %s", t->what, err.msg);
	s = session_take(source, dest, RULES_CURRENT);
	s->settings.stop_at_divergence = false;
	return s;
}

static void summary(const struct session *s, char *buf, size_t size)
{
	const struct feed *f = s->real->feed;
	size_t n = strlen(buf), real = 0, matched = 0;

	for (size_t i = 0; i < f->nreal; i++) {
		real += f->real[i].counts;
		matched += f->real[i].predicted != FEED_NONE;
	}
	n += (size_t)snprintf(buf + n, size - n, "| %s %zu/%zu of %zu",
			      feed_state_name(f->state), matched, real,
			      f->predicted.n);
	for (size_t i = 0; i < f->nreal && n < size; i++) {
		if (f->real[i].counts && f->real[i].predicted == FEED_NONE)
			n += (size_t)snprintf(buf + n, size - n, " %u:'%s'",
					      (unsigned)f->real[i].at,
					      f->real[i].text);
	}
}

static void run(const struct test *t, struct session *s, char *buf, size_t size)
{
	struct out out = { .ops = &nowhere };
	struct err trouble, err;

	bool steps = *t->says == 's' && t->says[1] == ' ';

	for (unsigned i = 0; i < (steps ? 100 : 20); i++) {
		size_t n = strlen(buf);

		if (real_move(s, steps ? MOVE_STEP : MOVE_CONTINUE, 1, EVENT_NONE, &out, &trouble,
			      &err) < 0)
			fail_msg("%s: %s", t->what, err.msg);
		if (!steps || s->stop != STOP_MOVED)
			snprintf(buf + n, size - n, "%s@%u ",
				 stop_name(s->stop),
				 (unsigned)s->real->feed->fed);
		/* what has happened stays where it was seen */
		assert_true(s->at <= s->real->edge);
		if (s->real->feed->state != FEED_WAITING)
			break;
	}
	summary(s, buf, size);
}

static void each_load(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		const struct test *t = &tests[i];
		struct dough d;
		struct session *s = session_of(t, &d);
		char channel[100], monitor[100], trace[100], buf[4000] = "";
		struct feed_opts opts = {
			.socket = channel, .qmp = monitor, .trace = trace,
			.timeout_ms = 20000,
		};
		int fds[3], status;
		struct words w;
		struct err err;
		pid_t pid;

		snprintf(channel, sizeof(channel), "unix:%s/channel", folder);
		snprintf(monitor, sizeof(monitor), "unix:%s/monitor", folder);
		snprintf(trace, sizeof(trace), "%s/trace", folder);
		make_words(&w, s->t, t->says);
		fds[0] = listen_at("channel");
		fds[1] = listen_at("monitor");
		fds[2] = open(trace, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND,
			      0600);
		pid = fork();
		if (!pid)
			destination(&w, fds[0], fds[1], fds[2]);
		for (unsigned k = 0; k < 3; k++)
			close(fds[k]);
		if (real_open(s, &opts, &err) < 0)
			fail_msg("%s: %s", t->what, err.msg);
		run(t, s, buf, sizeof(buf));
		if (strcmp(buf, t->want)) {
			print_error("%s:\n  got  %s\n  want %s\n", t->what,
				    buf, t->want);
			bad++;
		}
		session_close(s);
		dough_release(&d);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(each_load),
	};
	char command[100];
	int r;

	signal(SIGPIPE, SIG_IGN);
	strcpy(folder, "/tmp/vmsdb-feed-XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	r = cmocka_run_group_tests_name("live-feed", all, NULL, NULL);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command) || r;
}
