/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compare: the source beside another snapshot, and going from one change to
 * the next.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-impl.h"
#include "compare.h"

#define MAX_PATTERNS 64

/* Bytes of the source, and what stands in their place in the other. */
struct changed {
	uint64_t from, to;	/* [from, to) */
	uint64_t other;		/* offset of the first one's; ALONE: none */
};

#define ALONE UINT64_MAX

struct session_compare {
	struct account *other;
	struct comparison *c;
	size_t *shown;		/* into c->v, those that are not ignored */
	size_t nshown;
	struct changed *bytes;	/* by .from */
	size_t nbytes;
	uint32_t *events;	/* of those shown, in load .generation */
	unsigned generation;
};

void session_compare_end(struct session *s)
{
	if (!s->compare)
		return;
	comparison_close(s->compare->c);
	account_close(s->compare->other);
	free(s->compare->shown);
	free(s->compare->bytes);
	free(s->compare->events);
	free(s->compare);
	s->compare = NULL;
}

/* Our event of a difference: where its bytes are, or would be. */
static uint32_t event_of(const struct session *s, const struct difference *d)
{
	const struct comparison *c = s->compare->c;
	const struct difference_side *a = &d->side[SIDE_A];
	uint32_t i = EVENT_NONE;

	if (!a->there)
		return EVENT_NONE;
	if (c->t[SIDE_A] == session_source(s))
		i = session_dest_event(s, a->event);
	return i != EVENT_NONE ? i : timeline_at(s->t, a->off);
}

/* ---- what views ask ---- */

static int by_place(const void *a, const void *b)
{
	const struct changed *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

/* Once, so that a view finds a byte without looking at all changes. */
static void index_changes(struct session_compare *k)
{
	const struct comparison *c = k->c;

	k->shown = malloc((c->n + 1) * sizeof(*k->shown));
	k->bytes = malloc((c->n + 1) * sizeof(*k->bytes));
	k->events = malloc((c->n + 1) * sizeof(*k->events));
	if (!k->shown || !k->bytes || !k->events)
		abort();
	for (size_t i = 0; i < c->n; i++) {
		const struct difference_side *a = &c->v[i].side[SIDE_A];
		const struct difference_side *b = &c->v[i].side[SIDE_B];

		if (c->v[i].ignored)
			continue;
		k->shown[k->nshown++] = i;
		if (a->there && a->len)
			k->bytes[k->nbytes++] = (struct changed){
				a->off, a->off + a->len, b->there &&
				b->len == a->len ? b->off : ALONE,
			};
	}
	qsort(k->bytes, k->nbytes, sizeof(*k->bytes), by_place);
}

const char *session_compared(const struct session *s)
{
	return s->compare ? s->compare->other->src->path : NULL;
}

size_t session_nchanged_pages(const struct session *s)
{
	return s->compare ? s->compare->c->ram_changed : 0;
}

size_t session_nchanges(const struct session *s)
{
	return s->compare ? s->compare->nshown : 0;
}

const struct difference *session_change(const struct session *s, size_t i)
{
	return &s->compare->c->v[s->compare->shown[i]];
}

uint32_t session_change_event(const struct session *s, size_t i)
{
	struct session_compare *k = s->compare;

	if (k->generation != s->generation) {
		k->generation = s->generation;
		for (size_t j = 0; j < k->nshown; j++)
			k->events[j] = event_of(s, session_change(s, j));
	}
	return k->events[i];
}

int session_compare(struct session *s, const char *path,
		    const struct compare_opts *opts, struct err *err)
{
	struct account *other;

	if (s->recording)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "a recording has "
			       "not all that is to be compared; open the stream");
	if (account_open(&other, path, DESC_FROM_SOURCE, NULL, err) < 0)
		return err_prefix(err, "%s", path);
	session_compare_end(s);
	s->compare = calloc(1, sizeof(*s->compare));
	if (!s->compare)
		abort();
	s->compare->other = other;
	s->compare->c = compare(s->source, other, NULL, opts);
	index_changes(s->compare);
	return 0;
}

bool session_byte_changed(const struct session *s, uint64_t off)
{
	const struct session_compare *k = s->compare;
	size_t lo = 0, hi = k ? k->nbytes : 0;
	const struct source *a, *b;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (k->bytes[mid].from <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || off >= k->bytes[lo - 1].to)
		return false;
	if (k->bytes[lo - 1].other == ALONE)
		return true;
	a = s->source->src;
	b = k->other->src;
	off -= k->bytes[lo - 1].from;
	return k->bytes[lo - 1].other + off >= b->len ||
		a->data[k->bytes[lo - 1].from + off] !=
		b->data[k->bytes[lo - 1].other + off];
}

/* ---- commands ---- */

static void put_side(const struct difference_side *v, const char *key,
		     struct out *o)
{
	if (!v->there) {
		out_string(o, key, NULL);
		return;
	}
	out_object(o, key);
	out_number(o, "offset", (int64_t)v->off);
	out_number(o, "size", (int64_t)v->len);
	out_string(o, "type", v->type);
	out_string(o, "value", v->value);
	out_close(o);
}

static const char *value_of(const struct difference_side *v)
{
	return !v->there ? "(none)" : v->value ? v->value : "";
}

static void show(struct session *s, const struct difference *d, struct out *o)
{
	uint32_t i = event_of(s, d);

	out_begin(o, "difference");
	out_string(o, "kind", difference_kind_name(d->kind));
	out_string(o, "what", difference_what_name(d->what));
	out_string(o, "path", d->path);
	out_string(o, "type", d->type);
	if (i != EVENT_NONE)
		out_number(o, "event", i);
	put_side(&d->side[SIDE_A], "a", o);
	put_side(&d->side[SIDE_B], "b", o);
	if (i == EVENT_NONE)
		out_cell(o, STYLE_NUMBER, -6, " ");
	else
		out_cell(o, STYLE_NUMBER, -6, "%" PRIu32, i);
	out_cell(o, d->kind == DIFFERENCE_CHANGED ? STYLE_WARN : STYLE_BAD, 8,
		 "%s", difference_kind_name(d->kind));
	out_text(o, STYLE_PATH, "%s", d->path);
	if (d->what != DIFFERENCE_FIELD)
		out_text(o, STYLE_DIM, "  %s", difference_what_name(d->what));
	if (d->kind == DIFFERENCE_CHANGED) {
		out_text(o, STYLE_SOURCE, "  %s", value_of(&d->side[SIDE_A]));
		out_text(o, STYLE_DIM, " -> ");
		out_text(o, STYLE_DEST, "%s", value_of(&d->side[SIDE_B]));
	}
	out_newline(o);
	out_end(o);
}

static void show_all(struct session *s, struct out *o)
{
	const struct comparison *c = s->compare->c;

	for (size_t i = comparison_next(c, 0, 1); i != SIZE_MAX && !o->stopped;
	     i = i + 1 < c->n ? comparison_next(c, i + 1, 1) : SIZE_MAX)
		show(s, &c->v[i], o);
	out_begin(o, "comparison");
	out_number(o, "differences", (int64_t)c->shown);
	out_number(o, "ignored", (int64_t)c->ignored);
	out_number(o, "ram_pages", (int64_t)c->ram_changed);
	out_line(o, "%zu difference%s, %zu ignored, %zu RAM page%s changed.",
		 c->shown, c->shown == 1 ? "" : "s", c->ignored,
		 c->ram_changed, c->ram_changed == 1 ? "" : "s");
	if (c->note)
		out_line(o, "%s", c->note);
	out_end(o);
}

struct words {
	char path[4096];
	const char *ignore[MAX_PATTERNS], *only[MAX_PATTERNS];
	struct compare_opts opts;
};

static int read_words(struct session *s, const struct command *self,
		      const char *args, struct words *w, struct err *err)
{
	char word[4096], value[1024];

	while (next_word(&args, word, sizeof(word))) {
		bool ignore = !strcmp(word, "--ignore");

		if (!strcmp(word, "--no-stock")) {
			w->opts.no_stock = true;
		} else if (ignore || !strcmp(word, "--only")) {
			size_t *n = ignore ? &w->opts.nignore : &w->opts.nonly;

			if (!next_word(&args, value, sizeof(value)) ||
			    *n >= MAX_PATTERNS)
				return usage(self, err);
			(ignore ? w->ignore : w->only)[(*n)++] =
				arena_strdup(&s->arena, value);
		} else if (*w->path) {
			return usage(self, err);
		} else {
			strcpy(w->path, word);
		}
	}
	w->opts.ignore = w->ignore;
	w->opts.only = w->only;
	w->opts.progress = &s->opts;
	return 0;
}

static int run_compare(struct session *s, const struct command *self,
		       const char *args, struct out *out, struct err *err)
{
	struct words w = { .path = "" };

	if (read_words(s, self, args, &w, err) < 0)
		return -1;
	if (!*w.path && !s->compare)
		return usage(self, err);
	if (*w.path && session_compare(s, w.path, &w.opts, err) < 0)
		return -1;
	show_all(s, out);
	return 0;
}

const struct command command_compare = {
	.name = "compare", .alias = "diff",
	.args = "[--ignore GLOB] [--only GLOB] [--no-stock] [FILE]",
	.help = "Show what differs between the source and another snapshot.",
	.more = "Both are read by their own descriptions; what always differs "
		"(timers, clocks, ring indices) is left out unless --no-stock "
		"is given. Without a file, the last comparison again; "
		"'next-change' goes through it.",
	.example = "tests/data/streams/10.0-pc-q35-7.2-vgpu4.mig.xz",
	.group = GROUP_DATA, .complete = complete_file, .run = run_compare,
};

static int run_change(struct session *s, const struct command *self,
		      const char *args, struct out *out, struct err *err)
{
	bool next = *self->name == 'n';
	const struct difference *found = NULL;
	uint32_t best = 0;

	if (no_args(self, args, err) < 0)
		return -1;
	if (!s->compare)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "nothing is compared yet ('compare FILE')");
	for (size_t i = 0; i < s->compare->c->n; i++) {
		const struct difference *d = &s->compare->c->v[i];
		uint32_t e = d->ignored ? EVENT_NONE : event_of(s, d);

		if (e == EVENT_NONE || (next ? e <= s->at : e >= s->at) ||
		    (found && (next ? e >= best : e <= best)))
			continue;
		found = d;
		best = e;
	}
	if (!found)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "no change %s "
			       "event %" PRIu32 " (of %zu in all, what only "
			       "the other has has no place here; %zu pages of "
			       "RAM differ)", next ? "behind" : "before",
			       s->at, s->compare->nshown,
			       s->compare->c->ram_changed);
	session_goto(s, best, true);
	command_show_stop(s, out);
	show(s, found, out);
	return 0;
}

const struct command command_next_change = {
	.name = "next-change", .help = "Go to the next change that compare found.",
	.example = "", .group = GROUP_MOVE, .flags = CMD_REPEATS | CMD_JUMP,
	.run = run_change,
};

const struct command command_previous_change = {
	.name = "previous-change",
	.help = "Go to the change before that compare found.",
	.example = "", .group = GROUP_MOVE, .flags = CMD_REPEATS | CMD_JUMP,
	.run = run_change,
};
