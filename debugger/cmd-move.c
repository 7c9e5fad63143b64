/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands that move in time.
 */
#include <stdio.h>
#include <string.h>

#include "command-impl.h"
#include "live/real.h"
#include "search.h"

static const char *const move_names[] = {
#define X(id, name) name,
	MOVES(X)
#undef X
};

static enum move move_named(const char *name)
{
	for (unsigned i = 0; i < sizeof(move_names) / sizeof(move_names[0]); i++) {
		if (!strcmp(move_names[i], name))
			return (enum move)i;
	}
	/* up and down are each other's twins */
	return strcmp(name, "reverse-up") ? MOVE_UP : MOVE_DOWN;
}

static bool is_forward(enum move move)
{
	return move == MOVE_STEP || move == MOVE_NEXT || move == MOVE_FINISH ||
		move == MOVE_CONTINUE;
}

static int stopped(struct session *s, const struct err *trouble,
		   struct out *out)
{
	if (trouble->code)
		out_error(out, "%s", trouble->msg);
	command_show_stop(s, out);
	return 0;
}

static int run_move(struct session *s, const struct command *self,
		    const char *args, struct out *out, struct err *err)
{
	enum move move = move_named(self->name);
	uint64_t count;
	uint64_t done;
	struct err trouble;

	if (parse_count(args, 1, &count, err) < 0)
		return -1;
	if (!count)
		return 0;
	if (s->real && is_forward(move))
		return real_move(s, move, count, EVENT_NONE, out, &trouble,
				 err) < 0 ? -1 : stopped(s, &trouble, out);
	done = session_move(s, move, count, &trouble);
	if (!done && (move == MOVE_UP || move == MOVE_DOWN))
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, move == MOVE_UP ?
			       "this is the outermost event" :
			       "nothing is inside this event");
	return stopped(s, &trouble, out);
}

#define MOVE(id, name_, alias_, help_)					\
	const struct command command_##id = {				\
		.name = name_, .alias = alias_, .args = "[COUNT]",	\
		.help = help_, .example = "2", .group = GROUP_MOVE,	\
		.flags = CMD_REPEATS, .run = run_move,			\
	}

MOVE(step, "step", "s si stepi",
     "Go to the next event, into structures and subsections.");
MOVE(next, "next", "n ni nexti",
     "Go to the next event, over whatever is inside this one.");
MOVE(finish, "finish", "fin",
     "Go to the first event behind the structure around this one.");
MOVE(up, "up", NULL, "Go to the event around this one.");
MOVE(down, "down", NULL, "Go to the first event inside this one.");
MOVE(continue, "continue", "c fg",
     "Run to the next breakpoint, divergence, failure, or the end.");
MOVE(reverse_step, "reverse-step", "rs rsi",
     "Go to the event before, into what lies there.");
MOVE(reverse_next, "reverse-next", "rn rni",
     "Go to the event before, over whatever is inside it.");
MOVE(reverse_finish, "reverse-finish", "rf",
     "Go back to the beginning of the structure around this event.");
MOVE(reverse_continue, "reverse-continue", "rc",
     "Run back to the breakpoint, divergence or failure before, or the start.");

const struct command command_reverse_up = {
	.name = "reverse-up", .args = "[COUNT]", .example = "1",
	.help = "Undo up: the same as down.", .group = GROUP_MOVE,
	.flags = CMD_REPEATS | CMD_HIDDEN, .run = run_move,
};

const struct command command_reverse_down = {
	.name = "reverse-down", .args = "[COUNT]", .example = "1",
	.help = "Undo down: the same as up.", .group = GROUP_MOVE,
	.flags = CMD_REPEATS | CMD_HIDDEN, .run = run_move,
};

static int run_run(struct session *s, const struct command *self,
		   const char *args, struct out *out, struct err *err)
{
	struct err trouble;

	if (no_args(self, args, err) < 0)
		return -1;
	if (s->real) {
		if (real_restart(s, err) < 0 ||
		    real_move(s, MOVE_CONTINUE, 1, EVENT_NONE, out, &trouble,
			      err) < 0)
			return -1;
		return stopped(s, &trouble, out);
	}
	session_goto(s, 0, true);
	session_move(s, MOVE_CONTINUE, 1, &trouble);
	return stopped(s, &trouble, out);
}

const struct command command_run = {
	.name = "run", .alias = "r", .example = "",
	.help = "Start over: continue from the beginning of the load.",
	.more = "A real destination ('drive') is ended, and started again.",
	.group = GROUP_MOVE, .run = run_run,
};

static int run_start(struct session *s, const struct command *self,
		     const char *args, struct out *out, struct err *err)
{
	if (no_args(self, args, err) < 0)
		return -1;
	session_goto(s, 0, true);
	s->stop = STOP_START;
	command_show_stop(s, out);
	return 0;
}

const struct command command_start = {
	.name = "start", .example = "",
	.help = "Go to the beginning of the load.",
	.group = GROUP_MOVE, .flags = CMD_JUMP, .run = run_start,
};

/* ---- to a place ---- */

static int run_until(struct session *s, const struct command *self,
		     const char *args, struct out *out, struct err *err)
{
	struct err trouble;
	uint32_t to;

	if (!*args)
		return usage(self, err);
	to = location_one(s, args, s->at, err);
	if (to == EVENT_NONE)
		return -1;
	if (to <= s->at)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "'%s' is not "
			       "ahead of event %u; 'goto' goes there", args,
			       s->at);
	if (s->real) {
		if (real_move(s, MOVE_STEP, 1, to, out, &trouble, err) < 0)
			return -1;
	} else {
		session_run_to(s, to, &trouble);
	}
	return stopped(s, &trouble, out);
}

const struct command command_until = {
	.name = "until", .alias = "u advance", .args = "LOCATION",
	.help = "Run to a location ahead, stopping at breakpoints on the way.",
	.example = "end", .group = GROUP_MOVE, .complete = complete_location,
	.run = run_until,
};

static int run_goto(struct session *s, const struct command *self,
		    const char *args, struct out *out, struct err *err)
{
	struct locations l;
	size_t i = 0;

	if (!*args)
		return usage(self, err);
	if (location_find(s, args, &l, err) < 0) {
		locations_release(&l);
		return -1;
	}
	/* of several the next one, as a search does */
	while (i < l.n && l.events[i] <= s->at)
		i++;
	if (i == l.n)
		i = 0;
	session_goto(s, l.events[i], true);
	command_show_stop(s, out);
	if (l.n > 1)
		out_line(out, "   (place %zu of %zu; again for the next)",
			 i + 1, l.n);
	locations_release(&l);
	return 0;
}

const struct command command_goto = {
	.name = "goto", .alias = "jump g", .args = "LOCATION",
	.help = "Stand at an event, an offset, a path, the end, the failure.",
	.more = "Nothing stops on the way. Where several events are meant, "
		"it goes to the next one behind the current event. 'back' "
		"returns.",
	.example = "end", .group = GROUP_MOVE, .flags = CMD_REPEATS | CMD_JUMP,
	.complete = complete_location, .run = run_goto,
};

static int run_back(struct session *s, const struct command *self,
		    const char *args, struct out *out, struct err *err)
{
	if (no_args(self, args, err) < 0)
		return -1;
	if (!s->nvisited)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "no jump to go back from");
	session_goto(s, s->visited[--s->nvisited], false);
	command_show_stop(s, out);
	return 0;
}

const struct command command_back = {
	.name = "back", .help = "Return to where the last jump started.",
	.group = GROUP_MOVE, .flags = CMD_REPEATS, .run = run_back,
};

static int run_frame(struct session *s, const struct command *self,
		     const char *args, struct out *out, struct err *err)
{
	if (no_args(self, args, err) < 0)
		return -1;
	command_show_stop(s, out);
	return 0;
}

const struct command command_frame = {
	.name = "frame", .alias = "f where-am-i",
	.help = "Show the current event again.", .example = "",
	.group = GROUP_MOVE, .run = run_frame,
};

/* ---- from one landmark to the next ---- */

static int run_landmark(struct session *s, const struct command *self,
			const char *args, struct out *out, struct err *err)
{
	int dir = *self->name == 'n' ? 1 : -1;
	bool notes = !strcmp(args, "all");
	size_t i = session_next_divergence(s, s->at, dir, notes);

	if (*args && !notes)
		return usage(self, err);
	if (i == SIZE_MAX)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "no divergence "
			       "%s event %u%s", dir > 0 ? "behind" : "before",
			       s->at, notes ? "" : " ('all' counts notes too)");
	session_goto(s, session_divergence_event(s, i), true);
	s->stop = STOP_DIVERGENCE;
	s->stop_number = (unsigned)i;
	command_show_stop(s, out);
	return 0;
}

const struct command command_next_divergence = {
	.name = "next-divergence", .alias = "]", .args = "[all]",
	.help = "Go to the next place where the two sides part.",
	.more = "With 'all', differences without consequence count too.",
	.example = "", .group = GROUP_MOVE, .flags = CMD_REPEATS | CMD_JUMP,
	.run = run_landmark,
};

const struct command command_previous_divergence = {
	.name = "previous-divergence", .alias = "[", .args = "[all]",
	.help = "Go to the place before where the two sides part.",
	.example = "", .group = GROUP_MOVE, .flags = CMD_REPEATS | CMD_JUMP,
	.run = run_landmark,
};

static int run_section(struct session *s, const struct command *self,
		       const char *args, struct out *out, struct err *err)
{
	int64_t dir = *self->name == 'n' ? 1 : -1;
	uint64_t count;

	if (parse_count(args, 1, &count, err) < 0)
		return -1;
	for (int64_t i = (int64_t)s->at + dir; i >= 0 && i < s->t->n; i += dir) {
		if (s->t->events[i].kind != EV_SECTION || --count)
			continue;
		session_goto(s, (uint32_t)i, true);
		command_show_stop(s, out);
		return 0;
	}
	return err_set(err, ERR_USAGE, ERR_NO_OFFSET, dir > 0 ?
		       "no such section behind this event" :
		       "no such section before this event");
}

const struct command command_next_section = {
	.name = "next-section", .alias = "}", .args = "[COUNT]",
	.help = "Go to the next section.", .example = "1",
	.group = GROUP_MOVE, .flags = CMD_REPEATS | CMD_JUMP,
	.run = run_section,
};

static int run_search(struct session *s, const struct command *self,
		      const char *args, struct out *out, struct err *err)
{
	bool forward = *self->name == 's';
	uint32_t i;

	if (!*args)
		return usage(self, err);
	i = search_load(s->t, s->at, args, forward);
	if (i == EVENT_NONE)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "no event has "
			       "'%s' in its name, type or text", args);
	if (forward == (i <= s->at))
		out_line(out, "   (search wrapped)");
	session_goto(s, i, true);
	command_show_stop(s, out);
	return 0;
}

const struct command command_search = {
	.name = "search", .alias = "forward-search", .args = "TEXT",
	.help = "Go to the next event with this in its name, type or text.",
	.more = "A text with / . * ? or [ is looked for in paths. The search "
		"ignores case and wraps around at the end.",
	.example = "uint32", .group = GROUP_MOVE,
	.flags = CMD_REPEATS | CMD_JUMP, .complete = complete_location,
	.run = run_search,
};

const struct command command_reverse_search = {
	.name = "reverse-search", .args = "TEXT",
	.help = "Go to the event before with this in its name, type or text.",
	.example = "uint32", .group = GROUP_MOVE,
	.flags = CMD_REPEATS | CMD_JUMP, .complete = complete_location,
	.run = run_search,
};

const struct command command_previous_section = {
	.name = "previous-section", .alias = "{", .args = "[COUNT]",
	.help = "Go to the section before, or to the beginning of this one.",
	.example = "1", .group = GROUP_MOVE, .flags = CMD_REPEATS | CMD_JUMP,
	.run = run_section,
};
