/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * info: what is known.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-impl.h"

/* Lists may be narrowed by a glob or a part of a name. */
static bool is_wanted(const char *name, const char *pattern)
{
	if (!*pattern)
		return true;
	return name && (location_glob(pattern, name) ||
			strcasestr(name, pattern));
}

static int run_info(struct session *s, const struct command *self,
		    const char *args, struct out *out, struct err *err)
{
	(void)s;
	if (*args)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "no 'info %s' ('info' lists them)", args);
	for (size_t i = 0; commands[i]; i++) {
		if (strncmp(commands[i]->name, "info ", 5))
			continue;
		out_begin(out, "command");
		out_string(out, "name", commands[i]->name);
		out_string(out, "help", commands[i]->help);
		out_cell(out, STYLE_KEY, 18, "%s", commands[i]->name);
		out_text(out, STYLE_PLAIN, "%s", commands[i]->help);
		out_newline(out);
		out_end(out);
	}
	(void)self;
	return 0;
}

const struct command command_info = {
	.name = "info", .alias = "i", .args = "WHAT",
	.help = "Show what is known; alone, the list of things.",
	.example = "", .group = GROUP_INFO, .flags = CMD_PREFIX,
	.run = run_info,
};

#define INFO(id, name_, alias_, args_, help_)				\
	const struct command command_info_##id = {			\
		.name = "info " name_, .alias = alias_, .args = args_,	\
		.help = help_, .example = "", .group = GROUP_INFO,	\
		.complete = args_ ? complete_location : NULL,		\
		.run = run_info_##id,					\
	}

/* ---- breakpoints ---- */

static void show_breakpoint(const struct breakpoint *b, struct out *o)
{
	const char *kind = b->watch ? "watch" : b->temporary ? "tbreak" :
		"break";

	out_begin(o, "breakpoint");
	out_number(o, "number", b->number);
	out_string(o, "kind", kind);
	out_boolean(o, "enabled", b->enabled);
	out_string(o, "location", b->location);
	out_string(o, "condition", b->condition);
	out_number(o, "places", (int64_t)b->where.n);
	out_number(o, "hits", (int64_t)b->hits);
	out_number(o, "ignore", (int64_t)b->ignore);
	out_cell(o, STYLE_NUMBER, 4, "%u", b->number);
	out_cell(o, STYLE_PLAIN, 7, "%s", kind);
	out_cell(o, b->enabled ? STYLE_GOOD : STYLE_DIM, 4, "%s",
		 b->enabled ? "on" : "off");
	out_cell(o, STYLE_DIM, -7, "%zu", b->where.n);
	out_cell(o, STYLE_DIM, -6, "%" PRIu64, b->hits);
	out_text(o, STYLE_PATH, " %s", b->location);
	if (b->has_value)
		out_text(o, STYLE_PLAIN, " != %" PRId64, b->value);
	if (b->condition)
		out_text(o, STYLE_PLAIN, " if %s", b->condition);
	if (b->ignore)
		out_text(o, STYLE_DIM, " (ignored %" PRIu64 " more times)",
			 b->ignore);
	out_newline(o);
	out_end(o);
}

static int run_info_breakpoints(struct session *s, const struct command *self,
				const char *args, struct out *out,
				struct err *err)
{
	if (no_args(self, args, err) < 0)
		return -1;
	if (!s->breakpoints.n) {
		out_line(out, "No breakpoints.");
		return 0;
	}
	out_text(out, STYLE_HEAD, "Num  Kind    Stop  Places   Hits  Where");
	out_newline(out);
	for (size_t i = 0; i < s->breakpoints.n; i++)
		show_breakpoint(s->breakpoints.list[i], out);
	return 0;
}

INFO(breakpoints, "breakpoints", "b watchpoints", NULL,
     "Breakpoints and watchpoints, with what they have met.");

/* ---- sections ---- */

/* How the section ends up: failed, divergent, fine. */
static const char *mark_of(const struct session *s, uint32_t i,
			   enum style *style)
{
	const struct event *e = &s->t->events[i];
	bool notes = false;

	for (size_t k = 0; k < s->t->nfailures; k++) {
		uint32_t f = session_failure_event(s, k);

		*style = STYLE_BAD;
		if (f >= i && f < e->end)
			return "fails";
	}
	for (size_t k = 0; k < s->a->ndivergences; k++) {
		uint32_t d = session_divergence_event(s, k);

		if (d < i || d >= e->end)
			continue;
		*style = STYLE_BAD;
		if (!s->a->divergences[k].note)
			return "diverges";
		notes = true;
	}
	*style = notes ? STYLE_WARN : STYLE_GOOD;
	return notes ? "notes" : "ok";
}

static void show_section(struct session *s, uint32_t i, struct out *o)
{
	static const char *const kinds[] = { "", "start", "part", "end", "full" };
	const struct event *e = &s->t->events[i];
	bool here = s->at >= i && s->at < e->end;
	enum style style;
	const char *mark = mark_of(s, i, &style);

	out_begin(o, "section");
	put_event(s, i, o);
	out_number(o, "section_id", e->n);
	out_number(o, "instance", e->instance);
	out_number(o, "version", e->version);
	out_string(o, "section_kind", e->section_kind < 5 ?
		   kinds[e->section_kind] : "");
	out_string(o, "mark", mark);
	out_boolean(o, "current", here);
	out_text(o, STYLE_HERE, here ? "=>" : "  ");
	out_cell(o, STYLE_NUMBER, -6, "%" PRIu32, i);
	out_cell(o, STYLE_NUMBER, 0, "0x%06" PRIx64, e->off);
	out_cell(o, STYLE_DIM, -9, "%" PRIu64, e->len);
	out_cell(o, STYLE_DIM, -3, "%" PRIu32, e->n);
	out_cell(o, STYLE_DIM, 5, "%s", e->section_kind < 5 ?
		 kinds[e->section_kind] : "?");
	out_cell(o, style, 8, "%s", mark);
	out_text(o, STYLE_PATH, "%s", e->name ? e->name : "");
	out_text(o, STYLE_DIM, " %" PRIu32 " version %" PRId32, e->instance,
		 e->version);
	out_newline(o);
	out_end(o);
}

static int run_info_sections(struct session *s, const struct command *self,
			     const char *args, struct out *out,
			     struct err *err)
{
	(void)self;
	(void)err;
	out_text(out, STYLE_HEAD,
		 "   Event Offset        Size  Id Kind  Load     Section");
	out_newline(out);
	for (uint32_t i = 0; i < s->t->n && !out->stopped; i++) {
		const struct event *e = &s->t->events[i];

		if (e->kind == EV_SECTION && is_wanted(e->name, args))
			show_section(s, i, out);
	}
	return 0;
}

INFO(sections, "sections", "section", "[NAME]",
     "The sections of the stream and what becomes of them.");

/* ---- the destination's entries ---- */

static bool is_in_stream(const struct session *s, const struct entry *en)
{
	for (uint32_t i = 0; i < s->t->n; i++) {
		const struct event *e = &s->t->events[i];
		enum match how;

		if (e->kind == EV_SECTION && e->name &&
		    registry_find(&s->dest->registry, e->name, e->instance,
				  &how) == en)
			return true;
		if (e->kind == EV_SECTION)
			i = e->end - 1;
	}
	return false;
}

static int run_info_registry(struct session *s, const struct command *self,
			     const char *args, struct out *out,
			     struct err *err)
{
	const struct registry *reg = &s->dest->registry;

	(void)self;
	(void)err;
	for (size_t i = 0; i < reg->nentries && !out->stopped; i++) {
		const struct entry *en = &reg->entries[i];
		bool there = is_in_stream(s, en);

		if (!is_wanted(en->idstr, args))
			continue;
		out_begin(out, "entry");
		out_string(out, "idstr", en->idstr);
		out_number(out, "instance", en->instance);
		if (en->alias != ALIAS_NONE)
			out_number(out, "alias", en->alias);
		out_number(out, "version", en->version);
		out_string(out, "descriptor", en->desc ? en->desc->name : NULL);
		out_string(out, "from", desc_from_name((enum desc_from)en->from));
		out_boolean(out, "in_stream", there);
		out_cell(out, there ? STYLE_PLAIN : STYLE_WARN, 12, "%s",
			 there ? "in stream" : "not there");
		out_text(out, STYLE_PATH, "%s", en->idstr);
		out_text(out, STYLE_PLAIN, " %" PRIu32 " version %" PRId32,
			 en->instance, en->version);
		if (en->alias != ALIAS_NONE)
			out_text(out, STYLE_DIM, " alias %" PRIu32, en->alias);
		out_text(out, STYLE_DIM, "  %s, told by %s", en->desc ?
			 en->desc->name : en->old_style ? "(code)" : "(unknown)",
			 teller(en->from));
		out_newline(out);
		out_end(out);
	}
	if (!reg->nentries)
		out_line(out, "Nothing tells the destination's entries; a "
			 "reference stream of it would.");
	return 0;
}

INFO(registry, "registry", NULL, "[NAME]",
     "The entries that the destination has registered.");

/* ---- divergences, failures, verdict ---- */

static void show_structs(const struct side *v, const char *key, struct out *o)
{
	out_list(o, "structures");
	for (unsigned i = 0; i < v->nstructs; i++) {
		const struct side_struct *x = &v->structs[i];

		out_object(o, NULL);
		out_string(o, "structure", x->structure);
		out_string(o, "descriptor", x->desc);
		out_string(o, "described", x->described);
		out_close(o);
	}
	out_close(o);
	for (unsigned i = 0; i < v->nstructs; i++) {
		const struct side_struct *x = &v->structs[i];

		out_line(o, "      %s: %s%s, described by '%s'%s%s", key,
			 x->structure ? x->structure : "a structure that "
			 "cannot be told", v->ends ? ": no further member" : "",
			 x->desc, x->described ? " at " : "",
			 x->described ? x->described : "");
	}
}

static void show_in_c(const struct side *v, const char *key, struct out *o)
{
	if (!v->member && !v->nstructs)
		return;
	out_object(o, key);
	if (v->member) {
		out_string(o, "member", v->member);
		out_string(o, "declared", v->declared);
		out_line(o, "      %s: %s%s%s", key, v->member,
			 v->declared ? ", " : "",
			 v->declared ? v->declared : "");
	}
	if (v->nstructs) {
		out_boolean(o, "ends", v->ends);
		show_structs(v, key, o);
	}
	out_close(o);
}

static void show_divergence(struct session *s, size_t i, struct out *o)
{
	const struct divergence *d = &s->a->divergences[i];
	uint32_t e = session_divergence_event(s, i);
	char path[2048];

	session_path(s->t, e, path, sizeof(path));
	out_begin(o, "divergence");
	out_number(o, "number", (int64_t)i + 1);
	out_string(o, "kind", divergence_name(d->kind));
	out_boolean(o, "note", d->note);
	out_boolean(o, "first", i == s->a->first);
	out_number(o, "event", e);
	out_number(o, "offset", (int64_t)d->place.offset);
	out_string(o, "path", path);
	out_string(o, "text", d->text);
	out_cell(o, STYLE_NUMBER, -3, "%zu", i + 1);
	out_cell(o, STYLE_NUMBER, -6, "%" PRIu32, e);
	out_cell(o, STYLE_NUMBER, 0, "0x%06" PRIx64, d->place.offset);
	out_text(o, d->note ? STYLE_DIM : STYLE_BAD, "%s%s",
		 d->note ? "note, " : i == s->a->first ? "first, " : "",
		 divergence_name(d->kind));
	out_text(o, STYLE_PATH, "  %s", path);
	out_newline(o);
	if (d->text)
		out_line(o, "      %s", d->text);
	show_in_c(&d->source, "source", o);
	show_in_c(&d->destination, "destination", o);
	out_end(o);
}

static int run_info_divergences(struct session *s, const struct command *self,
				const char *args, struct out *out,
				struct err *err)
{
	bool all = !strcmp(args, "all");
	size_t shown = 0, notes = 0;

	if (*args && !all)
		return usage(self, err);
	session_fill_members(s);
	for (size_t i = 0; i < s->a->ndivergences && !out->stopped; i++) {
		if (s->a->divergences[i].note && !all) {
			notes++;
			continue;
		}
		show_divergence(s, i, out);
		shown++;
	}
	if (!shown)
		out_line(out, "The two sides part nowhere.");
	if (notes)
		out_line(out, "%zu difference%s without consequence: 'info "
			 "divergences all'.", notes, notes == 1 ? "" : "s");
	return 0;
}

INFO(divergences, "divergences", "diverge", "[all]",
     "Where source and destination part; with 'all', harmless ones too.");

static int run_info_failures(struct session *s, const struct command *self,
			     const char *args, struct out *out, struct err *err)
{
	if (no_args(self, args, err) < 0)
		return -1;
	for (size_t i = 0; i < s->t->nfailures; i++) {
		const struct failure *f = &s->t->failures[i];

		out_begin(out, "failure");
		out_number(out, "number", (int64_t)i + 1);
		out_number(out, "event", session_failure_event(s, i));
		out_number(out, "offset", (int64_t)f->offset);
		out_list(out, "messages");
		for (unsigned k = 0; k < f->nlines; k++)
			out_string(out, NULL, f->lines[k]);
		out_close(out);
		out_list(out, "messages_10_2");
		for (unsigned k = 0; k < f->nlines_10_2; k++)
			out_string(out, NULL, f->lines_10_2[k]);
		out_close(out);
		out_text(out, STYLE_BAD, "%zu: at event %" PRIu32 ", 0x%06"
			 PRIx64 "%s", i + 1, session_failure_event(s, i),
			 f->offset, i ? " (if the load went on)" : "");
		out_newline(out);
		for (unsigned k = 0; k < f->nlines; k++)
			out_line(out, "     %s", f->lines[k]);
		out_end(out);
	}
	if (!s->t->nfailures)
		out_line(out, "The destination refuses nothing.");
	return 0;
}

INFO(failures, "failures", NULL, NULL,
     "Where the destination refuses the stream, and what it prints.");

static enum style verdict_style(enum verdict v)
{
	return v == VERDICT_LOADS ? STYLE_GOOD : v == VERDICT_FAILS ?
		STYLE_BAD : STYLE_WARN;
}

static int run_info_verdict(struct session *s, const struct command *self,
			    const char *args, struct out *out, struct err *err)
{
	const struct analysis *a = s->a;

	if (no_args(self, args, err) < 0)
		return -1;
	out_begin(out, "verdict");
	out_string(out, "verdict", verdict_name(a->verdict));
	out_number(out, "status", verdict_status(a->verdict));
	out_string(out, "cause", a->cause);
	out_string(out, "remedy", a->remedy);
	out_number(out, "unknowns", (int64_t)s->t->nunknowns);
	out_number(out, "unjudged", (int64_t)s->t->nunjudged);
	out_text(out, verdict_style(a->verdict), "%s", verdict_name(a->verdict));
	if (a->failure && a->failure->nlines)
		out_text(out, STYLE_PLAIN, ": %s", a->failure->lines[0]);
	out_newline(out);
	if (a->cause)
		out_line(out, "cause: %s", a->cause);
	for (size_t i = 0; i < a->nevidence; i++)
		out_line(out, "  - %s", a->evidence[i]);
	if (a->remedy)
		out_line(out, "remedy: %s", a->remedy);
	for (size_t i = 0; i < s->t->nunknowns && i < 10; i++)
		out_line(out, "not known: %s", s->t->unknowns[i].text);
	if (s->t->nunjudged)
		out_line(out, "%zu check%s in the emulator's code cannot be "
			 "judged from outside", s->t->nunjudged,
			 s->t->nunjudged == 1 ? "" : "s");
	out_end(out);
	return 0;
}

INFO(verdict, "verdict", NULL, NULL,
     "Does it load? If not: what, why, and what people do about it.");

/* ---- types ---- */

struct type_count {
	const char *type;
	uint64_t n, bytes;
};

static int by_bytes(const void *a, const void *b)
{
	const struct type_count *x = a, *y = b;

	return x->bytes > y->bytes ? -1 : x->bytes < y->bytes;
}

static int run_info_types(struct session *s, const struct command *self,
			  const char *args, struct out *out, struct err *err)
{
	struct type_count *v = NULL;
	size_t n = 0, cap = 0, k;

	(void)self;
	(void)err;
	for (uint32_t i = 0; i < s->t->n; i++) {
		const struct event *e = &s->t->events[i];

		if (!e->type || (e->kind != EV_FIELD && e->kind != EV_ITEM) ||
		    !is_wanted(e->type, args) || e->end != i + 1)
			continue;
		for (k = 0; k < n && strcmp(v[k].type, e->type); k++)
			;
		v = grow_array(v, &cap, n + 1, sizeof(*v));
		if (k == n)
			v[n++] = (struct type_count){ e->type, 0, 0 };
		v[k].n++;
		v[k].bytes += e->len;
	}
	if (n)
		qsort(v, n, sizeof(*v), by_bytes);
	for (k = 0; k < n && !out->stopped; k++) {
		out_begin(out, "type");
		out_string(out, "type", v[k].type);
		out_number(out, "fields", (int64_t)v[k].n);
		out_number(out, "bytes", (int64_t)v[k].bytes);
		out_cell(out, STYLE_PATH, 22, "%s", v[k].type);
		out_line(out, "%7" PRIu64 " fields %9" PRIu64 " bytes", v[k].n,
			 v[k].bytes);
		out_end(out);
	}
	free(v);
	return 0;
}

INFO(types, "types", NULL, "[TYPE]",
     "The wire types of the load, with how much of each there is.");

/* ---- the two sides ---- */

static void row(struct out *o, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void row(struct out *o, const char *key, const char *fmt, ...)
{
	char buf[2048], name[64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	out_string(o, key, buf);
	snprintf(name, sizeof(name), "%s", key);
	for (char *p = name; *p; p++)
		*p = *p == '_' ? ' ' : *p;
	out_cell(o, STYLE_HEAD, 14, "%s", name);
	out_line(o, "%s", buf);
}

static void show_stream(const struct account *a, const struct timeline *t,
			struct out *o)
{
	const struct source *src = a->src;

	row(o, "file", "%s", src->path);
	row(o, "bytes", "%" PRIu64, src->len);
	if (src->containers && *src->containers)
		row(o, "inside_of", "%s", src->containers);
	if (src->note)
		row(o, "note", "%s", src->note);
	if (a->note)
		row(o, "description", "%s", a->note);
	else
		row(o, "description", a->has_description ?
		    "%zu devices" : "none", a->description.ndevices);
	if (!t)
		return;
	row(o, "machine", "%s", t->machine ? t->machine : "(not told)");
	row(o, "footers", "%s", t->footers ? "yes" : "no");
	row(o, "events", "%" PRIu32, t->n);
	row(o, "ends", t->reached_eof ? "with an end mark at 0x%" PRIx64 :
	    "without an end mark", t->eof_offset);
}

static int run_info_source(struct session *s, const struct command *self,
			   const char *args, struct out *out, struct err *err)
{
	if (no_args(self, args, err) < 0)
		return -1;
	out_begin(out, "source");
	show_stream(s->source, s->source->self ? s->source->self : s->t, out);
	out_end(out);
	return 0;
}

INFO(source, "source", NULL, NULL, "The stream: what it is and what is in it.");

static int run_info_destination(struct session *s, const struct command *self,
				const char *args, struct out *out,
				struct err *err)
{
	const struct registry *reg = &s->dest->registry;

	if (no_args(self, args, err) < 0)
		return -1;
	out_begin(out, "destination");
	if (s->dest->is_source)
		row(out, "accounts", "none: the source is taken for its own "
		    "destination (--to FILE)");
	for (size_t i = 0; i < s->nto; i++) {
		const char *what, *name = destination_shown(s->dest, s->to[i],
								&what);

		row(out, "account", "%s%s", name, what);
	}
	row(out, "machine", "%s", reg->machine ? reg->machine : "(not told)");
	row(out, "entries", "%zu%s", reg->nentries, reg->complete ?
	    ", all of them" : ", there may be others");
	row(out, "descriptors", "in %zu set%s (dumps, binaries)", reg->nsets,
	    reg->nsets == 1 ? "" : "s");
	if (reg->release_min || reg->release_max < 9999)
		row(out, "release", "%d.%d to %d.%d", reg->release_min / 100,
		    reg->release_min % 100, reg->release_max / 100,
		    reg->release_max % 100);
	row(out, "footers", "%s", reg->footers == TRI_YES ? "expected" :
	    reg->footers == TRI_NO ? "not expected" : "not told");
	row(out, "loader_rules", "%s (%s)", rules_name(s->rules),
	    rules_help(s->rules));
	for (size_t i = 0; i < reg->nwarnings; i++)
		out_line(out, "%-14s %s", "warning", reg->warnings[i]);
	out_end(out);
	return 0;
}

INFO(destination, "destination", "dest", NULL,
     "The destination: who told of it and what is known.");

static int run_info_rules(struct session *s, const struct command *self,
			  const char *args, struct out *out, struct err *err)
{
	if (no_args(self, args, err) < 0)
		return -1;
	for (int r = 0; r < RULES_COUNT; r++) {
		bool here = s->rules == (enum rules)r;

		out_begin(out, "rules");
		out_string(out, "name", rules_name((enum rules)r));
		out_string(out, "help", rules_help((enum rules)r));
		out_boolean(out, "current", here);
		out_text(out, STYLE_HERE, here ? "=> " : "   ");
		out_cell(out, STYLE_KEY, 14, "%s", rules_name((enum rules)r));
		out_line(out, "%s", rules_help((enum rules)r));
		out_end(out);
	}
	return 0;
}

INFO(rules, "rules", NULL, NULL,
     "The variants of the load algorithm; 'set rules' chooses one.");

/* ---- what the user told ---- */

static int run_info_assumptions(struct session *s, const struct command *self,
				const char *args, struct out *out,
				struct err *err)
{
	if (no_args(self, args, err) < 0)
		return -1;
	for (size_t i = 0; i < s->nassumptions; i++) {
		const struct assumption *a = &s->assumptions[i];
		char what[48] = "exists";

		if (a->what == ASSUME_ABSENT)
			strcpy(what, "absent");
		else if (a->what == ASSUME_COUNT)
			snprintf(what, sizeof(what), "count %" PRId64, a->count);
		out_begin(out, "assumption");
		out_string(out, "path", a->path);
		out_string(out, "assumed", what);
		out_line(out, "%zu: %s %s", i + 1, a->path, what);
		out_end(out);
	}
	if (!s->nassumptions)
		out_line(out, "No assumptions.");
	return 0;
}

INFO(assumptions, "assumptions", NULL, NULL,
     "What was assumed of fields with 'set assume'.");

static int run_info_display(struct session *s, const struct command *self,
			    const char *args, struct out *out, struct err *err)
{
	if (no_args(self, args, err) < 0)
		return -1;
	for (size_t i = 0; i < s->ndisplays; i++)
		out_line(out, "%u: display%s%s %s", s->displays[i].number,
			 *s->displays[i].format ? " " : "",
			 s->displays[i].format, s->displays[i].path);
	if (!s->ndisplays)
		out_line(out, "No displays.");
	return 0;
}

INFO(display, "display", NULL, NULL, "What is printed at each stop.");

static int run_info_notes(struct session *s, const struct command *self,
			  const char *args, struct out *out, struct err *err)
{
	if (no_args(self, args, err) < 0)
		return -1;
	for (size_t i = 0; i < s->nremarks; i++) {
		const struct remark *r = &s->remarks[i];

		out_begin(out, "note");
		out_number(out, "number", r->number);
		out_number(out, "event", r->event);
		out_number(out, "offset", (int64_t)r->offset);
		out_string(out, "path", r->path);
		out_string(out, "text", r->text);
		out_text(out, STYLE_NUMBER, "%u: event %" PRIu32 ", 0x%06" PRIx64,
			 r->number, r->event, r->offset);
		out_text(out, STYLE_PATH, "  %s", r->path);
		out_line(out, ": %s", r->text);
		out_end(out);
	}
	if (!s->nremarks)
		out_line(out, "No notes.");
	return 0;
}

INFO(notes, "notes", "note", NULL, "What was written down with 'note'.");

static int run_info_event(struct session *s, const struct command *self,
			  const char *args, struct out *out, struct err *err)
{
	uint32_t i = s->at;

	(void)self;
	if (*args)
		i = location_one(s, args, EVENT_NONE, err);
	if (i == EVENT_NONE)
		return -1;
	out_begin(out, "event");
	put_event(s, i, out);
	put_values(s, i, out);
	out_number(out, "total", s->t->n);
	line_event(s, i, out);
	out_text(out, STYLE_DIM, "       event %" PRIu32 " of %" PRIu32
		 ", %s, %s, depth %u", i, s->t->n,
		 event_kind_name((enum event_kind)s->t->events[i].kind),
		 outcome_name((enum outcome)s->t->events[i].outcome),
		 s->t->events[i].depth);
	out_newline(out);
	show_memory(s, i, out);
	out_end(out);
	return 0;
}

INFO(event, "event", NULL, "[LOCATION]", "Everything about one event.");
