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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
