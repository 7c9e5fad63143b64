/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>
#include <string.h>

#include "../stream/escape.h"
#include "json-str.h"

struct json_t *json_str(const char *s)
{
	json_t *v;

	if (!s)
		return json_null();
	v = json_string(s);
	return v ? v : json_safe(s);
}

struct json_t *json_safe(const char *s)
{
	char buf[16384];

	return json_string(escape_text(buf, sizeof(buf), s, strlen(s)));
}
