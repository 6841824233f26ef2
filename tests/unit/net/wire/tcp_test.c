/* SPDX-License-Identifier: BSD-2-Clause */
/* The TCP header and its options. [RFC9293 3.1] [RFC7323] [RFC2018] */
#include "net/wire/tcp.h"

#include "lib/port.h"
#include "tests/host/test.h"

/* A segment from port 1 to port 2: its offset byte, flags and options. */
static const struct {
	const char *what;
	uint8_t offset, flags;
	size_t len; /* of options that are there */
	uint8_t options[40];
	enum drop expected;
} table[] = {
	{ "no options", 0x50, TCP_ACK, 0, { 0 }, DROP_NONE },
	{ "offset 0", 0x00, TCP_ACK, 0, { 0 }, DROP_TCP_HEADER_SHORT },
	{ "offset 4", 0x40, TCP_ACK, 0, { 0 }, DROP_TCP_HEADER_SHORT },
	{ "offset 6, no room", 0x60, TCP_ACK, 0, { 0 }, DROP_TCP_HEADER_LONG },
	{ "offset 6, 3 bytes", 0x60, TCP_ACK, 3, { 1 }, DROP_TCP_HEADER_LONG },
	{ "offset 15", 0xf0, TCP_ACK, 39, { 0 }, DROP_TCP_HEADER_LONG },
	{ "reserved bits are ignored", 0x5f, TCP_ACK, 0, { 0 }, DROP_NONE },
	{ "kind at the very end",
	  0x60,
	  TCP_SYN,
	  4,
	  { 1, 1, 1, 2 },
	  DROP_TCP_OPT_TRUNCATED },
	{ "length 0", 0x60, TCP_SYN, 4, { 253, 0 }, DROP_TCP_OPT_LENGTH },
	{ "length 1", 0x60, TCP_SYN, 4, { 2, 1 }, DROP_TCP_OPT_LENGTH },
	{ "length beyond", 0x60, TCP_SYN, 4, { 253, 5 }, DROP_TCP_OPT_ROOM },
	{ "length 255", 0x60, TCP_SYN, 4, { 8, 255 }, DROP_TCP_OPT_ROOM },
	{ "unknown to the end", 0x60, TCP_ACK, 4, { 253, 4, 9 }, DROP_NONE },
	{ "MSS of 3", 0x60, TCP_SYN, 4, { 2, 3, 5 }, DROP_TCP_OPT_MSS },
	{ "MSS of 5 bytes",
	  0x70,
	  TCP_SYN,
	  8,
	  { 2, 5, 5, 5, 5 },
	  DROP_TCP_OPT_MSS },
	{ "scale of 2", 0x60, TCP_SYN, 4, { 3, 2 }, DROP_TCP_OPT_WSCALE },
	{ "scale of 4", 0x60, TCP_SYN, 4, { 3, 4 }, DROP_TCP_OPT_WSCALE },
	{ "SACK permitted of 3",
	  0x60,
	  TCP_SYN,
	  4,
	  { 4, 3 },
	  DROP_TCP_OPT_SACKOK },
	{ "SACK without a block",
	  0x60,
	  TCP_ACK,
	  4,
	  { 1, 1, 5, 2 },
	  DROP_TCP_OPT_SACK },
	{ "SACK with a part of a block",
	  0x90,
	  TCP_ACK,
	  16,
	  { 5, 14 },
	  DROP_TCP_OPT_SACK },
	{ "timestamps of 9", 0x80, TCP_ACK, 12, { 8, 9 }, DROP_TCP_OPT_TS },
	{ "rubbish behind the end of options",
	  0x60,
	  TCP_ACK,
	  4,
	  { 0, 2, 1, 255 },
	  DROP_NONE },
	{ "malformed on a segment that is no SYN",
	  0x60,
	  TCP_ACK,
	  4,
	  { 2, 3, 5 },
	  DROP_TCP_OPT_MSS },
};

/* Header and options in a block that ends where they end, at an odd address. */
static enum drop
parse_exact(const uint8_t *header, const uint8_t *options, size_t options_len,
	    struct tcp *out)
{
	size_t len = 20 + options_len;
	uint8_t *exact = malloc(len + 1);
	enum drop got;

	memcpy(exact + 1, header, 20);
	if (options_len > 0)
		memcpy(exact + 21, options, options_len);
	got = tcp_parse(exact + 1, len, out);
	free(exact);
	return got;
}

/* covers: T9293-MUST-7 */
static void
every_malformed_header_has_its_reason(void **state)
{
	for (size_t i = 0; i < array_len(table); i++) {
		uint8_t header[20] = { 0, 1, 0, 2 };
		struct tcp tcp;
		enum drop got;

		header[12] = table[i].offset;
		header[13] = table[i].flags;
		got = parse_exact(header, table[i].options, table[i].len, &tcp);
		if (got != table[i].expected)
			fail_msg("%s: %d, expected %d", table[i].what, got,
				 table[i].expected);
	}
}

static void
what_is_cut_short_is_not_read(void **state)
{
	uint8_t header[20] = { 0, 1, 0, 2 };
	struct tcp tcp;

	header[12] = 0x50;
	for (size_t len = 0; len < 20; len++) {
		uint8_t *exact = malloc(len + 1);

		memcpy(exact + 1, header, len);
		assert_int_equal(tcp_parse(exact + 1, len, &tcp),
				 DROP_TCP_TRUNCATED);
		free(exact);
	}
}

static void
port_zero_is_nobodys(void **state)
{
	uint8_t from[20] = { 0, 0, 0, 2 }, to[20] = { 0, 1, 0, 0 };
	struct tcp tcp;

	from[12] = to[12] = 0x50;
	assert_int_equal(parse_exact(from, NULL, 0, &tcp), DROP_TCP_PORT_ZERO);
	assert_int_equal(parse_exact(to, NULL, 0, &tcp), DROP_TCP_PORT_ZERO);
}

/* MUST-5, 6, 64: any segment, any alignment, unknown ones skipped. */
/* covers: T9293-MUST-64 */
static void
options_are_found_at_any_alignment(void **state)
{
	for (unsigned int shift = 0; shift < 4; shift++) {
		uint8_t header[20] = { 0, 1, 0, 2 }, options[40];
		struct tcp tcp;
		uint8_t *at = options;

		memset(options, 1, sizeof(options));
		at += shift;
		memcpy(at, (uint8_t[]){ 253, 3, 9 }, 3);
		memcpy(at + 3, (uint8_t[]){ 2, 4, 5, 180 }, 4);
		memcpy(at + 7, (uint8_t[]){ 8, 10, 1, 2, 3, 4, 5, 6, 7, 8 },
		       10);
		memcpy(at + 17, (uint8_t[]){ 4, 2, 3, 3, 9 }, 5);
		header[12] = 0xf0;
		header[13] = TCP_SYN;
		assert_int_equal(parse_exact(header, options, 40, &tcp),
				 DROP_NONE);
		assert_int_equal(tcp.have, TCP_HAVE_MSS | TCP_HAVE_TS |
						   TCP_HAVE_SACKOK |
						   TCP_HAVE_WSCALE);
		assert_int_equal(tcp.mss, 1460);
		assert_int_equal(tcp.wscale, 9);
		assert_int_equal(tcp.tsval, 0x01020304);
		assert_int_equal(tcp.tsecr, 0x05060708);
	}
}

/* [RFC7323 2.2, 2.3] [RFC2018 2] [RFC9293 MUST-65] */
/* covers: X7323-002 */
static void
options_of_a_syn_mean_nothing_elsewhere(void **state)
{
	const uint8_t options[12] = { 2, 4, 5, 180, 1, 3, 3, 15, 1, 1, 4, 2 };
	uint8_t header[20] = { 0, 1, 0, 2 };
	struct tcp tcp;

	header[12] = 0x80;
	header[13] = TCP_ACK;
	assert_int_equal(parse_exact(header, options, 12, &tcp), DROP_NONE);
	assert_int_equal(tcp.have, 0);
	header[13] = TCP_SYN;
	assert_int_equal(parse_exact(header, options, 12, &tcp), DROP_NONE);
	assert_int_equal(tcp.have,
			 TCP_HAVE_MSS | TCP_HAVE_WSCALE | TCP_HAVE_SACKOK);
	assert_int_equal(tcp.wscale, 14); /* 15 counts as 14 */
}

static struct tcp
random_segment(struct random *random)
{
	struct tcp tcp = {
		.sport = (uint16_t)(1 + random_below(random, 65535)),
		.dport = (uint16_t)(1 + random_below(random, 65535)),
		.seq = random_u32(random),
		.ack = random_u32(random),
		.flags = (uint8_t)random_u32(random),
		.window = (uint16_t)random_u32(random),
		.checksum = (uint16_t)random_u32(random),
		.urgent = (uint16_t)random_u32(random),
		.have = (uint8_t)random_below(random, 16),
		.wscale = (uint8_t)random_below(random, 15),
		.mss = (uint16_t)random_u32(random),
		.tsval = random_u32(random),
		.tsecr = random_u32(random),
		.sack_count = (uint8_t)random_below(random, 5),
	};

	if (!(tcp.flags & TCP_SYN))
		tcp.have &= TCP_HAVE_TS;
	while (20 + tcp_options_len(&tcp) > 60)
		tcp.sack_count--;
	tcp.header_len = (uint8_t)(20 + tcp_options_len(&tcp));
	for (unsigned int i = 0; i < TCP_SACK_MAX; i++) {
		tcp.sack[i].start = random_u32(random);
		tcp.sack[i].end = random_u32(random);
	}
	return tcp;
}

/* covers: T9293-MUST-68 */
static void
what_is_emitted_parses_to_the_same(void **state)
{
	struct random random = test_random();

	for (unsigned int i = 0; i < 20000; i++) {
		struct tcp tcp = random_segment(&random), back;
		uint8_t *bytes = malloc(tcp.header_len);

		tcp_emit(&tcp, bytes);
		assert_int_equal(tcp_parse(bytes, tcp.header_len, &back),
				 DROP_NONE);
		free(bytes);
		assert_int_equal(back.sport, tcp.sport);
		assert_int_equal(back.dport, tcp.dport);
		assert_int_equal(back.seq, tcp.seq);
		assert_int_equal(back.ack, tcp.ack);
		assert_int_equal(back.header_len, tcp.header_len);
		assert_int_equal(back.flags, tcp.flags);
		assert_int_equal(back.window, tcp.window);
		assert_int_equal(back.checksum, tcp.checksum);
		assert_int_equal(back.urgent, tcp.urgent);
		assert_int_equal(back.have, tcp.have);
		if (tcp.have & TCP_HAVE_MSS)
			assert_int_equal(back.mss, tcp.mss);
		if (tcp.have & TCP_HAVE_WSCALE)
			assert_int_equal(back.wscale, tcp.wscale);
		if (tcp.have & TCP_HAVE_TS) {
			assert_int_equal(back.tsval, tcp.tsval);
			assert_int_equal(back.tsecr, tcp.tsecr);
		}
		assert_int_equal(back.sack_count, tcp.sack_count);
		assert_memory_equal(back.sack, tcp.sack,
				    sizeof(tcp.sack[0]) * tcp.sack_count);
	}
}

/* Whatever the options hold, the walk ends and reads nothing outside. */
static void
rubbish_is_survived(void **state)
{
	struct random random = test_random();

	for (unsigned int i = 0; i < 50000; i++) {
		uint8_t bytes[60];
		struct tcp tcp;
		size_t words = random_below(&random, 11);

		for (size_t at = 0; at < sizeof(bytes); at++)
			bytes[at] = random_below(&random, 3)
					    ? (uint8_t)random_below(&random, 12)
					    : (uint8_t)random_u32(&random);
		bytes[1] |= 1;
		bytes[3] |= 1;
		bytes[12] = (uint8_t)((5 + words) << 4);
		if (parse_exact(bytes, bytes + 20, words * 4, &tcp) ==
		    DROP_NONE)
			assert_true(tcp.sack_count <= TCP_SACK_MAX &&
				    tcp.header_len == 20 + words * 4);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_malformed_header_has_its_reason),
		cmocka_unit_test(what_is_cut_short_is_not_read),
		cmocka_unit_test(port_zero_is_nobodys),
		cmocka_unit_test(options_are_found_at_any_alignment),
		cmocka_unit_test(options_of_a_syn_mean_nothing_elsewhere),
		cmocka_unit_test(what_is_emitted_parses_to_the_same),
		cmocka_unit_test(rubbish_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
