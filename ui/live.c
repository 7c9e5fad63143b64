/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../devices/desc-image.h"
#include "../devices/file-kind.h"
#include "live.h"

volatile int live_interrupted;

static void on_interrupt(int sig)
{
	(void)sig;
	live_interrupted++;
}

void live_catch(void)
{
	struct sigaction a = { .sa_handler = on_interrupt };

	sigaction(SIGINT, &a, NULL);
	sigaction(SIGTERM, &a, NULL);
	sigaction(SIGHUP, &a, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* 1: taken, 0: not ours, -1: wrong. */
static int take(const struct subcommand *self, const struct live_option *own,
		int argc, char **argv, int *i)
{
	for (; own->name; own++) {
		size_t n = strlen(own->name), k = 0;
		const char *v = argv[*i] + n;

		if (strncmp(argv[*i], own->name, n) || (*v && *v != '='))
			continue;
		if (own->flag) {
			*own->flag = true;
			return *v ? 0 : 1;
		}
		if (*v)
			v++;
		else if (*i + 1 < argc)
			v = argv[++*i];
		else {
			complain("%s: %s needs a value", self->name, own->name);
			return -1;
		}
		if (own->value) {
			*own->value = v;
			return 1;
		}
		while (k < 16 && own->list[k])
			k++;
		if (k < 16)
			own->list[k] = v;
		return 1;
	}
	return 0;
}

int live_parse(const struct subcommand *self, int argc, char **argv,
	       const struct live_option *own, struct live_args *ret)
{
	char **rest = calloc((size_t)argc + 1, sizeof(*rest));
	int n = 0, cut = argc, r = 0;

	memset(ret, 0, sizeof(*ret));
	if (!rest)
		abort();
	for (int i = 1; i < argc && cut == argc; i++) {
		if (!strcmp(argv[i], "--"))
			cut = i;
	}
	if (cut + 1 < argc)
		ret->command = (const char *const *)argv + cut + 1;
	rest[n++] = argv[0];
	for (int i = 1; i < cut && r >= 0; i++) {
		r = take(self, own, cut, argv, &i);
		if (!r)
			rest[n++] = argv[i];
	}
	if (r >= 0)
		r = args_parse(self, n, rest, &ret->common);
	free(rest);
	return r < 0 ? -1 : 0;
}

int live_seconds(const struct subcommand *self, const char *option,
		 const char *text)
{
	char *end;
	double s = strtod(text, &end);

	if (end != text && !*end && s > 0 && s < 1e6)
		return (int)(s * 1000);
	complain("%s: %s %s is no number of seconds", self->name, option, text);
	return -1;
}

int live_predict(struct live_prediction *p, const struct args *a)
{
	const struct destination_opts o = {
		.release = a->release, .images = &a->images,
		.asked = a->asked,
	};
	enum rules rules = RULES_CURRENT;
	struct err err;

	memset(p, 0, sizeof(*p));
	if (a->rules && !rules_parse(a->rules, &rules)) {
		complain("no loader rules called '%s'; 'vmsdb rules --help' "
			 "lists them", a->rules);
		return -1;
	}
	if (account_open(&p->source, a->operands[0], DESC_FROM_SOURCE,
			 &a->source, &err) < 0) {
		complain("%s: %s", a->operands[0], err.msg);
		return -1;
	}
	if (destination_open_with(&p->dest, a->to, a->nto, p->source, &o,
				  &err) < 0) {
		complain("%s", err.msg);
		live_prediction_release(p);
		return -1;
	}
	p->dest->any_transport = true;
	p->load = destination_load(p->dest, p->source, rules, &a->source);
	p->analysis = analyse(p->source, p->dest, p->load);
	return 0;
}

void live_prediction_release(struct live_prediction *p)
{
	if (p->analysis)
		analysis_close(p->analysis);
	if (p->load)
		timeline_close(p->load);
	if (p->dest)
		destination_close(p->dest);
	if (p->source)
		account_close(p->source);
	memset(p, 0, sizeof(*p));
}

bool live_is_elf(const char *path)
{
	char magic[4] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool ret = fd >= 0 && read(fd, magic, 4) == 4 &&
		file_kind(magic, 4) == FILE_ELF;

	if (fd >= 0)
		close(fd);
	return ret;
}

/* The emulator's executable, unless one was given or it cannot be read. */
static void add_binary(struct args *a, const struct reference *r)
{
	struct desc_image_opts opts = a->images;
	struct desc_image *img;
	struct err err;

	for (size_t i = 0; i < a->nto; i++) {
		if (live_is_elf(a->to[i]))
			return;
	}
	if (!*r->binary || !live_is_elf(r->binary))
		return;
	if (!opts.modules && *r->modules)
		opts.modules = r->modules;
	if (desc_image_open(&img, r->binary, &opts, &err) < 0) {
		complain("the prediction goes without the executable: %s: %s",
			 r->binary, err.msg);
		return;
	}
	desc_image_close(img);
	a->images.modules = opts.modules;
	a->to[a->nto++] = r->binary;
}

void live_join(struct args *a, const struct reference *r)
{
	a->to[a->nto++] = r->path;
	a->release = r->release;
	a->asked = r->dir;
	if (*r->dump)
		a->to[a->nto++] = r->dump;
	add_binary(a, r);
}

/*
 * Whoever interrupts that wants no answer at all.  Nothing is left behind: neither
 * the emulator nor what it wrote.
 */
static int make_reference(struct reference *ret, const char *const *command,
			  struct err *err)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	struct sigaction before[4];
	int r;

	for (size_t i = 0; i < 4; i++)
		sigaction(signals[i], NULL, &before[i]);
	live_catch();
	r = reference_make(ret, command, &live_interrupted, err);
	for (size_t i = 0; i < 4; i++)
		sigaction(signals[i], &before[i], NULL);
	if (live_interrupted) {
		reference_remove(ret);
		complain("interrupted");
		exit(STATUS_UNKNOWN);
	}
	return r;
}

int live_ask(struct args *a, const char *const *command, bool always,
	     struct reference *ret)
{
	struct err err;

	memset(ret, 0, sizeof(*ret));
	if (!command || (a->nto && !always))
		return 0;
	if (a->nto + 3 > sizeof(a->to) / sizeof(a->to[0])) {
		complain("more than %zu accounts of the destination",
			 sizeof(a->to) / sizeof(a->to[0]) - 3);
		return -1;
	}
	if (make_reference(ret, command, &err) < 0) {
		complain("%s", err.msg);
		return -1;
	}
	live_join(a, ret);
	return 0;
}

void live_asked_end(struct reference *r)
{
	reference_remove(r);
}

const char *live_bare(const char *message)
{
	const char *colon = message ? strstr(message, ": ") : NULL;

	if (!colon || strncmp(message, "qemu-system-", 12) ||
	    memchr(message, ' ', (size_t)(colon - message)))
		return message;
	return colon + 2;
}
