/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "file-kind.h"

enum file_kind file_kind(const void *data, uint64_t len)
{
	const uint8_t *p = data;
	uint64_t i = 0;

	if (len >= 4 && !memcmp(p, "\177ELF", 4))
		return FILE_ELF;
	if (len >= 2 && !memcmp(p, "#!", 2))
		return FILE_SCRIPT;
	while (i < len && i < 64 && strchr(" \t\r\n", p[i]))
		i++;
	return i < len && p[i] == '{' ? FILE_JSON : FILE_STREAM;
}

int file_kind_refuse_script(struct err *err)
{
	return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
		       "a script that starts something else, not an "
		       "emulator: give the ELF file that it starts");
}
