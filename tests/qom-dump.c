/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qom-dump EMULATOR: its machine types and types as qom.h tells of them. */
#include <inttypes.h>
#include <stdio.h>

#include "../devices/qom.h"

int main(int argc, char **argv)
{
	struct desc_image *img;
	struct qom *q;
	const struct qom_foreign *foreign;
	struct arena arena;
	struct err err;
	size_t n;

	if (argc != 2 || desc_image_open(&img, argv[1], NULL, &err) < 0 ||
	    qom_open(&q, img, &err) < 0) {
		fprintf(stderr, "%s\n", argc != 2 ? "usage" : err.msg);
		return 1;
	}
	for (size_t i = 0; i < qom_nmachines(q); i++) {
		const struct qom_machine *m = qom_machine(q, i);

		printf("machine\t%s\t%d\t%zu\t%s\n", m->name, m->complete,
		       m->nglobals, m->cpu ? m->cpu : "");
		for (size_t k = 0; k < m->nglobals; k++)
			printf("global\t%s\t%s\t%s\t%s\t%s\n", m->name,
			       m->globals[k]->driver, m->globals[k]->property,
			       m->globals[k]->value,
			       m->globals[k]->array ? m->globals[k]->array :
						      "?");
	}
	for (size_t i = 0; i < qom_ntypes(q); i++) {
		const struct qom_type *t = qom_type(q, i);

		printf("type\t%s\t%s\t%d\t%s\n", t->name, t->parent, t->walked,
		       t->child ? t->child : "");
		for (size_t k = 0; k < t->nprops; k++)
			printf("prop\t%s\t%s\t%s\t%" PRId64 "\t%d\t%d\t%"
			       PRIu64 "\n", t->name, t->props[k].name,
			       t->props[k].type, t->props[k].offset,
			       t->props[k].bit, t->props[k].has_default,
			       t->props[k].value);
		for (size_t k = 0; k < t->ndescs; k++)
			printf("desc\t%s\t%s\n", t->name, t->descs[k]->name);
	}
	arena_init(&arena);
	n = qom_foreign(q, &arena, &foreign);
	for (size_t i = 0; i < n; i++)
		printf("foreign\t%s\t%s\t%" PRIu64 "\n",
		       foreign[i].type->name, foreign[i].desc->name,
		       foreign[i].size);
	arena_release(&arena);
	qom_close(q);
	desc_image_close(img);
	return 0;
}
