/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usb.c - the infos of hw/usb/redirect.c.  All other USB devices and the host
 * controllers are plain descriptors.
 */
#include <stdio.h>

#include "codec.h"

/* be32 length, then what usbredirparser_serialize() of libusbredir made. */
static int parser_read(struct wire *w, unsigned variant)
{
	uint32_t len;

	(void)variant;
	if (!wire_u32(w, "len", &len))
		return -EIO;
	if (!len)
		return 0;
	if (!wire_bytes(w, "parser", "buffer", len))
		return -EIO;
	w->ops->unjudged(w, "libusbredirparser must take its %u bytes of "
			 "state", len);
	return 0;
}

/* be32 packets, for each: be32 length, be32 status, the bytes. */
static int bufpq_read(struct wire *w, unsigned variant)
{
	uint32_t n;

	(void)variant;
	if (!wire_u32(w, "bufpq_size", &n))
		return -EIO;
	if (n > INT32_MAX)	/* an int counts up to it: none are read */
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t len;
		bool ok;

		w->ops->enter(w, "packet", "usb-redir packet");
		ok = wire_u32(w, "len", &len) && wire_u32(w, "status", NULL) &&
		     wire_bytes(w, "data", "buffer", len);
		w->ops->leave(w);
		if (!ok)
			return -EIO;
	}
	return 0;
}

/* be32 number, be64 ids. */
static int packet_id_q_read(struct wire *w, unsigned variant)
{
	uint32_t n;

	(void)variant;
	if (!wire_u32(w, "size", &n))
		return -EIO;
	if (n > INT32_MAX) {
		w->ops->error(w, "usbredir_get_packet_id_q: Assertion "
			      "`q->size == size' failed.");
		return -EINVAL;
	}
	return wire_bytes(w, "ids", "buffer", 8 * (uint64_t)n) ? 0 : -EIO;
}

const struct codec usb_codecs[] = {
	{ .type = "usb-redir-parser", .nvariants = 1, .read = parser_read },
	{ .type = "usb-redir-bufpq", .nvariants = 1, .read = bufpq_read },
	{ .type = "usb-redir-packet-id-q", .nvariants = 1,
	  .read = packet_id_q_read },
	{ 0 }
};
