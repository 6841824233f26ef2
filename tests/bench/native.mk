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
$(NATIVE)/fib_bench: $(NATIVE)/tests/bench/fib_routes.o

# DPDK's structures, in a library of their own: without its packages the bench
# says so and runs without them. Compiled as DPDK's users do.
$(NATIVE)/fib_peers.so: tests/bench/fib_peers.c tests/bench/fib_peers.h
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) -O3 -march=native -Wall -shared -fPIC -I. \
		-I/usr/include/dpdk -I/usr/include/x86_64-linux-gnu/dpdk \
		-include rte_config.h -o $@ $< -lrte_fib -lrte_lpm -lrte_eal

.PHONY: bench-fib
bench-fib: $(NATIVE)/fib_bench ## routes natively beside DPDK's: build, memory, lookups, changes (N=1000000)
	$(Q)MAKE="$(MAKE)" tests/bench/fib.sh $(NATIVE) $(or $(N),1000000)

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
