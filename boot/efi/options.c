/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a boot entry, the UEFI shell or QEMU's -append gives an application:
 * UTF-16, often without a final NUL. The shell puts the program's name first.
 */
#include "boot/efi/options.h"
#include "boot/loader.h"
#include "lib/port.h"

/* Length of a first word that ends in ".efi", with the blanks after it. */
static size_t
program_name_len(const char *text)
{
	static const char suffix[] = ".efi";
	size_t len = 0, i;

	while (text[len] != '\0' && text[len] != ' ')
		len++;
	if (len < 4)
		return 0;
	for (i = 0; i < 4; i++) {
		if ((text[len - 4 + i] | 0x20) != (suffix[i] | 0x20))
			return 0;
	}
	while (text[len] == ' ')
		len++;
	return len;
}

size_t
options_text(const uint8_t *options, size_t len, char *text, size_t size,
	     bool *is_text)
{
	size_t n = 0, i, skip;

	*is_text = true;
	text[0] = '\0';
	for (i = 0; i + 2 <= len; i += 2) {
		uint16_t c = boot_get16(options + i);

		if (c == 0)
			break;
		if (c < 0x20 || c > 0x7e) {
			*is_text = false;
			text[0] = '\0';
			return 0;
		}
		if (n + 1 < size)
			text[n++] = (char)c;
	}
	text[n] = '\0';
	skip = program_name_len(text);
	memmove(text, text + skip, n - skip + 1);
	return n - skip;
}
