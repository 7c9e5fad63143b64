/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/sockios.h>

#include "../../stream/escape.h"
#include "argv.h"
#include "feed.h"

#define REAL_MAX (4u << 20)	/* events; a load has some ten thousand */
#define START_MS 60000
#define TOGETHER 8		/* events as predicted: they have met again */
#define STRAYS_MAX 20000	/* so many, and nobody looks for their like */
#define PART (1u << 20)	/* given at once */
#define FINE_MAX 50000	/* events, and each field's end is a place to stop */
#define CAREFUL 256		/* bytes single-stepped behind a surprise */

const char *feed_state_name(enum feed_state s)
{
	static const char *const names[] = {
#define X(id, name, help) name,
		FEED_STATES(X)
#undef X
	};

	return names[s];
}

/* ---- what it says ---- */

static void take_line(void *ctx, const char *s, size_t n)
{
	struct feed *f = ctx;
	struct trace_line l = trace_parse(s, n);
	struct real_event *r;

	if (f->nreal >= REAL_MAX)
		f->child.flooded = true;
	if (!l.len || f->nreal >= REAL_MAX)
		return;
	f->real = grow_array(f->real, &f->real_cap, f->nreal + 1,
			     sizeof(*f->real));
	r = &f->real[f->nreal++];
	*r = (struct real_event){
		.text = arena_intern(&f->arena, l.text, l.len),
		.predicted = FEED_NONE,
		.message = l.kind == TRACE_MESSAGE,
		.remark = l.kind == TRACE_REMARK,
		.counts = l.kind >= TRACE_LOAD,
	};
	/* until the step is over nobody knows better */
	r->after = f->before;
	r->at = UINT64_MAX;
}

static void drain(void *ctx)
{
	struct feed *f = ctx;

	spawn_drain(&f->child);
	f->qmp.also_fd = f->child.follow ? -1 : f->child.err_fd;
}

/* The last thing it said to people, for messages. */
static const char *last_words(const struct feed *f)
{
	for (size_t i = f->nreal; i--;) {
		if (f->real[i].message)
			return f->real[i].text;
	}
	return NULL;
}

/* ---- its end ---- */

static void set_state(struct feed *f, enum feed_state s, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void set_state(struct feed *f, enum feed_state s, const char *fmt, ...)
{
	va_list ap;

	f->state = s;
	va_start(ap, fmt);
	vsnprintf(f->why, sizeof(f->why), fmt, ap);
	va_end(ap);
}

/* With exit-on-error=false it only closes the channel. */
static bool channel_closed(const struct feed *f)
{
	struct pollfd p = { .fd = f->fd, .events = POLLRDHUP };

	return f->fd >= 0 && poll(&p, 1, 0) > 0 &&
	       p.revents & (POLLHUP | POLLERR | POLLRDHUP);
}

/* Its monitor is gone, or it answers no more. */
static void judge_end(struct feed *f, const struct err *err)
{
	const char *said;
	char why[96];

	if (f->qmp.fd >= 0 || err->code == ERR_FORMAT) {
		set_state(f, err->code == ERR_LIMIT ? FEED_HUNG : FEED_GONE,
			  "%s", err->msg);
		return;
	}
	if (f->attached) {	/* its exit status is its owner's to see */
		for (int i = 0; i < 100 && !channel_closed(f); i++)
			usleep(2000);
		said = last_words(f);
		set_state(f, channel_closed(f) ? FEED_FAILED : FEED_GONE,
			  "it has ended%s%s", said ? ": " : "",
			  said ? said : "");
		return;
	}
	if (!spawn_wait(&f->child, 5000)) {
		set_state(f, FEED_HUNG, "%s, but runs on", err->msg);
		return;
	}
	spawn_why(&f->child, why, sizeof(why));
	said = last_words(f);
	if (WIFSIGNALED(f->child.status))
		set_state(f, FEED_CRASHED, "%s", why);
	else if (WEXITSTATUS(f->child.status))
		set_state(f, FEED_FAILED, "%s%s%s", why, said ? ": " : "",
			  said ? said : "");
	else
		set_state(f, FEED_GONE, "it ended by itself (%s)", why);
}

static void ask_why(struct feed *f)
{
	struct err err;
	const char *s, *d;
	json_t *r;

	if (qmp_execute(&f->qmp, "query-migrate", NULL, -1, &r, &err) < 0) {
		judge_end(f, &err);
		return;
	}
	s = json_string_value(json_object_get(r, "status"));
	d = json_string_value(json_object_get(r, "error-desc"));
	if (s && !strcmp(s, "failed")) {
		f->alive = true;
		set_state(f, FEED_FAILED, "%s", d ? d : "the migration failed");
	}
	json_decref(r);
}

/* One answer of its monitor, and with it what it said before. */
static void ask(struct feed *f)
{
	struct err err;

	if (f->state != FEED_WAITING)
		return;
	f->roundtrips++;
	if (qmp_status(&f->qmp, f->runstate, sizeof(f->runstate), &err) < 0) {
		drain(f);
		judge_end(f, &err);
		return;
	}
	drain(f);
	if (strcmp(f->runstate, "inmigrate"))
		f->state = FEED_LOADED;
	else if (channel_closed(f))
		ask_why(f);
	if (f->child.flooded)
		set_state(f, FEED_GONE, "it floods its stderr: %zu lines, %"
			  PRIu64 " MiB so far", f->nreal, f->child.said >> 20);
}

/* ---- giving ---- */

static int stopped_by_user(struct feed *f, struct err *err)
{
	const struct source_opts *p = f->progress;

	if ((!f->interrupted || !*f->interrupted) &&
	    (!p || !p->progress ||
	     !p->progress(p->ctx, "feeding the destination", f->fed,
			  f->src->len)))
		return 0;
	return err_set(err, ERR_IO, f->fed, "interrupted");
}

/* What it says on the return path has no reader. */
static void swallow(struct feed *f)
{
	char buf[4096];

	while (f->fd >= 0 && recv(f->fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
}

static void wait_channel(struct feed *f, int ms)
{
	struct pollfd p[2] = {
		{ .fd = f->fd, .events = POLLOUT },
		{ .fd = f->child.follow ? -1 : f->child.err_fd,
		  .events = POLLIN },
	};

	poll(p, 2, ms);
	drain(f);
}

/*
 * The next bytes for the channel up to @upto, and how many of the stream's
 * they stand for once all are given.
 */
static size_t next_bytes(struct feed *f, uint64_t upto, const uint8_t **ret,
			 bool *own)
{
	const struct fodder_part *p = fodder_at(&f->fodder, f->fed);
	uint64_t left = upto - f->fed;

	*own = true;
	*ret = f->src->data + f->fed;
	if (!p || upto <= p->off)
		return left < PART ? left : PART;
	if (f->fed < p->off)
		return p->off - f->fed < PART ? p->off - f->fed : PART;
	*own = false;
	/* what stands for a part is given when all of it is wanted */
	if (upto < p->off + p->len) {
		f->fed = upto;
		return 0;
	}
	left = fodder_next(&f->fodder, ret);
	if (!left)
		f->fed = p->off + p->len;
	return left;
}

/* True: all is in the channel. */
static int put(struct feed *f, uint64_t upto, int64_t deadline, struct err *err)
{
	while (f->fed < upto && f->state == FEED_WAITING) {
		const uint8_t *p;
		bool own;
		size_t want = next_bytes(f, upto, &p, &own);
		ssize_t n = want ? send(f->fd, p, want, MSG_NOSIGNAL |
					MSG_DONTWAIT) : 0;

		if (n > 0 && own)
			f->fed += (uint64_t)n;
		else if (n > 0)
			fodder_take(&f->fodder, (size_t)n);
		if (n > 0 || !want)
			continue;
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			ask(f);
			if (f->state == FEED_WAITING)
				set_state(f, FEED_GONE, "it closed the channel "
					  "at byte %" PRIu64, f->fed);
			return 0;
		}
		if (stopped_by_user(f, err) < 0)
			return -1;
		if (now_ms() > deadline) {
			set_state(f, FEED_HUNG, "it has taken nothing for %d s "
				  "at byte %" PRIu64, f->timeout_ms / 1000,
				  f->fed);
			return 0;
		}
		wait_channel(f, 100);
		swallow(f);
	}
	return 0;
}

/* Bytes that it has not taken out of the channel (only 0 is exact). */
static int pending(const struct feed *f)
{
	int n = 0;

	return f->fd >= 0 && !ioctl(f->fd, SIOCOUTQ, &n) ? n : 0;
}

/*
 * Wait until it has taken all and waits again: the load runs in the main loop
 * that answers us, so an answer to a question asked when the channel was empty
 * means just that.
 */
static int settle(struct feed *f, int64_t deadline, struct err *err)
{
	for (int i = 0; i < 200 && pending(f); i++)
		sched_yield();
	for (unsigned i = 0; f->state == FEED_WAITING && pending(f); i++) {
		ask(f);
		if (stopped_by_user(f, err) < 0)
			return -1;
		if (now_ms() > deadline) {
			set_state(f, FEED_HUNG, "it has not taken all up to "
				  "byte %" PRIu64 " in %d s", f->fed,
				  f->timeout_ms / 1000);
			return 0;
		}
		if (i > 20)
			wait_channel(f, 0), usleep(200);
	}
	ask(f);
	if (f->is_tcp)		/* an acknowledged byte may not be read yet */
		ask(f);
	return 0;
}

/* ---- comparing ---- */

/*
 * Older releases do not say whether a field exists: those that do are
 * followed by the number of their elements.
 */
static bool is_absent(const struct feed *f, size_t i, const struct trace_line *l)
{
	if (l->kind != TRACE_FIELD)
		return false;
	if (l->told)
		return !l->exists;
	while (++i < f->nreal && !f->real[i].counts)
		;
	return i >= f->nreal ||
	       strncmp(f->real[i].text, "vmstate_n_elems ", 16);
}

static void disagree(struct feed *f, size_t real, size_t predicted,
		     const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void disagree(struct feed *f, size_t real, size_t predicted,
		     const char *fmt, ...)
{
	va_list ap;

	if (f->disagrees)
		return;
	f->disagrees = true;
	f->careful = f->coarse ? 0 : f->fed + CAREFUL;
	f->wrong_real = real;
	f->wrong_predicted = predicted;
	f->wrong_at = real == FEED_NONE ? f->fed : f->real[real].at;
	va_start(ap, fmt);
	vsnprintf(f->wrong, sizeof(f->wrong), fmt, ap);
	va_end(ap);
}

/* Bytes behind the end are read as zeros: what they bring comes with the end. */
static uint64_t comes_at(const struct feed *f, const struct trace_event *p)
{
	return p->at < f->src->len ? p->at : f->src->len;
}

static void match(struct feed *f, size_t i, const char *said)
{
	const struct trace_event *p = f->next < f->predicted.n ?
		&f->predicted.events[f->next] : NULL;
	struct real_event *r = &f->real[i];

	f->careful = f->disagrees && !f->coarse ? f->fed + CAREFUL : 0;
	if (p && !strcmp(p->text, said)) {
		r->predicted = f->next++;
		if (p->at == r->at)
			f->careful = 0;
		if (comes_at(f, p) > r->at || (comes_at(f, p) <= r->after &&
					       comes_at(f, p) < f->src->len))
			disagree(f, i, r->predicted, "'%s' was predicted at "
				 "byte %" PRIu64 " and came at %" PRIu64, said,
				 p->at, r->at);
		return;
	}
	if (p)
		disagree(f, i, f->next, "predicted '%s' at byte %" PRIu64
			 ", but it said '%s'", p->text, p->at, said);
	else
		disagree(f, i, FEED_NONE, "'%s', where nothing more was "
			 "predicted", said);
	/* find back: the next prediction that says this */
	if (f->strays++ > STRAYS_MAX)
		return;
	for (size_t k = f->next; k < f->predicted.n && k < f->next + 4000; k++) {
		if (f->predicted.events[k].at >= r->at &&
		    !strcmp(f->predicted.events[k].text, said)) {
			r->predicted = k;
			f->next = k + 1;
			return;
		}
	}
}

/* The step from f->before to f->fed is over: place and match what came. */
static void compare(struct feed *f)
{
	char buf[4200];

	for (; f->checked < f->nreal; f->checked++) {
		struct real_event *r = &f->real[f->checked];
		struct trace_line l;

		r->at = f->fed;
		if (!r->counts)
			continue;
		f->traced = true;
		l = trace_parse(r->text, strlen(r->text));
		if (is_absent(f, f->checked, &l)) {
			r->counts = false;
			continue;
		}
		if (f->load)
			match(f, f->checked,
			      trace_canonical(&l, buf, sizeof(buf)));
	}
}

/* Is something predicted by now that it has not said? */
static bool owes(const struct feed *f)
{
	size_t said = f->nreal - f->checked;

	return f->load && f->can_trace && f->state == FEED_WAITING &&
	       !f->disagrees && f->next + said < f->predicted.n &&
	       f->predicted.events[f->next + said].at <= f->fed;
}

static void collect_debt(struct feed *f)
{
	const struct trace_event *p;

	if (!f->load || f->next >= f->predicted.n)
		return;
	p = &f->predicted.events[f->next];
	/* whether the stream ends here it sees when the channel is closed */
	if (comes_at(f, p) == f->src->len && f->state == FEED_WAITING)
		return;
	/* one that gives up in between has nothing more to say */
	if (comes_at(f, p) > f->fed || f->state == FEED_HUNG || f->state == FEED_GONE)
		return;
	if (!f->traced) {	/* built without the log backend */
		f->can_trace = false;
		return;
	}
	if (f->can_trace)
		disagree(f, FEED_NONE, f->next, "predicted '%s' at byte %"
			 PRIu64 ", but it did not say so", p->text, p->at);
}

/* ---- stepping ---- */

/* What it has said so far, of its machine's parts. */
static void mark_early(struct feed *f)
{
	drain(f);
	for (size_t i = 0; i < f->nreal; i++)
		f->real[i].early = true;
}

/* Give up to @upto at once, wait, and compare. */
static int give(struct feed *f, uint64_t upto, struct err *err)
{
	int64_t deadline = now_ms() + f->timeout_ms;

	f->before = f->fed;
	if (!f->fed)
		mark_early(f);
	if (put(f, upto, deadline, err) < 0 || settle(f, deadline, err) < 0)
		return -1;
	/* a load of much RAM pauses now and then without waiting for bytes */
	for (int i = 0; i < 4 && owes(f) && (f->traced || i < 1); i++) {
		if (i)
			usleep(1000u << i);
		ask(f);
	}
	compare(f);
	collect_debt(f);
	swallow(f);
	return stopped_by_user(f, err);
}

static uint64_t next_point(struct feed *f, uint64_t limit)
{
	while (f->point < f->npoints && f->points[f->point] <= f->fed)
		f->point++;
	if (f->fed < f->careful)
		return f->fed + 1;
	if (f->point < f->npoints && f->points[f->point] < limit)
		return f->points[f->point];
	return limit;
}

static bool goes_on(const struct feed *f, bool go_on, bool disagreed)
{
	return f->state == FEED_WAITING &&
	       (go_on || disagreed == f->disagrees);
}

int feed_to(struct feed *f, uint64_t offset, bool go_on, struct err *err)
{
	bool disagreed = f->disagrees;

	if (offset > f->src->len)
		offset = f->src->len;
	while (f->fed < offset && goes_on(f, go_on, disagreed)) {
		uint64_t p = next_point(f, offset);

		if (!f->coarse && p - f->fed > 1) {
			if (give(f, p - 1, err) < 0)
				return -1;
			if (!goes_on(f, go_on, disagreed))
				break;
		}
		if (give(f, p, err) < 0)
			return -1;
	}
	return 0;
}

bool feed_meets_again(struct feed *f)
{
	size_t want = f->next, together = 0;

	for (size_t i = f->nreal; i-- && together < TOGETHER;) {
		const struct real_event *r = &f->real[i];

		if (!r->counts)
			continue;
		if (!want || r->predicted != want - 1 ||
		    f->predicted.events[want - 1].at != r->at)
			return false;
		want--;
		together++;
	}
	if (together < TOGETHER)
		return false;
	f->disagrees = false;
	f->careful = 0;
	return true;
}

int feed_next_event(struct feed *f, bool go_on, struct err *err)
{
	return feed_to(f, next_point(f, f->src->len), go_on, err);
}

int feed_finish(struct feed *f, bool go_on, struct err *err)
{
	int64_t deadline;

	if (feed_to(f, f->src->len, go_on, err) < 0)
		return -1;
	if (f->state != FEED_WAITING || f->fed < f->src->len)
		return 0;
	f->before = f->fed;
	shutdown(f->fd, SHUT_WR);
	deadline = now_ms() + f->timeout_ms;
	while (f->state == FEED_WAITING) {
		ask(f);
		if (stopped_by_user(f, err) < 0)
			return -1;
		if (f->state == FEED_WAITING && now_ms() > deadline)
			set_state(f, FEED_HUNG, "it has all bytes, and is "
				  "still in %s after %d s", f->runstate,
				  f->timeout_ms / 1000);
		if (f->state == FEED_WAITING)
			wait_channel(f, 0), usleep(1000);
	}
	compare(f);
	collect_debt(f);
	return 0;
}

/* ---- points ---- */

static int by_offset(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void add_point(struct feed *f, uint64_t at)
{
	f->points = grow_array(f->points, &f->points_cap, f->npoints + 1,
			       sizeof(*f->points));
	f->points[f->npoints++] = at;
}

static void sort_points(struct feed *f)
{
	size_t n = 0;

	if (f->npoints)
		qsort(f->points, f->npoints, sizeof(*f->points), by_offset);
	for (size_t i = 0; i < f->npoints; i++) {
		if (!n || f->points[i] != f->points[n - 1])
			f->points[n++] = f->points[i];
	}
	f->npoints = n;
	f->point = 0;
}

/*
 * Where events are predicted, fields end (code that reads them may refuse them
 * without a word of trace), sections end, and where it should give up.
 */
static void predict_points(struct feed *f)
{
	const struct timeline *t = f->load;

	for (size_t i = 0; i < f->predicted.n; i++)
		add_point(f, f->predicted.events[i].at);
	for (uint32_t i = 0; i < t->n; i++) {
		const struct event *e = &t->events[i];

		if (e->kind == EV_FOOTER ||
		    (t->n <= FINE_MAX && e->end == i + 1 && e->len &&
		     (e->kind == EV_FIELD || e->kind == EV_ITEM)))
			add_point(f, e->off + e->len);
	}
	if (t->nfailures)
		add_point(f, t->failures[0].offset);
	sort_points(f);
}

void feed_predict(struct feed *f, const struct timeline *load)
{
	char buf[4200];

	traces_release(&f->predicted);
	traces_predict(&f->predicted, load);
	f->load = load;
	f->npoints = 0;
	predict_points(f);
	f->next = f->strays = 0;
	f->disagrees = false;
	f->careful = 0;
	for (size_t i = 0; i < f->checked; i++) {
		struct real_event *r = &f->real[i];
		struct trace_line l;

		r->predicted = FEED_NONE;
		if (!r->counts)
			continue;
		l = trace_parse(r->text, strlen(r->text));
		match(f, i, trace_canonical(&l, buf, sizeof(buf)));
	}
}

uint64_t feed_goal(const struct timeline *t, uint32_t i, bool whole)
{
	const struct event *e = &t->events[i];

	if (whole || e->end == i + 1)
		return e->off + e->len;
	return t->events[i + 1].off;
}

void feed_set_points(struct feed *f, const uint64_t *points, size_t n)
{
	f->npoints = 0;
	for (size_t i = 0; i < n; i++)
		add_point(f, points[i]);
	sort_points(f);
}

/* ---- the beginning ---- */

struct start {
	struct feed *f;
	const struct feed_opts *opts;
	struct argv argv;
	int channel[2], monitor[2];
	bool deferred;
};

static void own_arguments(struct start *s)
{
	static const char *const traces[] = { "vmstate_load*",
		"vmstate_n_elems", "vmstate_subsection_load*",
		"qemu_loadvm_*", NULL };
	struct arena *a = &s->f->arena;
	struct argv *v = &s->argv;

	for (size_t i = 0; traces[i] && !s->opts->no_trace; i++) {
		argv_add(v, "-trace");
		argv_add(v, traces[i]);
	}
	argv_add(v, "-S");
	argv_add(v, "-chardev");
	argv_add(v, arena_printf(a, "socket,id=vmsdb-qmp,fd=%d", s->monitor[1]));
	argv_add(v, "-qmp");
	argv_add(v, "chardev:vmsdb-qmp");
	argv_add(v, "-incoming");
	argv_add(v, s->deferred ? "defer" :
	    arena_printf(a, "fd:%d", s->channel[1]));
}

static const char *first_words(const struct feed *f)
{
	for (size_t i = 0; i < f->nreal; i++) {
		if (f->real[i].message)
			return f->real[i].text;
	}
	return NULL;
}

/* Put what it said behind the reason why it did not come far. */
static int not_started(struct feed *f, struct err *err)
{
	const char *said;
	char why[96];

	if (f->child.pid && f->qmp.fd < 0)
		spawn_wait(&f->child, 5000);
	drain(f);
	said = first_words(f);
	if (!f->child.pid && f->child.status)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "the emulator ended before it listened (%s)%s%s",
			       spawn_why(&f->child, why, sizeof(why)),
			       said ? ": " : "", said ? said : "");
	return -1;
}

static int set_capabilities(struct feed *f, const char *const *names,
			    struct err *err)
{
	json_t *list = json_array();

	for (; names && *names; names++) {
		/* not with a socket; fodder.h */
		if (f->fodder.nparts && !strcmp(*names, "mapped-ram"))
			continue;
		json_array_append_new(list, json_pack("{s:s, s:b}",
			"capability", *names, "state", 1));
	}
	return qmp_execute(&f->qmp, "migrate-set-capabilities",
			   json_pack("{s:o}", "capabilities", list), -1, NULL,
			   err);
}

static int begin_deferred(struct start *s, struct err *err)
{
	struct qmp *q = &s->f->qmp;
	json_t *args;

	if (s->opts->capabilities &&
	    set_capabilities(s->f, s->opts->capabilities, err) < 0)
		return -1;
	if (qmp_execute(q, "getfd", json_pack("{s:s}", "fdname", "vmsdb"),
			s->channel[1], NULL, err) < 0)
		return -1;
	args = json_pack("{s:s}", "uri", "fd:vmsdb");
	if (s->opts->survive && (q->major > 9 || (q->major == 9 && q->minor)))
		json_object_set_new(args, "exit-on-error", json_false());
	return qmp_execute(q, "migrate-incoming", args, -1, NULL, err);
}

static int start_child(struct start *s, struct err *err)
{
	struct feed *f = s->f;
	int fds[3], r;
	size_t n = 0;

	argv_begin(&s->argv, &f->arena, s->opts->argv);
	own_arguments(s);
	fds[n++] = s->monitor[1];
	if (!s->deferred)
		fds[n++] = s->channel[1];
	if (s->argv.zero >= 0)
		fds[n++] = s->argv.zero;
	f->child.line = take_line;
	f->child.ctx = f;
	if (spawn_start(&f->child, (char *const *)s->argv.words, fds, n, err) < 0)
		return -1;
	f->qmp.also_fd = f->child.err_fd;
	f->qmp.also = drain;
	f->qmp.ctx = f;
	f->qmp.name = arena_strdup(&f->arena, s->opts->argv[0]);
	close(s->monitor[1]);
	s->monitor[1] = -1;
	f->qmp.timeout_ms = f->timeout_ms > START_MS ? f->timeout_ms : START_MS;
	r = qmp_greet(&f->qmp, s->monitor[0], err);
	s->monitor[0] = -1;	/* the monitor's, from now on */
	if (!r && s->deferred)
		r = begin_deferred(s, err);
	if (r < 0)
		return not_started(f, err);
	f->qmp.timeout_ms = f->timeout_ms;
	return 0;
}

static int start(struct feed *f, const struct feed_opts *opts, struct err *err)
{
	struct start s = {
		.f = f, .opts = opts, .channel = { -1, -1 },
		.monitor = { -1, -1 }, .argv = { .zero = -1 },
		.deferred = opts->survive || opts->capabilities,
	};
	int r = -1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s.channel) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s.monitor) < 0)
		err_set(err, ERR_IO, ERR_NO_OFFSET, "socketpair: %s",
			strerror(errno));
	else
		r = start_child(&s, err);
	f->fd = s.channel[0];
	f->can_trace = !opts->no_trace;
	if (s.channel[1] >= 0)
		close(s.channel[1]);
	for (int i = 0; i < 2; i++) {
		if (s.monitor[i] >= 0)
			close(s.monitor[i]);
	}
	argv_end(&s.argv);
	return r;
}

static int attach(struct feed *f, const struct feed_opts *opts, struct err *err)
{
	char status[32];

	f->attached = true;
	f->child.line = take_line;
	f->child.ctx = f;
	f->qmp.timeout_ms = f->timeout_ms;
	f->qmp.ctx = f;
	if (qmp_connect(&f->qmp, opts->qmp, err) < 0 ||
	    qmp_status(&f->qmp, status, sizeof(status), err) < 0)
		return -1;
	if (strcmp(status, "inmigrate"))
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "%s: this emulator is in '%s', it does not wait "
			       "for a migration (start it with -incoming)",
			       opts->qmp, status);
	if (opts->trace) {
		f->child.err_fd = open(opts->trace,
				       O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (f->child.err_fd < 0)
			return err_set(err, ERR_IO, ERR_NO_OFFSET, "%s: %s",
				       opts->trace, strerror(errno));
		f->child.follow = true;
		f->can_trace = true;
		spawn_drain(&f->child);
		f->nreal = 0;	/* what it said before is not of this load */
	}
	f->fd = socket_connect(opts->socket, err);
	f->is_tcp = !strncmp(opts->socket, "tcp:", 4);
	return f->fd < 0 ? -1 : 0;
}

int feed_open(struct feed **ret, const struct feed_opts *opts, struct err *err)
{
	struct feed *f = calloc(1, sizeof(*f));
	int r;

	*ret = NULL;
	if (!f)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "out of memory");
	arena_init(&f->arena);
	spawn_init(&f->child);
	qmp_init(&f->qmp);
	f->fd = -1;
	f->src = opts->src;
	f->coarse = opts->coarse;
	f->interrupted = opts->interrupted;
	f->progress = opts->progress;
	f->timeout_ms = opts->timeout_ms ? opts->timeout_ms : 20000;
	f->pid = opts->pid;
	arena_init(&f->predicted.arena);
	if (opts->load)
		feed_predict(f, opts->load);
	r = fodder_init(&f->fodder, opts->src, opts->ram, opts->load, err);
	if (f->fodder.nparts)
		f->note = "mapped-ram: a socket takes no such stream, so its "
			"pages are given as ordinary ones, and the rest as it "
			"is; what checks the pages' places in the file is not "
			"tried";
	if (!r)
		r = opts->argv ? start(f, opts, err) : attach(f, opts, err);
	if (!r) {
		ask(f);
		compare(f);
		if (f->state != FEED_WAITING)
			r = err_set(err, ERR_USAGE, ERR_NO_OFFSET, "it does "
				    "not wait for a stream: %s", f->why);
	}
	if (r < 0) {
		feed_close(f);
		return -1;
	}
	*ret = f;
	return 0;
}

pid_t feed_process(const struct feed *f)
{
	return f->attached ? f->pid : f->child.pid;
}

void feed_close(struct feed *f)
{
	if (!f)
		return;
	if (f->fd >= 0)
		close(f->fd);
	spawn_kill(&f->child);
	qmp_release(&f->qmp);
	traces_release(&f->predicted);
	fodder_release(&f->fodder);
	free(f->points);
	free(f->real);
	arena_release(&f->arena);
	free(f);
}
