/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "codec.h"
const struct codec scsi_codecs[] = { { 0 } };
