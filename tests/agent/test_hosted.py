# SPDX-License-Identifier: BSD-2-Clause
"""out/host/fairlead-agent: sockets by remote call over a hosted stack, whose
clock moves only when it is told to."""
import os
import random
import struct
import subprocess

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
OUT = os.environ.get("FAIRLEAD_OUT", f"{ROOT}/out")
MAGIC = 0x314C5443
(HELLO, RESET, SOCKET, BIND, LISTEN, ACCEPT, CONNECT, RECV, SEND, SENDTO, CLOSE,
 SHUTDOWN, GETSOCKOPT, SETSOCKOPT, FCNTL, IOCTL, POLL, CONFIG, STATS) = range(19)
PKT, ADVANCE = 32, 33
US, PEER = "192.168.0.1", "192.0.2.1"
EAGAIN, ENOSYS, ECONNRESET, ETIMEDOUT, EINPROGRESS = 11, 38, 104, 110, 115
NONBLOCK = 0o4000


def address(ip, port):
    return struct.pack("<HH4B", 2, port, *map(int, ip.split(".")))


class Agent:
    def __init__(self, *options):
        self.proc = subprocess.Popen(
            [f"{OUT}/host/fairlead-agent", *options], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        self.tag, self.replies, self.packets, self.now = 0, {}, [], 0

    def send(self, data):
        self.proc.stdin.write(data)
        self.proc.stdin.flush()

    def start(self, op, fd=-1, a=0, b=0, payload=b""):
        self.tag += 1
        self.send(struct.pack("<IIHHiii", MAGIC, 16 + len(payload), op,
                              self.tag, fd, a, b) + payload)
        return self.tag

    def read_one(self):
        head = self.proc.stdout.read(20)
        assert len(head) == 20, "the agent has ended"
        magic, length, op, tag, ret, err = struct.unpack("<IIHHii", head)
        payload = self.proc.stdout.read(length - 12)
        assert magic == MAGIC and op & 0x8000
        if op == 0x8000 | PKT and tag == 0:
            us, = struct.unpack("<Q", payload[:8])
            self.packets.append((us, IP(payload[8:])))
        else:
            self.replies[tag] = ret, err, payload

    def wait(self, tag):
        while tag not in self.replies:
            self.read_one()
        return self.replies.pop(tag)

    def call(self, *args, **kw):
        return self.wait(self.start(*args, **kw))

    def ok(self, *args, **kw):
        ret, err, _ = self.call(*args, **kw)
        assert ret >= 0, os.strerror(err)
        return ret

    def sent(self):
        packets, self.packets = self.packets, []
        return packets

    def inject(self, packet):
        """What the stack sends at once."""
        self.ok(PKT, payload=bytes(packet))
        return [p for _, p in self.sent()]

    def advance(self, seconds):
        """[(seconds, packet)] of what it sends until then."""
        self.now += round(seconds * 1e6)
        self.ok(ADVANCE, a=self.now & 0x7FFFFFFF | -(self.now & 0x80000000),
                b=self.now >> 32)
        return [(us / 1e6, p) for us, p in self.sent()]

    def stats(self):
        return {k: int(v) for k, v in (
            line.split() for line in
            self.call(STATS)[2].decode().splitlines())}

    def close(self):
        self.proc.stdin.close()
        return self.proc.wait(10)


@pytest.fixture
def agent():
    a = Agent()
    yield a
    assert a.close() == 0


def segment(**kw):
    kw.setdefault("window", 32767)
    return IP(src=PEER, dst=US) / TCP(sport=1234, **kw)


def listening(agent, port=8080, backlog=1):
    fd = agent.ok(SOCKET, a=1)
    agent.ok(BIND, fd, payload=address("0.0.0.0", port))
    agent.ok(LISTEN, fd, a=backlog)
    return fd


def accepted(agent):
    """An established connection: descriptor, our next number, the peer's."""
    at = listening(agent)
    [synack] = agent.inject(segment(dport=8080, flags="S", seq=100,
                                    options=[("MSS", 1000)]))
    assert synack[TCP].flags == "SA" and synack[TCP].ack == 101
    iss = synack[TCP].seq
    assert agent.inject(segment(dport=8080, flags="A", seq=101,
                                ack=iss + 1)) == []
    return agent.ok(ACCEPT, at), iss + 1, 101


def test_time_stands_still(agent):
    assert agent.call(HELLO)[2].startswith(b"fairlead-agent")
    fd = agent.ok(SOCKET, a=1)
    tag = agent.start(CONNECT, fd, payload=address(PEER, 80))
    assert agent.advance(0) and True
    times = [t for t, p in agent.advance(10) if p[TCP].flags == "S"]
    assert [round(t) for t in times] == [1, 3, 7]
    assert tag not in agent.replies


def test_connect_that_waits_is_answered(agent):
    fd = agent.ok(SOCKET, a=1)
    tag = agent.start(CONNECT, fd, payload=address(PEER, 80))
    [(_, syn)] = agent.advance(0)
    assert syn[TCP].flags == "S" and syn.dst == PEER
    answer = IP(src=PEER, dst=US) / TCP(
        sport=80, dport=syn[TCP].sport, flags="SA", seq=500,
        ack=syn[TCP].seq + 1, window=1000)
    [ack] = agent.inject(answer)
    assert ack[TCP].flags == "A" and ack[TCP].ack == 501
    assert agent.wait(tag)[:2] == (0, 0)


def test_recv_that_waits_is_answered_in_its_time(agent):
    fd, ours, theirs = accepted(agent)
    tag = agent.start(RECV, fd, a=100)
    polled = agent.start(POLL, fd, a=1, b=30000)
    assert agent.call(RECV, fd, a=100, b=0x40)[:2] == (-1, EAGAIN)
    agent.advance(1)
    assert tag not in agent.replies
    agent.inject(segment(dport=8080, flags="PA", seq=theirs, ack=ours)
                 / b"hello")
    ret, err, data = agent.wait(tag)
    assert (ret, err, data[8:]) == (5, 0, b"hello")
    assert data[4:8] == bytes(map(int, PEER.split(".")))
    # The acknowledgment is delayed, in the stack's time.
    [(t, ack)] = agent.advance(1)
    assert ack[TCP].ack == theirs + 5 and 1.03 < t < 1.06
    assert polled not in agent.replies
    agent.advance(40)
    assert agent.wait(polled)[:2] == (0, 0)


def test_a_connection_times_out_and_says_so(agent):
    fd, ours, _ = accepted(agent)
    agent.ok(SETSOCKOPT, fd, a=6, b=18, payload=struct.pack("<i", 5000))
    agent.ok(SEND, fd, payload=b"nobody hears")
    tag = agent.start(RECV, fd, a=1)
    assert len(agent.advance(60)) >= 4
    assert agent.wait(tag)[:2] == (-1, ETIMEDOUT)


def test_the_fixed_window_is_exact(agent):
    agent.ok(CONFIG, payload=b"tcp_rcvbuf_fixed=65535")
    at = listening(agent)
    [synack] = agent.inject(segment(dport=8080, flags="S", seq=100, options=[
        ("MSS", 1000), ("WScale", 7)]))
    assert synack[TCP].window == 65535
    assert ("WScale", 0) in synack[TCP].options
    ours = synack[TCP].seq + 1
    agent.inject(segment(dport=8080, flags="A", seq=101, ack=ours))
    assert agent.ok(ACCEPT, at) > at
    for at in (101, 1101):
        got = agent.inject(segment(dport=8080, flags="A", seq=at, ack=ours)
                           / bytes(1000))
    assert got[0][TCP].window == 65535 and got[0][TCP].ack == 2101
    # The last byte of the window is in it, the next is not.
    edge = 2101 + 65535
    [challenge] = agent.inject(segment(dport=8080, flags="R", seq=edge - 1))
    assert challenge[TCP].flags == "A" and challenge[TCP].ack == 2101
    agent.advance(1)
    assert agent.inject(segment(dport=8080, flags="R", seq=edge)) == []
    [fin] = agent.inject(segment(dport=8080, flags="FA", seq=2101, ack=ours))
    assert fin[TCP].window == 65535 and fin[TCP].ack == 2102


def test_tcp_info_has_linux_layout(agent):
    fd, _, _ = accepted(agent)
    ret, _, info = agent.call(GETSOCKOPT, fd, a=6, b=11,
                              payload=struct.pack("<I", 512))
    assert ret == 0 and len(info) == 232
    assert info[0] == 1  # established
    rto, _, snd_mss = struct.unpack_from("<III", info, 8)
    assert snd_mss == 1000 and 200000 <= rto <= 1200000
    assert struct.unpack_from("<I", info, 80)[0] == 10  # cwnd, segments


def test_datagrams(agent):
    fd = agent.ok(SOCKET, a=2)
    agent.ok(BIND, fd, payload=address(US, 5000))
    tag = agent.start(RECV, fd, a=100)
    assert agent.inject(IP(src=PEER, dst=US) / UDP(sport=9, dport=5000)
                        / b"ping") == []
    ret, _, data = agent.wait(tag)
    assert ret == 4 and data == address(PEER, 9) + b"ping"
    assert agent.ok(SENDTO, fd, payload=data[:8] + b"pong") == 4
    [(_, out)] = agent.advance(0)
    assert (out[UDP].dport, bytes(out[UDP].payload)) == (9, b"pong")


def test_services(agent):
    [answer] = agent.inject(IP(src=PEER, dst=US) / UDP(sport=999, dport=13))
    assert b"UTC" in bytes(answer[UDP].payload)
    [answer] = agent.inject(IP(src=PEER, dst=US) / ICMP() / b"x")
    assert answer[ICMP].type == 0


def test_garbage_is_skipped(agent):
    noise = random.Random(1)
    agent.send(b"boot: " + noise.randbytes(5000))
    agent.send(struct.pack("<IIHH", MAGIC, 0xFFFFFFFF, 8, 1))
    agent.send(struct.pack("<IIHH", MAGIC, 3, 0, 1))
    agent.send(struct.pack("<I", MAGIC) * 3)
    assert agent.call(HELLO)[0] == 0
    # Cut in the middle: given up after a while.
    agent.send(struct.pack("<IIHHiii", MAGIC, 100000, SEND, 7, 3, 0, 0))
    assert agent.call(HELLO)[0] == 0
    assert agent.call(99)[:2] == (-1, ENOSYS)


def test_the_same_seed_is_the_same_run():
    def run(seed):
        agent = Agent("--seed", seed, "--addr", "10.9.8.7/8", "--gw",
                      "10.0.0.1")
        fd = agent.ok(SOCKET, a=1 | NONBLOCK)
        assert agent.call(CONNECT, fd, payload=address(PEER, 80))[1] == \
            EINPROGRESS
        packets = [bytes(p) for _, p in agent.advance(30)]
        assert IP(packets[0]).src == "10.9.8.7"
        assert agent.close() == 0
        return packets
    assert run("5") == run("5")
    assert run("5") != run("6")


def test_reset_forgets(agent):
    fd, ours, theirs = accepted(agent)
    agent.ok(SHUTDOWN, fd, a=1)
    agent.inject(segment(dport=8080, flags="FA", seq=theirs, ack=ours + 1))
    assert agent.stats()["tcp.timewait"] == 1
    agent.ok(RESET)
    stats = agent.stats()
    assert (stats["tcp.timewait"], stats["tcp.established"]) == (0, 0)
    assert stats["law.born"] == sum(stats[f"law.{k}"] for k in (
        "sent", "delivered", "replaced", "dropped", "held"))
    accepted(agent)  # port and pair are free


def test_nothing_wedges_it(agent):
    noise = random.Random(2)
    listening(agent)
    for i in range(2000):
        op = noise.choice(list(range(19)) + [PKT, 50])
        payload = noise.randbytes(noise.randrange(60))
        if op == PKT:
            payload = bytes(segment(
                dport=noise.choice((8080, 7, 13)), seq=noise.randrange(9),
                ack=noise.randrange(9), flags=noise.randrange(64)))
        agent.start(op, noise.randrange(-1, 9), noise.randrange(40),
                    noise.randrange(40), payload)
        if i % 100 == 0:
            agent.advance(1)
        agent.replies.clear()
    assert agent.call(HELLO)[0] == 0
