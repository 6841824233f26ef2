/* SPDX-License-Identifier: BSD-2-Clause */
/* ARP packets: each malformed one has its name; parse(emit(x)) = x. */
#include "net/wire/arp.h"

#include "lib/port.h"
#include "tests/host/test.h"

/* 02:aa:.. at 10.0.0.2 asks who has 10.0.0.1. */
static const uint8_t request[ARP_LEN] = {
	0,  1, 8, 0, 6, 4, 0, 1, 0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0xee,
	10, 0, 0, 2, 0, 0, 0, 0, 0,    0,    10,   0,	 0,    1,
};

static void
test_fields_of_a_request(void **state)
{
	static const uint8_t mac[6] = { 0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0xee };
	static const uint8_t zero[6];
	struct arp arp;

	assert_int_equal(arp_parse(request, sizeof(request), &arp), DROP_NONE);
	assert_int_equal(arp.op, ARP_REQUEST);
	assert_memory_equal(arp.sender_lladdr, mac, 6);
	assert_int_equal(arp.sender, 0x0a000002);
	assert_memory_equal(arp.target_lladdr, zero, 6);
	assert_int_equal(arp.target, 0x0a000001);
}

/* [RFC826 "Packet Reception"]: types and lengths first. */
static void
test_each_malformed_field_has_its_reason(void **state)
{
	static const struct {
		size_t at;
		uint8_t byte;
		enum drop why;
	} bad[] = {
		{ 0, 1, DROP_ARP_HTYPE },    { 1, 6, DROP_ARP_HTYPE },
		{ 2, 0x86, DROP_ARP_PTYPE }, { 3, 6, DROP_ARP_PTYPE },
		{ 4, 0, DROP_ARP_HLEN },     { 4, 8, DROP_ARP_HLEN },
		{ 5, 0, DROP_ARP_PLEN },     { 5, 16, DROP_ARP_PLEN },
		{ 6, 1, DROP_ARP_OP },	     { 7, 0, DROP_ARP_OP },
		{ 7, 3, DROP_ARP_OP }, /* RARP */
	};
	uint8_t bytes[ARP_LEN];
	struct arp arp;

	for (size_t i = 0; i < array_len(bad); i++) {
		memcpy(bytes, request, sizeof(bytes));
		bytes[bad[i].at] = bad[i].byte;
		assert_int_equal(arp_parse(bytes, sizeof(bytes), &arp),
				 bad[i].why);
		/* An earlier field's reason comes first. */
		bytes[1] ^= 0xff;
		assert_int_equal(arp_parse(bytes, sizeof(bytes), &arp),
				 DROP_ARP_HTYPE);
	}
}

static void
test_every_length(void **state)
{
	struct arp arp;
	uint8_t *bytes;

	for (size_t len = 0; len < 64; len++) {
		bytes = malloc(len ? len : 1); /* its end is guarded */
		memset(bytes, 0xee, len);
		memcpy(bytes, request, len < ARP_LEN ? len : ARP_LEN);
		assert_int_equal(arp_parse(bytes, len, &arp),
				 len < ARP_LEN ? DROP_ARP_TRUNCATED
					       : DROP_NONE);
		free(bytes);
	}
}

static void
test_what_is_emitted_is_parsed_back(void **state)
{
	struct random random = test_random();
	uint8_t bytes[ARP_LEN], again[ARP_LEN];
	struct arp in, out;

	for (int i = 0; i < 10000; i++) {
		memset(&in, 0, sizeof(in));
		in.op = random_u32(&random) & 1 ? ARP_REQUEST : ARP_REPLY;
		in.sender = random_u32(&random);
		in.target = random_u32(&random);
		for (int b = 0; b < 6; b++) {
			in.sender_lladdr[b] = (uint8_t)random_u32(&random);
			in.target_lladdr[b] = (uint8_t)random_u32(&random);
		}
		arp_emit(&in, bytes);
		memset(&out, 0, sizeof(out));
		assert_int_equal(arp_parse(bytes, sizeof(bytes), &out),
				 DROP_NONE);
		assert_memory_equal(&in, &out, sizeof(in));
		arp_emit(&out, again);
		assert_memory_equal(bytes, again, sizeof(bytes));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_of_a_request),
		cmocka_unit_test(test_each_malformed_field_has_its_reason),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_what_is_emitted_is_parsed_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
