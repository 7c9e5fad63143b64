/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What may stand next on a line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-impl.h"

/* More than this nobody reads. */
#define MAX_WORDS 5000

void completion_add(struct completion *c, const char *text)
{
	char *copy;

	if (c->n >= MAX_WORDS || strncmp(text, c->word, strlen(c->word)))
		return;
	copy = strdup(text);
	if (!copy)
		abort();
	c->words = grow_array(c->words, &c->cap, c->n + 1, sizeof(*c->words));
	c->words[c->n++] = copy;
}

void completion_release(struct completion *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->words[i]);
	free(c->words);
	*c = (struct completion){ 0 };
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void drop_doubles(struct completion *c)
{
	size_t n = 0;

	if (c->n)
		qsort(c->words, c->n, sizeof(*c->words), by_text);
	for (size_t i = 0; i < c->n; i++) {
		if (n && !strcmp(c->words[n - 1], c->words[i]))
			free(c->words[i]);
		else
			c->words[n++] = c->words[i];
	}
	c->n = n;
}

/* ---- places ---- */

/*
 * Offer @path up to the next component behind what has been typed, so that a
 * deep tree is walked a level at a time.
 */
static void add_level(struct completion *c, const char *path)
{
	size_t typed = strlen(c->word), n;
	char buf[2048];

	if (strncmp(path, c->word, typed))
		return;
	n = typed + strcspn(path + typed, ".[");
	/* right behind a component: show what can follow */
	if (n == typed && path[n])
		n += 1 + strcspn(path + typed + 1, ".[");
	snprintf(buf, sizeof(buf), "%.*s", (int)n, path);
	completion_add(c, buf);
}

static void add_fields(struct completion *c, uint32_t section, bool whole)
{
	const struct timeline *t = c->s->t;
	char path[2048];

	for (uint32_t i = section + 1; i < t->events[section].end &&
	     c->n < MAX_WORDS; i++) {
		const struct event *e = &t->events[i];

		if (e->kind != EV_FIELD && e->kind != EV_ITEM &&
		    e->kind != EV_GROUP && e->kind != EV_SUBSECTION &&
		    e->kind != EV_STRUCT)
			continue;
		if (whole)
			session_path(t, i, path, sizeof(path));
		else
			location_field_path(t, i, path, sizeof(path));
		add_level(c, path);
		/* the end of a path is enough of a name */
		for (const char *p = whole ? NULL : strchr(path, '.'); p;
		     p = strchr(p + 1, '.'))
			add_level(c, p + 1);
	}
}

static void add_sections(struct completion *c)
{
	const struct timeline *t = c->s->t;
	char path[2048];

	for (uint32_t i = 0; i < t->n; i++) {
		size_t n;

		if (t->events[i].kind != EV_SECTION)
			continue;
		session_path(t, i, path, sizeof(path));
		n = strlen(path);
		completion_add(c, path);
		if (!strncmp(c->word, path, n) && c->word[n] == '/')
			add_fields(c, i, true);
		i = t->events[i].end - 1;
	}
}

static void add_descriptors(struct completion *c)
{
	const struct timeline *t = c->s->t;
	const struct desc *last = NULL;
	const char *colon = strrchr(c->word, ':');
	char buf[1024];

	for (uint32_t i = 0; i < t->n && c->n < MAX_WORDS; i++) {
		const struct event *e = &t->events[i];

		if (e->kind != EV_FIELD || !e->desc || !e->name ||
		    (e->desc == last && !colon))
			continue;
		last = e->desc;
		if (colon && (strlen(last->name) != (size_t)(colon - c->word) ||
			      strncmp(c->word, last->name, strlen(last->name))))
			continue;
		snprintf(buf, sizeof(buf), "%s:%s", last->name,
			 colon ? e->name : "");
		completion_add(c, buf);
	}
}

static void add_types(struct completion *c)
{
	const struct timeline *t = c->s->t;
	const char *last = NULL;
	char buf[256];

	for (uint32_t i = 0; i < t->n && c->n < MAX_WORDS; i++) {
		if (!t->events[i].type || t->events[i].type == last)
			continue;
		last = t->events[i].type;
		snprintf(buf, sizeof(buf), "type:%s", last);
		completion_add(c, buf);
	}
}

void complete_location(struct completion *c)
{
	static const char *const words[] = {
		"start", "end", "divergence", "failure", "subsection", "struct",
		"type:", "kind:",
	};
	uint32_t here = timeline_section(c->s->t, c->s->at);
	char buf[64];

	c->partial = true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		completion_add(c, words[i]);
	for (int k = 0; k < EVENT_KINDS_COUNT; k++) {
		snprintf(buf, sizeof(buf), "kind:%s",
			 event_kind_name((enum event_kind)k));
		if (!strncmp(c->word, "kind:", 5))
			completion_add(c, buf);
	}
	if (!strncmp(c->word, "type:", 5))
		add_types(c);
	add_sections(c);
	if (here != EVENT_NONE)
		add_fields(c, here, false);
	if (*c->word)
		add_descriptors(c);
}

void complete_file(struct completion *c)
{
	c->files = true;
}

void complete_rules(struct completion *c)
{
	for (int r = 0; r < RULES_COUNT; r++)
		completion_add(c, rules_name((enum rules)r));
}

void complete_setting(struct completion *c)
{
	for (const struct setting_info *i = setting_infos; i->name; i++)
		completion_add(c, i->name);
}

void complete_breakpoint(struct completion *c)
{
	char buf[16];

	for (size_t i = 0; i < c->s->breakpoints.n; i++) {
		snprintf(buf, sizeof(buf), "%u",
			 c->s->breakpoints.list[i]->number);
		completion_add(c, buf);
	}
}

/* First words; or what stands behind @prefix. */
static void add_commands(struct completion *c, const char *prefix)
{
	size_t n = prefix ? strlen(prefix) : 0;

	for (size_t i = 0; commands[i]; i++) {
		const char *name = commands[i]->name;

		if (commands[i]->flags & CMD_HIDDEN)
			continue;
		if (!prefix && !strchr(name, ' '))
			completion_add(c, name);
		else if (prefix && !strncmp(name, prefix, n) && name[n] == ' ')
			completion_add(c, name + n + 1);
	}
}

void complete_command(struct completion *c)
{
	add_commands(c, NULL);
	for (size_t i = 0; i < c->s->interp->nmacros; i++)
		completion_add(c, c->s->interp->macros[i].name);
}

/* Behind " if ": names that a condition knows. */
static bool add_names(struct completion *c, const char *line)
{
	if (!strstr(line, " if "))
		return false;
	for (size_t i = 0; expr_names[i]; i++)
		completion_add(c, expr_names[i]);
	return true;
}

size_t command_complete(struct session *s, const char *line,
			struct completion *ret)
{
	const char *word = strrchr(line, ' '), *args;
	const struct command *c;
	struct err err;
	char before[4096];

	word = word ? word + 1 : line;
	*ret = (struct completion){ .s = s, .word = word };
	snprintf(before, sizeof(before), "%.*s", (int)(word - line), line);
	if (word == line + strspn(line, " ")) {
		complete_command(ret);
	} else {
		c = command_find(before, &args, &err);
		if (c && c->flags & CMD_PREFIX && !*args)
			add_commands(ret, c->name);
		if (c && c->flags & CMD_EXPR && add_names(ret, before))
			c = NULL;
		if (c && c->complete)
			c->complete(ret);
	}
	drop_doubles(ret);
	return (size_t)(word - line);
}
