/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli-args.h - the options of every subcommand that is a debugger: what to run,
 * and on what.
 */
#ifndef VMSDB_CLI_ARGS_H
#define VMSDB_CLI_ARGS_H

#include "cli.h"

#define CLI_EXECS 64
#define CLI_ARGS 1024

struct cli_args {
	struct cli_exec execs[CLI_EXECS];
	struct cli_opts opts;
	bool line_debugger, dump_commands;
	char *rest[CLI_ARGS + 1];	/* what is not ours; NULL-terminated */
	int nrest;
};

/*
 * Take out of @argv what is the debugger's own, up to a "--"; the rest is
 * every subcommand's.  -1 after a message.
 */
int cli_split(struct cli_args *ret, int argc, char **argv);

/* The screen, or the line debugger? */
bool cli_wants_screen(const struct cli_args *a);

/* Lines of a table of struct option_help. */
#define CLI_OPTIONS							\
	{ "--cli", NULL, "the line debugger, also on a terminal" },	\
	{ "--batch", NULL, "no prompt: end after -x and -ex, or after a " \
	  "script on standard input" },					\
	{ "-x", "FILE", "run the commands in a file (again for more)" }, \
	{ "-ex", "COMMAND", "run a command (again for more)" },		\
	{ "--json", NULL, "what commands print as JSON, one object a line" }, \
	{ "--nx", NULL, "do not read ~/.config/vmsdb/init" }

#endif
