/* SPDX-License-Identifier: BSD-2-Clause */
/* Multiboot entry: 32-bit protected mode to long mode, 4 GiB mapped 1:1. */
	.set MBMAGIC, 0x1badb002
	.set MBFLAGS, 0x3
	.section .multiboot, "a"
	.align 4
	.long MBMAGIC, MBFLAGS, -(MBMAGIC + MBFLAGS)

	.bss
	.align 4096
pml4:	.skip 4096
pdpt:	.skip 4096
pds:	.skip 4096 * 4
	.align 16
stack:	.skip 65536
stack_top:

	.text
	.code32
	.globl _start
_start:
	cli
	movl $stack_top, %esp
	movl %ebx, mb_info
	movl $pdpt + 3, pml4
	movl $pds + 3, %eax
	movl $pdpt, %edi
	movl $4, %ecx
1:	movl %eax, (%edi)
	addl $4096, %eax
	addl $8, %edi
	loop 1b
	movl $0x83, %eax		/* present, writable, 2 MiB */
	movl $pds, %edi
	movl $2048, %ecx
2:	movl %eax, (%edi)
	addl $0x200000, %eax
	addl $8, %edi
	loop 2b
	movl $pml4, %eax
	movl %eax, %cr3
	movl %cr4, %eax
	orl $0x620, %eax		/* PAE, OSFXSR, OSXMMEXCPT */
	movl %eax, %cr4
	movl $0xc0000080, %ecx
	rdmsr
	orl $0x100, %eax		/* LME */
	wrmsr
	movl %cr0, %eax
	andl $~4, %eax			/* EM off */
	orl $0x80000002, %eax		/* PG, MP */
	movl %eax, %cr0
	lgdt gdtr
	ljmp $8, $long_mode

	.align 8
gdt:	.quad 0, 0x00209a0000000000, 0x0000920000000000
gdtr:	.word . - gdt - 1
	.long gdt
	.globl mb_info
mb_info: .long 0

	.code64
long_mode:
	movw $16, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %ss
	xorl %eax, %eax
	call main
3:	cli
	hlt
	jmp 3b

/* Interrupt stubs: one vector per port, they only set a flag. */
	.macro stub n
	.globl isr\n
isr\n:	pushq %rax
	movl $0xfee000b0, %eax
	movl $0, (%rax)			/* EOI */
	movb $1, pending + \n
	popq %rax
	iretq
	.endm
	stub 0
	stub 1
