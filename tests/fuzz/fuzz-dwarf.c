/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of debug information, as far as this program reads them itself: notes
 * and links, compressed and joined sections, unit headers, the indexes of
 * packages.  libdwarf, which is run in a process of its own, is left out: see
 * tests/debuginfo-damage-check.  Seeds are the executables, .dwo and .dwp files
 * that tests/devices-member leaves in build/image.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../devices/dwarf-units.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void complained(const struct err *err)
{
	if (!*err->msg || strchr(err->msg, '\n'))
		abort();
}

static void look(const struct dwarf_units *du)
{
	volatile uint8_t sum = 0;

	for (size_t i = 0; i < du->nobjects; i++) {
		const struct dwarf_object *o = &du->objects[i];

		for (unsigned k = 0; k < o->nsections; k++)
			for (uint64_t at = 0; at < o->sections[k].size; at++)
				sum = (uint8_t)(sum + o->sections[k].data[at]);
	}
	for (size_t i = 0; i < du->nunits; i++) {
		const struct dwarf_unit *u = &du->units[i];

		/* in order, without a gap that belongs to two */
		if (u->die > u->end || u->start >= u->end ||
		    (i && u->start < du->units[i - 1].start) ||
		    ref_object(u->start) >= du->nobjects ||
		    dwarf_units_of(du, u->start) != u)
			abort();
		if (u->type && (!dwarf_units_type(du, u->id) ||
				dwarf_units_of(du, u->type) != u))
			abort();
	}
}

static void package(const struct debug_file *f)
{
	struct dwarf_units du = { 0 };
	struct err err = { 0 };
	struct dwp_row *rows;
	size_t n;

	if (dwp_read(f, &rows, &n, &err)) {
		complained(&err);
		return;
	}
	for (size_t i = 0, end; i < n && i < 1000; i = end) {
		int object;

		for (end = i; end < n && rows[end].group == rows[i].group; end++)
			;
		object = dwarf_units_add_rows(&du, f, rows + i, end - i, &err);
		if (object < 0 || dwarf_units_read(&du, (unsigned)object, &err))
			complained(&err);
	}
	dwarf_units_sort(&du);
	look(&du);
	dwarf_units_release(&du);
	free(rows);
}

static void units(const struct debug_file *f)
{
	struct dwarf_units du = { 0 };
	struct err err = { 0 };

	if (dwarf_units_add_file(&du, f, &err) < 0 ||
	    dwarf_units_read(&du, 0, &err))
		complained(&err);
	dwarf_units_sort(&du);
	look(&du);
	dwarf_units_release(&du);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("debug", 0);
	struct debug_file *f;
	struct err err = { 0 };
	char path[40];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (debug_file_open(&f, path, NULL, &err)) {
		complained(&err);
	} else {
		units(f);
		debug_file_close(f);
	}
	memset(&err, 0, sizeof(err));
	if (debug_file_open_split(&f, path, &err)) {
		complained(&err);
	} else {
		units(f);
		package(f);
		debug_file_close(f);
	}
	close(fd);
	return 0;
}
