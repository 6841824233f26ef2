#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# get-linux.sh DIRECTORY - unpacks Debian's own kernel package there, as the
# reference guest. Needs apt-get update.
set -e
mkdir -p "$1"
cd "$1"
pkg=$(apt-cache depends linux-image-amd64 | awk '/Depends:/ {print $2; exit}')
apt-get download -qq "$pkg"
dpkg -x "$pkg"_*.deb . && rm "$pkg"_*.deb
