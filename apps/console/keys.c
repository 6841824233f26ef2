/* SPDX-License-Identifier: BSD-2-Clause */
/* A state machine over single bytes; it holds at most one key in the making. */
#include "apps/console/keys.h"

#include "lib/port.h"
#include "lib/timer.h"

#define SEQUENCE_MAX 256u /* bytes; longer ones are noise */

void
keys_init(struct keys *keys)
{
	*keys = (struct keys){ .state = KEYS_GROUND };
}

static struct key
key_of(enum key_kind kind)
{
	return (struct key){ .kind = kind };
}

static struct key
key_letter(enum key_kind kind, char letter)
{
	return (struct key){ .kind = kind, .letter = letter };
}

static struct key
noise(struct keys *keys, uint32_t count)
{
	keys->noise_count += count;
	return key_of(KEY_NONE);
}

/* ---- text in UTF-8 ------------------------------------------------------ */

/* How many bytes follow a first byte; 255: it is none. [RFC3629 4] */
static uint8_t
utf8_tail(uint8_t byte)
{
	if (byte < 0x80)
		return 0;
	if (byte >= 0xc2 && byte <= 0xdf)
		return 1;
	if (byte >= 0xe0 && byte <= 0xef)
		return 2;
	if (byte >= 0xf0 && byte <= 0xf4)
		return 3;
	return 255;
}

/* Overlong forms, surrogates and what lies beyond the last character. */
static bool
utf8_bad_second(uint8_t first, uint8_t second)
{
	return (first == 0xe0 && second < 0xa0) ||
	       (first == 0xed && second > 0x9f) ||
	       (first == 0xf0 && second < 0x90) ||
	       (first == 0xf4 && second > 0x8f);
}

static struct key
text_byte(struct keys *keys, uint8_t byte)
{
	size_t len = strlen(keys->text);
	struct key key = { .kind = KEY_TEXT };

	if (keys->text_need > 0) {
		if ((byte & 0xc0) != 0x80 ||
		    (len == 1 &&
		     utf8_bad_second((uint8_t)keys->text[0], byte))) {
			keys->text_need = 0;
			keys->text[0] = '\0';
			keys->noise_count += len;
			/* This one may begin another character. */
			return text_byte(keys, byte);
		}
		keys->text[len] = (char)byte;
		keys->text[len + 1] = '\0';
		if (--keys->text_need > 0)
			return key_of(KEY_NONE);
	} else {
		keys->text_need = utf8_tail(byte);
		if (keys->text_need == 255) {
			keys->text_need = 0;
			return noise(keys, 1);
		}
		keys->text[0] = (char)byte;
		keys->text[1] = '\0';
		if (keys->text_need > 0)
			return key_of(KEY_NONE);
	}
	memcpy(key.text, keys->text, sizeof(key.text));
	keys->text[0] = '\0';
	return key;
}

/* ---- escape sequences --------------------------------------------------- */

static struct key
tilde_key(struct keys *keys)
{
	switch (keys->number_count > 0 ? keys->number[0] : 0) {
	case 1:
	case 7: return key_of(KEY_HOME);
	case 3: return key_of(KEY_DELETE);
	case 4:
	case 8: return key_of(KEY_END);
	case 200: return key_of(KEY_PASTE_BEGIN);
	case 201: return key_of(KEY_PASTE_END);
	default: return noise(keys, keys->len);
	}
}

/* The byte that ends ESC [ ... or ESC O. */
static struct key
final_byte(struct keys *keys, uint8_t byte)
{
	/* The second parameter: 5 is Ctrl, 3 is Alt. */
	bool modified = keys->number_count > 1 && keys->number[1] > 1;
	struct key key;

	if (keys->private)
		return key_of(KEY_NONE);
	switch (byte) {
	case 'A': return key_of(KEY_UP);
	case 'B': return key_of(KEY_DOWN);
	case 'C': return key_of(modified ? KEY_WORD_RIGHT : KEY_RIGHT);
	case 'D': return key_of(modified ? KEY_WORD_LEFT : KEY_LEFT);
	case 'H': return key_of(KEY_HOME);
	case 'F': return key_of(KEY_END);
	case '~': return tilde_key(keys);
	case 'R':
		if (keys->number_count < 2)
			break;
		key = key_of(KEY_REPORT);
		key.row = keys->number[0];
		key.column = keys->number[1];
		return key;
	default: break;
	}
	return noise(keys, keys->len);
}

static struct key
csi_byte(struct keys *keys, uint8_t byte)
{
	uint16_t *number =
		&keys->number[keys->number_count > 0 ? keys->number_count - 1
						     : 0];

	if (byte >= '0' && byte <= '9') {
		if (keys->number_count == 0)
			keys->number_count = 1;
		if (*number < 1000)
			*number = (uint16_t)(*number * 10 + (byte - '0'));
	} else if (byte == ';') {
		if (keys->number_count == 0)
			keys->number_count = 1;
		if (keys->number_count < array_len(keys->number))
			keys->number[keys->number_count++] = 0;
	} else if (byte == '?') {
		keys->private = true;
	} else if (byte >= 0x40 && byte <= 0x7e) {
		keys->state = KEYS_GROUND;
		return final_byte(keys, byte);
	} else if (byte < ' ' || byte > 0x7e) {
		/* No part of any sequence: it was broken off. */
		keys->state = KEYS_GROUND;
		return noise(keys, keys->len);
	}
	return key_of(KEY_NONE);
}

static struct key
escape_byte(struct keys *keys, uint8_t byte)
{
	keys->state = KEYS_GROUND;
	switch (byte) {
	case '[':
		keys->state = KEYS_CSI;
		memset(keys->number, 0, sizeof(keys->number));
		keys->number_count = 0;
		keys->private = false;
		return key_of(KEY_NONE);
	case 'O': keys->state = KEYS_SS3; return key_of(KEY_NONE);
	case ']':
	case 'P':
	case 'X':
	case '^':
	case '_': keys->state = KEYS_STRING; return key_of(KEY_NONE);
	case 0x1b: keys->state = KEYS_ESCAPE; return key_of(KEY_NONE);
	case 0x7f:
	case 0x08: return key_of(KEY_META_ERASE);
	default: break;
	}
	if (byte >= 'A' && byte <= 'Z')
		byte = (uint8_t)(byte - 'A' + 'a');
	if (byte > ' ' && byte < 0x7f)
		return key_letter(KEY_META, (char)byte);
	return noise(keys, 2);
}

/* Inside a sequence. A string ends with BEL or ESC \. */
static struct key
sequence_byte(struct keys *keys, uint8_t byte)
{
	if (++keys->len > SEQUENCE_MAX) {
		keys->state = KEYS_GROUND;
		return noise(keys, keys->len);
	}
	switch (keys->state) {
	case KEYS_ESCAPE: return escape_byte(keys, byte);
	case KEYS_CSI: return csi_byte(keys, byte);
	case KEYS_SS3:
		keys->state = KEYS_GROUND;
		keys->private = false;
		keys->number_count = 0;
		return final_byte(keys, byte);
	case KEYS_STRING:
		if (byte == 0x1b)
			keys->state = KEYS_STRING_ESCAPE;
		else if (byte == 0x07)
			keys->state = KEYS_GROUND;
		break;
	case KEYS_STRING_ESCAPE:
		keys->state = byte == '\\' ? KEYS_GROUND : KEYS_STRING;
		break;
	case KEYS_GROUND: break;
	}
	return key_of(KEY_NONE);
}

/* ---- all bytes ---------------------------------------------------------- */

static struct key
control_byte(struct keys *keys, uint8_t byte, uint64_t now_ns)
{
	switch (byte) {
	case '\r': keys->after_cr = true; return key_of(KEY_ENTER);
	case '\n': return key_of(KEY_ENTER);
	case '\t': return key_of(KEY_TAB);
	case 0x08:
	case 0x7f: return key_of(KEY_ERASE);
	case 0x00: return key_of(KEY_NONE);
	case 0x1b:
		keys->state = KEYS_ESCAPE;
		keys->escape_ns = now_ns;
		keys->len = 1;
		return key_of(KEY_NONE);
	default:
		return key_letter(KEY_CONTROL, byte <= 26
						       ? (char)('a' + byte - 1)
						       : (char)(byte | 0x40));
	}
}

struct key
keys_byte(struct keys *keys, uint8_t byte, uint64_t now_ns)
{
	bool after_cr = keys->after_cr;

	keys_tick(keys, now_ns);
	keys->after_cr = false;
	/* The rest of CR LF or CR NUL [RFC854]. */
	if (after_cr && (byte == '\n' || byte == '\0'))
		return key_of(KEY_NONE);
	if (keys->state != KEYS_GROUND) {
		keys->escape_ns = now_ns;
		return sequence_byte(keys, byte);
	}
	if (byte < ' ' || byte == 0x7f) {
		if (keys->text_need > 0)
			keys->noise_count += strlen(keys->text);
		keys->text_need = 0;
		keys->text[0] = '\0';
		return control_byte(keys, byte, now_ns);
	}
	return text_byte(keys, byte);
}

uint64_t
keys_deadline(const struct keys *keys)
{
	return keys->state == KEYS_GROUND ? TIMER_NEVER
					  : keys->escape_ns + KEYS_ESCAPE_NS;
}

void
keys_tick(struct keys *keys, uint64_t now_ns)
{
	if (keys->state == KEYS_GROUND ||
	    now_ns < keys->escape_ns + KEYS_ESCAPE_NS)
		return;
	keys->state = KEYS_GROUND;
	keys->noise_count += keys->len;
}
