# SPDX-License-Identifier: BSD-2-Clause
"""The router between two real Linux hosts.

    host a 10.0.1.2 ---- eth0 10.0.1.1 [fairlead] eth1 10.0.2.1 ---- host b 10.0.2.2
"""
import json
import re
import time

import pytest

import lab

CONFIG = """
ip addr add 10.0.1.1/24 dev eth0
ip addr add 10.0.2.1/24 dev eth1
ip link set eth0 up
ip link set eth1 up
service echo on
"""


@pytest.fixture
def net(boot, host):
    def make(config=CONFIG, mtu=1500, **how):
        a = host("a", "10.0.1.2/24", "10.0.1.1", mtu=mtu)
        b = host("b", "10.0.2.2/24", "10.0.2.1", mtu=mtu)
        m = boot(ports=[a, b], config=config, **how)
        m.ready()
        return m, a, b
    return make


def law(machine):
    """The fates that `show stats` sums up; asserts that they add up."""
    text = machine.cmd("show stats")
    assert "law holds" in text, text
    return text


def drops(machine):
    """Reason -> count, as `show drops` has them."""
    return {m.group(2): int(m.group(1)) for m in
            re.finditer(r"^\s*(\d+)\s+([A-Z][A-Z0-9_]+)\s",
                        machine.cmd("show drops"), re.M)}


def port_counters(machine, dev):
    return machine.json(f"ip -j -s link show dev {dev}")[0]["stats64"]


# covers: R1812-006, R1812-054, R1812-101, H1122-006, H1122-009, H1122-012,
# H1122-057
def test_ping_through_and_to_the_router(net):
    m, a, b = net()
    assert a.ping("10.0.2.2") == (3, 3)
    assert b.ping("10.0.1.2") == (3, 3)
    assert a.ping("10.0.1.1") == (3, 3)
    # The far address of the router itself, too.
    assert a.ping("10.0.2.1") == (3, 3)
    assert re.search("REACHABLE|STALE|DELAY", m.cmd("ip neigh show dev eth0"))
    law(m)


def test_traceroute_names_the_router(net):
    m, a, b = net()
    for method in ([], ["-I"]):
        p = a.run("traceroute", "-n", "-q", "1", "-w", "5", *method,
                  "10.0.2.2")
        hops = re.findall(r"^\s*(\d+)\s+([\d.]+)", p.stdout, re.M)
        assert hops == [("1", "10.0.1.1"), ("2", "10.0.2.2")], p.stdout


# covers: R1812-080, R1812-178, H1122-050
def test_the_router_pings(net):
    m, a, b = net()
    text, rc = m.rc("ping -c 2 -i 0.2 10.0.2.2")
    assert rc == 0
    assert "2 packets transmitted, 2 received, 0% packet loss" in text


# covers: R1812-029, R1812-078
def test_large_pings_fragment(net):
    m, a, b = net()
    # 9000 bytes: b's kernel answers in fragments; the router passes them on.
    assert a.ping("10.0.2.2", "-s", "8972") == (3, 3)
    # To the router itself: it reassembles, and answers in fragments.
    assert a.ping("10.0.1.1", "-s", "8972") == (3, 3)
    assert a.ping("10.0.1.1", "-s", "65507") == (3, 3)
    law(m)


def test_jumbo_frames_pass_whole_and_split_where_they_must(net):
    m, a, b = net(config=CONFIG + "ip link set eth0 mtu 9000\n"
                  "ip link set eth1 mtu 9000\n", mtu=9000)
    assert a.ping("10.0.2.2", "-s", "8972", "-M", "do") == (3, 3)
    m.cmd("ip link set eth1 mtu 1280")
    b.run("ip", "link", "set", "eth0", "mtu", "1280")
    # Without DF the router splits; with DF the sender is told the MTU.
    assert a.ping("10.0.2.2", "-s", "8972", "-M", "dont") == (3, 3)
    p = a.run("ping", "-n", "-c", "1", "-W", "5", "-s", "8000", "-M", "do",
              "10.0.2.2", check=False)
    assert re.search(r"From 10.0.1.1 .*Frag needed and DF set \(mtu = 1280\)",
                     p.stdout), p.stdout
    law(m)


def udp_answer(host, addr, port, text):
    """The datagram that comes back for a line."""
    return host.run("bash", "-c", f"exec 3<>/dev/udp/{addr}/{port}; echo "
                    f"'{text}' >&3; timeout 20 dd bs=2048 count=1 "
                    "status=none <&3").stdout


def test_udp_both_ways(net):
    m, a, b = net()
    for client, server, addr in ((a, b, "10.0.2.2"), (b, a, "10.0.1.2")):
        echo = server.start("socat", "-T", "20", "UDP4-RECVFROM:9000,fork",
                            "EXEC:cat")
        server.listens(9000, "-u")
        try:
            assert udp_answer(client, addr, 9000, "over the hill") == \
                "over the hill\n"
        finally:
            echo.terminate()


def test_udp_echo_service_of_the_router(net):
    m, a, b = net()
    assert udp_answer(a, "10.0.1.1", 7, "hello") == "hello\n"
    assert udp_answer(a, "10.0.1.1", 19, "x").startswith(
        " !\"#$%&'()*+,-./0123456789")
    # A closed port draws an ICMP error that Linux turns into this:
    p = a.run("socat", "-t", "2", "-", "UDP4:10.0.1.1:4444", input="x\n",
              check=False)
    assert "refused" in p.stderr


def test_tcp_through_the_router(net):
    m, a, b = net()
    server = b.start("iperf3", "-s", "-1")
    b.listens(5201)
    try:
        p = a.run("iperf3", "-c", "10.0.2.2", "-n", "8M", "-J", timeout=90)
    finally:
        server.terminate()
        server.wait()
    end = json.loads(p.stdout)["end"]
    assert end["sum_received"]["bytes"] > 1 << 20
    law(m)


def test_ttl_one_is_not_forwarded(net):
    m, a, b = net()
    p = a.run("ping", "-n", "-c", "1", "-W", "5", "-t", "1", "10.0.2.2",
              check=False)
    assert "From 10.0.1.1 icmp_seq=1 Time to live exceeded" in p.stdout
    assert drops(m).get("IP_TTL") == 1


def test_no_route_is_told(net):
    m, a, b = net()
    p = a.run("ping", "-n", "-c", "1", "-W", "5", "192.0.2.1", check=False)
    assert "From 10.0.1.1 icmp_seq=1 Destination Net Unreachable" in p.stdout


def test_silent_neighbour_is_told(net):
    m, a, b = net()
    p = a.run("ping", "-n", "-c", "1", "-W", "9", "10.0.2.77", check=False)
    assert "Destination Host Unreachable" in p.stdout, p.stdout
    assert "FAILED" in m.cmd("ip neigh show dev eth1")


# covers: R1812-164, R1812-174
def test_routes_typed_at_the_console_take_effect(net):
    m, a, b = net()
    b.run("ip", "addr", "add", "198.51.100.1/32", "dev", "lo")
    assert a.ping("198.51.100.1", "-W", "1", count=1) == (1, 0)
    assert m.rc("ip route add 198.51.100.0/24 via 10.0.2.2")[1] == 0
    assert a.ping("198.51.100.1") == (3, 3)
    m.cmd("ip route del 198.51.100.0/24")
    m.cmd("ip route add blackhole 198.51.100.0/24")
    assert a.ping("198.51.100.1", "-W", "1", count=1) == (1, 0)
    m.cmd("sysctl -w net.ipv4.ip_forward=0")
    assert a.ping("10.0.2.2", "-W", "1", count=1) == (1, 0)
    assert a.ping("10.0.1.1", count=1) == (1, 1)


# covers: R1812-151, R1812-154
def test_link_down_and_up_again(net):
    m, a, b = net()
    assert a.ping("10.0.2.2", count=1) == (1, 1)
    m.monitor("set_link nic1 off")
    end = time.time() + lab.PATIENCE
    while "NO-CARRIER" not in m.cmd("ip link show eth1"):
        assert time.time() < end
        time.sleep(0.2)
    assert a.ping("10.0.2.2", "-W", "1", count=1) == (1, 0)
    m.monitor("set_link nic1 on")
    end = time.time() + 3 * lab.PATIENCE
    while a.ping("10.0.2.2", count=1) != (1, 1):
        assert time.time() < end
    law(m)


def test_admin_down_and_up_under_traffic(net):
    m, a, b = net()
    flood = a.start("timeout", "60", "ping", "-n", "-q", "-i", "0.005",
                    "10.0.2.2")
    for _ in range(10):
        assert m.rc("ip link set eth1 down")[1] == 0
        assert m.rc("ip link set eth1 up")[1] == 0
    assert flood.poll() is None
    flood.terminate()
    flood.wait()
    assert a.ping("10.0.2.2") == (3, 3)
    law(m)


def send_numbered(a, count, size=60):
    """count UDP datagrams with a sequence number each, from host a."""
    program = f"""
import socket, struct, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
s.connect(("10.0.2.2", 5001))
for i in range({count}):
    s.send(struct.pack("!I", i).ljust({size - 42}, b"."))
    if i % 200 == 199:
        time.sleep(0.008)
"""
    return a.start("/usr/bin/python3", "-c", program)


COUNTER = """
import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try:
    s.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)   # SO_RCVBUFFORCE
except OSError:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
s.bind(("10.0.2.2", 5001))
print("listening", flush=True)
s.settimeout(8)
seen, last, reordered, twice = set(), -1, 0, 0
try:
    while True:
        n = struct.unpack("!I", s.recv(2048)[:4])[0]
        twice += n in seen
        seen.add(n)
        reordered += n < last
        last = n
        if len(seen) == int(sys.argv[1]):
            break
except TimeoutError:
    pass
print(len(seen), reordered, twice)
"""


def test_every_frame_is_counted(net):
    """100 000 numbered frames: what arrived and what the box says agree."""
    m, a, b = net()
    count = 100000
    # On a busy machine a wire waits for QEMU; it shall not drop meanwhile.
    a.run("ip", "link", "set", "eth0", "txqueuelen", str(count))
    assert a.ping("10.0.2.2", count=1) == (1, 1)
    before = {d: port_counters(m, d) for d in ("eth0", "eth1")}
    drops_before = sum(drops(m).values())
    sink = b.start("/usr/bin/python3", "-c", COUNTER, str(count))
    assert sink.stdout.readline() == "listening\n"
    source = send_numbered(a, count)
    assert source.wait(120) == 0
    seen, reordered, twice = map(int, sink.communicate(timeout=60)[0].split())
    after = {d: port_counters(m, d) for d in ("eth0", "eth1")}
    received = after["eth0"]["rx"]["packets"] - before["eth0"]["rx"]["packets"]
    sent = after["eth1"]["tx"]["packets"] - before["eth1"]["tx"]["packets"]
    dropped = sum(drops(m).values()) - drops_before
    assert (reordered, twice) == (0, 0)
    # ARP refreshes may add a handful; nothing may be missing.
    assert count <= received <= count + 50
    assert seen == count, f"{seen} seen, {sent} sent, {dropped} dropped"
    assert count <= sent <= count + 50
    assert dropped <= 50
    law(m)


def test_ethtool_agrees_with_what_was_sent(net):
    m, a, b = net()
    assert a.ping("10.0.2.2", count=5) == (5, 5)
    text = m.cmd("ethtool -S eth0")
    stats = dict(re.findall(r"^\s+(\w+): (\d+)$", text, re.M))
    assert text.startswith("NIC statistics:")
    assert int(stats["rx_packets"]) >= 6
    assert int(stats["tx_packets"]) >= 6
    names = list(stats)
    assert names[:4] == ["rx_packets", "tx_packets", "rx_bytes", "tx_bytes"]


def test_ring_sizes_change_under_traffic(net):
    m, a, b = net()
    flood = a.start("timeout", "60", "ping", "-n", "-q", "-i", "0.005",
                    "10.0.2.2")
    for size in (64, 4096, 128, 256):
        assert m.rc(f"ethtool -G eth0 rx {size} tx {size}")[1] == 0
        assert re.search(rf"RX:\s+{size}\n", m.cmd("ethtool -g eth0"))
    assert m.rc("ethtool -G eth0 rx 4097")[1] == 81
    assert flood.poll() is None
    flood.terminate()
    flood.wait()
    assert a.ping("10.0.2.2") == (3, 3)
    law(m)


@pytest.mark.parametrize("how", [
    dict(nic="e1000"),
    dict(nic="e1000", machine="pc"),
    dict(machine="pc"),
    dict(cpu="max", smp=4),
    dict(mem="8M"),
], ids=["e1000", "e1000-pc", "pc", "max-smp4", "8M"])
def test_other_machines_forward_too(net, how):
    m, a, b = net(**how)
    # 82540EM in QEMU receives nothing in its first second.
    end = time.time() + 3 * lab.PATIENCE
    while a.ping("10.0.2.2", count=1) != (1, 1):
        assert time.time() < end
    assert a.ping("10.0.2.2", "-s", "3000", count=5) == (5, 5)
    law(m)


MULTICAST = """
import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if sys.argv[1] == "send":
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 8)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                 socket.inet_aton("10.0.1.2"))
    for i in range(20):
        s.sendto(b"frame %d" % i, ("239.1.2.3", 5000))
else:
    s.bind(("239.1.2.3", 5000))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                 socket.inet_aton("239.1.2.3") + socket.inet_aton("10.0.2.2"))
    s.settimeout(20)
    print("ready", flush=True)
    for i in range(20):
        assert s.recv(100) == b"frame %d" % i
    print("all", flush=True)
"""


def test_a_multicast_route_between_linux_hosts(net):
    m, a, b = net()
    assert m.rc("ip mroute add 239.1.2.3 iif eth0 oif eth1") == ("", 0)
    # The filter of the card lets the group in; the routers there are told.
    assert "01:00:5e:01:02:03" in m.cmd("ip maddr show dev eth0")
    listener = b.start("/usr/bin/python3", "-c", MULTICAST, "listen")
    try:
        assert listener.stdout.readline() == "ready\n"
        a.run("/usr/bin/python3", "-c", MULTICAST, "send")
        assert listener.stdout.readline() == "all\n"
    finally:
        listener.kill()
        listener.wait()
    assert "20 packets" in m.cmd("ip -s mroute")
    law(m)
