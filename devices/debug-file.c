/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "../stream/arena.h"
#include "../stream/escape.h"
#include "debug-file.h"
#include "debuginfod.h"

#define MAX_UNPACKED (UINT64_C(4) << 30)	/* decompressed, in all */
#ifndef ELFCOMPRESS_ZSTD
#define ELFCOMPRESS_ZSTD 2
#endif

struct debug_file_private {
	uint8_t *map;
	size_t len, sections_cap;
	Elf *elf;
	uint64_t unpacked;	/* bytes of decompressed sections */
	bool split;		/* only .dwo sections are wanted, or only others */
	/* .gnu_debuglink and .gnu_debugaltlink, or NULL */
	const char *link, *alt;
	uint8_t alt_id[64];
	unsigned alt_id_len;
};

void debug_file_close(struct debug_file *f)
{
	if (!f)
		return;
	for (unsigned i = 0; i < f->nsections; i++)
		free(f->sections[i].own);
	free(f->sections);
	if (f->priv) {
		if (f->priv->elf)
			elf_end(f->priv->elf);
		if (f->priv->map)
			munmap(f->priv->map, f->priv->len);
		free(f->priv);
	}
	debug_file_close(f->alt);
	free((char *)f->path);
	free(f);
}

const struct debug_section *debug_file_section(const struct debug_file *f,
					       const char *name)
{
	for (unsigned i = 0; i < f->nsections; i++)
		if (!strcmp(f->sections[i].name, name))
			return &f->sections[i];
	return NULL;
}

/* ---- one file ---- */

static int map_file(struct debug_file *f, struct err *err)
{
	int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	void *map;

	if (fd < 0)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "cannot open: %s",
			       strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size < EI_NIDENT) {
		close(fd);
		return err_set(err, ERR_FORMAT, 0, "not an ELF file");
	}
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "cannot map: %s",
			       strerror(errno));
	f->priv->map = map;
	f->priv->len = (size_t)st.st_size;
	if (memcmp(map, ELFMAG, SELFMAG) ||
	    !(f->priv->elf = elf_memory(map, f->priv->len)) ||
	    elf_kind(f->priv->elf) != ELF_K_ELF)
		return err_set(err, ERR_FORMAT, 0, "not an ELF file");
	return 0;
}

static int inflate_all(uint8_t *out, uint64_t size, const uint8_t *in,
		       uint64_t len)
{
	z_stream z = { .next_in = (uint8_t *)in, .next_out = out };
	int ret = Z_OK;

	if (inflateInit(&z) != Z_OK)
		return -1;
	while (ret == Z_OK && z.total_out < size) {
		uint64_t in_left = len - z.total_in;
		uint64_t out_left = size - z.total_out;

		z.avail_in = in_left > 1 << 30 ? 1 << 30 : (unsigned)in_left;
		z.avail_out = out_left > 1 << 30 ? 1 << 30 : (unsigned)out_left;
		ret = inflate(&z, Z_NO_FLUSH);
		if (ret == Z_BUF_ERROR)
			break;
	}
	inflateEnd(&z);
	return z.total_out == size ? 0 : -1;
}

static int decompress(struct debug_file *f, struct debug_section *s,
		      uint32_t type, uint64_t size, const uint8_t *in,
		      uint64_t len, struct err *err)
{
	size_t n;

	/* no format packs better than this */
	if (size > MAX_UNPACKED - f->priv->unpacked ||
	    size / 20000 > len + 1)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
			       "section %s claims %" PRIu64 " bytes when decompressed",
			       s->name, size);
	s->own = malloc(size ? size : 1);
	if (!s->own)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET, "out of memory");
	f->priv->unpacked += size;
	s->data = s->own;
	s->size = size;
	if (type == ELFCOMPRESS_ZSTD) {
		n = ZSTD_decompress(s->own, size, in, len);
		if (ZSTD_isError(n) || n != size)
			goto broken;
	} else if (type != ELFCOMPRESS_ZLIB) {
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET,
			       "section %s is compressed in way %u, which is not known",
			       s->name, type);
	} else if (inflate_all(s->own, size, in, len)) {
		goto broken;
	}
	return 0;
broken:
	return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
		       "section %s cannot be decompressed", s->name);
}

/* Compressed by .zdebug_: "ZLIB", u64 size big-endian, data. */
static int take_zdebug(struct debug_file *f, struct debug_section *s,
		       struct err *err)
{
	const uint8_t *p = s->data;
	uint64_t size = 0, len = s->size;

	if (len < 12 || memcmp(p, "ZLIB", 4))
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
			       "section %s is said to be compressed, and is not",
			       s->name);
	for (unsigned i = 4; i < 12; i++)
		size = size << 8 | p[i];
	return decompress(f, s, ELFCOMPRESS_ZLIB, size, p + 12, len - 12, err);
}

static int take_section(struct debug_file *f, Elf_Scn *scn, const char *name,
			bool zdebug, const GElf_Shdr *sh, struct err *err)
{
	struct debug_section *s;
	GElf_Chdr ch;
	size_t head;

	if (f->nsections == DEBUG_MAX_SECTIONS)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
			       "more than %u debug sections",
			       DEBUG_MAX_SECTIONS);
	if (sh->sh_offset > f->priv->len ||
	    sh->sh_size > f->priv->len - sh->sh_offset)
		return err_set(err, ERR_SHORT, sh->sh_offset,
			       "section %s lies beyond the end of the file",
			       name);
	f->sections = grow_array(f->sections, &f->priv->sections_cap,
				 f->nsections + 1u, sizeof(*f->sections));
	s = &f->sections[f->nsections++];
	*s = (struct debug_section){
		.name = name, .data = f->priv->map + sh->sh_offset,
		.addr = sh->sh_addr, .size = sh->sh_size,
	};
	if (zdebug)
		return take_zdebug(f, s, err);
	if (!(sh->sh_flags & SHF_COMPRESSED))
		return 0;
	head = f->ptr_size == 8 ? sizeof(Elf64_Chdr) : sizeof(Elf32_Chdr);
	if (!gelf_getchdr(scn, &ch) || s->size < head)
		return err_set(err, ERR_FORMAT, sh->sh_offset,
			       "section %s has a broken header", name);
	return decompress(f, s, ch.ch_type, ch.ch_size, s->data + head,
			  s->size - head, err);
}

/* All sections called @name as one: each is a row of units. */
static int join_sections(struct debug_file *f, const char *name,
			 struct err *err)
{
	struct debug_section *first = NULL;
	uint64_t size = 0;
	unsigned n = 0;
	uint8_t *all;

	for (unsigned i = 0; i < f->nsections; i++) {
		if (strcmp(f->sections[i].name, name))
			continue;
		size += f->sections[i].size;
		if (!n++)
			first = &f->sections[i];
		if (size > MAX_UNPACKED)
			return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
				       "its sections %s are too large", name);
	}
	if (n < 2)
		return 0;
	all = malloc(size ? size : 1);
	if (!all)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET, "out of memory");
	size = 0;
	for (unsigned i = 0; i < f->nsections; i++) {
		struct debug_section *s = &f->sections[i];

		if (strcmp(s->name, name))
			continue;
		memcpy(all + size, s->data, s->size);
		size += s->size;
		free(s->own);
		s->own = NULL;
		if (s != first)
			s->name = "";
	}
	first->own = all;
	first->data = all;
	first->size = size;
	return 0;
}

static void take_build_id(struct debug_file *f, const GElf_Shdr *sh)
{
	Elf_Data *d = elf_getdata_rawchunk(f->priv->elf,
					   (int64_t)sh->sh_offset,
					   sh->sh_size, ELF_T_NHDR);
	size_t off = 0, name, desc;
	GElf_Nhdr nh;

	while (d && (off = gelf_getnote(d, off, &nh, &name, &desc))) {
		if (nh.n_type != NT_GNU_BUILD_ID || nh.n_namesz != 4 ||
		    memcmp((char *)d->d_buf + name, "GNU", 4) ||
		    nh.n_descsz > sizeof(f->build_id))
			continue;
		f->build_id_len = nh.n_descsz;
		memcpy(f->build_id, (char *)d->d_buf + desc, nh.n_descsz);
	}
}

/* A name, NUL, and (the alternate's) the build-id that is to be there. */
static void take_link(struct debug_file *f, const GElf_Shdr *sh, bool alt)
{
	size_t n, len = sh->sh_size;
	const char *p;

	if (sh->sh_offset > f->priv->len || len > f->priv->len - sh->sh_offset)
		return;
	p = (const char *)f->priv->map + sh->sh_offset;
	n = strnlen(p, len);
	if (n == len || n == 0 || n >= PATH_MAX)
		return;
	if (!alt) {
		f->priv->link = p;
		return;
	}
	f->priv->alt = p;
	if (len - n - 1 <= sizeof(f->priv->alt_id)) {
		f->priv->alt_id_len = (unsigned)(len - n - 1);
		memcpy(f->priv->alt_id, p + n + 1, len - n - 1);
	}
}

/*
 * Types need no more than these, and what is not read cannot hurt: libdwarf
 * 20210528 frees broken .debug_rnglists twice.
 */
static const struct {
	const char *plain, *split;
} wanted[] = {
#define WANTED(x) { ".debug_" #x, ".debug_" #x ".dwo" }
	WANTED(info), WANTED(abbrev), WANTED(str), WANTED(line),
	WANTED(line_str), WANTED(types), WANTED(str_offsets), WANTED(addr),
	/* of a package; without .dwo */
	{ NULL, ".debug_cu_index" },
	{ NULL, ".debug_tu_index" },
};

/* ".debug_info", if this is the section or ".zdebug_info"; or NULL. */
static const char *section_wanted(const struct debug_file *f, const char *name,
				  bool *zdebug)
{
	*zdebug = !strncmp(name, ".zdebug_", 8);
	if (*zdebug)
		name += 8;
	else if (!strncmp(name, ".debug_", 7))
		name += 7;
	else
		return NULL;
	for (unsigned i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		const char *full = f->priv->split ? wanted[i].split :
						    wanted[i].plain;

		if (full && !strcmp(name, full + strlen(".debug_")))
			return full;
	}
	return NULL;
}

static int take_sections(struct debug_file *f, struct err *err)
{
	Elf_Scn *scn = NULL;
	size_t strndx, count = 0;
	GElf_Ehdr eh;
	GElf_Shdr sh;

	if (!gelf_getehdr(f->priv->elf, &eh) ||
	    elf_getshdrstrndx(f->priv->elf, &strndx))
		return err_set(err, ERR_FORMAT, 0, "broken ELF header");
	f->ptr_size = gelf_getclass(f->priv->elf) == ELFCLASS64 ? 8 : 4;
	f->big_endian = eh.e_ident[EI_DATA] == ELFDATA2MSB;
	while ((scn = elf_nextscn(f->priv->elf, scn)) &&
	       count++ < DEBUG_MAX_SECTIONS) {
		const char *name, *full;
		bool zdebug;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type == SHT_NOBITS)
			continue;
		name = elf_strptr(f->priv->elf, strndx, sh.sh_name);
		if (!name)
			continue;
		if (sh.sh_type == SHT_NOTE && sh.sh_size < 1 << 20)
			take_build_id(f, &sh);
		else if (!strcmp(name, ".gnu_debuglink"))
			take_link(f, &sh, false);
		else if (!strcmp(name, ".gnu_debugaltlink"))
			take_link(f, &sh, true);
		else if ((full = section_wanted(f, name, &zdebug)) &&
			 take_section(f, scn, full, zdebug, &sh, err))
			return -1;
	}
	if (!f->priv->split)
		return 0;
	return join_sections(f, ".debug_info.dwo", err) ||
	       join_sections(f, ".debug_types.dwo", err) ? -1 : 0;
}

static struct debug_file *open_any(const char *path, bool split,
				   struct err *err)
{
	struct debug_file *f = calloc(1, sizeof(*f));

	elf_version(EV_CURRENT);
	if (f)
		f->priv = calloc(1, sizeof(*f->priv));
	if (!f || !f->priv || !(f->path = strdup(path))) {
		err_set(err, ERR_LIMIT, ERR_NO_OFFSET, "out of memory");
		debug_file_close(f);
		return NULL;
	}
	f->priv->split = split;
	if (map_file(f, err) || take_sections(f, err)) {
		debug_file_close(f);
		return NULL;
	}
	return f;
}

static struct debug_file *open_one(const char *path, struct err *err)
{
	return open_any(path, false, err);
}

int debug_file_open_split(struct debug_file **ret, const char *path,
			  struct err *err)
{
	struct debug_file *f = open_any(path, true, err);

	if (!f)
		return -1;
	if (!debug_file_section(f, ".debug_info.dwo") &&
	    !debug_file_section(f, ".debug_types.dwo")) {
		debug_file_close(f);
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
			       "no split debug information in it");
	}
	*ret = f;
	return 0;
}

/* ---- looking for it ---- */

static bool same_id(const uint8_t *a, unsigned alen, const uint8_t *b,
		    unsigned blen)
{
	return !alen || !blen || (alen == blen && !memcmp(a, b, alen));
}

/* The file at @path, if it has that build-id and debug information. */
static struct debug_file *try_file(const char *path, const uint8_t *id,
				   unsigned len)
{
	struct err err;
	struct debug_file *f;

	if (access(path, R_OK))
		return NULL;
	f = open_one(path, &err);
	if (f && (!same_id(f->build_id, f->build_id_len, id, len) ||
		  !debug_file_section(f, ".debug_info"))) {
		debug_file_close(f);
		return NULL;
	}
	return f;
}

static struct debug_file *try_build_id(const char *dir, const uint8_t *id,
				       unsigned len)
{
	char path[PATH_MAX], hex[2 * 64 + 1];

	if (len < 2 || len > 64)
		return NULL;
	for (unsigned i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", id[i]);
	if (snprintf(path, sizeof(path), "%s/.build-id/%.2s/%s.debug", dir,
		     hex, hex + 2) >= (int)sizeof(path))
		return NULL;
	return try_file(path, id, len);
}

static void dir_of(const char *path, char *dir, size_t cap)
{
	char *real = realpath(path, NULL), *slash;

	snprintf(dir, cap, "%s", real ? real : path);
	free(real);
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
	else
		snprintf(dir, cap, ".");
}

static struct debug_file *find_linked(const struct debug_file *f,
				      const char *debug_dir)
{
	const char *name = f->priv->link;
	char dir[PATH_MAX], path[2 * PATH_MAX];
	struct debug_file *ret = NULL;

	if (debug_dir)
		ret = try_build_id(debug_dir, f->build_id, f->build_id_len);
	if (!ret)
		ret = try_build_id("/usr/lib/debug", f->build_id,
				   f->build_id_len);
	if (ret || !name || strchr(name, '/'))
		return ret;
	dir_of(f->path, dir, sizeof(dir));
	if (debug_dir) {
		snprintf(path, sizeof(path), "%s/%s", debug_dir, name);
		ret = try_file(path, f->build_id, f->build_id_len);
	}
	for (unsigned i = 0; !ret && i < 3; i++) {
		if (i == 0)
			snprintf(path, sizeof(path), "%s/%s", dir, name);
		else if (i == 1)
			snprintf(path, sizeof(path), "%s/.debug/%s", dir, name);
		else
			snprintf(path, sizeof(path), "/usr/lib/debug%s/%s", dir,
				 name);
		ret = try_file(path, f->build_id, f->build_id_len);
	}
	return ret;
}

/* From a server; NULL with @err's message, or none if it was not asked. */
static struct debug_file *fetch(const uint8_t *id, unsigned len,
				struct err *err)
{
	struct debug_file *f;
	char *path;

	err->msg[0] = '\0';
	if (!debuginfod_allowed())
		return NULL;
	path = debuginfod_fetch(id, len, err);
	if (!path)
		return NULL;
	f = open_one(path, err);
	if (!f) {
		err_prefix(err, "debuginfod: %s", path);
	} else if (f->build_id_len != len || memcmp(f->build_id, id, len) ||
		   !debug_file_section(f, ".debug_info")) {
		err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
			"debuginfod: what the server sent (%s) %s", path,
			debug_file_section(f, ".debug_info") ?
			"has another build-id" : "is no debug information");
		debug_file_close(f);
		f = NULL;
	}
	free(path);
	return f;
}

/* dwz's common file: relative to the debug file, absolute, or by build-id. */
static int find_alt(struct debug_file *f, const char *debug_dir,
		    struct err *err)
{
	const struct debug_file_private *p = f->priv;
	const char *base = p->alt ? strrchr(p->alt, '/') : NULL;
	char dir[PATH_MAX], path[2 * PATH_MAX], name[256];
	struct err why;

	if (!p->alt)
		return 0;
	dir_of(f->path, dir, sizeof(dir));
	if (p->alt[0] == '/')
		dir[0] = '\0';
	snprintf(path, sizeof(path), "%s/%s", dir, p->alt);
	f->alt = try_file(path, p->alt_id, p->alt_id_len);
	if (!f->alt && debug_dir) {
		f->alt = try_build_id(debug_dir, p->alt_id, p->alt_id_len);
		snprintf(path, sizeof(path), "%s/%s", debug_dir,
			 base ? base + 1 : p->alt);
		if (!f->alt)
			f->alt = try_file(path, p->alt_id, p->alt_id_len);
		snprintf(path, sizeof(path), "%s%s", debug_dir,
			 strstr(p->alt, "/.dwz/") ? strstr(p->alt, "/.dwz/") :
						    p->alt);
		if (!f->alt)
			f->alt = try_file(path, p->alt_id, p->alt_id_len);
	}
	if (!f->alt)
		f->alt = try_build_id("/usr/lib/debug", p->alt_id,
				      p->alt_id_len);
	if (!f->alt)
		f->alt = fetch(p->alt_id, p->alt_id_len, &why);
	if (!f->alt)
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "its debug information in %s needs %s, which is not there (give its directory with --debug-dir)%s%s",
			       f->path, escape_text(name, sizeof(name), p->alt,
						    strlen(p->alt)),
			       *why.msg ? "; " : "", why.msg);
	return 0;
}

int debug_file_open(struct debug_file **ret, const char *path,
		    const char *debug_dir, struct err *err)
{
	struct debug_file *f = open_one(path, err), *other;
	struct err why;

	if (!f)
		return -1;
	if (!debug_file_section(f, ".debug_info")) {
		other = find_linked(f, debug_dir);
		if (!other)
			other = fetch(f->build_id, f->build_id_len, &why);
		if (!other) {
			err_set(err, ERR_USAGE, ERR_NO_OFFSET,
				"no debug information: not in the file, nor by its build-id or debug link below /usr/lib/debug%s%s%s%s",
				debug_dir ? " and " : "",
				debug_dir ? debug_dir : "",
				*why.msg ? "; " : "", why.msg);
			debug_file_close(f);
			return -1;
		}
		debug_file_close(f);
		f = other;
	}
	if (find_alt(f, debug_dir, err)) {
		debug_file_close(f);
		return -1;
	}
	*ret = f;
	return 0;
}
