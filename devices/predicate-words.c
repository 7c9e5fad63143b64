/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * predicate-words.c - what a post_load() says: error_report() and error_setg() with
 * a constant format and arguments that are known.  Everything else leaves the
 * words unknown, never wrong.
 */
#include <stdio.h>

#include "predicate-host.h"

/* A conversion without width: '%', how many of "hlzjt" it has, its letter. */
struct conversion {
	bool wide;		/* an argument of 8 bytes */
	char letter;
	size_t len;		/* of its text */
};

static bool parse(const char *p, struct conversion *c)
{
	size_t n = 1 + strspn(p + 1, "#0");
	size_t mods = strspn(p + n, "hlzjt");

	c->wide = mods && p[n] != 'h';
	c->letter = p[n + mods];
	c->len = n + mods + 1;
	return c->letter && strchr("diuxXcs", c->letter) && n <= 3;
}

static bool put_text(struct run *run, struct val a, char *out, size_t cap)
{
	return all_known(a, 8) && run->code->space->constant &&
		run->code->space->constant(run->code->space, a.v) &&
		space_text(run->code->space, a.v, out, cap) >= 0;
}

static bool put_number(const char *p, const struct conversion *c, struct val a,
		       char *out, size_t cap)
{
	bool alt = memchr(p, '#', c->len) != NULL;

	if (!all_known(a, c->wide ? 8 : 4))
		return false;
	a = cut(a, c->wide ? 8 : 4);
	switch (c->letter) {
	case 'd':
	case 'i':
		snprintf(out, cap, "%" PRId64, c->wide ? (int64_t)a.v :
			 (int64_t)(int32_t)a.v);
		break;
	case 'u':
		snprintf(out, cap, "%" PRIu64, a.v);
		break;
	case 'x':
		snprintf(out, cap, alt ? "%#" PRIx64 : "%" PRIx64, a.v);
		break;
	case 'X':
		snprintf(out, cap, alt ? "%#" PRIX64 : "%" PRIX64, a.v);
		break;
	default:
		return false;	/* nobody prints characters here */
	}
	return true;
}

/* The words of a printf-like call, the format its argument number @format. */
static bool words_of(struct run *run, unsigned format, char *out, size_t cap)
{
	char text[160], word[80];
	size_t n = 0;
	unsigned next = format + 1;

	if (!put_text(run, run_arg(run, format), text, sizeof(text)))
		return false;
	for (const char *p = text; *p; ) {
		struct conversion c;

		if (*p != '%' || p[1] == '%') {
			word[0] = *p;
			word[1] = '\0';
			p += *p == '%' ? 2 : 1;
		} else {
			if (!parse(p, &c) || next >= MAX_ARGS)
				return false;
			if (c.letter == 's' ?
			    !put_text(run, run_arg(run, next), word,
				      sizeof(word)) :
			    !put_number(p, &c, run_arg(run, next), word,
					sizeof(word)))
				return false;
			next++;
			p += c.len;
		}
		if (n + strlen(word) >= cap)
			return false;
		memcpy(out + n, word, strlen(word) + 1);
		n += strlen(word);
	}
	return n > 0;
}

bool run_speaks(struct run *run, const char *name)
{
	static const struct {
		const char *name;
		int8_t format;	/* -1: nothing on stderr, nor an Error */
	} speakers[] = {
		{ "error_report", 0 },
		{ "error_setg_internal", 4 },
		{ "qemu_log", -1 },
	};
	struct cpu *cpu = run->cpu;
	char words[sizeof(cpu->said)];
	size_t n = strlen(cpu->said);

	for (size_t i = 0; i < sizeof(speakers) / sizeof(*speakers); i++) {
		if (strcmp(speakers[i].name, name))
			continue;
		if (speakers[i].format < 0)
			return true;
		if (!words_of(run, (unsigned)speakers[i].format, words,
			      sizeof(words)) ||
		    n + strlen(words) + 2 > sizeof(cpu->said))
			cpu->said_more = true;
		else
			snprintf(cpu->said + n, sizeof(cpu->said) - n, "%s%s",
				 n ? "\n" : "", words);
		return true;
	}
	return false;
}
