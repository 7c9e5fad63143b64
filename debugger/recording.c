/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a recording's file is: its schema, for the writer as for the reader;
 * opening one that may come from anybody; and what the reader has read.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "recording-impl.h"

const struct recording_table schema[T_COUNT] = {
#define X(id, name, key, columns) { name, key, columns },
	TABLES(X)
#undef X
};

static const char *const names_event[] = {
#define X(id, name, help) name,
	EVENT_KINDS(X)
#undef X
};

static const char *const names_outcome[] = {
#define X(id, name, help) name,
	OUTCOMES(X)
#undef X
};

static const char *const names_divergence[] = {
#define X(id, name, help) name,
	DIVERGENCES(X)
#undef X
};

static const char *const names_verdict[] = {
#define X(id, name, status, help) name,
	VERDICTS(X)
#undef X
};

static const char *const names_from[] = {
	"nobody", "guess", "source", "known", "reference", "dump", "binary",
	"process",
};

#define LIST(v) v, sizeof(v) / sizeof(v[0])
const struct recording_names numbered[N_COUNT] = {
	[N_EVENT] = { "event", LIST(names_event) },
	[N_OUTCOME] = { "outcome", LIST(names_outcome) },
	[N_DIVERGENCE] = { "divergence", LIST(names_divergence) },
	[N_VERDICT] = { "verdict", LIST(names_verdict) },
	[N_FROM] = { "from", LIST(names_from) },
};

int damaged(struct recording *r, const char *fmt, ...)
{
	char buf[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	return err_set(r->err, ERR_FORMAT, ERR_NO_OFFSET,
		       "damaged recording: %s", buf);
}

bool recording_is(const char *path)
{
	uint8_t head[72] = { 0 };
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(head, 1, sizeof(head), f) : 0;

	if (f)
		fclose(f);
	/* https://www.sqlite.org/fileformat2.html: application_id at 68 */
	return n == sizeof(head) && !memcmp(head, "SQLite format 3", 16) &&
		head[68] == 'V' && head[69] == 'M' && head[70] == 'S' &&
		head[71] == 'D';
}

static int64_t pragma(struct recording *r, const char *sql)
{
	sqlite3_stmt *st;
	int64_t v = -1;

	if (sqlite3_prepare_v2(r->db, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return v;
}

/* A file from a stranger: plain tables, or nothing. */
static void harden(sqlite3 *db)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 16 << 20);
	sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, 16384);
	sqlite3_limit(db, SQLITE_LIMIT_COLUMN, 64);
	sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 16);
	sqlite3_limit(db, SQLITE_LIMIT_COMPOUND_SELECT, 2);
	sqlite3_limit(db, SQLITE_LIMIT_FUNCTION_ARG, 8);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
	sqlite3_exec(db, "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;"
		     "PRAGMA temp_store=MEMORY", NULL, NULL, NULL);
}

static int check_schema(struct recording *r)
{
	sqlite3_stmt *st;
	int code, ret = 0;

	code = sqlite3_prepare_v2(r->db, "SELECT type,name FROM main."
		"sqlite_schema WHERE type<>'table' OR rootpage=0 OR "
		"sql LIKE '%generated%' OR sql LIKE '%as%(%'", -1, &st, NULL);
	if (code != SQLITE_OK)
		return damaged(r, "%s", sqlite3_errmsg(r->db));
	code = sqlite3_step(st);
	if (code == SQLITE_ROW)
		ret = damaged(r, "it has a %s '%.100s', which no recording has",
			      (const char *)sqlite3_column_text(st, 0),
			      (const char *)sqlite3_column_text(st, 1));
	else if (code != SQLITE_DONE)
		ret = damaged(r, "%s", sqlite3_errmsg(r->db));
	sqlite3_finalize(st);
	return ret;
}

/* Writers that died may have left a journal, which a reader has to undo. */
static int open_db(struct recording *r, const char *path)
{
	char journal[4200];
	int flags = SQLITE_OPEN_READONLY;

	snprintf(journal, sizeof(journal), "%s-journal", path);
	if (access(journal, F_OK) == 0)
		flags = SQLITE_OPEN_READWRITE;
	if (sqlite3_open_v2(path, &r->db, flags | SQLITE_OPEN_PRIVATECACHE,
			    NULL) != SQLITE_OK)
		return err_set(r->err, ERR_IO, ERR_NO_OFFSET, "cannot open: %s",
			       sqlite3_errmsg(r->db));
	harden(r->db);
	return 0;
}

static int check_file(struct recording *r)
{
	int64_t id = pragma(r, "PRAGMA application_id");
	int64_t version;

	if (id < 0)
		return damaged(r, "%s", sqlite3_errmsg(r->db));
	version = pragma(r, "PRAGMA user_version");
	if (id != APPLICATION_ID)
		return err_set(r->err, ERR_FORMAT, ERR_NO_OFFSET, id ?
			       "an SQLite file, but no recording" :
			       "no recording, or one whose writing stopped "
			       "before the first commit");
	if (version > RECORDING_VERSION)
		return err_set(r->err, ERR_UNSUPPORTED, ERR_NO_OFFSET,
			       "a recording of schema %" PRId64 "; this vmsdb "
			       "reads schemas up to %d: use a newer one",
			       version, RECORDING_VERSION);
	if (version < 1)
		return damaged(r, "schema %" PRId64, version);
	r->version = (int)version;
	return check_schema(r);
}

static int check_is_file(const char *path, struct err *err)
{
	FILE *f = fopen(path, "rb");
	char head[16] = "";
	size_t n;

	if (!f)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "cannot open: %m");
	n = fread(head, 1, sizeof(head), f);
	fclose(f);
	if (!n)
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET, "empty: no "
			       "recording, or one whose writing stopped before "
			       "the first commit");
	if (n < 16 || memcmp(head, "SQLite format 3", 16))
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
			       "not a recording (no SQLite file)");
	return 0;
}

int recording_open(struct recording **ret, const char *path, struct err *err)
{
	struct recording *r;

	*ret = NULL;
	if (check_is_file(path, err) < 0)
		return -1;
	r = calloc(1, sizeof(*r));
	if (!r)
		abort();
	arena_init(&r->arena);
	r->err = err;
	ram_init(&r->source.ram);
	registry_init(&r->dest.registry, &r->arena);
	if (open_db(r, path) < 0 || check_file(r) < 0 ||
	    recording_read(r) < 0) {
		recording_close(r);
		return -1;
	}
	sqlite3_close(r->db);
	r->db = NULL;
	r->err = NULL;
	*ret = r;
	return 0;
}

void recording_close(struct recording *r)
{
	if (!r)
		return;
	sqlite3_close(r->db);
	for (int k = 0; k < SIDES; k++) {
		timeline_close(r->side[k]);
		members_close(r->members[k]);
	}
	if (r->data)
		munmap(r->data, r->src.len + 4096);
	ram_release(&r->source.ram);
	registry_release(&r->dest.registry);
	free(r->analysis.divergences);
	free(r->marks);
	free(r->strings);
	free(r->meta);
	arena_release(&r->arena);
	free(r);
}

struct members *recording_members(const struct recording *r, bool source)
{
	return r->members[source];
}

const struct timeline *recording_timeline(const struct recording *r)
{
	return r->side[0];
}

const struct analysis *recording_analysis(const struct recording *r)
{
	return &r->analysis;
}

const struct account *recording_source(const struct recording *r)
{
	return &r->source;
}

const struct destination *recording_destination(const struct recording *r)
{
	return &r->dest;
}

const struct recording_mark *recording_marks(const struct recording *r,
					     size_t *n)
{
	*n = r->nmarks;
	return r->marks;
}

enum rules recording_rules(const struct recording *r)
{
	return r->rules;
}

bool recording_complete(const struct recording *r)
{
	return r->complete;
}

bool recording_scrubbed(const struct recording *r)
{
	return r->scrubbed;
}

const char *recording_note(const struct recording *r)
{
	return r->note;
}

const char *recording_meta(const struct recording *r, const char *key)
{
	for (size_t i = 0; i < r->nmeta; i++) {
		if (!strcmp(r->meta[i].key, key))
			return r->meta[i].value;
	}
	return NULL;
}
