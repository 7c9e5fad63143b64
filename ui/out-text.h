/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * out-text.h - results for people: what matters first, in a screenful.
 */
#ifndef VMSDB_OUT_TEXT_H
#define VMSDB_OUT_TEXT_H

#include <stdio.h>

#include "../debugger/analysis.h"

/* The verdict, where and why; with @all every divergence and note. */
void text_analysis(FILE *f, const struct account *source,
		   const struct destination *dest, const struct analysis *a,
		   const struct timeline *t, bool all);

/* Print @s with control characters escaped. */
void text_safe(FILE *f, const char *s);

/* SGR sequences, or empty strings where colour is off. */
enum paint { PAINT_OFF, PAINT_BOLD, PAINT_GOOD, PAINT_BAD, PAINT_WARN, PAINT_DIM };
const char *paint(enum paint p);

#endif
