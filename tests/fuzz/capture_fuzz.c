/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcpdump's expressions and lines: a text up to the first NUL, then a byte of
 * options and a frame. Nothing is read beyond the frame, and what the parser
 * refuses it refuses at a place in the text.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "net/capture/filter.h"
#include "net/capture/show.h"

static void
swallow(struct out *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		assert(text[i] == '\n' || text[i] == '\t' ||
		       (text[i] >= ' ' && text[i] < 0x7f));
}

static void
look(const struct capture_filter *filter, struct input *in)
{
	static struct capture_flows flows;
	uint8_t how = take(in);
	const struct capture_style style = {
		.ethernet = how & 1,
		.quick = how & 2,
		.absolute = how & 4,
		.loud = how >> 3 & 3,
		.hex = how >> 5 & 1,
		.ascii = how >> 6 & 1,
	};
	uint32_t cut = how & 0x80 ? 100 : 0, len = (uint32_t)left(in);
	struct out out = { .write = swallow };
	uint8_t *bytes = malloc(len); /* ASan sees its end */
	struct skb skb = { .head = bytes,
			   .data = bytes,
			   .tail = bytes + len,
			   .end = bytes + len,
			   .len = len };

	memcpy(bytes, in->at, len);
	(void)capture_filter_match(filter, &skb);
	capture_show(&out, &style, &flows, bytes, len, len + cut);
	free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, data + len };
	size_t text_len = strnlen((const char *)data, len), got;
	char *text = malloc(text_len + 1);
	struct capture_filter filter;
	struct capture_error error;

	memcpy(text, take_bytes(&in, text_len, &got), text_len);
	text[text_len] = '\0';
	take(&in);
	if (capture_filter_parse(&filter, text, &error)) {
		look(&filter, &in);
	} else {
		assert(error.text && error.at <= text_len);
		filter.count = 0;
		look(&filter, &in);
	}
	free(text);
	return 0;
}
