/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 10 */
/*
 * Any options of up to 8 bytes: ipv4_options_parse() ends,
 * looks at nothing behind them, and what it lets through can be used: every
 * slot that is not full lies inside its option.
 */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "net/wire/ipv4_options.h"

static void
check_route(const uint8_t *options, size_t len, uint8_t at)
{
	const uint8_t *option;
	size_t from;

	if (at == 0)
		return;
	prove(at >= IPV4_HEADER_LEN);
	from = (size_t)(at - IPV4_HEADER_LEN);
	prove(from + 3 <= len);
	option = options + from;
	prove(from + option[1] <= len);
	if (!ipv4_option_full(option))
		prove(from + option[2] - 1u + 4u <= len);
}

int
main(void)
{
	uint8_t words = nondet_u8(), *options;
	struct ipv4_options found;
	struct ipv4 ip = { 0 };
	size_t len;

	assume(words <= 2);
	len = 4u * words;
	options = any_bytes(len);
	ip.options = options;
	ip.header_len = (uint8_t)(IPV4_HEADER_LEN + len);
	if (ipv4_options_parse(&ip, &found) != DROP_NONE) {
		prove(found.bad >= IPV4_HEADER_LEN);
		prove(found.bad < ip.header_len + 2);
		return 0;
	}
	check_route(options, len, found.record_route);
	check_route(options, len, found.source_route);
	if (found.timestamp) {
		size_t from = (size_t)(found.timestamp - IPV4_HEADER_LEN);
		const uint8_t *option = options + from;

		prove(from + 4 <= len && from + option[1] <= len);
		if (!ipv4_option_full(option))
			prove(from + option[2] - 1u +
				      ipv4_timestamp_slot_len(option[3]) <=
			      len);
	}
	return 0;
}
