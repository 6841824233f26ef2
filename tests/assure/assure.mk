# SPDX-License-Identifier: BSD-2-Clause
# What shows that nothing wedges the box, beside the tests of what it does.

ASSURE_STEPS	= alloc-fail-short
