# SPDX-License-Identifier: GPL-2.0-or-later
#
#   make                 the program, build/vmsdb
#   make demo            ... and its main job on a bundled failing migration
#   make check           every test; the last line counts them
#   make golden          rewrite tests/golden/ from what the program prints now
#   make pictures        doc/pictures/*.png, of the debugger's screen
#   make check-corpus CORPUS=DIR   against recorded loads of real emulators
#   make check-compat CORPUS=DIR   what compat finds of those that failed
#   make check-sanitize  unit tests and mutations under ASan and UBSan
#   make fuzz SECONDS=60 every libFuzzer target for that long
#   make install PREFIX=/usr/local
#
# A room's objects go into build/ROOM.a; what is linked together follows the
# rooms' order: stream <- devices <- debugger <- ui.

CC = gcc
AR = ar
B = build
PREFIX = /usr/local
DESTDIR =
CFLAGS = -O2 -g
WARN = -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror
DEPS = -MMD -MP
LIBS = -lzstd -llzma -lz -lbz2 -llzo2 -llz4 -lpthread
DEVLIBS = -ljansson -lyajl -lelf -ldwarf -lsqlite3
DEBUGLIBS = -lsqlite3
UILIBS = -lreadline -lncursesw
SECONDS = 60
CORPUS = ../shared/corpus
SEEDS = ../shared/seeds

ROOM_stream = $(B)/stream.a
ROOM_devices = $(B)/devices.a $(ROOM_stream)
ROOM_debugger = $(B)/debugger.a $(ROOM_devices)
ROOM_ui = $(B)/ui.a $(ROOM_debugger)
LINK_stream = $(LIBS)
LINK_devices = $(DEVLIBS) $(LINK_stream)
LINK_debugger = $(DEBUGLIBS) $(LINK_devices)
LINK_ui = $(UILIBS) $(LINK_debugger)
# tests of debugger/live
ROOM_live = $(ROOM_debugger)
LINK_live = $(LINK_debugger)

STREAM = $(patsubst %.c,$(B)/%.o,$(wildcard stream/*.c))
DEVICES = $(patsubst %.c,$(B)/%.o,$(wildcard devices/*.c))
DEBUGGER = $(patsubst %.c,$(B)/%.o,$(wildcard debugger/*.c debugger/live/*.c))
UI = $(patsubst %.c,$(B)/%.o,$(filter-out ui/main.c,$(wildcard ui/*.c)))
TESTS = $(patsubst tests/%.c,$(B)/tests/%,$(filter-out %-dump.c,$(wildcard tests/*.c)))
CHECKS = $(sort $(wildcard tests/*-check))
FUZZERS = $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz-*.c))

all: $(B)/vmsdb

# Packages are looked for once; the stamp is older than the list after a change.
$(B)/deps-%: scripts/install-deps
	scripts/install-deps $*
	@mkdir -p $(B)
	@touch $@

$(B)/vmsdb: $(B)/ui/main.o $(ROOM_ui)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LINK_ui)

$(B)/stream.a: $(STREAM)
$(B)/devices.a: $(DEVICES)
$(B)/debugger.a: $(DEBUGGER)
$(B)/ui.a: $(UI)
$(B)/%.a:
	rm -f $@
	$(AR) rcs $@ $^

$(B)/%.o: %.c Makefile | $(B)/deps-build
	@mkdir -p $(@D)
	$(CC) $(WARN) $(CFLAGS) $(DEPS) -c -o $@ $<

# A test links its own room and those below it.
define TEST_RULE
$(B)/tests/$(1)-%: $(B)/tests/$(1)-%.o $$(ROOM_$(1))
	$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ -lcmocka $$(LINK_$(1))
endef
$(foreach room,stream devices debugger live ui,$(eval $(call TEST_RULE,$(room))))
$(B)/tests/%-dump: $(B)/tests/%-dump.o $(ROOM_devices)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LINK_devices)

demo: $(B)/vmsdb
	$(B)/vmsdb demo virtio-gpu-7.2-to-10.0 || true

check: $(B)/deps-check $(B)/vmsdb $(TESTS) $(B)/tests/member-dump \
	$(B)/tests/qom-dump
	scripts/run-tests $(TESTS) $(CHECKS)

# Unit tests alone, while writing code.
check-unit: $(TESTS)
	scripts/run-tests $(TESTS)

golden: $(B)/vmsdb
	tests/golden-check --rewrite
	tests/cli-check --rewrite
	$(MAKE) $(B)/tests/ui-view
	VMSDB_REWRITE=1 $(B)/tests/ui-view
	tests/tui-check --rewrite

# The pictures of the screen in doc/pictures/.
pictures: $(B)/vmsdb | $(B)/deps-pictures
	VMSDB=$(B)/vmsdb scripts/pictures

check-corpus: $(B)/vmsdb
	scripts/check-corpus --require --vmsdb $(B)/vmsdb $(CORPUS)

check-compat: $(B)/vmsdb
	scripts/check-compat --require --vmsdb $(B)/vmsdb $(CORPUS)

# What gcc warns of in instrumented code is often not there in the plain build.
SANITIZE = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer -Wno-error
check-sanitize: $(B)/deps-check
	$(MAKE) B=$(B)/sanitize CFLAGS="$(SANITIZE)" $(B)/sanitize/vmsdb \
		$(patsubst $(B)/%,$(B)/sanitize/%,$(TESTS))
	VMSDB=$(B)/sanitize/vmsdb scripts/run-tests \
		$(patsubst $(B)/%,$(B)/sanitize/%,$(TESTS)) \
		"scripts/mutate --vmsdb $(B)/sanitize/vmsdb"

# All rooms once, instrumented; then a target is one file and a link.
FUZZ = -O1 -g -fno-sanitize-recover=undefined -fsanitize=address,undefined
$(B)/fuzz/debugger.a: $(wildcard stream/*.[ch] devices/*.[ch] debugger/*.[ch] debugger/live/*.[ch]) \
		| $(B)/deps-check
	$(MAKE) B=$(B)/fuzz CC=clang CFLAGS="$(FUZZ),fuzzer-no-link" WARN="$(filter-out -Werror,$(WARN))" \
		$(B)/fuzz/stream.a $(B)/fuzz/devices.a $(B)/fuzz/debugger.a
	touch $@
$(B)/fuzz/fuzz-%: tests/fuzz/fuzz-%.c $(B)/fuzz/debugger.a
	clang $(filter-out -Werror,$(WARN)) $(FUZZ),fuzzer -o $@ $< $(B)/fuzz/debugger.a \
		$(B)/fuzz/devices.a $(B)/fuzz/stream.a $(LINK_debugger)
fuzz: $(patsubst %,$(B)/fuzz/%,$(FUZZERS))
	for f in $^; do mkdir -p $(B)/fuzz/corpus-$${f##*/} && \
		$$f -max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=2048 \
		-print_final_stats=1 $(B)/fuzz/corpus-$${f##*/} \
		$$(test $${f##*/} = fuzz-image -o $${f##*/} = fuzz-dwarf && \
		ls -d build/image 2>/dev/null) || exit 1; done

# The same with the other compiler: nothing may be left to say.
check-clang:
	$(MAKE) B=$(B)/clang CC=clang $(B)/clang/vmsdb

install: $(B)/vmsdb
	install -D $(B)/vmsdb $(DESTDIR)$(PREFIX)/bin/vmsdb
	install -D -m 644 ui/vmsdb.1 $(DESTDIR)$(PREFIX)/share/man/man1/vmsdb.1
	mkdir -p $(DESTDIR)$(PREFIX)/share/vmsdb
	cp -r tests/data/demos.json tests/data/streams tests/data/dumps \
		$(DESTDIR)$(PREFIX)/share/vmsdb/

clean:
	rm -rf $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)

.PHONY: all demo check check-unit golden pictures check-corpus check-compat \
	check-sanitize fuzz \
	check-clang install clean
.SECONDARY:
