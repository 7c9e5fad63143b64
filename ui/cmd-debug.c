/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb SOURCE`: the debugger.
 */
#include "cli-args.h"
#include "keys.h"
#include "records.h"
#include "subcommand.h"
#include "tui.h"

static int dump_commands(void)
{
	struct text_writer w;

	text_writer_init(&w, stdout, stderr);
	w.raw = true;
	command_dump_mdoc(&w.out);
	keys_dump_mdoc(stdout);
	return fflush(stdout) ? STATUS_INTERNAL : 0;
}

static int debug(const struct cli_args *d, const struct args *a,
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
	status = cli_wants_screen(d) ? tui_run(s) : cli_run(s, &d->opts);
	session_close(s);
	return status;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	enum rules rules = RULES_CURRENT;
	struct cli_args d;
	struct args a;

	if (cli_split(&d, argc, argv) < 0 ||
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
	d.opts.json = a.json;
	return debug(&d, &a, rules);
}

static const struct option_help options[] = {
	{ "--to", "FILE", "an account of the destination: its reference stream, "
	  "its -dump-vmstate or its executable (again for more)" },
	{ "--from", "BINARY", "the source's executable, for its C members" },
	{ "--modules", "DIR", "the modules of the executable" },
	{ "--debug-dir", "DIR", "its debug information, beside the usual places" },
	{ "--rules", "R", "loader rules: v0.13 v0.14 current slash separators "
	  "lookup-first sentinel" },
	CLI_OPTIONS,
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
