/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hours in seconds: two stacks whose clocks stand shortly before each number
 * that some counter of time wraps at, with sequence numbers, timestamps and IP
 * identifications that wrap as well, talk over TCP and in fragments until long
 * after. Every byte arrives, every timer keeps its time, nothing is left.
 * Panics if not.
 */
#pragma once

/* The exit status; minutes of virtual time at each wrap. */
int soak_main(unsigned int minutes);
