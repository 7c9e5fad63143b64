/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * help, scripts, the shell: the session itself.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-impl.h"

static const struct {
	const char *name, *help;
} groups[] = {
#define X(id, name, help) { name, help },
	COMMAND_GROUPS(X)
#undef X
};

/* Help that is no command's; the manual has it too. */
static const struct topic {
	const char *name, *help, *text;
} topics[] = {
	{ "locations", "What a LOCATION can be.",
	  "idstr                  the section; globs; cpu#1 is instance 1\n"
	  "idstr/path.to.field    a field in it; globs\n"
	  "path.to.field          in this section, or anywhere\n"
	  "0xOFFSET               what reads this byte of the stream\n"
	  "descriptor:field       this field in every object of a descriptor\n"
	  "type:uint32            every leaf of a wire type\n"
	  "kind:footer            every event of a kind\n"
	  "subsection  struct     every one of them\n"
	  "divergence  failure    where the sides part; where the load fails\n"
	  "start  end  NUMBER     the first, the last, that event" },
	{ "conditions", "What may stand behind 'if'.",
	  "C's operators, 64-bit numbers, and these values of an event:\n"
	  "src dst                the value that the source wrote, and that\n"
	  "                       the destination reads\n"
	  "offset size version elements event depth\n"
	  "path name type section kind outcome     strings\n"
	  "Strings compare with == and !=, and with =~ to a glob. What an\n"
	  "event has not is unknown, and an unknown condition does not hold.\n"
	  "    break type:uint32 if dst > 0x1000 && path =~ \"*virtio*\"" },
	{ "marks", "The marks in listings.",
	  "=>    the current event\n"
	  "<>    not the same on both sides\n"
	  "xx    the destination refuses the stream" },
};

/* ---- help ---- */

static void show_short(const struct command *c, struct out *o)
{
	size_t n;

	out_begin(o, "command");
	out_string(o, "name", c->name);
	out_string(o, "alias", c->alias);
	out_string(o, "args", c->args);
	out_string(o, "help", c->help);
	out_cell(o, STYLE_KEY, 21, "%s", c->name);
	/* only what is shorter to type */
	n = c->alias ? strcspn(c->alias, " ") : 0;
	out_cell(o, STYLE_DIM, 4, "%.*s", n < 5 ? (int)n : 0,
		 c->alias ? c->alias : "");
	out_text(o, STYLE_PLAIN, "%s", c->help);
	out_newline(o);
	out_end(o);
}

static void show_group(enum command_group g, struct out *o)
{
	out_text(o, STYLE_HEAD, "%s (%s)", groups[g].help, groups[g].name);
	out_newline(o);
	for (size_t i = 0; commands[i] && !o->stopped; i++) {
		if (commands[i]->group == g &&
		    !(commands[i]->flags & CMD_HIDDEN))
			show_short(commands[i], o);
	}
}

/* Break a paragraph at blanks, at 76 columns. */
static void show_paragraph(const char *text, struct out *o)
{
	while (*text) {
		size_t n = strlen(text);

		if (n > 76) {
			for (n = 76; n && text[n] != ' '; n--)
				;
			n = n ? n : 76;
		}
		out_line(o, "%.*s", (int)n, text);
		text += n;
		text += strspn(text, " ");
	}
}

static void show_lines(const char *text, struct out *o)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		out_line(o, "%.*s", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void show_long(const struct command *c, struct out *o)
{
	out_begin(o, "command");
	out_string(o, "name", c->name);
	out_string(o, "alias", c->alias);
	out_string(o, "args", c->args);
	out_string(o, "help", c->help);
	out_string(o, "more", c->more);
	out_text(o, STYLE_KEY, "%s", c->name);
	out_text(o, STYLE_PLAIN, "%s%s", c->args ? " " : "",
		 c->args ? c->args : "");
	if (c->alias)
		out_text(o, STYLE_DIM, "   (also: %s)", c->alias);
	out_newline(o);
	show_paragraph(c->help, o);
	if (c->more)
		show_paragraph(c->more, o);
	out_end(o);
	for (size_t i = 0; c->flags & CMD_PREFIX && commands[i]; i++) {
		size_t n = strlen(c->name);

		if (!strncmp(commands[i]->name, c->name, n) &&
		    commands[i]->name[n] == ' ')
			show_short(commands[i], o);
	}
}

static void show_all(struct session *s, struct out *o)
{
	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++)
		show_group((enum command_group)g, o);
	out_text(o, STYLE_HEAD, "Topics");
	out_newline(o);
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
		out_line(o, "%-26s %s", topics[i].name, topics[i].help);
	for (size_t i = 0; i < s->interp->nmacros; i++)
		out_line(o, "%-26s user-defined", s->interp->macros[i].name);
	out_line(o, "Names may be abbreviated; an empty line repeats; "
		 "'help NAME' tells more.");
}

static int run_help(struct session *s, const struct command *self,
		    const char *args, struct out *out, struct err *err)
{
	const struct command *c;
	const struct macro *m;
	const char *rest;

	(void)self;
	if (!*args || !strcmp(args, "all")) {
		show_all(s, out);
		return 0;
	}
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
		if (!strcmp(topics[i].name, args) ||
		    (strlen(args) > 2 &&
		     !strncmp(topics[i].name, args, strlen(args)) &&
		     !command_find(args, &rest, err))) {
			show_lines(topics[i].text, out);
			return 0;
		}
	}
	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
		if (!strcmp(groups[g].name, args)) {
			show_group((enum command_group)g, out);
			return 0;
		}
	}
	m = macro_find(s, args);
	if (m) {
		out_line(out, "%s", m->doc ? m->doc : "User-defined.");
		for (size_t i = 0; i < m->n; i++)
			out_line(out, "    %s", m->lines[i]);
		return 0;
	}
	c = command_find(args, &rest, err);
	if (!c)
		return -1;
	if (*rest)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "no command '%s'", args);
	show_long(c, out);
	return 0;
}

const struct command command_help = {
	.name = "help", .alias = "h", .args = "[COMMAND|GROUP|TOPIC]",
	.help = "Tell about commands.", .example = "step",
	.group = GROUP_SUPPORT, .complete = complete_command, .run = run_help,
};

static int run_apropos(struct session *s, const struct command *self,
		       const char *args, struct out *out, struct err *err)
{
	size_t found = 0;

	(void)s;
	if (!*args)
		return usage(self, err);
	for (size_t i = 0; commands[i]; i++) {
		const struct command *c = commands[i];

		if (c->flags & CMD_HIDDEN)
			continue;
		if (!strcasestr(c->name, args) && !strcasestr(c->help, args) &&
		    !(c->more && strcasestr(c->more, args)))
			continue;
		show_short(c, out);
		found++;
	}
	if (!found)
		out_line(out, "No command is about '%s'.", args);
	return 0;
}

const struct command command_apropos = {
	.name = "apropos", .alias = "a", .args = "WORD",
	.help = "Find commands by what their help says.", .example = "back",
	.group = GROUP_SUPPORT, .run = run_apropos,
};

/* ---- scripts ---- */

static int run_source(struct session *s, const struct command *self,
		      const char *args, struct out *out, struct err *err)
{
	char path[4096];
	int ret;

	if (!next_word(&args, path, sizeof(path)) || *args)
		return usage(self, err);
	ret = command_file(s, path, out);
	err->msg[0] = '\0';	/* it has told where and what */
	return ret;
}

const struct command command_source = {
	.name = "source", .args = "FILE", .help = "Run commands from a file.",
	.more = "It ends at the first command that fails.",
	.example = "/dev/null", .group = GROUP_SUPPORT,
	.complete = complete_file, .run = run_source,
};

static int run_define(struct session *s, const struct command *self,
		      const char *args, struct out *out, struct err *err)
{
	bool doc = !strcmp(self->name, "document");

	(void)out;
	for (const char *p = args; *p; p++) {
		if (!isalnum((unsigned char)*p) && *p != '-' && *p != '_')
			return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "a "
				"command's name is of letters, digits, - and _");
	}
	if (!*args)
		return usage(self, err);
	if (doc && !macro_find(s, args))
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "no user-defined command '%s'", args);
	for (size_t i = 0; commands[i]; i++) {
		if (!strcmp(commands[i]->name, args))
			return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
				       "'%s' is a command already", args);
	}
	macro_open(s, args, doc);
	return 0;
}

const struct command command_define = {
	.name = "define", .args = "NAME",
	.help = "Make a command of the lines up to 'end'.",
	.more = "$arg0 to $arg9, $args and $argc stand for its arguments.",
	.example = "made-by-test", .group = GROUP_SUPPORT, .run = run_define,
};

const struct command command_document = {
	.name = "document", .args = "NAME",
	.help = "Take the lines up to 'end' as a user-defined command's help.",
	.example = "made-by-test", .group = GROUP_SUPPORT, .run = run_define,
};

static int run_echo(struct session *s, const struct command *self,
		    const char *args, struct out *out, struct err *err)
{
	(void)s;
	(void)self;
	(void)err;
	out_line(out, "%s", args);
	return 0;
}

const struct command command_echo = {
	.name = "echo", .args = "[TEXT]", .help = "Print a line of text.",
	.example = "text", .group = GROUP_SUPPORT, .flags = CMD_RAW,
	.run = run_echo,
};

/* ---- the world outside ---- */

static int run_shell(struct session *s, const struct command *self,
		     const char *args, struct out *out, struct err *err)
{
	const struct host *h = &s->interp->host;

	(void)self;
	(void)out;
	if (!h->shell)
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET,
			       "there is no shell here");
	return h->shell(h->ctx, args) < 0 ?
		err_set(err, ERR_IO, ERR_NO_OFFSET, "cannot run a shell: %m") :
		0;
}

const struct command command_shell = {
	.name = "shell", .args = "[COMMAND]",
	.help = "Run a shell command; without one, a shell. '!' does the same.",
	.example = "true", .group = GROUP_SUPPORT, .flags = CMD_RAW,
	.run = run_shell,
};

static int run_pipe(struct session *s, const struct command *self,
		    const char *args, struct out *out, struct err *err)
{
	const struct host *h = &s->interp->host;
	const char *bar = strstr(args, " | ");
	struct out *o;
	char line[4096];
	int ret;

	(void)out;
	if (!bar)
		return usage(self, err);
	if (!h->pipe_open)
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET,
			       "there are no pipes here");
	snprintf(line, sizeof(line), "%.*s", (int)(bar - args), args);
	o = h->pipe_open(h->ctx, bar + 3);
	if (!o)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "cannot run '%s'",
			       bar + 3);
	ret = command_line(s, line, false, o);
	h->pipe_close(h->ctx, o);
	err->msg[0] = '\0';
	return ret;
}

const struct command command_pipe = {
	.name = "pipe", .args = "COMMAND | SHELL-COMMAND",
	.help = "Send what a command prints into a shell command.",
	.more = "'COMMAND | SHELL-COMMAND' alone does the same, except where "
		"'|' may be an operator (break, watch, print).",
	.example = "info rules | cat", .group = GROUP_SUPPORT,
	.flags = CMD_RAW, .complete = complete_command, .run = run_pipe,
};

static int run_record(struct session *s, const struct command *self,
		      const char *args, struct out *out, struct err *err)
{
	bool with_ram = false, scrub = false;
	char word[4096], path[4096] = "";

	while (next_word(&args, word, sizeof(word))) {
		if (!strcmp(word, "--with-ram"))
			with_ram = true;
		else if (!strcmp(word, "--scrub"))
			scrub = true;
		else if (*path)
			return usage(self, err);
		else
			strcpy(path, word);
	}
	if (!*path)
		return usage(self, err);
	if (session_record(s, path, with_ram, scrub, err) < 0)
		return err_prefix(err, "%s", path);
	out_begin(out, "recorded");
	out_string(out, "file", path);
	out_line(out, "Recorded to %s; 'vmsdb %s' opens it.", path, path);
	out_end(out);
	return 0;
}

const struct command command_record = {
	.name = "record", .args = "[--scrub] [--with-ram] FILE",
	.help = "Save the whole session in one file, to be opened anywhere.",
	.more = "Breakpoints, displays and notes are in it. --scrub leaves the "
		"guest's data out, --with-ram keeps its memory pages.",
	.example = "hunt.vmsdb", .group = GROUP_SUPPORT,
	.complete = complete_file, .run = run_record,
};

static int run_save_screen(struct session *s, const struct command *self,
			   const char *args, struct out *out, struct err *err)
{
	const struct host *h = &s->interp->host;
	char path[4096];

	if (!next_word(&args, path, sizeof(path)) || *args)
		return usage(self, err);
	if (!h->save_screen)
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET,
			       "there is no screen to save (it needs the "
			       "full-screen debugger)");
	if (h->save_screen(h->ctx, path, err) < 0)
		return -1;
	out_line(out, "Saved to %s.", path);
	return 0;
}

const struct command command_save_screen = {
	.name = "save-screen", .args = "FILE",
	.help = "Save the screen as text, or in colour as .html or .svg.",
	.example = "/dev/null", .group = GROUP_SUPPORT,
	.complete = complete_file, .run = run_save_screen,
};

static int run_quit(struct session *s, const struct command *self,
		    const char *args, struct out *out, struct err *err)
{
	uint64_t status;

	(void)self;
	(void)out;
	if (parse_count(args, 0, &status, err) < 0)
		return -1;
	if (status > 255)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "an exit status is a number from 0 to 255");
	s->quit = true;
	s->has_quit_status = *args;
	s->quit_status = (int)status;
	return 0;
}

const struct command command_quit = {
	.name = "quit", .alias = "q exit", .args = "[STATUS]",
	.help = "End the session; in batch the status is the verdict's unless given.",
	.example = "3", .group = GROUP_SUPPORT, .run = run_quit,
};

/* ---- the manual ---- */

/* mdoc gives '.' and '\'' at the beginning of a line a meaning. */
static void mdoc_text(struct out *o, const char *s)
{
	char buf[4096];
	size_t n = 0;

	for (; *s && n + 4 < sizeof(buf); s++) {
		if (*s == '\\') {
			n += (size_t)snprintf(buf + n, sizeof(buf) - n, "\\e");
			continue;
		}
		/* a new sentence, a new line */
		if (*s == ' ' && n && buf[n - 1] == '.' &&
		    isupper((unsigned char)s[1])) {
			buf[n++] = '\n';
			continue;
		}
		if ((*s == '.' || *s == '\'') && (!n || buf[n - 1] == '\n'))
			n += (size_t)snprintf(buf + n, sizeof(buf) - n, "\\&");
		buf[n++] = *s;
	}
	buf[n] = '\0';
	show_lines(buf, o);
}

static void mdoc_command(const struct command *c, struct out *o)
{
	/* a macro's arguments: punctuation alone is none */
	out_line(o, ".It Ic %s%s%s", c->name, c->args ? " Ar " : "",
		 c->args ? c->args : "");
	if (c->alias) {
		char alias[64];
		const char *p = c->alias;

		out_line(o, ".Pq also :");
		while (next_word(&p, alias, sizeof(alias)))
			out_line(o, ".Ic %s%s", ispunct((unsigned char)*alias) ?
				 "\\&" : "", alias);
		out_line(o, ".br");
	}
	mdoc_text(o, c->help);
	if (c->more)
		mdoc_text(o, c->more);
}

void command_dump_mdoc(struct out *o)
{
	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
		out_line(o, ".Ss %s", groups[g].help);
		out_line(o, ".Bl -tag -width Ds");
		for (size_t i = 0; commands[i]; i++) {
			if (commands[i]->group == (enum command_group)g &&
			    !(commands[i]->flags & CMD_HIDDEN))
				mdoc_command(commands[i], o);
		}
		out_line(o, ".El");
	}
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
		out_line(o, ".Ss %s", topics[i].help);
		out_line(o, ".Bd -literal");
		show_lines(topics[i].text, o);
		out_line(o, ".Ed");
	}
	out_line(o, ".Ss Settings");
	out_line(o, ".Bl -tag -width Ds");
	for (const struct setting_info *i = setting_infos; i->name; i++) {
		out_line(o, ".It Ic %s", i->name);
		mdoc_text(o, i->help);
	}
	out_line(o, ".El");
}
