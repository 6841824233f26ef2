/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands of this box, as apps/commands/table.c lists them: for each its
 * argument table and the functions that run it.
 */
#pragma once

#include "apps/shell/command.h"
#include "apps/shell/shell.h"

/* All of them, with the aliases: what every face of the box offers. */
extern const struct shell_world box_world;

/* Unix tools in general: "ping: invalid option -- 'z'". */
extern const struct command_style tool_style;

/* ethtool.c */
extern const struct command_style ethtool_style;
extern const struct command ethtool_commands[];

/* arp.c */
struct neigh;
extern const struct arg_spec arp_args[];
enum step arp_start(struct job *job);
enum step arp_step(struct job *job);

/* arping.c */
extern const struct arg_spec arping_args[];
enum step arping_start(struct job *job);
enum step arping_step(struct job *job);
void arping_end(struct job *job);

/* sysctl.c */
extern const struct arg_spec sysctl_args[];
enum step sysctl_start(struct job *job);
enum step sysctl_step(struct job *job);
int proc_write(struct job *job, const char *path, const char *text);

/* proc.c */
extern const struct arg_spec cat_args[];
enum step cat_start(struct job *job);
enum step cat_step(struct job *job);

/* ping.c, traceroute.c */
extern const struct arg_spec ping_args[], traceroute_args[];
enum step ping_start(struct job *job);
enum step ping_step(struct job *job);
void ping_end(struct job *job);
enum step traceroute_start(struct job *job);
enum step traceroute_step(struct job *job);
void traceroute_end(struct job *job);

/* ss.c, netstat.c, nstat.c */
extern const struct arg_spec ss_args[], netstat_args[], nstat_args[];
enum step ss_start(struct job *job);
enum step ss_step(struct job *job);
void ss_finish(struct job *job);
enum step netstat_start(struct job *job);
enum step netstat_step(struct job *job);
enum step nstat_start(struct job *job);

/* nc.c */
extern const struct arg_spec nc_args[];
enum step nc_start(struct job *job);
enum step nc_step(struct job *job);
void nc_end(struct job *job);

/* tcpdump.c */
extern const struct arg_spec tcpdump_args[];
enum step tcpdump_start(struct job *job);
enum step tcpdump_step(struct job *job);
void tcpdump_end(struct job *job);

/* show.c */
extern const struct command show_commands[];

/* debug.c */
extern const struct command debug_commands[];

/* system.c */
extern const struct arg_spec echo_args[], free_args[], hostname_args[],
	lspci_args[], service_args[], stty_args[], uname_args[];
enum step echo_words_start(struct job *job);
extern const struct arg_spec dmesg_args[];
enum step dmesg_start(struct job *job);
enum step dmesg_step(struct job *job);
enum step uptime_start(struct job *job);
enum step free_start(struct job *job);
enum step date_start(struct job *job);
enum step version_start(struct job *job);
enum step uname_start(struct job *job);
enum step hostname_start(struct job *job);
enum step lspci_start(struct job *job);
enum step lspci_step(struct job *job);
enum step service_start(struct job *job);
enum step stty_start(struct job *job);
enum step clear_start(struct job *job);
enum step history_start(struct job *job);
enum step history_step(struct job *job);
enum step poweroff_start(struct job *job);
enum step reboot_start(struct job *job);
enum step true_start(struct job *job);
enum step false_start(struct job *job);
