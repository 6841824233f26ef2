/* SPDX-License-Identifier: BSD-2-Clause */
/* apps/console/keys.c, history.c: bytes to keys; lines remembered. */
#include "tests/host/test.h"

#include "apps/console/history.h"
#include "apps/console/keys.h"
#include "lib/port.h"
#include "lib/timer.h"

static struct key
last_key(struct keys *keys, const char *bytes, size_t len)
{
	struct key key = { .kind = KEY_NONE }, next;

	for (size_t i = 0; i < len; i++) {
		next = keys_byte(keys, (uint8_t)bytes[i], 0);
		if (next.kind != KEY_NONE)
			key = next;
	}
	return key;
}

static void
test_sequences(void **state)
{
	static const struct {
		const char *bytes;
		enum key_kind kind;
	} table[] = {
		{ "\033[A", KEY_UP },
		{ "\033OA", KEY_UP },
		{ "\033[B", KEY_DOWN },
		{ "\033[C", KEY_RIGHT },
		{ "\033OD", KEY_LEFT },
		{ "\033[1;5C", KEY_WORD_RIGHT },
		{ "\033[1;3D", KEY_WORD_LEFT },
		{ "\033[H", KEY_HOME },
		{ "\033OH", KEY_HOME },
		{ "\033[1~", KEY_HOME },
		{ "\033[7~", KEY_HOME },
		{ "\033[F", KEY_END },
		{ "\033[4~", KEY_END },
		{ "\033[8~", KEY_END },
		{ "\033[3~", KEY_DELETE },
		{ "\033[200~", KEY_PASTE_BEGIN },
		{ "\033[201~", KEY_PASTE_END },
		{ "\033[24;80R", KEY_REPORT },
		{ "\033b", KEY_META },
		{ "\033B", KEY_META },
		{ "\033\177", KEY_META_ERASE },
		{ "\b", KEY_ERASE },
		{ "\177", KEY_ERASE },
		{ "\t", KEY_TAB },
		{ "\001", KEY_CONTROL },
		{ "\r", KEY_ENTER },
		{ "\033[99~", KEY_NONE },
		{ "\033Oz", KEY_NONE },
		{ "\033[?1;2c", KEY_NONE },
		{ "\033[5n", KEY_NONE },
		{ "\033]0;title\007", KEY_NONE },
		{ "\033]0;title\033\\", KEY_NONE },
		{ "\033P1$r\033\\", KEY_NONE },
		{ "\033[1;2;3;4;5;6;7A", KEY_UP },
		{ "\033[99999999999999A", KEY_UP },
		{ "\033\033[A", KEY_UP },
	};
	struct keys keys;
	struct key key;

	for (size_t i = 0; i < array_len(table); i++) {
		keys_init(&keys);
		key = last_key(&keys, table[i].bytes, strlen(table[i].bytes));
		if (key.kind != table[i].kind)
			fail_msg("sequence %zu: %d", i, key.kind);
		assert_int_equal(keys.state, KEYS_GROUND);
	}
	keys_init(&keys);
	key = last_key(&keys, "\033[24;80R", 8);
	assert_int_equal(key.row, 24);
	assert_int_equal(key.column, 80);
	key = last_key(&keys, "\003", 1);
	assert_int_equal(key.letter, 'c');
}

static void
test_characters(void **state)
{
	static const char *const good[] = { "a", "\303\251", "\342\202\254",
					    "\360\237\230\200" };
	static const char *const bad[] = { "\200",
					   "\377",
					   "\300\200",
					   "\340\200\200",
					   "\355\240\200",
					   "\360\200\200\200",
					   "\364\220\200\200" };
	struct keys keys;
	struct key key;

	keys_init(&keys);
	for (size_t i = 0; i < array_len(good); i++) {
		key = last_key(&keys, good[i], strlen(good[i]));
		assert_int_equal(key.kind, KEY_TEXT);
		assert_string_equal(key.text, good[i]);
	}
	assert_int_equal(keys.noise_count, 0);
	for (size_t i = 0; i < array_len(bad); i++) {
		uint64_t before = keys.noise_count;

		key = last_key(&keys, bad[i], strlen(bad[i]));
		assert_int_equal(key.kind, KEY_NONE);
		assert_int_equal(keys.noise_count - before, strlen(bad[i]));
	}
	/* What breaks a character off stands for itself. */
	key = last_key(&keys, "\303a", 2);
	assert_string_equal(key.text, "a");
}

static void
test_a_lone_escape_times_out(void **state)
{
	struct keys keys;

	keys_init(&keys);
	assert_true(keys_deadline(&keys) == TIMER_NEVER);
	keys_byte(&keys, 0x1b, 1000);
	assert_true(keys_deadline(&keys) == 1000 + KEYS_ESCAPE_NS);
	keys_tick(&keys, 1000 + KEYS_ESCAPE_NS - 1);
	assert_int_equal(keys.state, KEYS_ESCAPE);
	assert_int_equal(keys_byte(&keys, 'x', 1000 + KEYS_ESCAPE_NS).kind,
			 KEY_TEXT);
	/* At 9600 baud the bytes of a sequence are a millisecond apart. */
	keys_byte(&keys, 0x1b, 0);
	keys_byte(&keys, '[', KEYS_ESCAPE_NS - 1);
	assert_int_equal(keys_byte(&keys, 'A', 2 * KEYS_ESCAPE_NS - 2).kind,
			 KEY_UP);
}

static void
test_history_is_bounded(void **state)
{
	static struct history history;
	char line[300], text[200];

	history_init(&history);
	assert_null(history_get(&history, 0));
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (unsigned int i = 1; i <= 500; i++) {
		snprintf(line, sizeof(line), "%u %s", i, text);
		history_add(&history, line);
		assert_true(history.used <= HISTORY_LEN);
		assert_string_equal(history_get(&history, history.count - 1),
				    line);
		assert_string_equal(history_find(&history, i), line);
	}
	assert_true(history.count >= 35 && history.count <= HISTORY_LINES);
	assert_int_equal(history_number(&history, history.count - 1), 500);
	assert_null(history_find(&history, 1));
	assert_null(history_find(&history, 501));
	for (unsigned int i = 0; i < 200; i++) {
		snprintf(line, sizeof(line), "%u", i);
		history_add(&history, line);
	}
	assert_int_equal(history.count, HISTORY_LINES);
	assert_string_equal(history_get(&history, 0), "136");
}

static void
test_what_history_forgets(void **state)
{
	static const char *const never[] = { "", " ip addr", "set password x",
					     "wg key=secret", "key x" };
	static struct history history;

	history_init(&history);
	for (size_t i = 0; i < array_len(never); i++)
		history_add(&history, never[i]);
	assert_int_equal(history.count, 0);
	history_add(&history, "keyboard");
	history_add(&history, "keyboard");
	assert_int_equal(history.count, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sequences),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_a_lone_escape_times_out),
		cmocka_unit_test(test_history_is_bounded),
		cmocka_unit_test(test_what_history_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
