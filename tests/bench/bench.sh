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

# A million routes, for both: as a configuration, and as a batch for ip in an
# archive behind the guest's own. And one route, for the same addresses.
table=$BENCH_BIN/table
rm -rf "$table" && mkdir -p "$table"
"$BENCH_BIN/fib_table" >"$table/routes"
"$BENCH_BIN/fib_table" -a 4000000 >"$table/addresses"
cat "$conf" "$table/routes" >"$table/million.conf"
echo "route add default via 10.0.2.2" >"$table/one"
cat "$conf" "$table/one" >"$table/one.conf"
archive() {
	cp "$1" "$table/ird" && (cd "$table" && mv ird routes &&
		echo routes | cpio -o -H newc --quiet | gzip -1) >"$2.tail"
	cat "$BENCH_BIN/ird.gz" "$2.tail" >"$2" && rm "$2.tail"
}
archive "$table/routes" "$table/million.ird"
archive "$table/one" "$table/one.ird"

app="name=fairlead,guest=elf:$out/fairlead.elf,initrd=$conf"
null="guest=elf:$BENCH_BIN/nullfwd.elf,gwmac=52:54:00:00:01:01"
common="--tag bench$$ --quiet ${QUIET:-1.0} --retries 3"
run() {
	what=$1 file=$2
	shift 2
	echo "== $what: $file =="
	./bench.py "$what" $common --out "$results/$file.jsonl" "$@" >/dev/null
	./show.py -b "${base:-linux}" "$results/$file.jsonl"
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
tables=
for what in one million; do
	tables="$tables --vm name=fairlead-$what,guest=elf:$out/fairlead.elf"
	tables="$tables,mem=512,limit=600,initrd=$table/$what.conf"
	tables="$tables --vm name=linux-$what,guest=linux,mem=512,limit=600"
	tables="$tables,ready=READY,initrd=$table/$what.ird"
done
base=linux-million
run run table --reps "$reps" $tables --addresses "$table/addresses" \
	--tests table64
run insn table-instructions --reps "$reps" $tables \
	--addresses "$table/addresses" --tests table
run boot table-boot --reps 1 $tables
base=
run run no-drop --reps "$reps" --vm "$app" --vm name=linux \
	--tests ndr64,ndr1518
run run udp --reps "$reps" --vm "$app" --vm name=linux \
	--tests udp_rr1,udp_rr64
./bench.py clean $common $tables --vm "$app" --vm name=linux --vm "name=l3,$null"
