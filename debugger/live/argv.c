/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "argv.h"
#include "spawn.h"

void argv_add(struct argv *v, const char *word)
{
	v->words = grow_array(v->words, &v->cap, v->n + 2, sizeof(*v->words));
	v->words[v->n++] = word;
	v->words[v->n] = NULL;
}

static bool is_flag(const char *a, const char *name)
{
	if (*a != '-')
		return false;
	a += a[1] == '-' ? 2 : 1;
	return !strcmp(a, name);
}

/* s390x takes a raw image as firmware up to this size only. */
static const char *zero_argument(struct argv *v, const char *emulator)
{
	bool s390 = strstr(emulator, "s390x") != NULL;

	if (v->zero < 0)
		v->zero = zero_file(s390 ? 4096 : 65536);
	if (v->zero < 0)
		return "/dev/null";
	return arena_printf(v->arena, "/proc/self/fd/%d", v->zero);
}

void argv_begin(struct argv *v, struct arena *a, const char *const *given)
{
	bool display = false;

	*v = (struct argv){ .arena = a, .zero = -1 };
	for (size_t i = 0; given[i]; i++) {
		if (is_flag(given[i], "incoming") && given[i + 1]) {
			i++;
			continue;
		}
		if (is_flag(given[i], "daemonize"))
			continue;
		if (is_flag(given[i], "display") ||
		    is_flag(given[i], "nographic"))
			display = true;
		argv_add(v, strcmp(given[i], "ZERO") ? given[i] :
			 zero_argument(v, given[0]));
	}
	if (!display) {
		argv_add(v, "-display");
		argv_add(v, "none");
	}
}

void argv_end(struct argv *v)
{
	free(v->words);
	if (v->zero >= 0)
		close(v->zero);
	v->words = NULL;
	v->zero = -1;
}
