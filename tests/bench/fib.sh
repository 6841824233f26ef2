#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fib.sh DIR N - the FIB's bench with N routes, beside DPDK's structures if their
# package is here or can be installed; with huge pages for them if they can be
# had.
set -eu

dir=$1 count=$2
pages=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
wanted=512

if tests/install.sh dpdk && ${MAKE:-make} -s "$dir/fib_peers.so"; then
	set -- -p "$dir/fib_peers.so"
else
	echo "SKIPPED: rte_fib and rte_lpm (no libdpdk-dev)"
	set --
fi
if [ $# -gt 0 ] && before=$(cat $pages 2>/dev/null) &&
	{ echo $((before + wanted)) >$pages; } 2>/dev/null; then
	trap 'echo "$before" >$pages' EXIT
	[ "$(cat $pages)" -lt "$wanted" ] || export FAIRLEAD_HUGE=1
fi
[ $# -eq 0 ] || [ -n "${FAIRLEAD_HUGE:-}" ] ||
	echo "no huge pages for rte_fib and rte_lpm: they are a little slower"
"$dir/fib_bench" -n "$count" ${FIB_BENCH_QUICK:+-q} "$@"
