# SPDX-License-Identifier: BSD-2-Clause
# Static analysis of everything that goes into the products, by three analysers
# that see different things. Incremental: a source is looked at again when it, or
# a header of it, changed. What is not so is explained, one by one, in
# accepted.txt. `make test` has the two that are quick.

ANALYZE_SRC	:= $(PURE_SRC) $(DRIVER_SRC) $(ARCH_SRC) \
		   $(sort $(wildcard boot/efi/*.c))
analyze-found	= $(foreach analyser,$(1),$(ANALYZE_SRC:%.c=$(O)/analyze/%.$(analyser)))

# As the products are compiled; warnings are the compilers' own business.
ANALYZE_FLAGS	= $(filter-out -Werror -MMD -MP -g,$(KERNEL_CFLAGS)) -O2
$(call analyze-found,gcc cppcheck clang-tidy): | analyze-deps
$(filter $(O)/analyze/boot/efi/%,$(call analyze-found,gcc cppcheck clang-tidy)): \
	ANALYZE_FLAGS = $(filter-out -Werror -MMD -MP -g,$(EFI_CFLAGS))

define analyze-one
$(call say,$(1),$<)
$(Q)mkdir -p $(@D)
$(Q)tests/analyze/run.sh $(1) $< $@ $(ANALYZE_FLAGS)
endef
$(O)/analyze/%.gcc: %.c tests/analyze/run.sh
	$(call analyze-one,gcc)
$(O)/analyze/%.cppcheck: %.c tests/analyze/run.sh
	$(call analyze-one,cppcheck)
$(O)/analyze/%.clang-tidy: %.c tests/analyze/run.sh tests/analyze/clang-tidy.yaml
	$(call analyze-one,clang-tidy)

define analyze-judge
$(Q)mkdir -p $(O)/results
$(Q)tests/analyze/judge.py tests/analyze/accepted.txt \
	$(O)/results/assure-analyze $^
endef

.PHONY: analyze
analyze: $(call analyze-found,gcc cppcheck clang-tidy) ## gcc -fanalyzer, cppcheck and clang-tidy find nothing in the products
	$(analyze-judge)

.PHONY: analyze-short
analyze-short: $(call analyze-found,gcc cppcheck) ## the same without clang-tidy, which takes minutes
	$(analyze-judge)
