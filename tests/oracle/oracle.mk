# SPDX-License-Identifier: BSD-2-Clause
# The stack beside a real Linux that is told the same.

$(O)/host/fib_lines: tests/oracle/fib_lines.c \
		$(patsubst %,$(HOST_A)%.a,net host base)
	$(unit-link)

ORACLE		= $(O)/oracle
ORACLE_PROGRAMS	= $(foreach p,ip sysctl ping ethtool,$(shell PATH=$$PATH:/sbin:/usr/sbin command -v $(p)))

$(ORACLE)/join: tests/oracle/guest/join.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(BENCH_CFLAGS) -static -o $@ $<

$(ORACLE)/ird.gz: $(LINUX)/.unpacked $(BENCH)/tcpd $(ORACLE)/join \
		tests/linux/mkird.sh tests/oracle/guest/init | oracle-deps
	$(call linux-ird,tests/oracle/guest/init,\
		$(BENCH)/tcpd $(ORACLE)/join $(ORACLE_PROGRAMS))

.PHONY: oracle oracle-deps fib-oracle
oracle-deps:
	$(Q)tests/install.sh build run bench test oracle
oracle: oracle-deps $(O)/fairlead.elf $(ORACLE)/ird.gz ## the same probes against a Linux guest, and each difference's reason (K=pattern JOBS=2)
	$(Q)FAIRLEAD_OUT=$(abspath $(O)) tests/oracle/oracle.py \
		--jobs $(or $(JOBS),2) $(if $(K),--only '$(K)') $(ORACLE_FLAGS)
	$(Q)tests/oracle/oracle.py --doc docs/oracle.md

fib-oracle: $(O)/host/fib_lines ## random `ip` lines here and in Linux, as root (SEED= LINES=)
	$(Q)tests/oracle/fib_oracle.py $< $(or $(SEED),1) $(or $(LINES),2000)

# The page about it, of the probes and the table.
docs/oracle.md: tests/oracle/oracle.py tests/oracle/differences.csv \
		tests/oracle/page.txt $(wildcard tests/oracle/probes/*.py)
	$(call say,DOC,$@)
	$(Q)$< --doc $@
