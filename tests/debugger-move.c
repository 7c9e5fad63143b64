/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * There and back: over real failing migrations and over random trees.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../debugger/command-impl.h"

#define DATA "tests/data/"

static const struct {
	const char *source, *to[2];
} cases[] = {
	{ "streams/7.2-pc-q35-7.2-vgpu4.mig.xz",
	  { "streams/10.0-pc-q35-7.2-vgpu4.mig.xz",
	    "dumps/10.0-pc-q35-7.2.json.xz" } },
	{ "streams/10.0-pc-q35-7.2-vgpu4.mig.xz",
	  { "streams/7.2-pc-q35-7.2-vgpu4.mig.xz",
	    "dumps/7.2-pc-q35-7.2.json.xz" } },
	{ "streams/10.0-pc-q35-7.2-am53c974.mig.xz",
	  { "streams/7.2-pc-q35-7.2-am53c974.mig.xz",
	    "dumps/7.2-pc-q35-7.2.json.xz" } },
	{ "streams/7.2-isapc-none.mig.xz",
	  { "streams/5.2-isapc-none.mig.xz", "dumps/5.2-isapc.json.xz" } },
	{ "streams/7.2-pc-q35-5.2-virtio.mig.xz",
	  { "streams/10.0-pc-q35-5.2-virtio.mig.xz",
	    "dumps/10.0-pc-q35-5.2.json.xz" } },
	{ "special/postcopy.mig.xz", { NULL, NULL } },
	{ "special/bare.mig.xz", { NULL, NULL } },
	{ "special/xen-devices.mig.xz", { NULL, NULL } },
};

static uint64_t seed = 88172645463325252u;

static uint32_t dice(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed % n);
}

static struct session *open_case(size_t i)
{
	char path[3][300];
	const char *to[2];
	struct session *s;
	struct err err;
	size_t n = 0;

	snprintf(path[2], sizeof(path[2]), DATA "%s", cases[i].source);
	for (; n < 2 && cases[i].to[n]; n++) {
		snprintf(path[n], sizeof(path[n]), DATA "%s", cases[i].to[n]);
		to[n] = path[n];
	}
	if (session_open(&s, path[2], to, n, RULES_CURRENT, NULL, &err) < 0)
		fail_msg("%s", err.msg);
	return s;
}

/* ---- what holds for every tree ---- */

static void walk_steps(struct session *s)
{
	uint32_t n = s->t->n;
	struct err err;

	s->at = 0;
	assert_int_equal(session_move(s, MOVE_STEP, (uint64_t)n + 5, &err),
			 n - 1);
	assert_int_equal(s->at, n - 1);
	assert_int_equal(s->stop, n > 1 ? STOP_END : s->stop);
	assert_int_equal(session_move(s, MOVE_REVERSE_STEP, (uint64_t)n + 5,
				      &err), n - 1);
	assert_int_equal(s->at, 0);
	for (int i = 0; i < 200; i++) {
		uint32_t at = dice(n), count = dice(n - at);

		s->at = at;
		assert_int_equal(session_move(s, MOVE_STEP, count, &err), count);
		assert_int_equal(s->at, at + count);
		assert_int_equal(session_move(s, MOVE_REVERSE_STEP, count, &err),
				 count);
		assert_int_equal(s->at, at);
	}
}

/* next and reverse-next between siblings, finish and up, down. */
static void check_targets(const struct timeline *t)
{
	for (uint32_t i = 0; i < t->n; i++) {
		uint32_t next = move_target(t, i, MOVE_NEXT);
		uint32_t up = move_target(t, i, MOVE_UP);
		uint32_t down = move_target(t, i, MOVE_DOWN);
		uint32_t finish = move_target(t, i, MOVE_FINISH);
		uint32_t back = move_target(t, i, MOVE_REVERSE_NEXT);

		if (next != EVENT_NONE &&
		    t->events[next].parent == t->events[i].parent)
			assert_int_equal(move_target(t, next, MOVE_REVERSE_NEXT),
					 i);
		if (back != EVENT_NONE && back != up)
			assert_int_equal(move_target(t, back, MOVE_NEXT), i);
		if (down != EVENT_NONE)
			assert_int_equal(move_target(t, down, MOVE_UP), i);
		assert_int_equal(up, move_target(t, i, MOVE_REVERSE_FINISH));
		if (finish != EVENT_NONE)
			assert_int_equal(finish, t->events[up].end);
		assert_true(i ? back < i : back == EVENT_NONE);
	}
}

#define MAX_STOPS 100000

/* Where continue stops, forward; then the same backward, mirrored. */
static size_t mirror(struct session *s)
{
	uint32_t *stops = calloc(MAX_STOPS, sizeof(*stops));
	struct err err;
	size_t n = 0;

	s->at = 0;
	for (;;) {
		session_move(s, MOVE_CONTINUE, 1, &err);
		if (s->stop == STOP_END)
			break;
		assert_true(n < MAX_STOPS && (!n || s->at > stops[n - 1]));
		stops[n++] = s->at;
	}
	/* a place on the very last event is behind nothing */
	if (n && stops[n - 1] == s->t->n - 1)
		n--;
	for (size_t i = n; i--; ) {
		session_move(s, MOVE_REVERSE_CONTINUE, 1, &err);
		assert_int_equal(s->at, stops[i]);
		assert_int_not_equal(s->stop, STOP_START);
	}
	session_move(s, MOVE_REVERSE_CONTINUE, 1, &err);
	assert_int_equal(s->at, 0);
	free(stops);
	return n;
}

/* ---- real loads ---- */

static void test_steps(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct session *s = open_case(i);

		walk_steps(s);
		check_targets(s->t);
		session_close(s);
	}
}

static void test_continue(void **state)
{
	static const char *const breaks[] = {
		"subsection", "type:uint32 if dst > 1", "struct if version > 1",
		"kind:footer", "*", "*/config*", "kind:probe if depth % 3 == 1",
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct session *s = open_case(i);

		mirror(s);
		for (size_t k = 0; k < sizeof(breaks) / sizeof(breaks[0]); k++) {
			/* not every load has each of them */
			breakpoint_add(s, breaks[k], false, false, &err);
			mirror(s);
		}
		assert_true(s->breakpoints.n > 2);
		session_close(s);
	}
}

/* A failing load stops where it parts, then where it fails. */
static void test_stops(void **state)
{
	struct session *s = open_case(0);
	struct err err;

	(void)state;
	session_move(s, MOVE_CONTINUE, 1, &err);
	assert_int_equal(s->stop, STOP_DIVERGENCE);
	session_move(s, MOVE_CONTINUE, 1, &err);
	assert_int_equal(s->stop, STOP_FAILURE);
	assert_int_equal(s->at, session_failure_event(s, 0));
	session_move(s, MOVE_REVERSE_CONTINUE, 1, &err);
	assert_int_equal(s->stop, STOP_DIVERGENCE);
	/* next does not run over a divergence inside */
	s->at = timeline_section(s->t, s->at);
	session_move(s, MOVE_NEXT, 1, &err);
	assert_int_equal(s->stop, STOP_DIVERGENCE);
	s->settings.stop_at_divergence = s->settings.stop_at_failure = 0;
	session_move(s, MOVE_CONTINUE, 1, &err);
	assert_int_equal(s->stop, STOP_END);
	session_close(s);
}

/* ---- breakpoints ---- */

static void test_ignore_and_temporary(void **state)
{
	struct session *s = open_case(4);
	struct breakpoint *b;
	struct err err;
	uint32_t third;

	(void)state;
	s->settings.stop_at_divergence = s->settings.stop_at_failure = 0;
	b = breakpoint_add(s, "kind:footer", false, false, &err);
	assert_non_null(b);
	assert_true(b->where.n > 5);
	third = b->where.events[2];
	b->ignore = 2;
	session_move(s, MOVE_CONTINUE, 1, &err);
	assert_int_equal(s->at, third);
	assert_int_equal(b->hits, 3);
	b->enabled = false;
	assert_non_null(breakpoint_add(s, "kind:footer", false, true, &err));
	session_move(s, MOVE_CONTINUE, 2, &err);
	assert_int_equal(s->stop, STOP_END);
	assert_int_equal(s->breakpoints.n, 1);
	session_close(s);
}

/* A condition that cannot be computed stops, and says so. */
static void test_bad_condition(void **state)
{
	struct session *s = open_case(4);
	struct err err;

	(void)state;
	assert_non_null(breakpoint_add(s, "kind:footer if 1 / (event - event)",
				       false, false, &err));
	session_move(s, MOVE_CONTINUE, 1, &err);
	assert_int_equal(s->stop, STOP_BREAKPOINT);
	assert_string_equal(err.msg,
			    "condition of breakpoint 1: division by zero");
	session_close(s);
}

/* The watch stops where both sides' values of one path differ. */
static void test_watch(void **state)
{
	struct session *s = open_case(0);
	struct err err;
	int64_t a, b;

	(void)state;
	assert_non_null(breakpoint_add(s, "0000:00:01.0/virtio-gpu", true,
				       false, &err));
	s->settings.stop_at_divergence = s->settings.stop_at_failure = 0;
	do
		session_move(s, MOVE_CONTINUE, 1, &err);
	while (s->stop == STOP_WATCH &&
	       session_source_event(s, s->at) == EVENT_NONE);
	assert_int_equal(s->stop, STOP_WATCH);
	assert_true(session_number(s->t, s->at, &a));
	assert_true(session_number(session_source(s),
				   session_source_event(s, s->at), &b));
	assert_true(a != b);
	session_close(s);
}

/* ---- random trees ---- */

static void grow(struct timeline *t, uint32_t parent, unsigned depth)
{
	uint32_t kids = depth > 12 ? 0 : dice(5);

	for (uint32_t k = 0; k < kids && t->n < 3000; k++) {
		uint32_t i = t->n++;

		t->events[i] = (struct event){
			.kind = EV_FIELD, .parent = parent, .off = i, .len = 1,
			.section = EVENT_NONE, .depth = (uint8_t)depth,
		};
		grow(t, i, depth + 1);
		t->events[i].end = t->n;
	}
}

static void test_random(void **state)
{
	(void)state;
	for (int round = 0; round < 200; round++) {
		struct timeline t = { .n = 1 };
		struct analysis a = { 0 };
		struct session s = { .t = &t, .a = &a };

		t.events = calloc(3000, sizeof(*t.events));
		t.events[0] = (struct event){ .kind = EV_LOAD,
			.parent = EVENT_NONE, .section = EVENT_NONE };
		grow(&t, 0, 1);
		t.events[0].end = t.n;
		check_targets(&t);
		walk_steps(&s);
		free(t.events);
	}
}

/* As many places as there are events, and continue still is a search. */
static void test_many(void **state)
{
	struct session *s = open_case(0);
	struct err err;
	size_t n;

	(void)state;
	assert_non_null(breakpoint_add(s, "type:*", false, false, &err));
	n = mirror(s);
	assert_true(n > 5000);
	session_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_continue),
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_ignore_and_temporary),
		cmocka_unit_test(test_bad_condition),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
