/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli.h - the line debugger: one loop for a terminal, scripts, commands on
 * the command line and standard input.
 */
#ifndef VMSDB_CLI_H
#define VMSDB_CLI_H

#include "../debugger/command.h"

/* "-x FILE" and "-ex COMMAND", in the order given. */
struct cli_exec {
	bool is_file;
	const char *what;
};

struct cli_opts {
	const struct cli_exec *execs;
	size_t nexecs;
	bool batch;		/* no prompt: end after the above */
	bool json;
	bool no_init;		/* do not read ~/.config/vmsdb/init */
};

/* Runs until the end of the session; returns the exit status. */
int cli_run(struct session *s, const struct cli_opts *opts);

/* "shell" and "|" for whoever has a terminal to lend. */
int cli_shell(void *ctx, const char *command);

/*
 * Name of a file of ours: $@variable/vmsdb/@name, or ~/@fallback/vmsdb/@name.
 * NULL if there is no home.  free() it.
 */
char *cli_path(const char *variable, const char *fallback, const char *name);

#endif
