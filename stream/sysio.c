/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sysio.h"

unsigned long sysio_fail_after;

static bool told_to_fail(void)
{
	if (!sysio_fail_after || --sysio_fail_after)
		return false;
	errno = EIO;
	return true;
}

int sysio_open(const char *path, int flags, mode_t mode)
{
	int fd;

	if (told_to_fail())
		return -1;
	do
		fd = open(path, flags | O_CLOEXEC | O_NOCTTY, mode);
	while (fd < 0 && errno == EINTR);
	return fd;
}

int sysio_stat(int fd, struct stat *ret)
{
	return told_to_fail() ? -1 : fstat(fd, ret);
}

int sysio_truncate(int fd, uint64_t len)
{
	if (told_to_fail())
		return -1;
	if (len > INT64_MAX) {
		errno = EFBIG;
		return -1;
	}
	return ftruncate(fd, (off_t)len);
}

ssize_t sysio_read(int fd, void *buf, size_t n)
{
	return told_to_fail() ? -1 : read(fd, buf, n);
}

int sysio_write(int fd, const void *buf, size_t n, uint64_t off)
{
	const uint8_t *p = buf;

	if (told_to_fail())
		return -1;
	while (n) {
		ssize_t r = pwrite(fd, p, n, (off_t)off);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return -1;
		p += r;
		off += (uint64_t)r;
		n -= (size_t)r;
	}
	return 0;
}

void *sysio_map(void *at, uint64_t len, int fd, uint64_t off)
{
	int flags = MAP_PRIVATE | MAP_NORESERVE;
	void *p;

	if (told_to_fail())
		return NULL;
	if (len > SIZE_MAX || off > INT64_MAX) {
		errno = ENOMEM;
		return NULL;
	}
	if (at)
		flags |= MAP_FIXED;
	if (fd < 0)
		flags |= MAP_ANONYMOUS;
	p = mmap(at, (size_t)len, PROT_READ, flags, fd, (off_t)off);
	return p == MAP_FAILED ? NULL : p;
}
