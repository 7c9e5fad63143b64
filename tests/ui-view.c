/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The screen without a terminal: drawn as text and compared with
 * tests/golden/screens (VMSDB_REWRITE=1 rewrites them); any keys in any size;
 * and how much of a million events a key looks at.
 */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include "../ui/keys.h"
#include "../ui/screen.h"

#define GOLDEN "tests/golden/screens"

static const char *const source = "tests/data/streams/7.2-pc-q35-7.2-vgpu4.mig.xz";
static const char *const to[] = {
	"tests/data/streams/10.0-pc-q35-7.2-vgpu4.mig.xz",
	"tests/data/dumps/10.0-pc-q35-7.2.json.xz",
};

static struct session *open_case(void)
{
	struct session *s;
	struct err err;

	if (session_open(&s, source, to, 2, RULES_CURRENT, NULL, &err) < 0)
		fail_msg("%s", err.msg);
	return s;
}

static char *text_of(const struct canvas *c)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	canvas_save_text(c, f);
	fclose(f);
	return text;
}

/* Keys as in the table: <Tab>, <C-d>; all else is typed. */
static uint32_t next_key(const char **s)
{
	char name[16], buf[16];
	size_t n = strcspn(*s, ">");

	if (**s != '<' || !(*s)[1])
		return text_next(s);
	snprintf(name, sizeof(name), "%.*s", (int)n - 1, *s + 1);
	*s += n + 1;
	if (!strncmp(name, "C-", 2) && name[2] != 'c')
		return (uint32_t)name[2] & 0x1f;
	for (uint32_t k = K_FIRST + 1; k < K_LAST; k++) {
		if (!strcmp(key_to_text(k, buf, sizeof(buf)), name))
			return k;
	}
	fail_msg("no key %s", name);
	return 0;
}

static void type(struct screen *sc, struct canvas *c, const char *keys)
{
	screen_draw(sc, c);
	while (*keys) {
		screen_key(sc, next_key(&keys));
		screen_draw(sc, c);
	}
}

/* ---- pictures as text ---- */

static const struct {
	const char *name;
	int w, h;
	bool ascii;
	const char *keys;
} screens[] = {
	{ "start-60x16", 60, 16, false, "" },
	{ "start-80x24", 80, 24, false, "" },
	{ "start-140x40", 140, 40, false, "" },
	{ "start-300x100", 300, 100, false, "" },
	{ "divergence-60x16", 60, 16, false, "c" },
	{ "divergence-80x24", 80, 24, false, "c" },
	{ "divergence-140x40", 140, 40, false, "c" },
	{ "divergence-300x100", 300, 100, false, "c" },
	{ "divergence-ascii-140x40", 140, 40, true, "c" },
	{ "compare-80x24", 80, 24, false, "c|" },
	{ "structure-140x40", 140, 40, false, "c||" },
	{ "lists-80x24", 80, 24, false, "cbC>b|||" },
	{ "zoom-tree-80x24", 80, 24, false, "c<F2>z" },
	{ "tree-closed-80x24", 80, 24, false, "c<F2>zhhhj" },
	{ "bytes-80x24", 80, 24, false, "c<F4>zjj" },
	{ "unlocked-140x40", 140, 40, false, "cUjjj" },
	{ "search-80x24", 80, 24, false, "/acpi_build<Enter>" },
	{ "prompt-80x24", 80, 24, false, ":info s<Tab>" },
	{ "pager-80x24", 80, 24, false, ":info sections<Enter>" },
	{ "verdict-80x24", 80, 24, false, "i" },
	{ "changes-none-60x16", 60, 16, false, "<F9>" },
	{ "changes-140x40", 140, 40, false,
	  ":compare tests/data/streams/10.0-pc-q35-7.2-vgpu4.mig.xz<Enter>||||))" },
	{ "changes-80x24", 80, 24, false,
	  ":compare tests/data/streams/10.0-pc-q35-7.2-vgpu4.mig.xz<Enter>:layout changes<Enter>)<F9>jjj<Enter>" },
	{ "keys-80x24", 80, 24, false, "<F1>" },
	{ "keys-found-80x24", 80, 24, false, "<F1>diverg" },
	{ "keys-160x44", 160, 44, false, "<F1>" },
	{ "error-60x16", 60, 16, false, ":goto nowhere<Enter>" },
};

static char *slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t cap = 0;

	if (!f)
		return NULL;
	if (getdelim(&text, &cap, '\0', f) < 0) {
		free(text);
		text = NULL;
	}
	fclose(f);
	return text;
}

static void spill(const char *path, const char *text)
{
	FILE *f;

	(void)mkdir(GOLDEN, 0777);
	f = fopen(path, "w");
	if (!f)
		fail_msg("%s: %s", path, strerror(errno));
	fputs(text, f);
	fclose(f);
}

static void test_golden(void **state)
{
	bool rewrite = getenv("VMSDB_REWRITE") != NULL;
	size_t bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(screens) / sizeof(screens[0]); i++) {
		struct session *s = open_case();
		struct screen sc;
		struct canvas c;
		char path[200], *got, *want;

		screen_init(&sc, s);
		canvas_init(&c, screens[i].w, screens[i].h, screens[i].ascii);
		type(&sc, &c, screens[i].keys);
		got = text_of(&c);
		snprintf(path, sizeof(path), "%s/%s.txt", GOLDEN,
			 screens[i].name);
		want = slurp(path);
		if (rewrite) {
			spill(path, got);
		} else if (!want || strcmp(got, want)) {
			printf("--- %s differs; now it is\n%s", path, got);
			bad++;
		}
		free(got);
		free(want);
		canvas_release(&c);
		screen_release(&sc);
		session_close(s);
	}
	assert_int_equal(bad, 0);
}

/* ---- any key, any size ---- */

static uint32_t seed = 1;

static uint32_t dice(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static uint32_t any_key(void)
{
	static const char often[] = "snfcSNFCud[]{}bhjklgGo.z|Uwi:/?q ";
	uint32_t k;

	switch (dice(4)) {
	case 0:
		k = K_FIRST + 1 + dice(K_LAST - K_FIRST - 1);
		return k;
	case 1:
		return 1 + dice(0x7e);
	default:
		return (uint8_t)often[dice(sizeof(often) - 1)];
	}
}

static void check_cells(const struct canvas *c)
{
	for (int i = 0; i < c->w * c->h; i++) {
		const struct cell *cell = &c->cells[i];

		assert_true(cell->ink < INKS_COUNT && cell->back < BACKS_COUNT);
		/* no half without its other half */
		if (!cell->ch)
			assert_true(i % c->w && char_width(cell[-1].ch) == 2);
		else
			assert_true(char_width(cell->ch) > 0);
		if (c->ascii)
			assert_true(cell->ch < 0x7f);
	}
}

static void test_any_keys(void **state)
{
	struct session *s = open_case();
	struct screen sc;
	struct canvas c;

	(void)state;
	screen_init(&sc, s);
	canvas_init(&c, 80, 24, false);
	for (int i = 0; i < 15000; i++) {
		uint32_t key = any_key();

		if (!dice(20)) {
			canvas_resize(&c, (int)dice(320), (int)dice(110));
			c.ascii = dice(2);
		}
		if (!dice(30))
			screen_click(&sc, (int)dice(100), (int)dice(40),
				     dice(2));
		if (!dice(30))
			screen_wheel(&sc, (int)dice(100), (int)dice(40),
				     dice(2) ? 1 : -1);
		/* commands that leave the program's own ground stay out */
		if (sc.prompt == PROMPT_COMMAND && key == K_ENTER)
			key = K_ESCAPE;
		screen_key(&sc, key);
		s->quit = false;
		screen_draw(&sc, &c);
		check_cells(&c);
	}
	canvas_release(&c);
	screen_release(&sc);
	session_close(s);
}

/* There is somewhere to look in every size, and what matters is there. */
static void test_sizes(void **state)
{
	struct session *s = open_case();
	struct screen sc;
	struct canvas c;

	(void)state;
	screen_init(&sc, s);
	canvas_init(&c, 80, 24, false);
	type(&sc, &c, "c");
	for (int w = 60; w <= 300; w += 8) {
		for (int h = 16; h <= 100; h += 7) {
			char *text, here[40];

			canvas_resize(&c, w, h);
			screen_draw(&sc, &c);
			text = text_of(&c);
			snprintf(here, sizeof(here), "%u/%u", s->at, s->t->n - 1);
			assert_non_null(strstr(text, here));
			assert_non_null(strstr(text, "▶"));
			assert_non_null(strstr(text, "≠"));
			assert_non_null(strstr(text, "fails"));
			assert_non_null(strstr(text, "source wrote"));
			assert_non_null(strstr(text, "bytes"));
			free(text);
		}
	}
	canvas_release(&c);
	screen_release(&sc);
	session_close(s);
}

/* Panes are inside of the screen and do not overlap. */
static void test_layouts(void **state)
{
	struct session *s = open_case();
	struct screen sc;
	struct canvas c;

	(void)state;
	screen_init(&sc, s);
	canvas_init(&c, 80, 24, false);
	for (int l = 0; l < 4; l++) {
		for (int i = 0; i < 300; i++) {
			int w = 20 + (int)dice(281), h = 6 + (int)dice(95);
			char *seen = calloc(1, (size_t)w * (size_t)h);

			canvas_resize(&c, w, h);
			screen_draw(&sc, &c);
			for (int p = 0; p < PANES_COUNT; p++) {
				struct rect r = sc.panes[p].at;

				if (r.h < 1)
					continue;
				assert_true(r.x >= 0 && r.y >= 0 && r.w > 0 &&
					    r.x + r.w <= w && r.y + r.h <= h - 2);
				for (int y = r.y; y < r.y + r.h; y++)
					for (int x = r.x; x < r.x + r.w; x++)
						assert_false(seen[y * w + x]++);
			}
			free(seen);
		}
		screen_run(&sc, "layout next");
	}
	canvas_release(&c);
	screen_release(&sc);
	session_close(s);
}

/* ---- a million events ---- */

enum { MILLION = 1000000 };

struct maker {
	struct timeline *t;
	uint64_t off;
};

static uint32_t begin(struct maker *m, enum event_kind kind, const char *name,
		      uint32_t parent)
{
	struct event *e = &m->t->events[m->t->n];

	*e = (struct event){
		.kind = (uint8_t)kind, .off = m->off, .parent = parent,
		.section = EVENT_NONE, .name = name, .version = 1,
		.depth = parent == EVENT_NONE ? 0 :
			(uint8_t)(m->t->events[parent].depth + 1),
	};
	if (kind == EV_SECTION)
		e->section = m->t->n;
	else if (parent != EVENT_NONE)
		e->section = m->t->events[parent].section;
	return m->t->n++;
}

static void end(struct maker *m, uint32_t i)
{
	struct event *e = &m->t->events[i];

	e->end = m->t->n;
	e->len = m->off - e->off;
}

static void leaf(struct maker *m, uint32_t parent)
{
	uint32_t i = begin(m, EV_FIELD, "a_field_of_some_length", parent);

	m->t->events[i].type = "uint32";
	m->t->events[i].n = 1;
	m->off += 4;
	end(m, i);
}

static void section(struct maker *m, uint32_t root, uint32_t leaves,
		    bool flat)
{
	uint32_t s = begin(m, EV_SECTION, "0000:00:01.0/device", root);
	uint32_t d = begin(m, EV_STRUCT, "device", s);

	for (uint32_t k = 0; k < leaves; ) {
		uint32_t array, n = flat ? 1 : 20;

		if (flat) {
			leaf(m, d);
			k++;
			continue;
		}
		array = begin(m, EV_FIELD, "queue", d);
		m->t->events[array].is_array = true;
		m->t->events[array].n = 1;
		for (uint32_t j = 0; j < n; j++, k++)
			leaf(m, array);
		end(m, array);
	}
	end(m, d);
	end(m, s);
}

/* One enormous flat section between many ordinary ones. */
static struct timeline *make_million(struct source *src, uint64_t *bytes)
{
	struct maker m = { calloc(1, sizeof(struct timeline)), 0 };
	uint32_t root;

	arena_init(&m.t->arena);
	m.t->events = calloc(MILLION + 1000, sizeof(*m.t->events));
	m.t->src = src;
	root = begin(&m, EV_LOAD, "load", EVENT_NONE);
	for (int i = 0; i < 200; i++)
		section(&m, root, 1000, false);
	section(&m, root, 550000, true);
	while (m.t->n < MILLION - 1200)
		section(&m, root, 1000, false);
	while (m.t->n < MILLION)
		leaf(&m, root);
	end(&m, root);
	assert_null(timeline_check(m.t));
	*bytes = m.off;
	return m.t;
}

static double now(void)
{
	struct timespec ts;

	/* of ours alone: others' work on the machine is no matter */
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static const char *const million_keys[] = {
	"s", "n", "f", "u", "d", "S", "N", "F", ">", "S", "N", "<", "n", "n",
	"}", "}", "{", "X", "c", "C", "50}", "s", "s", "s", "b", "b", "u", "u",
	"<F2>", "j", "k", "G", "k", "k", "<PgUp>", "g", "<PgDn>", "l", "h", "o",
	"<Enter>", "<Enter>", "z", "j", "G", "k", "<PgUp>", "z",
	"<F3>", "G", "<PgUp>", "<Enter>", "g", "U", "G", "<Left>", "<PgUp>", "U",
	"<F4>", "G", "<PgUp>", "<Enter>", "g", "<F6>", "j", "<Enter>", "|", "|",
	"|", "|", ":", "goto 700000", "<Enter>", "s", "f", "n", "rn", "S", "u",
	"<F2>", "G", "k", "o", "k", "k", "<PgUp>", "l", "C", "w", "q", "p",
	"/", "zzznone", "<Enter>", "/", "99.z", "<Enter>", "n",
};

/* A key looks at what is on the screen and on the way there: not at the load. */
static void test_million(void **state)
{
	struct session *s = open_case();
	struct timeline *t = s->t, *self = s->source->self;
	struct source src = *t->src;
	struct screen sc;
	struct canvas c;
	uint64_t bytes;
	double worst = 0, open;
	const char *worst_key = "";

	(void)state;
	s->t = make_million(&src, &bytes);
	s->source->self = make_million(&src, &bytes);
	src.data = calloc(1, bytes);
	src.len = bytes;
	screen_init(&sc, s);
	canvas_init(&c, 300, 100, false);
	open = now();
	screen_draw(&sc, &c);
	open = now() - open;
	for (size_t i = 0; i < sizeof(million_keys) / sizeof(million_keys[0]);
	     i++) {
		double start = now();

		sc.work = c.drawn = 0;
		type(&sc, &c, million_keys[i]);
		if (getenv("VMSDB_TIMES"))
			printf("%6.1f ms %6lu %6lu %s\n", now() - start,
			       sc.work, c.drawn, million_keys[i]);
		if (now() - start > worst) {
			worst = now() - start;
			worst_key = million_keys[i];
		}
		/* drawn twice for each key of the line */
		if (sc.work > 4000 * (strlen(million_keys[i]) + 1) ||
		    c.drawn > 2lu * 300 * 100 * (strlen(million_keys[i]) + 1))
			fail_msg("key %s: %lu events looked at, %lu characters",
				 million_keys[i], sc.work, c.drawn);
	}
	printf("a million events: first screen %.1f ms, slowest key '%s' "
	       "%.1f ms\n", open, worst_key, worst);
	canvas_release(&c);
	screen_release(&sc);
	free((void *)src.data);
	timeline_close(s->t);
	timeline_close(s->source->self);
	s->t = t;
	s->source->self = self;
	s->at = 0;
	session_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_any_keys),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_million),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
