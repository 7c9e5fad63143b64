/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session's breakpoints, displays and notes, in a recording and back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-impl.h"
#include "live/real.h"

struct marks {
	struct recording_mark *v;
	size_t n, cap;
};

static void add(struct marks *m, const char *kind, uint32_t number,
		uint32_t event, const char *path, const char *text)
{
	m->v = grow_array(m->v, &m->cap, m->n + 1, sizeof(*m->v));
	m->v[m->n++] = (struct recording_mark){
		.kind = kind, .number = number, .event = event, .path = path,
		.text = text,
	};
}

/* As the command takes it: "LOCATION [VALUE] [if EXPR]". */
static const char *as_typed(struct arena *a, const struct breakpoint *b)
{
	char value[32] = "";

	if (b->has_value)
		snprintf(value, sizeof(value), " %lld", (long long)b->value);
	return arena_printf(a, "%s%s%s%s", b->location, value,
			    b->condition ? " if " : "",
			    b->condition ? b->condition : "");
}

static void collect(const struct session *s, struct arena *a, struct marks *m)
{
	add(m, "place", 0, s->at, "", "");
	for (size_t i = 0; i < s->breakpoints.n; i++) {
		const struct breakpoint *b = s->breakpoints.list[i];

		add(m, b->watch ? "watch" : b->temporary ? "tbreak" :
		    "breakpoint", b->number, EVENT_NONE, b->location,
		    as_typed(a, b));
	}
	for (size_t i = 0; i < s->ndisplays; i++)
		add(m, "display", s->displays[i].number, EVENT_NONE,
		    s->displays[i].path, s->displays[i].format);
	for (size_t i = 0; i < s->nremarks; i++) {
		add(m, "note", s->remarks[i].number, s->remarks[i].event,
		    s->remarks[i].path, s->remarks[i].text);
		m->v[m->n - 1].offset = s->remarks[i].offset;
	}
}

/* What a real destination has done up to here. */
static void collect_real(const struct session *s, struct arena *a,
			 struct marks *m)
{
	const struct feed *f = s->real->feed;
	struct recording_mark *v;
	size_t n;

	v = feed_marks(f, arena_printf(a, "the real destination: %s at byte 0x%"
		"llx%s%s", feed_state_name(f->state), (unsigned long long)f->fed,
		*f->why ? ": " : "", f->why), &n);
	m->v = grow_array(m->v, &m->cap, m->n + n, sizeof(*m->v));
	memcpy(m->v + m->n, v, n * sizeof(*v));
	m->n += n;
	free(v);
}

int session_record(struct session *s, const char *path, bool with_ram,
		   bool scrub, struct err *err)
{
	struct marks m = { 0 };
	struct recording_opts opts;
	struct arena a;
	int ret;

	arena_init(&a);
	collect(s, &a, &m);
	if (s->real)
		collect_real(s, &a, &m);
	opts = (struct recording_opts){
		.rules = s->rules, .with_ram = with_ram, .scrub = scrub,
		.marks = m.v, .nmarks = m.n, .progress = &s->opts,
		.members = { session_members(s, false),
			     session_members(s, true) },
	};
	ret = recording_save(path, s->source, s->dest, s->t, s->a, &opts, err);
	free(m.v);
	arena_release(&a);
	return ret;
}

/* ---- and back ---- */

static void restore_display(struct session *s, const struct recording_mark *m)
{
	s->displays = grow_array(s->displays, &s->displays_cap,
				 s->ndisplays + 1, sizeof(*s->displays));
	s->displays[s->ndisplays++] = (struct display){
		s->next_display++, true, arena_strdup(&s->arena, m->path),
		arena_strdup(&s->arena, m->text),
	};
}

static void restore_note(struct session *s, const struct recording_mark *m)
{
	if (m->event >= s->t->n)
		return;
	s->remarks = grow_array(s->remarks, &s->remarks_cap, s->nremarks + 1,
				sizeof(*s->remarks));
	s->remarks[s->nremarks++] = (struct remark){
		.number = s->next_remark++, .event = m->event,
		.offset = m->offset, .path = arena_strdup(&s->arena, m->path),
		.text = arena_strdup(&s->arena, m->text),
	};
}

void marks_restore(struct session *s)
{
	size_t n;
	const struct recording_mark *v = recording_marks(s->recording, &n);
	struct err err;

	for (size_t i = 0; i < n; i++) {
		struct recording_mark m = v[i];

		m.path = m.path ? m.path : "";
		m.text = m.text ? m.text : "";
		/* what does not fit any more is no reason not to open it */
		if (!strcmp(m.kind, "breakpoint") || !strcmp(m.kind, "watch") ||
		    !strcmp(m.kind, "tbreak"))
			(void)breakpoint_add(s, m.text, *m.kind == 'w',
					     *m.kind == 't', &err);
		else if (!strcmp(m.kind, "display"))
			restore_display(s, &m);
		else if (!strcmp(m.kind, "note"))
			restore_note(s, &m);
		else if (!strcmp(m.kind, "place") && m.event < s->t->n)
			s->at = m.event;
	}
}
