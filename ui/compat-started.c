/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../stream/escape.h"
#include "compat-started.h"
#include "json-str.h"

static const char *const ways[2] = { "forward", "backward" };

/* An executable, or a script that says who runs it. */
static bool is_program(const char *path)
{
	char first[2] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool script = fd >= 0 && read(fd, first, 2) == 2 &&
		!memcmp(first, "#!", 2);

	if (fd >= 0)
		close(fd);
	return script || live_is_elf(path);
}

/* The machine type of @words is used in the place of @machine. */
static void warn_of_machine(const char *machine, const char *const *words)
{
	for (; machine && *words; words++) {
		const char *w = *words + (!strncmp(*words, "--", 2) ? 1 : 0);
		size_t n = strcspn(words[1] ? words[1] : "", ",");

		if ((strcmp(w, "-M") && strcmp(w, "-machine")) || !words[1] ||
		    memchr(words[1], '=', n) ||
		    (n == strlen(machine) && !strncmp(words[1], machine, n)))
			continue;
		complain("warning: the executables are compared on %s, and "
			 "started as %s", machine, words[1]);
		return;
	}
}

static int start_one(struct reference *ret, const char *path,
		     const char *machine, const char *const *words)
{
	const char **argv;
	char here[4096];
	struct err err;
	size_t n = 0, at = 0;
	int r;

	if (access(path, X_OK) || !is_program(path)) {
		complain("%s: with -- both are started, and this is no program "
			 "that can be", path);
		return -1;
	}
	if (!strchr(path, '/')) {	/* the file, not one in PATH */
		snprintf(here, sizeof(here), "./%s", path);
		path = here;
	}
	while (words[n])
		n++;
	argv = calloc(n + 4, sizeof(*argv));
	if (!argv)
		abort();
	argv[at++] = path;
	if (machine) {
		argv[at++] = "-machine";
		argv[at++] = machine;
	}
	memcpy(argv + at, words, n * sizeof(*argv));
	r = reference_make(ret, argv, &live_interrupted, &err);
	if (r < 0)
		complain("%s: %s", path, err.msg);
	free(argv);
	return r;
}

int started_open(struct started *s, const char *const path[2],
		 const char *machine, const char *const *words)
{
	memset(s, 0, sizeof(*s));
	s->machine = machine;
	s->words = words;
	if (machine && strchr(machine, ',')) {
		complain("--machine %s: the type alone; its options go behind "
			 "--, as -machine OPTION=VALUE", machine);
		return -1;
	}
	warn_of_machine(machine, words);
	live_catch();
	for (int i = 0; i < 2; i++)
		if (start_one(&s->ref[i], path[i], machine, words) < 0) {
			started_close(s);
			return -1;
		}
	return 0;
}

int started_compare(struct started *s, const struct args *a)
{
	for (int i = 0; i < 2; i++) {
		struct args one = *a;

		one.operands[0] = s->ref[i].path;
		one.noperands = 1;
		one.nto = 0;
		live_join(&one, &s->ref[1 - i]);
		if (live_predict(&s->to[i], &one) < 0)
			return -1;
		if (live_interrupted) {
			complain("interrupted");
			return -1;
		}
	}
	return 0;
}

void started_close(struct started *s)
{
	for (int i = 0; i < 2; i++) {
		live_prediction_release(&s->to[i]);
		reference_remove(&s->ref[i]);
	}
}

static json_t *way_json(const struct live_prediction *p)
{
	const struct analysis *an = p->analysis;
	json_t *o = json_object(), *lines = json_array();

	json_object_set_new(o, "verdict", json_safe(verdict_name(an->verdict)));
	if (an->fails.there) {
		json_object_set_new(o, "offset",
				    json_integer((json_int_t)an->fails.offset));
		if (an->fails.idstr) {
			json_object_set_new(o, "section",
					    json_safe(an->fails.idstr));
			json_object_set_new(o, "instance",
					    json_integer(an->fails.instance));
		}
	}
	for (unsigned i = 0; an->failure && i < an->failure->nlines; i++)
		json_array_append_new(lines, json_safe(an->failure->lines[i]));
	json_object_set_new(o, "messages", lines);
	if (an->cause)
		json_object_set_new(o, "cause", json_safe(an->cause));
	if (an->verdict == VERDICT_UNKNOWN && p->load->nunknowns)
		json_object_set_new(o, "unknown",
				    json_safe(p->load->unknowns[0].text));
	return o;
}

json_t *started_json(const struct started *s)
{
	json_t *o = json_object(), *words = json_array();

	for (size_t i = 0; s->words[i]; i++)
		json_array_append_new(words, json_safe(s->words[i]));
	json_object_set_new(o, "arguments", words);
	for (int i = 0; i < 2; i++)
		json_object_set_new(o, ways[i], way_json(&s->to[i]));
	return o;
}

static const char *safe(char *buf, size_t size, const char *s)
{
	return escape_text(buf, size, s, strlen(s));
}

static void print_way(const char *way, const struct live_prediction *p)
{
	const struct analysis *an = p->analysis;
	char buf[1024];

	printf("%-12s %s", way, verdict_name(an->verdict));
	if (an->fails.there) {
		printf(" at 0x%" PRIx64, an->fails.offset);
		if (an->fails.idstr)
			printf(", in section '%s' instance %" PRIu32,
			       safe(buf, sizeof(buf), an->fails.idstr),
			       an->fails.instance);
	}
	printf("\n");
	if (an->failure && an->failure->nlines)
		printf("    %s\n", safe(buf, sizeof(buf),
					an->failure->lines[0]));
	if (an->cause)
		printf("    why: %s\n", safe(buf, sizeof(buf), an->cause));
	if (an->verdict == VERDICT_UNKNOWN && p->load->nunknowns)
		printf("    it depends on %s\n", safe(buf, sizeof(buf),
			p->load->unknowns[0].text));
}

void started_print(const struct started *s)
{
	char buf[1024];

	printf("\nAS STARTED with");
	if (s->machine)
		printf(" -machine %s", safe(buf, sizeof(buf), s->machine));
	for (size_t i = 0; s->words[i]; i++)
		printf(" %s", safe(buf, sizeof(buf), s->words[i]));
	printf("\n");
	for (int i = 0; i < 2; i++)
		print_way(ways[i], &s->to[i]);
}
