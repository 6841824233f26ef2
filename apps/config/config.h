/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configuration at boot: lines of the console from several places, one after
 * the other. A bad line is reported as FILE:LINE:COLUMN: error: what is wrong,
 * with the line and what was expected; the others count all the same.
 *
 *	config_init(&config, &box_world, &box, net, &report, SHELL_CONFIG);
 *	config_load(&config, "boot/fairlead.conf", text, len);
 *	config_cmdline(&config, cmdline);
 *
 * Needs no time: commands that would wait are refused.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/shell/shell.h"

#define CONFIG_ERRORS_MAX 20u /* told of one source; more are counted */

struct config {
	struct shell shell;
	struct out *report;
	struct out nowhere; /* what commands print */
	struct out_buf err;
	char err_text[1024];
	char line[SHELL_LINE_MAX]; /* continued ones joined */
	struct config_piece {
		uint32_t at;   /* where it begins in line[] */
		uint32_t line; /* its number in the source */
	} piece[32];
	unsigned int piece_count;
	uint32_t error_count; /* of all sources */
};

/* report gets the words about mistakes. face: SHELL_CONFIG or SHELL_CHECK. */
void config_init(struct config *config, const struct shell_world *world,
		 struct box *box, struct net *net, struct out *report,
		 enum shell_face face);

/* Runs a text's lines. name must outlive the box. How many were wrong. */
uint32_t config_load(struct config *config, const char *name, const char *text,
		     size_t len);

/* Is there any command in it, or nothing but remarks? */
bool config_has_commands(const char *text, size_t len);

/*
 * The words of the kernel's command line that are configuration:
 * ip=ADDR::GATEWAY:MASK:HOSTNAME:DEVICE (again for other interfaces), app=,
 * hostname=, conf="commands; ...". Those that the kernel itself understands are
 * left alone, unknown ones reported.
 */
uint32_t config_cmdline(struct config *config, const char *cmdline);
