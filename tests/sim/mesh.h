/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP between hosts across routers: chains, and diamonds with two equal paths,
 * over wires that lose, repeat, reorder and damage, flap, or part the network
 * for a while. Whatever happens, every byte arrives once and in order, or both
 * ends are told of an error; nothing is left in any node. Panics if not.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tests/sim/network.h"

enum mesh_shape { MESH_CHAIN, MESH_DIAMOND };
enum mesh_weather { MESH_CALM, MESH_BAD, MESH_FLAPPING, MESH_PARTED };

void mesh_play(struct network *w, uint64_t seed, enum mesh_shape shape,
	       enum mesh_weather weather, bool verbose);
