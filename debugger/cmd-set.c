/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * set and show: rules, assumptions, settings.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-impl.h"

/* Loading again may change the verdict: say so where it does. */
static void reload(struct session *s, struct out *out)
{
	enum verdict before = s->a->verdict;

	session_reload(s);
	out_begin(out, "reload");
	out_string(out, "before", verdict_name(before));
	out_string(out, "verdict", verdict_name(s->a->verdict));
	out_string(out, "rules", rules_name(s->rules));
	out_number(out, "event", s->at);
	if (before == s->a->verdict)
		out_line(out, "Loaded again: %s, as before.",
			 verdict_name(before));
	else
		out_line(out, "Loaded again: %s (it was: %s).",
			 verdict_name(s->a->verdict), verdict_name(before));
	out_end(out);
	command_show_stop(s, out);
}

static int need_load(const struct session *s, struct err *err)
{
	return s->recording ? err_set(err, ERR_USAGE, ERR_NO_OFFSET, "this is "
		"a recording: it cannot be loaded again, only looked at") : 0;
}

static int run_set_rules(struct session *s, const struct command *self,
			 const char *args, struct out *out, struct err *err)
{
	enum rules r;

	if (!*args)
		return usage(self, err);
	if (!rules_parse(args, &r))
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "no loader rules "
			       "'%s' ('info rules' lists them)", args);
	if (need_load(s, err) < 0)
		return -1;
	s->rules = r;
	reload(s, out);
	return 0;
}

const struct command command_set_rules = {
	.name = "set rules", .args = "RULES",
	.help = "Load again under other loader rules, and stand at the same place.",
	.example = "slash", .group = GROUP_RULES, .complete = complete_rules,
	.run = run_set_rules,
};

static int parse_assumption(const char *args, struct assumption *a, char *path,
			    size_t size, struct err *err)
{
	char what[64], *end;

	*a = (struct assumption){ .path = path };
	if (!next_word(&args, path, size) ||
	    !next_word(&args, what, sizeof(what)))
		return -1;
	if (!strcmp(what, "count")) {
		a->what = ASSUME_COUNT;
		errno = 0;
		a->count = strtoll(args, &end, 0);
		if (!*args || *end || errno || a->count < 0 ||
		    a->count > UINT32_MAX)
			return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
				       "'%s' is no count of elements", args);
		return 0;
	}
	a->what = strcmp(what, "absent") ? ASSUME_EXISTS : ASSUME_ABSENT;
	if (*args || (a->what == ASSUME_EXISTS && strcmp(what, "exists")))
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "a field is "
			       "assumed to be: exists, absent, or count N; not "
			       "'%s'", what);
	return 0;
}

/* A path that names nothing in any load would do nothing, silently. */
static bool names_something(const struct session *s, const char *path)
{
	struct locations l;
	struct err err;
	bool found = !location_find(s, path, &l, &err);

	locations_release(&l);
	return found || strpbrk(path, "*?");
}

/* The full name of what was named in short, if it is one field. */
static const char *whole_path(struct session *s, const char *path)
{
	char buf[2048];
	struct locations l;
	struct err err;
	const char *ret = arena_strdup(&s->arena, path);

	if (strpbrk(path, "*?:"))
		return ret;
	if (!location_find(s, path, &l, &err) && l.n == 1)
		ret = arena_strdup(&s->arena, session_path(s->t, l.events[0],
							   buf, sizeof(buf)));
	locations_release(&l);
	return ret;
}

static int run_set_assume(struct session *s, const struct command *self,
			  const char *args, struct out *out, struct err *err)
{
	struct assumption a;
	char path[2048];

	err->msg[0] = '\0';
	if (parse_assumption(args, &a, path, sizeof(path), err) < 0)
		return *err->msg ? -1 : usage(self, err);
	if (!names_something(s, path))
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "this load has no field '%s'", path);
	if (need_load(s, err) < 0)
		return -1;
	a.path = whole_path(s, path);
	s->assumptions = grow_array(s->assumptions, &s->assumptions_cap,
				    s->nassumptions + 1, sizeof(a));
	s->assumptions[s->nassumptions++] = a;
	reload(s, out);
	return 0;
}

const struct command command_set_assume = {
	.name = "set assume", .args = "PATH exists|absent|count N",
	.help = "Load again under an assumption about a field.",
	.more = "Where a condition in the emulator's code, or a number in its "
		"memory, decides and nobody told it. PATH is idstr/path or "
		"descriptor:field, with globs. 'info assumptions' lists, "
		"'unset assume' takes back.",
	.example = "* exists", .group = GROUP_RULES,
	.complete = complete_location, .run = run_set_assume,
};

static int run_unset_assume(struct session *s, const struct command *self,
			    const char *args, struct out *out, struct err *err)
{
	uint64_t number;

	(void)self;
	if (!strncmp(args, "assume", 6))
		args += 6 + strspn(args + 6, " ");
	if (parse_count(args, 0, &number, err) < 0)
		return -1;
	if (number > s->nassumptions)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "no assumption %" PRIu64, number);
	if (need_load(s, err) < 0)
		return -1;
	if (number)
		memmove(&s->assumptions[number - 1], &s->assumptions[number],
			(s->nassumptions - number) * sizeof(*s->assumptions));
	s->nassumptions = number ? s->nassumptions - 1 : 0;
	reload(s, out);
	return 0;
}

const struct command command_unset_assume = {
	.name = "unset", .alias = "unassume", .args = "[assume] [NUMBER]",
	.help = "Take an assumption back ('info assumptions'), or all of them.",
	.example = "", .group = GROUP_RULES, .run = run_unset_assume,
};

/* ---- settings ---- */

static int run_set(struct session *s, const struct command *self,
		   const char *args, struct out *out, struct err *err)
{
	const struct host *h = &s->interp->host;
	const struct setting_info *i;
	char name[128];

	(void)out;
	if (!next_word(&args, name, sizeof(name)))
		return usage(self, err);
	i = setting_find(name, err);
	if (!i || setting_set(&s->settings, i, args, err) < 0)
		return -1;
	if (h->changed)
		h->changed(h->ctx, s);
	return 0;
}

const struct command command_set = {
	.name = "set", .args = "SETTING VALUE",
	.help = "Change a setting ('show' lists them).",
	.example = "listsize 20", .group = GROUP_RULES, .flags = CMD_PREFIX,
	.complete = complete_setting, .run = run_set,
};

const struct command command_set_var = {
	.name = "set var", .args = "SETTING VALUE",
	.help = "The same as set, for settings called like another command.",
	.example = "listsize 20", .group = GROUP_RULES,
	.complete = complete_setting, .run = run_set,
};

static void show_setting(const struct session *s, const struct setting_info *i,
			 struct out *o)
{
	char buf[64];

	setting_get(&s->settings, i, buf, sizeof(buf));
	out_begin(o, "setting");
	out_string(o, "name", i->name);
	out_string(o, "value", buf);
	out_string(o, "help", i->help);
	out_cell(o, STYLE_KEY, 20, "%s", i->name);
	out_cell(o, STYLE_PLAIN, 8, "%s", buf);
	out_text(o, STYLE_DIM, "%s", i->help);
	out_newline(o);
	out_end(o);
}

static int run_show(struct session *s, const struct command *self,
		    const char *args, struct out *out, struct err *err)
{
	const struct setting_info *i;

	(void)self;
	if (!strcmp(args, "rules")) {
		out_line(out, "%s: %s", rules_name(s->rules),
			 rules_help(s->rules));
		return 0;
	}
	if (*args) {
		i = setting_find(args, err);
		if (!i)
			return -1;
		show_setting(s, i, out);
		return 0;
	}
	for (i = setting_infos; i->name; i++)
		show_setting(s, i, out);
	return 0;
}

const struct command command_show = {
	.name = "show", .args = "[SETTING]", .help = "Show the settings.",
	.example = "", .group = GROUP_RULES, .complete = complete_setting,
	.run = run_show,
};
