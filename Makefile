# SPDX-License-Identifier: BSD-2-Clause
# `make help` lists the targets; V=1 shows the commands.

MAKEFLAGS	+= --no-builtin-rules
.DELETE_ON_ERROR:
.SUFFIXES:

Q		= $(if $(V),,@)
say		= $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)';)
O		= out
CC		= gcc
LD		= ld
OBJCOPY		= objcopy
PYTHON		= /usr/bin/python3
# The commit's time; without git, 2000-01-01.
ifndef SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH := $(shell git log -1 --format=%ct 2>/dev/null || echo 946684800)
endif
export SOURCE_DATE_EPOCH
VERSION		:= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

WARN		= -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
		  -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wundef \
		  -Wvla -Wno-unused-parameter -Werror
BASE		= -std=gnu11 $(WARN) -I. -g -MMD -MP \
		  -ffile-prefix-map=$(CURDIR)/=

# What is kernel and hosted alike, and what only a machine has.
PURE_SRC	:= $(sort $(wildcard lib/*.c net/*.c net/*/*.c apps/*.c apps/*/*.c))
DRIVER_SRC	:= $(sort $(wildcard drivers/*.c drivers/*/*.c))
ARCH_SRC	:= $(sort $(wildcard arch/x86/*.c boot/*.c))
ARCH_ASM	:= $(sort $(wildcard arch/x86/*.S boot/*.S))

.PHONY: all
all: iso-files ## build out/fairlead.elf, out/fairlead.iso and out/BOOTX64.EFI

include boot/boot.mk
include tests/tests.mk
include tests/boot/panic/panic.mk

.PHONY: clean
clean: ## remove everything that was built
	$(Q)rm -rf $(O)

.PHONY: help
help: ## list the targets
	@echo 'Fairlead: a network appliance that boots by itself.'
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' \
		$(filter-out %.d,$(MAKEFILE_LIST))
