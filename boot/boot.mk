# SPDX-License-Identifier: BSD-2-Clause
# From sources to the bootable products, and booting them.
.PHONY: iso-files
iso-files:
