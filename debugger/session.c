/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../stream/cursor.h"
#include "ahead.h"
#include "command-impl.h"
#include "live/capture.h"
#include "live/real.h"
#include "members.h"
#include "recording.h"
#include "value.h"

/*
 * Which event of one side is which of the other, by path: what a field is
 * called and stands in decides, not where its bytes lie.
 */
struct sides {
	uint32_t *source_of;	/* [destination's event] */
	uint32_t *dest_of;	/* [source's event] */
	uint32_t *divergences;	/* destination's event of each */
	uint32_t ndest, nsource;
};

const char *stop_name(enum stop_reason r)
{
	static const char *const names[] = {
#define X(id, name, help) name,
		STOPS(X)
#undef X
	};

	return names[r];
}

/* ---- paths as numbers ---- */

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

static uint64_t mix_text(uint64_t h, const char *s)
{
	uint64_t v = 0xcbf29ce484222325u;

	for (; s && *s; s++)
		v = (v ^ (uint8_t)*s) * 0x100000001b3u;
	return mix(h, v);
}

/* One number for each event, made of its parent's and its own name. */
static uint64_t *path_numbers(const struct timeline *t)
{
	uint64_t *h = NULL;
	size_t cap = 0;

	h = grow_array(h, &cap, t->n, sizeof(*h));
	for (uint32_t i = 0; i < t->n; i++) {
		const struct event *e = &t->events[i];

		h[i] = mix(e->parent == EVENT_NONE ? 1 : h[e->parent], e->kind);
		if (e->kind == EV_STRUCT)
			h[i] = mix(h[i], e->elem);
		else if (e->kind == EV_SECTION)
			h[i] = mix(h[i], (uint64_t)e->instance << 8 |
				   e->section_kind);
		/* a probe is named after what asks, and by what it found */
		h[i] = mix_text(h[i], e->kind == EV_PROBE ? "" : e->name);
	}
	return h;
}

static uint32_t *none(uint32_t n)
{
	size_t cap = 0;
	uint32_t *v = grow_array(NULL, &cap, (size_t)n + 1, sizeof(*v));

	memset(v, 0xff, ((size_t)n + 1) * sizeof(*v));
	return v;
}

/* Pair the k-th event of a path on one side with the k-th on the other. */
static void pair(struct sides *p, const uint64_t *hs, const uint64_t *hd)
{
	uint32_t size = 16, *heads, *next = none(p->nsource);

	while (size < p->nsource * 2)
		size *= 2;
	heads = none(size);
	for (uint32_t i = p->nsource; i--; ) {
		next[i] = heads[hs[i] & (size - 1)];
		heads[hs[i] & (size - 1)] = i;
	}
	for (uint32_t i = 0; i < p->ndest; i++) {
		uint32_t *at = &heads[hd[i] & (size - 1)];

		while (*at != EVENT_NONE && hs[*at] != hd[i])
			at = &next[*at];
		if (*at == EVENT_NONE)
			continue;
		p->source_of[i] = *at;
		p->dest_of[*at] = i;
		*at = next[*at];
	}
	free(heads);
	free(next);
}

/* The last event that starts at or before @off. */
static uint32_t nearest(const struct timeline *t, uint64_t off)
{
	uint32_t i = timeline_at(t, off), lo = 0, hi = t->n;

	if (i != EVENT_NONE)
		return i;
	while (lo + 1 < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (t->events[mid].off <= off)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

static uint32_t place_divergence(const struct timeline *t,
				 const struct divergence *d)
{
	if (d->destination.there && d->destination.event < t->n)
		return d->destination.event;
	return nearest(t, d->place.there ? d->place.offset : d->source.offset);
}

static struct sides *sides_new(const struct timeline *src,
			       const struct timeline *t,
			       const struct analysis *a)
{
	struct sides *p = calloc(1, sizeof(*p));
	uint64_t *hs, *hd;

	if (!p)
		abort();
	p->ndest = t->n;
	p->nsource = src ? src->n : 0;
	p->source_of = none(p->ndest);
	p->dest_of = none(p->nsource);
	p->divergences = none((uint32_t)a->ndivergences);
	for (size_t i = 0; i < a->ndivergences; i++)
		p->divergences[i] = place_divergence(t, &a->divergences[i]);
	if (!src)
		return p;
	hs = path_numbers(src);
	hd = path_numbers(t);
	pair(p, hs, hd);
	free(hs);
	free(hd);
	return p;
}

static void sides_free(struct sides *p)
{
	if (!p)
		return;
	free(p->source_of);
	free(p->dest_of);
	free(p->divergences);
	free(p);
}

/* ---- open, reload, close ---- */

static void load(struct session *s)
{
	s->dest->assumptions = s->assumptions;
	s->dest->nassumptions = s->nassumptions;
	s->t = destination_load(s->dest, s->source, s->rules, &s->opts);
	s->a = analyse(s->source, s->dest, s->t);
	s->sides = sides_new(s->source->self, s->t, s->a);
	s->generation++;
}

static struct session *session_new(struct account *source,
				   struct destination *dest, enum rules rules)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	arena_init(&s->arena);
	s->source = source;
	s->dest = dest;
	s->rules = rules;
	s->path = arena_strdup(&s->arena, source->src->path);
	s->next_display = s->next_remark = s->breakpoints.next = 1;
	settings_init(&s->settings);
	s->interp = interp_new();
	return s;
}

struct session *session_take(struct account *source, struct destination *dest,
			     enum rules rules)
{
	struct session *s = session_new(source, dest, rules);

	load(s);
	return s;
}

/*
 * Everything is the recording's own and read-only, whatever the pointers'
 * types: session_close() knows.
 */
static int session_replay(struct session **ret, const char *path,
			  struct err *err)
{
	struct recording *r;
	struct session *s;

	if (recording_open(&r, path, err) < 0)
		return err_prefix(err, "%s", path);
	s = session_new((struct account *)recording_source(r),
			(struct destination *)recording_destination(r),
			recording_rules(r));
	s->recording = r;
	s->path = arena_strdup(&s->arena, path);
	s->t = (struct timeline *)recording_timeline(r);
	s->a = (struct analysis *)recording_analysis(r);
	if (!s->t->n) {
		session_close(s);
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
			       "%s: the recording has no event", path);
	}
	s->sides = sides_new(s->source->self, s->t, s->a);
	s->generation++;
	marks_restore(s);
	*ret = s;
	return 0;
}

int session_open(struct session **ret, const char *path, const char *const *to,
		 size_t nto, enum rules rules, const struct source_opts *opts,
		 struct err *err)
{
	const struct session_opts o = { .source = opts };

	return session_open_with(ret, path, to, nto, rules, &o, err);
}

/* Around the source that was opened; takes it and @ahead over, also on failure. */
static int open_around(struct session **ret, struct account *source,
		       struct ahead *ahead, const char *const *to, size_t nto,
		       enum rules rules, const struct session_opts *opts,
		       struct err *err)
{
	const struct destination_opts o = {
		.images = opts->images, .ahead = ahead,
		.release = opts->release, .asked = opts->asked,
	};
	struct desc_image *from = NULL;
	struct destination *dest;
	struct session *s;

	if (opts->from && desc_image_open(&from, opts->from, opts->images,
					  err) < 0) {
		ahead_end(ahead);
		account_close(source);
		return err_prefix(err, "%s", opts->from);
	}
	if (destination_open_with(&dest, to, nto, source, &o, err) < 0) {
		account_close(source);
		desc_image_close(from);
		return -1;
	}
	dest->any_transport = opts->any_transport;
	s = session_take(source, dest, rules);
	s->from = from;
	if (opts->source)
		s->opts = *opts->source;
	if (opts->images)
		s->images = *opts->images;
	for (size_t i = 0; i < nto && i < 16; i++)
		s->to[s->nto++] = arena_strdup(&s->arena, to[i]);
	*ret = s;
	return 0;
}

int session_open_with(struct session **ret, const char *path,
		      const char *const *to, size_t nto, enum rules rules,
		      const struct session_opts *opts, struct err *err)
{
	struct account *source;
	struct ahead *ahead;

	if (recording_is(path))
		return session_replay(ret, path, err);
	ahead = ahead_begin(to, nto);
	if (account_open(&source, path, DESC_FROM_SOURCE, opts->source,
			 err) < 0) {
		ahead_end(ahead);
		return err_prefix(err, "%s", path);
	}
	return open_around(ret, source, ahead, to, nto, rules, opts, err);
}

/*
 * The event of the new load that is what event @i of @old was: the same path
 * and kind, of several the nearest one; else whatever reads those bytes now.
 */
static uint32_t same_place(const struct timeline *old, uint32_t i,
			   const struct timeline *t)
{
	uint64_t *ho = path_numbers(old), *hn = path_numbers(t);
	uint64_t off = old->events[i].off, best = UINT64_MAX;
	uint32_t found = EVENT_NONE;

	for (uint32_t k = 0; k < t->n; k++) {
		uint64_t o = t->events[k].off;
		uint64_t d = o > off ? o - off : off - o;

		if (hn[k] == ho[i] && d < best) {
			best = d;
			found = k;
		}
	}
	free(ho);
	free(hn);
	return found != EVENT_NONE ? found : nearest(t, off);
}

/* ---- the state of a running emulator ---- */

static int capture_account(struct account **ret, const struct capture_opts *how,
			   const struct source_opts *opts, struct capture *c,
			   struct err *err)
{
	struct capture_opts all = *how;
	char name[32];
	int fd = memfd_create("captured", MFD_CLOEXEC), result;

	if (fd < 0)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "memory for the "
			       "captured state: %s", strerror(errno));
	all.all = true;
	all.keep_ram = false;
	result = capture_run(c, &all, fd, err);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (!result && account_open(ret, name, DESC_FROM_SOURCE, opts, err) < 0)
		result = err_prefix(err, "what %s wrote", how->qmp);
	close(fd);
	if (!result)
		(*ret)->src->path = arena_printf(&(*ret)->arena, "qmp %s",
						 how->qmp);
	return result;
}

int session_open_captured(struct session **ret, const struct capture_opts *how,
			  const char *const *to, size_t nto, enum rules rules,
			  const struct session_opts *opts, struct capture *c,
			  struct err *err)
{
	struct account *source;

	if (capture_account(&source, how, opts->source, c, err) < 0)
		return -1;
	return open_around(ret, source, ahead_begin(to, nto), to, nto, rules,
			   opts, err);
}

int session_attach(struct session *s, const struct capture_opts *how,
		   struct capture *c, struct err *err)
{
	const struct destination_opts o = { .images = &s->images };
	struct account *source, *old_source = s->source;
	struct destination *dest, *old_dest = s->dest;
	struct timeline *old = s->t;
	struct analysis *old_analysis = s->a;
	struct sides *old_sides = s->sides;

	if (s->recording || s->real)
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET, "%s",
			       s->real ? "this session has an emulator already" :
			       "a recording stays what it is");
	if (capture_account(&source, how, &s->opts, c, err) < 0)
		return -1;
	if (destination_open_with(&dest, s->to, s->nto, source, &o, err) < 0) {
		account_close(source);
		return -1;
	}
	dest->any_transport = old_dest->any_transport;
	session_compare_end(s);
	for (int k = 0; k < 2; k++) {
		members_close(s->members[k]);
		s->members[k] = NULL;
		s->asked_members[k] = false;
	}
	s->source = source;
	s->dest = dest;
	s->path = arena_strdup(&s->arena, source->src->path);
	load(s);
	for (size_t i = 0; i < s->nremarks; i++)
		s->remarks[i].event = same_place(old, s->remarks[i].event, s->t);
	s->at = 0;
	s->nvisited = 0;
	s->stop = STOP_START;
	breakpoints_resolve(s);
	sides_free(old_sides);
	analysis_close(old_analysis);
	timeline_close(old);
	destination_close(old_dest);
	account_close(old_source);
	return 0;
}

/* ---- C members ---- */

struct members *session_members(struct session *s, bool source)
{
	struct desc_image *img = source ? s->from : s->dest->image;
	struct err err;

	if (s->recording)
		return recording_members(s->recording, source);
	if (s->asked_members[source])
		return s->members[source];
	s->asked_members[source] = true;
	if (!img)
		return NULL;
	/* most executables have none: that is no error */
	if (members_open(&s->members[source], img, s->images.debug_dir, &s->opts,
			 &err) < 0)
		s->members[source] = NULL;
	return s->members[source];
}

const struct c_member *session_member(struct session *s, bool source,
				      const struct desc *d,
				      const struct desc_field *f)
{
	return members_find(session_members(s, source), d, f);
}

const struct c_member *session_event_member(struct session *s, bool source,
					    uint32_t event)
{
	const struct timeline *t = source ? session_source(s) : s->t;

	return t ? members_of_event(session_members(s, source), t, event) :
		NULL;
}

void session_fill_members(struct session *s)
{
	for (int source = 0; source < 2 && s->a->ndivergences; source++)
		members_fill(session_members(s, source), s->a,
			     source ? session_source(s) : s->t, source);
}

static void unload(struct session *s)
{
	sides_free(s->sides);
	if (s->recording) {
		recording_close(s->recording);
		return;
	}
	analysis_close(s->a);
	timeline_close(s->t);
	for (int k = 0; k < 2; k++)
		members_close(s->members[k]);
	destination_close(s->dest);
	desc_image_close(s->from);
	account_close(s->source);
}

void session_close(struct session *s)
{
	if (!s)
		return;
	real_close(s);
	breakpoints_release(&s->breakpoints);
	session_compare_end(s);
	unload(s);
	interp_free(s->interp);
	free(s->assumptions);
	free(s->visited);
	free(s->displays);
	free(s->remarks);
	arena_release(&s->arena);
	free(s);
}

void session_reload(struct session *s)
{
	struct timeline *old = s->t;
	struct analysis *old_analysis = s->a;
	struct sides *old_sides = s->sides;
	bool at_edge = s->real && s->at == s->real->edge;

	load(s);
	s->at = same_place(old, s->at, s->t);
	for (size_t i = 0; i < s->nremarks; i++)
		s->remarks[i].event = same_place(old, s->remarks[i].event, s->t);
	s->nvisited = 0;
	s->stop = STOP_MOVED;
	breakpoints_resolve(s);
	if (s->real)
		real_predict(s, at_edge);
	sides_free(old_sides);
	analysis_close(old_analysis);
	timeline_close(old);
}

void session_goto(struct session *s, uint32_t event, bool jump)
{
	if (event >= s->t->n)
		event = s->t->n - 1;
	if (jump && event != s->at) {
		s->visited = grow_array(s->visited, &s->visited_cap,
					s->nvisited + 1, sizeof(*s->visited));
		s->visited[s->nvisited++] = s->at;
	}
	s->at = event;
	s->stop = STOP_MOVED;
}

/* ---- the two sides ---- */

const struct timeline *session_source(const struct session *s)
{
	return s->source->self;
}

uint32_t session_source_event(const struct session *s, uint32_t dest_event)
{
	return dest_event < s->sides->ndest ?
		s->sides->source_of[dest_event] : EVENT_NONE;
}

uint32_t session_dest_event(const struct session *s, uint32_t source_event)
{
	return source_event < s->sides->nsource ?
		s->sides->dest_of[source_event] : EVENT_NONE;
}

uint32_t session_written_by(const struct session *s, uint32_t dest_event)
{
	const struct timeline *src = session_source(s);
	uint32_t i = session_source_event(s, dest_event);
	const struct event *d = &s->t->events[dest_event];

	if (!src)
		return EVENT_NONE;
	if (i != EVENT_NONE && src->events[i].off == d->off &&
	    (src->events[i].len == d->len || d->end > dest_event + 1))
		return i;
	return d->len ? timeline_at(src, d->off) : i;
}

static bool is_shifted(const struct session *s, uint32_t i)
{
	uint32_t twin = session_source_event(s, i);

	return twin != EVENT_NONE && s->t->events[i].len &&
		session_source(s)->events[twin].off != s->t->events[i].off;
}

uint32_t session_lost_step(const struct session *s, uint32_t dest_event)
{
	uint32_t section = timeline_section(s->t, dest_event), i, origin;

	if (section == EVENT_NONE || !is_shifted(s, dest_event))
		return EVENT_NONE;
	for (i = section + 1; i < dest_event && !is_shifted(s, i); i++)
		;
	/* what has been read before it, and nobody wrote, made the shift */
	for (origin = i; i-- > section + 1; ) {
		const struct event *e = &s->t->events[i];

		if (!e->len || e->end != i + 1)
			continue;
		if (session_source_event(s, i) != EVENT_NONE)
			break;
		origin = i;
	}
	return origin;
}

uint32_t session_divergence_event(const struct session *s, size_t i)
{
	return s->sides->divergences[i];
}

size_t session_next_divergence(const struct session *s, uint32_t at, int dir,
			       bool notes)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < s->a->ndivergences; i++) {
		uint32_t e = s->sides->divergences[i];

		if ((s->a->divergences[i].note && !notes) ||
		    (dir > 0 ? e <= at : e >= at))
			continue;
		if (best == SIZE_MAX || (dir > 0 ?
		    e < s->sides->divergences[best] :
		    e > s->sides->divergences[best]))
			best = i;
	}
	return best;
}

size_t session_divergence_at(const struct session *s, uint32_t event)
{
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < s->a->ndivergences; i++) {
		if (s->sides->divergences[i] != event)
			continue;
		if (!s->a->divergences[i].note)
			return i;
		if (found == SIZE_MAX)
			found = i;
	}
	return found;
}

uint32_t session_failure_event(const struct session *s, size_t i)
{
	const struct failure *f = &s->t->failures[i];

	return f->event < s->t->n ? f->event : nearest(s->t, f->offset);
}

bool session_is_behind_failure(const struct session *s, uint32_t event)
{
	return s->t->nfailures &&
		event >= s->t->events[session_failure_event(s, 0)].end;
}

/* ---- bytes and values ---- */

const uint8_t *session_bytes(const struct timeline *t, uint32_t event)
{
	const struct event *e;

	if (event >= t->n)
		return NULL;
	e = &t->events[event];
	if (!e->len || e->off > t->src->len || t->src->len - e->off < e->len)
		return NULL;
	return t->src->data + e->off;
}

char *session_value(const struct timeline *t, uint32_t event, char *buf,
		    size_t size)
{
	const uint8_t *p = session_bytes(t, event);
	const struct event *e;
	int64_t v;

	buf[0] = '\0';
	if (!p)
		return buf;
	e = &t->events[event];
	if (e->end != event + 1 || (e->kind != EV_FIELD && e->kind != EV_ITEM &&
				    e->kind != EV_GAP && e->kind != EV_TAIL))
		return buf;
	if (session_number(t, event, &v) && type_is_little(e->type))
		snprintf(buf, size, v < 10 && v >= 0 ? "%lld" : "0x%llx",
			 (long long)v);
	else
		value_format(e->type, p, e->len, e->n ? e->n : 1, buf, size);
	return buf;
}

/*
 * Codecs have numbers as the guest sees them: "le16".  (QEMU's "int32 le" is
 * big-endian; it means "less or equal".)
 */
bool type_is_little(const char *type)
{
	return type && !strncmp(type, "le", 2) && type[2] >= '0' &&
		type[2] <= '9';
}

bool session_number(const struct timeline *t, uint32_t event, int64_t *ret)
{
	const uint8_t *p = session_bytes(t, event);
	const struct event *e;
	uint64_t v = 0;

	if (!p)
		return false;
	e = &t->events[event];
	if (e->end != event + 1 || e->n > 1 ||
	    (e->kind != EV_FIELD && e->kind != EV_ITEM))
		return false;
	if (!type_is_little(e->type))
		return value_integer(e->type, p, e->len, ret);
	if (e->len > 8)
		return false;
	for (uint64_t i = e->len; i--; )
		v = v << 8 | p[i];
	*ret = (int64_t)v;
	return true;
}
