/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plain words.  A new diagnosis is a kind in analysis.h, a line in remedies[]
 * and, if it has to be told from others, a test in one of the explain
 * functions.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../stream/stream.h"
#include "analysis-impl.h"
#include "members.h"

static const char *what(const struct event *e)
{
	return e->name && e->name[0] ? e->name :
		event_kind_name((enum event_kind)e->kind);
}

/* "fb.format (uint32, 4 bytes)" */
static const char *leaf_words(struct work *w, const struct timeline *t,
			      uint32_t i)
{
	const struct event *e;

	if (i == EVENT_NONE)
		return "nothing";
	e = &t->events[i];
	switch (e->kind) {
	case EV_FOOTER:
		return "the section's footer";
	case EV_SUBSECTION:
		return words(w, "the header of subsection '%s'", what(e));
	case EV_MARKER:
		return "the end marker of an embedded structure";
	}
	return words(w, "%s (%s, %" PRIu64 " byte%s)", what(e),
		     e->type ? e->type : "type not told", e->len,
		     e->len == 1 ? "" : "s");
}


/*
 * An embedded structure that both sides enter at the same byte, at different
 * versions, and that ends differently: nothing on the wire told.
 */
static bool nested_version(struct work *w, uint32_t s_section,
			   uint32_t d_section, uint64_t off, uint32_t *s_ret,
			   uint32_t *d_ret)
{
	uint32_t d_end = w->d->events[d_section].end;
	uint32_t s_end = w->s->events[s_section].end, first = s_section + 1;

	/* offsets never fall in pre-order: one walk over both sides */
	for (uint32_t i = d_section + 1; i < d_end; i++) {
		const struct event *d = &w->d->events[i];

		if (d->off > off)
			break;
		while (first < s_end && w->s->events[first].off < d->off)
			first++;
		for (uint32_t k = first; d->kind == EV_STRUCT && k < s_end &&
		     w->s->events[k].off == d->off; k++) {
			const struct event *s = &w->s->events[k];

			if (s->kind != EV_STRUCT || s->version == d->version ||
			    strcmp(s->name, d->name) ||
			    (s->off + s->len < off && d->off + d->len < off))
				continue;
			*s_ret = k;
			*d_ret = i;
			return true;
		}
	}
	return false;
}

/* Both sides agree on the field, but not on how many elements it has. */
static bool other_count(const struct work *w, const struct span *s,
			const struct span *d)
{
	const struct event *a, *b;

	if (s->at == EVENT_NONE || d->at == EVENT_NONE)
		return false;
	a = &w->s->events[s->at];
	b = &w->d->events[d->at];
	return a->kind == EV_FIELD && b->kind == EV_FIELD && a->name && b->name &&
		!strcmp(a->name, b->name) && a->off == b->off && a->n != b->n;
}

static enum divergence_kind split_kind(const struct work *w,
				       const struct span *s,
				       const struct span *d)
{
	const struct event *a = s->at == EVENT_NONE ? NULL : &w->s->events[s->at];
	const struct event *b = d->at == EVENT_NONE ? NULL : &w->d->events[d->at];
	bool a_ends = !a || a->kind == EV_FOOTER;
	bool b_ends = !b || b->kind == EV_FOOTER;

	if (a && a->kind == EV_SUBSECTION)
		return b_ends ? DIVERGE_SUBSECTION_UNREAD :
			DIVERGE_SUBSECTION_AS_DATA;
	if (b && b->kind == EV_SUBSECTION)
		return DIVERGE_DATA_AS_SUBSECTION;
	if (a_ends && !b_ends)
		return DIVERGE_TOO_MUCH;
	if (b_ends && !a_ends)
		return DIVERGE_NOT_READ;
	return DIVERGE_LAYOUT;
}

/*
 * One side is still inside a structure that has ended on the other: whose
 * version is the same, but not its fields.
 */
static bool longer_object(struct work *w, const struct span *s,
			  const struct span *d, uint64_t off,
			  struct divergence *x)
{
	uint32_t i, k;
	const struct event *a, *b;
	bool destination;

	if (s->at == EVENT_NONE || d->at == EVENT_NONE)
		return false;
	i = enclosing_struct(w->s, s->at);
	k = enclosing_struct(w->d, d->at);
	if (i == EVENT_NONE || k == EVENT_NONE)
		return false;
	a = &w->s->events[i];
	b = &w->d->events[k];
	if (strcmp(a->name, b->name) || a->off == b->off)
		return false;
	destination = b->off < a->off;
	x->kind = destination ? DIVERGE_TOO_MUCH : DIVERGE_NOT_READ;
	x->place = destination ? place_of(w, w->d, d->at, off) :
		place_of(w, w->s, s->at, off);
	x->text = destination ?
		words(w, "a '%s' (version %d) ends where the destination still "
		      "reads %s of it", a->name, a->version,
		      leaf_words(w, w->d, d->at)) :
		words(w, "a '%s' (version %d) has ended for the destination "
		      "where the source wrote %s of it", b->name, b->version,
		      leaf_words(w, w->s, s->at));
	return true;
}

static bool refused_lookup(const struct work *w, uint32_t d_section,
			   uint64_t off, uint32_t *probe)
{
	const struct event *e = &w->d->events[d_section];

	for (uint32_t i = d_section + 1; i < e->end; i++) {
		const struct event *p = &w->d->events[i];

		if (p->kind == EV_PROBE && p->outcome == OUT_LOOKUP &&
		    p->off + p->len <= off + 300 && p->off + p->len >= off) {
			*probe = i;
			return true;
		}
	}
	return false;
}

static void explain_lookup(struct work *w, struct divergence *x,
			   uint32_t probe)
{
	const struct event *p = &w->d->events[probe];

	x->kind = DIVERGE_SUBSECTION_UNKNOWN;
	x->destination = side_of(w->d, probe);
	x->text = words(w, "the destination's '%s' takes subsection '%s' for "
			"one of its own, but has none of that name", p->name,
			p->type ? p->type : "?");
}

void explain_split(struct work *w, const struct span *s, const struct span *d,
		   uint64_t off, uint32_t s_section, uint32_t d_section)
{
	enum divergence_kind kind = split_kind(w, s, d);
	uint32_t sv, dv, probe;
	struct divergence *x = add_divergence(w, kind, false, off, s->at, d->at);
	const char *wrote = leaf_words(w, w->s, s->at);
	const char *reads = leaf_words(w, w->d, d->at);

	/* where one side ends already, the other one's field is the place */
	if (d->at != EVENT_NONE && w->d->events[d->at].kind != EV_FOOTER &&
	    (s->at == EVENT_NONE || w->s->events[s->at].kind == EV_FOOTER))
		x->place = place_of(w, w->d, d->at, off);
	if (refused_lookup(w, d_section, off, &probe)) {
		explain_lookup(w, x, probe);
		return;
	}
	if (nested_version(w, s_section, d_section, off, &sv, &dv)) {
		const struct event *a = &w->s->events[sv];
		const struct event *b = &w->d->events[dv];

		x->kind = DIVERGE_NESTED_VERSION;
		/* the field of the side that is still inside the structure */
		if (x->destination.there && off >= a->off + a->len &&
		    w->d->events[d->at].kind != EV_FOOTER)
			x->place = place_of(w, w->d, d->at, off);
		x->text = words(w, "embedded '%s' was written at version %d and "
				"is read at version %d: the source wrote %s "
				"where the destination reads %s", a->name,
				a->version, b->version, wrote, reads);
		return;
	}
	if (longer_object(w, s, d, off, x))
		return;
	if (other_count(w, s, d)) {
		x->text = words(w, "'%s' has %" PRIu32 " elements at the source "
				"and %" PRIu32 " at the destination",
				w->s->events[s->at].name,
				w->s->events[s->at].n, w->d->events[d->at].n);
		return;
	}
	x->text = words(w, "the source wrote %s where the destination reads %s",
			wrote, reads);
}

const struct ram_section *broken_ram(const struct work *w,
				     const struct event *e)
{
	const struct ram *ram = &w->source->ram;

	for (size_t i = 0; e->kind == EV_RAM && i < ram->nsections; i++) {
		if (ram->sections[i].start == e->off && ram->sections[i].ret)
			return &ram->sections[i];
	}
	return NULL;
}

static enum divergence_kind failure_kind(const struct work *w,
					 const struct failure *f)
{
	const struct event *e = f->event == EVENT_NONE ? NULL :
		&w->d->events[f->event];

	if (!e)
		return f->ret == -5 ? DIVERGE_CUT_OFF : DIVERGE_FRAMING;
	switch (e->outcome) {
	case OUT_NO_DEVICE:
		return DIVERGE_NO_DEVICE;
	case OUT_TOO_NEW:
	case OUT_TOO_OLD:
		return DIVERGE_VERSION;
	case OUT_LOOKUP:
		return DIVERGE_SUBSECTION_UNKNOWN;
	case OUT_CUT_OFF:
		return DIVERGE_CUT_OFF;
	}
	switch (e->kind) {
	case EV_FOOTER:
		return DIVERGE_FOOTER;
	case EV_RAM:
		return broken_ram(w, e) ? DIVERGE_DAMAGED : DIVERGE_RAM;
	case EV_COMMAND:
		return DIVERGE_COMMAND;
	case EV_CONFIGURATION:
		return DIVERGE_MACHINE;
	case EV_HEADER:
		return DIVERGE_NO_STREAM;
	case EV_LOAD:
		return f->ret == -5 ? DIVERGE_CUT_OFF : DIVERGE_FRAMING;
	}
	return DIVERGE_VALUE;
}

/* The byte meant: where the refused thing stands, not where reading stopped. */
static uint64_t refused_offset(const struct work *w, const struct failure *f,
			       enum divergence_kind kind)
{
	const struct event *e;

	if (f->event == EVENT_NONE)
		return f->offset;
	e = &w->d->events[f->event];
	switch (kind) {
	case DIVERGE_NO_DEVICE:
		if (e->kind == EV_SECTION && e->name && e->name[0] &&
		    registry_find_idstr(&w->dest->registry, e->name))
			return e->off + 1 + 4 + 1 + strlen(e->name);
		return e->kind == EV_SECTION ? e->off + 5 : e->off;
	case DIVERGE_VERSION:
		if (e->kind == EV_SECTION && e->name)
			return e->off + 1 + 4 + 1 + strlen(e->name) + 4;
		return e->off >= 4 ? e->off - 4 : e->off;
	case DIVERGE_SUBSECTION_UNKNOWN:
		return e->off + e->len;	/* the probe claims what was loaded */
	case DIVERGE_CUT_OFF:
		return w->d->src->len;
	case DIVERGE_DAMAGED:
		return broken_ram(w, e)->word;
	case DIVERGE_FRAMING:
		return f->offset ? f->offset - 1 : 0;
	default:
		return e->off;
	}
}

/* 10.2 and later: "load of migration failed: ERRNO: " and then why. */
static const char *reason_in(const char *line)
{
	static const char verdict[] = "load of migration failed: ";
	const char *why = strncmp(line, verdict, sizeof(verdict) - 1) ? NULL :
		strstr(line + sizeof(verdict) - 1, ": ");

	return why ? why + 2 : line;
}

/*
 * Where the source's own account could not read the section that @f is in: its
 * own complaint.  What the destination refuses there need not be what was
 * written.
 */
static const char *own_complaint(const struct work *w, const struct failure *f)
{
	const struct timeline *s = w->source->self ? w->s : NULL;

	for (size_t i = 0; s && f->section != EVENT_NONE && i < s->nfailures;
	     i++) {
		const struct failure *own = &s->failures[i];

		if (own->section != EVENT_NONE && own->nlines &&
		    s->events[own->section].off ==
		    w->d->events[f->section].off)
			return own->lines[0];
	}
	return NULL;
}

void explain_failure(struct work *w, const struct failure *f)
{
	const char *own;
	enum divergence_kind kind = failure_kind(w, f);
	struct divergence *x = add_divergence(w, kind, false,
		refused_offset(w, f, kind), EVENT_NONE, f->event);

	if (kind == DIVERGE_SUBSECTION_UNKNOWN) {
		explain_lookup(w, x, f->event);
		return;
	}
	if (kind == DIVERGE_NO_DEVICE) {
		x->destination.there = false;
		x->destination.field = NULL;	/* see find_instead() */
	}
	if (w->s) {
		/* what the source says stands at this byte */
		uint32_t s = timeline_at(w->s, x->place.offset);

		if (s != EVENT_NONE)
			x->source = side_of(w->s, s);
	}
	x->text = f->why ? f->why : f->nlines ? reason_in(f->lines[0]) :
		  "refused";
	if (kind == DIVERGE_DAMAGED)
		x->text = words(w, "no emulator writes RAM so: %s", x->text);
	own = kind == DIVERGE_VALUE ? own_complaint(w, f) : NULL;
	if (own) {
		x->kind = DIVERGE_DAMAGED;
		x->text = words(w, "the source's own device description does "
				"not fit this section (%s), and the destination "
				"refuses what it reads there: %s", own, x->text);
	}
}

/* ---- the cause as a whole ---- */

static const struct {
	enum divergence_kind kind;
	const char *cause, *remedy;
} remedies[] = {
	{ DIVERGE_NESTED_VERSION,
	  "The version of an embedded structure is not on the wire: the "
	  "destination reads it at its own version.",
	  "Tie the version to the machine type and pass it through with "
	  "VMS_VSTRUCT, or put the new fields into a subsection with a "
	  "`needed` function; until then load it into a build whose "
	  "structure has the source's version." },
	{ DIVERGE_TOO_MUCH,
	  "The destination reads fields that the source never wrote.",
	  "Put the new fields into a subsection with `needed`, or make them "
	  "depend on the section's version or a machine-type property." },
	{ DIVERGE_NOT_READ,
	  "The source wrote fields that the destination does not read.",
	  "Keep the removed fields as VMSTATE_UNUSED, or tie them to the "
	  "machine type." },
	{ DIVERGE_LAYOUT,
	  "The two sides have different layouts for the same bytes.",
	  "Raise the version and tie the layout to the machine type; find the "
	  "change of this descriptor between the two builds." },
	{ DIVERGE_SUBSECTION_AS_DATA,
	  "The destination takes a subsection for the fields behind it.",
	  "Give the destination the subsection, or keep the source from "
	  "sending it (`needed` tied to the machine type)." },
	{ DIVERGE_SUBSECTION_UNREAD,
	  "No descriptor of the destination recognises the subsection, so its "
	  "bytes are taken for the section's end.",
	  "Name the subsection after its parent (\"parent/...\"), or use loader "
	  "rules that know it." },
	{ DIVERGE_SUBSECTION_UNKNOWN,
	  "A subsection was sent that the destination does not have.",
	  "Make the source's `needed` depend on a machine-type property, or "
	  "give the destination the subsection." },
	{ DIVERGE_DATA_AS_SUBSECTION,
	  "A byte of value 5 in the data is taken for the start of a "
	  "subsection.",
	  "Give the descriptor no subsections, or an end marker behind the "
	  "embedded structure." },
	{ DIVERGE_NO_DEVICE,
	  "The destination has no such device or instance.",
	  "Start the destination with the same devices in the same slots, "
	  "hotplugged ones included; for instance ids compare `vmsdb show "
	  "--sections` of both." },
	{ DIVERGE_VERSION,
	  "The stream has a version that the destination does not accept.",
	  "Use the machine type of the source on both sides; a version above "
	  "the destination's own, or below its minimum, cannot be loaded." },
	{ DIVERGE_VALUE,
	  "The destination refuses a value.",
	  "Compare the device's properties on both sides, for a CPU its model "
	  "and accelerator. Where they agree, the stream is damaged, or the "
	  "source was in a state that the destination never takes." },
	{ DIVERGE_RAM,
	  "The guest's RAM blocks differ.",
	  "Use the same memory size, ROM files and machine type on both sides." },
	{ DIVERGE_FOOTER,
	  "The section does not end where the destination expects its end.",
	  "The bytes before are damaged, or one side's layout is not what its "
	  "description says." },
	{ DIVERGE_FRAMING,
	  "Where a section should start there is something else.",
	  "If sections have no footers, the device before it is suspect; "
	  "otherwise the stream is damaged here." },
	{ DIVERGE_COMMAND,
	  "The source sends a command that the destination does not know.",
	  "Use a machine type that the older build knows, or switch off the "
	  "capability that sends it." },
	{ DIVERGE_MACHINE,
	  "The stream was saved by another machine type or configuration.",
	  "Start the destination with the machine type that the stream names." },
	{ DIVERGE_NO_STREAM,
	  "The file does not start as a migration stream does (\"QEVM\", "
	  "version 3).",
	  "Give a migration stream, a libvirt save image, a qcow2 image with "
	  "an internal snapshot, or one of these compressed; a stream that "
	  "starts later in the file needs --offset." },
	{ DIVERGE_MOVED,
	  "Fields of equal size have changed places: all bytes are read, but "
	  "into the wrong fields.",
	  "Do not let this guest run on it; restore the order, or raise the "
	  "version and keep the old order for old machine types." },
	{ DIVERGE_CUT_OFF,
	  "The stream ends too early.",
	  "The source stopped or the file was cut; the place is not the cause. "
	  "Look at the source's log." },
	{ DIVERGE_EARLY_END,
	  "A zero byte where a section should start ends the load successfully.",
	  "Do not let this guest run: part of its state was never loaded." },
	{ DIVERGE_DAMAGED,
	  "These bytes are damaged, or what tells of them is.",
	  "The file was damaged or changed behind the emulator's back." },
	{ DIVERGE_UNREAD_SECTION,
	  "A section that the source wrote is not loaded.",
	  "Do not let this guest run: that device starts with reset values." },
	{ DIVERGE_WRONG_OBJECT,
	  "The destination loads a section over a structure of another type.",
	  "Do not migrate a guest with this device; another display (`-vga "
	  "std`), or none, can be migrated." },
};

static void evidence(struct work *w, const char *line)
{
	struct analysis *a = w->a;

	if (a->nevidence < sizeof(a->evidence) / sizeof(a->evidence[0]))
		a->evidence[a->nevidence++] = line;
}

static void side_evidence(struct work *w, const char *who, const struct side *s)
{
	if (!s->there)
		return;
	evidence(w, words(w, "%s: %s%s%s, %" PRIu64 " byte%s at 0x%" PRIx64 "%s",
			  who, s->field ? s->field : "?", s->type ? " : " : "",
			  s->type ? s->type : "", s->size,
			  s->size == 1 ? "" : "s", s->offset,
			  s->version >= 0 ?
			  words(w, ", descriptor version %d", s->version) : ""));
}

static const char *full_stop(const char *sentence)
{
	return sentence[strlen(sentence) - 1] == '.' ? "" : ".";
}

static bool embeds(const struct desc *d, const char *name, unsigned depth)
{
	for (size_t i = 0; depth && i < d->nfields; i++) {
		const struct desc *x = d->fields[i].desc;

		if (x && (!strcmp(x->name, name) || embeds(x, name, depth - 1)))
			return true;
	}
	return false;
}

/* NULL, or why what was sent (@s) and @d may be one device. */
static const char *alike(struct work *w, const struct desc *s,
			 const struct desc *d)
{
	if (!strcmp(s->name, d->name))
		return words(w, "both are '%s'", s->name);
	if (embeds(d, s->name, 2))
		return words(w, "it embeds '%s', which was sent", s->name);
	if (embeds(s, d->name, 2))
		return words(w, "what was sent embeds '%s'", d->name);
	return NULL;
}

/*
 * A section that nobody takes, and an entry that gets none: perhaps one device
 * that a release has renamed (isa-vga's "vga" is "vga-isa" in 11.1), or another
 * instance of it.
 */
static void find_instead(struct work *w, struct divergence *x)
{
	const struct desc *s = w->s && x->source.there ?
		members_desc_at(w->s, x->source.event) : NULL;
	const struct entry *found = NULL;
	const char *why = NULL;
	uint32_t at = EVENT_NONE;

	for (uint32_t i = 1; s && i < w->d->n; i = w->d->events[i].end) {
		const struct event *e = &w->d->events[i];
		const struct entry *en;
		const char *like;
		enum match how;

		if (e->kind != EV_DEFAULTED)
			continue;
		en = registry_find(&w->dest->registry, e->name, e->instance,
				   &how);
		like = en && en->desc ? alike(w, s, en->desc) : NULL;
		if (like && found)
			return;		/* either, or neither */
		if (like) {
			found = en;
			why = like;
			at = i;
		}
	}
	if (!found)
		return;
	/* it is not what was asked for; it is named all the same */
	x->destination = side_of(w->d, at);
	x->destination.there = false;
	x->destination.desc = found->desc;
	w->a->cause = words(w, "%s Perhaps it is there as '%s' instance %"
			    PRIu32 ", which the stream does not have: %s.",
			    w->a->cause, found->idstr, found->instance, why);
}

/* Does what was read in the section rest on more than its being there? */
static bool is_unsure(const struct work *w, uint32_t section)
{
	for (uint32_t i = section + 1; i < w->d->events[section].end; i++) {
		if (w->d->events[i].guess)
			return true;
	}
	for (size_t i = 0; i < w->d->nunknowns; i++) {
		uint32_t k = w->d->unknowns[i].event;

		if (k > section && k < w->d->events[section].end)
			return true;
	}
	return false;
}

/*
 * Nobody has told the destination's entries (an executable, a dump alone): how
 * much of the stream its descriptors read all the same.
 */
static const char *without_entries(struct work *w)
{
	const struct timeline *d = w->d;
	size_t n = 0, whole = 0, blind = 0;
	const char *first = NULL;

	for (uint32_t i = 1; i < d->n; ) {
		const struct event *e = &d->events[i];

		if (e->kind == EV_SECTION &&
		    (e->section_kind == SECTION_FULL ||
		     e->section_kind == SECTION_START)) {
			bool good = e->outcome == OUT_LOADED && !is_unsure(w, i);

			n++;
			whole += good;
			blind += !good;
			if (!good && !first)
				first = e->name;
		}
		i = e->kind == EV_COMMAND ? i + 1 : e->end;
	}
	return words(w, "Nobody has told which devices the destination has. If "
		     "it has those of the stream, its descriptors read %zu of "
		     "%zu sections to their ends%s. A reference stream of the "
		     "destination would tell the rest.", whole, n, !blind ? "" :
		     words(w, "; how the other%s %s read (%s'%s') depends on "
			   "conditions or lengths that nobody has told",
			   blind == 1 ? "" : "s", blind == 1 ? "is" : "are",
			   blind == 1 ? "" : "the first is ", first));
}

static const char *whats_unknown(struct work *w)
{
	const char *s = w->d->unknowns[0].text;

	if (!w->dest->registry.complete && !w->dest->registry.nentries &&
	    !w->d->nfailures)
		return without_entries(w);
	return words(w, "%s%s%s", strncmp(s, "whether ", 8) ? "Not known: " :
		     "Nobody has told ", s, full_stop(s));
}

void diagnose(struct work *w)
{
	struct analysis *a = w->a;
	const struct divergence *x;

	if (a->first == SIZE_MAX) {
		if (w->d->nunknowns) {
			a->cause_kind = "unknown";
			a->cause = whats_unknown(w);
		}
		return;
	}
	x = &a->divergences[a->first];
	a->cause_kind = divergence_name(x->kind);
	a->cause = x->text;
	for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++) {
		if (remedies[i].kind != x->kind)
			continue;
		a->cause = x->text && x->text[0] ?
			words(w, "%s In this case: %s%s", remedies[i].cause,
			      x->text, full_stop(x->text)) :
			remedies[i].cause;
		a->remedy = remedies[i].remedy;
	}
	side_evidence(w, "source", &x->source);
	side_evidence(w, "destination", &x->destination);
	if (a->first)
		evidence(w, words(w, "before it, at 0x%" PRIx64 " in '%s', %s: "
				  "that alone ends no load",
				  a->divergences[0].place.offset,
				  a->divergences[0].place.idstr ?
				  a->divergences[0].place.idstr : "",
				  a->divergences[0].text));
	if (x->kind == DIVERGE_NO_DEVICE)
		find_instead(w, &a->divergences[a->first]);
	if (a->verdict == VERDICT_UNKNOWN && analysis_is_choice(w))
		a->cause = words(w, "%s This is tentative: several descriptors "
				 "have the name of this section, and nobody "
				 "has told which the destination has for it; a "
				 "reference stream of it would.", a->cause);
	if (a->verdict == VERDICT_UNKNOWN && analysis_may_hide_fields(w))
		a->cause = words(w, "%s Whether it loads is not known: a "
				 "reference stream does not show fields whose "
				 "condition was false when it was written, and "
				 "one of those may be read here; a dump or the "
				 "executable of the destination would tell.",
				 a->cause);
	if (a->failure && a->fails.offset > x->place.offset)
		evidence(w, words(w, "the destination complains %" PRIu64
				  " bytes later, at 0x%" PRIx64,
				  a->fails.offset - x->place.offset,
				  a->fails.offset));

}
