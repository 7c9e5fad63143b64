/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb record`: between a real source and a real destination.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../debugger/live/proxy.h"
#include "../debugger/live/qmp.h"
#include "../stream/stream.h"
#include "../stream/sysio.h"
#include "live.h"

static void tell(void *ctx, const char *text)
{
	(void)ctx;
	complain("%s", text);
}

static void report(const struct proxy *p, const char *path)
{
	double mib = (double)(p->forward_bytes + p->back_bytes) / (1 << 20);

	fprintf(stderr, "%u channels, %" PRIu64 " bytes there and %" PRIu64
		" back in %.2f s (%.0f MiB/s)\n", p->channels,
		p->forward_bytes, p->back_bytes, p->seconds,
		p->seconds > 0 ? mib / p->seconds : 0);
	if (!path)
		return;
	fprintf(stderr, "%s: %" PRIu64 " of the main channel's %" PRIu64
		" bytes%s%s\n", path, p->recorded, p->main_bytes,
		*p->lost ? "; recording stopped: " : "", p->lost);
}

/*
 * Has the recording no end?  A stream ends with the device description, or where
 * there is none with the byte of its end behind the last section's footer.  What
 * is not in a file nobody can tell.
 */
static bool is_cut(int out)
{
	char self[64];
	struct stat st;
	uint64_t n;
	uint8_t *p;
	bool cut;
	int fd;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", out);
	if (fstat(out, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < 16)
		return false;
	n = (uint64_t)st.st_size;
	fd = open(self, O_RDONLY | O_CLOEXEC);
	p = fd < 0 ? NULL : sysio_map(NULL, n, fd, 0);
	if (fd >= 0)
		close(fd);
	if (!p)
		return false;
	/* before 2.4 there is no configuration and no footer */
	cut = !stream_ends_described(p, n) &&
	      (p[n - 1] != SECTION_EOF || (p[n - 6] != SECTION_FOOTER &&
					   p[8] == SECTION_CONFIGURATION));
	munmap(p, n);
	return cut;
}

static const char *const ends[] = {
	[PROXY_END_SOURCE] = "the source gave up before the stream's end",
	[PROXY_END_BROKEN] = "the source's end broke",
	[PROXY_END_DESTINATION] = "the destination closed its end",
	[PROXY_END_INTERRUPTED] = "interrupted",
};

/* The file, without what was in it.  @fresh: it was not there. */
static int open_output(const char *path, bool *fresh)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	*fresh = fd >= 0;
	/* a FIFO that nobody reads is refused, not waited for */
	return fd >= 0 ? fd : open(path, O_WRONLY | O_CREAT | O_CLOEXEC |
				   O_NONBLOCK, 0600);
}

static int record_it(const char *path, struct proxy_opts *opts)
{
	struct proxy p;
	struct err err;
	bool fresh = false, cut;
	int r;

	opts->out = -1;
	if (path)
		opts->out = open_output(path, &fresh);
	if (path && opts->out < 0) {
		complain("%s: %s", path, errno == ENXIO ? "nobody reads it" :
			 strerror(errno));
		return STATUS_USAGE;
	}
	if (opts->out >= 0)
		fcntl(opts->out, F_SETFL,
		      fcntl(opts->out, F_GETFL) & ~O_NONBLOCK);
	live_catch();
	r = proxy_run(&p, opts, &err);
	cut = !r && p.found_main &&
	      (p.end != PROXY_END_SOURCE || (p.complete && is_cut(opts->out)));
	if (opts->out >= 0)
		close(opts->out);
	if (r < 0) {
		if (fresh)
			unlink(path);
		complain("%s", err.msg);
		return err.code == ERR_USAGE ? STATUS_USAGE : STATUS_UNKNOWN;
	}
	if (!p.channels)
		complain("nobody connected to %s", opts->listen);
	else
		report(&p, path);
	if (cut)
		complain("the migration did not end: %s", ends[p.end]);
	if (p.found_main && (opts->hold_section || opts->hold_at != UINT64_MAX)
	    && !p.held)
		complain("it was not held: %s never came", opts->hold_section ?
			 opts->hold_section : "that byte");
	return !p.channels || cut || (path && !p.complete) ? STATUS_UNKNOWN : 0;
}

/* IDSTR or a byte's offset. */
static bool take_hold(struct proxy_opts *opts, const char *where)
{
	char *end;

	opts->hold_at = strtoull(where, &end, 0);
	if (!*end && end != where && *where != '-')
		return true;
	opts->hold_at = UINT64_MAX;
	opts->hold_section = where;
	if (*where && *where != '-' && strlen(where) < 256 &&
	    strcmp(where, "ram"))
		return true;
	complain("record: cannot hold at '%s': %s", where, strcmp(where, "ram") ?
		 "it is neither a byte's offset nor a device's idstr" :
		 "RAM is not looked into; give the byte's offset");
	return false;
}

#define MIN_BUFFER (UINT64_C(1) << 20)
#define MAX_BUFFER (UINT64_C(1) << 40)

static bool take_size(const char *s, uint64_t *ret)
{
	unsigned shift = 0;
	char *end;

	*ret = strtoull(s, &end, 0);
	switch (*end) {
	case 'k': case 'K': shift = 10; end++; break;
	case 'm': case 'M': shift = 20; end++; break;
	case 'g': case 'G': shift = 30; end++; break;
	}
	if (end == s || *end || strchr(s, '-') || *ret > MAX_BUFFER >> shift)
		return false;
	*ret <<= shift;
	return *ret >= MIN_BUFFER;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	struct proxy_opts opts = {
		.interrupted = &live_interrupted, .hold_at = UINT64_MAX,
		.hold_ms = 30000, .hold_fd = -1, .tell = tell,
	};
	const char *path = NULL, *hold = NULL, *seconds = NULL, *buffer = NULL,
		   *wait = NULL;
	const struct live_option own[] = {
		{ .name = "--listen", .value = &opts.listen },
		{ .name = "--forward", .value = &opts.forward },
		{ .name = "-o", .value = &path },
		{ .name = "--output", .value = &path },
		{ .name = "--hold", .value = &hold },
		{ .name = "--hold-timeout", .value = &seconds },
		{ .name = "--buffer", .value = &buffer },
		{ .name = "--wait", .value = &wait },
		{ 0 },
	};
	struct live_args a;
	struct err err;

	if (live_parse(self, argc, argv, own, &a) < 0)
		return STATUS_USAGE;
	if (a.common.help) {
		usage_of(self, stdout);
		return 0;
	}
	if (a.common.noperands || a.command || !opts.listen || !opts.forward) {
		usage_of(self, stderr);
		return STATUS_USAGE;
	}
	if (seconds)
		opts.hold_ms = live_seconds(self, "--hold-timeout", seconds);
	if (wait)
		opts.wait_ms = live_seconds(self, "--wait", wait);
	if (opts.hold_ms < 0 || opts.wait_ms < 0)
		return STATUS_USAGE;
	if (buffer && !take_size(buffer, &opts.buffer)) {
		complain("%s: --buffer %s is no size (at least 1M)", self->name,
			 buffer);
		return STATUS_USAGE;
	}
	if (hold) {
		if (!take_hold(&opts, hold))
			return STATUS_USAGE;
		opts.hold_fd = isatty(0) ? 0 : -1;
	}
	if (socket_check(opts.listen, &err) < 0 ||
	    socket_check(opts.forward, &err) < 0) {
		complain("%s: %s", self->name, err.msg);
		return STATUS_USAGE;
	}
	if (!strcmp(opts.listen, opts.forward)) {
		complain("%s: it would forward to itself: %s", self->name,
			 opts.listen);
		return STATUS_USAGE;
	}
	return record_it(path, &opts);
}

static const struct option_help options[] = {
	{ "--listen", "WHERE", "unix:PATH or tcp:HOST:PORT: where the source "
	  "migrates to" },
	{ "--forward", "WHERE", "where the destination listens" },
	{ "-o", "FILE", "the main channel, as the source sent it" },
	{ "--buffer", "SIZE", "memory for a file that is slow now and then "
	  "(default: an eighth of what is free, 256M to 4G)" },
	{ "--wait", "SECONDS", "for the first connection (default: for ever)" },
	{ "--hold", "WHERE", "hold the stream at a byte's offset, or where the "
	  "section with this idstr starts" },
	{ "--hold-timeout", "SECONDS", "then it flows on by itself (default "
	  "30)" },
	{ 0 },
};

const struct subcommand cmd_record = {
	.name = "record",
	.args = "--listen WHERE --forward WHERE [-o FILE] [OPTION]...",
	.help = "Stand between a real source and destination, and record.",
	.options = options,
	.run = run,
};
