/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "writer.h"

void stream_writer_init(struct stream_writer *w)
{
	*w = (struct stream_writer){ 0 };
}

void stream_writer_release(struct stream_writer *w)
{
	free(w->data);
	stream_writer_init(w);
}

void write_bytes(struct stream_writer *w, const void *p, size_t n)
{
	if (!n)
		return;
	w->data = grow_array(w->data, &w->cap, w->len + n, 1);
	memcpy(w->data + w->len, p, n);
	w->len += n;
}

static void write_be(struct stream_writer *w, uint64_t v, unsigned n)
{
	uint8_t b[8];

	for (unsigned i = 0; i < n; i++)
		b[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
	write_bytes(w, b, n);
}

void write_u8(struct stream_writer *w, uint8_t v)
{
	write_be(w, v, 1);
}

void write_be16(struct stream_writer *w, uint16_t v)
{
	write_be(w, v, 2);
}

void write_be32(struct stream_writer *w, uint32_t v)
{
	write_be(w, v, 4);
}

void write_be64(struct stream_writer *w, uint64_t v)
{
	write_be(w, v, 8);
}

void write_str8(struct stream_writer *w, const char *s)
{
	size_t n = strlen(s);

	n = n > 255 ? 255 : n;
	write_u8(w, (uint8_t)n);
	write_bytes(w, s, n);
}

void write_header(struct stream_writer *w)
{
	write_be32(w, STREAM_MAGIC);
	write_be32(w, STREAM_VERSION);
}

void write_configuration(struct stream_writer *w, const char *machine)
{
	write_u8(w, SECTION_CONFIGURATION);
	write_be32(w, (uint32_t)strlen(machine));
	write_bytes(w, machine, strlen(machine));
}

void write_section(struct stream_writer *w, enum section_kind kind,
		   uint32_t id, const char *idstr, uint32_t instance,
		   uint32_t version)
{
	write_part(w, kind, id);
	write_str8(w, idstr);
	write_be32(w, instance);
	write_be32(w, version);
}

void write_part(struct stream_writer *w, enum section_kind kind, uint32_t id)
{
	write_u8(w, (uint8_t)kind);
	write_be32(w, id);
}

void write_subsection(struct stream_writer *w, const char *name,
		      uint32_t version)
{
	write_u8(w, SECTION_SUBSECTION);
	write_str8(w, name);
	write_be32(w, version);
}

void write_footer(struct stream_writer *w, uint32_t id)
{
	write_part(w, SECTION_FOOTER, id);
}

void write_eof(struct stream_writer *w)
{
	write_u8(w, SECTION_EOF);
}

void write_description(struct stream_writer *w, const char *json, size_t len)
{
	write_u8(w, SECTION_VMDESCRIPTION);
	write_be32(w, (uint32_t)len);
	write_bytes(w, json, len);
}
