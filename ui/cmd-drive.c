/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb drive` and `vmsdb attach`: a session whose destination is real.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../debugger/live/capture.h"
#include "../debugger/live/real.h"
#include "cli-args.h"
#include "inspect.h"
#include "live.h"
#include "tui.h"

/* ---- the emulator itself as an account of the destination ---- */

/* The file that @name runs, malloc'd; NULL if it is none or a script. */
static char *executable_of(const char *name)
{
	const char *dirs = getenv("PATH");
	char *path;

	if (strchr(name, '/'))
		return live_is_elf(name) ? strdup(name) : NULL;
	while (dirs && *dirs) {
		size_t n = strcspn(dirs, ":");

		if (asprintf(&path, "%.*s/%s", (int)n, dirs, name) < 0)
			abort();
		if (!access(path, X_OK))
			return live_is_elf(path) ? path : (free(path), NULL);
		free(path);
		dirs += n + (dirs[n] == ':');
	}
	return NULL;
}

static bool has_elf(const struct args *c)
{
	for (size_t i = 0; i < c->nto; i++)
		if (live_is_elf(c->to[i]))
			return true;
	return false;
}

/*
 * Without --to: what the emulator writes itself, and its executable.  With
 * --to: beside that the executable, unless a launcher stands before it.
 */
static int open_session(struct session **ret, struct live_args *a,
			enum rules rules, struct err *err)
{
	struct args *c = &a->common;
	struct session_opts opts = {
		.source = &c->source, .images = &c->images, .from = c->from,
		.any_transport = true,
	};
	struct reference asked;
	char *own = NULL;
	int r = -1;

	if (live_ask(c, a->command, false, &asked) < 0)
		complain("the prediction goes without its reference stream");
	opts.release = c->release;
	opts.asked = c->asked;
	if (a->command && !has_elf(c) && c->nto < sizeof(c->to) / sizeof(c->to[0]))
		own = executable_of(a->command[0]);
	if (own) {
		c->to[c->nto++] = own;
		r = session_open_with(ret, c->operands[0], c->to, c->nto, rules,
				      &opts, err);
		if (r < 0)
			c->nto--;
	}
	if (r < 0)
		r = session_open_with(ret, c->operands[0], c->to, c->nto, rules,
				      &opts, err);
	live_asked_end(&asked);
	free(own);
	return r;
}

/* ---- */

static int drive_it(struct live_args *a, const struct cli_args *cli,
		    const struct feed_opts *opts)
{
	enum rules rules = RULES_CURRENT;
	struct session *s;
	struct err err;
	int status;

	if (a->common.rules && !rules_parse(a->common.rules, &rules)) {
		complain("no loader rules called '%s'; 'vmsdb rules --help' "
			 "lists them", a->common.rules);
		return STATUS_USAGE;
	}
	if (open_session(&s, a, rules, &err) < 0) {
		complain("%s", err.msg);
		return STATUS_USAGE;
	}
	if (real_open(s, opts, &err) < 0) {
		complain("%s", err.msg);
		session_close(s);
		return err.code == ERR_USAGE ? STATUS_USAGE : STATUS_UNKNOWN;
	}
	if (s->real->feed->note)
		complain("%s: %s", s->path, s->real->feed->note);
	status = cli_wants_screen(cli) ? tui_run(s) : cli_run(s, &cli->opts);
	if (s->real && s->real->feed->state == FEED_WAITING)
		complain("the real load was left at byte 0x%" PRIx64 ", so its "
			 "verdict is not known%s", s->real->feed->fed,
			 opts->socket ? "; with its connection closed the "
			 "destination ends" : "");
	session_close(s);
	return status;
}

/* Without a stream: the emulator's own state is the source. */
static int debug_captured(const struct live_args *a, const struct cli_args *cli,
			  const struct capture_opts *how)
{
	const struct args *c = &a->common;
	const struct session_opts opts = {
		.source = &c->source, .images = &c->images, .from = c->from,
	};
	enum rules rules = RULES_CURRENT;
	struct capture got;
	struct session *s;
	struct err err;
	int status;

	if (c->rules && !rules_parse(c->rules, &rules)) {
		complain("no loader rules called '%s'; 'vmsdb rules --help' "
			 "lists them", c->rules);
		return STATUS_USAGE;
	}
	live_catch();
	if (session_open_captured(&s, how, c->to, c->nto, rules, &opts, &got,
				  &err) < 0) {
		complain("%s", err.msg);
		return err.code == ERR_USAGE ? STATUS_USAGE : STATUS_UNKNOWN;
	}
	complain("captured %" PRIu64 " bytes; the guest was and is '%s'%s%s",
		 got.kept, got.left, *got.note ? "; " : "", got.note);
	status = cli_wants_screen(cli) ? tui_run(s) : cli_run(s, &cli->opts);
	session_close(s);
	return status;
}

static int take_pid(struct feed_opts *opts, const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end != text && !*end && n > 0 && n <= INT_MAX) {
		opts->pid = (pid_t)n;
		return 0;
	}
	complain("attach: --pid %s is no process", text);
	return -1;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	bool attach = !strcmp(self->name, "attach");
	const char *capabilities[17] = { 0 }, *timeout = NULL, *pid = NULL;
	struct feed_opts opts = { 0 };
	struct capture_opts how = { .interrupted = &live_interrupted };
	bool may_stop = false, captured;
	const struct live_option own_drive[] = {
		{ .name = "--capability", .list = capabilities },
		{ .name = "--timeout", .value = &timeout },
		{ .name = "--no-trace", .flag = &opts.no_trace },
		{ .name = "--coarse", .flag = &opts.coarse },
		{ 0 },
	}, own_attach[] = {
		{ .name = "--qmp", .value = &opts.qmp },
		{ .name = "--trace", .value = &opts.trace },
		{ .name = "--pid", .value = &pid },
		{ .name = "--stop", .flag = &may_stop },
		{ .name = "--timeout", .value = &timeout },
		{ .name = "--coarse", .flag = &opts.coarse },
		{ 0 },
	};
	struct cli_args cli;
	struct live_args a;

	if (attach && inspect_wanted(argc, argv))
		return inspect_main(self, argc, argv);
	if (cli_split(&cli, argc, argv) < 0 ||
	    live_parse(self, cli.nrest, cli.rest, attach ? own_attach :
		       own_drive, &a) < 0)
		return STATUS_USAGE;
	if (a.common.help) {
		usage_of(self, stdout);
		return 0;
	}
	captured = attach && !a.common.noperands;
	if ((!captured && a.common.noperands != (attach ? 2 : 1)) ||
	    !a.command != attach || (attach && !opts.qmp) ||
	    (captured ? opts.trace || pid || opts.coarse : may_stop)) {
		usage_of(self, stderr);
		return STATUS_USAGE;
	}
	if (a.common.all) {
		complain("%s: --all is of no use here%s", self->name,
			 attach ? ": it is for PID and CORE" : "");
		return STATUS_USAGE;
	}
	if (timeout) {
		opts.timeout_ms = live_seconds(self, "--timeout", timeout);
		if (opts.timeout_ms < 0)
			return STATUS_USAGE;
	}
	if (captured) {
		cli.opts.json = a.common.json;
		how.qmp = opts.qmp;
		how.may_stop = may_stop;
		how.timeout_ms = opts.timeout_ms;
		return debug_captured(&a, &cli, &how);
	}
	if (pid && take_pid(&opts, pid) < 0)
		return STATUS_USAGE;
	if (attach) {
		opts.socket = a.common.operands[0];
		a.common.operands[0] = a.common.operands[1];
	}
	opts.argv = a.command;
	opts.capabilities = capabilities[0] ? capabilities : NULL;
	opts.survive = !attach;
	return drive_it(&a, &cli, &opts);
}

static const struct option_help drive_options[] = {
	{ "--to", "FILE", "an account of the destination, for the prediction "
	  "(again for more); without one the emulator itself is asked" },
	{ "--rules", "R", "loader rules of the prediction" },
	{ "--from", "BINARY", "the source's executable, for its C members" },
	{ "--modules", "DIR", "the modules of the executable" },
	{ "--debug-dir", "DIR", "its debug information, beside the usual places" },
	{ "--capability", "NAME", "switch a migration capability on (again for "
	  "more)" },
	{ "--timeout", "SECONDS", "of one step (default 20)" },
	{ "--coarse", NULL, "do not check the byte before each event" },
	{ "--no-trace", NULL, "by bytes and verdict alone" },
	CLI_OPTIONS,
	{ "--snapshot", "NAME", "of a qcow2 image" },
	{ "--offset", "N", "where the stream starts in the file" },
	{ 0 },
};

static const struct option_help attach_options[] = {
	{ "--qmp", "SOCKET", "its monitor: PATH, unix:PATH or tcp:HOST:PORT" },
	{ "--trace", "FILE", "where its trace events go (-D FILE), to compare" },
	{ "--pid", "PID", "its process, to print what is in its memory" },
	{ "--to", "FILE", "an account of the destination, for the prediction "
	  "(again for more)" },
	{ "--rules", "R", "loader rules of the prediction" },
	{ "--from", "BINARY", "the source's executable, for its C members" },
	{ "--modules", "DIR", "the modules of the executable" },
	{ "--debug-dir", "DIR", "its debug information, beside the usual places" },
	{ "--timeout", "SECONDS", "of one step (default 20)" },
	{ "--coarse", NULL, "do not check the byte before each event" },
	CLI_OPTIONS,
	{ "--snapshot", "NAME", "of a qcow2 image" },
	{ "--offset", "N", "where the stream starts in the file" },
	INSPECT_OPTIONS,
	{ 0 },
};

const struct subcommand cmd_drive = {
	.name = "drive",
	.args = "SOURCE [--to DEST]... [OPTION]... -- EMULATOR ARGUMENT...",
	.help = "Debug the real load of a stream in an emulator of ours.",
	.options = drive_options,
	.run = run,
};

const struct subcommand cmd_attach = {
	.name = "attach",
	.args = "unix:SOCKET|tcp:HOST:PORT SOURCE --qmp SOCKET [OPTION]...\n"
		"       vmsdb attach --qmp SOCKET [--stop] [--to DEST]... "
		"[OPTION]...\n"
		"       vmsdb attach PID|CORE [IDSTR[#INSTANCE][/FIELD]]... "
		"[OPTION]...",
	.help = "The same in an emulator that already waits in inmigrate; or "
		"look into one's memory.",
	.options = attach_options,
	.run = run,
};
