/* SPDX-License-Identifier: BSD-2-Clause */
/* Every size that is fixed at build time: value, unit, reason. */
#pragma once

#define PARAM_LOG_LEN	   16384 /* bytes of dmesg: a boot and its story */
#define PARAM_CORES_MAX	   64	 /* cores known; those beyond stay parked */
#define PARAM_NETDEVS_MAX  16	 /* ports and lo: one-byte indices */
#define PARAM_SKB_HEADROOM 64	 /* bytes before a frame: VLAN, tunnel header */
#define PARAM_SKB_ROOM	   2048	 /* bytes a device may fill: BSIZE 2048 */
#define PARAM_NAPI_WEIGHT  64	 /* packets a device may take a turn */
#define PARAM_NET_BUDGET   300	 /* packets all devices may take a poll */
#define PARAM_LOOK_AHEAD   64	 /* frames beside a turn: a twentieth of it */
#define PARAM_TXQLEN	   1000	 /* packets that wait for a full ring */
#define PARAM_UART_RX_LEN  1024	 /* bytes typed or pasted between two polls */
#define PARAM_UART_TX_LEN  8192	 /* bytes a command may print without waiting */
