/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "stream.h"

static const struct {
	const char *name;
	int len;
} commands[COMMAND_MAX] = {
	/* mig_cmd_args[] of migration/savevm.c, QEMU 10.0 */
	[COMMAND_INVALID] = { "INVALID", -1 },
	[COMMAND_OPEN_RETURN_PATH] = { "OPEN_RETURN_PATH", 0 },
	[COMMAND_PING] = { "PING", 4 },
	[COMMAND_POSTCOPY_ADVISE] = { "POSTCOPY_ADVISE", -1 },
	[COMMAND_POSTCOPY_LISTEN] = { "POSTCOPY_LISTEN", 0 },
	[COMMAND_POSTCOPY_RUN] = { "POSTCOPY_RUN", 0 },
	[COMMAND_POSTCOPY_RAM_DISCARD] = { "POSTCOPY_RAM_DISCARD", -1 },
	[COMMAND_PACKAGED] = { "PACKAGED", 4 },
	[COMMAND_ENABLE_COLO] = { "ENABLE_COLO", 0 },
	[COMMAND_POSTCOPY_RESUME] = { "POSTCOPY_RESUME", 0 },
	[COMMAND_RECV_BITMAP] = { "RECV_BITMAP", -1 },
	[COMMAND_SWITCHOVER_START] = { "SWITCHOVER_START", 0 },
};

const char *command_name(unsigned cmd)
{
	return cmd < COMMAND_MAX ? commands[cmd].name : NULL;
}

int command_length(unsigned cmd)
{
	return cmd < COMMAND_MAX ? commands[cmd].len : -1;
}

int section_read(struct cursor *at, enum section_kind kind,
		 struct arena *names, struct section *ret, struct err *err)
{
	struct cursor c = *at;	/* kept only once all is well */

	*ret = (struct section){ .kind = kind, .off = c.pos - 1, .name = "" };
	ret->id = cursor_be32(&c);
	if (kind == SECTION_START || kind == SECTION_FULL) {
		uint8_t n = cursor_u8(&c);
		const uint8_t *s = cursor_take(&c, n);
		const uint8_t *nul = s ? memchr(s, 0, n) : NULL;

		ret->instance = cursor_be32(&c);
		ret->version = cursor_be32(&c);
		if (s)	/* the emulator sees a C string */
			ret->name = arena_intern(names, s, nul ? (size_t)(nul - s) : n);
	}
	if (c.bad)
		return err_set(err, ERR_SHORT, ret->off,
			       "section header cut off, stream ends at 0x%" PRIx64,
			       c.end);
	ret->body = c.pos;
	*at = c;
	return 0;
}

int command_read(struct cursor *at, struct command *ret, struct err *err)
{
	struct cursor c = *at;

	ret->off = c.pos - 1;
	ret->cmd = cursor_be16(&c);
	ret->len = cursor_be16(&c);
	ret->data = c.pos;
	if (c.bad)
		return err_set(err, ERR_SHORT, ret->off,
			       "command cut off, stream ends at 0x%" PRIx64,
			       c.end);
	*at = c;
	return 0;
}

/*
 * An idstr as emulators make them: printable, and not just punctuation.  One
 * letter is enough in a plain last component ("i8259", "0000:00:02.0/e1000").
 */
static bool plausible_idstr(const uint8_t *s, unsigned n)
{
	unsigned letters = 0, last = 0, others = 0;

	if (!n)
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (s[i] < 0x20 || s[i] > 0x7e)
			return false;
		if (s[i] == '/') {
			last = others = 0;
			continue;
		}
		letters += isalpha(s[i]) != 0;
		last += isalpha(s[i]) != 0;
		others += !isalnum(s[i]);
	}
	return letters >= 2 || (last == 1 && !others);
}

static bool header_at(const uint8_t *data, uint64_t len, uint64_t off)
{
	struct cursor c = cursor_over(data, len);
	const uint8_t *s;
	uint32_t id;
	uint8_t n;

	c.pos = off + 1;
	id = cursor_be32(&c);
	n = cursor_u8(&c);
	s = cursor_take(&c, n);
	cursor_be32(&c);
	return !(cursor_be32(&c) >> 28 || c.bad) && id < 0x100000 &&
		plausible_idstr(s, n);
}

static bool description_at(const uint8_t *data, uint64_t len, uint64_t off)
{
	struct cursor c = cursor_over(data, len);
	const uint8_t *s;
	uint32_t n;

	c.pos = off + 1;
	n = cursor_be32(&c);
	s = cursor_take(&c, n);
	return s && n >= 2 && s[0] == '{' && s[n - 1] == '}';
}

bool stream_boundary_at(const uint8_t *data, uint64_t len, uint64_t off)
{
	if (off >= len)
		return off == len;
	switch (data[off]) {
	case SECTION_START:
	case SECTION_FULL:
		return header_at(data, len, off);
	case SECTION_EOF:
		return off + 1 == len ||
			(data[off + 1] == SECTION_VMDESCRIPTION &&
			 description_at(data, len, off + 1));
	case SECTION_PART:
	case SECTION_END:
		/* too short to tell by itself: the body must look like RAM's */
		return len - off >= 13 && !be_load(data + off + 1, 2) &&
			(be_load(data + off + 5, 8) & 0x3ff) != 0 &&
			!(be_load(data + off + 5, 8) & 0xc00);
	case SECTION_COMMAND:
		return len - off >= 5 && !data[off + 1] &&
			data[off + 2] < COMMAND_MAX && data[off + 2] &&
			(command_length(data[off + 2]) < 0 ||
			 command_length(data[off + 2]) ==
			 (int)be_load(data + off + 3, 2));
	}
	return false;
}

static uint64_t footer_resync(const uint8_t *data, uint64_t len, uint64_t from,
			      uint64_t to, uint32_t id)
{
	uint64_t off = from;

	while (off < to && len - off >= 5) {
		const uint8_t *p = memchr(data + off, SECTION_FOOTER, to - off);

		if (!p)
			break;
		off = (uint64_t)(p - data);
		if (len - off < 5)
			break;
		if (be_load(p + 1, 4) == id &&
		    (stream_boundary_at(data, len, off + 5) ||
		     data[off + 5] == SECTION_EOF))
			return off + 5;
		off++;
	}
	return UINT64_MAX;
}

uint64_t stream_resync(const uint8_t *data, uint64_t len, uint64_t from,
		       uint64_t to, uint32_t id, char *why)
{
	uint64_t off;

	if (to > len)
		to = len;
	off = from < to ? footer_resync(data, len, from, to, id) : UINT64_MAX;
	if (off != UINT64_MAX) {
		snprintf(why, 160, "footer of section %" PRIu32
			 " and what looks like a section behind it", id);
		return off;
	}
	for (off = from; off < to; off++) {
		if ((data[off] == SECTION_START || data[off] == SECTION_FULL) &&
		    header_at(data, len, off)) {
			snprintf(why, 160, "bytes that look like a section header");
			return off;
		}
		if (data[off] == SECTION_EOF && off + 1 < len &&
		    data[off + 1] == SECTION_VMDESCRIPTION &&
		    description_at(data, len, off + 1)) {
			snprintf(why, 160, "end mark and a device description");
			return off;
		}
	}
	return UINT64_MAX;
}

static bool take_description(const uint8_t *data, uint64_t len, uint64_t off,
			     struct description_range *ret)
{
	if (data[off] != SECTION_VMDESCRIPTION ||
	    !description_at(data, len, off))
		return false;
	ret->off = off;
	ret->json = off + 5;
	ret->json_len = be_load(data + off + 1, 4);
	return true;
}

#define DESCRIPTION_TAIL (16u << 20)

bool stream_find_description(const uint8_t *data, uint64_t len, uint64_t from,
			     struct description_range *ret)
{
	uint64_t lo = len > DESCRIPTION_TAIL ? len - DESCRIPTION_TAIL : 0;
	uint64_t off = len;

	/* Backwards from the end: "{" five bytes behind the type byte. */
	while (off > lo) {
		const uint8_t *p = memrchr(data + lo, '{', off - lo);

		if (!p)
			break;
		off = (uint64_t)(p - data);
		if (off >= 5 && take_description(data, len, off - 5, ret))
			return true;
	}
	/* A volume's tail may be long: forward from where devices start. */
	for (off = from; off < lo && off < len; off++) {
		const uint8_t *p = memchr(data + off, '{', lo - off);

		if (!p)
			break;
		off = (uint64_t)(p - data);
		if (off >= from + 5 && take_description(data, len, off - 5, ret))
			return true;
	}
	return false;
}

bool stream_ends_described(const uint8_t *data, uint64_t len)
{
	struct description_range d;

	return stream_find_description(data, len, len, &d) &&
	       d.json + d.json_len == len;
}
