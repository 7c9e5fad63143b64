/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../../stream/arena.h"
#include "qmp.h"

#define READ_SIZE 65536
#define SKIPPED_MAX 100000	/* events between a question and its answer */

int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

enum qmp_kind qmp_parse(const char *line, size_t len, json_t **ret)
{
	static const struct {
		const char *key;
		enum qmp_kind kind;
	} keys[] = {
		{ "QMP", QMP_GREETING }, { "return", QMP_RETURN },
		{ "error", QMP_ERROR }, { "event", QMP_EVENT },
	};

	*ret = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (json_object_get(*ret, keys[i].key))
			return keys[i].kind;
	}
	json_decref(*ret);
	*ret = NULL;
	return QMP_GARBAGE;
}

void qmp_init(struct qmp *q)
{
	*q = (struct qmp){
		.fd = -1, .also_fd = -1, .timeout_ms = QMP_TIMEOUT_MS,
		.name = "the emulator", .major = -1, .minor = -1,
	};
}

static void hang_up(struct qmp *q)
{
	if (q->fd >= 0)
		close(q->fd);
	q->fd = -1;
}

void qmp_release(struct qmp *q)
{
	hang_up(q);
	free(q->in);
	q->in = NULL;
}

/* ---- addresses ---- */

static int split_tcp(const char *where, char *host, size_t size,
		     const char **port, struct err *err)
{
	const char *colon = strrchr(where, ':');
	size_t n = colon ? (size_t)(colon - where) : 0;

	if (!colon || !colon[1] || n >= size)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "'%s' is no HOST:PORT", where);
	if (n >= 2 && where[0] == '[' && where[n - 1] == ']') {
		where++;
		n -= 2;
	}
	memcpy(host, where, n);
	host[n] = 0;
	*port = colon + 1;
	return 0;
}

static int tcp_socket(const char *where, bool listening, struct err *err)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = listening ? AI_PASSIVE : 0,
	};
	struct addrinfo *list, *a;
	const char *port = NULL;
	char host[256];
	int one = 1, fd = -1, r;

	if (split_tcp(where, host, sizeof(host), &port, err) < 0)
		return -1;
	r = getaddrinfo(*host ? host : NULL, port, &hints, &list);
	if (r)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "tcp:%s: %s", where,
			       gai_strerror(r));
	for (a = list; a; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		if (listening)
			setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one,
				   sizeof(one));
		r = listening ? bind(fd, a->ai_addr, a->ai_addrlen)
			      : connect(fd, a->ai_addr, a->ai_addrlen);
		if (!r && listening)
			r = listen(fd, 64);
		if (!r)
			break;
		r = errno;
		close(fd);
		fd = -1;
		errno = r;
	}
	freeaddrinfo(list);
	if (fd < 0)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "tcp:%s: %s", where,
			       strerror(errno));
	return fd;
}

static int unix_address(const char *path, struct sockaddr_un *ret,
			struct err *err)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (!*path || strlen(path) >= sizeof(ret->sun_path))
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "'%s' cannot be a socket's name: 1 to %zu bytes",
			       path, sizeof(ret->sun_path) - 1);
	strcpy(ret->sun_path, path);
	return 0;
}

static int unix_connect(const char *path, struct err *err)
{
	struct sockaddr_un a;
	int fd;

	if (unix_address(path, &a, err) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		err_set(err, ERR_IO, ERR_NO_OFFSET, "%s: cannot connect: %s",
			path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* A socket's name that nobody answers at. */
static bool is_dead(const struct sockaddr_un *a)
{
	struct stat st;
	int fd;
	bool dead;

	/* a file that is no socket refuses, too */
	if (lstat(a->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	dead = connect(fd, (const struct sockaddr *)a, sizeof(*a)) < 0 &&
	       errno == ECONNREFUSED;
	close(fd);
	return dead;
}

static int unix_listen(const char *path, struct err *err)
{
	struct sockaddr_un a;
	int fd, r;

	if (unix_address(path, &a, err) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "socket: %s",
			       strerror(errno));
	r = bind(fd, (struct sockaddr *)&a, sizeof(a));
	if (r < 0 && errno == EADDRINUSE && is_dead(&a) && !unlink(path))
		r = bind(fd, (struct sockaddr *)&a, sizeof(a));
	if (r < 0 || listen(fd, 64) < 0) {
		err_set(err, ERR_IO, ERR_NO_OFFSET, "%s: cannot listen: %s",
			path, strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

bool socket_is_dead(const char *where)
{
	struct sockaddr_un a;
	struct stat st;

	if (!strncmp(where, "tcp:", 4) ||
	    unix_address(strncmp(where, "unix:", 5) ? where : where + 5, &a,
			 NULL) < 0)
		return false;
	return (lstat(a.sun_path, &st) < 0 && errno == ENOENT) || is_dead(&a);
}

void socket_unlink(const char *where)
{
	struct sockaddr_un a;

	/* whatever has taken its place stays */
	if (!strncmp(where, "unix:", 5) && !unix_address(where + 5, &a, NULL) &&
	    is_dead(&a))
		unlink(a.sun_path);
}

int socket_check(const char *where, struct err *err)
{
	struct sockaddr_un a;
	const char *port;
	char host[256], *end;
	unsigned long n;

	if (!strncmp(where, "unix:", 5))
		return unix_address(where + 5, &a, err);
	if (strncmp(where, "tcp:", 4))
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "'%s' is neither "
			       "unix:PATH nor tcp:HOST:PORT", where);
	if (split_tcp(where + 4, host, sizeof(host), &port, err) < 0)
		return -1;
	n = strtoul(port, &end, 10);
	if (*end || strspn(port, "0123456789") != strlen(port) || !n ||
	    n > 65535)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "'%s': a port is "
			       "a number from 1 to 65535", where);
	return 0;
}

int socket_connect(const char *where, struct err *err)
{
	if (!strncmp(where, "tcp:", 4))
		return tcp_socket(where + 4, false, err);
	return unix_connect(strncmp(where, "unix:", 5) ? where : where + 5,
			    err);
}

int socket_listen(const char *where, struct err *err)
{
	if (!strncmp(where, "tcp:", 4))
		return tcp_socket(where + 4, true, err);
	return unix_listen(strncmp(where, "unix:", 5) ? where : where + 5,
			   err);
}

/* ---- lines ---- */

static int gone(struct qmp *q, struct err *err)
{
	hang_up(q);
	return err_set(err, ERR_IO, ERR_NO_OFFSET, "%s has closed its monitor",
		       q->name);
}

/* Read what is there.  0: something or nothing came; -1: gone. */
static int fill(struct qmp *q, struct err *err)
{
	ssize_t n;

	q->in = grow_array(q->in, &q->cap, q->len + READ_SIZE, 1);
	n = recv(q->fd, q->in + q->len, READ_SIZE, MSG_DONTWAIT);
	if (n > 0) {
		q->len += (size_t)n;
		return 0;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return gone(q, err);
}

static int wait_any(struct qmp *q, int64_t deadline)
{
	struct pollfd p[2] = {
		{ .fd = q->fd, .events = POLLIN },
		{ .fd = q->also_fd, .events = POLLIN },
	};
	int64_t left = deadline - now_ms();

	if (left <= 0)
		return 0;
	poll(p, 2, left > 1000 ? 1000 : (int)left);
	if (p[1].revents && q->also)
		q->also(q->ctx);
	return 1;
}

/*
 * Wait for a whole line; its length without the newline is put into *@len.
 * The caller takes it out with drop_line().
 */
static int next_line(struct qmp *q, int64_t deadline, const char *what,
		     size_t *len, struct err *err)
{
	for (;;) {
		char *nl = q->seen < q->len ?
			memchr(q->in + q->seen, '\n', q->len - q->seen) : NULL;

		if (nl) {
			*len = (size_t)(nl - q->in);
			return 0;
		}
		q->seen = q->len;
		if (q->len > QMP_LINE_MAX) {
			hang_up(q);
			return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
				       "%s speaks garbage on QMP: a line of "
				       "more than %u bytes", q->name,
				       QMP_LINE_MAX);
		}
		if (q->fd < 0)
			return gone(q, err);
		if (!wait_any(q, deadline))
			return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
				       "%s: no %s on QMP in time", q->name,
				       what);
		if (fill(q, err) < 0)
			return -1;
	}
}

static void drop_line(struct qmp *q, size_t len)
{
	q->len -= len + 1;
	memmove(q->in, q->in + len + 1, q->len);
	q->seen = 0;
}

static int garbage(struct qmp *q, const char *line, size_t len,
		   struct err *err)
{
	hang_up(q);
	return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
		       "%s speaks garbage on QMP: %.*s", q->name,
		       len < 60 ? (int)len : 60, line);
}

/* The next message that is no event. */
static int next_message(struct qmp *q, int64_t deadline, const char *what,
			enum qmp_kind *kind, json_t **ret, struct err *err)
{
	for (int i = 0; i < SKIPPED_MAX; i++) {
		size_t len = 0;

		if (next_line(q, deadline, what, &len, err) < 0)
			return -1;
		if (!len || (len == 1 && q->in[0] == '\r')) {
			drop_line(q, len);
			continue;
		}
		*kind = qmp_parse(q->in, len, ret);
		if (*kind == QMP_GARBAGE)
			return garbage(q, q->in, len, err);
		drop_line(q, len);
		if (*kind != QMP_EVENT)
			return 0;
		if (q->event)
			q->event(q->ctx, json_string_value(
				 json_object_get(*ret, "event")), *ret);
		json_decref(*ret);
	}
	hang_up(q);
	return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
		       "%s: more than %d events on QMP before an answer",
		       q->name, SKIPPED_MAX);
}

/* ---- commands ---- */

static int send_with(struct qmp *q, const char *text, size_t len, int pass)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec io = { .iov_base = (void *)text, .iov_len = len };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1 };

	if (pass >= 0) {
		struct cmsghdr *c;

		m.msg_control = control.bytes;
		m.msg_controllen = sizeof(control.bytes);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &pass, sizeof(int));
	}
	return (int)sendmsg(q->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int send_all(struct qmp *q, const char *text, size_t len, int pass,
		    int64_t deadline, struct err *err)
{
	size_t done = 0;

	while (done < len) {
		int n = send_with(q, text + done, len - done,
				  done ? -1 : pass);

		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return gone(q, err);
		if (!wait_any(q, deadline))
			return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
				       "%s reads nothing from its monitor",
				       q->name);
		usleep(500);
	}
	return 0;
}

static int send_command(struct qmp *q, const char *command, json_t *args,
			int pass, int64_t deadline, struct err *err)
{
	json_t *o = json_object();
	char *text;
	size_t len;
	int r;

	json_object_set_new(o, "execute", json_string(command));
	if (args)
		json_object_set_new(o, "arguments", args);
	json_object_set_new(o, "id", json_integer(++q->id));
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (!text)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "%s: the arguments are no UTF-8", command);
	len = strlen(text);
	text[len] = '\n';	/* where the NUL was: QMP ends lines so */
	r = send_all(q, text, len + 1, pass, deadline, err);
	free(text);
	return r;
}

static int refused(struct qmp *q, const char *command, const json_t *answer,
		   struct err *err)
{
	const char *desc = json_string_value(json_object_get(
		json_object_get(answer, "error"), "desc"));

	return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET, "%s: %s: %s",
		       q->name, command, desc ? desc : "refused");
}

int qmp_execute(struct qmp *q, const char *command, json_t *args, int pass,
		json_t **ret, struct err *err)
{
	int64_t deadline = now_ms() + q->timeout_ms;
	enum qmp_kind kind;
	json_t *answer;
	char what[96];

	if (ret)
		*ret = NULL;
	if (q->fd < 0) {
		json_decref(args);
		return gone(q, err);
	}
	if (send_command(q, command, args, pass, deadline, err) < 0)
		return -1;
	snprintf(what, sizeof(what), "answer to %s", command);
	for (;;) {
		if (next_message(q, deadline, what, &kind, &answer, err) < 0)
			return -1;
		/* late answers to what we gave up waiting for */
		if (kind != QMP_GREETING && json_integer_value(
		    json_object_get(answer, "id")) == q->id)
			break;
		json_decref(answer);
	}
	if (kind == QMP_ERROR) {
		refused(q, command, answer, err);
		json_decref(answer);
		return -1;
	}
	if (ret)
		*ret = json_incref(json_object_get(answer, "return"));
	json_decref(answer);
	return 0;
}

int qmp_status(struct qmp *q, char *buf, size_t size, struct err *err)
{
	const char *s;
	json_t *r;

	if (qmp_execute(q, "query-status", NULL, -1, &r, err) < 0)
		return -1;
	s = json_string_value(json_object_get(r, "status"));
	snprintf(buf, size, "%s", s ? s : "unknown");
	json_decref(r);
	return 0;
}

static void take_version(struct qmp *q, const json_t *greeting)
{
	const json_t *v = json_object_get(json_object_get(json_object_get(
		json_object_get(greeting, "QMP"), "version"), "qemu"), "major");

	if (!v)
		return;
	q->major = (int)json_integer_value(v);
	q->minor = (int)json_integer_value(json_object_get(json_object_get(
		json_object_get(json_object_get(greeting, "QMP"), "version"),
		"qemu"), "minor"));
}

int qmp_greet(struct qmp *q, int fd, struct err *err)
{
	int64_t deadline = now_ms() + q->timeout_ms;
	enum qmp_kind kind;
	socklen_t size = sizeof(int);
	json_t *greeting;
	int domain = 0;

	q->fd = fd;
	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
	q->is_unix = domain == AF_UNIX;
	do {
		if (next_message(q, deadline, "greeting", &kind, &greeting,
				 err) < 0)
			return -1;
		if (kind == QMP_GREETING)
			take_version(q, greeting);
		json_decref(greeting);
	} while (kind != QMP_GREETING);
	return qmp_execute(q, "qmp_capabilities", NULL, -1, NULL, err);
}

int qmp_connect(struct qmp *q, const char *where, struct err *err)
{
	int fd = socket_connect(where, err);

	if (fd < 0)
		return -1;
	q->name = where;
	if (!qmp_greet(q, fd, err))
		return 0;
	if (err && err->code == ERR_LIMIT && q->major < 0)
		err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
			"%s: no greeting on QMP in time; is another client "
			"(libvirt?) connected to this monitor?", where);
	return -1;
}
