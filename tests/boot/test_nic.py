# SPDX-License-Identifier: BSD-2-Clause
"""The e1000e driver on QEMU's cards: each kind of interrupt, live changes."""
import re
import time

import pytest
from scapy.all import ICMP, IP, Ether, Raw

import lab
from test_boot_paths import CONFIG as ADDRESS
from test_boot_paths import PEER, answers_ping

# The peer is a wire and answers no probes.
CONFIG = ADDRESS + (f"ip neigh add 10.0.0.2 lladdr {PEER} dev eth0 "
                    "nud permanent\n")

STRANGER = "02:00:00:00:00:bb"
SILENT = 0x88b5     # an EtherType nobody answers [IEEE 802 9.2.3]


def stats(machine, port="eth0"):
    text = machine.cmd(f"ethtool -S {port}")
    return {k: int(v) for k, v in re.findall(r"^ +(\w+): (\d+)$", text, re.M)}


def drops(machine, reason):
    m = re.search(rf"^ *(\d+) +{reason}\b", machine.cmd("show drops"), re.M)
    return int(m.group(1)) if m else 0


def request(mac, size, seq=1):
    return (Ether(dst=mac, src=PEER) / IP(src="10.0.0.2", dst="10.0.0.1")
            / ICMP(id=9, seq=seq) / Raw(bytes(size)))


def ping(wire, mac, size, seq=1):
    """The length of the answer's ICMP payload, None without an answer."""
    wire.send(request(mac, size, seq))
    echo = wire.expect(lambda f: Ether(f).haslayer(ICMP)
                       and Ether(f)[ICMP].type == 0)
    return echo and len(Ether(echo)[ICMP].payload)


def is_too_long(wire, mac, size):
    """Frames come in order: the next one's answer comes, and no other."""
    wire.send(request(mac, size))
    return ping(wire, mac, 56) == 56


KINDS = [
    ("q35", "e1000e", "", "PCI-MSI +eth0-rx-0"),
    ("q35", "e1000e", "pci=nomsix", "PCI-MSI +eth0"),
    ("q35", "e1000e", "pci=nomsi", "IO-APIC +eth0"),
    ("q35", "e1000e", "pci=nomsi,nointx", None),
    ("pc", "e1000e", "", "PCI-MSI +eth0-rx-0"),
    ("pc", "e1000e", "pci=nomsi", "IO-APIC +eth0"),
    ("q35", "e1000", "", "IO-APIC +eth0"),
    ("pc", "e1000", "", "IO-APIC +eth0"),
    ("pc", "e1000", "pci=nointx", None),
    ("pc", "e1000-82545em", "", "IO-APIC +eth0"),
    ("pc", "e1000-82544gc", "", "IO-APIC +eth0"),
]


@pytest.mark.parametrize("machine,nic,append,kind", KINDS)
def test_kind_of_interrupt(boot, wire, machine, nic, append, kind):
    w = wire()
    m = boot(machine=machine, nic=nic, append=append, ports=[w],
             config=CONFIG)
    m.ready()
    mac = answers_ping(w)
    for seq in range(20):
        assert ping(w, mac, 56, seq) == 56
    text = m.cmd("cat /proc/interrupts")
    if kind:
        count = re.search(rf"(\d+) +{kind}$", text, re.M)
        assert count and int(count.group(1)) > 0, text
    else:
        assert "eth0" not in text
    assert ("polling" in m.cmd("dmesg")) == (not kind)
    # QEMU may lose its processor between a descriptor and its interrupt, just
    # when the watchdog looks. Three in a row would have ended in polling.
    assert stats(m)["lost_interrupts"] < 3
    assert m.poweroff() == 0


# covers: R1812-007, H1122-068
@pytest.mark.parametrize("nic", ["e1000e", "e1000"])
def test_mtu_changes_live(boot, wire, nic):
    w = wire()
    m = boot(nic=nic, ports=[w], config=CONFIG)
    m.ready()
    mac = answers_ping(w)
    assert is_too_long(w, mac, 3000)
    m.cmd("ip link set eth0 mtu 9000")
    answers_ping(w)
    assert ping(w, mac, 8972) == 8972
    m.cmd("ip link set eth0 mtu 1500")
    answers_ping(w)
    assert ping(w, mac, 1472) == 1472
    assert is_too_long(w, mac, 3000)


def test_link_flaps(boot, wire):
    w = wire()
    m = boot(ports=[w], config=CONFIG, append="loglevel=7")
    m.ready()
    answers_ping(w)
    for _ in range(3):
        m.monitor("set_link n0 off")
        m.console.expect("eth0: link is down")
        m.monitor("set_link n0 on")
        m.console.expect("eth0: link is up, 1000 Mb/s, full duplex")
        m.cmd("")
        answers_ping(w)
    assert stats(m)["restarts"] == 0


def test_counters_are_exact(boot, wire):
    w = wire()
    m = boot(ports=[w], config=CONFIG)
    m.ready()
    mac = answers_ping(w)
    before = stats(m)
    frame = bytes(Ether(dst=mac, src=PEER, type=SILENT) / Raw(bytes(50)))
    for _ in range(20000):
        w.send(frame)
    end = time.time() + 3 * lab.PATIENCE
    while True:
        after = stats(m)
        if after["rx_packets"] - before["rx_packets"] >= 20000 or \
                time.time() > end:
            break
    assert after["rx_packets"] - before["rx_packets"] == 20000
    assert after["rx_queue_0_packets"] - before["rx_queue_0_packets"] == 20000
    assert after["rx_errors"] == 0 and after["rx_missed_errors"] == 0
    # Batches: far fewer doorbells than frames.
    assert after["rx_queue_0_doorbells"] - before["rx_queue_0_doorbells"] \
        <= 20000 / 30
    assert drops(m, "ETH_PROTO") == 20000


def test_filters(boot, wire):
    w = wire()
    m = boot(ports=[w], config=CONFIG)
    m.ready()
    mac = answers_ping(w)

    def taken(to):
        before = stats(m)["rx_packets"]
        for _ in range(10):
            w.send(Ether(dst=to, src=PEER, type=SILENT) / Raw(bytes(50)))
        # Frames come in order: when this one is answered, those are through.
        assert ping(w, mac, 56) == 56
        return stats(m)["rx_packets"] - before - 1

    assert taken(mac) == 10
    assert taken("ff:ff:ff:ff:ff:ff") == 10
    assert taken("01:00:5e:00:00:01") == 10
    assert taken("01:00:5e:07:07:07") == 0
    assert taken(STRANGER) == 0
    old, mac = mac, "02:00:00:00:00:cc"
    m.cmd(f"ip link set eth0 address {mac}")
    assert answers_ping(w) == mac
    assert taken(mac) == 10
    assert taken(old) == 0


def test_rings_change_under_traffic(boot, wire):
    w = wire()
    m = boot(ports=[w], config=CONFIG)
    m.ready()
    mac = answers_ping(w)
    sent = 0
    for size in (64, 4096, 80, 512, 256):
        for _ in range(200):
            w.send(Ether(dst=mac, src=PEER, type=SILENT) / Raw(bytes(50)))
        sent += 200
        text, rc = m.rc(f"ethtool -G eth0 rx {size} tx {size}")
        assert rc == 0, text
    assert ping(w, mac, 56) == 56
    end = time.time() + lab.PATIENCE
    while drops(m, "ETH_PROTO") + drops(m, "RING_RESET") < sent \
            and time.time() < end:
        time.sleep(0.1)
    # Each is either seen by the stack or lost by name.
    assert drops(m, "ETH_PROTO") + drops(m, "RING_RESET") == sent
    assert re.search(r"^RX:\t\t256$", m.cmd("ethtool -g eth0"), re.M)


def test_removed_card(boot, wire):
    """On pc the guest ejects by a port write: the monitor does it for it."""
    w0, w1 = wire("w0"), wire("w1")
    m = boot(machine="pc", ports=[w0, w1], config=CONFIG +
             "ip addr add 10.0.1.1/24 dev eth1\nip link set eth1 up\n")
    m.ready()
    answers_ping(w0)
    answers_ping(w1, "10.0.1.1", "10.0.1.2")
    slot = int(re.search(r"^00:(\w+)\.0 Ethernet.*$\s.*$\s.*eth1",
                         m.cmd("lspci -v"), re.M).group(1), 16)
    m.monitor("device_del nic1")
    m.monitor("o /4 0xae10 0")
    m.monitor(f"o /4 0xae08 {1 << slot}")
    end = time.time() + lab.PATIENCE
    while "eth1" in m.cmd("ip -br link") and time.time() < end:
        time.sleep(0.1)
    assert "eth1" not in m.cmd("ip -br link")
    assert "10.0.1.0/24" not in m.cmd("ip route")
    answers_ping(w0)
    assert "law holds" in m.cmd("show stats")
