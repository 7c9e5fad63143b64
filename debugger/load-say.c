/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a load leaves: events, notes, and what the emulator prints.  Sentences
 * of messages are those of QEMU's migration/savevm.c because people paste and
 * search them.
 */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "load-impl.h"

/* ---- events ---- */

uint32_t ev_open(struct load *l, enum event_kind kind, const char *name)
{
	struct timeline *t = l->t;
	struct event *e;

	if (t->n >= l->max_events) {
		t->truncated = true;
		return EVENT_NONE;
	}
	t->events = grow_array(t->events, &t->cap, t->n + 1u, sizeof(*e));
	e = &t->events[t->n];
	*e = (struct event){
		.off = l->c.pos, .name = name, .kind = (uint8_t)kind,
		.parent = l->depth ? l->open[l->depth - 1] : EVENT_NONE,
		.section = l->section_event, .version = -1,
		.depth = (uint8_t)l->depth,
	};
	assert(l->depth < MAX_OPEN);
	l->open[l->depth++] = t->n;
	return t->n++;
}

static struct event no_event;

struct event *ev(struct load *l, uint32_t i)
{
	return i == EVENT_NONE ? &no_event : &l->t->events[i];
}

void ev_close(struct load *l, uint32_t i, enum outcome outcome)
{
	struct event *e;

	if (i == EVENT_NONE)
		return;
	assert(l->depth && l->open[l->depth - 1] == i);
	l->depth--;
	e = &l->t->events[i];
	e->len = l->c.pos - e->off;
	e->end = l->t->n;
	/* what was found inside says more than that it failed */
	if (outcome != OUT_LOADED &&
	    (outcome != OUT_FAILED || e->outcome == OUT_LOADED))
		e->outcome = (uint8_t)outcome;
}

uint32_t ev_leaf(struct load *l, enum event_kind kind, const char *name,
		 uint64_t len)
{
	uint32_t i = ev_open(l, kind, name);

	l->c.pos += len;
	ev_close(l, i, OUT_LOADED);
	return i;
}

char *ev_vprintf(struct load *l, const char *fmt, va_list ap)
{
	char buf[1024];

	vsnprintf(buf, sizeof(buf), fmt, ap);
	return arena_strdup(&l->t->arena, buf);
}

char *ev_printf(struct load *l, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = ev_vprintf(l, fmt, ap);
	va_end(ap);
	return text;
}

static struct note *add_note(struct load *l, struct note **v, size_t *n,
			     size_t *cap, uint32_t event, const char *text)
{
	struct note *x;
	char path[1024];

	timeline_field_path(l->t, event, path, sizeof(path));
	for (size_t i = 0; i < *n; i++) {
		if (!strcmp((*v)[i].text, text) && !strcmp((*v)[i].path, path) &&
		    (*v)[i].section == (l->idstr ? l->idstr : ""))
			return &(*v)[i];
	}
	if (*n >= 10000)
		return &(*v)[*n - 1];
	*v = grow_array(*v, cap, *n + 1, sizeof(**v));
	x = &(*v)[(*n)++];
	*x = (struct note){
		.event = event, .offset = l->c.pos,
		.section = l->idstr ? l->idstr : "",
		.path = arena_strdup(&l->t->arena, path), .text = text,
	};
	return x;
}

uint32_t ev_current(const struct load *l)
{
	return l->depth ? l->open[l->depth - 1] : EVENT_NONE;
}

void note_unknown(struct load *l, const char *text)
{
	struct timeline *t = l->t;

	if (l->trial || l->o->self)
		return;
	add_note(l, &t->unknowns, &t->nunknowns, &t->unknowns_cap,
		 ev_current(l), text);
	l->section_unknown = true;
}

void note_unjudged(struct load *l, const char *text)
{
	struct timeline *t = l->t;

	if (l->trial || l->o->self)
		return;
	add_note(l, &t->unjudged, &t->nunjudged, &t->unjudged_cap,
		 ev_current(l), text);
}

/* ---- what the emulator prints ---- */

static void add_line(const struct load *l, const char **lines, unsigned *n,
		     const char *text)
{
	/* the dead say nothing */
	if (!l->fail_crash && *n < MAX_LINES - 3)
		lines[(*n)++] = text;
}

static void add_link(struct load *l, const char *text)
{
	l->chain = l->chain[0] ? ev_printf(l, "%s: %s", text, l->chain) : text;
}

void say(struct load *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_line(l, l->lines, &l->nlines, ev_vprintf(l, fmt, ap));
	va_end(ap);
}

/* A line of both wordings. */
void say_both(struct load *l, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = ev_vprintf(l, fmt, ap);
	va_end(ap);
	add_line(l, l->lines, &l->nlines, text);
	add_line(l, l->lines_new, &l->nlines_new, text);
}

/* A line of 10.2 and later. */
void say_new(struct load *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_line(l, l->lines_new, &l->nlines_new, ev_vprintf(l, fmt, ap));
	va_end(ap);
}

/* 10.2 and later hand one Error up, each level putting its part in front. */
void chain(struct load *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_link(l, ev_vprintf(l, fmt, ap));
	va_end(ap);
}

/* A line up to 10.1, the same words in an Error since. */
void say_or_chain(struct load *l, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = ev_vprintf(l, fmt, ap);
	va_end(ap);
	add_line(l, l->lines, &l->nlines, text);
	add_link(l, text);
}

/* Since 11.0 a descriptor's load answers with a bool and an Error: no errno. */
bool words_of_11(const struct load *l)
{
	int release = l->o->reg->release;

	return !release || release >= 1100;
}

/* Refusals by vmstate-types.c: a line up to 10.2, handed up since 11.0. */
void say_refusal(struct load *l, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = ev_vprintf(l, fmt, ap);
	va_end(ap);
	add_line(l, l->lines, &l->nlines, text);
	if (words_of_11(l))
		add_link(l, text);
	else
		add_line(l, l->lines_new, &l->nlines_new, text);
}

/* Code without an Error of its own prints the one that it gets. */
void print_chain(struct load *l)
{
	if (l->chain[0])
		add_line(l, l->lines_new, &l->nlines_new, l->chain);
	l->chain = "";
}

int refuse(struct load *l, uint32_t event, enum outcome outcome, int ret)
{
	if (l->fail_event == EVENT_NONE) {
		l->fail_event = event == EVENT_NONE ? ev_current(l) : event;
		l->fail_offset = l->c.pos > l->peeked ? l->c.pos : l->peeked;
	}
	if (event != EVENT_NONE && (outcome != OUT_FAILED ||
				    ev(l, event)->outcome == OUT_LOADED))
		ev(l, event)->outcome = (uint8_t)outcome;
	return ret;
}

int crash(struct load *l, uint32_t event, const char *why)
{
	l->fail_why = why;
	refuse(l, event, OUT_FAILED, -EFAULT);
	l->fail_crash = true;
	return -EFAULT;
}

void forget_failure(struct load *l)
{
	l->nlines = l->nlines_new = 0;
	l->chain = "";
	l->chain_ret = 0;
	l->beyond = false;
	l->fail_event = EVENT_NONE;
	l->fail_why = NULL;
	l->fail_crash = false;
	l->section_unknown = l->section_guess = false;
}

/* Where the release is known there is one wording. */
static void use_own_words(struct failure *f, int release)
{
	if (release >= 1002) {
		memcpy(f->lines, f->lines_10_2, sizeof(f->lines));
		f->nlines = f->nlines_10_2;
	} else if (release) {
		memcpy(f->lines_10_2, f->lines, sizeof(f->lines));
		f->nlines_10_2 = f->nlines;
	}
}

void add_failure(struct load *l, int ret)
{
	struct timeline *t = l->t;
	struct failure *f;
	const char *reason = strerror(-ret);
	const char *newer = l->chain_ret ? strerror(-l->chain_ret) : reason;

	t->failures = grow_array(t->failures, &t->failures_cap,
				 t->nfailures + 1, sizeof(*f));
	f = &t->failures[t->nfailures++];
	*f = (struct failure){
		.event = l->fail_event, .section = l->section_event,
		.offset = l->fail_offset, .ret = ret,
		.guess = l->section_unknown || l->section_guess || l->guessing,
		.crash = l->fail_crash, .why = l->fail_why,
	};
	/* what was printed before is kept; the last line is main()'s */
	memcpy(f->lines, l->lines, l->nlines * sizeof(*f->lines));
	f->nlines = l->nlines;
	memcpy(f->lines_10_2, l->lines_new, l->nlines_new * sizeof(*f->lines));
	f->nlines_10_2 = l->nlines_new;
	if (!l->fail_crash) {
		f->lines[f->nlines++] =
			ev_printf(l, "load of migration failed: %s", reason);
		f->lines_10_2[f->nlines_10_2++] = l->chain[0] ?
			ev_printf(l, "load of migration failed: %s: %s",
				  newer, l->chain) :
			ev_printf(l, "load of migration failed: %s", newer);
	}
	use_own_words(f, l->o->reg->release);
}
