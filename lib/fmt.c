/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatted text: one pass over the format, each piece goes to the sink at
 * once, nothing is allocated and nothing is kept. Console, log and panic report
 * all come through here, so it must work when nothing else does. [C11 7.21.6.1]
 */
#include "lib/fmt.h"

#include <limits.h>

/* One conversion as parsed, up to and without its letter. */
struct spec {
	bool left, zero, plus, space, alt;
	int width;
	int precision; /* -1: not given */
	char size;     /* 'H' hh, 'h', 0, 'l', 'L' ll, 'z' */
};

/* The longest number: 2^64-1 in octal. */
#define DIGITS_MAX 22

void
out_write(struct out *out, const char *text, size_t len)
{
	if (len > 0)
		out->write(out, text, len);
}

void
out_puts(struct out *out, const char *text)
{
	out_write(out, text, strlen(text));
}

static void
out_fill(struct out *out, char c, int count)
{
	char run[16];

	if (count <= 0)
		return;
	memset(run, c, sizeof(run));
	for (; count > (int)sizeof(run); count -= (int)sizeof(run))
		out_write(out, run, sizeof(run));
	out_write(out, run, (size_t)count);
}

/* Text in its field. */
static void
put_text(struct out *out, const struct spec *spec, const char *text, int len)
{
	if (!spec->left)
		out_fill(out, ' ', spec->width - len);
	out_write(out, text, (size_t)len);
	if (spec->left)
		out_fill(out, ' ', spec->width - len);
}

static void
put_string(struct out *out, const struct spec *spec, const char *text)
{
	int len = 0, max = spec->precision < 0 ? INT_MAX : spec->precision;

	if (text == NULL)
		text = "(null)";
	while (len < max && text[len] != '\0')
		len++;
	put_text(out, spec, text, len);
}

/* Writes the digits backwards from end; returns where they begin. */
static char *
digits(char *end, uint64_t value, unsigned int base, bool upper)
{
	const char *letters = upper ? "0123456789ABCDEF" : "0123456789abcdef";

	for (; value != 0; value /= base)
		*--end = letters[value % base];
	return end;
}

/* sign is the text before the digits: "-", "0x", … */
static void
put_number(struct out *out, const struct spec *spec, const char *sign,
	   uint64_t value, unsigned int base, bool upper)
{
	char text[DIGITS_MAX];
	char *end = text + sizeof(text);
	const char *first = digits(end, value, base, upper);
	int digit_count = (int)(end - first);
	int sign_len = (int)strlen(sign);
	int digits_min = spec->precision < 0 ? 1 : spec->precision;
	int zeros, pad;

	if (base == 8 && spec->alt && digits_min <= digit_count)
		digits_min = digit_count + 1;
	zeros = digits_min > digit_count ? digits_min - digit_count : 0;
	pad = spec->width - sign_len - zeros - digit_count;
	if (spec->zero && !spec->left && spec->precision < 0 && pad > 0) {
		zeros += pad;
		pad = 0;
	}
	if (!spec->left)
		out_fill(out, ' ', pad);
	out_write(out, sign, (size_t)sign_len);
	out_fill(out, '0', zeros);
	out_write(out, first, (size_t)digit_count);
	if (spec->left)
		out_fill(out, ' ', pad);
}

static void
put_signed(struct out *out, const struct spec *spec, int64_t value)
{
	uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
	const char *sign = "";

	if (value < 0)
		sign = "-";
	else if (spec->plus)
		sign = "+";
	else if (spec->space)
		sign = " ";
	put_number(out, spec, sign, magnitude, 10, false);
}

static void
put_unsigned(struct out *out, const struct spec *spec, char letter,
	     uint64_t value)
{
	unsigned int base = letter == 'u' ? 10 : letter == 'o' ? 8 : 16;
	const char *sign = "";

	if (base == 16 && spec->alt && value != 0)
		sign = letter == 'X' ? "0X" : "0x";
	put_number(out, spec, sign, value, base, letter == 'X');
}

static void
put_ipv4(struct out *out, const struct spec *spec, uint32_t addr)
{
	char text[16];
	size_t len =
		fmt_print(text, sizeof(text), "%u.%u.%u.%u", addr >> 24,
			  addr >> 16 & 0xff, addr >> 8 & 0xff, addr & 0xff);

	put_text(out, spec, text, (int)len);
}

static void
put_mac(struct out *out, const struct spec *spec, const uint8_t *mac)
{
	char text[18];
	size_t len =
		fmt_print(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x",
			  mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);

	put_text(out, spec, text, (int)len);
}

/* After "%p": an extension, or the address itself. Returns the rest. */
static const char *
put_pointer(struct out *out, struct spec *spec, const char *fmt,
	    const void *ptr)
{
	if (fmt[0] == 'I' && fmt[1] == '4') {
		put_ipv4(out, spec, *(const uint32_t *)ptr);
		return fmt + 2;
	}
	if (fmt[0] == 'M') {
		put_mac(out, spec, ptr);
		return fmt + 1;
	}
	put_number(out, spec, "0x", (uintptr_t)ptr, 16, false);
	return fmt;
}

static int
parse_int(const char **fmt)
{
	int n = 0;

	for (; **fmt >= '0' && **fmt <= '9'; (*fmt)++)
		n = n > INT_MAX / 10 - 1 ? INT_MAX / 2 : n * 10 + (**fmt - '0');
	return n;
}

static const char *
parse_flags(const char *fmt, struct spec *spec)
{
	for (;; fmt++) {
		switch (*fmt) {
		case '-': spec->left = true; break;
		case '0': spec->zero = true; break;
		case '+': spec->plus = true; break;
		case ' ': spec->space = true; break;
		case '#': spec->alt = true; break;
		default: return fmt;
		}
	}
}

static const char *
parse_size(const char *fmt, struct spec *spec)
{
	char c = *fmt;

	if (c != 'h' && c != 'l' && c != 'z')
		return fmt;
	spec->size = c;
	if (c != 'z' && fmt[1] == c) {
		spec->size = c == 'h' ? 'H' : 'L';
		return fmt + 2;
	}
	return fmt + 1;
}

/* va_list is an array type: a struct of it can be passed by pointer. */
struct arguments {
	va_list list;
};

static const char *
parse_spec(const char *fmt, struct spec *spec, struct arguments *args)
{
	*spec = (struct spec){ .precision = -1 };
	fmt = parse_flags(fmt, spec);
	if (*fmt == '*') {
		spec->width = va_arg(args->list, int);
		if (spec->width < 0) {
			spec->left = true;
			spec->width =
				spec->width == INT_MIN ? INT_MAX : -spec->width;
		}
		fmt++;
	} else {
		spec->width = parse_int(&fmt);
	}
	if (*fmt == '.') {
		fmt++;
		if (*fmt == '*') {
			spec->precision = va_arg(args->list, int);
			if (spec->precision < 0)
				spec->precision = -1;
			fmt++;
		} else {
			spec->precision = parse_int(&fmt);
		}
	}
	return parse_size(fmt, spec);
}

static int64_t
arg_signed(const struct spec *spec, struct arguments *args)
{
	switch (spec->size) {
	case 'H': return (signed char)va_arg(args->list, int);
	case 'h': return (short)va_arg(args->list, int);
	case 'l': return va_arg(args->list, long);
	case 'L': return va_arg(args->list, long long);
	case 'z': return va_arg(args->list, ptrdiff_t);
	default: return va_arg(args->list, int);
	}
}

static uint64_t
arg_unsigned(const struct spec *spec, struct arguments *args)
{
	switch (spec->size) {
	case 'H': return (unsigned char)va_arg(args->list, unsigned int);
	case 'h': return (unsigned short)va_arg(args->list, unsigned int);
	case 'l': return va_arg(args->list, unsigned long);
	case 'L': return va_arg(args->list, unsigned long long);
	case 'z': return va_arg(args->list, size_t);
	default: return va_arg(args->list, unsigned int);
	}
}

/* One conversion; fmt stands after the '%'. Returns the rest of the format. */
static const char *
convert(struct out *out, const char *fmt, struct arguments *args)
{
	const char *start = fmt;
	struct spec spec;
	char c;

	fmt = parse_spec(fmt, &spec, args);
	switch (*fmt) {
	case 'd':
	case 'i':
		put_signed(out, &spec, arg_signed(&spec, args));
		return fmt + 1;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		put_unsigned(out, &spec, *fmt, arg_unsigned(&spec, args));
		return fmt + 1;
	case 'c':
		c = (char)va_arg(args->list, int);
		put_text(out, &spec, &c, 1);
		return fmt + 1;
	case 's':
		put_string(out, &spec, va_arg(args->list, const char *));
		return fmt + 1;
	case 'p':
		return put_pointer(out, &spec, fmt + 1,
				   va_arg(args->list, const void *));
	case '%': out_write(out, "%", 1); return fmt + 1;
	}
	/* Not a conversion we know: shown as it stands, so that it is seen. */
	out_write(out, "%", 1);
	return start;
}

void
out_vprintf(struct out *out, const char *fmt, va_list args)
{
	struct arguments copy;
	const char *run;

	va_copy(copy.list, args);
	while (*fmt != '\0') {
		for (run = fmt; *fmt != '\0' && *fmt != '%'; fmt++)
			;
		out_write(out, run, (size_t)(fmt - run));
		if (*fmt == '%')
			fmt = convert(out, fmt + 1, &copy);
	}
	va_end(copy.list);
}

void
out_printf(struct out *out, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	out_vprintf(out, fmt, args);
	va_end(args);
}

static void
out_buf_write(struct out *out, const char *text, size_t len)
{
	struct out_buf *buf = container_of(out, struct out_buf, out);
	size_t room = buf->size - 1 - buf->len;
	size_t kept = min_of(len, room);

	memcpy(buf->text + buf->len, text, kept);
	buf->len += kept;
	buf->text[buf->len] = '\0';
	buf->cut_len += len - kept;
}

void
out_buf_init(struct out_buf *buf, char *text, size_t size)
{
	assert(size > 0);
	*buf = (struct out_buf){
		.out.write = out_buf_write,
		.text = text,
		.size = size,
	};
	text[0] = '\0';
}

size_t
fmt_vprint(char *text, size_t size, const char *fmt, va_list args)
{
	struct out_buf buf;
	char nothing[1];

	if (size == 0)
		out_buf_init(&buf, nothing, sizeof(nothing));
	else
		out_buf_init(&buf, text, size);
	out_vprintf(&buf.out, fmt, args);
	return buf.len + buf.cut_len;
}

size_t
fmt_print(char *text, size_t size, const char *fmt, ...)
{
	va_list args;
	size_t len;

	va_start(args, fmt);
	len = fmt_vprint(text, size, fmt, args);
	va_end(args);
	return len;
}
