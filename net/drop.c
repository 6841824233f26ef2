/* SPDX-License-Identifier: BSD-2-Clause */
/* The texts of net/drop.def. */

#include "net/drop.h"

static const struct drop_text texts[DROP_COUNT] = {
	[DROP_NONE] = { "", "", "" },
#define DROP(name, sentence, citation)                                         \
	[DROP_##name] = { #name, sentence, citation },
#include "net/drop.def"
#undef DROP
};

const struct drop_text *
drop_text(enum drop reason)
{
	return &texts[reason < DROP_COUNT ? reason : DROP_NONE];
}
