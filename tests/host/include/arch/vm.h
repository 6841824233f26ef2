/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hosted twin of arch/x86/include/arch/vm.h, as far as drivers use it: every
 * address is its own map. Nothing lies there but what a model has claimed
 * (tests/host/mmio.h).
 */
#pragma once

#include <stdint.h>

#include "lib/port.h"

void *vm_map_mmio(uint64_t phys, uint64_t len) must_use;
