/* SPDX-License-Identifier: BSD-2-Clause */
/* The IPv4 header: what is refused, what round trips, what a hop changes. */
#include "net/wire/ipv4.h"

#include "lib/port.h"
#include "tests/host/test.h"

/* A good header without options: 20 bytes of packet. */
static const struct ipv4 good = {
	.src = IPV4_ADDR(192, 0, 2, 1),
	.dst = IPV4_ADDR(198, 51, 100, 7),
	.total_len = 100,
	.id = 0x1234,
	.header_len = 20,
	.ttl = 64,
	.proto = 17,
};

struct malformed {
	const char *what;
	size_t len;	     /* bytes that arrived */
	uint8_t header_len;  /* before the damage */
	uint8_t at, value;   /* the damage: one byte, none if what is NULL */
	uint8_t at2, value2; /* and one more */
	bool keep_checksum;  /* as it was before the damage */
	enum drop expected;
};

#define LEN(n) .len = (n), .header_len = 20
static const struct malformed table[] = {
	{ "nothing at all", LEN(0), .expected = DROP_IP_TRUNCATED },
	{ "one byte", LEN(1), .expected = DROP_IP_TRUNCATED },
	{ "one byte short", LEN(19), .expected = DROP_IP_TRUNCATED },
	{ "short and of another version", LEN(19), .value = 0x65,
	  .expected = DROP_IP_TRUNCATED },
	{ "version 0", LEN(100), .value = 0x05, .expected = DROP_IP_VERSION },
	{ "version 1", LEN(100), .value = 0x15, .expected = DROP_IP_VERSION },
	{ "version 3", LEN(100), .value = 0x35, .expected = DROP_IP_VERSION },
	{ "version 5", LEN(100), .value = 0x55, .expected = DROP_IP_VERSION },
	{ "version 6", LEN(100), .value = 0x65, .expected = DROP_IP_VERSION },
	{ "version 12, the bits turned", LEN(100), .value = 0xc5,
	  .expected = DROP_IP_VERSION },
	{ "version 15", LEN(100), .value = 0xf5, .expected = DROP_IP_VERSION },
	{ "version 6 and a bad length", LEN(100), .value = 0x60,
	  .expected = DROP_IP_VERSION },
	{ "header of 0 bytes", LEN(100), .value = 0x40,
	  .expected = DROP_IP_IHL },
	{ "header of 4 bytes", LEN(100), .value = 0x41,
	  .expected = DROP_IP_IHL },
	{ "header of 8 bytes", LEN(100), .value = 0x42,
	  .expected = DROP_IP_IHL },
	{ "header of 16 bytes", LEN(100), .value = 0x44,
	  .expected = DROP_IP_IHL },
	{ "header of 24 bytes in 20", LEN(20), .value = 0x46,
	  .expected = DROP_IP_HEADER_TRUNCATED },
	{ "header of 24 bytes in 23", LEN(23), .value = 0x46,
	  .expected = DROP_IP_HEADER_TRUNCATED },
	{ "header of 60 bytes in 59", LEN(59), .value = 0x4f,
	  .expected = DROP_IP_HEADER_TRUNCATED },
	{ "header of 60 bytes in 20", LEN(20), .value = 0x4f,
	  .expected = DROP_IP_HEADER_TRUNCATED },
	{ "TOS damaged", LEN(100), .at = 1, .value = 1, .keep_checksum = true,
	  .expected = DROP_IP_CSUM },
	{ "length damaged", LEN(100), .at = 3, .value = 99,
	  .keep_checksum = true, .expected = DROP_IP_CSUM },
	{ "identification damaged", LEN(100), .at = 4, .value = 0,
	  .keep_checksum = true, .expected = DROP_IP_CSUM },
	{ "flags damaged", LEN(100), .at = 6, .value = 0x40,
	  .keep_checksum = true, .expected = DROP_IP_CSUM },
	{ "TTL damaged", LEN(100), .at = 8, .value = 63, .keep_checksum = true,
	  .expected = DROP_IP_CSUM },
	{ "protocol damaged", LEN(100), .at = 9, .value = 6,
	  .keep_checksum = true, .expected = DROP_IP_CSUM },
	{ "checksum damaged", LEN(100), .at = 10, .value = 0x55,
	  .keep_checksum = true, .expected = DROP_IP_CSUM },
	{ "no checksum", LEN(100), .at = 10, .value = 0, .at2 = 11, .value2 = 0,
	  .keep_checksum = true, .expected = DROP_IP_CSUM },
	{ "source damaged", LEN(100), .at = 12, .value = 193,
	  .keep_checksum = true, .expected = DROP_IP_CSUM },
	{ "destination damaged", LEN(100), .at = 19, .value = 8,
	  .keep_checksum = true, .expected = DROP_IP_CSUM },
	{ "an option damaged", 100, 60, .at = 59, .value = 1,
	  .keep_checksum = true, .expected = DROP_IP_CSUM },
	{ "length damaged to nonsense", LEN(100), .at = 3, .value = 3,
	  .keep_checksum = true, .expected = DROP_IP_CSUM },
	{ "total length 0", LEN(100), .at = 3, .value = 0,
	  .expected = DROP_IP_TOTAL_LEN },
	{ "total length 1", LEN(100), .at = 3, .value = 1,
	  .expected = DROP_IP_TOTAL_LEN },
	{ "total length 19", LEN(100), .at = 3, .value = 19,
	  .expected = DROP_IP_TOTAL_LEN },
	{ "total length less than a header with options", 100, 60, .at = 3,
	  .value = 59, .expected = DROP_IP_TOTAL_LEN },
	{ "total length 20 with a header of 24", 100, 24, .at = 3, .value = 20,
	  .expected = DROP_IP_TOTAL_LEN },
	{ "one byte cut off", LEN(99), .expected = DROP_IP_SHORT },
	{ "all data cut off", LEN(20), .expected = DROP_IP_SHORT },
	{ "total length 65535", LEN(100), .at = 2, .value = 0xff, .at2 = 3,
	  .value2 = 0xff, .expected = DROP_IP_SHORT },
	{ "total length one more than arrived", LEN(100), .at = 3, .value = 101,
	  .expected = DROP_IP_SHORT },
	/* And what looks odd, but must pass. */
	{ "as it should be", LEN(100), .expected = DROP_NONE },
	{ "with padding", LEN(1500), .expected = DROP_NONE },
	{ "no data", LEN(20), .at = 3, .value = 20, .expected = DROP_NONE },
	{ "header only, of 60 bytes", 60, 60, .at = 3, .value = 60,
	  .expected = DROP_NONE },
	{ "reserved flag [RFC1812 4.2.2.3]", LEN(100), .at = 6, .value = 0x80,
	  .expected = DROP_NONE },
	{ "reserved bit of the TOS", LEN(100), .at = 1, .value = 1,
	  .expected = DROP_NONE },
	{ "TTL 0 [RFC1122 3.2.1.7]", LEN(100), .at = 8, .value = 0,
	  .expected = DROP_NONE },
	{ "DF and MF", LEN(100), .at = 6, .value = 0x60,
	  .expected = DROP_NONE },
};

static void
build(const struct malformed *row, uint8_t *bytes)
{
	uint8_t options[40] = { 0 };
	struct ipv4 ip = good;
	size_t damaged_len;

	ip.header_len = row->header_len;
	ip.options = options;
	ipv4_emit(&ip, bytes);
	if (row->at != 0 || row->value != 0)
		bytes[row->at] = row->value;
	if (row->at2 != 0)
		bytes[row->at2] = row->value2;
	damaged_len = (size_t)(bytes[0] & 0xf) * 4;
	if (!row->keep_checksum)
		ipv4_checksum_refresh(bytes, max_of(damaged_len, (size_t)20));
}

static void
every_malformed_header_has_its_reason(void **state)
{
	for (size_t i = 0; i < array_len(table); i++) {
		/* On the heap and no longer than it says, for ASan. */
		uint8_t *bytes = calloc(1, 1600);
		uint8_t *exact = malloc(table[i].len + 1);
		struct ipv4 ip;
		enum drop got;

		build(&table[i], bytes);
		memcpy(exact + 1, bytes, table[i].len);
		got = ipv4_parse(exact + 1, table[i].len, &ip);
		if (got != table[i].expected)
			fail_msg("%s: %d, expected %d", table[i].what, got,
				 table[i].expected);
		free(exact);
		free(bytes);
	}
}

static struct ipv4
random_header(struct random *random, uint8_t options[40])
{
	uint8_t words = (uint8_t)(5 + random_below(random, 11));
	struct ipv4 ip = {
		.src = random_u32(random),
		.dst = random_u32(random),
		.id = (uint16_t)random_u32(random),
		.frag_offset = (uint16_t)(random_below(random, 8192) * 8),
		.header_len = (uint8_t)(words * 4),
		.flags = (uint8_t)random_below(random, 8),
		.tos = (uint8_t)random_u32(random),
		.ttl = (uint8_t)random_u32(random),
		.proto = (uint8_t)random_u32(random),
		.options = options,
	};

	ip.total_len = (uint16_t)(ip.header_len +
				  random_below(random, 65536u - ip.header_len));
	for (unsigned int i = 0; i < 40; i++)
		options[i] = (uint8_t)random_u32(random);
	return ip;
}

static void
assert_same(const struct ipv4 *a, const struct ipv4 *b)
{
	assert_int_equal(a->src, b->src);
	assert_int_equal(a->dst, b->dst);
	assert_int_equal(a->total_len, b->total_len);
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->frag_offset, b->frag_offset);
	assert_int_equal(a->header_len, b->header_len);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->tos, b->tos);
	assert_int_equal(a->ttl, b->ttl);
	assert_int_equal(a->proto, b->proto);
	assert_memory_equal(a->options, b->options, ipv4_options_len(a));
}

static void
what_is_emitted_parses_to_the_same(void **state)
{
	struct random random = test_random();
	uint8_t options[40], bytes[60];
	struct ipv4 ip, back;

	for (unsigned int i = 0; i < 100000; i++) {
		ip = random_header(&random, options);
		ipv4_emit(&ip, bytes);
		assert_int_equal(ipv4_parse(bytes, 65535, &back), DROP_NONE);
		assert_same(&ip, &back);
	}
}

static void
emitting_in_place_keeps_the_options(void **state)
{
	struct random random = test_random();
	uint8_t options[40], bytes[60], again[60];
	struct ipv4 ip;

	ip = random_header(&random, options);
	ip.header_len = 60;
	ipv4_emit(&ip, bytes);
	memcpy(again, bytes, sizeof(again));
	ip.options = again + 20;
	ipv4_emit(&ip, again);
	assert_memory_equal(bytes, again, sizeof(again));
}

/* Any bytes at all: no reason is reached with a read too far (ASan watches). */
static void
random_bytes_never_read_beyond_their_end(void **state)
{
	struct random random = test_random();

	for (unsigned int i = 0; i < 20000; i++) {
		size_t len = random_below(&random, 80);
		uint8_t *bytes = malloc(len + 1);
		struct ipv4 ip;

		for (size_t j = 0; j < len; j++)
			bytes[j] = (uint8_t)random_u32(&random);
		if (len > 0 && random_below(&random, 2))
			bytes[0] = 0x45;
		if (ipv4_parse(bytes, len, &ip) == DROP_NONE) {
			assert_in_range(ip.header_len, 20, 60);
			assert_in_range(ip.total_len, ip.header_len, len);
		}
		free(bytes);
	}
}

/* All 65536 values of the word that TTL and protocol make, with checksums that
 * run through all values: as good as a new sum. [RFC1624] */
static void
ttl_and_checksum_go_down_together(void **state)
{
	struct random random = test_random();
	uint8_t options[40], bytes[60], full[60];
	struct ipv4 ip = random_header(&random, options);

	for (uint32_t word = 0x100; word <= 0xffff; word++) {
		ip.ttl = (uint8_t)(word >> 8);
		ip.proto = (uint8_t)word;
		ip.id = (uint16_t)random_u32(&random);
		ipv4_emit(&ip, bytes);
		ip.ttl--;
		ipv4_emit(&ip, full);
		ipv4_decrement_ttl(bytes);
		assert_memory_equal(bytes, full, ip.header_len);
	}
}

/* covers: R1812-125 */
static void
every_checksum_survives_a_hop(void **state)
{
	struct ipv4 ip = good;
	uint8_t bytes[20], full[20];

	for (uint32_t id = 0; id <= 0xffff; id++) {
		ip.id = (uint16_t)id;
		ip.ttl = 64;
		ipv4_emit(&ip, bytes);
		ip.ttl = 63;
		ipv4_emit(&ip, full);
		ipv4_decrement_ttl(bytes);
		assert_memory_equal(bytes, full, sizeof(full));
	}
}

/* Some senders write 0xffff where 0 is meant: the same number. */
static void
the_other_zero_is_as_good(void **state)
{
	struct ipv4 ip = good, back;
	uint8_t bytes[20];
	bool seen = false;

	for (uint32_t id = 0; id <= 0xffff; id++) {
		ip.id = (uint16_t)id;
		ipv4_emit(&ip, bytes);
		if (bytes[10] != 0 || bytes[11] != 0)
			continue;
		seen = true;
		bytes[10] = bytes[11] = 0xff;
		assert_int_equal(ipv4_parse(bytes, 100, &back), DROP_NONE);
		ipv4_decrement_ttl(bytes);
		assert_int_equal(ipv4_parse(bytes, 100, &back), DROP_NONE);
	}
	assert_true(seen);
}

static void
a_quote_needs_its_header_and_8_bytes(void **state)
{
	uint8_t bytes[68], options[40] = { 0 };
	struct ipv4 ip = good, back;

	ip.options = options;
	for (uint8_t header_len = 20; header_len <= 60; header_len += 4) {
		ip.header_len = header_len;
		ipv4_emit(&ip, bytes);
		/* A router on the way has changed it and not its checksum. */
		bytes[8] = 1;
		for (size_t len = 0; len < header_len + 8u; len++)
			assert_int_equal(ipv4_parse_quoted(bytes, len, &back),
					 DROP_ICMP_QUOTE_TRUNCATED);
		assert_int_equal(ipv4_parse_quoted(bytes, header_len + 8u,
						   &back),
				 DROP_NONE);
		assert_int_equal(back.ttl, 1);
		back.ttl = ip.ttl;
		assert_same(&ip, &back);
	}
	bytes[0] = 0x65;
	assert_int_equal(ipv4_parse_quoted(bytes, 68, &back),
			 DROP_ICMP_QUOTE_HEADER);
	bytes[0] = 0x44;
	assert_int_equal(ipv4_parse_quoted(bytes, 68, &back),
			 DROP_ICMP_QUOTE_HEADER);
}

static void
address_classes(void **state)
{
	assert_true(ipv4_is_loopback(IPV4_ADDR(127, 255, 0, 1)));
	assert_false(ipv4_is_loopback(IPV4_ADDR(128, 0, 0, 1)));
	assert_true(ipv4_is_multicast(IPV4_ADDR(239, 255, 255, 255)));
	assert_false(ipv4_is_multicast(IPV4_ADDR(240, 0, 0, 0)));
	assert_true(ipv4_is_reserved(IPV4_ADDR(255, 255, 255, 254)));
	assert_false(ipv4_is_reserved(IPV4_BROADCAST));
	assert_true(ipv4_is_this_network(IPV4_ADDR(0, 1, 2, 3)));
	assert_false(ipv4_is_this_network(IPV4_ADDR(1, 0, 0, 0)));
	assert_true(ipv4_is_link_local(IPV4_ADDR(169, 254, 0, 1)));
	assert_false(ipv4_is_link_local(IPV4_ADDR(169, 255, 0, 1)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_malformed_header_has_its_reason),
		cmocka_unit_test(what_is_emitted_parses_to_the_same),
		cmocka_unit_test(emitting_in_place_keeps_the_options),
		cmocka_unit_test(random_bytes_never_read_beyond_their_end),
		cmocka_unit_test(ttl_and_checksum_go_down_together),
		cmocka_unit_test(every_checksum_survives_a_hop),
		cmocka_unit_test(the_other_zero_is_as_good),
		cmocka_unit_test(a_quote_needs_its_header_and_8_bytes),
		cmocka_unit_test(address_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
