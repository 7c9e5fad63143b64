/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

#define BLOCK_SIZE (64 * 1024)
#define ALIGN (sizeof(max_align_t))

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	max_align_t data[];
};

struct intern_slot {
	const char *s;
	size_t len;
	uint64_t hash;
};

static void out_of_memory(size_t size)
{
	fprintf(stderr, "vmsdb: out of memory (%zu bytes wanted)\n", size);
	exit(130);
}

void arena_init(struct arena *a)
{
	memset(a, 0, sizeof(*a));
}

void arena_release(struct arena *a)
{
	struct arena_block *b = a->head;

	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
	free(a->names);
	arena_init(a);
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b = a->head;
	void *p;

	if (size > SIZE_MAX / 2)
		out_of_memory(size);
	size = (size + ALIGN - 1) / ALIGN * ALIGN;
	if (!b || b->size - b->used < size) {
		size_t want = size > BLOCK_SIZE / 4 ? size : BLOCK_SIZE;

		b = calloc(1, sizeof(*b) + want);
		if (!b)
			out_of_memory(want);
		b->size = want;
		if (a->head && want == size) {
			/* a large one: keep filling the block in front */
			b->next = a->head->next;
			a->head->next = b;
		} else {
			b->next = a->head;
			a->head = b;
		}
	}
	p = (char *)b->data + b->used;
	b->used += size;
	a->used += size;
	return p;
}

void *arena_calloc(struct arena *a, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		out_of_memory(SIZE_MAX);
	return arena_alloc(a, total);
}

void *arena_memdup(struct arena *a, const void *p, size_t n)
{
	void *q = arena_alloc(a, n);

	if (n)
		memcpy(q, p, n);
	return q;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_memdup(a, s, strlen(s) + 1);
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	assert(n >= 0);
	s = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

static uint64_t hash_bytes(const void *s, size_t n)
{
	const unsigned char *p = s;
	uint64_t h = 0xcbf29ce484222325u;

	while (n--)
		h = (h ^ *p++) * 0x100000001b3u;
	return h ? h : 1;
}

static struct intern_slot *intern_find(struct intern_slot *slots, size_t cap,
				       uint64_t h, const void *s, size_t n)
{
	size_t i = h & (cap - 1);

	while (slots[i].hash) {
		if (slots[i].hash == h && slots[i].len == n &&
		    !memcmp(slots[i].s, s, n))
			break;
		i = (i + 1) & (cap - 1);
	}
	return &slots[i];
}

static void intern_grow(struct arena *a)
{
	size_t cap = a->names_cap ? a->names_cap * 2 : 256;
	struct intern_slot *slots = calloc(cap, sizeof(*slots));

	if (!slots)
		out_of_memory(cap * sizeof(*slots));
	for (size_t i = 0; i < a->names_cap; i++) {
		struct intern_slot *old = &a->names[i];

		if (old->hash)
			*intern_find(slots, cap, old->hash, old->s, old->len) = *old;
	}
	free(a->names);
	a->names = slots;
	a->names_cap = cap;
}

const char *arena_intern(struct arena *a, const void *s, size_t n)
{
	uint64_t h = hash_bytes(s, n);
	struct intern_slot *slot;
	char *copy;

	if (a->nnames * 2 >= a->names_cap)
		intern_grow(a);
	slot = intern_find(a->names, a->names_cap, h, s, n);
	if (slot->hash)
		return slot->s;
	copy = arena_alloc(a, n + 1);
	if (n)
		memcpy(copy, s, n);
	slot->s = copy;
	slot->len = n;
	slot->hash = h;
	a->nnames++;
	return copy;
}

const char *arena_intern_str(struct arena *a, const char *s)
{
	return arena_intern(a, s, strlen(s));
}

void *grow_array(void *p, size_t *cap, size_t want, size_t size)
{
	size_t n = *cap > 16 ? *cap : 16, bytes;

	if (want <= *cap)
		return p;
	while (n < want)
		n += n / 2;
	if (__builtin_mul_overflow(n, size, &bytes))
		out_of_memory(SIZE_MAX);
	p = realloc(p, bytes);
	if (!p)
		out_of_memory(bytes);
	*cap = n;
	return p;
}

void *zero_array(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	if (!p)
		out_of_memory(n * size);
	return p;
}
