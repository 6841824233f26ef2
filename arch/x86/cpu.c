/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which processor this is (CPUID, leaf maxima respected: a leaf above the
 * maximum returns another leaf's data [HARDWARE 4.5]) and randomness from it.
 * [SDM 2 CPUID]. State: the description, filled once, and the entropy pool.
 */
#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/io.h>

#include "arch/x86/cpu_private.h"
#include "arch/x86/rtc.h"
#include "lib/hash.h"
#include "lib/port.h"

#define CPUID_BASIC	 0x00000000u
#define CPUID_HYPERVISOR 0x40000000u
#define CPUID_EXTENDED	 0x80000000u

#define PHYS_BITS_DEFAULT 36u
#define PHYS_BITS_MAX	  52u

#define RDRAND_TRIES 10	   /* [SDM 1 7.3.17.1] */
#define JITTER_FIRST 256u  /* rounds before the first answer */
#define JITTER_LATER 16u   /* and before each later one */
#define JITTER_PORT  0x61u /* slow to read, harmless to read */

static struct cpu_info info = { .count = 1, .phys_bits = PHYS_BITS_DEFAULT };

static struct {
	struct hash_key key;
	uint64_t round_count;
} pool;

const struct cpu_info *
cpu_info(void)
{
	return &info;
}

void
cpu_count_set(unsigned int count)
{
	info.count = count;
}

static struct cpuid
cpuid_raw(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(subleaf));
	return r;
}

struct cpuid
cpuid_read(uint32_t leaf, uint32_t subleaf)
{
	uint32_t range = leaf & 0xf0000000;

	/* The hypervisor's range exists only where bit 31 says so. */
	if (range == CPUID_HYPERVISOR &&
	    !(cpuid_raw(1, 0).ecx & CPUID_1_ECX_HYPERVISOR))
		return (struct cpuid){ 0 };
	if (cpuid_raw(range, 0).eax < leaf)
		return (struct cpuid){ 0 };
	return cpuid_raw(leaf, subleaf);
}

static void
read_features(void)
{
	struct cpuid l1 = cpuid_read(1, 0), l7 = cpuid_read(7, 0);
	struct cpuid e1 = cpuid_read(0x80000001, 0);
	uint32_t phys = cpuid_read(0x80000008, 0).eax & 0xff;

	info.has_x2apic = l1.ecx >> 21 & 1;
	info.has_tsc_deadline = l1.ecx >> 24 & 1;
	info.has_rdrand = l1.ecx >> 30 & 1;
	info.has_smep = l7.ebx >> 7 & 1;
	info.has_smap = l7.ebx >> 20 & 1;
	info.has_umip = l7.ecx >> 2 & 1;
	info.has_nx = e1.edx >> 20 & 1;
	info.has_1g_pages = e1.edx >> 26 & 1;
	info.has_rdtscp = e1.edx >> 27 & 1;
	info.has_invariant_tsc = cpuid_read(0x80000007, 0).edx >> 8 & 1;
	if (phys >= PHYS_BITS_DEFAULT)
		info.phys_bits = min_of(phys, PHYS_BITS_MAX);
}

/* Some brand strings are right-aligned with blanks. */
static void
read_model(void)
{
	uint32_t word[12];
	const char *text = (const char *)word;
	size_t skip = 0, len = 0;

	for (uint32_t i = 0; i < 3; i++) {
		struct cpuid r = cpuid_read(0x80000002 + i, 0);

		memcpy(word + (size_t)4 * i, &r, sizeof(r));
	}
	while (skip < sizeof(word) && text[skip] == ' ')
		skip++;
	while (skip + len < sizeof(word) && text[skip + len])
		len++;
	memcpy(info.model, text + skip, len);
}

void
cpu_init(void)
{
	struct cpuid l0 = cpuid_read(CPUID_BASIC, 0);
	struct cpuid hv = cpuid_read(CPUID_HYPERVISOR, 0);

	memcpy(info.vendor + 0, &l0.ebx, 4);
	memcpy(info.vendor + 4, &l0.edx, 4);
	memcpy(info.vendor + 8, &l0.ecx, 4);
	memcpy(info.hypervisor + 0, &hv.ebx, 4);
	memcpy(info.hypervisor + 4, &hv.ecx, 4);
	memcpy(info.hypervisor + 8, &hv.edx, 4);
	read_features();
	read_model();
}

static bool
rdrand(uint64_t *value)
{
	bool done;

	for (int i = 0; i < RDRAND_TRIES; i++) {
		__asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(done));
		if (done)
			return true;
	}
	return false;
}

/* How long a port takes to answer varies in bits that nobody can predict. */
static void
pool_stir(unsigned int rounds)
{
	for (unsigned int i = 0; i < rounds; i++) {
		uint64_t word[2] = { cpu_cycles(), pool.round_count++ };

		pool.key.k[i & 1] ^= siphash(&pool.key, word, sizeof(word));
		port_in8(JITTER_PORT);
	}
}

static uint64_t
pool_draw(void)
{
	uint64_t word[2] = { cpu_cycles(), pool.round_count++ };

	return siphash(&pool.key, word, sizeof(word));
}

bool
cpu_random(void *bytes, uint32_t len)
{
	uint8_t *to = bytes;
	uint64_t last = 0;
	bool is_served = info.has_rdrand;

	if (pool.round_count == 0) {
		pool.key.k[0] = rtc_read(0);
		pool_stir(JITTER_FIRST);
	}
	pool_stir(JITTER_LATER);
	for (uint32_t done = 0; done < len; done += 8) {
		uint64_t word = pool_draw(), hardware = 0;

		/* A broken unit repeats itself; the pool alone serves then. */
		if (is_served && (!rdrand(&hardware) || hardware == last))
			is_served = false;
		last = hardware;
		word ^= hardware;
		memcpy(to + done, &word, min_of(len - done, 8u));
	}
	/* What was handed out cannot be computed from what is left. */
	pool_stir(2);
	return is_served;
}
