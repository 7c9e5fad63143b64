/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "argv.h"
#include "capture.h"
#include "qmp.h"
#include "reference.h"
#include "spawn.h"

#define START_MS 60000

struct run {
	struct spawn child;
	char socket[80];
	char said[400];		/* why it gave up, as far as it said so */
	bool blamed;		/* by its own name: not a library's remark */
	volatile const int *interrupted;
};

static void take_line(void *ctx, const char *s, size_t n)
{
	struct run *r = ctx;
	bool own = n > 12 && !memcmp(s, "qemu-system-", 12);

	/* a library talks before it, "Use -machine help" comes behind it */
	if (!n || memmem(s, n, "warning: ", 9) ||
	    (own ? r->blamed : *r->said != '\0'))
		return;
	r->blamed = own;
	snprintf(r->said, sizeof(r->said), "%.*s", (int)(n < 300 ? n : 300), s);
}

/* With a few more words, up to a NULL. */
static int start(struct run *r, const char *const *given,
		 const char *const *more, struct err *err)
{
	struct arena a;
	struct argv v;
	int ret;

	arena_init(&a);
	argv_begin(&v, &a, given);
	argv_add(&v, "-S");
	while (*more)
		argv_add(&v, *more++);
	r->child.line = take_line;
	r->child.ctx = r;
	ret = spawn_start(&r->child, (char *const *)v.words, &v.zero,
			  v.zero >= 0, err);
	argv_end(&v);
	arena_release(&a);
	return ret;
}

static int ended(const struct run *r, const char *name, struct err *err)
{
	char why[96];

	return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "%s ended before it "
		       "could be asked (%s)%s%s", name,
		       spawn_why(&r->child, why, sizeof(why)),
		       *r->said ? ": " : "", r->said);
}

/* Until its monitor is there. */
static int await(struct run *r, const char *name, struct err *err)
{
	int64_t deadline = now_ms() + START_MS;

	while (access(r->socket, F_OK)) {
		if (spawn_wait(&r->child, 10))
			return ended(r, name, err);
		if (r->interrupted && *r->interrupted)
			return err_set(err, ERR_IO, ERR_NO_OFFSET,
				       "interrupted");
		if (now_ms() > deadline)
			return err_set(err, ERR_LIMIT, ERR_NO_OFFSET, "%s has "
				       "no monitor after %d s", name,
				       START_MS / 1000);
	}
	return 0;
}

/* The first file of its memory that is called qemu... and is no library. */
static void find_binary(pid_t pid, char *ret, size_t size)
{
	char name[40], line[4200];
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/maps", (int)pid);
	f = fopen(name, "re");
	while (f && !*ret && fgets(line, sizeof(line), f)) {
		char *path = strchr(line, '/'), *base;

		if (!path)
			continue;
		path[strcspn(path, "\n")] = '\0';
		base = strrchr(path, '/') + 1;
		if (!strncmp(base, "qemu", 4) && !strstr(base, ".so") &&
		    strlen(path) < size && !access(path, R_OK))
			strcpy(ret, path);
	}
	if (f)
		fclose(f);
}

static void find_modules(pid_t pid, char *ret, size_t size)
{
	static const char var[] = "QEMU_MODULE_DIR=";
	char name[40], *value = NULL;
	size_t cap = 0;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/environ", (int)pid);
	f = fopen(name, "re");
	while (f && getdelim(&value, &cap, '\0', f) > 0) {
		if (!strncmp(value, var, sizeof(var) - 1))
			snprintf(ret, size, "%s", value + sizeof(var) - 1);
	}
	free(value);
	if (f)
		fclose(f);
}

static int ask(struct run *r, struct reference *about, const char *name,
	       struct err *err)
{
	const char *path = about->path;
	const struct capture_opts opts = {
		.qmp = r->socket, .all = true, .ours = true,
		.interrupted = r->interrupted,
	};
	struct capture c;
	int fd, ret;

	if (await(r, name, err) < 0)
		return -1;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "%s: %s", path,
			       strerror(errno));
	find_binary(r->child.pid, about->binary, sizeof(about->binary));
	find_modules(r->child.pid, about->modules, sizeof(about->modules));
	ret = capture_run(&c, &opts, fd, err);
	close(fd);
	about->release = c.release;
	if (ret >= 0)
		return 0;
	/* a monitor may be there before a device refuses its options */
	return spawn_wait(&r->child, 100) ? ended(r, name, err) :
		err_prefix(err, "%s", name);
}

static bool ends(struct run *r, int64_t deadline)
{
	while (!spawn_wait(&r->child, 50)) {
		if ((r->interrupted && *r->interrupted) || now_ms() > deadline)
			return false;
	}
	return true;
}

/* Descriptors of devices that are not there, conditional fields: its dump. */
static void dump(struct reference *ret, const char *const *argv,
		 volatile const int *interrupted)
{
	const char *const more[] = { "-dump-vmstate", ret->dump, NULL };
	struct run r = { .interrupted = interrupted };
	int64_t deadline = now_ms() + START_MS;
	struct err err;

	spawn_init(&r.child);
	if (start(&r, argv, more, &err) < 0 || !ends(&r, deadline) ||
	    r.child.status) {
		(void)unlink(ret->dump);
		*ret->dump = '\0';
	}
	spawn_kill(&r.child);
}

static bool aborted(const struct run *r)
{
	return !r->child.pid && WIFSIGNALED(r->child.status) &&
		WTERMSIG(r->child.status) == SIGABRT;
}

/*
 * 10.0 dies of an assertion over the description of a stream that it saves
 * with send-configuration=off: then without one.
 */
static int make(struct reference *ret, const char *const *argv,
		const char *name, volatile const int *interrupted,
		bool described, bool *again, struct err *err)
{
	struct run r = { .interrupted = interrupted };
	char value[160];
	const char *const more[] = {
		"-qmp", value, described ? NULL : "-machine",
		"suppress-vmdesc=on", NULL,
	};
	int result;

	snprintf(r.socket, sizeof(r.socket), "%s/qmp.sock", ret->dir);
	snprintf(value, sizeof(value), "unix:%s,server=on,wait=off", r.socket);
	spawn_init(&r.child);
	result = start(&r, argv, more, err);
	if (!result)
		result = ask(&r, ret, name, err);
	*again = result < 0 && aborted(&r);
	spawn_kill(&r.child);
	(void)unlink(r.socket);
	return result;
}

int reference_make(struct reference *ret, const char *const *argv,
		   volatile const int *interrupted, struct err *err)
{
	const char *tmp = getenv("TMPDIR"), *name = strrchr(argv[0], '/');
	struct err second;
	bool again;
	int result;

	name = name ? name + 1 : argv[0];
	/* a socket's name has 108 bytes, and QEMU cuts options at commas */
	if (!tmp || strlen(tmp) > 32 || strchr(tmp, ','))
		tmp = "/tmp";
	snprintf(ret->dir, sizeof(ret->dir), "%s/vmsdb-XXXXXX", tmp);
	if (!mkdtemp(ret->dir)) {
		result = err_set(err, ERR_IO, ERR_NO_OFFSET, "%s: %s", ret->dir,
				 strerror(errno));
		*ret->dir = '\0';
		return result;
	}
	snprintf(ret->path, sizeof(ret->path), "%s/written-by-%.240s", ret->dir,
		 name);
	snprintf(ret->dump, sizeof(ret->dump), "%s/dumped-by-%.240s.json",
		 ret->dir, name);
	result = make(ret, argv, name, interrupted, true, &again, err);
	if (again) {
		(void)unlink(ret->path);
		if (!make(ret, argv, name, interrupted, false, &again, &second))
			result = 0;
	}
	if (result < 0)
		reference_remove(ret);
	else
		dump(ret, argv, interrupted);
	return result;
}

void reference_remove(struct reference *r)
{
	if (!*r->dir)
		return;
	(void)unlink(r->path);
	if (*r->dump)
		(void)unlink(r->dump);
	(void)rmdir(r->dir);
	*r->dir = '\0';
}
