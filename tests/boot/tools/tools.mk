# SPDX-License-Identifier: BSD-2-Clause
# What the tests of the real image need beside it.

BOOT_TOOLS	= $(O)/tools/flood $(O)/tools/silent $(O)/host/fairlead-tcpdump

$(O)/tools/%: tests/boot/tools/%.c tests/boot/tools/frames.h
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 $(WARN) -D_GNU_SOURCE -o $@ $<
