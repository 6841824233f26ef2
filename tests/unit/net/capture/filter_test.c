/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Expressions: their limits and mistakes. That they choose what tcpdump's
 * choose is shown beside tcpdump (tests/boot/test_capture.py).
 */
#include "tests/host/test.h"

#include <stdio.h>

#include "net/capture/filter.h"
#include "lib/str.h"
#include "net/skb.h"

/* A UDP datagram 10.0.0.1.5 > 10.0.0.2.7, 60 bytes as a frame. */
static const uint8_t udp[60] = {
	2,    0, 0,  0,	   0, 2, 2, 0, 0,  0,  0, 1,  8,  0,
	0x45, 0, 0,  0x2e, 0, 0, 0, 0, 64, 17, 0, 0,  10, 0,
	0,    1, 10, 0,	   0, 2, 0, 5, 0,  7,  0, 26, 0,  0,
};

static struct skb
frame_of(const uint8_t *bytes, uint32_t len)
{
	uint8_t *data = (uint8_t *)(uintptr_t)bytes;

	return (struct skb){ .head = data,
			     .data = data,
			     .tail = data + len,
			     .end = data + len,
			     .len = len };
}

static bool
chooses(const char *expression, const uint8_t *bytes, uint32_t len)
{
	struct capture_filter filter;
	struct capture_error error;
	struct skb skb = frame_of(bytes, len);

	if (!capture_filter_parse(&filter, expression, &error))
		fail_msg("%s: at %zu: %s", expression, error.at, error.text);
	return capture_filter_match(&filter, &skb);
}

static void
test_what_suits(void **state)
{
	static const char *const yes[] = {
		"",
		"udp",
		"ip",
		"10.0.0.1",
		"dst 10.0.0.2 and src port 5",
		"src or dst host 10.0.0.1",
		"dst or src port 7",
		"ether proto 0x800",
		"net 10",
		"net 10.0 and not tcp",
		"ether proto \\ip",
		"ether src 02:00:00:00:00:01",
		"ip[8] = 0x40",
		"ip[2:2] = 46",
		"udp[0:4] = 0x50007",
		"len = 60 and ip[2:2] + 14 = len",
		"1 << 4 = 16 and 1 << 40 = 0 and 1 / 0 = 0 and 1 % 0 = 0",
		"not (not (not (tcp)))",
		"port 9 or 7",
		"greater 60 and less 60",
	};
	static const char *const no[] = {
		"tcp",
		"arp",
		"port 8",
		"src port 7",
		"portrange 8-10000",
		"host 10.0.0.3",
		"src and dst host 10.0.0.1",
		"broadcast",
		"tcp[13] != 0",
		"ip6",
		"igmp",
		"icmp[0] = 8",
		"greater 61",
		"ip multicast",
		"ip[100] = 0",
		"not ip[100] = 0",
		"ether[0xffffffff] = 0",
		"ip[0xfffffff0:4] = 0",
	};

	for (size_t i = 0; i < array_len(yes); i++)
		if (!chooses(yes[i], udp, sizeof(udp)))
			fail_msg("%s", yes[i]);
	for (size_t i = 0; i < array_len(no); i++)
		if (chooses(no[i], udp, sizeof(udp)))
			fail_msg("%s", no[i]);
}

/* Other frames: ARP, RARP, a TCP segment to a group, a later fragment, IGMP. */
static const uint8_t arp[42] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0,  1, 8, 6,
	0,    1,    8,	  0,	6,    4,    0, 1, 2, 0, 0,  0, 0, 1,
	10,   0,    0,	  1,	0,    0,    0, 0, 0, 0, 10, 0, 0, 2,
};

static void
test_other_frames(void **state)
{
	static const struct {
		const char *expression;
		uint8_t at, proto, frag, dst;
		bool suits;
	} cases[] = {
		{ "arp host 10.0.0.2", 1, 0, 0, 0, true },
		{ "arp[7] = 1", 1, 0, 0, 0, true },
		{ "ip host 10.0.0.2", 1, 0, 0, 0, false },
		{ "arp src 10.0.0.2", 1, 0, 0, 0, false },
		{ "broadcast", 1, 0, 0, 0, true },
		{ "rarp host 10.0.0.1", 1, 0, 0, 0, false },
		{ "tcp[0:2] = 5", 0, 6, 0, 10, true },
		{ "tcp port 7", 0, 6, 0, 10, true },
		{ "udp port 7", 0, 6, 0, 10, false },
		{ "tcp dst port 5 or tcp src port 7", 0, 6, 0, 10, false },
		{ "tcp port 7", 0, 6, 1, 10, false },
		{ "tcp[0] = 0", 0, 6, 1, 10, false },
		{ "ip multicast", 0, 6, 0, 224, true },
		{ "igmp and igmp[0] = 0", 0, 2, 0, 10, true },
		{ "icmp[icmptype] = icmp-echoreply", 0, 1, 0, 10, true },
		{ "src and dst net 10", 0, 6, 0, 10, true },
		{ "src and dst net 10", 0, 6, 0, 11, false },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		uint8_t bytes[60];
		bool is_arp = cases[i].at;

		memcpy(bytes, udp, sizeof(bytes));
		bytes[21] = cases[i].frag;
		bytes[23] = cases[i].proto;
		bytes[30] = cases[i].dst;
		if (chooses(cases[i].expression, is_arp ? arp : bytes,
			    is_arp ? sizeof(arp) : sizeof(bytes)) !=
		    cases[i].suits)
			fail_msg("%s, case %zu", cases[i].expression, i);
	}
	assert_true(chooses("rarp host 10.0.0.1",
			    (const uint8_t[42]){
				    [12] = 0x80, 0x35, [28] = 10, 0, 0, 1 },
			    42));
	assert_true(chooses("rarp and rarp[7] = 3",
			    (const uint8_t[42]){ [12] = 0x80, 0x35, [21] = 3 },
			    42));
	assert_false(chooses("rarp or rarp[7] = 1", arp, sizeof(arp)));
}

static void
test_numbers(void **state)
{
	static const char *const yes[] = {
		"7 - 2 = 5 and 2 * 3 = 6 and 7 / 2 = 3 and 7 % 4 = 3",
		"(6 | 1) = 7 and 6 & 3 = 2 and 6 ^ 3 = 5 and 8 >> 1 = 4",
		"1 >> 32 = 0 and 2 != 3 and 2 < 3 and 3 <= 3 and 3 > 2",
		"len\t> 0x3b",
		"icmp or len >= 60",
	};

	for (size_t i = 0; i < array_len(yes); i++)
		if (!chooses(yes[i], udp, sizeof(udp)))
			fail_msg("%s", yes[i]);
	/* A number of a header that is not there makes a comparison false. */
	assert_false(chooses("tcp[13] + 1 = 1", udp, sizeof(udp)));
	assert_false(chooses("1 + tcp[13] = 1", udp, sizeof(udp)));
	assert_false(chooses("1 = tcp[13]", udp, sizeof(udp)));
	assert_false(chooses("ip[tcp[13]] = 0", udp, sizeof(udp)));
}

/* No expression reads beyond a frame, however short. */
static void
test_short_frames(void **state)
{
	static const char *const asks[] = {
		"udp port 7",	    "not udp port 7",
		"host 10.0.0.1",    "ether src 02:00:00:00:00:01",
		"multicast",	    "ip[30] = 0",
		"arp host 1.2.3.4",
	};

	for (uint32_t len = 0; len < 38; len++) {
		uint8_t *bytes = malloc(len); /* ASan sees its end */

		memcpy(bytes, udp, len);
		for (size_t i = 0; i < array_len(asks); i++)
			(void)chooses(asks[i], bytes, len);
		assert_false(chooses("udp port 7", bytes, len));
		free(bytes);
	}
	assert_true(chooses("udp port 7", udp, 38));
}

static void
refuse(const char *expression, size_t at, const char *text)
{
	struct capture_filter filter;
	struct capture_error error;

	assert_false(capture_filter_parse(&filter, expression, &error));
	if (error.at != at || strcmp(error.text, text) != 0)
		fail_msg("%s: at %zu: %s", expression, error.at, error.text);
}

static void
test_mistakes(void **state)
{
	refuse("foo", 0, "no word of the filter language");
	refuse("tcp and", 7, "no word of the filter language");
	refuse("host", 4, "an address is expected here");
	refuse("host 10.0", 5, "an address is expected here");
	refuse("host 10.0.0.256", 5, "an address is expected here");
	refuse("host 1.2.3.4.5", 5, "an address is expected here");
	refuse("net 10.0.0.0/33", 13, "a length from 0 to 32 is expected");
	refuse("net 10.0.0.0 mask x", 18,
	       "a mask like 255.255.0.0 is expected");
	refuse("net 10.0.0.1/8", 14, "bits beyond the mask are set");
	refuse("tcp host 10.0.0.1", 9, "this protocol has no IPv4 addresses");
	refuse("icmp port 7", 10, "this protocol has no ports");
	refuse("port http", 5, "a port from 0 to 65535 is expected");
	refuse("portrange 7-6", 12, "a later port is expected here");
	refuse("ether", 5, "host, proto, broadcast or multicast must follow");
	refuse("ether host 1.2.3.4", 11, "a MAC address is expected here");
	refuse("ip broadcast", 3,
	       "write host 255.255.255.255, or ether broadcast");
	refuse("tcp proto 6", 10, "only ether and ip carry protocols");
	refuse("ip proto 256", 9, "a protocol's name or number is expected");
	refuse("less x", 5, "a length is expected here");
	refuse("ip[0:3] = 1", 5, "1, 2 or 4 bytes can be looked at");
	refuse("ip[0 = 1", 5, "] is missing");
	refuse("len", 3, "a comparison is expected here");
	refuse("(len + 1 = 2", 12, ") is missing");
	refuse("port 99999999999", 5, "a port from 0 to 65535 is expected");
	refuse("portrange 7-x", 12, "a later port is expected here");
	refuse("portrange 7-70000", 12, "a later port is expected here");
	refuse("net 300", 4, "an address is expected here");
	refuse("net 10.0.0.0/x", 13, "a length from 0 to 32 is expected");
	refuse("ip[0:x] = 1", 5, "1, 2 or 4 bytes can be looked at");
	refuse("len + x = 1", 6, "a number is expected here");
	refuse("len = x", 6, "a number is expected here");
	refuse("ether proto x", 12, "a protocol's name or number is expected");
	refuse("averyveryverylongwordindeed", 0,
	       "no word of the filter language");
	refuse("tcp udp", 4, "and, or, or the end is expected here");
	refuse("tcp $ udp", 4, "and, or, or the end is expected here");
}

static void
test_limits(void **state)
{
	char text[4096];
	struct capture_filter filter;
	struct capture_error error;

	memset(text, '(', 40);
	str_copy(text + 40, "tcp", 8);
	assert_false(capture_filter_parse(&filter, text, &error));
	assert_string_equal(error.text, "too many parentheses");
	text[0] = '\0';
	for (int i = 0; i < 100; i++)
		strcat(text, i ? " or tcp" : "tcp");
	assert_false(capture_filter_parse(&filter, text, &error));
	assert_string_equal(error.text, "the expression is too long");
	/* At whichever part of it the room ends. */
	for (int before = 0; before < 4; before++) {
		text[0] = '\0';
		for (int i = 0; i < 100; i++)
			strcat(text, i < before ? "tcp or " : "less 9 or ");
		strcat(text, "udp");
		assert_false(capture_filter_parse(&filter, text, &error));
		assert_string_equal(error.text, "the expression is too long");
	}
	for (size_t i = 0; i < 200; i++)
		memcpy(text + 4 * i, "not ", 5);
	assert_false(capture_filter_parse(&filter, text, &error));
	assert_string_equal(error.text, "too many parentheses");
	for (size_t i = 0; i < 1000; i++)
		memcpy(text + 3 * i, "ip[", 4);
	assert_false(capture_filter_parse(&filter, text, &error));
	assert_string_equal(error.text, "too many parentheses");
	assert_true(
		capture_filter_parse(&filter, "ip[ip[0] & 15] = 4", &error));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_suits),
		cmocka_unit_test(test_other_frames),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_short_frames),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
