/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <readline/history.h>

#include "../debugger/command.h"
#include "canvas.h"
#include "edit.h"
#include "keys.h"

#define C(c) ((uint32_t)(c) & 0x1f)

void edit_start(struct edit *e, const char *text)
{
	char killed[EDIT_MAX];

	memcpy(killed, e->killed, sizeof(killed));
	*e = (struct edit){ 0 };
	memcpy(e->killed, killed, sizeof(killed));
	snprintf(e->line, sizeof(e->line), "%s", text);
	e->len = e->at = strlen(e->line);
}

static void set_line(struct edit *e, const char *text)
{
	snprintf(e->line, sizeof(e->line), "%s", text);
	e->len = e->at = strlen(e->line);
}

static bool is_inside(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t before(const struct edit *e, size_t at)
{
	while (at && is_inside(e->line[--at]))
		;
	return at;
}

static size_t after(const struct edit *e, size_t at)
{
	while (at < e->len && is_inside(e->line[++at]))
		;
	return at;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 || c == '_';
}

static size_t word_before(const struct edit *e, size_t at)
{
	while (at && !is_word(e->line[at - 1]))
		at--;
	while (at && is_word(e->line[at - 1]))
		at--;
	return at;
}

static size_t word_after(const struct edit *e, size_t at)
{
	while (at < e->len && !is_word(e->line[at]))
		at++;
	while (at < e->len && is_word(e->line[at]))
		at++;
	return at;
}

/* As a shell's C-w: up to a blank. */
static size_t blank_before(const struct edit *e, size_t at)
{
	while (at && e->line[at - 1] == ' ')
		at--;
	while (at && e->line[at - 1] != ' ')
		at--;
	return at;
}

static void insert(struct edit *e, const char *s, size_t n)
{
	if (e->len + n >= sizeof(e->line))
		return;
	memmove(e->line + e->at + n, e->line + e->at, e->len - e->at + 1);
	memcpy(e->line + e->at, s, n);
	e->at += n;
	e->len += n;
}

static void cut_out(struct edit *e, size_t from, size_t to)
{
	memmove(e->line + from, e->line + to, e->len - to + 1);
	e->len -= to - from;
	e->at = from;
}

static void kill_text(struct edit *e, size_t from, size_t to, bool was_kill)
{
	char text[EDIT_MAX], all[EDIT_MAX * 2];

	snprintf(text, sizeof(text), "%.*s", (int)(to - from), e->line + from);
	if (!was_kill)
		e->killed[0] = '\0';
	/* what was killed backwards stands before the rest */
	if (from < e->at)
		snprintf(all, sizeof(all), "%s%s", text, e->killed);
	else
		snprintf(all, sizeof(all), "%s%s", e->killed, text);
	snprintf(e->killed, sizeof(e->killed), "%.*s", EDIT_MAX - 1, all);
	if (from < to)
		cut_out(e, from, to);
	e->was_kill = true;
}

static void transpose(struct edit *e)
{
	size_t b = e->at == e->len ? before(e, e->at) : e->at;
	size_t a = before(e, b), end = after(e, b);
	char text[16];

	if (a == b || b == end || end - a >= sizeof(text))
		return;
	memcpy(text, e->line + b, end - b);
	memcpy(text + (end - b), e->line + a, b - a);
	memcpy(e->line + a, text, end - a);
	e->at = end;
}

/* ---- history ---- */

static const char *history_line(int back)
{
	const HIST_ENTRY *h = back > 0 && back <= history_length ?
		history_get(history_base + history_length - back) : NULL;

	return h ? h->line : NULL;
}

static void show_history(struct edit *e, int back)
{
	const char *line = history_line(back);

	if (back < 0 || (back && !line))
		return;
	if (!e->history)
		memcpy(e->own, e->line, sizeof(e->own));
	e->history = back;
	set_line(e, back ? line : e->own);
}

static void seek(struct edit *e, int from)
{
	const char *line;

	for (int i = from; (line = history_line(i)); i++) {
		if (strstr(line, e->sought)) {
			show_history(e, i);
			return;
		}
	}
}

/* While Ctrl-R is on; false: it ended, and the key means what it always does. */
static bool seek_key(struct edit *e, uint32_t key)
{
	size_t n = strlen(e->sought);

	if (key == C('r')) {
		seek(e, e->history + 1);
	} else if (key == K_BACKSPACE || key == 0x7f || key == C('h')) {
		if (n)
			e->sought[n - 1] = '\0';
		seek(e, 1);
	} else if (key >= 0x20 && key < 0x7f && n + 1 < sizeof(e->sought)) {
		e->sought[n] = (char)key;
		e->sought[n + 1] = '\0';
		seek(e, e->history ? e->history : 1);
	} else {
		e->seeking = false;
		return false;
	}
	return true;
}

void edit_remember(const char *line)
{
	const char *last = history_line(1);

	if (*line && (!last || strcmp(last, line)))
		add_history(line);
}

void edit_history_load(const char *path)
{
	using_history();
	(void)read_history(path);
}

static void make_directories(const char *path)
{
	char *dir = strdup(path);

	for (char *p = dir ? strchr(dir + 1, '/') : NULL; p;
	     p = strchr(p + 1, '/')) {
		*p = '\0';
		(void)mkdir(dir, 0700);
		*p = '/';
	}
	free(dir);
}

void edit_history_save(const char *path, int max)
{
	make_directories(path);
	stifle_history(max);
	(void)write_history(path);
}

/* ---- completion ---- */

/* What all words have in common. */
static size_t common(const struct completion *c)
{
	size_t n = strlen(c->words[0]);

	for (size_t i = 1; i < c->n; i++) {
		size_t k = 0;

		while (k < n && c->words[0][k] == c->words[i][k])
			k++;
		n = k;
	}
	while (n && is_inside(c->words[0][n]))
		n--;
	return n;
}

static void list_choices(struct edit *e, const struct completion *c)
{
	size_t pos = 0;

	e->nchoices = c->n;
	for (size_t i = 0; i < c->n && pos + 1 < sizeof(e->choices); i++)
		pos += (size_t)snprintf(e->choices + pos,
					sizeof(e->choices) - pos, "%s%s",
					i ? "  " : "", c->words[i]);
}

static void complete(struct edit *e, struct session *s)
{
	struct completion c;
	char head[EDIT_MAX];
	size_t word, n;

	snprintf(head, sizeof(head), "%.*s", (int)e->at, e->line);
	word = command_complete(s, head, &c);
	if (c.n && word <= e->at) {
		n = common(&c);
		cut_out(e, word, e->at);
		insert(e, c.words[0], n);
		/* a path may go on */
		if (c.n == 1 && n && !strchr("./:[", c.words[0][n - 1]))
			insert(e, " ", 1);
		if (c.n > 1)
			list_choices(e, &c);
	}
	completion_release(&c);
}

/* ---- keys ---- */

static void type(struct edit *e, uint32_t key)
{
	char buf[5];

	if (key >= 0x20 && key < K_FIRST && key != 0x7f)
		insert(e, buf, (size_t)char_utf8(key, buf));
}

static void move_key(struct edit *e, uint32_t key)
{
	switch (key) {
	case K_LEFT: case C('b'): e->at = before(e, e->at); break;
	case K_RIGHT: case C('f'): e->at = after(e, e->at); break;
	case K_HOME: case C('a'): e->at = 0; break;
	case K_END: case C('e'): e->at = e->len; break;
	case K_ALT | 'b': e->at = word_before(e, e->at); break;
	case K_ALT | 'f': e->at = word_after(e, e->at); break;
	case K_UP: case C('p'): show_history(e, e->history + 1); break;
	case K_DOWN: case C('n'): show_history(e, e->history - 1); break;
	}
}

static bool is_move(uint32_t key)
{
	static const uint32_t keys[] = {
		K_LEFT, C('b'), K_RIGHT, C('f'), K_HOME, C('a'), K_END, C('e'),
		K_ALT | 'b', K_ALT | 'f', K_UP, C('p'), K_DOWN, C('n'),
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (keys[i] == key)
			return true;
	}
	return false;
}

enum edit_result edit_key(struct edit *e, uint32_t key, struct session *s)
{
	bool was_kill = e->was_kill;

	e->was_kill = false;
	e->choices[0] = '\0';
	e->nchoices = 0;
	if (e->seeking && seek_key(e, key))
		return EDIT_MORE;
	if (is_move(key)) {
		move_key(e, key);
		return EDIT_MORE;
	}
	switch (key) {
	case K_ENTER:
		return EDIT_DONE;
	case K_ESCAPE: case K_INTERRUPT: case C('g'):
		return EDIT_CANCELLED;
	case K_BACKSPACE: case 0x7f: case C('h'):
		if (!e->len)
			return EDIT_CANCELLED;
		if (e->at)
			cut_out(e, before(e, e->at), e->at);
		break;
	case K_DELETE: case C('d'):
		if (!e->len && key == C('d'))
			return EDIT_CANCELLED;
		if (e->at < e->len)
			cut_out(e, e->at, after(e, e->at));
		break;
	case K_TAB:
		if (s)
			complete(e, s);
		break;
	case C('r'):
		e->seeking = true;
		e->sought[0] = '\0';
		break;
	case C('k'): kill_text(e, e->at, e->len, was_kill); break;
	case C('u'): kill_text(e, 0, e->at, was_kill); break;
	case C('w'): kill_text(e, blank_before(e, e->at), e->at, was_kill); break;
	case K_ALT | 'd': kill_text(e, e->at, word_after(e, e->at), was_kill); break;
	case K_ALT | 0x7f:
		kill_text(e, word_before(e, e->at), e->at, was_kill);
		break;
	case C('y'): insert(e, e->killed, strlen(e->killed)); break;
	case C('t'): transpose(e); break;
	default: type(e, key);
	}
	return EDIT_MORE;
}
