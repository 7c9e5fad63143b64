/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../stream/arena.h"
#include "../stream/escape.h"
#include "canvas.h"

#define MAX_TEXT 8192

const struct colour ink_colours[INKS_COUNT] = {
#define X(id, c256, c8, attr, css) { c256, c8, attr, css },
	INKS(X)
#undef X
};

const struct colour back_colours[BACKS_COUNT] = {
#define X(id, c256, c8, attr, css) { c256, c8, attr, css },
	BACKS(X)
#undef X
};

static const struct {
	const char *utf8, *ascii;
} glyphs[GLYPHS_COUNT] = {
#define X(id, utf8, ascii) { utf8, ascii },
	GLYPHS(X)
#undef X
};

/* ---- characters ---- */

/* Ranges of East Asian wide characters, and pictures shown as wide. */
static const uint32_t wide[][2] = {
	{ 0x1100, 0x115f }, { 0x231a, 0x231b }, { 0x2329, 0x232a },
	{ 0x23e9, 0x23ec }, { 0x25fd, 0x25fe }, { 0x2614, 0x2615 },
	{ 0x2e80, 0x303e }, { 0x3041, 0x33ff }, { 0x3400, 0x4dbf },
	{ 0x4e00, 0x9fff }, { 0xa000, 0xa4cf }, { 0xa960, 0xa97f },
	{ 0xac00, 0xd7a3 }, { 0xf900, 0xfaff }, { 0xfe30, 0xfe6f },
	{ 0xff00, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f },
	{ 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};

/* Marks that stand on the character before, and what shows nothing. */
static const uint32_t zero[][2] = {
	{ 0x00ad, 0x00ad }, { 0x0300, 0x036f }, { 0x0483, 0x0489 },
	{ 0x0591, 0x05bd }, { 0x0610, 0x061a }, { 0x064b, 0x065f },
	{ 0x06d6, 0x06dc }, { 0x0900, 0x0902 }, { 0x0e31, 0x0e31 },
	{ 0x0e34, 0x0e3a }, { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff },
	{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },
	{ 0x20d0, 0x20ff }, { 0x302a, 0x302d }, { 0x3099, 0x309a },
	{ 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f }, { 0xfeff, 0xfeff },
	{ 0xe0000, 0xe0fff },
};

static bool in_ranges(const uint32_t (*r)[2], size_t n, uint32_t ch)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ch > r[mid][1])
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && ch >= r[lo][0];
}

int char_width(uint32_t ch)
{
	if (ch < 0x20 || (ch >= 0x7f && ch < 0xa0))
		return -1;
	if (ch < 0xad)
		return 1;
	if (in_ranges(zero, sizeof(zero) / sizeof(zero[0]), ch))
		return 0;
	return in_ranges(wide, sizeof(wide) / sizeof(wide[0]), ch) ? 2 : 1;
}

uint32_t text_next(const char **s)
{
	const uint8_t *p = (const uint8_t *)*s;
	int n = *p < 0x80 ? 0 : *p < 0xc2 ? -1 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 :
		*p < 0xf5 ? 3 : -1;
	uint32_t ch = n <= 0 ? *p : *p & (0x3fu >> n);

	if (!*p)
		return 0;
	(*s)++;
	if (n < 0)
		return 0xfffd;
	for (int i = 0; i < n; i++) {
		if ((p[i + 1] & 0xc0) != 0x80)
			return 0xfffd;
		ch = ch << 6 | (p[i + 1] & 0x3f);
		(*s)++;
	}
	return ch;
}

int char_utf8(uint32_t ch, char *buf)
{
	int n = ch < 0x80 ? 1 : ch < 0x800 ? 2 : ch < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	buf[n] = '\0';
	for (int i = n - 1; i > 0; i--, ch >>= 6)
		buf[i] = (char)(0x80 | (ch & 0x3f));
	buf[0] = (char)(lead[n] | ch);
	return n;
}

/* ---- the grid ---- */

void canvas_init(struct canvas *c, int w, int h, bool ascii)
{
	*c = (struct canvas){ .ascii = ascii };
	canvas_resize(c, w, h);
}

void canvas_resize(struct canvas *c, int w, int h)
{
	c->w = w > 0 ? w : 0;
	c->h = h > 0 ? h : 0;
	c->cells = grow_array(c->cells, &c->cap, (size_t)c->w * (size_t)c->h + 1,
			      sizeof(*c->cells));
	canvas_clear(c);
}

void canvas_clear(struct canvas *c)
{
	for (int i = 0; i < c->w * c->h; i++)
		c->cells[i] = (struct cell){ ' ', INK_PLAIN, BACK_NONE };
}

void canvas_release(struct canvas *c)
{
	free(c->cells);
	*c = (struct canvas){ 0 };
}

struct cell *canvas_cell(struct canvas *c, int x, int y)
{
	if (x < 0 || y < 0 || x >= c->w || y >= c->h)
		return NULL;
	return &c->cells[y * c->w + x];
}

const char *canvas_glyph(const struct canvas *c, enum glyph g)
{
	return c->ascii ? glyphs[g].ascii : glyphs[g].utf8;
}

void canvas_back(struct canvas *c, int x, int y, int w, enum back back)
{
	for (int i = x; i < x + w; i++) {
		struct cell *cell = canvas_cell(c, i, y);

		if (cell)
			cell->back = (uint8_t)back;
	}
}

void canvas_fill(struct canvas *c, struct rect r, enum back back)
{
	for (int y = r.y; y < r.y + r.h; y++)
		canvas_back(c, r.x, y, r.w, back);
}

void canvas_line(struct canvas *c, int x, int y, int n, enum glyph g)
{
	struct pen p = pen_at(c, x, y, n);

	while (p.x < p.end)
		pen_glyph(&p, INK_FRAME, g);
}

void canvas_column(struct canvas *c, int x, int y, int n, enum glyph g)
{
	for (int i = 0; i < n; i++) {
		struct pen p = pen_at(c, x, y + i, 1);

		pen_glyph(&p, INK_FRAME, g);
	}
}

/* ---- pens ---- */

struct pen pen_at(struct canvas *c, int x, int y, int width)
{
	struct pen p = { c, x, y, x + width, false };

	if (p.end > c->w)
		p.end = c->w;
	return p;
}

static void put_cell(struct pen *p, uint32_t ch, enum ink ink)
{
	struct cell *cell = canvas_cell(p->canvas, p->x++, p->y);

	if (!cell)
		return;
	cell->ch = ch;
	cell->ink = (uint8_t)ink;
	p->canvas->drawn++;
}

/* The last column tells that there was more. */
static void cut(struct pen *p, enum ink ink)
{
	const char *more = canvas_glyph(p->canvas, GLYPH_MORE);
	struct cell *last = canvas_cell(p->canvas, p->end - 1, p->y);

	p->cut = true;
	p->x = p->end;
	if (!last)
		return;
	if (!last->ch) {	/* the left half of a wide one goes too */
		struct cell *left = canvas_cell(p->canvas, p->end - 2, p->y);

		if (left)
			left->ch = ' ';
	}
	last->ch = text_next(&more);
	last->ink = (uint8_t)ink;
}

static void put_char(struct pen *p, uint32_t ch, int width, enum ink ink)
{
	if (p->cut)
		return;
	if (p->x + width > p->end) {
		cut(p, ink);
		return;
	}
	put_cell(p, ch, ink);
	if (width == 2)
		put_cell(p, 0, ink);
}

/* Our own signs have an ASCII twin; of all others the number is shown. */
static const char *ascii_of(uint32_t ch, char *buf, size_t size)
{
	char utf8[5];

	char_utf8(ch, utf8);
	for (int i = 0; i < GLYPHS_COUNT; i++) {
		if (!strcmp(glyphs[i].utf8, utf8))
			return glyphs[i].ascii;
	}
	snprintf(buf, size, "\\u%04x", ch);
	return buf;
}

static void put_any(struct pen *p, uint32_t ch, enum ink ink)
{
	int width = char_width(ch);
	char buf[16];
	const char *s = buf;

	if (width > 0 && (ch < 0x80 || !p->canvas->ascii)) {
		put_char(p, ch, width, ink);
		return;
	}
	if (width > 0)
		s = ascii_of(ch, buf, sizeof(buf));
	else
		snprintf(buf, sizeof(buf), "\\u%04x", ch);
	while (*s)
		put_char(p, (uint8_t)*s++, 1, ink);
}

void pen_safe(struct pen *p, enum ink ink, const char *text)
{
	while (*text && !p->cut)
		put_any(p, text_next(&text), ink);
}

void pen_text(struct pen *p, enum ink ink, const char *text)
{
	char safe[MAX_TEXT];

	pen_safe(p, ink, escape_text(safe, sizeof(safe), text, strlen(text)));
}

void pen_print(struct pen *p, enum ink ink, const char *fmt, ...)
{
	char buf[MAX_TEXT / 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	pen_text(p, ink, buf);
}

void pen_glyph(struct pen *p, enum ink ink, enum glyph g)
{
	const char *s = canvas_glyph(p->canvas, g);

	put_char(p, text_next(&s), 1, ink);
}

void pen_to(struct pen *p, int x)
{
	while (p->x < x && p->x < p->end)
		put_cell(p, ' ', INK_PLAIN);
}

void pen_cell(struct pen *p, enum ink ink, int width, const char *fmt, ...)
{
	char buf[MAX_TEXT / 2];
	struct pen part = *p;
	va_list ap;

	if (width <= 0)
		return;
	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (part.end > p->x + width)
		part.end = p->x + width;
	width += p->x + 1;
	pen_text(&part, ink, buf);
	p->x = part.x;
	pen_to(p, width);
}

int text_width(const struct canvas *c, const char *text)
{
	char safe[MAX_TEXT], buf[16];
	const char *s = escape_text(safe, sizeof(safe), text, strlen(text));
	int n = 0;

	while (*s) {
		uint32_t ch = text_next(&s);
		int w = char_width(ch);

		if (w <= 0)
			w = snprintf(buf, sizeof(buf), "\\u%04x", ch);
		else if (c->ascii && ch >= 0x80)
			w = (int)strlen(ascii_of(ch, buf, sizeof(buf)));
		n += w;
	}
	return n;
}

void pen_right(struct pen *p, enum ink ink, const char *text)
{
	int x = p->end - text_width(p->canvas, text);

	if (x < p->x || p->cut)
		return;
	pen_to(p, x);
	pen_text(p, ink, text);
}

/* ---- files ---- */

void canvas_save_text(const struct canvas *c, FILE *f)
{
	char buf[5];

	for (int y = 0; y < c->h; y++) {
		const struct cell *row = &c->cells[y * c->w];
		int n = c->w;

		while (n && row[n - 1].ch == ' ')
			n--;
		for (int x = 0; x < n; x++) {
			if (!row[x].ch)
				continue;
			char_utf8(row[x].ch, buf);
			fputs(buf, f);
		}
		fputc('\n', f);
	}
}

static void put_xml(FILE *f, uint32_t ch)
{
	char buf[5];

	switch (ch) {
	case '&': fputs("&amp;", f); break;
	case '<': fputs("&lt;", f); break;
	case '>': fputs("&gt;", f); break;
	case '"': fputs("&quot;", f); break;
	default:
		char_utf8(ch, buf);
		fputs(buf, f);
	}
}

static void put_xml_text(FILE *f, const char *s)
{
	char safe[1024];
	const char *p = escape_text(safe, sizeof(safe), s, strlen(s));

	while (*p)
		put_xml(f, text_next(&p));
}

/* Cells from @x on that look the same. */
static int run_length(const struct canvas *c, int x, int y, bool back_only)
{
	const struct cell *row = &c->cells[y * c->w];
	int n = x + 1;

	while (n < c->w && row[n].back == row[x].back &&
	       (back_only || row[n].ink == row[x].ink))
		n++;
	return n - x;
}

void canvas_save_html(const struct canvas *c, FILE *f, const char *title)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	      "<title>", f);
	put_xml_text(f, title);
	fprintf(f, "</title>\n<style>\nbody { background: %s; margin: 1em }\n"
		"pre { font: 14px/1.25 'DejaVu Sans Mono', Menlo, Consolas, "
		"monospace }\n", back_colours[BACK_NONE].css);
	for (int i = 0; i < INKS_COUNT; i++)
		fprintf(f, ".i%d { color: %s%s }\n", i, ink_colours[i].css,
			ink_colours[i].attr & ATTR_BOLD ?
			"; font-weight: bold" : "");
	for (int i = 1; i < BACKS_COUNT; i++)
		fprintf(f, ".b%d { background: %s }\n", i, back_colours[i].css);
	fputs("</style></head><body><pre>\n", f);
	for (int y = 0; y < c->h; y++) {
		for (int x = 0; x < c->w; ) {
			const struct cell *cell = &c->cells[y * c->w + x];
			int n = run_length(c, x, y, false);

			fprintf(f, "<span class=\"i%d b%d\">", cell->ink,
				cell->back);
			for (int i = 0; i < n; i++) {
				if (cell[i].ch)
					put_xml(f, cell[i].ch);
			}
			fputs("</span>", f);
			x += n;
		}
		fputc('\n', f);
	}
	fputs("</pre></body></html>\n", f);
}

enum { CELL_W = 9, CELL_H = 19, BASELINE = 14, MARGIN = 12 };

static void svg_backs(const struct canvas *c, FILE *f, int y)
{
	for (int x = 0, n; x < c->w; x += n) {
		uint8_t back = c->cells[y * c->w + x].back;

		n = run_length(c, x, y, true);
		if (back != BACK_NONE)
			fprintf(f, "<rect x=\"%d\" y=\"%d\" width=\"%d\" "
				"height=\"%d\" fill=\"%s\"/>\n",
				MARGIN + x * CELL_W, MARGIN + y * CELL_H,
				n * CELL_W, CELL_H, back_colours[back].css);
	}
}

/* Lines are drawn, so that they join whatever the font does. */
static bool svg_drawn(FILE *f, const struct cell *cell, int x, int y)
{
	int left = MARGIN + x * CELL_W, top = MARGIN + y * CELL_H;
	int mx = left + CELL_W / 2, my = top + CELL_H / 2;
	const char *css = ink_colours[cell->ink].css;
	bool v = cell->ch == 0x2502 || cell->ch == 0x253c;
	bool h = cell->ch == 0x2500 || cell->ch == 0x253c ||
		cell->ch == 0x252c || cell->ch == 0x2534;

	if (cell->ch == 0x258c) {
		fprintf(f, "<rect x=\"%d\" y=\"%d\" width=\"4\" height=\"%d\" "
			"fill=\"%s\"/>\n", left, top, CELL_H, css);
		return true;
	}
	if (v || cell->ch == 0x252c || cell->ch == 0x2534)
		fprintf(f, "<path d=\"M%d.5 %dV%d\" stroke=\"%s\"/>\n", mx,
			cell->ch == 0x252c ? my : top,
			cell->ch == 0x2534 ? my : top + CELL_H, css);
	if (h)
		fprintf(f, "<path d=\"M%d %d.5H%d\" stroke=\"%s\"/>\n", left,
			my, left + CELL_W, css);
	return v || h || cell->ch == 0x252c || cell->ch == 0x2534;
}

/* One word: each begins in its own column, so no font can shift the row. */
static int svg_word(const struct canvas *c, FILE *f, int x, int y)
{
	const struct cell *row = &c->cells[y * c->w];
	const struct colour *ink = &ink_colours[row[x].ink];
	int n = 0;
	bool plain = row[x].ch < 0x80;

	while (x + n < c->w && row[x + n].ch != ' ' &&
	       row[x + n].ink == row[x].ink &&
	       (plain ? row[x + n].ch < 0x80 : !n || !row[x + n].ch))
		n++;
	fprintf(f, "<text x=\"%d\" y=\"%d\" fill=\"%s\"%s textLength=\"%d\">",
		MARGIN + x * CELL_W, MARGIN + y * CELL_H + BASELINE, ink->css,
		ink->attr & ATTR_BOLD ? " font-weight=\"bold\"" : "",
		n * CELL_W);
	for (int i = 0; i < n; i++) {
		if (row[x + i].ch)
			put_xml(f, row[x + i].ch);
	}
	fputs("</text>\n", f);
	return n ? n : 1;
}

void canvas_save_svg(const struct canvas *c, FILE *f, const char *title)
{
	int w = c->w * CELL_W + 2 * MARGIN, h = c->h * CELL_H + 2 * MARGIN;

	fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		"height=\"%d\" viewBox=\"0 0 %d %d\">\n<title>", w, h, w, h);
	put_xml_text(f, title);
	fprintf(f, "</title>\n<rect width=\"%d\" height=\"%d\" rx=\"8\" "
		"fill=\"%s\"/>\n<g font-family=\"'DejaVu Sans Mono', Menlo, "
		"Consolas, monospace\" font-size=\"14.5\" "
		"lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\">\n",
		w, h, back_colours[BACK_NONE].css);
	for (int y = 0; y < c->h; y++)
		svg_backs(c, f, y);
	for (int y = 0; y < c->h; y++) {
		for (int x = 0; x < c->w; ) {
			const struct cell *cell = &c->cells[y * c->w + x];

			if (cell->ch == ' ' || !cell->ch ||
			    svg_drawn(f, cell, x, y))
				x++;
			else
				x += svg_word(c, f, x, y);
		}
	}
	fputs("</g></svg>\n", f);
}
