/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors out of JSON: the description at the end of a stream, and
 * -dump-vmstate.  In the tables ' stands for ".  What is expected:
 *
 *	name v2-1 { field:type(SIZE)*COUNT#DUP@VERSION? = nested ... + sub }
 *
 * "-1" where the minimum is told, "#" where several fields share the name,
 * "?" where a condition decides, "*" where the number of elements is told.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../devices/desc-dump.h"
#include "../devices/desc-stream.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct test {
	const char *what, *json, *want;
};

#define DEVICE(fields) "{'page_size':4096,'devices':[{'name':'d','instance_id':0," \
	"'vmsd_name':'d','version':1,'fields':[" fields "]}]}"
#define U8(name) "{'name':'" name "','type':'uint8','size':1}"

static const struct test descriptions[] = {
	{ "no devices", "{'devices':[]}", "" },
	{ "a field", DEVICE(U8("a")),
	  "d/0 d v1 { a:uint8(1)*1 }" },
	{ "old style", "{'devices':[{'name':'x','instance_id':3,'fields':[{'name':'data',"
	  "'size':7,'type':'buffer'}]}]}",
	  "x/3 7 bytes" },
	{ "an array in one", DEVICE("{'name':'a','type':'uint16','size':2,'array_len':5}"),
	  "d/0 d v1 { a:uint16(2)*5 }" },
	{ "an array one by one", DEVICE("{'name':'a','index':0,'type':'uint16','size':2},"
	  "{'name':'a','index':1,'type':'uint16','size':2}"),
	  "d/0 d v1 { a:uint16(2)*2 }" },
	/* 10.0 leaves the index of the last element out */
	{ "the last one without index", DEVICE("{'name':'a','index':0,'type':'uint8','size':1},"
	  "{'name':'a','index':1,'type':'uint8','size':1},{'name':'a','type':'uint8','size':1}"),
	  "d/0 d v1 { a:uint8(1)*3 }" },
	{ "names told apart", DEVICE(U8("config[0]") ",{'name':'config[1]','type':'buffer','size':8}"),
	  "d/0 d v1 { config:uint8(1)*1#0 config:buffer(8)*1#1 }" },
	{ "fillers", DEVICE("{'name':'unused[0]','type':'unused_buffer','size':4},"
	  "{'name':'unused[1]','type':'unused_buffer','size':4}"),
	  "d/0 d v1 { unused:unused_buffer(4)*1#0 unused:unused_buffer(4)*1#1 }" },
	{ "members of an array listed by hand", DEVICE(U8("cr[0]") "," U8("cr[2]") "," U8("cr[3]")),
	  "d/0 d v1 { cr[0]:uint8(1)*1 cr[2]:uint8(1)*1 cr[3]:uint8(1)*1 }" },
	{ "a hexadecimal name", DEVICE(U8("dp[0x0]")),
	  "d/0 d v1 { dp[0x0]:uint8(1)*1 }" },
	{ "a plain one beside it", DEVICE(U8("x") "," U8("x[0]")),
	  "d/0 d v1 { x:uint8(1)*1 x[0]:uint8(1)*1 }" },
	{ "a struct", DEVICE("{'name':'s','type':'struct','size':1,'struct':{'vmsd_name':'in',"
	  "'version':2,'fields':[" U8("a") "]}}"),
	  "d/0 d v1 { s:struct(1)*1 = in v2 { a:uint8(1)*1 } }" },
	{ "a vstruct", DEVICE("{'name':'s','type':'vstruct','size':1,'vmsd_name':'in','version':2,"
	  "'fields':[" U8("a") "]}"),
	  "d/0 d v1 { s:vstruct(1)*1 = in v2 { a:uint8(1)*1 } }" },
	{ "tmp", DEVICE("{'name':'tmp','type':'tmp','size':1,'vmsd_name':'in','version':1,'fields':["
	  U8("a") "]}"),
	  "d/0 d v1 { tmp:tmp(1)*1 = in v1 { a:uint8(1)*1 } }" },
	{ "structs that differ", DEVICE("{'name':'s','index':0,'type':'struct','size':1,'struct':{"
	  "'vmsd_name':'in','version':1,'fields':[" U8("a") "]}},{'name':'s','index':1,'type':"
	  "'struct','size':2,'struct':{'vmsd_name':'in','version':1,'fields':[" U8("a") "," U8("b")
	  "]}}"),
	  "d/0 d v1 { s:struct(1)*2 = in v1 { a:uint8(1)*1 } }" },
	{ "runs that tell what is left, as 11.1 has them", DEVICE("{'name':'t','type':'timer','size':8,'array_len':64},"
	  "{'name':'t','type':'ptr-marker','size':1,'array_len':60},{'name':'t','type':'timer','size':8,'array_len':2}"),
	  "d/0 d v1 { t:timer(8)*64 }" },
	{ "null pointers among others", DEVICE("{'name':'p','index':0,'type':'nullptr','size':1},"
	  "{'name':'p','index':1,'type':'struct','size':1,'struct':{'vmsd_name':'in','version':1,"
	  "'fields':[" U8("a") "]}},{'name':'p','type':'nullptr','size':1,'array_len':3}"),
	  "d/0 d v1 { p:struct(1)*5 = in v1 { a:uint8(1)*1 } }" },
	{ "subsections", "{'devices':[{'name':'d','instance_id':0,'vmsd_name':'d','version':1,"
	  "'fields':[],'subsections':[{'vmsd_name':'d/x','version':1,'fields':[" U8("a") "],"
	  "'subsections':[{'vmsd_name':'d/x/y','version':2,'fields':[]}]},{'vmsd_name':'d/z',"
	  "'version':3,'fields':[]}]}]}",
	  "d/0 d v1 { + d/x v1 { a:uint8(1)*1 + d/x/y v2 { } } + d/z v3 { } }" },
	{ "the same subsection twice", "{'devices':[{'name':'d','vmsd_name':'d','version':1,'fields':[],"
	  "'subsections':[{'vmsd_name':'d/x','version':1,'fields':[]},{'vmsd_name':'d/x','version':1,"
	  "'fields':[" U8("a") "]}]}]}",
	  "d/0 d v1 { + d/x v1 { } + d/x v1 { a:uint8(1)*1 } }" },

	/* what no emulator writes */
	{ "nothing", "",
	  "error 2 at 0: device description is no JSON: '[' or '{' expected near end of file" },
	{ "no JSON", "hello",
	  "error 2 at 5: device description is no JSON: '[' or '{' expected near 'hello'" },
	{ "cut off", "{'devices':[",
	  "error 2 at 12: device description is no JSON: ']' expected near end of file" },
	{ "no object", "[]",
	  "error 2 at 0: device description has no list of devices" },
	{ "no list", "{'devices':{}}",
	  "error 2 at 0: device description has no list of devices" },
	{ "a device that is none", "{'devices':[1]}",
	  "/0 0 bytes" },
	{ "a device without anything", "{'devices':[{}]}",
	  "/0 0 bytes" },
	{ "a field that is none", DEVICE("[]"),
	  "d/0 d v1 { :?(0)*1 }" },
	{ "a field without anything", DEVICE("{}"),
	  "d/0 d v1 { :?(0)*1 }" },
	{ "sizes below 0", DEVICE("{'name':'a','type':'buffer','size':-1,'array_len':-1}"),
	  "d/0 d v1 { a:buffer(0)*1 }" },
	{ "the largest sizes", DEVICE("{'name':'a','type':'buffer','size':9223372036854775807,"
	  "'array_len':9223372036854775807}"),
	  "d/0 d v1 { a:buffer(9223372036854775807)*9223372036854775807 }" },
	{ "a size beyond", DEVICE("{'name':'a','type':'buffer','size':9223372036854775808}"),
	  "error 2 at 149: device description is no JSON: too big integer near '9223372036854775808'" },
	{ "numbers as strings", DEVICE("{'name':'a','type':'buffer','size':'4'}"),
	  "d/0 d v1 { a:buffer(0)*1 }" },
	{ "a name that is a number", DEVICE("{'name':1,'type':'uint8','size':1}"),
	  "d/0 d v1 { :uint8(1)*1 }" },
	{ "a version beyond", "{'devices':[{'name':'d','instance_id':4294967297,'vmsd_name':'d',"
	  "'version':4294967297,'fields':[]}]}",
	  "d/1 d v1 { }" },
	{ "two devices of one name", "{'devices':[{'name':'d','vmsd_name':'d','version':1,'fields':[]},"
	  "{'name':'d','vmsd_name':'e','version':1,'fields':[]}]}",
	  "d/0 d v1 { }; d/0 e v1 { }" },
	{ "a key twice", "{'devices':[{'name':'d','name':'e','vmsd_name':'d','version':1,'fields':[]}]}",
	  "e/0 d v1 { }" },
	{ "a NUL in a name", DEVICE(U8("a\\u0000b")),
	  "error 2 at 113: device description is no JSON: \\u0000 is not allowed without JSON_ALLOW_NUL near '\"a\\u0000b\"'" },
	{ "something behind it", "{'devices':[]} x",
	  "error 2 at 16: device description is no JSON: end of file expected near 'x'" },
};

#define DUMP(desc) "{'vmschkmachine':{'Name':'pc'},'d':{'Name':'d','version_id':1," \
	"'minimum_version_id':1,'Description':" desc "}}"
#define FIELD(name, rest) "{'field':'" name "','version_id':0,'field_exists':false,'size':4" rest "}"

static const struct test dumps[] = {
	{ "a field", DUMP("{'name':'d','version_id':3,'minimum_version_id':2,'Fields':["
	  FIELD("a", "") "]}"),
	  "pc d v3-2 { a:-(4) }" },
	{ "versions and conditions", DUMP("{'name':'d','version_id':3,'minimum_version_id':2,'Fields':["
	  "{'field':'a','version_id':2,'field_exists':false,'size':4},"
	  "{'field':'b','version_id':0,'field_exists':true,'size':8}]}"),
	  "pc d v3-2 { a:-(4)@2 b:-(8)? }" },
	{ "counts, since 10.0", DUMP("{'name':'d','version_id':1,'minimum_version_id':1,'Fields':["
	  FIELD("a", ",'num':3") "," FIELD("b", "") "]}"),
	  "pc, counts d v1-1 { a:-(4)*3 b:-(4) }" },
	{ "nested", DUMP("{'name':'d','version_id':1,'minimum_version_id':1,'Fields':["
	  FIELD("s", ",'Description':{'name':'in','version_id':2,'minimum_version_id':1,'Fields':["
	  FIELD("a", "") "]}") "]}"),
	  "pc d v1-1 { s:-(4) = in v2-1 { a:-(4) } }" },
	{ "subsections", DUMP("{'name':'d','version_id':1,'minimum_version_id':1,'Fields':[],"
	  "'Subsections':[{'name':'d/x','version_id':1,'minimum_version_id':1,'Fields':[]}]}"),
	  "pc d v1-1 { + d/x v1-1 { } }" },
	{ "one name twice", DUMP("{'name':'d','version_id':1,'minimum_version_id':1,'Fields':["
	  FIELD("u", "") "," FIELD("a", "") "," FIELD("u", "") "]}"),
	  "pc d v1-1 { u:-(4)#0 a:-(4) u:-(4)#1 }" },
	{ "no fields", DUMP("{'name':'d','version_id':1,'minimum_version_id':1}"),
	  "pc d v1-1 { }" },
	{ "no devices", "{'vmschkmachine':{'Name':'pc'}}",
	  "error 2 at 0: not a -dump-vmstate: no device with a \"Description\"" },
	{ "no JSON", "hello",
	  "error 2 at 5: not a -dump-vmstate: line 1: '[' or '{' expected near 'hello'" },
	{ "cut off", "{'d':{'Description':{",
	  "error 2 at 21: not a -dump-vmstate: line 1: string or '}' expected near end of file" },
	{ "no object", "[1]",
	  "error 2 at 0: not a -dump-vmstate: no device with a \"Description\"" },
	{ "a description that is none", "{'d':{'Description':1}}",
	  "error 2 at 0: not a -dump-vmstate: no device with a \"Description\"" },
	{ "a description without anything", "{'d':{'Description':{}}}",
	  "(no machine)  v0-0 { }" },
	{ "fields that are none", DUMP("{'Fields':[1,[],null]}"),
	  "pc  v0-0 { :-(0)#0 :-(0)#1 :-(0)#2 }" },
	{ "keys in another order", "{'d':{'Description':{'Fields':[{'size':4,'version_id':2,'field':'a'}],"
	  "'version_id':3,'name':'d'},'version_id':1,'Name':'d'}}",
	  "(no machine) d v3-0 { a:-(4)@2 }" },
	{ "a key twice", DUMP("{'name':'d','Fields':[" FIELD("a", "") "],'Fields':[" FIELD("b", "") "]}"),
	  "pc d v0-0 { b:-(4) }" },
	{ "what nobody asks for", DUMP("{'name':'d','x':{'Fields':[{'field':'z'}]},'y':[[{}],1.5e3],'Fields':["
	  FIELD("a", ",'Fields':[{'field':'z'}]") "]}"),
	  "pc d v0-0 { a:-(4) }" },
	{ "a dump in a list", "[{'d':{'Description':{}}}]",
	  "error 2 at 0: not a -dump-vmstate: no device with a \"Description\"" },
	{ "no names", "{'':{'Description':{'name':'','Fields':[{'field':''}]}}}",
	  "(no machine)  v0-0 { :-(0) }" },
	{ "a NUL in a name", DUMP("{'name':'a\\u0000b','Fields':[]}"),
	  "error 2 at 117: not a -dump-vmstate: line 1: \\u0000 is not allowed without JSON_ALLOW_NUL near '\"a\\u0000b\"'" },
	{ "something behind it", "{'d':{'Description':{}}} x",
	  "error 2 at 26: not a -dump-vmstate: line 1: end of file expected near 'x'" },
	{ "subsections that are none", DUMP("{'name':'d','Fields':[],'Subsections':[1]}"),
	  "pc d v0-0 { +  v0-0 { } }" },
	{ "numbers out of range", DUMP("{'name':'d','version_id':99999999999,'Fields':["
	  "{'field':'a','size':-5,'num':-3},{'field':'b','size':9223372036854775807,"
	  "'num':9223372036854775807}]}"),
	  "pc, counts d v1215752191-0 { a:-(18446744073709551611) b:-(9223372036854775807)*9223372036854775807 }" },
};

/* ---- printing ---- */

static void print_desc(FILE *f, const struct desc *d, int depth);

static void print_field(FILE *f, const struct desc_field *x, int depth)
{
	fprintf(f, " %s:%s(%" PRIu64 ")", x->name,
		x->from_type ? x->type ? x->type : "?" : "-", x->size);
	if (x->from_num)
		fprintf(f, "*%" PRId64, x->num);
	if (x->dup >= 0)
		fprintf(f, "#%d", x->dup);
	if (x->from_version && x->version)
		fprintf(f, "@%" PRId32, x->version);
	if (x->exists == EXISTS_PREDICATE)
		fputc('?', f);
	if (x->desc) {
		fputs(" = ", f);
		print_desc(f, x->desc, depth + 1);
	}
}

static void print_desc(FILE *f, const struct desc *d, int depth)
{
	fprintf(f, "%s v%" PRId32, d->name, d->version);
	if (d->from_min)
		fprintf(f, "-%" PRId32, d->min_version);
	fputs(" {", f);
	for (size_t i = 0; i < d->nfields && depth < 5; i++)
		print_field(f, &d->fields[i], depth);
	for (size_t i = 0; i < d->nsubs && depth < 5; i++) {
		fputs(" + ", f);
		print_desc(f, d->subs[i], depth + 1);
	}
	fputs(" }", f);
}

static void print_err(FILE *f, const struct err *err)
{
	fprintf(f, "error %d at %" PRIu64 ": %s", err->code, err->off, err->msg);
}

static void print_description(FILE *f, const char *json, size_t len)
{
	struct description d;
	struct arena a;
	struct err err = { 0 };

	arena_init(&a);
	if (description_parse(&d, &a, json, len, DESC_FROM_REFERENCE, &err) < 0) {
		print_err(f, &err);
		d.ndevices = 0;
	}
	for (size_t i = 0; i < d.ndevices; i++) {
		const struct written_device *w = &d.devices[i];

		fprintf(f, "%s%s/%" PRIu32 " ", i ? "; " : "", w->idstr,
			w->instance);
		if (w->w)
			print_desc(f, w->w->desc, 0);
		else
			fprintf(f, "%" PRIu64 " bytes", w->data_size);
	}
	arena_release(&a);
}

static void print_dump(FILE *f, const char *json, size_t len)
{
	struct dump d;
	struct arena a;
	struct err err = { 0 };

	arena_init(&a);
	if (dump_parse(&d, &a, "test", json, len, &err) < 0)
		print_err(f, &err);
	else
		fprintf(f, "%s%s ", d.set.machine ? d.set.machine : "(no machine)",
			d.tells_num ? ", counts" : "");
	for (size_t i = 0; !err.code && i < d.set.nitems; i++)
		print_desc(f, d.set.items[i].desc, 0);
	arena_release(&a);
}

/* ---- the tables ---- */

static char *quoted(const char *json)
{
	char *s = strdup(json);

	for (char *p = s; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	return s;
}

static unsigned run(const struct test *tests, size_t n,
		    void (*print)(FILE *, const char *, size_t))
{
	unsigned bad = 0;

	for (size_t i = 0; i < n; i++) {
		char *json = quoted(tests[i].json), *got;
		size_t size, len = strlen(json);
		FILE *f = open_memstream(&got, &size);

		print(f, json, len);
		fclose(f);
		if (strcmp(got, tests[i].want)) {
			print_error("%s:\n  got  %s\n  want %s\n",
				    tests[i].what, got, tests[i].want);
			bad++;
		}
		free(got);
		/* whatever a cut makes of it, in a buffer of that size */
		for (size_t k = 0; k < len; k++) {
			char *part = malloc(k ? k : 1);

			memcpy(part, json, k);
			f = open_memstream(&got, &size);
			print(f, part, k);
			fclose(f);
			free(got);
			free(part);
		}
		free(json);
	}
	return bad;
}

static void out_of_streams(void **state)
{
	(void)state;
	assert_int_equal(run(descriptions, COUNT(descriptions),
			     print_description), 0);
}

static void out_of_dumps(void **state)
{
	(void)state;
	assert_int_equal(run(dumps, COUNT(dumps), print_dump), 0);
}

/* ---- much of it ---- */

/* @before @n times @between @after, as description and as dump. */
static void repeated(const char *head, const char *between, size_t n,
		     const char *after, size_t m, const char *tail,
		     void (*print)(FILE *, const char *, size_t))
{
	char *json, *got;
	size_t len, size;
	FILE *f = open_memstream(&json, &len), *out;

	fputs(head, f);
	for (size_t i = 0; i < n; i++)
		fputs(between, f);
	for (size_t i = 0; i < m; i++)
		fputs(after, f);
	fputs(tail, f);
	fclose(f);
	for (size_t i = 0; i < len; i++)
		json[i] = json[i] == '\'' ? '"' : json[i];
	out = open_memstream(&got, &size);
	print(out, json, len);
	fclose(out);
	assert_true(size > 0);
	free(got);
	free(json);
}

static void hostile(void **state)
{
	(void)state;
	/* deeper than anything nests, and deeper than the parser takes */
	for (size_t n = 50; n < 5000; n *= 3) {
		repeated("{'devices':[{'name':'d','vmsd_name':'d','version':1,'fields':[",
			 "{'name':'s','type':'struct','size':1,'struct':{'vmsd_name':'s',"
			 "'version':1,'fields':[", n, "]}}", n, "]}]}",
			 print_description);
		repeated("{'devices':[{'name':'d','vmsd_name':'d','version':1,'fields':[]",
			 ",'subsections':[{'vmsd_name':'s','version':1,'fields':[]", n,
			 "}]", n, "}]}", print_description);
		repeated("{'d':{'Description':", "{'name':'d','Fields':[{'field':'s',"
			 "'Description':", n, "}]}", n, "}}", print_dump);
		repeated("", "[", n, "]", n, "", print_description);
	}
	/* a million fields of one name, and of none */
	repeated("{'devices':[{'name':'d','vmsd_name':'d','version':1,'fields':[{}",
		 ",{'name':'a','type':'uint8','size':1}", 1000000, "", 0, "]}]}",
		 print_description);
	repeated("{'d':{'Description':{'name':'d','Fields':[{}",
		 ",{'field':'a','size':1}", 1000000, "", 0, "]}}}", print_dump);
	repeated("{'devices':[{}", ",{'name':'d','vmsd_name':'d','version':1,'fields':[]}",
		 200000, "", 0, "]}", print_description);
}

/* Which JSON name is which field. */
static void names(void **state)
{
	static const struct {
		const char *written, *field;
		int dup;
		bool want;
	} pairs[] = {
		{ "a", "a", -1, true }, { "a", "b", -1, false },
		{ "a[0]", "a", 0, true }, { "a[1]", "a", 1, true },
		{ "a[1]", "a", 0, false }, { "a", "a", 0, false },
		{ "a[0]", "a[0]", -1, true }, { "a[0][1]", "a[0]", 1, true },
		{ "a[01]", "a", 1, false }, { "ab[1]", "a", 1, false },
		{ "", "a", -1, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		const struct desc_field f = { .name = pairs[i].field,
					      .dup = pairs[i].dup };

		if (written_is_field(pairs[i].written, &f) != pairs[i].want)
			fail_msg("'%s' and '%s' #%d", pairs[i].written,
				 pairs[i].field, pairs[i].dup);
	}
}

static void type_sizes(void **state)
{
	(void)state;
	assert_int_equal(desc_type_size("bool"), 1);
	assert_int_equal(desc_type_size("uint8"), 1);
	assert_int_equal(desc_type_size("uint8 equal"), 1);
	assert_int_equal(desc_type_size("uint16 equal"), 2);
	assert_int_equal(desc_type_size("int32 le"), 4);
	assert_int_equal(desc_type_size("uint64_as_uint32"), 4);
	assert_int_equal(desc_type_size("timer"), 8);
	assert_int_equal(desc_type_size("CPU_Double_U"), 8);
	assert_int_equal(desc_type_size("fd"), 4);
	assert_int_equal(desc_type_size("nullptr"), 1);
	assert_int_equal(desc_type_size("buffer"), 0);
	assert_int_equal(desc_type_size("uint"), 0);
	assert_int_equal(desc_type_size(""), 0);
	assert_int_equal(desc_type_size("zzz"), 0);
	assert_int_equal(desc_type_size(NULL), 0);
}

int main(void)
{
	static const struct CMUnitTest all[] = {
		cmocka_unit_test(out_of_streams), cmocka_unit_test(out_of_dumps),
		cmocka_unit_test(hostile), cmocka_unit_test(names),
		cmocka_unit_test(type_sizes),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
