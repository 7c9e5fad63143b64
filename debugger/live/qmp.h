/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qmp.h - an emulator's monitor: one JSON object a line, each way.
 *
 * The other side is not trusted: a line has a bound, waiting has a deadline,
 * and whatever else must be kept flowing meanwhile (an emulator's stderr, the
 * captured stream) is polled along with the monitor.  Nothing here blocks for
 * longer than the timeout.
 */
#ifndef VMSDB_QMP_H
#define VMSDB_QMP_H

#include <jansson.h>
#include <stdbool.h>

#include "../../stream/err.h"

#define QMP_LINE_MAX (4u << 20)
#define QMP_TIMEOUT_MS 30000

enum qmp_kind { QMP_GREETING, QMP_RETURN, QMP_ERROR, QMP_EVENT, QMP_GARBAGE };

/*
 * What one line of a monitor is.  *@ret is the parsed object (NULL for
 * garbage), to be released with json_decref().
 */
enum qmp_kind qmp_parse(const char *line, size_t len, json_t **ret);

struct qmp {
	int fd;			/* -1: the other side has hung up */
	bool is_unix;		/* descriptors can be passed */
	int timeout_ms;		/* of one answer; QMP_TIMEOUT_MS unless set */
	const char *name;	/* for messages: "qemu-system-x86_64", a path */
	char *in;
	size_t len, cap, seen;	/* seen: bytes known to hold no newline */
	json_int_t id;
	int major, minor;	/* of the emulator; -1 unknown */
	/* Polled while waiting, and served by also(); -1: none. */
	int also_fd;
	void (*also)(void *ctx);
	/* An event came; may be NULL. */
	void (*event)(void *ctx, const char *name, const json_t *message);
	void *ctx;
};

void qmp_init(struct qmp *q);
void qmp_release(struct qmp *q);

/* "unix:PATH", "PATH" or "tcp:HOST:PORT" -> a connected socket, or -1. */
int socket_connect(const char *where, struct err *err);
/* The same, listening.  Removes a dead socket's name, never a file. */
int socket_listen(const char *where, struct err *err);
/* Is there nobody left who could listen there?  A UNIX socket only. */
bool socket_is_dead(const char *where);
/* 0: @where is "unix:PATH" or "tcp:HOST:PORT", as far as can be told from it. */
int socket_check(const char *where, struct err *err);
/* The name of a UNIX socket that was listened to and is closed goes. */
void socket_unlink(const char *where);

/*
 * Take @fd over and shake hands.  -1 with @err: no greeting in time (another
 * client holds the monitor), garbage, hung up.
 */
int qmp_greet(struct qmp *q, int fd, struct err *err);
int qmp_connect(struct qmp *q, const char *where, struct err *err);

/*
 * Run @command with @args (stolen; NULL for none), passing @pass unless it is
 * -1.  *@ret (may be NULL) is the answer, to be json_decref'ed.  A refusal is
 * ERR_UNSUPPORTED with the emulator's words, garbage ERR_FORMAT, silence
 * ERR_LIMIT, a monitor that is gone ERR_IO (and q->fd is -1).  Messages quote
 * the other side as it spoke: escape them.
 */
int qmp_execute(struct qmp *q, const char *command, json_t *args, int pass,
		json_t **ret, struct err *err);

/* query-status -> the runstate's name in @buf. */
int qmp_status(struct qmp *q, char *buf, size_t size, struct err *err);

int64_t now_ms(void);

#endif
