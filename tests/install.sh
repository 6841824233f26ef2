#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# install.sh GROUP...: makes sure that what a group needs is on this machine.
# Says nothing if it is; else installs Debian packages, or, without root, prints
# the one line that does and fails. Lines: a command or a file, its package.
set -eu
cd "$(dirname "$0")/.."

needs() {
	case $1 in
	build)
		cat <<-END
			gcc gcc
			/usr/include/stdio.h libc6-dev
			ld binutils
			make make
			git git
			awk mawk
			/usr/include/efi/efi.h gnu-efi
			grub-mkimage grub-common
			/usr/lib/grub/i386-pc/multiboot2.mod grub-pc-bin
			xorriso xorriso
			mformat mtools
		END
		;;
	run)
		cat <<-END
			qemu-system-x86_64 qemu-system-x86
		END
		;;
	check)
		cat <<-END
			clang clang
			clang-format clang-format
			/usr/bin/python3 python3
		END
		;;
	analyze)
		cat <<-END
			gcc gcc
			clang-tidy clang-tidy
			cppcheck cppcheck
			/usr/bin/python3 python3
		END
		;;
	unit)
		cat <<-END
			gcc gcc
			/usr/include/stdio.h libc6-dev
			/usr/include/cmocka.h libcmocka-dev
		END
		;;
	fuzz)
		cat <<-END
			clang clang
			/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.fuzzer-x86_64.a libclang-rt-14-dev
			/usr/bin/python3 python3
		END
		;;
	coverage)
		cat <<-END
			clang clang
			llvm-cov llvm
			/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.profile-x86_64.a libclang-rt-14-dev
			/usr/bin/python3 python3
		END
		;;
	bench)
		cat <<-END
			/bin/busybox busybox-static
			cpio cpio
			/usr/lib/x86_64-linux-gnu/libc.a libc6-dev
			/usr/bin/python3 python3
			iperf3 iperf3
			ip iproute2
		END
		;;
	dpdk)
		cat <<-END
			gcc gcc
			/usr/include/dpdk/rte_fib.h libdpdk-dev
		END
		;;
	oracle)
		cat <<-END
			/bin/busybox busybox-static
			cpio cpio
			qemu-img qemu-utils
			ldd libc-bin
			sysctl procps
			ping iputils-ping
			ethtool ethtool
		END
		;;
	test)
		cat <<-END
			/usr/share/ovmf/OVMF.fd ovmf
			/usr/bin/python3 python3
			/usr/lib/python3/dist-packages/pytest python3-pytest
			/usr/lib/python3/dist-packages/pytest_timeout.py python3-pytest-timeout
			/usr/lib/python3/dist-packages/pexpect python3-pexpect
			/usr/lib/python3/dist-packages/scapy python3-scapy
			ip iproute2
			ping iputils-ping
			traceroute traceroute
			ethtool ethtool
			iperf3 iperf3
			socat socat
			curl curl
			nc.openbsd netcat-openbsd
			unshare util-linux
			sysctl procps
			netstat net-tools
			tcpdump tcpdump
		END
		;;
	*)
		echo "install.sh: no such group: $1" >&2
		exit 2
		;;
	esac
}

# Debian keeps some in places that are not in everyone's PATH.
PATH=$PATH:/usr/sbin:/sbin
lines=
for group in "$@"; do
	lines="$lines$(needs "$group")
"
done
missing=$(printf %s "$lines" | while read -r what package; do
	case $what in
	/*) [ -e "$what" ] || echo "$package" ;;
	*) command -v "$what" >/dev/null || echo "$package" ;;
	esac
done | sort -u | tr '\n' ' ')
[ -n "$missing" ] || exit 0

command="apt-get install -y --no-install-recommends ${missing% }"
if ! command -v apt-get >/dev/null; then
	echo "missing, by their names in Debian: $missing" >&2
	exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "Some packages are missing. Type this line, then try again:" >&2
	echo "  sudo $command" >&2
	exit 1
fi
echo "installing: $missing"
export DEBIAN_FRONTEND=noninteractive
# Lists may be old or absent; an install may still work without new ones.
apt-get update -qq || true
# shellcheck disable=SC2086
$command -qq >/dev/null
