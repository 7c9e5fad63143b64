/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands about breakpoints, watches, displays and notes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-impl.h"

#define LOCATION_HELP \
	"'help locations' tells what a LOCATION can be, 'help conditions' " \
	"what may stand behind if."

static void tell_new(struct session *s, const struct breakpoint *b,
		     struct out *out)
{
	char path[2048];

	out_begin(out, "breakpoint");
	out_number(out, "number", b->number);
	out_string(out, "location", b->location);
	out_string(out, "condition", b->condition);
	out_number(out, "places", (int64_t)b->where.n);
	out_number(out, "event", b->where.events[0]);
	out_text(out, STYLE_PLAIN, "%s %u: ", b->watch ? "Watchpoint" :
		 b->temporary ? "Temporary breakpoint" : "Breakpoint",
		 b->number);
	session_path(s->t, b->where.events[0], path, sizeof(path));
	if (b->where.n == 1)
		out_text(out, STYLE_PATH, "event %u, %s", b->where.events[0],
			 path);
	else
		out_text(out, STYLE_PATH, "%s, %zu places", b->location,
			 b->where.n);
	if (b->condition)
		out_text(out, STYLE_PLAIN, " if %s", b->condition);
	out_newline(out);
	out_end(out);
}

static int run_break(struct session *s, const struct command *self,
		     const char *args, struct out *out, struct err *err)
{
	bool watch = *self->name == 'w';
	struct breakpoint *b;

	if (watch && !*args)
		return usage(self, err);
	b = breakpoint_add(s, args, watch, *self->name == 't', err);
	if (!b)
		return -1;
	tell_new(s, b, out);
	return 0;
}

const struct command command_break = {
	.name = "break", .alias = "b br", .args = "[LOCATION] [if EXPR]",
	.help = "Stop at a location; without one, at the current event.",
	.more = LOCATION_HELP, .example = "subsection if size > 4",
	.group = GROUP_BREAK, .flags = CMD_EXPR, .complete = complete_location,
	.run = run_break,
};

const struct command command_tbreak = {
	.name = "tbreak", .alias = "tb", .args = "[LOCATION] [if EXPR]",
	.help = "Stop at a location once.", .more = LOCATION_HELP,
	.example = "struct", .group = GROUP_BREAK, .flags = CMD_EXPR,
	.complete = complete_location, .run = run_break,
};

const struct command command_watch = {
	.name = "watch", .args = "PATH [VALUE] [if EXPR]",
	.help = "Stop where what the source wrote differs from what is read.",
	.more = "With a VALUE, stop where what is read differs from it. A PATH "
		"of a section or structure watches every value in it. "
		LOCATION_HELP,
	.example = "kind:field 1", .group = GROUP_BREAK, .flags = CMD_EXPR,
	.complete = complete_location, .run = run_break,
};

static struct breakpoint *take_number(struct session *s, const char **args,
				      struct err *err)
{
	struct breakpoint *b;
	char word[64], *end;
	unsigned long v;

	if (!next_word(args, word, sizeof(word))) {
		err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			"a breakpoint's number is missing");
		return NULL;
	}
	v = strtoul(word, &end, 10);
	b = *end || v > 1000000 ? NULL : breakpoint_find(s, (unsigned)v);
	if (!b)
		err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			"no breakpoint '%s' ('info breakpoints')", word);
	return b;
}

static int run_condition(struct session *s, const struct command *self,
			 const char *args, struct out *out, struct err *err)
{
	struct breakpoint *b = take_number(s, &args, err);

	(void)self;
	if (!b || breakpoint_condition(s, b, args, err) < 0)
		return -1;
	if (!*args)
		out_line(out, "Breakpoint %u now stops always.", b->number);
	return 0;
}

const struct command command_condition = {
	.name = "condition", .args = "NUMBER [EXPR]",
	.help = "Let a breakpoint stop only if EXPR holds.",
	.more = LOCATION_HELP, .example = "1 size == 4", .group = GROUP_BREAK,
	.flags = CMD_EXPR, .complete = complete_breakpoint,
	.run = run_condition,
};

enum change { DELETE, DISABLE, ENABLE };

static void change(struct session *s, struct breakpoint *b, enum change what)
{
	if (what == DELETE)
		breakpoint_delete(s, b);
	else
		b->enabled = what == ENABLE;
}

static int run_change(struct session *s, const struct command *self,
		      const char *args, struct out *out, struct err *err)
{
	enum change what = *self->name == 'e' ? ENABLE :
		self->name[1] == 'e' ? DELETE : DISABLE;
	size_t n = s->breakpoints.n;

	if (!*args) {
		for (size_t i = n; i--; )
			change(s, s->breakpoints.list[i], what);
		out_line(out, "%zu breakpoint%s %sd.", n, n == 1 ? "" : "s",
			 self->name);
		return 0;
	}
	while (*args) {
		struct breakpoint *b = take_number(s, &args, err);

		if (!b)
			return -1;
		change(s, b, what);
	}
	return 0;
}

const struct command command_delete = {
	.name = "delete", .alias = "d del clear", .args = "[NUMBER]...",
	.help = "Delete breakpoints and watchpoints; without numbers, all.",
	.example = "", .group = GROUP_BREAK, .complete = complete_breakpoint,
	.run = run_change,
};

const struct command command_disable = {
	.name = "disable", .alias = "dis", .args = "[NUMBER]...",
	.help = "Keep breakpoints from stopping; without numbers, all.",
	.example = "", .group = GROUP_BREAK, .complete = complete_breakpoint,
	.run = run_change,
};

const struct command command_enable = {
	.name = "enable", .alias = "en", .args = "[NUMBER]...",
	.help = "Let disabled breakpoints stop again; without numbers, all.",
	.example = "", .group = GROUP_BREAK, .complete = complete_breakpoint,
	.run = run_change,
};

static int run_ignore(struct session *s, const struct command *self,
		      const char *args, struct out *out, struct err *err)
{
	struct breakpoint *b;

	if (!*args)
		return usage(self, err);
	b = take_number(s, &args, err);
	if (!b || parse_count(args, 0, &b->ignore, err) < 0)
		return -1;
	out_line(out, "Breakpoint %u ignores the next %" PRIu64 " time%s.",
		 b->number, b->ignore, b->ignore == 1 ? "" : "s");
	return 0;
}

const struct command command_ignore = {
	.name = "ignore", .args = "NUMBER COUNT",
	.help = "Do not stop at a breakpoint the next COUNT times.",
	.example = "1 2", .group = GROUP_BREAK,
	.complete = complete_breakpoint, .run = run_ignore,
};

/* ---- displays ---- */

static int run_display(struct session *s, const struct command *self,
		       const char *args, struct out *out, struct err *err)
{
	const char *format = "";
	struct display *d;

	(void)self;
	if (!*args) {
		show_displays(s, out);
		return 0;
	}
	if (*args == '/') {
		size_t n = strcspn(args, " ");

		format = arena_printf(&s->arena, "%.*s", (int)n, args);
		args += n + strspn(args + n, " ");
	}
	if (check_display(s, args, err) < 0)
		return -1;
	s->displays = grow_array(s->displays, &s->displays_cap,
				 s->ndisplays + 1, sizeof(*d));
	d = &s->displays[s->ndisplays++];
	*d = (struct display){ s->next_display++, true,
			       arena_strdup(&s->arena, args), format };
	show_displays(s, out);
	return 0;
}

const struct command command_display = {
	.name = "display", .args = "[/FORMAT] [PATH|EXPR]",
	.help = "Print the value of a path at each stop.",
	.more = "FORMAT is print's. Without a path, show all displays now.",
	.example = "/x version", .group = GROUP_BREAK,
	.complete = complete_location, .run = run_display,
};

static int run_undisplay(struct session *s, const struct command *self,
			 const char *args, struct out *out, struct err *err)
{
	size_t kept = 0, before = s->ndisplays;
	uint64_t number;

	(void)self;
	if (parse_count(args, 0, &number, err) < 0)
		return -1;
	for (size_t i = 0; i < s->ndisplays; i++) {
		if (number && s->displays[i].number != number)
			s->displays[kept++] = s->displays[i];
	}
	s->ndisplays = kept;
	if (number && kept == before)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "no display %s ('info display')", args);
	if (!number)
		out_line(out, "%zu display%s deleted.", before,
			 before == 1 ? "" : "s");
	return 0;
}

const struct command command_undisplay = {
	.name = "undisplay", .args = "[NUMBER]",
	.help = "Delete a display; without a number, all.", .example = "",
	.group = GROUP_BREAK, .run = run_undisplay,
};

static int run_note(struct session *s, const struct command *self,
		    const char *args, struct out *out, struct err *err)
{
	struct remark *r;
	char path[2048];

	if (!*args)
		return usage(self, err);
	s->remarks = grow_array(s->remarks, &s->remarks_cap, s->nremarks + 1,
				sizeof(*r));
	r = &s->remarks[s->nremarks++];
	session_path(s->t, s->at, path, sizeof(path));
	*r = (struct remark){
		.number = s->next_remark++, .event = s->at,
		.offset = s->t->events[s->at].off,
		.path = arena_strdup(&s->arena, path),
		.text = arena_strdup(&s->arena, args),
	};
	out_line(out, "Note %u at event %" PRIu32 ".", r->number, s->at);
	return 0;
}

const struct command command_note = {
	.name = "note", .args = "TEXT",
	.help = "Write something down at the current event ('info notes').",
	.example = "here it starts", .group = GROUP_BREAK, .flags = CMD_RAW,
	.run = run_note,
};
