/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source-fd.c - what a path names, mapped.
 *
 * Regular files and block devices are mapped as they are.  What cannot be
 * mapped or asked for its size (pipes, terminals, character devices, files of
 * /proc) is spooled.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "spool.h"
#include "sysio.h"

#define READ_SIZE (256 * 1024)
#define PROGRESS_EVERY (UINT64_C(16) << 20)

void layer_init(struct layer *at)
{
	static const uint8_t none[1];

	*at = (struct layer){ .file = none, .fd = -1 };
}

void layer_release(struct layer *at)
{
	if (at->mapped)
		munmap((void *)at->file, (size_t)at->file_len);
	if (at->fd >= 0)
		close(at->fd);
	layer_init(at);
}

void layer_replace(struct layer *at, struct layer *with)
{
	layer_release(at);
	*at = *with;
	layer_init(with);
}

static int spool_fd(struct spool *sp, int fd, const struct source_opts *opts,
		    struct err *err)
{
	uint8_t *buf = malloc(READ_SIZE);
	uint64_t told = 0;
	int ret = -1;

	if (!buf)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "out of memory");
	for (;;) {
		ssize_t n = sysio_read(fd, buf, READ_SIZE);

		if (n < 0 && errno == EINTR) {
			if (source_progress(opts, sp->what, sp->len, 0,
					    err) < 0)
				break;
			continue;
		}
		if (n < 0) {
			err_set(err, ERR_IO, sp->len, "cannot read: %s",
				strerror(errno));
			break;
		}
		if (!n) {
			ret = 0;
			break;
		}
		if (spool_write(sp, buf, (size_t)n, err) < 0)
			break;
		if (sp->len - told < PROGRESS_EVERY)
			continue;
		told = sp->len;
		if (source_progress(opts, sp->what, told, 0, err) < 0)
			break;
	}
	free(buf);
	return ret;
}

static int read_fd(struct layer *ret, int fd, const struct source_opts *opts,
		   uint64_t max, struct err *err)
{
	struct spool sp;
	int r;

	if (spool_init(&sp, "reading the input", max, err) < 0)
		return -1;
	r = spool_fd(&sp, fd, opts, err);
	if (r == 0)
		r = spool_map(&sp, ret, err);
	spool_release(&sp);
	return r;
}

/* The length of what can be mapped, or 0. */
static uint64_t mappable(int fd, const struct stat *st)
{
	off_t end;

	/* behind a redirection part of the file may have been read already */
	if (lseek(fd, 0, SEEK_CUR) != 0)
		return 0;
	if (S_ISREG(st->st_mode))
		return (uint64_t)st->st_size;
	if (!S_ISBLK(st->st_mode))
		return 0;
	end = lseek(fd, 0, SEEK_END);
	lseek(fd, 0, SEEK_SET);
	return end > 0 ? (uint64_t)end : 0;
}

static int map_fd(struct layer *ret, int fd, uint64_t len, struct err *err)
{
	const uint8_t *p = sysio_map(NULL, len, fd, 0);

	if (!p)
		return err_set(err, ERR_IO, ERR_NO_OFFSET,
			       "cannot map 0x%" PRIx64 " bytes: %s", len,
			       strerror(errno));
	*ret = (struct layer){
		.file = p, .file_len = len, .fd = fd, .mapped = true,
	};
	return 0;
}

static int open_fd(struct layer *ret, int fd, const struct source_opts *opts,
		   uint64_t max, struct err *err)
{
	struct stat st;
	uint64_t len;

	if (sysio_stat(fd, &st) < 0)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "cannot stat: %s",
			       strerror(errno));
	if (S_ISDIR(st.st_mode))
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "%s",
			       strerror(EISDIR));
	len = mappable(fd, &st);
	if (!len)
		return read_fd(ret, fd, opts, max, err);
	return map_fd(ret, fd, len, err);
}

int source_fd_open(struct layer *ret, const char *path,
		   const struct source_opts *opts, uint64_t max,
		   struct err *err)
{
	int fd, r;

	layer_init(ret);
	fd = strcmp(path, "-") ? sysio_open(path, O_RDONLY, 0)
			       : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "cannot open: %s",
			       strerror(errno));
	r = open_fd(ret, fd, opts, max, err);
	if (ret->fd != fd)
		close(fd);
	return r;
}
