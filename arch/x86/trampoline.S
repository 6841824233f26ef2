/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first instructions of every core but the boot core: from the real mode in
 * which a start-up message leaves it to 64-bit code [SDM 3 8.4.4, 9.8.5]. smp.c
 * copies this to a page below 1 MiB (ends up read and execute only) and fills
 * in the fields at its end; the rest happens in the kernel's own text.
 */

#define CODE32	0x08
#define DATA32	0x10
#define CODE64	0x18

	.section .rodata.trampoline, "a", @progbits
	.globl	trampoline_start, trampoline_end
	.globl	trampoline_gdtr_base, trampoline_jump32, trampoline_base
	.globl	trampoline_cr0, trampoline_cr3, trampoline_cr4, trampoline_efer
	.balign	16

	.code16
trampoline_start:
	cli
	cld
	movw	%cs, %ax
	movw	%ax, %ds
	lgdtl	trampoline_gdtr - trampoline_start
	movl	trampoline_base - trampoline_start, %ebx
	movl	$0x11, %eax		/* PE, ET */
	movl	%eax, %cr0
	ljmpl	*(trampoline_jump32 - trampoline_start)

	.code32
	.globl	trampoline_32
trampoline_32:
	movl	$DATA32, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	(trampoline_cr4 - trampoline_start)(%ebx), %eax
	movl	%eax, %cr4
	movl	(trampoline_cr3 - trampoline_start)(%ebx), %eax
	movl	%eax, %cr3
	movl	$0xc0000080, %ecx
	movl	(trampoline_efer - trampoline_start)(%ebx), %eax
	xorl	%edx, %edx
	wrmsr
	/* Paging on, caches too: cores start with them off. */
	movl	(trampoline_cr0 - trampoline_start)(%ebx), %eax
	movl	%eax, %cr0
	ljmpl	*(trampoline_jump64 - trampoline_start)(%ebx)

	.balign	8
trampoline_gdt:
	.quad	0
	.quad	0x00cf9b000000ffff
	.quad	0x00cf93000000ffff
	.quad	0x00209b0000000000
trampoline_gdtr:
	.word	. - trampoline_gdt - 1
trampoline_gdtr_base:
	.long	trampoline_gdt - trampoline_start
trampoline_jump32:
	.long	trampoline_32 - trampoline_start
	.word	CODE32
trampoline_jump64:
	.long	smp_entry
	.word	CODE64
	.balign	4
trampoline_base:
	.long	0
trampoline_cr0:
	.long	0
trampoline_cr3:
	.long	0
trampoline_cr4:
	.long	0
trampoline_efer:
	.long	0
trampoline_end:

	.text
	.code64
	.type	smp_entry, @function
/*
 * 64-bit, no stack yet: take the next number, and with it a core's stack. Those
 * that nobody expected stay here.
 */
smp_entry:
	movl	$1, %eax
	lock xaddl %eax, smp_next_index(%rip)
	cmpl	smp_index_limit(%rip), %eax
	jae	1f
	movl	%eax, %edi
	leaq	smp_stack_top(%rip), %rdx
	movq	(%rdx, %rax, 8), %rsp
	xorl	%ebp, %ebp
	call	smp_core_main
1:	cli
	hlt
	jmp	1b
	.size	smp_entry, . - smp_entry

	.section .note.GNU-stack, "", @progbits
