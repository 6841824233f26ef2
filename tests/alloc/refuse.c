/* SPDX-License-Identifier: BSD-2-Clause */
/* One refusal a process; see refuse.h. */
#include "tests/alloc/refuse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/fmt.h"
#include "lib/pool.h"
#include "net/ipv4/fib_mem.h"
#include "net/skb.h"
#include "tests/host/host.h"

#define PATHS_MAX   65536u /* a power of two */
#define NOTED_MAX   65536u
#define FRAMES_MAX  64u
#define RUN_SECONDS 600u /* of the wall: ends what hangs, nothing else */

/* How a child ended, apart from 0: the work was done. */
enum ending {
	ENDED = 90,	/* gave up; taken down and found whole */
	NESTED = 91,	/* gave up inside the product */
	UNREACHED = 92, /* the request never came */
	UNWELL = 93,	/* gave up although nothing was refused */
};

static struct {
	uint64_t which; /* to refuse; 0: none */
	uint64_t count; /* requests so far */
	bool happened, ending;
	bool packets_too; /* packet pools come to us */
	const char *trusted;
} refuse = { .packets_too = true };

/* Shared with the children: which way each request of the counted run came. */
static struct {
	uint64_t count;
	uint64_t path[NOTED_MAX];
} * noted;

static uint64_t paths_seen[PATHS_MAX];
static uint64_t turns[NOTED_MAX];

/* Where the product's code lies; the linker knows (see alloc.mk). */
extern const char __start_product_text[], __stop_product_text[];

static bool
in_product(const void *at)
{
	return (const char *)at >= __start_product_text &&
	       (const char *)at < __stop_product_text;
}

/* The calls of the product that we are inside of, as one number; 0: none. */
static uint64_t
product_path(void)
{
	void *const *frame = __builtin_frame_address(0), *const * next;
	uint64_t path = 0;

	for (unsigned int i = 0; i < FRAMES_MAX; i++) {
		if (in_product(frame[1]))
			path = (path ^ (uintptr_t)frame[1]) * 0x100000001b3u +
			       1;
		next = frame[0];
		if (next <= frame || next > frame + (1 << 20))
			break;
		frame = next;
	}
	return path;
}

/* A request: is it the one? */
static bool
refused(void)
{
	uint64_t path = refuse.happened ? 0 : product_path();

	/* What a test asks for itself it gets. */
	if (path == 0)
		return false;
	refuse.count++;
	if (!refuse.which && noted) {
		noted->count = refuse.count;
		if (refuse.count <= NOTED_MAX)
			noted->path[refuse.count - 1] = path;
	}
	if (refuse.count != refuse.which || refuse.ending)
		return false;
	refuse.happened = true;
	return true;
}

/* Where `make coverage` counts, it does so when a process ends by exit(). */
extern int __llvm_profile_write_file(void) __attribute__((weak));

static _Noreturn void
refuse_exit(int status)
{
	if (__llvm_profile_write_file)
		__llvm_profile_write_file();
	_exit(status);
}

void
refuse_trusts(const char *files)
{
	refuse.trusted = files;
}

bool
refuse_happened(void)
{
	return refuse.happened;
}

/* ---- between those who ask and those who give --------------------------- */

void *__real_pages_alloc(struct pages *pages, unsigned int order);
void *__wrap_pages_alloc(struct pages *pages, unsigned int order);
void *__real_pool_get(struct pool *pool);
void *__wrap_pool_get(struct pool *pool);
void *__real_fib_mem_alloc(struct fib_mem *mem, size_t len);
void *__wrap_fib_mem_alloc(struct fib_mem *mem, size_t len);
void *__real_fib_mem_alloc_line(struct fib_mem *mem, size_t len);
void *__wrap_fib_mem_alloc_line(struct fib_mem *mem, size_t len);
struct skb *__real_skb_clone(struct skb *skb);
struct skb *__wrap_skb_clone(struct skb *skb);
enum status __real_skb_pool_init(struct skb_pool *pool, struct pages *pages,
				 struct skb_account *account, uint32_t count);
enum status __wrap_skb_pool_init(struct skb_pool *pool, struct pages *pages,
				 struct skb_account *account, uint32_t count);
_Noreturn void __real_port_panic(const char *file, int line, const char *fmt,
				 ...);
_Noreturn void __wrap_port_panic(const char *file, int line, const char *fmt,
				 ...);

void *
__wrap_pages_alloc(struct pages *pages, unsigned int order)
{
	if (refused())
		pages->fail_after = 1;
	return __real_pages_alloc(pages, order);
}

void *
__wrap_pool_get(struct pool *pool)
{
	if (refused())
		pool->fail_after = 1;
	return __real_pool_get(pool);
}

void *
__wrap_fib_mem_alloc(struct fib_mem *mem, size_t len)
{
	if (refused())
		mem->fail_after = 1;
	return __real_fib_mem_alloc(mem, len);
}

void *
__wrap_fib_mem_alloc_line(struct fib_mem *mem, size_t len)
{
	if (refused())
		mem->fail_after = 1;
	return __real_fib_mem_alloc_line(mem, len);
}

/* From now on every request for a packet is refused, and comes to us. */
enum status
__wrap_skb_pool_init(struct skb_pool *pool, struct pages *pages,
		     struct skb_account *account, uint32_t count)
{
	enum status status = __real_skb_pool_init(pool, pages, account, count);

	if (status == OK && refuse.packets_too)
		pool->fail_after = 1;
	return status;
}

/* Asked for each of them, as long as fail_after is not 0; in place of skb.c's,
 * and as that one where a pool is low or a test wants its n-th to fail. */
bool
skb_element_may(struct skb_pool *pool)
{
	bool may = pool->free != NULL;

	if (may && pool->fail_after > 1)
		pool->fail_after--;
	else if (may && pool->fail_after == 1)
		may = refuse.packets_too && !refused();
	if (!may) {
		pool->fail_count++;
		pool->fail_after = refuse.packets_too;
		return false;
	}
	pool->free_count_min =
		min_of(pool->free_count_min, pool->free_count - 1);
	return true;
}

struct skb *
__wrap_skb_clone(struct skb *skb)
{
	struct skb_pool *pool = skb->pool;
	struct skb *clone;

	/* Copied instead, by requests of its own. */
	if (skb->seg || !refuse.packets_too)
		return __real_skb_clone(skb);
	pool->fail_after = refused();
	clone = __real_skb_clone(skb);
	pool->fail_after = 1;
	return clone;
}

/* ---- giving up ---------------------------------------------------------- */

void
refuse_gives_up(void)
{
	if (!refuse.happened)
		return;
	/* Once more while things are taken down: no verdict. */
	if (refuse.ending || product_path() != 0)
		refuse_exit(NESTED);
	refuse.ending = true;
	host_end_all();
	refuse_exit(ENDED);
}

/* Tests may find that what they expected is not so; the product may not, and
 * nobody may find that memory is missing. */
_Noreturn void
__wrap_port_panic(const char *file, int line, const char *fmt, ...)
{
	char text[400];
	va_list args;

	va_start(args, fmt);
	fmt_vprint(text, sizeof(text), fmt, args);
	va_end(args);
	if (!strncmp(file, "tests/", 6) && strcmp(file, "tests/host/port.c") &&
	    !(refuse.trusted &&
	      !strncmp(file, refuse.trusted, strlen(refuse.trusted))))
		refuse_gives_up();
	__real_port_panic(file, line, "%s", text);
}

/* ---- every one in turn -------------------------------------------------- */

/* Once for each way. */
static bool
is_new(uint64_t path)
{
	for (uint32_t i = (uint32_t)(path >> 7);; i++) {
		uint64_t *slot = &paths_seen[i & (PATHS_MAX - 1)];

		if (*slot == path)
			return false;
		if (*slot == 0) {
			*slot = path;
			return true;
		}
	}
}

static int
run_child(void (*work)(void *ctx), void *ctx, uint64_t nth, int log)
{
	int status;
	pid_t pid;

	fflush(NULL);
	if (ftruncate(log, 0) != 0 || lseek(log, 0, SEEK_SET) != 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		dup2(log, 1);
		dup2(log, 2);
		alarm(RUN_SECONDS);
		refuse.which = nth;
		work(ctx);
		fflush(NULL);
		refuse_exit(nth && !refuse.happened ? UNREACHED : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void
show_log(int log)
{
	char bytes[4096];
	ssize_t len;

	lseek(log, 0, SEEK_SET);
	while ((len = read(log, bytes, sizeof(bytes))) > 0)
		fwrite(bytes, 1, (size_t)len, stdout);
}

static void
count_ending(const char *name, uint64_t nth, int ending, int log,
	     struct refuse_totals *totals)
{
	totals->refused++;
	switch (ending) {
	case 0:
	/* Another branch was taken before: time, addresses. */
	case UNREACHED: totals->survived++; return;
	case ENDED: totals->ended++; return;
	case NESTED: totals->nested++; return;
	default: break;
	}
	totals->failed++;
	printf("--- %s: request %llu refused: %s %d\n", name,
	       (unsigned long long)nth, ending > 128 ? "signal" : "exit",
	       ending > 128 ? ending - 128 : ending);
	show_log(log);
	printf("see it again: FAIRLEAD_ALLOC=%llu FAIRLEAD_WORK='%s'\n",
	       (unsigned long long)nth, name);
}

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/*
 * How many runs of a piece there is time for, when one takes so long. What is
 * left out is counted. FAIRLEAD_ALLOC_SECONDS changes the time.
 */
static uint64_t
runs_for(uint64_t one_ms, bool paths)
{
	const char *seconds = getenv("FAIRLEAD_ALLOC_SECONDS");
	uint64_t limit_ms = 1000 * (seconds ? strtoull(seconds, NULL, 0)
				    : paths ? 2
					    : 600);

	return limit_ms / (one_ms + 2) + 1;
}

/* Which requests to refuse, in turns[]; how many they are. */
static uint64_t
choose(uint64_t count, bool paths, uint64_t one)
{
	uint64_t chosen = 0;

	count = min_of(count, (uint64_t)NOTED_MAX);
	for (uint64_t n = 1; n <= count; n++)
		if (one ? n == one : !paths || is_new(noted->path[n - 1]))
			turns[chosen++] = n;
	return chosen;
}

void
refuse_each(const char *name, void (*work)(void *ctx), void *ctx,
	    struct refuse_totals *totals)
{
	const char *how = getenv("FAIRLEAD_ALLOC");
	const char *only = getenv("FAIRLEAD_WORK");
	bool paths = how && !strcmp(how, "paths");
	uint64_t one = how && !paths ? strtoull(how, NULL, 0) : 0;
	uint64_t count, chosen, runs, start_ms;
	int log, ending;

	if (only && strcmp(only, name))
		return;
	if (!noted)
		noted = mmap(NULL, sizeof(*noted), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	log = memfd_create("refuse", 0);
	noted->count = 0;
	refuse.packets_too = true;
	start_ms = now_ms();
	ending = run_child(work, ctx, 0, log);
	if (ending != 0) {
		/* A test that refuses packets itself is let alone with that. */
		noted->count = 0;
		refuse.packets_too = false;
		ending = run_child(work, ctx, 0, log);
	}
	count = noted->count;
	totals->works++;
	totals->asked += count;
	if (ending != 0) {
		totals->failed++;
		printf("--- %s: fails with nothing refused (%d)\n", name,
		       ending);
		show_log(log);
		count = 0;
	}
	chosen = choose(count, paths, one);
	runs = runs_for(now_ms() - start_ms, paths);
	/* Evenly, if there is no time for all. */
	for (uint64_t i = 0, done = 0; i < chosen; i++) {
		uint64_t n = turns[i];

		if (done * chosen > runs * i && runs < chosen) {
			totals->left_out++;
			continue;
		}
		done++;
		ending = run_child(work, ctx, n, log);
		count_ending(name, n, ending, log, totals);
		if (one)
			show_log(log);
	}
	close(log);
}

int
refuse_report(const char *name, const struct refuse_totals *totals)
{
	const char *path = getenv("FAIRLEAD_RESULT");
	FILE *file = path ? fopen(path, "a") : NULL;
	const char *base = strrchr(name, '/');

	if (file) {
		fprintf(file, "%s %llu %llu %llu %llu %llu %llu %llu %llu\n",
			base ? base + 1 : name,
			(unsigned long long)totals->works,
			(unsigned long long)totals->asked,
			(unsigned long long)totals->refused,
			(unsigned long long)totals->survived,
			(unsigned long long)totals->ended,
			(unsigned long long)totals->nested,
			(unsigned long long)totals->left_out,
			(unsigned long long)totals->failed);
		fclose(file);
	}
	return totals->failed > 0;
}
