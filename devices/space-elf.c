/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../stream/arena.h"
#include "space-elf.h"

#define MAX_FILES 512
#define MAX_SEGMENTS 64		/* per file */
#define MAX_SYMBOLS (16u << 20)
#define BASE_ALIGN 0x100000
#define MAX_ODD 64
#define ODD_ALL (MAX_ODD + 1)
#define PAGE 4096
#define MAX_PAGES 0x40000	/* that are looked up in a table: 1 GiB */

/* One PT_LOAD. */
struct segment {
	uint64_t addr, filesz, memsz;
	uint64_t off;		/* in the file */
	uint8_t *data;		/* filesz bytes; private and relocated if @write */
	uint64_t *slots;	/* a bit per word that was relocated, or NULL */
	uint64_t nslots;	/* words of them, and a zero follows */
	bool write, exec;
	bool mixed;		/* code, and the file's constants too */
	uint64_t code, code_end;	/* mixed: where its code is; 0: not told */
	bool relocatable;	/* of a file whose pointers are all relocated */
};

/* A table of symbols in a file's mapping. */
struct symtab {
	const uint8_t *p;
	size_t n;
	const char *str;	/* ends in NUL */
	uint64_t str_len;
};

/*
 * DT_GNU_HASH: a filter of words, a chain's first symbol for each bucket, and a
 * hash for each symbol from @first on, whose lowest bit ends a chain.
 */
struct gnu_hash {
	uint32_t nbuckets, first, nwords, shift;	/* no buckets: none */
	const uint8_t *words, *buckets, *hashes;
	uint64_t nhashes;
};

struct file {
	struct elf_file pub;
	uint8_t *map;		/* as it is on disk: headers, symbols */
	uint8_t *copy;		/* private: the bytes of segments to relocate */
	size_t len;
	Elf *elf;
	struct symtab dynsym;
	uint32_t *dynsyms;	/* dynamic symbol number -> se->syms + 1 */
	struct gnu_hash hash;
	bool relocated;
	uint64_t relro, relro_end;	/* read-only once relocated */
	uint64_t got, got_end;	/* from its first slot to its last */
	/* What the dynamic linker puts there is not known; too many: ODD_ALL. */
	struct range {
		uint64_t addr, size;
	} odd[MAX_ODD];
	unsigned nodd;
	struct segment segs[MAX_SEGMENTS];
	unsigned nsegs;
	unsigned last_slot;	/* the segment that was relocated last */
};

struct space_elf {
	struct space space;	/* first */
	struct file *files[MAX_FILES];
	unsigned nfiles;
	struct segment **segs;	/* of all files, by address */
	size_t nsegs, segs_cap;
	uint16_t *pages;	/* page number -> segment + 1, 0: see seg_search() */
	size_t npages;
	uint64_t next_base;
	uint64_t extern_base, extern_next;
	struct elf_symbol *syms;
	size_t nsyms, syms_cap;
	uint32_t *names;	/* hash of global names -> syms index + 1 */
	size_t names_cap, nnames;
	uint32_t *by_addr;	/* sorted indices, made when first needed */
	size_t nby_addr;
	uint32_t *exact;	/* hash: address -> index + 1, likewise */
	size_t exact_cap, nexact;
};

/* What a relocation does, whatever its number on this machine. */
enum reloc { RELOC_OTHER, RELOC_RELATIVE, RELOC_SYMBOL };

static const struct machine {
	uint16_t id;
	uint8_t relative, absolute, unaligned, got, jump;
	uint16_t add;		/* added to the numbers that are not 0 */
	const char *name;
} machines[] = {
	/* <elf.h>: R_X86_64_RELATIVE, 64, GLOB_DAT, JUMP_SLOT and so on */
	{ EM_X86_64, 8, 1, 0, 6, 7, 0, "x86-64" },
	{ EM_AARCH64, 3, 0, 0, 1, 2, 1024, "aarch64" },
	{ EM_S390, 12, 22, 0, 10, 11, 0, "s390x" },
	{ EM_PPC64, 22, 38, 43, 20, 21, 0, "ppc64" },
	{ EM_386, 8, 1, 0, 6, 7, 0, "i386" },
	{ EM_ARM, 23, 2, 0, 21, 22, 0, "arm" },
	{ EM_RISCV, 3, 2, 0, 0, 5, 0, "riscv" },
	{ 258 /* EM_LOONGARCH */, 3, 2, 0, 0, 5, 0, "loongarch" },
};

static const struct machine *machine_find(uint16_t id)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++)
		if (machines[i].id == id)
			return &machines[i];
	return NULL;
}

static enum reloc reloc_kind(const struct machine *m, uint64_t type)
{
	/* aarch64's dynamic ones start at 1025, but ABS64 is 257 */
	if (m->id == EM_AARCH64 && type == R_AARCH64_ABS64)
		return RELOC_SYMBOL;
	if (type <= m->add)
		return RELOC_OTHER;
	type -= m->add;
	if (type == m->relative)
		return RELOC_RELATIVE;
	if (type == m->absolute || type == m->got || type == m->jump ||
	    (m->unaligned && type == m->unaligned))
		return RELOC_SYMBOL;
	return RELOC_OTHER;
}

/* ---- the address space ---- */

static bool seg_holds(const struct segment *seg, uint64_t addr)
{
	return addr >= seg->addr && addr - seg->addr < seg->memsz;
}

static const struct segment *seg_search(const struct space_elf *se,
					uint64_t addr)
{
	size_t lo = 0, hi = se->nsegs;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (se->segs[mid]->addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || !seg_holds(se->segs[lo - 1], addr))
		return NULL;
	return se->segs[lo - 1];
}

/* Reading descriptors is looking up addresses: most answers are in a table. */
static const struct segment *seg_find(const struct space_elf *se, uint64_t addr)
{
	uint64_t page = addr / PAGE;

	if (page < se->npages && se->pages[page])
		return se->segs[se->pages[page] - 1];
	return seg_search(se, addr);
}

/* Pages that one segment has whole, as far as the table reaches. */
static void pages_fill(struct space_elf *se)
{
	uint64_t end = 0;

	free(se->pages);
	for (size_t i = 0; i < se->nsegs; i++)
		if (se->segs[i]->addr + se->segs[i]->memsz <= MAX_PAGES * PAGE)
			end = se->segs[i]->addr + se->segs[i]->memsz;
	se->npages = (size_t)(end / PAGE);
	if (se->nsegs > UINT16_MAX - 1)
		se->npages = 0;
	se->pages = zero_array(se->npages, sizeof(*se->pages));
	for (size_t i = 0; i < se->nsegs; i++) {
		uint64_t from = (se->segs[i]->addr + PAGE - 1) / PAGE;
		uint64_t to = (se->segs[i]->addr + se->segs[i]->memsz) / PAGE;

		for (; from < to && from < se->npages; from++)
			se->pages[from] = (uint16_t)(i + 1);
	}
}

static const uint8_t *elf_map(const struct space *s, uint64_t addr,
			      uint64_t *avail)
{
	const struct space_elf *se = (const struct space_elf *)s;
	const struct segment *seg = seg_find(se, addr);

	if (!seg || addr - seg->addr >= seg->filesz)
		return NULL;
	*avail = seg->filesz - (addr - seg->addr);
	return seg->data + (addr - seg->addr);
}

static int elf_read(const struct space *s, uint64_t addr, void *buf, size_t n)
{
	const struct space_elf *se = (const struct space_elf *)s;
	const struct segment *seg = seg_find(se, addr);
	uint64_t off, in_file;

	if (!seg)
		return -1;
	off = addr - seg->addr;
	if (seg->memsz - off < n)
		return -1;
	in_file = off < seg->filesz ? seg->filesz - off : 0;
	if (in_file > n)
		in_file = n;
	if (in_file)
		memcpy(buf, seg->data + off, in_file);
	memset((char *)buf + in_file, 0, n - in_file);	/* .bss */
	return 0;
}

static enum space_kind elf_kind_at(const struct space *s, uint64_t addr)
{
	const struct space_elf *se = (const struct space_elf *)s;
	const struct segment *seg = seg_find(se, addr);

	if (seg && seg->mixed && seg->code_end)
		return addr >= seg->code && addr < seg->code_end ?
			SPACE_CODE : SPACE_DATA;
	if (seg)
		return seg->mixed ? SPACE_MIXED :
		       seg->exec ? SPACE_CODE : SPACE_DATA;
	if (addr >= se->extern_base && addr < se->extern_next)
		return SPACE_EXTERN;
	return SPACE_NONE;
}

static bool elf_pointer(const struct space *s, uint64_t slot)
{
	const struct space_elf *se = (const struct space_elf *)s;
	const struct segment *seg = seg_find(se, slot);
	uint64_t word;

	if (!seg)
		return false;
	if (!seg->relocatable)
		return true;
	if (!seg->slots || (slot - seg->addr) % s->ptr_size ||
	    slot - seg->addr >= seg->filesz)
		return false;
	word = (slot - seg->addr) / s->ptr_size;
	return seg->slots[word / 64] >> word % 64 & 1;
}

/* The bits of 64 words of @seg from word @i on; beyond its end 0. */
static uint64_t slot_bits(const struct segment *seg, uint64_t i)
{
	uint64_t at = i / 64;
	unsigned shift = i % 64;

	if (at >= seg->nslots)
		return 0;
	if (!shift)
		return seg->slots[at];
	return seg->slots[at] >> shift | seg->slots[at + 1] << (64 - shift);
}

static bool elf_pointers(const struct space *s, uint64_t slot, unsigned n,
			 uint64_t *ret)
{
	const struct space_elf *se = (const struct space_elf *)s;
	const struct segment *seg = seg_find(se, slot);
	uint64_t word;

	if (!seg || !seg->relocatable || slot % s->ptr_size ||
	    (slot - seg->addr) % s->ptr_size)
		return false;
	word = (slot - seg->addr) / s->ptr_size;
	if (seg->filesz / s->ptr_size < word + n)
		return false;
	*ret = 0;
	if (!seg->slots)
		return true;
	*ret = slot_bits(seg, word);
	return true;
}

static bool is_odd(const struct file *f, uint64_t addr)
{
	for (unsigned i = 0; i < f->nodd && f->nodd <= MAX_ODD; i++)
		if (addr - f->odd[i].addr < f->odd[i].size)
			return true;
	return f->nodd == ODD_ALL;
}

static void add_odd(struct file *f, uint64_t addr, uint64_t size)
{
	if (f->nodd < MAX_ODD)
		f->odd[f->nodd++] = (struct range){ addr, size };
	else
		f->nodd = ODD_ALL;
}

static bool elf_constant(const struct space *s, uint64_t addr)
{
	const struct space_elf *se = (const struct space_elf *)s;
	const struct segment *seg = seg_find(se, addr);

	if (!seg || !seg->write)
		return seg != NULL;
	for (unsigned i = 0; i < se->nfiles; i++)
		if (addr >= se->files[i]->relro &&
		    addr < se->files[i]->relro_end)
			return !is_odd(se->files[i], addr);
	return false;
}

static bool elf_got(const struct space *s, uint64_t addr)
{
	const struct space_elf *se = (const struct space_elf *)s;

	for (unsigned i = 0; i < se->nfiles; i++)
		if (addr >= se->files[i]->got && addr < se->files[i]->got_end)
			return true;
	return false;
}

/* The same @by words further on, or back. */
static uint64_t bits_beside(const struct segment *seg, uint64_t i, int by)
{
	if (by >= 0)
		return slot_bits(seg, i + (unsigned)by);
	if (i >= (unsigned)-by)
		return slot_bits(seg, i - (unsigned)-by);
	return slot_bits(seg, 0) << ((unsigned)-by - i);
}

/*
 * The first word of @seg at or after word @i that may hold an address, with
 * numbers where the walk wants them.
 */
static uint64_t next_word(const struct segment *seg, const struct elf_walk *w,
			  uint64_t i, uint64_t n)
{
	if (!seg->relocatable)
		return i;
	if (!seg->slots)
		return n;
	for (; i < n; i += 64) {
		uint64_t bits = slot_bits(seg, i);

		for (unsigned k = 0; bits && k < w->nnumbers; k++)
			bits &= ~bits_beside(seg, i, w->numbers[k]);
		if (bits) {
			i += (unsigned)__builtin_ctzll(bits);
			return i < n ? i : n;
		}
	}
	return n;
}

const uint8_t *space_elf_next_pointer(const struct space_elf *se,
				      struct elf_walk *walk)
{
	unsigned ptr = se->space.ptr_size;

	for (; walk->segment < se->nsegs; walk->segment++, walk->next = 0) {
		const struct segment *seg = se->segs[walk->segment];
		uint64_t n = seg->filesz / ptr;
		uint64_t i = next_word(seg, walk, walk->next, n);

		if (i >= n)
			continue;
		walk->next = i + 1;
		walk->slot = seg->addr + i * ptr;
		walk->before = i * ptr;
		walk->after = seg->filesz - i * ptr;
		return seg->data + i * ptr;
	}
	return NULL;
}

/* Most linkers put only symbols and relocations where a file begins. */
static bool rarely_text(const struct segment *seg)
{
	return !seg->off && !seg->exec;
}

const uint8_t *space_elf_constants(const struct space_elf *se, unsigned i,
				   uint64_t *addr, uint64_t *len)
{
	for (size_t k = 0; k < 2 * se->nsegs; k++) {
		const struct segment *seg = se->segs[k % se->nsegs];

		if (seg->write || (seg->exec && !seg->mixed) ||
		    !seg->filesz || rarely_text(seg) != (k >= se->nsegs) || i--)
			continue;
		*addr = seg->addr;
		*len = seg->filesz;
		return seg->data;
	}
	return NULL;
}

const struct space *space_elf_space(const struct space_elf *se)
{
	return &se->space;
}

const struct elf_file *space_elf_file(const struct space_elf *se, unsigned i)
{
	return i < se->nfiles ? &se->files[i]->pub : NULL;
}

const struct elf_file *space_elf_file_of(const struct space_elf *se,
					 uint64_t addr)
{
	for (unsigned i = 0; i < se->nfiles; i++)
		if (addr >= se->files[i]->pub.base &&
		    addr < se->files[i]->pub.end)
			return &se->files[i]->pub;
	return NULL;
}

/* ---- symbols ---- */

/* As DT_GNU_HASH has it. */
static uint32_t hash_name(const char *s)
{
	uint32_t h = 5381;

	while (*s)
		h = h * 33 + (uint8_t)*s++;
	return h;
}

static uint32_t *name_slot(const struct space_elf *se, const char *name)
{
	size_t i = hash_name(name) & (se->names_cap - 1);

	while (se->names[i] && strcmp(se->syms[se->names[i] - 1].name, name))
		i = (i + 1) & (se->names_cap - 1);
	return &se->names[i];
}

static void names_grow(struct space_elf *se)
{
	uint32_t *old = se->names;
	size_t old_cap = se->names_cap;

	if (se->nnames * 2 < old_cap)
		return;
	se->names_cap = old_cap ? old_cap * 2 : 1 << 12;
	se->names = zero_array(se->names_cap, sizeof(*se->names));
	for (size_t i = 0; i < old_cap; i++)
		if (old[i])
			*name_slot(se, se->syms[old[i] - 1].name) = old[i];
	free(old);
}

static uint32_t sym_add(struct space_elf *se, const struct elf_symbol *sym)
{
	se->syms = grow_array(se->syms, &se->syms_cap, se->nsyms + 1,
			      sizeof(*se->syms));
	se->syms[se->nsyms++] = *sym;
	return (uint32_t)se->nsyms;
}

static const struct elf_symbol *hash_find(const struct space_elf *se,
					  const struct file *f,
					  const char *name, uint32_t h)
{
	const struct space *s = &se->space;
	const struct gnu_hash *g = &f->hash;
	unsigned n = s->ptr_size, bits = n * 8;
	uint64_t i, word;

	if (!g->nbuckets)
		return NULL;
	word = space_load(s, g->words + (uint64_t)(h / bits % g->nwords) * n, n);
	if (!(word >> h % bits & 1) || !(word >> (h >> g->shift) % bits & 1))
		return NULL;
	i = space_load(s, g->buckets + (uint64_t)(h % g->nbuckets) * 4, 4);
	if (i < g->first)
		return NULL;
	for (i -= g->first; i < g->nhashes; i++) {
		uint32_t have = (uint32_t)space_load(s, g->hashes + i * 4, 4);
		uint64_t k = i + g->first;
		const struct elf_symbol *sym;

		if ((have | 1) == (h | 1) && k < f->dynsym.n && f->dynsyms[k]) {
			sym = &se->syms[f->dynsyms[k] - 1];
			if (sym->global && !strcmp(sym->name, name))
				return sym;
		}
		if (have & 1)
			break;
	}
	return NULL;
}

const struct elf_symbol *space_elf_find(struct space_elf *se, const char *name)
{
	uint32_t n = se->names_cap ? *name_slot(se, name) : 0;
	uint32_t h = hash_name(name);

	if (n)
		return &se->syms[n - 1];
	for (unsigned i = 0; i < se->nfiles; i++) {
		const struct elf_symbol *sym = hash_find(se, se->files[i],
							 name, h);

		if (sym)
			return sym;
	}
	return NULL;
}

const struct elf_symbol *space_elf_named(struct space_elf *se,
					 const char *name)
{
	const struct elf_symbol *sym = space_elf_find(se, name);

	if (sym && !sym->external)
		return sym;
	for (size_t i = 0; i < se->nsyms; i++) {
		sym = &se->syms[i];
		if (sym->global && !sym->external && !strcmp(sym->name, name))
			return sym;
	}
	return NULL;
}

/* The global symbol @name; one that nobody defines is made up. */
static const struct elf_symbol *sym_resolve(struct space_elf *se,
					    const char *name)
{
	const struct elf_symbol *found = space_elf_find(se, name);
	struct elf_symbol sym = {
		.name = name, .addr = se->extern_next, .global = true,
		.external = true, .file = UINT16_MAX,
	};

	if (found)
		return found;
	names_grow(se);
	*name_slot(se, name) = sym_add(se, &sym);
	se->nnames++;
	se->extern_next += 16;
	return &se->syms[se->nsyms - 1];
}

/* For space_elf_find(), where the file has no hash table of its own. */
static void sym_publish(struct space_elf *se, uint32_t n)
{
	const char *name = se->syms[n - 1].name;

	if (space_elf_find(se, name))
		return;
	names_grow(se);
	*name_slot(se, name) = n;
	se->nnames++;
}

/* A string of a table that is known to end in NUL. */
static const char *table_name(const char *table, uint64_t len, uint32_t off)
{
	return off < len ? table + off : "";
}

static unsigned sym_size(const struct space_elf *se)
{
	return se->space.ptr_size == 8 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
}

static bool sym_read(const struct space_elf *se, const struct symtab *tab,
		     uint64_t i, GElf_Sym *ret)
{
	const struct space *s = &se->space;
	const uint8_t *p;

	if (i >= tab->n)
		return false;
	p = tab->p + i * sym_size(se);
	ret->st_name = (uint32_t)space_load(s, p, 4);
	if (s->ptr_size == 8) {		/* Elf64_Sym */
		ret->st_info = p[4];
		ret->st_shndx = (uint16_t)space_load(s, p + 6, 2);
		ret->st_value = space_load(s, p + 8, 8);
		ret->st_size = space_load(s, p + 16, 8);
	} else {			/* Elf32_Sym */
		ret->st_info = p[12];
		ret->st_shndx = (uint16_t)space_load(s, p + 14, 2);
		ret->st_value = space_load(s, p + 4, 4);
		ret->st_size = space_load(s, p + 8, 4);
	}
	return true;
}

/* Take the symbols of one table.  Names stay in the mapping. */
static int take_symbols(struct space_elf *se, struct file *f,
			const struct symtab *tab, bool dynamic, struct err *err)
{
	GElf_Sym sym;

	if (tab->n > MAX_SYMBOLS)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
			       "%zu symbols, more than %u", tab->n, MAX_SYMBOLS);
	if (dynamic)
		f->dynsyms = zero_array(tab->n, sizeof(*f->dynsyms));
	se->syms = grow_array(se->syms, &se->syms_cap, se->nsyms + tab->n,
			      sizeof(*se->syms));
	for (size_t i = 1; sym_read(se, tab, i, &sym); i++) {
		struct elf_symbol s = { .file = (uint16_t)(se->nfiles - 1) };
		int type = GELF_ST_TYPE(sym.st_info);
		uint32_t id;

		if (sym.st_shndx == SHN_UNDEF || sym.st_shndx == SHN_ABS ||
		    type == STT_SECTION || type == STT_FILE || type == STT_TLS)
			continue;
		s.name = table_name(tab->str, tab->str_len, sym.st_name);
		if (!*s.name || *s.name == '$')	/* arm's mapping symbols */
			continue;
		s.addr = f->pub.base + sym.st_value;
		s.size = sym.st_size;
		s.func = type == STT_FUNC || type == STT_GNU_IFUNC;
		s.object = type == STT_OBJECT;
		s.global = GELF_ST_BIND(sym.st_info) != STB_LOCAL;
		id = sym_add(se, &s);
		if (!dynamic)
			continue;
		f->dynsyms[i] = id;
		if (s.global && !f->hash.nbuckets)
			sym_publish(se, id);
	}
	return 0;
}

/* Of several symbols at one address, the better name for it. */
static bool better_name(const struct elf_symbol *x, const struct elf_symbol *y)
{
	if (!x->size != !y->size)
		return x->size;
	if (x->global != y->global)
		return x->global;
	return strcmp(x->name, y->name) < 0;
}

static int sort_by_addr(const void *a, const void *b, void *syms)
{
	const struct elf_symbol *x = &((struct elf_symbol *)syms)[*(const uint32_t *)a];
	const struct elf_symbol *y = &((struct elf_symbol *)syms)[*(const uint32_t *)b];

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return better_name(y, x) - better_name(x, y);
}

static void index_by_addr(struct space_elf *se)
{
	size_t cap = 0;

	if (se->by_addr && se->nby_addr == se->nsyms)
		return;
	free(se->by_addr);
	se->by_addr = grow_array(NULL, &cap, se->nsyms, sizeof(*se->by_addr));
	for (size_t i = 0; i < se->nsyms; i++)
		se->by_addr[i] = (uint32_t)i;
	qsort_r(se->by_addr, se->nsyms, sizeof(*se->by_addr), sort_by_addr,
		se->syms);
	se->nby_addr = se->nsyms;
}

const struct elf_symbol *space_elf_around(struct space_elf *se, uint64_t addr)
{
	const struct elf_symbol *s;
	size_t lo = 0, hi;

	index_by_addr(se);
	hi = se->nby_addr;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (se->syms[se->by_addr[mid]].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return NULL;
	s = &se->syms[se->by_addr[lo - 1]];
	while (lo > 1 && se->syms[se->by_addr[lo - 2]].addr == s->addr)
		s = &se->syms[se->by_addr[--lo - 1]];
	if (addr != s->addr && addr - s->addr >= s->size)
		return NULL;
	return s;
}

static uint32_t *exact_slot(const struct space_elf *se, uint64_t addr)
{
	size_t mask = se->exact_cap - 1;
	size_t i = (size_t)(addr * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask;

	while (se->exact[i] && se->syms[se->exact[i] - 1].addr != addr)
		i = (i + 1) & mask;
	return &se->exact[i];
}

static void index_exact(struct space_elf *se)
{
	if (se->exact && se->nexact == se->nsyms)
		return;
	free(se->exact);
	for (se->exact_cap = 1024; se->exact_cap < 2 * se->nsyms;)
		se->exact_cap *= 2;
	se->exact = zero_array(se->exact_cap, sizeof(*se->exact));
	for (size_t i = 0; i < se->nsyms; i++) {
		uint32_t *slot = exact_slot(se, se->syms[i].addr);

		if (!*slot || better_name(&se->syms[i], &se->syms[*slot - 1]))
			*slot = (uint32_t)i + 1;
	}
	se->nexact = se->nsyms;
}

const struct elf_symbol *space_elf_at(struct space_elf *se, uint64_t addr)
{
	uint32_t n;

	index_exact(se);
	n = *exact_slot(se, addr);
	return n ? &se->syms[n - 1] : NULL;
}

/* ---- opening ---- */

static void file_free(struct file *f)
{
	if (!f)
		return;
	for (unsigned i = 0; i < f->nsegs; i++)
		free(f->segs[i].slots);
	if (f->elf)
		elf_end(f->elf);
	if (f->map && f->map != MAP_FAILED)
		munmap(f->map, f->len);
	if (f->copy && f->copy != MAP_FAILED)
		munmap(f->copy, f->len);
	free(f->dynsyms);
	free((char *)f->pub.path);
	free(f);
}

static int file_map(struct file *f, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "cannot open: %s",
			       strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(err, ERR_USAGE, ERR_NO_OFFSET,
			       "not a regular file");
	}
	if (st.st_size < EI_NIDENT) {
		close(fd);
		return err_set(err, ERR_FORMAT, 0, "not an ELF file");
	}
	f->len = (size_t)st.st_size;
	f->map = mmap(NULL, f->len, PROT_READ, MAP_PRIVATE, fd, 0);
	f->copy = mmap(NULL, f->len, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	close(fd);
	if (f->map == MAP_FAILED || f->copy == MAP_FAILED)
		return err_set(err, ERR_IO, ERR_NO_OFFSET, "cannot map: %s",
			       strerror(errno));
	return 0;
}

static int file_header(struct space_elf *se, struct file *f, struct err *err)
{
	GElf_Ehdr eh;
	uint8_t ptr_size;

	if (memcmp(f->map, ELFMAG, SELFMAG))
		return err_set(err, ERR_FORMAT, 0, "not an ELF file");
	f->elf = elf_memory((char *)f->map, f->len);
	if (!f->elf || elf_kind(f->elf) != ELF_K_ELF ||
	    !gelf_getehdr(f->elf, &eh))
		return err_set(err, ERR_FORMAT, 0, "broken ELF header: %s",
			       elf_errmsg(-1));
	if (eh.e_type != ET_EXEC && eh.e_type != ET_DYN)
		return err_set(err, ERR_UNSUPPORTED, 0,
			       "neither an executable nor a shared object (ELF type %u)",
			       eh.e_type);
	if (!machine_find(eh.e_machine))
		return err_set(err, ERR_UNSUPPORTED, 0,
			       "ELF machine %u is not known", eh.e_machine);
	ptr_size = gelf_getclass(f->elf) == ELFCLASS64 ? 8 : 4;
	if (se->nfiles == 1) {
		se->space.ptr_size = ptr_size;
		se->space.big_endian = eh.e_ident[EI_DATA] == ELFDATA2MSB;
	} else if (se->files[0]->pub.machine != eh.e_machine ||
		   se->space.ptr_size != ptr_size ||
		   se->space.big_endian != (eh.e_ident[EI_DATA] == ELFDATA2MSB)) {
		return err_set(err, ERR_FORMAT, 0,
			       "is for another machine (%s) than the emulator (%s)",
			       machine_find(eh.e_machine)->name,
			       machine_find(se->files[0]->pub.machine)->name);
	}
	f->pub.machine = eh.e_machine;
	f->pub.relocatable = eh.e_type == ET_DYN;
	return 0;
}

static int add_segment(struct file *f, const GElf_Phdr *ph, uint64_t *end,
		       struct err *err)
{
	struct segment *seg = &f->segs[f->nsegs];
	uint64_t top;

	if (ph->p_offset > f->len || f->len - ph->p_offset < ph->p_filesz)
		return err_set(err, ERR_SHORT, ph->p_offset,
			       "segment of %" PRIu64 " bytes at file offset 0x%" PRIx64
			       " lies beyond the end of the file (%zu bytes)",
			       ph->p_filesz, ph->p_offset, f->len);
	if (ph->p_filesz > ph->p_memsz ||
	    __builtin_add_overflow(ph->p_vaddr, ph->p_memsz, &top) ||
	    top > UINT64_MAX / 4)
		return err_set(err, ERR_FORMAT, ph->p_offset,
			       "segment at 0x%" PRIx64 " has sizes that cannot be",
			       ph->p_vaddr);
	if (f->nsegs && ph->p_vaddr < *end)
		return err_set(err, ERR_FORMAT, ph->p_offset,
			       "segment at 0x%" PRIx64 " overlaps the one before",
			       ph->p_vaddr);
	if (f->nsegs == MAX_SEGMENTS)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
			       "more than %u segments", MAX_SEGMENTS);
	if (!ph->p_memsz)
		return 0;
	*end = top;
	seg->addr = ph->p_vaddr;
	seg->filesz = ph->p_filesz;
	seg->memsz = ph->p_memsz;
	seg->write = ph->p_flags & PF_W;
	seg->off = ph->p_offset;
	seg->data = (seg->write ? f->copy : f->map) + ph->p_offset;
	seg->exec = ph->p_flags & PF_X;
	seg->relocatable = f->pub.relocatable;
	f->nsegs++;
	return 0;
}

static void take_note(struct file *f, const GElf_Phdr *ph)
{
	Elf_Data *d = elf_getdata_rawchunk(f->elf, (int64_t)ph->p_offset,
					   ph->p_filesz, ELF_T_NHDR);
	size_t off = 0, name, desc;
	GElf_Nhdr nh;

	while (d && (off = gelf_getnote(d, off, &nh, &name, &desc))) {
		if (nh.n_type != NT_GNU_BUILD_ID || nh.n_namesz != 4 ||
		    memcmp((char *)d->d_buf + name, "GNU", 4) ||
		    nh.n_descsz > sizeof(f->pub.build_id))
			continue;
		f->pub.build_id_len = nh.n_descsz;
		memcpy(f->pub.build_id, (char *)d->d_buf + desc, nh.n_descsz);
	}
}

unsigned elf_build_id(const char *path, uint8_t id[64])
{
	struct file f = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;

	if (fd < 0)
		return 0;
	elf_version(EV_CURRENT);
	f.elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (f.elf && elf_kind(f.elf) == ELF_K_ELF &&
	    !elf_getphdrnum(f.elf, &n)) {
		for (size_t i = 0; i < n && i < 4096; i++) {
			GElf_Phdr ph;

			if (gelf_getphdr(f.elf, (int)i, &ph) &&
			    ph.p_type == PT_NOTE)
				take_note(&f, &ph);
		}
	}
	elf_end(f.elf);
	close(fd);
	memcpy(id, f.pub.build_id, f.pub.build_id_len);
	return f.pub.build_id_len;
}

static int file_segments(struct space_elf *se, struct file *f, struct err *err)
{
	uint64_t base = 0, end = 0;
	size_t n;

	if (elf_getphdrnum(f->elf, &n) || n == 0 || n > 4096)
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
			       "no usable program headers");
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr ph;

		if (!gelf_getphdr(f->elf, (int)i, &ph))
			return err_set(err, ERR_SHORT, ERR_NO_OFFSET,
				       "program headers cut off");
		if (ph.p_type == PT_LOAD && add_segment(f, &ph, &end, err))
			return -1;
		if (ph.p_type == PT_GNU_RELRO &&
		    ph.p_vaddr + ph.p_memsz >= ph.p_vaddr) {
			f->relro = ph.p_vaddr;
			f->relro_end = ph.p_vaddr + ph.p_memsz;
		}
		if (ph.p_type == PT_NOTE && ph.p_filesz < 1 << 20)
			take_note(f, &ph);
	}
	if (!f->nsegs)
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
			       "nothing to load in it");
	/* constants have a segment behind the code's, or share it */
	for (unsigned i = 0; i < f->nsegs; i++)
		f->segs[i].mixed = f->segs[i].exec &&
			(i + 1 == f->nsegs || f->segs[i + 1].write);
	if (f->pub.relocatable && se->nfiles > 1)
		base = se->next_base;
	if (base + end > se->extern_base)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
			       "does not fit into the address space");
	for (unsigned i = 0; i < f->nsegs; i++)
		f->segs[i].addr += base;
	f->relro += base;
	f->relro_end += base;
	f->pub.base = base;
	f->pub.end = base + end;
	se->next_base = (base + end + BASE_ALIGN) / BASE_ALIGN * BASE_ALIGN;
	return 0;
}

/* The offset in the file of the file's own address @addr, or -1. */
static int64_t file_offset(const struct file *f, uint64_t addr, uint64_t len)
{
	for (unsigned i = 0; i < f->nsegs; i++) {
		const struct segment *seg = &f->segs[i];
		uint64_t a = seg->addr - f->pub.base;

		if (addr >= a && addr - a < seg->filesz &&
		    seg->filesz - (addr - a) >= len)
			return (int64_t)(seg->off + (addr - a));
	}
	return -1;
}

/* The bytes of @len at the file's own address @addr, or NULL. */
static const uint8_t *table_at(const struct file *f, uint64_t addr,
			       uint64_t len)
{
	int64_t off = len ? file_offset(f, addr, len) : -1;

	return off < 0 ? NULL : f->map + off;
}

/* Those entries of PT_DYNAMIC that matter here. */
struct dynamic {
	uint64_t rela, relasz, rel, relsz, relr, relrsz, jmprel, pltrelsz,
		pltrel, symtab, strtab, strsz, gnu_hash;
};

static int read_dynamic(struct file *f, struct dynamic *ret, struct err *err)
{
	size_t n = 0;

	memset(ret, 0, sizeof(*ret));
	elf_getphdrnum(f->elf, &n);
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr ph;
		Elf_Data *d;
		GElf_Dyn dyn;

		if (!gelf_getphdr(f->elf, (int)i, &ph) ||
		    ph.p_type != PT_DYNAMIC)
			continue;
		if (ph.p_offset > f->len || ph.p_filesz > f->len - ph.p_offset)
			return err_set(err, ERR_SHORT, ph.p_offset,
				       "dynamic section beyond the end of the file");
		d = elf_getdata_rawchunk(f->elf, (int64_t)ph.p_offset,
					 ph.p_filesz, ELF_T_DYN);
		for (int k = 0; d && gelf_getdyn(d, k, &dyn); k++) {
			uint64_t v = dyn.d_un.d_val;

			switch (dyn.d_tag) {
			case DT_NULL: return 0;
			case DT_RELA: ret->rela = v; break;
			case DT_RELASZ: ret->relasz = v; break;
			case DT_REL: ret->rel = v; break;
			case DT_RELSZ: ret->relsz = v; break;
			case 36: /* DT_RELR */ ret->relr = v; break;
			case 35: /* DT_RELRSZ */ ret->relrsz = v; break;
			case DT_JMPREL: ret->jmprel = v; break;
			case DT_PLTRELSZ: ret->pltrelsz = v; break;
			case DT_PLTREL: ret->pltrel = v; break;
			case DT_SYMTAB: ret->symtab = v; break;
			case DT_STRTAB: ret->strtab = v; break;
			case DT_STRSZ: ret->strsz = v; break;
			case DT_GNU_HASH: ret->gnu_hash = v; break;
			}
		}
	}
	return 0;
}

/* The section header of type @type, or false. */
static bool section_find(const struct file *f, uint32_t type, GElf_Shdr *ret)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(f->elf, scn)))
		if (gelf_getshdr(scn, ret) && ret->sh_type == type)
			return true;
	return false;
}

/*
 * How many bytes the dynamic symbol table has is not in PT_DYNAMIC: ask the
 * section headers, else take what lies before the strings, where all linkers
 * put it.
 */
static uint64_t dynsym_size(const struct file *f, const struct dynamic *dyn)
{
	GElf_Shdr sh;

	if (section_find(f, SHT_DYNSYM, &sh) && sh.sh_addr == dyn->symtab)
		return sh.sh_size;
	return dyn->strtab > dyn->symtab ? dyn->strtab - dyn->symtab : 0;
}

/* False: the names are broken.  No table at all is an empty one. */
static bool dynsym_table(const struct space_elf *se, const struct file *f,
			 const struct dynamic *dyn, struct symtab *ret)
{
	uint64_t len = dynsym_size(f, dyn);

	memset(ret, 0, sizeof(*ret));
	if (!dyn->symtab || !dyn->strtab || !dyn->strsz)
		return true;	/* static */
	ret->str = (const char *)table_at(f, dyn->strtab, dyn->strsz);
	ret->str_len = dyn->strsz;
	if (!ret->str || ret->str[dyn->strsz - 1])
		return false;
	ret->p = table_at(f, dyn->symtab, len);
	ret->n = ret->p ? (size_t)(len / sym_size(se)) : 0;
	return true;
}

/* How many bytes the table has is nowhere: bound it by its segment's end. */
static void gnu_hash_open(const struct space_elf *se, const struct file *f,
			  uint64_t addr, struct gnu_hash *ret)
{
	const struct space *s = &se->space;
	struct gnu_hash g;
	const uint8_t *p = NULL;
	uint64_t left = 0, words, buckets;

	memset(ret, 0, sizeof(*ret));
	for (unsigned i = 0; addr && i < f->nsegs; i++) {
		const struct segment *seg = &f->segs[i];
		uint64_t a = seg->addr - f->pub.base;

		if (addr < a || addr - a >= seg->filesz)
			continue;
		left = seg->filesz - (addr - a);
		p = f->map + seg->off + (addr - a);
	}
	if (left < 16)
		return;
	g.nbuckets = (uint32_t)space_load(s, p, 4);
	g.first = (uint32_t)space_load(s, p + 4, 4);
	g.nwords = (uint32_t)space_load(s, p + 8, 4);
	g.shift = (uint32_t)space_load(s, p + 12, 4);
	words = (uint64_t)g.nwords * s->ptr_size;
	buckets = (uint64_t)g.nbuckets * 4;
	if (!g.nwords || g.shift > 31 || left - 16 < words ||
	    left - 16 - words < buckets)
		return;
	g.words = p + 16;
	g.buckets = g.words + words;
	g.hashes = g.buckets + buckets;
	g.nhashes = (left - 16 - words - buckets) / 4;
	*ret = g;
}

static int file_dynsym(struct space_elf *se, struct file *f,
		       const struct dynamic *dyn, struct err *err)
{
	if (!dynsym_table(se, f, dyn, &f->dynsym))
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
			       "broken table of dynamic symbol names");
	if (!f->dynsym.n)
		return 0;
	gnu_hash_open(se, f, dyn->gnu_hash, &f->hash);
	return take_symbols(se, f, &f->dynsym, true, err);
}

/* .symtab, where the file is not stripped.  A broken one is left alone. */
static void file_symtab(struct space_elf *se, struct file *f)
{
	GElf_Shdr sh, str;
	struct symtab tab;
	Elf_Scn *strscn;

	if (!section_find(f, SHT_SYMTAB, &sh) || sh.sh_offset > f->len ||
	    sh.sh_size > f->len - sh.sh_offset)
		return;
	strscn = elf_getscn(f->elf, sh.sh_link);
	if (!strscn || !gelf_getshdr(strscn, &str) || !str.sh_size ||
	    str.sh_type == SHT_NOBITS || str.sh_offset > f->len ||
	    str.sh_size > f->len - str.sh_offset ||
	    f->map[str.sh_offset + str.sh_size - 1])
		return;
	tab = (struct symtab){
		.p = f->map + sh.sh_offset,
		.n = (size_t)(sh.sh_size / sym_size(se)),
		.str = (const char *)f->map + str.sh_offset,
		.str_len = str.sh_size,
	};
	f->pub.has_symtab = true;
	take_symbols(se, f, &tab, false, NULL);
}

static void find_debug_info(struct file *f)
{
	size_t strndx;
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	if (elf_getshdrstrndx(f->elf, &strndx))
		return;
	while ((scn = elf_nextscn(f->elf, scn))) {
		const char *name;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type == SHT_NOBITS)
			continue;
		name = elf_strptr(f->elf, strndx, sh.sh_name);
		if (name && (!strcmp(name, ".debug_info") ||
			     !strcmp(name, ".zdebug_info")))
			f->pub.has_debug = true;
	}
}

/* Where the code of a segment is that holds more: section headers tell. */
static void find_code(struct file *f)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	while ((scn = elf_nextscn(f->elf, scn))) {
		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_PROGBITS ||
		    !(sh.sh_flags & SHF_EXECINSTR))
			continue;
		for (unsigned i = 0; i < f->nsegs; i++) {
			struct segment *seg = &f->segs[i];
			uint64_t at = sh.sh_addr + f->pub.base;

			if (!seg->mixed || !sh.sh_size || at < seg->addr ||
			    at - seg->addr > seg->filesz ||
			    seg->filesz - (at - seg->addr) < sh.sh_size ||
			    sh.sh_offset - seg->off != at - seg->addr)
				continue;
			if (!seg->code_end || at < seg->code)
				seg->code = at;
			if (at + sh.sh_size > seg->code_end)
				seg->code_end = at + sh.sh_size;
		}
	}
}

static int by_seg_addr(const void *a, const void *b)
{
	const struct segment *x = *(struct segment *const *)a;
	const struct segment *y = *(struct segment *const *)b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* Does the file define the dynamic symbol @name?  Looks before taking any. */
static bool file_defines(const struct space_elf *se, const struct file *f,
			 const struct dynamic *dyn, const char *name)
{
	struct symtab tab;
	GElf_Sym sym;

	if (!dynsym_table(se, f, dyn, &tab))
		return false;
	for (uint64_t i = 1; sym_read(se, &tab, i, &sym); i++)
		if (sym.st_shndx != SHN_UNDEF &&
		    !strcmp(table_name(tab.str, tab.str_len, sym.st_name), name))
			return true;
	return false;
}

/* Returns 1 if the file lacks @symbol. */
static int file_add(struct space_elf *se, const char *path, const char *symbol,
		    struct err *err)
{
	struct file *f = calloc(1, sizeof(*f));
	uint64_t next_base = se->next_base;
	struct dynamic dyn;
	int ret = -1;

	if (!f || se->nfiles == MAX_FILES) {
		free(f);
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET, "too many files");
	}
	f->pub.path = strdup(path);
	se->files[se->nfiles++] = f;
	if (file_map(f, path, err) || file_header(se, f, err) ||
	    file_segments(se, f, err) || read_dynamic(f, &dyn, err))
		goto out;
	if (symbol && !file_defines(se, f, &dyn, symbol)) {
		ret = 1;
		goto out;
	}
	find_debug_info(f);
	find_code(f);
	/* last, for symbols are published as they are taken */
	if (file_dynsym(se, f, &dyn, err))
		goto out;
	file_symtab(se, f);
	se->segs = grow_array(se->segs, &se->segs_cap, se->nsegs + f->nsegs,
			      sizeof(*se->segs));
	for (unsigned i = 0; i < f->nsegs; i++)
		se->segs[se->nsegs++] = &f->segs[i];
	qsort(se->segs, se->nsegs, sizeof(*se->segs), by_seg_addr);
	se->npages = 0;		/* their numbers have changed */
	return 0;
out:
	se->next_base = next_base;
	se->nfiles--;
	file_free(f);
	return ret;
}

int space_elf_open(struct space_elf **ret, const char *path, struct err *err)
{
	struct space_elf *se = calloc(1, sizeof(*se));

	if (!se)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET, "out of memory");
	elf_version(EV_CURRENT);
	se->space = (struct space){
		.read = elf_read, .map = elf_map, .kind = elf_kind_at,
		.pointer = elf_pointer, .pointers = elf_pointers,
		.constant = elf_constant, .got = elf_got, .ptr_size = 8,
	};
	se->extern_base = UINT64_C(0x6000000000000000);
	if (file_add(se, path, NULL, err)) {
		space_elf_close(se);
		return -1;
	}
	if (se->space.ptr_size == 4)
		se->extern_base = 0xf0000000;
	if (!se->files[0]->pub.relocatable) {
		se->space.pointer = NULL;
		se->space.pointers = NULL;
	}
	se->extern_next = se->extern_base;
	*ret = se;
	return 0;
}

int space_elf_add(struct space_elf *se, const char *path, const char *symbol,
		  struct err *err)
{
	return file_add(se, path, symbol, err);
}

void space_elf_close(struct space_elf *se)
{
	if (!se)
		return;
	for (unsigned i = 0; i < se->nfiles; i++)
		file_free(se->files[i]);
	free(se->segs);
	free(se->pages);
	free(se->syms);
	free(se->names);
	free(se->by_addr);
	free(se->exact);
	free(se);
}

/* ---- relocations ---- */

static bool seg_has_slot(const struct segment *seg, uint64_t addr, unsigned n)
{
	return addr >= seg->addr && addr - seg->addr < seg->filesz &&
	       seg->filesz - (addr - seg->addr) >= n;
}

/* Nearly all are in the segment of the one before. */
static struct segment *slot_find(struct space_elf *se, struct file *f,
				 uint64_t addr)
{
	unsigned n = se->space.ptr_size;

	if (seg_has_slot(&f->segs[f->last_slot], addr, n))
		return &f->segs[f->last_slot];
	for (unsigned i = 0; i < f->nsegs; i++) {
		if (!seg_has_slot(&f->segs[i], addr, n))
			continue;
		f->last_slot = i;
		return &f->segs[i];
	}
	return NULL;
}

/* Put @value, or what is there already plus @value, into the slot. */
static void slot_set(struct space_elf *se, struct file *f, uint64_t addr,
		     uint64_t value, bool in_place)
{
	struct segment *seg = slot_find(se, f, addr);
	unsigned n = se->space.ptr_size;
	uint64_t off, word;

	if (!seg || !seg->write)
		return;		/* .bss, or nowhere */
	off = addr - seg->addr;
	if (in_place)
		value += space_load(&se->space, seg->data + off, n);
	space_store(&se->space, seg->data + off, n, value);
	if (off & (n - 1))
		return;
	word = n == 8 ? off / 8 : off / 4;
	if (!seg->slots) {
		seg->nslots = seg->filesz / n / 64 + 1;
		seg->slots = zero_array(seg->nslots + 1, sizeof(*seg->slots));
	}
	seg->slots[word / 64] |= UINT64_C(1) << word % 64;
}

static uint64_t sym_value(struct space_elf *se, struct file *f, uint64_t i)
{
	const struct elf_symbol *own;
	const char *name;
	GElf_Sym sym;

	if (!sym_read(se, &f->dynsym, i, &sym))
		return 0;
	own = f->dynsyms[i] ? &se->syms[f->dynsyms[i] - 1] : NULL;
	if (own && !own->global)
		return own->addr;
	if (!own && sym.st_shndx != SHN_UNDEF)
		return f->pub.base + sym.st_value;
	name = table_name(f->dynsym.str, f->dynsym.str_len, sym.st_name);
	return *name ? sym_resolve(se, name)->addr : 0;
}

/*
 * A function that may be missing (weak, and in no file of ours), a copy of
 * another's variable, a thread's own variable, a function chosen when it is
 * run: what stands there is not known, though nobody writes it later.
 */
static void note_odd(struct space_elf *se, struct file *f, uint64_t at,
		     uint64_t sym, enum reloc kind)
{
	GElf_Sym s = { 0 };
	bool there = sym && sym_read(se, &f->dynsym, sym, &s);
	const char *name = there ? table_name(f->dynsym.str, f->dynsym.str_len,
					      s.st_name) : "";
	const struct elf_symbol *found;

	if (kind == RELOC_OTHER) {
		add_odd(f, at, there && s.st_size > 8 ? s.st_size : 8);
		return;
	}
	if (there && GELF_ST_TYPE(s.st_info) == STT_GNU_IFUNC)
		add_odd(f, at, 8);
	if (!there || GELF_ST_BIND(s.st_info) != STB_WEAK ||
	    s.st_shndx != SHN_UNDEF)
		return;
	found = *name ? space_elf_find(se, name) : NULL;
	if (!found || found->external)
		add_odd(f, at, 8);
}

static void relocate_one(struct space_elf *se, struct file *f,
			 const struct machine *m, uint64_t offset,
			 uint64_t sym, uint64_t type, uint64_t addend,
			 bool in_place)
{
	enum reloc kind = reloc_kind(m, type);
	bool got = type == m->jump + m->add || type == m->got + m->add;
	uint64_t at = f->pub.base + offset;

	if (kind == RELOC_RELATIVE) {
		slot_set(se, f, at, f->pub.base + addend, in_place);
		return;
	}
	if (kind == RELOC_SYMBOL)
		slot_set(se, f, at, sym_value(se, f, sym) + addend,
			 /* a jump slot's old value is the stub behind it */
			 in_place && !got);
	if (kind == RELOC_OTHER && !type)
		return;			/* R_*_NONE */
	note_odd(se, f, at, sym, kind);
	if (!got)
		return;
	if (!f->got_end || at < f->got)
		f->got = at;
	if (at + se->space.ptr_size > f->got_end)
		f->got_end = at + se->space.ptr_size;
}

/*
 * Linkers sort relocations by address.  To take the pages that the next ones
 * of a table lie in at once is several times as fast as a fault for each; a
 * kernel that cannot (before 5.14) takes them one by one.  Answers the end of
 * what has been taken.
 */
static uint64_t take_pages(struct space_elf *se, struct file *f,
			   const uint8_t *p, uint64_t len, unsigned size)
{
	uint64_t first = space_load(&se->space, p, se->space.ptr_size);
	const struct segment *seg = slot_find(se, f, f->pub.base + first);
	uint64_t from = first & ~(uint64_t)(PAGE - 1), end = from + PAGE;

	for (; len >= size; len -= size, p += size) {
		uint64_t at = space_load(&se->space, p, se->space.ptr_size);

		if (at < from || at >= end + PAGE)
			break;
		if (at >= end)
			end += PAGE;
	}
#ifdef MADV_POPULATE_WRITE
	if (seg && seg->write) {
		uint64_t base = seg->addr - f->pub.base;
		uint64_t lo = from > base ? from - base : 0;
		uint64_t hi = end - base < seg->filesz ? end - base :
							 seg->filesz;

		lo = (seg->off + lo) & ~(uint64_t)(PAGE - 1);
		if (lo < seg->off + hi)
			madvise(f->copy + lo, seg->off + hi - lo,
				MADV_POPULATE_WRITE);
	}
#else
	(void)seg;
#endif
	return end;
}

/* DT_RELA (with an addend) or DT_REL: offset, info and addend are words. */
static int relocate_table(struct space_elf *se, struct file *f, uint64_t addr,
			  uint64_t len, bool addend, struct err *err)
{
	const struct machine *m = machine_find(f->pub.machine);
	const uint8_t *p = table_at(f, addr, len);
	unsigned n = se->space.ptr_size, size = (addend ? 3 : 2) * n;
	uint64_t taken = 0;

	if (len && !p)
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
			       "relocations at 0x%" PRIx64 " are not in the file",
			       addr);
	for (; len >= size; len -= size, p += size) {
		uint64_t at = space_load(&se->space, p, n);
		uint64_t info = space_load(&se->space, p + n, n);
		uint64_t v = addend ? space_load(&se->space, p + 2 * n, n) : 0;

		if (at >= taken)
			taken = take_pages(se, f, p, len, size);
		if (n == 8)
			relocate_one(se, f, m, at, info >> 32, (uint32_t)info,
				     v, !addend);
		else
			relocate_one(se, f, m, at, info >> 8, info & 0xff,
				     (uint64_t)(int32_t)(uint32_t)v, !addend);
	}
	return 0;
}

/*
 * DT_RELR: an even word is the address of a slot; an odd one is a bitmap of
 * the words that follow the last one.
 */
static int relocate_relr(struct space_elf *se, struct file *f, uint64_t addr,
			 uint64_t len, struct err *err)
{
	unsigned ptr = se->space.ptr_size;
	int64_t off = len ? file_offset(f, addr, len) : 0;
	uint64_t where = 0;

	if (off < 0)
		return err_set(err, ERR_FORMAT, ERR_NO_OFFSET,
			       "packed relocations at 0x%" PRIx64
			       " are not in the file", addr);
	for (uint64_t i = 0; i + ptr <= len; i += ptr) {
		uint64_t word = space_load(&se->space,
					   f->map + off + i, ptr);

		if (!(word & 1)) {
			slot_set(se, f, f->pub.base + word, f->pub.base, true);
			where = word + ptr;
			continue;
		}
		for (unsigned b = 1; b < ptr * 8; b++)
			if (word >> b & 1)
				slot_set(se, f, f->pub.base + where +
					 (uint64_t)(b - 1) * ptr, f->pub.base,
					 true);
		where += (uint64_t)(ptr * 8 - 1) * ptr;
	}
	return 0;
}

static int file_relocate(struct space_elf *se, struct file *f, struct err *err)
{
	struct dynamic d;

	if (read_dynamic(f, &d, err))
		return -1;
	if (relocate_relr(se, f, d.relr, d.relrsz, err) ||
	    relocate_table(se, f, d.rela, d.relasz, true, err) ||
	    relocate_table(se, f, d.rel, d.relsz, false, err))
		return -1;
	return relocate_table(se, f, d.jmprel, d.pltrelsz, d.pltrel != DT_REL,
			      err);
}

int space_elf_relocate(struct space_elf *se, struct err *err)
{
	for (unsigned i = 0; i < se->nfiles; i++) {
		struct file *f = se->files[i];

		if (f->relocated)
			continue;
		f->relocated = true;
		if (file_relocate(se, f, err)) {
			if (i)
				err_prefix(err, "%s", f->pub.path);
			return -1;
		}
	}
	pages_fill(se);
	return 0;
}
