#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh DIR SECONDS TARGET... - runs each fuzz target DIR/TARGET_fuzz over its
# corpus and then on what it makes of it, as many at once as there are
# processors.
#
# SECONDS of a number: each for so long, from a seed that nobody chose, also on
# what earlier runs have found (DIR/corpus/TARGET), where new inputs stay.
# SECONDS of "short": the same inputs each time, so that a commit passes or fails
# repeatably: the committed corpus and then as many inputs as runs.txt says, made
# from one seed and not from what memory holds where (-use_cmp=0; setarch -R where
# it may). The clock is only an upper bound, for machines that would take minutes.
#
# An input that breaks something is in DIR/crash-TARGET-*. It is printed as well,
# with the first stack, since a machine that tests is soon forgotten. Results go
# to $FAIRLEAD_RESULTS/fuzz, if that is set, figures to assure-fuzz beside it.
here=$(dirname "$0")
BOUND=240 # seconds for a target of the short form
PRINT=4096 # bytes of an input that are printed at most

if [ "$1" = --one ]; then
	dir=$2 seconds=$3 target=$4 fixed=
	mkdir -p "$dir/corpus/$target" "$here/corpus/$target"
	if [ "$seconds" = short ]; then
		corpus=$dir/short/$target
		rm -rf "$corpus"
		mkdir -p "$corpus"
		runs=$(awk -v target="$target" '$1 == target { print $2 }' \
			"$here/runs.txt")
		setarch -R true 2>/dev/null && fixed="setarch -R"
		set -- -seed=1 -use_cmp=0 -timeout=120 -max_total_time=$BOUND \
			-runs=$((${runs:-500} + $(ls "$here/corpus/$target" | wc -l)))
	else
		corpus=$dir/corpus/$target
		set -- -timeout=60 -max_total_time="$seconds"
	fi
	$fixed "$dir/${target}_fuzz" "$@" -rss_limit_mb=2048 -print_final_stats=1 \
		-detect_leaks=1 -len_control=10 \
		-artifact_prefix="$dir/crash-$target-" \
		"$corpus" "$here/corpus/$target" >"$dir/$target.log" 2>&1
	echo $? >"$dir/$target.exit"
	exit 0
fi

# What broke: the seed, what was said first and its stack, the input.
tell() {
	target=$1 log=$dir/$1.log
	grep -a -m 1 '^INFO: Seed:' "$log"
	awk '/^(panic:|.*runtime error:|==[0-9]+==|ALARM)/ { on = 1 }
		on && NF == 0 { exit }
		on && ++lines <= 60 { print }' "$log"
	grep -a '^SUMMARY:' "$log" || tail -n 20 "$log"
	input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
	[ -f "$input" ] || return 0
	size=$(wc -c <"$input")
	name=$(basename "$input")
	echo "  $target: broken by $input, $size bytes"
	if [ "$size" -le $PRINT ]; then
		echo "  to have it here and run it:"
		echo "echo $(base64 -w 0 "$input") | base64 -d >$name &&" \
			"make $dir/${target}_fuzz &&" \
			"FAIRLEAD_LOG=1 $dir/${target}_fuzz $name"
	fi
}

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
		cover=$(grep -a -o 'cov: [0-9]*' "$log" | tail -n 1)
		echo "  $target: $runs runs, $cover"
		echo "passed tests/fuzz/${target}_fuzz.c" >>"$results"
	else
		failed=$((failed + 1))
		echo "failed tests/fuzz/${target}_fuzz.c" >>"$results"
		tell "$target"
	fi
done
[ -z "$FAIRLEAD_RESULTS" ] ||
	printf 'targets %d\nruns %d\nfailed %d\n' $# "$all" "$failed" \
		>"$FAIRLEAD_RESULTS/assure-fuzz"
echo "fuzz: $passed passed, $failed failed"
[ $failed -eq 0 ]
