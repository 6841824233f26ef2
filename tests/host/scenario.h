/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conversations with one stack's TCP as text, in virtual time: what a peer at
 * 10.0.0.2 sends, what the stack at 10.0.0.1 must answer, what its application
 * does and is told. tests/scenario/README.md has the language.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Runs the scenario in the file. False: it failed, and why says where, and what
 * was expected instead of what. */
bool scenario_run(const char *path, char *why, size_t why_len);
