#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Requirement -> test -> result. README.md has the convention.

    conformance.py doc      docs/conformance.md on the standard output
    conformance.py report   the same with results, from out/results
    conformance.py gaps     requirements with neither test nor reason
    conformance.py check    the findings of the gate
"""
import collections
import csv
import glob
import os
import re
import sys
import xml.etree.ElementTree

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
HERE = "tests/conformance"
RESULTS = os.environ.get("FAIRLEAD_RESULTS",
                         os.path.join(ROOT, "out/results"))
KINDS = ("refused", "not applicable", "by design", "not done")

Tag = collections.namedtuple("Tag", "id test file line")
Reason = collections.namedtuple("Reason", "kind because line")


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as f:
        return f.read()


def found(pattern):
    return sorted(os.path.relpath(p, ROOT) for p in
                  glob.glob(os.path.join(ROOT, pattern), recursive=True))


def requirements():
    """id -> row, in the order of the file."""
    rows = csv.DictReader(read(f"{HERE}/requirements.csv").splitlines())
    return {r["id"]: r for r in rows}


def reasons():
    rows = csv.DictReader(read(f"{HERE}/reasons.csv").splitlines())
    return {r["id"]: Reason(r["kind"], r["because"], n)
            for n, r in enumerate(rows, 2)}


# ---- tags ------------------------------------------------------------------

def comments(text, c_syntax):
    """(offset, identifiers) of each `covers:` in a comment."""
    if c_syntax:
        for m in re.finditer(r"/\*(?:(?!\*/).)*?\bcovers:(.*?)\*/", text, re.S):
            yield m.start(), m.group(1).replace("\n *", " ")
        return
    # A line that ends in a comma goes on.
    pattern = r"^[ \t]*#[ \t]*covers:((?:.*,[ \t]*\n[ \t]*#)*.*)$"
    for m in re.finditer(pattern, text, re.M):
        yield m.start(), m.group(1).replace("#", " ")


def c_test(text, at):
    """The test that the comment stands in or before; None: it is none."""
    before = text[:at]
    opened = list(re.finditer(r"^\{", before, re.M))
    closed = list(re.finditer(r"^\}", before, re.M))
    if opened and (not closed or closed[-1].start() < opened[-1].start()):
        names = list(re.finditer(r"^(\w+)\(", before[:opened[-1].start()],
                                 re.M))
        name = names[-1] if names else None
    else:
        name = re.compile(r"^(\w+)\(", re.M).search(text, at)
    if not name:
        return None
    word, rest = name.group(1), text[name.end():]
    return word if re.search(rf"[({{,]\s*{word}\s*[,)}}]", rest) else None


def py_test(text, at):
    line = text[at:text.find("\n", at)]
    if line[0] in " \t":
        names = re.findall(r"^def (\w+)", text[:at], re.M)
        name = names[-1] if names else None
    else:
        m = re.compile(r"^def (\w+)", re.M).search(text, at)
        name = m.group(1) if m else None
    return name if name and name.startswith("test_") else None


def file_tags(name):
    text = read(name)
    whole = name.endswith((".scn", "_fuzz.c"))
    for at, ids in comments(text, name.endswith(".c")):
        line = text.count("\n", 0, at) + 1
        test = name
        if not whole:
            word = (c_test if name.endswith(".c") else py_test)(text, at)
            test = f"{name}:{word}" if word else None
        for word in re.split(r"[\s,]+", ids.strip()):
            yield Tag(word, test, name, line)


def tags():
    for pattern in ("tests/scenario/*.scn", "tests/unit/**/*_test.c",
                    "tests/sim/*.c", "tests/fuzz/*_fuzz.c",
                    "tests/boot/test_*.py"):
        for name in found(pattern):
            yield from file_tags(name)


def by_id():
    tests = collections.defaultdict(list)
    for tag in tags():
        if tag.test and tag.test not in tests[tag.id]:
            tests[tag.id].append(tag.test)
    return tests


# ---- the gate --------------------------------------------------------------

def is_must(row):
    return row["level"].startswith("MUST")


def bad_tags(known):
    for tag in tags():
        if tag.id not in known:
            yield tag.file, tag.line, f"{tag.id} is no requirement"
        if not tag.test:
            yield tag.file, tag.line, f"{tag.id} stands at no test"


def bad_reasons(known, tests):
    name = f"{HERE}/reasons.csv"
    for ident, reason in reasons().items():
        if ident not in known:
            yield name, reason.line, f"{ident} is no requirement"
        if reason.kind not in KINDS or not reason.because:
            yield name, reason.line, f"{ident} has no good reason"
        if tests.get(ident) and reason.kind != "refused":
            yield name, reason.line, f"{ident} has a test and a reason"


def findings():
    """(file, line, sentence), for tests/lint/check.py."""
    known, tests, why = requirements(), by_id(), reasons()
    yield from bad_tags(known)
    yield from bad_reasons(known, tests)
    rows = read(f"{HERE}/requirements.csv").splitlines()
    for n, line in enumerate(rows[1:], 2):
        row = known.get(line.split(",")[0])
        if row and not tests[row["id"]] and row["id"] not in why:
            yield f"{HERE}/requirements.csv", n, \
                f"{row['id']} has neither a test nor a reason"
    if read("docs/conformance.md") != "".join(document()):
        yield "docs/conformance.md", 1, "is old (make docs/conformance.md)"


# ---- results ---------------------------------------------------------------

def word_results(name):
    """Lines `passed TEST` or `failed TEST`; the worst of several counts."""
    try:
        with open(os.path.join(RESULTS, name), encoding="utf-8") as f:
            lines = f.read().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        yield line.split(" ", 1)


def junit_results():
    try:
        tree = xml.etree.ElementTree.parse(os.path.join(RESULTS, "boot.xml"))
    except (FileNotFoundError, xml.etree.ElementTree.ParseError):
        return
    for case in tree.iter("testcase"):
        module = case.get("classname", "").split(".")[-1]
        test = case.get("name").split("[")[0]
        what = {c.tag for c in case}
        result = "failed" if what & {"failure", "error"} else \
            "skipped" if "skipped" in what else "passed"
        yield result, f"tests/boot/{module}.py:{test}"


WORST = ("passed", "skipped", "failed")


def results():
    all_of = {}
    for source in (word_results("unit"), word_results("sim"),
                   word_results("fuzz"), junit_results()):
        for result, test in source:
            before = all_of.get(test, "passed")
            all_of[test] = max(before, result, key=WORST.index)
    return all_of


# ---- what is printed -------------------------------------------------------

def documents(rows):
    groups = collections.OrderedDict()
    for row in rows.values():
        groups.setdefault(row["rfc"], []).append(row)
    return groups


def how(row, tests, why):
    """What stands in the last column."""
    parts = [f"`{t.removeprefix('tests/')}`" for t in tests[row["id"]]]
    reason = why.get(row["id"])
    if reason:
        parts.append(f"*{reason.kind}*: {reason.because}")
    return ", ".join(parts) or "**nothing**"


def count(rows, tests, why):
    musts = [r for r in rows if is_must(r)]
    def held(some):
        return sum(bool(tests[r["id"]]) for r in some), \
            sum(r["id"] in why and not tests[r["id"]] for r in some), len(some)
    return held(musts), held([r for r in rows if not is_must(r)])


def document():
    rows, tests, why = requirements(), by_id(), reasons()
    yield ("# Conformance\n\n"
           "Requirement → tests that show it, or why there is none. Generated "
           "by\n`make docs/conformance.md` from the tests' own words "
           "([tests/conformance](../tests/conformance/README.md));\nresults of "
           "the last run: `make conformance`, then `out/conformance.txt`.\n\n"
           "| document | MUST: tested | with a reason | neither "
           "| SHOULD: tested | with a reason | neither |\n"
           "|---|--:|--:|--:|--:|--:|--:|\n")
    for name, group in documents(rows).items():
        yield f"| [{name}](#{name.lower()}) |"
        for tested, excused, total in count(group, tests, why):
            yield f" {tested} | {excused} | {total - tested - excused} |"
        yield "\n"
    for name, group in documents(rows).items():
        yield f"\n## {name}\n\n| | § | | requirement | shown by |\n" \
            "|---|---|---|---|---|\n"
        for r in group:
            text = r["paraphrase"].replace("|", "\\|")
            yield f"| {r['id']} | {r['section']} | {r['level']} | {text} | " \
                f"{how(r, tests, why)} |\n"


def gaps():
    rows, tests, why = requirements(), by_id(), reasons()
    for r in rows.values():
        if not tests[r["id"]] and r["id"] not in why:
            yield f"{r['id']:15} {r['level']:10} {r['section']:10} " \
                f"{r['paraphrase']}\n"


def report():
    """Lines, and how many tested requirements were not shown to hold."""
    rows, tests, why, result = requirements(), by_id(), reasons(), results()
    lines, tally = [], collections.Counter()
    for r in rows.values():
        got = {t: result.get(t, "not run") for t in tests[r["id"]]}
        worst = "nothing"
        for word in ("failed", "not run", "skipped", "passed"):
            if word in got.values():
                worst = word
                break
        if worst == "nothing" and r["id"] in why:
            worst = why[r["id"]].kind
        tally[worst] += 1
        lines.append(f"{r['id']:15} {r['level']:10} {worst:14} "
                     f"{r['paraphrase']}\n")
        lines += [f"{'':27}{got[t]:14} {t}\n" for t in got]
    lines.append("\n" + ", ".join(f"{n} {w}" for w, n in
                                  sorted(tally.items())) + "\n")
    return lines, tally["failed"] + tally["not run"]


def main():
    what = sys.argv[1] if len(sys.argv) == 2 else ""
    if what == "doc":
        sys.stdout.write("".join(document()))
    elif what == "gaps":
        sys.stdout.write("".join(gaps()))
    elif what == "check":
        bad = list(findings())
        for where, n, sentence in bad:
            print(f"{where}:{n}: conformance: {sentence}")
        return 1 if bad else 0
    elif what == "report":
        lines, bad = report()
        sys.stdout.write("".join(lines))
        return 1 if bad else 0
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
