/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which entry a section belongs to (find_se() of migration/savevm.c), and
 * what comes of a dump and a reference stream of the same destination.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../devices/registry.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- finding an entry ---- */

/* "IDSTR#INSTANCE[~ALIAS][=DESCRIPTOR]", in order; then who is asked for. */
static const struct {
	const char *what, *entries, *idstr;
	uint32_t instance;
	const char *want;	/* "NUMBER how" */
} finds[] = {
	{ "instance", "a#0 b#0", "b", 0, "1 instance" },
	{ "another instance", "a#0 a#1", "a", 1, "1 instance" },
	{ "none of that instance", "a#0", "a", 1, "none" },
	{ "none of that name", "a#0", "aa", 0, "none" },
	{ "nothing registered", "", "a", 0, "none" },
	{ "alias", "s#0~0x80000000", "s", 0x80000000, "0 alias" },
	{ "instance though there is an alias", "s#0~7", "s", 0, "0 instance" },
	{ "the first that matches, through its alias", "s#1~2 s#2", "s", 2, "0 alias" },
	{ "the first that matches, by instance", "s#2 s#1~2", "s", 2, "0 instance" },
	{ "no alias is -1", "s#0", "s", 0xffffffff, "0 alias" },
	{ "older name", "00:02.0/e#0=e", "e", 0, "0 compat" },
	{ "the name itself", "00:02.0/e#0=e", "00:02.0/e", 0, "0 instance" },
	{ "older name, second device", "00:02.0/e#0=e 00:03.0/e#0=e", "e", 1, "1 compat" },
	{ "older name, no third", "00:02.0/e#0=e 00:03.0/e#0=e", "e", 2, "none" },
	{ "older names count apart", "00:02.0/e#0=e 00:03.0/f#0=f", "f", 0, "1 compat" },
	{ "a part of a path", "00:02.0/e#0=e", "02.0/e", 0, "none" },
	{ "no path, no older name", "e#0=e", "e", 1, "none" },
	{ "slashes in both halves", "00:06.7/1/usb-ptr#0=usb-ptr", "usb-ptr", 0, "0 compat" },
	{ "a descriptor with a slash", "x/icp/server#0=icp/server", "icp/server", 0, "0 compat" },
	{ "another descriptor's tail", "00:02.0/one#0=ne", "ne", 0, "none" },
};

/* A descriptor of that name and nothing else. */
static const struct desc *bare_desc(struct arena *a, const char *name)
{
	struct desc *d = arena_alloc(a, sizeof(*d));

	d->name = name;
	d->from = DESC_FROM_BINARY;
	return d;
}

static void read_entries(struct registry *reg, const char *text)
{
	char word[64];
	int n;

	for (; sscanf(text, "%63s %n", word, &n) == 1; text += n) {
		char *hash = strchr(word, '#'), *alias, *desc;
		struct entry *e;

		desc = strchr(hash, '=');
		alias = strchr(hash, '~');
		*hash = '\0';
		e = registry_add(reg, word, (uint32_t)strtoul(hash + 1, NULL, 0),
				 1, DESC_FROM_BINARY);
		if (alias)
			e->alias = (uint32_t)strtoul(alias + 1, NULL, 0);
		if (desc)
			e->desc = bare_desc(reg->arena, arena_strdup(reg->arena,
								     desc + 1));
	}
}

static void finding(void **state)
{
	static const char *const how_names[] = {
		"none", "instance", "alias", "compat",
	};
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(finds); i++) {
		const struct entry *e;
		struct registry reg;
		struct arena a;
		enum match how;
		char got[64] = "none";

		arena_init(&a);
		registry_init(&reg, &a);
		read_entries(&reg, finds[i].entries);
		registry_finish(&reg);
		e = registry_find(&reg, finds[i].idstr, finds[i].instance, &how);
		if (e)
			snprintf(got, sizeof(got), "%zu %s",
				 (size_t)(e - reg.entries), how_names[how]);
		else
			assert_int_equal(how, MATCH_NONE);
		if (strcmp(got, finds[i].want)) {
			print_error("%s: %s, not %s\n", finds[i].what, got,
				    finds[i].want);
			bad++;
		}
		registry_release(&reg);
		arena_release(&a);
	}
	assert_int_equal(bad, 0);
}

/* Old-style entries are allocated zeroed: their alias is 0. */
static void old_style(void **state)
{
	struct registry reg;
	struct arena a;
	enum match how;

	(void)state;
	arena_init(&a);
	registry_init(&reg, &a);
	registry_add(&reg, "x", 5, 1, DESC_FROM_REFERENCE)->old_style = true;
	registry_finish(&reg);
	assert_ptr_equal(registry_find(&reg, "x", 5, &how), &reg.entries[0]);
	assert_int_equal(how, MATCH_INSTANCE);
	assert_ptr_equal(registry_find(&reg, "x", 0, &how), &reg.entries[0]);
	assert_int_equal(how, MATCH_ALIAS);
	assert_null(registry_find(&reg, "x", 1, &how));
	registry_release(&reg);
	arena_release(&a);
}

/* ---- a dump and a reference stream ---- */

#define DUMP(fields) "{'d':{'Name':'d','version_id':2,'minimum_version_id':1," \
	"'Description':{'name':'d','version_id':2,'minimum_version_id':1,'Fields':[" fields "]}}}"
#define F(name, size) "{'field':'" name "','version_id':0,'field_exists':false,'size':" size "}"
#define P(name, size) "{'field':'" name "','version_id':0,'field_exists':true,'size':" size "}"
#define WRITTEN(version, fields) "{'devices':[{'name':'d','instance_id':0,'vmsd_name':'d'," \
	"'version':" version ",'fields':[" fields "]}]}"
#define S(fields) "{'name':'d/s','version_id':1,'minimum_version_id':1,'Fields':[" fields "]}"
#define W(name, type, size) "{'name':'" name "','type':'" type "','size':" size "}"

/*
 * As NAME:TYPE/WHO, "?" behind one that a condition decides; WHO told the
 * type: D dump, R reference, g guess, K known.  In front, who told of the
 * descriptor.
 */
static const struct {
	const char *what, *dump, *written, *want;
} merges[] = {
	{ "types out of the stream", DUMP(F("a", "4") "," F("b", "8")),
	  WRITTEN("2", W("a", "int32", "4") "," W("b", "timer", "8")),
	  "D v2 a:int32/R b:timer/R" },
	{ "a field that was not written", DUMP(F("a", "4") "," P("b", "2")),
	  WRITTEN("2", W("a", "int32", "4")),
	  "D v2 a:int32/R b:uint16/g?" },
	{ "its size says what it is", DUMP(P("b", "1") "," F("a", "4") "," P("c", "8") "," P("e", "24")),
	  WRITTEN("2", W("a", "int32", "4")),
	  "D v2 b:uint8/g? a:int32/R c:uint64/g? e:buffer/g?" },
	{ "written but not in the dump", DUMP(F("a", "4")),
	  WRITTEN("2", W("a", "int32", "4") "," W("x", "uint8", "1")),
	  "R v2 a:int32/R x:uint8/R" },
	{ "another order", DUMP(F("a", "4") "," F("b", "4")),
	  WRITTEN("2", W("b", "int32", "4") "," W("a", "int32", "4")),
	  "R v2 b:int32/R a:int32/R" },
	{ "another version", DUMP(F("a", "4")), WRITTEN("3", W("a", "int32", "4")),
	  "R v3 a:int32/R" },
	{ "one name for two fields", DUMP(F("u", "4") "," F("a", "4") "," F("u", "8")),
	  WRITTEN("2", W("u[0]", "uint32", "4") "," W("a", "int32", "4") ","
	  W("u[1]", "uint64", "8")),
	  "D v2 u:uint32/R a:int32/R u:uint64/R" },
	{ "no dump of it", "{'e':{'Description':{'name':'e'}}}", WRITTEN("2", W("a", "int32", "4")),
	  "R v2 a:int32/R" },
	{ "two subsections of one name, the second written",
	  "{'d':{'Name':'d','version_id':2,'minimum_version_id':1,'Description':{"
	  "'name':'d','version_id':2,'minimum_version_id':1,'Fields':[" F("a", "4") "],"
	  "'Subsections':[" S(F("p", "2") "," F("q", "2")) "," S(F("r", "4")) "]}}}",
	  "{'devices':[{'name':'d','instance_id':0,'vmsd_name':'d','version':2,'fields':["
	  W("a", "int32", "4") "],'subsections':[{'vmsd_name':'d/s','version':1,'fields':["
	  W("r", "int32", "4") "]}]}]}",
	  "D v2 a:int32/R +D v1 p:uint16/g q:uint16/g +D v1 r:int32/R" },
	{ "nothing written", DUMP(F("a", "4")), "{'devices':[]}",
	  "D v2 a:uint32/g" },
};

static char *quoted(const char *json)
{
	char *s = strdup(json);

	for (char *p = s; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	return s;
}

static void print_merged(FILE *f, const struct desc *d)
{
	static const char who[] = "-gSKRDBP";

	if (!d) {
		fprintf(f, "none");
		return;
	}
	fprintf(f, "%c v%d", who[d->from], d->version);
	for (size_t i = 0; i < d->nfields; i++) {
		const struct desc_field *x = &d->fields[i];

		fprintf(f, " %s:%s/%c%s", x->name, x->type ? x->type : "",
			who[x->from_type],
			x->exists == EXISTS_PREDICATE ? "?" : "");
	}
	for (size_t i = 0; i < d->nsubs; i++) {
		fprintf(f, " +");
		print_merged(f, d->subs[i]);
	}
}

static void merging(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(merges); i++) {
		char *dump_json = quoted(merges[i].dump);
		char *stream_json = quoted(merges[i].written);
		struct description seen;
		struct registry reg;
		struct arena a;
		struct dump dump;
		struct err err;
		char *got;
		size_t size;
		FILE *f = open_memstream(&got, &size);

		arena_init(&a);
		registry_init(&reg, &a);
		assert_int_equal(dump_parse(&dump, &a, "test", dump_json,
					    strlen(dump_json), &err), 0);
		assert_int_equal(description_parse(&seen, &a, stream_json,
			strlen(stream_json), DESC_FROM_REFERENCE, &err), 0);
		registry_add_set(&reg, &dump.set);
		registry_learn(&reg, &seen, DESC_FROM_REFERENCE);
		for (size_t k = 0; k < seen.ndevices; k++)
			registry_add(&reg, seen.devices[k].idstr,
				     seen.devices[k].instance, 2,
				     DESC_FROM_REFERENCE)->seen = &seen.devices[k];
		registry_finish(&reg);
		print_merged(f, reg.nentries ? reg.entries[0].desc :
			     registry_desc_for(&reg, "00:01.0/d", NULL));
		fclose(f);
		if (strcmp(got, merges[i].want)) {
			print_error("%s:\n  got  %s\n  want %s\n",
				    merges[i].what, got, merges[i].want);
			bad++;
		}
		free(got);
		registry_release(&reg);
		arena_release(&a);
		free(dump_json);
		free(stream_json);
	}
	assert_int_equal(bad, 0);
}

int main(void)
{
	static const struct CMUnitTest all[] = {
		cmocka_unit_test(finding), cmocka_unit_test(old_style),
		cmocka_unit_test(merging),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
