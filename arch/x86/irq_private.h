/* SPDX-License-Identifier: BSD-2-Clause */
/* From the exception entry into the interrupt handlers. */
#pragma once

/* Runs the handlers of a vector from 32 up, and ends the interrupt. */
void irq_dispatch(unsigned int vector);
