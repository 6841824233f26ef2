/* SPDX-License-Identifier: BSD-2-Clause */
/* `trace`: what becomes of a packet, and why. */
#pragma once

#include "apps/shell/args.h"
#include "apps/shell/command.h"
#include "apps/shell/emit.h"

extern const struct arg_spec trace_args[];
extern const struct command trace_commands[];
