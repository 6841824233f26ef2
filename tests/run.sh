#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh OUT STEP... - runs the steps (make targets) of `make test` one after the
# other, all of them even if one fails, and adds up what their last lines say.
# A step's last line that reads "NAME: P passed, F failed" is its count.
out=$1
shift
passed=0 failed=0 skipped=0 broken=
mkdir -p "$out"
rm -rf "$(dirname "$out")/results"
for step in "$@"; do
	start=$(date +%s)
	echo "==== $step"
	# The status of make, not of tee.
	{ { make --no-print-directory -j"$(nproc)" "$step" 2>&1; echo $? >"$out/.status"; } |
		tee "$out/test-$step.log"; }
	status=$(cat "$out/.status")
	line=$(grep -E '[0-9]+ passed' "$out/test-$step.log" | tail -n 1)
	count() {
		echo "$line" | grep -oE "[0-9]+ $1" | head -n 1 | grep -oE '[0-9]+'
	}
	p=$(count passed) f=$(count failed) e=$(count error) s=$(count skipped)
	f=$((${f:-0} + ${e:-0}))
	# A step that failed without counting, or counted nothing, is one failure.
	if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
	if [ "$status" -eq 0 ] && [ "${p:-0}" -eq 0 ]; then f=$((f + 1)); fi
	[ "$f" -eq 0 ] || broken="$broken $step"
	passed=$((passed + ${p:-0})) failed=$((failed + f))
	skipped=$((skipped + ${s:-0}))
	echo "==== $step: $(($(date +%s) - start)) s"
done
[ -z "$broken" ] || echo "failed:$broken"
if [ "$skipped" -gt 0 ]; then
	echo "$passed passed, $failed failed, $skipped skipped"
else
	echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
