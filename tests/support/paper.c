/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../stream/cursor.h"
#include "bake.h"
#include "paper.h"

static void paper_mistake(const char *what, const char *at)
{
	fprintf(stderr, "paper: %s at \"%.40s\"\n", what, at);
	abort();
}

/* ---- descriptors ---- */

struct reader {
	struct arena *a;
	const char *p;
};

static const char *word(struct reader *r)
{
	size_t n;

	r->p += strspn(r->p, " ");
	n = strcspn(r->p, " ");
	r->p += n;
	return arena_intern(r->a, r->p - n, n);
}

static const char *peek_word(struct reader *r)
{
	struct reader copy = *r;

	return word(&copy);
}

static bool is_number(const char *s)
{
	return isdigit((unsigned char)*s);
}

/* The text between @open and @close in *@s, which is cut before it; "". */
static const char *bracketed(struct reader *r, const char *s, char open,
			     char close)
{
	const char *a = strchr(s, open), *b = a ? strchr(a, close) : NULL;

	return b ? arena_intern(r->a, a + 1, (size_t)(b - a - 1)) : "";
}

static uint32_t varray_flag(const struct desc_field *fields, size_t n,
			    const char *count)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(fields[i].name, count))
			continue;
		if (strstr(fields[i].type, "int32"))
			return *fields[i].type == 'u' ? VMS_VARRAY_UINT32 :
				VMS_VARRAY_INT32;
		return strstr(fields[i].type, "16") ? VMS_VARRAY_UINT16 :
			VMS_VARRAY_UINT8;
	}
	return VMS_VARRAY_INT32;
}

static const struct desc *read_desc(struct reader *r);

static void read_type(struct reader *r, struct desc_field *f, const char *s)
{
	char type[64];
	char *at;

	snprintf(type, sizeof(type), "%.*s", (int)strcspn(s, "([@?!*%"), s);
	at = strrchr(type, '_');
	if (at && (!strcmp(at, "_equal") || !strcmp(at, "_le")))
		*at = ' ';
	f->type = arena_intern_str(r->a, type);
	f->size = desc_type_size(type);
	if (!strcmp(type, "struct"))
		f->flags |= VMS_STRUCT;
	if (!strcmp(type, "vstruct"))
		f->flags |= VMS_VSTRUCT;
	if (strchr(s, '%'))
		f->struct_version = atoi(strchr(s, '%') + 1);
}

static void read_field(struct reader *r, const char *s, struct desc_field *f,
		       const struct desc_field *before, size_t n)
{
	const char *colon = strchr(s, ':'), *count, *size;

	if (!colon)
		paper_mistake("no field", s);
	f->name = arena_intern(r->a, s, (size_t)(colon - s));
	f->num = 1;
	f->dup = -1;
	f->from_type = f->from_exists = f->from_version = f->from_size =
		f->from_num = f->from_count = f->from_layout = f->from_desc =
		DESC_FROM_BINARY;
	read_type(r, f, colon + 1);
	count = bracketed(r, colon, '[', ']');
	size = bracketed(r, colon, '(', ')');
	if (is_number(count)) {
		f->num = atoi(count);
		f->flags |= VMS_ARRAY;
	} else if (*count) {
		f->count_field = count;
		f->flags |= varray_flag(before, n, count);
	}
	if (is_number(size)) {
		f->size = strtoull(size, NULL, 0);
	} else if (*size) {
		f->count_field = size;
		f->flags |= VMS_VBUFFER;
		f->multiplier = 1;
	}
	if (strchr(colon, '@'))
		f->version = atoi(strchr(colon, '@') + 1);
	if (strchr(colon, '?'))
		f->exists = EXISTS_PREDICATE;
	if (strchr(colon, '!')) {
		f->exists = EXISTS_PREDICATE;
		f->flags |= VMS_MUST_EXIST;
	}
	if (strchr(colon, '*'))
		f->flags |= VMS_ARRAY_OF_POINTER;
	if (!(f->flags & (VMS_ARRAY | VMS_VARRAY | VMS_VBUFFER)))
		f->flags |= VMS_SINGLE;
	if (!strcmp(peek_word(r), "=")) {
		word(r);
		f->desc = read_desc(r);
	}
}

#define MAX_PARTS 32

static const struct desc *read_desc(struct reader *r)
{
	struct desc *d = arena_alloc(r->a, sizeof(*d));
	struct desc_field fields[MAX_PARTS] = { { 0 } };
	const struct desc *subs[MAX_PARTS];
	const char *s;

	d->name = word(r);
	s = word(r);
	if (*s != 'v')
		paper_mistake("no version", r->p);
	d->version = d->min_version = atoi(s + 1);
	if (strchr(s, '-'))
		d->min_version = atoi(strchr(s, '-') + 1);
	if (strcmp(word(r), "{"))
		paper_mistake("no {", r->p);
	while (strcmp(s = word(r), "}")) {
		if (!*s || d->nfields == MAX_PARTS || d->nsubs == MAX_PARTS)
			paper_mistake("no }", r->p);
		if (!strcmp(s, "+")) {
			subs[d->nsubs++] = read_desc(r);
			continue;
		}
		read_field(r, s, &fields[d->nfields], fields, d->nfields);
		d->nfields++;
	}
	desc_number_names(fields, d->nfields);
	d->fields = arena_memdup(r->a, fields,
				 (d->nfields + 1) * sizeof(*fields));
	d->subs = arena_memdup(r->a, subs, (d->nsubs + 1) * sizeof(*subs));
	d->all_fields = d->all_subs = true;
	d->from = d->from_version = d->from_min = DESC_FROM_BINARY;
	return d;
}

/* ---- destinations ---- */

static bool read_word(struct registry *reg, const char *s, struct arena *a)
{
	if (!strncmp(s, "machine=", 8))
		registry_set_machine(reg, arena_intern_str(a, s + 8));
	else if (!strncmp(s, "bits=", 5))
		reg->page_bits = (unsigned)atoi(s + 5);
	else if (!strcmp(s, "nofooters"))
		reg->footers = TRI_NO;
	else if (!strcmp(s, "footers?"))
		reg->footers = TRI_UNKNOWN;
	else if (!strcmp(s, "noconfig"))
		reg->configuration = TRI_NO;
	else if (!strcmp(s, "nojson"))
		reg->vmdescription = TRI_NO;
	else if (!strcmp(s, "incomplete"))
		reg->complete = false;
	else
		return false;
	return true;
}

static void read_entry(struct registry *reg, struct reader *r)
{
	struct reader start = *r;
	const char *name = word(r), *hash, *alias;
	struct entry *e;

	if (strcmp(peek_word(r), "=")) {
		const struct desc *d;

		*r = start;
		d = read_desc(r);
		e = registry_add(reg, d->name, 0, d->version, DESC_FROM_BINARY);
		e->desc = d;
		return;
	}
	word(r);
	hash = strchr(name, '#');
	alias = strchr(name, '~');
	e = registry_add(reg, arena_intern(r->a, name, strcspn(name, "#~")),
			 hash ? (uint32_t)strtoul(hash + 1, NULL, 0) : 0, 0,
			 DESC_FROM_BINARY);
	if (alias)
		e->alias = (uint32_t)strtoul(alias + 1, NULL, 0);
	if (!strcmp(peek_word(r), "old")) {
		word(r);
		e->old_style = true;
		e->from_version = DESC_FROM_NOBODY;
		return;
	}
	e->desc = read_desc(r);
	e->version = e->desc->version;
}

static void read_destination(struct registry *reg, const char *text)
{
	struct reader r = { reg->arena, text };

	reg->footers = reg->vmdescription = TRI_YES;
	reg->complete = true;
	while (read_word(reg, peek_word(&r), reg->arena))
		word(&r);
	while (*peek_word(&r))
		read_entry(reg, &r);
}

void paper_destination(struct destination *ret, const char *text,
		       struct account *reference)
{
	memset(ret, 0, sizeof(*ret));
	arena_init(&ret->arena);
	registry_init(&ret->registry, &ret->arena);
	read_destination(&ret->registry, text);
	ret->reference = reference;
	for (size_t i = 0; reference && i < ret->registry.nentries; i++) {
		struct entry *e = &ret->registry.entries[i];

		e->seen = description_find(&reference->description, e->idstr,
					   e->instance);
	}
	registry_finish(&ret->registry);
}

void paper_release(struct destination *d)
{
	account_close(d->reference);
	registry_release(&d->registry);
	arena_release(&d->arena);
}

/* ---- loads ---- */

struct printer {
	FILE *f;
	const struct timeline *t;
	bool blank;
};

static void put(struct printer *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void put(struct printer *p, const char *fmt, ...)
{
	va_list ap;

	if (p->blank)
		fputc(' ', p->f);
	p->blank = true;
	va_start(ap, fmt);
	vfprintf(p->f, fmt, ap);
	va_end(ap);
}

static const char *mark_of(const struct event *e)
{
	switch (e->outcome) {
	case OUT_FAILED:
		return "!";
	case OUT_TOO_NEW:
		return "!new";
	case OUT_TOO_OLD:
		return "!old";
	case OUT_CUT_OFF:
		return "!cut";
	case OUT_NO_DEVICE:
		return "!none";
	}
	return "";
}

static void put_value(struct printer *p, const struct event *e)
{
	const uint8_t *b = p->t->src->data + e->off;

	if (e->len <= 8 && e->len && !e->is_array &&
	    (!e->type || !strstr(e->type, "buffer"))) {
		fprintf(p->f, "=%" PRIx64, be_load(b, (unsigned)e->len));
		return;
	}
	fputc('=', p->f);
	for (uint64_t i = 0; i < e->len && i < 12; i++)
		fprintf(p->f, "%02x", b[i]);
	if (e->len > 12)
		fprintf(p->f, "..(%" PRIu64 ")", e->len);
}

static void put_event(struct printer *p, uint32_t i);

static void put_children(struct printer *p, uint32_t i, const char *open,
			 const char *close)
{
	const struct timeline *t = p->t;

	fputs(open, p->f);
	p->blank = false;
	for (uint32_t k = i + 1; k < t->events[i].end; k = t->events[k].end)
		put_event(p, k);
	fputs(close, p->f);
	p->blank = true;
}

static bool has_children(const struct timeline *t, uint32_t i)
{
	return t->events[i].end > i + 1;
}

static void put_field(struct printer *p, uint32_t i)
{
	const struct event *e = &p->t->events[i];

	put(p, "%s", e->name);
	if (e->outcome == OUT_ABSENT) {
		fputc('-', p->f);
		return;
	}
	if (e->is_array)
		fprintf(p->f, "[%" PRIu32 "]", e->n);
	if (has_children(p->t, i))
		put_children(p, i, "{", "}");
	else
		put_value(p, e);
}

static void put_probe(struct printer *p, uint32_t i)
{
	const struct event *e = &p->t->events[i];

	for (uint32_t k = i + 1; k < e->end; k = p->t->events[k].end)
		put_event(p, k);
	if (e->outcome != OUT_GOOD && e->outcome != OUT_LOADED)
		put(p, "?%s", outcome_name((enum outcome)e->outcome));
}

static void put_event(struct printer *p, uint32_t i)
{
	const struct event *e = &p->t->events[i];

	switch (e->kind) {
	case EV_LOAD:
		put_children(p, i, "", "");
		return;
	case EV_HEADER:
		if (e->outcome == OUT_LOADED)
			return;
		put(p, "header");
		break;
	case EV_CONFIGURATION:
		put(p, "config");
		put_children(p, i, "(", ")");
		break;
	case EV_SECTION:
		put(p, "[%" PRIu32 " %s/%" PRIu32 " ", e->n, e->name,
		    e->instance);
		put_children(p, i, "", "]");
		break;
	case EV_STRUCT:
		put(p, "%s v%" PRId32, e->name, e->version);
		put_children(p, i, "{", "}");
		break;
	case EV_FIELD:
	case EV_ITEM:
	case EV_GROUP:
		put_field(p, i);
		break;
	case EV_PROBE:
		put_probe(p, i);
		return;
	case EV_SUBSECTION:
		put(p, "+%s v%" PRId32, e->name, e->version);
		break;
	case EV_MARKER:
		put(p, "|");
		break;
	case EV_FOOTER:
		put(p, ".");
		break;
	case EV_COMMAND:
		put(p, "%s", e->name);
		put_children(p, i, "(", ")");
		break;
	case EV_RAM:
		put(p, "ram(%" PRIu64 ")", e->len);
		break;
	case EV_EOF:
		put(p, "end");
		break;
	case EV_DESCRIPTION:
		put(p, "json");
		break;
	case EV_GAP:
		put(p, "gap(%" PRIu64 ")", e->len);
		return;
	case EV_TAIL:
		put(p, "tail(%" PRIu64 ")", e->len);
		return;
	case EV_DEFAULTED:
		put(p, "-%s/%" PRIu32, e->name, e->instance);
		return;
	}
	fputs(mark_of(e), p->f);
}

static void put_failures(struct printer *p)
{
	const struct timeline *t = p->t;

	for (size_t i = 0; i < t->nfailures; i++) {
		const struct failure *f = &t->failures[i];

		if (i) {
			put(p, "##%s", f->lines[0]);
			continue;
		}
		put(p, "#%" PRIu64 ":", f->offset);
		for (unsigned k = 0; k + 1 < f->nlines; k++)
			fprintf(p->f, "%s%s", k ? " / " : " ", f->lines[k]);
		if (f->nlines == 1)
			fprintf(p->f, " %s", f->lines[0]);
	}
}

char *paper_load(const struct timeline *t)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	struct printer p = { .f = f, .t = t };

	put_event(&p, 0);
	put_failures(&p);
	for (size_t i = 0; i < t->nunknowns; i++)
		put(&p, "(?%s)", t->unknowns[i].text);
	for (size_t i = 0; i < t->nunjudged; i++)
		put(&p, "(~%s)", t->unjudged[i].text);
	for (size_t i = 0; i < t->nwarnings; i++)
		put(&p, "(!%s)", t->warnings[i]);
	fclose(f);
	return text;
}

/* ---- streams that describe themselves ---- */

static void describe_struct(FILE *f, const struct timeline *t, uint32_t i);

/* One JSON object for each element of a struct array, one for a plain one. */
static void describe_field(FILE *f, const struct timeline *t, uint32_t i,
			   bool *more)
{
	const struct event *e = &t->events[i];
	const char *type = e->type ? e->type : "buffer";
	char suffix[16] = "";
	uint32_t index = 0;

	if (e->outcome == OUT_ABSENT)
		return;
	if (e->field && e->field->dup >= 0)
		snprintf(suffix, sizeof(suffix), "[%d]", e->field->dup);
	if (!has_children(t, i)) {
		fprintf(f, "%s{\"name\":\"%s%s\",\"type\":\"%s\",\"size\":%"
			PRIu64, *more ? "," : "", e->name, suffix, type,
			e->n ? e->len / e->n : 0);
		if (e->is_array)
			fprintf(f, ",\"array_len\":%" PRIu32, e->n);
		fprintf(f, "}");
		*more = true;
		return;
	}
	for (uint32_t k = i + 1; k < e->end; k = t->events[k].end) {
		const struct event *s = &t->events[k];

		if (s->kind != EV_STRUCT)
			continue;
		fprintf(f, "%s{\"name\":\"%s%s\",\"type\":\"%s\",\"size\":%"
			PRIu64, *more ? "," : "", e->name, suffix, type,
			strcmp(type, "qtailq") ? s->len : e->len);
		if (e->is_array)
			fprintf(f, ",\"index\":%" PRIu32, index++);
		if (!strcmp(type, "struct")) {
			fprintf(f, ",\"struct\":{");
			describe_struct(f, t, k);
			fprintf(f, "}}");
		} else {
			fprintf(f, ",");
			describe_struct(f, t, k);
			fprintf(f, "}");
		}
		*more = true;
		if (!strcmp(type, "qtailq"))
			return;
	}
}

static void describe_struct(FILE *f, const struct timeline *t, uint32_t i)
{
	const struct event *e = &t->events[i];
	bool more = false;
	uint32_t probe = EVENT_NONE;

	fprintf(f, "\"vmsd_name\":\"%s\",\"version\":%d,\"fields\":[", e->name,
		e->version);
	for (uint32_t k = i + 1; k < e->end; k = t->events[k].end) {
		if (t->events[k].kind == EV_FIELD)
			describe_field(f, t, k, &more);
		if (t->events[k].kind == EV_PROBE)
			probe = k;
	}
	fprintf(f, "]");
	if (probe == EVENT_NONE || !has_children(t, probe))
		return;
	fprintf(f, ",\"subsections\":[");
	more = false;
	for (uint32_t k = probe + 1; k < t->events[probe].end;
	     k = t->events[k].end) {
		if (t->events[k].kind != EV_STRUCT)
			continue;
		fprintf(f, "%s{", more ? "," : "");
		describe_struct(f, t, k);
		fprintf(f, "}");
		more = true;
	}
	fprintf(f, "]");
}

static void describe(FILE *f, const struct timeline *t)
{
	bool more = false;

	fprintf(f, "{\"page_size\":4096,\"devices\":[");
	for (uint32_t i = 1; i < t->n; i = t->events[i].end) {
		const struct event *e = &t->events[i];

		if (e->kind != EV_SECTION || i + 1 >= e->end ||
		    (e->section_kind != 1 && e->section_kind != 4))
			continue;
		if (t->events[i + 1].kind == EV_RAM)
			continue;
		fprintf(f, "%s{\"name\":\"%s\",\"instance_id\":%" PRIu32 ",",
			more ? "," : "", e->name, e->instance);
		if (t->events[i + 1].kind == EV_STRUCT)
			describe_struct(f, t, i + 1);
		else
			fprintf(f, "\"fields\":[{\"name\":\"data\",\"size\":%"
				PRIu64 ",\"type\":\"buffer\"}]",
				t->events[i + 1].len);
		fprintf(f, "}");
		more = true;
	}
	fprintf(f, "]}");
}

/* A source does not own the bytes in memory that it stands on; here it does. */
static struct account *take(const struct dough *d, enum desc_from from)
{
	struct source *src;
	struct account *a;
	struct err err;

	if (source_open_memory(&src, "test", d->p, d->len, NULL, &err) < 0 ||
	    account_take(&a, src, from, NULL, &err) < 0)
		paper_mistake("cannot take the stream in", err.msg);
	src->data = src->file = arena_memdup(&a->arena, d->p, d->len);
	return a;
}

struct account *paper_account(const char *text, const char *stream,
			      enum desc_from from)
{
	struct destination writer;
	struct account *plain;
	struct timeline *t;
	struct dough d;
	char *json;
	size_t size;
	FILE *f;

	bake(&d, stream);
	if (!text) {
		plain = take(&d, from);
		dough_release(&d);
		return plain;
	}
	plain = take(&d, from);
	paper_destination(&writer, text, NULL);
	/* these rules never take the data of a structure without subsections for one */
	t = destination_load(&writer, plain, RULES_V0_14, NULL);
	if (t->nfailures)
		paper_mistake(t->failures[0].lines[0], stream);
	f = open_memstream(&json, &size);
	describe(f, t);
	fclose(f);
	put_be(&d, 6, 1);
	put_be(&d, size, 4);
	put_bytes(&d, json, size);
	free(json);
	timeline_close(t);
	paper_release(&writer);
	account_close(plain);
	plain = take(&d, from);
	dough_release(&d);
	return plain;
}
