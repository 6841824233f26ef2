/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 6 */
/* Any header that fits: tcp_emit() writes as many bytes as it said. */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "net/wire/tcp.h"

int
main(void)
{
	struct tcp h;
	uint8_t *bytes;

	__CPROVER_havoc_object(&h);
	assume(h.sport != 0 && h.dport != 0);
	assume(h.have < 16 && h.sack_count <= TCP_SACK_MAX);
	assume(h.wscale <= TCP_WSCALE_MAX);
	assume(tcp_options_len(&h) <= TCP_HEADER_LEN_MAX - TCP_HEADER_LEN);
	h.header_len = (uint8_t)(TCP_HEADER_LEN + tcp_options_len(&h));
	bytes = any_bytes(h.header_len);
	tcp_emit(&h, bytes);
	prove(bytes[12] >> 4 == h.header_len / 4);
	return 0;
}
