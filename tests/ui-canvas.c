/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The grid of cells, the table of keys, the line that is typed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <readline/history.h>

#include "../debugger/command.h"
#include "../ui/canvas.h"
#include "../ui/edit.h"
#include "../ui/keys.h"
#include "../ui/log.h"
#include "../ui/screen.h"

static char *saved(const struct canvas *c,
		   void (*save)(const struct canvas *, FILE *))
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	save(c, f);
	fclose(f);
	return text;
}

/* ---- text in cells ---- */

static const struct {
	const char *what;
	int width;
	bool ascii;
	const char *text, *want;
} texts[] = {
	{ "fits", 10, false, "abc", "abc" },
	{ "to the end", 3, false, "abc", "abc" },
	{ "cut", 3, false, "abcd", "ab…" },
	{ "cut to nothing", 1, false, "ab", "…" },
	{ "no room", 0, false, "ab", "" },
	{ "two bytes", 5, false, "käse", "käse" },
	{ "wide", 6, false, "日本語", "日本語" },
	{ "wide, cut inside", 5, false, "日本語", "日本…" },
	{ "wide, cut on its half", 4, false, "日本語", "日 …" },
	{ "control", 20, false, "a\033[2Jb", "a\\x1b[2Jb" },
	{ "newline", 20, false, "a\nb", "a\\x0ab" },
	{ "C1", 20, false, "a\xc2\x9b" "31m", "a\\xc2\\x9b31m" },
	{ "no UTF-8", 20, false, "a\xff" "b", "a\\xffb" },
	{ "backslash", 20, false, "a\\b", "a\\x5cb" },
	{ "turns the text", 30, false, "a\xe2\x80\xae" "b", "a\\xe2\\x80\\xaeb" },
	{ "a mark without a column", 20, false, "e\xcc\x81", "e\\u0301" },
	{ "no blank to be seen", 20, false, "a\xe2\x80\x8b" "b", "a\\u200bb" },
	{ "ASCII", 20, true, "käse", "k\\u00e4se" },
	{ "ASCII of ours", 20, true, "a › b…", "a > b~" },
	{ "ASCII, cut", 3, true, "abcd", "ab~" },
};

static void test_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct canvas c;
		struct pen p;
		char *got, want[100];

		canvas_init(&c, 40, 1, texts[i].ascii);
		p = pen_at(&c, 0, 0, texts[i].width);
		pen_text(&p, INK_PLAIN, texts[i].text);
		got = saved(&c, canvas_save_text);
		snprintf(want, sizeof(want), "%s\n", texts[i].want);
		if (strcmp(got, want))
			fail_msg("%s: got '%s', want '%s'", texts[i].what, got,
				 want);
		/* what is measured is what is drawn */
		if (!p.cut && texts[i].width)
			assert_int_equal(text_width(&c, texts[i].text), p.x);
		free(got);
		canvas_release(&c);
	}
}

static void test_outside(void **state)
{
	struct canvas c;
	struct pen p;

	(void)state;
	canvas_init(&c, 4, 2, false);
	for (int y = -2; y < 4; y++) {
		for (int x = -3; x < 8; x++) {
			p = pen_at(&c, x, y, 9);
			pen_text(&p, INK_PLAIN, "日本語ab");
			pen_right(&p, INK_PLAIN, "xyz");
			canvas_back(&c, x, y, 20, BACK_BAD);
		}
	}
	canvas_resize(&c, 0, 0);
	p = pen_at(&c, 0, 0, 5);
	pen_text(&p, INK_PLAIN, "abc");
	canvas_release(&c);
}

static void test_cells(void **state)
{
	struct canvas c;
	struct pen p;
	char *got;

	(void)state;
	canvas_init(&c, 24, 2, false);
	p = pen_at(&c, 0, 0, 24);
	pen_cell(&p, INK_PLAIN, 5, "%s", "ab");
	pen_cell(&p, INK_PLAIN, 5, "%s", "abcdefg");
	pen_cell(&p, INK_PLAIN, 0, "%s", "gone");
	pen_text(&p, INK_PLAIN, "x");
	pen_right(&p, INK_PLAIN, "end");
	p = pen_at(&c, 20, 1, 4);
	pen_text(&p, INK_PLAIN, "12");
	pen_right(&p, INK_PLAIN, "toolong");
	got = saved(&c, canvas_save_text);
	assert_string_equal(got, "ab    abcd… x        end\n"
			    "                    12\n");
	free(got);
	canvas_release(&c);
}

static void save_html(const struct canvas *c, FILE *f)
{
	canvas_save_html(c, f, "<title> \033");
}

static void save_svg(const struct canvas *c, FILE *f)
{
	canvas_save_svg(c, f, "<title> \033");
}

/* Nothing of a name gets out of its place in the file. */
static void test_markup(void **state)
{
	struct canvas c;
	struct pen p;
	char *html, *svg;

	(void)state;
	canvas_init(&c, 40, 2, false);
	p = pen_at(&c, 0, 0, 40);
	pen_text(&p, INK_BAD, "<script>&\"</script>");
	canvas_back(&c, 0, 0, 40, BACK_DEST);
	html = saved(&c, save_html);
	svg = saved(&c, save_svg);
	assert_null(strstr(html, "<script"));
	assert_null(strstr(svg, "<script"));
	assert_non_null(strstr(html, "&lt;script&gt;&amp;&quot;&lt;/script"));
	assert_non_null(strstr(html, "<title>&lt;title&gt; \\x1b</title>"));
	assert_non_null(strstr(svg, back_colours[BACK_DEST].css));
	assert_null(strchr(svg, '\033'));
	free(html);
	free(svg);
	canvas_release(&c);
}

/* Every mark has another shape than those that can stand in its place. */
static void test_glyphs(void **state)
{
	static const enum glyph marks[] = {
		GLYPH_FAIL, GLYPH_DIVERGE, GLYPH_NOTE, GLYPH_GUESS,
		GLYPH_ABSENT, GLYPH_UNREAD, GLYPH_BREAK, GLYPH_BREAK_OFF,
		GLYPH_ONLY_SOURCE, GLYPH_REMARK, GLYPH_LEAF,
	};
	size_t n = sizeof(marks) / sizeof(marks[0]);

	(void)state;
	for (int ascii = 0; ascii < 2; ascii++) {
		struct canvas c;

		canvas_init(&c, 4, 1, ascii);
		for (int g = 0; g < GLYPHS_COUNT; g++)
			assert_int_equal(text_width(&c, canvas_glyph(&c,
					 (enum glyph)g)), 1);
		for (size_t i = 0; i < n; i++)
			for (size_t k = 0; k < i; k++)
				assert_string_not_equal(
					canvas_glyph(&c, marks[i]),
					canvas_glyph(&c, marks[k]));
		canvas_release(&c);
	}
}

/* ---- keys ---- */

static bool is_word(const char *line)
{
	for (const struct screen_word *w = screen_words; w->name; w++) {
		size_t n = strlen(w->name);

		if (!strncmp(w->name, line, n) && (!line[n] || line[n] == ' '))
			return true;
	}
	return false;
}

/* The screen has no powers of its own: each key's line is somebody's. */
static void test_bindings(void **state)
{
	(void)state;
	for (const struct key_binding *b = key_bindings; b->keys; b++) {
		const char *args;
		struct err err;

		if (!is_word(b->line) &&
		    !command_find(b->line, &args, &err))
			fail_msg("key %s: %s", b->keys, err.msg);
		if (!strncmp(b->line, "prompt ", 7) &&
		    !command_find(b->line + 7, &args, &err))
			fail_msg("key %s: %s", b->keys, err.msg);
		assert_true(*b->help);
		/* no key twice, but while searching */
		for (const struct key_binding *o = key_bindings; o != b; o++) {
			char word[32], line[64];

			if ((o->flags ^ b->flags) & KEY_SEARCHING)
				continue;
			snprintf(line, sizeof(line), " %s ", o->keys);
			for (const char *w = b->keys; *w; ) {
				size_t n = strcspn(w, " ");

				snprintf(word, sizeof(word), " %.*s ", (int)n, w);
				if (strstr(line, word))
					fail_msg("key%stwice", word);
				w += n + (w[n] == ' ');
			}
		}
	}
}

static const struct {
	const char *what;
	uint32_t prefix, key;
	bool searching;
	const char *want;	/* NULL: none; "...": more to come */
} found[] = {
	{ "plain", 0, 's', false, "step" },
	{ "capital", 0, 'S', false, "reverse-step" },
	{ "prefix", 0, 'r', false, "..." },
	{ "prefixed", 'r', 'c', false, "reverse-continue" },
	{ "prefixed by another", 'x', 'c', false, NULL },
	{ "nothing", 0, 'y', false, NULL },
	{ "named", 0, K_UP, false, "cursor up" },
	{ "control", 0, 4, false, "cursor half-down" },
	{ "n", 0, 'n', false, "next" },
	{ "n in a search", 0, 'n', true, "next-match" },
	{ "? is help", 0, '?', false, "keys" },
	{ "? in a search", 0, '?', true, "prompt-reverse-search" },
	{ "UTF-8", 0, 0xe4, false, NULL },
	{ "Alt", 0, K_ALT | 's', false, NULL },
	{ "mouse", 0, K_MOUSE, false, NULL },
};

static void test_find(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
		bool more;
		const struct key_binding *b = key_find(found[i].prefix,
				found[i].key, found[i].searching, &more);
		const char *got = b ? b->line : more ? "..." : NULL;

		if ((got != found[i].want) && (!got || !found[i].want ||
		    strcmp(got, found[i].want)))
			fail_msg("%s: got %s", found[i].what, got);
	}
}

static void test_filter(void **state)
{
	unsigned n = 0;

	(void)state;
	for (const struct key_binding *b = key_bindings; b->keys; b++) {
		assert_true(key_matches(b, ""));
		assert_false(key_matches(b, "no such key"));
		n += key_matches(b, "reverse step");
	}
	assert_int_equal(n, 1);
}

/* ---- the line that is typed ---- */

/* Keys as they are written in the table: <Left>, <C-a>, <M-b>. */
static uint32_t next_key(const char **s)
{
	char name[16], buf[16];
	size_t n = strcspn(*s, ">");

	if (**s != '<') {
		return text_next(s);
	}
	snprintf(name, sizeof(name), "%.*s", (int)n - 1, *s + 1);
	*s += n + 1;
	if (!strncmp(name, "C-", 2) && name[2] != 'c')
		return (uint32_t)name[2] & 0x1f;
	if (!strncmp(name, "M-", 2))
		return K_ALT | (uint32_t)name[2];
	for (uint32_t k = K_FIRST + 1; k < K_LAST; k++) {
		if (!strcmp(key_to_text(k, buf, sizeof(buf)), name))
			return k;
	}
	fail_msg("no key %s", name);
	return 0;
}

static const struct {
	const char *what, *keys, *want;	/* | stands where the cursor is */
} edits[] = {
	{ "typing", "step 2", "step 2|" },
	{ "UTF-8", "kä<Left>x", "kx|ä" },
	{ "backspace over UTF-8", "kä<Backspace>x", "kx|" },
	{ "delete", "abc<Home><Del>", "|bc" },
	{ "home, end", "abc<C-a>1<C-e>2", "1abc2|" },
	{ "words", "one two<M-b><M-b>x<M-f>y", "xoney| two" },
	{ "kill the word", "break a.b<C-w>", "break |" },
	{ "kill two, yank", "a b c<C-w><C-w><C-a><C-y> ", "b c |a " },
	{ "kill to the end", "abc<C-b><C-b><C-k>", "a|" },
	{ "kill the line", "abc<Left><C-u>", "|c" },
	{ "transpose", "ab<C-t>", "ba|" },
	{ "history", "<Up>", "continue|" },
	{ "history twice, and back", "x<Up><Up><Down><Down>", "x|" },
	{ "no further", "<Up><Up><Up><Up><Up>", "goto 12|" },
	{ "search in history", "<C-r>got<End>", "goto 12|" },
	{ "search, once more", "<C-r>o<C-r><End>", "goto 12|" },
	{ "cancelled", "abc<Esc>", "cancelled" },
	{ "Ctrl-C", "abc<C-c>", "cancelled" },
	{ "backspace on nothing", "<Backspace>", "cancelled" },
	{ "done", "abc<Enter>", "done" },
};

static void test_edit(void **state)
{
	(void)state;
	using_history();
	clear_history();
	edit_remember("goto 12");
	edit_remember("continue");
	edit_remember("continue");
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		enum edit_result r = EDIT_MORE;
		struct edit e = { 0 };
		char got[EDIT_MAX * 2];

		edit_start(&e, "");
		for (const char *k = edits[i].keys; *k && r == EDIT_MORE; )
			r = edit_key(&e, next_key(&k), NULL);
		snprintf(got, sizeof(got), "%.*s|%s", (int)e.at, e.line,
			 e.line + e.at);
		if (r != EDIT_MORE)
			strcpy(got, r == EDIT_DONE ? "done" : "cancelled");
		if (strcmp(got, edits[i].want))
			fail_msg("%s: got '%s', want '%s'", edits[i].what, got,
				 edits[i].want);
	}
}

/* A line has a bound, and typing on does no harm. */
static void test_edit_long(void **state)
{
	struct edit e = { 0 };

	(void)state;
	edit_start(&e, "");
	for (int i = 0; i < EDIT_MAX * 2; i++)
		edit_key(&e, 0x65e5, NULL);
	assert_true(e.len < EDIT_MAX);
	assert_int_equal(e.len, strlen(e.line));
	edit_key(&e, 'w' & 0x1f, NULL);
	for (int i = 0; i < 4; i++)
		edit_key(&e, 'y' & 0x1f, NULL);
	assert_true(e.len < EDIT_MAX);
}

/* ---- what commands print ---- */

static void test_log(void **state)
{
	struct canvas c;
	struct pen p;
	struct log l;
	char *got;

	(void)state;
	log_init(&l);
	log_command(&l, "step");
	out_text(&l.out, STYLE_BOLD, "a\001\033");
	out_text(&l.out, STYLE_DIM, " b\\");
	out_newline(&l.out);
	out_error(&l.out, "two\nlines");
	assert_int_equal(l.n - l.start, 3);
	assert_true(l.failed);
	canvas_init(&c, 30, 1, false);
	p = pen_at(&c, 0, 0, 30);
	log_draw(&l, l.start, &p);
	got = saved(&c, canvas_save_text);
	assert_string_equal(got, "a\\x01\\x1b b\\x5c\n");
	assert_int_equal(canvas_cell(&c, 0, 0)->ink, INK_BOLD);
	free(got);
	got = log_plain(&l, l.start + 2);
	assert_string_equal(got, "lines");
	free(got);
	/* endless output stops; the next command starts afresh */
	for (int i = 0; i < LOG_MAX * 2; i++)
		out_line(&l.out, "%d", i);
	assert_true(l.overflow && l.out.stopped && l.n <= LOG_MAX);
	for (int i = 0; i < LOG_MAX; i++) {
		log_command(&l, "step");
		out_line(&l.out, "%d", i);
	}
	assert_true(!l.overflow && !l.out.stopped && l.n <= LOG_MAX);
	assert_int_equal(l.n - l.start, 1);
	log_release(&l);
	canvas_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_markup),
		cmocka_unit_test(test_glyphs),
		cmocka_unit_test(test_bindings),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_edit),
		cmocka_unit_test(test_edit_long),
		cmocka_unit_test(test_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
