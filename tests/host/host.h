/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hosted port: what a Linux process (test, fuzzer, simulator) may set and
 * observe about the machine it pretends to be. Time stands still unless someone
 * moves it. Panics abort, unless the test said that it expects one.
 */
#pragma once

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/pages.h"

/* What clock_now_ns() says. clock_delay_us() and cpu_relax() advance it. */
extern uint64_t host_clock_ns;
/* The last clock_wake_at(), UINT64_MAX if none or disarmed. */
extern uint64_t host_clock_wake_ns;
/* What clock_boot_epoch_s() says. */
extern uint64_t host_boot_epoch_s;
/* Lines given to port_log() so far, by level; printed if FAIRLEAD_LOG is set.
 */
extern unsigned int host_log_count[8];

/*
 * 0 at first, then 1 if what follows panics:
 *
 *	if (host_expect_panic() == 0) {
 *		pages_free(&pages, block, 0);
 *		host_no_panic();
 *	}
 *	assert_string_contains(host_panic_text(), "double free");
 *
 * Locals changed in between must be volatile, as with setjmp().
 */
#define host_expect_panic() setjmp(*host_panic_jump())

jmp_buf *host_panic_jump(void);
/* The expected panic did not come: aborts. */
_Noreturn void host_no_panic(void);
/* "file:line: message" of the last expected panic. */
const char *host_panic_text(void);

/*
 * Gives pages one zone of len bytes (bookkeeping included) from the C library,
 * at an address aligned like the largest block that fits, so that what fits
 * does not depend on where the memory lies.
 */
void host_pages_init(struct pages *pages, size_t len);
/* Gives it back; asserts that nothing is taken any more. */
void host_pages_fini(struct pages *pages);

/*
 * What a test has set up and not yet taken down: whoever makes a bench says so,
 * and how it ends; whoever ends it says that, too. host_end_all() ends what is
 * left, the youngest first, for a test that cannot go on.
 */
void host_born(void (*end)(void *bench), void *bench);
void host_gone(void *bench);
void host_end_all(void);
