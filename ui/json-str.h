/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json-str.h - strings out of files as JSON.
 */
#ifndef VMSDB_JSON_STR_H
#define VMSDB_JSON_STR_H

struct json_t;

/*
 * Strings out of files may be no UTF-8: then they are escaped.  Everything
 * else is left to JSON's own escapes (JSON_ENSURE_ASCII), so that a reader
 * gets the very bytes and a terminal never does.  NULL is null.
 */
struct json_t *json_str(const char *s);

/* As a terminal would be shown it: whatever it is, it is escaped. */
struct json_t *json_safe(const char *s);

#endif
