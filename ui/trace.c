/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "../debugger/live/traces.h"
#include "../stream/escape.h"
#include "trace.h"

void trace_print(FILE *f, const struct timeline *t)
{
	struct traces words;
	char buf[4200];

	traces_words(&words, t);
	for (size_t i = 0; i < words.n; i++) {
		const char *s = words.events[i].text;

		fprintf(f, "%s\n", escape_text(buf, sizeof(buf), s,
					       strlen(s)));
	}
	traces_release(&words);
}
