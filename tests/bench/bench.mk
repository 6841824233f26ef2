# SPDX-License-Identifier: BSD-2-Clause
# Measurements beside peers, as ratios from one run. See docs/performance.md.

BENCH		= $(O)/bench
BENCH_SRC	= tests/bench/qemu
BENCH_CFLAGS	= -O2 -Wall -Wextra
NULL_CFLAGS	= -O2 -Wall -ffreestanding -fno-pic -fno-pie -mno-red-zone \
		  -mgeneral-regs-only -fno-stack-protector \
		  -fno-asynchronous-unwind-tables -fcf-protection=none
BENCH_BIN	= $(addprefix $(BENCH)/,gen tcpload nsexec insncount.so \
		  nullfwd.elf ird.gz fib_table)

$(BENCH)/gen: $(BENCH_SRC)/gen.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(BENCH_CFLAGS) -pthread -o $@ $<

$(BENCH)/tcpload $(BENCH)/nsexec: $(BENCH)/%: $(BENCH_SRC)/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(BENCH_CFLAGS) -o $@ $<

$(BENCH)/tcpd $(BENCH)/ethgro: $(BENCH)/%: $(BENCH_SRC)/guest/linux/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(BENCH_CFLAGS) -static -o $@ $<

# The interface of QEMU's plugins is declared in the source itself.
$(BENCH)/insncount.so: $(BENCH_SRC)/insncount.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(BENCH_CFLAGS) -shared -fPIC \
		-fvisibility=hidden -o $@ $<

$(BENCH)/nullfwd.elf: $(BENCH_SRC)/guest/nullfwd/nullfwd.c \
		$(BENCH_SRC)/guest/nullfwd/start.S \
		$(BENCH_SRC)/guest/nullfwd/link.ld
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(NULL_CFLAGS) -c -o $(BENCH)/nullfwd.o $<
	$(Q)$(CC) -fno-pic -c -o $(BENCH)/start.o $(word 2,$^)
	$(Q)$(LD) -m elf_x86_64 -z max-page-size=4096 -z noexecstack \
		--no-warn-rwx-segments -T $(word 3,$^) -o $(BENCH)/nullfwd64.elf \
		$(BENCH)/start.o $(BENCH)/nullfwd.o
	$(Q)$(OBJCOPY) -O elf32-i386 $(BENCH)/nullfwd64.elf $@

$(BENCH)/ird.gz: $(LINUX)/.unpacked $(BENCH)/tcpd $(BENCH)/ethgro \
		tests/linux/mkird.sh $(BENCH_SRC)/guest/linux/init
	$(call linux-ird,$(BENCH_SRC)/guest/linux/init,\
		$(BENCH)/tcpd $(BENCH)/ethgro $$(command -v ip))

$(BENCH)/fib_table: tests/bench/fib_table.c tests/bench/fib_routes.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(BENCH_CFLAGS) -I. -o $@ $^

.PHONY: bench-build bench
bench-build: bench-deps $(BENCH_BIN) $(O)/fairlead.elf

bench: bench-build bench-fib ## ratios to a Linux guest on the same emulated card (REPS=3)
	$(Q)BENCH_BIN=$(BENCH) tests/bench/bench.sh $(O) $(or $(REPS),3)
