/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory-left.h - how much memory a process may still take before others, or the
 * kernel, mind.
 */
#ifndef VMSDB_MEMORY_LEFT_H
#define VMSDB_MEMORY_LEFT_H

#include <stdint.h>

/* Bytes: what is free, and within the bounds of its control groups (v1, v2). */
uint64_t memory_left(void);

#endif
