#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a Linux peer does with the appliance's TCP, run in its namespace:

    peer.py WHAT ADDRESS [KEY=VALUE...]

Every byte that comes back is compared with what was sent, or with what RFC 864
says. Ends with status 0 and a line of JSON, or with a traceback.
"""
import errno
import json
import random
import resource
import selectors
import socket
import struct
import sys
import time

ECHO, DISCARD, CHARGEN = 7, 9, 19
TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ = 19, 20, 21
RECV_QUEUE, SEND_QUEUE = 1, 2
LINE = b"".join(bytes((32 + (i + j) % 95) for j in range(72)) + b"\r\n"
                for i in range(95))


def set_sizes(s, rcvbuf=0, sndbuf=0, mss=0):
    if rcvbuf:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
    if sndbuf:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, sndbuf)
    if mss:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, mss)


def connect(addr, port, timeout=60, **sizes):
    s = socket.socket()
    s.settimeout(timeout)
    set_sizes(s, **sizes)
    s.connect((addr, port))
    return s


class Echoer:
    """One connection that sends data and wants it back, then an orderly end."""

    def __init__(self, addr, port, data, how):
        self.data, self.sent, self.got = data, 0, 0
        self.end = len(data) if port == ECHO else 0
        self.sock = socket.socket()
        self.sock.setblocking(False)
        set_sizes(self.sock, **how)
        self.sock.connect_ex((addr, port))

    def ready(self, events):
        """What to wait for next; 0: done."""
        if events & selectors.EVENT_WRITE and self.sent < len(self.data):
            self.sent += self.sock.send(self.data[self.sent:self.sent + 65536])
            if self.sent == len(self.data):
                self.sock.shutdown(socket.SHUT_WR)
        if events & selectors.EVENT_READ:
            piece = self.sock.recv(262144)
            if piece != self.data[self.got:self.got + len(piece)]:
                raise AssertionError(f"wrong bytes after {self.got}")
            self.got += len(piece)
            if not piece:
                assert self.sent == len(self.data), "closed before we did"
                assert self.got == self.end, f"{self.got} of {self.end} bytes"
                self.sock.close()
                return 0
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if
                                       self.sent < len(self.data) else 0)


def exchange(addr, port=ECHO, size=1 << 20, count=1, seed=1, limit=120, **how):
    """count connections at once, size bytes each; the seconds it took."""
    source = random.Random(seed)
    start = time.monotonic()
    with selectors.DefaultSelector() as selector:
        for _ in range(count):
            e = Echoer(addr, port, source.randbytes(size), how)
            selector.register(e.sock, selectors.EVENT_WRITE, e)
        while selector.get_map():
            assert time.monotonic() < start + limit, "too slow"
            for key, events in selector.select(1):
                want = key.data.ready(events)
                if want == 0:
                    selector.unregister(key.fileobj)
                elif want != key.events:
                    selector.modify(key.fileobj, want, key.data)
    seconds = time.monotonic() - start
    return {"seconds": seconds, "mbit": size * count * 8e-6 / seconds}


def chargen(addr, size=1 << 20, count=1, rcvbuf=0, pause=0.0):
    """Reads size bytes on each of count connections, slowly if told; leaves
    with unread data, so Linux resets."""
    start = time.monotonic()
    socks = [connect(addr, CHARGEN, rcvbuf=rcvbuf) for _ in range(count)]
    left = dict.fromkeys(socks, size)
    while left:
        for s in list(left):
            at = size - left[s]
            piece = s.recv(min(65536, left[s]))
            assert piece, "closed early"
            at %= len(LINE)
            want = (LINE * (2 + len(piece) // len(LINE)))[at:at + len(piece)]
            assert piece == want, f"wrong bytes after {size - left[s]}"
            left[s] -= len(piece)
            if left[s] == 0:
                s.close()
                del left[s]
        time.sleep(pause)
    seconds = time.monotonic() - start
    return {"seconds": seconds, "mbit": size * count * 8e-6 / seconds}


def hold(addr, count=10000, step=400):
    """Opens count connections, has an answer on each, keeps them until a line
    is typed, asks each again, and closes them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    assert hard > count + 50, f"only {hard} descriptors"
    socks = []
    start = time.monotonic()
    while len(socks) < count:
        some = []
        for _ in range(min(step, count - len(socks))):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex((addr, ECHO))
            some.append(s)
        for i, s in enumerate(some):
            s.settimeout(60)
            s.sendall(b"%8d" % (len(socks) + i))
        for i, s in enumerate(some):
            assert s.recv(8, socket.MSG_WAITALL) == b"%8d" % (len(socks) + i)
        socks += some
    print(json.dumps({"held": len(socks),
                      "seconds": time.monotonic() - start}), flush=True)
    sys.stdin.readline()
    for i, s in enumerate(socks):
        s.sendall(b"%8d" % i)
    for i, s in enumerate(socks):
        assert s.recv(8, socket.MSG_WAITALL) == b"%8d" % i
    for s in socks:
        s.close()
    return {"closed": len(socks)}


def short(addr, count=1000, port=ECHO):
    """Connect, ask, answer, close: count times, one after the other. Linux
    uses a port in TIME-WAIT again after a second: wait for one."""
    start = time.monotonic()
    for i in range(count):
        while True:
            try:
                s = connect(addr, port)
                break
            except OSError as e:
                if e.errno != errno.EADDRNOTAVAIL:
                    raise
            time.sleep(0.05)
        s.sendall(b"%8d" % i)
        assert s.recv(8, socket.MSG_WAITALL) == b"%8d" % i
        s.close()
    seconds = time.monotonic() - start
    return {"seconds": seconds, "rate": count / seconds}


def half_close(addr, size=300000):
    """We close first and go on reading; then the other way round is the same
    for the appliance, which answers our FIN after all its data."""
    data = random.Random(2).randbytes(size)
    s = connect(addr, ECHO)
    s.sendall(data[:1000])
    assert s.recv(1000, socket.MSG_WAITALL) == data[:1000]
    # What Linux holds of the answer stays unread until after our FIN.
    s.sendall(data[1000:60000])
    s.shutdown(socket.SHUT_WR)
    time.sleep(0.3)
    assert s.recv(59000, socket.MSG_WAITALL) == data[1000:60000]
    assert s.recv(10) == b""
    s.close()
    return {}


def abort(addr, count=50):
    """Resets: each connection has data both ways, and is shot."""
    for i in range(count):
        s = connect(addr, CHARGEN if i % 2 else ECHO)
        if i % 2 == 0:
            s.sendall(b"x" * 5000)
        s.recv(100)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
        s.close()
    return {}


def vanish(sock):
    """The connection is gone on our side, and nobody was told."""
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    sock.close()


def half_open(addr):
    """We restart without a word and come again from the same port."""
    s = connect(addr, ECHO)
    s.sendall(b"before")
    assert s.recv(6, socket.MSG_WAITALL) == b"before"
    # Acknowledged at once: to what is sent again nobody would answer a reset.
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
    name = s.getsockname()
    vanish(s)
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.settimeout(30)
    s.bind(name)
    s.connect((addr, ECHO))
    s.sendall(b"after!")
    assert s.recv(6, socket.MSG_WAITALL) == b"after!"
    return {}


def stranger(addr):
    """A connection that the appliance never heard of is reset."""
    s = socket.socket()
    s.settimeout(10)
    s.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    for queue, seq in ((SEND_QUEUE, 1000), (RECV_QUEUE, 2000)):
        s.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, queue)
        s.setsockopt(socket.IPPROTO_TCP, TCP_QUEUE_SEQ, seq)
    s.bind(("0.0.0.0", 0))
    s.connect((addr, ECHO))
    s.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 0)
    try:
        s.sendall(b"do you know me?")
        s.recv(1)
    except ConnectionResetError:
        return {}
    raise AssertionError("no reset")


def refused(addr, port=4444):
    try:
        connect(addr, port, timeout=10)
    except ConnectionRefusedError:
        return {}
    raise AssertionError("not refused")


def silent(addr, seconds=4):
    """Linux's keepalive probes are answered for as long as it is quiet."""
    s = connect(addr, ECHO)
    for name, value in (("TCP_KEEPIDLE", 1), ("TCP_KEEPINTVL", 1),
                        ("TCP_KEEPCNT", 2)):
        s.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    time.sleep(seconds)
    s.sendall(b"still there?")
    assert s.recv(12, socket.MSG_WAITALL) == b"still there?"
    return {}


def bad_reader(addr, count=50, seconds=2.0, size=60000):
    """Slow readers: ask for much on many connections and take nothing for a
    while; then all of it must be there."""
    socks = [connect(addr, ECHO, rcvbuf=4096) for _ in range(count)]
    for i, s in enumerate(socks):
        s.settimeout(0.05)
        try:
            s.sendall(bytes([i % 256]) * size)
        except TimeoutError:
            pass
    print(json.dumps({"waiting": count}), flush=True)
    sys.stdin.readline()
    for s in socks:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
        s.close()
    return {}


def main():
    what = globals()[sys.argv[1].replace("-", "_")]
    how = dict(a.split("=", 1) for a in sys.argv[3:])
    how = {k: float(v) if "." in v else int(v) for k, v in how.items()}
    print(json.dumps(what(sys.argv[2], **how)), flush=True)


if __name__ == "__main__":
    main()
