/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command.h - the command language: one table from which help, completion and
 * the manual are made, and the interpreter of its lines.
 *
 * The same lines come from a terminal, a script, standard input, a key of the
 * screen.  Names may be abbreviated as in gdb: an alias or a full name wins,
 * then a beginning that only one command has.
 */
#ifndef VMSDB_COMMAND_H
#define VMSDB_COMMAND_H

#include "out.h"
#include "session.h"

enum command_flag {
	CMD_REPEATS = 0x01,	/* an empty line does it again */
	CMD_FRESH = 0x02,	/* ... but without its arguments (list, x) */
	CMD_EXPR = 0x04,	/* "|" belongs to its argument, not to a pipe */
	CMD_RAW = 0x08,		/* ... as does everything (shell, echo) */
	CMD_PREFIX = 0x10,	/* only the first word of others ("info") */
	CMD_JUMP = 0x20,	/* moves to another place */
	CMD_HIDDEN = 0x40,	/* a second name; not listed */
};

/* Groups, in the order of help and manual. */
#define COMMAND_GROUPS(X) \
	X(MOVE, "running", "Moving in time") \
	X(BREAK, "breakpoints", "Stopping at places") \
	X(DATA, "data", "Looking at state") \
	X(INFO, "status", "What is known") \
	X(RULES, "rules", "Changing the load") \
	X(SUPPORT, "support", "The session")

enum command_group {
#define X(id, name, help) GROUP_##id,
	COMMAND_GROUPS(X)
#undef X
};

/* Words that may stand next; filled by complete(). */
struct completion {
	struct session *s;
	const char *word;	/* what has been typed of it */
	char **words;		/* malloc'd, like each of them */
	size_t n, cap;
	bool files;		/* and names of files */
	bool partial;		/* a word may go on: no blank behind it */
};

/* Add @text if it begins with the word typed. */
void completion_add(struct completion *c, const char *text);

struct command {
	const char *name;	/* "step", "info sections" */
	const char *alias;	/* "s", or several: "s si" */
	const char *args;	/* "[COUNT]", or NULL */
	const char *help;	/* one sentence */
	const char *more;	/* paragraphs, or NULL */
	const char *example;	/* arguments with which a test runs it, or NULL */
	enum command_group group;
	unsigned flags;
	void (*complete)(struct completion *c);
	/* @args has no blanks around it; "" if there are none. */
	int (*run)(struct session *s, const struct command *self,
		   const char *args, struct out *out, struct err *err);
};

/* All of them in the order of help, ended by NULL. */
extern const struct command *const commands[];

/*
 * The command that @line begins with; *@args is what follows.  NULL with @err
 * if there is none or several.
 */
const struct command *command_find(const char *line, const char **args,
				   struct err *err);

/*
 * What only the program around can do.  Every member may be NULL: then the
 * command says that it cannot be done here.
 */
struct host {
	void *ctx;
	/* "shell": run it on the user's terminal. */
	int (*shell)(void *ctx, const char *command);
	/* A writer into a shell command's standard input, and its end. */
	struct out *(*pipe_open)(void *ctx, const char *command);
	int (*pipe_close)(void *ctx, struct out *o);
	/* A setting has changed. */
	void (*changed)(void *ctx, const struct session *s);
	/* "save-screen FILE": the screen's own. */
	int (*save_screen)(void *ctx, const char *path, struct err *err);
};

void session_set_host(struct session *s, const struct host *host);

/*
 * Do one line: comments, "|", "!", user-defined commands, and what an empty
 * line repeats (only if @interactive).  Errors are written to @out.  Returns 0
 * or -1.
 */
int command_line(struct session *s, const char *line, bool interactive,
		 struct out *out);

/* The lines of a file; "-" is standard input.  Stops as exit-on-error says. */
int command_file(struct session *s, const char *path, struct out *out);

/* Where lines come from, for messages: NULL and 0 on a terminal. */
void command_origin(struct session *s, const char *file, unsigned line);

/* In the middle of a "define": a prompt should say so, until "end". */
bool command_is_open(const struct session *s);

/*
 * Completions of the last word of @line; free with completion_release().
 * Returns the offset of that word.
 */
size_t command_complete(struct session *s, const char *line,
			struct completion *ret);
void completion_release(struct completion *c);

/* "[4]", "[nirq]", "[]" of unknown length, or "": how many elements it has. */
void show_count(const struct desc_field *f, char *buf, size_t size);

/* How a stop is told: the current event, with the displays. */
void command_show_stop(struct session *s, struct out *out);

/* The list of commands as mdoc, for the manual. */
void command_dump_mdoc(struct out *out);

#endif
