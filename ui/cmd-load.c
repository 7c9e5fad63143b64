/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb load`: the main job.
 */
#include <string.h>

#include "../debugger/ahead.h"
#include "../debugger/members.h"
#include "live.h"
#include "out-json.h"
#include "out-text.h"
#include "record.h"
#include "trace.h"

static int record(const struct args *a, enum rules rules,
		  const struct account *source, const struct destination *dest,
		  const struct timeline *t, const struct analysis *an,
		  struct members *const members[2])
{
	struct recording_opts opts = {
		.rules = rules, .scrub = a->scrub, .with_ram = a->with_ram,
		.members = { members[0], members[1] },
		.progress = &a->source,
	};

	return record_load(a->record, source, dest, t, an, &opts);
}

/*
 * The C members of a side, where its executable has debug information; NULL
 * where there is none, as most have none: told to who has said where it is.
 */
static struct members *members_of(struct desc_image *img, const struct args *a)
{
	const char *path = img ? desc_image_set(img)->path : NULL;
	struct members *m = NULL;
	struct err err;

	if (!img)
		return NULL;
	if (members_open(&m, img, a->debug_dir, &a->source, &err) < 0) {
		if (a->debug_dir || a->debuginfod)
			complain("warning: %s: %s", path, err.msg);
		return NULL;
	}
	if (members_warning(m))
		complain("warning: %s: %s", path, members_warning(m));
	return m;
}

static void admit(struct analysis *an, const struct timeline *t, bool source,
		  const struct desc_image *img, const struct members *m)
{
	if (img)
		members_admit(an, t, source, desc_image_set(img)->path, m != NULL);
}

static void open_source_image(struct desc_image **img, const struct args *a)
{
	struct err err;

	*img = NULL;
	if (a->from && desc_image_open(img, a->from, &a->images, &err) < 0)
		complain("warning: %s: %s", a->from, err.msg);
}

static int load_with(const struct args *a, enum rules rules)
{
	struct destination_opts o = {
		.images = &a->images, .ahead = ahead_begin(a->to, a->nto),
		.release = a->release, .asked = a->asked,
	};
	struct members *members[2] = { NULL, NULL };
	struct desc_image *from;
	struct account *source;
	struct destination *dest;
	struct timeline *t;
	struct analysis *an;
	struct err err;
	int status;

	if (account_open(&source, a->operands[0], DESC_FROM_SOURCE, &a->source,
			 &err) < 0) {
		complain("%s: %s", a->operands[0], err.msg);
		ahead_end(o.ahead);
		return STATUS_USAGE;
	}
	if (destination_open_with(&dest, a->to, a->nto, source, &o, &err) < 0) {
		complain("%s", err.msg);
		account_close(source);
		return STATUS_USAGE;
	}
	for (size_t i = 0; i < dest->registry.nwarnings; i++)
		complain("warning: %s", dest->registry.warnings[i]);
	t = destination_load(dest, source, rules, &a->source);
	an = analyse(source, dest, t);
	open_source_image(&from, a);
	if ((an->ndivergences && !a->trace && !a->events) || a->record) {
		members[0] = members_of(dest->image, a);
		members[1] = members_of(from, a);
		members_fill(members[0], an, t, false);
		members_fill(members[1], an, source->self, true);
		admit(an, t, false, dest->image, members[0]);
		admit(an, source->self, true, from, members[1]);
	}
	status = verdict_status(an->verdict);
	if (a->record && record(a, rules, source, dest, t, an, members) < 0)
		status = STATUS_INTERNAL;
	if (a->trace)
		trace_print(stdout, t, &dest->registry);
	else if (a->events)
		json_events(stdout, t, source->self);
	else if (a->json)
		json_analysis(stdout, an, t);
	else
		text_analysis(stdout, source, dest, an, t, a->all);
	members_close(members[0]);
	members_close(members[1]);
	desc_image_close(from);
	analysis_close(an);
	timeline_close(t);
	destination_close(dest);
	account_close(source);
	return status;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	static const struct live_option none[] = { { 0 } };
	enum rules rules = RULES_CURRENT;
	struct reference asked;
	struct live_args live;
	struct args a;
	int status;

	if (live_parse(self, argc, argv, none, &live) < 0)
		return STATUS_USAGE;
	a = live.common;
	/* "load -- -FILE", as everywhere */
	if (live.command && !a.noperands) {
		live.command = NULL;
		if (args_parse(self, argc, argv, &a) < 0)
			return STATUS_USAGE;
	}
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
	if (live_ask(&a, live.command, true, &asked) < 0)
		return STATUS_USAGE;
	status = load_with(&a, rules);
	live_asked_end(&asked);
	return status;
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
	{ "--all", NULL, "every divergence and note, not only what counts" },
	{ "--json", NULL, "one JSON object" },
	{ "--trace", NULL, "the predicted load in the emulator's trace words" },
	{ "--events", NULL, "one JSON object for each event" },
	{ "--record", "FILE", "keep all of it in FILE, for vmsdb replay" },
	{ "--with-ram", NULL, "... with the pages of RAM" },
	{ "--scrub", NULL, "... without the guest's data" },
	{ "--snapshot", "NAME", "of a qcow2 image" },
	{ "--offset", "N", "where the stream starts in the file" },
	{ "--color", "WHEN", "auto, always or never" },
	{ 0 },
};

const struct subcommand cmd_load = {
	.name = "load",
	.args = "SOURCE [--to DEST]... [OPTION]... [-- EMULATOR ARGUMENT...]",
	.help = "Predict what a destination makes of a stream, and why.",
	.options = options,
	.run = run,
};
