/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb cache`: the indexes of debug information that are kept on disk.
 */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../debugger/c-index.h"
#include "out-text.h"
#include "subcommand.h"

static bool is_index(const char *name)
{
	/* one being written, or left by a writer that died, has more behind it */
	return strstr(name, C_INDEX_SUFFIX) != NULL;
}

static void list_one(const char *name, const struct stat *st)
{
	char when[40];
	struct tm tm;

	strftime(when, sizeof(when), "%Y-%m-%d %H:%M",
		 localtime_r(&st->st_mtime, &tm));
	printf("%s  %8lld KiB  ", when, (long long)st->st_size / 1024);
	text_safe(stdout, name);
	putchar('\n');
}

/* All that @glob names (NULL: all); removed if @drop. */
static int each(const char *path, const char *glob, bool drop)
{
	DIR *dir = opendir(path);
	const struct dirent *e;
	int status = 0;
	size_t n = 0;

	if (!dir && errno != ENOENT) {
		complain("%s: %m", path);
		return STATUS_USAGE;
	}
	while (dir && (e = readdir(dir))) {
		struct stat st;

		if (!is_index(e->d_name) ||
		    (glob && fnmatch(glob, e->d_name, 0) &&
		     strncmp(glob, e->d_name, strlen(glob))))
			continue;
		if (!drop && !fstatat(dirfd(dir), e->d_name, &st, 0))
			list_one(e->d_name, &st);
		if (drop && unlinkat(dirfd(dir), e->d_name, 0) < 0) {
			complain("%s/%s: %m", path, e->d_name);
			status = STATUS_USAGE;
			continue;
		}
		n++;
	}
	if (dir)
		closedir(dir);
	printf("%zu index%s %s ", n, n == 1 ? "" : "es",
	       drop ? "dropped from" : "in");
	text_safe(stdout, path);
	putchar('\n');
	return status;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	const char *what, *glob;
	struct args a;
	char *path;
	int status;

	if (args_parse(self, argc, argv, &a) < 0)
		return STATUS_USAGE;
	what = a.noperands ? a.operands[0] : "list";
	glob = a.noperands > 1 ? a.operands[1] : NULL;
	if (a.help || a.noperands > 2 || (glob && !*glob) ||
	    (strcmp(what, "list") && strcmp(what, "drop"))) {
		usage_of(self, a.help ? stdout : stderr);
		return a.help ? 0 : STATUS_USAGE;
	}
	path = c_index_dir();
	if (!path) {
		complain("neither XDG_CACHE_HOME nor HOME says where the "
			 "cache is");
		return STATUS_USAGE;
	}
	status = each(path, glob, !strcmp(what, "drop"));
	free(path);
	return status;
}

static const struct option_help options[] = { { 0 } };

const struct subcommand cmd_cache = {
	.name = "cache",
	.args = "[list|drop] [BUILD-ID]",
	.help = "List, or drop, the indexes of debug information that are kept.",
	.options = options,
	.run = run,
};
