/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view.h - the screen's state, and the views that draw parts of it.
 *
 * A view is a function from the session to cells.  It touches what is visible
 * and what lies on the path to it, never the whole load: a key stays fast
 * however many events there are.  What would need the whole load is made once,
 * when the load is made (screen_refresh()).
 */
#ifndef VMSDB_VIEW_H
#define VMSDB_VIEW_H

#include "../debugger/command.h"
#include "aligned.h"
#include "canvas.h"
#include "edit.h"
#include "log.h"

/* X(name, "focus NAME") */
#define PANES(X) \
	X(TREE, "tree") \
	X(SIDES, "compare") \
	X(BYTES, "bytes") \
	X(MEMBERS, "structure") \
	X(DIVERGENCES, "divergences") \
	X(BREAKPOINTS, "breakpoints") \
	X(CHANGES, "changes") \
	X(MESSAGES, "messages")

enum pane {
#define X(id, name) PANE_##id,
	PANES(X)
#undef X
	PANES_COUNT
};

const char *pane_name(enum pane p);

#define MOTIONS(X) \
	X(UP, "up") X(DOWN, "down") X(LEFT, "left") X(RIGHT, "right") \
	X(PAGE_UP, "page-up") X(PAGE_DOWN, "page-down") \
	X(HALF_UP, "half-up") X(HALF_DOWN, "half-down") \
	X(TOP, "top") X(BOTTOM, "bottom") X(HERE, "here")

enum motion {
#define X(id, name) MOTION_##id,
	MOTIONS(X)
#undef X
	MOTIONS_COUNT
};

/* Where a pane is, and where in its lines it stands. */
struct pane_state {
	struct rect at;		/* with its title; .h is 0 if it is not shown */
	uint64_t top, cursor;	/* lines; events in the tree */
	bool wandered;		/* the cursor is not where the session is */
};

enum overlay { OVERLAY_NONE, OVERLAY_KEYS, OVERLAY_PAGER };

/* Whose lines are typed. */
enum prompt {
	PROMPT_NONE, PROMPT_COMMAND, PROMPT_SEARCH, PROMPT_REVERSE,
	PROMPT_FILTER,
};

struct screen {
	struct session *s;
	struct log log;
	/* Made by screen_refresh() when the load is another. */
	bool fresh;
	unsigned generation;
	struct aligned rows;
	uint32_t *parts;	/* events where the sides part or the load fails */
	size_t nparts, parts_cap;
	uint32_t beyond;	/* from here on the emulator never comes */
	uint8_t *opened, *closed;	/* by the user; a bit for each event */
	uint32_t seen;		/* s->at when it was drawn last */

	struct pane_state panes[PANES_COUNT];
	enum pane focus;
	unsigned layout;
	bool zoomed;
	int unlocked;		/* 0 together, 1 the source's side, 2 the other */
	uint64_t side_top[2];	/* of the sides while they are unlocked */
	unsigned bytes_per_row;

	enum overlay overlay;
	uint64_t overlay_top;
	enum prompt prompt;
	struct edit edit;
	char search[512];
	bool searching, search_back;
	uint32_t prefix;	/* "r" of "rs" */
	uint64_t count;
	bool redraw;		/* the terminal may hold something else */
	/* Events looked at since it was set to 0: tests bound it. */
	unsigned long work;
};

struct view {
	void (*title)(struct screen *sc, struct pen *p);
	void (*draw)(struct screen *sc, struct canvas *c, struct rect r,
		     bool focus);
	/* Move the cursor (s->at does not change). */
	void (*move)(struct screen *sc, enum motion m, uint64_t n);
	/* The line that Enter runs there; false if it has nothing to run. */
	bool (*enter)(struct screen *sc, char *line, size_t size);
	/* The session stands elsewhere: go there. */
	void (*follow)(struct screen *sc);
	/* Put the cursor on this line of the pane, that column. */
	void (*click)(struct screen *sc, int x, int y);
};

extern const struct view view_tree, view_sides, view_bytes, view_members,
	view_divergences, view_breakpoints, view_changes, view_messages;
extern const struct view *const views[PANES_COUNT];

/* ---- lines of panes that have a fixed number ---- */

/* Lines that show, without the title. */
int pane_height(const struct screen *sc, enum pane p);
void lines_move(struct screen *sc, enum pane p, enum motion m, uint64_t n,
		uint64_t total);
/* Before drawing: keep the cursor in sight, @margin lines from the edges. */
void lines_scroll(struct pane_state *ps, int height, uint64_t total,
		  int margin);
/* The cursor's line, as the focus has it. */
void lines_cursor(const struct screen *sc, struct canvas *c, enum pane p,
		  struct rect r, uint64_t line, bool focus);

/* ---- what several views say of an event ---- */

struct mark {
	enum glyph glyph;
	enum ink ink;
};

/* Its outcome, or what is found there; a blank if all is well. */
struct mark event_mark(struct screen *sc, uint32_t event);
/* Is there a divergence or failure strictly inside of the event? */
bool event_hides_part(const struct screen *sc, uint32_t event);
/* A breakpoint or remark. */
struct mark stop_mark(const struct screen *sc, uint32_t event);
/* "scanout[1]", "subsection?" ... without its type. */
void event_label(const struct timeline *t, uint32_t event, char *buf,
		 size_t size);
/* Is it behind what the destination never reaches? */
bool event_is_beyond(const struct screen *sc, uint32_t event);

/* ---- those that are not panes ---- */

void view_status(struct screen *sc, struct canvas *c, int y);
void view_command_line(struct screen *sc, struct canvas *c, int y);
void view_keys(struct screen *sc, struct canvas *c, struct rect r);
void view_pager(struct screen *sc, struct canvas *c, struct rect r);
uint64_t pager_lines(const struct screen *sc);

#endif
