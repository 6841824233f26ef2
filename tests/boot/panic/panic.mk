# SPDX-License-Identifier: BSD-2-Clause
# Images that must panic: the kernel's objects, with tests/boot/panic_main.c for
# a composition root and one of tests/boot/panic/*.c for the misdeed. Linked
# twice, like the product, so that their backtraces have names.

PANIC_SRC	= $(sort $(wildcard tests/boot/panic/*.c))
PANIC_ELF	= $(PANIC_SRC:tests/boot/panic/%.c=$(O)/panic/%.elf)
PANIC_OBJ	= $(filter-out $(O)/kernel/boot/main.o,$(KERNEL_OBJ)) \
		  $(O)/kernel/tests/boot/panic_main.o

.SECONDARY: $(PANIC_SRC:%.c=$(O)/kernel/%.o)

$(O)/panic/%.elf: $(O)/kernel/tests/boot/panic/%.o $(PANIC_OBJ) \
		$(O)/kernel/nosymbols.o linker/kernel.ld $(SYMBOLS)
	$(call say,PANIC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(LD) $(KERNEL_LDFLAGS) -o $@.first $(filter %.o,$^) $(LIBGCC)
	$(Q)LC_ALL=C nm -n $@.first | awk -f $(SYMBOLS) >$(@D)/$*-symbols.S
	$(Q)$(CC) -c -o $(@D)/$*-symbols.o $(@D)/$*-symbols.S
	$(Q)$(LD) $(KERNEL_LDFLAGS) -o $@ $(filter-out %/nosymbols.o,\
		$(filter %.o,$^)) $(@D)/$*-symbols.o $(LIBGCC)
	$(Q)rm $@.first

.PHONY: panic-images
panic-images: $(PANIC_ELF)
