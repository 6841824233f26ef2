/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stack's tunables by Linux's names: one const table from "net.ipv4.ip_forward"
 * to a field of struct net. What is not in it has no effect and does not exist.
 * Keys may be written with dots or slashes; conf.* exists for every interface.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net;
struct sysctl;

#define SYSCTL_NAME_MAX	 64u  /* bytes of the longest key with its NUL */
#define SYSCTL_TEXT_MAX	 80u  /* of the longest value */
#define SYSCTL_PLAIN_MAX 160u /* words of keys without interface, at most */
#define SYSCTL_CONF_MAX	 24u  /* keys of an interface, at most */

/* A key of one stack: which entry, for which interface. */
struct sysctl_key {
	const struct sysctl *entry;
	uint32_t *field;
	/* neigh.<interface>.*: what holds where the field is not set. */
	const uint32_t *inherited;
	uint32_t ifindex; /* of conf.<interface>.*; else 0 */
};

enum sysctl_error {
	SYSCTL_OK = 0,
	SYSCTL_NO_KEY,
	SYSCTL_INVALID, /* no number, or outside its limits */
};

/* SYSCTL_NO_KEY, or what the key stands for. */
enum sysctl_error sysctl_find(struct net *net, const char *name,
			      struct sysctl_key *key);

/* Its value: a number, several with tabs between them, names. */
void sysctl_text(const struct sysctl_key *key, char text[SYSCTL_TEXT_MAX]);

/* Checks the text and sets the field, with what hangs on it. */
enum sysctl_error sysctl_set(struct net *net, const struct sysctl_key *key,
			     const char *text);

/*
 * The key at a position, from 0 on in alphabetical order, and its name with
 * separators '.'. False behind the last.
 */
bool sysctl_at(struct net *net, uint32_t position, struct sysctl_key *key,
	       char name[SYSCTL_NAME_MAX]);

/* Values as they are at a moment, to tell later what was changed. */
struct sysctl_snapshot {
	uint32_t value[SYSCTL_PLAIN_MAX]; /* of all keys but conf.* */
	uint32_t conf_all[SYSCTL_CONF_MAX], conf_default[SYSCTL_CONF_MAX];
};

void sysctl_snapshot(struct net *net, struct sysctl_snapshot *snapshot);

/*
 * Does the key differ from the snapshot? Of an interface: from what
 * conf.default is now, which is what a new interface gets.
 */
bool sysctl_is_changed(struct net *net, const struct sysctl_snapshot *snapshot,
		       const struct sysctl_key *key);

/* What the key is for, in a sentence. */
const char *sysctl_help(const struct sysctl_key *key);
