/* SPDX-License-Identifier: BSD-2-Clause */
/* Hosted: the same value type; nothing in it touches a machine. */
#pragma once

#include "arch/x86/include/arch/machine.h"
