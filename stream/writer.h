/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * writer.h - builds streams in memory, piece by piece.
 *
 * Nothing is checked: what is written is what was asked for, so that tests can
 * ask for nonsense.  Numbers are big-endian.  Running out of memory ends the
 * program, as in arena.h.
 */
#ifndef VMSDB_WRITER_H
#define VMSDB_WRITER_H

#include "stream.h"

struct stream_writer {
	uint8_t *data;
	size_t len, cap;
};

void stream_writer_init(struct stream_writer *w);
void stream_writer_release(struct stream_writer *w);

void write_u8(struct stream_writer *w, uint8_t v);
void write_be16(struct stream_writer *w, uint16_t v);
void write_be32(struct stream_writer *w, uint32_t v);
void write_be64(struct stream_writer *w, uint64_t v);
void write_bytes(struct stream_writer *w, const void *p, size_t n);
void write_str8(struct stream_writer *w, const char *s);

/* "QEVM", version 3 */
void write_header(struct stream_writer *w);
/* Without subsections. */
void write_configuration(struct stream_writer *w, const char *machine);
/* SECTION_START or SECTION_FULL */
void write_section(struct stream_writer *w, enum section_kind kind,
		   uint32_t id, const char *idstr, uint32_t instance,
		   uint32_t version);
/* SECTION_PART or SECTION_END */
void write_part(struct stream_writer *w, enum section_kind kind, uint32_t id);
void write_subsection(struct stream_writer *w, const char *name,
		      uint32_t version);
void write_footer(struct stream_writer *w, uint32_t id);
void write_eof(struct stream_writer *w);
void write_description(struct stream_writer *w, const char *json, size_t len);

#endif
