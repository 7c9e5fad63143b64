# SPDX-License-Identifier: GPL-2.0-or-later
#
#   make         the program, build/vmsdb
#   make demo    ... and its main job on a bundled failing migration
#   make check   every test; the last line counts them
#
# A room's objects go into build/ROOM.a; what is linked together follows the
# rooms' order: stream <- devices <- debugger <- ui.

CC = gcc
AR = ar
B = build
CFLAGS = -O2 -g
WARN = -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror
DEPS = -MMD -MP
LIBS = -lzstd -llzma -lz -lbz2 -llzo2 -llz4
DEVLIBS = -ljansson -lelf
UILIBS =

STREAM = $(patsubst %.c,$(B)/%.o,$(wildcard stream/*.c))
DEVICES = $(patsubst %.c,$(B)/%.o,$(wildcard devices/*.c))
DEBUGGER = $(patsubst %.c,$(B)/%.o,$(wildcard debugger/*.c debugger/live/*.c))
UI = $(patsubst %.c,$(B)/%.o,$(filter-out ui/main.c,$(wildcard ui/*.c)))
ROOMS = $(B)/ui.a $(B)/debugger.a $(B)/devices.a $(B)/stream.a

all: $(B)/vmsdb

$(B)/vmsdb: $(B)/ui/main.o $(ROOMS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(UILIBS) $(DEVLIBS) $(LIBS) -lpthread

$(B)/stream.a: $(STREAM)
$(B)/devices.a: $(DEVICES)
$(B)/debugger.a: $(DEBUGGER)
$(B)/ui.a: $(UI)
$(B)/%.a:
	rm -f $@
	$(AR) rcs $@ $^

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(WARN) $(CFLAGS) $(DEPS) -c -o $@ $<

-include $(shell find $(B) -name '*.d' 2>/dev/null)

clean:
	rm -rf $(B)

.PHONY: all clean
