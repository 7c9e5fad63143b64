/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * c-index-impl.h - between c-index.c and c-index-structs.c.
 */
#ifndef VMSDB_C_INDEX_IMPL_H
#define VMSDB_C_INDEX_IMPL_H

#include <sqlite3.h>

#include "../devices/member.h"
#include "c-index.h"

#define C_STRUCTS_SCHEMA \
	"CREATE TABLE structs(id INTEGER PRIMARY KEY, name, size, file);" \
	"CREATE TABLE parts(struct, name, type, off, size, bit_off, bit_size," \
	" line, kind, n, step, below);" \
	"CREATE TABLE vars(name, addr, size, struct);" \
	"CREATE TABLE enumerators(var, value, name);"
#define C_STRUCTS_INDICES \
	"CREATE INDEX parts_of ON parts(struct);"

/* What an open index has, whoever reads of it. */
struct c_index_db {
	sqlite3 *db;
	struct arena arena;
	struct c_struct **structs;	/* read so far, by id */
	size_t nstructs;
};

struct structs_writer;

struct structs_writer *structs_begin(sqlite3 *db, struct dwarf *dw);
/* Its id, with all that it embeds; 0: no structure. */
int64_t structs_add(struct structs_writer *w, const struct ctype *t);
/* Writes what is left; -1 if anything failed. */
int structs_end(struct structs_writer *w);

void structs_release(struct c_index_db *at);

#endif
