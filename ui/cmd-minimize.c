/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb minimize`: the smallest stream that fails the same way.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../debugger/minimize.h"
#include "out-text.h"
#include "subcommand.h"

static int save(const char *path, const struct stream_writer *w)
{
	FILE *f = fopen(path, "wb");
	bool ok = f && fwrite(w->data, 1, w->len, f) == w->len;

	if (f && fclose(f))
		ok = false;
	if (!ok)
		complain("%s: cannot write: %s", path, strerror(errno));
	return ok ? 0 : -1;
}

static void report(const struct minimized *m, const struct account *source,
		   const char *out)
{
	printf("%s: %" PRIu64 " -> %zu bytes, %zu -> %zu sections", out,
	       source->src->len, m->out.len, m->sections_before, m->sections);
	if (m->fields_before)
		printf(", %zu -> %zu fields", m->fields_before, m->fields);
	printf(" (%zu loads)\n%s: ", m->loads, m->verdict);
	text_safe(stdout, m->message);
	putchar('\n');
}

static int shrink(const struct args *a, enum rules rules, const char *out)
{
	struct destination *dest = NULL;
	struct account *source = NULL;
	struct minimized m;
	struct err err;
	int status = STATUS_USAGE;

	if (account_open(&source, a->operands[0], DESC_FROM_SOURCE, &a->source,
			 &err) < 0) {
		complain("%s: %s", a->operands[0], err.msg);
		return status;
	}
	if (destination_open(&dest, a->to, a->nto, source, NULL, &err) < 0) {
		complain("%s", err.msg);
		goto out;
	}
	if (minimize(&m, source, dest, rules, &a->source, &err) < 0) {
		complain("%s: %s", a->operands[0], err.msg);
	} else if (save(out, &m.out) == 0) {
		report(&m, source, out);
		status = 0;
	}
	minimized_release(&m);
out:
	destination_close(dest);
	account_close(source);
	return status;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	char **rest = calloc((size_t)argc + 1, sizeof(*rest));
	enum rules rules = RULES_CURRENT;
	const char *out = NULL;
	struct args a;
	int n = 0, r;

	if (!rest)
		abort();
	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "-o") && i + 1 < argc)
			out = argv[++i];
		else
			rest[n++] = argv[i];
	}
	r = args_parse(self, n, rest, &a);
	free(rest);
	if (r < 0)
		return STATUS_USAGE;
	if (a.help) {
		usage_of(self, stdout);
		return 0;
	}
	if (a.noperands != 1 || !out) {
		usage_of(self, stderr);
		return STATUS_USAGE;
	}
	if (a.rules && !rules_parse(a.rules, &rules)) {
		complain("no loader rules called '%s'", a.rules);
		return STATUS_USAGE;
	}
	return shrink(&a, rules, out);
}

static const struct option_help options[] = {
	{ "--to", "FILE", "an account of the destination (again for more)" },
	{ "-o", "FILE", "where the result goes" },
	{ "--rules", "R", "loader rules" },
	{ "--snapshot", "NAME", "of a qcow2 image" },
	{ "--offset", "N", "where the stream starts in the file" },
	{ 0 },
};

const struct subcommand cmd_minimize = {
	.name = "minimize",
	.args = "SOURCE --to DEST... -o FILE",
	.help = "Shrink a stream that fails to the least that fails the same "
		"way.",
	.options = options,
	.run = run,
};
