/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proxy.h - stands between a source and a destination, and keeps a copy.
 *
 * Bytes go from socket to socket through pipes inside the kernel (splice), each
 * direction of each channel in a thread of its own.  The main channel's are doubled
 * there (tee), and at once copied into a ring in memory, from which two more
 * threads take turns to write the file: one takes the processor time that the
 * migration leaves, the other helps when half of the ring is used.  When it is
 * full the recording ends, and the migration never notices.
 */
#ifndef VMSDB_PROXY_H
#define VMSDB_PROXY_H

#include <stdbool.h>
#include <stdint.h>

#include "../../stream/err.h"

struct proxy_opts {
	const char *listen, *forward;	/* unix:PATH, tcp:HOST:PORT */
	int out;		/* the recording, emptied once it is time; -1: none */
	uint64_t buffer;	/* bytes in memory; 0: 256 MiB to 4 GiB */
	uint64_t hold_at;	/* hold the stream here; UINT64_MAX: nowhere */
	const char *hold_section;	/* or where this idstr's section starts */
	int hold_ms;		/* and let it flow on after so long */
	int hold_fd;		/* or when this is readable; -1 */
	int wait_ms;		/* for the first connection; 0: for ever */
	/* How often; an interruption of a held stream lets it flow on. */
	volatile const int *interrupted;
	/* Something to tell people, now. */
	void (*tell)(void *ctx, const char *text);
	void *ctx;
};

/* How the main channel ended. */
enum proxy_end {
	PROXY_END_SOURCE,	/* the source closed it */
	PROXY_END_BROKEN,	/* it broke at the source */
	PROXY_END_DESTINATION,	/* the destination closed it before */
	PROXY_END_INTERRUPTED,
};

struct proxy {
	unsigned channels;
	uint64_t forward_bytes, back_bytes;	/* of all channels */
	uint64_t main_bytes;	/* that the source sent, main channel */
	uint64_t recorded;
	enum proxy_end end;
	bool complete;		/* all that came until the source closed it */
	bool held;		/* somewhere, if that was wanted */
	bool tls, found_main;
	char lost[160];		/* why the recording ended, or "" */
	double seconds;		/* from the first connection on */
};

/* Until the migration's connections are closed, or interrupted. */
int proxy_run(struct proxy *ret, const struct proxy_opts *opts,
	      struct err *err);

#endif
