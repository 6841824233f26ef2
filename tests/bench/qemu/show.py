#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""show.py [-b BASE] [-n MAX_STARVED] FILE... - summarise bench.py records.

Per test and guest: min / median / max of "value" over the repetitions, and the
median of the per-repetition ratio to guest BASE (same test, same repetition).
Other numeric fields are given as medians.  -l lists the records instead.
"""
import argparse
import json
import statistics
import sys

p = argparse.ArgumentParser()
p.add_argument("-b", dest="base")
p.add_argument("-n", dest="starved", type=float, default=1e9)
p.add_argument("-l", dest="list", action="store_true")
p.add_argument("files", nargs="*", default=["/dev/stdin"])
o = p.parse_args()
HIDE = {"guest", "append", "cpu", "backend", "vnet", "rep", "smp", "unit", "mode", "secs"}


def fmt(v):
    if isinstance(v, float):
        return f"{v:.4g}" if abs(v) < 1000 else f"{v:.0f}"
    return str(v)


rows = []
for name in o.files:
    for line in open(name):
        try:
            rows.append(json.loads(line))
        except ValueError:
            print(line.rstrip(), file=sys.stderr)
if o.list:
    for r in rows:
        print(" ".join(f"{k}={fmt(v)}" for k, v in r.items() if k not in HIDE))
    sys.exit()

groups = {}
for r in rows:
    if "error" in r:
        print("error:", r["vm"], r["test"], r["error"][:100])
        continue
    r.setdefault("value", r.get("insn", r.get("insn_per_s", 0)))
    key = (r["test"], r.get("size", ""), r.get("pps", ""), r["vm"])
    groups.setdefault(key, {})[r.get("rep", 0)] = r
for key, reps in groups.items():
    ok = [r for r in reps.values() if r.get("starved", 0) <= o.starved] or list(reps.values())
    v = sorted(r["value"] for r in ok)
    test, size, pps, vm = key
    line = (f"{test:14s} {size!s:>4} {pps!s:>5} {vm:12s} {fmt(float(v[0])):>9} "
            f"{fmt(float(statistics.median(v))):>9} {fmt(float(v[-1])):>9} {ok[0].get('unit', ''):7s}")
    base = groups.get((test, size, pps, o.base), {})
    ratio = sorted(reps[i]["value"] / base[i]["value"] for i in reps if i in base and base[i]["value"])
    if ratio and vm != o.base:
        line += f" x{statistics.median(ratio):<5.2f} ({ratio[0]:.2f}..{ratio[-1]:.2f})"
    rest = []
    for f in ok[0]:
        x = [r[f] for r in ok if isinstance(r.get(f), (int, float)) and not isinstance(r.get(f), bool)]
        if f not in HIDE | {"value", "insn", "size", "pps"} and x and any(x):
            rest.append(f"{f}={fmt(float(statistics.median(x)))}")
    print(line, f"[{len(ok)}]", " ".join(rest))
