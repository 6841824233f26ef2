# SPDX-License-Identifier: BSD-2-Clause
# The stack beside a real Linux that is told the same.

$(O)/host/fib_lines: tests/oracle/fib_lines.c \
		$(patsubst %,$(HOST_A)%.a,net host base)
	$(unit-link)

.PHONY: oracle
oracle: $(O)/host/fib_lines ## random `ip` lines here and in Linux, as root (SEED= LINES=)
	$(Q)tests/oracle/fib_oracle.py $< $(or $(SEED),1) $(or $(LINES),2000)
