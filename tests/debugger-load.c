/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads: a destination (paper.h's language), a stream (bake.h's), and what
 * the one makes of the other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/bake.c"	/* here, so that every test is one file to link */
#include "support/paper.c"

#define AB "rtc v2-1 { a:uint8 b:uint16 }"
#define SERIAL "serial v3 { lsr:uint8 + serial/tsr v1 { tsr_retry:uint32 } }"
#define SERIAL_STREAM(lsr, retry) "QEVM full[1,serial,0,3](" lsr " sub[serial/tsr,1](" retry "))" TAIL
#define TAIL " 00 json('{}')"

static const struct test {
	/* @dest may begin with rules=NAME; @stream with "REFERENCE ;" */
	const char *what, *dest, *stream, *want;
} tests[] = {
	/* framing */
	{ "two fields", AB,
	  "QEVM full[1,rtc,0,2](01 0203)" TAIL,
	  "[1 rtc/0 rtc v2{a=1 b=203} .] end json" },
	{ "no such device", AB,
	  "QEVM full[1,rtx,0,2](01 0203) full[2,rtc,0,2](01 0203)" TAIL,
	  "[1 rtx/0 ]!none gap(24) [2 rtc/0 rtc v2{a=1 b=203} .] end json #25: Unknown savevm section or instance 'rtx' 0. Make sure that your current VM setup matches your saved VM setup, including any hotplugged devices" },
	{ "no such instance", AB,
	  "QEVM full[1,rtc,1,2](01 0203)" TAIL,
	  "[1 rtc/1 ]!none gap(24) end json -rtc/0 #25: Unknown savevm section or instance 'rtc' 1. Make sure that your current VM setup matches your saved VM setup, including any hotplugged devices" },
	{ "a section twice", AB,
	  "QEVM full[1,rtc,0,2](01 0203) full[1,rtc,0,2](04 0506)" TAIL,
	  "[1 rtc/0 rtc v2{a=1 b=203} .] [1 rtc/0 rtc v2{a=4 b=506} .] end json" },
	{ "magic", AB,
	  "00000001 00000003 00",
	  "header! -rtc/0 #4: Not a migration stream" },
	{ "version 2", AB,
	  "5145564d 00000002 00",
	  "header! -rtc/0 #8: SaveVM v2 format is obsolete and don't work anymore" },
	{ "version 4", AB,
	  "5145564d 00000004 00",
	  "header! -rtc/0 #8: Unsupported migration stream version" },
	{ "unknown type", AB,
	  "QEVM 4c full[2,rtc,0,2](01 0203)" TAIL,
	  "gap(0) [2 rtc/0 rtc v2{a=1 b=203} .] end json #9: Unknown savevm section type 76" },
	{ "zero where a section should start", AB,
	  "QEVM 00 full[2,rtc,0,2](01 0203)" TAIL,
	  "end tail(33) -rtc/0 (!Expected vmdescription section, but got 4)" },
	{ "no end mark", AB,
	  "QEVM full[1,rtc,0,2](01 0203)",
	  "[1 rtc/0 rtc v2{a=1 b=203} .] #33: load of migration failed: Input/output error" },
	{ "no description though one is expected", AB,
	  "QEVM full[1,rtc,0,2](01 0203) 00",
	  "[1 rtc/0 rtc v2{a=1 b=203} .] end (!Expected vmdescription section, but got 0)" },
	{ "none is expected", "nojson " AB,
	  "QEVM full[1,rtc,0,2](01 0203) 00",
	  "[1 rtc/0 rtc v2{a=1 b=203} .] end" },
	{ "a byte behind the end", "nojson " AB,
	  "QEVM full[1,rtc,0,2](01 0203) 00 33",
	  "[1 rtc/0 rtc v2{a=1 b=203} .] end tail(1)" },
	{ "no id string", AB,
	  "QEVM 04 00000001 00 00000000 00000002 01 0203" TAIL,
	  "[1 /0 ]! gap(16) end json -rtc/0 #14: Unable to read ID string for section 1" },
	{ "PART of what was never started", AB,
	  "QEVM part[7](01)" TAIL,
	  "[7 /0 ]!none gap(10) end json -rtc/0 #13: Unknown savevm section 7" },
	{ "PART of a FULL section", AB,
	  "QEVM full[1,rtc,0,2](01 0203) part[1](01 0203)" TAIL,
	  "[1 rtc/0 rtc v2{a=1 b=203} .] [1 rtc/0 rtc v2{a=1 b=203} .] end json" },
	{ "START, PART, END", "s = s v1 { a:uint8 }",
	  "QEVM start[3,s,0,1](01) part[3](02) end[3](03)" TAIL,
	  "[3 s/0 s v1{a=1} .] [3 s/0 s v1{a=2} .] [3 s/0 s v1{a=3} .] end json" },
	{ "idstr with a NUL", AB,
	  "QEVM 04 00000001 04 72746300 00000000 00000002 01 0203 7e 00000001" TAIL,
	  "[1 rtc/0 rtc v2{a=1 b=203} .] end json" },
	{ "defaulted", "rtc v1 { a:uint8 } pit v1 { b:uint8 }",
	  "QEVM full[1,pit,0,1](01)" TAIL,
	  "[1 pit/0 pit v1{b=1} .] end json -rtc/0" },
	{ "entries that nobody told", "incomplete",
	  "QEVM full[1,pit,0,1](01)" TAIL,
	  "[1 pit/0 data= .!]! gap(22) end json #26: Missing section footer for pit (?whether the destination has instance 0 of 'pit': a reference stream of the destination would tell) (?code that no codec describes reads this section, and nobody tells how long it is)" },

	/* footers */
	{ "missing", AB,
	  "QEVM full[1,rtc,0,2,nf](01 0203)" TAIL,
	  "[1 rtc/0 rtc v2{a=1 b=203} .!]! gap(19) end json #29: Missing section footer for rtc" },
	{ "of another section", AB,
	  "QEVM full[1,rtc,0,2,nf](01 0203) 7e 00000002" TAIL,
	  "[1 rtc/0 rtc v2{a=1 b=203} .!]! gap(24) end json #33: Mismatched section id in footer for rtc - read 0x2 expected 0x1" },
	{ "one byte too many", AB,
	  "QEVM full[1,rtc,0,2](01 0203 04)" TAIL,
	  "[1 rtc/0 rtc v2{a=1 b=203} .!]! gap(25) end json #29: Missing section footer for rtc" },
	{ "one byte too few", AB,
	  "QEVM full[1,rtc,0,2](01 02)" TAIL,
	  "[1 rtc/0 rtc v2{a=1 b=27e} .!]! gap(23) end json #29: Missing section footer for rtc" },
	{ "cut off", AB,
	  "QEVM full[1,rtc,0,2,nf](01 0203) 7e 0000",
	  "[1 rtc/0 rtc v2{a=1 b=203} .!]! #31: Mismatched section id in footer for rtc - read 0x0 expected 0x1" },
	{ "nothing behind the body", AB,
	  "QEVM full[1,rtc,0,2,nf](01 0203)",
	  "[1 rtc/0 rtc v2{a=1 b=203} .!cut]! #28: check_section_footer: Read section footer failed: -5" },
	{ "not expected, though there", "nofooters " AB,
	  "QEVM full[1,rtc,0,2](01 0203)" TAIL,
	  "[1 rtc/0 rtc v2{a=1 b=203}] gap(4) end json #29: Unknown savevm section type 126" },
	{ "none expected, none there", "nofooters " AB,
	  "QEVM full[1,rtc,0,2,nf](01 0203) full[2,rtc,0,1,nf](04 0506)" TAIL,
	  "[1 rtc/0 rtc v2{a=1 b=203}] [2 rtc/0 rtc v1{a=4 b=506}] end json" },
	{ "nobody told, there", "footers? " AB,
	  "QEVM full[1,rtc,0,2](01 0203) full[2,rtc,0,1,nf](04 0506)" TAIL,
	  "[1 rtc/0 rtc v2{a=1 b=203} .] [2 rtc/0 rtc v1{a=4 b=506} .!]! gap(19) end json #54: Missing section footer for rtc" },
	{ "nobody told, not there", "footers? " AB,
	  "QEVM full[1,rtc,0,2,nf](01 0203) full[2,rtc,0,1](04 0506)" TAIL,
	  "[1 rtc/0 rtc v2{a=1 b=203}] [2 rtc/0 rtc v1{a=4 b=506}] gap(4) end json #49: Unknown savevm section type 126" },

	/* configuration */
	{ "same machine", "machine=pc " AB,
	  "QEVM config[pc]() full[1,rtc,0,2](01 0203)" TAIL,
	  "config(configuration v0{len=2 name=7063}) [1 rtc/0 rtc v2{a=1 b=203} .] end json" },
	{ "another machine", "machine=q35 " AB,
	  "QEVM config[pc]() full[1,rtc,0,2](01 0203)" TAIL,
	  "config(configuration v0{len=2 name=7063})! gap(0) [1 rtc/0 rtc v2{a=1 b=203} .] end json #16: Machine type received is 'pc' and local is 'q35'" },
	{ "compared over the received length only", "machine=pc-q35 " AB,
	  "QEVM config[pc]() full[1,rtc,0,2](01 0203)" TAIL,
	  "config(configuration v0{len=2 name=7063}) [1 rtc/0 rtc v2{a=1 b=203} .] end json" },
	{ "longer than the local one", "machine=pc " AB,
	  "QEVM config[pc-q35]() full[1,rtc,0,2](01 0203)" TAIL,
	  "config(configuration v0{len=6 name=70632d713335})! gap(0) [1 rtc/0 rtc v2{a=1 b=203} .] end json #20: Machine type received is 'pc-q35' and local is 'pc'" },
	{ "of no length", "machine=pc " AB,
	  "QEVM config[]() full[1,rtc,0,2](01 0203)" TAIL,
	  "config(configuration v0{len=0 name=}) [1 rtc/0 rtc v2{a=1 b=203} .] end json" },
	{ "page bits", "machine=pc bits=12 " AB,
	  "QEVM config[pc](sub[configuration/target-page-bits,1](0000000c)) 00 json()",
	  "config(configuration v0{len=2 name=7063 +configuration/target-page-bits v1 configuration/target-page-bits v1{target_page_bits=c}}) end json -rtc/0" },
	{ "other page bits", "machine=pc bits=12 " AB,
	  "QEVM config[pc](sub[configuration/target-page-bits,1](00000010)) 00 json()",
	  "config(configuration v0{len=2 name=7063 +configuration/target-page-bits v1 configuration/target-page-bits v1{target_page_bits=10}})! -rtc/0 #56: Received TARGET_PAGE_BITS is 16 but local is 12" },
	{ "capabilities", "machine=pc",
	  "QEVM config[pc](sub[configuration/capabilities,1](00000001 str8[mapped-ram])) 00 json()",
	  "config(configuration v0{len=2 name=7063 +configuration/capabilities v1 configuration/capabilities v1{caps_count=1 capabilities[1]=0a6d61707065642d72616d}}) end json" },
	{ "unknown subsection", "machine=pc",
	  "QEVM config[pc](sub[configuration/x,1](00)) 00 json()",
	  "config(configuration v0{len=2 name=7063 ?lookup}!)! #32: load of migration failed: No such file or directory" },
	{ "not wanted", "noconfig " AB,
	  "QEVM config[pc]() full[1,rtc,0,2](01 0203)" TAIL,
	  "gap(6) [1 rtc/0 rtc v2{a=1 b=203} .] end json #9: Unknown savevm section type 7" },
	{ "cut off", "machine=pc",
	  "QEVM 07 00000009 70",
	  "config(configuration v0{len=9 name=70!cut}!)! #14: Failed to load configuration:name" },

	/* entries */
	{ "alias", "s#0~0x80 = s v1 { a:uint8 }",
	  "QEVM full[1,s,128,1](01)" TAIL,
	  "[1 s/128 s v1{a=1} .] end json" },
	{ "the other way round", "s#0x80 = s v1 { a:uint8 }",
	  "QEVM full[1,s,0,1](01)" TAIL,
	  "[1 s/0 ]!none gap(20) end json -s/128 #23: Unknown savevm section or instance 's' 0. Make sure that your current VM setup matches your saved VM setup, including any hotplugged devices" },
	{ "first one that matches", "s#1~2 = s v1 { a:uint8 } s#2 = s v1 { b:uint8 }",
	  "QEVM full[1,s,2,1](01)" TAIL,
	  "[1 s/2 s v1{a=1} .] end json -s/2" },
	{ "old name", "00:02.0/e = e v1 { a:uint8 }",
	  "QEVM full[1,e,0,1](01)" TAIL,
	  "[1 e/0 e v1{a=1} .] end json" },
	{ "old name, second device", "00:02.0/e = e v1 { a:uint8 } 00:03.0/e = e v1 { b:uint8 }",
	  "QEVM full[1,e,1,1](01)" TAIL,
	  "[1 e/1 e v1{b=1} .] end json -00:02.0/e/0" },
	{ "a part of a path is no old name", "00:02.0/e = e v1 { a:uint8 }",
	  "QEVM full[1,02.0/e,0,1](01)" TAIL,
	  "[1 02.0/e/0 ]!none gap(25) end json -00:02.0/e/0 #28: Unknown savevm section or instance '02.0/e' 0. Make sure that your current VM setup matches your saved VM setup, including any hotplugged devices" },
	{ "old style, alias 0", "x#5 = old",
	  "QEVM full[1,x,0,1]()" TAIL,
	  "[1 x/0 data= .] end json (?code that no codec describes reads this section, and nobody tells how long it is)" },

	/* versions */
	{ "older, with fewer fields", "r v3-1 { a:uint8 b:uint8@2 c:uint8@3 }",
	  "QEVM full[1,r,0,2](0102)" TAIL,
	  "[1 r/0 r v2{a=1 b=2 c-} .] end json" },
	{ "newer than the entry", "r v3-1 { a:uint8 }",
	  "QEVM full[1,r,0,4](01)" TAIL,
	  "[1 r/0 ]!new gap(20) end json -r/0 #23: savevm: unsupported version 4 for 'r' v3" },
	{ "newer by far: %d, though it is unsigned", "r v3-1 { a:uint8 }",
	  "QEVM full[1,r,0,4278190082](01)" TAIL,
	  "[1 r/0 ]!new gap(20) end json -r/0 #23: savevm: unsupported version -16777214 for 'r' v3" },
	{ "a second run state", AB,
	  "QEVM full[1,globalstate,1,1](00000007 70617573656400 00)" TAIL,
	  "[1 globalstate/1 ]!none gap(41) end json -rtc/0 #33: Unknown savevm section or instance 'globalstate' 1. Make sure that your current VM setup matches your saved VM setup, including any hotplugged devices" },
	{ "older than the minimum", "r v3-2 { a:uint8 }",
	  "QEVM full[1,r,0,1](01)" TAIL,
	  "[1 r/0 r v1{}!old]! gap(20) end json #23: r: incoming version_id 1 is too old for local minimum version_id  2 / error while loading state for instance 0x0 of device 'r'" },
	{ "newer, in a subsection", "r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/s,2](02))" TAIL,
	  "[1 r/0 r v1{a=1 +r/s v2 r/s v2{}!new ?child}!]! gap(30) end json #33: r/s: incoming version_id 2 is too new for local version_id 1 / error while loading state for instance 0x0 of device 'r'" },
	{ "older, in a subsection", "r v1 { a:uint8 + r/s v2 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/s,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +r/s v1 r/s v1{}!old ?child}!]! gap(30) end json #33: r/s: incoming version_id 1 is too old for local minimum version_id  2 / error while loading state for instance 0x0 of device 'r'" },
	{ "a subsection's version has 8 bits", "r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/s,257](02))" TAIL,
	  "[1 r/0 r v1{a=1 +r/s v1 r/s v1{b=2}} .] end json" },
	{ "-1 is 255", "r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/s,-1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +r/s v255 r/s v255{}!new ?child}!]! gap(30) end json #33: r/s: incoming version_id 255 is too new for local version_id 1 / error while loading state for instance 0x0 of device 'r'" },
	{ "a structure has the destination's version", "r v1 { s:struct = in v2-1 { a:uint8 b:uint8@2 } }",
	  "QEVM full[1,r,0,1](0102)" TAIL,
	  "[1 r/0 r v1{s{in v2{a=1 b=2}}} .] end json" },
	{ "a vstruct has its own", "r v1 { s:vstruct%1 = in v2-1 { a:uint8 b:uint8@2 } c:uint8 }",
	  "QEVM full[1,r,0,1](0102)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1 b-}} c=2} .] end json" },
	{ "tmp has version 0", "r v1 { t:tmp = in v1-0 { a:uint8 b:uint8@1 } c:uint8 }",
	  "QEVM full[1,r,0,1](0102)" TAIL,
	  "[1 r/0 r v1{t{in v0{a=1 b-}} c=2} .] end json" },

	/* counts and sizes */
	{ "fixed array", "r v1 { a:uint16[3] }",
	  "QEVM full[1,r,0,1](0001 0002 0003)" TAIL,
	  "[1 r/0 r v1{a[3]=000100020003} .] end json" },
	{ "count in a field", "r v1 { n:uint8 a:uint16[n] }",
	  "QEVM full[1,r,0,1](02 0001 0002)" TAIL,
	  "[1 r/0 r v1{n=2 a[2]=00010002} .] end json" },
	{ "count 0", "r v1 { n:uint32 a:uint16[n] b:uint8 }",
	  "QEVM full[1,r,0,1](00000000 07)" TAIL,
	  "[1 r/0 r v1{n=0 a[0]= b=7} .] end json" },
	{ "count below 0", "r v1 { n:int32 a:uint16[n] b:uint8 }",
	  "QEVM full[1,r,0,1](ffffffff 07)" TAIL,
	  "[1 r/0 r v1{n=ffffffff a[0]= b=7} .] end json" },
	{ "count of 4 billion", "r v1 { n:uint32 a:uint16[n] }",
	  "QEVM full[1,r,0,1](ffffffff 07)" TAIL,
	  "[1 r/0 r v1{n=ffffffff a[4294967295]=077e00000001000600000002..(14)!cut}!]! gap(24) end json #41: Failed to load r:a / error while loading state for instance 0x0 of device 'r'" },
	{ "count of 4 billion structures", "r v1 { n:uint32 s:struct[n] = in v1 { a:uint8 } }",
	  "QEVM full[1,r,0,1](ffffffff 07)" TAIL,
	  "[1 r/0 r v1{n=ffffffff s[4294967295]{in v1{a=7} in v1{a=7e} in v1{a=0} in v1{a=0} in v1{a=0} in v1{a=1} in v1{a=0} in v1{a=6} in v1{a=0} in v1{a=0} in v1{a=0} in v1{a=2} in v1{a=7b} in v1{a=7d}}!cut}!]! gap(24) end json #41: Failed to load r:s / error while loading state for instance 0x0 of device 'r'" },
	{ "count in a subsection's parent", "r v1 { n:uint8 + r/s v1 { a:uint8[n] } }",
	  "QEVM full[1,r,0,1](02 sub[r/s,1](0102))" TAIL,
	  "[1 r/0 r v1{n=2 +r/s v1 r/s v1{a[2]=0102}} .] end json" },
	{ "count that is not loaded", "r v1 { n:uint8@2 a:uint8[n] }",
	  "QEVM full[1,r,0,1](0102)" TAIL,
	  "[1 r/0 r v1{n- a[0]=} .!]! gap(21) end json #24: Missing section footer for r (?how many elements 'a' of 'r' has)" },
	{ "buffer", "r v1 { a:buffer(3) }",
	  "QEVM full[1,r,0,1](010203)" TAIL,
	  "[1 r/0 r v1{a=010203} .] end json" },
	{ "buffer, length in a field", "r v1 { n:uint32 a:buffer(n) }",
	  "QEVM full[1,r,0,1](00000002 0102)" TAIL,
	  "[1 r/0 r v1{n=2 a=0102} .] end json" },
	{ "structures", "r v1 { s:struct[2] = in v1 { a:uint8 b:uint8 } }",
	  "QEVM full[1,r,0,1](01020304)" TAIL,
	  "[1 r/0 r v1{s[2]{in v1{a=1 b=2} in v1{a=3 b=4}}} .] end json" },
	{ "list", "r v1 { l:qtailq@1 = in v1 { a:uint8 } }",
	  "QEVM full[1,r,0,1](01 07 01 08 00)" TAIL,
	  "[1 r/0 r v1{l{more=1 in v1{a=7} more=1 in v1{a=8} more=0}} .] end json" },
	{ "list whose elements are too new", "r v1 { l:qtailq@1 = in v0 { a:uint8 } }",
	  "QEVM full[1,r,0,1](01 07 00)" TAIL,
	  "[1 r/0 r v1{l=!}!]! gap(22) end json #23: in too new / Failed to load r:l / error while loading state for instance 0x0 of device 'r'" },
	{ "empty list", "r v1 { l:qtailq@1 = in v1 { a:uint8 } }",
	  "QEVM full[1,r,0,1](00)" TAIL,
	  "[1 r/0 r v1{l{more=0}} .] end json" },
	{ "list without end", "r v1 { l:qtailq@1 = in v1 { a:uint8 } }",
	  "QEVM full[1,r,0,1,nf](01 07 01 08 01)",
	  "[1 r/0 r v1{l{more=1 in v1{a=7} more=1 in v1{a=8} more=1 in v1{a=!cut}!}!}!]! #28: Failed to load in:a / Failed to load r:l / error while loading state for instance 0x0 of device 'r'" },
	{ "must exist", "r v1 { a:uint8 b:uint8[0]! }",
	  "QEVM full[1,r,0,1](01)" TAIL,
	  "[1 r/0 r v1{a=1 b[0]=} .] end json (~the check 'b')" },

	/* subsections */
	{ "one", "r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/s,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +r/s v1 r/s v1{b=2}} .] end json" },
	{ "two", "r v1 { a:uint8 + r/s v1 { b:uint8 } + r/t v1 { c:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/t,1](02) sub[r/s,1](03))" TAIL,
	  "[1 r/0 r v1{a=1 +r/t v1 r/t v1{c=2 ?short} +r/s v1 r/s v1{b=3}} .] end json" },
	{ "the same twice", "r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/s,1](02) sub[r/s,1](03))" TAIL,
	  "[1 r/0 r v1{a=1 +r/s v1 r/s v1{b=2 ?short} +r/s v1 r/s v1{b=3}} .] end json" },
	{ "unknown", "r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/x,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 ?lookup}!]! gap(30) end json #29: error while loading state for instance 0x0 of device 'r'" },
	{ "no longer than the parent's name", "r v1 { a:uint8 + r v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 ?short} .!]! gap(28) end json #26: Missing section footer for r" },
	{ "somebody else's", "r v1 { a:uint8 }",
	  "QEVM full[1,r,0,1](01 sub[q/x,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 ?prefix} .!]! gap(30) end json #29: Missing section footer for r" },
	{ "prefix without slash", "r v1 { a:uint8 + rest v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[rest,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +rest v1 rest v1{b=2}} .] end json" },
	{ "of a subsection", "r v1 { a:uint8 + r/s v1 { b:uint8 + r/s/t v1 { c:uint8 } } }",
	  "QEVM full[1,r,0,1](01 sub[r/s,1](02 sub[r/s/t,1](03)))" TAIL,
	  "[1 r/0 r v1{a=1 +r/s v1 r/s v1{b=2 +r/s/t v1 r/s/t v1{c=3}}} .] end json" },
	{ "of a subsection, named after the parent", "r v1 { a:uint8 + r/s v1 { b:uint8 } + r/t v1 { c:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/s,1](02 sub[r/t,1](03)))" TAIL,
	  "[1 r/0 r v1{a=1 +r/s v1 r/s v1{b=2 ?short} +r/t v1 r/t v1{c=3}} .] end json" },
	{ "an embedded structure takes it first", "r v1 { s:struct = r v1 { a:uint8 } + r/x v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/x,1](02))" TAIL,
	  "[1 r/0 r v1{s{r v1{a=1 ?lookup}!}!}!]! gap(30) end json #29: Failed to load r:s / error while loading state for instance 0x0 of device 'r'" },
	{ "5 where the next field stands, a short name", "r v1 { s:struct = in v1 { a:uint8 } b:uint8 c:uint8[8] }",
	  "QEVM full[1,r,0,1](01 05 02 696e2f 04040404)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1 ?short}} b=5 c[8]=02696e2f04040404} .] end json" },
	{ "another prefix", "r v1 { s:struct = in v1 { a:uint8 } b:uint8 c:uint8[8] }",
	  "QEVM full[1,r,0,1](01 05 03 696f2f 04040404)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1 ?prefix}} b=5 c[8]=03696f2f04040404} .] end json" },
	{ "a name that is ours", "r v1 { s:struct = in v1 { a:uint8 } b:uint8 c:uint8[8] }",
	  "QEVM full[1,r,0,1](01 05 04 696e2f 04040404)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1 ?lookup}!}!}!]! gap(29) end json #30: Failed to load r:s / error while loading state for instance 0x0 of device 'r'" },
	{ "5 at the end", "r v1 { a:uint8 }",
	  "QEVM full[1,r,0,1,nf](01) 05",
	  "[1 r/0 r v1{a=1 ?short} .!cut]! #25: check_section_footer: Read section footer failed: -5" },
	{ "name cut off", "r v1 { a:uint8 }",
	  "QEVM full[1,r,0,1,nf](01) 05 05 72 2f",
	  "[1 r/0 r v1{a=1 ?short} .!cut]! #28: check_section_footer: Read section footer failed: -5" },
	{ "version cut off", "r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1,nf](01) 05 03 72 2f 73 00 00",
	  "[1 r/0 r v1{a=1 +r/s v0!cut r/s v0{}!old ?child}!]! #31: r/s: incoming version_id 0 is too old for local minimum version_id  1 / error while loading state for instance 0x0 of device 'r'" },

	/* rules */
	{ "r/s, v0.13", "rules=v0.13 r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/s,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +r/s v1 r/s v1{b=2}} .] end json" },
	{ "r/s, v0.14", "rules=v0.14 r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/s,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +r/s v1 r/s v1{b=2}} .] end json" },
	{ "r/s, current", "r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/s,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +r/s v1 r/s v1{b=2}} .] end json" },
	{ "r/s, slash", "rules=slash r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/s,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +r/s v1 r/s v1{b=2}} .] end json" },
	{ "r/s, separators", "rules=separators r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/s,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +r/s v1 r/s v1{b=2}} .] end json" },
	{ "r/s, lookup-first", "rules=lookup-first r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/s,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +r/s v1 r/s v1{b=2}} .] end json" },
	{ "r/s, sentinel", "rules=sentinel r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/s,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +r/s v1 r/s v1{b=2}} .] end json" },
	{ "rs, v0.13", "rules=v0.13 r v1 { a:uint8 + rs v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[rs,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +rs v1 rs v1{b=2}} .] end json" },
	{ "rs, v0.14", "rules=v0.14 r v1 { a:uint8 + rs v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[rs,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +rs v1 rs v1{b=2}} .] end json" },
	{ "rs, current", "r v1 { a:uint8 + rs v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[rs,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +rs v1 rs v1{b=2}} .] end json" },
	{ "rs, slash", "rules=slash r v1 { a:uint8 + rs v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[rs,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 ?prefix} .!]! gap(29) end json #28: Missing section footer for r" },
	{ "rs, separators", "rules=separators r v1 { a:uint8 + rs v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[rs,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 ?prefix} .!]! gap(29) end json #28: Missing section footer for r" },
	{ "rs, lookup-first", "rules=lookup-first r v1 { a:uint8 + rs v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[rs,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +rs v1 rs v1{b=2}} .] end json" },
	{ "rs, sentinel", "rules=sentinel r v1 { a:uint8 + rs v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[rs,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +rs v1 rs v1{b=2}} .] end json" },
	{ "r-s, v0.13", "rules=v0.13 r v1 { a:uint8 + r-s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r-s,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +r-s v1 r-s v1{b=2}} .] end json" },
	{ "r-s, v0.14", "rules=v0.14 r v1 { a:uint8 + r-s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r-s,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +r-s v1 r-s v1{b=2}} .] end json" },
	{ "r-s, current", "r v1 { a:uint8 + r-s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r-s,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +r-s v1 r-s v1{b=2}} .] end json" },
	{ "r-s, slash", "rules=slash r v1 { a:uint8 + r-s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r-s,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 ?prefix} .!]! gap(30) end json #29: Missing section footer for r" },
	{ "r-s, separators", "rules=separators r v1 { a:uint8 + r-s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r-s,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +r-s v1 r-s v1{b=2}} .] end json" },
	{ "r-s, lookup-first", "rules=lookup-first r v1 { a:uint8 + r-s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r-s,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +r-s v1 r-s v1{b=2}} .] end json" },
	{ "r-s, sentinel", "rules=sentinel r v1 { a:uint8 + r-s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r-s,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +r-s v1 r-s v1{b=2}} .] end json" },
	{ "unknown r/x, v0.13", "rules=v0.13 r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/x,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 ?lookup}!]! gap(30) end json #33: error while loading state for instance 0x0 of device 'r'" },
	{ "unknown r/x, v0.14", "rules=v0.14 r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/x,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 ?lookup}!]! gap(30) end json #33: error while loading state for instance 0x0 of device 'r'" },
	{ "unknown r/x, current", "r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/x,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 ?lookup}!]! gap(30) end json #29: error while loading state for instance 0x0 of device 'r'" },
	{ "unknown r/x, slash", "rules=slash r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/x,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 ?lookup}!]! gap(30) end json #29: error while loading state for instance 0x0 of device 'r'" },
	{ "unknown r/x, separators", "rules=separators r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/x,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 ?lookup}!]! gap(30) end json #29: error while loading state for instance 0x0 of device 'r'" },
	{ "unknown r/x, lookup-first", "rules=lookup-first r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/x,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 ?lookup}!]! gap(30) end json #29: error while loading state for instance 0x0 of device 'r'" },
	{ "unknown r/x, sentinel", "rules=sentinel r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/x,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 ?lookup}!]! gap(30) end json #29: r: unknown subsection 'r/x' / error while loading state for instance 0x0 of device 'r'" },
	{ "unknown q, v0.13", "rules=v0.13 r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[q,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 ?lookup}!]! gap(28) end json #31: error while loading state for instance 0x0 of device 'r'" },
	{ "unknown q, v0.14", "rules=v0.14 r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[q,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 ?lookup}!]! gap(28) end json #31: error while loading state for instance 0x0 of device 'r'" },
	{ "unknown q, current", "r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[q,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 ?short} .!]! gap(28) end json #26: Missing section footer for r" },
	{ "unknown q, slash", "rules=slash r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[q,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 ?short} .!]! gap(28) end json #26: Missing section footer for r" },
	{ "unknown q, separators", "rules=separators r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[q,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 ?short} .!]! gap(28) end json #26: Missing section footer for r" },
	{ "unknown q, lookup-first", "rules=lookup-first r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[q,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 ?short} .!]! gap(28) end json #27: Missing section footer for r" },
	{ "a transmitter at work, and nothing to send", "serial v3 { lsr:uint8 }",
	  "QEVM full[1,serial,0,3](20)" TAIL, "[1 serial/0 serial v3{lsr=20}!]! gap(25) end json #30: inconsistent state in serial device (tsr not empty, tsr_retry=0 / error while loading state for instance 0x0 of device 'serial'" },
	{ "a transmitter at rest, and something to send", SERIAL,
	  SERIAL_STREAM("60", "00000002"), "[1 serial/0 serial v3{lsr=60 +serial/tsr v1 serial/tsr v1{tsr_retry=2}}!]! gap(45) end json #50: inconsistent state in serial device (tsr empty, tsr_retry=2 / error while loading state for instance 0x0 of device 'serial'" },
	{ "a transmitter at work", SERIAL, SERIAL_STREAM("20", "00000002"), "[1 serial/0 serial v3{lsr=20 +serial/tsr v1 serial/tsr v1{tsr_retry=2}} .] end json" },
	{ "a run state", "globalstate v1 { size:uint32 runstate:buffer(8) }",
	  "QEVM full[1,globalstate,0,1](00000007 70617573656400 00)" TAIL,
	  "[1 globalstate/0 globalstate v1{size=7 runstate=7061757365640000} .] end json" },
	{ "no run state", "globalstate v1 { size:uint32 runstate:buffer(8) }",
	  "QEVM full[1,globalstate,0,1](00000007 70617573585800 00)" TAIL,
	  "[1 globalstate/0 globalstate v1{size=7 runstate=7061757358580000}!]! gap(41) end json #46: invalid parameter value: pausXX / error while loading state for instance 0x0 of device 'globalstate'" },
	{ "unknown q, sentinel", "rules=sentinel r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[q,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 ?lookup}!]! gap(28) end json #27: r: unknown subsection 'q' / error while loading state for instance 0x0 of device 'r'" },
	{ "known q, lookup-first", "rules=lookup-first r v1 { a:uint8 + q v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[q,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +q v1 q v1{b=2}} .] end json" },
	{ "known q, current", "r v1 { a:uint8 + q v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[q,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 ?short} .!]! gap(28) end json #26: Missing section footer for r" },
	{ "inner's name begins with outer's, v0.13", "rules=v0.13 r-x v1 { s:struct = r v1 { a:uint8 + r/s v1 { b:uint8 } } + r-x/t v1 { c:uint8 } }",
	  "QEVM full[1,r-x,0,1](01 sub[r-x/t,1](02))" TAIL,
	  "[1 r-x/0 r-x v1{s{r v1{a=1 ?lookup}!}!}!]! gap(34) end json #37: Failed to load r-x:s / error while loading state for instance 0x0 of device 'r-x'" },
	{ "inner's name begins with outer's, v0.14", "rules=v0.14 r-x v1 { s:struct = r v1 { a:uint8 + r/s v1 { b:uint8 } } + r-x/t v1 { c:uint8 } }",
	  "QEVM full[1,r-x,0,1](01 sub[r-x/t,1](02))" TAIL,
	  "[1 r-x/0 r-x v1{s{r v1{a=1 ?lookup}!}!}!]! gap(34) end json #37: Failed to load r-x:s / error while loading state for instance 0x0 of device 'r-x'" },
	{ "inner's name begins with outer's, current", "r-x v1 { s:struct = r v1 { a:uint8 + r/s v1 { b:uint8 } } + r-x/t v1 { c:uint8 } }",
	  "QEVM full[1,r-x,0,1](01 sub[r-x/t,1](02))" TAIL,
	  "[1 r-x/0 r-x v1{s{r v1{a=1 ?lookup}!}!}!]! gap(34) end json #33: Failed to load r-x:s / error while loading state for instance 0x0 of device 'r-x'" },
	{ "inner's name begins with outer's, slash", "rules=slash r-x v1 { s:struct = r v1 { a:uint8 + r/s v1 { b:uint8 } } + r-x/t v1 { c:uint8 } }",
	  "QEVM full[1,r-x,0,1](01 sub[r-x/t,1](02))" TAIL,
	  "[1 r-x/0 r-x v1{s{r v1{a=1 ?prefix}} +r-x/t v1 r-x/t v1{c=2}} .] end json" },
	{ "inner's name begins with outer's, separators", "rules=separators r-x v1 { s:struct = r v1 { a:uint8 + r/s v1 { b:uint8 } } + r-x/t v1 { c:uint8 } }",
	  "QEVM full[1,r-x,0,1](01 sub[r-x/t,1](02))" TAIL,
	  "[1 r-x/0 r-x v1{s{r v1{a=1 ?lookup}!}!}!]! gap(34) end json #33: Failed to load r-x:s / error while loading state for instance 0x0 of device 'r-x'" },
	{ "inner's name begins with outer's, lookup-first", "rules=lookup-first r-x v1 { s:struct = r v1 { a:uint8 + r/s v1 { b:uint8 } } + r-x/t v1 { c:uint8 } }",
	  "QEVM full[1,r-x,0,1](01 sub[r-x/t,1](02))" TAIL,
	  "[1 r-x/0 r-x v1{s{r v1{a=1 ?prefix}} +r-x/t v1 r-x/t v1{c=2}} .] end json" },
	{ "inner's name begins with outer's, sentinel", "rules=sentinel r-x v1 { s:struct = r v1 { a:uint8 + r/s v1 { b:uint8 } } + r-x/t v1 { c:uint8 } }",
	  "QEVM full[1,r-x,0,1](01 sub[r-x/t,1](02))" TAIL,
	  "[1 r-x/0 r-x v1{s{r v1{a=1 ?lookup}!}!}!]! gap(34) end json #33: r: unknown subsection 'r-x/t' / Failed to load r-x:s / error while loading state for instance 0x0 of device 'r-x'" },
	{ "structure without subsections, v0.13", "rules=v0.13 r v1 { s:struct = in v1 { a:uint8 } b:uint8[7] c:uint8 }",
	  "QEVM full[1,r,0,1](01 05 03 696e2f 00 00 00)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1 ?lookup}!}!}!]! gap(28) end json #33: Failed to load r:s / error while loading state for instance 0x0 of device 'r'" },
	{ "structure without subsections, v0.14", "rules=v0.14 r v1 { s:struct = in v1 { a:uint8 } b:uint8[7] c:uint8 }",
	  "QEVM full[1,r,0,1](01 05 03 696e2f 00 00 00)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1}} b[7]=0503696e2f0000 c=0} .] end json" },
	{ "structure without subsections, current", "r v1 { s:struct = in v1 { a:uint8 } b:uint8[7] c:uint8 }",
	  "QEVM full[1,r,0,1](01 05 03 696e2f 00 00 00)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1 ?lookup}!}!}!]! gap(28) end json #29: Failed to load r:s / error while loading state for instance 0x0 of device 'r'" },
	{ "structure without subsections, slash", "rules=slash r v1 { s:struct = in v1 { a:uint8 } b:uint8[7] c:uint8 }",
	  "QEVM full[1,r,0,1](01 05 03 696e2f 00 00 00)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1 ?lookup}!}!}!]! gap(28) end json #29: Failed to load r:s / error while loading state for instance 0x0 of device 'r'" },
	{ "structure without subsections, separators", "rules=separators r v1 { s:struct = in v1 { a:uint8 } b:uint8[7] c:uint8 }",
	  "QEVM full[1,r,0,1](01 05 03 696e2f 00 00 00)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1 ?lookup}!}!}!]! gap(28) end json #29: Failed to load r:s / error while loading state for instance 0x0 of device 'r'" },
	{ "structure without subsections, lookup-first", "rules=lookup-first r v1 { s:struct = in v1 { a:uint8 } b:uint8[7] c:uint8 }",
	  "QEVM full[1,r,0,1](01 05 03 696e2f 00 00 00)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1 ?lookup}!}!}!]! gap(28) end json #29: Failed to load r:s / error while loading state for instance 0x0 of device 'r'" },
	{ "structure without subsections, sentinel", "rules=sentinel r v1 { s:struct = in v1 { a:uint8 } b:uint8[7] c:uint8 }",
	  "QEVM full[1,r,0,1](01 05 03 696e2f 00 00 00)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1 ?lookup}!}!}!]! gap(28) end json #29: in: unknown subsection 'in/' / Failed to load r:s / error while loading state for instance 0x0 of device 'r'" },
	{ "end marker, v0.13", "rules=v0.13 r v1 { s:struct = in v1 { a:uint8 } b:uint8 }",
	  "QEVM full[1,r,0,1](01 09 02)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1}} b=9} .!]! gap(22) end json #26: Missing section footer for r" },
	{ "end marker, v0.14", "rules=v0.14 r v1 { s:struct = in v1 { a:uint8 } b:uint8 }",
	  "QEVM full[1,r,0,1](01 09 02)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1}} b=9} .!]! gap(22) end json #26: Missing section footer for r" },
	{ "end marker, current", "r v1 { s:struct = in v1 { a:uint8 } b:uint8 }",
	  "QEVM full[1,r,0,1](01 09 02)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1}} b=9} .!]! gap(22) end json #26: Missing section footer for r" },
	{ "end marker, slash", "rules=slash r v1 { s:struct = in v1 { a:uint8 } b:uint8 }",
	  "QEVM full[1,r,0,1](01 09 02)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1}} b=9} .!]! gap(22) end json #26: Missing section footer for r" },
	{ "end marker, separators", "rules=separators r v1 { s:struct = in v1 { a:uint8 } b:uint8 }",
	  "QEVM full[1,r,0,1](01 09 02)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1}} b=9} .!]! gap(22) end json #26: Missing section footer for r" },
	{ "end marker, lookup-first", "rules=lookup-first r v1 { s:struct = in v1 { a:uint8 } b:uint8 }",
	  "QEVM full[1,r,0,1](01 09 02)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1}} b=9} .!]! gap(22) end json #26: Missing section footer for r" },
	{ "end marker, sentinel", "rules=sentinel r v1 { s:struct = in v1 { a:uint8 } b:uint8 }",
	  "QEVM full[1,r,0,1](01 09 02)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1} |} b=2} .] end json" },
	{ "no end marker, v0.13", "rules=v0.13 r v1 { s:struct = in v1 { a:uint8 } b:uint8 }",
	  "QEVM full[1,r,0,1](01 02)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1}} b=2} .] end json" },
	{ "no end marker, v0.14", "rules=v0.14 r v1 { s:struct = in v1 { a:uint8 } b:uint8 }",
	  "QEVM full[1,r,0,1](01 02)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1}} b=2} .] end json" },
	{ "no end marker, current", "r v1 { s:struct = in v1 { a:uint8 } b:uint8 }",
	  "QEVM full[1,r,0,1](01 02)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1}} b=2} .] end json" },
	{ "no end marker, slash", "rules=slash r v1 { s:struct = in v1 { a:uint8 } b:uint8 }",
	  "QEVM full[1,r,0,1](01 02)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1}} b=2} .] end json" },
	{ "no end marker, separators", "rules=separators r v1 { s:struct = in v1 { a:uint8 } b:uint8 }",
	  "QEVM full[1,r,0,1](01 02)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1}} b=2} .] end json" },
	{ "no end marker, lookup-first", "rules=lookup-first r v1 { s:struct = in v1 { a:uint8 } b:uint8 }",
	  "QEVM full[1,r,0,1](01 02)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1}} b=2} .] end json" },
	{ "no end marker, sentinel", "rules=sentinel r v1 { s:struct = in v1 { a:uint8 } b:uint8 }",
	  "QEVM full[1,r,0,1](01 02)" TAIL,
	  "[1 r/0 r v1{s{in v1{a=1} |!}!}!]! gap(21) end json #25: in: end marker of structure expected, found 0x02 / Failed to load r:s / error while loading state for instance 0x0 of device 'r'" },

	/* commands */
	{ "PING", AB,
	  "QEVM command[2](00000001) full[1,rtc,0,2](01 0203)" TAIL,
	  "PING() [1 rtc/0 rtc v2{a=1 b=203} .] end json" },
	{ "PING of 3 bytes", AB,
	  "QEVM command[2](000001) full[1,rtc,0,2](01 0203)" TAIL,
	  "PING()! gap(7) [1 rtc/0 rtc v2{a=1 b=203} .] end json #13: PING received with bad length - expecting 4, got 3" },
	{ "unknown", AB,
	  "QEVM command[99](000001) full[1,rtc,0,2](01 0203)" TAIL,
	  "command()! gap(7) [1 rtc/0 rtc v2{a=1 b=203} .] end json #13: MIG_CMD 0x63 unknown (len 0x3)" },
	{ "cut off", AB,
	  "QEVM 08 0002 0004 0000",
	  "PING()!cut -rtc/0 #15: load of migration failed: Input/output error" },
	{ "postcopy", AB,
	  "QEVM command[3](0000000000001000 0000000000001000) command[7](00000023) command[4]() full[1,rtc,0,2](01 0203) command[5]()",
	  "POSTCOPY_ADVISE() PACKAGED(POSTCOPY_LISTEN() [1 rtc/0 rtc v2{a=1 b=203} .] POSTCOPY_RUN()) #73: load of migration failed: Input/output error" },

	/* old style */
	{ "nobody reads it", "x#0 = old",
	  "QEVM full[1,x,0,1](010203)" TAIL,
	  "[1 x/0 data= .!]! gap(22) end json #24: Missing section footer for x (?code that no codec describes reads this section, and nobody tells how long it is)" },
	{ "RAM", "ram#0 = old",
	  "QEVM start[1,ram,0,4](0000000000001004 str8[pc.ram] be64[4096] 0000000000000010) part[1](0000000000000002 str8[pc.ram] 00 0000000000000010) end[1](0000000000000010)" TAIL,
	  "[1 ram/0 ram(31) .] [1 ram/0 ram(24) .] [1 ram/0 ram(8) .] end json" },

	/* what the destination's own stream tells */
	{ "equal", "r v1 { a:uint8_equal }",
	  "QEVM full[1,r,0,1](05) 00 ; QEVM full[1,r,0,1](05)" TAIL,
	  "[1 r/0 r v1{a=5} .] end json" },
	{ "not equal", "r v1 { a:uint8_equal }",
	  "QEVM full[1,r,0,1](05) 00 ; QEVM full[1,r,0,1](06)" TAIL,
	  "[1 r/0 r v1{a=6!}!]! gap(20) end json #24: 5 != 6 / Failed to load r:a / error while loading state for instance 0x0 of device 'r'" },
	{ "32 bits not equal", "r v1 { a:uint32_equal }",
	  "QEVM full[1,r,0,1](00000100) 00 ; QEVM full[1,r,0,1](00000101)" TAIL,
	  "[1 r/0 r v1{a=101!}!]! gap(23) end json #27: 100 != 101 / Failed to load r:a / error while loading state for instance 0x0 of device 'r'" },
	{ "less or equal", "r v1 { a:int32_le }",
	  "QEVM full[1,r,0,1](00000004) 00 ; QEVM full[1,r,0,1](00000003)" TAIL,
	  "[1 r/0 r v1{a=3} .] end json" },
	{ "greater", "r v1 { a:int32_le }",
	  "QEVM full[1,r,0,1](00000004) 00 ; QEVM full[1,r,0,1](00000005)" TAIL,
	  "[1 r/0 r v1{a=5!}!]! gap(23) end json #27: Invalid value 5 expecting positive value <= 4 / Failed to load r:a / error while loading state for instance 0x0 of device 'r'" },
	{ "below 0", "r v1 { a:int32_le }",
	  "QEVM full[1,r,0,1](00000004) 00 ; QEVM full[1,r,0,1](fffffffe)" TAIL,
	  "[1 r/0 r v1{a=fffffffe!}!]! gap(23) end json #27: Invalid value -2 expecting positive value <= 4 / Failed to load r:a / error while loading state for instance 0x0 of device 'r'" },
	{ "equal, in the second structure", "r v1 { s:struct[2] = in v1 { a:uint8_equal } }",
	  "QEVM full[1,r,0,1](0507) 00 ; QEVM full[1,r,0,1](0506)" TAIL,
	  "[1 r/0 r v1{s[2]{in v1{a=5} in v1{a=6!}!}!}!]! gap(21) end json #25: 7 != 6 / Failed to load in:a / Failed to load r:s / error while loading state for instance 0x0 of device 'r'" },
	{ "equal, in a subsection", "r v1 { a:uint8 + r/s v1 { b:uint8_equal } }",
	  "QEVM full[1,r,0,1](01 sub[r/s,1](03)) 00 ; QEVM full[1,r,0,1](01 sub[r/s,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +r/s v1 r/s v1{b=2!}! ?child}!]! gap(30) end json #34: 3 != 2 / Failed to load r/s:b / error while loading state for instance 0x0 of device 'r'" },
	{ "equal, in a subsection that it did not write", "r v1 { a:uint8 + r/s v1 { b:uint8_equal } }",
	  "QEVM full[1,r,0,1](01) 00 ; QEVM full[1,r,0,1](01 sub[r/s,1](02))" TAIL,
	  "[1 r/0 r v1{a=1 +r/s v1 r/s v1{b=2}} .] end json (~must equal the destination's value, which is not told)" },
	{ "a condition, true there", "r v1 { a:uint8 b:uint8? }",
	  "QEVM full[1,r,0,1](0102) 00 ; QEVM full[1,r,0,1](0102)" TAIL,
	  "[1 r/0 r v1{a=1 b=2} .] end json" },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* One load and all that it needs. */
struct bench {
	struct account *source;
	struct destination dest;
	struct timeline *t;
};

static const char *stream_of(const struct test *t)
{
	const char *semicolon = strchr(t->stream, ';');

	return semicolon ? semicolon + 1 : t->stream;
}

/* The destination's own stream, in front of the ';'. */
static struct account *reference_of(const struct test *t, const char *dest)
{
	const char *semicolon = strchr(t->stream, ';');
	struct account *a;
	char *text;

	if (!semicolon)
		return NULL;
	text = strndup(t->stream, (size_t)(semicolon - t->stream));
	a = paper_account(dest, text, DESC_FROM_REFERENCE);
	free(text);
	return a;
}

static const char *read_rules(const struct test *t, enum rules *rules)
{
	char name[32];
	int n = 0;

	*rules = RULES_CURRENT;
	if (sscanf(t->dest, "rules=%31s %n", name, &n) == 1 &&
	    !rules_parse(name, rules))
		fail_msg("%s: no rules %s", t->what, name);
	return t->dest + n;
}

static int told_release;	/* that the destination's executable says */

static struct timeline *load(struct bench *b, const struct test *t,
			     const void *data, size_t len)
{
	enum rules rules;
	const char *dest = read_rules(t, &rules);
	struct source *src;
	struct err err;

	paper_destination(&b->dest, dest, reference_of(t, dest));
	b->dest.registry.release = told_release;
	if (source_open_memory(&src, "test", data, len, NULL, &err) < 0 ||
	    account_take(&b->source, src, DESC_FROM_SOURCE, NULL, &err) < 0)
		fail_msg("%s: %s", t->what, err.msg);
	b->t = destination_load(&b->dest, b->source, rules, NULL);
	return b->t;
}

static void bench_release(struct bench *b)
{
	timeline_close(b->t);
	account_close(b->source);
	paper_release(&b->dest);
}

static void each_line(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(tests); i++) {
		const struct test *t = &tests[i];
		struct bench b;
		struct dough d;
		char *got;

		bake(&d, stream_of(t));
		load(&b, t, d.p, d.len);
		got = paper_load(b.t);
		if (strcmp(got, t->want)) {
			print_error("%s:\n  got  %s\n  want %s\n", t->what, got,
				    t->want);
			bad++;
		}
		if (!b.t->nfailures && timeline_check(b.t)) {
			print_error("%s: %s\n", t->what, timeline_check(b.t));
			bad++;
		}
		free(got);
		bench_release(&b);
		dough_release(&d);
	}
	assert_int_equal(bad, 0);
}

/* How a probe ends depends on up to this many bytes behind it. */
#define LOOKS_AHEAD (2 + 255 + 4)

static bool same_event(const struct event *a, const struct event *b)
{
	return a->kind == b->kind && a->off == b->off && a->len == b->len &&
		a->outcome == b->outcome && a->parent == b->parent &&
		a->version == b->version && a->n == b->n &&
		!strcmp(a->name ? a->name : "", b->name ? b->name : "");
}

/*
 * Cutting the stream at byte @n leaves all events that end before it
 * unchanged.  Where the whole stream fails, that holds up to there.
 */
static const char *compare_cut(const struct timeline *whole,
			       const struct timeline *cut, uint64_t n)
{
	uint32_t end = whole->n;

	if (whole->nfailures)
		end = whole->failures[0].event == EVENT_NONE ? 0 :
			whole->failures[0].event;
	for (uint32_t i = 0; i < end; i++) {
		const struct event *e = &whole->events[i];
		uint64_t needs = e->off + e->len;

		if (e->kind == EV_PROBE ||
		    (e->kind == EV_FIELD && e->end > i + 1))
			needs += LOOKS_AHEAD;
		/* whose look goes beyond the end: the next check fails of it */
		if (e->kind == EV_PROBE && e->outcome != OUT_GOOD &&
		    needs >= n)
			break;
		if (e->kind == EV_FIELD && !e->len)
			continue;	/* as long as it exists */
		if (needs >= n || e->end > end || e->kind == EV_DEFAULTED)
			continue;
		if (i >= cut->n || !same_event(e, &cut->events[i]))
			return e->name;
	}
	return NULL;
}

static void cut_anywhere(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(tests); i++) {
		const struct test *t = &tests[i];
		struct bench whole;
		struct dough d;

		bake(&d, stream_of(t));
		load(&whole, t, d.p, d.len);
		for (size_t n = 0; n < d.len; n++) {
			uint8_t *part = malloc(n ? n : 1);
			struct bench b;
			const char *wrong;

			memcpy(part, d.p, n);
			load(&b, t, part, n);
			wrong = compare_cut(whole.t, b.t, n);
			if (wrong) {
				print_error("%s, cut at %zu: '%s' changes\n",
					    t->what, n, wrong);
				bad++;
			}
			if (!b.t->reached_eof && !b.t->nfailures) {
				print_error("%s, cut at %zu: no failure\n",
					    t->what, n);
				bad++;
			}
			bench_release(&b);
			free(part);
		}
		bench_release(&whole);
		dough_release(&d);
	}
	assert_int_equal(bad, 0);
}

/* The wording of QEMU 10.2. */
static const struct test newer[] = {
	{ "no such device", "rtc v1 { a:uint8 }", "QEVM full[1,rtx,0,1](01)",
	  "load of migration failed: Invalid argument: Unknown section or instance 'rtx' 0. Make sure that your current VM setup matches your saved VM setup, including any hotplugged devices" },
	{ "too new", "r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/s,2](02))",
	  "load of migration failed: Invalid argument: error while loading state for instance 0x0 of device 'r': Loading VM subsection 'r/s' in 'r' failed: -22: r/s: incoming version_id 2 is too new for local version_id 1" },
	{ "version of a section", "r v1 { a:uint8 }", "QEVM full[1,r,0,2](01)",
	  "load of migration failed: Invalid argument: unsupported version 2 for 'r' v1" },
	{ "lookup", "r v1 { a:uint8 }", "QEVM full[1,r,0,1](01 sub[r/s,2](02))",
	  "load of migration failed: No such file or directory: error while loading state for instance 0x0 of device 'r': VM subsection 'r/s' in 'r' does not exist" },
	{ "footer", "r v1 { a:uint8 }", "QEVM full[1,r,0,1](0102)",
	  "Missing section footer for r / load of migration failed: Invalid argument: Section footer error, section_id: 1" },
	{ "type", "r v1 { a:uint8 }", "QEVM 4c",
	  "load of migration failed: Invalid argument: Unknown section type 76" },
	{ "value", "r v1 { a:uint8_equal }", "QEVM full[1,r,0,1](02) 00 ; QEVM full[1,r,0,1](01)",
	  "2 != 1 / load of migration failed: Invalid argument: error while loading state for instance 0x0 of device 'r': Failed to load element of type uint8 equal for a: -22" },
	{ "machine", "machine=q35", "QEVM config[pc]()",
	  "Machine type received is 'pc' and local is 'q35' / load of migration failed: Invalid argument: post load hook failed for: configuration, version_id: 1, minimum_version: 0, ret: -22" },
};

/* Three registers of an Arm CPU; what they hold. */
#define ARM(n) "cpu v22-22 { cpreg_vmstate_indexes:uint64[" #n "] cpreg_vmstate_values:uint64[" #n "] }"
#define ARM_STREAM(indexes) "QEVM full[1,cpu,0,22](" indexes " 0000000000000000 0000000000000000 0000000000000000) 00"

/* ... and of 11.x, where an Error has no errno. */
static const struct test newest[] = {
	{ "too new", "r v1 { a:uint8 + r/s v1 { b:uint8 } }",
	  "QEVM full[1,r,0,1](01 sub[r/s,2](02))",
	  "load of migration failed: Invalid argument: error while loading state for instance 0x0 of device 'r': Loading VM subsection 'r/s' in 'r' failed: r/s: incoming version_id 2 is too new for local version_id 1" },
	{ "lookup", "r v1 { a:uint8 }", "QEVM full[1,r,0,1](01 sub[r/s,2](02))",
	  "load of migration failed: Invalid argument: error while loading state for instance 0x0 of device 'r': VM subsection 'r/s' in 'r' does not exist" },
	{ "value", "r v1 { a:uint8_equal }", "QEVM full[1,r,0,1](02) 00 ; QEVM full[1,r,0,1](01)",
	  "load of migration failed: Invalid argument: error while loading state for instance 0x0 of device 'r': 2 != 1" },
	{ "machine", "machine=q35", "QEVM config[pc]()",
	  "load of migration failed: Invalid argument: post load hook failed for: configuration, version_id: 1, minimum_version: 0: Machine type received is 'pc' and local is 'q35'" },
	{ "registers that it has not", ARM(3), ARM_STREAM("6030000000138002 6030000000138006 6030000000138007") " ; " ARM_STREAM("6030000000138002 6030000000138003 6030000000138005"),
	  "handle_cpreg_only_in_incoming_stream: system register 0x10138003 in the incoming stream but unknown on the destination: fail migration / handle_cpreg_only_in_incoming_stream: system register 0x10138005 in the incoming stream but unknown on the destination: fail migration / load of migration failed: Invalid argument: error while loading state for instance 0x0 of device 'cpu': post load hook failed for: cpu, version_id: 22, minimum_version: 22, ret: -1" },
	{ "a register behind its last", ARM(3), ARM_STREAM("40200000000f0821 40200000200f0821 6030000000138003") " ; " ARM_STREAM("40200000000f0821 40200000200f0821 6030000000138005"),
	  "handle_cpreg_only_in_incoming_stream: system register 0x10138005 in the incoming stream but unknown on the destination: fail migration / load of migration failed: Invalid argument: error while loading state for instance 0x0 of device 'cpu': post load hook failed for: cpu, version_id: 22, minimum_version: 22, ret: -1" },
	{ "the end", "r v1 { a:uint32 }", "QEVM full[1,r,0,1,nf](0102)",
	  "load of migration failed: Invalid argument: error while loading state for instance 0x0 of device 'r': Failed to load r state: stream error: -5" },
};

static unsigned check_wording(const struct test *tests, size_t n, int release)
{
	unsigned bad = 0;

	for (size_t i = 0; i < n; i++) {
		const struct test *t = &tests[i];
		struct bench b;
		struct dough d;
		char got[2000] = "";

		bake(&d, stream_of(t));
		told_release = release;
		load(&b, t, d.p, d.len);
		told_release = 0;
		for (unsigned k = 0; k < b.t->failures[0].nlines_10_2; k++)
			snprintf(got + strlen(got), sizeof(got) - strlen(got),
				 "%s%s", k ? " / " : "",
				 b.t->failures[0].lines_10_2[k]);
		if (strcmp(got, t->want)) {
			print_error("%s:\n  got  %s\n  want %s\n", t->what, got,
				    t->want);
			bad++;
		}
		bench_release(&b);
		dough_release(&d);
	}
	return bad;
}

static void newer_wording(void **state)
{
	(void)state;
	assert_int_equal(check_wording(newer, COUNT(newer), 1002), 0);
	assert_int_equal(check_wording(newest, COUNT(newest), 1101), 0);
}

int main(void)
{
	static const struct CMUnitTest all[] = {
		cmocka_unit_test(each_line),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(newer_wording),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
