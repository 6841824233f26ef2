/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What lib/, net/, drivers/ and apps/ expect of whatever they run on. The
 * kernel answers in arch/x86/port.c, Linux processes (tests, fuzzers, the
 * simulator) in tests/host/port.c. The memory and string functions that
 * compilers call come from lib/mem.c in the kernel and from the C library when
 * hosted.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What set-up code returns; the data path returns void and counts instead. */
enum status {
	OK = 0,
	ERR_NOMEM,	 /* a pool, table or the page allocator ran dry */
	ERR_INVAL,	 /* the request makes no sense */
	ERR_NOENT,	 /* no such object */
	ERR_EXIST,	 /* the object is there already */
	ERR_NODEV,	 /* no such device, or it has gone */
	ERR_RANGE,	 /* a number outside its limits */
	ERR_UNSUPPORTED, /* this device or build cannot do that */
	ERR_TIMEOUT,	 /* the hardware or the peer did not answer in time */
	ERR_BUSY,	 /* in use, try again later */
	ERR_IO,		 /* the hardware answered with nonsense */
	ERR_NETUNREACH,	 /* no route */
	ERR_MSGSIZE,	 /* larger than the path or the buffer takes */
	ERR_REFUSED,	 /* the peer does not want to talk to us */
	ERR_RESET,	 /* the peer broke off */
	ERR_CLOSED,	 /* it was closed in this direction */
	ERR_HOSTUNREACH, /* a route, but nobody at its end */
};

#define must_use __attribute__((warn_unused_result))
#define printf_like(fmt_arg, first_arg)                                        \
	__attribute__((format(printf, fmt_arg, first_arg)))
/* A function off the beaten track: kept out of line, so that the common path
 * saves no registers for it. */
#define rare	     __attribute__((cold, noinline))
#define likely(x)    __builtin_expect(!!(x), 1)
#define unlikely(x)  __builtin_expect(!!(x), 0)
#define array_len(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member)                                        \
	((type *)((char *)(ptr)-offsetof(type, member)))
#define min_of(a, b)                                                           \
	({                                                                     \
		__typeof__(a) a_ = (a);                                        \
		__typeof__(b) b_ = (b);                                        \
		a_ < b_ ? a_ : b_;                                             \
	})
#define max_of(a, b)                                                           \
	({                                                                     \
		__typeof__(a) a_ = (a);                                        \
		__typeof__(b) b_ = (b);                                        \
		a_ > b_ ? a_ : b_;                                             \
	})
#define CACHE_LINE 64u

/*
 * yes if test is negative, else no. For choices that nobody can guess: this one
 * is computed, where a compiler might branch.
 */
static inline uintptr_t
pick_negative(int32_t test, uintptr_t yes, uintptr_t no)
{
	__asm__("test %1, %1; cmovs %2, %0"
		: "+r"(no)
		: "r"(test), "r"(yes)
		: "cc");
	return no;
}

/*
 * Two numbers that lie side by side, so that one comparison does for both.
 */
static inline uint64_t
pair_at(const void *two)
{
	uint64_t pair;

	__builtin_memcpy(&pair, two, sizeof(pair));
	return pair;
}

static inline uint64_t
pair_of(uint32_t first, uint32_t second)
{
	return (uint64_t)second << 32 | first;
}

/*
 * Ends the program: prints file:line and the message with registers and
 * backtrace, then halts (kernel) or aborts (hosted). Never returns.
 */
_Noreturn void port_panic(const char *file, int line, const char *fmt, ...)
	printf_like(3, 4);

#define panic(...) port_panic(__FILE__, __LINE__, __VA_ARGS__)

/*
 * For mistakes of the programmer, always on. The expression has no effects.
 * What the wire, the user or the hardware says is checked, never asserted.
 */
#define assert(expr)                                                           \
	((expr) ? (void)0 : port_panic(__FILE__, __LINE__, "assert: %s", #expr))

enum log_level { LOG_ERR = 3, LOG_WARN = 4, LOG_INFO = 6, LOG_DEBUG = 7 };

/*
 * One line for the system log (dmesg), without a newline at its end. For set-up
 * code and rare events; the data path counts, it does not log.
 */
void port_log(enum log_level level, const char *fmt, ...) printf_like(2, 3);

#define log_err(...)   port_log(LOG_ERR, __VA_ARGS__)
#define log_warn(...)  port_log(LOG_WARN, __VA_ARGS__)
#define log_info(...)  port_log(LOG_INFO, __VA_ARGS__)
#define log_debug(...) port_log(LOG_DEBUG, __VA_ARGS__)

/* The C library's, with the C library's contracts. */
void *memcpy(void *restrict dst, const void *restrict src, size_t len);
void *memmove(void *dst, const void *src, size_t len);
void *memset(void *dst, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t len);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *haystack, const char *needle);
