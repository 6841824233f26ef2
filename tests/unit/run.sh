#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs the cmocka programs given, as many at once as there are processors. Prints
# what failed in full and ends in one line of totals. Each test's result goes to
# $FAIRLEAD_RESULTS/unit, if that is set, as `passed FILE:TEST`.

# The script calls itself for each program, so that xargs can run many at once:
# what it prints goes to a file of its own, its exit status behind it.
if [ "$1" = --one ]; then
	# Ends what hangs; the slowest takes 10 s of a processor of its own.
	timeout 900 "$3" >"$2/$$.log" 2>&1
	echo "exit $? $3" >"$2/$$.exit"
	exit 0
fi

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
results=${FAIRLEAD_RESULTS:+$FAIRLEAD_RESULTS/unit}
if [ -n "$results" ]; then
	mkdir -p "$FAIRLEAD_RESULTS"
	: >"$results"
else
	results=/dev/null
fi
passed=0 failed=0 failed_names=
printf '%s\0' "$@" | xargs -0 -n 1 -P "$(nproc)" "$0" --one "$dir"
for result in "$dir"/*.exit; do
	[ -e "$result" ] || break
	read -r _ status program <"$result"
	log=${result%.exit}.log
	p=$(grep -c '^\[       OK \]' "$log")
	# cmocka names them once more after its totals.
	f=$(sed '/test(s) run\.$/q' "$log" | grep -c '^\[  FAILED  \] ')
	passed=$((passed + p))
	# A scenario's name is its file; another test's is a function of one.
	source=tests/${program#*/host/}.c
	sed -n -e 's/^\[       OK \] /passed /p' \
		-e 's/^\[  FAILED  \] \([a-z].*\)/failed \1/p' "$log" |
		sed "/ tests\//!s| | $source:|" >>"$results"
	# A program that ran no test at all has not shown anything.
	if [ "$status" -ne 0 ] || [ "$p" -eq 0 ]; then
		[ "$f" -gt 0 ] || f=1
		failed=$((failed + f))
		failed_names="$failed_names $program"
		echo "--- $program: exit $status"
		cat "$log"
	fi
done
[ -z "$failed_names" ] || echo "failed:$failed_names"
echo "unit: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
