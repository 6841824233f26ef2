# SPDX-License-Identifier: BSD-2-Clause
# Everything that runs as a Linux process, and the tests of the real image.

HOST_CFLAGS	= $(BASE) -O1 -fno-omit-frame-pointer -D_GNU_SOURCE \
		  -Itests/host/include
ASAN		= -fsanitize=address,undefined -fno-sanitize-recover=all

# lib/mem.c is the C library's work when hosted.
HOST_SRC	:= $(filter-out lib/mem.c,$(PURE_SRC)) $(DRIVER_SRC) \
		   $(BOOT_PURE_SRC) \
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

# One archive a layer. A test links what its layer may know and nothing above:
# it builds while other layers do not, and fails to if a layer reaches upwards.
HOST_BASE_OBJ	= $(filter $(O)/host/asan/lib/%,$(HOST_OBJ)) \
		  $(patsubst %,$(O)/host/asan/tests/host/%.o,port irq mmio)
HOST_A		= $(O)/host/asan/lib

$(HOST_A)base.a: $(HOST_BASE_OBJ)
$(HOST_A)host.a: $(filter-out $(HOST_BASE_OBJ),\
		$(filter $(O)/host/asan/tests/%,$(HOST_OBJ)))
$(HOST_A)net.a: $(filter $(O)/host/asan/net/%,$(HOST_OBJ))
$(HOST_A)drivers.a: $(filter $(O)/host/asan/drivers/%,$(HOST_OBJ))
$(HOST_A)apps.a: $(filter $(O)/host/asan/apps/%,$(HOST_OBJ))
$(HOST_A)boot.a: $(filter $(O)/host/asan/boot/%,$(HOST_OBJ))
$(HOST_A)%.a:
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D) && rm -f $@ && ar rcsD $@ $^

# One program per source file, mirroring the tree: tests/unit/lib/pages_test.c.
# T=lib/ or T=pages takes only those whose path contains it.
UNIT_SRC	:= $(sort $(wildcard tests/unit/*_test.c tests/unit/*/*_test.c \
		   tests/unit/*/*/*_test.c))
UNIT_SRC	:= $(foreach src,$(UNIT_SRC),$(if $(findstring /$(T),/$(src)),$(src)))
UNIT_BIN	:= $(UNIT_SRC:tests/unit/%_test.c=$(O)/host/unit/%_test)

define unit-link
$(call say,UNIT,$<)
$(Q)mkdir -p $(@D)
$(Q)$(CC) $(HOST_CFLAGS) $(ASAN) -o $@ $< -Wl,--start-group $(filter %.a,$^) \
	-Wl,--end-group -lcmocka -lm
endef

$(O)/host/unit/lib/%_test: tests/unit/lib/%_test.c $(HOST_A)base.a
	$(unit-link)
$(O)/host/unit/host/%_test: tests/unit/host/%_test.c $(HOST_A)base.a
	$(unit-link)
$(O)/host/unit/net/%_test: tests/unit/net/%_test.c \
		$(patsubst %,$(HOST_A)%.a,net host base)
	$(unit-link)
$(O)/host/unit/drivers/%_test: tests/unit/drivers/%_test.c \
		$(patsubst %,$(HOST_A)%.a,drivers net host base)
	$(unit-link)
$(O)/host/unit/boot/%_test: tests/unit/boot/%_test.c \
		$(patsubst %,$(HOST_A)%.a,boot base)
	$(unit-link)
$(O)/host/unit/%_test: tests/unit/%_test.c \
		$(patsubst %,$(HOST_A)%.a,apps drivers net host base)
	$(unit-link)

$(UNIT_BIN): | unit-deps

.PHONY: unit
unit: unit-deps $(UNIT_BIN) ## hosted unit tests under ASan and UBSan, in seconds
	$(Q)FAIRLEAD_RESULTS=$(O)/results tests/unit/run.sh $(UNIT_BIN)

# ---- Whole networks in virtual time.

$(O)/host/fairlead-sim: $(patsubst %.c,$(O)/host/asan/%.o,$(wildcard tests/sim/*.c)) \
		$(patsubst %,$(HOST_A)%.a,apps net host base)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_CFLAGS) $(ASAN) -o $@ $(filter %.o,$^) \
		-Wl,--start-group $(filter %.a,$^) -Wl,--end-group

# `make unit` has a short form of it. A seed of its own: SEED=
.PHONY: trace-pairs
trace-pairs: $(O)/host/unit/net/explain/wire_test ## 100 000 pairs of box and packet: trace says what the wire does (PAIRS= SEED=)
	$(Q)FAIRLEAD_TRACE_PAIRS=$(or $(PAIRS),100000) FAIRLEAD_SEED=$(or $(SEED),1) $<

# `make unit` has one seed of it, some 100 000 changes.
.PHONY: fib-model
fib-model: $(O)/host/unit/net/ipv4/fib_model_test ## routes against a naive table, millions of random changes and lookups (SEEDS=25)
	$(Q)for seed in $$(seq 1 $(or $(SEEDS),25)); do \
		FAIRLEAD_SEED=$$seed $< >$(O)/fib-model.log 2>&1 || \
		{ cat $(O)/fib-model.log; exit 1; }; done; \
		echo "fib-model: $(or $(SEEDS),25) seeds, nothing differs"

.PHONY: sim
sim: $(O)/host/fairlead-sim ## seeded networks of stacks on bad wires (SEEDS= SEED= SCENARIO=)
	$(Q)mkdir -p $(O)/results
	$(Q)FAIRLEAD_FIGURES=$(O)/results/assure-sim \
		$< $(if $(SEED),--seed $(SEED)) --seeds $(or $(SEEDS),100) \
		--results $(O)/results/sim \
		$(if $(SCENARIO),--scenario $(SCENARIO))

# What lossy paths yield, held against what they yielded before.
.PHONY: goodput
goodput: $(O)/host/fairlead-sim ## loss x round-trip time -> goodput, against tests/sim/goodput.golden
	$(Q)$< --goodput tests/sim/goodput.golden

tests/sim/goodput.golden: $(O)/host/fairlead-sim
	$(call say,SIM,$@)
	$(Q)$< --goodput >$@.tmp && mv $@.tmp $@
.PHONY: tests/sim/goodput.golden

# ---- Fuzzing: tests/fuzz/X_fuzz.c with its corpus in tests/fuzz/corpus/X.
# libFuzzer is clang's. FUZZ=X takes one target, as many run at once as there are
# processors. What `make test` runs is the same each time; `make fuzz` looks
# elsewhere each time.

FUZZ_CC		= clang
FUZZ_BASE	= $(BASE) -O1 -fno-omit-frame-pointer -D_GNU_SOURCE \
		  -Itests/host/include -fno-sanitize-recover=all \
		  -Wno-gnu-variable-sized-type-not-at-end
FUZZ_CFLAGS	= $(FUZZ_BASE) -fsanitize=address,undefined
# What nobody wrote must not be read; all of it is instrumented but the C
# library, which clang knows.
MSAN_CFLAGS	= $(FUZZ_BASE) -fsanitize=memory -fsanitize-memory-track-origins
FUZZ_SRC	= $(filter lib/% net/% apps/% drivers/% boot/%,$(HOST_SRC)) \
		  $(patsubst %,tests/host/%.c,port testnet irq mmio pci_model \
		    nic_model nic_model_dma nic_rig testbox) \
		  tests/fuzz/tcp_lab.c
FUZZ_TARGETS	= $(patsubst tests/fuzz/%_fuzz.c,%,$(wildcard tests/fuzz/*_fuzz.c))
FUZZ_ASKED	= $(or $(FUZZ),$(FUZZ_TARGETS))

# Loops over tables that compare the same few numbers tens of thousands of times
# an input: libFuzzer is told of their edges, not of what they compare.
FUZZ_QUIET	= $(addprefix net/ipv4/,fib_lookup fib_check fib_update fib_mem \
		    fib_info) lib/timer lib/hash
$(foreach dir,fuzz msan,$(FUZZ_QUIET:%=$(O)/host/$(dir)/%.o)): \
	FUZZ_BASE += -O2 -fno-sanitize-coverage=trace-cmp

$(O)/host/fuzz/%.o: %.c
	$(call say,CC,$< (fuzz))
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -c -o $@ $<

$(O)/host/msan/%.o: %.c
	$(call say,CC,$< (msan))
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(MSAN_CFLAGS) -fsanitize=fuzzer-no-link -c -o $@ $<

$(O)/host/fuzz/libstack.a: $(FUZZ_SRC:%.c=$(O)/host/fuzz/%.o)
$(O)/host/msan/libstack.a: $(FUZZ_SRC:%.c=$(O)/host/msan/%.o)
$(O)/host/fuzz/libstack.a $(O)/host/msan/libstack.a:
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcsD $@ $^

$(O)/host/fuzz/%_fuzz: $(O)/host/fuzz/tests/fuzz/%_fuzz.o \
		$(O)/host/fuzz/libstack.a
	$(call say,FUZZ,$@)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $^

$(O)/host/msan/%_fuzz: $(O)/host/msan/tests/fuzz/%_fuzz.o \
		$(O)/host/msan/libstack.a
	$(call say,FUZZ,$@)
	$(Q)$(FUZZ_CC) $(MSAN_CFLAGS) -fsanitize=fuzzer -o $@ $^

# The same targets without libFuzzer: to run one input in a debugger.
$(O)/host/fuzz-run/%: tests/fuzz/%_fuzz.c tests/fuzz/main.c tests/fuzz/tcp_lab.c \
		$(patsubst %,$(HOST_A)%.a,apps drivers boot net host base)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(ASAN) -o $@ $(filter %.c,$^) \
		-Wl,--start-group $(filter %.a,$^) -Wl,--end-group

$(FUZZ_TARGETS:%=$(O)/host/fuzz/tests/fuzz/%_fuzz.o): | fuzz-deps
$(FUZZ_TARGETS:%=$(O)/host/msan/tests/fuzz/%_fuzz.o): | fuzz-deps
.PRECIOUS: $(O)/host/fuzz/%.o $(O)/host/msan/%.o

.PHONY: fuzz
fuzz: fuzz-deps $(FUZZ_ASKED:%=$(O)/host/fuzz/%_fuzz) ## fuzz from new seeds until something breaks (FUZZ=target MINUTES=60 for each)
	$(Q)FAIRLEAD_RESULTS=$(O)/results tests/fuzz/run.sh $(O)/host/fuzz \
		$(or $(T),$(shell expr $(or $(MINUTES),60) '*' 60)) $(FUZZ_ASKED)

.PHONY: fuzz-short
fuzz-short: fuzz-deps $(FUZZ_ASKED:%=$(O)/host/fuzz/%_fuzz) ## every fuzz target over its corpus and a few more inputs, the same each time
	$(Q)FAIRLEAD_RESULTS=$(O)/results tests/fuzz/run.sh $(O)/host/fuzz short $(FUZZ_ASKED)

.PHONY: fuzz-msan
fuzz-msan: fuzz-deps $(FUZZ_ASKED:%=$(O)/host/msan/%_fuzz) ## the same under MemorySanitizer: nothing is read that nobody wrote (T=seconds)
	$(Q)tests/fuzz/run.sh $(O)/host/msan $(or $(T),4) $(FUZZ_ASKED)

.PHONY: fuzz-minimize
fuzz-minimize: fuzz-deps $(FUZZ_ASKED:%=$(O)/host/fuzz/%_fuzz) ## what was found joins the committed corpus, which shrinks to what reaches anything new
	$(Q)tests/fuzz/minimize.sh $(O)/host/fuzz $(FUZZ_ASKED)

# ---- The gates, the tests of the real image, and all of it together.

.PHONY: check
check: check-deps $(KERNEL_OBJ) ## the gates of the house, in seconds
	$(Q)tests/lint/check.py --objects $(O)/kernel

.PHONY: format
format: ## let clang-format rewrite the tree
	$(Q)git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format -i

include tests/boot/tools/tools.mk

.PHONY: boot-test
boot-test: boot-deps iso-files pxe panic-images $(BOOT_TOOLS) ## the real image in QEMU beside real Linux hosts (K=pattern)
	$(Q)FAIRLEAD_OUT=$(abspath $(O)) tests/boot/run.sh $(if $(K),-k '$(K)') .

.PHONY: soak
soak: boot-deps $(O)/fairlead.elf ## the real image under everything at once (MINUTES=10 SEED=n)
	$(Q)FAIRLEAD_OUT=$(abspath $(O)) FAIRLEAD_SOAK_MINUTES=$(or $(MINUTES),10) \
		FAIRLEAD_SOAK_SEED=$(or $(SEED),$(shell date +%s)) \
		tests/boot/run.sh -s test_soak.py

.PHONY: test
test: test-deps ## everything that proves the product
	$(Q)tests/run.sh $(O)/test $(TEST_STEPS)

# conformance sums up what the others showed.
TEST_STEPS	= check analyze-short unit agent-test $(ASSURE_STEPS) sim goodput fuzz-short boot-test conformance

include tests/conformance/conformance.mk
include tests/host/tools/tools.mk
include tests/linux/linux.mk
include tests/bench/bench.mk
include tests/bench/native.mk
include tests/oracle/oracle.mk
include tests/alloc/alloc.mk
include tests/prove/prove.mk
include tests/coverage/coverage.mk
include tests/analyze/analyze.mk
include tests/assure/assure.mk

-include $(shell find $(O) -type f -name '*.d' 2>/dev/null)
