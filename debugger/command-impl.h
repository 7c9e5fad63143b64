/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command-impl.h - what session.c, command.c and the cmd-*.c share.
 */
#ifndef VMSDB_COMMAND_IMPL_H
#define VMSDB_COMMAND_IMPL_H

#include "command.h"
#include "move.h"

#define MAX_SCRIPT_DEPTH 32

/* "define NAME ... end" */
struct macro {
	char *name, *doc;
	char **lines;
	size_t n, cap;
};

struct interp {
	struct host host;
	struct macro *macros;
	size_t nmacros, macros_cap;
	/* The definition, or documentation, that is being read. */
	struct macro *open;
	bool open_is_doc;
	char *last;		/* what an empty line does; NULL nothing */
	const char *file;	/* where lines come from; NULL a terminal */
	unsigned line, depth;
	/* "list" and "x" go on where they stopped. */
	uint32_t list_at, list_event, list_next, list_first;
	uint64_t x_next, x_count;
	char x_format, x_unit;
};

/* load-impl.h has it too: the engine asks, and why tells. */
const struct assumption *assume_find(const struct load_opts *o,
				     const struct timeline *t, uint32_t parent,
				     const struct desc *d,
				     const struct desc_field *f, bool count);

struct interp *interp_new(void);
void interp_free(struct interp *in);

bool type_is_little(const char *type);
/* The number that a single leaf holds; false for all others. */
bool session_number(const struct timeline *t, uint32_t event, int64_t *ret);

/* Forget what "compare" found. */
void session_compare_end(struct session *s);

/* Breakpoints, displays, notes and the place of a recorded session. */
void marks_restore(struct session *s);

/* ---- arguments ---- */

/* The next word of *@args (quotes taken off) into @buf; false at the end. */
bool next_word(const char **args, char *buf, size_t size);
/* A count: absent is @dflt.  -1 with @err. */
int parse_count(const char *args, uint64_t dflt, uint64_t *ret,
		struct err *err);
int no_args(const struct command *self, const char *args, struct err *err);
int usage(const struct command *self, struct err *err);

/* Who told a fact (enum desc_from), as words of a sentence. */
const char *teller(unsigned from);

/* ---- records that several commands write ---- */

/* The keys of an event: number, kind, outcome, offset, size, path ... */
void put_event(struct session *s, uint32_t event, struct out *o);
/* Its value on both sides, as keys. */
void put_values(struct session *s, uint32_t event, struct out *o);
/* One line for people: offset, path, kind, value. */
void line_event(struct session *s, uint32_t event, struct out *o);
void show_displays(struct session *s, struct out *o);
/* Inside a record: what a real destination has in its memory there. */
void show_memory(struct session *s, uint32_t event, struct out *o);
/* -1 with @err if @text is neither a place nor an expression. */
int check_display(struct session *s, const char *text, struct err *err);

struct macro *macro_find(const struct session *s, const char *name);
/* Read lines until "end" into @m (its documentation if @doc). */
void macro_open(struct session *s, const char *name, bool doc);

/* ---- completion ---- */

void complete_location(struct completion *c);
void complete_file(struct completion *c);
void complete_rules(struct completion *c);
void complete_setting(struct completion *c);
void complete_breakpoint(struct completion *c);
void complete_command(struct completion *c);

/* The commands of each cmd-*.c. */
#define COMMANDS_MOVE(X) \
	X(step) X(next) X(finish) X(up) X(down) X(continue) X(run) X(start) \
	X(until) \
	X(reverse_step) X(reverse_next) X(reverse_finish) X(reverse_up) \
	X(reverse_down) X(reverse_continue) X(goto) X(back) X(frame) \
	X(next_divergence) X(previous_divergence) X(next_section) \
	X(previous_section) X(next_change) X(previous_change) \
	X(search) X(reverse_search) X(log)
#define COMMANDS_BREAK(X) \
	X(break) X(tbreak) X(watch) X(condition) X(delete) X(disable) \
	X(enable) X(ignore) X(display) X(undisplay) X(note)
#define COMMANDS_DATA(X) \
	X(list) X(print) X(x) X(ptype) X(bt) X(why) X(compare)
#define COMMANDS_INFO(X) \
	X(info) X(info_breakpoints) X(info_sections) X(info_registry) \
	X(info_divergences) X(info_types) X(info_source) \
	X(info_destination) X(info_rules) X(info_assumptions) \
	X(info_display) X(info_notes) X(info_verdict) X(info_failures) \
	X(info_event) X(info_live) X(info_real)
#define COMMANDS_RULES(X) \
	X(set) X(set_rules) X(set_assume) X(set_var) X(unset_assume) X(show)
#define COMMANDS_SUPPORT(X) \
	X(help) X(apropos) X(source) X(define) X(document) X(echo) X(shell) \
	X(pipe) X(record) X(monitor) X(attach) X(save_screen) X(quit)

#define X(name) extern const struct command command_##name;
COMMANDS_MOVE(X)
COMMANDS_BREAK(X)
COMMANDS_DATA(X)
COMMANDS_INFO(X)
COMMANDS_RULES(X)
COMMANDS_SUPPORT(X)
#undef X

#endif
