/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../stream/arena.h"
#include "keys.h"
#include "layout.h"
#include "screen.h"

#define MAX_COUNT 1000000000

void screen_init(struct screen *sc, struct session *s)
{
	*sc = (struct screen){ .s = s, .focus = PANE_SIDES, .bytes_per_row = 16 };
	log_init(&sc->log);
}

void screen_release(struct screen *sc)
{
	log_release(&sc->log);
	aligned_release(&sc->rows);
	free(sc->parts);
	free(sc->opened);
	free(sc->closed);
}

/* ---- what is made once for a load ---- */

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void collect_parts(struct screen *sc)
{
	const struct session *s = sc->s;
	size_t nd = s->a->ndivergences, nf = s->t->nfailures;

	sc->nparts = 0;
	sc->parts = grow_array(sc->parts, &sc->parts_cap, nd + nf + 1,
			       sizeof(*sc->parts));
	for (size_t i = 0; i < nd; i++) {
		if (!s->a->divergences[i].note)
			sc->parts[sc->nparts++] = session_divergence_event(s, i);
	}
	for (size_t i = 0; i < nf; i++)
		sc->parts[sc->nparts++] = session_failure_event(s, i);
	qsort(sc->parts, sc->nparts, sizeof(*sc->parts), by_number);
	sc->beyond = nf ? s->t->events[session_failure_event(s, 0)].end :
		UINT32_MAX;
}

static uint8_t *bits(uint8_t *old, uint32_t n)
{
	uint8_t *p;

	free(old);
	p = calloc(n / 8 + 1, 1);
	if (!p)
		abort();
	return p;
}

/* The load is another, or we stand elsewhere: let the views know. */
static void refresh(struct screen *sc)
{
	const struct session *s = sc->s;
	bool renewed = !sc->fresh || sc->generation != s->generation;

	if (renewed) {
		aligned_build(&sc->rows, s);
		collect_parts(sc);
		sc->opened = bits(sc->opened, s->t->n);
		sc->closed = bits(sc->closed, s->t->n);
	}
	if (renewed || sc->seen != s->at) {
		for (int p = 0; p < PANES_COUNT; p++)
			views[p]->follow(sc);
	}
	sc->fresh = true;
	sc->generation = s->generation;
	sc->seen = s->at;
}

/* ---- drawing ---- */

static void place(struct screen *sc, const struct canvas *c)
{
	struct rect rects[PANES_COUNT];

	layout_place((enum screen_layout)sc->layout, c->w, c->h - 2, rects);
	/* a pane without a place is looked at alone */
	if (sc->zoomed || !rects[sc->focus].h) {
		memset(rects, 0, sizeof(rects));
		rects[sc->focus] = (struct rect){ 0, 0, c->w, c->h - 2 };
	}
	for (int p = 0; p < PANES_COUNT; p++)
		sc->panes[p].at = rects[p];
}

static void draw_pane(struct screen *sc, struct canvas *c, enum pane p)
{
	struct rect r = sc->panes[p].at;
	bool focus = p == sc->focus && !sc->overlay;
	struct pen pen = pen_at(c, r.x, r.y, r.w);

	if (r.h < 1)
		return;
	if (r.x > 0)
		canvas_column(c, r.x - 1, r.y, r.h, GLYPH_VERTICAL);
	pen_glyph(&pen, INK_KEY, focus ? GLYPH_FOCUS : GLYPH_LEAF);
	views[p]->title(sc, &pen);
	canvas_back(c, r.x, r.y, r.w, focus ? BACK_FOCUS : BACK_TITLE);
	r.y++;
	r.h--;
	views[p]->draw(sc, c, r, focus);
}

void screen_draw(struct screen *sc, struct canvas *c)
{
	struct rect all = { 0, 0, c->w, c->h - 2 };

	refresh(sc);
	canvas_clear(c);
	place(sc, c);
	if (c->w < LAYOUT_MIN_W || c->h < LAYOUT_MIN_H) {
		struct pen p = pen_at(c, 0, 0, c->w);

		pen_text(&p, INK_BAD, "too small");
		return;
	}
	if (sc->overlay == OVERLAY_KEYS)
		view_keys(sc, c, all);
	else if (sc->overlay == OVERLAY_PAGER)
		view_pager(sc, c, all);
	else
		for (int p = 0; p < PANES_COUNT; p++)
			draw_pane(sc, c, (enum pane)p);
	view_command_line(sc, c, c->h - 2);
	view_status(sc, c, c->h - 1);
}

/* ---- the screen's own words ---- */

static enum pane pane_next(const struct screen *sc, int by)
{
	int p = (int)sc->focus;

	for (int i = 0; i < PANES_COUNT; i++) {
		p = (p + by + PANES_COUNT) % PANES_COUNT;
		if (sc->zoomed || sc->panes[p].at.h > 1)
			break;
	}
	return (enum pane)p;
}

static void say(struct screen *sc, const char *text)
{
	log_command(&sc->log, NULL);
	log_text(&sc->log, STYLE_BAD, text);
}

static void run_focus(struct screen *sc, const char *args)
{
	if (!strcmp(args, "next"))
		sc->focus = pane_next(sc, 1);
	else if (!strcmp(args, "previous"))
		sc->focus = pane_next(sc, -1);
	for (int p = 0; p < PANES_COUNT; p++) {
		if (!strcmp(args, pane_name((enum pane)p)))
			sc->focus = (enum pane)p;
	}
}

static void run_zoom(struct screen *sc, const char *args)
{
	(void)args;
	sc->zoomed = !sc->zoomed;
}

static void run_layout(struct screen *sc, const char *args)
{
	struct rect rects[PANES_COUNT];

	if (!strcmp(args, "next")) {
		sc->layout = (sc->layout + 1) % LAYOUTS_COUNT;
		if (sc->layout == LAYOUT_CHANGES && !session_compared(sc->s))
			sc->layout = (sc->layout + 1) % LAYOUTS_COUNT;
	}
	for (unsigned l = 0; l < LAYOUTS_COUNT; l++) {
		if (!strcmp(args, layout_name((enum screen_layout)l)))
			sc->layout = l;
	}
	sc->zoomed = false;
	/* the focus stays where it shows */
	layout_place((enum screen_layout)sc->layout, 300, 100, rects);
	if (!rects[sc->focus].h)
		sc->focus = rects[PANE_SIDES].h ? PANE_SIDES :
			rects[PANE_TREE].h ? PANE_TREE :
			rects[PANE_CHANGES].h ? PANE_CHANGES :
			PANE_DIVERGENCES;
}

static void run_cursor(struct screen *sc, const char *args)
{
	static const char *const names[] = {
#define X(id, name) name,
		MOTIONS(X)
#undef X
	};
	uint64_t n = 1;
	size_t len = strcspn(args, " ");

	if (args[len])
		n = strtoull(args + len, NULL, 10);
	for (int m = 0; m < MOTIONS_COUNT; m++) {
		if (strlen(names[m]) != len || strncmp(names[m], args, len))
			continue;
		if (m == MOTION_HERE)
			views[sc->focus]->follow(sc);
		else
			views[sc->focus]->move(sc, (enum motion)m, n);
	}
}

static void run_enter(struct screen *sc, const char *args)
{
	char line[1024];

	(void)args;
	if (views[sc->focus]->enter(sc, line, sizeof(line)))
		screen_run(sc, line);
}

static void run_open(struct screen *sc, const char *args)
{
	char line[4];

	(void)args;
	if (sc->focus == PANE_TREE)
		(void)views[PANE_TREE]->enter(sc, line, 0);
}

static void run_unlock(struct screen *sc, const char *args)
{
	(void)args;
	sc->focus = PANE_SIDES;
	sc->unlocked = sc->unlocked ? 0 : 2;
	if (!sc->unlocked)
		view_sides.follow(sc);
}

static void run_toggle_breakpoint(struct screen *sc, const char *args)
{
	const struct breakpoint *b = breakpoint_at(sc->s, sc->s->at);
	char line[64] = "break";

	(void)args;
	if (b)
		snprintf(line, sizeof(line), "delete %u", b->number);
	screen_run(sc, line);
}

static void run_toggle_enabled(struct screen *sc, const char *args)
{
	const struct breakpoint *b = breakpoint_at(sc->s, sc->s->at);
	char line[64];

	(void)args;
	if (!b) {
		say(sc, "there is no breakpoint at this event");
		return;
	}
	snprintf(line, sizeof(line), "%s %u", b->enabled ? "disable" : "enable",
		 b->number);
	screen_run(sc, line);
}

static void open_prompt(struct screen *sc, enum prompt p, const char *text)
{
	sc->prompt = p;
	edit_start(&sc->edit, text);
}

static void run_prompt(struct screen *sc, const char *args)
{
	char text[EDIT_MAX];

	snprintf(text, sizeof(text), "%s%s", args, *args ? " " : "");
	open_prompt(sc, PROMPT_COMMAND, text);
}

static void run_prompt_search(struct screen *sc, const char *args)
{
	open_prompt(sc, PROMPT_SEARCH, args);
}

static void run_prompt_reverse(struct screen *sc, const char *args)
{
	open_prompt(sc, PROMPT_REVERSE, args);
}

static void search(struct screen *sc, bool back)
{
	char line[600];

	if (!*sc->search) {
		say(sc, "no search yet: / asks for one");
		return;
	}
	snprintf(line, sizeof(line), "%s %s", back ? "reverse-search" :
		 "search", sc->search);
	screen_run(sc, line);
}

static void run_next_match(struct screen *sc, const char *args)
{
	(void)args;
	search(sc, sc->search_back);
}

static void run_previous_match(struct screen *sc, const char *args)
{
	(void)args;
	search(sc, !sc->search_back);
}

static void run_end_search(struct screen *sc, const char *args)
{
	(void)args;
	sc->searching = false;
}

static void run_keys(struct screen *sc, const char *args)
{
	sc->overlay = OVERLAY_KEYS;
	sc->overlay_top = 0;
	open_prompt(sc, PROMPT_FILTER, args);
}

static void run_redraw(struct screen *sc, const char *args)
{
	(void)args;
	sc->redraw = true;
}

static void run_leave(struct screen *sc, const char *args)
{
	(void)args;
	if (sc->overlay)
		sc->overlay = OVERLAY_NONE;
	else if (sc->unlocked)
		run_unlock(sc, "");
	else if (sc->zoomed)
		sc->zoomed = false;
	else
		screen_run(sc, "quit");
}

const struct screen_word screen_words[] = {
	{ "focus", "NAME|next|previous", "choose a pane", run_focus },
	{ "zoom", NULL, "one pane, or all of them", run_zoom },
	{ "layout", "NAME|next", "arrange the panes", run_layout },
	{ "cursor", "MOTION [COUNT]", "move the pane's cursor", run_cursor },
	{ "enter", NULL, "do what the cursor is on", run_enter },
	{ "open", NULL, "open or close in the tree", run_open },
	{ "unlock", NULL, "scroll the two sides each alone", run_unlock },
	{ "toggle-breakpoint", NULL, "break, or delete", run_toggle_breakpoint },
	{ "toggle-enabled", NULL, "disable, or enable", run_toggle_enabled },
	{ "prompt", "[TEXT]", "type a command", run_prompt },
	{ "prompt-search", NULL, "type what to search", run_prompt_search },
	{ "prompt-reverse-search", NULL, "... backwards", run_prompt_reverse },
	{ "next-match", NULL, "search, once more", run_next_match },
	{ "previous-match", NULL, "... the other way", run_previous_match },
	{ "end-search", NULL, "keys mean what they do again", run_end_search },
	{ "keys", "[TEXT]", "help on keys", run_keys },
	{ "redraw", NULL, "draw everything anew", run_redraw },
	{ "leave", NULL, "back out", run_leave },
	{ NULL, NULL, NULL, NULL },
};

static const struct screen_word *find_word(const char *line, const char **args)
{
	size_t n = strcspn(line, " ");

	for (const struct screen_word *w = screen_words; w->name; w++) {
		if (strlen(w->name) != n || strncmp(w->name, line, n))
			continue;
		*args = line + n + strspn(line + n, " ");
		return w;
	}
	return NULL;
}

void screen_run(struct screen *sc, const char *line)
{
	const char *args;
	const struct screen_word *w = find_word(line, &args);
	int width = sc->panes[PANE_MESSAGES].at.w;

	if (w) {
		w->run(sc, args);
		return;
	}
	log_command(&sc->log, line);
	sc->panes[PANE_MESSAGES].wandered = false;
	sc->log.out.width = (unsigned)(width > 20 ? width - 2 : 78);
	command_origin(sc->s, NULL, 0);
	(void)command_line(sc->s, line, true, &sc->log.out);
	refresh(sc);
}

/* For who wants to read: more than the pane holds fills the screen. */
static void show_output(struct screen *sc)
{
	int h = pane_height(sc, PANE_MESSAGES);

	if (sc->overlay == OVERLAY_KEYS || pager_lines(sc) <= (uint64_t)h)
		return;
	sc->overlay = OVERLAY_PAGER;
	sc->overlay_top = 0;
}

/* ---- keys ---- */

static void typed_command(struct screen *sc, const char *line)
{
	const char *args;
	bool is_word = find_word(line, &args) != NULL;

	edit_remember(line);
	screen_run(sc, line);
	if (!is_word)
		show_output(sc);
	if (command_is_open(sc->s))
		open_prompt(sc, PROMPT_COMMAND, "");
}

static void typed_search(struct screen *sc, const char *text, bool back)
{
	if (*text)
		snprintf(sc->search, sizeof(sc->search), "%.500s", text);
	sc->search_back = back;
	sc->searching = *sc->search;
	search(sc, back);
}

static void typed(struct screen *sc)
{
	enum prompt p = sc->prompt;
	char line[EDIT_MAX];

	memcpy(line, sc->edit.line, sizeof(line));
	sc->prompt = PROMPT_NONE;
	if (p == PROMPT_COMMAND)
		typed_command(sc, line);
	else if (p == PROMPT_FILTER)
		sc->overlay = OVERLAY_NONE;
	else
		typed_search(sc, line, p == PROMPT_REVERSE);
}

static bool scroll_overlay(struct screen *sc, uint32_t key, bool letters)
{
	uint64_t page = (uint64_t)(sc->panes[sc->focus].at.h > 4 ?
				   sc->panes[sc->focus].at.h - 2 : 2);
	uint64_t *top = &sc->overlay_top;

	if (key == K_UP || (letters && key == 'k'))
		*top -= *top > 0;
	else if (key == K_DOWN || (letters && key == 'j'))
		++*top;
	else if (key == K_PAGE_UP || (letters && key == 'b'))
		*top -= *top > page ? page : *top;
	else if (key == K_PAGE_DOWN || (letters && key == ' '))
		*top += page;
	else if (key == K_HOME || (letters && key == 'g'))
		*top = 0;
	else if (key == K_END || (letters && key == 'G'))
		*top = UINT32_MAX;
	else
		return false;
	return true;
}

static void prompt_key(struct screen *sc, uint32_t key)
{
	bool filter = sc->prompt == PROMPT_FILTER;

	if (filter && scroll_overlay(sc, key, false))
		return;
	if (filter && ((key == 'q' && !sc->edit.len) || key == K_F1))
		key = K_ESCAPE;
	if (filter)
		sc->overlay_top = 0;
	switch (edit_key(&sc->edit, key, sc->prompt == PROMPT_COMMAND ? sc->s :
			 NULL)) {
	case EDIT_DONE:
		typed(sc);
		break;
	case EDIT_CANCELLED:
		if (filter && key == K_BACKSPACE)
			break;	/* nothing to take away */
		sc->prompt = PROMPT_NONE;
		if (filter)
			sc->overlay = OVERLAY_NONE;
		break;
	case EDIT_MORE:
		break;
	}
}

static void run_binding(struct screen *sc, const struct key_binding *b)
{
	uint64_t count = sc->count;
	char line[200];

	sc->count = 0;
	if (b->flags & KEY_COUNTS && count)
		snprintf(line, sizeof(line), "%s %" PRIu64, b->line, count);
	else
		snprintf(line, sizeof(line), "%s", b->line);
	/* elsewhere by another way: the search is over */
	if (b->group == KEYS_TIME || b->group == KEYS_PLACES)
		sc->searching = false;
	screen_run(sc, line);
	if (b->group == KEYS_LOOK)
		show_output(sc);
}

static bool count_key(struct screen *sc, uint32_t key)
{
	if (sc->prefix || key < '0' || key > '9' || (key == '0' && !sc->count))
		return false;
	if (sc->count < MAX_COUNT)
		sc->count = sc->count * 10 + (key - '0');
	return true;
}

static void plain_key(struct screen *sc, uint32_t key)
{
	const struct key_binding *b;
	uint32_t prefix = sc->prefix;
	char name[16], text[80];
	bool more;

	if (count_key(sc, key))
		return;
	sc->prefix = K_NONE;
	if (key == K_INTERRUPT || (key == K_ESCAPE && (prefix || sc->count))) {
		sc->count = 0;
		return;
	}
	b = key_find(prefix, key, sc->searching, &more);
	if (b) {
		run_binding(sc, b);
	} else if (more) {
		sc->prefix = key;
	} else {
		sc->count = 0;
		if (key == K_ESCAPE)
			return;
		snprintf(text, sizeof(text), "no key %s; ? lists the keys",
			 key_to_text(key, name, sizeof(name)));
		say(sc, text);
	}
}

void screen_key(struct screen *sc, uint32_t key)
{
	refresh(sc);
	if (sc->prompt) {
		prompt_key(sc, key);
		return;
	}
	if (sc->overlay == OVERLAY_PAGER) {
		if (scroll_overlay(sc, key, true))
			return;
		sc->overlay = OVERLAY_NONE;
		if (key == 'q' || key == K_ESCAPE || key == K_ENTER)
			return;
	}
	plain_key(sc, key);
}

/* ---- the mouse ---- */

static int pane_at(const struct screen *sc, int x, int y)
{
	for (int p = 0; p < PANES_COUNT; p++) {
		const struct rect *r = &sc->panes[p].at;

		if (r->h > 0 && x >= r->x && x < r->x + r->w && y >= r->y &&
		    y < r->y + r->h)
			return p;
	}
	return -1;
}

void screen_click(struct screen *sc, int x, int y, bool twice)
{
	int p = pane_at(sc, x, y);
	const struct rect *r;

	if (sc->overlay || p < 0)
		return;
	refresh(sc);
	sc->focus = (enum pane)p;
	r = &sc->panes[p].at;
	if (y == r->y) {
		sc->zoomed = twice ? !sc->zoomed : sc->zoomed;
		return;
	}
	views[p]->click(sc, x - r->x, y - r->y - 1);
	if (twice)
		run_enter(sc, "");
}

void screen_wheel(struct screen *sc, int x, int y, int direction)
{
	int p = pane_at(sc, x, y);

	if (sc->overlay) {
		for (int i = 0; i < 3; i++)
			scroll_overlay(sc, direction < 0 ? K_UP : K_DOWN, false);
		return;
	}
	if (p < 0)
		return;
	refresh(sc);
	views[p]->move(sc, direction < 0 ? MOTION_UP : MOTION_DOWN, 3);
}
