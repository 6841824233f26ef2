/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way into C for exceptions and interrupts, and for a panic, which wants to
 * report the registers of its caller. The IDT (traps.c) points at the stubs.
 */

	.text

/*
 * 256 stubs of 16 bytes: after each, the stack is as if the CPU had pushed an
 * error code in every case, and the vector below it. The CPU does so by itself
 * for 8, 10-14, 17, 21, 29 and 30 [SDM 3 6.13].
 */
	.set	ERROR_CODE_VECTORS, 0x60227d00

	.macro	trap_stub vector, pushes_error
	.balign	16
	.if	!(\pushes_error)
	pushq	$0
	.endif
	pushq	$\vector
	jmp	trap_common
	.endm

	.globl	trap_stubs
	.type	trap_stubs, @function
	.balign	16
trap_stubs:
	.set	vector, 0
	.rept	32
	trap_stub vector, (ERROR_CODE_VECTORS >> vector) & 1
	.set	vector, vector + 1
	.endr
	.rept	256 - 32
	trap_stub vector, 0
	.set	vector, vector + 1
	.endr
	.size	trap_stubs, . - trap_stubs

/*
 * Completes struct trap_frame and puts a frame record below it, so that a
 * backtrace from a handler walks on through the interrupted function. The CPU
 * aligned the stack to 16 bytes before it pushed; 22 words and 2 keep it so.
 */
	.type	trap_common, @function
trap_common:
	pushq	%rax
	pushq	%rbx
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%rbp
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	cld
	movq	%rsp, %rdi
	pushq	136(%rdi)
	pushq	%rbp
	movq	%rsp, %rbp
	call	trap_dispatch
	addq	$16, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rbp
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rbx
	popq	%rax
	addq	$16, %rsp
	iretq
	.size	trap_common, . - trap_common

/*
 * port_panic(file, line, fmt, ...): keeps the registers of the caller, exact to
 * the call, and lets panic_report() have the arguments untouched.
 */
	.globl	port_panic
	.type	port_panic, @function
	.balign	16
port_panic:
	movq	%r15, panic_registers + 0(%rip)
	movq	%r14, panic_registers + 8(%rip)
	movq	%r13, panic_registers + 16(%rip)
	movq	%r12, panic_registers + 24(%rip)
	movq	%r11, panic_registers + 32(%rip)
	movq	%r10, panic_registers + 40(%rip)
	movq	%r9, panic_registers + 48(%rip)
	movq	%r8, panic_registers + 56(%rip)
	movq	%rbp, panic_registers + 64(%rip)
	movq	%rdi, panic_registers + 72(%rip)
	movq	%rsi, panic_registers + 80(%rip)
	movq	%rdx, panic_registers + 88(%rip)
	movq	%rcx, panic_registers + 96(%rip)
	movq	%rbx, panic_registers + 104(%rip)
	movq	%rax, panic_registers + 112(%rip)
	movq	(%rsp), %r11
	movq	%r11, panic_registers + 136(%rip)
	leaq	8(%rsp), %r11
	movq	%r11, panic_registers + 160(%rip)
	pushfq
	popq	panic_registers + 152(%rip)
	cli
	jmp	panic_report
	.size	port_panic, . - port_panic

	.section .note.GNU-stack, "", @progbits
