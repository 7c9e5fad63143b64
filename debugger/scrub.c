/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "scrub.h"

#define MAX_PUBLIC_ELEMENTS 5

const char *const scrub_patterns[] = {
	/* network and other addresses, names of things */
	"*mac*", "*[Ee]ther*", "*serial*", "*uuid*", "*guid*", "*wwn*",
	"slirp*", "*ipv[46]*", "*multicast*", "*vlan*",
	/* keys and what they are made of */
	"*key*", "*password*", "*passwd*", "*secret*", "*token*", "*seed*",
	"*nonce*", "*entropy*", "tpm*", "*tpm*", "*crypto*",
	/* vector and floating point registers hold them while they are used */
	"*fpreg*", "*xmm*", "*ymm*", "*zmm*", "*vreg*", "*vsr*", "*fpr*",
	/* what was typed, what is shown */
	"ps2*", "*kbd*", "*keyb*", "*mouse*", "*tablet*", "*scancode*",
	"*palette*", "*cursor*", "*pixel*", "*framebuffer*", "*vram*",
	"*font*", "*console*", "*sclp*",
	/* what is stored and transferred */
	"*cmos*", "*nvram*", "*eeprom*", "*flash*", "*prom", "*fifo*", "*buf*",
	"*payload*", "*packet*", "*pkt*", "*cdb*", "*sense*", "*queue_data*",
	"fw_cfg*", "nvdimm*", "*smbus_eeprom*", "*rbr*", "*thr*", "*tsr*",
	NULL,
};

void byte_ranges_add(struct byte_ranges *r, uint64_t off, uint64_t end)
{
	if (off >= end)
		return;
	r->v = grow_array(r->v, &r->cap, r->n + 1, sizeof(*r->v));
	r->v[r->n++] = (struct byte_range){ off, end };
}

static int by_offset(const void *x, const void *y)
{
	const struct byte_range *a = x, *b = y;

	return a->off < b->off ? -1 : a->off > b->off;
}

void byte_ranges_tidy(struct byte_ranges *r)
{
	size_t to = 0;

	if (r->n)
		qsort(r->v, r->n, sizeof(*r->v), by_offset);
	for (size_t i = 0; i < r->n; i++) {
		if (to && r->v[i].off <= r->v[to - 1].end) {
			if (r->v[i].end > r->v[to - 1].end)
				r->v[to - 1].end = r->v[i].end;
		} else {
			r->v[to++] = r->v[i];
		}
	}
	r->n = to;
}

void byte_ranges_subtract(struct byte_ranges *r, const struct byte_ranges *what)
{
	struct byte_ranges left = { 0 };
	size_t k = 0;

	for (size_t i = 0; i < r->n; i++) {
		uint64_t at = r->v[i].off, end = r->v[i].end;

		while (k < what->n && what->v[k].end <= at)
			k++;
		for (size_t m = k; m < what->n && what->v[m].off < end; m++) {
			byte_ranges_add(&left, at, what->v[m].off);
			at = what->v[m].end;
		}
		byte_ranges_add(&left, at, end);
	}
	free(r->v);
	*r = left;
}

/* The event's place as compare.h's patterns take it. */
static void location(const struct timeline *t, uint32_t i, char *buf,
		     size_t size)
{
	static const char sep[] = " › ";
	char path[2048], *p = path, *next;
	uint32_t s = t->events[i].section;
	const char *idstr = s < t->n && t->events[s].name ?
		t->events[s].name : "";
	size_t n;

	timeline_field_path(t, i, path, sizeof(path));
	n = (size_t)snprintf(buf, size, "%s/", idstr);
	while (n < size && (next = strstr(p, sep))) {
		n += (size_t)snprintf(buf + n, size - n, "%.*s.",
				      (int)(next - p), p);
		p = next + sizeof(sep) - 1;
	}
	if (n < size)
		snprintf(buf + n, size - n, "%s", p);
}

static bool in_configuration(const struct timeline *t, uint32_t i)
{
	while (i != EVENT_NONE) {
		if (t->events[i].kind == EV_CONFIGURATION)
			return true;
		i = t->events[i].parent;
	}
	return false;
}

static bool matches(const struct timeline *t, uint32_t i)
{
	const struct event *e = &t->events[i];
	const char *idstr = "";
	char path[2200];

	if (e->section < t->n && t->events[e->section].name)
		idstr = t->events[e->section].name;
	location(t, i, path, sizeof(path));
	for (size_t k = 0; scrub_patterns[k]; k++) {
		if (compare_matches(scrub_patterns[k], idstr, path, e->type))
			return true;
	}
	return false;
}

bool scrub_is_private(const struct timeline *t, uint32_t i)
{
	const struct event *e = &t->events[i];
	unsigned size;

	switch (e->kind) {
	case EV_FIELD:
	case EV_ITEM:
	case EV_GROUP:
	case EV_STRUCT:
		break;
	case EV_GAP:
	case EV_TAIL:
		return true;
	default:
		return false;
	}
	/* the machine's name and the capabilities' */
	if (in_configuration(t, i))
		return matches(t, i);
	size = e->type ? desc_type_size(e->type) : 0;
	if (!size || e->len != (uint64_t)size * (e->n ? e->n : 1) ||
	    e->n > MAX_PUBLIC_ELEMENTS)
		return true;
	return matches(t, i);
}

static bool has_inner(const struct timeline *t, uint32_t i)
{
	for (uint32_t k = i + 1; k < t->events[i].end; k = t->events[k].end) {
		if (t->events[k].len)
			return true;
	}
	return false;
}

/* The header of a section, what a command has before its packaged stream. */
static uint64_t head_end(const struct timeline *t, uint32_t i)
{
	const struct event *e = &t->events[i];

	switch (e->kind) {
	case EV_SECTION: case EV_COMMAND: case EV_CONFIGURATION:
		break;
	default:
		return e->off;
	}
	for (uint32_t k = i + 1; k < e->end; k = t->events[k].end) {
		if (t->events[k].len)
			return t->events[k].off;
	}
	return e->off;
}

static void collect(const struct timeline *t, struct byte_ranges *pub,
		    struct byte_ranges *priv)
{
	for (uint32_t i = 1; i < t->n; i++) {
		const struct event *e = &t->events[i];
		struct byte_ranges *to;

		if (!e->len)
			continue;
		if (has_inner(t, i)) {
			byte_ranges_add(pub, e->off, head_end(t, i));
			continue;
		}
		to = scrub_is_private(t, i) ||
			(e->kind == EV_SECTION && e->outcome != OUT_LOADED) ?
			priv : pub;
		byte_ranges_add(to, e->off, e->off + e->len);
	}
	byte_ranges_tidy(pub);
	byte_ranges_tidy(priv);
}

void scrub_public(struct byte_ranges *ret, const struct timeline *self,
		  const struct timeline *t)
{
	struct byte_ranges priv = { 0 }, other = { 0 }, other_priv = { 0 };

	*ret = (struct byte_ranges){ 0 };
	collect(self ? self : t, ret, &priv);
	byte_ranges_subtract(ret, &priv);
	if (self) {
		collect(t, &other, &other_priv);
		byte_ranges_subtract(ret, &other_priv);
	}
	free(priv.v);
	free(other.v);
	free(other_priv.v);
}
