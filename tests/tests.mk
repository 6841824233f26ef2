# SPDX-License-Identifier: BSD-2-Clause
# Everything that runs as a Linux process, and the tests of the real image.

HOST_CFLAGS	= $(BASE) -O1 -fno-omit-frame-pointer -D_GNU_SOURCE \
		  -Itests/host/include
ASAN		= -fsanitize=address,undefined -fno-sanitize-recover=all

# lib/mem.c is the C library's work when hosted.
HOST_SRC	:= $(filter-out lib/mem.c,$(PURE_SRC)) $(DRIVER_SRC) \
		   $(sort $(wildcard tests/host/*.c))
HOST_OBJ	:= $(HOST_SRC:%.c=$(O)/host/asan/%.o)
HOST_LIB	= $(O)/host/asan/libfairlead.a

$(O)/host/asan/%.o: %.c
	$(call say,CC,$< (host))
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(ASAN) -c -o $@ $<

$(HOST_LIB): $(HOST_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcsD $@ $^

# One program per source file, mirroring the tree: tests/unit/lib/pages_test.c
UNIT_SRC	:= $(sort $(wildcard tests/unit/*_test.c tests/unit/*/*_test.c \
		   tests/unit/*/*/*_test.c))
UNIT_BIN	:= $(UNIT_SRC:tests/unit/%_test.c=$(O)/host/unit/%_test)

$(O)/host/unit/%_test: tests/unit/%_test.c $(HOST_LIB)
	$(call say,UNIT,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(ASAN) -o $@ $< $(HOST_LIB) -lcmocka

.PHONY: unit
unit: $(UNIT_BIN) ## hosted unit tests under ASan and UBSan, in seconds
	$(Q)tests/unit/run.sh $(UNIT_BIN)

-include $(shell find $(O) -name '*.d' 2>/dev/null)
