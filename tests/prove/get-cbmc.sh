#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# get-cbmc.sh DIRECTORY - prints how to call CBMC: the machine's own, or Debian
# 13's package, unpacked into DIRECTORY beside the C library it was built with.
# Prints nothing and fails if neither is to be had.
set -e
if command -v cbmc >/dev/null; then
	echo cbmc
	exit 0
fi
mkdir -p "$1"
cd "$1"
dir=$PWD
if [ ! -e root/.unpacked ]; then
	command -v apt-get >/dev/null || exit 1
	mkdir -p lists/partial cache/archives/partial parts debs root
	cat >parts/trixie.sources <<-END
		Types: deb
		URIs: http://deb.debian.org/debian
		Suites: trixie
		Components: main
		Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
	END
	cat >apt.conf <<-END
		Dir::Etc::sourcelist "/dev/null";
		Dir::Etc::sourceparts "$dir/parts";
		Dir::State::lists "$dir/lists";
		Dir::Cache "$dir/cache";
		APT::Sandbox::User "";
	END
	export APT_CONFIG="$dir/apt.conf"
	# An update that reached nothing still exits 0.
	timeout 120 apt-get update -qq >update.log 2>&1 || exit 1
	cd debs
	timeout 300 apt-get download -qq cbmc minisat libc6 libstdc++6 \
		libgcc-s1 zlib1g >../download.log 2>&1 || exit 1
	for deb in *.deb; do
		dpkg -x "$deb" ../root
	done
	cd ..
	rm -rf debs lists cache root/etc root/usr/share
	touch root/.unpacked
fi
lib=$dir/root/usr/lib
cat >cbmc <<-END
	#!/bin/sh
	exec "$dir/root/usr/lib64/ld-linux-x86-64.so.2" --library-path \
		"$lib/x86_64-linux-gnu:$lib" "$dir/root/usr/bin/cbmc" "\$@"
END
chmod +x cbmc
./cbmc --version >/dev/null
echo "$dir/cbmc"
