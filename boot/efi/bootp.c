/* SPDX-License-Identifier: BSD-2-Clause */
/* See bootp.h. The answer comes from the wire: every length is checked. */
#include "boot/efi/bootp.h"

#define OP_REPLY     2u
#define HW_ETHERNET  1u
#define AT_OP	     0u
#define AT_HW_TYPE   1u
#define AT_HW_LEN    2u
#define AT_SERVER    20u
#define AT_MAC	     28u
#define AT_FILE	     108u
#define FILE_LEN     128u
#define AT_COOKIE    236u
#define AT_OPTIONS   240u
#define OPTION_PAD   0u
#define OPTION_LOAD  52u /* "overload": fields that hold options */
#define OPTION_SELF  54u /* the server's identifier */
#define OPTION_FILE  67u
#define OPTION_END   255u
#define LOAD_IN_FILE 1u

static const uint8_t cookie[] = { 99, 130, 83, 99 };

/* The first option of that kind, *len bytes; NULL: there is none. */
static const uint8_t *
option(const uint8_t *packet, size_t packet_len, uint8_t kind, size_t *len)
{
	size_t at = AT_OPTIONS;

	while (at < packet_len && packet[at] != OPTION_END) {
		if (packet[at] == OPTION_PAD) {
			at++;
			continue;
		}
		if (packet_len - at < 2 || packet_len - at - 2 < packet[at + 1])
			return NULL;
		if (packet[at] == kind) {
			*len = packet[at + 1];
			return packet + at + 2;
		}
		at += 2u + packet[at + 1];
	}
	return NULL;
}

/* The directory of a file's name, with its last slash: TFTP knows no other
 * directories than these. */
static bool
take_directory(struct bootp_source *source, const uint8_t *file, size_t len)
{
	size_t i;

	source->directory_len = 0;
	for (i = 0; i < len && file[i] != '\0'; i++) {
		if (file[i] < ' ' || file[i] > '~')
			return false;
		if (i + 1 >= sizeof(source->directory))
			return false;
		source->directory[i] = (char)file[i];
		if (file[i] == '/' || file[i] == '\\')
			source->directory_len = i + 1;
	}
	source->directory[source->directory_len] = '\0';
	return i > 0;
}

static bool
take_server(struct bootp_source *source, const uint8_t *packet, size_t len)
{
	static const uint8_t none[4];
	const uint8_t *self;
	size_t self_len;

	__builtin_memcpy(source->server, packet + AT_SERVER, 4);
	if (__builtin_memcmp(source->server, none, 4) != 0)
		return true;
	self = option(packet, len, OPTION_SELF, &self_len);
	if (!self || self_len != 4)
		return false;
	__builtin_memcpy(source->server, self, 4);
	return true;
}

bool
bootp_parse(const uint8_t *packet, size_t len, struct bootp_source *source)
{
	const uint8_t *file, *load;
	size_t file_len, load_len = 0;

	if (len < AT_OPTIONS || packet[AT_OP] != OP_REPLY ||
	    packet[AT_HW_TYPE] != HW_ETHERNET ||
	    packet[AT_HW_LEN] != sizeof(source->mac) ||
	    __builtin_memcmp(packet + AT_COOKIE, cookie, sizeof(cookie)) != 0)
		return false;
	__builtin_memcpy(source->mac, packet + AT_MAC, sizeof(source->mac));
	if (!take_server(source, packet, len))
		return false;
	file = option(packet, len, OPTION_FILE, &file_len);
	if (file)
		return take_directory(source, file, file_len);
	load = option(packet, len, OPTION_LOAD, &load_len);
	if (load && load_len == 1 && (load[0] & LOAD_IN_FILE))
		return false;
	return take_directory(source, packet + AT_FILE, FILE_LEN);
}

struct name {
	char *text;
	size_t len;
};

static void
add(struct name *name, const char *text)
{
	for (; *text; text++, name->len++)
		if (name->len < BOOTP_NAME_MAX)
			name->text[name->len] = *text;
}

static bool
finish(struct name *name)
{
	if (name->len >= BOOTP_NAME_MAX)
		return false;
	name->text[name->len] = '\0';
	return true;
}

bool
bootp_own_name(const struct bootp_source *source, char *text)
{
	static const char digit[] = "0123456789abcdef";
	struct name name = { text, 0 };

	add(&name, source->directory);
	add(&name, "fairlead");
	for (unsigned int i = 0; i < sizeof(source->mac); i++) {
		const char byte[] = { '-', digit[source->mac[i] >> 4],
				      digit[source->mac[i] & 15], '\0' };

		add(&name, byte);
	}
	add(&name, ".conf");
	return finish(&name);
}

bool
bootp_common_name(const struct bootp_source *source, char *text)
{
	struct name name = { text, 0 };

	add(&name, source->directory);
	add(&name, "fairlead.conf");
	return finish(&name);
}
