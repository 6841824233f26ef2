/* SPDX-License-Identifier: BSD-2-Clause */
/* `show running-config`. */
#pragma once

#include "apps/shell/command.h"

enum step running_start(struct job *job);
enum step running_step(struct job *job);
