/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

#define PASSES 6
#define PARTS 64		/* a range is cut into so many in each pass */

struct points {
	uint64_t *at;
	size_t n, cap;
};

static void add(struct points *p, uint64_t at)
{
	p->at = grow_array(p->at, &p->cap, p->n + 1, sizeof(*p->at));
	p->at[p->n++] = at;
}

/* Somewhere in (after, at]: cut that up. */
static void add_range(struct points *p, uint64_t after, uint64_t at)
{
	uint64_t step = (at - after + PARTS - 1) / PARTS;

	for (uint64_t x = after + step; x < at; x += step)
		add(p, x);
	add(p, at);
}

/* Where the next pass has to stop; returns how many events are inexact. */
static size_t refine(const struct feed *f, struct points *p, bool *end_exact)
{
	uint64_t done = 0;
	size_t inexact = 0;

	for (size_t i = 0; i < f->nreal; i++) {
		const struct real_event *r = &f->real[i];

		if (r->at <= r->after + 1) {
			add(p, r->at);
			continue;
		}
		inexact += r->counts;
		if (r->at != done)
			add_range(p, r->after, r->at);
		done = r->at;
	}
	*end_exact = f->fed <= f->before + 1 || f->state == FEED_LOADED ||
		     f->state == FEED_HUNG;
	if (!*end_exact && f->fed != done)
		add_range(p, f->before, f->fed);
	return inexact;
}

/* Did two passes say the same things? */
static bool same(const struct feed *a, const struct feed *b)
{
	size_t i = 0, k = 0;

	for (;; i++, k++) {
		while (i < a->nreal && !a->real[i].counts)
			i++;
		while (k < b->nreal && !b->real[k].counts)
			k++;
		if (i == a->nreal || k == b->nreal)
			return i == a->nreal && k == b->nreal;
		if (strcmp(a->real[i].text, b->real[k].text))
			return false;
	}
}

static int one_pass(struct oracle *o, const struct feed_opts *opts,
		    const struct points *p, struct err *err)
{
	struct feed *f;

	if (feed_open(&f, opts, err) < 0)
		return -1;
	if (o->passes)
		feed_set_points(f, p->at, p->n);
	if (feed_finish(f, true, err) < 0) {
		feed_close(f);
		return -1;
	}
	spawn_kill(&f->child);
	o->passes++;
	o->steps += f->roundtrips;
	o->repeats &= !o->feed || same(o->feed, f);
	feed_close(o->feed);
	o->feed = f;
	return 0;
}

int oracle_run(struct oracle *o, const struct feed_opts *opts, struct err *err)
{
	int64_t began = now_ms();
	struct points p = { 0 };
	int r;

	*o = (struct oracle){ .repeats = true };
	do {
		r = one_pass(o, opts, &p, err);
		if (r < 0)
			break;
		p.n = 0;
		o->inexact = refine(o->feed, &p, &o->end_exact);
	} while ((o->inexact || !o->end_exact) && !opts->coarse &&
		 o->passes < PASSES);
	free(p.at);
	o->seconds = (double)(now_ms() - began) / 1000;
	if (r < 0)
		oracle_release(o);
	return r;
}

void oracle_release(struct oracle *o)
{
	feed_close(o->feed);
	o->feed = NULL;
}
