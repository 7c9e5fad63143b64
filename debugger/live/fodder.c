/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "fodder.h"

#define CAPABILITY "mapped-ram"
/* Known to every release since 2.10, and nothing that a stream depends on. */
#define INSTEAD "release-ram"
#define ROOM 65536
#define BLOCKS_MAX (ROOM / 300)	/* a machine has a dozen */

enum { NOT_BEGUN, PAGES, DONE };

/* ---- which parts ---- */

static void add_part(struct fodder *f, uint64_t off, uint64_t len,
		     const struct ram_section *pages)
{
	f->parts = grow_array(f->parts, &f->cap, f->nparts + 1,
			      sizeof(*f->parts));
	f->parts[f->nparts++] = (struct fodder_part){ off, len, pages };
}

/* The list's entries are a byte of length and a name each. */
static bool add_capability(struct fodder *f, const struct timeline *t)
{
	for (uint32_t i = 0; i < t->n && t->events[i].kind != EV_SECTION; i++) {
		const struct event *e = &t->events[i];
		uint64_t at = e->off, end = e->off + e->len;

		if (e->kind != EV_FIELD || !e->name ||
		    strcmp(e->name, "capabilities"))
			continue;
		for (; at < end; at += 1 + f->src->data[at]) {
			uint8_t n = f->src->data[at];

			if (n < end - at && n == strlen(CAPABILITY) &&
			    !memcmp(f->src->data + at + 1, CAPABILITY, n)) {
				add_part(f, at, 1u + n, NULL);
				return true;
			}
		}
	}
	return false;
}

/* All pages are in the file, and in their blocks. */
static bool is_whole(const struct fodder *f, const struct ram_section *s)
{
	for (size_t i = s->first_run; i < s->first_run + s->nruns; i++) {
		const struct ram_run *r = &f->ram->runs[i];
		uint64_t size = UINT64_C(1) << f->ram->page_bits;

		if (r->kind != RAM_MAPPED || r->block >= f->ram->nblocks ||
		    r->off > f->src->file_len ||
		    (r->n && (r->stride < size ||
			      (f->src->file_len - r->off) / r->stride +
			      ((f->src->file_len - r->off) % r->stride >=
			       size) < r->n)))
			return false;
	}
	return !s->ret && s->nblocks <= BLOCKS_MAX;
}

int fodder_init(struct fodder *f, const struct source *src,
		const struct ram *ram, const struct timeline *t,
		struct err *err)
{
	memset(f, 0, sizeof(*f));
	f->src = src;
	f->ram = ram;
	if (!ram || !t || !ram->mapped || !add_capability(f, t))
		return 0;
	for (size_t i = 0; i < ram->nsections; i++) {
		const struct ram_section *s = &ram->sections[i];

		if (!s->nblocks)
			continue;
		if (!is_whole(f, s) || s->end < s->start ||
		    s->end > src->len || s->start <
		    f->parts[f->nparts - 1].off + f->parts[f->nparts - 1].len)
			return err_set(err, ERR_UNSUPPORTED, s->start, "its "
				       "pages stand at places of their own "
				       "(mapped-ram), which only a file can "
				       "have, and not all of them are there to "
				       "be given in another way");
		add_part(f, s->start, s->end - s->start, s);
	}
	return 0;
}

void fodder_release(struct fodder *f)
{
	free(f->parts);
	free(f->buf);
	memset(f, 0, sizeof(*f));
}

const struct fodder_part *fodder_at(const struct fodder *f, uint64_t off)
{
	for (size_t i = 0; i < f->nparts; i++) {
		if (off < f->parts[i].off + f->parts[i].len)
			return &f->parts[i];
	}
	return NULL;
}

/* ---- their bytes ---- */

static void put(struct fodder *f, const void *p, size_t n)
{
	memcpy(f->buf + f->len, p, n);
	f->len += n;
}

static void put_str8(struct fodder *f, const char *s)
{
	size_t n = strlen(s);
	uint8_t len = n > 255 ? 255 : (uint8_t)n;

	put(f, &len, 1);
	put(f, s, len);
}

static void put_be64(struct fodder *f, uint64_t v)
{
	uint8_t b[8];

	for (unsigned i = 8; i--; v >>= 8)
		b[i] = (uint8_t)v;
	put(f, b, 8);
}

/* be64 total | MEM_SIZE; idstr, be64 length, be64 address if ignore-shared */
static void make_blocks(struct fodder *f, const struct ram_section *s)
{
	uint64_t total = 0;

	for (size_t i = s->first_block; i < s->first_block + s->nblocks; i++)
		total += f->ram->blocks[i].len;
	put_be64(f, total | RAM_FLAG_MEM_SIZE);
	for (size_t i = s->first_block; i < s->first_block + s->nblocks; i++) {
		const struct ram_block *b = &f->ram->blocks[i];

		put_str8(f, b->name);
		put_be64(f, b->len);
		if (f->ram->ignore_shared)
			put_be64(f, b->gpa);
	}
}

/* be64 address | PAGE, the block's idstr with the first of a run, bytes */
static void make_pages(struct fodder *f, const struct ram_section *s)
{
	size_t size = (size_t)1 << f->ram->page_bits;

	while (f->run < s->first_run + s->nruns && f->len + 300 <= ROOM) {
		const struct ram_run *r = &f->ram->runs[f->run];
		uint64_t addr = r->addr + f->page * size;

		if (f->page == r->n) {
			f->run++;
			f->page = 0;
			continue;
		}
		put_be64(f, addr | RAM_FLAG_PAGE |
			 (f->page ? RAM_FLAG_CONTINUE : 0));
		if (!f->page)
			put_str8(f, f->ram->blocks[r->block].name);
		put(f, f->src->file + r->off + f->page * r->stride, size);
		f->page++;
	}
	if (f->run == s->first_run + s->nruns && f->len + 8 <= ROOM + size) {
		put_be64(f, RAM_FLAG_EOS);
		f->stage = DONE;
	}
}

size_t fodder_next(struct fodder *f, const uint8_t **ret)
{
	const struct fodder_part *p = &f->parts[f->part];

	if (f->pos == f->len) {
		f->pos = f->len = 0;
		if (!f->buf)
			f->buf = malloc(ROOM + ((size_t)1 << f->ram->page_bits)
					+ 300);
		if (!f->buf)
			abort();
		if (f->stage == DONE) {
			f->part++;
			f->stage = NOT_BEGUN;
			return 0;
		}
		if (f->stage == NOT_BEGUN && !p->pages) {
			put_str8(f, INSTEAD);
			f->stage = DONE;
		} else if (f->stage == NOT_BEGUN) {
			f->run = p->pages->first_run;
			f->page = 0;
			f->stage = PAGES;
			make_blocks(f, p->pages);
		} else {
			make_pages(f, p->pages);
		}
	}
	*ret = f->buf + f->pos;
	return f->len - f->pos;
}

void fodder_take(struct fodder *f, size_t n)
{
	f->pos += n;
}
