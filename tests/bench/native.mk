# SPDX-License-Identifier: BSD-2-Clause
# The stack measured as a Linux process, compiled like the kernel.

NATIVE		= $(O)/bench/native
NATIVE_CFLAGS	= $(BASE) -O2 -fno-omit-frame-pointer -D_GNU_SOURCE \
		  -Itests/host/include
NATIVE_SRC	= $(filter lib/% net/%,$(filter-out lib/mem.c,$(PURE_SRC))) \
		  $(addprefix tests/host/,port.c irq.c testnet.c iplines.c)

$(NATIVE)/lib/%.o $(NATIVE)/net/%.o: NATIVE_CFLAGS += \
		-ffreestanding -mgeneral-regs-only -fstack-protector-strong
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
bench-native: bench-fib bench-tcp ## the same, and TCP

.PHONY: bench-tcp
bench-tcp: $(NATIVE)/tcp_bench ## TCP natively: bulk, requests over 1, 100 and 100 000 connections, connections per second
	$(Q)$(NATIVE)/tcp_bench bulk 400000000
	$(Q)for n in 1 100 100000; do $(NATIVE)/tcp_bench rr $$n 200000; done
	$(Q)$(NATIVE)/tcp_bench open 200000

# Instructions of a segment and of a request: what a longer run takes more than
# a shorter one.
.PHONY: bench-tcp-count
bench-tcp-count: $(NATIVE)/tcp_bench ## the same, counted in instructions (valgrind)
	$(Q)tests/bench/count.sh $< 10000 bulk 7300000 21900000
	$(Q)for n in 1 100 100000; do \
		tests/bench/count.sh $< 20000 "rr $$n" 5000 25000; done
	$(Q)tests/bench/count.sh $< 5000 open 2000 7000
