/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames in words: tcpdump's own, frame by frame (tcpdump.golden; a live one is
 * beside us in tests/boot/test_capture.py), and frames that mean harm to who
 * shows them.
 */
#include "tests/host/test.h"

#include "net/capture/show.h"
#include "net/wire/tcp.h"
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

/* ---- words --------------------------------------------------------------- */

static struct capture_style
style_of(const char *options)
{
	struct capture_style style = { 0 };

	for (; *options; options++) {
		style.ethernet |= *options == 'e';
		style.quick |= *options == 'q';
		style.absolute |= *options == 'S';
		style.loud += *options == 'v';
		style.hex += *options == 'x' || *options == 'X';
		style.ascii |= *options == 'X';
	}
	return style;
}

static uint32_t
bytes_of(const char *hex, uint8_t *bytes)
{
	uint32_t len = 0;
	unsigned int byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		bytes[len++] = (uint8_t)byte;
	return len;
}

static void
unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (*text == '\\')
			*to++ = *++text == 'n' ? '\n'
				: *text == 't' ? '\t'
					       : *text;
		else if (*text != '\n')
			*to++ = *text;
	}
	*to = '\0';
}

/* Line by line; see the file's head. */
static unsigned int
show_all(const char *golden)
{
	FILE *file = fopen(golden, "r");
	static char line[8192], text[8192];
	unsigned int count = 0, wrong = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		char *options = strchr(line, '|'), *want;
		struct capture_flows flows = { 0 };
		struct capture_style style;
		struct out_buf buf;
		uint8_t bytes[2048];
		uint32_t len;

		if (*line == '#')
			continue;
		assert_non_null(options);
		*options++ = '\0';
		want = strchr(options, '|');
		*want++ = '\0';
		unescape(want);
		style = style_of(options);
		len = bytes_of(line, bytes);
		out_buf_init(&buf, text, sizeof(text));
		capture_show(&buf.out, &style, &flows, bytes, len, len);
		count++;
		if (strcmp(text, want) == 0)
			continue;
		wrong++;
		printf("%s -%s\n--- wanted:\n%s--- here:\n%s", line, options,
		       want, text);
	}
	fclose(file);
	assert_int_equal(wrong, 0);
	return count;
}

static void
the_words_are_those_of_tcpdump(void **state)
{
	assert_true(show_all("tests/unit/net/capture/tcpdump.golden") > 80);
}

/* The oldest are forgotten; numbers count from the start of the others. */
static void
many_connections_are_told_apart(void **state)
{
	static uint8_t frame[54] = {
		[12] = 8, [14] = 0x45, [17] = 40,   [22] = 64,
		[23] = 6, [26] = 10,   0,	    0,
		1,	  10,	       0,	    0,
		2,	  [37] = 80,   [46] = 0x50, [47] = TCP_ACK
	};
	static struct capture_flows flows;
	const struct capture_style style = { 0 };
	struct out_buf buf;
	char text[256];

	for (unsigned int i = 0; i < 3 * CAPTURE_FLOWS; i++) {
		frame[35] = (uint8_t)i;
		for (unsigned int twice = 0; twice < 2; twice++) {
			frame[45] = (uint8_t)(100 + 7 * twice);
			out_buf_init(&buf, text, sizeof(text));
			capture_show(&buf.out, &style, &flows, frame,
				     sizeof(frame), sizeof(frame));
			assert_non_null(strstr(text, twice ? ", ack 8,"
							   : ", ack 100,"));
		}
	}
	assert_in_range(flows.next, CAPTURE_FLOWS, 2 * CAPTURE_FLOWS - 1);
}

/* By kind and length, what is inside as bytes. */
static void
what_is_not_taken_apart_is_named(void **state)
{
	assert_true(show_all("tests/unit/net/capture/others.golden") > 10);
}

/* Cut off anywhere, a frame still makes a line, and no byte is read that is not
 * there. */
static void
frames_may_be_cut_off_anywhere(void **state)
{
	FILE *file = fopen("tests/unit/net/capture/tcpdump.golden", "r");
	static char line[8192], text[8192];
	const struct capture_style style = { .loud = 2, .ethernet = true };
	struct capture_flows flows = { 0 };

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		uint8_t bytes[2048];
		uint32_t len = *line == '#' ? 0 : bytes_of(line, bytes);

		for (uint32_t have = 0; have < len; have++) {
			uint8_t *cut = malloc(have + 1);
			struct out_buf buf;

			memcpy(cut, bytes, have);
			out_buf_init(&buf, text, sizeof(text));
			/* As snapped, and as short on the wire as well. */
			capture_show(&buf.out, &style, &flows, cut, have, len);
			capture_show(&buf.out, &style, &flows, cut, have, have);
			assert_int_equal(text[strlen(text) - 1], '\n');
			free(cut);
		}
	}
	fclose(file);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_within_errors_are_shown_to_a_depth),
		cmocka_unit_test(the_words_are_those_of_tcpdump),
		cmocka_unit_test(many_connections_are_told_apart),
		cmocka_unit_test(what_is_not_taken_apart_is_named),
		cmocka_unit_test(frames_may_be_cut_off_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
