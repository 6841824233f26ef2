/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/log.c: what dmesg shows, before and after the ring has wrapped. */
#include "tests/host/test.h"

#include "lib/log.h"
#include "lib/port.h"
#include "lib/str.h"

struct fixture {
	struct log log;
	struct out_buf shown;
	char text[2 * PARAM_LOG_LEN];
};

static int
setup(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	return 0;
}

static int
teardown(void **state)
{
	free(*state);
	return 0;
}

static const char *
show(struct fixture *f)
{
	out_buf_init(&f->shown, f->text, sizeof(f->text));
	log_show(&f->log, &f->shown.out);
	return f->text;
}

static void
test_empty_log_shows_nothing(void **state)
{
	assert_string_equal(show(*state), "");
}

static void
test_lines_have_time_stamps_and_no_level(void **state)
{
	struct fixture *f = *state;

	log_append(&f->log, 0, LOG_INFO, "fairlead 0.1");
	log_append(&f->log, 1234567890123, LOG_ERR, "eth0: gone");
	log_append(&f->log, 99999999999999999, LOG_DEBUG, "");
	assert_string_equal(show(f), "[    0.000000] fairlead 0.1\n"
				     "[ 1234.567890] eth0: gone\n"
				     "[99999999.999999] \n");
	assert_memory_equal(f->log.text, "<6>[    0.000000] ", 18);
}

static void
test_one_entry_stays_one_line(void **state)
{
	struct fixture *f = *state;

	log_append(&f->log, 0, LOG_WARN, "a\n<0>[ forged\r\x1b[2J\x7f\tb");
	assert_string_equal(show(f), "[    0.000000] a?<0>[ forged??[2J?\tb\n");
}

/* The log after n lines is the last lines of all that was ever logged. */
static void
test_wrapped_log_shows_the_last_whole_lines(void **state)
{
	struct fixture *f = *state;
	struct random random = test_random();
	static char all[8 * PARAM_LOG_LEN];
	char line[300];
	const char *shown;
	size_t all_len = 0, shown_len;
	unsigned int i, len;

	for (i = 0; all_len < sizeof(all) - 400; i++) {
		len = random_below(&random, 200);
		memset(line, 'a' + (int)(i % 26), len);
		line[len] = '\0';
		log_append(&f->log, i * 1000000000ull, LOG_INFO, line);
		all_len += (size_t)sprintf(all + all_len, "[%5u.000000] %s\n",
					   i, line);
		shown = show(f);
		shown_len = strlen(shown);
		assert_true(shown_len <= all_len);
		assert_string_equal(shown, all + all_len - shown_len);
		/* All of it while it fits; then never much less than fits. */
		if (shown_len < all_len) {
			assert_true(f->log.written_len > PARAM_LOG_LEN);
			assert_true(all[all_len - shown_len - 1] == '\n');
			assert_true(shown_len + 3 * (i + 1) + 220 >
				    PARAM_LOG_LEN);
		}
	}
}

/* Filled to the last byte, nothing has been lost yet; one more, and it has. */
static void
test_exactly_full(void **state)
{
	struct fixture *f = *state;
	char line[PARAM_LOG_LEN / 16 + 1];
	size_t left, head_len = strlen("<6>[    0.000000] \n"), len;

	for (left = PARAM_LOG_LEN; left > 0; left -= head_len + len) {
		len = min_of(left - head_len, 500u);
		if (left - head_len - len < head_len)
			len = left - head_len;
		memset(line, 'x', len);
		line[0] = left == PARAM_LOG_LEN ? 'F' : 'x';
		line[len] = '\0';
		log_append(&f->log, 0, LOG_INFO, line);
	}
	assert_int_equal(f->log.written_len, PARAM_LOG_LEN);
	assert_true(str_starts(show(f), "[    0.000000] Fxxx"));
	log_append(&f->log, 0, LOG_INFO, "");
	assert_true(str_starts(show(f), "[    0.000000] xxxx"));
}

static void
test_a_very_long_line_is_cut(void **state)
{
	struct fixture *f = *state;
	static char text[3 * PARAM_LOG_LEN];

	memset(text, 'x', sizeof(text) - 1);
	log_append(&f->log, 0, LOG_INFO, "before");
	log_append(&f->log, 0, LOG_INFO, text);
	log_append(&f->log, 0, LOG_INFO, "after");
	assert_true(str_starts(show(f), "[    0.000000] before\n"));
	assert_non_null(strstr(show(f), "xxxx\n[    0.000000] after\n"));
}

static void
test_a_log_is_known_again_unless_a_byte_has_changed(void **state)
{
	struct fixture *f = *state;
	struct random random = test_random();

	memset(&f->log, 0x5a, sizeof(f->log));
	assert_false(log_is_intact(&f->log));
	memset(&f->log, 0, sizeof(f->log));
	assert_false(log_is_intact(&f->log));
	log_init(&f->log);
	assert_true(log_is_intact(&f->log));
	for (unsigned int i = 0; i < 1000; i++) {
		uint32_t at = random_below(&random, PARAM_LOG_LEN);

		log_append(&f->log, i, LOG_INFO, "a line, and one more");
		assert_true(log_is_intact(&f->log));
		f->log.text[at] ^= 1;
		assert_false(log_is_intact(&f->log));
		f->log.text[at] ^= 1;
	}
}

static void
test_swapped_logs_show_each_others_lines(void **state)
{
	struct fixture *f = *state;
	static struct log other;

	log_init(&f->log);
	log_init(&other);
	log_append(&f->log, 0, LOG_INFO, "mine");
	log_append(&other, 0, LOG_INFO, "its");
	log_swap(&f->log, &other);
	assert_string_equal(show(f), "[    0.000000] its\n");
	assert_true(log_is_intact(&f->log) && log_is_intact(&other));
}

/* The tail is what log_show() ended with when the log was `end` long. */
static void
test_tail_is_the_last_lines_before_a_place(void **state)
{
	struct fixture *f = *state;
	char tail[400];
	struct out_buf shown;
	uint64_t end = 0;

	log_init(&f->log);
	for (unsigned int i = 0; i < 900; i++) {
		char line[40];

		sprintf(line, "line %u", i);
		log_append(&f->log, 0, LOG_INFO, line);
		if (i == 890)
			end = f->log.written_len;
	}
	out_buf_init(&shown, tail, sizeof(tail));
	log_show_tail(&f->log, &shown.out, end, 3);
	assert_string_equal(tail, "[    0.000000] line 888\n"
				  "[    0.000000] line 889\n"
				  "[    0.000000] line 890\n");
	/* More than there are: all that is held. */
	out_buf_init(&shown, f->text, sizeof(f->text));
	log_show_tail(&f->log, &shown.out, f->log.written_len, 100000);
	assert_int_equal(shown.cut_len, 0);
	assert_true(shown.len > PARAM_LOG_LEN / 2);
	assert_true(str_starts(f->text, "[    0.000000] line "));
	out_buf_init(&shown, tail, sizeof(tail));
	log_show_tail(&f->log, &shown.out, 0, 3);
	assert_string_equal(tail, "");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_empty_log_shows_nothing),
		TEST(test_lines_have_time_stamps_and_no_level),
		TEST(test_one_entry_stays_one_line),
		TEST(test_wrapped_log_shows_the_last_whole_lines),
		TEST(test_exactly_full),
		TEST(test_a_very_long_line_is_cut),
		TEST(test_a_log_is_known_again_unless_a_byte_has_changed),
		TEST(test_swapped_logs_show_each_others_lines),
		TEST(test_tail_is_the_last_lines_before_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
