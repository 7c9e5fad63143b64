/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file-kind.h - which account of an emulator a file is, by how it begins.
 */
#ifndef VMSDB_FILE_KIND_H
#define VMSDB_FILE_KIND_H

#include <stdint.h>

#include "../stream/err.h"

/* FILE_STREAM is also what none of the others is. */
enum file_kind { FILE_STREAM, FILE_JSON, FILE_ELF, FILE_SCRIPT };

/* @data: the file's first bytes; 64 are enough. */
enum file_kind file_kind(const void *data, uint64_t len);

/* Say in @err that a FILE_SCRIPT tells nothing; answers -1. */
int file_kind_refuse_script(struct err *err);

#endif
