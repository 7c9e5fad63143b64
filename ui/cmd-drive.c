/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb drive` and `vmsdb attach`: the real load of a stream, step by step.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../debugger/value.h"
#include "../stream/escape.h"
#include "inspect.h"
#include "live.h"

#define MAX_BREAKS 64
#define STRAY_BYTES 65536	/* one `step` where nothing is predicted any more */

struct breakpoint_at {
	const char *idstr;	/* or an offset */
	uint64_t off;
};

struct drive {
	struct live_prediction p;
	struct feed *f;
	uint32_t at;		/* event of the prediction that we stand on */
	bool lost;		/* prediction and reality have parted */
	size_t shown;		/* real events already told */
	struct breakpoint_at breaks[MAX_BREAKS];
	unsigned nbreaks;
	unsigned long steps;
	int64_t busy_ms;
	bool tty, quit;
	struct arena arena;
};

static const char *safe(const char *s, char *buf, size_t size)
{
	return escape_text(buf, size, s ? s : "", s ? strlen(s) : 0);
}

static void print_err(const struct err *err)
{
	char text[2000];

	printf("%s\n", safe(err->msg, text, sizeof(text)));
}

static bool is_over(const struct drive *d)
{
	return d->f->state != FEED_WAITING;
}

/* ---- showing ---- */

static void show_event(const struct drive *d)
{
	const struct timeline *t = d->p.load;
	const struct event *e = &t->events[d->at];
	char path[1024], text[4200], value[512];

	timeline_path(t, d->at, path, sizeof(path));
	printf("0x%06" PRIx64 " %-10s %s", e->off, event_kind_name(e->kind),
	       safe(path, text, sizeof(text)));
	if (e->kind == EV_FIELD && e->end == d->at + 1 && e->len &&
	    e->len <= 64) {
		value_format(e->type, t->src->data + e->off, e->len,
			     e->n ? e->n : 1, value, sizeof(value));
		printf(" = %s", value);
	}
	if (e->outcome != OUT_LOADED)
		printf(" (%s)", outcome_name(e->outcome));
	putchar('\n');
}

/* What people would have read, and events that nobody predicted. */
static void show_words(struct drive *d)
{
	const struct feed *f = d->f;
	char text[4200];

	for (; d->shown < f->nreal; d->shown++) {
		const struct real_event *r = &f->real[d->shown];

		if (r->message || r->remark)
			printf("  says: %s\n", safe(r->text, text, sizeof(text)));
		else if (d->lost && r->counts)
			printf("  0x%06" PRIx64 " %s%s\n", r->at,
			       safe(r->text, text, sizeof(text)),
			       r->predicted == FEED_NONE ? "" :
			       " (as predicted)");
	}
}

static void show_end(const struct drive *d)
{
	char text[1300];

	if (d->f->state == FEED_LOADED)
		printf("the real destination loads the stream (%s)\n",
		       d->f->runstate);
	else
		printf("the real destination %s at %sbyte 0x%" PRIx64 " (%"
		       PRIu64 "): %s%s\n", feed_state_name(d->f->state),
		       d->f->fed > d->f->before + 1 ? "or before " : "",
		       d->f->fed, d->f->fed, safe(d->f->why, text, sizeof(text)),
		       d->f->alive ? "\n(it is still there: 'hmp LINE' asks "
		       "its monitor)" : "");
}

static void show_wrong(const struct drive *d)
{
	char text[4200];

	printf("prediction and reality part at byte 0x%" PRIx64 " (%" PRIu64
	       "):\n  %s\n", d->f->wrong_at, d->f->wrong_at,
	       safe(d->f->wrong, text, sizeof(text)));
	if (d->f->wrong_predicted == FEED_NONE)
		return;
	timeline_path(d->p.load,
		      d->f->predicted.events[d->f->wrong_predicted].event,
		      text, 1024);
	printf("  there: %s\n", text);
	printf("  (the prediction is wrong, or this emulator's build differs; "
	       "from here on 'step' goes from one real event to the next)\n");
}

/* After each move; true if it was cut short. */
static bool moved(struct drive *d)
{
	bool parted = d->f->disagrees && !d->lost;

	show_words(d);
	if (parted) {
		d->lost = true;
		show_wrong(d);
	}
	if (is_over(d))
		show_end(d);
	return parted || is_over(d);
}

/* ---- moving ---- */

static int feed_up_to(struct drive *d, uint64_t offset)
{
	int64_t began = now_ms();
	struct err err;
	int r = 0;

	if (offset > d->f->fed)
		r = feed_to(d->f, offset, false, &err);
	d->busy_ms += now_ms() - began;
	if (r < 0) {
		live_interrupted = 0;
		print_err(&err);
	}
	return r;
}

static int finish_feed(struct drive *d)
{
	int64_t began = now_ms();
	struct err err;
	int r = feed_finish(d->f, d->lost, &err);

	d->busy_ms += now_ms() - began;
	if (r < 0) {
		live_interrupted = 0;
		print_err(&err);
	}
	return r;
}

/* Where nothing is predicted: byte by byte up to the next real event. */
static bool stray_step(struct drive *d)
{
	uint64_t limit = d->f->fed + STRAY_BYTES;
	size_t had = d->f->nreal;

	d->steps++;
	while (!is_over(d) && d->f->nreal == had && d->f->fed < limit &&
	       d->f->fed < d->f->src->len) {
		if (feed_up_to(d, d->f->fed + 1) < 0)
			return false;
	}
	if (!is_over(d) && d->f->fed >= d->f->src->len)
		finish_feed(d);
	moved(d);
	if (!is_over(d) && feed_meets_again(d->f)) {
		d->lost = false;
		d->at = d->f->predicted.events[d->f->next - 1].event;
		printf("prediction and reality go together again\n");
	}
	return !is_over(d);
}

/* Stand on event @i, or where the road there ended. */
static bool go(struct drive *d, uint32_t i, bool whole)
{
	d->steps++;
	if (i >= d->p.load->n) {
		finish_feed(d);
		moved(d);
		return false;
	}
	d->at = i;
	if (feed_up_to(d, feed_goal(d->p.load, i, whole)) < 0)
		return false;
	return !moved(d);
}

static bool step_one(struct drive *d)
{
	return d->lost ? stray_step(d) : go(d, d->at + 1, false);
}

static bool next_one(struct drive *d)
{
	const struct event *e = &d->p.load->events[d->at];

	if (d->lost)
		return stray_step(d);
	/* what we stand on first, then the event behind it */
	if (e->end > d->at + 1 && feed_up_to(d, e->off + e->len) < 0)
		return false;
	if (d->f->disagrees || is_over(d))
		return go(d, d->at, true);
	return go(d, e->end, false);
}

static bool finish_one(struct drive *d)
{
	uint32_t parent = d->p.load->events[d->at].parent;

	if (d->lost)
		return stray_step(d);
	if (!d->at || parent == EVENT_NONE)
		return go(d, d->p.load->n, true);
	d->at = parent;
	if (!go(d, parent, true))
		return false;
	return go(d, d->p.load->events[parent].end, false);
}

static bool hits(const struct drive *d, uint32_t i)
{
	const struct event *e = &d->p.load->events[i];

	for (unsigned k = 0; k < d->nbreaks; k++) {
		const struct breakpoint_at *b = &d->breaks[k];

		if (b->idstr ? e->kind == EV_SECTION && e->name &&
			       !strcmp(e->name, b->idstr)
			     : e->end == i + 1 && b->off >= e->off &&
			       b->off < e->off + e->len)
			return true;
	}
	return false;
}

static void continue_on(struct drive *d)
{
	uint32_t i = d->at + 1;

	if (d->lost) {
		finish_feed(d);
		moved(d);
		return;
	}
	while (i < d->p.load->n && !hits(d, i))
		i++;
	if (i < d->p.load->n)
		printf("breakpoint\n");
	if (go(d, i, false))
		show_event(d);
}

static void repeat(struct drive *d, bool (*move)(struct drive *),
		   const char *arg)
{
	unsigned long n = *arg ? strtoul(arg, NULL, 0) : 1;

	while (n-- && !is_over(d) && !live_interrupted) {
		if (!move(d))
			return;
	}
	if (d->lost)
		printf("0x%06" PRIx64 " bytes given\n", d->f->fed);
	else
		show_event(d);
}

/* ---- commands ---- */

static void add_break(struct drive *d, const char *arg)
{
	struct breakpoint_at b = { 0 };
	char *end;

	if (!*arg || d->nbreaks == MAX_BREAKS) {
		printf("break IDSTR|OFFSET, at most %d\n", MAX_BREAKS);
		return;
	}
	b.off = strtoull(arg, &end, 0);
	if (*end)
		b.idstr = arena_strdup(&d->arena, arg);
	d->breaks[d->nbreaks++] = b;
}

static void info(const struct drive *d)
{
	const struct feed *f = d->f;
	size_t real = 0, matched = 0;

	for (size_t i = 0; i < f->nreal; i++) {
		real += f->real[i].counts;
		matched += f->real[i].predicted != FEED_NONE;
	}
	printf("0x%" PRIx64 " of 0x%" PRIx64 " bytes given; it %s\n", f->fed,
	       f->src->len, f->state == FEED_WAITING ? "waits for more" :
	       feed_state_name(f->state));
	if (f->traced)
		printf("%zu real events, %zu of them as predicted\n", real,
		       matched);
	else
		printf("it prints no events: by bytes and verdict alone\n");
	printf("predicted: %s\n", verdict_name(d->p.analysis->verdict));
	printf("%lu steps in %.2f s, %lu questions to its monitor", d->steps,
	       (double)d->busy_ms / 1000, f->roundtrips);
	if (d->busy_ms > 100)
		printf("; %.0f steps/s", (double)d->steps * 1000 /
		       (double)d->busy_ms);
	putchar('\n');
}

static void hmp(struct drive *d, const char *line)
{
	struct err err;
	const char *s;
	json_t *r;

	if (qmp_execute(&d->f->qmp, "human-monitor-command",
			json_pack("{s:s}", "command-line", line), -1, &r,
			&err) < 0) {
		print_err(&err);
		return;
	}
	s = json_string_value(r);
	for (; s && *s; s++) {
		if (*s == '\n' || isprint((unsigned char)*s))
			putchar(*s);
	}
	json_decref(r);
}

static void help(void)
{
	printf("step [N]      to the next event\n"
	       "next [N]      the same, not into what it contains\n"
	       "finish        behind what contains it\n"
	       "continue      to the next breakpoint, disagreement or end\n"
	       "break WHERE   at a section's idstr, or a byte's offset\n"
	       "info          how far it is\n"
	       "hmp LINE      ask the emulator's monitor\n"
	       "quit          end the emulator and leave\n"
	       "A real destination cannot go back.\n");
}

static bool is(const char *word, const char *name, const char *alias)
{
	return !strcmp(word, name) || !strcmp(word, alias);
}

static void run_line(struct drive *d, char *line)
{
	char *arg, *word = line + strspn(line, " \t"), text[200];

	word[strcspn(word, "\r\n")] = 0;
	arg = word + strcspn(word, " \t");
	if (*arg)
		*arg++ = 0;
	arg += strspn(arg, " \t");
	if (!*word || *word == '#')
		return;
	if (is(word, "quit", "q"))
		d->quit = true;
	else if (is(word, "info", "i"))
		info(d);
	else if (is(word, "help", "h"))
		help();
	else if (is(word, "hmp", "monitor"))
		hmp(d, arg);
	else if (is(word, "break", "b"))
		add_break(d, arg);
	else if (is(word, "back", "reverse-step"))
		printf("a real destination cannot go back\n");
	else if (!is(word, "step", "s") && !is(word, "next", "n") &&
		 !is(word, "finish", "fin") && !is(word, "continue", "c"))
		printf("no command '%s'; 'help' lists them\n",
		       safe(word, text, sizeof(text)));
	else if (is_over(d))
		show_end(d);
	else if (is(word, "continue", "c"))
		continue_on(d);
	else
		repeat(d, *word == 's' ? step_one : *word == 'n' ? next_one :
		       finish_one, arg);
}

static void loop(struct drive *d)
{
	char line[4096];

	d->tty = isatty(0);
	while (!d->quit) {
		if (d->tty)
			printf("live %s> ", d->lost ? "(unpredicted)" : "");
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin)) {
			if (!live_interrupted)
				break;
			live_interrupted = 0;
			clearerr(stdin);
			continue;
		}
		run_line(d, line);
	}
}

/* ---- */

static int status_of(const struct drive *d)
{
	switch (d->f->state) {
	case FEED_WAITING:
		return 0;
	case FEED_LOADED:
		return d->p.analysis->verdict == VERDICT_SILENT && !d->lost ?
			verdict_status(VERDICT_SILENT) : 0;
	case FEED_FAILED:
	case FEED_CRASHED:
		return verdict_status(VERDICT_FAILS);
	default:
		return STATUS_UNKNOWN;
	}
}

static int drive_it(const struct live_args *a, struct feed_opts *opts)
{
	struct drive d = { 0 };
	struct err err;
	int status;

	if (live_predict(&d.p, &a->common) < 0)
		return STATUS_USAGE;
	opts->src = d.p.source->src;
	opts->load = d.p.load;
	live_catch();
	if (feed_open(&d.f, opts, &err) < 0) {
		complain("%s", err.msg);
		live_prediction_release(&d.p);
		return err.code == ERR_USAGE ? STATUS_USAGE : STATUS_UNKNOWN;
	}
	arena_init(&d.arena);
	show_words(&d);
	loop(&d);
	status = status_of(&d);
	feed_close(d.f);
	arena_release(&d.arena);
	live_prediction_release(&d.p);
	return status;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	bool attach = !strcmp(self->name, "attach");
	const char *capabilities[17] = { 0 }, *timeout = NULL;
	struct feed_opts opts = { .interrupted = &live_interrupted };
	const struct live_option own_drive[] = {
		{ .name = "--capability", .list = capabilities },
		{ .name = "--timeout", .value = &timeout },
		{ .name = "--no-trace", .flag = &opts.no_trace },
		{ .name = "--coarse", .flag = &opts.coarse },
		{ 0 },
	}, own_attach[] = {
		{ .name = "--qmp", .value = &opts.qmp },
		{ .name = "--trace", .value = &opts.trace },
		{ .name = "--timeout", .value = &timeout },
		{ .name = "--coarse", .flag = &opts.coarse },
		{ 0 },
	};
	struct live_args a;

	if (attach && inspect_wanted(argc, argv))
		return inspect_main(self, argc, argv);
	if (live_parse(self, argc, argv, attach ? own_attach : own_drive,
		       &a) < 0)
		return STATUS_USAGE;
	if (a.common.help) {
		usage_of(self, stdout);
		return 0;
	}
	if (a.common.noperands != (attach ? 2 : 1) || !a.command != attach ||
	    (attach && !opts.qmp)) {
		usage_of(self, stderr);
		return STATUS_USAGE;
	}
	if (timeout) {
		opts.timeout_ms = live_seconds(self, "--timeout", timeout);
		if (opts.timeout_ms < 0)
			return STATUS_USAGE;
	}
	if (attach) {
		opts.socket = a.common.operands[0];
		a.common.operands[0] = a.common.operands[1];
	}
	opts.argv = a.command;
	opts.capabilities = capabilities[0] ? capabilities : NULL;
	opts.survive = !attach;
	return drive_it(&a, &opts);
}

static const struct option_help drive_options[] = {
	{ "--to", "FILE", "an account of the destination, for the prediction "
	  "(again for more)" },
	{ "--rules", "R", "loader rules of the prediction" },
	{ "--capability", "NAME", "switch a migration capability on (again for "
	  "more)" },
	{ "--timeout", "SECONDS", "of one step (default 20)" },
	{ "--coarse", NULL, "do not check the byte before each event" },
	{ "--no-trace", NULL, "by bytes and verdict alone" },
	{ "--snapshot", "NAME", "of a qcow2 image" },
	{ "--offset", "N", "where the stream starts in the file" },
	{ 0 },
};

static const struct option_help attach_options[] = {
	{ "--qmp", "SOCKET", "its monitor: PATH, unix:PATH or tcp:HOST:PORT" },
	{ "--trace", "FILE", "where its trace events go (-D FILE), to compare" },
	{ "--to", "FILE", "an account of the destination, for the prediction "
	  "(again for more)" },
	{ "--rules", "R", "loader rules of the prediction" },
	{ "--timeout", "SECONDS", "of one step (default 20)" },
	{ "--coarse", NULL, "do not check the byte before each event" },
	{ "--snapshot", "NAME", "of a qcow2 image" },
	{ "--offset", "N", "where the stream starts in the file" },
	INSPECT_OPTIONS,
	{ 0 },
};

const struct subcommand cmd_drive = {
	.name = "drive",
	.args = "SOURCE [--to DEST]... [OPTION]... -- EMULATOR ARGUMENT...",
	.help = "Step the real load of a stream in an emulator of ours.",
	.options = drive_options,
	.run = run,
};

const struct subcommand cmd_attach = {
	.name = "attach",
	.args = "unix:SOCKET|tcp:HOST:PORT SOURCE --qmp SOCKET [OPTION]...\n"
		"       vmsdb attach PID|CORE [IDSTR[#INSTANCE][/FIELD]]... "
		"[OPTION]...",
	.help = "The same in an emulator that already waits in inmigrate; or "
		"look into one's memory.",
	.options = attach_options,
	.run = run,
};
