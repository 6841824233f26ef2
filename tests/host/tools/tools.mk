# SPDX-License-Identifier: BSD-2-Clause
# Programs for people and for tests that run the box's code as a process.

TOOL_BIN	= $(patsubst tests/host/tools/%.c,$(O)/host/fairlead-%,\
		    $(wildcard tests/host/tools/*.c))

$(O)/host/fairlead-%: tests/host/tools/%.c \
		$(patsubst %,$(HOST_A)%.a,apps net host base)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(ASAN) -o $@ $< -Wl,--start-group \
		$(filter %.a,$^) -Wl,--end-group

.PHONY: tools
tools: $(TOOL_BIN) ## out/host/fairlead-check and -console: the box as a process

docs/console.md: $(O)/host/fairlead-manual
	$(call say,DOC,$@)
	$(Q)$< >$@.tmp && mv $@.tmp $@
.PHONY: docs/console.md
