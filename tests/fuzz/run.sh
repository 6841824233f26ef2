#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh DIR SECONDS TARGET... - runs each fuzz target DIR/TARGET_fuzz over its
# committed corpus and then on what it makes of it, for so long, as many at once
# as there are processors. New inputs stay in DIR/corpus/TARGET; one that breaks
# something in DIR/crash-TARGET-*, and how to run it again is printed. Results go
# to $FAIRLEAD_RESULTS/fuzz, if that is set, figures to assure-fuzz beside it.
here=$(dirname "$0")
if [ "$1" = --one ]; then
	dir=$2 seconds=$3 target=$4
	mkdir -p "$dir/corpus/$target" "$here/corpus/$target"
	"$dir/${target}_fuzz" -max_total_time="$seconds" -timeout=20 \
		-rss_limit_mb=2048 -print_final_stats=1 -detect_leaks=1 -len_control=10 \
		-artifact_prefix="$dir/crash-$target-" \
		"$dir/corpus/$target" "$here/corpus/$target" \
		>"$dir/$target.log" 2>&1
	echo $? >"$dir/$target.exit"
	exit 0
fi

dir=$1 seconds=$2
shift 2
passed=0 failed=0
results=/dev/null
if [ -n "$FAIRLEAD_RESULTS" ]; then
	mkdir -p "$FAIRLEAD_RESULTS"
	results=$FAIRLEAD_RESULTS/fuzz
fi
: >"$results"
rm -f "$dir"/*.exit
printf '%s\0' "$@" | xargs -0 -n 1 -P "$(nproc)" "$0" --one "$dir" "$seconds"
for target in "$@"; do
	log=$dir/$target.log
	if [ "$(cat "$dir/$target.exit")" = 0 ]; then
		passed=$((passed + 1))
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
		all=$((all + ${runs:-0}))
		cover=$(grep -o 'cov: [0-9]*' "$log" | tail -n 1)
		echo "  $target: $runs runs, $cover"
		echo "passed tests/fuzz/${target}_fuzz.c" >>"$results"
	else
		failed=$((failed + 1))
		echo "failed tests/fuzz/${target}_fuzz.c" >>"$results"
		tail -n 40 "$log"
		echo "  $target: broken by $(ls -t "$dir"/crash-"$target"-* |
			head -n 1); run: $dir/${target}_fuzz THAT-FILE"
	fi
done
[ -z "$FAIRLEAD_RESULTS" ] ||
	printf 'targets %d\nruns %d\nfailed %d\n' $# "$all" "$failed" \
		>"$FAIRLEAD_RESULTS/assure-fuzz"
echo "fuzz: $passed passed, $failed failed"
[ $failed -eq 0 ]
