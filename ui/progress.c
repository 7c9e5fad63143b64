/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "progress.h"

#define FIRST 0.3
#define EVERY 0.1

static double since(const struct timespec *from, const struct timespec *now)
{
	return (double)(now->tv_sec - from->tv_sec) +
		(double)(now->tv_nsec - from->tv_nsec) / 1e9;
}

void progress_reset(struct progress *p)
{
	if (p->shown)
		p->show(p->ctx, NULL);
	p->shown = false;
	memset(&p->start, 0, sizeof(p->start));
	memset(&p->last, 0, sizeof(p->last));
}

int progress_tell(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	struct progress *p = ctx;
	struct timespec now;
	char text[160];

	if (p->stopped(p->ctx))
		return 1;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!p->start.tv_sec)
		p->start = now;
	if (total && done >= total) {
		if (p->shown)
			p->show(p->ctx, NULL);
		p->shown = false;
		return 0;
	}
	/* without an amount there may be no second call: say it at once */
	if ((done || total) && (since(&p->start, &now) < FIRST ||
				since(&p->last, &now) < EVERY))
		return 0;
	p->last = now;
	p->shown = true;
	if (total)
		snprintf(text, sizeof(text), "%s: %3.0f %%", what,
			 100.0 * (double)done / (double)total);
	else if (done)
		snprintf(text, sizeof(text), "%s: %llu MiB", what,
			 (unsigned long long)done >> 20);
	else
		snprintf(text, sizeof(text), "%s ...", what);
	p->show(p->ctx, text);
	return 0;
}

void progress_on_stderr(void *ctx, const char *text)
{
	(void)ctx;
	if (isatty(2))
		fprintf(stderr, "\r%s\033[K", text ? text : "");
}
