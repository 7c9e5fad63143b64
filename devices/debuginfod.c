/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "debuginfod.h"

/* Of elfutils/debuginfod.h, so that it need not be there to build. */
#define SONAME "libdebuginfod.so.1"
#define URLS "DEBUGINFOD_URLS"

typedef void *begin_fn(void);
typedef int find_fn(void *client, const unsigned char *id, int len,
		    char **path);
typedef void end_fn(void *client);

static bool allowed;

void debuginfod_allow(void)
{
	allowed = true;
}

bool debuginfod_allowed(void)
{
	return allowed;
}

static const char *why(int r)
{
	switch (-r) {
	case ENOENT: return "the servers have none";
	case ECONNREFUSED: case EHOSTUNREACH: case ENETUNREACH:
		return "no server can be reached";
	case ETIME: case ETIMEDOUT: return "the server does not answer";
	default: return strerror(-r);
	}
}

char *debuginfod_fetch(const uint8_t *id, unsigned len, struct err *err)
{
	const char *urls = getenv(URLS);
	char *path = NULL, hex[2 * 64 + 1];
	begin_fn *begin;
	find_fn *find;
	end_fn *end;
	void *lib, *client;
	int r;

	if (len < 2 || len > 64) {
		err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			"debuginfod: it has no build-id to ask for");
		return NULL;
	}
	if (!urls || !*urls) {
		err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			"debuginfod: " URLS " names no server");
		return NULL;
	}
	lib = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);
	begin = lib ? (begin_fn *)dlsym(lib, "debuginfod_begin") : NULL;
	find = lib ? (find_fn *)dlsym(lib, "debuginfod_find_debuginfo") : NULL;
	end = lib ? (end_fn *)dlsym(lib, "debuginfod_end") : NULL;
	if (!begin || !find || !end) {
		err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET,
			"debuginfod: " SONAME " is not there (Debian: libdebuginfod1)");
		return NULL;
	}
	client = begin();
	if (!client) {
		err_set(err, ERR_IO, ERR_NO_OFFSET,
			"debuginfod: no client can be made");
		return NULL;
	}
	r = find(client, id, (int)len, &path);
	end(client);
	if (r >= 0) {
		close(r);	/* we open it by its name */
		return path;
	}
	for (unsigned i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", id[i]);
	err_set(err, ERR_IO, ERR_NO_OFFSET, "debuginfod: build-id %s: %s", hex,
		why(r));
	return NULL;
}
