# SPDX-License-Identifier: BSD-2-Clause
# Bounded model checking: for every input, not for many.

.PHONY: prove
prove: ## parsers, option walkers and reassembly proved for every input, with CBMC
	$(Q)tests/prove/run.sh $(O)/prove $(sort $(wildcard tests/prove/*_prove.c))
