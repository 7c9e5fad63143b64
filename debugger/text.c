/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>

#include "text.h"

void text_put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->pos >= t->size)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->pos, t->size - t->pos, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->pos += (size_t)n;
}
