/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb demo`: real breakages between released emulators, bundled.
 */
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../stream/arena.h"
#include "out-text.h"
#include "subcommand.h"

#ifndef DATADIR
#define DATADIR "/usr/local/share/vmsdb"
#endif

/* The path as somebody would type it: without "..", from here if it is below. */
static void shorten(const char *path, char *ret, size_t size)
{
	char real[PATH_MAX], here[PATH_MAX];
	size_t n;

	if (!realpath(path, real) || !getcwd(here, sizeof(here))) {
		snprintf(ret, size, "%s", path);
		return;
	}
	n = strlen(here);
	snprintf(ret, size, "%s", !strncmp(real, here, n) && real[n] == '/' ?
		 real + n + 1 : real);
}

/* $VMSDB_DATA, the source tree around build/vmsdb, or where it is installed. */
static bool find_data(char *dir, size_t size)
{
	const char *env = getenv("VMSDB_DATA");
	char exe[PATH_MAX], *slash, file[PATH_MAX + 32];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	const char *tries[3] = { env, NULL, DATADIR };
	char beside[PATH_MAX + 32];

	if (n > 0) {
		exe[n] = '\0';
		slash = strrchr(exe, '/');
		if (slash)
			*slash = '\0';
		snprintf(beside, sizeof(beside), "%s/../tests/data", exe);
		tries[1] = beside;
	}
	for (int i = 0; i < 3; i++) {
		if (!tries[i])
			continue;
		snprintf(file, sizeof(file), "%s/demos.json", tries[i]);
		if (!access(file, R_OK)) {
			shorten(tries[i], dir, size);
			return true;
		}
	}
	return false;
}

static const char *text_of(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static void list_demos(json_t *demos)
{
	size_t i;
	json_t *d;

	printf("Real breakages between released emulators; 'vmsdb demo NAME' "
	       "explains one:\n\n");
	json_array_foreach(demos, i, d)
		printf("  %-26s %s\n", text_of(d, "name"), text_of(d, "title"));
}

static int run_demo(json_t *d, const char *dir, bool json)
{
	const char *argv[32] = { "load" };
	int argc = 1, status;
	json_t *to = json_object_get(d, "to"), *v;
	struct arena a;
	size_t i;

	arena_init(&a);
	argv[argc++] = arena_printf(&a, "%s/%s", dir, text_of(d, "source"));
	json_array_foreach(to, i, v) {
		if (i >= 14)
			break;
		argv[argc++] = "--to";
		argv[argc++] = arena_printf(&a, "%s/%s", dir,
			json_string_value(v) ? json_string_value(v) : "");
	}
	if (json) {
		argv[argc++] = "--json";
	} else {
		printf("%s%s%s\n$ vmsdb load", paint(PAINT_BOLD),
		       text_of(d, "title"), paint(PAINT_OFF));
		for (int k = 1; k < argc; k++)
			printf(" %s", argv[k]);
		printf("\n\n");
		fflush(stdout);
	}
	status = cmd_load.run(&cmd_load, argc, (char **)argv);
	arena_release(&a);
	return status;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	char dir[PATH_MAX + 64], file[PATH_MAX + 96];
	struct args a;
	json_error_t err;
	json_t *demos, *d;
	size_t i;
	int status = STATUS_USAGE;

	if (args_parse(self, argc, argv, &a) < 0)
		return STATUS_USAGE;
	if (a.help || a.noperands > 1) {
		usage_of(self, a.help ? stdout : stderr);
		return a.help ? 0 : STATUS_USAGE;
	}
	if (!find_data(dir, sizeof(dir))) {
		complain("demo: no demos.json found; set VMSDB_DATA to the "
			 "folder that holds it");
		return STATUS_USAGE;
	}
	snprintf(file, sizeof(file), "%s/demos.json", dir);
	demos = json_load_file(file, 0, &err);
	if (!json_is_array(demos)) {
		complain("%s: line %d: %s", file, err.line, err.text);
		json_decref(demos);
		return STATUS_INTERNAL;
	}
	if (!a.noperands) {
		list_demos(demos);
		json_decref(demos);
		return 0;
	}
	json_array_foreach(demos, i, d) {
		if (!strcmp(text_of(d, "name"), a.operands[0])) {
			status = run_demo(d, dir, a.json);
			break;
		}
	}
	if (i == json_array_size(demos))
		complain("demo: none is called '%s'; 'vmsdb demo' lists them",
			 a.operands[0]);
	json_decref(demos);
	return status;
}

static const struct option_help options[] = {
	{ "--json", NULL, "as load --json prints it" },
	{ "--color", "WHEN", "auto, always or never" },
	{ 0 },
};

const struct subcommand cmd_demo = {
	.name = "demo",
	.args = "[NAME]",
	.help = "Explain a bundled real breakage; no NAME lists them.",
	.options = options,
	.run = run,
};
