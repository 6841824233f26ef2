#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The same probes against the appliance and against a Linux guest.

    oracle.py [--only PATTERN] [--jobs N] [--show] [--rows] [--doc FILE]

A probe (probes/*.py) types lines, sends frames and looks at what comes out; its
transcript must be the same on both boxes, or differ just as its row in
differences.csv says. A difference without a row fails, and so does a row whose
difference is gone. --show prints transcripts, --rows prints the rows that are
missing, without their reasons; --doc writes the page about it.
"""
import argparse
import concurrent.futures
import csv
import difflib
import importlib
import io
import os
import queue
import re
import shutil
import sys
import tempfile
import threading
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
TABLE = f"{HERE}/differences.csv"
SPECS = f"{HERE}/../../docs/specs.md"
COLUMNS = ["probe", "fairlead", "linux", "reason"]
TRIES = 2


def probes():
    """name -> (group's title, function), in the order in which they are written.
    A name is its module's and its function's."""
    found = {}
    for file in sorted(os.listdir(f"{HERE}/probes")):
        if not file.endswith(".py") or file == "__init__.py":
            continue
        module = importlib.import_module(f"probes.{file[:-3]}")
        for name, thing in vars(module).items():
            if callable(thing) and getattr(thing, "is_probe", False):
                found[f"{file[:-3]}.{name}"] = (
                    module.__doc__.strip().splitlines()[0], thing)
    return found


def rows():
    if not os.path.exists(TABLE):
        return {}
    with open(TABLE, newline="") as f:
        return {r["probe"]: r for r in csv.DictReader(f)}


def transcript(box, function):
    from box import Run
    run = Run(box)
    function(run)
    return run.transcript


def differences(ours, linux):
    """What each has that the other has not: two texts."""
    only = ([], [])
    matcher = difflib.SequenceMatcher(None, ours, linux, autojunk=False)
    for tag, a0, a1, b0, b1 in matcher.get_opcodes():
        if tag != "equal":
            only[0].extend(ours[a0:a1])
            only[1].extend(linux[b0:b1])
    return "\n".join(only[0]), "\n".join(only[1])


class Pair:
    """The appliance and a Linux guest, that run the same probe at once."""

    def __init__(self, directory):
        self.pool = concurrent.futures.ThreadPoolExecutor(2)
        self.directory = directory
        self.boxes = self._both(self._start, ("fairlead", "linux"))

    def _start(self, name):
        from box import Box
        return Box(name, tempfile.mkdtemp(dir=self.directory))

    def _both(self, what, things):
        return [f.result() for f in [self.pool.submit(what, t)
                                     for t in things]]

    def run(self, function):
        return self._both(lambda box: transcript(box, function), self.boxes)

    def again(self):
        """A box that went astray is started anew."""
        self.close()
        self.boxes = self._both(self._start, ("fairlead", "linux"))

    def close(self):
        for box in self.boxes:
            box.close()


class Outcome:
    def __init__(self, name, row, tries):
        self.name, self.row, self.tries = name, row, tries
        self.ours, self.linux, self.only = [], [], ("", "")
        self.error = None

    def verdict(self):
        """None if all is as the table has it, else what is wrong."""
        if self.error:
            return self.error
        want = (self.row["fairlead"], self.row["linux"]) if self.row \
            else ("", "")
        if self.only == want:
            return None
        if self.only == ("", ""):
            return "no longer differs, but has a row"
        return "differs otherwise than its row says" if self.row \
            else "differs, and has no row"


def attempt(pair, outcome, function):
    """Load can make a box late: what surprises must do so more than once."""
    for _ in range(outcome.tries):
        outcome.error = None
        try:
            outcome.ours, outcome.linux = pair.run(function)
            outcome.only = differences(outcome.ours, outcome.linux)
        except Exception:
            outcome.error = "the probe broke: " + traceback.format_exc(limit=-3)
            pair.again()
        if outcome.verdict() is None:
            return


def work(directory, todo, done):
    try:
        pair = Pair(tempfile.mkdtemp(dir=directory))
    except Exception:
        traceback.print_exc()
        done.put(None)
        return
    while True:
        try:
            outcome, function = todo.get_nowait()
        except queue.Empty:
            break
        try:
            attempt(pair, outcome, function)
        except Exception:
            outcome.error = traceback.format_exc()
        done.put(outcome)
    pair.close()
    done.put(None)


def run_some(chosen, table, jobs, tries):
    """Outcomes by name, of several pairs of boxes at once."""
    directory = tempfile.mkdtemp(prefix="oracle-")
    todo, done = queue.Queue(), queue.Queue()
    for name, (_, function) in chosen.items():
        todo.put((Outcome(name, table.get(name), tries), function))
    workers = [threading.Thread(target=work, args=(directory, todo, done),
                                daemon=True) for _ in range(jobs)]
    for w in workers:
        w.start()
    running, outcomes = jobs, {}
    while running:
        outcome = done.get()
        if outcome is None:
            running -= 1
            continue
        outcomes[outcome.name] = outcome
        wrong = outcome.verdict()
        print(f"{len(outcomes)}/{len(chosen)} {outcome.name}: "
              f"{wrong or ('as its row says' if outcome.row else 'the same')}",
              flush=True)
    for w in workers:
        w.join()
    shutil.rmtree(directory, ignore_errors=True)
    return outcomes


def run_all(chosen, table, jobs):
    """What surprised is asked again, by one pair that has the machine to
    itself."""
    outcomes = run_some(chosen, table, jobs, 1)
    again = {n: chosen[n] for n in chosen
             if n not in outcomes or outcomes[n].verdict()}
    if again:
        print("---- once more, one at a time")
        outcomes.update(run_some(again, table, 1, TRIES))
    return {n: outcomes[n] for n in chosen if n in outcomes}


def print_failure(outcome):
    print(f"---- {outcome.name}: {outcome.verdict()}")
    for line in difflib.unified_diff(outcome.linux, outcome.ours, "Linux",
                                     "Fairlead", n=2, lineterm=""):
        print("  " + line)


def print_rows(outcomes):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for o in outcomes:
        if o.verdict() and not o.error and o.only != ("", ""):
            writer.writerow([o.name, *o.only,
                             o.row["reason"] if o.row else ""])
    print(text.getvalue())


KEY = re.compile(r"\[([A-Z][A-Z0-9.]+)[ \]]")


def check_words(table, known):
    """Every row is of a probe, every probe and every reason cites something that
    docs/specs.md or docs/caveats.md has."""
    specs = set(re.findall(r"^\| ([\w.]+) \|", open(SPECS).read(), re.M))
    wrong = [f"{n}: a row for no probe" for n in table if n not in known]
    texts = [(n, f.__doc__ or "") for n, (_, f) in known.items()]
    texts += [(n, r["reason"]) for n, r in table.items()]
    for name, text in texts:
        keys = KEY.findall(text)
        if not keys and "caveats" not in text:
            wrong.append(f"{name}: cites nothing")
        wrong += [f"{name}: docs/specs.md has no {k}"
                  for k in keys if k not in specs]
    return wrong


MACS = re.compile(r"(?<=: )(?:[0-9a-f]{2}:){5}[0-9a-f]{2} > "
                  r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2} (?=\d)")


def cell(text):
    """Several lines in one cell of a table, without the MAC addresses of what
    goes from one station to one other."""
    lines = [MACS.sub("", line).replace("|", "\\|")
             for line in text.splitlines()]
    return "<br>".join(f"`{line}`" for line in lines) or "nothing"


def page(known, table):
    out = [open(f"{HERE}/page.txt").read().rstrip(), ""]
    out.append(f"{len(known)} probes; {len(known) - len(table)} find both boxes "
               f"the same, {len(table)} find a difference.")
    out += ["", "## Differences", ""]
    for name, row in table.items():
        doc = " ".join(known[name][1].__doc__.split())
        out += [f"### {name}", "", doc, "",
                "| Fairlead | Linux | reason |", "|---|---|---|",
                f"| {cell(row['fairlead'])} | {cell(row['linux'])} | "
                f"{row['reason']} |", ""]
    out += ["## Probes", ""]
    group = None
    for name, (title, function) in known.items():
        if title != group:
            out += [""] if group else []
            out += [f"### {title}", "", "| probe | what it asks | |",
                    "|---|---|---|"]
            group = title
        doc = " ".join(function.__doc__.split())
        out.append(f"| {name.split('.')[1].replace('_', ' ')} | {doc} | "
                   f"{'[differs](#' + name.replace('.', '') + ')' if name in table else 'same'} |")
    return "\n".join(out) + "\n"


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--only", default="")
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--show", action="store_true")
    p.add_argument("--rows", action="store_true")
    p.add_argument("--doc")
    p.add_argument("--list", action="store_true")
    o = p.parse_args()
    known, table = probes(), rows()
    wrong = check_words(table, known)
    if o.list:
        print("\n".join(known))
        return
    if o.doc:
        with open(o.doc, "w") as f:
            f.write(page(known, table))
        sys.exit("\n".join(wrong) if wrong else 0)
    chosen = {n: v for n, v in known.items() if re.search(o.only, n)}
    start = time.time()
    outcomes = run_all(chosen, table, min(o.jobs, len(chosen)))
    bad = [x for x in outcomes.values() if x.verdict()]
    if o.show:
        for x in outcomes.values():
            print(f"==== {x.name}", *x.ours, sep="\n  ")
    for x in bad:
        print_failure(x)
    if o.rows:
        print_rows(bad)
    for line in wrong:
        print(line)
    failed = len(bad) + len(wrong) + len(chosen) - len(outcomes)
    print(f"oracle, {time.time() - start:.0f} s: {len(chosen) - len(bad)} "
          f"passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
