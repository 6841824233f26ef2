# SPDX-License-Identifier: BSD-2-Clause
"""What the box says of its connections, held against Linux's own tools at the
other end of the same connections; and the services that measure and move data.

    host a 10.0.1.2 ---- eth0 10.0.1.1 [fairlead]
"""
import json
import re

import pytest

from lab import until

CONFIG = """
ip addr add 10.0.1.1/24 dev eth0
ip link set eth0 up
service echo on
service iperf3 on
"""
BOX = "10.0.1.1"


@pytest.fixture
def net(boot, host):
    def make(config=CONFIG, **how):
        a = host("a", "10.0.1.2/24", "10.0.1.1")
        m = boot(ports=[a], config=config, **how)
        m.ready()
        return m, a
    return make


# ---- iperf3 ------------------------------------------------------------------

def iperf(a, *options, check=True):
    p = a.run("iperf3", "-c", BOX, "-t", "2", "-J", *options, timeout=120,
              check=False)
    if check:
        assert p.returncode == 0, p.stdout + p.stderr
    return json.loads(p.stdout)


@pytest.mark.parametrize("options", [
    [], ["-R"], ["-P", "4"], ["-P", "3", "-R"], ["--bidir"],
    ["-n", "2M"], ["-R", "-n", "2M", "-t", "0"], ["-O", "1"],
    ["-C", "reno", "-R", "-N"]], ids=" ".join)
def test_iperf3_tcp(net, options):
    m, a = net()
    if "-n" in options:
        options = [o for o in options if o not in ("-t", "0")]
        p = a.run("iperf3", "-c", BOX, "-J", *options, timeout=120)
        result = json.loads(p.stdout)
    else:
        result = iperf(a, *options)
    assert "error" not in result
    sent = result["end"]["sum_sent"]["bytes"]
    got = result["end"]["sum_received"]["bytes"]
    # Ended by count, the client may be done before all of it was read.
    assert sent > 1e6 and (got > 1e6 or "-n" in options), result["end"]
    # What is on its way when the clock stops is in one of them alone.
    assert abs(sent - got) < 0.5 * sent + 4e6, (sent, got)
    if options == ["-R"]:
        assert result["end"]["sum_sent"]["retransmits"] >= 0
    text = m.cmd("show stats")
    assert "law holds" in text, text


@pytest.mark.parametrize("options", [[], ["-R"], ["-P", "2"],
                                     ["--bidir"]], ids=" ".join)
def test_iperf3_udp(net, options):
    m, a = net()
    result = iperf(a, "-u", "-b", "2M", *options)
    end = result["end"]["sum"]
    assert end["packets"] > 100, end
    assert end["lost_packets"] <= end["packets"] * 0.05, end
    assert 0 <= end["jitter_ms"] < 100, end
    rate = end["bytes"] * 8 / end["seconds"] / ("-P" in options and 2 or 1)
    assert 1.5e6 < rate < 2.5e6, end


def test_iperf3_counts_what_udp_lost(net):
    """More is sent than the wire takes: what arrived and what iperf3 says was
    lost are all that was sent."""
    m, a = net()
    a.run("tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate",
          "1500kbit", "burst", "4kb", "limit", "4kb")
    before = int(m.cmd("nstat -az UdpInDatagrams").split()[-2])
    end = iperf(a, "-u", "-b", "2M")["end"]["sum"]
    arrived = int(m.cmd("nstat -az UdpInDatagrams").split()[-2]) - before
    assert 10 < end["lost_percent"] < 45, end
    # The greeting is one more, and what came last is known to nobody.
    assert abs(arrived - 1 + end["lost_packets"] - end["packets"]) <= 20, \
        (arrived, end)


def test_iperf3_is_busy_and_free_again(net):
    m, a = net()
    first = a.start("iperf3", "-c", BOX, "-t", "60")
    until(lambda: "iperf3" in m.cmd("ss -tnpH state established"))
    second = a.run("iperf3", "-c", BOX, "-t", "1", check=False)
    assert "busy" in second.stdout + second.stderr
    assert first.poll() is None
    first.terminate()
    first.wait()
    iperf(a)
    # One that is killed leaves nothing behind.
    third = a.start("iperf3", "-c", BOX, "-t", "60", "-P", "3")
    until(lambda: m.cmd("ss -tnpH state established").count("iperf3") >= 4)
    third.kill()
    third.wait()
    iperf(a)
    assert "iperf3" in m.cmd("ss -tulpn")
    m.cmd("service iperf3 off")
    assert "5201" not in m.cmd("ss -tuln")


# ---- the same connections from both ends -----------------------------------

TALK = """
import socket, sys
echo = socket.create_connection(("10.0.1.1", 7))
echo.sendall(b"x" * 5000)
left = 5000
while left:
    left -= len(echo.recv(left))
closing = socket.create_connection(("10.0.1.1", 9))
closing.sendall(b"y" * 100)
idle = socket.create_connection(("10.0.1.1", 7))
idle.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def talk(net):
    """Three connections of a Linux host, all at rest."""
    import subprocess
    m, a = net()
    p = a.start("/usr/bin/python3", "-c", TALK, stdin=subprocess.PIPE)
    assert p.stdout.readline().strip() == "ready"
    yield m, a
    p.kill()
    p.wait()


def lines(text):
    return [line.split() for line in text.strip().splitlines()]


def test_ss_as_linux_sees_it(talk):
    m, a = talk
    ours = lines(m.cmd("ss -tnH state established"))
    theirs = lines(a.run("ss", "-tnH", "state", "established").stdout)
    assert len(ours) == 3
    assert sorted((r, s, peer, local) for r, s, local, peer in ours) == \
        sorted((r, s, local, peer) for r, s, local, peer, *_ in theirs)
    # The same filter finds the same ones.
    for filt, other in (("sport = :7", "dport = :7"),
                        ("( sport = :9 or sport = :19 )",
                         "( dport = :9 or dport = :19 )"),
                        ("not sport = :7 and dst 10.0.1.2",
                         "not dport = :7 and src 10.0.1.2"),
                        ("src 10.0.1.0/24:7", "dst 10.0.1.0/24:7")):
        assert len(lines(m.cmd(f"ss -tnH '{filt}'"))) == \
            len(lines(a.run("ss", "-tnH", other).stdout)), filt


def test_ss_title_as_linux_has_it(talk):
    m, a = talk
    for options in ("-tan", "-tn", "-tln", "-tuln", "-tno"):
        ours = m.cmd(f"ss {options}").strip().splitlines()[0].split()
        theirs = a.run("ss", *options.split()).stdout.splitlines()[0].split()
        # Linux glues the last two when the port column is as wide as its title.
        assert "".join(ours) == "".join(theirs)


def info(text):
    """The words of ss -i with their values, as every parser of it has them."""
    return dict(re.findall(r"\b([a-z_]+):(\S+)", text))


def test_ss_info(talk):
    m, a = talk
    ours = info(m.cmd("ss -tniO state established sport = :7"))
    theirs = info(a.run("ss", "-tniO", "dport", "=", ":7").stdout)
    assert {"wscale", "rto", "rtt", "mss", "pmtu", "rcvmss", "advmss", "cwnd",
            "segs_out", "segs_in", "minrtt", "snd_wnd"} <= set(ours)
    assert set(ours) <= set(theirs) | {
        "ssthresh", "unacked", "retrans", "bytes_sent", "bytes_acked",
        "bytes_received", "notsent", "ato", "lost", "sacked", "reordering"}
    assert ours["advmss"] == "1460" or ours["advmss"] == "1448"
    assert ours["pmtu"] == theirs["pmtu"] == "1500"
    assert re.fullmatch(r"[\d.]+/[\d.]+", ours["rtt"])
    both = m.cmd("ss -tnie sport = :7")
    assert "bytes_acked:5001" in both and "bytes_received:5000" in both


def test_ss_kill(talk):
    m, a = talk
    m.cmd("ss -K -tn sport = :9")
    until(lambda: not a.run("ss", "-tnH", "dport", "=", ":9").stdout)
    assert len(lines(m.cmd("ss -tnH state established"))) == 2


def proc_tcp(text):
    """/proc/net/tcp, as psutil and others read it."""
    def end(word):
        addr, port = word.split(":")
        return (".".join(str(b) for b in reversed(bytes.fromhex(addr))),
                int(port, 16))
    found = []
    for line in text.splitlines()[1:]:
        f = line.split()
        tx, rx = (int(x, 16) for x in f[4].split(":"))
        found.append((end(f[1]), end(f[2]), int(f[3], 16), tx, rx,
                      int(f[7]), int(f[9])))
    return found


def proc_pairs(text):
    """/proc/net/snmp and netstat: {"Tcp": {"InSegs": 1, ...}, ...}."""
    rows = [line.split() for line in text.strip().splitlines()]
    assert len(rows) % 2 == 0
    result = {}
    for names, values in zip(rows[::2], rows[1::2]):
        assert names[0] == values[0] and len(names) == len(values)
        result[names[0][:-1]] = dict(zip(names[1:], map(int, values[1:])))
    return result


def test_proc_net_is_read_like_linux(talk):
    m, a = talk
    linux = {name: a.run("cat", f"/proc/net/{name}").stdout for name in
             ("tcp", "udp", "snmp", "netstat", "sockstat")}
    ours = {name: m.cmd(f"cat /proc/net/{name}").lstrip("\n")
            for name in linux}
    for name in ("tcp", "udp"):
        assert ours[name].splitlines()[0] == linux[name].splitlines()[0]
    widths = {len(line) for line in ours["tcp"].splitlines()}
    assert widths == {len(line) for line in linux["tcp"].splitlines()} == {149}
    established = [(c[0], c[1]) for c in proc_tcp(ours["tcp"]) if c[2] == 1]
    assert sorted((r, l) for l, r in established) == sorted(
        (c[0], c[1]) for c in proc_tcp(linux["tcp"]) if c[2] == 1)
    assert {c[0] for c in proc_tcp(ours["tcp"]) if c[2] == 10} >= {
        ("0.0.0.0", 7), ("0.0.0.0", 9), ("0.0.0.0", 5201)}
    snmp, their_snmp = proc_pairs(ours["snmp"]), proc_pairs(linux["snmp"])
    assert list(snmp["Tcp"]) == list(their_snmp["Tcp"])
    assert list(snmp["Udp"]) == list(their_snmp["Udp"])
    assert snmp["Tcp"]["CurrEstab"] == 3
    assert snmp["Tcp"]["MaxConn"] == -1
    ext, their_ext = proc_pairs(ours["netstat"]), proc_pairs(linux["netstat"])
    # Linux has nothing that these two count (docs/caveats.md).
    ours_alone = ["TCPAbortOnSilence", "TCPAbortOnIdle"]
    assert [n for n in ext["TcpExt"] if n not in their_ext["TcpExt"]] == \
        ours_alone
    order = [n for n in their_ext["TcpExt"] if n in ext["TcpExt"]]
    assert order == [n for n in ext["TcpExt"] if n not in ours_alone]
    assert [line.split()[:2] for line in ours["sockstat"].splitlines()] == \
        [line.split()[:2] for line in linux["sockstat"].splitlines()]


def test_netstat_as_linux_sees_it(talk):
    m, a = talk
    title = a.run("netstat", "-ant").stdout.splitlines()[:2]
    ours = m.cmd("netstat -ant").strip("\n").splitlines()
    assert ours[:2] == title
    assert sum(line.endswith("ESTABLISHED") for line in ours) == 3
    theirs = a.run("netstat", "-st").stdout.splitlines()
    ours = m.cmd("netstat -st").splitlines()
    begin, end = theirs.index("Tcp:") + 1, theirs.index("Tcp:") + 11
    words = [re.sub(r"\d+", "#", line) for line in theirs[begin:end]]
    at = ours.index("Tcp:") + 1
    assert [re.sub(r"\d+", "#", line) for line in ours[at:at + 10]] == words


# ---- nc ----------------------------------------------------------------------

def test_nc_talks_to_linux(net):
    m, a = net()
    server = a.start("/usr/bin/python3", "-c", """
import socket
s = socket.create_server(("10.0.1.2", 4000))
c, _ = s.accept()
line = c.recv(100)
c.sendall(b"you said " + line)
rest = c.recv(100)
c.sendall(b"and then nothing\\n" if not rest else b"?")
""")
    a.listens(4000)
    m.console.send(b"nc -v 10.0.1.2 4000\r")
    m.console.expect(rb"Connection to 10.0.1.2 4000 port \[tcp/\*\] succeeded!")
    m.console.send(b"hello\r")
    m.console.expect(rb"you said hello")
    m.console.send(b"\x04")
    m.console.expect(rb"and then nothing")
    m.console.expect(rb"fairlead# ")
    assert server.wait(20) == 0
    text, rc = m.rc("nc -z 10.0.1.2 4001")
    assert rc == 1 and "Connection refused" in text
    # Nobody is there: Ctrl-C comes to the rescue.
    m.console.send(b"nc 10.0.1.77 80\r")
    m.console.expect(rb"nc 10.0.1.77 80\r*\n")
    m.console.send(b"\x03")
    m.console.expect(rb"\^C")
    assert m.cmd("echo $?").split()[-1] == "130"


def test_ss_events(net):
    """A connection's life, told while it happens."""
    m, a = net()
    m.console.send(b"ss -E sport = :9\r")
    m.console.expect(rb"ss -E sport = :9\r*\n")
    a.run("/usr/bin/python3", "-c", """
import socket
s = socket.create_connection(("10.0.1.1", 9))
s.sendall(b"x" * 100000)
s.close()
""")
    ends = rb"\d+\.\d{6} 10\.0\.1\.1:9 10\.0\.1\.2:\d+ "
    for what in (b"UNCONN -> SYN-RECV", b"SYN-RECV -> ESTAB",
                 b"ESTAB -> CLOSE-WAIT", b"CLOSE-WAIT -> LAST-ACK",
                 b"LAST-ACK -> UNCONN"):
        m.console.expect(ends + what + rb"\r*\n")
    m.console.send(b"\x03")
    m.console.expect(rb"\^C")
    assert m.cmd("echo $?").split()[-1] == "130"
