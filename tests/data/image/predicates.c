/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions in the manner of QEMU's field_exists() and needed(), for
 * tests/devices-predicate.c: compiled in several ways, run, and evaluated.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct inner {
	uint32_t a, b;
	uint8_t c;
};

struct obj {
	uint8_t u8;
	int8_t s8;
	uint16_t u16;
	int16_t s16;
	uint32_t u32;
	int32_t s32;
	uint64_t u64;
	int64_t s64;
	bool flag;
	uint32_t bits : 3, more : 7;
	uint8_t list[8];
	uint32_t words[4];
	struct inner inner[3];
	char name[8];
};

#define P(n) bool p##n(void *opaque, int v); bool p##n(void *opaque, int v)
#define O struct obj *o = opaque; (void)v; (void)o

P(0) { O; return true; }
P(1) { O; return v > 3; }
P(2) { O; return v >= 2 && v < 5; }
P(3) { O; return o->u8; }
P(4) { O; return o->u32 != 0; }
P(5) { O; return o->s32 < 0; }
P(6) { O; return o->u16 & 0x10; }
P(7) { O; return o->flag && v == 4; }
P(8) { O; return o->u64 > 0x100000000; }
P(9) { O; return o->s64 <= -1; }
P(10) { O; return o->bits == 5; }
P(11) { O; return o->more > 64 || o->bits; }
P(12) { O; return o->words[0] || o->words[1] || o->words[2]; }
P(13) { O; for (int i = 0; i < 8; i++) if (o->list[i] == 7) return true; return false; }
P(14) { O; return o->words[o->u8 & 3] & 1; }
P(15) { O; return !strcmp(o->name, "toy"); }
P(16) { O; return (o->u32 >> 5 & 7) == (uint32_t)v; }
P(17) { O; return o->s8 < o->s16; }
P(18) { O; return (int8_t)o->u32 > 3; }
P(19) { O; return o->u32 * 3 + 1 > o->u16; }
P(20) { O; return (o->u32 ^ 0x55) % 16 == 3; }
static __attribute__((noinline)) int helper(struct inner *i) { return i->a > i->b ? i->c : 0; }
P(21) { O; return helper(&o->inner[1]); }
P(22) { O; return helper(&o->inner[0]) || helper(&o->inner[2]); }
static const uint8_t table[8] = { 1, 0, 0, 1, 1, 0, 1, 0 };
P(23) { O; return table[o->u8 & 7]; }
P(24) { O; switch (o->u8 & 7) { case 0: return o->flag; case 1: return v; case 2: return o->u32; case 3: return false; case 4: return o->u16 > 9; default: return true; } }
P(25) { O; return o->u32 / 8 > 3 && o->s32 >> 3 < 5; }
P(26) { O; return (o->u64 & 0xff00) == 0x1200; }
P(27) { O; return o->s32 == -1 || (uint32_t)o->s32 > 100; }
P(28) { O; uint32_t m = 0; for (int i = 0; i < 4; i++) m |= o->words[i]; return m; }
P(29) { O; return __builtin_popcount(o->u8 & 3) == 1; }
P(30) { O; return o->u64 + (uint64_t)o->s64 == 0; }
P(31) { O; return !(o->u8 & 0x80) == o->flag; }
P(32) { O; return strcmp(o->name, "tow") < 0; }
P(33) { O; char q[8]; memset(q, 0, 8); memcpy(q, o->list, (o->u8 & 7) + 1); return q[0] == 0; }
P(34) { O; return !memcmp(o->list, o->name, o->u8 & 3); }
P(35) { O; char q[8] = { 1 }; strcpy(q, o->name); return q[0] == 1 || strlen(o->name) == 3; }
P(36) { O; strcat(o->name, "x"); return o->flag; }

/* ---- in the manner of post_load(), for predicate_hook() ---- */

char said[400];

__attribute__((noinline, visibility("protected"))) void error_report(const char *fmt, ...);
__attribute__((noinline, visibility("protected"))) void error_report(const char *fmt, ...)
{
	size_t n = strlen(said);
	va_list ap;

	va_start(ap, fmt);
	if (n && n + 1 < sizeof(said))
		said[n++] = '\n';
	vsnprintf(said + n, sizeof(said) - n, fmt, ap);
	va_end(ap);
}

/* What it does to what it is given is not looked at, as with most functions. */
__attribute__((noinline, visibility("protected"))) void update(struct obj *o);
__attribute__((noinline, visibility("protected"))) void update(struct obj *o)
{
	strcat(o->name, "!");
}

#define H(n) int h##n(void *opaque, int v); int h##n(void *opaque, int v)

H(0) { O; return 0; }
H(1) { O; if (o->u8 >= 16 || o->u16 > 16) return -1; return 0; }
H(2) { O; if (o->u32 > 100 || o->s32 < 0) { error_report("inconsistent: %u and %d", o->u32, o->s32); return -22; } return v; }
H(3) { O; if (o->flag) { error_report("100%% of '%s'", o->u8 & 1 ? "odd" : "even"); return -5; } return 0; }
H(4) { O; if (o->u64 == UINT64_MAX || o->words[0] > 9) { error_report("u64 %#" PRIx64 " of %" PRIu64, o->u64, o->u64); return -14; } return 1; }
H(5) { O; if (o->u8 == 0) abort(); return -(int)o->list[0]; }
H(6) { O; if (o->list[1] > 9) { error_report("first"); error_report("second %x", o->list[1]); return -1; } return 0; }
H(7) { O; o->list[2] &= 3; o->s64 = o->u8; if (o->list[2] == 3) { error_report("%d", (int)o->s64); return -2; } return 0; }
H(8) { O; if (o->s16 > 3) { error_report("%d %d %d %d %d %d", 1, 2, 3, 4, o->s16, 6); return -1; } return 0; }
H(9) { O; if (o->u8 == 9) return -1; update(o); return o->flag ? -1 : 0; }
H(10) { O; if (o->s8 < 0) { error_report("%5d and %s", o->s8, o->name); return -1; } return 0; }
