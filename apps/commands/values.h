/* SPDX-License-Identifier: BSD-2-Clause */
/* Words that only the box knows: its interfaces, files, tunables, services. */
#pragma once

#include "apps/shell/shell.h"

void box_offer_values(const struct shell *shell, int kind, void *ctx,
		      void (*offer)(void *ctx, const char *word,
				    const char *help));
