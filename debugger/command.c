/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "command-impl.h"

struct interp {
	struct host host;
};

struct interp *interp_new(void)
{
	struct interp *in = calloc(1, sizeof(*in));

	if (!in)
		abort();
	return in;
}

void interp_free(struct interp *in)
{
	free(in);
}
