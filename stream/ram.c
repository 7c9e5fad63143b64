/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ram.h"

#define ENCODING_FLAG_XBZRLE 1
#define MAPPED_RAM_VERSION 1
#define MAX_BLOCKS 65536
#define FORGET_EVERY (64u << 20)

const char *ram_kind_name(enum ram_kind kind)
{
	static const char *const names[] = {
		"page", "zero", "xbzrle", "compressed", "mapped",
	};

	return names[kind];
}

void ram_init(struct ram *ram)
{
	*ram = (struct ram){
		.page_bits = 12,
		.little_endian_bitmap = true,
		.last_block = UINT32_MAX,
	};
	arena_init(&ram->names);
}

void ram_release(struct ram *ram)
{
	free(ram->blocks);
	free(ram->runs);
	free(ram->sections);
	arena_release(&ram->names);
}

void ram_page_bits(struct ram *ram, unsigned bits)
{
	ram->page_bits = bits;
	ram->page_bits_told = true;
}

int ram_find_block(const struct ram *ram, const char *name)
{
	for (size_t i = 0; i < ram->nblocks; i++) {
		if (!strcmp(ram->blocks[i].name, name))
			return (int)i;
	}
	return -1;
}

/* The state of one walk. */
struct walk {
	struct ram *ram;
	struct ram_section *s;
	struct cursor c;
	const struct source *src;
};

static int fail(struct walk *w, int ret, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(struct walk *w, int ret, const char *fmt, ...)
{
	struct ram_section *s = w->s;
	va_list ap;

	if (s->nlines < 3) {
		va_start(ap, fmt);
		vsnprintf(s->lines[s->nlines++], sizeof(s->lines[0]), fmt, ap);
		va_end(ap);
	}
	return ret;
}

/* Names are C strings to the emulator: up to the first NUL. */
static const char *take_name(struct walk *w)
{
	uint8_t n = cursor_u8(&w->c);
	const uint8_t *s = cursor_take(&w->c, n);
	const uint8_t *nul = s ? memchr(s, 0, n) : NULL;

	return s ? arena_intern(&w->ram->names, s,
				nul ? (size_t)(nul - s) : n) : NULL;
}

static void add_run(struct ram *ram, enum ram_kind kind, uint64_t addr,
		    uint64_t off, uint64_t n, uint64_t stride)
{
	uint64_t page = 1ull << ram->page_bits;
	struct ram_run *r = ram->nruns ? &ram->runs[ram->nruns - 1] : NULL;

	ram->pages[kind] += n;
	if (r && r->kind == kind && kind <= RAM_ZERO &&
	    r->block == ram->last_block && r->stride == stride &&
	    r->addr + r->n * page == addr && r->off + r->n * stride == off) {
		r->n += n;
		return;
	}
	ram->runs = grow_array(ram->runs, &ram->runs_cap, ram->nruns + 1,
			       sizeof(*ram->runs));
	ram->runs[ram->nruns++] = (struct ram_run){
		.addr = addr, .off = off, .n = n, .stride = stride,
		.block = ram->last_block, .kind = (uint8_t)kind,
	};
}

/* Runs of set bits in a mapped-ram bitmap: unsigned longs of the saving host. */
static void add_mapped_runs(struct walk *w, const struct ram_block *b,
			    const uint8_t *bitmap, uint64_t npages)
{
	struct ram *ram = w->ram;
	uint64_t page = 1ull << ram->page_bits, start = 0, i;
	bool in = false;

	for (i = 0; i <= npages; i++) {
		bool set = false;

		if (i < npages) {
			uint64_t byte = i / 8;

			if (!ram->little_endian_bitmap)
				byte = byte / 8 * 8 + (7 - byte % 8);
			set = bitmap[byte] >> (i % 8) & 1;
		}
		if (set && !in)
			start = i;
		if (!set && in)
			add_run(ram, RAM_MAPPED, start * page,
				b->pages_off + start * page - w->src->origin,
				i - start, page);
		in = set;
	}
}

/* A short read: the emulator finds the error behind the get. */
static int cut_off(struct walk *w)
{
	w->c.pos = w->c.end;
	w->c.bad = false;
	return -EIO;
}

static int read_mapped_header(struct walk *w, struct ram_block *b)
{
	uint32_t version = cursor_be32(&w->c);
	uint64_t page_size = cursor_be64(&w->c);
	const struct source *src = w->src;
	uint64_t npages, bytes, after;

	b->bitmap_off = cursor_be64(&w->c);
	b->pages_off = cursor_be64(&w->c);
	if (w->c.bad)
		return fail(w, cut_off(w), "Could not read whole mapped-ram "
			    "migration header (expected 28, got less)");
	if (version > MAPPED_RAM_VERSION)
		return fail(w, -EINVAL, "Migration mapped-ram capability "
			    "version not supported (expected <= %d, got %"
			    PRIu32 ")", MAPPED_RAM_VERSION, version);
	if (!b->bitmap_off && !b->pages_off)
		return 0;	/* a shared block that was ignored */
	if (!page_size || b->pages_off % (1ull << w->ram->page_bits))
		return fail(w, -EINVAL, "Error reading ramblock %s pages, "
			    "region has bad alignment", b->name);
	npages = b->len / page_size;
	bytes = (npages + 63) / 64 * 8;
	if (b->bitmap_off > src->file_len ||
	    src->file_len - b->bitmap_off < bytes)
		return fail(w, -EINVAL, "Error reading dirty bitmap");
	add_mapped_runs(w, b, src->file + b->bitmap_off, npages);
	if (__builtin_add_overflow(b->pages_off, b->len, &after) ||
	    after < src->origin || after - src->origin > w->c.end)
		return cut_off(w);
	w->c.pos = after - src->origin;
	return 0;
}

/* In the list nobody looks for the stream's end: what is not there is zero. */
static int list_ends(struct walk *w, uint64_t off)
{
	int n = (int)(w->c.end - off) - 1;
	const char *part = (const char *)w->c.data + off + 1;

	cut_off(w);
	return fail(w, -EINVAL, "Unknown ramblock \"%.*s\", cannot accept "
		    "migration", n > 0 ? n : 0, n > 0 ? part : "");
}

static uint64_t be64_or_zeros(struct walk *w)
{
	uint8_t bytes[8] = { 0 };
	uint64_t left = cursor_left(&w->c);

	if (left >= sizeof(bytes))
		return cursor_be64(&w->c);
	memcpy(bytes, w->c.data + w->c.pos, left);
	w->c.pos = w->c.end;
	return be_load(bytes, sizeof(bytes));
}

static int read_block_entry(struct walk *w, uint64_t *total)
{
	struct ram *ram = w->ram;
	struct ram_block b = { .off = w->c.pos, .gpa = UINT64_MAX };
	int old, ret = 0;

	b.name = take_name(w);
	if (w->c.bad)
		return list_ends(w, b.off);
	b.len = be64_or_zeros(w);
	if (ram->nblocks >= MAX_BLOCKS)
		return fail(w, -EINVAL, "more than %d RAM blocks", MAX_BLOCKS);
	/*
	 * A block of another page size is listed with it when the source has
	 * the postcopy capability; nothing announces that.  A page size is a
	 * power of two where the next entry's name would start.
	 */
	if (ram->postcopy && cursor_left(&w->c) >= 8) {
		uint64_t v = be_load(w->c.data + w->c.pos, 8);

		if (v >= 4096 && v < 1ull << 40 && !(v & (v - 1)))
			b.page_size = cursor_be64(&w->c);
	}
	if (ram->ignore_shared)
		b.gpa = cursor_be64(&w->c);
	if (w->c.bad)
		return cut_off(w);
	old = ram_find_block(ram, b.name);
	ram->last_block = old >= 0 ? (uint32_t)old : (uint32_t)ram->nblocks;
	if (ram->mapped)
		ret = read_mapped_header(w, &b);
	if (old >= 0) {
		ram->blocks[old] = b;
	} else {
		ram->blocks = grow_array(ram->blocks, &ram->blocks_cap,
					 ram->nblocks + 1, sizeof(b));
		ram->blocks[ram->nblocks++] = b;
	}
	w->s->nblocks++;
	*total -= b.len;
	return ret;
}

static int read_mem_size(struct walk *w, uint64_t total)
{
	int ret = 0;

	w->s->first_block = w->ram->nblocks;
	while (!ret && total)
		ret = read_block_entry(w, &total);
	w->ram->last_block = UINT32_MAX;
	return ret;
}

/* ram_block_from_stream() and host_from_ram_block_offset() */
static int find_page(struct walk *w, uint64_t addr, unsigned flags)
{
	struct ram *ram = w->ram;

	if (flags & RAM_FLAG_CONTINUE) {
		if (ram->last_block == UINT32_MAX)
			fail(w, -EINVAL, "Ack, bad migration stream!");
	} else {
		const char *name = take_name(w);
		int i;

		if (!name)
			return cut_off(w);
		i = ram_find_block(ram, name);
		if (i < 0)
			fail(w, -EINVAL, "Can't find block %s", name);
		ram->last_block = i < 0 ? UINT32_MAX : (uint32_t)i;
	}
	if (ram->last_block == UINT32_MAX ||
	    addr >= ram->blocks[ram->last_block].len)
		return fail(w, -EINVAL, "Illegal RAM offset %" PRIx64, addr);
	return 0;
}

static int read_zero(struct walk *w, uint64_t addr)
{
	uint64_t off = w->c.pos;
	uint8_t fill = cursor_u8(&w->c);

	if (w->c.bad)
		return cut_off(w);
	if (fill && !w->s->filled.end)
		w->s->filled = (struct ram_odd){ w->c.pos, fill, false };
	add_run(w->ram, RAM_ZERO, addr, off, 1, 9);
	return 0;
}

static int read_page(struct walk *w, uint64_t addr)
{
	uint64_t off = w->c.pos, page = 1ull << w->ram->page_bits;

	if (!cursor_take(&w->c, page))
		return cut_off(w);
	add_run(w->ram, RAM_PAGE, addr, off, 1, page + 8);
	return 0;
}

static int read_xbzrle(struct walk *w, uint64_t addr)
{
	uint8_t encoding = cursor_u8(&w->c);
	uint16_t len = cursor_be16(&w->c);
	uint64_t off = w->c.pos;

	if (w->c.bad)
		return cut_off(w);
	if (encoding != ENCODING_FLAG_XBZRLE) {
		fail(w, -EINVAL, "Failed to load XBZRLE page - wrong compression!");
		return fail(w, -EINVAL, "Failed to decompress XBZRLE page at %"
			    PRIx64, addr);
	}
	if (len > 1u << w->ram->page_bits) {
		fail(w, -EINVAL, "Failed to load XBZRLE page - len overflow!");
		return fail(w, -EINVAL, "Failed to decompress XBZRLE page at %"
			    PRIx64, addr);
	}
	if (!cursor_take(&w->c, len))
		return cut_off(w);
	add_run(w->ram, RAM_XBZRLE, addr, off, 1, len);
	return 0;
}

/* RFC 1950: method 8, and a header that is a multiple of 31. */
static bool looks_like_zlib(const uint8_t *p, uint32_t len)
{
	return len > 6 && (p[0] & 0x0f) == 8 && be_load(p, 2) % 31 == 0;
}

static int read_compressed(struct walk *w, uint64_t addr)
{
	uint32_t len = cursor_be32(&w->c);
	uint64_t off = w->c.pos;

	if (w->c.bad)
		return cut_off(w);
	/* compressBound() of a page */
	if (len > (1u << w->ram->page_bits) + 64)
		return fail(w, -EINVAL, "Invalid compressed data length: %"
			    PRIu32, len);
	if (!cursor_take(&w->c, len))
		return cut_off(w);
	if (w->s->compressed.end == w->s->word + 8)
		w->s->compressed.plausible =
			looks_like_zlib(w->c.data + off, len);
	add_run(w->ram, RAM_COMPRESSED, addr, off, 1, len);
	return 0;
}

static int read_word(struct walk *w, bool *eos)
{
	uint64_t word = cursor_be64(&w->c);
	uint64_t mask = (1ull << w->ram->page_bits) - 1;
	unsigned flags = (unsigned)(word & mask);
	uint64_t addr = word & ~mask;
	int ret = 0;

	if (w->c.bad)
		return fail(w, cut_off(w), "Getting RAM address failed");
	if (flags & RAM_FLAG_COMPRESS_PAGE && !w->s->compressed.end)
		w->s->compressed = (struct ram_odd){ w->c.pos, flags, false };
	if (flags & (RAM_FLAG_ZERO | RAM_FLAG_PAGE | RAM_FLAG_XBZRLE |
		     RAM_FLAG_COMPRESS_PAGE)) {
		ret = find_page(w, addr, flags);
		if (ret)
			return ret;
	}
	switch (flags & ~(unsigned)RAM_FLAG_CONTINUE) {
	case RAM_FLAG_MEM_SIZE:
		return read_mem_size(w, addr);
	case RAM_FLAG_ZERO:
		return read_zero(w, addr);
	case RAM_FLAG_PAGE:
		return read_page(w, addr);
	case RAM_FLAG_XBZRLE:
		return read_xbzrle(w, addr);
	case RAM_FLAG_COMPRESS_PAGE:
		return read_compressed(w, addr);
	case RAM_FLAG_MULTIFD_FLUSH:
		w->ram->multifd_flushes++;
		return 0;
	case RAM_FLAG_HOOK:
		return 0;
	case RAM_FLAG_EOS:
		*eos = true;
		return 0;
	}
	/* the loop ends after this word whatever happens, if EOS is among the flags */
	return fail(w, -EINVAL, "Unknown combination of migration flags: 0x%x",
		    flags);
}

static struct ram_section *walked(struct ram *ram, uint64_t at)
{
	for (size_t i = 0; i < ram->nsections; i++) {
		if (ram->sections[i].start == at)
			return &ram->sections[i];
	}
	return NULL;
}

static int walk_body(struct walk *w, const struct source_opts *opts)
{
	uint64_t told = w->c.pos;
	bool eos = false;
	int ret = 0;

	while (!ret && !eos) {
		w->s->word = w->c.pos;
		ret = read_word(w, &eos);
		if (w->c.pos - told < FORGET_EVERY)
			continue;
		told = w->c.pos;
		source_forget((struct source *)w->src, told);
		if (opts && opts->progress &&
		    opts->progress(opts->ctx, "reading RAM", told, w->c.end))
			ret = -EINTR;
	}
	return ret;
}

static void walk_from(struct walk *w, uint64_t at,
		      const struct source_opts *opts)
{
	struct ram *ram = w->ram;

	*w->s = (struct ram_section){
		.start = at,
		.first_block = ram->nblocks,
		.first_run = ram->nruns,
	};
	w->c = cursor_over(w->src->data, w->src->len);
	w->c.pos = at;
	w->s->ret = walk_body(w, opts);
	w->s->end = w->c.pos;
	w->s->nruns = ram->nruns - w->s->first_run;
}

/*
 * Most pages of 1024 bytes or less do not start where one of 4096 could.  A single
 * damaged word does not make pages small.
 */
static bool uses_small_pages(const struct ram *ram, const struct ram_section *s)
{
	uint64_t page = 1ull << ram->page_bits, all = 0, aligned = 0;

	for (size_t i = s->first_run; i < ram->nruns; i++) {
		const struct ram_run *r = &ram->runs[i];
		uint64_t last = r->addr + (r->n - 1) * page;

		all += r->n;
		aligned += last / 4096 + 1 - (r->addr + 4095) / 4096;
	}
	return all >= 4 && aligned * 2 <= all;
}

/* As it was when @before was taken; what has grown since stays allocated. */
static void go_back(struct ram *ram, const struct ram *before)
{
	struct ram now = *ram;

	*ram = *before;
	ram->names = now.names;
	ram->blocks = now.blocks;
	ram->blocks_cap = now.blocks_cap;
	ram->runs = now.runs;
	ram->runs_cap = now.runs_cap;
}

/* Walk with the page sizes that are possible until one of them fits. */
static void walk_sizes(struct walk *w, uint64_t at,
		       const struct source_opts *opts)
{
	static const struct {
		uint8_t bits;
		const char *note;
	} sizes[] = {
		{ 10, "nothing tells the page size; 1024 bytes fit and 4096 "
		      "do not" },
		{ RAM_PAGE_BITS_MIN, "nothing tells the page size; 256 bytes "
		      "fit and 4096 do not" },
		{ 13, "nothing tells the page size; 8192 bytes fit and 4096 "
		      "do not" },
	};
	struct ram *ram = w->ram;
	const struct ram before = *ram;

	walk_from(w, at, opts);
	if (w->s->ret != -EINVAL || ram->page_bits_told)
		return;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		go_back(ram, &before);
		ram->page_bits = sizes[i].bits;
		walk_from(w, at, opts);
		if (w->s->ret != -EINVAL && (sizes[i].bits > 12 ||
		    uses_small_pages(ram, w->s))) {
			ram->note = sizes[i].note;
			return;
		}
	}
	go_back(ram, &before);
	walk_from(w, at, opts);
	ram->note = "nothing tells the page size; 4096 bytes are assumed";
}

const struct ram_section *ram_walk(struct ram *ram, const struct source *src,
				   uint64_t at, const struct source_opts *opts)
{
	struct walk w = { .ram = ram, .src = src };

	w.s = walked(ram, at);
	if (w.s)
		return w.s;
	ram->sections = grow_array(ram->sections, &ram->sections_cap,
				   ram->nsections + 1, sizeof(*ram->sections));
	w.s = &ram->sections[ram->nsections++];
	walk_sizes(&w, at, opts);
	return w.s;
}

/* ROM-like blob blocks that machines register as resizeable. */
static bool resizeable(const char *name)
{
	return !strncmp(name, "/rom@", 5);
}

int ram_check(const struct ram *ram, const struct ram_section *s,
	      const struct ram *dest, char *line, uint64_t *off,
	      const char **unjudged)
{
	for (size_t i = s->first_block;
	     i < s->first_block + s->nblocks && i < ram->nblocks; i++) {
		const struct ram_block *b = &ram->blocks[i];
		int d = ram_find_block(dest, b->name);
		uint64_t len = (b->len + 4095) & ~4095ull;
		uint64_t have;

		*off = b->off + 1 + strlen(b->name) + 8;
		if (d < 0) {
			snprintf(line, 320, "Unknown ramblock \"%s\", cannot "
				 "accept migration", b->name);
			return -EINVAL;
		}
		have = (dest->blocks[d].len + 4095) & ~4095ull;
		if (len == have)
			continue;
		if (resizeable(b->name)) {
			*unjudged = "a resizeable RAM block has another size; "
				"its limit in the destination is not known";
			continue;
		}
		snprintf(line, 320, "Size mismatch: %s: 0x%" PRIx64 " != 0x%"
			 PRIx64 ": Invalid argument", b->name, len, have);
		return -EINVAL;
	}
	return 0;
}
