/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live.h - what the subcommands around running emulators share.
 */
#ifndef VMSDB_LIVE_H
#define VMSDB_LIVE_H

#include "../debugger/analysis.h"
#include "../debugger/live/feed.h"
#include "../debugger/live/reference.h"
#include "subcommand.h"

/* An option of the subcommand's own: a value, a flag, or a list of values. */
struct live_option {
	const char *name;
	const char **value;
	bool *flag;
	const char **list;	/* room for 16 and a NULL */
};

struct live_args {
	struct args common;
	const char *const *command;	/* behind "--"; NULL when there is none */
};

/*
 * Take @own (ended by a NULL name) and the emulator's command line out of
 * @argv, the rest with args_parse().  -1 after a message.
 */
int live_parse(const struct subcommand *self, int argc, char **argv,
	       const struct live_option *own, struct live_args *ret);

/* "2.5" -> 2500; -1 after a message. */
int live_seconds(const struct subcommand *self, const char *option,
		 const char *text);

/* How often SIGINT, SIGTERM or SIGHUP came, from live_catch() on. */
extern volatile int live_interrupted;
void live_catch(void);

/* The prediction to compare with. */
struct live_prediction {
	struct account *source;
	struct destination *dest;
	struct timeline *load;
	struct analysis *analysis;
};

int live_predict(struct live_prediction *p, const struct args *a);
void live_prediction_release(struct live_prediction *p);

/*
 * Where nobody gave an account of the destination, its own command line tells:
 * it is started paused and writes a reference stream, which joins @a's --to
 * with its dump and its executable.  @always: also beside what somebody gave.
 * -1 after a message.  live_asked_end() once the accounts are open.
 */
int live_ask(struct args *a, const char *const *command, bool always,
	     struct reference *ret);
void live_asked_end(struct reference *r);
/* What an emulator that was asked has told joins @a's --to. */
void live_join(struct args *a, const struct reference *r);
bool live_is_elf(const char *path);

/* A message without the program's name in front. */
const char *live_bare(const char *message);

#endif
