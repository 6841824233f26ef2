#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Addresses, routes and links, by turns here and in a real Linux: random lines of
`ip` go to both, and both must answer the same and show the same tables.

    fib_oracle.py FIB_LINES [SEED [LINES]]

Needs root (a network namespace of its own) and veth. Three differences are known
and avoided: addresses that are no station's are refused here; without policy rules
Linux lets a longer prefix of table main win over a shorter one of local; and Linux
deletes next-hop objects whose port has no carrier.
"""
import difflib
import os
import random
import re
import subprocess
import sys
import time

PORTS = ("eth0", "eth1")


class Ours:
    def __init__(self, program, rest):
        self.process = subprocess.Popen([program] + ([] if rest else ["used"]),
                                        stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def ip(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = ""
        while (got := self.process.stdout.readline()) not in ("\n", ""):
            answer += got
        if got == "":
            sys.exit(f"our side died at: ip {line}")
        return answer


class Linux:
    """This process is in a namespace of its own already."""

    def __init__(self, rest):
        self.ip("link set lo up")
        for where in ("all", "default") if rest else ():
            with open(f"/proc/sys/net/ipv4/conf/{where}/"
                      "ignore_routes_with_linkdown", "w") as f:
                f.write("1")
        for i, port in enumerate(PORTS):
            self.ip(f"link add {port} type veth peer name peer{i}")
            self.ip(f"link set {port} addrgenmode none")
            self.ip(f"link set peer{i} up")
            self.ip(f"link set {port} up")
        self.settle()

    def ip(self, line):
        # A port loses its carrier when its peer goes down.
        for port, peer in zip(PORTS, ("peer0", "peer1")):
            line = line.replace(f"{port} carrier off", f"{peer} down")
            line = line.replace(f"{port} carrier on", f"{peer} up")
        # A group of next hops is of no family.
        family = [] if line.startswith("nexthop") else ["-4"]
        done = subprocess.run(["ip"] + family + line.split(), text=True,
                              capture_output=True)
        return done.stdout + done.stderr

    def settle(self):
        """Changes of the carrier take the kernel a moment."""
        for port in PORTS:
            for _ in range(500):
                text = self.ip(f"link show {port}")
                flags = text.split("<")[1].split(">")[0].split(",")
                running = "UP" in flags and "LOWER_UP" in flags
                if ("state UP" in text) == running:
                    break
                time.sleep(0.01)


def prefix(rng, length=None):
    if length is None:
        length = rng.choice((0, 8, 8, 16, 16, 20, 24, 24, 25, 32))
    addr = rng.choice((0x14000000, 0x14010000, 0x14010100, 0x14018000,
                       0x15000000, 0x0a000000))
    addr |= rng.getrandbits(8) << rng.choice((0, 8))
    addr &= 0xffffffff << (32 - length) if length else 0
    return f"{addr >> 24}.{addr >> 16 & 255}.{addr >> 8 & 255}.{addr & 255}" \
           f"/{length}"


def gateway(rng):
    return rng.choice(("10.0.0.2", "10.0.0.3", "10.0.1.2", "10.0.1.7",
                       "10.0.2.9", "20.1.1.1", "10.0.0.1", "10.0.0.255",
                       "99.0.0.1"))


def source(rng):
    return rng.choice(("10.0.0.1", "10.0.1.1", "10.0.0.9", "10.0.2.1",
                       "10.3.0.1", "20.0.0.1"))


def hop(rng):
    words = []
    if rng.random() < 0.8:
        words += ["via", gateway(rng)]
    if not words or rng.random() < 0.3:
        words += ["dev", rng.choice(PORTS)]
        if rng.random() < 0.3 and "via" in words:
            words += ["onlink"]
    return words


def route(rng, deletes=False):
    kind = rng.choice(("",) * 8 + ("local", "broadcast", "blackhole",
                                   "unreachable", "prohibit", "throw"))
    local = kind in ("local", "broadcast") or rng.random() < 0.02
    words = [kind, prefix(rng, 32 if local else None)]
    if kind in ("local", "broadcast"):
        words += ["dev", rng.choice(PORTS + ("lo",))]
    elif kind in ("blackhole", "unreachable", "prohibit", "throw"):
        if rng.random() < 0.1:
            words += hop(rng)
    elif rng.random() < 0.2:
        for _ in range(rng.randint(2, 3)):
            words += ["nexthop"] + hop(rng)
            if rng.random() < 0.5:
                words += ["weight", str(rng.randint(1, 9))]
    elif not deletes or rng.random() < 0.5:
        words += hop(rng)
    head = words
    words = []
    if rng.random() < 0.3:
        words += ["metric", str(rng.randint(0, 3))]
    if rng.random() < 0.1:
        words += ["tos", rng.choice(("0x08", "0x10", "0x1c"))]
    if rng.random() < 0.2:
        words += ["src", source(rng)]
    if rng.random() < 0.1:
        words += ["proto", rng.choice(("static", "kernel", "77"))]
    if rng.random() < 0.1:
        words += ["scope", rng.choice(("link", "host", "global", "site"))]
    if local and kind not in ("local", "broadcast"):
        words += ["table", "local"]
    elif rng.random() < 0.15 and not local:
        words += ["table", rng.choice(("100", "default", "300", "main"))]
    if rng.random() < 0.1:
        words += ["mtu", str(rng.randint(68, 9000))]
    if not kind and rng.random() < 0.15 and len(head) < 4:
        words += ["nhid", str(rng.randint(1, 9))]
    at = head.index("nexthop") if "nexthop" in head else len(head)
    return " ".join(w for w in head[:at] + words + head[at:] if w)


def address(rng):
    local = rng.choice(("10.0.0.1", "10.0.0.9", "10.0.1.1", "10.0.2.1",
                        "10.0.0.130", "10.3.0.0", "10.3.0.1"))
    return f"{local}/{rng.choice((24, 24, 24, 25, 16, 31, 32, 30))}"


def address_line(rng):
    port = rng.choice(PORTS)
    if rng.random() < 0.35:
        return f"addr del {address(rng)} dev {port}"
    words = ["addr", "add", address(rng)]
    if rng.random() < 0.3:
        words += ["broadcast", rng.choice(("+", "10.0.0.200"))]
    if rng.random() < 0.1:
        words += ["scope", rng.choice(("link", "host", "global"))]
    if rng.random() < 0.1:
        words += ["metric", str(rng.randint(1, 3))]
    if rng.random() < 0.05:
        words += ["noprefixroute"]
    return " ".join(words + ["dev", port])


def selectors(rng):
    words = []
    if rng.random() < 0.05:
        words += ["not"]
    if rng.random() < 0.4:
        words += ["to", prefix(rng, rng.choice((8, 16, 24)))]
    if rng.random() < 0.1:
        words += ["from", prefix(rng, 8)]
    if rng.random() < 0.1:
        words += ["tos", rng.choice(("0x08", "0x10"))]
    if rng.random() < 0.15:
        words += ["fwmark", rng.choice(("1", "2/3", "0/0xf0"))]
    if rng.random() < 0.1:
        words += ["ipproto", rng.choice(("tcp", "udp"))]
    if rng.random() < 0.1:
        words += ["dport", rng.choice(("80", "70-90"))]
    if rng.random() < 0.05:
        words += ["iif", rng.choice(("lo", "eth0", "eth9"))]
    return words


def rule_line(rng):
    words = ["rule", rng.choice(("add", "add", "del"))] + selectors(rng)
    if rng.random() < 0.5:
        words += ["pref", str(rng.choice((0, 5, 100, 101, 200, 32766)))]
    r = rng.random()
    if r < 0.6:
        words += ["table", rng.choice(("100", "300", "main", "default"))]
        if rng.random() < 0.2:
            words += ["suppress_prefixlength", str(rng.choice((0, 8, 16)))]
    elif r < 0.7:
        words += ["goto", str(rng.choice((100, 150, 200)))]
    elif r < 0.9 or words[1] == "del":
        words += [rng.choice(("blackhole", "unreachable", "prohibit"))]
    else:
        words += ["nop"]
    return " ".join(words)


def get_line(rng):
    words = ["route", "get", "fibmatch", prefix(rng, 32).split("/")[0]]
    if rng.random() < 0.2:
        words += ["tos", rng.choice(("0x08", "0x10", "0x1c"))]
    if rng.random() < 0.3:
        words += ["mark", str(rng.choice((1, 2, 6, 0xf0)))]
    # Linux takes none for UDP.
    words += ["ipproto", rng.choice(("tcp", "udp")), "sport", "1024", "dport",
              rng.choice(("80", "91"))]
    return " ".join(words)


def object_line(rng):
    words = ["nexthop", rng.choice(("add", "add", "replace", "del")), "id",
             str(rng.randint(1, 9))]
    if words[1] == "del":
        return " ".join(words)
    r = rng.random()
    if r < 0.35:
        members = rng.sample(range(1, 10), rng.randint(1, 3))
        words += ["group", "/".join(
            str(m) + (f",{rng.randint(2, 9)}" if rng.random() < 0.5 else "")
            for m in members)]
    elif r < 0.45:
        words += ["blackhole"]
    else:
        words += hop(rng)
        if "dev" not in words and rng.random() < 0.9:
            words += ["dev", rng.choice(PORTS)]
    return " ".join(words)


def line(rng, ruled):
    r = rng.random()
    if not ruled and r < 0.15:
        return object_line(rng)
    if ruled and r < 0.15:
        return rule_line(rng)
    if ruled and r < 0.4:
        return get_line(rng)
    if r < 0.55:
        verb = rng.choice(("add", "add", "add", "replace", "change", "append",
                           "prepend"))
        return f"route {verb} {route(rng)}"
    if r < 0.75:
        return f"route del {route(rng, deletes=True)}"
    if r < 0.95:
        return address_line(rng)
    # With objects no carrier is lost: Linux deletes them then.
    what = rng.choice(("up", "down", "up", "carrier off", "carrier on") if ruled
                      else ("up", "down"))
    return f"link set {rng.choice(PORTS)} {what}"


def plain(text):
    """Whether a route of several next hops itself is marked linkdown depends, in
    Linux, on the order in which they lost their carriers."""
    return re.sub(r"^((?!.* dev )\S.*) linkdown ", r"\1 ", text, flags=re.M)


def compare(ours, linux, words, history):
    mine, theirs = plain(ours.ip(words)), plain(linux.ip(words))
    if words.startswith("link set"):
        linux.settle()
    history.append(words)
    if mine == theirs:
        return
    print("\n".join("ip " + h for h in history[-40:]))
    print(linux.ip("rule show") + linux.ip("route show table all"))
    print("".join(difflib.unified_diff(
        theirs.splitlines(True), mine.splitlines(True), "Linux", "ours", n=1)))
    sys.exit(1)


def main():
    if os.environ.get("FIB_ORACLE_NS") is None:
        os.environ["FIB_ORACLE_NS"] = "1"
        os.execvp("unshare", ["unshare", "-n", sys.executable] + sys.argv)
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    rng = random.Random(seed)
    # Of four seeds two let routes without a carrier rest, as is the default here
    # (ignore_routes_with_linkdown).
    rest = seed // 2 % 2 == 1
    ours, linux, history = Ours(sys.argv[1], rest), Linux(rest), []
    # Every other seed has policy rules, those between next-hop objects.
    ruled = seed % 2 == 0
    if ruled:
        compare(ours, linux, "rule add pref 50 table 100", history)
    for _ in range(count):
        words = line(rng, ruled)
        compare(ours, linux, words, history)
        if not words.startswith("route get"):
            compare(ours, linux, "route show table all", history)
            history.pop()
        if words.split()[0] in ("rule", "nexthop", "link"):
            what = "nexthop" if not ruled else "rule"
            compare(ours, linux, f"{what} show", history)
            history.pop()
    print(f"fib oracle: {count} lines, seed {seed}: no difference")


if __name__ == "__main__":
    main()
