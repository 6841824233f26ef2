# SPDX-License-Identifier: BSD-2-Clause
# Every allocation fails once: the unit tests, linked with what refuses memory.

ALLOC		= $(O)/host/alloc
ALLOC_PRODUCT	= $(filter lib/% net/% drivers/% apps/%,$(HOST_SRC))
ALLOC_WRAP	= $(patsubst %,-Wl$(comma)--wrap=%,pages_alloc pool_get \
		  fib_mem_alloc fib_mem_alloc_line skb_clone skb_pool_init \
		  port_panic)
comma		= ,

# The same objects. Their code gets a name by which a backtrace is told from
# the tests', but for those who give memory: what a test asks of them by itself
# is not refused. What a packet pool calls that has none may be replaced.
ALLOC_GIVERS	= lib/pages.c lib/pool.c net/skb.c net/ipv4/fib_mem.c

$(ALLOC)/givers.a: $(ALLOC_GIVERS:%.c=$(O)/host/asan/%.o)
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D) && rm -f $@ && ar rcsD $@ $^
	$(Q)$(OBJCOPY) --weaken-symbol=skb_element_may $@

$(ALLOC)/product.a: $(patsubst %.c,$(O)/host/asan/%.o,$(filter-out \
		$(ALLOC_GIVERS),$(ALLOC_PRODUCT)))
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D) && rm -f $@ && ar rcsD $@ $^
	$(Q)$(OBJCOPY) --rename-section .text=product_text $@

$(ALLOC)/tests.a: $(patsubst %,$(O)/host/asan/tests/host/%.o,$(notdir \
		$(basename $(wildcard tests/host/*.c))))
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D) && rm -f $@ && ar rcsD $@ $^

# Programs that set up no stack and ask for no memory are left out, and the one
# whose second thread would go on when the first gives up.
ALLOC_UNIT	= $(filter-out tests/unit/boot/% tests/unit/lib/% \
		  tests/unit/host/% tests/unit/net/wire/% \
		  tests/unit/net/ipv4/fib_readers_test.c,$(UNIT_SRC))
ALLOC_BIN	= $(ALLOC_UNIT:tests/unit/%_test.c=$(ALLOC)/unit/%_test)

$(ALLOC)/unit/%_test: tests/unit/%_test.c $(ALLOC)/product.a \
		$(ALLOC)/givers.a $(ALLOC)/tests.a $(patsubst %,$(O)/host/asan/tests/alloc/%.o,\
		refuse cmocka)
	$(call say,ALLOC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(ASAN) $(ALLOC_WRAP) -o $@ $< \
		$(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) \
		-Wl,--end-group -lm

$(ALLOC)/sim_test: $(patsubst %,$(O)/host/asan/tests/%.o,alloc/refuse alloc/sim \
		$(patsubst %,sim/%,mesh network scenarios tcp_scenarios)) \
		$(patsubst %,$(ALLOC)/%.a,product givers tests)
	$(call say,ALLOC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(ASAN) $(ALLOC_WRAP) -o $@ \
		$(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) \
		-Wl,--end-group -lm

ALLOC_BIN	+= $(if $(T),,$(ALLOC)/sim_test)
$(ALLOC_BIN): | unit-deps

.PHONY: alloc-fail alloc-fail-short
alloc-fail: $(ALLOC_BIN) ## every request for memory fails once, one by one (T=pattern)
	$(Q)tests/alloc/run.sh every $(O) $^

alloc-fail-short: $(ALLOC_BIN) ## the same, each way through the code to a request once
	$(Q)tests/alloc/run.sh paths $(O) $^
.PRECIOUS: $(O)/host/asan/%.o
