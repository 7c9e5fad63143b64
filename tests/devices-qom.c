/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * devices-qom.c - types, their properties and what machine types set.
 *
 * tests/data/image/qom.c is compiled for every host whose code is known, in
 * several ways; whatever the host, the same text must come out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../devices/qom.h"

#define DIR "build/image"

static char text[1 << 14];
static size_t at;

__attribute__((format(printf, 1, 2))) static void put(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	at += (size_t)vsnprintf(text + at, sizeof(text) - at, fmt, ap);
	va_end(ap);
	assert_true(at < sizeof(text));
}

static const char want[] =
	"machine toy-1.0 all small-toy-cpu: "
	"toy-device.fast=off toy-device.queues=1 toy-device.merge=off "
	"toy-device.packed=off toy-device.size=7\n"
	"machine toy-2.0 all small-toy-cpu: "
	"toy-device.fast=off toy-device.queues=1\n"
	"machine toy-3.0 all big-toy-cpu:\n"
	"device < object all:\n"
	"machine < object all:\n"
	"toy-1.0-machine < machine all:\n"
	"toy-2.0-machine < machine all:\n"
	"toy-3.0-machine < machine all:\n"
	"toy-big < device all: [toy]\n"
	"toy-device < device all: [toy-device] fast:bool=1 queues:uint16=3 "
	"merge:bool#5=1 indirect:bool#31=0 packed:bool#34=1 order:bool#0=0 "
	"size:uint64=4294967298\n"
	"toy-small < device all: [tree]\n"
	/* fast, queues, merge, indirect, packed, size */
	"toy-1.0 nnnnnn\n"
	"toy-2.0 nnynyy\n"
	"toy-3.0 yyynyy\n";

static void put_machine(const struct qom_machine *m)
{
	put("machine %s %s %s:", m->name, m->complete ? "all" : "some",
	    m->cpu ? m->cpu : "?");
	for (size_t i = 0; i < m->nglobals; i++)
		put(" %s.%s=%s", m->globals[i]->driver, m->globals[i]->property,
		    m->globals[i]->value);
	put("\n");
}

static void put_type(const struct qom_type *t)
{
	put("%s < %s %s:", t->name, t->parent, t->walked ? "all" : "some");
	for (size_t i = 0; i < t->ndescs; i++)
		put(" [%s]", t->descs[i]->name);
	for (size_t i = 0; i < t->nprops; i++) {
		const struct qom_prop *p = &t->props[i];

		put(" %s:%s", p->name, p->type);
		if (p->bit >= 0)
			put("#%d", p->bit);
		put("=%llu", (unsigned long long)p->value);
	}
	put("\n");
}

/* What needed() of the device's subsections answers on each machine type. */
static void put_answers(const struct qom *q, const struct qom_machine *m)
{
	const struct qom_type *t = qom_find(q, "toy-device");
	const struct desc *d = t->ndescs ? t->descs[0] : NULL;

	put("%s ", m->name);
	for (size_t i = 0; d && i < d->nsubs; i++) {
		struct qom_object o = { .type = t, .machine = m };
		enum tri a = qom_ask(q, &o, d->subs[i]->needed_fn, 1, NULL);

		put("%c", a == TRI_YES ? 'y' : a == TRI_NO ? 'n' : '?');
	}
	put("\n");
}

static void one(const char *compiler, const char *flags)
{
	struct desc_image *img;
	struct qom *q;
	struct err err = { 0 };
	char cmd[600];

	snprintf(cmd, sizeof(cmd), "%s %s -w -rdynamic "
		 "-Wl,--unresolved-symbols=ignore-all -o " DIR
		 "/qom tests/data/image/qom.c", compiler, flags);
	if (system(cmd))
		fail_msg("%s", cmd);
	if (desc_image_open(&img, DIR "/qom", NULL, &err) ||
	    qom_open(&q, img, &err))
		fail_msg("%s: %s", cmd, err.msg);
	at = 0;
	text[0] = '\0';
	for (size_t i = 0; i < qom_nmachines(q); i++)
		put_machine(qom_machine(q, i));
	for (size_t i = 0; i < qom_ntypes(q); i++)
		put_type(qom_type(q, i));
	for (size_t i = 0; i < qom_nmachines(q); i++)
		put_answers(q, qom_machine(q, i));
	if (strcmp(text, want))
		fail_msg("%s:\n%s", cmd, text);
	qom_close(q);
	desc_image_close(img);
}

static bool have(const char *compiler)
{
	char cmd[100];

	snprintf(cmd, sizeof(cmd), "command -v %s >/dev/null", compiler);
	if (!system(cmd))
		return true;
	print_message("no %s: not tested\n", compiler);
	return false;
}

static void every_host(void **state)
{
	static const char *const compilers[] = {
		"gcc", "clang-14", "aarch64-linux-gnu-gcc",
		"powerpc64le-linux-gnu-gcc", "s390x-linux-gnu-gcc",
	};
	static const char *const flags[] = {
		"-O1 -s -fPIE -pie", "-O2 -s -fPIE -pie -Wl,-z,now",
		"-O3 -s -fPIE -pie -fno-plt", "-Os -s -fPIE -pie",
		"-O2 -s -fPIE -pie -Wl,-z,noseparate-code",
		"-O2 -s -no-pie", "-O0 -fPIE -pie",
	};

	(void)state;
	mkdir("build", 0777);
	mkdir(DIR, 0777);
	for (size_t i = 0; i < sizeof(compilers) / sizeof(*compilers); i++)
		for (size_t k = 0; have(compilers[i]) &&
		     k < sizeof(flags) / sizeof(*flags); k++)
			one(compilers[i], flags[k]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
