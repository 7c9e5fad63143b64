/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "keys.h"

const struct key_binding key_bindings[] = {
	{ "s", "step", "the next event, into structures", KEYS_TIME,
	  KEY_COUNTS },
	{ "n", "next-match", "the next match", KEYS_SEARCH, KEY_SEARCHING },
	{ "N", "previous-match", "the match before", KEYS_SEARCH,
	  KEY_SEARCHING },
	{ "n", "next", "the next event, over what is inside this one",
	  KEYS_TIME, KEY_COUNTS },
	{ "f", "finish", "out of the structure around", KEYS_TIME,
	  KEY_COUNTS },
	{ "c", "continue", "to the next breakpoint, divergence, failure",
	  KEYS_TIME, KEY_COUNTS },
	{ "S rs", "reverse-step", "back by one event", KEYS_TIME,
	  KEY_COUNTS },
	{ "N rn", "reverse-next", "back over what lies there", KEYS_TIME,
	  KEY_COUNTS },
	{ "F rf", "reverse-finish", "back to where the structure begins",
	  KEYS_TIME, KEY_COUNTS },
	{ "C rc", "reverse-continue", "back to the stop before", KEYS_TIME,
	  KEY_COUNTS },
	{ "u", "up", "the event around this one", KEYS_TIME, KEY_COUNTS },
	{ "d", "down", "the first event inside", KEYS_TIME, KEY_COUNTS },
	{ "Backspace C-o", "back", "where the last jump started", KEYS_TIME, 0 },
	{ "<", "goto start", "the beginning of the load", KEYS_TIME, 0 },
	{ ">", "goto end", "its end", KEYS_TIME, 0 },

	{ "]", "next-divergence", "the next place where the sides part",
	  KEYS_PLACES, 0 },
	{ "[", "previous-divergence", "the one before", KEYS_PLACES, 0 },
	{ "}", "next-section", "the next section", KEYS_PLACES,
	  KEY_COUNTS },
	{ "{", "previous-section", "the section before", KEYS_PLACES,
	  KEY_COUNTS },
	{ ")", "next-change", "compared with another snapshot: the next change",
	  KEYS_PLACES, 0 },
	{ "(", "previous-change", "the one before", KEYS_PLACES, 0 },
	{ "X", "goto failure", "where the destination refuses the stream",
	  KEYS_PLACES, 0 },

	{ "b", "toggle-breakpoint", "set a breakpoint here, or take it away",
	  KEYS_BREAK, 0 },
	{ "B", "prompt break", "a breakpoint anywhere", KEYS_BREAK, 0 },
	{ "W", "prompt watch", "stop where a value differs", KEYS_BREAK, 0 },
	{ "e", "toggle-enabled", "switch the breakpoint here on or off",
	  KEYS_BREAK, 0 },

	{ "/", "prompt-search", "search names, types and texts", KEYS_SEARCH, 0 },
	{ "?", "prompt-reverse-search", "search backwards", KEYS_SEARCH,
	  KEY_SEARCHING },
	{ "Esc", "end-search", "end the search", KEYS_SEARCH,
	  KEY_SEARCHING },

	{ "w", "why", "the reasons for this event", KEYS_LOOK, 0 },
	{ "p", "print", "the value on both sides", KEYS_LOOK, 0 },
	{ "t", "bt", "what this event is inside of", KEYS_LOOK, 0 },
	{ "T", "ptype", "the descriptor, with all its fields", KEYS_LOOK, 0 },
	{ "x", "x", "the bytes from here on", KEYS_LOOK, 0 },
	{ "L", "list", "both sides around this event", KEYS_LOOK, 0 },
	{ "i", "info verdict", "the verdict, its cause and the remedy",
	  KEYS_LOOK, 0 },
	{ "m", "prompt note", "write a note at this event", KEYS_LOOK, 0 },

	{ "k Up", "cursor up", "a line up", KEYS_PANE, KEY_COUNTS },
	{ "j Down", "cursor down", "a line down", KEYS_PANE, KEY_COUNTS },
	{ "h Left", "cursor left", "tree: close, or out; compare: the source's "
	  "side", KEYS_PANE, KEY_COUNTS },
	{ "l Right", "cursor right", "tree: open, or in; compare: the "
	  "destination's side", KEYS_PANE, KEY_COUNTS },
	{ "PgUp C-b", "cursor page-up", "a page up", KEYS_PANE, 0 },
	{ "PgDn C-f", "cursor page-down", "a page down", KEYS_PANE, 0 },
	{ "C-u", "cursor half-up", "half a page up", KEYS_PANE, 0 },
	{ "C-d", "cursor half-down", "half a page down", KEYS_PANE, 0 },
	{ "g Home", "cursor top", "the first line", KEYS_PANE, 0 },
	{ "G End", "cursor bottom", "the last line", KEYS_PANE, 0 },
	{ "Enter", "enter", "go to what the cursor is on; in the tree, again "
	  "to open and close", KEYS_PANE, 0 },
	{ "o Space", "open", "tree: open or close", KEYS_PANE, 0 },
	{ ".", "cursor here", "back to the current event", KEYS_PANE, 0 },
	{ "U", "unlock", "compare: scroll the sides each alone, or together",
	  KEYS_PANE, 0 },

	{ "Tab", "focus next", "the next pane", KEYS_SCREEN, 0 },
	{ "S-Tab", "focus previous", "the pane before", KEYS_SCREEN, 0 },
	{ "F2", "focus tree", "the load sequence", KEYS_SCREEN, 0 },
	{ "F3", "focus compare", "source and destination", KEYS_SCREEN, 0 },
	{ "F4", "focus bytes", "the bytes", KEYS_SCREEN, 0 },
	{ "F5", "focus structure", "the structure around the field",
	  KEYS_SCREEN, 0 },
	{ "F6", "focus divergences", "all divergences", KEYS_SCREEN, 0 },
	{ "F7", "focus breakpoints", "all breakpoints", KEYS_SCREEN, 0 },
	{ "F8", "focus messages", "what commands have printed", KEYS_SCREEN, 0 },
	{ "F9", "focus changes", "what differs from the other snapshot",
	  KEYS_SCREEN, 0 },
	{ "z", "zoom", "this pane alone, or all again", KEYS_SCREEN, 0 },
	{ "|", "layout next", "another layout", KEYS_SCREEN, 0 },
	{ ":", "prompt", "type a command", KEYS_SCREEN, 0 },
	{ "F1 ?", "keys", "these keys; type to search them", KEYS_SCREEN, 0 },
	{ "C-l", "redraw", "draw everything anew", KEYS_SCREEN, 0 },
	{ "q", "leave", "back out: of help, of the zoom, of the program",
	  KEYS_SCREEN, 0 },
	{ NULL, NULL, NULL, 0, 0 },
};

const char *key_group_name(enum key_group g)
{
	static const char *const names[] = {
#define X(id, name) name,
		KEY_GROUPS(X)
#undef X
	};

	return names[g];
}

static const char *const names[] = {
#define X(id, name) name,
	KEYS(X)
#undef X
};

const char *key_to_text(uint32_t key, char *buf, size_t size)
{
	if (key & K_ALT)
		snprintf(buf, size, "M-%c", (char)(key & 0x7f));
	else if (key > K_FIRST && key < K_LAST)
		snprintf(buf, size, "%s", names[key - K_FIRST - 1]);
	else if (key && key < 0x20)
		snprintf(buf, size, "C-%c", (char)(key + 'a' - 1));
	else if (key == ' ')
		snprintf(buf, size, "Space");
	else
		snprintf(buf, size, "%c", key < 0x7f ? (char)key : '?');
	return buf;
}

/* Does the word of @n bytes at @w name these keys? 2: it begins with them. */
static int is_named(const char *w, size_t n, uint32_t prefix, uint32_t key)
{
	char buf[16], first[16];
	size_t k;

	if (key >= 0x7f && key < K_FIRST)
		return 0;
	key_to_text(key, buf, sizeof(buf));
	key_to_text(prefix, first, sizeof(first));
	k = strlen(buf);
	if (prefix)
		return n == 2 && strlen(first) == 1 && w[0] == first[0] &&
			k == 1 && w[1] == buf[0];
	if (n == k && !strncmp(w, buf, n))
		return 1;
	/* two plain characters: the first of "rs" */
	return n == 2 && k == 1 && w[0] == buf[0] && w[0] >= 'a' &&
		w[0] <= 'z' ? 2 : 0;
}

const struct key_binding *key_find(uint32_t prefix, uint32_t key,
				   bool searching, bool *more)
{
	*more = false;
	for (const struct key_binding *b = key_bindings; b->keys; b++) {
		if (b->flags & KEY_SEARCHING && !searching)
			continue;
		for (const char *w = b->keys; *w; ) {
			size_t n = strcspn(w, " ");
			int r = is_named(w, n, prefix, key);

			if (r == 1)
				return b;
			if (r == 2)
				*more = true;
			w += n + (w[n] == ' ');
		}
	}
	return NULL;
}

bool key_matches(const struct key_binding *b, const char *filter)
{
	while (*filter) {
		size_t n = strcspn(filter, " ");
		char word[64];

		if (n && n < sizeof(word)) {
			memcpy(word, filter, n);
			word[n] = '\0';
			if (!strcasestr(b->keys, word) &&
			    !strcasestr(b->line, word) &&
			    !strcasestr(b->help, word) &&
			    !strcasestr(key_group_name(b->group), word))
				return false;
		}
		filter += n + (filter[n] == ' ');
	}
	return true;
}

/* Punctuation at the beginning of a word means something to mdoc. */
static void put_keys(FILE *f, const char *keys)
{
	fputs(".It Ic", f);
	for (const char *w = keys; *w; ) {
		size_t n = strcspn(w, " ");

		fputs(w == keys ? " " : " , Ic ", f);
		if (n == 1 && strchr(".,:;()[]?!|'\"\\", *w))
			fputs("\\&", f);
		if (*w == '\\')
			fputs("\\e", f);
		else
			fprintf(f, "%.*s", (int)n, w);
		w += n + (w[n] == ' ');
	}
	fputc('\n', f);
}

/* ... and so do these wherever they stand. */
static void put_text(FILE *f, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", f);
		else
			fputc(*text, f);
	}
}

void keys_dump_mdoc(FILE *f)
{
	fputs(".Ss The screen\n"
	      "On a terminal the debugger opens a screen; every key runs a line "
	      "of the language\nabove or one of the screen's own words, which "
	      "only change what is looked at.\nBoth can be typed behind\n"
	      ".Ic \\&: .\n"
	      "A number before a key repeats it.\n"
	      ".Bl -tag -width Backspace\n", f);
	for (int g = 0; g < KEY_GROUPS_COUNT; g++) {
		for (const struct key_binding *b = key_bindings; b->keys; b++) {
			if (b->group != (enum key_group)g)
				continue;
			put_keys(f, b->keys);
			put_text(f, b->help);
			fprintf(f, "%s\n.Pq Ql %s\n",
				b->flags & KEY_SEARCHING ?
				" (while searching)" : "", b->line);
		}
	}
	fputs(".El\n", f);
}
