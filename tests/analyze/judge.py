#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""judge.py ACCEPTED FIGURES FOUND...: the findings that nobody has explained.

FOUND are files that end with the analyser's name.

A line of ACCEPTED explains one: the file, the rule, a piece of the line of code
that it is about, and why it is not so; separated by " | ". An explanation of
what no longer is found is a finding itself.
"""
import re
import sys

ACCEPTED, FIGURES, FOUND = sys.argv[1], sys.argv[2], sys.argv[3:]
accepted, findings, explained = [], set(), 0


def source_line(path, number):
    with open(path, encoding="utf-8") as f:
        return f.read().split("\n")[number - 1]


with open(ACCEPTED, encoding="utf-8") as f:
    for n, line in enumerate(f, 1):
        if line.strip() and not line.startswith("#"):
            path, rule, piece, why = line.rstrip("\n").split(" | ")
            accepted.append({"at": f"{ACCEPTED}:{n}", "used": False,
                             "key": (path, rule), "piece": piece})
for name in FOUND:
    with open(name, encoding="utf-8") as f:
        findings |= {line.rstrip("\n") for line in f}

analysers = {name.rsplit(".", 1)[1] for name in FOUND}
failed = 0
for line in sorted(findings):
    path, number, rule = re.match(r"([^:]+):(\d+): ([^:]+): ", line).groups()
    code = source_line(path, int(number))
    for entry in accepted:
        if entry["key"] == (path, rule) and entry["piece"] in code:
            entry["used"] = True
            explained += 1
            break
    else:
        failed += 1
        print(line)
for entry in accepted:
    if not entry["used"] and entry["key"][1].split("/")[0] in analysers:
        failed += 1
        print(f"{entry['at']}: stale: nothing says {entry['key'][1]} of "
              f"`{entry['piece']}' any more")

with open(FIGURES, "w", encoding="utf-8") as f:
    f.write(f"sources {len(FOUND) // len(analysers)}\n"
            f"analysers {len(analysers)}\nexplained {explained}\nfailed {failed}\n")
print(f"{explained} findings are explained in {ACCEPTED}")
print(f"analyze: {len(FOUND)} passed, {failed} failed")
sys.exit(failed > 0)
