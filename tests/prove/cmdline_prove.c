/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 9 */
/* Any command line of up to 6 bytes: looking a key up ends, and the value fits
 * where it is wanted. */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "lib/cmdline.c"

int
main(void)
{
	size_t len = nondet_size();
	char value[3], *text;

	assume(len <= 6);
	text = (char *)any_bytes(len + 1);
	text[len] = '\0';
	if (cmdline_value(text, "a", value, sizeof(value)))
		prove(value[0] == '\0' || value[1] == '\0' || value[2] == '\0');
	return 0;
}
