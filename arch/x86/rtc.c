/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the MC146818 clock once at boot [HARDWARE H]. It changes under the
 * reader, so a reading counts when a second one says the same. No state.
 */
#include "arch/x86/rtc.h"

#include <arch/io.h>

#include "lib/port.h"

#define CMOS_INDEX 0x70u
#define CMOS_DATA  0x71u

#define RTC_SECOND     0x00u
#define RTC_MINUTE     0x02u
#define RTC_HOUR       0x04u
#define RTC_DAY	       0x07u
#define RTC_MONTH      0x08u
#define RTC_YEAR       0x09u
#define RTC_A	       0x0au
#define RTC_A_UPDATING 0x80u
#define RTC_B	       0x0bu
#define RTC_B_BINARY   0x04u
#define RTC_B_24H      0x02u
#define RTC_HOUR_PM    0x80u

#define RTC_TRIES	 8
#define RTC_UPDATE_READS 2500	/* of about 1 us: an update takes 2 ms */
#define DAYS_TO_1970	 719468 /* from 0000-03-01 */

struct rtc_time {
	uint8_t second, minute, hour, day, month, year, century;
};

static uint8_t
cmos_read(uint8_t index)
{
	port_out8(CMOS_INDEX, index);
	return port_in8(CMOS_DATA);
}

static struct rtc_time
read_once(uint8_t century_index)
{
	struct rtc_time t = {
		.second = cmos_read(RTC_SECOND),
		.minute = cmos_read(RTC_MINUTE),
		.hour = cmos_read(RTC_HOUR),
		.day = cmos_read(RTC_DAY),
		.month = cmos_read(RTC_MONTH),
		.year = cmos_read(RTC_YEAR),
	};

	if (century_index)
		t.century = cmos_read(century_index);
	return t;
}

static uint32_t
decode(uint8_t value, bool is_binary)
{
	return is_binary ? value : (value >> 4) * 10u + (value & 15u);
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar. */
static uint64_t
days_of(uint32_t year, uint32_t month, uint32_t day)
{
	/* Years begin in March, so that a leap day is a year's last day. */
	uint32_t y = month > 2 ? year : year - 1;
	uint32_t m = month > 2 ? month - 3 : month + 9;

	return 365ull * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 +
	       day - 1 - DAYS_TO_1970;
}

static uint64_t
epoch_of(const struct rtc_time *t)
{
	uint8_t b = cmos_read(RTC_B);
	bool is_binary = b & RTC_B_BINARY;
	uint32_t second = decode(t->second, is_binary);
	uint32_t minute = decode(t->minute, is_binary);
	uint32_t hour, year = decode(t->year, is_binary);
	uint32_t day = decode(t->day, is_binary);
	uint32_t month = decode(t->month, is_binary);
	uint32_t century = decode(t->century, is_binary);

	if (b & RTC_B_24H)
		hour = decode(t->hour, is_binary);
	else
		hour = decode(t->hour & ~RTC_HOUR_PM, is_binary) % 12 +
		       (t->hour & RTC_HOUR_PM ? 12 : 0);
	if (second > 60 || minute > 59 || hour > 23 || year > 99 || day < 1 ||
	    day > 31 || month < 1 || month > 12)
		return 0;
	/* No clock that still runs was set before this product existed. */
	year += century >= 20 && century < 30 ? century * 100 : 2000;
	return ((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60 +
	       second;
}

uint64_t
rtc_read(uint8_t century_index)
{
	struct rtc_time first, second;

	for (int i = 0; i < RTC_UPDATE_READS; i++)
		if (!(cmos_read(RTC_A) & RTC_A_UPDATING))
			break;
	for (int i = 0; i < RTC_TRIES; i++) {
		first = read_once(century_index);
		second = read_once(century_index);
		if (memcmp(&first, &second, sizeof(first)) == 0)
			return epoch_of(&first);
	}
	return 0;
}
