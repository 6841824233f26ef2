/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One description of an object, two shapes: each call below prints its value as
 * text or as a JSON member, so `ip X` and `ip -j X` cannot disagree. The model
 * is iproute2's json_print, whose texts and spacing are the contract.
 *
 * key NULL: the value has no JSON form. before NULL: it has no text form.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/fmt.h"

enum colour {
	COLOUR_NONE,
	COLOUR_IFNAME,
	COLOUR_MAC,
	COLOUR_INET,
	COLOUR_UP,
	COLOUR_DOWN,
};

struct emit {
	struct out *out;
	bool json;
	bool pretty;	/* JSON with line breaks */
	bool oneline;	/* text: a backslash instead of a line break */
	bool colour;	/* text: escape sequences are welcome */
	uint8_t depth;	/* JSON: open brackets */
	char separator; /* JSON: what goes before the next member, or 0 */
};

/* The whole output: in JSON an array with a line break behind it. */
void emit_begin(struct emit *emit);
void emit_end(struct emit *emit);

/* Brackets of JSON; the text is printed as it stands. */
void emit_object(struct emit *emit, const char *key);
void emit_object_end(struct emit *emit);
void emit_array(struct emit *emit, const char *key, const char *text);
void emit_array_end(struct emit *emit, const char *text);

/* before, value, after; all of them printed as they are. */
void emit_string(struct emit *emit, const char *key, const char *before,
		 const char *value, const char *after);
void emit_number(struct emit *emit, const char *key, const char *before,
		 uint64_t value, const char *after);
/* A number that the caller has written, with a point perhaps. */
void emit_literal(struct emit *emit, const char *key, const char *before,
		  const char *value, const char *after);
void emit_addr(struct emit *emit, const char *key, const char *before,
	       uint32_t addr, const char *after);
void emit_mac(struct emit *emit, const char *key, const char *before,
	      const uint8_t *mac, const char *after);
/* The string in a colour; before stays outside of it. */
void emit_coloured(struct emit *emit, enum colour colour, const char *key,
		   const char *before, const char *value, const char *after);

/* A flag: true or null in JSON, a fixed text elsewhere. */
void emit_true(struct emit *emit, const char *key, const char *text);
void emit_null(struct emit *emit, const char *key, const char *text);
void emit_bool(struct emit *emit, const char *key, bool value);

/* Text only. */
void emit_text(struct emit *emit, const char *fmt, ...) printf_like(2, 3);
/* The line break between parts of one object: "\n", or "\" with -o. */
void emit_break(struct emit *emit);
/* The line break behind an object. */
void emit_line(struct emit *emit);
