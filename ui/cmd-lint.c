/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb lint`: what is wrong with an emulator's descriptors.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../debugger/told.h"
#include "../devices/lint.h"
#include "../debugger/c-index.h"
#include "../stream/escape.h"
#include "json-str.h"
#include "subcommand.h"

static const char *severity(enum lint_rule rule)
{
	static const char *const names[] = { "note", "warning", "error" };

	return names[lint_rule_severity(rule)];
}

/* A baseline's line: "rule: message"; '#' starts a comment. */
struct baseline {
	char **lines;
	size_t n, cap;
};

static int baseline_read(struct baseline *b, const char *path)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	FILE *f = fopen(path, "r");

	memset(b, 0, sizeof(*b));
	if (!f) {
		complain("%s: %m", path);
		return -1;
	}
	while ((n = getline(&line, &size, f)) >= 0) {
		while (n && strchr(" \t\r\n", line[n - 1]))
			line[--n] = '\0';
		if (!n || line[0] == '#')
			continue;
		b->lines = grow_array(b->lines, &b->cap, b->n + 1,
				      sizeof(*b->lines));
		b->lines[b->n++] = line;
		line = NULL;
		size = 0;
	}
	free(line);
	fclose(f);
	return 0;
}

static void baseline_release(struct baseline *b)
{
	for (size_t i = 0; i < b->n; i++)
		free(b->lines[i]);
	free(b->lines);
}

static bool is_known(const struct baseline *b, const struct finding *f)
{
	const char *rule = lint_rule_name(f->rule);
	size_t n = strlen(rule);

	for (size_t i = 0; i < b->n; i++) {
		const char *l = b->lines[i];

		if (!strncmp(l, rule, n) && !strncmp(l + n, ": ", 2) &&
		    !strcmp(l + n + 2, f->msg))
			return true;
	}
	return false;
}

/* Where a descriptor's variable is, or NULL. */
static const char *source_of(struct c_index *types, const struct desc *d,
			     uint32_t *line)
{
	const struct c_desc *c = types ? c_index_at(types, d->addr) : NULL;

	if (c)
		*line = c->line;
	return c ? c->file : NULL;
}

static json_t *finding_json(struct c_index *types, const struct finding *f)
{
	json_t *o = json_object();
	uint32_t line = 0;
	const char *file = source_of(types, f->desc, &line);

	json_object_set_new(o, "rule", json_string(lint_rule_name(f->rule)));
	json_object_set_new(o, "severity", json_string(severity(f->rule)));
	json_object_set_new(o, "descriptor", json_safe(f->desc->name));
	if (f->desc->symbol)
		json_object_set_new(o, "symbol", json_safe(f->desc->symbol));
	if (f->field)
		json_object_set_new(o, "field", json_safe(f->field->name));
	if (f->other)
		json_object_set_new(o, "other", json_safe(f->other->name));
	if (file) {
		json_object_set_new(o, "file", json_safe(file));
		json_object_set_new(o, "line", json_integer(line));
	}
	json_object_set_new(o, "message", json_safe(f->msg));
	return o;
}

/* SARIF 2.1.0, sections 3.19 (tool), 3.27 (result), 3.28 (location). */
static json_t *sarif_result(struct c_index *types, const char *path,
			    const struct finding *f)
{
	json_t *o = json_object(), *where = json_object(), *region = NULL;
	json_t *logical = json_object(), *physical = json_object();
	uint32_t line = 0;
	const char *file = source_of(types, f->desc, &line);

	json_object_set_new(o, "ruleId", json_string(lint_rule_name(f->rule)));
	json_object_set_new(o, "ruleIndex", json_integer(f->rule));
	json_object_set_new(o, "level", json_string(severity(f->rule)));
	json_object_set_new(o, "message", json_pack("{s:o}", "text",
						    json_safe(f->msg)));
	json_object_set_new(logical, "fullyQualifiedName", f->field ?
			    json_sprintf("%s.%s", f->desc->name,
					 f->field->name) :
			    json_safe(f->desc->name));
	json_object_set_new(physical, "artifactLocation",
			    json_pack("{s:o}", "uri",
				      json_safe(file ? file : path)));
	if (file && line)
		region = json_pack("{s:i}", "startLine", (int)line);
	if (region)
		json_object_set_new(physical, "region", region);
	json_object_set_new(where, "physicalLocation", physical);
	json_object_set_new(where, "logicalLocations",
			    json_pack("[o]", logical));
	json_object_set_new(o, "locations", json_pack("[o]", where));
	return o;
}

static json_t *sarif(json_t *results)
{
	static const char *const levels[] = { "note", "warning", "error" };
	json_t *rules = json_array();

	for (int i = 0; i < LINT_NRULES; i++)
		json_array_append_new(rules, json_pack(
			"{s:s, s:{s:s}, s:{s:s}}", "id", lint_rule_name(i),
			"shortDescription", "text", lint_rule_text(i),
			"defaultConfiguration", "level",
			levels[lint_rule_severity(i)]));
	return json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:o}}, s:o}]}",
		"$schema", "https://json.schemastore.org/sarif-2.1.0.json",
		"version", "2.1.0", "runs", "tool", "driver", "name",
		"vmsdb lint", "rules", rules, "results", results);
}

static void print_text(struct c_index *types, const struct finding *f)
{
	uint32_t line = 0;
	const char *file = source_of(types, f->desc, &line);
	char buf[4096];

	if (file)
		printf("%s:%" PRIu32 ": ",
		       escape_text(buf, sizeof(buf), file, strlen(file)), line);
	printf("%s: %s [%s]\n", severity(f->rule),
	       escape_text(buf, sizeof(buf), f->msg, strlen(f->msg)),
	       lint_rule_name(f->rule));
}

static void dump(json_t *o)
{
	json_dumpf(o, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(o);
}

static int report(const struct args *a, struct told *t,
		  struct c_index *types, const struct baseline *b)
{
	const struct finding *found;
	size_t n = lint(t->set, t->image, &t->arena, &found), known = 0;
	size_t count[3] = { 0 };
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		if (is_known(b, &found[i])) {
			known++;
			continue;
		}
		count[lint_rule_severity(found[i].rule)]++;
		if (a->sarif)
			json_array_append_new(list, sarif_result(types,
							t->path, &found[i]));
		else if (a->json)
			json_array_append_new(list, finding_json(types,
								 &found[i]));
		else
			print_text(types, &found[i]);
	}
	if (a->sarif)
		dump(sarif(list));
	else if (a->json)
		dump(list);
	else
		json_decref(list);
	if (!a->sarif && !a->json)
		printf("%zu error%s, %zu warning%s, %zu note%s; %zu in the "
		       "baseline\n", count[2], count[2] == 1 ? "" : "s",
		       count[1], count[1] == 1 ? "" : "s", count[0],
		       count[0] == 1 ? "" : "s", known);
	return count[2] ? 1 : 0;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	struct baseline b = { 0 };
	struct c_index *types = NULL;
	struct args a;
	struct told t;
	struct err err;
	int status = STATUS_USAGE;

	if (args_parse(self, argc, argv, &a) < 0)
		return STATUS_USAGE;
	if (a.help || a.noperands != 1) {
		usage_of(self, a.help ? stdout : stderr);
		return a.help ? 0 : STATUS_USAGE;
	}
	if (told_open(&t, a.operands[0], &a.images, &a.source, &err) < 0) {
		complain("%s", err.msg);
		return STATUS_USAGE;
	}
	/* without debug information there are no lines to show */
	if (t.image && c_index_open(&types, a.operands[0], t.image, &a.images,
				    &a.source, &err) < 0)
		types = NULL;
	if (!a.baseline || baseline_read(&b, a.baseline) == 0)
		status = report(&a, &t, types, &b);
	baseline_release(&b);
	c_index_close(types);
	told_close(&t);
	return status;
}

static const struct option_help options[] = {
	{ "--json", NULL, "a JSON array" },
	{ "--sarif", NULL, "SARIF 2.1.0" },
	{ "--baseline", "FILE", "known findings, one 'rule: message' a line" },
	{ "--modules", "DIR", "the modules of the executable" },
	{ "--debug-dir", "DIR", "debug information, beside the usual places" },
	{ "--debuginfod", NULL, "also from the servers of DEBUGINFOD_URLS" },
	{ 0 },
};

const struct subcommand cmd_lint = {
	.name = "lint",
	.args = "BINARY|DUMP [--json|--sarif] [--baseline FILE]",
	.help = "Find what is wrong with an emulator's descriptors; 1 if there is an error.",
	.options = options,
	.run = run,
};
