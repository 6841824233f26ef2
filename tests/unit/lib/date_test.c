/* SPDX-License-Identifier: BSD-2-Clause */
/* Dates against the C library's, over leap years, eras and every weekday. */
#include "lib/date.h"

#include <string.h>
#include <time.h>

#include "tests/host/test.h"

static void
same_as_libc(uint64_t epoch_s)
{
	char text[DATE_LEN], expected[DATE_LEN];
	time_t time = (time_t)epoch_s;
	struct tm tm;

	date_print(text, epoch_s);
	gmtime_r(&time, &tm);
	strftime(expected, sizeof(expected), "%a %b %e %H:%M:%S UTC %Y", &tm);
	assert_string_equal(text, expected);
}

static void
test_boundaries(void **state)
{
	static const uint64_t at[] = {
		0,	    /* 1970-01-01 */
		951782399,  /* 2000-02-28 23:59:59 */
		951782400,  /* 2000-02-29 */
		951868800,  /* 2000-03-01 */
		978307199,  /* 2000-12-31 23:59:59 */
		1709164800, /* 2024-02-29 */
		4107542399, /* 2100-02-28 23:59:59, no leap year */
		4107542400, /* 2100-03-01 */
		13574563200 /* 2400-02-29 */,
	};

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		same_as_libc(at[i]);
}

static void
test_every_day_of_an_era(void **state)
{
	for (uint64_t day = 0; day < 146097 + 400; day++)
		same_as_libc(day * 86400 + day * 37 % 86400);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boundaries),
		cmocka_unit_test(test_every_day_of_an_era),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
