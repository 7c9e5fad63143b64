/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "../stream/escape.h"
#include "../stream/stream.h"
#include "trace.h"

static const char *safe(const char *s, char *buf, size_t size)
{
	return escape_text(buf, size, s ? s : "", s ? strlen(s) : 0);
}

/* The section's header could not be read whole, or has no name. */
static bool is_headless(const struct event *e)
{
	return e->outcome == OUT_CUT_OFF ||
		(e->outcome == OUT_FAILED && !e->name[0] &&
		 (e->section_kind == SECTION_START ||
		  e->section_kind == SECTION_FULL));
}

static void enter(FILE *f, const struct event *e)
{
	char a[1100], b[1100];

	switch (e->kind) {
	case EV_SECTION:
		fprintf(f, "qemu_loadvm_state_section %u\n", e->section_kind);
		if (is_headless(e))
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

/* What the first failure's errno is within event @i; 0 if it lies elsewhere. */
static int failed_within(const struct timeline *t, uint32_t i)
{
	const struct failure *f = t->failures;

	return t->nfailures && f->event != EVENT_NONE && f->event >= i &&
		f->event < t->events[i].end ? f->ret : 0;
}

/* What the hook behind the fields answered. */
static int post_load(const struct timeline *t, uint32_t i)
{
	const struct event *e = &t->events[i];
	const struct failure *f = t->failures;

	if (!t->nfailures || e->outcome == OUT_TOO_NEW ||
	    e->outcome == OUT_TOO_OLD)
		return 0;
	/* the configuration's hook is asked by what stands around it */
	return f->event == i || (f->event == e->parent && e->parent &&
				 t->events[e->parent].kind ==
				 EV_CONFIGURATION) ? f->ret : 0;
}

static void leave(FILE *f, const struct timeline *t, uint32_t i)
{
	const struct event *e = &t->events[i];
	char a[1100];
	int ret;

	/* the dead leave nothing */
	if (failed_within(t, i) && t->failures[0].crash)
		return;
	switch (e->kind) {
	case EV_STRUCT:
		ret = post_load(t, i);
		if (e->outcome == OUT_LOADED || ret)
			fprintf(f, "vmstate_load_state_end %s end/%d\n",
				safe(e->name, a, sizeof(a)), ret);
		break;
	case EV_FIELD:
		ret = failed_within(t, i);
		if (ret && e->desc && e->outcome != OUT_ABSENT)
			fprintf(f, "vmstate_load_field_error field \"%s\" load "
				"failed, ret = %d\n",
				safe(e->name, a, sizeof(a)), ret);
		break;
	case EV_PROBE:
		leave_probe(f, e);
		break;
	case EV_COMMAND:
		fprintf(f, "qemu_loadvm_state_section_command %d\n",
			e->outcome == OUT_LOADED ? 0 : -22);
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
	    is_headless(e))
		return;
	if (i + 1 < e->end && t->events[i + 1].kind == EV_STRUCT)
		desc = t->events[i + 1].name;
	fprintf(f, "vmstate_load %s, %s\n", safe(e->name, a, sizeof(a)),
		safe(desc, b, sizeof(b)));
}

/* Is it before the first section that the load fails? */
static bool fails_early(const struct timeline *t)
{
	const struct failure *f = t->failures;
	uint32_t i = t->nfailures ? f->event : EVENT_NONE;

	for (; i != EVENT_NONE && i; i = t->events[i].parent) {
		if (t->events[i].kind == EV_HEADER ||
		    t->events[i].kind == EV_CONFIGURATION)
			return true;
	}
	return false;
}

/* A device that cannot be migrated: nothing is read at all. */
static bool is_blocked(const struct timeline *t)
{
	return t->nfailures && t->failures[0].event == 0 &&
		t->failures[0].offset < 8;
}

/* The type byte of a section that is none: what the failure says of it. */
static bool is_no_section(const struct timeline *t)
{
	const struct failure *f = t->failures;

	return t->nfailures && f->section == EVENT_NONE && f->ret != -EIO &&
		(f->event == EVENT_NONE || f->event == 0) && f->offset > 8;
}

/* The emulator stops at its first failure; so does its trace. */
static uint32_t trace_end(const struct timeline *t)
{
	const struct failure *f = t->failures;
	uint32_t end = 1;
	uint64_t upto;

	if (!t->nfailures)
		return t->n;
	if (f->section != EVENT_NONE)
		return t->events[f->section].end;
	if (f->event != EVENT_NONE && t->events[f->event].kind != EV_LOAD)
		return t->events[f->event].end;
	/* behind the type byte that is none, or where the stream ends */
	upto = is_no_section(t) ? f->offset - 1 : f->offset;
	while (end < t->n && t->events[end].kind != EV_GAP &&
	       t->events[end].off + t->events[end].len <= upto)
		end = t->events[end].end;
	return end;
}

/* Where the events before @end have come to. */
static uint64_t end_of(const struct timeline *t, uint32_t end)
{
	uint64_t off = 0;

	for (uint32_t i = 1; i < end; i = t->events[i].end)
		off = t->events[i].off + t->events[i].len;
	return off;
}

/* What the main loop has read last, and what it answers. */
static void print_end(FILE *f, const struct timeline *t, uint32_t end)
{
	const struct source *src = t->src;
	uint64_t off = end_of(t, end);

	if (fails_early(t) || (!t->nfailures && !t->reached_eof) ||
	    (t->nfailures && t->failures[0].crash))
		return;
	if (is_no_section(t) && src && off < src->len)
		fprintf(f, "qemu_loadvm_state_section %u\n", src->data[off]);
	fprintf(f, "qemu_loadvm_state_post_main %d\n",
		t->nfailures ? t->failures[0].ret : 0);
}

void trace_print(FILE *f, const struct timeline *t)
{
	uint32_t stack[256], end = trace_end(t), depth = 0;

	if (is_blocked(t))
		return;
	for (uint32_t i = 0; i < end; i++) {
		const struct event *e = &t->events[i];

		if (e->kind == EV_GAP || e->kind == EV_TAIL)
			break;
		while (depth && t->events[stack[depth - 1]].end <= i)
			leave(f, t, stack[--depth]);
		enter(f, e);
		if (e->kind == EV_SECTION)
			enter_section_body(f, t, i);
		if (depth < 256)
			stack[depth++] = i;
	}
	while (depth)
		leave(f, t, stack[--depth]);
	print_end(f, t, end);
}
