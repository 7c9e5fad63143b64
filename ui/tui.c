/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "keys.h"
#include "progress.h"
#include "screen.h"
#include "subcommand.h"
#include "term.h"
#include "tui.h"

struct tui {
	struct screen screen;
	struct canvas canvas;
	struct log piped;	/* of "COMMAND | SHELL" */
	char *pipe_command;
	struct progress progress;
};

/* The one that runs, for save-screen. */
static struct tui *the_tui;

/* ---- what commands ask of the program around them ---- */

static void wait_for_enter(void)
{
	int ch;

	fputs("\n[Enter: back to vmsdb] ", stdout);
	fflush(stdout);
	do
		ch = getchar();
	while (ch != '\n' && ch != EOF);
}

static int shell(void *ctx, const char *command)
{
	struct tui *t = ctx;
	int r;

	term_suspend();
	r = cli_shell(NULL, command);
	if (*command)	/* a shell of its own has been left on purpose */
		wait_for_enter();
	term_resume();
	t->screen.redraw = true;
	return r;
}

static struct out *pipe_open(void *ctx, const char *command)
{
	struct tui *t = ctx;

	if (t->pipe_command)
		return NULL;
	t->pipe_command = strdup(command);
	if (!t->pipe_command)
		abort();
	log_clear(&t->piped);
	t->piped.out.width = t->screen.log.out.width;
	return &t->piped.out;
}

static FILE *piped_file(struct tui *t, char *name)
{
	int fd = mkstemp(name);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	for (size_t i = 0; f && i < t->piped.n; i++) {
		char *line = log_plain(&t->piped, i);

		fprintf(f, "%s\n", line);
		free(line);
	}
	return f;
}

/* What the shell's command makes of it is the output. */
static int pipe_close(void *ctx, struct out *o)
{
	struct tui *t = ctx;
	char name[] = "/tmp/vmsdb-pipe-XXXXXX", *line = NULL, *command;
	FILE *f = piped_file(t, name);
	size_t cap = 0;
	int r = -1;

	(void)o;
	if (!f || fclose(f) || asprintf(&command, "{ %s\n} <%s 2>&1",
					t->pipe_command, name) < 0) {
		log_text(&t->screen.log, STYLE_BAD, "no room in /tmp");
	} else {
		f = popen(command, "r");
		while (f && getline(&line, &cap, f) >= 0) {
			line[strcspn(line, "\n")] = '\0';
			log_text(&t->screen.log, STYLE_PLAIN, line);
		}
		r = f ? pclose(f) : -1;
		free(command);
	}
	(void)unlink(name);
	free(line);
	free(t->pipe_command);
	t->pipe_command = NULL;
	t->screen.redraw = true;
	return r;
}

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

static int save_canvas(const struct canvas *c, const struct session *s,
		       const char *path, struct err *err)
{
	FILE *f = fopen(path, "w");
	char title[600];
	bool failed;

	if (!f)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "cannot write %s: %s",
			       path, strerror(errno));
	snprintf(title, sizeof(title), "vmsdb: %s", s->path);
	if (ends_in(path, ".html"))
		canvas_save_html(c, f, title);
	else if (ends_in(path, ".svg"))
		canvas_save_svg(c, f, title);
	else
		canvas_save_text(c, f);
	failed = ferror(f);
	if (fclose(f) || failed)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "cannot write %s: %s",
			       path, strerror(errno));
	return 0;
}

/* What the user has seen, less the line on which this was typed. */
static int save_shown(struct tui *t, const char *path, struct err *err)
{
	struct canvas *c = &t->canvas;

	for (int x = 0; x < c->w && c->h > 1; x++)
		*canvas_cell(c, x, c->h - 2) =
			(struct cell){ ' ', INK_PLAIN, BACK_NONE };
	view_command_line(&t->screen, c, c->h - 2);
	return save_canvas(c, t->screen.s, path, err);
}

int tui_save_screen(struct session *s, const char *path, struct err *err)
{
	const struct settings *set = &s->settings;
	struct screen sc;
	struct canvas c;
	int r;

	if (the_tui && the_tui->screen.s == s)
		return save_shown(the_tui, path, err);
	screen_init(&sc, s);
	canvas_init(&c, set->width > 0 && set->width < 1000 ? (int)set->width :
		    120, set->height > 0 && set->height < 1000 ?
		    (int)set->height : 36, false);
	if (session_compared(s))
		screen_run(&sc, "layout changes");
	screen_run(&sc, "frame");
	screen_draw(&sc, &c);
	r = save_canvas(&c, s, path, err);
	canvas_release(&c);
	screen_release(&sc);
	return r;
}

static int save_screen(void *ctx, const char *path, struct err *err)
{
	struct tui *t = ctx;

	return tui_save_screen(t->screen.s, path, err);
}

/* ---- work that takes long ---- */

static bool is_stopped(void *ctx)
{
	(void)ctx;
	return term_interrupted();
}

/* On the line where commands are typed; the next key draws all anew. */
static void show_progress(void *ctx, const char *text)
{
	struct tui *t = ctx;
	struct canvas *c = &t->canvas;
	struct pen p = pen_at(c, 0, c->h - 2, c->w);

	if (!text || c->h < 2)
		return;
	for (int x = 0; x < c->w; x++)
		*canvas_cell(c, x, c->h - 2) =
			(struct cell){ ' ', INK_PLAIN, BACK_NONE };
	pen_print(&p, INK_WARN, " %s", text);
	pen_text(&p, INK_DIM, "  (Ctrl-C stops it)");
	term_show(c, false);
}

/* ---- the loop ---- */

static void show(struct tui *t)
{
	int w, h;

	term_size(&w, &h);
	if (w != t->canvas.w || h != t->canvas.h)
		canvas_resize(&t->canvas, w, h);
	screen_draw(&t->screen, &t->canvas);
	term_show(&t->canvas, t->screen.redraw);
	t->screen.redraw = false;
}

static void mouse(struct tui *t)
{
	struct term_mouse m = term_mouse();

	switch (m.what) {
	case MOUSE_CLICK: screen_click(&t->screen, m.x, m.y, false); break;
	case MOUSE_DOUBLE: screen_click(&t->screen, m.x, m.y, true); break;
	case MOUSE_WHEEL_UP: screen_wheel(&t->screen, m.x, m.y, -1); break;
	case MOUSE_WHEEL_DOWN: screen_wheel(&t->screen, m.x, m.y, 1); break;
	case MOUSE_NOTHING: break;
	}
}

static void loop(struct tui *t)
{
	struct session *s = t->screen.s;

	while (!s->quit) {
		uint32_t key;

		show(t);
		key = term_key();
		if (key == K_LAST)
			break;
		if (key == K_MOUSE)
			mouse(t);
		else if (key != K_NONE && key != K_RESIZE)
			screen_key(&t->screen, key);
		progress_reset(&t->progress);
	}
}

/* The user's own settings, as the line debugger reads them. */
static void run_init(struct tui *t)
{
	char *path = cli_path("XDG_CONFIG_HOME", ".config", "init");

	if (path && !access(path, R_OK))
		(void)command_file(t->screen.s, path, &t->screen.log.out);
	free(path);
}

/* What to read first: where the two part, or how to begin. */
static void greet(struct tui *t)
{
	const struct session *s = t->screen.s;
	struct out *o = &t->screen.log.out;
	size_t d = session_next_divergence(s, 0, 1, false);

	log_command(&t->screen.log, NULL);
	if (s->a->cause)
		out_line(o, "%s", s->a->cause);
	out_text(o, STYLE_KEY, d != SIZE_MAX || s->t->nfailures ? "c" : "s");
	out_text(o, STYLE_PLAIN, d != SIZE_MAX || s->t->nfailures ?
		 " goes to where the two sides part, " :
		 " steps through the load, ");
	out_text(o, STYLE_KEY, "i");
	out_text(o, STYLE_PLAIN, " tells the verdict, ");
	out_text(o, STYLE_KEY, "?");
	out_text(o, STYLE_PLAIN, " lists the keys");
	out_newline(o);
}

static enum term_colours colours_of(const struct session *s)
{
	if (s->settings.colour == COLOUR_ALWAYS ||
	    !strcmp(colour_setting, "always"))
		return TERM_COLOURS_ON;
	if (s->settings.colour == COLOUR_NEVER ||
	    !strcmp(colour_setting, "never"))
		return TERM_COLOURS_OFF;
	return TERM_COLOURS_AUTO;
}

int tui_run(struct session *s)
{
	struct tui t = {
		.progress = {
			.stopped = is_stopped, .show = show_progress, .ctx = &t,
		},
	};
	struct host host = {
		.ctx = &t, .shell = shell, .pipe_open = pipe_open,
		.pipe_close = pipe_close, .save_screen = save_screen,
	};
	struct err err;
	char *history;

	screen_init(&t.screen, s);
	log_init(&t.piped);
	session_set_host(s, &host);
	run_init(&t);
	if (term_open(colours_of(s), &err) < 0) {
		complain("%s; this is the line debugger", err.msg);
		screen_release(&t.screen);
		return cli_run(s, &(struct cli_opts){ .no_init = true });
	}
	canvas_init(&t.canvas, 0, 0, term_is_ascii());
	s->opts.progress = progress_tell;
	s->opts.ctx = &t.progress;
	history = cli_path("XDG_STATE_HOME", ".local/state", "history");
	if (history)
		edit_history_load(history);
	the_tui = &t;
	if (session_compared(s))
		screen_run(&t.screen, "layout changes");
	if (!t.screen.log.n)
		greet(&t);
	loop(&t);
	the_tui = NULL;
	s->opts.progress = NULL;
	term_close();
	if (history)
		edit_history_save(history, (int)s->settings.history_size);
	free(history);
	session_set_host(s, &(struct host){ 0 });
	canvas_release(&t.canvas);
	log_release(&t.piped);
	screen_release(&t.screen);
	return s->has_quit_status ? s->quit_status : 0;
}
