/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration of a network boot: asked of the TFTP server that gave us to
 * the firmware, through the firmware's PXE client [UEFI 24.3], under the names
 * that boot/pxe.cfg asks for on BIOS.
 */
#include "boot/efi/bootp.h"
#include "boot/efi/efiboot.h"

#define LEN_GUESSED (1u << 20)

static EFI_GUID pxe_guid = EFI_PXE_BASE_CODE_PROTOCOL_GUID;

/* The answer that named our file: of the boot server that we chose, of the one
 * that answered beside DHCP, or of DHCP itself. [UEFI 24.3.1] */
static const EFI_PXE_BASE_CODE_PACKET *
answer_of(const EFI_PXE_BASE_CODE_MODE *mode)
{
	if (mode->PxeReplyReceived)
		return &mode->PxeReply;
	return mode->ProxyOfferReceived ? &mode->ProxyOffer : &mode->DhcpAck;
}

static EFI_STATUS
tftp(EFI_PXE_BASE_CODE *pxe, EFI_PXE_BASE_CODE_TFTP_OPCODE what,
     const struct bootp_source *source, char *name, void *bytes, UINT64 *len)
{
	EFI_IP_ADDRESS server = { { 0 } };

	__builtin_memcpy(&server, source->server, sizeof(source->server));
	return pxe->Mtftp(pxe, what, bytes, FALSE, len, NULL, &server,
			  (UINT8 *)name, NULL, FALSE);
}

/* How long is the file? iPXE's client does not know before it has it, and then
 * does not say so: room for a good deal of text is the answer, *known false. */
static EFI_STATUS
size_of(EFI_PXE_BASE_CODE *pxe, const struct bootp_source *source, char *name,
	UINT64 *len, bool *known)
{
	EFI_STATUS status;

	*len = 0;
	status = tftp(pxe, EFI_PXE_BASE_CODE_TFTP_GET_FILE_SIZE, source, name,
		      NULL, len);
	*known = status != EFI_UNSUPPORTED;
	if (*known)
		return status;
	*len = LEN_GUESSED;
	return EFI_SUCCESS;
}

static UINT64
text_len(const char *text, UINT64 most)
{
	UINT64 len = 0;

	while (len < most && text[len])
		len++;
	return len;
}

/* true if there is such a file, whatever became of it. */
static bool
config_from_server(struct efiboot *efi, EFI_PXE_BASE_CODE *pxe,
		   const struct bootp_source *source, char *name)
{
	struct efi_handoff *handoff = &efi->block->handoff;
	EFI_STATUS status;
	UINT64 len, got;
	char *text;
	bool known;

	if (EFI_ERROR(size_of(pxe, source, name, &len, &known)))
		return false;
	text = config_room(efi, len);
	if (!text || len == 0)
		return true;
	__builtin_memset(text, 0, len);
	got = len;
	status = tftp(pxe, EFI_PXE_BASE_CODE_TFTP_READ_FILE, source, name, text,
		      &got);
	if (!known && status == EFI_NOT_FOUND) {
		handoff->config = handoff->config_len = 0;
		return false;
	}
	if (EFI_ERROR(status) || (known && got != len))
		config_is_unreadable(efi);
	else if (!known)
		handoff->config_len = text_len(text, len);
	return true;
}

bool
config_from_tftp(struct efiboot *efi)
{
	const EFI_PXE_BASE_CODE_PACKET *answer;
	char name[BOOTP_NAME_MAX];
	struct bootp_source source;
	EFI_PXE_BASE_CODE *pxe;

	if (EFI_ERROR(efi->boot->HandleProtocol(efi->loaded->DeviceHandle,
						&pxe_guid, (void **)&pxe)) ||
	    !pxe->Mode || !pxe->Mode->Started || pxe->Mode->UsingIpv6)
		return false;
	answer = answer_of(pxe->Mode);
	if (!bootp_parse(answer->Raw, sizeof(answer->Raw), &source))
		return false;
	return (bootp_own_name(&source, name) &&
		config_from_server(efi, pxe, &source, name)) ||
	       (bootp_common_name(&source, name) &&
		config_from_server(efi, pxe, &source, name));
}
