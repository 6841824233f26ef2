/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration under UEFI: \boot\fairlead.conf, else \fairlead.conf, on
 * the FAT volume that the loader came from; else /boot/fairlead.conf on the ISO
 * 9660 volume of the same disk, which is where the tools that work on a
 * finished image put it, and where GRUB takes it from on BIOS. After a network
 * boot tftp.c asks for it.
 */
#include "boot/efi/efiboot.h"
#include "boot/efi/iso9660.h"

static EFI_GUID file_system_guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
static EFI_GUID block_io_guid = EFI_BLOCK_IO_PROTOCOL_GUID;
static EFI_GUID device_path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;

char *
config_room(const struct efiboot *efi, UINT64 len)
{
	struct efi_handoff *handoff = &efi->block->handoff;
	EFI_PHYSICAL_ADDRESS at = 0;

	if (len > UINT32_MAX ||
	    memory_take_pages(efi, len + 1, EfiLoaderData, &at)) {
		handoff->warnings |= EFI_HANDOFF_CONFIG_TOO_BIG;
		return NULL;
	}
	handoff->config = at;
	handoff->config_len = len;
	return (char *)at;
}

void
config_is_unreadable(struct efiboot *efi)
{
	efi->block->handoff.warnings |= EFI_HANDOFF_CONFIG_UNREADABLE;
	efi->block->handoff.config = 0;
}

static EFI_STATUS
file_len(EFI_FILE_HANDLE file, UINT64 *len)
{
	EFI_STATUS status;

	/* To the end, says this position. [UEFI 13.5] */
	status = file->SetPosition(file, UINT64_MAX);
	if (!EFI_ERROR(status))
		status = file->GetPosition(file, len);
	if (!EFI_ERROR(status))
		status = file->SetPosition(file, 0);
	return status;
}

static EFI_STATUS
file_read(EFI_FILE_HANDLE file, char *bytes, UINTN len)
{
	EFI_STATUS status;
	UINTN n;

	for (; len > 0; len -= n, bytes += n) {
		n = len;
		status = file->Read(file, &n, bytes);
		if (EFI_ERROR(status))
			return status;
		if (n == 0)
			return EFI_END_OF_FILE;
	}
	return EFI_SUCCESS;
}

/* true if there is such a file, whatever became of it. */
static bool
config_from_file(struct efiboot *efi, EFI_FILE_HANDLE root, CHAR16 *name)
{
	EFI_FILE_HANDLE file;
	EFI_STATUS status;
	UINT64 len = 0;
	char *bytes;

	status = root->Open(root, &file, name, EFI_FILE_MODE_READ, 0);
	if (EFI_ERROR(status))
		return false;
	status = file_len(file, &len);
	bytes = EFI_ERROR(status) ? NULL : config_room(efi, len);
	if (bytes)
		status = file_read(file, bytes, len);
	file->Close(file);
	if (EFI_ERROR(status))
		config_is_unreadable(efi);
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
	found = config_from_file(efi, root, name) ||
		config_from_file(efi, root, name + 5);
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
config_from_iso(struct efiboot *efi, EFI_BLOCK_IO *io)
{
	struct disk disk = { io, efi->block->sector };
	const struct iso9660 iso = { disk_read, &disk, disk.sector };
	struct iso9660_file file;
	uint32_t done, n;
	char *bytes;

	if (!iso9660_find(&iso, "boot/fairlead.conf", &file))
		return false;
	bytes = config_room(efi, file.len);
	if (!bytes)
		return true;
	for (done = 0; done < file.len; done += n) {
		n = file.len - done;
		if (n > ISO9660_SECTOR)
			n = ISO9660_SECTOR;
		if (!disk_read(&disk, file.lba + done / ISO9660_SECTOR)) {
			config_is_unreadable(efi);
			return true;
		}
		__builtin_memcpy(bytes + done, disk.sector, n);
	}
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

	if (!efi->loaded->DeviceHandle || config_from_fat(efi) ||
	    config_from_tftp(efi))
		return;
	if (EFI_ERROR(efi->boot->LocateHandleBuffer(ByProtocol, &block_io_guid,
						    NULL, &count, &handles)))
		return;
	for (i = 0; i < count; i++) {
		if (disk_is_ours(efi, handles[i], &io) &&
		    config_from_iso(efi, io))
			break;
	}
	efi->boot->FreePool(handles);
}
