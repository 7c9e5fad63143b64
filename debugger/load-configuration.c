/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stream's header and its configuration section (migration/savevm.c): they
 * are read before any section.
 */
#include <errno.h>
#include <string.h>

#include "../stream/stream.h"
#include "load-impl.h"

static const struct desc_field configuration_fields[] = {
	{ .name = "len", .dup = -1, .type = "uint32", .size = 4, .num = 1,
	  .from_type = DESC_FROM_KNOWN, .from_num = DESC_FROM_KNOWN,
	  .from_exists = DESC_FROM_KNOWN, .from_size = DESC_FROM_KNOWN },
	{ .name = "name", .dup = -1, .type = "buffer", .num = 1,
	  .flags = VMS_VBUFFER | VMS_POINTER | VMS_ALLOC,
	  .count_field = "len", .multiplier = 1,
	  .from_type = DESC_FROM_KNOWN, .from_num = DESC_FROM_KNOWN,
	  .from_exists = DESC_FROM_KNOWN, .from_count = DESC_FROM_KNOWN },
};

static const struct desc_field page_bits_fields[] = {
	{ .name = "target_page_bits", .dup = -1, .type = "uint32", .size = 4,
	  .num = 1, .from_type = DESC_FROM_KNOWN, .from_num = DESC_FROM_KNOWN,
	  .from_exists = DESC_FROM_KNOWN, .from_size = DESC_FROM_KNOWN },
};

static const struct desc_field capabilities_fields[] = {
	{ .name = "caps_count", .dup = -1, .version = 1, .type = "uint32",
	  .size = 4, .num = 1, .from_type = DESC_FROM_KNOWN,
	  .from_num = DESC_FROM_KNOWN, .from_exists = DESC_FROM_KNOWN,
	  .from_size = DESC_FROM_KNOWN },
	{ .name = "capabilities", .dup = -1, .version = 1,
	  .type = "capability", .size = 4,
	  .flags = VMS_VARRAY_UINT32 | VMS_POINTER | VMS_ALLOC,
	  .count_field = "caps_count", .from_type = DESC_FROM_KNOWN,
	  .from_exists = DESC_FROM_KNOWN, .from_count = DESC_FROM_KNOWN },
};

static const struct desc_field uuid_fields[] = {
	{ .name = "uuid.data", .dup = -1, .version = 1, .type = "uint8",
	  .size = 1, .num = 16, .flags = VMS_ARRAY,
	  .from_type = DESC_FROM_KNOWN, .from_num = DESC_FROM_KNOWN,
	  .from_exists = DESC_FROM_KNOWN, .from_size = DESC_FROM_KNOWN },
};

#define CONFIGURATION_SUB(what, fields_) { \
	.name = "configuration/" what, .version = 1, .min_version = 1, \
	.fields = fields_, .nfields = sizeof(fields_) / sizeof(fields_[0]), \
	.all_fields = true, .all_subs = true, .from = DESC_FROM_KNOWN, \
	.from_version = DESC_FROM_KNOWN, .from_min = DESC_FROM_KNOWN }

static const struct desc configuration_page_bits =
	CONFIGURATION_SUB("target-page-bits", page_bits_fields);
static const struct desc configuration_capabilities =
	CONFIGURATION_SUB("capabilities", capabilities_fields);
static const struct desc configuration_uuid =
	CONFIGURATION_SUB("uuid", uuid_fields);

static const struct desc *const configuration_subs[] = {
	&configuration_page_bits, &configuration_capabilities,
	&configuration_uuid,
};

/* vmstate_configuration, migration/savevm.c, QEMU 5.2 to 10.0 */
static const struct desc configuration = {
	.name = "configuration", .version = 1,
	.fields = configuration_fields, .nfields = 2,
	.subs = configuration_subs, .nsubs = 3,
	.all_fields = true, .all_subs = true, .from = DESC_FROM_KNOWN,
	.from_version = DESC_FROM_KNOWN, .from_min = DESC_FROM_KNOWN,
};

static const uint8_t *bytes_of(const struct timeline *t, uint32_t parent,
			       const char *field, uint64_t *len)
{
	/* an event that is still open has no end yet */
	uint32_t end = t->events[parent].end ? t->events[parent].end : t->n;

	for (uint32_t i = parent; i < end; i++) {
		const struct event *e = &t->events[i];

		if (e->kind == EV_FIELD && e->name && !strcmp(e->name, field)) {
			*len = e->len;
			return t->src->data + e->off;
		}
	}
	return NULL;
}

static bool has_capability(const struct timeline *t, uint32_t top,
			   const char *name)
{
	uint64_t len, n = strlen(name);
	const uint8_t *p = bytes_of(t, top, "capabilities", &len);

	while (p && len) {
		uint64_t k = p[0];

		if (k + 1 > len)
			break;
		if (k == n && !memcmp(p + 1, name, n))
			return true;
		p += k + 1;
		len -= k + 1;
	}
	return false;
}

static uint32_t configuration_event(const struct timeline *t)
{
	for (uint32_t i = 0; t && i < t->n; i = i ? t->events[i].end : 1) {
		if (t->events[i].kind == EV_CONFIGURATION)
			return i;
	}
	return EVENT_NONE;
}

/*
 * configuration_post_load() refuses: 10.2 puts the hook's errno behind its line, 11.1
 * its Error, @error, in the place of one.
 */
static int refuse_configuration(struct load *l, uint32_t top, const char *error)
{
	const char *hook = "post load hook failed for: configuration, "
		"version_id: 1, minimum_version: 0";

	if (words_of_11(l))
		chain(l, "%s: %s", hook, error);
	else
		chain(l, "%s, ret: %d", hook, -EINVAL);
	return refuse(l, top, OUT_FAILED, -EINVAL);
}

/* configuration_validate_capabilities() */
static int check_capabilities(struct load *l, uint32_t top)
{
	static const char *const names[] = { "x-ignore-shared", "mapped-ram" };
	const struct timeline *ref = l->o->reference_timeline;
	uint32_t there = configuration_event(ref);

	if (there == EVENT_NONE)
		return 0;
	for (size_t i = 0; i < 2; i++) {
		bool got = has_capability(l->t, top, names[i]);
		bool local = has_capability(ref, there, names[i]);

		if (got == local || (i == 1 && l->o->any_transport))
			continue;
		say_both(l, "Capability %s is %s, but received capability is %s",
			 names[i], local ? "on" : "off", got ? "on" : "off");
		return refuse_configuration(l, top,
					    "Failed to validate capabilities");
	}
	return 0;
}

static int mismatch(struct load *l, uint32_t top, const char *text)
{
	if (words_of_11(l))
		say(l, "%s", text);
	else
		say_both(l, "%s", text);
	return refuse_configuration(l, top, text);
}

static int configuration_post_load(struct load *l, uint32_t top)
{
	const struct registry *reg = l->o->reg;
	uint64_t len = 0, n;
	const uint8_t *name = bytes_of(l->t, top, "name", &len);
	const uint8_t *bits = bytes_of(l->t, top, "target_page_bits", &n);
	unsigned got = bits && n == 4 ? (unsigned)be_load(bits, 4) : 0;

	if (name)
		l->t->machine = arena_intern(&l->t->arena, name, len);
	if (l->o->ram) {
		if (got >= 10 && got <= 20)
			ram_page_bits(l->o->ram, got);
		l->o->ram->ignore_shared = has_capability(l->t, top, "x-ignore-shared");
		l->o->ram->mapped = has_capability(l->t, top, "mapped-ram");
	}
	if (l->o->self || !name)
		return 0;
	/* compared over the received length only */
	if (!reg->machine) {
		note_unknown(l, "the destination's machine type is not told");
	} else if (strncmp((const char *)name, reg->machine, len)) {
		return mismatch(l, top, ev_printf(l, "Machine type received is "
			"'%.*s' and local is '%s'",
			(int)(len > 200 ? 200 : len), (const char *)name,
			reg->machine));
	}
	if (got && reg->page_bits && got != reg->page_bits) {
		return mismatch(l, top, ev_printf(l, "Received "
			"TARGET_PAGE_BITS is %d but local is %d", (int)got,
			(int)reg->page_bits));
	}
	return check_capabilities(l, top);
}

static int load_configuration(struct load *l)
{
	uint32_t top = ev_open(l, EV_CONFIGURATION, "configuration");
	int ret;

	l->c.pos++;
	l->t->configuration = true;
	ret = load_desc(l, NULL, &configuration, 0, NULL, NULL, NULL);
	if (!ret)
		ret = configuration_post_load(l, top);
	ev_close(l, top, ret ? OUT_FAILED : OUT_LOADED);
	return ret;
}

int load_header(struct load *l)
{
	uint32_t i = ev_open(l, EV_HEADER, "header");
	struct cursor c = l->c;
	uint32_t magic = cursor_be32(&c), version = cursor_be32(&c);
	bool here;

	if (magic != STREAM_MAGIC) {
		l->c.pos += cursor_left(&l->c) < 4 ? cursor_left(&l->c) : 4;
		say(l, "Not a migration stream");
		chain(l, "Not a migration stream, magic: %x != %x", magic,
		      STREAM_MAGIC);
		refuse(l, i, OUT_FAILED, -EINVAL);
		ev_close(l, i, OUT_FAILED);
		return -EINVAL;
	}
	l->c.pos = c.bad ? l->c.end : c.pos;
	if (version != STREAM_VERSION) {
		bool v2 = version == STREAM_VERSION_COMPAT;

		say(l, v2 ? "SaveVM v2 format is obsolete and don't work "
		    "anymore" : "Unsupported migration stream version");
		if (v2)
			chain(l, "SaveVM v2 format is obsolete and no longer "
			      "supported");
		else
			chain(l, "Unsupported migration stream version, file "
			      "version %x != %x", version, STREAM_VERSION);
		refuse(l, i, OUT_FAILED, -ENOTSUP);
		ev_close(l, i, OUT_FAILED);
		return -ENOTSUP;
	}
	ev_close(l, i, OUT_LOADED);
	here = cursor_peek(&l->c, 0) == SECTION_CONFIGURATION;
	if (l->o->configuration == TRI_NO ||
	    (l->o->configuration == TRI_UNKNOWN && !here))
		return 0;
	if (!here) {
		i = ev_open(l, EV_CONFIGURATION, "configuration");
		if (cursor_left(&l->c))
			l->c.pos++;
		say(l, "Configuration section missing");
		chain(l, "Configuration section missing, %x != %x",
		      (unsigned)l->c.data[l->c.pos - 1], SECTION_CONFIGURATION);
		refuse(l, i, OUT_FAILED, -EINVAL);
		l->c.pos = ev(l, i)->off;	/* another's byte */
		ev_close(l, i, OUT_FAILED);
		return -EINVAL;
	}
	return load_configuration(l);
}
