/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load-desc.h - what the parts of load_desc() share: reading (load-desc.c,
 * load-subsection.c, load-codec.c), deciding (load-decide.c) and whom to ask
 * (load-witness.c).
 */
#ifndef VMSDB_LOAD_DESC_H
#define VMSDB_LOAD_DESC_H

#include "load-impl.h"

/* One object that a descriptor is loaded into. */
struct frame {
	struct frame *up;
	const struct desc *d;
	int version;
	uint32_t event;
	bool is_sub;		/* a subsection: the object is up's */
	const struct written *self, *seen, *src;
	size_t self_next, seen_next, src_next;
	/*
	 * Elements of a compressed array share one description: how much
	 * later than the first one's this object's bytes lie.
	 */
	uint64_t self_delta, seen_delta;
	struct shadow_ref at;	/* the object's memory */
	/*
	 * A codec's descriptor of the same object: it tells which fields exist
	 * where the image's predicates cannot.
	 */
	const struct desc *guide;
	const struct desc_field *guide_field;	/* for the field at work */
	size_t guide_next;
};

/* The JSON objects that describe one field: @n of them from @first on. */
struct group {
	const struct written_field *first;
	size_t n;
	uint64_t count;		/* elements */
};

/*
 * One element of a field, and what the guide, the destination's reference
 * stream and the source wrote of it: its number within a compressed run.
 */
struct element {
	uint64_t index;
	const struct written_field *self, *seen, *src;
	uint64_t self_k, seen_k, src_k;
};

struct choice {
	bool exists;
	bool guess;
	uint8_t from;
	const char *text;	/* what decided; NULL */
};

/* ---- load-witness.c ---- */

/* @next: where the last one ended; @w may be NULL. */
struct group find_group(const struct written *w, size_t *next,
			const struct desc_field *f);

/* The JSON object of element @i, and its number within a compressed run. */
const struct written_field *group_at(const struct group *g, uint64_t i,
				     uint64_t *k);

/* The subsection of that name; NULL. */
const struct written *written_sub(const struct written *w, const char *name);

/* The bytes of element @k of @wf in the destination's own stream; NULL. */
const uint8_t *seen_bytes(const struct load *l, const struct frame *fr,
			  const struct written_field *wf, uint64_t k,
			  uint64_t *len);

/*
 * The same for what hand-written code loads: no description lists it, but the
 * reference stream's own load has read it with the same codec.  The k-th field
 * of this name in this descriptor is meant.
 */
const uint8_t *seen_inside(const struct load *l, const struct desc *d,
			   const char *field, bool loaded, uint64_t *len);

/*
 * Is that pointer of a compressed array null in the destination's own stream?
 * The elements before it had @rel bytes.
 */
bool seen_null(const struct load *l, const struct frame *fr,
	       const struct element *e, uint64_t rel);

/*
 * The same field in the destination's own stream, where that has no
 * description: as it was read blindly.  NULL if that reading is not certain.
 * @opened: the field has an event of its own here already.
 */
const struct event *blind_twin(const struct load *l, const struct desc *d,
			       const struct desc_field *f, bool opened);

/* The field of that name which this object, or one around it, has loaded. */
const struct event *loaded_field(const struct load *l, const struct frame *fr,
				 const char *name);
bool loaded_value(const struct load *l, const struct frame *fr,
		  const char *name, int64_t *ret);

/* What the destination's own object held when it wrote its reference stream. */
bool seen_value(const struct load *l, const struct frame *fr, const char *name,
		int64_t *ret);

/* Does an image tell where the field lies in memory? */
static inline bool has_layout(const struct load *l, const struct desc_field *f)
{
	return l->shadow && f->from_layout >= DESC_FROM_BINARY;
}

/* Where element @i of the field lies: vmstate_load_state()'s curr_elem. */
struct shadow_ref place_in_memory(const struct load *l, const struct frame *fr,
				  const struct desc_field *f, uint64_t i);

/* @n elements from @first on, @size bytes each, were read from @p. */
void keep_values(struct load *l, const struct frame *fr,
		 const struct desc_field *f, uint64_t first, uint64_t n,
		 const char *type, const uint8_t *p, uint64_t size,
		 enum shadow_from from);

/* What the destination's own object held, below what is loaded. */
void keep_own(struct load *l, const struct frame *fr);

/* The codec's field for one of the image's, from @from on; NULL. */
const struct desc_field *guide_field(const struct desc *guide,
				     const struct desc_field *f, size_t *from);

/* The codec's descriptor of that field's element @i; NULL. */
const struct desc *guide_below(const struct desc_field *g, uint64_t i);

/* The image's descriptor for what a codec has a table of; NULL. */
const struct desc *image_desc(const struct load *l, const struct desc *d);

/* ---- load-decide.c ---- */

struct choice decide_exists(struct load *l, const struct frame *fr,
			    const struct desc_field *f,
			    const struct group *seen,
			    const struct group *src);

/* @guess: set where the answer is one, and may be cleared where it is not. */
int64_t decide_count(struct load *l, const struct frame *fr,
		     const struct desc_field *f, const struct group *self,
		     const struct group *seen, const struct group *src,
		     bool *guess);

/* Bytes of one leaf element on the wire; UINT64_MAX when nobody told. */
uint64_t decide_size(struct load *l, const struct frame *fr,
		     const struct desc_field *f, const char *type,
		     const struct written_field *self,
		     const struct written_field *seen,
		     const struct written_field *src, bool *guess);

/* ---- load-desc.c: 0, or a negative errno of what refuse() was told ---- */

/* The stream ends within event @i. */
int cut_off(struct load *l, uint32_t i);

/* Take @n bytes for event @i; UINT64_MAX is more than there can be. */
int claim(struct load *l, uint32_t i, uint64_t n);

/* ---- load-codec.c, load-subsection.c ---- */

/* Element @e of a field, open as event @i, that hand-written code reads. */
int load_codec(struct load *l, struct frame *fr, const struct codec *codec,
	       const struct desc_field *f, const struct element *e, uint32_t i);

int load_subsections(struct load *l, struct frame *fr);

#endif
