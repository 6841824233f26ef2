#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh DIR SEEDS UNIT-TEST... - runs the instrumented programs: the unit tests
# (the scenarios are one of them), once more with each allocation refused in turn,
# every fuzz target over its committed corpus, SEEDS seeds of the simulator. Leaves
# what they counted in DIR/merged.profdata.
# A program that fails has not shown what it went through: then so do we.
dir=$1 seeds=$2
shift 2
here=$(dirname "$0")
raw=$dir/raw
rm -rf "$raw"
mkdir -p "$raw"
status=0

# %m: one file a program, which all its processes add to.
LLVM_PROFILE_FILE=$raw/unit-%m.profraw
export LLVM_PROFILE_FILE
FAIRLEAD_RESULTS= "$here/../unit/run.sh" "$@" || status=1

LLVM_PROFILE_FILE=$raw/alloc-%m.profraw FAIRLEAD_ALLOC_SECONDS=10 \
	FAIRLEAD_TRACE_PAIRS=200 \
	"$here/../alloc/run.sh" paths "$dir" \
	$(find "$dir/host/alloc" -type f -executable | sort) || status=1

for target in "$dir"/host/fuzz/*; do
	[ -x "$target" ] || continue
	name=$(basename "$target")
	if [ ! -d "$here/../fuzz/corpus/$name" ]; then
		echo "  fuzz $name: has no corpus"
		continue
	fi
	inputs=$(LLVM_PROFILE_FILE=$raw/fuzz-$name.profraw \
		"$target" "$here/../fuzz/corpus/$name" 2>&1) || status=1
	echo "  fuzz $name: $(echo "$inputs" | tail -n 1)"
done

LLVM_PROFILE_FILE=$raw/sim.profraw "$dir/host/fairlead-sim" --seeds "$seeds" \
	>"$dir/sim.log" 2>&1 || { status=1; cat "$dir/sim.log"; }
echo "  sim: $(tail -n 1 "$dir/sim.log")"

llvm-profdata merge -sparse -o "$dir/merged.profdata" "$raw"/*.profraw || status=1
exit $status
