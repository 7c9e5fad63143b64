/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"

#define MAX_TEXT (64u << 20)	/* of /proc/PID/maps: 65530 mappings at most */
#define MAX_THREADS 65536
#define STOP_MS 2000
#define CAP_PTRACE 19		/* CAP_SYS_PTRACE of linux/capability.h */

struct process {
	struct memory m;	/* first */
	int dir, mem;		/* /proc/PID, and its mem */
	pid_t *stopped;
	size_t nstopped, stopped_cap;
};

/* ---- /proc ---- */

/* All of a file below @dir, with a NUL behind; to be freed.  NULL: errno. */
static char *slurp(int dir, const char *name, size_t *len)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	size_t n = 0, cap = 0;
	char *buf = NULL;
	ssize_t got;

	if (fd < 0)
		return NULL;
	do {
		buf = grow_array(buf, &cap, n + 65536, 1);
		got = read(fd, buf + n, cap - n - 1);
		if (got > 0)
			n += (size_t)got;
	} while ((got > 0 && n < MAX_TEXT) || (got < 0 && errno == EINTR));
	if (got < 0) {
		int e = errno;

		free(buf);
		buf = NULL;
		errno = e;
	} else {
		buf[n] = '\0';
		if (len)
			*len = n;
	}
	close(fd);
	return buf;
}

/* The number behind "NAME:" in a status file; the last of several. */
static bool status_number(const char *status, const char *name, int base,
			  bool last, unsigned long long *ret)
{
	size_t n = strlen(name);
	const char *s = status;
	char *end;

	for (; s && *s; s = strchr(s, '\n'), s = s ? s + 1 : NULL) {
		if (strncmp(s, name, n) || s[n] != ':')
			continue;
		s += n + 1;
		*ret = strtoull(s, &end, base);
		while (last && *end == '\t') {
			s = end;
			*ret = strtoull(s, &end, base);
		}
		return end != s;
	}
	return false;
}

static const char *link_of(struct arena *a, int dir, const char *name)
{
	char buf[PATH_MAX];
	ssize_t n = readlinkat(dir, name, buf, sizeof(buf) - 1);

	if (n < 0)
		return NULL;
	buf[n] = '\0';
	return arena_strdup(a, buf);
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && !strcmp(s + n - k, end);
}

/* ---- refusals ---- */

static void say(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void say(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, size, fmt, ap);
	va_end(ap);
}

const char *refusal_text(const struct refusal *r, char *buf, size_t size)
{
	if (r->yama == 3)
		say(buf, size, "this system lets nobody read the memory of "
		    "another process (kernel.yama.ptrace_scope is 3, until it "
		    "is started anew); what remains is 'vmsdb capture --qmp "
		    "SOCKET'");
	else if (r->other_userns && !r->capable)
		say(buf, size, "it is in another user namespace (a "
		    "container), where we have no CAP_SYS_PTRACE; as root of "
		    "the host: sudo %s", r->self);
	else if (r->other_userns)
		say(buf, size, "it is in another user namespace (a "
		    "container), of which we are not the owner; enter it: "
		    "sudo nsenter --target %d --user --preserve-credentials "
		    "%s, or, as root of the host: sudo %s", (int)r->pid,
		    r->self, r->self);
	else if (r->our_uid == 0 && !r->capable)
		say(buf, size, "we are root, but without CAP_SYS_PTRACE (a "
		    "container's root has none): run this outside of the "
		    "container, or start that with --cap-add=SYS_PTRACE");
	else if (r->capable)
		say(buf, size, "we have CAP_SYS_PTRACE, and still are "
		    "refused: a security module forbids it%s%s%s (see "
		    "'dmesg' or 'ausearch -m avc', 'journalctl -k -g "
		    "apparmor')", r->lsm ? " (its context is '" : "",
		    r->lsm ? r->lsm : "", r->lsm ? "')" : "");
	else if (r->uid != r->our_uid)
		say(buf, size, "it runs as uid %u and we as uid %u: sudo %s",
		    r->uid, r->our_uid, r->self);
	else if (r->yama == 2)
		say(buf, size, "only root may read the memory of another "
		    "process here (kernel.yama.ptrace_scope is 2): sudo %s",
		    r->self);
	else if (!r->dumpable)
		say(buf, size, "it is ours, but has made itself unreadable "
		    "(not dumpable: it changed its uid with -run-with or "
		    "-runas, or its executable may not be read): sudo %s",
		    r->self);
	else if (r->yama == 1)
		say(buf, size, "only a process's ancestors may read its "
		    "memory here (kernel.yama.ptrace_scope is 1): sudo %s, "
		    "or for a while: sudo sysctl kernel.yama.ptrace_scope=0",
		    r->self);
	else
		say(buf, size, "a security module forbids it%s%s%s: sudo %s",
		    r->lsm ? " (its context is '" : "", r->lsm ? r->lsm : "",
		    r->lsm ? "')" : "", r->self);
	return buf;
}

static bool differs(int dir, const char *name, const char *ours)
{
	struct stat a, b;

	return !fstatat(dir, name, &a, 0) && !stat(ours, &b) &&
		(a.st_ino != b.st_ino || a.st_dev != b.st_dev);
}

static int why_refused(struct process *p, const char *status, int number,
		       struct err *err)
{
	struct arena *a = &p->m.arena;
	struct refusal r = { .pid = p->m.pid, .yama = -1, .dumpable = true };
	unsigned long long v;
	struct stat st;
	char text[420], *s;

	r.our_uid = (unsigned)geteuid();
	r.uid = status_number(status, "Uid", 10, false, &v) ? (unsigned)v :
		r.our_uid;
	s = slurp(AT_FDCWD, "/proc/self/status", NULL);
	r.capable = s && status_number(s, "CapEff", 16, false, &v) &&
		v >> CAP_PTRACE & 1;
	free(s);
	/* of another's namespace not even the name can be read */
	r.other_userns = differs(p->dir, "ns/user", "/proc/self/ns/user");
	/* what is in /proc/PID is root's when its process is not dumpable */
	if (!fstatat(p->dir, "mem", &st, 0))
		r.dumpable = st.st_uid == r.uid || r.uid == 0;
	s = slurp(AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope", NULL);
	if (s)
		r.yama = atoi(s);
	free(s);
	s = slurp(p->dir, "attr/current", NULL);
	if (s) {
		s[strcspn(s, "\n")] = '\0';
		if (*s && strcmp(s, "unconfined"))
			r.lsm = arena_strdup(a, s);
	}
	free(s);
	r.self = arena_printf(a, "vmsdb attach %d", (int)p->m.pid);
	if (number != EACCES && number != EPERM)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "its memory cannot "
			       "be opened: %s", strerror(number));
	return err_set(err, ERR_IO, ERR_NO_OFFSET, "its memory may not be "
		       "read: %s", refusal_text(&r, text, sizeof(text)));
}

/* Is @pid the number that a process has inside of a container? */
static pid_t inside_of(pid_t pid)
{
	DIR *dir = opendir("/proc");
	const struct dirent *e;
	pid_t found = 0;

	while (dir && (e = readdir(dir)) && found >= 0) {
		unsigned long long last, own;
		char path[300], *s, *end;

		own = strtoull(e->d_name, &end, 10);
		if (*end || end == e->d_name)
			continue;
		snprintf(path, sizeof(path), "/proc/%s/status", e->d_name);
		s = slurp(AT_FDCWD, path, NULL);
		if (s && status_number(s, "NSpid", 10, true, &last) &&
		    last == (unsigned long long)pid && own != last)
			found = found ? -1 : (pid_t)own;
		free(s);
	}
	if (dir)
		closedir(dir);
	return found;
}

static int no_process(pid_t pid, struct err *err)
{
	pid_t there;

	if (pid <= 0)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "no such process");
	if (kill(pid, 0) == 0 || errno == EPERM)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "it exists, but "
			       "/proc hides it from us (mounted with "
			       "hidepid): sudo vmsdb attach %d", (int)pid);
	there = inside_of(pid);
	if (there > 0)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "no such "
			       "process; what a container calls %d is %d "
			       "here: vmsdb attach %d", (int)pid, (int)there,
			       (int)there);
	return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "no such process");
}

/* ---- what it has ---- */

static void take_maps(struct process *p, char *text)
{
	struct memory *m = &p->m;
	char *line, *save;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct memory_map map = { .known = true };
		char perms[5];
		int at = 0;

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64
			   " %*s %*s %n", &map.start, &map.end, perms,
			   &map.offset, &at) < 4 || map.start >= map.end)
			continue;
		map.write = perms[1] == 'w';
		map.exec = perms[2] == 'x';
		map.path = at ? arena_strdup(&m->arena, line + at) : "";
		m->maps = grow_array(m->maps, &m->maps_cap, m->nmaps + 1,
				     sizeof(*m->maps));
		m->maps[m->nmaps++] = map;
	}
}

static void take_auxv(struct process *p)
{
	size_t n = 0;
	char *s = slurp(p->dir, "auxv", &n);
	unsigned w = p->m.space.ptr_size;

	for (size_t i = 0; s && i + 2 * w <= n; i += 2 * w) {
		uint64_t v = space_load(&p->m.space, (uint8_t *)s + i + w, w);

		switch (space_load(&p->m.space, (uint8_t *)s + i, w)) {
		case 9: /* AT_ENTRY */ p->m.entry = v; break;
		case 3: /* AT_PHDR */ p->m.phdr = v; break;
		case 6: /* AT_PAGESZ */
			p->m.page_size = (uint32_t)v;
			break;
		}
	}
	free(s);
}

static void take_command(struct process *p)
{
	struct memory *m = &p->m;
	size_t n = 0, cap = 0, argc = 0;
	char *s = slurp(p->dir, "cmdline", &n), *text;
	const char **argv = NULL;

	if (s && n) {
		text = arena_memdup(&m->arena, s, n + 1);
		for (size_t i = 0; i < n; i += strlen(text + i) + 1) {
			argv = grow_array(argv, &cap, argc + 2, sizeof(*argv));
			argv[argc++] = text + i;
		}
		argv[argc] = NULL;
		m->argv = arena_memdup(&m->arena, argv,
				       (argc + 1) * sizeof(*argv));
		free(argv);
		for (size_t i = 0; i + 1 < n; i++)
			s[i] = s[i] ? s[i] : ' ';
		m->command = arena_strdup(&m->arena, s);
	}
	free(s);
}

static int take_exe(struct process *p, struct err *err)
{
	uint8_t head[20];
	int fd = openat(p->dir, "exe", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "a thread of "
			       "the kernel, or it is about to end: it has no "
			       "executable");
	if (fd < 0)
		return err_set(err, ERR_IO, ERR_NO_OFFSET,
			       "its executable cannot be opened: %m");
	n = read(fd, head, sizeof(head));
	close(fd);
	return memory_take_elf(&p->m, head, n < 0 ? 0 : (size_t)n, err);
}

static size_t process_page(const struct memory *m, uint64_t addr,
			   uint8_t *buf, uint8_t *known)
{
	const struct process *p = (const struct process *)m;
	ssize_t n;

	if (addr > INT64_MAX)
		return 0;
	n = pread(p->mem, buf, MEMORY_PAGE, (off_t)addr);
	if (n <= 0)
		return 0;
	memset(known, 0xff, (size_t)n);
	return (size_t)n;
}

/* ---- its files ---- */

static bool same_file(const char *path, int dir, const char *name)
{
	struct stat a, b;

	return !stat(path, &a) && !fstatat(dir, name, &b, 0) &&
		a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* Where the file of a mapping is, though its name is gone. */
static const char *map_file(struct process *p, const char *path)
{
	for (size_t i = 0; i < p->m.nmaps; i++) {
		const struct memory_map *map = &p->m.maps[i];
		char name[80], *full;

		if (strcmp(map->path, path))
			continue;
		snprintf(name, sizeof(name), "map_files/%" PRIx64 "-%" PRIx64,
			 map->start, map->end);
		full = arena_printf(&p->m.arena, "/proc/%d/%s", (int)p->m.pid,
				    name);
		return faccessat(p->dir, name, R_OK, 0) ? NULL : full;
	}
	return NULL;
}

static const char *process_file(struct memory *m, const char *path)
{
	struct process *p = (struct process *)m;
	struct arena *a = &m->arena;
	char *there;

	if (!path) {
		path = link_of(a, p->dir, "exe");
		/* its own name, where it leads to the same file */
		if (path && same_file(path, p->dir, "exe"))
			return path;
		return arena_printf(a, "/proc/%d/exe", (int)m->pid);
	}
	if (*path != '/')
		return NULL;
	if (!ends_with(path, " (deleted)")) {
		there = arena_printf(a, "/proc/%d/root%s", (int)m->pid, path);
		if (same_file(path, AT_FDCWD, there))
			return path;
		if (!access(there, R_OK))
			return there;
	}
	return map_file(p, path);
}

/* ---- stopping ---- */

static bool is_stopped(const struct process *p, pid_t tid)
{
	for (size_t i = 0; i < p->nstopped; i++) {
		if (p->stopped[i] == tid)
			return true;
	}
	return false;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* 1: it stands, 0: it is gone, -1 with errno. */
static int stop_thread(pid_t tid, int64_t until)
{
	const struct timespec nap = { .tv_nsec = 100000 };
	int status;
	pid_t got;

	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) < 0)
		return errno == ESRCH ? 0 : -1;
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) < 0)
		return errno == ESRCH ? 0 : -1;
	for (;;) {
		got = waitpid(tid, &status, __WALL | WNOHANG);
		if (got == tid && WIFSTOPPED(status)) {
			/* a signal on its way: let it have it, and stop again */
			if (status >> 16 == 0) {
				ptrace(PTRACE_CONT, tid, NULL,
				       (void *)(intptr_t)WSTOPSIG(status));
				ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
				continue;
			}
			return 1;
		}
		if (got == tid || (got < 0 && errno == ECHILD))
			return 0;
		if (now_ms() > until) {
			errno = ETIMEDOUT;
			return -1;
		}
		nanosleep(&nap, NULL);
	}
}

static void process_resume(struct memory *m)
{
	struct process *p = (struct process *)m;

	for (size_t i = 0; i < p->nstopped; i++)
		ptrace(PTRACE_DETACH, p->stopped[i], NULL, NULL);
	p->nstopped = 0;
}

/* Stop the threads that there are; how many were new, or -1. */
static int stop_round(struct process *p, int64_t until)
{
	int fd = openat(p->dir, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	int new = 0;

	while (dir && new >= 0 && (e = readdir(dir))) {
		pid_t tid = (pid_t)atoi(e->d_name);
		int r;

		if (tid <= 0 || is_stopped(p, tid) ||
		    p->nstopped >= MAX_THREADS)
			continue;
		p->stopped = grow_array(p->stopped, &p->stopped_cap,
					p->nstopped + 1, sizeof(*p->stopped));
		p->stopped[p->nstopped++] = tid;
		r = stop_thread(tid, until);
		if (r <= 0)
			p->nstopped -= r == 0;
		new = r < 0 ? -1 : new + r;
	}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	return dir ? new : -1;
}

static int process_stop(struct memory *m, struct err *err)
{
	struct process *p = (struct process *)m;
	int64_t until = now_ms() + STOP_MS;
	int n, e;

	do {
		n = stop_round(p, until);
		e = errno;
	} while (n > 0 && now_ms() < until);
	if (n == 0)
		return 0;
	process_resume(m);
	if (e == EPERM)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "it cannot be "
			       "stopped for the read: another debugger or "
			       "tracer holds it, or we may not");
	return err_set(err, ERR_IO, ERR_NO_OFFSET,
		       "it cannot be stopped for the read: %s", strerror(e));
}

/* ---- */

static void process_close(struct memory *m)
{
	struct process *p = (struct process *)m;

	if (p->dir >= 0)
		close(p->dir);
	if (p->mem >= 0)
		close(p->mem);
	free(p->stopped);
	free(p);
}

static const struct memory_ops process_ops = {
	.page = process_page, .file = process_file, .stop = process_stop,
	.resume = process_resume, .close = process_close,
};

static int process_take(struct process *p, const char *status,
			struct err *err)
{
	unsigned long long v;
	const char *s = strstr(status, "\nState:\t");
	char *maps;

	p->m.state = s ? s[8] : 0;
	if (status_number(status, "Tgid", 10, false, &v) &&
	    v != (unsigned long long)p->m.pid)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "a thread of "
			       "process %llu: vmsdb attach %llu", v, v);
	if (p->m.state == 'Z' || p->m.state == 'X')
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "it has ended "
			       "already (a zombie), and its memory is gone");
	if (!status_number(status, "VmSize", 10, false, &v))
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "a thread of "
			       "the kernel: it has no memory of its own");
	p->mem = openat(p->dir, "mem", O_RDONLY | O_CLOEXEC);
	if (p->mem < 0)
		return why_refused(p, status, errno, err);
	if (take_exe(p, err))
		return -1;
	maps = slurp(p->dir, "maps", NULL);
	if (!maps)
		return why_refused(p, status, errno, err);
	take_maps(p, maps);
	free(maps);
	take_auxv(p);
	take_command(p);
	memory_finish(&p->m);
	if (!p->m.nmaps)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "it has just ended");
	return 0;
}

int memory_open_process(struct memory **ret, pid_t pid, struct err *err)
{
	struct process *p = calloc(1, sizeof(*p));
	char path[40], *status;
	int r = -1;

	if (!p)
		abort();
	memory_init(&p->m, &process_ops);
	p->mem = -1;
	p->m.pid = pid;
	p->m.name = arena_printf(&p->m.arena, "process %d", (int)pid);
	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	p->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->dir < 0) {
		r = no_process(pid, err);
	} else if (!(status = slurp(p->dir, "status", NULL))) {
		r = err_set(err, ERR_IO, ERR_NO_OFFSET, "it has just ended");
	} else {
		r = process_take(p, status, err);
		free(status);
	}
	if (r) {
		memory_close(&p->m);
		return -1;
	}
	*ret = &p->m;
	return 0;
}
