/* SPDX-License-Identifier: BSD-2-Clause */
/* The built-in configuration, as text, inside the image. */
	.section .rodata.builtin_config, "a"
	.global	builtin_config, builtin_config_end
builtin_config:
	.incbin	"boot/appliance.conf"
builtin_config_end:
	.section .note.GNU-stack, "", @progbits
