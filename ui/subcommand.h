/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * subcommand.h - `vmsdb NAME ...`: one entry each, in ui/main.c's table, with
 * designated fields from which help, completion and the manual are made.
 */
#ifndef VMSDB_SUBCOMMAND_H
#define VMSDB_SUBCOMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "../devices/desc-image.h"
#include "../stream/source.h"

/* Exit statuses that are not a verdict's. */
enum { STATUS_UNKNOWN = 125, STATUS_USAGE = 129, STATUS_INTERNAL = 130 };

struct option_help {
	const char *name;	/* "--to" */
	const char *arg;	/* "FILE", or NULL */
	const char *help;
};

struct subcommand {
	const char *name;
	const char *args;	/* "SOURCE [--to DEST]..." */
	const char *help;	/* one line */
	const struct option_help *options;	/* ended by a NULL name */
	/* argv[0] is the subcommand's name.  Returns the exit status. */
	int (*run)(const struct subcommand *self, int argc, char **argv);
};

extern const struct subcommand cmd_show, cmd_load, cmd_rules, cmd_demo, cmd_diff,
	cmd_oracle, cmd_drive, cmd_attach, cmd_record, cmd_replay, cmd_minimize,
	cmd_bisect,
	cmd_capture;
extern const struct subcommand cmd_descs, cmd_type, cmd_lint, cmd_compat,
	cmd_cache;
extern const struct subcommand cmd_debug;	/* no name: a file */

/* All of them, ended by NULL. */
extern const struct subcommand *const subcommands[];

/*
 * What most of them share: sources, destinations, rules, a snapshot's name.
 * args_parse() takes the options that it knows and puts the rest, operands
 * first, into .operands.  Answers -1 after having printed what is wrong.
 */
struct args {
	const char *to[16];
	size_t nto;
	int release;		/* of an emulator that was asked: 702; 0 */
	const char *asked;	/* where it has written that; NULL: none was */
	const char *modules, *debug_dir, *baseline, *from, *machine;
	const char *rules, *snapshot, *section, *record;
	unsigned long long offset;
	bool json, trace, events, all, sections, fields, ram, descs, help;
	bool sarif, debuginfod;
	struct desc_image_opts images;	/* --modules, --debug-dir */
	bool scrub, with_ram;	/* of --record */
	const char *operands[64];
	size_t noperands;
	struct source_opts source;	/* made of the above, with progress */
};

int args_parse(const struct subcommand *self, int argc, char **argv,
	       struct args *ret);

/* "vmsdb: FILE: message" on standard error; control characters escaped. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The usage of one subcommand, on @f. */
void usage_of(const struct subcommand *c, FILE *f);

/* Colour on standard output? --color, NO_COLOR, a terminal. */
bool want_colour(void);
extern const char *colour_setting;	/* "auto", "always", "never" */

#endif
