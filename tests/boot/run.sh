#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [pytest arguments] - the tests of the real image. They make network
# namespaces: as root at once, else inside a user namespace of their own.
cd "$(dirname "$0")" || exit 1
if [ "$(id -u)" -ne 0 ] && [ -z "$FAIRLEAD_IN_USERNS" ]; then
	if unshare --user --map-root-user --net true 2>/dev/null; then
		export FAIRLEAD_IN_USERNS=1
		exec unshare --user --map-root-user --net -- "$0" "$@"
	fi
	echo "boot tests: neither root nor unprivileged user namespaces:" \
		"those that need Linux hosts will fail" >&2
fi
[ -z "$FAIRLEAD_OUT" ] ||
	set -- --junitxml "$FAIRLEAD_OUT/results/boot.xml" "$@"
exec /usr/bin/python3 -m pytest -q -p no:cacheprovider --timeout 300 "$@"
