/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "running.h"

#define MAX_PHDRS 256
#define MAX_FILES 512
#define MAX_NOTE 4096

/* An ELF file that is mapped, as its header in memory (or the file) says. */
struct mapped {
	const char *path;	/* as the maps have it */
	uint64_t start;		/* where its first byte is mapped */
	uint64_t bias;		/* of its own addresses */
	uint8_t id[64];
	unsigned id_len;	/* 0: none, or not in memory */
	bool header;		/* its header could be read */
};

/* A file of the image, and where it lies. */
struct placed {
	uint64_t start, end;	/* of the process's addresses */
	uint64_t delta;		/* process's address minus the image's */
};

struct running {
	struct space space;	/* first */
	struct space code;	/* for predicates: see code_read() */
	struct memory *mem;
	struct desc_image *img;
	const struct space *files;	/* the image's */
	struct space_elf *elf;
	const char *exe;
	struct arena arena;
	struct mapped *mapped;
	size_t nmapped;
	struct placed *placed;
	size_t nplaced;
	const char *warnings[16];
	size_t nwarnings;
	bool can_ask;
};

static void warn(struct running *r, const char *msg)
{
	if (r->nwarnings < sizeof(r->warnings) / sizeof(r->warnings[0]))
		r->warnings[r->nwarnings++] = arena_strdup(&r->arena, msg);
}

/* ---- addresses ---- */

static const struct placed *placed_at(const struct running *r, uint64_t addr)
{
	for (size_t i = 0; i < r->nplaced; i++) {
		if (addr >= r->placed[i].start && addr < r->placed[i].end)
			return &r->placed[i];
	}
	return NULL;
}

bool running_to_image(const struct running *r, uint64_t addr, uint64_t *ret)
{
	const struct placed *p = placed_at(r, addr);

	if (p)
		*ret = addr - p->delta;
	return p != NULL;
}

bool running_from_image(const struct running *r, uint64_t addr, uint64_t *ret)
{
	for (size_t i = 0; i < r->nplaced; i++) {
		const struct placed *p = &r->placed[i];

		if (addr >= p->start - p->delta && addr < p->end - p->delta) {
			*ret = addr + p->delta;
			return true;
		}
	}
	return false;
}

bool running_mapped(const struct running *r, uint64_t addr)
{
	return memory_map_at(r->mem, addr) != NULL;
}

/*
 * What the dynamic linker has put where the image's word @at is: of an image's
 * address the process's.  False if it cannot be told.
 */
static bool linked_word(const struct running *r, uint64_t at, uint64_t *v)
{
	const struct space *files = r->files;

	if (space_uint(files, at, files->ptr_size, v))
		return false;
	if (!*v || !files->pointer || !files->pointer(files, at))
		return true;
	return running_from_image(r, *v, v);
}

/* A byte that a core lacks and nobody can have changed, out of the file. */
static bool byte_of_file(const struct running *r, uint64_t addr, uint8_t *ret)
{
	unsigned n = r->files->ptr_size, k;
	uint64_t at, v;
	uint8_t buf[8];

	if (!running_to_image(r, addr, &at) || !r->files->constant ||
	    !r->files->constant(r->files, at))
		return false;
	k = (unsigned)(at % n);
	/* the last bytes of a segment are no word, and no address */
	if (space_uint(r->files, at - k, n, &v))
		return !r->files->read(r->files, at, ret, 1);
	if (!linked_word(r, at - k, &v))
		return false;
	space_store(r->files, buf, n, v);
	*ret = buf[k];
	return true;
}

static int running_read(const struct space *s, uint64_t addr, void *buf,
			size_t n)
{
	const struct running *r = (const struct running *)s;
	uint8_t known[256], *out = buf;

	if (addr + n < addr)
		return -1;
	if (!memory_read(r->mem, addr, buf, n))
		return 0;
	while (n) {
		size_t part = n < sizeof(known) ? n : sizeof(known);

		memory_read_known(r->mem, addr, part, out, known);
		for (size_t i = 0; i < part; i++) {
			if (!known[i] && !byte_of_file(r, addr + i, &out[i]))
				return -1;
		}
		addr += part;
		out += part;
		n -= part;
	}
	return 0;
}

static enum space_kind running_kind(const struct space *s, uint64_t addr)
{
	const struct running *r = (const struct running *)s;
	const struct memory_map *map;
	uint64_t at;

	if (running_to_image(r, addr, &at))
		return r->files->kind(r->files, at);
	map = memory_map_at(r->mem, addr);
	return !map ? SPACE_NONE : map->exec ? SPACE_EXTERN : SPACE_DATA;
}

static bool running_constant(const struct space *s, uint64_t addr)
{
	const struct running *r = (const struct running *)s;
	uint64_t at;

	return running_to_image(r, addr, &at) &&
		r->files->constant(r->files, at);
}

/* ---- the memory that predicates see ---- */

static const struct running *running_of(const struct space *code)
{
	return (const struct running *)((const char *)code -
					offsetof(struct running, code));
}

/*
 * As running_read(), but where the image knows a function of another library
 * by name (a slot of the GOT), its made-up address.
 */
static int code_read(const struct space *s, uint64_t addr, void *buf, size_t n)
{
	const struct running *r = running_of(s);
	uint64_t at, v;

	if (n == r->files->ptr_size && running_to_image(r, addr, &at) &&
	    !space_uint(r->files, at, (unsigned)n, &v) &&
	    r->files->kind(r->files, v) == SPACE_EXTERN) {
		space_store(r->files, buf, (unsigned)n, v);
		return 0;
	}
	return running_read(&r->space, addr, buf, n);
}

static const uint8_t *code_map(const struct space *s, uint64_t addr,
			       uint64_t *avail)
{
	const struct running *r = running_of(s);
	uint64_t at;

	/* code is what it is in the file, and nothing else is asked for so */
	if (!running_to_image(r, addr, &at) || !r->files->map ||
	    r->files->kind(r->files, at) != SPACE_CODE)
		return NULL;
	return r->files->map(r->files, at, avail);
}

static enum space_kind code_kind(const struct space *s, uint64_t addr)
{
	const struct running *r = running_of(s);

	return r->files->kind(r->files, addr) == SPACE_EXTERN ? SPACE_EXTERN :
		running_kind(&r->space, addr);
}

static bool code_constant(const struct space *s, uint64_t addr)
{
	return running_constant(&running_of(s)->space, addr);
}

static const char *code_symbol(void *ctx, uint64_t addr)
{
	const struct running *r = ctx;
	const struct elf_symbol *sym;
	uint64_t at = addr;

	/* not in a file of ours: perhaps made up */
	running_to_image(r, addr, &at);
	sym = space_elf_at(r->elf, at);
	return sym ? sym->name : NULL;
}

static void read_abs(void *ctx, uint64_t addr, size_t n, uint8_t *out,
		     uint8_t *known)
{
	const struct running *r = ctx;

	memory_read_known(r->mem, addr, n, out, known);
}

enum tri running_ask(struct running *r, uint64_t fn, uint64_t opaque,
		     int version, struct predicate_trace *why)
{
	const struct predicate_code code = {
		.space = &r->code, .symbol = code_symbol, .ctx = r,
		.machine = space_elf_file(r->elf, 0)->machine,
	};
	const struct object_memory mem = {
		.read_abs = read_abs, .ctx = r, .address = opaque,
		.page_size = r->mem->page_size,
	};

	memset(why, 0, sizeof(*why));
	if (!r->can_ask || !opaque) {
		snprintf(why->why, sizeof(why->why), r->can_ask ?
			 "there is no object" :
			 "code of this machine cannot be followed");
		return TRI_UNKNOWN;
	}
	if (!running_from_image(r, fn, &fn)) {
		snprintf(why->why, sizeof(why->why),
			 "it lies in no file that is known");
		return TRI_UNKNOWN;
	}
	return predicate_eval(&code, fn, version, &mem, why);
}

/* ---- what is mapped ---- */

/* Reads of a file, or of the memory where its first byte is. */
struct head {
	const struct memory *mem;
	uint64_t start;
	int fd;
};

static bool head_read(const struct head *h, uint64_t off, void *buf, size_t n)
{
	if (h->fd < 0)
		return !memory_read(h->mem, h->start + off, buf, n);
	return pread(h->fd, buf, n, (off_t)off) == (ssize_t)n;
}

static void take_id(struct mapped *m, const struct memory *mem, uint64_t addr,
		    uint64_t len)
{
	uint8_t buf[MAX_NOTE];
	size_t at = 0;

	if (len > sizeof(buf))
		len = sizeof(buf);
	if (memory_read(mem, addr, buf, (size_t)len))
		return;
	while (at + 12 <= len) {
		uint64_t name = space_load(&mem->space, buf + at, 4);
		uint64_t desc = space_load(&mem->space, buf + at + 4, 4);
		uint64_t type = space_load(&mem->space, buf + at + 8, 4);
		uint64_t from = at + 12 + ((name + 3) & ~UINT64_C(3));

		if (name > len || desc > len || from + desc > len)
			return;
		if (type == NT_GNU_BUILD_ID && name == 4 &&
		    !memcmp(buf + at + 12, "GNU", 4) &&
		    desc <= sizeof(m->id)) {
			memcpy(m->id, buf + from, desc);
			m->id_len = (unsigned)desc;
			return;
		}
		at = (size_t)(from + ((desc + 3) & ~UINT64_C(3)));
	}
}

/* Bias and build-id by the header that @h reads. */
static bool take_header(struct mapped *m, const struct memory *mem,
			const struct head *h)
{
	const struct space *s = &mem->space;
	bool wide = s->ptr_size == 8, first = true;
	uint8_t eh[64], ph[56];
	uint64_t phoff, phnum, phsize, type;

	if (!head_read(h, 0, eh, wide ? 64 : 52) ||
	    memcmp(eh, ELFMAG, SELFMAG) ||
	    eh[EI_CLASS] != (wide ? ELFCLASS64 : ELFCLASS32))
		return false;
	type = space_load(s, eh + 16, 2);
	phoff = space_load(s, eh + (wide ? 32 : 28), wide ? 8 : 4);
	phsize = space_load(s, eh + (wide ? 54 : 42), 2);
	phnum = space_load(s, eh + (wide ? 56 : 44), 2);
	if ((type != ET_EXEC && type != ET_DYN) || phnum > MAX_PHDRS ||
	    phsize != (wide ? 56u : 32u) || phoff > 1 << 20)
		return false;
	for (unsigned pass = 0; pass < 2; pass++) {
		for (uint64_t i = 0; i < phnum; i++) {
			uint64_t off, vaddr, len;

			if (!head_read(h, phoff + i * phsize, ph, phsize))
				return false;
			off = space_load(s, ph + (wide ? 8 : 4), wide ? 8 : 4);
			vaddr = space_load(s, ph + (wide ? 16 : 8),
					   wide ? 8 : 4);
			len = space_load(s, ph + (wide ? 32 : 16),
					 wide ? 8 : 4);
			switch (space_load(s, ph, 4)) {
			case PT_LOAD:
				if (pass || !first)
					break;
				first = false;
				m->bias = type == ET_EXEC ? 0 :
					m->start - (vaddr - off);
				break;
			case PT_NOTE:
				if (pass && !m->id_len)
					take_id(m, mem, m->bias + vaddr, len);
				break;
			}
		}
	}
	return !first;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool take_mapped_file(struct mapped *m, struct memory *mem,
			     const char *file)
{
	struct head h = { .mem = mem, .start = m->start };

	h.fd = file ? open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	if (h.fd < 0)
		return false;
	m->header = take_header(m, mem, &h);
	close(h.fd);
	return m->header;
}

static void take_mapped(struct running *r)
{
	struct memory *mem = r->mem;
	bool named = false;
	size_t cap = 0;

	for (size_t i = 0; i < mem->nmaps && !named; i++)
		named = *mem->maps[i].path == '/';
	for (size_t i = 0; i < mem->nmaps && r->nmapped < 4096; i++) {
		const struct memory_map *map = &mem->maps[i];
		struct mapped m = { .path = map->path, .start = map->start };
		struct head h = { mem, map->start, -1 };
		uint8_t magic[4];

		/* a core that has lost its list of files has their contents */
		if ((named && *map->path != '/') || map->offset)
			continue;
		if (memory_read(mem, map->start, magic, 4) ? !named :
		    memcmp(magic, ELFMAG, SELFMAG) != 0)
			continue;
		m.header = take_header(&m, mem, &h);
		r->mapped = grow_array(r->mapped, &cap, r->nmapped + 1,
				       sizeof(*r->mapped));
		r->mapped[r->nmapped++] = m;
	}
}

static struct mapped *mapped_by_path(const struct running *r, const char *path)
{
	for (size_t i = 0; i < r->nmapped; i++) {
		if (!strcmp(r->mapped[i].path, path))
			return &r->mapped[i];
	}
	return NULL;
}

/* The file whose mapping holds @addr. */
static struct mapped *mapped_at(const struct running *r, uint64_t addr)
{
	const struct memory_map *map = memory_map_at(r->mem, addr);

	return map && *map->path ? mapped_by_path(r, map->path) : NULL;
}

static struct mapped *mapped_by_id(const struct running *r, const uint8_t *id,
				   unsigned len)
{
	for (size_t i = 0; len && i < r->nmapped; i++) {
		if (r->mapped[i].id_len == len &&
		    !memcmp(r->mapped[i].id, id, len))
			return &r->mapped[i];
	}
	return NULL;
}

/* ---- which of them the emulator is ---- */

static bool is_loader(const char *path)
{
	const char *base = base_of(path);

	return !strncmp(base, "ld-", 3) || !strncmp(base, "ld.so", 5) ||
		!strncmp(base, "ld64.so", 7);
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return a && b && !stat(a, &x) && !stat(b, &y) &&
		x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

/* What a dynamic loader was told to run: one of its arguments. */
static struct mapped *run_by_loader(const struct running *r)
{
	struct mapped *found = NULL;

	for (size_t i = 1; r->mem->argv && r->mem->argv[i]; i++) {
		const char *arg = r->mem->argv[i];
		char cwd[4200];

		snprintf(cwd, sizeof(cwd), "/proc/%d/%s%s", (int)r->mem->pid,
			 *arg == '/' ? "root" : "cwd/", arg);
		for (size_t k = 0; k < r->nmapped; k++) {
			const char *file = memory_file(r->mem,
						       r->mapped[k].path);

			if (!strcmp(r->mapped[k].path, arg) ||
			    is_same_file(file, cwd))
				return &r->mapped[k];
		}
	}
	for (size_t k = 0; k < r->nmapped; k++) {
		const char *base = base_of(r->mapped[k].path);

		if (strncmp(base, "qemu", 4))
			continue;
		if (found)
			return NULL;
		found = &r->mapped[k];
	}
	return found;
}

static struct mapped *find_program(const struct running *r)
{
	struct mapped *m = NULL;

	if (r->mem->phdr)
		m = mapped_at(r, r->mem->phdr);
	if (!m && r->mem->entry)
		m = mapped_at(r, r->mem->entry);
	if (!m || is_loader(m->path)) {
		struct mapped *other = run_by_loader(r);

		m = other ? other : m;
	}
	return m;
}

static const char *hex(const uint8_t *id, unsigned n, char *buf)
{
	*buf = '\0';
	for (unsigned i = 0; i < n && i < 20; i++)
		snprintf(buf + 2 * i, 3, "%02x", id[i]);
	return buf;
}

/* Is @file what is mapped as @m? */
static int compare_ids(struct running *r, const struct mapped *m,
		       const char *file, struct err *err)
{
	char a[48], b[48];
	uint8_t id[64];
	unsigned n = elf_build_id(file, id);

	if (!n || !m->id_len) {
		warn(r, arena_printf(&r->arena, "whether %s is the very build "
				     "that ran cannot be compared: %s", file,
				     n ? "its build-id is not in memory" :
				     "the file has no build-id"));
		return 0;
	}
	if (n == m->id_len && !memcmp(id, m->id, n))
		return 0;
	return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "%s has build-id %s, "
		       "but what runs has %s: replaced by an upgrade, or "
		       "another; give the one that runs with --exe FILE "
		       "(%s by that build-id)", file, hex(id, n, a),
		       hex(m->id, m->id_len, b), "debuginfod-find executable");
}

/* The program's file and mapping. */
static int find_exe(struct running *r, const char *exe, struct mapped **ret,
		    struct err *err)
{
	struct mapped *m = find_program(r);
	uint8_t id[64];
	unsigned n;

	if (exe) {
		struct mapped *same;

		if (access(exe, R_OK))
			return err_set(err, ERR_IO, ERR_NO_OFFSET,
				       "%s: cannot open: %s", exe,
				       strerror(errno));
		n = elf_build_id(exe, id);
		same = mapped_by_id(r, id, n);
		m = same ? same : m;
		r->exe = arena_strdup(&r->arena, exe);
	}
	if (!m && exe)
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET, "where %s lies "
			       "in it is not told: its list of mapped files is "
			       "missing, and so is that file's build-id", exe);
	if (!m)
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET, "which file it "
			       "ran is not told: its list of mapped files is "
			       "missing (cut off?); give the executable with "
			       "--exe FILE");
	if (!exe) {
		const char *file = r->mem->pid && r->mem->phdr &&
			mapped_at(r, r->mem->phdr) == m ?
			memory_file(r->mem, NULL) :
			memory_file(r->mem, m->path);

		if (!file || access(file, R_OK))
			return err_set(err, ERR_IO, ERR_NO_OFFSET, "what it "
				       "ran, %s, cannot be read here: %s; "
				       "give it with --exe FILE", m->path,
				       strerror(errno));
		r->exe = file;
	}
	if (compare_ids(r, m, r->exe, err))
		return -1;
	if (!m->header && !take_mapped_file(m, r->mem, r->exe))
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET, "%s: its ELF "
			       "header cannot be read", r->exe);
	*ret = m;
	return 0;
}

/* ---- modules ---- */

/* As in desc-image.c: devices are in hw-*.so. */
static bool is_module(const char *path)
{
	const char *base = base_of(path), *so = strstr(base, ".so");

	return !strncmp(base, "hw-", 3) && so &&
		(!so[3] || !strcmp(so + 3, " (deleted)"));
}

struct module_list {
	const char *files[MAX_FILES + 1];
	size_t n;
};

static void find_modules(struct running *r, struct module_list *list)
{
	for (size_t i = 0; i < r->nmapped && list->n < MAX_FILES; i++) {
		struct mapped *m = &r->mapped[i];
		const char *file;
		struct err err;

		if (!is_module(m->path))
			continue;
		file = memory_file(r->mem, m->path);
		if (!file || access(file, R_OK)) {
			warn(r, arena_printf(&r->arena, "the module %s cannot "
					     "be read here: its devices' "
					     "descriptors are unknown",
					     m->path));
			continue;
		}
		if (compare_ids(r, m, file, &err)) {
			warn(r, err.msg);
			continue;
		}
		if (!m->header && !take_mapped_file(m, r->mem, file))
			continue;
		list->files[list->n++] = file;
	}
}

static void place(struct running *r, const struct elf_file *f,
		  const struct mapped *m)
{
	struct placed *p = &r->placed[r->nplaced++];

	p->delta = m->bias - f->base;
	p->start = f->base + p->delta;
	p->end = f->end + p->delta;
}

static void place_all(struct running *r, const struct mapped *exe)
{
	const struct elf_file *f;

	for (unsigned i = 1; space_elf_file(r->elf, i); i++)
		r->nplaced = i;
	r->placed = arena_calloc(&r->arena, r->nplaced + 1,
				 sizeof(*r->placed));
	r->nplaced = 0;
	place(r, space_elf_file(r->elf, 0), exe);
	for (unsigned i = 1; (f = space_elf_file(r->elf, i)); i++) {
		const struct mapped *m = mapped_by_id(r, f->build_id,
						      f->build_id_len);

		/* a core may lack the build-id, but not the name */
		for (size_t k = 0; !m && k < r->nmapped; k++) {
			const char *file = memory_file(r->mem,
						       r->mapped[k].path);

			if (file && !strcmp(f->path, file))
				m = &r->mapped[k];
		}
		if (m && m->header)
			place(r, f, m);
	}
}

/*
 * Do the descriptors lie where they should?  Each points to its name; what the
 * file has there and what is in memory must agree.
 */
static int check_place(struct running *r, struct err *err)
{
	const struct desc_set *set = desc_image_set(r->img);
	unsigned n = r->files->ptr_size;
	size_t same = 0, other = 0;

	for (size_t i = 0; i < set->nitems; i++) {
		uint64_t at = set->items[i].desc->addr, want, got;

		if (!linked_word(r, at, &want) || !want ||
		    !running_from_image(r, at, &at) ||
		    space_uint(&r->mem->space, at, n, &got))
			continue;
		if (got == want)
			same++;
		else
			other++;
	}
	/* eepro100's name is set as it runs */
	if (other > same / 20)
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET, "%s is not what "
			       "is in its memory: %zu of %zu descriptors are "
			       "not where they should be", r->exe, other,
			       other + same);
	if (!same)
		warn(r, "none of its descriptors is in memory: that it is "
		     "this executable is not proved");
	return 0;
}

/* ---- the whole ---- */

/* A wrapper's child may be meant: say which. */
static const char *child_of(struct running *r)
{
	char path[80], text[256] = "", name[64] = "";
	int fd, child;
	ssize_t n;

	if (!r->mem->pid)
		return "";
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
		 (int)r->mem->pid, (int)r->mem->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return "";
	child = atoi(text);
	snprintf(path, sizeof(path), "/proc/%d/comm", child);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, name, sizeof(name) - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return "";
	name[strcspn(name, "\n")] = '\0';
	return arena_printf(&r->arena, "; its child %d (%s) may be meant",
			    child, name);
}

static int running_take(struct running *r, const struct running_opts *opts,
			struct err *err)
{
	struct desc_image_opts images = opts->images;
	struct module_list *list = arena_calloc(&r->arena, 1, sizeof(*list));
	struct mapped *exe = NULL;

	take_mapped(r);
	if (find_exe(r, opts->exe, &exe, err))
		return -1;
	find_modules(r, list);
	if (!images.modules && *exe->path)
		images.module_files = list->files;
	if (desc_image_open(&r->img, r->exe, &images, err)) {
		if (err->code == ERR_FORMAT || err->code == ERR_UNSUPPORTED)
			err_set(err, err->code, ERR_NO_OFFSET, "it runs %s, "
				"which is no system emulator of QEMU (no "
				"VMStateDescription in it)%s", r->exe,
				child_of(r));
		return -1;
	}
	r->elf = desc_image_space(r->img);
	r->files = space_elf_space(r->elf);
	r->can_ask = predicate_supported(space_elf_file(r->elf, 0)->machine);
	r->space.ptr_size = r->code.ptr_size = r->files->ptr_size;
	r->space.big_endian = r->code.big_endian = r->files->big_endian;
	if (r->files->ptr_size != r->mem->space.ptr_size ||
	    r->files->big_endian != r->mem->space.big_endian)
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET, "%s is of "
			       "another machine than its memory", r->exe);
	place_all(r, exe);
	return check_place(r, err);
}

static bool is_number(const char *s)
{
	const char *p = s;

	while (isdigit((unsigned char)*p))
		p++;
	return p > s && !*p && p - s < 10;
}

bool running_is_one(const char *s)
{
	uint8_t head[20] = { 0 };
	int fd = open(s, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t n = 0;

	if (fd >= 0) {
		if (!fstat(fd, &st) && S_ISREG(st.st_mode))
			n = pread(fd, head, sizeof(head), 0);
		close(fd);
		return n == sizeof(head) && !memcmp(head, ELFMAG, SELFMAG) &&
			head[head[EI_DATA] == ELFDATA2MSB ? 17 : 16] == ET_CORE;
	}
	return is_number(s);
}

int running_open(struct running **ret, const char *path_or_pid,
		 const struct running_opts *opts, struct err *err)
{
	struct running *r = calloc(1, sizeof(*r));
	int got;

	if (!r)
		abort();
	arena_init(&r->arena);
	r->space = (struct space){
		.read = running_read, .kind = running_kind,
		.constant = running_constant,
	};
	r->code = (struct space){
		.read = code_read, .map = code_map, .kind = code_kind,
		.constant = code_constant,
	};
	if (is_number(path_or_pid) && access(path_or_pid, F_OK))
		got = memory_open_process(&r->mem, atoi(path_or_pid), err);
	else
		got = memory_open_core(&r->mem, path_or_pid, err);
	if (got || running_take(r, opts, err)) {
		running_close(r);
		return -1;
	}
	*ret = r;
	return 0;
}

void running_close(struct running *r)
{
	if (!r)
		return;
	desc_image_close(r->img);
	memory_close(r->mem);
	free(r->mapped);
	arena_release(&r->arena);
	free(r);
}

struct memory *running_memory(struct running *r)
{
	return r->mem;
}

struct desc_image *running_image(struct running *r)
{
	return r->img;
}

const char *running_exe(const struct running *r)
{
	return r->exe;
}

const struct space *running_space(const struct running *r)
{
	return &r->space;
}

const struct desc *running_desc(struct running *r, uint64_t addr,
				struct err *err)
{
	const struct desc *d;
	uint64_t at;

	if (running_to_image(r, addr, &at)) {
		d = desc_image_at(r->img, at);
		if (!d)
			err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
				"no descriptor at 0x%" PRIx64, addr);
		return d;
	}
	/* a copy on the heap, whose addresses lead into the executable */
	return desc_image_read(r->img, &r->space, addr, r->placed[0].delta,
			       err);
}

size_t running_nwarnings(const struct running *r)
{
	return r->mem->nwarnings + r->nwarnings + desc_image_nwarnings(r->img);
}

const char *running_warning(const struct running *r, size_t i)
{
	if (i < r->mem->nwarnings)
		return r->mem->warnings[i];
	i -= r->mem->nwarnings;
	if (i < r->nwarnings)
		return r->warnings[i];
	return desc_image_warning(r->img, i - r->nwarnings);
}
