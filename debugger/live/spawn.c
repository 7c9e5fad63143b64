/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../stream/arena.h"
#include "qmp.h"
#include "spawn.h"

#define READ_SIZE 65536
#define LINE_MAX_BYTES 65536
#define PIPE_SIZE (1 << 20)

void spawn_init(struct spawn *s)
{
	*s = (struct spawn){ .err_fd = -1 };
}

int zero_file(size_t size)
{
	int fd = memfd_create("vmsdb-zero", 0);

	if (fd >= 0 && ftruncate(fd, (off_t)size) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* In the child: only async-signal-safe calls. */
static void become(char *const *argv, const int *fds, size_t n, int err_fd,
		   int report, pid_t parent)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t none;
	int e;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(null, 0);
	dup2(null, 1);
	dup2(err_fd, 2);
	for (size_t i = 0; i < n; i++)
		fcntl(fds[i], F_SETFD, 0);
	/* execvp() hands what is no program to a shell: of files, never */
	if (strchr(argv[0], '/'))
		execv(argv[0], argv);
	else
		execvp(argv[0], argv);
	e = errno;
	(void)!write(report, &e, sizeof(e));
	_exit(127);
}

static int open_pipes(int out[2], int report[2], struct err *err)
{
	if (pipe2(out, O_CLOEXEC) < 0)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "pipe: %s",
			       strerror(errno));
	if (pipe2(report, O_CLOEXEC) < 0) {
		close(out[0]);
		close(out[1]);
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "pipe: %s",
			       strerror(errno));
	}
	fcntl(out[0], F_SETPIPE_SZ, PIPE_SIZE);
	return 0;
}

int spawn_start(struct spawn *s, char *const *argv, const int *fds, size_t n,
		struct err *err)
{
	int out[2], report[2], e = 0;
	pid_t parent = getpid();

	if (open_pipes(out, report, err) < 0)
		return -1;
	s->pid = fork();
	if (!s->pid)
		become(argv, fds, n, out[1], report[1], parent);
	close(out[1]);
	close(report[1]);
	if (s->pid < 0)
		e = errno;
	else
		setpgid(s->pid, s->pid);
	if (s->pid > 0 && read(report[0], &e, sizeof(e)) == sizeof(e))
		waitpid(s->pid, NULL, 0);
	close(report[0]);
	if (e) {
		s->pid = 0;
		close(out[0]);
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "cannot run %s: %s", argv[0], strerror(e));
	}
	s->err_fd = out[0];
	fcntl(s->err_fd, F_SETFL, O_NONBLOCK);
	return 0;
}

/* ---- what it says ---- */

static void give(struct spawn *s, size_t n)
{
	if (s->line)
		s->line(s->ctx, s->partial, n);
}

static void cut_lines(struct spawn *s, size_t from)
{
	size_t start = 0;
	char *nl;

	while ((nl = memchr(s->partial + from, '\n', s->len - from))) {
		size_t end = (size_t)(nl - s->partial);

		if (s->line)
			s->line(s->ctx, s->partial + start, end - start);
		start = from = end + 1;
		if (from == s->len)
			break;
	}
	s->len -= start;
	memmove(s->partial, s->partial + start, s->len);
	if (s->len > LINE_MAX_BYTES) {
		give(s, s->len);
		s->len = 0;
	}
}

void spawn_drain(struct spawn *s)
{
	/* one that writes faster than we read must not keep us here */
	for (int i = 0; i < 64 && s->err_fd >= 0; i++) {
		ssize_t n;

		s->partial = grow_array(s->partial, &s->cap,
					s->len + READ_SIZE, 1);
		n = read(s->err_fd, s->partial + s->len, READ_SIZE);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (!n && s->follow)
			return;
		if (n <= 0) {
			if (s->len)
				give(s, s->len);
			s->len = 0;
			close(s->err_fd);
			s->err_fd = -1;
			return;
		}
		s->said += (uint64_t)n;
		s->len += (size_t)n;
		cut_lines(s, s->len - (size_t)n);
		if (s->said > SPAWN_SAID_MAX)
			s->flooded = true;
		if (s->flooded)
			return;
	}
}

/* While it is not reaped nobody else can have its number, or its group's. */
static bool reap(struct spawn *s)
{
	siginfo_t info = { .si_pid = 0 };

	if (waitid(P_PID, (id_t)s->pid, &info, WEXITED | WNOHANG | WNOWAIT) ||
	    !info.si_pid)
		return false;
	kill(-s->pid, SIGKILL);	/* helpers that it left behind */
	waitpid(s->pid, &s->status, 0);
	s->pid = 0;
	spawn_drain(s);
	return true;
}

bool spawn_wait(struct spawn *s, int64_t ms)
{
	int64_t deadline = now_ms() + ms;

	while (s->pid) {
		struct pollfd p = { .fd = s->err_fd, .events = POLLIN };
		int64_t left;

		spawn_drain(s);
		if (reap(s))
			break;
		left = deadline - now_ms();
		if (left <= 0)
			return false;
		if (s->err_fd >= 0)
			poll(&p, 1, left < 20 ? (int)left : 20);
		else
			usleep(2000);
	}
	return true;
}

const char *spawn_why(const struct spawn *s, char *buf, size_t size)
{
	if (WIFSIGNALED(s->status))
		snprintf(buf, size, "signal %d (%s)", WTERMSIG(s->status),
			 strsignal(WTERMSIG(s->status)));
	else
		snprintf(buf, size, "exit status %d", WEXITSTATUS(s->status));
	return buf;
}

void spawn_kill(struct spawn *s)
{
	if (s->pid > 0) {
		kill(-s->pid, SIGKILL);
		kill(s->pid, SIGKILL);
		while (waitpid(s->pid, &s->status, 0) < 0 && errno == EINTR)
			;
		s->pid = 0;
	}
	if (s->err_fd >= 0)
		close(s->err_fd);
	free(s->partial);
	s->partial = NULL;
	s->len = s->cap = 0;
	s->err_fd = -1;
}
