#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh ANALYSER SOURCE FOUND FLAG... - what gcc (-fanalyzer), cppcheck or
# clang-tidy says of one source that is compiled with these flags, a line each:
# `file:line: rule: sentence`. One that cannot do its work fails; it is not silent.
set -eu
analyser=$1 source=$2 found=$3
shift 3
log=$found.log
here=$(dirname "$0")

case $analyser in
gcc)
	gcc "$@" -fanalyzer -MMD -MP -MF "$found.d" -MT "$found" -c \
		-o /dev/null "$source"
	;;
cppcheck)
	# Of the flags, only the include paths mean something to it.
	for flag in "$@"; do
		shift
		case $flag in -I?*) set -- "$@" "$flag" ;; esac
	done
	gcc "$@" -MM -MP -MF "$found.d" -MT "$found" "$source"
	# Instead of lib/port.h's: it cannot parse statement expressions.
	set -- "$@" '-Dmin_of(a,b)=((a)<(b)?(a):(b))' -Umin_of \
		'-Dmax_of(a,b)=((a)>(b)?(a):(b))' -Umax_of
	cppcheck -q --enable=warning,performance,portability --std=c11 \
		--platform=unix64 --suppress=missingIncludeSystem \
		--template='{file}:{line}:0: warning: {message} [{id}]' \
		"$@" "$source"
	;;
clang-tidy)
	# What clang does not know of gcc's flags makes no other code.
	for flag in "$@"; do
		shift
		case $flag in
		-maccumulate-outgoing-args) ;;
		*) set -- "$@" "$flag" ;;
		esac
	done
	gcc "$@" -MM -MP -MF "$found.d" -MT "$found" "$source"
	clang-tidy --quiet --config-file="$here/clang-tidy.yaml" "$source" -- \
		"$@" -Wno-everything -Qunused-arguments
	;;
esac >"$log" 2>&1 || { cat "$log" >&2; exit 1; }

# "file:line:column: warning: text [rule]" -> "file:line: analyser/rule: text"
sed -n -E "s|^$PWD/||; s|/\./|/|; s|^\./||
	s|^([^: ]+:[0-9]+):[0-9]+: [a-z ]+: (.*) \[([^]]*)\]\$|\1: $analyser/\3: \2|p" \
	<"$log" | sed 's|: gcc/-W|: gcc/|' | sort -u >"$found.tmp"
mv "$found.tmp" "$found"
rm -f "$log"
