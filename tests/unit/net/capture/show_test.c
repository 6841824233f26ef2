/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames that mean harm to who shows them. That the words are those of tcpdump
 * is shown beside it (tests/boot/test_capture.py).
 */
#include "tests/host/test.h"

#include "net/capture/show.h"
#include "tests/host/host.h"

#define FRAME_LEN 9000u
#define LEVEL_LEN 28u /* an IPv4 header, an ICMP header */

/* Errors that quote errors, as many as a frame has room for: showing them
 * takes a bounded stack, and ends. */
static void
errors_within_errors_are_shown_to_a_depth(void **state)
{
	static uint8_t frame[FRAME_LEN];
	static char text[65536];
	const struct capture_style style = { .loud = 1 };
	struct capture_flows flows = { 0 };
	struct out_buf buf;
	unsigned int count = 0;

	frame[12] = 8;
	for (uint32_t at = 14; at + LEVEL_LEN <= FRAME_LEN; at += LEVEL_LEN) {
		frame[at] = 0x45;
		frame[at + 2] = (uint8_t)((FRAME_LEN - at) >> 8);
		frame[at + 3] = (uint8_t)(FRAME_LEN - at);
		frame[at + 8] = 64;
		frame[at + 9] = 1;
		frame[at + 20] = 11; /* time exceeded */
	}
	out_buf_init(&buf, text, sizeof(text));
	capture_show(&buf.out, &style, &flows, frame, FRAME_LEN, FRAME_LEN);
	for (const char *at = text; (at = strstr(at, "time exceeded")); at++)
		count++;
	assert_in_range(count, 2, 8);
	assert_string_equal(text + strlen(text) - 7, " [...]\n");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_within_errors_are_shown_to_a_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
