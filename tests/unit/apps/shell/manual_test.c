/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/console.md is what the command table says. Run from the tree's root. */
#include "tests/host/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "apps/commands/commands.h"
#include "apps/shell/args.h"
#include "apps/shell/help.h"

#define TEXT_LEN 200000u

static void
test_the_manual_is_up_to_date(void **state)
{
	char *want = malloc(TEXT_LEN), *have = malloc(TEXT_LEN);
	FILE *file = fopen("docs/console.md", "r");
	struct out_buf buf;
	size_t len;

	assert_non_null(file);
	len = fread(have, 1, TEXT_LEN - 1, file);
	have[len] = '\0';
	fclose(file);
	out_buf_init(&buf, want, TEXT_LEN);
	help_manual(&box_world, &buf.out);
	assert_int_equal(buf.cut_len, 0);
	if (strcmp(want, have) != 0)
		fail_msg("docs/console.md is out of date: "
			 "make docs/console.md");
	free(want);
	free(have);
}

static void
check_args(const struct arg_spec *args)
{
	for (; args != NULL && args->kind != ARG_END; args++) {
		assert_non_null(args->word);
		if (args->flags & ARG_HIDDEN)
			continue;
		assert_non_null(args->help);
		if (args->kind != ARG_FLAG)
			assert_non_null(args->what);
		if (args->kind == ARG_NAME)
			assert_non_null(args->names);
		check_args(args->group);
	}
}

/* Every command can be run and is explained; tables fit where they go. */
static void
check_commands(const struct command *command, bool styled)
{
	for (; command->name != NULL; command++) {
		assert_non_null(command->summary);
		assert_true(styled || command->style != NULL);
		assert_true(command->start != NULL || command->sub != NULL);
		assert_true(args_count(command->args) <= ARGS_MAX);
		check_args(command->args);
		if (command->sub != NULL)
			check_commands(command->sub, true);
	}
}

static void
test_the_table_is_whole(void **state)
{
	const struct command *c = box_world.commands;

	check_commands(c, false);
	for (; c[1].name != NULL; c++)
		assert_true(strcmp(c[0].name, c[1].name) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_manual_is_up_to_date),
		cmocka_unit_test(test_the_table_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
