/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb oracle`: what the real destination does with a stream.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../debugger/live/oracle.h"
#include "../stream/escape.h"
#include "live.h"
#include "../debugger/live/real.h"
#include "record.h"

#define WORDS_MAX 50		/* lines that it says to people */

/* What prediction and reality say about the same thing. */
struct agreement {
	bool verdict, message, offset, trace;	/* they agree */
	bool no_verdict;	/* nothing definite was predicted */
	const char *real_message, *predicted_message;
	uint64_t predicted_offset;
	size_t matched, real;	/* events that count */
};

/* What it said before it was given a byte, unless that was all. */
static bool is_aside(const struct feed *f, size_t i)
{
	return f->real[i].early && f->fed;
}

/* Said in the emulator's name; libraries (ALSA) talk without one. */
static bool is_blamed(const struct feed *f, size_t i)
{
	return live_bare(f->real[i].text) != f->real[i].text;
}

static const char *first_message(const struct feed *f)
{
	const char *any = NULL;

	for (size_t i = 0; i < f->nreal; i++) {
		if (!f->real[i].message || is_aside(f, i))
			continue;
		if (is_blamed(f, i))
			return live_bare(f->real[i].text);
		if (!any)
			any = f->real[i].text;
	}
	return any ? any : f->alive ? f->why : NULL;
}

/* The first line, without the blanks at its end: so its words come from a pipe. */
static size_t line_length(const char *s)
{
	size_t n = strcspn(s, "\n");

	while (n && strchr(" \t\r", s[n - 1]))
		n--;
	return n;
}

static bool said_so(const char *const *lines, unsigned n, const char *what)
{
	size_t len = line_length(what);

	return n && line_length(lines[0]) == len &&
	       !strncmp(lines[0], what, len);
}

static void agree_on_failure(struct agreement *g, const struct feed *f,
			     const struct analysis *a)
{
	const struct failure *fail = a->failure;

	g->real_message = first_message(f);
	if (!fail)
		return;
	g->predicted_message = fail->nlines ? fail->lines[0] : NULL;
	g->predicted_offset = fail->offset;
	g->offset = fail->offset == f->fed;
	if (!g->real_message || f->state == FEED_CRASHED)
		g->message = true;
	else
		g->message = said_so(fail->lines, fail->nlines,
				     g->real_message) ||
			     said_so(fail->lines_10_2, fail->nlines_10_2,
				     g->real_message);
}

static struct agreement agree(const struct oracle *o, const struct analysis *a)
{
	const struct feed *f = o->feed;
	bool fails = f->state == FEED_FAILED || f->state == FEED_CRASHED;
	struct agreement g = { .message = true, .offset = true };

	for (size_t i = 0; i < f->nreal; i++) {
		g.real += f->real[i].counts;
		g.matched += f->real[i].predicted != FEED_NONE;
	}
	g.no_verdict = a->verdict == VERDICT_UNKNOWN;
	g.verdict = fails ? a->verdict == VERDICT_FAILS
			  : f->state == FEED_LOADED &&
			    (a->verdict == VERDICT_LOADS ||
			     a->verdict == VERDICT_SILENT);
	g.trace = !f->disagrees && (!f->traced || f->next == f->predicted.n);
	if (fails) {
		g.message = g.offset = false;
		agree_on_failure(&g, f, a);
	}
	return g;
}

/*
 * As load's: 0 it loads, 1 it fails, 125 nobody knows; 3 if it loads, and the
 * prediction that agrees with it event by event says that it should not have.
 */
static int status_of(const struct oracle *o, const struct analysis *a,
		     const struct agreement *g)
{
	switch (o->feed->state) {
	case FEED_LOADED:
		return a->verdict == VERDICT_SILENT && g->trace ?
			verdict_status(VERDICT_SILENT) : 0;
	case FEED_FAILED:
	case FEED_CRASHED:
		return verdict_status(VERDICT_FAILS);
	default:
		return STATUS_UNKNOWN;
	}
}

/* ---- text ---- */

static const char *safe(const char *s, char *buf, size_t size)
{
	return escape_text(buf, size, s ? s : "", s ? strlen(s) : 0);
}

static const char *yes(bool agrees)
{
	return agrees ? "agrees" : "DIFFERS";
}

static bool is_word(const struct feed *f, size_t i)
{
	return (f->real[i].message || f->real[i].remark) && !is_aside(f, i);
}

static void print_words(const struct feed *f)
{
	char buf[4200];
	size_t n = 0, shown = 0;
	bool many;

	for (size_t i = 0; i < f->nreal; i++)
		n += is_word(f, i);
	many = n > WORDS_MAX;
	for (size_t i = 0; i < f->nreal && shown < WORDS_MAX; i++) {
		if (!is_word(f, i) || (many && !is_blamed(f, i)))
			continue;
		printf("  %s\n", safe(f->real[i].text, buf, sizeof(buf)));
		shown++;
	}
	if (shown < n)
		printf("  ... and %zu lines more\n", n - shown);
}

static void print_wrong(const struct feed *f)
{
	char path[1024], buf[4200];

	if (!f->disagrees)
		return;
	printf("  first at byte 0x%" PRIx64 " (%" PRIu64 "): %s\n", f->wrong_at,
	       f->wrong_at, safe(f->wrong, buf, sizeof(buf)));
	if (f->wrong_predicted == FEED_NONE)
		return;
	timeline_path(f->load, f->predicted.events[f->wrong_predicted].event,
		      path, sizeof(path));
	printf("  there: %s\n", safe(path, buf, sizeof(buf)));
	printf("  (the prediction is wrong, or this emulator's build differs "
	       "from what --to says)\n");
}

static void print_text(const struct oracle *o, const struct analysis *a,
		       const struct agreement *g)
{
	const struct feed *f = o->feed;
	char buf[4200];

	printf("real: %s", feed_state_name(f->state));
	if (f->state == FEED_LOADED)
		printf(" (%s)", f->runstate);
	else
		printf(" at byte 0x%" PRIx64 " (%" PRIu64 ")%s: %s", f->fed,
		       f->fed, o->end_exact ? "" : " or a little before",
		       safe(f->why, buf, sizeof(buf)));
	putchar('\n');
	print_words(f);
	printf("predicted: %s, %s\n", verdict_name(a->verdict),
	       g->no_verdict ? "nothing to compare" : yes(g->verdict));
	if (g->predicted_message && !g->message)
		printf("message DIFFERS: predicted '%s'\n",
		       safe(g->predicted_message, buf, sizeof(buf)));
	if (g->predicted_message && !g->offset)
		printf("offset DIFFERS: predicted 0x%" PRIx64 " (%" PRIu64
		       ")\n", g->predicted_offset, g->predicted_offset);
	if (!f->traced)
		printf("trace: none (%s); by bytes and verdict alone\n",
		       f->attached || f->can_trace ? "it prints no events" :
		       "not asked for, or built without the log trace backend");
	else
		printf("trace: %zu events, %zu as predicted, %zu predicted: "
		       "%s\n", g->real, g->matched, f->predicted.n,
		       yes(g->trace));
	print_wrong(f);
	if (o->inexact)
		printf("%zu events are known to a range of bytes only\n",
		       o->inexact);
	if (!o->repeats)
		printf("it did not say the same each time\n");
	printf("%u %s, %lu steps, %.1f s\n", o->passes,
	       o->passes == 1 ? "run" : "runs", o->steps, o->seconds);
}

static void print_timeline(const struct feed *f)
{
	char buf[4200];

	for (size_t i = 0; i < f->nreal; i++) {
		const struct real_event *r = &f->real[i];

		printf("0x%06" PRIx64 " %s%s\n", r->at,
		       r->message || r->remark ? "# " : "",
		       safe(r->text, buf, sizeof(buf)));
	}
}

/* ---- JSON ---- */

static json_t *text(const char *s)
{
	char buf[4200];

	return s ? json_string(safe(s, buf, sizeof(buf))) : json_null();
}

static json_t *json_real_events(const struct feed *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->nreal; i++) {
		const struct real_event *r = &f->real[i];
		json_t *o = json_object();

		if (r->message || r->remark) {
			json_decref(o);
			continue;
		}
		json_object_set_new(o, "at", json_integer((json_int_t)r->at));
		if (r->at > r->after + 1)
			json_object_set_new(o, "after", json_integer(
					    (json_int_t)r->after));
		json_object_set_new(o, "text", text(r->text));
		if (r->predicted != FEED_NONE)
			json_object_set_new(o, "event", json_integer(
				f->predicted.events[r->predicted].event));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *json_words(const struct feed *f, bool remarks)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->nreal; i++) {
		if (remarks ? f->real[i].remark : is_word(f, i) &&
		    f->real[i].message)
			json_array_append_new(list, text(f->real[i].text));
	}
	return list;
}

static json_t *json_wrong(const struct feed *f)
{
	const struct trace_event *p = f->wrong_predicted == FEED_NONE ? NULL :
		&f->predicted.events[f->wrong_predicted];
	const struct real_event *r = f->wrong_real == FEED_NONE ? NULL :
		&f->real[f->wrong_real];

	if (!f->disagrees)
		return json_null();
	return json_pack("{s:I, s:o, s:o, s:o, s:o}",
		"offset", (json_int_t)f->wrong_at, "text", text(f->wrong),
		"real", text(r ? r->text : NULL),
		"predicted", text(p ? p->text : NULL),
		"event", p ? json_integer(p->event) : json_null());
}

static void print_json(const struct oracle *o, const struct analysis *a,
		       const struct agreement *g)
{
	const struct feed *f = o->feed;
	bool over = f->state == FEED_LOADED;
	json_t *j = json_object();

	json_object_set_new(j, "verdict", text(feed_state_name(f->state)));
	json_object_set_new(j, "reason", text(over ? NULL : f->why));
	json_object_set_new(j, "runstate", text(f->runstate));
	json_object_set_new(j, "bytes_read", over ? json_null() :
			    json_integer((json_int_t)f->fed));
	json_object_set_new(j, "exact", json_boolean(o->end_exact &&
						     !o->inexact));
	json_object_set_new(j, "messages", json_words(f, false));
	json_object_set_new(j, "warnings", json_words(f, true));
	json_object_set_new(j, "predicted", json_pack("{s:s, s:o, s:o, s:I}",
		"verdict", verdict_name(a->verdict),
		"message", text(g->predicted_message),
		"offset", g->predicted_message ?
		json_integer((json_int_t)g->predicted_offset) : json_null(),
		"events", (json_int_t)f->predicted.n));
	json_object_set_new(j, "agreement", json_pack(
		"{s:o, s:b, s:b, s:o, s:I, s:I}",
		"verdict", g->no_verdict ? json_null() :
		json_boolean(g->verdict), "message", g->message,
		"offset", g->offset,
		"trace", f->traced ? json_boolean(g->trace) : json_null(),
		"matched", (json_int_t)g->matched,
		"real", (json_int_t)g->real));
	json_object_set_new(j, "disagreement", json_wrong(f));
	json_object_set_new(j, "passes", json_integer(o->passes));
	json_object_set_new(j, "repeats", json_boolean(o->repeats));
	json_object_set_new(j, "steps", json_integer((json_int_t)o->steps));
	json_object_set_new(j, "seconds", json_real(o->seconds));
	json_object_set_new(j, "events", json_real_events(f));
	json_dumpf(j, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(4));
	putchar('\n');
	json_decref(j);
}

/* ---- recordings ---- */

/* The prediction, with what really happened. */
static int record(const char *path, const struct live_prediction *p,
		  enum rules rules, const struct oracle *o,
		  const struct agreement *g)
{
	const struct feed *f = o->feed;
	struct recording_opts opts = { .rules = rules };
	struct recording_mark *v;
	char summary[4400];
	int r;

	snprintf(summary, sizeof(summary), "the real destination: %s at byte "
		 "0x%" PRIx64 "%s%s; the prediction %s", feed_state_name(
		 f->state), f->fed, *f->why ? ": " : "", f->why,
		 g->no_verdict ? "is unknown" : yes(g->verdict));
	opts.marks = v = feed_marks(f, summary, &opts.nmarks);
	r = record_load(path, p->source, p->dest, p->load, p->analysis, &opts);
	free(v);
	return r;
}

/* ---- */

/* Without --to the emulator is asked, as load and drive ask it. */
static int predict(struct live_prediction *p, struct live_args *a)
{
	struct reference asked;
	int r;

	if (live_ask(&a->common, a->command, false, &asked) < 0)
		complain("the prediction goes without its reference stream");
	r = live_predict(p, &a->common);
	live_asked_end(&asked);
	return r;
}

static int ask_oracle(struct live_args *a, struct feed_opts *opts)
{
	enum rules rules = RULES_CURRENT;
	struct live_prediction p;
	struct agreement g;
	struct oracle o;
	struct err err;
	int status;

	if (a->common.rules)
		(void)rules_parse(a->common.rules, &rules);

	if (predict(&p, a) < 0)
		return STATUS_USAGE;
	opts->src = p.source->src;
	opts->load = p.load;
	opts->ram = &p.source->ram;
	live_catch();
	if (oracle_run(&o, opts, &err) < 0) {
		complain("%s", err.msg);
		live_prediction_release(&p);
		return err.code == ERR_USAGE ? STATUS_USAGE : STATUS_UNKNOWN;
	}
	if (o.feed->note)
		complain("%s: %s", a->common.operands[0], o.feed->note);
	g = agree(&o, p.analysis);
	status = status_of(&o, p.analysis, &g);
	if (a->common.json)
		print_json(&o, p.analysis, &g);
	else if (a->common.trace)
		print_timeline(o.feed);
	else
		print_text(&o, p.analysis, &g);
	if (a->common.record && record(a->common.record, &p, rules, &o, &g) < 0)
		status = STATUS_INTERNAL;
	oracle_release(&o);
	live_prediction_release(&p);
	return status;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	const char *capabilities[17] = { 0 }, *timeout = NULL;
	struct feed_opts opts = { .interrupted = &live_interrupted };
	const struct live_option own[] = {
		{ .name = "--capability", .list = capabilities },
		{ .name = "--timeout", .value = &timeout },
		{ .name = "--no-trace", .flag = &opts.no_trace },
		{ .name = "--coarse", .flag = &opts.coarse },
		{ 0 },
	};
	struct live_args a;

	if (live_parse(self, argc, argv, own, &a) < 0)
		return STATUS_USAGE;
	if (a.common.help) {
		usage_of(self, stdout);
		return 0;
	}
	if (a.common.noperands != 1 || !a.command) {
		usage_of(self, stderr);
		return STATUS_USAGE;
	}
	if (timeout) {
		opts.timeout_ms = live_seconds(self, "--timeout", timeout);
		if (opts.timeout_ms < 0)
			return STATUS_USAGE;
	}
	opts.argv = a.command;
	opts.capabilities = capabilities[0] ? capabilities : NULL;
	return ask_oracle(&a, &opts);
}

static const struct option_help options[] = {
	{ "--to", "FILE", "an account of the destination, for the prediction "
	  "(again for more); without one the emulator itself is asked" },
	{ "--rules", "R", "loader rules of the prediction" },
	{ "--capability", "NAME", "switch a migration capability on (again for "
	  "more)" },
	{ "--timeout", "SECONDS", "of one step (default 20)" },
	{ "--coarse", NULL, "do not check the byte before each event, and do "
	  "not start again where the prediction is wrong" },
	{ "--no-trace", NULL, "by bytes and verdict alone" },
	{ "--json", NULL, "one JSON object" },
	{ "--trace", NULL, "the real events, each with the number of bytes it "
	  "needed" },
	{ "--record", "FILE", "keep the prediction and what really happened, for "
	  "vmsdb replay" },
	{ "--snapshot", "NAME", "of a qcow2 image" },
	{ "--offset", "N", "where the stream starts in the file" },
	{ 0 },
};

const struct subcommand cmd_oracle = {
	.name = "oracle",
	.args = "SOURCE [--to DEST]... [OPTION]... -- EMULATOR ARGUMENT...",
	.help = "Load a stream in the real emulator, to the byte, and compare.",
	.options = options,
	.run = run,
};
