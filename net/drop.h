/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of net/drop.def as an enum, and their texts. */
#pragma once

enum drop {
	DROP_NONE = 0, /* what a parser returns when nothing is wrong */
#define DROP(name, sentence, citation) DROP_##name,
#include "net/drop.def"
#undef DROP
	DROP_COUNT,
};

struct drop_text {
	const char *name;     /* "ETH_TRUNCATED" */
	const char *sentence; /* for people */
	const char *citation; /* "RFC894", "" if it is our own rule */
};

/* Texts of a reason; the entry of DROP_NONE is empty strings. */
const struct drop_text *drop_text(enum drop reason);
