/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "../stream/escape.h"
#include "../stream/stream.h"
#include "trace.h"

static const char *safe(const char *s, char *buf, size_t size)
{
	return escape_text(buf, size, s ? s : "", s ? strlen(s) : 0);
}

static void enter(FILE *f, const struct event *e)
{
	char a[1100], b[1100];

	switch (e->kind) {
	case EV_SECTION:
		fprintf(f, "qemu_loadvm_state_section %u\n", e->section_kind);
		if (e->outcome == OUT_CUT_OFF)
			break;
		if (e->section_kind == SECTION_START ||
		    e->section_kind == SECTION_FULL)
			fprintf(f, "qemu_loadvm_state_section_startfull %" PRIu32
				"(%s) %" PRIu32 " %" PRIu32 "\n", e->n,
				safe(e->name, a, sizeof(a)), e->instance,
				(uint32_t)e->version);
		else
			fprintf(f, "qemu_loadvm_state_section_partend %" PRIu32
				"\n", e->n);
		break;
	case EV_STRUCT:
		fprintf(f, "vmstate_load_state %s v%" PRId32 "\n",
			safe(e->name, a, sizeof(a)), e->version);
		if (e->outcome == OUT_TOO_NEW || e->outcome == OUT_TOO_OLD)
			fprintf(f, "vmstate_load_state_end %s too %s/-22\n", a,
				e->outcome == OUT_TOO_NEW ? "new" : "old");
		break;
	case EV_FIELD:
		if (!e->desc)
			break;	/* an old-style body is not traced */
		fprintf(f, "vmstate_load_state_field %s:%s exists=%d\n",
			safe(e->desc->name, a, sizeof(a)),
			safe(e->name, b, sizeof(b)), e->outcome != OUT_ABSENT);
		if (e->outcome == OUT_ABSENT)
			break;
		fprintf(f, "vmstate_n_elems %s: %" PRIu32 "\n", b, e->n);
		if (e->field && e->field->flags & VMS_ALLOC)
			fprintf(f, "vmstate_n_elems %s: %" PRIu32 "\n", b, e->n);
		break;
	case EV_PROBE:
		fprintf(f, "vmstate_subsection_load %s\n",
			safe(e->name, a, sizeof(a)));
		break;
	case EV_COMMAND:
		fprintf(f, "qemu_loadvm_state_section %d\n", SECTION_COMMAND);
		break;
	case EV_EOF:
		fprintf(f, "qemu_loadvm_state_section %d\n", SECTION_EOF);
		break;
	}
}

static void leave_probe(FILE *f, const struct event *e)
{
	char parent[1100], sub[1100];

	safe(e->name, parent, sizeof(parent));
	safe(e->type, sub, sizeof(sub));
	switch (e->outcome) {
	case OUT_GOOD:
		fprintf(f, "vmstate_subsection_load_good %s\n", parent);
		break;
	case OUT_SHORT:
		fprintf(f, "vmstate_subsection_load_bad %s: (short)/\n", parent);
		break;
	case OUT_PREFIX:
		fprintf(f, "vmstate_subsection_load_bad %s: %s/(prefix)\n",
			parent, sub);
		break;
	case OUT_LOOKUP:
		fprintf(f, "vmstate_subsection_load_bad %s: %s/(lookup)\n",
			parent, sub);
		break;
	case OUT_CHILD:
		fprintf(f, "vmstate_subsection_load_bad %s: %s/(child)\n",
			parent, sub);
		break;
	}
}

static void leave(FILE *f, const struct event *e, const struct timeline *t)
{
	char a[1100];

	switch (e->kind) {
	case EV_STRUCT:
		if (e->outcome == OUT_LOADED)
			fprintf(f, "vmstate_load_state_end %s end/0\n",
				safe(e->name, a, sizeof(a)));
		break;
	case EV_PROBE:
		leave_probe(f, e);
		break;
	case EV_COMMAND:
		fprintf(f, "qemu_loadvm_state_section_command %d\n",
			e->outcome == OUT_LOADED ? 0 : -22);
		break;
	case EV_EOF:
		fprintf(f, "qemu_loadvm_state_post_main %d\n",
			t->nfailures ? t->failures[0].ret : 0);
		break;
	}
}

/* "vmstate_load NAME, DESCRIPTOR" comes behind the section's header. */
static void enter_section_body(FILE *f, const struct timeline *t, uint32_t i)
{
	const struct event *e = &t->events[i];
	const char *desc = "(old)";
	char a[1100], b[1100];

	if (e->outcome == OUT_NO_DEVICE || e->outcome == OUT_TOO_NEW ||
	    e->outcome == OUT_CUT_OFF)
		return;
	if (i + 1 < e->end && t->events[i + 1].kind == EV_STRUCT)
		desc = t->events[i + 1].name;
	fprintf(f, "vmstate_load %s, %s\n", safe(e->name, a, sizeof(a)),
		safe(desc, b, sizeof(b)));
}

/* The emulator stops at its first failure; so does its trace. */
static uint32_t trace_end(const struct timeline *t)
{
	const struct failure *f;
	uint32_t end;

	if (!t->nfailures)
		return t->n;
	f = &t->failures[0];
	if (f->section != EVENT_NONE)
		end = t->events[f->section].end;
	else if (f->event != EVENT_NONE && t->events[f->event].kind != EV_LOAD)
		end = t->events[f->event].end;
	else
		end = t->n;
	return end;
}

void trace_print(FILE *f, const struct timeline *t)
{
	uint32_t stack[256], end = trace_end(t), depth = 0;

	for (uint32_t i = 0; i < end; i++) {
		const struct event *e = &t->events[i];

		if (e->kind == EV_GAP || e->kind == EV_TAIL)
			break;
		while (depth && t->events[stack[depth - 1]].end <= i)
			leave(f, &t->events[stack[--depth]], t);
		enter(f, e);
		if (e->kind == EV_SECTION)
			enter_section_body(f, t, i);
		if (depth < 256)
			stack[depth++] = i;
	}
	while (depth)
		leave(f, &t->events[stack[--depth]], t);
}
