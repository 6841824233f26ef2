/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last steps of the EFI loader: from the firmware's 64-bit world to the
 * 32-bit entry of the kernel (entry.h). The firmware may have mapped memory as
 * not executable or read-only, may have left this code above 4 GiB or in the
 * very place that the kernel wants; so the move happens in a page of our own
 * below 4 GiB, without a stack, and without paging.
 */
#include "boot/entry.h"

#define MSR_EFER	0xc0000080
#define EFER_LME	8
#define CR0_PG		31
#define CR4_PGE		7
#define CR4_PCIDE	17
#define CR4_CET		23

	.text
	.code64
	.global	efiboot_leave
	.hidden	efiboot_leave
efiboot_leave:
	cli
	cld
	movq	%cr4, %rax
	btrq	$CR4_PGE, %rax		/* forget all translations */
	btrq	$CR4_PCIDE, %rax	/* or paging could not be left */
	btrq	$CR4_CET, %rax
	movq	%rax, %cr4
	movq	%rdi, %cr3
	jmp	*%rsi

/* Entered at its first byte, with its own address in RSI. */
	.balign	16
	.global	trampoline_start, trampoline_params, trampoline_end
	.hidden	trampoline_start, trampoline_params, trampoline_end
trampoline_start:
	movl	%esi, %ebp
	leal	gdt - trampoline_start(%rbp), %eax
	movl	%eax, gdt_pointer + 2 - trampoline_start(%rbp)
	leal	start32 - trampoline_start(%rbp), %eax
	movl	%eax, far_pointer - trampoline_start(%rbp)
	lgdt	gdt_pointer - trampoline_start(%rbp)
	ljmp	*far_pointer - trampoline_start(%rbp)

	.code32
start32:
	movl	$0x10, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%cr0, %eax
	btrl	$CR0_PG, %eax
	movl	%eax, %cr0
	movl	$MSR_EFER, %ecx
	rdmsr
	btrl	$EFER_LME, %eax
	wrmsr
	xorl	%eax, %eax
	movl	%eax, %cr4

	leal	trampoline_params - trampoline_start(%ebp), %ebp
	movl	0(%ebp), %esi
	movl	4(%ebp), %edi
	movl	8(%ebp), %ecx
	shrl	$2, %ecx
	rep movsl
	movl	16(%ebp), %ebx
	movl	12(%ebp), %edx
	movl	$BOOT_MAGIC_EFI, %eax
	jmp	*%edx

	.balign	8
gdt:
	.quad	0
	.quad	0x00cf9b000000ffff	/* 0x08: 32-bit code, 4 GiB */
	.quad	0x00cf93000000ffff	/* 0x10: data, 4 GiB */
gdt_end:
gdt_pointer:
	.word	gdt_end - gdt - 1
	.quad	0
far_pointer:
	.long	0
	.word	0x08
	.balign	8
trampoline_params:
	.skip	20			/* struct efiboot_params */
trampoline_end:

/* The kernel, as built. */
	.section .rodata, "a"
	.balign	16
	.global	efiboot_kernel, efiboot_kernel_end
	.hidden	efiboot_kernel, efiboot_kernel_end
efiboot_kernel:
	.incbin	"fairlead.elf"
efiboot_kernel_end:

	.section .note.GNU-stack, "", @progbits
