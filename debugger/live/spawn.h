/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spawn.h - an emulator of ours: started, listened to, and surely ended.
 *
 * It gets a process group of its own (a Ctrl-C at the terminal is for us), an
 * empty standard input, and dies with us, kill -9 included.  What it says on
 * stderr comes line by line through a pipe that never fills up while anybody
 * here waits for anything.
 */
#ifndef VMSDB_SPAWN_H
#define VMSDB_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../stream/err.h"

struct spawn {
	pid_t pid;		/* 0: none, or reaped */
	int status;		/* of waitpid(), once pid is 0 again */
	int err_fd;		/* its stderr (or a trace file); -1 closed */
	uint64_t said;		/* bytes so far */
	char *partial;
	size_t len, cap;
	bool flooded;		/* more than SPAWN_SAID_MAX */
	bool follow;		/* a file that grows: its end is not the end */
	/* A line without its newline; longer ones come in pieces. */
	void (*line)(void *ctx, const char *s, size_t n);
	void *ctx;
};

#define SPAWN_SAID_MAX (UINT64_C(256) << 20)

void spawn_init(struct spawn *s);

/*
 * Run @argv; of our descriptors it inherits 0, 1, 2 and the @n in @fds, by
 * their numbers.  -1 with @err if it cannot be run at all.
 */
int spawn_start(struct spawn *s, char *const *argv, const int *fds, size_t n,
		struct err *err);

/* Take what it has said; never waits. */
void spawn_drain(struct spawn *s);

/* Wait up to @ms for its end, draining.  True: it is reaped. */
bool spawn_wait(struct spawn *s, int64_t ms);

/* "exit status 1", "signal 11 (Segmentation fault)" of a reaped one. */
const char *spawn_why(const struct spawn *s, char *buf, size_t size);

/* End its whole process group now.  Also releases the struct. */
void spawn_kill(struct spawn *s);

/* A descriptor of an all-zero file of @size bytes that has no name. */
int zero_file(size_t size);

#endif
