/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "../debugger/value.h"
#include "../stream/escape.h"
#include "out-text.h"
#include "subcommand.h"

const char *paint(enum paint p)
{
	static const char *const sgr[] = {
		[PAINT_OFF] = "\033[0m", [PAINT_BOLD] = "\033[1m",
		[PAINT_GOOD] = "\033[32m", [PAINT_BAD] = "\033[1;31m",
		[PAINT_WARN] = "\033[33m", [PAINT_DIM] = "\033[2m",
	};

	return want_colour() ? sgr[p] : "";
}

void text_safe(FILE *f, const char *s)
{
	char buf[8192];

	fputs(escape_text(buf, sizeof(buf), s ? s : "", s ? strlen(s) : 0), f);
}

static void line(FILE *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void line(FILE *f, const char *fmt, ...)
{
	char buf[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	text_safe(f, buf);
	fputc('\n', f);
}

/* Words wrapped at 79 columns, every line behind @indent. */
static void wrapped(FILE *f, const char *indent, const char *text)
{
	char buf[8192];
	size_t col = 0, left = strlen(indent);
	char *save = NULL, *word;

	escape_text(buf, sizeof(buf), text, strlen(text));
	for (word = strtok_r(buf, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		size_t n = strlen(word);

		if (col && col + 1 + n > 79) {
			fputc('\n', f);
			col = 0;
		}
		if (!col)
			col = left + (size_t)fprintf(f, "%s%s", indent, word) -
				left;
		else
			col += (size_t)fprintf(f, " %s", word);
	}
	fputc('\n', f);
}

static const char *verdict_words(enum verdict v)
{
	static const char *const words[] = {
#define X(id, name, status, help) help,
		VERDICTS(X)
#undef X
	};

	return words[v];
}

static void print_verdict(FILE *f, const struct analysis *a)
{
	static const enum paint colours[] = {
		[VERDICT_LOADS] = PAINT_GOOD, [VERDICT_FAILS] = PAINT_BAD,
		[VERDICT_SILENT] = PAINT_BAD, [VERDICT_UNKNOWN] = PAINT_WARN,
	};
	static const char *const marks[] = {
		[VERDICT_LOADS] = "ok", [VERDICT_FAILS] = "!!",
		[VERDICT_SILENT] = "!~", [VERDICT_UNKNOWN] = "??",
	};

	fprintf(f, "%s%s %s%s: %s\n", paint(colours[a->verdict]),
		marks[a->verdict], verdict_name(a->verdict), paint(PAINT_OFF),
		verdict_words(a->verdict));
}

static void print_place(FILE *f, const char *what, const struct place *p)
{
	if (!p->there)
		return;
	fprintf(f, "%-12s0x%" PRIx64 " (%" PRIu64 ")", what, p->offset,
		p->offset);
	if (p->path && p->path[0]) {
		fputs("  ", f);
		text_safe(f, p->path);
	}
	fputc('\n', f);
	if (p->idstr)
		line(f, "            section %" PRIu32 " '%s' instance %" PRIu32
		     " version %" PRId64 " at 0x%" PRIx64, p->section_id,
		     p->idstr, p->instance, p->version_id, p->section_offset);
}

/* A few bytes around the place, as hexdump shows them. */
static void print_bytes(FILE *f, const struct timeline *t, uint64_t at)
{
	uint64_t from = at & ~15ull, len = t->src->len;

	from = from >= 16 ? from - 16 : 0;
	if (at >= len)
		return;
	for (int row = 0; row < 3 && from < len; row++, from += 16) {
		fprintf(f, "  %08" PRIx64 " ", from);
		for (uint64_t i = from; i < from + 16; i++) {
			if (i >= len)
				fputs("   ", f);
			else if (i == at)
				fprintf(f, "%s>%02x%s", paint(PAINT_BAD),
					t->src->data[i], paint(PAINT_OFF));
			else
				fprintf(f, " %02x", t->src->data[i]);
		}
		fputs("  ", f);
		for (uint64_t i = from; i < from + 16 && i < len; i++)
			fputc(t->src->data[i] >= 0x20 && t->src->data[i] < 0x7f ?
			      t->src->data[i] : '.', f);
		fputc('\n', f);
	}
}

/* "ESPState: no further member; described by 'esp' at hw/scsi/esp.c:1209" */
static void print_in_c(FILE *f, const struct side *s)
{
	if (s->member)
		line(f, "  %-12s %s%s%s", "", s->member,
		     s->declared ? ", " : "", s->declared ? s->declared : "");
	for (unsigned i = 0; i < s->nstructs; i++) {
		const struct side_struct *x = &s->structs[i];
		const char *name = s->member && !s->ends ? "" :
			x->structure ? x->structure : "a structure that cannot "
			"be told";

		line(f, "  %-12s %s%sdescribed by '%s'%s%s", "", name,
		     s->ends ? ": no further member; " : *name ? ", " : "",
		     x->desc, x->described ? " at " : "",
		     x->described ? x->described : "");
	}
	if (!s->member && s->no_member)
		line(f, "  %-12s in C: %s", "", s->no_member);
}

static void print_side(FILE *f, const char *who, const struct side *s)
{
	unsigned whole = s->type ? desc_type_size(s->type) : 0;
	char of[20] = "";

	if (!s->there)
		return;
	if (s->size < whole)	/* the stream ends in it */
		snprintf(of, sizeof(of), " of %u", whole);
	line(f, "  %-12s %s : %s, %" PRIu64 "%s byte%s at 0x%" PRIx64, who,
	     s->field && s->field[0] ? s->field : "-", s->type ? s->type : "-",
	     s->size, of, s->size == 1 && !*of ? "" : "s", s->offset);
	print_in_c(f, s);
}

static void print_missing(FILE *f, const struct side *s)
{
	line(f, "  %-12s no such section or instance%s%s", "destination",
	     s->field ? "; perhaps instead " : "", s->field ? s->field : "");
	print_in_c(f, s);
}

static bool one_wording(const struct failure *f)
{
	for (unsigned i = 0; i < f->nlines && i < f->nlines_10_2; i++) {
		if (strcmp(f->lines[i], f->lines_10_2[i]))
			return false;
	}
	return f->nlines == f->nlines_10_2;
}

static void print_messages(FILE *f, const struct analysis *a,
			   const struct destination *dest)
{
	bool both;

	if (!a->failure)
		return;
	both = !one_wording(a->failure) && dest->registry.release_max >= 1002;
	if (a->failure->crash && !a->failure->nlines) {
		fprintf(f, "\nThe destination dies of it (an assertion, or "
			"memory that is not there).\n");
		return;
	}
	fprintf(f, "\nWhat the destination %s%s%s:\n",
		a->verdict == VERDICT_UNKNOWN ? "would print, if it fails so" :
		"prints", both ? " (QEMU <= 10.1)" : "",
		a->failure->crash ? ", and dies" : "");
	for (unsigned i = 0; i < a->failure->nlines; i++)
		line(f, "  %s", a->failure->lines[i]);
	if (!both)
		return;
	fprintf(f, "... and QEMU >= 10.2:\n");
	for (unsigned i = 0; i < a->failure->nlines_10_2; i++)
		line(f, "  %s", a->failure->lines_10_2[i]);
}

static void print_divergence(FILE *f, const struct divergence *d)
{
	fprintf(f, "%s%-18s%s 0x%-8" PRIx64 " ",
		d->note ? paint(PAINT_DIM) : paint(PAINT_BOLD),
		divergence_name(d->kind), paint(PAINT_OFF), d->place.offset);
	text_safe(f, d->place.path && d->place.path[0] ? d->place.path :
		  d->place.idstr ? d->place.idstr : "");
	fputc('\n', f);
	if (d->text)
		wrapped(f, "    ", d->text);
}

static void print_divergences(FILE *f, const struct analysis *a, bool all)
{
	size_t notes = 0, real = 0;

	for (size_t i = 0; i < a->ndivergences; i++)
		*(a->divergences[i].note ? &notes : &real) += 1;
	if (real > 1 || (all && a->ndivergences)) {
		fprintf(f, "\nAll divergences (%zu%s):\n", real,
			all && notes ? ", then the notes" : "");
		for (size_t i = 0; i < a->ndivergences; i++) {
			if (all || !a->divergences[i].note)
				print_divergence(f, &a->divergences[i]);
		}
	}
	if (notes && !all)
		fprintf(f, "\n%zu note%s without consequence (--all shows %s).\n",
			notes, notes == 1 ? "" : "s", notes == 1 ? "it" : "them");
}

static void print_notes(FILE *f, const char *title, const struct note *v,
			size_t n, bool all)
{
	size_t shown = 0;

	if (!n)
		return;
	fprintf(f, "\n%s (%zu):\n", title, n);
	for (size_t i = 0; i < n && (all || shown < 6); i++, shown++) {
		char buf[3000];

		snprintf(buf, sizeof(buf), "%s%s%s: %s", v[i].section,
			 v[i].path[0] ? " › " : "", v[i].path, v[i].text);
		wrapped(f, "  ", buf);
	}
	if (shown < n)
		fprintf(f, "  ... and %zu more (--all shows them)\n", n - shown);
}

static void print_failures(FILE *f, const struct timeline *t, bool tentative)
{
	if (t->nfailures < 2)
		return;
	fprintf(f, "\nDevices that %sfail (%zu; the emulator stops at the "
		"first):\n", tentative ? "may " : "", t->nfailures);
	for (size_t i = 0; i < t->nfailures; i++) {
		const struct failure *x = &t->failures[i];

		fprintf(f, " %s 0x%-8" PRIx64 " ", i ? " " : "*", x->offset);
		text_safe(f, x->nlines ? x->lines[0] : x->crash ? "dies" :
			  "refused");
		fputc('\n', f);
	}
}

static void print_account(FILE *f, const struct destination *dest,
			  const char *head, const char *path)
{
	const char *what, *name = destination_shown(dest, path, &what);

	line(f, "%-12s %s%s", head, name, what);
}

static void print_head(FILE *f, const struct account *source,
		       const struct destination *dest)
{
	const struct registry *reg = &dest->registry;
	const char *what = "destination";

	line(f, "%-12s %s%s%s", "source", source->src->path,
	     source->src->containers && source->src->containers[0] ? " in " : "",
	     source->src->containers ? source->src->containers : "");
	if (dest->is_source) {
		line(f, "%-12s (none given: the source's own description)", what);
		return;
	}
	if (dest->reference) {
		print_account(f, dest, what, dest->reference->src->path);
		what = "";
	}
	for (size_t i = 0; i < dest->nmore; i++)
		print_account(f, dest, "", dest->more[i]->src->path);
	for (size_t i = 0; i < reg->nsets; i++, what = "")
		print_account(f, dest, what, reg->sets[i]->path);
}

void text_analysis(FILE *f, const struct account *source,
		   const struct destination *dest, const struct analysis *a,
		   const struct timeline *t, bool all)
{
	const struct divergence *d = a->first == SIZE_MAX ? NULL :
		&a->divergences[a->first];

	print_verdict(f, a);
	print_head(f, source, dest);
	if (a->diverges.there || a->fails.there)
		fputc('\n', f);
	print_place(f, "diverges at", &a->diverges);
	if (d) {
		print_side(f, "source", &d->source);
		print_side(f, "destination", &d->destination);
		if (d->kind == DIVERGE_NO_DEVICE)
			print_missing(f, &d->destination);
		print_bytes(f, t, a->diverges.offset);
	}
	print_place(f, a->verdict == VERDICT_UNKNOWN ? "may fail at" :
		    "fails at", &a->fails);
	print_messages(f, a, dest);
	if (a->cause) {
		fprintf(f, "\n%sWhy%s\n", paint(PAINT_BOLD), paint(PAINT_OFF));
		wrapped(f, "  ", a->cause);
	}
	if (a->remedy) {
		fprintf(f, "%sWhat people do%s\n", paint(PAINT_BOLD),
			paint(PAINT_OFF));
		wrapped(f, "  ", a->remedy);
	}
	print_failures(f, t, a->verdict == VERDICT_UNKNOWN);
	print_divergences(f, a, all);
	print_notes(f, "Unknown", t->unknowns, t->nunknowns, all);
	if (t->nunjudged && !all)
		fprintf(f, "%zu check%s of the destination cannot be judged "
			"(--all shows %s).\n", t->nunjudged,
			t->nunjudged == 1 ? "" : "s",
			t->nunjudged == 1 ? "it" : "them");
	if (all)
		print_notes(f, "Checks that cannot be judged", t->unjudged,
			    t->nunjudged, all);
	for (size_t i = 0; i < t->nwarnings; i++)
		line(f, "The destination would print, and go on: %s",
		     t->warnings[i]);
	if (!source->has_description && source->note)
		line(f, "note: %s: %s", source->src->path, source->note);
}
