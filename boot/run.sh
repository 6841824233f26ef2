#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Boots the appliance on this terminal, in QEMU, with user-mode networking: no
# root, nothing on the host changes. From the environment:
#
#	ACCEL=auto|tcg|kvm	auto: KVM if it really runs a guest here
#	CPUS=1 MEM=128M		of the guest
#	CONFIG=my.conf		instead of the built-in configuration
#	APP=router|echo		what the appliance is
#	DEBUG=1			wait for gdb
set -eu
cd "$(dirname "$0")/.."
out=${O:-out} cpus=${CPUS:-1} mem=${MEM:-128M} accel=${ACCEL:-auto}
elf=$out/fairlead.elf

fail() {
	echo "make run: $*" >&2
	exit 1
}

[ -z "${CONFIG:-}" ] || [ -r "$CONFIG" ] || fail "CONFIG=$CONFIG: no such file"
tests/install.sh build run
${MAKE:-make} --no-print-directory -j"$(nproc)" O="$out" "$elf"

# A /dev/kvm that exists may still never run a guest, or emulate it slower than
# QEMU does: this kernel must be up within two seconds (it takes a tenth). What
# was found holds until the machine boots again.
kvm_probe() {
	log=$out/kvm.log tries=20
	qemu-system-x86_64 -accel kvm -cpu host -m 64 -nodefaults -no-reboot \
		-display none -serial "file:$log" -kernel "$elf" \
		</dev/null >/dev/null 2>&1 &
	until grep -qs '^fairlead: ready' "$log" || [ $tries -eq 0 ]; do
		sleep 0.1
		tries=$((tries - 1))
	done
	kill -KILL $!
	wait $! 2>/dev/null || true
	[ $tries -gt 0 ]
}
kvm_works() {
	found=$out/kvm.found
	id=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null || echo unknown)
	[ -r /dev/kvm ] && [ -w /dev/kvm ] || return 1
	grep -qs "^$id " "$found" ||
		if kvm_probe; then echo "$id yes"; else echo "$id no"; fi \
			>"$found"
	grep -q " yes" "$found"
}

case $accel in
auto) kvm_works && accel=kvm || accel=tcg ;;
tcg) ;;
kvm) [ -w /dev/kvm ] || fail "ACCEL=kvm: no access to /dev/kvm" ;;
*) fail "ACCEL=$accel: expected auto, tcg or kvm" ;;
esac
[ "$accel" = kvm ] && cpu=host || cpu=max

# The first port from $1 on that nobody on this host listens on.
free_port() {
	port=$1
	while awk '{ print $2 }' /proc/net/tcp /proc/net/tcp6 /proc/net/udp \
		/proc/net/udp6 2>/dev/null |
		grep -qi ":$(printf %04X "$port")\$"; do
		port=$((port + 1))
	done
	echo "$port"
}
echo_port=$(free_port 7007)

forward=hostfwd=tcp:127.0.0.1:$echo_port-:7
forward=$forward,hostfwd=udp:127.0.0.1:$echo_port-:7
set -- -machine q35 -accel "$accel" -cpu "$cpu" -smp "$cpus" \
	-m "$mem" -nodefaults -display none -serial mon:stdio -kernel "$elf" \
	-netdev "user,id=net0,$forward" \
	-device e1000e,netdev=net0,romfile=,mac=52:54:00:12:34:56
[ -z "${CONFIG:-}" ] || set -- "$@" -initrd "$CONFIG"
[ -z "${APP:-}" ] || set -- "$@" -append "app=$APP"

cat <<END
Fairlead in QEMU ($accel, CPUs: $cpus, memory: $mem). Ctrl-A X quits.
  echo, TCP and UDP: localhost:$echo_port
END
if [ -n "${DEBUG:-}" ]; then
	gdb_port=$(free_port 1234)
	set -- "$@" -S -gdb "tcp:127.0.0.1:$gdb_port"
	echo "  gdb: gdb $out/fairlead.debug -ex" \
		"'target remote :$gdb_port' -ex 'hbreak kernel_main' -ex c"
fi
exec qemu-system-x86_64 "$@"
