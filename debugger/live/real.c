/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "real.h"

#define STRAY_BYTES 65536	/* one step where nothing is predicted any more */

const char *real_where_name(enum real_where w)
{
	static const char *const names[] = {
#define X(id, name, help) name,
		REAL_WHERES(X)
#undef X
	};

	return names[w];
}

static bool is_over(const struct real *r)
{
	return r->feed->state != FEED_WAITING;
}

enum real_where real_where(const struct session *s)
{
	const struct real *r = s->real;

	if (s->at < r->edge)
		return REAL_PAST;
	if (s->at > r->edge)
		return REAL_AHEAD;
	return is_over(r) ? REAL_ENDED :
		r->parted ? REAL_UNPREDICTED : REAL_LIVE;
}

/* ---- beginning and end ---- */

static int begin(struct session *s, struct err *err)
{
	struct real *r = s->real;

	r->opts.src = s->source->src;
	r->opts.load = s->t;
	r->opts.ram = &s->source->ram;
	r->opts.progress = &s->opts;
	r->edge = 0;
	r->parted = r->told_end = false;
	r->shown = 0;
	return feed_open(&r->feed, &r->opts, err);
}

int real_open(struct session *s, const struct feed_opts *opts,
	      struct err *err)
{
	if (s->recording)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "%s is a "
			       "recording; a real destination takes a stream",
			       s->path);
	s->real = calloc(1, sizeof(*s->real));
	if (!s->real)
		abort();
	s->real->opts = *opts;
	if (begin(s, err) < 0) {
		real_close(s);
		return -1;
	}
	s->at = 0;
	return 0;
}

void real_close(struct session *s)
{
	if (!s->real)
		return;
	feed_close(s->real->feed);
	free(s->real);
	s->real = NULL;
}

int real_restart(struct session *s, struct err *err)
{
	struct real *r = s->real;

	if (!r->opts.argv)
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET, "somebody "
			       "else started this destination: start it again "
			       "and attach to it");
	feed_close(r->feed);
	r->feed = NULL;
	if (begin(s, err) < 0) {
		/* without it the session is a prediction as any other */
		real_close(s);
		return -1;
	}
	session_goto(s, 0, true);
	s->stop = STOP_START;
	return 0;
}

/* ---- where the edge is ---- */

/* The bytes that it must have to stand on event @i, or to fail there. */
static uint64_t goal_of(const struct session *s, uint32_t i)
{
	uint64_t goal = feed_goal(s->t, i, false);

	if (s->t->nfailures && session_failure_event(s, 0) == i &&
	    s->t->failures[0].offset > goal)
		goal = s->t->failures[0].offset;
	return goal;
}

/* The last event behind the edge for which it has the bytes. */
static uint32_t reached(const struct session *s)
{
	const struct feed *f = s->real->feed;
	uint32_t i = s->real->edge;

	while (i + 1 < s->t->n && feed_goal(s->t, i + 1, false) <= f->fed)
		i++;
	/* it gave up where it was predicted to, whatever it said before */
	if ((f->state == FEED_FAILED || f->state == FEED_CRASHED) &&
	    s->t->nfailures && s->t->failures[0].offset == f->fed &&
	    session_failure_event(s, 0) < i)
		i = session_failure_event(s, 0);
	return i < s->real->edge ? s->real->edge : i;
}

static void stand_at_edge(struct session *s, uint32_t event,
			  enum stop_reason why)
{
	s->real->edge = s->at = event;
	s->stop = why;
	s->stop_number = 0;
}

void real_predict(struct session *s, bool at_edge)
{
	struct real *r = s->real;

	feed_predict(r->feed, s->t);
	r->parted = r->feed->disagrees;
	r->edge = 0;
	r->edge = at_edge && feed_goal(s->t, s->at, false) <= r->feed->fed ?
		s->at : reached(s);
	if (at_edge)
		s->at = r->edge;
}

/* ---- what it says ---- */

static void show_word(const struct session *s, const struct real_event *e,
		      struct out *o)
{
	const struct feed *f = s->real->feed;
	bool said = e->message || e->remark;

	out_begin(o, "real");
	out_string(o, "kind", said ? "message" : "event");
	out_number(o, "offset", (int64_t)e->at);
	out_string(o, "text", e->text);
	if (e->predicted != FEED_NONE)
		out_number(o, "event",
			   f->predicted.events[e->predicted].event);
	if (said) {
		out_text(o, STYLE_BAD, "says: ");
		out_text(o, STYLE_PLAIN, "%s", e->text);
	} else {
		out_cell(o, STYLE_NUMBER, 0, "0x%06" PRIx64, e->at);
		out_text(o, STYLE_DEST, "%s", e->text);
		if (e->predicted != FEED_NONE)
			out_text(o, STYLE_DIM, "  (as predicted)");
	}
	out_newline(o);
	out_end(o);
}

/*
 * What people would have read; and events, @all or those that nobody
 * predicted, where prediction and reality have parted.
 */
static void show_words(struct session *s, bool all, struct out *o)
{
	struct real *r = s->real;
	size_t room = s->settings.listsize ? (size_t)s->settings.listsize :
		SIZE_MAX, more = 0;

	for (; r->shown < r->feed->nreal; r->shown++) {
		const struct real_event *e = &r->feed->real[r->shown];

		if (e->message || e->remark)
			show_word(s, e, o);
		else if (!r->parted || !e->counts ||
			 (!all && e->predicted != FEED_NONE))
			continue;
		else if (all || room)
			show_word(s, e, o), room -= room != 0;
		else
			more++;
	}
	if (more)
		out_line(o, "... and %zu more that nobody predicted: 'info "
			 "real all' lists them", more);
}

static void show_parting(const struct session *s, struct out *o)
{
	const struct feed *f = s->real->feed;
	char path[2048] = "";

	if (f->wrong_predicted != FEED_NONE)
		session_path(s->t, f->predicted.events[f->wrong_predicted].event,
			     path, sizeof(path));
	out_begin(o, "parted");
	out_number(o, "offset", (int64_t)f->wrong_at);
	out_string(o, "text", f->wrong);
	out_string(o, "path", *path ? path : NULL);
	out_text(o, STYLE_BAD, "Prediction and reality part at byte 0x%" PRIx64
		 " (%" PRIu64 "):", f->wrong_at, f->wrong_at);
	out_newline(o);
	out_line(o, "   %s", f->wrong);
	if (*path)
		out_line(o, "   there: %s", path);
	out_text(o, STYLE_DIM, "   (the prediction is wrong, or this emulator's "
		 "build differs; from here on 'step' goes from one real event "
		 "to the next)");
	out_newline(o);
	out_end(o);
}

/* What was foreseen of the end, next to what came. */
static const char *foreseen(const struct session *s, char *buf, size_t size)
{
	const struct feed *f = s->real->feed;
	bool fails = s->a->verdict == VERDICT_FAILS;
	bool failed = f->state == FEED_FAILED || f->state == FEED_CRASHED;

	if (s->a->verdict == VERDICT_UNKNOWN)
		return "the prediction was: unknown";
	if ((!failed && f->state != FEED_LOADED) || fails != failed)
		snprintf(buf, size, "predicted: %s%s%s",
			 verdict_name(s->a->verdict),
			 fails && s->t->nfailures ? ", " : "",
			 fails && s->t->nfailures && s->t->failures[0].nlines ?
			 s->t->failures[0].lines[0] : "");
	else if (!failed && s->t->reached_eof && f->fed <= s->t->eof_offset)
		snprintf(buf, size, "predicted at byte 0x%" PRIx64,
			 s->t->eof_offset + 1);
	else if (failed && s->t->nfailures &&
		 s->t->failures[0].offset != f->fed)
		snprintf(buf, size, "predicted at byte 0x%" PRIx64,
			 s->t->failures[0].offset);
	else
		return "as predicted";
	return buf;
}

static void show_end(struct session *s, struct out *o)
{
	struct real *r = s->real;
	const struct feed *f = r->feed;
	bool loads = f->state == FEED_LOADED;
	char text[1300];

	if (!is_over(r) || r->told_end)
		return;
	r->told_end = true;
	out_begin(o, "verdict");
	out_string(o, "verdict", feed_state_name(f->state));
	out_number(o, "offset", (int64_t)f->fed);
	out_string(o, "why", *f->why ? f->why : NULL);
	out_boolean(o, "alive", f->alive || loads);
	out_string(o, "predicted", verdict_name(s->a->verdict));
	if (loads)
		out_text(o, STYLE_GOOD, "The real destination loads the stream "
			 "(%s", f->runstate);
	else
		out_text(o, STYLE_BAD, "The real destination %s at %sbyte 0x%"
			 PRIx64 " (%" PRIu64 "): %s (", feed_state_name(f->state),
			 f->fed > f->before + 1 ? "or before " : "",
			 f->fed, f->fed, f->why);
	out_text(o, loads ? STYLE_GOOD : STYLE_BAD, "%s%s).",
		 loads ? "; " : "", foreseen(s, text, sizeof(text)));
	out_newline(o);
	if (f->alive)
		out_line(o, "   It is still there: 'monitor LINE' asks its "
			 "monitor.");
	out_end(o);
}

/* ---- feeding ---- */

static int feed_up_to(struct real *r, uint64_t offset, struct err *err)
{
	int64_t began = now_ms();
	int ret = offset > r->feed->fed ?
		feed_to(r->feed, offset, r->parted, err) : 0;

	r->busy_ms += now_ms() - began;
	return ret;
}

static int feed_rest(struct real *r, struct err *err)
{
	int64_t began = now_ms();
	int ret = feed_finish(r->feed, r->parted, err);

	r->busy_ms += now_ms() - began;
	return ret;
}

/*
 * Take the destination to where the session has moved by the prediction, and
 * the session back to wherever that ended.
 */
static void follow(struct session *s, struct out *o, struct err *trouble)
{
	struct real *r = s->real;
	uint64_t goal = goal_of(s, s->at);
	int ret = s->stop == STOP_END ? feed_rest(r, trouble) :
		feed_up_to(r, goal, trouble);

	/* one that fails for want of bytes has to be told that it is all */
	if (!ret && s->stop == STOP_FAILURE && !is_over(r) && !r->parted &&
	    !r->feed->disagrees && r->feed->fed == r->feed->src->len)
		ret = feed_rest(r, trouble);

	show_words(s, false, o);
	if (r->feed->disagrees && !r->parted) {
		r->parted = true;
		stand_at_edge(s, reached(s), STOP_PARTED);
		show_parting(s, o);
	} else if (ret < 0) {
		stand_at_edge(s, reached(s), STOP_MOVED);
	} else if (is_over(r) && r->feed->fed < goal) {
		stand_at_edge(s, reached(s), STOP_VERDICT);
	} else {
		if (is_over(r) && s->stop != STOP_FAILURE)
			s->stop = STOP_VERDICT;
		r->edge = s->at;
	}
	show_end(s, o);
}

/* The two have met: the session stands where that was seen. */
static bool meet_again(struct session *s, struct out *o)
{
	struct feed *f = s->real->feed;

	if (is_over(s->real) || !feed_meets_again(f))
		return false;
	s->real->parted = false;
	stand_at_edge(s, f->predicted.events[f->next - 1].event, STOP_MOVED);
	out_line(o, "Prediction and reality go together again at byte 0x%"
		 PRIx64 ".", f->fed);
	return true;
}

/* Where nothing is predicted: byte by byte up to the next real event. */
static bool stray(struct session *s, struct out *o, struct err *trouble)
{
	struct real *r = s->real;
	struct feed *f = r->feed;
	uint64_t limit = f->fed + STRAY_BYTES;
	size_t had = f->nreal;
	int ret = 0;

	r->steps++;
	while (!ret && !is_over(r) && f->nreal == had && f->fed < limit &&
	       f->fed < f->src->len)
		ret = feed_up_to(r, f->fed + 1, trouble);
	if (!ret && !is_over(r) && f->fed >= f->src->len)
		ret = feed_rest(r, trouble);
	show_words(s, true, o);
	stand_at_edge(s, reached(s), is_over(r) ? STOP_VERDICT : STOP_REAL);
	show_end(s, o);
	return !ret && !is_over(r) && !meet_again(s, o);
}

/* Up to where the two meet again, or the end. */
static void stray_on(struct session *s, struct out *o, struct err *trouble)
{
	struct real *r = s->real;
	struct feed *f = r->feed;
	bool met = false;
	int ret = 0;

	while (!ret && !met && !is_over(r) && f->fed < f->src->len) {
		ret = feed_next_event(f, true, trouble);
		show_words(s, false, o);
		met = meet_again(s, o);
	}
	if (met)
		return;
	if (!ret && !is_over(r))
		ret = feed_rest(r, trouble);
	show_words(s, false, o);
	stand_at_edge(s, reached(s), is_over(r) ? STOP_VERDICT : STOP_REAL);
	show_end(s, o);
}

/* ---- moving ---- */

/* Within what has happened; the edge stops everything. */
static void run_in_past(struct session *s, enum move move, uint64_t count,
			uint32_t to, struct err *trouble)
{
	uint32_t edge = s->real->edge;

	if (to == EVENT_NONE && move != MOVE_CONTINUE)
		session_move(s, move, count, trouble);
	else
		session_run_to(s, to < edge ? to : edge, trouble);
	if (s->at < edge || (to != EVENT_NONE && to <= edge))
		return;
	if (s->at == edge && s->stop != STOP_MOVED && s->stop != STOP_END)
		return;
	if (move == MOVE_CONTINUE || to != EVENT_NONE || is_over(s->real) ||
	    s->real->parted) {
		s->at = edge;
		s->stop = STOP_EDGE;
	}
}

static int run_live(struct session *s, enum move move, uint64_t count,
		    uint32_t to, struct out *o, struct err *trouble,
		    struct err *err)
{
	struct real *r = s->real;

	if (is_over(r))
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "the real "
			       "destination has ended (%s); what it loaded can "
			       "be looked at%s", feed_state_name(r->feed->state),
			       r->opts.argv ? ", 'run' starts it again" : "");
	if (r->parted && move != MOVE_CONTINUE && to == EVENT_NONE) {
		while (count-- && stray(s, o, trouble))
			;
		return 0;
	}
	if (r->parted)
		stray_on(s, o, trouble);
	/* where they have met again it goes on as foreseen */
	if (r->parted || is_over(r) || trouble->code)
		return 0;
	if (to != EVENT_NONE)
		session_run_to(s, to, trouble);
	else
		r->steps += session_move(s, move, count, trouble);
	if (!trouble->code)
		follow(s, o, trouble);
	return 0;
}

int real_move(struct session *s, enum move move, uint64_t count, uint32_t to,
	      struct out *out, struct err *trouble, struct err *err)
{
	struct real *r = s->real;

	trouble->code = ERR_NONE;
	if (s->at > r->edge)	/* looking ahead is no running */
		s->at = r->edge;
	if (s->at == r->edge)
		return run_live(s, move, count, to, out, trouble, err);
	run_in_past(s, move, count, to, trouble);
	/* a step over the edge: it goes on from there */
	if (s->at > r->edge && !trouble->code)
		follow(s, out, trouble);
	return 0;
}

/* ---- telling ---- */

void real_show(const struct session *s, struct out *o)
{
	const struct real *r = s->real;

	switch (real_where(s)) {
	case REAL_PAST:
		out_text(o, STYLE_DIM, "   (past: the live edge is event %" PRIu32
			 ", byte 0x%" PRIx64 ")", r->edge, r->feed->fed);
		out_newline(o);
		break;
	case REAL_AHEAD:
		out_text(o, STYLE_WARN, "   (ahead: predicted; the destination "
			 "has come to event %" PRIu32 ", byte 0x%" PRIx64 ")",
			 r->edge, r->feed->fed);
		out_newline(o);
		break;
	case REAL_UNPREDICTED:
		out_text(o, STYLE_WARN, "   (predicted for byte 0x%" PRIx64 ", up "
			 "to which it has been fed; it does something else "
			 "here)", r->feed->fed);
		out_newline(o);
		break;
	case REAL_LIVE:
	case REAL_ENDED:
		break;
	}
}

void real_put(const struct session *s, struct out *o)
{
	const struct real *r = s->real;

	out_object(o, "live");
	out_string(o, "where", real_where_name(real_where(s)));
	out_number(o, "edge", r->edge);
	out_number(o, "fed", (int64_t)r->feed->fed);
	out_string(o, "state", feed_state_name(r->feed->state));
	out_boolean(o, "parted", r->parted);
	out_close(o);
}

enum verdict real_verdict(const struct session *s)
{
	const struct real *r = s->real;

	switch (r->feed->state) {
	case FEED_LOADED:
		return !r->parted && s->a->verdict == VERDICT_SILENT ?
			VERDICT_SILENT : VERDICT_LOADS;
	case FEED_FAILED:
	case FEED_CRASHED:
		return VERDICT_FAILS;
	default:		/* FEED_WAITING: left before its end */
		return VERDICT_UNKNOWN;
	}
}

/* ---- recordings ---- */

static uint32_t event_of(const struct feed *f, const struct real_event *r)
{
	return r->predicted == FEED_NONE ? EVENT_NONE :
		f->predicted.events[r->predicted].event;
}

/* The last predicted event that had been seen before the @i-th real one. */
static uint32_t place_of(const struct feed *f, size_t i)
{
	while (i--) {
		if (f->real[i].predicted != FEED_NONE)
			return event_of(f, &f->real[i]);
	}
	return 0;
}

struct recording_mark *feed_marks(const struct feed *f, const char *summary,
				  size_t *n)
{
	struct recording_mark *v = calloc(f->nreal + 1, sizeof(*v));
	size_t k = 0;

	if (!v)
		abort();
	v[k++] = (struct recording_mark){
		.kind = "note", .event = place_of(f, f->nreal),
		.offset = f->fed, .text = summary,
	};
	for (size_t i = 0; i < f->nreal; i++) {
		const struct real_event *e = &f->real[i];
		bool said = e->message || e->remark;

		v[k++] = (struct recording_mark){
			.kind = said ? "note" : "real",
			.number = (uint32_t)i, .offset = e->at,
			.event = said ? place_of(f, i) : event_of(f, e),
			/* a field that is not there, and the like */
			.path = said || e->counts ? "" : "uncounted",
			.text = e->text,
		};
	}
	*n = k;
	return v;
}
