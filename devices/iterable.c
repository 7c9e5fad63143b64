/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "codec.h"
const struct section_codec iterable_sections[] = { { 0 } };
