/* SPDX-License-Identifier: BSD-2-Clause */
/* What the list of drivers knows of this one; the rest is in port.h. */
#pragma once

#include "drivers/drivers.h"

extern const struct driver e1000e_driver;
