/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fairlead-tcpdump [-eqSvxX]... FILE [EXPRESSION]: what the box's tcpdump would
 * print of the frames of a pcap file, without times. Tests hold it against the
 * real one.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/capture/filter.h"
#include "net/capture/show.h"
#include "net/skb.h"

#define FRAME_MAX 65536u

static void
write_stdout(struct out *out, const char *text, size_t len)
{
	fwrite(text, 1, len, stdout);
}

static void
show_file(FILE *file, const struct capture_style *style,
	  const struct capture_filter *filter)
{
	static uint8_t bytes[FRAME_MAX];
	static struct capture_flows flows;
	struct out out = { .write = write_stdout };
	uint32_t record[4]; /* seconds, microseconds, kept, on the wire */
	struct skb skb = { .head = bytes,
			   .data = bytes,
			   .end = bytes + sizeof(bytes) };

	if (fseek(file, 24, SEEK_SET) != 0)
		err(1, "no pcap file");
	while (fread(record, sizeof(record), 1, file) == 1) {
		if (record[2] > sizeof(bytes) ||
		    fread(bytes, 1, record[2], file) != record[2])
			errx(1, "a frame is cut off");
		skb.len = record[2];
		skb.tail = bytes + record[2];
		if (capture_filter_match(filter, &skb))
			capture_show(&out, style, &flows, bytes, record[2],
				     record[3]);
	}
}

int
main(int argc, char **argv)
{
	struct capture_style style = { 0 };
	struct capture_filter filter;
	struct capture_error error;
	FILE *file;
	int c;

	while ((c = getopt(argc, argv, "eqSvxX")) != -1) {
		style.ethernet |= c == 'e';
		style.quick |= c == 'q';
		style.absolute |= c == 'S';
		style.loud += c == 'v';
		style.hex += c == 'x' || c == 'X';
		style.ascii |= c == 'X';
	}
	if (optind == argc)
		errx(2, "which file?");
	if (!capture_filter_parse(&filter,
				  optind + 1 < argc ? argv[optind + 1] : "",
				  &error))
		errx(1, "at %zu: %s", error.at, error.text);
	file = fopen(argv[optind], "rb");
	if (!file)
		err(1, "%s", argv[optind]);
	show_file(file, &style, &filter);
	return 0;
}
