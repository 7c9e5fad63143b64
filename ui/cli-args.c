/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <unistd.h>

#include "cli-args.h"
#include "subcommand.h"

/* "-x FILE" or "-ex COMMAND"; 1 taken, 0 something else, -1 told. */
static int take_exec(struct cli_args *d, int argc, char **argv, int *i)
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
	if (d->opts.nexecs >= CLI_EXECS) {
		complain("more than %d -x and -ex", CLI_EXECS);
		return -1;
	}
	d->execs[d->opts.nexecs++] = (struct cli_exec){ is_file, argv[++*i] };
	return 1;
}

static bool take_flag(struct cli_args *d, const char *arg)
{
	if (!strcmp(arg, "--batch") || !strcmp(arg, "-batch"))
		d->opts.batch = true;
	else if (!strcmp(arg, "--cli"))
		d->line_debugger = true;
	else if (!strcmp(arg, "--nx") || !strcmp(arg, "-nx"))
		d->opts.no_init = true;
	else if (!strcmp(arg, "--dump-commands"))
		d->dump_commands = true;
	else
		return false;
	return true;
}

int cli_split(struct cli_args *d, int argc, char **argv)
{
	bool ours = true;

	memset(d, 0, sizeof(*d));
	d->opts.execs = d->execs;
	for (int i = 0; i < argc; i++) {
		int r = 0;

		if (ours && i) {
			ours = strcmp(argv[i], "--") != 0;
			r = ours ? take_exec(d, argc, argv, &i) : 0;
			if (r < 0)
				return -1;
			if (ours && !r && take_flag(d, argv[i]))
				continue;
			if (ours && !strcmp(argv[i], "--json"))
				d->opts.json = true;
		}
		if (r)
			continue;
		if (d->nrest == CLI_ARGS) {
			complain("more than %d arguments", CLI_ARGS);
			return -1;
		}
		d->rest[d->nrest++] = argv[i];
	}
	return 0;
}

bool cli_wants_screen(const struct cli_args *a)
{
	return !a->line_debugger && !a->opts.batch && !a->opts.nexecs &&
		!a->opts.json && isatty(0) && isatty(1);
}
