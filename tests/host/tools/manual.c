/* SPDX-License-Identifier: BSD-2-Clause */
/* fairlead-manual: prints docs/console.md from the command table. */
#include <stdio.h>

#include "apps/commands/commands.h"
#include "apps/shell/help.h"

static void
write_stdout(struct out *out, const char *text, size_t len)
{
	fwrite(text, 1, len, stdout);
}

int
main(void)
{
	struct out out = { .write = write_stdout };

	help_manual(&box_world, &out);
	return 0;
}
