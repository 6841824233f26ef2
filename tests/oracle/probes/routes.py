# SPDX-License-Identifier: BSD-2-Clause
"""Routes: types, prefixes, metrics, sources, and what `ip route get` promises"""
from words import *


@probe
def tables_after_addresses(b):
    """What two addresses make of tables main and local [RFC1812 5.2.4]."""
    b.show("ip route show")
    b.show("ip route show table local")


@probe
def longest_prefix_wins(b):
    """Of a /8, a /16 and a /32 the longest that covers [RFC1812 5.2.4.3]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.2",
          "ip route add 20.1.0.0/16 via 10.0.2.3",
          "ip route add 20.1.1.1 via 10.0.2.4")
    b.send(0, udp(dst="20.9.9.9"), udp(dst="20.1.9.9"), udp(dst="20.1.1.1"))
    b.show("ip route show root 20.0.0.0/8")


@probe
def default_route(b):
    """The default route takes what is left [RFC1812 5.2.4.3]."""
    b.cmd("ip route add default via 10.0.2.2")
    b.send(0, udp(dst="99.0.0.1"))
    b.show("ip route get 99.0.0.1 from 10.0.1.2 iif eth0")


@probe
def metric(b):
    """Of two routes to the same prefix the lower metric [RFC1812 5.2.4.3]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.2 metric 20",
          "ip route add 20.0.0.0/8 via 10.0.2.3 metric 10")
    b.send(0, udp(dst="20.0.0.1"))
    b.cmd("ip route del 20.0.0.0/8 metric 10")
    b.send(0, udp(dst="20.0.0.1"))
    b.show("ip route show 20.0.0.0/8")


@probe
def tos_route(b):
    """A route for a type of service goes before one for any
    [RFC1812 5.2.4.3]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.2",
          "ip route add 20.0.0.0/8 tos 0x10 via 10.0.2.3")
    b.send(0, udp(dst="20.0.0.1", tos=0x10), udp(dst="20.0.0.1", tos=0x08))


@probe
def throw_goes_on(b):
    """A throw route ends the search in its table alone [RFC1812 5.2.4.3]."""
    b.cmd("ip rule add pref 100 table 100",
          "ip route add 20.0.0.0/8 via 10.0.2.3 table 100",
          "ip route add throw 20.1.0.0/16 table 100",
          "ip route add 20.0.0.0/8 via 10.0.2.2")
    b.send(0, udp(dst="20.0.0.1"), udp(dst="20.1.0.1"))


@probe
def errors_of_types_for_ourselves(b):
    """What the box's own ping says of each type of route [RFC1812 5.2.7.1]."""
    b.cmd("ip route add blackhole 20.1.0.0/16",
          "ip route add unreachable 20.2.0.0/16",
          "ip route add prohibit 20.3.0.0/16", "ip route add throw 20.4.0.0/16")
    for i in range(1, 6):
        b.cmd(f"ip route get 20.{i}.0.1")
    for i in range(1, 6):
        b.show(f"ping -c 1 -W 1 20.{i}.0.1", "connect|Invalid|unreach|broadcast")


@probe
def net_31(b):
    """A link of two addresses: both are hosts, there is no broadcast
    [RFC3021 2.1]."""
    b.cmd("ip addr add 10.9.0.0/31 dev eth1",
          "ip neigh add 10.9.0.1 lladdr 02:00:00:00:09:01 dev eth1")
    b.wait(3, told=False)
    b.show("ip route show table local dev eth1")
    b.send(0, udp(dst="10.9.0.1"), ping(dst="10.9.0.0"))
    b.send(1, arp(psrc="10.9.0.1", pdst="10.9.0.0", hwsrc="02:00:00:00:09:01"))


@probe
def net_32(b):
    """An address without a net, and a host route to a neighbour
    [RFC1812 4.2.2.11]."""
    b.cmd("ip addr add 10.9.0.7/32 dev eth1", "ip route add 10.9.0.8 dev eth1",
          "ip neigh add 10.9.0.8 lladdr 02:00:00:00:09:08 dev eth1")
    b.wait(3, told=False)
    b.show("ip route show table all dev eth1")
    b.send(0, udp(dst="10.9.0.8"), ping(dst="10.9.0.7"))


@probe
def onlink(b):
    """A gateway that no prefix covers, with onlink [RFC1812 5.2.4.2]."""
    b.cmd("ip route add 20.0.0.0/8 via 172.16.0.1 dev eth1",
          "ip route add 20.0.0.0/8 via 172.16.0.1 dev eth1 onlink")
    b.show("ip route show 20.0.0.0/8")
    b.host(1, "172.16.0.1", "02:00:00:00:10:01")
    b.send(0, udp(dst="20.0.0.1"), quiet=0.6)


@probe
def route_to_a_link(b):
    """A route without a gateway: every target is a neighbour
    [RFC1812 5.2.4.2]."""
    b.cmd("ip route add 20.0.0.0/8 dev eth1")
    b.host(1, "20.1.2.3", "02:00:00:00:20:01")
    b.send(0, udp(dst="20.1.2.3"), quiet=0.6)
    b.show("ip neigh show 20.1.2.3")


@probe
def gateway_refused(b):
    """Gateways that cannot be: our own address, unreachable, broadcast
    [RFC1812 5.2.4.2]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.1.1",
          "ip route add 20.0.0.0/8 via 99.0.0.1",
          "ip route add 20.0.0.0/8 via 10.0.1.255",
          "ip route add 20.0.0.0/8 via 224.0.0.1",
          "ip route add 20.0.0.0/8 via 10.0.1.2 dev eth1",
          "ip route add 20.0.0.1/8 via 10.0.1.2",
          "ip route add 20.0.0.0/8", "ip route del 20.0.0.0/8")


@probe
def route_verbs(b):
    """add, replace, change, append, prepend, del: what is left, and what is
    refused [RFC1812 10.1]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.2",
          "ip route add 20.0.0.0/8 via 10.0.2.3",
          "ip route append 20.0.0.0/8 via 10.0.2.3",
          "ip route prepend 20.0.0.0/8 via 10.0.1.2",
          "ip route change 20.0.0.0/8 via 10.0.1.3",
          "ip route change 21.0.0.0/8 via 10.0.1.3",
          "ip route replace 21.0.0.0/8 via 10.0.1.3 metric 7")
    b.show("ip route show")
    b.cmd("ip route del 20.0.0.0/8", "ip route flush root 20.0.0.0/8")
    b.show("ip route show")


@probe
def route_follows_change(b):
    """The datagram after a change goes the new way [RFC1812 5.2.4]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.2")
    b.send(0, udp(dst="20.0.0.1"))
    b.cmd("ip route replace 20.0.0.0/8 via 10.0.2.3")
    b.send(0, udp(dst="20.0.0.1"))
    b.cmd("ip route del 20.0.0.0/8")
    b.send(0, udp(dst="20.0.0.1"))


@probe
def local_route(b):
    """A local route makes a whole prefix ours [RFC1812 5.2.3]."""
    b.cmd("ip route add local 20.0.0.0/24 dev lo")
    b.send(0, ping(dst="20.0.0.77"), udp(dst="20.0.0.78", dport=9998))


@probe
def broadcast_route(b):
    """A broadcast route in table local [RFC1812 5.3.5]."""
    b.cmd("ip route add broadcast 20.0.0.255 dev eth0 table local")
    b.send(0, udp(dst="20.0.0.255"), ping(dst="20.0.0.255"))
    b.send(1, udp(B, "20.0.0.255"), ping(B, "20.0.0.255"))


@probe
def port_down_takes_routes(b):
    """What is left of the routes of a port that goes down [RFC1812 5.3.12.3]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.2",
          "ip route add 21.0.0.0/8 via 10.0.1.2", "ip link set eth1 down")
    b.show("ip route show table all")
    b.link(1, "up")
    b.show("ip route show")


@probe
def address_removed_takes_routes(b):
    """What is left when the address goes that routes prefer
    [RFC1812 5.3.12.3]."""
    b.cmd("ip addr add 10.0.8.1/24 dev eth1",
          "ip route add 20.0.0.0/8 via 10.0.2.2 src 10.0.8.1",
          "ip route add 21.0.0.0/8 via 10.0.8.9", "ip addr del 10.0.8.1/24 dev eth1")
    b.show("ip route show")


@probe
def secondary_addresses(b):
    """Two addresses of a subnet: the first is primary, the rest go with it
    [RFC1812 2.2.7]."""
    b.cmd("ip addr add 10.0.1.20/24 dev eth0", "ip addr add 10.0.1.21/24 dev eth0")
    b.show("ip addr show dev eth0", "inet")
    b.cmd("ip addr del 10.0.1.1/24 dev eth0")
    b.show("ip addr show dev eth0", "inet")
    b.show("ip route show")


@probe
def promoted_secondaries(b):
    """With promote_secondaries the next one takes its place [RFC1812 2.2.7]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.promote_secondaries=1",
          "ip addr add 10.0.1.20/24 dev eth0", "ip addr add 10.0.1.21/24 dev eth0",
          "ip addr del 10.0.1.1/24 dev eth0")
    b.show("ip addr show dev eth0", "inet")
    b.show("ip route show")


@probe
def errors_of_addr(b):
    """What `ip addr` refuses, in which words [RFC1812 5.3.7]."""
    b.cmd("ip addr add 10.0.1.1/24 dev eth0", "ip addr del 10.0.1.9/24 dev eth0",
          "ip addr add 10.0.0.300/24 dev eth0", "ip addr add 10.0.0.5/24",
          "ip addr add 10.0.0.5/24 dev eth9", "ip addr add 10.0.0.5/33 dev eth0",
          "ip addr frob", "ip frob")


@probe
def peer_address(b):
    """An address with a peer [RFC1812 4.2.2.11]."""
    b.cmd("ip addr add 10.9.0.1 peer 10.9.0.2 dev eth1",
          "ip neigh add 10.9.0.2 lladdr 02:00:00:00:09:02 dev eth1")
    b.wait(3, told=False)
    b.show("ip addr show dev eth1", "inet")
    b.show("ip route show table all dev eth1")
    b.send(0, udp(dst="10.9.0.2"), ping(dst="10.9.0.1"))


@probe
def source_of_own_packets(b):
    """The source that the box chooses: by the route, its src, the first address
    [RFC1122 3.3.4.3]."""
    b.cmd("ip addr add 10.0.2.30/24 dev eth1", "ip addr add 10.0.5.1/24 dev eth1",
          "ip route add 20.0.0.0/8 via 10.0.2.2",
          "ip route add 21.0.0.0/8 via 10.0.2.2 src 10.0.2.30",
          "ip route add 22.0.0.0/8 via 10.0.5.9",
          "ip route add 23.0.0.0/8 via 10.0.2.2 src 10.0.1.1")
    for n in ("20.0.0.1", "21.0.0.1", "22.0.0.1", "23.0.0.1", "10.0.5.7",
              "10.0.2.7", "10.0.1.1", "127.0.0.1", "10.0.2.255"):
        b.cmd(f"ip route get {n}")
    b.wait(2.5, told=False)
    for n in ("20.0.0.1", "21.0.0.1", "23.0.0.1"):
        b.ping(n)
        b.wait(0.3)


@probe
def scope_of_source(b):
    """An address of scope link is not taken for far targets [RFC1122 3.3.4.3]."""
    b.cmd("ip addr flush dev eth1", "ip addr add 10.0.6.1/24 dev eth1 scope link",
          "ip addr add 10.0.2.1/24 dev eth1", "ip route add 20.0.0.0/8 via 10.0.6.9",
          "ip route get 20.0.0.1", "ip route get 10.0.6.9")


@probe
def route_get_local_broadcast_multicast(b):
    """`ip route get` of what is no unicast [RFC1812 5.2.3]."""
    for what in ("10.0.1.1", "10.0.1.255", "255.255.255.255", "224.0.0.5",
                 "10.0.1.0", "0.0.0.0", "127.0.0.5",
                 "10.0.1.1 from 10.0.2.2 iif eth1",
                 "10.0.1.255 from 10.0.1.2 iif eth0",
                 "10.0.2.2 from 10.0.1.2 iif eth0",
                 "10.0.1.3 from 10.0.1.2 iif eth0",
                 "10.0.2.2 from 10.0.1.1", "10.0.2.2 from 9.9.9.9",
                 "10.0.2.2 oif eth0", "99.0.0.1 oif eth1",
                 "99.0.0.1", "10.0.2.2 from 127.0.0.1 iif eth0",
                 "10.0.2.2 from 255.255.255.255 iif eth0"):
        b.cmd(f"ip route get {what}")


@probe
def route_get_fibmatch(b):
    """`ip route get fibmatch` shows the route as it is in its table
    [RFC1812 5.2.4.3]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.2 metric 5 mtu 1400",
          "ip route get fibmatch 20.0.0.1", "ip route get fibmatch 10.0.1.1",
          "ip route get fibmatch 10.0.1.7", "ip route get fibmatch 99.0.0.1")


@probe
def route_get_equals_wire(b):
    """What `ip route get` answers is what the wire does, for ten targets
    [RFC1812 5.2.4]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.2",
          "ip route add 20.1.0.0/16 via 10.0.1.3",
          "ip route add blackhole 20.2.0.0/16", "ip route add 20.3.0.0/16 dev eth1",
          "ip route add unreachable 20.4.0.0/16",
          "sysctl -w net.ipv4.conf.all.send_redirects=0",
          "sysctl -w net.ipv4.conf.eth0.send_redirects=0")
    b.host(1, "20.3.0.1")
    for n in ("20.0.0.1", "20.1.0.1", "20.2.0.1", "20.3.0.1", "20.4.0.1",
              "10.0.2.3", "10.0.1.3"):
        b.cmd(f"ip route get {n} from 10.0.1.2 iif eth0")
        b.send(0, udp(dst=n), quiet=0.25)


@probe
def show_filters(b):
    """`ip route show` with its filters [RFC1812 10.1]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.2",
          "ip route add 20.1.0.0/16 via 10.0.1.2 proto static",
          "ip route add 20.1.1.0/24 via 10.0.1.2 table 100",
          "ip route add blackhole 20.2.0.0/16")
    for what in ("root 20.0.0.0/8", "match 20.1.1.1", "exact 20.0.0.0/8",
                 "20.1.0.0/16", "proto static", "dev eth1", "via 10.0.1.2",
                 "table 100", "type blackhole", "scope link", "table 200"):
        b.show(f"ip route show {what}")


@probe
def show_json(b):
    """The same as JSON [RFC1812 10.1]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.2 metric 5 mtu 1400",
          "ip route add blackhole 20.2.0.0/16")
    b.show("ip -j route show")
    b.show("ip -d route show")


@probe
def links_shown(b):
    """Links and addresses, as text and JSON [RFC1812 10.1]."""
    b.show("ip link show")
    b.show("ip -br addr show")
    b.show("ip -j addr show dev eth0")
    b.show("ip addr show dev lo")


@probe
def mtu_of_route(b):
    """A route's MTU is for what is forwarded, too [RFC1812 5.2.6]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.2 mtu 1000")
    b.send(0, udp(dst="20.0.0.1", data=b"m" * 1200))
    b.send(0, udp(dst="20.0.0.1", data=b"m" * 1200, flags="DF"))


@probe
def mtu_of_route_locked(b):
    """A locked MTU [RFC1191 3]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.2 mtu lock 1000")
    b.show("ip route show 20.0.0.0/8")
    b.send(0, udp(dst="20.0.0.1", data=b"m" * 1200))


@probe
def subnet_of_zero(b):
    """The subnet's own address, as a target [RFC1812 5.3.5.1]."""
    b.host(0, "10.0.1.0")
    b.host(1, "10.0.2.0")
    b.send(0, udp(dst="10.0.2.0"), quiet=0.5)
    b.send(0, udp(dst="10.0.1.0", dport=9998), quiet=0.5)


@probe
def metrics_shown(b):
    """What TCP is to assume of a way, and the TTL of what goes there, as text
    and JSON [RFC1812 10.1]."""
    b.cmd("ip route add 20.0.0.0/8 via 10.0.2.2 mtu lock 1400 window 20000 "
          "rtt 50 ssthresh 30 cwnd lock 40 advmss 1000 reordering 5 hoplimit "
          "33 initcwnd 20 features ecn rto_min 50ms initrwnd 7 quickack 1 "
          "congctl cubic",
          "ip route add 21.0.0.0/8 via 10.0.2.2 rto_min 1.0005s rtt lock 1s "
          "mtu lock 0",
          "ip route add 22.0.0.0/8 via 10.0.2.2 initcwnd 0 re 7 ini 4")
    b.show("ip route show")
    b.show("ip -j route show 20.0.0.0/8")
    b.show("ip route get 20.0.0.1")
    for line in ("rto_min 5us", "initcwnd x", "hoplimit 256", "quickack 2",
                 "features x", "congctl foo"):
        b.show(f"ip route add 23.0.0.0/8 via 10.0.2.2 {line}")
    b.show("ip route del 20.0.0.0/8 initcwnd 21")
    b.show("ip route del 20.0.0.0/8 initcwnd 20 features ecn")
    b.show("ip route show 20.0.0.0/8")


@probe
def metrics_obeyed(b):
    """The TTL of answers [RFC1122 3.2.1.7], the first window that is offered
    [RFC9293 3.8.6]."""
    b.describe.show_window = True
    b.cmd("ip route add 10.0.1.2 dev eth0 hoplimit 33 initrwnd 3")
    b.send(0, ping(dst=ETH0), udp(dst=ETH0))
    b.send(0, tcp(dst=ETH0, dport=7, options=[("MSS", 1460)]))
    b.send(0, tcp(dst=ETH0, dport=81))
