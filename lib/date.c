/* SPDX-License-Identifier: BSD-2-Clause */
/* The Gregorian calendar; see date.h. */
#include "lib/date.h"

#include "lib/fmt.h"

/* The Gregorian calendar has 146097 days in 400 years; years are counted from
 * March on, so that February comes last. */
void
date_civil(uint64_t days, uint32_t *year, uint32_t *month, uint32_t *day)
{
	uint64_t since = days + 719468, era = since / 146097;
	uint32_t of_era = (uint32_t)(since % 146097);
	uint32_t of_year, march_month;
	uint32_t years =
		(of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) /
		365;

	of_year = of_era - (365 * years + years / 4 - years / 100);
	march_month = (5 * of_year + 2) / 153;
	*day = of_year - (153 * march_month + 2) / 5 + 1;
	*month = march_month < 10 ? march_month + 3 : march_month - 9;
	*year = (uint32_t)(years + era * 400) + (*month <= 2 ? 1 : 0);
}

void
date_print(char text[DATE_LEN], uint64_t epoch_s)
{
	static const char *const weekday[] = { "Thu", "Fri", "Sat", "Sun",
					       "Mon", "Tue", "Wed" };
	static const char *const name[] = { "Jan", "Feb", "Mar", "Apr",
					    "May", "Jun", "Jul", "Aug",
					    "Sep", "Oct", "Nov", "Dec" };
	uint32_t year, month, day;

	date_civil(epoch_s / 86400, &year, &month, &day);
	fmt_print(text, DATE_LEN, "%s %s %2u %02u:%02u:%02u UTC %u",
		  weekday[epoch_s / 86400 % 7], name[month - 1], day,
		  (unsigned int)(epoch_s / 3600 % 24),
		  (unsigned int)(epoch_s / 60 % 60),
		  (unsigned int)(epoch_s % 60), year);
}
