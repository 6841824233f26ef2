/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 22 tcp_parse_sack.0:3 */
/*
 * Any segment of up to 48 bytes with up to 20 bytes of options: tcp_parse() and
 * its walk through them end, read nothing behind the header, and give numbers
 * within their bounds.
 */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "net/wire/tcp.h"

int
main(void)
{
	size_t len = nondet_size();
	uint8_t *bytes;
	struct tcp h;

	assume(len <= 48);
	bytes = any_bytes(len);
	assume(len < 13 || bytes[12] >> 4 <= 10);
	if (tcp_parse(bytes, len, &h) != DROP_NONE)
		return 0;
	prove(h.header_len >= TCP_HEADER_LEN);
	prove(h.header_len <= TCP_HEADER_LEN_MAX && h.header_len <= len);
	prove(h.header_len % 4 == 0);
	prove(h.sport != 0 && h.dport != 0);
	prove(h.sack_count <= TCP_SACK_MAX);
	prove(!(h.have & TCP_HAVE_WSCALE) || h.wscale <= TCP_WSCALE_MAX);
	/* What only a SYN may say. */
	prove((h.flags & TCP_SYN) || !(h.have & ~TCP_HAVE_TS));
	return 0;
}
