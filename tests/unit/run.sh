#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs cmocka programs; prints what failed in full and one line of totals.
passed=0 failed=0 failed_names=
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for program in "$@"; do
	timeout 120 "$program" >"$log" 2>&1
	status=$?
	p=$(grep -c '^\[       OK \]' "$log")
	f=$(grep -c '^\[  FAILED  \] [^0-9]' "$log")
	passed=$((passed + p))
	if [ $status -ne 0 ] || [ "$p" -eq 0 ]; then
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
