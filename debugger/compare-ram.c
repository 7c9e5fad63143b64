/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../stream/inflate.h"
#include "compare-ram.h"

#define JOB_PAGES 512u
#define NO_RUN UINT32_MAX
#define FORGET_EVERY (UINT64_C(128) << 20)
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22	/* Linux 5.14 */
#endif

/* ---- which of several runs gives a page ---- */

static bool builds_on_older(uint8_t kind)
{
	return kind == RAM_XBZRLE;
}

static void add_seg(struct ram_map *m, const struct ram_run *r, uint32_t run,
		    uint64_t from, uint64_t to)
{
	uint64_t skip = (from - r->addr) / m->page;

	m->segs = grow_array(m->segs, &m->cap, m->nsegs + 1, sizeof(*m->segs));
	m->segs[m->nsegs++] = (struct ram_seg){
		.addr = from, .n = (to - from) / m->page,
		.off = r->off + skip * r->stride, .stride = r->stride,
		.run = run, .kind = r->kind,
	};
}

static uint64_t run_end(const struct ram_map *m, const struct ram_run *r)
{
	return r->addr + r->n * m->page;
}

/* Runs by block, then address, then order in the stream. */
static int by_address(const void *x, const void *y, void *runs)
{
	uint32_t i = *(const uint32_t *)x, j = *(const uint32_t *)y;
	const struct ram_run *a = (const struct ram_run *)runs + i;
	const struct ram_run *b = (const struct ram_run *)runs + j;

	if (a->block != b->block)
		return a->block < b->block ? -1 : 1;
	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return i < j ? -1 : i > j;
}

/* A heap of runs, the latest in the stream on top. */
struct heap {
	uint32_t *v;
	size_t n, cap;
};

static void heap_push(struct heap *h, uint32_t x)
{
	size_t i = h->n;

	h->v = grow_array(h->v, &h->cap, h->n + 1, sizeof(*h->v));
	h->v[h->n++] = x;
	for (; i && h->v[(i - 1) / 2] < x; i = (i - 1) / 2)
		h->v[i] = h->v[(i - 1) / 2];
	h->v[i] = x;
}

static void heap_pop(struct heap *h)
{
	uint32_t x = h->v[--h->n];
	size_t i = 0, k;

	while ((k = 2 * i + 1) < h->n) {
		if (k + 1 < h->n && h->v[k + 1] > h->v[k])
			k++;
		if (h->v[k] <= x)
			break;
		h->v[i] = h->v[k];
		i = k;
	}
	h->v[i] = x;
}

/* Sweep over the runs of one block: @order[0 .. n). */
static void sweep(struct ram_map *m, const uint32_t *order, size_t n,
		  struct heap *h)
{
	const struct ram_run *runs = m->ram->runs;
	uint64_t at = 0;
	size_t i = 0;

	h->n = 0;
	while (i < n || h->n) {
		uint64_t upto;

		/* also those that began below a later one: they may outlast it */
		while (i < n && runs[order[i]].addr <= at)
			heap_push(h, order[i++]);
		while (h->n && run_end(m, &runs[h->v[0]]) <= at)
			heap_pop(h);
		if (!h->n) {
			if (i < n)
				at = runs[order[i]].addr;
			continue;
		}
		upto = run_end(m, &runs[h->v[0]]);
		/* a later run on top of it ends the segment where it begins */
		for (size_t k = i; k < n && runs[order[k]].addr < upto; k++) {
			if (order[k] > h->v[0])
				upto = runs[order[k]].addr;
		}
		if (upto > at)
			add_seg(m, &runs[h->v[0]], h->v[0], at, upto);
		at = upto;
	}
}

/* Does everything that the run tells of lie in the stream and make sense? */
static bool usable(const struct ram_map *m, const struct ram_run *r)
{
	uint64_t len = m->src->len, need = r->kind == RAM_ZERO ? 1 :
		r->kind == RAM_PAGE || r->kind == RAM_MAPPED ? m->page :
		r->stride;
	uint64_t span;

	if (r->block >= m->ram->nblocks || !r->n || r->addr > 1ull << 60 ||
	    r->n > 1ull << 48)
		return false;
	if (__builtin_mul_overflow(r->n - 1, r->stride, &span) ||
	    need > len || span > len - need)
		return false;
	return r->off <= len - need - span;
}

static void map_fill(struct ram_map *m, bool older)
{
	const struct ram *ram = m->ram;
	uint32_t *order = malloc((ram->nruns + 1) * sizeof(*order));
	struct heap h = { 0 };
	size_t n = 0, i = 0;

	if (!order)
		abort();
	for (size_t k = 0; k < ram->nruns && k < UINT32_MAX; k++) {
		const struct ram_run *r = &ram->runs[k];

		if (usable(m, r) && (!older || !builds_on_older(r->kind)))
			order[n++] = (uint32_t)k;
	}
	qsort_r(order, n, sizeof(*order), by_address, ram->runs);
	for (size_t b = 0; b < ram->nblocks; b++) {
		size_t from = i;

		while (i < n && ram->runs[order[i]].block == b)
			i++;
		m->first[b] = m->nsegs;
		sweep(m, order + from, i - from, &h);
	}
	m->first[ram->nblocks] = m->nsegs;
	free(h.v);
	free(order);
}

/* For each delta, the one before it of the same page. */
static uint32_t *link_deltas(const struct ram_map *m)
{
	const struct ram *ram = m->ram;
	uint32_t *older = malloc((ram->nruns + 1) * sizeof(*older));
	uint32_t *order = malloc((ram->nruns + 1) * sizeof(*order));
	size_t n = 0;

	if (!older || !order)
		abort();
	for (size_t k = 0; k < ram->nruns && k < UINT32_MAX; k++) {
		if (ram->runs[k].kind == RAM_XBZRLE && usable(m, &ram->runs[k]))
			order[n++] = (uint32_t)k;
	}
	qsort_r(order, n, sizeof(*order), by_address, ram->runs);
	for (size_t k = 0; k < n; k++) {
		const struct ram_run *r = &ram->runs[order[k]];
		const struct ram_run *p = k ? &ram->runs[order[k - 1]] : NULL;

		older[order[k]] = p && p->block == r->block &&
			p->addr == r->addr ? order[k - 1] : NO_RUN;
	}
	free(order);
	return older;
}

static struct ram_map *map_below(const struct ram_map *m)
{
	struct ram_map *b = calloc(1, sizeof(*b));

	if (!b)
		abort();
	*b = (struct ram_map){ .src = m->src, .ram = m->ram, .page = m->page };
	b->first = calloc(m->ram->nblocks + 1, sizeof(*b->first));
	if (!b->first)
		abort();
	map_fill(b, true);
	return b;
}

void ram_map_init(struct ram_map *m, const struct source *src,
		  const struct ram *ram)
{
	*m = (struct ram_map){
		.src = src, .ram = ram, .page = 1ull << ram->page_bits,
	};
	m->first = calloc(ram->nblocks + 1, sizeof(*m->first));
	if (!m->first)
		abort();
	map_fill(m, false);
	if (ram->pages[RAM_XBZRLE]) {
		m->below = map_below(m);
		m->older = link_deltas(m);
	}
}

void ram_map_release(struct ram_map *m)
{
	if (m->below) {
		ram_map_release(m->below);
		free(m->below);
	}
	free(m->segs);
	free(m->first);
	free(m->older);
	*m = (struct ram_map){ 0 };
}

/* ---- a page's bytes ---- */

static const struct ram_seg *find_seg(const struct ram_map *m, size_t block,
				      uint64_t addr)
{
	size_t lo, hi;

	if (block >= m->ram->nblocks)
		return NULL;
	lo = m->first[block];
	hi = m->first[block + 1];
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct ram_seg *s = &m->segs[mid];

		if (addr < s->addr)
			hi = mid;
		else if (addr - s->addr >= s->n * m->page)
			lo = mid + 1;
		else
			return s;
	}
	return NULL;
}

/* xbzrle_decode_buffer(): pairs of a run to keep and a run to overwrite. */
static bool xbzrle_apply(uint8_t *page, uint64_t size, const uint8_t *p,
			 uint64_t len)
{
	uint64_t i = 0, at = 0;

	while (i < len) {
		for (int literal = 0; literal < 2; literal++) {
			uint64_t n;

			if (i >= len)
				return false;
			n = p[i] & 0x7f;
			if (p[i] & 0x80) {	/* uleb128 of at most two bytes */
				if (len - i < 2 || p[i + 1] & 0x80)
					return false;
				n |= (uint64_t)p[i + 1] << 7;
				i++;
			}
			i++;
			if (n > size - at || (literal && n > len - i))
				return false;
			if (literal) {
				memcpy(page + at, p + i, n);
				i += n;
			}
			at += n;
			if (!literal && i == len)
				return true;
		}
	}
	return true;
}

/* All deltas of this page that came behind run @from, in order. */
static bool apply_deltas(const struct ram_map *m, int64_t from, uint32_t upto,
			 uint8_t *page)
{
	uint32_t *chain = NULL;
	size_t n = 0, cap = 0;
	bool ok = true;

	for (uint32_t k = upto; k != NO_RUN && (int64_t)k > from;
	     k = m->older[k]) {
		chain = grow_array(chain, &cap, n + 1, sizeof(*chain));
		chain[n++] = k;
	}
	while (ok && n--) {
		const struct ram_run *r = &m->ram->runs[chain[n]];

		ok = xbzrle_apply(page, m->page, m->src->data + r->off,
				  r->stride);
	}
	free(chain);
	return ok;
}

static const uint8_t *plain_page(const struct ram_map *m,
				 const struct ram_seg *s, uint64_t addr,
				 uint8_t *buf)
{
	uint64_t i = s ? (addr - s->addr) / m->page : 0;
	const uint8_t *p = s ? m->src->data + s->off + i * s->stride : NULL;

	if (!s) {
		memset(buf, 0, m->page);
		return buf;
	}
	switch (s->kind) {
	case RAM_ZERO:
		memset(buf, *p, m->page);
		return buf;
	case RAM_COMPRESSED:	/* zlib's header, then deflate */
		if (s->stride < 2 ||
		    inflate_deflate_block(p + 2, s->stride - 2, buf,
					  m->page) < 0)
			return NULL;
		return buf;
	default:
		return p;
	}
}

const uint8_t *ram_map_page(const struct ram_map *m, size_t block,
			    uint64_t addr, uint8_t *buf)
{
	const struct ram_seg *s = find_seg(m, block, addr), *below;
	const uint8_t *p;

	if (!s || s->kind != RAM_XBZRLE)
		return plain_page(m, s, addr, buf);
	below = find_seg(m->below, block, addr);
	p = plain_page(m, below, addr, buf);
	if (!p)
		return NULL;
	if (p != buf)
		memcpy(buf, p, m->page);
	return apply_deltas(m, below ? (int64_t)below->run : -1, s->run, buf) ?
		buf : NULL;
}

/* ---- comparing ---- */

/* @n pages that one segment of each side (or none) gives. */
struct job {
	uint64_t addr, n;
	const struct ram_seg *a, *b;
};

struct result {
	struct ram_range *v;
	size_t n, cap;
};

struct work {
	const struct ram_map *ma, *mb;
	size_t a, b;
	struct job *jobs;
	size_t njobs, cap;
	atomic_size_t next;
	atomic_bool stop;
	const struct source_opts *progress;
	pthread_mutex_t lock;
};

struct worker {
	struct work *w;
	struct result r;
	uint8_t *bufs;		/* two pages */
	bool first;
	unsigned done;
	pthread_t thread;
};

static bool same_fill(const uint8_t *p, uint64_t n, uint8_t fill)
{
	return *p == fill && !memcmp(p, p + 1, n - 1);
}

static bool same_page(struct worker *k, const struct job *j, uint64_t addr)
{
	const struct work *w = k->w;
	uint64_t page = w->ma->page;
	const uint8_t *p, *q;

	if (w->mb->page != page)
		return false;
	/* a page against zeros: look at one side only */
	if (!j->b || j->b->kind == RAM_ZERO) {
		uint8_t fill = j->b ? w->mb->src->data[j->b->off +
			(addr - j->b->addr) / page * j->b->stride] : 0;

		p = ram_map_page(w->ma, w->a, addr, k->bufs);
		return p && same_fill(p, page, fill);
	}
	p = ram_map_page(w->ma, w->a, addr, k->bufs);
	q = ram_map_page(w->mb, w->b, addr, k->bufs + page);
	return p && q && !memcmp(p, q, page);
}

static void add_page(struct result *r, uint64_t addr, uint64_t page)
{
	struct ram_range *last = r->n ? &r->v[r->n - 1] : NULL;

	if (last && last->addr + last->len == addr) {
		last->len += page;
		return;
	}
	r->v = grow_array(r->v, &r->cap, r->n + 1, sizeof(*r->v));
	r->v[r->n++] = (struct ram_range){ addr, page };
}

/* Map what a segment's pages need at once: a fault each costs more. */
static void populate(const struct ram_map *m, const struct ram_seg *s,
		     const struct job *j)
{
	const uint64_t os = 4096;
	uintptr_t from, to;

	if (!s || (s->kind != RAM_PAGE && s->kind != RAM_MAPPED))
		return;
	from = (uintptr_t)(m->src->data + s->off +
			   (j->addr - s->addr) / m->page * s->stride);
	to = from + j->n * s->stride;
	from = from / os * os;
	to = (to + os - 1) / os * os;
	madvise((void *)from, to - from, MADV_POPULATE_READ);
}

static bool in_place(const struct ram_seg *s)
{
	return s && (s->kind == RAM_PAGE || s->kind == RAM_MAPPED);
}

static void compare_in_place(struct worker *k, const struct job *j)
{
	const struct ram_map *ma = k->w->ma, *mb = k->w->mb;
	uint64_t page = ma->page;
	const uint8_t *p = ma->src->data + j->a->off +
		(j->addr - j->a->addr) / page * j->a->stride;
	const uint8_t *q = mb->src->data + j->b->off +
		(j->addr - j->b->addr) / page * j->b->stride;

	for (uint64_t i = 0; i < j->n; i++) {
		if (memcmp(p, q, page))
			add_page(&k->r, j->addr + i * page, page);
		p += j->a->stride;
		q += j->b->stride;
	}
}

static void do_job(struct worker *k, const struct job *j)
{
	const struct work *w = k->w;

	populate(w->ma, j->a, j);
	populate(w->mb, j->b, j);
	if (in_place(j->a) && in_place(j->b) && w->ma->page == w->mb->page) {
		compare_in_place(k, j);
		return;
	}
	for (uint64_t i = 0; i < j->n; i++) {
		uint64_t addr = j->addr + i * w->ma->page;

		if (!same_page(k, j, addr))
			add_page(&k->r, addr, w->ma->page);
	}
}

/* Keep the resident size small: what lies well behind will not be read again. */
static void forget(struct work *w, size_t done)
{
	const struct job *j = &w->jobs[done];

	pthread_mutex_lock(&w->lock);
	if (in_place(j->a))
		source_forget((struct source *)w->ma->src,
			      j->a->off > FORGET_EVERY ?
			      j->a->off - FORGET_EVERY : 0);
	if (in_place(j->b))
		source_forget((struct source *)w->mb->src,
			      j->b->off > FORGET_EVERY ?
			      j->b->off - FORGET_EVERY : 0);
	pthread_mutex_unlock(&w->lock);
}

static void *work(void *arg)
{
	struct worker *k = arg;
	struct work *w = k->w;
	size_t i;

	while ((i = atomic_fetch_add(&w->next, 1)) < w->njobs &&
	       !atomic_load(&w->stop)) {
		do_job(k, &w->jobs[i]);
		if (!k->first || ++k->done % 32)
			continue;
		forget(w, i);
		if (w->progress && w->progress->progress &&
		    w->progress->progress(w->progress->ctx, "comparing RAM", i,
					  w->njobs))
			atomic_store(&w->stop, true);
	}
	return NULL;
}

static void add_job(struct work *w, uint64_t addr, uint64_t n,
		    const struct ram_seg *a, const struct ram_seg *b)
{
	while (n) {
		uint64_t k = n < JOB_PAGES ? n : JOB_PAGES;

		w->jobs = grow_array(w->jobs, &w->cap, w->njobs + 1,
				     sizeof(*w->jobs));
		w->jobs[w->njobs++] = (struct job){ addr, k, a, b };
		addr += k * w->ma->page;
		n -= k;
	}
}

/* Both of one fill: nothing to look at but the first byte of each. */
static bool both_zero(const struct work *w, const struct ram_seg *a,
		      const struct ram_seg *b, uint64_t addr, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		uint64_t at = addr + i * w->ma->page;
		uint8_t x = a ? w->ma->src->data[a->off +
			(at - a->addr) / w->ma->page * a->stride] : 0;
		uint8_t y = b ? w->mb->src->data[b->off +
			(at - b->addr) / w->mb->page * b->stride] : 0;

		if (x != y)
			return false;
	}
	return true;
}

static bool zeros(const struct ram_seg *s)
{
	return !s || s->kind == RAM_ZERO;
}

static uint64_t seg_end(const struct ram_map *m, const struct ram_seg *s)
{
	return s->addr + s->n * m->page;
}

/* Walk both sides' segments by address; answers how many pages there are. */
static uint64_t make_jobs(struct work *w)
{
	const struct ram_map *ma = w->ma, *mb = w->mb;
	bool has_a = w->a != SIZE_MAX, has_b = w->b != SIZE_MAX;
	size_t i = has_a ? ma->first[w->a] : 0;
	size_t ie = has_a ? ma->first[w->a + 1] : 0;
	size_t j = has_b ? mb->first[w->b] : 0;
	size_t je = has_b ? mb->first[w->b + 1] : 0;
	uint64_t at = 0, pages = 0;

	while (i < ie || j < je) {
		const struct ram_seg *a = i < ie ? &ma->segs[i] : NULL;
		const struct ram_seg *b = j < je ? &mb->segs[j] : NULL;
		uint64_t sa = a ? a->addr : UINT64_MAX;
		uint64_t sb = b ? b->addr : UINT64_MAX;
		uint64_t to = UINT64_MAX, n;

		if (at < sa && at < sb)
			at = sa < sb ? sa : sb;
		if (a && sa > at) {
			to = sa;
			a = NULL;
		} else if (a) {
			to = seg_end(ma, a);
		}
		if (b && sb > at) {
			to = sb < to ? sb : to;
			b = NULL;
		} else if (b) {
			to = seg_end(mb, b) < to ? seg_end(mb, b) : to;
		}
		n = (to - at) / ma->page;
		pages += n;
		if (!zeros(a) || !zeros(b) || !both_zero(w, a, b, at, n))
			add_job(w, at, n, a, b);
		at = to;
		while (i < ie && seg_end(ma, &ma->segs[i]) <= at)
			i++;
		while (j < je && seg_end(mb, &mb->segs[j]) <= at)
			j++;
	}
	return pages;
}

static unsigned cores(unsigned wanted, size_t njobs)
{
	long n = wanted ? (long)wanted : sysconf(_SC_NPROCESSORS_ONLN);

	if (n < 1)
		n = 1;
	if (n > 8)
		n = 8;
	return njobs < (size_t)n * 2 ? 1 : (unsigned)n;
}

static int by_range(const void *x, const void *y)
{
	const struct ram_range *a = x, *b = y;

	return a->addr < b->addr ? -1 : a->addr > b->addr;
}

static size_t join(struct worker *k, unsigned n, struct ram_range **ret)
{
	struct result all = { 0 };
	size_t to = 0;

	for (unsigned i = 0; i < n; i++) {
		all.v = grow_array(all.v, &all.cap, all.n + k[i].r.n + 1,
				   sizeof(*all.v));
		if (k[i].r.n)
			memcpy(all.v + all.n, k[i].r.v,
			       k[i].r.n * sizeof(*all.v));
		all.n += k[i].r.n;
		free(k[i].r.v);
		free(k[i].bufs);
	}
	qsort(all.v, all.n, sizeof(*all.v), by_range);
	for (size_t i = 0; i < all.n; i++) {
		if (to && all.v[to - 1].addr + all.v[to - 1].len ==
		    all.v[i].addr)
			all.v[to - 1].len += all.v[i].len;
		else
			all.v[to++] = all.v[i];
	}
	*ret = all.v;
	return to;
}

size_t ram_compare(const struct ram_map *ma, size_t a, const struct ram_map *mb,
		   size_t b, unsigned threads, struct ram_range **ret,
		   uint64_t *compared, const struct source_opts *progress)
{
	struct work w = {
		.ma = ma, .mb = mb, .a = a, .b = b, .progress = progress,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
	struct worker k[8] = { 0 };
	uint64_t buf = ma->page > mb->page ? ma->page : mb->page;
	unsigned n, started = 1;
	size_t nret;

	*compared = make_jobs(&w);
	n = cores(threads, w.njobs);
	for (unsigned i = 0; i < n; i++) {
		k[i] = (struct worker){ .w = &w, .first = i == 0 };
		k[i].bufs = malloc(2 * buf);
		if (!k[i].bufs)
			abort();
	}
	for (; started < n; started++) {
		if (pthread_create(&k[started].thread, NULL, work, &k[started]))
			break;
	}
	work(&k[0]);
	for (unsigned i = 1; i < started; i++)
		pthread_join(k[i].thread, NULL);
	nret = join(k, n, ret);
	free(w.jobs);
	return nret;
}
