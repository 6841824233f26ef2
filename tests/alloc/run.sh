#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh every|paths OUT PROGRAM... - runs the programs in which allocations
# fail (refuse.h), as many at once as there are processors, and adds up.
if [ "$1" = --one ]; then
	FAIRLEAD_RESULT=$2/$$.result timeout 3600 "$3" >"$2/$$.log" 2>&1
	echo "exit $? $3" >"$2/$$.exit"
	exit 0
fi

how=$1 out=$2
shift 2
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
if [ "$how" = paths ]; then
	export FAIRLEAD_ALLOC=paths
fi
# What a test leaves behind on its way out is not the product's.
export ASAN_OPTIONS=detect_leaks=0
printf '%s\0' "$@" | xargs -0 -n 1 -P "$(nproc)" "$0" --one "$dir"
broken=
for result in "$dir"/*.exit; do
	[ -e "$result" ] || break
	read -r _ status program <"$result"
	[ "$status" -ne 0 ] || continue
	broken="$broken $program"
	echo "--- $program: exit $status"
	cat "${result%.exit}.log"
done
mkdir -p "$out/results"
cat "$dir"/*.result >"$out/results/alloc-fail" 2>/dev/null
[ -z "$broken" ] || echo "failed:$broken"
awk -v figures="$out/results/assure-alloc" '{ works += $2; asked += $3; refused += $4; survived += $5; ended += $6
	nested += $7; left += $8; failed += $9 }
END {
	printf "%d pieces of work, %d requests, %d refused: %d went on, " \
		"%d gave up and gave all back, %d in a callback\n",
		works, asked, refused, survived, ended, nested
	if (left)
		printf "%d more take longer than there was time for\n", left
	printf "works %d\nasked %d\nrefused %d\nsurvived %d\nended %d\n" \
		"failed %d\n", works, asked, refused, survived, ended, failed \
		>figures
	printf "alloc-fail: %d passed, %d failed\n", refused - failed, failed
}' "$out/results/alloc-fail"
[ -z "$broken" ]
