# SPDX-License-Identifier: BSD-2-Clause
# Debian's kernel, as the guest that the benches and the oracle measure us by.

LINUX		= $(O)/linux
LINUX_KVER	= $$(basename $(LINUX)/lib/modules/*)

$(LINUX)/.unpacked: tests/linux/get-linux.sh
	$(call say,APT,the reference kernel)
	$(Q)$< $(@D) && touch $@

# $(call linux-ird,INIT,PROGRAMS): the target is the guest's initramfs.
define linux-ird
$(call say,INITRD,$@)
$(Q)tests/linux/mkird.sh $(LINUX)/lib/modules/$(LINUX_KVER) $@ $(1) $(2)
endef
