# SPDX-License-Identifier: BSD-2-Clause
# From sources to the bootable products, and booting them. Everything here is
# reproducible: the same commit gives the same bytes in any directory at any time
# (tests/boot/test_reproducible.py).

# ---- The kernel: out/fairlead.elf, and out/fairlead.debug for gdb.

KERNEL_SRC	= $(PURE_SRC) $(DRIVER_SRC) $(ARCH_SRC)
KERNEL_ASM	= $(ARCH_ASM)
KERNEL_OBJ	= $(KERNEL_SRC:%.c=$(O)/kernel/%.o) \
		  $(KERNEL_ASM:%.S=$(O)/kernel/%.S.o) $(O)/kernel/version.o

KERNEL_CFLAGS	= $(BASE) -O2 -Iarch/x86/include -fdebug-prefix-map=$(CURDIR)=. \
		  -m64 -mno-red-zone -mgeneral-regs-only -fno-pic -mcmodel=small \
		  -ffreestanding -fno-delete-null-pointer-checks -fno-common \
		  -fcf-protection=none -fno-asynchronous-unwind-tables \
		  -fno-omit-frame-pointer -ffunction-sections -fdata-sections \
		  -fstack-protector-strong -mstack-protector-guard=global
KERNEL_LDFLAGS	= -nostdlib -static -z noexecstack -z max-page-size=4096 \
		  --build-id=none --gc-sections --orphan-handling=error \
		  -T linker/kernel.ld
LIBGCC		= $(shell $(CC) -print-libgcc-file-name)

# What the boot folder has that is pure, for the unit tests.
BOOT_PURE_SRC	= boot/ranges.c boot/loader.c boot/pvh.c boot/mb2.c \
		  boot/efi_map.c boot/efi_parse.c boot/fw_cfg.c \
		  boot/efi/bootp.c boot/efi/elf.c boot/efi/iso9660.c \
		  boot/efi/options.c

BUILD_FILES	= Makefile boot/boot.mk

# Commands run at the speed of people, bring-up once: small rather than fast.
COLD		= boot/% apps/% lib/fmt lib/json lib/log lib/str \
		  net/sysctl net/drop net/arp/announce net/neigh/admin \
		  net/capture/% net/watch $(patsubst %,net/ipv4/%,addr rule nexthop \
		  fib_nexthop fib_event fib_check fib_walk path mss) \
		  drivers/acpi drivers/pci drivers/pci_access drivers/pci_irq \
		  drivers/pci_show drivers/pci_slots drivers/uart net/tcp/metrics \
		  $(patsubst %,drivers/e1000e/%,e1000e phy port show stats watchdog) \
		  $(patsubst %,arch/x86/%,cpu panic paging power rtc smp traps)
$(COLD:%=$(O)/kernel/%.o): KERNEL_CFLAGS += -Os
# But a configuration may have a million lines.
$(O)/kernel/apps/shell/args.o $(O)/kernel/apps/shell/lexer.o: KERNEL_CFLAGS += -O2

$(O)/kernel/%.o: %.c $(BUILD_FILES)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CFLAGS) -c -o $@ $<

$(O)/kernel/%.S.o: %.S $(BUILD_FILES)
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CFLAGS) -c -o $@ $<

$(O)/kernel/boot/builtin.S.o: boot/appliance.conf

# Written anew only when the version is another one.
$(O)/kernel/version.c: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)printf '%s\n' '#include "boot/boot_info.h"' \
		'const char fairlead_version[] = "$(VERSION)";' >$@.$$$$ && \
		if cmp -s $@.$$$$ $@; then rm $@.$$$$; else mv $@.$$$$ $@; fi

$(O)/kernel/version.o: $(O)/kernel/version.c $(BUILD_FILES)
	$(Q)$(CC) $(KERNEL_CFLAGS) -c -o $@ $<

.PHONY: FORCE
FORCE:

# Two links: the second one has the table of the symbols of the first one
# (arch/x86/symbols.c), which lies behind everything that it names.
SYMBOLS		= arch/x86/symbols.awk

$(O)/kernel/nosymbols.S: $(SYMBOLS)
	$(Q)mkdir -p $(@D)
	$(Q)awk -f $(SYMBOLS) </dev/null >$@

$(O)/kernel/first.elf: $(KERNEL_OBJ) $(O)/kernel/nosymbols.o linker/kernel.ld
	$(Q)$(LD) $(KERNEL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBGCC)

$(O)/kernel/symbols.S: $(O)/kernel/first.elf $(SYMBOLS)
	$(Q)LC_ALL=C nm -n $< | awk -f $(SYMBOLS) >$@

$(O)/kernel/symbols.o $(O)/kernel/nosymbols.o: %.o: %.S
	$(Q)$(CC) -c -o $@ $<

$(O)/fairlead.debug: $(KERNEL_OBJ) $(O)/kernel/symbols.o linker/kernel.ld
	$(call say,LD,$@)
	$(Q)$(LD) $(KERNEL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBGCC)
	$(Q)LC_ALL=C nm -n $@ | awk -f $(SYMBOLS) | \
		cmp -s - $(O)/kernel/symbols.S || \
		{ echo '$@: the symbol table moved what it names'; exit 1; }

$(O)/fairlead.elf: $(O)/fairlead.debug
	$(call say,STRIP,$@)
	$(Q)$(OBJCOPY) --strip-all $< $@
	$(Q)boot/check-elf.sh $@

# ---- The EFI loader: out/BOOTX64.EFI, with the kernel inside.

GNU_EFI		= /usr
EFI_SRC		= $(sort $(wildcard boot/efi/*.c)) boot/efi_map.c lib/mem.c
EFI_OBJ		= $(EFI_SRC:%.c=$(O)/efi/%.o) $(O)/efi/boot/efi/leave.o
EFI_CFLAGS	= $(BASE) -Os -Iarch/x86/include -isystem $(GNU_EFI)/include/efi \
		  -isystem $(GNU_EFI)/include/efi/x86_64 -ffreestanding \
		  -DGNU_EFI_USE_MS_ABI -fshort-wchar -fpic -mno-red-zone \
		  -mgeneral-regs-only -maccumulate-outgoing-args \
		  -fno-stack-protector -fcf-protection=none -fvisibility=hidden \
		  -fno-asynchronous-unwind-tables

$(O)/efi/%.o: %.c $(BUILD_FILES)
	$(call say,CC,$< (efi))
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(EFI_CFLAGS) -c -o $@ $<

$(O)/efi/boot/efi/leave.o: boot/efi/leave.S $(O)/fairlead.elf $(BUILD_FILES)
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(EFI_CFLAGS) -Wa,-I$(O) -c -o $@ $<

$(O)/efi/loader.so: $(EFI_OBJ) linker/efi.ld
	$(Q)$(LD) -nostdlib -shared -Bsymbolic -znocombreloc -z noexecstack \
		--build-id=none --no-undefined -T linker/efi.ld -o $@ \
		$(GNU_EFI)/lib/crt0-efi-x86_64.o $(EFI_OBJ) \
		$(GNU_EFI)/lib/libgnuefi.a

$(O)/BOOTX64.EFI: $(O)/efi/loader.so
	$(call say,EFI,$@)
	$(Q)$(OBJCOPY) -j .text -j .data -j .dynamic -j .dynsym -j .rela \
		-j .reloc --target efi-app-x86_64 --subsystem=10 $< $@

# ---- The image: out/fairlead.iso, for CD, disk and USB, BIOS and UEFI.

GRUB		= /usr/lib/grub/i386-pc
GRUB_MODULES	= biosdisk iso9660 part_gpt part_msdos normal serial terminal \
		  test multiboot2
# CONFIG= puts a file on the image, ISO_OUT= writes it elsewhere.
CONFIG		=
ISO_CONFIG	= $(if $(CONFIG),$(CONFIG),boot/fairlead.conf)
ISO_OUT		= $(O)/fairlead.iso

define config-check
$(Q)test -f '$(ISO_CONFIG)' || \
	{ echo 'CONFIG=$(ISO_CONFIG): no such file'; exit 1; }
endef

# Notices when CONFIG= comes, goes or changes.
$(O)/iso/config: FORCE
	$(Q)mkdir -p $(@D)
	$(config-check)
	$(Q)cmp -s '$(ISO_CONFIG)' $@ || cp '$(ISO_CONFIG)' $@

$(O)/iso/eltorito.img: $(BUILD_FILES)
	$(call say,GRUB,$@)
	$(Q)mkdir -p $(@D)
	$(Q)grub-mkimage -O i386-pc-eltorito -d $(GRUB) -p /boot/grub \
		-o $@ $(GRUB_MODULES)

# A FAT file system in a file, as UEFI wants it on CDs.
$(O)/iso/efi.img: $(O)/BOOTX64.EFI boot/fat.sh
	$(call say,FAT,$@)
	$(Q)mkdir -p $(@D)
	$(Q)boot/fat.sh $@ $<

ISO_PARTS	= $(O)/fairlead.elf boot/grub.cfg $(O)/iso/eltorito.img \
		  $(O)/iso/efi.img boot/iso.sh
define iso-make
$(config-check)
$(call say,ISO,$@)
$(Q)boot/iso.sh $@ $(GRUB)/boot_hybrid.img \
	boot/fairlead.elf=$(O)/fairlead.elf \
	boot/fairlead.conf='$(ISO_CONFIG)' \
	boot/grub/grub.cfg=boot/grub.cfg \
	boot/grub/eltorito.img=$(O)/iso/eltorito.img \
	boot/efi.img=$(O)/iso/efi.img
endef

$(O)/fairlead.iso: $(ISO_PARTS) $(O)/iso/config
	$(iso-make)

$(filter-out $(O)/fairlead.iso,$(ISO_OUT)): $(ISO_PARTS) FORCE
	$(iso-make)

.PHONY: iso-files
iso-files: $(O)/fairlead.elf $(O)/BOOTX64.EFI $(O)/fairlead.iso

.PHONY: iso
iso: $(ISO_OUT) ## only the image; CONFIG=my.conf puts that file on it

# ---- For the network: out/pxe/, what a TFTP server gives to BIOS (fairlead.0)
# and UEFI (BOOTX64.EFI).

PXE_MODULES	= pxe tftp normal serial terminal test regexp multiboot2
PXE_FILES	= $(addprefix $(O)/pxe/,fairlead.0 grub.cfg fairlead.elf \
		  BOOTX64.EFI fairlead.conf)

$(O)/pxe/fairlead.0: $(BUILD_FILES)
	$(call say,GRUB,$@)
	$(Q)mkdir -p $(@D)
	$(Q)echo 'set prefix=$$cmdpath' >$(O)/pxe-start.cfg
	$(Q)grub-mkimage -O i386-pc-pxe -d $(GRUB) -p /boot/grub \
		-c $(O)/pxe-start.cfg -o $@ $(PXE_MODULES)

$(O)/pxe/grub.cfg: boot/pxe.cfg
$(O)/pxe/fairlead.elf: $(O)/fairlead.elf
$(O)/pxe/BOOTX64.EFI: $(O)/BOOTX64.EFI
$(O)/pxe/fairlead.conf: $(O)/iso/config
$(filter-out %.0,$(PXE_FILES)):
	$(Q)mkdir -p $(@D)
	$(Q)cp $< $@

.PHONY: pxe
pxe: $(PXE_FILES) ## what a TFTP server needs, in out/pxe/ (CONFIG=my.conf)

# ---- Booting it here.

.PHONY: run
run: ## boot it in QEMU on this terminal (ACCEL= CPUS= MEM= CONFIG= APP=)
	@O='$(O)' MAKE='$(MAKE)' boot/run.sh

.PHONY: debug
debug: ## the same, stopped before its first instruction, for gdb
	@O='$(O)' MAKE='$(MAKE)' DEBUG=1 boot/run.sh

# ---- Debian packages that are missing, for `make run` and `make test`.

.PHONY: check-deps unit-deps fuzz-deps boot-deps test-deps bench-deps analyze-deps
check-deps:
	$(Q)tests/install.sh build check
unit-deps:
	$(Q)tests/install.sh unit
fuzz-deps:
	$(Q)tests/install.sh unit fuzz
boot-deps:
	$(Q)tests/install.sh build run test
test-deps:
	$(Q)tests/install.sh build run check analyze unit fuzz test
bench-deps:
	$(Q)tests/install.sh build run bench
analyze-deps:
	$(Q)tests/install.sh build analyze
