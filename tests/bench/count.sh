#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# count.sh PROGRAM UNITS WHAT SHORT LONG: instructions of one of the UNITS that
# "PROGRAM WHAT LONG" does more than "PROGRAM WHAT SHORT", by callgrind.
set -eu

count() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 |
		sed -n 's/.*Collected : //p'
}

# shellcheck disable=SC2086 # WHAT is several words
short=$(count "$1" $3 "$4")
# shellcheck disable=SC2086
long=$(count "$1" $3 "$5")
echo "$3: $(((long - short) / $2)) instructions"
