/* SPDX-License-Identifier: BSD-2-Clause */
/* One misdeed per file of tests/boot/panic; panic_main.c commits it. */
#pragma once

#include "lib/pages.h"

/* On a machine that is up, with its memory; must not return. */
void misdeed(struct pages *pages);
