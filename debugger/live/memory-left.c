/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory-left.h"

/* A control group's files: cgroups(7), and cgroup-v1/memory.rst of the kernel. */
struct version {
	const char *controllers;	/* the line of /proc/self/cgroup */
	const char *root, *limit, *usage;
};

static const struct version versions[] = {
	{ "", "/sys/fs/cgroup", "memory.max", "memory.current" },
	{ "memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes",
	  "memory.usage_in_bytes" },
};

/* False: no such file, or "max". */
static bool read_number(const char *dir, const char *name, uint64_t *ret)
{
	char path[PATH_MAX + 64];
	FILE *f;
	bool ok;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "re");
	if (!f)
		return false;
	ok = fscanf(f, "%" SCNu64, ret) == 1;
	fclose(f);
	return ok;
}

/* The group at @path and all that it is in, which bound it, too. */
static uint64_t left_in(const struct version *v, const char *path,
			uint64_t left)
{
	char dir[PATH_MAX];
	size_t root = strlen(v->root);
	uint64_t limit, usage;

	snprintf(dir, sizeof(dir), "%s%s", v->root, path);
	for (;;) {
		char *slash;

		if (read_number(dir, v->limit, &limit) &&
		    read_number(dir, v->usage, &usage)) {
			uint64_t more = limit > usage ? limit - usage : 0;

			left = more < left ? more : left;
		}
		slash = strrchr(dir, '/');
		if (!slash || slash < dir + root)
			return left;
		*slash = '\0';
	}
}

/* A line "4:memory:/a/b"; version 2 is "0::/a/b". */
static uint64_t left_of_line(char *line, uint64_t left)
{
	char *controllers = strchr(line, ':'), *path, *save, *c;

	path = controllers ? strchr(controllers + 1, ':') : NULL;
	if (!path)
		return left;
	controllers++;
	*path++ = '\0';
	path[strcspn(path, "\n")] = '\0';
	if (!*controllers)
		return left_in(&versions[0], path, left);
	for (c = strtok_r(controllers, ",", &save); c;
	     c = strtok_r(NULL, ",", &save)) {
		if (!strcmp(c, versions[1].controllers))
			return left_in(&versions[1], path, left);
	}
	return left;
}

uint64_t memory_left(void)
{
	long pages = sysconf(_SC_AVPHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	uint64_t left = pages > 0 && size > 0 ?
		(uint64_t)pages * (uint64_t)size : 0;
	FILE *f = fopen("/proc/self/cgroup", "re");
	char *line = NULL;
	size_t cap = 0;

	if (!f)
		return left;
	while (getline(&line, &cap, f) > 0)
		left = left_of_line(line, left);
	free(line);
	fclose(f);
	return left;
}
