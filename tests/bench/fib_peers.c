/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DPDK's rte_fib and rte_lpm as the FIB's bench wants them, see fib_peers.h.
 * Built against Debian's libdpdk-dev.
 */

#include "tests/bench/fib_peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_fib.h>
#include <rte_lpm.h>
#include <rte_malloc.h>

#define GROUPS 4096u /* of 256 entries, for prefixes longer than /24 */

/* Real huge pages if some are reserved, as FAIRLEAD_HUGE says. */
static bool
start(void)
{
	static char *args[] = { "fib_bench",
				"--no-pci",
				"--no-telemetry",
				"--log-level=lib.eal:error",
				"--force-max-simd-bitwidth=512",
				"-l0",
				NULL,
				NULL,
				NULL,
				NULL };
	int count = 6, rc;

	if (getenv("FAIRLEAD_HUGE")) {
		args[count++] = "--in-memory";
	} else {
		args[count++] = "--no-huge";
		args[count++] = "--no-shconf";
		args[count++] = "-m1024";
	}
	rc = rte_eal_init(count, args);
	if (rc < 0)
		fprintf(stderr, "rte_eal_init: %s\n", rte_strerror(rte_errno));
	return rc >= 0;
}

static size_t
allocated(void)
{
	struct rte_malloc_socket_stats stats;

	return rte_malloc_get_socket_stats(0, &stats) == 0
		       ? stats.heap_allocsz_bytes
		       : 0;
}

/* ---- rte_fib ------------------------------------------------------------ */

static void *
fib_create(uint32_t route_count_max, const char *name,
	   enum rte_fib_lookup_type how)
{
	struct rte_fib_conf conf = {
		.type = RTE_FIB_DIR24_8,
		.max_routes = (int)route_count_max + 1024,
		.dir24_8 = { .nh_sz = RTE_FIB_DIR24_8_2B, .num_tbl8 = GROUPS },
	};
	struct rte_fib *fib = rte_fib_create(name, 0, &conf);

	if (!fib || rte_fib_select_lookup(fib, how) != 0) {
		fprintf(stderr, "%s: %s\n", name, rte_strerror(rte_errno));
		return NULL;
	}
	return fib;
}

static void *
fib_create_scalar(uint32_t route_count_max)
{
	return fib_create(route_count_max, "scalar",
			  RTE_FIB_LOOKUP_DIR24_8_SCALAR_MACRO);
}

static void *
fib_create_vector(uint32_t route_count_max)
{
	return fib_create(route_count_max, "vector",
			  RTE_FIB_LOOKUP_DIR24_8_VECTOR_AVX512);
}

static bool
fib_add(void *table, uint32_t addr, uint8_t len, uint32_t value)
{
	return rte_fib_add(table, addr, len, value) == 0;
}

static bool
fib_remove(void *table, uint32_t addr, uint8_t len)
{
	return rte_fib_delete(table, addr, len) == 0;
}

static uint32_t
fib_answer(void *table, uint32_t addr)
{
	uint64_t value = 0;

	rte_fib_lookup_bulk(table, &addr, &value, 1);
	return (uint32_t)value;
}

static uint64_t
fib_look_up(void *table, const uint32_t *addr, uint32_t count)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i++)
		sum += fib_answer(table, addr[i]);
	return sum;
}

static uint64_t
fib_look_up_dependent(void *table, const uint32_t *addr, uint32_t count)
{
	uint64_t sum = 0;
	uint32_t zero = 0, last = 0;

	__asm__("" : "+r"(zero));
	for (uint32_t i = 0; i < count; i++) {
		last = fib_answer(table, addr[i] ^ (last & zero));
		sum += last;
	}
	return sum;
}

static uint64_t
fib_look_up_bursts(void *table, const uint32_t *addr, uint32_t count)
{
	uint64_t value[FIB_PEER_BURST], sum = 0;

	for (uint32_t i = 0; i < count; i += FIB_PEER_BURST) {
		rte_fib_lookup_bulk(table, (uint32_t *)&addr[i], value,
				    FIB_PEER_BURST);
		for (uint32_t j = 0; j < FIB_PEER_BURST; j++)
			sum += value[j];
	}
	return sum;
}

/* ---- rte_lpm ------------------------------------------------------------ */

static void *
lpm_create(uint32_t route_count_max)
{
	const struct rte_lpm_config config = {
		.max_rules = route_count_max + 1024,
		.number_tbl8s = GROUPS,
	};
	struct rte_lpm *lpm = rte_lpm_create("lpm", 0, &config);

	if (!lpm)
		fprintf(stderr, "rte_lpm: %s\n", rte_strerror(rte_errno));
	return lpm;
}

static bool
lpm_add(void *table, uint32_t addr, uint8_t len, uint32_t value)
{
	return rte_lpm_add(table, addr, len, value) == 0;
}

static bool
lpm_remove(void *table, uint32_t addr, uint8_t len)
{
	return rte_lpm_delete(table, addr, len) == 0;
}

static uint32_t
lpm_answer(void *table, uint32_t addr)
{
	uint32_t value;

	return rte_lpm_lookup(table, addr, &value) == 0 ? value : 0;
}

static uint64_t
lpm_look_up(void *table, const uint32_t *addr, uint32_t count)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i++)
		sum += lpm_answer(table, addr[i]);
	return sum;
}

static uint64_t
lpm_look_up_dependent(void *table, const uint32_t *addr, uint32_t count)
{
	uint64_t sum = 0;
	uint32_t zero = 0, last = 0;

	__asm__("" : "+r"(zero));
	for (uint32_t i = 0; i < count; i++) {
		last = lpm_answer(table, addr[i] ^ (last & zero));
		sum += last;
	}
	return sum;
}

static uint64_t
lpm_look_up_bursts(void *table, const uint32_t *addr, uint32_t count)
{
	uint32_t value[FIB_PEER_BURST];
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i += FIB_PEER_BURST) {
		rte_lpm_lookup_bulk(table, &addr[i], value, FIB_PEER_BURST);
		for (uint32_t j = 0; j < FIB_PEER_BURST; j++)
			sum += value[j] & RTE_LPM_LOOKUP_SUCCESS
				       ? value[j] & 0xffffff
				       : 0;
	}
	return sum;
}

/* ---- all ---------------------------------------------------------------- */

#define FIB_PEER(title, how)                                                   \
	{                                                                      \
		.name = title, .create = fib_create_##how, .add = fib_add,     \
		.remove = fib_remove, .look_up = fib_look_up,                  \
		.look_up_dependent = fib_look_up_dependent,                    \
		.look_up_bursts = fib_look_up_bursts, .answer = fib_answer,    \
		.lookup_len = (2u << 24) + 2u * 256 * GROUPS,                  \
	}

static const struct fib_peer peers[] = {
	FIB_PEER("rte_fib", vector),
	FIB_PEER("rte_fib scalar", scalar),
	{ .name = "rte_lpm",
	  .create = lpm_create,
	  .add = lpm_add,
	  .remove = lpm_remove,
	  .look_up = lpm_look_up,
	  .look_up_dependent = lpm_look_up_dependent,
	  .look_up_bursts = lpm_look_up_bursts,
	  .answer = lpm_answer,
	  .lookup_len = (4u << 24) + 4u * 256 * GROUPS,
	  .slow = true },
	{ 0 },
};

const struct fib_peers fib_peers = { start, allocated, peers };
