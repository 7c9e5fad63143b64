/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vmsdb show`: what a file holds, by its own account.
 */
#include <fnmatch.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "../debugger/account.h"
#include "../debugger/value.h"
#include "out-json.h"
#include "out-text.h"
#include "subcommand.h"

static bool wanted(const struct args *a, const char *idstr)
{
	return !a->section || !fnmatch(a->section, idstr, 0);
}

/* ---- text ---- */

static void show_ram(const struct account *acc)
{
	const struct ram *ram = &acc->ram;
	uint64_t total = 0;

	printf("RAM blocks (%zu), page size %u%s:\n", ram->nblocks,
	       1u << ram->page_bits, ram->page_bits_told ? "" : " (not told)");
	for (size_t i = 0; i < ram->nblocks; i++) {
		printf("  %12" PRIu64 " ", ram->blocks[i].len);
		text_safe(stdout, ram->blocks[i].name);
		putchar('\n');
		total += ram->blocks[i].len;
	}
	printf("  %12" PRIu64 " in all\n", total);
	for (int k = 0; k < 5; k++) {
		if (ram->pages[k])
			printf("%s: %" PRIu64 " pages\n",
			       ram_kind_name((enum ram_kind)k), ram->pages[k]);
	}
	printf("index: %zu runs\n", ram->nruns);
	if (ram->multifd_flushes)
		printf("multifd flushes: %" PRIu64 " (pages of a multifd "
		       "migration are not in the main stream)\n",
		       ram->multifd_flushes);
}

static const char *section_word(int kind)
{
	static const char *const words[] = {
		[1] = "start", [2] = "part", [3] = "end", [4] = "full",
	};

	return kind >= 1 && kind <= 4 ? words[kind] : "?";
}

static void show_sections(const struct timeline *t, const struct args *a)
{
	printf("    offset       size  kind   id  version  section\n");
	for (uint32_t i = 1; i < t->n; i++) {
		const struct event *e = &t->events[i];

		if (e->kind == EV_SECTION && wanted(a, e->name)) {
			printf("%10" PRIu64 " %10" PRIu64 "  %-5s %3" PRIu32
			       "  %7" PRId32 "  ", e->off, e->len,
			       section_word(e->section_kind), e->n, e->version);
			text_safe(stdout, e->name);
			printf(" %" PRIu32 "%s\n", e->instance,
			       e->outcome == OUT_LOADED ? "" : "  !");
		} else if (e->kind == EV_COMMAND || e->kind == EV_GAP ||
			   e->kind == EV_TAIL || e->kind == EV_EOF ||
			   e->kind == EV_DESCRIPTION) {
			if (a->section)
				continue;
			printf("%10" PRIu64 " %10" PRIu64 "  %-5s               ",
			       e->off, e->len,
			       e->kind == EV_COMMAND ? "cmd" : "");
			text_safe(stdout, e->name);
			printf("%s%s\n", e->text ? ": " : "",
			       e->text ? e->text : "");
		}
	}
}

static void show_fields(const struct timeline *t, const struct args *a)
{
	bool on = false;

	for (uint32_t i = 1; i < t->n; i++) {
		const struct event *e = &t->events[i];
		char value[512], path[2048];

		if (e->kind == EV_SECTION) {
			on = wanted(a, e->name);
			if (on) {
				printf("%s", paint(PAINT_BOLD));
				text_safe(stdout, e->name);
				printf("%s %" PRIu32 " v%" PRId32 "\n",
				       paint(PAINT_OFF), e->instance,
				       e->version);
			}
			continue;
		}
		if (e->section == EVENT_NONE || !on || e->end != i + 1 ||
		    !e->len || !e->type || e->kind == EV_PROBE)
			continue;
		value_format(e->type, t->src->data + e->off, e->len, e->n,
			     value, sizeof(value));
		printf("%#10" PRIx64 " %6" PRIu64 "  ", e->off, e->len);
		text_safe(stdout, timeline_field_path(t, i, path, sizeof(path)));
		printf(" (");
		text_safe(stdout, e->type);
		printf(") = ");
		text_safe(stdout, value);
		putchar('\n');
	}
}

static void show_desc(const struct desc *d, int depth)
{
	printf("%*s", depth * 2, "");
	text_safe(stdout, d->name);
	printf(" v%d", d->version);
	if (d->from_min)
		printf(" (minimum %d)", d->min_version);
	putchar('\n');
	for (size_t i = 0; i < d->nfields; i++) {
		const struct desc_field *f = &d->fields[i];

		printf("%*s", depth * 2 + 2, "");
		text_safe(stdout, f->name);
		if (f->num != 1)
			printf("[%" PRId64 "]", f->num);
		printf(" : %s, %" PRIu64 " bytes", f->type ? f->type : "?",
		       f->size);
		if (f->version)
			printf(", since version %d", f->version);
		if (f->exists == EXISTS_PREDICATE)
			printf(", if a condition holds");
		putchar('\n');
		if (f->desc && depth < 32)
			show_desc(f->desc, depth + 2);
	}
	for (size_t i = 0; i < d->nsubs && depth < 32; i++) {
		printf("%*ssubsection ", depth * 2 + 2, "");
		show_desc(d->subs[i], depth + 1);
	}
}

static void show_descs(const struct account *acc, const struct args *a)
{
	for (size_t i = 0; i < acc->description.ndevices; i++) {
		const struct written_device *d = &acc->description.devices[i];

		if (!wanted(a, d->idstr))
			continue;
		text_safe(stdout, d->idstr);
		printf(" %" PRIu32 "%s\n", d->instance,
		       d->w ? "" : " (old style)");
		if (d->w)
			show_desc(d->w->desc, 1);
	}
}

static void show_summary(const struct account *acc, const struct timeline *t)
{
	const struct source *s = acc->src;
	size_t sections = 0, broken = 0, unread = 0;

	for (uint32_t i = 1; i < t->n; i++)
		sections += t->events[i].kind == EV_SECTION;
	text_safe(stdout, s->path);
	printf(": %" PRIu64 " bytes", s->len);
	if (s->containers && s->containers[0]) {
		printf(" in ");
		text_safe(stdout, s->containers);
	}
	printf("\nmachine ");
	text_safe(stdout, t->machine ? t->machine : "(not told)");
	printf(", %zu sections, footers %s, configuration %s, description %s\n",
	       sections, t->footers ? "yes" : "no",
	       t->configuration ? "yes" : "no",
	       acc->has_description ? "yes" : "no");
	if (acc->note) {
		printf("note: ");
		text_safe(stdout, acc->note);
		putchar('\n');
	}
	if (s->note) {
		printf("note: ");
		text_safe(stdout, s->note);
		putchar('\n');
	}
	for (size_t i = 0; i < t->nfailures; i++) {
		if (t->failures[i].guess) {
			unread++;
			continue;
		}
		printf("%s at 0x%" PRIx64 ": ", broken++ ? "also" : "broken",
		       t->failures[i].offset);
		text_safe(stdout, t->failures[i].nlines ?
			  t->failures[i].lines[0] : "?");
		putchar('\n');
	}
	if (unread)
		printf("%zu section%s not decoded (marked !): nobody tells how "
		       "they are laid out\n", unread, unread == 1 ? "" : "s");
}

static int show(const struct args *a)
{
	struct account *acc;
	struct destination *none = NULL;
	struct timeline *t, *loaded = NULL;
	struct err err;

	if (account_open(&acc, a->operands[0], DESC_FROM_SOURCE, &a->source,
			 &err) < 0) {
		complain("%s: %s", a->operands[0], err.msg);
		return STATUS_USAGE;
	}
	t = acc->self;
	if (!t) {
		/* no description: what can be framed without one */
		if (destination_open(&none, NULL, 0, acc, NULL, &err) < 0)
			return STATUS_INTERNAL;
		t = loaded = destination_load(none, acc, RULES_CURRENT,
					      &a->source);
	}
	if (a->json) {
		json_show(stdout, acc, t, a->section);
	} else {
		show_summary(acc, t);
		if (a->ram)
			show_ram(acc);
		if (a->descs)
			show_descs(acc, a);
		if (a->fields)
			show_fields(t, a);
		if (a->sections || (!a->ram && !a->descs && !a->fields))
			show_sections(t, a);
	}
	timeline_close(loaded);
	destination_close(none);
	account_close(acc);
	return 0;
}

static int run(const struct subcommand *self, int argc, char **argv)
{
	struct args a;

	if (args_parse(self, argc, argv, &a) < 0)
		return STATUS_USAGE;
	if (a.help || a.noperands != 1) {
		usage_of(self, a.help ? stdout : stderr);
		return a.help ? 0 : STATUS_USAGE;
	}
	return show(&a);
}

static const struct option_help options[] = {
	{ "--sections", NULL, "the sections (this is what no option shows)" },
	{ "--fields", NULL, "every field with its value" },
	{ "--ram", NULL, "RAM blocks and what pages there are" },
	{ "--descs", NULL, "the descriptors that the stream tells of" },
	{ "--section", "GLOB", "only sections whose idstr matches" },
	{ "--json", NULL, "one JSON object" },
	{ "--snapshot", "NAME", "of a qcow2 image" },
	{ "--offset", "N", "where the stream starts in the file" },
	{ "--color", "WHEN", "auto, always or never" },
	{ 0 },
};

const struct subcommand cmd_show = {
	.name = "show",
	.args = "FILE [--sections|--fields|--ram|--descs] [OPTION]...",
	.help = "Show what a stream or snapshot holds.",
	.options = options,
	.run = run,
};
