/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * desc-image.h - the descriptors in an emulator's own executable.
 *
 * Every VMStateDescription is found by looking at all words that hold an
 * address, stripped or not; those of the modules (virtio-gpu, qxl, usb-redir
 * ...) too, where modules of the same build are found.  Whatever descriptors
 * refer to is read with them.
 *
 * The files are untrusted: time and memory are bounded by a small multiple of
 * their sizes, and the result holds no cycle and no descriptor that unfolds
 * into more than DESC_IMAGE_MAX_UNFOLDED fields (links that would are cut,
 * with a warning).
 */
#ifndef VMSDB_DESC_IMAGE_H
#define VMSDB_DESC_IMAGE_H

#include "desc.h"
#include "shape.h"
#include "space-elf.h"

#define DESC_IMAGE_MAX_UNFOLDED 1000000u
#define DESC_IMAGE_MAX_DEPTH 64

struct desc_image_opts {
	/* Where the modules are; NULL: look where the emulator would. */
	const char *modules;
	/* Look for debug information below it too; NULL: only where usual. */
	const char *debug_dir;
	bool no_modules;
	/* These files and no others, those of another build left out; or NULL. */
	const char *const *module_files;
};

struct desc_image;

/* @opts may be NULL.  Close the result with desc_image_close(). */
int desc_image_open(struct desc_image **ret, const char *path,
		    const struct desc_image_opts *opts, struct err *err);
void desc_image_close(struct desc_image *img);

/*
 * All descriptors by address; an item's key is the descriptor's symbol or, in
 * a stripped file, its name.  A nameless descriptor (eepro100's gets its name
 * at run time) has "" for one.
 */
const struct desc_set *desc_image_set(const struct desc_image *img);

/* What is missing from the set, or was left out: for people. */
size_t desc_image_nwarnings(const struct desc_image *img);
const char *desc_image_warning(const struct desc_image *img, size_t i);

const struct shape *desc_image_shape(const struct desc_image *img);
struct space_elf *desc_image_space(struct desc_image *img);

/* major * 100 + minor of the release that it says it is; 0: it does not. */
int desc_image_release(const struct desc_image *img);

/* The descriptor at this address of the image, or NULL. */
const struct desc *desc_image_at(const struct desc_image *img, uint64_t addr);

/*
 * Read the descriptor at @addr of another address space, such as a copy on the
 * heap of a process that runs this image @bias bytes higher.  One that is a
 * descriptor of the image is answered from there.  The result lives as long as
 * @img; NULL if there is no descriptor at @addr.
 */
const struct desc *desc_image_read(struct desc_image *img,
				   const struct space *s, uint64_t addr,
				   uint64_t bias, struct err *err);

#endif
