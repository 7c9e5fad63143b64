/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spool.h"
#include "sysio.h"

/* What is looked at, whole, for being zero. */
#define HOLE_SIZE 4096

static int open_unlinked(const char *dir)
{
	char path[4096];
	int fd = sysio_open(dir, O_TMPFILE | O_RDWR, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR &&
			errno != EINVAL))
		return fd;
	/* no O_TMPFILE on this file system */
	if (snprintf(path, sizeof(path), "%s/vmsdb-XXXXXX", dir) >=
	    (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static const char *choose_dir(void)
{
	const char *dir = getenv("TMPDIR");

	if (dir && *dir)
		return dir;
	return access("/var/tmp", W_OK | X_OK) == 0 ? "/var/tmp" : "/tmp";
}

int spool_init(struct spool *sp, const char *what, uint64_t max,
	       struct err *err)
{
	memset(sp, 0, sizeof(*sp));
	sp->what = what;
	sp->max = max;
	sp->dir = choose_dir();
	sp->fd = open_unlinked(sp->dir);
	if (sp->fd < 0)
		return err_set(err, ERR_IO, ERR_NO_OFFSET,
			       "cannot create a temporary file in %s for %s: %s",
			       sp->dir, what, strerror(errno));
	return 0;
}

void spool_release(struct spool *sp)
{
	if (sp->fd >= 0)
		close(sp->fd);
	sp->fd = -1;
}

static int cannot_write(const struct spool *sp, struct err *err)
{
	return err_set(err, ERR_IO, ERR_NO_OFFSET,
		       "cannot write to a temporary file in %s for %s (0x%" PRIx64
		       " bytes so far; TMPDIR chooses another place): %s",
		       sp->dir, sp->what, sp->len, strerror(errno));
}

static int check_room(const struct spool *sp, uint64_t n, struct err *err)
{
	if (n <= sp->max - sp->len)
		return 0;
	return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
		       "%s gives more than 0x%" PRIx64
		       " bytes, the limit for a temporary file",
		       sp->what, sp->max);
}

static bool all_zero(const uint8_t *p, size_t n)
{
	return !n || (!p[0] && !memcmp(p, p + 1, n - 1));
}

/* How many bytes at @p are zeros or not zeros alike, looked at by blocks. */
static size_t alike(const struct spool *sp, const uint8_t *p, size_t n,
		    bool *zero)
{
	size_t done = 0;

	while (done < n) {
		size_t block = HOLE_SIZE - (sp->len + done) % HOLE_SIZE;
		bool z;

		if (block > n - done)
			block = n - done;
		z = all_zero(p + done, block);
		if (done && z != *zero)
			break;
		*zero = z;
		done += block;
	}
	return done;
}

int spool_write(struct spool *sp, const void *buf, size_t n, struct err *err)
{
	const uint8_t *p = buf;

	if (check_room(sp, n, err) < 0)
		return -1;
	while (n) {
		bool zero = false;
		size_t len = alike(sp, p, n, &zero);

		if (!zero && sysio_write(sp->fd, p, len, sp->len) < 0)
			return cannot_write(sp, err);
		sp->len += len;
		p += len;
		n -= len;
	}
	return 0;
}

int spool_zeros(struct spool *sp, uint64_t n, struct err *err)
{
	if (check_room(sp, n, err) < 0)
		return -1;
	sp->len += n;
	return 0;
}

int spool_map(struct spool *sp, struct layer *ret, struct err *err)
{
	layer_init(ret);
	/* makes the holes at the end part of the file */
	if (sysio_truncate(sp->fd, sp->len) < 0)
		return cannot_write(sp, err);
	if (!sp->len)
		return 0;
	ret->file = sysio_map(NULL, sp->len, sp->fd, 0);
	if (!ret->file) {
		layer_init(ret);
		return err_set(err, ERR_IO, ERR_NO_OFFSET,
			       "cannot map 0x%" PRIx64 " bytes of a temporary file: %s",
			       sp->len, strerror(errno));
	}
	ret->file_len = sp->len;
	ret->mapped = true;
	ret->fd = sp->fd;
	sp->fd = -1;
	return 0;
}

uint64_t spool_max(const struct source *src)
{
	if (src->priv->text)
		return src->priv->text_max;
	return src->priv->opts.spool_max ? src->priv->opts.spool_max
					 : SPOOL_MAX_DEFAULT;
}
