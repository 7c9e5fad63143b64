/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main.c - vmsdb's subcommands.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "subcommand.h"

#define VERSION "0.1"

static void print_help(FILE *f)
{
	fprintf(f, "usage: vmsdb COMMAND [ARGUMENT]...\n"
		"       vmsdb SOURCE [--to DEST]... [OPTION]...\n\n"
		"The VM state debugger: steps through the load of a QEMU "
		"migration stream.\n\n");
	for (size_t i = 0; subcommands[i]; i++)
		fprintf(f, "  %-9s %s\n", subcommands[i]->name,
			subcommands[i]->help);
	fprintf(f, "\n'vmsdb COMMAND --help' tells more, and so does vmsdb(1).\n");
}

/* A mapped file that shrinks under us, or a bug: say so, and leave. */
static void on_crash(int sig)
{
	static const char bus[] = "vmsdb: the input file changed while it was "
		"being read\n";
	static const char segv[] = "vmsdb: internal error: invalid memory "
		"access; please report it\n";

	if (sig == SIGBUS)
		(void)!write(2, bus, sizeof(bus) - 1);
	else
		(void)!write(2, segv, sizeof(segv) - 1);
	_exit(STATUS_INTERNAL);
}

static const struct subcommand *find(const char *name)
{
	for (size_t i = 0; subcommands[i]; i++) {
		if (!strcmp(subcommands[i]->name, name))
			return subcommands[i];
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const struct subcommand *c;

	signal(SIGBUS, on_crash);
#ifndef __SANITIZE_ADDRESS__
	signal(SIGSEGV, on_crash);
#endif
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_IGN);	/* a write that fails says so */
	if (argc < 2) {
		print_help(stderr);
		return STATUS_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
	    !strcmp(argv[1], "help")) {
		c = argc > 2 ? find(argv[2]) : NULL;
		if (argc > 2 && !c) {
			complain("no command '%s'; 'vmsdb --help' lists them",
				 argv[2]);
			return STATUS_USAGE;
		}
		if (c)
			usage_of(c, stdout);
		else
			print_help(stdout);
		return 0;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("vmsdb " VERSION "\n");
		return 0;
	}
	c = find(argv[1]);
	/* a file, or the debugger's options: it is to be debugged */
	if (!c && (argv[1][0] == '-' || !access(argv[1], F_OK)))
		return cmd_debug.run(&cmd_debug, argc, argv);
	if (!c) {
		complain("no command '%s'; 'vmsdb --help' lists them", argv[1]);
		return STATUS_USAGE;
	}
	return c->run(c, argc - 1, argv + 1);
}
