/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb bisect`: which of several emulators is the first to treat a stream
 * otherwise.  Each that is asked is recorded by scripts/record (its dump and
 * its reference stream), and then asked on paper.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../stream/escape.h"
#include "live.h"
#include "out-text.h"
#include "record.h"

#define MAX_STEPS 1024
#define MAX_WORDS 256

enum { STATUS_FOUND, STATUS_ALIKE };

struct step {
	const char *line;
	char *words[MAX_WORDS];	/* of the command */
	int nwords;
	bool asked;
	int verdict;		/* enum verdict; -1: it could not be asked */
	const char *message, *recording;
};

struct bisect {
	struct arena arena;
	struct step *steps;
	size_t n, cap;
	const struct live_args *a;
	enum rules rules;
	struct account *source;
	const char *dir;	/* where recordings go, or NULL */
	char tmp[64];
	char script[PATH_MAX];
	bool quiet;
};

/* ---- the list ---- */

/* Words as a shell splits them: blanks, quotes, backslashes; no more. */
static int split(struct bisect *b, const char *s, char **words)
{
	char *out = arena_alloc(&b->arena, strlen(s) + 1);
	int n = 0;

	while (n < MAX_WORDS - 1) {
		char quote = 0;

		s += strspn(s, " \t");
		if (!*s)
			break;
		words[n++] = out;
		for (; *s && (quote || !strchr(" \t", *s)); s++) {
			if (quote ? *s == quote : *s == '"' || *s == '\'')
				quote = quote ? 0 : *s;
			else if (*s == '\\' && s[1] && quote != '\'')
				*out++ = *++s;
			else
				*out++ = *s;
		}
		*out++ = '\0';
	}
	words[n] = NULL;
	return n;
}

static void add_step(struct bisect *b, const char *line)
{
	struct step *s;

	line += strspn(line, " \t");
	if (!*line || *line == '#' || b->n >= MAX_STEPS)
		return;
	b->steps = grow_array(b->steps, &b->cap, b->n + 1, sizeof(*b->steps));
	s = &b->steps[b->n++];
	memset(s, 0, sizeof(*s));
	s->line = arena_strdup(&b->arena, line);
	s->nwords = split(b, s->line, s->words);
	s->verdict = -1;
	s->message = "";
}

static int read_list(struct bisect *b, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;

	if (!f) {
		complain("%s: cannot open: %s", path, strerror(errno));
		return -1;
	}
	while (getline(&line, &cap, f) >= 0) {
		line[strcspn(line, "\r\n")] = '\0';
		add_step(b, line);
	}
	free(line);
	fclose(f);
	return 0;
}

/* ---- one emulator's accounts ---- */

static int find_script(struct bisect *b)
{
	const char *dir = getenv("VMSDB_SCRIPTS");
	static const char *const places[] = {
		"../scripts", "../share/vmsdb/scripts",
	};
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (dir) {
		snprintf(b->script, sizeof(b->script), "%s/record", dir);
		return access(b->script, X_OK);
	}
	exe[n < 0 ? 0 : n] = '\0';
	if (strrchr(exe, '/'))
		*strrchr(exe, '/') = '\0';
	for (size_t i = 0; i < 2; i++) {
		n = snprintf(b->script, sizeof(b->script), "%s/%s/record", exe,
			     places[i]);
		if (n > 0 && (size_t)n < sizeof(b->script) &&
		    access(b->script, X_OK) == 0)
			return 0;
	}
	return -1;
}

/* The last line that it printed, into the arena. */
static const char *last_words(struct bisect *b, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[1024], last[1024] = "no message";

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0])
			snprintf(last, sizeof(last), "%s", line);
	}
	if (f)
		fclose(f);
	return arena_strdup(&b->arena, last);
}

/* Run it with all it says in @log.  0 if it went well. */
static int run_logged(char *const *argv, const char *log)
{
	int status, fd;
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	if (!pid) {
		fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		if (fd >= 0) {
			dup2(fd, 1);
			dup2(fd, 2);
		}
		fd = open("/dev/null", O_RDONLY);
		if (fd >= 0)
			dup2(fd, 0);
		execv(argv[0], argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* scripts/record's arguments out of an emulator's command line. */
static void record_command(struct bisect *b, const struct step *s,
			   const char *ref, const char *dump, char **argv)
{
	const char *machine = b->source->self && b->source->self->machine ?
		b->source->self->machine : "none";
	const char *memory = NULL;
	char *rest[MAX_WORDS * 2];
	int n = 0, nrest = 0;

	for (int i = 1; i < s->nwords; i++) {
		bool more = i + 1 < s->nwords;

		if (more && (!strcmp(s->words[i], "-machine") ||
			     !strcmp(s->words[i], "-M")))
			machine = s->words[++i];
		else if (more && !strcmp(s->words[i], "-m"))
			memory = s->words[++i];
		else
			rest[nrest++] = s->words[i];
	}
	for (size_t i = 0; b->a->command && b->a->command[i] &&
	     nrest < MAX_WORDS * 2 - 1; i++)
		rest[nrest++] = (char *)b->a->command[i];
	argv[n++] = b->script;
	argv[n++] = (char *)"--emulator";
	argv[n++] = s->words[0];
	argv[n++] = (char *)"--machine";
	argv[n++] = (char *)machine;
	if (memory) {
		argv[n++] = (char *)"--memory";
		argv[n++] = (char *)memory;
	}
	argv[n++] = (char *)"-o";
	argv[n++] = (char *)ref;
	if (dump) {
		argv[n++] = (char *)"--dump";
		argv[n++] = (char *)dump;
	}
	argv[n++] = (char *)"--";
	for (int i = 0; i < nrest; i++)
		argv[n++] = rest[i];
	argv[n] = NULL;
}

static void ask_on_paper(struct bisect *b, struct step *s,
			 const char *const *to, size_t nto)
{
	struct destination *dest;
	struct timeline *t;
	struct analysis *a;
	struct err err;

	if (destination_open(&dest, to, nto, b->source, NULL, &err) < 0) {
		s->message = arena_strdup(&b->arena, err.msg);
		return;
	}
	t = destination_load(dest, b->source, b->rules, NULL);
	a = analyse(b->source, dest, t);
	s->verdict = (int)a->verdict;
	if (a->failure && a->failure->nlines)
		s->message = arena_strdup(&b->arena, a->failure->lines[0]);
	else if (a->cause)
		s->message = arena_strdup(&b->arena, a->cause);
	if (b->dir) {
		struct recording_opts o = { .rules = b->rules };

		s->recording = arena_printf(&b->arena, "%s/%02zu.rec", b->dir,
					    (size_t)(s - b->steps) + 1);
		if (record_load(s->recording, b->source, dest, t, a, &o) < 0)
			s->recording = NULL;
	}
	analysis_close(a);
	timeline_close(t);
	destination_close(dest);
}

static void tell(const struct bisect *b, const struct step *s)
{
	if (b->quiet)
		return;
	printf("%3zu  %-8s ", (size_t)(s - b->steps) + 1,
	       s->verdict < 0 ? "skipped" : verdict_name((enum verdict)s->verdict));
	text_safe(stdout, s->line);
	if (s->message[0]) {
		printf("\n               ");
		text_safe(stdout, s->message);
	}
	putchar('\n');
	fflush(stdout);
}

static void ask(struct bisect *b, struct step *s)
{
	char *argv[MAX_WORDS * 2 + 20];
	char ref[100], dump[100], log[100];
	const char *to[2] = { ref, dump };
	bool with_dump = true;

	if (s->asked)
		return;
	s->asked = true;
	snprintf(ref, sizeof(ref), "%s/reference.mig", b->tmp);
	snprintf(dump, sizeof(dump), "%s/dump.json", b->tmp);
	snprintf(log, sizeof(log), "%s/log", b->tmp);
	record_command(b, s, ref, dump, argv);
	if (run_logged(argv, log) < 0) {
		/* some emulators crash while they dump */
		with_dump = false;
		record_command(b, s, ref, NULL, argv);
		if (run_logged(argv, log) < 0) {
			s->message = last_words(b, log);
			tell(b, s);
			return;
		}
	}
	ask_on_paper(b, s, to, with_dump ? 2 : 1);
	unlink(ref);
	unlink(dump);
	unlink(log);
	tell(b, s);
}

/* ---- the search ---- */

/* 1 good, 0 bad, -1 to be skipped */
static int good(struct bisect *b, size_t i)
{
	struct step *s = &b->steps[i];

	if (live_interrupted)
		return -1;
	ask(b, s);
	switch (s->verdict) {
	case VERDICT_LOADS:
		return 1;
	case VERDICT_FAILS:
	case VERDICT_SILENT:
		return 0;
	default:
		return -1;
	}
}

/* The one nearest to the middle that can be asked, or SIZE_MAX. */
static size_t between(struct bisect *b, size_t lo, size_t hi)
{
	size_t mid = lo + (hi - lo) / 2;

	for (size_t d = 0; d < hi - lo; d++) {
		if (mid + d < hi && good(b, mid + d) >= 0)
			return mid + d;
		if (d && mid - d > lo && mid >= d && good(b, mid - d) >= 0)
			return mid - d;
	}
	return SIZE_MAX;
}

static int search(struct bisect *b, size_t *last, size_t *first)
{
	size_t lo = 0, hi = b->n - 1;

	while (lo < hi && good(b, lo) < 0)
		lo++;
	while (hi > lo && good(b, hi) < 0)
		hi--;
	*last = lo;
	*first = hi;
	if (good(b, lo) < 0)
		return STATUS_UNKNOWN;
	if (good(b, lo) == good(b, hi))
		return STATUS_ALIKE;
	while (*first - *last > 1) {
		size_t mid = between(b, *last, *first);

		if (mid == SIZE_MAX)
			return STATUS_UNKNOWN;
		if (good(b, mid) == good(b, lo))
			*last = mid;
		else
			*first = mid;
	}
	return STATUS_FOUND;
}

static void print_found(const struct bisect *b, const char *what, size_t i)
{
	printf("%s", what);
	text_safe(stdout, b->steps[i].line);
	putchar('\n');
}

static void print_result(struct bisect *b, int status, size_t last,
			 size_t first)
{
	bool was_good = b->steps[last].verdict == VERDICT_LOADS;

	putchar('\n');
	if (status == STATUS_ALIKE) {
		printf("The first and the last that could be asked say the "
		       "same.\n");
		return;
	}
	if (status == STATUS_UNKNOWN && b->steps[last].verdict < 0) {
		printf("None could be asked.\n");
		return;
	}
	print_found(b, was_good ? "last that loads it:   " :
		    "last that does not:   ", last);
	print_found(b, was_good ? "first that does not:  " :
		    "first that loads it:  ", first);
	if (first - last > 1)
		printf("Those in between could not be asked.\n");
}

static void print_json(struct bisect *b, int status, size_t last, size_t first)
{
	json_t *top = json_object(), *list = json_array();

	for (size_t i = 0; i < b->n; i++) {
		const struct step *s = &b->steps[i];
		char safe[4096];
		json_t *o = json_object();

		json_object_set_new(o, "emulator", json_string(s->line));
		json_object_set_new(o, "asked", json_boolean(s->asked));
		json_object_set_new(o, "verdict", s->verdict < 0 ? json_null() :
			json_string(verdict_name((enum verdict)s->verdict)));
		json_object_set_new(o, "message", json_string(escape_text(
			safe, sizeof(safe), s->message, strlen(s->message))));
		json_object_set_new(o, "recording", s->recording ?
			json_string(s->recording) : json_null());
		json_array_append_new(list, o);
	}
	json_object_set_new(top, "steps", list);
	json_object_set_new(top, "found", json_boolean(status == STATUS_FOUND));
	json_object_set_new(top, "last", status == STATUS_ALIKE ? json_null() :
			    json_integer((json_int_t)last));
	json_object_set_new(top, "first", status == STATUS_ALIKE ? json_null() :
			    json_integer((json_int_t)first));
	json_dumpf(top, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(top);
}

static int bisect(struct bisect *b, bool all, bool json)
{
	size_t last = 0, first = 0;
	int status;

	snprintf(b->tmp, sizeof(b->tmp), "/tmp/vmsdb-bisect-XXXXXX");
	if (!mkdtemp(b->tmp)) {
		complain("cannot make a folder in /tmp: %s", strerror(errno));
		return STATUS_INTERNAL;
	}
	for (size_t i = 0; all && i < b->n && !live_interrupted; i++)
		ask(b, &b->steps[i]);
	status = search(b, &last, &first);
	if (json)
		print_json(b, status, last, first);
	else
		print_result(b, status, last, first);
	rmdir(b->tmp);
	return status;
}

static int prepare(struct bisect *b, const char *list, const char *const *one)
{
	struct err err;

	if (list && read_list(b, list) < 0)
		return -1;
	for (; *one; one++)
		add_step(b, *one);
	if (!b->n) {
		complain("bisect: no emulator is given");
		return -1;
	}
	if (find_script(b) < 0) {
		complain("bisect: scripts/record is not there; VMSDB_SCRIPTS "
			 "tells where it is");
		return -1;
	}
	if (b->dir && mkdir(b->dir, 0777) < 0 && errno != EEXIST) {
		complain("%s: %s", b->dir, strerror(errno));
		return -1;
	}
	if (account_open(&b->source, b->a->common.operands[0],
			 DESC_FROM_SOURCE, &b->a->common.source, &err) < 0) {
		complain("%s: %s", b->a->common.operands[0], err.msg);
		return -1;
	}
	return 0;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	const char *list = NULL, *dir = NULL, *one[17] = { 0 };
	const struct live_option own[] = {
		{ "--emulators", .value = &list },
		{ "--emulator", .list = one },
		{ "--record-dir", .value = &dir },
		{ 0 },
	};
	struct bisect b = { .rules = RULES_CURRENT };
	struct live_args a;
	int status = STATUS_USAGE;

	if (live_parse(self, argc, argv, own, &a) < 0)
		return STATUS_USAGE;
	if (a.common.help) {
		usage_of(self, stdout);
		return 0;
	}
	if (a.common.noperands != 1) {
		usage_of(self, stderr);
		return STATUS_USAGE;
	}
	if (a.common.rules && !rules_parse(a.common.rules, &b.rules)) {
		complain("no loader rules called '%s'", a.common.rules);
		return STATUS_USAGE;
	}
	arena_init(&b.arena);
	b.a = &a;
	b.dir = dir;
	b.quiet = a.common.json;
	live_catch();
	if (prepare(&b, list, one) == 0)
		status = bisect(&b, a.common.all, a.common.json);
	account_close(b.source);
	free(b.steps);
	arena_release(&b.arena);
	return status;
}

static const struct option_help options[] = {
	{ "--emulators", "LIST", "a file with one emulator's command a line, "
	  "in the order of their releases" },
	{ "--emulator", "CMD", "one of them (again for more)" },
	{ "--record-dir", "DIR", "leave a recording of each step there" },
	{ "--rules", "R", "loader rules" },
	{ "--all", NULL, "ask all of them" },
	{ "--json", NULL, "one JSON object" },
	{ "--snapshot", "NAME", "of a qcow2 image" },
	{ "--offset", "N", "where the stream starts in the file" },
	{ 0 },
};

const struct subcommand cmd_bisect = {
	.name = "bisect",
	.args = "SOURCE --emulators LIST [-- EMULATOR-ARGS...]",
	.help = "Find the first of several emulators that treats a stream "
		"otherwise.",
	.options = options,
	.run = run,
};
