/* SPDX-License-Identifier: BSD-2-Clause */
/* Every scenario in tests/scenario is a test of its own name. */
#include "tests/host/scenario.h"

#include <glob.h>

#include "tests/host/test.h"

static void
scenario(void **state)
{
	char why[1000];

	if (!scenario_run(*state, why, sizeof(why)))
		fail_msg("%s", why);
}

int
main(int argc, char **argv)
{
	const char *pattern = argc > 1 ? argv[1] : "tests/scenario/*.scn";
	struct CMUnitTest *tests;
	glob_t found;
	int failed;

	if (glob(pattern, 0, NULL, &found) != 0) {
		printf("no scenarios: run this from the top of the tree\n");
		return 1;
	}
	tests = calloc(found.gl_pathc, sizeof(*tests));
	for (size_t i = 0; i < found.gl_pathc; i++) {
		tests[i].name = found.gl_pathv[i];
		tests[i].test_func = scenario;
		tests[i].initial_state = found.gl_pathv[i];
	}
	failed = _cmocka_run_group_tests("scenarios", tests, found.gl_pathc,
					 NULL, NULL);
	globfree(&found);
	free(tests);
	return failed;
}
