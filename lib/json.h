/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Members of a JSON object that a stranger sent, looked up in the text itself:
 * nothing is allocated, nothing is copied, nesting is bounded. A text is valid
 * as a whole or not at all. [RFC8259]
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MAX 16u

enum json_kind {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING, /* text lies between the quotes, escapes as they are */
	JSON_OBJECT,
	JSON_ARRAY,
};

struct json {
	enum json_kind kind;
	const char *text; /* in the caller's text; not terminated */
	size_t len;
};

/* Is text one JSON value, nested no deeper than JSON_DEPTH_MAX? */
bool json_valid(const char *text, size_t len);

/* The member of the object in text, which must be valid. False if there is none
 * of that name, or text is no object. The first of several counts. */
bool json_member(const char *text, size_t len, const char *name,
		 struct json *value);

/* A number's whole part; false if it is none, negative or too large. */
bool json_u64(const struct json *value, uint64_t *number);
