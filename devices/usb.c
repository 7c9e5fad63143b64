/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "codec.h"
const struct codec usb_codecs[] = { { 0 } };
