# SPDX-License-Identifier: BSD-2-Clause
"""The conformance agent in the image: app=agent, requests through COM2."""
import os
import socket
import struct
import time

import pytest

import lab

MAGIC = 0x314C5443
(HELLO, RESET, SOCKET, BIND, LISTEN, ACCEPT, CONNECT, RECV, SEND, SENDTO, CLOSE,
 SHUTDOWN, GETSOCKOPT, SETSOCKOPT, FCNTL, IOCTL, POLL, CONFIG, STATS) = range(19)


def address(ip, port):
    return struct.pack("<HH", 2, port) + socket.inet_aton(ip)


class Agent:
    """The other end of COM2."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        end = time.time() + 30
        while True:
            try:
                self.sock.connect(path)
                break
            except OSError:
                assert time.time() < end
                time.sleep(0.01)
        self.sock.settimeout(3 * lab.PATIENCE)
        self.tag, self.replies = 0, {}

    def _read(self, length):
        data = b""
        while len(data) < length:
            piece = self.sock.recv(length - len(data))
            assert piece, "the stream ended"
            data += piece
        return data

    def start(self, op, fd=-1, a=0, b=0, payload=b""):
        self.tag += 1
        self.sock.sendall(struct.pack("<IIHHiii", MAGIC, 16 + len(payload), op,
                                      self.tag, fd, a, b) + payload)
        return self.tag

    def wait(self, tag):
        while tag not in self.replies:
            magic, length, op, got, ret, err = struct.unpack(
                "<IIHHii", self._read(20))
            assert magic == MAGIC and op & 0x8000
            self.replies[got] = (ret, err, self._read(length - 12))
        return self.replies.pop(tag)

    def call(self, *args, **kw):
        return self.wait(self.start(*args, **kw))

    def ok(self, *args, **kw):
        ret, err, payload = self.call(*args, **kw)
        assert ret >= 0, os.strerror(err)
        return ret

    def close(self):
        self.sock.close()


@pytest.fixture
def lab_of_two(boot, host, directory, stack):
    peer = host("a", "10.0.1.2/24", "10.0.1.1")
    path = f"{directory}/com2"
    machine = boot(ports=[peer], append="app=agent ip=10.0.1.1::10.0.1.2:"
                   "255.255.255.0::eth0",
                   extra=["-chardev", f"socket,id=com2,path={path},server=on,"
                          "wait=off", "-serial", "chardev:com2"])
    machine.ready()
    agent = Agent(path)
    stack.append(agent)
    return machine, peer, agent


def test_the_agent_serves_com2(lab_of_two):
    machine, peer, agent = lab_of_two
    assert agent.call(HELLO)[2] == b"fairlead-agent"
    fd = agent.ok(SOCKET, a=1)
    agent.ok(BIND, fd, payload=address("0.0.0.0", 7000))
    agent.ok(LISTEN, fd, a=5)
    waiting = agent.start(ACCEPT, fd)
    client = peer.start("/usr/bin/python3", "-c", """
import socket
s = socket.create_connection(("10.0.1.1", 7000))
s.sendall(b"from linux")
got = b""
while len(got) < 200000:
    piece = s.recv(65536)
    if not piece:
        break
    got += piece
print(len(got), got == bytes(range(250)) * 800)
""")
    child, _, who = agent.wait(waiting)
    assert child > fd and who[4:8] == socket.inet_aton("10.0.1.2")
    ret, _, data = agent.call(RECV, child, a=100)
    assert ret == 10 and data[8:] == b"from linux"
    # More than the serial port's rings hold, in one request.
    assert agent.ok(SEND, child, payload=bytes(range(250)) * 800) == 200000
    agent.ok(CLOSE, child)
    assert client.communicate(timeout=60)[0].split() == ["200000", "True"]


def test_it_survives_noise_and_resets(lab_of_two):
    machine, peer, agent = lab_of_two
    agent.sock.sendall(b"\r\nlogin: " + os.urandom(3000)
                       + struct.pack("<II", MAGIC, 5))
    assert agent.call(HELLO)[2] == b"fairlead-agent"
    fd = agent.ok(SOCKET, a=1)
    blocked = agent.start(CONNECT, fd, payload=address("10.0.1.2", 9))
    ret, err, _ = agent.wait(blocked)
    assert (ret, err) == (-1, 111)  # refused, by a real Linux
    fd = agent.ok(SOCKET, a=1)
    agent.ok(BIND, fd, payload=address("0.0.0.0", 7001))
    agent.ok(LISTEN, fd, a=1)
    waiting = agent.start(ACCEPT, fd)
    agent.ok(RESET)
    assert agent.wait(waiting)[1] == 103
    stats = dict(line.split() for line in
                 agent.call(STATS)[2].decode().splitlines())
    assert int(stats["law.born"]) == sum(
        int(stats[f"law.{k}"]) for k in
        ("sent", "delivered", "replaced", "dropped", "held"))
    assert int(stats["TcpActiveOpens"]) == 1
    # The services are there, daytime among them.
    text = peer.run("/usr/bin/python3", "-c", """
import socket
print(socket.create_connection(("10.0.1.1", 13)).recv(100).decode(), end="")
""").stdout
    assert text.split()[4] == "UTC", text
    assert machine.rc("show stats")[1] == 0
