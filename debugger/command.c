/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-impl.h"

#define MAX_LINE 8192

const struct command *const commands[] = {
#define X(name) &command_##name,
	COMMANDS_MOVE(X)
	COMMANDS_BREAK(X)
	COMMANDS_DATA(X)
	COMMANDS_INFO(X)
	COMMANDS_RULES(X)
	COMMANDS_SUPPORT(X)
#undef X
	NULL,
};

/* ---- finding a command ---- */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_';
}

/* The length of the name that @s begins with; "[" and "{" are names too. */
static size_t name_length(const char *s)
{
	size_t n = 0;

	if (*s && strchr("[]{}", *s))
		return 1;
	while (is_word(s[n]))
		n++;
	return n;
}

static bool has_alias(const struct command *c, const char *word, size_t n)
{
	const char *p = c->alias;

	while (p && *p) {
		size_t len = strcspn(p, " ");

		if (len == n && !strncmp(p, word, n))
			return true;
		p += len + (p[len] == ' ');
	}
	return false;
}

/*
 * The part of @c's name that stands where we look: behind @prefix's name, or
 * at the beginning; NULL if it is not one of those.
 */
static const char *own_part(const struct command *c,
			    const struct command *prefix)
{
	size_t n = prefix ? strlen(prefix->name) : 0;

	if (!prefix)
		return strchr(c->name, ' ') ? NULL : c->name;
	return !strncmp(c->name, prefix->name, n) && c->name[n] == ' ' ?
		c->name + n + 1 : NULL;
}

struct search {
	const struct command *found;
	unsigned n;
	char names[300];	/* of all that could be meant */
};

static struct search search(const struct command *prefix, const char *word,
			    size_t len)
{
	struct search r = { NULL, 0, "" };
	size_t pos = 0;

	for (size_t i = 0; commands[i]; i++) {
		const struct command *c = commands[i];
		const char *part = own_part(c, prefix);

		if (!part)
			continue;
		if ((!strncmp(part, word, len) && !part[len]) ||
		    has_alias(c, word, len)) {
			r.found = c;
			r.n = 1;
			return r;
		}
		if (strncmp(part, word, len) || c->flags & CMD_HIDDEN)
			continue;
		r.found = c;
		r.n++;
		if (pos < sizeof(r.names))
			pos += (size_t)snprintf(r.names + pos,
				sizeof(r.names) - pos, "%s%s", pos ? ", " : "",
				part);
	}
	return r;
}

static const char *skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

static const struct command *find_below(const struct command *prefix,
					const char *line, const char **args,
					struct err *err)
{
	size_t n = name_length(line);
	struct search r;

	if (!n)
		return prefix;
	r = search(prefix, line, n);
	if (r.n > 1) {
		err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			"'%s %.*s' is ambiguous: %s", prefix->name, (int)n,
			line, r.names);
		return NULL;
	}
	if (!r.n)
		return prefix;
	*args = skip_blanks(line + n);
	return r.found;
}

const struct command *command_find(const char *line, const char **args,
				   struct err *err)
{
	size_t n;
	struct search r;

	line = skip_blanks(line);
	n = name_length(line);
	r = search(NULL, line, n);
	if (!n || !r.n) {
		err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			"no command '%.*s' ('help' lists them)",
			(int)(n ? n : strcspn(line, " ")), line);
		return NULL;
	}
	if (r.n > 1) {
		err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			"'%.*s' is ambiguous: %s", (int)n, line, r.names);
		return NULL;
	}
	*args = skip_blanks(line + n);
	if (r.found->flags & CMD_PREFIX)
		return find_below(r.found, *args, args, err);
	return r.found;
}

/* ---- the interpreter ---- */

struct interp *interp_new(void)
{
	struct interp *in = calloc(1, sizeof(*in));

	if (!in)
		abort();
	in->list_at = EVENT_NONE;
	return in;
}

static void macro_clear(struct macro *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->lines[i]);
	free(m->lines);
	m->lines = NULL;
	m->n = m->cap = 0;
}

void interp_free(struct interp *in)
{
	for (size_t i = 0; i < in->nmacros; i++) {
		macro_clear(&in->macros[i]);
		free(in->macros[i].name);
		free(in->macros[i].doc);
	}
	free(in->macros);
	free(in->last);
	free(in);
}

void session_set_host(struct session *s, const struct host *host)
{
	s->interp->host = *host;
}

void command_origin(struct session *s, const char *file, unsigned line)
{
	s->interp->file = file;
	s->interp->line = line;
}

bool command_is_open(const struct session *s)
{
	return s->interp->open != NULL;
}

static void report(struct session *s, struct out *out, const struct err *err)
{
	if (s->interp->file)
		out_error(out, "%s:%u: %s", s->interp->file, s->interp->line,
			  err->msg);
	else
		out_error(out, "%s", err->msg);
}

static char *copy(const char *s)
{
	char *p = strdup(s);

	if (!p)
		abort();
	return p;
}

/* ---- user-defined commands ---- */

struct macro *macro_find(const struct session *s, const char *name)
{
	for (size_t i = 0; i < s->interp->nmacros; i++) {
		if (!strcmp(s->interp->macros[i].name, name))
			return &s->interp->macros[i];
	}
	return NULL;
}

void macro_open(struct session *s, const char *name, bool doc)
{
	struct interp *in = s->interp;
	struct macro *m = macro_find(s, name);

	if (!m) {
		in->macros = grow_array(in->macros, &in->macros_cap,
					in->nmacros + 1, sizeof(*m));
		m = &in->macros[in->nmacros++];
		*m = (struct macro){ .name = copy(name) };
	}
	if (doc) {
		free(m->doc);
		m->doc = copy("");
	} else {
		macro_clear(m);
	}
	in->open = m;
	in->open_is_doc = doc;
}

static void macro_take(struct interp *in, const char *line)
{
	struct macro *m = in->open;

	if (!strcmp(line, "end")) {
		in->open = NULL;
	} else if (in->open_is_doc) {
		char *doc;

		if (asprintf(&doc, "%s%s%s", m->doc, *m->doc ? "\n" : "",
			     line) < 0)
			abort();
		free(m->doc);
		m->doc = doc;
	} else {
		m->lines = grow_array(m->lines, &m->cap, m->n + 1,
				      sizeof(*m->lines));
		m->lines[m->n++] = copy(line);
	}
}

struct macro_args {
	char words[10][256];
	unsigned n;
	const char *all;
};

/* Put $argc, $arg0 ... $arg9 and $args in. */
static void expand(char *buf, size_t size, const char *line,
		   const struct macro_args *a)
{
	size_t n = 0;

	while (*line && n + 1 < size) {
		const char *value = NULL;
		char count[16];

		snprintf(count, sizeof(count), "%u", a->n);
		if (!strncmp(line, "$args", 5)) {
			value = a->all;
			line += 5;
		} else if (!strncmp(line, "$argc", 5)) {
			value = count;
			line += 5;
		} else if (!strncmp(line, "$arg", 4) &&
			   isdigit((unsigned char)line[4])) {
			value = a->words[line[4] - '0'];
			line += 5;
		}
		if (value)
			n += (size_t)snprintf(buf + n, size - n, "%s", value);
		else
			buf[n++] = *line++;
	}
	buf[n < size ? n : size - 1] = '\0';
}

static int deeper(struct session *s, struct err *err)
{
	if (s->interp->depth >= MAX_SCRIPT_DEPTH)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET, "commands nest "
			       "more than %d deep", MAX_SCRIPT_DEPTH);
	s->interp->depth++;
	return 0;
}

static int run_macro(struct session *s, const char *name, const char *args,
		     struct out *out, struct err *err)
{
	struct macro_args a = { .all = args };
	char line[MAX_LINE];
	int ret = 0;

	while (a.n < 10 && next_word(&args, a.words[a.n], sizeof(a.words[0])))
		a.n++;
	if (deeper(s, err) < 0)
		return -1;
	/* by name and number each time: a command may define anew */
	for (size_t i = 0; !ret && !s->quit; i++) {
		const struct macro *m = macro_find(s, name);

		if (i >= m->n)
			break;
		expand(line, sizeof(line), m->lines[i], &a);
		ret = command_line(s, line, false, out);
	}
	s->interp->depth--;
	err->msg[0] = '\0';	/* the line has told */
	return ret;
}

/* ---- pipes ---- */

/* " | " outside of quotes, or NULL. */
static char *find_pipe(char *line)
{
	char quote = '\0';

	for (char *p = line; *p; p++) {
		if (quote)
			quote = *p == quote ? '\0' : quote;
		else if (*p == '"' || *p == '\'')
			quote = *p;
		else if (*p == '|' && p > line && isspace((unsigned char)p[-1]))
			return p;
	}
	return NULL;
}

static int run_piped(struct session *s, const char *line, const char *shell,
		     struct err *err)
{
	const struct host *h = &s->interp->host;
	struct out *o;
	int ret;

	shell = skip_blanks(shell);
	if (!*shell)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "a shell command is missing behind '|'");
	if (!h->pipe_open)
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET,
			       "there are no pipes here");
	o = h->pipe_open(h->ctx, shell);
	if (!o)
		return err_set(err, ERR_IO, ERR_NO_OFFSET,
			       "cannot run '%s'", shell);
	ret = command_line(s, line, false, o);
	h->pipe_close(h->ctx, o);
	err->msg[0] = '\0';
	return ret;
}

/* ---- lines ---- */

static int run_shell(struct session *s, const char *what, struct err *err)
{
	const struct host *h = &s->interp->host;

	if (!h->shell)
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET,
			       "there is no shell here");
	return h->shell(h->ctx, skip_blanks(what)) < 0 ?
		err_set(err, ERR_IO, ERR_NO_OFFSET, "cannot run a shell") : 0;
}

static void remember(struct session *s, const struct command *c,
		     const char *line)
{
	struct interp *in = s->interp;

	free(in->last);
	in->last = NULL;
	if (c && c->flags & CMD_REPEATS)
		in->last = copy(c->flags & CMD_FRESH ? c->name : line);
}

/* @line is ours to cut up. */
static int run_command(struct session *s, char *line, bool interactive,
		       struct out *out, struct err *err)
{
	const struct command *c;
	const char *args;
	char name[256], *pipe;
	size_t n = name_length(line);
	int ret;

	snprintf(name, sizeof(name), "%.*s", (int)n, line);
	if (n && n < sizeof(name) && macro_find(s, name))
		return run_macro(s, name, skip_blanks(line + n), out, err);
	c = command_find(line, &args, err);
	if (!c)
		return -1;
	pipe = c->flags & (CMD_EXPR | CMD_RAW) ? NULL : find_pipe(line);
	if (pipe) {
		*pipe = '\0';
		return run_piped(s, line, pipe + 1, err);
	}
	if (interactive)
		remember(s, c, line);
	ret = c->run(s, c, args, out, err);
	if (ret < 0 && interactive)
		remember(s, NULL, NULL);
	return ret;
}

static void trim(char *line)
{
	size_t n = strlen(line);

	while (n && isspace((unsigned char)line[n - 1]))
		line[--n] = '\0';
}

int command_line(struct session *s, const char *line, bool interactive,
		 struct out *out)
{
	struct interp *in = s->interp;
	struct err err = { .msg = "" };
	char buf[MAX_LINE];
	int ret;

	line = skip_blanks(line);
	if (!*line && interactive && !in->open && in->last)
		line = in->last;
	if (strlen(line) >= sizeof(buf)) {
		err_set(&err, ERR_LIMIT, ERR_NO_OFFSET,
			"a line of more than %d characters", MAX_LINE - 1);
		report(s, out, &err);
		return -1;
	}
	strcpy(buf, line);
	trim(buf);
	if (in->open) {
		macro_take(in, buf);
		return 0;
	}
	if (!*buf || *buf == '#')
		return 0;
	if (*buf == '!')
		ret = run_shell(s, buf + 1, &err);
	else
		ret = run_command(s, buf, interactive, out, &err);
	if (ret < 0 && *err.msg)
		report(s, out, &err);
	return ret;
}

static int read_lines(struct session *s, FILE *f, const char *path,
		      struct out *out)
{
	char *line = NULL;
	size_t cap = 0;
	unsigned n = 0;
	int ret = 0;

	while (!s->quit && !ret && getline(&line, &cap, f) >= 0) {
		command_origin(s, path, ++n);
		ret = command_line(s, line, false, out);
	}
	free(line);
	return ret;
}

int command_file(struct session *s, const char *path, struct out *out)
{
	struct interp *in = s->interp;
	const char *file = in->file;
	unsigned line = in->line;
	bool is_stdin = !strcmp(path, "-");
	struct err err = { .msg = "" };
	FILE *f = is_stdin ? stdin : fopen(path, "r");
	int ret = -1;

	if (!f)
		err_set(&err, ERR_IO, ERR_NO_OFFSET, "%s: %m", path);
	else if (!deeper(s, &err)) {
		ret = read_lines(s, f, is_stdin ? "stdin" : path, out);
		in->depth--;
		if (in->open && !ret) {
			err_set(&err, ERR_USAGE, ERR_NO_OFFSET, "'define %s' "
				"has no 'end'", in->open->name);
			in->open = NULL;
			ret = -1;
		}
	}
	if (*err.msg)
		report(s, out, &err);
	in->file = file;
	in->line = line;
	if (f && !is_stdin)
		fclose(f);
	return ret;
}

/* ---- arguments ---- */

bool next_word(const char **args, char *buf, size_t size)
{
	const char *p = skip_blanks(*args);
	char quote = '\0';
	size_t n = 0;

	if (!*p)
		return false;
	for (; *p && (quote || !isspace((unsigned char)*p)); p++) {
		if (quote ? *p == quote : *p == '"' || *p == '\'')
			quote = quote ? '\0' : *p;
		else if (n + 1 < size)
			buf[n++] = *p;
	}
	buf[n] = '\0';
	*args = skip_blanks(p);
	return true;
}

int parse_count(const char *args, uint64_t dflt, uint64_t *ret,
		struct err *err)
{
	char *end;

	*ret = dflt;
	if (!*args)
		return 0;
	*ret = strtoull(args, &end, 0);
	if (*end || !isdigit((unsigned char)*args))
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "'%s' is no count", args);
	return 0;
}

int no_args(const struct command *self, const char *args, struct err *err)
{
	return *args ? err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "%s takes no arguments", self->name) : 0;
}

int usage(const struct command *self, struct err *err)
{
	return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "usage: %s%s%s",
		       self->name, self->args ? " " : "",
		       self->args ? self->args : "");
}
