/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * devices-image.c - descriptors read out of executables.
 *
 * tests/data/image/vmstate.c is compiled in every known layout and for every
 * machine that there is a compiler for; whatever the layout and the machine,
 * the same text must come out.  Hostile inputs are executables made by hand.
 */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../devices/desc-image.h"

#define DIR "build/image"
#define FIXTURE "tests/data/image/vmstate.c"

static char text[1 << 16];
static size_t text_at;

__attribute__((format(printf, 1, 2))) static void put(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_at += (size_t)vsnprintf(text + text_at, sizeof(text) - text_at,
				     fmt, ap);
	va_end(ap);
	assert_true(text_at < sizeof(text));
}

/* One line per descriptor, in the order of their names. */
static void put_field(const struct desc_field *f)
{
	put(" %s", f->name);
	if (f->dup >= 0)
		put("#%d", f->dup);
	put("@%d:%s", (int)f->offset, f->desc ? f->desc->name :
	    f->type ? f->type : "-");
	if (f->key_desc)
		put("<%s", f->key_desc->name);
	if (f->flags & VMS_ARRAY)
		put("[%d]", (int)f->num);
	if (f->count_field)
		put("[%s*%d]", f->count_field, (int)f->multiplier);
	if (f->start)
		put("+%d", (int)f->start);
	if (f->version)
		put(" v%d", f->version);
	if (f->exists == EXISTS_PREDICATE)
		put(" ?%s", f->exists_name ? f->exists_name : "");
}

static void put_desc(const struct desc *d)
{
	put("%s v%d>=%d%s", d->name, d->version, d->min_version,
	    d->unmigratable ? " unmigratable" : "");
	if (d->needed_fn)
		put(" ?%s", d->needed_name ? d->needed_name : "");
	for (size_t i = 0; i < d->nfields; i++)
		put_field(&d->fields[i]);
	for (size_t i = 0; i < d->nsubs; i++)
		put(" /%s", d->subs[i]->name);
	put("\n");
}

static int by_name(const void *a, const void *b)
{
	const struct desc_item *x = a, *y = b;

	return strcmp(x->desc->name, y->desc->name);
}

static const char *put_set(const struct desc_image *img)
{
	const struct desc_set *set = desc_image_set(img);
	struct desc_item *items = calloc(set->nitems, sizeof(*items));

	text_at = 0;
	memcpy(items, set->items, set->nitems * sizeof(*items));
	qsort(items, set->nitems, sizeof(*items), by_name);
	for (size_t i = 0; i < set->nitems; i++)
		put_desc(items[i].desc);
	free(items);
	return text;
}

static const char want[] =
	" v3>=2 len@8:int32\n"
	"key v1>=0 level@4:uint8\n"
	"stuck v0>=0 unmigratable\n"
	"toy v20061113>=2 ctrl@0:uint32 count@4:uint16 flags@7:uint8 len@8:int32"
	" regs#0@12:uint32[16] regs#1@12:uint32[count*0] v3"
	" regs#2@12:uint32[flags*2] buf#0@76:buffer[len*4] buf#1@76:buffer[len*0]"
	" buf#2@92:buffer+16 ? ports@140:toy/port[2] valid@0:-[0] ?"
	" /toy/late /toy/mode /toy/empty\n"
	"toy/empty v1>=0 ?\n"
	"toy/late v1>=1 ? late@156:uint32\n"
	"toy/mode v1>=1 ? mode@6:uint8\n"
	"toy/port v2>=1 irq@0:uint32 level@4:uint8 v2\n"
	"tree v1>=0 root@8:value<key+8\n"
	"value v1>=0 irq@0:uint32\n";

static bool have(const char *compiler)
{
	char cmd[200];

	snprintf(cmd, sizeof(cmd), "command -v %s >/dev/null 2>&1", compiler);
	return !system(cmd);
}

static void compile(const char *compiler, const char *flags, const char *out)
{
	char cmd[1000];

	mkdir("build", 0777);
	mkdir(DIR, 0777);
	snprintf(cmd, sizeof(cmd), "%s -O2 -std=gnu11 %s %s -o %s/%s 2>/dev/null", compiler,
		 flags, FIXTURE, DIR, out);
	if (system(cmd))
		fail_msg("%s", cmd);
}

static struct desc_image *open_image(const char *name)
{
	struct desc_image *img;
	struct err err = { 0 };
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", DIR, name);
	if (desc_image_open(&img, path, NULL, &err))
		fail_msg("%s: %s", path, err.msg);
	return img;
}

/* ---- layouts and machines ---- */

static void every_layout(void **state)
{
	static const char *const descs[] = { "25", "29", "41", "42", "70", "102" };
	static const char *const desc_names[] = {
		"2.5", "2.9", "4.1", "4.2", "7.0", "10.2"
	};
	static const struct { const char *flags, *name; unsigned end; } fields[] = {
		{ "-DFIELD=25 -DEND=0", "2.5", 0 },
		{ "-DFIELD=212 -DEND=0", "2.12", 0 },
		{ "-DFIELD=212 -DEND=0x10000", "2.12", 0x10000 },
		{ "-DFIELD=1110 -DEND=0x20000", "11.1", 0x20000 },
	};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		for (size_t k = 0; k < 4; k++) {
			struct desc_image *img;
			char flags[200];

			snprintf(flags, sizeof(flags), "-s -DDESC=%s %s",
				 descs[i], fields[k].flags);
			compile("gcc", flags, "layout");
			img = open_image("layout");
			assert_string_equal(put_set(img), want);
			assert_string_equal(desc_image_shape(img)->desc.name,
					    desc_names[i]);
			assert_string_equal(desc_image_shape(img)->field.name,
					    fields[k].name);
			assert_int_equal(desc_image_shape(img)->end_flag,
					 fields[k].end);
			desc_image_close(img);
		}
	}
}

static void every_machine(void **state)
{
	static const char *const compilers[] = {
		"gcc", "clang-14", "aarch64-linux-gnu-gcc", "s390x-linux-gnu-gcc",
		"powerpc64le-linux-gnu-gcc", "i686-linux-gnu-gcc",
		"arm-linux-gnueabihf-gcc",
	};
	static const char *const flags[] = {
		"-s -fPIE -pie -DDESC=70 -DFIELD=212 -DEND=0x10000",
		"-s -no-pie -DDESC=42 -DFIELD=212 -DEND=0",
		"-s -no-pie -Wl,-z,noseparate-code -DDESC=70 -DFIELD=212 -DEND=0",
		"-s -fPIE -pie -Wl,-z,pack-relative-relocs -DDESC=102 -DFIELD=1110 -DEND=0x20000",
		"-s -static -DDESC=102 -DFIELD=1110 -DEND=0x20000",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(compilers) / sizeof(*compilers); i++) {
		if (!have(compilers[i])) {
			print_message("no %s: not tested\n", compilers[i]);
			continue;
		}
		for (size_t k = 0; k < sizeof(flags) / sizeof(*flags); k++) {
			struct desc_image *img;

			compile(compilers[i], flags[k], "machine");
			img = open_image("machine");
			if (strcmp(put_set(img), want))
				fail_msg("%s %s:\n%s", compilers[i], flags[k],
					 text);
			desc_image_close(img);
		}
	}
}

static void symbols(void **state)
{
	struct desc_image *img;
	const struct desc_set *set;
	const struct desc *toy = NULL;

	(void)state;
	compile("gcc", "-DDESC=70 -DFIELD=212 -DEND=0", "symbols");
	img = open_image("symbols");
	set = desc_image_set(img);
	for (size_t i = 0; i < set->nitems; i++)
		if (!strcmp(set->items[i].key, "vmstate_toy"))
			toy = set->items[i].desc;
	assert_non_null(toy);
	assert_string_equal(toy->symbol, "vmstate_toy");
	assert_string_equal(toy->post_load_name, "toy_post_load");
	assert_string_equal(toy->pre_save_name, "toy_pre_save");
	assert_string_equal(toy->subs[0]->needed_name, "toy_late_needed");
	assert_string_equal(toy->fields[9].exists_name, "toy_is_new");
	assert_ptr_equal(desc_image_at(img, toy->addr), toy);
	assert_null(desc_image_at(img, toy->addr + 8));
	desc_image_close(img);
}

/* ---- modules ---- */

static size_t count(const char *what)
{
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, what)); p++)
		n++;
	return n;
}

static void modules(void **state)
{
	static const char layout[] = "-rdynamic -s -DDESC=70 -DFIELD=212 -DEND=0";
	static const char module[] = "-shared -fPIC -s -DMODULE -DDESC=70 -DFIELD=212 -DEND=0";
	struct desc_image_opts opts = { .modules = DIR "/modules" };
	struct desc_image *img;
	struct err err = { 0 };
	char flags[300];

	(void)state;
	(void)!system("rm -rf " DIR "/modules");
	compile("gcc", layout, "emulator");
	mkdir(DIR "/modules", 0777);
	snprintf(flags, sizeof(flags), "%s -DSTAMP=qemu_stamp_fedcba", module);
	compile("gcc", flags, "modules/hw-other.so");
	(void)!system("head -c 300 " DIR "/modules/hw-other.so > " DIR "/modules/hw-short.so");
	assert_int_equal(desc_image_open(&img, DIR "/emulator", &opts, &err), 0);
	assert_string_equal(put_set(img), want);
	assert_int_equal(desc_image_nwarnings(img), 3);
	assert_non_null(strstr(desc_image_warning(img, 0), "hw-short.so"));
	assert_non_null(strstr(desc_image_warning(img, 1), "another build"));
	desc_image_close(img);

	snprintf(flags, sizeof(flags), "%s -DSTAMP=qemu_stamp_0123456789abcdef",
		 module);
	compile("gcc", flags, "modules/hw-same.so");
	assert_int_equal(desc_image_open(&img, DIR "/emulator", &opts, &err), 0);
	put_set(img);
	assert_int_equal(count("extra v1>=1 ctrl@0:uint32 toy@64:toy\n"), 1);
	assert_int_equal(count("\n"), 11);
	desc_image_close(img);

	opts.modules = NULL;
	opts.no_modules = true;
	assert_int_equal(desc_image_open(&img, DIR "/emulator", &opts, &err), 0);
	assert_string_equal(put_set(img), want);
	desc_image_close(img);
}

/* ---- broken files ---- */

static uint8_t *slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p;

	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	*len = (size_t)ftell(f);
	rewind(f);
	p = malloc(*len);
	assert_int_equal(fread(p, 1, *len, f), *len);
	fclose(f);
	return p;
}

static void spit(const char *path, const void *p, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, len, f), len);
	fclose(f);
}

/* Open what may be anything: an error has a message, a success can be read. */
static bool open_any(const char *path)
{
	struct desc_image *img = NULL;
	struct err err = { 0 };

	if (desc_image_open(&img, path, NULL, &err)) {
		assert_true(err.code != ERR_NONE);
		assert_true(err.msg[0]);
		assert_null(strchr(err.msg, '\n'));
		return false;
	}
	put_set(img);
	desc_image_close(img);
	return true;
}

static void truncated(void **state)
{
	size_t len, good = 0;
	uint8_t *p;

	(void)state;
	compile("gcc", "-s -DDESC=70 -DFIELD=212 -DEND=0", "whole");
	p = slurp(DIR "/whole", &len);
	for (size_t n = 0; n < len; n += 64) {
		spit(DIR "/cut", p, n);
		good += open_any(DIR "/cut");
	}
	/* only the section headers may be missing */
	assert_true(good * 64 < 4096);
	free(p);
}

static void mutated(void **state)
{
	uint32_t seed = 1;
	uint8_t *p, *q;
	size_t len;

	(void)state;
	compile("gcc", "-s -DDESC=70 -DFIELD=212 -DEND=0", "whole");
	p = slurp(DIR "/whole", &len);
	q = malloc(len);
	for (unsigned i = 0; i < 1000; i++) {
		memcpy(q, p, len);
		for (unsigned k = 0; k < 1 + i % 16; k++) {
			size_t at;

			seed = seed * 1664525 + 1013904223;
			at = (seed >> 8) % (k & 1 ? len : 2048);
			seed = seed * 1664525 + 1013904223;
			q[at] = (uint8_t)(seed >> 24);
		}
		spit(DIR "/mutated", q, len);
		open_any(DIR "/mutated");
	}
	free(p);
	free(q);
}

/* ---- executables made by hand: x86-64, no relocations ---- */

#define BASE UINT64_C(0x10000000)

struct image {
	uint8_t *p;
	size_t len, cap;
};

static uint64_t image_add(struct image *im, const void *p, size_t n)
{
	uint64_t at;

	im->len = (im->len + 31) / 32 * 32;
	at = BASE + im->len;
	while (im->len + n > im->cap)
		im->p = realloc(im->p, im->cap = im->cap ? im->cap * 2 : 4096);
	if (p)
		memcpy(im->p + im->len, p, n);
	else
		memset(im->p + im->len, 0, n);
	im->len += n;
	return at;
}

static void image_start(struct image *im)
{
	Elf64_Ehdr eh = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = EM_X86_64,
		.e_version = EV_CURRENT, .e_phoff = sizeof(eh),
		.e_ehsize = sizeof(eh), .e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 2,
	};

	memset(im, 0, sizeof(*im));
	image_add(im, &eh, sizeof(eh) + 0);
	image_add(im, NULL, 2 * sizeof(Elf64_Phdr));
}

/* 7.0's VMStateDescription and 2.12's VMStateField */
struct vmsd {
	uint64_t name;
	uint32_t unmigratable, version, min, prio;
	uint64_t fn[6], fields, subs;
};

struct field {
	uint64_t name, hint, offset, size, start;
	uint32_t num, pad;
	uint64_t num_offset, size_offset, info;
	uint32_t flags, pad2;
	uint64_t vmsd;
	uint32_t version, struct_version;
	uint64_t exists;
};

#define CODE UINT64_C(0x400000)

static uint64_t image_text(struct image *im, const char *s)
{
	return image_add(im, s, strlen(s) + 1);
}

static uint64_t image_info(struct image *im, const char *name)
{
	uint64_t info[3] = { image_text(im, name), CODE, CODE };

	return image_add(im, info, sizeof(info));
}

/* The object at @addr, until something is added. */
static void *image_at(struct image *im, uint64_t addr)
{
	return im->p + (addr - BASE);
}

static bool image_open(struct image *im, const char *name,
		       struct desc_image **ret, struct err *err)
{
	char path[200];
	Elf64_Phdr ph[2] = {
		{ .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = CODE,
		  .p_memsz = 4096, .p_filesz = 64 },
		{ .p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_vaddr = BASE,
		  .p_memsz = im->len, .p_filesz = im->len },
	};
	clock_t start;
	int got;

	memcpy(im->p + 64, ph, sizeof(ph));
	snprintf(path, sizeof(path), "%s/%s", DIR, name);
	mkdir("build", 0777);
	mkdir(DIR, 0777);
	spit(path, im->p, im->len);
	free(im->p);
	memset(err, 0, sizeof(*err));
	start = clock();
	got = desc_image_open(ret, path, NULL, err);
	assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 20);
	unlink(path);
	return !got;
}

/* What tells 7.0 from 2.9, and 2.12 from what else there is. */
static void image_evidence(struct image *im)
{
	uint64_t info = image_info(im, "uint32"), fields, name, subs[4] = { 0 };
	struct field f[5] = { 0 };
	struct vmsd d = { .version = 1 };

	name = image_text(im, "f");
	for (int i = 0; i < 4; i++)
		f[i] = (struct field){
			.name = name, .size = 4, .info = info,
			.num_offset = i < 2 ? 4 : 0, .size_offset = i < 2 ? 0 : 4,
			.flags = i < 2 ? 0x10 : 0x100,
		};
	fields = image_add(im, f, sizeof(f));
	d.fields = fields;
	d.fn[4] = CODE;
	for (int i = 0; i < 3; i++) {
		d.name = image_text(im, "parent/sub");
		subs[i] = image_add(im, &d, sizeof(d));
	}
	d.name = image_text(im, "parent");
	d.fn[4] = 0;
	d.subs = image_add(im, subs, sizeof(subs));
	image_add(im, &d, sizeof(d));
}

static void by_hand(void **state)
{
	struct desc_image *img;
	struct image im;
	struct err err;

	(void)state;
	image_start(&im);
	image_evidence(&im);
	if (!image_open(&im, "hand", &img, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(desc_image_set(img)->nitems, 4);
	desc_image_close(img);
}

/* A descriptor called @name with one field that nests @vmsd. */
static uint64_t image_nest(struct image *im, const char *name, uint64_t vmsd)
{
	struct field f[2] = { {
		.name = image_text(im, "nested"), .size = 4, .flags = 8,
		.vmsd = vmsd,
	} };
	struct vmsd d = { .version = 1 };

	d.name = image_text(im, name);
	d.fields = image_add(im, f, sizeof(f));
	return image_add(im, &d, sizeof(d));
}

static void set_vmsd(struct image *im, uint64_t desc, uint64_t vmsd)
{
	struct vmsd *d = image_at(im, desc);
	struct field *f = image_at(im, d->fields);

	f->vmsd = vmsd;
}

/* Does anything below @d lead back to it?  The paths are short if not. */
static unsigned depth_below(const struct desc *d, unsigned depth)
{
	unsigned max = depth;

	assert_true(depth <= DESC_IMAGE_MAX_DEPTH);
	for (size_t i = 0; i < d->nfields && i < 2; i++)
		if (d->fields[i].desc) {
			unsigned n = depth_below(d->fields[i].desc, depth + 1);

			max = n > max ? n : max;
		}
	return max;
}

static void cycles(void **state)
{
	struct desc_image *img;
	struct image im;
	struct err err;
	uint64_t a, b;

	(void)state;
	image_start(&im);
	image_evidence(&im);
	a = image_nest(&im, "a", 0);
	b = image_nest(&im, "b", a);
	set_vmsd(&im, a, b);
	a = image_nest(&im, "self", 0);
	set_vmsd(&im, a, a);
	assert_true(image_open(&im, "cyclic", &img, &err));
	for (size_t i = 0; i < desc_image_set(img)->nitems; i++)
		depth_below(desc_image_set(img)->items[i].desc, 0);
	assert_int_equal(desc_image_nwarnings(img), 2);
	desc_image_close(img);
}

/* a subsection that is its own parent */
static void sub_cycle(void **state)
{
	struct desc_image *img;
	struct image im;
	struct err err;
	uint64_t a, subs[2] = { 0 }, list;
	struct vmsd *d;

	(void)state;
	image_start(&im);
	image_evidence(&im);
	a = image_nest(&im, "a", 0);
	set_vmsd(&im, a, BASE + 64 * 3);
	subs[0] = a;
	list = image_add(&im, subs, sizeof(subs));
	d = image_at(&im, a);
	d->subs = list;
	((struct field *)image_at(&im, d->fields))->vmsd = 0;
	((struct field *)image_at(&im, d->fields))->flags = 0x1000;
	assert_true(image_open(&im, "subcycle", &img, &err));
	assert_int_equal(desc_image_nwarnings(img), 1);
	desc_image_close(img);
}

/* A chain of descriptors, each nested in the next, and each twice. */
static void deep(void **state)
{
	struct desc_image *img;
	struct image im;
	struct err err;
	uint64_t below = 0;

	(void)state;
	image_start(&im);
	image_evidence(&im);
	for (int i = 0; i < 3000; i++) {
		struct field f[3] = { { 0 } };
		struct vmsd d = { .version = 1 };

		f[0].name = f[1].name = image_text(&im, "nested");
		f[0].flags = f[1].flags = below ? 8 : 0x1000;
		f[0].vmsd = f[1].vmsd = below;
		f[0].size = f[1].size = 4;
		d.name = image_text(&im, "deep");
		d.fields = image_add(&im, f, sizeof(f));
		below = image_add(&im, &d, sizeof(d));
	}
	assert_true(image_open(&im, "deep", &img, &err));
	for (size_t i = 0; i < desc_image_set(img)->nitems; i++) {
		const struct desc *d = desc_image_set(img)->items[i].desc;

		/* straight down: not all of the 2^n paths */
		for (unsigned n = 0; d; n++) {
			assert_true(n <= DESC_IMAGE_MAX_DEPTH);
			d = d->nfields ? d->fields[0].desc : NULL;
		}
	}
	desc_image_close(img);
}

static void many_fields(void **state)
{
	static const size_t n[] = { 1000000, 1600000 };
	struct desc_image *img;
	struct image im;
	struct err err;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct field *f = calloc(n[i] + 1, sizeof(*f));
		struct vmsd d = { .version = 1 };
		uint64_t name, info;
		bool ok;

		image_start(&im);
		image_evidence(&im);
		name = image_text(&im, "f");
		info = image_info(&im, "uint8");
		for (size_t k = 0; k < n[i]; k++)
			f[k] = (struct field){ .name = name, .size = 1,
					       .info = info, .flags = 1 };
		d.name = image_text(&im, "huge");
		d.fields = image_add(&im, f, (n[i] + 1) * sizeof(*f));
		image_add(&im, &d, sizeof(d));
		free(f);
		ok = image_open(&im, "huge", &img, &err);
		if (ok)
			desc_image_close(img);
	}
}

/* Every entry of a long list is the beginning of another descriptor's. */
static void overlapping(void **state)
{
	enum { N = 20000 };
	struct field *f = calloc(N + 1, sizeof(*f));
	struct desc_image *img;
	struct image im;
	struct err err;
	uint64_t name, info, list;

	(void)state;
	image_start(&im);
	image_evidence(&im);
	name = image_text(&im, "f");
	info = image_info(&im, "uint8");
	for (size_t k = 0; k < N; k++)
		f[k] = (struct field){ .name = name, .size = 1, .info = info,
				       .flags = 1 };
	list = image_add(&im, f, (N + 1) * sizeof(*f));
	for (size_t k = 0; k < N; k++) {
		struct vmsd d = { .version = 1, .name = name };

		d.fields = list + k * sizeof(*f);
		image_add(&im, &d, sizeof(d));
	}
	free(f);
	assert_false(image_open(&im, "overlapping", &img, &err));
	assert_int_equal(err.code, ERR_LIMIT);
}

static void long_names(void **state)
{
	size_t n = 10 << 20;
	char *name = malloc(n + 1);
	struct desc_image *img;
	struct image im;
	struct err err;
	uint64_t long_name;

	(void)state;
	memset(name, 'x', n);
	name[n] = '\0';
	image_start(&im);
	image_evidence(&im);
	long_name = image_text(&im, name);
	for (int i = 0; i < 1000; i++) {
		struct vmsd d = { .version = 1, .name = long_name,
				  .unmigratable = 1 };

		image_add(&im, &d, sizeof(d));
	}
	free(name);
	assert_true(image_open(&im, "names", &img, &err));
	assert_int_equal(desc_image_set(img)->nitems, 4);
	desc_image_close(img);
}

static void no_descriptors(void **state)
{
	static const struct { const char *path, *want; } cases[] = {
		{ "/bin/true", "no VMStateDescription in any known layout in it" },
		{ "/etc/passwd", "not an ELF file" },
		{ "/", "not a regular file" },
		{ "/dev/null", "not a regular file" },
		{ "/nonexistent", "cannot open: No such file or directory" },
	};
	struct desc_image *img;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err = { 0 };

		assert_int_equal(desc_image_open(&img, cases[i].path, NULL,
						 &err), -1);
		assert_string_equal(err.msg, cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_layout),
		cmocka_unit_test(every_machine),
		cmocka_unit_test(symbols),
		cmocka_unit_test(modules),
		cmocka_unit_test(truncated),
		cmocka_unit_test(mutated),
		cmocka_unit_test(by_hand),
		cmocka_unit_test(cycles),
		cmocka_unit_test(sub_cycle),
		cmocka_unit_test(deep),
		cmocka_unit_test(many_fields),
		cmocka_unit_test(overlapping),
		cmocka_unit_test(long_names),
		cmocka_unit_test(no_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
