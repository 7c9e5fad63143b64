/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb capture`: the state of a running emulator into a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../debugger/live/capture.h"
#include "live.h"

/*
 * A file without a name where @path shall be, so that nothing is left when
 * somebody kills us; memory where the file system has no such thing.
 */
static int open_nameless(const char *path)
{
	char *copy = strdup(path);
	int fd = -1;

	if (copy && strcmp(path, "-"))
		fd = open(dirname(copy), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	free(copy);
	if (fd < 0 && (!strcmp(path, "-") || errno == EOPNOTSUPP ||
		       errno == EISDIR))
		fd = memfd_create("vmsdb-capture", MFD_CLOEXEC);
	return fd;
}

static int copy_to(int fd, int to)
{
	static char buf[1 << 16];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, buf, sizeof(buf), at)) > 0) {
		for (ssize_t done = 0, w; done < n; done += w) {
			w = write(to, buf + done, (size_t)(n - done));
			if (w <= 0)
				return -1;
		}
		at += n;
	}
	return (int)n;
}

static int copy_to_name(int fd, const char *name)
{
	int to = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), r;

	if (to < 0)
		return -1;
	r = copy_to(fd, to);
	if (close(to) < 0 || r < 0) {
		unlink(name);
		return -1;
	}
	return 0;
}

static int give_name(int fd, const char *name)
{
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (!linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW))
		return 0;
	if (errno == EEXIST)
		return -1;
	return copy_to_name(fd, name);
}

/*
 * Standard output, a device or a FIFO: it is written to, not replaced.  -1: none of
 * them, -2: it cannot be opened.
 */
static int open_stream(const char *path)
{
	struct stat st;
	int fd;

	if (!strcmp(path, "-"))
		return dup(1);
	if (stat(path, &st) < 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		return -1;
	/* a FIFO that nobody reads is refused, not waited for */
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -2;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return fd;
}

/* Under @path, in the place of a regular file, whose mode it gets. */
static int commit(int fd, const char *path)
{
	struct stat st;
	char *temporary;
	int r;

	if (!give_name(fd, path))
		return 0;
	if (errno != EEXIST ||
	    asprintf(&temporary, "%s.%d.new", path, (int)getpid()) < 0)
		return -1;
	r = give_name(fd, temporary);
	if (!r) {
		if (!stat(path, &st))
			(void)!chmod(temporary, st.st_mode & 0777);
		r = rename(temporary, path);
		if (r < 0)
			unlink(temporary);
	}
	free(temporary);
	return r;
}

static void report(const struct capture *c, const char *path, bool all)
{
	fprintf(stderr, "captured %" PRIu64 " bytes%s%s; the guest was and is "
		"'%s'\n", c->kept, strcmp(path, "-") ? " into " : "",
		strcmp(path, "-") ? path : "", c->left);
	if (all && c->pages)
		fprintf(stderr, "%" PRIu64 " records of RAM (%" PRIu64 " MiB "
			"with them) were left out\n", c->pages,
			c->taken >> 20);
	if (*c->note)
		fprintf(stderr, "%s\n", c->note);
}

static int capture_it(const char *path, const struct capture_opts *opts)
{
	int stream = open_stream(path), fd = -1, r;
	char *name = stream == -1 ? realpath(path, NULL) : NULL;
	struct capture c;
	struct err err;

	if (stream != -2)
		fd = open_nameless(stream < 0 ? name ? name : path : "-");
	if (fd < 0) {
		complain("%s: %s", path, errno == ENXIO ? "nobody reads it" :
			 strerror(errno));
		free(name);
		return STATUS_USAGE;
	}
	live_catch();
	if (capture_run(&c, opts, fd, &err) < 0) {
		complain("%s", err.msg);
		close(fd);
		free(name);
		return err.code == ERR_USAGE ? STATUS_USAGE : STATUS_UNKNOWN;
	}
	r = stream >= 0 ? copy_to(fd, stream) : commit(fd, name ? name : path);
	if (stream >= 0 && close(stream) < 0)
		r = -1;
	if (r < 0)
		complain("%s: %s", path, strerror(errno));
	close(fd);
	free(name);
	if (r < 0)
		return STATUS_UNKNOWN;
	report(&c, path, opts->all);
	return 0;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	struct capture_opts opts = { .interrupted = &live_interrupted };
	const char *path = NULL, *timeout = NULL;
	bool devices = false;
	const struct live_option own[] = {
		{ .name = "--qmp", .value = &opts.qmp },
		{ .name = "-o", .value = &path },
		{ .name = "--output", .value = &path },
		{ .name = "--stop", .flag = &opts.may_stop },
		{ .name = "--devices-only", .flag = &devices },
		{ .name = "--full", .flag = &opts.all },
		{ .name = "--ram", .flag = &opts.keep_ram },
		{ .name = "--timeout", .value = &timeout },
		{ 0 },
	};
	struct live_args a;

	if (live_parse(self, argc, argv, own, &a) < 0)
		return STATUS_USAGE;
	if (a.common.help) {
		usage_of(self, stdout);
		return 0;
	}
	if (a.common.noperands || a.command || !opts.qmp ||
	    (devices && (opts.all || opts.keep_ram))) {
		usage_of(self, stderr);
		return STATUS_USAGE;
	}
	opts.all |= opts.keep_ram;
	if (timeout) {
		opts.timeout_ms = live_seconds(self, "--timeout", timeout);
		if (opts.timeout_ms < 0)
			return STATUS_USAGE;
	}
	if (!path && isatty(1)) {
		complain("capture: -o FILE, or standard output that is no "
			 "terminal");
		return STATUS_USAGE;
	}
	return capture_it(path ? path : "-", &opts);
}

static const struct option_help options[] = {
	{ "--qmp", "SOCKET", "the emulator's monitor, a UNIX socket" },
	{ "-o", "FILE", "where to (default: standard output)" },
	{ "--stop", NULL, "a running guest may be paused for a moment" },
	{ "--devices-only", NULL, "xen-save-devices-state: no configuration, no "
	  "description, no RAM (default)" },
	{ "--full", NULL, "a whole migration, with configuration and "
	  "description; RAM is drained, not stored" },
	{ "--ram", NULL, "the same, and RAM is stored" },
	{ "--timeout", "SECONDS", "without any progress (default 30)" },
	{ 0 },
};

const struct subcommand cmd_capture = {
	.name = "capture",
	.args = "--qmp SOCKET [-o FILE] [--stop] [--devices-only|--full|--ram]",
	.help = "Save the state of a running emulator, which then goes on.",
	.options = options,
	.run = run,
};
