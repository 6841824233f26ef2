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
tools: $(TOOL_BIN) ## out/host/fairlead-check, -console, -agent, libfairlead-packetdrill.so

docs/console.md: $(O)/host/fairlead-manual
	$(call say,DOC,$@)
	$(Q)$< >$@.tmp && mv $@.tmp $@
.PHONY: docs/console.md

# ---- The conformance agent's hosted shapes: without sanitizers, since other
# programs load them; docs/agent.md.

PIC_SRC		= $(filter lib/% net/% apps/%,$(HOST_SRC)) \
		  tests/host/port.c tests/host/iface.c
PIC_CFLAGS	= $(BASE) -O2 -fPIC -fvisibility=hidden -D_GNU_SOURCE \
		  -Itests/host/include

$(O)/host/pic/%.o: %.c
	$(call say,CC,$< (pic))
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PIC_CFLAGS) -c -o $@ $<

$(O)/host/pic/libstack.a: $(PIC_SRC:%.c=$(O)/host/pic/%.o)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcsD $@ $^

$(O)/host/fairlead-agent: $(O)/host/pic/tests/host/agent/main.o \
		$(O)/host/pic/libstack.a
	$(call say,LD,$@)
	$(Q)$(CC) -o $@ $^

$(O)/host/libfairlead-packetdrill.so: \
		$(patsubst %,$(O)/host/pic/tests/host/agent/%.o,\
		  packetdrill time calls many) \
		$(O)/host/pic/libstack.a
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,-z,defs -o $@ $^ -lpthread

$(O)/host/unit/host/packetdrill_test: $(O)/host/libfairlead-packetdrill.so

.PHONY: agent-test
agent-test: boot-deps $(O)/host/fairlead-agent ## the hosted conformance agent, driven from outside
	$(Q)$(PYTHON) -m pytest -q -p no:cacheprovider --timeout 300 tests/agent

tools: $(O)/host/fairlead-agent $(O)/host/libfairlead-packetdrill.so
