#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# get-linux.sh DIRECTORY - unpacks Debian's own kernel package there, as the
# reference guest.
set -e
rm -rf "$1"
mkdir -p "$1"
cd "$1"
get() {
	pkg=$(apt-cache depends linux-image-amd64 |
		awk '/Depends:/ {print $2; exit}')
	[ -n "$pkg" ] && apt-get download -qq "$pkg" 2>/dev/null
}
# The lists may be absent, or name a package that is no longer there.
get || { apt-get update -qq && get; }
dpkg -x "$pkg"_*.deb . && rm "$pkg"_*.deb
