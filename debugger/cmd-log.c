/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log 'ERROR LINE': from what an emulator printed to the byte.
 *
 * Two wordings are known, that of QEMU <= 10.0 and the chained one of 10.2.
 * A line that the load predicts leads to its failure; any other one to what
 * it names.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-impl.h"

#define MAX_CAPTURE 512

enum meaning {
	LOG_SECTION, LOG_FOOTER, LOG_FOOTER_ID, LOG_FIELD, LOG_DESC,
	LOG_SUBSECTION, LOG_MACHINE, LOG_HEADER, LOG_FRAMING, LOG_RAM,
	LOG_COMMAND, LOG_CONFIG_BYTE, LOG_VQ, LOG_FEATURES, LOG_GENERIC,
};

/*
 * %s section, %i its id, %d descriptor, %f field, %u subsection, %n a number
 * that does not matter, %k and %v numbers that do.  First match wins, so the
 * more exact ones come first.
 */
static const struct {
	const char *pattern;
	enum meaning meaning;
} patterns[] = {
	{ "Missing section footer for %s", LOG_FOOTER },
	{ "Mismatched section id in footer for %s - read", LOG_FOOTER },
	{ "Section footer error, section_id: %i", LOG_FOOTER_ID },
	{ "Bad config data: i=0x%k read: %v ", LOG_CONFIG_BYTE },
	{ "VQ %k size 0x%n < last_avail_idx", LOG_VQ },
	{ "VQ %k address 0x%n inconsistent", LOG_VQ },
	{ "Features 0x%n unsupported", LOG_FEATURES },
	{ "Input validation failed: %d/%f version_id", LOG_FIELD },
	{ "Input validation failed: %d/%f", LOG_FIELD },
	{ "VM subsection '%u' in '%d' does not exist", LOG_SUBSECTION },
	{ "Loading VM subsection '%u' in '%d' failed", LOG_SUBSECTION },
	{ "%d: incoming version_id", LOG_DESC },
	{ "post load hook failed for: %d,", LOG_DESC },
	{ "Failed to load element of type %n for %f: ", LOG_FIELD },
	{ "Failed to load %d:%f", LOG_FIELD },
	{ "Unknown savevm section or instance '%s' ", LOG_SECTION },
	{ "Unknown section or instance '%s' ", LOG_SECTION },
	{ "unsupported version %n for '%s' v", LOG_SECTION },
	{ "error while loading state for instance 0x%n of device '%s'",
	  LOG_SECTION },
	{ "error while loading state section id %i(%s)", LOG_SECTION },
	{ "Unknown savevm section type %n", LOG_FRAMING },
	{ "Unknown section type %n", LOG_FRAMING },
	{ "Unknown savevm section %i", LOG_FRAMING },
	{ "Unknown section %i", LOG_FRAMING },
	{ "Machine type received is", LOG_MACHINE },
	{ "Configuration section missing", LOG_MACHINE },
	{ "Received TARGET_PAGE_BITS is", LOG_MACHINE },
	{ "Not a migration stream", LOG_HEADER },
	{ "Unsupported migration stream version", LOG_HEADER },
	{ "Unknown ramblock", LOG_RAM },
	{ "Length mismatch: ", LOG_RAM },
	{ "Size mismatch: ", LOG_RAM },
	{ "Unknown combination of migration flags", LOG_RAM },
	{ "MIG_CMD 0x%n", LOG_COMMAND },
	{ "load of migration failed", LOG_GENERIC },
	{ "Error -22 while loading VM state", LOG_GENERIC },
};

struct reading {
	char section[MAX_CAPTURE], desc[MAX_CAPTURE], field[MAX_CAPTURE],
		sub[MAX_CAPTURE];
	int64_t id, key, value;
	enum meaning meaning;
};

static void capture(struct reading *r, char what, const char *p, size_t n)
{
	char *text = what == 's' ? r->section : what == 'd' ? r->desc :
		what == 'f' ? r->field : what == 'u' ? r->sub : NULL;
	char number[32];

	if (n >= MAX_CAPTURE)
		n = MAX_CAPTURE - 1;
	if (text) {
		memcpy(text, p, n);
		text[n] = '\0';
		return;
	}
	snprintf(number, sizeof(number), "%.*s", (int)(n < 31 ? n : 31), p);
	if (what == 'i')
		r->id = (int64_t)strtoull(number, NULL, 10);
	else if (what == 'k')
		r->key = (int64_t)strtoull(number, NULL, 16);
	else if (what == 'v')
		r->value = (int64_t)strtoull(number, NULL, 16);
}

static size_t literal_length(const char *pattern)
{
	return strcspn(pattern, "%");
}

/* Read @text, which begins right here, by @pattern. */
static bool read_here(const char *pattern, const char *text,
		      struct reading *r)
{
	while (*pattern) {
		size_t n = literal_length(pattern), len;
		const char *end;
		char what;

		if (strncmp(pattern, text, n))
			return false;
		pattern += n;
		text += n;
		if (!*pattern)
			return true;
		what = pattern[1];
		pattern += 2;
		n = literal_length(pattern);
		end = n ? memmem(text, strlen(text), pattern, n) :
			text + strlen(text);
		if (!end)
			return false;
		len = (size_t)(end - text);
		while (len && !n && strchr(" .,:'\"\r\n", text[len - 1]))
			len--;
		capture(r, what, text, len);
		text = end;
	}
	return true;
}

/* A pattern that starts with a name: the word before its first literal. */
static const char *start_of(const char *pattern, const char *text)
{
	size_t n;
	char literal[128];
	const char *p;

	if (*pattern != '%') {
		n = literal_length(pattern);
		snprintf(literal, sizeof(literal), "%.*s", (int)n, pattern);
		return strstr(text, literal);
	}
	n = literal_length(pattern + 2);
	snprintf(literal, sizeof(literal), "%.*s", (int)n, pattern + 2);
	p = strstr(text, literal);
	while (p && p > text && !(p[-1] == ' ' && p - 1 > text && p[-2] == ':'))
		p--;
	return p;
}

static bool read_line(const char *text, struct reading *r)
{
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		const char *p = start_of(patterns[i].pattern, text);

		*r = (struct reading){ .meaning = patterns[i].meaning };
		if (p && read_here(patterns[i].pattern, p, r))
			return true;
	}
	return false;
}

/* ---- what the line names ---- */

static bool is_refused(const struct event *e)
{
	return e->outcome == OUT_FAILED || e->outcome == OUT_CUT_OFF ||
		e->outcome == OUT_LOOKUP || e->outcome == OUT_TOO_NEW ||
		e->outcome == OUT_TOO_OLD || e->outcome == OUT_NO_DEVICE;
}

/* Where the load fails within @section; or where it parts; or its start. */
static uint32_t trouble_in(const struct session *s, uint32_t section)
{
	const struct event *e = &s->t->events[section];

	for (size_t i = 0; i < s->t->nfailures; i++) {
		uint32_t f = session_failure_event(s, i);

		if (f >= section && f < e->end)
			return f;
	}
	for (size_t i = 0; i < s->a->ndivergences; i++) {
		uint32_t d = session_divergence_event(s, i);

		if (!s->a->divergences[i].note && d >= section && d < e->end)
			return d;
	}
	return section;
}

static bool is_pci_byte(const struct session *s, uint32_t i,
			const struct reading *r)
{
	const struct event *e = &s->t->events[i];
	const uint8_t *p = session_bytes(s->t, i);

	return e->type && !strcmp(e->type, "pci config") && p && r->key >= 0 &&
		(uint64_t)r->key < e->len && p[r->key] == r->value;
}

static bool is_meant(const struct session *s, uint32_t i,
		     const struct reading *r)
{
	const struct event *e = &s->t->events[i];
	char vq[32];

	switch (r->meaning) {
	case LOG_SECTION:
		return e->kind == EV_SECTION && e->name &&
			!strcmp(e->name, r->section);
	case LOG_FOOTER:
		return e->kind == EV_FOOTER && e->section != EVENT_NONE &&
			!strcmp(s->t->events[e->section].name, r->section);
	case LOG_FOOTER_ID:
		return e->kind == EV_FOOTER && e->section != EVENT_NONE &&
			s->t->events[e->section].n == r->id;
	case LOG_FIELD:
		return e->kind == EV_FIELD && e->name &&
			!strcmp(e->name, r->field) &&
			(!*r->desc || (e->desc && !strcmp(e->desc->name, r->desc)));
	case LOG_DESC:
		return e->kind == EV_STRUCT && e->name &&
			!strcmp(e->name, r->desc);
	case LOG_SUBSECTION:
		return (e->kind == EV_SUBSECTION && e->name &&
			!strcmp(e->name, r->sub)) ||
			(e->kind == EV_PROBE && e->type &&
			 !strcmp(e->type, r->sub));
	case LOG_MACHINE: return e->kind == EV_CONFIGURATION;
	case LOG_HEADER: return e->kind == EV_HEADER;
	case LOG_FRAMING: return e->kind == EV_GAP;
	case LOG_RAM: return e->kind == EV_RAM;
	case LOG_COMMAND: return e->kind == EV_COMMAND;
	case LOG_CONFIG_BYTE: return is_pci_byte(s, i, r);
	case LOG_VQ:
		/* the number is printed in decimal */
		snprintf(vq, sizeof(vq), "vq[%" PRIx64 "]", r->key);
		return e->kind == EV_GROUP && e->name && !strcmp(e->name, vq);
	case LOG_FEATURES:
		return e->name && !strcmp(e->name, "guest_features");
	case LOG_GENERIC:
		return false;
	}
	return false;
}

/* The event that the line is about: a refused one rather than another. */
static uint32_t find_meant(const struct session *s, const struct reading *r)
{
	uint32_t found = EVENT_NONE;

	for (uint32_t i = 0; i < s->t->n; i++) {
		if (!is_meant(s, i, r))
			continue;
		if (is_refused(&s->t->events[i]))
			return r->meaning == LOG_SECTION ? trouble_in(s, i) : i;
		if (found == EVENT_NONE)
			found = i;
	}
	return found != EVENT_NONE && r->meaning == LOG_SECTION ?
		trouble_in(s, found) : found;
}

static bool says(const char *const *lines, unsigned n, const char *text)
{
	for (unsigned i = 0; i < n; i++) {
		if (!strstr(lines[i], "load of migration failed") &&
		    (strstr(text, lines[i]) ||
		     (strlen(text) > 12 && strstr(lines[i], text))))
			return true;
	}
	return false;
}

/* The failure that prints this line, in either wording; SIZE_MAX. */
static size_t predicted(const struct session *s, const char *text)
{
	for (size_t i = 0; i < s->t->nfailures; i++) {
		const struct failure *f = &s->t->failures[i];

		if (says(f->lines, f->nlines, text) ||
		    says(f->lines_10_2, f->nlines_10_2, text))
			return i;
	}
	return SIZE_MAX;
}

/* Quotes around the whole line are the user's, others the emulator's. */
static void take_quotes_off(char *buf, size_t size, const char *args)
{
	size_t n = strlen(args);

	if (n >= 2 && (*args == '\'' || *args == '"') && args[n - 1] == *args) {
		args++;
		n -= 2;
	}
	snprintf(buf, size, "%.*s", (int)n, args);
}

static void land(struct session *s, uint32_t event, uint64_t offset,
		 const char *how, struct out *out)
{
	session_goto(s, event, true);
	out_begin(out, "log");
	out_number(out, "event", event);
	out_number(out, "offset", (int64_t)offset);
	out_string(out, "found", how);
	out_text(out, STYLE_BOLD, "%s", how);
	out_text(out, STYLE_PLAIN, " (byte 0x%" PRIx64 ")", offset);
	out_newline(out);
	out_end(out);
	command_show_stop(s, out);
}

static int land_on_named(struct session *s, const struct reading *r,
			 struct err *err, struct out *out)
{
	uint32_t i = find_meant(s, r);
	uint64_t off;

	if (r->meaning == LOG_GENERIC && s->t->nfailures) {
		land(s, session_failure_event(s, 0), s->t->failures[0].offset,
		     "every failed load prints that; this one fails here", out);
		return 0;
	}
	if (i == EVENT_NONE)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "the line is "
			       "understood, but nothing in this load is what "
			       "it speaks of: is it this stream, this "
			       "destination?");
	off = s->t->events[i].off;
	if (r->meaning == LOG_CONFIG_BYTE) {
		off += (uint64_t)r->key;
		i = timeline_at(s->t, off);
	}
	land(s, i, off, s->t->nfailures ?
	     "this is what the line names, but it is not what this load "
	     "predicts" : "this is what the line names, though this load "
	     "does not predict a failure", out);
	return 0;
}

static int run_log(struct session *s, const struct command *self,
		   const char *args, struct out *out, struct err *err)
{
	struct reading r;
	char text[4096];
	size_t i;

	take_quotes_off(text, sizeof(text), args);
	if (!*text)
		return usage(self, err);
	i = predicted(s, text);
	if (i != SIZE_MAX) {
		land(s, session_failure_event(s, i), s->t->failures[i].offset,
		     i ? "a load that got this far would print that" :
		     "this load prints that", out);
		return 0;
	}
	if (!read_line(text, &r))
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "no error of "
			       "QEMU's loader looks like this line");
	return land_on_named(s, &r, err, out);
}

const struct command command_log = {
	.name = "log", .args = "'ERROR LINE'",
	.help = "Go to what an emulator complained about; paste what it printed.",
	.more = "Understands the words of QEMU up to 10.0 and those from 10.2 "
		"on, with whatever stands in front of them.",
	.example = "qemu-system-x86_64: load of migration failed: Invalid argument",
	.group = GROUP_MOVE, .flags = CMD_JUMP | CMD_EXPR, .run = run_log,
};
