/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../devices/member.h"
#include "c-index-impl.h"
#include "location.h"

#define APPLICATION_ID 0x564d5354	/* "VMST" */
#define FORMAT 3
#define BUCKETS 1024

/* What the process that reads debug information may use. */
#define CHILD_SECONDS 60
#define CHILD_BYTES (UINT64_C(6) << 30)

static const char schema[] =
	"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN;"
	"CREATE TABLE meta(key, value);"
	"CREATE TABLE files(path, base, stamp);"
	"CREATE TABLE descs(id INTEGER PRIMARY KEY, addr, name, key, symbol,"
	" file, line);"
	"CREATE TABLE types(desc, name, size, struct);"
	"CREATE TABLE fields(desc, name, dup, path, type, off, size, bit_off,"
	" bit_size, file, line);"
	C_STRUCTS_SCHEMA;

/* After the rows: faster so, and "complete" is the last thing written. */
static const char indices[] =
	"CREATE INDEX by_addr ON descs(addr);"
	"CREATE INDEX by_name ON descs(name);"
	"CREATE INDEX by_key ON descs(key);"
	"CREATE INDEX types_of ON types(desc);"
	"CREATE INDEX fields_of ON fields(desc);"
	C_STRUCTS_INDICES
	"INSERT INTO meta VALUES('complete', 1);"
	"PRAGMA application_id=1447908180; PRAGMA user_version=3; COMMIT";

_Static_assert(APPLICATION_ID == 1447908180, "application_id");
_Static_assert(FORMAT == 3, "user_version");

struct read_desc {
	struct read_desc *next;
	int64_t id;
	struct c_desc d;
};

struct c_index {
	struct c_index_db at;	/* first */
	const char *warning;
	struct read_desc *buckets[BUCKETS];
};

/* ---- where ---- */

char *c_index_dir(void)
{
	const char *dir = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *path = NULL;
	int n = 0;

	if (dir && *dir == '/')
		n = asprintf(&path, "%s/vmsdb", dir);
	else if (home && *home == '/')
		n = asprintf(&path, "%s/.cache/vmsdb", home);
	if (n < 0)
		abort();
	return path;
}

static bool make_dir(char *path)
{
	for (char *s = path + 1; *s; s++) {
		if (*s != '/')
			continue;
		*s = '\0';
		mkdir(path, 0700);
		*s = '/';
	}
	return !mkdir(path, 0700) || errno == EEXIST;
}

/* The index's place, or NULL: the file has no build-id, or there is none. */
static char *place_of(const char *path)
{
	uint8_t id[64];
	unsigned n = elf_build_id(path, id);
	char hex[129] = "", *dir, *ret = NULL;

	for (unsigned i = 0; i < n && i < 64; i++)
		snprintf(hex + 2 * i, 3, "%02x", id[i]);
	dir = n ? c_index_dir() : NULL;
	if (dir && make_dir(dir) && !access(dir, W_OK) &&
	    asprintf(&ret, "%s/%s" C_INDEX_SUFFIX, dir, hex) < 0)
		abort();
	free(dir);
	return ret;
}

static void stamp_of(const char *path, char *buf, size_t size)
{
	struct stat st = { 0 };

	stat(path, &st);
	snprintf(buf, size, "%lld.%lld.%ld", (long long)st.st_size,
		 (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

/* Which build of ours has made it: another may infer otherwise. */
static void own_stamp(char *buf, size_t size)
{
	stamp_of("/proc/self/exe", buf, size);
}

/* Where modules are looked for, if that was said; what was found may differ. */
static const char *modules_told(const struct desc_image_opts *images)
{
	const char *env = getenv("QEMU_MODULE_DIR");

	if (images && images->modules)
		return images->modules;
	if (images && images->no_modules)
		return "-";
	return env ? env : "";
}

/* ---- writing: in the child ---- */

struct writer {
	sqlite3 *db;
	sqlite3_stmt *descs, *types, *fields;
	struct structs_writer *structs;
	bool failed;
};

static void bind(sqlite3_stmt *st, int i, const char *s)
{
	if (s)
		sqlite3_bind_text(st, i, s, -1, SQLITE_TRANSIENT);
	else
		sqlite3_bind_null(st, i);
}

static void step(struct writer *w, sqlite3_stmt *st)
{
	if (sqlite3_step(st) != SQLITE_DONE)
		w->failed = true;
	sqlite3_reset(st);
}

static void write_field(struct writer *w, int64_t id, const struct ctype *t,
			const struct desc_field *f)
{
	struct member_place at;
	char type[200];

	sqlite3_clear_bindings(w->fields);
	sqlite3_bind_int64(w->fields, 1, id);
	bind(w->fields, 2, f->name);
	sqlite3_bind_int64(w->fields, 3, f->dup);
	if (t && member_of_field(t, f, &at)) {
		bind(w->fields, 4, at.path);
		bind(w->fields, 5, ctype_print(at.type, type, sizeof(type)));
		sqlite3_bind_int64(w->fields, 6, (int64_t)at.offset);
		sqlite3_bind_int64(w->fields, 7, (int64_t)at.size);
		sqlite3_bind_int64(w->fields, 8, at.bit_offset);
		sqlite3_bind_int64(w->fields, 9, at.bit_size);
		bind(w->fields, 10, at.file);
		sqlite3_bind_int64(w->fields, 11, at.line);
	}
	step(w, w->fields);
}

static void write_desc(struct writer *w, struct member_map *map, int64_t id,
		       const struct desc_item *item)
{
	const struct desc *d = item->desc;
	const struct ctype *const *types;
	size_t n = member_types(map, d, &types);
	uint32_t line = 0;
	char name[300];

	sqlite3_bind_int64(w->descs, 1, id);
	sqlite3_bind_int64(w->descs, 2, (int64_t)d->addr);
	bind(w->descs, 3, d->name);
	bind(w->descs, 4, item->key);
	bind(w->descs, 5, d->symbol);
	bind(w->descs, 6, member_source(map, d, &line));
	sqlite3_bind_int64(w->descs, 7, line);
	step(w, w->descs);
	for (size_t i = 0; i < n; i++) {
		sqlite3_bind_int64(w->types, 1, id);
		bind(w->types, 2, member_type_name(map, d, types[i], name,
						   sizeof(name)));
		sqlite3_bind_int64(w->types, 3, (int64_t)types[i]->size);
		sqlite3_bind_int64(w->types, 4,
				   structs_add(w->structs, types[i]));
		step(w, w->types);
	}
	for (size_t i = 0; i < d->nfields; i++)
		write_field(w, id, n ? types[0] : NULL, &d->fields[i]);
}

static void write_meta(struct writer *w, const char *key, const char *value)
{
	char *sql = sqlite3_mprintf("INSERT INTO meta VALUES(%Q, %Q)", key,
				    value);

	if (!sql || sqlite3_exec(w->db, sql, NULL, NULL, NULL))
		w->failed = true;
	sqlite3_free(sql);
}

/* The modules: another set of them has other descriptors. */
static void write_files(struct writer *w, struct desc_image *img)
{
	struct space_elf *se = desc_image_space(img);
	const struct elf_file *f;

	for (unsigned i = 1; (f = space_elf_file(se, i)); i++) {
		char stamp[100], *sql;

		stamp_of(f->path, stamp, sizeof(stamp));
		sql = sqlite3_mprintf("INSERT INTO files VALUES(%Q, %lld, %Q)",
				      f->path, (long long)f->base, stamp);
		if (!sql || sqlite3_exec(w->db, sql, NULL, NULL, NULL))
			w->failed = true;
		sqlite3_free(sql);
	}
}

static int write_index(const char *to, const char *path,
		       struct desc_image *img, struct member_map *map,
		       const char *modules, struct err *err)
{
	const struct desc_set *set = desc_image_set(img);
	struct writer w = { 0 };
	char stamp[100];

	own_stamp(stamp, sizeof(stamp));
	if (sqlite3_open(to, &w.db) ||
	    sqlite3_exec(w.db, schema, NULL, NULL, NULL) ||
	    sqlite3_prepare_v2(w.db, "INSERT INTO descs VALUES(?,?,?,?,?,?,?)",
			       -1, &w.descs, NULL) ||
	    sqlite3_prepare_v2(w.db, "INSERT INTO types VALUES(?,?,?,?)", -1,
			       &w.types, NULL) ||
	    sqlite3_prepare_v2(w.db, "INSERT INTO fields VALUES"
			       "(?,?,?,?,?,?,?,?,?,?,?)", -1, &w.fields, NULL))
		w.failed = true;
	if (!w.failed)
		w.structs = structs_begin(w.db, member_dwarf(map));
	for (size_t i = 0; i < set->nitems && !w.failed; i++)
		write_desc(&w, map, (int64_t)i + 1, &set->items[i]);
	if (w.structs && structs_end(w.structs))
		w.failed = true;
	if (!w.failed) {
		write_meta(&w, "path", path);
		write_meta(&w, "stamp", stamp);
		write_meta(&w, "modules", modules);
		if (member_warning(map))
			write_meta(&w, "warning", member_warning(map));
		write_files(&w, img);
	}
	if (!w.failed && sqlite3_exec(w.db, indices, NULL, NULL, NULL))
		w.failed = true;
	sqlite3_finalize(w.descs);
	sqlite3_finalize(w.types);
	sqlite3_finalize(w.fields);
	if (w.failed)
		err_set(err, ERR_IO, ERR_NO_OFFSET, "cannot write %s: %s", to,
			sqlite3_errmsg(w.db));
	sqlite3_close(w.db);
	return w.failed ? -1 : 0;
}

/* Damaged debug information may well be endless. */
static void limit_child(void)
{
	struct rlimit cpu = { CHILD_SECONDS, CHILD_SECONDS };
#ifndef __SANITIZE_ADDRESS__
	struct rlimit data = { CHILD_BYTES, CHILD_BYTES };

	setrlimit(RLIMIT_DATA, &data);
#endif
	setrlimit(RLIMIT_CPU, &cpu);
}

/* Never returns. */
static void child(int fd, const char *to, const char *path,
		  struct desc_image *img, const struct desc_image_opts *images)
{
	struct member_map *map;
	struct err err;
	int r = 0;

	/* a signal is an answer; no report of a debugger's or sanitizer's own */
	for (int s = 1; s < 32; s++)
		signal(s, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);	/* an error to report */
	signal(SIGINT, SIG_IGN);	/* the parent is asked, and ends us */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	limit_child();
	if (!img)
		r = desc_image_open(&img, path, images, &err);
	if (r == 0)
		r = member_map_open(&map, img, images ? images->debug_dir :
				    NULL, &err);
	if (r == 0)
		r = write_index(to, path, img, map, modules_told(images), &err);
	if (r < 0 && write(fd, err.msg, strlen(err.msg)) < 0)
		_exit(2);
	_exit(r < 0 ? 1 : 0);
}

/* ---- the parent, meanwhile ---- */

static int gather(int fd, pid_t pid, const struct source_opts *p, char *msg,
		  size_t size)
{
	struct pollfd in = { .fd = fd, .events = POLLIN };
	size_t n = 0;

	for (;;) {
		int r = poll(&in, 1, 300);
		ssize_t got;

		if (r < 0 && errno != EINTR)
			break;
		if (r <= 0) {
			if (!p || !p->progress ||
			    !p->progress(p->ctx, "reading debug information",
					 0, 0))
				continue;
			kill(pid, SIGKILL);
			return -1;
		}
		got = read(fd, msg + n, size - 1 - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	msg[n] = '\0';
	return 0;
}

/* By the children that have ended. */
static long seconds_used(void)
{
	struct rusage u = { 0 };

	getrusage(RUSAGE_CHILDREN, &u);
	return u.ru_utime.tv_sec + u.ru_stime.tv_sec;
}

static int make_index(const char *to, const char *path,
		      struct desc_image *img,
		      const struct desc_image_opts *images,
		      const struct source_opts *progress, struct err *err)
{
	char msg[400] = "";
	int fds[2], status = 0;
	bool stopped;
	pid_t pid;

	if (pipe(fds) < 0)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "no pipe: %m");
	pid = fork();
	if (pid < 0) {
		close(fds[0]);
		close(fds[1]);
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "no process: %m");
	}
	if (!pid) {
		close(fds[0]);
		child(fds[1], to, path, img, images);
	}
	close(fds[1]);
	stopped = gather(fds[0], pid, progress, msg, sizeof(msg)) < 0;
	close(fds[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (stopped)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "interrupted");
	if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU ||
				    seconds_used() >= CHILD_SECONDS))
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET, "its debug "
			       "information takes more than %d seconds to "
			       "read: given up", CHILD_SECONDS);
	if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL ||
				    WTERMSIG(status) == SIGTERM))
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "what reads its "
			       "debug information was killed (signal %d)",
			       WTERMSIG(status));
	if (WIFSIGNALED(status))
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET, "its debug "
			       "information crashes libdwarf (signal %d): it "
			       "is damaged, or of a kind that this libdwarf "
			       "cannot read", WTERMSIG(status));
	if (WEXITSTATUS(status))
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET, "%s", *msg ?
			       msg : "its debug information cannot be read");
	return 0;
}

/* ---- reading ---- */

static bool says(sqlite3 *db, const char *sql, const char *want)
{
	sqlite3_stmt *st;
	bool good = false;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW) {
		const char *s = (const char *)sqlite3_column_text(st, 0);

		good = s && !strcmp(s, want);
	}
	sqlite3_finalize(st);
	return good;
}

/* Are the modules those that it was made of?  @img may be NULL. */
static bool same_files(sqlite3 *db, struct desc_image *img)
{
	struct space_elf *se = img ? desc_image_space(img) : NULL;
	sqlite3_stmt *st = NULL;
	bool same = true;
	unsigned i = 1;

	if (sqlite3_prepare_v2(db, "SELECT path,base,stamp FROM files ORDER BY "
			       "rowid", -1, &st, NULL) != SQLITE_OK)
		return false;
	while (same && sqlite3_step(st) == SQLITE_ROW) {
		const char *path = (const char *)sqlite3_column_text(st, 0);
		const char *was = (const char *)sqlite3_column_text(st, 2);
		const struct elf_file *f = se ? space_elf_file(se, i++) : NULL;
		char now[100];

		if (!path || !was)
			break;
		stamp_of(path, now, sizeof(now));
		same = !strcmp(now, was) && (!se || (f &&
			!strcmp(f->path, path) && f->base ==
			(uint64_t)sqlite3_column_int64(st, 1)));
	}
	sqlite3_finalize(st);
	return same && (!se || !space_elf_file(se, i));
}

static sqlite3 *open_index(const char *path, struct desc_image *img,
			   const char *modules)
{
	sqlite3 *db = NULL;
	struct stat st;
	char stamp[100];

	own_stamp(stamp, sizeof(stamp));
	/* opening a pipe would wait for who writes into it */
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return NULL;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY |
			    SQLITE_OPEN_PRIVATECACHE, NULL) == SQLITE_OK &&
	    says(db, "PRAGMA application_id", "1447908180") &&
	    says(db, "PRAGMA user_version", "3") &&
	    says(db, "SELECT value FROM meta WHERE key='complete'", "1") &&
	    says(db, "SELECT value FROM meta WHERE key='stamp'", stamp) &&
	    says(db, "PRAGMA quick_check(1)", "ok") &&
	    (img || says(db, "SELECT value FROM meta WHERE key='modules'",
			 modules)) &&
	    same_files(db, img))
		return db;
	sqlite3_close(db);
	return NULL;
}

static const char *meta_text(struct arena *a, sqlite3 *db, const char *key)
{
	const char *s = NULL, *ret = NULL;
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE key=?", -1,
			       &st, NULL) != SQLITE_OK)
		return NULL;
	sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
	if (sqlite3_step(st) == SQLITE_ROW)
		s = (const char *)sqlite3_column_text(st, 0);
	if (s)
		ret = arena_strdup(a, s);
	sqlite3_finalize(st);
	return ret;
}

static struct c_index *index_of(sqlite3 *db)
{
	struct c_index *x = calloc(1, sizeof(*x));

	if (!x)
		abort();
	arena_init(&x->at.arena);
	x->at.db = db;
	x->warning = meta_text(&x->at.arena, db, "warning");
	return x;
}

static bool is_incomplete(sqlite3 *db)
{
	return !says(db, "SELECT count(*) FROM meta WHERE key='warning'", "0");
}

/* Make it at a place of its own, then move it to @place, if there is one. */
static int build(sqlite3 **ret, const char *place, const char *path,
		 struct desc_image *img, const struct desc_image_opts *images,
		 const struct source_opts *progress, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	char *to;
	int fd, r;

	if (place ? asprintf(&to, "%s.XXXXXX", place) < 0 :
	    asprintf(&to, "%s/vmsdb-types-XXXXXX", tmp && *tmp ? tmp :
		     "/var/tmp") < 0)
		abort();
	fd = mkstemp(to);
	if (fd < 0) {
		r = err_set(err, ERR_IO, ERR_NO_OFFSET, "cannot write %s: %m",
			    to);
		free(to);
		return r;
	}
	close(fd);
	r = make_index(to, path, img, images, progress, err);
	if (r == 0)
		*ret = open_index(to, img, modules_told(images));
	/* what is incomplete may be complete the next time */
	if (!place || !*ret || is_incomplete(*ret) || rename(to, place))
		unlink(to);	/* who has opened it keeps it */
	free(to);
	if (r == 0 && !*ret)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "what was written "
			       "of its types cannot be read again");
	return r;
}

int c_index_open(struct c_index **ret, const char *path,
		 struct desc_image *img, const struct desc_image_opts *images,
		 const struct source_opts *progress, struct err *err)
{
	char *place = place_of(path);
	sqlite3 *db = place ? open_index(place, img, modules_told(images)) :
			      NULL;
	int r = 0;

	if (!db)
		r = build(&db, place, path, img, images, progress, err);
	free(place);
	if (r == 0)
		*ret = index_of(db);
	return r;
}

void c_index_close(struct c_index *x)
{
	if (!x)
		return;
	sqlite3_close(x->at.db);
	structs_release(&x->at);
	arena_release(&x->at.arena);
	free(x);
}

const char *c_index_warning(const struct c_index *x)
{
	return x->warning;
}

static const char *text_at(struct c_index *x, sqlite3_stmt *st, int i)
{
	const char *s = (const char *)sqlite3_column_text(st, i);

	return s ? arena_intern_str(&x->at.arena, s) : NULL;
}

const char *c_index_path(struct arena *a, const char *s)
{
	char *p, *start, *to, *last;

	if (!s || !strstr(s, "/."))
		return s ? arena_intern_str(a, s) : NULL;
	p = to = arena_strdup(a, s);
	if (*s == '/')
		*to++ = '/';
	start = to;
	for (size_t n; *s; s += n) {
		n = strspn(s, "/");
		if (n)
			continue;
		n = strcspn(s, "/");
		for (last = to; last > start && last[-1] != '/'; last--)
			;
		if (n == 1 && *s == '.' && to > start)
			continue;
		if (n == 2 && !memcmp(s, "..", 2) && to > last &&
		    !(to - last == 2 && !memcmp(last, "..", 2))) {
			to = last > start ? last - 1 : start;
			continue;
		}
		if (to > start)
			*to++ = '/';
		memcpy(to, s, n);
		to += n;
	}
	*to = '\0';
	return p;
}

static const char *path_at(struct c_index *x, sqlite3_stmt *st, int i)
{
	return c_index_path(&x->at.arena,
			    (const char *)sqlite3_column_text(st, i));
}

static sqlite3_stmt *rows_of(struct c_index *x, const char *sql, int64_t id)
{
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(x->at.db, sql, -1, &st, NULL) == SQLITE_OK)
		sqlite3_bind_int64(st, 1, id);
	return st;
}

static void read_types(struct c_index *x, struct c_desc *d, int64_t id)
{
	sqlite3_stmt *st = rows_of(x, "SELECT name,size,struct FROM types WHERE "
				   "desc=? ORDER BY rowid", id);
	struct c_type *v = NULL;
	size_t cap = 0;

	while (sqlite3_step(st) == SQLITE_ROW) {
		const char *name = text_at(x, st, 0);

		v = grow_array(v, &cap, d->ntypes + 1, sizeof(*v));
		v[d->ntypes++] = (struct c_type){
			name ? name : "?", (uint64_t)sqlite3_column_int64(st, 1),
			sqlite3_column_int64(st, 2),
		};
	}
	sqlite3_finalize(st);
	d->types = arena_memdup(&x->at.arena, v, d->ntypes * sizeof(*v));
	free(v);
}

static void read_fields(struct c_index *x, struct c_desc *d, int64_t id)
{
	sqlite3_stmt *st = rows_of(x, "SELECT name,dup,path,type,off,size,"
				   "bit_off,bit_size,file,line FROM fields "
				   "WHERE desc=? ORDER BY rowid", id);
	struct c_field *v = NULL;
	size_t cap = 0;

	while (sqlite3_step(st) == SQLITE_ROW) {
		struct c_field *f;

		v = grow_array(v, &cap, d->nfields + 1, sizeof(*v));
		f = &v[d->nfields++];
		f->name = text_at(x, st, 0);
		f->dup = sqlite3_column_int(st, 1);
		f->path = text_at(x, st, 2);
		f->type = text_at(x, st, 3);
		f->offset = (uint64_t)sqlite3_column_int64(st, 4);
		f->size = (uint64_t)sqlite3_column_int64(st, 5);
		f->bit_offset = (uint32_t)sqlite3_column_int64(st, 6);
		f->bit_size = (uint32_t)sqlite3_column_int64(st, 7);
		f->file = path_at(x, st, 8);
		f->line = (uint32_t)sqlite3_column_int64(st, 9);
		if (!f->name)
			f->name = "";
		if (!f->type || !d->ntypes)
			f->path = NULL;	/* a member is one of a type */
	}
	sqlite3_finalize(st);
	d->fields = arena_memdup(&x->at.arena, v, d->nfields * sizeof(*v));
	free(v);
}

/* The descriptor of @st's row: id, addr, name, symbol, file, line. */
static const struct c_desc *take_desc(struct c_index *x, sqlite3_stmt *st)
{
	int64_t id = sqlite3_column_int64(st, 0);
	struct read_desc **b = &x->buckets[(uint64_t)id % BUCKETS], *r;

	for (r = *b; r; r = r->next) {
		if (r->id == id)
			return &r->d;
	}
	r = arena_alloc(&x->at.arena, sizeof(*r));
	r->next = *b;
	*b = r;
	r->id = id;
	r->d.addr = (uint64_t)sqlite3_column_int64(st, 1);
	r->d.name = text_at(x, st, 2);
	r->d.symbol = text_at(x, st, 3);
	r->d.file = path_at(x, st, 4);
	r->d.line = (uint32_t)sqlite3_column_int64(st, 5);
	if (!r->d.name)
		r->d.name = "";
	read_types(x, &r->d, id);
	read_fields(x, &r->d, id);
	return &r->d;
}

#define COLUMNS "SELECT id,addr,name,symbol,file,line,key FROM descs "

const struct c_desc *c_index_at(struct c_index *x, uint64_t addr)
{
	sqlite3_stmt *st = rows_of(x, COLUMNS "WHERE addr=? ORDER BY id",
				   (int64_t)addr);
	const struct c_desc *d = sqlite3_step(st) == SQLITE_ROW ?
		take_desc(x, st) : NULL;

	sqlite3_finalize(st);
	return d;
}

static bool is_called(sqlite3_stmt *st, const char *name)
{
	static const int columns[] = { 2, 6, 3 };

	for (size_t i = 0; i < 3; i++) {
		const char *s = (const char *)sqlite3_column_text(st,
								  columns[i]);

		if (s && location_glob(name, s))
			return true;
	}
	return false;
}

size_t c_index_find_all(struct c_index *x, const char *name,
			const struct c_desc **ret, size_t max)
{
	sqlite3_stmt *st = NULL;
	size_t n = 0;

	if (sqlite3_prepare_v2(x->at.db, strpbrk(name, "*?") ? COLUMNS
			       "ORDER BY id" : COLUMNS "WHERE name=?1 OR "
			       "key=?1 OR symbol=?1 ORDER BY id", -1, &st,
			       NULL) != SQLITE_OK)
		return 0;
	if (!strpbrk(name, "*?"))
		sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	while (n < max && sqlite3_step(st) == SQLITE_ROW) {
		if (is_called(st, name))
			ret[n++] = take_desc(x, st);
	}
	sqlite3_finalize(st);
	return n;
}

const struct c_desc *c_index_find(struct c_index *x, const char *name)
{
	const struct c_desc *d;

	return c_index_find_all(x, name, &d, 1) ? d : NULL;
}
