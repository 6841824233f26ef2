#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# bench.sh OUT REPS - the product beside the Linux guest and the bare forwarder,
# in one run, each measurement taken in turns.
set -e
cd "$(dirname "$0")/qemu"
top=$(cd ../../.. && pwd)
case $1 in /*) out=$1 ;; *) out=$top/$1 ;; esac
reps=$2
export BENCH_BIN="$out/bench"
results=$BENCH_BIN/results
rm -rf "$results" && mkdir -p "$results"
conf=$BENCH_BIN/fairlead.conf
cat >"$conf" <<EOF
ip addr add 10.0.1.1/24 dev eth0
ip addr add 10.0.2.1/24 dev eth1
ip link set eth0 up
ip link set eth1 up
service echo on
EOF
app="name=fairlead,guest=elf:$out/fairlead.elf,initrd=$conf"
null="guest=elf:$BENCH_BIN/nullfwd.elf,gwmac=52:54:00:00:01:01"
common="--tag bench$$ --quiet ${QUIET:-1.0} --retries 3"
run() {
	what=$1 file=$2
	shift 2
	echo "== $what: $file =="
	./bench.py "$what" $common --out "$results/$file.jsonl" "$@" >/dev/null
	./show.py -b linux "$results/$file.jsonl"
}
run boot boot --reps "$reps" --vm "$app" --vm name=linux
run minram minram --vm "$app" --mems 64,32,16,8
run insn instructions --reps "$reps" --vm "$app" --vm name=linux \
	--vm "name=l3,$null,append=intr l3" --tests fwd
run insn tcp-instructions --reps "$reps" --vm "$app" --vm name=linux \
	--tests tcp_rr1
run run forwarding --reps "$reps" --vm "$app" --vm name=linux \
	--vm "name=l3,$null,append=intr l3" \
	--tests flood64,flood1518,over64_2,lat64
run run no-drop --reps "$reps" --vm "$app" --vm name=linux \
	--tests ndr64,ndr1518
run run udp --reps "$reps" --vm "$app" --vm name=linux \
	--tests udp_rr1,udp_rr64
./bench.py clean $common --vm "$app" --vm name=linux --vm "name=l3,$null"
