/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recording-impl.h - what writer (recording-write.c), reader (recording-read.c)
 * and recording.c share: the schema, and a recording that was read.
 */
#ifndef VMSDB_RECORDING_IMPL_H
#define VMSDB_RECORDING_IMPL_H

#include <sqlite3.h>

#include "recording.h"

#define APPLICATION_ID 0x564d5344	/* "VMSD" */
#define MAX_DESC_DEPTH 64
#define SIDES 2		/* 0: the load by the destination, 1: the source's own */

/* name, key (the first column is the rowid), columns */
#define TABLES(X) \
	X(META, "meta", false, "key,value") \
	X(FILES, "files", true, "idx,role,path,containers,len,sha256") \
	X(STRINGS, "strings", true, "id,s") \
	X(NAMES, "names", false, "what,id,name") \
	X(DESCS, "descs", true, "id,name,version,min_version,all_fields," \
	  "all_subs,unmigratable,early_setup,origin,origin_version,origin_min," \
	  "addr,needed_fn,pre_load_fn,post_load_fn,pre_save_fn,needed_name," \
	  "post_load_name,symbol,file,min_old,load_state_old_fn," \
	  "pre_load_name,pre_save_name,first_field,nfields,first_sub,nsubs") \
	X(FIELDS, "fields", true, "id,desc,name,dup,type,sub,presence," \
	  "version,struct_version,flags,size,num,count_field,multiplier," \
	  "offset,num_offset,size_offset,start,exists_fn,exists_name," \
	  "origin_type,origin_exists,origin_version,origin_size,origin_num," \
	  "origin_count,origin_layout,origin_desc,key_desc,first_elem,nelems") \
	X(ELEMS, "elems", true, "id,desc") \
	X(SUBS, "subs", true, "id,desc,sub") \
	X(ENTRIES, "entries", true, "idx,idstr,instance,alias,compat," \
	  "compat_instance,version,desc,old_style,origin,origin_version," \
	  "origin_alias") \
	X(BYTES, "bytes", true, "off,data") \
	X(RAM_BLOCKS, "ram_blocks", true, "idx,name,len,off,page_size,gpa," \
	  "bitmap_off,pages_off") \
	X(RAM_RUNS, "ram_runs", true, "idx,block,addr,off,n,stride,kind") \
	X(RAM_SECTIONS, "ram_sections", true, "idx,start,stop,ret," \
	  "first_block,nblocks,first_run,nruns") \
	X(EVENTS, "events", true, "id,off,len,desc,field,name,type,text," \
	  "parent,stop,section,n,elem,version,instance,kind,outcome,depth," \
	  "origin,flags,section_kind") \
	X(SIDES_, "sides", true, "side,n,truncated,reached_eof,early_eof," \
	  "eof_offset,footers,configuration,machine") \
	X(FAILURES, "failures", true, "id,event,section,off,ret,guess,crash," \
	  "why") \
	X(LINES, "lines", true, "id,failure,newer,s") \
	X(NOTES, "notes", true, "id,side,judged,event,off,section,path,s") \
	X(WARNINGS, "warnings", true, "id,side,s") \
	X(MEMBERS, "members", true, "id,side,desc,field,dup,structure," \
	  "candidates,path,type,off,size,bit_off,bit_size,file,line," \
	  "desc_file,desc_line") \
	X(DIVERGENCES, "divergences", true, "idx,kind,note,s," \
	  "p_there,p_off,p_idstr,p_instance,p_section_id,p_version," \
	  "p_section_off,p_path," \
	  "s_there,s_off,s_size,s_field,s_type,s_version,s_event," \
	  "d_there,d_off,d_size,d_field,d_type,d_version,d_event") \
	X(EVIDENCE, "evidence", true, "idx,s") \
	X(ANALYSIS, "analysis", true, "one,verdict,failure,cause_kind,cause," \
	  "remedy,first," \
	  "diverges_there,diverges_off,diverges_idstr,diverges_instance," \
	  "diverges_section_id,diverges_version,diverges_section_off," \
	  "diverges_path," \
	  "fails_there,fails_off,fails_idstr,fails_instance," \
	  "fails_section_id,fails_version,fails_section_off,fails_path") \
	X(MARKS, "marks", true, "idx,kind,number,event,off,path,s")

enum table {
#define X(id, name, key, columns) T_##id,
	TABLES(X)
#undef X
	T_COUNT
};

extern const struct recording_table {
	const char *name;
	bool key;
	const char *columns;
} schema[T_COUNT];

/* The enums whose numbers another release may have renumbered. */
enum numbered { N_EVENT, N_OUTCOME, N_DIVERGENCE, N_VERDICT, N_FROM, N_COUNT };

extern const struct recording_names {
	const char *what;
	const char *const *names;
	size_t n;
} numbered[N_COUNT];

struct recording {
	struct arena arena;
	sqlite3 *db;		/* NULL once all is read */
	struct source src;
	uint8_t *data;		/* src.data, mapped here */
	struct account source;
	struct destination dest;
	struct account reference;	/* of it only a path is known */
	struct source reference_src;
	struct desc_set sets[16];
	struct timeline *side[SIDES];
	struct members *members[SIDES];
	struct analysis analysis;
	struct recording_mark *marks;
	size_t nmarks;
	const char **strings;	/* by id; [0] is NULL */
	size_t nstrings, strings_cap;
	struct desc *descs;	/* by id - 1 */
	unsigned char *depths;
	size_t ndescs, descs_cap;
	struct desc_field *fields;
	size_t nfields, fields_cap;
	const struct desc **subs;
	size_t nsubs, subs_cap;
	const struct desc **elems;	/* by id - 1 */
	size_t nelems;
	int *numbers[N_COUNT];	/* the file's numbers to ours, -1 none */
	size_t nnumbers[N_COUNT];
	struct { const char *key, *value; } *meta;
	size_t nmeta, meta_cap;
	enum rules rules;
	int version;		/* of the schema */
	bool complete, scrubbed;
	const char *note;
	struct err *err;
};

/* Sets r->err; answers -1. */
int damaged(struct recording *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* All of an open database, whose schema was looked at, into @r. */
int recording_read(struct recording *r);

#endif
