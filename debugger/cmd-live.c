/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands about a real destination (live/real.h).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command-impl.h"
#include "live/capture.h"
#include "live/real.h"

static int no_real(struct err *err)
{
	return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "no real destination "
		       "here: 'vmsdb drive' starts one, 'vmsdb attach' takes "
		       "one that waits");
}

/* ---- info live ---- */

struct counts {
	size_t real, matched;
};

static struct counts count_real(const struct feed *f)
{
	struct counts c = { 0, 0 };

	for (size_t i = 0; i < f->nreal; i++) {
		c.real += f->real[i].counts;
		c.matched += f->real[i].predicted != FEED_NONE;
	}
	return c;
}

static void line_events(const struct feed *f, struct counts c, struct out *o)
{
	if (f->traced)
		out_line(o, "%zu real events, %zu of them as predicted.", c.real,
			 c.matched);
	else
		out_line(o, "It prints no events: by bytes and verdict alone.");
}

static void line_steps(const struct real *r, struct out *o)
{
	out_text(o, STYLE_PLAIN, "%lu steps in %.2f s, %lu questions to its "
		 "monitor", r->steps, (double)r->busy_ms / 1000,
		 r->feed->roundtrips);
	if (r->steps > 100 && r->busy_ms > 100)
		out_text(o, STYLE_PLAIN, "; %.0f steps/s",
			 (double)r->steps * 1000 / (double)r->busy_ms);
	out_newline(o);
}

static int run_info_live(struct session *s, const struct command *self,
			 const char *args, struct out *out, struct err *err)
{
	const struct real *r = s->real;
	const struct feed *f;
	struct counts c;

	if (no_args(self, args, err) < 0)
		return -1;
	if (!r)
		return no_real(err);
	f = r->feed;
	c = count_real(f);
	out_begin(out, "live");
	out_string(out, "where", real_where_name(real_where(s)));
	out_string(out, "state", feed_state_name(f->state));
	out_string(out, "why", *f->why ? f->why : NULL);
	out_string(out, "runstate", f->runstate);
	out_number(out, "pid", f->child.pid);
	out_number(out, "edge", r->edge);
	out_number(out, "fed", (int64_t)f->fed);
	out_number(out, "size", (int64_t)f->src->len);
	out_boolean(out, "events", f->traced);
	out_number(out, "real", (int64_t)c.real);
	out_number(out, "as_predicted", (int64_t)c.matched);
	out_boolean(out, "parted", r->parted);
	out_string(out, "predicted", verdict_name(s->a->verdict));
	out_number(out, "steps", (int64_t)r->steps);
	out_string(out, "note", f->note);
	out_line(out, "0x%" PRIx64 " of 0x%" PRIx64 " bytes given; the "
		 "destination %s%s%s.", f->fed, f->src->len,
		 f->state == FEED_WAITING ? "waits for more" :
		 feed_state_name(f->state), *f->why ? ": " : "", f->why);
	line_events(f, c, out);
	if (f->disagrees)
		out_line(out, "They parted at byte 0x%" PRIx64 ": %s",
			 f->wrong_at, f->wrong);
	out_line(out, "Predicted: %s.", verdict_name(s->a->verdict));
	line_steps(r, out);
	if (f->note)
		out_line(out, "%s", f->note);
	if (f->child.pid)
		out_line(out, "Process %d%s.", (int)f->child.pid, f->alive ?
			 ", kept alive after its failure" : "");
	out_end(out);
	return 0;
}

const struct command command_info_live = {
	.name = "info live", .alias = "emulator", .example = "",
	.help = "How far the real destination is, and whether it does as "
		"predicted.", .group = GROUP_INFO, .run = run_info_live,
};

/* ---- info real ---- */

/* One thing that it said: of a feed, or of a recording's marks. */
struct said {
	const char *text;
	uint64_t at;
	uint32_t event;
	bool inexact;
};

struct saids {
	struct session *s;
	const struct recording_mark *marks;
	size_t n;
};

static bool said_get(const struct saids *v, size_t i, struct said *ret)
{
	const struct feed *f;
	const struct real_event *e;

	if (v->marks) {
		const struct recording_mark *m = &v->marks[i];

		*ret = (struct said){ m->text, m->offset, m->event, false };
		return m->text && !strcmp(m->kind, "real") &&
			(!m->path || !*m->path);
	}
	f = v->s->real->feed;
	e = &f->real[i];
	*ret = (struct said){ e->text, e->at, EVENT_NONE, e->at - e->after > 1 };
	if (e->predicted != FEED_NONE)
		ret->event = f->predicted.events[e->predicted].event;
	return e->counts || e->message || e->remark;
}

static bool saids_of(struct session *s, struct saids *ret)
{
	*ret = (struct saids){ .s = s };
	if (s->real) {
		ret->n = s->real->feed->nreal;
		return true;
	}
	if (s->recording)
		ret->marks = recording_marks(s->recording, &ret->n);
	for (size_t i = 0; i < ret->n; i++) {
		if (!strcmp(ret->marks[i].kind, "real"))
			return true;
	}
	return false;
}

static void show_said(const struct said *e, struct out *o)
{
	out_begin(o, "real");
	out_number(o, "offset", (int64_t)e->at);
	out_boolean(o, "exact", !e->inexact);
	out_string(o, "text", e->text);
	if (e->event != EVENT_NONE)
		out_number(o, "event", e->event);
	out_text(o, STYLE_NUMBER, "%s0x%06" PRIx64 " ", e->inexact ? "<=" : "",
		 e->at);
	if (e->event != EVENT_NONE)
		out_cell(o, STYLE_DIM, -6, "%" PRIu32, e->event);
	else
		out_cell(o, STYLE_WARN, -6, "-");
	out_text(o, e->event == EVENT_NONE ? STYLE_WARN : STYLE_DEST, "%s",
		 e->text);
	out_newline(o);
	out_end(o);
}

/* The last ones up to the current event's end. */
static void show_last(const struct saids *v, struct out *o)
{
	const struct session *s = v->s;
	const struct event *here = &s->t->events[s->at];
	size_t want = s->settings.listsize ? (size_t)s->settings.listsize :
		v->n, from = v->n, got = 0;
	uint64_t end = here->off + here->len;
	struct said e;

	while (from && got < want)
		got += said_get(v, --from, &e) && e.at <= end;
	if (!got)
		out_line(o, "It has said nothing yet.");
	for (; from < v->n; from++) {
		if (said_get(v, from, &e) && e.at <= end)
			show_said(&e, o);
	}
}

static int run_info_real(struct session *s, const struct command *self,
			 const char *args, struct out *out, struct err *err)
{
	bool all = !strcmp(args, "all");
	struct saids v;
	struct said e;

	(void)self;
	if (!saids_of(s, &v))
		return no_real(err);
	if (!*args) {
		show_last(&v, out);
		return 0;
	}
	for (size_t i = 0; i < v.n && !out->stopped; i++) {
		if (said_get(&v, i, &e) && (all || strcasestr(e.text, args)))
			show_said(&e, out);
	}
	return 0;
}

const struct command command_info_real = {
	.name = "info real", .alias = "said", .args = "[all|TEXT]",
	.help = "What the real destination has said, with the byte of each.",
	.more = "Its own trace events and messages, up to the current event; "
		"the number is that of the predicted event, '-' where nobody "
		"predicted it. Also of a recording of such a session.",
	.example = "", .group = GROUP_INFO, .run = run_info_real,
};

/* ---- monitor ---- */

static void show_answer(const char *s, struct out *o)
{
	while (*s) {
		size_t n = strcspn(s, "\r\n");

		out_line(o, "%.*s", (int)n, s);
		s += n;
		s += strspn(s, "\r\n");
	}
}

static int run_monitor(struct session *s, const struct command *self,
		       const char *args, struct out *out, struct err *err)
{
	const char *text;
	json_t *r;

	if (!*args)
		return usage(self, err);
	if (!s->real)
		return no_real(err);
	if (qmp_execute(&s->real->feed->qmp, "human-monitor-command",
			json_pack("{s:s}", "command-line", args), -1, &r,
			err) < 0)
		return -1;
	text = json_string_value(r);
	out_begin(out, "monitor");
	out_string(out, "answer", text);
	show_answer(text ? text : "", out);
	out_end(out);
	json_decref(r);
	return 0;
}

const struct command command_monitor = {
	.name = "monitor", .alias = "hmp mon", .args = "LINE",
	.help = "Ask the real destination's monitor (HMP): 'info qtree', 'info "
		"registers'.", .example = "info status", .group = GROUP_SUPPORT,
	.flags = CMD_RAW, .run = run_monitor,
};

/* ---- attach ---- */

/* "--qmp SOCKET", "--qmp=SOCKET", "--stop", in any order. */
static bool parse_attach(char *args, struct capture_opts *how)
{
	char *rest = NULL;

	for (char *w = strtok_r(args, " \t", &rest); w;
	     w = strtok_r(NULL, " \t", &rest)) {
		if (!strcmp(w, "--stop"))
			how->may_stop = true;
		else if (!strncmp(w, "--qmp=", 6))
			how->qmp = w + 6;
		else if (strcmp(w, "--qmp") ||
			 !(how->qmp = strtok_r(NULL, " \t", &rest)))
			return false;
	}
	return how->qmp && *how->qmp;
}

static int run_attach(struct session *s, const struct command *self,
		      const char *args, struct out *out, struct err *err)
{
	struct capture_opts how = { .qmp = NULL };
	struct capture c;
	char words[512];

	snprintf(words, sizeof(words), "%s", args);
	if (strlen(args) >= sizeof(words) || !parse_attach(words, &how))
		return usage(self, err);
	if (session_attach(s, &how, &c, err) < 0)
		return -1;
	out_begin(out, "attached");
	out_string(out, "qmp", how.qmp);
	out_string(out, "runstate", c.left);
	out_number(out, "bytes", (int64_t)c.kept);
	out_number(out, "events", s->t->n);
	out_line(out, "Captured %" PRIu64 " bytes; the guest was and is '%s'.",
		 c.kept, c.left);
	if (*c.note)
		out_line(out, "%s", c.note);
	out_end(out);
	return 0;
}

const struct command command_attach = {
	.name = "attach", .args = "--qmp SOCKET [--stop]",
	.help = "Take the state of a running emulator for the source.",
	.more = "It is saved through the emulator's monitor, without the "
		"guest's memory, and the emulator is as it was found. A guest "
		"that runs is only paused for it with --stop. The destination, "
		"breakpoints and displays stay.",
	.example = "", .group = GROUP_SUPPORT, .run = run_attach,
};
