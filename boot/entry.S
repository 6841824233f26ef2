/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first instructions: from whoever loaded us, in 32-bit protected mode with
 * paging off (entry.h), to 64-bit C on our own stack, descriptors and page
 * tables [HARDWARE 4.1]. The tables are temporary: the first 4 GiB one to one,
 * everything writable; the paging code replaces them.
 *
 * A CPU that cannot do this gets a sentence on COM1 and on a text screen.
 */
#include "boot/entry.h"

#define STACK_LEN	32768
#define COM1		0x3f8
#define COM1_LSR	0x3fd
#define TEXT_SCREEN	0xb8000

#define MSR_EFER	0xc0000080
#define EFER_LME	(1 << 8)
#define EFER_NXE	(1 << 11)
#define CPUID_NX	(1 << 20)
#define CPUID_LM	(1 << 29)
#define CR4_PAE		(1 << 5)
#define CR4_OSFXSR	(1 << 9)
#define CR4_OSXMMEXCPT	(1 << 10)
/* PG, WP, NE, ET, MP, PE; and so EM, TS, CD, NW, AM off. */
#define CR0_VALUE	0x80010033

#define PAGE_TABLE	0x003		/* present, writable */
#define PAGE_2M		0x083		/* and a page of 2 MiB */

/* [MB2 3.1] Without tags: the defaults are what we want. */
	.section .boothdr, "a"
	.balign	8
mb2_header:
	.long	0xe85250d6, 0, mb2_header_end - mb2_header
	.long	-(0xe85250d6 + mb2_header_end - mb2_header)
	.word	0, 0
	.long	8
mb2_header_end:

/* [PVH] XEN_ELFNOTE_PHYS32_ENTRY; QEMU wants the alignment of 4. */
	.section .note.pvh, "a", @note
	.balign	4
	.long	4, 4, 18
	.asciz	"Xen"
	.long	pvh_start

	.section .bss.boot_stack, "aw", @nobits
	.balign	4096
	.global	boot_stack_guard, boot_stack_bottom, boot_stack_top
boot_stack_guard:
	.skip	4096
boot_stack_bottom:
	.skip	STACK_LEN
boot_stack_top:

	.section .bss.page_aligned, "aw", @nobits
	.balign	4096
boot_pml4:
	.skip	4096
boot_pdpt:
	.skip	4096
boot_pd:
	.skip	4 * 4096

	.section .rodata.entry, "a"
	.balign	8
gdt:
	.quad	0
	.quad	0x00209b0000000000	/* 0x08: 64-bit code */
	.quad	0x0000930000000000	/* 0x10: data */
gdt_end:
gdt_pointer:
	.word	gdt_end - gdt - 1
	.long	gdt
no_long_mode:
	.asciz	"fairlead: this CPU has no 64-bit mode, which is needed\r\n"
unknown_loader:
	.asciz	"fairlead: started by an unknown kind of loader\r\n"

	.section .text.entry, "ax"
	.code32
	.global	pvh_start, mb2_start
pvh_start:
	movl	$BOOT_MAGIC_PVH, %eax
mb2_start:
	cli
	cld
	movl	$boot_stack_top, %esp
	movl	%eax, %edi		/* for boot_start(): who */
	movl	%ebx, %esi		/* and what */
	rdtsc
	movl	%eax, %ebp		/* when, with EDX, kept on the stack */
	pushl	%edx
	pushl	%ebp

	cmpl	$BOOT_MAGIC_PVH, %edi
	je	known
	cmpl	$BOOT_MAGIC_EFI, %edi
	je	known
	cmpl	$BOOT_MAGIC_MB2, %edi
	movl	$unknown_loader, %ebx
	jne	die
known:
	movl	$0x80000000, %eax
	cpuid
	movl	$no_long_mode, %ebx
	cmpl	$0x80000001, %eax
	jb	die
	movl	$0x80000001, %eax
	cpuid
	movl	$no_long_mode, %ebx
	testl	$CPUID_LM, %edx
	jz	die
	movl	%edx, %ebp		/* for NX below */

	/* Tables: one entry, four entries, 2048 pages of 2 MiB. */
	movl	$boot_pdpt + PAGE_TABLE, boot_pml4
	movl	$boot_pd + PAGE_TABLE, %eax
	xorl	%ecx, %ecx
1:	movl	%eax, boot_pdpt(, %ecx, 8)
	addl	$4096, %eax
	incl	%ecx
	cmpl	$4, %ecx
	jne	1b
	movl	$PAGE_2M, %eax
	xorl	%ecx, %ecx
2:	movl	%eax, boot_pd(, %ecx, 8)
	addl	$0x200000, %eax
	incl	%ecx
	cmpl	$2048, %ecx
	jne	2b
	movl	$boot_pml4, %eax
	movl	%eax, %cr3

	movl	$CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT, %eax
	movl	%eax, %cr4
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$EFER_LME, %eax
	testl	$CPUID_NX, %ebp
	jz	3f
	orl	$EFER_NXE, %eax
3:	wrmsr
	movl	$CR0_VALUE, %eax
	movl	%eax, %cr0
	lgdt	gdt_pointer
	ljmp	$0x08, $start64

/* Says the line at EBX on COM1, if there is one, and on the text screen. */
die:
	movl	$TEXT_SCREEN, %edi
	movl	%ebx, %esi
next_char:
	lodsb
	testb	%al, %al
	jz	halt
	movb	$0x07, %ah
	cmpb	$' ', %al
	jb	1f
	stosw
1:	movb	%al, %bl
	movl	$100000, %ecx
2:	movw	$COM1_LSR, %dx
	inb	%dx, %al
	testb	$0x20, %al
	loopz	2b
	movw	$COM1, %dx
	movb	%bl, %al
	outb	%al, %dx
	jmp	next_char
halt:
	hlt
	jmp	halt

	.code64
start64:
	movw	$0x10, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	xorl	%eax, %eax
	movw	%ax, %fs
	movw	%ax, %gs
	movl	%edi, %edi		/* the upper halves are undefined */
	movl	%esi, %esi
	movl	$boot_stack_top - 8, %esp
	popq	%rdx			/* the time stamp */
	xorl	%ebp, %ebp		/* where backtraces end */
	/* Never returns; a return address of 0 says so to a backtrace. */
	pushq	%rbp
	jmp	boot_start

	.section .note.GNU-stack, "", @progbits
