/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"

const struct setting_info setting_infos[] = {
#define X(id, name, kind, value, help) \
	{ name, help, kind, offsetof(struct settings, id) },
	SETTINGS(X)
#undef X
	{ 0 },
};

static const char *const whens[] = { "auto", "always", "never" };

void settings_init(struct settings *s)
{
#define X(id, name, kind, value, help) s->id = value;
	SETTINGS(X)
#undef X
}

const struct setting_info *setting_find(const char *name, struct err *err)
{
	const struct setting_info *found = NULL;
	size_t n = strlen(name);

	/* what fingers know from elsewhere */
	if (!strcmp(name, "colour") || !strcmp(name, "style"))
		return setting_find("color", err);
	for (const struct setting_info *i = setting_infos; i->name; i++) {
		if (strncmp(i->name, name, n))
			continue;
		if (!i->name[n])
			return i;
		if (found) {
			err_set(err, ERR_USAGE, ERR_NO_OFFSET, "'%s' may be "
				"%s or %s", name, found->name, i->name);
			return NULL;
		}
		found = i;
	}
	if (!found || !n) {
		err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			"no setting '%s' ('show' lists them)", name);
		return NULL;
	}
	return found;
}

static int parse_boolean(const char *value)
{
	static const char *const words[] = {
		"off", "on", "no", "yes", "0", "1", "false", "true",
	};

	for (int i = 0; i < 8; i++) {
		if (!strcmp(value, words[i]))
			return i & 1;
	}
	return *value ? -1 : 1;	/* "set pagination" alone means on */
}

static int parse_when(const char *value)
{
	for (int i = 0; i < 3; i++) {
		if (!strcmp(value, whens[i]))
			return i;
	}
	switch (parse_boolean(value)) {
	case 0: return COLOUR_NEVER;
	case 1: return COLOUR_ALWAYS;
	default: return -1;
	}
}

int setting_set(struct settings *s, const struct setting_info *i,
		const char *value, struct err *err)
{
	long *where = (long *)((char *)s + i->offset), v;
	char *end;

	switch (i->kind) {
	case 'b':
		v = parse_boolean(value);
		if (v < 0)
			return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
				       "%s is on or off, not '%s'", i->name,
				       value);
		break;
	case 'c':
		v = parse_when(value);
		if (v < 0)
			return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "%s is "
				       "auto, always or never, not '%s'",
				       i->name, value);
		break;
	default:
		errno = 0;
		v = !strcmp(value, "unlimited") ? 0 : strtol(value, &end, 0);
		if (strcmp(value, "unlimited") &&
		    (errno || end == value || *end || v < 0 || v > 1000000))
			return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "%s is a "
				       "number from 0 to 1000000, not '%s'",
				       i->name, value);
	}
	*where = v;
	return 0;
}

const char *setting_get(const struct settings *s, const struct setting_info *i,
			char *buf, size_t size)
{
	long v = *(const long *)((const char *)s + i->offset);

	if (i->kind == 'b')
		snprintf(buf, size, "%s", v ? "on" : "off");
	else if (i->kind == 'c')
		snprintf(buf, size, "%s", whens[v]);
	else
		snprintf(buf, size, "%ld", v);
	return buf;
}
