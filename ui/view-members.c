/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The structure around the current field: the members of its descriptor, with
 * offset and type as far as somebody has told them; where debug information
 * tells, the C structure's, and where it is declared.
 */
#include <inttypes.h>
#include <string.h>

#include "view.h"

/* The descriptor at work, and the field of it that we stand on. */
static const struct desc *desc_here(const struct screen *sc,
				    const struct desc_field **field)
{
	const struct timeline *t = sc->s->t;
	const struct event *e = &t->events[sc->s->at];

	*field = e->kind == EV_FIELD ? e->field : NULL;
	/* code-driven state has none of its own: what is around it */
	while (!e->desc && e->parent != EVENT_NONE && e->kind != EV_SECTION) {
		e = &t->events[e->parent];
		if (e->kind == EV_FIELD && !*field)
			*field = e->field;
	}
	/* a section's is its first structure's */
	if (!e->desc && e->kind == EV_SECTION && e->end > e - t->events + 1)
		return e[1].desc;
	return e->desc;
}

static size_t index_of(const struct desc *d, const struct desc_field *f)
{
	return d && f >= d->fields && f < d->fields + d->nfields ?
		(size_t)(f - d->fields) : SIZE_MAX;
}

static void condition_of(const struct desc_field *f, char *buf, size_t size)
{
	if (f->exists == EXISTS_PREDICATE)
		snprintf(buf, size, "if %s", f->exists_name ? f->exists_name :
			 "a condition in code holds");
	else if (f->version > 0)
		snprintf(buf, size, "since v%" PRId32, f->version);
	else
		*buf = '\0';
}

/* "virtio-gpu.h:180": there is no room for the directories. */
static void where_of(const struct c_member *c, char *buf, size_t size)
{
	char all[600];
	const char *slash;

	c_member_where(c, all, sizeof(all));
	slash = strrchr(all, '/');
	snprintf(buf, size, "  %s", slash ? slash + 1 : all);
}

/* What the member is, in C or on the wire. */
static void draw_what(struct pen *p, int width, const struct desc_field *f,
		      const struct c_member *c, bool in_c, bool here)
{
	int type = in_c && width >= 60 ? 20 : width >= 44 ? 14 : 8;
	char count[80];

	if (c)
		pen_cell(p, INK_NUMBER, 7, "+0x%" PRIx64, c->offset);
	else if (f->from_layout)
		pen_cell(p, INK_NUMBER, 7, "+0x%" PRIx64, f->offset);
	pen_cell(p, INK_DIM, type, "%s", c ? c->type : f->type ? f->type : "?");
	show_count(f, count, sizeof(count));
	pen_print(p, here ? INK_HERE : INK_PLAIN, "%s%s", f->name,
		  c ? "" : count);
	if (c && strcmp(c->path, f->name))
		pen_print(p, INK_DIM, " = %s", c->path);
}

static void draw_field(struct canvas *c, struct rect r, int y,
		       const struct desc_field *f, const struct c_member *m,
		       bool in_c, bool here)
{
	struct pen p = pen_at(c, r.x, y, r.w);
	char more[640];

	if (m && !m->path)
		m = NULL;
	pen_glyph(&p, INK_HERE, here ? GLYPH_HERE : GLYPH_LEAF);
	pen_text(&p, INK_PLAIN, " ");
	draw_what(&p, r.w, f, m, in_c, here);
	if (f->desc)
		pen_print(&p, INK_DIM, " : %s v%" PRId32, f->desc->name,
			  f->flags & VMS_VSTRUCT ? f->struct_version :
			  f->desc->version);
	condition_of(f, more, sizeof(more));
	if (*more)
		pen_print(&p, INK_WARN, "  %s", more);
	if (m && m->file) {
		where_of(m, more, sizeof(more));
		pen_right(&p, INK_DIM, more);
	} else if (f->from_size && f->size) {
		snprintf(more, sizeof(more), "  %" PRIu64, f->size);
		pen_right(&p, INK_DIM, more);
	}
	if (here)
		canvas_back(c, r.x, y, r.w, BACK_HERE);
}

static void draw(struct screen *sc, struct canvas *c, struct rect r, bool focus)
{
	struct pane_state *ps = &sc->panes[PANE_MEMBERS];
	const struct desc_field *field;
	const struct desc *d = desc_here(sc, &field);
	uint64_t total = d ? d->nfields + d->nsubs : 0;

	lines_scroll(ps, r.h, total, 1);
	for (int y = 0; y < r.h && ps->top + (uint64_t)y < total; y++) {
		uint64_t i = ps->top + (uint64_t)y;

		if (i < d->nfields) {
			draw_field(c, r, r.y + y, &d->fields[i],
				   session_member(sc->s, false, d,
						  &d->fields[i]),
				   session_members(sc->s, false) != NULL,
				   i == index_of(d, field));
		} else {
			const struct desc *sub = d->subs[i - d->nfields];
			struct pen p = pen_at(c, r.x, r.y + y, r.w);

			pen_cell(&p, INK_DIM, r.w >= 44 ? 16 : 10,
				 "  subsection");
			pen_print(&p, INK_PATH, "%s v%" PRId32, sub->name,
				  sub->version);
		}
		if (focus)
			lines_cursor(sc, c, PANE_MEMBERS, r, i, focus);
	}
	if (!d) {
		struct pen p = pen_at(c, r.x + 2, r.y, r.w - 2);

		pen_text(&p, INK_DIM, "framing: no descriptor");
	}
}

static void title(struct screen *sc, struct pen *p)
{
	const struct desc_field *field;
	const struct desc *d = desc_here(sc, &field);
	const struct c_member *m = d && d->nfields ?
		session_member(sc->s, false, d, &d->fields[0]) : NULL;

	pen_text(p, INK_TITLE, "structure");
	if (!d)
		return;
	if (m && m->structure)
		pen_print(p, INK_PATH, "  %s", m->structure);
	pen_print(p, INK_DIM, "  %s v%" PRId32 "  (%s)", d->name, d->version,
		  desc_from_name((enum desc_from)d->from));
}

static void move(struct screen *sc, enum motion m, uint64_t n)
{
	const struct desc_field *field;
	const struct desc *d = desc_here(sc, &field);

	lines_move(sc, PANE_MEMBERS, m, n, d ? d->nfields + d->nsubs : 0);
}

static void follow(struct screen *sc)
{
	const struct desc_field *field;
	const struct desc *d = desc_here(sc, &field);
	size_t i = index_of(d, field);

	sc->panes[PANE_MEMBERS].cursor = i == SIZE_MAX ? 0 : i;
	sc->panes[PANE_MEMBERS].wandered = false;
}

static bool enter(struct screen *sc, char *line, size_t size)
{
	const struct desc_field *field;
	const struct desc *d = desc_here(sc, &field);
	uint64_t i = sc->panes[PANE_MEMBERS].cursor;

	if (!d || i >= d->nfields || !d->fields[i].desc)
		return false;
	snprintf(line, size, "ptype %s", d->fields[i].desc->name);
	return true;
}

static void click(struct screen *sc, int x, int y)
{
	struct pane_state *ps = &sc->panes[PANE_MEMBERS];

	(void)x;
	ps->cursor = ps->top + (uint64_t)y;
	ps->wandered = true;
}

const struct view view_members = {
	.title = title, .draw = draw, .move = move, .enter = enter,
	.follow = follow, .click = click,
};
