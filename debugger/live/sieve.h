/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sieve.h - a stream that flows by, less what nobody wants to keep: the pages
 * of RAM, and commands that ask for a return path, which a stream that is
 * loaded from a file does not have.  What is left is a stream that loads (with
 * empty RAM) and decodes.
 *
 * A section has no length.  So the sieve reads what it knows to read (header,
 * configuration, commands, RAM) and lets everything from the first other
 * section on pass unread; the devices come last.
 */
#ifndef VMSDB_SIEVE_H
#define VMSDB_SIEVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../stream/err.h"

enum sieve_at {
	SIEVE_HEADER, SIEVE_TYPE, SIEVE_CONFIGURATION, SIEVE_RAM, SIEVE_FOOTER,
	SIEVE_PASS,
};

struct sieve {
	bool keep_ram;
	bool ignore_shared;	/* capability x-ignore-shared is on */
	unsigned page_bits;	/* 12 until told or found out */
	bool page_bits_told;
	bool ended;		/* nothing comes behind what is held back */
	/* Takes what is left, from .taken on; non-zero stops everything. */
	int (*put)(void *ctx, const void *p, size_t n);
	void *ctx;

	enum sieve_at at;
	uint8_t *in;
	size_t len, cap;
	uint32_t ram_id;
	bool has_ram_id;
	uint64_t taken, kept, pages;
	char passed[64];	/* the section from which on all is passed */
	bool passed_early;	/* ... which was not a device's: RAM may follow */
};

void sieve_init(struct sieve *s);
void sieve_release(struct sieve *s);

/* -1 with @err: put() failed, or this is no stream. */
int sieve_feed(struct sieve *s, const void *p, size_t n, struct err *err);
/* Whatever is held back. */
int sieve_end(struct sieve *s, struct err *err);

#endif
