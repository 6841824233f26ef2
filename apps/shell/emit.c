/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two shapes of an object. Spacing follows iproute2 6.1 to the byte,
 * where `-p` indents by the depth of all brackets, arrays included.
 */
#include "apps/shell/emit.h"

#include "lib/port.h"

static void
put(struct emit *emit, char c)
{
	out_write(emit->out, &c, 1);
}

static void
json_indent(struct emit *emit)
{
	if (!emit->pretty)
		return;
	put(emit, '\n');
	for (unsigned int i = 0; i < emit->depth; i++)
		out_puts(emit->out, "    ");
}

static void
json_next(struct emit *emit)
{
	if (emit->separator != 0)
		put(emit, emit->separator);
	emit->separator = ',';
}

static void
json_string(struct emit *emit, const char *text)
{
	static const char plain[] = "\t\n\r\f\b\\\"", named[] = "tnrfb\\\"";
	const char *special;

	put(emit, '"');
	for (; *text != '\0'; text++) {
		special = strchr(plain, *text);
		if (special != NULL)
			out_printf(emit->out, "\\%c", named[special - plain]);
		else if ((unsigned char)*text < ' ')
			out_printf(emit->out, "\\u%04x", *text);
		else
			put(emit, *text);
	}
	put(emit, '"');
}

static void
json_key(struct emit *emit, const char *key)
{
	json_next(emit);
	if (key == NULL)
		return;
	json_indent(emit);
	json_string(emit, key);
	out_puts(emit->out, emit->pretty ? ": " : ":");
}

static void
json_open(struct emit *emit, const char *key, char bracket)
{
	json_key(emit, key);
	put(emit, bracket);
	emit->depth++;
	emit->separator = 0;
	if (bracket == '[' && emit->pretty)
		put(emit, ' ');
}

static void
json_close(struct emit *emit, char bracket)
{
	emit->depth--;
	if (bracket == ']') {
		if (emit->pretty && emit->separator != 0)
			put(emit, ' ');
	} else if (emit->separator != 0) {
		json_indent(emit);
	}
	put(emit, bracket);
	emit->separator = ',';
}

void
emit_begin(struct emit *emit)
{
	if (emit->json)
		json_open(emit, NULL, '[');
}

void
emit_end(struct emit *emit)
{
	if (!emit->json)
		return;
	json_close(emit, ']');
	put(emit, '\n');
}

void
emit_object(struct emit *emit, const char *key)
{
	if (emit->json)
		json_open(emit, key, '{');
}

void
emit_object_end(struct emit *emit)
{
	if (emit->json)
		json_close(emit, '}');
}

void
emit_array(struct emit *emit, const char *key, const char *text)
{
	if (emit->json)
		json_open(emit, key, '[');
	else
		out_puts(emit->out, text);
}

void
emit_array_end(struct emit *emit, const char *text)
{
	if (emit->json)
		json_close(emit, ']');
	else
		out_puts(emit->out, text);
}

void
emit_coloured(struct emit *emit, enum colour colour, const char *key,
	      const char *before, const char *value, const char *after)
{
	static const char code[][4] = { "0", "36", "33", "35", "32", "31" };

	if (emit->json) {
		if (key == NULL)
			return;
		json_key(emit, *key == '\0' ? NULL : key);
		json_string(emit, value);
		return;
	}
	if (before == NULL)
		return;
	out_puts(emit->out, before);
	if (emit->colour && colour != COLOUR_NONE)
		out_printf(emit->out, "\033[%sm%s%s\033[0m", code[colour],
			   value, after);
	else
		out_printf(emit->out, "%s%s", value, after);
}

void
emit_string(struct emit *emit, const char *key, const char *before,
	    const char *value, const char *after)
{
	emit_coloured(emit, COLOUR_NONE, key, before, value, after);
}

void
emit_number(struct emit *emit, const char *key, const char *before,
	    uint64_t value, const char *after)
{
	if (emit->json && key != NULL) {
		json_key(emit, key);
		out_printf(emit->out, "%llu", (unsigned long long)value);
	} else if (!emit->json && before != NULL) {
		out_printf(emit->out, "%s%llu%s", before,
			   (unsigned long long)value, after);
	}
}

void
emit_literal(struct emit *emit, const char *key, const char *before,
	     const char *value, const char *after)
{
	if (emit->json && key != NULL) {
		json_key(emit, key);
		out_puts(emit->out, value);
	} else if (!emit->json && before != NULL) {
		out_printf(emit->out, "%s%s%s", before, value, after);
	}
}

void
emit_addr(struct emit *emit, const char *key, const char *before, uint32_t addr,
	  const char *after)
{
	char text[16];

	fmt_print(text, sizeof(text), "%pI4", &addr);
	emit_coloured(emit, COLOUR_INET, key, before, text, after);
}

void
emit_mac(struct emit *emit, const char *key, const char *before,
	 const uint8_t *mac, const char *after)
{
	char text[18];

	fmt_print(text, sizeof(text), "%pM", mac);
	emit_coloured(emit, COLOUR_MAC, key, before, text, after);
}

static void
emit_word(struct emit *emit, const char *key, const char *word,
	  const char *text)
{
	if (emit->json && key != NULL) {
		json_key(emit, key);
		out_puts(emit->out, word);
	} else if (!emit->json && text != NULL) {
		out_puts(emit->out, text);
	}
}

void
emit_true(struct emit *emit, const char *key, const char *text)
{
	emit_word(emit, key, "true", text);
}

void
emit_null(struct emit *emit, const char *key, const char *text)
{
	emit_word(emit, key, "null", text);
}

void
emit_bool(struct emit *emit, const char *key, bool value)
{
	emit_word(emit, key, value ? "true" : "false", NULL);
}

void
emit_text(struct emit *emit, const char *fmt, ...)
{
	va_list args;

	if (emit->json)
		return;
	va_start(args, fmt);
	out_vprintf(emit->out, fmt, args);
	va_end(args);
}

void
emit_break(struct emit *emit)
{
	emit_text(emit, "%s", emit->oneline ? "\\" : "\n");
}

void
emit_line(struct emit *emit)
{
	emit_text(emit, "\n");
}
