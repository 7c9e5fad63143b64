/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb compat`: two emulators' descriptors compared as loads.
 */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "../debugger/told.h"
#include "../devices/compat.h"
#include "../stream/escape.h"
#include "subcommand.h"

static json_t *text(const char *s)
{
	char buf[4096];

	return json_string(escape_text(buf, sizeof(buf), s, strlen(s)));
}

static json_t *side_json(const struct desc *d, const struct desc_field *f)
{
	json_t *o;

	if (!d)
		return json_null();
	o = json_object();
	json_object_set_new(o, "descriptor", text(d->name));
	if (d->symbol)
		json_object_set_new(o, "symbol", text(d->symbol));
	json_object_set_new(o, "version", json_integer(d->version));
	if (f)
		json_object_set_new(o, "field", text(f->name));
	if (f && f->type)
		json_object_set_new(o, "type", text(f->type));
	if (f && f->from_layout)
		json_object_set_new(o, "offset",
				    json_integer((json_int_t)f->offset));
	return o;
}

static json_t *answer_json(const struct compat_answer *a)
{
	json_t *o = json_object();

	json_object_set_new(o, "answer", json_string(compat_name(a->answer)));
	if (a->why[0])
		json_object_set_new(o, "why", text(a->why));
	if (a->writer || a->reader) {
		json_object_set_new(o, "writer", side_json(a->writer,
							   a->writer_field));
		json_object_set_new(o, "reader", side_json(a->reader,
							   a->reader_field));
	}
	return o;
}

static json_t *pair_json(const struct compat_pair *p)
{
	json_t *o = json_object();

	json_object_set_new(o, "device", text(p->name));
	json_object_set_new(o, "old_version", p->older ?
			    json_integer(p->older->version) : json_null());
	json_object_set_new(o, "new_version", p->newer ?
			    json_integer(p->newer->version) : json_null());
	json_object_set_new(o, "forward", answer_json(&p->forward));
	json_object_set_new(o, "backward", answer_json(&p->backward));
	return o;
}

static void print_why(const char *way, const struct compat_answer *a)
{
	char buf[4096];

	if (a->answer != COMPAT_YES && a->why[0])
		printf("    %s: %s\n", way, escape_text(buf, sizeof(buf), a->why,
							strlen(a->why)));
}

static void print_pair(const struct compat_pair *p)
{
	char buf[1024], versions[64];

	snprintf(versions, sizeof(versions), "v%d", p->older ?
		 p->older->version : p->newer->version);
	if (p->older && p->newer && p->older->version != p->newer->version)
		snprintf(versions, sizeof(versions), "v%d -> v%d",
			 p->older->version, p->newer->version);
	printf("%-36s %-12s ", escape_text(buf, sizeof(buf), p->name,
					   strlen(p->name)), versions);
	if (!p->older || !p->newer) {
		printf("only in the %s\n", p->older ? "old" : "new");
		return;
	}
	printf("%-8s %s\n", compat_name(p->forward.answer),
	       compat_name(p->backward.answer));
	print_why("forward", &p->forward);
	print_why("backward", &p->backward);
}

static bool shown(const struct args *a, const struct compat_pair *p)
{
	if (a->all)
		return true;
	return p->older && p->newer && (p->forward.answer != COMPAT_YES ||
					p->backward.answer != COMPAT_YES);
}

static int report(const struct args *a, struct told *older, struct told *newer)
{
	const struct compat_pair *pairs;
	size_t n = compat(older->set, newer->set, &newer->arena, &pairs);
	size_t count[2][COMPAT_NO + 1] = { { 0 } };
	json_t *list = json_array();
	enum compat worst = COMPAT_YES;

	if (!a->json)
		printf("%-36s %-12s %-8s %s\n", "DEVICE", "VERSION", "FORWARD",
		       "BACKWARD");
	for (size_t i = 0; i < n; i++) {
		const struct compat_pair *p = &pairs[i];

		count[0][p->forward.answer]++;
		count[1][p->backward.answer]++;
		if (p->forward.answer > worst &&
		    p->forward.answer != COMPAT_GONE)
			worst = p->forward.answer;
		if (a->json)
			json_array_append_new(list, pair_json(p));
		else if (shown(a, p))
			print_pair(p);
	}
	if (a->json) {
		json_dumpf(list, stdout, JSON_INDENT(1));
		putchar('\n');
	} else {
		printf("%zu devices: forward %zu yes, %zu depend, %zu silent, "
		       "%zu no; backward %zu yes, %zu depend, %zu silent, %zu "
		       "no; %zu only on one side\n", n,
		       count[0][COMPAT_YES], count[0][COMPAT_DEPENDS],
		       count[0][COMPAT_SILENT], count[0][COMPAT_NO],
		       count[1][COMPAT_YES], count[1][COMPAT_DEPENDS],
		       count[1][COMPAT_SILENT], count[1][COMPAT_NO],
		       count[0][COMPAT_GONE]);
	}
	json_decref(list);
	return worst == COMPAT_NO ? 1 : worst == COMPAT_SILENT ? 3 : 0;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	struct told older, newer;
	struct args a;
	struct err err;
	int status = STATUS_USAGE;

	if (args_parse(self, argc, argv, &a) < 0)
		return STATUS_USAGE;
	if (a.help || a.noperands != 2) {
		usage_of(self, a.help ? stdout : stderr);
		return a.help ? 0 : STATUS_USAGE;
	}
	if (told_open(&older, a.operands[0], &a.images, &a.source, &err) < 0) {
		complain("%s", err.msg);
		return STATUS_USAGE;
	}
	if (told_open(&newer, a.operands[1], &a.images, &a.source, &err) < 0) {
		complain("%s", err.msg);
	} else {
		if (!older.image != !newer.image)
			complain("warning: one is an executable, the other is "
				 "not: only what both tell is compared");
		status = report(&a, &older, &newer);
		told_close(&newer);
	}
	told_close(&older);
	return status;
}

static const struct option_help options[] = {
	{ "--all", NULL, "also the devices that are compatible both ways" },
	{ "--json", NULL, "a JSON array" },
	{ "--modules", "DIR", "the modules of the executables" },
	{ 0 },
};

const struct subcommand cmd_compat = {
	.name = "compat",
	.args = "OLD NEW [--all] [--json]",
	.help = "Can NEW load what OLD writes, device by device, and back?",
	.options = options,
	.run = run,
};
