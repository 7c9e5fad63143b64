/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../stream/source.h"
#include "ahead.h"

#define MAX_AHEAD 8
#define MAX_TEXT (64u << 20)	/* larger ones are worth a look at the progress */

struct one {
	const char *path;
	struct dump dump;
	struct err err;
	int ret;
};

struct ahead {
	struct arena arena;
	pthread_t thread;
	bool running;
	struct one v[MAX_AHEAD];
	size_t n;
};

/* An ordinary file that begins as JSON does. */
static bool looks_like_a_dump(const char *path)
{
	char head[64];
	struct stat st;
	ssize_t n = -1, i = 0;
	int fd;

	/* opening a pipe would wait for who writes into it */
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size > MAX_TEXT)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0) {
		n = read(fd, head, sizeof(head));
		close(fd);
	}
	while (i < n && memchr(" \t\r\n", head[i], 4))
		i++;
	return i < n && head[i] == '{';
}

static void read_one(struct ahead *a, struct one *o)
{
	struct source *src;

	o->ret = source_open(&src, o->path, NULL, &o->err);
	if (o->ret < 0)
		return;
	o->ret = dump_parse(&o->dump, &a->arena, arena_strdup(&a->arena, o->path),
			    (const char *)src->data, src->len, &o->err);
	source_close(src);
}

static void *work(void *p)
{
	struct ahead *a = p;

	for (size_t i = 0; i < a->n; i++)
		read_one(a, &a->v[i]);
	return NULL;
}

struct ahead *ahead_begin(const char *const *paths, size_t n)
{
	struct ahead *a = calloc(1, sizeof(*a));
	sigset_t all, before;

	if (!a)
		abort();
	arena_init(&a->arena);
	for (size_t i = 0; i < n && a->n < MAX_AHEAD; i++) {
		if (looks_like_a_dump(paths[i]))
			a->v[a->n++].path = paths[i];
	}
	if (a->n) {
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &before);
		a->running = !pthread_create(&a->thread, NULL, work, a);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	if (a->running)
		return a;
	free(a);
	return NULL;
}

static void wait_for(struct ahead *a)
{
	if (a->running)
		pthread_join(a->thread, NULL);
	a->running = false;
}

bool ahead_take(struct ahead *a, const char *path, int *ret,
		const struct dump **dump, struct err *err)
{
	for (size_t i = 0; a && i < a->n; i++) {
		if (strcmp(a->v[i].path, path))
			continue;
		wait_for(a);
		*ret = a->v[i].ret;
		*dump = &a->v[i].dump;
		if (*ret < 0 && err)
			*err = a->v[i].err;
		return true;
	}
	return false;
}

void ahead_end(struct ahead *a)
{
	if (!a)
		return;
	wait_for(a);
	arena_release(&a->arena);
	free(a);
}
