/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb compat`: two emulators' descriptors compared as loads.
 */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "../debugger/members.h"
#include "../debugger/told.h"
#include "../devices/compat-machine.h"
#include "../stream/escape.h"
#include "compat-started.h"
#include "json-str.h"
#include "subcommand.h"

/* Old and new: where things are in C, as far as debug information tells. */
struct c_sides {
	struct members *old, *new;
};

static void set_member(json_t *o, struct members *m, const struct desc *d,
		       const struct desc_field *f)
{
	const struct c_member *c = f ? members_find(m, d, f) : NULL;
	char where[1024];

	if (!c)
		return;
	if (c->structure)
		json_object_set_new(o, "structure", json_safe(c->structure));
	if (c->path)
		json_object_set_new(o, "member", json_safe(c->path));
	if (*c_member_where(c, where, sizeof(where)))
		json_object_set_new(o, "declared", json_safe(where));
}

static json_t *side_json(struct members *m, const struct desc *d,
			 const struct desc_field *f)
{
	json_t *o;

	if (!d)
		return json_null();
	o = json_object();
	json_object_set_new(o, "descriptor", json_safe(d->name));
	if (d->symbol)
		json_object_set_new(o, "symbol", json_safe(d->symbol));
	json_object_set_new(o, "version", json_integer(d->version));
	if (f)
		json_object_set_new(o, "field", json_safe(f->name));
	if (f && f->type)
		json_object_set_new(o, "type", json_safe(f->type));
	if (f && f->from_layout)
		json_object_set_new(o, "offset",
				    json_integer((json_int_t)f->offset));
	set_member(o, m, d, f);
	return o;
}

static json_t *answer_json(struct members *writer, struct members *reader,
			   const struct compat_answer *a)
{
	json_t *o = json_object();

	json_object_set_new(o, "answer", json_string(compat_name(a->answer)));
	if (a->why[0])
		json_object_set_new(o, "why", json_safe(a->why));
	if (a->writer || a->reader) {
		json_object_set_new(o, "writer", side_json(writer,
				    a->writer, a->writer_field));
		json_object_set_new(o, "reader", side_json(reader,
				    a->reader, a->reader_field));
	}
	return o;
}

static json_t *condition_json(const struct compat_condition *c)
{
	static const char *const told[] = { "unknown", "no", "yes" };
	static const char *const sides[] = { "old", "new" };
	json_t *o = json_object();

	json_object_set_new(o, "descriptor", json_safe(c->desc));
	json_object_set_new(o, c->subsection ? "subsection" : "field",
			    json_safe(c->name));
	for (int i = 0; i < 2; i++) {
		json_t *s = json_object();

		if (!c->has[i]) {
			json_decref(s);
			json_object_set_new(o, sides[i], json_null());
			continue;
		}
		json_object_set_new(s, "answer", json_string(told[c->told[i]]));
		if (c->fn[i])
			json_object_set_new(s, "function", json_safe(c->fn[i]));
		if (*c->because[i])
			json_object_set_new(s, "because",
					    json_safe(c->because[i]));
		json_object_set_new(o, sides[i], s);
	}
	return o;
}

static json_t *device_json(const struct c_sides *c,
			   const struct compat_device *d)
{
	json_t *o = json_object(), *list = json_array();

	json_object_set_new(o, "type", json_safe(d->type));
	if (d->proxy)
		json_object_set_new(o, "proxy", json_safe(d->proxy));
	json_object_set_new(o, "forward", answer_json(c->old, c->new,
						      &d->forward));
	json_object_set_new(o, "backward", answer_json(c->new, c->old,
						       &d->backward));
	for (size_t i = 0; i < d->nconditions; i++)
		json_array_append_new(list, condition_json(&d->conditions[i]));
	json_object_set_new(o, "conditions", list);
	return o;
}

static json_t *prop_json(const struct compat_prop *p)
{
	json_t *o = json_object();

	json_object_set_new(o, "finding",
			    json_string(prop_finding_name(p->finding)));
	json_object_set_new(o, "type", json_safe(p->type));
	json_object_set_new(o, "types", json_integer((json_int_t)p->ntypes));
	json_object_set_new(o, "property", json_safe(p->name));
	json_object_set_new(o, "old", *p->value[0] ? json_safe(p->value[0]) :
						     json_null());
	json_object_set_new(o, "new", *p->value[1] ? json_safe(p->value[1]) :
						     json_null());
	if (p->elsewhere)
		json_object_set_new(o, "set_by", json_safe(p->elsewhere));
	json_object_set_new(o, "condition", json_boolean(p->looked_at));
	return o;
}

static json_t *pair_json(const struct c_sides *c, const struct compat_pair *p)
{
	json_t *o = json_object();

	json_object_set_new(o, "device", json_safe(p->name));
	json_object_set_new(o, "old_version", p->older ?
			    json_integer(p->older->version) : json_null());
	json_object_set_new(o, "new_version", p->newer ?
			    json_integer(p->newer->version) : json_null());
	json_object_set_new(o, "forward", answer_json(c->old, c->new,
						      &p->forward));
	json_object_set_new(o, "backward", answer_json(c->new, c->old,
						       &p->backward));
	return o;
}

static json_t *findings_json(const struct c_sides *c,
			     const struct compat_machine *m)
{
	json_t *list = json_array(), *o;

	for (size_t i = 0; i < m->nfindings; i++) {
		const struct compat_finding *f = &m->findings[i];

		o = json_object();
		json_object_set_new(o, "about", json_string(f->about));
		json_object_set_new(o, "section", f->section ?
				    json_safe(f->section) : json_null());
		json_object_set_new(o, "type", json_safe(f->type));
		json_object_set_new(o, "forward", answer_json(c->old, c->new,
							      &f->forward));
		json_object_set_new(o, "backward", answer_json(c->new, c->old,
							       &f->backward));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *limits_json(void)
{
	json_t *list = json_array();
	size_t n;
	const struct compat_limit *v = compat_limits(&n);

	for (size_t i = 0; i < n; i++) {
		json_t *o = json_object();

		json_object_set_new(o, "about", json_string(v[i].about));
		json_object_set_new(o, "text", json_string(v[i].text));
		json_array_append_new(list, o);
	}
	return list;
}

static void print_why(const char *way, const struct compat_answer *a)
{
	char buf[4096];

	if (a->answer != COMPAT_YES && a->why[0])
		printf("    %s: %s\n", way, escape_text(buf, sizeof(buf), a->why,
							strlen(a->why)));
}

/* "    old: struct X, member a.b (file.c:12)" */
static void print_member(const char *side, struct members *m,
			 const struct desc *d, const struct desc_field *f)
{
	const struct c_member *c = d && f ? members_find(m, d, f) : NULL;
	char what[1024], where[1024], buf[2][2048];

	if (!c)
		return;
	c_member_print(c, what, sizeof(what));
	c_member_where(c, where, sizeof(where));
	printf("        %s: %s%s%s\n", side,
	       escape_text(buf[0], sizeof(buf[0]), what, strlen(what)),
	       *where ? " at " : "",
	       escape_text(buf[1], sizeof(buf[1]), where, strlen(where)));
}

/* What the machine type's properties decide. */
static void print_conditions(const struct compat_device *v, size_t n)
{
	static const char *const told[] = { "unknown", "no", "yes" };
	char buf[5][512];

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < v[i].nconditions; k++) {
			const struct compat_condition *c = &v[i].conditions[k];
			const char *s[5] = {
				v[i].proxy ? v[i].proxy : v[i].type, c->desc,
				c->name, c->because[0], c->because[1],
			};

			if ((!*c->because[0] && !*c->because[1]) ||
			    (c->told[0] == TRI_UNKNOWN &&
			     c->told[1] == TRI_UNKNOWN))
				continue;
			for (int j = 0; j < 5; j++)
				s[j] = escape_text(buf[j], sizeof(buf[j]), s[j],
						   strlen(s[j]));
			printf("    %s: %s '%s' of '%s':", s[0],
			       c->subsection ? "subsection" : "field", s[2],
			       s[1]);
			if (c->has[0])
				printf(" old %s%s%s", told[c->told[0]],
				       *s[3] ? ", " : "", s[3]);
			if (c->has[1])
				printf("%s new %s%s%s", c->has[0] ? ";" : "",
				       told[c->told[1]], *s[4] ? ", " : "",
				       s[4]);
			putchar('\n');
		}
	}
}

static void print_prop(const struct compat_prop *p)
{
	char buf[5][1024];
	const char *s[5] = {
		p->type, p->name, *p->value[0] ? p->value[0] : "has none",
		*p->value[1] ? p->value[1] : "has none",
		p->elsewhere ? p->elsewhere : "",
	};

	for (int i = 0; i < 5; i++)
		s[i] = escape_text(buf[i], sizeof(buf[i]), s[i], strlen(s[i]));
	printf("%-12s %s.%s", prop_finding_name(p->finding), s[0], s[1]);
	if (p->ntypes > 1)
		printf(" (and %zu more types)", p->ntypes - 1);
	printf(": old %s, new %s%s%s%s\n", s[2], s[3], *s[4] ? "; " : "", s[4],
	       p->looked_at ? "; a condition looks at it" : "");
}

static void print_pair(const struct c_sides *c, const struct compat_pair *p)
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
	print_member("old", c->old, p->forward.writer, p->forward.writer_field);
	print_member("new", c->new, p->forward.reader, p->forward.reader_field);
	print_why("backward", &p->backward);
	print_member("new", c->new, p->backward.writer,
		     p->backward.writer_field);
	print_member("old", c->old, p->backward.reader,
		     p->backward.reader_field);
}

static void print_findings(const struct compat_machine *m)
{
	size_t n;
	const struct compat_limit *v = compat_limits(&n);
	char buf[1024];

	if (m->nfindings)
		printf("\nBESIDE THE LAYOUTS on %s\n", escape_text(buf,
			sizeof(buf), m->name, strlen(m->name)));
	for (size_t i = 0; i < m->nfindings; i++) {
		const struct compat_finding *f = &m->findings[i];
		const char *name = f->section ? f->section : "the stream";

		printf("%-36s %-12s %-8s %s\n",
		       escape_text(buf, sizeof(buf), name, strlen(name)),
		       f->about, compat_name(f->forward.answer),
		       compat_name(f->backward.answer));
		print_why("forward", &f->forward);
		/* once is enough */
		if (f->forward.why != f->backward.why)
			print_why("backward", &f->backward);
	}
	printf("\nNOT SEEN in executables\n");
	for (size_t i = 0; i < n; i++)
		printf("%-12s %s\n", v[i].about, v[i].text);
}

static bool shown(const struct args *a, const struct compat_pair *p)
{
	if (a->all)
		return true;
	return p->older && p->newer && (p->forward.answer > COMPAT_NEVER ||
					p->backward.answer > COMPAT_NEVER);
}

static void print_props(const struct args *a, const struct compat_machine *m)
{
	size_t left = 0;

	printf("\nPROPERTIES of %s\n", a->machine);
	for (size_t i = 0; i < m->nprops; i++) {
		const struct compat_prop *p = &m->props[i];

		if (a->all || p->finding > PROP_UNKNOWN || p->looked_at)
			print_prop(p);
		else
			left++;
	}
	if (left)
		printf("%zu more that are new, gone or not known (--all)\n",
		       left);
	if (m->cut)
		printf("there are too many properties: not all were compared\n");
	for (int i = 0; i < 2; i++)
		if (!m->sides[i]->complete)
			printf("the %s emulator's code could not be followed "
			       "to its end: it may set more properties\n",
			       i ? "new" : "old");
}

/* The worse of @status and what the load of @v would be. */
static int worse(int status, enum verdict v)
{
	if (status == 1 || v == VERDICT_FAILS)
		return 1;
	return v == VERDICT_SILENT ? 3 : status;
}

static int report(const struct args *a, const struct compat_pair *pairs,
		  size_t n, const struct compat_machine *m,
		  const struct started *started, const struct c_sides *c)
{
	size_t count[2][COMPAT_NO + 1] = { { 0 } };
	json_t *list = json_array(), *o;
	enum compat worst = COMPAT_YES;
	int status;

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
		if (a->json) {
			json_t *types = json_array();

			o = pair_json(c, p);
			for (size_t k = 0; m && k < m->ndevices[i]; k++)
				json_array_append_new(types,
					device_json(c, &m->devices[i][k]));
			if (m)
				json_object_set_new(o, "types", types);
			else
				json_decref(types);
			json_array_append_new(list, o);
		} else if (shown(a, p)) {
			print_pair(c, p);
			if (m)
				print_conditions(m->devices[i], m->ndevices[i]);
		} else if (m && a->all) {
			print_conditions(m->devices[i], m->ndevices[i]);
		}
	}
	if (a->json) {
		if (m) {
			json_t *props = json_array();

			for (size_t i = 0; i < m->nprops; i++)
				json_array_append_new(props,
						      prop_json(&m->props[i]));
			o = json_object();
			json_object_set_new(o, "machine", json_safe(m->name));
			json_object_set_new(o, "old_complete",
					    json_boolean(m->sides[0]->complete));
			json_object_set_new(o, "new_complete",
					    json_boolean(m->sides[1]->complete));
			json_object_set_new(o, "devices", list);
			json_object_set_new(o, "findings", findings_json(c, m));
			json_object_set_new(o, "properties", props);
			json_object_set_new(o, "limits", limits_json());
			list = o;
		} else if (started) {
			o = json_object();
			json_object_set_new(o, "devices", list);
			list = o;
		}
		if (started)
			json_object_set_new(list, "started",
					    started_json(started));
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
		if (m) {
			print_props(a, m);
			print_findings(m);
		}
		if (started)
			started_print(started);
	}
	for (size_t i = 0; m && i < m->nfindings; i++)
		if (m->findings[i].forward.answer > worst)
			worst = m->findings[i].forward.answer;
	json_decref(list);
	status = worst == COMPAT_NO ? 1 : worst == COMPAT_SILENT ? 3 : 0;
	return started ? worse(status, started->to[0].analysis->verdict) : status;
}

/* Without debug information there is nothing to tell. */
static struct members *members_in(const struct args *a, struct told *t)
{
	struct members *m = NULL;
	struct err err;

	if (!t->image || members_open(&m, t->image, a->debug_dir, &a->source,
				      &err) < 0)
		return NULL;
	return m;
}

static int compare(const struct args *a, struct told *older,
		   struct told *newer, const struct started *started)
{
	const struct compat_pair *pairs;
	struct compat_pair *mine;
	struct compat_machine m;
	struct qom *q[2] = { NULL, NULL };
	struct told *t[2] = { older, newer };
	struct c_sides c = { NULL, NULL };
	struct err err;
	size_t n = compat(older->set, newer->set, &newer->arena, &pairs);
	int status = STATUS_USAGE;

	mine = arena_memdup(&newer->arena, pairs, n * sizeof(*mine));
	for (int i = 0; a->machine && i < 2; i++) {
		if (!t[i]->image) {
			complain("%s: no executable: only an executable tells "
				 "what a machine type sets", t[i]->path);
			goto out;
		}
		if (qom_open(&q[i], t[i]->image, &err) < 0) {
			complain("%s", err.msg);
			goto out;
		}
	}
	if (a->machine && compat_machine(&m, &newer->arena, q[0], q[1],
					 a->machine, mine, n, &err) < 0) {
		complain("%s", err.msg);
		goto out;
	}
	compat_join(mine, n, &newer->arena);
	c.old = members_in(a, older);
	c.new = members_in(a, newer);
	status = report(a, mine, n, a->machine ? &m : NULL, started, &c);
	members_close(c.old);
	members_close(c.new);
out:
	qom_close(q[0]);
	qom_close(q[1]);
	return status;
}

/*
 * One side.  Of an emulator that was started behind a launcher, the executable
 * is what ran.
 */
static int open_side(struct told *ret, const struct args *a, unsigned i,
		     const struct started *started)
{
	struct desc_image_opts images = a->images;
	const char *path = a->operands[i];
	struct err err;

	if (started && !live_is_elf(path) && *started->ref[i].binary)
		path = started->ref[i].binary;
	if (started && !images.modules && *started->ref[i].modules)
		images.modules = started->ref[i].modules;
	if (!told_open(ret, path, &images, &a->source, &err))
		return 0;
	complain("%s", err.msg);
	return -1;
}

static int compare_files(const struct args *a, const struct started *started)
{
	struct told older, newer;
	int status = STATUS_USAGE;

	if (open_side(&older, a, 0, started) < 0)
		return STATUS_USAGE;
	if (!open_side(&newer, a, 1, started)) {
		if (!older.image != !newer.image)
			complain("warning: one is an executable, the other is "
				 "not: only what both tell is compared");
		status = compare(a, &older, &newer, started);
		told_close(&newer);
	}
	told_close(&older);
	return status;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	static const struct live_option none[] = { { 0 } };
	struct live_args live;
	struct started started;
	const struct args *a = &live.common;
	int status = STATUS_USAGE;
	bool start = false;

	for (int i = 1; i < argc; i++)
		start |= !strcmp(argv[i], "--");
	if (live_parse(self, argc, argv, none, &live) < 0)
		return STATUS_USAGE;
	if (a->help || a->noperands != 2) {
		usage_of(self, a->help ? stdout : stderr);
		return a->help ? 0 : STATUS_USAGE;
	}
	if (!start)
		return compare_files(a, NULL);
	if (started_open(&started, a->operands, a->machine,
			 live.command ? live.command :
					(const char *const []){ NULL }) < 0)
		return STATUS_USAGE;
	if (!started_compare(&started, a))
		status = compare_files(a, &started);
	started_close(&started);
	return status;
}

static const struct option_help options[] = {
	{ "--all", NULL, "also the devices that are compatible both ways" },
	{ "--json", NULL, "a JSON array" },
	{ "--machine", "TYPE", "on this machine type, with the properties that it sets" },
	{ "--modules", "DIR", "the modules of the executables" },
	{ "--debug-dir", "DIR", "debug information, beside the usual places" },
	{ 0 },
};

const struct subcommand cmd_compat = {
	.name = "compat",
	.args = "OLD NEW [--machine TYPE] [--all] [--json] [-- ARGUMENTS]",
	.help = "Can NEW load what OLD writes, device by device, and back?",
	.options = options,
	.run = run,
};
