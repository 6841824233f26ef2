# SPDX-License-Identifier: BSD-2-Clause
"""Switches: sysctls' names and defaults, and how they are refused"""
from words import *

CONF = ("accept_local", "accept_redirects", "accept_source_route", "arp_accept",
        "arp_announce", "arp_evict_nocarrier", "arp_filter", "arp_ignore",
        "bc_forwarding", "disable_policy", "disable_xfrm",
        "drop_gratuitous_arp", "drop_unicast_in_l2_multicast",
        "force_igmp_version", "forwarding", "igmpv2_unsolicited_report_interval",
        "igmpv3_unsolicited_report_interval", "log_martians", "mc_forwarding",
        "medium_id", "promote_secondaries", "proxy_arp", "route_localnet",
        "rp_filter", "secure_redirects", "send_redirects", "shared_media",
        "src_valid_mark", "tag", "ignore_routes_with_linkdown", "arp_notify")


@probe
def conf_defaults(b):
    """net.ipv4.conf.eth0: each key and what it is at first [RFC1812 10.1]."""
    for key in CONF:
        b.show(f"sysctl net.ipv4.conf.eth0.{key}")


@probe
def neigh_defaults(b):
    """net.ipv4.neigh.eth0 [RFC1122 2.3.2.1]."""
    for key in ("anycast_delay", "app_solicit", "base_reachable_time_ms",
                "delay_first_probe_time", "gc_stale_time", "locktime",
                "mcast_resolicit", "mcast_solicit", "proxy_delay", "proxy_qlen",
                "retrans_time_ms", "ucast_solicit", "unres_qlen",
                "unres_qlen_bytes"):
        b.show(f"sysctl net.ipv4.neigh.eth0.{key}")
    for n in (1, 2, 3):
        b.show(f"sysctl net.ipv4.neigh.default.gc_thresh{n}")


@probe
def ipv4_defaults(b):
    """net.ipv4: ICMP, fragments, routes [RFC1812 10.1]."""
    for key in ("icmp_echo_ignore_all", "icmp_echo_ignore_broadcasts",
                "icmp_errors_use_inbound_ifaddr",
                "icmp_ignore_bogus_error_responses", "icmp_msgs_burst",
                "icmp_msgs_per_sec", "icmp_ratelimit", "icmp_ratemask",
                "igmp_max_memberships", "igmp_qrv", "ip_default_ttl",
                "ip_forward", "ip_forward_use_pmtu",
                "ip_forward_update_priority", "ip_no_pmtu_disc",
                "ip_nonlocal_bind", "ipfrag_high_thresh", "ipfrag_low_thresh",
                "ipfrag_max_dist", "ipfrag_time", "fib_multipath_hash_policy",
                "fib_multipath_use_neigh", "fib_sync_mem", "inet_peer_maxttl",
                "min_adv_mss", "route.min_adv_mss", "route.min_pmtu",
                "route.mtu_expires", "route.gc_timeout", "route.error_burst",
                "route.error_cost", "route.redirect_load",
                "route.redirect_number", "route.redirect_silence"):
        b.show(f"sysctl net.ipv4.{key}")


@probe
def tcp_defaults(b):
    """net.ipv4.tcp_* [RFC9293 3.8]."""
    for key in ("abort_on_overflow", "adv_win_scale", "base_mss",
                "congestion_control", "dsack", "ecn", "fin_timeout",
                "keepalive_intvl", "keepalive_probes", "keepalive_time",
                "max_syn_backlog", "min_snd_mss", "mtu_probing", "orphan_retries",
                "recovery", "reordering", "retries1", "retries2", "rfc1337",
                "sack", "slow_start_after_idle", "stdurg", "syn_retries",
                "synack_retries", "syncookies", "timestamps", "window_scaling",
                "challenge_ack_limit", "invalid_ratelimit"):
        b.show(f"sysctl net.ipv4.tcp_{key}")


@probe
def refusals(b):
    """Unknown keys, bad values, read-only ones: the words [RFC1812 10.1]."""
    for line in ("sysctl net.ipv4.frob", "sysctl -w net.ipv4.ip_forward=x",
                 "sysctl -w net.ipv4.ip_default_ttl=0",
                 "sysctl -w net.ipv4.ip_default_ttl=256",
                 "sysctl -w net.ipv4.frob=1", "sysctl -n net.ipv4.ip_forward",
                 "sysctl net/ipv4/ip_forward"):
        b.show(line)


@probe
def default_ttl(b):
    """ip_default_ttl is what answers and errors begin with [RFC1122 3.2.1.7]."""
    b.cmd("sysctl -w net.ipv4.ip_default_ttl=33")
    for p in (ping(dst=ETH0), udp(dst=ETH0, dport=9998),
              tcp(dst=ETH0, dport=81), tcp(dst=ETH0, dport=7)):
        b.send(0, p)


@probe
def forwarding_changes_the_rest(b):
    """ip_forward sets conf.all and the ports, and what redirects are
    [RFC1812 10.1]."""
    b.cmd("sysctl -w net.ipv4.ip_forward=0")
    for key in ("conf.all.forwarding", "conf.eth0.forwarding",
                "conf.default.forwarding", "conf.all.accept_redirects",
                "conf.eth0.accept_redirects"):
        b.show(f"sysctl net.ipv4.{key}")
    b.cmd("sysctl -w net.ipv4.conf.all.forwarding=1")
    for key in ("ip_forward", "conf.eth1.forwarding",
                "conf.default.forwarding"):
        b.show(f"sysctl net.ipv4.{key}")


@probe
def default_is_for_new_ports(b):
    """conf.default does not change ports that are there [RFC1812 10.1]."""
    b.cmd("sysctl -w net.ipv4.conf.default.rp_filter=1")
    b.show("sysctl net.ipv4.conf.eth0.rp_filter")


@probe
def no_pmtu_disc(b):
    """ip_no_pmtu_disc 1: own datagrams are without DF [RFC1191 6.1]."""
    b.cmd("sysctl -w net.ipv4.ip_no_pmtu_disc=1")
    b.ping(B, "-s 8")
    b.wait(0.4)
    b.send(0, tcp(dst=ETH0, dport=81))
    b.send(0, tcp(dst=ETH0, dport=7))


@probe
def df_of_own_datagrams(b):
    """Which of the box's own datagrams say DF [RFC1191 6.1]."""
    b.ping(B, "-s 8")
    b.wait(0.4)
    for p in (tcp(dst=ETH0, dport=81), ping(dst=ETH0),
              udp(dst=ETH0, dport=9998), tcp(dst=ETH0, dport=7)):
        b.send(0, p)


@probe
def drop_unicast_in_l2_multicast(b):
    """With it on, unicast in a frame to all is dropped [RFC1122 3.3.6]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.drop_unicast_in_l2_multicast=1")
    b.send(0, ping(dst=ETH0), dst=ALL)


@probe
def drop_gratuitous_arp(b):
    """With it on, gratuitous ARP changes nothing [RFC5227 3]."""
    b.cmd("sysctl -w net.ipv4.conf.eth0.drop_gratuitous_arp=1")
    b.send(0, arp(psrc="10.0.1.99", hwsrc="02:00:00:00:01:63"))
    b.wait(1.2)
    b.send(0, arp("who-has", "10.0.1.99", "10.0.1.99", "02:00:00:00:01:64"))
    b.show("ip neigh show 10.0.1.99")
