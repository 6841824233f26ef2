# SPDX-License-Identifier: BSD-2-Clause
# The stack measured as a Linux process, compiled like the kernel.

NATIVE		= $(O)/bench/native
NATIVE_CFLAGS	= $(BASE) -O2 -fno-omit-frame-pointer -D_GNU_SOURCE \
		  -Itests/host/include
NATIVE_SRC	= $(filter lib/% net/%,$(filter-out lib/mem.c,$(PURE_SRC))) \
		  $(addprefix tests/host/,port.c irq.c testnet.c iplines.c)

$(NATIVE)/lib/%.o $(NATIVE)/net/%.o: NATIVE_CFLAGS += \
		-mgeneral-regs-only -fstack-protector-strong
$(NATIVE)/%.o: %.c
	$(call say,CC,$< (native))
	$(Q)mkdir -p $(@D) && $(CC) $(NATIVE_CFLAGS) -c -o $@ $<

$(NATIVE)/fib_bench $(NATIVE)/tcp_bench: $(NATIVE)/%: \
		$(NATIVE)/tests/bench/%.o $(NATIVE_SRC:%.c=$(NATIVE)/%.o)
	$(call say,LD,$@)
	$(Q)$(CC) -o $@ $^

.PHONY: bench-fib
bench-fib: $(NATIVE)/fib_bench ## routes natively: build, memory, lookups, changes (N=1000000)
	$(Q)$< -n $(or $(N),1000000)

.PHONY: bench-native
bench-native: bench-fib $(NATIVE)/tcp_bench ## the same, and TCP: bulk, and requests over 1 and 10 000 connections
	$(Q)$(NATIVE)/tcp_bench bulk 200000000
	$(Q)$(NATIVE)/tcp_bench rr 1 200000
	$(Q)$(NATIVE)/tcp_bench rr 10000 200000
