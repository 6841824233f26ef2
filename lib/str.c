/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text to values, for the console, the configuration and the kernel command
 * line. Pure functions over a caller's string; what they refuse they leave
 * untouched, so that an error message can still show the old value.
 */
#include "lib/str.h"

#include "lib/port.h"

/* The digit's value, or 255, which no base reaches. */
static unsigned int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A') + 10;
	return 255;
}

bool
str_u64(const char *text, uint64_t *out)
{
	unsigned int base = 10, digit;
	uint64_t value = 0;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	} else if (text[0] == '0') {
		base = 8;
	}
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		digit = digit_value(*text);
		if (digit >= base)
			return false;
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return false;
	}
	*out = value;
	return true;
}

bool
str_u32(const char *text, uint32_t *out)
{
	uint64_t value;

	if (!str_u64(text, &value) || value > UINT32_MAX)
		return false;
	*out = (uint32_t)value;
	return true;
}

bool
str_mac(const char *text, uint8_t out[6])
{
	uint8_t mac[6];
	unsigned int i, high, low;

	for (i = 0; i < 6; i++) {
		high = digit_value(text[0]);
		if (high > 15)
			return false;
		low = digit_value(text[1]);
		if (low > 15)
			return false;
		mac[i] = (uint8_t)(high << 4 | low);
		if (text[2] != (i < 5 ? ':' : '\0'))
			return false;
		text += 3;
	}
	memcpy(out, mac, sizeof(mac));
	return true;
}

/*
 * A decimal number from 0 to max without leading zeros (elsewhere those mean
 * octal, and guessing would be worse than refusing). Returns what follows it,
 * NULL if there is none.
 */
static const char *
parse_decimal(const char *text, uint32_t max, uint32_t *out)
{
	uint32_t value = 0;
	const char *start = text;

	for (; *text >= '0' && *text <= '9'; text++) {
		if (text > start && value == 0)
			return NULL;
		value = value * 10 + (uint32_t)(*text - '0');
		if (value > max)
			return NULL;
	}
	if (text == start)
		return NULL;
	*out = value;
	return text;
}

/* One to four parts from the left, the rest zero. Returns what follows. */
static const char *
parse_quad(const char *text, uint32_t *addr, unsigned int *part_count)
{
	uint32_t part;

	*addr = 0;
	for (*part_count = 0;; text++) {
		text = parse_decimal(text, 255, &part);
		if (text == NULL)
			return NULL;
		*addr |= part << (24 - 8 * *part_count);
		*part_count += 1;
		if (*text != '.' || *part_count == 4)
			return text;
	}
}

bool
str_ipv4(const char *text, uint32_t *out)
{
	unsigned int part_count;
	uint32_t addr;

	text = parse_quad(text, &addr, &part_count);
	if (text == NULL || *text != '\0' || part_count != 4)
		return false;
	*out = addr;
	return true;
}

/* "24" or, as older habits have it, "255.255.255.0". */
static bool
parse_prefix_len(const char *text, uint8_t *len)
{
	uint32_t bits, mask;
	const char *rest = parse_decimal(text, 32, &bits);

	if (rest != NULL && *rest == '\0') {
		*len = (uint8_t)bits;
		return true;
	}
	/* A mask is ones, then zeros: its complement plus one is a power. */
	if (!str_ipv4(text, &mask) || (~mask & (~mask + 1)) != 0)
		return false;
	*len = (uint8_t)__builtin_popcount(mask);
	return true;
}

bool
str_prefix(const char *text, uint32_t *addr, uint8_t *len)
{
	unsigned int part_count;
	uint8_t bits = 32;
	uint32_t value;

	if (strcmp(text, "default") == 0 || strcmp(text, "any") == 0 ||
	    strcmp(text, "all") == 0) {
		*addr = 0;
		*len = 0;
		return true;
	}
	text = parse_quad(text, &value, &part_count);
	if (text == NULL)
		return false;
	if (*text == '/' ? !parse_prefix_len(text + 1, &bits) : *text != '\0')
		return false;
	*addr = value;
	*len = bits;
	return true;
}

size_t
str_copy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src), kept;

	if (size > 0) {
		kept = min_of(len, size - 1);
		memcpy(dst, src, kept);
		dst[kept] = '\0';
	}
	return len;
}

bool
str_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}
