#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The gates of the house: rules that a command can hold.

    check.py [--objects DIR] [rule ...]

One finding a line, `file:line: rule: sentence`; exit 1 if there is any. The
last line counts the rules.
--objects names the directory with the kernel's object files, for the rules that
look at symbols.
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
RULES = {}


def rule(fn):
    RULES[fn.__name__.replace("_", "-")] = fn
    return fn


def tracked(*suffixes):
    """Files of the tree, tracked or new, that git does not ignore."""
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"],
                         cwd=ROOT, capture_output=True, text=True, check=True)
    names = [n for n in out.stdout.splitlines()
             if os.path.exists(os.path.join(ROOT, n))]
    return [n for n in names if n.endswith(suffixes)] if suffixes else names


def text(name):
    with open(os.path.join(ROOT, name), encoding="utf-8",
              errors="replace") as f:
        return f.read()


def lines(name):
    return enumerate(text(name).split("\n"), 1)


def code(name):
    """The text with comments and strings blanked, line structure kept."""
    def blank(m):
        return re.sub(r"[^\n]", " ", m.group(0))
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, blank, text(name), flags=re.S)


PRODUCT = ("lib/", "net/", "drivers/", "apps/", "arch/", "boot/")


def product(*suffixes):
    return [n for n in tracked(*suffixes) if n.startswith(PRODUCT)]


@rule
def format(objects):
    """clang-format agrees with every C file."""
    names = tracked(".c", ".h")
    def one(name):
        r = subprocess.run(["clang-format", "--dry-run", "-Werror", name],
                           cwd=ROOT, capture_output=True, text=True)
        m = re.search(r"^.*?:(\d+):\d+: error", r.stderr, re.M)
        return (name, int(m.group(1)) if m else 1) if r.returncode else None
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for hit in filter(None, pool.map(one, names)):
            yield *hit, "not as clang-format writes it (make format)"


# Who may include whom: the first matching prefix decides.
LAYERS = [
    ("lib/", r"lib/"),
    ("net/wire/", r"lib/be\.h|lib/port\.h|lib/checksum\.h|net/drop\.h|net/wire/"),
    ("net/", r"lib/|net/"),
    ("drivers/", r"lib/|drivers/|net/(netdev|skb|drop)\.h|<arch/"),
    ("apps/", r"lib/|apps/|net/(?!wire/)"),
    ("arch/", r"lib/|arch/|<arch/"),
    ("boot/main.c", r""),
    ("boot/", r"lib/|arch/|boot/|<arch/|<efi"),
]
FREESTANDING = {"<%s.h>" % h for h in (
    "stdint stddef stdarg stdbool limits stdalign float iso646 "
    "stdnoreturn cpuid").split()}


@rule
def layers(objects):
    """Every include goes down, or sideways where the house allows it."""
    for name in product(".c", ".h", ".S"):
        allowed = next(a for p, a in LAYERS if name.startswith(p))
        for n, line in lines(name):
            m = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
            if not m:
                continue
            target = m.group(2) if m.group(1) == '"' else f"<{m.group(2)}>"
            if target in FREESTANDING:
                continue
            if not re.match(allowed, target):
                yield name, n, f"{name.split('/')[0]} may not include {target}"


@rule
def upward_symbols(objects):
    """What an object needs from outside comes from a layer below."""
    if not objects:
        return
    owner, needs = {}, []
    for name in product(".c"):
        obj = os.path.join(objects, name[:-2] + ".o")
        if not os.path.exists(obj):
            continue
        out = subprocess.run(["nm", obj], capture_output=True, text=True)
        for line in out.stdout.splitlines():
            kind, symbol = line.split()[-2:]
            if kind == "U":
                needs.append((name, symbol))
            elif kind in "TDBRVW":
                owner[symbol] = name
    may = {"lib": {"lib", "arch"}, "net": {"lib", "net", "arch"},
           "drivers": {"lib", "net", "drivers", "arch"},
           "apps": {"lib", "net", "apps", "arch"},
           "arch": {"lib", "arch"}}
    # early.c is a part of netdev.h's promise.
    drivers_net = re.compile(r"net/(netdev|early|skb|drop)\.c$")
    for name, symbol in needs:
        to = owner.get(symbol)
        layer = name.split("/")[0]
        if not to or layer not in may:
            continue
        if layer in ("lib", "net", "apps") and to.startswith("arch/") and \
                to != "arch/x86/port.c" and to != "arch/x86/panic.c":
            yield name, 1, f"needs {symbol} of {to}: above its layer"
        elif to.split("/")[0] not in may[layer]:
            yield name, 1, f"needs {symbol} of {to}: above its layer"
        elif layer == "drivers" and to.startswith("net/") and \
                not drivers_net.match(to):
            yield name, 1, f"needs {symbol} of {to}: a driver knows no protocol"


@rule
def conditional_compilation(objects):
    """No #if in .c files: what is in the tree is compiled and tested."""
    for name in product(".c"):
        for n, line in lines(name):
            if re.match(r"\s*#\s*(if|ifdef|ifndef|elif)\b", line):
                yield name, n, "conditional compilation in a .c file"


@rule
def mutable_globals(objects):
    """Everything of lib/, net/ and apps/ hangs off an instance."""
    if not objects:
        return
    for name in product(".c"):
        if not name.startswith(("lib/", "net/", "apps/")):
            continue
        obj = os.path.join(objects, name[:-2] + ".o")
        if not os.path.exists(obj):
            continue
        out = subprocess.run(["nm", obj], capture_output=True, text=True)
        for line in out.stdout.splitlines():
            kind, symbol = line.split()[-2:]
            if kind in "bBdDcC":
                yield name, 1, f"{symbol} is a mutable global"


@rule
def spdx(objects):
    """One licence line opens each file of code."""
    for name in tracked(".c", ".h", ".S", ".def", ".py", ".sh", ".mk", ".ld",
                        ".cfg", "Makefile", ".awk"):
        head = text(name)[:200]
        if "SPDX-License-Identifier: BSD-2-Clause" not in head:
            yield name, 1, "no SPDX-License-Identifier line at the top"


@rule
def columns(objects):
    """80 columns with tabs of 8, in C."""
    for name in tracked(".c", ".h", ".S"):
        for n, line in lines(name):
            if len(line.expandtabs(8)) > 80 and '"' not in line:
                yield name, n, "longer than 80 columns"


CITATION = re.compile(r"\[((?:RFC ?\d+|82574|IEEE[\d.]+|HARDWARE|ACPI|PVH|MB2|"
                      r"UEFI|PCI|PCIe|PCIPM|PCIFW|PCIBRIDGE|SDM|16550|OPERATING|"
                      r"CONTRACT)(?:[ ,;:][^\]]*)?)\]")


def citation_keys(body):
    for part in re.split(r",\s*(?=[A-Z0-9]{3,})", body):
        # A requirement's number within the document cited before it.
        if not re.match(r"(MUST|SHLD|MAY|SHOULD|REC)-\d+", part):
            yield part.split()[0].rstrip(",;:")


@rule
def citations(objects):
    """Every key that a comment cites stands in docs/specs.md."""
    known = set(re.findall(r"^\|\s*`?\[?([A-Za-z0-9.]+)\]?`?\s*\|",
                           text("docs/specs.md"), re.M))
    for name in product(".c", ".h", ".S", ".def"):
        for n, line in lines(name):
            for m in CITATION.finditer(line):
                for key in citation_keys(m.group(1)):
                    if key not in known:
                        yield name, n, f"[{key}] is not in docs/specs.md"


def drop_reasons():
    for n, line in lines("net/drop.def"):
        m = re.match(r"DROP\((\w+),", line)
        if m:
            yield n, m.group(1)


@rule
def drop_tests(objects):
    """Every drop reason has a test that provokes it."""
    tests = "".join(text(n) for n in tracked(".c", ".py", ".txt", ".scn")
                    if n.startswith(("tests/unit", "tests/boot",
                                     "tests/scenario")))
    for n, name in drop_reasons():
        if not re.search(rf"\b(DROP_)?{name}\b", tests):
            yield "net/drop.def", n, f"no test names {name}"


@rule
def drop_uses(objects):
    """Every drop reason is given by some code, and is given nowhere unlisted."""
    source = "".join(text(n) for n in product(".c", ".h"))
    for n, name in drop_reasons():
        if not re.search(rf"\bDROP_{name}\b", source):
            yield "net/drop.def", n, f"{name} is given by no code"


@rule
def conformance(objects):
    """Requirements have tests or reasons; tests name requirements that are."""
    sys.path.insert(0, os.path.join(ROOT, "tests/conformance"))
    import conformance as requirements
    yield from requirements.findings()


@rule
def readme_commands(objects):
    """`make X` in README and docs names a target that exists."""
    targets = set()
    for name in ("Makefile", *tracked(".mk")):
        targets |= set(re.findall(r"^([a-zA-Z][\w./-]*)\s*:(?!=)", text(name),
                                  re.M))
    for name in tracked(".md"):
        for n, line in lines(name):
            for m in re.finditer(r"(?:^|`)make ((?:[A-Z]+=\S+ )*)"
                                 r"([a-z][\w./-]*)", line):
                if m.group(2) not in targets:
                    yield name, n, f"no make target {m.group(2)}"


@rule
def links(objects):
    """Relative links in documents lead to files."""
    for name in tracked(".md"):
        for n, line in lines(name):
            for m in re.finditer(r"\]\(([^)#\s]+)(#[^)]*)?\)", line):
                if "://" in m.group(1):
                    continue
                path = os.path.normpath(os.path.join(os.path.dirname(name),
                                                     m.group(1)))
                if not os.path.exists(os.path.join(ROOT, path)):
                    yield name, n, f"link to {m.group(1)}, which is not there"


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--objects")
    p.add_argument("rules", nargs="*", metavar="rule",
                   help=", ".join(RULES))
    o = p.parse_args()
    names = o.rules or list(RULES)
    broken = set()
    for name in names:
        for where, n, sentence in RULES[name](o.objects):
            print(f"{where}:{n}: {name}: {sentence}")
            broken.add(name)
    print(f"check: {len(names) - len(broken)} passed, {len(broken)} failed")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
