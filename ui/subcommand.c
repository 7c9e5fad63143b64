/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../devices/debuginfod.h"
#include "../stream/escape.h"
#include "progress.h"
#include "subcommand.h"

const struct subcommand *const subcommands[] = {
	&cmd_debug, &cmd_load, &cmd_show, &cmd_rules, &cmd_demo, &cmd_diff,
	&cmd_oracle, &cmd_drive, &cmd_attach, &cmd_capture, &cmd_record,
	&cmd_replay, &cmd_minimize, &cmd_bisect,
	&cmd_descs, &cmd_type, &cmd_cache, &cmd_compat, &cmd_lint,
	NULL,
};

const char *colour_setting = "auto";

bool want_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (!strcmp(colour_setting, "always"))
		return true;
	if (!strcmp(colour_setting, "never") || (no && *no))
		return false;
	return isatty(1) && term && strcmp(term, "dumb");
}

void complain(const char *fmt, ...)
{
	char raw[2048], safe[8192];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	fprintf(stderr, "vmsdb: %s\n",
		escape_text(safe, sizeof(safe), raw, strlen(raw)));
}

void usage_of(const struct subcommand *c, FILE *f)
{
	fprintf(f, "usage: vmsdb %s %s\n\n%s\n", c->name, c->args, c->help);
	for (const struct option_help *o = c->options; o && o->name; o++) {
		char left[64];

		snprintf(left, sizeof(left), "%s%s%s", o->name, o->arg ? " " : "",
			 o->arg ? o->arg : "");
		fprintf(f, "%s  %-20s %s\n", o == c->options ? "\n" : "", left,
			o->help);
	}
}

/* ---- progress: a line on a terminal for work that takes over 300 ms ---- */

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

static bool is_interrupted(void *ctx)
{
	(void)ctx;
	return interrupted;
}

static struct progress progress = {
	.stopped = is_interrupted, .show = progress_on_stderr,
};

static const char *value_of(const struct subcommand *self, int argc,
			    char **argv, int *i, const char *name)
{
	size_t n = strlen(name);

	if (!strncmp(argv[*i], name, n) && argv[*i][n] == '=')
		return argv[*i] + n + 1;
	if (*i + 1 < argc)
		return argv[++*i];
	complain("%s: %s needs a value", self->name, name);
	return NULL;
}

static bool is_option(const char *arg, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(arg, name, n) && (!arg[n] || arg[n] == '=');
}

static bool parse_size(const char *s, unsigned long long *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(s, &end, 0);
	if (errno || end == s || *s == '-')
		return false;
	switch (*end) {
	case 'k': case 'K': *ret <<= 10; end++; break;
	case 'm': case 'M': *ret <<= 20; end++; break;
	case 'g': case 'G': *ret <<= 30; end++; break;
	}
	return !*end;
}

static int add_to(const struct subcommand *self, struct args *a, const char *v)
{
	if (a->nto >= sizeof(a->to) / sizeof(a->to[0])) {
		complain("%s: more than 16 --to", self->name);
		return -1;
	}
	a->to[a->nto++] = v;
	return 0;
}

static int take_valued(const struct subcommand *self, int argc, char **argv,
		       int *i, struct args *a)
{
	const struct {
		const char *name;
		const char **where;
	} strings[] = {
		{ "--rules", &a->rules }, { "--snapshot", &a->snapshot },
		{ "--section", &a->section }, { "--record", &a->record },
		{ "--color", &colour_setting },
		{ "--modules", &a->modules }, { "--debug-dir", &a->debug_dir },
		{ "--baseline", &a->baseline }, { "--from", &a->from },
		{ "--machine", &a->machine },
	};
	const char *v;

	for (size_t k = 0; k < sizeof(strings) / sizeof(strings[0]); k++) {
		if (!is_option(argv[*i], strings[k].name))
			continue;
		v = value_of(self, argc, argv, i, strings[k].name);
		*strings[k].where = v;
		return v ? 1 : -1;
	}
	if (is_option(argv[*i], "--to")) {
		v = value_of(self, argc, argv, i, "--to");
		return v && !add_to(self, a, v) ? 1 : -1;
	}
	if (is_option(argv[*i], "--offset")) {
		v = value_of(self, argc, argv, i, "--offset");
		if (v && parse_size(v, &a->offset))
			return 1;
		complain("%s: --offset %s is no size", self->name, v ? v : "");
		return -1;
	}
	return 0;
}

static bool take_flag(const char *arg, struct args *a)
{
	const struct {
		const char *name;
		bool *where;
	} flags[] = {
		{ "--json", &a->json }, { "--trace", &a->trace },
		{ "--events", &a->events }, { "--all", &a->all },
		{ "--sections", &a->sections }, { "--fields", &a->fields },
		{ "--ram", &a->ram }, { "--descs", &a->descs },
		{ "--scrub", &a->scrub }, { "--with-ram", &a->with_ram },
		{ "--sarif", &a->sarif }, { "--debuginfod", &a->debuginfod },
		{ "--help", &a->help }, { "-h", &a->help },
	};

	for (size_t k = 0; k < sizeof(flags) / sizeof(flags[0]); k++) {
		if (!strcmp(arg, flags[k].name)) {
			*flags[k].where = true;
			return true;
		}
	}
	return false;
}

static bool offers(const struct subcommand *self, const char *arg)
{
	if (!strcmp(arg, "--help") || !strcmp(arg, "-h") ||
	    is_option(arg, "--color"))
		return true;
	for (const struct option_help *o = self->options; o && o->name; o++) {
		if (is_option(arg, o->name))
			return true;
	}
	return false;
}

int args_parse(const struct subcommand *self, int argc, char **argv,
	       struct args *a)
{
	bool only_operands = false;

	memset(a, 0, sizeof(*a));
	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i];
		int r;

		if (!only_operands && !strcmp(arg, "--")) {
			only_operands = true;
			continue;
		}
		if (only_operands || arg[0] != '-' || !arg[1]) {
			if (a->noperands < 64)
				a->operands[a->noperands++] = arg;
			continue;
		}
		if (!offers(self, arg)) {
			complain("%s: no option '%s'; 'vmsdb %s --help' lists "
				 "them", self->name, arg, self->name);
			return -1;
		}
		if (take_flag(arg, a))
			continue;
		r = take_valued(self, argc, argv, &i, a);
		if (r > 0)
			continue;
		if (!r)
			complain("%s: option '%s' takes no value", self->name,
				 arg);
		return -1;
	}
	if (!a->help)
		signal(SIGINT, on_interrupt);
	if (a->debuginfod)
		debuginfod_allow();
	a->images = (struct desc_image_opts){
		.modules = a->modules, .debug_dir = a->debug_dir,
	};
	a->source = (struct source_opts){
		.snapshot = a->snapshot, .offset = a->offset,
		.progress = progress_tell, .ctx = &progress,
	};
	return 0;
}
