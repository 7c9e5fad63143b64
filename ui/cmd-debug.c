/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb SOURCE`: the debugger.
 */
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "keys.h"
#include "records.h"
#include "subcommand.h"
#include "tui.h"

#define MAX_EXECS 64
#define MAX_ARGS 256

struct debug {
	struct cli_exec execs[MAX_EXECS];
	struct cli_opts cli;
	bool line_debugger, dump_commands;
	char *rest[MAX_ARGS];
	int nrest;
};

/* "-x FILE" or "-ex COMMAND"; 1 taken, 0 something else, -1 told. */
static int take_exec(struct debug *d, int argc, char **argv, int *i)
{
	const char *arg = argv[*i];
	bool is_file = !strcmp(arg, "-x") || !strcmp(arg, "--command");

	if (!is_file && strcmp(arg, "-ex") && strcmp(arg, "--ex") &&
	    strcmp(arg, "--eval-command"))
		return 0;
	if (*i + 1 >= argc) {
		complain("%s needs a %s", arg, is_file ? "file" : "command");
		return -1;
	}
	if (d->cli.nexecs >= MAX_EXECS) {
		complain("more than %d -x and -ex", MAX_EXECS);
		return -1;
	}
	d->execs[d->cli.nexecs++] = (struct cli_exec){ is_file, argv[++*i] };
	return 1;
}

/* Take out what is the debugger's own; the rest is every subcommand's. */
static int split(struct debug *d, int argc, char **argv)
{
	d->rest[d->nrest++] = argv[0];
	d->cli.execs = d->execs;
	for (int i = 1; i < argc; i++) {
		int r = take_exec(d, argc, argv, &i);

		if (r < 0)
			return -1;
		if (r)
			continue;
		if (!strcmp(argv[i], "--batch") || !strcmp(argv[i], "-batch"))
			d->cli.batch = true;
		else if (!strcmp(argv[i], "--cli"))
			d->line_debugger = true;
		else if (!strcmp(argv[i], "--nx") || !strcmp(argv[i], "-nx"))
			d->cli.no_init = true;
		else if (!strcmp(argv[i], "--dump-commands"))
			d->dump_commands = true;
		else if (d->nrest < MAX_ARGS)
			d->rest[d->nrest++] = argv[i];
	}
	return 0;
}

static int dump_commands(void)
{
	struct text_writer w;

	text_writer_init(&w, stdout, stderr);
	w.raw = true;
	command_dump_mdoc(&w.out);
	keys_dump_mdoc(stdout);
	return fflush(stdout) ? STATUS_INTERNAL : 0;
}

static bool wants_screen(const struct debug *d, const struct args *a)
{
	return !d->line_debugger && !d->cli.batch && !d->cli.nexecs &&
		!a->json && isatty(0) && isatty(1);
}

static int debug(const struct debug *d, const struct args *a,
		 enum rules rules)
{
	const struct session_opts opts = {
		.source = &a->source, .images = &a->images, .from = a->from,
	};
	struct session *s;
	struct err err;
	int status;

	if (session_open_with(&s, a->operands[0], a->to, a->nto, rules, &opts,
			      &err) < 0) {
		complain("%s", err.msg);
		return STATUS_USAGE;
	}
	status = wants_screen(d, a) ? tui_run(s) : cli_run(s, &d->cli);
	session_close(s);
	return status;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	enum rules rules = RULES_CURRENT;
	struct debug d = { 0 };
	struct args a;

	if (split(&d, argc, argv) < 0 ||
	    args_parse(self, d.nrest, d.rest, &a) < 0)
		return STATUS_USAGE;
	if (d.dump_commands)
		return dump_commands();
	if (a.help) {
		usage_of(self, stdout);
		return 0;
	}
	if (a.noperands != 1) {
		usage_of(self, stderr);
		return STATUS_USAGE;
	}
	if (a.rules && !rules_parse(a.rules, &rules)) {
		complain("no loader rules called '%s'; 'vmsdb rules --help' "
			 "lists them", a.rules);
		return STATUS_USAGE;
	}
	d.cli.json = a.json;
	return debug(&d, &a, rules);
}

static const struct option_help options[] = {
	{ "--to", "FILE", "an account of the destination: its reference stream, "
	  "its -dump-vmstate or its executable (again for more)" },
	{ "--from", "BINARY", "the source's executable, for its C members" },
	{ "--modules", "DIR", "the modules of the executable" },
	{ "--debug-dir", "DIR", "its debug information, beside the usual places" },
	{ "--debuginfod", NULL, "also from the servers of DEBUGINFOD_URLS" },
	{ "--rules", "R", "loader rules: v0.13 v0.14 current slash separators "
	  "lookup-first sentinel" },
	{ "--cli", NULL, "the line debugger, also on a terminal" },
	{ "--batch", NULL, "no prompt: end after -x and -ex, or after a script "
	  "on standard input" },
	{ "-x", "FILE", "run the commands in a file (again for more)" },
	{ "-ex", "COMMAND", "run a command (again for more)" },
	{ "--json", NULL, "what commands print as JSON, one object a line" },
	{ "--nx", NULL, "do not read ~/.config/vmsdb/init" },
	{ "--snapshot", "NAME", "of a qcow2 image" },
	{ "--offset", "N", "where the stream starts in the file" },
	{ "--color", "WHEN", "auto, always or never" },
	{ 0 },
};

const struct subcommand cmd_debug = {
	.name = "debug",
	.args = "SOURCE [--to DEST]... [OPTION]...",
	.help = "Step through a load; the same as 'vmsdb SOURCE'.",
	.options = options,
	.run = run,
};
