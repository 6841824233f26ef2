/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux's numbers, which the agent speaks whatever it runs on: errno values,
 * levels and names of options, flags of calls. Those of x86-64. [CONTROL]
 */
#pragma once

/* errno */
#define LX_EBADF	   9
#define LX_EAGAIN	   11
#define LX_ENOMEM	   12
#define LX_EINVAL	   22
#define LX_EMFILE	   24
#define LX_EPIPE	   32
#define LX_ENOSYS	   38
#define LX_EDESTADDRREQ	   89
#define LX_EMSGSIZE	   90
#define LX_ENOPROTOOPT	   92
#define LX_EPROTONOSUPPORT 93
#define LX_ESOCKTNOSUPPORT 94
#define LX_EOPNOTSUPP	   95
#define LX_EAFNOSUPPORT	   97
#define LX_EADDRINUSE	   98
#define LX_EADDRNOTAVAIL   99
#define LX_ENETUNREACH	   101
#define LX_ECONNABORTED	   103
#define LX_ECONNRESET	   104
#define LX_ENOBUFS	   105
#define LX_EISCONN	   106
#define LX_ENOTCONN	   107
#define LX_ETIMEDOUT	   110
#define LX_ECONNREFUSED	   111
#define LX_EHOSTUNREACH	   113
#define LX_EALREADY	   114
#define LX_EINPROGRESS	   115
#define LX_ENOTTY	   25
#define LX_ENOENT	   2

/* socket() */
#define LX_AF_UNSPEC	 0
#define LX_AF_INET	 2
#define LX_SOCK_STREAM	 1
#define LX_SOCK_DGRAM	 2
#define LX_SOCK_NONBLOCK 04000
#define LX_SOCK_CLOEXEC	 02000000
#define LX_IPPROTO_TCP	 6
#define LX_IPPROTO_UDP	 17

/* fcntl(), ioctl() */
#define LX_F_GETFL     3
#define LX_F_SETFL     4
#define LX_O_RDWR      02
#define LX_O_NONBLOCK  04000
#define LX_SIOCOUTQ    0x5411
#define LX_FIONREAD    0x541b
#define LX_FIONBIO     0x5421
#define LX_SIOCATMARK  0x8905
#define LX_SIOCOUTQNSD 0x894b

/* shutdown() */
#define LX_SHUT_RD   0
#define LX_SHUT_WR   1
#define LX_SHUT_RDWR 2

/* recv(), send() */
#define LX_MSG_OOB	0x1
#define LX_MSG_PEEK	0x2
#define LX_MSG_TRUNC	0x20
#define LX_MSG_DONTWAIT 0x40
#define LX_MSG_WAITALL	0x100
#define LX_MSG_MORE	0x8000
#define LX_MSG_FASTOPEN 0x20000000

/* poll() */
#define LX_POLLIN     0x0001
#define LX_POLLPRI    0x0002
#define LX_POLLOUT    0x0004
#define LX_POLLERR    0x0008
#define LX_POLLHUP    0x0010
#define LX_POLLNVAL   0x0020
#define LX_POLLRDNORM 0x0040
#define LX_POLLWRNORM 0x0100
#define LX_POLLRDHUP  0x2000

/* getsockopt(), setsockopt(): SOL_SOCKET */
#define LX_SOL_SOCKET	 1
#define LX_SO_DEBUG	 1
#define LX_SO_REUSEADDR	 2
#define LX_SO_TYPE	 3
#define LX_SO_ERROR	 4
#define LX_SO_DONTROUTE	 5
#define LX_SO_BROADCAST	 6
#define LX_SO_SNDBUF	 7
#define LX_SO_RCVBUF	 8
#define LX_SO_KEEPALIVE	 9
#define LX_SO_LINGER	 13
#define LX_SO_REUSEPORT	 15
#define LX_SO_RCVLOWAT	 18
#define LX_SO_RCVTIMEO	 20
#define LX_SO_SNDTIMEO	 21
#define LX_SO_ACCEPTCONN 30
#define LX_SO_PROTOCOL	 38
#define LX_SO_DOMAIN	 39

/* IPPROTO_IP */
#define LX_SOL_IP	     0
#define LX_IP_TOS	     1
#define LX_IP_TTL	     2
#define LX_IP_MTU_DISCOVER   10
#define LX_IP_MTU	     14
#define LX_IP_PMTUDISC_DONT  0
#define LX_IP_PMTUDISC_WANT  1
#define LX_IP_PMTUDISC_PROBE 3

/* IPPROTO_TCP */
#define LX_SOL_TCP	    6
#define LX_TCP_NODELAY	    1
#define LX_TCP_MAXSEG	    2
#define LX_TCP_CORK	    3
#define LX_TCP_KEEPIDLE	    4
#define LX_TCP_KEEPINTVL    5
#define LX_TCP_KEEPCNT	    6
#define LX_TCP_INFO	    11
#define LX_TCP_CONGESTION   13
#define LX_TCP_USER_TIMEOUT 18
