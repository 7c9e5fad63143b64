/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only user of ncurses.
 */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define NCURSES_WIDECHAR 1
#include <ncurses.h>

#include "../stream/arena.h"
#include "keys.h"
#include "term.h"

#define MAX_PAIRS 256

static struct {
	SCREEN *screen;
	bool is_open, suspended, ascii;
	int colours;		/* 0, 8 or 256 */
	struct {
		short fg, bg;
	} pairs[MAX_PAIRS];
	int npairs;
	struct cell *shown;	/* what the terminal holds */
	size_t cap;
	int w, h;
	struct term_mouse mouse;
} term;

/* ---- giving it back ---- */

static struct termios saved;
static bool has_saved;
/* What puts the terminal back, made while that was still safe. */
static char farewell[512];
static size_t farewell_len;

static const int signals[] = {
	SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTERM, SIGHUP, SIGQUIT,
	SIGTRAP, SIGSYS, SIGXCPU, SIGXFSZ,
};

enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

static struct sigaction before[SIGNALS], before_interrupt;

static void add_farewell(const char *s)
{
	size_t n;

	if (!s || s == (const char *)-1)
		return;
	n = strlen(s);
	if (farewell_len + n < sizeof(farewell)) {
		memcpy(farewell + farewell_len, s, n);
		farewell_len += n;
	}
}

static void make_farewell(void)
{
	farewell_len = 0;
	add_farewell("\033[?1002l\033[?1000l\033[?1006l");
	add_farewell(tigetstr("sgr0"));
	add_farewell(tigetstr("cnorm"));
	add_farewell(tigetstr("rmkx"));
	add_farewell(tigetstr("rmcup"));
	add_farewell("\r");
}

/* Only what a signal handler may do. */
static void on_signal(int sig)
{
	int err = errno;

	if (!term.suspended) {
		(void)!write(1, farewell, farewell_len);
		if (has_saved)
			tcsetattr(0, TCSANOW, &saved);
	}
	errno = err;
	/* what was to happen, happens: the program's own handler, or death */
	for (int i = 0; i < SIGNALS; i++) {
		if (signals[i] == sig)
			sigaction(sig, &before[i], NULL);
	}
	raise(sig);
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_NODEFER };
	struct sigaction in = { .sa_handler = on_interrupt };

	for (int i = 0; i < SIGNALS; i++) {
		sigaction(signals[i], &sa, &before[i]);
		/* who was told to ignore it (nohup) still does */
		if (before[i].sa_handler == SIG_IGN)
			sigaction(signals[i], &before[i], NULL);
	}
	/* without SA_RESTART, so that Ctrl-C ends a wait for keys */
	sigaction(SIGINT, &in, &before_interrupt);
}

static void release_signals(void)
{
	for (int i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &before[i], NULL);
	sigaction(SIGINT, &before_interrupt, NULL);
}

/* ---- colours ---- */

static bool wants_colours(enum term_colours c)
{
	const char *no = getenv("NO_COLOR");

	if (c != TERM_COLOURS_AUTO)
		return c == TERM_COLOURS_ON;
	return !no || !*no;
}

static void start_colours(enum term_colours c)
{
	term.colours = 0;
	term.npairs = 1;
	if (!wants_colours(c) || !has_colors())
		return;
	start_color();
	if (use_default_colors() == ERR || COLORS < 8)
		return;
	term.colours = COLORS >= 256 ? 256 : 8;
}

static short pair_of(short fg, short bg)
{
	if (fg < 0 && bg < 0)
		return 0;
	for (int i = 1; i < term.npairs; i++) {
		if (term.pairs[i].fg == fg && term.pairs[i].bg == bg)
			return (short)i;
	}
	if (term.npairs >= MAX_PAIRS || term.npairs >= COLOR_PAIRS)
		return 0;
	init_pair((short)term.npairs, fg, bg);
	term.pairs[term.npairs].fg = fg;
	term.pairs[term.npairs].bg = bg;
	return (short)term.npairs++;
}

static attr_t attributes(uint8_t a, bool eight)
{
	return (a & ATTR_BOLD ? A_BOLD : 0) | (a & ATTR_DIM ? A_DIM : 0) |
		(a & ATTR_UNDERLINE ? A_UNDERLINE : 0) |
		(a & ATTR_REVERSE ? A_REVERSE : 0) |
		(eight && a & ATTR_BOLD_IF_8 ? A_BOLD : 0);
}

static attr_t look_of(const struct cell *cell, short *pair)
{
	const struct colour *ink = &ink_colours[cell->ink],
		*back = &back_colours[cell->back];
	short fg, bg;

	*pair = 0;
	if (!term.colours)	/* a badge's dark ink is what reverse makes */
		return attributes(ink->attr, false) |
			attributes(back->attr, false);
	if (term.colours == 256) {
		*pair = pair_of(ink->c256, back->c256);
		return attributes(ink->attr & ATTR_BOLD, false);
	}
	fg = ink->c8;
	bg = back->c8;
	if (bg < 0 && cell->back != BACK_NONE) {	/* no grey to be had */
		*pair = pair_of(fg, -1);
		return attributes(ink->attr, true) | attributes(back->attr, true);
	}
	/* on a colour only black and white can be read */
	if (bg >= 0)
		fg = bg == COLOR_BLUE || bg == COLOR_RED ? COLOR_WHITE :
			COLOR_BLACK;
	*pair = pair_of(fg, bg);
	return bg >= 0 ? attributes(ink->attr & ATTR_BOLD, true) :
		attributes(ink->attr, true);
}

/* ---- open and close ---- */

static void forget_shown(void)
{
	term.w = term.h = 0;
}

static void at_exit(void)
{
	term_close();
}

bool term_is_ascii(void)
{
	return term.ascii;
}

int term_open(enum term_colours colours, struct err *err)
{
	static bool registered;

	setlocale(LC_CTYPE, "");
	term.ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	has_saved = !tcgetattr(0, &saved);
	term.screen = newterm(NULL, stdout, stdin);
	if (!term.screen)
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET,
			       "terminal '%s' is not known here",
			       getenv("TERM") ? getenv("TERM") : "");
	if (!tigetstr("cup") || tigetstr("cup") == (char *)-1) {
		endwin();
		delscreen(term.screen);
		term.screen = NULL;
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET,
			       "this terminal cannot place a cursor");
	}
	if (!registered)
		atexit(at_exit);
	registered = true;
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	meta(stdscr, TRUE);
	intrflush(stdscr, FALSE);
	set_escdelay(25);
	mousemask(BUTTON1_CLICKED | BUTTON1_PRESSED | BUTTON1_DOUBLE_CLICKED |
		  BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	mouseinterval(150);
	curs_set(0);
	start_colours(colours);
	make_farewell();
	catch_signals();
	forget_shown();
	term.is_open = true;
	return 0;
}

void term_close(void)
{
	if (!term.is_open)
		return;
	term.is_open = false;
	if (!term.suspended)
		endwin();
	delscreen(term.screen);
	term.screen = NULL;
	release_signals();
	free(term.shown);
	term.shown = NULL;
	term.cap = 0;
}

void term_suspend(void)
{
	def_prog_mode();
	endwin();
	term.suspended = true;
}

void term_resume(void)
{
	term.suspended = false;
	reset_prog_mode();
	clearok(curscr, TRUE);
	refresh();
	forget_shown();
}

void term_size(int *w, int *h)
{
	getmaxyx(stdscr, *h, *w);
}

/* ---- cells ---- */

static bool same(const struct cell *a, const struct cell *b)
{
	return a->ch == b->ch && a->ink == b->ink && a->back == b->back;
}

static void show_cell(const struct cell *cell, int x, int y)
{
	wchar_t text[2] = { (wchar_t)cell->ch, 0 };
	cchar_t c;
	short pair;
	attr_t look = look_of(cell, &pair);

	/* the corner cell takes no character without scrolling: ncurses does */
	setcchar(&c, text, look, pair, NULL);
	mvadd_wch(y, x, &c);
}

void term_show(const struct canvas *c, bool redraw)
{
	bool all = redraw || c->w != term.w || c->h != term.h;

	term.shown = grow_array(term.shown, &term.cap,
				(size_t)c->w * (size_t)c->h + 1,
				sizeof(*term.shown));
	if (redraw)
		clearok(curscr, TRUE);
	if (all)
		erase();
	for (int y = 0; y < c->h; y++) {
		for (int x = 0; x < c->w; x++) {
			const struct cell *cell = &c->cells[y * c->w + x];
			struct cell *old = &term.shown[y * c->w + x];
			bool wide = x + 1 < c->w && !cell[1].ch;

			if (!cell->ch)
				continue;
			/* half of a wide one cannot be left standing */
			if (all || !same(cell, old) ||
			    (wide && !same(cell + 1, old + 1)) || !old->ch)
				show_cell(cell, x, y);
		}
	}
	memcpy(term.shown, c->cells, (size_t)c->w * (size_t)c->h *
	       sizeof(*term.shown));
	term.w = c->w;
	term.h = c->h;
	refresh();
}

/* ---- keys ---- */

static uint32_t code_key(int code)
{
	static const struct {
		int code;
		uint32_t key;
	} codes[] = {
		{ KEY_UP, K_UP }, { KEY_DOWN, K_DOWN }, { KEY_LEFT, K_LEFT },
		{ KEY_RIGHT, K_RIGHT }, { KEY_PPAGE, K_PAGE_UP },
		{ KEY_NPAGE, K_PAGE_DOWN }, { KEY_HOME, K_HOME },
		{ KEY_END, K_END }, { KEY_FIND, K_HOME }, { KEY_SELECT, K_END },
		{ KEY_IC, K_INSERT }, { KEY_DC, K_DELETE },
		{ KEY_ENTER, K_ENTER }, { KEY_BTAB, K_BACK_TAB },
		{ KEY_BACKSPACE, K_BACKSPACE }, { KEY_MOUSE, K_MOUSE },
		{ KEY_RESIZE, K_RESIZE },
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].code == code)
			return codes[i].key;
	}
	if (code >= KEY_F(1) && code <= KEY_F(12))
		return (uint32_t)K_F1 + (uint32_t)(code - KEY_F(1));
	return K_NONE;
}

static uint32_t character_key(wint_t ch)
{
	switch (ch) {
	case '\r': case '\n': return K_ENTER;
	case '\t': return K_TAB;
	case 0x7f: case '\b': return K_BACKSPACE;
	default: return (uint32_t)ch;
	}
}

/* Alone it is Escape; with a character at once behind it, that with Alt. */
static uint32_t escape_key(void)
{
	wint_t ch;
	int r;

	timeout(0);
	r = get_wch(&ch);
	timeout(-1);
	if (r == OK && ch >= 0x20 && ch <= 0x7f)
		return K_ALT | (uint32_t)ch;
	if (r == OK)
		unget_wch((wchar_t)ch);
	else if (r == KEY_CODE_YES)
		ungetch((int)ch);
	return K_ESCAPE;
}

static void read_mouse(void)
{
	MEVENT m;

	term.mouse.what = MOUSE_NOTHING;
	if (getmouse(&m) == ERR)
		return;
	term.mouse.x = m.x;
	term.mouse.y = m.y;
	if (m.bstate & BUTTON1_DOUBLE_CLICKED)
		term.mouse.what = MOUSE_DOUBLE;
	else if (m.bstate & (BUTTON1_CLICKED | BUTTON1_PRESSED))
		term.mouse.what = MOUSE_CLICK;
	else if (m.bstate & BUTTON4_PRESSED)
		term.mouse.what = MOUSE_WHEEL_UP;
	else if (m.bstate & BUTTON5_PRESSED)
		term.mouse.what = MOUSE_WHEEL_DOWN;
}

struct term_mouse term_mouse(void)
{
	return term.mouse;
}

bool term_interrupted(void)
{
	return interrupted;
}

uint32_t term_key(void)
{
	static unsigned failures;
	struct pollfd in = { .fd = 0, .events = POLLIN };
	wint_t ch;
	int r = get_wch(&ch);

	if (r != ERR)
		failures = 0;
	if (r == KEY_CODE_YES) {
		if (ch == KEY_MOUSE)
			read_mouse();
		return code_key((int)ch);
	}
	if (r == OK)
		return ch == 27 ? escape_key() : character_key(ch);
	if (interrupted) {
		interrupted = 0;
		return K_INTERRUPT;
	}
	/* gone: nobody will type any more; else another signal woke us */
	if (poll(&in, 1, 0) < 0 || in.revents & (POLLHUP | POLLERR | POLLNVAL) ||
	    ++failures > 1000)
		return K_LAST;
	return K_NONE;
}
