/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes of a serial line to keys. Terminals say "up" in several ways, lines end
 * in several ways, and noise may be anything: what is not understood is
 * swallowed whole and counted, never taken for text. [ECMA-48 5.4] [RFC854]
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEYS_ESCAPE_NS                                                         \
	50000000u /* a lone ESC: 3 bytes at 9600 baud take 3 ms */

enum key_kind {
	KEY_NONE,
	KEY_TEXT,    /* text[]: one character in UTF-8 */
	KEY_ENTER,   /* CR, LF, CR LF, CR NUL */
	KEY_CONTROL, /* letter: 'a' for ^A, '_' for ^_ ... */
	KEY_META,    /* letter: ESC and that character, lower case */
	KEY_ERASE,   /* backspace, by either code */
	KEY_META_ERASE,
	KEY_TAB,
	KEY_UP,
	KEY_DOWN,
	KEY_LEFT,
	KEY_RIGHT,
	KEY_WORD_LEFT, /* with Ctrl or Alt */
	KEY_WORD_RIGHT,
	KEY_HOME,
	KEY_END,
	KEY_DELETE,
	KEY_PASTE_BEGIN, /* bracketed paste */
	KEY_PASTE_END,
	KEY_REPORT, /* the terminal's answer: row and column */
};

struct key {
	enum key_kind kind;
	char letter;
	char text[5];
	uint16_t row, column;
};

struct keys {
	enum {
		KEYS_GROUND,
		KEYS_ESCAPE,
		KEYS_CSI,    /* ESC [ */
		KEYS_SS3,    /* ESC O */
		KEYS_STRING, /* ESC ] P X ^ _: up to ST or BEL */
		KEYS_STRING_ESCAPE,
	} state;
	bool after_cr;
	uint16_t number[4]; /* CSI parameters */
	uint8_t number_count;
	bool private;	      /* CSI ? */
	uint16_t len;	      /* bytes of the sequence so far */
	char text[5];	      /* a character in the making */
	uint8_t text_need;    /* bytes of it that are missing */
	uint64_t escape_ns;   /* when its last byte came */
	uint64_t noise_count; /* bytes that meant nothing */
};

void keys_init(struct keys *keys);

/* One byte; KEY_NONE if it completes no key. */
struct key keys_byte(struct keys *keys, uint8_t byte, uint64_t now_ns);

/* A sequence that has begun is given up at this time; TIMER_NEVER. */
uint64_t keys_deadline(const struct keys *keys);

/* Gives it up if it is time. */
void keys_tick(struct keys *keys, uint64_t now_ns);
