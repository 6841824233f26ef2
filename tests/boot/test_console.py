# SPDX-License-Identifier: BSD-2-Clause
"""The serial console as scripts and people use it."""
import re

import pytest

from test_boot_paths import CONFIG


@pytest.fixture
def box(boot, wire):
    m = boot(ports=[wire("w0"), wire("w1")], config=CONFIG)
    m.ready()
    return m


def test_a_dumb_terminal_never_gets_an_escape(box):
    for line in ("ip addr", "ip -br link", "help", "nonsense", "\t", "ip \t"):
        box.console.send(line.encode() + b"\r")
        box.cmd("echo done")
    assert "\x1b" not in box.log().split("fairlead: ready", 1)[1]


# covers: R1812-170, R1812-176
def test_nonsense_is_answered(box):
    text, rc = box.rc("frobnicate the network")
    assert rc != 0 and "frobnicate" in text
    text, rc = box.rc("ip frob")
    assert (text.strip(), rc) == \
        ('Object "frob" is unknown, try "ip help".', 1)
    text, rc = box.rc("ip link set eth9 up")
    assert (text.strip(), rc) == ('Cannot find device "eth9"', 1)
    text, rc = box.rc("ip route add 10.9.0.0/16 via 172.31.0.1")
    assert (text.strip(), rc) == ("Error: Nexthop has invalid gateway.", 2)


def test_binary_noise_does_nothing(box):
    box.console.send(bytes(range(128, 256)) + b"\x00\x01\x02\r")
    box.console.send(b"\x1b[99~\x1bOz\x1b]0;title\x07\r")
    text = box.cmd("echo alive")
    assert "alive" in text


def test_a_line_without_end(box):
    box.console.send(b"x" * 5000 + b"\x15")     # ^U
    box.console.send(b"\x03")                   # ^C
    assert "alive" in box.cmd("echo alive")


def test_proc_files_have_linux_shapes(box):
    assert box.cmd("cat /proc/net/dev").startswith(
        "Inter-|   Receive                                                |"
        "  Transmit\n")
    assert box.cmd("cat /proc/net/arp").splitlines()[0] == \
        "IP address       HW type     Flags       HW address            Mask" \
        "     Device"
    assert box.cmd("cat /proc/net/route").startswith("Iface\tDestination\t")
    line = box.cmd("cat /proc/net/softnet_stat").splitlines()[0]
    assert re.fullmatch(r"([0-9a-f]{8} ){12}[0-9a-f]{8}", line.strip())


def test_sysctl(box):
    assert box.cmd("sysctl net.ipv4.ip_forward").strip() == \
        "net.ipv4.ip_forward = 1"
    assert box.cmd("sysctl -n net/ipv4/ip_forward").strip() == "1"
    text, rc = box.rc("sysctl net.ipv4.no_such_thing")
    assert rc == 1 and "No such file or directory" in text


def test_configuration_commands(box):
    assert box.rc("ip addr add 10.5.0.1/16 dev eth1")[1] == 0
    box.cmd("ip link set eth1 up")
    assert "10.5.0.0/16 dev eth1 proto kernel scope link src 10.5.0.1" in \
        box.cmd("ip route")
    assert box.json("ip -j addr show dev eth1")[0]["addr_info"][0]["local"] \
        == "10.5.0.1"
    assert box.rc("ip neigh add 10.5.0.9 lladdr 02:00:00:00:00:09 dev eth1 "
                  "nud permanent")[1] == 0
    assert "10.5.0.9 dev eth1 lladdr 02:00:00:00:00:09 PERMANENT" in \
        box.cmd("ip neigh")
    assert box.rc("ip addr del 10.5.0.1/16 dev eth1")[1] == 0
    assert "10.5.0.0/16" not in box.cmd("ip route")


def test_every_command_of_help_runs_or_explains(box):
    """No command hangs or crashes when it is typed alone."""
    words = re.findall(r"^\s{0,4}([a-z][\w-]*)", box.cmd("help"), re.M)
    assert "ip" in words and "ethtool" in words
    for word in words:
        # One would end the box, the other shows packets until Ctrl-C.
        if word in ("poweroff", "reboot", "tcpdump"):
            continue
        box.cmd(word)
    assert "alive" in box.cmd("echo alive")


def test_pages_and_memory(box):
    assert re.search(r"^Mem:", box.cmd("free"), re.M)
    assert re.search(r"up", box.cmd("uptime"))
    assert "fairlead" in box.cmd("dmesg").lower()
