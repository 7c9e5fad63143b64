/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysio.h - the system calls of this room, in one place.
 *
 * So that a test can let the n-th of them fail.  They return -1 with errno
 * set.  They go on after EINTR, except sysio_read(), which may wait for ever:
 * its caller asks the user first.  sysio_write() writes all or fails.
 */
#ifndef VMSDB_SYSIO_H
#define VMSDB_SYSIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * For tests: when not 0, counts down with every call, and the one that
 * reaches 0 fails with EIO.
 */
extern unsigned long sysio_fail_after;

int sysio_open(const char *path, int flags, mode_t mode);
int sysio_stat(int fd, struct stat *ret);
int sysio_truncate(int fd, uint64_t len);
ssize_t sysio_read(int fd, void *buf, size_t n);
int sysio_write(int fd, const void *buf, size_t n, uint64_t off);

/*
 * Map [off, off+len) of @fd read-only, at @at (replacing what is there) or,
 * when NULL, anywhere; @fd -1 maps zeros.  NULL on failure.
 */
void *sysio_map(void *at, uint64_t len, int fd, uint64_t off);

#endif
