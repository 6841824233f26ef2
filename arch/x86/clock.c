/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time: the TSC, scaled to nanoseconds. Its rate comes from the hypervisor or
 * the CPU where they tell it, else from measuring it against the best reference
 * there is (HPET, PM timer, PIT) [HARDWARE 4.5].
 *
 * A measurement is a bracket, never a point: the TSC is read before and after
 * the reference, so each window says "not less than, not more than", whatever
 * the host did to us in between. A window that lost its time slice gives a wide
 * bracket and does no harm; the intersection of all is the answer. Later, the
 * same over seconds instead of milliseconds (clock_refine) is good to a part in
 * a million. State: the scale, which only the boot core changes.
 */
#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/io.h>
#include <arch/machine.h>
#include <arch/vm.h>

#include "arch/x86/apic.h"
#include "arch/x86/cpu_private.h"
#include "arch/x86/reference.h"
#include "arch/x86/rtc.h"
#include "lib/port.h"

#define NS_PER_S       1000000000ull
#define FS_PER_S       1000000000000000ull
#define TSC_HZ_MIN     100000000u     /* slower is a mistake in measuring */
#define TSC_HZ_MAX     20000000000ull /* so is faster */
#define TSC_HZ_UNKNOWN 5000000000ull  /* too fast: delays are too long */
#define SCALE_SHIFT    32

#define WINDOW_COUNT	  5
#define WINDOW_NS	  1000000u /* boot waits for all of them */
#define REFINE_FIRST_NS	  NS_PER_S
#define REFINE_LAST_NS	  (128 * NS_PER_S) /* doubled up to here */
#define REFINE_OFF_MAX	  100u /* more than 1/100 off: not believed */
#define REFINE_REFUSE_MAX 4u

#define TIMER_WINDOW_US 1000u
#define TIMER_TRIES	4
#define TIMER_SLACK	64u /* reading may take 1/64 of the window */
#define TIMER_MAX_NS	(1000 * NS_PER_S)

#define CPUID_TSC    0x15u
#define CPUID_HV_TSC 0x40000010u

/* ns = base_ns + ((tsc - base_tsc) * mult >> SCALE_SHIFT) */
static struct {
	uint64_t base_tsc, base_ns, mult;
	uint64_t hz_low, hz_high; /* the rate lies in between */
	uint64_t boot_epoch_s;
	const char *source;
} clock = { .source = "none" };

static uint64_t timer_mult; /* TSC ticks to timer ticks, >> SCALE_SHIFT */
static struct reference reference;

/* Measuring on: from first, next time at due_ns, after waiting wait_ns. */
static struct {
	struct reference_sample first;
	uint64_t due_ns; /* UINT64_MAX: no more */
	uint64_t wait_ns;
	unsigned int refuse_count;
} refine = { .due_ns = UINT64_MAX };

/* a * b / c with 128 bits in between; UINT64_MAX if that is too small. */
static uint64_t
mul_div(uint64_t a, uint64_t b, uint64_t c)
{
	unsigned __int128 product = (unsigned __int128)a * b;
	uint64_t quotient, rest;

	if ((uint64_t)(product >> 64) >= c)
		return UINT64_MAX;
	__asm__("divq %4"
		: "=a"(quotient), "=d"(rest)
		: "a"((uint64_t)product), "d"((uint64_t)(product >> 64)), "r"(c)
		: "cc");
	return quotient;
}

static uint64_t
mul_shift(uint64_t a, uint64_t b)
{
	return (uint64_t)((unsigned __int128)a * b >> SCALE_SHIFT);
}

static uint64_t
now_at(uint64_t tsc)
{
	uint64_t delta = tsc - clock.base_tsc;

	/* Another core's TSC may be a little behind; time never is. */
	if ((int64_t)delta < 0)
		delta = 0;
	return clock.base_ns + mul_shift(delta, clock.mult);
}

uint64_t
clock_now_ns(void)
{
	return now_at(cpu_cycles());
}

uint64_t
clock_tsc_hz(void)
{
	return clock.hz_low + (clock.hz_high - clock.hz_low) / 2;
}

const char *
clock_source(void)
{
	return clock.source;
}

uint64_t
clock_boot_epoch_s(void)
{
	return clock.boot_epoch_s;
}

void
clock_delay_us(uint32_t us)
{
	uint64_t hz = clock.mult ? clock_tsc_hz() : TSC_HZ_UNKNOWN;
	uint64_t start = cpu_cycles(), ticks = us * (hz / 1000000 + 1);

	while (cpu_cycles() - start < ticks)
		cpu_relax();
}

/*
 * Takes the rate over from now on; what has passed stays as it was told. The
 * first rate holds since entry.
 */
static void
rate_set(uint64_t hz_low, uint64_t hz_high)
{
	uint64_t tsc = cpu_cycles(), hz = hz_low + (hz_high - hz_low) / 2;

	if (clock.mult) {
		clock.base_ns = now_at(tsc);
		clock.base_tsc = tsc;
	}
	clock.hz_low = hz_low;
	clock.hz_high = hz_high;
	clock.mult = mul_div(NS_PER_S, 1ull << SCALE_SHIFT, hz);
}

static void
rate_log(enum log_level level)
{
	uint64_t half = (clock.hz_high - clock.hz_low) / 2;

	port_log(level, "clock: TSC %llu.%03u MHz +- %u ppm, from %s",
		 (unsigned long long)(clock_tsc_hz() / 1000000),
		 (unsigned int)(clock_tsc_hz() / 1000 % 1000),
		 (unsigned int)mul_div(half, 1000000, clock_tsc_hz()),
		 clock.source);
}

/* In kHz, as VMware began and KVM can be told to; 0: not told. */
static uint64_t
hypervisor_hz(void)
{
	return cpuid_read(CPUID_HV_TSC, 0).eax * 1000ull;
}

/* Core crystal and its ratio to the TSC [SDM 3 18.7.3]; 0: not told. */
static uint64_t
crystal_hz(void)
{
	struct cpuid r = cpuid_read(CPUID_TSC, 0);

	if (r.eax == 0 || r.ebx == 0 || r.ecx == 0)
		return 0;
	return (uint64_t)r.ecx * r.ebx / r.eax;
}

static bool
is_plausible(uint64_t hz)
{
	return hz >= TSC_HZ_MIN && hz <= TSC_HZ_MAX;
}

/* The bracket that `count` ticks between two samples put around the rate. */
static bool
bracket(const struct reference_sample *a, const struct reference_sample *b,
	uint64_t count, uint64_t *low, uint64_t *high)
{
	/* A count is cut off: the truth is up to one tick either way. */
	if (count < 2 || b->tsc_before <= a->tsc_after)
		return false;
	*low = mul_div(b->tsc_before - a->tsc_after, FS_PER_S,
		       (count + 1) * reference.period_fs);
	*high = mul_div(b->tsc_after - a->tsc_before, FS_PER_S,
			(count - 1) * reference.period_fs);
	return true;
}

/*
 * WINDOW_COUNT brackets, back to back, intersected. Where they contradict each
 * other (the reference or the TSC jumped), the lowest estimate counts: time
 * that was stolen only ever adds ticks.
 */
static bool
measure(uint64_t *low, uint64_t *high)
{
	struct reference_sample from = reference_sample(&reference), to;
	uint64_t l, h, lowest = UINT64_MAX;

	*low = 0;
	*high = UINT64_MAX;
	for (int i = 0; i < WINDOW_COUNT; i++) {
		if (!reference_wait(&reference, from.count, WINDOW_NS))
			return false;
		to = reference_sample(&reference);
		if (!bracket(&from, &to,
			     (to.count - from.count) & reference.mask, &l, &h))
			return false;
		*low = max_of(*low, l);
		*high = min_of(*high, h);
		lowest = min_of(lowest, l + (h - l) / 2);
		from = to;
	}
	if (*low > *high)
		*low = *high = lowest;
	return is_plausible(*low) && is_plausible(*high);
}

static bool
rate_measure(const struct machine_config *config)
{
	uint64_t low, high;

	for (unsigned int i = 0; i < REFERENCE_COUNT; i++) {
		if (!reference_open(&reference, i, config) ||
		    !measure(&low, &high))
			continue;
		clock.source = reference.name;
		rate_set(low, high);
		refine.first = reference_sample(&reference);
		refine.wait_ns = REFINE_FIRST_NS;
		refine.due_ns = clock_now_ns() + refine.wait_ns;
		return true;
	}
	return false;
}

static void
rate_init(const struct machine_config *config)
{
	uint64_t hz = hypervisor_hz();

	clock.source = "hypervisor";
	if (!is_plausible(hz)) {
		hz = crystal_hz();
		clock.source = "cpuid";
	}
	if (is_plausible(hz)) {
		rate_set(hz, hz);
		return;
	}
	clock.source = "none";
	if (rate_measure(config))
		return;
	log_err("clock: nothing to measure the TSC against; time runs slow");
	rate_set(TSC_HZ_UNKNOWN, TSC_HZ_UNKNOWN);
}

/*
 * Ticks of the reference since refine.first. It may have wrapped: the TSC,
 * known to a part in a thousand by then, tells how often.
 */
static uint64_t
refine_ticks(const struct reference_sample *now)
{
	uint64_t turn = (uint64_t)reference.mask + 1;
	uint64_t rest = (now->count - refine.first.count) & reference.mask;
	uint64_t fs_per_tick = reference.period_fs;
	uint64_t ns = mul_shift(now->tsc_before - refine.first.tsc_before,
				clock.mult);
	uint64_t about = mul_div(ns, FS_PER_S / NS_PER_S, fs_per_tick);

	if (about + turn / 2 < rest)
		return rest;
	return rest + (about + turn / 2 - rest) / turn * turn;
}

uint64_t
clock_refine(void)
{
	struct reference_sample now;
	uint64_t low, high, old = clock_tsc_hz();

	if (clock_now_ns() < refine.due_ns)
		return refine.due_ns;
	now = reference_sample(&reference);
	if (!bracket(&refine.first, &now, refine_ticks(&now), &low, &high) ||
	    low < old - old / REFINE_OFF_MAX ||
	    high > old + old / REFINE_OFF_MAX) {
		/* One of the two jumped (a paused machine): begin again. */
		refine.first = now;
		if (++refine.refuse_count > REFINE_REFUSE_MAX)
			refine.wait_ns = REFINE_LAST_NS * 2;
	} else {
		rate_set(low, high);
		refine.wait_ns *= 2;
		rate_log(LOG_DEBUG);
	}
	if (refine.wait_ns > REFINE_LAST_NS)
		refine.due_ns = UINT64_MAX;
	else
		refine.due_ns = clock_now_ns() + refine.wait_ns;
	return refine.due_ns;
}

/*
 * The local APIC's timer counts at a rate that nobody tells. One window, and
 * another one if its ends took suspiciously long to read.
 */
static void
timer_init(void)
{
	if (apic_timer_is_deadline())
		return;
	for (int i = 0; i < TIMER_TRIES; i++) {
		uint64_t begin, middle, end, slack;
		uint32_t left;

		begin = cpu_cycles();
		apic_timer_arm(UINT32_MAX);
		slack = cpu_cycles() - begin;
		clock_delay_us(TIMER_WINDOW_US);
		middle = cpu_cycles();
		left = apic_timer_left();
		end = cpu_cycles();
		slack += end - middle;
		timer_mult = mul_div(UINT32_MAX - left, 1ull << SCALE_SHIFT,
				     end - begin);
		if (slack < (end - begin) / TIMER_SLACK)
			break;
	}
	apic_timer_arm(0);
	if (timer_mult == 0)
		log_err("clock: the local APIC's timer does not count");
}

void
clock_wake_at(uint64_t due_ns)
{
	uint64_t now = clock_now_ns(), delta, ticks;

	if (due_ns == UINT64_MAX) {
		apic_timer_arm(0);
		return;
	}
	delta = due_ns > now ? min_of(due_ns - now, TIMER_MAX_NS) : 0;
	/* Rounded up: an early wake-up would find nothing to do yet. */
	ticks = mul_div(delta, 1ull << SCALE_SHIFT, clock.mult) + 1;
	if (apic_timer_is_deadline())
		apic_timer_arm(cpu_cycles() + ticks);
	else
		apic_timer_arm(mul_shift(ticks, timer_mult) + 1);
}

void
clock_init(const struct machine_config *config, uint64_t entry_cycles)
{
	/* From entry on, once the rate is known. */
	clock.base_tsc = entry_cycles;
	rate_init(config);
	timer_init();
	clock.boot_epoch_s = rtc_read(config->rtc_century);
	if (clock.boot_epoch_s)
		clock.boot_epoch_s -= clock_now_ns() / NS_PER_S;
	rate_log(LOG_INFO);
}
