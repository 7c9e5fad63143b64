/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define MAX_PAGES (1u << 16)	/* kept: 256 MiB; beyond, read each time */
#define FREE UINT64_MAX		/* no page begins there */

struct page {
	uint64_t addr;
	uint8_t *data;		/* NULL: nothing of it is there */
	uint8_t *known;		/* NULL: all of it is */
};

struct memory_pages {
	struct page *slots;
	size_t n, cap;
};

static size_t slot_of(const struct memory_pages *p, uint64_t addr)
{
	uint64_t h = addr * UINT64_C(0x9e3779b97f4a7c15);
	size_t i = (size_t)(h >> 32) & (p->cap - 1);

	while (p->slots[i].addr != FREE && p->slots[i].addr != addr)
		i = (i + 1) & (p->cap - 1);
	return i;
}

static void pages_forget(struct memory_pages *p)
{
	for (size_t i = 0; i < p->cap; i++) {
		free(p->slots[i].data);
		free(p->slots[i].known);
	}
	free(p->slots);
	memset(p, 0, sizeof(*p));
}

static void pages_grow(struct memory_pages *p)
{
	struct memory_pages more = { .n = p->n };

	if (p->n * 2 < p->cap)
		return;
	more.cap = p->cap ? p->cap * 2 : 1024;
	more.slots = calloc(more.cap, sizeof(*more.slots));
	if (!more.slots)
		abort();
	for (size_t i = 0; i < more.cap; i++)
		more.slots[i].addr = FREE;
	for (size_t i = 0; i < p->cap; i++) {
		if (p->slots[i].addr != FREE)
			more.slots[slot_of(&more, p->slots[i].addr)] =
				p->slots[i];
	}
	free(p->slots);
	*p = more;
}

static uint8_t *keep(const uint8_t *p)
{
	uint8_t *ret = malloc(MEMORY_PAGE);

	if (!ret)
		abort();
	return memcpy(ret, p, MEMORY_PAGE);
}

/* The page at @addr, kept or in @data and @known. */
static struct page page_get(const struct memory *m, uint64_t addr,
			    uint8_t *data, uint8_t *known)
{
	struct memory_pages *p = m->pages;
	struct page new = { .addr = addr };
	size_t i, got;

	pages_grow(p);
	i = slot_of(p, addr);
	if (p->slots[i].addr == addr)
		return p->slots[i];
	memset(known, 0, MEMORY_PAGE);
	got = m->ops->page(m, addr, data, known);
	if (p->n >= MAX_PAGES) {
		new.data = got ? data : NULL;
		new.known = got < MEMORY_PAGE ? known : NULL;
		return new;
	}
	if (got)
		new.data = keep(data);
	if (got && got < MEMORY_PAGE)
		new.known = keep(known);
	p->slots[i] = new;
	p->n++;
	return new;
}

/* Without @known, a byte that is not known ends it. */
static int read_pages(const struct memory *m, uint64_t addr, size_t n,
		      uint8_t *out, uint8_t *known)
{
	uint8_t data[MEMORY_PAGE], have[MEMORY_PAGE];

	while (n) {
		size_t in = addr % MEMORY_PAGE, part = MEMORY_PAGE - in;
		struct page p;

		if (part > n)
			part = n;
		p = page_get(m, addr - in, data, have);
		if (!known && (!p.data ||
			       (p.known && memchr(p.known + in, 0, part))))
			return -1;
		memset(out, 0, part);
		if (p.data)
			memcpy(out, p.data + in, part);
		if (known) {
			memset(known, p.data && !p.known ? 0xff : 0, part);
			if (p.data && p.known)
				memcpy(known, p.known + in, part);
			known += part;
		}
		out += part;
		addr += part;
		n -= part;
	}
	return 0;
}

void memory_read_known(const struct memory *m, uint64_t addr, size_t n,
		       uint8_t *out, uint8_t *known)
{
	(void)read_pages(m, addr, n, out, known);
}

int memory_read(const struct memory *m, uint64_t addr, void *buf, size_t n)
{
	return addr + n < addr ? -1 : read_pages(m, addr, n, buf, NULL);
}

const struct memory_map *memory_map_at(const struct memory *m, uint64_t addr)
{
	size_t lo = 0, hi = m->nmaps;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (m->maps[mid].start <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && addr < m->maps[lo - 1].end ? &m->maps[lo - 1] : NULL;
}

static int space_read(const struct space *s, uint64_t addr, void *buf,
		      size_t n)
{
	return memory_read((const struct memory *)s, addr, buf, n);
}

static enum space_kind space_kind(const struct space *s, uint64_t addr)
{
	const struct memory_map *map =
		memory_map_at((const struct memory *)s, addr);

	return !map ? SPACE_NONE : map->exec ? SPACE_CODE : SPACE_DATA;
}

void memory_init(struct memory *m, const struct memory_ops *ops)
{
	m->ops = ops;
	m->space = (struct space){
		.read = space_read, .kind = space_kind, .ptr_size = 8,
	};
	arena_init(&m->arena);
	m->pages = calloc(1, sizeof(*m->pages));
	if (!m->pages)
		abort();
}

static int by_start(const void *a, const void *b)
{
	const struct memory_map *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

void memory_finish(struct memory *m)
{
	if (m->nmaps)
		qsort(m->maps, m->nmaps, sizeof(*m->maps), by_start);
}

void memory_warn(struct memory *m, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	if (m->nwarnings == sizeof(m->warnings) / sizeof(m->warnings[0]))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	m->warnings[m->nwarnings++] = arena_strdup(&m->arena, text);
}

int memory_take_elf(struct memory *m, const uint8_t *head, size_t n,
		    struct err *err)
{
	if (n < 20 || memcmp(head, ELFMAG, SELFMAG) ||
	    (head[EI_CLASS] != ELFCLASS64 && head[EI_CLASS] != ELFCLASS32) ||
	    (head[EI_DATA] != ELFDATA2LSB && head[EI_DATA] != ELFDATA2MSB))
		return err_set(err, ERR_FORMAT, 0, "not an ELF file");
	m->space.ptr_size = head[EI_CLASS] == ELFCLASS64 ? 8 : 4;
	m->space.big_endian = head[EI_DATA] == ELFDATA2MSB;
	m->machine = (uint16_t)space_load(&m->space, head + 18, 2);
	return 0;
}

const char *memory_file(struct memory *m, const char *path)
{
	return m->ops->file(m, path);
}

int memory_stop(struct memory *m, struct err *err)
{
	if (!m->ops->stop)
		return 0;
	if (m->ops->stop(m, err))
		return -1;
	pages_forget(m->pages);
	return 0;
}

void memory_resume(struct memory *m)
{
	if (m->ops->resume)
		m->ops->resume(m);
}

void memory_close(struct memory *m)
{
	if (!m)
		return;
	memory_resume(m);
	pages_forget(m->pages);
	free(m->pages);
	free(m->maps);
	arena_release(&m->arena);
	m->ops->close(m);
}
