/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Real streams, cut at every length and damaged at random, loaded into a
 * destination that has nothing to do with the damage and into themselves:
 * there has to be a verdict, in time, and without a crash.
 *
 *	debugger-mutate [--all] [-n MUTATIONS] [-s SEED] [-1 CASE]
 *
 * Without --all some of the lengths and of the mutations are tried, always
 * the same ones.  A failure names its CASE; -1 runs it alone.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../debugger/analysis.h"
#include "../stream/cursor.h"

#define SECONDS 10		/* for one load */
#define MAX_RSS (1u << 20)	/* KiB */
#define FEW 250			/* lengths of each stream, mutations of each */

static const struct subject {
	const char *stream, *to[3];
	bool cut;		/* also at every length */
} subjects[] = {
	{ "streams/10.0-microvm-none.mig.xz",
	  { "streams/7.2-microvm-none.mig.xz", "dumps/7.2-microvm.json.xz" }, true },
	{ "streams/5.2-isapc-none.mig.xz",
	  { "streams/7.2-isapc-none.mig.xz", "dumps/7.2-isapc.json.xz" }, true },
	{ "special/bare.mig.xz", { "special/bare.mig.xz" }, true },
	{ "special/no-footer.mig.xz", { "special/no-footer.mig.xz" }, false },
	{ "special/dirty-bitmap.mig.xz", { "streams/10.0-microvm-none.mig.xz" }, false },
	{ "special/s390x.mig.xz", { "special/s390x.mig.xz" }, false },
	{ "special/xen-devices.mig.xz",
	  { "streams/10.0-pc-q35-10.0-virtio.mig.xz",
	    "dumps/10.0-pc-q35-10.0.json.xz" }, false },
	{ "streams/7.2-pc-q35-7.2-vgpu4.mig.xz",
	  { "streams/10.0-pc-q35-7.2-vgpu4.mig.xz",
	    "dumps/10.0-pc-q35-7.2.json.xz" }, false },
};

/* ---- what is going on, for whoever reads of a crash ---- */

static char now[160];

static void tell(int sig)
{
	ssize_t n = write(STDERR_FILENO, now, strlen(now));

	(void)n;
	signal(sig, SIG_DFL);
	raise(sig);
}

void __asan_on_error(void);
void __asan_on_error(void)
{
	ssize_t n = write(STDERR_FILENO, now, strlen(now));

	(void)n;
}

/* ---- damage ---- */

static uint64_t random_state;

static uint64_t random_u64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static uint64_t below(uint64_t n)
{
	return n ? random_u64() % n : 0;
}

/* Mostly in what follows RAM: that is where there is something to break. */
static size_t place(size_t len, size_t devices)
{
	return below(4) && devices < len ? devices + below(len - devices) :
		below(len);
}

static const uint8_t telling[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x30, 0x7e, 0x7f, 0x80, 0xff, '"', '{', '}',
};

static void put_number(uint8_t *p, size_t room)
{
	static const uint64_t numbers[] = {
		0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff,
		0x80000000, 0xffffffff, UINT64_MAX, INT64_MAX,
	};
	uint64_t v = numbers[below(sizeof(numbers) / sizeof(numbers[0]))];
	size_t n = 1u << below(4);

	for (size_t i = 0; i < n && i < room; i++)
		p[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

/* @d has room for 512 bytes more. */
static void damage_once(uint8_t *d, size_t *len, size_t devices)
{
	size_t at = place(*len, devices), n = 1 + below(64), from;

	if (at + n > *len)
		n = *len - at;
	if (!n)
		return;
	switch (below(7)) {
	case 0:
		d[at] ^= (uint8_t)(1u << below(8));
		break;
	case 1:
		d[at] = telling[below(sizeof(telling))];
		break;
	case 2:
		put_number(d + at, *len - at);
		break;
	case 3:		/* delete */
		memmove(d + at, d + at + n, *len - at - n);
		*len -= n;
		break;
	case 4:		/* twice */
		memmove(d + at + n, d + at, *len - at);
		*len += n;
		break;
	case 5:		/* from elsewhere */
		from = place(*len - n + 1, devices);
		memmove(d + at, d + from, from + n <= *len ? n : 0);
		break;
	case 6:
		for (size_t i = 0; i < n; i++)
			d[at + i] = (uint8_t)random_u64();
		break;
	}
}

static void damage(uint8_t *d, size_t *len, size_t devices, uint64_t seed)
{
	random_state = (seed + 1) * 0x9e3779b97f4a7c15u;
	for (uint64_t n = 1 + below(4); n--; )
		damage_once(d, len, devices);
	if (!below(16))
		*len = below(*len + 1);
}

/* ---- a load ---- */

/* Everything that is printed of an analysis has to be there. */
static void look_at(const struct analysis *a, const struct timeline *t)
{
	volatile size_t sum = 0;
	char path[256];

	for (size_t i = 0; i < a->ndivergences; i++)
		sum += strlen(a->divergences[i].text ? a->divergences[i].text : "");
	for (uint32_t i = 0; i < t->n; i += 1 + t->n / 64)
		sum += strlen(timeline_path(t, i, path, sizeof(path)));
	if (a->verdict == VERDICT_FAILS && !a->failure)
		abort();
	if (a->verdict == VERDICT_LOADS && a->first != SIZE_MAX)
		abort();
	if (!t->nfailures && timeline_check(t))
		abort();
}

static void load_into(const struct account *source,
		      const struct destination *dest, enum rules rules)
{
	struct timeline *t = destination_load(dest, source, rules, NULL);
	struct analysis *a = analyse(source, dest, t);

	look_at(a, t);
	analysis_close(a);
	timeline_close(t);
}

static void one(const struct destination *other, const uint8_t *data,
		size_t len, uint64_t which)
{
	struct destination *own;
	struct account *source;
	struct source *src;
	struct err err;

	alarm(SECONDS);
	/* damage may look like a container that cannot be opened */
	if (source_open_memory(&src, "mutation", data, len, NULL, &err) < 0)
		return;
	if (account_take(&source, src, DESC_FROM_SOURCE, NULL, &err) < 0)
		abort();
	load_into(source, other, (enum rules)(which % RULES_COUNT));
	load_into(source, other, RULES_CURRENT);
	if (destination_open(&own, NULL, 0, source, NULL, &err) < 0)
		abort();
	load_into(source, own, RULES_CURRENT);
	destination_close(own);
	account_close(source);
	alarm(0);
}

/* ---- all of them ---- */

struct run {
	bool all;
	uint64_t mutations, seed, only, cases;
};

static bool wanted(struct run *r, const struct subject *s, const char *what,
		   uint64_t n)
{
	uint64_t i = r->cases++;

	snprintf(now, sizeof(now), "\ncase %" PRIu64 ": %s %s %" PRIu64 "\n", i,
		 s->stream, what, n);
	return r->only == UINT64_MAX || r->only == i;
}

static void mutate(struct run *r, const struct subject *s,
		   const struct account *whole, const struct destination *dest)
{
	size_t len = whole->src->len, devices = 0;
	uint8_t *copy = malloc(len + 512);
	const struct timeline *t = whole->self;

	if (!copy)
		abort();
	for (uint32_t i = 1; t && i < t->n && !devices; i = t->events[i].end) {
		if (t->events[i].kind == EV_SECTION &&
		    strcmp(t->events[i].name, "ram"))
			devices = t->events[i].off;
	}
	for (size_t n = 0; s->cut && n < len;
	     n += r->all ? 1 : 1 + len / FEW) {
		/* of its exact size, so that a byte too many is noticed */
		uint8_t *part = malloc(n ? n : 1);

		memcpy(part, whole->src->data, n);
		if (wanted(r, s, "cut at", n))
			one(dest, part, n, n);
		free(part);
	}
	for (uint64_t k = 0; k < r->mutations; k++) {
		size_t n = len;
		uint8_t *part;

		if (!wanted(r, s, "mutation", k))
			continue;
		memcpy(copy, whole->src->data, len);
		damage(copy, &n, devices, r->seed + k);
		part = malloc(n ? n : 1);
		memcpy(part, copy, n);
		one(dest, part, n, k);
		free(part);
	}
	free(copy);
}

static void subject(struct run *r, const struct subject *s)
{
	struct destination *dest;
	struct account *whole;
	struct err err;
	char paths[4][128];
	const char *to[3];
	size_t n = 0;

	snprintf(paths[3], sizeof(paths[3]), "tests/data/%s", s->stream);
	if (account_open(&whole, paths[3], DESC_FROM_SOURCE, NULL, &err) < 0) {
		fprintf(stderr, "%s: %s\n", paths[3], err.msg);
		exit(1);
	}
	while (n < 3 && s->to[n]) {
		snprintf(paths[n], sizeof(paths[n]), "tests/data/%s", s->to[n]);
		to[n] = paths[n];
		n++;
	}
	if (destination_open(&dest, to, n, whole, NULL, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	mutate(r, s, whole, dest);
	destination_close(dest);
	account_close(whole);
}

int main(int argc, char **argv)
{
	static const int signals[] = { SIGSEGV, SIGABRT, SIGBUS, SIGALRM, SIGFPE };
	struct run r = { .mutations = FEW, .seed = 1, .only = UINT64_MAX };
	struct rusage used;
	int c;

	if (argc > 1 && !strcmp(argv[1], "--all")) {
		r.all = true;
		r.mutations = 10000;
		argc--;
		argv++;
	}
	while ((c = getopt(argc, argv, "n:s:1:")) != -1) {
		uint64_t v = c == '?' ? 0 : strtoull(optarg, NULL, 0);

		if (c == '?')
			return 129;
		*(c == 'n' ? &r.mutations : c == 's' ? &r.seed : &r.only) = v;
	}
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], tell);
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
		subject(&r, &subjects[i]);
	getrusage(RUSAGE_SELF, &used);
	if (r.only == UINT64_MAX && used.ru_maxrss > (long)MAX_RSS) {
		printf("%ld KiB resident\n0 passed, 1 failed\n", used.ru_maxrss);
		return 1;
	}
	printf("%ld KiB resident at most\n%" PRIu64 " passed, 0 failed\n",
	       used.ru_maxrss, r.cases);
	return 0;
}
