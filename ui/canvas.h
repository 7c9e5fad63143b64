/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * canvas.h - a grid of cells: what a screen is before it meets a terminal.
 *
 * Views draw here; term.c shows it, tests and bug reports save it as text,
 * pictures are made of its HTML or SVG.  Text is UTF-8 from anywhere: control
 * characters, what is no UTF-8, and marks that take no column are shown
 * escaped.  A canvas for terminals without UTF-8 gets ASCII in every cell.
 */
#ifndef VMSDB_CANVAS_H
#define VMSDB_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../debugger/out.h"

/* X(name, of 256 colours, of 8, attributes, as in pictures) */
#define INKS(X) \
	X(PLAIN, -1, -1, 0, "#d4d8df") \
	X(DIM, 246, -1, ATTR_DIM, "#8b93a1") \
	X(BOLD, -1, -1, ATTR_BOLD, "#ffffff") \
	X(HEAD, -1, -1, ATTR_BOLD, "#eef1f5") \
	X(PATH, 253, -1, 0, "#e3e7ee") \
	X(NUMBER, 109, 6, 0, "#8fb5c4") \
	X(SOURCE, 214, 3, 0, "#f0a93b") \
	X(DEST, 75, 4, ATTR_BOLD_IF_8, "#5fb4f2") \
	X(GOOD, 79, 2, 0, "#4fc9a0") \
	X(WARN, 221, 3, 0, "#ecd06a") \
	X(BAD, 203, 1, ATTR_BOLD, "#ff6d64") \
	X(HERE, 231, 7, ATTR_BOLD, "#ffffff") \
	X(KEY, 222, 3, ATTR_BOLD, "#f3d38c") \
	X(FRAME, 239, -1, ATTR_DIM, "#4b515d") \
	X(TITLE, 250, -1, 0, "#b9c0cb") \
	X(INVERSE, 16, 0, 0, "#14161b")

/* The first inks are out.h's styles. */
enum ink {
#define X(id, c256, c8, attr, css) INK_##id,
	INKS(X)
#undef X
	INKS_COUNT
};

/* X(name, of 256 colours, of 8, attributes where there is no colour, picture) */
#define BACKS(X) \
	X(NONE, -1, -1, 0, "#15181e") \
	X(HERE, 238, -1, ATTR_BOLD, "#343c4b")	/* the current event */ \
	X(CURSOR, 24, 4, ATTR_REVERSE, "#1c4f7d")	/* what Enter takes */ \
	X(MARK, 236, -1, ATTR_UNDERLINE, "#2b303a")	/* a cursor without focus */ \
	X(TITLE, 235, -1, 0, "#22262e") \
	X(FOCUS, 24, 4, ATTR_REVERSE, "#17405f") \
	X(STATUS, 236, -1, ATTR_REVERSE, "#2b303a") \
	X(SOURCE, 94, 3, ATTR_UNDERLINE, "#7d5210") \
	X(DEST, 25, 4, ATTR_REVERSE, "#1c568c") \
	X(BOTH, 239, 7, ATTR_REVERSE, "#4a5162") \
	X(GOOD, 36, 2, ATTR_REVERSE, "#3fb58e") \
	X(WARN, 178, 3, ATTR_REVERSE, "#d9b545") \
	X(BAD, 167, 1, ATTR_REVERSE | ATTR_BOLD, "#e0564d")

enum back {
#define X(id, c256, c8, attr, css) BACK_##id,
	BACKS(X)
#undef X
	BACKS_COUNT
};

enum {
	ATTR_BOLD = 1, ATTR_DIM = 2, ATTR_UNDERLINE = 4, ATTR_REVERSE = 8,
	ATTR_BOLD_IF_8 = 16,	/* dark on many terminals */
};

struct colour {
	short c256, c8;
	uint8_t attr;
	const char *css;
};

extern const struct colour ink_colours[INKS_COUNT], back_colours[BACKS_COUNT];

/* X(name, UTF-8, ASCII): marks differ in shape, never only in colour. */
#define GLYPHS(X) \
	X(HERE, "▶", ">")	/* the current event */ \
	X(BREAK, "●", "*") X(BREAK_OFF, "○", "o") \
	X(OK, "✓", "+") X(FAIL, "✗", "X") X(DIVERGE, "≠", "#") \
	X(NOTE, "~", "~") X(GUESS, "?", "?") X(ABSENT, "∅", "0") \
	X(UNREAD, "-", "-") X(REMARK, "✎", "&") \
	X(ONLY_SOURCE, "◁", "<") X(ONLY_DEST, "▷", ">") \
	X(OPEN, "▾", "-") X(CLOSED, "▸", "+") X(LEAF, " ", " ") \
	X(VERTICAL, "│", "|") X(HORIZONTAL, "─", "-") \
	X(DOWN_T, "┬", "+") X(UP_T, "┴", "+") X(CROSS, "┼", "+") \
	X(MORE, "…", "~") X(PATH, "›", ">") X(TREE, "·", ".") \
	X(SCROLL, "█", "#") X(TRACK, "░", ":") X(QUOTE, "“", "\"") \
	X(UNQUOTE, "”", "\"") X(DASH, "–", "-") X(FOCUS, "▌", "[") \
	X(UP, "↑", "^") X(DOWN, "↓", "v") X(LEFT, "←", "<") X(RIGHT, "→", ">")

enum glyph {
#define X(id, utf8, ascii) GLYPH_##id,
	GLYPHS(X)
#undef X
	GLYPHS_COUNT
};

struct cell {
	uint32_t ch;	/* 0: the right half of the wide character before */
	uint8_t ink, back;
};

struct canvas {
	int w, h;
	bool ascii;
	struct cell *cells;
	size_t cap;
	unsigned long drawn;	/* characters put, for tests that count work */
};

struct rect {
	int x, y, w, h;
};

void canvas_init(struct canvas *c, int w, int h, bool ascii);
/* Changes the size; everything is blank after it. */
void canvas_resize(struct canvas *c, int w, int h);
void canvas_clear(struct canvas *c);
void canvas_release(struct canvas *c);

struct cell *canvas_cell(struct canvas *c, int x, int y);
const char *canvas_glyph(const struct canvas *c, enum glyph g);

/* Paint the background of a part; text is not touched. */
void canvas_back(struct canvas *c, int x, int y, int w, enum back back);
void canvas_fill(struct canvas *c, struct rect r, enum back back);
/* Put a glyph @n times, to the right or downwards. */
void canvas_line(struct canvas *c, int x, int y, int n, enum glyph g);
void canvas_column(struct canvas *c, int x, int y, int n, enum glyph g);

/*
 * A pen writes along a row from .x up to .end and stops there; what did not
 * fit is told by an ellipsis in the last column.
 */
struct pen {
	struct canvas *canvas;
	int x, y, end;
	bool cut;
};

struct pen pen_at(struct canvas *c, int x, int y, int width);
void pen_text(struct pen *p, enum ink ink, const char *text);
void pen_print(struct pen *p, enum ink ink, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* For text that has been escaped: its backslashes are not escaped again. */
void pen_safe(struct pen *p, enum ink ink, const char *text);
void pen_glyph(struct pen *p, enum ink ink, enum glyph g);
/* Move to column @x, blanks in between; never back. */
void pen_to(struct pen *p, int x);
/* A text in @width columns and one blank behind; cut if it is longer. */
void pen_cell(struct pen *p, enum ink ink, int width, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* The same text, right-aligned to the pen's end; nothing if it does not fit. */
void pen_right(struct pen *p, enum ink ink, const char *text);

/* Columns that text takes. */
int text_width(const struct canvas *c, const char *text);
/* The next character of UTF-8 text (U+FFFD if it is none) behind *@s. */
uint32_t text_next(const char **s);
/* 0, 1 or 2 columns; -1 for control characters. */
int char_width(uint32_t ch);
/* UTF-8 of @ch into @buf (5 bytes); returns its length. */
int char_utf8(uint32_t ch, char *buf);

/* Rows without the blanks at their ends. */
void canvas_save_text(const struct canvas *c, FILE *f);
void canvas_save_html(const struct canvas *c, FILE *f, const char *title);
void canvas_save_svg(const struct canvas *c, FILE *f, const char *title);

#endif
