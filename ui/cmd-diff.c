/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb diff`: two snapshots side by side, and three.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../debugger/compare.h"
#include "../debugger/value.h"
#include "../stream/escape.h"
#include "json-str.h"
#include "subcommand.h"
#include "tui.h"

#define MAX_PATTERNS 256
#define SHOWN_RANGES 8

enum { STATUS_SAME, STATUS_DIFFERENT, STATUS_TROUBLE };

struct diff_args {
	struct args common;
	const char *base;
	const char *ignore[MAX_PATTERNS], *only[MAX_PATTERNS];
	size_t nignore, nonly;
	bool no_stock, side_by_side, no_ram, screen;
	unsigned long context;
};

struct out {
	const struct diff_args *a;
	const struct comparison *c;
	const char *names[3];
	bool colour;
	unsigned width, path_width;	/* of the terminal, of the longest path */
	uint8_t *differs;	/* a bit for each event of side A */
	uint32_t printed;	/* context of A that was printed up to here */
};

/* ---- text ---- */

static const char *safe(const char *s, char *buf, size_t size)
{
	return escape_text(buf, size, s ? s : "", s ? strlen(s) : 0);
}

static const char *colour_of(const struct out *o, const struct difference *d)
{
	if (!o->colour)
		return "";
	if (d->who == WHO_CONFLICT)
		return "\033[1;35m";
	return d->kind == DIFFERENCE_ADDED ? "\033[32m" :
		d->kind == DIFFERENCE_REMOVED ? "\033[31m" : "\033[33m";
}

static const char *plain(const struct out *o)
{
	return o->colour ? "\033[0m" : "";
}

static char mark_of(enum difference_kind kind)
{
	return kind == DIFFERENCE_ADDED ? '+' :
		kind == DIFFERENCE_REMOVED ? '-' : '~';
}

static const char *who_mark(enum difference_who who)
{
	static const char *const marks[] = { "", "A ", "B ", "= ", "! " };

	return marks[who];
}

/* The location without the section's part, which stands in the heading. */
static const char *short_path(const struct difference *d)
{
	size_t n = strlen(d->section);
	const char *p = d->path;

	if (strncmp(p, d->section, n))
		return p;
	p += n;
	if (*p == '#')
		p += strcspn(p, "/[{");
	return *p == '/' ? p + 1 : p;
}

static const char *side_text(const struct difference_side *s)
{
	return s->there ? s->value && *s->value ? s->value : "?" : "absent";
}

static bool is_leaf(const struct timeline *t, uint32_t i)
{
	const struct event *e = &t->events[i];

	return (e->kind == EV_FIELD || e->kind == EV_ITEM) && e->len &&
		e->end == i + 1;
}

static void print_context_leaf(struct out *o, uint32_t i)
{
	const struct timeline *t = o->c->t[SIDE_A];
	const struct event *e = &t->events[i];
	char path[2048], value[1024], a[4096], b[2048], *sep;

	if (o->differs[i / 8] >> (i % 8) & 1)
		return;		/* has its own line */
	timeline_field_path(t, i, path, sizeof(path));
	while ((sep = strstr(path, " › "))) {
		*sep = '.';
		memmove(sep + 1, sep + strlen(" › "),
			strlen(sep + strlen(" › ")) + 1);
	}
	value_format(e->type, t->src->data + e->off, e->len, e->n, value,
		     sizeof(value));
	printf("      %s = %s\n", safe(path, a, sizeof(a)),
	       safe(value, b, sizeof(b)));
}

static void print_before(struct out *o, uint32_t event)
{
	const struct timeline *t = o->c->t[SIDE_A];
	uint32_t from = event, section = t->events[event].section;
	unsigned long n = 0;

	while (from > o->printed && n < o->a->context) {
		from--;
		if (t->events[from].section != section)
			break;
		n += is_leaf(t, from);
	}
	for (; from < event; from++) {
		if (t->events[from].section == section && is_leaf(t, from))
			print_context_leaf(o, from);
	}
	if (event > o->printed)
		o->printed = event;
}

/* Context goes as far as the next row of the same section, at most. */
static void print_after(struct out *o, uint32_t event, uint32_t next)
{
	const struct timeline *t = o->c->t[SIDE_A];
	uint32_t i = t->events[event].end, section = t->events[event].section;
	unsigned long n = 0;

	for (; i < t->n && i < next && n < o->a->context; i++) {
		if (t->events[i].section != section)
			break;
		if (!is_leaf(t, i))
			continue;
		print_context_leaf(o, i);
		n++;
	}
	if (i > o->printed)
		o->printed = i;
}

/* The path takes what it needs, at most half; the sides share the rest. */
static void print_columns(struct out *o, const struct difference *d)
{
	int n = o->c->t[SIDE_BASE] ? 3 : 2;
	int left = o->path_width < o->width / 2 ? (int)o->path_width :
		(int)o->width / 2;
	int w = ((int)o->width - 6 - left) / n - 3;
	char path[4096];

	w = w < 6 ? 6 : w;
	printf("  %s%c %s%-*s", colour_of(o, d), mark_of(d->kind),
	       who_mark(d->who), left, safe(short_path(d), path, sizeof(path)));
	if (n == 3)
		printf(" | %-*.*s", w, w, side_text(&d->side[SIDE_BASE]));
	printf(" | %-*.*s | %.*s%s\n", w, w, side_text(&d->side[SIDE_A]), w,
	       side_text(&d->side[SIDE_B]), plain(o));
}

static void print_values(struct out *o, const struct difference *d)
{
	const struct difference_side *a = &d->side[SIDE_A];
	const struct difference_side *b = &d->side[SIDE_B];

	if (o->c->t[SIDE_BASE]) {
		if (d->who != WHO_B)
			printf("  %s -> A: %s", side_text(&d->side[SIDE_BASE]),
			       side_text(a));
		if (d->who == WHO_CONFLICT)
			printf(", B: %s", side_text(b));
		else if (d->who == WHO_BOTH)
			printf(", B: the same");
		else if (d->who == WHO_B)
			printf("  %s -> B: %s", side_text(&d->side[SIDE_BASE]),
			       side_text(b));
		return;
	}
	if (d->kind == DIFFERENCE_CHANGED)
		printf("  %s -> %s", side_text(a), side_text(b));
	else
		printf("  %s", side_text(a->there ? a : b));
	if (a->there && b->there && a->type && b->type &&
	    strcmp(a->type, b->type)) {
		char x[256], y[256];

		printf("  (%s -> %s)", safe(a->type, x, sizeof(x)),
		       safe(b->type, y, sizeof(y)));
	}
}

static void print_row(struct out *o, const struct difference *d)
{
	char path[4096];
	const char *p = safe(short_path(d), path, sizeof(path));

	if (o->a->side_by_side) {
		print_columns(o, d);
		return;
	}
	printf("  %s%c %s", colour_of(o, d), mark_of(d->kind),
	       who_mark(d->who));
	if (d->what != DIFFERENCE_FIELD && d->what != DIFFERENCE_ELEMENT)
		printf("%s%s", difference_what_name(d->what), *p ? " " : "");
	printf("%s", p);
	print_values(o, d);
	printf("%s\n", plain(o));
}

static void print_heading(struct out *o, const struct difference *d)
{
	char name[1100];

	printf("\n%s%s", o->colour ? "\033[1m" : "",
	       safe(d->section, name, sizeof(name)));
	if (d->instance)
		printf(" #%" PRIu32, d->instance);
	printf("%s\n", plain(o));
}

static void print_differences(struct out *o)
{
	const struct comparison *c = o->c;
	const struct difference *last = NULL;

	for (size_t i = comparison_next(c, 0, 1); i != SIZE_MAX; ) {
		const struct difference *d = &c->v[i];
		size_t k = comparison_next(c, i + 1, 1);
		uint32_t e = d->side[SIDE_A].event, next = UINT32_MAX;

		if (!last || strcmp(last->section, d->section) ||
		    last->instance != d->instance)
			print_heading(o, d);
		if (k != SIZE_MAX && c->v[k].side[SIDE_A].event != EVENT_NONE &&
		    c->v[k].side[SIDE_A].event >= o->printed)
			next = c->v[k].side[SIDE_A].event;
		if (o->a->context && e != EVENT_NONE)
			print_before(o, e);
		print_row(o, d);
		/* several rows of one field have one context */
		if (o->a->context && e != EVENT_NONE && next != e)
			print_after(o, e, next);
		last = d;
		i = k;
	}
}

static void print_ranges(const struct out *o,
			 const struct ram_block_difference *b)
{
	size_t n = o->a->common.ram || b->n <= SHOWN_RANGES ? b->n :
		SHOWN_RANGES;

	for (size_t i = b->first; i < b->first + n; i++) {
		const struct ram_difference *r = &o->c->ram[i];

		printf("      %s0x%" PRIx64 "..0x%" PRIx64 "  %" PRIu64
		       " page%s\n", who_mark(r->who), r->addr,
		       r->addr + r->len, r->len / o->c->page_size,
		       r->len == o->c->page_size ? "" : "s");
	}
	if (n < b->n)
		printf("      ... %zu more; --ram lists them\n", b->n - n);
}

static void print_ram(const struct out *o)
{
	const struct comparison *c = o->c;
	char name[1100];

	if (!c->ram_changed)
		return;
	printf("\n%sram%s\n", o->colour ? "\033[1m" : "", plain(o));
	for (size_t i = 0; i < c->nblocks; i++) {
		const struct ram_block_difference *b = &c->blocks[i];

		if (!b->changed)
			continue;
		printf("  %s~ %s  %" PRIu64 " of %" PRIu64 " pages%s\n",
		       o->colour ? "\033[33m" : "",
		       safe(b->block, name, sizeof(name)), b->changed,
		       b->compared, plain(o));
		print_ranges(o, b);
	}
}

static void print_summary(const struct out *o)
{
	const struct comparison *c = o->c;
	char note[1100];

	if (comparison_differs(c))
		printf("\n%zu difference%s", c->shown, c->shown == 1 ? "" : "s");
	else if (c->ignored)
		printf("No difference that counts");
	else
		return;
	if (c->ram_changed)
		printf(", %zu page%s of RAM", c->ram_changed,
		       c->ram_changed == 1 ? "" : "s");
	if (c->conflicts)
		printf(", %zu in conflict", c->conflicts);
	if (c->ignored)
		printf("; %zu ignored%s", c->ignored, o->a->no_stock ? "" :
		       " (--no-stock shows what always differs)");
	printf(".\n");
	if (c->truncated)
		printf("There are more: not all are kept.\n");
	if (c->note)
		printf("Note: %s.\n", safe(c->note, note, sizeof(note)));
}

static void mark_differing(struct out *o)
{
	const struct timeline *t = o->c->t[SIDE_A];

	o->differs = calloc(t->n / 8 + 1, 1);
	if (!o->differs)
		abort();
	for (size_t i = 0; i < o->c->n; i++) {
		const struct difference *d = &o->c->v[i];
		uint32_t e = d->side[SIDE_A].event;
		char path[4096];
		size_t n = strlen(safe(short_path(d), path, sizeof(path)));

		if (!d->ignored && n > o->path_width)
			o->path_width = (unsigned)n;
		if (e != EVENT_NONE)
			o->differs[e / 8] |= (uint8_t)(1u << (e % 8));
	}
}

static unsigned terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize w;

	if (columns && atoi(columns) > 0)
		return (unsigned)atoi(columns);
	if (!ioctl(1, TIOCGWINSZ, &w) && w.ws_col)
		return w.ws_col;
	return 100;
}

static void print_text(struct out *o)
{
	static const char *const marks[] = { "--- A   ", "+++ B   ", "    base " };
	char name[4200];

	o->colour = want_colour();
	o->width = terminal_width();
	mark_differing(o);
	for (int k = 0; k < 3 && comparison_differs(o->c); k++) {
		if (o->names[k])
			printf("%s%s\n", marks[k],
			       safe(o->names[k], name, sizeof(name)));
	}
	print_differences(o);
	print_ram(o);
	print_summary(o);
	free(o->differs);
}

/* ---- JSON ---- */

static void set(json_t *o, const char *key, json_t *v)
{
	json_object_set_new(o, key, v);
}

static void set_number(json_t *o, const char *key, uint64_t v)
{
	set(o, key, json_integer((json_int_t)v));
}

static json_t *json_side(const struct difference_side *s)
{
	json_t *o;

	if (!s->there)
		return json_null();
	o = json_object();
	set_number(o, "offset", s->off);
	set_number(o, "size", s->len);
	set(o, "type", json_str(s->type));
	set(o, "value", json_str(s->value));
	return o;
}

static json_t *json_difference(const struct comparison *c,
			       const struct difference *d)
{
	json_t *o = json_object();

	set(o, "kind", json_str(difference_kind_name(d->kind)));
	set(o, "what", json_str(difference_what_name(d->what)));
	if (c->t[SIDE_BASE])
		set(o, "who", json_str(difference_who_name(d->who)));
	set(o, "section", json_str(d->section));
	set_number(o, "instance_id", d->instance);
	set(o, "path", json_str(d->path));
	set(o, "a", json_side(&d->side[SIDE_A]));
	set(o, "b", json_side(&d->side[SIDE_B]));
	if (c->t[SIDE_BASE])
		set(o, "base", json_side(&d->side[SIDE_BASE]));
	set(o, "ignored", json_str(d->ignored));
	return o;
}

static json_t *json_block(const struct comparison *c,
			  const struct ram_block_difference *b)
{
	json_t *o = json_object(), *list = json_array();

	set(o, "block", json_str(b->block));
	set(o, "a_size", b->a_len ? json_integer((json_int_t)b->a_len) :
	    json_null());
	set(o, "b_size", b->b_len ? json_integer((json_int_t)b->b_len) :
	    json_null());
	set_number(o, "compared_pages", b->compared);
	set_number(o, "changed_pages", b->changed);
	for (size_t i = b->first; i < b->first + b->n; i++) {
		json_t *r = json_object();

		set_number(r, "address", c->ram[i].addr);
		set_number(r, "size", c->ram[i].len);
		if (c->t[SIDE_BASE])
			set(r, "who",
			    json_str(difference_who_name(c->ram[i].who)));
		json_array_append_new(list, r);
	}
	set(o, "ranges", list);
	set(o, "ignored", json_str(b->ignored));
	return o;
}

static void print_json(const struct out *o)
{
	const struct comparison *c = o->c;
	json_t *top = json_object(), *list = json_array();
	json_t *blocks = json_array();

	set(top, "a", json_str(o->names[SIDE_A]));
	set(top, "b", json_str(o->names[SIDE_B]));
	set(top, "base", json_str(o->names[SIDE_BASE]));
	set(top, "same", json_boolean(!comparison_differs(c)));
	set_number(top, "shown", c->shown);
	set_number(top, "ignored", c->ignored);
	set_number(top, "conflicts", c->conflicts);
	set_number(top, "ram_pages", c->ram_changed);
	set_number(top, "page_size", c->page_size);
	set(top, "truncated", json_boolean(c->truncated));
	set(top, "note", json_str(c->note));
	for (size_t i = 0; i < c->n; i++)
		json_array_append_new(list, json_difference(c, &c->v[i]));
	for (size_t i = 0; i < c->nblocks; i++)
		json_array_append_new(blocks, json_block(c, &c->blocks[i]));
	set(top, "differences", list);
	set(top, "ram", blocks);
	json_dumpf(top, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	fputc('\n', stdout);
	json_decref(top);
}

/* ---- the command ---- */

static int run_diff(const struct diff_args *a)
{
	const char *paths[3] = { a->common.operands[0], a->common.operands[1],
				 a->base };
	struct account *acc[3] = { 0 };
	struct compare_opts opts = {
		.ignore = a->ignore, .nignore = a->nignore,
		.only = a->only, .nonly = a->nonly, .no_stock = a->no_stock,
		.no_ram = a->no_ram, .progress = &a->common.source,
	};
	struct comparison *c;
	struct out o = { .a = a };
	struct err err;
	int status;

	if (compare_open(acc, paths, a->base ? 3 : 2, &a->common.source,
			 &err) < 0) {
		complain("%s", err.msg);
		return STATUS_TROUBLE;
	}
	c = compare(acc[0], acc[1], acc[2], &opts);
	o.c = c;
	memcpy(o.names, paths, sizeof(paths));
	if (a->common.json)
		print_json(&o);
	else
		print_text(&o);
	status = comparison_differs(c) ? STATUS_DIFFERENT : STATUS_SAME;
	if (fflush(stdout) || ferror(stdout)) {
		complain("cannot write: %m");
		status = STATUS_TROUBLE;
	}
	comparison_close(c);
	for (int k = 0; k < 3; k++)
		account_close(acc[k]);
	return status;
}

/* The first snapshot in the debugger, with what differs from the second. */
static int run_screen(const struct diff_args *a)
{
	const char *const *paths = a->common.operands;
	const struct compare_opts opts = {
		.ignore = a->ignore, .nignore = a->nignore,
		.only = a->only, .nonly = a->nonly, .no_stock = a->no_stock,
		.no_ram = a->no_ram, .progress = &a->common.source,
	};
	struct session *s;
	struct err err;
	int status = STATUS_TROUBLE;

	if (a->base || a->common.json || !isatty(0) || !isatty(1)) {
		complain("diff: --screen needs a terminal, and goes with "
			 "neither --base nor --json");
		return STATUS_TROUBLE;
	}
	if (session_open(&s, paths[0], NULL, 0, RULES_CURRENT,
			 &a->common.source, &err) < 0) {
		complain("%s", err.msg);
		return STATUS_TROUBLE;
	}
	if (session_compare(s, paths[1], &opts, &err) < 0) {
		complain("%s", err.msg);
	} else {
		status = session_nchanges(s) || session_nchanged_pages(s) ?
			STATUS_DIFFERENT : STATUS_SAME;
		for (size_t i = 0; i < session_nchanges(s); i++) {
			uint32_t e = session_change_event(s, i);

			if (e == EVENT_NONE)
				continue;
			session_goto(s, e, false);
			break;
		}
		tui_run(s);
	}
	session_close(s);
	return status;
}

static int add_pattern(const char **v, size_t *n, const char *s)
{
	if (*n >= MAX_PATTERNS) {
		complain("diff: more than %d patterns", MAX_PATTERNS);
		return -1;
	}
	v[(*n)++] = s;
	return 0;
}

/* An option of ours with a value: 1 taken, 0 not ours, -1 wrong. */
static int take(struct diff_args *a, int argc, char **argv, int *i)
{
	static const char *const names[] = {
		"--base", "--ignore", "--only", "--context",
	};
	const char *v;
	char *end;

	for (size_t k = 0; k < 4; k++) {
		size_t n = strlen(names[k]);

		if (strncmp(argv[*i], names[k], n) ||
		    (argv[*i][n] && argv[*i][n] != '='))
			continue;
		v = argv[*i][n] ? argv[*i] + n + 1 :
			*i + 1 < argc ? argv[++*i] : NULL;
		if (!v) {
			complain("diff: %s needs a value", names[k]);
			return -1;
		}
		switch (k) {
		case 0:
			a->base = v;
			return 1;
		case 1:
			return add_pattern(a->ignore, &a->nignore, v) ? -1 : 1;
		case 2:
			return add_pattern(a->only, &a->nonly, v) ? -1 : 1;
		}
		a->context = strtoul(v, &end, 10);
		if (*v && !*end && a->context <= 1000000)
			return 1;
		complain("diff: --context %s is no number", v);
		return -1;
	}
	return 0;
}

static int parse(const struct subcommand *self, int argc, char **argv,
		 struct diff_args *a)
{
	char **rest = calloc((size_t)argc + 1, sizeof(*rest));
	int n = 0, r = 0;
	bool operands = false;

	if (!rest)
		abort();
	for (int i = 0; i < argc && r >= 0; i++) {
		if (!strcmp(argv[i], "--"))
			operands = true;
		r = operands ? 0 : take(a, argc, argv, &i);
		if (r)
			continue;
		if (!operands && !strcmp(argv[i], "--no-stock"))
			a->no_stock = true;
		else if (!operands && !strcmp(argv[i], "--no-ram"))
			a->no_ram = true;
		else if (!operands && !strcmp(argv[i], "--screen"))
			a->screen = true;
		else if (!operands && (!strcmp(argv[i], "--side-by-side") ||
				       !strcmp(argv[i], "-y")))
			a->side_by_side = true;
		else
			rest[n++] = argv[i];
	}
	if (r >= 0)
		r = args_parse(self, n, rest, &a->common);
	free(rest);
	return r;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	struct diff_args a = { 0 };

	if (parse(self, argc, argv, &a) < 0)
		return STATUS_TROUBLE;
	if (a.common.help) {
		usage_of(self, stdout);
		return STATUS_SAME;
	}
	if (a.common.noperands != 2) {
		usage_of(self, stderr);
		return STATUS_TROUBLE;
	}
	return a.screen ? run_screen(&a) : run_diff(&a);
}

static const struct option_help options[] = {
	{ "--base", "FILE", "three ways: who changed what since FILE" },
	{ "--ignore", "GLOB", "do not count what matches: IDSTR, IDSTR/FIELD, "
	  "a component's name, type:NAME (again for more)" },
	{ "--only", "GLOB", "count nothing else (again for more)" },
	{ "--no-stock", NULL, "also what always differs: timers, clocks, ring "
	  "indices" },
	{ "--context", "N", "N fields around each difference" },
	{ "--side-by-side", NULL, "columns" },
	{ "--screen", NULL, "in the debugger: the changes as a list, the bytes of A with "
	  "the changed ones marked" },
	{ "--ram", NULL, "every range of RAM that differs" },
	{ "--no-ram", NULL, "leave RAM alone" },
	{ "--json", NULL, "one JSON object" },
	{ "--snapshot", "NAME", "of a qcow2 image" },
	{ "--offset", "N", "where the streams start in the files" },
	{ "--color", "WHEN", "auto, always or never" },
	{ 0 },
};

const struct subcommand cmd_diff = {
	.name = "diff",
	.args = "A B [--base FILE] [OPTION]...",
	.help = "Compare two snapshots, entry by entry and field by field.",
	.options = options,
	.run = run,
};
