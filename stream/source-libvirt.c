/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source-libvirt.c - what `virsh save`, managedsave and external snapshots
 * write (libvirt 11.3, src/qemu/qemu_saveimage.h).
 *
 *	char magic[16]		"LibvirtQemudSave", "LibvirtQemudPart" while
 *				the image is not complete
 *	u32 version		2 (1 has no format), in the host's byte order,
 *				as all that follow
 *	u32 data_len
 *	u32 was_running
 *	u32 format		0 raw 1 gzip 2 bzip2 3 xz 4 lzop 5 zstd
 *				6 sparse (a mapped-ram stream)
 *	u32 cookie_off		in the data; 0: none
 *	u32 unused[14]
 *	u8 data[data_len]	domain XML, NUL, cookie XML, NUL, zeros
 *
 * The stream follows, aligned to nothing.
 */
#include <inttypes.h>
#include <string.h>

#include "inflate.h"

#define HEADER_LEN 92
/* libvirt leaves some 64 KiB for editing; its XML parser ends at 10 MiB */
#define DATA_MAX (UINT32_C(64) << 20)

static const char *const formats[] = {
	"raw", "gzip", "bzip2", "xz", "lzop", "zstd", "sparse",
};
#define NFORMATS (sizeof(formats) / sizeof(formats[0]))

struct header {
	bool little, part;
	uint32_t version, data_len, format, cookie_off;
};

static bool magic_is(const struct layer *at, const char *magic)
{
	return layer_left(at) >= 16 && !memcmp(layer_data(at), magic, 16);
}

bool libvirt_match(const struct layer *at)
{
	return magic_is(at, "LibvirtQemudSave") ||
	       magic_is(at, "LibvirtQemudPart");
}

static uint32_t host_u32(struct cursor *c, bool little)
{
	uint32_t v = cursor_be32(c);

	return little ? __builtin_bswap32(v) : v;
}

static int check_header(const struct header *h, uint64_t off, struct err *err)
{
	if (h->version < 1 || h->version > 2)
		return err_set(err, ERR_UNSUPPORTED, off + 16,
			       "libvirt save image of version 0x%x, only 1 and 2 are known",
			       h->version);
	if (h->format >= NFORMATS)
		return err_set(err, ERR_UNSUPPORTED, off + 28,
			       "libvirt save image of format %u, only 0 to %zu are known",
			       h->format, NFORMATS - 1);
	if (h->data_len > DATA_MAX)
		return err_set(err, ERR_LIMIT, off + 20,
			       "libvirt save image with 0x%x bytes of XML, the limit is 0x%x",
			       h->data_len, DATA_MAX);
	if (h->cookie_off > h->data_len)
		return err_set(err, ERR_FORMAT, off + 32,
			       "libvirt save image: the cookie begins at 0x%x of 0x%x bytes of XML",
			       h->cookie_off, h->data_len);
	return 0;
}

static int read_header(const struct layer *at, struct header *ret,
		       struct err *err)
{
	struct cursor c = layer_cursor(at);

	memset(ret, 0, sizeof(*ret));
	ret->part = magic_is(at, "LibvirtQemudPart");
	cursor_take(&c, 16);
	/* like libvirt: a version above 2 is a smaller one swapped */
	ret->version = cursor_be32(&c);
	ret->little = ret->version > 2;
	if (ret->little)
		ret->version = __builtin_bswap32(ret->version);
	ret->data_len = host_u32(&c, ret->little);
	cursor_take(&c, 4);		/* was_running */
	ret->format = host_u32(&c, ret->little);
	ret->cookie_off = host_u32(&c, ret->little);
	cursor_take(&c, HEADER_LEN - 36);
	if (c.bad)
		return err_set(err, ERR_SHORT, at->off,
			       "libvirt save image: header cut off, the file ends at 0x%"
			       PRIx64, at->file_len);
	if (ret->version == 1)
		ret->format = ret->cookie_off = 0;
	return check_header(ret, at->off, err);
}

/* The text up to the first NUL; NULL when there is none. */
static const char *text(struct source *src, const uint8_t *p, uint32_t len)
{
	size_t n = strnlen((const char *)p, len);
	char *s;

	if (!n)
		return NULL;
	s = arena_alloc(&src->priv->arena, n + 1);
	memcpy(s, p, n);
	return s;
}

/* An image that was still being written may have nothing behind its XML. */
static int check_payload(const struct header *h, const struct layer *at,
			 struct err *err)
{
	const char *want = formats[h->format], *is;
	bool plain = h->format == 0 || h->format == 6;

	is = inflate_name(layer_data(at), layer_left(at));
	if (plain || (is && !strcmp(is, want)))
		return 0;
	/* too short for its magic, or what an older libvirt called xz */
	if (layer_left(at) < 16 || (is && h->format == 3 && !strcmp(is, "lzma")))
		return 0;
	return err_set(err, ERR_FORMAT, at->off,
		       "libvirt save image: its header says %s, but %s follows",
		       want, is ? is : "something else");
}

int libvirt_peel(struct source *src, struct err *err)
{
	struct layer *at = &src->priv->at, rest = *at;
	struct header h;
	const uint8_t *data;
	uint32_t xml_len;

	if (read_header(at, &h, err) < 0)
		return -1;
	if (layer_left(at) - HEADER_LEN < h.data_len)
		return err_set(err, ERR_SHORT, at->off + HEADER_LEN,
			       "libvirt save image: 0x%x bytes of XML cut off, the file ends at 0x%"
			       PRIx64, h.data_len, at->file_len);
	rest.off += HEADER_LEN + h.data_len;
	if (check_payload(&h, &rest, err) < 0)
		return -1;
	data = layer_data(at) + HEADER_LEN;
	xml_len = h.cookie_off ? h.cookie_off : h.data_len;
	src->xml = text(src, data, xml_len);
	src->cookie = text(src, data + xml_len, h.data_len - xml_len);
	src->incomplete = h.part;
	*at = rest;
	source_add_container(src, "libvirt %u%s%s", h.version,
			     h.format == 6 ? " sparse" : "",
			     h.part ? " (incomplete)" : "");
	return 0;
}
