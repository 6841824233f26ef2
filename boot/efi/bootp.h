/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a network boot came from, by the DHCP answer that named our file, and
 * what the configuration is called there. Pure. [RFC2131 2] [RFC2132]
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOOTP_NAME_MAX 256u

struct bootp_source {
	uint8_t server[4]; /* of TFTP; in the order of the wire */
	uint8_t mac[6];	   /* ours, as we asked */
	/* What to put before a name to stay beside our file; often "". */
	char directory[BOOTP_NAME_MAX];
	size_t directory_len;
};

/* len bytes of a DHCP answer from its first field on. false: not of IPv4 on
 * Ethernet, cut short, or without a server or a file that could be a name. */
bool bootp_parse(const uint8_t *packet, size_t len,
		 struct bootp_source *source);

/* The file for this machine alone, "fairlead-52-54-00-12-34-56.conf", and the
 * one for everybody, "fairlead.conf". BOOTP_NAME_MAX bytes each; false: too
 * long. */
bool bootp_own_name(const struct bootp_source *source, char *name);
bool bootp_common_name(const struct bootp_source *source, char *name);
