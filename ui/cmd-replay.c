/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb replay`: what a recording says, without stream or binary; and
 * recording_write(), with which `vmsdb load --record` makes one.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "out-json.h"
#include "out-text.h"
#include "record.h"
#include "subcommand.h"
#include "trace.h"

struct replay_args {
	struct args common;
	bool scrub, info;
	const char *out;
};

int record_load(const char *path, const struct account *source,
		const struct destination *dest, const struct timeline *t,
		const struct analysis *a, const struct recording_opts *opts)
{
	struct err err;

	/* a file size limit is an error to report, no reason to die */
	signal(SIGXFSZ, SIG_IGN);
	if (recording_save(path, source, dest, t, a, opts, &err) == 0)
		return 0;
	complain("%s: %s", path, err.msg);
	return -1;
}

static void print_info(const struct recording *r, const char *path)
{
	static const char *const keys[] = {
		"schema", "program", "created", "user", "host", "rules",
		"scrubbed", "with_ram", "complete",
	};
	size_t n;

	text_safe(stdout, path);
	putchar('\n');
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *v = recording_meta(r, keys[i]);

		printf("%-12s ", keys[i]);
		text_safe(stdout, v ? v : "-");
		putchar('\n');
	}
	printf("%-12s %" PRIu32 "\n", "events", recording_timeline(r)->n);
	recording_marks(r, &n);
	printf("%-12s %zu\n", "marks", n);
}

static void print(const struct replay_args *a, const struct recording *r)
{
	const struct timeline *t = recording_timeline(r);
	const struct analysis *an = recording_analysis(r);

	if (a->info)
		print_info(r, a->common.operands[0]);
	else if (a->common.trace)
		trace_print(stdout, t, &recording_destination(r)->registry);
	else if (a->common.events)
		json_events(stdout, t, recording_source(r)->self);
	else if (a->common.json)
		json_analysis(stdout, an, t);
	else
		text_analysis(stdout, recording_source(r),
			      recording_destination(r), an, t, a->common.all);
}

/* A recording of a recording: with --scrub one that may be shown. */
static int copy(const struct replay_args *a, const struct recording *r)
{
	const char *ram = recording_meta(r, "with_ram");
	struct recording_opts o = {
		.rules = recording_rules(r),
		.scrub = a->scrub || recording_scrubbed(r),
		.with_ram = ram && !strcmp(ram, "1"),
		.members = { recording_members(r, false),
			     recording_members(r, true) },
	};

	o.marks = recording_marks(r, &o.nmarks);
	return record_load(a->out, recording_source(r),
			   recording_destination(r), recording_timeline(r),
			   recording_analysis(r), &o);
}

static int replay(const struct replay_args *a)
{
	const char *path = a->common.operands[0];
	struct recording *r;
	struct err err;
	int status;

	if (recording_open(&r, path, &err) < 0) {
		complain("%s: %s", path, err.msg);
		return STATUS_USAGE;
	}
	if (recording_note(r))
		complain("%s: %s", path, recording_note(r));
	status = verdict_status(recording_analysis(r)->verdict);
	if (a->out)
		status = copy(a, r) < 0 ? STATUS_INTERNAL : 0;
	else
		print(a, r);
	recording_close(r);
	return status;
}

static int parse(const struct subcommand *self, int argc, char **argv,
		 struct replay_args *a)
{
	char **rest = calloc((size_t)argc + 1, sizeof(*rest));
	int n = 0, r;

	if (!rest)
		abort();
	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--info"))
			a->info = true;
		else if (!strcmp(argv[i], "--scrub"))
			a->scrub = true;
		else if (!strcmp(argv[i], "-o") && i + 1 < argc)
			a->out = argv[++i];
		else
			rest[n++] = argv[i];
	}
	r = args_parse(self, n, rest, &a->common);
	free(rest);
	return r;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	struct replay_args a = { 0 };

	if (parse(self, argc, argv, &a) < 0)
		return STATUS_USAGE;
	if (a.common.help) {
		usage_of(self, stdout);
		return 0;
	}
	if (a.common.noperands != 1) {
		usage_of(self, stderr);
		return STATUS_USAGE;
	}
	if (a.scrub && !a.out) {
		complain("replay: --scrub writes a new recording: give -o FILE");
		return STATUS_USAGE;
	}
	return replay(&a);
}

static const struct option_help options[] = {
	{ "--all", NULL, "every divergence and note, not only what counts" },
	{ "--json", NULL, "one JSON object" },
	{ "--trace", NULL, "the load in the emulator's trace words" },
	{ "--events", NULL, "one JSON object for each event" },
	{ "--info", NULL, "who recorded it, when, with what" },
	{ "-o", "FILE", "write it again, into FILE" },
	{ "--scrub", NULL, "... without the guest's data, fit for a public "
	  "tracker" },
	{ "--color", "WHEN", "auto, always or never" },
	{ 0 },
};

const struct subcommand cmd_replay = {
	.name = "replay",
	.args = "RECORDING [OPTION]...",
	.help = "Show a recorded load, without its stream or binary.",
	.options = options,
	.run = run,
};
