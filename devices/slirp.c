/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slirp.c - the section "slirp" of user networking.
 *
 * libslirp has its own small interpreter of descriptors, which knows neither
 * subsections nor minimum versions.  Until 2018 QEMU did the same by hand, so
 * that versions 1 to 4 are the section's:
 *
 *   u8 42, a socket; ... for each guestfwd that has one; u8 0
 *   since 2: be16 ip_id
 *   since 3: 16 clients of bootp: be16 allocated, 6 bytes
 */
#include <stdio.h>

#include "codec.h"

enum {
	BOOTP_CLIENTS = 16,
	FAMILY_INET = 2,
	FAMILY_INET6 = 10,
};

static const struct tcp_item {
	const char *name, *type;
	unsigned size;
} tcp_items[] = {
	{ "t_state", "int16", 2 }, { "t_timer[0]", "int16", 2 },
	{ "t_timer[1]", "int16", 2 }, { "t_timer[2]", "int16", 2 },
	{ "t_timer[3]", "int16", 2 }, { "t_rxtshift", "int16", 2 },
	{ "t_rxtcur", "int16", 2 }, { "t_dupacks", "int16", 2 },
	{ "t_maxseg", "uint16", 2 }, { "t_force", "uint8", 1 },
	{ "t_flags", "uint16", 2 }, { "snd_una", "uint32", 4 },
	{ "snd_nxt", "uint32", 4 }, { "snd_up", "uint32", 4 },
	{ "snd_wl1", "uint32", 4 }, { "snd_wl2", "uint32", 4 },
	{ "iss", "uint32", 4 }, { "snd_wnd", "uint32", 4 },
	{ "rcv_wnd", "uint32", 4 }, { "rcv_nxt", "uint32", 4 },
	{ "rcv_up", "uint32", 4 }, { "irs", "uint32", 4 },
	{ "rcv_adv", "uint32", 4 }, { "snd_max", "uint32", 4 },
	{ "snd_cwnd", "uint32", 4 }, { "snd_ssthresh", "uint32", 4 },
	{ "t_idle", "int16", 2 }, { "t_rtt", "int16", 2 },
	{ "t_rtseq", "uint32", 4 }, { "t_srtt", "int16", 2 },
	{ "t_rttvar", "int16", 2 }, { "t_rttmin", "uint16", 2 },
	{ "max_sndwnd", "uint32", 4 }, { "t_oobflags", "uint8", 1 },
	{ "t_iobc", "uint8", 1 }, { "t_softerror", "int16", 2 },
	{ "snd_scale", "uint8", 1 }, { "rcv_scale", "uint8", 1 },
	{ "request_r_scale", "uint8", 1 }, { "requested_s_scale", "uint8", 1 },
	{ "ts_recent", "uint32", 4 }, { "ts_recent_age", "uint32", 4 },
	{ "last_ack_sent", "uint32", 4 },
};

static int tcp_read(struct wire *w)
{
	for (size_t i = 0; i < CODEC_COUNT(tcp_items); i++)
		if (!wire_bytes(w, tcp_items[i].name, tcp_items[i].type,
				tcp_items[i].size))
			return -EIO;
	return 0;
}

static int sbuf_read(struct wire *w)
{
	uint32_t len, woff, roff;

	if (!wire_u32(w, "sb_cc", NULL) || !wire_u32(w, "sb_datalen", &len) ||
	    !wire_u32(w, "woff", &woff) || !wire_u32(w, "roff", &roff))
		return -EIO;
	if (woff >= len || roff >= len) {
		w->ops->error(w, "invalid sbuf offsets r/w=%u/%u len=%u", roff,
			      woff, len);
		return -EINVAL;
	}
	return wire_bytes(w, "sb_data", "buffer", len) ? 0 : -EIO;
}

static int addr_read(struct wire *w)
{
	uint16_t family;

	if (!wire_u16(w, "portable_family", &family))
		return -EIO;
	switch (family) {
	case FAMILY_INET:
		return wire_u32(w, "sin.sin_addr.s_addr", NULL) &&
		       wire_u16(w, "sin.sin_port", NULL) ? 0 : -EIO;
	case FAMILY_INET6:
	case 23:	/* the number on Windows */
	case 28:	/* on FreeBSD */
		return 0;
	}
	w->ops->error(w, "invalid ss_family type %x", family);
	return -EINVAL;
}

/* A part of the socket under a node of its own. */
static int part_read(struct wire *w, const char *name, const char *type,
		     int (*read)(struct wire *))
{
	int ret;

	w->ops->enter(w, name, type);
	ret = read(w);
	w->ops->leave(w);
	return ret;
}

static int addresses_read(struct wire *w, int version)
{
	int ret;

	if (version < 4)
		return wire_u32(w, "so_faddr.s_addr", NULL) &&
		       wire_u32(w, "so_laddr.s_addr", NULL) &&
		       wire_u16(w, "so_fport", NULL) &&
		       wire_u16(w, "so_lport", NULL) ? 0 : -EIO;
	ret = part_read(w, "fhost", "slirp-socket-addr", addr_read);
	return ret ? ret : part_read(w, "lhost", "slirp-socket-addr",
				     addr_read);
}

static int socket_read(struct wire *w, int version)
{
	int ret;

	if (!wire_u32(w, "so_urgc", NULL))
		return -EIO;
	ret = addresses_read(w, version);
	if (ret)
		return ret;
	if (!wire_u8(w, "so_iptos", NULL) || !wire_u8(w, "so_emu", NULL) ||
	    !wire_u8(w, "so_type", NULL) ||
	    !wire_bytes(w, "so_state", "int32", 4))
		return -EIO;
	ret = part_read(w, "so_rcv", "slirp-sbuf", sbuf_read);
	if (!ret)
		ret = part_read(w, "so_snd", "slirp-sbuf", sbuf_read);
	if (!ret)
		ret = part_read(w, "so_tcpcb", "slirp-tcp", tcp_read);
	if (!ret)
		w->ops->unjudged(w, "the socket must belong to a guestfwd of "
				 "the destination");
	return ret;
}

static int slirp_read(struct wire *w, int kind, int version)
{
	uint8_t more;

	(void)kind;
	if (version > 4) {
		w->ops->error(w, "slirp: incoming version_id %d is too new "
			      "for local version_id 4", version);
		return -EINVAL;
	}
	for (;;) {
		int ret;

		if (!wire_u8(w, "more", &more))
			return -EIO;
		if (!more)
			break;
		w->ops->enter(w, "socket", "slirp-socket");
		ret = socket_read(w, version);
		w->ops->leave(w);
		if (ret)
			return ret;
	}
	if (version >= 2 && !wire_u16(w, "ip_id", NULL))
		return -EIO;
	for (unsigned i = 0; version >= 3 && i < BOOTP_CLIENTS; i++) {
		char name[24];
		bool ok;

		snprintf(name, sizeof(name), "bootp_clients[%u]", i);
		w->ops->enter(w, name, "slirp_bootpclient");
		ok = wire_u16(w, "allocated", NULL) &&
		     wire_bytes(w, "macaddr", "buffer", 6);
		w->ops->leave(w);
		if (!ok)
			return -EIO;
	}
	return 0;
}

const struct section_codec slirp_sections[] = {
	{ "slirp", slirp_read },
	{ NULL, NULL }
};
