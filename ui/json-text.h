/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json-text.h - JSON written as it is found, without a tree of it.
 *
 * For long lists, where building a tree costs more than all the rest.  The text
 * is byte for byte what jansson makes of the same with JSON_INDENT(1).
 */
#ifndef VMSDB_JSON_TEXT_H
#define VMSDB_JSON_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json_text {
	FILE *f;
	unsigned depth;
	bool some;		/* something is in what is open already */
};

/* @key is NULL in an array and at the start. */
void json_text_open(struct json_text *t, const char *key, char bracket);
void json_text_close(struct json_text *t, char bracket);
void json_text_number(struct json_text *t, const char *key, int64_t v);
void json_text_bool(struct json_text *t, const char *key, bool v);
/* A string; what is no UTF-8 is escaped, NULL is null. */
void json_text_string(struct json_text *t, const char *key, const char *s);

#endif
