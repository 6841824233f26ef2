/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BOOTX64.EFI: brings the kernel, which it contains, to life on UEFI firmware
 * [UEFI][HARDWARE 5.3]. Reads configuration and load options, stops the network
 * stack of the firmware, leaves the firmware and enters the kernel as any other
 * loader does (entry.h), with a struct efi_handoff. What goes wrong is said on
 * the firmware's console and on COM1, and the firmware goes on to the next
 * thing it can boot.
 */
#include <arch/io.h>

#include "boot/efi/efiboot.h"
#include "boot/efi/options.h"

#define COM1	      0x3f8
#define COM1_LSR      (COM1 + 5)
#define LSR_THR_EMPTY 0x20
#define READ_TIME_US  5000000 /* for a person to read what went wrong */

extern const uint8_t efiboot_kernel[] __attribute__((visibility("hidden")));
extern const uint8_t efiboot_kernel_end[] __attribute__((visibility("hidden")));

static EFI_GUID loaded_image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
static EFI_GUID network_guid = EFI_SIMPLE_NETWORK_PROTOCOL_GUID;
static const EFI_GUID acpi_20_guid = ACPI_20_TABLE_GUID;
static const EFI_GUID acpi_10_guid = ACPI_TABLE_GUID;

EFI_STATUS efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system);

/* On the firmware's console, while there is one. */
static void
screen_puts(EFI_SYSTEM_TABLE *system, const char *text)
{
	for (; *text; text++) {
		CHAR16 c[] = { *text, 0 };

		if (system->ConOut)
			system->ConOut->OutputString(system->ConOut, c);
	}
}

/* Bounded: there may be no UART at all. */
static void
serial_puts(const char *text)
{
	unsigned int i;

	for (; *text; text++) {
		for (i = 0; i < 100000; i++) {
			if (port_in8(COM1_LSR) & LSR_THR_EMPTY)
				break;
		}
		port_out8(COM1, *text);
	}
}

static EFI_STATUS
fail(struct efiboot *efi, const char *why)
{
	serial_puts("fairlead: cannot start: ");
	serial_puts(why);
	serial_puts("\r\n");
	screen_puts(efi->system, "Fairlead cannot start: ");
	screen_puts(efi->system, why);
	screen_puts(efi->system, "\r\n");
	efi->boot->Stall(READ_TIME_US);
	return EFI_LOAD_ERROR;
}

/* After the firmware there is nowhere to return to. */
static _Noreturn void
fail_for_good(const char *why)
{
	serial_puts("fairlead: cannot start: ");
	serial_puts(why);
	serial_puts("\r\n");
	for (;;)
		__asm__ volatile("cli; hlt");
}

static uint64_t
find_table(const EFI_SYSTEM_TABLE *system, const EFI_GUID *guid)
{
	UINTN i;

	for (i = 0; i < system->NumberOfTableEntries; i++) {
		const EFI_CONFIGURATION_TABLE *table =
			&system->ConfigurationTable[i];

		if (__builtin_memcmp(&table->VendorGuid, guid, sizeof(*guid)) ==
		    0)
			return (uintptr_t)table->VendorTable;
	}
	return 0;
}

static void
find_rsdp(struct efiboot *efi)
{
	struct efi_handoff *handoff = &efi->block->handoff;

	handoff->rsdp = find_table(efi->system, &acpi_20_guid);
	if (handoff->rsdp == 0)
		handoff->rsdp = find_table(efi->system, &acpi_10_guid);
}

static void
read_options(struct efiboot *efi)
{
	struct efiboot_block *block = efi->block;
	bool is_text = true;

	if (!efi->loaded->LoadOptions)
		return;
	block->handoff.cmdline = (uintptr_t)block->cmdline;
	block->handoff.cmdline_len =
		options_text(efi->loaded->LoadOptions,
			     efi->loaded->LoadOptionsSize, block->cmdline,
			     sizeof(block->cmdline), &is_text);
	if (!is_text)
		block->handoff.warnings |= EFI_HANDOFF_OPTIONS_NOT_TEXT;
}

/* A NIC that the firmware left running would write into our memory. */
static void
stop_networks(struct efiboot *efi)
{
	EFI_SIMPLE_NETWORK *network;
	EFI_HANDLE *handles;
	UINTN count, i;

	if (EFI_ERROR(efi->boot->LocateHandleBuffer(ByProtocol, &network_guid,
						    NULL, &count, &handles)))
		return;
	for (i = 0; i < count; i++) {
		if (EFI_ERROR(efi->boot->HandleProtocol(handles[i],
							&network_guid,
							(void **)&network)))
			continue;
		if (network->Mode->State == EfiSimpleNetworkInitialized)
			network->Shutdown(network);
		if (network->Mode->State == EfiSimpleNetworkStarted)
			network->Stop(network);
	}
	efi->boot->FreePool(handles);
}

static void
prepare_trampoline(struct efiboot *efi)
{
	struct efiboot_block *block = efi->block;
	const struct efiboot_params params = {
		.stage = (uintptr_t)block->stage,
		.target = efi->kernel.start,
		.len = efi->kernel.end - efi->kernel.start,
		.entry = efi->kernel.entry,
		.handoff = (uintptr_t)&block->handoff,
	};

	_Static_assert(sizeof(params) == 20, "as leave.S has it");
	__builtin_memcpy(block->trampoline, trampoline_start,
			 trampoline_end - trampoline_start);
	__builtin_memcpy(block->trampoline +
				 (trampoline_params - trampoline_start),
			 &params, sizeof(params));
}

EFI_STATUS
efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system)
{
	struct efiboot efi = {
		.self = self,
		.system = system,
		.boot = system->BootServices,
	};
	const char *wrong;
	uint64_t cr3;

	efi.boot->SetWatchdogTimer(0, 0, 0, NULL);
	if (EFI_ERROR(efi.boot->HandleProtocol(self, &loaded_image_guid,
					       (void **)&efi.loaded)))
		return fail(&efi, "the firmware does not know its own program");
	wrong = elf_check(&efi.kernel, efiboot_kernel,
			  efiboot_kernel_end - efiboot_kernel);
	if (!wrong)
		wrong = memory_take(&efi);
	if (wrong)
		return fail(&efi, wrong);
	__builtin_memset(&efi.block->handoff, 0, sizeof(efi.block->handoff));
	efi.block->handoff.magic = BOOT_MAGIC_EFI;
	efi.block->handoff.version = EFI_HANDOFF_VERSION;
	find_rsdp(&efi);
	read_options(&efi);
	config_read(&efi);
	stop_networks(&efi);
	elf_place(&efi.kernel, efi.block->stage);
	prepare_trampoline(&efi);
	cr3 = memory_tables(efi.block, (const void *)efiboot_leave);
	screen_puts(system,
		    "Fairlead: its console is the serial port COM1.\r\n");
	wrong = memory_exit(&efi);
	if (wrong)
		fail_for_good(wrong);
	efiboot_leave(cr3, (uintptr_t)efi.block->trampoline);
}
