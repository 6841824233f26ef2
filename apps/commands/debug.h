/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands below `debug` that have a file of their own. */
#pragma once

#include "apps/shell/command.h"

extern const struct arg_spec route_flap_args[];
enum step route_flap_start(struct job *job);
enum step route_flap_step(struct job *job);
