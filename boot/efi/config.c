/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration under UEFI: \boot\fairlead.conf, else \fairlead.conf, on
 * the FAT volume that the loader came from; else /boot/fairlead.conf on the ISO
 * 9660 volume of the same disk, which is where the tools that work on a
 * finished image put it, and where GRUB takes it from on BIOS.
 */
#include "boot/efi/efiboot.h"
#include "boot/efi/iso9660.h"

static EFI_GUID file_system_guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
static EFI_GUID block_io_guid = EFI_BLOCK_IO_PROTOCOL_GUID;
static EFI_GUID device_path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;

/* Reads to the end, at most size bytes. */
static EFI_STATUS
file_read(EFI_FILE_HANDLE file, char *bytes, UINTN size, UINTN *len)
{
	*len = 0;
	while (*len < size) {
		UINTN n = size - *len;
		EFI_STATUS status = file->Read(file, &n, bytes + *len);

		if (EFI_ERROR(status))
			return status;
		if (n == 0)
			break;
		*len += n;
	}
	return EFI_SUCCESS;
}

static void
config_is(struct efiboot_block *block, UINTN len)
{
	if (len > BOOT_CONFIG_MAX) {
		block->handoff.warnings |= EFI_HANDOFF_CONFIG_TOO_BIG;
		return;
	}
	block->handoff.config = (uintptr_t)block->config;
	block->handoff.config_len = len;
}

/* true if there is such a file, whatever became of it. */
static bool
config_from_file(struct efiboot_block *block, EFI_FILE_HANDLE root,
		 CHAR16 *name)
{
	EFI_FILE_HANDLE file;
	EFI_STATUS status;
	UINTN len;

	status = root->Open(root, &file, name, EFI_FILE_MODE_READ, 0);
	if (EFI_ERROR(status))
		return false;
	/* One byte more than allowed tells whether it is too big. */
	status = file_read(file, block->config, sizeof(block->config), &len);
	file->Close(file);
	if (EFI_ERROR(status))
		block->handoff.warnings |= EFI_HANDOFF_CONFIG_UNREADABLE;
	else
		config_is(block, len);
	return true;
}

static bool
config_from_fat(struct efiboot *efi)
{
	/* Not const, because Open() does not promise to leave it alone. */
	CHAR16 name[] = L"\\boot\\fairlead.conf";
	EFI_FILE_IO_INTERFACE *volume;
	EFI_FILE_HANDLE root;
	bool found;

	if (EFI_ERROR(efi->boot->HandleProtocol(efi->loaded->DeviceHandle,
						&file_system_guid,
						(void **)&volume)) ||
	    EFI_ERROR(volume->OpenVolume(volume, &root)))
		return false;
	found = config_from_file(efi->block, root, name) ||
		config_from_file(efi->block, root, name + 5);
	root->Close(root);
	return found;
}

struct disk {
	EFI_BLOCK_IO *io;
	uint8_t *sector;
};

static bool
disk_read(void *ctx, uint32_t lba)
{
	struct disk *disk = ctx;
	UINTN blocks = ISO9660_SECTOR / disk->io->Media->BlockSize;

	return !EFI_ERROR(disk->io->ReadBlocks(disk->io,
					       disk->io->Media->MediaId,
					       (EFI_LBA)lba * blocks,
					       ISO9660_SECTOR, disk->sector));
}

/* true if there is such a file, whatever became of it. */
static bool
config_from_iso(struct efiboot_block *block, EFI_BLOCK_IO *io)
{
	struct disk disk = { io, block->sector };
	const struct iso9660 iso = { disk_read, &disk, block->sector };
	struct iso9660_file file;
	uint32_t done, n;

	if (!iso9660_find(&iso, "boot/fairlead.conf", &file))
		return false;
	if (file.len > BOOT_CONFIG_MAX) {
		config_is(block, file.len);
		return true;
	}
	for (done = 0; done < file.len; done += n) {
		n = file.len - done;
		if (n > ISO9660_SECTOR)
			n = ISO9660_SECTOR;
		if (!disk_read(&disk, file.lba + done / ISO9660_SECTOR)) {
			block->handoff.warnings |=
				EFI_HANDOFF_CONFIG_UNREADABLE;
			return true;
		}
		__builtin_memcpy(block->config + done, block->sector, n);
	}
	config_is(block, file.len);
	return true;
}

/* Bytes of a device path before its end node; bounded, it is firmware's. */
static UINTN
path_len(const EFI_DEVICE_PATH *path)
{
	const uint8_t *at = (const uint8_t *)path;
	UINTN len = 0;

	while (len < 4096 && at[len] != END_DEVICE_PATH_TYPE) {
		UINTN node_len = at[len + 2] | at[len + 3] << 8;

		if (node_len < 4)
			break;
		len += node_len;
	}
	return len;
}

static const EFI_DEVICE_PATH *
path_of(struct efiboot *efi, EFI_HANDLE handle)
{
	void *path;

	if (EFI_ERROR(efi->boot->HandleProtocol(handle, &device_path_guid,
						&path)))
		return NULL;
	return path;
}

/* The whole disk that our volume is a part of: its path begins ours. */
static bool
disk_is_ours(struct efiboot *efi, EFI_HANDLE handle, EFI_BLOCK_IO **io)
{
	const EFI_DEVICE_PATH *ours = path_of(efi, efi->loaded->DeviceHandle);
	const EFI_DEVICE_PATH *path = path_of(efi, handle);
	const EFI_BLOCK_IO_MEDIA *media;
	UINTN len;

	if (!ours || !path ||
	    EFI_ERROR(efi->boot->HandleProtocol(handle, &block_io_guid,
						(void **)io)))
		return false;
	media = (*io)->Media;
	if (media->LogicalPartition || !media->MediaPresent ||
	    media->BlockSize == 0 || ISO9660_SECTOR % media->BlockSize != 0)
		return false;
	len = path_len(path);
	return len <= path_len(ours) && __builtin_memcmp(path, ours, len) == 0;
}

void
config_read(struct efiboot *efi)
{
	EFI_HANDLE *handles;
	EFI_BLOCK_IO *io;
	UINTN count, i;

	if (!efi->loaded->DeviceHandle || config_from_fat(efi))
		return;
	if (EFI_ERROR(efi->boot->LocateHandleBuffer(ByProtocol, &block_io_guid,
						    NULL, &count, &handles)))
		return;
	for (i = 0; i < count; i++) {
		if (disk_is_ours(efi, handles[i], &io) &&
		    config_from_iso(efi->block, io))
			break;
	}
	efi->boot->FreePool(handles);
}
