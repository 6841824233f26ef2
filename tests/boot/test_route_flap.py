# SPDX-License-Identifier: BSD-2-Clause
"""Routes change as fast as the box can change them, and packets go on: none is
lost, none takes a way that no route led at any time.

    wire a ---- eth0 [fairlead] eth1 ---- wire b, with neighbours that need not
                                          be asked for
"""
import random
import re
import socket
import time

import lab

STATION = "02:00:00:00:00:aa"
FLAPS, STAYS, OTHER = "20.7", "20.8", "30.1"
# Gateway -> the last byte of its hardware address, by what it is for.
GATEWAY = {"first": 101, "second": 102, "between": 103, "other": 104}
CONFIG = """
ip addr add 10.0.1.1/24 dev eth0
ip addr add 10.0.2.1/24 dev eth1
ip link set eth0 up
ip link set eth1 up
""" + "".join(f"ip neigh add 10.0.2.{n} lladdr 02:00:00:00:00:{n:02x} "
              "dev eth1 nud permanent\n" for n in GATEWAY.values()) + f"""
ip route add 20.0.0.0/8 via 10.0.2.{GATEWAY["between"]}
ip route add 30.0.0.0/8 via 10.0.2.{GATEWAY["other"]}
ip route add {STAYS}.0.0/16 via 10.0.2.{GATEWAY["other"]}
"""
ALLOWED = {FLAPS: {GATEWAY[n] for n in ("first", "second", "between")},
           STAYS: {GATEWAY["other"]}, OTHER: {GATEWAY["other"]}}
WINDOW = 32


def checksum(header):
    total = sum(header[i] << 8 | header[i + 1] for i in range(0, 20, 2))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def frame(number, dst):
    """A UDP packet that carries its number; made without scapy, in a hurry."""
    ip = bytearray(b"\x45\0\0\x2e\0\0\0\0\x40\x11\0\0"
                   + socket.inet_aton("10.0.1.2") + socket.inet_aton(dst))
    ip[10:12] = checksum(ip).to_bytes(2, "big")
    return (bytes.fromhex(lab.mac_of(0).replace(":", ""))
            + bytes.fromhex(STATION.replace(":", "")) + b"\x08\0" + ip
            + b"\x10\0\x10\1\0\x1a\0\0" + number.to_bytes(8, "big") + b"\0" * 10)


def exchange(a, b, first, rng):
    """Sends a window's worth, waits for all of it: {net: {gateways}}."""
    sent, ways = {}, {}
    for n in range(first, first + WINDOW):
        net = rng.choice((FLAPS, FLAPS, STAYS, OTHER))
        sent[n] = net
        a.send(frame(n, f"{net}.{rng.randrange(256)}.{rng.randrange(256)}"))
    while sent:
        got = b.receive(lab.PATIENCE)
        assert got, f"{len(sent)} of {WINDOW} packets are lost"
        if got[12:14] != b"\x08\0" or got[23] != 17:
            continue
        n = int.from_bytes(got[42:50], "big")
        assert n in sent, f"packet {n} came twice"
        ways.setdefault(sent.pop(n), set()).add(got[5])
    return ways


# covers: R1812-052
def test_nothing_is_lost_while_routes_flap(boot, wire):
    a, b = wire("a"), wire("b")
    m = boot(ports=[a, b], config=CONFIG)
    m.ready()
    before = m.cmd("ip route")
    rng, seen, n = random.Random(1), {}, 0
    line = (f"debug route-flap {FLAPS}.0.0/16 via 10.0.2.{GATEWAY['first']} "
            f"or 10.0.2.{GATEWAY['second']} rate 100000 count 300000")
    m.console.send(line.encode() + b"\r")
    m.console.expect(re.escape(line.encode()) + rb"\r*\n")
    done, end = -1, time.time() + 12 * lab.PATIENCE
    while done < 0 and time.time() < end:
        for net, ways in exchange(a, b, n, rng).items():
            assert ways <= ALLOWED[net], f"{net}: misrouted to {ways}"
            seen.setdefault(net, set()).update(ways)
        n += WINDOW
        done = m.console.expect([rb"(\d+) changes, (\d+) a second, 0 refused",
                                 lab.pexpect.TIMEOUT], timeout=0)
        done = -1 if done == 1 else done
    assert done == 0, m.log()[-500:]
    rate = int(m.console.match.group(2))
    m.console.expect(lab.PROMPT)
    print(f"{n} packets, {rate} changes a second")
    assert n >= 20 * WINDOW and rate > 5000
    # It was seen to change, and everything is as before.
    assert seen[FLAPS] == ALLOWED[FLAPS]
    assert m.cmd("ip route") == before
    assert "law holds" in m.cmd("show stats")
    assert m.poweroff() == 0


def test_what_it_refuses(boot, wire):
    m = boot(ports=[wire("a"), wire("b")], config=CONFIG)
    m.ready()
    for words in ("", "20.0.0.0/25 via 10.0.2.101", "20.0.0.0/8"):
        text, rc = m.rc(f"debug route-flap {words}")
        assert rc != 0 and text, words
    text, rc = m.rc("debug route-flap 20.0.0.0/8 via 9.9.9.9 count 512 "
                    "rate 100000")
    assert rc == 1 and "invalid gateway" in text and "512 refused" in text
