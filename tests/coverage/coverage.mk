# SPDX-License-Identifier: BSD-2-Clause
# Which lines and branches the hosted tests go through, by clang's counters in
# the source: they know of no optimisation, and no branch that is not written.

COVER		= $(O)/coverage
COVER_CC	= clang
COVER_CFLAGS	= $(BASE) -O1 -fno-omit-frame-pointer -D_GNU_SOURCE \
		  -Itests/host/include -Wno-gnu-variable-sized-type-not-at-end
# Tests expect AddressSanitizer. A static function is told from its namesakes by
# the file's whole path.
COVER_LINK	= -fprofile-instr-generate -fsanitize=address
COVER_FLAGS	= $(COVER_LINK) -fcoverage-mapping \
		  -Xclang -main-file-name -Xclang $<

COVER_UNIT	= $(patsubst tests/unit/%_test.c,$(COVER)/host/unit/%_test,\
		    $(UNIT_SRC))
COVER_FUZZ	= $(FUZZ_TARGETS:%=$(COVER)/host/fuzz/%)
COVER_SIM	= $(COVER)/host/fairlead-sim

$(COVER)/o/%.o: %.c
	$(call say,CC,$< (coverage))
	$(Q)mkdir -p $(@D)
	$(Q)$(COVER_CC) $(COVER_CFLAGS) $(COVER_FLAGS) -c -o $@ $<
.PRECIOUS: $(COVER)/o/%.o

# Tests may do what clang warns of and gcc does not.
$(COVER)/o/tests/unit/%.o: COVER_CFLAGS += -w

$(COVER)/libfairlead.a: $(HOST_SRC:%.c=$(COVER)/o/%.o)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcsD $@ $^

define cover-link
$(call say,LD,$@)
$(Q)mkdir -p $(@D)
$(Q)$(COVER_CC) $(COVER_LINK) -o $@ $(filter %.o,$^) \
	$(filter %.a,$^) -lcmocka -lm
endef

$(COVER)/host/unit/%_test: $(COVER)/o/tests/unit/%_test.o \
		$(COVER)/libfairlead.a
	$(cover-link)
$(COVER)/host/fuzz/%: $(COVER)/o/tests/fuzz/%_fuzz.o \
		$(patsubst %,$(COVER)/o/tests/fuzz/%.o,main tcp_lab) \
		$(COVER)/libfairlead.a
	$(cover-link)
$(COVER_SIM): $(patsubst %.c,$(COVER)/o/%.o,$(wildcard tests/sim/*.c)) \
		$(COVER)/libfairlead.a
	$(cover-link)

# The unit tests with each request for memory refused once (alloc.mk): what
# alloc-fail-short runs.
COVER_ALLOC	= $(patsubst tests/unit/%_test.c,$(COVER)/host/alloc/%_test,\
		    $(ALLOC_UNIT))

$(COVER)/alloc/givers.a: $(ALLOC_GIVERS:%.c=$(COVER)/o/%.o)
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D) && rm -f $@ && ar rcsD $@ $^
	$(Q)$(OBJCOPY) --weaken-symbol=skb_element_may $@

# clang has a section of its own for what is rare.
$(COVER)/alloc/product.a: $(patsubst %.c,$(COVER)/o/%.o,$(filter-out \
		$(ALLOC_GIVERS),$(ALLOC_PRODUCT)))
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D) && rm -f $@ && ar rcsD $@ $^
	$(Q)$(OBJCOPY) --rename-section .text=product_text \
		--rename-section .text.unlikely.=product_text $@

$(COVER)/alloc/tests.a: $(patsubst %.c,$(COVER)/o/%.o,$(wildcard tests/host/*.c))
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D) && rm -f $@ && ar rcsD $@ $^

$(COVER)/host/alloc/%_test: $(COVER)/o/tests/unit/%_test.o \
		$(patsubst %,$(COVER)/o/tests/alloc/%.o,refuse cmocka) \
		$(patsubst %,$(COVER)/alloc/%.a,product givers tests)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(COVER_CC) $(COVER_LINK) $(ALLOC_WRAP) -o $@ \
		$(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) \
		-Wl,--end-group -lm

.PHONY: coverage-deps
coverage-deps:
	$(Q)tests/install.sh unit fuzz coverage
$(HOST_SRC:%.c=$(COVER)/o/%.o): | coverage-deps

.PHONY: coverage
coverage: $(COVER_UNIT) $(COVER_ALLOC) $(COVER_FUZZ) $(COVER_SIM) \
		$(O)/host/libfairlead-packetdrill.so ## lines and branches that the hosted tests reach; out/coverage (SEEDS=5)
	$(Q)tests/coverage/run.sh $(COVER) $(or $(SEEDS),5) $(COVER_UNIT)
	$(Q)tests/coverage/coverage.py $(COVER) --figures $(O)/results/assure-coverage
