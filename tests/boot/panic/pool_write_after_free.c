/* SPDX-License-Identifier: BSD-2-Clause */
/* Goes on writing to an object that it gave back to its pool. */
#include "lib/pool.h"
#include "tests/boot/panic_main.h"

static struct pool pool;

void
misdeed(struct pages *pages)
{
	volatile uint64_t *object;

	assert(pool_init(&pool, pages, "victims", 256, 64, 8) == OK);
	object = pool_get(&pool);
	assert(object);
	pool_put(&pool, (void *)object);
	object[3] = 1;
	assert(pool_get(&pool));
}
