/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 14 */
/* MSS clamping: any options of up to 12 bytes are walked to an end without a
 * look behind them, and the two bytes to change lie inside. */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "net/ipv4/mss.c"

int
main(void)
{
	size_t len = nondet_size(), at;
	uint8_t *options;

	assume(len <= 12);
	options = any_bytes(len);
	at = find_mss(options, len);
	if (at == 0)
		return 0;
	prove(at >= 2 && at + 2 <= len);
	prove(options[at - 2] == TCP_OPTION_MSS && options[at - 1] == 4);
	return 0;
}
