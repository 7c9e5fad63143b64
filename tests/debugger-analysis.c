/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where two sides part: a source and what it wrote, a destination, and the
 * divergences, each as "kind@OFFSET path: text" ("~" in front of a note).
 */
#include <inttypes.h>
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

#define R(body) "QEVM full[1,r,0,1](" body ") 00"
#define R_NF(body) "QEVM full[1,r,0,1,nf](" body ") 00"

/* A block of that many pages, the first one zero. */
#define RAM(block, pages, size) \
	"QEVM start[1,ram,0,4](0000000000" pages "004 str8[" block "] be64[" size \
	"] be64[16]) end[1](be64[2] str8[" block "] 00 be64[16]) 00"

#define SOME_NULL "QEVM full[1,r,0,1](0000000000000001 30 30 30 0000000000000002) 00 json('" \
	"{\"page_size\":4096,\"devices\":[{\"name\":\"r\",\"instance_id\":0," \
	"\"vmsd_name\":\"r\",\"version\":1,\"fields\":[" \
	"{\"name\":\"t\",\"array_len\":5,\"type\":\"timer\",\"size\":8}," \
	"{\"name\":\"t\",\"array_len\":4,\"type\":\"ptr-marker\",\"size\":1}," \
	"{\"name\":\"t\",\"array_len\":1,\"type\":\"timer\",\"size\":8}]}]}')"
#define SD_CARD "sd-card v2 { mode:uint32 + sd-card/ocr-state v1 { ocr:uint32 } }"
#define SD_STREAM "QEVM full[1,sd-card,0,2](00000001 sub[sd-card/ocr-state,1](00000000)) 00"
#define ARM "cpu v22 { cpreg_vmstate_array_len:uint32 cpreg_vmstate_indexes:uint64[cpreg_vmstate_array_len] cpreg_vmstate_values:uint64[cpreg_vmstate_array_len] }"
#define ARM_STREAM(n, indexes, values) "QEVM full[1,cpu,0,22](0000000" n " " indexes " " values ") 00"
#define TWO(a, b) "000000000000000" a " 000000000000000" b
#define VGA "vga v2 { sr:buffer(8) vbe_regs:uint16[5] }"
#define VGA_STREAM(sr, enable) "QEVM full[1,vga,0,2](" sr "0000 0000 0000 0000" enable ") 00"

static const struct test {
	/*
	 * @source NULL: without description; "; REFERENCE" behind @stream;
	 * @dest may begin with rules=NAME.
	 */
	const char *what, *source, *stream, *dest, *want;
} tests[] = {
	{ "the same", "r v1 { a:uint8 }", R("01"), "r v1 { a:uint8 }",
	  "loads" },
	{ "renamed", "r v1 { a:uint8 }", R("01"), "r v1 { b:uint8 }",
	  "loads; ~renamed@23 r › a: the same bytes are called 'a' by the source and 'b' by the destination" },
	{ "retyped", "r v1 { a:uint32 }", R("01020304"), "r v1 { a:int32 }",
	  "loads; ~retyped@23 r › a: 'a' has type 'uint32' at the source and 'int32' at the destination" },
	{ "moved", "r v1 { a:uint8 b:uint8 }", R("0102"), "r v1 { b:uint8 a:uint8 }",
	  "silent; moved@23 r › a: what the source wrote as 'a' is read as 'b'; moved@24 r › b: what the source wrote as 'b' is read as 'a'" },
	{ "no stream", NULL, "01020304 05060708 090a0b0c", "r v1 { a:uint8 }",
	  "fails; no-stream@0 : Not a migration stream; ~defaulted@4 : the destination's 'r' 0 keeps its reset values: the stream has no such section" },
	{ "regrouped", "r v1 { a:buffer(4) }", R("01020304"),
	  "r v1 { b:uint16 c:uint16 }",
	  "loads; ~regrouped@23 r › a: 4 bytes from here on are cut up differently; both sides end at 0x1b" },
	{ "not read", "r v1 { a:uint8 b:uint16 }", R("01 0203"), "r v1 { a:uint8 }",
	  "fails; not-read@24 r › b: the source wrote b (uint16, 2 bytes) where the destination reads the section's footer" },
	{ "too much", "r v1 { a:uint8 }", R("01"), "r v1 { a:uint8 b:uint16 }",
	  "fails; too-much@24 r › b: the source wrote the section's footer where the destination reads b (uint16, 2 bytes)" },
	{ "layout", "r v1 { a:uint8 b:uint32 c:uint8 }", R("01 02030405 06"),
	  "r v1 { a:uint8 b:uint16 c:uint32 }",
	  "fails; layout@24 r › b: the source wrote b (uint32, 4 bytes) where the destination reads b (uint16, 2 bytes)" },
	{ "another count", "r v1 { a:uint8[4] }", R("01020304"), "r v1 { a:uint8[3] }",
	  "fails; layout@23 r › a: 'a' has 4 elements at the source and 3 at the destination" },
	{ "moved, but another thing ends it",
	  "r v1 { a:uint8 b:uint8 + r/x v2 { c:uint8 } }", R("0102 sub[r/x,2](03)"),
	  "r v1 { b:uint8 a:uint8 + r/x v1 { c:uint8 } }",
	  "fails; moved@23 r › a: what the source wrote as 'a' is read as 'b'; moved@24 r › b: what the source wrote as 'b' is read as 'a'; => version@30 r › r/x: r/x: incoming version_id 2 is too new for local version_id 1" },
	{ "moved, and that may have ended it", "r v1 { a:uint8 b:uint8 c:uint8_equal }",
	  R("010203") ";" R("010204"), "r v1 { b:uint8 a:uint8 c:uint8_equal }",
	  "fails; moved@23 r › a: what the source wrote as 'a' is read as 'b'; moved@24 r › b: what the source wrote as 'b' is read as 'a'; value@25 r › c: 4 != 3" },
	{ "filler", "r v1 { unused:unused_buffer(1) b:uint8 unused:unused_buffer(1) }", R("000200"),
	  "r v1 { a:uint8 b:uint8 unused:unused_buffer(1) }",
	  "loads; ~renamed@23 r › unused: the same bytes are called 'unused' by the source and 'a' by the destination" },
	{ "nested version", "r v1 { s:struct = in v1 { a:uint8 } b:uint8 }", R("01 02"),
	  "r v1 { s:struct = in v2-1 { a:uint8 c:uint16@2 } b:uint8 }",
	  "fails; nested-version@24 r › s › c: embedded 'in' was written at version 1 and is read at version 2: the source wrote b (uint8, 1 byte) where the destination reads c (uint16, 2 bytes)" },
	{ "nested version, back", "r v1 { s:struct = in v2 { a:uint8 c:uint16 } b:uint8 }",
	  R("01 0203 04"), "r v1 { s:struct = in v1 { a:uint8 } b:uint8 }",
	  "fails; nested-version@24 r › s › c: embedded 'in' was written at version 2 and is read at version 1: the source wrote c (uint16, 2 bytes) where the destination reads b (uint8, 1 byte)" },
	{ "subsection as data", "r v1 { s:struct = in v1 { a:uint8 + in/x v1 { c:uint8 } } b:uint32 d:uint64 }",
	  R("01 sub[in/x,1](02) 03040506 0708090a0b0c0d0e"),
	  "rules=v0.14 r v1 { s:struct = in v1 { a:uint8 } b:uint32 d:uint64 }",
	  "fails; subsection-as-data@24 r › s › in/x: the source wrote the header of subsection 'in/x' where the destination reads b (uint32, 4 bytes)" },
	{ "subsection unread", "r v1 { a:uint8 + r-x v1 { b:uint8 } }", R("01 sub[r-x,1](02)"),
	  "rules=slash r v1 { a:uint8 + r-x v1 { b:uint8 } }",
	  "fails; subsection-unread@24 r › r-x: the source wrote the header of subsection 'r-x' where the destination reads the section's footer" },
	{ "subsection unknown", "r v1 { a:uint8 + r/x v1 { b:uint8 } }", R("01 sub[r/x,1](02)"),
	  "r v1 { a:uint8 }",
	  "fails; subsection-unknown@24 r › r/x: the destination's 'r' takes subsection 'r/x' for one of its own, but has none of that name" },
	{ "subsection unknown to an embedded structure",
	  "r v1 { s:struct = in v1 { a:uint8 + in/x v1 { b:uint8 } } }", R("01 sub[in/x,1](02)"),
	  "r v1 { s:struct = in v1 { a:uint8 } }",
	  "fails; subsection-unknown@24 r › s › in/x: the destination's 'in' takes subsection 'in/x' for one of its own, but has none of that name" },
	{ "data as subsection", "r v1 { s:struct = in v1 { a:uint8 } b:buffer(13) }",
	  R("01 0504696e2f78 00000001 020000"),
	  "r v1 { s:struct = in v1 { a:uint8 + in/x v1 { c:uint8 } } b:buffer(13) }",
	  "fails; data-as-subsection@24 r › b: the source wrote b (buffer, 13 bytes) where the destination reads the header of subsection 'in/x'" },
	{ "no device", "r v1 { a:uint8 }", R("01"), "q v1 { a:uint8 }",
	  "fails; no-device@13 r: Unknown savevm section or instance 'r' 0. Make sure that your current VM setup matches your saved VM setup, including any hotplugged devices; ~defaulted@170 : the destination's 'q' 0 keeps its reset values: the stream has no such section" },
	{ "no instance", "r v1 { a:uint8 }", R("01"), "r#1 = r v1 { a:uint8 }",
	  "fails; no-device@15 r: Unknown savevm section or instance 'r' 0. Make sure that your current VM setup matches your saved VM setup, including any hotplugged devices; ~defaulted@170 : the destination's 'r' 1 keeps its reset values: the stream has no such section" },
	{ "version of a section", "r v1 { a:uint8 }", R("01"), "r v0 { a:uint8 }",
	  "fails; version@19 r: savevm: unsupported version 1 for 'r' v0; unread-section@170 : 'r' 0 was written by the source according to its description, but is not loaded" },
	{ "version too old", "r v1 { a:uint8 }", R("01"), "r v2 { a:uint8 }",
	  "fails; version@19 r: r: incoming version_id 1 is too old for local minimum version_id  2" },
	{ "version of a subsection", "r v1 { a:uint8 + r/x v2 { b:uint8 } }",
	  R("01 sub[r/x,2](02)"), "r v1 { a:uint8 + r/x v1 { b:uint8 } }",
	  "fails; version@29 r › r/x: r/x: incoming version_id 2 is too new for local version_id 1" },
	{ "value", "r v1 { a:uint8_equal b:uint8 }", R("0102") ";" R("0302"),
	  "r v1 { a:uint8_equal b:uint8 }",
	  "fails; value@23 r › a: 3 != 1" },
	{ "value, the last one", "r v1 { a:uint8 b:uint8_equal }", R("0102") ";" R("0103"),
	  "r v1 { a:uint8 b:uint8_equal }",
	  "fails; value@24 r › b: 3 != 2" },
	{ "footer", NULL, "QEVM full[1,r,0,1,nf](01) 7d 00000001 00", "r v1 { a:uint8 }",
	  "fails; footer@24 r: Missing section footer for r" },
	{ "framing", NULL, "QEVM full[1,r,0,1](01) 4c full[2,r,0,1](01) 00", "r v1 { a:uint8 }",
	  "fails; framing@29 : Unknown savevm section type 76" },
	{ "command", NULL, "QEVM command[99](00) full[1,r,0,1](01) 00", "r v1 { a:uint8 }",
	  "fails; command@8 : MIG_CMD 0x63 unknown (len 0x1)" },
	{ "machine", NULL, "QEVM config[pc]() full[1,r,0,1](01) 00", "machine=q35 r v1 { a:uint8 }",
	  "fails; machine@8 : Machine type received is 'pc' and local is 'q35'" },
	{ "cut off", NULL, "QEVM full[1,r,0,1,nf](01)", "r v1 { a:uint8 b:uint8 }",
	  "fails; cut-off@24 r › b: Failed to load r:b" },
	{ "cut off between sections", NULL, "QEVM full[1,r,0,1](01)", "r v1 { a:uint8 }",
	  "fails; cut-off@29 : the stream ends without an end mark" },
	{ "early end", "nofooters r v1 { a:uint16 } q v1 { b:uint8 }",
	  "QEVM full[1,r,0,1,nf](0100) full[2,q,0,1,nf](02) 00",
	  "nofooters r v1 { a:uint8 } q v1 { b:uint8 }",
	  "silent; layout@23 r › a: the source wrote a (uint16, 2 bytes) where the destination reads a (uint8, 1 byte); early-end@24 : a zero byte at 0x18 is taken for the end of the stream; 1 section behind it (from 'q' on) is never loaded; unread-section@288 : 'q' 0 was written by the source according to its description, but is not loaded" },
	{ "swallowed", "nofooters r v1 { a:uint8 } q v1 { b:uint8 } p v1 { c:uint8 }",
	  "QEVM full[1,r,0,1,nf](01) full[2,q,0,1,nf](02) full[3,p,0,1,nf](03) 00",
	  "nofooters r v1 { a:uint8 b:buffer(16) } q v1 { b:uint8 } p v1 { c:uint8 }",
	  "silent; too-much@24 r › b: the source wrote nothing where the destination reads b (buffer, 16 bytes); unread-section@407 : 'q' 0 was written by the source according to its description, but is not loaded" },
	{ "RAM block of another name", "ram = old", RAM("pc.ram", "001", "4096") ";" RAM("ram", "001", "4096"),
	  "ram = old",
	  "fails; ram@25 ram: Unknown ramblock \"pc.ram\", cannot accept migration" },
	{ "a property that differs", "e1000e v1 { subsys:uint16 subsys_ven:uint16 }",
	  "QEVM full[1,e1000e,0,1](0000 8086) 00; QEVM full[1,e1000e,0,1](0001 8086) 00",
	  "e1000e v1 { subsys:uint16 subsys_ven:uint16 }",
	  "fails; value@28 e1000e: the device's property 'subsys' is 0x0 at the source and 0x1 at the destination" },
	{ "a value refused where a byte was lost", NULL, "QEVM full[2,q,0,1](01) full[1,e1000e,0,1](0000 8086) 00 json('"
	  "{\"page_size\":4096,\"devices\":[{\"name\":\"q\",\"instance_id\":0,"
	  "\"vmsd_name\":\"q\",\"version\":1,\"fields\":["
	  "{\"name\":\"a\",\"type\":\"uint8\",\"size\":1}]},{\"name\":\"e1000e\",\"instance_id\":0,"
	  "\"vmsd_name\":\"e1000e\",\"version\":1,\"fields\":["
	  "{\"name\":\"a\",\"type\":\"uint8\",\"size\":1},"
	  "{\"name\":\"subsys\",\"type\":\"uint16\",\"size\":2},"
	  "{\"name\":\"subsys_ven\",\"type\":\"uint16\",\"size\":2}]}]}')"
	  "; QEVM full[2,q,0,1](01) full[1,e1000e,0,1](01 0000 8086) 00",
	  "q v1 { a:uint8 } e1000e v1 { a:uint8 subsys:uint16 subsys_ven:uint16 }",
	  "fails; damaged@49 e1000e: the source's own device description does not fit this section (Missing section footer for e1000e), and the destination refuses what it reads there: the device's property 'subsys' is 0x80 at the source and 0x0 at the destination; damaged@54 e1000e: the stream is not what its own device description says: Missing section footer for e1000e" },
	{ "an SD card that is powered up", "sd-card v2 { mode:uint32 }", "QEVM full[1,sd-card,0,2](00000001) 00; QEVM full[1,sd-card,0,2](00000001) 00",
	  "sd-card v2 { mode:uint32 + sd-card/ocr-state v1 { ocr:uint32 } }", "unknown" },
	{ "one that is not", SD_CARD, SD_STREAM ";" SD_STREAM, SD_CARD, "loads" },
	{ "a register that Arm's -cpu has not", ARM,
	  ARM_STREAM("2", "6030000000138002 6030000000138003", TWO("1", "2")) ";" ARM_STREAM("2", "6030000000138002 6030000000138004", TWO("1", "2")), ARM, "fails; value@25 cpu: the destination's -cpu has no system register S2_0_C0_C0_3, which the stream has" },
	{ "a register behind the last", ARM,
	  ARM_STREAM("2", "6030000000138002 6030000000138005", TWO("1", "2")) ";" ARM_STREAM("2", "6030000000138002 6030000000138004", TWO("1", "2")), ARM, "unknown" },
	{ "another model", ARM,
	  ARM_STREAM("2", "40200000200f0082 6030000000138004", TWO("1", "2")) ";" ARM_STREAM("2", "40200000200f0082 6030000000138004", TWO("3", "2")), ARM, "fails; value@25 cpu: system register p15, 0, c0, c1, 2 is 0x1 in the stream, and is a constant 0x3 of the destination's -cpu" },
	{ "another model under KVM", ARM,
	  ARM_STREAM("2", "603000000013c008 6030000000138004", TWO("1", "2")) ";" ARM_STREAM("2", "603000000013c008 6030000000138004", TWO("3", "2")), ARM, "loads" },
	{ "a constant that the stream lacks", ARM,
	  ARM_STREAM("1", "40200000200f1001", "0000000000000001") ";" ARM_STREAM("2", "40200000200f1001 603000000013f602", TWO("1", "1")), ARM, "fails; value@25 cpu: the stream has no system register S3_6_C12_C0_2, a constant 0x1 of the destination's -cpu, and QEMU compares that with memory that nobody has written" },
	{ "a register that the stream lacks", ARM,
	  ARM_STREAM("1", "40200000200f1001", "0000000000000001") ";" ARM_STREAM("2", "40200000200f1001 603000000013f600", TWO("1", "1")), ARM, "unknown" },
	{ "TLB entries of another length", "cpu v21 { tlb:tlb_entry(4)[3] }", "QEVM full[1,cpu,0,21](00000000 00000000 00000000) 00; QEVM full[1,cpu,0,21](0000000000 0000000000 0000000000) 00",
	  "cpu v21 { tlb:tlb_entry(5)[3] }", "fails; layout@25 cpu › tlb: the source wrote tlb (tlb_entry, 12 bytes) where the destination reads tlb (tlb_entry, 15 bytes)" },
	{ "... that end where another field does", "cpu v21 { tlb:tlb_entry(4)[3] a:uint8[3] }",
	  "QEVM full[1,cpu,0,21](00000000 00000000 00000000 010203) 00; QEVM full[1,cpu,0,21](0000000000 0000000000 0000000000 010203) 00",
	  "cpu v21 { tlb:tlb_entry(5)[3] a:uint8[3] }", "fails; layout@25 cpu › tlb: the source wrote tlb (tlb_entry, 12 bytes) where the destination reads tlb (tlb_entry, 15 bytes)" },
	{ "timers of which some are null, as 11.1 writes them", NULL,
	  SOME_NULL ";" SOME_NULL, "r v1 { t:timer[5]* }", "loads" },
	{ "RAM that nobody writes so", NULL,
	  "QEVM start[1,ram,0,4](be64[0x1004] str8[ram] be64[4096] be64[16]) end[1](be64[2] str8[ram] 00 be64[0x800]) 00"
	  ";" RAM("ram", "001", "4096"), "ram = old",
	  "fails; damaged@76 ram: no emulator writes RAM so: Unknown combination of migration flags: 0x800" },
	{ "RAM block of another size", "ram = old", RAM("ram", "002", "8192") ";" RAM("ram", "001", "4096"),
	  "ram = old",
	  "fails; ram@25 ram: Size mismatch: ram: 0x2000 != 0x1000: Invalid argument" },
	{ "not as its description says", NULL, "QEVM full[1,r,0,1](0102) 00 json('"
	  "{\"page_size\":4096,\"devices\":[{\"name\":\"r\",\"instance_id\":0,"
	  "\"vmsd_name\":\"r\",\"version\":1,\"fields\":[{\"name\":\"a\","
	  "\"type\":\"uint8\",\"size\":1}]}]}')", "r v1 { a:uint8 b:uint8 }",
	  "silent; too-much@24 r › b: the source wrote nothing where the destination reads b (uint8, 1 byte); damaged@24 : the stream is not what its own device description says: Unknown savevm section 2113929216" },
	{ "defaulted", "r v1 { a:uint8 }", R("01"), "r v1 { a:uint8 } q v1 { b:uint8 }",
	  "loads; ~defaulted@170 : the destination's 'q' 0 keeps its reset values: the stream has no such section" },
	{ "two devices fail", "r v1 { a:uint8 } q v1 { a:uint8 }",
	  "QEVM full[1,r,0,1](01) full[2,q,0,1](02) 00",
	  "r v1 { a:uint16 } q v1 { a:uint16 }",
	  "fails; layout@23 r › a: the source wrote a (uint8, 1 byte) where the destination reads a (uint16, 2 bytes); layout@44 q › a: the source wrote a (uint8, 1 byte) where the destination reads a (uint16, 2 bytes)" },
	{ "isa-vga over another structure", VGA, VGA_STREAM("00000000 00000000", "0040"), VGA,
	  "silent; wrong-object@8 vga: isa-vga of QEMU up to 10.x loads its state over another structure (it registers the descriptor of VGACommonState for ISAVGAState): other members are overwritten" },
	{ "isa-vga with VBE", NULL, VGA_STREAM("00000000 00000000", "0041"), VGA,
	  "fails; wrong-object@8 vga: isa-vga of QEMU up to 10.x loads its state over another structure (it registers the descriptor of VGACommonState for ISAVGAState): other members are overwritten; VBE is switched on by what was loaded, and the memory regions that it needs are looked for in the wrong structure" },
	{ "isa-vga in chained mode", NULL, VGA_STREAM("00000f00 0e000000", "0000"), VGA,
	  "fails; wrong-object@8 vga: isa-vga of QEMU up to 10.x loads its state over another structure (it registers the descriptor of VGACommonState for ISAVGAState): other members are overwritten; the chained mode is switched on by what was loaded, and the memory regions that it needs are looked for in the wrong structure" },
	{ "isa-cirrus-vga", "cirrus_vga v2 { a:uint8 }", "QEVM full[1,cirrus_vga,0,2](01) 00", "cirrus_vga v2 { a:uint8 }",
	  "unknown; wrong-object@8 cirrus_vga: isa-cirrus-vga loads its state over another structure (it registers the descriptor of CirrusVGAState for ISACirrusVGAState): other members are overwritten" },
	{ "the PCI card", "0000:00:02.0/cirrus_vga = cirrus_vga v2 { a:uint8 }", "QEVM full[1,0000:00:02.0/cirrus_vga,0,2](01) 00",
	  "0000:00:02.0/cirrus_vga = cirrus_vga v2 { a:uint8 }", "loads" },
	{ "a ROM that grows too large", NULL,
	  "QEVM full[1,fw_cfg/acpi_mr,0,1](be64[0x200001]) 00", "fw_cfg/acpi_mr v1 { table_mr_size:uint64 }",
	  "fails; value@36 fw_cfg/acpi_mr: the ROM 'etc/acpi/tables' cannot become 0x200001 bytes large, and QEMU aborts" },
	{ "a ROM that grows", "fw_cfg/acpi_mr v1 { table_mr_size:uint64 }",
	  "QEVM full[1,fw_cfg/acpi_mr,0,1](be64[0x200000]) 00", "fw_cfg/acpi_mr v1 { table_mr_size:uint64 }", "loads" },
	{ "unknown", "r v1 { a:uint8 }", R("01"), "incomplete",
	  "unknown" },
};

enum {
#define X(id, name, help) COUNTED_##id,
	DIVERGENCES(X)
#undef X
	DIVERGE_KINDS
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

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

/* The stream in front of the ';', or the one behind it; NULL: none there. */
static struct account *written(const char *text, const char *streams,
			       bool second, enum desc_from from)
{
	const char *semicolon = strchr(streams, ';');
	struct account *a;
	char *stream;

	if (second && !semicolon)
		return NULL;
	stream = second ? strdup(semicolon + 1) :
		strndup(streams, strcspn(streams, ";"));
	a = paper_account(text, stream, from);
	free(stream);
	return a;
}

static char *print(const struct analysis *a)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	fprintf(f, "%s", verdict_name(a->verdict));
	for (size_t i = 0; i < a->ndivergences; i++) {
		const struct divergence *d = &a->divergences[i];

		fprintf(f, "; %s%s%s@%" PRIu64 " %s: %s",
			i && i == a->first ? "=> " : "", d->note ? "~" : "",
			divergence_name(d->kind), d->place.offset,
			d->place.path ? d->place.path : "", d->text);
	}
	fclose(f);
	return text;
}

static void check_places(const struct test *t, const struct analysis *a)
{
	if (a->first != SIZE_MAX &&
	    a->diverges.offset != a->divergences[a->first].place.offset)
		fail_msg("%s: .diverges is not the first divergence", t->what);
	if (a->verdict == VERDICT_FAILS && (!a->fails.there || !a->failure))
		fail_msg("%s: fails, but where?", t->what);
	if (a->verdict == VERDICT_LOADS && a->first != SIZE_MAX)
		fail_msg("%s: loads, but diverges", t->what);
	if (a->verdict != VERDICT_LOADS && !a->cause)
		fail_msg("%s: no cause", t->what);
}

static void each_kind(void **state)
{
	unsigned bad = 0, seen[DIVERGE_KINDS] = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(tests); i++) {
		const struct test *t = &tests[i];
		enum rules rules;
		const char *text = read_rules(t, &rules);
		struct account *source;
		struct destination dest;
		struct timeline *l;
		struct analysis *a;
		char *got;

		source = written(t->source, t->stream, false, DESC_FROM_SOURCE);
		paper_destination(&dest, text,
				  written(text, t->stream, true,
					  DESC_FROM_REFERENCE));
		l = destination_load(&dest, source, rules, NULL);
		a = analyse(source, &dest, l);
		got = print(a);
		if (strcmp(got, t->want)) {
			print_error("%s:\n  got  %s\n  want %s\n", t->what, got,
				    t->want);
			bad++;
		}
		check_places(t, a);
		for (size_t k = 0; k < a->ndivergences; k++)
			seen[a->divergences[k].kind]++;
		free(got);
		analysis_close(a);
		timeline_close(l);
		paper_release(&dest);
		account_close(source);
	}
	for (size_t k = 0; k < DIVERGE_KINDS; k++) {
		if (!seen[k]) {
			print_error("no line shows \"%s\"\n", divergence_name(
					(enum divergence_kind)k));
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

int main(void)
{
	static const struct CMUnitTest all[] = {
		cmocka_unit_test(each_kind),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
