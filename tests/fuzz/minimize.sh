#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# minimize.sh DIR TARGET... - the corpus of each target DIR/TARGET_fuzz becomes
# the few inputs, of those committed and those found in DIR/corpus/TARGET, that
# together reach every edge (and every other thing that the target counts) that
# any of them reaches: what costs little to keep and little to play. Numbers of
# turns through the same edge are left to the fuzzer to find again.
here=$(dirname "$0")
dir=$1
shift
for target in "$@"; do
	few=$dir/few-$target
	rm -rf "$few"
	mkdir -p "$few" "$dir/corpus/$target" "$here/corpus/$target"
	"$dir/${target}_fuzz" -set_cover_merge=1 -use_counters=0 \
		"$few" "$here/corpus/$target" "$dir/corpus/$target" \
		>"$dir/$target-merge.log" 2>&1 || {
		tail -n 20 "$dir/$target-merge.log"
		exit 1
	}
	rm -rf "$here/corpus/$target"
	cp -r "$few" "$here/corpus/$target"
	rm -rf "$few"
	echo "  $target: $(ls "$here/corpus/$target" | wc -l) inputs," \
		"$(cat "$here/corpus/$target"/* | wc -c) bytes"
done
