/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "../debugger/live/real.h"
#include "cli.h"
#include "progress.h"
#include "records.h"
#include "subcommand.h"
#include "tui.h"

struct cli {
	struct session *s;
	const struct cli_opts *opts;
	struct text_writer text;
	struct json_writer json;
	struct out *out;
	bool interactive;
	bool failed;		/* a script's command did */
	char *history;
	bool all;		/* no more pages until the next command */
	/* of "COMMAND | SHELL" */
	struct text_writer pipe_text;
	struct json_writer pipe_json;
	FILE *pipe;
	struct progress progress;
};

/* readline's callbacks have no context. */
static struct cli *the_cli;

char *cli_path(const char *variable, const char *fallback, const char *name)
{
	const char *dir = getenv(variable), *home = getenv("HOME");
	char *path;
	int n;

	/* the specification wants relative paths to be ignored */
	if (dir && *dir == '/')
		n = asprintf(&path, "%s/vmsdb/%s", dir, name);
	else if (home && *home)
		n = asprintf(&path, "%s/%s/vmsdb/%s", home, fallback, name);
	else
		return NULL;
	if (n < 0)
		abort();
	return path;
}

/* ---- settings that are the terminal's ---- */

static bool wants_colour(const struct cli *c)
{
	switch (c->s->settings.colour) {
	case COLOUR_ALWAYS: return true;
	case COLOUR_NEVER: return false;
	default: return want_colour();
	}
}

static void measure(struct cli *c)
{
	const struct settings *set = &c->s->settings;
	struct winsize ws = { 0 };
	bool tty = isatty(1);

	if (!tty || ioctl(1, TIOCGWINSZ, &ws) < 0)
		ws = (struct winsize){ 0 };
	c->text.colour = wants_colour(c);
	c->out->width = set->width ? (unsigned)set->width : ws.ws_col;
	c->text.height = set->height ? (unsigned)set->height : ws.ws_row;
	if (!set->pagination || !c->interactive || !tty)
		c->text.height = 0;
}

static void changed(void *ctx, const struct session *s)
{
	(void)s;
	measure(ctx);
}

static bool more(void *ctx)
{
	struct cli *c = ctx;
	char *answer;
	bool go_on;

	if (c->all)
		return true;
	answer = readline("--Type <RET> for more, q to quit, "
			  "c to continue without paging--");
	go_on = answer && *answer != 'q';
	if (answer && *answer == 'c')
		c->all = true;
	free(answer);
	return go_on;
}

/* ---- the shell ---- */

int cli_shell(void *ctx, const char *command)
{
	const char *shell = getenv("SHELL");

	(void)ctx;
	fflush(NULL);
	return system(*command ? command : shell && *shell ? shell : "/bin/sh");
}

static struct out *pipe_open(void *ctx, const char *command)
{
	struct cli *c = ctx;

	fflush(NULL);
	if (c->pipe)
		return NULL;	/* one at a time */
	c->pipe = popen(command, "w");
	if (!c->pipe)
		return NULL;
	/* "| head" goes away when it has seen enough */
	signal(SIGPIPE, SIG_IGN);
	text_writer_init(&c->pipe_text, c->pipe, stderr);
	json_writer_init(&c->pipe_json, c->pipe);
	c->pipe_text.out.width = c->out->width;
	return c->opts->json ? &c->pipe_json.out : &c->pipe_text.out;
}

static int pipe_close(void *ctx, struct out *o)
{
	struct cli *c = ctx;
	int r;

	(void)o;
	r = pclose(c->pipe);
	c->pipe = NULL;
	signal(SIGPIPE, SIG_DFL);
	json_writer_release(&c->pipe_json);
	return r;
}

/* The screen as it would look, without one. */
static int save_screen(void *ctx, const char *path, struct err *err)
{
	struct cli *c = ctx;

	return tui_save_screen(c->s, path, err);
}

/* ---- scripts ---- */

/* After a command of a script failed. */
static void note_failure(struct cli *c, int r)
{
	if (r >= 0)
		return;
	c->failed = true;
	if (!c->s->settings.exit_on_error || c->s->quit)
		return;
	c->s->quit = c->s->has_quit_status = true;
	c->s->quit_status = 1;
}

static void run_init(struct cli *c)
{
	char *path = cli_path("XDG_CONFIG_HOME", ".config", "init");

	if (path && !access(path, R_OK))
		note_failure(c, command_file(c->s, path, c->out));
	free(path);
}

static void run_execs(struct cli *c)
{
	for (size_t i = 0; i < c->opts->nexecs && !c->s->quit; i++) {
		const struct cli_exec *e = &c->opts->execs[i];
		int r;

		if (e->is_file) {
			r = command_file(c->s, e->what, c->out);
		} else {
			command_origin(c->s, "-ex", (unsigned)i + 1);
			r = command_line(c->s, e->what, false, c->out);
		}
		command_origin(c->s, NULL, 0);
		note_failure(c, r);
		fflush(stdout);
	}
}

/* ---- the terminal ---- */

static sigjmp_buf prompt_again;
static volatile sig_atomic_t at_prompt;

/*
 * Ctrl-C throws the line away, as in a shell, and stops what is being
 * printed.  At the prompt readline has caught the signal; it calls us later,
 * when it is safe to jump out of it, with the terminal restored.
 */
static void on_interrupt(int sig)
{
	(void)sig;
	the_cli->out->stopped = true;
	if (!at_prompt)
		return;
	at_prompt = 0;
	siglongjmp(prompt_again, 1);
}

static bool is_stopped(void *ctx)
{
	struct cli *c = ctx;

	return c->out->stopped;
}

/* A line from the terminal, or NULL at its end. */
static char *prompt(const char *text)
{
	char *line;

	if (sigsetjmp(prompt_again, 1))
		putchar('\n');
	at_prompt = 1;
	line = readline(text);
	at_prompt = 0;
	return line;
}

static char **complete(const char *word, int start, int end)
{
	struct completion comp;
	char *line = strndup(rl_line_buffer, (size_t)end), **ret = NULL;
	size_t n;

	(void)start;
	if (!line)
		abort();
	command_complete(the_cli->s, line, &comp);
	rl_attempted_completion_over = !comp.files;
	rl_filename_completion_desired = 0;
	n = comp.n;
	if (n) {
		/* readline frees; slot 0 is what all have in common */
		ret = calloc(n + 2, sizeof(*ret));
		if (!ret)
			abort();
		for (size_t i = 0; i < n; i++)
			ret[i + 1] = strdup(comp.words[i]);
		n = strlen(ret[1]);
		for (size_t i = 1; i < comp.n; i++) {
			size_t k = 0;

			while (k < n && ret[1][k] == ret[i + 1][k])
				k++;
			n = k;
		}
		ret[0] = strndup(ret[1], n);
		if (comp.n == 1) {
			free(ret[1]);
			ret[1] = NULL;
		}
		/* a path may go on */
		rl_completion_append_character = comp.partial ? '\0' : ' ';
	}
	(void)word;
	completion_release(&comp);
	free(line);
	return ret;
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

static void history_start(struct cli *c)
{
	c->history = cli_path("XDG_STATE_HOME", ".local/state", "history");
	using_history();
	if (!c->history)
		return;
	make_directories(c->history);
	(void)read_history(c->history);
	stifle_history((int)c->s->settings.history_size);
}

static void history_end(struct cli *c)
{
	if (c->history) {
		stifle_history((int)c->s->settings.history_size);
		(void)write_history(c->history);
	}
	free(c->history);
}

/* Not the same line twice in a row. */
static void history_add(const char *line)
{
	const HIST_ENTRY *last = history_length ?
		history_get(history_base + history_length - 1) : NULL;

	if (*line && (!last || strcmp(last->line, line)))
		add_history(line);
}

static void readline_start(struct cli *c)
{
	struct sigaction sa = { .sa_handler = on_interrupt };

	the_cli = c;
	sigaction(SIGINT, &sa, NULL);
	rl_readline_name = "vmsdb";
	rl_attempted_completion_function = complete;
	rl_basic_word_break_characters = " \t\n";
	rl_completer_word_break_characters = " \t\n";
	rl_basic_quote_characters = "";
	rl_completer_quote_characters = "";
	history_start(c);
}

static void banner(struct cli *c)
{
	const struct session *s = c->s;
	size_t d = session_next_divergence(s, 0, 1, false);

	out_line(c->out, "vmsdb: %s: %u events, %s%s", s->path, s->t->n,
		 s->real ? "predicted: " : "", verdict_name(s->a->verdict));
	if (s->a->cause)
		out_line(c->out, "%s", s->a->cause);
	out_line(c->out, d != SIZE_MAX || s->t->nfailures ?
		 "'continue' goes to where the two sides part, 'info verdict' "
		 "tells all, 'help' lists the commands." :
		 "'step' and 'next' go through the load, 'info sections' lists "
		 "it, 'help' lists the commands.");
}

static const char *prompt_of(const struct session *s, char *buf, size_t size)
{
	if (command_is_open(s))
		return ">";
	if (!s->real)
		return "(vmsdb) ";
	snprintf(buf, size, "(vmsdb %s) ", real_where_name(real_where(s)));
	return buf;
}

static void loop(struct cli *c)
{
	char *line, text[64];

	readline_start(c);
	banner(c);
	while (!c->s->quit) {
		line = prompt(prompt_of(c->s, text, sizeof(text)));
		if (!line)
			break;
		history_add(line);
		measure(c);
		c->text.lines = 0;
		c->all = c->out->stopped = false;
		command_origin(c->s, NULL, 0);
		(void)command_line(c->s, line, true, c->out);
		progress_reset(&c->progress);
		fflush(stdout);
		free(line);
	}
	if (!c->s->quit)
		puts("quit");
	history_end(c);
}

static int status_of(const struct cli *c)
{
	if (c->s->has_quit_status)
		return c->s->quit_status;
	if (c->interactive)
		return 0;
	if (c->s->real && !c->failed)
		return verdict_status(real_verdict(c->s));
	return c->failed ? STATUS_USAGE : verdict_status(c->s->a->verdict);
}

int cli_run(struct session *s, const struct cli_opts *opts)
{
	struct cli c = {
		.s = s, .opts = opts, .progress = {
			.stopped = is_stopped, .show = progress_on_stderr,
			.ctx = &c,
		},
	};
	struct host host = {
		.ctx = &c, .shell = cli_shell, .pipe_open = pipe_open,
		.pipe_close = pipe_close, .changed = changed,
		.save_screen = save_screen,
	};

	/* whoever drives an emulator through pipes waits for each answer */
	if (s->real)
		setvbuf(stdout, NULL, _IOLBF, 0);
	text_writer_init(&c.text, stdout, stderr);
	json_writer_init(&c.json, stdout);
	c.out = opts->json ? &c.json.out : &c.text.out;
	c.text.more = more;
	c.text.ctx = &c;
	session_set_host(s, &host);
	s->opts.progress = progress_tell;
	s->opts.ctx = &c.progress;
	measure(&c);
	if (!opts->no_init && !opts->batch)
		run_init(&c);
	run_execs(&c);
	c.interactive = !opts->batch && isatty(0);
	if (c.interactive && !s->quit)
		loop(&c);
	else if (!s->quit && (!opts->batch || !opts->nexecs))
		note_failure(&c, command_file(s, "-", c.out));
	fflush(stdout);
	json_writer_release(&c.json);
	session_set_host(s, &(struct host){ 0 });
	progress_reset(&c.progress);
	s->opts.progress = NULL;
	return status_of(&c);
}
