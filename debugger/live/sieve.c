/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../stream/arena.h"
#include "../../stream/cursor.h"
#include "../../stream/ram.h"
#include "../../stream/stream.h"
#include "sieve.h"

#define NAME_MAX_LEN (1u << 20)	/* of a machine */

/* What a reader of one piece says. */
enum { MORE = 0, DONE = 1, BAD = -1 };

void sieve_init(struct sieve *s)
{
	*s = (struct sieve){ .page_bits = 12 };
}

void sieve_release(struct sieve *s)
{
	free(s->in);
	s->in = NULL;
}

static uint64_t be(const uint8_t *p, unsigned n)
{
	return be_load(p, n);
}

static int keep(struct sieve *s, const uint8_t *p, size_t n, struct err *err)
{
	if (s->put(s->ctx, p, n))
		return err_set(err, ERR_IO, s->taken, "cannot write what was "
			       "captured");
	s->kept += n;
	return DONE;
}

/* ---- pieces: each looks at p[0..n) and says how long it is ---- */

static int header(struct sieve *s, const uint8_t *p, size_t n, size_t *len,
		  struct err *err)
{
	if (n < 8)
		return MORE;
	if (be(p, 4) != STREAM_MAGIC)
		return err_set(err, ERR_FORMAT, 0, "what came is no migration "
			       "stream (is TLS on?)");
	*len = 8;
	s->at = SIEVE_TYPE;
	return keep(s, p, 8, err);
}

/* A subsection of "configuration", by the names that QEMU has. */
static int configuration(struct sieve *s, const uint8_t *p, size_t n,
			 size_t *len, struct err *err)
{
	size_t name, at;

	if (n < 1)
		return MORE;
	if (p[0] != SECTION_SUBSECTION) {
		s->at = SIEVE_TYPE;
		*len = 0;
		return DONE;
	}
	if (n < 2 || n < 2u + p[1] + 4u)
		return MORE;
	name = p[1];
	at = 2 + name + 4;
	if (name == 30 && !memcmp(p + 2, "configuration/target-page-bits", 30)) {
		if (n < at + 4)
			return MORE;
		s->page_bits = (unsigned)be(p + at, 4);
		s->page_bits_told = true;
		at += 4;
	} else if (name == 18 && !memcmp(p + 2, "configuration/uuid", 18)) {
		at += 16;
	} else if (name == 26 &&
		   !memcmp(p + 2, "configuration/capabilities", 26)) {
		uint64_t caps;

		if (n < at + 4)
			return MORE;
		caps = be(p + at, 4);
		at += 4;
		if (caps > 1000)
			return err_set(err, ERR_FORMAT, s->taken, "%" PRIu64
				       " capabilities in the configuration",
				       caps);
		for (; caps; caps--) {
			if (n < at + 1)
				return MORE;
			at += 1u + p[at];
		}
	} else {
		return err_set(err, ERR_UNSUPPORTED, s->taken, "unknown "
			       "subsection of the configuration: keep the RAM");
	}
	if (n < at)
		return MORE;
	if (s->page_bits < RAM_PAGE_BITS_MIN || s->page_bits > 20)
		return err_set(err, ERR_FORMAT, s->taken, "pages of 2^%u bytes",
			       s->page_bits);
	*len = at;
	return keep(s, p, at, err);
}

static int command(struct sieve *s, const uint8_t *p, size_t n, size_t *len,
		   struct err *err)
{
	unsigned cmd;

	if (n < 5 || n < 5 + be(p + 3, 2))
		return MORE;
	cmd = (unsigned)be(p + 1, 2);
	*len = 5 + (size_t)be(p + 3, 2);
	if (cmd == COMMAND_OPEN_RETURN_PATH || cmd == COMMAND_PING)
		return DONE;
	if (cmd == COMMAND_PACKAGED) {
		s->at = SIEVE_PASS;
		return DONE;
	}
	return keep(s, p, *len, err);
}

static void pass_from(struct sieve *s, const uint8_t *p, size_t n, bool early)
{
	snprintf(s->passed, sizeof(s->passed), "%.*s", (int)n, p);
	s->passed_early = early;
	s->at = SIEVE_PASS;
}

static int start(struct sieve *s, const uint8_t *p, size_t n, size_t *len,
		 struct err *err)
{
	size_t name;

	if (n < 6 || n < 14u + p[5])
		return MORE;
	name = p[5];
	if (s->keep_ram || name != 3 || memcmp(p + 6, "ram", 3)) {
		pass_from(s, p + 6, name, true);
		*len = 0;
		return DONE;
	}
	s->ram_id = (uint32_t)be(p + 1, 4);
	s->has_ram_id = true;
	s->at = SIEVE_RAM;
	*len = 14 + name;
	return keep(s, p, *len, err);
}

static int part(struct sieve *s, const uint8_t *p, size_t n, size_t *len,
		struct err *err)
{
	if (n < 5)
		return MORE;
	if (!s->has_ram_id || be(p + 1, 4) != s->ram_id) {
		pass_from(s, (const uint8_t *)"?", 1, true);
		*len = 0;
		return DONE;
	}
	s->at = SIEVE_RAM;
	*len = 5;
	return keep(s, p, 5, err);
}

static int type(struct sieve *s, const uint8_t *p, size_t n, size_t *len,
		struct err *err)
{
	if (!n)
		return MORE;
	switch (p[0]) {
	case SECTION_CONFIGURATION:
		if (n < 5)
			return MORE;
		if (be(p + 1, 4) > NAME_MAX_LEN)
			return err_set(err, ERR_FORMAT, s->taken, "a machine's "
				       "name of %" PRIu64 " bytes",
				       be(p + 1, 4));
		*len = 5 + (size_t)be(p + 1, 4);
		if (n < *len)
			return MORE;
		s->at = SIEVE_CONFIGURATION;
		return keep(s, p, *len, err);
	case SECTION_COMMAND:
		return command(s, p, n, len, err);
	case SECTION_START:
		return start(s, p, n, len, err);
	case SECTION_PART:
	case SECTION_END:
		return part(s, p, n, len, err);
	default:	/* devices, or the end */
		pass_from(s, (const uint8_t *)"", 0, false);
		*len = 0;
		return DONE;
	}
}

static int footer(struct sieve *s, const uint8_t *p, size_t n, size_t *len,
		  struct err *err)
{
	if (!n)
		return MORE;
	s->at = p[0] == SECTION_FOOTER ? SIEVE_FOOTER : SIEVE_TYPE;
	*len = 0;
	if (p[0] != SECTION_FOOTER)
		return DONE;
	if (n < 5)
		return MORE;
	s->at = SIEVE_TYPE;
	*len = 5;
	return keep(s, p, 5, err);
}

/* The block list: as many bytes of names and lengths as it announces. */
static int block_list(struct sieve *s, const uint8_t *p, size_t n, size_t *len)
{
	uint64_t total = be(p, 8) & ~UINT64_C(0xff), sum = 0;
	size_t at = 8;

	while (sum < total) {
		size_t more;

		if (n < at + 1)
			return MORE;
		more = 1u + p[at] + 8u + (s->ignore_shared ? 8u : 0u);
		if (n < at + more)
			return MORE;
		sum += be(p + at + 1 + p[at], 8);
		at += more;
	}
	*len = at;
	return sum == total ? DONE : BAD;
}

/* The bytes of one page's record behind the word (and name), or MORE. */
static int record_length(const struct sieve *s, unsigned flags,
			 const uint8_t *p, size_t n, size_t *len)
{
	if (flags & RAM_FLAG_ZERO)
		*len = 1;
	else if (flags & RAM_FLAG_PAGE)
		*len = (size_t)1 << s->page_bits;
	else if (flags & RAM_FLAG_XBZRLE && n < 3)
		return MORE;
	else if (flags & RAM_FLAG_XBZRLE)
		*len = 3 + (size_t)be(p + 1, 2);
	else if (flags & RAM_FLAG_COMPRESS_PAGE && n < 4)
		return MORE;
	else if (flags & RAM_FLAG_COMPRESS_PAGE)
		*len = 4 + (size_t)be(p, 4);
	else
		return BAD;
	return n < *len ? MORE : DONE;
}

static int bad_ram(struct sieve *s, uint64_t word, struct err *err)
{
	return err_set(err, ERR_FORMAT, s->taken, "a RAM record 0x%" PRIx64
		       " that cannot be left out: keep the RAM", word);
}

/* Can a record of RAM begin so where pages have 2^@bits bytes? */
static bool begins_record(uint64_t word, unsigned bits)
{
	uint64_t mask = (UINT64_C(1) << bits) - 1;

	switch (word & mask & ~(uint64_t)RAM_FLAG_CONTINUE) {
	case RAM_FLAG_ZERO:
	case RAM_FLAG_PAGE:
	case RAM_FLAG_XBZRLE:
	case RAM_FLAG_COMPRESS_PAGE:
		return true;
	}
	return word == RAM_FLAG_EOS || word == RAM_FLAG_MULTIFD_FLUSH ||
		word == RAM_FLAG_HOOK;
}

/*
 * Nothing tells the page size: which one lets the record at @p and the one
 * behind its @at bytes of head be records?  The first whole page settles it.
 */
static int find_page_bits(struct sieve *s, const uint8_t *p, size_t n,
			  size_t at)
{
	static const uint8_t sizes[] = { 12, 10, 13, 8 };
	uint64_t word = be(p, 8);

	for (size_t i = 0; i < sizeof(sizes); i++) {
		size_t next = at + ((size_t)1 << sizes[i]);

		if (!begins_record(word, sizes[i]))
			continue;
		if (!(word & RAM_FLAG_PAGE)) {
			s->page_bits = sizes[i];
			return DONE;	/* or smaller, which does not matter yet */
		}
		if (n < next + 8 && !s->ended)
			return MORE;
		if (n < next + 8)
			continue;
		if (!begins_record(be(p + next, 8), sizes[i]))
			continue;
		s->page_bits = sizes[i];
		s->page_bits_told = true;
		return DONE;
	}
	return DONE;		/* and the record is none */
}

static int ram(struct sieve *s, const uint8_t *p, size_t n, size_t *len,
	       struct err *err)
{
	uint64_t word;
	unsigned flags;
	size_t at = 8, record = 0;
	int r;

	if (n < 8)
		return MORE;
	word = be(p, 8);
	if (word == RAM_FLAG_EOS || word == RAM_FLAG_MULTIFD_FLUSH ||
	    word == RAM_FLAG_HOOK) {
		if (word == RAM_FLAG_EOS)
			s->at = SIEVE_FOOTER;
		*len = 8;
		return keep(s, p, 8, err);
	}
	if (word & RAM_FLAG_MEM_SIZE) {
		r = block_list(s, p, n, len);
		return r == DONE ? keep(s, p, *len, err) :
		       r == BAD ? bad_ram(s, word, err) : MORE;
	}
	if (!(word & RAM_FLAG_CONTINUE)) {
		if (n < 9)
			return MORE;
		at = 9u + p[8];
	}
	if (!s->page_bits_told && find_page_bits(s, p, n, at) == MORE)
		return MORE;
	flags = (unsigned)(word & ((1u << s->page_bits) - 1));
	if (n < at)
		return MORE;
	r = record_length(s, flags, p + at, n - at, &record);
	if (r == BAD || record > (64u << 20))
		return bad_ram(s, word, err);
	if (r == MORE)
		return MORE;
	s->pages++;
	*len = at + record;
	return DONE;
}

static int piece(struct sieve *s, const uint8_t *p, size_t n, size_t *len,
		 struct err *err)
{
	switch (s->at) {
	case SIEVE_HEADER:
		return header(s, p, n, len, err);
	case SIEVE_TYPE:
		return type(s, p, n, len, err);
	case SIEVE_CONFIGURATION:
		return configuration(s, p, n, len, err);
	case SIEVE_RAM:
		return ram(s, p, n, len, err);
	case SIEVE_FOOTER:
		return footer(s, p, n, len, err);
	case SIEVE_PASS:
		*len = n;
		return n ? keep(s, p, n, err) : MORE;
	}
	return BAD;
}

/* All that is there of whole pieces. */
static int take_pieces(struct sieve *s, struct err *err)
{
	size_t at = 0, len = 0;
	int r;

	while ((r = piece(s, s->in + at, s->len - at, &len, err)) == DONE) {
		at += len;
		s->taken += len;
	}
	s->len -= at;
	memmove(s->in, s->in + at, s->len);
	return r < 0 ? -1 : 0;
}

int sieve_feed(struct sieve *s, const void *p, size_t n, struct err *err)
{
	int r;

	if (s->at == SIEVE_PASS && !s->len) {
		r = keep(s, p, n, err);
		s->taken += n;
		return r < 0 ? -1 : 0;
	}
	s->in = grow_array(s->in, &s->cap, s->len + n, 1);
	memcpy(s->in + s->len, p, n);
	s->len += n;
	return take_pieces(s, err);
}

int sieve_end(struct sieve *s, struct err *err)
{
	int r;

	s->ended = true;
	r = s->len ? take_pieces(s, err) : 0;
	if (!r && s->len)
		r = keep(s, s->in, s->len, err);
	s->taken += s->len;
	s->len = 0;
	return r < 0 ? -1 : 0;
}
