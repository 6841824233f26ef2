# SPDX-License-Identifier: BSD-2-Clause
"""A bad wire between a Linux host and the appliance.

The frames of the host's tap go through this process to QEMU's datagram netdev
and back. On the way they are lost, doubled, delayed so that others overtake
them, damaged or marked, by a seeded source: the seed is in the failing test's
name. Both directions are treated alike.
"""
import heapq
import os
import random
import select
import socket
import struct
import threading
import time


def ip_header_sum(header):
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def is_tcp(frame):
    return frame[12:14] == b"\x08\x00" and frame[23] == 6


def tcp_flags(frame):
    return frame[14 + (frame[14] & 15) * 4 + 13]


class BadWire:
    """Stands for the host where a Machine wants its ports."""

    def __init__(self, directory, host, seed=1, loss=0.0, double=0.0,
                 late=0.0, damage=0.0, mark=0.0, delay=0.0, late_by=0.01):
        self.host, self.random = host, random.Random(seed)
        self.loss, self.double, self.late = loss, double, late
        self.damage, self.mark = damage, mark
        self.delay, self.late_by = delay, late_by
        self.vm_path = f"{directory}/{host.name}.vm"
        self.own_path = f"{directory}/{host.name}.wire"
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        self.sock.bind(self.own_path)
        os.set_blocking(host.fd, False)
        self.waiting = []
        self.count = 0
        self.cut = False
        self.done = dict.fromkeys(("passed", "lost", "doubled", "late",
                                   "damaged", "marked"), 0)
        # TCP flags that were seen, by direction.
        self.seen = {"in": 0, "out": 0}
        self.running = True
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def netdev(self):
        return ["-netdev", f"dgram,id={{id}},local.type=unix,"
                f"local.path={self.vm_path},remote.type=unix,"
                f"remote.path={self.own_path}"]

    def _chance(self, share, name):
        if share and self.random.random() < share:
            self.done[name] += 1
            return True
        return False

    def _deliver(self, to_vm, frame):
        try:
            if to_vm:
                self.sock.sendto(frame, self.vm_path)
            else:
                os.write(self.host.fd, frame)
        except OSError:
            pass            # nobody there yet, or no room: a wire loses

    def _damaged(self, frame):
        """One bit behind the Ethernet header is wrong; the frame check of a
        real wire would have caught most of these."""
        frame = bytearray(frame)
        frame[self.random.randrange(14, len(frame))] ^= \
            1 << self.random.randrange(8)
        return bytes(frame)

    def _marked(self, frame):
        """Congestion experienced, where the sender said that it understands."""
        if not is_tcp(frame) or frame[15] & 3 not in (1, 2):
            return frame
        if not self._chance(self.mark, "marked"):
            return frame
        frame = bytearray(frame)
        frame[15] |= 3
        frame[24:26] = b"\0\0"
        frame[24:26] = struct.pack("!H", ip_header_sum(bytes(frame[14:34])))
        return bytes(frame)

    def _take(self, to_vm, frame):
        if is_tcp(frame) and len(frame) > 47:
            self.seen["in" if to_vm else "out"] |= tcp_flags(frame)
        if self.cut or self._chance(self.loss, "lost"):
            return
        due = time.monotonic() + self.delay
        if self._chance(self.late, "late"):
            due += self.late_by
        if self._chance(self.damage, "damaged"):
            frame = self._damaged(frame)
        frame = self._marked(frame)
        copies = 2 if self._chance(self.double, "doubled") else 1
        for _ in range(copies):
            self.done["passed"] += 1
            self.count += 1
            heapq.heappush(self.waiting, (due, self.count, to_vm, frame))

    def _read_all(self):
        for _ in range(64):
            try:
                self._take(True, os.read(self.host.fd, 70000))
            except OSError:
                break
        for _ in range(64):
            try:
                self._take(False, self.sock.recv(70000, socket.MSG_DONTWAIT))
            except OSError:
                break

    def _run(self):
        while self.running:
            now = time.monotonic()
            while self.waiting and self.waiting[0][0] <= now:
                _, _, to_vm, frame = heapq.heappop(self.waiting)
                self._deliver(to_vm, frame)
            left = self.waiting[0][0] - now if self.waiting else 0.2
            if select.select([self.host.fd, self.sock], [], [],
                             max(0.0, left))[0]:
                self._read_all()

    def close(self):
        self.running = False
        self.thread.join()
        self.sock.close()
