# SPDX-License-Identifier: BSD-2-Clause
"""The same sources make the same bytes, wherever and whenever they are built."""
import filecmp
import os
import subprocess
import time

import lab

PRODUCTS = ["fairlead.elf", "BOOTX64.EFI", "fairlead.iso"]


def build(directory, **env):
    """Copies the working tree there and builds it in another surrounding."""
    os.makedirs(directory)
    files = subprocess.run(["git", "-C", lab.ROOT, "ls-files", "-z", "-co",
                            "--exclude-standard"], check=True,
                           capture_output=True).stdout
    pack = subprocess.Popen(["tar", "-C", lab.ROOT, "--null", "-T", "-", "-c"],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    unpack = subprocess.Popen(["tar", "-C", directory, "-x", "--no-same-owner"],
                              stdin=pack.stdout)
    pack.stdin.write(files)
    pack.stdin.close()
    assert unpack.wait() == 0 and pack.wait() == 0
    # Away from the make that may have started this test.
    clean = {k: v for k, v in os.environ.items()
             if not k.startswith("MAKE") and k not in ("O", "CONFIG")}
    subprocess.run(["make", "-j4", "-C", directory, "VERSION=test"],
                   check=True, capture_output=True, timeout=280,
                   env={**clean, "SOURCE_DATE_EPOCH": "1700000000", **env})
    return f"{directory}/out"


def test_two_builds_are_identical(directory):
    a = build(f"{directory}/a", TZ="UTC")
    # FAT counts two seconds as one.
    time.sleep(2.1)
    b = build(f"{directory}/b/in/another/place", TZ="Asia/Tokyo", LC_ALL="C",
              HOME="/nonexistent")
    differ = [p for p in PRODUCTS
              if not filecmp.cmp(f"{a}/{p}", f"{b}/{p}", shallow=False)]
    assert not differ, f"not the same bytes: {differ}"
