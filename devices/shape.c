/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "desc.h"
#include "shape.h"

#define MAX_FIELDS (1u << 20)	/* of one descriptor */
#define MAX_SUBS 4096
#define MAX_NAME 512
#define MAX_PRIORITY 63
#define FLAG_LIMIT (1u << 24)

#define END 255

/*
 * The known layouts, as lists of members in order.  Everything else follows
 * from the size of a pointer.
 */
struct known {
	const char *name;	/* the first release that had it */
	uint8_t members[SHAPE_MAX_MEMBERS + 1];
};

static const struct known known_descs[] = {
	{ "2.5", { VMSD_NAME, VMSD_UNMIGRATABLE, VMSD_VERSION, VMSD_MIN,
		VMSD_MIN_OLD, VMSD_LOAD_OLD, VMSD_PRE_LOAD, VMSD_POST_LOAD,
		VMSD_PRE_SAVE, VMSD_NEEDED, VMSD_FIELDS, VMSD_SUBSECTIONS,
		END } },
	{ "2.9", { VMSD_NAME, VMSD_UNMIGRATABLE, VMSD_VERSION, VMSD_MIN,
		VMSD_MIN_OLD, VMSD_PRIORITY, VMSD_LOAD_OLD, VMSD_PRE_LOAD,
		VMSD_POST_LOAD, VMSD_PRE_SAVE, VMSD_NEEDED, VMSD_FIELDS,
		VMSD_SUBSECTIONS, END } },
	{ "4.1", { VMSD_NAME, VMSD_UNMIGRATABLE, VMSD_VERSION, VMSD_MIN,
		VMSD_MIN_OLD, VMSD_PRIORITY, VMSD_LOAD_OLD, VMSD_PRE_LOAD,
		VMSD_POST_LOAD, VMSD_PRE_SAVE, VMSD_POST_SAVE, VMSD_NEEDED,
		VMSD_FIELDS, VMSD_SUBSECTIONS, END } },
	{ "4.2", { VMSD_NAME, VMSD_UNMIGRATABLE, VMSD_VERSION, VMSD_MIN,
		VMSD_MIN_OLD, VMSD_PRIORITY, VMSD_LOAD_OLD, VMSD_PRE_LOAD,
		VMSD_POST_LOAD, VMSD_PRE_SAVE, VMSD_POST_SAVE, VMSD_NEEDED,
		VMSD_UNPLUG, VMSD_FIELDS, VMSD_SUBSECTIONS, END } },
	{ "7.0", { VMSD_NAME, VMSD_UNMIGRATABLE, VMSD_VERSION, VMSD_MIN,
		VMSD_PRIORITY, VMSD_PRE_LOAD, VMSD_POST_LOAD, VMSD_PRE_SAVE,
		VMSD_POST_SAVE, VMSD_NEEDED, VMSD_UNPLUG, VMSD_FIELDS,
		VMSD_SUBSECTIONS, END } },
	{ "10.2", { VMSD_NAME, VMSD_UNMIGRATABLE, VMSD_VERSION, VMSD_MIN,
		VMSD_PRIORITY, VMSD_PRE_LOAD, VMSD_PRE_LOAD_ERRP,
		VMSD_POST_LOAD, VMSD_POST_LOAD_ERRP, VMSD_PRE_SAVE,
		VMSD_PRE_SAVE_ERRP, VMSD_POST_SAVE, VMSD_NEEDED, VMSD_UNPLUG,
		VMSD_FIELDS, VMSD_SUBSECTIONS, END } },
};

static const struct known known_fields[] = {
	{ "2.5", { FIELD_NAME, FIELD_OFFSET, FIELD_SIZE, FIELD_START,
		FIELD_NUM, FIELD_NUM_OFFSET, FIELD_SIZE_OFFSET, FIELD_INFO,
		FIELD_FLAGS, FIELD_VMSD, FIELD_VERSION, FIELD_EXISTS, END } },
	{ "2.12", { FIELD_NAME, FIELD_ERR_HINT, FIELD_OFFSET, FIELD_SIZE,
		FIELD_START, FIELD_NUM, FIELD_NUM_OFFSET, FIELD_SIZE_OFFSET,
		FIELD_INFO, FIELD_FLAGS, FIELD_VMSD, FIELD_VERSION,
		FIELD_STRUCT_VERSION, FIELD_EXISTS, END } },
	{ "11.1", { FIELD_NAME, FIELD_OFFSET, FIELD_SIZE, FIELD_SIZE_OFFSET,
		FIELD_NUM_OFFSET, FIELD_START, FIELD_NUM, FIELD_INFO,
		FIELD_FLAGS, FIELD_VMSD, FIELD_VERSION, FIELD_STRUCT_VERSION,
		FIELD_EXISTS, END } },
};

#define NDESCS (sizeof(known_descs) / sizeof(*known_descs))
#define NFIELDS (sizeof(known_fields) / sizeof(*known_fields))

#define NSHAPES (NDESCS * NFIELDS)

#define SHAPE_KIND(id, name, kind) kind,
static const char desc_kinds[] = { VMSD_MEMBERS(SHAPE_KIND) };
static const char field_kinds[] = { FIELD_MEMBERS(SHAPE_KIND) };

static unsigned kind_size(char kind, unsigned ptr_size)
{
	return kind == 'i' || kind == 'u' ? 4 : ptr_size;
}

static bool is_number(char kind)
{
	return kind == 'i' || kind == 'u' || kind == 'z';
}

static void layout_make(struct layout *ret, const struct known *k,
			const char *kinds, unsigned ptr_size)
{
	unsigned at = 0;

	ret->name = k->name;
	ret->numbers = ret->data = ret->functions = 0;
	memset(ret->off, 0xff, sizeof(ret->off));
	for (const uint8_t *m = k->members; *m != END; m++) {
		unsigned n = kind_size(kinds[*m], ptr_size);

		at = (at + n - 1) / n * n;
		ret->off[*m] = (uint16_t)at;
		*(is_number(kinds[*m]) ? &ret->numbers : kinds[*m] == 'f' ?
		  &ret->functions : &ret->data) |= UINT64_C(1) << at / ptr_size;
		at += n;
	}
	ret->size = (uint16_t)((at + ptr_size - 1) / ptr_size * ptr_size);
}

/* ---- reading one object ---- */

/* May a pointer member of kind @kind be @v? */
static bool target_ok(const struct space *s, uint64_t v, char kind)
{
	enum space_kind k = s->kind(s, v);

	if (k == SPACE_EXTERN || k == SPACE_MIXED)
		return true;
	return k == (kind == 'f' ? SPACE_CODE : SPACE_DATA);
}

/* Is the word at @slot of value @v what a pointer member may be? */
static bool pointer_ok(const struct space *s, uint64_t slot, uint64_t v,
		       char kind)
{
	if (!v)
		return true;
	return (!s->pointer || s->pointer(s, slot)) && target_ok(s, v, kind);
}

/* No number is relocated. */
static bool number_ok(const struct space *s, uint64_t slot)
{
	return !s->pointer || !s->pointer(s, slot / s->ptr_size * s->ptr_size);
}

/*
 * Pointers of a small program may look like short strings.  Strings are not
 * aligned and padded, so the other way round is no danger.
 */
static bool may_be_pointer(const struct space *s, uint64_t addr)
{
	uint64_t v;

	if (addr % s->ptr_size)
		return false;
	if (s->pointer)
		return s->pointer(s, addr);
	return s->ptr_size == 8 && !space_uint(s, addr, 8, &v) &&
	       s->kind(s, v) != SPACE_NONE;
}

bool shape_is_text(const struct space *s, uint64_t addr)
{
	char buf[MAX_NAME];

	return !may_be_pointer(s, addr) && s->kind(s, addr) != SPACE_CODE &&
	       space_text(s, addr, buf, sizeof(buf)) > 0;
}

static int64_t as_int(uint64_t v)
{
	return (int32_t)(uint32_t)v;
}

/*
 * Most of what is tried fails here: is what the layout says of each word true
 * of those at @p, of which @relocated ones hold addresses?
 */
static bool words_ok(const struct layout *l, const struct space *s,
		     const uint8_t *p, uint64_t relocated)
{
	unsigned n = s->ptr_size;
	uint64_t left = (l->data | l->functions) & ~relocated;

	for (; left; left &= left - 1)
		if (space_load(s, p + (unsigned)__builtin_ctzll(left) * n, n))
			return false;
	for (left = (l->data | l->functions) & relocated; left;
	     left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctzll(left);
		uint64_t v = space_load(s, p + i * n, n);

		if (v && !target_ok(s, v, l->functions >> i & 1 ? 'f' : 'p'))
			return false;
	}
	return true;
}

static bool read_members(const struct layout *l, const char *kinds,
			 unsigned nmembers, const struct space *s,
			 uint64_t addr, uint64_t *v)
{
	uint8_t buf[SHAPE_MAX_SIZE];
	unsigned n = s->ptr_size;
	uint64_t avail, bits;
	const uint8_t *p;
	bool all_known;

	if (addr % 4)
		return false;
	all_known = s->pointers && l->size / n <= 64 &&
		    s->pointers(s, addr, l->size / n, &bits);
	if (all_known && bits & l->numbers)
		return false;
	p = s->map ? s->map(s, addr, &avail) : NULL;
	if (!p || avail < l->size) {
		if (s->read(s, addr, buf, l->size))
			return false;
		p = buf;
	}
	if (all_known && !words_ok(l, s, p, bits))
		return false;
	for (unsigned i = 0; i < nmembers; i++) {
		unsigned off = l->off[i];

		v[i] = 0;
		if (off == SHAPE_ABSENT)
			continue;
		v[i] = space_load(s, p + off, kind_size(kinds[i], n));
		if (!all_known && !(is_number(kinds[i]) ?
				    number_ok(s, addr + off) :
				    pointer_ok(s, addr + off, v[i], kinds[i])))
			return false;
	}
	return true;
}

/*
 * The word was an int until 8.0 made a bool of it, followed by another one.
 * On either byte order the two cannot be mistaken for each other.
 */
static bool split_unmigratable(const struct space *s, uint32_t v,
			       bool *unmigratable, bool *early_setup)
{
	uint32_t first = s->big_endian ? 0x01000000 : 0x01;
	uint32_t second = s->big_endian ? 0x00010000 : 0x0100;

	if (v == 1)
		first = 1;
	*unmigratable = v & first;
	*early_setup = v & second;
	return !(v & ~(first | second));
}

bool shape_maybe(const struct space *s, uint64_t addr)
{
	uint8_t buf[8 + 12];
	bool a, b;
	uint32_t n = s->ptr_size;

	if (s->read(s, addr, buf, n + 12u) ||
	    !split_unmigratable(s, (uint32_t)space_load(s, buf + n, 4), &a, &b))
		return false;
	if (as_int(space_load(s, buf + n + 4, 4)) < 0 ||
	    as_int(space_load(s, buf + n + 8, 4)) < 0)
		return false;
	if (!number_ok(s, addr + n) || !number_ok(s, addr + n + 8))
		return false;
	return shape_is_text(s, space_load(s, buf, n));
}

bool shape_read_desc(const struct shape *sh, const struct space *s,
		     uint64_t addr, struct shape_desc *ret)
{
	uint64_t *v = ret->v;

	ret->addr = addr;
	if (!read_members(&sh->desc, desc_kinds, VMSD_NMEMBERS, s, addr, v))
		return false;
	if (!split_unmigratable(s, (uint32_t)v[VMSD_UNMIGRATABLE],
				&ret->unmigratable, &ret->early_setup))
		return false;
	/* .name is NULL in eepro100's, which is filled in at run time */
	if (v[VMSD_NAME] && !shape_is_text(s, v[VMSD_NAME]))
		return false;
	return as_int(v[VMSD_VERSION]) >= 0 && as_int(v[VMSD_MIN]) >= 0 &&
	       as_int(v[VMSD_MIN_OLD]) >= 0 &&
	       v[VMSD_PRIORITY] <= MAX_PRIORITY;
}

/* A VMStateInfo: its name, then functions (11.1 has four, older ones two). */
static bool info_ok(const struct space *s, uint64_t addr)
{
	unsigned n = s->ptr_size;
	uint64_t name, fn;

	if (s->kind(s, addr) == SPACE_EXTERN)
		return true;
	if (space_uint(s, addr, n, &name) || !name ||
	    !pointer_ok(s, addr, name, 't') || !shape_is_text(s, name))
		return false;
	for (unsigned i = 1; i <= 4; i++) {
		if (space_uint(s, addr + i * n, n, &fn))
			return false;
		if (fn && pointer_ok(s, addr + i * n, fn, 'f'))
			return true;
	}
	return false;
}

static bool vmsd_ok(const struct space *s, uint64_t addr)
{
	uint64_t name;

	if (s->kind(s, addr) == SPACE_EXTERN)
		return true;
	if (space_uint(s, addr, s->ptr_size, &name))
		return false;
	return !name || (pointer_ok(s, addr, name, 't') && shape_is_text(s, name));
}

/* The last entry of a list: nothing but the flag that says so. */
static bool is_end(const struct shape_field *f)
{
	for (unsigned i = 0; i < FIELD_NMEMBERS; i++)
		if (i != FIELD_FLAGS && f->v[i])
			return false;
	return f->v[FIELD_FLAGS] < FLAG_LIMIT &&
	       !(f->v[FIELD_FLAGS] & (f->v[FIELD_FLAGS] - 1));
}

int shape_read_field(const struct shape *sh, const struct space *s,
		     uint64_t addr, size_t i, struct shape_field *ret)
{
	uint64_t *v = ret->v;

	ret->addr = addr + i * sh->field.size;
	if (!read_members(&sh->field, field_kinds, FIELD_NMEMBERS, s,
			  ret->addr, v))
		return -1;
	if (!v[FIELD_NAME])
		return is_end(ret) ? 0 : -1;
	if (!shape_is_text(s, v[FIELD_NAME]) ||
	    (v[FIELD_ERR_HINT] && !shape_is_text(s, v[FIELD_ERR_HINT])) ||
	    (v[FIELD_INFO] && !info_ok(s, v[FIELD_INFO])) ||
	    (v[FIELD_VMSD] && !vmsd_ok(s, v[FIELD_VMSD])))
		return -1;
	if (as_int(v[FIELD_NUM]) < 0 || as_int(v[FIELD_VERSION]) < 0 ||
	    v[FIELD_FLAGS] >= FLAG_LIMIT)
		return -1;
	/* only VMSTATE_VALIDATE has neither */
	return v[FIELD_INFO] || v[FIELD_VMSD] ||
	       v[FIELD_FLAGS] & VMS_MUST_EXIST ? 1 : -1;
}

int64_t shape_count_fields(const struct shape *sh, const struct space *s,
			   uint64_t addr, size_t *budget)
{
	struct shape_field f;

	for (size_t i = 0; i < MAX_FIELDS && *budget; i++) {
		int ret = shape_read_field(sh, s, addr, i, &f);

		--*budget;
		if (ret < 0)
			return -1;
		if (!ret)
			return (int64_t)i;
	}
	return -1;
}

int64_t shape_count_subs(const struct shape *sh, const struct space *s,
			 uint64_t addr, size_t *budget)
{
	struct shape_desc d;
	uint64_t sub;

	for (size_t i = 0; i < MAX_SUBS && *budget; i++) {
		uint64_t slot = addr + i * s->ptr_size;

		--*budget;
		if (space_uint(s, slot, s->ptr_size, &sub) ||
		    !pointer_ok(s, slot, sub, 'p'))
			return -1;
		if (!sub)
			return (int64_t)i;
		if (s->kind(s, sub) != SPACE_EXTERN &&
		    !shape_read_desc(sh, s, sub, &d))
			return -1;
	}
	return -1;
}

uint32_t shape_flags(const struct shape *sh, uint32_t flags)
{
	return flags & ~sh->end_flag;
}

/* ---- which layout ---- */

struct score {
	size_t good;	/* descriptors whose fields and subsections parse */
	size_t bad_fields, bad_descs;	/* what parses and makes no sense */
	size_t ends[24];	/* flags of the last entries, by bit */
	size_t zero_ends;
	uint32_t end;		/* of the list that is being read */
};

static void judge_field(const struct shape_field *f, struct score *score)
{
	uint32_t flags = (uint32_t)f->v[FIELD_FLAGS];
	bool varray = flags & VMS_VARRAY;
	bool vbuffer = flags & VMS_VBUFFER;

	if (f->v[FIELD_NUM_OFFSET] && !varray)
		score->bad_fields++;
	if (f->v[FIELD_SIZE_OFFSET] && !vbuffer)
		score->bad_fields++;
	/* the count is hardly ever the first member */
	if (!f->v[FIELD_NUM_OFFSET] && varray)
		score->bad_fields++;
	if (!f->v[FIELD_SIZE_OFFSET] && vbuffer)
		score->bad_fields++;
	/* partial buffers; qtailq, qlist and gtree keep a number there */
	if (f->v[FIELD_START] && (varray || vbuffer))
		score->bad_fields++;
	if (flags & VMS_STRUCT && !f->v[FIELD_VMSD])
		score->bad_fields++;
}

/* As shape_count_fields(), with a judgement of what is there. */
static int64_t judge_fields(const struct shape *sh, const struct space *s,
			    uint64_t addr, size_t *budget, struct score *score)
{
	struct shape_field f;

	for (size_t i = 0; i < MAX_FIELDS && *budget; i++) {
		int ret = shape_read_field(sh, s, addr, i, &f);

		--*budget;
		if (ret < 0)
			return -1;
		if (!ret) {
			score->end = (uint32_t)f.v[FIELD_FLAGS];
			return (int64_t)i;
		}
		judge_field(&f, score);
	}
	return -1;
}

/* Subsections are optional: nearly all say when they are needed. */
static void judge_subs(const struct shape *sh, const struct space *s,
		       uint64_t addr, struct score *score)
{
	struct shape_desc d;
	uint64_t sub;

	for (size_t i = 0; !space_uint(s, addr + i * s->ptr_size, s->ptr_size,
				       &sub) && sub; i++)
		if (shape_read_desc(sh, s, sub, &d) && !d.v[VMSD_NEEDED])
			score->bad_descs++;
}

static void try_desc(const struct shape *sh, const struct space *s,
		     const struct shape_desc *d, size_t *budget,
		     struct score *score)
{
	uint64_t fields = d->v[VMSD_FIELDS], subs = d->v[VMSD_SUBSECTIONS];
	struct score one = { 0 };

	if (judge_fields(sh, s, fields, budget, &one) <= 0 ||
	    (subs && shape_count_subs(sh, s, subs, budget) < 0))
		return;
	score->good++;
	score->bad_fields += one.bad_fields;
	if (one.end)
		score->ends[__builtin_ctz(one.end)]++;
	else
		score->zero_ends++;
	if (subs)
		judge_subs(sh, s, subs, score);
}

/* Try the @n shapes at @sh, which differ in their fields' layout alone. */
static void try_shapes(const struct shape *sh, size_t n, const struct space *s,
		       const uint64_t *at, size_t nat, size_t *budget,
		       struct score *scores)
{
	struct shape_desc d;

	memset(scores, 0, n * sizeof(*scores));
	for (size_t i = 0; i < nat; i++) {
		uint64_t fields;

		/* quickly, for most are none: only those with fields speak */
		if (space_uint(s, at[i] + sh->desc.off[VMSD_FIELDS],
			       s->ptr_size, &fields) || !fields ||
		    !pointer_ok(s, at[i] + sh->desc.off[VMSD_FIELDS], fields,
				'p') ||
		    !shape_read_desc(sh, s, at[i], &d) || !d.v[VMSD_NAME])
			continue;
		for (size_t k = 0; k < n; k++)
			try_desc(&sh[k], s, &d, budget, &scores[k]);
	}
}

/* The bit that most lists end with; 0 if most end with none. */
static int choose_end(struct shape *sh, const struct score *score,
		      struct err *err)
{
	size_t best = score->zero_ends;

	sh->end_flag = 0;
	for (unsigned i = 0; i < 24; i++) {
		if (score->ends[i] <= best)
			continue;
		best = score->ends[i];
		sh->end_flag = 1u << i;
	}
	if (sh->end_flag && sh->end_flag < 0x10000)
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET,
			       "lists of fields end with flag 0x%x, which is another flag in every known release",
			       sh->end_flag);
	return 0;
}

/*
 * Is @a so much better than @b that there is no doubt?  A wrong layout finds
 * nothing, or (where members of one size were swapped) most of it, with
 * nonsense in it.
 */
static bool beats(const struct score *a, const struct score *b)
{
	size_t lost = a->good - b->good;

	if (b->good * 10 < a->good)
		return true;
	if (b->good > a->good)
		return false;
	return b->bad_fields + lost >= 2 * a->bad_fields + 2 ||
	       b->bad_descs + lost >= 2 * a->bad_descs + 2;
}

static void shapes_make(struct shape *ret, const struct space *s)
{
	memset(ret, 0, NSHAPES * sizeof(*ret));
	for (unsigned i = 0; i < NSHAPES; i++) {
		layout_make(&ret[i].desc, &known_descs[i / NFIELDS],
			    desc_kinds, s->ptr_size);
		layout_make(&ret[i].field, &known_fields[i % NFIELDS],
			    field_kinds, s->ptr_size);
	}
}

static size_t choose_best(const struct score *scores, size_t n)
{
	size_t best = 0;

	for (size_t i = 1; i < n; i++)
		if (beats(&scores[i], &scores[best]) ||
		    (!beats(&scores[best], &scores[i]) &&
		     scores[i].good > scores[best].good))
			best = i;
	return best;
}

static size_t odd(const struct score *score)
{
	return score->bad_fields + score->bad_descs;
}

int shape_detect(struct shape *ret, const struct space *s, const uint64_t *at,
		 size_t n, const struct shape *known, struct err *err)
{
	struct shape shapes[NSHAPES];
	struct score scores[NSHAPES];
	size_t budget = 4u << 20, nshapes = known ? 1 : NSHAPES, best;

	if (known) {
		shapes[0] = *known;
		try_shapes(shapes, 1, s, at, n, &budget, scores);
	} else {
		shapes_make(shapes, s);
		for (size_t i = 0; i < NSHAPES; i += NFIELDS)
			try_shapes(&shapes[i], NFIELDS, s, at, n, &budget,
				   &scores[i]);
	}
	best = choose_best(scores, nshapes);
	*ret = shapes[best];
	if (!budget)
		return err_set(err, ERR_LIMIT, ERR_NO_OFFSET,
			       "too much in it that looks like lists of fields");
	if (!scores[best].good)
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET,
			       "no VMStateDescription in any known layout in it");
	for (size_t i = 0; i < nshapes; i++) {
		if (i == best || beats(&scores[best], &scores[i]))
			continue;
		return err_set(err, ERR_UNSUPPORTED, ERR_NO_OFFSET,
			       "cannot tell the layout of its descriptors: %zu parse (%zu oddities) as of QEMU %s with fields of %s, %zu (%zu) as of %s with fields of %s",
			       scores[best].good, odd(&scores[best]),
			       ret->desc.name, ret->field.name, scores[i].good,
			       odd(&scores[i]), shapes[i].desc.name,
			       shapes[i].field.name);
	}
	if (choose_end(ret, &scores[best], err))
		return -1;
	ret->parsed = scores[best].good;
	ret->odd = odd(&scores[best]);
	return 0;
}
