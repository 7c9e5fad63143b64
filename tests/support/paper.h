/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * paper.h - destinations out of one line of text, and loads as one line of
 * text, for tests.
 *
 *	destination := word* entry*
 *	word	:= machine=NAME | bits=N | nofooters | footers? | noconfig
 *		 | nojson | incomplete
 *	entry	:= [IDSTR[#INSTANCE][~ALIAS] =] descriptor
 *		 | IDSTR[#INSTANCE][~ALIAS] = old
 *	descriptor := NAME vVERSION[-MINIMUM] { (field | + descriptor)* }
 *	field	:= NAME:TYPE[(SIZE)][[COUNT]][@VERSION][?][!][*] [= descriptor]
 *
 * COUNT and SIZE are numbers or the name of a field of the same descriptor.
 * "?": a condition in code; "!": must exist; "*": array of pointers.  Types
 * have '_' for the blank in their names ("uint32_equal"); "vstruct%2" loads
 * its descriptor at version 2.  Everything is known, as an image would tell.
 *
 * A load is written as
 *
 *	[ID IDSTR/INSTANCE ... .]	a section, with its footer
 *	name v2{a=1 b[3]=010203 c-}	a descriptor; c does not exist
 *	s[2]{in v1{...} in v1{...}}	structures
 *	+name v1 name v1{...}		a subsection
 *	?short ?prefix ?lookup ?child	how looking for subsections ended
 *	|				the end marker of rules "sentinel"
 *	gap(N) tail(N) end json		framing
 *	-name/0				keeps its reset values
 *	!	failed; !cut !new !old !none
 *	#OFFSET: LINE / LINE		the first failure, without main()'s line
 *	##LINE				the first line of each further failure
 *	(?TEXT) (~TEXT)			unknown; unjudged
 */
#ifndef VMSDB_TEST_PAPER_H
#define VMSDB_TEST_PAPER_H

#include "../../debugger/analysis.h"

/*
 * Fill @ret's registry from @text (a mistake in it ends the program).  A
 * @reference of the same destination may be NULL; it is owned by @ret then.
 */
void paper_destination(struct destination *ret, const char *text,
		       struct account *reference);
void paper_release(struct destination *d);

/* The load as text; free() it. */
char *paper_load(const struct timeline *t);

/*
 * A stream with its own device description: what @text's emulator would have
 * written to get the bytes that @stream (bake.h's language, without JSON)
 * says.  @from as for account_take().
 */
struct account *paper_account(const char *text, const char *stream,
			      enum desc_from from);

#endif
