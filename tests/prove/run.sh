#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh OUT HARNESS... - lets CBMC prove each harness; prints what it found and
# how many properties held for every input. No CBMC, no proof: said aloud.
if [ "$1" = --one ]; then
	name=$(basename "$4" _prove.c)
	log=$3/$name.log
	# No loop of the harness takes more turns than this, and CBMC shows it.
	read -r _ _ unwind set _ <<-END
		$(grep -m 1 'unwind:' "$4")
	END
	case $set in *:*) set="--unwindset $set" ;; *) set= ;; esac
	timeout 900 "$2" -I. -Itests/host/include -D_GNU_SOURCE \
		--bounds-check --pointer-check --pointer-overflow-check \
		--signed-overflow-check --undefined-shift-check \
		--div-by-zero-check --unwinding-assertions --unwind "$unwind" \
		$set --object-bits 12 --slice-formula "$4" >"$log" 2>&1
	echo "$?" >"$3/$name.exit"
	exit 0
fi

out=$1
shift
mkdir -p "$out"
cbmc=$(tests/prove/get-cbmc.sh "$out/cbmc") || {
	echo "CBMC is not installed and Debian 13's package cannot be fetched."
	echo "NOTHING WAS PROVED."
	echo "prove: 0 passed, 0 failed, $# skipped"
	exit 0
}
rm -f "$out"/*.exit "$out"/*.log
printf '%s\0' "$@" | xargs -0 -n 1 -P "$(nproc)" "$0" --one "$cbmc" "$out"
mkdir -p "$out/../results"
result=$out/../results/prove
: >"$result"
passed=0 failed=0
for source in "$@"; do
	name=$(basename "$source" _prove.c)
	log=$out/$name.log
	count=$(sed -n 's/^\*\* [0-9]* of \([0-9]*\) failed.*/\1/p' "$log")
	if [ "$(cat "$out/$name.exit")" = 0 ] && [ "${count:-0}" -gt 0 ]; then
		passed=$((passed + 1))
		echo "  $name: $count properties hold"
		echo "$name $count" >>"$result"
	else
		failed=$((failed + 1))
		echo "--- $name:"
		grep -E 'FAILURE|error|rror:' "$log" | head -20
		echo "run: $cbmc -I. -Itests/host/include --unwind N --trace $source"
	fi
done
awk -v failed="$failed" '{ sum += $2 } END { printf "harnesses %d\nproperties" \
	" %d\nfailed %d\n", NR, sum, failed }' "$result" >"$result-figures"
mv "$result-figures" "$out/../results/assure-prove"
echo "prove: $passed passed, $failed failed"
[ $failed -eq 0 ]
