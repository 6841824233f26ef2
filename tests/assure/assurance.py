#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""assurance.py RESULTS LOGS: docs/assurance.md on the standard output.

Every figure comes from the files that the last runs left behind:
RESULTS/assure-* (lines "key number") and LOGS/test-*.log. What was not run has
no figure. A test that is named here but is not in the tree is an error.
"""
import os
import re
import sys

from attacks import ATTACKS, join_frames

RESULTS, LOGS = sys.argv[1], sys.argv[2]

# What stands between a mistake and who would make use of it.
IMAGE = "tests/boot/test_hardening.py"
MACHINE = "tests/boot/test_machine.py"
PANIC = "tests/boot/panic/"
HARDENING = [
    ("stack protector: a canary of its own for each boot", IMAGE,
     "test_no_two_boots_have_a_secret_in_common"),
    ("a smashed stack stops the box", PANIC + "stack_smash.c", None),
    ("guard pages below every stack of every core", IMAGE,
     "test_every_stack_of_every_core_has_a_guard_page"),
    ("an overflowing stack meets its guard page", PANIC + "stack_overflow.c",
     None),
    ("W^X, NX, read-only text and constants, no page at 0", MACHINE,
     "test_every_page_has_only_the_rights_it_needs"),
    ("writing to text stops the box", PANIC + "text_write.c", None),
    ("executing data stops the box", PANIC + "data_exec.c", None),
    ("WP, NX on every core; SMEP, SMAP, UMIP where present", IMAGE,
     "test_every_core_has_the_protection_it_can_have"),
    ("freed packets, objects and pages are poisoned: hosted",
     "tests/unit/net/skb_test.c", "what_is_freed_is_poisoned"),
    ("red zones behind packet buffers", "tests/unit/net/skb_test.c",
     "an_overrun_is_found_when_its_victim_ends"),
    ("in the image: a packet written beyond its end", PANIC + "skb_overrun.c",
     None),
    ("in the image: a packet read after its end",
     PANIC + "skb_use_after_free.c", None),
    ("in the image: a packet that ends twice", PANIC + "double_free.c", None),
    ("in the image: a freed page followed",
     PANIC + "page_use_after_free.c", None),
    ("in the image: a freed page written to",
     PANIC + "page_write_after_free.c", None),
    ("in the image: a freed object written to",
     PANIC + "pool_write_after_free.c", None),
    ("entropy: RDRAND or jitter, never a fixed seed", IMAGE,
     "test_no_two_boots_have_a_secret_in_common"),
    ("padding is zero (Etherleak)", "tests/boot/test_attacks.py",
     "test_padding_says_nothing"),
    ("tokens are compared in constant time", "tests/unit/lib/hash_test.c",
     "test_an_early_difference_is_not_found_sooner"),
]


def figures(name):
    path = f"{RESULTS}/assure-{name}"
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as f:
        return {k: int(v) for k, v in (l.split() for l in f)}


def number(n):
    return f"{n:,}".replace(",", " ")


def said(name, template):
    f = figures(name)
    if f is None:
        return "not run"
    text = template.format(**{k: number(v) for k, v in f.items()})
    return text + (f"; **{f['failed']} failed**" if f.get("failed") else "")


def coverage():
    f = figures("coverage")
    if f is None:
        return "not run"
    parts = [f"{top}/ {share(f, top, 'lines', 'lines_run')} of the lines, "
             f"{share(f, top, 'branches', 'branches_taken')} of the branches"
             for top in ("net", "lib", "drivers", "apps")]
    text = "; ".join(parts)
    text += (f"; {number(f['never_run'])} lines of net/ and lib/ are never run, "
             f"{number(f['never_run'] - f['unexplained'])} of them explained")
    return text + (f"; **{f['failed']} failed**" if f["failed"] else "")


def share(f, top, whole, part):
    # Rounded down: an aim is not met by rounding.
    return f"{f[f'{top}_{part}'] * 1000 // f[f'{top}_{whole}'] / 10} %"


def step(name):
    try:
        with open(f"{LOGS}/test-{name}.log", encoding="utf-8",
                  errors="replace") as f:
            text = f.read()
    except OSError:
        return "not run"
    # "N passed, M failed", or pytest's "M failed, N passed".
    lines = [line for line in text.splitlines() if re.search(r"\d+ passed", line)]
    if not lines:
        return "not run"
    passed = re.search(r"(\d+) passed", lines[-1]).group(1)
    failed = re.search(r"(\d+) failed", lines[-1])
    failed = failed.group(1) if failed else 0
    return f"{number(int(passed))} passed, {failed} failed"


def reasons():
    with open("net/drop.def", encoding="utf-8") as f:
        return len(re.findall(r"^DROP\(", f.read(), re.M))


def where(path, function):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if function and f"\n{function}(" not in text and \
            f"\ndef {function}(" not in text:
        sys.exit(f"assurance.py: {path} has no {function}")
    link = f"[{os.path.basename(path)}](../{path})"
    return f"{link} `{function}`" if function else link


PROMISES = [
    ("A refused request for memory never leaks, crashes or leaves anything "
     "half made", "`make alloc-fail`",
     said("alloc", "{works} tests and scenarios ask {asked} times; {refused} "
          "times another one was refused: {survived} went on, {ended} gave up "
          "and gave all back")),
    ("Over bad, flapping and parted networks every byte arrives once and in "
     "order, or both ends are told; nothing is left over; no timer is late",
     "`make sim`", said("sim", "{runs} runs, {frames} frames, {steps} steps "
                        "with the invariants checked")),
    ("Clocks, sequence numbers, timestamps and identifications may wrap",
     "`make soak-virtual`", said("soak", "{minutes} minutes of virtual time "
                                 "across {wraps} wraps")),
    ("Arbitrary input breaks no invariant of parsers, stack, TCP, console, "
     "configuration and driver", "`make fuzz`",
     said("fuzz", "{targets} targets, {runs} inputs")),
    ("Parsers and the steps of reassembly are safe for every input of bounded "
     "length", "`make prove`", said("prove", "{harnesses} proofs, {properties} "
                                    "properties")),
    ("Three static analysers find nothing in the products that is not "
     "explained, one by one", "`make analyze`",
     said("analyze", "{sources} sources, {analysers} analysers, {explained} "
          "findings explained")),
    ("Every reason for a drop has a test that provokes it", "`make check`",
     f"{reasons()} reasons; {step('check')}"),
    ("Each part does what its contract says", "`make unit`", step("unit")),
    ("What the hosted tests go through; what they do not in net/ and lib/ is "
     "[explained](../tests/coverage/explained.txt)", "`make coverage`",
     coverage()),
    ("Lossy paths yield what they yielded before", "`make goodput`",
     step("goodput")),
    ("The real image, beside real Linux hosts", "`make boot-test`",
     step("boot-test")),
]

print("# Assurance\n")
print("Generated by `make assurance` from the results that the last runs left "
      "behind. What\nis promised to whom is in [threat.md](threat.md).\n")
print("| promise | shown by | figure of the run |\n|---|---|---|")
for promise, by, figure in PROMISES:
    print(f"| {promise} | {by} | {figure} |")
print("\n## Hardening\n")
print("| what | test |\n|---|---|")
for what, path, function in HARDENING:
    print(f"| {what} | {where(path, function)} |")
print("\n## Known attacks\n")
join_frames()
print(f"{len(ATTACKS)} names, {sum(map(len, ATTACKS.values()))} tests.\n")
print("| name | attack | test |\n|---|---|---|")
for name, rows in ATTACKS.items():
    if not rows:
        sys.exit(f"assurance.py: {name}: no test")
    for what, path, function in rows:
        print(f"| {name} | {what} | {where(path, function)} |")
