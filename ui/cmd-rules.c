/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb rules`: one load by every loader rule, and where they part.
 */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "../debugger/analysis.h"
#include "out-json.h"
#include "out-text.h"
#include "subcommand.h"

struct outcome_of {
	struct timeline *t;
	struct analysis *a;
};

/* The first event that two loads do not share; UINT32_MAX if none. */
static uint32_t first_difference(const struct timeline *a,
				 const struct timeline *b)
{
	uint32_t n = a->n < b->n ? a->n : b->n;

	for (uint32_t i = 0; i < n; i++) {
		const struct event *x = &a->events[i], *y = &b->events[i];

		if (x->kind != y->kind || x->off != y->off ||
		    (x->name && y->name ? strcmp(x->name, y->name) :
		     x->name != y->name) ||
		    (x->kind == EV_PROBE && x->outcome != y->outcome))
			return i;
	}
	return a->n == b->n ? UINT32_MAX : n;
}

static void print_rule(enum rules r, const struct outcome_of *o,
		       const struct outcome_of *current)
{
	const struct analysis *a = o->a;
	char path[2048];
	uint32_t i;

	printf("%-13s %s", rules_name(r), verdict_name(a->verdict));
	if (a->failure) {
		printf(" at 0x%" PRIx64 ": ", a->fails.offset);
		text_safe(stdout, a->failure->nlines ? a->failure->lines[0] : "");
	}
	putchar('\n');
	if (r == RULES_CURRENT)
		return;
	i = first_difference(current->t, o->t);
	if (i == UINT32_MAX)
		return;
	printf("              parts from current at 0x%" PRIx64 " ",
	       i < o->t->n ? o->t->events[i].off : o->t->src->len);
	if (i < o->t->n)
		text_safe(stdout, timeline_path(o->t, i, path, sizeof(path)));
	putchar('\n');
}

static void print_json(const struct outcome_of *o)
{
	json_t *list = json_array();

	for (int r = 0; r < RULES_COUNT; r++) {
		const struct analysis *a = o[r].a;
		json_t *x = json_object();
		uint32_t i = first_difference(o[RULES_CURRENT].t, o[r].t);

		json_object_set_new(x, "rules",
				    json_string(rules_name((enum rules)r)));
		json_object_set_new(x, "verdict",
				    json_string(verdict_name(a->verdict)));
		json_object_set_new(x, "message", a->failure &&
			a->failure->nlines ?
			json_string(a->failure->lines[0]) : json_null());
		json_object_set_new(x, "fails", a->fails.there ?
			json_integer((json_int_t)a->fails.offset) : json_null());
		json_object_set_new(x, "parts_from_current",
			i == UINT32_MAX ? json_null() :
			json_integer((json_int_t)(i < o[r].t->n ?
				o[r].t->events[i].off : o[r].t->src->len)));
		json_array_append_new(list, x);
	}
	json_dumpf(list, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(list);
}

static int compare_rules(const struct args *a)
{
	struct outcome_of o[RULES_COUNT];
	struct account *source;
	struct destination *dest;
	struct err err;
	int status;

	if (account_open(&source, a->operands[0], DESC_FROM_SOURCE, &a->source,
			 &err) < 0) {
		complain("%s: %s", a->operands[0], err.msg);
		return STATUS_USAGE;
	}
	if (destination_open(&dest, a->to, a->nto, source, NULL, &err) < 0) {
		complain("%s", err.msg);
		account_close(source);
		return STATUS_USAGE;
	}
	for (int r = 0; r < RULES_COUNT; r++) {
		o[r].t = destination_load(dest, source, (enum rules)r, NULL);
		o[r].a = analyse(source, dest, o[r].t);
	}
	if (a->json) {
		print_json(o);
	} else {
		for (int r = 0; r < RULES_COUNT; r++)
			print_rule((enum rules)r, &o[r], &o[RULES_CURRENT]);
	}
	status = verdict_status(o[RULES_CURRENT].a->verdict);
	for (int r = 0; r < RULES_COUNT; r++) {
		analysis_close(o[r].a);
		timeline_close(o[r].t);
	}
	destination_close(dest);
	account_close(source);
	return status;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	struct args a;

	if (args_parse(self, argc, argv, &a) < 0)
		return STATUS_USAGE;
	if (a.help || a.noperands != 1) {
		usage_of(self, a.help ? stdout : stderr);
		if (a.help) {
			printf("\nA 0x05 behind a descriptor's fields is a "
			       "subsection of it:\n");
			for (int r = 0; r < RULES_COUNT; r++)
				printf("  %-13s %s\n",
				       rules_name((enum rules)r),
				       rules_help((enum rules)r));
		}
		return a.help ? 0 : STATUS_USAGE;
	}
	return compare_rules(&a);
}

static const struct option_help options[] = {
	{ "--to", "FILE", "an account of the destination (again for more)" },
	{ "--json", NULL, "a list of objects" },
	{ "--snapshot", "NAME", "of a qcow2 image" },
	{ "--offset", "N", "where the stream starts in the file" },
	{ "--color", "WHEN", "auto, always or never" },
	{ 0 },
};

const struct subcommand cmd_rules = {
	.name = "rules",
	.args = "SOURCE [--to DEST]... [--json]",
	.help = "Run every loader rule over one load and show where they part.",
	.options = options,
	.run = run,
};
