/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"

#define MAX_SEGMENTS (1u << 20)
#define MAX_NOTES (64u << 20)
#define MAX_FILES (1u << 20)	/* mappings of files, in NT_FILE */

/* One PT_LOAD: [addr, addr + len) of the memory is in the file. */
struct part {
	uint64_t addr, len, off;
};

struct core {
	struct memory m;	/* first */
	int fd;
	uint64_t size;		/* of the file */
	Elf *elf;
	const char *path;
	struct part *parts;	/* by address */
	size_t nparts;
};

static const struct part *part_at(const struct core *c, uint64_t addr)
{
	size_t lo = 0, hi = c->nparts;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (c->parts[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &c->parts[lo - 1] : NULL;
}

/* Read from the file; how much there was. */
static size_t file_read(const struct core *c, uint64_t off, uint8_t *buf,
			size_t n)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = pread(c->fd, buf + got, n - got,
				  (off_t)(off + got));

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			break;
		got += (size_t)r;
	}
	return got;
}

static size_t core_page(const struct memory *m, uint64_t addr, uint8_t *buf,
			uint8_t *known)
{
	const struct core *c = (const struct core *)m;
	const struct part *p = part_at(c, addr), *end = c->parts + c->nparts;
	size_t total = 0;

	memset(buf, 0, MEMORY_PAGE);
	/* parts need not begin where pages do */
	for (p = p ? p : c->parts; p < end && p->addr <= addr + MEMORY_PAGE - 1;
	     p++) {
		uint64_t from = p->addr > addr ? p->addr : addr;
		uint64_t to = p->addr + p->len;
		size_t got;

		if (to - 1 > addr + MEMORY_PAGE - 1)
			to = addr + MEMORY_PAGE;
		if (p->addr + p->len <= from && p->addr + p->len >= p->addr)
			continue;
		got = file_read(c, p->off + (from - p->addr),
				buf + (from - addr), (size_t)(to - from));
		memset(known + (from - addr), 0xff, got);
		total += got;
	}
	return total;
}

static const char *core_file(struct memory *m, const char *path)
{
	(void)m;
	return path;
}

static void core_close(struct memory *m)
{
	struct core *c = (struct core *)m;

	elf_end(c->elf);
	if (c->fd >= 0)
		close(c->fd);
	free(c->parts);
	free(c);
}

static const struct memory_ops core_ops = {
	.page = core_page, .file = core_file, .close = core_close,
};

/* ---- notes ---- */

/*
 * NT_FILE: count and page size, then start, end and page of the file for each,
 * then as many names, each with its NUL.
 */
static void take_files(struct core *c, const uint8_t *p, size_t len)
{
	const struct space *s = &c->m.space;
	unsigned w = s->ptr_size;
	uint64_t count, page;
	const char *name;
	size_t left;

	if (len < 2 * w)
		return;
	count = space_load(s, p, w);
	page = space_load(s, p + w, w);
	if (count > MAX_FILES || count > (len - 2 * w) / (3 * w) || !page ||
	    page > 1 << 24)
		return memory_warn(&c->m, "its list of mapped files is damaged "
				   "(%" PRIu64 " of them in %zu bytes)", count,
				   len);
	name = (const char *)p + (2 + 3 * count) * w;
	left = len - (size_t)(2 + 3 * count) * w;
	for (uint64_t i = 0; i < count; i++) {
		const uint8_t *at = p + (2 + 3 * i) * w;
		size_t n = strnlen(name, left);
		struct memory_map map = {
			.start = space_load(s, at, w),
			.end = space_load(s, at + w, w),
			.offset = space_load(s, at + 2 * w, w) * page,
		};

		if (n == left)
			return memory_warn(&c->m, "its list of mapped files "
					   "is cut off");
		map.path = arena_intern(&c->m.arena, name, n);
		name += n + 1;
		left -= n + 1;
		if (map.start >= map.end)
			continue;
		c->m.maps = grow_array(c->m.maps, &c->m.maps_cap, c->m.nmaps + 1,
				       sizeof(*c->m.maps));
		c->m.maps[c->m.nmaps++] = map;
	}
}

static void take_auxv(struct core *c, const uint8_t *p, size_t len)
{
	unsigned w = c->m.space.ptr_size;

	for (size_t i = 0; i + 2 * w <= len; i += 2 * w) {
		uint64_t v = space_load(&c->m.space, p + i + w, w);

		switch (space_load(&c->m.space, p + i, w)) {
		case 9: /* AT_ENTRY */ c->m.entry = v; break;
		case 3: /* AT_PHDR */ c->m.phdr = v; break;
		case 6: /* AT_PAGESZ */
			c->m.page_size = (uint32_t)v;
			break;
		}
	}
}

/* struct elf_prpsinfo ends in fname[16] and psargs[80]. */
static void take_psinfo(struct core *c, const uint8_t *p, size_t len)
{
	if (len >= 80 && len <= 256 && !c->m.command)
		c->m.command = arena_intern(&c->m.arena, p + len - 80,
					    strnlen((const char *)p + len - 80,
						    80));
}

static void take_notes(struct core *c, const GElf_Phdr *ph)
{
	size_t off = 0, next, name, desc;
	Elf_Data *d;
	GElf_Nhdr nh;

	if (ph->p_filesz > MAX_NOTES || ph->p_offset > c->size ||
	    ph->p_filesz > c->size - ph->p_offset) {
		memory_warn(&c->m, "its notes are cut off");
		return;
	}
	d = elf_getdata_rawchunk(c->elf, (int64_t)ph->p_offset, ph->p_filesz,
				 ph->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
	while (d && (next = gelf_getnote(d, off, &nh, &name, &desc))) {
		const uint8_t *p = (const uint8_t *)d->d_buf + desc;

		/* names are "CORE"; NT_FILE and NT_AUXV are nobody else's */
		if (nh.n_type == 0x46494c45 /* NT_FILE */)
			take_files(c, p, nh.n_descsz);
		else if (nh.n_type == NT_AUXV && nh.n_namesz == 5)
			take_auxv(c, p, nh.n_descsz);
		else if (nh.n_type == NT_PRPSINFO && nh.n_namesz == 5)
			take_psinfo(c, p, nh.n_descsz);
		off = next;
	}
}

/* ---- segments ---- */

static int by_addr(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* Rights from the segments; mappings of no file are mappings, too. */
static void take_rights(struct core *c, size_t n)
{
	struct memory *m = &c->m;
	size_t files = m->nmaps;

	memory_finish(m);
	for (size_t i = 0; i < n; i++) {
		struct memory_map *map;
		GElf_Phdr ph;
		bool found = false;

		if (!gelf_getphdr(c->elf, (int)i, &ph) ||
		    ph.p_type != PT_LOAD || !ph.p_memsz ||
		    ph.p_vaddr + ph.p_memsz < ph.p_vaddr)
			continue;
		for (size_t lo = 0, hi = files; lo < hi;) {
			size_t mid = (lo + hi) / 2;

			map = &m->maps[mid];
			if (ph.p_vaddr >= map->start && ph.p_vaddr < map->end) {
				map->write = ph.p_flags & PF_W;
				map->exec = ph.p_flags & PF_X;
				map->known = found = true;
				break;
			}
			if (map->start < ph.p_vaddr)
				lo = mid + 1;
			else
				hi = mid;
		}
		if (found)
			continue;
		m->maps = grow_array(m->maps, &m->maps_cap, m->nmaps + 1,
				     sizeof(*m->maps));
		m->maps[m->nmaps++] = (struct memory_map){
			.start = ph.p_vaddr, .end = ph.p_vaddr + ph.p_memsz,
			.path = "", .write = ph.p_flags & PF_W,
			.exec = ph.p_flags & PF_X, .known = true,
		};
	}
	memory_finish(m);
}

static int take_segments(struct core *c, struct err *err)
{
	uint64_t missing = 0, total = 0;
	size_t n = 0, cap = 0;
	GElf_Phdr ph;

	if (elf_getphdrnum(c->elf, &n) || !n || n > MAX_SEGMENTS)
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
			       "a core without usable program headers");
	for (size_t i = 0; i < n; i++) {
		struct part p;
		uint64_t there;

		if (!gelf_getphdr(c->elf, (int)i, &ph))
			return err_set(err, ERR_SHORT, c->size, "cut off at "
				       "%" PRIu64 " bytes, within its program "
				       "headers", c->size);
		if (ph.p_type == PT_NOTE)
			take_notes(c, &ph);
		if (ph.p_type != PT_LOAD || !ph.p_filesz)
			continue;
		p = (struct part){ ph.p_vaddr, ph.p_filesz, ph.p_offset };
		if (p.addr + p.len < p.addr)
			continue;
		there = p.off < c->size ? c->size - p.off : 0;
		total += p.len;
		if (there < p.len) {
			missing += p.len - there;
			p.len = there;
		}
		if (!p.len)
			continue;
		c->parts = grow_array(c->parts, &cap, c->nparts + 1,
				      sizeof(*c->parts));
		c->parts[c->nparts++] = p;
	}
	if (c->nparts)
		qsort(c->parts, c->nparts, sizeof(*c->parts), by_addr);
	if (missing)
		memory_warn(&c->m, "the core is cut off at %" PRIu64 " bytes: "
			    "%" PRIu64 " of %" PRIu64 " bytes of memory are "
			    "missing", c->size, missing, total);
	take_rights(c, n);
	return 0;
}

/* Cores are often kept compressed; it has to be sought in. */
static int not_elf(const uint8_t *p, size_t n, struct err *err)
{
	static const struct {
		const char *magic;
		size_t n;
		const char *what, *how;
	} packed[] = {
		{ "\x28\xb5\x2f\xfd", 4, "zstd", "zstd -d" },
		{ "\xfd" "7zXZ", 5, "xz", "xz -dk" },
		{ "\x04\x22\x4d\x18", 4, "lz4", "lz4 -d" },
		{ "\x1f\x8b", 2, "gzip", "gzip -dk" },
	};

	for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++) {
		if (n >= packed[i].n && !memcmp(p, packed[i].magic,
						packed[i].n))
			return err_set(err, ERR_UNSUPPORTED, 0, "compressed "
				       "with %s: unpack it first (%s FILE; "
				       "systemd's: coredumpctl dump PID -o "
				       "FILE)", packed[i].what, packed[i].how);
	}
	return err_set(err, ERR_FORMAT, 0, "not an ELF core file");
}

static int core_take(struct core *c, const char *path, struct err *err)
{
	struct stat st;
	uint8_t head[64];
	size_t n;
	GElf_Ehdr eh;

	c->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (c->fd < 0)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "cannot open: %m");
	if (fstat(c->fd, &st) || !S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "not a regular file");
	c->size = (uint64_t)st.st_size;
	n = file_read(c, 0, head, sizeof(head));
	if (n < 4 || memcmp(head, ELFMAG, SELFMAG))
		return not_elf(head, n, err);
	if (memory_take_elf(&c->m, head, n, err))
		return -1;
	elf_version(EV_CURRENT);
	c->elf = elf_begin(c->fd, ELF_C_READ, NULL);
	if (!c->elf || elf_kind(c->elf) != ELF_K_ELF ||
	    !gelf_getehdr(c->elf, &eh))
		return err_set(err, ERR_SHORT, c->size, "cut off or damaged: "
			       "its ELF header cannot be read");
	if (eh.e_type != ET_CORE)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET, "an ELF file, "
			       "but no core");
	return take_segments(c, err);
}

int memory_open_core(struct memory **ret, const char *path, struct err *err)
{
	struct core *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	memory_init(&c->m, &core_ops);
	c->fd = -1;
	c->path = path;
	c->m.name = arena_printf(&c->m.arena, "core %s", path);
	if (core_take(c, path, err)) {
		memory_close(&c->m);
		return -1;
	}
	*ret = &c->m;
	return 0;
}
