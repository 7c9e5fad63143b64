/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "../debugger/live/traces.h"
#include "../stream/escape.h"
#include "trace.h"

/* Whose words: the release, or what its bounds leave of it. */
static int release_of(const struct registry *reg)
{
	if (reg->release)
		return reg->release;
	return reg->release_max < 800 ? reg->release_max :
		reg->release_min >= 1100 ? reg->release_min : 0;
}

void trace_print(FILE *f, const struct timeline *t, const struct registry *reg)
{
	struct traces words;
	char buf[4200];

	traces_words(&words, t, release_of(reg));
	for (size_t i = 0; i < words.n; i++) {
		const char *s = words.events[i].text;

		fprintf(f, "%s\n", escape_text(buf, sizeof(buf), s,
					       strlen(s)));
	}
	traces_release(&words);
}
