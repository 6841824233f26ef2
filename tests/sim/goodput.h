/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What TCP makes of a lossy path: one sender, one receiver, 20 Mbit/s, for half
 * a minute of virtual time, at each loss and round-trip time of a table.
 * Deterministic: the same code gives the same table.
 */
#pragma once

/* Prints the table (kbit/s). With a golden file, compares instead: every cell
 * must reach four fifths of what stands there, and all together all of it but
 * two percent; prints what does not, and returns 1. */
int goodput_main(const char *golden);
