/* SPDX-License-Identifier: BSD-2-Clause */
/* What completion offers for values. */
#include "apps/commands/values.h"

#include "apps/box.h"
#include "apps/commands/proc.h"
#include "lib/port.h"
#include "net/net.h"
#include "net/sysctl.h"

typedef void offer_fn(void *ctx, const char *word, const char *help);

static void
offer_netdevs(struct net *net, void *ctx, offer_fn *offer)
{
	struct netdev *dev;

	for (uint32_t i = 1; i <= PARAM_NETDEVS_MAX; i++) {
		dev = netdev_by_index(net, i);
		if (dev != NULL)
			offer(ctx, dev->name,
			      dev->alias[0] != '\0' ? dev->alias : dev->driver);
	}
}

static void
offer_sysctls(struct net *net, void *ctx, offer_fn *offer, bool as_files)
{
	char name[SYSCTL_NAME_MAX], path[SYSCTL_NAME_MAX + 16];
	struct sysctl_key key;

	for (uint32_t i = 0; sysctl_at(net, i, &key, name); i++) {
		if (!as_files) {
			offer(ctx, name, sysctl_help(&key));
			continue;
		}
		fmt_print(path, sizeof(path), "/proc/sys/%s", name);
		for (char *c = path; *c != '\0'; c++) {
			if (*c == '.')
				*c = '/';
		}
		offer(ctx, path, sysctl_help(&key));
	}
}

void
box_offer_values(const struct shell *shell, int kind, void *ctx,
		 offer_fn *offer)
{
	const struct box *box = shell->box;

	switch (kind) {
	case ARG_NETDEV: offer_netdevs(shell->net, ctx, offer); break;
	case ARG_SYSCTL: offer_sysctls(shell->net, ctx, offer, false); break;
	case ARG_SERVICE:
		for (unsigned int i = 0; i < box->service_count; i++)
			offer(ctx, box->service[i].name, box->service[i].help);
		break;
	case ARG_FILE:
		for (const struct proc_file *f = proc_files; f->path; f++)
			offer(ctx, f->path, f->help);
		offer_sysctls(shell->net, ctx, offer, true);
		break;
	default: break;
	}
}
