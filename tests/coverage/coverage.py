#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""coverage.py DIR [--figures FILE]: what the programs in DIR/host reached.

Reads their counters (DIR/merged.profdata, left there by run.sh). Prints a table
of the product's folders; DIR/files.txt has one of its files, DIR/uncovered.txt
each line and branch that nothing reached, DIR/html the source with its counts.

A line counts if it holds code. A branch is a condition as it is written, each
operand of && and || by itself, and each case of a switch; it counts twice, once
for each outcome. One rule leaves branches out: an assertion is no decision of
the program (a false one ends it), so conditions inside assert() do not count.

net/ and lib/ have aims. Lines that are never run are explained in explained.txt:
"file:function: text of the line", below it, indented, why. That stands for the
lines around it that are not run either, and for the condition that leads there.
An entry for what is gone, or is reached after all, is an error, as is falling
below an aim; lines without an entry are counted.
"""
import argparse
import collections
import glob
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FOLDERS = ("net", "lib", "drivers", "apps")
AIMS = {"net": (95, 90), "lib": (95, 90)}  # percent of lines, of branches
EXPANSION = 1  # a region's kind in llvm-cov's export


def export(directory):
    # Objects of sources that are gone may still lie about.
    sources = sorted(glob.glob("*/**/*.c", root_dir=ROOT, recursive=True))
    built = [o for o in (f"{directory}/o/{s[:-2]}.o" for s in sources)
                if os.path.exists(o)]
    objects = [a for p in built[1:] for a in ("-object", p)]
    common = [f"-instr-profile={directory}/merged.profdata", built[0],
              *objects]
    out = subprocess.run(["llvm-cov", "export", *common], check=True,
                         capture_output=True)
    return json.loads(out.stdout)["data"][0], common


def product(path):
    """The name in the tree of a product's file, else None."""
    name = os.path.relpath(os.path.join(ROOT, path), ROOT)
    return name if name.split("/")[0] in FOLDERS else None


class File:
    def __init__(self, name):
        self.name = name
        with open(os.path.join(ROOT, name), encoding="utf-8") as f:
            self.text = f.read().split("\n")
        self.lines = {}  # number -> how often
        self.branches = {}  # where -> [true, false]
        self.functions = []  # (first line, last line, name)
        self.asserts = self.find_asserts()

    def find_asserts(self):
        """(line, column) pairs between which an assert() stands."""
        spans = []
        for n, line in enumerate(self.text, 1):
            for m in re.finditer(r"\bassert\(", line):
                depth, at, row = 0, m.end() - 1, n
                while row <= len(self.text):
                    for c in range(at, len(self.text[row - 1])):
                        depth += {"(": 1, ")": -1}.get(
                            self.text[row - 1][c], 0)
                        if depth == 0:
                            break
                    if depth == 0:
                        spans.append(((n, m.start() + 1), (row, c + 1)))
                        break
                    row, at = row + 1, 0
        return spans

    def in_assert(self, where):
        return any(first <= where <= last for first, last in self.asserts)

    def function_at(self, line):
        # The innermost, should one hold another (it does not in C).
        inside = [(l - f, n) for f, l, n in self.functions if f <= line <= l]
        return min(inside)[1] if inside else "(none)"

    def add_lines(self, segments):
        """llvm-cov's own rule: the most often run of a line's regions, and of
        what goes on from the line before only if no region begins here."""
        per_line = collections.defaultdict(list)
        for s in segments:
            per_line[s[0]].append(s)
        wrapped = None
        for n in range(segments[0][0], segments[-1][0] + 1):
            here = per_line.get(n, [])
            entries = [s for s in here if s[3] and s[4] and not s[5]]
            skipped = here and not here[0][3] and here[0][4]
            mapped = not skipped and (entries or (wrapped and wrapped[3]))
            if mapped:
                counts = [s[2] for s in entries]
                if wrapped and wrapped[3]:
                    counts.append(wrapped[2])
                self.lines[n] = max(counts)
            if here:
                wrapped = here[-1]

    def missing_lines(self):
        return sorted(n for n, count in self.lines.items() if count == 0)

    def missing_branches(self):
        return sorted((where, "never true" if not counts[0] else "never false")
                      if sum(map(bool, counts)) else (where, "never reached")
                      for where, counts in self.branches.items()
                      if not all(counts))

    def totals(self):
        return (len(self.lines), sum(map(bool, self.lines.values())),
                2 * len(self.branches),
                sum(bool(c) for b in self.branches.values() for c in b))

    def condition(self, where):
        line, column, last_line, last_column = where[:4]
        row = self.text[line - 1]
        end = last_column - 1 if last_line == line else len(row)
        return row[column - 1:end].strip()


def place(function, file_id, start, end):
    """Where in a file of the tree a region stands: for one inside of a macro,
    where the macro is used; and what tells it from others there."""
    inside = ()
    used = {r[6]: r for r in function["regions"] if r[7] == EXPANSION}
    while file_id in used:
        inside += (*start, *end)
        r = used[file_id]
        file_id, start, end = r[5], (r[0], r[1]), (r[2], r[3])
    return function["filenames"][file_id], (*start, *end, *inside)


def read(data):
    files = {}
    for f in data["files"]:
        name = product(f["filename"])
        if name and f["segments"]:
            files[name] = File(name)
            files[name].add_lines(f["segments"])
    for function in data["functions"]:
        name = product(function["filenames"][0])
        if not name:
            continue
        r = function["regions"][0]
        plain = function["name"].rsplit(":", 1)[-1]
        files[name].functions.append((r[0], r[2], plain))
        for b in function["branches"]:
            path, where = place(function, b[6], (b[0], b[1]), (b[2], b[3]))
            name = product(path)
            if not name or files[name].in_assert(where[:2]):
                continue
            counts = files[name].branches.setdefault(where, [0, 0])
            counts[0] += b[4]
            counts[1] += b[5]
    return files


def percent(part, whole):
    return f"{100 * part / whole:6.1f}%" if whole else "      -"


def row(name, t):
    return (f"{name:<32} {percent(t[1], t[0])} of {t[0]:5} lines  "
            f"{percent(t[3], t[2])} of {t[2]:5} branches")


def add(totals):
    return [sum(column) for column in zip(*totals)]


NEVER = "never run"


def places(f):
    """Line -> the first of the lines that are left out together: such as are
    not run, and the condition before them."""
    first, before, inside = {}, None, False
    for n, count in sorted(f.lines.items()):
        if count == 0:
            if not inside and before and f.function_at(before) == \
                    f.function_at(n) and before in first:
                first[n] = first[before]
            else:
                first[n] = first[before] if inside else n
        elif any(w[0] == n for w, _ in f.missing_branches()):
            first[n] = n
        inside, before = count == 0, n
    return first


def missing(files):
    """What was not reached: (file, line, function, sentence, place)."""
    for name, f in sorted(files.items()):
        place_of = places(f)
        at = [(n, 0, NEVER) for n in f.missing_lines()]
        at += [(w[0], w[1], f"{f.condition(w)}: {what}")
               for w, what in f.missing_branches() if f.lines.get(w[0], 1)]
        for n, _, what in sorted(at):
            yield name, n, f.function_at(n), what, place_of.get(n, n)


def explanations():
    """(line of explained.txt, file, function, text of the line or "")."""
    path = os.path.join(HERE, "explained.txt")
    entry = None
    with open(path, encoding="utf-8") as f:
        for n, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if not line.strip() or line.startswith("#"):
                continue
            if line[0].isspace():
                entry = None if entry is None else entry
                if entry:
                    yield entry
                    entry = None
                continue
            if entry:
                sys.exit(f"{path}:{entry[0]}: no reason is given")
            m = re.fullmatch(r"([^:]+):(\w+)(?:: (.*))?", line)
            if not m:
                sys.exit(f"{path}:{n}: not file:function: text of the line")
            entry = (n, m.group(1), m.group(2), m.group(3) or "")
    if entry:
        sys.exit(f"{path}:{entry[0]}: no reason is given")


def explain(files, found):
    """What is left to explain, and what explained.txt has wrong."""
    left, wrong = list(found), []
    for n, name, function, text in explanations():
        hits = {(i[0], i[4]) for i in found
                if i[0] == name and i[2] == function and
                (not text or files[name].text[i[1] - 1].strip() == text)}
        if not hits:
            wrong.append(f"explained.txt:{n}: {name}:{function}: {text}: "
                         "is gone, or is reached")
        left = [i for i in left if (i[0], i[4]) not in hits]
    return left, wrong


def html(directory, common, files):
    out = f"{directory}/html"
    subprocess.run(["llvm-cov", "show", *common, "-format=html",
                    "-show-branches=count", "-show-expansions=false",
                    f"-output-dir={out}",
                    *(os.path.join(ROOT, name) for name in sorted(files))],
                   check=True, capture_output=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory")
    parser.add_argument("--figures")
    args = parser.parse_args()
    data, common = export(args.directory)
    files = read(data)
    html(args.directory, common, files)

    found = list(missing(files))
    with open(f"{args.directory}/uncovered.txt", "w", encoding="utf-8") as f:
        for name, n, function, what, _ in found:
            f.write(f"{name}:{n}: {function}: {what}\n")
    with open(f"{args.directory}/files.txt", "w", encoding="utf-8") as f:
        for name in sorted(files):
            f.write(row(name, files[name].totals()) + "\n")

    totals = {folder: add(f.totals() for name, f in files.items()
                          if name.startswith(folder + "/"))
              for folder in FOLDERS}
    held = [i for i in found if i[0].split("/")[0] in AIMS]
    left, wrong = explain(files, held)
    for folder in FOLDERS:
        print(row(folder + "/", totals[folder]))
    print(f"each file: {args.directory}/files.txt, each gap: uncovered.txt, "
          "the source: html/index.html")
    never = [i for i in held if i[3] == NEVER]
    open_lines = [i for i in left if i[3] == NEVER]
    print(f"net/ and lib/: {len(never)} lines are never run, "
          f"{len(never) - len(open_lines)} of them explained; "
          f"{len(held) - len(never)} conditions are seen one way only")

    for folder, aims in AIMS.items():
        t = totals[folder]
        for what, part, whole, aim in (("lines", t[1], t[0], aims[0]),
                                       ("branches", t[3], t[2], aims[1])):
            if 100 * part < aim * whole:
                wrong.append(f"{folder}/: {percent(part, whole).strip()} of "
                             f"the {what}, less than {aim} %")
    for sentence in wrong:
        print(sentence)
    if args.figures:
        os.makedirs(os.path.dirname(args.figures), exist_ok=True)
        with open(args.figures, "w", encoding="utf-8") as f:
            for folder in FOLDERS:
                for what, count in zip(("lines", "lines_run", "branches",
                                        "branches_taken"), totals[folder]):
                    f.write(f"{folder}_{what} {count}\n")
            f.write(f"never_run {len(never)}\n"
                    f"unexplained {len(open_lines)}\n"
                    f"failed {len(wrong)}\n")
    print(f"coverage: {2 * len(AIMS) - min(len(wrong), 2 * len(AIMS))} passed, "
          f"{len(wrong)} failed")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
